"""Decision rules on Dask collections: those in memory, whatever the partitions."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from fairlearnkit.constraints import DemographicParity
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import (
    demographic_parity_difference,
    equal_opportunity_difference,
)
from fairlearnkit.postprocessing import (
    ParityThresholdClassifier,
    _lazy_rows,
    _lazy_task,
)

pytest.importorskip("dask")

import dask
import dask.dataframe as dd

from dask_pickled import pickled

FEATURES = ["x", "y", "z"]


def make_table(n=1000):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n, 3)).round(1), columns=FEATURES)
    table["sex"] = rng.choice(["f", "m", "x"], n)
    table["age"] = rng.integers(0, 2, n)
    table["x"] += table["sex"] == "f"
    score = table["x"] + rng.normal(size=n)
    table["hired"] = (score > 0).astype(int)
    table["level"] = np.digitize(score, [-0.5, 0.5])
    table["w"] = rng.random(n) * (np.arange(n) % 5 > 0)
    table["missing"] = table["sex"].where(np.arange(n) % 9 > 0, None)
    small = LogisticRegression(C=0.01).fit(table[FEATURES], table["hired"])
    table["proba"] = small.predict_proba(table[FEATURES])[:, 1]
    return table


TABLE = make_table()
MODEL, LEVELS, SEX = (
    FrozenEstimator(LogisticRegression().fit(TABLE[FEATURES][:200], TABLE[name][:200]))
    for name in ("hired", "level", "sex")
)


def partitioned():
    """Five partitions; one has no rows, one a single row without weight."""
    cuts = [0, 300, 300, 700, 701, len(TABLE)]
    assert TABLE["w"][700] == 0
    parts = [dask.delayed(TABLE[a:b]) for a, b in pairwise(cuts)]
    return dd.from_delayed(parts, meta=TABLE[:0])


def fitted(table, groups="sex", y="hired", weight=None, proba=None, **options):
    model = ParityThresholdClassifier(options.pop("estimator", MODEL), **options)
    y, weight, proba = (None if c is None else table[c] for c in (y, weight, proba))
    return model.fit(
        table[FEATURES],
        y,
        sensitive_features=table[groups],
        sample_weight=weight,
        proba=proba,
    )


@pytest.fixture(autouse=True)
def _pickled():
    with dask.config.set(scheduler=pickled):
        yield


@pytest.mark.parametrize(
    "options",
    [
        {"max_gap": 0.05, "groups": ["sex", "age"]},
        {"constraint": "equal_opportunity", "weight": "w"},
        {"constraint": "equalized_odds", "max_gap": 0.02, "proba": "proba"},
        {"y": None, "groups": "missing", "missing": "ignore"},
        {"y": "level", "estimator": LEVELS, "max_gap": 0.1, "weight": "w"},
        {"group_estimator": SEX, "max_gap": 0.05},
        {
            "constraint": DemographicParity(columns="separately"),
            "max_gap": 0.05,
            "groups": ["sex", "age"],
        },
    ],
)
def test_rules_are_those_in_memory(options):
    table, options = partitioned(), {"groups": "sex", **options}
    want, model = fitted(TABLE, **options), fitted(table, **options)
    groups = options["groups"]
    for name in ("predict", "decision_function", "predict_proba"):
        exact = getattr(want, name)(TABLE[FEATURES], sensitive_features=TABLE[groups])
        found = getattr(model, name)(table[FEATURES], sensitive_features=table[groups])
        assert found.npartitions == table.npartitions
        assert found.partitions[1].compute().index.empty
        assert_allclose(found.compute(), exact, rtol=1e-12, atol=1e-12)
    for name in ("gap_", "gap_bound_", "cost_", "duality_gap_", "group_counts_"):
        assert_allclose(getattr(model, name), getattr(want, name), rtol=1e-12)
    for name, values in want.tradeoff_.items():
        assert_allclose(model.tradeoff_[name], values, atol=1e-12)
    y = options.get("y") or "hired"
    scores = [
        each.score(
            t[FEATURES], t[y], sensitive_features=t[groups], sample_weight=t["w"]
        )
        for each, t in ((want, TABLE), (model, table))
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-14)


def test_a_rule_that_needs_no_groups():
    table, options = partitioned(), {"group_estimator": SEX, "max_gap": 0.05}
    want, model = fitted(TABLE, **options), fitted(table, **options)
    found = model.predict(table[FEATURES])
    assert found.npartitions == table.npartitions
    assert_array_equal(found.compute(), want.predict(TABLE[FEATURES]))


@pytest.mark.parametrize(
    ("options", "gap"),
    [
        ({"max_gap": 0.05}, demographic_parity_difference),
        (
            {"constraint": "equal_opportunity", "weight": "w", "proba": "proba"},
            equal_opportunity_difference,
        ),
        (
            {"y": None, "groups": "missing", "missing": "ignore"},
            demographic_parity_difference,
        ),
    ],
)
def test_bins_of_many_rows(monkeypatch, options, gap):
    """Fewer thresholds, whose rates and costs are exact all the same."""
    pytest.importorskip("datasketches")
    monkeypatch.setattr(_lazy_task, "MOST_ROWS", 100)
    monkeypatch.setattr(_lazy_rows, "MOST_THRESHOLDS", 60)
    table, options = partitioned(), {"groups": "sex", **options}
    want, model = fitted(TABLE, **options), fitted(table, **options)
    groups = options["groups"]
    X, sensitive = TABLE[FEATURES], TABLE[groups]
    if "proba" in options:
        # Decided by the same probabilities as those that the rule was fitted to.
        rule, own = model._rules, TABLE["proba"].to_numpy()
        new = _rows_of(X, own, model, sensitive)
        decided = (rule.margins(model._rule, new) > 0).astype(int)
    else:
        decided = model.predict(X, sensitive_features=sensitive)
        own = MODEL.predict_proba(X)[:, 1]
    weight = TABLE["w"].to_numpy() if "weight" in options else np.ones(len(TABLE))
    found = gap(
        TABLE["hired"],
        decided,
        sensitive_features=sensitive,
        sample_weight=weight,
        **({"missing": "ignore"} if groups == "missing" else {}),
    )
    assert model.gap_ == pytest.approx(found, abs=1e-12)
    cost = weight @ np.where(decided, 1 - own, own) / weight.sum()
    assert model.cost_ == pytest.approx(cost, abs=1e-12)
    # The plain rule is exact, and the bound is met up to half of a bin.
    plain = [each.with_max_gap(np.inf) for each in (want, model)]
    assert plain[1].gap_ == pytest.approx(plain[0].gap_, abs=1e-12)
    assert plain[1].cost_ == pytest.approx(plain[0].cost_, abs=1e-12)
    assert model.tradeoff_["bound"][0] <= want.max_gap + 1e-12
    # Of the positive rows alone, a bin may hold twice as large a share.
    assert model.gap_ <= want.max_gap + 4 / 60
    assert 0 <= model.duality_gap_ < 0.01
    assert model.group_counts_.tolist() == want.group_counts_.tolist()
    if not np.isnan(want.gap_bound_):
        width = want.gap_bound_ - want.gap_
        assert model.gap_bound_ - model.gap_ == pytest.approx(width, rel=0.2)


def _rows_of(X, proba, model, sensitive):
    from fairlearnkit.postprocessing._rules import NewRows

    codes = model._match(X, sensitive)
    return NewRows(X, np.column_stack([1 - proba, proba]), model._labels, codes, None)


def test_many_rows_need_thresholds(monkeypatch):
    monkeypatch.setattr(_lazy_task, "MOST_ROWS", 100)
    with pytest.raises(ValueError, match=r"1000 rows: .* 100 rows .* df.sample"):
        fitted(partitioned(), y="level", estimator=LEVELS)


def test_a_model_that_is_fitted_to_the_collection():
    table = partitioned()
    inner = ParityLogisticRegression(max_gap=0.5, tol=1e-10)
    options = {"estimator": inner, "groups": "sex", "proba": "proba"}
    want, model = fitted(TABLE, **options), fitted(table, **options)
    assert_allclose(model.estimator_.coef_, want.estimator_.coef_, atol=1e-5)
    assert model.thresholds_ == want.thresholds_
    found = model.predict(table[FEATURES], sensitive_features=table["sex"]).compute()
    exact = want.predict(TABLE[FEATURES], sensitive_features=TABLE["sex"])
    assert_array_equal(found, exact)


def test_errors():
    table = partitioned()
    with pytest.raises(ValueError, match=r"not divided into folds.*proba=df\['proba'"):
        fitted(table, estimator=LogisticRegression())
    with pytest.raises(ValueError, match="fit of LogisticRegression would gather"):
        fitted(table, estimator=LogisticRegression(), proba="proba")
    with pytest.raises(ValueError, match="group_estimator would have to be fitted on"):
        fitted(table, group_estimator=LogisticRegression())
    with pytest.raises(ValueError, match="proba is a Dask collection, and X is a D"):
        ParityThresholdClassifier(MODEL).fit(
            TABLE[FEATURES], sensitive_features=TABLE["sex"], proba=table["proba"]
        )
    model = fitted(table)
    with pytest.raises(ValueError, match="sensitive_features is required in predict"):
        model.predict(table[FEATURES])
