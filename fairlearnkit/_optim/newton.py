"""Newton's method for smooth losses, the constraint in every step.

Each step minimises the quadratic model of the objective on the feasible set exactly:
the KKT system for an equality, `bounded_step` for a bound. Iterates stay feasible, so
the line search only looks at the objective.
"""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

from fairlearnkit._optim.bounded_step import bounded_step, inverse
from fairlearnkit._optim.problem import Solution, duality_gap, unbalanced

# A step pays if it leaves at most this part of the gap.
ENOUGH = 0.5
# A line search ends where the slope is at most this part of the first.
TURNED = 0.03
# Changes of the objective below this part of it are rounding.
BLIND = 1e-13


def newton(problem, *, tol, max_iter, hessian, start=None, certify=True, floor=0.0):
    """Solve a problem with a smooth loss.

    A factored Hessian is kept for another step for as long as steps with it pay.

    Parameters
    ----------
    problem : Problem
        The problem.
    tol : float
        Relative duality gap to reach.
    max_iter : int
        Largest number of steps.
    hessian : {DenseHessian, CgHessian}
        How linear systems with the Hessian are solved.
    start : tuple of (w, b, f), default=None
        A feasible first point and its scores X w + b.
    certify : bool, default=True
        Whether the duality gap is that of a feasible dual point; without, the balance
        of the multipliers is left out of it, which saves a product with X.
    floor : float, default=0.0
        A duality gap that is as good as none.

    Returns
    -------
    solution : Solution
    """
    p = problem
    n_samples, n_features = p.design.shape
    w, b, f = start or (np.zeros(n_features), 0.0, np.zeros(n_samples))
    g = p.c * p.loss.derivative(p.y, f)
    value = p.objective(w, f)
    system, gap, t, n_iter, status, blind = None, np.inf, 1.0, 0, None, 0
    while status is None:
        gradient = np.append(p.reg * w + p.design.rmatvec(g), p.fit_intercept * g.sum())
        last, gap = gap, _cheap_gap(p, w, gradient[:-1])
        enough = tol * abs(value) + floor
        near = n_iter > 0 and gap <= enough
        # The objective cannot tell a step from rounding: then the gap has to fall.
        stalled = not t or (blind > 1 and gap > ENOUGH * last)
        over = "stalled" if stalled else "max_iter" if n_iter == max_iter else None
        if near or over:
            if certify:
                gap = duality_gap(p, w, f, -g)
            status = "optimal" if gap <= enough else over
        if status is None:
            n_iter += 1
            if system is None or not (system.keeps and gap <= ENOUGH * last):
                h = p.c * p.loss.curvature(p.y, f)
                system = hessian(p, h, abs(gradient[-1]) or 1.0)
            step = _constrained_step(p, w, gradient, system)
            line = _Line(p, w, f, g, step, gradient @ step, value)
            t, value, g = line.search()
            blind = blind + 1 if line.blind else 0
            w, b, f = w + t * step[:-1], b + t * step[-1], f + t * line.df
    return Solution(
        coef=w,
        intercept=b,
        n_iter=n_iter,
        objective=value,
        duality_gap=gap,
        status=status,
        scores=f,
        alpha=-g,
    )


def _cheap_gap(p, w, gradient):
    """The duality gap but for the balance of the multipliers, from the gradient."""
    r, slack = gradient - p.basis @ (p.basis.T @ gradient), 0.0
    if p.bounded():
        pull = p.reg * w - gradient
        v, of_bound = unbalanced(p, w, pull)
        r, slack = p.reg * w - v, of_bound - (pull - v) @ w
    if p.reg == 0 and not p.whitened:  # among coefficients no longer than these
        return np.linalg.norm(r) * np.linalg.norm(w) + slack
    with np.errstate(over="ignore"):  # far from the optimum it may be infinite
        return (r @ r) / (2.0 * (p.reg or 1.0)) + slack


def _constrained_step(p, w, gradient, system):
    """Newton step to the minimiser of the model on the feasible set.

    With y0 the free step and Y = H^-1 [Q; 0], S = Q'Y: the steps that reach Q'w = u at
    the least cost are y0 + Y S^-1 (u - u0), at the cost (u - u0)' S^-1 (u - u0) / 2.
    """
    Q = p.basis
    rhs = np.column_stack([-gradient, np.vstack([Q, np.zeros((1, Q.shape[1]))])])
    solved = system.solve(rhs)
    free, Y = solved[:, 0], solved[:, 1:]
    if not Q.shape[1]:
        return free
    K = inverse(Q.T @ Y[:-1])
    reached = Q.T @ (w + free[:-1])
    u = np.zeros_like(reached)
    if p.bounded():
        u = bounded_step(K, reached, p.rows, p.strata, p.bound)[0]
    step = free + Y @ (K @ (u - reached))
    step[:-1] += Q @ (u - Q.T @ (w + step[:-1]))  # what rounding left of Q'w = u
    return step


class _Line:
    """The objective along a step, for a search that ends near its minimum."""

    def __init__(self, p, w, f, g, step, slope, value):
        self.p, self.w, self.f, self.g, self.dw = p, w, f, g, step[:-1]
        self.slope, self.value = slope, value
        self.df = p.scores(step[:-1], step[-1])
        self.blind = abs(slope) <= BLIND * abs(value)
        self.linear, self.square = p.reg * (w @ self.dw), p.reg * (self.dw @ self.dw)

    def search(self, max_iter=100):
        """Length in [0, 1] (0 where rounding hides any progress), value, derivatives.

        The full step if the slope has not turned much there; else its root.
        """
        if self.slope >= 0 and not self.blind:
            return 0.0, self.value, self.g
        goal, t = TURNED * abs(self.slope), 1.0
        g = self._derivative(slice(None), 1.0)
        slope = self.linear + self.square + g @ self.df
        if slope > goal and not self.blind:
            t = self._root((0.0, self.slope), (1.0, slope), g, goal, max_iter)
            g = self._derivative(slice(None), t)
        value = self.p.objective(self.w + t * self.dw, self.f + t * self.df)
        if value <= self.value + BLIND * abs(self.value):
            return t, value, g
        return 0.0, self.value, self.g

    def _root(self, low, high, g, goal, max_iter):
        """Where the slope is nearly up to zero, so that the objective has fallen.

        Secant and bisection in turn. A derivative that is the same at both ends is so
        between them: only the other rows are looked at again.
        """
        moving = np.flatnonzero(g != self.g)
        still = self.linear + self.g @ self.df - self.g[moving] @ self.df[moving]
        for turn in range(max_iter):
            share = 0.5 if turn % 2 else -low[1] / (high[1] - low[1])
            t = low[0] + share * (high[0] - low[0])
            slope = self._derivative(moving, t) @ self.df[moving]
            slope += still + t * self.square
            low, high = (low, (t, slope)) if slope > 0 else ((t, slope), high)
            if low[1] >= -goal:
                break
        return low[0]

    def _derivative(self, rows, t):
        f = self.f[rows] + t * self.df[rows]
        loss = self.p.loss.restricted(rows)
        return self.p.c[rows] * loss.derivative(self.p.y[rows], f)


class DenseHessian:
    """Cholesky factor of the Hessian in (w, b); for at most a few thousand features.

    `flat` stands for the curvature of the intercept where there is none: with the size
    of its derivative, the step goes by one unit of margin.
    """

    sharper = None  # exact to rounding

    def __init__(self, p, h, flat):
        n_features = p.design.shape[1]
        H = np.zeros((n_features + 1, n_features + 1))
        rows = np.flatnonzero(h)
        self.keeps = len(rows) > 0.2 * len(h)  # dear enough to use it again
        rows = rows if len(rows) < 0.8 * len(h) else None
        H[:-1, :-1], Xh = p.design.gram(h, rows)
        H[np.arange(n_features), np.arange(n_features)] += p.reg
        if p.fit_intercept:
            H[-1, :-1] = H[:-1, -1] = Xh
            H[-1, -1] = h.sum()
        if H[-1, -1] <= 0:
            H[-1, -1] = flat
        self.H, self.exact = H, False
        try:
            self.factor = cho_factor(H, check_finite=False)
        except LinAlgError:
            self.exact = True

    def solve(self, rhs):
        if not self.exact:
            return cho_solve(self.factor, rhs, check_finite=False)
        scale = 1.0 / np.sqrt(np.maximum(np.diag(self.H), 1e-300))
        size, vectors = eigh(scale[:, None] * self.H * scale)
        kept = size > len(size) * np.finfo(np.float64).eps * size[-1]
        vectors = scale[:, None] * vectors[:, kept]
        return vectors @ ((vectors.T @ rhs) / size[kept, None])


class CgHessian:
    """Conjugate gradients, the diagonal as preconditioner; any number of features."""

    keeps = False  # nothing is factored
    # Relative residual of the systems; multipliers read off looser ones do not certify.
    residual = 1e-9

    def __init__(self, p, h, flat):
        self.p, self.h = p, h
        diagonal = p.reg + p.design.column_squares(h)
        diagonal[diagonal == 0] = 1.0  # a column of zeros without a penalty
        self.last = None if p.fit_intercept and h.any() else flat
        self.diagonal = np.append(diagonal, self.last or h.sum())

    def product(self, v):
        p, w, b = self.p, v[:-1], v[-1]
        z = self.h * p.scores(w, b if self.last is None else 0.0)
        last = z.sum() if self.last is None else self.last * b
        return np.append(p.reg * w + p.design.rmatvec(z), last)

    def solve(self, rhs):
        return np.column_stack([self._solve_one(column) for column in rhs.T])

    def _solve_one(self, rhs):
        x, r = np.zeros_like(rhs), rhs.copy()
        z = r / self.diagonal
        d, rz = z.copy(), r @ z
        stop = self.residual**2 * rz
        for _ in range(10 * len(rhs)):
            if rz <= stop:
                break
            Hd = self.product(d)
            step = rz / (d @ Hd)
            x += step * d
            r -= step * Hd
            z = r / self.diagonal
            rz, old = r @ z, rz
            d = z + (rz / old) * d
        return x


class SharpCgHessian(CgHessian):
    """The same, as far as rounding lets it: for where the other stalls."""

    sharper = None
    residual = 1e-12


CgHessian.sharper = SharpCgHessian
