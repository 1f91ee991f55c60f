"""The one problem that all linear models solve, and the certificate of a solution.

    minimise  reg/2 ||w||^2 + sum_i c_i loss(y_i, <w, x_i> + b)   s.t.  |A w| <= bound

A = differences @ directions has one row a constraint. All the solvers need of it are
an orthonormal basis Q (n_features, rank) of its row space and the rows in that basis,
A = rows @ Q'. With bound = 0 the constraint is Q'w = 0.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, svd

from fairlearnkit._optim.design import Design

# Relative to the largest value of a column: differences of means below are rounding.
NOISE = 1e-12


@dataclass(frozen=True, eq=False)
class Problem:
    """Data of the problem; see the module's docstring."""

    design: Design
    y: np.ndarray
    c: np.ndarray
    loss: object
    reg: float
    fit_intercept: bool
    basis: np.ndarray
    rows: np.ndarray
    bound: float

    def scores(self, w, b):
        return self.design.matvec(w) + b

    def objective(self, w, f):
        """The objective at w, where f = X w + b."""
        return 0.5 * self.reg * (w @ w) + self.c @ self.loss.value(self.y, f)

    def bounded(self):
        return self.bound > 0 and self.basis.shape[1] > 0


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found, and how far from the optimum it can be at most.

    ``duality_gap`` is objective minus the value of a feasible point of the dual
    problem: an upper bound of the distance to the optimal objective. ``nu`` and
    ``lam_norm`` are the constraint's multipliers, as `duality_gap` takes them,
    ``rank`` is the number of independent constraints, ``scores`` is X w + b, and
    ``alpha`` are the multipliers of the loss.
    """

    coef: np.ndarray
    intercept: float
    n_iter: int
    objective: float
    duality_gap: float
    status: str
    nu: np.ndarray | None = None
    lam_norm: float = 0.0
    rank: int = 0
    scores: np.ndarray | None = None
    alpha: np.ndarray | None = None


def row_space(directions, differences, magnitudes):
    """Basis Q of the row space of A = differences @ directions, and A Q.

    Parameters
    ----------
    directions : ndarray of shape (n_cells, n_features)
        Mean of X in each cell.
    differences : ndarray of shape (n_constraints, n_cells)
        Which cells are compared.
    magnitudes : ndarray of shape (n_features,)
        Largest absolute value of each feature, against which rounding is judged.

    Returns
    -------
    basis : ndarray of shape (n_features, rank)
        Orthonormal columns.
    rows : ndarray of shape (n_constraints, rank)
        ``differences @ directions @ basis``.
    """
    # The factor R has the row space of differences, and no more rows than cells.
    R = qr(differences, mode="r")[0][: differences.shape[1]]
    A = R @ directions
    A[np.abs(A) <= NOISE * np.abs(R).sum(axis=1)[:, None] * magnitudes] = 0.0
    _, size, Vt = svd(A, full_matrices=False)
    cut = max(A.shape) * np.finfo(np.float64).eps * size.max(initial=0.0)
    basis = np.ascontiguousarray(Vt[size > cut].T)
    return basis, differences @ (directions @ basis)


def build_problem(X, y, c, *, loss, reg, fit_intercept, means, differences, bound):
    """Problem of data and constraint rows M = differences @ means.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n_samples, n_features)
        Features, float32 or float64.
    y : ndarray of shape (n_samples,)
        Targets, {-1, 1} for a classification loss.
    c : ndarray of shape (n_samples,)
        Weights of the rows in the loss, not negative.
    loss : object of `losses`
        The loss.
    reg : float
        Weight of ||w||^2 / 2.
    fit_intercept : bool
        Whether there is an intercept; it is never penalised.
    means, differences : arrays
        As in ``Contrasts``.
    bound : float
        Largest |M f|; np.inf for no constraint.

    Returns
    -------
    problem : Problem
    """
    design = Design(X)
    basis, rows = np.zeros((X.shape[1], 0)), np.zeros((0, 0))
    if np.isfinite(bound):
        directions = design.reduce_rows(means)
        basis, rows = row_space(directions, differences, design.magnitudes())
    used = c > 0
    if not used.all():
        design, y, c = Design(X[used]), y[used], c[used]
    return Problem(design, y, c, loss, reg, fit_intercept, basis, rows, bound)


def feasible(problem, w):
    """The point w, moved within the row space of A onto the feasible set.

    For what rounding or a solver's tolerance leaves; not the nearest feasible point.
    """
    p = problem
    u = p.basis.T @ w
    if not p.bounded():
        return w - p.basis @ u
    worst = np.abs(p.rows @ u).max()
    return w if worst <= p.bound else w + p.basis @ (u * (p.bound / worst - 1.0))


def duality_gap(problem, w, f, alpha, nu, lam_norm):
    """Objective minus a dual value, from multipliers of any origin.

    The dual of the problem, with X'alpha - A'lambda = reg w at the optimum, is

        max  -sum_i c_i loss*(y_i, -alpha_i / c_i) - ||X'alpha - A'lambda||^2 / (2 reg)
             - bound ||lambda||_1    s.t.  sum_i alpha_i = 0 (with an intercept).

    Parameters
    ----------
    problem : Problem
        The problem.
    w, f : ndarray
        The point, and its scores X w + b.
    alpha : ndarray of shape (n_samples,)
        -c_i times a (sub)derivative of the loss.
    nu : ndarray of shape (rank,)
        A'lambda in the basis Q; ignored for an equality, where the best is known.
    lam_norm : float
        ||lambda||_1.

    Returns
    -------
    gap : float
        Never negative beyond rounding.
    """
    alpha = _balanced(problem, alpha)
    v = problem.design.rmatvec(alpha)
    Q = problem.basis
    if problem.bounded():
        v = v - Q @ nu
    elif Q.shape[1]:
        v = v - Q @ (Q.T @ v)
    dual = -problem.c @ problem.loss.conjugate(problem.y, -alpha / problem.c)
    if problem.reg > 0:
        dual -= v @ v / (2.0 * problem.reg)
    else:  # no penalty: the certificate is among coefficients no longer than w
        dual -= np.linalg.norm(v) * np.linalg.norm(w)
    if problem.bounded():
        dual -= problem.bound * lam_norm
    return problem.objective(w, f) - dual


def _balanced(problem, alpha):
    """Multipliers that sum to zero.

    Moved where the dual objective is flat, so that the certificate does not suffer;
    where there is too little room for that, the heavier sign is scaled down.
    """
    if not problem.fit_intercept:
        return alpha
    excess = alpha.sum()
    room = problem.c * problem.loss.room(problem.y, -alpha / problem.c)
    if abs(excess) <= room.sum():
        return alpha - (excess / max(room.sum(), 1e-300)) * room
    up, down = alpha[alpha > 0].sum(), -alpha[alpha < 0].sum()
    shrink_up = down / up if up > down else 1.0
    shrink_down = up / down if down > up else 1.0
    return np.where(alpha > 0, shrink_up, shrink_down) * alpha
