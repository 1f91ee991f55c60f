"""Thresholds by group, for two classes and known groups.

Within a group the costs of both classes are linear in the probability, so that the best
rule is a threshold, and all that matters of a threshold is how many rows are above it:
a `cut`. Costs fall until the cut of the plain rule and rise from there.

One stratum (`cheapest_cuts`): with whole rows a group comes within t_g, half of the
largest share of a row, of any rate. All rates lie between some L - t_g and
L + bound + t_g, and each group takes the cut that is nearest to its plain one. L is
r + t_g for a cut of some group; all of these are searched by branch and bound.

Two strata (`cheapest_mixtures`): one threshold cannot meet two rates. A group may draw
its threshold from several, by a number that belongs to the row (Hardt, Price, Srebro,
NeurIPS 2016, section 4.2); the cheapest shares are a linear program, whose columns are
cuts, generated as they are needed.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

# Rates are sums of a million shares, rounded at 1e-16: what differs by less is equal.
RATE_ROUNDING = 1e-12
# Costs that differ by less are equal; the costs of all rows sum to the order of 1.
COST_ROUNDING = 1e-10
# Scores that differ by less are one score, computed in two batches.
SCORE_ROUNDING = 1e-14
# Parts of an interval in a round of branch and bound; 64 are a third slower on a
# million rows: more intervals are bounded that the next solution would have ruled out.
BRANCHES = 8
# Reduced costs above minus this are rounding: no cut is worth adding. Costs are of
# order 1, and the program is solved to 1e-9 at best.
REDUCED_COST = 1e-9


@dataclass(frozen=True, eq=False)
class Cuts:
    """Thresholds of a group, from the one above all scores to that below them.

    Parameters
    ----------
    thresholds : ndarray of shape (n_cuts,)
        In descending order, midway between neighbouring scores.
    rates : ndarray of shape (n_strata, n_cuts)
        Shares of the cells' rows above the threshold, in ascending order.
    plug_in : ndarray of shape (n_strata, n_cuts)
        The same by memberships.
    cost : ndarray of shape (n_cuts,)
        Cost of deciding the rows above the threshold, less that of deciding none.
    plain : int
        Position of the cheapest cut.
    """

    thresholds: np.ndarray
    rates: np.ndarray
    plug_in: np.ndarray
    cost: np.ndarray
    plain: int


def group_cuts(scores, costs, shares, plug_in, ends, lowest=None):
    """All cuts of a group.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
        A row is decided if its score is above the threshold.
    costs : ndarray of shape (n_rows,)
        Cost of deciding a row less that of not deciding it, times its weight; in
        descending order of the scores they ascend.
    shares, plug_in : ndarray of shape (n_strata, n_rows)
        True share of the row in the group's cell of each stratum, and the share by
        memberships.
    ends : tuple of float
        Thresholds above and below all scores.
    lowest : ndarray of shape (n_rows,), default=None
        For rows that stand for several, which no threshold divides: their lowest
        scores. `scores` are then the highest ones.
    """
    order = np.argsort(-scores, kind="stable")
    low = (scores if lowest is None else lowest)[order]
    scores = scores[order]
    distinct = low[:-1] - scores[1:] > SCORE_ROUNDING
    kept = np.flatnonzero(np.concatenate([[True], distinct, [True]]))
    middle = 0.5 * (low[:-1] + scores[1:])
    thresholds = np.concatenate([ends[:1], middle, ends[1:]])

    def cumulated(values):
        return np.append(0.0, np.cumsum(values[order]))[kept]

    rates = np.array([cumulated(share) for share in shares])
    same = plug_in is shares
    by_members = rates if same else np.array([cumulated(share) for share in plug_in])
    cost = cumulated(costs)
    return Cuts(thresholds[kept], rates, by_members, cost, int(cost.argmin()))


def cheapest_cuts(cuts, bound, tolerance):
    """The cut of each group with the lowest cost, of rates in one stratum.

    1. Cut the possible values of L into intervals [L1, L2].
    2. The lowest cost of rates between L1 and L2 + bound is a lower bound for the
       interval; the cost at L1 alone is that of a solution.
    3. Drop the intervals whose lower bound is not below the best solution, divide the
       others, and go on until there are none.

    Parameters
    ----------
    cuts : list of Cuts
        With a single stratum.
    bound : float
        Largest difference of two rates, but for the tolerance of both.
    tolerance : ndarray of shape (n_groups,)
        t_g.

    Returns
    -------
    chosen : ndarray of int of shape (n_groups,)
        Position of the cut of each group.
    """
    best, best_at = np.inf, None
    # First and last cut of intervals of L, which is r + t_g for a cut of some group.
    intervals = [(np.zeros(1, np.intp), np.full(1, len(c.cost) - 1)) for c in cuts]
    while any(len(first) for first, _ in intervals):
        intervals = [_divided(*some) for some in intervals]
        # Those of all groups at once: calls would be as many as pairs of groups.
        low, high = (
            np.concatenate(
                [
                    c.rates[0, some[end]] + t
                    for c, some, t in zip(cuts, intervals, tolerance)
                ]
            )
            for end in (0, 1)
        )
        costs = _lowest_costs(cuts, low, low + bound, tolerance)
        if costs.min(initial=np.inf) < best:
            best, best_at = costs.min(), low[costs.argmin()]
        ends = np.cumsum([len(first) for first, _ in intervals])[:-1]
        lower = np.split(_lowest_costs(cuts, low, high + bound, tolerance), ends)
        intervals = [
            (first[open_], last[open_])
            for (first, last), value in zip(intervals, lower)
            for open_ in [(value < best - COST_ROUNDING) & (first < last)]
        ]
    at = np.array([best_at])
    nearest = (_nearest(c, at, at + bound, t)[0] for c, t in zip(cuts, tolerance))
    return np.array([position[0] for position in nearest])


def _divided(first, last):
    """Intervals, each divided into at most BRANCHES parts."""
    steps = np.arange(BRANCHES + 1)
    ends = first[:, None] + (last + 1 - first)[:, None] * steps // BRANCHES
    first, last = ends[:, :-1].ravel(), ends[:, 1:].ravel() - 1
    return first[first <= last], last[first <= last]


def _lowest_costs(cuts, low, high, tolerance):
    """Costs of all groups together, of rates between `low` and `high`.

    Infinite where a group has no such cut. Shape (n,), as both.
    """
    total = np.zeros(len(low))
    for c, t in zip(cuts, tolerance):
        position, exists = _nearest(c, low, high, t)
        total += np.where(exists, c.cost[position], np.inf)
    return total


def _nearest(c, low, high, t):
    """Cut of a group nearest to the plain one, of rates between `low` and `high`.

    Rates may be off by t. Also tells whether there is such a cut; both have shape (n,).
    """
    first = np.searchsorted(c.rates[0], low - (t + RATE_ROUNDING), side="left")
    last = np.searchsorted(c.rates[0], high + (t + RATE_ROUNDING), side="right") - 1
    # np.clip does the same, and takes twice as long on a few numbers.
    position = np.minimum(np.maximum(c.plain, first), last)
    position = np.minimum(np.maximum(position, 0), len(c.cost) - 1)
    return position, first <= last


def cheapest_mixtures(cuts, bound, columns=None):
    """Shares of cuts in each group with the lowest cost, of rates in several strata.

    1. Start with the cuts that decide nobody, everybody, and as the plain rule, and
       with those that another bound needed.
    2. Solve the linear program in the shares and the lowest rate L_q of each stratum.
    3. Add for each group the cut with the lowest reduced cost by its multipliers
       (Dantzig, Wolfe 1960); end if no cut has a negative one.

    Parameters
    ----------
    cuts : list of Cuts
    bound : float
        Largest difference of two rates of a stratum, or of their expectations.
    columns : list of set of int, default=None
        Cuts of each group that are known to be useful; others are added to it.

    Returns
    -------
    positions : list of ndarray of int
        Cuts of each group with a positive share, in ascending order.
    shares : list of ndarray
        Of sum 1.
    multipliers : ndarray of shape (n_strata, n_groups)
        nu of the rates, as in `decisions`.
    """
    columns = [set() for _ in cuts] if columns is None else columns
    for known, c in zip(columns, cuts):
        known |= {0, c.plain, len(c.cost) - 1}
    while True:
        positions = [np.array(sorted(known)) for known in columns]
        shares, offsets, multipliers = _master(cuts, positions, bound)
        added = False
        for g, c in enumerate(cuts):
            reduced = c.cost + multipliers[:, g] @ c.rates - offsets[g]
            if (
                reduced.min() < -REDUCED_COST
                and int(reduced.argmin()) not in columns[g]
            ):
                columns[g].add(int(reduced.argmin()))
                added = True
        if not added:
            break
    used = [share > RATE_ROUNDING for share in shares]
    kept = [share[use] / share[use].sum() for share, use in zip(shares, used)]
    return [p[use] for p, use in zip(positions, used)], kept, multipliers


def _master(cuts, positions, bound):
    """Shares of known cuts; dual values of the groups' sums and of the rates."""
    n_strata, n_groups = len(cuts[0].rates), len(cuts)
    sizes = [len(p) for p in positions]
    owner = np.repeat(np.arange(n_groups), sizes)
    rates = np.concatenate([c.rates[:, p] for c, p in zip(cuts, positions)], axis=1)
    # A row for each stratum and group: rate - L_q <= bound, and -(rate - L_q) <= 0.
    member = (owner == np.arange(n_groups)[:, None]).astype(np.float64)
    above = np.hstack(
        [
            (rates[:, None, :] * member).reshape(n_strata * n_groups, -1),
            -np.repeat(np.eye(n_strata), n_groups, axis=0),
        ]
    )
    limits = np.repeat([bound, 0.0], len(above))
    cost = np.concatenate([c.cost[p] for c, p in zip(cuts, positions)])
    found = linprog(
        np.append(cost, np.zeros(n_strata)),
        A_ub=np.vstack([above, -above]),
        b_ub=limits,
        A_eq=np.hstack([member, np.zeros((n_groups, n_strata))]),
        b_eq=np.ones(n_groups),
        bounds=[(0, None)] * len(cost) + [(None, None)] * n_strata,
        method="highs",
    )
    upper, lower = np.split(-found.ineqlin.marginals, 2)
    shares = np.split(found.x[: len(cost)], np.cumsum(sizes)[:-1])
    return shares, found.eqlin.marginals, (upper - lower).reshape(n_strata, n_groups)
