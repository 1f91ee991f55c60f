"""Columns of tables in any container: numpy, pandas, polars, Arrow, dicts, lists."""

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from fairlearnkit._data.messages import required_message


class Column(NamedTuple):
    """One column of labels or numbers.

    Parameters
    ----------
    title : str
        What to call it in messages, such as ``sensitive_features['sex']``.
    name : str or None
        Its name; None if it has none, or one that is not a string.
    values : array-like of shape (n_samples,)
        With a dtype.
    """

    title: str
    name: str | None
    values: Any


def check_collected(name, value):
    """Raise an error for a polars LazyFrame, which has no rows yet.

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    value : object
        Data of any type.

    Raises
    ------
    ValueError
        If it is a LazyFrame.
    """
    # A polars DataFrame has `collect_schema` only.
    if hasattr(value, "collect") and hasattr(value, "collect_schema"):
        msg = f"{name} is a LazyFrame, which holds no rows yet: pass {name}.collect()."
        raise ValueError(msg)


def is_lazy(value):
    """Whether a value is a Dask collection, or a dict that holds one."""
    if isinstance(value, dict):
        return any(is_lazy(entry) for entry in value.values())
    return hasattr(value, "__dask_graph__")


def any_lazy(*values):
    """Whether any of several arguments is a Dask collection."""
    return any(is_lazy(value) for value in values)


def check_in_memory(name, value):
    """Raise an error for data that are not in memory: LazyFrames, Dask collections.

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    value : object
        Data of any type.

    Raises
    ------
    ValueError
        If they are not in memory.
    """
    check_collected(name, value)
    if is_lazy(value):
        msg = (
            f"{name} is a Dask {type(value).__name__}, whose rows are not in memory, "
            f"as they have to be here: pass {name}.compute(), or a sample of the rows, "
            "such as df.sample(frac=0.1).compute()."
        )
        raise ValueError(msg)


def is_arrow(value):
    """Whether a value is an array or table of pyarrow, found without importing it."""
    return type(value).__module__.partition(".")[0] == "pyarrow"


def from_arrow(value):
    """Convert an Arrow array to a numpy array, and a table to a dict of them.

    Parameters
    ----------
    value : object
        Data of any type.

    Returns
    -------
    value : object
        The same object unless it comes from Arrow. Nulls become None in arrays of
        objects, and NaN in arrays of numbers.

    Raises
    ------
    ValueError
        If two columns have the same name.
    """
    if not is_arrow(value):
        return value
    if hasattr(value, "column_names"):
        names = value.column_names
        if len(set(names)) < len(names):
            msg = f"An Arrow table has a column twice, among {names}: rename one."
            raise ValueError(msg)
        return dict(zip(names, map(np.asarray, value.columns)))
    return np.asarray(value)


def as_frame(X):
    """Convert an Arrow table to a pandas DataFrame, and leave other tables as they are.

    Parameters
    ----------
    X : object
        Features.

    Returns
    -------
    X : object
        The same object unless it is an Arrow table.

    Raises
    ------
    ValueError
        If X is not in memory.
    """
    check_in_memory("X", X)
    return X.to_pandas() if is_arrow(X) else X


def named_columns(values, caller):
    """Columns of a table in any container, each label of the type that it had.

    Parameters
    ----------
    values : array-like of shape (n_samples,) or (n_samples, n_columns)
        List, array, Series, frame, dict of them, Arrow array or table.
    caller : Caller
        The method or function that was called, for messages.

    Returns
    -------
    columns : list of Column

    Raises
    ------
    ValueError
        If `values` is None, not in memory, or has more than two dimensions.
    """
    if values is None:
        raise ValueError(required_message(caller))
    return list(_iter_columns(values, caller.argument))


def _iter_columns(values, argument):
    """Yield the columns of a table, which is called `argument` in messages."""
    check_in_memory(argument, values)
    if sparse.issparse(values):
        msg = f"{argument} is sparse; pass a dense column, {argument}.toarray()."
        raise ValueError(msg)
    values = from_arrow(values)
    if isinstance(values, dict):
        for key, inner in values.items():
            title = f"{argument}[{key!r}]"
            if inner is None:
                msg = f"{title} is None: pass one label for each row."
                raise ValueError(msg)
            for column in _iter_columns(inner, title):
                yield Column(title, _string_or_none(key), column.values)
    elif hasattr(values, "columns"):  # a pandas or polars DataFrame
        for j, name in enumerate(values.columns):
            # By position where possible: names may occur twice.
            column = values.iloc[:, j] if hasattr(values, "iloc") else values[name]
            yield Column(f"{argument}[{name!r}]", _string_or_none(name), column)
    else:
        yield from _array_columns(as_array(values), argument)


def _string_or_none(name):
    """The name of a column if it is a string: integers are taken for positions."""
    return name if isinstance(name, str) else None


def as_array(values):
    """Values with a dtype, in which each label is of the type that it had.

    Parameters
    ----------
    values : array-like
        Labels in a list, an array or a Series.

    Returns
    -------
    values : array-like
        Lists become arrays of objects, and so do masked arrays, with None for what is
        masked: numpy would drop the mask.
    """
    if isinstance(values, np.ma.MaskedArray):
        masked = np.ma.getmaskarray(values)
        return np.where(masked, None, values.data.astype(object))
    # In a list of text np.asarray would turn NaN into "nan".
    return values if hasattr(values, "dtype") else np.array(values, dtype=object)


def _array_columns(values, argument):
    """Yield the columns of an array or Series of one or two dimensions."""
    if getattr(values, "ndim", 1) == 1:
        yield Column(argument, _string_or_none(getattr(values, "name", None)), values)
    elif values.ndim == 2:
        for j in range(values.shape[1]):
            yield Column(f"{argument}[:, {j}]", None, values[:, j])
    else:
        what = f"has {values.ndim} dimensions"
        if not values.ndim:  # a set, a generator, or a scalar, which numpy wraps
            what = f"is of type {type(values.item()).__name__}"
        msg = (
            f"{argument} {what}; pass one label for each row, or "
            "a table with one column for each sensitive feature."
        )
        raise ValueError(msg)
