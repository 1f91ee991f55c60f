"""Random data with a disparity of known size between any number of groups."""

from numbers import Integral, Real

import numpy as np
from scipy.special import ndtri
from sklearn.utils import check_random_state

# Type, smallest and largest value of each parameter; both ends are allowed.
_RANGES = {
    "n_samples": (Integral, 1, np.inf),
    "n_features": (Integral, 1, np.inf),
    "n_groups": (Integral, 2, np.inf),
    "disparity": (Real, 0, np.inf),
    "base_rate": (Real, 0, 1),
    "feature_share": (Real, 0, 1),
    "label_noise": (Real, 0, 0.5),
    "noise": (Real, 0, np.inf),
    "association": (Real, 0, 1),
    "unequal_spread": (Real, 0, np.inf),
    "base_frequency": (Real, 0, np.inf),
}


def make_biased_classification(
    n_samples=1000,
    n_features=10,
    *,
    n_groups=2,
    group_shares=None,
    disparity=0.3,
    base_rate=0.5,
    feature_share=1.0,
    label_noise=0.05,
    random_state=None,
):
    r"""Make a binary problem whose base rates differ between groups.

    Group :math:`g` has the rate of positive labels

    .. math::

        P(y = 1 \mid g) = \rho_g
        = \text{base\_rate} + \text{disparity} \cdot (t_g - \bar t),

    where :math:`t_g` falls in equal steps from 1/2 (first group) to -1/2 (last group)
    and :math:`\bar t` is its mean over the rows. Hence `disparity` is the demographic
    parity difference of the labels, including label noise.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    n_features : int, default=10
        Number of features; the group is not among them.
    n_groups : int, default=2
        Number of groups, at least 2. Their names are "a", "b", ..., "z", "aa", ...
    group_shares : array-like of shape (n_groups,), default=None
        Share of each group in the rows, with sum 1. None takes equal shares.
    disparity : float, default=0.3
        Largest difference between two groups of the rate of positive labels, in
        expectation. With 0, all groups have the same distribution.
    base_rate : float, default=0.5
        Rate of positive labels over all rows, in expectation.
    feature_share : float in [0, 1], default=1.0
        Share of the disparity that the features carry. With 1, the label depends on the
        group through the features only, and a model that never sees the group inherits
        the disparity. With 0, the features are independent of the group, and the labels
        favour some groups for equal features.
    label_noise : float in [0, 0.5), default=0.05
        Probability that a label is flipped.
    random_state : int, RandomState instance or None, default=None
        Seed. Pass an int for reproducible data.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,)
        Labels 0 and 1.
    sensitive_features : ndarray of shape (n_samples,)
        The group of each row. Group sizes are not random: they are `n_samples` times
        the shares, rounded.

    Raises
    ------
    ValueError
        If a parameter is out of range, a group has no rows, or a rate :math:`\rho_g` is
        not between `label_noise` and 1 - `label_noise`.

    Notes
    -----
    With random orthogonal unit vectors :math:`w, v`, :math:`z \sim N(0, I)`, the share
    :math:`f` that the features carry and the flip probability :math:`q`,

    .. math::

        m_g = \Phi^{-1}\Big(\frac{\rho_g - q}{1 - 2 q}\Big), \qquad
        x = z + f m_g (w + v), \qquad
        y = \mathbb 1[w^\top x + (1 - f) m_g > 0] \text{, then flipped with } q .

    The score :math:`w^\top x + (1 - f) m_g` is :math:`N(m_g, 1)` in group :math:`g`, so
    the rate is exact in expectation; the rates of a sample scatter around it.

    The shift along :math:`v` is unrelated to the label: when the means of the groups
    are made equal, half of the variance of :math:`w^\top z` remains.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> X, y, group = make_biased_classification(
    ...     10_000, n_groups=3, group_shares=[0.6, 0.3, 0.1], random_state=0
    ... )
    >>> X.shape
    (10000, 10)
    >>> [round(float(y[group == name].mean()), 2) for name in ("a", "b", "c")]
    [0.57, 0.42, 0.27]
    """
    check_numbers(
        n_samples=n_samples,
        n_features=n_features,
        n_groups=n_groups,
        disparity=disparity,
        base_rate=base_rate,
        feature_share=feature_share,
        label_noise=label_noise,
    )
    counts = _group_counts(n_samples, n_groups, group_shares)
    means = _latent_means(counts, disparity, base_rate, label_noise)
    rng = check_random_state(random_state)
    X, score, codes = _draw(rng, counts, means, n_features, feature_share)
    flipped = rng.uniform(size=n_samples) < label_noise
    y = ((score > 0) != flipped).astype(np.int64)
    return X, y, _names(n_groups)[codes]


def make_biased_regression(
    n_samples=1000,
    n_features=10,
    *,
    n_groups=2,
    group_shares=None,
    disparity=1.0,
    feature_share=1.0,
    noise=0.5,
    random_state=None,
):
    r"""Make a regression problem whose target means differ between groups.

    Group :math:`g` has the mean

    .. math:: E[y \mid g] = m_g = \text{disparity} \cdot (t_g - \bar t),

    where :math:`t_g` falls in equal steps from 1/2 (first group) to -1/2 (last group)
    and :math:`\bar t` is its mean over the rows. Hence `disparity` is the largest
    difference between the mean targets of two groups.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    n_features : int, default=10
        Number of features; the group is not among them.
    n_groups : int, default=2
        Number of groups, at least 2. Their names are "a", "b", ..., "z", "aa", ...
    group_shares : array-like of shape (n_groups,), default=None
        Share of each group in the rows, with sum 1. None takes equal shares.
    disparity : float, default=1.0
        Largest difference between two groups of the mean target, in expectation. Its
        unit is the standard deviation, within a group, of the target without noise.
        With 0, all groups have the same distribution.
    feature_share : float in [0, 1], default=1.0
        Share of the disparity that the features carry. With 1, the target depends on
        the group through the features only, and a model that never sees the group
        inherits the disparity. With 0, the features are independent of the group, and
        the target favours some groups for equal features.
    noise : float, default=0.5
        Standard deviation of the Gaussian noise of the target.
    random_state : int, RandomState instance or None, default=None
        Seed. Pass an int for reproducible data.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,)
        The target; its variance within a group is ``1 + noise ** 2``.
    sensitive_features : ndarray of shape (n_samples,)
        The group of each row. Group sizes are not random: they are `n_samples` times
        the shares, rounded.

    Raises
    ------
    ValueError
        If a parameter is out of range, or a group has no rows.

    Notes
    -----
    With random orthogonal unit vectors :math:`w, v`, :math:`z \sim N(0, I)`,
    :math:`\varepsilon \sim N(0, 1)` and the share :math:`f` that the features carry,

    .. math::

        x = z + f m_g (w + v), \qquad
        y = w^\top x + (1 - f) m_g + \text{noise} \cdot \varepsilon .

    The means of a sample scatter around :math:`m_g`.

    The shift along :math:`v` is unrelated to the target: when the means of the groups
    are made equal, half of the variance of :math:`w^\top z` remains.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_regression
    >>> X, y, group = make_biased_regression(10_000, disparity=2.0, random_state=0)
    >>> round(float(y[group == "a"].mean() - y[group == "b"].mean()), 1)
    2.0
    """
    check_numbers(
        n_samples=n_samples,
        n_features=n_features,
        n_groups=n_groups,
        disparity=disparity,
        feature_share=feature_share,
        noise=noise,
    )
    counts = _group_counts(n_samples, n_groups, group_shares)
    rng = check_random_state(random_state)
    means = disparity * _steps(counts)
    X, score, codes = _draw(rng, counts, means, n_features, feature_share)
    y = score + noise * rng.standard_normal(n_samples)
    return X, y, _names(n_groups)[codes]


def _latent_means(counts, disparity, base_rate, label_noise):
    """m_g: the means of the scores whose signs, flipped by noise, have the rates."""
    rates = base_rate + disparity * _steps(counts)
    if rates.min() <= label_noise or rates.max() >= 1 - label_noise:
        msg = (
            f"disparity={disparity} and base_rate={base_rate} ask for positive rates "
            f"from {rates.min():.3g} to {rates.max():.3g}; with "
            f"label_noise={label_noise} they must lie strictly between {label_noise} "
            f"and {1 - label_noise}. Lower disparity or label_noise, or move base_rate."
        )
        raise ValueError(msg)
    # Flips turn the rate r of positive scores into r (1 - q) + (1 - r) q = rho; solved
    # for r, and r = P(N(m, 1) > 0) = Phi(m) for m.
    return ndtri((rates - label_noise) / (1 - 2 * label_noise))


def _draw(rng, counts, means, n_features, feature_share):
    """Features, a score that is N(means[g], 1) in group g, and the groups.

    x = z + f m_g (w + v) and score = w'x + (1 - f) m_g, as in the Notes above.
    """
    codes = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    # Random unit vectors, v orthogonal to w (Gram-Schmidt).
    w = rng.standard_normal(n_features)
    w /= np.linalg.norm(w)
    v = rng.standard_normal(n_features)
    v -= (v @ w) * w
    if n_features > 1:  # with one feature, v is 0
        v /= np.linalg.norm(v)
    # Every row is shifted along w, which y depends on, and as far along v.
    m = means[codes]
    X = rng.standard_normal((len(codes), n_features))
    X += np.outer(feature_share * m, w + v)  # (n_samples, n_features)
    return X, X @ w + (1 - feature_share) * m, codes


def _steps(counts):
    """t_g less its mean over the rows: falls by 1 from first to last group."""
    steps = np.linspace(0.5, -0.5, len(counts))
    return steps - np.average(steps, weights=counts)


def _group_counts(n_samples, n_groups, group_shares):
    """n_samples * shares, rounded so that the sum is n_samples.

    The largest remainder method: all are rounded down, then those with the largest
    remainders get one row more.
    """
    shares = _read_shares(n_groups, group_shares)
    exact = n_samples * shares
    counts = np.floor(exact).astype(np.int64)
    largest_remainders = np.argsort(counts - exact, kind="stable")
    counts[largest_remainders[: n_samples - counts.sum()]] += 1
    if not counts.all():
        empty = _names(n_groups)[counts == 0].tolist()
        msg = (
            f"n_samples={n_samples} leaves the groups {empty} without a row. "
            "Raise n_samples, or the groups' shares."
        )
        raise ValueError(msg)
    return counts


def _read_shares(n_groups, group_shares):
    if group_shares is None:
        group_shares = np.full(n_groups, 1 / n_groups)
    try:
        shares = np.asarray(group_shares, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"group_shares must hold numbers, got {group_shares!r}."
        raise ValueError(msg) from error
    if shares.shape != (n_groups,):
        msg = (
            f"group_shares must hold one share for each of n_groups={n_groups} groups, "
            f"got shape {shares.shape}. Set n_groups to the number of shares."
        )
        raise ValueError(msg)
    if not (shares > 0).all() or not np.isclose(shares.sum(), 1):
        msg = (
            f"group_shares must be positive and add up to 1, got {shares.tolist()} "
            f"with sum {shares.sum():.6g}. Divide them by their sum."
        )
        raise ValueError(msg)
    return shares


def _names(n_groups):
    """Names of groups, like those of spreadsheet columns: a, ..., z, aa, ab, ..."""

    def name(number):
        # Like a number to the base 26, but without a zero: after "z" comes "aa".
        head, last = divmod(number, 26)
        return (name(head - 1) if head else "") + chr(ord("a") + last)

    return np.array([name(number) for number in range(n_groups)])


def check_numbers(**values):
    for name, value in values.items():
        kind, low, high = _RANGES[name]
        is_number = isinstance(value, kind) and not isinstance(value, bool)
        if not (is_number and np.isfinite(value) and low <= value <= high):
            number = "an integer" if kind is Integral else "a number"
            bounds = (
                f"from {low} to {high}" if np.isfinite(high) else f"of at least {low}"
            )
            msg = f"{name} must be {number} {bounds}, got {value!r}."
            raise ValueError(msg)
