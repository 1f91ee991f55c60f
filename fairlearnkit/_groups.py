"""Sensitive features in, groups out: the one place that reads them."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from numbers import Number

import numpy as np

from fairlearnkit._containers import from_arrow, named_columns
from fairlearnkit._labels import distinct, distinct_codes, is_missing, representatives
from fairlearnkit._messages import (
    FIT,
    PREDICT,
    missing_values,
    shown,
    wrong_length,
)
from fairlearnkit._times import as_times, in_days
from fairlearnkit.utils._sklearn_private import _safe_indexing

MISSING_POLICIES = ("error", "group", "ignore")
# Largest number of combinations of labels that are told apart by one integer.
MOST_CODES = 2**62
# Rows that a code of a group has on average, if numbers between codes are no groups: as
# many as keep SmallGroupWarning quiet.
MANY = 10
# By the letter of numpy's dtype.kind.
KINDS = {
    "b": "booleans",
    **dict.fromkeys("iuf", "numbers"),
    **dict.fromkeys("US", "text"),
    **dict.fromkeys("mM", "times"),
}


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows sorted into groups, as ``read_groups`` returns them.

    Parameters
    ----------
    labels : ndarray of shape (n_groups,)
        Sorted labels; tuples where several columns were given. None stands for a
        missing value (``missing="group"``) and comes last.
    codes : ndarray of shape (n_samples,), intp
        Position in `labels`; -1 for a row that belongs to no group
        (``missing="ignore"``).
    counts : ndarray of shape (n_groups,), intp
        Number of rows of each group.
    columns : tuple of Groups
        The columns one by one, for constraints that take them separately.
    """

    labels: np.ndarray
    codes: np.ndarray
    counts: np.ndarray
    columns: tuple = ()


def read_groups(sensitive_features, *, n_samples=None, missing="error"):
    """Sort rows into the groups that `sensitive_features` names.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        List, array, dict of columns, pandas or polars Series or DataFrame, Arrow array
        or table, of numbers, strings, booleans, categories, dates or times. Several
        columns give their intersections, whose labels are tuples.
    n_samples : int, default=None
        The number of rows that X has.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with None, NaN and NA: refuse; one more group; no group.

    Returns
    -------
    groups : Groups
        At least two of them.

    Raises
    ------
    ValueError
        Nothing given, another length, a missing value, a single group, or labels that
        are not in memory (a polars LazyFrame, a Dask collection).

    Examples
    --------
    >>> from fairlearnkit.constraints import read_groups
    >>> groups = read_groups(["b", "a", None, "b"], missing="ignore")
    >>> groups.labels.tolist(), groups.codes.tolist(), groups.counts.tolist()
    (['a', 'b'], [1, 0, -1, 1], [1, 2])
    """
    return find_groups(sensitive_features, FIT, n_samples=n_samples, missing=missing)


def find_groups(sensitive_features, caller, *, n_samples=None, missing="error"):
    """As `read_groups`, with messages in the words of a caller.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    caller : Caller
        What was called.
    n_samples : int, default=None
        The number of rows that there are.
    missing : {"error", "group", "ignore"}, default="error"
        As in `read_groups`.

    Returns
    -------
    groups : Groups
    """
    _check_option("missing", missing, MISSING_POLICIES)
    groups = _joint(_columns(sensitive_features, n_samples, caller), missing, caller)
    if len(groups.labels) < 2:
        found = (
            f"holds one group only, {shown(groups.labels)}"
            if len(groups.labels)
            else "holds no group"
        )
        msg = (
            f"sensitive_features {found}; a comparison needs at least two groups. "
            "Pass the column that tells the groups apart"
            + (", with all its rows." if missing == "error" else f" ({missing=}).")
        )
        raise ValueError(msg)
    return groups


def read_strata(control_features, caller, *, n_samples=None, missing="error"):
    """Strata, as `read_groups` reads groups, but one alone will do.

    Parameters
    ----------
    control_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As `sensitive_features` of `read_groups`.
    caller : Caller
        What was called, for messages.
    n_samples : int, default=None
        The number of rows that there are.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with None, NaN and NA: refuse; one more stratum; no stratum.

    Returns
    -------
    strata : Groups

    Raises
    ------
    ValueError
        Another length, a missing value, or nothing else.
    """
    _check_option("missing", missing, MISSING_POLICIES)
    caller = replace(caller, argument="control_features")
    columns = _columns(control_features, n_samples, caller)
    strata = _joint(columns, missing, caller)
    if not len(strata.labels):
        msg = "control_features holds missing values (None, NaN or NA) only."
        raise ValueError(msg)
    return strata


def match_groups(
    sensitive_features,
    labels,
    *,
    names=None,
    n_samples=None,
    unseen="error",
    missing="error",
    caller=PREDICT,
):
    """Codes of new rows among the groups known from fit.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    labels : ndarray of shape (n_groups,)
        `Groups.labels` of the training rows.
    names : list of str or None, default=None
        `sensitive_names` of the training rows. Several columns are matched by name, if
        those now have names as well, and by position otherwise. A single one is
        matched whatever it is called.
    n_samples : int, default=None
        The number of rows that X has.
    unseen : {"error", "pooled"}, default="error"
        Refuse rows of a group that is not in `labels`, or give them the code -1,
        for the map of all groups together.
    missing : {"error", "group", "ignore"}, default="error"
        Refuse rows with a missing value, match them with the group of missing values,
        or give them the code -1.
    caller : Caller, default=PREDICT
        What was called, for messages.

    Returns
    -------
    codes : ndarray of shape (n_samples,), intp
        Positions in `labels`.

    Raises
    ------
    ValueError
        Nothing given, another length, other columns, a missing value, or a group not
        in `labels`.
    """
    columns = _columns(sensitive_features, n_samples, caller)
    first = labels.tolist()[0]
    width = len(first) if isinstance(first, tuple) else 1
    columns = _in_order(columns, width, names)
    new = _joint(columns, missing, caller)
    return _match("sensitive_features", new, labels, unseen)


def match_columns(
    sensitive_features,
    labels,
    *,
    names=None,
    n_samples=None,
    unseen="error",
    missing="error",
    caller=PREDICT,
):
    """As `match_groups`, for each column by itself.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    labels : list of ndarray
        `Groups.labels` of each column of the training rows.
    names : list of str or None, default=None
        As in `match_groups`.
    n_samples : int, default=None
        The number of rows that X has.
    unseen : {"error", "pooled"}, default="error"
        As in `match_groups`.
    missing : {"error", "group", "ignore"}, default="error"
        As in `match_groups`.
    caller : Caller, default=PREDICT
        What was called, for messages.

    Returns
    -------
    codes : list of ndarray of shape (n_samples,), intp
        For each column of fit, positions in its labels.

    Raises
    ------
    ValueError
        As in `match_groups`.
    """
    columns = _columns(sensitive_features, n_samples, caller)
    columns = _in_order(columns, len(labels), names)
    return [
        _match(column.title, _column(column, missing, caller), known, unseen)
        for column, known in zip(columns, labels)
    ]


def sensitive_names(sensitive_features):
    """Names of the columns, for those that come later to be matched with.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.

    Returns
    -------
    names : list of str or None
        None where a column has no name, or one that is no text.
    """
    names = [column.name for column in named_columns(sensitive_features, FIT)]
    return None if None in names else names


def _in_order(columns, width, names):
    """Columns in the order that they had in fit, by name where both have names."""
    if len(columns) != width:
        called = f", {names}" if names else ""
        msg = (
            f"sensitive_features has {len(columns)} columns and had {width} in "
            f"fit{called}: pass the same columns."
        )
        raise ValueError(msg)
    now = [column.name for column in columns]
    if width == 1 or names is None or None in now or now == names:
        return columns
    if sorted(now) != sorted(names) or len(set(names)) < width:
        msg = (
            f"sensitive_features has the columns {now} and had {names} in fit: pass "
            "the same ones, each under its name. They may come in another order."
        )
        raise ValueError(msg)
    return [columns[now.index(name)] for name in names]


def _match(name, new, labels, unseen):
    """Codes of new groups among known labels."""
    _check_option("unseen", unseen, ("error", "pooled"))
    position = {label: code for code, label in enumerate(labels.tolist())}
    strangers = [label for label in new.labels.tolist() if label not in position]
    if strangers and unseen == "error":
        msg = (
            f"{name} holds groups that were not seen in fit: {shown(strangers)}. Known "
            f"groups: {shown(labels)}. Correct the labels, fit on rows of every group, "
            'or choose unseen="pooled".'
        )
        raise ValueError(msg)
    table = [position.get(label, -1) for label in new.labels.tolist()]
    return np.array([*table, -1], dtype=np.intp)[new.codes]


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
    _check_option("missing", missing, MISSING_POLICIES)
    if missing == "group":
        msg = (
            'missing="group" makes no sense for numeric sensitive columns: use '
            '"error" or "ignore", or cut the columns into groups.'
        )
        raise ValueError(msg)
    columns = _columns(sensitive_features, n_samples, FIT)
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
    columns = _columns(sensitive_features, n_samples, caller)
    return [(column.name or _bare(column.title), column.values) for column in columns]


def _bare(title):
    """What a column is called, without what it is a column of."""
    inner = title.removeprefix("sensitive_features")
    return inner.strip("[]:', ") or title


def take_rows(sensitive_features, rows):
    """Some rows of sensitive features in any form that `read_groups` takes.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    rows : ndarray of int
        Positions.

    Returns
    -------
    sensitive_features : array-like
        In the same form.
    """
    sensitive_features = from_arrow(sensitive_features)
    if isinstance(sensitive_features, dict):
        return {name: take_rows(v, rows) for name, v in sensitive_features.items()}
    if hasattr(sensitive_features, "categories"):  # a pandas Categorical
        return sensitive_features[rows]
    return _safe_indexing(sensitive_features, rows)


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


def _check_option(name, value, known):
    if value not in known:
        msg = f"{name}={value!r} is not known; use one of {list(known)}."
        raise ValueError(msg)


def check_given(sensitive_features, n_samples, caller):
    """Refuse what is not there or has another length, before anything else is read.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    n_samples : int
        The number of rows that there are.
    caller : Caller
        What was called, for messages.

    Raises
    ------
    ValueError
        Nothing given, another length.
    """
    _columns(sensitive_features, n_samples, caller)


def _columns(sensitive_features, n_samples, caller):
    """The columns, of the right length."""
    columns = named_columns(sensitive_features, caller)
    if not columns:
        msg = f"{caller.argument} has no column; pass at least one."
        raise ValueError(msg)
    for column in columns:
        found = len(column.values)
        if n_samples is not None and found != n_samples:
            raise ValueError(wrong_length(column.title, found, n_samples, caller))
    for a, b in pairwise(columns):
        if len(a.values) != len(b.values):
            msg = (
                f"{a.title} has {len(a.values)} rows but {b.title} has {len(b.values)}."
            )
            raise ValueError(msg)
    return columns


def _joint(columns, missing, caller):
    """One column as Groups, several as those of their intersections."""
    found = [_column(column, missing, caller) for column in columns]
    return found[0] if len(found) == 1 else _intersect(found)


def _column(column, missing, caller):
    """One column as Groups."""
    labels, codes, counts = distinct(column.title, column.values)
    n_missing = len(codes) - int(counts.sum())
    if n_missing and missing == "error":
        raise ValueError(missing_values(column.title, n_missing, caller.missing))
    if n_missing and missing == "group":
        codes = np.where(codes < 0, len(labels), codes)
        labels, counts = [*labels, None], np.append(counts, n_missing)
    return _observed(labels, codes, counts)


def encode(name, values):
    """Labels of one column that occur, and the position of each row's.

    Parameters
    ----------
    name : str
        What the column is called in messages.
    values : array-like of shape (n_samples,)
        Numbers, strings, booleans, categories or a mixture.

    Returns
    -------
    encoded : Groups
        Missing values have the code -1.
    """
    return _observed(*distinct(name, values))


def _observed(labels, codes, counts, columns=()):
    """Groups that have at least one row."""
    present = counts > 0
    if present.all():
        return Groups(label_array(labels), codes, counts, tuple(columns))
    table = np.append(np.cumsum(present) - 1, -1)
    kept = [label for label, there in zip(labels, present) if there]
    return Groups(label_array(kept), table[codes], counts[present], tuple(columns))


def label_array(labels):
    """Labels as an array that gives back every one of them.

    Parameters
    ----------
    labels : list
        Of any kinds.

    Returns
    -------
    array : ndarray of shape (n_labels,)
        Of dtype object, where no other keeps each digit and character.
    """
    kinds = {type(label) for label in labels}
    if len(kinds) == 1 and not kinds & {tuple, type(None)}:
        array = np.array(labels)
        if array.tolist() == labels:  # no digit and no character lost
            return array
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


def _intersect(columns):
    """Groups of the observed combinations of several columns."""
    known = np.logical_and.reduce([column.codes >= 0 for column in columns])
    rows = slice(None) if known.all() else known
    codes, extent = columns[0].codes[rows], len(columns[0].labels)
    for column in columns[1:]:
        if extent * len(column.labels) > MOST_CODES:
            present, codes, _ = distinct_codes(codes)
            extent = len(present)
        codes = codes * len(column.labels) + column.codes[rows]
        extent *= len(column.labels)
    present, inverse, counts = distinct_codes(codes)
    first = representatives(inverse, len(present))
    labels = list(zip(*(c.labels[c.codes[rows][first]].tolist() for c in columns)))
    codes = np.full(len(known), -1, dtype=np.intp)
    codes[rows] = inverse
    return _observed(labels, codes, counts, columns)


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


def check_categories(groups):
    """Refuse numbers that lie between the codes of groups.

    Oversampling by interpolation makes 0.37 of a column of 0 and 1.

    Parameters
    ----------
    groups : Groups
        As `read_groups` returns them.

    Raises
    ------
    ValueError
        A column with codes, whole numbers of many rows, and fractions between them that
        hardly occur twice.
    """
    for column in groups.columns or (groups,):
        labels, counts = column.labels, column.counts
        if labels.dtype.kind != "f":
            continue
        whole = labels == np.floor(labels)
        if whole.sum() < 2 or counts[whole].mean() < MANY:
            continue
        codes = labels[whole]
        between = ~whole & (codes.min() < labels) & (labels < codes.max())
        if between.any() and counts[between].mean() < 2:
            msg = (
                f"sensitive_features holds the groups {shown(codes)} and numbers "
                f"between them, such as {labels[between][0]:.3g}, as oversampling by "
                "interpolation invents them. Take a sampler for categories, such as "
                "imbalanced-learn's SMOTENC or RandomOverSampler. Constraints on "
                'numbers, "decorrelation", take them as they are; if they are groups, '
                "pass text."
            )
            raise ValueError(msg)
