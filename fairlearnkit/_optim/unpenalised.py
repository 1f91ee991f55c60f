"""Problems without a penalty: the shortest of all solutions, and a certificate for it.

Without a penalty X decides alone how far the objective curves, and not at all along
directions that no row of X has. So the problem is solved in coordinates a, w = T a, in
which the weighted columns of X less their means are orthonormal: U = (X - 1 m') T with
U' diag(c) U = I and U'c = 0. T spans the rows of X only, hence w is the shortest of all
solutions, as ``numpy.linalg.lstsq`` gives it.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import lstsq, qr, svd
from scipy.sparse.linalg import LinearOperator, lsmr

from fairlearnkit._optim.problem import ROUNDING_OF_ELEMENTS, orthonormal

# Sparse X is turned into a dense U of at most so many elements (800 MB); beyond,
# conjugate gradients on X itself, without a certificate. Twice as many take twice the
# memory.
MOST_ELEMENTS = 1e8
# Rounding of the objective, relative to that of w = 0: a perfect fit has no other size.
# Half or twice as much takes as many steps.
PERFECT_FIT = 1e-15


def too_wide(problem):
    """Whether U and T would be too large for what sparse X promises."""
    sizes = problem.rows.shape
    return problem.rows.is_sparse and min(sizes) * max(sizes) > MOST_ELEMENTS


def whitened(problem):
    """The problem in coordinates a, and the way back from (a, b) to (w, b).

    Parameters
    ----------
    problem : Problem
        With reg = 0.

    Returns
    -------
    problem : Problem
        Whose X is U.
    expand : callable
        From a and its intercept to w and its intercept.
    """
    p = problem
    mean = weighted_mean(p)  # m, (n_features,)
    T = _whitener(p.rows, p.rows.gram_root(p.c, centre=p.fit_intercept))
    rows = p.rows.transformed(T, mean @ T)
    basis, root = np.zeros((T.shape[1], 0)), np.zeros((0, 0))
    if p.basis.shape[1]:  # Q'w = Q'T a
        basis, root = qr(T.T @ p.basis, mode="economic")
    small = replace(p, rows=rows, basis=basis, cells=p.cells @ root.T, whitened=True)
    if p.goal.any():  # root'(basis'a) = goal
        small = replace(small, goal=lstsq(root.T, p.goal)[0])

    def expand(a, b):
        w = T @ a
        # Scores are <a, T'x - T'm> + b.
        return w, b - mean @ w

    return small, expand


def weighted_mean(problem):
    """Mean of the columns of X, weighted by c; 0 without an intercept."""
    if not problem.fit_intercept:
        return np.zeros(problem.n_features)
    pull, total = problem.rows.sums(_pull_of_weights)
    return pull / total


def _whitener(rows, R):
    """T (n_features, rank), of the rows that R spans, with R T orthonormal columns.

    1. The rank is decided with each column in the unit of its own rounding, so that
       none is lost next to one of larger numbers.
    2. Only then what is shortest: the part of T that no row has is removed.
    """
    norms = np.sqrt(rows.column_squares(rows.c))
    unit = max(rows.shape) * np.finfo(np.float64).eps * norms
    unit += ROUNDING_OF_ELEMENTS * np.sqrt(rows.total(rows.c)) * rows.moved
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

    Only a loss of numbers reaches 0: on classes that a hyperplane separates, others
    come as near as one likes and have no optimum.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    point : tuple of (w, b, f)
        The intercept is the score of the mean of y for a loss of numbers, else 0.
    floor : float
        A duality gap that is as good as none.
    """
    p, b = problem, 0.0
    if p.loss.targets == "classes":
        return p.start(b), 0.0
    if p.fit_intercept:
        b = p.score_of_mean()
    # Where w has to reach a goal, the objective of the first point may be of any size.
    zero, b, f = p.without_constraint.start(b)
    return p.start(b), PERFECT_FIT * p.objective(zero, f)


def point_of_scores(problem, f):
    """The point (a, b, f) of scores that X allows, for a problem that is whitened.

    With U'diag(c)U = I it is a = U'diag(c) f; b is the mean of f, since U'c = 0.

    Parameters
    ----------
    problem : Problem
        Whose X is U.
    f : column
        Scores.

    Returns
    -------
    point : tuple of (a, b, f)
    """
    a = problem.rows.rmatvec(problem.rows.column(_weighted, f))
    if not problem.fit_intercept:
        return a, 0.0, f
    weighted, total = problem.rows.sums(_sums_of_scores, f)
    return a, weighted / total, f


def shortest(problem, w, b):
    """The shortest w with the same scores, for X that is not turned into U.

    By LSMR (Fong and Saunders, SIAM J. Sci. Comput. 33, 2011), which finds the
    minimum-norm solution of (X - 1 m') v = (X - 1 m') w.
    """
    p, mean = problem, weighted_mean(problem)
    centred = LinearOperator(
        p.rows.shape,
        matvec=lambda v: p.rows.matvec(v) - mean @ v,
        rmatvec=lambda v: p.rows.rmatvec(v) - mean * v.sum(),
        dtype=np.float64,
    )
    short = lsmr(centred, centred @ w, atol=1e-14, btol=1e-14, maxiter=10 * len(w))[0]
    return short, b + mean @ (w - short)


def _pull_of_weights(block):
    return block.rmatvec(block.c), block.c.sum()


def _weighted(block, f):
    return block.c * f


def _sums_of_scores(block, f):
    return block.c @ f, block.c.sum()
