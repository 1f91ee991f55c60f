"""Solutions along the path on which the gap keeps a share of what it is without bounds.

With Q'w_plain what the constraint would close in the solution without it, the points
of the path minimise the objective on Q'w = ratio Q'w_plain: ratio 1 is that solution,
0 an equality, and below 0 the gap has turned. Each problem is feasible, since ratio
w_plain is.
"""

from dataclasses import replace

import numpy as np

# Solutions that the next start is extrapolated from, and the largest sum of the sizes
# of their weights, by which errors of the solutions grow: it is 15 for four at even
# distances. Paths of 20 points on Adult (logistic, squared hinge) take 54 and 69 steps;
# with three of them 60 and 68, with two 73 and 77, with five 54 and 69.
MOST_POINTS, MOST_GROWTH = 4, 16.0


def solve_path(method, problem, ratios, limits):
    """Solve for each ratio, away from 1, each from where the last ones lead to.

    1. Solve without the constraint.
    2. In the order of their distance from 1, solve for each ratio. It starts at the
       polynomial in the ratio through the last solutions, or from scratch where that
       does not lead to the optimum.

    Parameters
    ----------
    method : Solver
        One that takes the problem, with a goal and without a constraint.
    problem : Problem
        With bound = 0.
    ratios : list of float
        Distinct ones.
    limits : Limits
        When to stop.

    Returns
    -------
    plain : Solution
        That without the constraint.
    solutions : dict of float to Solution
        By ratio.
    """
    plain = method.run(problem.without_constraint, limits)
    path, goal = {1.0: plain}, problem.basis.T @ plain.coef
    if not len(goal):
        return plain, dict.fromkeys(ratios, plain)
    for ratio in sorted(ratios, key=lambda ratio: abs(ratio - 1.0)):
        if ratio not in path:
            start = _extrapolated(problem, path, ratio)
            at_ratio = problem.with_goal(ratio * goal)
            new = method.run(at_ratio, replace(limits, start=start))
            if start is not None and new.status != "optimal":
                again = method.run(at_ratio, limits)
                new = min(new, again, key=_distance_from_optimum)
            path = {known: replace(path[known], hessian=None) for known in path}
            path[ratio] = new  # the only one that keeps its Hessian, which is large
    return plain, path


def _distance_from_optimum(solution):
    """For comparison: whether it is optimal, then its duality gap."""
    gap = solution.duality_gap
    return solution.status != "optimal", np.inf if np.isnan(gap) else gap


def _extrapolated(problem, path, ratio):
    """Where the nearest solutions lead to at a ratio; None if they lack their scores.

    Solutions that have not converged lead nowhere. Of a loss with kinks only the
    nearest one is used: which rows are at a kink changes between them.
    """
    rows, most = problem.rows, MOST_POINTS if problem.loss.smooth else 1
    solved = [known for known in path if path[known].status == "optimal"]
    nearest = sorted(solved, key=lambda known: abs(known - ratio))[:most]
    while len(nearest) > 1:
        weights = lagrange_weights(nearest, ratio)
        if np.abs(weights).sum() <= MOST_GROWTH:
            break
        nearest.pop()
    else:
        weights = np.ones(1)
    points = [path[known] for known in nearest]
    if not points or any(point.scores is None for point in points):
        return None
    last = next(reversed(path.values()))
    return replace(
        last,
        coef=sum(a * point.coef for a, point in zip(weights, points)),
        intercept=sum(a * point.intercept for a, point in zip(weights, points)),
        scores=rows.combined(weights, *(p.scores for p in points)),
        alpha=rows.combined(weights, *(p.alpha for p in points)),
    )


def lagrange_weights(known, x):
    """Weights a with sum_i a_i v(known_i) = v(x) for polynomials of degree n - 1."""
    known = np.asarray(known)
    others = ~np.eye(len(known), dtype=bool)
    ratios = np.divide(
        x - known, known[:, None] - known, out=np.ones(others.shape), where=others
    )
    return ratios.prod(axis=1)
