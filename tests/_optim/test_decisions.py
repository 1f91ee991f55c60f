"""Decisions under a bound on rates, beside the linear program itself."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.optimize import linprog

from fairlearnkit._optim import decision_path as path_module
from fairlearnkit._optim.decision_dual import maximise_dual
from fairlearnkit._optim.decision_path import decision_path, line_rules
from fairlearnkit._optim.decision_thresholds import (
    cheapest_cuts,
    cheapest_mixtures,
    group_cuts,
)
from fairlearnkit._optim.decisions import (
    DecisionProblem,
    Rates,
    lowest,
    smallest_bound,
)
from fairlearnkit._optim.strata import largest_gap
from fairlearnkit.postprocessing._decision_rules import _constant


def make_problem(seed, *, known=None, n_classes=None, n_groups=None):
    """A random problem, of sizes, ties, weights and kinds of groups by its seed."""
    rng = np.random.default_rng(seed)
    n_classes = n_classes or int(rng.integers(2, 5))
    n_groups = n_groups or int(rng.integers(2, 6))
    n = int(rng.integers(30, 61))
    known = bool(rng.integers(0, 2)) if known is None else known
    group = rng.permutation(np.arange(n) % n_groups)
    z = rng.normal(size=(n, n_classes))
    z += 0.6 * np.outer(group, np.arange(n_classes)) / n_classes
    proba = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    if rng.integers(0, 2):  # ties: few levels
        proba = np.round(6 * proba) + 0.1
        proba /= proba.sum(axis=1, keepdims=True)
    weight = rng.integers(1, 4, n) * 1.0 if rng.integers(0, 2) else np.ones(n)
    weight /= weight.sum()
    members = np.eye(n_groups)[group]
    if not known:
        members = 0.6 * members + 0.4 * rng.dirichlet(np.ones(n_groups), n)
    cells = members / (weight @ members)
    decisions = [1] if n_classes == 2 else range(n_classes)
    strata = np.repeat(np.arange(len(decisions)), n_groups)
    parts = tuple((k, cells) for k in decisions)
    problem = DecisionProblem(1.0 - proba, weight, parts, strata, rng.uniform(size=n))
    means = (weight[:, None] * cells).T
    truth = Rates(tuple((k, means) for k in decisions), strata)
    bound = truth.gap(lowest(problem.costs)) * rng.choice([0.0, 0.1, 0.5])
    return problem, truth, bound


def lowest_cost(problem, bound):
    """The optimum of the linear program in the shares d_ik, by HiGHS."""
    n, n_classes = problem.costs.shape
    n_strata = problem.strata.max() + 1
    rates = []
    for k, cells in problem.parts:
        for cell in cells.T:
            row = np.zeros((n, n_classes))
            row[:, k] = problem.weight * cell
            rates.append(row.ravel())
    low = np.eye(n_strata)[problem.strata]  # the lowest rate of each stratum
    upper = np.hstack([rates, -low])
    sums = sparse.kron(sparse.eye(n), np.ones((1, n_classes)))
    found = linprog(
        np.append(
            (problem.weight[:, None] * problem.costs).ravel(), np.zeros(n_strata)
        ),
        A_ub=np.vstack([upper, -upper]),
        b_ub=np.repeat([bound, 0.0], len(upper)),
        A_eq=sparse.hstack([sums, sparse.csr_array((n, n_strata))]),
        b_eq=np.ones(n),
        bounds=[(0, None)] * (n * n_classes) + [(None, None)] * n_strata,
        method="highs",
    )
    return found.fun


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_the_dual_has_the_value_of_the_linear_program(seed):
    problem, truth, bound = make_problem(seed)
    nu = maximise_dual(problem, bound)
    optimum = lowest_cost(problem, bound)
    assert_allclose(problem.dual_value(nu, bound), optimum, rtol=1e-6)
    # Its rule is deterministic: a row a cell is not split as the program would.
    decided = problem.decide(nu)
    row = 2 * truth.tolerance.max()
    assert problem.cost(decided) <= optimum * (1 + 1e-6) + row
    assert truth.gap(decided) <= bound + 4 * row


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_multipliers_are_the_price_of_the_bound(seed):
    problem, _, bound = make_problem(seed)
    low, high = bound + 0.02, bound + 0.03
    prices = [np.maximum(maximise_dual(problem, e), 0.0).sum() for e in (low, high)]
    slope = (lowest_cost(problem, low) - lowest_cost(problem, high)) / (high - low)
    assert prices[1] - 1e-5 <= slope <= prices[0] + 1e-5  # costs are convex


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200, 206))
def test_the_path_has_a_rule_for_every_bound(seed):
    problem, truth, bound = make_problem(seed)
    path = decision_path(problem, truth)
    assert (np.diff(path.bound) > 0).all()
    assert (np.diff(path.cost) < 0).all()
    met = np.flatnonzero(path.bound <= bound + 1e-12)
    assert len(met)
    # Cheaper than all rules by the cost of a row, at most.
    assert path.cost[met[-1]] <= lowest_cost(problem, bound) + problem.weight.max()
    for nu, cost, met in zip(path.multipliers, path.cost, path.bound):
        decided = problem.decide(nu)
        assert_allclose(problem.cost(decided), cost, atol=1e-12)
        assert_allclose(truth.bound(decided), met, atol=1e-12)
        assert truth.gap(decided) <= met + 2 * truth.tolerance.max() + 1e-12


@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_every_change_along_a_line_is_visited(n_classes):
    problem, truth, _ = make_problem(3, n_classes=n_classes, n_groups=2)
    rng = np.random.default_rng(0)
    start, direction = rng.normal(size=(2, len(truth.strata))) / 5
    rules = line_rules(problem, truth, start, direction, 1.0)
    for t in np.linspace(0.0, 1.0, 200):
        decided = problem.decide(start + t * direction)
        met = rules.bound <= truth.bound(decided) + 1e-12
        assert rules.cost[met].min() <= problem.cost(decided) + 1e-12


def make_cuts(seed, strata):
    """Cuts of two to four groups, and the scores, costs and shares behind them."""
    rng = np.random.default_rng(seed)
    cuts = []
    for g in range(rng.integers(2, 5)):
        n = int(rng.integers(8, 40))
        proba = 1 / (1 + np.exp(-rng.normal(0.5 * g - 0.5, 1.5, n)))
        if rng.integers(0, 2):
            proba = np.round(proba, 1)  # ties, which cannot be split
        y = rng.uniform(size=n) < proba
        y[:2] = True, False
        inside = {"all": [y | ~y], "positive": [y], "both": [~y, y]}[strata]
        shares = np.array([rows / rows.sum() for rows in inside])
        costs = (1 - 2 * proba) / 100
        cuts.append(group_cuts(proba, costs, shares, shares, (1.1, -0.1)))
    return cuts, rng.choice([0.0, 0.05, 0.2])


@pytest.mark.parametrize("strata", ["all", "positive"])
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("exact", [True, False])
def test_cuts_are_the_cheapest_of_all(seed, strata, exact):
    cuts, bound = make_cuts(seed, strata)
    t = np.random.default_rng(seed).uniform(0.0, 0.05, len(cuts)) * (not exact)
    chosen = cheapest_cuts(cuts, bound, t)
    rates = [c.rates[0, position] for c, position in zip(cuts, chosen)]
    assert smallest_bound(np.array([rates]).T, np.zeros(len(t), int), t) <= bound + 1e-9
    cost = sum(c.cost[position] for c, position in zip(cuts, chosen))
    everywhere = []
    for low in np.concatenate([c.rates[0] + tg for c, tg in zip(cuts, t)]):
        inside = [
            (c.rates[0] + tg > low - 1e-9) & (c.rates[0] - tg < low + bound + 1e-9)
            for c, tg in zip(cuts, t)
        ]
        everywhere.append(
            sum(c.cost[rows].min(initial=np.inf) for c, rows in zip(cuts, inside))
        )
    assert_allclose(cost, min(everywhere), atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_mixtures_are_the_cheapest_of_all(seed):
    cuts, bound = make_cuts(seed, "both")
    positions, shares, nu = cheapest_mixtures(cuts, bound)
    rates = [c.rates[:, p] @ share for c, p, share in zip(cuts, positions, shares)]
    assert np.ptp(rates, axis=0).max() <= bound + 1e-9
    assert max(map(len, positions)) <= 3
    cost = sum(c.cost[p] @ share for c, p, share in zip(cuts, positions, shares))
    # The Lagrangian at the multipliers is a lower bound on the cost of all mixtures.
    assert_allclose(nu.sum(axis=1), 0.0, atol=1e-9)
    free = sum((c.cost + nu[:, g] @ c.rates).min() for g, c in enumerate(cuts))
    assert_allclose(cost, free - bound * np.maximum(nu, 0).sum(), atol=1e-9)


def test_ties_of_a_rule_are_split_by_the_number_of_the_row():
    """Two groups of one score each: only a share of the rows can close the gap."""
    proba = np.repeat([0.6, 0.3], 500)
    group = np.repeat([0, 1], 500)
    weight = np.full(1000, 1e-3)
    cells = 2.0 * np.eye(2)[group]
    uniforms = np.random.default_rng(0).uniform(size=1000)
    costs = np.column_stack([proba, 1 - proba])
    problem = DecisionProblem(costs, weight, ((1, cells),), np.zeros(2, int), uniforms)
    truth = Rates(((1, (weight[:, None] * cells).T),), np.zeros(2, int))
    path = decision_path(problem, truth)
    for bound in (0.0, 0.25, 0.5):
        met = np.flatnonzero(path.bound <= bound + 1e-12)
        assert_allclose(path.cost[met[-1]], lowest_cost(problem, bound), rtol=2e-3)


def test_known_cells_may_be_sparse():
    problem, truth, _ = make_problem(7, known=True, n_classes=3)
    cells = sparse.csr_array(problem.parts[0][1])
    parts = tuple((k, cells) for k, _ in problem.parts)
    means = sparse.csc_array(truth.parts[0][1])
    other = DecisionProblem(
        problem.costs, problem.weight, parts, problem.strata, problem.uniforms
    )
    rates = Rates(tuple((k, means) for k, _ in truth.parts), truth.strata)
    rng = np.random.default_rng(0)
    for nu in rng.normal(size=(5, len(truth.strata))) / 5:
        assert_allclose(other.shifted(nu), problem.shifted(nu), atol=1e-14)
        decided = problem.decide(nu)
        assert_allclose(rates.of(decided), truth.of(decided), atol=1e-14)
        assert_allclose(other.rates(decided), problem.rates(decided), atol=1e-14)
    first, second = np.arange(40), np.zeros((2, 40), dtype=int)
    second[1] = 2
    expected = truth.changes(first, second)
    assert_allclose(rates.changes(first, second), expected, atol=1e-14)
    some = other.take(first), problem.take(first)
    assert_allclose(some[0].parts[0][1], some[1].parts[0][1], atol=1e-14)


def test_the_dual_value_is_a_lower_bound_for_any_multipliers():
    problem, truth, bound = make_problem(11)
    optimum = lowest_cost(problem, bound)
    rng = np.random.default_rng(0)
    for _ in range(20):
        nu = rng.normal(size=len(truth.strata))
        assert problem.dual_value(nu, bound) <= optimum + 1e-9
    assert largest_gap(problem.rates(lowest(problem.costs)), problem.strata) > 0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_rows_that_are_almost_decided_cause_no_warning(n_classes):
    """Where shares of classes are numbers next to 0, which have few digits."""
    problem, _, _ = make_problem(3, known=False, n_classes=n_classes, n_groups=3)
    lowest = problem.costs.argmin(axis=1)
    costs = 1.0 - np.eye(n_classes)[lowest]
    for exponent in np.arange(690.0, 750.0):
        own = replace(problem, costs=costs)
        multipliers = maximise_dual(own, 0.0, temperatures=np.array([1 / exponent]))
        assert_allclose(multipliers, 0.0, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_multipliers_may_come_from_a_part_of_the_rows(monkeypatch, seed):
    problem, truth, _ = make_problem(seed, known=False, n_groups=3)
    of_all = decision_path(problem, truth)
    monkeypatch.setattr(path_module, "MAX_DUAL_ROWS", 25)
    of_some = decision_path(problem, truth)
    assert of_some.cost[-1] == pytest.approx(of_all.cost[-1])  # the plain rule
    for bound, cost, nu in zip(of_some.bound, of_some.cost, of_some.multipliers):
        decided = problem.decide(nu)
        assert truth.bound(decided) <= bound + 1e-9
        assert problem.cost(decided) == pytest.approx(cost)
    assert of_some.bound[0] <= of_all.bound[0] + 0.1


@pytest.mark.parametrize("seed", range(5))
def test_lines_are_followed_in_blocks(monkeypatch, seed):
    problem, truth, _ = make_problem(seed, known=False, n_groups=3)
    start, direction = np.zeros(len(truth.strata)), truth.strata + 1.0
    direction[0] = -direction[1:].sum()
    at_once = line_rules(problem, truth, start, direction, 1.0)
    monkeypatch.setattr(path_module, "BLOCK", 2 * len(truth.strata))
    in_blocks = line_rules(problem, truth, start, direction, 1.0)
    assert len(at_once.bound) > 1
    assert_allclose(in_blocks.bound, at_once.bound, atol=1e-12)
    assert_allclose(in_blocks.cost, at_once.cost)


@pytest.mark.parametrize("seed", range(5))
def test_one_class_for_all_costs_more_than_any_rule_without_a_gap(seed):
    problem, truth, _ = make_problem(seed, known=True)
    nu = maximise_dual(problem, 0.0, np.zeros(len(truth.strata)))
    found = _constant(problem, truth, nu)
    costs = problem.weight @ problem.costs
    assert found.cost == costs.min()
    optimum = lowest_cost(problem, 0.0)
    assert found.duality_gap == pytest.approx(found.cost - optimum, abs=1e-5)
