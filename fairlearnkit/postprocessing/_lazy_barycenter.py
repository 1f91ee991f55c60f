"""The fit of barycenters of predictions to Dask collections."""

import numpy as np

from fairlearnkit._data.matching import sensitive_names
from fairlearnkit._data.partitions import Partitions
from fairlearnkit._models.barycenter import needs_pooled_map
from fairlearnkit._models.dask_barycenter import (
    read_lazy_groupings,
    summarise_groups,
    summary_limits,
)
from fairlearnkit._models.dask_table import check_features, require_groups
from fairlearnkit._transport.distributions import with_values
from fairlearnkit._transport.maps import merge_near_ties, transport_maps


def read_calibration(estimator, X, sensitive_features, sample_weight):
    """Partitions of the calibration rows, and a table of their groups.

    Parameters
    ----------
    estimator : BaseBarycenter
        Gets what a fit knows of the features, and names of the sensitive columns.
    X, sensitive_features, sample_weight : collection, or None
        As in ``fit``.

    Returns
    -------
    data : Partitions
    groupings, weight
        See ``read_lazy_groupings``.

    Raises
    ------
    ValueError
        If the estimator would have to be fitted in folds, or its algorithm needs all
        rows at once.
    """
    kind = type(estimator).__name__
    if not estimator._is_frozen():
        msg = (
            "Dask collections are not divided into folds here. Pass a model that was "
            f"fitted on other rows, {kind}(FrozenEstimator(model)). If there is a "
            "column of out-of-fold predictions, BarycenterTransformer moves it."
        )
        raise ValueError(msg)
    if estimator.algorithm != "transport":
        msg = (
            f"algorithm={estimator.algorithm!r} divides the rows of each group at "
            "random, and ranks them in memory: for Dask collections use "
            'algorithm="transport".'
        )
        raise ValueError(msg)
    require_groups(sensitive_features)
    arguments = {"X": X, "sensitive_features": sensitive_features}
    data = Partitions({**arguments, "sample_weight": sample_weight})
    if getattr(X, "ndim", 0) == 2:
        check_features(estimator, X, X.shape[1])
    table, groupings, weight = read_lazy_groupings(estimator, data)
    estimator.sensitive_feature_names_in_ = sensitive_names(table)
    return data, groupings, weight


def lazy_maps(estimator, data, groupings, shares, weight):
    """Maps of each grouping, and the distributions of the groups before and after.

    1. A pass gives the distributions of the scores, in each grouping.
    2. Scores that differ by rounding only become equal, as in a fit in memory.
    3. Fit the maps of a grouping; if there is another, a pass gives the distributions
       of the scores that they have moved.

    Parameters
    ----------
    estimator : BaseBarycenter
        Gets ``rounding_``, ``maps_``, ``pooled_maps_`` and ``rank_error_``.
    data, groupings, weight
        As `read_calibration` returns them.
    shares : list of ndarray
        Weights p of the groups of each grouping.

    Returns
    -------
    before, after : list of list of EmpiricalDistribution
        Of each grouping and group.
    """
    limits = summary_limits(groupings, weight, len(groupings))
    everything, steps, errors = list(range(len(groupings))), [], [0.0]
    pooled = needs_pooled_map(estimator)

    def measured():
        found = summarise_groups(data, estimator, _scores, [steps], everything, limits)
        pairs = [[each.distribution() for each in summaries] for summaries in found[0]]
        errors.extend(error for some in pairs for _, error in some)
        return [[distribution for distribution, _ in some] for some in pairs]

    before = measured()
    values = np.concatenate([each.values for each in before[0]])
    estimator.rounding_ = estimator._rounding_level(values)
    before = current = [_untied(estimator, some) for some in before]
    for k, p in enumerate(shares):
        steps.append(transport_maps(current[k], p, pooled=pooled))
        if len(groupings) > 1:
            current = [_untied(estimator, some) for some in measured()]
    estimator.maps_, estimator.pooled_maps_ = map(list, zip(*steps))
    estimator.rank_error_ = float(max(errors))
    estimator._calibration_cdfs = estimator._algorithm().stored_cdfs(before)
    if len(groupings) == 1:
        after = [estimator._algorithm().calibration_distributions()[1]]
    return before, current if len(groupings) > 1 else after


def _scores(estimator, part):
    """The scores of a partition, of shape (n_samples, 1)."""
    X, groups = part["X"], part["sensitive_features"]
    return estimator._checked_scores(estimator.estimator_, X, groups)[:, None]


def _untied(estimator, distributions):
    """Distributions of scores of which those that differ by rounding are equal."""
    sizes = np.cumsum([len(each.values) for each in distributions])[:-1]
    values = np.concatenate([each.values for each in distributions])
    merged = merge_near_ties(values, estimator._tie_tolerance(values))
    parts = zip(distributions, np.split(merged, sizes))
    return [with_values(each, own) for each, own in parts]
