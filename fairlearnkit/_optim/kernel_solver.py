"""What a kernel solver is: it declares which problems it takes, and solves them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from fairlearnkit._data.progress import SILENT, Progress

# The iterations of -1, "any number", for methods that need some tens of them: never
# reached but by problems that float64 cannot solve, which then take twice as long if
# there are twice as many.
ANY_NUMBER = 1000


@dataclass(frozen=True)
class KernelOptions:
    """When a kernel solver stops, and options that only some solvers take.

    Parameters
    ----------
    tol : float, default=1e-3
        Tolerance of libsvm; other methods reach a relative duality gap of tol**2.
    max_iter : int, default=-1
        Largest number of iterations, -1 for any number.
    shrinking, cache_size
        Of libsvm.
    solver_params : dict, default=None
        Options for cvxpy's ``solve``.
    restore : bool, default=True
        Whether K is needed afterwards; otherwise it may be left changed.
    progress : Progress, default=SILENT
        What methods of several steps report to.
    """

    tol: float = 1e-3
    max_iter: int = -1
    shrinking: bool = True
    cache_size: float = 200
    solver_params: dict | None = None
    restore: bool = True
    progress: Progress = SILENT

    @property
    def finite_max_iter(self):
        """Largest number of iterations, as a number."""
        return ANY_NUMBER if self.max_iter == -1 else self.max_iter


class KernelSolver(ABC):
    """A method for kernel problems.

    Attributes
    ----------
    takes_rows : bool
        Whether K may be ``KernelRows``; otherwise it is formed as a whole first.
    takes_params : bool
        Whether it takes ``solver_params``.
    """

    takes_rows = False
    takes_params = False

    @abstractmethod
    def refusal_of_loss(self, loss, fit_intercept):
        """Why the solver does not take a loss; None if it does.

        Parameters
        ----------
        loss : Loss
            The loss.
        fit_intercept : bool
            Whether there is an intercept.

        Returns
        -------
        reason : str or None
            Completes "solver='name' ...".
        """

    def refusal(self, problem):
        """Why the solver does not take a problem; None if it does."""
        return self.refusal_of_loss(problem.loss, problem.fit_intercept)

    @abstractmethod
    def solve(self, problem, options):
        """Solve a problem that `refusal` has no objection to.

        Parameters
        ----------
        problem : KernelProblem
            The problem.
        options : KernelOptions
            When to stop.

        Returns
        -------
        solution : KernelSolution
        """
