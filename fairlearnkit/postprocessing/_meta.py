"""What all estimators around another one share: metadata, new rows, score and tags."""

from copy import deepcopy
from numbers import Integral

from sklearn.base import BaseEstimator, MetaEstimatorMixin, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.columns import as_table
from fairlearnkit._data.containers import any_lazy, as_frame
from fairlearnkit._data.lazy_rows import lazy_score
from fairlearnkit._data.messages import SCORE, required_message
from fairlearnkit.utils._sklearn_private import DocumentedMixin, HasMethods


class BasePostprocessor(MetaEstimatorMixin, DocumentedMixin, BaseEstimator):
    """An estimator that changes the predictions of another one, by group.

    A subclass has the parameters `estimator`, `cv` and `n_jobs`, and stores the fitted
    inner model as ``estimator_``. It passes sensitive features to the inner model by
    itself, in and out of fold.
    """

    # SensitiveColumns and routing pass no metadata to the parts of such an estimator.
    _passes_on_metadata = True

    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__predict = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__score = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        "estimator": [HasMethods("fit")],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
    }

    def _is_frozen(self):
        """Whether the inner model is not fitted, but calibrated only."""
        return isinstance(self.estimator, FrozenEstimator)

    def _needs_groups(self):
        """Whether groups are needed at predict."""
        return True

    def _check_new_rows(self, X):
        """X in a container that the inner model takes, with the columns of fit."""
        X = as_frame(X)
        if hasattr(self, "n_features_in_"):  # not set for lists of texts
            as_table(X)  # raises an error that says how to reshape a single row
        validate_data(self, X, skip_check_array=True, reset=False)
        return X

    def _score(self, metric, X, y, sensitive_features, sample_weight):
        """A metric of predictions, accuracy or R^2, with messages that name score."""
        check_alignment(
            X=X, y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        check_is_fitted(self)
        if sensitive_features is None and self._needs_groups():
            raise ValueError(required_message(SCORE))
        y_pred = self.predict(X, sensitive_features=sensitive_features)
        if any_lazy(y, y_pred):
            classifier = is_classifier(self)
            return lazy_score(y, y_pred, sample_weight, classifier=classifier)
        return metric(y, y_pred, sample_weight=sample_weight)

    def __sklearn_tags__(self):
        """Those of the inner estimator for X, and its randomness.

        Whether y is required is set by the subclass: the tags of ClassifierMixin and
        RegressorMixin come after these.
        """
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        tags.non_deterministic = inner.non_deterministic
        return tags
