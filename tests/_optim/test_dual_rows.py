"""The dual over rows: optima on wide sparse X, and its parts."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.preprocessing import OneHotEncoder

from fairlearnkit._optim import solve, solver_dual
from fairlearnkit._optim.dual_rows import dual_over_rows
from fairlearnkit._optim.line_search import root_of_slope
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityRidge,
    parity_path,
)
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR
from helpers import random_sparse_problem

DUAL = [
    "hinge",
    "epsilon_insensitive",
    "squared",
    "squared_hinge",
    "squared_epsilon_insensitive",
]
pytestmark = pytest.mark.filterwarnings(
    "ignore::fairlearnkit.exceptions.SmallGroupWarning"
)


def random_csr(rng, n, d, density):
    """Entries in [0, 1), few of them not 0."""
    return sparse.csr_array(
        rng.uniform(size=(n, d)) * (rng.uniform(size=(n, d)) < density)
    )


def wide_problem(loss, seed):
    """A random problem with more features than rows."""
    for other in range(seed, seed + 1000, 24):  # the same kind of constraint
        problem = random_sparse_problem(loss, other)
        if problem.n_features > 1.5 * problem.rows.shape[0]:
            return problem
    raise AssertionError


def assert_optimal(problem, found, expected, tol):
    assert found.status == "optimal"
    rounding = 1e-11 * abs(expected.objective)
    excess = found.objective - expected.objective
    assert -expected.duality_gap - rounding <= excess <= found.duality_gap + rounding
    assert found.duality_gap <= 1.01 * tol * abs(found.objective) + rounding
    u = problem.basis.T @ found.coef
    if problem.bounded:
        assert problem.gap(u) <= problem.bound * (1 + 1e-9)
    else:
        assert_allclose(u, problem.goal, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("loss", DUAL)
@pytest.mark.parametrize("seed", range(12))
def test_optimum_of_random_wide_problems(loss, seed):
    problem = wide_problem(loss, seed)
    expected = solve(problem, solver="newton-cholesky", tol=1e-10, max_iter=500)
    found = solve(problem, solver="dual", tol=1e-6, max_iter=400)
    assert_optimal(problem, found, expected, tol=1e-6)


@pytest.mark.parametrize("loss", ["hinge", "epsilon_insensitive"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_optimum_equals_that_of_cvxpy(loss, seed):
    problem = wide_problem(loss, seed)
    if problem.goal.any():
        problem = problem.with_goal(np.zeros_like(problem.goal))
    expected = solve(problem, solver="cvxpy")
    found = solve(problem, solver="dual", tol=1e-6, max_iter=400)
    assert found.status == "optimal"
    assert_allclose(found.objective, expected.objective, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["hinge", "epsilon_insensitive"])
@pytest.mark.parametrize("seed", range(12))
def test_where_it_stalls_another_solver_goes_on(loss, seed):
    problem = random_sparse_problem(loss, seed)
    found = solve(problem, tol=1e-8, max_iter=500)
    expected = solve(problem, solver="newton-cholesky", tol=1e-10, max_iter=500)
    assert_optimal(problem, found, expected, tol=1e-8)


def test_the_next_solver_starts_where_the_dual_stalls(monkeypatch):
    rng = np.random.default_rng(0)
    X = random_csr(rng, 500, 400, 0.05)
    group, y = np.arange(500) % 2, rng.integers(0, 2, 500)
    model = ParityLinearSVC(loss="hinge", tol=1e-6)
    cold = model.set_params(solver="newton-cg").fit(X, y, sensitive_features=group)
    n_cold, coef = cold.n_iter_, cold.coef_

    def stalled(problem, **limits):
        found = dual_over_rows(problem, **limits)
        return replace(found, status="stalled", duality_gap=0.1)

    monkeypatch.setattr(solver_dual, "dual_over_rows", stalled)
    model.set_params(solver="auto").fit(X, y, sensitive_features=group)
    assert model.n_iter_ < n_cold / 2
    assert_allclose(model.coef_, coef, atol=1e-2)


@pytest.mark.parametrize(
    ("loss", "n", "d", "C", "is_dual"),
    [
        ("hinge", 600, 260, 1.0, True),
        ("hinge", 600, 220, 1.0, False),  # 0.4 times as many features as rows
        ("hinge", 300, 190, 1.0, False),  # square matrices are small
        ("squared_hinge", 300, 310, 100.0, True),
        ("squared_hinge", 300, 310, 1.0, False),  # C ||x||^2 is below 40
        ("squared_hinge", 300, 290, 100.0, False),  # fewer features than rows
        ("squared", 100, 510, 100.0, True),
        ("squared", 100, 510, 1.0, False),
        ("squared", 100, 490, 100.0, False),  # less than five times as many as rows
    ],
)
def test_which_problems_auto_gives_it(monkeypatch, loss, n, d, C, is_dual):
    rng = np.random.default_rng(0)
    X = random_csr(rng, n, d, 0.05)
    group, y = np.arange(n) % 2, rng.integers(0, 2, n)
    called = []

    def spy(problem, **limits):
        called.append(problem)
        return dual_over_rows(problem, **limits)

    monkeypatch.setattr(solver_dual, "dual_over_rows", spy)
    model = ParityLinearSVC(loss=loss, C=C, tol=1e-4)
    model = ParityRidge(alpha=1 / C, tol=1e-4) if loss == "squared" else model
    model.fit(X, y, sensitive_features=group)
    assert bool(called) == is_dual
    called.clear()
    model.fit(X.toarray(), y, sensitive_features=group)
    assert not called


def test_it_is_not_for_problems_without_a_penalty():
    """Their curvature against the penalty was a division by 0, with a warning."""
    rng = np.random.default_rng(0)
    X, y = random_csr(rng, 100, 600, 0.05), rng.normal(size=100)
    model = ParityRidge(alpha=0.0).fit(X, y, sensitive_features=np.arange(100) % 2)
    assert_allclose(model.gap_, 0.0, atol=1e-9)


def wide_data(n=300, d=900):
    rng = np.random.default_rng(3)
    X = random_csr(rng, n, d, 0.03)
    group = rng.integers(0, 3, n)
    score = X @ rng.normal(size=d) + 0.3 * group
    return X, score, group, rng.uniform(0.0, 2.0, n) * (rng.uniform(size=n) < 0.9)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_classes_weights_and_ratios_of_estimators(loss):
    X, score, group, weight = wide_data()
    y = np.digitize(score, np.quantile(score, [0.3, 0.6]))
    options = {"loss": loss, "class_weight": {0: 2.0}, "gap_ratio": 0.4, "C": 5.0}
    fits = [
        ParityLinearSVC(solver=solver, tol=1e-8, **options).fit(
            X, y, sensitive_features=group, sample_weight=weight
        )
        for solver in ("dual", "newton-cg")
    ]
    assert_allclose(fits[0].coef_, fits[1].coef_, atol=1e-3)
    assert_allclose(fits[0].intercept_, fits[1].intercept_, atol=1e-3)


def test_without_rows_of_weight_zero():
    X, score, group, weight = wide_data()
    model = ParityLinearSVR(solver="dual", epsilon=0.05, C=10.0, tol=1e-8)
    kept = weight > 0
    model.fit(X, score, sensitive_features=group, sample_weight=weight)
    coef = model.coef_
    rows = {"sensitive_features": group[kept], "sample_weight": weight[kept]}
    model.fit(X[kept], score[kept], **rows)
    assert_allclose(model.coef_, coef, atol=1e-4)


def test_paths_of_wide_sparse_data():
    X, score, group, _ = wide_data()
    y = (score > np.median(score)).astype(int)
    model = ParityLinearSVC(loss="hinge", C=5.0, tol=1e-8)
    ratios = [1.0, 0.5, 0.0, -0.5]
    path = parity_path(
        X, y, estimator=model, sensitive_features=group, gap_ratios=ratios
    )
    for k, ratio in enumerate(ratios):
        model.set_params(gap_ratio=ratio).fit(X, y, sensitive_features=group)
        assert_allclose(path.coefs[:, k], model.coef_.ravel(), atol=1e-3)


def test_losses_with_another_conjugate_are_refused():
    X, score, group, _ = wide_data()
    message = "solver='dual' does not take the loss Logistic.*'newton-cg'"
    with pytest.raises(ValueError, match=message):
        ParityLogisticRegression(solver="dual").fit(
            X, score > 0, sensitive_features=group
        )


@pytest.mark.parametrize("loss", DUAL)
def test_dual_terms_are_the_conjugate(loss):
    rng = np.random.default_rng(0)
    loss = LOSSES[loss]()
    y = rng.normal(size=50)
    y = np.sign(y) if loss.targets == "classes" else y
    c = rng.uniform(0.5, 2.0, 50)
    R, low, high, epsilon = loss.dual_terms(y, c)
    a = rng.uniform(np.maximum(low, -3.0), np.minimum(high, 3.0))
    expected = c * loss.conjugate(y, -a / c)
    assert_allclose(0.5 * R * a**2 - y * a + epsilon * np.abs(a), expected, atol=1e-12)
    outside = loss.domain_excess(y, -(high + 0.01) / c)
    assert (outside[np.isfinite(high)] > 0).all()


def test_a_root_is_found_where_the_slope_jumps():
    assert_allclose(
        root_of_slope(lambda s: np.sign(s - 0.3) * 5.0 + s, -5.0), 0.3, atol=1e-9
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_rows_of_very_different_length(seed):
    """The dual stalls there, and conjugate gradients take too many steps."""
    rng = np.random.default_rng(seed)
    X = random_csr(rng, 200, 300, 0.05)
    X = sparse.csr_array(sparse.diags_array(rng.lognormal(0.0, 2.0, 200)) @ X)
    score = X @ rng.normal(size=300)
    y = score / score.std() + 0.3 * rng.normal(size=200)
    model = ParityLinearSVR(C=50.0, tol=1e-6, max_iter=500)
    model.fit(X, y, sensitive_features=np.arange(200) % 5)
    assert model.n_iter_ < 500


@pytest.mark.filterwarnings("ignore:ParityLinearSVR predicts the same:UserWarning")
@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-8])
@pytest.mark.parametrize("seed", range(3))
def test_multipliers_of_short_rows_sum_to_zero(size, seed):
    """No float shifts their sum to 0; certificates were negative, by up to 0.1."""
    rng = np.random.default_rng(seed)
    X, y = size * rng.normal(size=(40, 2)), 140 + 5 * rng.normal(size=40)
    model = ParityLinearSVR(C=4.0, epsilon=0.5, solver="dual", tol=1e-10)
    weight = rng.uniform(0.1, 3.0, 40)
    model.fit(X, y, sensitive_features=np.arange(40) % 3, sample_weight=weight)
    # Three groups and two features leave no direction: the best constant is optimal.
    losses = [
        4.0 * weight @ np.maximum(np.abs(y - b) - 0.5, 0)
        for b in np.concatenate([y - 0.5, y + 0.5])
    ]
    found = 4.0 * weight @ np.maximum(np.abs(y - model.predict(X)) - 0.5, 0)
    assert_allclose(found, min(losses), rtol=1e-12)
    assert abs(model.duality_gap_) <= 1e-13 * found


@pytest.mark.parametrize("C", [10.0, 1000.0])
@pytest.mark.parametrize("max_gap", [0.0, 0.1])
def test_categories_with_little_penalty(max_gap, C):
    """Equal rows: a face has directions without curvature, which take the rounding."""
    rng = np.random.default_rng(0)
    X = rng.choice(
        100, (400, 9), p=1 / np.arange(1, 101) / np.sum(1 / np.arange(1, 101))
    )
    X = OneHotEncoder(categories=[range(100)] * 9).fit_transform(X)
    group = rng.integers(0, 2, 400)
    score = X @ rng.normal(size=900) + 0.8 * group + 2 * rng.normal(size=400)
    model = ParityLinearSVC(loss="hinge", C=C, max_gap=max_gap, solver="dual")
    model.fit(X, score > np.median(score), sensitive_features=group)
    assert model.n_iter_ < 25


def test_faces_of_rows_of_very_different_length():
    """What clipping takes from the sum goes to rows of the face, not to short ones."""
    rng, n, d, words = np.random.default_rng(0), 3000, 6000, 30
    often = np.arange(1, d + 1) ** -0.9
    columns = rng.choice(d, n * words, p=often / often.sum())
    places = np.repeat(np.arange(n), words), columns
    X = sparse.csr_array((np.ones(n * words), places), (n, d))
    norms = np.sqrt(X.multiply(X).sum(axis=1))
    X = sparse.csr_array(X.multiply((rng.lognormal(0, 1.5, n) / norms)[:, None]))
    scores = X @ rng.normal(size=d)
    y = scores + 0.7 * scores.std() * rng.normal(size=n) > 0
    model = ParityLinearSVC(loss="hinge", solver="dual", tol=1e-6)
    model.fit(X, y, sensitive_features=np.arange(n) % 2)
    assert model.n_iter_ <= 27
