"""Temporary: the old contract, for kernel solvers."""

from fairlearnkit._optim.bound_program import dual_norm, project_on_bound
from fairlearnkit._optim.bound_program import symmetric_inverse as inverse

__all__ = ["bounded_step", "inverse"]


def bounded_step(K, target, rows, strata, bound):
    u, lam = project_on_bound(K, target, rows, strata, bound)
    return u, rows.T @ lam, dual_norm(lam, strata)
