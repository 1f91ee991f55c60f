"""The interior point method as a solver."""

from dataclasses import replace

from fairlearnkit._optim.interior_point import interior_point
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.solver_newton import narrowed


class InteriorPoint(Solver):
    """Of losses with kinks; forms (n_features, n_features) matrices."""

    name = "interior-point"
    losses = frozenset({"piecewise linear"})

    def solve(self, problem, limits):
        """See `Solver`."""
        small, expand = narrowed(problem)
        found = interior_point(small, tol=limits.tol, max_iter=limits.max_iter)
        return replace(found, coef=expand(found.coef))
