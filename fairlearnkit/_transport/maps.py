"""Monotone transport maps between distributions on the line."""

import numpy as np

from fairlearnkit._data.rows import split_rows
from fairlearnkit._transport.barycenters import barycenter_maps
from fairlearnkit._transport.distributions import SAME_LEVEL, mixture

# With more quantile levels than this, levels are closer than SAME_LEVEL, and every atom
# has one; `n_quantiles` may be an integer that float64 cannot hold. Doubled, no result
# changes: the levels are still whole numbers in float64 (below 2^53).
MAX_QUANTILES = 10**15
# Runs of scores longer than this many tolerances are not taken for rounding by
# `merge_near_ties`: rounding errors of one number lie within a few of them. Doubled, a
# chain of scores that are close by chance would be merged up to twice that length.
LONGEST_RUN = 8.0


def apply_map(x, knots, images, strength=1.0):
    """Apply a map that is linear between its knots and constant beyond them.

    Parameters
    ----------
    x : ndarray of shape (n,)
        Values.
    knots : ndarray of shape (m,)
        In increasing order.
    images : ndarray of shape (m,)
        Values of the map T at the knots.
    strength : float, default=1.0
        Between 0, which returns x, and 1, which returns T(x).

    Returns
    -------
    y : ndarray of shape (n,)
        ``(1 - strength) * x + strength * T(x)``. Each element depends on its own x
        alone, to the last bit.
    """
    if strength == 0:
        return x.copy()
    order = np.argsort(x)  # np.interp finds the knots faster for sorted x
    y = np.empty(len(x))
    with np.errstate(over="ignore"):
        slopes = (images[1:] - images[:-1]) / (knots[1:] - knots[:-1])
        steep = np.isinf(slopes).any()
    interpolate = _interpolate_without_slopes if steep else np.interp
    y[order] = interpolate(x[order], knots, images)
    return y if strength == 1 else (1.0 - strength) * x + strength * y


def _interpolate_without_slopes(x, knots, images):
    """As `np.interp`, for knots so close that a slope between them overflows."""
    x = x.clip(knots[0], knots[-1])
    right = np.searchsorted(knots, x, side="right").clip(1, len(knots) - 1)
    start = knots[right - 1]
    fraction = (x - start) / (knots[right] - start)
    return (1.0 - fraction) * images[right - 1] + fraction * images[right]


def merge_near_ties(values, tolerance):
    """Make values equal that differ by rounding only.

    1. Sort the values, and cut where neighbours differ by more than the tolerance.
    2. Replace each run by its smallest value. Runs longer than `LONGEST_RUN` tolerances
       are no rounding and stay as they are.

    Parameters
    ----------
    values : ndarray of shape (n,)
        In any order.
    tolerance : float or ndarray of shape (n,)
        Largest difference of neighbours in a run, for each value.

    Returns
    -------
    merged : ndarray of shape (n,)
    """
    order = np.argsort(values)
    ordered = values[order]
    tolerance = np.broadcast_to(tolerance, values.shape)[order]
    first = np.append(True, np.diff(ordered) > tolerance[1:])
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(values)) - 1
    long = ordered[ends] - ordered[starts] > LONGEST_RUN * tolerance[ends]
    run = np.cumsum(first) - 1
    merged = np.empty(len(values))
    merged[order] = np.where(long[run], ordered, ordered[starts][run])
    return merged


def thin_map(knots, images, cdf, n_quantiles):
    """Keep the knots at evenly spaced quantile levels.

    Levels are k / (n_quantiles - 1) for k = 0, ..., n_quantiles - 1. The first and the
    last knot are always kept, the others where a level falls into the interval
    (P_{j-1}, P_j] of their atom.

    Parameters
    ----------
    knots, images : ndarray of shape (m,)
        A map.
    cdf : ndarray of shape (m,)
        Distribution function at the knots.
    n_quantiles : int
        Largest number of knots to keep, at least 2.

    Returns
    -------
    knots, images : ndarray
        At most `n_quantiles` of them.
    """
    steps = min(n_quantiles - 1, MAX_QUANTILES)
    levels_reached = np.floor(steps * (cdf + SAME_LEVEL))
    kept = np.append(True, np.diff(levels_reached) > 0)
    kept[-1] = True
    return knots[kept], images[kept]


def transport_maps(distributions, shares, *, pooled=False, n_quantiles=None):
    """Maps of the groups to their barycenter.

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        One for each group.
    shares : ndarray of shape (n_groups,)
        Weights p of the groups, of sum 1.
    pooled : bool, default=False
        Whether to map the mixture of all groups to the barycenter, too.
    n_quantiles : int, default=None
        Largest number of knots of a map; None keeps all.

    Returns
    -------
    maps : list of tuple of ndarray
        Knots and images of each group.
    pooled_map : tuple of ndarray or None
        Knots and images of the mixture.
    """
    weights = shares
    if pooled:  # mapped to the barycenter, and no part of it
        distributions = [*distributions, mixture(distributions, shares)]
        weights = np.append(shares, 0.0)
    maps = []
    for each, images in zip(distributions, barycenter_maps(distributions, weights)):
        knots = each.values
        if n_quantiles is not None:
            knots, images = thin_map(knots, images, each.cdf, n_quantiles)
        maps.append((knots, images))
    return (maps[:-1], maps[-1]) if pooled else (maps, None)


def apply_by_group(codes, maps, pooled_map, apply):
    """Apply to each row the map of its group.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Group of each row; -1 for none.
    maps : list of tuple of ndarray
        One for each group.
    pooled_map : tuple of ndarray or None
        For rows of no group.
    apply : callable
        ``apply(rows, group_map)`` with the positions of the rows of a group and its
        map; returns their new values.

    Returns
    -------
    values : ndarray of shape (n_samples,)
    """
    values = np.empty(len(codes))
    for rows, group_map in zip(split_rows(codes, len(maps)), [*maps, pooled_map]):
        if len(rows):
            values[rows] = apply(rows, group_map)
    return values


def transport_by_group(values, codes, maps, pooled_map, strength):
    """Apply maps of `transport_maps`, each to the rows of its group.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Values to move.
    codes, maps, pooled_map
        As in `apply_by_group`.
    strength : float
        As in `apply_map`.

    Returns
    -------
    moved : ndarray of shape (n_samples,)
    """

    def apply(rows, group_map):
        return apply_map(values[rows], *group_map, strength)

    return apply_by_group(codes, maps, pooled_map, apply)
