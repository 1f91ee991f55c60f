"""Warnings that several constrained models share."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

# A gap above max_gap by this factor, plus rounding, was not asked for. Solvers keep the
# bound to 1e-9; twice as much would hide gaps that are visible in four digits.
TOLERATED = 1.0001
# A gap that rounding of the coefficients to float32 may leave, in the unit of scores.
# On standardised features it is 1e-8, with an offset of 1e4 in all of them 1e-7. With
# twice as much, gaps of up to 2e-4 cause no warning.
FLOAT32_ROUNDING = 1e-4


def warn_together(messages, stacklevel):
    """Issue all warnings of one fit as one.

    Parameters
    ----------
    messages : list of (category, str)
        Warnings; the same one may occur more than once. The category is that of the
        first, or ConvergenceWarning if one is: that is what users filter by.
    stacklevel : int
        As in `warnings`; 1 is the caller.
    """
    if messages:
        categories, texts = zip(*dict.fromkeys(messages))
        missed = ConvergenceWarning in categories
        category = ConvergenceWarning if missed else categories[0]
        warnings.warn(" ".join(texts), category, stacklevel=stacklevel + 1)


def constant_scores(estimator):
    """For an equality that leaves no direction of X to score by."""
    by_ratio = getattr(estimator, "gap_ratio", None) is not None
    name = "gap_ratio" if by_ratio else "max_gap"
    return (
        f"{type(estimator).__name__} predicts the same for every row: with {name}=0 "
        f"the constraint {estimator.constraint!r} leaves no direction of X to score "
        f"by. Allow a positive {name}, compare fewer groups, or add features."
    )


def asked_gap(estimator, bound):
    """The gap that the parameters ask for, in words that follow "where".

    Parameters
    ----------
    estimator : estimator
        With `max_gap`, and perhaps `gap_ratio`.
    bound : float
        The gap that this comes to.

    Returns
    -------
    text : str
    """
    ratio = getattr(estimator, "gap_ratio", None)
    if ratio is None:
        return f"at most max_gap={bound:.3g} was asked for"
    if np.isinf(bound):  # the model without a constraint
        return f"gap_ratio={ratio:.3g} leaves it free"
    return f"gap_ratio={ratio:.3g} asks for {bound:.3g}"


def not_converged(estimator, solution, gap, asked):
    """For a solver that stopped before its certificate was small enough.

    Parameters
    ----------
    estimator : estimator
        Named in the message.
    solution : Solution or KernelSolution
        What it stopped at.
    gap : float
        Largest gap between groups of the training scores.
    asked : str
        What `asked_gap` returns.

    Returns
    -------
    message : str
    """
    stopped = (
        f"{type(estimator).__name__} stopped with the status {solution.status!r} after "
        f"{solution.n_iter} iterations, at "
    )
    constraint = f"the gap between groups is {gap:.3g}, where {asked}. "
    if np.isnan(solution.duality_gap):
        return (
            f"{stopped}an objective of {solution.objective:.6g}; {constraint}"
            "Without a penalty there may be no optimum, such as for classes that a "
            "hyperplane separates, or it may be out of reach: add a penalty, scale the "
            "features, or increase max_iter."
        )
    advice = "Increase max_iter or tol, or scale the features."
    if not hasattr(estimator, "max_iter"):  # linear equations
        advice = "Scale the features, or increase alpha."
    return (
        f"{stopped}a duality gap of {solution.duality_gap:.3g} for an objective of "
        f"{solution.objective:.6g}; {constraint}{advice}"
    )
