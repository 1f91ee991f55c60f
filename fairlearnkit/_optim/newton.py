"""Newton's method for smooth losses, the constraint in every step.

Each step minimises the quadratic model of the objective on the feasible set exactly:
the KKT system for an equality (Nocedal and Wright, Numerical Optimization, 2006,
section 16.1), a small quadratic program for a bound. Iterates stay feasible, so the
line search only looks at the objective.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fairlearnkit._data.progress import SILENT
from fairlearnkit._optim.block_kernels import (
    curvatures,
    negative,
    product,
    slopes,
)
from fairlearnkit._optim.bound_program import symmetric_inverse
from fairlearnkit._optim.certificate import (
    duality_gap,
    gap_of_gradient,
    shortest_multipliers,
)
from fairlearnkit._optim.problem import Solution

# A factored Hessian is kept for another step if the last one left at most this part of
# the gap. Counted by benchmarks/constants.py, half of it saves a twentieth of the
# products with X and takes a third more Hessians; twice as much takes 1.4 times the
# products. Half a dozen products cost as much as a Hessian.
ENOUGH = 0.5
# The same for one from a nearby problem, whose steps gain more; there, half or twice of
# it change the products by 1 % and the Hessians by 4 %. Also for rows elsewhere, where
# a pass for another step costs as much as one for a Hessian.
ENOUGH_WARM = 0.02
# A line search ends where the slope is at most this part of the first. Twice or half as
# much change the number of steps by less than a fifth either way.
FLAT_SLOPE = 0.03
# Slopes of at most this part of the first one count as zero: where the objective is
# nearly quadratic the secant leads to its minimum, and rounding would decide on which
# side of it, and so what the step is. Twice or half as much change no test.
ROUNDING_OF_SLOPES = 1e-9
# Changes of the objective below this part of it are rounding of a sum of many terms.
# With half or twice as much, 2 of 80 fits take one or two steps more or less.
BLIND = 1e-13
# Share of rows whose derivative changes along a step up to which X'g is changed by
# theirs alone: the hinge on Adult takes .91 (equality) and .94 (a bound) of the time;
# with half of it or twice as much .03 to .08 more.
FEW_MOVING = 0.2
# Slopes that a line search evaluates at most: 50 of them are bisections, which give all
# digits. 391 searches took 5 in the median and 29 at most, so that half or twice as
# many make no difference.
MOST_SLOPES = 100


def newton(
    problem,
    *,
    tol,
    max_iter,
    hessian,
    start=None,
    system=None,
    warm=False,
    certify=True,
    floor=0.0,
    progress=SILENT,
):
    """Solve a problem with a smooth loss.

    1. The gradient gives a cheap duality gap. Where that is small, or no progress is
       left, the full certificate is computed, which decides.
    2. The Hessian is factored, unless steps with the last one still pay. That one
       learns from the last step, by BFGS.
    3. The step goes to the minimiser of the model on the feasible set.
    4. A line search ends near the minimum along the step; full steps are usual. From a
       start that is not feasible, the first step is a full one.

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
        A first point and its scores X w + b.
    system : {DenseHessian, CgHessian}, default=None
        A Hessian from near the start, for the first step.
    warm : bool, default=False
        Whether the start is from another problem: it need not be feasible, and may be
        a solution already.
    certify : bool, default=True
        Whether the duality gap is that of a feasible dual point; without, the balance
        of the multipliers is left out of it, which saves a product with X. Without a
        penalty either, it is an estimate of what further steps would gain.
    floor : float, default=0.0
        A duality gap that is as good as none.
    progress : Progress, default=SILENT
        Is told of each step.

    Returns
    -------
    solution : Solution
    """
    state = _State(problem, start, floor)
    state.feasible = not warm or problem.bounded or problem.reaches_goal(state.w)
    last, n_iter, status, is_fresh = np.inf, 0, None, True
    cold = system is None and problem.rows.in_memory
    enough_of_last = ENOUGH if cold else ENOUGH_WARM
    while status is None:
        # Step 1: the cheap gap, and the certificate where it matters.
        gap = state.cheap_gap()
        progress("step", n_iter, relative_gap=gap / (abs(state.value) or 1.0))
        enough = tol * abs(state.value) + floor
        near = (warm or n_iter > 0) and state.feasible and gap <= enough
        # Where steps with the last Hessian do not pay any more, a new one may.
        over = state.why_over(gap, last) if is_fresh else None
        over = over or ("max_iter" if n_iter == max_iter else None)
        if near or over:
            gap = state.checked_gap(gap, certify, hessian)
            status = "optimal" if gap <= enough else over
        if status is None:
            n_iter += 1
            # Step 2: a new Hessian, or the last one for as long as it pays.
            pays = system is not None and gap <= enough_of_last * last
            is_fresh = not (pays and system.keeps)
            if is_fresh:
                system = state.hessian(hessian)
            elif certify and state.moved:  # else exact ones end, with kinks
                system.learn(*state.moved)
            # Steps 3 and 4.
            state.move(constrained_step(problem, state.w, state.gradient, system))
            last = gap
    solution = replace(state.solution(n_iter, gap, status), hessian=system)
    return replace(solution, multipliers=state.multipliers(certify))


def constrained_step(problem, w, gradient, system):
    """Newton step to the minimiser of the quadratic model on the feasible set.

    With y0 the free step and Y = H^-1 [Q; 0], S = Q'Y: the steps that reach Q'w = u at
    the least cost are y0 + Y S^-1 (u - u0), at the cost (u - u0)' S^-1 (u - u0) / 2
    (the Schur complement of the KKT system).

    Parameters
    ----------
    problem : Problem
        The problem.
    w : ndarray of shape (n_features,)
        The point.
    gradient : ndarray of shape (n_features + 1,)
        In (w, b).
    system : {DenseHessian, CgHessian}
        H.

    Returns
    -------
    step : ndarray of shape (n_features + 1,)
    """
    p, Q = problem, problem.basis
    constraint = np.vstack([Q, np.zeros((1, Q.shape[1]))])  # (n_features + 1, rank)
    solved = system.solve(np.column_stack([-gradient, constraint]))
    free, Y = solved[:, 0], solved[:, 1:]  # y0, and H^-1 [Q; 0]
    if not Q.shape[1]:
        return free
    K = symmetric_inverse(Q.T @ Y[:-1])  # S^-1, (rank, rank)
    reached = Q.T @ (w + free[:-1])  # u0, (rank,): where the free step leads
    u = p.goal
    if p.bounded:
        u = p.bound_program.project(K, reached)[0]
    step = free + Y @ (K @ (u - reached))
    for _ in range(2):  # what rounding left of Q'w = u; the second time of that
        step[:-1] += Q @ (u - Q.T @ (w + step[:-1]))
    return step


class _State:
    """The iterate (w, b): its objective and gradient, of one pass over the rows."""

    def __init__(self, p, start, floor):
        self.p, self.floor = p, floor
        self.feasible, self.step_length, self.n_blind = True, 1.0, 0
        self.moved = None  # the last step, and how it changed the gradient
        self._take(self._at(*(p.start() if start is None else start)))

    def cheap_gap(self):
        """The duality gap but for the balance of the multipliers, from the gradient."""
        return gap_of_gradient(self.p, self.w, self.pull)

    def checked_gap(self, cheap, certify, kind):
        """The duality gap, or what is known of it without a certificate.

        Without a penalty the cheap gap misses the intercept, and is too small where w
        is. So the Newton decrement is asked, too: squared, it is twice what another
        step would gain (Boyd and Vandenberghe, Convex Optimization, 2004, section
        9.5.1).
        """
        if certify:
            return duality_gap(self.p, self.w, self.f, self._alpha(), self.value)
        if self.p.reg > 0:
            return cheap
        step = constrained_step(self.p, self.w, self.gradient, self.hessian(kind))
        return max(cheap, abs(self.gradient @ step))

    def why_over(self, gap, last):
        """Why no further step is worth while, or None.

        Where the objective cannot tell a step from rounding, the gap has to fall.
        """
        blind = self.n_blind > 1 and gap > ENOUGH * last
        return "stalled" if blind or not self.step_length else None

    def hessian(self, kind):
        """The Hessian at this point."""
        h = self.p.rows.column(curvatures, self.f, loss=self.p.loss)
        return kind(self.p, h, abs(self.gradient[-1]) or 1.0)

    def move(self, step):
        """Go along the step: all of it, unless the objective turns up well before."""
        slope = self.gradient @ step
        blind = abs(slope) <= BLIND * abs(self.value)
        # A step that changes the objective by rounding only counts as blind.
        self.n_blind = self.n_blind + 1 if blind else 0
        shortened, self.step_length = self.step_length < 1.0, 0.0
        searches = self.feasible and not blind
        if searches and slope >= 0:
            return
        # The end of a step, in one pass over X, tells whether the objective turns up
        # before. After a step that was shortened the search finds out for less.
        end, turned = None, True
        if not (searches and shortened):
            end = self._at(self.w + step[:-1], self.b + step[-1])
            turned = end.gradient @ step > FLAT_SLOPE * abs(slope)
        self.step_length = 1.0
        if searches and turned:
            self.step_length, end = self._search(step, slope)
        # It is NaN after a step of 1e154, where no curvature is left.
        if np.isnan(end.value) or (self.feasible and self._is_worse(end, blind)):
            self.step_length = 0.0
            return
        self.feasible = True
        self.moved = self.step_length * step, end.gradient - self.gradient
        self._take(end)

    def _is_worse(self, end, blind):
        """Whether the objective rises, and the gap too where rounding may be why."""
        rises = end.value > self.value + BLIND * abs(self.value) + self.floor
        if rises and blind:
            return gap_of_gradient(self.p, end.w, end.pull) > self.cheap_gap()
        return rises

    def multipliers(self, certify):
        """Lagrange multipliers of an equality: nu = -Q'gradient balances the rest.

        None for a bound, and where the gradient is not that of the problem itself.
        """
        closes = self.p.basis.shape[1] > 0 and not self.p.bounded
        if not (certify and closes and self.p.reg > 0):
            return None
        nu = -self.p.basis.T @ self.gradient[:-1]
        return shortest_multipliers(self.p.cells, nu)

    def solution(self, n_iter, gap, status):
        """The solution at this point."""
        return Solution(
            coef=self.w,
            intercept=self.b,
            n_iter=n_iter,
            objective=self.value,
            duality_gap=gap,
            status=status,
            scores=self.f,
            alpha=self._alpha(),
        )

    @property
    def f(self):
        """Scores, a column, which only some steps need."""
        if self._f is None:
            self._f = self.p.scores(self.w, self.b)
        return self._f

    def _alpha(self):
        g = self.p.rows.column(slopes, self.f, loss=self.p.loss)
        return self.p.rows.column(negative, g)

    def _at(self, w, b, f=None):
        """The objective and its gradient at a point, of scores where they are known."""
        p = self.p
        if f is None:
            sums = p.rows.sums(_evaluated, w=w, b=b, loss=p.loss)
        else:
            sums = p.rows.sums(_evaluated_at, f, loss=p.loss)
        loss, pull, total = sums
        value = 0.5 * p.reg * (w @ w) + loss
        return self._point(w, b, f, value, pull, total)

    def _point(self, w, b, f, value, pull, total):
        p = self.p
        gradient = np.append(p.reg * w + pull, p.fit_intercept * total)
        return _Point(w, b, f, value, pull, total, gradient)

    def _take(self, point):
        self.w, self.b, self._f, self.value, *derivatives = point
        self.pull, self.total, self.gradient = derivatives

    def _search(self, step, slope):
        """Where the slope is nearly up to zero, so that the objective has fallen.

        Secant and bisection in turn. A derivative that is the same at both ends is so
        between them: only the other rows are looked at again, and if they are few, the
        gradient changes by theirs.
        """
        p, rows, f, dw = self.p, self.p.rows, self.f, step[:-1]
        df = p.scores(dw, step[-1])
        start = rows.column(slopes, f, loss=p.loss)
        moving = rows.column(
            _differs, start, rows.column(_slopes_along, f, df, t=1.0, loss=p.loss)
        )
        few_move = rows.in_memory and rows.total(moving) <= FEW_MOVING * rows.shape[0]
        few, columns = rows.select(moving, start, f, df, features=few_move)
        g, few_f, few_df = columns
        # The penalty along the step is quadratic: its slope is linear + t square.
        square = p.reg * (dw @ dw)
        rest = p.reg * (self.w @ dw) + rows.sums(product, start, df)
        rest -= few.sums(product, g, few_df)

        def slope_at(t):
            varies = few.sums(_slope_along, few_f, few_df, t=t, loss=p.loss)
            return varies + rest + t * square

        low, high = (0.0, slope), (1.0, slope_at(1.0))
        if high[1] <= FLAT_SLOPE * abs(slope):
            low = high
        for i in range(MOST_SLOPES):
            if low[1] >= -FLAT_SLOPE * abs(slope) or low[0] == 1.0:
                break
            # Secant in even rounds; bisection in odd ones, so that both ends move.
            share = 0.5 if i % 2 else -low[1] / (high[1] - low[1])
            t = low[0] + share * (high[0] - low[0])
            value = slope_at(t)
            is_high = value > ROUNDING_OF_SLOPES * abs(slope)
            low, high = (low, (t, value)) if is_high else ((t, value), high)
        t = low[0]
        f = rows.combined((1.0, t), f, df)
        w, b = self.w + t * dw, self.b + t * step[-1]
        if not few_move:
            return t, self._at(w, b, f)
        there = few.column(_slopes_along, few_f, few_df, t=t, loss=p.loss)
        change = few.combined((1.0, -1.0), there, g)
        pull, total = self.pull + few.rmatvec(change), self.total + few.total(change)
        return t, self._point(w, b, f, p.objective(w, f), pull, total)


class _Point(NamedTuple):
    """A point with its scores (None where they were not kept) and derivatives."""

    w: np.ndarray
    b: float
    f: object
    value: float
    pull: np.ndarray
    total: float
    gradient: np.ndarray


def _evaluated(block, w, b, loss):
    """Loss, X'g and the sum of g, with g = c l'(f): one pass over X."""
    return _evaluated_at(block, block.matvec(w) + b, loss)


def _evaluated_at(block, f, loss):
    g = block.c * loss.derivative(block.y, f)
    return block.c @ loss.value(block.y, f), block.rmatvec(g), g.sum()


def _slopes_along(block, f, df, t, loss):
    return block.c * loss.derivative(block.y, f + t * df)


def _slope_along(block, f, df, t, loss):
    return _slopes_along(block, f, df, t, loss) @ df


def _differs(block, a, b):
    return a != b
