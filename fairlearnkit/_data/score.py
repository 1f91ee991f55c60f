"""scikit-learn's ``score`` of an estimator, of rows in memory or in partitions."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import column_or_1d

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.partitions import sums_of_partitions
from fairlearnkit.utils._sklearn_private import _check_sample_weight


class ScoreMixin:
    """scikit-learn's ``score``, with the alignment of rows checked."""

    def score(self, X, y, sample_weight=None):
        """Score of the predictions: accuracy of a classifier, R^2 of a regressor.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            At most 1.
        """
        if any_lazy(X, y, sample_weight):
            return score_of_partitions(self, X, y, sample_weight)
        check_alignment(X=X, y=y, sample_weight=sample_weight)
        return super().score(X, y, sample_weight=sample_weight)


def score_of_partitions(estimator, X, y, sample_weight):
    """Accuracy or R^2 of predictions of Dask collections, by sums over partitions.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X, y, sample_weight : collection, or None
        As in ``score``.

    Returns
    -------
    score : float
    """
    arguments = {"X": X, "y": y, "sample_weight": sample_weight}
    if is_classifier(estimator):
        total, right = sums_of_partitions("accuracy", arguments, _hits, estimator)
        return float(right / total)
    total, sum_of_y = sums_of_partitions("r2", arguments, _target, estimator)
    mean = sum_of_y / total
    spread, rest = sums_of_partitions("r2", arguments, _squares, estimator, mean)
    if spread == 0:  # as sklearn.metrics.r2_score
        return 1.0 if rest == 0 else 0.0
    return float(1.0 - rest / spread)


def _read(part):
    y = column_or_1d(part["y"])
    return y, _check_sample_weight(part.get("sample_weight"), y)


def _hits(part, estimator):
    if not part["X"].shape[0]:
        return None
    y, weight = _read(part)
    return np.array([weight.sum(), weight @ (estimator.predict(part["X"]) == y)])


def _target(part, estimator):
    if not part["X"].shape[0]:
        return None
    y, weight = _read(part)
    return np.array([weight.sum(), weight @ y])


def _squares(part, estimator, mean):
    if not part["X"].shape[0]:
        return None
    y, weight = _read(part)
    rest = y - estimator.predict(part["X"])
    return np.array([weight @ (y - mean) ** 2, weight @ rest**2])
