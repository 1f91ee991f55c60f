"""Intervals of gaps of rates, as metrics aggregate them."""

import numpy as np

from fairlearnkit._counting.gap_intervals import (
    largest_difference,
    mean_difference,
    mean_ratio,
    ratio_to_one,
    size_of_difference,
    smallest_ratio,
)
from fairlearnkit._counting.newcombe import (
    interval_of_difference,
    interval_of_ratio,
    quantile_for,
)
from fairlearnkit._counting.rates import divide, rate_counts
from fairlearnkit._counting.sampled_rates import rates_of_sums, sampled_rates

# Intervals of the worst pair of groups, and of the mean over pairs, by `ratio`.
OF_PAIRS = {
    "worst": {False: largest_difference, True: smallest_ratio},
    "mean": {False: mean_difference, True: mean_ratio},
}


def comparison_interval(comparison, weights, squares, positives, confidence_level):
    """Interval of a gap of rates.

    1. The intervals of the gaps in each stratum, for each rate and positive class. Each
       allows for all others.
    2. Combine the lower ends, and the upper ends, as `RateComparison.gap` does gaps.

    Parameters
    ----------
    comparison : RateComparison
        What is compared.
    weights : ndarray of shape (n_strata, n_groups, n_classes, n_classes)
        Sums of the weights of the cells.
    squares : ndarray of the same shape
        Sums of the squares of the weights.
    positives : list of int
        Positions of the classes that are taken as positive, one after the other.
    confidence_level : float
        Between 0 and 1.

    Returns
    -------
    low, high : float
        NaN where a rate is not defined.
    """
    compared = [(rate, p) for p in positives for rate in comparison.rates]
    n_sets = len(compared) * len(weights)
    # Step 1. Arrays have the shape (n_strata,).
    ends = [
        _of_one_rate(comparison, weights, squares, each, confidence_level, n_sets)
        for each in compared
    ]
    # Step 2.
    by_stratum = weights.sum(axis=(-3, -2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return tuple(float(comparison.combine(side, by_stratum)) for side in zip(*ends))


def _of_one_rate(comparison, weights, squares, compared, confidence_level, n_sets):
    if comparison.aggregate == "to_overall":
        sums = [rate_counts(each, *compared) for each in (weights, squares)]
        return _to_overall(*sums, comparison.ratio, confidence_level, n_sets)
    of_pairs = OF_PAIRS[comparison.aggregate][comparison.ratio]
    rates = sampled_rates(weights, squares, *compared)
    return of_pairs(rates, confidence_level, n_sets)


def _to_overall(sums, squares, ratio, confidence_level, n_sets):
    r"""Interval of the group that differs most from all rows, in each stratum.

    All rows hold the group, whose share of the denominator is s. The rates of the group
    and of the rest are independent, and with their difference d and ratio r

    .. math:: p_g - p = (1 - s) d, \quad p_g / p = \frac{r}{s r + 1 - s}.

    Parameters
    ----------
    sums, squares : tuple of ndarray of shape (n_strata, n_groups)
        Weights, and squared weights, of the numerator and of the denominator.
    ratio : bool
        Compare by ratios.
    confidence_level : float
        Between 0 and 1.
    n_sets : int
        Number of such comparisons.

    Returns
    -------
    low, high : ndarray of shape (n_strata,)
    """
    pairs = [
        np.stack([own, own.sum(axis=-1, keepdims=True) - own], axis=-1)
        for own in (*sums, *squares)
    ]
    rates = rates_of_sums(*pairs)
    share = divide(sums[1], sums[1].sum(axis=-1, keepdims=True))
    n_groups = share.shape[-1]
    near = quantile_for(confidence_level, 2 * n_groups * n_sets - 1)
    found = []
    for z in (near, quantile_for(confidence_level)):
        ends = rates.values, *rates.intervals(z)
        if ratio:
            down, up = (v[..., 0] for v in interval_of_ratio(*ends, 1))
            down, up = _of_all(down, share), _of_all(up, share)
            found.append(ratio_to_one(down, up))
        else:
            down, up = (v[..., 0] for v in interval_of_difference(*ends, 1))
            found.append(size_of_difference((1 - share) * down, (1 - share) * up))
    (near_low, near_high), (far_low, far_high) = found
    if ratio:
        return far_low.min(axis=-1), near_high.min(axis=-1)
    return near_low.max(axis=-1), far_high.max(axis=-1)


def _of_all(r, share):
    """Ratio to all rows from that to the rest, which may be infinite."""
    # r / (s r + 1 - s) = 1 / (s + (1 - s) / r)
    return 1.0 / (share + divide(1.0 - share, r))
