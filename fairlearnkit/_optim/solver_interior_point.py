"""The interior point method as a solver."""

from dataclasses import replace

from fairlearnkit._optim.interior_point import interior_point
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.wide import (
    is_for_interior_point,
    is_next_to_dual,
    is_wide,
    narrowed,
)


class InteriorPoint(Solver):
    """Of losses with kinks; forms (n_features, n_features) matrices."""

    name = "interior-point"
    losses = frozenset({"piecewise linear"})
    bounds = Solver.bounds | {"equality with a goal"}
    needs_memory = True

    def automatic_rank(self, problem):
        """Where it costs least, or Newton's method does not reach the optimum."""
        if is_for_interior_point(problem):  # before the dual, too
            return -1
        if is_next_to_dual(problem):  # before conjugate gradients
            return 1.5
        return None if is_wide(problem) else 3

    def solve(self, problem, limits):
        """See `Solver`."""
        small, expand, _ = narrowed(problem)
        solution = interior_point(small, tol=limits.tol, max_iter=limits.max_iter)
        return replace(solution, coef=expand(solution.coef))
