"""Other libraries; docs/user_guide/interoperation.rst, which is run too, shows more.

They are those of the extra "interoperation".
"""

from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_regressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from conftest import OTHERS, OTHERS_PAGE
from fairlearnkit._models.linear import BaseParityLinear
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import demographic_parity_difference, parity_scorer
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.svm import ParityLinearSVC
from fairlearnkit.utils.discovery import all_estimators
from helpers import SEARCHES, make_data, raised

FORMS = ("import", "from")
MISSING = "extra 'interoperation' is missing"
LINEAR = [kind for _, kind in all_estimators() if issubclass(kind, BaseParityLinear)]


def optional(name):
    return pytest.importorskip(name, reason=f"{MISSING}: {name}")


def make_frame(n=1200, n_groups=2):
    """Numbers and a column of groups; labels 0 and 1; a numeric target."""
    X, y, group, f = make_data(n, 3, n_groups)
    frame = pd.DataFrame(X, columns=list("abc")).assign(sex=group)
    return frame, (y == "yes").astype(int), f


def onnx_outputs(model, X):
    """What ONNX Runtime computes with a converted model, in the precision of X."""
    to_onnx = optional("skl2onnx").to_onnx
    # Probabilities as an array; other models do not know the option.
    options = {"zipmap": False} if hasattr(model, "predict_proba") else None
    session = optional("onnxruntime").InferenceSession(
        to_onnx(model, X[:1], options=options).SerializeToString(),
        providers=["CPUExecutionProvider"],
    )
    return session.run(None, {session.get_inputs()[0].name: X})


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind", LINEAR)
def test_linear_models_convert_to_onnx(kind, n_classes):
    """Exactly in float64, which skl2onnx lacks for LinearSVC."""
    X, y, group, f = make_data(n_classes=n_classes)
    X = X.astype(np.float32 if kind is ParityLinearSVC else np.float64)
    model = kind(**SEARCHES.get(kind.__name__, {}))
    y = raised(model, f) if is_regressor(model) else y
    model.fit(X, y, sensitive_features=group)
    first, *rest = onnx_outputs(model.to_sklearn(), X)
    if is_regressor(model):
        assert_allclose(first[:, 0], model.predict(X), rtol=1e-12, atol=1e-12)
        return
    assert_array_equal(first, model.predict(X))
    if kind is ParityLinearSVC:
        found = rest[0] if n_classes > 2 else np.ravel(rest[0])
        assert_allclose(found, model.decision_function(X), rtol=1e-5, atol=1e-5)
    else:
        assert_allclose(rest[0], model.predict_proba(X), rtol=1e-12, atol=1e-12)


def boosted(name, kind):
    """A small model of LightGBM or XGBoost."""
    quiet = {"verbose": -1} if name == "lightgbm" else {}
    cls = getattr(optional(name), f"{'LGBM' if quiet else 'XGB'}{kind}")
    return cls(n_estimators=20, n_jobs=1, random_state=0, **quiet)


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_decisions_of_boosted_trees(name):
    X, y, _ = make_frame()
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    classifier = boosted(name, "Classifier")
    gaps = [
        demographic_parity_difference(
            y,
            SensitiveColumns(estimator, "sex")
            .fit(X, y, sample_weight=weight)
            .predict(X),
            sensitive_features=X["sex"],
            sample_weight=weight,
        )
        for estimator in (
            classifier,
            ParityThresholdClassifier(classifier, max_gap=0.02),
            BarycenterClassifier(classifier),
        )
    ]
    assert gaps[0] > 2 * max(gaps[1:])


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_columns_in_another_order(name):
    X, _, f = make_frame()
    model = SensitiveColumns(BarycenterRegressor(boosted(name, "Regressor")), "sex")
    expected = model.fit(X, f).predict(X)
    assert_array_equal(model.predict(X[["sex", "c", "a", "b"]]), expected)


def test_lightgbm_on_polars():
    """XGBoost needs pyarrow for it."""
    X, _, f = make_frame()
    table = pl.DataFrame({column: X[column].to_list() for column in X})
    trees = boosted("lightgbm", "Regressor")
    model = SensitiveColumns(BarycenterRegressor(trees), "sex")
    expected = model.fit(X, f).predict(X)
    assert_allclose(clone(model).fit(table, f).predict(table), expected)


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_boosted_trees_beside_a_parity_model_in_one_search(name):
    X, y, _ = make_frame()
    grid = {"estimator": [boosted(name, "Classifier"), ParityLogisticRegression()]}
    search = GridSearchCV(
        SensitiveColumns(LogisticRegression(), "sex"),
        grid,
        scoring=parity_scorer("score_gap", response_method="predict_proba"),
        cv=3,
    ).fit(X, y)
    assert search.best_params_["estimator"] is grid["estimator"][1]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def sampler(name):
    module, _, kind = name.rpartition(".")
    optional("imblearn")
    options = {"categorical_features": ["sex"]} if kind == "SMOTENC" else {}
    return getattr(import_module(module), kind)(random_state=0, **options)


@pytest.mark.parametrize(
    "name",
    [
        "imblearn.under_sampling.RandomUnderSampler",
        "imblearn.over_sampling.RandomOverSampler",
        "imblearn.over_sampling.SMOTENC",
    ],
)
def test_a_sampler_outside(name):
    """The model sees the resampled rows with their own groups."""
    X, y, _ = make_frame(n_groups=3)
    keep = (y == 1) | (np.arange(len(y)) % 3 == 0)
    X, y = X[keep], y[keep]
    step = sampler(name)
    pipeline = optional("imblearn.pipeline").make_pipeline(
        step, SensitiveColumns(ParityLogisticRegression(), "sex")
    )
    model = pipeline.fit(X, y)[-1].estimator_
    resampled, y_resampled = clone(step).fit_resample(X, y)
    counts = resampled["sex"].value_counts().sort_index()
    assert_array_equal(model.groups_, counts.index)
    assert_array_equal(model.group_counts_, counts)
    direct = ParityLogisticRegression().fit(
        resampled.drop(columns="sex"),
        y_resampled,
        sensitive_features=resampled["sex"],
    )
    assert_allclose(model.coef_, direct.coef_)
    inside = SensitiveColumns(
        optional("imblearn.pipeline").make_pipeline(step, ParityLogisticRegression()),
        "sex",
    )
    with pytest.raises(ValueError, match="changes the rows"):
        inside.fit(X, y)


def test_groups_that_smote_made_up_are_refused():
    X, y, _ = make_frame()
    X = X.assign(sex=(X["sex"] == "a").astype(float))
    keep = (y == 1) | (np.arange(len(y)) % 3 == 0)
    smote = sampler("imblearn.over_sampling.SMOTE")
    pipeline = optional("imblearn.pipeline").make_pipeline(
        smote, SensitiveColumns(ParityLogisticRegression(), "sex")
    )
    with pytest.raises(ValueError, match="SMOTENC"):
        pipeline.fit(X[keep], y[keep])


def test_the_page_imports_what_the_extra_holds():
    """Where one of them is missing, the page is not run."""
    text = (Path(__file__).parents[1] / OTHERS_PAGE).read_text("utf-8")
    lines = [line.split() for line in text.splitlines()]
    imports = [line[2] for line in lines if line[:1] == [">>>"] and line[1] in FORMS]
    known = {
        "sklearn",
        "fairlearnkit",
        "numpy",
        "joblib",
        "skops",
        "tempfile",
        "pathlib",
    }
    assert {name.partition(".")[0] for name in imports} - known == set(OTHERS)
