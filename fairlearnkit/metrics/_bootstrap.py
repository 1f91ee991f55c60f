"""How uncertain a gap is: intervals by the bootstrap."""

import warnings
from contextlib import suppress
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import Bunch, check_consistent_length, check_random_state

from fairlearnkit._counting.cells import read_cells
from fairlearnkit._counting.gaps import Gap, measure
from fairlearnkit._data.alignment import check_alignment, with_common_index
from fairlearnkit._data.counts import SMALL_CELL
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import Caller
from fairlearnkit._data.rows import split_rows, take_rows
from fairlearnkit.metrics import _rates
from fairlearnkit.utils._sklearn_private import _check_sample_weight

from ._metric import call_metric, find_metric
from ._resample import resampled

ODDS = ("true_positive_rate", "false_positive_rate")
# Metrics that look at counts of cells only: which rates, and whether by ratio.
COUNTING = {
    _rates.demographic_parity_difference: (("selection_rate",), False),
    _rates.demographic_parity_ratio: (("selection_rate",), True),
    _rates.equal_opportunity_difference: (("true_positive_rate",), False),
    _rates.equal_opportunity_ratio: (("true_positive_rate",), True),
    _rates.equalized_odds_difference: (ODDS, False),
    _rates.equalized_odds_ratio: (ODDS, True),
    _rates.rate_difference: (None, False),
    _rates.rate_ratio: (None, True),
}
CALLER = Caller(
    data="y_pred",
    method="",
    missing_hint='or choose metric_params={"missing": "group"} (a group of its own) or '
    '{"missing": "ignore"} (the rows count in no group)',
    pos_label_hint='give metric_params={"pos_label": ...}',
    labels_hint='metric_params={"labels": [...]}',
)


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
):
    r"""Interval of a metric that compares groups, by resampling rows.

    .. math:: [\hat q_{\alpha / 2}, \hat q_{1 - \alpha / 2}] \text{ of }
              \text{metric}(\text{rows drawn with replacement}), \quad
              \alpha = 1 - \text{confidence\_level}

    Parameters
    ----------
    metric : str or callable
        Name of a function of :mod:`fairlearnkit.metrics`, or a function
        ``(y_true, y_pred, *, sensitive_features)``, ours or not.
    y_true : array-like of shape (n_samples,) or None
        Target; None where the metric does not look at it.
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
        Keep the number of rows of each group, as where groups were sampled apart.
    random_state : int, RandomState instance or None, default=None
        Of the resamples.
    metric_params : dict, default=None
        Further keywords of `metric`, such as ``{"pos_label": "yes", "missing":
        "group"}``; control features are resampled with their rows.

    Returns
    -------
    interval : :class:`~sklearn.utils.Bunch`
        With these keys:

        estimate : float
            The metric of the rows as they are.
        low, high : float
            Ends of the interval.
        standard_error : float
            Standard deviation over resamples.
        n_undefined : int
            Resamples that missed a group or a cell, and were left out.

    Raises
    ------
    ValueError
        An unknown metric, `metric_params` that it does not take, lengths that differ,
        one group only, no resamples.

    Warns
    -----
    UndefinedMetricWarning
        Resamples were left out.

    Notes
    -----
    Metrics that count are resampled by multinomial draws of the counts of cells: the
    same distribution, at a cost that does not depend on the number of rows; with
    weights, on the number of different ones. All others are computed anew for each
    resample.

    A gap is never negative, so that near 0 its interval does not reach 0: from an
    interval alone no gap is ever found to be none. The largest difference between many
    groups is biased upwards, and so is its interval. Rows are taken as independent.

    References
    ----------
    Efron, Tibshirani: An Introduction to the Bootstrap. Chapman & Hall 1993, the
    percentile interval.

    Examples
    --------
    >>> from fairlearnkit.metrics import bootstrap_interval
    >>> group, y_pred = ["a"] * 500 + ["b"] * 500, [1] * 300 + [0] * 550 + [1] * 150
    >>> found = bootstrap_interval(
    ...     "demographic_parity_difference",
    ...     y_pred,
    ...     y_pred,
    ...     sensitive_features=group,
    ...     random_state=0,
    ... )
    >>> round(found.estimate, 2), round(found.low, 1), round(found.high, 1)
    (0.3, 0.2, 0.4)
    """
    function, options = _unwrapped(find_metric(metric, metric_params))
    if not (isinstance(n_resamples, Integral) and n_resamples >= 1):
        msg = f"n_resamples={n_resamples!r} must be an integer of at least 1."
        raise ValueError(msg)
    if y_pred is None:
        msg = "y_pred is None: pass one prediction or score for each row."
        raise ValueError(msg)
    if "sample_weight" in options:
        msg = "Pass sample_weight to bootstrap_interval itself, not to the metric."
        raise ValueError(msg)
    check_alignment(
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        control_features=options.get("control_features"),
    )
    data = (y_true, y_pred, sensitive_features)
    if function in COUNTING:
        gap, cells, places = _read(function, options, data, sample_weight)
        draws = gap_draws(
            [gap], cells, places, n_resamples, random_state, stratify=stratify
        )
        found = measure(gap, cells, places), *draws
    else:
        rng = check_random_state(random_state)
        found = _by_rows(
            function, options, data, sample_weight, n_resamples, stratify, rng
        )
    return interval(*found, confidence_level)


def _unwrapped(metric):
    """A function and the arguments that partials around it fix."""
    options = {}
    while isinstance(metric, partial) and not metric.args:
        options = {**metric.keywords, **options}
        metric = metric.func
    return metric, options


def _read(function, options, data, weight):
    """What a metric that counts compares, and the cells of which it does."""
    options = dict(options)
    rates, ratio = COUNTING[function]
    if rates is None:
        rates = (options.pop("rate", "selection_rate"),)
    gap = Gap(rates, ratio, options.pop("aggregate", "worst"))
    return gap, *read_cells(*data, weight, **options, asked=gap, caller=CALLER)


def gap_draws(gaps, cells, places, n_resamples, random_state, *, stratify=False):
    """Gaps of resamples, the same resamples for all of them.

    Parameters
    ----------
    gaps : list of Gap
        What to compare.
    cells : Cells
        Counts.
    places : list of int
        Classes that are positive in turn.
    n_resamples : int
        Number of resamples.
    random_state : int, RandomState instance or None
        Of the resamples.
    stratify : bool, default=False
        Keep the number of rows of each group.

    Returns
    -------
    draws : ndarray of shape (n_gaps, n_resamples)
        NaN where a gap is not defined.
    """
    # A Generator draws rows three times as fast as a RandomState.
    seed = check_random_state(random_state).randint(2**32, size=4, dtype=np.uint32)
    rng = np.random.default_rng(seed)
    found = [
        [gap.of(weight, places) for gap in gaps]
        for weight in resampled(cells, n_resamples, rng, stratify=stratify)
    ]
    return np.concatenate([np.empty((len(gaps), 0)), *found], axis=1)


def _by_rows(function, options, data, weight, n_resamples, stratify, rng):
    """The metric of rows drawn with replacement."""
    control = options.get("control_features")
    # Slices of rows are compared again, wherever a metric looks at their indexes.
    y_true, y_pred, sensitive_features, control = with_common_index(*data, control)
    check_consistent_length(y_true, y_pred)
    n_samples = len(y_pred)
    missing = options.get("missing", "error")
    groups = find_groups(
        sensitive_features, CALLER, n_samples=n_samples, missing=missing
    )
    n_groups = len(groups.labels)
    known = np.flatnonzero(groups.codes >= 0)
    if weight is not None:
        weight = _check_sample_weight(weight, np.empty(n_samples))

    def value(rows):
        more = dict(options)
        if control is not None:
            more["control_features"] = take_rows(control, rows)
        if weight is not None:
            more["sample_weight"] = weight[rows]
        some = [None if y is None else take_rows(y, rows) for y in (y_true, y_pred)]
        more["sensitive_features"] = take_rows(sensitive_features, rows)
        return call_metric(function, *some, **more)

    parts = split_rows(groups.codes, n_groups)[:-1] if stratify else [known]
    # Numbers, such as ages, are no groups that each resample has to hold.
    few = n_groups * SMALL_CELL <= n_samples
    estimate, draws = value(known), np.full(n_resamples, np.nan)
    for i in range(n_resamples):
        drawn = [part[rng.randint(len(part), size=len(part))] for part in parts]
        rows = np.concatenate(drawn)
        if few and len(np.unique(groups.codes[rows])) < n_groups:
            continue
        with warnings.catch_warnings(), suppress(ValueError):  # a cell may be empty
            warnings.simplefilter("ignore")  # of small cells, told for the estimate
            draws[i] = value(rows)
    return float(estimate), draws


def interval(estimate, draws, confidence_level):
    """Quantiles of the draws that are defined; without draws, NaN."""
    if not 0 < confidence_level < 1:
        msg = f"confidence_level={confidence_level!r} must lie between 0 and 1."
        raise ValueError(msg)
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
        error = float(defined.std())
    return Bunch(
        estimate=estimate,
        low=low,
        high=high,
        standard_error=error,
        n_undefined=n_undefined,
    )
