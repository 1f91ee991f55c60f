"""One call for every linear problem: `build_problem`, then `solve`."""

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np

from fairlearnkit._data.progress import SILENT
from fairlearnkit._optim.blas import scipy_on_one_thread
from fairlearnkit._optim.certificate import multipliers_of
from fairlearnkit._optim.path import solve_path
from fairlearnkit._optim.problem import Solution, build_problem, problem_of_rows
from fairlearnkit._optim.scaling import standardized
from fairlearnkit._optim.solver import (
    Limits,
    check_solver,
    get_solver,
    solver_names,
)

__all__ = [
    "Solution",
    "build_problem",
    "problem_of_rows",
    "solve",
    "solve_ratios",
    "solver_names",
]

# A solver is a module of this package called solver_*; importing it makes it known.
for _module in sorted(module.name for module in iter_modules(__path__)):
    if _module.startswith("solver_"):
        import_module(f"{__name__}.{_module}")

# What rounding lets a duality gap reach, relative to the objective: it is a difference
# of sums over rows. With half or twice as much, 3 or 4 of 80 fits take a step more or
# less (1,090 in all), and coefficients change by up to 5e-5.
SMALLEST_GAP = 1e-10


def solve(problem, *, dtype=np.float64, **options):
    """Minimise reg/2 ||w||^2 + sum_i c_i loss(y_i, <w, x_i> + b) s.t. |M f| <= bound.

    Parameters
    ----------
    problem : Problem
        From `build_problem`.
    dtype : dtype, default=np.float64
        Of the coefficients and the intercept, whose objective and duality gap are
        those after rounding.
    solver : str, default="auto"
        One of `solver_names`.
    tol : float, default=1e-8
        Relative duality gap to reach, or 1e-10 if that is larger.
    max_iter : int, default=100
        Largest number of Newton or interior point steps.
    solver_params : dict, default=None
        Options for cvxpy.
    convex_constraints : callable, default=None
        From the variables (coef, intercept) to further constraints of cvxpy.
    progress : Progress, default=SILENT
        Is told of each step.

    Returns
    -------
    solution : Solution

    Raises
    ------
    ValueError
        A solver that does not take the problem, or options that it does not take.
    InfeasibleConstraintError
        A solver that returns coefficients that are not finite.
    """
    method, limits = _checked_solver(problem, **options)
    inner, back = standardized(method, problem)
    with scipy_on_one_thread():
        solution = method.run(inner, limits)
    return _rounded(problem, back(solution), dtype)


def solve_ratios(problem, ratios, *, dtype=np.float64, **options):
    """Solve a problem with shares of the gap that there is without its constraint.

    Parameters
    ----------
    problem : Problem
        From `build_problem`, with a bound of 0.
    ratios : list of float
        Distinct ratios of the gap to what it is without the constraint.
    dtype : dtype, default=np.float64
        As in `solve`.
    **options : dict
        solver, tol, max_iter, solver_params and convex_constraints, as in `solve`.

    Returns
    -------
    solutions : list of Solution
        One for each ratio. Where the solution without the constraint is not optimal,
        none is: the gap that it leaves is not the one to take a share of.
    """
    anywhere = problem.with_goal(np.ones_like(problem.goal))
    method, limits = _checked_solver(anywhere, **options)
    inner, back = standardized(method, problem)
    with scipy_on_one_thread():
        plain, path = solve_path(method, inner, ratios, limits)
    goal = problem.basis.T @ back(plain).coef
    solutions = []
    for ratio in ratios:
        at_ratio = problem.with_goal(ratio * goal)
        if ratio == 1.0:
            at_ratio = problem.without_constraint
        solution = _rounded(at_ratio, back(path[ratio]), dtype)
        if plain.status != "optimal":
            solution = replace(solution, status=plain.status)
        solutions.append(solution)
    return solutions


def _checked_solver(
    problem,
    *,
    solver="auto",
    tol=1e-8,
    max_iter=100,
    solver_params=None,
    convex_constraints=None,
    progress=SILENT,
):
    """The solver of a name, and its limits, checked to take the problem."""
    limits = Limits(
        tol=max(tol, SMALLEST_GAP),
        max_iter=max_iter,
        params=solver_params or {},
        convex_constraints=convex_constraints,
        progress=progress,
    )
    method = get_solver(solver)
    check_solver(problem, method, limits)
    return method, limits


def _rounded(problem, solution, dtype):
    """The solution for X itself, in `dtype`, with its objective and duality gap."""
    p, multipliers = problem, solution.multipliers
    if multipliers is None:
        multipliers = multipliers_of(p, solution.coef, solution.alpha)
    own = {
        "rank": p.basis.shape[1],
        "multipliers": multipliers,
        "bound": p.bound or p.gap(p.goal),
        "hessian": None,  # which is large
    }
    # Classes have no unit and no centre: without a shift it is the solver's own point.
    is_own = p.loss.targets == "classes" and p.reg > 0 and not p.shift.any()
    if is_own and dtype == solution.coef.dtype:
        return replace(solution, **own)
    coef = solution.coef.astype(dtype)
    # Scores are <w, x - shift> + b: the shift goes into the intercept.
    offset = p.shift @ coef
    intercept = np.asarray(solution.intercept - offset).astype(dtype)
    f = p.scores(coef.astype(np.float64), intercept + offset)
    objective = p.objective(coef.astype(np.float64), f)
    return replace(
        solution,
        coef=coef,
        intercept=float(intercept),
        objective=objective,
        # The dual value stays as it is: the gap grows as the objective does.
        duality_gap=solution.duality_gap + (objective - solution.objective),
        **own,
    )
