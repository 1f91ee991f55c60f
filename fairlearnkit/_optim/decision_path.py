"""Rules for all bounds: multipliers chosen by the rates of true labels and groups.

1. Solve the dual for bounds that fall from that of the plain rule to zero. After each
   solve, the difference between the rates by memberships and the true ones becomes the
   offset of the next, so that it is the true rates that meet the bound.
2. Between consecutive multipliers move along a line, on which the decision of a row
   changes at most n_classes - 1 times: visit every change, in order, with the bound
   that the true rates meet and the cost by memberships. A single free multiplier has a
   single line, which is visited from end to end.
3. From the rule that meets the lowest bound, move along one multiplier at a time in the
   same way, as long as that bound falls.
4. Keep the rules that no other beats in both; of these a bound takes the cheapest that
   meets it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fairlearnkit._optim.decision_dual import TEMPERATURES, maximise_dual
from fairlearnkit._optim.decisions import JITTER, lowest, smallest_bound
from fairlearnkit._optim.strata import center_strata

# Bounds at which the dual is solved; the lines between their multipliers fill the gaps.
# With twice as many, costs of 60 small problems fell by 2e-5 on average.
N_BOUNDS = 12
# Solves of the dual at a bound, each with the offsets of the one before.
N_OFFSETS = 3
# Rows of the dual; more of them hardly move the multipliers, which are chosen by the
# rates of all rows in any case.
MAX_DUAL_ROWS = 30_000
# Multipliers of the dual are ends of lines on which every change is visited, so that
# they need not be exact. Down to 1e-10 instead of 1e-5, 36 small problems took 1.7
# times as long, and their costs were no lower.
COLD = TEMPERATURES[:9]
# After the first, a solve starts near its solution. A start at 1e-3 was too cold for 5
# of 60 small problems: their lowest gaps stayed above what can be met.
WARM = COLD[2:]
# Rounds of lines along one multiplier each; the gap falls little after the second.
MAX_SWEEPS = 2
# Factor on multipliers of the dual. At its optimum some rows are balanced between two
# classes to the last digit, and which one they get would depend on rounding.
OFF_BALANCE = 1.0 + 1e-10
# Costs and rates are sums of up to a million terms: what differs by less is equal.
ROUNDING = 1e-12
# Changes along a line that are closer than this, relative to where they are, are one.
SAME = 1e-12
# Numbers that are held at once while changes are counted: 32 MB.
BLOCK = 2**22


@dataclass(frozen=True, eq=False)
class Candidates:
    """Rules: multipliers of shape (n_rules, n_rates), costs, and bounds that they meet.

    The cost of a rule is that by memberships and probabilities; the bound is the
    smallest one that its true rates meet.
    """

    multipliers: np.ndarray
    cost: np.ndarray
    bound: np.ndarray

    @classmethod
    def join(cls, parts):
        """The rules of all parts."""
        return cls(
            np.concatenate([part.multipliers for part in parts]),
            np.concatenate([part.cost for part in parts]),
            np.concatenate([part.bound for part in parts]),
        )

    def take(self, positions):
        """Some of the rules."""
        return Candidates(
            self.multipliers[positions], self.cost[positions], self.bound[positions]
        )

    def front(self):
        """The rules that no other beats in both, in ascending order of their bounds."""
        return self.take(front(self.bound, self.cost))


def front(bound, cost):
    """Positions of rules that no other beats in both, in ascending order of the bound.

    Differences up to ROUNDING do not count, so that the order in which sums over rows
    were computed does not matter. Of rules that agree in both the first one is taken.

    Parameters
    ----------
    bound, cost : ndarray of shape (n_rules,)
        Lower is better.

    Returns
    -------
    positions : ndarray of int
        Costs are in descending order.
    """
    bound, cost = ranks(bound), ranks(cost)
    order = np.lexsort((cost, bound))
    best = np.minimum.accumulate(cost[order])
    return order[np.append(True, cost[order][1:] < best[:-1])]


def ranks(values):
    """Ranks from 0, the same one for neighbours that differ by at most ROUNDING."""
    order = np.argsort(values, kind="stable")
    positions = np.empty(len(values), dtype=np.intp)
    positions[order] = np.cumsum(np.append(0, np.diff(values[order]) > ROUNDING))
    return positions


def decision_path(problem, truth):
    """Rules for all bounds, from the plain one to the lowest gap.

    Parameters
    ----------
    problem : DecisionProblem
    truth : Rates
        Of the same rates, by true labels and groups.

    Returns
    -------
    candidates : Candidates
        In ascending order of their bounds, and in descending order of their costs.
    """
    if len(truth.strata) == 2 and truth.strata[0] == truth.strata[1]:
        origin, direction = np.zeros(2), np.array([1.0, -1.0])
        lines = [(origin, direction, np.inf), (origin, -direction, np.inf)]
    else:
        knots = _knots(problem, truth)
        lines = [(a, b - a, 1.0) for a, b in pairwise(knots)]
    rules = Candidates.join([line_rules(problem, truth, *line) for line in lines])
    rules = rules.front()
    return rules if len(truth.strata) == 2 else _refined(problem, truth, rules)


def _refined(problem, truth, rules):
    """The front of the rules and of those found by step 3 above."""
    directions = center_strata(np.eye(len(truth.strata)), truth.strata).T
    for _ in range(MAX_SWEEPS):
        lowest_bound = rules.bound[0]
        for direction in (*directions, *-directions):
            if rules.bound[0] <= ROUNDING:
                return rules
            start = rules.multipliers[0]
            far = max(float(np.abs(start).max()), JITTER)
            line = line_rules(problem, truth, start, far * direction, 1.0)
            rules = Candidates.join([rules, line]).front()
        if rules.bound[0] == lowest_bound:
            break
    return rules


def _knots(problem, truth):
    """Multipliers of bounds that fall to zero, by the dual with offsets: step 1 above.

    Returns
    -------
    knots : list of ndarray of shape (n_rates,)
        The first one is zero, the multipliers of the plain rule.
    """
    n_samples = len(problem.weight)
    rows = np.arange(n_samples)
    if n_samples > MAX_DUAL_ROWS:  # whatever the order of the rows
        rows = np.sort(np.argpartition(problem.uniforms, MAX_DUAL_ROWS)[:MAX_DUAL_ROWS])
    sample = problem.take(rows)
    knots = [np.zeros(len(truth.strata))]
    decided = problem.decide(knots[0])
    bounds = truth.bound(decided) * np.linspace(1.0, 0.0, N_BOUNDS + 1)[1:]
    temperatures = COLD
    for bound in bounds:
        nu = knots[-1]
        for _ in range(N_OFFSETS):
            offsets = sample.rates(decided[rows]) - truth.of(decided)
            nu = maximise_dual(sample, bound, offsets, nu, temperatures)
            temperatures = WARM
            decided = problem.decide(nu)
            if truth.bound(decided) <= bound + ROUNDING:
                break
        knots.append(nu * OFF_BALANCE)
    return knots


def line_rules(problem, truth, start, direction, stop):
    """The front of the rules with multipliers start + t direction, 0 <= t <= stop.

    Parameters
    ----------
    problem : DecisionProblem
    truth : Rates
    start, direction : ndarray of shape (n_rates,)
        The line.
    stop : float
        May be infinite.

    Returns
    -------
    candidates : Candidates
    """
    decided, t, rows, moves = _changes(
        problem.shifted(start), problem.shifts(direction), stop
    )
    order = np.argsort(t, kind="stable")
    t, rows, moves = t[order], rows[order], moves[:, order]
    costs = problem.weight[rows] * (
        problem.costs[rows, moves[1]] - problem.costs[rows, moves[0]]
    )
    cost = problem.cost(decided) + np.cumsum(np.append(0.0, costs))
    bound = np.append(truth.bound(decided), _bounds_after(truth, decided, rows, moves))
    # A rule lies midway between the change before it and the one after it.
    before, after = np.append(0.0, t), np.append(t, min(stop, 2.0 * t.max(initial=1.0)))
    apart = np.flatnonzero(after - before > SAME * after)
    apart = apart[front(bound[apart], cost[apart])] if len(apart) else apart
    t = 0.5 * (before + after)[apart]
    return Candidates(start + t[:, None] * direction, cost[apart], bound[apart])


def _changes(z, slopes, stop):
    """Changes of the class of lowest cost z + t slopes, as t goes from 0 to stop.

    Walk along the lower envelope of each row: of the classes that fall faster than the
    present one, the next is that which meets it first.

    Parameters
    ----------
    z, slopes : ndarray of shape (n_samples, n_classes)
    stop : float

    Returns
    -------
    decided : ndarray of shape (n_samples,)
        Classes at t = 0.
    t : ndarray of shape (n_changes,)
    rows : ndarray of shape (n_changes,)
        Whose decision changes at t.
    moves : ndarray of shape (2, n_changes)
        From which class to which.
    """
    decided = lowest(z)
    rows, current = np.arange(len(z)), decided
    changes = [(np.zeros(0), rows[:0], np.zeros((2, 0), dtype=np.intp))]
    if np.isfinite(stop):  # a class that is best at both ends is best between
        rows = np.flatnonzero(lowest(z + stop * slopes) != decided)
        current = decided[rows]
    while len(rows):
        here = (np.arange(len(rows)), current)
        cost, slope = z[rows], slopes[rows]
        falls = slope[here][:, None] - slope
        meets = np.full(falls.shape, np.inf)
        np.divide(cost - cost[here][:, None], falls, out=meets, where=falls > 0)
        following = meets.argmin(axis=1)
        t = meets[here[0], following]
        going = t <= stop if np.isfinite(stop) else np.isfinite(t)
        moves = np.stack([current[going], following[going]])
        rows, current = rows[going], following[going]
        changes.append((t[going], rows, moves))
    t, rows, moves = (np.concatenate(parts, axis=-1) for parts in zip(*changes))
    return decided, t, rows, moves


def _bounds_after(truth, decided, rows, moves):
    """The bound that true rates meet after each change, of shape (n_changes,)."""
    rates = truth.of(decided)
    bounds = np.empty(len(rows))
    size = max(1, BLOCK // len(rates))
    for first in range(0, len(rows), size):
        some = slice(first, first + size)
        changes = truth.changes(rows[some], moves[:, some])  # (n_rates, size)
        path = rates[:, None] + np.cumsum(changes, axis=1)
        bounds[some] = smallest_bound(path, truth.strata, truth.tolerance)
        rates = path[:, -1]
    return bounds
