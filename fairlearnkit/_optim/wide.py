"""Problems with many features: whether they are too many for square matrices."""

from dataclasses import replace

import numpy as np
from scipy.linalg import qr

from fairlearnkit._optim.rows import ArrayRows
from fairlearnkit._optim.unpenalised import too_wide

# The widest problem for which (n_features, n_features) matrices are formed: 72 MB.
# Twice as wide takes four times the memory, and eight times the time of a Cholesky
# factor.
WIDEST_DENSE = 3000
# The same for sparse X and the squared loss, whose one step is exact with a square
# matrix. With other smooth losses, fits without one take .2 to .9 of the time from 20
# features on (20,000 rows, density .05 to .5).
WIDEST_SPARSE = 500
# And with kinks, where a square matrix takes .6 of the time at 100 features, and 1.5 at
# 300 (the median over rows, losses and C in benchmarks/sparse.py).
WIDEST_SPARSE_KINKS = 200


def is_wide(problem):
    """Whether conjugate gradients are cheaper than a square matrix of the features."""
    if problem.reg == 0:
        return too_wide(problem)
    n_features = problem.rows.shape[1]
    if not problem.rows.is_sparse:
        return _width(problem) > WIDEST_DENSE
    if problem.loss.smooth:
        return not problem.loss.quadratic or n_features > WIDEST_SPARSE
    return n_features > WIDEST_SPARSE_KINKS


def narrowed(problem):
    """The problem in the span of the rows of X and A where narrower, and the way back.

    Rows without weight may take part in A only: its directions are kept, too.

    Parameters
    ----------
    problem : Problem
        The problem; of rows that are sparse or not in memory it stays the same.

    Returns
    -------
    problem : Problem
    expand, reduce : callable
        From its coefficients to those of `problem`, and back.
    """
    p = problem
    n_samples, n_features = p.rows.shape
    if _width(p) == n_features or n_samples + p.basis.shape[1] >= n_features:
        return p, np.asarray, np.asarray
    X = p.rows.at(slice(None))
    V, R = qr(np.hstack([X.T, p.basis]), mode="economic")
    rows = ArrayRows(np.ascontiguousarray(R[:, :n_samples].T), p.y, p.c)
    return replace(p, rows=rows, basis=V.T @ p.basis), V.dot, V.T.dot


def _width(problem):
    """Number of features that matter: no more than rows, where `narrowed` can be."""
    rows = problem.rows
    can_be_narrowed = rows.in_memory and not rows.is_sparse
    return min(rows.shape) if can_be_narrowed else rows.shape[1]
