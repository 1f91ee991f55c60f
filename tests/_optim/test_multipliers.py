"""Lagrange multipliers of the cells: what a constraint costs, by differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlearnkit._optim import build_problem, solve
from fairlearnkit._optim.bound_program import dual_norm
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit.constraints import EqualizedOdds, check_constraint
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
    return contrasts, solve(problem, tol=1e-5, max_iter=1000, **options)


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
    price = ParityLinearSVC(loss="hinge", max_gap=0.1, tol=1e-6)
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


def test_the_sign_says_which_way_scores_are_pushed():
    """Raising the mean of a cell with a positive multiplier lowers the objective."""
    rng = np.random.default_rng(0)
    group = np.arange(400) % 2
    X = rng.normal(size=(400, 2)) + group[:, None]
    y = X[:, 0] + rng.normal(size=400)
    model = ParityRidge(max_gap=0.0).fit(X, y, sensitive_features=group)
    assert model.multipliers_["0 - 1"] < 0  # group 1 would score higher without it
