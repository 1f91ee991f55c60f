"""The dual problem over rows as a solver."""

from fairlearnkit._optim.dual_rows import dual_over_rows
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.wide import is_wide


class Dual(Solver):
    """Of losses with a quadratic conjugate; for wide sparse X."""

    name = "dual"
    bounds = Solver.bounds | {"equality with a goal"}
    needs_memory = True

    def refusal(self, problem):
        """Also of losses without ``dual_terms``."""
        if (
            problem.rows.in_memory
            and problem.loss.dual_terms(problem.y, problem.c) is None
        ):
            return f"needs a quadratic conjugate, and that of {type(problem.loss).__name__} is not"
        return super().refusal(problem)

    def automatic_rank(self, problem):
        """Where a loss with kinks has more features than square matrices are for."""
        sparse = problem.rows.is_sparse and not problem.loss.smooth
        return 0 if sparse and is_wide(problem) else None

    def solve(self, problem, limits):
        """See `Solver`."""
        start = limits.start.alpha if limits.start else None
        options = {"tol": limits.tol, "max_iter": limits.max_iter}
        return dual_over_rows(problem, start=start, **options)
