"""An estimator in one file, which docs/user_guide/own_estimator.rst shows."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit.preprocessing import parity_sample_weight
from fairlearnkit.utils.estimator_checks import parametrize_with_checks


def check_order(X, sensitive_features):
    """Raise an error if two pandas objects hold other rows, or in another order."""
    ours, theirs = (getattr(data, "index", None) for data in (X, sensitive_features))
    if not hasattr(ours, "equals") or not hasattr(theirs, "equals"):
        return
    if not ours.equals(theirs):
        msg = "sensitive_features has other rows than X: pass .loc[X.index]"
        raise ValueError(msg)


class ReweighedClassifier(ClassifierMixin, BaseEstimator):
    """Logistic regression on weights that make y independent of the groups."""

    __metadata_request__fit = {
        "sensitive_features": True,
        "sample_weight": True,
    }

    def __init__(self, C=1.0):
        self.C = C

    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit to X and y; the groups are needed here only."""
        check_order(X, sensitive_features)
        X, y = validate_data(self, X, y, ensure_min_samples=2)
        check_classification_targets(y)
        weight = parity_sample_weight(
            y, sensitive_features, sample_weight=sample_weight
        )
        found = np.unique(sensitive_features, return_counts=True)
        self.groups_, self.group_counts_ = found
        self.model_ = LogisticRegression(C=self.C).fit(X, y, sample_weight=weight)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        """Predict classes."""
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False))


@parametrize_with_checks([ReweighedClassifier()])
def test_contract(estimator, check):
    check(estimator)
