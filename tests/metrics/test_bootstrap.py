"""Intervals: coverage by simulation, and the two ways of resampling agree."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit import metrics
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.metrics import (
    bootstrap_interval,
    demographic_parity_difference,
    equalized_odds_difference,
    ks_gap,
    rate_difference,
)


def draw(n_rows, seed, rates=(0.5, 0.3)):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(rates)), n_rows)
    y_pred = rng.uniform(size=len(group)) < np.array(rates)[group]
    return y_pred.astype(int), group


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metric", "rates", "truth"),
    [
        ("demographic_parity_difference", (0.5, 0.3), 0.2),
        ("demographic_parity_difference", (0.3, 0.3), 0.0),
        ("demographic_parity_ratio", (0.5, 0.3), 0.6),
        ("demographic_parity_ratio", (0.3, 0.3), 1.0),
    ],
)
def test_coverage(metric, rates, truth):
    """95 % nominal: 92 to 98 % at 500 rows a group, also where there is no gap."""
    n_trials, inside = 250, 0
    for seed in range(n_trials):
        y_pred, group = draw(500, seed, rates)
        found = bootstrap_interval(
            metric,
            y_pred,
            y_pred,
            sensitive_features=group,
            n_resamples=1,
            random_state=seed,
        )
        inside += found.low <= truth <= found.high
    assert 0.92 <= inside / n_trials <= 0.98


def wrapped(y_true, y_pred, *, sensitive_features):
    """The metric behind a function that is not known to count."""
    return demographic_parity_difference(
        y_true, y_pred, sensitive_features=sensitive_features
    )


def by_rows(y_true, y_pred, *, sensitive_features):
    """The difference afresh, for three groups."""
    means = [y_pred[sensitive_features == g].mean() for g in (0, 1, 2)]
    return max(means) - min(means)


@pytest.mark.parametrize("stratify", [False, True])
def test_counts_and_rows_agree(stratify):
    y_pred, group = draw(200, 0, (0.6, 0.3, 0.35))
    data = {"sensitive_features": group, "stratify": stratify, "random_state": 0}
    fast = bootstrap_interval(
        demographic_parity_difference, y_pred, y_pred, n_resamples=20_000, **data
    )
    slow = bootstrap_interval(by_rows, y_pred, y_pred, n_resamples=500, **data)
    assert_allclose(fast.estimate, slow.estimate, rtol=1e-12)
    assert_allclose(fast.standard_error, slow.standard_error, rtol=0.07)
    assert (fast.method, slow.method) == ("newcombe", "percentile")
    # Both are intervals of the same gap, which allows for three pairs in the first.
    assert fast.low < slow.low + 0.01
    assert_allclose(fast.high, slow.high, atol=0.02)


def of_two(y_true, y_pred, *, sensitive_features):
    """The difference afresh, for two groups."""
    return abs(
        y_pred[sensitive_features == 0].mean() - y_pred[sensitive_features == 1].mean()
    )


@pytest.mark.slow
def test_a_gap_of_0_of_any_metric_of_two_groups():
    """By rows, of 60 samples: 95 % nominal, and few of the percentile intervals."""
    held, above = 0, 0
    for seed in range(60):
        y_pred, group = draw(60, seed, (0.4, 0.4))
        found = bootstrap_interval(
            of_two,
            y_pred,
            y_pred,
            sensitive_features=group,
            n_resamples=100,
            random_state=seed,
        )
        held += found.low <= 0
        above += found.estimate > 0
    assert 0.88 <= held / 60 < 1
    assert above > 50


def test_intervals_of_a_distance_of_decisions():
    """That of two distributions on 0 and 1 is the difference of their means."""
    y_pred, group = draw(500, 1)
    data = {"sensitive_features": group, "random_state": 0}
    rates = bootstrap_interval(
        demographic_parity_difference, y_pred, y_pred, n_resamples=20_000, **data
    )
    found = bootstrap_interval(
        "strong_demographic_disparity", y_pred, y_pred, n_resamples=500, **data
    )
    assert_allclose(found.estimate, rates.estimate)
    assert_allclose([found.low, found.high], [rates.low, rates.high], atol=0.01)
    assert_allclose(found.standard_error, rates.standard_error, rtol=0.07)


def test_standard_error_by_theory():
    y_pred, group = draw(500, 3)
    p = [y_pred[group == g].mean() for g in (0, 1)]
    theory = np.sqrt(sum(q * (1 - q) / 500 for q in p))
    for stratify in (False, True):
        found = bootstrap_interval(
            "demographic_parity_difference",
            y_pred,
            y_pred,
            sensitive_features=group,
            n_resamples=5000,
            stratify=stratify,
            random_state=0,
        )
        assert_allclose(found.standard_error, theory, rtol=0.05)
    narrow = bootstrap_interval(
        "demographic_parity_difference",
        y_pred,
        y_pred,
        sensitive_features=group,
        confidence_level=0.5,
        random_state=0,
    )
    assert_allclose(narrow.high - narrow.low, 2 * 0.6745 * theory, rtol=0.15)


def test_groups_that_a_resample_misses_warn():
    y, group = [1, 0] * 20 + [1, 0], ["a"] * 40 + ["b"] * 2
    data = {"sensitive_features": group, "random_state": 0}
    metric = partial(demographic_parity_difference, pos_label=1)
    with pytest.warns((UndefinedMetricWarning, SmallGroupWarning)) as caught:
        found = bootstrap_interval(metric, y, y, **data)
    messages = [str(w.message) for w in caught if w.category is UndefinedMetricWarning]
    assert len(messages) == 1
    assert messages[0].startswith(f"{found.n_undefined} of 1000 resamples miss a group")
    assert 80 < found.n_undefined < 200  # (1 - 2 / 42)^42 = 0.13
    assert np.isfinite([found.low, found.high]).all()
    with pytest.warns(SmallGroupWarning, match="a: 40, b: 2"):
        kept = bootstrap_interval(metric, y, y, **data, stratify=True)
    assert kept.n_undefined == 0
    with pytest.warns((UndefinedMetricWarning, SmallGroupWarning)):
        slow = bootstrap_interval(wrapped, y, y, **data, n_resamples=300)
    assert 24 < slow.n_undefined < 60


@pytest.mark.parametrize("name", ["equalized_odds_difference", "rate_difference"])
def test_options_reach_the_counts(name):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.choice(["no", "yes"], (2, 600))
    group, stratum = rng.integers(0, 2, 600), rng.integers(0, 2, 600)
    fixed = {"pos_label": "no", "control_features": stratum, "aggregate": "mean"}
    if name == "rate_difference":
        fixed["rate"] = "false_positive_rate"
    metric = partial(getattr(metrics, name), **fixed)
    found = bootstrap_interval(
        metric, y_true, y_pred, sensitive_features=group, random_state=0
    )
    assert found.estimate == metric(y_true, y_pred, sensitive_features=group)
    assert found.low < found.high


def test_weights_are_resampled_with_their_rows():
    y_pred, group = draw(300, 0)
    weight = np.random.default_rng(0).integers(1, 4, 600)
    metric = equalized_odds_difference
    y_true = np.random.default_rng(1).integers(0, 2, 600)
    data = {"sensitive_features": group, "sample_weight": weight}
    found = bootstrap_interval(metric, y_true, y_pred, **data, random_state=0)
    assert found.estimate == metric(y_true, y_pred, **data)
    rng, draws = np.random.default_rng(2), []
    for _ in range(500):
        i = rng.integers(600, size=600)
        data = {"sensitive_features": group[i], "sample_weight": weight[i]}
        draws.append(metric(y_true[i], y_pred[i], **data))
    assert_allclose(found.standard_error, np.std(draws), rtol=0.1)


def test_scores_frames_and_missing_groups():
    rng = np.random.default_rng(0)
    f, group = rng.normal(size=300), rng.choice(["a", "b"], 300).astype(object)
    group[:20] = None
    metric = partial(ks_gap, missing="ignore")
    found = bootstrap_interval(
        metric,
        None,
        pd.Series(f),
        sensitive_features=pd.Series(group),
        n_resamples=50,
        random_state=0,
    )
    assert found.estimate == ks_gap(None, f[20:], sensitive_features=group[20:])
    again = bootstrap_interval(
        metric, None, f, sensitive_features=group, n_resamples=50, random_state=0
    )
    assert again == found


def test_errors():
    y_pred, group = draw(50, 0)
    data = {"sensitive_features": group}
    with pytest.raises(ValueError, match="metric='gap' is not known; use one of"):
        bootstrap_interval("gap", y_pred, y_pred, **data)
    with pytest.raises(ValueError, match="confidence_level=95 must lie between"):
        bootstrap_interval(rate_difference, y_pred, y_pred, **data, confidence_level=95)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        bootstrap_interval(rate_difference, y_pred[1:], y_pred, **data)
    with pytest.raises(ValueError, match="rate='x' is not known"):
        bootstrap_interval(partial(rate_difference, rate="x"), y_pred, y_pred, **data)
    for metric in (rate_difference, "ks_gap"):
        for n_resamples in (0, -1, 10.0):
            with pytest.raises(ValueError, match=f"n_resamples={n_resamples} must be"):
                bootstrap_interval(
                    metric, y_pred, y_pred, **data, n_resamples=n_resamples
                )
        with pytest.raises(ValueError, match="y_pred is None: pass one prediction"):
            bootstrap_interval(metric, y_pred, None, **data)


def test_arguments_by_row_are_resampled_with_their_rows():
    rng = np.random.default_rng(0)
    stratum, group = rng.integers(0, 2, 800), rng.integers(0, 2, 800)
    group = np.where(rng.uniform(size=800) < 0.8, stratum, group)
    y_pred = (rng.uniform(size=800) < 0.2 + 0.5 * stratum).astype(int)
    metric = partial(demographic_parity_difference, control_features=stratum)
    data = {"sensitive_features": group, "random_state": 0}
    fast = bootstrap_interval(metric, y_pred, y_pred, **data)
    slow = bootstrap_interval(
        metric, y_pred, y_pred, **data, sample_weight=np.ones(800), n_resamples=400
    )
    assert fast.estimate == pytest.approx(slow.estimate)
    assert_allclose([fast.low, fast.high], [slow.low, slow.high], atol=0.03)
    weighed = partial(rate_difference, sample_weight=np.ones(800))
    with pytest.raises(ValueError, match="Pass sample_weight to bootstrap_interval"):
        bootstrap_interval(weighed, y_pred, y_pred, **data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("rate_difference", {"rate": "false_positive_rate", "pos_label": "no"}),
        ("demographic_parity_ratio", {"missing": "group", "pos_label": "yes"}),
        ("equalized_odds_difference", {"missing": "ignore", "labels": ["no", "yes"]}),
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_metric_params_are_keywords_of_the_metric(name, params, weighted):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.choice(["no", "yes"], (2, 600))
    group = rng.choice(["a", "b", None], 600)
    params = {"missing": "group", "pos_label": "yes"} | params
    options = {"sensitive_features": group, "random_state": 0, "n_resamples": 50}
    options["sample_weight"] = rng.uniform(1, 2, 600) if weighted else None
    metric = getattr(metrics, name)
    known = bootstrap_interval(partial(metric, **params), y_true, y_pred, **options)
    for given in (name, metric, partial(metric, missing="error", pos_label="no")):
        found = bootstrap_interval(
            given, y_true, y_pred, **options, metric_params=params
        )
        assert found == known
    scores, ignored = rng.normal(size=600), {"missing": "ignore"}
    found = bootstrap_interval("ks_gap", None, scores, **options, metric_params=ignored)
    fixed = bootstrap_interval(partial(ks_gap, **ignored), None, scores, **options)
    assert found == fixed
    kept = group != None  # noqa: E711
    weight = None if not weighted else options["sample_weight"][kept]
    alone = {"sensitive_features": group[kept], "sample_weight": weight}
    assert found.estimate == ks_gap(None, scores[kept], **alone)


def test_metric_params_that_are_unknown():
    y_pred, group = draw(50, 0)

    def call(metric, params):
        data = {"sensitive_features": group, "metric_params": params}
        return bootstrap_interval(metric, y_pred, y_pred, **data)

    with pytest.raises(ValueError, match=r"holds \['mising'\], which ks_gap .* takes"):
        call("ks_gap", {"mising": "group"})
    with pytest.raises(ValueError, match=r"it takes \['missing'\]"):
        call("ks_gap", {"pos_label": 1})
    with pytest.raises(ValueError, match=r"holds \['sample_weight'\]: pass them where"):
        call("ks_gap", {"sample_weight": np.ones(100)})
    with pytest.raises(ValueError, match="must be a dict of keywords"):
        call("ks_gap", ["missing"])


def test_the_metric_sees_the_groups_as_they_are():
    rng = np.random.default_rng(0)
    age = rng.integers(18, 90, 500)
    f = rng.normal(size=500) + (age - 50) / 100
    metric = partial(metrics.score_gap, constraint="decorrelation")
    found = bootstrap_interval(
        metric, None, f, sensitive_features=age, n_resamples=100, random_state=0
    )
    assert found.estimate == metric(None, f, sensitive_features=age)
    assert found.low < found.estimate < found.high
    assert found.n_undefined == 0

    def share_of_a(y_true, y_pred, *, sensitive_features):
        return np.mean(np.asarray(sensitive_features) == "a")

    group = ["a"] * 30 + ["b"] * 10
    for labels in (group, {"g": group}):
        bare = (
            share_of_a
            if labels is group
            else lambda y, p, *, sensitive_features: share_of_a(
                y, p, sensitive_features=sensitive_features["g"]
            )
        )
        found = bootstrap_interval(
            bare,
            f[:40],
            f[:40],
            sensitive_features=labels,
            n_resamples=50,
            random_state=0,
        )
        assert found.estimate == 0.75


def test_resamples_that_a_metric_refuses_are_left_out():
    y, group = np.array([1] * 3 + [0] * 57), ["a"] * 30 + ["b"] * 30
    y[-4:] = 1
    f = np.arange(60.0)
    metric = partial(metrics.score_gap, constraint="equal_opportunity")
    with pytest.warns((SmallGroupWarning, UndefinedMetricWarning)):
        found = bootstrap_interval(
            metric, y, f, sensitive_features=group, n_resamples=300, random_state=0
        )
    assert 5 < found.n_undefined < 60
    single = np.array([1] + [0] * 59)
    weighed = bootstrap_interval(
        "demographic_parity_difference",
        single,
        single,
        sensitive_features=group,
        sample_weight=np.ones(60),
        n_resamples=100,
        random_state=0,
    )
    assert weighed.n_undefined == 0  # resamples without a 1 count, too


def test_ratios_of_rates_that_are_0_warn():
    group, y_pred = np.repeat(["a", "b"], 40), np.arange(80) < 1
    with pytest.warns(
        UndefinedMetricWarning, match="or have a ratio of rates that are"
    ):
        bootstrap_interval(
            "demographic_parity_ratio", y_pred, y_pred, sensitive_features=group
        )
