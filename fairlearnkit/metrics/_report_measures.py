"""Rates in a report, whose intervals have formulas: of counted rows, or with noise."""

from functools import partial
from typing import NamedTuple

import numpy as np

from fairlearnkit._counting.gap_intervals import against_group, shares_of_largest
from fairlearnkit._counting.newcombe import (
    interval_of_difference,
    interval_of_ratio,
    quantile_for,
)
from fairlearnkit._counting.noisy_rates import NoisyRates
from fairlearnkit._counting.sampled_rates import SampledRates

from ._report_gaps import AGAINST, GAPS, OF_ALL, share_of_largest

OF_PAIRS = {"difference": interval_of_difference, "ratio": interval_of_ratio}


class RateMeasure(NamedTuple):
    """A rate of each group that is compared; see `Measure`, whose methods it has.

    Parameters
    ----------
    rates : SampledRates or NoisyRates
        Rates of these groups, with ``values`` and ``intervals(z)``.
    among : ndarray of shape (n_groups,), int
        Numbers of the rows that the rates are about, which may hold noise.
    has_intervals : bool
        Whether intervals are asked for.
    """

    rates: SampledRates | NoisyRates
    among: np.ndarray
    has_intervals: bool

    @property
    def values(self):
        """Rates; NaN where they are not defined."""
        return self.rates.values

    def gap(self, kind, level):
        """As `Measure.gap`."""
        estimate = GAPS[kind](self.values)
        (found,) = self._intervals([estimate], OF_ALL[kind], level)
        return found

    def shares(self, level):
        """Each rate divided by the largest, with its interval: a list of dicts.

        Intervals allow for not knowing which group has the largest rate.
        """
        estimates = share_of_largest(self.values)
        return self._intervals(estimates, shares_of_largest, level)

    def against(self, kind, r, level):
        """As `Measure.against`."""
        estimates = AGAINST[kind](self.values, self.values[r])
        intervals = partial(against_group, g=r, interval_of=OF_PAIRS[kind])
        return self._intervals(estimates, intervals, level)

    def _intervals(self, estimates, intervals, level):
        # One NaN for all, so that equal reports are equal as dicts.
        ends = [[np.nan] * len(estimates)] * 2
        if self.has_intervals:
            ends = np.reshape(intervals(self.rates, confidence_level=level), (2, -1))
        keys = ("estimate", "low", "high")
        return [
            dict(zip(keys, map(float, row)), n_undefined=0)
            for row in zip(estimates, *ends)
        ]


def intervals_of_groups(rates, settings):
    """Interval of each rate of each group, NaN if none are asked for.

    Parameters
    ----------
    rates : dict of SampledRates or NoisyRates
        By their names, of all groups.
    settings : Settings
        What is asked for.

    Returns
    -------
    intervals : dict
        For each rate and group, a list of both ends.
    """
    found = {}
    for name, rate in rates.items():
        ends = np.full((2, len(settings.names)), np.nan)
        if settings.n_resamples:
            ends = rate.intervals(quantile_for(settings.confidence_level))
        found[name] = dict(zip(settings.names, np.transpose(ends).tolist()))
    return found
