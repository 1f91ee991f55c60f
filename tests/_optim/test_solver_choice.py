"""What solvers declare, and what `solve` makes of it."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from fairlearnkit._optim import build_problem, reference, solve
from fairlearnkit._optim.losses import (
    EpsilonInsensitive,
    Hinge,
    Logistic,
    SmoothLoss,
    Squared,
)
from fairlearnkit._optim.solver import Solver
from fairlearnkit._optim.solver_cvxpy import Cvxpy
from fairlearnkit._optim.solver_newton import NewtonCholesky
from fairlearnkit.constraints import check_constraint


@pytest.fixture
def registry(monkeypatch):
    """Solvers that a test defines are forgotten after it."""
    monkeypatch.setattr(Solver, "_known", dict(Solver._known))
    monkeypatch.setattr(Solver, "_known_for_smooth", dict(Solver._known_for_smooth))


def make_data():
    rng = np.random.default_rng(0)
    group = np.arange(150) % 3
    X = rng.normal(size=(150, 4)) + 0.5 * np.outer(group, [1.0, 0.5, -1.0, 0.0])
    y = 300.0 * (X @ [1.0, -1.0, 0.5, 1.0] + rng.standard_t(2, size=150)) + 5e3
    return X, y, group, rng.uniform(0.5, 2.0, 150)


def run(loss, solver="auto", *, reg=1.0, bound=0.1, form=np.asarray, **options):
    X, y, group, c = make_data()
    contrasts = check_constraint("demographic_parity").contrasts(y, group)
    problem = build_problem(
        form(X),
        np.sign(y - np.median(y)) if loss.targets == "classes" else y,
        c,
        loss=loss,
        reg=reg,
        fit_intercept=True,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    )
    return solve(problem, solver=solver, **options)


@pytest.mark.parametrize("bound", [0.0, 5.0, np.inf])
def test_kinks_without_a_penalty_are_left_to_cvxpy(bound):
    X, y, group, c = make_data()
    w, b = cp.Variable(4), cp.Variable()
    means = [X[group == g].mean(axis=0) for g in range(3)]
    rules = [cp.abs((p - q) @ w) <= bound for p in means for q in means if p is not q]
    goal = c @ cp.pos(cp.abs(y - X @ w - b) - 20.0)
    rules = rules if np.isfinite(bound) else []
    best = cp.Problem(cp.Minimize(goal), rules).solve(solver="CLARABEL")
    found = run(EpsilonInsensitive(20.0), reg=0.0, bound=bound)
    assert found.status == "optimal"
    assert_allclose(found.objective, best, rtol=1e-6)


@pytest.mark.parametrize("solver", ["newton-cholesky", "newton-cg", "interior-point"])
def test_kinks_without_a_penalty_are_refused_by_others(solver):
    message = f"'{solver}' needs a penalty for piecewise linear losses such as Hinge"
    with pytest.raises(ValueError, match=rf"{message}.*\['auto', 'cvxpy'"):
        run(Hinge(), solver, reg=0.0)


@pytest.mark.parametrize(("exact", "status"), [(1e-8, "optimal"), (0.0, "told")])
def test_a_small_duality_gap_decides_whatever_cvxpy_says(monkeypatch, exact, status):
    told = property(lambda _: "optimal_inaccurate")
    monkeypatch.setattr(cp.Problem, "status", told)
    monkeypatch.setattr(reference, "EXACT", exact)
    found = run(Squared(), "cvxpy", bound=5.0)
    assert found.status == ("optimal_inaccurate" if status == "told" else status)


class PseudoHuber(SmoothLoss):
    """sqrt(1 + r^2) - 1, which nobody has stated for cvxpy."""

    targets = "numbers"

    def value(self, y, f):
        return np.hypot(1.0, f - y) - 1.0

    def derivative(self, y, f):
        return (f - y) / np.hypot(1.0, f - y)

    def curvature(self, y, f):
        return np.hypot(1.0, f - y) ** -3

    def conjugate(self, y, v):
        return y * v + 1.0 - np.sqrt(np.maximum(1.0 - v**2, 0.0))

    def domain_excess(self, y, v):
        return np.abs(v) - 1.0

    def dual_slack(self, y, v):
        return np.maximum(1.0 - np.abs(v), 0.0)


def test_a_loss_without_an_expression_is_refused_by_cvxpy():
    message = "'cvxpy' needs a cvxpy_expression of the loss, and PseudoHuber has none"
    with pytest.raises(ValueError, match=message + ".*'newton-cg'"):
        run(PseudoHuber(), "cvxpy")
    assert run(PseudoHuber(), "newton-cholesky", max_iter=500).status == "optimal"


@pytest.mark.usefixtures("registry")
def test_further_constraints_are_in_the_units_of_the_user_for_any_name():
    class Renamed(Cvxpy):
        name = "renamed"

    def capped(w, b):
        return [w[0] <= 100.0, b >= 4800.0]

    options = {"reg": 1e-3, "convex_constraints": capped}
    expected = run(EpsilonInsensitive(20.0), "cvxpy", **options)
    found = run(EpsilonInsensitive(20.0), "renamed", **options)
    assert expected.coef[0] == pytest.approx(100.0)
    assert_allclose(found.coef, expected.coef, rtol=1e-6)
    assert_allclose(found.intercept, expected.intercept, rtol=1e-6)
    with pytest.raises(ValueError, match=r"needs solver='cvxpy' or .*'renamed', got"):
        run(EpsilonInsensitive(), solver_params={"solver": "SCS"})


@pytest.mark.usefixtures("registry")
def test_bounds_and_designs_that_a_solver_does_not_take():
    class Narrow(NewtonCholesky):
        name = "narrow"
        bounds = frozenset({"equality"})
        designs = frozenset({"dense"})

    assert run(Squared(), "narrow", bound=0.0).status == "optimal"
    assert run(Squared(), "narrow", bound=np.inf).status == "optimal"
    with pytest.raises(ValueError, match=r"'narrow' takes equality .* an inequality"):
        run(Squared(), "narrow")
    with pytest.raises(ValueError, match="'narrow' takes dense X, and this is sparse"):
        run(Squared(), "narrow", bound=0.0, form=sparse.csr_array)


@pytest.mark.usefixtures("registry")
def test_a_solver_may_offer_itself_to_auto():
    called = []

    class Eager(NewtonCholesky):
        name = "eager"

        def automatic_rank(self, problem):
            return 0 if problem.loss.quadratic else None

        def solve(self, problem, limits):
            called.append(self.name)
            return super().solve(problem, limits)

    run(Logistic())
    assert called == []
    run(Squared())
    assert called == ["eager"]


@pytest.mark.usefixtures("registry")
def test_a_subclass_without_a_name_replaces_no_solver():
    class Shared(Cvxpy):
        def solve(self, problem, limits):
            raise AssertionError

    assert run(Squared(), "cvxpy").status == "optimal"


def test_an_unknown_name_is_told_with_those_that_are_known():
    with pytest.raises(ValueError, match=r"one of \['auto', 'cvxpy'.*got 'newton'"):
        run(Squared(), "newton")
