"""Checks for numbers so large or so small that float64 cannot hold their squares."""

import numpy as np
from scipy import sparse

from fairlearnkit._data.targets import LARGEST_SUM, max_abs

# Scores that vary by less than this part of their terms are constant. Rounding is 1e-16
# of the terms, times what a projection loses; features that are not centred have scores
# of about 1e-6 of their terms.
ROUNDING_OF_SCORES = 1e-10


def varies_by_rounding(scores, X, coef):
    """Whether scores are constant up to rounding, although coefficients are not 0.

    Coefficients along the sum of one-hot columns give such scores, since the intercept
    makes up for them.
    """
    spread = np.ptp(scores) / ROUNDING_OF_SCORES
    if spread > max_abs(X) * np.abs(coef).sum():  # an upper bound of the terms
        return False
    sizes = abs(X).max(axis=0)
    sizes = sizes.toarray().ravel() if sparse.issparse(X) else sizes
    terms = sizes @ np.abs(coef)
    return bool(spread <= terms and terms > 0)


def check_magnitudes(estimator, y, c, loss, reg, size, *, kernel=False):
    """Raise an error if sums of squares overflow, before a solver runs into infinity.

    Checked are the objective, its gradient and its curvature where all scores are 0.

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
        Largest absolute value of a feature; for a kernel, the root of the largest value
        on its diagonal.
    kernel : bool, default=False
        Whether it is a kernel.

    Raises
    ------
    ValueError
        One of these sums is not below `LARGEST_SUM`.
    """
    zero, reg = np.zeros_like(y), np.float64(reg)
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = np.abs(loss.derivative(y, zero)) if loss.smooth else np.ones_like(y)
        pull = (c @ slopes) * np.maximum(size, 1.0)
        sums = [c @ loss.value(y, zero), pull**2, c.sum() * size**2]
        if kernel:
            sums += [(len(y) * size**2) ** 2, max_abs(y) ** 2]
        if kernel and loss.smooth:  # its coefficients are up to c y / reg
            steep = np.maximum(c.sum(), 1.0) * (pull * np.maximum(size, 1.0) / reg) ** 2
            sums += [reg / c[c > 0].min(), steep]
        elif reg > 0:  # what is divided by reg only falls on the way
            sums += [reg, (1e-2 * pull) ** 2 / reg]
    if not all(total <= LARGEST_SUM for total in sums):
        raise ValueError(_overflow(estimator, y, c, size, kernel))


def _overflow(estimator, y, c, size, kernel):
    """Message that lists the numbers whose squares overflow."""
    by_C = hasattr(estimator, "C")
    sizes = [
        f"kernel values up to {size**2:.3g}" if kernel else f"X up to {size:.3g}",
        f"{'C times ' if by_C else ''}weights of rows up to {c.max():.3g}",
    ]
    if not hasattr(estimator, "classes_"):
        sizes.insert(1, f"y up to {max_abs(y):.3g}")
    if hasattr(estimator, "alpha"):
        sizes.append(f"alpha={estimator.alpha:.3g}")
    return (
        f"{type(estimator).__name__} cannot be computed in float64: with "
        f"{', '.join(sizes)} its sums of squares overflow. Scale what is far from 1."
    )
