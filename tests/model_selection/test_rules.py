"""Refit rules against their definitions, on tables of every kind."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.utils.validation import check_is_fitted

from fairlearnkit.metrics import parity_scorer
from fairlearnkit.model_selection import HighestScore, LowestGap, pareto_front


def table(accuracy, gap):
    return {
        "params": [{"C": i} for i in range(len(gap))],
        "mean_test_accuracy": np.array(accuracy, dtype=float),
        "mean_test_gap": -np.array(gap, dtype=float),
    }


RESULTS = table([0.80, 0.78, 0.71, 0.60, 0.79], [0.20, 0.05, 0.04, 0.0, 0.05])


def test_by_hand():
    assert LowestGap("accuracy", "gap")(RESULTS) == 4  # 0.72 is enough; 0.71 is not
    assert LowestGap("accuracy", "gap", min_score_ratio=0.8)(RESULTS) == 2
    assert LowestGap("accuracy", "gap", min_score_ratio=0.0)(RESULTS) == 3
    assert LowestGap("accuracy", "gap", min_score_ratio=1.0)(RESULTS) == 0
    assert HighestScore("accuracy", "gap", 0.05)(RESULTS) == 4
    assert HighestScore("accuracy", "gap", 0.045)(RESULTS) == 2
    assert HighestScore("accuracy", "gap", 1.0)(RESULTS) == 0
    assert pareto_front(RESULTS, "accuracy", "gap").tolist() == [3, 2, 4, 0]


def test_lowest_gap_prefers_the_higher_score_of_equal_gaps():
    results = table([0.80, 0.78, 0.79, 0.79], [0.20, 0.05, 0.05, 0.05])
    assert LowestGap("accuracy", "gap")(results) == 2
    assert HighestScore("accuracy", "gap", 0.1)(results) == 2
    assert pareto_front(results, "accuracy", "gap").tolist() == [2, 3, 0]


def test_errors_are_scores_below_zero():
    results = table([-10.0, -10.9, -11.1], [0.3, 0.2, 0.1])
    assert LowestGap("accuracy", "gap", min_score_ratio=0.9)(results) == 1
    assert LowestGap("accuracy", "gap", min_score_ratio=0.8)(results) == 2
    assert LowestGap("accuracy", "gap", min_score_ratio=1.0)(results) == 0


finite = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
points = st.lists(
    st.tuples(st.one_of(finite, st.just(np.nan)), st.one_of(finite, st.just(np.nan))),
    min_size=1,
    max_size=12,
).filter(lambda pairs: any(np.isfinite(pair).all() for pair in pairs))


@given(points, finite, finite)
def test_definitions(pairs, ratio, max_gap):
    """Against a search through all candidates, in the words of the docstrings."""
    score, gap = (list(column) for column in zip(*pairs))
    results = table(score, gap)
    valid = [i for i, pair in enumerate(pairs) if np.isfinite(pair).all()]
    best = max(score[i] for i in valid)
    close = [i for i in valid if score[i] >= ratio * best]
    found = LowestGap("accuracy", "gap", min_score_ratio=ratio)(results)
    assert found == min(close, key=lambda i: (gap[i], -score[i], i))
    within = [i for i in valid if gap[i] <= max_gap]
    rule = HighestScore("accuracy", "gap", max_gap, otherwise="error")
    if within:
        assert rule(results) == min(within, key=lambda i: (-score[i], gap[i], i))
    else:
        with pytest.raises(ValueError, match="No candidate has a mean gap of at most"):
            rule(results)
    beaten = {
        i
        for i in valid
        for j in valid
        if score[j] >= score[i]
        and gap[j] <= gap[i]
        and (score[j] > score[i] or gap[j] < gap[i])
    }
    front = pareto_front(results, "accuracy", "gap").tolist()
    assert sorted(front) == sorted(set(valid) - beaten)
    assert [gap[i] for i in front] == sorted(gap[i] for i in front)


def test_no_candidate_qualifies():
    results = table([0.8, 0.7, np.nan, 0.9, 0.6], [0.2, 0.1, 0.0, 0.3, 0.1])
    message = (
        r"at most max_gap=0\.05 \(mean of the folds' gaps, which is biased upwards; .*"
        r"pooled_scorers .*\)\. The lowest are 0\.1, at accuracy 0\.7, with "
        r"\{'C': 1\}; 0\.1, at accuracy 0\.6, with \{'C': 4\}; 0\.2, at accuracy 0\.8, "
        r"with \{'C': 0\}\. .*otherwise='"
    )
    rule = HighestScore("accuracy", "gap", 0.05)
    with pytest.warns(UserWarning, match=f"{message}error'") as caught:
        assert rule(results) == 1
    assert len(caught) == 1
    rule = HighestScore("accuracy", "gap", 0.05, otherwise="error")
    with pytest.raises(ValueError, match=f"{message}lowest_gap'"):
        rule(results)
    for unknown in ("best", None):
        with pytest.raises(ValueError, match=f"otherwise={unknown!r} is not known"):
            HighestScore("accuracy", "gap", 0.1, otherwise=unknown)(RESULTS)


def searched(refit, gap, folds=3):
    X, y = make_classification(300, random_state=0)
    X[:, 0] = np.arange(300) % 2
    return GridSearchCV(
        LogisticRegression(max_iter=1000),
        {"C": [1e-4, 1.0]},
        scoring={"accuracy": "accuracy", "gap": gap},
        refit=refit,
        cv=KFold(folds),
    ).fit(X, y)


def test_a_search_without_such_a_candidate_keeps_its_fits():
    gap = parity_scorer("demographic_parity_difference", columns=0)
    rule = HighestScore("accuracy", "gap", max_gap=0.0)
    with pytest.warns(UserWarning, match="The lowest are .* is taken"):
        search = searched(rule, gap)
    lowest = search.cv_results_["mean_test_gap"].max()
    assert search.cv_results_["mean_test_gap"][search.best_index_] == lowest
    check_is_fitted(search.best_estimator_)
    assert search.best_estimator_.get_params()["C"] == search.best_params_["C"]


def test_a_search_whose_scorer_fails_says_where_to_look():
    def broken(estimator, X, y):
        raise KeyError("sex")

    message = r"accuracy is NaN in 0 of 2 candidates; gap is NaN in 2 of 2 candidates"
    rule = HighestScore("accuracy", "gap", max_gap=0.1)
    advice = r"\. If a scorer .*error_score='raise'"
    with (
        pytest.warns(UserWarning, match=r"Scoring failed|non-finite"),
        pytest.raises(ValueError, match=message + advice),
    ):
        searched(rule, broken)
    results = table([0.8, 0.9], [np.nan, np.nan])
    results |= {
        f"split{i}_test_gap": np.array([-0.1 if i != 1 else np.nan] * 2)
        for i in range(3)
    }
    with pytest.raises(ValueError, match=message + ", in all of them in split1 of 3"):
        rule(results)


@pytest.mark.parametrize("bound", [None, "0.1", True, [0.1]])
def test_bounds_that_are_no_numbers(bound):
    with pytest.raises(ValueError, match=r"max_gap=.* must be a number"):
        HighestScore("accuracy", "gap", bound)(RESULTS)
    with pytest.raises(ValueError, match=r"min_score_ratio=.* give a number"):
        LowestGap("accuracy", "gap", bound)(RESULTS)


def test_bounds_of_the_gap_are_numbers():
    for max_gap in (-0.1, np.nan):
        with pytest.raises(ValueError, match=f"max_gap={max_gap} must be"):
            HighestScore("accuracy", "gap", max_gap)(RESULTS)
    assert HighestScore("accuracy", "gap", 0.05)(table([1.0], [0.05 + 1e-17])) == 0
    mean = np.mean([0.1, 0.0, 0.05])
    assert mean > 0.05  # by rounding
    assert HighestScore("accuracy", "gap", 0.05)(table([1.0], [mean])) == 0


def test_masked_candidates_are_left_out():
    mask = [True, False, False, False, False]
    results = {
        key: np.ma.MaskedArray(RESULTS[key], mask=mask)
        for key in ("mean_test_accuracy", "mean_test_gap")
    }
    assert HighestScore("accuracy", "gap", 1.0)(results) == 4
    assert LowestGap("accuracy", "gap", min_score_ratio=0.0)(results) == 3
    assert pareto_front(results, "accuracy", "gap").tolist() == [3, 2, 4]


def test_positions_in_a_frame_are_not_labels():
    frame = pd.DataFrame({k: list(v) for k, v in RESULTS.items()}).iloc[[0, 1, 2]]
    frame = frame.iloc[::-1]
    rule = HighestScore("accuracy", "gap", 0.01, otherwise="lowest_gap")
    with pytest.warns(UserWarning, match=r"lowest are 0.04, .*, with \{'C': 2\}; 0.05"):
        assert rule(frame) == 0
    with pytest.raises(ValueError, match=r"'accuracies' is not among"):
        LowestGap("accuracies", "gap")(frame)


RULES = [
    LowestGap("accuracy", "gap"),
    HighestScore("accuracy", "gap", 0.1),
    lambda results: pareto_front(results, "accuracy", "gap"),
]


@pytest.mark.parametrize("rule", RULES)
def test_tables_that_do_not_fit(rule):
    with pytest.raises(ValueError, match=r"positive values, such as 0\.2.*parity_sc"):
        rule(RESULTS | {"mean_test_gap": -RESULTS["mean_test_gap"]})
    with pytest.raises(ValueError, match=r"'gap' is not among .* \['accuracy'\]"):
        rule({"mean_test_accuracy": [1.0]})
    with pytest.raises(ValueError, match=r"'accuracy' is not among .* \['score'\]"):
        rule({"mean_test_score": [1.0]})
    with pytest.raises(ValueError, match=r"accuracy is NaN in 1 of 2.*_score='raise'"):
        rule(table([0.5, np.nan], [np.nan, 0.1]))
    with pytest.raises(ValueError, match="cv_results is of type NoneType: pass the"):
        rule(None)
    with pytest.raises(ValueError, match=r"'mean_test_gap' .* does not hold numbers"):
        rule(RESULTS | {"mean_test_gap": ["low"] * 5})


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("nothing", [None, pd.NA, np.nan])
def test_none_is_no_score(rule, nothing):
    """As trials that failed stand in the tables of other tools."""
    known = rule(
        table([0.80, 0.78, np.nan, 0.60, 0.79], [0.2, 0.05, 0.04, np.nan, 0.05])
    )
    columns = {
        "accuracy": [0.80, 0.78, nothing, 0.60, 0.79],
        "gap": [-0.2, -0.05, -0.04, nothing, -0.05],
    }
    for results in (
        columns,
        {name: np.array(column, dtype=object) for name, column in columns.items()},
        pd.DataFrame(columns).convert_dtypes(),
    ):
        assert np.array_equal(rule(results), known)
    with pytest.raises(ValueError, match="gap is NaN in 5 of 5"):
        rule(columns | {"gap": [nothing] * 5})


def test_ratios_of_the_best_score():
    for ratio in (-0.1, 1.5):
        with pytest.raises(ValueError, match=f"min_score_ratio={ratio}"):
            LowestGap("accuracy", "gap", min_score_ratio=ratio)(RESULTS)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_tables_of_other_tools(frame):
    """As a study's frame of trials: columns by their own names, no params."""
    columns = {"number": range(5)} | {
        f"values_{name}": RESULTS[f"mean_test_{name}"] for name in ("accuracy", "gap")
    }
    trials = frame(columns)
    assert LowestGap("values_accuracy", "values_gap")(trials) == 4
    assert HighestScore("values_accuracy", "values_gap", 0.05)(trials) == 4
    front = pareto_front(trials, "values_accuracy", "values_gap")
    assert front.tolist() == [3, 2, 4, 0]
    with pytest.warns(UserWarning, match=r"only one is .* values_accuracy 0\.8\. The"):
        HighestScore("values_accuracy", "values_gap", 0.0)(trials[:1])
    with pytest.raises(ValueError, match=r"'gap' is not among .*'values_gap'"):
        LowestGap("values_accuracy", "gap")(trials)


def test_only_the_last_round_of_a_halving_search_counts():
    results = RESULTS | {"iter": np.array([0, 0, 0, 1, 1])}
    assert LowestGap("accuracy", "gap")(results) == 4
    assert HighestScore("accuracy", "gap", 1.0)(results) == 4
    assert pareto_front(results, "accuracy", "gap").tolist() == [3, 4]


@pytest.mark.parametrize("rule", RULES[:2])
def test_rules_are_values(rule):
    assert pickle.loads(pickle.dumps(rule)) == rule
    assert eval(repr(rule)) == rule
    search = GridSearchCV(LogisticRegression(), {}, refit=rule)
    assert clone(search).refit == rule


@pytest.mark.parametrize("make", [GridSearchCV, RandomizedSearchCV])
def test_in_a_search(make):
    X, y = make_classification(600, random_state=0)
    X[:, 0] = np.arange(600) % 2
    options = {"n_iter": 3, "random_state": 0} if make is RandomizedSearchCV else {}
    search = make(
        LogisticRegression(max_iter=1000),
        {"C": [1e-4, 1e-2, 1.0]},
        scoring={
            "accuracy": "accuracy",
            "gap": parity_scorer("demographic_parity_difference", columns=0),
        },
        refit=LowestGap("accuracy", "gap"),
        cv=3,
        **options,
    ).fit(X, y)
    results = search.cv_results_
    close = results["mean_test_accuracy"] >= 0.9 * results["mean_test_accuracy"].max()
    lowest = np.where(close, results["mean_test_gap"], -np.inf).max()
    assert results["mean_test_gap"][search.best_index_] == lowest
    assert search.best_params_ == results["params"][search.best_index_]
    alone = LogisticRegression(max_iter=1000, **search.best_params_).fit(X, y)
    np.testing.assert_array_equal(search.predict(X), alone.predict(X))
