"""Any rate of the confusion matrix: in each group, and compared between groups."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit._counting.confusion import one_positive_class, read_confusion
from fairlearnkit._counting.group_rates import rates_by_group
from fairlearnkit._counting.metric import compare_groups, compares, comparison_of
from fairlearnkit._counting.newcombe import quantile_for
from fairlearnkit._counting.noisy_counts import (
    add_noise,
    check_noise,
    count_declared,
)
from fairlearnkit._counting.noisy_group_rates import (
    noisy_rates_by_group,
    warn_of_small_noisy_groups,
    warn_of_undefined_noisy_rates,
)
from fairlearnkit._counting.rates import RATES, rates_without_truth
from fairlearnkit._data.messages import CLASS_METRIC, check_confidence_level


@compares()
def rate_difference(
    y_true,
    y_pred,
    *,
    rate="selection_rate",
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    aggregate="worst",
    control_features=None,
    missing="error",
    min_group_size=0,
):
    r"""Largest difference between groups of any rate of the confusion matrix.

    .. math:: \max_a \text{rate}_a - \min_b \text{rate}_b

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels of any kind. May be None for the selection rate, which does not
        depend on them.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    rate : str, default="selection_rate"
        "selection_rate", "true_positive_rate", "false_negative_rate",
        "false_positive_rate", "true_negative_rate", "positive_predictive_value",
        "negative_predictive_value", "accuracy" or "error_rate".
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans; of
        two other labels it has to be named, unless either gives the same gap. If there
        are more than two classes, None takes each in turn, and the largest difference
        counts.
    labels : array-like, default=None
        All classes, if some may not occur in these rows. None takes those that occur.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        How to compare more than two groups: the two that differ most, the mean over all
        pairs, or the group that differs most from all rows together.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, and the worst stratum
        counts; for "mean", the mean of the strata, weighted by size.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: raise an error, treat
        them as a group or stratum of its own, or leave their rows out.
    min_group_size : int, default=0
        Groups of fewer rows, in all strata together, are left out of the comparison,
        with a warning. Their rows count in no group.

    Returns
    -------
    difference : float
        Between 0 (parity) and 1; NaN where a rate is not defined.

    Raises
    ------
    ValueError
        Lengths differ, there is only one group, values are missing, or an option is
        unknown; `y_true` has two classes and `y_pred` others, such as scores; the
        positive class has to be named; `min_group_size` leaves fewer than two groups.

    Warns
    -----
    SmallGroupWarning
        A group has fewer than 10 rows in the denominator of the rate, or
        `min_group_size` leaves groups out.
    UndefinedMetricWarning
        A group has no row in the denominator, or all rates of a ratio are 0.

    Notes
    -----
    The predictive values condition on decisions, the other rates on outcomes: if base
    rates differ, not all of them can agree.

    Rows may be Dask arrays, DataFrames or Series with the same partitions: the distinct
    rows of labels are counted in one pass, and the result is exactly that of the same
    rows in memory. So do all metrics that refer to this one.

    References
    ----------
    Verma, Rubin: Fairness Definitions Explained. FairWare 2018.

    Examples
    --------
    >>> from fairlearnkit.metrics import rate_difference
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> missed = [1] * 15 + [0] * 5
    >>> options = {"rate": "false_negative_rate", "sensitive_features": group}
    >>> rate_difference([1] * 20, missed, **options)
    0.5
    """
    return compare_groups(
        comparison_of(rate_difference, aggregate, rate),
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        min_group_size,
    )


@compares(ratio=True)
def rate_ratio(
    y_true,
    y_pred,
    *,
    rate="selection_rate",
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    aggregate="worst",
    control_features=None,
    missing="error",
    min_group_size=0,
):
    r"""Smallest ratio between groups of any rate of the confusion matrix.

    .. math:: \min_a \text{rate}_a \,/\, \max_b \text{rate}_b

    Parameters
    ----------
    y_true, y_pred, rate, sensitive_features, sample_weight : array-like or str
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    pos_label : scalar, default=None
        The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans; of
        two other labels it has to be named, unless the rate is "accuracy" or
        "error_rate". If there are more than two classes, None takes each in turn, and
        the smallest ratio counts; classes whose rates are all 0 are skipped.
    labels, aggregate, control_features, missing, min_group_size : optional
        As in :func:`~fairlearnkit.metrics.rate_difference`.

    Returns
    -------
    ratio : float
        Between 0 and 1 (parity); NaN where a rate is not defined or all are 0.

    Raises
    ------
    ValueError
        As in :func:`~fairlearnkit.metrics.rate_difference`.

    Warns
    -----
    SmallGroupWarning, UndefinedMetricWarning
        As in :func:`~fairlearnkit.metrics.rate_difference`.

    Notes
    -----
    A ratio of small rates is noisy: look at the counts, too.

    References
    ----------
    Verma, Rubin: Fairness Definitions Explained. FairWare 2018.

    Examples
    --------
    >>> from fairlearnkit.metrics import rate_ratio
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> y_pred = [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7
    >>> rate_ratio(
    ...     [1] * 20, y_pred, rate="true_positive_rate", sensitive_features=group
    ... )
    0.5
    """
    return compare_groups(
        comparison_of(rate_ratio, aggregate, rate),
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        min_group_size,
    )


def group_rates(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    missing="error",
    groups=None,
    epsilon=None,
    confidence_level=0.95,
):
    r"""All rates of the confusion matrix in each group.

    .. math:: \text{rate}_g =
              \frac{\sum_{i \in g} w_i \, [i \text{ counts in the numerator}]}
              {\sum_{i \in g} w_i \, [i \text{ counts in the denominator}]}

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels of any kind; without them, only the selection rate is known.
    y_pred, sensitive_features, sample_weight : array-like
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    pos_label : scalar, default=None
        The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans; of
        other labels it has to be named.
    labels : array-like, default=None
        All classes, if some may not occur in these rows. Required with `epsilon`.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features. With `epsilon`, "error" leaves these
        rows out, as "ignore" does, since an error would reveal them.
    groups : sequence, default=None
        All groups, required with `epsilon` and refused without: labels, or tuples of
        labels for several sensitive columns.
    epsilon : float, default=None
        Noise in each count makes the rates private: adding or removing one row changes
        the probability of any result by a factor of at most exp(epsilon). See
        :func:`~fairlearnkit.metrics.parity_report`.
    confidence_level : float, default=0.95
        Confidence level of the intervals, which there are with `epsilon` only.

    Returns
    -------
    rates : :class:`~sklearn.utils.Bunch`
        With these keys:

        groups : ndarray of shape (n_groups,)
            Group labels.
        counts : ndarray of shape (n_groups,)
            Number of rows of each group.
        by_group : dict of ndarray of shape (n_groups,)
            Each rate by its name; NaN where it is not defined.
        overall : dict of float
            Each rate of all rows together.
        among : dict of ndarray of shape (n_groups,)
            Number of rows in the denominator of each rate.
        pos_label : scalar
            The positive class.
        epsilon : float
            As given; only if it was.
        intervals : dict of ndarray of shape (n_groups, 2)
            Ends of the interval of each rate, which allow for the sampling of the rows
            and for the noise; only with `epsilon`. [0, 1] where a rate is not defined.

    Raises
    ------
    ValueError
        As in :func:`~fairlearnkit.metrics.rate_difference`. With `epsilon`: `groups` or
        `labels` are not declared, there are weights, or the confidence level is not
        between 0 and 1.

    Warns
    -----
    SmallGroupWarning
        A group has fewer than 10 rows.
    UndefinedMetricWarning
        A rate is not defined in a group.

    Notes
    -----
    Rates of small groups are noisy: see
    :func:`~fairlearnkit.metrics.bootstrap_interval`. Takes Dask collections as
    :func:`~fairlearnkit.metrics.rate_difference` does.

    With `epsilon`, counts hold noise and may be negative; rates stay between 0 and 1,
    and are NaN where the count in the denominator is 0 or less. Rows of labels that are
    not declared are not counted, and no error or warning tells of them. Each call adds
    its epsilon to that of all earlier ones on the same rows: for gaps, too, call
    :func:`~fairlearnkit.metrics.parity_report` instead (:ref:`private_report`). Each
    interval is for one rate, not for all of them at once; among few rows, and with much
    noise, it holds more often than it has to.

    References
    ----------
    Verma, Rubin: Fairness Definitions Explained. FairWare 2018.

    Canonne, Kamath, Steinke: The Discrete Gaussian for Differential Privacy. NeurIPS
    2020, algorithms 1 and 2.

    Examples
    --------
    >>> from fairlearnkit.metrics import group_rates
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> y_pred = [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7
    >>> rates = group_rates([1, 0] * 10, y_pred, sensitive_features=group)
    >>> rates.by_group["selection_rate"].tolist(), rates.overall["selection_rate"]
    ([0.6, 0.3], 0.45)
    """
    names = rates_without_truth() if y_true is None else tuple(RATES)
    check_noise(epsilon, groups, sample_weight)
    data, options = (y_true, y_pred, sensitive_features, names), {"missing": missing}
    if epsilon is not None:
        options |= {"groups": groups, "labels": labels, "caller": CLASS_METRIC}
        check_confidence_level(confidence_level)
        counts = count_declared(*data, **options)
        told = epsilon, y_true is not None, confidence_level
        return _private_rates(counts, names, pos_label, *told)
    options |= {"labels": labels, "pos_label": pos_label}
    confusion = read_confusion(*data, sample_weight=sample_weight, **options)
    positive = one_positive_class(confusion, names, pos_label)
    rates = rates_by_group(confusion, positive, names)
    # The smallest denominator, in rows: one group without rows leaves a NaN.
    undefined = [name for name in names if rates.among[name].min() == 0]
    if undefined and rates.counts.min():  # of no row at all there was a warning
        msg = (
            f"Some group has no rows in the denominator of {', '.join(undefined)}, "
            "which is NaN there."
        )
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=2)
    return rates


def _private_rates(counts, names, pos_label, epsilon, has_truth, confidence_level):
    """As `group_rates`, from counts to which noise is added."""
    positive = one_positive_class(counts, names, pos_label)
    noisy = add_noise(counts, epsilon, has_truth)
    rates = noisy_rates_by_group(noisy, positive, names)
    warn_of_small_noisy_groups(noisy, stacklevel=4)
    warn_of_undefined_noisy_rates(rates, stacklevel=4)
    z = quantile_for(confidence_level)
    ends = {name: each.intervals(z) for name, each in rates.pop("noisy").items()}
    rates.epsilon = noisy.epsilon
    rates.intervals = {name: np.transpose(both) for name, both in ends.items()}
    return rates
