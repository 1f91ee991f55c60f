"""The truncated Newton method: optima on wide sparse X, and its parts."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.exceptions import ConvergenceWarning

from fairlearnkit._optim import solve
from fairlearnkit._optim.truncated_newton import (
    _corrected,
    best_intercept,
    truncated_newton,
)
from fairlearnkit.svm import ParityLinearSVC
from helpers import random_sparse_problem

SMOOTH = ["logistic", "squared", "squared_hinge", "squared_epsilon_insensitive"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
@pytest.mark.parametrize("loss", SMOOTH)
@pytest.mark.parametrize("seed", range(12))
def test_optimum_of_random_sparse_problems(loss, seed):
    problem = random_sparse_problem(loss, seed)
    expected = solve(problem.without_constraint, solver="newton-cholesky", tol=1e-10)
    free = solve(problem.without_constraint, solver="newton-cg", tol=1e-10)
    assert free.status == "optimal"
    assert_allclose(free.objective, expected.objective, rtol=1e-8, atol=1e-9)
    expected = solve(problem, solver="newton-cholesky", tol=1e-10)
    found = solve(problem, solver="newton-cg", tol=1e-10, max_iter=300)
    assert found.status == "optimal"
    excess = found.objective - expected.objective
    rounding = 1e-12 * found.objective
    assert excess <= found.duality_gap + rounding
    assert found.duality_gap <= 1.1e-10 * found.objective + rounding
    u = problem.basis.T @ found.coef
    if problem.bounded:
        assert problem.gap(u) <= problem.bound * (1 + 1e-9)
    else:
        assert_allclose(u, problem.goal, atol=1e-10)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
@pytest.mark.parametrize("loss", SMOOTH)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_optimum_equals_that_of_cvxpy(loss, seed):
    problem = random_sparse_problem(loss, seed)
    if problem.goal.any():
        problem = problem.with_goal(np.zeros_like(problem.goal))
    expected = solve(problem, solver="cvxpy")
    found = solve(problem, solver="newton-cg", tol=1e-10, max_iter=300)
    assert_allclose(found.objective, expected.objective, rtol=1e-6)
    assert_allclose(found.coef, expected.coef, atol=1e-3)


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
@pytest.mark.parametrize("loss", ["logistic", "squared_hinge"])
def test_a_start_saves_steps(loss):
    problem = random_sparse_problem(loss, 4)
    options = {"tol": 1e-10, "max_iter": 100}
    first = truncated_newton(problem, **options)
    start = first.coef, first.intercept, first.scores
    again = truncated_newton(problem, start=start, warm=True, **options)
    assert first.n_iter > 2
    assert again.n_iter == 0
    moved = problem.with_goal(problem.goal + 0.1)
    found = truncated_newton(moved, start=start, warm=True, **options)
    expected = truncated_newton(moved, **options)
    assert_allclose(found.objective, expected.objective, rtol=1e-9)
    assert_allclose(moved.basis.T @ found.coef, moved.goal, atol=1e-10)


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
@pytest.mark.parametrize("loss", SMOOTH)
def test_best_intercept(loss):
    problem = random_sparse_problem(loss, 5)
    rows, kind = problem.rows, problem.loss
    for offset in (0.0, 30.0, -1e4):
        f = np.linspace(-2, 3, len(rows.y)) + offset
        shift = best_intercept(problem, f)
        found = minimize_scalar(
            lambda b, f=f: rows.c @ kind.value(rows.y, f + b),
            bracket=(-offset - 5, -offset + 5),
            tol=1e-12,
        )
        value = rows.c @ kind.value(rows.y, f + shift)
        assert value <= found.fun * (1 + 1e-12) + 1e-12


def test_corrected_matrix_takes_directions_to_their_products():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(5, 5))
    H, K = A @ A.T + np.eye(5), np.diag(rng.uniform(1, 2, size=5))
    D = np.linalg.qr(rng.normal(size=(5, 3)))[0]
    found = _corrected(K, D, H @ D)
    assert_allclose(found @ D, H @ D, atol=1e-12)
    assert np.linalg.eigvalsh(found).min() > 0
    assert _corrected(K, D[:, :0], D[:, :0]) is K


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_hardly_any_penalty(seed):
    """Features at 1e8: curvatures vanish beside others, and objectives are rounded."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 40))
    group = rng.integers(0, 3, size=200)
    X[:, 0] += group
    y = X[:, 0] + rng.normal(size=200) > 1
    for loss in ("squared_hinge", "hinge"):
        model = ParityLinearSVC(max_gap=0.1, loss=loss, solver="newton-cg", max_iter=20)
        X_sparse = sparse.csr_matrix(1e8 * X)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X_sparse, y, sensitive_features=group)
        assert model.gap_ <= 0.1 + 1e-9
