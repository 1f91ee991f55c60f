"""`to_sklearn`: plain models of scikit-learn with the predictions of ours."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, clone, is_regressor
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from fairlearnkit._models.linear import BaseParityLinear
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import (
    ParityGammaRegressor,
    ParityLogisticRegression,
    ParityLogisticRegressionCV,
    ParityPoissonRegressor,
    ParityRidge,
    ParityRidgeCV,
)
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR
from fairlearnkit.utils.discovery import all_estimators
from helpers import SEARCHES, make_data, raised
from test_own_loss import ParityHuber

TUBE = "squared_epsilon_insensitive"
# A model, and what it becomes with two classes or a numeric target.
PAIRS = [
    (
        ParityLogisticRegression(C=0.3, class_weight="balanced", max_gap=0.1),
        LogisticRegression(C=0.3, class_weight="balanced"),
    ),
    (
        ParityLogisticRegression(C=np.inf, fit_intercept=False),
        LogisticRegression(C=np.inf, fit_intercept=False),
    ),
    (
        ParityLogisticRegressionCV(Cs=[0.2], gap_ratios=[0.5], max_gap=1.0, cv=2),
        LogisticRegression(C=0.2),
    ),
    (
        ParityLinearSVC(C=0.3, class_weight={"no": 2.0}),
        LinearSVC(C=0.3, class_weight={"no": 2.0}),
    ),
    (
        ParityLinearSVC(loss="hinge", fit_intercept=False),
        LinearSVC(loss="hinge", fit_intercept=False),
    ),
    (ParityRidge(alpha=3.0, gap_ratio=-0.2), Ridge(alpha=3.0)),
    (
        ParityRidge(alpha=0.0, fit_intercept=False),
        Ridge(alpha=0.0, fit_intercept=False),
    ),
    (
        ParityRidgeCV(alphas=[7.0], gap_ratios=[0.5], max_gap=1.0, cv=2),
        Ridge(alpha=7.0),
    ),
    (ParityLinearSVR(epsilon=0.1, C=2.0), LinearSVR(epsilon=0.1, C=2.0)),
    (
        ParityLinearSVR(loss=TUBE, epsilon=0.2, fit_intercept=False),
        LinearSVR(loss=TUBE, epsilon=0.2, fit_intercept=False),
    ),
    (ParityPoissonRegressor(alpha=0.1), PoissonRegressor(alpha=0.1)),
    (
        ParityGammaRegressor(fit_intercept=False, max_gap=0.1),
        GammaRegressor(fit_intercept=False),
    ),
]
LINEAR = [kind for _, kind in all_estimators() if issubclass(kind, BaseParityLinear)]
METHODS = ("decision_function", "predict", "predict_proba")


def fit(model, *, n_classes=2, convert=np.asarray, seed=0):
    """Fit a model; returns it and X."""
    X, y, group, f = make_data(300, 4, n_classes=n_classes, seed=seed)
    X = convert(X)
    y = raised(model, f) if is_regressor(model) else y
    return clone(model).fit(X, y, sensitive_features=group), X


def assert_same_predictions(plain, model, X):
    """The two agree in every method that one of them has."""
    methods = [name for name in METHODS if hasattr(model, name)]
    assert methods == [name for name in METHODS if hasattr(plain, name)]
    for name in methods:
        found, expected = getattr(plain, name)(X), getattr(model, name)(X)
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        if expected.dtype.kind == "f":
            rtol = 1e-12 if expected.dtype == np.float64 else 1e-5
            assert_allclose(found, expected, rtol=rtol, atol=rtol)
        else:
            assert_array_equal(found, expected)
            assert len(np.unique(found)) > 1


@pytest.mark.parametrize(("model", "expected"), PAIRS)
def test_it_has_the_parameters_and_predictions(model, expected):
    model, X = fit(model)
    plain = model.to_sklearn()
    assert type(plain) is type(expected)
    assert plain.get_params() == expected.get_params()
    assert_same_predictions(plain, model, X)
    assert plain.n_features_in_ == 4
    assert not hasattr(plain, "feature_names_in_")
    assert {type(plain).__module__.partition(".")[0]} == {"sklearn"}


@pytest.mark.parametrize(("model", "expected"), PAIRS)
def test_its_attributes_look_as_after_a_fit_of_scikit_learn(model, expected):
    model, X = fit(model)
    plain = model.to_sklearn()
    X, y, _, f = make_data(300, 4)
    reference = clone(expected).set_params(max_iter=100_000)
    reference.fit(X, raised(model, f) if is_regressor(model) else y)
    assert sorted(vars(plain)) == sorted(vars(reference))
    for name in ("coef_", "intercept_", "n_iter_"):
        found, known = getattr(plain, name), getattr(reference, name)
        assert np.shape(found) == np.shape(known), name
        assert np.ndim(found) > 0 or np.isscalar(found) or found is None
    if not isinstance(plain, Ridge):
        assert np.max(plain.n_iter_) == model.n_iter_


@pytest.mark.parametrize("kind", LINEAR)
def test_every_linear_model_has_it(kind):
    """With more than two classes, on a frame: names, and a clone that can be fitted."""
    parameters = SEARCHES.get(kind.__name__, {})
    frame = partial(pd.DataFrame, columns=list("abcd"))
    model, X = fit(kind(**parameters), n_classes=3, convert=frame)
    plain = model.to_sklearn()
    assert_same_predictions(plain, model, X)
    assert_array_equal(plain.feature_names_in_, list("abcd"))
    with pytest.raises(ValueError, match="feature names"):
        plain.predict(X[["b", "a", "c", "d"]])
    again = clone(plain)
    with pytest.raises(NotFittedError):
        again.predict(X)
    assert again.get_params().keys() == plain.get_params().keys()


@pytest.mark.parametrize("n_classes", [3, 4])
def test_logistic_regression_of_several_classes_is_one_vs_rest(n_classes):
    model = ParityLogisticRegression(
        C=0.2, fit_intercept=False, class_weight="balanced"
    )
    model, X = fit(model, n_classes=n_classes)
    plain = model.to_sklearn()
    assert type(plain) is OneVsRestClassifier
    assert len(plain.estimators_) == n_classes
    parameters = plain.estimator.get_params()
    expected = LogisticRegression(C=0.2, fit_intercept=False).get_params()
    assert parameters == expected
    assert_array_equal(plain.classes_, model.classes_)
    assert_same_predictions(plain, model, X)
    # Where all probabilities underflow too: far from every class.
    assert_same_predictions(plain, model, 20 * X)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("C", [1.0, 1e7])  # a refit by liblinear would not converge
def test_a_linear_svc_stays_one_model(n_classes, intercept, C):
    model = ParityLinearSVC(C=C, fit_intercept=intercept)
    model, X = fit(model, n_classes=n_classes)
    plain = model.to_sklearn()
    assert type(plain) is LinearSVC
    assert plain.coef_.shape == model.coef_.shape
    assert_same_predictions(plain, model, X)


@pytest.mark.parametrize(
    "labels", [[0, 1], [-1, 1], [False, True], ["é", "zz"], [3, 7]], ids=str
)
@pytest.mark.parametrize("kind", [ParityLogisticRegression, ParityLinearSVC])
def test_labels_of_any_kind(kind, labels):
    X, y, group, _ = make_data(200, 4)
    y = np.array(labels)[(y == "yes").astype(int)]
    for target in (y, pd.Series(y), y.tolist()):
        model = kind().fit(X, target, sensitive_features=group)
        plain = model.to_sklearn()
        assert plain.classes_.dtype == model.classes_.dtype
        assert_same_predictions(plain, model, X)


@pytest.mark.slow
@pytest.mark.parametrize(
    "convert",
    [sparse.csr_matrix, sparse.csr_array, lambda X: X.astype(np.float32)],
    ids=["csr_matrix", "csr_array", "float32"],
)
@pytest.mark.parametrize(("model", "_"), PAIRS)
def test_sparse_and_float32(model, _, convert):
    model, X = fit(model, convert=convert)
    assert_same_predictions(model.to_sklearn(), model, X)


def test_float32_is_kept():
    model, _ = fit(ParityRidge(), convert=lambda X: X.astype(np.float32))
    assert model.to_sklearn().coef_.dtype == np.float32


def test_it_shares_no_memory():
    model, X = fit(ParityLogisticRegression())
    before = model.decision_function(X)
    plain = model.to_sklearn()
    plain.coef_ *= 2.0
    plain.intercept_ += 1.0
    assert_array_equal(model.decision_function(X), before)


def test_the_clone_is_fitted_without_the_constraint():
    X, y, group, _ = make_data()
    model = ParityLogisticRegression(C=0.3).fit(X, y, sensitive_features=group)
    again = clone(model.to_sklearn()).fit(X, y)
    free = clone(model).set_params(max_gap=np.inf).fit(X, y, sensitive_features=group)
    assert_allclose(again.coef_, free.coef_, rtol=2e-3)
    assert np.abs(again.coef_ - model.coef_).max() > 0.1


def test_it_is_unpickled_without_this_library():
    model, _ = fit(ParityLogisticRegression(), n_classes=3)
    assert b"fairlearnkit" not in pickle.dumps(model.to_sklearn())


def test_in_a_pipeline_that_takes_rows_with_the_sensitive_column():
    X, y, group, _ = make_data(300, 3)
    frame = pd.DataFrame(X, columns=list("abc")).assign(sex=group)
    inner = Pipeline([("scale", StandardScaler()), ("model", ParityLinearSVC())])
    model = SensitiveColumns(inner, "sex").fit(frame, y)
    steps = model.estimator_.steps
    drop = make_column_transformer(
        ("drop", ["sex"]), remainder="passthrough", verbose_feature_names_out=False
    )
    drop.set_output(transform="pandas").fit(frame)
    plain = Pipeline(
        [("drop", drop), *steps[:-1], ("model", model.estimator_[-1].to_sklearn())]
    )
    assert_array_equal(plain.predict(frame), model.predict(frame))
    assert_array_equal(
        plain.decision_function(frame[["sex", "c", "a", "b"]]),
        model.decision_function(frame),
    )
    assert b"fairlearnkit" not in pickle.dumps(plain)


@pytest.mark.parametrize("kind", LINEAR)
def test_not_fitted(kind):
    with pytest.raises(NotFittedError, match=kind.__name__):
        kind().to_sklearn()


def test_a_model_without_a_counterpart_has_no_such_method():
    """A loss of your own need not be one of scikit-learn's."""
    assert isinstance(ParityHuber(), BaseEstimator)
    assert not hasattr(ParityHuber(), "to_sklearn")


class ParityRidgeOfMine(ParityHuber):
    """The one thing that a class says."""

    def _plain_model(self):
        return Ridge(alpha=self.alpha)


def test_a_subclass_names_its_counterpart_in_one_method():
    model, X = fit(ParityRidgeOfMine(alpha=2.0))
    plain = model.to_sklearn()
    assert plain.alpha == 2.0
    assert_same_predictions(plain, model, X)
