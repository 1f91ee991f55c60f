"""Rates from noisy counts, and intervals of rates and gaps: formulas, coverage."""

import secrets

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from fairlearnkit._counting.discrete_laplace import (
    LARGEST_EPSILON,
    draw_discrete_laplace,
    noise_half_width,
    rational_epsilon,
)
from fairlearnkit._counting.gap_intervals import (
    against_group,
    largest_difference,
    shares_of_largest,
    smallest_ratio,
)
from fairlearnkit._counting.newcombe import (
    interval_of_difference,
    interval_of_ratio,
    quantile_for,
)
from fairlearnkit._counting.noisy_rates import NoisyRates, noisy_rates
from fairlearnkit._counting.rates import divide, rate_counts
from fairlearnkit._counting.wilson import wilson_ends

GRID = np.linspace(0, 1, 20_001)
WITHOUT = LARGEST_EPSILON  # its noise is 0


def rates_of(a, n, epsilon=WITHOUT, n_cells=(1, 1)):
    return NoisyRates(np.array(a), np.array(n), n_cells, epsilon)


def test_without_noise_it_is_wilsons_interval():
    rng = np.random.default_rng(0)
    n = rng.integers(1, 300, 500)
    a = rng.integers(0, n + 1)
    found = rates_of(a, n).intervals(quantile_for(0.9))
    assert_allclose(found, wilson_ends(a / n, n, quantile_for(0.9)), atol=1e-12)


@given(
    a=st.integers(-60, 260),
    n=st.integers(-40, 200),
    n_cells=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    epsilon=st.floats(0.02, 20),
    level=st.floats(0.5, 0.9999),
)
def test_intervals_are_the_rates_that_the_test_accepts(a, n, n_cells, epsilon, level):
    """All p on a grid, by the inequality itself; defined, ordered and within [0, 1]."""
    rates, z = rates_of([a], [n], epsilon, n_cells), quantile_for(level)
    (low,), (high,) = rates.intervals(z)
    assert -1e-12 <= low <= high <= 1 + 1e-12
    if n <= 0:
        assert (low, high) == (0, 1)
        assert np.isnan(rates.values[0])
        return
    assert low - 1e-12 <= rates.values[0] <= high + 1e-12
    t_a, t_b = (noise_half_width(epsilon, k, z) if k else 0.0 for k in n_cells)
    variance = z**2 * n * GRID * (1 - GRID)
    variance += (1 - GRID) ** 2 * t_a**2 + GRID**2 * t_b**2
    accepted = GRID[(np.clip(a, 0, n) - GRID * n) ** 2 <= variance + 1e-9]
    assert_allclose([low, high], [accepted.min(), accepted.max()], atol=1e-4)


@given(
    a=st.integers(0, 50),
    n=st.integers(1, 50),
    more=st.integers(1, 60),
    z=st.floats(1, 4),
)
def test_clipping_widens_intervals_only(a, n, more, z):
    """A numerator beyond its denominator has the interval of the nearest possible."""
    at_end = rates_of([0, n], [n, n], 0.5).intervals(z)
    beyond = rates_of([-more, n + more], [n, n], 0.5).intervals(z)
    assert_allclose(beyond, at_end)


def test_cells_with_noise():
    """Of the cells in a rate, those that hold noise; all of 3 x 3, or the diagonal."""
    counts = np.arange(18).reshape(2, 3, 3)
    for rate, with_truth, without in (
        ("selection_rate", (3, 6), (1, 2)),
        ("accuracy", (3, 6), None),
        ("true_positive_rate", (1, 2), None),
        ("false_positive_rate", (2, 4), None),
    ):
        found = noisy_rates(counts, rate, 1, True, 1.0)
        a, n = rate_counts(counts, rate, 1)
        assert found.n_cells == with_truth
        assert found.numerator.tolist() == a.tolist()
        assert found.denominator.tolist() == n.tolist()
        if without:
            assert noisy_rates(counts, rate, 1, False, 1.0).n_cells == without


def newcombe(p, low, high):
    """Method 10 of Newcombe (1998), written again."""
    d = p[0] - p[1]
    down = np.sqrt((p[0] - low[0]) ** 2 + (high[1] - p[1]) ** 2)
    up = np.sqrt((high[0] - p[0]) ** 2 + (p[1] - low[1]) ** 2)
    return d - down, d + up


def test_two_groups_have_newcombes_interval():
    # Newcombe (1998), table II: 56 of 70 and 48 of 80, method 10: .0524 to .3339.
    rates = rates_of([56, 48], [70, 80])
    low, high = largest_difference(rates, 0.95)
    assert_allclose([low, high], [0.0524, 0.3339], atol=5e-5)
    swapped = rates_of([48, 56], [80, 70])
    assert_allclose(largest_difference(swapped, 0.95), [low, high])
    # Table II: 9 of 10 and 3 of 10 are .1705 to .8090.
    found = largest_difference(rates_of([9, 3], [10, 10]), 0.95)
    assert_allclose(found, [0.1705, 0.8090], atol=5e-5)
    # A difference that may be of either sign is at least 0 in size.
    assert largest_difference(rates_of([5, 6], [10, 10]), 0.95)[0] == 0


def test_ratios_are_those_whose_difference_may_be_zero():
    """By the interval of p1 - r p2 on a grid of r, and turned upside down."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        n = rng.integers(5, 200, 2)
        rates = rates_of(rng.integers(1, n + 1), n, rng.choice([0.5, 2.0, 50.0]))
        p, (low, high) = rates.values, rates.intervals(1.96)
        down, up = (ends[0] for ends in interval_of_ratio(p, low, high, 1))
        r = np.geomspace(1e-3, 1e3, 100_001)
        scaled = [np.stack([v[0] + 0 * r, r * v[1]]) for v in (p, low, high)]
        ends = newcombe(*scaled)
        accepted = r[(ends[0] <= 0) & (ends[1] >= 0)]
        inside = (accepted.min(), min(accepted.max(), 999))
        assert_allclose([max(down, 1e-3), min(up, 999)], inside, rtol=1e-3)
        ends = [v[1] for v in interval_of_ratio(p, low, high, 0)]
        with np.errstate(divide="ignore"):
            assert_allclose(ends, [1 / up, 1 / down], rtol=1e-9)


def test_rates_of_zero_and_undefined_rates_have_intervals():
    rates = rates_of([0, 0, 7, 3], [20, 30, 20, -4], 1.0)
    z = quantile_for(0.95)
    values, (low, high) = rates.values, rates.intervals(z)
    assert_allclose(values[:3], [0, 0, 0.35])
    assert np.isnan(values[3])
    for interval_of, most in ((interval_of_difference, 1), (interval_of_ratio, np.inf)):
        for other in range(4):
            ends = np.array(interval_of(values, low, high, other))
            assert not np.isnan(ends).any()
            assert (ends[0] <= ends[1]).all()
            assert (ends[1] <= most).all()
            # What is not defined may be anything between 0 and 1.
            assert ends[0, 3] == (-high[other] if most == 1 else 0)
    for of_gap in (largest_difference, smallest_ratio):
        assert of_gap(rates, 0.95) == (0, 1)
    low, high = shares_of_largest(rates, 0.95)
    assert not np.isnan([low, high]).any()
    assert (low >= 0).all()
    assert (high <= 1).all()


def test_more_groups_take_more_of_the_error():
    """Of three pairs, the end towards parity has the tail .05 / 2 / 5."""
    rates = rates_of([30, 50, 40], [100, 100, 100], 0.5, (2, 2))
    pairs = [rates.take([g, h]) for g, h in ((0, 1), (0, 2), (1, 2))]
    near, far = 1 - 0.05 / 5, 0.95
    low, high = largest_difference(rates, 0.95)
    assert_allclose(low, max(largest_difference(pair, near)[0] for pair in pairs))
    assert_allclose(high, max(largest_difference(pair, far)[1] for pair in pairs))
    low, high = smallest_ratio(rates, 0.95)
    assert_allclose(low, min(smallest_ratio(pair, far)[0] for pair in pairs))
    assert_allclose(high, min(smallest_ratio(pair, near)[1] for pair in pairs))
    low, high = shares_of_largest(rates, 0.95)
    for n_comparisons, end, found in ((1, 0, low), (2, 1, high)):
        ends = rates.intervals(quantile_for(0.95, n_comparisons))
        assert_allclose(found[0], interval_of_ratio(rates.values, *ends, 1)[end][0])
    assert high[1] == 1


def test_against_a_group_there_is_one_pair():
    rates = rates_of([20, 70, 40], [100, 120, 80], 0.5, (2, 2))
    low, high = against_group(rates, 1, 0.95, interval_of_difference)
    assert (low[1], high[1]) == (0, 0)
    two = largest_difference(rates.take([0, 1]), 0.95)
    assert_allclose([-high[0], -low[0]], two)
    low, high = against_group(rates, 1, 0.95, interval_of_ratio)
    assert (low[1], high[1]) == (1, 1)
    two = smallest_ratio(rates.take([0, 1]), 0.95)
    assert_allclose([low[0], min(high[0], 1)], two)


def test_many_samples_at_once_are_each_by_itself():
    rng = np.random.default_rng(4)
    n = rng.integers(-5, 60, (20, 4))
    a = rng.integers(-9, 60, (20, 4))
    together = rates_of(a, n, 0.7, (2, 4))
    for of in (largest_difference, smallest_ratio, shares_of_largest):
        found = np.array(of(together, 0.9))
        for k in range(20):
            assert_allclose(found[:, k], of(rates_of(a[k], n[k], 0.7, (2, 4)), 0.9))


# Shares of groups, base rates, true and false positive rates.
POPULATIONS = {
    "two": ([0.7, 0.3], [0.3, 0.2], [0.6, 0.5], [0.1, 0.05]),
    "alike": ([0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]),
    "five": (
        [0.5, 0.3, 0.1, 0.07, 0.03],
        [0.3, 0.2, 0.25, 0.4, 0.3],
        [0.6, 0.5, 0.55, 0.7, 0.4],
        [0.1, 0.05, 0.08, 0.2, 0.02],
    ),
}


def shares_of_cells(population):
    """Shares of the cells (group, true class, prediction)."""
    group, base, tpr, fpr = map(np.array, POPULATIONS[population])
    of_negative = np.stack([1 - fpr, fpr], axis=-1) * (group * (1 - base))[:, None]
    of_positive = np.stack([1 - tpr, tpr], axis=-1) * (group * base)[:, None]
    return np.stack([of_negative, of_positive], axis=1)


def share_held(low, high, truth):
    return ((low <= truth + 1e-12) & (truth <= high + 1e-12)).mean()


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("epsilon", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("population", POPULATIONS)
def test_coverage(population, epsilon, level, monkeypatch):
    """Samples with noise of the sampler itself, from bytes of a seed."""
    rng = np.random.default_rng(5)
    monkeypatch.setattr(secrets, "token_bytes", rng.bytes)
    shares, n_runs = shares_of_cells(population), 1000
    for n_rows in (1000, 20_000):
        counts = rng.multinomial(n_rows, shares.ravel(), size=n_runs)
        counts += draw_discrete_laplace(rational_epsilon(epsilon), counts.size).reshape(
            counts.shape
        )
        for rate in ("selection_rate", "true_positive_rate"):
            truth = divide(*rate_counts(shares, rate, 1))
            cells = counts.reshape(n_runs, *shares.shape)
            rates = noisy_rates(cells, rate, 1, True, epsilon)
            found = [
                share_held(*rates.intervals(quantile_for(level)), truth),
                share_held(
                    *largest_difference(rates, level), truth.max() - truth.min()
                ),
                share_held(*smallest_ratio(rates, level), truth.min() / truth.max()),
                share_held(*shares_of_largest(rates, level), truth / truth.max()),
                share_held(
                    *against_group(rates, 0, level, interval_of_ratio), truth / truth[0]
                ),
            ]
            # Three standard errors of 1,000 runs; Wilson's is about right, not above.
            lowest = level - 3 * np.sqrt(level * (1 - level) / n_runs)
            assert min(found) > lowest, (n_rows, rate, found)


def test_intervals_that_ignore_the_noise_hold_less():
    """The test above can fail: of 1,000 rows and epsilon .1, hardly half of them do."""
    rng = np.random.default_rng(6)
    shares = shares_of_cells("two")
    counts = rng.multinomial(1000, shares.ravel(), size=1000)
    counts += draw_discrete_laplace(rational_epsilon(0.1), counts.size).reshape(
        counts.shape
    )
    truth = divide(*rate_counts(shares, "selection_rate", 1))
    cells = counts.reshape(1000, 2, 2, 2)
    rates = noisy_rates(cells, "selection_rate", 1, True, WITHOUT)
    assert share_held(*rates.intervals(quantile_for(0.95)), truth) < 0.7
