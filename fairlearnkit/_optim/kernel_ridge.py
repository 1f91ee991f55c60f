"""Kernel ridge regression under the constraint, by linear equations."""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from fairlearnkit._optim.bound_program import project_on_bound, symmetric_inverse
from fairlearnkit._optim.kernel_problem import certify, verify_status
from fairlearnkit._optim.kernel_solver import KernelSolver


class RidgeSolver(KernelSolver):
    """Linear equations for the squared loss without an intercept.

    The stationarity in v is A v = y - B' (...), with A = K + reg diag(1/c).

    1. The solution without a constraint, A beta0 = y, has the contrasts u0 = T'beta0.
    2. With multipliers nu of u, beta = beta0 - Y nu with A Y = diag(1/c) B', and the
       contrasts are u = u0 - S nu with S = T'Y.
    3. So contrasts u cost (u - u0)' S^-1 (u - u0) / 2: an equality takes u = 0, a bound
       the minimiser on the feasible set, a program of `rank` variables.
    """

    def refusal_of_loss(self, loss, fit_intercept):
        """Everything but the squared loss without an intercept."""
        if loss.quadratic and not fit_intercept:
            return None
        return "solves linear equations, for the squared loss without an intercept"

    def solve(self, problem, options):
        """Solve by linear equations; there is nothing to stop early."""
        p = problem
        D = 1.0 / p.c
        # beta0 and Y at once.
        rhs = np.column_stack([p.y, D[:, None] * p.B.T])  # (n_samples, 1 + rank)
        solved = _solve_shifted(p.K, p.reg * D, rhs)
        beta, Y = solved[:, 0], solved[:, 1:]
        if not p.rank:
            solution = certify(p, beta, np.zeros(0), 0.0, n_iter=1)
            return verify_status(p, solution, options.tol)
        u0, S = p.T.T @ beta, p.T.T @ Y  # (rank,), (rank, rank)
        metric = symmetric_inverse(S)
        u, multipliers = np.zeros(p.rank), None
        if p.bounded:
            u, multipliers = project_on_bound(metric, u0, p.cells, p.strata, p.bound)
        nu = metric @ (u0 - u)  # (rank,)
        # beta = v - B'nu / reg by the definition of v; residuals, which equal v, lose
        # digits where reg is small.
        v = beta - Y @ nu + p.B.T @ nu / p.reg
        solution = certify(p, v, u, 0.0, multipliers=multipliers, n_iter=1)
        return verify_status(p, solution, options.tol)


def _solve_shifted(K, shift, rhs):
    """(K + diag(shift))^-1 rhs; by least squares for a singular or indefinite K."""
    A = K.copy()
    A[np.diag_indices_from(A)] += shift
    try:
        return cho_solve(cho_factor(A, overwrite_a=True), rhs)
    except LinAlgError:
        A = K.copy()  # the factorisation has overwritten it
        A[np.diag_indices_from(A)] += shift
        return np.linalg.lstsq(A, rhs, rcond=None)[0]
