"""Rows that are interchangeable: of the same cell and weight."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Kinds:
    """Rows of the same cell and weight are of one kind, and interchangeable.

    Parameters
    ----------
    cell : ndarray of shape (n_kinds,), int
        Position in the flattened table of cells, in ascending order.
    weight : ndarray of shape (n_kinds,)
        Weight of each of the rows.
    n_rows : ndarray of shape (n_kinds,), int
        Number of rows.
    """

    cell: np.ndarray
    weight: np.ndarray
    n_rows: np.ndarray

    def take(self, positions):
        """Some of the kinds."""
        return Kinds(
            self.cell[positions], self.weight[positions], self.n_rows[positions]
        )


def weights_and_squares(confusion):
    """Sums of the weights in each cell, and of their squares, in any common unit.

    Parameters
    ----------
    confusion : ConfusionCounts
        Counts of the rows.

    Returns
    -------
    weights, squares : ndarray of shape (n_strata, n_groups, n_classes, n_classes)
        In a unit, a power of 2, in which the squares are neither 0 nor infinite.
    """
    if confusion.sample_weight is None:
        _check_weights_known(confusion)
        return confusion.counts, confusion.counts
    kinds, shape = kinds_of_rows(confusion), confusion.counts.shape
    _, unit = np.frexp(kinds.weight.max(initial=0.0))
    squares = kinds.n_rows * np.ldexp(kinds.weight, -unit) ** 2
    squares = np.bincount(kinds.cell, squares, confusion.counts.size).reshape(shape)
    return np.ldexp(confusion.weights, -unit), squares


def kinds_of_rows(confusion):
    """Kinds of the rows of positive weight; without weights, one for each cell.

    Parameters
    ----------
    confusion : ConfusionCounts
        Counts of the rows.

    Returns
    -------
    kinds : Kinds
    """
    if confusion.sample_weight is None:
        _check_weights_known(confusion)
        n_rows = confusion.counts.ravel()
        cell = np.flatnonzero(n_rows)
        return Kinds(cell, np.ones(len(cell)), n_rows[cell])
    # Axes of the counts: stratum, group, true class, predicted class.
    stratum, group, _, _ = confusion.codes
    weight = confusion.sample_weight
    known = np.flatnonzero((np.minimum(stratum, group) >= 0) & (weight > 0))
    sizes = (
        np.ones(len(weight), np.intp) if confusion.sizes is None else confusion.sizes
    )
    codes = tuple(axis[known] for axis in confusion.codes)
    cell, weight = np.ravel_multi_index(codes, confusion.counts.shape), weight[known]
    # Sort by cell, then weight; a kind starts where either changes.
    order = np.lexsort((weight, cell))
    cell, weight, sizes = cell[order], weight[order], sizes[known][order]
    is_first = np.append(True, (np.diff(cell) > 0) | (np.diff(weight) > 0))
    first = np.flatnonzero(is_first)
    return Kinds(cell[first], weight[first], np.add.reduceat(sizes, first))


def _check_weights_known(confusion):
    """Raise an error where only sums of different weights are known."""
    if confusion.sizes is not None and (confusion.weights != confusion.counts).any():
        msg = (
            "sample_weight of Dask collections has too many different values for "
            "intervals, which need to know them. Round them, for instance sample_weight"
            ".round(2), leave intervals out, or pass a sample that is in memory."
        )
        raise ValueError(msg)
