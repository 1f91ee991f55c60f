"""Kernel problems against cvxpy's primal, their certificate, and the papers' code."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from fairlearnkit._optim import kernel_factor
from fairlearnkit._optim.kernel import solve_kernel
from fairlearnkit._optim.kernel_factor import factor
from fairlearnkit._optim.kernel_problem import build_kernel_problem
from fairlearnkit._optim.losses import EpsilonInsensitive, Hinge, Squared
from fairlearnkit.constraints import check_constraint
from helpers import make_curved, make_weight, signs

N = 100
LOSSES = {
    "hinge": Hinge(),
    "epsilon_insensitive": EpsilonInsensitive(0.1),
    "squared": Squared(),
}


def make_problem(loss, n_groups, bound, *, constraint="demographic_parity", reg=1.0):
    X, y, group, f = make_curved(N, n_groups)
    c = make_weight(N)
    y = signs(y)
    contrasts = check_constraint(constraint).contrasts(y, group, c)
    return build_kernel_problem(
        rbf_kernel(X, gamma=0.4),
        y if loss == "hinge" else f,
        c,
        loss=LOSSES[loss],
        reg=reg,
        fit_intercept=loss != "squared",
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    ), contrasts


def primal(p, contrasts):
    """The primal problem in the span of the rows, by cvxpy."""
    F = np.linalg.cholesky(p.K + 1e-13 * np.eye(len(p.K)))
    w, b = cp.Variable(len(F)), cp.Variable() if p.fit_intercept else 0.0
    f = F @ w + b
    if isinstance(p.loss, Hinge):
        losses = cp.pos(1 - cp.multiply(p.y, f))
    elif isinstance(p.loss, Squared):
        losses = 0.5 * cp.square(p.y - f)
    else:
        losses = cp.pos(cp.abs(p.y - f) - p.loss.epsilon)
    gaps = (contrasts.toarray() @ F) @ w
    rules = [cp.abs(gaps) <= p.bound] if np.isfinite(p.bound) else []
    goal = cp.Minimize(0.5 * p.reg * cp.sum_squares(w) + p.c @ losses)
    return cp.Problem(goal, rules).solve(solver="CLARABEL")


@pytest.mark.slow
@pytest.mark.parametrize("bound", [np.inf, 0.3, 0.05, 0.0])
@pytest.mark.parametrize("n_groups", [2, 4])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("constraint", ["demographic_parity", "equalized_odds"])
@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_optimum_equals_that_of_cvxpys_primal(constraint, loss, n_groups, bound):
    p, contrasts = make_problem(loss, n_groups, bound, constraint=constraint)
    before = p.K.copy()
    found = solve_kernel(p)
    assert_allclose(p.K, before, atol=1e-13)
    expected = primal(p, contrasts)
    assert_allclose(found.objective, expected, rtol=1e-6)
    assert found.status == "optimal"
    assert -1e-9 <= found.duality_gap / found.objective <= 1e-6
    # The parts of the solution say the same.
    assert_allclose(found.scores, before @ found.beta + found.intercept, atol=1e-9)
    losses = p.loss.value(p.y, found.scores)
    value = 0.5 * p.reg * found.beta @ before @ found.beta + p.c @ losses
    assert_allclose(value, found.objective, rtol=1e-9)
    assert contrasts.gap(found.scores) <= bound * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize("solver", ["interior-point", "cvxpy"])
@pytest.mark.parametrize("bound", [0.1, 0.0])
@pytest.mark.parametrize("loss", ["hinge", "epsilon_insensitive"])
def test_solvers_agree(loss, bound, solver):
    p, contrasts = make_problem(loss, 2, bound)
    fast, slow = solve_kernel(p, solver="libsvm"), solve_kernel(p, solver=solver)
    assert_allclose(slow.objective, fast.objective, rtol=1e-6)
    assert_allclose(slow.scores, fast.scores, atol=2e-3)
    assert contrasts.gap(slow.scores) <= bound * (1 + 1e-6) + 1e-7


def test_strictly_better_than_the_dual_with_an_extra_row():
    """The released code of the paper adds sum_i v_i t(x_i) = 0 to the dual."""
    X, y, group, _ = make_curved(400, 2, seed=1)
    y = signs(y)
    K = rbf_kernel(X, gamma=0.4)
    contrasts = check_constraint("equal_opportunity").contrasts(y, group)
    p = build_kernel_problem(
        K.copy(),
        y,
        np.ones(400),
        loss=Hinge(),
        reg=1.0,
        fit_intercept=True,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=0.0,
    )
    found = solve_kernel(p)
    assert_allclose(found.objective, primal(p, contrasts), rtol=1e-6)
    L = np.linalg.cholesky(K + 1e-12 * np.eye(400))
    v = cp.Variable(400)
    row = contrasts.toarray()[0] @ K
    p_share = cp.multiply(y, v)
    rules = [p_share >= 0, p_share <= 1, cp.sum(v) == 0, row @ v == 0]
    goal = cp.Maximize(y @ v - 0.5 * cp.sum_squares(L.T @ v))
    cp.Problem(goal, rules).solve(solver="CLARABEL")
    scores = K @ v.value
    assert abs(contrasts.gap(scores)) < 1e-6  # feasible, and not the optimum
    b = cp.Variable()
    losses = cp.sum(cp.pos(1 - cp.multiply(y, scores + b)))
    loss = cp.Problem(cp.Minimize(losses)).solve(solver="CLARABEL")
    theirs = 0.5 * v.value @ K @ v.value + loss
    assert theirs > found.objective * 1.001


def test_a_bound_that_holds_anyway_changes_nothing():
    for loss in LOSSES:
        free, contrasts = make_problem(loss, 2, np.inf)
        found = solve_kernel(free)
        bound = 1.01 * contrasts.gap(found.scores)
        held = solve_kernel(make_problem(loss, 2, bound)[0])
        assert_allclose(held.beta, found.beta, atol=1e-12)


def test_the_plain_machine_is_libsvms():
    p, _ = make_problem("hinge", 2, np.inf)
    model = SVC(kernel="precomputed", C=1.0, tol=1e-8).fit(p.K, p.y, sample_weight=p.c)
    found = solve_kernel(p, tol=1e-8)
    assert_allclose(found.scores, model.decision_function(p.K), atol=1e-6)


@pytest.mark.parametrize("loss", ["hinge", "epsilon_insensitive"])
def test_rows_given_twice_are_solved_exactly_too(loss):
    """Their shares are open: the system for the rows on the margin is flat."""
    p, contrasts = make_problem(loss, 2, 0.0)
    twice = np.r_[np.arange(N), np.arange(N)]
    doubled = build_kernel_problem(
        p.K[np.ix_(twice, twice)],
        p.y[twice],
        p.c[twice] / 2,
        loss=p.loss,
        reg=1.0,
        fit_intercept=True,
        means=contrasts.means[:, twice] / 2,
        strata=contrasts.strata,
        bound=0.0,
    )
    found, once = solve_kernel(doubled), solve_kernel(p, tol=1e-9)
    assert_allclose(found.objective, once.objective, rtol=1e-9)
    assert_allclose(found.scores[:N], once.scores, atol=1e-6)


def test_factor():
    K = make_problem("hinge", 2, 0.0)[0].K
    F = factor(K)
    assert_allclose(F @ F.T, K, atol=1e-12)
    low = np.outer(np.arange(5.0), np.arange(5.0))
    assert factor(low).shape == (5, 1)
    assert_allclose(factor(low) @ factor(low).T, low, atol=1e-12)


def test_options_that_do_not_fit():
    several, _ = make_problem("hinge", 4, 0.1)
    with pytest.raises(ValueError, match=r"bounds one contrast, and there are 3"):
        solve_kernel(several, solver="libsvm")
    hinge, _ = make_problem("hinge", 2, 0.1)
    with pytest.raises(ValueError, match=r"needs solver='cvxpy', got 'libsvm'"):
        solve_kernel(hinge, solver="libsvm", solver_params={"eps": 1})


def test_iterations_that_run_out_end_with_status_max_iter():
    p, _ = make_problem("hinge", 2, 0.05)
    assert solve_kernel(p, max_iter=2).status == "max_iter"
    assert solve_kernel(p, max_iter=2, solver="interior-point").status == "max_iter"


@pytest.mark.parametrize("n_groups", [2, 4])
@pytest.mark.parametrize("bound", [np.inf, 0.1, 0.0])
@pytest.mark.parametrize("loss", ["hinge", "epsilon_insensitive"])
def test_a_named_solver_runs_and_no_other(monkeypatch, loss, bound, n_groups):
    asked, own = [], kernel_factor.solve_linear

    def spied(*args, solver, **options):
        asked.append(solver)
        return own(*args, solver=solver, **options)

    monkeypatch.setattr(kernel_factor, "solve_linear", spied)
    p, _ = make_problem(loss, n_groups, bound)
    for solver in ("interior-point", "cvxpy"):
        solve_kernel(p, solver=solver)
        assert asked == [solver]
        asked.clear()
    if bound != 0.1 or n_groups == 2:
        solve_kernel(p, solver="libsvm")
    assert not asked


def test_ridge_refuses_options_of_a_solver_that_does_not_run():
    p, _ = make_problem("squared", 2, 0.1)
    with pytest.raises(ValueError, match=r"needs solver='cvxpy', got 'auto'"):
        solve_kernel(p, solver_params={"eps": 1})
