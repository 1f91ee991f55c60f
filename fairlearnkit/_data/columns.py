"""Columns of a table X: which ones are meant, taken out, and left."""

from collections import Counter
from numbers import Integral

import numpy as np
from scipy import sparse

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import as_frame
from fairlearnkit._data.messages import shown
from fairlearnkit.utils._sklearn_private import _safe_indexing


def as_table(X):
    """X in a form whose columns can be taken.

    Lists become arrays, COO becomes CSR, and Arrow tables become pandas frames.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features.

    Returns
    -------
    table : {ndarray, sparse matrix, dataframe}
        X itself wherever it can be.

    Raises
    ------
    ValueError
        X does not have two dimensions, or is not in memory.
    """
    if sparse.issparse(X):
        return X if X.format in ("csr", "csc") else X.tocsr()
    table = X = as_frame(X)
    if not hasattr(X, "shape"):
        table = np.asarray(X)
        if table.dtype.kind in "US":  # numpy turns the numbers beside a text into text
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
    """Names of the columns, doubled ones as they are.

    Parameters
    ----------
    X : {ndarray, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features.

    Returns
    -------
    names : list of str or None
        None for an array, and for a frame with other names than strings.
    """
    names = list(getattr(X, "columns", ()))
    return names if names and all(isinstance(n, str) for n in names) else None


def is_one(columns):
    """Whether a single name or position is meant."""
    return isinstance(columns, str | Integral) or getattr(columns, "ndim", 1) == 0


def find_columns(X, columns):
    """Positions of the columns that a user names.

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
        Nothing is named, or a column is not there, there twice, or named twice.
    """
    if isinstance(columns, set | frozenset | dict):
        msg = f"columns={columns!r} has no order; pass a list."
        raise ValueError(msg)
    listed = np.ravel(columns).tolist() if is_one(columns) else list(columns)
    n_features = X.shape[1]
    if listed and all(isinstance(c, str) for c in listed):
        positions = _named(X, listed)
    elif listed and all(isinstance(c, bool | np.bool_) for c in listed):
        if len(listed) != n_features:
            msg = (
                f"columns is a mask of length {len(listed)}, but X has {n_features} "
                "columns: give one value for each."
            )
            raise ValueError(msg)
        positions = np.flatnonzero(listed).tolist()
    elif all(isinstance(c, Integral) for c in listed):
        outside = [c for c in listed if not -n_features <= c < n_features]
        if outside:
            msg = (
                f"columns={columns!r} names the position {outside[0]}, but X has "
                f"{n_features} columns."
            )
            raise ValueError(msg)
        positions = [int(c) % n_features for c in listed]
    else:
        msg = (
            f"columns={columns!r} mixes kinds: give names, or positions, or a mask of "
            "booleans."
        )
        raise ValueError(msg)
    if not positions:
        msg = f"columns={columns!r} names no column; name at least one."
        raise ValueError(msg)
    if len(set(positions)) < len(positions):
        msg = f"columns={columns!r} names a column twice."
        raise ValueError(msg)
    return np.array(positions, dtype=np.intp)


def _named(X, names):
    known = column_names(X)
    if known is None:
        msg = (
            f"columns={names} are names, but X, a {type(X).__name__}, has no column "
            "names, or not only strings. Pass a DataFrame with names, or take columns "
            "by position. (A tool that turns frames into arrays, such as "
            "BaggingClassifier, needs positions.)"
        )
        raise ValueError(msg)
    for name in names:
        if known.count(name) != 1:
            msg = (
                f"X has {known.count(name) or 'no'} columns named {name!r}; its "
                f"columns are {shown(known)}."
            )
            raise ValueError(msg)
    return [known.index(name) for name in names]


def take_columns(X, columns, positions=None):
    """The sensitive features that lie in X.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features, as `as_table` returns them.
    columns : str, int, list, or callable
        As in `find_columns`, or a function from X to one label for each row.
    positions : ndarray of intp, default=None
        Where the columns are, if that is known already.

    Returns
    -------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        One-dimensional for a single name or position; a frame's column is a Series.

    Raises
    ------
    ValueError
        As in `find_columns`, or a function that does not return a label a row.
    """
    if callable(columns):
        return _labels_of_rows(columns, X)
    if positions is None:
        positions = find_columns(X, columns)
    one = is_one(columns)
    if sparse.issparse(X):
        taken = X[:, positions].toarray()
        return taken[:, 0] if one else taken
    return _safe_indexing(X, int(positions[0]) if one else positions, axis=1)


def _labels_of_rows(function, X):
    labels = function(X)
    n_samples = X.shape[0]
    found = getattr(labels, "shape", None) or (
        (len(labels),) if hasattr(labels, "__len__") else ()
    )
    if not found or found[0] != n_samples:
        what = f"{found[0]} rows" if found else repr(labels)
        msg = (
            f"columns={function!r} returned {what} for the {n_samples} rows of X: "
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
        The columns to leave out.

    Returns
    -------
    rest : {ndarray, sparse matrix, dataframe}
        A view of an array where the first or last columns are dropped, else a copy.

    Raises
    ------
    ValueError
        Nothing would be left.
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
    return _safe_indexing(X, kept, axis=1)


def reorder_columns(X, names):
    """X with its columns in the order of `names`.

    Parameters
    ----------
    X : dataframe of shape (n_samples, n_features)
        Features.
    names : list of str
        The columns that X should have.

    Returns
    -------
    X : dataframe
        The same object where the order is the same.

    Raises
    ------
    ValueError
        A column is missing, was not known, or is there twice.
    """
    found = column_names(X)
    if found == names:
        return X
    counts = Counter(found)
    wrong = {
        "missing": list(Counter(names) - counts),
        "not seen in fit": [name for name in counts if name not in names],
        "more than once": [n for n, c in counts.items() if c > 1 and n in names],
    }
    told = "; ".join(
        f"{what}: {shown(which)}" for what, which in wrong.items() if which
    )
    if told:
        msg = (
            f"X has other columns than in fit ({told}). They may come in another "
            "order; pass each of them once, under its name."
        )
        raise ValueError(msg)
    return _safe_indexing(X, [found.index(name) for name in names], axis=1)
