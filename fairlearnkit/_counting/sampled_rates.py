"""Rates of counted rows, which may have weights, and their intervals."""

from typing import NamedTuple

import numpy as np

from fairlearnkit._counting.rates import divide, rate_counts
from fairlearnkit._counting.wilson import wilson_ends


class SampledRates(NamedTuple):
    """A rate of each group, and the number of rows that it is as certain as.

    Parameters
    ----------
    values : ndarray of shape (..., n_groups)
        Rates; NaN where they are not defined.
    n_rows : ndarray of shape (..., n_groups)
        Number of rows of equal weight that the rate would be as certain with.
    """

    values: np.ndarray
    n_rows: np.ndarray

    def intervals(self, z):
        """Wilson's interval of each rate; NaN where it is not defined.

        Parameters
        ----------
        z : float
            Normal quantile.

        Returns
        -------
        low, high : ndarray of shape (..., n_groups)
        """
        low, high = wilson_ends(self.values, self.n_rows, z)
        # Rates of 0 and 1 are ends of their intervals, but for rounding.
        return np.clip(low, 0.0, self.values), np.clip(high, self.values, 1.0)


def sampled_rates(weights, squares, rate, positive):
    r"""A rate of each group, with the effective number of its rows.

    With weights w, the rate is p = A / B, the weight of the numerator by that of the
    denominator. Its variance, by linearisation, and n such that it is p (1 - p) / n:

    .. math:: V = \frac{(1 - p)^2 \sum_A w^2 + p^2 \sum_{B \setminus A} w^2}{B^2},
              \quad n = \min\Big( \frac{p (1 - p)}{V}, \frac{B^2}{\sum_B w^2} \Big)

    The second number is Kish's (1965), for weights that have nothing to do with the
    outcome. It bounds the first, which is too large if the few rows of a rare outcome
    happen to weigh little, and has no value for rates of 0 and 1. Of equal weights,
    both are the number of rows.

    Parameters
    ----------
    weights : ndarray of shape (..., n_groups, n_classes, n_classes)
        Sums of the weights of the cells (true class, predicted class).
    squares : ndarray of the same shape
        Sums of the squares of the weights.
    rate : str
        One of ``RATES``.
    positive : int
        Position of the positive class.

    Returns
    -------
    rates : SampledRates
    """
    a, b = rate_counts(weights, rate, positive)
    square_a, square_b = rate_counts(squares, rate, positive)
    return rates_of_sums(a, b, square_a, square_b)


def rates_of_sums(a, b, square_a, square_b):
    """Rates a / b with the sums of squared weights of both; see `sampled_rates`.

    Parameters
    ----------
    a, b, square_a, square_b : ndarray of shape (..., n_groups)
        Sums of weights and of their squares.

    Returns
    -------
    rates : SampledRates
    """
    p = divide(a, b)
    of_rest = np.maximum(square_b - square_a, 0.0)
    scaled = (1.0 - p) ** 2 * square_a + p**2 * of_rest  # V B^2
    with np.errstate(divide="ignore", invalid="ignore"):
        linearised = np.where(scaled > 0, p * (1.0 - p) * b**2 / scaled, np.inf)
        n_rows = np.minimum(linearised, b**2 / square_b)
    return SampledRates(p, n_rows)
