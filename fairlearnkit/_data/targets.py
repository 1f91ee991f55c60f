"""Targets and weights: missing values, and sums that float64 cannot hold."""

import numpy as np
from scipy import sparse
from sklearn.utils import assert_all_finite

from fairlearnkit._data.labels import is_missing

# Sums that a fit starts with stay below this, for on the way they grow up to a
# millionfold; float64 ends at 1.8e308.
LARGEST = 1e302


def check_target(y):
    """Refuse missing values in a target, in scikit-learn's words.

    Parameters
    ----------
    y : array-like or None
        Numbers or labels of any kind; None is left to others.

    Raises
    ------
    ValueError
        A None, NaN, NaT or NA among the values.
    """
    if y is not None and any(map(is_missing, _distinct_values(y))):
        msg = "Input y contains NaN."
        raise ValueError(msg)


def _distinct_values(y):
    """Values of a target among which there may be a missing one."""
    if isinstance(y, list | tuple):  # np.asarray would make text of NaN beside text
        values = y
    else:
        array = np.asarray(y)
        if array.dtype.kind in "fmM":
            return [None] if (array != array).any() else []
        values = array.ravel().tolist() if array.ndim and array.dtype == object else []
    try:
        return dict.fromkeys(values)
    except TypeError:  # rows of several values, which others refuse
        return []


def numeric_target(y):
    """A checked target in float64; text of numbers may still hold infinite ones."""
    y = y.astype(np.float64)
    assert_all_finite(y, input_name="y")
    return y


def check_weight_sum(weight):
    """Refuse weights of rows whose sum is not finite.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,)
        Weights, each of them finite.

    Raises
    ------
    ValueError
        Their sum overflows.
    """
    with np.errstate(over="ignore"):
        finite = np.isfinite(weight.sum())
    if not finite:
        msg = (
            f"sample_weight has values up to {weight.max():.3g}, whose sum is more "
            "than float64 holds: divide the weights by their maximum."
        )
        raise ValueError(msg)


def largest_size(X):
    """Largest absolute value, of a dense or sparse array."""
    values = X.data if sparse.issparse(X) else X
    if not values.size:
        return np.float64(0.0)
    return np.maximum(np.float64(values.max()), -np.float64(values.min()))
