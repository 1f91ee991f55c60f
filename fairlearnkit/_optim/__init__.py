"""One call for every linear problem: `build_problem`, then `solve`."""

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np

from fairlearnkit._optim.certificate import multipliers_of
from fairlearnkit._optim.problem import Solution, build_problem
from fairlearnkit._optim.scaling import standardized_targets
from fairlearnkit._optim.solver import Limits, get_solver, solver_names
from fairlearnkit._optim.unpenalised import too_wide

__all__ = ["SOLVERS", "Solution", "build_problem", "solve"]

# A solver is a module of this package called solver_*; importing it makes it known.
for _module in sorted(module.name for module in iter_modules(__path__)):
    if _module.startswith("solver_"):
        import_module(f"{__name__}.{_module}")

SOLVERS = ("auto", *solver_names())

# The widest problem for which (n_features, n_features) matrices are formed: 72 MB.
# Twice as wide takes four times the memory, and eight times the time of a Cholesky
# factor.
WIDEST_DENSE = 3000
# The same for sparse X and smooth losses, whose products cost next to nothing.
WIDEST_SPARSE = 500
# What rounding lets a duality gap reach, relative to the objective: it is a difference
# of sums over rows.
SMALLEST_GAP = 1e-10


def solve(
    problem,
    *,
    solver="auto",
    tol=1e-4,
    max_iter=100,
    solver_params=None,
    convex_constraints=None,
    dtype=np.float64,
):
    """Minimise reg/2 ||w||^2 + sum_i c_i loss(y_i, <w, x_i> + b) s.t. |M f| <= bound.

    Parameters
    ----------
    problem : Problem
        From `build_problem`.
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
        A solver that does not take the loss, or options that it does not take.
    """
    limits = Limits(
        tol=max(tol**2, SMALLEST_GAP),
        max_iter=max_iter,
        params=solver_params or {},
        convex_constraints=convex_constraints,
    )
    check_solver(problem, solver, limits)
    run = _automatic if solver == "auto" else get_solver(solver).solve
    # Without a penalty, or with constraints of the user's on w, the unit is theirs.
    scalable = problem.reg > 0 and problem.loss.scaled(1.0) is not None
    if scalable and solver != "cvxpy":
        standardized, back = standardized_targets(problem)
        found = back(run(standardized, limits))
    else:
        found = run(problem, limits)
    return _rounded(problem, found, dtype)


def check_solver(problem, name, limits):
    """Refuse options that a solver does not take, and problems.

    Parameters
    ----------
    problem : Problem
        The problem.
    name : str
        One of `SOLVERS`.
    limits : Limits
        The options.

    Raises
    ------
    ValueError
        As it says.
    """
    solver = None if name == "auto" else get_solver(name)
    given = {
        "solver_params": limits.params,
        "convex_constraints": limits.convex_constraints,
    }
    for option, value in given.items():
        if value and not (solver and solver.takes_options):
            msg = f"{option}={value!r} needs solver='cvxpy', got {name!r}."
            raise ValueError(msg)
    reason = solver and solver.refusal(problem)
    if reason:
        msg = f"solver={name!r} {reason}. Choose another solver, or solver='auto'."
        raise ValueError(msg)


def _automatic(problem, limits):
    """The solver that costs least; another one where that stalls on a loss with kinks.

    1. Conjugate gradients where square matrices of the features are dear.
    2. Else Newton's method with Cholesky factors.
    3. Where it does not reach the optimum of a loss with kinks, the interior point
       method, if it comes nearer.
    """
    if _is_wide(problem):
        return get_solver("newton-cg").solve(problem, limits)
    found = get_solver("newton-cholesky").solve(problem, limits)
    if found.status != "optimal" and not problem.loss.smooth:
        other = get_solver("interior-point").solve(problem, limits)
        found = other if other.duality_gap < found.duality_gap else found
    return found


def _is_wide(problem):
    """Whether conjugate gradients are cheaper than a square matrix of the features."""
    if problem.reg == 0:
        return too_wide(problem)
    n_samples, n_features = problem.rows.shape
    if not problem.rows.is_sparse:
        return min(n_samples, n_features) > WIDEST_DENSE
    if problem.loss.smooth:
        return n_features > WIDEST_SPARSE
    return n_features > min(WIDEST_DENSE, n_samples // 2)


def _rounded(problem, found, dtype):
    """The solution for X itself, in `dtype`, with its objective and duality gap."""
    p = problem
    coef = found.coef.astype(dtype)
    # Scores are <w, x - shift> + b: the shift goes into the intercept.
    offset = p.shift @ coef
    intercept = np.asarray(found.intercept - offset).astype(dtype)
    f = p.scores(coef.astype(np.float64), intercept + offset)
    objective = p.objective(coef.astype(np.float64), f)
    multipliers = found.multipliers
    if multipliers is None:
        multipliers = multipliers_of(p, found.coef, found.alpha)
    return replace(
        found,
        coef=coef,
        intercept=float(intercept),
        objective=objective,
        # The dual value stays as it is: the gap grows as the objective does.
        duality_gap=found.duality_gap + (objective - found.objective),
        rank=p.basis.shape[1],
        multipliers=multipliers,
    )
