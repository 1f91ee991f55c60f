"""Where the rows are: solvers see them as sums over blocks of rows, and nothing else.

A kernel is a function of a `Block`, of columns (one value, or one small array, a row)
and of parameters that are the same for all rows. `Rows.sums` adds what a kernel returns
for each block; `Rows.column` keeps one value a row. Columns are opaque to solvers:
handed back to the rows they came from, never indexed. So a solver runs wherever there
is an implementation of `Rows`: `ArrayRows` and `CsrRows` here, both in memory.
"""

from abc import ABC, abstractmethod
from copy import copy
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.linalg import qr

from fairlearnkit._optim.column_ranges import column_ranges

# Elements of X in a block (4 MB in float64), so that what is computed of it stays in
# cache. Twice or half as many change the time of a fit of 200,000 x 50 by 10 % at most.
X_BLOCK_ELEMENTS = 2**19
# Share of rows with a weight below which the others are left out of a Gram matrix. With
# 80 % kept it takes .8 of the time, with 90 % the copy costs more than it saves.
FEW_WEIGHTED = 0.8
# Cells up to which their weights, one nonzero in a row, are an array in products with
# CSR: 7 cells of 20,000 x 50,000 take 10 ms, as a sparse product 19 ms.
FEW_CELLS = 16
# Density up to which a Gram matrix of CSR is formed as a sparse product, which takes a
# quarter of the time of dense blocks there (20,000 x 400), and .6 at twice the density.
SPARSE_PRODUCT_DENSITY = 0.03


class Block:
    """Some rows in memory: X as a float64 array, y and c.

    Parameters
    ----------
    take : callable
        Returns X; called when a kernel asks for it, and at most once.
    y : ndarray of shape (n_rows,) or (n_rows, 2)
        Targets.
    c : ndarray of shape (n_rows,)
        Weights in the loss.
    """

    def __init__(self, take, y, c):
        self._take, self.y, self.c = take, y, c

    @cached_property
    def X(self):
        return self._take()

    def matvec(self, w):
        return self.X @ w  # (n_rows,)

    def rmatvec(self, v):
        return self.X.T @ v  # (n_features,)

    def reduce(self, weights):
        """Weights' X, for weights of shape (n_rows, n_cells)."""
        return weights.T @ self.X

    def gram(self, h):
        """X' diag(h) X and X'h."""
        X, kept = self.X, np.flatnonzero(h)
        if len(kept) < FEW_WEIGHTED * len(h):
            X, h = X[kept], h[kept]
        root = np.sqrt(h)  # one symmetric product instead of one with a weighted copy
        scaled = X * root[:, None]
        return scaled.T @ scaled, scaled.T @ root

    def column_squares(self, h):
        """Diagonal of X' diag(h) X."""
        X = self.X
        return np.einsum("i,ij,ij->j", h, X, X)


class CsrBlock(Block):
    """Some rows in memory: X as a CSR array."""

    @cached_property
    def _transposed(self):
        """X' on the same arrays. Of few rows, making it takes longer than a product."""
        return self.X.T

    def rmatvec(self, v):
        return self._transposed @ v

    def reduce(self, weights):
        if not sparse.issparse(weights):
            return weights.T @ self.X
        if weights.shape[1] <= FEW_CELLS:
            return np.ascontiguousarray((self._transposed @ weights.toarray()).T)
        return (sparse.csr_array(weights.T) @ self.X).toarray()  # X stays CSR

    def gram(self, h):
        X, kept = self.X, np.flatnonzero(h)
        if len(kept) < FEW_WEIGHTED * len(h):
            X, h = X[kept], h[kept]
        linear = X.T @ h
        if X.nnz <= SPARSE_PRODUCT_DENSITY * X.shape[0] * X.shape[1]:
            # Row i of X times h_i, on the entries alone.
            data = X.data * np.repeat(h, np.diff(X.indptr))
            scaled = sparse.csr_array((data, X.indices, X.indptr), X.shape)
            return np.asarray((X.T @ scaled).todense(), dtype=np.float64), linear
        square = np.zeros((X.shape[1], X.shape[1]))
        for rows in row_slices(*X.shape):
            scaled = X[rows].toarray() * np.sqrt(h[rows])[:, None]
            square += scaled.T @ scaled
        return square, linear

    def column_squares(self, h):
        squares = copy(self._transposed)
        squares.data = np.square(squares.data, dtype=np.float64)
        return squares @ h


class Request(NamedTuple):
    """A sum or a largest value that `Rows.together` computes.

    Parameters
    ----------
    method : {"sums", "largest"}
        The method of `Rows`.
    kernel : callable
        As there.
    columns : tuple of column
        As there.
    params : dict
        As there.
    """

    method: str
    kernel: Any
    columns: tuple
    params: dict


def sums_of(kernel, *columns, **params):
    """What `Rows.sums` would compute, for `Rows.together`."""
    return Request("sums", kernel, columns, params)


def largest_of(kernel, *columns, **params):
    """What `Rows.largest` would compute, for `Rows.together`."""
    return Request("largest", kernel, columns, params)


class Rows(ABC):
    """Rows of X, their targets y and their weights c in the loss.

    Attributes
    ----------
    shape : tuple of int
        (n_samples, n_features).
    y : column
        Targets.
    c : column
        Weights in the loss.
    moved : ndarray of shape (n_features,)
        How far columns of X were from zero before they were shifted: the digits of
        their elements that are noise.
    is_sparse : bool
        Whether X has few nonzero elements, so that it must not be made dense.
    in_memory : bool
        Whether columns are arrays, and there is `at`. Solvers that need either say so
        (``Solver.needs_memory``); the others use nothing but sums, columns handed back,
        and few rows by `select`.
    most_selected : float
        Rows that `select` brings to memory at most.
    """

    shape: tuple
    y: object
    c: object
    moved: np.ndarray
    is_sparse = False
    in_memory = False
    most_selected = np.inf

    def at(self, rows):
        """Some rows of X, as solvers compute with them; of rows in memory only.

        Parameters
        ----------
        rows : slice or ndarray
            Which rows.

        Returns
        -------
        X : {ndarray, CSR array} of shape (n_rows, n_features)
        """
        msg = f"{type(self).__name__} are not in memory."
        raise NotImplementedError(msg)

    @abstractmethod
    def sums(self, kernel, *columns, **params):
        """Sum over blocks of kernel(block, *columns of its rows, **params).

        Of each item by itself where the kernel returns a tuple.
        """

    @abstractmethod
    def largest(self, kernel, *columns, **params):
        """The largest of kernel(block, *columns, **params) over blocks.

        Of each number by itself where the kernel returns several.
        """

    @abstractmethod
    def column(self, kernel, *columns, **params):
        """What kernel(block, *columns, **params) returns for each row."""

    @abstractmethod
    def quantiles(self, kernel, levels):
        """Quantiles of the column of a kernel, NaN left out; NaN where nothing is.

        Of many rows that are not in memory, those of a sample.
        """

    @abstractmethod
    def ranges(self):
        """Smallest and largest value of each column of X, (2, n_features)."""

    @abstractmethod
    def shifted(self, shift):
        """Rows of X - shift in place of X."""

    @abstractmethod
    def weighted(self):
        """The rows of positive weight."""

    @abstractmethod
    def weights_of_cells(self, means):
        """``Contrasts.means`` of these rows as a column of small arrays."""

    @abstractmethod
    def with_targets(self, y, c=None):
        """The same rows of X with another column of targets, and of weights."""

    @abstractmethod
    def select(self, mask, *columns, features=True):
        """Few rows, to memory: those where the column `mask` is true.

        All rows, where they are, if these are more than `most_selected`.

        Parameters
        ----------
        mask : column of bool
            Which rows.
        *columns : column
            To come with them.
        features : bool, default=True
            Whether X is needed; without, it has no columns.

        Returns
        -------
        rows : Rows
            In memory, unless all are returned.
        columns : list of column
            Their values of the columns.
        """

    @abstractmethod
    def sample(self, n_rows):
        """Up to so many rows drawn at random, always the same ones, to memory.

        Their weights are larger, so that sums over them estimate those over all rows.
        """

    @abstractmethod
    def extended(self, X, y, c):
        """Rows in memory, with some more below them."""

    @abstractmethod
    def transformed(self, T, offset):
        """Rows of X T - offset in place of X; T of shape (n_features, rank)."""

    @abstractmethod
    def gram_root(self, h, centre):
        """Triangular R with R'R = X' diag(h) X, without forming that product.

        With `centre`, of X less its means weighted by h: a column of ones is eliminated
        first.
        """

    def together(self, *requests):
        """Results of several requests, of one pass where a pass over rows is dear."""
        return [
            getattr(self, request.method)(
                request.kernel, *request.columns, **request.params
            )
            for request in requests
        ]

    def zeros(self):
        """A column of zeros."""
        return self.column(_zeros)

    def matvec(self, w, b=0.0):
        """Scores X w + b, a column."""
        return self.column(_scores, w=w, b=b)

    def rmatvec(self, v):
        """X'v, for a column v."""
        return self.sums(pull, v)

    def gram(self, h):
        """X' diag(h) X and X'h, for a column h."""
        return self.sums(gram, h)

    def column_squares(self, h):
        """Diagonal of X' diag(h) X, for a column h."""
        return self.sums(_column_squares, h)

    def total(self, v):
        """Sum of a column."""
        return self.sums(_total, v)

    def combined(self, weights, *columns, offset=0.0):
        """The column sum_k weights_k columns_k + offset."""
        return self.column(_combined, *columns, weights=weights, offset=offset)


def _zeros(block):
    return np.zeros(len(block.c))


def _scores(block, w, b):
    return block.matvec(w) + b


def pull(block, v):
    """X'v."""
    return block.rmatvec(v)


def gram(block, h):
    """X' diag(h) X and X'h."""
    return block.gram(h)


def _column_squares(block, h):
    return block.column_squares(h)


def _total(block, v):
    return v.sum()


def _combined(block, *columns, weights, offset):
    return sum((a * column for a, column in zip(weights, columns)), start=offset)


class MemoryRows(Rows):
    """What `ArrayRows` and `CsrRows` share.

    Parameters
    ----------
    X : {ndarray, CSR array} of shape (n_samples, n_features)
        float32 or float64; only read.
    y : ndarray of shape (n_samples,) or (n_samples, 2)
        Targets.
    c : ndarray of shape (n_samples,)
        Weights in the loss.
    shift : ndarray of shape (n_features,), default=None
        What is subtracted from each row of X, for columns far from zero, whose squares
        would leave few digits to the differences between rows.
    """

    in_memory = True
    block = Block

    def __init__(self, X, y, c, shift=None):
        self.X, self.y, self.c, self.shift = X, y, c, shift
        self.moved = np.zeros(X.shape[1]) if shift is None else np.abs(shift)
        self.shape = X.shape
        self._of_X = {}  # what was computed of X, for all targets and weights

    @abstractmethod
    def slices(self):
        """Slices of the rows of each block."""

    @abstractmethod
    def at(self, rows):
        """Some rows of X less its shift, as solvers compute with them."""

    @abstractmethod
    def dense_at(self, rows):
        """The same as an array."""

    @cached_property
    def _only_block(self):
        """The block of all rows, kept where there is no other; else None."""
        slices = self.slices()
        if len(slices) > 1:
            return None
        return self.block(partial(self.at, slices[0]), self.y, self.c)

    def _parts(self):
        for rows in self.slices():
            yield rows, self.block(partial(self.at, rows), self.y[rows], self.c[rows])

    @cached_property
    def _views(self):
        """The blocks, kept where they are views of X; else None."""
        views = self.shift is None and self.X.dtype == np.float64
        return list(self._parts()) if views else None

    def _blocks(self, columns):
        for rows, block in self._views or self._parts():
            yield rows, block, [column[rows] for column in columns]

    def sums(self, kernel, *columns, **params):
        if self._only_block is not None:
            return kernel(self._only_block, *columns, **params)
        total = None
        for _, block, parts in self._blocks(columns):
            value = kernel(block, *parts, **params)
            if total is None:
                total = value
            elif isinstance(value, tuple):
                total = tuple(a + b for a, b in zip(total, value))
            else:
                total = total + value
        return total

    def largest(self, kernel, *columns, **params):
        if self._only_block is not None:
            return kernel(self._only_block, *columns, **params)
        blocks = self._blocks(columns)
        values = [kernel(block, *parts, **params) for _, block, parts in blocks]
        return np.max(values, axis=0)

    def column(self, kernel, *columns, **params):
        if self._only_block is not None:
            return kernel(self._only_block, *columns, **params)
        out = None
        for rows, block, parts in self._blocks(columns):
            value = kernel(block, *parts, **params)
            if out is None:
                out = np.empty((self.shape[0], *value.shape[1:]), value.dtype)
            out[rows] = value
        return out

    def ranges(self):
        if "ranges" not in self._of_X:
            ends = column_ranges(self.X, self.slices())
            self._of_X["ranges"] = ends if self.shift is None else ends - self.shift
        return self._of_X["ranges"]

    def shifted(self, shift):
        new = type(self)(self.X, self.y, self.c, shift if shift.any() else None)
        new._of_X["ranges"] = self.ranges() - shift
        return new

    def weighted(self):
        positive = self.c > 0
        return self if positive.all() else self.select(positive)[0]

    def weights_of_cells(self, means):
        return sparse.csr_array(means.T) if sparse.issparse(means) else means.T

    def quantiles(self, kernel, levels):
        values = self.column(kernel)
        values = values[~np.isnan(values)]
        if not len(values):
            return np.full(len(levels), np.nan)
        return np.quantile(values, levels)

    def with_targets(self, y, c=None):
        new = type(self)(self.X, y, self.c if c is None else c, self.shift)
        new.moved, new._of_X = self.moved, self._of_X
        return new

    def select(self, mask, *columns, features=True):
        rows = np.flatnonzero(mask)
        values = [column[rows] for column in columns]
        if not features:
            none = np.zeros((len(rows), 0))
            return ArrayRows(none, self.y[rows], self.c[rows]), values
        new = type(self)(self.X[rows], self.y[rows], self.c[rows], self.shift)
        new.moved = self.moved
        return new, values

    def sample(self, n_rows):
        # One row of each of so many stretches of the rows.
        n_samples, random = self.shape[0], np.random.default_rng(0).random(n_rows)
        rows = ((np.arange(n_rows) + random) * (n_samples / n_rows)).astype(np.intp)
        c = self.c[rows] * (n_samples / n_rows)
        new = type(self)(self.X[rows], self.y[rows], c, self.shift)
        new.moved = self.moved
        return new

    def transformed(self, T, offset):
        U = np.concatenate([self.at(rows) @ T for rows in row_slices(*self.shape)])
        U -= offset
        return ArrayRows(U, self.y, self.c)

    def gram_root(self, h, centre):
        ones = int(centre)
        R = np.zeros((0, ones + self.shape[1]))
        for rows in row_slices(*self.shape):
            block = self.dense_at(rows)
            block = np.hstack([np.ones((len(block), ones)), block])
            block = np.vstack([R, np.sqrt(h[rows])[:, None] * block])
            R = qr(block, mode="r", overwrite_a=True, check_finite=False)[0]
            R = R[: ones + self.shape[1]]
        return R[ones:, ones:]


class ArrayRows(MemoryRows):
    """Rows of an array, in blocks that stay in cache; float32 is converted by block."""

    def slices(self):
        return row_slices(*self.shape)

    def at(self, rows):
        X = np.asarray(self.X[rows], dtype=np.float64)
        return X if self.shift is None else X - self.shift

    dense_at = at

    def extended(self, X, y, c):
        more = np.vstack([self.at(slice(None)), X]) if len(X) else self.at(slice(None))
        return ArrayRows(more, np.concatenate([self.y, y]), np.append(self.c, c))


class CsrRows(MemoryRows):
    """Rows of a CSR array, in one block: cutting rows out of CSR copies them.

    Only columns without a single zero can be shifted, and are when it is made.
    """

    is_sparse = True
    block = CsrBlock

    def __init__(self, X, y, c, shift=None):
        if not X.has_canonical_format:
            X = X.copy()  # scipy would sort and sum in place, in the caller's arrays
            X.sum_duplicates()
        moved = shift
        if shift is not None:
            data = X.data - shift[X.indices]
            X = sparse.csr_array((data, X.indices, X.indptr), X.shape)
        super().__init__(X, y, c)
        self.moved = np.zeros(X.shape[1]) if moved is None else np.abs(moved)

    def slices(self):
        return [slice(None)]

    def at(self, rows):
        return self.X[rows] if rows != slice(None) else self.X

    def dense_at(self, rows):
        return self.X[rows].toarray()

    def extended(self, X, y, c):
        more = sparse.csr_array(X)
        more = sparse.vstack([self.X, more], format="csr") if len(X) else self.X
        return CsrRows(more, np.concatenate([self.y, y]), np.append(self.c, c))


def row_slices(n_samples, n_features):
    """Slices of rows with about `X_BLOCK_ELEMENTS` elements."""
    step = max(1, X_BLOCK_ELEMENTS // max(1, n_features))
    starts = range(0, max(n_samples, 1), step)
    return [slice(start, min(start + step, n_samples)) for start in starts]


def make_rows(X, y, c, shift=None):
    """Rows of an array or a CSR array in memory."""
    kind = CsrRows if sparse.issparse(X) else ArrayRows
    return kind(X, y, c, shift)
