"""Augmented Lagrangian method for piecewise linear losses, by Newton's method.

Each round solves the problem with the loss smoothed around the last multipliers m, and
reads off new multipliers (Bertsekas, Constrained Optimization and Lagrange Multiplier
Methods, 1982, chapter 5; Li, Sun and Toh, SIAM J. Optim. 28, 2018, for the semismooth
Newton method inside). Curved rows are those whose m is between its kinks: at the end
about as many as there are features, which makes late Newton steps cheap.
"""

from dataclasses import replace

import numpy as np

from fairlearnkit._data.progress import SILENT
from fairlearnkit._optim.certificate import duality_gap

# Stiffness sigma of the first round, and its growth. Half or twice of either change a
# fit of 20,000 x 54 from 27 Newton steps to 30 at most.
STIFFNESS, GROWTH = 2.0, 3.0
# Its limit: rounding of the multipliers is sigma times that of the scores. Of 18 fits
# of 4,000 rows of Adult with C from .01 to 100, only one reaches it: with twice as much
# it takes 42 steps instead of 74, with half as many as before.
STIFFEST = 1e5
# Sigma grows if a round leaves more than this part of the gap. Twice as much costs 30
# steps where 27 are needed, half of it 26.
SLOW = 0.1
# Rounds at most, and without progress. On that problem, 9 are needed from C = .001 to
# 1; half or twice as many of both change no step of the 18 fits above.
MOST_ROUNDS, PATIENCE = 60, 6
# Relative tolerance of a round: at first, as a part of the gap that is left (half or
# twice of that take as many steps), and at the least.
FIRST_TOL, SHARE_OF_GAP, SMALLEST_TOL = 1e-2, 0.01, 1e-14
# Stiffness, tolerance and reach of the first round from a solution of a nearby problem.
# The first 8 points of a path on Adult take 475 Newton steps; with half the stiffness
# 515, with twice as much 548, with half or twice of the others 474 to 477.
WARM_STIFFNESS, WARM_TOL, WARM_REACH = 10.0, 1e-6, 0.3
# Rows that are not saturated, as a share of all, above which none are left out. Half or
# twice of it change the time by less than a tenth.
MANY_FREE = 0.3
# The values of m on both sides of the kinks.
SIGNS = np.array([-1.0, 1.0])


def augmented_lagrangian(
    problem, *, tol, max_iter, method, start=None, progress=SILENT
):
    """Solve a problem with a piecewise linear loss.

    1. Smooth the loss around the multipliers m of the last round.
    2. Leave rows out that are saturated, and would stay so if scores moved twice as far
       as in the last round.
    3. Solve by Newton's method, to a part of the gap that is left.
    4. Read off m, and certify it on all rows. Stop, or make sigma stiffer if the gap
       fell too little.

    Parameters
    ----------
    problem : Problem
        The problem.
    tol : float
        Relative duality gap to reach.
    max_iter : int
        Largest number of Newton steps, in all rounds together.
    method : callable
        ``method(problem, tol=, max_iter=, start=, warm=)`` solves a smoothed problem;
        `start` is (w, b, f) or None, and `warm` whether it need not be feasible.
    start : Solution, default=None
        A point near the solution, with its scores and alpha.
    progress : Progress, default=SILENT
        Is told of each round.

    Returns
    -------
    solution : Solution
        The best point seen.
    """
    rounds = _Rounds(problem, method, start)
    status = None
    while status is None:
        gap, value = rounds.solve(max_iter)
        details = {"steps": rounds.n_iter, "relative_gap": gap / (abs(value) or 1.0)}
        progress("round", rounds.n_rounds, **details)
        if gap <= tol * abs(value):
            status = "optimal"
        elif rounds.n_iter >= max_iter:
            status = "max_iter"
        elif rounds.n_idle == PATIENCE or rounds.n_rounds == MOST_ROUNDS:
            status = "stalled"
        else:
            rounds.prepare(gap, value)
    return replace(rounds.best, n_iter=rounds.n_iter, status=status)


class _Rounds:
    """The state between rounds: m, sigma, where to start, and the best point."""

    def __init__(self, problem, method, start):
        self.p, self.method = problem, method
        self.sigma, self.tol, self.reach = STIFFNESS, FIRST_TOL, np.inf
        self.start, self.best, self.last_gap = None, None, 0.0
        self.n_iter = self.n_idle = self.n_rounds = 0
        rows, loss, self.warm = problem.rows, problem.loss, start is not None
        if start is None:
            self.m, self.f = rows.column(_initial_multipliers, loss=loss), rows.zeros()
        else:
            self.m, self.f = rows.column(_unweighted, start.alpha), start.scores
            self.start = start.coef, start.intercept, start.scores
            self.sigma, self.tol, self.reach = WARM_STIFFNESS, WARM_TOL, WARM_REACH

    def solve(self, max_iter):
        """One round; the duality gap and the objective that it ends at."""
        p = self.p
        smooth = smoothed_problem(p, self.m, self.sigma)
        small, start = smooth, self.start
        if np.isfinite(self.reach):  # else m says nothing about saturation yet
            small = without_saturated(smooth, self.f, self.reach)
        if small is not smooth:
            start = *start[:2], small.scores(*start[:2])
        limits = {"tol": self.tol, "max_iter": max_iter - self.n_iter}
        solution = self.method(small, start=start, warm=self.warm, **limits)
        self.n_iter += solution.n_iter
        self.n_rounds += 1
        self.warm = False
        old, self.f = self.f, p.scores(solution.coef, solution.intercept)
        # In the next round scores will move by less, if rounds converge.
        self.reach = 2.0 * p.rows.largest(_distance, self.f, old)
        self.start = solution.coef, solution.intercept, self.f
        self.m = smooth.rows.column(_multipliers, self.f, loss=smooth.loss)
        return self._judge(solution)

    def _judge(self, solution):
        """Certify a round on all rows, and keep the best."""
        p = self.p
        value = p.objective(solution.coef, self.f)
        alpha = p.rows.column(_weighted, self.m)  # c m: feasible for the dual
        gap = duality_gap(p, solution.coef, self.f, alpha, value)
        better = self.best is None or gap < self.best.duality_gap
        if better:
            judged = {"objective": value, "duality_gap": gap, "alpha": alpha}
            self.best = replace(solution, scores=self.f, **judged)
        self.n_idle = 0 if better else self.n_idle + 1
        return gap, value

    def prepare(self, gap, value):
        """Stiffness and tolerance of the next round."""
        if gap > SLOW * self.last_gap:  # stiffer only if slow: rounding grows with it
            self.sigma = min(STIFFEST, GROWTH * self.sigma)
        self.last_gap = gap
        # A round need not be solved much better than the gap that the next will leave.
        self.tol = max(SMALLEST_TOL, min(FIRST_TOL, SHARE_OF_GAP * gap / abs(value)))


def smoothed_problem(problem, m, sigma):
    """The problem with its loss smoothed around multipliers m."""
    p = problem
    loss, y = p.loss.smoothed(sigma), p.rows.column(_with_multipliers, m)
    return replace(p, loss=loss, rows=p.rows.with_targets(y))


def without_saturated(problem, f, reach):
    """The smoothed problem without rows that keep their m if scores move by `reach`.

    Rows with m = 0 drop out. Those with m = 1 or -1 have a linear loss: one row at the
    mean of each sign stands for them. The certificate, on all rows, tells if that was
    wrong, and the next reach is longer.

    Parameters
    ----------
    problem : Problem
        With a `SmoothedLoss`.
    f : column
        Scores.
    reach : float
        How far scores may move.

    Returns
    -------
    problem : Problem
        The same where too few rows are saturated.
    """
    p, rows = problem, problem.rows
    saturated = rows.column(_saturated, f, loss=p.loss, reach=reach)
    free = rows.column(_is_nan, saturated)
    if rows.total(free) > min(MANY_FREE * rows.shape[0], rows.most_selected):
        return p
    few, _ = rows.select(free)
    # One row for all with m = sign, at their mean.
    totals, pulls, targets = rows.sums(_sums_by_sign, saturated)
    some = totals > 0
    if some.any():
        totals, pulls, targets = totals[some], pulls[some], targets[some]
        targets = np.column_stack([targets / totals, SIGNS[some]])
        few = few.extended(pulls / totals[:, None], targets, totals)
    return replace(p, rows=few)


def _initial_multipliers(block, loss):
    return loss.initial_multipliers(block.y)


def _with_multipliers(block, m):
    return np.column_stack([block.y, m])


def _multipliers(block, f, loss):
    return loss.multipliers(block.y, f)


def _weighted(block, m):
    return block.c * m


def _unweighted(block, alpha):
    return alpha / block.c


def _distance(block, a, b):
    return np.abs(a - b).max(initial=0.0)


def _saturated(block, f, loss, reach):
    return loss.saturated(block.y, f, reach)


def _is_nan(block, values):
    return np.isnan(values)


def _sums_by_sign(block, saturated):
    c = np.where(saturated[:, None] == SIGNS, block.c[:, None], 0.0)  # (n_rows, 2)
    return c.sum(axis=0), block.reduce(c), c.T @ block.y[:, 0]
