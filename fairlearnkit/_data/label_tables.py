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
from fairlearnkit._data.groups import find_groups, with_sizes
from fairlearnkit._data.messages import FIT
from fairlearnkit._data.partitions import Partitions, compute, concatenate, merged
from fairlearnkit._data.targets import check_weight_sum
from fairlearnkit.utils._sklearn_private import _check_sample_weight

# Rows of a table, at most: one of them takes about 100 bytes, and a table of ten
# partitions is on its way at a time. Doubled, so is the memory of the merging tasks.
MOST_DISTINCT = 100_000
# Rows of the table of one partition, at most, where tables are stacked and not merged.
# A table of them takes 1 MB a partition, and twice as much for twice.
MOST_IN_PARTITION = 10_000
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

    def groups(self, missing, caller=FIT):
        """Groups of the rows, each of which counts as the rows of positive weight."""
        features = self.columns["sensitive_features"]
        groups = find_groups(features, caller, missing=missing, sizes=self.sizes)
        return with_sizes(groups, self.used)


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


def read_labels(data, names):
    """The table of the labels that a fit is given.

    Parameters
    ----------
    data : Partitions
        With ``sample_weight``, if there is one.
    names : list of str
        Arguments that hold labels.

    Returns
    -------
    table : LabelTable

    Raises
    ------
    ValueError
        If there are fewer than two rows, or hardly two that are the same.
    """
    tasks = data.each("parity-labels", _labels, names, names=[*names, WEIGHT])
    (table,) = compute([merged("parity-labels", tasks, join_tables)])
    return check_fit(table)


def check_fit(table):
    """The table, if there are enough rows for a fit; None stands for empty ones."""
    table = check_table(table)
    n_samples = table.sizes.sum()
    if n_samples < 2:
        msg = f"Found X with {n_samples} sample(s); at least 2 are needed."
        raise ValueError(msg)
    check_weight_sum(table.weights)
    return table


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


def _labels(part, names):
    """Table of some arguments of a partition, None if it is empty."""
    labels = {name: part[name] for name in names}
    n_rows = n_rows_of(labels)
    if not n_rows:
        return None
    return table_of_rows(distinct_rows(labels), read_part_weight(part, n_rows))


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


def table_of_rows(distinct, weight, terms=None, most=None):
    """Table of rows in memory.

    Parameters
    ----------
    distinct : Distinct
        Their distinct rows.
    weight : ndarray of shape (n_samples,) or None
        Weights.
    terms : ndarray of shape (n_terms, n_samples), default=None
        Numbers whose weighted sums the table gets.
    most : int, default=None
        Length that it may have; None for `MOST_DISTINCT`.

    Returns
    -------
    table : LabelTable
    """
    n_kinds = len(distinct.sizes)
    check_repeats(distinct.table, n_kinds, most)
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

    sums, parts = None, _stacked_parts([a, b])
    if a.sums is not None:
        sums = _sums_by(codes, np.concatenate([a.sums, b.sums], axis=1), n_kinds)
    if parts is not None:
        parts = add_parts(codes, parts, n_kinds)
    sizes, used = added(a.sizes, b.sizes), added(a.used, b.used)
    return LabelTable(distinct.table, sizes, used, parts, sums)


def stacked(tables):
    """Tables of the partitions, one below the other: no two rows become one.

    Parameters
    ----------
    tables : list of LabelTable
        Of the same columns.

    Returns
    -------
    table : LabelTable or None
        None without tables.
    """
    if not tables:
        return None
    sizes, used = (
        np.concatenate([getattr(t, name) for t in tables]) for name in ("sizes", "used")
    )
    sums = None
    if tables[0].sums is not None:
        sums = np.concatenate([t.sums for t in tables], axis=1)
    columns = concatenate([t.columns for t in tables])
    return LabelTable(columns, sizes, used, _stacked_parts(tables), sums)


def _stacked_parts(tables):
    """Exact sums of several tables, side by side; None without weights."""
    if tables[0].parts is None:
        return None
    n_parts = max(len(t.parts) for t in tables)
    padded = [np.pad(t.parts, ((0, n_parts - len(t.parts)), (0, 0))) for t in tables]
    return np.concatenate(padded, axis=1)


def check_repeats(columns, n_kinds, most=None):
    """Raise an error for columns with too many different rows."""
    most = MOST_DISTINCT if most is None else most
    if n_kinds > most:
        names = " and ".join(name for name in columns if name != WEIGHT)
        msg = (
            f"{names} have {n_kinds} different rows or more. Of Dask collections, the "
            f"different labels are counted, and at most {most} of them. Cut numbers "
            "into groups, for instance by pandas.cut, or pass a sample of the rows "
            "that is in memory."
        )
        raise ValueError(msg)
