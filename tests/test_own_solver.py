"""A solver in one file: accelerated projected gradients for smooth losses."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from fairlearnkit._optim import build_problem, solve
from fairlearnkit._optim.bound_program import project_on_bound
from fairlearnkit._optim.certificate import duality_gap
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit._optim.problem import Solution
from fairlearnkit._optim.solver import Solver
from fairlearnkit.constraints import check_constraint
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.svm import ParityLinearSVC


class ProjectedGradient(Solver):
    """Nesterov's method with restarts: a projection on the feasible set each step.

    Beck and Teboulle, SIAM J. Imaging Sci. 2, 2009 (FISTA); O'Donoghue and Candes,
    Found. Comput. Math. 15, 2015 (restarts).
    """

    name = "projected-gradient"
    losses = frozenset({"smooth"})

    def solve(self, problem, limits):
        p = problem
        x = z = np.zeros(p.n_features + 1)
        step, t = 1.0, 1.0
        gap, n_iter, objective = np.inf, 0, 0.0
        while gap > limits.tol * abs(objective) and n_iter < limits.max_iter:
            n_iter += 1
            value, gradient, _ = self.value_and_gradient(p, z)
            while True:  # the step that the quadratic model is an upper bound at
                new = self.projected(p, z - step * gradient)
                move = new - z
                above = value + gradient @ move + move @ move / (2.0 * step)
                objective, _, (f, alpha) = self.value_and_gradient(p, new)
                if objective <= above + 1e-12 * abs(value):
                    break
                step *= 0.5
            gap = duality_gap(p, new[:-1], f, alpha)
            t_new = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t**2))
            if (z - new) @ (new - x) > 0:  # the momentum points uphill
                t_new = t = 1.0
            z, x, t = new + (t - 1.0) / t_new * (new - x), new, t_new
        status = "optimal" if gap <= limits.tol * abs(objective) else "max_iter"
        found = new[:-1], new[-1], n_iter, objective, gap, status
        return Solution(*found, scores=f, alpha=alpha)

    @staticmethod
    def value_and_gradient(p, x):
        f = p.scores(x[:-1], x[-1])
        alpha = p.rows.column(multipliers, f, loss=p.loss)
        gradient = np.append(p.reg * x[:-1] - p.rows.rmatvec(alpha), 0.0)
        if p.fit_intercept:
            gradient[-1] = -p.rows.total(alpha)
        return p.objective(x[:-1], f), gradient, (f, alpha)

    @staticmethod
    def projected(p, x):
        u = p.basis.T @ x[:-1]
        if p.bounded:
            nearest, _ = project_on_bound(np.eye(len(u)), u, p.cells, p.strata, p.bound)
        else:
            nearest = np.zeros_like(u)
        return np.append(x[:-1] + p.basis @ (nearest - u), x[-1])


def multipliers(block, f, loss):
    return -block.c * loss.derivative(block.y, f)


def make_data(n_groups=3):
    rng = np.random.default_rng(0)
    group = np.arange(240) % n_groups
    X = rng.normal(size=(240, 5)) + 0.5 * np.outer(group, rng.normal(size=5))
    y = np.where(X[:, 0] + rng.normal(size=240) > 0.3, 1.0, -1.0)
    return X, y, group


def run(solver, loss, bound, form, **options):
    X, y, group = make_data()
    contrasts = check_constraint("demographic_parity").contrasts(y, group)
    problem = build_problem(
        form(X),
        y,
        np.random.default_rng(1).uniform(0.1, 1.0, 240),
        loss=LOSSES[loss](),
        reg=5.0,
        fit_intercept=True,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    )
    return solve(problem, solver=solver, max_iter=5000, **options)


@pytest.mark.slow
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("loss", ["logistic", "squared", "squared_hinge"])
@pytest.mark.parametrize("bound", [0.0, 0.1, np.inf])
def test_it_finds_what_newton_finds(loss, bound, form):
    expected = run("newton-cholesky", loss, bound, form)
    found = run("projected-gradient", loss, bound, form)
    assert found.status == "optimal"
    assert_allclose(found.objective, expected.objective, rtol=1e-7)
    assert_allclose(found.coef, expected.coef, atol=1e-3)
    assert_allclose(found.multipliers, expected.multipliers, rtol=0.05, atol=0.05)


def test_it_takes_what_it_says_and_no_more():
    with pytest.raises(ValueError, match="'projected-gradient' takes smooth losses"):
        run("projected-gradient", "hinge", 0.0, np.asarray)
    params = {"solver_params": {"solver": "SCS"}}
    with pytest.raises(ValueError, match="solver_params"):
        run("projected-gradient", "logistic", 0.0, np.asarray, **params)


@pytest.mark.parametrize("kind", [ParityRidge, ParityLogisticRegression])
@pytest.mark.parametrize("max_gap", [0.0, 0.1])
def test_estimators_know_it_by_its_name(kind, max_gap, monkeypatch):
    called, own = [], ProjectedGradient.solve

    def spied(self, problem, limits):
        called.append(limits.max_iter)
        return own(self, problem, limits)

    monkeypatch.setattr(ProjectedGradient, "solve", spied)
    X, y, group = make_data()
    options = {"max_gap": max_gap, "tol": 1e-10, "max_iter": 5000}
    expected = kind(**options).fit(X, y, sensitive_features=group)
    model = kind(**options, solver="projected-gradient")
    model.fit(X, y, sensitive_features=group)
    assert called == [5000]
    assert_allclose(model.coef_, expected.coef_, atol=1e-4)


def test_estimators_list_the_solvers_they_know():
    X, y, group = make_data()
    known = r"a str among \{'auto', .*'cvxpy', .*'projected-gradient'"
    for kind in (ParityRidge, ParityLinearSVC):
        with pytest.raises(ValueError, match=known):
            kind(solver="projected").fit(X, y, sensitive_features=group)
    with pytest.raises(ValueError, match="'projected-gradient' takes smooth losses"):
        ParityLinearSVC(loss="hinge", solver="projected-gradient").fit(
            X, y, sensitive_features=group
        )


def test_without_a_penalty_it_is_refused():
    """It did not say that it takes such problems; its certificate needs a penalty."""
    X, y, group = make_data()
    model = ParityRidge(alpha=0.0, solver="projected-gradient")
    with pytest.raises(ValueError, match=r"needs a penalty for smooth losses.*'auto'"):
        model.fit(X, y, sensitive_features=group)
