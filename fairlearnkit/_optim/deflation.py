"""A bound on one contrast, by support vector machines without a constraint.

With rank 1 and q = T'v, the optimality conditions of the bound |u| <= limit are those
of the machine on K - s T T' for some s in [0, 1], with u = (1 - s) q: s = 0 if the
bound is void, s = 1 for an equality. |u| falls in s, so s is the root of |u(s)| =
limit.
"""

from dataclasses import replace

import numpy as np

from fairlearnkit._data.progress import SILENT
from fairlearnkit._optim.bound_program import dual_norm
from fairlearnkit._optim.kernel_problem import certify

# The most machines between both ends. Problems have taken two in the median and six at
# most, so that twice as many would not be reached either.
MOST_MACHINES = 40
# The width of the interval of s at which the search stops: K - s T T' is then the same
# but for rounding. Most searches end before; 24 of them are the same with twice as
# much.
NARROWEST = 1e-12
# Steps after which an end of the interval that has not moved gets the middle as the
# next s: at 1 there are half as many iterations of libsvm again, at 6 there are 3 %
# fewer. And the part of the interval that s keeps away from its ends: with twice as
# much 4 % more iterations, with half 1 % fewer. (The problems are those of
# ``active_set``.)
STUCK, MARGIN = 3, 1e-3


def solve_deflated(p, machine, tol, progress=SILENT):
    """The solution with the constraint of the problem, from machines on K - s T T'.

    1. Without a constraint s = 0, with an equality s = 1.
    2. For a bound, the ends of an interval of s are 0, whose |u| is above the limit or
       solves the problem, and 1.
    3. The mixture of the solutions at both ends with |u| = limit is feasible. Stop if
       the best one is as near to the largest dual value as asked for, or as the
       machines at both ends are to their own optimum.
    4. Solve at an s between both (`_next_deflation`), which becomes an end. Go to 3.

    The multipliers v and lambda of the solution are those of the end with the largest
    dual value, which the duality gap certifies. Those of the mixture need not be
    optimal even if its scores are: a row on the margin at one end and beyond it at the
    other keeps a share of its multiplier, although complementary slackness allows none.

    Parameters
    ----------
    p : KernelProblem
        With a loss of libsvm, and rank 1 if there is a bound.
    machine : DeflatedMachine or WorkingSetMachine
        Its ``solution(s)`` is asked for.
    tol : float
        The relative duality gap to reach is tol**2.
    progress : Progress, default=SILENT
        What each machine of a search is reported to.

    Returns
    -------
    solution : KernelSolution
    """
    if not p.bounded:
        return machine.solution(1.0 if p.rank else 0.0)
    limit = p.bound / p.gap_per_unit
    low = machine.solution(0.0)
    if np.abs(low.u[0]) <= limit:
        return low
    high, s_low, s_high = machine.solution(1.0), 0.0, 1.0
    n_iter, best, certified = low.n_iter + high.n_iter, None, low
    steps_of_low = 0  # how often in a row low has moved; below 0, how often high has
    for number in range(2, MOST_MACHINES + 2):
        certified = max(certified, low, high, key=_dual_value)
        mixture = _mixture(p, low, high, limit)
        if best is None or mixture.objective < best.objective:
            best = mixture
        gap = best.objective - _dual_value(certified)
        progress("support vector machine", number, duality_gap=gap)
        # More than twice what libsvm has left is not to be had.
        enough = 2.0 * min(_own_gap(p, low), _own_gap(p, high))
        enough = max(tol**2 * abs(best.objective), enough)
        if gap <= enough or s_high - s_low < NARROWEST:
            break
        stuck = abs(steps_of_low) >= STUCK
        s = _next_deflation(p, (s_low, low), (s_high, high), limit, stuck)
        new = machine.solution(s)
        n_iter += new.n_iter
        if np.abs(new.u[0]) > limit:
            low, s_low, steps_of_low = new, s, max(steps_of_low, 0) + 1
        else:
            high, s_high, steps_of_low = new, s, min(steps_of_low, 0) - 1
    status = "max_iter" if "max_iter" in (low.status, high.status) else "optimal"
    return replace(
        best,
        duality_gap=best.objective - _dual_value(certified),
        n_iter=n_iter,
        status=status,
        v=certified.v,
        Kv=certified.Kv,
        multipliers=certified.multipliers,
    )


def _dual_value(solution):
    return solution.objective - solution.duality_gap


def _next_deflation(p, low, high, limit, stuck):
    """The s where |u| = limit, if 1 / |q| is linear in s between both ends.

    It is for the squared loss. With r = 1 / |q| = r0 + slope s, (1 - s) / r = limit has
    the root below. This is a secant method that keeps the root between both ends, with
    bisection where one of them has not moved for some steps, against the slow
    convergence of such methods (Dowell and Jarratt, "A modified regula falsi method for
    computing the root of an equation", 1971).

    Parameters
    ----------
    p : KernelProblem
        The problem.
    low, high : tuple of (float, KernelSolution)
        s and the solution of both ends.
    limit : float
        The largest |u|.
    stuck : bool
        Whether to take the middle.

    Returns
    -------
    s : float
    """
    (s_low, at_low), (s_high, at_high) = low, high
    if stuck:
        return 0.5 * (s_low + s_high)
    r_low, r_high = (
        1.0 / max(np.abs(p.T[:, 0] @ end.v), 1e-300) for end in (at_low, at_high)
    )
    slope = (r_high - r_low) / (s_high - s_low)
    s = (1.0 - limit * (r_low - slope * s_low)) / (1.0 + limit * slope)
    margin = MARGIN * (s_high - s_low)
    return float(np.clip(s, s_low + margin, s_high - margin))


def _mixture(p, low, high, limit):
    """The convex combination of two solutions whose contrast is at the limit."""
    goal = np.sign(low.u) * limit
    share = float(((goal - high.u) / (low.u - high.u))[0])
    v = share * low.v + (1.0 - share) * high.v
    b = share * low.intercept + (1.0 - share) * high.intercept
    Kv = share * low.Kv + (1.0 - share) * high.Kv
    return certify(p, v, goal, b, Kv=Kv)


def _own_gap(p, end):
    """The duality gap of a solution as one of the machine on its own K - s T T'.

    The duality gap of the problem has beyond it what complementary slackness lacks,
    bound ||lambda|| - nu'u with the multipliers nu = q - u of u.
    """
    q = p.T.T @ end.v
    slackness = p.bound * dual_norm(end.multipliers, p.strata)
    slackness -= p.sign @ (end.u * (q - end.u))
    return max(0.0, end.duality_gap - float(slackness))
