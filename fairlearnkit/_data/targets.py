"""Targets and weights: missing values, and sums that float64 cannot hold."""

import numpy as np
from scipy import sparse
from sklearn.utils import assert_all_finite

from fairlearnkit._data.containers import as_array
from fairlearnkit._data.missing import is_missing

# Sums with which a fit starts must stay below this. They may grow a millionfold on the
# way, and float64 ends at 1.8e308. Twice as much would do, too; 1e308 would not.
LARGEST_SUM = 1e302


def check_target(y):
    """Raise scikit-learn's error for missing values in a target of any type.

    Parameters
    ----------
    y : array-like or None
        Numbers or labels. None passes: whether a target is required is checked
        elsewhere.

    Raises
    ------
    ValueError
        If a value is None, NaN, NaT or NA.
    """
    if y is not None and any(map(is_missing, _values_to_check(y))):
        msg = "Input y contains NaN."
        raise ValueError(msg)


def _values_to_check(y):
    """Distinct values of a target among which a missing one may be."""
    if isinstance(y, np.ma.MaskedArray):  # np.asarray would drop the mask
        y = as_array(y)
    if isinstance(y, list | tuple):  # np.asarray would make text of NaN in a list
        values = y
    else:
        array = np.asarray(y)
        if array.dtype.kind in "fmM":
            return [None] if (array != array).any() else []
        values = array.ravel().tolist() if array.ndim and array.dtype == object else []
    try:
        return dict.fromkeys(values)
    except TypeError:  # rows of several values, an error of scikit-learn later
        return []


def numeric_target(y):
    """A target that passed `check_target`, in float64 and finite."""
    if y.dtype.kind in "mM":  # which float64 would hold as a count of nanoseconds
        msg = (
            f"y holds times ({y.dtype}), and a regression needs numbers: pass their "
            "distance to a date, in a unit of your choice, such as "
            "(y - y.min()) / np.timedelta64(1, 'D')."
        )
        raise ValueError(msg)
    y = y.astype(np.float64)
    assert_all_finite(y, input_name="y")
    return y


def check_weight_sum(weight):
    """Raise an error for weights whose sum is not finite.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,)
        Weights, each of them finite.

    Raises
    ------
    ValueError
        If their sum overflows.
    """
    with np.errstate(over="ignore"):
        finite = np.isfinite(weight.sum())
    if not finite:
        msg = (
            f"sample_weight has values up to {weight.max():.3g}, whose sum is more "
            "than float64 holds: divide the weights by their maximum."
        )
        raise ValueError(msg)


def check_digits(weight):
    """Raise an error for weights of which float64 keeps a few digits only.

    Products of them are 0, and quotients infinite, in all that is computed with them.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,)
        Weights.
    """
    largest = weight.max(initial=0.0)
    if 0 < largest < np.finfo(np.float64).tiny:
        msg = (
            f"sample_weight has values up to {largest:.3g}, of which float64 does not "
            "hold all digits: compute the weights in a larger unit."
        )
        raise ValueError(msg)


def max_abs(X):
    """Largest absolute value of a dense or sparse array, without a copy of it."""
    values = X.data if sparse.issparse(X) else X
    if not values.size:
        return np.float64(0.0)
    return np.maximum(np.float64(values.max()), -np.float64(values.min()))
