"""Functions of a block of rows and its columns that several solvers hand to `Rows`."""

import numpy as np
from scipy import sparse


def slopes(block, f, loss):
    """C l'(f)."""
    return block.c * loss.derivative(block.y, f)


def curvatures(block, f, loss):
    """C l''(f)."""
    return block.c * loss.curvature(block.y, f)


def product(block, a, b):
    """Product a'b of two columns."""
    return a @ b


def negative(block, g):
    """The column -g."""
    return -g


def total_and_count(block, h):
    """Sum of a column, and the number of its values that are not 0."""
    return h.sum(), np.count_nonzero(h)


def curved_pull(block, h, w, b=0.0):
    """X'diag(h) (X w + b), and the sum of diag(h) (X w + b)."""
    z = h * (block.matvec(w) + b)
    return block.rmatvec(z), z.sum()


def row_squares(block):
    """||x_i||^2 of each row."""
    X = block.X
    if sparse.issparse(X):
        X = X.multiply(X)
        return np.asarray(X.sum(axis=1)).ravel()
    return np.einsum("ij,ij->i", X, X)


def nonzero_counts(block):
    """Number of rows in which each column is not 0."""
    return np.asarray((block.X != 0).sum(axis=0)).ravel()
