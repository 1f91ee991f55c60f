"""A kernel matrix that is formed by blocks, where and when it is needed."""

import numpy as np

# Elements that are formed at a time.
BLOCK = 2**20


class KernelRows:
    """The kernel matrix K of some rows.

    Parameters
    ----------
    against : callable
        ``against(columns)(rows)`` is ``K[rows][:, columns]``, a new array in float64;
        both are positions.
    n_rows : int
        Number of rows.
    """

    def __init__(self, against, n_rows):
        self.against = against
        self.n_rows = n_rows

    def __len__(self):
        return self.n_rows

    def __matmul__(self, V):
        """K V; where V is zero, no column of K is formed."""
        used = np.flatnonzero(V.reshape(self.n_rows, -1).any(axis=1))
        return self.product(used, V[used])

    def product(self, columns, V):
        """K[:, columns] V."""
        product = np.zeros((self.n_rows, *V.shape[1:]))
        if not len(columns):
            return product
        against = self.against(columns)
        for rows in _blocks(self.n_rows, len(columns)):
            product[rows] = against(rows) @ V
        return product

    def block(self, rows, columns, out=None):
        """K[rows][:, columns]."""
        out = np.empty((len(rows), len(columns))) if out is None else out
        against = self.against(columns)
        for part in _blocks(len(rows), len(columns)):
            out[part] = against(rows[part])
        return out

    def diagonal(self):
        """The diagonal of K."""
        blocks = _blocks(self.n_rows, BLOCK // 128)
        parts = (np.diag(self.against(part)(part)) for part in blocks)
        return np.concatenate(list(parts))

    def whole(self):
        """K, as an array that may be written to."""
        everything = np.arange(self.n_rows)
        return self.block(everything, everything)


def _blocks(n_rows, n_columns):
    """Positions of rows, by blocks; with about BLOCK elements for so many columns."""
    step = max(1, min(BLOCK // max(1, n_columns), n_rows))
    everything = np.arange(n_rows)
    return [everything[start : start + step] for start in range(0, n_rows, step)]
