"""Problems with many features: which kind of solver costs least.

Figures of sparse X at the constants are of benchmarks/sparse_features.py, with designs
of its kinds.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import qr

from fairlearnkit._optim.rows import SPARSE_PRODUCT_DENSITY, ArrayRows
from fairlearnkit._optim.unpenalised import too_wide

# The widest problem for which (n_features, n_features) matrices are formed: 72 MB.
# Twice as wide takes four times the memory, and eight times the time of a Cholesky
# factor.
WIDEST_DENSE = 3000
# The same for sparse X and the squared loss, whose one step is exact with a square
# matrix. Fits without one take as long at 30 features, and at 100 to 400 a sixth of the
# time to nine tenths (3,000 to 300,000 rows, 5 to 20 entries in each); paths of 20
# points 1.1 to 2 times as long. With other smooth losses, fits without one take .2 to
# .9 of the time from 20 features on (20,000 rows, density .05 to .5).
WIDEST_SPARSE = 50
# And with kinks, where a square matrix takes .6 of the time at 300 and 400 features,
# the median of 18 fits of one-hot and normal rows (.2 at C = 100, 1.5 at .01), and at
# 600 up to 2.8 times as long.
WIDEST_SPARSE_KINKS = 400
# With little penalty up to so many, where the problem's `stiffness` is at least the
# second for 1,000 features, for others times the fourth power of their number: 6,000 x
# 500 and 12,000 x 600 take .25 to .9 of the time from there on, 20,000 x 1,000 .7.
WIDEST_STIFF, STIFF_SQUARES = 1000, 120.0
# Fewest features for each row with which the dual over rows costs least, of losses with
# kinks, of smooth ones, and of the squared loss, which takes .25 to .45 of the time of
# the truncated Newton method with 10 features for each row (texts, C from 10 to 1000),
# and as much with 2.5.
FEWEST_KINKS, FEWEST_SMOOTH, FEWEST_SQUARED = 0.4, 1.0, 5.0
# Features up to which the dual is not worth while: square matrices are small.
NARROW = 200
# Curvature of the loss along any feature, against the penalty, up to which the dual
# costs least whatever the shape, with kinks: most rows end at their limits. Fits take
# .05 to 1.3 of the time of others (5,000 x 20 to 100,000 x 1,000); of numbers, at twice
# as much, .8 to 2.5.
SOFT_KINKS = {"classes": 0.5, "numbers": 0.3}
# `stiffness` with a smooth loss, below which the truncated Newton method is as fast or
# faster. A few long rows slow it down: with lognormal norms (sigma 1, mean 7, root mean
# square 54) it takes 10 s, the dual 1.7. Texts of norm 1 take 1.5 and 1.3 s at 10, 3.0
# and 1.6 at 30; one-hot rows .04 and .11 s at 15, .08 and .14 at 45.
STIFF = 25.0
# The same for losses with kinks and 1,000 features, of classes and of numbers, above
# which the interior point is the best; for others times the square of their number.
# Fits take .1 to 1.3 of the time of the augmented Lagrangian beyond it; at half of it
# .8 to 2.1 with the hinge, .3 to 1 with the tube (one-hot rows of 15 categories, 3,000
# x 1,500 and 20,000 x 600, normal rows 3,000 x 500).
STIFF_KINKS = {"classes": 60.0, "numbers": 30.0}
# Most rows for each feature where square matrices are products of dense blocks: with 10
# and 12, fits take .9 to 1.8 of the time of the others', with 20 more than 3 times.
MOST_ROWS_DENSE = 8
# Features up to which solvers with square matrices come next. Where it stalls, for
# rows of very different length, fits of 300 rows and as many features take 1 s and
# reach the optimum, and by conjugate gradients 20 s and do not.
WIDEST_AFTER_DUAL = 1000


def is_wide(problem):
    """Whether conjugate gradients are cheaper than a square matrix of the features."""
    if problem.reg == 0:
        return too_wide(problem)
    n_features = problem.rows.shape[1]
    if not problem.rows.is_sparse:
        return _width(problem) > WIDEST_DENSE
    if problem.loss.smooth:
        return not problem.loss.quadratic or n_features > WIDEST_SPARSE
    if n_features <= WIDEST_SPARSE_KINKS:
        return False
    enough = STIFF_SQUARES * (n_features / 1000) ** 4
    return n_features > WIDEST_STIFF or problem.stiffness < enough


def is_for_dual(problem):
    """Whether the dual over the rows of sparse X costs least."""
    p, loss = problem, problem.loss
    if not (p.rows.is_sparse and p.rows.in_memory) or p.reg == 0:
        return False
    if loss.dual_terms is None:
        return False
    n_samples, n_features = p.rows.shape
    fewest = FEWEST_SMOOTH if loss.smooth else FEWEST_KINKS
    fewest = FEWEST_SQUARED if loss.quadratic else fewest
    if n_features > max(fewest * n_samples, NARROW):
        return not loss.smooth or p.stiffness >= STIFF
    return not loss.smooth and p.largest_curvature <= SOFT_KINKS[loss.targets]


def is_for_interior_point(problem):
    """Whether an interior point costs least: sparse X, kinks and little penalty.

    The dual is faster for classes, where it can be.
    """
    p, rows = problem, problem.rows
    if not (rows.is_sparse and rows.in_memory) or p.loss.smooth or p.reg == 0:
        return False
    n_samples, n_features = rows.shape
    targets = p.loss.targets
    if not WIDEST_SPARSE_KINKS < n_features <= min(n_samples, WIDEST_DENSE):
        return False
    dense = rows.X.nnz > SPARSE_PRODUCT_DENSITY * n_samples * n_features
    if dense and n_samples > MOST_ROWS_DENSE * n_features:
        return False
    if targets == "classes" and is_for_dual(p):
        return False
    return p.stiffness >= STIFF_KINKS[targets] * (n_features / 1000) ** 2


def is_next_to_dual(problem):
    """Whether solvers with square matrices of the features go on where it stalls."""
    return problem.n_features <= WIDEST_AFTER_DUAL and is_for_dual(problem)


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
