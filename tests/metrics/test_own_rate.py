"""A rate is one entry of a table, a gap of rates one marked function: no list to edit.

The false discovery rate, P(y = - | predicted +), is not part of the library.
"""

from functools import partial
from inspect import getdoc

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_score

from fairlearnkit import metrics
from fairlearnkit._counting.metric import (
    compare_groups,
    compares,
    comparison_of,
    is_gap_of_rates,
)
from fairlearnkit._counting.rates import RATES, Rate
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.inspection import GroupRatesDisplay
from fairlearnkit.metrics import (
    _bootstrap,
    audit_subgroups,
    bootstrap_interval,
    group_rates,
    parity_report,
    parity_scorer,
    rate_difference,
    rate_ratio,
)

NAME = "false_discovery_rate"
FALSE_DISCOVERY_RATE = Rate(
    lambda cells: ~cells.true & cells.predicted,
    lambda cells: cells.predicted,
    "rows with y_pred == {label}",
)


@compares(NAME)
def false_discovery_difference(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    aggregate="worst",
    control_features=None,
    missing="error",
):
    """Largest difference between groups of the false discovery rate."""
    return compare_groups(
        comparison_of(false_discovery_difference, aggregate),
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
    )


@pytest.fixture(autouse=True)
def _new_rate(monkeypatch):
    monkeypatch.setitem(RATES, NAME, FALSE_DISCOVERY_RATE)
    yield
    plt.close("all")


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y_true, group = rng.integers(0, 2, 600), rng.choice(["a", "b", "c"], 600)
    y_pred = (rng.uniform(size=600) < 0.2 + 0.3 * y_true + 0.2 * (group == "b")) * 1
    return y_true, y_pred, group


def rates_by_hand(y_true, y_pred, group):
    return [1 - precision_score(y_true[group == g], y_pred[group == g]) for g in "abc"]


def test_functions_of_rates(data):
    y_true, y_pred, group = data
    known, groups = rates_by_hand(*data), {"sensitive_features": group}
    found = group_rates(y_true, y_pred, **groups)
    assert_allclose(found.by_group[NAME], known)
    assert found.among[NAME].tolist() == [y_pred[group == g].sum() for g in "abc"]
    options = {**groups, "rate": NAME}
    gap = rate_difference(y_true, y_pred, **options)
    assert_allclose(gap, max(known) - min(known))
    assert_allclose(rate_ratio(y_true, y_pred, **options), min(known) / max(known))
    overall = 1 - precision_score(y_true, y_pred)
    assert_allclose(found.overall[NAME], overall)
    assert_allclose(audit_subgroups(y_true, y_pred, **options).overall, overall)
    with pytest.raises(ValueError, match=f"True labels are needed for {NAME}"):
        rate_difference(None, y_pred, **options)
    text = [np.where(y, "yes", "no") for y in (y_true, y_pred)]
    with pytest.raises(ValueError, match="pos_label is not specified"):
        rate_difference(*text, **options)
    few = np.where(np.arange(600) < 9, 1, 0)
    with pytest.warns(SmallGroupWarning, match="rows with y_pred == 1 in a group: a: "):
        rate_difference(y_true, few, rate=NAME, sensitive_features=["a", "b"] * 300)


def test_reports_and_displays(data):
    y_true, y_pred, group = data
    known, options = rates_by_hand(*data), {"sensitive_features": group}
    report = parity_report(y_true, y_pred, rates=[NAME], **options)
    assert_allclose(report.frame().loc[list("abc"), NAME], known)
    gap = report.numbers["difference"][NAME]
    metric, seed = partial(rate_difference, rate=NAME), {"random_state": 0}
    interval = bootstrap_interval(metric, y_true, y_pred, **options, **seed)
    assert gap == {key: interval[key] for key in gap}
    options["rates"] = [NAME]
    display = GroupRatesDisplay.from_predictions(y_true, y_pred, **options)
    assert_allclose(display.rates[NAME], known)


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
def test_a_marked_gap_has_fast_intervals(data, weighted, monkeypatch):
    y_true, y_pred, group = data
    options = {"sensitive_features": group, "random_state": 0}
    if weighted:
        options["sample_weight"] = np.random.default_rng(1).integers(1, 4, 600)
    metric, fixed = false_discovery_difference, {"aggregate": "mean"}
    with monkeypatch.context() as patch:
        patch.setattr(_bootstrap, "resampled_values", None)  # which resamples rows
        found = bootstrap_interval(
            metric, y_true, y_pred, metric_params=fixed, **options
        )
    fixed = {**fixed, "rate": NAME}
    known = bootstrap_interval(
        rate_difference, y_true, y_pred, metric_params=fixed, **options
    )
    assert found == known
    by_rows = bootstrap_interval(
        lambda *data, **more: metric(*data, aggregate="mean", **more),
        y_true,
        y_pred,
        n_resamples=400,
        **options,
    )
    assert found.estimate == by_rows.estimate
    assert_allclose(found.standard_error, by_rows.standard_error, rtol=0.15)
    assert found.low < by_rows.low
    assert found.high > by_rows.high - 0.01


def test_scorers_pass_all_classes_to_a_marked_gap():
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(900, 1)), rng.choice(["a", "b"], 900)
    latent = X[:, 0] + 0.5 * (group == "a") + rng.normal(size=900)
    y = np.digitize(latent, [-0.5, 0.8])
    model = LogisticRegression().fit(X, y)
    X, y, group = (part[y < 2] for part in (X, y, group))  # but 2 is predicted for some
    y_pred = model.predict(X)
    rates = np.array(
        [
            [np.mean(y[(group == g) & (y_pred == k)] != k) for g in "ab"]
            for k in range(3)
        ]
    )
    score = parity_scorer(false_discovery_difference)(
        model, X, y, sensitive_features=group
    )
    assert_allclose(score, -np.ptp(rates, axis=1).max())


def test_an_exported_gap_is_found_by_its_name(data, monkeypatch):
    y_true, y_pred, group = data
    name = false_discovery_difference.__name__
    monkeypatch.setattr(metrics, name, false_discovery_difference, raising=False)
    monkeypatch.setattr(metrics, "__all__", [*metrics.__all__, name])
    groups, known = {"sensitive_features": group}, rates_by_hand(*data)
    interval = bootstrap_interval(name, y_true, y_pred, **groups, n_resamples=5)
    assert_allclose(interval.estimate, max(known) - min(known))
    assert repr(parity_scorer(name)) == repr(parity_scorer(false_discovery_difference))


def marked():
    return [n for n in metrics.__all__ if is_gap_of_rates(getattr(metrics, n))]


@pytest.mark.parametrize("name", marked())
@pytest.mark.parametrize("n_classes", [2, 3])
def test_marks_agree_with_the_values(name, n_classes):
    """What a function is marked to compare is what it returns."""
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, n_classes, (2, 600))
    group, stratum = rng.integers(0, 3, 600), rng.integers(0, 2, 600)
    fixed = {"aggregate": "to_overall", "control_features": stratum}
    if "rate" in name:
        fixed["rate"] = "negative_predictive_value"
    options = {"sensitive_features": group, "sample_weight": rng.uniform(1, 2, 600)}
    interval = bootstrap_interval(
        name, y_true, y_pred, metric_params=fixed, n_resamples=3, **options
    )
    value = getattr(metrics, name)(y_true, y_pred, **fixed, **options)
    assert interval.estimate == value
    assert interval.low < interval.high


def test_every_gap_of_rates_is_marked():
    assert_array_equal(marked(), [n for n in metrics.__all__ if n.endswith(ENDINGS)])


ENDINGS = ("parity_difference", "parity_ratio", "opportunity_difference")
ENDINGS += ("opportunity_ratio", "odds_difference", "odds_ratio")
ENDINGS += ("rate_difference", "rate_ratio")


def test_the_documentation_lists_every_rate():
    text = getdoc(rate_difference)
    assert [name for name in RATES if f'"{name}"' not in text] == [NAME]
