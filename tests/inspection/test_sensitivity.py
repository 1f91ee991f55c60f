"""prediction_sensitivity: exact where it can be, and the same by differences."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

from fairlearnkit.inspection import prediction_sensitivity
from fairlearnkit.linear_model import ParityLogisticRegression


@pytest.fixture
def data():
    return make_classification(
        200, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0
    )


class Hidden(BaseEstimator):
    """A model whose coefficients cannot be seen."""

    def __init__(self, model):
        self.model_ = model
        for name in ("predict_proba", "decision_function", "predict"):
            if hasattr(model, name):
                setattr(self, name, getattr(model, name))

    def fit(self, X, y):
        return self


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "model", [LogisticRegression(), LinearSVC(), Ridge(), ParityLogisticRegression()]
)
def test_analytic_is_what_differences_find(data, model, n_classes):
    X, y = data
    y = np.minimum(y, n_classes - 1)
    fit = {}
    if isinstance(model, ParityLogisticRegression):
        fit = {"sensitive_features": np.arange(200) % 2}
    model.fit(X, y, **fit)
    v = np.array([0.5, 0.0, 2.0, 0.0, 1.0])
    exact = prediction_sensitivity(model, X, v)
    rough = prediction_sensitivity(Hidden(model), X, v)
    assert rough.method == "differences"
    if not (isinstance(model, ParityLogisticRegression) and n_classes == 3):
        assert exact.method == "analytic"
    assert_allclose(rough.by_row, exact.by_row, rtol=1e-5, atol=1e-8)
    assert_allclose(exact.mean, exact.by_row.mean())
    assert exact.mean > 0


def test_by_hand():
    X = np.random.default_rng(0).normal(size=(50, 3))
    y = X @ [1.0, -2.0, 0.5] > 0
    model = LogisticRegression().fit(X, y)
    p = model.predict_proba(X)[:, 1]
    slope = p * (1 - p) * abs(model.coef_[0, 1])
    found = prediction_sensitivity(model, X, [1])
    assert_allclose(found.by_row, slope)  # mean of two classes of equal size
    second = prediction_sensitivity(model, X, [1], class_weight=[0.0, 1.0])
    assert_allclose(second.by_row, slope)
    both = prediction_sensitivity(model, X, [1], class_weight=[1.0, 1.0])
    assert_allclose(both.by_row, 2 * slope)
    weight = np.arange(50)
    weighed = prediction_sensitivity(model, X, [1], sample_weight=weight)
    assert_allclose(weighed.mean, np.average(slope, weights=weight))
    margin = prediction_sensitivity(model, X, 1, response_method="decision_function")
    assert_allclose(margin.by_row, abs(model.coef_[0, 1]))
    regression = LinearRegression().fit(X, X @ [1.0, -2.0, 0.0])
    assert_allclose(prediction_sensitivity(regression, X, [0, 1]).mean, 3.0)
    assert_allclose(prediction_sensitivity(regression, X, 2).mean, 0.0, atol=1e-12)


def test_frames_pipelines_and_names():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, 3)) * [1, 10, 100], columns=list("abc"))
    y = X["a"] + X["b"] / 10 > 0
    model = make_pipeline(StandardScaler(), SVC()).fit(X, y)
    named = prediction_sensitivity(model, X, ["a", "b"])
    placed = prediction_sensitivity(model, X, [0, 1])
    masked = prediction_sensitivity(model, X, [True, True, False])
    assert named.method == "differences"
    assert_allclose(named.by_row, placed.by_row)
    assert_allclose(named.by_row, masked.by_row)
    half = pd.DataFrame({"up": X["a"] + 1e-4, "down": X["a"] - 1e-4})
    slope = [model.decision_function(X.assign(a=half[name])) for name in ("up", "down")]
    alone = prediction_sensitivity(model, X, "a")
    assert_allclose(alone.by_row, np.abs(slope[0] - slope[1]) / 2e-4, rtol=1e-4)


def test_a_model_of_the_protected_status(data):
    X, y = data
    protected = (X[:, 0] + 0.1 * X[:, 1] > 0).astype(int)
    status = LogisticRegression().fit(X, protected)
    v = np.abs(status.coef_[0]) / np.abs(status.coef_[0]).sum()
    model = Ridge().fit(X, y)
    found = prediction_sensitivity(model, X, status)
    assert_allclose(found.by_row, np.abs(model.coef_) @ v, rtol=1e-10)


def test_a_forest_needs_a_step(data):
    X, y = data
    forest = RandomForestClassifier(30, random_state=0).fit(X, y)
    with pytest.warns(UserWarning, match=r"its scores jump.*step=0\.5"):
        flat = prediction_sensitivity(forest, X, 0)
    steps = prediction_sensitivity(forest, X, 0, step=0.5)
    assert flat.mean < 0.1 * steps.mean
    moved = np.zeros(5)
    moved[0] = 0.5 * X[:, 0].std()
    slope = forest.predict_proba(X + moved) - forest.predict_proba(X - moved)
    by_hand = np.abs(slope / X[:, 0].std()).mean(axis=1)
    assert_allclose(steps.by_row, by_hand, rtol=1e-10, atol=1e-12)
    assert by_hand.mean() > 0.01


def test_errors(data):
    X, y = data
    model = Ridge().fit(X, y)
    with pytest.raises(ValueError, match=r"one of \['auto', 'predict'\]"):
        prediction_sensitivity(model, X, 0, response_method="predict_proba")
    with pytest.raises(ValueError, match="names the position 9"):
        prediction_sensitivity(model, X, 9)
    with pytest.raises(ValueError, match="2 weights of shape"):
        prediction_sensitivity(model, X, np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="there are 1 scores"):
        prediction_sensitivity(model, X, 0, class_weight=[1.0, 2.0])
    texts = pd.DataFrame({"a": ["x", "y"], "b": [0.0, 1.0]})

    class Second(Ridge):
        def predict(self, X):
            return X["b"].to_numpy()

    second = Second()
    second.n_features_in_ = 2
    with pytest.raises(ValueError, match="Column 0 of X is not numeric"):
        prediction_sensitivity(second, texts, "a")
    assert prediction_sensitivity(second, texts, "b").mean == pytest.approx(1.0)
    with pytest.raises(ValueError, match="gives no finite numbers"):
        prediction_sensitivity(second, texts.assign(b=np.nan), "b")


def test_columns_of_awkward_kinds():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(100, 2)), columns=["a", "b"])
    X["a"] += 1000
    y = X["a"] - 1000 + X["b"] > 0
    model = make_pipeline(StandardScaler(), SVC()).fit(X, y)
    exact = prediction_sensitivity(model, X, "a").mean
    single = prediction_sensitivity(model, X.astype({"a": np.float32}), "a")
    assert_allclose(single.mean, exact, rtol=1e-2)
    numbered = X.set_axis([0, 1], axis=1)
    plain = make_pipeline(StandardScaler(), SVC()).fit(numbered, y)
    assert_allclose(prediction_sensitivity(plain, numbered, 0).mean, exact)

    class Square(Ridge):
        """f = a^2 + 10 b, by position."""

        def predict(self, X):
            table = np.asarray(X)
            return table[:, 0].astype(float) ** 2 + 10 * table[:, 1].astype(float)

    square = Square()
    square.n_features_in_ = 2
    a = rng.normal(size=50)
    twice = pd.DataFrame(np.c_[a, a], columns=["a", "a"])
    found = prediction_sensitivity(square, twice, [True, False])
    assert_allclose(found.by_row, np.abs(2 * a), atol=1e-4)
    mixed = np.array([[0.5, 1.0], [1.5, 2.0]], dtype=object)
    assert_allclose(prediction_sensitivity(square, mixed, 1).mean, 10.0)
    constant = np.c_[np.full(50, 0.1), a]
    assert_allclose(prediction_sensitivity(square, constant, 0).mean, 0.2, rtol=1e-4)
    for wrong in (0.0, -1.0):
        with pytest.raises(ValueError, match="must be positive"):
            prediction_sensitivity(square, constant, 0, step=wrong)
    with pytest.raises(ValueError, match="pass a dense array or a pandas"):
        prediction_sensitivity(square, csr_matrix(constant), 0)
    with pytest.raises(ValueError, match="pass a dense array or a pandas"):
        prediction_sensitivity(square, pl.DataFrame({"a": a, "b": a}), 0)


def test_protected_status_of_a_mixed_frame():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=80), "job": rng.choice(["x", "y"], 80)})
    status, y = X["a"] > 0, X["a"] + (X["job"] == "x")
    encode = make_column_transformer(
        (OneHotEncoder(), ["job"]), remainder="passthrough"
    )
    guess = make_pipeline(encode, LogisticRegression()).fit(X, status)
    model = make_pipeline(encode, Ridge()).fit(X, y)
    found = prediction_sensitivity(model, X, guess)
    assert_allclose(found.by_row, abs(model[-1].coef_[-1]), rtol=1e-4)
