"""A random motor insurance portfolio whose claims differ between groups."""

import numpy as np
from sklearn.utils import Bunch, check_random_state

from fairlearnkit._data.pandas_door import load_pandas

from ._make import _group_counts, _names, _steps, check_numbers

# Effects of a standard deviation of each feature: on the log of the frequency of
# claims, on that of their mean amount, and how groups differ apart from either. The
# last is orthogonal to the first, so that it moves no frequency, and about as long as
# the first over its squared length: without a gap half of the variance remains.
EFFECTS = {
    "driver_age": (-0.25, -0.05, 0.26),
    "mileage": (0.25, 0.00, 0.26),
    "density": (0.30, 0.10, 0.78),
    "bonus_malus": (0.20, 0.05, -1.30),
    "power": (0.10, 0.25, 0.26),
    "vehicle_age": (0.00, -0.10, 1.30),
}
# Mean amount of a claim, and shape of its gamma distribution.
AMOUNT, SHAPE = 1500.0, 2.0


def make_biased_claims(
    n_samples=5000,
    *,
    n_groups=2,
    group_shares=None,
    disparity=0.4,
    unequal_spread=0.3,
    base_frequency=0.1,
    random_state=None,
):
    r"""Make a motor insurance portfolio: exposure, number and amount of claims.

    A policy with the features x is on the books for a share :math:`e` of the year, has

    .. math::

        N \sim \text{Poisson}(e \lambda), \qquad
        \log \lambda = \log(\text{base\_frequency}) + \beta^\top x

    claims, and each of them has a gamma distributed amount with the mean :math:`\mu`,
    whose log is linear in x, too. In group :math:`g` the mean of :math:`\log \lambda`
    is

    .. math::

        \log(\text{base\_frequency}) + \text{disparity} \cdot (t_g - \bar t),

    where :math:`t_g` falls in equal steps from 1/2 (first group) to -1/2 (last group)
    and :math:`\bar t` is its mean over the rows.

    Parameters
    ----------
    n_samples : int, default=5000
        Number of policies.
    n_groups : int, default=2
        Number of groups, at least 2. Their names are "a", "b", ..., "z", "aa", ...
    group_shares : array-like of shape (n_groups,), default=None
        Share of each group in the rows, with sum 1. None takes equal shares.
    disparity : float, default=0.4
        Largest difference between two groups of the mean log frequency, in expectation;
        0.4 is a ratio of 1.49 of geometric means.
    unequal_spread : float, default=0.3
        By which part the standard deviation of all features is larger in the last group
        than in the first; in equal steps between them.
    base_frequency : float, default=0.1
        Claims in a year of a policy whose features are 0.
    random_state : int, RandomState instance or None, default=None
        Seed. Pass an int for reproducible data.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame of shape (n_samples, 6)
            "driver_age", "mileage", "density", "bonus_malus", "power" and
            "vehicle_age", in units of their standard deviation in the first group. The
            group is not among them.
        exposure : Series of shape (n_samples,)
            Years on the books, uniform between 0.1 and 1.
        counts : Series of shape (n_samples,)
            Number of claims.
        amount : Series of shape (n_samples,)
            Sum of the amounts of all claims; 0 without a claim.
        group : Series of shape (n_samples,)
            The group of each row. Group sizes are not random: they are `n_samples`
            times the shares, rounded.

    Raises
    ------
    ValueError
        If a parameter is out of range, or a group has no rows.

    Notes
    -----
    With the effects :math:`\beta` on the log frequency, a vector v orthogonal to it,
    and z standard normal, features are :math:`x = s_g z + m_g (\beta / \|\beta\|^2 +
    v)`, with :math:`m_g` the term in `disparity` and :math:`s_g` from 1 to 1 +
    `unequal_spread`. So the features carry the whole disparity, and a model that never
    sees the group inherits it.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_claims
    >>> claims = make_biased_claims(100_000, random_state=0)
    >>> by_group = claims.counts.groupby(claims.group).sum()
    >>> (by_group / claims.exposure.groupby(claims.group).sum()).round(2).to_dict()
    {'a': 0.14, 'b': 0.11}
    """
    pd = load_pandas("make_biased_claims")

    check_numbers(
        n_samples=n_samples,
        n_groups=n_groups,
        disparity=disparity,
        unequal_spread=unequal_spread,
        base_frequency=base_frequency,
    )
    sizes = _group_counts(n_samples, n_groups, group_shares)
    rng = check_random_state(random_state)
    codes = rng.permutation(np.repeat(np.arange(n_groups), sizes))
    frequency, severity, other = np.array([*EFFECTS.values()]).T
    means = disparity * _steps(sizes)
    spreads = 1.0 + unequal_spread * np.linspace(0.0, 1.0, n_groups)
    shift = frequency / (frequency @ frequency) + other
    X = rng.standard_normal((n_samples, len(EFFECTS))) * spreads[codes, None]
    X += np.outer(means[codes], shift)
    exposure = rng.uniform(0.1, 1.0, n_samples)
    counts = rng.poisson(exposure * base_frequency * np.exp(X @ frequency))
    # A sum of gamma variables of the same scale is one of the sum of their shapes.
    scale = AMOUNT * np.exp(X @ severity) / SHAPE
    amount = scale * rng.gamma(SHAPE * np.maximum(counts, 1)) * (counts > 0)
    return Bunch(
        data=pd.DataFrame(X, columns=[*EFFECTS]),
        exposure=pd.Series(exposure, name="exposure"),
        counts=pd.Series(counts, name="counts"),
        amount=pd.Series(amount, name="amount"),
        group=pd.Series(_names(n_groups)[codes], name="group"),
    )
