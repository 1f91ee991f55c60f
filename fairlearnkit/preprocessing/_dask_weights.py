"""`parity_sample_weight` of Dask collections: a pass over labels, and lazy weights."""

from itertools import pairwise

import numpy as np

from fairlearnkit._data.distinct import distinct_rows
from fairlearnkit._data.label_tables import (
    MOST_IN_PARTITION,
    WEIGHT,
    check_table,
    lazy_first,
    n_rows_of,
    read_part_weight,
    stacked,
    table_of_rows,
)
from fairlearnkit._data.partitions import (
    Partitions,
    as_collection,
    compute,
    in_container,
    run_each,
)


class LazyWeights:
    """Weights of rows that depend on their labels only.

    Parameters
    ----------
    y, sensitive_features, sample_weight : collection, or None for the weights
        With the same partitions.

    Attributes
    ----------
    table : LabelTable
        The distinct rows of y and sensitive_features in each partition.
    """

    def __init__(self, y, sensitive_features, sample_weight):
        self._y = y
        arguments = {"y": y, "sensitive_features": sensitive_features}
        data = Partitions(lazy_first({**arguments, WEIGHT: sample_weight}))
        # Not kept: they are computed again when the weights are.
        self._described = data.each("weights-labels", _describe)
        tables = compute(
            run_each("weights-table", _table, [(t,) for t in self._described])
        )
        self._ends = np.cumsum([0, *(0 if t is None else len(t.sizes) for t in tables)])
        self.table = check_table(stacked([t for t in tables if t is not None]))

    def times(self, factors):
        """The weights that the rows have, times the factors of the rows of the table.

        Parameters
        ----------
        factors : ndarray of shape (n_distinct,)

        Returns
        -------
        weights : collection
            With the partitions, and the index, of y.
        """
        own = [(factors[a:b],) for a, b in pairwise(self._ends)]
        parts = [(task,) for task in self._described]
        tasks = run_each("weights", _times, parts, own=own)
        return as_collection(tasks, self._y, np.dtype(np.float64))


def _describe(part):
    """The y of a partition, codes and weights of its rows, and their table."""
    labels = {name: part[name] for name in ("y", "sensitive_features")}
    n_rows = n_rows_of(labels)
    if not n_rows:
        return {"y": part["y"], "table": None}
    weight, distinct = read_part_weight(part, n_rows), distinct_rows(labels)
    table = table_of_rows(distinct, weight, most=MOST_IN_PARTITION)
    return {"y": part["y"], "codes": distinct.codes, "weight": weight, "table": table}


def _table(described):
    return described["table"]


def _times(described, factors):
    if described["table"] is None:
        values = np.zeros(0)
    else:
        values = factors[described["codes"]]
        values = values if described["weight"] is None else values * described["weight"]
    return in_container(values, described["y"], None)
