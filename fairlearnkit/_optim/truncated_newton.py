"""Truncated Newton method for smooth losses of many features, on the feasible set.

Iterates are w = Q u + z with z orthogonal to the basis Q of the constraint, so that
steps in z keep Q'w as it is, and no system holds the constraint. The intercept is
minimised out: its optimum for given scores costs a pass or two over the rows, and with
it the gradient gives a duality gap that is exact. Steps come from conjugate gradients
that stop early (Nocedal and Wright, Numerical Optimization, 2006, algorithm 7.1; the
forcing terms of Eisenstat and Walker, SIAM J. Sci. Comput. 17, 1996, choice 2), and
never later than the certificate needs.
"""

import numpy as np

from fairlearnkit._data.progress import SILENT
from fairlearnkit._optim.block_kernels import (
    curvatures,
    curved_pull,
    negative,
    product,
    slopes,
    total_and_count,
)
from fairlearnkit._optim.certificate import (
    duality_gap,
    gap_of_gradient,
    multipliers_at,
)
from fairlearnkit._optim.problem import Solution

# Figures are of benchmarks/constants.py: 48 fits of generated texts of 6,000 x 15,000
# take 4,902 products with X or X' and 166 steps.

# Relative residual of the systems: of the first one, and its power of the last decrease
# of the gradient later on. With half of the first 5,148 products and 152 steps, with
# twice as much 5,107 and 183; with half of the power 4,747 and 163, with twice as much
# 5,719 and 157.
FIRST_FORCING, FORCING_POWER = 0.05, 1.5
# Part of what the certificate still asks of the gradient that a system is solved to.
# Half of it takes 5,238 products and 166 steps, twice as much 4,728 and 202.
SHARE_OF_NEED = 0.5
# Steps of conjugate gradients at most, for one system. Half or twice as many change
# nothing.
MOST_CG = 500
# Share of curved rows below which the others are left out of products, which then cost
# less. Half of it, or always, changes no number of products.
FEW_CURVED = 0.6
# Part of the duality gap after a step, as it is expected to be, that a move of Q'w may
# add, for z not to respond. Half of it takes 3 products less, twice as much 49 more.
SHARE_OF_GAP = 0.3
# Part of a vector that may be rounding, after its projection. Half or twice as much
# change nothing.
ROUNDING = 1e-14
# Elements of D further apart than this lose digits of Q'D^-1 Q: 3e-15 of a step is in
# the span of Q for elements 1e3 apart, 8e-13 for 1e6. Half or twice as much change no
# number of products.
MANY_SIZES = 1e3
# A line search ends where the slope is at most this part of the first: with half of it
# 34 products less, with twice as much 47 more. And slopes that it evaluates at most,
# half of which are bisections.
FLAT_SLOPE, MOST_SLOPES = 0.03, 60
# Changes of the objective below this part of it are rounding. Half or twice as much
# change nothing.
BLIND = 1e-13
# What the gap has to fall by where steps are blind. Half or twice as much change
# nothing.
ENOUGH = 0.5
# Sum of the multipliers, relative to that of their sizes, at which the intercept is at
# its optimum; and passes over the rows that this takes at most, the later ones by
# bisection. Half or twice as much of either change nothing.
BALANCED, MOST_INTERCEPTS = 1e-13, 60
# Longest first step of the intercept; each later one may be four times as long. Half or
# twice as much change nothing here: it is for scores far from zero.
FIRST_REACH = 1e3


def truncated_newton(
    problem,
    *,
    tol,
    max_iter,
    start=None,
    warm=False,
    certify=True,
    forcing=None,
    progress=SILENT,
):
    """Solve a problem with a smooth loss and a penalty.

    1. The projected gradient gives the duality gap. Stop where it is small enough, or
       where no progress is left.
    2. Conjugate gradients give a step in z.
    3. A bound may let Q'w move: that is a small quadratic program, and z responds.
    4. A line search, with the intercept minimised out.

    Parameters
    ----------
    problem : Problem
        The problem, with reg > 0.
    tol : float
        Relative duality gap to reach.
    max_iter : int
        Largest number of steps.
    start : tuple of (w, b, f), default=None
        A first point and its scores.
    warm : bool, default=False
        Whether the start is from another problem, so that it need not be feasible.
    forcing : float, default=None
        Relative residual of the first system, and of later ones at most; None takes
        FIRST_FORCING.
    certify : bool, default=True
        Whether the duality gap has to be that of a feasible dual point. Without, the
        loss may lack a conjugate.
    progress : Progress, default=SILENT
        Is told of each step.

    Returns
    -------
    solution : Solution
    """
    state = _State(problem, start, warm, forcing or FIRST_FORCING)
    n_iter, status, last = 0, None, np.inf
    while status is None:
        gap = state.gap()
        progress("step", n_iter, relative_gap=gap / (abs(state.value) or 1.0))
        enough = tol * abs(state.value)
        near = gap <= enough and (warm or n_iter > 0)
        if near and certify:
            gap = state.certified_gap()
        if near and gap <= enough:
            status = "optimal"
        elif state.is_stuck or (state.n_blind > 1 and gap > ENOUGH * last):
            status = "stalled"
        elif n_iter == max_iter:
            status = "max_iter"
        else:
            n_iter, last = n_iter + 1, gap
            state.move(gap, enough)
    return state.solution(n_iter, gap, status)


class _State:
    """The iterate, with the intercept minimised out."""

    def __init__(self, p, start, warm, forcing):
        self.p, self.rows, self.forcing = p, p.rows, forcing
        self.w, self.b, self.f = p.start() if start is None else start
        moved = p.feasible(self.w) if warm else self.w
        if (moved != self.w).any():
            self.f = self.rows.combined(
                (1.0, 1.0), self.f, p.scores(moved - self.w, 0.0)
            )
            self.w = moved
        self.diagonal = self.rows.column_squares(p.c)  # times a mean of curvatures
        self.total_weight = self.rows.total(p.c)
        self.before, self.K = None, None
        self.is_stuck, self.n_blind = False, 0
        self._settle(self.f, self.w, self.b)

    def gap(self):
        """The duality gap, exact where the multipliers sum to zero."""
        p = self.p
        pull = self.rows.rmatvec(self.g)
        self.gradient = p.reg * self.w + pull
        return gap_of_gradient(p, self.w, pull)

    def certified_gap(self):
        """The duality gap, of multipliers that sum to zero exactly."""
        alpha = self.rows.column(negative, self.g)
        return duality_gap(self.p, self.w, self.f, alpha, self.value)

    def move(self, gap, enough):
        """Steps 2 to 4; `gap` is the duality gap, `enough` that to reach."""
        p = self.p
        curved = _Curvature(p, self.f, self.diagonal / self.total_weight)
        size = np.linalg.norm(_off(p.basis, self.gradient))
        forcing = self.forcing
        if self.before:
            forcing = min(forcing, 0.9 * (size / self.before) ** FORCING_POWER)
        needed = SHARE_OF_NEED * np.sqrt(2.0 * p.reg * enough)
        forcing = max(forcing, needed / max(size, 1e-300))
        self.before = size
        step, curve = curved.solve(-self.gradient, forcing)
        if p.bounded:
            expected = max(enough, forcing**2 * gap)  # the duality gap after this step
            allowed = SHARE_OF_GAP * expected
            both = step + self._move_within_bound(curved, curve, allowed)
            # Systems are solved in part only, so that in the end it may lead uphill.
            if self.gradient @ both <= BLIND * abs(self.value):
                step = both
        self._search(step)

    def _move_within_bound(self, curved, curve, allowed):
        """The move of Q'w that a bound allows, after a step z with H z = curve.

        It minimises the quadratic model with z minimised out, whose Hessian K is known
        from earlier steps, and exactly along directions D for which the response of z
        is computed: where the move would add more to the duality gap than is allowed.
        """
        p, Q = self.p, self.p.basis
        u = Q.T @ self.w
        slope = Q.T @ (self.gradient + curve)
        if self.K is None:
            self.K = Q.T @ (curved.D[:, None] * Q)
        before, D = self.K, np.zeros((len(u), 0))
        steps, KD = np.zeros((len(Q), 0)), np.zeros((len(u), 0))
        curves = steps  # H steps
        while True:
            K = self.K = _corrected(before, D, KD)
            target = u - _solved(K, slope)
            du = p.bound_program.project(K, target)[0] - u
            rest = du - D @ (D.T @ du)
            length = np.linalg.norm(rest)
            if D.shape[1] == len(u) or length <= ROUNDING * np.linalg.norm(u + du):
                return steps @ (D.T @ du) + Q @ rest
            step = Q @ (rest / length)
            curve = curved.product(step)
            pull = _off(Q, curve)
            # What the move by itself adds to the duality gap.
            added = length**2 * (pull @ pull) / (2.0 * p.reg)
            responds = added > allowed
            if not responds and rest @ K @ rest <= FIRST_FORCING**2 * (du @ K @ du):
                return steps @ (D.T @ du) + Q @ rest
            if responds:
                enough = max(self.forcing, np.sqrt(allowed / added))
                z, Hz = curved.solve(-pull, enough)
                step, curve = step + z, curve + Hz
            D = np.column_stack([D, rest / length])
            steps = np.column_stack([steps, step])
            curves = np.column_stack([curves, curve])
            # With D'KD = steps'H steps, which is positive however well z responds.
            KD = Q.T @ curves + D @ ((steps - Q @ D).T @ curves)

    def _search(self, step):
        """Step 4: the full step, or else one that ends near the minimum along it.

        The objective with the intercept minimised out is convex along the step. Secant
        and bisection in turn, between a falling and a rising slope.
        """
        p, first = self.p, self.gradient @ step
        df = p.scores(step, 0.0)
        blind = abs(first) <= BLIND * abs(self.value)
        self.n_blind = self.n_blind + 1 if blind else 0
        w, b, f, value = self.w, self.b, self.f, self.value
        if first > 0 and not blind:
            self.is_stuck = True
            return
        # A slope may be small far behind the minimum, where a loss is nearly linear.
        most = value + BLIND * abs(value)
        low, high, t = (0.0, first), None, 1.0
        for i in range(MOST_SLOPES):
            self._settle(self.rows.combined((1.0, t), f, df), w + t * step, b)
            slope = p.reg * (self.w @ step) + self.rows.sums(product, self.g, df)
            steep = slope < FLAT_SLOPE * first and t < 1.0
            flat = slope <= FLAT_SLOPE * abs(first) and self.value <= most
            if blind or (flat and not steep):
                break
            low, high = ((t, slope), high) if slope < 0 else (low, (t, slope))
            if high is None:  # it falls all the way, but the objective is rounded
                break
            share = 0.5 if i % 2 else -low[1] / (high[1] - low[1])
            t = low[0] + share * (high[0] - low[0])
        if self.value > most:
            self.is_stuck = True
            self._settle(f, w, b)

    def _settle(self, f, w, b):
        """Take a point, with the best intercept for its scores f."""
        p = self.p
        shift = best_intercept(p, f) if p.fit_intercept else 0.0
        self.w, self.b = w, b + shift
        self.f = self.rows.combined((1.0,), f, offset=shift)
        self.g = self.rows.column(slopes, self.f, loss=p.loss)
        self.value = p.objective(w, self.f)

    def solution(self, n_iter, gap, status):
        """The solution at this point."""
        p, multipliers = self.p, None
        if p.basis.shape[1]:
            pull = p.reg * self.w - self.gradient
            multipliers = multipliers_at(p, self.w, pull)
        return Solution(
            coef=self.w,
            intercept=self.b,
            n_iter=n_iter,
            objective=self.value,
            duality_gap=gap,
            status=status,
            scores=self.f,
            alpha=self.rows.column(negative, self.g),
            multipliers=multipliers,
        )


class _Curvature:
    """The Hessian at a point, the intercept minimised out, and systems with it in z.

    H = reg I + X'(diag(h) - h h' / sum h) X. Preconditioned by its diagonal D, on the
    directions orthogonal to Q: M = D^-1 - D^-1 Q (Q'D^-1 Q)^-1 Q'D^-1.
    """

    def __init__(self, p, f, squares):
        self.p, rows = p, p.rows
        h = rows.column(curvatures, f, loss=p.loss)
        total, n_curved = rows.sums(total_and_count, h)
        if rows.in_memory and n_curved < FEW_CURVED * rows.shape[0]:
            rows, (h,) = rows.select(rows.column(_is_positive, h), h)
        self.rows, self.h, self.total = rows, h, total
        self.centre = None
        if p.fit_intercept and total > 0:
            self.centre = rows.rmatvec(h)
        D = p.reg + total * squares
        self.D, self.QD = D, p.basis / D[:, None]
        self.QDQ = p.basis.T @ self.QD
        # Where D has elements of many sizes, rounding of Q'D^-1 Q leaves a part in Q.
        self.rounds = D.max(initial=0.0) > MANY_SIZES * D.min(initial=np.inf)

    def product(self, v):
        """H v, by one pass over the rows that have curvature."""
        pull, total = self.rows.sums(curved_pull, self.h, w=v)
        if self.centre is not None:
            pull = pull - (total / self.total) * self.centre
        return self.p.reg * v + pull

    def _preconditioned(self, r):
        z = r / self.D
        if not len(self.QDQ):
            return z
        z -= self.QD @ np.linalg.solve(self.QDQ, self.p.basis.T @ z)
        return _off(self.p.basis, z) if self.rounds else z

    def solve(self, rhs, forcing):
        """Approximately the z with P H z = P rhs, by conjugate gradients; and H z."""
        x, Hx, r = np.zeros_like(rhs), np.zeros_like(rhs), _off(self.p.basis, rhs)
        if np.linalg.norm(r) <= ROUNDING * np.linalg.norm(rhs):
            return x, Hx
        z = self._preconditioned(r)
        d, rz = z, r @ z
        stop = forcing**2 * rz
        for _ in range(MOST_CG):
            if rz <= stop:
                break
            Hd = self.product(d)
            step = rz / (d @ Hd)
            x += step * d
            Hd *= step
            Hx += Hd
            r -= _off(self.p.basis, Hd)
            z = self._preconditioned(r)
            rz, old = r @ z, rz
            d = z + (rz / old) * d
        return x, Hx


def best_intercept(problem, f):
    """What the intercept has to move by, for scores f, so that the loss is least.

    Newton's method between bounds that close in. Where the loss is nearly flat, steps
    are limited, by a length that grows.

    Parameters
    ----------
    problem : Problem
        The problem.
    f : column
        Scores.

    Returns
    -------
    shift : float
    """
    rows, loss = problem.rows, problem.loss
    low, high, shift, reach = -np.inf, np.inf, 0.0, FIRST_REACH
    if loss.link is not None:  # then it has a closed form
        over, under = rows.sums(_intercept_terms, f, loss=loss)
        shift = np.log(over / under) if over > 0 and under > 0 else 0.0
    for _ in range(MOST_INTERCEPTS):
        slope, curvature, size = rows.sums(_slope_of_shift, f, shift=shift, loss=loss)
        if abs(slope) <= BALANCED * size:
            break
        low, high = (low, shift) if slope > 0 else (shift, high)
        new = shift - slope / max(curvature, abs(slope) / reach)
        reach *= 4.0
        if not low < new < high:
            new = 0.5 * (low + high)
        if new == shift or not np.isfinite(new):  # to the last digit
            break
        shift = new
    return shift


def _off(Q, v):
    """The part of v that is orthogonal to Q."""
    return v - Q @ (Q.T @ v)


def _solved(K, b):
    """Solution of K x = b, the shortest where K is singular in floating point."""
    try:
        return np.linalg.solve(K, b)
    except np.linalg.LinAlgError:  # a curvature that vanished beside the others
        return np.linalg.lstsq(K, b, rcond=None)[0]


def _corrected(K, D, KD):
    """A positive definite matrix near K that takes D to KD (the block BFGS formula)."""
    if not D.shape[1]:
        return K
    old, product = K @ D, D.T @ KD
    product = 0.5 * (product + product.T)
    K = K - old @ _solved(D.T @ old, old.T)
    K = K + KD @ _solved(product, KD.T)
    return 0.5 * (K + K.T)


def _slope_of_shift(block, f, shift, loss):
    f = f + shift
    g = block.c * loss.derivative(block.y, f)
    h = block.c * loss.curvature(block.y, f)
    return g.sum(), h.sum(), np.abs(g).sum()


def _intercept_terms(block, f, loss):
    over, under = loss.intercept_terms(block.y, f)
    return block.c @ over, block.c @ under


def _is_positive(block, h):
    return h > 0
