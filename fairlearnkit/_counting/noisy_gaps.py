"""Intervals of gaps between groups, from rates with noise.

The pair of groups that a gap is about is found in the data, so that all pairs have to
hold together: each gets a share of the error (Bonferroni). Of two groups there is one
pair.
"""

import numpy as np

from fairlearnkit._counting.noisy_rates import (
    interval_of_difference,
    interval_of_ratio,
    quantile_for,
)


def largest_difference(rates, confidence_level):
    """Interval of the largest difference between two groups.

    Parameters
    ----------
    rates : NoisyRates
        A rate of each of at least two groups, in any number of samples.
    confidence_level : float
        Between 0 and 1.

    Returns
    -------
    low, high : ndarray of shape (...)
        Between 0 and 1.
    """
    low = high = 0.0
    for down, up in _of_all_pairs(rates, confidence_level, interval_of_difference):
        low = np.maximum(low, np.maximum(down, -up).max(axis=-1))
        high = np.maximum(high, np.maximum(-down, up).max(axis=-1))
    return low, high


def smallest_ratio(rates, confidence_level):
    """Interval of the smallest ratio between two groups.

    Parameters
    ----------
    rates, confidence_level : NoisyRates, float
        As in `largest_difference`.

    Returns
    -------
    low, high : ndarray of shape (...)
        Between 0 and 1.
    """
    low = high = 1.0
    for down, up in _of_all_pairs(rates, confidence_level, interval_of_ratio):
        with np.errstate(divide="ignore"):  # infinite, and not the minimum
            low = np.minimum(low, np.minimum(down, 1.0 / up).min(axis=-1))
            high = np.minimum(high, np.minimum(up, 1.0 / down).min(axis=-1))
    return low, high


def _of_all_pairs(rates, confidence_level, interval_of):
    """Yield the intervals of each group and all groups after it."""
    n_groups = rates.values.shape[-1]
    z = quantile_for(confidence_level, n_groups * (n_groups - 1) // 2)
    values, (low, high) = rates.values, rates.intervals(z)
    for g in range(n_groups - 1):
        ends = (v[..., g:] for v in (values, low, high))
        down, up = interval_of(*ends, 0)
        yield down[..., 1:], up[..., 1:]


def shares_of_largest(rates, confidence_level):
    """Interval of each rate divided by the largest one.

    The group of the largest rate is not known: the share is the smallest of the ratios
    to all groups, each of which gets its part of the error, and at most 1.

    Parameters
    ----------
    rates, confidence_level : NoisyRates, float
        As in `largest_difference`.

    Returns
    -------
    low, high : ndarray of shape (..., n_groups)
        Between 0 and 1.
    """
    n_groups = rates.values.shape[-1]
    z = quantile_for(confidence_level, n_groups - 1)
    values, ends = rates.values, rates.intervals(z)
    low = high = np.ones(rates.values.shape)
    for g in range(n_groups):
        down, up = interval_of_ratio(values, *ends, g)
        down[..., g] = up[..., g] = 1.0
        low, high = np.minimum(low, down), np.minimum(high, up)
    return low, high


def against_group(rates, g, confidence_level, interval_of):
    """Interval of each rate compared with that of one group, named in advance.

    Parameters
    ----------
    rates, confidence_level : NoisyRates, float
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
