"""Search of all conjunctions of conditions on columns, with exact p-values."""

import numpy as np
from scipy.stats import hypergeom

from fairlearnkit._data.progress import SILENT


def search_conjunctions(
    partitions, hits, depth, min_count, top=None, progress=SILENT, sizes=None
):
    """Subgroups in descending order of their violation.

    Parameters
    ----------
    partitions : list of Partition
        The columns, cut into cells.
    hits : ndarray of shape (n_samples,), bool
        Whether a row counts in the numerator of the rate.
    depth : int
        Most conditions in a conjunction.
    min_count : int
        Least number of rows within a subgroup, and outside it.
    top : int, default=None
        Number of subgroups to return; None for all.
    progress : Progress, default=SILENT
        What each condition is reported to, once all conjunctions that start with it
        have been counted.
    sizes : ndarray of shape (n_samples,), int, default=None
        Number of rows that each of these stands for; None for one each.

    Returns
    -------
    n_tested : int
        Number of subgroups that were tested.
    subgroups : list of dict
        As `audit_subgroups` reports them.
    """
    # The violation is P(S) |rate(S) - rate|, as in Kearns et al. (2018), section 2.
    search = _Search(partitions, hits, depth, min_count, progress, sizes)
    # Short conjunctions first: of equal violations, they are reported.
    subgroups = sorted(search.run(), key=lambda subgroup: len(subgroup[0]))
    counts = np.array([counts for _, counts in subgroups], dtype=np.float64)
    n_samples, total_hits = search.n_rows, search.n_hits
    overall = total_hits / n_samples
    count, n_hits = counts.reshape(-1, 2).T  # (n_subgroups,) each, also for none
    violation = np.abs(n_hits / count - overall) * count / n_samples
    p_value = _holm(_exact_p_values(count, n_hits, n_samples, total_hits))
    other = search.complements([members for members, _ in subgroups], count)
    # Of two complements, whose violations are equal, the smaller group is reported.
    is_reported = (other < 0) | (count < count[other])
    is_reported |= (count == count[other]) & (np.arange(len(count)) < other)
    order = np.argsort(-violation, kind="stable")
    return len(subgroups), [
        {
            "subgroup": search.text(subgroups[i][0]),
            "count": int(count[i]),
            "share": int(count[i]) / n_samples,
            "rate": int(n_hits[i]) / int(count[i]),
            "gap": int(n_hits[i]) / int(count[i]) - overall,
            "violation": float(violation[i]),
            "p_value": float(p_value[i]),
            "complement": None if other[i] < 0 else search.text(subgroups[other[i]][0]),
        }
        for i in order[is_reported[order]][:top].tolist()
    ]


class _Search:
    """Depth-first search: each conjunction is extended by later conditions.

    1. Count rows and hits of the current conjunction in each cell of each column, and
       accumulate the counts. A condition is a range of cells, so the counts of all
       extensions by one condition are differences of two entries.
    2. Drop conditions that hold for too few rows, and those on a side of a column that
       has a condition already.
    3. Report those that leave enough rows outside, too.
    4. Continue with each of them, among its rows, until `depth` is reached.

    The cost of a step is the number of rows times the number of columns, however many
    labels or thresholds there are.
    """

    def __init__(self, partitions, hits, depth, min_count, progress, sizes):
        self.partitions = partitions
        self.sizes = sizes
        # Hits that each row stands for, and all rows and hits.
        self.hits = hits if sizes is None else hits * sizes
        self.n_rows = len(hits) if sizes is None else int(sizes.sum())
        self.n_hits = int(self.hits.sum())
        self.depth = depth
        self.min_count = min_count
        self.progress = progress
        # One table holds the cumulative counts of all columns, one after the other.
        starts = np.cumsum([0, *(part.n_cells + 1 for part in partitions)])
        self.conditions = [
            (j, condition)
            for j, part in enumerate(partitions)
            for condition in part.conditions
        ]
        table = np.array(
            [
                (starts[j] + condition.first, starts[j] + condition.end)
                for j, condition in self.conditions
            ],
            dtype=np.intp,
        )
        self.low, self.high = table.reshape(-1, 2).T  # (n_conditions,) each
        # A number for each side of each column. A second condition on the same side
        # would be implied by the first, or contradict it.
        self.sides = np.array([2 * j + c.side for j, c in self.conditions], np.intp)

    def run(self, members=(), rows=None):
        """Subgroups that extend a conjunction.

        Parameters
        ----------
        members : tuple of int, default=()
            Positions of the conditions of the conjunction.
        rows : ndarray of int, default=None
            Rows that satisfy it; None for all.

        Yields
        ------
        members : tuple of int
            Positions of the conditions of the subgroup.
        counts : ndarray of shape (2,)
            Rows of the subgroup, and hits among them.
        """
        # Step 1. The table has the shape (2, sum of (n_cells + 1) over the columns).
        rows = np.arange(len(self.hits)) if rows is None else rows
        table = np.concatenate(
            [self._cumulative_counts(part, rows) for part in self.partitions], axis=1
        )
        counts = table[:, self.high] - table[:, self.low]
        # Step 2.
        used = self.sides[list(members)]
        extends = (counts[0] >= self.min_count) & ~np.isin(self.sides, used)
        # Later conditions only, so that each conjunction is found in one order.
        extends[: members[-1] + 1 if members else 0] = False
        positions = np.flatnonzero(extends).tolist()
        for number, position in enumerate(positions, 1):
            # Steps 3 and 4.
            longer = (*members, position)
            if counts[0, position] <= self.n_rows - self.min_count:
                yield longer, counts[:, position]
            if len(longer) < self.depth:
                yield from self.run(longer, rows[self._holds(position, rows)])
            if not members:
                self.progress("condition", number, len(positions))

    def complements(self, subgroups, counts):
        """Position of the subgroup of all other rows, for each subgroup.

        Only single conditions on one column have one: both sides of a threshold, or the
        two labels of a column.

        Parameters
        ----------
        subgroups : list of tuple of int
            Positions of the conditions of each subgroup.
        counts : ndarray of shape (n_subgroups,)
            Rows of each.

        Returns
        -------
        other : ndarray of shape (n_subgroups,), int
            -1 where there is none.
        """
        other = np.full(len(subgroups), -1)
        met = {}  # by column, and by the number of rows that a complement has
        for i, members in enumerate(subgroups):
            if len(members) > 1:
                continue
            column, condition = self.conditions[members[0]]
            for k in met.get((column, counts[i]), []):
                candidate = self.conditions[subgroups[k][0]][1]
                # Ranges of cells that do not overlap and together hold all rows.
                if min(candidate.end, condition.end) <= max(
                    candidate.first, condition.first
                ):
                    other[i], other[k] = k, i
            met.setdefault((column, self.n_rows - counts[i]), []).append(i)
        return other

    def text(self, members):
        """A conjunction in words."""
        return " and ".join(self.conditions[i][1].text for i in members)

    def _cumulative_counts(self, partition, rows):
        """Number of rows and of hits before each cell, of shape (2, n_cells + 1)."""
        cells = partition.cells[rows]
        table = np.zeros((2, partition.n_cells + 1))
        sizes = None if self.sizes is None else self.sizes[rows]
        for line, weights in zip(table, (sizes, self.hits[rows])):
            counts = np.bincount(cells, weights, partition.n_cells)
            np.cumsum(counts, out=line[1:])
        return table

    def _holds(self, position, rows):
        column, condition = self.conditions[position]
        cells = self.partitions[column].cells[rows]
        return (condition.first <= cells) & (cells < condition.end)


def _exact_p_values(count, n_hits, n_samples, total_hits):
    """Two-sided p-values of the hits in subgroups (Fisher's exact test).

    If the rate is the same everywhere, a subgroup is a random sample without
    replacement, and its hits are hypergeometric. The p-value is twice the smaller of
    the two tail probabilities.
    """
    # Arguments of scipy: rows in all, hits among them, rows drawn.
    null = hypergeom(n_samples, total_hits, count.astype(int))
    n_hits = n_hits.astype(int)
    # sf(k - 1) is P(hits >= k).
    return np.minimum(1.0, 2.0 * np.minimum(null.cdf(n_hits), null.sf(n_hits - 1)))


def _holm(p_values):
    """p-values adjusted for all tests (Holm 1979).

    The k-th smallest of n is multiplied by n - k + 1, and raised to the largest of
    those before it.
    """
    order, n = np.argsort(p_values), len(p_values)
    stepped = np.maximum.accumulate(p_values[order] * (n - np.arange(n)))
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
