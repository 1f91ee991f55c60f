"""Ratios of the gap: every loss and solver beside cvxpy, and the path beside fits."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from fairlearnkit._optim import build_problem, solve, solve_ratios
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit._optim.path import lagrange_weights
from fairlearnkit._optim.solver import Solver
from fairlearnkit.constraints import check_constraint

RATIOS = [1.0, 0.5, 0.0, -0.7]


def make_data(loss, n_groups=3, n=160, d=5, offset=0.0, seed=0):
    rng = np.random.default_rng(seed)
    group = np.arange(n) % n_groups
    X = rng.normal(size=(n, d)) + 0.5 * np.outer(group, rng.normal(size=d))
    y = X[:, 0] + 0.5 * X[:, 1] + rng.normal(size=n)
    if loss.targets == "classes":
        y = np.where(y > np.median(y), 1.0, -1.0)
    weight = rng.uniform(0.2, 2.0, size=n)
    weight[::17] = 0.0
    return X + offset, y, group, weight


def make_problem(name, bound=0.0, form=np.asarray, fit_intercept=True, **data):
    loss = LOSSES[name]()
    X, y, group, weight = make_data(loss, **data)
    contrasts = check_constraint("demographic_parity").contrasts(y, group, weight)
    options = {"loss": loss, "reg": 1.0, "fit_intercept": fit_intercept, "bound": bound}
    problem = build_problem(
        form(X), y, weight, means=contrasts.means, strata=contrasts.strata, **options
    )
    return problem, X, y, weight, contrasts


def optimum(problem, X, y, weight, D, goal):
    """The least objective with D w = goal, stated anew."""
    w, b = cp.Variable(X.shape[1]), cp.Variable()
    f = X @ w + (b if problem.fit_intercept else 0.0)
    kind = type(problem.loss).__name__.lower().replace("_", "")
    losses = {
        "logistic": lambda: cp.logistic(-cp.multiply(y, f)),
        "hinge": lambda: cp.pos(1 - cp.multiply(y, f)),
        "squaredhinge": lambda: cp.square(cp.pos(1 - cp.multiply(y, f))),
        "squared": lambda: cp.square(y - f) / 2,
        "epsiloninsensitive": lambda: cp.pos(cp.abs(y - f) - problem.loss.epsilon),
        "squaredepsiloninsensitive": lambda: cp.square(
            cp.pos(cp.abs(y - f) - problem.loss.epsilon)
        ),
    }
    objective = cp.sum_squares(w) / 2 + weight @ losses[kind]()
    rules = [D @ w == goal]
    value = cp.Problem(cp.Minimize(objective), rules).solve(solver="CLARABEL")
    return value, w.value


@pytest.mark.slow
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("name", sorted(LOSSES))
def test_ratios_beside_cvxpy(name, form, fit_intercept):
    options = {"form": form, "fit_intercept": fit_intercept}
    problem, X, y, weight, contrasts = make_problem(name, **options)
    M = contrasts.toarray()
    D = M @ X  # (n_contrasts, n_features)
    plain, *_ = solutions = solve_ratios(problem, RATIOS, tol=1e-10, max_iter=1000)
    gap = contrasts.gap(X @ plain.coef)
    for ratio, solution in zip(RATIOS, solutions):
        assert solution.status == "optimal"
        assert_allclose(D @ solution.coef, ratio * (D @ plain.coef), atol=1e-9)
        assert_allclose(contrasts.gap(X @ solution.coef), abs(ratio) * gap, atol=1e-9)
        value, _ = optimum(problem, X, y, weight, D, ratio * (D @ plain.coef))
        excess = solution.objective - value
        assert excess <= 1e-6 * value
        assert solution.duality_gap >= excess - 1e-6 * value
        assert solution.duality_gap <= 1e-9 * value
    free = make_problem(name, bound=np.inf, **options)[0]
    assert_allclose(plain.objective, solve(free, tol=1e-10).objective, rtol=1e-9)
    assert_allclose(plain.multipliers, 0.0)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_every_solver_agrees(name):
    problem, *_ = make_problem(name, n=90, offset=3.0)
    smooth = problem.loss.smooth
    (plain,) = solve_ratios(problem, [1.0], max_iter=1000)
    at_goal = problem.with_goal(-0.4 * problem.basis.T @ plain.coef)
    options = {"tol": 1e-10, "max_iter": 1000}
    one = solve(at_goal, solver="newton-cholesky", **options)
    for solver in ("newton-cg", "interior-point", "cvxpy"):
        if smooth and solver == "interior-point":
            continue
        other = solve(at_goal, solver=solver, **options)
        rtol = 1e-6 if solver == "cvxpy" else 1e-8
        assert_allclose(one.objective, other.objective, rtol=rtol, err_msg=solver)
        if smooth:
            pair = one.multipliers, other.multipliers
            assert_allclose(*pair, rtol=1e-3, atol=0.01, err_msg=solver)


def test_multipliers_are_slopes_of_the_optimum():
    problem, *_ = make_problem("logistic", n_groups=2)
    plain, at, above, below = solve_ratios(
        problem, [1.0, 0.5, 0.501, 0.499], tol=1e-10, max_iter=1000
    )
    gap = np.ptp(problem.cells @ (problem.basis.T @ plain.coef))
    signed = np.diff(problem.cells @ (problem.basis.T @ plain.coef))[0]
    slope = (above.objective - below.objective) / (0.002 * gap) * np.sign(signed)
    assert_allclose(at.multipliers[0], slope, rtol=1e-3)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("name", ["logistic", "squared", "squared_hinge"])
def test_unpenalised(name, fit_intercept):
    from dataclasses import replace

    problem, X, _, _, contrasts = make_problem(name, fit_intercept=fit_intercept)
    problem = replace(problem, reg=0.0)
    plain, half = solve_ratios(problem, [1.0, 0.5], tol=1e-10, max_iter=1000)
    M = contrasts.toarray()
    assert half.status == "optimal"
    assert_allclose(M @ X @ half.coef, 0.5 * (M @ X @ plain.coef), atol=1e-7)
    assert abs(half.duality_gap) <= 1e-8 * half.objective
    assert half.objective > plain.objective


def test_more_features_than_rows():
    problem, X, *_, contrasts = make_problem("logistic", n=40, d=90)
    plain, half = solve_ratios(problem, [1.0, 0.5], tol=1e-10)
    M = contrasts.toarray()
    assert half.status == "optimal"
    assert_allclose(M @ X @ half.coef, 0.5 * (M @ X @ plain.coef), atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_path_gives_what_single_fits_give(name):
    problem, *_ = make_problem(name, n=300)
    ratios = [-0.5, 1.0, 0.8, 0.0, 0.6, 2.0, 0.4, 0.2]
    path = solve_ratios(problem, ratios, tol=1e-10, max_iter=1000)
    for ratio, solution in zip(ratios, path):
        (alone,) = solve_ratios(problem, [ratio], tol=1e-10, max_iter=1000)
        assert_allclose(solution.objective, alone.objective, rtol=1e-8)
        assert_allclose(solution.coef, alone.coef, atol=1e-3)


def test_a_path_takes_few_steps():
    problem, *_ = make_problem("logistic", n=2000)
    ratios = np.linspace(1, -0.9, 20).tolist()
    plain, *others = solve_ratios(problem, ratios)
    assert sum(s.n_iter for s in others) <= 3 * len(others)
    assert plain.n_iter > 3
    squared, *_ = make_problem("squared", n=2000)
    _, _, *others = solve_ratios(squared, ratios)
    assert sum(s.n_iter for s in others) == 0  # it is linear in the ratio


def test_groups_that_do_not_differ_have_one_solution():
    X = np.repeat(np.random.default_rng(0).normal(size=(40, 3)), 2, axis=0)
    y = np.where(np.repeat(X[::2, 0] > 0, 2), 1.0, -1.0)
    contrasts = check_constraint("demographic_parity").contrasts(y, np.arange(80) % 2)
    data = {"means": contrasts.means, "strata": contrasts.strata}
    problem = build_problem(
        X, y, np.ones(80), loss=LOSSES["logistic"](), reg=1.0, fit_intercept=True,
        bound=0.0, **data,
    )  # fmt: skip
    plain, other = solve_ratios(problem, [1.0, -3.0])
    assert_allclose(plain.coef, other.coef)
    assert_allclose(other.multipliers, 0.0)


def test_a_solver_that_takes_no_goal_says_so():
    class Zero(Solver):
        name = "equality-alone"

        def solve(self, problem, limits):
            raise NotImplementedError

    try:
        problem, *_ = make_problem("logistic")
        with pytest.raises(ValueError, match="and this is an equality with a goal"):
            solve_ratios(problem, [0.5], solver="equality-alone")
    finally:
        del Solver._known["equality-alone"], Solver._known_for_smooth["equality-alone"]


def test_weights_reproduce_polynomials():
    known = [1.0, 0.7, 0.1]
    values = 3.0 - 2.0 * np.array(known) + 0.5 * np.array(known) ** 2
    assert_allclose(lagrange_weights(known, -0.4) @ values, 3.0 + 0.8 + 0.08)
