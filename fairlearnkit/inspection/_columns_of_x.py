"""Columns of X, an array or a pandas DataFrame, that are moved one at a time."""

import numpy as np
from scipy.sparse import issparse

from fairlearnkit._data.columns import as_table
from fairlearnkit.utils._sklearn_private import _safe_indexing

# A spread that is smaller, relative to the largest value, comes from rounding, which is
# of the order of 1e-16: the column is constant. Doubling it makes no difference.
CONSTANT = 1e-12


def read_table(X):
    """X as a dense array or a pandas DataFrame."""
    X = as_table(X)
    # Frames other than those of pandas have columns, but no iloc.
    if issparse(X) or (hasattr(X, "columns") and not hasattr(X, "iloc")):
        msg = f"X is a {type(X).__name__}; pass a dense array or a pandas DataFrame."
        raise ValueError(msg)
    return X


def is_numeric(X, j):
    """Whether a column can be read as numbers."""
    try:
        _column(X, j)
    except (TypeError, ValueError):
        return False
    return True


def spread_of_column(X, j):
    """Standard deviation of a column, 1 for a constant one.

    Parameters
    ----------
    X : ndarray or DataFrame of shape (n_samples, n_features)
        Rows.
    j : int
        Position of the column.

    Returns
    -------
    spread : float
    """
    try:
        column = _column(X, j)
    except (TypeError, ValueError) as error:
        msg = f"Column {j} of X is not numeric ({error}): protect numeric columns."
        raise ValueError(msg) from error
    spread = float(np.nanstd(column)) if not np.isnan(column).all() else 0.0
    largest = np.nanmax(np.abs(column), initial=0.0)
    return spread if spread > CONSTANT * largest else 1.0


def move_column(X, j, by):
    """A copy of X with a number added to one column, which becomes float64.

    Parameters
    ----------
    X : ndarray or DataFrame of shape (n_samples, n_features)
        Rows.
    j : int
        Position of the column.
    by : float
        Number to add.

    Returns
    -------
    moved : ndarray or DataFrame of shape (n_samples, n_features)
    """
    moved = X.copy()
    column = _column(X, j) + by
    if hasattr(X, "iloc"):
        moved.isetitem(int(j), column)  # replaces the column, and with it the dtype
        return moved
    if moved.dtype.kind != "O":  # integers or float32 would round the step away
        moved = moved.astype(np.float64)
    moved[:, j] = column
    return moved


def _column(X, j):
    values = np.asarray(_safe_indexing(X, int(j), axis=1))
    return values.astype(np.float64)
