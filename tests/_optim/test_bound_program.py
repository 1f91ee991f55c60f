"""The small quadratic program against cvxpy and its optimality conditions."""

from itertools import combinations

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlearnkit._optim import bound_program
from fairlearnkit._optim.bound_program import (
    BoundProgram,
    dual_norm,
    project_on_bound,
    symmetric_inverse,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rank", "n_rows"), [(1, 1), (1, 3), (2, 3), (5, 15), (20, 90)]
)
@pytest.mark.parametrize("strata", ["alone", "one stratum", "pairs"])
@pytest.mark.parametrize("condition", [1.0, 1e4])
@pytest.mark.parametrize("bound", [1e-3, 0.3])
def test_optimum(rank, n_rows, condition, bound, strata):
    rng = np.random.default_rng(rank)
    V = np.linalg.qr(rng.normal(size=(rank, rank)))[0]
    K = (V * np.geomspace(1.0, condition, rank)) @ V.T
    K, rows = (K + K.T) / 2, rng.normal(size=(n_rows, rank))
    target = 3.0 * rng.normal(size=rank)
    cells = {
        "alone": np.full(n_rows, -1),
        "one stratum": np.zeros(n_rows, dtype=int),
        "pairs": np.arange(n_rows) // 2,
    }[strata]
    u, lam = project_on_bound(K, target, rows, cells, bound)
    compared = rows if strata == "alone" else differences(rows, cells)
    assert np.abs(compared @ u).max(initial=0.0) <= bound * (1 + 1e-9)
    x = cp.Variable(rank)
    gaps = [cp.abs(compared @ x) <= bound] if len(compared) else []
    cp.Problem(cp.Minimize(cp.quad_form(x - target, cp.psd_wrap(K)) / 2), gaps).solve(
        solver="CLARABEL"
    )
    distance = lambda v: (v - target) @ K @ (v - target) / 2  # noqa: E731
    assert_allclose(distance(u), distance(x.value), rtol=1e-6)
    assert_allclose(rows.T @ lam, K @ (target - u), rtol=1e-7, atol=1e-9)
    for stratum in np.unique(cells[cells >= 0]):
        assert_allclose(lam[cells == stratum].sum(), 0.0, atol=1e-9 * np.abs(lam).max())
    # Complementarity: bound ||lambda|| = lambda' rows u = u' K (target - u).
    size = bound * dual_norm(lam, cells)
    assert_allclose(size, u @ K @ (target - u), rtol=1e-5, atol=1e-12)


def differences(rows, strata):
    """All differences of two cells of a stratum."""
    pairs = combinations(range(len(rows)), 2)
    apart = [rows[i] - rows[j] for i, j in pairs if strata[i] == strata[j]]
    return np.array(apart).reshape(-1, rows.shape[1])


def test_a_target_within_the_bound_stays():
    target = np.array([0.1, -0.2])
    alone = np.array([-1, -1])
    u, multipliers = project_on_bound(np.eye(2), target, np.eye(2), alone, 0.5)
    np.testing.assert_array_equal(u, target)
    assert multipliers.shape == (2,)
    assert not multipliers.any()


def test_inverse_of_a_matrix_that_rounding_made_singular():
    rng = np.random.default_rng(0)
    S = np.cov(rng.normal(size=(4, 30)))
    assert_allclose(symmetric_inverse(S) @ S, np.eye(4), atol=1e-12)
    flat = np.diag([2.0, 1.0, 0.0])
    assert_allclose(symmetric_inverse(flat), np.diag([0.5, 1.0, 0.0]))


def random_program(seed, rank=4, n_cells=6):
    """Metric, target, cells of one stratum."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(rank, 2 * rank))
    cells = rng.normal(size=(n_cells, rank))
    return root @ root.T, 3.0 * rng.normal(size=rank), cells


@pytest.mark.parametrize("seed", range(20))
def test_the_last_projection_changes_no_later_one(seed):
    metric, target, cells = random_program(seed)
    rng, strata = np.random.default_rng(seed), np.zeros(len(cells), dtype=int)
    program = BoundProgram(cells, strata, 0.1)
    program.project(metric, target)
    near, far = target + 1e-3 * rng.normal(size=4), 3.0 * rng.normal(size=4)
    for other in (near, far, -target):
        alone = project_on_bound(metric, other, cells, strata, 0.1)
        for found, expected in zip(program.project(metric, other), alone):
            assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_a_projection_starts_from_what_held_the_last(monkeypatch):
    metric, target, cells = random_program(0)
    program = BoundProgram(cells, np.zeros(len(cells), dtype=int), 0.1)
    first, _ = program.project(metric, target)
    monkeypatch.setattr(bound_program, "_interior_point", None)
    again, _ = program.project(metric, target * (1 + 1e-9))
    assert_allclose(again, first, rtol=1e-6, atol=1e-9)


def test_limits_that_exclude_each_other_are_no_optimum():
    """Opposite sides, and x = 0 solves their system by least squares."""
    G = np.array([[1.0, 0.0], [-1.0, 0.0]])
    both = np.array([True, True])
    assert bound_program._at_active(np.eye(2), np.ones(2), G, both) is None


def test_a_bound_far_below_the_target_in_a_metric_of_many_sizes():
    """The first multipliers were so large that the metric was lost beside them."""
    rng = np.random.default_rng(4)
    V = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    metric = (V * np.geomspace(1.0, 1e7, 5)) @ V.T
    metric, target = (metric + metric.T) / 2, 3.0 * rng.normal(size=5)
    cells, alone, bound = rng.normal(size=(3, 5)), np.full(3, -1), 1e-6
    u, lam = project_on_bound(metric, target, cells, alone, bound)
    assert np.abs(cells @ u).max() <= bound * (1 + 1e-6)
    missing = cells.T @ lam - metric @ (target - u)
    assert np.abs(missing).max() <= 1e-8 * np.abs(metric @ target).max()
