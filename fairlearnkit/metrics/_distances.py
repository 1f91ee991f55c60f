"""Distances between the distributions of scores in the groups."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.counts import group_shares
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import SCORE_METRIC
from fairlearnkit._data.rows import read_weight
from fairlearnkit._data.scores import read_scores
from fairlearnkit._transport.distances import GroupDistributions
from fairlearnkit._transport.distributions import distributions_by_group

from ._dask_scores import read_score_rows
from ._scores import check_given


def ks_gap(y_true, y_score, *, sensitive_features, sample_weight=None, missing="error"):
    r"""Largest Kolmogorov-Smirnov distance between the scores of two groups.

    .. math:: \max_{a, b} \sup_t |F_a(t) - F_b(t)|

    with F the distribution function of the scores in a group. This is the largest
    difference between selection rates over all thresholds.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Ignored.
    y_score : array-like of shape (n_samples,)
        Probabilities, decision function or regression predictions.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows in the distributions.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    gap : float
        Between 0 (equal distributions) and 1.

    Raises
    ------
    ValueError
        Lengths differ, there is only one group, values are missing, or a group has no
        weight.

    Warns
    -----
    SmallGroupWarning
        A group has fewer than 10 rows.

    Notes
    -----
    Exact for the given sample, but biased upwards for small groups: two samples of size
    n from one distribution are about 1.2 / sqrt(n) apart.

    Takes Dask collections with the same partitions. Scores are exchanged between tasks
    of which each holds about 2,000,000 of them, all in all twice the memory of the
    scores, and the result is that of the same rows in memory; with weights, up to
    rounding. So do :func:`~fairlearnkit.metrics.strong_demographic_disparity` and
    :func:`~fairlearnkit.metrics.wasserstein_unfairness`, up to rounding.

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
    data = (y_true, y_score, sensitive_features, sample_weight, missing)
    distributions, _ = _read(*data)
    return distributions.widest_pair()[0]


def strong_demographic_disparity(
    y_true, y_score, *, sensitive_features, sample_weight=None, missing="error"
):
    r"""Largest mean difference over thresholds between selection rates of two groups.

    .. math:: \max_{a, b} \int |P(f > t \mid a) - P(f > t \mid b)| \, dt
              = \max_{a, b} W_1(a, b)

    the Wasserstein-1 distance. For probabilities, this is the mean over thresholds
    between 0 and 1.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Ignored.
    y_score : array-like of shape (n_samples,)
        Probabilities, decision function or regression predictions.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows in the distributions.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    disparity : float
        In the unit of the scores; 0 for equal distributions.

    Raises
    ------
    ValueError
        Lengths differ, there is only one group, values are missing, or a group has no
        weight.

    Warns
    -----
    SmallGroupWarning
        A group has fewer than 10 rows.

    Notes
    -----
    This is at least the difference between the groups' mean scores, and equal to it if
    one group has the higher score at every quantile. Like the other gaps here, it is
    that of the worst pair of groups. With 50 groups or more, pairs that cannot be the
    worst are skipped, judging by their distances from a mixture of all groups. Memory
    grows with the number of rows plus groups, and time, in the rare worst case, with
    their product. Takes Dask collections as :func:`~fairlearnkit.metrics.ks_gap` does.

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
    data = (y_true, y_score, sensitive_features, sample_weight, missing)
    distributions, _ = _read(*data)
    return distributions.largest_wasserstein()


def wasserstein_unfairness(
    y_true, y_score, *, sensitive_features, sample_weight=None, missing="error"
):
    r"""Mean squared distance of the groups' scores to their barycenter.

    .. math:: U = \sum_s p_s W_2^2(\text{scores of } s, \text{barycenter})
              = \sum_s p_s \int_0^1 (Q_s(u) - \bar Q(u))^2 du, \quad
              \bar Q = \sum_s p_s Q_s

    with Q the quantile functions and p the shares of the groups. This is the smallest
    mean squared change of the scores that gives all groups the same distribution.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Ignored.
    y_score : array-like of shape (n_samples,)
        Probabilities, decision function or regression predictions.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels; several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows in the distributions and in p.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive features.

    Returns
    -------
    U : float
        In squared units of the scores; 0 for equal distributions.

    Raises
    ------
    ValueError
        Lengths differ, there is only one group, values are missing, or a group has no
        weight.

    Warns
    -----
    SmallGroupWarning
        A group has fewer than 10 rows.

    Notes
    -----
    For a regression function f, U is the excess risk of the best predictor with the
    same distribution in all groups. A repair of strength 1 - sqrt(alpha) leaves a share
    alpha of U. Takes Dask collections as :func:`~fairlearnkit.metrics.ks_gap` does.

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
    data = (y_true, y_score, sensitive_features, sample_weight, missing)
    distributions, shares = _read(*data)
    return distributions.unfairness(shares)


def _read(y_true, y_score, sensitive_features, sample_weight, missing):
    """Distribution of the scores in each group, and the shares of the groups."""
    arguments = {
        "y_true": y_true,
        "y_score": y_score,
        "sensitive_features": sensitive_features,
        "sample_weight": sample_weight,
    }
    if any_lazy(*arguments.values()):
        check_given(y_score, sensitive_features)
        rows = read_score_rows(arguments, _scores_of, SCORE_METRIC, missing)
        return rows.distributions, rows.shares
    check_alignment(**arguments)
    y_score = read_scores(y_score, dtype=np.float64)
    check_consistent_length(y_true, y_score)
    groups = find_groups(
        sensitive_features, SCORE_METRIC, n_samples=len(y_score), missing=missing
    )
    weight = read_weight(sample_weight, len(y_score))
    # Raises an error if a group has no weight, for all three metrics.
    shares = group_shares(groups, weight)
    n_groups = len(groups.labels)
    distributions = distributions_by_group(y_score, groups.codes, n_groups, weight)
    return GroupDistributions(distributions), shares


def _scores_of(part):
    return read_scores(part["y_score"], dtype=np.float64), None
