"""parity_report: the same numbers as text, dict, frame and HTML."""

import json
import pickle
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.metrics import (
    bootstrap_interval,
    group_rates,
    parity_report,
    rate_difference,
    rate_ratio,
)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b<c>"], 400, p=[0.7, 0.3])
    y_true = rng.choice(["no", "yes"], 400)
    keep = rng.uniform(size=400) < 0.7 + 0.1 * (group == "a")
    y_pred = np.where(keep, y_true, rng.choice(["no", "yes"], 400))
    return y_true, y_pred, group


def test_numbers(data):
    y_true, y_pred, group = data
    summary = parity_report(
        y_true, y_pred, sensitive_features=group, output_dict=True, pos_label="no"
    )
    rates = group_rates(y_true, y_pred, sensitive_features=group, pos_label="no")
    assert list(summary["groups"]) == ["a", "b<c>"]
    for g, row in enumerate(summary["groups"].values()):
        assert row["count"] == rates.counts[g]
        for name in set(row) - {"count"}:
            assert row[name] == rates.by_group[name][g]
    for name, gap in summary["difference"].items():
        metric = partial(rate_difference, rate=name, pos_label="no")
        assert gap["estimate"] == metric(y_true, y_pred, sensitive_features=group)
        interval = bootstrap_interval(
            metric, y_true, y_pred, sensitive_features=group, random_state=1
        )
        assert (gap["low"], gap["high"]) == (interval.low, interval.high)
        ratio = partial(rate_ratio, rate=name, pos_label="no")
        expected = ratio(y_true, y_pred, sensitive_features=group)
        assert summary["ratio"][name]["estimate"] == expected
    assert summary["small_groups"] == []
    assert summary["confidence_level"] == 0.95


def test_text_frame_and_html(data):
    y_true, y_pred, group = data
    report = parity_report(y_true, y_pred, sensitive_features=group, rates=["accuracy"])
    lines = str(report).splitlines()
    assert repr(report) == str(report)
    assert not isinstance(report, str)
    assert [line.split()[0] for line in lines[:6]] == [
        "count",
        "a",
        "b<c>",
        "all",
        "difference",
        "ratio",
    ]
    assert len({len(line) for line in lines[:4]}) == 1  # columns end together
    assert lines[-1] == "[ ]: 95 % interval."
    gap = report.numbers["difference"]["accuracy"]
    formatted = f"{gap['estimate']:.3f} [{gap['low']:.3f}, {gap['high']:.3f}]"
    assert formatted in lines[4]
    frame = report.frame()
    assert frame.index.tolist() == ["a", "b<c>", "all rows", "difference", "ratio"]
    assert frame.loc["all rows", "count"] == 400
    assert frame.loc["difference", "accuracy"] == gap["estimate"]
    html = report._repr_html_()
    assert "<td>" + formatted + "</td>" in html
    assert "b&lt;c&gt;" in html
    assert "b<c>" not in html
    copy = pickle.loads(pickle.dumps(report))
    assert str(copy) == str(report)
    assert copy.numbers == report.numbers
    again = parity_report(y_true, y_pred, sensitive_features=group, rates=["accuracy"])
    assert str(again) == str(report)


@pytest.mark.parametrize("labels", [("<=50K", ">50K"), (">50K", "<=50K"), (2, 1)])
def test_the_positive_class_stands_in_the_report(data, labels):
    y_true, y_pred, group = data
    options = {"sensitive_features": group, "n_resamples": 0, "pos_label": labels[1]}
    names = np.array(labels)
    report = parity_report(
        names[1 * (y_true == "yes")], names[1 * (y_pred == "yes")], **options
    )
    assert report.numbers["pos_label"] == labels[1]
    assert str(report).endswith(f"\n\nPositive class: {labels[1]}.")
    frame = report.frame()
    assert frame.attrs["pos_label"] == labels[1]
    assert f"positive class: {labels[1]}" in str(frame)
    escaped = str(labels[1]).replace("<", "&lt;").replace(">", "&gt;")
    assert f"<p>Positive class: {escaped}.</p>" in report._repr_html_()
    json.dumps(report.numbers)
    no_class = parity_report(
        y_true, y_pred, sensitive_features=group, n_resamples=0, rates=["accuracy"]
    )
    assert no_class.numbers["pos_label"] is no_class.frame().attrs["pos_label"] is None
    assert "ositive" not in str(no_class)


def test_small_and_undefined_are_marked():
    group = ["a"] * 30 + ["b"] * 5
    y_true, y_pred = [1, 0] * 15 + [1] * 5, [1, 0] * 15 + [1] * 5
    with pytest.warns(SmallGroupWarning, match="a: 30, b: 5") as caught:
        report = parity_report(y_true, y_pred, sensitive_features=group)
    assert len(caught) == 1
    assert "b (small)" in str(report)
    assert "(small): fewer than 10 rows." in str(report)
    assert "nan: no such rows" in str(report)
    assert report.numbers["small_groups"] == ["b"]
    assert np.isnan(report.numbers["groups"]["b"]["false_positive_rate"])


def test_intersections_weights_and_no_intervals(data):
    y_true, y_pred, group = data
    both = {"group": group, "old": np.arange(400) % 2}
    weight = np.random.default_rng(0).integers(1, 3, 400)
    report = parity_report(
        y_true,
        y_pred,
        sensitive_features=both,
        sample_weight=weight,
        pos_label="yes",
        n_resamples=0,
    )
    assert "[" not in str(report)
    names = [f"{label}, {old}" for label in ("a", "b<c>") for old in (0, 1)]
    assert report.frame().index.tolist() == [*names, "all rows", "difference", "ratio"]
    for name in names:
        rows = (group == name[:-3]) & (both["old"] == int(name[-1]))
        rate = np.average(y_pred[rows] == "yes", weights=weight[rows])
        assert_allclose(report.frame().loc[name, "selection_rate"], rate)
    accuracy = np.average(y_true == y_pred, weights=weight)
    assert_allclose(report.numbers["overall"]["accuracy"], accuracy)


@pytest.mark.parametrize("n_resamples", [0, 50])
def test_the_dict_is_json(data, n_resamples):
    y_true, y_pred, group = data
    day = np.where(group == "a", "2020-01-01", "2021-01-01").astype("datetime64[D]")
    odd = np.array(["1" if one == "a" else 1 for one in group], dtype=object)
    forms = {
        "a, 1": {"group": group, "old": np.arange(400) % 2},
        "0": (group == "a").astype(np.int8),
        "True": group == "a",
        "2020-01-01 00:00:00": day,
        "'1'": odd,
        "None": np.where(group == "a", None, "b").astype(object),
    }
    for name, groups in forms.items():
        summary = parity_report(
            np.array(y_true, dtype=object),
            y_pred,
            sensitive_features=groups,
            sample_weight=np.ones(400, dtype=np.float32),
            missing="group",
            pos_label=np.str_("yes"),
            n_resamples=n_resamples,
            confidence_level=np.float32(0.9),
            output_dict=True,
        )
        again = json.loads(json.dumps(summary))
        np.testing.assert_equal(again, summary)  # NaN is NaN
        assert name in again["groups"]
        assert len(again["groups"]) == (4 if isinstance(groups, dict) else 2)


def test_names_that_would_be_the_same():
    group, y = np.array(["1", 1] * 20, dtype=object), [0, 0, 1, 1] * 10
    report = parity_report(y, y, sensitive_features=group, n_resamples=0)
    assert list(report.numbers["groups"]) == ["1", "'1'"]


def test_errors(data):
    y_true, y_pred, group = data
    for rates in (["recall"], "accuracy"):
        with pytest.raises(ValueError, match="must be a sequence of names among"):
            parity_report(y_true, y_pred, sensitive_features=group, rates=rates)


def test_what_is_none_is_named(data):
    y_true, _, group = data
    for y in (None, y_true):
        with pytest.raises(ValueError, match="y_pred is None: pass one label"):
            parity_report(y, None, sensitive_features=group)


def test_ratios_of_rates_that_are_0_lack_no_group():
    group, y_true = ["a"] * 40 + ["b"] * 40, [0, 1] * 40
    rates = {"rates": ["selection_rate", "accuracy"]}
    never = parity_report(y_true, [0] * 80, sensitive_features=group, **rates)
    ratio = never.numbers["ratio"]["selection_rate"]
    # Nothing is known of the ratio, but the difference is below that of 4 of 40 rows.
    assert (ratio["low"], ratio["high"], ratio["n_undefined"]) == (0, 1, 0)
    difference = never.numbers["difference"]["selection_rate"]
    assert difference["low"] == difference["estimate"] == 0
    assert 0.05 < difference["high"] < 0.1
    assert str(never).endswith(
        "nan: no such rows in a group, or a ratio of rates that are 0."
    )
    once = parity_report(y_true, [1] + [0] * 79, sensitive_features=group, **rates)
    ratio = once.numbers["ratio"]["selection_rate"]
    assert ratio["low"] == ratio["estimate"] == 0
    assert ratio["high"] == 1  # the group of no selected row may have the higher rate


def test_small_denominators_and_lost_resamples_are_reported():
    group = ["a"] * 30 + ["b"] * 10
    y_true, y_pred = [0, 1] * 15 + [1] + [0] * 9, [0, 1] * 15 + [1] * 10
    report = parity_report(
        y_true, y_pred, sensitive_features=group, rates=["true_positive_rate"]
    )
    assert report.numbers["small_rates"] == {"true_positive_rate": ["b"]}
    assert "1.000*" in str(report).splitlines()[2]
    assert "*: of fewer than 10 rows." in str(report)
    gap = report.numbers["difference"]["true_positive_rate"]
    assert (gap["low"], gap["estimate"]) == (0, 0)
    assert gap["high"] > 0.7  # there is one row in a group
    with pytest.warns(SmallGroupWarning):
        report = parity_report(
            None,
            np.arange(32.0),
            sensitive_features=["a"] * 30 + ["b"] * 2,
            target="numbers",
        )
    lost = report.numbers["difference"]["mean_prediction"]["n_undefined"]
    assert 80 < lost < 200  # (1 - 2 / 32)^32 = 0.13
    assert f"Up to {lost} resamples of an interval lack a group" in str(report)


def test_groups_with_the_names_of_other_rows():
    group, y = ["ratio"] * 20 + ["all rows"] * 20, [0, 1] * 20
    frame = parity_report(y, y, sensitive_features=group, n_resamples=0).frame()
    assert frame.index.tolist() == [
        "all rows",
        "ratio",
        "all rows",
        "difference",
        "ratio",
    ]
    assert frame["count"].dropna().tolist() == [20, 20, 40]


def test_accuracy_needs_no_positive_class():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 3, (2, 300))
    group = rng.integers(0, 2, 300)
    spread = [np.mean((y_true == y_pred)[group == g]) for g in (0, 1)]
    found = bootstrap_interval(
        partial(rate_difference, rate="accuracy"),
        y_true,
        y_pred,
        sensitive_features=group,
        random_state=0,
    )
    assert_allclose(found.estimate, abs(spread[0] - spread[1]))
