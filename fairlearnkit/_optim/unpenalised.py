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
from fairlearnkit._optim.problem import ELEMENTS, orthonormal

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
    n_features = p.design.shape[1]
    mean = np.zeros(n_features)
    if p.fit_intercept:
        mean = p.design.rmatvec(p.c) / p.c.sum()
    T = _whitener(p.design, p.c, p.design.gram_root(p.c, centre=p.fit_intercept))
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


def _whitener(design, c, R):
    """T, of the rows that R spans, with R T orthonormal columns.

    The rank is decided with each column in the unit of its own rounding, so that none
    is lost beside one of larger numbers; and only then what is shortest.
    """
    norms = np.sqrt(design.column_squares(c))
    unit = max(design.shape) * np.finfo(np.float64).eps * norms
    unit += ELEMENTS * np.sqrt(c.sum()) * design.moved
    unit[unit == 0] = 1.0
    _, size, Vt = svd(R / unit, full_matrices=False)
    kept = size > sum(np.sqrt(R.shape))
    T = Vt[kept].T / size[kept] / unit[:, None]
    # The scores that T gives, by coefficients without a part that no row has.
    if len(size) < len(unit):
        spanned = orthonormal((size[kept, None] * Vt[kept] * unit).T)
        T = spanned @ (spanned.T @ T)
    elif not kept.all():
        void = orthonormal(Vt[~kept].T / unit[:, None])
        T -= void @ (void.T @ T)
    return T


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
