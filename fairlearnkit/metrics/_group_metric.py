"""Any metric, group by group."""

import numpy as np
from sklearn.utils import Bunch, check_consistent_length

from fairlearnkit._alignment import check_alignment, with_one_index
from fairlearnkit._barycenter import split_rows
from fairlearnkit._groups import read_groups, take_rows
from fairlearnkit.utils._sklearn_private import _check_sample_weight


def group_metric(
    metric, y_true, y_pred, *, sensitive_features, sample_weight=None, missing="error"
):
    r"""Any metric of (y_true, y_pred) in each group.

    .. math:: m_g = \text{metric}(y_g, \hat y_g), \quad
              \text{difference} = \max_g m_g - \min_g m_g

    Parameters
    ----------
    metric : callable
        A function ``(y_true, y_pred)``, such as those of :mod:`sklearn.metrics`.
        Further arguments are fixed by ``functools.partial(metric, average="macro")``.
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Target.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predictions, or scores for metrics of scores.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights; the metric has to take them.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    found : :class:`~sklearn.utils.Bunch`
        With these keys:

        groups : ndarray of shape (n_groups,)
            Group labels.
        counts : ndarray of shape (n_groups,)
            Rows of each group.
        by_group : ndarray of shape (n_groups,)
            The metric of each group.
        overall : float
            The metric of all rows.
        difference, ratio : float
            Largest less smallest value, and smallest by largest one; the ratio is NaN
            where values have two signs, or are 0.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values; and what the metric raises, for
        instance in a group with a single class.

    Notes
    -----
    Rates of the confusion matrix are counted at once, and much faster, by
    :func:`~fairlearnkit.metrics.group_rates`.

    References
    ----------
    Barocas, Hardt, Narayanan: Fairness and Machine Learning. MIT Press 2023, chapter 3.

    Examples
    --------
    >>> from sklearn.metrics import mean_absolute_error
    >>> from fairlearnkit.metrics import group_metric
    >>> found = group_metric(
    ...     mean_absolute_error,
    ...     [1.0, 2.0, 3.0, 4.0],
    ...     [1.5, 2.5, 3.0, 6.0],
    ...     sensitive_features=["a", "a", "b", "b"],
    ... )
    >>> found.groups.tolist(), found.by_group.tolist(), found.overall, found.difference
    (['a', 'b'], [0.5, 1.0], 0.75, 0.5)
    """
    check_alignment(
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
    )
    y_true, y_pred = with_one_index(y_true, y_pred)
    check_consistent_length(y_true, y_pred)
    groups = read_groups(sensitive_features, n_samples=len(y_pred), missing=missing)
    weight = sample_weight
    if weight is not None:
        weight = _check_sample_weight(weight, np.empty(len(y_pred)))
    *parts, without = split_rows(groups.codes, len(groups.labels))
    everything = np.sort(np.concatenate(parts)) if len(without) else slice(None)

    def value(rows):
        more = {} if weight is None else {"sample_weight": weight[rows]}
        return float(metric(take_rows(y_true, rows), take_rows(y_pred, rows), **more))

    by_group = np.array([value(rows) for rows in parts])
    low, high = by_group.min(), by_group.max()
    comparable = low > 0 or high < 0
    return Bunch(
        groups=groups.labels,
        counts=groups.counts,
        by_group=by_group,
        overall=value(everything),
        difference=float(high - low),
        ratio=float(min(low / high, high / low)) if comparable else np.nan,
    )
