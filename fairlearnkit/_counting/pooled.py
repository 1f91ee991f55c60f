"""Gaps of the decisions in all folds together, from counts in the table of a search."""

from dataclasses import dataclass

import numpy as np

from fairlearnkit._counting.count_names import Gap, parse_name, prefix_of
from fairlearnkit._counting.pairs import widest_pair
from fairlearnkit._counting.rates import RATES, divide, rate_counts
from fairlearnkit._counting.small_groups import find_large_groups, warn_of_left_out
from fairlearnkit._data.search_results import as_floats, column_keys


@dataclass(frozen=True, eq=False)
class PooledCounts:
    """Counts of all candidates of a search, added over the splits.

    Parameters
    ----------
    gap : Gap
        What is computed from them.
    groups, classes : list of str
        Labels as text.
    weights : ndarray of shape (n_candidates, n_groups, n_classes, n_classes)
        Weights of the cells (true class, decision). NaN where a candidate failed.
    rows : ndarray of shape (n_candidates, n_groups, n_classes)
        Numbers of rows of the true classes.
    """

    gap: Gap
    groups: list
    classes: list
    weights: np.ndarray
    rows: np.ndarray

    @property
    def positives(self):
        """Positions of the classes that the metric takes as positive."""
        if self.gap.of is None:
            return list(range(len(self.classes)))
        return [self.classes.index(self.gap.of)]

    @property
    def group_sizes(self):
        """Rows of each group, int; those of a candidate that did not fail."""
        return np.nan_to_num(self.rows).sum(axis=2).max(axis=0).astype(np.intp)

    @property
    def compared(self):
        """Positions of the groups that have rows and are not too small."""
        smallest = max(self.gap.min_group_size, 1)
        is_large = find_large_groups(self.groups, self.group_sizes, smallest)
        return np.flatnonzero(is_large)

    def gaps(self):
        """Gap of each candidate, of shape (n_candidates,); of a ratio, 1 - ratio."""
        comparison = self.gap.comparison
        # With an axis of one stratum.
        weights = self.weights[:, None, self.compared]
        values = comparison.gap(weights, self.positives)
        return 1 - values if comparison.ratio else values

    def warn_of_left_out(self, stacklevel):
        """Warn of groups below ``min_group_size``; `stacklevel` as in `warnings`."""
        has_rows = self.group_sizes > 0  # a group of no rows is no group
        warn_of_left_out(
            [label for label, present in zip(self.groups, has_rows) if present],
            self.group_sizes[has_rows],
            self.gap.min_group_size,
            stacklevel + 1,
        )

    def describe_pair(self, candidate):
        """The two groups behind the gap of a candidate, in words.

        Parameters
        ----------
        candidate : int
            Its position.

        Returns
        -------
        text : str
            Such as ``"between 'b' (0.25 of 40 rows) and 'a' (0.5 of 90 rows)"``, empty
            if the gap is none of two groups.
        n_rows : int
            The smaller number of rows of the two, those that the rate is about.
        """
        kept = self.compared
        weights = self.weights[candidate, kept]
        pair = widest_pair(self.gap.comparison, weights[None], self.positives)
        if pair is None:
            return "", 0
        rates = divide(*rate_counts(weights, pair.rate, pair.positive))
        # The rows of the true classes in the denominator. Decisions are counted by
        # weight only, so that a rate among decisions is about all rows of the group.
        _, cells = RATES[pair.rate].masks(pair.positive, len(self.classes))
        n_rows = self.rows[candidate, kept][:, cells.any(axis=1)].sum(axis=1)
        ends = [
            f"{self.groups[kept[g]]} ({rates[g]:.3g} of {n_rows[g]:.0f} rows)"
            for g in (pair.low, pair.high)
        ]
        return f"between {' and '.join(ends)}", int(n_rows[[pair.low, pair.high]].min())

    def class_shares(self, candidate):
        """Shares by weight of the true classes and of the decisions of a candidate.

        Returns two arrays of shape (n_classes,).
        """
        table = self.weights[candidate].sum(axis=0)
        return table.sum(axis=1) / table.sum(), table.sum(axis=0) / table.sum()


def read_pooled(cv_results, name):
    """Counts of a gap, added over the splits of a search.

    1. Add the columns ``split<i>_test_<name>: ...`` that are about the same cell.
    2. Read from the names which cells these are, in the order in which they come.
    3. Put the sums in one table.

    Parameters
    ----------
    cv_results : dict or dataframe
        Table with a row for each candidate.
    name : str
        Name of the gap, the first argument of `pooled_scorers`.

    Returns
    -------
    pooled : PooledCounts or None
        None if the table holds no counts of this name.
    """
    sums = _sum_over_splits(cv_results, f"_test_{prefix_of(name)}")
    if not sums:
        return None
    cells = {parse_name(text): values for text, values in sums.items()}
    gap = _only_gap(cells, name)
    groups = list(dict.fromkeys(cell.group for cell in cells))
    classes = list(dict.fromkeys(cell.true for cell in cells))
    n_candidates = len(next(iter(cells.values())))
    rows = np.zeros((n_candidates, len(groups), len(classes)))
    weights = np.zeros((*rows.shape, len(classes)))
    for cell, values in cells.items():
        group, true = groups.index(cell.group), classes.index(cell.true)
        if cell.gap is None:
            rows[:, group, true] = values
        else:
            weights[:, group, true, classes.index(cell.decision)] = values
    return PooledCounts(gap, groups, classes, weights, rows)


def _only_gap(cells, name):
    """What the counts are for; two gaps of one name cannot be told apart by a rule."""
    gaps = {cell.gap for cell in cells if cell.gap is not None}
    if len(gaps) != 1:
        msg = (
            f"The counts of {name!r} belong to {len(gaps)} metrics: give each call of "
            "pooled_scorers a name of its own, and keep all of its scorers."
        )
        raise ValueError(msg)
    return gaps.pop()


def _sum_over_splits(cv_results, marker):
    """Sums of the columns of all splits, by what follows the marker in their names."""
    sums = {}
    for key in map(str, column_keys(cv_results)):
        split, found, text = key.partition(marker)
        if found and split.startswith("split") and split[len("split") :].isdigit():
            sums[text] = sums.get(text, 0) + as_floats(key, cv_results[key])
    return sums
