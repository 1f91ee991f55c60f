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

import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import (
    LinAlgError,
    LinAlgWarning,
    blas,
    cho_factor,
    cho_solve,
    lapack,
    qr,
    solve,
)
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import SVC, SVR

from fairlearnkit._optim import solve as solve_linear
from fairlearnkit._optim.bounded_step import bounded_step
from fairlearnkit._optim.losses import EpsilonInsensitive, Hinge

# Norms of a direction of the constraint below this, relative to those of the rows,
# are rounding.
NOISE = 1e-14
EVALUATIONS, FINE = 40, 1e-12
# Where the factor of K is a second road: rows at most, iterations of libsvm for each
# row before it, and the relative duality gap that libsvm has to reach.
MOST_FACTORED, PATIENCE, EXACT, FALLBACK_STEPS = 1500, 2000, 1e-6, 500
# Polishing: what counts as an end of an interval, rounds, and rows at most.
EDGE, POLISHING, MOST_FREE, JITTER = 1e-8, 20, 3000, 1e-13


@dataclass(frozen=True, eq=False)
class KernelProblem:
    """Kernel matrix, targets, and the constraint in its feature space.

    ``K`` is (n_samples, n_samples) and is changed in place while solvers work; ``c``
    are weights of rows in the loss, all positive, ``B`` (rank, n_samples) and ``T``
    (n_samples, rank) are as in the module's docstring, ``sign`` is -1 where an
    indefinite kernel gives a direction a negative square, and ``rows @ u`` are the
    gaps.
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
    contrasts: tuple

    def bounded(self):
        return 0 < self.bound < np.inf and len(self.B) > 0


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


def build_kernel_problem(
    K, y, c, *, loss, reg, fit_intercept, means, differences, bound
):
    """Problem of a kernel matrix and contrast rows M = differences @ means.

    Parameters
    ----------
    K : ndarray of shape (n_samples, n_samples)
        Kernel matrix in float64, which solvers may change and change back.
    y, c : ndarray of shape (n_samples,)
        Targets, and weights of the rows in the loss, all positive.
    loss : Loss
        The loss.
    reg : float
        Weight of ||w||^2 / 2.
    fit_intercept : bool
        Whether there is an intercept.
    means, differences : arrays
        As in ``Contrasts``.
    bound : float
        Largest |M f|; np.inf for no constraint.

    Returns
    -------
    problem : KernelProblem
    """
    left, right = qr(differences, mode="economic")
    B = np.asarray(right @ means)
    T = K @ B.T
    G = B @ T
    size, vectors = np.linalg.eigh(0.5 * (G + G.T))
    largest = np.abs(np.diag(K)).max() * np.abs(B).sum(axis=1).max() ** 2
    kept = np.abs(size) > NOISE * largest
    if not np.isfinite(bound):
        kept[:] = False
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
        rows=left @ (V * root),
        contrasts=(means, differences),
    )


def solve_svm(p, *, solver="auto", tol=1e-3, max_iter=-1, restore=True, **options):
    """Support vector machine under the constraint.

    Parameters
    ----------
    p : KernelProblem
        With the hinge or the epsilon-insensitive loss, and reg = 1.
    solver : {"auto", "libsvm", "interior-point", "cvxpy"}, default="auto"
        "libsvm" for no bound, an equality, or a bound on one contrast;
        "interior-point" and "cvxpy" for any, on a factor of K. "auto" takes the
        first where it can; the second where not, and, for at most 1500 rows, where
        the first is not near the optimum.
    tol : float, default=1e-3
        Tolerance of libsvm; the others reach a relative duality gap of tol**2.
    max_iter : int, default=-1
        Largest number of iterations, -1 for any.
    restore : bool, default=True
        Whether K is needed afterwards; otherwise it may be left changed.
    **options : dict
        ``shrinking`` and ``cache_size`` of libsvm, ``solver_params`` of cvxpy.

    Returns
    -------
    solution : KernelSolution

    Raises
    ------
    ValueError
        ``solver="libsvm"`` for a bound on several contrasts.
    """
    several = p.bounded() and len(p.B) > 1
    if solver == "libsvm" and several:
        msg = (
            f"solver='libsvm' bounds one contrast, and there are {len(p.B)}: use "
            "'interior-point', or max_gap=0."
        )
        raise ValueError(msg)
    params = options.pop("solver_params", None)
    if params and solver != "cvxpy":
        msg = f"solver_params={params!r} needs solver='cvxpy', got {solver!r}."
        raise ValueError(msg)
    steps = 1000 if max_iter == -1 else max_iter
    if solver in ("interior-point", "cvxpy") or several:
        name = "cvxpy" if solver == "cvxpy" else "auto"
        return _on_factor(p, _exact_factor(p.K), name, tol, steps, params)
    if isinstance(p.loss, EpsilonInsensitive):
        p, scale = _scaled(p)
        found = _by_libsvm(p, solver, tol, max_iter, steps, restore, options)
        return _unscaled(found, scale)
    return _by_libsvm(p, solver, tol, max_iter, steps, restore, options)


def _scaled(p):
    """The same problem with targets of spread 1, as libsvm's tolerance expects."""
    scale = float(np.ptp(p.y)) or 1.0
    smaller = replace(
        p,
        y=p.y / scale,
        c=p.c / scale,
        loss=EpsilonInsensitive(p.loss.epsilon / scale),
        bound=p.bound / scale,
    )
    return smaller, scale


def _unscaled(found, scale):
    lengths = ("beta", "intercept", "scores", "v", "u", "Kv")
    squares = ("objective", "duality_gap")
    return replace(
        found,
        **{name: scale * getattr(found, name) for name in lengths},
        **{name: scale**2 * getattr(found, name) for name in squares},
    )


def _by_libsvm(p, solver, tol, max_iter, steps, restore, options):
    """By libsvm, and, where that is allowed and does not get there, on a factor."""
    small = solver == "auto" and len(p.y) <= MOST_FACTORED
    if small and max_iter == -1:  # libsvm may need millions, and cannot be stopped
        max_iter = PATIENCE * len(p.y)
    machine = _Libsvm(p, tol=tol, max_iter=max_iter, **options)
    try:
        if p.bounded():
            found = _search(p, machine, tol)
        else:
            found = machine.at(1.0 if len(p.B) else 0.0)
    finally:
        if restore or small:
            machine.move(0.0)
    far = found.duality_gap > EXACT * abs(found.objective)
    F = _exact_factor(p.K) if small and far else None
    if F is not None:
        other = _on_factor(p, F, "auto", tol, min(steps, FALLBACK_STEPS))
        found = other if other.objective < found.objective else found
    return _judged(p, found, tol)


def _judged(p, solution, tol):
    """An optimum only if the certificate says so."""
    small = tol * abs(solution.objective) + 1e-14 * p.c @ np.abs(p.y)
    if solution.status == "optimal" and abs(solution.duality_gap) > small:
        return replace(solution, status="stalled")
    return solution


def _exact_factor(K):
    """A factor of the kernel matrix, or None of an indefinite one."""
    F = factor(K)
    lost = np.abs(np.diag(K) - np.einsum("ij,ij->i", F, F)).max()
    return F if lost <= 1e-8 * np.abs(np.diag(K)).max() else None


def _certified(p, v, u, b, *, Kv=None, n_iter=0, status="optimal", lam_norm=0.0):
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


class _Libsvm:
    """Plain support vector machines on K - s T T', s changed in place."""

    def __init__(self, p, *, tol, max_iter, shrinking=True, cache_size=200):
        common = {
            "kernel": "precomputed",
            "C": 1.0,
            "tol": tol,
            "max_iter": max_iter,
            "shrinking": shrinking,
            "cache_size": cache_size,
        }
        hinge = isinstance(p.loss, Hinge)
        self.model = SVC(**common) if hinge else SVR(epsilon=p.loss.epsilon, **common)
        self.p, self.s, self.hinge = p, 0.0, hinge

    def move(self, s):
        """K to K - s T T', in its place (K is symmetric: its columns are its rows)."""
        p = self.p
        if s != self.s and len(p.B):
            moved = blas.dgemm(
                self.s - s,
                p.T * p.sign,
                p.T,
                beta=1.0,
                c=p.K.T,
                trans_b=True,
                overwrite_c=True,
            )
            if not np.shares_memory(moved, p.K):
                p.K[:] = moved.T
        self.s = s

    def at(self, s):
        """The solution for one s."""
        p = self.p
        self.move(s)
        v, b, n_iter, status = self._plain()
        v, b, Kv = self._polished(v, b)
        q = p.T.T @ v
        return _certified(
            p,
            v,
            (1.0 - s) * q,
            b,
            Kv=Kv + s * p.T @ (p.sign * q),
            n_iter=n_iter,
            status=status,
            lam_norm=_multiplier(p, s * q) if p.bounded() else 0.0,
        )

    def _plain(self):
        p, model = self.p, self.model
        with warnings.catch_warnings(), config_context(assume_finite=True):
            warnings.simplefilter("ignore", ConvergenceWarning)  # told by the status
            model.fit(p.K, p.y, sample_weight=p.c)
        v = np.zeros(len(p.y))
        v[model.support_] = model.dual_coef_[0]
        v = np.clip(v, -p.c, p.c)
        status = "max_iter" if model.fit_status_ else "optimal"
        return v, float(model.intercept_[0]), int(np.max(model.n_iter_)), status

    def _polished(self, v, b):
        """The optimum itself, where libsvm is near enough to tell who is on the margin.

        The scores of those rows are known, so that their multipliers and b follow from
        a linear system, to rounding instead of to libsvm's tolerance. A few rows may
        still change sides.
        """
        p, epsilon = self.p, 0.0 if self.hinge else self.p.loss.epsilon
        Kv = p.K @ v
        start, new, Knew = (v, b, Kv), v.copy(), Kv
        side = p.y if self.hinge else np.where(v != 0, np.sign(v), 1.0)
        edge = EDGE * np.abs(p.y).max()
        free = (np.abs(v) > EDGE * p.c) & (np.abs(v) < (1.0 - EDGE) * p.c)
        for _ in range(POLISHING):
            if not 0 < np.count_nonzero(free) <= MOST_FREE:
                return start
            last = new.copy()
            try:
                new[free], shift = self._on_margin(
                    new, Knew, free, p.y - side * epsilon
                )
            except LinAlgError:
                return start
            below, above = side * new < 0, side * new > p.c
            new[below], new[above] = 0.0, (side * p.c)[above]
            changed = np.flatnonzero(new != last)  # few: far less than a product with K
            Knew = Knew + (new - last)[changed] @ p.K[changed]
            if (below | above).any():
                free &= ~(below | above)
                continue
            if not self.hinge:
                side = np.where(new == 0, np.sign(p.y - Knew - shift), side)
            lacks = side * (p.y - Knew - shift) - epsilon
            joins = ~free & np.where(new == 0, lacks > edge, lacks < -edge)
            if not joins.any():
                break
            free |= joins
        else:
            return start
        better = self._gap(new, shift, Knew) < self._gap(*start)
        return (new, shift, Knew) if better else start

    def _on_margin(self, v, Kv, free, wanted):
        """Multipliers of the free rows, and b, that put their scores where wanted."""
        rows = np.flatnonzero(free)
        inner = self.p.K[np.ix_(rows, rows)]
        system = np.ones((len(rows) + 1, len(rows) + 1))
        system[:-1, :-1] = inner
        system[-1, -1] = 0.0
        # Rows given twice leave the shares of each open: the jitter divides evenly.
        jitter = JITTER * system[:-1, :-1].diagonal().max(initial=0.0)
        system[np.arange(len(rows)), np.arange(len(rows))] += jitter
        fixed = Kv[rows] - inner @ v[rows]
        rhs = np.append(wanted[rows] - fixed, v[rows].sum() - v.sum())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LinAlgWarning)  # the certificate judges
            found = solve(system, rhs, assume_a="sym")
        return found[:-1], float(found[-1])

    def _gap(self, v, b, Kv):
        p = self.p
        loss = p.c @ p.loss.value(p.y, Kv + b)
        return v @ Kv + loss + p.c @ p.loss.conjugate(p.y, -v / p.c)


def _search(p, machine, tol):
    """The bound on one contrast: the s at which |u| is as large as allowed.

    |u| falls from s = 0 to 0 at s = 1. Between two s the solution is taken that mixes
    theirs so that |u| is right: it is feasible, and its certificate says when to stop.
    """
    limit = p.bound / np.abs(p.rows).max()
    low = machine.at(0.0)
    if np.abs(low.u[0]) <= limit:
        return low
    high, s_low, s_high, turn = machine.at(1.0), 0.0, 1.0, 0
    n_iter, best, dual = low.n_iter + high.n_iter, None, -np.inf
    for _ in range(EVALUATIONS):
        dual = max(dual, *(x.objective - x.duality_gap for x in (low, high)))
        mixed = _mixed(p, low, high, limit)
        if best is None or mixed.objective < best.objective:
            best = mixed
        gap = best.objective - dual
        own = min(_own_gap(p, low, s_low), _own_gap(p, high, s_high))
        if gap <= max(tol**2 * abs(best.objective), 2.0 * own) or s_high - s_low < FINE:
            break
        s = _guess(p, (s_low, low), (s_high, high), limit, turn)
        new = machine.at(s)
        n_iter += new.n_iter
        if np.abs(new.u[0]) > limit:
            low, s_low, turn = new, s, max(turn, 0) + 1
        else:
            high, s_high, turn = new, s, min(turn, 0) - 1
    status = "max_iter" if "max_iter" in (low.status, high.status) else "optimal"
    return replace(
        best, duality_gap=best.objective - dual, n_iter=n_iter, status=status
    )


def _guess(p, low, high, limit, turn):
    """Where |u| = limit if 1 / q is linear in s, as it is for the squared loss.

    The middle, if an end has not moved for three turns.
    """
    (a, x), (b, z) = low, high
    if abs(turn) >= 3:
        return 0.5 * (a + b)
    ra, rb = (1.0 / max(np.abs(p.T[:, 0] @ end.v), 1e-300) for end in (x, z))
    slope = (rb - ra) / (b - a)
    s = (1.0 - limit * (ra - slope * a)) / (1.0 + limit * slope)
    margin = 1e-3 * (b - a)
    return float(np.clip(s, a + margin, b - margin))


def _mixed(p, low, high, limit):
    """The mixture of two solutions whose contrast is at the limit."""
    goal = np.sign(low.u) * limit
    share = float(((goal - high.u) / (low.u - high.u))[0])
    v = share * low.v + (1.0 - share) * high.v
    b = share * low.intercept + (1.0 - share) * high.intercept
    Kv = share * low.Kv + (1.0 - share) * high.Kv
    return _certified(p, v, goal, b, Kv=Kv)


def _own_gap(p, x, s):
    """How far libsvm stopped from the optimum of its own problem at s."""
    q = p.T.T @ x.v
    bought = p.sign @ (x.u * (q - x.u)) - p.bound * _multiplier(p, s * q)
    return max(0.0, x.duality_gap + float(bought))


def _multiplier(p, nu):
    """Size of the multiplier of one contrast."""
    return float(np.abs(nu).max() / np.abs(p.rows).max())


def _on_factor(p, F, solver, tol, max_iter, solver_params=None):
    """The linear problem on F, K = F F': for any loss and any number of contrasts."""
    if F is None:
        msg = (
            "The kernel is indefinite, and this problem is solved on a factor of the "
            "kernel matrix: take a positive semi-definite kernel, or max_gap=0 with "
            "solver='libsvm'."
        )
        raise ValueError(msg)
    means, differences = p.contrasts
    found = solve_linear(
        F,
        p.y,
        p.c,
        loss=p.loss,
        reg=p.reg,
        fit_intercept=p.fit_intercept,
        means=means,
        differences=differences,
        bound=p.bound if len(p.B) else np.inf,
        solver=solver,
        tol=min(tol, 1e-5),
        max_iter=max_iter,
        solver_params=solver_params,
    )
    u = p.B @ (F @ found.coef)
    solution = _certified(p, found.alpha / p.reg, u, found.intercept)
    solution = replace(
        solution,
        duality_gap=solution.objective - (found.objective - found.duality_gap),
        n_iter=found.n_iter,
        status=found.status,
    )
    return _judged(p, solution, tol)


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
    """
    if solver == "cvxpy":
        return _on_factor(p, _exact_factor(p.K), "cvxpy", 1e-3, 1, solver_params)
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
        weight = np.linalg.inv(0.5 * (S + S.T))
        if p.bounded():
            u, lam_norm = bounded_step(weight, reached, p.rows, p.bound)
        mu = weight @ (reached - u)
        v = beta - Y @ mu + p.B.T @ mu / p.reg
    return _judged(p, _certified(p, v, u, 0.0, n_iter=1, lam_norm=lam_norm), 1e-3)
