"""From confusion matrices to one number: gaps between the rates of groups."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit._counting.rates import (
    RATES,
    need_no_positive_class,
    rate_counts,
)
from fairlearnkit._data.counts import SMALL_CELL, counts_table
from fairlearnkit._data.messages import check_option
from fairlearnkit.exceptions import SmallGroupWarning

# How the rates of more than two groups become one number.
AGGREGATES = ("worst", "mean", "to_overall")


@dataclass(frozen=True)
class RateComparison:
    """Which rates are compared between groups, and how.

    Parameters
    ----------
    rates : tuple of str
        Names of the rates, each one of ``RATES``. The worst of their gaps counts.
    ratio : bool, default=False
        Compare by the ratio of the smaller to the larger rate, not by the difference.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        Compare the two groups that differ most, take the mean over all pairs of groups,
        or compare the group that differs most from all rows with all rows.
    """

    rates: tuple
    ratio: bool = False
    aggregate: str = "worst"

    def __post_init__(self):
        for rate in self.rates:
            check_option("rate", rate, RATES)
        check_option("aggregate", self.aggregate, AGGREGATES)

    @property
    def is_symmetric(self):
        """Whether the gap is the same for either of two classes as the positive one."""
        if need_no_positive_class(self.rates):
            return True
        rates = [RATES[name] for name in self.rates]
        return not self.ratio and all(
            any(rate.has_gap_of(other) for other in rates) for rate in rates
        )

    @np.errstate(invalid="ignore", divide="ignore")  # rates of no rows are NaN
    def gap(self, weights, positives):
        """Gap between the groups, for any number of confusion matrices at once.

        1. Compare the groups in each stratum, for each rate and positive class.
        2. Take the worst over rates and positive classes.
        3. Take the worst stratum or, for "mean", the mean of the strata by weight.

        A ratio of rates that are all 0 is infinite until the end: it says nothing, so
        the minimum skips it. What is infinite at the end is NaN.

        Parameters
        ----------
        weights : ndarray of shape (..., n_strata, n_groups, n_classes, n_classes)
            Weights of the cells, with any leading axes, such as one of resamples.
        positives : list of int
            Positions of the classes that are taken as positive, one after the other.

        Returns
        -------
        gap : ndarray of shape (...)
            NaN where a rate is not defined.
        """
        # Step 1. All arrays have the shape (..., n_strata).
        by_rate = [
            self._compare_groups(*rate_counts(weights, rate, positive))
            for positive in positives
            for rate in self.rates
        ]
        gap = self.combine(by_rate, weights.sum(axis=(-3, -2, -1)))
        return np.where(np.isinf(gap), np.nan, gap)

    def combine(self, by_rate, weights):
        """Steps 2 and 3 of `gap`.

        Parameters
        ----------
        by_rate : sequence of ndarray of shape (..., n_strata)
            For each rate and positive class.
        weights : ndarray of shape (..., n_strata)
            Weights of the strata.

        Returns
        -------
        gap : ndarray of shape (...)
        """
        worst = np.minimum if self.ratio else np.maximum
        # Step 2.
        by_stratum = worst.reduce(by_rate, axis=0)
        # Step 3.
        if self.aggregate == "mean":
            return _mean_over_strata(by_stratum, weights)
        return worst.reduce(by_stratum, axis=-1)

    def _compare_groups(self, numerator, denominator):
        """Gap in each stratum, of shape (..., n_strata).

        Both arguments have the shape (..., n_strata, n_groups).
        """
        rates = numerator / denominator
        if self.aggregate == "mean":
            return _mean_over_pairs(np.sort(rates, axis=-1), self.ratio)
        if self.aggregate == "worst":
            return self._compare(rates.min(axis=-1), rates.max(axis=-1))
        # "to_overall": each group may be above or below the rate of all rows.
        overall = (numerator.sum(axis=-1) / denominator.sum(axis=-1))[..., None]
        gaps = self._compare(np.minimum(rates, overall), np.maximum(rates, overall))
        return gaps.min(axis=-1) if self.ratio else gaps.max(axis=-1)

    def _compare(self, low, high):
        """Difference or ratio; infinite for the ratio of two rates that are 0."""
        if not self.ratio:
            return high - low
        return np.where(high == 0, np.inf, low / high)


def _mean_over_pairs(rates, ratio):
    r"""Mean over all pairs of n sorted rates, without a table of the pairs.

    The rate of rank j = 0 ... n - 1 is the larger one in j pairs and the smaller one in
    n - 1 - j. Hence the sum of the differences is :math:`\sum_j (2j - n + 1) r_j`, and
    that of the ratios :math:`\sum_j \frac{1}{r_j} \sum_{i < j} r_i`. A pair of rates
    that are both 0 has no ratio and is left out; the mean of no pairs is infinite.

    Parameters
    ----------
    rates : ndarray of shape (..., n_groups)
        In ascending order.
    ratio : bool
        Mean of ratios, not of differences.

    Returns
    -------
    mean : ndarray of shape (...)
    """
    rank = np.arange(rates.shape[-1])
    if not ratio:
        n_pairs = len(rank) * (len(rank) - 1) / 2
        return (rates * (2 * rank - len(rank) + 1)).sum(axis=-1) / n_pairs
    # Sum of the lower rates, for each rate; rates of 0 have no lower ones but 0.
    sum_below = np.cumsum(rates, axis=-1) - rates
    ratios = np.where(rates == 0, 0.0, sum_below / rates)
    n_pairs = np.where(rates == 0, 0, rank).sum(axis=-1)
    return np.where(n_pairs > 0, ratios.sum(axis=-1) / n_pairs, np.inf)


def _mean_over_strata(gaps, weights):
    """Weighted mean of the finite gaps in the last axis; infinite if none is."""
    finite = ~np.isinf(gaps)
    total = np.where(finite, weights, 0.0).sum(axis=-1)
    mean = np.where(finite, gaps * weights, 0.0).sum(axis=-1) / total
    return np.where(total > 0, mean, np.inf)


def measure_gap(comparison, confusion, positives):
    """Gap of the counted rows, with warnings about small denominators.

    Parameters
    ----------
    comparison : RateComparison
        What is compared.
    confusion : ConfusionCounts
        Confusion matrices of the groups.
    positives : list of int
        Positions of the classes that are taken as positive, one after the other.

    Returns
    -------
    gap : float
    """
    told = False
    for rate in comparison.rates:
        for positive in positives:
            told |= warn_of_small_denominator(confusion, rate, positive, stacklevel=5)
    gap = float(comparison.gap(confusion.weights, positives))
    if np.isnan(gap) and comparison.ratio and not told:
        msg = "The ratio is NaN: rates are not defined, or 0 in every group."
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=4)
    return gap


def warn_of_small_denominator(confusion, rate, positive, stacklevel):
    """Warn if a group has few rows, or none, in the denominator of a rate.

    Parameters
    ----------
    confusion : ConfusionCounts
        Confusion matrices of the groups.
    rate : str
        Name of the rate.
    positive : int
        Position of the positive class.
    stacklevel : int
        As in `warnings.warn`; 2 is the caller of this function.

    Returns
    -------
    undefined : bool
        Whether there was a warning that some group has no row.
    """
    found = _small_denominator(confusion, rate, positive)
    if found is None:
        return False
    msg, category = found
    warnings.warn(msg, category, stacklevel=stacklevel)
    return category is UndefinedMetricWarning


def warn_of_small_denominators(confusion, rates, positive, stacklevel):
    """The same for several rates, in one warning.

    Parameters
    ----------
    confusion, positive, stacklevel
        As in `warn_of_small_denominator`.
    rates : sequence of str
        Names of the rates. Those of the same rows are mentioned once.
    """
    found = (_small_denominator(confusion, rate, positive) for rate in rates)
    found = [*dict.fromkeys(filter(None, found))]
    if not found:
        return
    messages, categories = zip(*found)
    # A rate that is not defined is the more serious of the two.
    worst = UndefinedMetricWarning in categories
    category = UndefinedMetricWarning if worst else SmallGroupWarning
    warnings.warn(" ".join(messages), category, stacklevel=stacklevel)


def _small_denominator(confusion, rate, positive):
    """Message and category of a warning; None if each group has enough rows."""
    # Shape (n_strata, n_groups); rows count, whatever they weigh.
    counts = rate_counts(confusion.counts, rate, positive)[1]
    if counts.min() >= SMALL_CELL:
        return None
    rows = RATES[rate].rows.format(label=confusion.classes[positive])
    stratum = np.unravel_index(counts.argmin(), counts.shape)[0]
    table = counts_table(confusion.groups, counts[stratum])
    if len(confusion.strata) > 1:
        table += f", in the stratum {confusion.strata[stratum]}"
    if counts.min() == 0:
        msg = f"A group has no {rows}, so its {rate} is NaN: {table}."
        return msg, UndefinedMetricWarning
    msg = f"Fewer than {SMALL_CELL} {rows} in a group: {table}. Its rate is noisy."
    return msg, SmallGroupWarning
