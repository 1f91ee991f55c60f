"""Losses of kernel problems, and which solver takes which."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics.pairwise import rbf_kernel

from fairlearnkit._optim.kernel import solve_kernel, takes_rows
from fairlearnkit._optim.kernel_problem import build_kernel_problem
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit._optim.losses import (
    EpsilonInsensitive,
    Hinge,
    Logistic,
    Squared,
    SquaredEpsilonInsensitive,
    SquaredHinge,
)
from fairlearnkit.constraints import check_constraint
from helpers import codes, make_curved, make_weight

# In the terms of cvxpy, apart from what the losses say themselves.
STATED = {
    "squared tube": (
        SquaredEpsilonInsensitive(0.2),
        lambda y, f: cp.square(cp.pos(cp.abs(y - f) - 0.2)),
    ),
    "squared hinge": (SquaredHinge(), lambda y, f: cp.square(cp.pos(1 - y @ f))),
    "logistic": (Logistic(), lambda y, f: cp.logistic(-y @ f)),
    "squared": (Squared(), lambda y, f: 0.5 * cp.square(y - f)),
    "hinge": (Hinge(), lambda y, f: cp.pos(1 - y @ f)),
    "tube": (EpsilonInsensitive(0.2), lambda y, f: cp.pos(cp.abs(y - f) - 0.2)),
}


def make_heavy_tailed(n_groups):
    """With outliers among the targets, which a robust loss is for."""
    X, _, group, f = make_curved(100, n_groups)
    f += 0.3 * np.random.default_rng(1).standard_t(2, size=100)
    return X, f, codes(group), make_weight(100)


def make_problem(loss, bound, *, fit_intercept=True, reg=0.7, n_groups=3):
    X, f, group, c = make_heavy_tailed(n_groups)
    contrasts = check_constraint("demographic_parity").contrasts(f, group, c)
    return build_kernel_problem(
        rbf_kernel(X, gamma=0.4),
        f if loss.targets == "numbers" else np.where(f > 0.5, 1.0, -1.0),
        c,
        loss=loss,
        reg=reg,
        fit_intercept=fit_intercept,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    )


def least_objective(p, stated):
    F = np.linalg.cholesky(p.K + 1e-13 * np.eye(len(p.K)))
    w, b = cp.Variable(len(F)), cp.Variable() if p.fit_intercept else 0.0
    f, means = F @ w + b, np.asarray(p.means @ F) @ w
    rules = [means[i] - means[j] <= p.bound for i in range(3) for j in range(3)]
    y = p.y if p.loss.targets == "numbers" else np.diag(p.y)
    goal = cp.Minimize(0.5 * p.reg * cp.sum_squares(w) + p.c @ stated(y, f))
    rules = rules if np.isfinite(p.bound) else []
    return cp.Problem(goal, rules).solve(solver="CLARABEL")


@pytest.mark.slow
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("bound", [np.inf, 0.1, 0.0])
@pytest.mark.parametrize("name", STATED)
def test_every_loss_has_its_optimum(name, bound, fit_intercept):
    loss, stated = STATED[name]
    p = make_problem(loss, bound, fit_intercept=fit_intercept)
    expected = least_objective(p, stated)
    before = p.K.copy()
    found = solve_kernel(p)
    assert_allclose(found.objective, expected, rtol=1e-6)
    assert found.status == "optimal"
    assert -1e-8 <= found.duality_gap / found.objective <= 1e-5
    assert_allclose(found.scores, before @ found.beta + found.intercept, atol=1e-9)
    assert found.intercept != 0 or not fit_intercept
    means = p.means @ found.scores
    assert np.ptp(means) <= bound + 1e-8


@pytest.mark.parametrize("bound", [np.inf, 0.1, 0.0])
@pytest.mark.parametrize("loss", [Hinge(), EpsilonInsensitive(0.2)])
@pytest.mark.parametrize("reg", [1e-2, 30.0])
def test_the_penalty_of_libsvms_problems(loss, bound, reg):
    """libsvm has the penalty 1 only."""
    p = make_problem(loss, bound, reg=reg, n_groups=2)
    K = p.K.copy()
    found, exact = (solve_kernel(p, solver=s) for s in ("libsvm", "interior-point"))
    assert_allclose(found.objective, exact.objective, rtol=1e-5)
    losses = p.c @ p.loss.value(p.y, found.scores)
    norm = found.beta @ K @ found.beta
    assert_allclose(found.objective, 0.5 * reg * norm + losses, rtol=1e-9)
    assert -1e-9 <= found.duality_gap / found.objective <= 1e-4
    scale = np.abs(exact.multipliers).max()
    assert_allclose(found.multipliers, exact.multipliers, atol=1e-2 * scale)


@pytest.mark.parametrize(
    ("solver", "loss", "fit_intercept", "reason"),
    [
        ("libsvm", SquaredHinge(), True, "'libsvm' takes the hinge and the epsilon-"),
        ("libsvm", Hinge(), False, "'libsvm' fits an intercept"),
        ("closed-form", Squared(), True, "'closed-form' solves linear equations"),
        ("closed-form", SquaredHinge(), False, "'closed-form' solves linear equations"),
        ("interior-point", Logistic(), True, "interior-point"),
    ],
)
def test_solvers_say_what_they_do_not_take(solver, loss, fit_intercept, reason):
    p = make_problem(loss, 0.0, fit_intercept=fit_intercept)
    with pytest.raises(ValueError, match=reason):
        solve_kernel(p, solver=solver)


def test_a_matrix_by_rows_is_formed_for_solvers_that_need_it():
    for loss, taken in ((Hinge(), True), (Logistic(), False), (Squared(), False)):
        for solver in ("auto", "cvxpy"):
            expected = taken and solver == "auto"
            assert takes_rows(loss, fit_intercept=True, solver=solver) == expected
        assert not takes_rows(loss, fit_intercept=False)
    p = make_problem(SquaredEpsilonInsensitive(), 0.1)
    expected, K = solve_kernel(p), p.K
    by_rows = KernelRows(lambda columns: lambda rows: K[np.ix_(rows, columns)], len(K))
    object.__setattr__(p, "K", by_rows)
    assert_allclose(solve_kernel(p).beta, expected.beta, atol=1e-9)
