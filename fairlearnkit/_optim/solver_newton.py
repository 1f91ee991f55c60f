"""Newton's method as solvers: by Cholesky factors, or by conjugate gradients."""

from dataclasses import replace

import numpy as np
from scipy.linalg import qr

from fairlearnkit._optim.augmented_lagrangian import augmented_lagrangian
from fairlearnkit._optim.hessians import CgHessian, DenseHessian, SharpCgHessian
from fairlearnkit._optim.newton import newton
from fairlearnkit._optim.rows import ArrayRows
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.unpenalised import shortest, start, whitened


class NewtonCholesky(Solver):
    """With (n_features, n_features) matrices; the augmented Lagrangian for kinks."""

    name = "newton-cholesky"

    def solve(self, problem, limits):
        """See `Solver`."""
        if problem.reg == 0:
            return self._unpenalised(problem, limits)
        small, expand = narrowed(problem)
        found = _iterate(small, DenseHessian, limits)
        return replace(found, coef=expand(found.coef))

    def _unpenalised(self, problem, limits):
        small, expand = whitened(problem)
        first, floor = start(small)
        options = {"start": first, "floor": floor, "hessian": DenseHessian}
        found = newton(small, tol=limits.tol, max_iter=limits.max_iter, **options)
        coef, intercept = expand(found.coef, found.intercept)
        if found.status != "optimal":  # perhaps there is no optimum
            found = replace(found, duality_gap=np.nan)
        return replace(found, coef=coef, intercept=intercept)


class NewtonCg(Solver):
    """Without any matrix of the features."""

    name = "newton-cg"

    def solve(self, problem, limits):
        """See `Solver`."""
        if problem.reg == 0:
            return self._unpenalised(problem, limits)
        return _iterate(problem, CgHessian, limits)

    def _unpenalised(self, problem, limits):
        first, floor = start(problem)
        options = {"start": first, "floor": floor, "hessian": SharpCgHessian}
        options |= {"tol": limits.tol, "max_iter": limits.max_iter}
        found = newton(problem, certify=False, **options)
        coef, intercept = shortest(problem, found.coef, found.intercept)
        coef = problem.feasible(coef)  # which keeps it among the rows of X
        return replace(found, coef=coef, intercept=intercept, duality_gap=np.nan)


def narrowed(problem):
    """The problem in the span of the rows of X and A where narrower, and the way back.

    Rows without weight may take part in A only: its directions are kept beside X's.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    problem : Problem
    expand : callable
        From its coefficients to those of `problem`.
    """
    p = problem
    n_samples, n_features = p.rows.shape
    if p.rows.is_sparse or n_samples + p.basis.shape[1] >= n_features:
        return p, np.asarray
    X = p.rows.at(slice(None))
    V, R = qr(np.hstack([X.T, p.basis]), mode="economic")
    rows = ArrayRows(np.ascontiguousarray(R[:, :n_samples].T), p.y, p.c)
    return replace(p, rows=rows, basis=V.T @ p.basis), V.dot


def _iterate(problem, hessian, limits):
    method = newton if problem.loss.smooth else augmented_lagrangian
    options = {"tol": limits.tol, "max_iter": limits.max_iter, "hessian": hessian}
    return method(problem, **options)
