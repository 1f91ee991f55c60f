"""Laws of the barycenter models: of the transformer, and of the regressor around it."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.frozen import FrozenEstimator

from fairlearnkit.metrics import ks_gap, wasserstein_unfairness
from fairlearnkit.postprocessing import BarycenterClassifier, BarycenterRegressor
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


@both
@twenty
@given(rows=groups(), strength=st.floats(0, 1), seed=seeds)
def test_the_weighted_mean_is_kept(move, rows, strength, seed):
    x, group = rows
    weight = np.random.default_rng(seed).integers(1, 4, len(x)).astype(float)
    z = move(x, group, weight, strength=strength)
    mean = np.average(x, weights=weight)
    assert_allclose(np.average(z, weights=weight), mean, rtol=0, atol=1e-11)


@both
@twenty
@given(rows=groups(), seed=seeds)
def test_a_row_is_moved_alike_alone_and_in_any_batch(move, rows, seed):
    x, group = rows
    rng = np.random.default_rng(seed)
    new, kind = rng.normal(size=9) * 3, rng.choice(np.unique(group), 9)
    everyone = move(x, group, new=(new, kind))
    some = rng.permutation(9)[:4]
    assert_array_equal(move(x, group, new=(new[some], kind[some])), everyone[some])
    assert_array_equal(move(x, group, new=(new[:1], kind[:1])), everyone[:1])
    low, high = move(x, group).min(), move(x, group).max()
    assert (everyone >= low - 1e-12).all()
    assert (everyone <= high + 1e-12).all()


@twenty
@given(rows=groups(), seed=seeds)
def test_the_distance_of_groups_is_within_the_bound_of_their_atoms(rows, seed):
    x, group = rows
    inner = FrozenEstimator(FirstColumn().fit(x[:, None]))
    weight = np.random.default_rng(seed).integers(1, 4, len(x)).astype(float)
    for w in (None, weight):
        model = BarycenterRegressor(inner)
        model.fit(x[:, None], sensitive_features=group, sample_weight=w)
        z = model.predict(x[:, None], sensitive_features=group)
        expected = ks_gap(None, z, sensitive_features=group, sample_weight=w)
        assert_allclose(model.gap_, expected, atol=1e-9)
        assert model.gap_ <= model.atom_bound_ + 1e-12
        shares = []
        for g in np.unique(group):
            own = np.ones(len(x)) if w is None else w
            codes = np.unique(x[group == g], return_inverse=True)[1]
            mass = np.bincount(codes, own[group == g])
            shares.append(mass.max() / mass.sum())
        assert_allclose(model.atom_bound_, np.sort(shares)[-2:].sum(), rtol=1e-12)


@twenty
@given(rows=groups(), seed=seeds)
def test_in_turn_is_one_after_the_other(rows, seed):
    """`sequential` moves for one column, then what that gives for the next one."""
    x, group = rows
    other = np.random.default_rng(seed).permutation(np.arange(len(x)) % 2)
    strengths = [0.7, 1.0]
    found = transformer(x, np.c_[group, other], sequential=strengths)
    first = transformer(x, group, strength=0.7)
    assert_allclose(found, transformer(first, other), rtol=0, atol=1e-11)


@both
@twenty
@given(rows=groups())
def test_unseen_groups_are_moved_by_the_map_of_all_together(move, rows):
    """Which is monotone, and keeps within the moved values."""
    x, group = rows
    new = np.sort(np.append(x, [x.min() - 1, x.max() + 1]))
    z = move(x, group, new=(new, np.full(len(new), 99)), unseen="pooled")
    assert (np.diff(z) >= -1e-12).all()
    moved = move(x, group)
    assert z.min() >= moved.min() - 1e-11
    assert z.max() <= moved.max() + 1e-11


@twenty
@given(rows=groups())
def test_as_many_quantiles_as_values_are_the_exact_maps_but_for_the_ends(rows):
    """Exact for values moved to the fifth of each end, or to the median of few."""
    x, group = rows
    inner = x.copy()
    for own in (group == g for g in np.unique(group)):
        assume(own.sum() >= 5)
        ordered = np.sort(x[own])
        median = np.median(ordered)
        low, high = (median, median) if len(ordered) < 9 else ordered[[4, -5]]
        inner[own] = x[own].clip(low, high)
    found = transformer(x, group, n_quantiles=10_000)
    assert_allclose(found, transformer(inner, group), rtol=0, atol=1e-11)


class FirstProbability(ClassifierMixin, BaseEstimator):
    """The first column of X is the probability of the second class."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])


@twenty
@given(rows=groups(), strength=st.floats(0, 1), threshold=st.floats(0.1, 0.9))
def test_the_classifier_is_the_regressor_of_its_probabilities(
    rows, strength, threshold
):
    x, group = rows
    p = (1 / (1 + np.exp(-x))).round(6)
    inner = FrozenEstimator(FirstProbability().fit(p[:, None]))
    model = BarycenterClassifier(inner, strength=strength, threshold=threshold)
    model.fit(p[:, None], sensitive_features=group)
    proba = model.predict_proba(p[:, None], sensitive_features=group)
    assert_allclose(proba.sum(axis=1), 1.0, atol=1e-15)
    expected = regressor(p, group, strength=strength)
    assert_allclose(proba[:, 1], expected, rtol=0, atol=1e-12)
    decided = model.predict(p[:, None], sensitive_features=group)
    clear = np.abs(proba[:, 1] - threshold) > 1e-9
    assert_array_equal(decided[clear], (proba[clear, 1] > threshold).astype(int))


@twenty
@given(rows=groups(), seed=st.integers(0, 999), jitter=st.sampled_from([0.0, 0.1]))
def test_split_rank_is_deterministic_and_has_its_bound(rows, seed, jitter):
    x, group = rows
    options = {
        "algorithm": "split-rank",
        "jitter": jitter,
        "random_state": seed,
    }
    first = regressor(x, group, **options)
    assert_array_equal(regressor(x, group, **options), first)
    inner = FrozenEstimator(FirstColumn().fit(x[:, None]))
    model = BarycenterRegressor(inner, **options)
    model.fit(x[:, None], sensitive_features=group)
    some = np.arange(len(x))[::3]
    alone = model.predict(x[some, None], sensitive_features=group[some])
    assert_array_equal(alone, first[some])
    n = np.unique(group, return_counts=True)[1]
    pairs = [2 / (min(a, b) + 2) for a in n for b in n if a != b]
    assert model.ks_bound_ <= max(pairs, default=0.0) + 1e-12
