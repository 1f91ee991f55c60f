"""cvxpy as a solver: slow, general, and imported only when it is asked for."""

from dataclasses import replace

from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.unpenalised import whitened


class Cvxpy(Solver):
    """Any loss that cvxpy can state and any bound, with further convex constraints."""

    name = "cvxpy"
    unpenalised_losses = Solver.losses
    bounds = Solver.bounds | {"equality with a goal"}
    needs_memory = True
    takes_options = True

    def refusal(self, problem):
        """Also of a loss that has not been stated for cvxpy."""
        if not problem.loss.has_cvxpy_expression:
            loss = type(problem.loss).__name__
            return f"needs a cvxpy_expression of the loss, and {loss} has none"
        return super().refusal(problem)

    def automatic_rank(self, problem):
        """The last resort, for what no faster solver takes."""
        kinks_alone = problem.reg == 0 and not problem.loss.smooth
        return 4 if kinks_alone else None

    def solve(self, problem, limits):
        """See `Solver`."""
        reference = _load_reference()
        if problem.reg > 0 or limits.convex_constraints is not None:
            return reference(
                problem,
                solver_params=limits.params,
                convex_constraints=limits.convex_constraints,
            )
        small, expand = whitened(problem)
        solution = reference(small, solver_params=limits.params)
        coef, intercept = expand(solution.coef, solution.intercept)
        return replace(solution, coef=coef, intercept=intercept)


def _load_reference():
    """The function that imports cvxpy, or an error that says how to install it."""
    try:
        from fairlearnkit._optim.reference import reference
    except ImportError as error:
        msg = (
            f"solver='cvxpy' needs cvxpy, which cannot be imported ({error}): python "
            "-m pip install cvxpy. solver='auto' needs it only without a penalty, for "
            "losses with kinks."
        )
        raise ImportError(msg) from error
    return reference
