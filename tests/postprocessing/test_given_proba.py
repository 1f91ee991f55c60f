"""Decision rules from given out-of-fold probabilities."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from fairlearnkit.postprocessing import ParityThresholdClassifier
from helpers import make_data


class Given(ClassifierMixin, BaseEstimator):
    """Predicts what it was given, for the rows of fit."""

    def __init__(self, proba, classes_):
        self.proba, self.classes_ = proba, classes_

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return self.proba


class Wrong(LogisticRegression):
    """It knows nothing of the rows, and says so after the fit."""

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


def test_the_rule_is_that_of_these_probabilities():
    X, y, group, _ = make_data()
    proba = cross_val_predict(LogisticRegression(), X, y, method="predict_proba")
    inner = LogisticRegression().fit(X, y)
    want = ParityThresholdClassifier(
        FrozenEstimator(Given(proba, inner.classes_)), max_gap=0.05
    )
    want.fit(X, y, sensitive_features=group)
    for estimator in (LogisticRegression(), FrozenEstimator(inner)):
        for given in (proba, proba[:, 1], pd.Series(proba[:, 1])):
            model = ParityThresholdClassifier(estimator, max_gap=0.05)
            model.fit(X, y, sensitive_features=group, proba=given)
            assert model.thresholds_ == want.thresholds_
            assert model.gap_ == want.gap_ <= 0.05 + 2 / 100
            # The model that predicts is another one than that of the probabilities.
            assert np.isnan(model.gap_bound_)
            assert_array_equal(
                model.predict_proba(X, sensitive_features=group),
                inner.predict_proba(X),
            )


def test_groups_are_still_learnt_in_folds():
    X, y, group, _ = make_data()
    proba = cross_val_predict(LogisticRegression(), X, y, method="predict_proba", cv=5)
    options = {"group_estimator": LogisticRegression(), "max_gap": 0.1}
    model = ParityThresholdClassifier(Wrong(), **options)
    model.fit(X, y, sensitive_features=group, proba=proba)
    assert 0 < model.gap_ < 0.11
    assert model.predict(X).shape == y.shape


def test_three_classes():
    X, y, group, _ = make_data(n_classes=3)
    proba = cross_val_predict(LogisticRegression(), X, y, method="predict_proba")
    model = ParityThresholdClassifier(LogisticRegression(), max_gap=0.1)
    model.fit(X, y, sensitive_features=group, proba=proba)
    assert model.gap_ < 0.11
    with pytest.raises(ValueError, match=r"proba has the shape \(400,\); pass one col"):
        model.fit(X, y, sensitive_features=group, proba=proba[:, 1])


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (np.full(400, 1.5), "from 1.5 to 1.5; probabilities are numbers between 0"),
        (np.full(400, np.nan), "from nan to nan"),
        (np.full(399, 0.5), "proba has 399 rows but X has 400"),
        (np.full((400, 3), 0.3), r"pass one column for each of 2 classes, .*'yes'"),
    ],
)
def test_other_values_are_refused(proba, message):
    X, y, group, _ = make_data()
    model = ParityThresholdClassifier(LogisticRegression())
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, sensitive_features=group, proba=proba)


def test_rows_have_to_be_in_line():
    X, y, group, _ = make_data()
    proba = pd.Series(np.full(400, 0.5)).sample(frac=1, random_state=0)
    model = ParityThresholdClassifier(LogisticRegression())
    with pytest.raises(ValueError, match="proba has other rows than X"):
        model.fit(pd.DataFrame(X), y, sensitive_features=group, proba=proba)
