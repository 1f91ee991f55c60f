"""One call for every kernel problem: it picks a solver by what each declares."""

from dataclasses import replace

from fairlearnkit._optim.kernel_factor import FactorSolver
from fairlearnkit._optim.kernel_ridge import RidgeSolver
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit._optim.kernel_solver import KernelOptions
from fairlearnkit._optim.kernel_svm import (
    LibsvmOrFactorSolver,
    LibsvmSolver,
    PlainOrFactorSolver,
)

# What "auto" tries in turn; the last one takes every problem.
AUTO = (
    RidgeSolver(),
    LibsvmOrFactorSolver(),
    PlainOrFactorSolver(),
    FactorSolver("auto"),
)
# Solvers of kernel problems alone; other names are those of linear solvers.
NAMED = {"closed-form": RidgeSolver(), "libsvm": LibsvmSolver()}


def solve_kernel(problem, *, solver="auto", **options):
    """Solve a kernel problem.

    Parameters
    ----------
    problem : KernelProblem
        The problem.
    solver : str, default="auto"
        "closed-form" for the squared loss without an intercept; "libsvm" for its losses
        with no bound, an equality, or a bound on one contrast; the name of a linear
        solver, such as "interior-point" or "cvxpy", for any problem, on a factor of K.
        "auto" takes the first of these that can; for at most 1500 rows, where libsvm is
        not near the optimum, it tries a factor of K, too. Bounds on several contrasts
        it leaves out at first, and keeps libsvm's solution if that is within them.
    **options : dict
        The fields of `KernelOptions`.

    Returns
    -------
    solution : KernelSolution

    Raises
    ------
    ValueError
        A solver that does not take the problem, or `solver_params` without cvxpy.
    """
    options = KernelOptions(**options)
    method = _pick(problem, solver)
    if options.solver_params and not method.takes_params:
        msg = (
            f"solver_params={options.solver_params!r} needs solver='cvxpy', got "
            f"{solver!r}."
        )
        raise ValueError(msg)
    if isinstance(problem.K, KernelRows) and not method.takes_rows:
        problem = replace(problem, K=problem.K.whole())
    return method.solve(problem, options)


def takes_rows(loss, *, fit_intercept, solver="auto"):
    """Whether `solve_kernel` can take K as ``KernelRows`` without forming it.

    Parameters
    ----------
    loss : Loss
        The loss.
    fit_intercept : bool
        Whether there is an intercept.
    solver : str, default="auto"
        As in `solve_kernel`.

    Returns
    -------
    taken : bool
        True, too, for bounds on several contrasts, where K is formed only if they bind.
    """
    methods = AUTO if solver == "auto" else (_named(solver),)
    first = [m for m in methods if m.refusal_of_loss(loss, fit_intercept) is None][:1]
    return any(method.takes_rows for method in first)


def _named(name):
    """The solver of a name: for kernels, or a linear one on a factor of the kernel."""
    return NAMED.get(name) or FactorSolver(name)


def _pick(problem, solver):
    """The solver of a name; of "auto" the first one that takes the problem."""
    if solver == "auto":
        return next(method for method in AUTO if method.refusal(problem) is None)
    method = _named(solver)
    reason = method.refusal(problem)
    if reason is not None:
        msg = f"solver={solver!r} {reason}."
        raise ValueError(msg)
    return method
