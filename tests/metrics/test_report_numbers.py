"""Numbers of parity_report: every class, references, impact ratios, numeric targets."""

import json
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_equal
from sklearn.metrics import mean_absolute_error, mean_squared_error

from fairlearnkit._data.groups import read_groups
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.metrics import (
    bootstrap_interval,
    group_metric,
    ks_gap,
    parity_report,
    rate_ratio,
)
from fairlearnkit.metrics._report_gaps import ratio
from fairlearnkit.metrics._resample_scores import SortedRows, resampled_sums

RATES = ["selection_rate", "true_positive_rate", "accuracy"]


def decisions(n=600, classes=("no", "yes")):
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    y_true = rng.choice(classes, n)
    keep = rng.uniform(size=n) < 0.6 + 0.2 * (group == "b")
    return y_true, np.where(keep, y_true, classes[0]), group, rng.uniform(0.5, 2, n)


def premiums(n=600):
    rng = np.random.default_rng(1)
    group = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    y_pred = rng.gamma(2.0, 100.0, n).round(0) + 30 * (group == "b")
    # Mean errors of 40 to 60, so that their ratios would look like numbers.
    y_true = y_pred + rng.normal(-60, 50, n) + 20 * (group == "c")
    return y_true, y_pred, group, rng.uniform(0.5, 2, n)


numbers_of = partial(parity_report, output_dict=True, random_state=3)


def test_each_class_is_the_report_of_that_class():
    y_true, y_pred, group, weight = decisions(classes=("high", "low", "mid"))
    options = {"sensitive_features": group, "sample_weight": weight}
    found = numbers_of(y_true, y_pred, rates=RATES, reference="b", **options)
    assert found["pos_label"] is None
    assert list(found["by_class"]) == ["high", "low", "mid"]
    assert list(found["difference"]) == ["accuracy"]
    for label, part in found["by_class"].items():
        one = numbers_of(
            y_true, y_pred, rates=RATES[:2], pos_label=label, reference="b", **options
        )
        assert list(part["difference"]) == RATES[:2]
        assert_equal(part, {key: one[key] for key in part})
    alone = numbers_of(y_true, y_pred, rates=["accuracy"], reference="b", **options)
    for key in ("groups", "difference", "ratio", "to_reference"):
        assert_equal(found[key], alone[key])
    frame = parity_report(y_true, y_pred, rates=RATES, **options).frame()
    by_class = found["by_class"]["low"]["groups"]["a"]["selection_rate"]
    assert frame.loc[("low", "a"), "selection_rate"] == by_class
    accuracy = frame.loc[("all classes", "all rows"), "accuracy"]
    assert accuracy == found["overall"]["accuracy"]
    text = str(parity_report(y_true, y_pred, n_resamples=0, **options))
    assert text.count("Positive class: ") == 3
    with pytest.raises(ValueError, match="pos_label='other' is not a class"):
        parity_report(y_true, y_pred, pos_label="other", **options)


def test_impact_ratios():
    y_true, y_pred, group, weight = decisions()
    options = {"sensitive_features": group, "sample_weight": weight}
    found = numbers_of(y_true, y_pred, pos_label="yes", **options)
    rates = {
        g: np.average(y_pred[group == g] == "yes", weights=weight[group == g])
        for g in "abc"
    }
    impact, top = found["impact_ratio"], max(rates, key=rates.get)
    assert impact["most_selected"] == top == "b"
    for g, gap in impact["groups"].items():
        assert_allclose(gap["estimate"], rates[g] / rates[top])
        assert gap["low"] <= gap["estimate"] <= gap["high"] <= 1
    lowest = found["pairs"]["selection_rate"]["lowest"]["group"]
    smallest = found["ratio"]["selection_rate"]
    assert impact["groups"][lowest]["estimate"] == smallest["estimate"]
    assert impact["groups"][lowest]["low"] >= smallest["low"]
    metric = partial(rate_ratio, pos_label="yes")
    same = bootstrap_interval(metric, y_true, y_pred, **options, random_state=3)
    assert {key: same[key] for key in smallest} == smallest


def test_impact_ratios_of_nobody_are_not_defined():
    y_true, _, group, _ = decisions()
    report = parity_report(
        y_true, np.full(600, "no"), sensitive_features=group, pos_label="yes"
    )
    impact = report.numbers["impact_ratio"]
    assert impact["most_selected"] is None
    assert all(np.isnan(gap["estimate"]) for gap in impact["groups"].values())
    page = report.to_html()
    assert "Nobody is selected, so that there is no ratio." in page
    assert "not defined" in page
    known = json.loads(report.to_json())["impact_ratio"]["groups"]["a"]
    assert known == {"estimate": None, "low": 0, "high": 1, "n_undefined": 0}


def test_reference_group():
    y_true, y_pred, group, _ = decisions()
    old = np.arange(600) % 2
    both = {"group": group, "old": old}
    options = {"sensitive_features": both, "pos_label": "yes", "rates": RATES}
    by_label = numbers_of(y_true, y_pred, reference=("b", 1), **options)
    by_name = numbers_of(y_true, y_pred, reference="b, 1", **options)
    assert_equal(by_label, by_name)
    found, groups = by_label["to_reference"], by_label["groups"]
    assert found["group"] == by_label["reference"] == "b, 1"
    for rate in RATES:
        for name, row in groups.items():
            gap, base = found["difference"][rate][name], groups["b, 1"][rate]
            assert_allclose(gap["estimate"], row[rate] - base)
            assert_allclose(found["ratio"][rate][name]["estimate"], row[rate] / base)
            if name != "b, 1":
                assert gap["low"] < gap["estimate"] < gap["high"]
    assert found["difference"]["accuracy"]["b, 1"]["high"] == 0
    assert found["ratio"]["accuracy"]["b, 1"]["low"] == 1
    text = str(parity_report(y_true, y_pred, reference="b, 1", **options))
    gap = found["difference"]["accuracy"]["a, 0"]["estimate"]
    line = next(x for x in text.splitlines() if x.startswith("a, 0 - b, 1"))
    assert f"{gap:.3f}" in line
    with pytest.raises(
        ValueError, match=r"reference='d' is not a group; known: \[\('a'"
    ):
        numbers_of(y_true, y_pred, reference="d", **options)


def test_a_reference_that_is_left_out():
    y_true, y_pred, group, _ = decisions()
    options = {"sensitive_features": group, "pos_label": "yes", "min_group_size": 150}
    with (
        pytest.raises(ValueError, match="reference='c' is a group that min_group"),
        pytest.warns(SmallGroupWarning),
    ):
        parity_report(y_true, y_pred, reference="c", **options)
    with pytest.warns(SmallGroupWarning, match="leaves 1 of 3 groups out"):
        found = numbers_of(y_true, y_pred, reference="a", **options)
    assert list(found["to_reference"]["ratio"]["accuracy"]) == ["a", "b"]
    assert list(found["impact_ratio"]["groups"]) == ["a", "b"]


def test_reference_labels_of_two_types():
    group, y = np.array(["1", 1] * 20, dtype=object), [0, 0, 1, 1] * 10
    options = {"sensitive_features": group, "n_resamples": 0, "output_dict": True}
    assert parity_report(y, y, reference="1", **options)["reference"] == "'1'"
    assert parity_report(y, y, reference=1, **options)["reference"] == "1"


def test_wilson_intervals_of_rates():
    y_true, y_pred, group, _ = decisions()
    found = numbers_of(y_true, y_pred, sensitive_features=group, pos_label="yes")
    n = found["among"]["true_positive_rate"]["a"]
    assert n == ((group == "a") & (y_true == "yes")).sum()
    low, high = found["intervals"]["true_positive_rate"]["a"]
    p = found["groups"]["a"]["true_positive_rate"]
    for end in (low, high):  # the ends solve (p - end)^2 = z^2 end (1 - end) / n
        assert_allclose((p - end) ** 2, 1.959964**2 * end * (1 - end) / n, rtol=1e-6)


def by_hand(y_true, y_pred, weight):
    w = {"sample_weight": weight}
    return {
        "mean_prediction": np.average(y_pred, weights=weight),
        "mean_target": np.average(y_true, weights=weight),
        "mean_error": np.average(y_pred - y_true, weights=weight),
        "mean_absolute_error": mean_absolute_error(y_true, y_pred, **w),
        "root_mean_squared_error": mean_squared_error(y_true, y_pred, **w) ** 0.5,
    }


@pytest.mark.parametrize("weighted", [False, True])
def test_means_and_errors(weighted):
    y_true, y_pred, group, weight = premiums()
    weight = weight if weighted else np.ones(600)
    options = {"sensitive_features": group, "target": "numbers"}
    found = numbers_of(
        y_true, y_pred, sample_weight=weight if weighted else None, **options
    )
    known = {
        g: by_hand(y_true[group == g], y_pred[group == g], weight[group == g])
        for g in "abc"
    }
    overall = by_hand(y_true, y_pred, weight)
    for key, value in overall.items():
        assert_allclose(found["overall"][key], value)
        values = {g: known[g][key] for g in "abc"}
        for g in "abc":
            assert_allclose(found["groups"][g][key], values[g])
            low, high = found["intervals"][key][g]
            assert low < values[g] < high
        gap = found["difference"][key]
        assert_allclose(gap["estimate"], max(values.values()) - min(values.values()))
        assert gap["low"] < gap["high"]
        pair = found["pairs"][key]
        assert pair["lowest"]["group"] == min(values, key=values.get)
        assert pair["highest"]["group"] == max(values, key=values.get)
        quotient = found["ratio"][key]["estimate"]
        if key == "mean_error":
            assert np.isnan(quotient)
        else:
            assert_allclose(quotient, min(values.values()) / max(values.values()))
    json.dumps(found)
    assert found["pos_label"] is None
    assert found["impact_ratio"] is None


@pytest.mark.slow
def test_intervals_of_numbers_agree_with_those_of_rows():
    y_true, y_pred, group, weight = (column[:500] for column in premiums())
    y_true = y_true + 100 * (group == "b")
    options = {"sensitive_features": group == "b", "sample_weight": weight}
    found = numbers_of(y_true, y_pred, target="numbers", **options)

    def largest(y_true, y_pred, *, sensitive_features, sample_weight):
        return group_metric(
            mean_absolute_error,
            y_true,
            y_pred,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        ).difference

    for metric, gap in (
        (largest, found["difference"]["mean_absolute_error"]),
        (ks_gap, found["ks"]),
    ):
        rows = bootstrap_interval(metric, y_true, y_pred, random_state=0, **options)
        assert_allclose(gap["estimate"], rows["estimate"])
        width = rows["high"] - rows["low"]
        for end in ("low", "high"):
            assert_allclose(gap[end], rows[end], atol=0.1 * width)


def test_distances():
    y_true, y_pred, group, weight = premiums()
    options = {"sample_weight": weight}
    found = numbers_of(
        y_true, y_pred, sensitive_features=group, target="numbers", **options
    )["ks"]
    for g in "abc":
        rest = ks_gap(None, y_pred, sensitive_features=group == g, **options)
        assert_allclose(found["groups"][g]["estimate"], rest)
    pairs = {}
    for pair in ("ab", "ac", "bc"):
        rows = np.isin(group, list(pair))
        pairs[pair] = ks_gap(
            None,
            y_pred[rows],
            sensitive_features=group[rows],
            sample_weight=weight[rows],
        )
    widest = max(pairs, key=pairs.get)
    assert {found["pair"]["lower"], found["pair"]["higher"]} == set(widest)
    assert_allclose(found["estimate"], pairs[widest])
    # b has 30 more than the others.
    assert found["pair"]["higher"] == "b"


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(1, 5)),
        min_size=3,
        max_size=25,
    )
)
def test_sums_and_distances_for_other_weights(rows):
    """The weights of a resample give what its rows give, ties included."""
    group, y_pred, times = np.array([*rows, (0, 1, 1), (1, 2, 1), (2, 0, 1)]).T
    groups = read_groups(group)
    sorted_rows = SortedRows.read(y_pred + 0.5, y_pred.astype(float), groups, None)
    order = np.lexsort((y_pred, group))
    weight = times[order].astype(float)
    group, y_pred = np.repeat(group, times), np.repeat(y_pred, times)
    largest, rest = sorted_rows.distances(weight)
    options = {"sensitive_features": group}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallGroupWarning)
        assert_allclose(largest, ks_gap(None, y_pred, **options), atol=1e-12)
        of_two, _ = sorted_rows.distances(weight, np.array([True, False, True]))
        two = group != 1
        expected = ks_gap(None, y_pred[two], sensitive_features=group[two])
        assert_allclose(of_two, expected, atol=1e-12)
        for g in range(3):
            expected = ks_gap(None, y_pred, sensitive_features=group == g)
            assert_allclose(rest[g], expected, atol=1e-12)
    sums = sorted_rows.sums(weight)
    for g in range(3):
        f = y_pred[group == g]
        known = [len(f), f.sum(), (f + 0.5).sum(), -len(f) / 2, len(f) / 2, len(f) / 4]
        assert_allclose(sums[g], known)


def test_resamples_that_lack_a_group():
    group = np.array(["a"] * 40 + ["b"] * 2)
    y_pred = np.arange(42.0)
    with pytest.warns(SmallGroupWarning, match="b: 2") as caught:
        found = numbers_of(None, y_pred, sensitive_features=group, target="numbers")
    assert [w.filename for w in caught] == [__file__]
    lost = found["difference"]["mean_prediction"]["n_undefined"]
    assert 80 < lost < 200  # (1 - 2 / 42)^42 = 0.13
    assert found["ks"]["n_undefined"] == lost
    assert found["small_groups"] == ["b"]
    rows = SortedRows.read(None, y_pred, read_groups(group), None)
    _, largest, _ = resampled_sums(rows, np.array([True, True]), 1000, 3)
    assert np.isnan(largest).sum() == lost


def test_numbers_without_a_target_and_with_small_groups():
    _, y_pred, group, _ = premiums()
    options = {"sensitive_features": group, "target": "numbers"}
    found = numbers_of(None, y_pred, **options)
    assert list(found["difference"]) == ["mean_prediction"]
    with pytest.warns(SmallGroupWarning, match="leaves 1 of 3 groups out") as caught:
        large = numbers_of(None, y_pred, min_group_size=150, reference="a", **options)
    assert [w.filename for w in caught] == [__file__]
    assert large["left_out"] == ["c"]
    two = group != "c"
    alone = numbers_of(
        None, y_pred[two], sensitive_features=group[two], target="numbers"
    )
    for kind in ("difference", "ratio"):
        expected = alone[kind]["mean_prediction"]["estimate"]
        assert large[kind]["mean_prediction"]["estimate"] == expected
    assert large["ks"]["estimate"] == alone["ks"]["estimate"]
    assert large["pairs"] == alone["pairs"]
    assert large["groups"] == found["groups"]
    assert list(large["to_reference"]["ratio"]["mean_prediction"]) == ["a", "b"]


def test_rows_without_group_or_weight():
    y_true, y_pred, group, weight = premiums()
    some = np.where(np.arange(600) % 5 == 0, None, group)
    weight[::7] = 0
    kept = (np.arange(600) % 5 > 0) & (np.arange(600) % 7 > 0)
    found = numbers_of(
        y_true,
        y_pred,
        sensitive_features=some,
        sample_weight=weight,
        missing="ignore",
        target="numbers",
    )
    alone = numbers_of(
        y_true[kept],
        y_pred[kept],
        sensitive_features=group[kept],
        sample_weight=weight[kept],
        target="numbers",
    )
    assert found["n_rows"] == 600
    assert found["overall"]["count"] == alone["n_rows"] == kept.sum()
    assert_equal({**found, "n_rows": 0}, {**alone, "n_rows": 0})
    with pytest.raises(ValueError, match="groups without a row of positive weight"):
        parity_report(
            y_true,
            y_pred,
            sensitive_features=group,
            sample_weight=(group == "a") * 1.0,
            target="numbers",
        )


def test_quantiles():
    y_true, y_pred, group, _ = premiums()
    found = numbers_of(y_true, y_pred, sensitive_features=group, target="numbers")
    quantiles = found["quantiles"]
    for g, values in quantiles["groups"].items():
        own = np.sort(y_pred[group == g])
        ranks = [max(1, -(-k * len(own) // 100)) for k in range(101)]  # rounded up
        assert values == [own[rank - 1] for rank in ranks]
    assert_allclose(quantiles["share"], np.arange(101) / 100)


def test_refused():
    y_true, y_pred, group, _ = premiums()
    options = {"sensitive_features": group}
    with pytest.raises(ValueError, match='threshold them, or pass target="numbers"'):
        parity_report(y_true, y_pred, **options)
    with pytest.raises(ValueError, match="target='prices' is not known"):
        parity_report(y_true, y_pred, target="prices", **options)
    options["target"] = "numbers"
    with pytest.raises(ValueError, match=r"pos_label=1 is about classes"):
        parity_report(y_true, y_pred, pos_label=1, **options)
    with pytest.raises(ValueError, match=r"rates=\['accuracy'\] must be .*mean_pred"):
        parity_report(y_true, y_pred, rates=["accuracy"], **options)
    with pytest.raises(ValueError, match="needed for mean_error, and y_true is None"):
        parity_report(None, y_pred, rates=["mean_error"], **options)
    with pytest.raises(ValueError, match="y_pred is None: pass one prediction"):
        parity_report(y_true, None, **options)
    with pytest.raises(ValueError, match="y_true contains NaN"):
        parity_report(np.where(y_true > 0, np.nan, 1), y_pred, **options)
    with pytest.raises(ValueError, match="y_pred holds text such as"):
        parity_report(y_true, ["yes"] * 600, **options)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        parity_report(y_true[1:], y_pred, **options)
    for n in (-1, 2.5, True):
        with pytest.raises(ValueError, match=r"n_resamples=.* must be an integer"):
            parity_report(y_true, y_pred, n_resamples=n, **options)
    with pytest.raises(ValueError, match="another order"):
        parity_report(
            pd.Series(y_true),
            pd.Series(y_pred).sample(frac=1, random_state=0),
            **options,
        )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0], 0.5),
        ([0.0, 2.0], 0.0),
        ([0.0, 0.0], np.nan),
        ([-2.0, -1.0], 0.5),
        ([-2.0, 0.0], 0.0),
        ([-1.0, 2.0], np.nan),
        ([1.0, np.nan], np.nan),
    ],
)
def test_ratios(values, expected):
    assert_allclose(ratio(np.array(values)), expected)
    if not np.isnan(values).any():
        by_group = group_metric(
            lambda y_true, y_pred: y_pred.mean(),
            values,
            np.array(values),
            sensitive_features=["a", "b"],
        )
        # group_metric leaves the ratio of 0 to another number undefined.
        assert by_group.ratio == expected or np.isnan(by_group.ratio)


def test_what_the_report_is_about():
    y_true, y_pred, group, weight = decisions()
    found = numbers_of(
        y_true,
        y_pred,
        sensitive_features=pd.Series(group, name="region"),
        sample_weight=weight,
        pos_label="yes",
        title="Loans",
        date="2026-01-31",
        n_resamples=50,
    )
    assert (found["title"], found["model"], found["date"]) == (
        "Loans",
        None,
        "2026-01-31",
    )
    assert found["sensitive_features"] == ["region"]
    assert found["weighted"] is True
    # Those of classes have formulas.
    assert (found["n_resamples"], found["random_state"]) == (0, None)
    options = {"sensitive_features": group, "target": "numbers", "n_resamples": 50}
    for asked, used in ({"random_state": 3}, 3), ({"random_state": None}, 0):
        found = numbers_of(None, weight, **options, **asked)
        assert (found["n_resamples"], found["random_state"]) == (50, used)
    assert {"fairlearnkit", "scikit-learn", "Python"} <= set(found["versions"])
    rows = {"sensitive_features": np.column_stack([group, group]), "pos_label": "yes"}
    plain = numbers_of(y_true, y_pred, **rows)
    assert plain["sensitive_features"] == ["column 0", "column 1"]
    assert len(plain["date"]) == 10
