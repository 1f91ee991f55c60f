"""The problem that all kernel models solve, and the certificate of a solution.

With Phi the rows in the feature space of a kernel K = Phi Phi', the problem is

    minimise  reg/2 ||w||^2 + sum_i c_i loss(y_i, f_i),  f = Phi w + b,
    subject to  gap(mean scores of cells) <= bound.

Constraint. It looks at u = U w, where the rows of U = B Phi are an orthonormal basis of
what the means of the cells differ by: B K B' = I. Let T = K B' (n_samples, rank), and
q = T'v for multipliers alpha = reg v of the loss.

Solutions. The shortest w with the multipliers alpha and the contrasts u is

    w = Phi'v - U'(q - u),   ||w||^2 = v'K v - ||q||^2 + ||u||^2,

so that a solution is the pair (v, u), and its coefficients, w = Phi'beta, are
beta = v - B'(q - u). With u = 0, an equality, v are the multipliers of the problem
without a constraint on the projected kernel K - T T' (Oneto, Donini and Pontil,
"General fair empirical risk minimization", 2020).

Multipliers of the constraint. The Lagrangian is the objective plus lambda' (mean scores
of the cells); its derivative in w is zero where

    reg w - Phi'alpha + Phi' means' lambda = 0,  that is  cells' lambda = reg (q - u),

with cells (n_cells, rank) the means of the cells for each unit of u.

Dual. With ||lambda|| the norm dual to the largest gap (``bound_program.dual_norm``),

    max  -sum_i c_i loss*(y_i, -alpha_i / c_i) - reg/2 ||w||^2 - bound ||lambda||

subject to sum_i alpha_i = 0 where there is an intercept (Boyd and Vandenberghe, Convex
Optimization, 2004, section 5.1.6).
"""

from dataclasses import dataclass, replace

import numpy as np

from fairlearnkit._optim.bound_program import contrast_multipliers, dual_norm
from fairlearnkit._optim.losses import CertifiedLoss
from fairlearnkit._optim.rows import make_rows
from fairlearnkit._optim.strata import (
    helmert_contrasts,
    largest_gap,
    split_strata,
)

# Squared norms of a direction of the constraint below this part of those of the means
# themselves are rounding of sums of n products, some 1e-16 sqrt(n). Twice as much drops
# no direction that kernels of the tests have.
DIRECTION_ROUNDING = 1e-14
# An equality leaves nothing if the squared length of every row outside its directions
# is below this part of the largest squared length: differences of numbers of 16 digits
# have lost 5 more to the sums. It only decides about a warning.
RESIDUAL_TOLERANCE = 1e-10
# A duality gap below this part of the weighted sum of |y| is rounding of the objective,
# which is a sum of terms of that size: targets far from zero have no smaller gap. It is
# some 100 units in the last place; twice as much changes no status of 70 models, some
# of them with targets around 1000.
OBJECTIVE_ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class KernelProblem:
    """Kernel matrix, targets, and the constraint in its feature space.

    Parameters
    ----------
    K : ndarray of shape (n_samples, n_samples), or KernelRows
        Kernel matrix, which solvers change in place and change back.
    y, c : ndarray of shape (n_samples,)
        Targets, and weights of the rows in the loss, all positive.
    loss : CertifiedLoss
        The loss.
    reg : float
        Weight of ||w||^2 / 2.
    fit_intercept : bool
        Whether there is an intercept b; it is never penalised.
    bound : float
        Largest gap; np.inf for no constraint.
    B : ndarray of shape (rank, n_samples)
        Combinations of rows with B K B' = diag(sign).
    T : ndarray of shape (n_samples, rank)
        K B'.
    sign : ndarray of shape (rank,)
        1, or -1 where an indefinite kernel gives a direction a negative square.
    cells : ndarray of shape (n_cells, rank)
        Mean scores of the cells for each unit of u, less the mean of their stratum; the
        columns are orthogonal.
    strata : ndarray of shape (n_cells,), intp
        Which cells are compared; see ``strata``.
    means : {ndarray, sparse array} of shape (n_cells, n_samples)
        Weights of the rows in the mean of each cell.
    """

    K: np.ndarray
    y: np.ndarray
    c: np.ndarray
    loss: CertifiedLoss
    reg: float
    fit_intercept: bool
    bound: float
    B: np.ndarray
    T: np.ndarray
    sign: np.ndarray
    cells: np.ndarray
    strata: np.ndarray
    means: np.ndarray

    @property
    def rows(self):
        """Targets and weights as ``Rows``, of no features."""
        return make_rows(np.empty((len(self.y), 0)), self.y, self.c)

    @property
    def rank(self):
        """Number of independent contrasts in the feature space."""
        return len(self.B)

    @property
    def bounded(self):
        """Whether there is a bound that is neither an equality nor void."""
        return 0 < self.bound < np.inf and self.rank > 0

    @property
    def allows_constant_only(self):
        """Whether an equality takes every direction that the rows span."""
        if self.bound > 0 or not self.rank:
            return False
        diagonal = self.K.diagonal()
        outside = np.abs(diagonal - self.T**2 @ self.sign)
        return bool(outside.max() <= RESIDUAL_TOLERANCE * np.abs(diagonal).max())

    @property
    def without_constraint(self):
        """The same problem with no bound, and no contrasts to look at."""
        parts = {"B": self.B[:0], "T": self.T[:, :0], "sign": self.sign[:0]}
        return replace(self, bound=np.inf, cells=self.cells[:, :0], **parts)

    def with_targets(self, y, c, *, loss, unit):
        """The problem with targets in another unit, and weights and a loss for them."""
        return replace(self, y=y, c=c, loss=loss, bound=self.bound / unit)

    @property
    def gap_per_unit(self):
        """The largest gap for each unit of u, of a single contrast."""
        return largest_gap(self.cells, self.strata)


@dataclass(frozen=True, eq=False)
class KernelSolution:
    """What a solver found, and how far from the optimum it can be at most.

    Parameters
    ----------
    beta : ndarray of shape (n_samples,)
        Coefficients, f = K beta + intercept.
    intercept : float
        Intercept.
    scores : ndarray of shape (n_samples,)
        Scores f of the rows.
    objective, duality_gap : float
        The objective, and how far it is above the optimum at most, for a kernel that is
        positive semi-definite.
    n_iter : int
        Iterations.
    status : str
        "optimal", "max_iter", "stalled", "infeasible", or that of cvxpy.
    v, u, Kv : ndarray
        Multipliers alpha / reg of the loss, contrasts, and K v.
    multipliers : ndarray of shape (n_cells,)
        Multipliers lambda of the constraint, in the unit of the objective per unit of
        score; they sum to zero in each stratum.
    """

    beta: np.ndarray
    intercept: float
    scores: np.ndarray
    objective: float
    duality_gap: float
    n_iter: int
    status: str
    v: np.ndarray
    u: np.ndarray
    Kv: np.ndarray
    multipliers: np.ndarray


def build_kernel_problem(K, y, c, *, loss, reg, fit_intercept, means, strata, bound):
    """Problem of a kernel matrix and the means of cells to compare.

    1. The contrasts of the cells, in as few rows as there can be: H means, with H
       orthonormal (``strata.helmert_contrasts``).
    2. Their Gram matrix in the feature space, G = H means K means' H', has the
       eigenvalues `size` and eigenvectors V.
    3. B = diag(size)^-1/2 V' H means, of the directions whose size is no rounding.

    Parameters
    ----------
    K : ndarray of shape (n_samples, n_samples), or KernelRows
        Kernel matrix in float64, which solvers may change and change back.
    y, c : ndarray of shape (n_samples,)
        Targets, and weights of the rows in the loss, all positive.
    loss : CertifiedLoss
        The loss.
    reg : float
        Weight of ||w||^2 / 2.
    fit_intercept : bool
        Whether there is an intercept.
    means, strata : arrays
        As in ``Contrasts``.
    bound : float
        Largest gap; np.inf for no constraint.

    Returns
    -------
    problem : KernelProblem
    """
    H = helmert_contrasts(np.eye(len(strata)), strata)
    H = H if np.isfinite(bound) else H[:0]  # (n_contrasts, n_cells)
    B = np.asarray(H @ means)  # (n_contrasts, n_samples)
    T = K @ B.T  # (n_samples, n_contrasts)
    G = B @ T  # (n_contrasts, n_contrasts)
    size, vectors = np.linalg.eigh(0.5 * (G + G.T))
    largest = np.abs(K.diagonal()).max() * np.abs(B).sum(axis=1).max(initial=0.0) ** 2
    kept = np.abs(size) > DIRECTION_ROUNDING * largest
    root, V = np.sqrt(np.abs(size[kept])), vectors[:, kept]
    return KernelProblem(
        K=K,
        y=y,
        c=c,
        loss=loss,
        reg=reg,
        fit_intercept=fit_intercept,
        bound=bound,
        B=(V / root).T @ B,  # (rank, n_samples)
        T=T @ (V / root),  # (n_samples, rank)
        sign=np.sign(size[kept]),
        cells=H.T @ (V * root),  # (n_cells, rank)
        strata=strata,
        means=means,
    )


def certify(p, v, u, b, *, Kv=None, multipliers=None, n_iter=0, status="optimal"):
    """The solution of multipliers v and contrasts u, with its certificate.

    Parameters
    ----------
    p : KernelProblem
        The problem.
    v : ndarray of shape (n_samples,)
        Multipliers of the loss, divided by reg, in the domain of its conjugate.
    u : ndarray of shape (rank,)
        Contrasts, within the bound.
    b : float
        Intercept.
    Kv : ndarray of shape (n_samples,), default=None
        K v, where it is known.
    multipliers : ndarray of shape (n_cells,), default=None
        Multipliers of the constraint. None for those that `cell_multipliers` chooses,
        which are optimal but for a bound on several contrasts.
    n_iter, status
        As in `KernelSolution`.

    Returns
    -------
    solution : KernelSolution
    """
    Kv = p.K @ v if Kv is None else Kv  # (n_samples,)
    q = p.T.T @ v  # (rank,)
    pull = p.sign * (q - u)  # (rank,)
    scores = Kv - p.T @ pull + b
    norm = v @ Kv - p.sign @ q**2 + p.sign @ u**2  # ||w||^2
    objective = 0.5 * p.reg * norm + p.c @ p.loss.value(p.y, scores)
    if multipliers is None:
        multipliers = cell_multipliers(p, p.reg * pull)
    dual = -p.c @ p.loss.conjugate(p.y, -p.reg * v / p.c) - 0.5 * p.reg * norm
    if p.bounded:
        # ||w||^2 at these multipliers, which match `pull` to their own digits only.
        miss = p.cells.T @ multipliers / p.reg - pull  # (rank,)
        dual -= 0.5 * p.reg * (p.sign @ miss**2 - 2.0 * u @ miss)
        dual -= p.bound * dual_norm(multipliers, p.strata)
        dual += _left_out(p, multipliers, u, scores)
    return KernelSolution(
        beta=v - p.B.T @ pull,
        intercept=float(b),
        scores=scores,
        objective=float(objective),
        duality_gap=float(objective - dual),
        n_iter=n_iter,
        status=status,
        v=v,
        u=u,
        Kv=Kv,
        multipliers=multipliers,
    )


def _left_out(p, multipliers, u, scores):
    """What directions that were left out as rounding add to the dual value, reg d'w.

    d is their part of the multipliers in the feature space, lambda'means less that of
    the directions that are kept. Its square is rounding, but not its product with w.
    """
    together, alone = split_strata(p.strata)
    if p.rank == len(alone) + sum(len(part) - 1 for part in together):
        return 0.0
    return multipliers @ (p.means @ scores) - (p.cells.T @ multipliers) @ u


def cell_multipliers(p, nu):
    """Multipliers lambda of the cells with cells'lambda = nu.

    Parameters
    ----------
    p : KernelProblem
        The problem.
    nu : ndarray of shape (rank,)
        Multipliers of u.

    Returns
    -------
    multipliers : ndarray of shape (n_cells,)
        For a bound on one contrast those of the smallest dual norm, else the shortest.
    """
    if p.bounded and p.rank == 1:
        return contrast_multipliers(nu[0], p.cells, p.strata)
    # The columns of cells are orthogonal, so that this is the pseudo-inverse.
    return p.cells @ (nu / (p.cells**2).sum(axis=0))  # (n_cells,)


def verify_status(p, solution, tol):
    """The solution, "stalled" if its certificate does not confirm an optimum.

    Parameters
    ----------
    p : KernelProblem
        The problem.
    solution : KernelSolution
        With the status that its solver gave.
    tol : float
        Largest relative duality gap of an optimum.

    Returns
    -------
    solution : KernelSolution
    """
    rounding = OBJECTIVE_ROUNDING * p.c @ np.abs(p.y)
    allowed = tol * abs(solution.objective) + rounding
    if solution.status == "optimal" and abs(solution.duality_gap) > allowed:
        return replace(solution, status="stalled")
    return solution
