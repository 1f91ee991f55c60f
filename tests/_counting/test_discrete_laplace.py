"""Noise of private counts: its law, exactly and in draws, and where it comes from."""

import itertools
import random
import secrets
from fractions import Fraction
from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import chisquare, norm

from fairlearnkit._counting import discrete_laplace
from fairlearnkit._counting.discrete_laplace import (
    DENOMINATOR,
    LARGEST_EPSILON,
    SMALLEST_EPSILON,
    draw_below,
    draw_discrete_laplace,
    draw_exp_coins,
    noise_half_width,
    noise_quantile,
    noise_variance,
    rational_epsilon,
)

# Paths of the algorithm that are less likely are cut off.
CUT = Fraction(1, 10**8)


def exp_bounds(x):
    """Two fractions with exp(-x) between them: partial sums of its series."""
    partial = [Fraction(0)]
    for k in range(40):  # alternating, and falling as of k > x
        partial.append(partial[-1] + (-x) ** k / Fraction(factorial(k)))
    return min(partial[-2:]), max(partial[-2:])


class Cut(Exception):
    """A path is too unlikely to be followed."""


class Branches:
    """Follows every path of a program that draws, with bounds of its probability."""

    def __init__(self):
        self.path, self.position, self.bounds = [], 0, None

    def choose(self, bounds_of_choices):
        """The next choice of the path, the first one where the path is new."""
        if self.position == len(self.path):
            self.path.append((0, bounds_of_choices))
        choice = self.path[self.position][0]
        self.position += 1
        low, high = bounds_of_choices[choice]
        self.bounds = self.bounds[0] * low, self.bounds[1] * high
        if self.bounds[1] < CUT:
            raise Cut
        return choice

    def next_path(self):
        while self.path:
            choice, bounds = self.path.pop()
            if choice + 1 < len(bounds):
                self.path.append((choice + 1, bounds))
                return True
        return False

    def law(self, program):
        """Bounds of the probability of each outcome, and of what was cut off."""
        law, cut = {}, Fraction(0)
        while True:
            self.position, self.bounds = 0, (Fraction(1), Fraction(1))
            try:
                outcome = program()
                low, high = law.get(outcome, (0, 0))
                law[outcome] = low + self.bounds[0], high + self.bounds[1]
            except Cut:
                cut += self.bounds[1]
            if not self.next_path():
                return law, cut

    def below(self, bound, size):
        """As `draw_below`, for one draw at a time."""
        draws = [self.choose([(Fraction(1, bound),) * 2] * bound) for _ in range(size)]
        return np.array(draws, dtype=np.int64)

    def exp_coins(self, numerators, denominator):
        """As `draw_exp_coins`."""
        coins = []
        for numerator in numerators.tolist():
            low, high = exp_bounds(Fraction(numerator, denominator))
            coins.append(self.choose([(1 - high, 1 - low), (low, high)]) == 1)
        return np.array(coins)


@pytest.fixture
def branches(monkeypatch):
    found = Branches()
    monkeypatch.setattr(discrete_laplace, "draw_below", found.below)
    return found


@pytest.mark.parametrize("bound", [1, 2, 3, 5, 8, 13])
def test_integers_below_a_bound_are_equally_likely(bound, monkeypatch):
    """Each word of the bits that the bound needs gives one integer, or is rejected."""
    n_words = 2 ** (bound - 1).bit_length()
    for word, more in itertools.product(range(n_words), (0, 1, 2**20)):
        words = [word + more * n_words, 0]  # higher bits tell nothing
        monkeypatch.setattr(
            discrete_laplace,
            "_system_words",
            lambda size, words=words: np.array([words.pop(0)], dtype=np.uint64),
        )
        (found,) = draw_below(bound, 1)
        expected, left = (word, 1) if word < bound else (0, 0)
        assert found == expected
        assert bound == 1 or len(words) == left


@pytest.mark.slow
@pytest.mark.parametrize(("numerator", "denominator"), [(0, 1), (1, 1), (1, 3), (2, 3)])
def test_exact_law_of_the_exponential_coins(branches, numerator, denominator):
    """All paths of the coins: their probabilities are fractions that add up."""

    def coin():
        return bool(draw_exp_coins(np.array([numerator]), denominator)[0])

    law, cut = branches.law(coin)
    low, high = exp_bounds(Fraction(numerator, denominator))
    assert cut < 2e-5
    assert law[True][0] <= high
    assert low <= law[True][0] + cut
    assert sum(part for part, _ in law.values()) + cut == 1


def law_of_one_draw(branches, epsilon, monkeypatch):
    """Bounds of the probability that a round accepts each value."""
    monkeypatch.setattr(discrete_laplace, "draw_exp_coins", branches.exp_coins)

    def one():
        (value,), (is_accepted,) = discrete_laplace._one_round(epsilon, 1)
        return int(value) if is_accepted else None

    law, cut = branches.law(one)
    return law, cut


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", ["1", "1/2", "3/2", "5/3", "3"])
def test_exact_law_of_the_noise(branches, epsilon, monkeypatch):
    """P(k) / P(0) is exp(-epsilon |k|), by fractions, with nothing drawn.

    In particular neighbouring values, which neighbouring counts turn into the same
    output, differ by a factor of exp(epsilon) and not more.
    """
    epsilon = Fraction(epsilon)
    law, cut = law_of_one_draw(branches, epsilon, monkeypatch)
    assert cut < 1e-6
    for k in range(-4, 5):
        low, high = exp_bounds(epsilon * abs(k))
        assert law[k][0] / (law[0][1] + cut) <= high
        assert low <= (law[k][1] + cut) / law[0][0]
        assert_allclose(float(law[k][0] / law[0][0]), exp(-epsilon * abs(k)), rtol=1e-4)
    # A round accepts with the probability of steps 1 and 4; the rest tries again.
    accepted = sum(low for value, (low, _) in law.items() if value is not None)
    assert abs(float(accepted + law[None][0]) - 1) < 1e-6


def test_rejected_draws_are_drawn_again(monkeypatch):
    rounds = iter(
        [([5, 6, 7], [True, False, False]), ([8, 9], [False, True]), ([1], [1])]
    )

    def one_round(epsilon, size):
        values, accepted = next(rounds)
        assert len(values) == size
        return np.array(values), np.array(accepted, dtype=bool)

    monkeypatch.setattr(discrete_laplace, "_one_round", one_round)
    assert draw_discrete_laplace(Fraction(1), 3).tolist() == [5, 1, 9]


@pytest.fixture
def seeded_system(monkeypatch):
    """The system's source of randomness, replaced by one with a seed."""
    rng = np.random.default_rng(0)
    monkeypatch.setattr(secrets, "token_bytes", rng.bytes)


@pytest.mark.parametrize("epsilon", [0.05, 0.3, 1.0, 2.7, 6.0])
@pytest.mark.usefixtures("seeded_system")
def test_draws_follow_the_law(epsilon):
    """Chi-square over the values, with the tails in one cell each."""
    draws = draw_discrete_laplace(rational_epsilon(epsilon), 200_000)
    q = exp(-epsilon)
    # At least 20 draws are expected at and beyond the last value.
    last = max(1, int(-np.log(20 / len(draws) * (1 + q)) / epsilon))
    values = np.arange(-last, last + 1)
    p = (1 - q) / (1 + q) * q ** np.abs(values).astype(float)
    p[[0, -1]] = q**last / (1 + q)
    counts = np.bincount(np.clip(draws, -last, last) + last, minlength=len(values))
    assert chisquare(counts, p * len(draws)).pvalue > 0.001


def test_draws_need_nothing_but_the_system(monkeypatch):
    """The same bytes give the same noise; seeds of generators change nothing."""

    def draw(seed):
        monkeypatch.setattr(secrets, "token_bytes", np.random.default_rng(seed).bytes)
        return draw_discrete_laplace(Fraction(1, 100), 50)

    same = draw(0)
    random.seed(1)
    assert_array_equal(draw(0), same)
    assert (draw(1) != same).any()
    monkeypatch.undo()
    random.seed(1)
    first = draw_discrete_laplace(Fraction(1, 100), 50)
    random.seed(1)
    # Fifty draws of a standard deviation of 141 agree once in 10**100.
    assert (draw_discrete_laplace(Fraction(1, 100), 50) != first).any()


def test_bytes_come_from_secrets(monkeypatch):
    asked = []

    def token_bytes(size):
        asked.append(size)
        return bytes(size)

    monkeypatch.setattr(secrets, "token_bytes", token_bytes)
    assert draw_below(8, 5).tolist() == [0] * 5
    assert asked == [40]
    draw_below(1, 5)  # no choice, no bits
    assert asked == [40]


@given(st.floats(SMALLEST_EPSILON, LARGEST_EPSILON))
def test_epsilon_is_rounded_down(epsilon):
    found = rational_epsilon(epsilon)
    assert Fraction(epsilon) - Fraction(1, DENOMINATOR) < found <= Fraction(epsilon)
    assert found > 0
    assert DENOMINATOR % found.denominator == 0


def test_exact_fractions_stay():
    assert rational_epsilon(Fraction(3, 8)) == Fraction(3, 8)
    assert rational_epsilon(np.float32(0.5)) == Fraction(1, 2)
    assert rational_epsilon(2) == 2


def law_of_sum(epsilon, n_cells):
    """Sizes and probabilities of a sum of draws, by convolution."""
    q, reach = exp(-epsilon), int(40 / epsilon)
    one = (1 - q) / (1 + q) * q ** np.abs(np.arange(-reach, reach + 1)).astype(float)
    law = np.ones(1)
    for _ in range(n_cells):
        law = np.convolve(law, one)
    return np.abs(np.arange(len(law)) - len(law) // 2), law


@pytest.mark.parametrize("n_cells", [1, 2, 7])
@pytest.mark.parametrize("epsilon", [0.1, 0.5, 1.0, 4.0, 8.0])
def test_moments_and_quantiles_of_sums(epsilon, n_cells):
    size, law = law_of_sum(epsilon, n_cells)
    assert_allclose(law @ size**2, n_cells * noise_variance(epsilon))
    for tail in (0.3, 0.05, 0.001, 1e-7):
        m = noise_quantile(epsilon, n_cells, tail)
        assert law[size > m].sum() <= tail * (1 + 1e-6)
        if m > 0:  # the smallest such number
            assert law[size > m - 1].sum() > tail


@pytest.mark.parametrize("n_cells", [1, 3])
def test_quantiles_of_much_noise(n_cells):
    """Below the finest epsilon quantiles are scaled, and never too small."""
    size, law = law_of_sum(0.004, n_cells)
    for tail in (0.05, 0.001):
        exact = size[size.size // 2 :][
            np.argmax(2 * np.cumsum(law[::-1])[::-1][size.size // 2 :] <= tail)
        ]
        m = noise_quantile(0.004, n_cells, tail)
        assert exact - 1 <= m <= 1.04 * exact
        assert law[size > m].sum() <= tail


def test_half_widths():
    z = norm.isf(0.025)
    # One draw has the tails of exp(-|k|): 5 % of them lie beyond 2.1 deviations.
    assert noise_half_width(0.1, 1, z) == noise_quantile(0.1, 1, 0.05) == 30
    assert_allclose(
        noise_half_width(0.1, 50, z), z * (50 * noise_variance(0.1)) ** 0.5, rtol=0.02
    )
    assert noise_half_width(LARGEST_EPSILON, 5, z) == 0
