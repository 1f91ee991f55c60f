"""The fit of `BarycenterTransformer` to Dask collections."""

import numpy as np

from fairlearnkit._data.lazy_rows import (
    check_default_output,
    check_table,
    float_dtype,
    map_rows,
)
from fairlearnkit._data.messages import TRANSFORM, required_message
from fairlearnkit._data.partitions import Partitions
from fairlearnkit._models.barycenter import needs_pooled_map
from fairlearnkit._models.dask_barycenter import (
    read_lazy_groupings,
    summarise_groups,
    summary_limits,
)
from fairlearnkit._models.dask_table import check_features, require_groups
from fairlearnkit._transport.maps import transport_maps


def read_lazy_rows(estimator, X, sensitive_features, sample_weight):
    """Partitions of the rows, and a table of their groups.

    Parameters
    ----------
    estimator : BarycenterTransformer
        Gets what a fit knows of the features.
    X, sensitive_features, sample_weight : collection, or None
        As in ``fit``.

    Returns
    -------
    data, sensitive_features, groupings, weight
        See ``read_lazy_groupings``.
    """
    require_groups(sensitive_features)
    check_table(X)
    arguments = {"X": X, "sensitive_features": sensitive_features}
    data = Partitions({**arguments, "sample_weight": sample_weight})
    check_features(estimator, X, X.shape[1])
    return data, *read_lazy_groupings(estimator, data)


def fit_lazy_maps(estimator, data, groupings, shares, weight):
    """Maps of each grouping, one pass over the rows for each.

    Parameters
    ----------
    estimator : BarycenterTransformer
        Gets the maps, and the error of the distributions.
    data, groupings, weight
        As `read_lazy_rows` returns them.
    shares : list of ndarray
        Weights p of the groups of each grouping.
    """
    n_columns = estimator.n_features_in_
    limits = summary_limits(groupings, weight, n_columns)
    maps, errors = [[] for _ in range(n_columns)], np.zeros(n_columns)
    options = {
        "pooled": needs_pooled_map(estimator),
        "n_quantiles": estimator.n_quantiles,
    }
    winsorised = estimator.n_quantiles is not None
    for k, (groups, p) in enumerate(zip(groupings, shares)):
        found = summarise_groups(data, estimator, _features, maps, [k], limits)
        for j, (summaries,) in enumerate(found):
            counts = np.array([0 if s is None else s.n_values for s in summaries])
            if not counts.any():
                continue
            estimator._check_values_in_groups(j, counts, groups.labels)
            distributions, own = zip(
                *(s.distribution(winsorised=winsorised) for s in summaries)
            )
            errors[j] = max(errors[j], *own)
            maps[j].append(transport_maps(distributions, p, **options))
    estimator.maps_ = [[pair[0] for pair in of_column] for of_column in maps]
    estimator.pooled_maps_ = [[pair[1] for pair in of_column] for of_column in maps]
    estimator.rank_error_ = errors


def _features(estimator, part):
    """The features of a partition."""
    return estimator._validated(part["X"], reset=False)


def transform_lazily(estimator, X, sensitive_features):
    """The features moved, as a collection of the same partitions.

    Parameters
    ----------
    estimator : BarycenterTransformer
        A fitted one.
    X, sensitive_features : collection, or None
        As in ``transform``.

    Returns
    -------
    X_new : collection
        An array or a DataFrame, as X is.
    """
    if sensitive_features is None:
        raise ValueError(required_message(TRANSFORM))
    check_table(X)
    check_default_output(estimator)
    method = type(estimator).transform
    columns = list(getattr(X, "columns", range(X.shape[1])))
    arguments = {"X": X, "sensitive_features": sensitive_features}
    return map_rows(method, estimator, arguments, float_dtype(X), columns)
