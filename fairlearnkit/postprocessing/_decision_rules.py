"""Decision rules for all bounds, from calibration rows.

Each rule that is a candidate is measured by its cost and by the bound that its rates
meet; of these, the ones that no other beats in both are kept. What a rule consists of,
and how it decides new rows, is described in ``_rules``.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fairlearnkit._optim.decision_path import ROUNDING, decision_path, front
from fairlearnkit._optim.decision_thresholds import (
    cheapest_cuts,
    cheapest_mixtures,
    group_cuts,
)
from fairlearnkit._optim.decisions import lowest, smallest_bound
from fairlearnkit._optim.strata import largest_gap, split_strata

from ._ties import split_ties

# Rules that are kept for other bounds.
N_RULES = 50
# Bounds for which thresholds are found, from that of the plain rule to zero.
N_BOUNDS = 20
# Expected rates of several thresholds come from a linear program, and meet a bound up
# to its tolerance; shares of rows are no limit to them.
OF_MIXTURES = 1e-9
# Thresholds above and below all probabilities.
NOBODY, EVERYBODY = 1.0 + 1e-6, -1e-6


class Measured(NamedTuple):
    """A rule, and what it does to the calibration rows.

    Parameters
    ----------
    rule : object
        See ``_rules``.
    cost : float
        By probabilities.
    rates : ndarray of shape (n_rates,)
        By true labels and groups; expected rates of several thresholds.
    duality_gap : float
        By how much a rule of the same gap by memberships may be cheaper, at most.
    """

    rule: Any
    cost: float
    rates: np.ndarray
    duality_gap: float


@dataclass(frozen=True, eq=False)
class RuleFront:
    """The rules that no other beats in bound and cost, the plain one last.

    Parameters
    ----------
    rules : list
        See ``_rules``.
    bound : ndarray of shape (n_rules,)
        The smallest bound that a rule meets up to the tolerance of its rates, in
        ascending order.
    cost, gap, duality_gap : ndarray of shape (n_rules,)
        Cost, in descending order; largest difference of rates; see `Measured`.
    rates : ndarray of shape (n_rules, n_rates)
    strata : ndarray of shape (n_rates,), intp
        Rates with the same number are compared.
    """

    rules: list
    bound: np.ndarray
    cost: np.ndarray
    gap: np.ndarray
    duality_gap: np.ndarray
    rates: np.ndarray
    strata: np.ndarray

    @classmethod
    def of(cls, measured, problem, truth, tolerance):
        """The front of measured rules and the plain rule.

        The plain rule is the last one even if others cost the same.
        """
        plain = lowest(problem.costs)
        plain = Measured(None, problem.cost(plain), truth.of(plain), 0.0)
        rules, *columns = zip(*measured, plain)
        cost, rates, duality_gap = map(np.array, columns)
        bound = smallest_bound(rates.T, truth.strata, tolerance)
        last = len(rules) - 1
        order = [i for i in front(bound, cost) if bound[i] < bound[last] - ROUNDING]
        order.append(last)
        return cls(
            rules=[rules[i] for i in order],
            bound=bound[order],
            cost=cost[order],
            gap=np.array([largest_gap(r, truth.strata) for r in rates[order]]),
            duality_gap=duality_gap[order],
            rates=rates[order],
            strata=truth.strata,
        )

    def cheapest(self, max_gap):
        """Position of the cheapest rule that meets a bound, see `cheapest`."""
        return int(cheapest(self.bound, max_gap))


def cheapest(bounds_met, max_gap):
    """Position of the last rule that meets a bound, of rules in ascending order.

    Parameters
    ----------
    bounds_met : ndarray of shape (n_rules,)
        In ascending order; costs are then in descending order.
    max_gap : float or ndarray
        The bound, or several.

    Returns
    -------
    positions : intp or ndarray of intp
        0 where no rule meets the bound.
    """
    met = np.searchsorted(bounds_met, max_gap + ROUNDING, side="right")
    return np.maximum(met - 1, 0)


def threshold_rules(problem, truth, proba, codes, max_gap, spans=None):
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
    spans : ndarray of shape (2, n_samples), default=None
        Lowest and highest score of the rows that each one stands for.

    Returns
    -------
    front : RuleFront
    """
    cuts, base = _cuts(problem, truth, proba, codes, spans)
    mixed = len(cuts[0].rates) > 1
    tolerance = np.full(len(truth.strata), OF_MIXTURES) if mixed else truth.tolerance
    plain_rates = truth.of(lowest(problem.costs))[:, None]
    plain_bound = float(smallest_bound(plain_rates, truth.strata, tolerance)[0])
    bounds = plain_bound * np.linspace(1.0, 0.0, N_BOUNDS + 1)[1:]
    if max_gap < plain_bound:
        bounds = np.append(bounds, max_gap)
    line = _threshold_line(problem, proba, codes)
    measured, columns = [], [set() for _ in cuts]
    for bound in bounds:
        if mixed:
            positions, shares, nu = cheapest_mixtures(cuts, bound, columns)
        else:
            positions, shares, nu = _single(cuts, line, bound, tolerance)
        picked = [*zip(cuts, positions, shares)]
        thresholds = [c.thresholds[p] for c, p, _ in picked]
        cost = base + sum(float(c.cost[p] @ share) for c, p, share in picked)
        rates, plug_in = (
            np.stack([getattr(c, kind)[:, p] @ share for c, p, share in picked], 1)
            for kind in ("rates", "plug_in")
        )
        excess = _excess(problem, cost, plug_in.ravel(), nu.ravel())
        rule = thresholds, shares
        measured.append(Measured(rule, cost, rates.ravel(), excess))
    return RuleFront.of(measured, problem, truth, tolerance)


def _cuts(problem, truth, proba, codes, spans):
    """Cuts of each group, and the cost that theirs are added to.

    This is the cost of deciding the first class for all rows of the groups, and the
    cheaper class for each of the other rows.
    """
    n_groups = int(codes.max()) + 1
    cuts = []
    for g in range(n_groups):
        rows = np.flatnonzero(codes == g)
        lowest_of = scores = split_ties(proba[rows], problem.uniforms[rows])
        if spans is not None:
            lowest_of, scores = spans[:, rows]
        excess = problem.costs[rows, 1] - problem.costs[rows, 0]
        excess *= problem.weight[rows]
        shares, plug_in = _group_shares(problem, truth, rows, slice(g, None, n_groups))
        ends = NOBODY, EVERYBODY
        cuts.append(group_cuts(scores, excess, shares, plug_in, ends, lowest_of))
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
    front : RuleFront
    """
    path = decision_path(problem, truth)
    bounds = np.linspace(path.bound[0], path.bound[-1], N_RULES)
    kept = np.unique(cheapest(path.bound, np.append(bounds, max_gap)))
    measured = []
    for nu in path.multipliers[kept]:
        decided = problem.decide(nu)
        cost = problem.cost(decided)
        excess = _excess(problem, cost, problem.rates(decided), nu)
        measured.append(Measured(nu, cost, truth.of(decided), excess))
    measured.append(_constant(problem, truth, path.multipliers[0]))
    return RuleFront.of(measured, problem, truth, truth.tolerance)


def _constant(problem, truth, nu):
    """The cheapest class to decide for every row, which leaves no gap at all."""
    costs = problem.weight @ problem.costs
    k = int(costs.argmin())
    cost = float(costs[k])
    excess = max(cost - problem.dual_value(nu, 0.0), 0.0)
    return Measured(k, cost, truth.of(np.full(len(problem.weight), k)), excess)


def _excess(problem, cost, plug_in, nu):
    """By how much a rule of the same gap by memberships may be cheaper, at most."""
    gap = largest_gap(plug_in, problem.strata)
    return max(cost - problem.dual_value(nu, gap), 0.0)


def confidence_bound(rates, strata, counts, confidence):
    r"""Bound on the gap of new rows, of a rule whose thresholds were chosen freely.

    With n_c rows in cell c, all thresholds at once have a rate within

    .. math:: \epsilon_c = \sqrt{\log(2 n_\text{cells} / \delta) / (2 n_c)}

    of the true one, with probability 1 - delta for all cells (Massart, The tight
    constant in the Dvoretzky-Kiefer-Wolfowitz inequality, 1990), so that the gap is at
    most the largest difference of rates of a stratum plus both epsilons.
    """
    epsilon = np.sqrt(np.log(2.0 * len(counts) / (1.0 - confidence)) / (2.0 * counts))
    bound = -np.inf
    for cells in split_strata(strata)[0]:
        differences = (rates + epsilon)[cells, None] - (rates - epsilon)[cells]
        np.fill_diagonal(differences, -np.inf)  # a cell and itself are not compared
        bound = max(bound, float(differences.max()))
    return bound
