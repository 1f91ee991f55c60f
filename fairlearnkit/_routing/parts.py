"""The parts of an estimator, and what each of them requests."""

from copy import copy
from inspect import signature

import numpy as np
from sklearn.base import is_classifier
from sklearn.feature_selection import RFECV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.validation import has_fit_parameter

from fairlearnkit.utils._sklearn_private import SIMPLE_METHODS

# Where scikit-learn keeps the requests that were set.
REQUEST = "_metadata_request"
# What a fit may call on a part.
IN_FIT = ("fit", "transform", "score")
# Where a meta-estimator keeps those to which it hands X as it is, fitted ones first.
INNER = (
    "best_estimator_",
    "calibrated_classifiers_",
    "estimators_",
    "estimator_",
    "regressor_",
    "estimator",
)


def all_parts(estimator, *, fit=False):
    """The estimator and what it holds, by their paths as parameters.

    But for what is inside an estimator that hands on the metadata by itself, such as
    SensitiveColumns, and, in fit, inside a FrozenEstimator, which is shared and not
    fitted.

    Parameters
    ----------
    estimator : estimator
        A model, a transformer, a Pipeline or another meta-estimator.
    fit : bool, default=False
        Whether it is about to be fitted.

    Returns
    -------
    parts : dict of str to object
        The estimator itself is at "".
    """
    parts = {"": estimator, **estimator.get_params(deep=True)}
    closed = tuple(
        f"{path}__" if path else ""
        for path, part in parts.items()
        if getattr(part, "_serves_its_parts", False)
        or (fit and isinstance(part, FrozenEstimator))
    )
    return {
        path: part
        for path, part in parts.items()
        if not path or not path.startswith(closed)
    }


def askable_parts(estimator, *, fit=False):
    """Those of `all_parts` that are estimators with requests.

    Parameters
    ----------
    estimator : estimator
        As in `all_parts`.
    fit : bool, default=False
        As in `all_parts`.

    Returns
    -------
    parts : dict of str to estimator
    """
    return {
        path: part
        for path, part in all_parts(estimator, fit=fit).items()
        if hasattr(part, "fit") and hasattr(part, "_get_metadata_request")
        if not isinstance(part, type)
    }


def request_of(part):
    """What a part requests for itself, as a copy.

    Parameters
    ----------
    part : estimator or scorer
        Any.

    Returns
    -------
    request : MetadataRequest
        An empty one where the part cannot tell: some classes of scikit-learn withdraw
        a request that they do not have, and raise an error when they are asked.
    """
    try:
        request = part._get_metadata_request()
    except Exception:
        return MetadataRequest(owner=type(part).__name__)
    metric = getattr(part, "_score_func", None)
    unsaid = metric is not None and not (
        request.score.requests or REQUEST in vars(part)
    )
    if unsaid and "sample_weight" in signature(metric).parameters:
        # A scorer of older scikit-learn, which tells no request until one is set.
        request.score.add_request(param="sample_weight", alias=None)
    return request


def requests_of(part, method):
    """What a part requests in a method; in both of them for fit_transform.

    Parameters
    ----------
    part : estimator or scorer
        Any.
    method : str
        The method.

    Returns
    -------
    requests : dict of str to bool, str or None
    """
    request = request_of(part)
    if method == "fit_transform":
        return {**request.transform.requests, **request.fit.requests}
    return getattr(request, method).requests


def _takes_in_fit(part, name):
    """Whether a part takes the metadata while it is fitted, or a scorer of it."""
    asked = [part, *scorers_of(part)]
    found = [requests_of(one, method) for one in asked for method in IN_FIT]
    return any(requests.get(name, False) is not False for requests in found)


def open_attributes(estimator, names, *, fit):
    """Attributes to set so that every open request for metadata is a yes.

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
        By the path of each part that needs some. A part that cannot tell what it
        requests gets an empty request.
    """
    found = {}
    for path, part in askable_parts(estimator, fit=fit).items() if names else ():
        attributes = {REQUEST: _granted(part, names), "scoring": _scoring(part, names)}
        needed = {k: value for k, value in attributes.items() if value is not None}
        if needed:
            found[path] = needed
    return found


def _granted(part, names):
    """The request of a part with a yes where nobody said anything, if that changes."""
    request, changed = request_of(part), not _can_be_asked(part)
    for method in SIMPLE_METHODS:
        own = getattr(request, method)
        for name in names:
            if own.requests.get(name, False) is None:
                own.add_request(param=name, alias=True)
                changed = True
    return request if changed else None


def _can_be_asked(part):
    try:
        part._get_metadata_request()
    except Exception:
        return False
    return True


def scorers_of(part):
    """The scorers in the parameter ``scoring`` of a part.

    Parameters
    ----------
    part : estimator
        One of the parts.

    Returns
    -------
    scorers : list of scorer
        Those that have requests.
    """
    scoring = _read_scoring(part)
    listed = scoring.values() if isinstance(scoring, dict) else [scoring]
    return [one for one in listed if hasattr(one, "_get_metadata_request")]


def _read_scoring(part):
    """The parameter ``scoring`` of a part, names replaced by their scorers."""
    if not hasattr(part, "scoring"):
        return None
    scoring = part.scoring
    if isinstance(part, LogisticRegressionCV | RFECV) and scoring in (None, "warn"):
        # What they take then; scikit-learn sets no request for it.
        classes = is_classifier(getattr(part, "estimator", part))
        return get_scorer("accuracy" if classes else "r2")
    if isinstance(scoring, list | tuple | set):
        scoring = {name: name for name in scoring}
    if isinstance(scoring, dict):
        return {name: _read_scorer(one) for name, one in scoring.items()}
    return _read_scorer(scoring)


def _read_scorer(one):
    known = isinstance(one, str) and one in get_scorer_names()
    return get_scorer(one) if known else one


def _scoring(part, names):
    """The parameter ``scoring`` with every open request granted, if that changes."""
    scoring = _read_scoring(part)
    if isinstance(scoring, dict):
        granted = {name: _granted_scorer(one, names) for name, one in scoring.items()}
        changed = any(one is not None for one in granted.values())
        return {n: granted[n] or scoring[n] for n in scoring} if changed else None
    return _granted_scorer(scoring, names)


def _granted_scorer(scorer, names):
    """A copy of a scorer with its open requests granted, or None."""
    if not hasattr(scorer, "_get_metadata_request"):
        return None
    request = _granted(scorer, names)
    if request is None:
        return None
    scorer = copy(scorer)
    setattr(scorer, REQUEST, request)
    return scorer


def wanting_groups(estimator):
    """Names of the parts that ask for sensitive features in any of their methods.

    Parameters
    ----------
    estimator : estimator
        As in `all_parts`.

    Returns
    -------
    names : list of str
    """
    found = []
    for part in askable_parts(estimator).values():
        asked = [requests_of(part, method) for method in SIMPLE_METHODS]
        if any(one.get("sensitive_features", False) is not False for one in asked):
            found.append(type(part).__name__)
    return found


def unweighted_models(estimator):
    """Names of the models within that take no sample_weight in fit.

    Parameters
    ----------
    estimator : estimator
        As in `all_parts`.

    Returns
    -------
    names : list of str
        Of the innermost models; what is inside an estimator that takes weights is up
        to that one.
    """
    parts = askable_parts(estimator, fit=True)
    inside = {path: [p for p in parts if _is_within(p, path)] for path in parts}
    served = {p for path in parts if _takes_weight(parts[path]) for p in inside[path]}
    return [
        type(part).__name__
        for path, part in parts.items()
        if hasattr(part, "predict") and not isinstance(part, FrozenEstimator)
        if not (inside[path] or path in served or _takes_weight(part))
    ]


def _is_within(path, outer):
    """Whether a part lies in another one, by their paths."""
    return path != outer and path.startswith(f"{outer}__" if outer else "")


def _takes_weight(part):
    return has_fit_parameter(part, "sample_weight")


def check_rows_stay(estimator, names):
    """Refuse a sampler beside a part to which metadata of all rows are handed.

    Parameters
    ----------
    estimator : estimator
        As in `all_parts`.
    names : iterable of str
        Names of the metadata.

    Raises
    ------
    ValueError
        A step changes the rows of X and y, which the metadata would not follow.
    """
    parts = askable_parts(estimator, fit=True)
    for path, sampler in all_parts(estimator, fit=True).items():
        if not path or not hasattr(sampler, "fit_resample"):
            continue
        holder = path.rpartition("__")[0]
        for name in names:
            takers = [
                type(part).__name__
                for other, part in parts.items()
                if _is_within(other, holder) and not other.startswith(path)
                if _takes_in_fit(part, name)
            ]
            if takers:
                _refuse(type(sampler).__name__, takers[-1], name)


def _refuse(sampler, taker, name):
    if name != "sensitive_features":
        msg = (
            f"{sampler} changes the rows, and {name}, which {taker} takes, would not "
            f"follow. Leave {name} out, or resample before."
        )
        raise ValueError(msg)
    msg = (
        f"{sampler} changes the rows, and the sensitive features, which {taker} takes, "
        "would not follow. Let the sampler work on rows that hold them, and put "
        "SensitiveColumns around the model behind it: imblearn.pipeline.make_pipeline("
        f"{sampler}(), SensitiveColumns(model, 'sex'))."
    )
    raise ValueError(msg)


def with_columns(estimator):
    """The SensitiveColumns that an estimator is, or is around."""
    if hasattr(estimator, "sensitive_features_of"):
        return estimator
    if isinstance(estimator, Pipeline) and _hands_on(estimator):
        return with_columns(estimator.steps[-1][1])
    for name in INNER:
        inner = getattr(estimator, name, None)
        listed = np.ravel(inner) if isinstance(inner, np.ndarray) else inner
        for one in listed if isinstance(inner, list | np.ndarray) else [inner]:
            found = None if one is None else with_columns(one)
            if found is not None:
                return found
    return None


def _hands_on(pipeline):
    """Whether the last step gets X as it is: samplers work in fit only."""
    before = [step for _, step in pipeline.steps[:-1]]
    return all(
        step is None or step == "passthrough" or hasattr(step, "fit_resample")
        for step in before
    )
