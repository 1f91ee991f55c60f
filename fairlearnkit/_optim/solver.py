"""What a solver is: it declares which problems it takes, and solves them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np

from fairlearnkit._data.progress import SILENT, Progress
from fairlearnkit.exceptions import InfeasibleConstraintError


@dataclass(frozen=True)
class Limits:
    """When a solver stops, and options that only some solvers take.

    Parameters
    ----------
    tol : float
        Relative duality gap to reach.
    max_iter : int
        Largest number of iterations.
    params : dict
        Options for cvxpy's ``solve``.
    convex_constraints : callable or None
        From the variables (coef, intercept) to further constraints of cvxpy.
    start : Solution, default=None
        A point near the solution with its scores and alpha, for solvers that can begin
        there; it need not be feasible.
    progress : Progress, default=SILENT
        Is told of each step.
    """

    tol: float
    max_iter: int
    params: dict = field(default_factory=dict)
    convex_constraints: object = None
    start: object = None
    progress: Progress = SILENT

    @property
    def options(self):
        """The options that only some solvers take, by the names that users know."""
        return {
            "solver_params": self.params,
            "convex_constraints": self.convex_constraints,
        }


class Solver(ABC):
    """A method for linear problems.

    A subclass that gives itself a name is known by it as soon as it is defined, to
    estimators too: import the module that defines it before the fit, in every process
    that fits.

    Attributes
    ----------
    name : str
        The value of an estimator's parameter ``solver``.
    losses : set of {"smooth", "piecewise linear"}
        Which losses it takes.
    unpenalised_losses : set of {"smooth", "piecewise linear"}
        Which losses it takes without a penalty (reg = 0). By default none: there,
        neither w nor a certificate is unique.
    bounds : set of {"equality", "inequality", "equality with a goal"}
        Which constraints it takes: Q'w = 0, a gap of at most ``bound``, and Q'w =
        ``goal`` that is not 0; see `Problem`. By default the first two.
    designs : set of {"dense", "sparse"}
        Which X it takes.
    needs_memory : bool
        Whether it asks for rows by ``Rows.at``, or does arithmetic with columns, which
        only rows in memory allow.
    takes_options : bool
        Whether it takes ``params`` and ``convex_constraints``. They are in the user's
        units, so that such a solver gets targets that are not standardised.
    """

    name: str
    losses = frozenset({"smooth", "piecewise linear"})
    unpenalised_losses = frozenset()
    bounds = frozenset({"equality", "inequality"})
    designs = frozenset({"dense", "sparse"})
    needs_memory = False
    takes_options = False

    _known: dict = {}  # noqa: RUF012
    _known_for_smooth: dict = {}  # noqa: RUF012

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):  # shared code of several solvers
            return
        Solver._known[cls.name] = solver = cls()
        if "smooth" in cls.losses:
            Solver._known_for_smooth[cls.name] = solver

    @abstractmethod
    def solve(self, problem, limits):
        """Solve a problem that `refusal` has no objection to.

        Parameters
        ----------
        problem : Problem
            The problem.
        limits : Limits
            When to stop.

        Returns
        -------
        solution : Solution
            With a duality gap: what the objective exceeds the optimum by, at most.
        """

    def run(self, problem, limits):
        """Solve a problem, and check that the solution consists of numbers.

        Parameters
        ----------
        problem, limits
            As in `solve`.

        Returns
        -------
        solution : Solution

        Raises
        ------
        InfeasibleConstraintError
            Coefficients or an intercept that are infinite or NaN.
        """
        solution = self.solve(problem, limits)
        if np.isfinite(solution.coef).all() and np.isfinite(solution.intercept):
            return solution
        msg = (
            f"solver={self.name!r} ended with the status {solution.status!r}, but with "
            "coefficients that are not finite numbers. Scale the features, or choose "
            "another solver."
        )
        raise InfeasibleConstraintError(msg)

    def refusal(self, problem):
        """Why the solver does not take a problem; None if it does.

        Parameters
        ----------
        problem : Problem
            The problem.

        Returns
        -------
        reason : str or None
            Completes "solver='its-name' ...".
        """
        p, loss = problem, type(problem.loss).__name__
        kind = "smooth" if p.loss.smooth else "piecewise linear"
        bound = "inequality" if p.bounded else "equality"
        if p.goal.any():
            bound = "equality with a goal"
        design = "sparse" if p.rows.is_sparse else "dense"
        if kind not in self.losses:
            return f"takes {_names(self.losses)} losses, and {loss} is {kind}"
        if p.reg == 0 and kind not in self.unpenalised_losses:
            return f"needs a penalty for {kind} losses such as {loss}"
        if p.basis.shape[1] and bound not in self.bounds:
            return f"takes {_names(self.bounds)} constraints, and this is an {bound}"
        if design not in self.designs:
            return f"takes {_names(self.designs)} X, and this is {design}"
        if self.needs_memory and not p.rows.in_memory:
            return "needs rows in memory"
        return None

    def automatic_rank(self, problem):
        """Place among the solvers that "auto" tries, the smallest first.

        Parameters
        ----------
        problem : Problem
            The problem.

        Returns
        -------
        rank : float or None
            None, the default, for a solver that "auto" does not choose.
        """
        return None


def get_solver(name):
    """The solver of a name, as ``Solver`` knows it."""
    if name not in Solver._known:
        msg = f"solver must be one of {list(Solver._known)}, got {name!r}."
        raise ValueError(msg)
    return Solver._known[name]


def solver_names(loss=None):
    """Names of the solvers, those that are defined later included.

    Parameters
    ----------
    loss : {"smooth", None}, default=None
        Only of those that take smooth losses.

    Returns
    -------
    names : set-like of str
        A view, in the order of definition.
    """
    known = Solver._known_for_smooth if loss == "smooth" else Solver._known
    return known.keys()


def check_solver(problem, solver, limits):
    """Refuse problems and options that a solver does not take.

    Parameters
    ----------
    problem : Problem
        The problem.
    solver : Solver
        The solver.
    limits : Limits
        The options.

    Raises
    ------
    ValueError
        Names the solvers that take them.
    """
    for option, value in limits.options.items():
        if value and not solver.takes_options:
            able = [s.name for s in Solver._known.values() if s.takes_options]
            needed = " or ".join(f"solver={name!r}" for name in able)
            msg = f"{option}={value!r} needs {needed}, got {solver.name!r}."
            raise ValueError(msg)
    reason = solver.refusal(problem)
    if reason is not None:
        able = [s.name for s in Solver._known.values() if s.refusal(problem) is None]
        others = f"Solvers that take the problem: {able}." if able else "None takes it."
        msg = f"solver={solver.name!r} {reason}. {others}"
        raise ValueError(msg)


def _names(kinds):
    return " and ".join(sorted(kinds))
