"""Rows of whatever was passed: some of them, by group, and their weights."""

import numpy as np
from scipy import sparse

from fairlearnkit._data.containers import from_arrow
from fairlearnkit._data.groups import Groups
from fairlearnkit._data.targets import check_digits, check_weight_sum
from fairlearnkit.utils._sklearn_private import (
    _check_sample_weight,
    _safe_indexing,
)


def take_rows(sensitive_features, rows):
    """Some rows of sensitive features of any container that `read_groups` takes.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        As in `read_groups`.
    rows : ndarray of int
        Positions.

    Returns
    -------
    sensitive_features : array-like
        In the same container; Arrow data as numpy arrays.
    """
    sensitive_features = from_arrow(sensitive_features)
    if isinstance(sensitive_features, dict):
        return {name: take_rows(v, rows) for name, v in sensitive_features.items()}
    if hasattr(sensitive_features, "categories"):  # a pandas Categorical
        return sensitive_features[rows]
    return _safe_indexing(sensitive_features, rows)


def read_weight(sample_weight, n_samples):
    """Weights of rows, scaled so that their sum cannot overflow, or None.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or None
        Weights in any unit.
    n_samples : int
        Number of rows of X.

    Returns
    -------
    weight : ndarray of shape (n_samples,) or None
        The weights times a power of two, which loses no digit; the largest one is
        below 1.

    Raises
    ------
    ValueError
        If they are negative, not finite, all zero, or not one for each row.
    """
    weight = _finite_weight(sample_weight, n_samples)
    if weight is None:
        return None
    if not weight.any():  # scikit-learn before 1.8 lets them pass
        msg = "Sample weights must contain at least one non-zero number."
        raise ValueError(msg)
    return np.ldexp(weight, -np.frexp(weight.max())[1])


def check_weight(sample_weight, n_samples):
    """Weights of rows in their own unit, for functions of other libraries, or None.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or None
        Weights.
    n_samples : int
        Number of rows of X.

    Returns
    -------
    weight : ndarray of shape (n_samples,) or None

    Raises
    ------
    ValueError
        If they are negative, not finite, or not one for each row, or their sum is more
        than float64 holds, or less than it holds with all digits.
    """
    weight = _finite_weight(sample_weight, n_samples)
    if weight is not None:
        check_weight_sum(weight)
        check_digits(weight)
    return weight


def _finite_weight(sample_weight, n_samples):
    if sample_weight is None:
        return None
    options = {"dtype": np.float64, "ensure_non_negative": True}
    return _check_sample_weight(sample_weight, np.empty(n_samples), **options)


def with_single_entries(X):
    """X with one entry for each place: a sparse matrix may store a number in parts.

    The sum of their squares is not that of the number, which norms of rows would take
    it for, as scikit-learn's do.

    Parameters
    ----------
    X : ndarray, or CSR matrix, of shape (n_samples, n_features)
        Features.

    Returns
    -------
    X : ndarray, or CSR matrix
        X itself unless it has such parts, or unsorted ones.
    """
    if not sparse.issparse(X) or X.has_canonical_format:
        return X
    X = X.copy()
    X.sum_duplicates()
    return X


def split_rows(codes, n_groups):
    """Positions of the rows of each group, and last those of no group (code -1)."""
    small = n_groups <= np.iinfo(np.int16).max  # numpy's stable sort of int16 counts
    order = np.argsort(codes.astype(np.int16) if small else codes, kind="stable")
    ends = np.cumsum(np.bincount(codes + 1, minlength=n_groups + 1))[:-1]
    without, *rows = np.split(order, ends)
    return [*rows, without]


def take_groups(groups, rows):
    """Groups of some rows; all labels are kept, also those without a row."""
    codes = groups.codes[rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(groups.labels))
    return Groups(groups.labels, codes, counts)
