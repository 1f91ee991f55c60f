"""Distinct rows of columns of labels with their sizes and weights, of Dask collections.

A table is as long as there are different rows, and all that depends on labels follows
from it. Code that counts rows in memory reads its columns, and counts each of its rows
as often as it occurs.
"""

from typing import NamedTuple

import numpy as np

from fairlearnkit._data.containers import is_lazy
from fairlearnkit._data.distinct import distinct_rows
from fairlearnkit._data.exact_sums import add_parts, exact_parts, rounded
from fairlearnkit._data.partitions import Partitions, compute, concatenate, merged
from fairlearnkit.utils._sklearn_private import _check_sample_weight

# Rows of a table, at most: one of them takes about 100 bytes, and a table of ten
# partitions is on its way at a time. Doubled, so is the memory of the merging tasks.
MOST_DISTINCT = 100_000
# Weights at the start of a partition among which at most half may be different, if
# weights are to be told apart in a table. Doubled, it only costs a longer look.
LOOKED_AT = 2**13
WEIGHT = "sample_weight"


class LabelTable(NamedTuple):
    """Distinct rows, and what they stand for.

    Parameters
    ----------
    columns : dict of str to array-like
        Columns of labels, in their containers; and the weight of each row where there
        are weights that repeat.
    sizes : ndarray of shape (n_distinct,), intp
        Number of rows of each kind.
    used : ndarray of shape (n_distinct,), intp
        Number of those of positive weight.
    parts : ndarray of shape (n_parts, n_distinct) or None
        Sums of the weights of these rows, as exact sums; None without weights.
    sums : ndarray of shape (n_terms, n_distinct) or None, default=None
        Sums of the weights times other numbers of these rows.
    """

    columns: dict
    sizes: np.ndarray
    used: np.ndarray
    parts: np.ndarray | None
    sums: np.ndarray | None = None

    @property
    def weights(self):
        """Sums of the weights of the rows; their numbers without weights."""
        if self.parts is None:
            return self.sizes.astype(np.float64)
        return rounded(self.parts)


def tabulate(arguments, check=None, *, numbers=(), terms=None):
    """The table of Dask collections of labels, in one pass over their rows.

    Parameters
    ----------
    arguments : dict of str to collection
        Columns of labels by the names of arguments, and ``sample_weight``; None is left
        out.
    check : callable, default=None
        Called with the distinct rows of each partition, as keywords.
    numbers : tuple of str, default=()
        Names of arguments that are no labels.
    terms : callable, default=None
        From the arguments of a partition to an array of shape (n_terms, n_rows), whose
        weighted sums the table gets.

    Returns
    -------
    table : LabelTable

    Raises
    ------
    ValueError
        If there are no rows, or hardly two that are the same; if an argument is in
        memory, or has other partitions.
    """
    data = Partitions(lazy_first(arguments))
    tasks = data.each("parity-labels", _tabulate, check, numbers, terms)
    (table,) = compute([merged("parity-labels", tasks, join_tables)])
    return check_table(table)


def distinct_labels(name, values):
    """Columns of labels as they are, or the distinct rows of Dask collections.

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    values : array-like of shape (n_samples,) or (n_samples, n_columns)
        Labels.

    Returns
    -------
    values : array-like
    """
    return tabulate({name: values}).columns[name] if is_lazy(values) else values


def lazy_first(arguments):
    """Arguments in another order: their first Dask collection decides on partitions."""
    given = {name: v for name, v in arguments.items() if v is not None}
    return dict(sorted(given.items(), key=lambda item: not is_lazy(item[1])))


def check_table(table):
    """The table, if it has rows of positive weight.

    Parameters
    ----------
    table : LabelTable or None
        None where all partitions are empty.

    Returns
    -------
    table : LabelTable
    """
    if table is None:
        msg = "All partitions are empty: found 0 rows while at least 1 is required."
        raise ValueError(msg)
    if not table.used.any():
        _check_sample_weight(np.zeros(1), np.empty(1))  # scikit-learn's own message
    return table


def read_part_weight(part, n_rows):
    """Checked weights of a partition, or None; all of them may be 0."""
    if WEIGHT not in part:
        return None
    weight = np.asarray(part[WEIGHT])
    if weight.ndim != 1:
        return _check_sample_weight(weight, np.empty(n_rows))  # raises an error
    padded = np.append(weight, 1.0)
    options = {"dtype": np.float64, "ensure_non_negative": True}
    return _check_sample_weight(padded, np.empty(n_rows + 1), **options)[:-1]


def _tabulate(part, check, numbers, terms):
    """Table of a partition, None if it is empty."""
    others = {WEIGHT, *numbers}
    labels = {name: values for name, values in part.items() if name not in others}
    n_rows = n_rows_of(labels)
    if not n_rows:
        return None
    weight = read_part_weight(part, n_rows)
    if weight is None:
        distinct = distinct_rows(labels)
    else:
        distinct = _distinct_with_weight(labels, weight)
    if check is not None:
        check(**{n: v for n, v in distinct.table.items() if n in labels})
    return table_of_rows(distinct, weight, None if terms is None else terms(part))


def table_of_rows(distinct, weight, terms=None):
    """Table of rows in memory.

    Parameters
    ----------
    distinct : Distinct
        Their distinct rows.
    weight : ndarray of shape (n_samples,) or None
        Weights.
    terms : ndarray of shape (n_terms, n_samples), default=None
        Numbers whose weighted sums the table gets.

    Returns
    -------
    table : LabelTable
    """
    n_kinds = len(distinct.sizes)
    check_repeats(distinct.table, n_kinds)
    codes, sums = distinct.codes.astype(np.intp), None
    if terms is not None:
        terms = terms if weight is None else terms * weight
        sums = _sums_by(codes, terms, n_kinds)
    if weight is None:
        return LabelTable(distinct.table, distinct.sizes, distinct.sizes, None, sums)
    used = np.bincount(codes[weight > 0], minlength=n_kinds)
    parts = exact_parts(codes, weight, n_kinds)
    return LabelTable(distinct.table, distinct.sizes, used, parts, sums)


def _sums_by(codes, terms, n_kinds):
    return np.array([np.bincount(codes, term, n_kinds) for term in terms])


def n_rows_of(columns):
    """Number of rows of the first column, which may be a dict of some."""
    first = next(iter(columns.values()))
    return n_rows_of(first) if isinstance(first, dict) else len(first)


def _distinct_with_weight(labels, weight):
    """Distinct rows of labels, and of weights too if these repeat."""
    start = weight[:LOOKED_AT]
    if len(weight) <= LOOKED_AT or 2 * len(np.unique(start)) <= len(start):
        distinct = distinct_rows({**labels, WEIGHT: weight})
        if len(distinct.sizes) <= MOST_DISTINCT:
            return distinct
    return distinct_rows(labels)


def join_tables(a, b):
    """One table of the rows of two.

    Parameters
    ----------
    a, b : LabelTable
        Of the same columns.

    Returns
    -------
    table : LabelTable
    """
    names = [name for name in a.columns if name in b.columns]
    columns = {name: concatenate([a.columns[name], b.columns[name]]) for name in names}
    distinct = distinct_rows(columns)
    if len(distinct.sizes) > MOST_DISTINCT and columns.pop(WEIGHT, None) is not None:
        distinct = distinct_rows(columns)
    codes, n_kinds = distinct.codes.astype(np.intp), len(distinct.sizes)
    check_repeats(columns, n_kinds)

    def added(a, b):
        numbers = np.bincount(codes, np.concatenate([a, b]), minlength=n_kinds)
        return numbers.astype(np.intp)

    parts = sums = None
    if a.sums is not None:
        sums = _sums_by(codes, np.concatenate([a.sums, b.sums], axis=1), n_kinds)
    if a.parts is not None:
        n_parts = max(len(a.parts), len(b.parts))
        padded = [_padded(each.parts, n_parts) for each in (a, b)]
        parts = add_parts(codes, np.concatenate(padded, axis=1), n_kinds)
    sizes, used = added(a.sizes, b.sizes), added(a.used, b.used)
    return LabelTable(distinct.table, sizes, used, parts, sums)


def _padded(parts, n_parts):
    return np.pad(parts, ((0, n_parts - len(parts)), (0, 0)))


def check_repeats(columns, n_kinds):
    """Raise an error for columns with too many different rows."""
    if n_kinds > MOST_DISTINCT:
        names = " and ".join(name for name in columns if name != WEIGHT)
        msg = (
            f"{names} have {n_kinds} different rows or more. Of Dask collections, the "
            f"different labels are counted, and at most {MOST_DISTINCT} of them. Cut "
            "numbers into groups, for instance by pandas.cut, or pass a sample of the "
            "rows that is in memory."
        )
        raise ValueError(msg)
