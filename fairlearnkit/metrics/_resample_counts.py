"""The bootstrap of gaps of rates: confusion matrices of rows drawn with replacement."""

from functools import partial

import numpy as np
from sklearn.utils import check_random_state

from fairlearnkit._counting.kinds import kinds_of_rows

# Numbers in the tables that are held at a time: 16 MB. Doubling it is no faster.
TABLE_SIZE = 2**21
# Rows that are drawn and counted at a time where many resamples of few rows are drawn:
# 256 kB, which stay in the level-2 cache. Doubling it is no faster.
DRAWN_ROWS = 2**15
# Cost of one multinomial count relative to that of drawing a row: 8 to 10, measured.
# Rows are drawn where there are fewer than this many of them for each kind. Doubling it
# would draw rows where counts are up to twice as fast.
COST_OF_COUNT = 8


def resampled_gaps(
    comparisons, confusion, positives, n_resamples, random_state, *, stratify=False
):
    """Gaps of resamples, the same resamples for all comparisons.

    Parameters
    ----------
    comparisons : list of RateComparison
        What is compared.
    confusion : ConfusionCounts
        Confusion matrices of the groups.
    positives : list of int
        Positions of the classes that are taken as positive, one after the other.
    n_resamples : int
        Number of resamples.
    random_state : int, RandomState instance or None
        Determines the resamples.
    stratify : bool, default=False
        Keep the number of rows of each group.

    Returns
    -------
    gaps : ndarray of shape (n_comparisons, n_resamples)
        NaN where a gap is not defined.
    """
    statistics = [
        partial(comparison.gap, positives=positives) for comparison in comparisons
    ]
    draws = resampled_statistics(
        statistics, confusion, n_resamples, random_state, stratify=stratify
    )
    return np.array(draws)


def resampled_statistics(
    statistics, confusion, n_resamples, random_state, *, stratify=False
):
    """Functions of the weights of the cells, for the same resamples.

    Parameters
    ----------
    statistics : list of callable
        Each takes weights of shape (n, n_strata, n_groups, n_classes, n_classes) and
        returns an array of shape (n, ...).
    confusion : ConfusionCounts
        Confusion matrices of the groups.
    n_resamples : int
        Number of resamples.
    random_state : int, RandomState instance or None
        Determines the resamples.
    stratify : bool, default=False
        Keep the number of rows of each group.

    Returns
    -------
    values : list of ndarray of shape (n_resamples, ...)
    """
    # A Generator draws rows three times as fast as a RandomState.
    seed = check_random_state(random_state).randint(2**32, size=4, dtype=np.uint32)
    rng = np.random.default_rng(seed)
    # The first block has no resample, but the shape of the others.
    blocks = [[of(confusion.weights[None][:0]) for of in statistics]]
    for weights in resampled_weights(confusion, n_resamples, rng, stratify=stratify):
        blocks.append([of(weights) for of in statistics])
    return [np.concatenate(parts) for parts in zip(*blocks)]


def resampled_weights(confusion, n_resamples, rng, *, stratify=False):
    """Weights of the cells in resamples of the rows, block by block.

    The counts of each kind of rows in a resample follow a multinomial distribution.
    Drawing the counts is the same as drawing rows with replacement and counting them.

    1. Find the kinds of rows, in each group by itself if stratified.
    2. For a block of resamples, draw how many rows of each kind there are.
    3. Add up the weights of the kinds of each cell.

    Parameters
    ----------
    confusion : ConfusionCounts
        Counts of the rows.
    n_resamples : int
        Number of resamples.
    rng : Generator
        Draws the counts.
    stratify : bool, default=False
        Keep the number of rows of each group.

    Yields
    ------
    weights : ndarray of shape (n_block, n_strata, n_groups, n_classes, n_classes)
    """
    shape, size = confusion.counts.shape, confusion.counts.size
    kinds = kinds_of_rows(confusion)
    parts = _by_group(kinds, shape) if stratify else [kinds]
    parts = [part for part in parts if len(part.cell)]  # a group may have no weight
    # Bounds the columns of `weights` and of `drawn`: each kind has at least one row.
    most_rows = max([size, *(int(part.n_rows.sum()) for part in parts)])
    step = max(1, TABLE_SIZE // most_rows)
    for start in range(0, n_resamples, step):
        weights = np.zeros((min(step, n_resamples - start), size))
        for part in parts:
            # Kinds are sorted by cell, so each cell has a range of them.
            cell, first = np.unique(part.cell, return_index=True)
            drawn = _draw_counts(part.n_rows, len(weights), rng) * part.weight
            weights[:, cell] = np.add.reduceat(drawn, first, axis=1)
        yield weights.reshape(-1, *shape)


def _by_group(kinds, shape):
    """The kinds of each group."""
    group = np.unravel_index(kinds.cell, shape)[1]
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=shape[1]))
    return [kinds.take(positions) for positions in np.split(order, ends[:-1])]


def _draw_counts(n_rows, n_resamples, rng):
    """How many rows of each kind there are in each resample.

    Parameters
    ----------
    n_rows : ndarray of shape (n_kinds,), int
        Number of rows of each kind.
    n_resamples : int
        Number of resamples.
    rng : Generator
        Draws the counts or, if that is cheaper, the rows.

    Returns
    -------
    counts : ndarray of shape (n_resamples, n_kinds), int
    """
    total, n_kinds = int(n_rows.sum()), len(n_rows)
    if n_kinds * COST_OF_COUNT <= total:
        return rng.multinomial(total, n_rows / total, size=n_resamples)
    # Without weights and repetitions, a row is its own kind.
    kind_of_row = None if n_kinds == total else np.repeat(np.arange(n_kinds), n_rows)
    counts = np.empty((n_resamples, n_kinds), dtype=np.intp)
    step = max(1, DRAWN_ROWS // total)
    for start in range(0, n_resamples, step):
        block = counts[start : start + step]
        drawn = rng.integers(total, size=(len(block), total))
        drawn = drawn if kind_of_row is None else kind_of_row[drawn]
        if len(block) > 1:  # one bincount for all: each resample has its own numbers
            drawn += n_kinds * np.arange(len(block))[:, None]
        flat = np.bincount(drawn.ravel(), minlength=block.size)
        block[:] = flat.reshape(block.shape)
    return counts
