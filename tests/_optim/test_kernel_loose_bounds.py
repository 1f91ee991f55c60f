"""Bounds on several contrasts: the machine without the constraint comes first."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics.pairwise import rbf_kernel

from fairlearnkit._optim import kernel_factor, kernel_svm, libsvm
from fairlearnkit._optim.kernel import solve_kernel
from fairlearnkit._optim.kernel_factor import FactorSolver
from fairlearnkit._optim.kernel_problem import build_kernel_problem
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit._optim.kernel_solver import KernelOptions
from fairlearnkit._optim.losses import EpsilonInsensitive, Hinge
from fairlearnkit._optim.strata import largest_gap
from fairlearnkit.constraints import check_constraint
from fairlearnkit.svm import ParitySVC, ParitySVR
from helpers import make_curved, make_weight, signs

N = 160
LOSSES = {"hinge": Hinge(), "epsilon_insensitive": EpsilonInsensitive(0.1)}
SEVERAL = [("demographic_parity", 3), ("demographic_parity", 4), ("equalized_odds", 2)]


def make_problem(loss, constraint, n_groups, bound, *, by_rows=False, reg=1.0):
    X, y, group, f = make_curved(N, n_groups)
    c, y = make_weight(N), signs(y)
    contrasts = check_constraint(constraint).contrasts(y, group, c)
    K = rbf_kernel(X, gamma=0.4)
    rows = KernelRows(lambda columns: lambda rows: K[np.ix_(rows, columns)], N)
    return build_kernel_problem(
        rows if by_rows else K,
        y if loss == "hinge" else 3.0 * f + 10.0,
        c,
        loss=LOSSES[loss],
        reg=reg,
        fit_intercept=True,
        means=contrasts.means,
        strata=contrasts.strata,
        bound=bound,
    )


@pytest.fixture
def calls(monkeypatch):
    """How often libsvm ran, K was factored, and a linear problem was solved."""
    counted = {}

    def spy(module, name):
        own = getattr(module, name)

        def spied(*args, **options):
            counted[name] = counted.get(name, 0) + 1
            return own(*args, **options)

        monkeypatch.setattr(module, name, spied)

    spy(libsvm, "run_libsvm")
    spy(kernel_factor, "factor")
    spy(kernel_factor, "solve_linear")
    return counted


def plain_gap(loss, constraint, n_groups):
    """The machine without a constraint, and its gap."""
    plain = solve_kernel(make_problem(loss, constraint, n_groups, np.inf))
    p = make_problem(loss, constraint, n_groups, 1.0)
    return plain, largest_gap(p.means @ plain.scores, p.strata)


@pytest.mark.parametrize(("constraint", "n_groups"), SEVERAL)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_bound_that_does_not_bind_costs_one_machine(
    calls, loss, constraint, n_groups
):
    plain, gap = plain_gap(loss, constraint, n_groups)
    calls.clear()
    p = make_problem(loss, constraint, n_groups, 1.001 * gap)
    assert p.rank > 1
    found = solve_kernel(p)
    assert calls == {"run_libsvm": 1}
    for name in ("beta", "intercept", "scores", "v", "objective", "duality_gap"):
        assert_array_equal(getattr(found, name), getattr(plain, name))
    assert found.status == "optimal"
    assert_array_equal(found.multipliers, np.zeros(len(p.strata)))
    # u are the contrasts of these scores: the means of the cells follow from them.
    means = p.means @ found.scores
    for stratum in np.unique(p.strata):
        cells = p.strata == stratum
        centred = means[cells] - means[cells].mean()
        assert_allclose((p.cells @ found.u)[cells], centred, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0001, 0.9999, 0.3])
@pytest.mark.parametrize("reg", [1.0, 2.5])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_solution_is_that_on_a_factor(calls, loss, reg, share):
    free = solve_kernel(make_problem(loss, "equalized_odds", 2, np.inf, reg=reg))
    p = make_problem(loss, "equalized_odds", 2, 1.0, reg=reg)
    gap = largest_gap(p.means @ free.scores, p.strata)
    p = replace(p, bound=share * gap)
    on_factor = FactorSolver("auto").solve(p, KernelOptions())
    calls.clear()
    found = solve_kernel(p)
    binds = share < 1
    assert calls.get("factor", 0) == calls.get("solve_linear", 0) == int(binds)
    assert_allclose(found.objective, on_factor.objective, rtol=1e-9)
    assert_allclose(found.scores, on_factor.scores, atol=1e-3 * np.ptp(p.y))
    scale = np.abs(on_factor.multipliers).max() if binds else 1.0
    assert_allclose(found.multipliers, on_factor.multipliers, atol=1e-4 * scale)
    assert np.abs(found.multipliers).max() > 0 or not binds
    assert -1e-9 <= found.duality_gap / found.objective <= 1e-6


@pytest.mark.slow
@pytest.mark.parametrize(("share", "formed"), [(1.001, False), (0.5, True)])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_whole_matrix_is_formed_only_if_the_bound_binds(
    monkeypatch, loss, share, formed
):
    _, gap = plain_gap(loss, "demographic_parity", 4)
    bound = share * gap
    whole = solve_kernel(make_problem(loss, "demographic_parity", 4, bound))
    asked, own = [], KernelRows.whole

    def spied(self):
        asked.append(self)
        return own(self)

    monkeypatch.setattr(KernelRows, "whole", spied)
    p = make_problem(loss, "demographic_parity", 4, bound, by_rows=True)
    found = solve_kernel(p)
    assert bool(asked) == formed
    assert_allclose(found.objective, whole.objective, rtol=1e-7)
    assert_allclose(found.scores, whole.scores, atol=1e-3 * np.ptp(p.y))


@pytest.mark.parametrize("limit", ["max_iter", "EXACT_GAP"])
def test_a_machine_that_is_not_optimal_is_not_taken(monkeypatch, calls, limit):
    """Its gap may be within the bound, although that of the optimum is not."""
    p = make_problem("hinge", "demographic_parity", 3, 100.0)
    expected = solve_kernel(p)
    calls.clear()
    if limit == "EXACT_GAP":
        monkeypatch.setattr(kernel_svm, "EXACT_GAP", -1.0)
    found = solve_kernel(p, max_iter=30 if limit == "max_iter" else -1)
    assert calls == {"run_libsvm": 1, "factor": 1, "solve_linear": 1}
    assert_allclose(found.objective, expected.objective, rtol=1e-7)


@pytest.mark.parametrize("cls", [ParitySVC, ParitySVR])
def test_models_with_a_loose_bound_are_those_without(calls, cls):
    X, y, group, f = make_curved(N, 4)
    y = f if cls is ParitySVR else y
    free = cls(max_gap=np.inf).fit(X, y, sensitive_features=group)
    machines = calls.pop("run_libsvm")
    loose = cls(max_gap=1.01 * free.gap_).fit(X, y, sensitive_features=group)
    assert calls == {"run_libsvm": machines}
    assert_array_equal(loose.dual_coef_, free.dual_coef_)
    assert_array_equal(loose.intercept_, free.intercept_)
    assert loose.duality_gap_ == free.duality_gap_
    assert loose.gap_ == free.gap_
    assert set(loose.multipliers_.values()) == {0.0}
    bound = cls(max_gap=0.5 * free.gap_).fit(X, y, sensitive_features=group)
    assert_allclose(bound.gap_, 0.5 * free.gap_, rtol=1e-6)
    assert np.abs([*bound.multipliers_.values()]).max() > 0
