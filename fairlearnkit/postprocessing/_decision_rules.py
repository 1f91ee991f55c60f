"""Decision rules for all bounds, as plain arrays, and their application to rows.

A rule is a set of thresholds on the probability of the second class, one or several for
each group, or a vector of multipliers. Rules are stored as dicts of arrays and lists,
in ascending order of the bounds that they meet; the last one is the plain rule, of the
lowest cost.
"""

from collections.abc import Mapping

import numpy as np

from fairlearnkit._data.columns import as_table
from fairlearnkit._optim.decision_path import ROUNDING, decision_path, front
from fairlearnkit._optim.decision_thresholds import (
    cheapest_cuts,
    cheapest_mixtures,
    group_cuts,
)
from fairlearnkit._optim.decisions import (
    JITTER,
    lowest,
    smallest_bound,
    tie_breakers,
)
from fairlearnkit._optim.strata import largest_gap

from ._split_rank import row_uniforms

# Rules that are kept for other bounds.
N_RULES = 50
# Bounds for which thresholds are found, from that of the plain rule to zero.
N_BOUNDS = 20
# Expected rates of several thresholds come from a linear program, and meet a bound up
# to its tolerance; shares of rows are no limit to them.
OF_MIXTURES = 1e-9
# Thresholds above and below all probabilities.
NOBODY, EVERYBODY = 1.0 + 1e-6, -1e-6
# Of the numbers that split ties, and of those that pick one of several thresholds.
TIES_SEED, PICK_SEED = 0, 1


def row_numbers(X, seed):
    """A number between 0 and 1 for each row of X, computed from the row alone."""
    if len(getattr(X, "shape", [0])) == 1 and all(
        isinstance(row, str | Mapping) for row in X
    ):  # texts and dicts, for a vectorizer
        rows = [row if isinstance(row, str) else repr(sorted(row.items())) for row in X]
        X = np.array(rows, dtype=object).reshape(-1, 1)
    return row_uniforms(as_table(X), seed)


def split_ties(proba, uniforms):
    """Probabilities of the second class, tied ones told apart by the row's number."""
    return proba + JITTER * (uniforms - 0.5)


def threshold_rules(problem, truth, proba, codes, max_gap):
    """Thresholds by group for `max_gap` and for bounds from the plain one to zero.

    Parameters
    ----------
    problem : DecisionProblem
        Of two classes; its only part has a cell for each stratum and group.
    truth : Rates
        Of the same rates, by true labels and groups.
    proba : ndarray of shape (n_samples,)
        Of the second class.
    codes : ndarray of shape (n_samples,)
        Groups; -1 for rows that follow the plain rule.
    max_gap : float
        A rule for exactly this bound is among them.

    Returns
    -------
    rules : dict
        See `_front`. Each rule is a pair of lists, the thresholds of each group and
        their shares.
    """
    cuts, base = _cuts(problem, truth, proba, codes)
    mixed = len(cuts[0].rates) > 1
    tolerance = np.full(len(truth.strata), OF_MIXTURES) if mixed else truth.tolerance
    plain_rates = truth.of(lowest(problem.costs))[:, None]
    plain_bound = float(smallest_bound(plain_rates, truth.strata, tolerance)[0])
    bounds = plain_bound * np.linspace(1.0, 0.0, N_BOUNDS + 1)[1:]
    if max_gap < plain_bound:
        bounds = np.append(bounds, max_gap)
    line = _threshold_line(problem, proba, codes)
    rules, measured, columns = [], [], [set() for _ in cuts]
    for bound in bounds:
        positions, shares, nu = (
            _mixture(cuts, bound, columns)
            if mixed
            else _single(cuts, line, bound, tolerance)
        )
        rules.append(([c.thresholds[p] for c, p in zip(cuts, positions)], shares))
        picked = [*zip(cuts, positions, shares)]
        cost = base + sum(float(c.cost[p] @ share) for c, p, share in picked)
        rates, plug_in = (
            np.stack([getattr(c, kind)[:, p] @ share for c, p, share in picked], 1)
            for kind in ("rates", "plug_in")
        )
        excess = _excess(problem, cost, plug_in.ravel(), nu)
        measured.append((cost, rates.ravel(), excess))
    without = ([np.zeros(0)] * len(cuts), [np.zeros(0)] * len(cuts))
    return _front(problem, truth, tolerance, rules, measured, without)


def _cuts(problem, truth, proba, codes):
    """Cuts of each group, and the cost of deciding nobody above them."""
    n_groups = int(codes.max()) + 1
    cuts = []
    for g in range(n_groups):
        rows = np.flatnonzero(codes == g)
        scores = split_ties(proba[rows], problem.uniforms[rows])
        excess = problem.costs[rows, 1] - problem.costs[rows, 0]
        excess *= problem.weight[rows]
        shares, plug_in = _group_shares(problem, truth, rows, slice(g, None, n_groups))
        cuts.append(group_cuts(scores, excess, shares, plug_in, (NOBODY, EVERYBODY)))
    unknown = codes < 0
    nobody = problem.costs[:, 0]
    plain = np.where(unknown, np.minimum(nobody, problem.costs[:, 1]), nobody)
    return cuts, float(problem.weight @ plain)


def _group_shares(problem, truth, rows, cells):
    """Shares of a group's rows in its cell of each stratum, shape (n_strata, n_rows).

    By true labels, and by memberships; the same array if they are the same.
    """
    means = truth.parts[0][1].tocsr()[cells]
    shares = np.zeros((means.shape[0], len(rows)))
    for share, first, last in zip(shares, means.indptr, means.indptr[1:]):
        some = slice(first, last)
        share[np.searchsorted(rows, means.indices[some])] = means.data[some]
    plug_in = problem.parts[0][1][rows][:, cells].toarray().T * problem.weight[rows]
    same = np.allclose(plug_in, shares, rtol=1e-12)
    return shares, shares if same else plug_in


def _threshold_line(problem, proba, codes):
    """r_1 - r_0 and m / pi of each group's first cell at the probabilities 0 and 1.

    Both are linear in the probability of the second class.

    Returns
    -------
    values : ndarray of shape (n_groups, 2, 2)
    """
    values = []
    for g in range(int(codes.max()) + 1):
        rows = np.flatnonzero(codes == g)
        ends = rows[[proba[rows].argmin(), proba[rows].argmax()]]
        x = proba[ends]
        excess = problem.costs[ends, 1] - problem.costs[ends, 0]
        cell = problem.parts[0][1][ends][:, [g]].toarray().ravel()
        rise = max(float(np.ptp(x)), np.finfo(np.float64).tiny)
        slopes = np.array([excess[1] - excess[0], cell[1] - cell[0]]) / rise
        at_zero = np.array([excess[0], cell[0]]) - slopes * x[0]
        values.append(np.stack([at_zero, at_zero + slopes], axis=1))
    return np.array(values)


def _mixture(cuts, bound, columns):
    """Cuts of each group, their shares, and multipliers that certify them."""
    positions, shares, nu = cheapest_mixtures(cuts, bound, columns)
    return positions, shares, nu.ravel()


def _single(cuts, line, bound, tolerance):
    """A single cut of each group, its share of 1, and multipliers that certify it."""
    chosen = cheapest_cuts(cuts, bound, tolerance)
    at = np.array([c.thresholds[position] for c, position in zip(cuts, chosen)])
    # At a group's threshold both classes cost the same: r_1 - r_0 + nu m / pi = 0.
    excess, cell = (line[:, :, 0] + at[:, None] * np.diff(line, axis=2)[:, :, 0]).T
    nu = -excess / np.maximum(cell, np.finfo(np.float64).tiny)
    return list(chosen[:, None]), [np.ones(1)] * len(cuts), nu


def multiplier_rules(problem, truth, max_gap):
    """Multipliers for all bounds.

    Parameters
    ----------
    problem : DecisionProblem
    truth : Rates
        Of the same rates, by true labels and groups.
    max_gap : float
        The cheapest rule for this bound is among those that are kept.

    Returns
    -------
    rules : dict
        See `_front`. Each rule is an array of shape (n_rates,), or the position of a
        class that is decided for every row.
    """
    path = decision_path(problem, truth)
    bounds = np.linspace(path.bound[0], path.bound[-1], N_RULES)
    bounds = np.append(bounds, max_gap)
    kept = np.unique(np.searchsorted(path.bound, bounds + ROUNDING, side="right") - 1)
    multipliers = path.multipliers[np.maximum(kept, 0)]
    measured = []
    for nu in multipliers:
        decided = problem.decide(nu)
        cost = problem.cost(decided)
        plug_in = problem.rates(decided)
        measured.append((cost, truth.of(decided), _excess(problem, cost, plug_in, nu)))
    constant, of_constant = _constant(problem, truth, multipliers[0])
    rules, measured = [*multipliers, constant], [*measured, of_constant]
    plain = np.zeros(len(truth.strata))
    return _front(problem, truth, truth.tolerance, rules, measured, plain)


def _constant(problem, truth, nu):
    """The cheapest class to decide for every row, which leaves no gap at all."""
    costs = problem.weight @ problem.costs
    k = int(costs.argmin())
    rates = truth.of(np.full(len(problem.weight), k))
    excess = max(float(costs[k]) - problem.dual_value(nu, 0.0), 0.0)
    return k, (float(costs[k]), rates, excess)


def _excess(problem, cost, plug_in, nu):
    """By how much a rule of the same gap by memberships may be cheaper, at most."""
    gap = largest_gap(plug_in, problem.strata)
    return max(cost - problem.dual_value(nu, gap), 0.0)


def _front(problem, truth, tolerance, rules, measured, without):
    """Rules that no other beats in bound and cost, the plain one last.

    Returns
    -------
    rules : dict
        ``rule``, ``bound``, ``cost``, ``gap``, ``duality_gap`` and ``rates`` by rule,
        in ascending order of the bounds that they meet up to the tolerance of the
        rates; the plain rule is given as `without`.
    """
    plain = lowest(problem.costs)
    plain_cost, plain_rates = problem.cost(plain), truth.of(plain)
    rates = np.array([*(rates for _, rates, _ in measured), plain_rates])
    bound = smallest_bound(rates.T, truth.strata, tolerance)
    cost = np.array([*(cost for cost, _, _ in measured), plain_cost])
    excess = np.array([*(excess for _, _, excess in measured), 0.0])
    last = len(rules)
    order = [i for i in front(bound, cost) if bound[i] < bound[last] - ROUNDING]
    order.append(last)
    return {
        "rule": [[*rules, without][i] for i in order],
        "bound": bound[order],
        "cost": cost[order],
        "gap": np.array([largest_gap(r, truth.strata) for r in rates[order]]),
        "duality_gap": excess[order],
        "rates": rates[order],
    }


def choose(rules, max_gap):
    """Position of the cheapest rule that meets a bound."""
    met = np.searchsorted(rules["bound"], max_gap + ROUNDING, side="right")
    return max(int(met) - 1, 0)


def confidence_bound(rates, strata, counts, confidence):
    r"""Bound on the gap of new rows, of a rule whose thresholds were chosen freely.

    With n_c rows in cell c, all thresholds at once have a rate within

    .. math:: \epsilon_c = \sqrt{\log(2 n_\text{cells} / \delta) / (2 n_c)}

    of the true one, with probability 1 - delta for all cells (Massart, The tight
    constant in the Dvoretzky-Kiefer-Wolfowitz inequality, 1990), so that the gap is at
    most the largest difference of rates of a stratum plus both epsilons.
    """
    epsilon = np.sqrt(np.log(2.0 * len(counts) / (1.0 - confidence)) / (2.0 * counts))
    upper, lower = rates + epsilon, rates - epsilon
    # Of a cell and itself, too, which is below that of two cells unless G = 1.
    widest = [
        upper[strata == s][:, None] - lower[strata == s] for s in np.unique(strata)
    ]
    return max(float((w - np.diag(np.full(len(w), np.inf))).max()) for w in widest)


def named_thresholds(labels, rule, plain, *, flip):
    """Thresholds by group, on the probability of the second class, or of the first.

    Parameters
    ----------
    labels : list
        Of the groups.
    rule : tuple of list
        Thresholds of each group and their shares; empty for the plain rule.
    plain : float
        The threshold of the plain rule.
    flip : bool
        Give the threshold on the probability of the first class.

    Returns
    -------
    named : dict
        A float for each label, or a list of pairs (threshold, share).
    """
    named = {}
    for label, cuts, shares in zip(labels, *rule):
        if not len(cuts):
            cuts, shares = np.full(1, plain), np.ones(1)
        cuts = 1.0 - cuts if flip else cuts
        pairs = [*zip(cuts.tolist(), shares.tolist())]
        named[label] = pairs[0][0] if len(pairs) == 1 else pairs
    return named


def threshold_margins(proba, codes, thresholds, shares, plain, numbers):
    """Scores of rows less the threshold of each, which a row may pick by its number.

    Parameters
    ----------
    proba : ndarray of shape (n_samples,)
        Of the second class.
    codes : ndarray of shape (n_samples,)
        Groups; -1 for rows that follow the plain rule.
    thresholds, shares : list of ndarray
        Of each group.
    plain : ndarray of shape (n_samples,)
        Margins of the plain rule.
    numbers : callable
        ``numbers(rows, seed)`` gives the numbers of some rows.
    """
    margins = plain.copy()
    for g, (cuts, weights) in enumerate(zip(thresholds, shares)):
        rows = np.flatnonzero(codes == g)
        cut = cuts[0]
        if len(cuts) > 1 and len(rows):
            ends = np.cumsum(weights)[:-1]
            cut = cuts[np.searchsorted(ends, numbers(rows, PICK_SEED), side="right")]
        margins[rows] = proba[rows] - cut
    near = np.flatnonzero((np.abs(margins) < JITTER) & (codes >= 0))
    if len(near):
        margins[near] += split_ties(0.0, numbers(near, TIES_SEED))
    return margins


def split_near_ties(costs, spread, numbers):
    """Add to the lowest costs of rows, in place, what tells tied classes apart.

    Parameters
    ----------
    costs : ndarray of shape (n_samples, n_classes)
        Shifted costs.
    spread : float
        Spread of the costs in fit.
    numbers : callable
        As in `threshold_margins`.
    """
    lowest_two = np.partition(costs, 1, axis=1)[:, :2]
    near = np.flatnonzero(lowest_two[:, 1] - lowest_two[:, 0] < 2.0 * JITTER * spread)
    if len(near):
        some = numbers(near, TIES_SEED)
        costs[near] += tie_breakers(some, costs[near], spread)
