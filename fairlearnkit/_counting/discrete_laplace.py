"""Integer noise for private counts: exact, from the randomness of the system.

The discrete Laplace law has the probabilities

    P(k) = (1 - q) / (1 + q) * q^|k|,   q = exp(-epsilon),   k = 0, 1, -1, 2, -2, ...

Noise that is computed in floating point reveals what it should hide by its last digits
(Mironov 2012), and a generator with a seed gives it away altogether. Here, all numbers
are integers, made of bits of the operating system. Canonne, Kamath, Steinke: The
Discrete Gaussian for Differential Privacy, NeurIPS 2020, algorithms 1 and 2, for many
draws at a time.
"""

import secrets
from fractions import Fraction
from math import exp, expm1, floor, sqrt
from numbers import Rational

import numpy as np
from scipy.stats import nbinom, norm

# Epsilon is rounded down to a multiple of 2**-32, so that products of the algorithm fit
# into 64 bits: 2**32 times a geometric variable of parameter 1/e, which is above 2**30
# with a probability of exp(-2**30). Doubling it halves the range of that variable.
DENOMINATOR = 2**32
# 2**-32 is 0.02 % of the smallest epsilon, which is therefore met to that accuracy.
SMALLEST_EPSILON, LARGEST_EPSILON = 1e-6, 1e3
# Quantiles of sums are computed on the integers down to this epsilon, where the step of
# the law is 2 % of its scale; below it they are scaled up. Half of it takes twice the
# time for quantiles that are 1 % smaller.
FINEST_EPSILON = 0.02


def rational_epsilon(epsilon):
    """Epsilon as a fraction, at most the given number.

    Parameters
    ----------
    epsilon : float
        A number from `SMALLEST_EPSILON` to `LARGEST_EPSILON`.

    Returns
    -------
    epsilon : Fraction
        A multiple of 1 / `DENOMINATOR`.
    """
    exact = epsilon if isinstance(epsilon, Rational) else float(epsilon)
    return Fraction(floor(Fraction(exact) * DENOMINATOR), DENOMINATOR)


def draw_discrete_laplace(epsilon, size):
    """Independent draws from the discrete Laplace law.

    Algorithm 2 of Canonne et al. (2020), with epsilon = s / t, in rounds in which the
    draws that are still missing are tried again:

    1. Draw U from 0 ... t - 1, and keep it with probability exp(-U / t).
    2. Draw V, the number of successes before the first failure of coins of probability
       exp(-1). Now P(U + t V = x) is proportional to exp(-x / t).
    3. Y = floor((U + t V) / s), so that P(Y = y) is proportional to exp(-y s / t).
    4. Draw a sign. Reject -0, which would make 0 twice as likely as it should be.

    Parameters
    ----------
    epsilon : Fraction
        As `rational_epsilon` returns it.
    size : int
        Number of draws.

    Returns
    -------
    draws : ndarray of shape (size,), int64
    """
    draws = np.zeros(size, dtype=np.int64)
    missing = np.arange(size)
    while len(missing):
        values, is_accepted = _one_round(epsilon, len(missing))
        draws[missing[is_accepted]] = values[is_accepted]
        missing = missing[~is_accepted]
    return draws


def _one_round(epsilon, size):
    """Steps 1 to 4 of `draw_discrete_laplace`: values, and whether they count."""
    s, t = epsilon.numerator, epsilon.denominator
    u = draw_below(t, size)
    is_kept = draw_exp_coins(u, t)
    y = (u + t * _count_successes(size)) // s
    is_negative = draw_below(2, size) == 1
    is_accepted = is_kept & ~(is_negative & (y == 0))
    return np.where(is_negative, -y, y), is_accepted


def _count_successes(size):
    """Successes of coins of probability exp(-1) before the first failure."""
    counts = np.zeros(size, dtype=np.int64)
    going = np.arange(size)
    while len(going):
        going = going[draw_exp_coins(np.ones(len(going), dtype=np.int64), 1)]
        counts[going] += 1
    return counts


def draw_exp_coins(numerators, denominator):
    """Coins that are True with probability exp(-numerator / denominator).

    Algorithm 1 of Canonne et al. (2020), after von Neumann and Forsythe: with a coin of
    probability g / k in step k = 1, 2, ..., the first failure comes at an odd step with
    probability 1 - g + g^2 / 2 - g^3 / 6 + ... = exp(-g).

    Parameters
    ----------
    numerators : ndarray of shape (n,), int64
        From 0 to `denominator`.
    denominator : int
        Positive.

    Returns
    -------
    coins : ndarray of shape (n,), bool
    """
    coins = np.empty(len(numerators), dtype=bool)
    going, step = np.arange(len(numerators)), 1
    while len(going):
        # Two coins in place of one of probability g / k, whose product could overflow.
        is_below = draw_below(denominator, len(going)) < numerators[going]
        succeeds = is_below & (draw_below(step, len(going)) == 0)
        coins[going[~succeeds]] = step % 2 == 1
        going, step = going[succeeds], step + 1
    return coins


def draw_below(bound, size):
    """Integers from 0 to bound - 1, all equally likely.

    Parameters
    ----------
    bound : int
        From 1 to 2**63.
    size : int
        Number of integers.

    Returns
    -------
    integers : ndarray of shape (size,), int64
    """
    integers = np.zeros(size, dtype=np.int64)
    n_bits = (bound - 1).bit_length()
    missing = np.arange(size if n_bits else 0)
    while len(missing):  # words of n_bits bits, of which those too large are rejected
        words = _system_words(len(missing)) & np.uint64(2**n_bits - 1)
        is_below = words < bound
        integers[missing[is_below]] = words[is_below].astype(np.int64)
        missing = missing[~is_below]
    return integers


def _system_words(size):
    """Words of 64 bits from the operating system's source of randomness."""
    return np.frombuffer(secrets.token_bytes(8 * size), dtype=np.uint64)


def noise_variance(epsilon):
    """Variance 2 q / (1 - q)^2 of the discrete Laplace law."""
    return 2.0 * exp(-epsilon) / expm1(-epsilon) ** 2


def noise_quantile(epsilon, n_cells, tail):
    """Size that a sum of draws exceeds with a probability of at most `tail`.

    A draw is the difference of two independent geometric variables, so the sum S of n
    of them is the difference of two negative binomial ones, A and B:
    P(S > m) = sum_b P(B = b) P(A > m + b).

    Parameters
    ----------
    epsilon : float
        Parameter of the law.
    n_cells : int
        Number of independent draws in the sum.
    tail : float
        Between 0 and 1.

    Returns
    -------
    size : float
        The smallest m with P(abs(S) > m) <= tail; up to 4 % more for small epsilon.
    """
    fine = max(float(epsilon), FINEST_EPSILON)
    law = nbinom(n_cells, -expm1(-fine))
    # What is cut off here is small beside the tail.
    b = np.arange(law.isf(1e-3 * tail) + 1)
    p = law.pmf(b)

    def exceeds(m):
        return 2.0 * float(p @ law.sf(m + b)) > tail

    low, high = -1, 1  # exceeds(low), and not exceeds(high) after the next loop
    while exceeds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if exceeds(middle) else (low, middle)
    if fine == epsilon:
        return float(high)
    return (high + 1) * fine / float(epsilon)


def noise_half_width(epsilon, n_cells, z):
    """Half-width of a normal interval that holds the noise of a sum of cells.

    The larger of z standard deviations and the quantile at the tail of z: the tails of
    a single draw are those of exp(-abs(k)), heavier than a normal one's.

    Parameters
    ----------
    epsilon : float
        Parameter of the law.
    n_cells : int
        Number of cells in the sum.
    z : float
        Normal quantile.

    Returns
    -------
    half_width : float
    """
    tail = 2.0 * norm.sf(z)
    deviations = z * sqrt(n_cells * noise_variance(epsilon))
    return max(deviations, noise_quantile(epsilon, n_cells, tail))
