"""Kernel functions: their matrices, what these are checked for, and parameters."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.metrics.pairwise import pairwise_kernels

from fairlearnkit._data.targets import LARGEST_SUM, max_abs
from fairlearnkit._optim.kernel_rows import KernelRows

# Elements of a kernel matrix that are checked, or predicted with, at a time: 128 MB.
# Twice as many take the same time and twice the memory.
CHECKED_ELEMENTS = 2**24
# The most that K(x, z) and K(z, x) may differ by, relative to the largest value:
# kernels computed in float32 are symmetric to 1e-7 of theirs, and those of float64 to
# 1e-15. Twice as much lets an error through that solvers do not notice either.
ASYMMETRY = 1e-8
# Rows of the training kernel that are looked at for negative eigenvalues. Twice as many
# take 0.03 s instead of 0.004 s, and find more kernels that are slightly indefinite.
SAMPLED_ROWS = 300
# A kernel is indefinite if an eigenvalue is below this part of the largest one, with a
# minus; rounding leaves 1e-14.
NEGATIVE = 1e-8
# A variance below this has lost digits, and its reciprocal overflows.
SMALLEST = np.finfo(np.float64).tiny
# Kernels that are positive semi-definite for every gamma that is allowed.
DEFINITE = ("linear", "rbf", "laplacian")


@dataclass(frozen=True, eq=False)
class KernelFunction:
    """A kernel K(x, z) with its parameters.

    Parameters
    ----------
    kernel : str or callable
        Name of a kernel of ``sklearn.metrics.pairwise``, "precomputed", or a function.
    gamma : float or None
        As in ``sklearn.metrics.pairwise``.
    degree, coef0 : float
        Of "poly" and "sigmoid".
    origin : ndarray of shape (n_features,) or float, default=0.0
        Subtracted from dense features first.
    """

    kernel: object
    gamma: float | None
    degree: float
    coef0: float
    origin: np.ndarray | float = 0.0

    def training_matrix(self, X):
        """K(X, X), as an array that may be written to, or as `KernelRows`."""
        if self.kernel == "precomputed" or callable(self.kernel):
            K = X if self.kernel == "precomputed" else self.matrix(X, X)
            K = np.array(K)
            check_kernel(K, self.kernel)
            return K
        if self.kernel == "rbf" and self.gamma is not None and not sparse.issparse(X):
            return KernelRows(rbf_blocks(X - self.origin, self.gamma), X.shape[0])

        def columns_of(columns):
            Z = X[columns]
            return lambda rows: self.matrix(X[rows], Z)

        return KernelRows(columns_of, X.shape[0])

    def matrix(self, X, Z):
        """K(X, Z), of shape (n_x, n_z); not checked for infinite values."""
        if callable(self.kernel):
            return _from_function(self.kernel, X, Z)
        if np.ndim(self.origin):  # X may be sparse where fit had it dense
            X, Z = ((A.toarray() if sparse.issparse(A) else A) for A in (X, Z))
            X, Z = X - self.origin, Z - self.origin
        with np.errstate(over="ignore", invalid="ignore"):
            K = pairwise_kernels(
                X,
                Z,
                metric=self.kernel,
                filter_params=True,
                gamma=self.gamma,
                degree=self.degree,
                coef0=self.coef0,
            )
        return K.toarray() if sparse.issparse(K) else K


def _from_function(kernel, X, Z):
    K = kernel(X, Z)
    K = K.toarray() if sparse.issparse(K) else K
    K = np.asarray(K, dtype=np.float64)
    if K.shape != (X.shape[0], Z.shape[0]):
        msg = (
            f"The kernel function returned an array of shape {K.shape}; expected "
            f"{(X.shape[0], Z.shape[0])}, one value for each pair of rows."
        )
        raise ValueError(msg)
    return K


def rbf_blocks(X, gamma):
    """exp(-gamma ||x - z||^2) by blocks, each the exponential of one matrix product.

    -||x - z||^2 / 2 = x'z - ||x||^2 / 2 - ||z||^2 / 2 is the product of the rows
    (x, -||x||^2 / 2, 1) and (z, 1, -||z||^2 / 2), so that no second pass adds norms.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features near the origin, as rounding grows with their squares.
    gamma : float
        Coefficient of the kernel.

    Returns
    -------
    columns_of : callable
        As `KernelRows` takes it.
    """
    X = np.sqrt(2.0 * gamma) * X
    half, ones = -0.5 * np.einsum("ij,ij->i", X, X), np.ones(len(X))
    left = np.column_stack([X, half, ones])  # (n_samples, n_features + 2)
    right = np.column_stack([X, ones, half])

    def columns_of(columns):
        right_columns = right[columns].T

        def rows_of(rows):
            K = left[rows] @ right_columns
            return np.exp(K, out=K)

        return rows_of

    return columns_of


def check_kernel(K, name):
    """Refuse a matrix that is not finite or not symmetric, by blocks of rows."""
    step = max(1, CHECKED_ELEMENTS // len(K))
    for start in range(0, len(K), step):
        rows = slice(start, start + step)
        check_finite(K[rows], name)
        difference = np.abs(K[rows] - K[:, rows].T).max()
        if difference > ASYMMETRY * np.abs(K[rows]).max():
            msg = (
                f"The kernel {name!r} is not symmetric: K(x, z) and K(z, x) differ by "
                f"up to {difference:.3g}."
            )
            raise ValueError(msg)


def check_precomputed(X):
    """Refuse a precomputed kernel matrix that is not square, or sparse."""
    if X.shape[0] != X.shape[1]:
        msg = (
            f"Precomputed matrix must be a square matrix. Input is a "
            f"{X.shape[0]}x{X.shape[1]} matrix."
        )
        raise ValueError(msg)
    if sparse.issparse(X):
        msg = "A precomputed kernel matrix must be dense; pass X.toarray()."
        raise ValueError(msg)


def check_finite(K, name):
    """Refuse kernel values that are infinite or NaN."""
    if not np.isfinite(K).all():
        msg = f"The kernel {name!r} has values that are not finite: scale the features."
        raise ValueError(msg)


def negative_eigenvalues(K, name):
    """Eigenvalues on a sample of rows, if one is negative; None if none is.

    Parameters
    ----------
    K : ndarray or KernelRows of shape (n_samples, n_samples)
        The kernel matrix.
    name : str or callable
        The kernel; some are known to be definite.

    Returns
    -------
    eigenvalues : ndarray of shape (n_sampled,) or None
        In ascending order, on at most `SAMPLED_ROWS` rows: a kernel that is only
        slightly indefinite may not show there.
    """
    if name in DEFINITE:
        return None
    rows = np.unique(np.linspace(0, len(K) - 1, SAMPLED_ROWS).astype(int))
    by_rows = isinstance(K, KernelRows)
    some = K.block(rows, rows) if by_rows else K[np.ix_(rows, rows)]
    eigenvalues = np.linalg.eigvalsh(some)
    indefinite = eigenvalues[0] < -NEGATIVE * np.abs(eigenvalues).max()
    return eigenvalues if indefinite else None


def gamma_value(kernel, gamma, X, weight):
    """The number that the parameter gamma stands for.

    Parameters
    ----------
    kernel : str
        For messages.
    gamma : "scale", "auto", float or None
        As in scikit-learn; "scale" takes weights as repetitions.
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
        Squares of X that overflow or underflow in float64.
    """
    size = max_abs(X)
    with np.errstate(over="ignore"):
        problem = "" if X.shape[1] * size**2 <= LARGEST_SUM else "overflow"
    if not problem and not isinstance(gamma, str):
        return gamma
    if not problem:
        scale = gamma == "scale"
        variance = variance_of(X, weight / weight.sum()) if scale else 1.0
        if variance >= SMALLEST or size == 0 or X.max() == X.min():
            return 1.0 / (X.shape[1] * variance) if variance > 0 else 1.0
        problem = "underflow"
    msg = (
        f"The kernel {kernel!r} cannot be computed in float64: X has values up to "
        f"{size:.3g}, whose squares {problem}. Scale the features."
    )
    raise ValueError(msg)


def variance_of(X, share):
    """Variance of all elements of X, with weights of rows that sum to one."""
    mean = float((share @ X).sum()) / X.shape[1]
    if sparse.issparse(X):
        return float((share @ X.multiply(X)).sum()) / X.shape[1] - mean**2
    return float((share @ (X - mean) ** 2).sum()) / X.shape[1]
