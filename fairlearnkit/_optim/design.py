"""Products with the design matrix, dense or sparse, never copied whole."""

import numpy as np
from scipy import sparse
from scipy.linalg import qr

CHUNK_ELEMENTS = 2**19
# A column is shifted if its middle is further from zero than this many half-ranges.
# With twice as many, squares of columns that are not shifted lose half a digit more.
FAR = 8.0
SPARSE_PRODUCT_DENSITY = 0.03


class Design:
    """Products of X - 1 shift' in float64, by blocks of rows.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n_samples, n_features)
        float32 or float64; only read.
    shift : ndarray of shape (n_features,), default=None
        What is subtracted from each row, for columns far from zero, whose squares
        would leave few digits to the differences between rows. Of a CSR array only
        columns without a single zero can be shifted.
    """

    def __init__(self, X, shift=None):
        self.is_sparse = sparse.issparse(X)
        # How far columns were from zero: the digits of their elements that are noise.
        self.moved = np.zeros(X.shape[1]) if shift is None else np.abs(shift)
        if self.is_sparse and not X.has_canonical_format:
            X = X.copy()  # scipy would sort and sum in place, in the caller's arrays
            X.sum_duplicates()
        if self.is_sparse and shift is not None:
            data = X.data - shift[X.indices]
            X, shift = sparse.csr_array((data, X.indices, X.indptr), X.shape), None
        self.X, self.shift = X, shift
        self.shape = X.shape
        self._direct = self.is_sparse or (X.dtype == np.float64 and shift is None)

    def _blocks(self, rows=None):
        n_samples = self.shape[0] if rows is None else len(rows)
        step = max(1, CHUNK_ELEMENTS // max(1, self.shape[1]))
        for start in range(0, n_samples, step):
            block = slice(start, min(start + step, n_samples))
            yield block if rows is None else rows[block]

    def at(self, rows):
        """Some rows."""
        X = self.X[rows]
        if self.is_sparse:
            return X
        X = np.asarray(X, dtype=np.float64)
        return X if self.shift is None else X - self.shift

    def matvec(self, w):
        """X w."""
        if self._direct:
            return self.X @ w
        return np.concatenate([self.at(rows) @ w for rows in self._blocks()])

    def rmatvec(self, v):
        """X' v."""
        if self._direct:
            return self.X.T @ v
        return sum(self.at(rows).T @ v[rows] for rows in self._blocks())

    def reduce_rows(self, weights):
        """Weights @ X, for weights of shape (n_cells, n_samples)."""
        if self.is_sparse:
            product = weights @ self.X
            return product.toarray() if sparse.issparse(product) else product
        out = np.zeros((weights.shape[0], self.shape[1]))
        for rows in self._blocks():
            out += weights[:, rows] @ self.at(rows)
        return out

    def selected(self, rows, more=()):
        """Design of some rows of X, and of more rows below them."""
        if not len(more):
            part = Design(self.X[rows], self.shift)
            part.moved = self.moved
            return part
        chosen = self.at(rows)
        if self.is_sparse:
            return Design(sparse.vstack([chosen, sparse.csr_array(more)], format="csr"))
        return Design(np.vstack([chosen, more]))

    def gram_root(self, h, centre):
        """Triangular R with R'R = X' diag(h) X, without forming that product.

        With `centre`, of X less its means weighted by h: the ones are eliminated first.
        """
        ones = int(centre)
        R = np.zeros((0, ones + self.shape[1]))
        for rows in self._blocks():
            block = self.at(rows)
            block = block.toarray() if self.is_sparse else block
            block = np.hstack([np.ones((len(block), ones)), block])
            block = np.vstack([R, np.sqrt(h[rows])[:, None] * block])
            R = qr(block, mode="r", overwrite_a=True, check_finite=False)[0]
            R = R[: ones + self.shape[1]]
        return R[ones:, ones:]

    def gram(self, h, rows=None):
        """X' diag(h) X and X'h, of the given rows only where `rows` are indices."""
        if self.is_sparse:
            return self._sparse_gram(h, rows)
        square = np.zeros((self.shape[1], self.shape[1]))
        linear = np.zeros(self.shape[1])
        for block in self._blocks(rows):
            root = np.sqrt(h[block])
            scaled = self.at(block) * root[:, None]
            square += scaled.T @ scaled
            linear += scaled.T @ root
        return square, linear

    def _sparse_gram(self, h, rows):
        X, h = (self.X, h) if rows is None else (self.X[rows], h[rows])
        linear = X.T @ h
        if X.nnz <= SPARSE_PRODUCT_DENSITY * X.shape[0] * X.shape[1]:
            data = X.data * np.repeat(h, np.diff(X.indptr))
            scaled = sparse.csr_array((data, X.indices, X.indptr), X.shape)
            return np.asarray((X.T @ scaled).todense(), dtype=np.float64), linear
        square = np.zeros((self.shape[1], self.shape[1]))
        for block in self._blocks(np.arange(X.shape[0])):
            scaled = X[block].toarray() * np.sqrt(h[block])[:, None]
            square += scaled.T @ scaled
        return square, linear

    def column_squares(self, h):
        """Diagonal of X' diag(h) X."""
        if self.is_sparse:
            squares = sparse.csr_array(
                (self.X.data.astype(np.float64) ** 2, self.X.indices, self.X.indptr),
                self.X.shape,
            )
            return squares.T @ h
        return sum(h[rows] @ self.at(rows) ** 2 for rows in self._blocks())


def ranges(X):
    """Smallest and largest value of each column; a missing element of CSR is 0."""
    if not X.shape[0]:
        return np.zeros((2, X.shape[1]))
    ends = X.min(axis=0), X.max(axis=0)
    if sparse.issparse(X):
        ends = [end.toarray().ravel() for end in ends]
    return np.array(ends, dtype=np.float64)


def far_from_zero(low, high):
    """The middle of each column that is far from zero beside its range, else 0."""
    middle, half = 0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low
    return np.where(np.abs(middle) > FAR * half, middle, 0.0)
