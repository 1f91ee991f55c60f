"""Tables and columns in the containers that they come in."""

from typing import Any, NamedTuple

import numpy as np

from fairlearnkit._data.messages import not_given


class Column(NamedTuple):
    """One column of labels or numbers.

    Parameters
    ----------
    title : str
        What to call it in messages.
    name : str or None
        Its name, where it has one that is text.
    values : array-like of shape (n_samples,)
        With a dtype.
    """

    title: str
    name: str | None
    values: Any


def check_collected(name, value):
    """Refuse a polars LazyFrame, which has no rows yet.

    Parameters
    ----------
    name : str
        What it is called in messages.
    value : object
        Anything.

    Raises
    ------
    ValueError
        It is a LazyFrame.
    """
    # A polars DataFrame has the second and not the first.
    if hasattr(value, "collect") and hasattr(value, "collect_schema"):
        msg = f"{name} is a LazyFrame, which holds no rows yet: pass {name}.collect()."
        raise ValueError(msg)


def check_in_memory(name, value):
    """Refuse what is not in memory: LazyFrames and Dask collections.

    Parameters
    ----------
    name : str
        What it is called in messages.
    value : object
        Anything.

    Raises
    ------
    ValueError
        It is not in memory.
    """
    check_collected(name, value)
    if hasattr(value, "__dask_graph__"):
        msg = (
            f"{name} is a Dask {type(value).__name__}, whose rows are not in memory, "
            f"and that is not supported: pass {name}.compute()."
        )
        raise ValueError(msg)


def is_arrow(value):
    """Whether a value is an array or a table of pyarrow, which is not imported."""
    return type(value).__module__.partition(".")[0] == "pyarrow"


def from_arrow(value):
    """An Arrow array as a numpy array, a table as a dict of them; all else as it is.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    value : object
        None stands for a null where the dtype is object.

    Raises
    ------
    ValueError
        A name of a column that is there twice.
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
    """Features whose rows and columns can be taken, Arrow tables as pandas frames.

    Parameters
    ----------
    X : object
        Features.

    Returns
    -------
    X : object
        The same, unless it is an Arrow table.

    Raises
    ------
    ValueError
        It is not in memory.
    """
    check_in_memory("X", X)
    return X.to_pandas() if is_arrow(X) else X


def named_columns(values, caller):
    """Columns of whatever was passed, without turning numbers into text.

    Parameters
    ----------
    values : array-like of shape (n_samples,) or (n_samples, n_columns)
        List, array, Series, frame, dict of them, Arrow array or table.
    caller : Caller
        What was called, for messages.

    Returns
    -------
    columns : list of Column

    Raises
    ------
    ValueError
        None, what is not in memory, or more than two dimensions.
    """
    if values is None:
        raise ValueError(not_given(caller))
    return list(_split(values, caller.argument))


def _split(values, argument):
    check_in_memory(argument, values)
    values = from_arrow(values)
    if isinstance(values, dict):
        for key, inner in values.items():
            title = f"{argument}[{key!r}]"
            if inner is None:
                msg = f"{title} is None: pass one label for each row."
                raise ValueError(msg)
            yield from (
                Column(title, _text(key), c.values) for c in _split(inner, title)
            )
    elif hasattr(values, "columns"):  # a pandas or polars DataFrame
        for j, name in enumerate(values.columns):
            column = values.iloc[:, j] if hasattr(values, "iloc") else values[name]
            yield Column(f"{argument}[{name!r}]", _text(name), column)
    else:
        yield from _of_array(_as_array(values), argument)


def _text(name):
    """A name that can be told from a position."""
    return name if isinstance(name, str) else None


def _as_array(values):
    """Something with a dtype that keeps each label as it is."""
    if isinstance(values, np.ma.MaskedArray):
        hidden = np.ma.getmaskarray(values)
        return np.where(hidden, None, values.data.astype(object))
    # np.asarray would write NaN as the text "nan".
    return values if hasattr(values, "dtype") else np.array(values, dtype=object)


def _of_array(values, argument):
    if getattr(values, "ndim", 1) == 1:
        yield Column(argument, _text(getattr(values, "name", None)), values)
    elif values.ndim == 2:
        for j in range(values.shape[1]):
            yield Column(f"{argument}[:, {j}]", None, values[:, j])
    else:
        msg = (
            f"{argument} has {values.ndim} dimensions; pass one label for each row, or "
            "a table with one column for each sensitive feature."
        )
        raise ValueError(msg)
