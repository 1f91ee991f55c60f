"""Differences and ratios of rates between groups."""

import warnings

from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit._counting.cells import read_cells
from fairlearnkit._counting.gaps import (
    RATES,
    TRUTH_FREE,
    Gap,
    measure,
)
from fairlearnkit._counting.rates import rates_of

_ODDS = ("true_positive_rate", "false_positive_rate")


def demographic_parity_difference(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    aggregate="worst",
    control_features=None,
    missing="error",
):
    r"""Largest difference between groups of the rate of positive predictions.

    .. math:: \max_a P(\hat y = + \mid a) - \min_b P(\hat y = + \mid b)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels of any kind; only their classes matter here. None takes the
        classes of `y_pred`.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class: of two, either gives the same. With more than two, None
        takes each class in turn, and the largest difference counts.
    labels : array-like, default=None
        All classes, where some may not occur in these rows. None takes those that do.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        Over groups: the two that are furthest apart, the mean of all pairs, or the one
        that is furthest from all rows together.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, and the worst stratum
        counts; for "mean", their mean by size.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: refuse them, take them as
        a group or stratum of its own, or leave their rows out.

    Returns
    -------
    difference : float
        Between 0 (parity) and 1; NaN where a rate is not defined.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, unknown options; predictions of
        other labels than the two that `y_true` holds, such as scores.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows.
    UndefinedMetricWarning
        A group without any such row, or rates that are all 0.

    Notes
    -----
    Says nothing of errors: equal rates can select the wrong people in one group.

    References
    ----------
    Agarwal, Beygelzimer, Dudik, Langford, Wallach: A Reductions Approach to Fair
    Classification. ICML 2018.

    Examples
    --------
    >>> from fairlearnkit.metrics import demographic_parity_difference
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> y_pred = [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7
    >>> demographic_parity_difference(y_pred, y_pred, sensitive_features=group)
    0.3
    """
    gap = Gap(("selection_rate",), aggregate=aggregate)
    cells, places = read_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        gap,
    )
    return measure(gap, cells, places)


def demographic_parity_ratio(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    aggregate="worst",
    control_features=None,
    missing="error",
):
    r"""Smallest ratio between groups of the rate of positive predictions.

    .. math:: \min_a P(\hat y = + \mid a) \,/\, \max_b P(\hat y = + \mid b)

    The "four-fifths rule" of US employment law looks at this figure.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels of any kind; only their classes matter here. None takes the
        classes of `y_pred`.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        of two other labels it has to be named. With more than two, each class is the
        positive one in turn and the smallest ratio counts, of the classes that are
        predicted at all.
    labels : array-like, default=None
        All classes, where some may not occur in these rows. None takes those that do.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        Over groups: the two that are furthest apart, the mean of all pairs, or the one
        that is furthest from all rows together.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, and the worst stratum
        counts; for "mean", their mean by size.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: refuse them, take them as
        a group or stratum of its own, or leave their rows out.

    Returns
    -------
    ratio : float
        Between 0 and 1 (parity); NaN where a rate is not defined or all are 0.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, unknown options; predictions of
        other labels than the two that `y_true` holds, such as scores; a positive
        class that has to be named.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows.
    UndefinedMetricWarning
        A group without any such row, or rates that are all 0.

    Notes
    -----
    Says nothing of errors: equal rates can select the wrong people in one group.

    References
    ----------
    Feldman, Friedler, Moeller, Scheidegger, Venkatasubramanian: Certifying and
    Removing Disparate Impact. KDD 2015.

    Examples
    --------
    >>> from fairlearnkit.metrics import demographic_parity_ratio
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> y_pred = [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7
    >>> demographic_parity_ratio(y_pred, y_pred, sensitive_features=group)
    0.5
    """
    gap = Gap(("selection_rate",), ratio=True, aggregate=aggregate)
    cells, places = read_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        gap,
    )
    return measure(gap, cells, places)


def equal_opportunity_difference(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    aggregate="worst",
    control_features=None,
    missing="error",
):
    r"""Largest difference between groups of the true positive rate.

    .. math:: \max_a P(\hat y = + \mid y = +, a) - \min_b P(\hat y = + \mid y = +, b)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels of any kind.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        of two other labels it has to be named. With more than two, each class is the
        positive one in turn and the largest difference counts.
    labels : array-like, default=None
        All classes, where some may not occur in these rows. None takes those that do.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        Over groups: the two that are furthest apart, the mean of all pairs, or the one
        that is furthest from all rows together.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, and the worst stratum
        counts; for "mean", their mean by size.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: refuse them, take them as
        a group or stratum of its own, or leave their rows out.

    Returns
    -------
    difference : float
        Between 0 (parity) and 1; NaN where a rate is not defined.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, unknown options; predictions of
        other labels than the two that `y_true` holds, such as scores; a positive
        class that has to be named.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 positive rows.
    UndefinedMetricWarning
        A group without any such row, or rates that are all 0.

    Notes
    -----
    Sees only the rows with a positive truth: false alarms may still differ.

    References
    ----------
    Hardt, Price, Srebro: Equality of Opportunity in Supervised Learning. NeurIPS 2016,
    definition 2.2.

    Examples
    --------
    >>> from fairlearnkit.metrics import equal_opportunity_difference
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> y_pred = [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7
    >>> equal_opportunity_difference([1] * 20, y_pred, sensitive_features=group)
    0.3
    """
    gap = Gap(("true_positive_rate",), aggregate=aggregate)
    cells, places = read_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        gap,
    )
    return measure(gap, cells, places)


def equal_opportunity_ratio(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    aggregate="worst",
    control_features=None,
    missing="error",
):
    r"""Smallest ratio between groups of the true positive rate.

    .. math:: \min_a P(\hat y = + \mid y = +, a)
              \,/\, \max_b P(\hat y = + \mid y = +, b)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels of any kind.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        of two other labels it has to be named. With more than two, each class is the
        positive one in turn and the smallest ratio counts.
    labels : array-like, default=None
        All classes, where some may not occur in these rows. None takes those that do.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        Over groups: the two that are furthest apart, the mean of all pairs, or the one
        that is furthest from all rows together.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, and the worst stratum
        counts; for "mean", their mean by size.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: refuse them, take them as
        a group or stratum of its own, or leave their rows out.

    Returns
    -------
    ratio : float
        Between 0 and 1 (parity); NaN where a rate is not defined or all are 0.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, unknown options; predictions of
        other labels than the two that `y_true` holds, such as scores; a positive
        class that has to be named.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 positive rows.
    UndefinedMetricWarning
        A group without any such row, or rates that are all 0.

    Notes
    -----
    Sees only the rows with a positive truth: false alarms may still differ.

    References
    ----------
    Hardt, Price, Srebro: Equality of Opportunity in Supervised Learning. NeurIPS 2016,
    definition 2.2.

    Examples
    --------
    >>> from fairlearnkit.metrics import equal_opportunity_ratio
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> y_pred = [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7
    >>> equal_opportunity_ratio([1] * 20, y_pred, sensitive_features=group)
    0.5
    """
    gap = Gap(("true_positive_rate",), ratio=True, aggregate=aggregate)
    cells, places = read_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        gap,
    )
    return measure(gap, cells, places)


def equalized_odds_difference(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    aggregate="worst",
    control_features=None,
    missing="error",
):
    r"""Largest difference between groups of the true or the false positive rate.

    .. math:: \max_{k \in \{+, -\}} \big( \max_a P(\hat y = + \mid y = k, a)
              - \min_b P(\hat y = + \mid y = k, b) \big)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels of any kind.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class: of two, either gives the same. With more than two, None
        takes each class in turn, and the largest difference counts.
    labels : array-like, default=None
        All classes, where some may not occur in these rows. None takes those that do.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        Over groups: the two that are furthest apart, the mean of all pairs, or the one
        that is furthest from all rows together.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, and the worst stratum
        counts; for "mean", their mean by size.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: refuse them, take them as
        a group or stratum of its own, or leave their rows out.

    Returns
    -------
    difference : float
        Between 0 (parity) and 1; NaN where a rate is not defined.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, unknown options; predictions of
        other labels than the two that `y_true` holds, such as scores.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 positive or negative rows.
    UndefinedMetricWarning
        A group without any such row, or rates that are all 0.

    Notes
    -----
    With different base rates, equalized odds and demographic parity exclude each other
    but for trivial predictions.

    References
    ----------
    Hardt, Price, Srebro: Equality of Opportunity in Supervised Learning. NeurIPS 2016,
    definition 2.1.

    Examples
    --------
    >>> from fairlearnkit.metrics import equalized_odds_difference
    >>> group, y_true = ["a"] * 20 + ["b"] * 20, ([1] * 10 + [0] * 10) * 2
    >>> y_pred = [1] * 8 + [0] * 12 + [1] * 6 + [0] * 4 + [1] * 5 + [0] * 5
    >>> equalized_odds_difference(y_true, y_pred, sensitive_features=group)
    0.5
    """
    gap = Gap(_ODDS, aggregate=aggregate)
    cells, places = read_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        gap,
    )
    return measure(gap, cells, places)


def equalized_odds_ratio(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    aggregate="worst",
    control_features=None,
    missing="error",
):
    r"""Smallest ratio between groups of the true or the false positive rate.

    .. math:: \min_{k \in \{+, -\}} \big( \min_a P(\hat y = + \mid y = k, a)
              \,/\, \max_b P(\hat y = + \mid y = k, b) \big)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels of any kind.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        of two other labels it has to be named. With more than two, each class is the
        positive one in turn and the smallest ratio counts.
    labels : array-like, default=None
        All classes, where some may not occur in these rows. None takes those that do.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        Over groups: the two that are furthest apart, the mean of all pairs, or the one
        that is furthest from all rows together.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, and the worst stratum
        counts; for "mean", their mean by size.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: refuse them, take them as
        a group or stratum of its own, or leave their rows out.

    Returns
    -------
    ratio : float
        Between 0 and 1 (parity); NaN where a rate is not defined or all are 0.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, unknown options; predictions of
        other labels than the two that `y_true` holds, such as scores; a positive
        class that has to be named.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 positive or negative rows.
    UndefinedMetricWarning
        A group without any such row, or rates that are all 0.

    Notes
    -----
    A rate that is 0 in every group makes no statement; the other one counts then.

    References
    ----------
    Hardt, Price, Srebro: Equality of Opportunity in Supervised Learning. NeurIPS 2016,
    definition 2.1.

    Examples
    --------
    >>> from fairlearnkit.metrics import equalized_odds_ratio
    >>> group, y_true = ["a"] * 20 + ["b"] * 20, ([1] * 10 + [0] * 10) * 2
    >>> y_pred = [1] * 8 + [0] * 12 + [1] * 6 + [0] * 4 + [1] * 5 + [0] * 5
    >>> equalized_odds_ratio(y_true, y_pred, sensitive_features=group)
    0.0
    """
    gap = Gap(_ODDS, ratio=True, aggregate=aggregate)
    cells, places = read_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        gap,
    )
    return measure(gap, cells, places)


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
):
    r"""Largest difference between groups of any rate of the confusion matrix.

    .. math:: \max_a \text{rate}_a - \min_b \text{rate}_b

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels of any kind; None will do for the selection rate.
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
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        of two other labels it has to be named, unless either gives the same. With more
        than two, each class is the positive one in turn and the largest difference
        counts.
    labels : array-like, default=None
        All classes, where some may not occur in these rows. None takes those that do.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        Over groups: the two that are furthest apart, the mean of all pairs, or the one
        that is furthest from all rows together.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, and the worst stratum
        counts; for "mean", their mean by size.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: refuse them, take them as
        a group or stratum of its own, or leave their rows out.

    Returns
    -------
    difference : float
        Between 0 (parity) and 1; NaN where a rate is not defined.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, unknown options; predictions of
        other labels than the two that `y_true` holds, such as scores; a positive
        class that has to be named.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows in the denominator.
    UndefinedMetricWarning
        A group without any such row, or rates that are all 0.

    Notes
    -----
    The predictive values condition on decisions, the other rates on outcomes: with
    different base rates they cannot all agree.

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
    gap = Gap((rate,), aggregate=aggregate)
    cells, places = read_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        gap,
    )
    return measure(gap, cells, places)


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
):
    r"""Smallest ratio between groups of any rate of the confusion matrix.

    .. math:: \min_a \text{rate}_a \,/\, \max_b \text{rate}_b

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels of any kind; None will do for the selection rate.
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
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        of two other labels it has to be named, unless the rate is "accuracy" or
        "error_rate". With more than two, each class is the positive one in turn and the
        smallest ratio counts.
    labels : array-like, default=None
        All classes, where some may not occur in these rows. None takes those that do.
    aggregate : {"worst", "mean", "to_overall"}, default="worst"
        Over groups: the two that are furthest apart, the mean of all pairs, or the one
        that is furthest from all rows together.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Groups are compared within each stratum of these columns, and the worst stratum
        counts; for "mean", their mean by size.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features: refuse them, take them as
        a group or stratum of its own, or leave their rows out.

    Returns
    -------
    ratio : float
        Between 0 and 1 (parity); NaN where a rate is not defined or all are 0.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, unknown options; predictions of
        other labels than the two that `y_true` holds, such as scores; a positive
        class that has to be named.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows in the denominator.
    UndefinedMetricWarning
        A group without any such row, or rates that are all 0.

    Notes
    -----
    A ratio of small rates is noisy: look at the counts too.

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
    gap = Gap((rate,), ratio=True, aggregate=aggregate)
    cells, places = read_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        control_features,
        missing,
        gap,
    )
    return measure(gap, cells, places)


def group_rates(
    y_true,
    y_pred,
    *,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    missing="error",
):
    r"""All rates of the confusion matrix in each group.

    .. math:: \text{rate}_g = \frac{\sum_{i \in g} w_i \, \text{hit}_i}
              {\sum_{i \in g} w_i \, \text{among}_i}

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels of any kind; without them the selection rate is the only one.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    pos_label : scalar, default=None
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        other labels have to be named.
    labels : array-like, default=None
        All classes, where some may not occur in these rows.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    rates : :class:`~sklearn.utils.Bunch`
        With these keys:

        groups : ndarray of shape (n_groups,)
            Group labels.
        counts : ndarray of shape (n_groups,)
            Rows of each group.
        by_group : dict of ndarray of shape (n_groups,)
            Each rate by its name; NaN where it is not defined.
        overall : dict of float
            Each rate of all rows together.
        among : dict of ndarray of shape (n_groups,)
            For each rate the rows that it is about.
        pos_label : scalar
            The positive class.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values; predictions of other labels than
        the two that `y_true` holds, such as scores; a positive class that has to be
        named.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows.
    UndefinedMetricWarning
        A rate that is not defined in a group.

    Notes
    -----
    Rates of small groups are noisy: see
    :func:`~fairlearnkit.metrics.bootstrap_interval`.

    References
    ----------
    Verma, Rubin: Fairness Definitions Explained. FairWare 2018.

    Examples
    --------
    >>> from fairlearnkit.metrics import group_rates
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> y_pred = [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7
    >>> rates = group_rates([1, 0] * 10, y_pred, sensitive_features=group)
    >>> rates.by_group["selection_rate"].tolist(), rates.overall["selection_rate"]
    ([0.6, 0.3], 0.45)
    """
    known = TRUTH_FREE if y_true is None else tuple(RATES)
    cells, places = read_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        pos_label,
        labels,
        None,
        missing,
        known,
        single=True,
    )
    found = rates_of(cells, places[0], known)
    empty = [rate for rate in known if found.among[rate].min() == 0]
    if empty:
        msg = f"In some group no row counts for {', '.join(empty)}, which is NaN there."
        warnings.warn(msg, UndefinedMetricWarning, stacklevel=2)
    return found
