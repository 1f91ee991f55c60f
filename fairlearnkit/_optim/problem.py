"""The one problem that all linear models solve.

    minimise  reg/2 ||w||^2 + sum_i c_i loss(y_i, <w, x_i> + b)   s.t.  gap(w) <= bound

gap(w) is the largest gap (``strata``) of the mean scores of cells, D w, with D the
mean of X in each. All the solvers need of D are an orthonormal basis Q (n_features,
rank) of what its rows differ by, and the cells in that basis, so that gap(w) is the gap
of cells @ Q'w. With bound = 0 the constraint is Q'w = goal, where goal is 0 unless the
gap is to keep a share of what it is without the constraint.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg import qr, svd

from fairlearnkit._optim.block_kernels import row_squares
from fairlearnkit._optim.bound_program import BoundProgram
from fairlearnkit._optim.losses import Loss
from fairlearnkit._optim.rows import Rows, make_rows
from fairlearnkit._optim.strata import (
    center_strata,
    gap_polytope,
    helmert_contrasts,
    largest_gap,
)

# Differences of means below this part of the range of a column are rounding of sums,
# which grows with the square root of n: about 1e-13 for a million rows.
ROUNDING_OF_SUMS = 1e-12
# Below this part of the largest value of a column they are rounding of the elements of
# X themselves: a few units in the last place. Half or twice as much changes no digit of
# 80 fits, some of them with columns of size 1e4 next to others of size 1e-4.
ROUNDING_OF_ELEMENTS = 8.0 * np.finfo(np.float64).eps
# A column is shifted if its middle is further from zero than this many half-ranges.
# With twice as many, squares of columns that are not shifted lose half a digit more.
FAR = 8.0
# A feature is left out of a direction of the constraint if its part there is at most
# this many times what rounding can make of a difference of means. Twice as much makes
# no difference to 40 problems with features whose means agree but for rounding: other
# differences are larger by orders of magnitude. Without it coefficients change by
# 3e-13.
MEANS_AGREE = 2.0
# Singular values no further apart than this are told from their squares, of which the
# smallest keeps ten digits.
CLEAR_RANK = 1e-3
# Part of ||w|| by which Q'w may miss its goal: products of that size are off by 1e-16
# times the root of the number of features. Half or twice as much changes no step of
# two paths of 20 points on Adult.
ROUNDING_OF_GOAL = 1e-12


@dataclass(frozen=True, eq=False)
class Problem:
    """Data of the problem; see the module's docstring.

    Parameters
    ----------
    rows : Rows
        X, y and c.
    loss : Loss
        The loss.
    reg : float
        Weight of ||w||^2 / 2.
    fit_intercept : bool
        Whether there is an intercept; it is never penalised.
    basis : ndarray of shape (n_features, rank)
        Q.
    cells : ndarray of shape (n_cells, rank)
        The cells' means in that basis, less the mean of their stratum.
    strata : ndarray of shape (n_cells,), intp
        Stratum of each cell; -1 for one that is compared with zero.
    bound : float
        Largest gap.
    shift : ndarray of shape (n_features,)
        What X lacks to the user's, for columns far from zero; an intercept makes up for
        it. 0 without one.
    goal : ndarray of shape (rank,)
        What Q'w has to be if bound = 0.
    whitened : bool, default=False
        Whether reg = 0 and X has orthonormal columns (``unpenalised``).
    """

    rows: Rows
    loss: Loss
    reg: float
    fit_intercept: bool
    basis: np.ndarray
    cells: np.ndarray
    strata: np.ndarray
    bound: float
    shift: np.ndarray
    goal: np.ndarray
    whitened: bool = False

    @property
    def y(self):
        """Targets, a column."""
        return self.rows.y

    @property
    def c(self):
        """Weights in the loss, a column."""
        return self.rows.c

    @property
    def n_features(self):
        """Number of features."""
        return self.rows.shape[1]

    @property
    def bounded(self):
        """Whether the gap may be positive up to a bound that could bind."""
        return self.bound > 0 and self.basis.shape[1] > 0

    def gap(self, u):
        """Largest gap between cells, for u = Q'w."""
        return largest_gap(self.cells @ u, self.strata)

    @cached_property
    def bound_program(self):
        """Projections on the bound, each from what held the one before."""
        return BoundProgram(self.cells, self.strata, self.bound)

    @cached_property
    def stiffness(self):
        """Curvature against the penalty: root mean square of c ||x||^2 / reg."""
        total = self.rows.sums(_curvature_squared)
        return np.sqrt(total / self.rows.shape[0]) / self.reg

    @cached_property
    def largest_curvature(self):
        """That along a feature: the largest sum_i c_i x_ij^2 / reg."""
        return self.rows.column_squares(self.c).max() / self.reg

    def polytope(self):
        """What `gap_polytope` returns: gap(u) <= 1 as linear inequalities."""
        return gap_polytope(self.cells, self.strata)

    def scores(self, w, b):
        """X w + b, a column."""
        return self.rows.matvec(w, b)

    def objective(self, w, f):
        """The objective at w, where f = X w + b."""
        loss = self.rows.sums(_weighted_loss, f, loss=self.loss)
        return 0.5 * self.reg * (w @ w) + loss

    def feasible(self, w):
        """The point w, moved within the span of Q onto the feasible set.

        For what rounding or a solver's tolerance leaves; of a bound not the nearest
        such point.
        """
        u = self.basis.T @ w
        if not self.bounded:
            return w + self.basis @ (self.goal - u)
        worst = self.gap(u)
        if worst <= self.bound:
            return w
        return w + self.basis @ (u * (self.bound / worst - 1.0))

    def reaches_goal(self, w):
        """Whether Q'w = goal but for rounding."""
        distance = np.linalg.norm(self.basis.T @ w - self.goal)
        return distance <= ROUNDING_OF_GOAL * np.linalg.norm(w)

    def start(self, b=0.0):
        """The feasible point (w, b, f) with the shortest w, if 0 is within a bound."""
        w = self.basis @ self.goal
        if self.goal.any():
            return w, b, self.scores(w, b)
        return w, b, self.rows.column(_constant, value=b)

    def score_of_mean(self):
        """The score of rows whose expected target is the mean of all targets."""
        total, target = self.rows.sums(_mean_target)
        if self.loss.link is None:
            return target / total
        return float(self.loss.link(target / total)) if target > 0 else 0.0

    def with_targets(self, y, c, *, loss, unit):
        """The problem with targets in another unit, and weights and a loss for them."""
        rows, bound = self.rows.with_targets(y, c), self.bound / unit
        return replace(self, rows=rows, loss=loss, bound=bound, goal=self.goal / unit)

    def with_goal(self, goal):
        """The problem with the constraint Q'w = goal."""
        return replace(self, bound=0.0, goal=goal)

    @property
    def without_constraint(self):
        """The problem without its constraint."""
        basis, cells = self.basis[:, :0], self.cells[:, :0]
        return replace(self, bound=np.inf, basis=basis, cells=cells, goal=np.zeros(0))


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found, and how far from the optimum it can be at most.

    Parameters
    ----------
    coef : ndarray of shape (n_features,)
        w.
    intercept : float
        b.
    n_iter : int
        Iterations.
    objective : float
        The objective at (w, b).
    duality_gap : float
        Objective minus the value of a feasible point of the dual problem: an upper
        bound of the distance to the optimal objective. NaN where nothing is known.
    status : {"optimal", "optimal_inaccurate", "max_iter", "stalled"}
        How it ended.
    rank : int, default=0
        Number of independent constraints.
    scores, alpha : column, default=None
        X w + b, and the multipliers of the loss, -c_i times a (sub)derivative.
    multipliers : ndarray of shape (n_cells,), default=None
        Lagrange multipliers lambda of the cells: of the terms lambda_c (mean score of
        cell c) in the Lagrangian. A solver leaves them out if they follow from alpha,
        as they do without further constraints (``certificate.multipliers_of``).
    bound : float, default=nan
        Largest gap that the constraint allows, which ``solve`` adds.
    hessian : object, default=None
        The last one, for solvers that start at this point.
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
    multipliers: np.ndarray | None = None
    bound: float = np.nan
    hessian: object = None


def build_problem(X, y, c, *, loss, reg, fit_intercept, means, strata, bound):
    """Problem of data and the means of cells to compare.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n_samples, n_features)
        Features, float32 or float64.
    y : ndarray of shape (n_samples,)
        Targets, {-1, 1} for a loss of classes.
    c : ndarray of shape (n_samples,)
        Weights of the rows in the loss, not negative.
    loss : Loss
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
        Without rows of weight 0.
    """
    data = {"means": means, "strata": strata, "bound": bound}
    options = {"loss": loss, "reg": reg, "fit_intercept": fit_intercept}
    return problem_of_rows(make_rows(X, y, c), **data, **options)


def problem_of_rows(rows, *, loss, reg, fit_intercept, means, strata, bound):
    """As `build_problem`, of rows wherever they are."""
    shift, noise = find_shift(*rows.ranges())
    moved = rows.shifted(shift)
    basis, cells = np.zeros((rows.shape[1], 0)), np.zeros((0, 0))
    if np.isfinite(bound):
        basis, cells = row_space(cell_means(moved, means), strata, noise)
    rows = moved if fit_intercept else rows
    return Problem(
        rows=rows.weighted(),
        loss=loss,
        reg=reg,
        fit_intercept=fit_intercept,
        basis=basis,
        cells=cells,
        strata=strata,
        bound=bound,
        shift=shift if fit_intercept else np.zeros_like(shift),
        goal=np.zeros(basis.shape[1]),
    )


def find_shift(low, high):
    """Shift of the columns of X that are far from zero, and the noise of their means.

    Parameters
    ----------
    low, high : ndarray of shape (n_features,)
        Smallest and largest value of each column.

    Returns
    -------
    shift : ndarray of shape (n_features,)
        The middle of each column that is far from zero relative to its range, else 0.
    noise : ndarray of shape (n_features,)
        What rounding can make of a difference of means that is 0.
    """
    middle, half = 0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low
    shift = np.where(np.abs(middle) > FAR * half, middle, 0.0)
    size = np.maximum(np.abs(low - shift), np.abs(high - shift))
    return shift, ROUNDING_OF_SUMS * size + ROUNDING_OF_ELEMENTS * np.abs(shift)


def cell_means(rows, means):
    """Mean of X in each cell.

    Parameters
    ----------
    rows : Rows
        X.
    means : {ndarray, sparse array} of shape (n_cells, n_samples), or column
        As in ``Contrasts``; of rows that are not in memory what
        ``Rows.weights_of_cells`` takes.

    Returns
    -------
    directions : ndarray of shape (n_cells, n_features)
    """
    return rows.sums(_weighted_means, rows.weights_of_cells(means))


def row_space(directions, strata, noise):
    """Basis Q of what the means of cells differ by, and these means in it.

    1. Take the mean of its stratum from each cell, and Helmert's contrasts of what is
       left: as many rows as there are independent contrasts.
    2. Divide each feature by its noise, so that all that is left of the rank to decide
       is whether means agree: singular values up to the norm of a matrix of elements
       of size 1, sqrt(n_rows) + sqrt(n_columns), are rounding.
    3. Multiply by the noise again, and orthonormalise (Householder's QR with column
       pivoting). Features of small unit stay exact if large ones come first (Higham,
       Accuracy and Stability of Numerical Algorithms, 2002, section 19.4).

    Parameters
    ----------
    directions : ndarray of shape (n_cells, n_features)
        Mean of X in each cell.
    strata : ndarray of shape (n_cells,), intp
        Which cells are compared; see ``strata``.
    noise : ndarray of shape (n_features,)
        What rounding can make of a difference of means that is 0, by feature.

    Returns
    -------
    basis : ndarray of shape (n_features, rank)
        Orthonormal columns.
    cells : ndarray of shape (n_cells, rank)
        ``directions @ basis``, less the mean of each stratum.
    """
    directions = center_strata(directions, strata)
    unit = np.where(noise > 0, noise, 1.0)
    A = helmert_contrasts(directions, strata)  # (n_contrasts, n_features)
    spanned = _above_noise(A / unit).T * unit[:, None]  # (n_features, rank)
    # By powers of two, which are enough for it and quick to sort.
    order = np.argsort(-np.frexp(unit)[1].astype(np.int16), kind="stable")
    basis = np.zeros(spanned.shape, order="F")  # for products with one vector at a time
    basis[order] = orthonormal(spanned[order])
    return basis, directions @ basis


def _above_noise(A):
    """Rows that span those of A, whose elements are rounding by up to 1 each."""
    rounding = sum(np.sqrt(A.shape))
    if len(A) <= A.shape[1]:
        squares, vectors = np.linalg.eigh(A @ A.T)  # .4 of the time of svd
        clear = max(CLEAR_RANK**2 * squares.max(initial=0.0), 4.0 * rounding**2)
        if squares.min(initial=np.inf) > clear:
            A = vectors[:, ::-1].T @ A
            return np.where(np.abs(A) > MEANS_AGREE, A, 0.0)
    V, size, _ = svd(A.T, full_matrices=False)
    # What is rounding in A; and what svd itself can be wrong by.
    own = max(A.shape) * np.finfo(np.float64).eps * size.max(initial=0.0)
    kept = size > rounding + own
    differ = np.abs(V[:, kept]) * size[kept] > MEANS_AGREE
    return np.where(differ, V[:, kept], 0.0).T


def orthonormal(columns):
    """Orthonormal basis of the span of independent columns, (n, rank)."""
    if not columns.shape[1]:  # which older LAPACK wrappers do not take
        return columns
    longest = np.abs(columns).max(axis=0)
    return qr(columns / longest, mode="economic", pivoting=True)[0]


def _curvature_squared(block):
    return np.sum((block.c * row_squares(block)) ** 2)


def _weighted_loss(block, f, loss):
    return block.c @ loss.value(block.y, f)


def _mean_target(block):
    return block.c.sum(), block.c @ block.y


def _weighted_means(block, weights):
    return block.reduce(weights)


def _constant(block, value):
    return np.full(len(block.c), value)
