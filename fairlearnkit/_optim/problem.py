"""The one problem that all linear models solve, and the certificate of a solution.

    minimise  reg/2 ||w||^2 + sum_i c_i loss(y_i, <w, x_i> + b)   s.t.  gap(w) <= bound

gap(w) is the largest gap (``compared``) of the mean scores of cells, D w, with D the
mean of X in each. All the solvers need of D are an orthonormal basis Q (n_features,
rank) of what its rows differ by, and the cells in that basis: gap(w) = gap(rows @ Q'w).
With bound = 0 the constraint is Q'w = 0.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, svd

from fairlearnkit._optim.bounded_step import bounded_step
from fairlearnkit._optim.compared import (
    bounds,
    centred,
    contrasted,
    largest_gap,
)
from fairlearnkit._optim.design import Design, far_from_zero, ranges

# Differences of means below this part of the range of a column are rounding of sums,
# which grows with the square root of n; below this part of its largest value, rounding
# of the elements of X themselves.
SUMS, ELEMENTS = 1e-12, 8.0 * np.finfo(np.float64).eps


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
    strata: np.ndarray
    bound: float
    # Whether reg = 0 and X has orthonormal columns (``unpenalised``).
    whitened: bool = False

    def gap(self, u):
        """Largest gap between cells, for u = Q'w."""
        return largest_gap(self.rows @ u, self.strata)

    def polytope(self):
        """G and limits: gap(u) <= 1 as |G (u, centres)| <= limits."""
        return bounds(self.rows, self.strata)

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
    problem: an upper bound of the distance to the optimal objective. ``rank`` is the
    number of independent constraints, ``scores`` is X w + b, and ``alpha`` are the
    multipliers of the loss.
    """

    coef: np.ndarray
    intercept: float
    n_iter: int
    objective: float
    duality_gap: float
    status: str
    rank: int = 0
    scores: np.ndarray | None = None
    alpha: np.ndarray | None = None


def row_space(directions, strata, noise):
    """Basis Q of what the rows of cells differ by, and these rows in it.

    Parameters
    ----------
    directions : ndarray of shape (n_cells, n_features)
        Mean of X in each cell.
    strata : ndarray of shape (n_cells,), intp
        Which cells are compared; see ``compared``.
    noise : ndarray of shape (n_features,)
        What rounding can make of a difference of means that is 0, by feature.

    Returns
    -------
    basis : ndarray of shape (n_features, rank)
        Orthonormal columns.
    rows : ndarray of shape (n_cells, rank)
        ``directions @ basis``, less the mean of each stratum.
    """
    directions = centred(directions, strata)
    # As many rows as there are independent contrasts: what is left of their rank to
    # decide is whether means agree, and rounding is judged by the unit of each feature.
    unit = np.where(noise > 0, noise, 1.0)
    A = contrasted(directions, strata)
    _, size, Vt = svd(A / unit, full_matrices=False)
    # The norm of a matrix of elements of size 1; and what svd itself can be wrong by.
    cut = sum(np.sqrt(A.shape))
    kept = size > cut + max(A.shape) * np.finfo(np.float64).eps * size.max(initial=0.0)
    spanned = np.where(np.abs(Vt[kept]) * size[kept, None] > 2.0, Vt[kept], 0.0) * unit
    # Householder's method keeps features of small unit exact if large ones come first.
    order = np.argsort(-unit, kind="stable")
    basis = np.zeros((len(unit), np.count_nonzero(kept)))
    basis[order] = orthonormal(spanned[:, order].T)
    return basis, directions @ basis


def orthonormal(columns):
    if not columns.shape[1]:  # which older LAPACK wrappers do not take
        return columns
    longest = np.abs(columns).max(axis=0)
    return qr(columns / longest, mode="economic", pivoting=True)[0]


def build_problem(X, y, c, *, loss, reg, fit_intercept, means, strata, bound):
    """Problem of data and the means of cells to compare.

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
    means, strata : arrays
        As in ``Contrasts``.
    bound : float
        Largest gap; np.inf for no constraint.

    Returns
    -------
    problem : Problem
        Of X less ``shift``, which an intercept makes up for.
    shift : ndarray of shape (n_features,)
        0 without an intercept, and for columns near zero.
    """
    plain, moved, shift, noise = shifted(X)
    basis, rows = np.zeros((X.shape[1], 0)), np.zeros((0, 0))
    if np.isfinite(bound):
        basis, rows = row_space(moved.reduce_rows(means), strata, noise)
    design = moved if fit_intercept else plain
    used = c > 0
    if not used.all():
        design, y, c = design.selected(used), y[used], c[used]
    problem = Problem(
        design, y, c, loss, reg, fit_intercept, basis, rows, strata, bound
    )
    return problem, shift if fit_intercept else np.zeros_like(shift)


def shifted(X):
    """Design of X, and that of its columns moved towards zero where they are far.

    Also by how much, and what rounding can make of a difference of means that is 0.
    """
    plain = Design(X)
    low, high = ranges(plain.X)
    shift = far_from_zero(low, high)
    noise = SUMS * np.maximum(np.abs(low - shift), np.abs(high - shift))
    noise += ELEMENTS * np.abs(shift)
    return plain, Design(plain.X, shift) if shift.any() else plain, shift, noise


def feasible(problem, w):
    """The point w, moved within the row space of A onto the feasible set.

    For what rounding or a solver's tolerance leaves; not the nearest feasible point.
    """
    p = problem
    u = p.basis.T @ w
    if not p.bounded():
        return w - p.basis @ u
    worst = p.gap(u)
    return w if worst <= p.bound else w + p.basis @ (u * (p.bound / worst - 1.0))


def duality_gap(problem, w, f, alpha):
    """Objective minus a dual value, from multipliers of any origin.

    The dual of the problem, with X'alpha - A'lambda = reg w at the optimum, is

        max  -sum_i c_i loss*(y_i, -alpha_i / c_i) - ||X'alpha - A'lambda||^2 / (2 reg)
             - bound ||lambda||    s.t.  sum_i alpha_i = 0 (with an intercept),

    A the rows of D, ||lambda|| the sum of |lambda_c| of contrasts by themselves, and
    half that sum in a stratum, where the lambda_c sum to zero.

    Parameters
    ----------
    problem : Problem
        The problem.
    w, f : ndarray
        The point, and its scores X w + b.
    alpha : ndarray of shape (n_samples,)
        -c_i times a (sub)derivative of the loss.

    Returns
    -------
    gap : float
        Never negative beyond rounding. NaN if there is none: without a penalty the
        multipliers have to balance exactly, and the loss may not allow that.
    """
    p, alpha = problem, _balanced(problem, alpha)
    if p.reg == 0 and not p.whitened:
        return np.nan
    v, of_bound = unbalanced(p, w, p.design.rmatvec(alpha))
    if p.reg > 0:
        dual = -v @ v / (2.0 * p.reg)
    else:
        dual, moved = 0.0, v
        for _ in range(2):  # the second is for what rounding left of the first
            alpha = alpha - p.c * p.design.matvec(moved)  # as X'diag(c)X = I, X'c = 0
            moved = moved - p.design.rmatvec(p.c * p.design.matvec(moved))
        share = -alpha / p.c
        if p.loss.excess(p.y, share).max() > 1e-12 * np.abs(share).max():
            return np.nan
    dual -= p.c @ p.loss.conjugate(p.y, -alpha / p.c)
    return p.objective(w, f) - dual + of_bound


def unbalanced(problem, w, pull):
    """What X'alpha lacks to reg w + A'lambda, and bound ||lambda||, at the best lambda.

    For X'alpha given, the dual is largest at A'lambda = reg Q (t - u), where u is the
    point of the feasible set that is nearest to t = Q'X'alpha / reg.

    Parameters
    ----------
    problem : Problem
        The problem.
    w : ndarray of shape (n_features,)
        The point.
    pull : ndarray of shape (n_features,)
        X'alpha.

    Returns
    -------
    v : ndarray of shape (n_features,)
        X'alpha - A'lambda.
    of_bound : float
        bound ||lambda||.
    """
    p, Q = problem, problem.basis
    if not p.bounded():
        return pull - Q @ (Q.T @ pull), 0.0
    # Without a penalty moving alpha has a price, which is that of a penalty around w.
    reg = p.reg or 1.0
    t = Q.T @ (pull / reg if p.reg else pull + w)
    _, nu, size = bounded_step(reg * np.eye(len(t)), t, p.rows, p.strata, p.bound)
    return pull - Q @ nu, p.bound * size


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
