"""All private names of scikit-learn that the library uses, in one place.

Other modules import them from here (ruff's rule TID251), so that a change of
scikit-learn is followed in this file only.
"""

from functools import cache, wraps
from importlib.metadata import PackageNotFoundError, metadata
from inspect import signature

from sklearn.base import _fit_context as _checked
from sklearn.linear_model._base import LinearClassifierMixin
from sklearn.linear_model._ridge import _IdentityClassifier, _IdentityRegressor
from sklearn.metrics._scorer import _BaseScorer, _cached_call, _PassthroughScorer
from sklearn.utils import _safe_indexing
from sklearn.utils._metadata_requests import SIMPLE_METHODS
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._set_output import _wrap_data_with_container
from sklearn.utils.validation import _check_feature_names_in, _num_samples
from sklearn.utils.validation import _check_sample_weight as _checked_sample_weight

__all__ = [
    "SIMPLE_METHODS",
    "DocumentedMixin",
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
    "_wrap_data_with_container",
    "all_or_nothing",
    "documentation_address",
    "response_cache",
    "scorer_takes_weights",
]

# The page of an estimator, as docs/conf.py writes it below the published address.
PAGE = "api/generated/{estimator_module}.{estimator_name}.html"


def _check_sample_weight(sample_weight, X, **options):
    """As scikit-learn's, whose versions before 1.9 take weights that are all zero."""
    weight = _checked_sample_weight(sample_weight, X, **options)
    if len(weight) and not weight.any():
        msg = "Sample weights must contain at least one non-zero number."
        raise ValueError(msg)
    return weight


def _fit_context(*, prefer_skip_nested_validation):
    """scikit-learn's ``_fit_context`` for fit methods, with an all-or-nothing update.

    Parameters
    ----------
    prefer_skip_nested_validation : bool
        As in scikit-learn: whether inner estimators skip the validation of parameters.

    Returns
    -------
    decorator : callable
        The decorated fit leaves the attributes of an earlier fit unchanged if it fails,
        and removes all of them if it succeeds.
    """
    checked = _checked(prefer_skip_nested_validation=prefer_skip_nested_validation)

    def decorator(fit):
        return all_or_nothing(checked(fit), fresh=True)

    return decorator


def all_or_nothing(method, *, fresh=False):
    """Decorate a method so that it changes its estimator completely or not at all.

    The method runs on a shallow copy of the estimator. Once it returns, the estimator
    takes over the attributes of the copy in one assignment, so that no interrupt can
    leave some of them old and some new.

    Parameters
    ----------
    method : callable
        A method that sets attributes.
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


def response_cache(method_caller):
    """The dict in which scikit-learn keeps the predictions of one call of its scorers.

    Parameters
    ----------
    method_caller : callable
        What the ``_score`` of a scorer gets, ``partial(_cached_call, cache)``.

    Returns
    -------
    cache : dict
        It lives as long as the scoring of one estimator on one set of rows. A new one
        if scikit-learn keeps none, as for a single scorer.
    """
    cache = next(iter(getattr(method_caller, "args", ())), None)
    return cache if isinstance(cache, dict) else {}


def scorer_takes_weights(scorer):
    """Whether a scorer, or the metric that it was made of, takes ``sample_weight``.

    Parameters
    ----------
    scorer : callable
        From ``check_scoring``, for an estimator whose ``score`` takes weights.

    Returns
    -------
    takes : bool
    """
    if isinstance(scorer, _PassthroughScorer):
        return True
    function = getattr(scorer, "_score_func", scorer)
    return "sample_weight" in signature(function).parameters


@cache
def documentation_address():
    """Address of the published documentation, with "/" at its end.

    It is the URL "Documentation" of the installed package, which pyproject.toml names
    under ``[project.urls]`` once there is a site.

    Returns
    -------
    address : str
        Empty if the package names none.
    """
    try:
        urls = metadata("fairlearnkit").get_all("Project-URL") or []
    except PackageNotFoundError:  # run from a folder, without an installation
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    address = named.get("Documentation", "")
    return f"{address.rstrip('/')}/" if address else ""


class DocumentedMixin:
    """Links the name of an estimator to its page, to come before `BaseEstimator`.

    scikit-learn (1.6 and later) forms the link from these two attributes, if the module
    of the class is within ``_doc_link_module``. Without an address there is no link.
    """

    @property
    def _doc_link_module(self):
        return "fairlearnkit" if documentation_address() else ""

    @property
    def _doc_link_template(self):
        return documentation_address() + PAGE
