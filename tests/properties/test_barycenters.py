"""Laws of the barycenter models: of the transformer, and of the regressor around it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.frozen import FrozenEstimator

from fairlearnkit.metrics import wasserstein_unfairness
from fairlearnkit.postprocessing import BarycenterRegressor
from fairlearnkit.preprocessing import BarycenterTransformer
from strategies import examples, seeds

pytestmark = pytest.mark.filterwarnings(
    "ignore::fairlearnkit.exceptions.SmallGroupWarning"
)

twenty = examples(20)


class FirstColumn(RegressorMixin, BaseEstimator):
    """Predicts the first column of X."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return X[:, 0]


def transformer(x, group, weight=None, new=None, **parameters):
    model = BarycenterTransformer(**parameters)
    model.fit(x[:, None], sensitive_features=group, sample_weight=weight)
    new, kind = (x, group) if new is None else new
    return model.transform(new[:, None], sensitive_features=kind)[:, 0]


def regressor(x, group, weight=None, new=None, **parameters):
    inner = FrozenEstimator(FirstColumn().fit(x[:, None]))
    model = BarycenterRegressor(inner, **parameters)
    model.fit(x[:, None], sensitive_features=group, sample_weight=weight)
    new, kind = (x, group) if new is None else new
    return model.predict(new[:, None], sensitive_features=kind)


@st.composite
def groups(draw, equal_sizes=False):
    """Scores, with ties or without, and their groups, which differ in distribution."""
    rng = np.random.default_rng(draw(seeds))
    n = draw(st.integers(2, 4))
    sizes = np.full(n, rng.integers(2, 40)) if equal_sizes else rng.integers(2, 40, n)
    group = np.repeat(np.arange(n), sizes)
    x = rng.normal(size=n)[group] + rng.normal(size=len(group)) * (1 + group)
    order = rng.permutation(len(x))
    return x.round(draw(st.sampled_from([0, 1, 12])))[order], group[order]


both = pytest.mark.parametrize("move", [transformer, regressor])


@both
@twenty
@given(rows=groups())
def test_strength_zero_is_the_identity(move, rows):
    assert_allclose(move(*rows, strength=0.0), rows[0], rtol=1e-15)


@both
@twenty
@given(rows=groups(), strength=st.floats(0, 1))
def test_the_order_within_a_group_is_kept(move, rows, strength):
    x, group = rows
    z = move(x, group, strength=strength)
    for g in np.unique(group):
        order = np.argsort(x[group == g])
        assert (np.diff(z[group == g][order]) >= -1e-12).all()


@both
@twenty
@given(rows=groups(), seed=seeds)
def test_invariances(move, rows, seed):
    """Order of rows, names of groups, weights as repetitions, shift and scale."""
    x, group = rows
    rng = np.random.default_rng(seed)
    z = move(x, group)
    order, names = rng.permutation(len(x)), rng.permutation(list("zamb"))
    assert_allclose(move(x[order], group[order]), z[order], rtol=0, atol=1e-11)
    assert_allclose(move(x, names[group]), z, rtol=0, atol=1e-11)
    assert_allclose(move(3 * x - 5, group), 3 * z - 5, rtol=0, atol=1e-10)
    weight = rng.integers(1, 4, len(x))
    repeated = move(np.repeat(x, weight), np.repeat(group, weight), new=(x, group))
    weighed = move(x, group, weight.astype(float))
    assert_allclose(weighed, repeated, rtol=0, atol=1e-11)


@both
@twenty
@given(rows=groups())
def test_groups_with_the_same_scores_are_left_alone(move, rows):
    x, _ = rows
    twice, group = np.tile(x, 2), np.repeat(["u", "v"], len(x))
    weight = np.repeat([1.0, 3.0], len(x))
    assert_allclose(move(twice, group), twice, rtol=0, atol=1e-11)
    assert_allclose(move(twice, group, weight), twice, rtol=0, atol=1e-11)


@both
@twenty
@given(rows=groups(equal_sizes=True))
def test_groups_of_equal_size_get_the_same_scores_up_to_ties(move, rows):
    """The mean of the sorted scores, averaged over the rows that are tied."""
    x, group = rows
    z = move(x, group)
    parts = [np.sort(x[group == g]) for g in np.unique(group)]
    barycenter = np.mean(parts, axis=0)
    for g, part in enumerate(parts):
        expected = [barycenter[part == v].mean() for v in part]
        assert_allclose(np.sort(z[group == g]), expected, rtol=0, atol=1e-11)


@both
@twenty
@given(rows=groups(equal_sizes=True), strength=st.floats(0, 1))
def test_partial_repair_leaves_its_share_of_the_unfairness(move, rows, strength):
    """U(z) = (1 - strength)^2 U(x), and the change costs strength^2 U(x)."""
    x, group = rows
    x = x + np.linspace(0.0, 1e-3, len(x))  # ties leave more, and cost less
    z = move(x, group, strength=strength)
    before, after = (
        wasserstein_unfairness(None, f, sensitive_features=group) for f in (x, z)
    )
    assert_allclose(after, (1 - strength) ** 2 * before, rtol=1e-9, atol=1e-10)
    assert_allclose(np.mean((z - x) ** 2), strength**2 * before, rtol=1e-9, atol=1e-10)


@twenty
@given(rows=groups(), strength=st.floats(0, 1), seed=seeds)
def test_the_regressor_is_the_transformer_of_its_predictions(rows, strength, seed):
    x, group = rows
    rng = np.random.default_rng(seed)
    weight, new = rng.integers(1, 4, len(x)), rng.normal(size=len(x))
    options = {"weight": weight, "new": (new, group), "strength": strength}
    found = regressor(x, group, **options)
    assert_array_equal(found, transformer(x, group, **options))
