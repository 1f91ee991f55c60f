"""Barycenters of predictions on Dask collections: those in memory."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge

from fairlearnkit._transport import summaries
from fairlearnkit.metrics import ks_gap
from fairlearnkit.postprocessing import BarycenterClassifier, BarycenterRegressor

pytest.importorskip("dask")

import dask
import dask.dataframe as dd

from dask_pickled import pickled

FEATURES, GROUPS = ["x", "y"], ["sex", "age"]


def make_table(n=500, digits=2):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n, 2)).round(digits), columns=FEATURES)
    table["sex"] = rng.choice(["f", "m"], n)
    table["age"] = rng.integers(0, 2, n)
    table["x"] += table["sex"] == "f"
    table["cost"] = table["x"] + rng.normal(size=n)
    table["hired"] = np.where(table["cost"] > 0, "yes", "no")
    table["w"] = rng.random(n) * (np.arange(n) % 5 > 0)
    return table


TABLE = make_table()
MODELS = {
    "cost": BarycenterRegressor(
        FrozenEstimator(Ridge().fit(TABLE[FEATURES][:99], TABLE["cost"][:99]))
    ),
    "hired": BarycenterClassifier(
        FrozenEstimator(
            LogisticRegression().fit(TABLE[FEATURES][:99], TABLE["hired"][:99])
        ),
        pos_label="yes",
        threshold=0.4,
    ),
}


@pytest.fixture(autouse=True)
def _pickled():
    with dask.config.set(scheduler=pickled):
        yield


@pytest.mark.parametrize(
    ("target", "weight", "options"),
    [
        ("cost", None, {"strength": 0.5, "unseen": "pooled"}),
        ("cost", "w", {"sequential": [1.0, 0.7]}),
        ("hired", "w", {"missing": "ignore"}),
        ("hired", None, {"sequential": [1.0, 0.7], "missing": "ignore"}),
    ],
)
def test_maps_are_those_in_memory(target, weight, options):
    found = {}
    table = dd.from_pandas(TABLE, npartitions=3)
    for data in (TABLE, table):
        model = type(MODELS[target])(**{**MODELS[target].get_params(False), **options})
        X, y = data[FEATURES], data[target]
        w = None if weight is None else data[weight]
        model.fit(X, y, sensitive_features=data[GROUPS], sample_weight=w)
        method = model.predict if target == "cost" else model.predict_proba
        values = method(X, sensitive_features=data[GROUPS])
        score = model.score(X, y, sensitive_features=data[GROUPS])
        found[len(found)] = model, np.asarray(dask.compute(values)[0]), score
    (want, exact, score), (model, values, lazy_score) = found.values()
    assert_allclose(values, exact, rtol=0, atol=1e-12)
    assert score == pytest.approx(lazy_score, abs=1e-12)
    for name in ("unfairness_", "gap_", "atom_bound_", "rounding_", "rank_error_"):
        assert_allclose(getattr(model, name), getattr(want, name), atol=1e-14)
    assert model.rank_error_ == 0
    if "sequential" not in options:
        twins = [each.with_strength(0.3) for each in (want, model)]
        assert twins[1].gap_ == pytest.approx(twins[0].gap_, abs=1e-14)


def test_sketches_are_in_the_bound(monkeypatch):
    pytest.importorskip("datasketches")
    monkeypatch.setattr(summaries, "MOST_BYTES", 4000 * 16)
    table = make_table(20_000, digits=15)
    lazy = dd.from_pandas(table, npartitions=4)
    model, want = (
        BarycenterRegressor(MODELS["cost"].estimator).fit(
            data[FEATURES], sensitive_features=data["sex"]
        )
        for data in (lazy, table)
    )
    assert 0 < model.rank_error_ < 0.01
    assert model.atom_bound_ > 2 * model.rank_error_ > want.atom_bound_
    moved = model.predict(table[FEATURES], sensitive_features=table["sex"])
    gap = ks_gap(None, moved, sensitive_features=table["sex"])
    assert gap <= model.atom_bound_
    assert abs(gap - model.gap_) <= 2 * model.rank_error_


def test_errors():
    table = dd.from_pandas(TABLE, npartitions=2)
    data = table[FEATURES], table["cost"]
    with pytest.raises(ValueError, match=r"BarycenterRegressor\(FrozenEstimator\(mo"):
        BarycenterRegressor(Ridge()).fit(*data, sensitive_features=table["sex"])
    model = BarycenterRegressor(MODELS["cost"].estimator, algorithm="split-rank")
    with pytest.raises(ValueError, match='use algorithm="transport"'):
        model.fit(*data, sensitive_features=table["sex"])
    model = BarycenterRegressor(MODELS["cost"].estimator)
    with pytest.raises(ValueError, match="sensitive_features is required"):
        model.fit(*data)
    model.fit(*data, sensitive_features=table["sex"])
    with pytest.raises(ValueError, match="required in predict"):
        model.predict(data[0])
