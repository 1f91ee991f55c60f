"""Texts in any container, each of them rewritten by a function."""

import numpy as np
from scipy import sparse

from fairlearnkit._data.columns import as_table
from fairlearnkit._data.containers import as_frame, from_arrow, is_arrow

# numpy's dtype.kind of what holds no text: numbers, booleans and times.
NO_TEXT_KINDS = "biufcmM"


def read_texts(X, name):
    """X in a container whose texts can be rewritten.

    Parameters
    ----------
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        Texts, or a table with texts.
    name : str
        Who asks for them, for messages.

    Returns
    -------
    X : list, array, Series or DataFrame
        Iterators become lists, Arrow arrays become arrays, Arrow tables and lists of
        lists become tables.

    Raises
    ------
    TypeError
        If X is sparse, such as what a vectoriser returns, or no collection.
    ValueError
        If X is a single text, or numbers of one dimension.
    """
    if sparse.issparse(X):
        msg = (
            f"{name} takes texts, and got a sparse matrix: put it before the "
            "vectoriser, as in make_pipeline(TermMerge(), TfidfVectorizer(), model)."
        )
        raise TypeError(msg)
    if isinstance(X, str):
        msg = f"{name} takes several texts, and got a single one: pass [text]."
        raise ValueError(msg)
    if is_arrow(X) and not hasattr(X, "column_names"):
        X = from_arrow(X)
    X = as_frame(X)
    if not hasattr(X, "__len__"):
        if not hasattr(X, "__array__") and not hasattr(X, "__iter__"):
            msg = (
                f"{name} takes texts, and got a {type(X).__name__}: pass a list, an "
                "array, a Series or a table of them."
            )
            raise TypeError(msg)
        X = np.asarray(X) if hasattr(X, "__array__") else list(X)
    if not is_one_dimensional(X):
        return as_table(X)
    _check_holds_texts(X, name)
    return X


def is_one_dimensional(X):
    """Whether X is a list, array or Series of texts, rather than a table."""
    if hasattr(X, "shape"):
        return len(X.shape) == 1
    if not isinstance(X, list | tuple):
        return np.ndim(X) == 1  # whatever has __array__
    return not any(np.ndim(value) for value in X[:1])


def _check_holds_texts(X, name):
    """Raise an error for numbers of one dimension."""
    if hasattr(X, "dtype"):
        numbers = not _may_hold_text(X)
    else:
        numbers = len(X) > 0 and np.asarray(X).dtype.kind in NO_TEXT_KINDS
    if numbers:
        msg = (
            f"{name} takes texts, and got a one-dimensional array of numbers. Reshape "
            "your data: X.reshape(-1, 1) is a table with a single column."
        )
        raise ValueError(msg)


def text_columns(X):
    """Positions of the columns of a table whose type may hold text.

    Parameters
    ----------
    X : {ndarray, dataframe} of shape (n_samples, n_features)
        A table.

    Returns
    -------
    positions : list of int
        All or none of an array.
    """
    if isinstance(X, np.ndarray):
        return list(range(X.shape[1])) if _may_hold_text(X) else []
    return [j for j in range(X.shape[1]) if _may_hold_text(_column(X, j))]


def _may_hold_text(values):
    """Whether values are of a type that holds text, going by the type alone."""
    dtype = values.dtype
    if hasattr(dtype, "is_numeric"):  # of polars
        return not (
            dtype.is_numeric() or dtype.is_temporal() or str(dtype) == "Boolean"
        )
    return getattr(dtype, "kind", "O") not in NO_TEXT_KINDS


def _column(X, j):
    return X.iloc[:, j] if hasattr(X, "iloc") else X[:, j]


def map_texts(function, X, positions=None):
    """X with a function applied to each text.

    Parameters
    ----------
    function : callable
        From a value to another one; it has to leave alone what is no text.
    X : list, array, Series or DataFrame
        As `read_texts` returns it.
    positions : list of int, default=None
        Columns of a table. The others are left as they are.

    Returns
    -------
    X : list, array, Series or DataFrame
        The same container, with the same index and names.
    """
    if is_one_dimensional(X):
        return _map_values(function, X)
    if isinstance(X, np.ndarray):
        if not positions:
            return X
        new = X.astype(object)
        for j in positions:
            new[:, j] = [function(value) for value in new[:, j].tolist()]
        return new.astype(str) if X.dtype.kind == "U" else new
    for j in positions:
        X = _with_column(X, j, _map_values(function, _column(X, j)))
    return X


def _map_values(function, values):
    """One-dimensional values, each of them mapped."""
    if hasattr(values, "iloc"):
        # Of a categorical, which keeps its type, the categories are mapped.
        new = values.map(function)
        is_categorical = hasattr(values.dtype, "categories")
        return new if is_categorical else new.astype(values.dtype)
    new = [function(value) for value in values]
    if isinstance(values, np.ndarray):
        array = np.empty(len(new), dtype=object)
        array[:] = new
        return array.astype(str) if values.dtype.kind == "U" else array
    if hasattr(values, "dtype"):  # a polars Series
        return type(values)(values.name, new, dtype=values.dtype)
    return new


def _with_column(X, j, values):
    """A copy of a frame with another column at a position."""
    if not hasattr(X, "iloc"):
        return X.with_columns(values)
    X = X.copy(deep=False)
    X.isetitem(j, values)
    return X
