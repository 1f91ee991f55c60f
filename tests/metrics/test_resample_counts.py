"""Counts of resamples have the law of rows drawn with replacement, weights and all."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlearnkit._counting.confusion import read_confusion
from fairlearnkit.metrics import (
    bootstrap_interval,
    demographic_parity_difference,
    equalized_odds_difference,
    parity_report,
)
from fairlearnkit.metrics._resample_counts import resampled_weights


def draw(n_rows, seed=0, weights=None):
    """Three unlike groups, and weights that go with the decision."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b", "c"], n_rows, p=[0.5, 0.3, 0.2])
    rate = np.where(group == "a", 0.6, np.where(group == "b", 0.3, 0.4))
    y_pred = (rng.uniform(size=n_rows) < rate).astype(int)
    y_true = rng.integers(0, 2, n_rows)
    weight = rng.uniform(0.5, 1.5, n_rows) * (1 + y_pred)
    if weights is not None:
        weight = np.asarray(weights)[rng.integers(0, len(weights), n_rows)]
    return y_true, y_pred, group, weight


@pytest.mark.parametrize("weights", [None, [1.0, 3.0], [0.0, 0.5, 2.0]])
@pytest.mark.parametrize("stratify", [False, True])
def test_mean_and_covariance_by_theory(weights, stratify):
    """Of independent draws of rows: n (E[t t'] - E[t] E[t]') for totals t of a row."""
    n_rows = 400
    *data, weight = draw(n_rows, 1, weights)
    confusion = read_confusion(*data, sample_weight=weight)
    rng = np.random.default_rng(0)
    blocks = resampled_weights(confusion, 20_000, rng, stratify=stratify)
    draws = np.concatenate(list(blocks)).reshape(20_000, -1)
    kept = weight > 0  # a row of weight zero counts as absent
    hot = np.zeros((kept.sum(), confusion.counts.size))
    places = np.ravel_multi_index(
        [c[kept] for c in confusion.codes], confusion.counts.shape
    )
    hot[np.arange(len(hot)), places] = weight[kept]
    parts = [hot[data[2][kept] == g] for g in "abc"] if stratify else [hot]
    known = sum(
        part.T @ part - len(part) * np.outer(*[part.mean(0)] * 2) for part in parts
    )
    scale = np.sqrt(np.diag(known))
    assert_allclose(draws.mean(axis=0), hot.sum(axis=0), atol=5 * scale.max() / 141)
    assert_allclose(
        np.cov(draws.T) / np.outer(scale, scale),
        known / np.outer(scale, scale),
        atol=0.04,
    )


def by_rows(y_true, y_pred, *, sensitive_features, sample_weight):
    """The metric afresh, in a function that is not known to count."""
    means = [
        np.average(y_pred[own], weights=sample_weight[own])
        for own in (sensitive_features == g for g in "abc")
        if sample_weight[own].any()
    ]
    return max(means) - min(means)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("weights", "stratify"), [(None, False), ([1.0, 5.0], False), ([1.0, 5.0], True)]
)
def test_counts_and_weighted_rows_agree(weights, stratify):
    y_true, y_pred, group, weight = draw(300, 2, weights)
    options = {"sensitive_features": group, "sample_weight": weight}
    options |= {"stratify": stratify, "random_state": 0}
    fast = bootstrap_interval(
        demographic_parity_difference, y_true, y_pred, **options, n_resamples=20_000
    )
    slow = bootstrap_interval(by_rows, y_true, y_pred, **options, n_resamples=1000)
    assert_allclose(fast.estimate, slow.estimate, rtol=1e-12)
    assert_allclose(fast.standard_error, slow.standard_error, rtol=0.07)


@pytest.mark.slow
def test_coverage_with_weights():
    """95 % nominal, at least 93 % in 200 trials; three pairs make it more."""
    truth = 0.6 * 2 / (0.6 * 2 + 0.4) - 0.3 * 2 / (0.3 * 2 + 0.7)
    inside = 0
    for seed in range(200):
        y_true, y_pred, group, weight = draw(1500, seed)
        found = bootstrap_interval(
            demographic_parity_difference,
            y_true,
            y_pred,
            sensitive_features=group,
            sample_weight=weight,
            n_resamples=1,
            random_state=seed,
        )
        inside += found.low <= truth <= found.high
    assert 0.93 <= inside / 200 < 1


def test_equal_weights_change_nothing():
    y_true, y_pred, group, _ = draw(500)
    plain, weighted = (
        bootstrap_interval(
            equalized_odds_difference,
            y_true,
            y_pred,
            sensitive_features=group,
            sample_weight=weight,
            random_state=0,
        )
        for weight in (None, np.full(500, 2.5))
    )
    assert plain.pop("method") == weighted.pop("method") == "newcombe"
    assert_allclose(list(weighted.values()), list(plain.values()))


def test_the_report_has_the_same_intervals():
    y_true, y_pred, group, weight = draw(200)
    options = {"sensitive_features": group, "sample_weight": weight, "random_state": 3}
    report = parity_report(y_true, y_pred, **options, output_dict=True)
    metric = demographic_parity_difference
    found = bootstrap_interval(metric, y_true, y_pred, **options)
    gap = report["difference"]["selection_rate"]
    assert gap == {name: found[name] for name in gap}


@pytest.mark.slow
@pytest.mark.parametrize("aggregate", ["worst", "mean"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_thousand_groups_stay_small(aggregate, weighted):
    """Resamples by blocks, and no table of pairs of groups: 8 GB before."""
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 2, (2, 20_000))
    group = np.arange(20_000) % 1000
    weight = rng.uniform(1, 2, 20_000) if weighted else None
    tracemalloc.start()
    found = bootstrap_interval(
        partial(demographic_parity_difference, aggregate=aggregate),
        y_true,
        y_pred,
        sensitive_features=group,
        sample_weight=weight,
        n_resamples=200,
        random_state=0,
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.isfinite(found.low)
    assert peak < 150e6


def test_a_group_without_weight_has_no_rate():
    y_true, y_pred, group, weight = draw(100)
    kept = weight * (group != "b")
    confusion = read_confusion(y_true, y_pred, group, sample_weight=kept)
    for stratify in (False, True):
        (block,) = resampled_weights(
            confusion, 5, np.random.default_rng(0), stratify=stratify
        )
        assert (block.sum(axis=(1, 3, 4)) > 0).tolist() == [[True, False, True]] * 5
