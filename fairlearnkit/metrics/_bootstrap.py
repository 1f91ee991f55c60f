"""How uncertain a gap is: intervals by the bootstrap."""

import warnings
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import Bunch, check_random_state

from fairlearnkit._counting.comparison_intervals import comparison_interval
from fairlearnkit._counting.confusion import positive_classes, read_confusion
from fairlearnkit._counting.gaps import measure_gap
from fairlearnkit._counting.kinds import weights_and_squares
from fairlearnkit._counting.metric import comparison_of, is_gap_of_rates
from fairlearnkit._counting.named_metric import CALLER, function_name, get_metric
from fairlearnkit._counting.small_groups import leave_out_small_groups
from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.messages import check_confidence_level
from fairlearnkit._data.progress import Progress

from ._resample_counts import resampled_gaps
from ._resample_rows import resampled_values


def bootstrap_interval(
    metric,
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    n_resamples=1000,
    confidence_level=0.95,
    stratify=False,
    random_state=None,
    metric_params=None,
    verbose=0,
):
    r"""Interval of a metric that compares groups.

    For gaps of rates, from intervals :math:`[l_k, u_k]` of the differences of each pair
    k of groups (Newcombe 1998):

    .. math:: \big[\max_k \max(0, l_k, -u_k), \; \max_k \max(-l_k, u_k)\big],

    and in the same way for ratios (Donner, Zou 2012). For other metrics, by the
    bootstrap, with the quantiles q of the metric of rows drawn with replacement:

    .. math:: \big[\min(q_{\alpha / 2}, \max(0, 2 \, \text{metric} - q_{1 - \alpha/2})),
              \; q_{1 - \alpha / 2}\big], \quad \alpha = 1 - \text{confidence\_level}

    Parameters
    ----------
    metric : str or callable
        Name of a function of :mod:`fairlearnkit.metrics`, or any function
        ``(y_true, y_pred, *, sensitive_features)``.
    y_true : array-like of shape (n_samples,) or None
        Target. May be None if the metric does not depend on it.
    y_pred : array-like of shape (n_samples,)
        Predictions or scores.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, which are resampled with their rows.
    n_resamples : int, default=1000
        Number of resamples.
    confidence_level : float, default=0.95
        Between 0 and 1.
    stratify : bool, default=False
        Keep the number of rows of each group in every resample. Suits data in which the
        groups were sampled separately.
    random_state : int, RandomState instance or None, default=None
        Determines the resamples.
    metric_params : dict, default=None
        Further keywords of `metric`, such as ``{"pos_label": "yes", "missing":
        "group"}``. Control features are resampled with their rows.
    verbose : int, default=0
        0 prints nothing, 1 some ten lines about the progress, 2 a line for each
        resample. Gaps of rates take no time, and print nothing.

    Returns
    -------
    interval : :class:`~sklearn.utils.Bunch`
        With these keys:

        estimate : float
            The metric of the given rows.
        low, high : float
            Ends of the interval.
        method : {"newcombe", "donner-zou", "percentile"}
            How it was made: of differences of rates, of ratios of rates, or of
            resamples. Only the first two hold parity as often as they should among
            more than two groups.
        standard_error : float
            Standard deviation over the resamples.
        n_undefined : int
            Number of resamples that miss a group or a cell. They are left out of
            what is computed of the resamples.

    Raises
    ------
    ValueError
        The metric or some of `metric_params` are unknown, lengths differ, there is only
        one group, or `n_resamples` is less than 1.

    Warns
    -----
    UndefinedMetricWarning
        Resamples were left out.
    SmallGroupWarning
        ``min_group_size`` in `metric_params` leaves groups out. The given rows decide
        which; all resamples compare the same groups.

    Notes
    -----
    **Gaps of rates**, differences and ratios: `low` and `high` hold the gap of the
    population with a probability of about `confidence_level` or more, also where the
    gap is 0, where rates are near 0 or 1, and among many groups. With one pair of
    groups and one rate, it is the nominal one. With more, or ``aggregate="mean"``, the
    end towards parity allows for all pairs, rates, classes and strata (Bonferroni), and
    the probability is larger. It may be smaller with weights that vary much, if the
    expected number of rows with or without the outcome in a group is below 5, and for
    ``aggregate="to_overall"``, which takes the shares of the groups as known. The user
    guide has measured coverage (:ref:`measure`). `n_resamples`, `stratify` and
    `random_state` have no effect on these ends, only on `standard_error`.

    **Other metrics**: nothing is guaranteed. If no resample is negative, the lower end
    is at most ``2 * estimate - high``, so that the interval of a difference of one
    number of two groups, such as a mean, holds 0 about as often as it should. Among
    more groups, the largest gap is biased upwards, and so are distances between
    distributions: the interval holds a gap near 0 too rarely.

    Of gaps of rates, the counts are drawn from a multinomial distribution, which is
    equivalent to resampling rows, at a cost that does not depend on the number of rows
    (with weights, it depends on the number of distinct weights). All other metrics are
    computed from scratch for each resample. Gaps of rates take Dask collections as
    :func:`~fairlearnkit.metrics.rate_difference` does, with the same result as in
    memory; other metrics do not. Rows are taken as independent.

    References
    ----------
    Newcombe: Interval Estimation for the Difference between Independent Proportions.
    Statistics in Medicine 17, 1998, method 10.

    Donner, Zou: Closed-form Confidence Intervals for Functions of the Normal Mean and
    Standard Deviation. Statistical Methods in Medical Research 21, 2012.

    Efron, Tibshirani: An Introduction to the Bootstrap. Chapman & Hall 1993, the
    percentile interval.

    Examples
    --------
    >>> from fairlearnkit.metrics import bootstrap_interval
    >>> group, y_pred = ["a"] * 500 + ["b"] * 500, [1] * 300 + [0] * 550 + [1] * 150
    >>> interval = bootstrap_interval(
    ...     "demographic_parity_difference",
    ...     y_pred,
    ...     y_pred,
    ...     sensitive_features=group,
    ...     random_state=0,
    ... )
    >>> round(interval.estimate, 2), round(interval.low, 1), round(interval.high, 1)
    (0.3, 0.2, 0.4)
    """
    function, options = _split_partial(get_metric(metric, metric_params))
    _check_arguments(y_pred, n_resamples, options)
    data = (y_true, y_pred, sensitive_features)
    # Counts of a confusion matrix are all that gaps of rates depend on.
    by_counts = is_gap_of_rates(function)
    if any_lazy(*data, sample_weight, options.get("control_features")):
        _check_resampled_by_counts(function, by_counts)
    else:
        check_alignment(
            y_true=y_true,
            y_pred=y_pred,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
            control_features=options.get("control_features"),
        )
    check_confidence_level(confidence_level)
    drawn = n_resamples, stratify, check_random_state(random_state)
    rows = function, options, data, sample_weight
    if by_counts:
        estimate, draws, ends = _resampled_gap(*rows, *drawn, confidence_level)
    else:
        progress = Progress("bootstrap_interval", verbose)
        estimate, draws = resampled_values(*rows, *drawn, progress)
        ends = {"method": "percentile"}
    found = percentile_interval(estimate, draws, confidence_level, is_gap=True)
    found.update(ends)
    return found


def _split_partial(metric):
    """A function, and the keywords that partials around it fix."""
    options = {}
    # A partial with positional arguments, such as y_true, is called as it is.
    while isinstance(metric, partial) and not metric.args:
        options = {**metric.keywords, **options}  # those of the outer partial win
        metric = metric.func
    return metric, options


def _check_arguments(y_pred, n_resamples, options):
    if not (isinstance(n_resamples, Integral) and n_resamples >= 1):
        msg = f"n_resamples={n_resamples!r} must be an integer of at least 1."
        raise ValueError(msg)
    if y_pred is None:
        msg = "y_pred is None: pass one prediction or score for each row."
        raise ValueError(msg)
    if "sample_weight" in options:
        msg = "Pass sample_weight to bootstrap_interval itself, not to the metric."
        raise ValueError(msg)


def _check_resampled_by_counts(function, by_counts):
    """Raise an error for a metric of Dask collections whose rows would be drawn."""
    if not by_counts:
        msg = (
            f"{function_name(function)} would be computed of rows that are drawn with "
            "replacement, which is not done on Dask collections: take a gap of rates, "
            "such as 'demographic_parity_difference', whose counts are drawn, or pass "
            "a sample of the rows that is in memory."
        )
        raise ValueError(msg)


def _resampled_gap(metric, options, data, sample_weight, *drawn_and_level):
    """As `resampled_values` for a gap of rates, from counts, with its interval."""
    n_resamples, stratify, random_state, level = drawn_and_level
    options = dict(options)
    # Some keywords say what is compared, the others how rows are read.
    keys = {"aggregate", "rate"} & set(options)
    comparison = comparison_of(metric, **{key: options.pop(key) for key in keys})
    min_group_size = options.pop("min_group_size", 0)
    confusion = read_confusion(
        *data, comparison.rates, sample_weight=sample_weight, **options, caller=CALLER
    )
    confusion = leave_out_small_groups(confusion, min_group_size)
    pos_label = options.get("pos_label")
    positives = positive_classes(confusion, comparison, pos_label, CALLER)
    (draws,) = resampled_gaps(
        [comparison], confusion, positives, n_resamples, random_state, stratify=stratify
    )
    sums = weights_and_squares(confusion)
    low, high = comparison_interval(comparison, *sums, positives, level)
    method = "donner-zou" if comparison.ratio else "newcombe"
    ends = {"low": low, "high": high, "method": method}
    return measure_gap(comparison, confusion, positives), draws, ends


def percentile_interval(estimate, draws, confidence_level, is_gap=False):
    """Quantiles of the resampled values that are defined; NaN if there are none.

    The percentile interval (Efron, Tibshirani 1993, chapter 13). Where a gap of two
    groups is 0, its estimate is the size of a number d of mean 0, and resamples are
    sizes of d plus noise, so that both ends are above 0. The upper one is about
    abs(d) + z s, and abs(d) - z s would hold 0 as often as it should: that is twice the
    estimate minus the upper end.

    Parameters
    ----------
    estimate : float
        Value of the metric.
    draws : ndarray of shape (n_resamples,)
        Its values for the resamples, NaN where it is not defined.
    confidence_level : float
        Between 0 and 1.
    is_gap : bool, default=False
        The smaller of the two lower ends is taken, if no resample is negative.

    Returns
    -------
    interval : Bunch
        As `bootstrap_interval` returns it.
    """
    defined = draws[~np.isnan(draws)]
    n_undefined = len(draws) - len(defined)
    if n_undefined:
        msg = (
            f"{n_undefined} of {len(draws)} resamples miss a group or a cell that the "
            "metric needs, or have a ratio of rates that are 0, and were left out; "
            "stratify=True keeps the size of groups."
        )
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=3)
    low, high, error = np.nan, np.nan, np.nan
    if len(defined):
        tail = 0.5 * (1.0 - confidence_level)
        low, high = np.quantile(defined, [tail, 1.0 - tail]).tolist()
        if is_gap and defined.min() >= 0:
            low = min(low, max(0.0, 2.0 * estimate - high))
        # Divided by n; n - 1 would give 0.05 % more for 1,000 resamples.
        error = float(defined.std())
    return Bunch(
        estimate=estimate,
        low=low,
        high=high,
        standard_error=error,
        n_undefined=n_undefined,
    )
