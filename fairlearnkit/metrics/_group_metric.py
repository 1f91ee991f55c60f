"""Any metric, group by group."""

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import Bunch, check_consistent_length

from fairlearnkit._counting.confusion import ROWS
from fairlearnkit._counting.named_metric import accepts, function_name
from fairlearnkit._data.alignment import check_alignment, with_common_index
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.groups import find_groups, read_strata
from fairlearnkit._data.label_tables import tabulate
from fairlearnkit._data.messages import CLASS_METRIC
from fairlearnkit._data.rows import check_weight, split_rows, take_rows

# Empty cells that a warning names, which fill about two lines; the rest is counted.
# Doubled, so is the length of the warning.
MOST_NAMED = 5


class _Cell(NamedTuple):
    """Rows of a group in a stratum, or of all groups, and their name in messages."""

    name: str
    rows: np.ndarray


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
    r"""Compute any metric of (y_true, y_pred) in each group.

    .. math:: m_g = \text{metric}(y_g, \hat y_g), \quad
              \text{difference} = \max_g m_g - \min_g m_g

    Parameters
    ----------
    metric : callable, list of callable or dict of callable
        A function ``(y_true, y_pred)`` that returns a number or an array, such as those
        of :mod:`sklearn.metrics`. Set other arguments with
        ``functools.partial(metric, average="macro")``. Several functions are named by
        the keys of a dict, or by their own names.
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        Target. May be None if the metric does not depend on it.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predictions, or scores for metrics of scores.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, which are passed to each metric as ``sample_weight``.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: raise an error, treat
        them as a group or stratum of its own, or leave their rows out.

    Returns
    -------
    result : :class:`~sklearn.utils.Bunch`
        With these keys:

        groups : ndarray of shape (n_groups,)
            Group labels.
        counts : ndarray of shape (n_groups,)
            Number of rows of each group.
        by_group : ndarray of shape (n_groups,)
            The metric of each group.
        overall : float
            The metric of all rows.
        difference, ratio : float
            Largest minus smallest value, and smallest divided by largest; the ratio is
            NaN if values are 0 or differ in sign.
        strata : ndarray of shape (n_strata,)
            Labels of the strata; only with control features.

        If the metric returns an array, such as a confusion matrix, `by_group` has the
        shape (n_groups, ...) and the others that of the array: differences and ratios
        are taken entry by entry. With control features, the strata are the first axis:
        `counts` has the shape (n_strata, n_groups), `by_group` (n_strata, n_groups,
        ...), and the others (n_strata, ...); there is no worst stratum and no mean. For
        several metrics, `by_group`, `overall`, `difference` and `ratio` are dicts.

    Raises
    ------
    ValueError
        Lengths differ, there is only one group, values are missing, two metrics have
        the same name, or a metric returns no number, or arrays whose shapes differ
        between groups. Errors of a metric, for instance in a group with a single class,
        are raised with a note that names the group.

    Warns
    -----
    UndefinedMetricWarning
        A group has no rows in a stratum; its values are NaN there.

    Notes
    -----
    For rates of the confusion matrix, :func:`~fairlearnkit.metrics.group_rates` is much
    faster: it counts all of them at once.

    Of Dask collections, each metric gets the distinct rows of (y_true, y_pred) in a
    group, and how often each occurs, or the sum of its weights, as ``sample_weight``.
    It has to take this argument as scikit-learn's metrics do, for which a row of weight
    2 counts as two rows, and at most 100,000 rows may be different.

    References
    ----------
    Barocas, Hardt, Narayanan: Fairness and Machine Learning. MIT Press 2023, chapter 3.

    Examples
    --------
    >>> from sklearn.metrics import accuracy_score, confusion_matrix
    >>> from fairlearnkit.metrics import group_metric
    >>> y_true, y_pred, group = [0, 1, 0, 1], [0, 1, 1, 1], ["a", "a", "b", "b"]
    >>> result = group_metric(accuracy_score, y_true, y_pred, sensitive_features=group)
    >>> result.groups.tolist(), result.by_group.tolist(), result.overall
    (['a', 'b'], [1.0, 0.5], 0.75)
    >>> result.difference
    0.5

    A table for each group:

    >>> tables = group_metric(
    ...     confusion_matrix, y_true, y_pred, sensitive_features=group
    ... )
    >>> tables.by_group.shape, tables.difference.tolist()
    ((2, 2, 2), [[1.0, 1.0], [0.0, 0.0]])
    """
    metrics = _by_name(metric)
    rows = y_true, y_pred, sensitive_features, sample_weight, control_features
    rows, sizes = _read_rows(dict(zip(ROWS, rows)), metrics)
    y_true, y_pred, sensitive_features, weight, control_features = rows
    check_consistent_length(y_true, y_pred)
    groups = find_groups(
        sensitive_features,
        CLASS_METRIC,
        n_samples=len(y_pred),
        missing=missing,
        sizes=sizes,
    )
    weight = check_weight(weight, len(y_pred))
    strata, cells = _cells(groups, control_features, missing)
    _warn_of_empty(cells)
    data = (y_true, y_pred, weight)
    results = {
        name: _compare(_table(name, function, cells, data), strata is not None)
        for name, function in metrics.items()
    }
    result = _gather(results) if _is_several(metric) else results.popitem()[1]
    counts = _counts(cells, sizes)
    if strata is None:
        return Bunch(groups=groups.labels, counts=counts[0], **result)
    return Bunch(groups=groups.labels, strata=strata, counts=counts, **result)


def _read_rows(rows, metrics):
    """Rows in memory, in the order of the arguments, and how often each one occurs.

    Of Dask collections these are the distinct rows, with the sums of their weights.
    """
    if not any_lazy(*rows.values()):
        check_alignment(**rows)
        y_true, y_pred, *others = rows.values()
        return [*with_common_index(y_true, y_pred), *others], None
    for name, function in metrics.items():
        if not accepts(function, "sample_weight"):
            msg = (
                f"{name} takes no sample_weight. Of Dask collections, metrics get the "
                "distinct rows, with the number of times that each occurs as "
                "sample_weight: pass a function that takes it, use group_rates, or "
                "pass a sample of the rows that is in memory."
            )
            raise ValueError(msg)
    table = tabulate(rows)
    columns = table.columns | {"sample_weight": table.weights}
    return [columns.get(name) for name in rows], table.sizes


def _counts(cells, sizes):
    """Number of rows of each group, of shape (n_strata, n_groups)."""
    parts = [[cell.rows for cell in row[:-1]] for row in cells]
    if sizes is None:
        return np.array([[len(rows) for rows in row] for row in parts])
    return np.array([[sizes[rows].sum() for rows in row] for row in parts])


def _is_several(metric):
    return isinstance(metric, dict | list | tuple)


def _by_name(metric):
    """Functions by their names."""
    functions = metric if _is_several(metric) else [metric]
    if isinstance(metric, dict):
        named = list(metric.items())
    else:
        named = [(function_name(function), function) for function in functions]
    for name, function in named:
        if not callable(function):
            argument = f"metric[{name!r}]" if isinstance(metric, dict) else "metric"
            msg = (
                f"{argument} must be a function (y_true, y_pred), such as "
                f"sklearn.metrics.accuracy_score, or a list or dict of functions; got "
                f"{function!r}."
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
    """Labels of the strata, or None, and the cells of each stratum.

    Returns
    -------
    strata : ndarray of shape (n_strata,) or None
    cells : list of list of _Cell
        For each stratum its groups, and last all of them.
    """
    n_groups, codes = len(groups.labels), groups.codes
    strata, suffixes = None, [""]
    if control_features is not None:
        columns = read_strata(
            control_features,
            CLASS_METRIC,
            n_samples=len(codes),
            missing=missing,
            sizes=groups.sizes,
        )
        strata = columns.labels
        suffixes = [f", of the stratum {label!r}" for label in strata.tolist()]
        # One code for each pair of stratum and group, sorted once for all of them.
        known = (codes >= 0) & (columns.codes >= 0)
        codes = np.where(known, columns.codes * n_groups + codes, -1)
    names = [f"the group {label!r}" for label in groups.labels.tolist()]
    # One part for each code, in the order of the loops below. The last part, of the
    # rows without group or stratum, is not taken.
    rows = iter(split_rows(codes, n_groups * len(suffixes)))
    cells = []
    for suffix in suffixes:
        of_groups = [_Cell(f"{name}{suffix}", next(rows)) for name in names]
        # In the order of the input, as a call of the metric on all rows would get them.
        all_rows = np.sort(np.concatenate([cell.rows for cell in of_groups]))
        cells.append([*of_groups, _Cell(f"all rows{suffix}", all_rows)])
    return strata, cells


def _warn_of_empty(cells):
    names = [cell.name for row in cells for cell in row[:-1] if not len(cell.rows)]
    if names:
        msg = f"No rows, and NaN, in {'; '.join(names[:MOST_NAMED])}"
        more = len(names) - MOST_NAMED
        msg += f"; and {more} more." if more > 0 else "."
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=3)


def _table(name, function, cells, data):
    """Values of a metric, of shape (n_strata, n_groups + 1, ...); NaN without rows.

    Parameters
    ----------
    name : str
        Name of the metric.
    function : callable
        The metric.
    cells : list of list of _Cell
        For each stratum its groups, and last all of them.
    data : tuple
        ``y_true``, ``y_pred`` and the weights.

    Returns
    -------
    table : ndarray
    """
    # A metric may fail without rows, and its shape is not known before it was called.
    values = {
        (s, g): _value(name, function, data, cell)
        for s, row in enumerate(cells)
        for g, cell in enumerate(row)
        if len(cell.rows)
    }
    shapes = sorted({value.shape for value in values.values()})
    if len(shapes) > 1:
        msg = (
            f"{name} returns arrays of different shapes, {shapes}, which cannot be "
            "compared. If some classes do not occur in a group, name all of them: "
            "functools.partial(confusion_matrix, labels=[0, 1])."
        )
        raise ValueError(msg)
    table = np.full((len(cells), len(cells[0]), *shapes[0]), np.nan)
    for position, value in values.items():
        table[position] = value
    return table


def _value(name, function, data, cell):
    """The metric of the rows of a cell, as an array of numbers."""
    y_true, y_pred, weight = data
    options = {} if weight is None else {"sample_weight": weight[cell.rows]}
    y_true = None if y_true is None else take_rows(y_true, cell.rows)
    try:
        value = function(y_true, take_rows(y_pred, cell.rows), **options)
    except Exception as error:
        error.add_note(f"Raised by {name} for {cell.name}.")
        raise
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"{name} returns {type(value).__name__} and not a number or an array of "
            f"numbers: {error}."
        )
        raise ValueError(msg) from error


def _compare(table, has_strata):
    """Values of the groups, and their gaps entry by entry.

    Parameters
    ----------
    table : ndarray of shape (n_strata, n_groups + 1, ...)
        Values of the groups, and last of all rows.
    has_strata : bool
        Whether the results have an axis of strata.

    Returns
    -------
    result : dict
        "by_group", "overall", "difference" and "ratio".
    """
    groups, overall = table[:, :-1], table[:, -1]
    # Both are NaN if any group is: a gap that leaves out a group would look too small.
    low, high = groups.min(axis=1), groups.max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Of two negative values, the smaller one is the larger in size.
        ratio = np.minimum(low / high, high / low)
    # Values of one sign only; a ratio of values of different signs means nothing.
    ratio = np.where((low > 0) | (high < 0), ratio, np.nan)
    result = {
        "by_group": groups,
        "overall": overall,
        "difference": high - low,
        "ratio": ratio,
    }
    if has_strata:
        return result
    result = {key: values[0] for key, values in result.items()}
    return {key: v if v.ndim else float(v) for key, v in result.items()}


def _gather(results):
    """Results of several metrics, as one dict of the metrics for each key."""
    keys = ("by_group", "overall", "difference", "ratio")
    return {
        key: {name: result[key] for name, result in results.items()} for key in keys
    }
