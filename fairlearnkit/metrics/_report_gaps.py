"""What a report compares: gaps, ratios and pairs, from values by group and resamples.

A measure is a number for each group, such as a selection rate or a mean error. All that
is reported of it follows from its values, of shape (n_groups,), and from their
intervals. Those of numbers come from values in resamples, of shape (n_resamples,
n_groups); those of rates have formulas (`RateMeasure`).
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import norm

from fairlearnkit._counting.gap_intervals import largest_difference, smallest_ratio
from fairlearnkit._data.counts import SMALL_CELL

from ._bootstrap import percentile_interval

# Resamples beyond a quantile that make it certain enough: of 1,000 resamples, its error
# is 5 % of its distance. Twice as many would be too many for .99.
BEYOND = 10
# Tail of the quantiles where there are hardly any resamples.
LARGEST_TAIL = 0.25
OF_ALL = {"difference": largest_difference, "ratio": smallest_ratio}


class Measure(NamedTuple):
    """A number for each group, and what is known of its uncertainty.

    Parameters
    ----------
    values : ndarray of shape (n_groups,)
        NaN where it is not defined.
    draws : ndarray of shape (n_resamples, n_groups)
        Values in resamples, the same resamples for all measures.
    among : ndarray of shape (n_groups,), int
        Rows that the number is about.
    has_ratio : bool, default=True
        False for a number of either sign, such as a mean error, whose ratios say
        nothing and are NaN.
    """

    values: np.ndarray
    draws: np.ndarray
    among: np.ndarray
    has_ratio: bool = True

    def compared(self, kind, function):
        """A function of the values and of the draws; NaN for a ratio without meaning.

        Parameters
        ----------
        kind : {"difference", "ratio"}
            What the function returns.
        function : callable
            Takes an array whose last axis is that of the groups.

        Returns
        -------
        estimate, draws : ndarray
        """
        pair = function(self.values), function(self.draws)
        if self.has_ratio or kind == "difference":
            return pair
        return tuple(np.full_like(each, np.nan) for each in pair)

    @property
    def sign(self):
        """1 or -1 if ratios mean something, which no value of the other sign has."""
        if not self.has_ratio or (self.values.min() < 0 < self.values.max()):
            return np.nan
        return -1.0 if self.values.min() < 0 else 1.0

    def intervals(self, z):
        """Interval of each value, from quantiles of its resamples.

        Parameters
        ----------
        z : float
            Normal quantile; its tail is the share of resamples beyond each end. If that
            is too few of them, the distance to the quantile beyond which there are
            `BEYOND` is multiplied by the ratio of the normal quantiles.

        Returns
        -------
        low, high : ndarray of shape (n_groups,)
            NaN without resamples.
        """
        if np.isnan(self.draws).all(axis=0).any():  # also where there are none
            return np.full((2, len(self.values)), np.nan)
        tail = min(max(norm.sf(z), BEYOND / len(self.draws)), LARGEST_TAIL)
        ends = np.nanquantile(self.draws, [tail, 1.0 - tail], axis=0)
        low, high = self.values + (ends - self.values) * z / norm.isf(tail)
        return np.minimum(low, self.values), np.maximum(high, self.values)

    def gap(self, kind, level):
        """The largest difference or smallest ratio of two groups, with its interval.

        Parameters
        ----------
        kind : {"difference", "ratio"}
            Which of them.
        level : float
            Confidence level.

        Returns
        -------
        gap : dict
            As `interval` returns it.
        """
        estimate, draws = self.compared(kind, GAPS[kind])
        low = high = np.nan
        if not np.isnan(estimate):
            rates = self if kind == "difference" else _Sizes(self)
            low, high = OF_ALL[kind](rates, level)
        found = {"estimate": estimate, "low": low, "high": high}
        found = {key: float(value) for key, value in found.items()}
        return found | {"n_undefined": int(np.isnan(draws).sum())}

    def against(self, kind, r, level):
        """Difference or ratio of each value to that of group r: a list of dicts."""
        compared = self.compared(kind, lambda v: AGAINST[kind](v, v[..., [r]]))
        return _intervals(*compared, level)


class _Sizes(NamedTuple):
    """Values of one sign without it, whose intervals end at 0, for ratios."""

    measure: Measure

    @property
    def values(self):
        return self.measure.sign * self.measure.values

    def intervals(self, z):
        ends = np.sort(self.measure.sign * np.array(self.measure.intervals(z)), axis=0)
        return np.maximum(ends, 0.0)


def difference(values):
    """Largest minus smallest value of the last axis; NaN if one of them is."""
    return values.max(axis=-1) - values.min(axis=-1)


def ratio(values):
    """Smallest divided by largest value of the last axis.

    NaN if one of them is, if all are 0, or if signs differ. Of negative values, the one
    closest to 0 is divided by the one farthest from it.
    """
    low, high = values.min(axis=-1), values.max(axis=-1)
    of_negative = _divide(high, np.where(high > 0, 0.0, low))
    return np.where(low >= 0, _divide(low, high), of_negative)


GAPS = {"difference": difference, "ratio": ratio}


def share_of_largest(values):
    """Each value divided by the largest one; NaN where all are 0."""
    return _divide(values, values.max(axis=-1, keepdims=True))


def _divide(a, b):
    """Quotients; NaN where the denominator is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b == 0, np.nan, np.divide(a, b))


def pair_of(measure, names):
    """The groups of the lowest and highest value, and the rows that these are about.

    Parameters
    ----------
    measure : Measure
        Values of the groups that are compared.
    names : list of str
        Names of these groups.

    Returns
    -------
    pair : dict
        "lowest" and "highest"; empty where the measure is not defined in a group.
    """
    if np.isnan(measure.values).any():
        return {}
    ends = {"lowest": measure.values.argmin(), "highest": measure.values.argmax()}
    return {
        end: {"group": names[g], "count": int(measure.among[g])}
        for end, g in ends.items()
    }


def interval(estimate, draws, confidence_level, is_gap=False):
    """A number with the ends of its interval, as a plain dict.

    Parameters
    ----------
    estimate : float
        The number.
    draws : ndarray of shape (n_resamples,)
        Its values in resamples.
    confidence_level : float
        Between 0 and 1.
    is_gap : bool, default=False
        As in `percentile_interval`.

    Returns
    -------
    interval : dict
        "estimate", "low", "high" and "n_undefined".
    """
    found = percentile_interval(float(estimate), draws, confidence_level, is_gap)
    del found["standard_error"]
    return dict(found)


def describe(counts, by_group, overall, among, settings):
    """Values of the groups and of all rows, in plain Python types.

    Parameters
    ----------
    counts : ndarray of shape (n_groups,), int
        Rows of each group.
    by_group : dict of ndarray of shape (n_groups,)
        Values of each measure.
    overall : dict of float
        Each measure of all rows.
    among : dict of ndarray of shape (n_groups,), int
        Rows that each measure is about.
    settings : Settings
        With the names of the groups.

    Returns
    -------
    part : dict
    """
    names = settings.names

    def row(values, count, take):
        return {"count": int(count)} | {
            key: float(take(v)) for key, v in values.items()
        }

    return {
        "groups": {
            name: row(by_group, counts[g], lambda v, g=g: v[g])
            for g, name in enumerate(names)
        },
        "overall": row(overall, counts.sum(), float),
        "small_rates": {
            key: [name for name, n in zip(names, rows) if n < SMALL_CELL]
            for key, rows in among.items()
        },
        "among": {key: dict(zip(names, rows.tolist())) for key, rows in among.items()},
    }


def compare(measures, settings):
    """Everything that compares groups.

    Parameters
    ----------
    measures : dict of Measure
        By their names, of the groups that are compared.
    settings : Settings
        With the names of these groups, and the reference.

    Returns
    -------
    comparison : dict
    """
    names, level = settings.compared, settings.confidence_level
    found = {
        kind: {key: m.gap(kind, level) for key, m in measures.items()} for kind in GAPS
    }
    found["pairs"] = {key: pair_of(m, names) for key, m in measures.items()}
    selected, reference = measures.get("selection_rate"), settings.reference
    found["impact_ratio"] = found["to_reference"] = None
    if selected is not None:
        found["impact_ratio"] = impact_ratios(selected, names, level)
    if reference is not None:
        compared = against_reference(measures, names, reference, level)
        found["to_reference"] = compared
    return found


def impact_ratios(measure, names, confidence_level):
    """Selection rate of each group divided by that of the most selected group.

    Parameters
    ----------
    measure : Measure
        Selection rates.
    names : list of str
        Names of the groups.
    confidence_level : float
        Between 0 and 1.

    Returns
    -------
    ratios : dict
        "most_selected" (None where nobody is selected) and "groups".
    """
    top = int(measure.values.argmax())
    return {
        "most_selected": names[top] if measure.values[top] > 0 else None,
        "groups": dict(zip(names, measure.shares(confidence_level))),
    }


def against_reference(measures, names, reference, confidence_level):
    """Each group minus a reference group, and divided by it.

    Parameters
    ----------
    measures : dict of Measure
        By their names, of the groups that are compared.
    names : list of str
        Names of these groups.
    reference : str
        One of the names.
    confidence_level : float
        Between 0 and 1.

    Returns
    -------
    comparison : dict
        "group", "difference" and "ratio", the last two by measure and group.
    """
    r = names.index(reference)
    by_kind = {
        kind: {
            name: dict(zip(names, m.against(kind, r, confidence_level)))
            for name, m in measures.items()
        }
        for kind in GAPS
    }
    return {"group": reference, **by_kind}


def _share_of(values, base):
    """Quotients; NaN where signs differ or the denominator is 0."""
    return _divide(np.where(values * base < 0, np.nan, values), base)


# Each value compared with that of a reference group.
AGAINST = {"difference": np.subtract, "ratio": _share_of}


def _intervals(values, draws, confidence_level):
    """The interval of each group."""
    return [interval(v, draws[:, g], confidence_level) for g, v in enumerate(values)]
