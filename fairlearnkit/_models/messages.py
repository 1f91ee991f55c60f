"""Warnings that several constrained models share."""

import numpy as np

# A gap above max_gap by this factor, plus rounding, was not asked for. Solvers keep the
# bound to 1e-9; twice as much would hide gaps that are visible in four digits.
TOLERATED = 1.0001
# A gap that rounding of the coefficients to float32 may leave, in the unit of scores.
# On standardised features it is 1e-8, with an offset of 1e4 in all of them 1e-7. With
# twice as much, gaps of up to 2e-4 cause no warning.
FLOAT32_ROUNDING = 1e-4


def constant_scores(estimator):
    """For an equality that leaves no direction of X to score by."""
    return (
        f"{type(estimator).__name__} predicts the same for every row: with max_gap=0 "
        f"the constraint {estimator.constraint!r} leaves no direction of X to score "
        "by. Allow a positive max_gap, compare fewer groups, or add features."
    )


def not_converged(estimator, solution, gap):
    """For a solver that stopped before its certificate was small enough.

    Parameters
    ----------
    estimator : estimator
        Named in the message.
    solution : Solution or KernelSolution
        What it stopped at.
    gap : float
        Largest gap between groups of the training scores.

    Returns
    -------
    message : str
    """
    name, asked = type(estimator).__name__, estimator.max_gap
    stopped = (
        f"{name} stopped with the status {solution.status!r} after "
        f"{solution.n_iter} iterations, at "
    )
    constraint = (
        f"the gap between groups is {gap:.3g}, where at most max_gap={asked:.3g} was "
        "asked for. "
    )
    if np.isnan(solution.duality_gap):
        return (
            f"{stopped}an objective of {solution.objective:.6g}; {constraint}"
            "Without a penalty there may be no optimum, such as for classes that a "
            "hyperplane separates, or it may be out of reach: add a penalty, scale the "
            "features, or increase max_iter."
        )
    return (
        f"{stopped}a duality gap of {solution.duality_gap:.3g} for an objective of "
        f"{solution.objective:.6g}; {constraint}Increase max_iter or tol, or scale the "
        "features."
    )
