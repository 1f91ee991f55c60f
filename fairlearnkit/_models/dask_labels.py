"""Labels of Dask collections, counted in one pass over their partitions.

What depends on labels only is read from a table of the distinct rows of each partition,
by the code that reads rows in memory.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fairlearnkit._data.distinct import MOST_DISTINCT, distinct_rows
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.label_tables import read_part_weight
from fairlearnkit._data.messages import FIT, required_message
from fairlearnkit._data.partitions import compute, concatenate
from fairlearnkit._data.targets import check_weight_sum


class LabelTable(NamedTuple):
    """One row for each distinct row of labels in a partition.

    Parameters
    ----------
    table : dict of str to array-like
        The labels, by the name of the argument.
    sizes, used : ndarray of shape (n_kinds,), intp
        Rows that it stands for, and how many of them have a positive weight.
    weights : ndarray of shape (n_kinds,) or None
        Sum of their weights; None without weights.
    """

    table: dict
    sizes: np.ndarray
    used: np.ndarray
    weights: np.ndarray | None

    def groups(self, missing):
        """Groups of the rows, each of which counts as the rows that it stands for."""
        groups = find_groups(
            self.table["sensitive_features"], FIT, missing=missing, sizes=self.sizes
        )
        return _sized(groups, self.used)


def read_labels(data, names):
    """Count the labels of some arguments.

    Parameters
    ----------
    data : Partitions
        With sample_weight, if there is one.
    names : list of str
        Arguments that hold labels.

    Returns
    -------
    labels : LabelTable

    Raises
    ------
    ValueError
        If there are fewer than two rows, or too many different ones in a partition.
    """
    wanted = [*names, "sample_weight"]
    tasks = data.each("parity-labels", _count, names, names=wanted)
    parts = [part for part in compute(tasks) if part is not None]
    n_samples = sum(part.sizes.sum() for part in parts)
    if n_samples < 2:
        msg = f"Found X with {n_samples} sample(s); at least 2 are needed."
        raise ValueError(msg)
    table = concatenate([part.table for part in parts])
    sizes, used = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("sizes", "used")
    )
    weights = None
    if parts[0].weights is not None:
        weights = np.concatenate([part.weights for part in parts])
        check_weight_sum(weights)
    return LabelTable(table, sizes, used, weights)


def require_groups(sensitive_features):
    """Raise an error for groups that were not given."""
    if sensitive_features is None:
        raise ValueError(required_message(FIT))


def _count(part, names):
    """The table of one partition, or None if it has no rows."""
    distinct = distinct_rows({name: part[name] for name in names})
    n_kinds = len(distinct.sizes)
    if not n_kinds:
        return None
    if n_kinds > MOST_DISTINCT:
        msg = (
            f"{' and '.join(names)} have {n_kinds} different values in a partition; "
            "groups need labels that repeat. Cut numbers into groups, for instance by "
            "pandas.cut."
        )
        raise ValueError(msg)
    weight = read_part_weight(part, len(distinct.codes))
    if weight is None:
        return LabelTable(distinct.table, distinct.sizes, distinct.sizes, None)
    used = np.bincount(distinct.codes[weight > 0], minlength=n_kinds)
    sums = np.bincount(distinct.codes, weight, minlength=n_kinds)
    return LabelTable(distinct.table, distinct.sizes, used, sums)


def _sized(groups, sizes):
    """Groups and those of each column, with other sizes."""
    columns = tuple(replace(column, sizes=sizes) for column in groups.columns)
    return replace(groups, sizes=sizes, columns=columns)
