"""AUC and true positive rate of membership scores, and that their intervals hold."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import binom
from sklearn.metrics import roc_auc_score

from fairlearnkit.inspection import membership_scores
from fairlearnkit.inspection._membership_areas import (
    Auc,
    Measurement,
    Part,
    TruePositiveRate,
    difference,
    estimate,
    model_blocks,
)


def table_of_signals(seed, sizes=(100, 40), n_models=10, effects=(0.5, 1.5), shift=0.5):
    """Signals with a level and an effect of each row, and shifts of each model."""
    rng = np.random.default_rng(seed)
    group = np.repeat([0, 1], sizes)
    n = len(group)
    member = rng.uniform(size=(n, n_models)) < 0.5
    level, slope = rng.normal(size=(2, n, 1))
    size = np.take(effects, group)[:, None] * rng.exponential(size=(n, 1))
    of_model = shift * (rng.normal(size=n_models) + slope * rng.normal(size=n_models))
    noise = rng.normal(size=(n, n_models))
    return 3.0 * level + size * member + of_model + noise, member, group


STATISTICS = (Auc, TruePositiveRate)


def parts_of(signal, member, group):
    """Parts of both groups for each statistic, by the steps of membership_inference."""
    score = membership_scores(signal, member).likelihood_ratio
    rows = [np.flatnonzero(group == g) for g in (0, 1)]
    measured = [
        [Measurement(statistic, score[r], member[r]) for r in rows]
        for statistic in STATISTICS
    ]
    for block in model_blocks(member.shape[1]):
        kept = np.setdiff1d(np.arange(member.shape[1]), block)
        rest = membership_scores(signal[:, kept], member[:, kept]).likelihood_ratio
        for of_statistic in measured:
            for m, r in zip(of_statistic, rows):
                m.leave_out(rest[r], member[r][:, kept])
    return [[m.part() for m in of_statistic] for of_statistic in measured]


def numbers(parts):
    """Estimate, low, high, error of both groups and of their difference."""
    one = np.eye(2)
    tail = 0.025
    of_groups = [estimate(parts, weights, tail) for weights in one]
    return [*of_groups, difference(parts, one[0], one[1], tail)]


RUNS = 60
# Fewer than this of 60 intervals of .95 hold in 1 of 1,000 cases.
FEWEST = int(binom.ppf(0.001, RUNS, 0.95))


@pytest.mark.slow
@pytest.mark.parametrize("effects", [(0.0, 0.0), (0.5, 1.5)], ids=["none", "some"])
def test_coverage(effects):
    """Of the groups and of their difference, in a fast version.

    benchmarks/membership.py has the long one, with models in place of numbers.
    """
    tables = (table_of_signals(seed, effects=effects) for seed in range(RUNS))
    draws = [[numbers(parts) for parts in parts_of(*table)] for table in tables]
    value, low, high, error = np.moveaxis(np.array(draws), -1, 0)
    truth = value.mean(axis=0)  # (statistic, group or difference)
    if not any(effects):
        truth = np.array([[0.5, 0.5, 0.0], [0.01, 0.01, 0.0]])
        assert_allclose(value.mean(axis=0), truth, atol=0.007)
    held = ((low <= truth) & (truth <= high)).sum(axis=0)
    assert (held >= FEWEST).all(), held
    # And they are not much longer than need be: the errors are those of the draws.
    ratio = np.sqrt(np.mean(error**2, axis=0)) / value.std(axis=0)
    assert ((ratio > 0.8) & (ratio < 1.8)).all(), ratio


@pytest.mark.slow
def test_what_models_share_is_in_the_interval():
    """Shifts of models move all rows at once: rows alone would give too little."""
    values, of_rows, of_all = [], [], []
    for seed in range(40):
        table = table_of_signals(seed, sizes=(300, 20), effects=(1.0, 1.0), shift=1.5)
        part = parts_of(*table)[0][0]
        values.append(part.value)
        of_rows.append(part.of_rows)
        of_all.append(estimate([part], [1.0], 0.025)[3] ** 2)
    assert np.mean(of_rows) < 0.6 * np.var(values)
    assert 0.7 < np.mean(of_all) / np.var(values) < 1.6


def test_auc_is_that_of_scikit_learn():
    signal, member, _ = table_of_signals(0)
    score = signal.round()  # with ties
    expected = roc_auc_score(member.ravel(), score.ravel())
    assert_allclose(Auc(score, member).value, expected)


def test_thinned_scores_give_nearly_the_same_influences(monkeypatch):
    signal, member, _ = table_of_signals(0, sizes=(900, 100))
    monkeypatch.setattr("fairlearnkit.inspection._membership_areas.QUANTILES", 10**9)
    exact = Auc(signal, member)
    expected = exact.deviations(signal, member)
    monkeypatch.undo()
    found = Auc(signal, member).deviations(signal, member)
    assert_allclose(found, expected, atol=2e-4)
    assert (found != expected).any()
    # Deviations of both sides have the mean 0.
    assert_allclose([expected[member].mean(), expected[~member].mean()], 0, atol=1e-12)


def test_rate_by_hand():
    # 199 non-members 0 ... 198: the second largest, 197, is exceeded by 2 / 200.
    score = np.concatenate([np.arange(199), [197.5, 199.0, 50.0, 50.0]])[:, None]
    member = np.arange(203)[:, None] >= 199
    assert TruePositiveRate(score, member).value == 0.5
    # Between the first and the second of 149: 1.5 / 150, half way from 1/4 to 2/4.
    score = np.concatenate([np.arange(149), [147.5, 149.0, 50.0, 50.0]])[:, None]
    member = np.arange(153)[:, None] >= 149
    assert TruePositiveRate(score, member).value == 0.375


def test_rate_is_1_percent_where_there_is_nothing_to_find():
    for scores in (np.zeros(400), np.arange(400) % 2):
        member = np.arange(400)[:, None] // 2 % 2 == 0
        value = TruePositiveRate(scores[:, None], member).value
        assert_allclose(value, 0.01, rtol=0.006)
    values = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        score, member = rng.normal(size=(250, 1)), np.arange(250)[:, None] < 130
        values.append(TruePositiveRate(score, member).value)
    # The error of the mean is .0007; as a step function it would be 1 / 121 = .0083.
    assert_allclose(np.mean(values), 0.01, atol=0.0016)


def test_too_few_non_members_for_a_rate():
    score, member = np.arange(198.0)[:, None], np.arange(198)[:, None] < 100
    assert np.isnan(TruePositiveRate(score, member).value)
    member[0] = False  # the 99th
    assert TruePositiveRate(score, member).value == 0.0


def test_an_area_of_1_has_an_interval():
    signal, member, group = table_of_signals(0, sizes=(30, 40))
    parts = parts_of(100.0 * member + 0.0 * signal, member, group)[0]
    value, low, high, _ = estimate(parts[:1], [1.0], 0.025)
    assert (value, high) == (1.0, 1.0)
    assert_allclose(low, 0.025 ** (1 / 30))  # Clopper and Pearson, of 30 rows


def test_a_single_row_has_no_interval():
    signal, member, group = table_of_signals(0, sizes=(1, 40))
    member[0, :2] = [True, False]
    part, other = parts_of(signal, member, group)[0]
    assert np.isfinite(part.value)
    assert np.isnan(estimate([part], [1.0], 0.025)[1:]).all()
    _, *ends = difference([part, other], [1.0, 0.0], [0.0, 1.0], 0.025)
    assert np.isnan(ends).all()


def test_what_both_groups_share_is_not_in_their_difference():
    blocks = 0.02 * np.array([1.0, -1.0, 2.0, -2.0])
    a = Part(0.6, 100, 1e-5, 0.0, blocks)
    first, second = np.eye(2)
    widths = {}
    for name, factor in (("shared", 1.0), ("none", 0.0), ("opposite", -1.0)):
        parts = [a, a._replace(of_blocks=factor * blocks)]
        value, low, high, error = difference(parts, first, second, 0.025)
        assert value == 0.0
        expected = 2e-5 * 100 / 99 + 0.75 * (1.0 - factor) ** 2 * np.sum(blocks**2)
        assert_allclose(error, np.sqrt(expected))
        widths[name] = high - low
    assert 4 * widths["shared"] < widths["none"] < widths["opposite"]


def test_blocks_of_many_models():
    assert [len(b) for b in model_blocks(8)] == [1] * 8
    blocks = model_blocks(100)
    assert len(blocks) == 32
    assert np.concatenate(blocks).tolist() == list(range(100))
