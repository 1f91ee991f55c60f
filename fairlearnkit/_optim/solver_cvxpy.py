"""cvxpy as a solver: slow, general, and imported only when it is asked for."""

from dataclasses import replace

from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.unpenalised import whitened


class Cvxpy(Solver):
    """Any loss and any bound, with further convex constraints."""

    name = "cvxpy"
    takes_options = True

    def solve(self, problem, limits):
        """See `Solver`."""
        from fairlearnkit._optim.reference import reference

        if problem.reg > 0 or limits.convex_constraints is not None:
            return reference(
                problem,
                solver_params=limits.params,
                convex_constraints=limits.convex_constraints,
            )
        small, expand = whitened(problem)
        found = reference(small, solver_params=limits.params)
        coef, intercept = expand(found.coef, found.intercept)
        return replace(found, coef=coef, intercept=intercept)
