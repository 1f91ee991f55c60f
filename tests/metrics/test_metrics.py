"""Gaps against values worked out by hand, and against loops over rows."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import mean_absolute_error, r2_score, roc_auc_score

from fairlearnkit.constraints import EqualOpportunity
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.metrics import (
    audit_subgroups,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
    group_metric,
    group_rates,
    rate_difference,
    rate_ratio,
    score_gap,
)

RATES = [
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalized_odds_difference,
]
ALL = [
    *RATES,
    equal_opportunity_ratio,
    equalized_odds_ratio,
    rate_difference,
    rate_ratio,
]

# Two unlike groups, in counts: (group, y_true, y_pred) -> rows.
COUNTS = {
    ("a", 1, 1): 30,
    ("a", 1, 0): 10,
    ("a", 0, 1): 12,
    ("a", 0, 0): 48,
    ("b", 1, 1): 10,
    ("b", 1, 0): 10,
    ("b", 0, 1): 24,
    ("b", 0, 0): 6,
}
BY_HAND = {
    demographic_parity_difference: 34 / 50 - 42 / 100,
    demographic_parity_ratio: (42 / 100) / (34 / 50),
    equal_opportunity_difference: 30 / 40 - 10 / 20,
    equalized_odds_difference: 24 / 30 - 12 / 60,
}


@pytest.fixture
def rows():
    table = [cell for cell, n in COUNTS.items() for _ in range(n)]
    order = np.random.default_rng(0).permutation(len(table))
    group, y_true, y_pred = zip(*(table[i] for i in order))
    return np.array(y_true), np.array(y_pred), np.array(group)


@pytest.mark.parametrize("metric", RATES)
def test_by_hand(rows, metric):
    y_true, y_pred, group = rows
    value = metric(y_true, y_pred, sensitive_features=group)
    assert_allclose(value, BY_HAND[metric], rtol=1e-14)
    assert isinstance(value, float)


@pytest.mark.parametrize("metric", RATES)
def test_weights_are_repetitions(metric):
    cells = list(COUNTS)
    group, y_true, y_pred = (list(column) for column in zip(*cells))
    weight = list(COUNTS.values())
    with pytest.warns(SmallGroupWarning, match="a: [24]"):
        value = metric(y_true, y_pred, sensitive_features=group, sample_weight=weight)
    assert_allclose(value, BY_HAND[metric], rtol=1e-14)


@pytest.mark.parametrize("metric", RATES)
@pytest.mark.parametrize(
    "relabel",
    [
        lambda y: np.where(y == 1, 1, -1),
        lambda y: y.astype(bool),
        lambda y: y.astype(float),
        lambda y: pd.Series(y).astype("category"),
        lambda y: pl.Series(y),
        lambda y: y.tolist(),
    ],
)
def test_labels_and_containers_of_any_kind(rows, metric, relabel):
    y_true, y_pred, group = rows
    value = metric(
        relabel(y_true), relabel(y_pred), sensitive_features=pd.Series(group)
    )
    assert_allclose(value, BY_HAND[metric], rtol=1e-14)


@pytest.mark.parametrize("metric", RATES)
@pytest.mark.parametrize("positive", ["approved", "denied"])
def test_text_labels_with_their_positive_class(rows, metric, positive):
    y_true, y_pred, group = rows
    other = ({"approved", "denied"} - {positive}).pop()
    text = [np.where(y == 1, positive, other) for y in (y_true, y_pred)]
    value = metric(*text, sensitive_features=group, pos_label=positive)
    assert_allclose(value, BY_HAND[metric], rtol=1e-14)


def test_the_positive_class_can_be_named(rows):
    y_true, y_pred, group = rows
    value = equal_opportunity_difference(
        y_true, y_pred, sensitive_features=group, pos_label=0
    )
    assert_allclose(value, 48 / 60 - 6 / 30)
    with pytest.raises(
        ValueError, match=r"pos_label=2 is not a class; known: \[0, 1\]"
    ):
        demographic_parity_ratio(y_true, y_pred, sensitive_features=group, pos_label=2)


@pytest.mark.parametrize("metric", RATES)
def test_many_classes_and_intersections_against_loops(metric):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 4, 3000), rng.integers(0, 4, 3000)
    sex, age = rng.choice(["f", "m"], 3000), rng.integers(0, 3, 3000)
    w = rng.uniform(0, 2, 3000)
    masks = [(sex == s) & (age == a) for s in "fm" for a in range(3)]
    values = []
    for k in range(4):
        conditions = {
            equal_opportunity_difference: [y_true == k],
            equalized_odds_difference: [y_true == k, y_true != k],
        }.get(metric, [y_true >= 0])
        for condition in conditions:
            rates = [
                np.average((y_pred == k)[m & condition], weights=w[m & condition])
                for m in masks
            ]
            ratio = metric is demographic_parity_ratio
            spread = min(rates) / max(rates) if ratio else max(rates) - min(rates)
            values.append(spread)
    expected = min(values) if metric is demographic_parity_ratio else max(values)
    value = metric(
        y_true, y_pred, sensitive_features={"sex": sex, "age": age}, sample_weight=w
    )
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("metric", RATES)
def test_missing_groups(rows, metric):
    y_true, y_pred, group = rows
    more = np.append(group.astype(object), [None] * 40)
    y_true, y_pred = np.append(y_true, [0, 1] * 20), np.append(y_pred, [1] * 40)
    with pytest.raises(ValueError, match=r"missing .* in 40 rows"):
        metric(y_true, y_pred, sensitive_features=more)
    ignored = metric(y_true, y_pred, sensitive_features=more, missing="ignore")
    assert_allclose(ignored, BY_HAND[metric], rtol=1e-14)
    grouped = metric(y_true, y_pred, sensitive_features=more, missing="group")
    named = np.where(more == None, "missing", more)  # noqa: E711
    assert grouped == metric(y_true, y_pred, sensitive_features=named) != ignored


def test_no_positive_prediction():
    group = ["a", "b"] * 20
    with pytest.warns(UndefinedMetricWarning, match="ratio is NaN: rates are not"):
        value = demographic_parity_ratio(
            [0, 1] * 20, [0] * 40, sensitive_features=group
        )
    assert np.isnan(value)
    zero = demographic_parity_difference(
        [0, 1] * 20, [0] * 40, sensitive_features=group
    )
    assert zero == 0.0


def test_small_and_empty_cells():
    y, group = [1] * 30 + [0] * 10, ["a"] * 21 + ["b"] * 19
    with pytest.warns(SmallGroupWarning, match=r"rows with y_true == 1 .*a: 21, b: 9"):
        equal_opportunity_difference(y, y, sensitive_features=group)
    demographic_parity_difference(y, y, sensitive_features=group)  # enough rows
    with pytest.warns(UndefinedMetricWarning, match=r"no rows with y_true != 1.*a: 0"):
        value = equalized_odds_difference(
            [1] * 40 + [0] * 10, [1] * 50, sensitive_features=["a"] * 20 + ["b"] * 30
        )
    assert np.isnan(value)  # and not 0


@pytest.mark.parametrize("metric", RATES)
def test_messages(rows, metric):
    y_true, y_pred, group = rows
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        metric(y_true, y_pred[1:], sensitive_features=group)
    with pytest.raises(ValueError, match="has 149 rows but y_pred has 150"):
        metric(y_true, y_pred, sensitive_features=group[1:])
    with pytest.raises(ValueError, match="one group only"):
        metric(y_true, y_pred, sensitive_features=["a"] * 150)
    with pytest.raises(ValueError, match="must not hold missing"):
        metric(np.where(y_true, np.nan, 0.0), y_pred, sensitive_features=group)
    with pytest.raises(ValueError, match=r"of two types, \['0', '1'\] and \[0, 1\]"):
        metric(y_true.astype(str), y_pred, sensitive_features=group)
    with pytest.raises(TypeError, match="sensitive_features"):
        metric(y_true, y_pred)


def test_score_gap_is_the_largest_difference_of_means():
    rng = np.random.default_rng(0)
    f, w = rng.normal(size=300), rng.uniform(0.1, 2, 300)
    y, group = rng.integers(0, 2, 300), rng.integers(0, 3, 300)
    for constraint, mask in (
        ("demographic_parity", y >= 0),
        ("equal_opportunity", y == 1),
        (EqualOpportunity(pos_label=0), y == 0),
    ):
        means = sorted(
            np.average(f[mask & (group == g)], weights=w[mask & (group == g)])
            for g in range(3)
        )
        value = score_gap(
            y, f, sensitive_features=group, constraint=constraint, sample_weight=w
        )
        assert_allclose(value, means[-1] - means[0], rtol=1e-12)
    covariance = abs(np.cov(f, group, ddof=0)[0, 1] / group.std())
    value = score_gap(None, f, sensitive_features=group, constraint="decorrelation")
    assert_allclose(value, covariance, rtol=1e-10)
    with pytest.raises(ValueError, match="has 300 rows but y_score has 299"):
        score_gap(None, f[1:], sensitive_features=group)


@pytest.mark.parametrize("metric", RATES)
def test_scores_are_no_labels(rows, metric):
    y_true, y_pred, group = rows
    with pytest.raises(ValueError, match=r"y_pred holds .* as 0.7.*score_gap"):
        metric(y_true, y_pred * 0.7, sensitive_features=group)
    with pytest.raises(ValueError, match=r"one dimension, got shape \(150, 1\)"):
        metric(y_true, y_pred[:, None], sensitive_features=group)
    with pytest.raises(ValueError, match="missing='skip' is not known"):
        metric(y_true, y_pred, sensitive_features=group, missing="skip")


@pytest.mark.parametrize("negative", [0, -1, False, 0.0])
def test_rows_that_are_all_negative(negative):
    """As scikit-learn reads them: the positive class is 1, and does not occur."""
    y, options = [negative] * 40, {"sensitive_features": ["a", "b"] * 20}
    assert demographic_parity_difference(y, y, **options) == 0
    with pytest.warns(
        UndefinedMetricWarning, match="no rows in the denominator of true_pos"
    ):
        rates = group_rates(y, y, **options)
    assert rates.pos_label == 1
    assert rates.overall["selection_rate"] == rates.overall["false_positive_rate"] == 0
    assert rates.overall["true_negative_rate"] == rates.overall["accuracy"] == 1
    with pytest.warns(UndefinedMetricWarning, match=r"no rows with y_true == (1|True)"):
        value = equal_opportunity_difference(y, y, **options)
    assert np.isnan(value)
    with pytest.warns(UndefinedMetricWarning, match="ratio is NaN"):
        value = demographic_parity_ratio(y, y, **options)
    assert np.isnan(value)
    assert audit_subgroups(y, y, **options, pos_label=1).overall == 0


def test_rows_that_are_all_of_one_text_label():
    y, options = ["no"] * 40, {"sensitive_features": ["a", "b"] * 20}
    assert demographic_parity_difference(y, y, **options) == 0
    found = audit_subgroups(y, y, **options, pos_label="yes", linear=False)
    assert found.overall == 0
    assert found.pos_label == "yes"
    assert demographic_parity_ratio(y, y, **options, pos_label="no") == 1
    with pytest.raises(ValueError, match=r"takes value in \{'no'\} and pos_label"):
        demographic_parity_ratio(y, y, **options)
    with pytest.raises(ValueError, match=r"pos_label=1 is not a class; .*\['no'\]"):
        demographic_parity_ratio(y, y, **options, pos_label=1)


def test_a_class_that_is_never_predicted_has_no_ratio():
    rng = np.random.default_rng(0)
    y_pred, group = rng.integers(0, 3, 900), rng.integers(0, 2, 900)
    for never in range(3):
        kept = np.where(y_pred == never, (never + 1) % 3, y_pred)
        ratios = []
        for k in set(range(3)) - {never}:
            rate = [np.mean(kept[group == g] == k) for g in (0, 1)]
            ratios.append(min(rate) / max(rate))
        found = demographic_parity_ratio(
            [0, 1, 2] * 300, kept, sensitive_features=group
        )
        assert_allclose(found, min(ratios))


def test_score_gap_refuses_text():
    with pytest.raises(ValueError, match="y_score holds text such as 'no'"):
        score_gap(None, ["no", "yes"] * 20, sensitive_features=["a", "b"] * 20)


def test_score_gap_refuses_nan():
    with pytest.raises(ValueError, match="Input y_score contains NaN"):
        score_gap(None, [np.nan] + [1.0] * 39, sensitive_features=["a", "b"] * 20)


# Rates of COUNTS by hand: group a, group b, all rows.
NAMED = {
    "selection_rate": (42 / 100, 34 / 50, 76 / 150),
    "true_positive_rate": (30 / 40, 10 / 20, 40 / 60),
    "false_negative_rate": (10 / 40, 10 / 20, 20 / 60),
    "false_positive_rate": (12 / 60, 24 / 30, 36 / 90),
    "true_negative_rate": (48 / 60, 6 / 30, 54 / 90),
    "positive_predictive_value": (30 / 42, 10 / 34, 40 / 76),
    "negative_predictive_value": (48 / 58, 6 / 16, 54 / 74),
    "accuracy": (78 / 100, 16 / 50, 94 / 150),
    "error_rate": (22 / 100, 34 / 50, 56 / 150),
}


@pytest.mark.parametrize("name", NAMED)
def test_every_rate_by_hand(rows, name):
    y_true, y_pred, group = rows
    a, b, overall = NAMED[name]
    found = group_rates(y_true, y_pred, sensitive_features=group)
    assert found.groups.tolist() == ["a", "b"]
    assert found.counts.tolist() == [100, 50]
    assert_allclose(found.by_group[name], [a, b])
    assert_allclose(found.overall[name], overall)
    options = {"sensitive_features": group, "rate": name}
    assert_allclose(rate_difference(y_true, y_pred, **options), abs(a - b))
    assert_allclose(rate_ratio(y_true, y_pred, **options), min(a / b, b / a))
    to_overall = rate_difference(y_true, y_pred, **options, aggregate="to_overall")
    assert_allclose(to_overall, max(abs(a - overall), abs(b - overall)))
    ratios = [min(r / overall, overall / r) for r in (a, b)]
    to_overall = rate_ratio(y_true, y_pred, **options, aggregate="to_overall")
    assert_allclose(to_overall, min(ratios))


def test_named_gaps_are_those_of_rates(rows):
    y_true, y_pred, group = rows
    groups = {"sensitive_features": group}
    for named, rate in (
        (demographic_parity_difference, "selection_rate"),
        (equal_opportunity_difference, "true_positive_rate"),
    ):
        expected = rate_difference(y_true, y_pred, rate=rate, **groups)
        assert named(y_true, y_pred, **groups) == expected
    pair = [
        rate_ratio(y_true, y_pred, rate=rate, **groups)
        for rate in ("true_positive_rate", "false_positive_rate")
    ]
    assert equal_opportunity_ratio(y_true, y_pred, **groups) == pair[0]
    assert equalized_odds_ratio(y_true, y_pred, **groups) == min(pair)


def three_groups(n=3000, seed=0):
    rng = np.random.default_rng(seed)
    group, stratum = rng.integers(0, 3, n), rng.integers(0, 2, n)
    y_true = rng.integers(0, 2, n)
    y_pred = (rng.uniform(size=n) < 0.2 + 0.2 * group + 0.1 * stratum).astype(int)
    return y_true, y_pred, group, stratum


@pytest.mark.parametrize("metric", ALL)
def test_control_features_compare_within_strata(metric):
    y_true, y_pred, group, stratum = three_groups()
    weight = np.random.default_rng(1).uniform(0.5, 2, len(group))
    parts = [
        metric(
            y_true[stratum == s],
            y_pred[stratum == s],
            sensitive_features=group[stratum == s],
            sample_weight=weight[stratum == s],
        )
        for s in (0, 1)
    ]
    options = {"sensitive_features": group, "sample_weight": weight}
    found = metric(y_true, y_pred, **options, control_features=stratum)
    worst = min if metric.__name__.endswith("ratio") else max
    assert_allclose(found, worst(parts), rtol=1e-12)
    stratified = metric(y_true, y_pred, **options, control_features=["all"] * 3000)
    assert_allclose(stratified, metric(y_true, y_pred, **options))
    with pytest.raises(ValueError, match=r"control_features.* missing"):
        metric(y_true, y_pred, **options, control_features=[None] * 3000)


def test_mean_over_strata_is_weighted_by_their_size():
    y_true, y_pred, group, stratum = three_groups()
    stratum[:800] = 1
    options = {"sensitive_features": group, "aggregate": "mean"}
    found = demographic_parity_difference(
        y_true, y_pred, **options, control_features=stratum
    )
    parts = []
    for s in (0, 1):
        rows = stratum == s
        options["sensitive_features"] = group[rows]
        parts.append(
            demographic_parity_difference(y_true[rows], y_pred[rows], **options)
        )
    share = np.mean(stratum)
    assert_allclose(found, (1 - share) * parts[0] + share * parts[1])


def test_a_fold_with_two_of_three_classes():
    rng = np.random.default_rng(0)
    y, group = rng.integers(0, 2, 400), rng.integers(0, 2, 400)
    y_pred = np.where(rng.uniform(size=400) < 0.3 + 0.3 * group, 0, 1)
    every = demographic_parity_difference(
        y, y_pred, sensitive_features=group, labels=[0, 1, 2]
    )
    assert_allclose(
        every, demographic_parity_difference(y, y_pred, sensitive_features=group)
    )
    with pytest.warns(UndefinedMetricWarning, match="no rows with y_true == 2"):
        value = equal_opportunity_difference(
            y, y_pred, sensitive_features=group, labels=[0, 1, 2]
        )
    assert np.isnan(value)
    stratified = demographic_parity_difference(
        [0] * 40, [0] * 40, sensitive_features=["a", "b"] * 20, labels=[0, 1]
    )
    assert stratified == 0


def test_a_group_of_one():
    y, group = [1, 0] * 10 + [1], ["a"] * 20 + ["b"]
    with pytest.warns(SmallGroupWarning, match="a: 20, b: 1"):
        value = demographic_parity_difference(y, y, sensitive_features=group)
    assert value == 0.5
    with pytest.warns((UndefinedMetricWarning, SmallGroupWarning)) as caught:
        value = equalized_odds_difference(y, y, sensitive_features=group)
    assert "so its false_positive_rate is NaN" in str(caught[-1].message)
    assert np.isnan(value)


@pytest.mark.parametrize("metric", [*ALL, group_rates])
def test_warnings_point_to_the_line_of_the_call(metric):
    y, group = [1, 0] * 10 + [1], ["a"] * 20 + ["b"]
    with pytest.warns((UndefinedMetricWarning, SmallGroupWarning)) as caught:
        metric(y, [0] * 21, sensitive_features=group)
    assert {warning.filename for warning in caught} == {__file__}


def test_unknown_options_of_rates(rows):
    y_true, y_pred, group = rows
    with pytest.raises(ValueError, match=r"rate='recall' is not known; use one of \["):
        rate_difference(y_true, y_pred, sensitive_features=group, rate="recall")
    with pytest.raises(ValueError, match="aggregate='max' is not known"):
        rate_ratio(y_true, y_pred, sensitive_features=group, aggregate="max")
    with pytest.raises(ValueError, match=r"3 classes, \[0, 1, 2\]: give pos_label"):
        group_rates([0, 1, 2] * 20, [0, 1, 2] * 20, sensitive_features=[0, 1] * 30)


def test_any_metric_by_group():
    rng = np.random.default_rng(0)
    group = np.repeat(["u", "v", "w"], [50, 30, 20])
    y, f, w = rng.normal(size=100), rng.normal(size=100), rng.uniform(size=100)
    found = group_metric(mean_absolute_error, y, f, sensitive_features=group)
    by_hand = [np.abs(y - f)[group == g].mean() for g in "uvw"]
    assert_allclose(found.by_group, by_hand)
    assert found.counts.tolist() == [50, 30, 20]
    assert_allclose(found.overall, np.abs(y - f).mean())
    assert_allclose(found.difference, max(by_hand) - min(by_hand))
    assert_allclose(found.ratio, min(by_hand) / max(by_hand))
    found = group_metric(
        roc_auc_score, y > 0, f, sensitive_features=group, sample_weight=w
    )
    u = group == "u"
    expected = roc_auc_score(y[u] > 0, f[u], sample_weight=w[u])
    assert_allclose(found.by_group[0], expected)
    signs = group_metric(r2_score, y, f, sensitive_features=group)
    assert signs.by_group.max() < 0 < signs.ratio <= 1
    some = np.where(group == "w", None, group)
    ignored = group_metric(
        mean_absolute_error,
        pd.Series(y),
        f.tolist(),
        sensitive_features=some,
        missing="ignore",
    )
    assert_allclose(ignored.by_group, by_hand[:2])
    assert_allclose(ignored.overall, np.abs(y - f)[:80].mean())
    two = group_metric(
        mean_absolute_error, np.c_[y, f], np.c_[f, y], sensitive_features=group
    )
    assert_allclose(two.by_group, by_hand)


def test_labels_of_mixed_kinds_and_holes_in_lists():
    group = ["a", "b"] * 15
    holes = ["yes", "no", float("nan")] * 10
    with pytest.raises(ValueError, match="must not hold missing"):
        group_rates(holes, holes, sensitive_features=group)
    with pytest.raises(ValueError, match="mix text and numbers"):
        demographic_parity_difference(
            [1, "a"] * 15, [1, "a"] * 15, sensitive_features=group
        )
    with pytest.raises(ValueError, match="mix text and numbers"):
        demographic_parity_difference(
            [1, 0] * 15, [1, 0] * 15, sensitive_features=group, labels=["0", "1"]
        )
    small = np.array([-128, 127] * 15, dtype=np.int8)
    assert rate_difference(small, small, sensitive_features=group) == 1.0


def test_ratios_that_make_no_statement_are_left_out_of_the_mean():
    group = np.repeat([0, 1, 2], 20)
    y_pred = np.r_[np.tile([0, 1], 10), np.zeros(40, int)]
    options = {"sensitive_features": group, "aggregate": "mean"}
    assert demographic_parity_ratio(y_pred, y_pred, **options) == 0.0
    stratum = np.tile(np.repeat([0, 1], 10), 3)
    some = np.where(stratum == 0, np.tile([0, 1], 30), 0)
    found = demographic_parity_ratio(some, some, **options, control_features=stratum)
    assert found == 1.0


def test_rates_that_are_not_defined_warn():
    group, y = ["a"] * 20 + ["b"] * 20, [1] * 20 + [0, 1] * 10
    with pytest.warns(UndefinedMetricWarning, match="of false_positive_rate, true"):
        found = group_rates(y, y, sensitive_features=group)
    assert np.isnan(found.by_group["false_positive_rate"]).tolist() == [True, False]
    assert found.among["true_positive_rate"].tolist() == [20, 10]


def test_accuracy_of_one_class_and_of_three():
    group = ["a", "b"] * 20
    options = {"rate": "accuracy", "sensitive_features": group}
    assert rate_difference([0] * 40, [0] * 40, **options) == 0.0
    y = [0, 1, 2, 1] * 10
    assert rate_difference(y, [0, 1, 2, 2] * 10, **options) == 0.5
