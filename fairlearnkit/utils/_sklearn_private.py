"""The one door to scikit-learn's private names."""

from sklearn.base import _fit_context
from sklearn.linear_model._base import LinearClassifierMixin
from sklearn.metrics._scorer import _BaseScorer, _cached_call
from sklearn.utils import _safe_indexing
from sklearn.utils._metadata_requests import SIMPLE_METHODS
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import (
    _check_feature_names_in,
    _check_sample_weight,
    _num_samples,
)

__all__ = [
    "SIMPLE_METHODS",
    "HasMethods",
    "Interval",
    "LinearClassifierMixin",
    "StrOptions",
    "_BaseScorer",
    "_cached_call",
    "_check_feature_names_in",
    "_check_sample_weight",
    "_fit_context",
    "_num_samples",
    "_safe_indexing",
]
