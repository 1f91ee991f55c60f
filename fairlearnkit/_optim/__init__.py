"""One call for every linear problem: `build_problem`, then `solve`."""

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np

from fairlearnkit._optim.certificate import multipliers_of
from fairlearnkit._optim.path import solve_path
from fairlearnkit._optim.problem import Solution, build_problem
from fairlearnkit._optim.scaling import standardized
from fairlearnkit._optim.solver import (
    Limits,
    check_solver,
    get_solver,
    solver_names,
)

__all__ = ["Solution", "build_problem", "solve", "solve_ratios", "solver_names"]

# A solver is a module of this package called solver_*; importing it makes it known.
for _module in sorted(module.name for module in iter_modules(__path__)):
    if _module.startswith("solver_"):
        import_module(f"{__name__}.{_module}")

# What rounding lets a duality gap reach, relative to the objective: it is a difference
# of sums over rows. With half or twice as much, 3 or 4 of 80 fits take a step more or
# less (1,090 in all), and coefficients change by up to 5e-5.
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
        One of `solver_names`.
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
        A solver that does not take the problem, or options that it does not take.
    """
    limits = _limits(tol, max_iter, solver_params, convex_constraints)
    method = get_solver(solver)
    check_solver(problem, method, limits)
    inner, back = standardized(method, problem)
    return _rounded(problem, back(method.solve(inner, limits)), dtype)


def solve_ratios(
    problem,
    ratios,
    *,
    solver="auto",
    tol=1e-4,
    max_iter=100,
    solver_params=None,
    convex_constraints=None,
    dtype=np.float64,
):
    """Solve a problem with shares of the gap that there is without its constraint.

    Parameters
    ----------
    problem : Problem
        From `build_problem`, with a bound of 0.
    ratios : list of float
        Distinct ratios of the gap to what it is without the constraint.
    solver, tol, max_iter, solver_params, convex_constraints, dtype
        As in `solve`.

    Returns
    -------
    solutions : list of Solution
        One for each ratio.
    """
    limits = _limits(tol, max_iter, solver_params, convex_constraints)
    method = get_solver(solver)
    check_solver(problem.with_goal(np.ones_like(problem.goal)), method, limits)
    inner, back = standardized(method, problem)
    plain, path = solve_path(method, inner, ratios, limits)
    goal = problem.basis.T @ back(plain).coef
    problems = [
        problem.without_constraint if ratio == 1.0 else problem.with_goal(ratio * goal)
        for ratio in ratios
    ]
    return [_rounded(p, back(path[r]), dtype) for p, r in zip(problems, ratios)]


def _limits(tol, max_iter, solver_params, convex_constraints):
    return Limits(
        tol=max(tol**2, SMALLEST_GAP),
        max_iter=max_iter,
        params=solver_params or {},
        convex_constraints=convex_constraints,
    )


def _rounded(problem, solution, dtype):
    """The solution for X itself, in `dtype`, with its objective and duality gap."""
    p, multipliers = problem, solution.multipliers
    if multipliers is None:
        multipliers = multipliers_of(p, solution.coef, solution.alpha)
    own = {
        "rank": p.basis.shape[1],
        "bound": p.bound or p.gap(p.goal),
        "multipliers": multipliers,
        "hessian": None,  # which is large
    }
    if dtype == solution.coef.dtype and not p.shift.any():  # nothing to round
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
