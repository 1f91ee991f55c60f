r"""Decisions under a bound on rates: the program, and what its rules do.

Row i has a weight w_i, the cost r_ik of deciding class k, and a membership m_ci in each
cell c: 1 or 0 where cells are known, a probability where they are inferred. Rate j is
the share decided k_j in cell c_j, and rates of one stratum are compared:

.. math:: \min_d \sum_i w_i \sum_k d_{ik} r_{ik} \quad \text{s.t.} \quad
          \Big| \sum_i w_i \big(\tfrac{m_{ai}}{\pi_a} - \tfrac{m_{bi}}{\pi_b}\big)
          d_{ik} \Big| \le \text{bound}, \quad \pi_c = \sum_i w_i m_{ci}

with d_i in the simplex, the weights of sum 1, and a, b two cells of a stratum. With a
multiplier nu_j for each rate, which sum to zero in each stratum, the best rule decides

.. math:: k_i = \arg\min_k \; z_{ik}, \qquad
          z_{ik} = r_{ik} + \sum_{j : k_j = k} \nu_j \, m_{c_j i} / \pi_{c_j}

(Hardt, Price, Srebro, NeurIPS 2016; Chzhen et al., NeurIPS 2019; Denis et al., JMLR
2024). Memberships and probabilities are estimates. Which multipliers to take is
therefore decided by the rates of true labels and groups, the `Rates` of a rule.
"""

from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import pairwise

import numpy as np
from scipy import sparse

from fairlearnkit._optim.strata import center_strata, largest_gap, split_strata

# Ties are split by the row's number times this, relative to the spread of the costs: a
# million tied rows are then 1e-14 apart, fifty times the rounding of a cost. Ten times
# as much would move costs by 1e-7 instead of 1e-8.
JITTER = 1e-8
# Multipliers of the row's number that give each class one of its own, modulo 1.
SCRAMBLE = 7919.0


@dataclass(frozen=True, eq=False)
class Rates:
    """Shares of decisions in cells that are compared.

    Parameters
    ----------
    parts : tuple of (int, {ndarray, sparse array} of shape (n_cells, n_samples))
        A class k, and for each cell the weights of its rows, of sum 1: the share
        decided k is their sum over the rows that are decided k.
    strata : ndarray of shape (n_rates,), intp
        Rates with the same number are compared. Rates are in the order of the parts.
    """

    parts: tuple
    strata: np.ndarray

    def of(self, decided):
        """Rates of decided classes of shape (n_samples,)."""
        shares = [means @ (decided == k).astype(np.float64) for k, means in self.parts]
        return np.concatenate(shares)

    def gap(self, decided):
        """Largest difference between two rates that are compared."""
        return largest_gap(self.of(decided), self.strata)

    def bound(self, decided):
        """The smallest bound that these decisions meet, see `smallest_bound`."""
        rates = self.of(decided)[:, None]
        return float(smallest_bound(rates, self.strata, self.tolerance)[0])

    def changes(self, rows, moves):
        """Changes of the rates if decisions of rows change, of shape (n_rates, n_rows).

        Parameters
        ----------
        rows : ndarray of int of shape (n_rows,)
        moves : ndarray of shape (2, n_rows)
            The class before and the class after.
        """
        changes = []
        for k, means in self.parts:
            columns = means[:, rows]
            columns = columns.toarray() if sparse.issparse(columns) else columns
            changes.append(columns * ((moves[1] == k) - 1.0 * (moves[0] == k)))
        return np.concatenate(changes)

    @cached_property
    def tolerance(self):
        """Half of the largest share of a row in each cell, of shape (n_rates,).

        Decisions of whole rows can come that close to any rate, and no closer.
        """
        shares = [means.max(axis=1) for _, means in self.parts]
        dense = [s.toarray().ravel() if sparse.issparse(s) else s for s in shares]
        return 0.5 * np.concatenate(dense)


def smallest_bound(rates, strata, tolerance):
    r"""The smallest bound that rates meet if each may be off by its tolerance.

    .. math:: \max_{a, b} \; (r_a - t_a) - (r_b + t_b)

    over the cells a, b of a stratum, or zero if that is negative.

    Parameters
    ----------
    rates : ndarray of shape (n_rates, n)
        Rates of n rules, one in each column.
    strata : ndarray of shape (n_rates,), intp
    tolerance : ndarray of shape (n_rates,)

    Returns
    -------
    bound : ndarray of shape (n,)
    """
    bound = np.zeros(rates.shape[1])
    for part in split_strata(strata)[0]:
        r, t = rates[part], tolerance[part, None]
        bound = np.maximum(bound, (r - t).max(axis=0) - (r + t).min(axis=0))
    return bound


@dataclass(frozen=True, eq=False)
class DecisionProblem:
    """Costs and memberships of rows, whatever the bound.

    Parameters
    ----------
    costs : ndarray of shape (n_samples, n_classes)
        r_ik.
    weight : ndarray of shape (n_samples,)
        w_i, of sum 1.
    parts : tuple of (int, {ndarray, CSR} of shape (n_samples, n_cells))
        A class k whose rates are compared, and m_ci / pi_c of the cells. Parts may
        share an array.
    strata : ndarray of shape (n_rates,), intp
        As in `Rates`.
    uniforms : ndarray of shape (n_samples,)
        A number between 0 and 1 for each row, the same for equal rows, which splits
        ties.
    """

    costs: np.ndarray
    weight: np.ndarray
    parts: tuple
    strata: np.ndarray
    uniforms: np.ndarray

    def shifts(self, multipliers):
        """Sum_j nu_j m_ji / pi_j by class, of shape (n_samples, n_classes)."""
        shifts = np.zeros_like(self.costs)
        for (k, cells), own in zip(self.parts, self.slices):
            shifts[:, k] += cells @ multipliers[own]
        return shifts

    def shifted(self, multipliers):
        """Shifted costs z, in which no ties are left."""
        return self._untied + self.shifts(multipliers)

    def decide(self, multipliers):
        """Classes of the lowest shifted costs."""
        return lowest(self.shifted(multipliers))

    def rates(self, decided):
        """Rates by the memberships, of shape (n_rates,)."""
        shares = [cells.T @ (self.weight * (decided == k)) for k, cells in self.parts]
        return np.concatenate(shares)

    def cost(self, decided):
        """Sum_i w_i r_i,k of decided classes k."""
        if self.costs.shape[1] == 2:
            return float(self.weight @ np.where(decided, *self.costs.T[::-1]))
        return float(self.weight @ self.costs[np.arange(len(decided)), decided])

    def take(self, rows):
        """The problem of some rows, with weights of sum 1 and dense cells of mean 1."""
        weight = self.weight[rows] / self.weight[rows].sum()
        cells = {}
        for _, of_all in self.parts:
            some = of_all[rows]
            some = some.toarray() if sparse.issparse(some) else some
            cells[id(of_all)] = some / np.maximum(weight @ some, np.finfo(float).tiny)
        parts = tuple((k, cells[id(of_all)]) for k, of_all in self.parts)
        return DecisionProblem(
            self.costs[rows], weight, parts, self.strata, self.uniforms[rows]
        )

    def dual_value(self, multipliers, bound):
        r"""Lower bound on the cost of every rule whose rates keep the bound.

        .. math:: \sum_i w_i \min_k z_{ik} - \text{bound} \sum_j \max(\nu_j, 0)

        for any multipliers, which are centred first so that they sum to zero in each
        stratum. Here z has no jitter.
        """
        nu = center_strata(multipliers, self.strata)
        low = lowest_cost(self.costs + self.shifts(nu))
        penalty = bound * np.maximum(nu, 0.0).sum() if nu.any() else 0.0
        return float(self.weight @ low) - penalty

    @cached_property
    def slices(self):
        """Positions of the rates of each part, among all."""
        ends = np.cumsum([0] + [cells.shape[1] for _, cells in self.parts])
        return [slice(*pair) for pair in pairwise(ends)]

    @cached_property
    def _untied(self):
        return self.costs + tie_breakers(self.uniforms, self.costs)


def tie_breakers(uniforms, costs, spread=None):
    """What is added to costs so that no classes of a row are tied; shape of `costs`.

    Rows with the same costs get different tie-breakers, so that multipliers that
    balance their classes divide them instead of deciding all of them alike.

    Parameters
    ----------
    uniforms : ndarray of shape (n_samples,)
        A number between 0 and 1 for each row.
    costs : ndarray of shape (n_samples, n_classes)
        Costs of the rows.
    spread : float, default=None
        Spread of the costs in fit; None takes that of these costs.
    """
    spread = np.ptp(costs) if spread is None else spread
    classes = np.arange(costs.shape[1])
    return JITTER * spread * ((uniforms[:, None] * SCRAMBLE**classes) % 1.0 - 0.5)


def lowest(costs):
    """Position of the lowest cost in each row, the first one of equal costs."""
    if costs.shape[1] == 2:  # ten times as fast as argmin
        return (costs[:, 1] < costs[:, 0]).astype(np.intp)
    return costs.argmin(axis=1)


def lowest_cost(costs):
    """Lowest cost of each row; numpy's min over a short axis is ten times slower."""
    return reduce(np.minimum, costs.T)
