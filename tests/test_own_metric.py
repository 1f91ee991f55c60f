"""A metric in one file: what someone writes who needs another one.

A score is calibrated in the large if its mean is that of the outcome. The metric tells
how much the groups differ in what is missing to that.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import make_biased_classification
from fairlearnkit.metrics import bootstrap_interval, group_metric, parity_scorer


def mean_residual(y_true, y_score, sample_weight=None):
    """Weighted mean of y_true - y_score."""
    return np.average(np.subtract(y_true, y_score), weights=sample_weight)


def mean_residual_difference(
    y_true, y_score, *, sensitive_features, sample_weight=None, missing="error"
):
    r"""Largest difference between groups of the mean residual.

    .. math:: \max_{a, b} \big| E[y - f \mid a] - E[y - f \mid b] \big|
    """
    return group_metric(
        mean_residual,
        y_true,
        y_score,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        missing=missing,
    ).difference


def make_data(n=200):
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    y_true = rng.integers(0, 2, n)
    return y_true, rng.uniform(size=n) + 0.2 * (group == "b"), group


def test_value_by_hand():
    y_true, y_score = [1, 0, 1, 1, 0], [0.5, 0.5, 0.5, 0.75, 0.25]
    group, weight = ["a", "a", "b", "b", "c"], [1, 1, 1, 3, 1]
    difference = mean_residual_difference(
        y_true, y_score, sensitive_features=group, sample_weight=weight
    )
    # The means are 0, (0.5 + 3 * 0.25) / 4 and -0.25.
    assert difference == 0.3125 + 0.25


def test_order_names_and_weights():
    y_true, y_score, group = make_data()
    value = mean_residual_difference(y_true, y_score, sensitive_features=group)
    assert value > 0.1
    order = np.random.default_rng(1).permutation(len(group))
    names = {"a": 9, "b": 7, "c": 8}
    renamed = np.array([names[label] for label in group])
    permuted = mean_residual_difference(
        y_true[order], y_score[order], sensitive_features=renamed[order]
    )
    assert_allclose(permuted, value, rtol=1e-12)
    weight = np.arange(len(group)) % 3
    index = np.repeat(np.arange(len(group)), weight)
    weighted = mean_residual_difference(
        y_true, y_score, sensitive_features=group, sample_weight=weight
    )
    repeated = mean_residual_difference(
        y_true[index], y_score[index], sensitive_features=group[index]
    )
    assert_allclose(weighted, repeated, rtol=1e-12)
    assert abs(weighted - value) > 1e-3


def test_errors_are_those_of_the_library():
    y_true, y_score, group = make_data()
    with pytest.raises(ValueError, match="one group"):
        mean_residual_difference(y_true, y_score, sensitive_features=["a"] * 200)
    with pytest.raises(ValueError, match="missing"):
        mean_residual_difference(y_true, y_score, sensitive_features=[None, *group[1:]])


def test_interval():
    y_true, y_score, group = make_data()
    interval = bootstrap_interval(
        mean_residual_difference,
        y_true,
        y_score,
        sensitive_features=group,
        random_state=0,
    )
    value = mean_residual_difference(y_true, y_score, sensitive_features=group)
    assert interval.estimate == value
    assert 0 < interval.low < value < interval.high < 1


def test_scorer():
    X, y, group = make_biased_classification(random_state=0)
    table = np.column_stack([X, group == "b"])
    scorer = parity_scorer(mean_residual_difference, response_method="predict_proba")
    model = SensitiveColumns(LogisticRegression(), -1)
    folds = cross_val_score(model, table, y, scoring=scorer, error_score="raise")
    assert (folds < 0).all()
    p = model.fit(table, y).predict_proba(table)[:, 1]
    value = mean_residual_difference(y, p, sensitive_features=group)
    assert scorer(model, table, y) == -value
