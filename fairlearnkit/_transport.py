"""One-dimensional optimal transport of weighted samples: laws, distances, maps.

A law is a weighted sample without its order: values v_1 <= ... <= v_m and cumulated
shares P_1 < ... < P_m = 1. Its quantile function is v_j on (P_{j-1}, P_j]. Where the
shares of all laws are merged, every quantile function is constant on each piece, and
integrals are sums of widths times values, with no difference of large sums in them.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

# Cumulated shares that are as near as this are equal, but for rounding; so are scores
# of a model, relative to their size: BLAS sums a row differently in another batch.
SAME, ROUNDING = 1e-14, 64 * np.finfo(np.float64).eps


@dataclass(frozen=True, eq=False)
class Law:
    """Ordered values and their cumulated shares, the last of which is 1."""

    values: np.ndarray
    shares: np.ndarray

    def largest_atom(self):
        """Largest share of a single value."""
        return float(np.diff(self.shares, prepend=0.0).max())


def make_law(values, weight=None):
    """Law of a weighted sample, equal values put together.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite, in any order.
    weight : ndarray of shape (n,), default=None
        Weights, not negative; a row of weight zero counts as absent, and so does a
        value whose share is rounding.

    Returns
    -------
    law : Law

    Examples
    --------
    >>> from fairlearnkit._transport import make_law
    >>> law = make_law([3.0, 1.0, 3.0, 2.0])
    >>> law.values.tolist(), law.shares.tolist()
    ([1.0, 2.0, 3.0], [0.25, 0.5, 1.0])
    """
    values = np.asarray(values, dtype=np.float64)
    if weight is None:
        values = np.sort(values)
        last = _ends(values)
        return Law(values[last], (np.flatnonzero(last) + 1.0) / len(values))
    values, weight = values[weight > 0], weight[weight > 0]
    order = np.argsort(values)
    values, total = values[order], np.cumsum(weight[order], dtype=np.longdouble)
    last = _ends(values)
    values, shares = values[last], (total[last] / total[-1]).astype(np.float64)
    atoms = np.diff(shares, prepend=0.0) > SAME
    values, shares = values[atoms], shares[atoms]
    shares[-1] = 1.0
    return Law(values, shares)


def _ends(ordered):
    """Where runs of equal values end."""
    return np.append(ordered[1:] != ordered[:-1], True)


def _pieces(laws):
    """Widths of the pieces that merge all shares, and where the atoms of each law end.

    Returns the widths, and for each law the number of pieces up to each of its atoms.
    """
    merged = np.concatenate([law.shares for law in laws])
    merged.sort(kind="stable")  # runs in order: merged in linear time
    merged = merged[np.append(np.diff(merged) > SAME, True)]
    ends = [np.searchsorted(merged, law.shares) + 1 for law in laws]
    return np.diff(merged, prepend=0.0), ends


def _quantiles(law, ends):
    """Quantile function of a law on each piece."""
    return np.repeat(law.values, np.diff(ends, prepend=0))


def _mean_quantiles(laws, ends, weights):
    """Quantile function of the barycenter on each piece."""
    mean = np.zeros(ends[0][-1])
    for law, end, p in zip(laws, ends, weights):
        if p > 0:
            mean += p * _quantiles(law, end)
    return mean


def barycenter_maps(laws, weights):
    r"""Where each atom of each law goes in their barycenter.

    .. math:: T_s(v_j) = \frac{1}{P_j - P_{j-1}} \int_{P_{j-1}}^{P_j} \bar Q(u) du,
              \quad \bar Q = \sum_{s'} p_{s'} Q_{s'}

    Parameters
    ----------
    laws : list of Law
        One for each group.
    weights : ndarray of shape (n_laws,)
        p, of sum 1; of a law with weight zero only the map is asked for.

    Returns
    -------
    moved : list of ndarray
        For each law, T at its values, not decreasing.
    """
    widths, ends = _pieces(laws)
    masses = widths * _mean_quantiles(laws, ends, weights)
    moved = []
    for end in ends:
        starts = np.append(0, end[:-1])
        wide = starts < end  # others have no piece, and take the next one's
        averages = np.add.reduceat(masses, starts[wide])
        averages /= np.add.reduceat(widths, starts[wide])
        if not wide.all():
            averages = averages[(np.cumsum(wide) - wide).clip(max=len(averages) - 1)]
        moved.append(np.maximum.accumulate(averages))
    return moved


def pushed(law, moved):
    """The law of the values once they are moved, in their order.

    Parameters
    ----------
    law : Law
        A law.
    moved : ndarray of shape (m,)
        Where its values go, not decreasing.

    Returns
    -------
    law : Law
    """
    last = _ends(moved)
    return Law(moved[last], law.shares[last])


def pooled_law(laws, weights):
    """The mixture of some laws.

    Parameters
    ----------
    laws : list of Law
        One for each group.
    weights : ndarray of shape (n_laws,)
        Their shares in the mixture.

    Returns
    -------
    law : Law
    """
    values = np.concatenate([law.values for law in laws])
    masses = [p * np.diff(law.shares, prepend=0.0) for law, p in zip(laws, weights)]
    return make_law(values, np.concatenate(masses))


def apply_map(x, knots, moved, strength=1.0):
    """A map that is linear between its knots and constant beyond them, or part of it.

    Parameters
    ----------
    x : ndarray of shape (n,)
        Values.
    knots, moved : ndarray of shape (m,)
        Where the knots are, and where they go.
    strength : float, default=1.0
        Share of the way to go.

    Returns
    -------
    y : ndarray of shape (n,)
        ``(1 - strength) * x + strength * map(x)``; each from its x alone.
    """
    if strength == 0:
        return x.copy()
    order = np.argsort(x)  # knots are then found by walking, not by searching
    y = np.empty(len(x))
    with np.errstate(over="ignore"):
        steep = np.isinf(np.diff(moved) / np.diff(knots)).any()
    y[order] = (_by_shares if steep else np.interp)(x[order], knots, moved)
    return y if strength == 1 else (1.0 - strength) * x + strength * y


def _by_shares(x, knots, moved):
    """As np.interp, for knots that nearly touch: a share of the way needs no slope."""
    x = x.clip(knots[0], knots[-1])
    right = np.searchsorted(knots, x, side="right").clip(1, len(knots) - 1)
    start = knots[right - 1]
    share = (x - start) / (knots[right] - start)
    return (1.0 - share) * moved[right - 1] + share * moved[right]


def merge_rounding(values, tolerance):
    """Values that differ by rounding only, made equal.

    Parameters
    ----------
    values : ndarray of shape (n,)
        In any order.
    tolerance : float or ndarray of shape (n,)
        Largest difference of neighbours. Runs longer than eight times that, which are
        no rounding, stay as they are.

    Returns
    -------
    merged : ndarray of shape (n,)
        Each value, or the least of its run.
    """
    order = np.argsort(values)
    ordered = values[order]
    tolerance = np.broadcast_to(tolerance, values.shape)[order]
    first = np.append(True, np.diff(ordered) > tolerance[1:])
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(values)) - 1
    long = ordered[ends] - ordered[starts] > 8.0 * tolerance[ends]
    run = np.cumsum(first) - 1
    merged = np.empty(len(values))
    merged[order] = np.where(long[run], ordered, ordered[starts][run])
    return merged


def thinned(knots, moved, shares, n_quantiles):
    """As many knots as asked for, at even quantile levels, both ends among them.

    Parameters
    ----------
    knots, moved : ndarray of shape (m,)
        A map.
    shares : ndarray of shape (m,)
        Cumulated shares of the knots.
    n_quantiles : int
        How many to keep at most.

    Returns
    -------
    knots, moved : ndarray
    """
    levels = np.linspace(0.0, 1.0, n_quantiles)
    places = np.unique(np.searchsorted(shares, levels).clip(max=len(knots) - 1))
    return knots[places], moved[places]


def unfairness(laws, weights):
    r"""Mean squared W2 distance of the laws to their barycenter.

    .. math:: U = \sum_s p_s \int_0^1 (Q_s(u) - \bar Q(u))^2 du

    Parameters
    ----------
    laws : list of Law
        One for each group.
    weights : ndarray of shape (n_laws,)
        p, of sum 1.

    Returns
    -------
    U : float
        In squared units of the values.
    """
    widths, ends = _pieces(laws)
    mean, total = _mean_quantiles(laws, ends, weights), 0.0
    with np.errstate(over="ignore"):  # a square that is too large is infinite
        for law, end, p in zip(laws, ends, weights):
            total += p * (widths @ (_quantiles(law, end) - mean) ** 2)
    return float(total)


def wasserstein(a, b, order=1):
    """Wasserstein distance of two laws.

    Parameters
    ----------
    a, b : Law
        The laws.
    order : int, default=1
        p of W_p.

    Returns
    -------
    distance : float
        In units of the values.
    """
    widths, (to_a, to_b) = _pieces([a, b])
    apart = np.abs(_quantiles(a, to_a) - _quantiles(b, to_b))
    return float((widths @ apart**order) ** (1.0 / order))


def kolmogorov_smirnov(laws):
    r"""Largest difference of the distribution functions of any two laws.

    .. math:: \max_{a, b} \sup_t |F_a(t) - F_b(t)|
              = \sup_t \, (\max_a F_a(t) - \min_b F_b(t))

    Parameters
    ----------
    laws : list of Law
        At least two.

    Returns
    -------
    distance : float
        Between 0 and 1.
    """
    points = np.concatenate([law.values for law in laws])
    points.sort(kind="stable")
    highest, lowest = np.zeros(len(points)), np.ones(len(points))
    for law in laws:
        below = np.searchsorted(law.values, points, side="right")
        reached = np.append(0.0, law.shares)[below]
        np.maximum(highest, reached, out=highest)
        np.minimum(lowest, reached, out=lowest)
    return float((highest - lowest).max())


def largest_wasserstein(laws, order=1):
    """Largest Wasserstein distance between any two laws.

    Parameters
    ----------
    laws : list of Law
        At least two.
    order : int, default=1
        p of W_p.

    Returns
    -------
    distance : float
        In units of the values.
    """
    return max(wasserstein(a, b, order) for a, b in combinations(laws, 2))
