"""A Hessian that is kept learns from steps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlearnkit._optim import hessians, solve
from fairlearnkit._optim.hessians import DenseHessian
from fairlearnkit._optim.losses import LOSSES, Logistic
from fairlearnkit._optim.problem import build_problem
from fairlearnkit.constraints import check_constraint
from fairlearnkit.linear_model import ParityLogisticRegression


@pytest.fixture
def system():
    """H of five features and an intercept, and the same as an array."""
    rng = np.random.default_rng(0)
    X, c = rng.normal(size=(40, 5)), rng.uniform(1, 2, 40)
    problem = build_problem(
        X,
        np.ones(40),
        c,
        loss=LOSSES["squared"],
        reg=0.5,
        fit_intercept=True,
        means=np.zeros((0, 40)),
        strata=np.zeros(0, dtype=np.intp),
        bound=np.inf,
    )
    wide = np.column_stack([X, np.ones(40)])
    H = wide.T @ (c[:, None] * wide) + 0.5 * np.diag([1, 1, 1, 1, 1, 0])
    return DenseHessian(problem, c, 1.0), H


def bfgs(H, step, change):
    """Nocedal and Wright (2006), equation 6.19."""
    Hs = H @ step
    return (
        H - np.outer(Hs, Hs) / (step @ Hs) + np.outer(change, change) / (step @ change)
    )


@pytest.mark.parametrize("n_pairs", [0, 1, 3])
def test_it_is_the_inverse_of_bfgs(system, n_pairs):
    kept, H = system
    rng = np.random.default_rng(1)
    for _ in range(n_pairs):
        step = rng.normal(size=6)
        change = 1.5 * H @ step + 0.1 * rng.normal(size=6)
        kept.learn(step, change)
        H = bfgs(H, step, change)
        assert_allclose(kept.solve(change[:, None])[:, 0], step)
    assert_allclose(kept.solve(np.eye(6)), np.linalg.inv(H), rtol=1e-8, atol=1e-10)


def test_rounding_is_not_learned_from(system):
    kept, H = system
    step = np.eye(6)[0]
    for change in (np.zeros(6), np.eye(6)[1], -step, 1e-9 * step + np.eye(6)[1]):
        kept.learn(step, change)
    assert_allclose(kept.solve(H), np.eye(6), atol=1e-10)


def test_only_the_last_steps_are_remembered(system, monkeypatch):
    monkeypatch.setattr(hessians, "PAIRS", 2)
    kept, H = system
    rng = np.random.default_rng(1)
    for step in rng.normal(size=(4, 6)):
        kept.learn(step, H @ step)
    assert len(kept.pairs) == 2
    assert_allclose(kept.pairs[-1][0], step)


def test_a_fit_takes_fewer_steps_and_hessians(monkeypatch):
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(2_000, 20)), rng.integers(0, 3, 2_000)
    y = X @ rng.normal(size=20) + rng.logistic(size=2_000) > 0
    made, make = [], DenseHessian.__init__

    def count(self, *args):
        made.append(self)
        make(self, *args)

    def counts(C):
        made.clear()
        model = ParityLogisticRegression(C=C).fit(X, y, sensitive_features=group)
        return model.n_iter_, len(made)

    monkeypatch.setattr(DenseHessian, "__init__", count)
    n_iter, _ = counts(0.01)
    _, n_made = counts(100.0)
    monkeypatch.setattr(DenseHessian, "learn", lambda *_: None)
    assert n_iter <= counts(0.01)[0] // 2
    assert n_made < counts(100.0)[1]


class Noisy(Logistic):
    """Values that are wrong by more than sums of them are in general."""

    def value(self, y, f):
        return super().value(y, f) * (1.0 + 1e-11 * np.sin(1e9 * f))


@pytest.mark.parametrize("seed", range(6))
def test_rounding_of_the_objective_does_not_end_a_fit(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 20)) * np.exp(2 * rng.normal(size=20))
    y = np.sign(X @ rng.normal(size=20) + 10 * rng.normal(size=200))
    contrasts = check_constraint("demographic_parity").contrasts(y, np.arange(200) % 4)
    problem = build_problem(
        X,
        y,
        np.ones(200),
        loss=Noisy(),
        reg=1e-4,
        fit_intercept=True,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=0.05,
    )
    found = solve(problem, solver="newton-cholesky", tol=1e-10, max_iter=100)
    assert found.status == "optimal"
