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
from sklearn.metrics.pairwise import rbf_kernel

from fairlearnkit._models.constraint import CONSTRAINT_PARAMETERS
from fairlearnkit._models.kernel import KERNEL_PARAMETERS, BaseParityKernelRegressor
from fairlearnkit._models.linear import BaseParityRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.kernel import solve_kernel, takes_rows
from fairlearnkit._optim.kernel_problem import build_kernel_problem
from fairlearnkit._optim.losses import (
    CertifiedLoss,
    EpsilonInsensitive,
    Hinge,
    SmoothedLoss,
    SmoothLoss,
)
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.constraints import check_constraint
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.utils._sklearn_private import Interval, StrOptions, _fit_context
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
        tol=1e-8,
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


class ParityKernelHuber(BaseParityKernelRegressor):
    """Huber regression with a kernel, without an intercept."""

    _parameter_constraints: dict = {
        **CONSTRAINT_PARAMETERS,
        **KERNEL_PARAMETERS,
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "delta": [Interval(Real, 0, None, closed="neither")],
        "gamma": [Interval(Real, 0, None, closed="left"), None],
        "solver": [StrOptions({"auto", "newton-cholesky", "newton-cg", "cvxpy"})],
        "tol": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(
        self,
        alpha=1.0,
        *,
        delta=1.0,
        kernel="rbf",
        gamma=None,
        degree=3,
        coef0=1,
        constraint="demographic_parity",
        max_gap=0.0,
        missing="error",
        solver="auto",
        tol=1e-6,
    ):
        self.alpha = alpha
        self.delta = delta
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.constraint = constraint
        self.max_gap = max_gap
        self.missing = missing
        self.solver = solver
        self.tol = tol

    def _objective(self):
        return Objective(Huber(self.delta), penalty=self.alpha, fit_intercept=False)

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


def optimum(X, y, group, weight, alpha, delta, max_gap, fit_intercept=True):
    """The least objective, stated from the data alone."""
    w, b = cp.Variable(X.shape[1]), cp.Variable() if fit_intercept else 0.0
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
    model = ParityHuber(alpha, delta=0.7, max_gap=max_gap, solver=solver, tol=1e-10)
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
    dense = ParityHuber(tol=1e-10).fit(X, y, sensitive_features=group)
    found = ParityHuber(tol=1e-10).fit(sparse.csr_array(X), y, sensitive_features=group)
    # With a penalty ||w||^2 / 2, so far can they be apart at these duality gaps.
    gaps = np.array([found.duality_gap_, dense.duality_gap_])
    distance = np.linalg.norm(found.coef_ - dense.coef_)
    assert distance <= np.sqrt(2.0 * gaps.clip(0.0)).sum() + 1e-9
    assert distance < 1e-4


def test_the_interior_point_method_says_that_it_takes_kinks_only():
    X, y, group, _ = make_data()
    with pytest.raises(ValueError, match="'interior-point' takes piecewise linear"):
        ParityHuber(solver="interior-point").fit(X, y, sensitive_features=group)


def test_its_limits():
    """Ridge for a large delta; and outliers move it less than they move Ridge."""
    X, y, group, _ = make_data()
    ridge = ParityRidge(tol=1e-12).fit(X, y, sensitive_features=group)
    wide = ParityHuber(delta=1e6, tol=1e-12).fit(X, y, sensitive_features=group)
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
    results = dict(check_estimator(ParityHuber(tol=1e-12)))
    assert len(results) > 70
    assert results["check_gap_is_closed"] == "passed"


def make_curved(n=100):
    """Targets that are no linear function of the features, and outliers."""
    X, y, group, weight = make_data(n, 3)
    return X, y + 2.0 * np.sin(2.0 * X[:, 0]), group, weight


def kernel_objective(model, K, X, y, weight):
    """The objective of a `ParityKernelHuber`, K the kernel of its support vectors."""
    norm = model.dual_coef_[0] @ K @ model.dual_coef_[0]
    loss = Huber(model.delta).value(y, model.predict(X))
    return weight @ loss + model.alpha / 2 * norm


@pytest.mark.parametrize("solver", ["auto", "newton-cholesky", "newton-cg", "cvxpy"])
@pytest.mark.parametrize("max_gap", [0.0, 0.1])
def test_every_kernel_solver_finds_the_optimum(max_gap, solver):
    X, y, group, weight = make_curved()
    fit = {"sensitive_features": group, "sample_weight": weight}
    options = {"gamma": 0.4, "max_gap": max_gap}
    model = ParityKernelHuber(0.7, delta=0.3, solver=solver, tol=1e-5, **options)
    model.fit(X, y, **fit)
    K = rbf_kernel(X[model.support_], gamma=0.4)
    found = kernel_objective(model, K, X, y, weight)
    # The features F = K^1/2, and no intercept: a linear model of F.
    F = np.linalg.cholesky(rbf_kernel(X, gamma=0.4) + 1e-13 * np.eye(len(X)))
    best = optimum(F, y, group, weight, 0.7, 0.3, max_gap, fit_intercept=False)
    assert_allclose(found, best, rtol=1e-6)
    assert_allclose(model.gap_, max_gap, atol=1e-8)
    assert list(model.multipliers_) == ["a", "b", "c"]
    # A large delta is the squared loss.
    wide = ParityKernelHuber(0.7, delta=1e6, solver=solver, **options).fit(X, y, **fit)
    ridge = ParityKernelRidge(0.7, kernel="rbf", **options).fit(X, y, **fit)
    assert_allclose(wide.predict(X), ridge.predict(X), atol=1e-4 * np.abs(y).max())


@pytest.mark.parametrize("solver", ["closed-form", "interior-point", "libsvm"])
def test_kernel_solvers_say_what_they_do_not_take(solver):
    X, y, group, weight = make_curved()
    contrasts = check_constraint("demographic_parity").contrasts(y, group, weight)
    p = build_kernel_problem(
        rbf_kernel(X),
        y,
        weight,
        loss=Huber(),
        reg=1.0,
        fit_intercept=False,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=0.0,
    )
    with pytest.raises(ValueError, match=f"solver={solver!r} "):
        solve_kernel(p, solver=solver)
    assert not takes_rows(Huber(), fit_intercept=True)


@pytest.mark.parametrize("base", [BaseParityRegressor, BaseParityKernelRegressor])
def test_an_estimator_without_an_objective_cannot_be_made(base):
    with pytest.raises(TypeError, match=r"abstract method '?_objective"):
        type("Incomplete", (base,), {})()


@pytest.mark.parametrize(
    "lacking", ["value", "derivative", "curvature", "conjugate", "dual_slack"]
)
def test_an_incomplete_loss_cannot_be_made(lacking):
    methods = {name: f for name, f in vars(Huber).items() if name != lacking}
    with pytest.raises(TypeError, match=rf"abstract method '?{lacking}"):
        type("Incomplete", (SmoothLoss,), methods)()


@pytest.mark.parametrize("loss", [Hinge(), EpsilonInsensitive()])
def test_a_loss_of_a_subproblem_has_no_certificate(loss):
    assert isinstance(loss, CertifiedLoss)
    smoothed = loss.smoothed(2.0)
    assert isinstance(smoothed, SmoothedLoss)
    assert not isinstance(smoothed, CertifiedLoss)
    assert smoothed.smooth
