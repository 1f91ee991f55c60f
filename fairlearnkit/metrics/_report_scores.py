"""Numbers of a report on numeric targets: means, errors and distances by group."""

from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_consistent_length

from fairlearnkit._data.groups import Groups
from fairlearnkit._data.scores import read_scores
from fairlearnkit._transport.distances import GroupDistributions
from fairlearnkit._transport.distributions import distributions_by_group

from ._report_gaps import Measure, compare, describe, interval
from ._resample_scores import SortedRows, resampled_sums

# Numbers that a report shows of each group; all but the first need y_true.
MEASURES = (
    "mean_prediction",
    "mean_target",
    "mean_error",
    "mean_absolute_error",
    "root_mean_squared_error",
)
# Shares at which quantiles are given: every percent. Doubled, a picture of them is no
# different to the eye.
SHARES = np.linspace(0.0, 1.0, 101)


def check_measures(measures, y_true):
    """Names of the numbers to report.

    Parameters
    ----------
    measures : sequence of str or None
        What the caller asked for, as ``rates``.
    y_true : array-like or None
        Target, which all but the mean of the predictions need.

    Returns
    -------
    measures : list of str
    """
    if measures is None:
        return list(MEASURES if y_true is not None else MEASURES[:1])
    if isinstance(measures, str) or not len(measures) or set(measures) - set(MEASURES):
        msg = (
            f"rates={measures!r} must be a sequence of names among {list(MEASURES)} "
            'where target="numbers".'
        )
        raise ValueError(msg)
    if y_true is None and set(measures) != {MEASURES[0]}:
        msg = (
            f"The target is needed for {', '.join(measures)}, and y_true is None. "
            f"Without it only {MEASURES[0]} is known."
        )
        raise ValueError(msg)
    return list(measures)


def read_numbers(y_true, y_pred):
    """Target, or None, and predictions as float64.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Target.
    y_pred : array-like of shape (n_samples,)
        Predictions.

    Returns
    -------
    y_true, y_pred : ndarray of shape (n_samples,)
    """
    if y_pred is None:
        msg = "y_pred is None: pass one prediction for each row."
        raise ValueError(msg)
    y_pred = _read_column("y_pred", y_pred)
    if y_true is not None:
        y_true = _read_column("y_true", y_true)
        check_consistent_length(y_true, y_pred)
    return y_true, y_pred


def _read_column(name, values):
    return read_scores(values, dtype=np.float64, name=name)


class NumberRows(NamedTuple):
    """Targets, predictions and groups in memory; as `ScoreRows` of Dask collections.

    Parameters
    ----------
    groups : Groups
        Groups of the rows.
    rows : SortedRows
        The rows of a group and of positive weight.
    distributions : GroupDistributions
        Predictions of the groups.
    """

    groups: Groups
    rows: SortedRows
    distributions: GroupDistributions

    @classmethod
    def read(cls, y_true, y_pred, groups, weight):
        """Sort the rows; the arguments are those of `SortedRows.read`."""
        n_groups = len(groups.labels)
        found = distributions_by_group(y_pred, groups.codes, n_groups, weight)
        rows = SortedRows.read(y_true, y_pred, groups, weight)
        return cls(groups, rows, GroupDistributions(found))

    def counts(self):
        """Rows of positive weight of each group."""
        return np.bincount(self.rows.codes, minlength=len(self.groups.labels))

    def sums(self):
        """Weighted sums of the terms in each group, of shape (n_groups, 6)."""
        return self.rows.sums(self.rows.weight)

    def distances_to_rest(self):
        """Kolmogorov-Smirnov distance of each group to all others together."""
        return self.rows.distances(self.rows.weight)[1]

    def resampled(self, compared, settings):
        """Sums and distances in resamples; see `resampled_sums`."""
        drawn = settings.n_resamples, settings.random_state
        return resampled_sums(self.rows, compared, *drawn)


def score_numbers(rows, measures, settings):
    """All numbers of a report.

    Parameters
    ----------
    rows : NumberRows or ScoreRows
        Target, predictions and groups.
    measures : list of str
        What to report.
    settings : Settings
        What is asked for.

    Returns
    -------
    numbers : dict
    """
    is_compared = np.isin(settings.names, settings.compared)
    sums, *distances = rows.resampled(is_compared, settings)
    found, counts = rows.sums(), rows.counts()
    values, draws = (_chosen(each, measures) for each in (found, sums))
    overall = _chosen(found.sum(axis=0), measures)
    part = describe(counts, values, overall, dict.fromkeys(measures, counts), settings)
    part["intervals"] = {
        key: _intervals(values[key], draws[key], settings) for key in measures
    }
    part["ks"] = _distances(rows, distances, settings)
    part["quantiles"] = _quantiles(rows.distributions, settings.names)
    compared = {
        key: Measure(
            values[key][is_compared],
            draws[key][:, is_compared],
            counts[is_compared],
            has_ratio=key != "mean_error",
        )
        for key in measures
    }
    return part | compare(compared, settings) | {"pos_label": None, "by_class": {}}


def _chosen(sums, measures):
    """Those of all measures that are to be reported."""
    found = measures_of(sums)
    return {key: found[key] for key in measures}


def measures_of(sums):
    r"""Means and errors of groups.

    With weights w, target y and predictions f:

    .. math:: \frac{\sum w f}{\sum w}, \quad \frac{\sum w y}{\sum w}, \quad
              \frac{\sum w (f - y)}{\sum w}, \quad
              \frac{\sum w |f - y|}{\sum w}, \quad
              \sqrt{\frac{\sum w (f - y)^2}{\sum w}}

    Parameters
    ----------
    sums : ndarray of shape (..., n_groups, 6)
        Sums of the weights, and of the weights times f, y, f - y, its size and square.

    Returns
    -------
    measures : dict of ndarray of shape (..., n_groups)
        NaN for a group without weight.
    """
    with np.errstate(invalid="ignore"):
        means = sums[..., 1:] / sums[..., :1]
    means[..., 4] = np.sqrt(means[..., 4])
    return dict(zip(MEASURES, np.moveaxis(means, -1, 0)))


def _intervals(values, draws, settings):
    """Ends of the bootstrap interval of each group."""
    ends = {}
    for g, name in enumerate(settings.names):
        found = interval(values[g], draws[:, g], settings.confidence_level)
        ends[name] = [found["low"], found["high"]]
    return ends


def _distances(rows, draws, settings):
    """Kolmogorov-Smirnov distances: the largest of two groups, and to all other rows.

    Parameters
    ----------
    rows : NumberRows or ScoreRows
        All rows.
    draws : tuple of ndarray
        Both in resamples, as `resampled_sums` returns them.
    settings : Settings
        What is asked for.

    Returns
    -------
    ks : dict
        An interval, "pair" and "groups".
    """
    largest, to_rest = draws
    level = settings.confidence_level
    compared = np.array([settings.names.index(name) for name in settings.compared])
    distance, lower, higher = rows.distributions.widest_pair(compared)
    rest = rows.distances_to_rest()
    return interval(distance, largest, level, is_gap=True) | {
        "pair": {
            "lower": settings.compared[lower],
            "higher": settings.compared[higher],
        },
        "groups": {
            name: interval(rest[g], to_rest[:, g], level, is_gap=True)
            for g, name in enumerate(settings.names)
        },
    }


def _quantiles(distributions, names):
    """Quantiles of the predictions of each group."""
    values = distributions.quantiles(SHARES[1:]).tolist()
    lowest = distributions.lowest.tolist()
    return {
        "share": SHARES.tolist(),
        "groups": {n: [low, *row] for n, low, row in zip(names, lowest, values)},
    }
