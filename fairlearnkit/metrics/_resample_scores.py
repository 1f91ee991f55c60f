"""The bootstrap of means, errors and distances: rows drawn with replacement."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.utils import check_random_state

from fairlearnkit._transport.distributions import run_ends


@dataclass(frozen=True, eq=False)
class SortedRows:
    """Rows sorted by group, and by prediction within each group.

    Rows of no group and of weight zero are left out. A resample is the same rows with
    other weights, so that nothing has to be sorted again.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), int
        Group of each row.
    values : ndarray of shape (n_rows,)
        Predictions.
    terms : ndarray of shape (n_rows, 6)
        What is summed: 1, f, y, f - y, |f - y| and (f - y)^2; 0 without y.
    weight : ndarray of shape (n_rows,)
        Weights.
    """

    codes: np.ndarray
    values: np.ndarray
    terms: np.ndarray
    weight: np.ndarray

    @classmethod
    def read(cls, y_true, y_pred, groups, weight):
        """Sort the rows.

        Parameters
        ----------
        y_true : ndarray of shape (n_samples,) or None
            Target.
        y_pred : ndarray of shape (n_samples,)
            Predictions.
        groups : Groups
            Groups of the rows, each with some row of positive weight.
        weight : ndarray of shape (n_samples,) or None
            Weights.

        Returns
        -------
        rows : SortedRows
        """
        weight = np.ones(len(y_pred)) if weight is None else weight
        order = np.lexsort((y_pred, groups.codes))
        order = order[(groups.codes[order] >= 0) & (weight[order] > 0)]
        f, y = y_pred[order], None if y_true is None else y_true[order]
        return cls(groups.codes[order], f, sum_terms(y, f), weight[order])

    @cached_property
    def first(self):
        """Position of the first row of each group."""
        return np.flatnonzero(np.append(True, np.diff(self.codes) > 0))

    @cached_property
    def by_value(self):
        """Positions in the order of the predictions of all groups."""
        return np.argsort(self.values, kind="stable")

    @cached_property
    def runs(self):
        """First and last position among equal predictions, for each row."""
        last = run_ends(self.values[self.by_value])
        run = np.cumsum(last) - last  # number of the run of each position
        ends = np.flatnonzero(last)
        starts = np.append(0, ends[:-1] + 1)
        rank = np.empty(len(self.values), dtype=np.intp)
        rank[self.by_value] = np.arange(len(rank))
        return starts[run][rank], ends[run][rank]

    def sums(self, weight):
        """Weighted sums of the terms in each group, of shape (n_groups, 6)."""
        return np.add.reduceat(weight[:, None] * self.terms, self.first, axis=0)

    def distances(self, weight, compared=None):
        r"""Kolmogorov-Smirnov distances of groups, for some weights of the rows.

        1. The distribution function :math:`F_g` of each row's own group, at the row and
           just before it. Where rows are equal, those of the last and of the first are
           the right ones; the others are between them, and change no maximum.
        2. The largest distance between two groups, as in `kolmogorov_smirnov`.
        3. With :math:`F` that of all rows and p the share of the group,
           :math:`F_g - F = (1 - p) (F_g - F_{rest})`. :math:`F_g - F` is largest at a
           row of the group, and least just before one.

        Parameters
        ----------
        weight : ndarray of shape (n_rows,)
            Weights.
        compared : ndarray of shape (n_groups,), bool, default=None
            Groups among which the largest distance is looked for; None for all.

        Returns
        -------
        largest : float
        to_rest : ndarray of shape (n_groups,)
            NaN for a group without weight, and then `largest` is, too.
        """
        # Step 1.
        total = np.add.reduceat(weight, self.first)
        up_to = np.cumsum(weight)
        base = np.append(0.0, up_to[self.first[1:] - 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (up_to - base[self.codes]) / total[self.codes]
            before = at - weight / total[self.codes]
        # Step 2.
        largest = self._largest(at, before, compared)
        # Step 3.
        in_order = np.append(0.0, np.cumsum(weight[self.by_value])) / weight.sum()
        start, end = self.runs
        above = np.maximum(at - in_order[end + 1], in_order[start] - before)
        rest = 1.0 - total / weight.sum()
        rest[rest <= 0] = np.nan  # of a resample that holds one group only
        return largest, np.maximum.reduceat(above, self.first) / rest

    def _largest(self, at, before, compared):
        order = self.by_value
        if compared is not None:
            order = order[compared[self.codes[order]]]
        last = run_ends(self.values[order])
        highest = np.maximum.accumulate(at[order])
        lowest = np.append(before[order], 1.0)[::-1]
        lowest = np.minimum.accumulate(lowest)[::-1]
        return (highest - lowest[1:])[last].max()


def sum_terms(y, f):
    """What is summed of each row, of shape (n_rows, 6); see `SortedRows`.

    Parameters
    ----------
    y : ndarray of shape (n_rows,) or None
        Target.
    f : ndarray of shape (n_rows,)
        Predictions.

    Returns
    -------
    terms : ndarray of shape (n_rows, 6)
    """
    terms = np.zeros((len(f), 6))
    terms[:, 0], terms[:, 1] = 1.0, f
    if y is not None:
        error = f - y
        terms[:, 2:] = np.column_stack([y, error, np.abs(error), error**2])
    return terms


def resampled_sums(rows, compared, n_resamples, random_state):
    """Sums and distances of rows that are drawn with replacement.

    Parameters
    ----------
    rows : SortedRows
        All rows.
    compared : ndarray of shape (n_groups,), bool
        Groups among which the largest distance is looked for.
    n_resamples : int
        Number of resamples.
    random_state : int, RandomState instance or None
        Determines the resamples.

    Returns
    -------
    sums : ndarray of shape (n_resamples, n_groups, 6)
    largest : ndarray of shape (n_resamples,)
    to_rest : ndarray of shape (n_resamples, n_groups)
    """
    # A Generator draws rows three times as fast as a RandomState.
    seed = check_random_state(random_state).randint(2**32, size=4, dtype=np.uint32)
    rng = np.random.default_rng(seed)
    n_rows, n_groups = len(rows.codes), len(rows.first)
    sums = np.empty((n_resamples, n_groups, rows.terms.shape[1]))
    largest, to_rest = np.empty(n_resamples), np.empty((n_resamples, n_groups))
    for i in range(n_resamples):
        times = np.bincount(rng.integers(n_rows, size=n_rows), minlength=n_rows)
        weight = rows.weight * times
        sums[i] = rows.sums(weight)
        largest[i], to_rest[i] = rows.distances(weight, compared)
    return sums, largest, to_rest
