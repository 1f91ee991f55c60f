"""Dask collections: their partitions, paired by position, and what is computed of them.

The only importer of dask. Data stay where they are: a kernel is sent to each partition,
and what it returns is added up there, or stays there as a new collection. Nothing here
starts a scheduler: the one that is active computes.
"""

from contextlib import nullcontext
from functools import reduce
from itertools import pairwise
from math import isnan
from uuid import uuid4

import numpy as np
from threadpoolctl import ThreadpoolController

from fairlearnkit._data.alignment import AlignmentError, check_alignment
from fairlearnkit._data.blas_threads import one_blas_thread
from fairlearnkit._data.containers import check_collected, is_lazy

# Results of so many partitions are added by one task. With half or twice as many,
# passes over 200 partitions take the same time but for noise.
FAN_IN = 16


class Partitions:
    """Rows of several arguments of one call, in partitions paired by position.

    Parameters
    ----------
    arguments : dict of str to object
        Dask arrays, DataFrames, Series or dicts of them by name; None is left out. The
        first one decides what the partitions are: other arrays are cut at the same
        rows where that is known, and everything else must have as many partitions.

    Attributes
    ----------
    first : collection
        The first argument.
    parts : list of dict of str to Delayed
        The arguments of each partition.

    Raises
    ------
    ValueError
        If an argument is in memory, or has other partitions.
    """

    def __init__(self, arguments):
        arguments = {k: v for k, v in arguments.items() if v is not None}
        names = list(arguments)
        self.first = arguments[names[0]]
        columns = {}
        for name, value in arguments.items():
            check_collected(name, value)
            if not is_lazy(value):
                lazy = next(name for name in names if is_lazy(arguments[name]))
                raise ValueError(_in_memory(name, value, lazy))
            columns[name] = _delayed(name, value, self.first)
        counts = {name: _n_parts(column) for name, column in columns.items()}
        for name, count in counts.items():
            if count != counts[names[0]]:
                raise ValueError(_other_partitions(name, names[0], counts))
        self.parts = _on_one_layer(
            {name: _part(column, i) for name, column in columns.items()}
            for i in range(counts[names[0]])
        )

    def each(self, label, kernel, *shared, names=None):
        """A task for each partition, kernel(arguments, *shared).

        Parameters
        ----------
        label : str
            Name of the tasks on Dask's dashboard.
        kernel : callable
            Gets the arguments of a partition as a dict, in memory.
        *shared : object
            The same for all partitions.
        names : list of str, default=None
            Arguments that the kernel needs; None for all.

        Returns
        -------
        tasks : list of Delayed
        """
        parts = self.parts
        if names is not None:
            parts = [{k: v for k, v in part.items() if k in names} for part in parts]
        flat = [_flat(part) for part in parts]
        positioned = [(i, values) for i, (values, _) in enumerate(flat)]
        of_values = flat[0][1] if flat else None
        return run_each(label, _checked, positioned, of_values, kernel, *shared)


def run_each(label, kernel, parts, *shared, own=None):
    """A task for each part, kernel(*part, *shared, *own).

    Parameters
    ----------
    label : str
        Name of the tasks on Dask's dashboard.
    kernel : callable
        What is computed.
    parts : list of tuple
        Arguments of each task: Delayed, lists of them, or values.
    *shared : object
        The same for all tasks; they travel once to each worker.
    own : list of tuple, default=None
        Further arguments of each task.

    Returns
    -------
    tasks : list of Delayed
    """
    from dask.core import literal
    from dask.delayed import Delayed
    from dask.highlevelgraph import HighLevelGraph

    name = f"{label}-{uuid4().hex}"
    common = f"{label}-shared-{uuid4().hex}"
    layer, graphs = {common: (literal((kernel, shared)),)}, {}

    def argument(value):
        if isinstance(value, Delayed):
            graphs[value.key] = value
            return value.key
        if isinstance(value, list):
            return [argument(entry) for entry in value]
        return (literal(value),)

    # The graph itself, and not dask.delayed, which takes 10 ms a task.
    keys = [f"{name}-{i}" for i in range(len(parts))]
    own = [()] * len(parts) if own is None else own
    for key, part, mine in zip(keys, parts, own):
        arguments = [argument(value) for value in part]
        layer[key] = (_call, common, arguments, [argument(value) for value in mine])
    graph = HighLevelGraph.from_collections(name, layer, list(graphs.values()))
    return [Delayed(key, graph, layer=name) for key in keys]


def _call(common, part, own):
    kernel, shared = common
    return kernel(*part, *shared, *own)


def _flat(part):
    """Values of a part, and its names; a dict within it becomes several values."""
    values, names = [], []
    for name, value in part.items():
        entries = value if isinstance(value, dict) else {None: value}
        names += [(name, key) for key in entries]
        values += entries.values()
    return values, names


def _nested(values, names):
    """What `_flat` has made flat."""
    part = {}
    for value, (name, key) in zip(values, names):
        if key is None:
            part[name] = value
        else:
            part.setdefault(name, {})[key] = value
    return part


def _checked(position, values, names, kernel, *others):
    """Call a kernel with the arguments of a partition, once their rows agree."""
    part = _nested(values, names)
    lengths = {name: _n_rows(value) for name, value in part.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name}: {n}" for name, n in lengths.items())
        msg = (
            f"In partition {position}, arguments have different numbers of rows "
            f"({listed}). {SAME_PARTITIONS}"
        )
        raise ValueError(msg)
    try:
        check_alignment(**part)
    except AlignmentError as error:
        msg = f"In partition {position}: {error} {SAME_PARTITIONS}"
        raise AlignmentError(msg) from error
    try:
        return kernel(part, *others)
    except ValueError as error:
        msg = f"In partition {position}: {error}"
        raise ValueError(msg) from error


def merged(label, tasks, combine):
    """One task, with the results of all tasks combined in their order.

    Parameters
    ----------
    label : str
        Name of the tasks on Dask's dashboard.
    tasks : list of Delayed
        Their results; None is left out.
    combine : callable
        Of two results.

    Returns
    -------
    task : Delayed
    """
    while len(tasks) > 1:
        parts = [(tasks[i : i + FAN_IN],) for i in range(0, len(tasks), FAN_IN)]
        tasks = run_each(f"{label}-merge", _merge, parts, combine)
    return tasks[0]


def _merge(results, combine):
    known = [result for result in results if result is not None]
    return reduce(combine, known) if known else None


def compute(tasks):
    """Results of tasks, by the scheduler that is active."""
    import dask

    with _blas_threads():
        return dask.compute(*tasks)


def keep(tasks):
    """The same tasks with their results kept where they are computed."""
    import dask

    with _blas_threads():
        return list(dask.persist(*tasks))


def _blas_threads():
    """A context of one BLAS thread where tasks run in threads of this process.

    Workers of a cluster have one each, as Dask's nannies see to.
    """
    from dask import base, threaded

    local = base.get_scheduler() in (None, threaded.get)
    return one_blas_thread(ThreadpoolController) if local else nullcontext()


def as_collection(tasks, like, dtype, columns=None):
    """A lazy collection of the results of tasks, one for each partition.

    Parameters
    ----------
    tasks : list of Delayed
        Arrays of shape (n_rows,) or (n_rows, n_columns) where `like` is an array, else
        Series or DataFrames.
    like : collection
        Its partitions, and its index.
    dtype : dtype
        Of the results.
    columns : list, default=None
        Names of the columns; None for one dimension.

    Returns
    -------
    collection : dask Array, Series or DataFrame
    """
    if hasattr(like, "chunks"):
        from dask import array

        tail = () if columns is None else (len(columns),)
        blocks = [
            array.from_delayed(task, (n, *tail), dtype=dtype)
            for task, n in zip(tasks, like.chunks[0])
        ]
        return array.concatenate(blocks, allow_unknown_chunksizes=True)
    from dask import dataframe

    width = 1 if columns is None else len(columns)
    meta = in_container(np.zeros((0, width), dtype), like._meta, columns)
    return dataframe.from_delayed(
        tasks, meta=meta, divisions=like.divisions, verify_meta=False
    )


def in_container(values, like, columns):
    """Values as an array, or with the index of a DataFrame or Series `like`."""
    if not hasattr(like, "iloc"):
        return values
    import pandas as pd

    index = like.index[: len(values)]
    if columns is None:
        return pd.Series(values.ravel(), index=index)
    return pd.DataFrame(values, index=index, columns=list(columns))


def without_rows(value):
    """A container in memory that is like a collection, or a dict of some, but empty."""
    if isinstance(value, dict):
        return {name: without_rows(entry) for name, entry in value.items()}
    if not is_lazy(value):
        return value
    if hasattr(value, "chunks"):
        return np.empty((0, *value.shape[1:]), value.dtype)
    return value._meta


def by_rows(label, function, X, like):
    """A lazy collection of what a function returns for the rows of each partition.

    Parameters
    ----------
    label : str
        Name of the tasks on Dask's dashboard.
    function : callable
        From the rows of a partition, of which there is at least one, to as many.
    X : Dask Array or DataFrame
        The rows.
    like : ndarray, Series or DataFrame
        What the function returns, without rows.

    Returns
    -------
    collection : Dask Array, Series or DataFrame
    """
    tasks = Partitions({"X": X}).each(label, _of_rows, function, like)
    if hasattr(X, "chunks"):
        columns = range(like.shape[1]) if like.ndim > 1 else None
        return as_collection(tasks, X, like.dtype, columns)
    from dask import dataframe

    divisions = X.divisions
    return dataframe.from_delayed(
        tasks, meta=like, divisions=divisions, verify_meta=False
    )


def _of_rows(arguments, function, like):
    X = arguments["X"]
    values = function(X) if _n_rows(X) else like
    if hasattr(values, "iloc") or not hasattr(X, "iloc"):
        return values
    values = np.asarray(values)
    columns = range(values.shape[1]) if values.ndim > 1 else None
    return in_container(values, X, columns)


def concatenate(values):
    """Rows of several containers of one type, one below the other."""
    first = values[0]
    if isinstance(first, dict):
        return {name: concatenate([v[name] for v in values]) for name in first}
    if hasattr(first, "iloc"):
        import pandas as pd

        return pd.concat(values, ignore_index=True)
    return np.concatenate([np.asarray(value) for value in values])


def joined(collections):
    """Rows of several collections of one type, one below the other.

    Parameters
    ----------
    collections : list of collection, or of dict of them
        At least one.

    Returns
    -------
    collection : collection or dict
    """
    first = collections[0]
    if isinstance(first, dict):
        return {name: joined([c[name] for c in collections]) for name in first}
    if hasattr(first, "chunks"):
        from dask import array

        return array.concatenate(collections, allow_unknown_chunksizes=True)
    from dask import dataframe

    return dataframe.concat(collections, interleave_partitions=False)


def take_partitions(collection, positions):
    """Some partitions of a collection, or of each of a dict; None stays None."""
    if collection is None:
        return None
    if isinstance(collection, dict):
        return {k: take_partitions(v, positions) for k, v in collection.items()}
    return collection.partitions[positions]


def take_where(collection, mask):
    """Rows of a collection, or of each of a dict, where a column is true."""
    if collection is None:
        return None
    if isinstance(collection, dict):
        return {k: take_where(v, mask) for k, v in collection.items()}
    return collection[mask]


def sums_of_partitions(label, arguments, kernel, *shared):
    """Sum over partitions of what a kernel returns for the arguments, in one pass.

    Parameters
    ----------
    label : str
        Name of the tasks on Dask's dashboard.
    arguments : dict of str to collection or None
        As in `Partitions`.
    kernel : callable
        From the arguments of a partition, in memory, and `shared` to an array.
    *shared : object
        The same for all partitions.

    Returns
    -------
    total : ndarray
    """
    tasks = Partitions(arguments).each(label, kernel, *shared)
    return compute([merged(label, tasks, np.add)])[0]


SAME_PARTITIONS = (
    "Dask arguments are matched partition by partition: take all of them from one "
    "collection, such as df[features], df['y'] and df['sex']."
)


def _in_memory(name, value, lazy):
    return (
        f"{lazy} is a Dask collection, and {name} is a {type(value).__name__} in "
        f"memory. Pass {lazy}.compute() if it fits there. Else pass {name} as a Dask "
        "collection with the same partitions: as a column of the same DataFrame, or by "
        "dask.array.from_array(values, chunks=X.chunks[0])."
    )


def _other_partitions(name, first, counts):
    return (
        f"{name} has {counts[name]} partitions, and {first} has {counts[first]}. "
        f"{SAME_PARTITIONS} Arrays are cut alike by {name}.rechunk({first}.chunks[0]), "
        f"DataFrames of known divisions by {name}.repartition(divisions="
        f"{first}.divisions)."
    )


def _delayed(name, value, first):
    """Delayed partitions of a collection, or a dict of them."""
    if isinstance(value, dict):
        return {key: _delayed(f"{name}[{key!r}]", v, first) for key, v in value.items()}
    if not hasattr(value, "to_delayed") or not hasattr(value, "ndim"):
        msg = (
            f"{name} is a Dask {type(value).__name__}; pass an array, a DataFrame or a "
            "Series."
        )
        raise ValueError(msg)
    if hasattr(value, "chunks"):
        value = _cut_alike(value, first)
    # Not optimised by itself: what several arguments are made of is computed once.
    parts = value.to_delayed(optimize_graph=False)
    return list(np.ravel(parts)) if hasattr(value, "chunks") else list(parts)


def _cut_alike(value, first):
    """An array in blocks of whole rows, cut where the first argument is, if known."""
    if value.ndim > 1:
        value = value.rechunk(dict.fromkeys(range(1, value.ndim), -1))
    rows = getattr(first, "chunks", [()])[0]
    known = not any(map(isnan, (*rows, *value.chunks[0])))
    if rows and known and value.chunks[0] != rows and sum(rows) == len(value):
        value = value.rechunk({0: rows})
    return value


def _on_one_layer(parts):
    """The same parts with all that they are made of as one layer of a graph.

    Each pass goes through the layers of its graph, and a collection that was put
    together from blocks has one for each of them.
    """
    from dask.delayed import Delayed
    from dask.highlevelgraph import HighLevelGraph

    parts = list(parts)
    found = [value for part in parts for value in _flat(part)[0]]
    graphs = {id(value.dask): value.dask for value in found}
    name = f"collections-{uuid4().hex}"
    layer = dict(HighLevelGraph.merge(*graphs.values()).cull({v.key for v in found}))
    graph = HighLevelGraph({name: layer}, {name: set()})

    def moved(value):
        if isinstance(value, dict):
            return {key: moved(entry) for key, entry in value.items()}
        return Delayed(value.key, graph, layer=name)

    return [moved(part) for part in parts]


def _n_parts(column):
    if isinstance(column, dict):
        counts = [_n_parts(entry) for entry in column.values()]
        if any(a != b for a, b in pairwise(counts)):
            msg = f"Columns of a dict have {counts} partitions. {SAME_PARTITIONS}"
            raise ValueError(msg)
        return counts[0]
    return len(column)


def _part(column, i):
    if isinstance(column, dict):
        return {key: _part(entry, i) for key, entry in column.items()}
    return column[i]


def _n_rows(value):
    if isinstance(value, dict):
        return _n_rows(next(iter(value.values()))) if value else 0
    return value.shape[0]
