"""What a solver is: it declares which problems it takes, and solves them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field


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
    """

    tol: float
    max_iter: int
    params: dict = field(default_factory=dict)
    convex_constraints: object = None


class Solver(ABC):
    """A method for linear problems; a subclass is known by its name once defined.

    Attributes
    ----------
    name : str
        The value of an estimator's parameter ``solver``.
    losses : set of {"smooth", "piecewise linear"}
        Which losses it takes.
    takes_options : bool
        Whether it takes ``params`` and ``convex_constraints``.
    """

    name: str
    losses = frozenset({"smooth", "piecewise linear"})
    takes_options = False

    _known: dict = {}  # noqa: RUF012

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Solver._known[cls.name] = cls()

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
        kind = "smooth" if problem.loss.smooth else "piecewise linear"
        if kind in self.losses:
            return None
        return (
            f"takes {' and '.join(sorted(self.losses))} losses, and "
            f"{type(problem.loss).__name__} is {kind}"
        )


def get_solver(name):
    """The solver of a name, as ``Solver`` knows it."""
    return Solver._known[name]


def solver_names():
    """Names of all solvers."""
    return tuple(Solver._known)
