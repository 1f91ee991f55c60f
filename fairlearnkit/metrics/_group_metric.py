"""Any metric, group by group."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import Bunch, check_consistent_length

from fairlearnkit._data.alignment import check_alignment, with_common_index
from fairlearnkit._data.groups import find_groups, read_strata
from fairlearnkit._data.messages import CLASS_METRIC
from fairlearnkit._data.rows import split_rows, take_rows
from fairlearnkit.utils._sklearn_private import _check_sample_weight

from ._metric import name_of

# Empty cells that a warning names.
MOST = 5


def group_metric(
    metric,
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    control_features=None,
    missing="error",
):
    r"""Any metric of (y_true, y_pred) in each group.

    .. math:: m_g = \text{metric}(y_g, \hat y_g), \quad
              \text{difference} = \max_g m_g - \min_g m_g

    Parameters
    ----------
    metric : callable, list of callable or dict of callable
        A function ``(y_true, y_pred)`` that gives a number or an array, such as those
        of :mod:`sklearn.metrics`. Further arguments are fixed by
        ``functools.partial(metric, average="macro")``. Several of them are told apart
        by the keys of a dict, or by the names of the functions.
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        Target; None where the metric does not look at it.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predictions, or scores for metrics of scores.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights; each metric has to take them.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: refuse them, take them as
        a group or stratum of its own, or leave their rows out.

    Returns
    -------
    found : :class:`~sklearn.utils.Bunch`
        With these keys:

        groups : ndarray of shape (n_groups,)
            Group labels.
        counts : ndarray of shape (n_groups,)
            Rows of each group.
        by_group : ndarray of shape (n_groups,)
            The metric of each group.
        overall : float
            The metric of all rows.
        difference, ratio : float
            Largest less smallest value, and smallest by largest one; the ratio is NaN
            where values have two signs, or are 0.
        strata : ndarray of shape (n_strata,)
            Labels of the strata, with control features only.

        Of a metric that gives an array, such as a confusion matrix, `by_group` has the
        shape (n_groups, ...), and the others that of the array: differences and ratios
        are those of each entry by itself. With control features, strata come first:
        `counts` has the shape (n_strata, n_groups), `by_group` (n_strata, n_groups,
        ...), and the others (n_strata, ...); no stratum is chosen and no mean taken.
        Of several metrics, `by_group`, `overall`, `difference` and `ratio` are dicts.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values; two metrics of one name; what a
        metric gives is no number and no array of one shape in all groups; and what the
        metric raises, for instance in a group with a single class, with a note of the
        group.

    Warns
    -----
    UndefinedMetricWarning
        A group without rows in a stratum, whose values are NaN.

    Notes
    -----
    Rates of the confusion matrix are counted at once, and much faster, by
    :func:`~fairlearnkit.metrics.group_rates`.

    References
    ----------
    Barocas, Hardt, Narayanan: Fairness and Machine Learning. MIT Press 2023, chapter 3.

    Examples
    --------
    >>> from sklearn.metrics import accuracy_score, confusion_matrix
    >>> from fairlearnkit.metrics import group_metric
    >>> y_true, y_pred, group = [0, 1, 0, 1], [0, 1, 1, 1], ["a", "a", "b", "b"]
    >>> found = group_metric(accuracy_score, y_true, y_pred, sensitive_features=group)
    >>> found.groups.tolist(), found.by_group.tolist(), found.overall, found.difference
    (['a', 'b'], [1.0, 0.5], 0.75, 0.5)

    A table for each group:

    >>> tables = group_metric(
    ...     confusion_matrix, y_true, y_pred, sensitive_features=group
    ... )
    >>> tables.by_group.shape, tables.difference.tolist()
    ((2, 2, 2), [[1.0, 1.0], [0.0, 0.0]])
    """
    check_alignment(
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        control_features=control_features,
    )
    metrics = _named(metric)
    y_true, y_pred = with_common_index(y_true, y_pred)
    check_consistent_length(y_true, y_pred)
    groups = find_groups(
        sensitive_features, CLASS_METRIC, n_samples=len(y_pred), missing=missing
    )
    weight = sample_weight
    if weight is not None:
        weight = _check_sample_weight(weight, np.empty(len(y_pred)))
    strata, cells = _cells(groups, control_features, missing)
    data, found = (y_true, y_pred, weight), {}
    for name, function in metrics.items():
        table = _table(name, function, cells, data)
        found[name] = _compared(table[0], 0) if strata is None else _compared(table, 1)
    if not isinstance(metric, dict | list | tuple):
        (result,) = found.values()
    else:
        keys = ("by_group", "overall", "difference", "ratio")
        result = {key: {name: one[key] for name, one in found.items()} for key in keys}
    if strata is None:
        return Bunch(groups=groups.labels, counts=groups.counts, **result)
    counts = np.array([[len(rows) for _, rows in stratum[:-1]] for stratum in cells])
    return Bunch(groups=groups.labels, strata=strata, counts=counts, **result)


def _named(metric):
    """Functions by their names."""
    if isinstance(metric, dict):
        named = list(metric.items())
    elif isinstance(metric, list | tuple):
        named = [(name_of(function), function) for function in metric]
    else:
        named = [(name_of(metric), metric)]
    for name, function in named:
        if not callable(function):
            where = f"metric[{name!r}]" if isinstance(metric, dict) else "metric"
            msg = (
                f"{where} must be a function (y_true, y_pred), such as "
                f"sklearn.metrics.accuracy_score, got {function!r}. A list or a dict "
                "of functions will do, too."
            )
            raise ValueError(msg)
    names = [name for name, _ in named]
    if not names or len(set(names)) < len(names):
        msg = (
            f"The metrics have the names {names}: pass at least one, and name each "
            "by another key, metric={'name': function}."
        )
        raise ValueError(msg)
    return dict(named)


def _cells(groups, control_features, missing):
    """Labels of strata, and for each its groups and last all of them, as rows."""
    n_groups, codes, strata = len(groups.labels), groups.codes, None
    where = [""]
    if control_features is not None:
        found = read_strata(
            control_features, CLASS_METRIC, n_samples=len(codes), missing=missing
        )
        strata = found.labels
        where = [f", of the stratum {label!r}" for label in strata.tolist()]
        known = (codes >= 0) & (found.codes >= 0)
        codes = np.where(known, found.codes * n_groups + codes, -1)
    parts = split_rows(codes, n_groups * len(where))[:-1]
    names = [f"the group {label!r}" for label in groups.labels.tolist()]
    cells, empty = [], []
    for s, stratum in enumerate(where):
        rows = parts[s * n_groups : (s + 1) * n_groups]
        told = [f"{name}{stratum}" for name in names]
        empty += [name for name, some in zip(told, rows) if not len(some)]
        everything = np.sort(np.concatenate(rows))
        cells.append([*zip(told, rows), (f"all rows{stratum}", everything)])
    if empty:
        msg = f"No rows, and NaN, in {'; '.join(empty[:MOST])}"
        msg += f"; and {len(empty) - MOST} more." if len(empty) > MOST else "."
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=3)
    return strata, cells


def _table(name, function, cells, data):
    """Values of shape (n_strata, n_groups + 1, ...), the last of all groups."""
    values = {
        (s, g): _value(name, function, data, told, rows)
        for s, stratum in enumerate(cells)
        for g, (told, rows) in enumerate(stratum)
        if len(rows)
    }
    shapes = sorted({value.shape for value in values.values()})
    if len(shapes) > 1:
        msg = (
            f"{name} gives arrays of several shapes, {shapes}, which cannot be "
            "compared. Name all classes, functools.partial(confusion_matrix, "
            "labels=[0, 1]), where some do not occur in a group."
        )
        raise ValueError(msg)
    table = np.full((len(cells), len(cells[0]), *shapes[0]), np.nan)
    for place, value in values.items():
        table[place] = value
    return table


def _value(name, function, data, told, rows):
    """What the metric gives for some rows, as an array of numbers."""
    y_true, y_pred, weight = data
    more = {} if weight is None else {"sample_weight": weight[rows]}
    some = [None if y is None else take_rows(y, rows) for y in (y_true, y_pred)]
    try:
        value = function(*some, **more)
    except Exception as error:
        error.add_note(f"Raised by {name} for {told}.")
        raise
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"{name} gives {type(value).__name__} and not a number or an array of "
            f"numbers: {error}."
        )
        raise ValueError(msg) from error


def _compared(table, axis):
    """Groups along an axis, the last of which is all rows, entry by entry."""
    groups, overall = np.split(table, [-1], axis=axis)
    low, high = groups.min(axis=axis), groups.max(axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.minimum(low / high, high / low)
    found = {
        "overall": overall.squeeze(axis),
        "difference": high - low,
        "ratio": np.where((low > 0) | (high < 0), ratio, np.nan),
    }
    plain = {name: one if one.ndim else float(one) for name, one in found.items()}
    return {"by_group": groups, **plain}
