"""Columns of X: found by name or position, selected, dropped and put in order."""

from collections import Counter
from numbers import Integral

import numpy as np
from scipy import sparse

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import as_frame, is_lazy
from fairlearnkit._data.messages import format_labels
from fairlearnkit.utils._sklearn_private import _safe_indexing


def as_table_or_lazy(X):
    """As `as_table`, with Dask collections of two dimensions left as they are."""
    return X if is_lazy(X) and getattr(X, "ndim", 0) == 2 else as_table(X)


def as_table(X):
    """X in a container whose columns can be selected.

    Lists become arrays, COO becomes CSR, and Arrow tables become pandas DataFrames.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features.

    Returns
    -------
    table : {ndarray, sparse matrix, dataframe}
        X itself where possible.

    Raises
    ------
    ValueError
        If X does not have two dimensions, or is not in memory.
    """
    if sparse.issparse(X):
        return X if X.format in ("csr", "csc") else X.tocsr()
    table = X = as_frame(X)
    if not hasattr(X, "shape"):
        table = np.asarray(X)
        if table.dtype.kind in "US":  # numpy has made text of the numbers
            table = np.asarray(X, dtype=object)
    if len(table.shape) != 2:
        msg = (
            f"X must be a table with rows and columns, got {len(table.shape)} "
            "dimension(s). Reshape your data: X.reshape(1, -1) for a single row, "
            "X.reshape(-1, 1) for a single feature."
        )
        raise ValueError(msg)
    return table


def column_names(X):
    """Names of the columns of a frame; a name may occur twice.

    Parameters
    ----------
    X : {ndarray, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features.

    Returns
    -------
    names : list of str or None
        None for an array, and for a frame that has a name other than a string.
    """
    names = list(getattr(X, "columns", ()))
    return names if names and all(isinstance(n, str) for n in names) else None


def is_single_column(columns):
    """Whether `columns` is one name or position, rather than a list of them."""
    return isinstance(columns, str | Integral) or getattr(columns, "ndim", 1) == 0


def find_columns(X, columns):
    """Positions of the columns that a user selects.

    Parameters
    ----------
    X : {ndarray, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features, as `as_table` returns them.
    columns : str, int, or list of str, of int or of bool
        Names, positions (negative ones count from the end), or a mask.

    Returns
    -------
    positions : ndarray of intp
        In the order of `columns`.

    Raises
    ------
    ValueError
        If nothing is selected, a column does not exist, its name occurs twice in X, or
        it is selected twice.
    """
    if isinstance(columns, set | frozenset | dict):
        msg = f"columns={columns!r} has no order; pass a list."
        raise ValueError(msg)
    single = is_single_column(columns)
    listed = np.ravel(columns).tolist() if single else list(columns)
    positions = _find_listed_columns(X, listed, columns)
    if not positions:
        msg = f"columns={columns!r} names no column; name at least one."
        raise ValueError(msg)
    if len(set(positions)) < len(positions):
        msg = f"columns={columns!r} names a column twice."
        raise ValueError(msg)
    return np.array(positions, dtype=np.intp)


def _find_listed_columns(X, listed, columns):
    """Positions of a list of names, booleans or integers."""
    if listed and all(isinstance(c, str) for c in listed):
        return _find_names(X, listed)
    if listed and all(isinstance(c, bool | np.bool_) for c in listed):
        return _find_in_mask(X, listed)
    if all(isinstance(c, Integral) for c in listed):
        return _find_positions(X, listed, columns)
    msg = (
        f"columns={columns!r} mixes kinds: give names, or positions, or a mask of "
        "booleans."
    )
    raise ValueError(msg)


def _find_in_mask(X, mask):
    """Positions that a mask selects."""
    if len(mask) != X.shape[1]:
        msg = (
            f"columns is a mask of length {len(mask)}, but X has {X.shape[1]} "
            "columns: give one value for each."
        )
        raise ValueError(msg)
    return np.flatnonzero(mask).tolist()


def _find_positions(X, listed, columns):
    """Positions from 0, of positions that may count from the end."""
    n_features = X.shape[1]
    outside = [c for c in listed if not -n_features <= c < n_features]
    if outside:
        msg = (
            f"columns={columns!r} names the position {outside[0]}, but X has "
            f"{n_features} columns."
        )
        raise ValueError(msg)
    return [int(c) % n_features for c in listed]


def _find_names(X, names):
    """Positions of columns by name, each of which must occur once in X."""
    known = column_names(X)
    if known is None:
        msg = (
            f"columns={names} are names, but X, a {type(X).__name__}, has no column "
            "names, or not only strings. Pass a DataFrame with names, or select "
            "columns by position. (A tool that turns frames into arrays, such as "
            "BaggingClassifier, needs positions.)"
        )
        raise ValueError(msg)
    for name in names:
        if known.count(name) != 1:
            msg = (
                f"X has {known.count(name) or 'no'} columns named {name!r}; its "
                f"columns are {format_labels(known)}."
            )
            raise ValueError(msg)
    return [known.index(name) for name in names]


def take_columns(X, columns, positions=None):
    """Select the sensitive features from X.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features, as `as_table` returns them, or a Dask collection.
    columns : str, int, list, or callable
        As in `find_columns`, or a function from X to one label for each row.
    positions : ndarray of intp, default=None
        Positions of the columns, if they are known already.

    Returns
    -------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        One-dimensional for a single name or position, a Series if X is a frame.

    Raises
    ------
    ValueError
        As in `find_columns`, or if a function does not return one label for each row.
    """
    if callable(columns):
        return _labels_of_rows(columns, X)
    if positions is None:
        positions = find_columns(X, columns)
    single = is_single_column(columns)
    if sparse.issparse(X):
        dense = X[:, positions].toarray()
        return dense[:, 0] if single else dense
    return _columns_at(X, int(positions[0]) if single else positions)


def _columns_at(X, positions):
    """A column, or several, of a table in memory or of a Dask collection."""
    if not is_lazy(X):
        return _safe_indexing(X, positions, axis=1)
    single = isinstance(positions, int)
    if not hasattr(X, "columns"):
        return X[:, positions if single else np.asarray(positions).tolist()]
    return X[X.columns[positions]] if single else X.iloc[:, list(positions)]


def _labels_of_rows(function, X):
    """What a user's function returns for X, checked to have one entry for each row."""
    labels = function(X)
    if is_lazy(X):
        if is_lazy(labels):
            return labels
        msg = (
            f"columns={function!r} returned a {type(labels).__name__} for a Dask "
            f"{type(X).__name__}: return a collection of the same partitions, such as "
            "X['age'] > 40 or X.map_partitions(function)."
        )
        raise ValueError(msg)
    n_samples = X.shape[0]
    shape = getattr(labels, "shape", None) or (
        (len(labels),) if hasattr(labels, "__len__") else ()
    )
    if not shape or shape[0] != n_samples:
        returned = f"{shape[0]} rows" if shape else repr(labels)
        msg = (
            f"columns={function!r} returned {returned} for the {n_samples} rows of X: "
            "return one label, or one row of labels, for each row."
        )
        raise ValueError(msg)
    check_alignment(**{"X": X, "columns(X)": labels})
    return labels


def drop_columns(X, positions):
    """X without some of its columns.

    Parameters
    ----------
    X : {ndarray, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features.
    positions : ndarray of intp
        Positions of the columns to drop.

    Returns
    -------
    rest : {ndarray, sparse matrix, dataframe}
        A view of an array if the first or last columns are dropped, otherwise a copy.

    Raises
    ------
    ValueError
        If no column would be left.
    """
    kept = np.delete(np.arange(X.shape[1]), positions)
    if not len(kept):
        msg = (
            f"columns names all {X.shape[1]} columns of X, so that with drop=True "
            "nothing is left to learn from."
        )
        raise ValueError(msg)
    if isinstance(X, np.ndarray) and kept[-1] - kept[0] == len(kept) - 1:
        return X[:, kept[0] : kept[-1] + 1]
    return _columns_at(X, kept)


def reorder_columns(X, names):
    """X with its columns in the order of `names`.

    Parameters
    ----------
    X : dataframe of shape (n_samples, n_features)
        Features.
    names : list of str
        Names of the columns of fit.

    Returns
    -------
    X : dataframe
        The same object if the order is the same.

    Raises
    ------
    ValueError
        If a column is missing, was not seen in fit, or occurs twice.
    """
    new_names = column_names(X)
    if new_names == names:
        return X
    counts = Counter(new_names)
    problems = {
        "missing": list(Counter(names) - counts),
        "not seen in fit": [name for name in counts if name not in names],
        "more than once": [n for n, c in counts.items() if c > 1 and n in names],
    }
    listed = "; ".join(
        f"{problem}: {format_labels(which)}"
        for problem, which in problems.items()
        if which
    )
    if listed:
        msg = (
            f"X has other columns than in fit ({listed}). They may come in another "
            "order; pass each of them once, under its name."
        )
        raise ValueError(msg)
    return _columns_at(X, [new_names.index(name) for name in names])
