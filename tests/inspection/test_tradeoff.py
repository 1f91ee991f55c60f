"""Which search a picture of candidates is of, and the labels of its points."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.inspection import TradeoffDisplay
from fairlearnkit.inspection._parameters import describe_candidates
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityLogisticRegressionCV,
    ParityRidgeCV,
)
from fairlearnkit.metrics import parity_scorer, pooled_scorers
from fairlearnkit.postprocessing import ParityThresholdClassifier


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"))
    X["sex"] = rng.choice(["f", "m"], 300, p=[0.4, 0.6])
    return X, 1 * (X["a"] + (X["sex"] == "m") + rng.normal(size=300) > 0.4)


SCORING = {
    "accuracy": "accuracy",
    "gap": parity_scorer("demographic_parity_difference"),
}
GRID = {"estimator__max_gap": [np.inf, 0.3, 0.0]}
COMMON = {"scoring": SCORING, "refit": "accuracy", "cv": 3}


def wrapped(estimator):
    return SensitiveColumns(estimator, "sex")


def short_search():
    return ParityLogisticRegressionCV(Cs=[1.0], gap_ratios=[1, 0], cv=3, max_gap=0.9)


MODEL = wrapped(ParityLogisticRegression())
SEARCHES = {
    "grid": GridSearchCV(MODEL, GRID, **COMMON),
    "randomized": RandomizedSearchCV(MODEL, GRID, n_iter=2, random_state=0, **COMMON),
    "logistic": wrapped(short_search()),
    "ridge": wrapped(ParityRidgeCV([1.0], gap_ratios=[1, 0], cv=3, max_gap=np.inf)),
    "pipeline": wrapped(make_pipeline(StandardScaler(), short_search())),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SEARCHES)
def test_a_fitted_search_is_enough(data, name):
    X, y = data
    search = SEARCHES[name].fit(X, y)
    inner = search
    if name not in ("grid", "randomized"):
        inner = search.estimator_
    if name == "pipeline":
        inner = inner[-1]
    plotted = TradeoffDisplay.from_cv_results(search)
    results = inner.cv_results_
    score = "accuracy" if "mean_test_accuracy" in results else "score"
    by_hand = TradeoffDisplay.from_cv_results(
        results, score, "gap", chosen=inner.best_index_
    )
    pd.testing.assert_frame_equal(plotted.frame(), by_hand.frame())
    assert plotted.frame()["chosen"].tolist().index(True) == inner.best_index_
    assert plotted.params == list(results["params"])
    assert plotted.score_name == score
    alone = TradeoffDisplay.from_cv_results(search, chosen=None)
    assert alone.chosen is None


def test_what_is_no_search(data):
    X, y = data
    draw = TradeoffDisplay.from_cv_results
    with pytest.raises(NotFittedError):
        draw(GridSearchCV(MODEL, GRID))
    with pytest.raises(NotFittedError):
        draw(wrapped(short_search()))
    model = LogisticRegression().fit(X[["a"]], y)
    with pytest.raises(
        ValueError, match="LogisticRegression holds no fitted search: p"
    ):
        draw(model)
    rule = ParityThresholdClassifier(LogisticRegression())
    columns = wrapped(rule).fit(X, y)
    with pytest.raises(ValueError, match=r"TradeoffDisplay\.from_decision_rule"):
        draw(columns.estimator_)
    inside = TradeoffDisplay.from_decision_rule(columns)
    assert_array_equal(inside.gap, columns.estimator_.tradeoff_["gap"])
    with pytest.raises(ValueError, match="LogisticRegression holds no rule"):
        TradeoffDisplay.from_decision_rule(model)
    with pytest.raises(NotFittedError):
        TradeoffDisplay.from_decision_rule(rule)
    with pytest.raises(ValueError, match=r"chosen='best' is not known; .*\['auto'\]"):
        draw({"mean_test_a": [1.0], "mean_test_gap": [0.0]}, chosen="best")


def test_the_score_is_named_where_there_are_several(data):
    X, y = data
    scoring = SCORING | {"balanced": "balanced_accuracy"}
    search = GridSearchCV(MODEL, GRID, scoring=scoring, refit=False, cv=3).fit(X, y)
    with pytest.raises(ValueError, match=r"the scores \['accuracy', 'balanced'\]"):
        TradeoffDisplay.from_cv_results(search)
    plotted = TradeoffDisplay.from_cv_results(search, "balanced")
    assert plotted.chosen is None  # without refit there is no best_index_
    assert plotted.ax_.get_ylabel() == "balanced"


def test_the_score_beside_pooled_counts(data):
    X, y = data
    counts = pooled_scorers(
        "gap", "demographic_parity_difference", groups=["f", "m"], classes=[0, 1]
    )
    scoring = {"accuracy": "accuracy", **counts}
    search = GridSearchCV(MODEL, GRID, scoring=scoring, refit="accuracy", cv=3)
    plotted = TradeoffDisplay.from_cv_results(search.fit(X, y))
    assert plotted.score_name == "accuracy"
    assert len(plotted.gap) == 3


class Named(BaseEstimator):
    """A parameter that is an estimator."""


def test_candidates_in_short_words():
    params = [
        {"a__C": 1.0, "b__C": np.float64(0.1234567), "b__kind": None, "fixed": 3},
        {"a__C": 2.0, "b__C": 1e-7, "b__kind": Named(), "fixed": 3},
        {"a__C": 2.0, "b__C": np.inf, "b__kind": "a" * 30, "fixed": 3},
        {"a__C": np.int64(2), "b__kind": np.mean, "fixed": 3},
    ]
    names, values = describe_candidates(params)
    assert names == "a__C, b__C, kind"  # without the step where it is not needed
    assert values == [
        "1, 0.123, None",
        "2, 1e-07, Named",
        f"2, inf, {'a' * 17}...",
        "2, -, mean",
    ]
    assert describe_candidates([{"x__C": 1}]) == ("C", ["1"])
    same_end = describe_candidates([{"C": 1, "x__C": 1}, {"C": 2, "x__C": 2}])
    assert same_end == ("C, x__C", ["1, 1", "2, 2"])


def grid_results(n=20, slope=0.5):
    """A front of n candidates, and as many that are beaten."""
    gap = np.linspace(0, 0.3, n)
    gaps, scores = np.r_[gap, gap], np.r_[0.6 + slope * gap, 0.5 - gap]
    ratios = [*np.linspace(0, 1, n).round(2), *-np.linspace(0, 1, n).round(2)]
    return {
        "params": [{"step__gap_ratio": r, "step__C": 10.0 * r} for r in ratios],
        "mean_test_score": scores,
        "mean_test_gap": -gaps,
    }


def boxes(plotted):
    plotted.figure_.canvas.draw()
    return [text.get_window_extent() for text in plotted.ax_.texts]


@pytest.mark.slow
@pytest.mark.parametrize("labels", ["front", "all"])
@pytest.mark.parametrize(("n", "panels"), [(3, 3), (20, 1), (60, 1), (60, 3)])
def test_labels_cover_nothing(n, labels, panels):
    ax = None
    if panels > 1:
        _, axes = plt.subplots(1, panels, figsize=(12, 4), layout="constrained")
        ax = axes[0]
    plotted = TradeoffDisplay.from_cv_results(
        grid_results(n), chosen=n // 2, labels=labels, ax=ax
    )
    shown = boxes(plotted)
    assert not any(a.overlaps(b) for a, b in combinations(shown, 2))
    points = plotted.ax_.transData.transform(np.c_[plotted.gap, plotted.score])
    assert not any(box.contains(*point) for box in shown for point in points)
    inside = plotted.ax_.get_window_extent()
    assert all(inside.x0 <= b.x0 and b.x1 <= inside.x1 for b in shown)
    assert all(inside.y0 <= b.y0 and b.y1 <= inside.y1 for b in shown)
    texts = [text.get_text() for text in plotted.ax_.texts]
    values = describe_candidates(plotted.params)[1]
    assert texts[0] == values[n // 2]  # the chosen one comes first
    assert {values[0], values[n - 1]} <= set(texts)  # and the ends of the front
    if n == 3:
        assert len(texts) == (3 if labels == "front" else 6)
    assert len(set(texts)) == len(texts) > 2
    legend = plotted.ax_.get_legend()
    assert legend.get_title().get_text() == "labels: gap_ratio, C"


@pytest.mark.slow
def test_which_points_are_labelled():
    results = grid_results(4)
    draw = TradeoffDisplay.from_cv_results
    assert len(draw(results, labels="front").ax_.texts) == 4
    assert len(draw(results, labels="all").ax_.texts) == 8
    for plotted in (draw(results, labels=None), draw(results, labels="chosen")):
        assert not plotted.ax_.texts
        assert plotted.ax_.get_legend().get_title().get_text() == ""
    (text,) = draw(results, chosen=1, labels="chosen").ax_.texts
    assert text.get_text() == "0.33, 3.3"
    again = draw(results, labels=None).plot(labels="all")
    assert len(again.ax_.texts) == 8
    with pytest.raises(ValueError, match="labels='best' is not known"):
        draw(results, labels="best")
    without = {key: results[key] for key in results if key != "params"}
    assert not draw(without).ax_.texts
    assert "params" not in draw(without).frame()


def test_a_front_on_a_subfigure_and_a_candidate_that_failed():
    results = grid_results(4)
    results["mean_test_score"][1] = np.nan
    figure = plt.figure(layout="constrained")
    ax = figure.subfigures(1, 2)[0].subplots()
    plotted = TradeoffDisplay.from_cv_results(results, labels="all", ax=ax)
    assert len(plotted.ax_.texts) == 7
