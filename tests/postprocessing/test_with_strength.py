"""``with_strength`` against a fit at that strength."""

import pickle
import warnings

import numpy as np
import pytest
import skops.io
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from fairlearnkit.postprocessing import BarycenterClassifier, BarycenterRegressor

MODELS = {
    "regressor": BarycenterRegressor(Ridge(), strength=0.6),
    "tied regressor": BarycenterRegressor(
        DecisionTreeRegressor(max_depth=3, random_state=0), strength=0.6
    ),
    "classifier": BarycenterClassifier(LogisticRegression(), strength=0.6),
    "tied classifier": BarycenterClassifier(
        DecisionTreeClassifier(max_depth=3, random_state=0), strength=0.6
    ),
}
DIAGNOSTICS = ("unfairness_", "gap_", "atom_bound_", "ks_bound_", "rounding_")


def make(model, n=600, n_groups=3, seed=0):
    rng = np.random.default_rng(seed)
    group = np.where(rng.uniform(size=n) < 0.5, 0, rng.integers(0, n_groups, n))
    group[: 12 * n_groups] = np.repeat(np.arange(n_groups), 12)
    X = rng.normal(size=(n, 3)) * (1 + group % 3)[:, None]
    X[:, 0] += group % 5
    y = X @ [1.0, -0.5, 0.3] + rng.normal(size=n)
    y = (y > 0.5).astype(int) if is_classifier(model) else y
    return X, y, group, rng.integers(0, 4, n) / 3.0


def scores(model, X, group):
    method = model.predict_proba if is_classifier(model) else model.predict
    return method(X, sensitive_features=group)


def check(model, strength, X, y, group, weight=None):
    """Whether the copy is what a fit at this strength gives, and the model is kept."""
    before = model.strength, model.gap_, model.unfairness_.copy()
    copy = model.with_strength(strength)
    fresh = clone(model).set_params(strength=strength)
    fresh.fit(X, y, sensitive_features=group, sample_weight=weight)
    assert copy.get_params().keys() == fresh.get_params().keys()
    assert copy.strength == strength
    for name in DIAGNOSTICS:
        assert_allclose(getattr(copy, name), getattr(fresh, name), rtol=1e-10, atol=0)
    assert_array_equal(scores(copy, X, group), scores(fresh, X, group))
    assert copy.estimator_ is model.estimator_
    assert (model.strength, model.gap_) == before[:2]
    assert_array_equal(model.unfairness_, before[2])
    return copy


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.0, 0.35, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_is_a_fit_at_that_strength(name, weighted, strength):
    X, y, group, weight = make(MODELS[name])
    weight = weight if weighted else None
    model = clone(MODELS[name])
    model.fit(X, y, sensitive_features=group, sample_weight=weight)
    copy = check(model, strength, X, y, group, weight)
    assert copy.gap_ != model.gap_
    again = check(copy.with_strength(0.2), 0.6, X, y, group, weight)
    assert_array_equal(again.unfairness_, model.with_strength(0.6).unfairness_)


@pytest.mark.parametrize("strength", [0.3, 1.0])
@pytest.mark.parametrize("missing", ["group", "ignore"])
def test_rows_of_no_group(missing, strength):
    model = clone(MODELS["regressor"]).set_params(missing=missing, unseen="pooled")
    X, y, group, _ = make(model)
    group = np.where(np.arange(len(X)) % 7, group, None)
    check(model.fit(X, y, sensitive_features=group), strength, X, y, group)


@pytest.mark.parametrize("weighted", [False, True])
def test_many_groups_and_intersections(weighted):
    model = clone(MODELS["regressor"])
    X, y, group, weight = make(model, 3000, 60)
    groups = {"a": group // 2, "b": group % 2}
    weight = weight + 0.1 if weighted else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y, sensitive_features=groups, sample_weight=weight)
        assert len(model.groups_) == 60
        check(model, 0.9, X, y, groups, weight)


def test_frozen_models_are_not_called_again():
    X, y, group, _ = make(MODELS["classifier"])
    frozen = FrozenEstimator(LogisticRegression().fit(X, y))
    model = BarycenterClassifier(frozen).fit(X, sensitive_features=group)
    check(model, 0.5, X, None, group)
    model.estimator_ = None
    gaps = [model.with_strength(s).gap_ for s in np.linspace(0, 1, 6)]
    assert (np.diff(gaps) < 0).all()


@pytest.mark.parametrize("save", ["pickle", "skops"])
def test_of_a_stored_model(save):
    model = clone(MODELS["regressor"])
    X, y, group, _ = make(model)
    model.fit(X, y, sensitive_features=group)
    if save == "pickle":
        stored = pickle.loads(pickle.dumps(model))
    else:
        blob = skops.io.dumps(model)
        names = skops.io.get_untrusted_types(data=blob)
        assert names == ["fairlearnkit.postprocessing._regressor.BarycenterRegressor"]
        stored = skops.io.loads(blob, trusted=names)
    found, expected = stored.with_strength(0.8), model.with_strength(0.8)
    assert found.gap_ == expected.gap_
    assert_array_equal(found.unfairness_, expected.unfairness_)


def test_what_has_no_other_strength():
    model = clone(MODELS["regressor"])
    X, y, group, _ = make(model)
    fit = {"sensitive_features": group}
    with pytest.raises(NotFittedError):
        model.with_strength(0.5)
    model.fit(X, y, **fit)
    with pytest.raises(ValueError, match=r"'strength' parameter .* in the range \[0"):
        model.with_strength(1.5)
    assert model.strength == 0.6
    ranked = clone(model).set_params(algorithm="split-rank", random_state=0)
    with pytest.raises(ValueError, match="scores that the fitted model does not keep"):
        ranked.fit(X, y, **fit).with_strength(0.5)
    assert ranked._calibration_cdfs is None
    turns = clone(model).set_params(sequential=[1.0, 0.5])
    turns.fit(X, y, sensitive_features=np.column_stack([group, X[:, 1] > 0]))
    with pytest.raises(ValueError, match="maps of a column are fitted to what those"):
        turns.with_strength(0.5)
    assert turns._calibration_cdfs is None
    model.set_params(missing="ignore")
    with pytest.raises(ValueError, match="missing was changed after fit"):
        model.with_strength(0.5)
