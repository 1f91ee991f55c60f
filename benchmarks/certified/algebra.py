"""Linear algebra in extended precision, for which numpy has no LAPACK.

The type is numpy's longdouble, which has 64 bits of mantissa on x86: 2,000 times the
precision of what is audited. Matrices have some 60 columns at most.
"""

import numpy as np

EXTENDED = np.longdouble
# Directions below this part of the longest are rounding of the others: some hundred
# units in the last place.
RANK_CUTOFF = 1e-16


def row_basis(A):
    """Orthonormal basis of the span of the rows, (n_columns, rank).

    Gram and Schmidt's method, the longest row first, each of them cleaned twice.
    """
    rows, basis = A.astype(EXTENDED).copy(), []
    longest = np.sqrt((rows**2).sum(axis=1)).max(initial=0.0)
    for _ in range(min(rows.shape)):
        norms = np.sqrt((rows**2).sum(axis=1))
        k = int(norms.argmax())
        if norms[k] <= RANK_CUTOFF * longest:
            break
        q = rows[k] / norms[k]
        for other in basis:
            q = q - (q @ other) * other
        q = q / np.sqrt(q @ q)
        basis.append(q)
        for _ in range(2):
            rows = rows - np.outer(rows @ q, q)
    if not basis:
        return np.zeros((A.shape[1], 0), dtype=EXTENDED)
    return np.array(basis).T


def complement(Q):
    """Orthonormal basis of what is orthogonal to the columns of Q."""
    d, rank = Q.shape
    # Householder's vectors in float64 are a first guess; Q itself cleans them.
    guess = np.linalg.qr(np.hstack([Q.astype(float), np.eye(d)]))[0][:, rank:]
    columns = []
    for q in guess.astype(EXTENDED).T:
        for _ in range(3):
            q = q - Q @ (Q.T @ q)
            for other in columns:
                q = q - (q @ other) * other
        columns.append(q / np.sqrt(q @ q))
    return np.array(columns, dtype=EXTENDED).reshape(-1, d).T


def pivoted_root(K):
    """F with K = F F' but for rounding (Cholesky's method with pivots)."""
    rest = K.astype(EXTENDED).copy()
    largest, columns = rest.diagonal().max(), []
    for _ in range(len(K)):
        k = int(rest.diagonal().argmax())
        if rest[k, k] <= RANK_CUTOFF * largest:
            break
        column = rest[:, k] / np.sqrt(rest[k, k])
        columns.append(column)
        rest -= np.outer(column, column)
        rest[k, :] = rest[:, k] = 0.0
    return np.array(columns, dtype=EXTENDED).reshape(-1, len(K)).T


def solve_positive(H, r):
    """Solve H x = r for a positive definite H, scaled to a unit diagonal, by L D L'.

    A direction that H does not see beyond rounding is left at zero.
    """
    unit = np.sqrt(np.maximum(H.diagonal(), np.finfo(EXTENDED).tiny))
    A, x = H / np.outer(unit, unit), r / unit
    p, pivots = len(x), np.ones(len(x), dtype=EXTENDED)
    for k in range(p):
        pivot = A[k, k]
        if pivot <= 8 * np.finfo(EXTENDED).eps:
            A[k, k + 1 :] = A[k + 1 :, k] = x[k] = 0.0
            continue
        pivots[k] = pivot
        factor = A[k + 1 :, k] / pivot
        x[k + 1 :] -= factor * x[k]
        A[k + 1 :, k + 1 :] -= np.outer(factor, A[k, k + 1 :])
        A[k + 1 :, k] = factor
    x = x / pivots
    for k in range(p - 2, -1, -1):
        x[k] -= A[k + 1 :, k] @ x[k + 1 :]
    return x / unit
