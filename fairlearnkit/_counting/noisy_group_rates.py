"""Rates of each group, from confusion matrices with noise."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import Bunch

from fairlearnkit._counting.noisy_rates import noisy_rates
from fairlearnkit._counting.rates import need_no_positive_class
from fairlearnkit._data.counts import SMALL_CELL, counts_table
from fairlearnkit.exceptions import SmallGroupWarning


def noisy_rates_by_group(noisy, positive, rates):
    """As `rates_by_group`, with the noise in each number.

    Parameters
    ----------
    noisy : NoisyCounts
        Confusion matrices with noise.
    positive : int
        Position of the positive class.
    rates : sequence of str
        Names of the rates.

    Returns
    -------
    rates : Bunch
        With the keys of `rates_by_group`, and "noisy", the `NoisyRates` by name. Counts
        are as the noise left them, and rates between 0 and 1.
    """
    counts = noisy.counts[0]
    found, overall = (
        {
            rate: noisy_rates(part, rate, positive, noisy.has_truth, noisy.epsilon)
            for rate in rates
        }
        for part in (counts, counts.sum(axis=0, keepdims=True))
    )
    pos_label = noisy.classes[positive]
    return Bunch(
        groups=noisy.groups,
        counts=counts.sum(axis=(1, 2)),
        by_group={rate: each.values for rate, each in found.items()},
        overall={rate: float(each.values[0]) for rate, each in overall.items()},
        among={rate: each.denominator for rate, each in found.items()},
        pos_label=None if need_no_positive_class(rates) else pos_label,
        noisy=found,
    )


def warn_of_small_noisy_groups(noisy, stacklevel):
    """Warn of groups of few rows, by their noisy counts.

    Parameters
    ----------
    noisy : NoisyCounts
        Confusion matrices with noise.
    stacklevel : int
        As in `warnings.warn`; 2 is the caller of this function.
    """
    counts = noisy.counts[0].sum(axis=(1, 2))
    if counts.min() < SMALL_CELL:
        msg = (
            f"Fewer than {SMALL_CELL} rows in a group, by the counts with noise: "
            f"{counts_table(noisy.groups, counts)}. Its rates are uncertain."
        )
        warnings.warn(msg, SmallGroupWarning, stacklevel=stacklevel)


def warn_of_undefined_noisy_rates(found, stacklevel):
    """Warn of rates that are not defined in some group.

    Parameters
    ----------
    found : Bunch
        What `noisy_rates_by_group` returns.
    stacklevel : int
        As in `warnings.warn`; 2 is the caller of this function.
    """
    undefined = [rate for rate, v in found.by_group.items() if np.isnan(v).any()]
    if undefined:
        msg = (
            "With the noise, the count of the rows in the denominator is 0 or less in "
            f"some group for {', '.join(undefined)}, which is NaN there."
        )
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=stacklevel)
