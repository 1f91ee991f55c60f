"""Sensitive features to groups: which labels there are, and the group of each row."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from fairlearnkit._data.codes import first_rows, unique_codes
from fairlearnkit._data.containers import named_columns
from fairlearnkit._data.labels import factorize
from fairlearnkit._data.messages import (
    FIT,
    check_option,
    format_labels,
    length_message,
    missing_message,
)

MISSING_POLICIES = ("error", "group", "ignore")
# A combination of labels of several columns is one integer of 64 bits, which ends at
# 2**63. Beyond half of that, the combinations met so far are numbered anew, at the cost
# of a sort; twice as many would still fit.
MAX_COMBINATIONS = 2**62


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
        Groups of each column by itself, for constraints that compare them separately;
        empty if there is a single column.
    sizes : ndarray of shape (n_samples,), default=None
        Number of rows that each entry of `codes` stands for; None for one each.
    titles : tuple of str
        What to call each column: its name, or its position.
    """

    labels: np.ndarray
    codes: np.ndarray
    counts: np.ndarray
    columns: tuple = ()
    sizes: np.ndarray | None = None
    titles: tuple = ()


def read_groups(sensitive_features, *, n_samples=None, missing="error"):
    """Sort rows into the groups given by `sensitive_features`.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        List, array, dict of columns, pandas or polars Series or DataFrame, Arrow array
        or table, of numbers, strings, booleans, categories, dates or times. Several
        columns give their intersections, whose labels are tuples. Groups that have been
        read are returned as they are.
    n_samples : int, default=None
        Number of rows of X. None accepts any.
    missing : {"error", "group", "ignore"}, default="error"
        How to treat None, NaN and NA: raise an error, make them a group of their own,
        or leave these rows out of all groups.

    Returns
    -------
    groups : Groups
        At least two of them.

    Raises
    ------
    ValueError
        If `sensitive_features` is None, has another length, a missing value or a single
        group, or is not in memory (a polars LazyFrame, a Dask collection).

    Examples
    --------
    >>> from fairlearnkit.constraints import read_groups
    >>> groups = read_groups(["b", "a", None, "b"], missing="ignore")
    >>> groups.labels.tolist(), groups.codes.tolist(), groups.counts.tolist()
    (['a', 'b'], [1, 0, -1, 1], [1, 2])
    """
    return find_groups(sensitive_features, FIT, n_samples=n_samples, missing=missing)


def find_groups(
    sensitive_features, caller, *, n_samples=None, missing="error", sizes=None
):
    """As `read_groups`, with error messages for a given caller.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    caller : Caller
        The method or function that was called.
    n_samples : int, default=None
        Number of rows of the data. None accepts any.
    missing : {"error", "group", "ignore"}, default="error"
        As in `read_groups`.
    sizes : ndarray of shape (n_samples,), default=None
        Number of rows that each entry stands for; None for one each.

    Returns
    -------
    groups : Groups
        At least two of them.
    """
    check_option("missing", missing, MISSING_POLICIES)
    if isinstance(sensitive_features, Groups):
        return sensitive_features
    columns = checked_columns(sensitive_features, n_samples, caller)
    groups = groups_of_columns(columns, missing, caller, sizes)
    n_groups = len(groups.labels)
    if n_groups < 2:
        held = f"one group only, {format_labels(groups.labels)}" if n_groups else ""
        rows = ", with all its rows." if missing == "error" else f" ({missing=})."
        msg = (
            f"sensitive_features holds {held or 'no group'}; a comparison needs at "
            f"least two groups. Pass the column that tells the groups apart{rows}"
        )
        raise ValueError(msg)
    return groups


def read_strata(
    control_features, caller, *, n_samples=None, missing="error", sizes=None
):
    """Strata, read as `read_groups` reads groups; a single one is allowed.

    Parameters
    ----------
    control_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As `sensitive_features` of `read_groups`.
    caller : Caller
        The method or function that was called, for messages.
    n_samples : int, default=None
        Number of rows of the data. None accepts any.
    missing : {"error", "group", "ignore"}, default="error"
        How to treat None, NaN and NA: raise an error, make them a stratum of their own,
        or leave these rows out of all strata.
    sizes : ndarray of shape (n_samples,), default=None
        Number of rows that each entry stands for; None for one each.

    Returns
    -------
    strata : Groups

    Raises
    ------
    ValueError
        If `control_features` is None, has another length, or holds a missing value, or
        nothing but missing values.
    """
    check_option("missing", missing, MISSING_POLICIES)
    caller = replace(caller, argument="control_features")
    columns = checked_columns(control_features, n_samples, caller)
    strata = groups_of_columns(columns, missing, caller, sizes)
    if not len(strata.labels):
        msg = "control_features holds missing values (None, NaN or NA) only."
        raise ValueError(msg)
    return strata


def check_sensitive_features(sensitive_features, n_samples, caller):
    """Raise an error for sensitive features that are None or of another length.

    For callers that have other things to compute before they read the groups.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    n_samples : int
        Number of rows of the data.
    caller : Caller
        The method or function that was called, for messages.

    Raises
    ------
    ValueError
        If `sensitive_features` is None or has another length.
    """
    checked_columns(sensitive_features, n_samples, caller)


def checked_columns(sensitive_features, n_samples, caller):
    """The columns as a list of Column, at least one, and of the right length."""
    columns = named_columns(sensitive_features, caller)
    if not columns:
        msg = f"{caller.argument} has no column; pass at least one."
        raise ValueError(msg)
    for column in columns:
        length = len(column.values)
        if n_samples is not None and length != n_samples:
            raise ValueError(length_message(column.title, length, n_samples, caller))
    for a, b in pairwise(columns):
        if len(a.values) != len(b.values):
            msg = (
                f"{a.title} has {len(a.values)} rows but {b.title} has {len(b.values)}."
            )
            raise ValueError(msg)
    return columns


def groups_of_columns(columns, missing, caller, sizes=None):
    """Groups of a single column, or the intersections of several."""
    groups = [groups_of_column(column, missing, caller, sizes) for column in columns]
    groups = groups[0] if len(groups) == 1 else _intersect(groups, sizes)
    titles = [column.name or f"column {j}" for j, column in enumerate(columns)]
    return replace(groups, sizes=sizes, titles=tuple(titles))


def groups_of_column(column, missing, caller, sizes=None):
    """Groups of one column, with missing values treated as `missing` says."""
    labels, codes, counts = factorize(column.title, column.values)
    counts, n_missing = _counted(codes, counts, sizes)
    if n_missing and missing == "error":
        hint = caller.missing_hint
        raise ValueError(missing_message(column.title, n_missing, hint))
    if n_missing and missing == "group":
        codes = np.where(codes < 0, len(labels), codes)
        labels, counts = [*labels, None], np.append(counts, n_missing)
    return replace(_drop_empty_groups(labels, codes, counts), sizes=sizes)


def _counted(codes, counts, sizes):
    """Rows of each code, and of none, where each entry stands for `sizes` of them."""
    if sizes is None:
        return counts, len(codes) - int(counts.sum())
    of_codes = np.bincount(codes + 1, sizes, minlength=len(counts) + 1)
    n_missing, *counts = of_codes.astype(np.intp).tolist()
    return np.array(counts, dtype=np.intp), n_missing


def with_sizes(groups, sizes):
    """Groups whose entries stand for other numbers of rows, such as those that count.

    Parameters
    ----------
    groups : Groups
        The groups.
    sizes : ndarray of shape (n_samples,)
        Number of rows of each entry.

    Returns
    -------
    groups : Groups
        With the same labels, also of a group without rows.
    """
    columns = tuple(with_sizes(column, sizes) for column in groups.columns)
    return replace(groups, sizes=sizes, columns=columns)


def encode_labels(name, values):
    """Labels of one column that have a row, and the code of each row.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    values : array-like of shape (n_samples,)
        Numbers, strings, booleans, categories or a mixture.

    Returns
    -------
    encoded : Groups
        Missing values have the code -1.
    """
    return _drop_empty_groups(*factorize(name, values))


def _drop_empty_groups(labels, codes, counts, columns=()):
    """Groups with at least one row: unused categories of a Series have none."""
    present = counts > 0
    if present.all():
        return Groups(label_array(labels), codes, counts, tuple(columns))
    new_codes = np.append(np.cumsum(present) - 1, -1)  # the last is read by code -1
    kept = [label for label, used in zip(labels, present) if used]
    return Groups(label_array(kept), new_codes[codes], counts[present], tuple(columns))


def label_array(labels):
    """Labels as an array that returns each of them unchanged.

    Parameters
    ----------
    labels : list
        Labels of any types.

    Returns
    -------
    array : ndarray of shape (n_labels,)
        Of dtype object unless another one keeps every digit and character.
    """
    kinds = {type(label) for label in labels}
    if len(kinds) == 1 and not kinds & {tuple, type(None)}:
        array = np.array(labels)
        if array.tolist() == labels:
            return array
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


def _intersect(columns, sizes):
    """Groups of the combinations of labels that occur in some row.

    The combination of a row is one integer, its codes as the digits of a number whose
    bases are the numbers of labels of the columns. Rows that have no group in one of
    the columns have none here.
    """
    known = np.logical_and.reduce([column.codes >= 0 for column in columns])
    rows = slice(None) if known.all() else known
    codes, n_combinations = columns[0].codes[rows], len(columns[0].labels)
    for column in columns[1:]:
        if n_combinations * len(column.labels) > MAX_COMBINATIONS:
            present, codes, _ = unique_codes(codes)
            n_combinations = len(present)
        codes = codes * len(column.labels) + column.codes[rows]
        n_combinations *= len(column.labels)
    present, inverse, counts = unique_codes(codes)
    first = first_rows(inverse, len(present))
    labels = list(zip(*(c.labels[c.codes[rows][first]].tolist() for c in columns)))
    codes = np.full(len(known), -1, dtype=np.intp)
    codes[rows] = inverse
    counts, _ = _counted(codes, counts, sizes)
    return _drop_empty_groups(labels, codes, counts, columns)
