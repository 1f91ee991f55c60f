"""The other version of each row, as a user's function makes it, and what changed."""

import numpy as np
from scipy import sparse

from fairlearnkit._data.columns import column_names
from fairlearnkit._data.missing import is_missing
from fairlearnkit.utils._sklearn_private import _num_samples, _safe_indexing

NUMBER_KINDS = "biufc"  # numpy's dtype.kind of what is compared without a loop


def other_version(swap, X):
    """What a swap makes of X, in the container of X.

    Parameters
    ----------
    swap : callable
        From X to the other version of each row.
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        Rows.

    Returns
    -------
    other : array-like of the same shape
        The index of a frame or Series is that of X.

    Raises
    ------
    TypeError
        If the swap returns another kind of container.
    ValueError
        If it returns another number of rows, or other columns.
    """
    return conform(swap(X), X)


def conform(other, X):
    """The other version of X, checked, in the container of X."""
    if not hasattr(other, "shape") and not hasattr(other, "__len__"):
        msg = (
            f"swap returned {other!r}; it has to return the other version of each row."
        )
        raise TypeError(msg)
    if _num_samples(other) != _num_samples(X):
        msg = (
            f"swap returned {_num_samples(other)} rows for {_num_samples(X)}: it has "
            "to return the other version of each row, in the same order."
        )
        raise ValueError(msg)
    if hasattr(X, "columns") or sparse.issparse(X):
        return _conform_table(other, X)
    if hasattr(X, "iloc"):  # a pandas Series
        values = other.to_numpy() if hasattr(other, "to_numpy") else list(other)
        return type(X)(values, index=X.index, name=X.name)
    if hasattr(X, "shape") and not isinstance(X, np.ndarray):  # a polars Series
        return type(X)(X.name, list(other))
    if not isinstance(X, np.ndarray):
        return list(other)
    other = np.asarray(other)
    if other.shape != X.shape:
        msg = f"swap returned the shape {other.shape} for X of the shape {X.shape}."
        raise ValueError(msg)
    return other


def _conform_table(other, X):
    """As `conform`, for a frame or a sparse matrix."""
    if type(other) is not type(X):
        msg = (
            f"swap returned a {type(other).__name__} for a {type(X).__name__}: it has "
            "to return the container that it gets, with the same columns."
        )
        raise TypeError(msg)
    if other.shape != X.shape or column_names(other) != column_names(X):
        msg = (
            f"swap returned the columns {column_names(other) or other.shape[1]} for "
            f"{column_names(X) or X.shape[1]}: they have to stay the same."
        )
        raise ValueError(msg)
    return other.set_axis(X.index) if hasattr(X, "iloc") else other


def changed_rows(X, other):
    """Which rows differ between two versions.

    Parameters
    ----------
    X, other : array-like of shape (n_samples,) or (n_samples, n_features)
        In the same container.

    Returns
    -------
    changed : ndarray of shape (n_samples,), bool
        Two missing values are equal.
    """
    if X is other:
        return np.zeros(_num_samples(X), dtype=bool)
    if sparse.issparse(X):
        different = sparse.csr_array(other != X)
        return np.diff(different.indptr) > 0
    if hasattr(X, "columns"):
        pairs = [(_column(X, j), _column(other, j)) for j in range(X.shape[1])]
        return np.any([_differ(*pair) for pair in pairs], axis=0)
    if isinstance(X, np.ndarray):
        different = _differ(X, other)
        return different.reshape(len(X), -1).any(axis=1)
    return _differ(X, other)


def _column(X, j):
    return X.iloc[:, j] if hasattr(X, "iloc") else X[:, j]


def _differ(values, others):
    """Where two arrays differ; a missing value is equal to another one."""
    values, others = (_as_array(v) for v in (values, others))
    if values.dtype.kind in NUMBER_KINDS and others.dtype.kind in NUMBER_KINDS:
        # NaN does not equal itself.
        return (values != others) & ~((values != values) & (others != others))
    both = zip(values.ravel().tolist(), others.ravel().tolist())
    different = [a is not b and not _equal(a, b) for a, b in both]
    return np.array(different, dtype=bool).reshape(values.shape)


def _equal(a, b):
    """Whether two values are equal, or both missing: NA equals nothing."""
    missing = [is_missing(value) for value in (a, b)]
    return all(missing) if any(missing) else bool(a == b)


def _as_array(values):
    if isinstance(values, np.ndarray):
        return values
    if hasattr(values, "to_numpy"):
        return values.to_numpy()
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def stack_rows(X, other):
    """The rows of X, and below them those of its other version.

    Parameters
    ----------
    X, other : array-like of shape (n_samples,) or (n_samples, n_features)
        In the same container.

    Returns
    -------
    stacked : array-like of shape (2 * n_samples,) or (2 * n_samples, n_features)
    """
    if sparse.issparse(X):
        return sparse.vstack([X, other], format="csr")
    if isinstance(X, np.ndarray):
        return np.concatenate([X, other])
    if hasattr(X, "iloc"):
        import pandas as pd

        return pd.concat([X, other])
    if hasattr(X, "shape"):
        import polars as pl

        return pl.concat([X, other])
    return [*X, *other]


def repeat_rows(X, n_times):
    """All rows of X several times, one block below the other."""
    return _safe_indexing(X, np.tile(np.arange(_num_samples(X)), n_times))
