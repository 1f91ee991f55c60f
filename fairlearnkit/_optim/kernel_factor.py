"""Kernel problems as linear ones, on a factor F of the kernel matrix, K = F F'.

For any loss and any number of bounded contrasts, at O(n^3): the rows of F are features
that have the kernel K, so that w = F'beta, and the linear solvers do the rest.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import lapack

from fairlearnkit._optim import build_problem
from fairlearnkit._optim import solve as solve_linear
from fairlearnkit._optim.kernel_problem import certify, verify_status
from fairlearnkit._optim.kernel_solver import KernelSolver
from fairlearnkit._optim.solver import get_solver

# Where Cholesky's method stops: pivots below this part of the largest diagonal element
# are rounding of the elimination. Twice as much drops columns of no more than that.
PIVOT_TOLERANCE = 1e-14
# A kernel is indefinite if F F' differs from K by more than this part of its largest
# diagonal element. Rounding leaves 1e-13; the models call a kernel indefinite at an
# eigenvalue of -1e-8 times the largest, too.
INDEFINITE = 1e-8
# The largest relative duality gap of the linear solvers: libsvm's solution reaches it
# after its refinement. With four times as much, 5 of 12 machines of three groups take
# an iteration less (117 instead of 122 in all), and scores change by up to 3e-6; with a
# quarter nothing changes.
COARSEST = 1e-10


class FactorSolver(KernelSolver):
    """A linear solver on a factor of the kernel matrix.

    Parameters
    ----------
    name : str
        The linear solver, a value of ``solve``'s parameter ``solver``.
    """

    def __init__(self, name):
        self.name = name
        self.takes_params = get_solver(name).takes_options

    def refusal_of_loss(self, loss, fit_intercept):
        """None: linear solvers refuse losses themselves."""
        return

    def solve(self, problem, options):
        """Factor K, and solve the linear problem; see `solve_on_factor`."""
        return solve_on_factor(problem, exact_factor(problem.K), self.name, options)


def solve_on_factor(p, F, solver, options):
    """Solve the linear problem on F.

    1. A linear solver finds w of features F with multipliers alpha of the loss.
    2. (v, u) = (alpha / reg, U w) is the same solution in terms of the kernel, with the
       same multipliers of the constraint.

    Parameters
    ----------
    p : KernelProblem
        The problem.
    F : ndarray of shape (n_samples, rank), or None
        From `exact_factor`.
    solver : str
        The linear solver.
    options : KernelOptions
        When to stop.

    Returns
    -------
    solution : KernelSolution

    Raises
    ------
    ValueError
        There is no factor.
    """
    if F is None:
        msg = (
            "The kernel is indefinite, and this problem is solved on a factor of the "
            "kernel matrix: use a positive semi-definite kernel, or max_gap=0 with "
            "solver='libsvm'."
        )
        raise ValueError(msg)
    features = build_problem(
        F,
        p.y,
        p.c,
        loss=p.loss,
        reg=p.reg,
        fit_intercept=p.fit_intercept,
        means=p.means,
        strata=p.strata,
        bound=p.bound if p.rank else np.inf,
    )
    linear = solve_linear(
        features,
        solver=solver,
        tol=min(options.tol**2, COARSEST),
        max_iter=options.finite_max_iter,
        solver_params=options.solver_params,
    )
    v, u = linear.alpha / p.reg, p.B @ (F @ linear.coef)
    solution = certify(p, v, u, linear.intercept, multipliers=linear.multipliers)
    # alpha sums to zero up to the linear solver's tolerance only, and its own
    # certificate allows for that. It is of F F', which has lost the end of K.
    dual = linear.objective - linear.duality_gap
    z = v - (p.means.T @ solution.multipliers) / p.reg
    lost = z @ (p.K @ z) - np.sum((F.T @ z) ** 2)
    solution = replace(
        solution,
        duality_gap=solution.objective - dual + 0.5 * p.reg * max(lost, 0.0),
        n_iter=linear.n_iter,
        status=linear.status,
    )
    return verify_status(p, solution, options.tol)


def factor(K):
    """F with K = F F', by a Cholesky factorisation that stops where nothing is left.

    With complete pivoting, so that the rank is that of K (LAPACK's pstrf; Higham,
    Accuracy and Stability of Numerical Algorithms, 2002, section 10.3).

    Parameters
    ----------
    K : ndarray of shape (n_samples, n_samples)
        Kernel matrix; its negative part, if there is one, is lost.

    Returns
    -------
    F : ndarray of shape (n_samples, rank)
    """
    tolerance = PIVOT_TOLERANCE * np.abs(np.diag(K)).max()
    L, order, rank, _ = lapack.dpstrf(K, tol=tolerance, lower=1)
    F = np.zeros((len(K), max(rank, 1)))
    F[order - 1, :rank] = np.tril(L)[:, :rank]
    return F


def exact_factor(K):
    """F with K = F F', or None for an indefinite kernel, which has none."""
    F = factor(K)
    diagonal = np.diag(K)
    error = np.abs(diagonal - np.einsum("ij,ij->i", F, F)).max()
    return F if error <= INDEFINITE * np.abs(diagonal).max() else None
