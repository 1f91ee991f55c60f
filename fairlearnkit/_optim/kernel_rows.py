"""A kernel matrix that is formed by blocks, where and when it is needed."""

import numpy as np

# Elements of K that are formed at a time, 8 MB. Half or twice as many take the same
# time, within 10 %; 16 times as many take half as long again.
KERNEL_BLOCK_ELEMENTS = 2**20
# Rows of a block on the diagonal, of which all but the diagonal is thrown away. Twice
# as many form twice as many elements for nothing.
DIAGONAL_ROWS = 128


class KernelRows:
    """The kernel matrix K of some rows.

    Parameters
    ----------
    columns_of : callable
        ``columns_of(columns)(rows)`` is ``K[rows][:, columns]``, a new array in
        float64; both are positions. What depends on the columns alone is prepared once.
    n_rows : int
        Number of rows.
    """

    def __init__(self, columns_of, n_rows):
        self.columns_of = columns_of
        self.n_rows = n_rows

    def __len__(self):
        return self.n_rows

    def __matmul__(self, V):
        """K V; where V is zero, no column of K is formed."""
        used = np.flatnonzero(V.reshape(self.n_rows, -1).any(axis=1))
        return self.product(used, V[used])

    def product(self, columns, V):
        """K[:, columns] V, for V of shape (len(columns),) or (len(columns), m)."""
        product = np.zeros((self.n_rows, *V.shape[1:]))
        if not len(columns):
            return product
        rows_of = self.columns_of(columns)
        for rows in row_blocks(self.n_rows, len(columns)):
            product[rows] = rows_of(rows) @ V
        return product

    def block(self, rows, columns, out=None):
        """K[rows][:, columns], of shape (len(rows), len(columns)); written to `out`."""
        out = np.empty((len(rows), len(columns))) if out is None else out
        rows_of = self.columns_of(columns)
        for part in row_blocks(len(rows), len(columns)):
            out[part] = rows_of(rows[part])
        return out

    def diagonal(self):
        """The diagonal of K, of shape (n_rows,)."""
        blocks = row_blocks(self.n_rows, KERNEL_BLOCK_ELEMENTS // DIAGONAL_ROWS)
        parts = (np.diag(self.columns_of(part)(part)) for part in blocks)
        return np.concatenate(list(parts))

    def whole(self):
        """K, as an array that may be written to."""
        everything = np.arange(self.n_rows)
        return self.block(everything, everything)


def row_blocks(n_rows, n_columns):
    """Positions of rows in blocks of about `KERNEL_BLOCK_ELEMENTS` elements of K."""
    step = max(1, min(KERNEL_BLOCK_ELEMENTS // max(1, n_columns), n_rows))
    everything = np.arange(n_rows)
    return [everything[start : start + step] for start in range(0, n_rows, step)]
