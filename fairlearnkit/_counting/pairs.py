"""Which two groups make the largest gap."""

from typing import NamedTuple

import numpy as np

from fairlearnkit._counting.rates import divide, rate_counts


class WidestPair(NamedTuple):
    """The two groups whose rates differ most, by their positions.

    ``low`` and ``high`` are the groups of the lowest and of the highest rate;
    ``positive`` is the class that the rate takes as positive.
    """

    low: int
    high: int
    rate: str
    positive: int
    stratum: int


def widest_pair(comparison, weights, positives):
    """The pair of groups behind a gap of the two that differ most.

    Parameters
    ----------
    comparison : RateComparison
        What is compared.
    weights : ndarray of shape (n_strata, n_groups, n_classes, n_classes)
        Weights of the cells.
    positives : list of int
        Positions of the classes that are taken as positive, one after the other.

    Returns
    -------
    pair : WidestPair or None
        None where the gap is not defined, or is not one of two groups. Of equal gaps,
        the first.
    """
    if comparison.aggregate != "worst":
        return None
    pairs, gaps = [], []
    for positive in positives:
        for rate in comparison.rates:
            values = divide(*rate_counts(weights, rate, positive))
            for stratum, row in enumerate(values):  # of shape (n_groups,)
                low, high = int(row.argmin()), int(row.argmax())
                pairs.append(WidestPair(low, high, rate, positive, stratum))
                gaps.append(_distance(row[low], row[high], comparison.ratio))
    gaps = np.array(gaps)
    if np.isnan(gaps).any() or np.isinf(gaps).all():
        return None
    return pairs[int(gaps.argmax())]


def _distance(low, high, ratio):
    """Greater for a larger gap; of two rates that are both 0, the lowest of all."""
    if not ratio:
        return high - low
    return -np.inf if high == 0 else -low / high
