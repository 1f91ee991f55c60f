"""Intervals of gaps between groups, from the intervals of the groups.

A gap is the largest of m differences d_k, each of two groups, whatever their sign. The
pair that makes it is found in the data. With intervals [l_k, u_k] of the d_k, the gap
lies between

    max_k max(0, l_k, -u_k)     and     max_k max(-l_k, u_k).

The upper end fails only if it does for the pair of the true gap, which does not depend
on the data, so that it takes alpha / 2, as that of a single interval. The lower end
fails if it does for any pair. That has 2 m - 1 ways: two for each other pair, and one
for that of the true gap, since the other is among the failures of the upper end. Each
takes alpha / (2 (2 m - 1)). Of one pair, both are the ends of the usual interval. So a
gap of 0 is held with probability 1 - alpha or more, although no estimate is below 0.
The same goes for the smallest of m ratios, which are at most 1.
"""

import numpy as np

from fairlearnkit._counting.newcombe import (
    interval_of_difference,
    interval_of_ratio,
    quantile_for,
)


def largest_difference(rates, confidence_level, n_sets=1):
    """Interval of the largest difference between two groups.

    Parameters
    ----------
    rates : SampledRates or NoisyRates
        A rate of each of at least two groups, in any number of samples. Anything will
        do that has ``values`` and ``intervals(z)``.
    confidence_level : float
        Between 0 and 1.
    n_sets : int, default=1
        Number of such sets of rates, such as strata, of which the largest difference
        counts.

    Returns
    -------
    low, high : ndarray of shape (...)
        Not below 0.
    """
    near, far = _quantiles(confidence_level, _n_pairs(rates) * n_sets)
    low = high = 0.0
    for down, up in _of_all_pairs(rates, near, interval_of_difference):
        low = np.maximum(low, np.maximum(down, -up).max(axis=-1))
    for down, up in _of_all_pairs(rates, far, interval_of_difference):
        high = np.maximum(high, np.maximum(-down, up).max(axis=-1))
    return low, high


def smallest_ratio(rates, confidence_level, n_sets=1):
    """Interval of the smallest ratio between two groups.

    Parameters
    ----------
    rates, confidence_level, n_sets : SampledRates or NoisyRates, float, int
        As in `largest_difference`.

    Returns
    -------
    low, high : ndarray of shape (...)
        Between 0 and 1.
    """
    near, far = _quantiles(confidence_level, _n_pairs(rates) * n_sets)
    low = high = 1.0
    for ends in _of_all_pairs(rates, far, interval_of_ratio):
        low = np.minimum(low, ratio_to_one(*ends)[0].min(axis=-1))
    for ends in _of_all_pairs(rates, near, interval_of_ratio):
        high = np.minimum(high, ratio_to_one(*ends)[1].min(axis=-1))
    return low, high


def mean_difference(rates, confidence_level, n_sets=1):
    """Interval of the mean difference, without its sign, over all pairs of groups.

    All pairs hold together (Bonferroni), and so does their mean.

    Parameters
    ----------
    rates, confidence_level, n_sets : SampledRates or NoisyRates, float, int
        As in `largest_difference`.

    Returns
    -------
    low, high : ndarray of shape (...)
        Not below 0.
    """
    return _mean_over_pairs(
        rates, confidence_level, n_sets, interval_of_difference, size_of_difference
    )


def mean_ratio(rates, confidence_level, n_sets=1):
    """Interval of the mean ratio, of the smaller to the larger, over all pairs.

    Parameters
    ----------
    rates, confidence_level, n_sets : SampledRates or NoisyRates, float, int
        As in `mean_difference`.

    Returns
    -------
    low, high : ndarray of shape (...)
        Between 0 and 1.
    """
    return _mean_over_pairs(
        rates, confidence_level, n_sets, interval_of_ratio, ratio_to_one
    )


def _mean_over_pairs(rates, confidence_level, n_sets, interval_of, sizes_of):
    n_pairs, low, high = _n_pairs(rates), 0.0, 0.0
    z = quantile_for(confidence_level, n_pairs * n_sets)
    for ends in _of_all_pairs(rates, z, interval_of):
        down, up = sizes_of(*ends)
        low, high = low + down.sum(axis=-1), high + up.sum(axis=-1)
    return low / n_pairs, high / n_pairs


def size_of_difference(down, up):
    """Interval of the size of a difference, from that of the difference."""
    return np.maximum(np.maximum(down, -up), 0.0), np.maximum(-down, up)


def ratio_to_one(down, up):
    """Interval of a ratio or its inverse, whichever is at most 1."""
    with np.errstate(divide="ignore"):  # infinite, and not the minimum
        low = np.minimum(down, 1.0 / up)
        high = np.minimum(np.minimum(up, 1.0 / down), 1.0)
    return low, high


def _n_pairs(rates):
    n_groups = rates.values.shape[-1]
    return n_groups * (n_groups - 1) // 2


def _quantiles(confidence_level, n_pairs):
    """Normal quantiles of the end towards 0, or a ratio of 1, and of the other one."""
    near = quantile_for(confidence_level, 2 * n_pairs - 1)
    return near, quantile_for(confidence_level)


def _of_all_pairs(rates, z, interval_of):
    """Yield the intervals of each group and all groups after it."""
    values, (low, high) = rates.values, rates.intervals(z)
    for g in range(values.shape[-1] - 1):
        ends = (v[..., g:] for v in (values, low, high))
        down, up = interval_of(*ends, 0)
        yield down[..., 1:], up[..., 1:]


def shares_of_largest(rates, confidence_level):
    """Interval of each rate divided by the largest one.

    The group of the largest rate is not known: the share is the smallest of the ratios
    to all groups, and at most 1. As above, only the end towards 1 takes all of them
    into account.

    Parameters
    ----------
    rates, confidence_level : SampledRates or NoisyRates, float
        As in `largest_difference`.

    Returns
    -------
    low, high : ndarray of shape (..., n_groups)
        Between 0 and 1.
    """
    values = rates.values
    far = rates.intervals(quantile_for(confidence_level))
    near = rates.intervals(quantile_for(confidence_level, values.shape[-1] - 1))
    low = high = np.ones(values.shape)
    for g in range(values.shape[-1]):
        down, _ = interval_of_ratio(values, *far, g)
        _, up = interval_of_ratio(values, *near, g)
        down[..., g] = up[..., g] = 1.0
        low, high = np.minimum(low, down), np.minimum(high, up)
    return low, high


def against_group(rates, g, confidence_level, interval_of):
    """Interval of each rate compared with that of one group, named in advance.

    Parameters
    ----------
    rates, confidence_level : SampledRates or NoisyRates, float
        As in `largest_difference`.
    g : int
        Position of that group.
    interval_of : callable
        `interval_of_difference` or `interval_of_ratio`.

    Returns
    -------
    low, high : ndarray of shape (..., n_groups)
        Of the group itself, its exact difference or ratio.
    """
    ends = rates.intervals(quantile_for(confidence_level))
    low, high = interval_of(rates.values, *ends, g)
    low[..., g] = high[..., g] = 0.0 if interval_of is interval_of_difference else 1.0
    return low, high
