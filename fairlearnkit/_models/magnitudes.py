"""Checks for numbers so large or so small that float64 cannot hold their squares."""

import numpy as np

from fairlearnkit._data.targets import LARGEST_SUM
from fairlearnkit._optim.rows import largest_of, sums_of

# Scores that vary by less than this part of their terms are constant. Rounding is 1e-16
# of the terms, times what a projection loses; features that are not centred have scores
# of about 1e-6 of their terms.
ROUNDING_OF_SCORES = 1e-10


def varies_by_rounding(spread, ends, coef):
    """Whether scores are constant up to rounding, although coefficients are not 0.

    Coefficients along the sum of one-hot columns give such scores, since the intercept
    makes up for them.

    Parameters
    ----------
    spread : float
        Largest score less the smallest.
    ends : ndarray of shape (2, n_features)
        Smallest and largest value of each feature.
    coef : ndarray of shape (n_features,)
        Coefficients.

    Returns
    -------
    constant : bool
    """
    terms = np.abs(ends).max(axis=0) @ np.abs(coef)
    return bool(spread <= ROUNDING_OF_SCORES * terms and terms > 0)


def check_magnitudes(estimator, rows, loss, reg, size, *, kernel=False):
    """Raise an error if sums of squares overflow, before a solver runs into infinity.

    Checked are the objective, its gradient and its curvature where all scores are 0.

    Parameters
    ----------
    estimator : estimator
        Named in the message, with its parameters.
    rows : Rows
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
    reg, n_samples = np.float64(reg), rows.shape[0]
    with np.errstate(over="ignore", invalid="ignore"):
        (pull, value, total), (largest_c, largest_y) = rows.together(
            sums_of(_sums_at_zero, loss=loss), largest_of(_largest)
        )
        pull = pull * np.maximum(size, 1.0)
        sums = [value, pull**2, total * size**2]
        if kernel:
            sums += [(n_samples * size**2) ** 2, largest_y**2]
        if kernel and loss.smooth:  # its coefficients are up to c y / reg
            steep = np.maximum(total, 1.0) * (pull * np.maximum(size, 1.0) / reg) ** 2
            sums += [-reg / rows.largest(_smallest_weight), steep]
        elif reg > 0:  # what is divided by reg only falls on the way
            sums += [reg, (1e-2 * pull) ** 2 / reg]
    if not all(total <= LARGEST_SUM for total in sums):
        raise ValueError(_overflow(estimator, largest_y, largest_c, size, kernel))


def _sums_at_zero(block, loss):
    """Sums of the sizes of slopes, of losses and of weights where all scores are 0."""
    y, c = block.y, block.c
    zero = np.zeros_like(y)
    slopes = np.abs(loss.derivative(y, zero)) if loss.smooth else np.ones_like(y)
    return c @ slopes, c @ loss.value(y, zero), c.sum()


def _largest(block):
    return np.array([block.c.max(), np.abs(block.y).max()])


def _smallest_weight(block):
    """The negative of the smallest weight above 0."""
    return -block.c[block.c > 0].min(initial=np.inf)


def _overflow(estimator, largest_y, largest_c, size, kernel):
    """Message that lists the numbers whose squares overflow."""
    by_C = hasattr(estimator, "C")
    sizes = [
        f"kernel values up to {size**2:.3g}" if kernel else f"X up to {size:.3g}",
        f"{'C times ' if by_C else ''}weights of rows up to {largest_c:.3g}",
    ]
    if not hasattr(estimator, "classes_"):
        sizes.insert(1, f"y up to {largest_y:.3g}")
    if hasattr(estimator, "alpha"):
        sizes.append(f"alpha={estimator.alpha:.3g}")
    return (
        f"{type(estimator).__name__} cannot be computed in float64: with "
        f"{', '.join(sizes)} its sums of squares overflow. Scale what is far from 1."
    )
