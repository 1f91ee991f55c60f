"""Call an estimator with the metadata that it and its parts take."""

from contextlib import contextmanager, nullcontext
from threading import RLock

from sklearn import config_context
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
)

from fairlearnkit.utils._sklearn_private import SIMPLE_METHODS

_LOCK = RLock()
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
    # A fit works on a copy of its own; other calls may share the estimator.
    shared = not method.startswith("fit")
    with (
        config_context(enable_metadata_routing=True),
        _granted(estimator, metadata, shared),
    ):
        asked, routes = _asked(estimator, method, metadata)
        if "sample_weight" in metadata and "sample_weight" not in asked:
            msg = (
                f"sample_weight was given, but {method} of "
                f"{type(estimator).__name__} does not take it."
            )
            raise ValueError(msg)
        with config_context(enable_metadata_routing=routes):
            return getattr(estimator, method)(*args, **asked)


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
        estimator = estimator.estimator
    try:
        routing, routes = get_routing_for_object(estimator), True
    except NotImplementedError:  # it takes metadata with routing off only
        routing, routes = estimator._get_metadata_request(), False
    mapping = MethodMapping().add(caller=method, callee=method)
    router = MetadataRouter(owner="SensitiveColumns")
    router.add(estimator=routing, method_mapping=mapping)
    asked = router.route_params(caller=method, params=metadata).estimator[method]
    return asked, routes


@contextmanager
def _granted(estimator, metadata, shared):
    """Open requests count as a yes inside, and nothing of that is left behind."""
    with _LOCK if shared else nullcontext():
        open_requests = _open_requests(estimator, metadata)
        if open_requests:
            parts = _parts(estimator)
            before = {path: vars(parts[path]).get(REQUEST) for path in open_requests}
            try:
                for path, methods in open_requests.items():
                    for method, names in methods.items():
                        getattr(parts[path], f"set_{method}_request")(**names)
                yield
            finally:
                fitted = _parts(estimator)  # a Pipeline's fit puts copies in place
                for path, request in before.items():
                    vars(fitted[path]).pop(REQUEST, None)
                    if request is not None:
                        setattr(fitted[path], REQUEST, request)
            return
    yield


def _open_requests(estimator, metadata):
    """For each part by its path: methods whose request for metadata nobody set."""
    found = {}
    for path, part in _parts(estimator).items() if metadata else ():
        request = part._get_metadata_request()
        for method in SIMPLE_METHODS:
            requests = getattr(request, method).requests
            names = [n for n in metadata if requests.get(n, False) is None]
            if names:
                found.setdefault(path, {})[method] = dict.fromkeys(names, True)
    return found


def _parts(estimator):
    """The estimator and those within it, by their paths as parameters."""
    parts = {"": estimator, **estimator.get_params(deep=True)}
    return {
        path: part
        for path, part in parts.items()
        if hasattr(part, "fit") and hasattr(part, "_get_metadata_request")
    }
