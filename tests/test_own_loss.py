"""A loss and its estimator in one file: what someone writes who needs another one.

The Huber loss is h(y - f) with h(r) = r^2 / 2 for |r| <= delta, and delta |r| -
delta^2 / 2 beyond. Its conjugate is y v + v^2 / 2 for |v| <= delta.
"""

from numbers import Real

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from fairlearnkit._models.linear import BaseParityRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import SmoothLoss
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.utils._sklearn_private import Interval, _fit_context
from fairlearnkit.utils.estimator_checks import check_estimator


class Huber(SmoothLoss):
    """Quadratic up to delta, linear beyond."""

    targets = "numbers"

    def __init__(self, delta=1.0):
        self.delta = delta

    def value(self, y, f):
        r = np.abs(y - f)
        inner = np.minimum(r, self.delta)
        return inner * (r - 0.5 * inner)

    def derivative(self, y, f):
        return np.clip(f - y, -self.delta, self.delta)

    def curvature(self, y, f):
        return (np.abs(y - f) <= self.delta).astype(float)

    def conjugate(self, y, v):
        return y * v + 0.5 * v**2

    def domain_excess(self, y, v):
        return np.abs(v) - self.delta

    def dual_slack(self, y, v):
        return np.maximum(self.delta - np.abs(v), 0.0)

    def cvxpy_expression(self, cp, y, f):
        return 0.5 * cp.huber(y - f, self.delta)


class ParityHuber(BaseParityRegressor):
    """Huber regression with equal mean predictions."""

    _parameter_constraints: dict = {
        **BaseParityRegressor._parameter_constraints,
        "alpha": [Interval(Real, 0, None, closed="left")],
        "delta": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        alpha=1.0,
        *,
        delta=1.0,
        constraint="demographic_parity",
        max_gap=0.0,
        fit_intercept=True,
        missing="error",
        solver="auto",
        solver_params=None,
        convex_constraints=None,
        tol=1e-4,
        max_iter=200,
    ):
        self.alpha = alpha
        self.delta = delta
        self.constraint = constraint
        self.max_gap = max_gap
        self.fit_intercept = fit_intercept
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.convex_constraints = convex_constraints
        self.tol = tol
        self.max_iter = max_iter

    def _objective(self):
        return Objective(Huber(self.delta), self.alpha, 1.0, self.fit_intercept)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        return self._fit(X, y, sensitive_features, sample_weight)


def make_data(n=300, d=6):
    """Three groups, and outliers that a squared loss would follow."""
    rng = np.random.default_rng(0)
    group = np.arange(n) % 3
    X = rng.normal(size=(n, d)) + 0.5 * np.outer(group, rng.normal(size=d))
    y = X @ rng.normal(size=d) + rng.standard_t(1.5, size=n) + 3.0
    return X, y, np.array(list("abc"))[group], rng.uniform(0.2, 2.0, n)


def optimum(X, y, group, weight, alpha, delta, max_gap):
    """The least objective, stated from the data alone."""
    w, b = cp.Variable(X.shape[1]), cp.Variable()
    f = X @ w + b
    means = [
        weight[group == g] @ f[group == g] / weight[group == g].sum() for g in "abc"
    ]
    rules = [cp.abs(p - q) <= max_gap for p in means for q in means if p is not q]
    goal = weight @ cp.huber(y - f, delta) / 2 + alpha / 2 * cp.sum_squares(w)
    return cp.Problem(cp.Minimize(goal), rules).solve(solver="CLARABEL")


def objective(model, X, y, weight):
    r = np.abs(y - model.predict(X))
    inside = r <= model.delta
    loss = np.where(inside, r**2 / 2, model.delta * (r - model.delta / 2))
    return weight @ loss + model.alpha / 2 * model.coef_ @ model.coef_


@pytest.mark.parametrize("solver", ["auto", "newton-cholesky", "newton-cg", "cvxpy"])
@pytest.mark.parametrize("max_gap", [0.0, 0.1])
@pytest.mark.parametrize("alpha", [0.0, 1.0, 30.0])
def test_every_solver_finds_the_optimum(alpha, max_gap, solver):
    X, y, group, weight = make_data()
    model = ParityHuber(alpha, delta=0.7, max_gap=max_gap, solver=solver, tol=1e-5)
    model.fit(X, y, sensitive_features=group, sample_weight=weight)
    best = optimum(X, y, group, weight, alpha, 0.7, max_gap)
    found = objective(model, X, y, weight)
    assert_allclose(found, best, rtol=1e-6)
    assert model.gap_ <= max_gap + 1e-8
    if alpha == 0 and solver in ("newton-cg", "cvxpy"):
        # Without a penalty multipliers have to balance exactly; those of an inexact
        # point leave their interval, and nothing is certified.
        assert np.isnan(model.duality_gap_)
    else:
        assert found - best <= model.duality_gap_ + 1e-6 * best
        assert model.duality_gap_ <= 1e-6 * best


def test_sparse_features():
    X, y, group, _ = make_data()
    dense = ParityHuber(tol=1e-5).fit(X, y, sensitive_features=group)
    found = ParityHuber(tol=1e-5).fit(sparse.csr_array(X), y, sensitive_features=group)
    assert_allclose(found.coef_, dense.coef_, atol=1e-6)


def test_the_interior_point_method_says_that_it_takes_kinks_only():
    X, y, group, _ = make_data()
    with pytest.raises(ValueError, match="'interior-point' takes piecewise linear"):
        ParityHuber(solver="interior-point").fit(X, y, sensitive_features=group)


def test_its_limits():
    """Ridge for a large delta; and outliers move it less than they move Ridge."""
    X, y, group, _ = make_data()
    ridge = ParityRidge(tol=1e-6).fit(X, y, sensitive_features=group)
    wide = ParityHuber(delta=1e6, tol=1e-6).fit(X, y, sensitive_features=group)
    assert_allclose(wide.coef_, ridge.coef_, atol=1e-6)
    spoilt = y + 1e4 * (np.arange(len(y)) == 7)
    moved = ParityHuber().fit(X, spoilt, sensitive_features=group)
    still = ParityHuber().fit(X, y, sensitive_features=group)
    pulled = ParityRidge().fit(X, spoilt, sensitive_features=group)
    own, other = moved.coef_ - still.coef_, pulled.coef_ - ridge.coef_
    assert np.abs(own).max() < 0.05 * np.abs(other).max()


def test_it_composes():
    X, y, group, _ = make_data()
    table = np.column_stack([X, group == "a"])
    model = SensitiveColumns(ParityHuber(), [6]).fit(table, y)
    assert model.predict(table).shape == y.shape
    assert model.estimator_.multipliers_.keys() == {"0.0 - 1.0"}


def test_it_keeps_the_contract():
    results = dict(check_estimator(ParityHuber(tol=1e-6)))
    assert len(results) > 70
    assert results["check_gap_is_closed"] == "passed"
