"""Machines on the rows near the margin against machines on the whole kernel matrix."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics.pairwise import rbf_kernel

from fairlearnkit._optim import kernel_rows, libsvm, working_set
from fairlearnkit._optim.kernel import solve_kernel
from fairlearnkit._optim.kernel_problem import build_kernel_problem
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit._optim.kernel_solver import KernelOptions
from fairlearnkit._optim.losses import EpsilonInsensitive, Hinge
from fairlearnkit._optim.strata import largest_gap
from fairlearnkit.constraints import check_constraint

LOSSES = {"hinge": Hinge(), "epsilon_insensitive": EpsilonInsensitive(0.3)}


def rows_of(K):
    """The same matrix by rows."""
    return KernelRows(lambda columns: lambda rows: K[np.ix_(rows, columns)], len(K))


def make_problems(loss, bound, *, C=1.0, n=450, n_groups=2, kernel="rbf", seed=0):
    """The same problem with the whole matrix, and by rows."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % n_groups
    X = rng.normal(size=(n, 3)) + 0.6 * np.outer(group, [1.0, 0.5, 0.0])
    f = np.sin(2 * X[:, 0]) + X[:, 1] + 0.6 * rng.normal(size=n)
    y = np.where(f > np.quantile(f, 0.7), 1.0, -1.0) if loss == "hinge" else f
    c = C * rng.uniform(0.5, 2.0, n)
    contrasts = check_constraint("demographic_parity").contrasts(y, group, c)
    K = rbf_kernel(X, gamma=0.4) if kernel == "rbf" else X @ X.copy().T
    return [
        build_kernel_problem(
            form,
            y,
            c,
            loss=LOSSES[loss],
            reg=1.0,
            fit_intercept=True,
            means=contrasts.means,
            strata=contrasts.strata,
            bound=bound,
        )
        for form in (K, rows_of(K))
    ]


@cache
def solved_whole(loss, bound, C):
    """The solution with the whole matrix, which no first guess reaches."""
    return solve_kernel(make_problems(loss, bound, C=C)[0])


@pytest.fixture(params=[(0.02, 1.0, 2), (0.4, 4.0, 4), (0.05, 20.0, 9)], ids=str)
def first_guess(request, monkeypatch):
    """First guesses that are too bold, as they are, and of a wrong shape."""
    for name, value in zip(("FIRST_SHARE", "LOSS_FACTOR", "PARTS"), request.param):
        monkeypatch.setattr(working_set, name, value)
    monkeypatch.setattr(working_set, "FEWEST", 10)


@pytest.mark.slow
@pytest.mark.parametrize("bound", [np.inf, 0.05, 0.0])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("C", [0.02, 1.0, 30.0])
@pytest.mark.usefixtures("first_guess")
def test_the_optimum_is_that_of_the_whole_matrix(loss, bound, C):
    whole, by_rows = make_problems(loss, bound, C=C)
    expected, found = solved_whole(loss, bound, C), solve_kernel(by_rows)
    assert found.status == expected.status == "optimal"
    assert_allclose(found.objective, expected.objective, rtol=1e-6)
    assert abs(found.duality_gap) <= 1e-6 * found.objective
    if bound != 0.05:  # no search: both are exact
        assert_allclose(found.scores, expected.scores, atol=1e-6)
        assert_allclose(found.beta, expected.beta, atol=1e-5 * C)
    assert largest_gap(whole.cells @ found.u, whole.strata) <= bound + 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("n_groups", [2, 4])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("bound", [np.inf, 0.0])
def test_singular_kernels_and_several_contrasts(loss, n_groups, bound):
    whole, by_rows = make_problems(
        loss, bound, n=1600, n_groups=n_groups, kernel="linear", C=0.1
    )
    for found in (solve_kernel(by_rows), solve_kernel(whole)):
        assert abs(found.duality_gap) <= 1e-9 * found.objective


def test_a_bound_on_several_contrasts_needs_the_whole_matrix():
    whole, by_rows = make_problems("hinge", 0.1, n=200, n_groups=3)
    expected, found = solve_kernel(whole), solve_kernel(by_rows)
    assert_allclose(found.objective, expected.objective, rtol=1e-7)


def test_no_more_than_the_rows_near_the_margin_are_put_together(monkeypatch):
    sizes, block = [], KernelRows.block

    def spied(self, rows, columns, out=None):
        sizes.append(len(rows) * len(columns))
        return block(self, rows, columns, out)

    monkeypatch.setattr(KernelRows, "block", spied)
    _, by_rows = make_problems("hinge", 0.0, n=3000, C=0.3)
    found = solve_kernel(by_rows)
    assert max(sizes) <= 0.25 * 3000**2
    assert found.duality_gap <= 1e-9 * found.objective


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("limit", ["max_iter", "ROUNDS"])
@pytest.mark.usefixtures("first_guess")
def test_what_is_reached_when_it_is_stopped_is_feasible(monkeypatch, loss, limit):
    _, by_rows = make_problems(loss, 0.0)
    best = solve_kernel(by_rows)
    assert best.status == "optimal"
    for most in (1, 2, 3, 30, 300):
        if limit == "ROUNDS":
            monkeypatch.setattr(working_set, "ROUNDS", most)
        found = solve_kernel(by_rows, max_iter=most if limit == "max_iter" else -1)
        assert most > 1 or found.status == "max_iter"
        assert abs(found.v.sum()) <= 1e-9 * np.abs(found.v).sum()
        assert np.abs(found.v).max() <= by_rows.c.max()
        excess = found.objective - best.objective
        assert excess >= -1e-9 * best.objective
        assert found.duality_gap >= excess * (1 - 1e-6) - 1e-9


def test_a_class_with_too_few_rows_for_every_part():
    whole, by_rows = make_problems("hinge", 0.0, n=300)
    for p in (whole, by_rows):
        p.y[:] = -1.0
        p.y[[3, 8]] = 1.0
    expected, found = solve_kernel(whole), solve_kernel(by_rows)
    assert_allclose(found.objective, expected.objective, rtol=1e-7)


@pytest.mark.parametrize("block", [1, 7, 50, 2**20])
def test_a_matrix_by_rows_is_the_matrix(monkeypatch, block):
    monkeypatch.setattr(kernel_rows, "KERNEL_BLOCK_ELEMENTS", block)
    rng = np.random.default_rng(0)
    K, V = rng.normal(size=(13, 13)), rng.normal(size=(13, 2))
    V[::2] = 0.0
    by_rows = rows_of(K)
    assert len(by_rows) == 13
    assert_allclose(by_rows @ V, K @ V)
    assert_allclose(by_rows @ V[:, 0], K @ V[:, 0])
    assert_array_equal(by_rows @ np.zeros(13), np.zeros(13))
    assert_array_equal(by_rows.whole(), K)
    assert_array_equal(by_rows.diagonal(), np.diag(K))
    rows, columns = np.array([5, 1]), np.array([0, 12, 3])
    assert_array_equal(by_rows.block(rows, columns), K[np.ix_(rows, columns)])


@pytest.mark.parametrize(("n_features", "apart"), [(8, 1e-3), (2, 1e-7)])
def test_polishing_copes_with_contradictory_twins(n_features, apart):
    """Rows that are nearly equal, with both labels: no score is right for both."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, n_features)).repeat(2, axis=0)
    X += apart * rng.normal(size=X.shape)
    y = np.where(X.sum(axis=1) + 2 * rng.normal(size=1200) > 0, 1.0, -1.0)
    p = build_kernel_problem(
        rbf_kernel(X, gamma=0.3),
        y,
        np.full(1200, 10.0),
        loss=Hinge(),
        reg=1.0,
        fit_intercept=True,
        means=np.full((1, 1200), 1 / 1200),
        strata=np.array([-1]),
        bound=np.inf,
    )
    machine = libsvm.DeflatedMachine(p, KernelOptions())
    v, b, *_ = machine.run()
    active_set = machine.active_set
    before = active_set.duality_gap(v, b, p.K @ v)[0]
    *after, exact = active_set.refine(v, b)
    gap, objective = active_set.duality_gap(*after)
    assert exact
    assert gap <= 1e-9 * objective < before


@pytest.mark.parametrize("bound", [0.1, 0.0, np.inf])
@pytest.mark.parametrize("seed", range(4))
def test_a_rare_class_that_lies_far_from_the_margin(monkeypatch, bound, seed):
    monkeypatch.setattr(working_set, "FEWEST", 10)
    rng = np.random.default_rng(seed)
    X, group = rng.normal(size=600), rng.integers(0, 2, 600)
    X[:12] += 4
    y = np.where(np.arange(600) < 12, 1.0, -1.0)
    contrasts = check_constraint("demographic_parity").contrasts(y, group, np.ones(600))
    objectives = []
    for form in (np.outer(X, X), rows_of(np.outer(X, X))):
        p = build_kernel_problem(
            form,
            y,
            np.full(600, 4.0),
            loss=Hinge(),
            reg=1.0,
            fit_intercept=True,
            means=contrasts.means,
            strata=contrasts.strata,
            bound=bound,
        )
        objectives.append(solve_kernel(p).objective)
    assert_allclose(*objectives, rtol=1e-6)
