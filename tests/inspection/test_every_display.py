"""The contract of Displays, for all of them: found, not listed."""

import pickle
from inspect import signature

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from fairlearnkit import inspection

DISPLAYS = {
    name: getattr(inspection, name)
    for name in inspection.__all__
    if name.endswith("Display")
}
every_display = pytest.mark.parametrize("display", DISPLAYS.values(), ids=DISPLAYS)
rng = np.random.default_rng(0)
ARGUMENTS = {
    "y_true": rng.integers(0, 2, 200),
    "y_pred": rng.integers(0, 2, 200),
    "y_score": rng.normal(size=200),
    "sensitive_features": rng.choice(["a", "b", "c"], 200),
    "search": {
        "params": [{"C": 1.0}, {"C": 0.1}, {"C": 0.0}],
        "mean_test_accuracy": [0.8, 0.78, 0.6],
        "mean_test_gap": [-0.2, -0.05, -0.0],
        "std_test_accuracy": [0.1, 0.1, 0.2],
        "std_test_gap": [0.01, 0.02, 0.01],
    },
    "score": "accuracy",
    "gap": "gap",
}


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def drawn(display, **options):
    """A Display of numbers, from those of its arguments that are known by name."""
    make = getattr(display, "from_predictions", None) or display.from_cv_results
    names = set(signature(make).parameters) & set(ARGUMENTS)
    known = {name: ARGUMENTS[name] for name in names}
    return make(**known, **options)


def numbers(plotted):
    """What the constructor takes, by the names of its arguments."""
    return {
        name: getattr(plotted, name) for name in signature(type(plotted)).parameters
    }


@every_display
def test_the_constructor_stores_and_plot_changes_nothing(display):
    plotted = drawn(display)
    before, table = pickle.dumps(numbers(plotted)), plotted.frame()
    again = display(**numbers(plotted))
    assert all(vars(again)[name] is value for name, value in numbers(plotted).items())
    assert not hasattr(again, "ax_")
    first = plotted.ax_
    assert plotted.plot() is plotted
    assert plotted.ax_ is not first
    assert pickle.dumps(numbers(plotted)) == before
    pd.testing.assert_frame_equal(plotted.frame(), table)
    pd.testing.assert_frame_equal(again.frame(), table)


@every_display
def test_what_is_drawn(display):
    _, ax = plt.subplots()
    plotted = drawn(display, ax=ax)
    assert plotted.ax_ is ax
    assert plotted.figure_ is ax.figure
    assert ax.get_xlabel()
    assert ax.has_data()
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(set(texts)) == len(texts) > 1


class Given(BaseEstimator):
    """A classifier whose predictions and scores are the only column of X."""

    classes_ = np.array([0, 1])

    def fit(self, X, y):
        return self

    def predict(self, X):
        return X[:, 0].astype(int)

    def decision_function(self, X):
        return X[:, 0]


OF_ESTIMATORS = [d for d in DISPLAYS.values() if hasattr(d, "from_estimator")]


@pytest.mark.parametrize("display", OF_ESTIMATORS)
def test_an_estimator_gives_the_same(display):
    name = list(signature(display.from_predictions).parameters)[1]
    X = ARGUMENTS[name].reshape(-1, 1).astype(float)
    weight = rng.integers(1, 4, 200)
    from_estimator = display.from_estimator(
        Given(),
        X,
        ARGUMENTS["y_true"],
        sensitive_features=ARGUMENTS["sensitive_features"],
        sample_weight=weight,
    )
    from_predictions = drawn(display, sample_weight=weight)
    pd.testing.assert_frame_equal(from_estimator.frame(), from_predictions.frame())


# Keyword arguments of all Displays, in their order; a Display has its own at "...".
FAMILY = ["sensitive_features", "sample_weight", ..., "pos_label", "missing", "ax"]
OWN = FAMILY.index(...)


def arguments_of(method):
    """Positional arguments, keyword-only ones, and the defaults."""
    parameters = signature(method).parameters.values()
    assert {p.kind.name for p in parameters} <= {
        "POSITIONAL_OR_KEYWORD",
        "KEYWORD_ONLY",
    }
    names = {
        kind: [p.name for p in parameters if p.kind.name == kind]
        for kind in ("POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY")
    }
    return *names.values(), {p.name: p.default for p in parameters}


@every_display
def test_the_family_of_signatures(display):
    """One way of calling all Displays, those that are added later included."""
    constructors = {name for name in vars(display) if name.startswith("from_")}
    assert constructors >= {"from_estimator", "from_predictions"} or (
        "from_cv_results" in constructors
    )
    expected = {
        "from_estimator": [["estimator", "X", "y"]],
        "from_predictions": [["y_true", "y_pred"], ["y_true", "y_score"]],
        "from_cv_results": [["search", "score", "gap"]],
    }
    own = {}
    for name in constructors:
        positional, keywords, defaults = arguments_of(getattr(display, name))
        assert keywords[-1] == "ax"
        assert defaults["ax"] is None
        assert positional in expected.get(name, [["estimator"]])
        if name not in ("from_estimator", "from_predictions"):
            continue
        after = [k for k in FAMILY[OWN + 1 :] if k in keywords]
        assert keywords[:OWN] == FAMILY[:OWN]
        assert keywords[-len(after) :] == after
        assert {"missing", "ax"} <= set(after)
        common = {"sample_weight": None, "pos_label": None, "missing": "error"}
        assert all(common[k] == defaults[k] for k in common if k in keywords)
        own[name] = {k: defaults[k] for k in keywords[OWN : -len(after)]}
    # What a Display has of its own is the same for scores and for a model of them.
    response_method = own.get("from_estimator", {}).pop("response_method", "auto")
    assert response_method == "auto"
    assert own.get("from_estimator") == own.get("from_predictions")


@every_display
def test_plot_takes_axes_first_and_options_by_keyword(display):
    positional, keywords, defaults = arguments_of(display.plot)
    assert positional == ["self", "ax"]
    assert defaults["ax"] is None
    plotted = drawn(display)
    _, ax = plt.subplots()
    assert plotted.plot(ax, **{k: defaults[k] for k in keywords}) is plotted
    assert plotted.ax_ is ax
    assert plotted.figure_ is ax.figure


def test_displays_are_found():
    assert {"GroupRatesDisplay", "TradeoffDisplay"} <= set(DISPLAYS)
    assert 3 <= len(OF_ESTIMATORS) < len(DISPLAYS)
    assert all(hasattr(d, "from_predictions") for d in OF_ESTIMATORS)
