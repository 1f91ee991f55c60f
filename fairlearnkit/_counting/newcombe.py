"""Intervals of the difference and of the ratio of two independent rates.

Both are made of the intervals of the two rates, so that they are skewed where those
are: of rates near 0, and of a few rows. They hold a difference of 0 and a ratio of 1.
"""

import numpy as np
from scipy.special import ndtri


def quantile_for(confidence_level, n_comparisons=1):
    """Normal quantile z of that many intervals that hold together (Bonferroni)."""
    return -float(ndtri(0.5 * (1.0 - confidence_level) / n_comparisons))


def interval_of_difference(values, low, high, other):
    """Interval of the difference of two independent rates.

    Newcombe (1998), method 10, for rates p with intervals [l, u]:

        p_1 - p_2 - sqrt((p_1 - l_1)^2 + (u_2 - p_2)^2)
        p_1 - p_2 + sqrt((u_1 - p_1)^2 + (p_2 - l_2)^2)

    Where a rate is not defined, all differences of numbers in the two intervals.

    Parameters
    ----------
    values, low, high : ndarray of shape (..., n_groups)
        Rates and the ends of their intervals.
    other : int
        Position of the group whose rate is subtracted from all of them.

    Returns
    -------
    low, high : ndarray of shape (..., n_groups)
    """
    p, p_low, p_high = (v[..., [other]] for v in (values, low, high))
    down = values - p - np.hypot(values - low, p_high - p)
    up = values - p + np.hypot(high - values, p - p_low)
    is_known = ~np.isnan(values - p)
    down = np.where(is_known, down, low - p_high)
    up = np.where(is_known, up, high - p_low)
    return down, up


def interval_of_ratio(values, low, high, other):
    """Interval of the ratio of two independent rates.

    The ratios r for which the interval of p_1 - r p_2, as `interval_of_difference` has
    it, holds 0 (Donner, Zou 2012). They end where

        (p_1 - r p_2)^2 = (p_1 - l_1)^2 + r^2 (u_2 - p_2)^2     from below,
        (p_1 - r p_2)^2 = (u_1 - p_1)^2 + r^2 (p_2 - l_2)^2     from above.

    Where a rate is not defined, all ratios of numbers in the two intervals.

    Parameters
    ----------
    values, low, high : ndarray of shape (..., n_groups)
        Rates and the ends of their intervals.
    other : int
        Position of the group by whose rate all of them are divided.

    Returns
    -------
    low, high : ndarray of shape (..., n_groups)
        Not below 0; the upper end may be infinite.
    """
    p, p_low, p_high = (v[..., [other]] for v in (values, low, high))
    product = values * p
    # Both are quadratics S r^2 - 2 p_1 p_2 r + C = 0.
    square, constant = p_high * (2 * p - p_high), low * (2 * values - low)
    root = np.sqrt(np.maximum(product**2 - square * constant, 0.0))
    down = _divide(constant, product + root, 0.0)
    square, constant = p_low * (2 * p - p_low), high * (2 * values - high)
    root = np.sqrt(np.maximum(product**2 - square * constant, 0.0))
    up = _divide(product + root, square, np.inf)
    is_known = ~np.isnan(product)
    down = np.where(is_known, down, _divide(low, p_high, 0.0))
    return down, np.where(is_known, up, _divide(high, p_low, np.inf))


def _divide(a, b, otherwise):
    """Quotients, and another number where the denominator is not positive."""
    is_positive = b > 0
    quotient = a / np.where(is_positive, b, 1.0)
    return np.where(is_positive, quotient, otherwise)
