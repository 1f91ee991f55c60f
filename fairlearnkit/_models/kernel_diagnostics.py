"""What a kernel model warns of after a fit, as messages."""

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from fairlearnkit._models.messages import (
    TOLERATED,
    asked_gap,
    constant_scores,
    not_converged,
)

# Rounding of a gap, as a part of the spread of the scores, and of their size: the sums
# of an ill-conditioned kernel are this far off, and no user looks at such digits.
SPREAD_ROUNDING, SIZE_ROUNDING = 1e-6, 1e-9


def problem_warnings(estimator, problem):
    """Warnings about a problem that is not solved yet, as (category, message)."""
    if problem.allows_constant_only:
        return [(UserWarning, constant_scores(estimator))]
    return []


def solution_warnings(estimator, problem, solution, gap):
    """Warnings about one solution.

    Parameters
    ----------
    estimator : estimator
        Named in the messages, with its parameters.
    problem : KernelProblem
        The problem.
    solution : KernelSolution
        Its solution.
    gap : float
        Largest gap of its scores.

    Returns
    -------
    messages : list of (category, message)
    """
    if solution.status == "infeasible":
        return [(ConvergenceWarning, _infeasible(estimator))]
    if solution.status != "optimal":  # the message tells the gap, too
        asked = asked_gap(estimator, estimator.max_gap)
        msg = not_converged(estimator, solution, gap, asked)
        return [(ConvergenceWarning, msg)]
    finite = np.isfinite(estimator.max_gap)
    if finite and gap > TOLERATED * estimator.max_gap + _rounding(problem, solution):
        return [(ConvergenceWarning, _gap_left(estimator, gap))]
    if finite and not problem.rank:
        return [(UserWarning, _void(estimator))]
    return []


def indefinite_message(kernel, eigenvalues):
    """The message about a kernel with negative eigenvalues.

    Parameters
    ----------
    kernel : str or callable
        The kernel.
    eigenvalues : ndarray
        From ``negative_eigenvalues``.

    Returns
    -------
    message : str
    """
    return (
        f"The kernel {kernel!r} is indefinite: on a sample of {len(eigenvalues)} rows "
        f"its eigenvalues range from {eigenvalues[0]:.3g} to {eigenvalues[-1]:.3g}. "
        "The problem is then not convex: the solution is a stationary point, possibly "
        "one of several, and duality_gap_ is NaN."
    )


def _rounding(problem, solution):
    scores = solution.scores
    size = np.abs(scores).max() + np.abs(problem.y).max()
    return SPREAD_ROUNDING * float(np.ptp(scores)) + SIZE_ROUNDING * size


def _infeasible(estimator):
    return (
        f"{type(estimator).__name__} found no model for C=inf, which requires every "
        "row to be on the right side of the margin: there is none, or the solver could "
        "not reach it. Use a finite C, or another kernel. The fitted model is that of "
        "a large C."
    )


def _gap_left(estimator, gap):
    return (
        f"{type(estimator).__name__} leaves a gap of {gap:.3g}, although at most "
        f"max_gap={estimator.max_gap:.3g} was requested: the kernel "
        f"{estimator.kernel!r} is indefinite or ill-conditioned. Scale the features, "
        "or use a positive definite kernel."
    )


def _void(estimator):
    return (
        f"{type(estimator).__name__} is the model without a constraint: in the feature "
        f"space of the kernel {estimator.kernel!r}, the means that the constraint "
        "compares agree already."
    )
