"""Intervals of gaps: coverage by simulation, weights, strata and aggregates."""

from functools import partial
from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

from fairlearnkit._counting.comparison_intervals import comparison_interval
from fairlearnkit._counting.confusion import read_confusion
from fairlearnkit._counting.gap_intervals import largest_difference, smallest_ratio
from fairlearnkit._counting.gaps import RateComparison
from fairlearnkit._counting.kinds import weights_and_squares
from fairlearnkit._counting.newcombe import (
    interval_of_difference,
    interval_of_ratio,
    quantile_for,
)
from fairlearnkit._counting.sampled_rates import rates_of_sums, sampled_rates
from fairlearnkit._counting.wilson import wilson_ends
from fairlearnkit.metrics import bootstrap_interval

N_RUNS = 2000
# 95 % less four standard errors, and one point where few rows are selected.
FEWEST = 0.95 - 4 * np.sqrt(0.95 * 0.05 / N_RUNS) - 0.01


def held(ends, truth):
    low, high = ends
    return np.mean((low <= truth + 1e-12) & (truth <= high + 1e-12))


def counted(rates, n_rows, seed=0):
    counts = np.random.default_rng(seed).binomial(n_rows, rates, (N_RUNS, len(rates)))
    n_rows = np.broadcast_to(np.asarray(n_rows, dtype=float), counts.shape)
    return rates_of_sums(counts, n_rows, counts, n_rows)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(
    ("rates", "n_rows"),
    [
        ([0.3, 0.3], [500, 500]),
        ([0.005, 0.005], [500, 500]),
        ([0.005, 0.02], [500, 500]),
        ([0.3, 0.4], [500, 100]),
        ([0.3] * 5, [500] * 5),
        ([0.02] * 4 + [0.04], [500] * 5),
        # Two large groups make the gap, and small ones are known badly.
        ([0.3, 0.32, 0.3, 0.32, 0.31], [20_000, 20_000, 50, 50, 50]),
    ],
)
def test_coverage(rates, n_rows, level):
    found, rates = counted(rates, n_rows), np.array(rates)
    fewest = level - 0.95 + FEWEST
    difference = largest_difference(found, level)
    assert held(difference, np.ptp(rates)) > fewest
    assert held(smallest_ratio(found, level), rates.min() / rates.max()) > fewest
    if len(rates) == 2 and rates.min() > 0.1:  # and intervals are no longer than needed
        assert held(difference, np.ptp(rates)) < level + 0.03
    if np.ptp(rates) == 0:  # what is simpler does not hold where there is no gap
        assert np.mean(np.ptp(found.values, axis=1) > 0) > 0.7


def test_more_groups_without_a_gap_are_held_as_often():
    """The largest of 45 differences, without an allowance for them, is too large."""
    found = counted([0.3] * 10, [400] * 10)
    assert held(largest_difference(found, 0.95), 0) > FEWEST
    rates, (low, high) = found.values, found.intervals(quantile_for(0.95))
    pairs = [
        interval_of_difference(*(v[:, [g, h]] for v in (rates, low, high)), 0)
        for g, h in combinations(range(10), 2)
    ]
    ends = np.array([(down[:, 1], up[:, 1]) for down, up in pairs])
    naive = np.maximum(ends[:, 0], -ends[:, 1]).max(axis=0)
    assert np.mean(naive <= 0) < 0.6


def test_equal_weights_are_rows():
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 40, (2, 3, 2, 2))
    plain = sampled_rates(counts, counts, "true_positive_rate", 1)
    weighted = sampled_rates(2.5 * counts, 6.25 * counts, "true_positive_rate", 1)
    assert_allclose(weighted.values, plain.values)
    n = counts[:, :, 1].sum(axis=-1)
    assert_allclose(weighted.n_rows, n)
    ends = wilson_ends(plain.values, n, quantile_for(0.9))
    assert_allclose(weighted.intervals(quantile_for(0.9)), ends, atol=1e-15)


def test_intervals_end_at_rates_of_zero_and_one():
    """Also where a sum of rounded numbers does not, as for 19 rows and z = 2.5."""
    n = np.arange(1.0, 200.0)
    for z in (1.0, 2.5, 4.0):
        low, high = rates_of_sums(0 * n, n, 0 * n, n).intervals(z)
        assert_array_equal(low, 0)
        assert (high < 1).all()
        low, high = rates_of_sums(n, n, n, n).intervals(z)
        assert_array_equal(high, 1)
        assert (low > 0).all()


def test_the_ratio_to_a_rate_that_can_only_be_zero():
    values, low, high = np.array([[np.nan, 0.0], [0.2, 0.0], [0.5, 0.0]])
    ends = interval_of_ratio(values, low, high, 1)
    assert_array_equal(ends, [[0, 0], [np.inf, np.inf]])


def test_effective_rows_by_hand():
    """Of weights 1, 1, 2 (selected) and 4: p = 4 / 8, V = (6 / 4 + 16 / 4) / 64."""
    found = rates_of_sums(*(np.array([v]) for v in (4.0, 8.0, 6.0, 22.0)))
    assert found.values == 0.5
    assert_allclose(found.n_rows, [0.25 / (5.5 / 64)])
    # Light rows of a rare outcome: Kish's number bounds it. Rates of 0 have that alone.
    bound = 100.0**2 / 300.0
    for a, square in ((0.2, 0.01), (0.0, 0.0)):
        found = rates_of_sums(*(np.array([v]) for v in (a, 100.0, square, 300.0)))
        assert_allclose(found.n_rows, [bound])


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_coverage_with_weights(factor):
    """Weights of an exponential law, or three times as much for the outcome."""
    rng = np.random.default_rng(1)
    p = np.array([0.3, 0.4])
    selected = rng.random((N_RUNS, 2, 300)) < p[:, None]
    weight = rng.exponential(size=selected.shape) * np.where(selected, factor, 1.0)
    sums = [weight * selected, weight, weight**2 * selected, weight**2]
    found = rates_of_sums(*(each.sum(axis=-1) for each in sums))
    truth = factor * p / (factor * p + 1 - p)
    assert held(largest_difference(found, 0.95), np.ptp(truth)) > FEWEST
    # As if each row had the weight 1.
    found = found._replace(n_rows=np.full(found.values.shape, 300.0))
    assert held(largest_difference(found, 0.95), np.ptp(truth)) < 0.9


def table(n=900, seed=0):
    rng = np.random.default_rng(seed)
    y_true, y_pred, stratum = rng.integers(0, 2, (3, n))
    group = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    return y_true, y_pred, group, stratum, rng.integers(1, 4, n)


def test_sums_of_weights_and_of_their_squares_by_hand():
    y_true, y_pred, group, stratum, weight = table()
    read = partial(read_confusion, y_true, y_pred, group, control_features=stratum)
    counts = {k: read(sample_weight=1 * (weight == k)).counts for k in (1, 2, 3)}
    expected = [sum(k**power * counts[k] for k in counts) for power in (1, 2)]
    for unit in (1.0, 1e-300, 5e-324, 1e290):
        sums, squares = weights_and_squares(read(sample_weight=unit * weight))
        scale = sums.sum() / expected[0].sum()
        assert_allclose(sums, scale * expected[0])
        assert_allclose(squares, scale**2 * expected[1])
    assert_allclose(weights_and_squares(read()), [read().counts] * 2)


@pytest.mark.parametrize("ratio", [False, True])
@pytest.mark.parametrize("aggregate", ["worst", "mean", "to_overall"])
def test_aggregates_by_hand(aggregate, ratio):
    """From the intervals of all comparisons of two strata and two rates, one by one."""
    y_true, y_pred, group, stratum, _ = table()
    rates = ("true_positive_rate", "false_positive_rate")
    comparison = RateComparison(rates, ratio=ratio, aggregate=aggregate)
    n_pairs = 12
    near = quantile_for(0.95, n_pairs if aggregate == "mean" else 2 * n_pairs - 1)
    far = near if aggregate == "mean" else quantile_for(0.95)
    towards, away, totals = [], [], []
    for s in (0, 1):
        by_rate = []
        for true in (1, 0):
            rows = (stratum == s) & (y_true == true)
            sides = [
                [
                    _end(y_pred[rows], group[rows], one, other, z, ratio)
                    for z in (near, far)
                ]
                for one, other in _compared(aggregate)
            ]
            by_rate.append(np.array(sides))  # comparison, z, end
        parts = np.array(by_rate)
        low, high = (parts[..., 0, 0], parts[..., 1, 1])
        if ratio:
            low, high = parts[..., 1, 0], parts[..., 0, 1]
        over = np.mean if aggregate == "mean" else (np.min if ratio else np.max)
        worst = np.min if ratio else np.max
        towards.append(worst(over(low, axis=-1)))
        away.append(worst(over(high, axis=-1)))
        totals.append(np.sum(stratum == s))
    if aggregate == "mean":
        expected = [np.average(each, weights=totals) for each in (towards, away)]
    else:
        expected = [(np.min if ratio else np.max)(each) for each in (towards, away)]
    confusion = read_confusion(y_true, y_pred, group, control_features=stratum)
    counts = confusion.counts
    found = comparison_interval(comparison, counts, counts, [1], 0.95)
    assert_allclose(found, expected)
    gap = float(comparison.gap(counts, [1]))
    assert found[0] <= gap <= found[1]


def _compared(aggregate):
    if aggregate == "to_overall":
        return [(g, None) for g in "abc"]
    return list(combinations("abc", 2))


def _end(y_pred, group, one, other, z, ratio):
    """Both ends of a difference without its sign, or of a ratio of at most 1."""
    level = 1 - 2 * norm.sf(z)
    second = (group != one) if other is None else (group == other)
    both = [y_pred[group == one], y_pred[second]]
    p = np.array([each.mean() for each in both])
    n = np.array([len(each) for each in both])
    ends = (p, *wilson_ends(p, n, quantile_for(level)))
    share = n[0] / n.sum() if other is None else 0.0
    if ratio:
        down, up = (float(v[0]) for v in interval_of_ratio(*ends, 1))
        down, up = (r / (share * r + 1 - share) for r in (down, up))
        return min(down, 1 / up), min(1, up, 1 / down)
    down, up = ((1 - share) * float(v[0]) for v in interval_of_difference(*ends, 1))
    return max(0, down, -up), max(-down, up)


def test_undefined_rates_have_no_interval():
    group, y_true = ["a"] * 30 + ["b"] * 30, [1, 0] * 15 + [0] * 30
    with (
        pytest.warns(match="no rows with y_true == 1"),
        pytest.warns(match="resamples"),
    ):
        found = bootstrap_interval(
            "equal_opportunity_difference",
            y_true,
            [1, 0] * 30,
            sensitive_features=group,
            n_resamples=5,
        )
    assert np.isnan([found.estimate, found.low, found.high]).all()


def test_what_a_seed_and_resamples_change():
    """Ends have a formula; the standard error comes from resamples."""
    _, y_pred, group, *_ = table()
    call = partial(
        bootstrap_interval,
        "demographic_parity_difference",
        y_pred,
        y_pred,
        sensitive_features=group,
    )
    one, other = call(n_resamples=20, random_state=0), call(n_resamples=99)
    assert (one.low, one.high) == (other.low, other.high)
    assert one.method == "newcombe"
    assert one.standard_error != other.standard_error
