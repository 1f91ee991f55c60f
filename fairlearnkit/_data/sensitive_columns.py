"""Sensitive columns one by one: their values as numbers, their names and types."""

from datetime import date
from numbers import Number

import numpy as np

from fairlearnkit._data.containers import named_columns
from fairlearnkit._data.groups import (
    MISSING_POLICIES,
    checked_columns,
    encode_labels,
)
from fairlearnkit._data.messages import FIT, check_option, missing_message
from fairlearnkit._data.missing import is_missing
from fairlearnkit._data.times import as_times, in_days

# What a column holds, by its numpy dtype.kind.
KIND_OF_DTYPE = {
    "b": "booleans",
    **dict.fromkeys("iuf", "numbers"),
    **dict.fromkeys("US", "text"),
    **dict.fromkeys("mM", "times"),
}

# A column whose standard deviation is at most this share of its largest value counts as
# constant: that of equal values is not 0 but about 1e-16 of them, due to rounding. In a
# column that varies as little as this, four digits of the deviations are correct.
# Doubled, columns that vary by twice as much are refused as well.
CONSTANT_SHARE = 1e-12


def read_numeric_columns(sensitive_features, *, n_samples=None, missing="error"):
    """Numeric sensitive columns, such as age, and which rows are complete.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Numbers, booleans, dates or times, in any container that `read_groups` takes.
    n_samples : int, default=None
        Number of rows of X. None accepts any.
    missing : {"error", "ignore"}, default="error"
        Raise an error for missing values, or mark their rows as incomplete.

    Returns
    -------
    names : list of str
        One for each column.
    values : ndarray of shape (n_samples, n_columns)
        In float64. Dates and times become days since the earliest of the column.
    known : ndarray of shape (n_samples,), bool
        Whether a row has no missing value.

    Raises
    ------
    ValueError
        If `sensitive_features` is None, has another length, or holds text, infinite
        or missing values.
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
        hint = 'or choose missing="ignore" (the constraint leaves the rows out)'
        n_missing = int((~known).sum())
        raise ValueError(missing_message("sensitive_features", n_missing, hint))
    if np.isinf(values).any():
        msg = "sensitive_features holds infinite values; replace or remove them."
        raise ValueError(msg)
    return [column.title for column in columns], values, known


def check_varying(names, scale, largest):
    """Raise an error for numeric columns that hold one value only.

    Parameters
    ----------
    names : list of str
        Names of the columns.
    scale, largest : ndarray of shape (n_columns,)
        Their standard deviations and largest absolute values.

    Raises
    ------
    ValueError
        If a standard deviation is that of rounding.
    """
    constant = scale <= CONSTANT_SHARE * largest
    if constant.any():
        msg = (
            f"{[n for n, c in zip(names, constant) if c]} holds one value only; a "
            "correlation needs at least two. Remove the column."
        )
        raise ValueError(msg)


def _numbers(column):
    """A column in float64; dates and times as days since the earliest one."""
    values, times = column.values, as_times(column.values)
    if times is not None:
        days = in_days(times)
        return days - np.fmin.reduce(days)
    try:
        if not (isinstance(values, np.ndarray) and values.dtype.kind in "buif"):
            values = [np.nan if is_missing(v) else v for v in list(values)]
            if np.iscomplexobj(values):  # float64 would drop the imaginary part
                msg = "got complex numbers"
                raise TypeError(msg)
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"{column.title} must be numeric for this constraint ({error}); for labels "
            'use constraint="demographic_parity" or another parity between groups.'
        )
        raise ValueError(msg) from error


def split_columns(sensitive_features, caller, *, n_samples=None):
    """Short names and values of the sensitive columns, with values as they were passed.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    caller : Caller
        The method or function that was called, for messages.
    n_samples : int, default=None
        Number of rows of the data. None accepts any.

    Returns
    -------
    columns : list of tuple (name, values)
    """
    columns = checked_columns(sensitive_features, n_samples, caller)
    return [
        (column.name or _short_name(column.title), column.values) for column in columns
    ]


def _short_name(title):
    """As ``"0"`` of ``"sensitive_features[:, 0]"``, or the title if nothing is left."""
    inner = title.removeprefix("sensitive_features")
    return inner.strip("[]:', ") or title


def column_kinds(sensitive_features):
    """Types of values of each sensitive column, to be compared with those of fit.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.

    Returns
    -------
    kinds : list of list of str
        For each column, "numbers", "text", "booleans" or "times", or names of other
        types; several for a mixture. Missing values have no type.
    """
    columns = named_columns(sensitive_features, FIT)
    return [_kinds(column.title, column.values) for column in columns]


def _kinds(name, values):
    """Types of values of one column."""
    kind = KIND_OF_DTYPE.get(getattr(getattr(values, "dtype", None), "kind", "O"))
    if kind == "numbers" and values.dtype.kind == "f":  # may hold nothing but NaN
        return [kind] if any(not is_missing(value) for value in values) else []
    if kind:
        return [kind]
    labels = encode_labels(name, values).labels.tolist()
    return sorted({_kind_of_label(label) for label in labels})


def _kind_of_label(label):
    """Type of a single label."""
    # In this order: a bool is a Number, too.
    kinds = {bool: "booleans", str: "text", Number: "numbers", date: "times"}
    matching = (kind for cls, kind in kinds.items() if isinstance(label, cls))
    return next(matching, type(label).__name__)
