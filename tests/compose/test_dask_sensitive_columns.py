"""SensitiveColumns on Dask collections: as in memory, partition by partition."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import KMeans
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.postprocessing import ParityThresholdClassifier
from fairlearnkit.preprocessing import BarycenterTransformer

pytest.importorskip("dask")

import dask
import dask.array as da
import dask.dataframe as dd

from dask_pickled import pickled

COLUMNS = ["x", "sex", "y", "z"]
MODEL = ParityLogisticRegression(pos_label="yes", tol=1e-10)


def make_table(n=400):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n, 3)), columns=["x", "y", "z"])
    table.insert(1, "sex", rng.choice(["f", "m"], n))
    table["x"] += table["sex"] == "f"
    table["w"] = rng.random(n)
    table["cost"] = table["x"] + rng.normal(size=n)
    table["hired"] = np.where(table["cost"] > 0, "yes", "no")
    return table


TABLE = make_table()


@pytest.fixture(autouse=True)
def _pickled():
    with dask.config.set(scheduler=pickled):
        yield


@pytest.fixture
def table():
    return dd.from_pandas(TABLE, npartitions=3)


@pytest.mark.parametrize("columns", [["sex"], 1, lambda X: X["z"] > 0])
def test_a_linear_model_inside(table, columns):
    used = ["x", "y", "z"] if callable(columns) else COLUMNS
    want = SensitiveColumns(MODEL, columns)
    model = SensitiveColumns(MODEL, columns)
    want.fit(TABLE[used], TABLE["hired"], sample_weight=TABLE["w"])
    model.fit(table[used], table["hired"], sample_weight=table["w"])
    # Each is within 1.4e-4 of the optimum: sqrt(2 gap), at the smallest gap, 1e-10.
    assert_allclose(model.estimator_.coef_, want.estimator_.coef_, atol=1e-5)
    assert model.column_kinds_ == want.column_kinds_
    assert_array_equal(model.positions_, want.positions_)
    assert model.feature_names_in_.tolist() == used
    # Columns may come in another order, as in memory.
    X, new = TABLE[used], table[used[::-1]]
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        found, exact = getattr(model, name)(new), getattr(want, name)(X)
        assert found.npartitions == 3
        if name == "predict":
            assert found.compute().tolist() == exact.tolist()
        else:
            assert_allclose(found.compute(), exact, rtol=1e-4, atol=1e-6)
    assert model.predict_proba(new).columns.tolist() == ["no", "yes"]
    scores = [
        each.score(data[used], data["hired"], sample_weight=data["w"])
        for each, data in ((want, TABLE), (model, table))
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-14)


def test_a_transformer_inside(table):
    want = SensitiveColumns(BarycenterTransformer(), "sex").fit(TABLE[COLUMNS])
    model = SensitiveColumns(BarycenterTransformer(), "sex")
    found = model.fit_transform(table[COLUMNS])
    assert found.columns.tolist() == ["x", "y", "z"]
    assert_array_equal(found.compute(), want.transform(TABLE[COLUMNS]))


def test_transformed_arrays_keep_their_dtype():
    numbers = TABLE[["x", "z"]].assign(sex=TABLE["sex"] == "f").to_numpy("f4")
    X = da.from_array(numbers, (150, 2))
    found = SensitiveColumns(BarycenterTransformer(), 2).fit_transform(X)
    assert found.dtype == found.compute().dtype == np.float32


def test_arrays():
    numbers = TABLE.assign(sex=TABLE["sex"] == "f")[COLUMNS].to_numpy(float)
    y = TABLE["hired"].to_numpy(str)
    want = SensitiveColumns(MODEL, 1).fit(numbers, y)
    X = da.from_array(numbers, (150, 2))
    model = SensitiveColumns(MODEL, 1).fit(X, da.from_array(y, 100))
    found = model.predict_proba(X)
    assert found.shape == (400, 2)
    assert_allclose(found.compute(), want.predict_proba(numbers), rtol=1e-4)
    assert_array_equal(model.predict(X).compute(), want.predict(numbers))
    groups = model.sensitive_features_of(X)
    assert_array_equal(groups.compute(), numbers[:, 1])


def test_fitted_models_of_other_libraries(table):
    X, y = TABLE[["x", "y", "z"]], TABLE["hired"]
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    model = SensitiveColumns(FrozenEstimator(pipeline), "sex")
    found = model.fit(table[COLUMNS], table["hired"]).predict(table[COLUMNS]).compute()
    assert found.tolist() == pipeline.predict(X).tolist()
    assert model.score(table[COLUMNS], table["hired"]) == pipeline.score(X, y)
    ridge = Ridge().fit(X, TABLE["cost"])
    model = SensitiveColumns(FrozenEstimator(ridge), "sex").fit(table[COLUMNS])
    scores = (
        model.score(table[COLUMNS], table["cost"]),
        ridge.score(X, TABLE["cost"]),
    )
    assert scores[0] == pytest.approx(scores[1], abs=1e-14)
    rule = ParityThresholdClassifier(FrozenEstimator(pipeline), max_gap=0.1)
    want = SensitiveColumns(rule, "sex").fit(TABLE[COLUMNS], y)
    model = SensitiveColumns(rule, "sex").fit(table[COLUMNS], table["hired"])
    assert model.predict(table[COLUMNS]).compute().tolist() == (
        want.predict(TABLE[COLUMNS]).tolist()
    )


@pytest.mark.parametrize(
    ("inner", "cure"),
    [
        (LogisticRegression(), r"wrap it, FrozenEstimator\(fitted\)"),
        (make_pipeline(StandardScaler(), MODEL), r"X\.map_partitions\(step\.transform"),
        (GridSearchCV(MODEL, {"C": [1.0]}), "parity_path or a .CV class"),
    ],
)
def test_what_would_gather_is_refused(table, inner, cure):
    model = SensitiveColumns(inner, "sex")
    with pytest.raises(ValueError, match=f"would gather all rows.*{cure}"):
        model.fit(table[COLUMNS], table["hired"])


def test_errors(table):
    model = SensitiveColumns(MODEL, "sex").fit(table[COLUMNS], table["hired"])
    with pytest.raises(ValueError, match="held text in fit and holds numbers now"):
        model.predict(table[COLUMNS].assign(sex=1)).compute()
    with pytest.raises(ValueError, match=r"missing: \['sex'\]"):
        model.predict(table[["x", "y", "z"]])
    wrong = SensitiveColumns(MODEL, lambda X: [1, 2])
    with pytest.raises(ValueError, match=r"returned a list for a Dask DataFrame.*map_"):
        wrong.fit(table[COLUMNS], table["hired"])
    clusters = KMeans(2, n_init=1).fit(TABLE[["x", "y", "z"]])
    model = SensitiveColumns(FrozenEstimator(clusters), "sex").fit(table[COLUMNS])
    with pytest.raises(ValueError, match="score of KMeans is no accuracy or R"):
        model.score(table[COLUMNS], table["cost"])
    with pytest.raises(ValueError, match="no accuracy or R"):
        model.score(table[COLUMNS])
