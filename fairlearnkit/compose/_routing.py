"""Call an estimator with the metadata that it and its parts take."""

from contextlib import contextmanager
from copy import copy

from sklearn import config_context
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
)

from fairlearnkit.utils._sklearn_private import SIMPLE_METHODS

# Where scikit-learn keeps the requests that were set.
REQUEST = "_metadata_request"


def call(estimator, method, *args, **metadata):
    """Call a method with as much of the metadata as is asked for.

    Metadata routing is on for the call, in this thread and in the workers that
    scikit-learn starts from it. A request that nobody set counts as a yes, for there
    is one meaning only that the metadata can have here; a no stands.

    Parameters
    ----------
    estimator : estimator
        A model, a transformer, a Pipeline or another meta-estimator.
    method : str
        The method to call.
    *args : tuple
        X, and y where the method takes it.
    **metadata : dict
        ``sensitive_features`` and ``sample_weight``; None is not passed.

    Returns
    -------
    result : object
        What the method returns.

    Raises
    ------
    ValueError
        There is a ``sample_weight`` that nothing in the estimator takes.
    """
    metadata = {name: value for name, value in metadata.items() if value is not None}
    with config_context(enable_metadata_routing=True):
        fit = method.startswith("fit")
        open_requests = _open_requests(estimator, metadata, fit)
        if not open_requests:
            return _called(estimator, method, args, metadata)
        if not fit:  # others may be calling the estimator, too
            twin = _granted_twin(estimator, open_requests)
            return _called(twin, method, args, metadata)
        with _granted(estimator, open_requests):
            return _called(estimator, method, args, metadata)


def _called(estimator, method, args, metadata):
    asked, routes = _asked(estimator, method, metadata)
    if "sample_weight" in metadata and "sample_weight" not in asked:
        msg = (
            f"sample_weight was given, but {method} of {type(estimator).__name__} does "
            "not take it."
        )
        raise ValueError(msg)
    if "sensitive_features" in metadata and "sensitive_features" not in asked:
        _check_nobody_waits(estimator, method)
    with config_context(enable_metadata_routing=routes):
        return getattr(estimator, method)(*args, **asked)


def _check_nobody_waits(estimator, method):
    """Refuse an estimator that keeps from its parts the groups that they ask for."""
    for part in _parts(estimator).values():
        wants = _requests(part, method).get("sensitive_features", False)
        if wants is not False and part is not estimator:
            msg = (
                f"{type(part).__name__} asks for sensitive features in {method}, but "
                f"{type(estimator).__name__}, around it, does not hand them on there. "
                f"Put SensitiveColumns around {type(part).__name__} itself, inside "
                f"{type(estimator).__name__}."
            )
            raise ValueError(msg)


def asks_for_groups(estimator, method):
    """Whether a method takes sensitive features, in the estimator or in a part of it.

    Parameters
    ----------
    estimator : estimator
        As in `call`.
    method : str
        The method.

    Returns
    -------
    asks : bool
    """
    with config_context(enable_metadata_routing=True):
        try:
            return bool(_asked(estimator, method, {"sensitive_features": True})[0])
        except UnsetMetadataPassedError:
            return True


def _asked(estimator, method, metadata):
    """The metadata that the method takes, and whether it can hand them on."""
    if isinstance(estimator, FrozenEstimator):  # hands on to what it holds
        if method.startswith("fit"):
            return metadata, True  # and does not look at them
        estimator = estimator.estimator
    try:
        routing, routes = get_routing_for_object(estimator), True
    except NotImplementedError as error:  # somewhere inside, routing is not supported
        waiting = [
            type(part).__name__
            for part in _parts(estimator).values()
            if part is not estimator
            and any(_requests(part, method).get(n, False) for n in metadata)
        ]
        if waiting:
            msg = (
                f"{waiting} ask for {list(metadata)} in {type(estimator).__name__}, "
                f"which cannot hand them on: {error} Put SensitiveColumns around those "
                "that ask, one by one."
            )
            raise ValueError(msg) from error
        routing, routes = estimator._get_metadata_request(), False
    mapping = MethodMapping().add(caller=method, callee=method)
    router = MetadataRouter(owner="SensitiveColumns")
    router.add(estimator=routing, method_mapping=mapping)
    asked = router.route_params(caller=method, params=metadata).estimator[method]
    return asked, routes


@contextmanager
def _granted(estimator, open_requests):
    """Open requests count as a yes inside, and nothing of that is left behind."""
    parts = _parts(estimator)
    before = {path: vars(parts[path]).get(REQUEST) for path in open_requests}
    try:
        for path, methods in open_requests.items():
            _grant(parts[path], methods)
        yield
    finally:
        fitted = _parts(estimator)  # a Pipeline's fit puts copies in place
        for path, request in before.items():
            vars(fitted[path]).pop(REQUEST, None)
            if request is not None:
                setattr(fitted[path], REQUEST, request)


def _granted_twin(estimator, open_requests):
    """A copy of the estimator, down to the parts whose open requests it grants."""
    twin = copy(estimator)
    for path, methods in open_requests.items():
        part = twin
        for name in filter(None, path.split("__")):
            inner = copy(part.get_params()[name])
            part.set_params(**{name: inner})
            part = inner
        _grant(part, methods)
    return twin


def _grant(part, methods):
    for method, names in methods.items():
        getattr(part, f"set_{method}_request")(**names)


def _open_requests(estimator, metadata, fit):
    """For each part by its path: methods whose request for metadata nobody set."""
    found = {}
    for path, part in _parts(estimator, fit=fit).items() if metadata else ():
        for method in SIMPLE_METHODS:
            requests = getattr(part._get_metadata_request(), method).requests
            names = [n for n in metadata if requests.get(n, False) is None]
            if names:
                found.setdefault(path, {})[method] = dict.fromkeys(names, True)
    return found


def _requests(part, method):
    """What a part asks for in a method; in both of them for fit_transform."""
    request = part._get_metadata_request()
    if method == "fit_transform":
        return {**request.transform.requests, **request.fit.requests}
    return getattr(request, method).requests


def _parts(estimator, *, fit=False):
    """The estimator and those within it, by their paths as parameters.

    But for what is inside another SensitiveColumns, which serves its own, and, in fit,
    inside a FrozenEstimator, which is shared and not fitted.
    """
    parts = {"": estimator, **estimator.get_params(deep=True)}
    closed = tuple(
        f"{path}__" if path else ""
        for path, part in parts.items()
        if (path and hasattr(part, "sensitive_features_of"))
        or (fit and isinstance(part, FrozenEstimator))
    )
    return {
        path: part
        for path, part in parts.items()
        if hasattr(part, "fit")
        and hasattr(part, "_get_metadata_request")
        and not (path and path.startswith(closed))
    }
