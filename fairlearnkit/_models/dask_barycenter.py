"""Distributions of the groups in Dask collections, by passes over their partitions.

A pass gives the distributions of one grouping or of several, of values as the maps of
the groupings before have moved them. Only their distinct values, or sketches of these,
leave the partitions.
"""

import numpy as np

from fairlearnkit._data.label_tables import read_labels, read_part_weight
from fairlearnkit._data.messages import FIT
from fairlearnkit._data.partitions import compute, merged
from fairlearnkit._data.rows import split_rows
from fairlearnkit._models.barycenter import (
    grouping_strengths,
    match_groupings,
    read_groupings,
)
from fairlearnkit._transport.maps import transport_by_group
from fairlearnkit._transport.summaries import (
    Limit,
    merge_summaries,
    shared_limit,
    summarise,
)
from fairlearnkit.utils._sklearn_private import _num_samples


def read_lazy_groupings(estimator, data):
    """Groups of the rows, from a table of the distinct ones.

    Parameters
    ----------
    estimator : estimator
        As in ``read_groupings``.
    data : Partitions
        With sensitive_features, and sample_weight if there is one.

    Returns
    -------
    sensitive_features : array-like
        The table.
    groupings : list of Groups
        Of its rows, whose sizes are numbers of rows of positive weight.
    weight : ndarray
        Sums of weights of its rows.
    """
    labels = read_labels(data, ["sensitive_features"])
    groups = labels.groups(estimator.missing)
    groupings = read_groupings(estimator, groups, len(labels.sizes))
    return labels.columns["sensitive_features"], groupings, labels.weights


def summary_limits(groupings, weight, n_columns):
    """What the summaries of each group may hold.

    Parameters
    ----------
    groupings, weight
        As `read_lazy_groupings` returns them.
    n_columns : int
        Number of columns that are summarised at once.

    Returns
    -------
    limits : list of list of Limit
        For each grouping and group.
    """
    limits = []
    for groups in groupings:
        known = groups.codes >= 0
        codes, n_groups = groups.codes[known], len(groups.labels)
        counts = np.bincount(codes, groups.sizes[known], minlength=n_groups)
        units = np.bincount(codes, weight[known], minlength=n_groups) / counts
        most = shared_limit(counts.astype(np.int64), n_columns)
        limits.append([Limit(most, unit) for unit in units.tolist()])
    return limits


def summarise_groups(data, estimator, read, maps, wanted, limits):
    """Values of the groups, in one pass over the rows.

    Parameters
    ----------
    data : Partitions
        With X, sensitive_features, and sample_weight if there is one.
    estimator : estimator
        It knows its groups.
    read : callable
        ``read(estimator, part)`` gives the values of the rows of a partition, of shape
        (n_samples, n_columns); NaN is left out.
    maps : list of list of tuple
        For each column, maps and pooled map of the first groupings, by which values are
        moved before.
    wanted : list of int
        Positions of the groupings.
    limits : list of list of Limit
        Of all groupings.

    Returns
    -------
    summaries : list of list of list of Summary or None
        For each column, grouping wanted, and group.
    """
    tasks = data.each("parity-knots", _summaries, estimator, read, maps, wanted, limits)
    return compute([merged("parity-knots", tasks, merge_summaries)])[0]


def _summaries(part, estimator, read, maps, wanted, limits):
    """The summaries of one partition, or None if it has no rows."""
    if not _num_samples(part["X"]):
        return None
    values = read(estimator, part)
    weight = read_part_weight(part, len(values))
    groups = part["sensitive_features"]
    codes = match_groupings(estimator, groups, len(values), FIT)
    summaries = []
    for j, of_column in enumerate(maps):
        known = ~np.isnan(values[:, j])
        if weight is not None:
            known &= weight > 0
        x, masses = values[known, j], None if weight is None else weight[known]
        x, own = x.astype(np.float64), [some[known] for some in codes]
        for some, pair, strength in zip(own, of_column, grouping_strengths(estimator)):
            x = transport_by_group(x, some, *pair, strength)
        summaries.append([_by_group(x, masses, own[k], limits[k]) for k in wanted])
    return summaries


def _by_group(x, masses, codes, limits):
    """The summary of each group; None for one without values."""
    rows = split_rows(codes, len(limits))
    return [
        summarise(x[some], None if masses is None else masses[some], limit)
        if len(some)
        else None
        for some, limit in zip(rows, limits)
    ]
