"""Rates of the confusion matrix, each of which is one entry of `RATES`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np


class CellMasks(NamedTuple):
    """Masks of the cells (true class, predicted class) of a confusion matrix.

    Each has the shape (n_classes, n_classes), with the true classes along the rows.
    """

    true: np.ndarray  # y_true is the positive class
    predicted: np.ndarray  # y_pred is the positive class
    correct: np.ndarray  # y_true equals y_pred


@dataclass(frozen=True)
class Rate:
    """A share of the rows: rate = weight of the numerator / weight of the denominator.

    Parameters
    ----------
    numerator, denominator : callable
        Takes `CellMasks` and returns the mask of the cells that are counted. The cells
        of the numerator are among those of the denominator.
    rows : str, default="rows"
        What the denominator counts, for messages. ``{label}`` stands for the positive
        class.
    """

    numerator: Callable
    denominator: Callable
    rows: str = "rows"

    def masks(self, positive, n_classes):
        """Cells of the numerator and of the denominator.

        Parameters
        ----------
        positive : int
            Position of the positive class.
        n_classes : int
            Number of classes.

        Returns
        -------
        numerator, denominator : ndarray of shape (n_classes, n_classes), bool
        """
        # The transpose of the mask of true classes is that of predicted ones.
        true = np.zeros((n_classes, n_classes), dtype=bool)
        true[positive] = True
        cells = CellMasks(true, true.T, np.eye(n_classes, dtype=bool))
        return self.numerator(cells), self.denominator(cells)

    @cached_property
    def needs_truth(self):
        """Whether it depends on y_true: some mask differs between two true classes."""
        return any((mask != mask[:1]).any() for mask in self.masks(0, 3))

    @cached_property
    def needs_positive_class(self):
        """Whether another positive class of three selects other cells."""
        return any(map(_differ, self.masks(0, 3), self.masks(1, 3)))

    def has_gap_of(self, other):
        """Whether the gap is that of `other` with the other of two classes as positive.

        The gap is a difference between groups, so the rates may also add up to one:
        the selection rates of both classes are complements of each other.

        Parameters
        ----------
        other : Rate

        Returns
        -------
        same : bool
        """
        # A gap compares groups within one denominator, which has to be the same.
        numerator, denominator = self.masks(0, 2)
        swapped, swapped_denominator = other.masks(1, 2)
        complement = swapped_denominator & ~swapped
        return not _differ(denominator, swapped_denominator) and not (
            _differ(numerator, swapped) and _differ(numerator, complement)
        )


def _differ(mask, other):
    return bool((mask != other).any())


def _all_cells(cells):
    return cells.true | ~cells.true


WITH_POSITIVE_TRUTH = "rows with y_true == {label}"
WITH_OTHER_TRUTH = "rows with y_true != {label}"
RATES = {
    "selection_rate": Rate(lambda cells: cells.predicted, _all_cells),
    "true_positive_rate": Rate(
        lambda cells: cells.true & cells.predicted,
        lambda cells: cells.true,
        WITH_POSITIVE_TRUTH,
    ),
    "false_negative_rate": Rate(
        lambda cells: cells.true & ~cells.predicted,
        lambda cells: cells.true,
        WITH_POSITIVE_TRUTH,
    ),
    "false_positive_rate": Rate(
        lambda cells: ~cells.true & cells.predicted,
        lambda cells: ~cells.true,
        WITH_OTHER_TRUTH,
    ),
    "true_negative_rate": Rate(
        lambda cells: ~cells.true & ~cells.predicted,
        lambda cells: ~cells.true,
        WITH_OTHER_TRUTH,
    ),
    "positive_predictive_value": Rate(
        lambda cells: cells.true & cells.predicted,
        lambda cells: cells.predicted,
        "rows with y_pred == {label}",
    ),
    "negative_predictive_value": Rate(
        lambda cells: ~cells.true & ~cells.predicted,
        lambda cells: ~cells.predicted,
        "rows with y_pred != {label}",
    ),
    "accuracy": Rate(lambda cells: cells.correct, _all_cells),
    "error_rate": Rate(lambda cells: ~cells.correct, _all_cells),
}


def need_no_positive_class(rates):
    """Whether none of the named rates depends on the positive class."""
    return not any(RATES[rate].needs_positive_class for rate in rates)


def rates_without_truth():
    """Names of the rates that are known without y_true."""
    return tuple(name for name, rate in RATES.items() if not rate.needs_truth)


def check_truth(y_true, rates):
    """Raise an error if y_true is None and a rate needs it.

    Parameters
    ----------
    y_true : array-like or None
        True labels.
    rates : sequence of str
        Names of rates.
    """
    needed = [name for name in rates if RATES[name].needs_truth]
    if y_true is None and needed:
        msg = (
            f"True labels are needed for {', '.join(needed)}, and y_true is None. "
            f"Without them only {', '.join(rates_without_truth())} is known."
        )
        raise ValueError(msg)


def rate_counts(weights, rate, positive):
    """Numerator and denominator of a rate.

    Parameters
    ----------
    weights : ndarray of shape (..., n_classes, n_classes)
        Weights, or counts of rows, of the cells (true class, predicted class).
    rate : str
        One of ``RATES``.
    positive : int
        Position of the positive class.

    Returns
    -------
    numerator, denominator : ndarray of shape (...)
    """
    numerator, denominator = RATES[rate].masks(positive, weights.shape[-1])
    return weights[..., numerator].sum(axis=-1), weights[..., denominator].sum(axis=-1)


def divide(numerator, denominator):
    """Quotients, NaN or infinite without a warning where the denominator is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.divide(numerator, denominator)
