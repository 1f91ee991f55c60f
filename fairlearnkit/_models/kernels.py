"""Kernel matrices: what they are checked for, and the fast road to that of "rbf"."""

import numpy as np
from scipy import sparse

from fairlearnkit._data.targets import LARGEST_SUM, max_abs
from fairlearnkit._optim.kernel_rows import KernelRows

# Elements of a kernel matrix that are formed or looked at, at a time.
BLOCK = 2**24
# Rows of the training kernel that are looked at for negative eigenvalues.
SAMPLE = 300
# A variance below this has lost digits, and its reciprocal overflows.
SMALLEST = np.finfo(np.float64).tiny


def check_kernel(K, name):
    """Refuse a matrix that is no kernel matrix, by blocks of rows."""
    step = max(1, BLOCK // len(K))
    for start in range(0, len(K), step):
        rows = slice(start, start + step)
        check_finite(K[rows], name)
        off = np.abs(K[rows] - K[:, rows].T).max()
        if off > 1e-8 * np.abs(K[rows]).max():
            msg = (
                f"The kernel {name!r} is not symmetric: K(x, z) and K(z, x) differ by "
                f"up to {off:.3g}."
            )
            raise ValueError(msg)


def check_precomputed(X):
    """Refuse a given kernel matrix that is not square, or sparse."""
    if X.shape[0] != X.shape[1]:
        msg = (
            f"Precomputed matrix must be a square matrix. Input is a "
            f"{X.shape[0]}x{X.shape[1]} matrix."
        )
        raise ValueError(msg)
    if sparse.issparse(X):
        msg = "A precomputed kernel matrix must be dense; pass X.toarray()."
        raise ValueError(msg)


def sampled_eigenvalues(K):
    """Eigenvalues of K, an array or `KernelRows`, on at most `SAMPLE` of its rows."""
    rows = np.unique(np.linspace(0, len(K) - 1, SAMPLE).astype(int))
    by_rows = isinstance(K, KernelRows)
    some = K.block(rows, rows) if by_rows else K[np.ix_(rows, rows)]
    return np.linalg.eigvalsh(some)


def check_finite(K, name):
    """Refuse kernel values that are infinite or NaN."""
    if not np.isfinite(K).all():
        msg = f"The kernel {name!r} has values that are not finite: scale the features."
        raise ValueError(msg)


def factor_of(kernel, gamma, X, weight):
    """The factor gamma of a kernel; "scale" takes weights as repetitions.

    Parameters
    ----------
    kernel : str
        For messages.
    gamma : "scale", "auto", float or None
        As in scikit-learn.
    X : {ndarray, CSR} of shape (n_samples, n_features)
        Features.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.

    Returns
    -------
    gamma : float or None

    Raises
    ------
    ValueError
        Squares of X that float64 does not hold.
    """
    size = max_abs(X)
    with np.errstate(over="ignore"):
        lost = "" if X.shape[1] * size**2 <= LARGEST_SUM else "overflow"
    if not lost and not isinstance(gamma, str):
        return gamma
    if not lost:
        scale = gamma == "scale"
        variance = variance_of(X, weight / weight.sum()) if scale else 1.0
        if variance >= SMALLEST or size == 0 or X.max() == X.min():
            return 1.0 / (X.shape[1] * variance) if variance > 0 else 1.0
        lost = "are lost"
    msg = (
        f"The kernel {kernel!r} cannot be computed in float64 of X with "
        f"values up to {size:.3g}, whose squares {lost}: scale the features."
    )
    raise ValueError(msg)


def variance_of(X, share):
    """Weighted variance of all elements of X."""
    mean = float((share @ X).sum()) / X.shape[1]
    if sparse.issparse(X):
        return float((share @ X.multiply(X)).sum()) / X.shape[1] - mean**2
    return float((share @ (X - mean) ** 2).sum()) / X.shape[1]


def rbf(X, gamma):
    """exp(-gamma ||x - z||^2) by blocks, each the exponential of one product."""
    X = np.sqrt(2.0 * gamma) * X
    half, one = -0.5 * np.einsum("ij,ij->i", X, X), np.ones(len(X))
    left, right = np.column_stack([X, half, one]), np.column_stack([X, one, half])

    def against(columns):
        right_columns = right[columns].T

        def at(rows):
            K = left[rows] @ right_columns
            return np.exp(K, out=K)

        return at

    return against
