"""Numbers of a report on numeric targets: means, errors and distances by group."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from fairlearnkit._transport.distances import kolmogorov_smirnov_pair
from fairlearnkit._transport.distributions import SAME_LEVEL, distributions_by_group

from ._report_gaps import Measure, compare, describe, interval
from ._resample_scores import SortedRows, resampled_sums
from ._scores import read_scores

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
    try:
        return read_scores(values, dtype=np.float64)
    except ValueError as error:
        msg = str(error).replace("y_score", name)
        raise ValueError(msg) from error


def score_numbers(y_true, y_pred, groups, weight, measures, settings):
    """All numbers of a report.

    Parameters
    ----------
    y_true : ndarray of shape (n_samples,) or None
        Target.
    y_pred : ndarray of shape (n_samples,)
        Predictions.
    groups : Groups
        Groups of the rows.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    measures : list of str
        What to report.
    settings : Settings
        What is asked for.

    Returns
    -------
    numbers : dict
    """
    rows = SortedRows.read(y_true, y_pred, groups, weight)
    n_groups = len(groups.labels)
    is_compared = np.isin(settings.names, settings.compared)
    sums, *distances = resampled_sums(
        rows, is_compared, settings.n_resamples, settings.random_state
    )
    values, draws = (_chosen(each, measures) for each in (rows.sums(rows.weight), sums))
    overall = _chosen(rows.sums(rows.weight).sum(axis=0), measures)
    counts = np.bincount(rows.codes, minlength=n_groups)
    part = describe(counts, values, overall, dict.fromkeys(measures, counts), settings)
    part["intervals"] = {
        key: _intervals(values[key], draws[key], settings) for key in measures
    }
    distributions = distributions_by_group(y_pred, groups.codes, n_groups, weight)
    part["ks"] = _distances(distributions, distances, rows, settings)
    part["quantiles"] = _quantiles(distributions, settings.names)
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


def _distances(distributions, draws, rows, settings):
    """Kolmogorov-Smirnov distances: the largest of two groups, and to all other rows.

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        Predictions of each group.
    draws : tuple of ndarray
        Both in resamples, as `resampled_sums` returns them.
    rows : SortedRows
        All rows.
    settings : Settings
        What is asked for.

    Returns
    -------
    ks : dict
        An interval, "pair" and "groups".
    """
    largest, to_rest = draws
    level = settings.confidence_level
    compared = [settings.names.index(name) for name in settings.compared]
    found = kolmogorov_smirnov_pair([distributions[g] for g in compared])
    distance, lower, higher = found
    _, rest = rows.distances(rows.weight)
    return interval(distance, largest, level) | {
        "pair": {
            "lower": settings.compared[lower],
            "higher": settings.compared[higher],
        },
        "groups": {
            name: interval(rest[g], to_rest[:, g], level)
            for g, name in enumerate(settings.names)
        },
    }


def _quantiles(distributions, names):
    """Quantiles of the predictions of each group."""
    ends = SHARES[1:]
    return {
        "share": SHARES.tolist(),
        "groups": {
            name: [float(each.values[0]), *_quantiles_at(each, ends)]
            for name, each in zip(names, distributions)
        },
    }


def _quantiles_at(distribution, shares):
    """Least values up to which a distribution has at least these shares."""
    # A share that is an atom's cdf but for rounding, as 0.1 + 0.2 and 0.3, is taken as
    # equal to it: cdf values are rounded to 1e-16 or so.
    positions = np.searchsorted(distribution.cdf, shares - SAME_LEVEL)
    return distribution.values[
        positions.clip(max=len(distribution.values) - 1)
    ].tolist()
