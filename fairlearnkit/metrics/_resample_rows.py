"""The bootstrap of any metric: computed again for rows drawn with replacement."""

from contextlib import suppress

import numpy as np
from sklearn.utils import check_consistent_length

from fairlearnkit._counting.named_metric import CALLER, call_metric
from fairlearnkit._data.alignment import with_common_index
from fairlearnkit._data.counts import SMALL_CELL
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.progress import SILENT
from fairlearnkit._data.quiet import without_warnings
from fairlearnkit._data.rows import check_weight, split_rows, take_rows


def resampled_values(
    metric,
    options,
    data,
    sample_weight,
    n_resamples,
    stratify,
    rng,
    progress=SILENT,
):
    """A metric of the given rows and of resamples.

    The bootstrap for independent rows (Efron, Tibshirani 1993, algorithm 6.1):

    1. Compute the metric of all rows that have a group.
    2. Draw as many rows with replacement, or as many in each group if stratified.
    3. Compute the metric of the drawn rows, with their weights and control features.

    Parameters
    ----------
    metric : callable
        Takes ``(y_true, y_pred, *, sensitive_features)``.
    options : dict
        Keywords of the metric.
    data : tuple
        ``y_true``, ``y_pred`` and ``sensitive_features``.
    sample_weight : array-like of shape (n_samples,) or None
        Weights.
    n_resamples : int
        Number of resamples.
    stratify : bool
        Keep the number of rows of each group.
    rng : RandomState
        Draws the rows.
    progress : Progress, default=SILENT
        What each resample is reported to.

    Returns
    -------
    estimate : float
    draws : ndarray of shape (n_resamples,)
        NaN where a resample lacks a group, or the metric raises a ValueError.
    """
    # The metric may compare the indexes of the slices that it gets.
    *data, control = with_common_index(*data, options.get("control_features"))
    y_true, y_pred, sensitive_features = data
    check_consistent_length(y_true, y_pred)
    n_samples = len(y_pred)
    missing = options.get("missing", "error")
    groups = find_groups(
        sensitive_features, CALLER, n_samples=n_samples, missing=missing
    )
    sample_weight = check_weight(sample_weight, n_samples)
    options = {**options, "control_features": control, "sample_weight": sample_weight}
    known = np.flatnonzero(groups.codes >= 0)
    # Step 1.
    estimate = float(_value(metric, options, data, known))
    # Step 2. The last part of split_rows holds the rows without group.
    parts = split_rows(groups.codes, len(groups.labels))[:-1] if stratify else [known]
    draws = np.full(n_resamples, np.nan)
    for i, rows in enumerate(_resamples(parts, n_resamples, rng)):
        progress("resample", i + 1, n_resamples)
        if _lacks_a_group(groups, rows):
            continue
        # Step 3. A metric raises a ValueError for an empty cell, and has already warned
        # of small cells when it was computed for all rows.
        with without_warnings(), suppress(ValueError):
            draws[i] = _value(metric, options, data, rows)
    return estimate, draws


def _resamples(parts, n_resamples, rng):
    """Rows that are drawn with replacement from each part, as often as it has rows."""
    for _ in range(n_resamples):
        drawn = [part[rng.randint(len(part), size=len(part))] for part in parts]
        yield np.concatenate(drawn)


def _lacks_a_group(groups, rows):
    """Whether rows lack a group that a comparison needs.

    Groups of fewer than `SMALL_CELL` rows on average are taken for the values of a
    numeric column, such as ages. Hardly any resample holds all of them, so none is
    required.
    """
    n_groups = len(groups.labels)
    many = n_groups * SMALL_CELL > len(groups.codes)
    return not many and len(np.unique(groups.codes[rows])) < n_groups


def _value(metric, options, data, rows):
    """The metric of some rows, with their control features and weights."""
    y_true, y_pred, sensitive_features = data
    options = dict(options)
    for name in ("control_features", "sample_weight"):
        column = options.pop(name)
        if column is not None:
            options[name] = take_rows(column, rows)
    return call_metric(
        metric,
        None if y_true is None else take_rows(y_true, rows),
        take_rows(y_pred, rows),
        sensitive_features=take_rows(sensitive_features, rows),
        **options,
    )
