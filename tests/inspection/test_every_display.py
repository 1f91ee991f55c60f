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
    "cv_results": {
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


# That of TradeoffDisplay takes no rows.
OF_ESTIMATORS = [
    d
    for d in DISPLAYS.values()
    if hasattr(d, "from_estimator") and hasattr(d, "from_predictions")
]


@pytest.mark.parametrize("display", OF_ESTIMATORS)
def test_an_estimator_gives_the_same(display):
    arguments = signature(display.from_predictions).parameters
    (name,) = {"y_pred", "y_score"} & set(arguments)
    data = {"sensitive_features": ARGUMENTS["sensitive_features"]}
    if "y_true" in arguments:
        data["y"] = ARGUMENTS["y_true"]
    X = ARGUMENTS[name].reshape(-1, 1).astype(float)
    from_estimator = display.from_estimator(Given(), X, **data)
    pd.testing.assert_frame_equal(from_estimator.frame(), drawn(display).frame())


def test_displays_are_found():
    assert {"GroupRatesDisplay", "TradeoffDisplay"} <= set(DISPLAYS)
    assert 3 <= len(OF_ESTIMATORS) < len(DISPLAYS)
