"""What consumers request, and open requests granted for the time of a call."""

from copy import copy
from inspect import signature
from weakref import WeakKeyDictionary

from sklearn.base import BaseEstimator, is_classifier
from sklearn.feature_selection import RFECV
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.metadata_routing import MetadataRequest

from fairlearnkit._routing.parts import consumers
from fairlearnkit.utils._sklearn_private import SIMPLE_METHODS

# The attribute in which scikit-learn stores the requests that were set.
REQUEST_ATTRIBUTE = "_metadata_request"
# Methods that the fit of a meta-estimator may call on its parts.
METHODS_IN_FIT = ("fit", "transform", "score")
# Requests by class, which scikit-learn reads from the signatures of ten methods each
# time, in half a millisecond: a call asks for them two or three times a part.
_BY_CLASS = WeakKeyDictionary()


def request_of(consumer):
    """The request of an estimator or scorer for itself, as a copy.

    Parameters
    ----------
    consumer : estimator or scorer
        Any.

    Returns
    -------
    request : MetadataRequest
        An empty one if it cannot be read: some classes of scikit-learn withdraw a
        request that they do not have, and raise an error when asked for it.
    """
    request = _readable_request(consumer)
    if request is None:
        return MetadataRequest(owner=type(consumer).__name__)
    return request


def _readable_request(consumer):
    """As `request_of`, None if scikit-learn cannot read the request."""
    try:
        request = consumer._get_metadata_request()
    except Exception:
        return None
    metric = getattr(consumer, "_score_func", None)
    is_plain_scorer = metric is not None and not (
        request.score.requests or REQUEST_ATTRIBUTE in vars(consumer)
    )
    if is_plain_scorer and "sample_weight" in signature(metric).parameters:
        # Scorers of older versions of scikit-learn have no request until one is set.
        request.score.add_request(param="sample_weight", alias=None)
    return request


def _requests_by_method(consumer):
    """The requests for all methods, None if scikit-learn cannot read them."""
    cls = type(consumer)
    of_class = (
        isinstance(consumer, BaseEstimator)
        and cls._get_metadata_request is BaseEstimator._get_metadata_request
        and not hasattr(consumer, REQUEST_ATTRIBUTE)
    )
    if of_class and cls in _BY_CLASS:
        return _BY_CLASS[cls]
    request = _readable_request(consumer)
    requests = None
    if request is not None:
        requests = {name: getattr(request, name).requests for name in SIMPLE_METHODS}
    if of_class:
        _BY_CLASS[cls] = requests
    return requests


def requests_of(consumer, method):
    """The requests of a consumer for one method.

    Parameters
    ----------
    consumer : estimator or scorer
        Any.
    method : str
        Name of the method; for fit_transform the requests of fit and transform, and
        likewise for fit_predict.

    Returns
    -------
    requests : dict of str to bool, str or None
    """
    requests = _requests_by_method(consumer) or {}
    after_fit = method.removeprefix("fit_")
    methods = (method,) if after_fit == method else (after_fit, "fit")
    return {k: v for name in methods for k, v in requests.get(name, {}).items()}


def is_requested(requests, name):
    """Whether metadata are requested, or would be if the open request were granted."""
    return requests.get(name, False) is not False


def takes_in_fit(part, name):
    """Whether a part, or a scorer of it, takes the metadata while it is fitted."""
    return any(
        is_requested(requests_of(consumer, method), name)
        for consumer in [part, *scorers_of(part)]
        for method in METHODS_IN_FIT
    )


def parts_requesting_groups(estimator):
    """Class names of the parts that request sensitive features in any method.

    Parameters
    ----------
    estimator : estimator
        As in `all_parts`.

    Returns
    -------
    names : list of str
    """
    return [
        type(part).__name__
        for part in consumers(estimator).values()
        if any(
            is_requested(requests_of(part, method), "sensitive_features")
            for method in SIMPLE_METHODS
        )
    ]


def granted_attributes(estimator, names, *, fit):
    """Attributes that each part needs, so that all open requests are granted.

    1. A request that nobody has set (None) becomes True, in every method; False and
       aliases stay as they are.
    2. A part whose request cannot be read gets an empty one, so that scikit-learn can
       read it.
    3. A part with a parameter ``scoring`` gets scorers whose open requests are granted.

    Parameters
    ----------
    estimator : estimator
        As in `all_parts`.
    names : iterable of str
        Names of the metadata.
    fit : bool
        As in `all_parts`.

    Returns
    -------
    attributes : dict of str to dict
        Attributes to set, by the path of each part that needs some.
    """
    if not names:
        return {}
    granted = {}
    for path, part in consumers(estimator, fit=fit).items():
        attributes = {
            REQUEST_ATTRIBUTE: _granted_request(part, names),
            "scoring": _granted_scoring(part, names),
        }
        needed = {k: value for k, value in attributes.items() if value is not None}
        if needed:
            granted[path] = needed
    return granted


def _granted_request(consumer, names):
    """The request with open ones granted, or None if that changes nothing."""
    requests = _requests_by_method(consumer)
    if requests is None:
        return MetadataRequest(owner=type(consumer).__name__)
    open_ones = [
        (method, name)
        for method, of_method in requests.items()
        for name in names
        if of_method.get(name, False) is None
    ]
    if not open_ones:
        return None
    request = _readable_request(consumer)
    for method, name in open_ones:
        getattr(request, method).add_request(param=name, alias=True)
    return request


def scorers_of(part):
    """The scorers in the parameter ``scoring`` of a part.

    Parameters
    ----------
    part : estimator
        Any.

    Returns
    -------
    scorers : list of scorer
        Those that have requests.
    """
    scoring = _read_scoring(part)
    scorers = scoring.values() if isinstance(scoring, dict) else [scoring]
    return [scorer for scorer in scorers if hasattr(scorer, "_get_metadata_request")]


def _read_scoring(part):
    """The parameter ``scoring`` of a part, with names replaced by their scorers."""
    if not hasattr(part, "scoring"):
        return None
    scoring = part.scoring
    if isinstance(part, LogisticRegressionCV | RFECV) and scoring in (None, "warn"):
        # Their default; scikit-learn sets no request for the scorer that it makes.
        classifier = is_classifier(getattr(part, "estimator", part))
        return get_scorer("accuracy" if classifier else "r2")
    if isinstance(scoring, list | tuple | set):
        scoring = {name: name for name in scoring}
    if isinstance(scoring, dict):
        return {name: _read_scorer(scorer) for name, scorer in scoring.items()}
    return _read_scorer(scoring)


def _read_scorer(scorer):
    """The scorer of a name; anything else as it is."""
    known = isinstance(scorer, str) and scorer in get_scorer_names()
    return get_scorer(scorer) if known else scorer


def _granted_scoring(part, names):
    """The parameter ``scoring`` with open requests granted, or None if as before."""
    scoring = _read_scoring(part)
    if not isinstance(scoring, dict):
        return _granted_scorer(scoring, names)
    granted = {key: _granted_scorer(scorer, names) for key, scorer in scoring.items()}
    if all(scorer is None for scorer in granted.values()):
        return None
    return {key: granted[key] or scorer for key, scorer in scoring.items()}


def _granted_scorer(scorer, names):
    """A copy of a scorer with open requests granted, or None if there are none."""
    if not hasattr(scorer, "_get_metadata_request"):
        return None
    request = _granted_request(scorer, names)
    if request is None:
        return None
    scorer = copy(scorer)
    setattr(scorer, REQUEST_ATTRIBUTE, request)
    return scorer
