"""Cells of rows drawn with replacement, drawn as counts where that is faster."""

from dataclasses import dataclass

import numpy as np

# Numbers that are held at a time, 16 MB of them; more is no faster. Rows are drawn in
# pieces that stay in cache.
BLOCK = 2**21
CACHE = 2**15
# What a draw of the count of one kind of rows costs, in draws of a row: measured 8 to
# 10. Where rows are less than this many times the kinds, rows are drawn.
KIND = 8


@dataclass(frozen=True, eq=False)
class _Kinds:
    """Rows of one cell and one weight: how many there are of each kind.

    ``cell`` is sorted, a position in the flat array of cells.
    """

    cell: np.ndarray
    weight: np.ndarray
    rows: np.ndarray

    def take(self, places):
        return _Kinds(self.cell[places], self.weight[places], self.rows[places])


def resampled(cells, n_resamples, rng, *, stratify=False):
    """Weights of the cells in resamples of their rows, block by block.

    A resample counts each kind of rows by a multinomial law; these are its draws, so
    that they have the distribution of rows drawn with replacement, weights and all.

    Parameters
    ----------
    cells : Cells
        Counts of rows, with their codes where they are weighted.
    n_resamples : int
        Number of resamples.
    rng : Generator
        Of the draws.
    stratify : bool, default=False
        Keep the number of rows of each group.

    Yields
    ------
    weight : ndarray of shape (n_block, n_strata, n_groups, n_classes, n_classes)
    """
    kinds = _kinds(cells)
    parts = _by_group(kinds, cells.rows.shape) if stratify else [kinds]
    parts = [part for part in parts if len(part.cell)]  # all weights may be zero
    most = max([cells.rows.size, *(int(part.rows.sum()) for part in parts)])
    step = max(1, BLOCK // most)
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        block = np.zeros((size, cells.rows.size))
        for part in parts:
            cell, first = np.unique(part.cell, return_index=True)
            weight = _counts(part.rows, size, rng) * part.weight
            block[:, cell] = np.add.reduceat(weight, first, axis=1)
        yield block.reshape(size, *cells.rows.shape)


def _kinds(cells):
    """Without weights, one kind for each cell with rows."""
    if cells.sample_weight is None:
        rows = cells.rows.ravel()
        cell = np.flatnonzero(rows)
        return _Kinds(cell, np.ones(len(cell)), rows[cell])
    grouped = np.minimum(*cells.codes[:2]) >= 0
    known = np.flatnonzero(grouped & (cells.sample_weight > 0))
    codes = tuple(part[known] for part in cells.codes)
    cell, weight = (
        np.ravel_multi_index(codes, cells.rows.shape),
        cells.sample_weight[known],
    )
    order = np.lexsort((weight, cell))
    cell, weight = cell[order], weight[order]
    new = np.append(True, (np.diff(cell) > 0) | (np.diff(weight) > 0))
    first = np.flatnonzero(new)
    return _Kinds(cell[first], weight[first], np.diff(np.append(first, len(cell))))


def _by_group(kinds, shape):
    """The kinds of each group."""
    group = np.unravel_index(kinds.cell, shape)[1]
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=shape[1]))
    return [kinds.take(places) for places in np.split(order, ends[:-1])]


def _counts(rows, size, rng):
    """Multinomial draws of how many rows of each kind are drawn.

    By the law of the counts where kinds are few; else rows are drawn and counted,
    which has the same distribution.
    """
    n_rows, n_kinds = int(rows.sum()), len(rows)
    if n_kinds * KIND <= n_rows:
        return rng.multinomial(n_rows, rows / n_rows, size=size)
    kind = None if n_kinds == n_rows else np.repeat(np.arange(n_kinds), rows)
    counts = np.empty((size, n_kinds), dtype=np.intp)
    step = max(1, CACHE // n_rows)
    for start in range(0, size, step):
        some = counts[start : start + step]
        drawn = rng.integers(n_rows, size=(len(some), n_rows))
        drawn = drawn if kind is None else kind[drawn]
        if len(some) > 1:
            drawn += n_kinds * np.arange(len(some))[:, None]
        flat = np.bincount(drawn.ravel(), minlength=some.size)
        some[:] = flat.reshape(some.shape)
    return counts
