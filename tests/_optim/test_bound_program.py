"""The small quadratic program against cvxpy and its optimality conditions."""

from itertools import combinations

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlearnkit._optim.bound_program import (
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
