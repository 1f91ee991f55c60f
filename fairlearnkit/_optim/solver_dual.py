"""The dual problem over rows as a solver."""

from fairlearnkit._optim.dual_rows import dual_over_rows, row_squares
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.wide import WIDEST_SPARSE_KINKS

# Fewest features for each row, of losses with kinks and of smooth ones.
FEWEST_KINKS, FEWEST_SMOOTH = 0.4, 1.0
# Curvature of a smooth loss against the penalty, c_i ||x_i||^2 / reg in the mean, below
# which the truncated Newton method is as fast or faster.
STIFF = 40.0


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
        p, loss = problem, problem.loss
        if not (p.rows.is_sparse and p.rows.in_memory and loss.has_dual_terms):
            return None
        n_samples, n_features = p.rows.shape
        fewest = n_samples * (FEWEST_SMOOTH if loss.smooth else FEWEST_KINKS)
        if n_features <= max(fewest, WIDEST_SPARSE_KINKS) or loss.quadratic:
            return None
        if loss.smooth and p.c @ row_squares(p) < STIFF * p.reg * n_samples:
            return None
        return 0

    def solve(self, problem, limits):
        """See `Solver`."""
        start = limits.start.alpha if limits.start else None
        options = {"tol": limits.tol, "max_iter": limits.max_iter}
        return dual_over_rows(problem, start=start, **options)
