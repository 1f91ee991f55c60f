"""Optimality conditions of a constrained model, from the data and what it returns.

With the mean score m_c of each cell, the Lagrangian of a bound is

    L = objective + sum_c nu_c m_c - max_gap / 2 sum_c |nu_c|,

whose minimum over all models is at most the optimum, for any nu that sum to zero in
each stratum. It is convex, of a quadratic penalty, and hence nowhere below its value at
a model less ||gradient||^2 / (2 reg). Nothing here is shared with the library.
"""

import numpy as np
from numpy.testing import assert_allclose
from scipy.optimize import lsq_linear

# Rows as near to a kink as this may be on it: a relative duality gap of 1e-10 leaves
# scores uncertain by about as much.
ON_KINK = 1e-4
# What the intercept's condition weighs beside those of the coefficients.
OF_INTERCEPT = 10.0


def subdifferential(loss, y, f, epsilon=0.1):
    """Both ends of the derivatives in f of the loss of each row.

    They differ in rows on a kink.
    """
    r, edge = f - y, np.array([-ON_KINK, ON_KINK])[:, None]
    if loss == "hinge":
        inside = 1 - y * f + edge > 0
        return np.sort(-y * inside, axis=0)
    if loss == "epsilon_insensitive":
        return np.select([r + edge < -epsilon, r + edge < epsilon], [-1.0, 0.0], 1.0)
    slope = {
        "logistic": lambda: -y / (1 + np.exp(y * f)),
        "squared": lambda: r,
        "squared_hinge": lambda: -2 * y * np.maximum(0, 1 - y * f),
        "squared_epsilon_insensitive": lambda: (
            2 * np.sign(r) * np.maximum(0, np.abs(r) - epsilon)
        ),
        "poisson": lambda: np.exp(f) - y,
        "gamma": lambda: 1 - y * np.exp(-f),
    }[loss]()
    return np.array([slope, slope])


def cells_of(group, weight, strata=None):
    """For each stratum its cells: weights of sum 1, of shape (n_cells, n_samples)."""
    inside = [np.full(len(group), True)] if strata is None else strata
    parts = []
    for rows in inside:
        cells = np.array([(group == g) & rows for g in np.unique(group)]) * weight
        parts.append(cells / cells.sum(axis=1, keepdims=True))
    return parts


def by_cell(multipliers, parts):
    """What `multipliers_` says of each cell, for each stratum."""
    values, found = list(multipliers.values()), []
    for part in parts:
        taken = 1 if len(part) == 2 else len(part)
        own, values = values[:taken], values[taken:]
        found.append(np.array([own[0], -own[0]] if taken == 1 else own))
    assert not values
    return found


def price(nu):
    """What the optimum falls by, for each unit of `max_gap`."""
    return sum(np.abs(part).sum() for part in nu) / 2


def largest_gap(f, parts):
    """The largest difference of mean scores."""
    return max(np.ptp(part @ f) for part in parts)


def least_gradient(A, low, high, rest):
    """The shortest of rest + A'v, with low <= v <= high."""
    free = low < high
    fixed = rest + A[~free].T @ low[~free]
    if not free.any():
        return fixed
    limits = low[free], high[free]
    found = lsq_linear(A[free].T, -fixed, limits, method="bvls", tol=1e-14)
    return fixed + A[free].T @ found.x


def assert_optimal(Z, model, ends, multipliers, parts, max_gap, near, reg=1.0):
    """Check that the multipliers certify a model of the scores Z w + b, and its gap.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Features, near zero.
    model : tuple of (ndarray of shape (n_features,), float or None)
        w and b; None where the model has no intercept.
    ends : ndarray of shape (2, n_samples)
        Those of the derivatives of the losses, times their weights.
    multipliers : dict
        `multipliers_` of the model.
    parts : list of ndarray of shape (n_cells, n_samples)
        Cells of each stratum.
    max_gap : float
        The bound.
    near : float
        By how much the objective may exceed the optimum.
    reg : float
        Weight of ||w||^2 / 2.
    """
    w, b = model
    f, nu = Z @ w + (b or 0.0), by_cell(multipliers, parts)
    pull = sum(n @ (part @ Z) for part, n in zip(parts, nu))
    middle, scale = (0.0, 0.0) if b is None else (Z.mean(axis=0), OF_INTERCEPT)
    A = np.c_[Z - middle, np.full(len(Z), scale)]
    rest = np.append(reg * w + pull, 0.0)
    gradient = least_gradient(A, *ends, rest)
    slack = max_gap * price(nu) - sum(n @ (part @ f) for part, n in zip(parts, nu))
    assert largest_gap(f, parts) <= max_gap + 1e-8 * (1 + np.ptp(f))
    assert_allclose([n.sum() for n in nu], 0.0, atol=1e-6 * (price(nu) + near))
    assert abs(slack) <= near
    assert gradient[:-1] @ gradient[:-1] / (2 * reg) <= near
    assert abs(gradient[-1]) <= 1e-3 * np.abs(ends).sum() + near
