"""What metrics of rates share: a mark of what they compare, and the computation."""

from fairlearnkit._counting.confusion import positive_classes, read_confusion
from fairlearnkit._counting.gaps import RateComparison, measure_gap
from fairlearnkit._counting.small_groups import leave_out_small_groups


def compares(*rates, ratio=False):
    """Mark a metric as a gap of rates, which depends on confusion matrices alone.

    `bootstrap_interval` then resamples the counts of the metric instead of rows, and
    `parity_scorer` passes all classes of the estimator as ``labels``. The function
    itself is returned unchanged.

    Parameters
    ----------
    *rates : str
        Names in ``RATES``; none for a metric with an argument ``rate``.
    ratio : bool, default=False
        The metric is a ratio, not a difference.

    Returns
    -------
    decorator : callable
    """

    def mark(metric):
        metric.compared = (rates, ratio)
        return metric

    return mark


def is_gap_of_rates(metric):
    """Whether a function is marked by `compares`."""
    return hasattr(metric, "compared")


def comparison_of(metric, aggregate="worst", rate="selection_rate"):
    """What a marked metric compares, for given values of its arguments.

    Parameters
    ----------
    metric : callable
        A function that is marked by `compares`.
    aggregate : str, default="worst"
        Argument of the metric.
    rate : str, default="selection_rate"
        Argument of the metric, if it has one.

    Returns
    -------
    comparison : RateComparison
    """
    # A metric that is marked without rates has them in its argument.
    rates, ratio = metric.compared
    return RateComparison(rates or (rate,), ratio, aggregate)


def compare_groups(
    comparison,
    y_true,
    y_pred,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    control_features=None,
    missing="error",
    min_group_size=0,
):
    """Gap of rates between groups; the arguments are those of `rate_difference`.

    Parameters
    ----------
    comparison : RateComparison
        What is compared.
    y_true, y_pred, sensitive_features, sample_weight : array-like
        The rows.
    pos_label : scalar, default=None
        The positive class.
    labels, control_features : array-like, default=None
        All classes; strata of the rows.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features.
    min_group_size : int, default=0
        Groups of fewer rows are left out, with a warning.

    Returns
    -------
    gap : float
    """
    confusion = read_confusion(
        y_true,
        y_pred,
        sensitive_features,
        comparison.rates,
        sample_weight=sample_weight,
        labels=labels,
        control_features=control_features,
        missing=missing,
        pos_label=pos_label,
    )
    confusion = leave_out_small_groups(confusion, min_group_size, stacklevel=4)
    positives = positive_classes(confusion, comparison, pos_label)
    return measure_gap(comparison, confusion, positives)
