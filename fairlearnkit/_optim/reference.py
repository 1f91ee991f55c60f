"""The same problem stated in full for cvxpy: slow, general, and the only door to it."""

from dataclasses import replace

import cvxpy as cp
import numpy as np

from fairlearnkit._data.quiet import without_warnings
from fairlearnkit._optim.certificate import duality_gap, shortest_multipliers
from fairlearnkit._optim.problem import Solution
from fairlearnkit.exceptions import InfeasibleConstraintError

# A duality gap above this part of the objective makes a solution inaccurate, whatever
# the solver's status. Clarabel reaches 1e-6 and less on data that are not extreme, so
# that half or twice as much makes a difference to extreme ones only.
INEXACT = 1e-3
# One of at most this part makes it accurate: the tolerance that Clarabel has by
# default, and which it does not always reach in its own measures.
EXACT = 1e-8


def reference(problem, *, solver_params=None, convex_constraints=None):
    """Solve any problem with cvxpy.

    Parameters
    ----------
    problem : Problem
        The problem, its rows in memory.
    solver_params : dict, default=None
        Options of ``cvxpy.Problem.solve``, ``solver`` among them (default: Clarabel).
    convex_constraints : callable, default=None
        From the variables (coef, intercept) to a list of further constraints. With
        them there is no certificate, and the duality gap is NaN. The multipliers of
        the cells are then those that the solver found, since those of the loss do not
        determine them any more.

    Returns
    -------
    solution : Solution
        With status "optimal" or "optimal_inaccurate".

    Raises
    ------
    ValueError
        A solver that is not installed; `convex_constraints` that are none.
    InfeasibleConstraintError
        Any other status, or a solver that breaks down.
    """
    p = problem
    options = _checked_options(solver_params)
    w, b = cp.Variable(p.n_features), cp.Variable()
    f = p.rows.at(slice(None)) @ w + (b if p.fit_intercept else 0.0)
    constraints, extra = _constraints(p, w), []
    if convex_constraints is not None:
        # b is the intercept for X less shift; the user's is that for X.
        own = b - p.shift @ w if p.fit_intercept else cp.Constant(0)
        extra = _further(convex_constraints, w, own)
    loss, slacks = _loss(p, f)
    # The constraints of the slacks come last: `_solution` reads their dual values.
    goal = cp.Minimize(0.5 * p.reg * cp.sum_squares(w) + loss)
    statement = cp.Problem(goal, [*constraints, *extra, *slacks])
    _run(statement, options, extra)
    intercept = float(b.value) if p.fit_intercept else 0.0
    solution = _solution(p, statement, w.value, intercept)
    if extra:
        multipliers = _multipliers(p, constraints)
        return replace(solution, duality_gap=np.nan, multipliers=multipliers)
    # Whatever the status of the solver says.
    if solution.duality_gap > INEXACT * abs(solution.objective):
        return replace(solution, status="optimal_inaccurate")
    if solution.duality_gap <= EXACT * abs(solution.objective):
        return replace(solution, status="optimal")
    return solution


def _checked_options(solver_params):
    options = {"solver": "CLARABEL", **(solver_params or {})}
    if options["solver"] == "CLARABEL":  # comes with cvxpy; the list takes 2 ms
        return options
    _check_installed(options["solver"])
    return options


def _check_installed(name):
    """Raise an error for a solver that is not installed, with those that are."""
    installed = cp.installed_solvers()
    if str(name).upper() not in installed:
        msg = (
            f"solver='cvxpy' is to use {name!r}, which is not installed. Installed "
            f"solvers: {installed}; name one of them, such as solver_params="
            f"{{'solver': {next(iter(installed), name)!r}}}, or install {name}."
        )
        raise ValueError(msg)


def _loss(p, f):
    """The weighted loss, and constraints of its slack variables, of hinges."""
    if p.loss.smooth:
        return p.c @ p.loss.cvxpy_expression(cp, p.y, f), []
    sign, offset, c = p.loss.hinges(p.y, p.c)
    slack = cp.Variable(len(sign), nonneg=True)
    by_hinge = cp.hstack([f] * (len(sign) // len(p.y)))
    return c @ slack, [slack >= offset - cp.multiply(sign, by_hinge)]


def _constraints(p, w):
    if not p.basis.shape[1]:
        return []
    if not p.bounded:
        return [p.basis.T @ w == p.goal]
    polytope, rank = p.polytope(), p.basis.shape[1]
    G, limits = polytope.G, p.bound * polytope.limits
    gaps = G[:, :rank] @ (p.basis.T @ w)
    if G.shape[1] > rank:
        gaps = gaps + G[:, rank:] @ cp.Variable(G.shape[1] - rank)
    return [gaps <= limits, -gaps <= limits]


def _multipliers(p, constraints):
    """Multipliers lambda of the cells, from the dual values of `_constraints`.

    In cvxpy's Lagrangian an equality A x = b has the term nu'(A x - b), and an
    inequality A x <= b has nu'(A x - b) with nu >= 0. So of an equality cells'lambda =
    nu; of a bound, the rows of the polytope have the multipliers nu of <= limits less
    those of >= -limits.
    """
    duals = [constraint.dual_value for constraint in constraints]
    if not duals:
        return np.zeros(len(p.strata))
    if not p.bounded:
        return shortest_multipliers(p.cells, duals[0])
    return p.polytope().multipliers_of_cells(duals[0] - duals[1])


def _further(convex_constraints, w, b):
    """The user's own constraints on the model, checked."""
    given = convex_constraints(w, b)
    if given is None:
        msg = "convex_constraints returned None; return a list of cvxpy constraints."
        raise ValueError(msg)
    given = [given] if isinstance(given, cp.Constraint) else list(given)
    for constraint in given:
        if not (isinstance(constraint, cp.Constraint) and constraint.is_dcp()):
            msg = (
                f"convex_constraints returned {constraint}, which is no convex "
                "constraint of cvxpy on (coef, intercept). Return a list of such, for "
                "instance [coef[0] >= 0]; its rules are those of disciplined convex "
                "programming."
            )
            raise ValueError(msg)
    return given


def _run(statement, options, extra):
    try:
        # The status says it, and the caller warns with the figures.
        with without_warnings(UserWarning, "Solution may be inaccurate"):
            statement.solve(**options)
    except cp.SolverError as error:
        _check_installed(options["solver"])
        msg = (
            f"The solver {options['solver']} broke down: {error} Scale the features, "
            "choose another solver in solver_params, or solver='auto'."
        )
        raise InfeasibleConstraintError(msg) from error
    if extra and "infeasible" in statement.status:
        msg = (
            f"The solver {options['solver']} ended with the status "
            f"{statement.status!r}: no model keeps convex_constraints and max_gap at "
            "once. Allow a larger max_gap, or ask for less."
        )
        raise InfeasibleConstraintError(msg)
    if statement.status not in ("optimal", "optimal_inaccurate"):
        msg = (
            f"The solver {options['solver']} ended with the status "
            f"{statement.status!r} and no usable solution. Its limits can be changed "
            "in solver_params."
        )
        raise InfeasibleConstraintError(msg)
    values = [variable.value for variable in statement.variables()]
    if not all(value is not None and np.isfinite(value).all() for value in values):
        msg = (
            f"The solver {options['solver']} ended with the status "
            f"{statement.status!r}, but with values that are not finite numbers. Scale "
            "the features, choose another solver in solver_params, or solver='auto'."
        )
        raise InfeasibleConstraintError(msg)


def _solution(p, statement, w, b):
    """The solution, moved onto the feasible set and certified."""
    w = p.feasible(w)
    f = p.scores(w, b)
    if p.loss.smooth:
        alpha = -p.c * p.loss.derivative(p.y, f)
    else:
        sign, _, c = p.loss.hinges(p.y, p.c)
        # Multipliers of the hinges, kept to [0, c] against the solver's tolerance.
        a = sign * np.clip(statement.constraints[-1].dual_value, 0.0, c)
        alpha = a.reshape(-1, len(p.y)).sum(axis=0)
    gap = duality_gap(p, w, f, alpha)
    stats = statement.solver_stats
    return Solution(
        coef=w,
        intercept=b,
        n_iter=int(stats.num_iters or 1),
        objective=p.objective(w, f),
        duality_gap=gap,
        status=statement.status,
        alpha=alpha,
    )
