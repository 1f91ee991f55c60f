"""Dask collections, divided at random, give what the same rows give in memory."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge

from fairlearnkit import metrics
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import (
    ParityGammaRegressor,
    ParityLogisticRegression,
    ParityPoissonRegressor,
    ParityRidge,
)
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.preprocessing import BarycenterTransformer, ParityProjection
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR
from strategies import examples, seeds

dask = pytest.importorskip("dask")
dd = pytest.importorskip("dask.dataframe")

pytestmark = [
    pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
]

FEATURES = ["u", "v", "w", "x"]  # more than contrasts
EXACT = {"tol": 1e-10, "max_iter": 2000}
# Each with its target, and the method that is compared.
LINEAR = {
    "ridge": (ParityRidge(**EXACT), "number", "predict"),
    "logistic": (ParityLogisticRegression(**EXACT), "answer", "decision_function"),
    "squared hinge": (ParityLinearSVC(**EXACT), "answer", "decision_function"),
    "tube": (
        ParityLinearSVR(loss="squared_epsilon_insensitive", epsilon=0.1, **EXACT),
        "number",
        "predict",
    ),
    "Poisson": (ParityPoissonRegressor(alpha=0.1, **EXACT), "count", "predict"),
    "gamma": (ParityGammaRegressor(alpha=0.1, **EXACT), "amount", "predict"),
}
OF_LABELS = [
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equalized_odds_ratio",
]
OF_SCORES = [
    "ks_gap",
    "score_gap",
    "strong_demographic_disparity",
    "wasserstein_unfairness",
]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with dask.config.set(scheduler="sync"):
        yield


@st.composite
def collections(draw):
    """Rows in memory, and the same rows in partitions, some of which may be empty."""
    rng = np.random.default_rng(draw(seeds))
    n, n_groups = draw(st.integers(40, 90)), draw(st.integers(2, 4))
    codes = rng.permutation(np.arange(n) % n_groups)
    X = rng.normal(size=(n, 4)) + 0.5 * np.outer(codes, rng.normal(size=4))
    f = X @ rng.normal(size=4) + rng.normal(size=n)
    frame = pd.DataFrame(X, columns=FEATURES).assign(
        group=np.array(list("abcd"))[codes],
        number=f,
        answer=(f > np.median(f)).astype(int),
        count=np.floor(np.abs(f)),
        amount=np.exp(f / 3),
        decision=rng.integers(0, 2, n),
        score=f.round(draw(st.sampled_from([0, 9]))),
        weight=rng.integers(0, 4, n).astype(float),
    )
    first = frame.groupby(["group", "answer"]).head(1).index
    frame.loc[first, "weight"] = 1.0  # no cell is empty
    if draw(st.booleans()):  # groups that are in few partitions
        frame = frame.sort_values(["group", "answer"], kind="stable", ignore_index=True)
    cuts = sorted(draw(st.lists(st.integers(0, n), max_size=4)))
    parts = np.split(np.arange(n), cuts)
    delayed = [dask.delayed(frame.iloc[rows]) for rows in parts]
    lazy = dd.from_delayed(delayed, meta=frame.iloc[:0], verify_meta=False)
    return frame, lazy


def options_of(table, weighted):
    more = {"sample_weight": table["weight"]} if weighted else {}
    return {"sensitive_features": table["group"], **more}


@pytest.mark.parametrize("name", LINEAR)
@examples(3)
@given(
    tables=collections(),
    max_gap=st.sampled_from([0.0, 0.1, np.inf]),
    weighted=st.booleans(),
)
def test_linear_models(name, tables, max_gap, weighted):
    """Up to what both duality gaps allow, of a penalty that is strongly convex."""
    model, target, method = LINEAR[name]
    fitted, found = [], []
    for table in tables:
        own = clone(model).set_params(max_gap=max_gap)
        own.fit(table[FEATURES], table[target], **options_of(table, weighted))
        fitted.append(own)
        found.append(np.asarray(getattr(own, method)(table[FEATURES])))
    memory, lazy = fitted
    penalty = getattr(lazy, "alpha", 1.0)
    apart = sum(np.sqrt(2 * max(m.duality_gap_, 0.0) / penalty) for m in fitted) + 1e-9
    assert np.linalg.norm(lazy.coef_ - memory.coef_) <= apart
    assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-4)
    assert_allclose(lazy.gap_, memory.gap_, atol=10 * apart)
    assert_array_equal(lazy.groups_, memory.groups_)
    assert_array_equal(lazy.group_counts_, memory.group_counts_)
    assert list(lazy.multipliers_) == list(memory.multipliers_)
    values = [np.array(list(m.multipliers_.values())) for m in fitted]
    size = 1.0 + np.abs(values[0]).max()
    assert_allclose(values[1], values[0], atol=1e-3 * size)


@examples(5)
@given(tables=collections(), weighted=st.booleans())
def test_the_projection_and_sensitive_columns(tables, weighted):
    directions, through = [], []
    for table in tables:
        projection = ParityProjection()
        projection.fit(table[FEATURES], **options_of(table, weighted))
        Q = projection.directions_
        directions.append(Q.T @ Q)
        model = SensitiveColumns(ParityRidge(max_gap=0.1), "group")
        weight = table["weight"] if weighted else None
        data = table[[*FEATURES, "group"]]
        model.fit(data, table["number"], sample_weight=weight)
        through.append(np.asarray(model.predict(data)))
    assert_allclose(directions[1], directions[0], atol=1e-9)
    assert_allclose(through[1], through[0], rtol=1e-6, atol=1e-6)


@examples(5)
@given(tables=collections(), weighted=st.booleans(), strength=st.floats(0, 1))
def test_barycenters(tables, weighted, strength):
    frame = tables[0]
    ridge, logistic = (
        FrozenEstimator(model.fit(frame[FEATURES][:30], y))
        for model, y in (
            (Ridge(), frame["number"][:30]),
            (LogisticRegression(), np.arange(30) % 2),
        )
    )
    columns = ["u", "score"]
    models = [
        (BarycenterTransformer(strength), columns, "transform"),
        (BarycenterRegressor(ridge, strength=strength), FEATURES, "predict"),
        (BarycenterClassifier(logistic, strength=strength), FEATURES, "predict_proba"),
    ]
    for model, names, method in models:
        found = []
        for table in tables:
            own = clone(model)
            own.fit(table[names], table["answer"], **options_of(table, weighted))
            moved = getattr(own, method)(
                table[names], sensitive_features=table["group"]
            )
            found.append(np.asarray(moved))
        assert_allclose(found[1], found[0], rtol=1e-12, atol=1e-12)


@examples(5)
@given(
    tables=collections(),
    weighted=st.booleans(),
    constraint=st.sampled_from(
        ["demographic_parity", "equal_opportunity", "equalized_odds"]
    ),
    max_gap=st.sampled_from([0.0, 0.1, np.inf]),
)
def test_decision_rules(tables, weighted, constraint, max_gap):
    frame = tables[0]
    inner = LogisticRegression().fit(frame[FEATURES][:30], np.arange(30) % 2)
    found, fitted = [], []
    for table in tables:
        model = ParityThresholdClassifier(
            FrozenEstimator(inner), constraint=constraint, max_gap=max_gap
        )
        model.fit(table[FEATURES], table["answer"], **options_of(table, weighted))
        decided = model.predict(table[FEATURES], sensitive_features=table["group"])
        found.append(np.asarray(decided))
        fitted.append(model)
    assert_array_equal(found[1], found[0])
    for name in ("gap_", "cost_"):
        values = [getattr(model, name) for model in fitted]
        assert_allclose(values[1], values[0], rtol=1e-12, atol=1e-12)


@examples(5)
@given(tables=collections(), weighted=st.booleans())
def test_metrics(tables, weighted):
    for name in OF_LABELS:
        found = [
            getattr(metrics, name)(
                t["answer"], t["decision"], **options_of(t, weighted)
            )
            for t in tables
        ]
        assert_allclose(found[1], found[0], rtol=1e-13, atol=1e-15)
    for name in OF_SCORES:
        found = [
            getattr(metrics, name)(None, t["score"], **options_of(t, weighted))
            for t in tables
        ]
        assert_allclose(found[1], found[0], rtol=1e-11, atol=1e-13)
