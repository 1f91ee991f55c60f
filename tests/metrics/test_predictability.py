"""group_predictability: AUC by scikit-learn, interval by simulation."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from fairlearnkit.metrics import group_predictability
from fairlearnkit.metrics._predictability import _area


def draw(n, seed, n_groups=2, shift=0.7):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, n)
    return rng.normal(size=(n, 2)) + shift * (group[:, None] == 1), group


@pytest.mark.parametrize("n_groups", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_auc_by_hand(n_groups, weighted):
    Z, group = draw(500, 0, n_groups)
    weight = np.random.default_rng(1).uniform(0.5, 2, 500) if weighted else None
    model = LogisticRegression()
    found = group_predictability(
        Z, group.astype(str), estimator=model, cv=4, sample_weight=weight
    )
    values = []
    for train, test in StratifiedKFold(4).split(Z, group):
        p = clone(model).fit(Z[train], group[train]).predict_proba(Z[test])
        w = None if weight is None else weight[test]
        values.append(
            np.mean(
                [
                    roc_auc_score(group[test] == g, p[:, g], sample_weight=w)
                    for g in (range(3) if n_groups == 3 else [1])
                ]
            )
        )
    assert_allclose(found.auc, np.mean(values))
    assert found.low < found.auc < found.high


def test_ties_count_half():
    rng = np.random.default_rng(0)
    scores, inside = rng.integers(0, 4, 200) / 4.0, rng.uniform(size=200) < 0.3
    weight = rng.uniform(size=200)
    area, influence = _area(scores, inside, weight)
    assert_allclose(area, roc_auc_score(inside, scores, sample_weight=weight))
    assert_allclose(influence[inside].sum(), 0, atol=1e-14)
    assert_allclose(influence[~inside].sum(), 0, atol=1e-14)


@pytest.mark.slow
def test_coverage_of_the_interval():
    """For a fixed model: how often it holds the AUC of the population."""
    model = LogisticRegression().fit(*draw(50_000, 0))
    Z, group = draw(400_000, 1)
    truth = roc_auc_score(group, model.predict_proba(Z)[:, 1])

    class Fixed(LogisticRegression):
        def fit(self, X, y):
            vars(self).update(vars(model))
            return self

    inside = 0
    for seed in range(250):
        found = group_predictability(*draw(300, 10 + seed), estimator=Fixed(), cv=3)
        inside += found.low <= truth <= found.high
    assert 0.92 <= inside / 250 <= 0.98


@pytest.mark.slow
def test_a_linear_model_is_not_enough():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 2000)
    Z = rng.normal(size=(2000, 2)) * (1 + 2 * group[:, None])
    found = group_predictability(Z, group)
    assert found.logistic.low < 0.53
    assert found.boosting.auc > 0.75
    nothing = group_predictability(rng.normal(size=(2000, 2)), group)
    assert abs(nothing.boosting.auc - 0.5) < 0.04
    Z[rng.uniform(size=Z.shape) < 0.1] = np.nan
    boosting = HistGradientBoostingClassifier(max_iter=20)
    with_holes = group_predictability(Z, group, estimator=boosting)
    assert with_holes.auc > 0.7


def test_missing_groups_and_errors():
    Z, group = draw(300, 0)
    some = np.where(np.arange(300) % 5 == 0, None, group)
    model = LogisticRegression()
    with pytest.raises(ValueError, match="is missing"):
        group_predictability(Z, some, estimator=model)
    ignored = group_predictability(Z, some, estimator=model, missing="ignore")
    kept = np.arange(300) % 5 > 0
    alone = group_predictability(Z[kept], group[kept], estimator=model)
    assert ignored == alone
    folds = [(np.flatnonzero(group == 0), np.flatnonzero(group == 1))]
    with pytest.raises(ValueError, match="A fold lacks a group"):
        group_predictability(Z, group, estimator=model, cv=folds)
    with pytest.raises(ValueError, match="has 299 rows but Z has 300"):
        group_predictability(Z, group[1:])


def test_folds_count_all_rows():
    Z, group = draw(300, 0)
    some = np.where(np.arange(300) % 5 == 0, None, group)
    splitter = StratifiedKFold(3)
    folds = list(splitter.split(Z, group))
    model = LogisticRegression()
    options = {"estimator": model, "missing": "ignore"}
    found = group_predictability(Z, some, cv=folds, **options)
    kept = np.flatnonzero(np.arange(300) % 5 > 0)
    by_hand = []
    for train, test in folds:
        train, test = np.intersect1d(train, kept), np.intersect1d(test, kept)
        p = clone(model).fit(Z[train], group[train]).predict_proba(Z[test])[:, 1]
        by_hand.append(roc_auc_score(group[test], p))
    assert_allclose(found.auc, np.mean(by_hand))
    with pytest.raises(ValueError, match="confidence_level=2 must lie"):
        group_predictability(Z, group, estimator=model, confidence_level=2)


def test_the_result_shows_as_a_table():
    Z, group = draw(300, 0)
    found = group_predictability(Z, group, cv=3)
    lines = str(found).splitlines()
    assert lines[0].split() == ["auc", "low", "high"]
    auc = found["logistic"]["auc"]
    assert auc == found.logistic.auc
    assert lines[1].split()[:2] == ["logistic", f"{auc:.3f}"]
    table = found.frame()
    assert table.index.tolist() == ["logistic", "boosting"]
    assert table.loc["boosting", "high"] == found.boosting.high
    alone = group_predictability(Z, group, cv=3, estimator=LogisticRegression())
    assert alone.frame()["auc"].tolist() == [alone.auc]
    assert str(alone).splitlines()[1].startswith("estimator")
    assert "<pre>" in alone._repr_html_()
    assert pickle.loads(pickle.dumps(found)).logistic.low == found.logistic.low


@pytest.mark.slow
@pytest.mark.parametrize("power", [-900, 0, 900])
def test_units_of_features_and_weights_make_no_difference(power):
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 200)
    Z = rng.normal(size=(200, 2)) + group[:, None]
    weight = rng.uniform(1.0, 2.0, 200)
    plain = group_predictability(Z, group, cv=2, sample_weight=weight)
    scaled = group_predictability(
        np.ldexp(Z, max(power, 0)), group, cv=2, sample_weight=np.ldexp(weight, power)
    )
    assert scaled.logistic == plain.logistic
    assert scaled.boosting == plain.boosting


def test_groups_without_weight_are_refused():
    group = np.arange(40) % 2
    with pytest.raises(
        ValueError, match="without a row of positive weight: 0: 0, 1: 20"
    ):
        group_predictability(np.ones((40, 1)), group, sample_weight=group)


def test_many_groups_get_fewer_iterations_of_boosting():
    rng = np.random.default_rng(0)
    group = np.arange(400) % 40
    Z = rng.normal(size=(400, 2)) + group[:, None] % 3
    trees = HistGradientBoostingClassifier(max_iter=12, random_state=0)  # 500 // 40
    found = group_predictability(Z, group, cv=2)
    assert found.boosting == group_predictability(Z, group, estimator=trees, cv=2)
