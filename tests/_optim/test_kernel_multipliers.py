"""Lagrange multipliers of the constraint of kernel problems, by differences."""

from dataclasses import replace
from functools import partial

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics.pairwise import rbf_kernel

from fairlearnkit._optim.bound_program import dual_norm
from fairlearnkit._optim.kernel import solve_kernel
from fairlearnkit._optim.kernel_problem import build_kernel_problem, certify
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit._optim.losses import EpsilonInsensitive, Hinge, Squared
from fairlearnkit._optim.strata import split_strata
from fairlearnkit.constraints import check_constraint
from fairlearnkit.datasets import make_biased_classification
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.svm import ParitySVC, ParitySVR
from helpers import codes, make_curved, make_weight

LOSSES = {
    "hinge": Hinge(),
    "epsilon_insensitive": EpsilonInsensitive(0.1),
    "squared": Squared(),
}
SETS = [
    ("demographic_parity", 2),
    ("demographic_parity", 3),
    ("equalized_odds", 2),
    ("decorrelation", 4),
]


def make_weighted(n_groups, n=90):
    X, _, group, f = make_curved(n, n_groups)
    return X, f, codes(group), make_weight(n)


def make_problem(loss, constraint, n_groups, bound, *, unit=1.0):
    X, f, group, c = make_weighted(n_groups)
    y = np.where(f > np.median(f), 1.0, -1.0)
    groups = (
        group if constraint != "decorrelation" else np.column_stack([group, X[:, 2]])
    )
    contrasts = check_constraint(constraint).contrasts(y, groups, c)
    squared = loss == "squared"
    return build_kernel_problem(
        rbf_kernel(X, gamma=0.4),
        y if loss == "hinge" else unit * f,
        c,
        loss=LOSSES[loss] if unit == 1.0 else EpsilonInsensitive(0.1 * unit),
        reg=2.5 if squared else 1.0,
        fit_intercept=not squared,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    )


def least_objective(p):
    """The optimum of gap(mean scores - shift) <= bound, by cvxpy, for any shift."""
    shift = cp.Parameter(len(p.strata))
    F = np.linalg.cholesky(p.K + 1e-13 * np.eye(len(p.K)))
    w, b = cp.Variable(len(F)), cp.Variable() if p.fit_intercept else 0.0
    f = F @ w + b
    if isinstance(p.loss, Hinge):
        losses = cp.pos(1 - cp.multiply(p.y, f))
    elif isinstance(p.loss, Squared):
        losses = 0.5 * cp.square(p.y - f)
    else:
        losses = cp.pos(cp.abs(p.y - f) - p.loss.epsilon)
    means = np.asarray(p.means @ F) @ w - shift
    together, alone = split_strata(p.strata)
    rules = [cp.abs(means[a]) <= p.bound for a in alone]
    for part in together:
        rules += [means[a] - means[b] <= p.bound for a in part for b in part if a != b]
    goal = cp.Minimize(0.5 * p.reg * cp.sum_squares(w) + p.c @ losses)
    options = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-12, "tol_feas": 1e-11}
    problem = cp.Problem(goal, rules)

    def solve(value):
        shift.value = value
        return problem.solve(solver="CLARABEL", **options)

    return solve


@pytest.mark.slow
@pytest.mark.parametrize("bound", [0.0, 0.04])
@pytest.mark.parametrize(("constraint", "n_groups"), SETS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_they_are_the_price_of_a_shift_of_the_means(loss, constraint, n_groups, bound):
    """The Lagrangian has lambda' (means - shift), so that its slope is -lambda."""
    p = make_problem(loss, constraint, n_groups, bound)
    found = solve_kernel(p, tol=1e-6)
    step, rng = 1e-4, np.random.default_rng(0)
    least = least_objective(p)
    price = np.abs(found.multipliers).max()
    assert price > 0.5
    for _ in range(3):
        way = rng.normal(size=len(p.strata))
        up, down = (least(t * way) for t in (step, -step))
        slope = (up - down) / (2 * step)
        assert_allclose(slope, -found.multipliers @ way, atol=5e-3 * price)


@pytest.mark.slow
@pytest.mark.parametrize(("constraint", "n_groups"), SETS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_their_norm_is_the_price_of_the_bound(loss, constraint, n_groups):
    step, bound = 1e-4, 0.04
    p = make_problem(loss, constraint, n_groups, bound)
    price = dual_norm(solve_kernel(p, tol=1e-6).multipliers, p.strata)
    values = [
        solve_kernel(make_problem(loss, constraint, n_groups, b), tol=1e-6).objective
        for b in (bound - step, bound + step)
    ]
    assert_allclose((values[0] - values[1]) / (2 * step), price, rtol=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("bound", [0.0, 0.04, np.inf])
@pytest.mark.parametrize(("constraint", "n_groups"), SETS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_they_balance_the_gradient(loss, constraint, n_groups, bound):
    """reg w - Phi'alpha + Phi'means'lambda = 0, in scores; in strata sums of 0."""
    p = make_problem(loss, constraint, n_groups, bound)
    K = p.K.copy()
    found = solve_kernel(p, tol=1e-6)
    alpha = p.reg * found.v
    pull = K @ (alpha - p.means.T @ found.multipliers)
    assert_allclose(K @ (p.reg * found.beta), pull, atol=1e-6 * np.abs(pull).max())
    for part in split_strata(p.strata)[0]:
        total = found.multipliers[part].sum()
        assert_allclose(total, 0.0, atol=1e-8 * np.abs(found.multipliers).max())


def test_of_an_equality_they_are_the_shortest():
    """Two cells with the same rows have the same mean: how they share is open."""
    X, f, group, c = make_weighted(2)
    contrasts = check_constraint("demographic_parity").contrasts(f, group, c)
    p = build_kernel_problem(
        rbf_kernel(X, gamma=0.4),
        f,
        c,
        loss=Squared(),
        reg=1.0,
        fit_intercept=False,
        means=contrasts.means.toarray()[[0, 1, 1]],
        strata=np.zeros(3, dtype=int),
        bound=0.0,
    )
    found = solve_kernel(p).multipliers
    assert_allclose(found[1:] / found[0], [-0.5, -0.5])


@pytest.mark.parametrize(
    ("loss", "solver"),
    [("hinge", "libsvm"), ("epsilon_insensitive", "libsvm"), ("squared", "auto")],
)
def test_of_one_contrast_of_three_cells_the_extremes_have_them(loss, solver):
    """One feature and a linear kernel: the cells' means are on a line."""
    X, f, group, c = make_weighted(3)
    contrasts = check_constraint("demographic_parity").contrasts(f, group, c)
    p = build_kernel_problem(
        np.outer(X[:, 0], X[:, 0]),
        np.where(f > 0, 1.0, -1.0) if loss == "hinge" else f,
        c,
        loss=LOSSES[loss],
        reg=1.0,
        fit_intercept=loss != "squared",
        means=contrasts.means,
        strata=contrasts.strata,
        bound=0.04,
    )
    solve = partial(solve_kernel, tol=1e-6, solver=solver)
    found = solve(p)
    assert found.status == "optimal"
    assert found.multipliers[1] == 0
    assert_allclose(p.means @ found.scores, found.scores.mean(), atol=0.05)
    up, down = (solve(replace(p, bound=0.04 + t)) for t in (1e-4, -1e-4))
    price = (down.objective - up.objective) / 2e-4
    assert_allclose(dual_norm(found.multipliers, p.strata), price, rtol=1e-2)


@pytest.mark.parametrize("solver", ["libsvm", "interior-point", "cvxpy"])
@pytest.mark.parametrize("bound", [0.0, 0.04])
@pytest.mark.parametrize("loss", ["hinge", "epsilon_insensitive"])
def test_every_solver_gives_the_same(loss, bound, solver):
    p = make_problem(loss, "demographic_parity", 2, bound)
    expected = solve_kernel(p, tol=1e-6).multipliers
    found = solve_kernel(p, solver=solver, tol=1e-6).multipliers
    assert_allclose(found, expected, rtol=2e-3)
    K = p.K
    by_rows = KernelRows(lambda columns: lambda rows: K[np.ix_(rows, columns)], len(K))
    found = solve_kernel(replace(p, K=by_rows), tol=1e-6).multipliers
    assert_allclose(found, expected, rtol=2e-3)


@pytest.mark.parametrize("bound", [0.1, 0.3])
@pytest.mark.parametrize("loss", ["hinge", "epsilon_insensitive"])
def test_of_machines_that_every_row_supports(loss, bound):
    """A mixture of machines reaches the optimum long before its multipliers do."""
    X, y, group = make_biased_classification(80, random_state=0)
    contrasts = check_constraint("demographic_parity").contrasts(y, group)
    p = build_kernel_problem(
        rbf_kernel(X, gamma=5.0),
        2.0 * y - 1.0,
        np.full(80, 100.0),
        loss=LOSSES[loss],
        reg=1.0,
        fit_intercept=True,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    )
    found = solve_kernel(p, solver="libsvm", tol=1e-6)
    exact = solve_kernel(p, solver="interior-point", tol=1e-6)
    assert_allclose(found.objective, exact.objective, rtol=1e-7)
    assert_allclose(found.multipliers, exact.multipliers, rtol=1e-6)
    step, least = 1e-4 * np.array([1.0, 0.0]), least_objective(p)
    slope = (least(step) - least(-step)) / 2e-4
    assert_allclose(found.multipliers[0], -slope, rtol=1e-4)
    pull = found.v - p.means.T @ found.multipliers
    assert_allclose(p.K @ pull, p.K @ found.beta, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_they_are_zero_where_nothing_binds(loss):
    for bound in (np.inf, 10.0):
        found = solve_kernel(make_problem(loss, "demographic_parity", 3, bound))
        assert_array_equal(found.multipliers, np.zeros(3))


@pytest.mark.parametrize("unit", [1e-3, 1e4])
def test_the_unit_of_y_is_theirs(unit):
    """With C and epsilon in that unit the problem is the same."""
    make = partial(make_problem, "epsilon_insensitive", "demographic_parity", 2)
    expected = solve_kernel(make(0.04), tol=1e-6).multipliers
    p = make(0.04 * unit, unit=unit)
    found = solve_kernel(replace(p, c=unit * p.c), tol=1e-6).multipliers
    assert_allclose(found / unit, expected, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        ParitySVC(C=0.5, max_gap=0.05, tol=1e-6),
        ParitySVR(C=0.5, max_gap=0.05, tol=1e-6),
        ParityKernelRidge(alpha=0.5, kernel="rbf", max_gap=0.05),
    ],
)
def test_of_fitted_models(model):
    """Their names, and the price of the bound in the objective of the docstring."""
    X, f, group, weight = make_weighted(3, n=150)
    y = np.where(f > 0, "yes", "no") if isinstance(model, ParitySVC) else f
    fit = {"sensitive_features": np.array(list("abc"))[group], "sample_weight": weight}
    model.fit(X, y, **fit)
    assert list(model.multipliers_) == ["a", "b", "c"]
    values = np.array(list(model.multipliers_.values()))
    assert_allclose(values.sum(), 0.0, atol=1e-6)
    objectives = []
    for max_gap in (0.05 - 1e-3, 0.05 + 1e-3):
        moved = model.set_params(max_gap=max_gap).fit(X, y, **fit)
        objectives.append(objective(moved, X, y, weight))
    price = (objectives[0] - objectives[1]) / 2e-3
    assert_allclose(price, np.abs(values).sum() / 2, rtol=2e-2)


def objective(model, X, y, weight):
    beta, K = model.dual_coef_[0], rbf_kernel(X[model.support_], gamma=model._gamma)
    norm = 0.5 * beta @ K @ beta
    if isinstance(model, ParitySVC):
        margins = np.where(y == "yes", 1, -1) * model.decision_function(X)
        return norm + 0.5 * weight @ np.maximum(0, 1 - margins)
    error = np.abs(y - model.predict(X))
    if isinstance(model, ParitySVR):
        return norm + 0.5 * weight @ np.maximum(0, error - 0.1)
    return 0.5 * norm + 0.5 * weight @ error**2


def test_of_more_than_two_classes():
    X, f, group, _ = make_weighted(2, n=150)
    y = np.digitize(f, [-0.5, 0.5])
    model = ParitySVC(max_gap=0.05).fit(X, y, sensitive_features=group)
    assert list(model.multipliers_) == [0, 1, 2]
    for label in range(3):
        binary = ParitySVC(max_gap=0.05).fit(X, y == label, sensitive_features=group)
        assert_allclose(
            model.multipliers_[label]["0 - 1"], binary.multipliers_["0 - 1"], rtol=1e-4
        )


@pytest.mark.parametrize("n_groups", [2, 3])
def test_a_certificate_is_that_of_the_multipliers_given(n_groups):
    """Others than the point has certify less, and never more than is true."""
    p = make_problem("squared", "demographic_parity", n_groups, 0.04)
    best = solve_kernel(p, tol=1e-10)
    assert abs(best.duality_gap) <= 1e-9 * best.objective
    rng, least = np.random.default_rng(0), best.objective
    for size in (1e-8, 1e-4, 1e-2, 1.0):
        other = best.multipliers + size * (rng.normal(size=n_groups) @ center(n_groups))
        found = certify(p, best.v, best.u, 0.0, Kv=best.Kv, multipliers=other)
        assert found.objective - found.duality_gap <= least * (1 + 1e-9)
        if size >= 1e-2:
            assert found.duality_gap > 1e-6 * size**2


def center(n):
    return np.eye(n) - 1.0 / n
