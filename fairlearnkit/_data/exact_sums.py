"""Sums of floats by cell without rounding: the same in whatever order rows are added.

Numbers are cut into digits of so few bits that the sums of the digits are exact, as in
Demmel and Nguyen, Parallel Reproducible Summation (IEEE Transactions on Computers
2015). Only the total is rounded, once.
"""

from itertools import count
from math import fsum, isfinite

import numpy as np

# Bits of the significand of a float64, with the sign of a rounded digit taken off.
SIGNIFICAND = 52


class ExactSums:
    """Sums by cell of numbers that are added block by block.

    Parameters
    ----------
    largest : float
        No number is larger in size.
    n_numbers : int
        No more numbers are added.
    n_cells : int
        Number of cells.
    """

    def __init__(self, largest, n_numbers, n_cells):
        self._n_cells = n_cells
        self._exponent = int(np.frexp(largest)[1])
        # So many digits of so many bits each add up to less than 2**SIGNIFICAND.
        self._bits = SIGNIFICAND - int(n_numbers).bit_length()
        self._digits = []

    def add(self, cell, numbers):
        """Add finite numbers to their cells.

        Parameters
        ----------
        cell : ndarray of shape (n,), intp
            Cell of each number.
        numbers : ndarray of shape (n,)
            Finite.
        """
        rest = np.array(numbers, dtype=np.float64)
        for position in count():
            if position == len(self._digits):
                self._digits.append(np.zeros(self._n_cells))
            # The rest itself is not scaled: small numbers beside large ones would be
            # too small for all of their digits.
            unit = self._exponent - self._bits * (position + 1)
            digit = np.rint(_scaled(rest, -unit))
            self._digits[position] += np.bincount(cell, digit, self._n_cells)
            rest -= _scaled(digit, unit)
            if not rest.any():
                break

    def parts(self):
        """Numbers whose sum over the first axis is exact, shape (n_parts, n_cells)."""
        exponents = (self._exponent - self._bits * (k + 1) for k in count())
        with np.errstate(over="ignore"):
            parts = [np.ldexp(d, e) for d, e in zip(self._digits, exponents)]
        return np.array(parts).reshape(-1, self._n_cells)


def exact_parts(cell, numbers, n_cells):
    """Exact sums of finite numbers by cell, as `ExactSums.parts` returns them.

    Parameters
    ----------
    cell : ndarray of shape (n,), intp
        Cell of each number.
    numbers : ndarray of shape (n,)
        Finite, or infinite where a sum of some was more than float64 holds.
    n_cells : int
        Number of cells.

    Returns
    -------
    parts : ndarray of shape (n_parts, n_cells)
    """
    largest = np.abs(numbers).max(initial=0.0)
    if not isfinite(largest):
        return np.bincount(cell, numbers, n_cells)[None]
    sums = ExactSums(largest, len(numbers), n_cells)
    sums.add(cell, numbers)
    return sums.parts()


def add_parts(cell, parts, n_cells):
    """Exact sums by cell of numbers that are given by their parts.

    Parameters
    ----------
    cell : ndarray of shape (n,), intp
        Cell of each number.
    parts : ndarray of shape (n_parts, n)
        Their sums over the first axis are the numbers.
    n_cells : int
        Number of cells.

    Returns
    -------
    parts : ndarray of shape (n_parts, n_cells)
    """
    return exact_parts(np.tile(cell, len(parts)), parts.ravel(), n_cells)


def rounded(parts):
    """The sums of parts over the first axis, each rounded once.

    Parameters
    ----------
    parts : ndarray of shape (n_parts, n_cells)
        As `ExactSums.parts` returns them.

    Returns
    -------
    sums : ndarray of shape (n_cells,)
        Infinite where the sum is more than float64 holds.
    """
    with np.errstate(over="ignore"):
        sums = parts[:2].sum(axis=0)  # one addition, which rounds correctly
    for k in np.flatnonzero(parts[2:].any(axis=0)):
        if isfinite(sums[k]):
            sums[k] = fsum(parts[:, k])
    return sums


def _scaled(numbers, exponent):
    """Numbers times 2**exponent; by a product where it is a float, which is faster."""
    if abs(exponent) < 1000:
        return numbers * 2.0**exponent
    return np.ldexp(numbers, exponent)
