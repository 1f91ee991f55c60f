"""The dual problem over rows as a solver."""

from fairlearnkit._optim.dual_rows import dual_over_rows, row_squares
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.wide import is_wide

# Features for each row from which losses with kinks are taken.
FEWEST_FEATURES = 0.4
# Curvature of the loss against the penalty, c_i ||x_i||^2 / reg in the mean, from which
# smooth losses are.
STIFF = 10.0


class Dual(Solver):
    """Of losses with a quadratic conjugate; for wide sparse X."""

    name = "dual"
    bounds = Solver.bounds | {"equality with a goal"}
    needs_memory = True

    def refusal(self, problem):
        """Also of losses whose conjugate is not quadratic."""
        loss = problem.loss
        if not loss.has_dual_terms:
            return f"does not take the loss {type(loss).__name__}"
        return super().refusal(problem)

    def automatic_rank(self, problem):
        """Where sparse X has many features, and, for smooth losses, little penalty."""
        p = problem
        n_samples, n_features = p.rows.shape
        if not (p.rows.is_sparse and p.rows.in_memory) or p.loss.quadratic:
            return None
        if not p.loss.smooth:
            wide = is_wide(p) and n_features > FEWEST_FEATURES * n_samples
            return 0 if wide else None
        if n_features <= n_samples or not p.loss.has_dual_terms:
            return None
        stiff = p.c @ row_squares(p) / p.reg > STIFF * n_samples
        return 0 if stiff else None

    def solve(self, problem, limits):
        """See `Solver`."""
        start = limits.start.alpha if limits.start else None
        options = {"tol": limits.tol, "max_iter": limits.max_iter}
        return dual_over_rows(problem, start=start, **options)
