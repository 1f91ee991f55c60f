"""The numbers agree with fairlearn's where both exist; for developers who have it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    mean_absolute_error,
    precision_score,
)

from fairlearnkit import metrics

fairlearn = pytest.importorskip(
    "fairlearn.metrics", reason="fairlearn is installed by the extra 'dev' only"
)

SAME = [
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
]
RATES = {
    "selection_rate": "selection_rate",
    "true_positive_rate": "true_positive_rate",
    "false_positive_rate": "false_positive_rate",
    "true_negative_rate": "true_negative_rate",
    "false_negative_rate": "false_negative_rate",
    "accuracy": "accuracy_score",
}
WAYS = {"worst": "between_groups", "to_overall": "to_overall"}


def draw(seed):
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.integers(0, 2, (2, 900))
    y_pred[rng.uniform(size=900) < 0.3] = 0
    return y_true, y_pred, rng.integers(0, 4, 900), rng.uniform(0.5, 2, 900)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("aggregate", WAYS)
@settings(max_examples=3)
@given(seed=st.integers(0, 2**32 - 1))
def test_named_gaps(name, aggregate, seed):
    y_true, y_pred, group, weight = draw(seed)
    data = {"sensitive_features": group, "sample_weight": weight}
    ours = getattr(metrics, name)(y_true, y_pred, **data, aggregate=aggregate)
    theirs = getattr(fairlearn, name)(y_true, y_pred, **data, method=WAYS[aggregate])
    assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("aggregate", WAYS)
@pytest.mark.parametrize("kind", ["difference", "ratio"])
def test_rates(rate, aggregate, kind):
    y_true, y_pred, group, weight = draw(0)
    data = {"sensitive_features": group, "sample_weight": weight}
    ours = getattr(metrics, f"rate_{kind}")(
        y_true, y_pred, **data, rate=rate, aggregate=aggregate
    )
    theirs = getattr(fairlearn, f"{RATES[rate]}_{kind}")(
        y_true, y_pred, **data, method=WAYS[aggregate]
    )
    assert_allclose(ours, theirs, rtol=1e-12)


def test_predictive_value():
    y_true, y_pred, group, _ = draw(0)
    ours = metrics.group_rates(y_true, y_pred, sensitive_features=group)
    theirs = fairlearn.MetricFrame(
        metrics=precision_score, y_true=y_true, y_pred=y_pred, sensitive_features=group
    )
    assert_allclose(ours.by_group["positive_predictive_value"], theirs.by_group)


def test_any_metric():
    y_true, y_pred, group, _ = draw(0)
    ours = metrics.group_metric(
        balanced_accuracy_score, y_true, y_pred, sensitive_features=group
    )
    theirs = fairlearn.MetricFrame(
        metrics=balanced_accuracy_score,
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=group,
    )
    assert_allclose(ours.by_group, theirs.by_group)
    assert_allclose(ours.difference, theirs.difference())
    assert_allclose(ours.ratio, theirs.ratio())


def test_the_report_of_classes():
    y_true, y_pred, group, weight = draw(0)
    ours = metrics.parity_report(
        y_true,
        y_pred,
        sensitive_features=group,
        sample_weight=weight,
        rates=list(RATES),
        reference=2,
        n_resamples=0,
    ).numbers
    theirs = fairlearn.MetricFrame(
        metrics={
            name: accuracy_score if name == "accuracy" else getattr(fairlearn, name)
            for name in RATES
        },
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=group,
        sample_params={name: {"sample_weight": weight} for name in RATES},
    )
    for name in RATES:
        by_group = theirs.by_group[name]
        for g, value in by_group.items():
            assert_allclose(ours["groups"][str(g)][name], value)
            compared = ours["to_reference"]["ratio"][name][str(g)]
            assert_allclose(compared["estimate"], value / by_group[2])
        assert_allclose(ours["overall"][name], theirs.overall[name])
        for kind in ("difference", "ratio"):
            expected = getattr(theirs, kind)()[name]
            assert_allclose(ours[kind][name]["estimate"], expected)
    selected = theirs.by_group["selection_rate"]
    for g, value in selected.items():
        impact = ours["impact_ratio"]["groups"][str(g)]["estimate"]
        assert_allclose(impact, value / selected.max())


def test_the_report_of_numbers():
    y_true, _, group, weight = draw(0)
    y_true = y_true + np.random.default_rng(1).normal(size=900)
    y_pred = y_true + np.random.default_rng(2).normal(group / 10, size=900)
    ours = metrics.parity_report(
        y_true,
        y_pred,
        sensitive_features=group,
        sample_weight=weight,
        target="numbers",
        n_resamples=0,
    ).numbers
    of = {
        "mean_prediction": fairlearn.mean_prediction,
        "mean_absolute_error": mean_absolute_error,
    }
    theirs = fairlearn.MetricFrame(
        metrics=of,
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=group,
        sample_params={name: {"sample_weight": weight} for name in of},
    )
    for name in of:
        for g, value in theirs.by_group[name].items():
            assert_allclose(ours["groups"][str(g)][name], value)
        found = ours["difference"][name]["estimate"]
        assert_allclose(found, theirs.difference()[name])
