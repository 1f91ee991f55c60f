"""Copies of fitted estimators, and what they keep of the rows they were fitted to.

docs/user_guide/persistence.rst prints both: the types that skops has to trust, and the
table docs/kept_rows.csv, whose lines are the cases here. A new estimator needs a line.
"""

import csv
import io
import pickle
import re
import warnings
from functools import cache, partial
from inspect import signature
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from numpy.testing import assert_array_equal
from sklearn.base import is_classifier, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from fairlearnkit.compose import CounterfactualEnsemble, SensitiveColumns
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.preprocessing import BarycenterTransformer
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.utils.discovery import all_estimators
from helpers import SEARCHES, make_data, make_weight, raised
from kept import keeps, walk

TABLE = Path(__file__).parents[1] / "docs/kept_rows.csv"
with TABLE.open(encoding="utf-8") as file:
    LINES = {line.pop("Estimator").strip("`"): line for line in csv.DictReader(file)}

# What is planted, in a row in the middle of the others: numbers that no sum or rounding
# gives by chance, a group of 12 rows.
ROW, GROUP = 3, "few and far between"
PLANTED = [1.4142135623730951, 0.5772156649015329, 2.718281828459045]
TARGET, WEIGHT = 1.0986122886681098, 1.618033988749895
# What the user guide prints, or names in quotes, and what belongs to other libraries.
PAGE = (TABLE.parent / "user_guide/persistence.rst").read_text("utf-8")
LISTED = set(
    re.findall(r'^(?:\.\.\.     ")?((?:fairlearnkit|sklearn)\.[\w.]+)', PAGE, re.M)
)
OF_OTHERS = {
    "numpy.negative",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._kd_tree.KDTree",
}
METHODS = ("predict", "predict_proba", "decision_function", "transform")


def rows(*, numeric=True):
    """X, y, groups and weights with the planted values."""
    X, y, group, f = make_data(180, 3, 2, seed=1)
    X[ROW], weight = PLANTED, make_weight(180)
    f = f - f.min() + 1.0
    f[ROW], weight[ROW] = TARGET, WEIGHT
    group = np.where(np.arange(180) % 15 == ROW, GROUP, group)
    return X, f if numeric else (y == "yes").astype(int), group, weight


def frozen(model, *, numeric):
    """A fitted inner model: the scores of rows are known, and not those of folds."""
    X, y, *_ = rows(numeric=numeric)
    return FrozenEstimator(model.fit(X, y))


CLASSIFIER = frozen(LogisticRegression(), numeric=False)
REGRESSOR = frozen(Ridge(), numeric=True)
# A share of 41 neighbours is no number that occurs by chance, as 0.6 would be.
NEAREST_CLASS = frozen(KNeighborsClassifier(41), numeric=False)
NEAREST = frozen(KNeighborsRegressor(), numeric=True)
CASES = {
    "BarycenterClassifier": partial(BarycenterClassifier, CLASSIFIER),
    "BarycenterClassifier(KNeighborsClassifier())": partial(
        BarycenterClassifier, NEAREST_CLASS
    ),
    "BarycenterRegressor": partial(BarycenterRegressor, REGRESSOR),
    'BarycenterRegressor(algorithm="split-rank")': partial(
        BarycenterRegressor, REGRESSOR, algorithm="split-rank", random_state=0
    ),
    "BarycenterRegressor(KNeighborsRegressor())": partial(BarycenterRegressor, NEAREST),
    "BarycenterTransformer(n_quantiles=20)": partial(
        BarycenterTransformer, n_quantiles=20
    ),
    **{
        f'CounterfactualEnsemble(method="{method}")': partial(
            CounterfactualEnsemble, LogisticRegression(), np.negative, method=method
        )
        for method in ("average", "augment", "distill")
    },
    "ParityEncoder": partial(
        ParityEncoder, hidden_layer_sizes=(3,), n_components=2, max_iter=2
    ),
    'ParityKernelRidge(kernel="precomputed")': partial(
        ParityKernelRidge, kernel="precomputed"
    ),
    "ParityThresholdClassifier": partial(ParityThresholdClassifier, CLASSIFIER),
    "ParityThresholdClassifier(group_estimator=...)": partial(
        ParityThresholdClassifier,
        CLASSIFIER,
        group_estimator=LogisticRegression(),
        cv=2,
    ),
    "ParityThresholdClassifier(KNeighborsClassifier())": partial(
        ParityThresholdClassifier, NEAREST_CLASS
    ),
    "SensitiveColumns(ParityLogisticRegression())": partial(
        SensitiveColumns, ParityLogisticRegression(), "sex"
    ),
    **{
        name: partial(dict(all_estimators())[name], **v) for name, v in SEARCHES.items()
    },
}
ESTIMATORS = dict(all_estimators())


def data_of(model):
    """X, y, and the keywords of fit, of the kind that an estimator takes."""
    X, y, group, weight = rows(numeric=is_regressor(model))
    given = {"sensitive_features": group, "sample_weight": weight}
    if isinstance(model, SensitiveColumns):
        X = pd.DataFrame(X, columns=["a", "b", "c"]).assign(sex=group)
        given.pop("sensitive_features")
    if isinstance(model, CounterfactualEnsemble):  # of a model that takes no groups
        given.pop("sensitive_features")
    if type(model).__name__.startswith("Term"):
        X = [f"she sold {PLANTED[0]} {label}s" for label in group]
    if getattr(model, "kernel", None) == "precomputed":
        X = X @ X.T
    names = signature(model.fit).parameters
    return X, raised(model, y), {k: v for k, v in given.items() if k in names}


def made(name):
    return CASES.get(name, ESTIMATORS.get(name))()


@cache
def fitted(name):
    model = made(name)
    X, y, given = data_of(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallGroupWarning)
        return model.fit(X, y, **given)


def answers(model):
    """What a fitted model says of the rows, by every method that it has."""
    X, _, given = data_of(model)
    found = {}
    for name in METHODS:
        if method := getattr(model, name, None):
            asks = "sensitive_features" in signature(method).parameters
            groups = (
                {"sensitive_features": given.get("sensitive_features")} if asks else {}
            )
            found[name] = method(X, **groups)
    return found


def by_pickle(model):
    return pickle.loads(pickle.dumps(model))


def by_joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


def by_skops(model):
    """With the types that the user guide lists, and those of what is inside."""
    data = skops.io.dumps(model)
    asked = set(skops.io.get_untrusted_types(data=data))
    assert {name for name in asked - LISTED if name.startswith("fairlearnkit")} == set()
    assert asked - LISTED <= OF_OTHERS
    return skops.io.loads(data, trusted=sorted(asked))


def scores_of(model):
    """The scores of the planted row, those of the inner model if that is frozen."""
    inner = getattr(model, "estimator_", model)
    inner = inner if isinstance(inner, FrozenEstimator) else model
    found = answers(inner)
    names = {
        "classifier": ("predict_proba", "decision_function"),
        "regressor": ("predict",),
    }
    kind = "classifier" if is_classifier(inner) else "regressor"
    kind = kind if is_classifier(inner) or is_regressor(inner) else None
    scores = [found[name][ROW] for name in names.get(kind, ()) if name in found]
    return [float(score) for score in np.ravel(scores[:1]) if score not in (0, 0.5, 1)]


def test_every_estimator_has_a_line():
    assert {type(made(name)) for name in LINES} == set(ESTIMATORS.values())
    assert set(CASES) <= set(LINES)


@pytest.mark.parametrize("copied", [by_pickle, by_joblib, by_skops])
@pytest.mark.parametrize("name", LINES)
def test_a_copy_predicts_the_same(name, copied):
    expected = answers(fitted(name))
    found = answers(copied(fitted(name)))
    assert expected
    for method, values in expected.items():
        assert_array_equal(found[method], values)


@pytest.mark.parametrize("name", LINES)
def test_the_table_says_what_is_kept(name):
    model = fitted(name)
    wanted = {
        "X": [str(PLANTED[0])] if name.startswith("Term") else PLANTED,
        "y": [TARGET],
        "Weights": [WEIGHT],
        "Scores of rows": scores_of(model),
        "Group labels": [GROUP],
    }
    told = {column for column, cell in LINES[name].items() if cell[:2] != "no"}
    assert keeps(model, wanted) == told


def test_no_extreme_value_is_kept():
    X, _, group, _ = rows()
    X[ROW] = X.max(axis=0) + PLANTED
    model, wanted = BarycenterTransformer(), {"extreme": X[ROW].tolist()}
    assert keeps(model.fit(X, sensitive_features=group), wanted)
    model.set_params(n_quantiles=20)
    assert not keeps(model.fit(X, sensitive_features=group), wanted)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("ParityRidge", set()),
        ("BarycenterTransformer", {"X"}),
        ("BarycenterRegressor", set()),
    ],
)
def test_a_fit_to_dask_collections_keeps_no_collection(name, kept):
    da = pytest.importorskip("dask.array", reason="extra 'dask' is missing")
    model = made(name)
    X, y, given = data_of(model)
    wanted = {"X": PLANTED, "y": [TARGET], "Weights": [WEIGHT]}
    given = {k: da.from_array(v, 60) for k, v in given.items()}
    model.fit(da.from_array(X, (60, 3)), da.from_array(y, 60), **given)
    assert keeps(model, wanted) == kept
    modules = {type(value).__module__.split(".")[0] for value in walk(model)}
    assert not modules & {"dask", "distributed"}


@pytest.mark.parametrize(
    ("keep", "name"),
    [
        (lambda X, y, g, w: {"a": [(X[ROW],)]}, "X"),
        (lambda X, y, g, w: X.astype(np.float32), "X"),
        (lambda X, y, g, w: X[:1, :1], "X"),  # a view
        (lambda X, y, g, w: pd.DataFrame(X), "X"),
        (lambda X, y, g, w: Ridge().set_params(alpha=float(y[ROW])), "y"),
        (lambda X, y, g, w: KNeighborsRegressor().fit(X, y), "y"),
        (lambda X, y, g, w: np.array([g[ROW], None], dtype=object), "group"),
        (lambda X, y, g, w: partial(np.add, w), "weight"),
    ],
)
def test_what_is_kept_is_found(keep, name):
    X, y, group, weight = rows()
    model = Ridge().fit(X, y, sample_weight=weight)
    wanted = {"X": PLANTED, "y": [TARGET], "group": [GROUP], "weight": [WEIGHT]}
    assert keeps(model, wanted) == set()
    model.kept_ = keep(X, y, group, weight)
    assert name in keeps(model, wanted)
