"""Sensitive columns one by one: their numbers, names and kinds of values."""

from datetime import date
from numbers import Number

import numpy as np

from fairlearnkit._data.containers import named_columns
from fairlearnkit._data.groups import (
    MISSING_POLICIES,
    checked_columns,
    encode,
)
from fairlearnkit._data.labels import is_missing
from fairlearnkit._data.messages import FIT, check_option, missing_values
from fairlearnkit._data.times import as_times, in_days

# By the letter of numpy's dtype.kind.
KINDS = {
    "b": "booleans",
    **dict.fromkeys("iuf", "numbers"),
    **dict.fromkeys("US", "text"),
    **dict.fromkeys("mM", "times"),
}


def read_columns(sensitive_features, *, n_samples=None, missing="error"):
    """Numeric sensitive columns, such as age, and which rows are complete.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Numbers, booleans, dates or times, in any form that `read_groups` takes.
    n_samples : int, default=None
        The number of rows that X has.
    missing : {"error", "ignore"}, default="error"
        Refuse missing values, or mark their rows as not complete.

    Returns
    -------
    names : list of str
        One for each column.
    values : ndarray of shape (n_samples, n_columns)
        In float64; days for dates and times.
    known : ndarray of shape (n_samples,), bool
        Rows without a missing value.

    Raises
    ------
    ValueError
        Nothing given, another length, text, infinite or missing values.
    """
    check_option("missing", missing, MISSING_POLICIES)
    if missing == "group":
        msg = (
            'missing="group" makes no sense for numeric sensitive columns: use '
            '"error" or "ignore", or cut the columns into groups.'
        )
        raise ValueError(msg)
    columns = checked_columns(sensitive_features, n_samples, FIT)
    values = np.column_stack([_numbers(column) for column in columns])
    known = ~np.isnan(values).any(axis=1)
    if missing == "error" and not known.all():
        cure = 'or choose missing="ignore" (the constraint leaves the rows out)'
        count = int((~known).sum())
        raise ValueError(missing_values("sensitive_features", count, cure))
    if np.isinf(values).any():
        msg = "sensitive_features holds infinite values; replace or remove them."
        raise ValueError(msg)
    return [column.title for column in columns], values, known


def _numbers(column):
    """A numeric column in float64; of dates and times, days since the earliest."""
    values, times = column.values, as_times(column.values)
    if times is not None:
        days = in_days(times)
        return days - np.fmin.reduce(days)
    try:
        if not (isinstance(values, np.ndarray) and values.dtype.kind in "buif"):
            values = [np.nan if is_missing(v) else v for v in list(values)]
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"{column.title} must be numeric for this constraint ({error}); for labels "
            'use constraint="demographic_parity" or another parity between groups.'
        )
        raise ValueError(msg) from error


def sensitive_columns(sensitive_features, caller, *, n_samples=None):
    """The columns one by one, as they came.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    caller : Caller
        What was called, for messages.
    n_samples : int, default=None
        The number of rows that there are.

    Returns
    -------
    columns : list of tuple
        Name and values of each.
    """
    columns = checked_columns(sensitive_features, n_samples, caller)
    return [(column.name or _bare(column.title), column.values) for column in columns]


def _bare(title):
    """What a column is called, without what it is a column of."""
    inner = title.removeprefix("sensitive_features")
    return inner.strip("[]:', ") or title


def column_kinds(sensitive_features):
    """What each sensitive column holds, so that a change can be told.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.

    Returns
    -------
    kinds : list of list of str
        For each column, which of "numbers", "text", "booleans", "times" and other
        names of types it holds; nothing for missing values.
    """
    columns = named_columns(sensitive_features, FIT)
    return [_kinds(column.title, column.values) for column in columns]


def _kinds(name, values):
    kind = KINDS.get(getattr(getattr(values, "dtype", None), "kind", "O"))
    if kind == "numbers" and values.dtype.kind == "f":  # NaN is how frames write gaps
        return [kind] if any(not is_missing(value) for value in values) else []
    if kind:
        return [kind]
    labels = encode(name, values).labels.tolist()
    return sorted({_kind_of_label(label) for label in labels})


def _kind_of_label(label):
    kinds = {bool: "booleans", str: "text", Number: "numbers", date: "times"}
    known = (kind for of, kind in kinds.items() if isinstance(label, of))
    return next(known, type(label).__name__)
