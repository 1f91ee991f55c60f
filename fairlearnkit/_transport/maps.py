"""Monotone transport maps between distributions on the line."""

import numpy as np

from fairlearnkit._data.rows import split_rows
from fairlearnkit._transport.barycenters import barycenter_maps
from fairlearnkit._transport.distributions import SAME, pooled_law

# More quantile levels than there can be shares that are told apart.
MOST_LEVELS = 10**15


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
        slopes = (moved[1:] - moved[:-1]) / (knots[1:] - knots[:-1])
        steep = np.isinf(slopes).any()
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
    # A knot is kept where a level ends in its interval: as many as there are below it.
    steps = min(n_quantiles - 1, MOST_LEVELS)
    reached = np.floor(steps * (shares + SAME))
    kept = np.append(True, np.diff(reached) > 0)
    kept[-1] = True
    return knots[kept], moved[kept]


def transport_maps(laws, shares, *, pooled=False, n_quantiles=None):
    """Maps of the groups to their barycenter.

    Parameters
    ----------
    laws : list of Law
        One for each group.
    shares : ndarray of shape (n_groups,)
        Weights p of the groups.
    pooled : bool, default=False
        Whether the map of all groups together is needed.
    n_quantiles : int, default=None
        How many knots to keep; None keeps all.

    Returns
    -------
    maps : list of tuple of ndarray
        For each group its knots and where they go.
    pooled_map : tuple of ndarray or None
        The same for all groups together.
    """
    laws = [*laws, pooled_law(laws, shares)] if pooled else laws
    weights = np.append(shares, 0.0) if pooled else shares
    maps = []
    for law, moved in zip(laws, barycenter_maps(laws, weights)):
        pair = law.values, moved
        if n_quantiles is not None:
            pair = thinned(*pair, law.shares, n_quantiles)
        maps.append(pair)
    return (maps[:-1], maps[-1]) if pooled else (maps, None)


def move_by_group(codes, maps, pooled_map, move):
    """Move each row by the map of its group.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Group of each row; -1 for none.
    maps : list of tuple of ndarray
        One for each group.
    pooled_map : tuple of ndarray or None
        For rows of no group.
    move : callable
        From positions of rows and a map to their new values.

    Returns
    -------
    moved : ndarray of shape (n_samples,)
    """
    moved = np.empty(len(codes))
    for rows, one in zip(split_rows(codes, len(maps)), [*maps, pooled_map]):
        if len(rows):
            moved[rows] = move(rows, one)
    return moved


def transport(values, codes, maps, pooled_map, strength):
    """`move_by_group` by maps of `transport_maps`, or part of the way."""

    def move(rows, one):
        return apply_map(values[rows], *one, strength)

    return move_by_group(codes, maps, pooled_map, move)
