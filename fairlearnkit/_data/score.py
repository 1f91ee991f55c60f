"""scikit-learn's ``score`` of an estimator, of rows in memory or in partitions."""

from sklearn.base import is_classifier

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.lazy_rows import lazy_score


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
            classifier = is_classifier(self)
            return lazy_score(y, self.predict(X), sample_weight, classifier=classifier)
        check_alignment(X=X, y=y, sample_weight=sample_weight)
        return super().score(X, y, sample_weight=sample_weight)
