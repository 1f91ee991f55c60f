"""Laws of linear models, on samples of few rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_regressor

from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR
from strategies import examples

pytestmark = pytest.mark.filterwarnings(
    "ignore::fairlearnkit.exceptions.SmallGroupWarning"
)
EPSILON = 0.1
# Objectives at weight C = 1: the loss of margins y f, or of residuals y - f.
LOSSES = [
    (ParityLogisticRegression(), lambda m: np.logaddexp(0, -m)),
    (ParityLinearSVC(loss="hinge"), lambda m: np.maximum(0, 1 - m)),
    (ParityLinearSVC(), lambda m: np.maximum(0, 1 - m) ** 2),
    (ParityRidge(), lambda r: 0.5 * r**2),
    (ParityLinearSVR(epsilon=EPSILON), lambda r: np.maximum(0, np.abs(r) - EPSILON)),
    (
        ParityLinearSVR(loss="squared_epsilon_insensitive", epsilon=EPSILON),
        lambda r: np.maximum(0, np.abs(r) - EPSILON) ** 2,
    ),
]
ESTIMATORS = [estimator.set_params(tol=1e-16) for estimator, _ in LOSSES]
PIECEWISE_LINEAR = ESTIMATORS[1], ESTIMATORS[4]
some = examples(15)
estimators = st.sampled_from(ESTIMATORS)
bounds = st.sampled_from([0.0, 0.05, 0.5])


@st.composite
def samples(draw):
    """X, y and group for both kinds of target, with integer weights.

    The features outnumber the contrasts, so that an equality leaves a direction.
    """
    n_groups, n = draw(st.integers(2, 4)), draw(st.integers(20, 40))
    d = draw(st.integers(n_groups, 4))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    group = rng.permutation(np.arange(n) % n_groups)
    X = rng.normal(size=(n, d)) + np.outer(group, rng.normal(size=d))
    f = X @ rng.normal(size=d) + rng.normal(size=n)
    weight = rng.integers(0, 3, n)
    for g in range(n_groups):  # no group is empty
        weight[np.argmax(group == g)] = 1
    weight[[f.argmin(), f.argmax()]] = 1  # nor is a class
    return X, f, np.array(list("abcd"))[group], weight


def target(estimator, f):
    """f itself, or classes -1 and 1, of which f's extremes are in both."""
    return f if is_regressor(estimator) else np.where(f > np.median(f), 1, -1)


def fit(estimator, sample, **parameters):
    X, f, group, weight = sample
    model = clone(estimator).set_params(**parameters)
    y = target(model, f)
    return model.fit(X, y, sensitive_features=group, sample_weight=weight)


def scores(model, X):
    return model.predict(X) if is_regressor(model) else model.decision_function(X)


def assert_same_scores(estimator, found, expected):
    """Of a piecewise linear loss, an interval of intercepts may be optimal."""
    if estimator in PIECEWISE_LINEAR:
        found, expected = found - found.mean(), expected - expected.mean()
    assert_allclose(found, expected, atol=1e-4)


def gap_of(f, group, weight):
    means = [np.average(f[group == g], weights=weight[group == g]) for g in set(group)]
    return max(means) - min(means)


@some
@given(estimator=estimators, sample=samples(), max_gap=bounds)
def test_the_gap_is_kept(estimator, sample, max_gap):
    X, _, group, weight = sample
    model = fit(estimator, sample, max_gap=max_gap)
    free = fit(estimator, sample, max_gap=np.inf)
    achieved = gap_of(scores(model, X), group, weight)
    assert_allclose(achieved, min(max_gap, free.gap_), rtol=1e-6, atol=1e-8)
    assert_allclose(model.gap_, achieved, atol=1e-10)
    labels, counts = np.unique(group, return_counts=True)
    assert_array_equal(model.groups_, labels)
    assert_array_equal(model.group_counts_, counts)
    assert isinstance(model.gap_, float)
    assert model.n_iter_ >= 1


@some
@given(estimator=estimators, sample=samples(), max_gap=bounds)
def test_multipliers(estimator, sample, max_gap):
    """They sum to zero over the groups, and vanish where the bound does not bind."""
    group = sample[2]
    model = fit(estimator, sample, max_gap=max_gap)
    values = np.array(list(model.multipliers_.values()))
    if len(set(group)) == 2:  # of the difference, which is that of its first group
        assert list(model.multipliers_) == ["a - b"]
    else:
        assert list(model.multipliers_) == sorted(set(group))
        assert_allclose(values.sum(), 0.0, atol=1e-6 * max(1.0, np.abs(values).max()))
    free = fit(estimator, sample, max_gap=np.inf)
    if free.gap_ < max_gap:
        assert_array_equal(values, 0.0)
    assert_array_equal(list(free.multipliers_.values()), 0.0)


@some
@given(
    which=st.integers(0, len(LOSSES) - 1),
    sample=samples(),
    max_gap=bounds,
    seed=st.integers(0, 10**6),
)
def test_no_model_within_the_bound_is_better(which, sample, max_gap, seed):
    """Competitors are random, and lie between the optimum and the free model."""
    X, f, group, weight = sample
    estimator, loss = ESTIMATORS[which], LOSSES[which][1]
    model = fit(estimator, sample, max_gap=max_gap)
    free = fit(estimator, sample, max_gap=np.inf)
    y = target(model, f)

    def objective(w, b):
        score = X @ w + b
        each = loss(y - score if is_regressor(estimator) else y * score)
        return 0.5 * w @ w + weight @ each

    def coefficients(model):
        return np.ravel(model.coef_), np.ravel(model.intercept_)[0]

    w, b = coefficients(model)
    v, c = coefficients(free)
    best = objective(w, b)
    assert best >= objective(v, c) - free.duality_gap_ - 1e-9 * best
    rng = np.random.default_rng(seed)
    for spread in (1.0, 0.1, 1e-2, 1e-3):
        direction = (v - w) * rng.uniform(0, 1) + rng.normal(size=X.shape[1])
        other = w + spread * direction
        gap = gap_of(X @ other, group, weight)
        if max_gap == 0:  # project on models without a gap
            means = [np.average(X[r], axis=0, weights=weight[r]) for r in _rows(group)]
            M = np.diff(means, axis=0)
            other -= np.linalg.pinv(M) @ (M @ other)
        else:
            other *= min(1.0, max_gap / gap)
        intercept = b + spread * (c - b + rng.normal())
        value = objective(other, intercept)
        assert best <= value + model.duality_gap_ + 1e-9 * best


def _rows(group):
    return [group == g for g in np.unique(group)]


@some
@given(
    estimator=estimators,
    sample=samples(),
    max_gap=bounds,
    labels=st.permutations("abcd"),
)
def test_order_of_rows_and_names_of_groups_do_not_matter(
    estimator, sample, max_gap, labels
):
    X, f, group, weight = sample
    renaming = dict(zip("abcd", labels))
    order = np.argsort(f)
    renamed = np.array([renaming[g] for g in group])
    expected = fit(estimator, sample, max_gap=max_gap)
    permuted = X[order], f[order], renamed[order], weight[order]
    found = fit(estimator, permuted, max_gap=max_gap)
    assert_same_scores(estimator, scores(found, X), scores(expected, X))


@some
@given(estimator=estimators, sample=samples(), max_gap=bounds)
def test_a_weight_is_a_number_of_rows(estimator, sample, max_gap):
    X, f, group, weight = sample
    rows = np.repeat(np.arange(len(f)), weight)
    y = target(estimator, f)  # classes are those of all rows
    model = clone(estimator).set_params(max_gap=max_gap)
    once = clone(model).fit(X, y, sensitive_features=group, sample_weight=weight)
    again = clone(model).fit(X[rows], y[rows], sensitive_features=group[rows])
    assert_same_scores(estimator, scores(once, X), scores(again, X))
    assert_allclose(once.gap_, again.gap_, atol=1e-9)


@some
@given(
    estimator=estimators, sample=samples(), max_gap=bounds, shift=st.floats(-100, 100)
)
def test_an_offset_of_the_features_does_not_matter(estimator, sample, max_gap, shift):
    X = sample[0]
    moved = X + shift * np.arange(1, X.shape[1] + 1)
    expected = fit(estimator, sample, max_gap=max_gap)
    found = fit(estimator, (moved, *sample[1:]), max_gap=max_gap)
    assert_same_scores(estimator, scores(found, moved), scores(expected, X))


@some
@given(
    estimator=estimators,
    sample=samples(),
    max_gap=bounds,
    factor=st.sampled_from([0.1, 0.5, 3.0]),
)
def test_weights_and_the_loss_weight_scale_alike(estimator, sample, max_gap, factor):
    X, f, group, weight = sample
    heavier = fit(estimator, (X, f, group, factor * weight), max_gap=max_gap)
    in_loss = "alpha" if isinstance(estimator, ParityRidge) else "C"
    scaled = {in_loss: 1 / factor if in_loss == "alpha" else factor}
    found = fit(estimator, sample, max_gap=max_gap, **scaled)
    assert_same_scores(estimator, scores(found, X), scores(heavier, X))


@some
@given(estimator=st.sampled_from(ESTIMATORS[:3]), sample=samples(), max_gap=bounds)
def test_exchanging_the_classes_turns_the_sign(estimator, sample, max_gap):
    X, f, group, weight = sample
    model = clone(estimator).set_params(max_gap=max_gap)
    y, given = target(model, f), {"sensitive_features": group, "sample_weight": weight}
    expected, found = clone(model).fit(X, y, **given), model.fit(X, -y, **given)
    assert_same_scores(estimator, scores(found, X), -scores(expected, X))
