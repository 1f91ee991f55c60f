"""The gaps that fairness criteria name: parity, equal opportunity, equalized odds."""

from fairlearnkit._counting.metric import compare_groups, compares, comparison_of


@compares("selection_rate")
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
    min_group_size=0,
):
    r"""Largest difference between groups of the rate of positive predictions.

    .. math:: \max_a P(\hat y = + \mid a) - \min_b P(\hat y = + \mid b)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels. Only their classes matter; None takes the classes of `y_pred`.
    y_pred, sensitive_features, sample_weight : array-like
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    pos_label : scalar, default=None
        The positive class. Either of two classes gives the same gap. If there are more,
        None takes each class in turn, and the largest difference counts.
    labels, aggregate, control_features, missing, min_group_size : optional
        As in :func:`~fairlearnkit.metrics.rate_difference`.

    Returns
    -------
    difference : float
        Between 0 (parity) and 1; NaN where a rate is not defined.

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
    Says nothing about errors: at equal rates, the wrong people of one group may be
    selected.

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
    return compare_groups(
        comparison_of(demographic_parity_difference, aggregate),
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


@compares("selection_rate", ratio=True)
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
    min_group_size=0,
):
    r"""Smallest ratio between groups of the rate of positive predictions.

    .. math:: \min_a P(\hat y = + \mid a) \,/\, \max_b P(\hat y = + \mid b)

    The "four-fifths rule" of US employment law is about this ratio.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels. Only their classes matter; None takes the classes of `y_pred`.
    y_pred, sensitive_features, sample_weight : array-like
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    pos_label : scalar, default=None
        As in :func:`~fairlearnkit.metrics.rate_ratio`.
    labels, aggregate, control_features, missing, min_group_size : optional
        As in :func:`~fairlearnkit.metrics.rate_difference`.

    Returns
    -------
    ratio : float
        Between 0 and 1 (parity); NaN where a rate is not defined or all are 0.

    Raises
    ------
    ValueError
        As in :func:`~fairlearnkit.metrics.rate_ratio`.

    Warns
    -----
    SmallGroupWarning, UndefinedMetricWarning
        As in :func:`~fairlearnkit.metrics.rate_ratio`.

    Notes
    -----
    Says nothing about errors: at equal rates, the wrong people of one group may be
    selected.

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
    return compare_groups(
        comparison_of(demographic_parity_ratio, aggregate),
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


@compares("true_positive_rate")
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
    min_group_size=0,
):
    r"""Largest difference between groups of the true positive rate.

    .. math:: \max_a P(\hat y = + \mid y = +, a) - \min_b P(\hat y = + \mid y = +, b)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred, sensitive_features, sample_weight : array-like
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    pos_label : scalar, default=None
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    labels, aggregate, control_features, missing, min_group_size : optional
        As in :func:`~fairlearnkit.metrics.rate_difference`.

    Returns
    -------
    difference : float
        Between 0 (parity) and 1; NaN where a rate is not defined.

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
    Looks only at rows whose true class is positive: false positive rates may differ.

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
    return compare_groups(
        comparison_of(equal_opportunity_difference, aggregate),
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


@compares("true_positive_rate", ratio=True)
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
    min_group_size=0,
):
    r"""Smallest ratio between groups of the true positive rate.

    .. math:: \min_a P(\hat y = + \mid y = +, a)
              \,/\, \max_b P(\hat y = + \mid y = +, b)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred, sensitive_features, sample_weight : array-like
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    pos_label : scalar, default=None
        As in :func:`~fairlearnkit.metrics.rate_ratio`.
    labels, aggregate, control_features, missing, min_group_size : optional
        As in :func:`~fairlearnkit.metrics.rate_difference`.

    Returns
    -------
    ratio : float
        Between 0 and 1 (parity); NaN where a rate is not defined or all are 0.

    Raises
    ------
    ValueError
        As in :func:`~fairlearnkit.metrics.rate_ratio`.

    Warns
    -----
    SmallGroupWarning, UndefinedMetricWarning
        As in :func:`~fairlearnkit.metrics.rate_ratio`.

    Notes
    -----
    Looks only at rows whose true class is positive: false positive rates may differ.

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
    return compare_groups(
        comparison_of(equal_opportunity_ratio, aggregate),
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


@compares("true_positive_rate", "false_positive_rate")
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
    min_group_size=0,
):
    r"""Largest difference between groups of the true or the false positive rate.

    .. math:: \max_{k \in \{+, -\}} \big( \max_a P(\hat y = + \mid y = k, a)
              - \min_b P(\hat y = + \mid y = k, b) \big)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred, sensitive_features, sample_weight : array-like
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    pos_label : scalar, default=None
        The positive class. Either of two classes gives the same gap. If there are more,
        None takes each class in turn, and the largest difference counts.
    labels, aggregate, control_features, missing, min_group_size : optional
        As in :func:`~fairlearnkit.metrics.rate_difference`.

    Returns
    -------
    difference : float
        Between 0 (parity) and 1; NaN where a rate is not defined.

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
    If base rates differ, equalized odds and demographic parity exclude each other,
    except for trivial predictions.

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
    return compare_groups(
        comparison_of(equalized_odds_difference, aggregate),
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


@compares("true_positive_rate", "false_positive_rate", ratio=True)
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
    min_group_size=0,
):
    r"""Smallest ratio between groups of the true or the false positive rate.

    .. math:: \min_{k \in \{+, -\}} \big( \min_a P(\hat y = + \mid y = k, a)
              \,/\, \max_b P(\hat y = + \mid y = k, b) \big)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred, sensitive_features, sample_weight : array-like
        As in :func:`~fairlearnkit.metrics.rate_difference`.
    pos_label : scalar, default=None
        As in :func:`~fairlearnkit.metrics.rate_ratio`.
    labels, aggregate, control_features, missing, min_group_size : optional
        As in :func:`~fairlearnkit.metrics.rate_difference`.

    Returns
    -------
    ratio : float
        Between 0 and 1 (parity); NaN where a rate is not defined or all are 0.

    Raises
    ------
    ValueError
        As in :func:`~fairlearnkit.metrics.rate_ratio`.

    Warns
    -----
    SmallGroupWarning, UndefinedMetricWarning
        As in :func:`~fairlearnkit.metrics.rate_ratio`.

    Notes
    -----
    A rate that is 0 in every group has no ratio; then only the other rate counts.

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
    return compare_groups(
        comparison_of(equalized_odds_ratio, aggregate),
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
