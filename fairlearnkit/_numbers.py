"""What cannot be computed with: gaps in a target, and sums that float64 cannot hold."""

import numpy as np
from scipy import sparse
from sklearn.utils import assert_all_finite

from fairlearnkit._labels import is_missing

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


def varies_by_rounding(scores, X, coef):
    """Whether scores are one number, though coefficients are not 0.

    So they are along the sum of one-hot columns, which an intercept leaves free.
    """
    # Rounding is 1e-16 of the terms of a score, times what a projection loses. Features
    # that are not centred have scores of 1e-6 of their terms and are no rounding.
    spread = 1e10 * np.ptp(scores)
    if spread > largest_size(X) * np.abs(coef).sum():  # at least the sum below
        return False
    sizes = abs(X).max(axis=0)
    sizes = sizes.toarray().ravel() if sparse.issparse(X) else sizes
    terms = sizes @ np.abs(coef)
    return bool(spread <= terms and terms > 0)


def check_magnitudes(estimator, y, c, loss, reg, size, *, kernel=False):
    """Refuse data whose sums of squares overflow, before a solver meets infinity.

    Looked at are the objective, its gradient and its curvature where all scores are 0.

    Parameters
    ----------
    estimator : estimator
        Named in the message, with its parameters.
    y, c : ndarray of shape (n_samples,)
        Targets, and weights of the rows in the loss, with the factor of the loss.
    loss : Loss
        The loss.
    reg : float
        Weight of the penalty.
    size : float
        Largest absolute value of a feature; of a kernel, largest length of a row, that
        is the root of its value on the diagonal.
    kernel : bool, default=False
        Whether it is a kernel.

    Raises
    ------
    ValueError
        One of these sums is not below `LARGEST`.
    """
    zero, reg = np.zeros_like(y), np.float64(reg)
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = np.abs(loss.derivative(y, zero)) if loss.smooth else np.ones_like(y)
        pull = (c @ slopes) * np.maximum(size, 1.0)
        sums = [c @ loss.value(y, zero), pull**2, c.sum() * size**2]
        if kernel:
            sums += [(len(y) * size**2) ** 2, largest_size(y) ** 2]
        if kernel and loss.smooth:  # its coefficients are up to c y / reg
            steep = np.maximum(c.sum(), 1.0) * (pull * np.maximum(size, 1.0) / reg) ** 2
            sums += [reg / c[c > 0].min(), steep]
        elif reg > 0:  # what is divided by reg only falls on the way
            sums += [reg, (1e-2 * pull) ** 2 / reg]
    if not all(one <= LARGEST for one in sums):
        _refuse(estimator, y, c, size, kernel)


def _refuse(estimator, y, c, size, kernel):
    """Say which numbers are too far from 1 for their sums of squares."""
    by_C = hasattr(estimator, "C")
    told = [
        f"kernel values up to {size**2:.3g}" if kernel else f"X up to {size:.3g}",
        f"{'C times ' if by_C else ''}weights of rows up to {c.max():.3g}",
    ]
    if not hasattr(estimator, "classes_"):
        told.insert(1, f"y up to {largest_size(y):.3g}")
    if not by_C:
        told.append(f"alpha={estimator.alpha:.3g}")
    msg = (
        f"{type(estimator).__name__} cannot be computed in float64: with "
        f"{', '.join(told)} its sums of squares overflow. Scale what is far from 1."
    )
    raise ValueError(msg)
