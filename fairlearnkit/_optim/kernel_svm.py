"""Kernel problems with the hinge or the epsilon-insensitive loss, by libsvm."""

from dataclasses import replace

from fairlearnkit._optim.deflation import solve_deflated
from fairlearnkit._optim.kernel_factor import (
    FactorSolver,
    exact_factor,
    solve_on_factor,
)
from fairlearnkit._optim.kernel_problem import verify_status
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit._optim.kernel_solver import KernelSolver
from fairlearnkit._optim.libsvm import DeflatedMachine
from fairlearnkit._optim.scaling import standardized_targets
from fairlearnkit._optim.strata import largest_gap
from fairlearnkit._optim.working_set import WorkingSetMachine

# The most rows for which a factor of K is tried where libsvm does not get there: 3 s,
# eight times as long for twice as many.
MOST_FACTORED = 1500
# Iterations of libsvm for each row before that: libsvm cannot be stopped, and may take
# millions. The median is 1, and 95 % of the machines take 500 or fewer. Twice as many
# double the time until the factor is tried.
FIRST_STEPS_PER_ROW = 2000
# The relative duality gap above which libsvm's solution is not near the optimum. After
# the refinement it is 1e-9, without it some 1e-4. With half or twice as much, the
# factor is tried in one or two more or fewer of 36 problems with C from 1e3 to 1e7;
# solutions stay the same.
EXACT_GAP = 1e-6
# Iterations on the factor, for problems that are hard already. Six of these 36 problems
# came to it and took 13 to 36, so that half as many would not be reached either.
FACTOR_STEPS = 500


class LibsvmSolver(KernelSolver):
    """libsvm on K - s T T', refined by active-set steps.

    For losses of libsvm, without a bound, with an equality or a bound on one contrast;
    with K as ``KernelRows`` by working sets.
    """

    takes_rows = True

    def refusal_of_loss(self, loss, fit_intercept):
        """Losses that libsvm has no formulation for; it always has an intercept."""
        if loss.libsvm is None:
            return "takes the hinge and the epsilon-insensitive loss"
        return None if fit_intercept else "fits an intercept"

    def refusal(self, problem):
        """Bounds on several contrasts, too."""
        if problem.bounded and problem.rank > 1:
            return (
                f"bounds one contrast, and there are {problem.rank}: use "
                "'interior-point', or max_gap=0"
            )
        return super().refusal(problem)

    def solve(self, problem, options):
        """Solve in the unit of the penalty, and with targets of spread 1."""
        return self._scaled(problem, lambda p: _by_libsvm(p, options))

    def _scaled(self, p, solve):
        """Solve with reg = 1 and targets of spread 1, and undo the scaling.

        Dividing the objective by reg changes neither w nor v = alpha / reg.
        """
        if p.reg != 1.0:
            solution = self._scaled(replace(p, c=p.c / p.reg, reg=1.0), solve)
            return replace(
                solution,
                objective=p.reg * solution.objective,
                duality_gap=p.reg * solution.duality_gap,
                multipliers=p.reg * solution.multipliers,
            )
        if p.loss.scaled(1.0) is None:
            return solve(p)
        p, back = standardized_targets(p)
        return back(solve(p))


class LibsvmOrFactorSolver(LibsvmSolver):
    """libsvm, and, for few rows, the linear solvers on a factor if it falls short.

    1. libsvm, with a limit to its iterations.
    2. If its solution is not near the optimum, and the kernel is definite, the solution
       on a factor, if that has the smaller objective.
    """

    def solve(self, problem, options):
        """Solve; see the class."""
        small = len(problem.y) <= MOST_FACTORED
        if isinstance(problem.K, KernelRows) or not small:
            return super().solve(problem, options)
        return self._scaled(problem, lambda p: _by_libsvm_or_factor(p, options))


class PlainOrFactorSolver(LibsvmSolver):
    """libsvm without the constraint, and a factor of K only where the bound binds.

    For bounds on several contrasts, which libsvm has no formulation for.

    1. The problem without the constraint, by libsvm, with a limit to its iterations.
    2. If its gap is within the bound, it is the solution: it is feasible, and the
       multiplier 0 of the constraint makes its dual value one of the problem with the
       bound, so that its certificate holds as well.
    3. Else the solution on a factor. Step 1 was then 1 to 4 % of the time, for 800 to
       3000 rows. Its multipliers are no better a start than the usual one: with them
       the linear solver took 34 to 51 steps instead of 37 to 50.
    """

    def refusal(self, problem):
        """Losses and intercepts only; any bound will do."""
        return self.refusal_of_loss(problem.loss, problem.fit_intercept)

    def solve(self, problem, options):
        """Solve; see the class."""
        plain = self._without_constraint(problem, options)
        u = problem.T.T @ plain.v  # (rank,)
        feasible = largest_gap(problem.cells @ u, problem.strata) <= problem.bound
        far = len(problem.y) <= MOST_FACTORED and _is_far(plain)
        if feasible and plain.status == "optimal" and not far:
            return replace(plain, u=u)
        if isinstance(problem.K, KernelRows):
            problem = replace(problem, K=problem.K.whole())
        return FactorSolver("auto").solve(problem, options)

    def _without_constraint(self, problem, options):
        """The solution of step 1; the status is "max_iter" if the limit was reached."""
        most = _first_steps(problem, options)
        first = replace(options, max_iter=most, restore=True)
        return super().solve(problem.without_constraint, first)


def _first_steps(p, options):
    """Iterations of libsvm before a factor of K is tried."""
    own_limit = options.max_iter == -1
    return FIRST_STEPS_PER_ROW * len(p.y) if own_limit else options.max_iter


def _is_far(solution):
    """Whether libsvm's solution is not near the optimum."""
    return solution.duality_gap > EXACT_GAP * abs(solution.objective)


def _by_libsvm(p, options):
    """libsvm, of a problem in its units."""
    by_rows = isinstance(p.K, KernelRows)
    machine = (WorkingSetMachine if by_rows else DeflatedMachine)(p, options)
    try:
        solution = solve_deflated(p, machine, options.tol, options.progress)
    finally:
        if options.restore and not by_rows:
            machine.deflate(0.0)
    return verify_status(p, solution, options.tol)


def _by_libsvm_or_factor(p, options):
    """libsvm, or on a factor, of a problem in its units and K as an array."""
    first = replace(options, max_iter=_first_steps(p, options), restore=True)
    solution = _by_libsvm(p, first)
    far = _is_far(solution)
    F = exact_factor(p.K) if far else None
    if F is not None:
        steps = min(options.finite_max_iter, FACTOR_STEPS)
        other = solve_on_factor(p, F, "auto", replace(options, max_iter=steps))
        if other.objective < solution.objective:
            return other
    elif (
        options.max_iter == -1 and not far
    ):  # the limit was not the user's, and did no harm
        return verify_status(p, replace(solution, status="optimal"), options.tol)
    return solution
