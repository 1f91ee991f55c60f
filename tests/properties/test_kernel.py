"""Laws of kernel models, on samples of few rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel

from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR, ParitySVC, ParitySVR
from optimality import assert_optimal, by_cell, cells_of, price, subdifferential
from strategies import examples, problems, seeds

pytestmark = [
    pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning"),
    # A void constraint, and an equality between more groups than there are features.
    pytest.mark.filterwarnings("ignore:.*agree already:UserWarning"),
    pytest.mark.filterwarnings("ignore:.* predicts the same for every row:UserWarning"),
]
MODELS = [
    ParitySVC(tol=1e-8),
    ParitySVR(tol=1e-8),
    ParityKernelRidge(kernel="rbf"),
]
# Each kernel model with the linear model that a linear kernel gives.
LINEAR = [
    (ParitySVC(kernel="linear", tol=1e-7), ParityLinearSVC(loss="hinge", tol=1e-12)),
    (ParitySVR(kernel="linear", tol=1e-7), ParityLinearSVR(epsilon=0.1, tol=1e-12)),
    (ParityKernelRidge(kernel="linear"), ParityRidge(fit_intercept=False, tol=1e-12)),
]
some = examples(20)
LOSS = {
    ParitySVC: "hinge",
    ParitySVR: "epsilon_insensitive",
    ParityKernelRidge: "squared",
}
# Without offsets: see test_offsets.py.
KINDS = ["plain", "many groups", "collinear", "separable", "void", "parallel"]
# Of a kernel matrix, so that no features stand between it and the conditions.
KERNELS = {"linear": linear_kernel, "rbf": lambda X: rbf_kernel(X, gamma=0.3)}
models, bounds = st.sampled_from(MODELS), st.sampled_from([0.0, 0.05, 0.5])


@st.composite
def samples(draw):
    """X of more features than contrasts, f, group and integer weights."""
    n_groups, n = draw(st.integers(2, 3)), draw(st.integers(20, 40))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    group = rng.permutation(np.arange(n) % n_groups)
    X = rng.normal(size=(n, 3)) + 0.6 * np.outer(group, [1.0, 0.5, 0.0])
    f = np.sin(2 * X[:, 0]) + X[:, 1] + 0.3 * rng.normal(size=n)
    weight = rng.integers(0, 3, n)
    for g in range(n_groups):  # no group is empty
        weight[np.argmax(group == g)] = 1
    weight[[f.argmin(), f.argmax()]] = 1  # nor is a class
    return X, f, np.array(list("abc"))[group], weight


def target(model, f):
    return np.where(f > np.median(f), "yes", "no") if is_classifier(model) else f


def fit(model, sample, **parameters):
    X, f, group, weight = sample
    model = clone(model).set_params(**parameters)
    y = target(model, f)
    return model.fit(X, y, sensitive_features=group, sample_weight=weight)


def scores(model, X):
    return model.decision_function(X) if is_classifier(model) else model.predict(X)


def assert_same_scores(model, found, expected, atol):
    """An interval of intercepts may be optimal, where there is one."""
    if isinstance(model, ParitySVC | ParitySVR):
        found, expected = found - found.mean(), expected - expected.mean()
    assert_allclose(found, expected, atol=atol)


@some
@given(model=models, sample=samples(), max_gap=bounds)
def test_the_gap_is_kept(model, sample, max_gap):
    X, _, group, weight = sample
    free = fit(model, sample, max_gap=np.inf)
    model = fit(model, sample, max_gap=max_gap)
    f = scores(model, X)
    labels, counts = np.unique(group, return_counts=True)
    means = [np.average(f[group == g], weights=weight[group == g]) for g in labels]
    assert_allclose(np.ptp(means), min(max_gap, free.gap_), atol=1e-8)
    assert np.ptp(means) <= max_gap + 1e-8
    assert_allclose(model.gap_, np.ptp(means), atol=1e-10)
    assert_array_equal(model.groups_, labels)
    assert_array_equal(model.group_counts_, counts)
    assert isinstance(model.gap_, float)
    assert 0 <= model.duality_gap_ + 1e-9 <= 1e-4
    assert model.n_iter_ >= 1


@some
@given(pair=st.sampled_from(LINEAR), sample=samples(), max_gap=bounds)
def test_a_linear_kernel_gives_the_linear_model(pair, sample, max_gap):
    X = sample[0]
    found, expected = (fit(model, sample, max_gap=max_gap) for model in pair)
    assert_allclose(np.ravel(found.coef_), np.ravel(expected.coef_), atol=2e-4)
    assert_same_scores(pair[0], scores(found, X), scores(expected, X), atol=5e-4)


@some
@given(
    model=models, sample=samples(), max_gap=bounds, labels=st.permutations(list("abc"))
)
def test_names_of_groups_and_order_of_rows_change_nothing(
    model, sample, max_gap, labels
):
    X, f, group, weight = sample
    expected = scores(fit(model, sample, max_gap=max_gap), X)
    renamed = np.array([dict(zip("abc", labels))[g] for g in group])
    order = np.argsort(f)
    permuted = X[order], f[order], renamed[order], weight[order]
    found = scores(fit(model, permuted, max_gap=max_gap), X)
    assert_same_scores(model, found, expected, atol=1e-5)


@some
@given(model=models, sample=samples(), max_gap=bounds)
def test_weights_are_repetitions_and_zero_is_absent(model, sample, max_gap):
    X, f, group, weight = sample
    rows, y = np.repeat(np.arange(len(f)), weight), target(model, f)
    once = fit(model, sample, max_gap=max_gap)
    twice = clone(model).set_params(max_gap=max_gap)
    twice.fit(X[rows], y[rows], sensitive_features=group[rows])
    assert_same_scores(model, scores(once, X), scores(twice, X), atol=1e-6)
    assert (weight[once.support_] > 0).all()


def loss_of(model, y, f):
    """The loss of each row, by hand."""
    if isinstance(model, ParitySVC):
        return np.maximum(0, 1 - y * f)
    if isinstance(model, ParitySVR):
        return np.maximum(0, np.abs(y - f) - model.epsilon)
    return 0.5 * (y - f) ** 2


def in_feature_space(model, K):
    """Rows Z with Z Z' = K, and (w, b) of the scores Z w + b."""
    values, vectors = np.linalg.eigh(K)
    Z = vectors * np.sqrt(np.maximum(values, 0.0))
    beta = np.zeros(len(K))
    beta[model.support_] = model.dual_coef_[0]
    b = None if isinstance(model, ParityKernelRidge) else float(model.intercept_[0])
    return Z, (Z.T @ beta, b)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
@examples(8)
@given(sample=problems(KINDS), max_gap=bounds)
def test_the_multipliers_certify_the_optimum(model, kernel, sample, max_gap):
    """Also of collinear, separable and void ones, and of more groups than features."""
    X, f, group, weight = sample
    K = KERNELS[kernel](X)
    found = fit(model, sample._replace(X=K), kernel="precomputed", max_gap=max_gap)
    y = np.where(target(model, f) == "yes", 1, -1) if is_classifier(model) else f
    Z, (w, b) = in_feature_space(found, K)
    score = Z @ w + (b or 0.0)
    ends = weight * subdifferential(LOSS[type(model)], y, score)
    objective = w @ w / 2 + weight @ loss_of(model, y, score)
    near, parts = 1e-6 * objective + 1e-9, cells_of(group, weight)
    assert_optimal(Z, (w, b), ends, found.multipliers_, parts, max_gap, near)


@some
@given(
    model=models, sample=problems(KINDS), ends=st.permutations([0.0, 0.05, 0.3, 5.0])
)
def test_the_price_bounds_the_objective_of_every_other_bound(model, sample, ends):
    """The optimum is convex in `max_gap`, with the multipliers as its slope."""
    first, second = ends[:2]
    found, objectives = [], []
    for bound in (first, second):
        found.append(fit(model, sample, max_gap=bound, gamma=0.3))
        Z, (w, b) = in_feature_space(found[-1], KERNELS["rbf"](sample.X))
        y = target(model, sample.f)
        y = np.where(y == "yes", 1, -1) if is_classifier(model) else y
        loss = loss_of(model, y, Z @ w + (b or 0.0))
        objectives.append(w @ w / 2 + sample.weight @ loss)
    nu = by_cell(found[0].multipliers_, cells_of(sample.group, sample.weight))
    bound = objectives[0] - found[0].duality_gap_ - price(nu) * (second - first)
    near = 1e-6 * objectives[0]
    assert objectives[1] >= bound - near
    if second > first:
        assert objectives[1] <= objectives[0] + found[1].duality_gap_ + near


@some
@given(
    model=models,
    sample=samples(),
    max_gap=bounds,
    factor=st.sampled_from([1e-3, 0.2, 50.0]),
    seed=seeds,
)
def test_turned_moved_and_scaled_features_give_the_same_scores(
    model, sample, max_gap, factor, seed
):
    """The rbf kernel depends on distances alone."""
    X, f, group, weight = sample
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(X.shape[1], X.shape[1])))[0]
    moved = (X @ turn + rng.normal(size=X.shape[1])) * factor
    expected = scores(fit(model, sample, max_gap=max_gap, gamma=0.3), X)
    data = moved, f, group, weight
    found = fit(model, data, max_gap=max_gap, gamma=0.3 / factor**2)
    assert_same_scores(model, scores(found, moved), expected, atol=1e-5)
