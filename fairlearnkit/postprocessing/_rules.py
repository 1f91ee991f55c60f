"""Fitted decision rules: how they decide new rows, and what they are called.

A class of this module holds what all rules of a fit have in common. The rules
themselves are plain data:

- None, the plain rule: the class of the lowest expected cost, without a shift;
- for `ThresholdRules` a pair of lists, with an array for each group: its thresholds,
  and the share of its rows that pick each of them;
- for `MultiplierRules` an array with a multiplier for each rate, or an int, the
  position of the class that is decided for every row.
"""

from dataclasses import dataclass

import numpy as np

from fairlearnkit._models.constraint import named_multipliers
from fairlearnkit._optim.decisions import JITTER
from fairlearnkit.utils._sklearn_private import _safe_indexing

from ._costs import costs_of, margins, plain_threshold
from ._memberships import block_memberships, part_cells
from ._ties import PICK_SEED, TIES_SEED, row_numbers, split_near_ties, split_ties


@dataclass(frozen=True, eq=False)
class NewRows:
    """Rows to decide.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    proba : ndarray of shape (n_samples, n_classes)
        P(y | x) by the inner model.
    labels : list of ndarray
        Group labels of each partition (see ``_compared.partitions``).
    codes : list of ndarray of shape (n_samples,), or None
        Groups in each partition, -1 for none; None where they are inferred.
    group_estimators : list of estimator, or None
        They infer the groups of each block.
    """

    X: object
    proba: np.ndarray
    labels: list
    codes: list | None
    group_estimators: list | None

    def numbers(self, positions, seed):
        """The numbers of the rows at some positions, see `row_numbers`."""
        return row_numbers(_safe_indexing(self.X, positions), seed)

    def memberships(self, blocks):
        """Memberships of the rows in the groups of each block."""
        known = self.codes, self.labels
        return block_memberships(blocks, *known, self.group_estimators, self.X)


@dataclass(frozen=True, eq=False)
class ThresholdRules:
    """Thresholds by group on the probability of the second of two classes.

    Parameters
    ----------
    cost : ndarray of shape (2, 2)
        See ``cost_matrix``.
    """

    cost: np.ndarray

    def margins(self, rule, new):
        """Probability of the second class less the threshold of each row.

        1. Rows of no known group are decided by the plain rule.
        2. Where its group has several thresholds, a row picks one by its number.
        3. Rows at a threshold are told apart as in fit, by another number.

        Parameters
        ----------
        rule : tuple of list, or None
        new : NewRows
            Of one partition.

        Returns
        -------
        margins : ndarray of shape (n_samples,)
            The second class is decided where they are positive.
        """
        above = margins(costs_of(new.proba, self.cost), self.cost)
        if rule is None:
            return above
        codes, proba = new.codes[0], new.proba[:, 1]
        for g, (thresholds, shares) in enumerate(zip(*rule)):
            rows = np.flatnonzero(codes == g)
            threshold = thresholds[0]
            if len(thresholds) > 1 and len(rows):
                ends = np.cumsum(shares)[:-1]
                picks = new.numbers(rows, PICK_SEED)
                threshold = thresholds[np.searchsorted(ends, picks, side="right")]
            above[rows] = proba[rows] - threshold
        near = np.flatnonzero((np.abs(above) < JITTER) & (codes >= 0))
        if len(near):
            above[near] += split_ties(0.0, new.numbers(near, TIES_SEED))
        return above

    def named(self, rule, labels, *, of_first):
        """Threshold of each group, or a list of pairs (threshold, share).

        Parameters
        ----------
        rule : tuple of list, or None
        labels : list
            Of the groups.
        of_first : bool
            Give thresholds on the probability of the first class, not the second.
        """
        if rule is None:
            plain = np.array([plain_threshold(self.cost)])
            rule = [plain] * len(labels), [np.ones(1)] * len(labels)
        named = {}
        for label, thresholds, shares in zip(labels, *rule):
            thresholds = 1.0 - thresholds if of_first else thresholds
            pairs = [*zip(thresholds.tolist(), shares.tolist())]
            named[label] = pairs[0][0] if len(pairs) == 1 else pairs
        return named


@dataclass(frozen=True, eq=False)
class Part:
    """The rates of one class.

    Parameters
    ----------
    decision : int
        Position of the class.
    blocks : list of int
        Positions of the blocks whose groups are its cells.
    shares : ndarray of shape (n_cells,)
        pi_c, the mean membership of the calibration rows.
    names : dict of str to int
        Position of each multiplier that has a name, see `named_positions`.
    """

    decision: int
    blocks: list
    shares: np.ndarray
    names: dict


def named_positions(contrasts):
    """Which multipliers of the cells of contrasts are named, and how."""
    positions = np.arange(len(contrasts.cells))
    named = named_multipliers(contrasts, positions)
    return {name: int(position) for name, position in named.items()}


@dataclass(frozen=True, eq=False)
class MultiplierRules:
    """Multipliers of rates, by which the costs of decisions are shifted.

    Parameters
    ----------
    cost : ndarray of shape (n_classes, n_classes)
        See ``cost_matrix``.
    spread : float
        Spread of the expected costs in fit, the unit of the tie-breakers.
    blocks : list of tuple
        See ``blocks_of``.
    parts : list of Part
        Multipliers are in their order.
    """

    cost: np.ndarray
    spread: float
    blocks: list
    parts: list

    def margins(self, rule, new):
        r"""Values of ``decision_function``, from shifted costs.

        .. math:: z_k = r_k + \sum_{j : k_j = k} \nu_j m_j / \pi_j

        Parameters
        ----------
        rule : ndarray of shape (n_rates,), int, or None
        new : NewRows

        Returns
        -------
        margins : ndarray of shape (n_samples,) or (n_samples, n_classes)
            See ``_costs.margins``.
        """
        costs = costs_of(new.proba, self.cost)
        if rule is None:
            return margins(costs, self.cost)
        if isinstance(rule, int):
            benefits = np.broadcast_to(np.eye(costs.shape[1])[rule], costs.shape)
            return margins(-benefits, self.cost)
        shifted, of_blocks = costs.copy(), new.memberships(self.blocks)
        for part, nu in zip(self.parts, self._by_part(rule)):
            cells = part_cells(part.blocks, self.blocks, new.proba, of_blocks)
            shifted[:, part.decision] += cells @ (nu / part.shares)
        split_near_ties(shifted, self.spread, new.numbers)
        return margins(shifted, self.cost)

    def named(self, rule, classes):
        """Multipliers by cell; for more than two classes a dict of them for each.

        Parameters
        ----------
        rule : ndarray of shape (n_rates,), int, or None
            Multipliers of the plain rule are zero; those of a class that is decided for
            every row are NaN.
        classes : ndarray of shape (n_classes,)
            Sorted labels.
        """
        if rule is None or isinstance(rule, int):
            n_rates = sum(len(part.shares) for part in self.parts)
            rule = np.full(n_rates, 0.0 if rule is None else np.nan)
        named = [
            {name: float(nu[j]) for name, j in part.names.items()}
            for part, nu in zip(self.parts, self._by_part(rule))
        ]
        labels = classes[[part.decision for part in self.parts]].tolist()
        return named[0] if len(classes) == 2 else dict(zip(labels, named))

    def _by_part(self, multipliers):
        """The multipliers of each part."""
        ends = np.cumsum([len(part.shares) for part in self.parts])
        return np.split(multipliers, ends[:-1])
