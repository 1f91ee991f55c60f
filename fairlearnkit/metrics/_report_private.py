"""A private report on classes: all of it follows from counts with noise."""

from functools import partial
from math import sqrt
from typing import NamedTuple

import numpy as np

from fairlearnkit._counting.discrete_laplace import noise_variance
from fairlearnkit._counting.noisy_gaps import (
    against_group,
    largest_difference,
    shares_of_largest,
    smallest_ratio,
)
from fairlearnkit._counting.noisy_group_rates import noisy_rates_by_group
from fairlearnkit._counting.noisy_rates import (
    NoisyRates,
    interval_of_difference,
    interval_of_ratio,
    quantile_for,
)

from ._report_gaps import AGAINST, GAPS, compare, describe, share_of_largest
from ._report_names import plain_label
from ._report_rates import join_parts

UNIT = "one row, added or removed"
MECHANISM = "discrete Laplace noise in each count of group, true class and prediction"
MECHANISM_WITHOUT_TRUTH = "discrete Laplace noise in each count of group and prediction"

OF_ALL = {"difference": largest_difference, "ratio": smallest_ratio}
OF_PAIRS = {"difference": interval_of_difference, "ratio": interval_of_ratio}
# The default of `parity_report`; a 0 that was passed cannot be told from it.
DEFAULT_SEED = 0


def check_private(target, random_state):
    """Raise an error for what a private report cannot hold.

    Parameters
    ----------
    target : {"classes", "numbers"}
        What is reported.
    random_state : object
        The seed, if one was given.

    Raises
    ------
    ValueError
        Numeric targets, or a seed.
    """
    if target != "classes":
        msg = (
            f"target={target!r} and epsilon exclude each other: a row can change a "
            "mean, an error or a distance of numbers by any amount, which no noise "
            "hides. Cut the numbers into classes, or leave out epsilon."
        )
        raise ValueError(msg)
    if random_state is not None and random_state != DEFAULT_SEED:
        msg = (
            f"random_state={random_state!r} and epsilon exclude each other: whoever "
            "knows the seed could subtract the noise, which is drawn from the system's "
            "own randomness. Leave out random_state."
        )
        raise ValueError(msg)


class NoisyMeasure(NamedTuple):
    """A rate of each group with noise; see `Measure`, whose methods it has.

    Parameters
    ----------
    rates : NoisyRates
        Rates of the groups that are compared.
    has_intervals : bool
        Whether intervals are asked for.
    """

    rates: NoisyRates
    has_intervals: bool

    @property
    def values(self):
        """Rates; NaN where they are not defined."""
        return self.rates.values

    @property
    def among(self):
        """Noisy numbers of the rows that the rates are about."""
        return self.rates.denominator

    def gap(self, kind, level):
        """As `Measure.gap`."""
        estimate = GAPS[kind](self.values)
        (found,) = self._intervals([estimate], OF_ALL[kind], level)
        return found

    def shares(self, level):
        """As `Measure.shares`; each interval holds whichever group is the largest."""
        estimates = share_of_largest(self.values)
        return self._intervals(estimates, shares_of_largest, level)

    def against(self, kind, r, level):
        """As `Measure.against`."""
        estimates = AGAINST[kind](self.values, self.values[r])
        intervals = partial(against_group, g=r, interval_of=OF_PAIRS[kind])
        return self._intervals(estimates, intervals, level)

    def _intervals(self, estimates, intervals, level):
        ends = np.full((2, len(estimates)), np.nan)
        if self.has_intervals:
            ends = np.reshape(intervals(self.rates, confidence_level=level), (2, -1))
        keys = ("estimate", "low", "high")
        return [
            dict(zip(keys, map(float, row)), n_undefined=0)
            for row in zip(estimates, *ends)
        ]


def private_numbers(noisy, compared, parts, settings):
    """All rates of a private report, as `rate_numbers` has them.

    Parameters
    ----------
    noisy, compared : NoisyCounts
        Confusion matrices with noise of all groups, and of those that are compared.
    parts : list of (int, list of str)
        As `positives_and_rates` returns them.
    settings : Settings
        What is asked for.

    Returns
    -------
    numbers : dict
    """
    found = [
        _part(noisy, compared, positive, names, settings) for positive, names in parts
    ]
    return join_parts(noisy.classes, parts, found) | {
        "n_rows": int(noisy.counts.sum()),
        "privacy": {
            "epsilon": noisy.epsilon,
            "unit": UNIT,
            "mechanism": MECHANISM if noisy.has_truth else MECHANISM_WITHOUT_TRUTH,
            "noise_standard_deviation": sqrt(noise_variance(noisy.epsilon)),
        },
    }


def _part(noisy, compared, positive, rates, settings):
    """Counts, rates and gaps for one positive class."""
    found = noisy_rates_by_group(noisy, positive, rates)
    has_intervals = bool(settings.n_resamples)
    measures = {
        rate: NoisyMeasure(each, has_intervals)
        for rate, each in noisy_rates_by_group(compared, positive, rates).noisy.items()
    }
    part = describe(found.counts, found.by_group, found.overall, found.among, settings)
    part["intervals"] = {r: _intervals(v, settings) for r, v in found.noisy.items()}
    part["pos_label"] = plain_label(found.pos_label)
    return part | compare(measures, settings)


def _intervals(rates, settings):
    """Interval of a rate of each group, NaN if none are asked for."""
    ends = np.full((2, len(settings.names)), np.nan)
    if settings.n_resamples:
        ends = rates.intervals(quantile_for(settings.confidence_level))
    ends = np.transpose(ends).tolist()
    return dict(zip(settings.names, ends))
