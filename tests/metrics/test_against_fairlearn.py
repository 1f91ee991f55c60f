"""The numbers agree with fairlearn's where both exist; for developers who have it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.metrics import balanced_accuracy_score, precision_score

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
