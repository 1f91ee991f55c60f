"""Distances between the distributions of scores in the groups."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.counts import group_shares
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import SCORING
from fairlearnkit._data.rows import read_weight
from fairlearnkit._transport.distances import (
    kolmogorov_smirnov,
    largest_wasserstein,
    unfairness,
)
from fairlearnkit._transport.distributions import distributions_by_group

from ._scores import read_scores


def ks_gap(y_true, y_score, *, sensitive_features, sample_weight=None, missing="error"):
    r"""Largest Kolmogorov-Smirnov distance between the scores of two groups.

    .. math:: \max_{a, b} \sup_t |F_a(t) - F_b(t)|

    with F the distribution function of the scores in a group: the largest difference
    of selection rates, over all thresholds.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Not looked at.
    y_score : array-like of shape (n_samples,)
        Probabilities, decision function or regression predictions.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in the distributions.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    gap : float
        Between 0 (equal distributions) and 1.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, a group without weight.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows.

    Notes
    -----
    Exact for the given sample, and of small groups biased upwards: of two samples of n
    from one distribution about 1.2 / sqrt(n).

    References
    ----------
    Chzhen, Denis, Hebiri, Oneto, Pontil: Fair Regression with Wasserstein Barycenters.
    NeurIPS 2020.

    Examples
    --------
    >>> from fairlearnkit.metrics import ks_gap
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> scores = [*range(10), *range(3, 13)]
    >>> round(ks_gap(None, scores, sensitive_features=group), 6)
    0.3
    """
    laws, _ = _read(y_true, y_score, sensitive_features, sample_weight, missing)
    return kolmogorov_smirnov(laws)


def strong_demographic_disparity(
    y_true, y_score, *, sensitive_features, sample_weight=None, missing="error"
):
    r"""Largest difference of selection rates between two groups, mean over thresholds.

    .. math:: \max_{a, b} \int |P(f > t \mid a) - P(f > t \mid b)| \, dt
              = \max_{a, b} W_1(a, b)

    the Wasserstein-1 distance. For probabilities it is the mean over thresholds
    between 0 and 1.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Not looked at.
    y_score : array-like of shape (n_samples,)
        Probabilities, decision function or regression predictions.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in the distributions.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    disparity : float
        In the unit of the scores; 0 for equal distributions.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, a group without weight.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows.

    Notes
    -----
    At least the difference of the groups' mean scores, and equal to it where one
    group's scores lie above the other's at every quantile. For more than two groups
    this takes the worst pair, as other gaps here do. From 50 groups on, pairs that the
    distances from a mixture of all rule out are not compared; memory grows with rows
    and groups, and time at the worst, which is rare, with groups times rows.

    References
    ----------
    Jiang, Pacchiano, Stepleton, Jiang, Chiappa: Wasserstein Fair Classification. UAI
    2019.

    Examples
    --------
    >>> from fairlearnkit.metrics import strong_demographic_disparity
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> scores = [0.2, 0.4] * 5 + [0.3, 0.7] * 5
    >>> round(strong_demographic_disparity(None, scores, sensitive_features=group), 6)
    0.2
    """
    laws, _ = _read(y_true, y_score, sensitive_features, sample_weight, missing)
    return largest_wasserstein(laws)


def wasserstein_unfairness(
    y_true, y_score, *, sensitive_features, sample_weight=None, missing="error"
):
    r"""Mean squared distance of the groups' scores to their barycenter.

    .. math:: U = \sum_s p_s W_2^2(\text{scores of } s, \text{barycenter})
              = \sum_s p_s \int_0^1 (Q_s(u) - \bar Q(u))^2 du, \quad
              \bar Q = \sum_s p_s Q_s

    with Q the quantile functions and p the shares of the groups. This is the least mean
    squared change of the scores that gives all groups one distribution.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Not looked at.
    y_score : array-like of shape (n_samples,)
        Probabilities, decision function or regression predictions.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in the distributions and in p.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    U : float
        In squared units of the scores; 0 for equal distributions.

    Raises
    ------
    ValueError
        Lengths differ, one group only, missing values, a group without weight.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows.

    Notes
    -----
    For a regression function f, U is the excess risk of the best predictor with one
    distribution in all groups. A share alpha of U is left by the repair of strength
    1 - sqrt(alpha).

    References
    ----------
    Chzhen, Schreuder: A Minimax Framework for Quantifying Risk-Fairness Trade-off in
    Regression. Annals of Statistics 2022.

    Examples
    --------
    >>> from fairlearnkit.metrics import wasserstein_unfairness
    >>> group = ["a"] * 10 + ["b"] * 10
    >>> scores = [*range(10), *range(4, 14)]
    >>> round(wasserstein_unfairness(None, scores, sensitive_features=group), 6)
    4.0
    """
    laws, shares = _read(y_true, y_score, sensitive_features, sample_weight, missing)
    return unfairness(laws, shares)


def _read(y_true, y_score, sensitive_features, sample_weight, missing):
    """Law of each group, and the groups' shares."""
    check_alignment(
        y_true=y_true,
        y_score=y_score,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
    )
    y_score = read_scores(y_score, dtype=np.float64)
    check_consistent_length(y_true, y_score)
    groups = find_groups(
        sensitive_features, SCORING, n_samples=len(y_score), missing=missing
    )
    weight = read_weight(sample_weight, len(y_score))
    shares = group_shares(groups, weight)
    distributions = distributions_by_group(
        y_score, groups.codes, len(groups.labels), weight
    )
    return distributions, shares
