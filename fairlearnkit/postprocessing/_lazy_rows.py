"""Calibration rows of decision rules from Dask collections.

Up to `MOST_ROWS` rows of positive weight, their probabilities, groups and classes come
to the caller's memory, and the rule is that of a fit in memory. With more rows,
thresholds by group are looked for among quantiles of the scores: the rows between two
of them come as one row, with their number, weight and mean probability. As costs are
linear in the probability, costs and rates of these thresholds are exact.
"""

from dataclasses import dataclass

import numpy as np

from fairlearnkit._data.label_tables import read_part_weight
from fairlearnkit._data.matching import match_columns, match_groups
from fairlearnkit._data.partitions import compute, merged
from fairlearnkit._optim.decisions import lowest
from fairlearnkit._transport.summaries import (
    MOST_BYTES,
    Limit,
    merge_summaries,
    shared_limit,
    summarise,
)
from fairlearnkit.utils._sklearn_private import _num_samples

from ._costs import costs_of, plain_threshold
from ._decision_task import read_proba
from ._ties import TIES_SEED, row_numbers, split_ties

# Rows that come to memory, of 32 bytes or more: 64 MB.
MOST_ROWS = MOST_BYTES // 32
# Thresholds of a group that are looked for at most, and of all groups together. Two
# neighbours have some 3e-5 of the group's rows between them; with twice as many, half
# of that, and a partition sends twice as much, 8 MB.
MOST_THRESHOLDS, MOST_OF_ALL = 2**15, 2**18


@dataclass(frozen=True, eq=False)
class Known:
    """What the partitions have to know to describe their rows.

    Parameters
    ----------
    score : callable
        ``score(X, groups)`` gives probabilities of the classes; not used where they are
        given.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    cost : ndarray of shape (n_classes, n_classes)
        See ``cost_matrix``.
    labels : list of ndarray
        Group labels, of each column or of the intersections.
    names : list of str or None
        Of the sensitive columns.
    missing : str
        As the parameter.
    infer : callable, default=None
        ``infer(X)`` gives the memberships of each block.
    """

    score: object
    classes: np.ndarray
    cost: np.ndarray
    labels: list
    names: list | None
    missing: str
    infer: object = None


@dataclass(frozen=True, eq=False)
class LazyRows:
    """Rows of positive weight, or bins of them.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Of a row, or the mean of a bin.
    classes : ndarray of shape (n_rows,), intp, or None
        Position of the class.
    codes : list of ndarray of shape (n_rows,), intp
        Groups of each column or of the intersections.
    weight : ndarray of shape (n_rows,) or None
        Weights, of a bin their sum.
    uniforms : ndarray of shape (n_rows,)
        See ``row_numbers``.
    of_blocks : list of ndarray or None
        Inferred memberships.
    sizes : ndarray of shape (n_rows,) or None
        Rows of a bin.
    spans : ndarray of shape (2, n_rows) or None
        Lowest and highest score of the rows of a bin.
    """

    proba: np.ndarray
    classes: np.ndarray | None
    codes: list
    weight: np.ndarray | None
    uniforms: np.ndarray
    of_blocks: list | None = None
    sizes: np.ndarray | None = None
    spans: np.ndarray | None = None


def all_rows(data, known):
    """Every row of positive weight, in the order of the partitions."""
    parts = compute(data.each("rule-rows", _rows, known))
    parts = [part for part in parts if part is not None]

    def joined(name):
        values = [getattr(part, name) for part in parts]
        if values[0] is None:
            return None
        if isinstance(values[0], list):
            return [np.concatenate(some) for some in zip(*values)]
        return np.concatenate(values)

    names = ("proba", "classes", "codes", "weight", "uniforms", "of_blocks")
    return LazyRows(**{name: joined(name) for name in names})


def binned_rows(data, known, counts):
    """Rows between quantiles of the scores of their group, for two classes.

    Parameters
    ----------
    data : Partitions
    known : Known
        With a single list of labels.
    counts : ndarray of shape (n_groups,)
        Rows of each group.
    """
    most = min(MOST_THRESHOLDS, max(2, MOST_OF_ALL // len(counts)))
    limit = Limit(max(shared_limit(counts, 1), most))
    tasks = data.each("rule-quantiles", _quantiles, known, limit)
    found = compute([merged("rule-quantiles", tasks, merge_summaries)])[0]
    plain = plain_threshold(known.cost)  # which the plain rule needs
    edges = [np.union1d(_edges(s, most), plain) for s in found]
    tasks = data.each("rule-bins", _bins, known, edges)
    bins = compute([merged("rule-bins", tasks, _merge_bins)])[0]
    return bins.rows(data.parts[0], len(known.classes), max(map(len, edges)) + 1)


def _edges(summary, most):
    """Some of the values of a summary, evenly spaced in rank."""
    distribution, _ = summary.distribution()
    values, cdf = distribution.values, distribution.cdf
    if len(values) <= most:
        return values
    positions = np.searchsorted(cdf, np.linspace(0.0, 1.0, most)[1:-1])
    return values[np.unique(positions)]


def _rows(part, known):
    """The rows of a partition, or None if it has none."""
    X, groups = part["X"], part["sensitive_features"]
    n_samples = _num_samples(X)
    weight = read_part_weight(part, n_samples) if n_samples else None
    if not n_samples or (weight is not None and not weight.any()):
        return None
    proba = read_proba(part["proba"], known.classes) if "proba" in part else None
    proba = known.score(X, groups) if proba is None else proba
    options = {"names": known.names, "missing": known.missing, "n_samples": n_samples}
    if len(known.labels) > 1:
        codes = match_columns(groups, known.labels, **options)
    else:
        codes = [match_groups(groups, known.labels[0], **options)]
    y = None
    if "y" in part:
        y = np.searchsorted(known.classes, np.asarray(part["y"]).ravel())
    of_blocks = None if known.infer is None else known.infer(X)
    rows = LazyRows(proba, y, codes, weight, row_numbers(X, TIES_SEED), of_blocks)
    return rows if weight is None or weight.all() else _taken(rows, weight > 0)


def _taken(rows, kept):
    """Some rows of a partition."""

    def take(values):
        if isinstance(values, list):
            return [some[kept] for some in values]
        return None if values is None else values[kept]

    return LazyRows(**{name: take(values) for name, values in vars(rows).items()})


def _quantiles(part, known, limit):
    """Summaries of the scores of each group of a partition."""
    rows = _rows(part, known)
    if rows is None:
        return None
    scores = split_ties(rows.proba[:, 1], rows.uniforms)
    of_group = (scores[rows.codes[0] == g] for g in range(len(known.labels[0])))
    return [summarise(s, None, limit) if len(s) else None for s in of_group]


@dataclass(frozen=True, eq=False)
class _Bins:
    """Bins by number in ascending order, and sums over their rows.

    `sums` has a row each for numbers, weights and weighted probabilities; `spans` for
    the lowest and the highest score.
    """

    numbers: np.ndarray
    sums: np.ndarray
    spans: np.ndarray

    @classmethod
    def of(cls, numbers, sums, spans):
        """Bins whose numbers occur several times, put together."""
        order = np.argsort(numbers, kind="stable")
        numbers, sums, spans = numbers[order], sums[:, order], spans[:, order]
        starts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
        low = np.minimum.reduceat(spans[0], starts)
        high = np.maximum.reduceat(spans[1], starts)
        sums = np.add.reduceat(sums, starts, axis=1)
        return cls(numbers[starts], sums, np.array([low, high]))

    def rows(self, part, n_classes, n_bins):
        """Each bin as a row."""
        number, y = np.divmod(self.numbers // 2, n_classes)
        group = number // n_bins - 1
        # Rows of one bin that are in other classes, or on the other side of the plain
        # threshold, are decided together: they have the same span.
        _, starts, of_bin = np.unique(number, return_index=True, return_inverse=True)
        low = np.minimum.reduceat(self.spans[0], starts)[of_bin]
        high = np.maximum.reduceat(self.spans[1], starts)[of_bin]
        sizes, weight, mass = self.sums
        proba = mass / weight
        return LazyRows(
            np.column_stack([1.0 - proba, proba]),
            y if "y" in part else None,
            [group],
            weight,
            np.full(len(y), 0.5),
            sizes=sizes.astype(np.intp),
            spans=np.array([low, high]),
        )


def _bins(part, known, edges):
    """The bins of one partition.

    The number of a bin tells its group, the edges that it is between, the class, and
    the side of the plain threshold. It is ordered by the first two.
    """
    rows = _rows(part, known)
    if rows is None:
        return None
    proba, codes = rows.proba[:, 1], rows.codes[0]
    scores = split_ties(proba, rows.uniforms)
    position = np.zeros(len(scores), dtype=np.int64)
    for g, own in enumerate(edges):
        some = codes == g
        position[some] = np.searchsorted(own, scores[some])
    y = np.zeros(len(scores), np.int64) if rows.classes is None else rows.classes
    side = lowest(costs_of(rows.proba, known.cost))
    number = (codes + 1) * (max(map(len, edges)) + 1) + position
    number = (number * len(known.classes) + y) * 2 + side
    weight = np.ones(len(scores)) if rows.weight is None else rows.weight
    sums = np.array([np.ones(len(scores)), weight, weight * proba])
    return _Bins.of(number, sums, np.array([scores, scores]))


def _merge_bins(one, other):
    return _Bins.of(
        np.concatenate([one.numbers, other.numbers]),
        np.concatenate([one.sums, other.sums], axis=1),
        np.concatenate([one.spans, other.spans], axis=1),
    )
