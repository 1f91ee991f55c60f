"""Lagrange multipliers of the cells: what a constraint costs, by differences."""

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import linprog

from fairlearnkit._models.constraint import named_multipliers
from fairlearnkit._optim import build_problem, solve
from fairlearnkit._optim.bound_program import dual_norm
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit.constraints import (
    Contrasts,
    DemographicParity,
    EqualizedOdds,
    check_constraint,
)
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.svm import ParityLinearSVC
from helpers import make_data, make_weight, signs


def make_weighted(n_groups=3):
    X, y, group, _ = make_data(300, 5, n_groups, offset=20.0)
    return X, signs(y), group, make_weight(300)


def run(data, loss, bound, constraint="demographic_parity", **options):
    X, y, group, weight = data
    contrasts = check_constraint(constraint).contrasts(y, group, weight)
    problem = build_problem(
        X,
        y,
        weight,
        loss=LOSSES[loss](),
        reg=1.0,
        fit_intercept=True,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    )
    return contrasts, solve(problem, tol=1e-10, max_iter=1000, **options)


@pytest.mark.slow
@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("n_groups", [2, 3])
def test_they_are_the_price_of_the_bound(loss, n_groups):
    data, step = make_weighted(n_groups), 1e-3
    contrasts, found = run(data, loss, 0.05)
    lower, upper = (run(data, loss, 0.05 + s)[1].objective for s in (-step, step))
    price = dual_norm(found.multipliers, contrasts.strata)
    assert price > 1.0
    assert_allclose((lower - upper) / (2.0 * step), price, rtol=1e-2)
    assert_allclose(found.multipliers.sum(), 0.0, atol=1e-6 * price)


@pytest.mark.parametrize("solver", ["newton-cholesky", "newton-cg", "cvxpy"])
@pytest.mark.parametrize("loss", ["logistic", "hinge"])
def test_every_solver_gives_the_same(loss, solver):
    data = make_weighted()
    expected = run(data, loss, 0.0)[1].multipliers
    found = run(data, loss, 0.0, solver=solver)[1].multipliers
    assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_of_an_equality_they_balance_the_gradient():
    """reg w - X'alpha + A'lambda = 0, in the loss's own terms."""
    data = X, y, _, weight = make_weighted(4)
    contrasts, found = run(data, "squared", 0.0)
    alpha = weight * (y - X @ found.coef - found.intercept)
    pull = (contrasts.means @ X).T @ found.multipliers
    assert_allclose(X.T @ alpha - pull, found.coef, atol=1e-6 * np.abs(pull).max())


def binding(w, b):
    """Two further constraints, which both bind in `test_beside_further_constraints`."""
    return [w[0] >= 0.8 * w[4] + 0.3, w[1] + 0.05 * b == -0.1]


def least_objective(data, loss, bound, shift):
    """The optimum with the means of the groups less `shift`, from the data alone."""
    X, y, group, weight = data
    w, middle, center = cp.Variable(X.shape[1]), cp.Variable(), X.mean(axis=0)
    f = (X - center) @ w + middle  # for the accuracy of cvxpy's solver
    b = middle - center @ w
    losses = {
        "hinge": cp.pos(1 - cp.multiply(y, f)),
        "squared_hinge": cp.square(cp.pos(1 - cp.multiply(y, f))),
        "squared": 0.5 * cp.square(y - f),
    }
    inside = [np.where(group == g, weight, 0.0) for g in np.unique(group)]
    means = [c @ (X - center) / c.sum() @ w - s for c, s in zip(inside, shift)]
    if bound:
        rules = [p - q <= bound for p in means for q in means if p is not q]
    else:
        rules = [p == means[0] for p in means[1:]]
    goal = weight @ losses[loss] + 0.5 * cp.sum_squares(w)
    problem = cp.Problem(cp.Minimize(goal), [*rules, *binding(w, b)])
    return problem.solve(solver="CLARABEL")


@pytest.mark.slow
@pytest.mark.parametrize("bound", [0.0, 0.02])
@pytest.mark.parametrize("n_groups", [2, 3])
@pytest.mark.parametrize("loss", ["hinge", "squared", "squared_hinge"])
def test_beside_further_constraints(loss, n_groups, bound):
    """The Lagrangian has lambda' (means - shift), so that its slope is -lambda."""
    data, step = make_weighted(n_groups), 1e-4
    _, found = run(data, loss, bound, solver="cvxpy", convex_constraints=binding)
    price = np.abs(found.multipliers).max()
    assert price > 1.0
    assert_allclose(found.multipliers.sum(), 0.0, atol=1e-6 * price)
    slopes = [
        least_objective(data, loss, bound, way)
        - least_objective(data, loss, bound, -way)
        for way in step * np.eye(n_groups)
    ]
    assert_allclose(
        np.array(slopes) / (2.0 * step), -found.multipliers, atol=1e-3 * price
    )


def test_of_a_void_bound_they_are_zero_whatever_else_binds():
    X, _, group, f = make_data(300, 5, 2)
    model = ParityRidge(max_gap=0.3).fit(X, f, sensitive_features=group)
    floor = model.coef_[2] + 0.5
    model.set_params(solver="cvxpy", convex_constraints=lambda w, b: [w[2] >= floor])
    model.fit(X, f, sensitive_features=group)
    assert_allclose(model.coef_[2], floor, atol=1e-6)  # it binds, and the bound not
    assert 0.1 < model.gap_ < 0.2
    assert_allclose(model.multipliers_["a - b"], 0.0, atol=1e-4)
    model.set_params(max_gap=np.inf).fit(X, f, sensitive_features=group)
    assert model.multipliers_ == {"a - b": 0.0}


def test_nothing_binds():
    _, found = run(make_weighted(), "logistic", np.inf)
    np.testing.assert_array_equal(found.multipliers, np.zeros(3))
    _, found = run(make_weighted(), "logistic", 10.0)
    np.testing.assert_array_equal(found.multipliers, np.zeros(3))


def test_their_names():
    X, y, group, _ = make_weighted()
    model = ParityLogisticRegression(max_gap=0.1).fit(X, y, sensitive_features=group)
    assert list(model.multipliers_) == ["a", "b", "c"]
    assert_allclose(sum(model.multipliers_.values()), 0.0, atol=1e-6)
    two = group != "c"
    model.set_params(constraint="equalized_odds", pos_label=1)
    model.fit(X[two], y[two], sensitive_features=group[two])
    assert set(model.multipliers_) == {"a - b with y = -1.0", "a - b with y = 1.0"}
    price = ParityLinearSVC(loss="hinge", max_gap=0.1, tol=1e-12)
    price.fit(X, np.digitize(X[:, 1], [19.5, 21.0]), sensitive_features=group)
    assert list(price.multipliers_) == [0, 1, 2]
    assert list(price.multipliers_[1]) == ["a", "b", "c"]


def test_groups_of_the_same_name_in_two_columns():
    X, y, _, _ = make_weighted()
    table = {"sex": np.arange(300) % 2, "foreign": np.arange(300) // 7 % 2}
    constraint = EqualizedOdds(columns="separately")
    model = ParityRidge(constraint=constraint, max_gap=0.1)
    model.fit(X, y, sensitive_features=table)
    strata = "with y = -1.0", "with y = 1.0"
    expected = [f"0 - 1 {s} in {c}" for c in table for s in strata]
    assert list(model.multipliers_) == expected
    array = np.column_stack(list(table.values()))
    model.fit(X, y, sensitive_features=array)
    assert list(model.multipliers_)[2] == "0 - 1 with y = -1.0 in column 1"


def test_names_that_repeat_get_their_position():
    X, y, group, _ = make_weighted()
    labels = [{"a": 1, "b": "1", "c": 2}[g] for g in group]
    expected = ParityRidge(max_gap=0.1).fit(X, y, sensitive_features=group)
    model = ParityRidge(max_gap=0.1).fit(X, y, sensitive_features=labels)
    names = {1: "1 [0]", "1": "1 [2]", 2: "2"}  # the positions in groups_
    assert model.groups_.tolist() == [1, 2, "1"]
    for own, label in zip("abc", (1, "1", 2)):
        found = model.multipliers_[names[label]]
        assert_allclose(found, expected.multipliers_[own], rtol=1e-6)
    # Two columns of one name.
    table = np.column_stack([group, np.roll(group, 1)])
    constraint = DemographicParity(columns="separately")
    model.set_params(constraint=constraint)
    model.fit(X, y, sensitive_features=pd.DataFrame(table, columns=["x", "x"]))
    suffixes = [f"{g} in x [{i}]" for i, g in enumerate("abcabc")]
    assert list(model.multipliers_) == suffixes


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        ("xyx", ["x [0]", "y", "x [2]"]),
        (["x", "x", "x [0]"], ["x [0] [0]", "x [1]", "x [0] [2]"]),
    ],
)
def test_names_of_rows_that_repeat(names, unique):
    rows = Contrasts.from_rows(np.eye(3) - 1.0 / 3.0, names=names)
    assert named_multipliers(rows, np.arange(3)) == dict(zip(unique, range(3)))


def test_the_sign_says_which_way_scores_are_pushed():
    """Raising the mean of a cell with a positive multiplier lowers the objective."""
    rng = np.random.default_rng(0)
    group = np.arange(400) % 2
    X = rng.normal(size=(400, 2)) + group[:, None]
    y = X[:, 0] + rng.normal(size=400)
    model = ParityRidge(max_gap=0.0).fit(X, y, sensitive_features=group)
    assert model.multipliers_["0 - 1"] < 0  # group 1 would score higher without it


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
@pytest.mark.parametrize("solver", ["auto", "interior-point", "cvxpy"])
def test_hinge_whose_optimum_is_a_constant(solver):
    # Subgradients of the loss at f = 1 balance X'g + A'lambda and sum to zero.
    X = np.array(
        [
            [-1.5165810307716767, 0.1671411530106227],
            [-0.7422956346902029, -0.8554824298811468],
            [-1.6041861201479182, -0.15312792255161845],
            [-2.3635911735220447, 0.19114737723236008],
            [-2.2268226048636306, -0.9267212566023136],
            [-0.5828193817405202, 0.09363888479575122],
            [0.37307013749092255, 1.4524524106075833],
            [-1.3381284276094343, -0.7330528624524322],
            [-1.0125128236747978, 0.5076128239215105],
            [-1.5412860052348747, -0.4704239777130057],
            [-2.111925738093681, -1.0783646100237103],
            [-2.4119494629788143, 0.0071406586831354035],
            [-0.5030221209407392, -0.3088938625522927],
            [0.8989444863678117, -1.2002908576658358],
        ]
    )
    weight = np.tile([1.0, 1, 2, 3, 2, 1, 1], 2)
    y = np.tile([1, 0, 1, 1, 1, 0, 0], 2)
    group = np.tile([*"abababb"], 2)
    model = ParityLinearSVC(loss="hinge", tol=1e-12, solver=solver)
    model.fit(X, y, sensitive_features=group, sample_weight=weight)
    a, b = (group == name for name in "ab")
    means = [np.average(X[m], axis=0, weights=weight[m]) for m in (a, b)]
    lam = model.multipliers_["a - b"]
    upper = np.where(y == 1, 0.0, weight)
    lower = np.where(y == 1, -weight, weight)
    rest = lam * (means[0] - means[1]) + model.coef_[0]
    Z = np.c_[X, np.ones(len(X))]
    A = np.r_[np.c_[Z.T, -np.ones(3)], np.c_[-Z.T, -np.ones(3)]]
    target = np.r_[-rest, 0.0, rest, 0.0]
    bounds = [*zip(lower, upper), (0, None)]
    found = linprog([*[0.0] * len(X), 1.0], A, target, bounds=bounds)
    assert found.fun < 1e-3
