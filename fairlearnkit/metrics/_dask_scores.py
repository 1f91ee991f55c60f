"""Metrics of scores on Dask collections: sums by group, and distributions in ranges."""

from typing import NamedTuple

import numpy as np

from fairlearnkit._data.counts import group_shares
from fairlearnkit._data.distinct import distinct_rows
from fairlearnkit._data.groups import Groups
from fairlearnkit._data.label_tables import (
    LabelTable,
    check_table,
    lazy_first,
    n_rows_of,
    read_part_weight,
    stacked,
    table_of_rows,
)
from fairlearnkit._data.partitions import Partitions, compute, keep, run_each
from fairlearnkit._transport.ranges import RangedDistributions, sample_of

GROUPS = "sensitive_features"


class ScoreRows(NamedTuple):
    """What is known of the rows after one pass over their partitions.

    Parameters
    ----------
    groups : Groups
        Of the distinct labels of all partitions.
    table : LabelTable
        What each of them stands for.
    distributions : RangedDistributions
        Scores of the groups.
    shares : ndarray of shape (n_groups,)
        Shares of the groups in the weight of all rows.
    """

    groups: Groups
    table: LabelTable
    distributions: RangedDistributions
    shares: np.ndarray

    def counts(self):
        """Rows of positive weight of each group."""
        return self._by_group(self.table.used).astype(np.intp)

    def sums(self):
        """Weighted sums of the terms in each group, of shape (n_groups, n_terms)."""
        return np.column_stack([self._by_group(term) for term in self.table.sums])

    def distances_to_rest(self):
        """Kolmogorov-Smirnov distance of each group to all others together."""
        return self.distributions.distances_to_rest()

    def resampled(self, compared, settings):
        """No resamples: rows would have to be drawn."""
        n_groups = len(self.groups.labels)
        return np.empty((0, n_groups, 6)), np.empty(0), np.empty((0, n_groups))

    def _by_group(self, numbers):
        known = self.groups.codes >= 0
        codes, n_groups = self.groups.codes[known], len(self.groups.labels)
        return np.bincount(codes, numbers[known], n_groups)


def read_score_rows(arguments, read, caller, missing):
    """Groups and distributions of the scores of Dask collections.

    Parameters
    ----------
    arguments : dict of str to collection
        Scores or predictions, target, sensitive features and weights; None is left out.
    read : callable
        From the arguments of a partition to its scores, of shape (n_rows,), and to
        terms, of shape (n_terms, n_rows), whose sums are needed, or None.
    caller : Caller
        What was called, for messages.
    missing : {"error", "group", "ignore"}
        What to do with missing sensitive features.

    Returns
    -------
    rows : ScoreRows
    """
    data = Partitions(lazy_first(arguments))
    described = keep(data.each("scores-labels", _describe, read, len(data.parts)))
    summaries = compute(run_each("scores-table", _summary, [(t,) for t in described]))
    known = [summary for summary in summaries if summary is not None]
    table = check_table(stacked([table for table, _ in known]))
    groups = table.groups(missing, caller)
    lengths = [0 if s is None else len(s[0].sizes) for s in summaries]
    group_of = np.split(groups.codes, np.cumsum(lengths)[:-1])
    shares = group_shares(groups, table.weights)
    samples = [sample for _, sample in known]
    rows = run_each("scores-rows", _rows, [(task,) for task in described])
    sizes = int(table.sizes.sum()), len(groups.labels)
    distributions = RangedDistributions(rows, group_of, samples, *sizes)
    return ScoreRows(groups, table, distributions, shares)


def _describe(part, read, n_partitions):
    """Codes, scores and weights of a partition, and a summary of them."""
    n_rows = n_rows_of(part)
    if not n_rows:
        return None
    scores, terms = read(part)
    weight = read_part_weight(part, n_rows)
    distinct = distinct_rows({GROUPS: part[GROUPS]})
    table = table_of_rows(distinct, weight, terms)
    summary = table, sample_of(scores, n_partitions)
    return {"rows": (distinct.codes, scores, weight), "summary": summary}


def _summary(described):
    return None if described is None else described["summary"]


def _rows(described):
    return None if described is None else described["rows"]
