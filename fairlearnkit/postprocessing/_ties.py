"""Tied rows, told apart by a number that is computed from each row alone.

A threshold on scores of few distinct values can meet a bound on rates only if it
divides tied rows. To draw at random would decide a row differently each time, or
depending on the other rows of a batch: instead each row has a number, between 0 and 1,
that is a hash of its features.
"""

from collections.abc import Mapping

import numpy as np

from fairlearnkit._data.columns import as_table
from fairlearnkit._optim.decisions import JITTER, tie_breakers

from ._split_rank import row_uniforms

# Of the numbers that split ties, and of those that pick one of several thresholds.
TIES_SEED, PICK_SEED = 0, 1


def row_numbers(X, seed):
    """A number between 0 and 1 for each row of X, computed from the row alone."""
    if len(getattr(X, "shape", [0])) == 1 and all(
        isinstance(row, str | Mapping) for row in X
    ):  # texts and dicts, for a vectorizer
        rows = [row if isinstance(row, str) else repr(sorted(row.items())) for row in X]
        X = np.array(rows, dtype=object).reshape(-1, 1)
    return row_uniforms(as_table(X), seed)


def split_ties(proba, uniforms):
    """Probabilities of the second class, moved by JITTER / 2 at most, without ties."""
    return proba + JITTER * (uniforms - 0.5)


def split_near_ties(costs, spread, numbers):
    """Add tie-breakers, in place, to rows whose two lowest costs are nearly equal.

    No other row has its decision changed by them, and hashing a row takes longer than
    deciding it.

    Parameters
    ----------
    costs : ndarray of shape (n_samples, n_classes)
        Shifted costs.
    spread : float
        Spread of the costs in fit.
    numbers : callable
        ``numbers(rows, seed)`` gives the numbers of the rows at some positions.
    """
    lowest_two = np.partition(costs, 1, axis=1)[:, :2]
    near = np.flatnonzero(lowest_two[:, 1] - lowest_two[:, 0] < 2.0 * JITTER * spread)
    if len(near):
        uniforms = numbers(near, TIES_SEED)
        costs[near] += tie_breakers(uniforms, costs[near], spread)
