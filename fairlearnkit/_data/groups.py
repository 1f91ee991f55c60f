"""Sensitive features in, groups out: the one place that reads them."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from fairlearnkit._data.containers import named_columns
from fairlearnkit._data.labels import (
    distinct,
    distinct_codes,
    representatives,
)
from fairlearnkit._data.messages import (
    FIT,
    check_option,
    missing_values,
    shown,
    wrong_length,
)

MISSING_POLICIES = ("error", "group", "ignore")
# Largest number of combinations of labels that are told apart by one integer.
MOST_CODES = 2**62
# Rows that a code of a group has on average, if numbers between codes are no groups: as
# many as keep SmallGroupWarning quiet.
MANY = 10


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
    check_option("missing", missing, MISSING_POLICIES)
    groups = joint_groups(
        checked_columns(sensitive_features, n_samples, caller), missing, caller
    )
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
    check_option("missing", missing, MISSING_POLICIES)
    caller = replace(caller, argument="control_features")
    columns = checked_columns(control_features, n_samples, caller)
    strata = joint_groups(columns, missing, caller)
    if not len(strata.labels):
        msg = "control_features holds missing values (None, NaN or NA) only."
        raise ValueError(msg)
    return strata


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
    checked_columns(sensitive_features, n_samples, caller)


def checked_columns(sensitive_features, n_samples, caller):
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


def joint_groups(columns, missing, caller):
    """One column as Groups, several as those of their intersections."""
    found = [column_groups(column, missing, caller) for column in columns]
    return found[0] if len(found) == 1 else _intersect(found)


def column_groups(column, missing, caller):
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
