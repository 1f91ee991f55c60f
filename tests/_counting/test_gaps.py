"""Selection rates need no true labels; every other rate asks for them."""

from functools import partial
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression

from fairlearnkit._counting.gaps import RateComparison
from fairlearnkit._counting.rates import RATES
from fairlearnkit.inspection import GroupRatesDisplay
from fairlearnkit.metrics import (
    audit_subgroups,
    bootstrap_interval,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalized_odds_ratio,
    group_rates,
    parity_report,
    parity_scorer,
    rate_difference,
    rate_ratio,
)

GROUP = np.repeat(["a", "b", "c"], [40, 40, 20])
Y_PRED = np.concatenate([[1, 0] * 20, [1, 0, 0, 0] * 10, [1, 1, 1, 0] * 5])
Y_TRUE = np.tile([0, 1], 50)
BOTH = {"sensitive_features": GROUP, "sample_weight": np.arange(1.0, 101.0)}


@pytest.mark.parametrize(
    "metric",
    [
        demographic_parity_difference,
        demographic_parity_ratio,
        rate_difference,
        rate_ratio,
        partial(rate_difference, aggregate="mean", control_features=Y_TRUE),
    ],
)
@pytest.mark.parametrize("options", [BOTH, {"sensitive_features": GROUP}])
def test_selection_rates_need_no_truth(metric, options):
    assert metric(None, Y_PRED, **options) == metric(Y_TRUE, Y_PRED, **options)
    found, known = (
        bootstrap_interval(metric, y, Y_PRED, **options, n_resamples=20, random_state=0)
        for y in (None, Y_TRUE)
    )
    assert found.estimate == pytest.approx(known.estimate)
    assert found.low < found.high


def test_selection_rates_by_hand():
    assert demographic_parity_difference(
        None, Y_PRED, sensitive_features=GROUP
    ) == pytest.approx(0.75 - 0.25)
    text = np.where(Y_PRED, "yes", "no")
    named = {"sensitive_features": GROUP, "pos_label": "no"}
    found = demographic_parity_ratio(None, text, **named)
    assert found == pytest.approx(0.25 / 0.75)
    rates = group_rates(None, text, **named)
    assert list(rates.by_group) == list(rates.overall) == ["selection_rate"]
    assert rates.by_group["selection_rate"].tolist() == [0.5, 0.75, 0.25]


def test_tables_and_pictures_show_what_is_known():
    found, known = (
        parity_report(y, Y_PRED, **BOTH, rates=rates, n_resamples=0, output_dict=True)
        for y, rates in ((None, None), (Y_TRUE, ["selection_rate"]))
    )
    np.testing.assert_equal(found, known)
    assert list(found["difference"]) == ["selection_rate"]
    drawn = GroupRatesDisplay.from_predictions(None, Y_PRED, **BOTH)
    assert list(drawn.rates) == ["selection_rate"]
    plt.close("all")
    found, known = (
        audit_subgroups(y, Y_PRED, sensitive_features=GROUP, random_state=0)
        for y in (None, Y_TRUE)
    )
    assert found == known


def test_a_scorer_without_y():
    X = pd.DataFrame({"x": Y_PRED + 0.1 * Y_TRUE, "group": pd.factorize(GROUP)[0]})
    model = LogisticRegression().fit(X, Y_PRED)
    scorer = parity_scorer("demographic_parity_difference", columns="group")
    assert scorer(model, X) == scorer(model, X, Y_TRUE) == pytest.approx(-0.5)


@pytest.mark.parametrize("rate", sorted(set(RATES) - {"selection_rate"}))
def test_other_rates_ask_for_the_truth(rate):
    asked = f"True labels are needed for {rate}, and y_true is None"
    options = {"sensitive_features": GROUP}
    for call in (
        lambda: rate_difference(None, Y_PRED, rate=rate, **options),
        lambda: audit_subgroups(None, Y_PRED, rate=rate, **options),
        lambda: parity_report(None, Y_PRED, rates=[rate], **options),
        lambda: GroupRatesDisplay.from_predictions(
            None, Y_PRED, rates=["selection_rate", rate], **options
        ),
        lambda: bootstrap_interval(
            partial(rate_ratio, rate=rate), None, Y_PRED, **options
        ),
    ):
        with pytest.raises(ValueError, match=asked):
            call()


@pytest.mark.parametrize("metric", [equal_opportunity_difference, equalized_odds_ratio])
def test_metrics_of_errors_ask_for_the_truth(metric):
    text = np.where(Y_PRED, "approved", "denied")
    for options in ({"sensitive_features": GROUP}, BOTH):
        with pytest.raises(ValueError, match="True labels are needed for true_pos"):
            metric(None, text, **options)
        with pytest.raises(ValueError, match="True labels are needed for true_pos"):
            bootstrap_interval(metric, None, text, **options)


def test_predictions_are_needed():
    with pytest.raises(ValueError, match="y_pred is None: pass one label for each row"):
        demographic_parity_difference(Y_TRUE, None, sensitive_features=GROUP)


@pytest.mark.parametrize("ratio", [False, True])
@pytest.mark.parametrize("n_groups", [2, 3, 8])
def test_the_mean_of_pairs_by_loops(ratio, n_groups):
    rng = np.random.default_rng(n_groups)
    for n_zero in range(n_groups + 1):
        weight = rng.uniform(1, 2, (5, 1, n_groups, 2, 2))
        weight[:, 0, :n_zero, :, 1] = 0.0  # never selected
        rates = weight[..., 1].sum(axis=-1)[:, 0] / weight.sum(axis=(-2, -1))[:, 0]
        pairs = [
            np.sort(rates[:, list(two)]) for two in combinations(range(n_groups), 2)
        ]
        known = [
            np.mean([a / b if ratio else b - a for a, b in row if b > 0 or not ratio])
            if any(b > 0 for _, b in row) or not ratio
            else np.nan
            for row in np.array(pairs).transpose(1, 0, 2)
        ]
        found = RateComparison(("selection_rate",), ratio, "mean").gap(weight, [1])
        assert_allclose(found, known, rtol=1e-12, atol=1e-15)
    weight[0, 0, 0] = 0.0  # a group without rows
    found = RateComparison(("selection_rate",), ratio, "mean").gap(weight, [1])
    assert np.isnan(found[0])


def test_an_undefined_rate_names_the_warning_where_another_has_few_rows():
    y_true, group = [0] * 3 + [0, 1] * 20, ["a"] * 3 + ["b"] * 40
    with pytest.warns(UndefinedMetricWarning, match="(?s)NaN: a: 0.*noisy"):
        GroupRatesDisplay.from_predictions(
            y_true,
            [0, 1] + [1] * 41,
            sensitive_features=group,
            rates=["true_positive_rate", "false_positive_rate"],
        )
    plt.close()
