"""The dual problem over rows as a solver."""

from fairlearnkit._optim.dual_rows import dual_over_rows
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.wide import is_for_dual


class Dual(Solver):
    """Of losses with a quadratic conjugate; for wide sparse X."""

    name = "dual"
    bounds = Solver.bounds | {"equality with a goal"}
    needs_memory = True

    def refusal(self, problem):
        """Also of losses whose conjugate is not quadratic."""
        loss = problem.loss
        if loss.dual_terms is None:
            return f"does not take the loss {type(loss).__name__}"
        return super().refusal(problem)

    def automatic_rank(self, problem):
        """Where sparse X has many features, and, for smooth losses, little penalty."""
        return 0 if is_for_dual(problem) else None

    def solve(self, problem, limits):
        """See `Solver`."""
        start = limits.start.alpha if limits.start else None
        options = {"tol": limits.tol, "max_iter": limits.max_iter}
        return dual_over_rows(problem, start=start, **options)
