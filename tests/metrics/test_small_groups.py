"""min_group_size leaves rare groups out of a gap and says which; reports name pairs."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from fairlearnkit import metrics
from fairlearnkit._counting.gaps import RateComparison
from fairlearnkit._counting.metric import is_gap_of_rates
from fairlearnkit._counting.pairs import widest_pair
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.metrics import (
    bootstrap_interval,
    demographic_parity_difference,
    parity_report,
    parity_scorer,
    rate_difference,
)

METRICS = [name for name in metrics.__all__ if is_gap_of_rates(getattr(metrics, name))]
LEFT_OUT = "min_group_size=20 leaves 2 of 5 groups out of the comparison: a: 7, b: 19"


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    group = np.repeat(["c", "d", "e", "a", "b"], [200, 120, 40, 7, 19])
    y = rng.integers(0, 2, len(group))
    y_pred = (rng.uniform(size=len(group)) < 0.3 + 0.1 * (group == "d")).astype(int)
    y_pred[group == "a"] = 1
    return y, y_pred, group


@pytest.mark.parametrize("aggregate", ["worst", "mean", "to_overall"])
@pytest.mark.parametrize("name", METRICS)
def test_as_if_the_rows_were_not_there(rows, name, aggregate):
    y, y_pred, group = rows
    metric = getattr(metrics, name)
    with pytest.warns(SmallGroupWarning, match=LEFT_OUT) as caught:
        gap = metric(
            y,
            y_pred,
            sensitive_features=group,
            aggregate=aggregate,
            min_group_size=20,
        )
    assert len(caught) == 1  # the small denominators of a are none of the comparison
    assert caught[0].filename == __file__
    large = np.isin(group, ["c", "d", "e"])
    expected = metric(
        y[large], y_pred[large], sensitive_features=group[large], aggregate=aggregate
    )
    assert gap == expected


@pytest.mark.slow
def test_within_strata_the_group_counts_as_a_whole(rows):
    y, y_pred, group = rows
    stratum = np.where(group == "a", "only a", np.resize(["s", "t"], len(group)))
    options = {"control_features": stratum, "min_group_size": 20}
    with pytest.warns(SmallGroupWarning, match=LEFT_OUT):
        gap = rate_difference(y, y_pred, sensitive_features=group, **options)
    large = np.isin(group, ["c", "d", "e"])
    expected = rate_difference(
        y[large],
        y_pred[large],
        sensitive_features=group[large],
        control_features=stratum[large],
    )
    assert gap == expected


def test_rows_count_and_not_their_weights(rows):
    y, y_pred, group = rows
    options = {"sensitive_features": group, "sample_weight": np.full(len(y), 0.001)}
    with pytest.warns(SmallGroupWarning, match=LEFT_OUT):
        demographic_parity_difference(y, y_pred, min_group_size=20, **options)


@pytest.mark.parametrize("size", [-1, 0.5, None, True, "20"])
def test_sizes_are_counts(rows, size):
    y, y_pred, group = rows
    message = f"min_group_size={re.escape(repr(size))} must be an integer"
    with pytest.raises(ValueError, match=message):
        rate_difference(y, y_pred, sensitive_features=group, min_group_size=size)


@pytest.mark.parametrize(("size", "left"), [(121, "one"), (201, "no")])
def test_fewer_than_two_groups_are_left(rows, size, left):
    y, y_pred, group = rows
    with pytest.raises(
        ValueError, match=f"leaves {left} group to compare: a: 7, b: 19, c"
    ):
        rate_difference(y, y_pred, sensitive_features=group, min_group_size=size)


@pytest.mark.parametrize("weighted", [False, True])
def test_resamples_compare_the_same_groups(rows, weighted):
    y, y_pred, group = rows
    weight = np.resize([1.0, 2.0], len(y)) if weighted else None
    large = np.isin(group, ["c", "d", "e"])
    options = {"stratify": True, "random_state": 0}
    with pytest.warns(SmallGroupWarning, match=LEFT_OUT):
        interval = bootstrap_interval(
            "demographic_parity_difference",
            y,
            y_pred,
            sensitive_features=group,
            sample_weight=weight,
            metric_params={"min_group_size": 20},
            **options,
        )
    alone = bootstrap_interval(
        "demographic_parity_difference",
        y[large],
        y_pred[large],
        sensitive_features=group[large],
        sample_weight=None if weight is None else weight[large],
        **options,
    )
    assert interval.estimate == alone.estimate
    assert interval.low == pytest.approx(alone.low, abs=0.02)
    assert interval.high == pytest.approx(alone.high, abs=0.02)


def test_scorers_pass_it_on(rows):
    y, _, group = rows
    X = np.column_stack([np.arange(len(y)) % 7, group == "d"]).astype(float)
    model = LogisticRegression().fit(X, y)
    scorer = parity_scorer(
        "demographic_parity_difference", metric_params={"min_group_size": 20}
    )
    with pytest.warns(SmallGroupWarning, match=LEFT_OUT):
        score = scorer(model, X, y, sensitive_features=group)
    large = np.isin(group, ["c", "d", "e"])
    expected = demographic_parity_difference(
        y[large], model.predict(X[large]), sensitive_features=group[large]
    )
    assert score == -expected


def test_report_marks_what_is_left_out_and_names_the_pair(rows):
    y, y_pred, group = rows
    options = {"sensitive_features": group, "n_resamples": 0}
    with pytest.warns(SmallGroupWarning):
        report = parity_report(y, y_pred, min_group_size=20, **options)
    large = np.isin(group, ["c", "d", "e"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone = parity_report(
            y[large], y_pred[large], sensitive_features=group[large], n_resamples=0
        )
    for key in ("difference", "ratio", "pairs"):
        assert report.numbers[key] == alone.numbers[key]
    assert report.numbers["left_out"] == ["a", "b"]
    assert report.numbers["groups"]["a"]["selection_rate"] == 1
    assert "a (small) (left out)" in str(report)
    assert "(left out): fewer than 20 rows, not in the gaps." in str(report)
    pair = report.numbers["pairs"]["true_positive_rate"]
    rates = {
        name: y_pred[(group == name) & (y == 1)].mean() for name in ("c", "d", "e")
    }
    for end, choose in (("lowest", min), ("highest", max)):
        name = choose(rates, key=rates.get)
        n_rows = int(((group == name) & (y == 1)).sum())
        assert pair[end] == {"group": name, "count": n_rows}
        line = next(row for row in str(report).splitlines() if row.startswith(end))
        assert f"{name} ({n_rows})" in line


def test_report_of_two_groups_needs_no_names(rows):
    y, y_pred, group = rows
    large = np.isin(group, ["c", "d"])
    report = parity_report(
        y[large], y_pred[large], sensitive_features=group[large], n_resamples=0
    )
    assert "lowest" not in str(report)
    assert {end["group"] for end in report.numbers["pairs"]["accuracy"].values()} == {
        "c",
        "d",
    }


def test_report_of_a_rate_that_is_not_defined_names_no_pair():
    group = ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    report = parity_report(
        [1] * 20 + [0, 1] * 20,
        [1, 0] * 30,
        sensitive_features=group,
        rates=["false_positive_rate"],
        n_resamples=0,
    )
    assert report.numbers["pairs"] == {"false_positive_rate": {}}
    assert "lowest" in str(report)


@given(
    st.lists(
        st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=2, max_size=5
    ),
    st.booleans(),
)
def test_the_pair_makes_the_gap(counts, ratio):
    """A comparison of the two groups alone gives the gap of all of them."""
    weights = np.array(counts).reshape(1, -1, 2, 2)
    comparison = RateComparison(("true_positive_rate", "false_positive_rate"), ratio)
    gap = comparison.gap(weights, [1])
    pair = widest_pair(comparison, weights, [1])
    if pair is None:
        assert np.isnan(gap)
        return
    single = RateComparison((pair.rate,), ratio)
    if pair.low != pair.high:
        assert single.gap(weights[:, [pair.low, pair.high]], [1]) == gap
    else:
        assert gap == ratio
