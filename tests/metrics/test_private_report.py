"""parity_report and group_rates with epsilon: what they say, and on what it depends."""

import json
import secrets
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_equal
from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit._counting import noisy_counts
from fairlearnkit._counting.gap_intervals import (
    largest_difference,
    shares_of_largest,
    smallest_ratio,
)
from fairlearnkit._counting.newcombe import quantile_for
from fairlearnkit._counting.noisy_rates import noisy_rates
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.metrics import group_rates, parity_report

UNIT = "one row, added or removed"
SAME_KEYS = ("groups", "overall", "among", "pairs", "small_rates", "pos_label")


def rows(n=900, classes=("no", "yes"), seed=0):
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    y_true = rng.choice(classes, n)
    keep = rng.uniform(size=n) < 0.6 + 0.2 * (group == "b")
    return y_true, np.where(keep, y_true, classes[0]), group


def private(y_true, y_pred, group, *, labels=("no", "yes"), epsilon=1.0, **options):
    options = {"groups": ["a", "b", "c"], "pos_label": "yes", "date": "today"} | options
    return parity_report(
        y_true,
        y_pred,
        sensitive_features=group,
        labels=labels,
        epsilon=epsilon,
        **options,
    )


@pytest.fixture
def noise(monkeypatch):
    """Noise of the test's choice in place of random noise, none at first."""
    chosen = {"value": 0, "calls": 0}

    def draw(epsilon, size):
        chosen["calls"] += 1
        return np.broadcast_to(chosen["value"], size).astype(np.int64)

    monkeypatch.setattr(noisy_counts, "draw_discrete_laplace", draw)
    return chosen


def estimates(value):
    """A nested structure without the ends of intervals, which differ."""
    if isinstance(value, dict):
        if "estimate" in value:
            return value["estimate"]
        return {key: estimates(entry) for key, entry in value.items()}
    return value


@pytest.mark.usefixtures("noise")
@pytest.mark.parametrize("classes", [("no", "yes"), ("high", "low", "mid")])
@pytest.mark.parametrize("with_truth", [True, False])
def test_without_noise_the_numbers_are_those_of_the_report(classes, with_truth):
    y_true, y_pred, group = rows(classes=classes)
    y_true = y_true if with_truth else None
    options = {"reference": "b", "pos_label": "yes" if len(classes) == 2 else None}
    found = private(y_true, y_pred, group, labels=classes, output_dict=True, **options)
    plain = parity_report(
        y_true,
        y_pred,
        sensitive_features=group,
        n_resamples=9,
        output_dict=True,
        **options,
    )
    assert list(found["by_class"]) == list(plain["by_class"])
    pairs = [(found, plain)]
    pairs += [(part, plain["by_class"][k]) for k, part in found["by_class"].items()]
    for mine, other in pairs:
        for key in (*SAME_KEYS, "difference", "ratio", "impact_ratio", "to_reference"):
            assert_equal(estimates(mine[key]), estimates(other[key]), err_msg=key)
    for key in ("n_rows", "reference", "small_groups", "left_out", "confidence_level"):
        assert found[key] == plain[key]
    assert list(found) == list(plain)
    assert plain["privacy"] is None
    assert found["privacy"]["epsilon"] == 1.0


@pytest.mark.usefixtures("noise")
@pytest.mark.parametrize("missing", ["error", "ignore"])
def test_rows_that_are_not_declared_leave_no_trace(missing):
    """Nothing but the counts of declared rows enters; errors and warnings neither."""
    y_true, y_pred, group = (list(column) for column in rows())
    more = [("yes", "no", "x"), ("other", "no", "a"), ("yes", "maybe", "a")]
    more += [("yes", "no", None), (None, "no", "a"), ("yes", float("nan"), "b")]
    more += [(3, 0.25, "a"), (["yes"], "no", "a"), ("yes", {}, "a")]
    columns = zip((y_true, y_pred, group), zip(*more))
    longer = [column + list(extra) for column, extra in columns]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = private(y_true, y_pred, group, missing=missing)
        found = private(*longer, missing=missing)
        order = np.random.default_rng(1).permutation(len(longer[0]))
        shuffled = [[column[i] for i in order] for column in longer]
        again = private(*shuffled, missing=missing)
    for report in (found, again):
        assert_equal(report.numbers, expected.numbers)
        assert report.to_markdown() == expected.to_markdown()
    assert_equal(
        group_rates_of(*longer, missing=missing), group_rates_of(y_true, y_pred, group)
    )


def group_rates_of(y_true, y_pred, group, **options):
    return dict(
        group_rates(
            y_true,
            y_pred,
            sensitive_features=group,
            groups=["a", "b", "c"],
            labels=["no", "yes"],
            pos_label="yes",
            epsilon=1,
            **options,
        )
    )


@pytest.mark.usefixtures("noise")
def test_missing_values_as_a_declared_group():
    y_true, y_pred, group = rows()
    with_missing = pd.Series(group).mask(group == "c")
    options = {"groups": ["a", "b"], "missing": "group", "output_dict": True}
    found = private(y_true, y_pred, with_missing, **options)["groups"]
    expected = private(y_true, y_pred, group, output_dict=True)["groups"]
    assert list(found) == ["a", "b", "None"]
    assert list(found.values()) == list(expected.values())
    # The group is there without a row of it, too.
    present = with_missing.notna().to_numpy()
    with pytest.warns(SmallGroupWarning, match="None: 0"):
        none = private(y_true[present], y_pred[present], group[present], **options)
    assert none["groups"]["None"]["count"] == 0


@pytest.mark.usefixtures("noise")
def test_intersections():
    y_true, y_pred, group = rows()
    old = np.arange(900) % 2
    groups = [("b", 1), ("a", 0)]
    found = private(
        y_true, y_pred, {"g": group, "old": old}, groups=groups, reference=("a", 0)
    ).numbers
    assert found["sensitive_features"] == ["g", "old"]
    counts = {name: row["count"] for name, row in found["groups"].items()}
    assert counts == {
        "b, 1": ((group == "b") & (old == 1)).sum(),
        "a, 0": ((group == "a") & (old == 0)).sum(),
    }
    assert found["n_rows"] == sum(counts.values())


def test_noise_reaches_every_number(noise):
    """One more row in each cell: counts, rates, gaps and intervals are of those."""
    y_true, y_pred, group = rows()
    noise["value"] = 7
    found = private(y_true, y_pred, group, epsilon=0.5).numbers
    cells = pd.crosstab([group, y_true], y_pred).to_numpy().reshape(3, 2, 2) + 7
    names, totals = ["a", "b", "c"], cells.sum(axis=(1, 2))
    assert [found["groups"][g]["count"] for g in names] == totals.tolist()
    assert found["n_rows"] == found["overall"]["count"] == cells.sum()
    for rate in ("selection_rate", "true_positive_rate", "accuracy"):
        rates = noisy_rates(cells, rate, 1, True, 0.5)
        values = [found["groups"][g][rate] for g in names]
        assert_allclose(values, rates.values)
        ends = np.transpose([found["intervals"][rate][g] for g in names])
        assert_allclose(ends, rates.intervals(quantile_for(0.95)))
        for key, of in (("difference", largest_difference), ("ratio", smallest_ratio)):
            gap = found[key][rate]
            assert_allclose([gap["low"], gap["high"]], of(rates, 0.95))
            assert gap["low"] <= gap["estimate"] <= gap["high"]
    rates = noisy_rates(cells, "selection_rate", 1, True, 0.5)
    impact = found["impact_ratio"]["groups"]
    ends = [[impact[g][key] for g in names] for key in ("low", "high")]
    assert_allclose(ends, shares_of_largest(rates, 0.95))
    assert_allclose(
        found["overall"]["accuracy"],
        (cells[:, 0, 0] + cells[:, 1, 1]).sum() / cells.sum(),
    )


def test_every_form_says_epsilon_and_unit():
    y_true, y_pred, group = rows()
    report = private(y_true, y_pred, group, epsilon=2)
    said = f"epsilon = 2 for {UNIT}"
    assert said in " ".join(repr(report).split())
    for text in (report._repr_html_(), report.to_html(), report.to_markdown()):
        assert said in text.replace("\\", "")
        assert "sampling and noise" in text
    for text in (repr(report), report.to_html(), report.to_markdown()):
        for wrong in ("bootstrap", "Wilson", "resample"):
            assert wrong not in text
    privacy = json.loads(report.to_json())["privacy"]
    assert privacy["epsilon"] == 2
    assert privacy["unit"] == UNIT
    deviation = np.sqrt(2 * np.exp(-2)) / (1 - np.exp(-2))
    assert_allclose(privacy["noise_standard_deviation"], deviation)
    assert "true class" in privacy["mechanism"]
    frame = report.frame()
    assert f"epsilon: 2 for {UNIT}" in repr(frame)
    assert frame.attrs["epsilon"] == 2
    assert frame.attrs["unit_of_privacy"] == UNIT
    assert frame.attrs["pos_label"] == "yes"
    alone = private(None, y_pred, group).numbers["privacy"]["mechanism"]
    assert "true class" not in alone
    three = rows(classes=("high", "low", "mid"))
    report = private(*three, labels=["high", "low", "mid"], pos_label=None)
    assert report.frame().attrs["epsilon"] == 1
    assert repr(report).count(f"epsilon = 1 for {UNIT}") == 1
    plain = parity_report(
        y_true, y_pred, sensitive_features=group, pos_label="yes", n_resamples=0
    )
    for text in (repr(plain), plain.to_html(), plain.to_markdown()):
        assert "epsilon" not in text
    assert "epsilon" not in plain.frame().attrs


@pytest.mark.slow
@pytest.mark.parametrize("value", [-10, -1000, -60, [*range(-90, 0, 15), *[-100] * 6]])
def test_counts_below_zero_are_no_surprise(value, noise):
    """Undefined rates are NaN; every interval keeps its limits; all forms show it."""
    y_true, y_pred, group = rows(300)
    noise["value"] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallGroupWarning)
        report = private(y_true, y_pred, group, epsilon=0.1, reference="b")
    found = report.numbers
    for rate, by_group in found["intervals"].items():
        for name, (low, high) in by_group.items():
            estimate = found["groups"][name][rate]
            assert 0 <= low <= high <= 1
            if found["among"][rate][name] > 0:
                assert low - 1e-12 <= estimate <= high + 1e-12
            else:
                assert np.isnan(estimate)
                assert (low, high) == (0, 1)
        for gap in (found["difference"][rate], found["ratio"][rate]):
            assert 0 <= gap["low"] <= gap["high"] <= 1
            assert gap["n_undefined"] == 0
        for gap in found["to_reference"]["difference"][rate].values():
            assert -1 <= gap["low"] <= gap["high"] <= 1
        for gap in found["to_reference"]["ratio"][rate].values():
            assert 0 <= gap["low"] <= gap["high"]
    for gap in found["impact_ratio"]["groups"].values():
        assert 0 <= gap["low"] <= gap["high"] <= 1
    json.loads(report.to_json(), parse_constant=lambda text: pytest.fail(text))
    page = report.to_html()
    assert "<svg" in page
    if np.min(value) <= -100:
        assert "With noise a group has no rows" in page
        assert "0 or less" in repr(report)
        assert "not defined" in report.to_markdown()
    if found["n_rows"] <= 0:  # shares of a negative number say nothing
        (line,) = (x for x in report.to_markdown().splitlines() if "| All rows" in x)
        assert line.startswith(f"| All rows | {found['n_rows']:,} | not defined |")
    assert report.frame()["count"].iloc[:3].tolist() == [
        row["count"] for row in found["groups"].values()
    ]


def test_no_intervals_on_request():
    report = private(*rows(), n_resamples=0)
    assert report.numbers["confidence_level"] is None
    assert np.isnan(report.numbers["difference"]["accuracy"]["low"])
    assert "[" not in repr(report)
    assert "Intervals: none" in report.to_markdown()


def test_small_groups_by_noisy_counts(noise):
    y_true, y_pred, group = rows()
    noise["value"] = np.repeat([0, 0, -60], 4)
    with pytest.warns(SmallGroupWarning) as caught:
        found = private(y_true, y_pred, group, min_group_size=100)
    first, second = caught
    assert "10 rows in a group, by the counts with noise: a: 4" in str(first.message)
    assert "min_group_size=100 leaves 1 of 3 groups out" in str(second.message)
    assert first.filename == second.filename == __file__
    numbers = found.numbers
    assert numbers["small_groups"] == numbers["left_out"] == ["c"]
    assert set(numbers["impact_ratio"]["groups"]) == {"a", "b"}
    two = noisy_cells_of(y_true, y_pred, group)[:2]
    rates = noisy_rates(two, "selection_rate", 1, True, 1.0)
    gap = numbers["difference"]["selection_rate"]
    assert_allclose([gap["low"], gap["high"]], largest_difference(rates, 0.95))
    with pytest.warns(SmallGroupWarning), pytest.raises(ValueError, match="leaves no"):
        private(y_true, y_pred, group, min_group_size=10_000)


def noisy_cells_of(y_true, y_pred, group):
    return pd.crosstab([group, y_true], y_pred).to_numpy().reshape(3, 2, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": None}, "With epsilon, groups has to be declared"),
        ({"labels": None}, r"With epsilon, labels has to be declared.*labels=\[0, 1\]"),
        ({"sample_weight": np.ones(900)}, "the noise hides a row that counts as 1"),
        ({"target": "numbers"}, "a row can change a mean, an error or a distance"),
        ({"random_state": 3}, "whoever knows the seed could subtract the noise"),
        ({"random_state": 0}, "random_state=0 and epsilon exclude each other"),
        ({"random_state": np.random.RandomState(0)}, "whoever knows the seed"),
        ({"epsilon": 0}, "epsilon=0 must be a number from 1e-06 to 1000"),
        ({"epsilon": None}, "Leave out groups, or pass epsilon"),
        ({"reference": "x"}, "reference='x' is not a group; known: "),
        ({"pos_label": "x"}, "pos_label='x' is not a class; known: "),
        ({"pos_label": None}, "pos_label is not specified"),
        ({"n_resamples": -1}, "n_resamples=-1 must be an integer"),
        ({"confidence_level": 95}, "confidence_level=95 must lie between 0 and 1"),
        ({"min_group_size": -1}, "min_group_size=-1 must be an integer"),
        ({"rates": ["gini"]}, "must be a sequence of names"),
        ({"missing": "drop"}, "missing='drop' is not known"),
    ],
)
def test_errors_come_before_the_noise(options, message, noise):
    """A message about an argument releases nothing."""
    with pytest.raises(ValueError, match=message):
        private(*rows(), **options)
    assert noise["calls"] == 0


def test_a_private_report_has_no_seed(noise):
    assert private(*rows(), random_state=None).numbers["random_state"] is None
    assert noise["calls"] == 1


def test_noise_comes_from_the_system(monkeypatch):
    y_true, y_pred, group = rows()

    def counts():
        found = private(y_true, y_pred, group, epsilon=0.01).numbers
        return [row["count"] for row in found["groups"].values()]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallGroupWarning)
        # Counts of a standard deviation of 283 agree once in many millions.
        assert counts() != counts()
        for _ in range(2):
            monkeypatch.setattr(secrets, "token_bytes", np.random.default_rng(7).bytes)
            first = counts()
            monkeypatch.setattr(secrets, "token_bytes", np.random.default_rng(7).bytes)
            assert counts() == first


def test_one_call_draws_once(noise):
    """All classes, rates and gaps are about the same noisy counts: one epsilon."""
    three = rows(classes=("high", "low", "mid"))
    private(*three, labels=["high", "low", "mid"], pos_label=None, reference="a")
    assert noise["calls"] == 1


@pytest.mark.usefixtures("noise")
def test_group_rates():
    y_true, y_pred, group = rows()
    found = group_rates_of(y_true, y_pred, group)
    plain = group_rates(y_true, y_pred, sensitive_features=group, pos_label="yes")
    assert found.pop("epsilon") == 1
    intervals = found.pop("intervals")
    assert_equal(found, dict(plain))
    assert intervals.keys() == plain.by_group.keys()
    reported = private(y_true, y_pred, group).numbers["intervals"]
    for rate, by_name in reported.items():  # the same intervals, in the same order
        assert_equal(intervals[rate].tolist(), list(by_name.values()))
    half = group_rates_of(y_true, y_pred, group, confidence_level=0.5)["intervals"]
    for rate, ends in half.items():
        assert (np.ptp(ends, axis=1) < 0.6 * np.ptp(intervals[rate], axis=1)).all()
    alone = group_rates_of(None, y_pred, group)
    assert list(alone["by_group"]) == ["selection_rate"]


def test_group_rates_with_noise(noise):
    y_true, y_pred, group = rows()
    noise["value"] = 5
    found = group_rates_of(y_true, y_pred, group)
    cells = noisy_cells_of(y_true, y_pred, group) + 5
    assert_equal(found["counts"], cells.sum(axis=(1, 2)))
    rates = noisy_rates(cells, "positive_predictive_value", 1, True, 1.0)
    assert_allclose(found["by_group"]["positive_predictive_value"], rates.values)
    ends = rates.intervals(quantile_for(0.95))
    assert_allclose(found["intervals"]["positive_predictive_value"], np.transpose(ends))
    noise["value"] = np.tile([0, 0, 0, -400], 3)
    with (
        pytest.warns(SmallGroupWarning, match="by the counts with noise") as small,
        pytest.warns(UndefinedMetricWarning, match="true_positive_rate") as nan,
    ):
        found = group_rates_of(y_true, y_pred, group)
    assert small[0].filename == nan[0].filename == __file__
    assert np.isnan(found["by_group"]["true_positive_rate"]).all()
    assert_equal(found["intervals"]["true_positive_rate"], [[0.0, 1.0]] * 3)
    for values in found["by_group"].values():
        assert ((values >= 0) & (values <= 1) | np.isnan(values)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": None}, "groups has to be declared"),
        ({"labels": None}, "labels has to be declared"),
        ({"sample_weight": np.ones(900)}, "sample_weight and epsilon exclude"),
        ({"epsilon": -1}, "epsilon=-1 must be a number"),
        ({"epsilon": None}, "Leave out groups"),
        ({"pos_label": "x"}, "is not a class"),
        ({"confidence_level": 95}, "confidence_level=95 must lie between 0 and 1"),
    ],
)
def test_errors_of_group_rates(options, message, noise):
    y_true, y_pred, group = rows()
    given = {"groups": ["a", "b", "c"], "labels": ["no", "yes"], "epsilon": 1}
    given |= {"pos_label": "yes"} | options
    with pytest.raises(ValueError, match=message):
        group_rates(y_true, y_pred, sensitive_features=group, **given)
    assert noise["calls"] == 0


@pytest.mark.slow
def test_many_cells():
    """2,000 groups and 10 classes: 200,000 cells."""
    rng = np.random.default_rng(3)
    group, y_true, y_pred = (rng.integers(0, k, 100_000) for k in (2000, 10, 10))
    found = parity_report(
        y_true,
        y_pred,
        sensitive_features=group,
        groups=range(2000),
        labels=range(10),
        pos_label=1,
        rates=["selection_rate"],
        epsilon=8,
        output_dict=True,
    )
    counts = [row["count"] for row in found["groups"].values()]
    assert_allclose(counts, np.bincount(group, minlength=2000), atol=8)
    assert 0 < found["difference"]["selection_rate"]["high"] <= 1
