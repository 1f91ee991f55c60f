"""Problems without a penalty: the shortest of all solutions, and a certificate for it.

Without a penalty X decides alone how far the objective curves, and not at all along
directions that no row of X has. So the problem is solved in coordinates a, w = T a, in
which the weighted columns of X less their means are orthonormal: U = (X - 1 m') T with
U' diag(c) U = I and U'c = 0. T spans the rows of X only, hence w is the shortest of all
solutions, as ``numpy.linalg.lstsq`` gives it.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import qr, svd
from scipy.sparse.linalg import LinearOperator, lsmr

from fairlearnkit._optim.design import Design
from fairlearnkit._optim.losses import Squared

# Sparse X is turned into a dense U of at most so many elements (800 MB).
MOST_ELEMENTS = 1e8
# Rounding of the objective, relative to that of w = 0: a perfect fit has no other size.
ROUNDING = 1e-15


def too_wide(problem):
    """Whether U and T would be too large for what sparse X promises."""
    sizes = problem.design.shape
    return problem.design.is_sparse and min(sizes) * max(sizes) > MOST_ELEMENTS


def whitened(problem):
    """The problem in coordinates a, and the way back from (a, b) to (w, b).

    Parameters
    ----------
    problem : Problem
        With reg = 0.

    Returns
    -------
    problem : Problem
        Whose design is U.
    expand : callable
        From a and its intercept to w and its intercept.
    """
    p = problem
    n_samples, n_features = p.design.shape
    mean = np.zeros(n_features)
    if p.fit_intercept:
        mean = p.design.rmatvec(p.c) / p.c.sum()
    R = p.design.gram_root(p.c, centre=p.fit_intercept)
    _, size, Vt = svd(R, full_matrices=False)
    # What rounding makes of 0: of X as a whole, and of elements of shifted columns.
    largest = size.max(initial=0.0)
    if p.design.shift is not None:
        largest = max(largest, np.sqrt(p.c.sum()) * np.abs(p.design.shift).max())
    kept = size > max(n_samples, n_features) * np.finfo(np.float64).eps * largest
    T = Vt[kept].T / size[kept]
    U = np.concatenate([p.design.at(rows) @ T for rows in p.design._blocks()])
    U -= mean @ T
    basis, root = np.zeros((T.shape[1], 0)), np.zeros((0, 0))
    if p.basis.shape[1]:  # Q'w = Q'T a
        basis, root = qr(T.T @ p.basis, mode="economic")
    small = replace(
        p, design=Design(U), basis=basis, rows=p.rows @ root.T, whitened=True
    )

    def expand(a, b):
        w = T @ a
        return w, b - mean @ w

    return small, expand


def start(problem):
    """Where to begin, and what counts as an objective of 0.

    Only the squared loss reaches it: on classes that a hyperplane separates, others
    come as near as one likes and have no optimum.
    """
    p, n_features = problem, problem.design.shape[1]
    if not isinstance(p.loss, Squared):
        return (np.zeros(n_features), 0.0, np.zeros(len(p.y))), 0.0
    b = p.c @ p.y / p.c.sum() if p.fit_intercept else 0.0
    w, f = np.zeros(n_features), np.full(len(p.y), b)
    return (w, b, f), ROUNDING * p.objective(w, f)


def shortest(problem, w, b):
    """The shortest w with the same scores, for X that is not turned into U."""
    p = problem
    mean = np.zeros(len(w))
    if p.fit_intercept:
        mean = p.design.rmatvec(p.c) / p.c.sum()
    centred = LinearOperator(
        p.design.shape,
        matvec=lambda v: p.design.matvec(v) - mean @ v,
        rmatvec=lambda v: p.design.rmatvec(v) - mean * v.sum(),
        dtype=np.float64,
    )
    short = lsmr(centred, centred @ w, atol=1e-14, btol=1e-14, maxiter=10 * len(w))[0]
    return short, b + mean @ (w - short)
