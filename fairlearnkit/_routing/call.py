"""Call an estimator with the metadata that it and its parts take."""

import warnings
from contextlib import contextmanager
from copy import copy
from inspect import Parameter, signature

from sklearn import config_context
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
)

from fairlearnkit._routing.errors import (
    check_groups_reach_parts,
    check_no_resampling,
    explain,
    requesting_parts,
    unroutable_message,
)
from fairlearnkit._routing.parts import consumers, unweighted_models
from fairlearnkit._routing.requests import (
    granted_attributes,
    request_of,
    requests_of,
)

ABSENT = object()  # stands for an attribute that an estimator did not have


def call(estimator, method, *args, **metadata):
    """Call a method with as much of the metadata as is asked for.

    1. Find out which metadata the method takes, for itself or for its parts.
    2. Grant the requests that nobody has set: here, metadata of these names can have
       one meaning only. A request that was set to False stands. This holds for the
       scorers of searches, too.
    3. Call the method with metadata routing enabled, in this thread and in the workers
       that scikit-learn starts from it.
    4. Undo 2, so that nothing of it is left on the estimator. Methods other than fit
       are called on a copy in the first place, because other threads may be calling
       the same estimator.

    Parameters
    ----------
    estimator : estimator
        A model, a transformer, a Pipeline or another meta-estimator.
    method : str
        The method to call.
    *args : tuple
        X, and y if the method takes it.
    **metadata : dict
        ``sensitive_features`` and ``sample_weight``; None is not passed. A fit that
        takes no weights is called without them: see `warn_unweighted`.

    Returns
    -------
    result : object
        What the method returns.

    Raises
    ------
    ValueError
        If a method other than fit is given a ``sample_weight`` that it does not take,
        or if a part that asks for metadata would not get them, or get them for other
        rows.
    """
    metadata = {name: value for name, value in metadata.items() if value is not None}
    with config_context(enable_metadata_routing=True):
        fit = method.startswith("fit")
        if fit and metadata:
            check_no_resampling(estimator, metadata)
        attributes = granted_attributes(estimator, metadata, fit=fit)
        passed, routes = _metadata_to_pass(estimator, method, metadata, attributes)
        if len(passed) < len(metadata):
            attributes = granted_attributes(estimator, passed, fit=fit)
        if not fit:
            twin = _copy_with(estimator, attributes)
            return _call(twin, method, args, passed, routes)
        with _temporarily_set(estimator, attributes):
            return _call(estimator, method, args, passed, routes)


def _call(estimator, method, args, passed, routes):
    """Call the method, and explain errors about metadata that reached other parts."""
    with config_context(enable_metadata_routing=routes):
        try:
            return getattr(estimator, method)(*args, **passed)
        except (TypeError, ValueError) as error:
            explained = explain(estimator, method, passed, error)
            if explained is None:
                raise
            raise explained from error


def takes_groups(estimator, method):
    """Whether a method takes sensitive features, for the estimator or a part of it.

    Parameters
    ----------
    estimator : estimator
        As in `call`.
    method : str
        The method.

    Returns
    -------
    takes : bool
    """
    return _takes(estimator, method, "sensitive_features")


def takes_weights(estimator):
    """Whether fit takes weights, for the estimator or a part of it.

    Parameters
    ----------
    estimator : estimator
        As in `call`.

    Returns
    -------
    takes : bool
    """
    return _takes(estimator, "fit", "sample_weight")


def warn_unweighted(estimator, sample_weight, *, remaining_effect=""):
    """Warn of inner models that will be fitted without the sample weights.

    Parameters
    ----------
    estimator : estimator
        As in `call`.
    sample_weight : array-like or None
        Weights of the rows.
    remaining_effect : str, default=""
        What the weights are used for nevertheless, as a sentence.

    Raises
    ------
    ValueError
        If the weights would have no effect at all, because the request for them was
        set to False.

    Warns
    -----
    UserWarning
        If a model takes no ``sample_weight`` in fit.
    """
    if sample_weight is None:
        return
    names = unweighted_models(estimator)
    if not names and not _takes(estimator, "fit", "sample_weight"):
        if _is_declined(estimator, "sample_weight"):
            if remaining_effect:
                return  # this is what was asked for
            msg = (
                f"sample_weight was given, but fit of {type(estimator).__name__} does "
                "not take it: the request was set to False."
            )
            raise ValueError(msg)
        names = [type(estimator).__name__]
    if names:
        verb = "takes" if len(names) == 1 else "take"
        msg = f"{', '.join(names)} {verb} no sample_weight: fitted without it."
        warnings.warn(f"{msg} {remaining_effect}".strip(), UserWarning, stacklevel=3)


def _is_declined(estimator, name):
    """Whether some request for metadata in fit was set to False."""
    requests = [requests_of(part, "fit") for part in consumers(estimator).values()]
    return any(request.get(name) is False for request in requests)


def _takes(estimator, method, name):
    """Whether a method takes this one of the metadata."""
    attributes = granted_attributes(estimator, [name], fit=method.startswith("fit"))
    return bool(_taken(estimator, method, {name: True}, attributes)[0])


def _metadata_to_pass(estimator, method, metadata, attributes):
    """As `_taken`, checked that nobody who asks for metadata goes without."""
    taken, routes = _taken(estimator, method, metadata, attributes)
    if "sensitive_features" in metadata and "sensitive_features" not in taken:
        check_groups_reach_parts(estimator, method)
    optional = "sample_weight" in taken or method.startswith("fit")
    if "sample_weight" in metadata and not optional:
        msg = f"{method} of {type(estimator).__name__} takes no sample_weight."
        raise ValueError(msg)
    return taken, routes


def _taken(estimator, method, metadata, attributes):
    """The metadata that a method takes, and whether the estimator supports routing.

    The attributes are those that grant all open requests for these metadata.
    """
    if not metadata:
        return {}, True
    twin = _copy_with(estimator, attributes)
    if isinstance(estimator, FrozenEstimator):
        if method.startswith("fit"):
            return metadata, True  # its fit takes anything and does nothing
        estimator, twin = estimator.estimator, twin.estimator
    mapping = MethodMapping().add(caller=method, callee=method)
    with config_context(enable_metadata_routing=True):
        routing, routes = _routing(twin, method, metadata)
        router = MetadataRouter(owner="SensitiveColumns")
        router.add(estimator=routing, method_mapping=mapping)
        taken = router.route_params(caller=method, params=metadata).estimator[method]
    # Some classes inherit that they route, and have a method that takes no metadata.
    keywords = _keywords(getattr(estimator, method, None))
    taken = {n: v for n, v in taken.items() if keywords is None or n in keywords}
    return taken, routes


def _routing(estimator, method, metadata):
    """The routing of an estimator, and whether it and its parts support any."""
    try:
        return get_routing_for_object(estimator), True
    except NotImplementedError as error:
        own = requests_of(estimator, method)  # it may use on its parts what it takes
        names = [name for name in metadata if not own.get(name, False)]
        waiting = requesting_parts(estimator, method, names)
        if waiting:
            msg = unroutable_message(estimator, waiting, names, error)
            raise ValueError(msg) from error
        return request_of(estimator), False


def _keywords(method):
    """Names of the parameters of a method, None if it takes any."""
    parameters = signature(method).parameters if callable(method) else {}
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values()):
        return None
    return set(parameters)


@contextmanager
def _temporarily_set(estimator, attributes):
    """Set attributes of the parts by their paths, and restore them at the end."""
    if not attributes:
        yield
        return
    parts = consumers(estimator)
    before = {
        path: {name: vars(parts[path]).get(name, ABSENT) for name in new}
        for path, new in attributes.items()
    }
    try:
        for path, new in attributes.items():
            vars(parts[path]).update(new)
        yield
    finally:
        fitted = consumers(estimator)  # the fit of a Pipeline replaces its steps
        for path, old in before.items():
            for name, value in old.items():
                vars(fitted[path]).pop(name, None)
                if value is not ABSENT:
                    setattr(fitted[path], name, value)


def _copy_with(estimator, attributes):
    """The estimator with attributes of its parts set, on copies of all these parts."""
    twin = copy(estimator) if attributes else estimator
    for path, new in attributes.items():
        part = twin
        for name in filter(None, path.split("__")):
            inner = copy(part.get_params()[name])
            part.set_params(**{name: inner})
            part = inner
        vars(part).update(new)
    return twin
