"""Laws of linear models and linear support vector machines, on samples of few rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_regressor

from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR
from optimality import assert_optimal, by_cell, cells_of, price, subdifferential
from strategies import examples, problems, seeds

pytestmark = [
    pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning"),
    # An equality between more groups than there are features.
    pytest.mark.filterwarnings("ignore:.* predicts the same for every row:UserWarning"),
]
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
    # Without a bound, the gap is only as near to that of the optimum as the objective.
    atol = 1e-8 if max_gap < free.gap_ else 2e-6
    assert_allclose(achieved, min(max_gap, free.gap_), rtol=1e-6, atol=atol)
    assert_allclose(model.gap_, achieved, atol=1e-10)
    labels, counts = np.unique(group, return_counts=True)
    assert_array_equal(model.groups_, labels)
    assert_array_equal(model.group_counts_, counts)
    assert isinstance(model.gap_, float)
    assert model.n_iter_ >= 1


def strata_of(constraint, y, group, weight):
    """Rows that a constraint compares with one another, and its name.

    Demographic parity where a cell of another one would be empty.
    """
    classes = {"equal_opportunity": [1], "equalized_odds": [-1, 1]}
    strata = [y == label for label in classes.get(constraint, [])]
    for rows in strata:
        if len({*group[rows & (weight > 0)]}) < len({*group}):
            return "demographic_parity", None
    return constraint, strata or None


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda m: repr(m)[:60])
@some
@given(
    sample=problems(),
    max_gap=st.sampled_from([0.0, 0.05, 0.5]),
    constraint=st.sampled_from(
        ["demographic_parity", "equal_opportunity", "equalized_odds"]
    ),
)
def test_the_multipliers_certify_the_optimum(estimator, sample, max_gap, constraint):
    """Also of collinear, separable and void ones, and of more groups than features."""
    X, f, group, weight = sample
    y = target(estimator, f)
    if is_regressor(estimator):
        constraint = "demographic_parity"
    constraint, strata = strata_of(constraint, y, group, weight)
    model = fit(estimator, sample, max_gap=max_gap, constraint=constraint)
    w, b = np.ravel(model.coef_), np.ravel(model.intercept_)[0]
    middle = X.mean(axis=0)  # scores without the rounding of an offset
    Z, b = X - middle, b + middle @ w
    ends = weight * subdifferential(loss_name(estimator), y, Z @ w + b)
    near = 1e-7 * objective_of(model, estimator, sample) + 1e-9
    parts = cells_of(group, weight, strata)
    assert_optimal(Z, (w, b), ends, model.multipliers_, parts, max_gap, near)


@some
@given(estimator=estimators, sample=problems(), steps=st.permutations(range(4)))
def test_the_price_bounds_the_objective_of_every_other_bound(estimator, sample, steps):
    """The optimum is convex in `max_gap`, with the multipliers as its slope."""
    first, second = (0.0, 0.05, 0.3, 5.0)[steps[0]], (0.0, 0.05, 0.3, 5.0)[steps[1]]
    models = [fit(estimator, sample, max_gap=bound) for bound in (first, second)]
    here, there = (objective_of(model, estimator, sample) for model in models)
    nu = by_cell(models[0].multipliers_, cells_of(*sample[2:]))
    bound = here - models[0].duality_gap_ - price(nu) * (second - first)
    assert there >= bound - 1e-6 * here
    if second > first:
        assert there <= here + models[1].duality_gap_ + 1e-9 * here


def loss_name(estimator):
    plain = {ParityLogisticRegression: "logistic", ParityRidge: "squared"}
    return plain.get(type(estimator)) or estimator.loss


def objective_of(model, estimator, sample):
    X, f, _, weight = sample
    score, y = scores(model, X), target(estimator, f)
    each = LOSSES[ESTIMATORS.index(estimator)][1]
    loss = each(y - score if is_regressor(estimator) else y * score)
    return 0.5 * np.sum(model.coef_**2) + weight @ loss


@some
@given(
    estimator=estimators,
    sample=samples(),
    max_gap=bounds,
    factor=st.sampled_from([1e-3, 0.2, 50.0]),
    seed=seeds,
)
def test_turned_and_scaled_features_give_the_same_scores(
    estimator, sample, max_gap, factor, seed
):
    """A penalty on the length of the coefficients knows no axes."""
    X, f, group, weight = sample
    expected = fit(estimator, sample, max_gap=max_gap)
    d = X.shape[1]
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]
    turned = X @ turn * factor
    in_loss = "alpha" if isinstance(estimator, ParityRidge) else "C"
    unit = {in_loss: factor**2 if in_loss == "alpha" else factor**-2}
    found = fit(estimator, (turned, f, group, weight), max_gap=max_gap, **unit)
    assert_same_scores(estimator, scores(found, turned), scores(expected, X))
    by_hand = factor * turn @ np.ravel(found.coef_)
    assert_allclose(by_hand, np.ravel(expected.coef_), atol=1e-4)


@some
@given(
    estimator=st.sampled_from(ESTIMATORS[3:]),
    sample=samples(),
    max_gap=bounds,
    factor=st.sampled_from([1e-3, 0.2, 50.0, 1e4]),
    shift=st.sampled_from([0.0, -3.0, 1e3]),
)
def test_the_unit_and_the_origin_of_a_numeric_target(
    estimator, sample, max_gap, factor, shift
):
    X, f, group, weight = sample
    expected = scores(fit(estimator, sample, max_gap=max_gap), X)
    moved = factor * (f + shift)
    unit = {"max_gap": factor * max_gap}
    if not isinstance(estimator, ParityRidge):
        unit["epsilon"] = factor * EPSILON
    if estimator in PIECEWISE_LINEAR:  # of degree 1, the penalty is of degree 2
        unit["C"] = factor
    found = scores(fit(estimator, (X, moved, group, weight), **unit), X)
    assert_same_scores(estimator, found / factor - shift, expected)


@some
@given(estimator=estimators, sample=samples(), max_gap=bounds)
def test_a_column_twice_shares_its_coefficient_and_a_constant_has_none(
    estimator, sample, max_gap
):
    X, f, group, weight = sample
    wide = np.c_[X, X[:, 0], np.full(len(X), 7.0)]
    model = fit(estimator, (wide, f, group, weight), max_gap=max_gap)
    w = np.ravel(model.coef_)
    assert_allclose(w[0], w[-2], atol=1e-4)
    assert_allclose(w[-1], 0.0, atol=1e-9)


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
