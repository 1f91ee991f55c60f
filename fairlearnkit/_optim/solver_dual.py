"""The dual problem over rows as a solver."""

from fairlearnkit._optim.dual_rows import dual_over_rows, row_squares
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.wide import WIDEST_SPARSE_KINKS

# Fewest features for each row, of losses with kinks and of smooth ones.
FEWEST_KINKS, FEWEST_SMOOTH = 0.4, 1.0
# Curvature of a smooth loss against the penalty, c_i ||x_i||^2 / reg in the mean, below
# which the truncated Newton method is as fast or faster.
STIFF = 40.0
# Features up to which solvers with square matrices come next. Where it stalls, for
# rows of very different length, fits of 300 rows and as many features take 1 s and
# reach the optimum, and by conjugate gradients 20 s and do not.
WIDEST_AFTER_DUAL = 1000


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
        return 0 if is_for_dual(problem) else None

    def solve(self, problem, limits):
        """See `Solver`."""
        start = limits.start.alpha if limits.start else None
        options = {"tol": limits.tol, "max_iter": limits.max_iter}
        return dual_over_rows(problem, start=start, **options)


def is_for_dual(problem):
    """Whether the dual over rows is what costs least."""
    p, loss = problem, problem.loss
    if not (p.rows.is_sparse and p.rows.in_memory and loss.has_dual_terms):
        return False
    n_samples, n_features = p.rows.shape
    fewest = n_samples * (FEWEST_SMOOTH if loss.smooth else FEWEST_KINKS)
    if n_features <= max(fewest, WIDEST_SPARSE_KINKS) or loss.quadratic:
        return False
    return not loss.smooth or p.c @ row_squares(p) >= STIFF * p.reg * n_samples


def is_next_to_dual(problem):
    """Whether solvers with square matrices of the features go on where it stalls."""
    return problem.n_features <= WIDEST_AFTER_DUAL and is_for_dual(problem)
