"""Problems in the feature space of a kernel: K in, multipliers of the rows out.

The constraint looks at u = B f, rows of B that span those of M. In the feature space B
is a set of vectors U = B Phi; scaled to be orthonormal there (B K B' = I, T = K B'),

    ||w||^2 = v'K v - |q|^2 + |u|^2,   q = T'v,   w = Phi'v - U'(q - u),

is the shortest w for the multipliers v of the loss that has the contrasts u. So a
solution is a pair (v, u); one coefficient for each row, beta = v - B'(q - u), follows,
and reg v are the multipliers alpha of the loss. With u = 0 the multipliers v are those
of the plain problem on K - T T'; for one row, a bound is a plain problem on K - s T T',
and s is searched for.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, lapack

from fairlearnkit._optim import build_problem
from fairlearnkit._optim import solve as solve_linear
from fairlearnkit._optim.bounded_step import bounded_step, inverse
from fairlearnkit._optim.compared import contrasted, largest_gap

# Norms of a direction of the constraint below this, relative to those of the rows,
# are rounding.
NOISE = 1e-14
# Squared lengths of rows outside the constraint below this part of them are rounding.
LEFT = 1e-10


@dataclass(frozen=True, eq=False)
class KernelProblem:
    """Kernel matrix, targets, and the constraint in its feature space.

    ``K`` is (n_samples, n_samples) and is changed in place while solvers work, or is
    ``KernelRows``; ``c``
    are weights of rows in the loss, all positive, ``B`` (rank, n_samples) and ``T``
    (n_samples, rank) are as in the module's docstring, ``sign`` is -1 where an
    indefinite kernel gives a direction a negative square, and ``rows @ u`` are the
    mean scores of cells, ``means``, less that of their stratum (``compared``).
    """

    K: np.ndarray
    y: np.ndarray
    c: np.ndarray
    loss: object
    reg: float
    fit_intercept: bool
    bound: float
    B: np.ndarray
    T: np.ndarray
    sign: np.ndarray
    rows: np.ndarray
    strata: np.ndarray
    means: np.ndarray

    def bounded(self):
        return 0 < self.bound < np.inf and len(self.B) > 0

    def nothing_left(self):
        """Whether an equality takes all there is of the rows in the feature space."""
        if self.bound > 0 or not len(self.B):
            return False
        diagonal = self.K.diagonal()
        left = np.abs(diagonal - self.T**2 @ self.sign)
        return bool(left.max() <= LEFT * np.abs(diagonal).max())

    def widest(self):
        """The gap of one unit of a single contrast u."""
        return largest_gap(self.rows, self.strata)


@dataclass(frozen=True, eq=False)
class KernelSolution:
    """Coefficients beta of a solution, f = K beta + b, with its certificate.

    ``v`` and ``u`` are its multipliers and contrasts, ``Kv`` is K v, ``scores`` are
    those of the rows; ``duality_gap`` bounds how far the objective is above the
    optimum, for a kernel that is positive semi-definite.
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


def build_kernel_problem(K, y, c, *, loss, reg, fit_intercept, means, strata, bound):
    """Problem of a kernel matrix and the means of cells to compare.

    Parameters
    ----------
    K : ndarray of shape (n_samples, n_samples), or KernelRows
        Kernel matrix in float64, which solvers may change and change back.
    y, c : ndarray of shape (n_samples,)
        Targets, and weights of the rows in the loss, all positive.
    loss : Loss
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
    H = contrasted(np.eye(len(strata)), strata)
    H = H if np.isfinite(bound) else H[:0]
    B = np.asarray(H @ means)
    T = K @ B.T
    G = B @ T
    size, vectors = np.linalg.eigh(0.5 * (G + G.T))
    largest = np.abs(K.diagonal()).max() * np.abs(B).sum(axis=1).max(initial=0.0) ** 2
    kept = np.abs(size) > NOISE * largest
    root, V = np.sqrt(np.abs(size[kept])), vectors[:, kept]
    return KernelProblem(
        K=K,
        y=y,
        c=c,
        loss=loss,
        reg=reg,
        fit_intercept=fit_intercept,
        bound=bound,
        B=(V / root).T @ B,
        T=T @ (V / root),
        sign=np.sign(size[kept]),
        rows=H.T @ (V * root),
        strata=strata,
        means=means,
    )


def judged(p, solution, tol):
    """An optimum only if the certificate says so."""
    small = tol * abs(solution.objective) + 1e-14 * p.c @ np.abs(p.y)
    if solution.status == "optimal" and abs(solution.duality_gap) > small:
        return replace(solution, status="stalled")
    return solution


def exact_factor(K):
    """A factor of the kernel matrix, or None of an indefinite one."""
    F = factor(K)
    lost = np.abs(np.diag(K) - np.einsum("ij,ij->i", F, F)).max()
    return F if lost <= 1e-8 * np.abs(np.diag(K)).max() else None


def certified(p, v, u, b, *, Kv=None, n_iter=0, status="optimal", lam_norm=0.0):
    """Solution of multipliers and contrasts; Kv = K v."""
    Kv = p.K @ v if Kv is None else Kv
    q = p.T.T @ v
    pull = p.sign * (q - u)
    scores = Kv - p.T @ pull + b
    norm = v @ Kv - p.sign @ q**2 + p.sign @ u**2
    objective = 0.5 * p.reg * norm + p.c @ p.loss.value(p.y, scores)
    dual = -p.c @ p.loss.conjugate(p.y, -p.reg * v / p.c) - 0.5 * p.reg * norm
    if p.bounded():
        dual -= p.bound * lam_norm
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
    )


def at_share(p, s, v, b, Kv, *, n_iter, status):
    """Solution whose multipliers are those of the plain problem on K - s T T'."""
    q = p.T.T @ v
    lam_norm = multiplier_size(p, s * q) if p.bounded() else 0.0
    u = (1.0 - s) * q
    return certified(p, v, u, b, Kv=Kv, n_iter=n_iter, status=status, lam_norm=lam_norm)


def multiplier_size(p, nu):
    """Size of the multiplier of one contrast."""
    return float(np.abs(nu).max() / p.widest())


def on_factor(p, F, solver, tol, max_iter, solver_params=None):
    """The linear problem on F, K = F F': for any loss and any number of contrasts."""
    if F is None:
        msg = (
            "The kernel is indefinite, and this problem is solved on a factor of the "
            "kernel matrix: take a positive semi-definite kernel, or max_gap=0 with "
            "solver='libsvm'."
        )
        raise ValueError(msg)
    problem = build_problem(
        F,
        p.y,
        p.c,
        loss=p.loss,
        reg=p.reg,
        fit_intercept=p.fit_intercept,
        means=p.means,
        strata=p.strata,
        bound=p.bound if len(p.B) else np.inf,
    )
    found = solve_linear(
        problem,
        solver=solver,
        tol=min(tol, 1e-5),
        max_iter=max_iter,
        solver_params=solver_params,
    )
    u = p.B @ (F @ found.coef)
    solution = certified(p, found.alpha / p.reg, u, found.intercept)
    solution = replace(
        solution,
        duality_gap=solution.objective - (found.objective - found.duality_gap),
        n_iter=found.n_iter,
        status=found.status,
    )
    return judged(p, solution, tol)


def factor(K):
    """F with K = F F', by a Cholesky factorisation that stops where nothing is left.

    Parameters
    ----------
    K : ndarray of shape (n_samples, n_samples)
        Kernel matrix; its negative part, if there is one, is lost.

    Returns
    -------
    F : ndarray of shape (n_samples, rank)
    """
    tolerance = 1e-14 * np.abs(np.diag(K)).max()
    L, order, rank, _ = lapack.dpstrf(K, tol=tolerance, lower=1)
    F = np.zeros((len(K), max(rank, 1)))
    F[order - 1, :rank] = np.tril(L)[:, :rank]
    return F


def solve_ridge(p, *, solver="auto", solver_params=None):
    """Kernel ridge regression under the constraint, in closed form.

    With A = K + reg diag(1/c) and S = B K A^-1 diag(1/c) B', the contrasts u = u0 -
    S mu of a solution with multipliers mu cost (u - u0)' S^-1 (u - u0) / 2.

    Parameters
    ----------
    p : KernelProblem
        With the squared loss and without intercept.
    solver : {"auto", "cvxpy"}, default="auto"
        Linear equations, or cvxpy on a factor of K.
    solver_params : dict, default=None
        Options for cvxpy.

    Returns
    -------
    solution : KernelSolution

    Raises
    ------
    ValueError
        `solver_params` without cvxpy.
    """
    if solver_params and solver != "cvxpy":
        msg = f"solver_params={solver_params!r} needs solver='cvxpy', got {solver!r}."
        raise ValueError(msg)
    if solver == "cvxpy":
        return on_factor(p, exact_factor(p.K), "cvxpy", 1e-3, 1, solver_params)
    D = 1.0 / p.c
    A = p.K.copy()
    A[np.diag_indices_from(A)] += p.reg * D
    rhs = np.column_stack([p.y, D[:, None] * p.B.T])
    try:
        solved = cho_solve(cho_factor(A, overwrite_a=True), rhs)
    except LinAlgError:  # a singular or an indefinite kernel
        A = p.K.copy()
        A[np.diag_indices_from(A)] += p.reg * D
        solved = np.linalg.lstsq(A, rhs, rcond=None)[0]
    beta, Y = solved[:, 0], solved[:, 1:]
    u, lam_norm, v = np.zeros(len(p.B)), 0.0, beta
    if len(p.B):
        reached, S = p.T.T @ beta, p.T.T @ Y
        weight = inverse(S)
        if p.bounded():
            u, _, lam_norm = bounded_step(weight, reached, p.rows, p.strata, p.bound)
        mu = weight @ (reached - u)
        v = beta - Y @ mu + p.B.T @ mu / p.reg
    return judged(p, certified(p, v, u, 0.0, n_iter=1, lam_norm=lam_norm), 1e-3)
