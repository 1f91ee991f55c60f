"""One call for every linear problem: X, y, constraint rows in, Solution out."""

from dataclasses import replace

import numpy as np
from scipy.linalg import qr

from fairlearnkit._optim.design import Design
from fairlearnkit._optim.interior_point import interior_point
from fairlearnkit._optim.losses import LOSSES, EpsilonInsensitive
from fairlearnkit._optim.multipliers import multipliers
from fairlearnkit._optim.newton import CgHessian, DenseHessian, SharpCgHessian, newton
from fairlearnkit._optim.problem import Solution, build_problem, feasible
from fairlearnkit._optim.targets import near_one
from fairlearnkit._optim.unpenalised import shortest, start, too_wide, whitened

__all__ = ["SOLVERS", "Solution", "solve"]

SOLVERS = ("auto", "newton-cholesky", "newton-cg", "interior-point", "cvxpy")

# The widest problem for which (n_features, n_features) matrices are formed.
WIDEST_DENSE = 3000
# The same for sparse X and smooth losses, whose products cost next to nothing.
WIDEST_SPARSE = 500
# What rounding lets a duality gap reach, relative to the objective.
SMALLEST_GAP = 1e-10


def solve(
    X,
    y,
    c,
    *,
    loss,
    reg,
    fit_intercept,
    means,
    strata,
    bound,
    solver="auto",
    tol=1e-4,
    max_iter=100,
    solver_params=None,
    convex_constraints=None,
    dtype=np.float64,
):
    """Minimise reg/2 ||w||^2 + sum_i c_i loss(y_i, <w, x_i> + b) s.t. |M f| <= bound.

    Columns of X that are far from zero are shifted first, where an intercept makes up
    for it.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n_samples, n_features)
        Features, float32 or float64; never copied whole, never densified.
    y : ndarray of shape (n_samples,)
        Targets, {-1, 1} for a classification loss.
    c : ndarray of shape (n_samples,)
        Weights of the rows in the loss, not negative.
    loss : Loss or str
        An object of `losses`, or the name of one without parameters.
    reg : float
        Weight of ||w||^2 / 2.
    fit_intercept : bool
        Whether there is an intercept b; it is never penalised.
    means, strata : arrays
        The cells whose mean scores are compared, as in ``Contrasts``.
    bound : float
        0 for an equality, np.inf for no constraint.
    solver : str
        One of `SOLVERS`.
    tol : float
        The relative duality gap reached is tol squared, so that tol measures the
        distance to the optimum, relative to its objective's square root.
    max_iter : int
        Largest number of Newton or interior point steps.
    solver_params : dict, default=None
        Options for cvxpy.
    convex_constraints : callable, default=None
        From the variables (coef, intercept) to further constraints of cvxpy.
    dtype : dtype, default=np.float64
        Of the coefficients and the intercept, whose objective and duality gap are
        those after rounding.

    Returns
    -------
    solution : Solution

    Raises
    ------
    ValueError
        ``solver="interior-point"`` with a smooth loss, or options without cvxpy.
    """
    problem, shift = build_problem(
        X,
        y,
        c,
        loss=LOSSES[loss]() if isinstance(loss, str) else loss,
        reg=reg,
        fit_intercept=fit_intercept,
        means=means,
        strata=strata,
        bound=bound,
    )
    for name, given in {
        "solver_params": solver_params,
        "convex_constraints": convex_constraints,
    }.items():
        if given and solver != "cvxpy":
            msg = f"{name}={given!r} needs solver='cvxpy', got {solver!r}."
            raise ValueError(msg)
    if solver == "interior-point" and problem.loss.smooth:
        msg = (
            "solver='interior-point' is for the hinge loss and the epsilon-insensitive "
            f"loss; got loss={loss!r}."
        )
        raise ValueError(msg)
    limits = {"tol": max(tol**2, SMALLEST_GAP), "max_iter": max_iter}
    if solver == "cvxpy":
        found = _reference(problem, shift, solver_params, convex_constraints)
    elif problem.reg == 0:
        found = _unpenalised(problem, solver, limits)
    elif isinstance(problem.loss, EpsilonInsensitive):
        small, back = near_one(problem)
        found = back(_penalised(small, solver, limits))
    else:
        found = _penalised(problem, solver, limits)
    return _rounded(problem, shift, found, dtype)


def _rounded(problem, shift, found, dtype):
    """The solution for X itself, in `dtype`, with its objective and duality gap."""
    coef = found.coef.astype(dtype)
    offset = shift @ coef
    intercept = np.asarray(found.intercept - offset).astype(dtype)
    f = problem.scores(coef.astype(np.float64), intercept + offset)
    objective = problem.objective(coef.astype(np.float64), f)
    return replace(
        found,
        coef=coef,
        intercept=float(intercept),
        objective=objective,
        duality_gap=found.duality_gap + (objective - found.objective),
        rank=problem.basis.shape[1],
    )


def _reference(problem, shift, solver_params, convex_constraints):
    """By cvxpy."""
    from fairlearnkit._optim.reference import reference

    if problem.reg > 0 or convex_constraints is not None:
        return reference(
            problem,
            shift,
            solver_params=solver_params,
            convex_constraints=convex_constraints,
        )
    small, expand = whitened(problem)
    found = reference(small, None, solver_params=solver_params)
    coef, intercept = expand(found.coef, found.intercept)
    return replace(found, coef=coef, intercept=intercept)


def _unpenalised(problem, solver, limits):
    """By Newton's method without a penalty; only smooth losses come without."""
    if solver == "newton-cg" or (solver == "auto" and too_wide(problem)):
        first, floor = start(problem)
        found = newton(
            problem,
            hessian=SharpCgHessian,
            start=first,
            floor=floor,
            certify=False,
            **limits,
        )
        coef, intercept = shortest(problem, found.coef, found.intercept)
        coef = feasible(problem, coef)  # which keeps it among the rows of X
        return replace(found, coef=coef, intercept=intercept, duality_gap=np.nan)
    small, expand = whitened(problem)
    first, floor = start(small)
    found = newton(small, hessian=DenseHessian, start=first, floor=floor, **limits)
    coef, intercept = expand(found.coef, found.intercept)
    if found.status != "optimal":  # perhaps there is no optimum
        found = replace(found, duality_gap=np.nan)
    return replace(found, coef=coef, intercept=intercept)


def _penalised(problem, solver, limits):
    """By Newton's method or the interior point method."""
    if solver == "newton-cg" or (solver == "auto" and _is_wide(problem)):
        return _newton(problem, CgHessian, limits)
    return _dense(problem, solver, limits)


def _dense(problem, solver, limits):
    """By the methods that form square matrices of the features."""
    problem, expand = _narrowed(problem)
    if solver == "interior-point":
        found = interior_point(problem, **limits)
    else:
        found = _newton(problem, DenseHessian, limits)
    short = found.status != "optimal" and not problem.loss.smooth
    if solver == "auto" and short:
        other = interior_point(problem, **limits)
        found = other if other.duality_gap < found.duality_gap else found
    return replace(found, coef=expand(found.coef))


def _is_wide(problem):
    """Whether conjugate gradients are cheaper than a square matrix of the features."""
    n_samples, n_features = problem.design.shape
    if not problem.design.is_sparse:
        return min(n_samples, n_features) > WIDEST_DENSE
    if problem.loss.smooth:
        return n_features > WIDEST_SPARSE
    return n_features > min(WIDEST_DENSE, n_samples // 2)


def _newton(problem, hessian, limits):
    method = newton if problem.loss.smooth else multipliers
    return method(problem, hessian=hessian, **limits)


def _narrowed(problem):
    """The problem in the space of the rows of X and A where narrower, and the way back.

    Rows without weight may take part in A only: its directions are kept beside X's.
    """
    n_samples, n_features = problem.design.shape
    if problem.design.is_sparse or n_samples + problem.basis.shape[1] >= n_features:
        return problem, np.asarray
    X = problem.design.at(slice(None))
    V, R = qr(np.hstack([X.T, problem.basis]), mode="economic")
    design = Design(np.ascontiguousarray(R[:, :n_samples].T))
    return replace(problem, design=design, basis=V.T @ problem.basis), V.dot
