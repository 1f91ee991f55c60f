"""Newton's method as solvers: by Cholesky factors, or by conjugate gradients."""

from dataclasses import replace
from functools import partial

import numpy as np

from fairlearnkit._data.progress import SILENT
from fairlearnkit._optim.augmented_lagrangian import augmented_lagrangian
from fairlearnkit._optim.block_kernels import nonzero_counts
from fairlearnkit._optim.hessians import CgHessian, DenseHessian
from fairlearnkit._optim.newton import newton
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.truncated_newton import truncated_newton
from fairlearnkit._optim.unpenalised import (
    point_of_scores,
    shortest,
    start,
    whitened,
)
from fairlearnkit._optim.wide import is_next_to_dual, is_wide, narrowed

# Elements of X from which a sample of the rows, one of so many parts, gives the first
# point and Hessian. Fits of 50,000 x 100 to 400,000 x 100 (normal features, smooth
# losses) take .6 to .9 of the time with it, with twice as many parts .7 to 1; at
# 250,000 x 20 the squared hinge takes longer.
MANY_ELEMENTS, PARTS = 5_000_000, 8
# Relative duality gap of the sample's solution, which is farther than that from the one
# of all rows.
SAMPLE_TOL = 1e-6
# Rows of a sample in which each column has to differ from 0, unless it is 0 in all
# rows: with 40 categories of 2 to 30 in 150,000 rows, fits took up to 1.8 times as
# long.
FEW_ROWS = 10


class NewtonCholesky(Solver):
    """With (n_features, n_features) matrices; the augmented Lagrangian for kinks."""

    name = "newton-cholesky"
    unpenalised_losses = frozenset({"smooth"})
    bounds = Solver.bounds | {"equality with a goal"}

    def automatic_rank(self, problem):
        """Where square matrices of the features cost less than many products with X.

        Also where "dual" comes first: problems that it leaves are badly conditioned.
        """
        return 1 if not is_wide(problem) or is_next_to_dual(problem) else None

    def solve(self, problem, limits):
        """See `Solver`."""
        if problem.reg == 0:
            return self._unpenalised(problem, limits)
        small, expand, reduce = narrowed(problem)
        if limits.start:
            start = replace(limits.start, coef=reduce(limits.start.coef))
            limits = replace(limits, start=start)
        solution = _iterate(small, limits)
        if small is not problem:  # another constraint has other coordinates
            solution = replace(solution, hessian=None)
        return replace(solution, coef=expand(solution.coef))

    def _unpenalised(self, problem, limits):
        small, expand = whitened(problem)
        first, floor = start(small)
        options = {"floor": floor, "hessian": DenseHessian, "progress": limits.progress}
        if limits.start:
            first = point_of_scores(small, limits.start.scores)
        options |= {"start": first, "warm": limits.start is not None}
        solution = newton(small, tol=limits.tol, max_iter=limits.max_iter, **options)
        coef, intercept = expand(solution.coef, solution.intercept)
        if solution.status != "optimal":  # perhaps there is no optimum
            solution = replace(solution, duality_gap=np.nan)
        return replace(solution, coef=coef, intercept=intercept)


class NewtonCg(Solver):
    """Without any matrix of the features."""

    name = "newton-cg"
    unpenalised_losses = frozenset({"smooth"})
    bounds = Solver.bounds | {"equality with a goal"}

    def refusal(self, problem):
        """Also, without a penalty, of rows elsewhere: `shortest` works with columns."""
        if problem.reg == 0 and not problem.rows.in_memory:
            return "needs a penalty for rows that are not in memory"
        return super().refusal(problem)

    def automatic_rank(self, problem):
        """Where square matrices of the features cost too much."""
        return 2 if is_wide(problem) else None

    def solve(self, problem, limits):
        """See `Solver`."""
        if problem.reg == 0:
            return self._unpenalised(problem, limits)
        first = limits.start
        options = {"tol": limits.tol, "max_iter": limits.max_iter}
        options["progress"] = limits.progress
        if not problem.loss.smooth:
            method = partial(truncated_newton, certify=False, forcing=1e-6)
            return augmented_lagrangian(problem, start=first, method=method, **options)
        if first:
            options |= {"start": (first.coef, first.intercept, first.scores)}
        return truncated_newton(problem, warm=first is not None, **options)

    def _unpenalised(self, problem, limits):
        first, floor = start(problem)
        if limits.start:
            first = limits.start.coef, limits.start.intercept, limits.start.scores
        options = {"start": first, "warm": limits.start is not None}
        options |= {"floor": floor, "hessian": CgHessian, "progress": limits.progress}
        options |= {"tol": limits.tol, "max_iter": limits.max_iter}
        solution = newton(problem, certify=False, **options)
        coef, intercept = shortest(problem, solution.coef, solution.intercept)
        coef = problem.feasible(coef)  # which keeps it among the rows of X
        return replace(solution, coef=coef, intercept=intercept, duality_gap=np.nan)


def _iterate(problem, limits):
    first = _on_a_sample(problem, limits) if limits.start is None else None
    if first:
        solution = _iterate(problem, replace(limits, start=first))
        if solution.status == "optimal":  # else the sample may lack a class
            return solution
    start, options = limits.start, {"tol": limits.tol, "max_iter": limits.max_iter}
    options["progress"] = limits.progress
    if not problem.loss.smooth:
        method = partial(newton, hessian=DenseHessian, certify=False)
        return augmented_lagrangian(problem, start=start, method=method, **options)
    options["hessian"] = DenseHessian
    if start:
        options |= {"start": (start.coef, start.intercept, start.scores), "warm": True}
        options["system"] = start.hessian
    return newton(problem, **options)


def _on_a_sample(problem, limits):
    """The solution on a sample of many rows, without scores; None for fewer rows."""
    p, n_samples = problem, problem.rows.shape[0]
    small = n_samples * p.n_features < MANY_ELEMENTS
    if small or p.loss.quadratic or not p.loss.smooth:
        return None
    sample = replace(p, rows=p.rows.sample(n_samples // PARTS))
    varies = p.rows.ranges().any(axis=0)
    if np.any(varies & (sample.rows.sums(nonzero_counts) < FEW_ROWS)):
        return None
    tol = max(limits.tol, SAMPLE_TOL)
    solution = _iterate(sample, replace(limits, tol=tol, progress=SILENT))
    return replace(solution, scores=None, alpha=None)
