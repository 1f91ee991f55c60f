"""Dask collections: their partitions, paired by position, and what is computed of them.

The only importer of dask. Data stay where they are: a kernel is sent to each partition,
and what it returns is added up there, or stays there as a new collection. Nothing here
starts a scheduler: the one that is active computes.
"""

from contextlib import nullcontext
from functools import reduce, wraps
from inspect import signature
from itertools import pairwise
from math import isnan
from uuid import uuid4

import numpy as np
from threadpoolctl import threadpool_limits

from fairlearnkit._data.alignment import AlignmentError, check_alignment
from fairlearnkit._data.containers import check_collected

# Results of so many partitions are added by one task. With half or twice as many,
# passes over 200 partitions take the same time but for noise.
FAN_IN = 16


def is_lazy(value):
    """Whether a value is a Dask collection, or a dict that holds one."""
    if isinstance(value, dict):
        return any(is_lazy(entry) for entry in value.values())
    return hasattr(value, "__dask_graph__")


def any_lazy(*values):
    """Whether any of several arguments is a Dask collection."""
    return any(is_lazy(value) for value in values)


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
                lazy = next(other for other in names if is_lazy(arguments[other]))
                raise ValueError(_in_memory(name, value, lazy))
            columns[name] = _delayed(name, value, self.first)
        counts = {name: _n_parts(column) for name, column in columns.items()}
        for name, count in counts.items():
            if count != counts[names[0]]:
                raise ValueError(_other_partitions(name, names[0], counts))
        self.parts = [
            {name: _part(column, i) for name, column in columns.items()}
            for i in range(counts[names[0]])
        ]

    def each(self, label, kernel, *shared, own=None, names=None):
        """A task for each partition, kernel(arguments, *shared, *own).

        Parameters
        ----------
        label : str
            Name of the tasks on Dask's dashboard.
        kernel : callable
            Gets the arguments of a partition as a dict, in memory.
        *shared : object
            The same for all partitions.
        own : list of tuple, default=None
            What each partition gets after them.
        names : list of str, default=None
            Arguments that the kernel needs; None for all.

        Returns
        -------
        tasks : list of Delayed
        """
        own = [()] * len(self.parts) if own is None else own
        parts = self.parts
        if names is not None:
            parts = [{k: v for k, v in part.items() if k in names} for part in parts]
        return run_each(
            label,
            _checked,
            [(i, p) for i, p in enumerate(parts)],
            kernel,
            *shared,
            own=own,
        )

    def lengths(self):
        """Number of rows of each partition, NaN where unknown; None of DataFrames."""
        chunks = getattr(self.first, "chunks", None)
        return None if chunks is None else chunks[0]


def run_each(label, kernel, parts, *shared, own=None):
    """A task for each part, kernel(*part, *shared, *own); a list of Delayed."""
    from dask import delayed

    token = uuid4().hex
    task = delayed(kernel, pure=False, traverse=False)
    # One node of the graph for what all tasks get, so that it travels once a worker.
    common = delayed(shared, pure=False, traverse=False, name=f"{label}-shared-{token}")
    own = [()] * len(parts) if own is None else own
    return [
        delayed(_call, pure=False, traverse=False)(
            kernel, list(part), common, list(mine), dask_key_name=f"{label}-{token}-{i}"
        )
        for i, (part, mine) in enumerate(zip(parts, own))
    ]


def _call(kernel, part, shared, own):
    return kernel(*part, *shared, *own)


def _checked(position, part, kernel, *others):
    """Call a kernel with the arguments of a partition, once their rows agree."""
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
    return kernel(part, *others)


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
    return threadpool_limits(1, user_api="blas") if local else nullcontext()


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

    meta = in_container(np.zeros((0, len(columns or [0])), dtype), like._meta, columns)
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


def concatenate(values):
    """Rows of several containers of one type, one below the other."""
    first = values[0]
    if isinstance(first, dict):
        return {name: concatenate([v[name] for v in values]) for name in first}
    if hasattr(first, "iloc"):
        import pandas as pd

        return pd.concat(values, ignore_index=True)
    return np.concatenate([np.asarray(value) for value in values])


def by_partition(output):
    """Let a method of a fitted estimator take Dask collections, and return one.

    Parameters
    ----------
    output : callable
        From the estimator to the dtype of what the method returns, and the names of
        its columns, or None for one dimension.

    Returns
    -------
    decorator : callable
        For methods whose first argument is X, and whose other arguments have one entry
        a row or are None.
    """

    def decorate(method):
        @wraps(method)
        def wrapper(self, X, *args, **kwargs):
            if not any_lazy(X, *args, *kwargs.values()):
                return method(self, X, *args, **kwargs)
            bound = signature(method).bind(self, X, *args, **kwargs).arguments
            arguments = {k: v for k, v in bound.items() if k != "self"}
            dtype, columns = output(self)
            tasks = Partitions(arguments).each(
                method.__name__, _apply, wrapper, self, dtype, columns
            )
            return as_collection(tasks, X, dtype, columns)

        return wrapper

    return decorate


def _apply(arguments, method, estimator, dtype, columns):
    """A method of an estimator in memory, in the container of X."""
    X = arguments["X"]
    if not _n_rows(X):
        values = np.zeros((0, len(columns)) if columns is not None else 0, dtype)
    else:
        values = np.asarray(method(estimator, **arguments))
    return in_container(values, X, columns)


SAME_PARTITIONS = (
    "Dask arguments are matched partition by partition: take all of them from one "
    "collection, such as df[features], df['y'] and df['sex']."
)


def _in_memory(name, value, first):
    return (
        f"{first} is a Dask collection and {name} a {type(value).__name__} in memory. "
        f"Pass {name} as a Dask collection with the same partitions: as a column of the "
        "same DataFrame, or by dask.array.from_array(values, chunks=X.chunks[0])."
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
