"""Problems without a penalty against numpy's least squares, and their certificates."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from fairlearnkit._optim import build_problem, solve
from fairlearnkit._optim.certificate import duality_gap
from fairlearnkit._optim.losses import LOSSES, Squared
from fairlearnkit._optim.unpenalised import whitened
from fairlearnkit.constraints import check_constraint

SHAPES = {"long": (120, 8), "wide": (40, 70), "square": (50, 50)}


def make_data(shape, *, rank=None, offset=0.0, seed=0):
    """Features of a given rank, a target that they explain in part, groups, weights."""
    rng = np.random.default_rng(seed)
    n, d = shape
    group = np.arange(n) % 3
    X = rng.normal(size=(n, rank or d)) + 0.5 * np.outer(
        group, rng.normal(size=rank or d)
    )
    X = X @ rng.normal(size=(rank, d)) if rank else X
    y = X[:, 0] + rng.normal(size=n)
    return X + offset, y, group, rng.uniform(0.3, 2.0, n)


def run(X, y, c, group, bound=np.inf, *, loss="squared", fit_intercept=True, **options):
    contrasts = check_constraint("demographic_parity").contrasts(y, group, c)
    problem = build_problem(
        X,
        y,
        c,
        loss=LOSSES[loss](),
        reg=0.0,
        fit_intercept=fit_intercept,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    )
    return solve(problem, **options), contrasts


def least_squares(X, y, c, fit_intercept, Q=None):
    """The shortest of all solutions, by numpy, in the complement of Q's rows."""
    mean = c @ X / c.sum() if fit_intercept else 0.0
    Z = X - mean
    if Q is not None:
        Q = np.linalg.qr((Q @ Z).T)[0]
        Z = Z - (Z @ Q) @ Q.T
    target = y - c @ y / c.sum() if fit_intercept else y
    root = np.sqrt(c)
    return np.linalg.lstsq(root[:, None] * Z, root * target, rcond=None)[0]


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("rank", [None, 2, 5])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_the_shortest_of_all_solutions(form, shape, rank, fit_intercept):
    X, y, group, c = make_data(SHAPES[shape], rank=rank)
    expected = least_squares(X, y, c, fit_intercept)
    best = (
        c @ (y - X @ expected - fit_intercept * (c @ (y - X @ expected)) / c.sum()) ** 2
    )
    for solver in ("auto", "newton-cg"):
        found, _ = run(form(X), y, c, group, fit_intercept=fit_intercept, solver=solver)
        assert found.status == "optimal"
        f = X @ found.coef + found.intercept
        # The square roots of sums of squares that rounding leaves of 0.
        assert_allclose(c @ (y - f) ** 2, best, rtol=1e-9, atol=1e-9)
        assert_allclose(found.coef, expected, atol=1e-7 * np.abs(expected).max())
        if solver == "newton-cg":
            assert np.isnan(found.duality_gap)
        else:
            assert abs(found.duality_gap) <= 1e-12 * (c @ y**2)


@pytest.mark.parametrize("rank", [None, 4])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_equality_of_three_groups(offset, rank):
    X, y, group, c = make_data((90, 12), rank=rank)
    found, contrasts = run(X + offset, y, c, group, 0.0)
    expected = least_squares(X, y, c, True, contrasts.toarray()[:2])
    assert_allclose(found.coef, expected, atol=1e-6)
    assert contrasts.gap(X @ found.coef) <= 1e-9


@pytest.mark.parametrize("rank", [None, 4])
def test_a_bound_against_cvxpy(rank):
    X, y, group, c = make_data((90, 12), rank=rank)
    free, contrasts = run(X, y, c, group)
    bound = 0.4 * contrasts.gap(X @ free.coef)
    found, _ = run(X, y, c, group, bound)
    span = np.linalg.svd(X)[2][: rank or 12].T  # of the rows: X w has no other part
    w, b = span @ cp.Variable(span.shape[1]), cp.Variable()
    goal = cp.Minimize(c @ cp.square(y - X @ w - b) / 2)
    rules = [cp.abs((contrasts.toarray() @ X) @ w) <= bound]
    optimum = cp.Problem(goal, rules).solve(solver="CLARABEL")
    assert_allclose(found.objective, optimum, rtol=1e-7)
    assert found.objective - optimum <= found.duality_gap + 1e-7 * optimum
    assert_allclose(contrasts.gap(X @ found.coef), bound, rtol=1e-9)


def test_the_certificate_is_the_distance_to_the_optimum():
    """For the squared loss the price of balancing the multipliers is exact."""
    X, y, group, c = make_data((80, 6), rank=4)
    best, _ = run(X, y, c, group)
    problem = build_problem(
        X,
        y,
        c,
        loss=Squared(),
        reg=0.0,
        fit_intercept=True,
        means=np.zeros((1, len(y))),
        strata=np.array([-1]),
        bound=np.inf,
    )
    problem, expand = whitened(problem)
    a = np.linalg.lstsq(problem.rows.X, X @ best.coef, rcond=None)[0]
    for move in (0.0, 1e-3, 1.0):
        at = a + move * np.arange(1.0, len(a) + 1)
        b = best.intercept + (c @ X / c.sum()) @ expand(a, 0.0)[0]
        f = problem.scores(at, b)
        gap = duality_gap(problem, at, f, c * (y - f))
        excess = problem.objective(at, f) - best.objective
        assert_allclose(gap, excess, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("bound", [np.inf, 0.0, 0.2])
def test_logistic_loss_without_penalty(bound):
    X, f, group, c = make_data((300, 5), offset=50.0)
    y = np.where(f + np.random.default_rng(1).normal(size=300) > 0, 1.0, -1.0)
    found, contrasts = run(X, y, c, group, bound, loss="logistic")
    assert found.status == "optimal"
    w, b = cp.Variable(5), cp.Variable()
    Z = X - X.mean(axis=0)
    goal = cp.Minimize(c @ cp.logistic(-cp.multiply(y, Z @ w + b)))
    rules = [cp.abs((contrasts.toarray() @ Z) @ w) <= bound] if bound < 1 else []
    optimum = cp.Problem(goal, rules).solve(solver="CLARABEL")
    assert_allclose(found.objective, optimum, rtol=1e-6)
    assert found.objective - optimum <= found.duality_gap + 1e-7 * optimum


def test_classes_that_a_hyperplane_separates_have_no_optimum():
    X, _, group, c = make_data((60, 3))
    y = np.where(X[:, 1] > 0, 1.0, -1.0)
    found, _ = run(X, y, c, group, loss="logistic")
    assert found.status != "optimal"
    assert np.isnan(found.duality_gap)


@pytest.mark.parametrize("bound", [np.inf, 0.0, 0.05])
def test_no_column_is_lost_beside_one_of_far_larger_numbers(bound):
    # Such as seconds since 1970 beside rates: the unit of a column decides nothing.
    X, y, group, c = make_data((400, 3))
    expected, _ = run(X, y, c, group, bound)
    unit, origin = np.array([1e7, 1.0, 1e-6]), np.array([1.7e9, 0.0, 0.0])
    found, _ = run(X * unit + origin, y, c, group, bound)
    assert_allclose(found.coef * unit, expected.coef, rtol=1e-6)
    assert_allclose(found.objective, expected.objective, rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_collinear_columns_far_from_zero(seed):
    # Their sum is rounded to fewer digits than their differences have.
    X, y, group, c = make_data((200, 4), seed=seed)
    X += [1e6, -1e6, 0.0, 1e5]
    X = np.column_stack([X, X[:, 0] + X[:, 1], X[:, 0] + X[:, 3]])
    expected = least_squares(X[:, :4], y, c, True)
    rest = y - X[:, :4] @ expected
    best = 0.5 * c @ (rest - c @ rest / c.sum()) ** 2
    for form in (np.asarray, sparse.csr_array):
        found, _ = run(form(X), y, c, group)
        assert_allclose(found.objective, best, rtol=1e-8)
        assert np.abs(found.coef).max() <= np.abs(expected).max()
