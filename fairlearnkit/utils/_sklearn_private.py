"""The one door to scikit-learn's private names."""

from functools import wraps

from sklearn.base import _fit_context as _checked
from sklearn.linear_model._base import LinearClassifierMixin
from sklearn.linear_model._ridge import _IdentityClassifier, _IdentityRegressor
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
    "_IdentityClassifier",
    "_IdentityRegressor",
    "_cached_call",
    "_check_feature_names_in",
    "_check_sample_weight",
    "_fit_context",
    "_num_samples",
    "_safe_indexing",
    "all_or_nothing",
]


def _fit_context(*, prefer_skip_nested_validation):
    """scikit-learn's decorator of fit, which here also changes all or nothing.

    Parameters
    ----------
    prefer_skip_nested_validation : bool
        As in scikit-learn: whether estimators within skip the check of parameters.

    Returns
    -------
    decorator : callable
        From a method that fits to one that leaves what an earlier fit has learned
        whole until it ends well, and nothing of it afterwards.
    """
    checked = _checked(prefer_skip_nested_validation=prefer_skip_nested_validation)

    def decorator(fit):
        return all_or_nothing(checked(fit), fresh=True)

    return decorator


def all_or_nothing(method, *, fresh=False):
    """Make a method change its estimator at its end, or, if it fails, not at all.

    Parameters
    ----------
    method : callable
        Works on a copy of the estimator, whose attributes are then taken over in one
        assignment, so that no interrupt falls between two of them.
    fresh : bool, default=False
        Whether the copy starts without fitted attributes.

    Returns
    -------
    method : callable
    """

    @wraps(method)
    def on_a_copy(self, *args, **kwargs):
        new = object.__new__(type(self))
        new.__dict__ = {
            name: value
            for name, value in vars(self).items()
            if not (fresh and name.endswith("_") and not name.startswith("__"))
        }
        result = method(new, *args, **kwargs)
        self.__dict__ = vars(new)
        return self if result is new else result

    return on_a_copy
