"""Rates from counts with noise, and intervals that hold sampling and noise."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fairlearnkit._counting.discrete_laplace import noise_half_width
from fairlearnkit._counting.rates import RATES, rate_counts


@dataclass(frozen=True, eq=False)
class NoisyRates:
    """A rate of each group, from cells that hold independent noise.

    Parameters
    ----------
    numerator, denominator : ndarray of shape (..., n_groups), int
        Sums of noisy cells. They may be negative, and the numerator may be the larger.
    n_cells : tuple of (int, int)
        Number of noisy cells in the numerator, and of those in the denominator only.
    epsilon : float
        Parameter of the noise.
    """

    numerator: np.ndarray
    denominator: np.ndarray
    n_cells: tuple
    epsilon: float

    @property
    def is_defined(self):
        """Whether the noisy count of the rows that the rate is about is positive."""
        return self.denominator > 0

    @property
    def clipped(self):
        """Numerators between 0 and the denominator.

        That brings them closer to every possible rate times the denominator, so that
        no interval becomes less likely to hold.
        """
        return np.clip(self.numerator, 0, np.maximum(self.denominator, 0))

    @property
    def values(self):
        """Rates between 0 and 1; NaN where they are not defined."""
        n = np.where(self.is_defined, self.denominator, 1)
        return np.where(self.is_defined, self.clipped / n, np.nan)

    def take(self, kept):
        """The rates of some of the groups."""
        numerator, denominator = self.numerator[..., kept], self.denominator[..., kept]
        return NoisyRates(numerator, denominator, self.n_cells, self.epsilon)

    def intervals(self, z):
        """Ends of the interval of each rate; 0 and 1 where it is not defined.

        Wilson's (1927) interval holds the rates p that a test does not reject. With a
        of N noisy rows in the numerator, and noise in both, these are the p with

            (a - p N)^2 <= z^2 N p (1 - p) + (1 - p)^2 t_a^2 + p^2 t_b^2,

        since a - p N = (1 - p) a - p (N - a). Here t is the half-width of an interval
        for the noise in a, and in N - a. Without noise it is Wilson's.

        Parameters
        ----------
        z : float
            Normal quantile.

        Returns
        -------
        low, high : ndarray of shape (..., n_groups)
        """
        t_a, t_b = (_half_width(self.epsilon, n, z) ** 2 for n in self.n_cells)
        a, n = self.clipped.astype(float), self.denominator.astype(float)
        # The inequality is A p^2 + B p + C <= 0. It holds at a / N.
        square = n**2 + z**2 * n - t_a - t_b
        linear = 2.0 * t_a - z**2 * n - 2.0 * a * n
        at_0 = a**2 - t_a
        at_1 = (n - a) ** 2 - t_b
        root = np.sqrt(np.maximum(linear**2 - 4.0 * square * at_0, 0.0))
        low = _first_root(linear, at_0, root)
        # The same from the other end, with 1 - p in place of p.
        high = 1.0 - _first_root(-2.0 * square - linear, at_1, root)
        low = np.where(self.is_defined, low, 0.0)
        return low, np.where(self.is_defined, high, 1.0)


def _first_root(linear, constant, root):
    """Where A p^2 + B p + C falls to 0 for p from 0 on; 0 where C <= 0 already.

    2 C / (-B + root) is (-B - root) / (2 A) without division by an A near 0.
    """
    is_outside = constant > 0
    below = np.where(is_outside, root - linear, 1.0)
    return np.where(is_outside, 2.0 * constant / below, 0.0)


@lru_cache(maxsize=1024)  # each rate of each class asks for the same few of them
def _half_width(epsilon, n_cells, z):
    return noise_half_width(epsilon, n_cells, z) if n_cells else 0.0


def noisy_rates(counts, rate, positive, has_truth, epsilon):
    """A rate of each group.

    Parameters
    ----------
    counts : ndarray of shape (..., n_groups, n_classes, n_classes), int
        Noisy cells (group, true class, predicted class).
    rate : str
        One of ``RATES``.
    positive : int
        Position of the positive class.
    has_truth : bool
        Whether all cells hold noise, or the diagonal only.
    epsilon : float
        Parameter of the noise.

    Returns
    -------
    rates : NoisyRates
    """
    numerator, denominator = rate_counts(counts, rate, positive)
    in_a, in_n = RATES[rate].masks(positive, counts.shape[-1])
    holds_noise = noisy_cells(counts.shape[-1], has_truth)
    n_cells = tuple(int((mask & holds_noise).sum()) for mask in (in_a, in_n & ~in_a))
    return NoisyRates(numerator, denominator, n_cells, epsilon)


def noisy_cells(n_classes, has_truth):
    """Mask of the cells (true class, predicted class) that hold noise.

    Without true classes each prediction counts as true, and rows are on the diagonal.
    """
    return np.ones((n_classes, n_classes), bool) if has_truth else np.eye(n_classes) > 0
