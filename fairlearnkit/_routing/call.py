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

from fairlearnkit._routing.parts import (
    askable_parts,
    check_rows_stay,
    open_attributes,
    request_of,
    requests_of,
    unweighted_models,
)

NOT_THERE = object()


def call(estimator, method, *args, **metadata):
    """Call a method with as much of the metadata as is asked for.

    Metadata routing is on for the call, in this thread and in the workers that
    scikit-learn starts from it. A request that nobody set counts as a yes, for there
    is one meaning only that the metadata can have here; a no stands. That holds for
    the scorers of searches, too.

    Parameters
    ----------
    estimator : estimator
        A model, a transformer, a Pipeline or another meta-estimator.
    method : str
        The method to call.
    *args : tuple
        X, and y where the method takes it.
    **metadata : dict
        ``sensitive_features`` and ``sample_weight``; None is not passed. A fit that
        takes no weights is called without: see `tell_unweighted`.

    Returns
    -------
    result : object
        What the method returns.

    Raises
    ------
    ValueError
        There is a ``sample_weight`` that the method, other than fit, does not take; a
        part that asks does not get what it asks for, or would get it for other rows.
    """
    metadata = {name: value for name, value in metadata.items() if value is not None}
    with config_context(enable_metadata_routing=True):
        fit = method.startswith("fit")
        if fit and metadata:
            check_rows_stay(estimator, metadata)
        asked, routes = _asked(estimator, method, metadata)
        attributes = open_attributes(estimator, asked, fit=fit)
        if not fit:  # others may be calling the estimator, too
            return _called(_twin(estimator, attributes), method, args, asked, routes)
        with _set(estimator, attributes):
            return _called(estimator, method, args, asked, routes)


def _called(estimator, method, args, asked, routes):
    with config_context(enable_metadata_routing=routes):
        try:
            return getattr(estimator, method)(*args, **asked)
        except TypeError as error:
            _tell_unwanted(estimator, method, asked, error)
            raise
        except ValueError as error:
            _tell_changed_rows(estimator, error)
            raise


def _check_nobody_waits(estimator, method):
    """Refuse an estimator that keeps from its parts the groups that they ask for."""
    waiting = _waiting(estimator, method, ["sensitive_features"])
    if waiting:
        msg = (
            f"{waiting[0]} asks for sensitive features in {method}, but "
            f"{type(estimator).__name__}, around it, does not hand them on there. "
            f"Put SensitiveColumns around {waiting[0]} itself, inside "
            f"{type(estimator).__name__}."
        )
        raise ValueError(msg)


def _tell_unwanted(estimator, method, asked, error):
    """Tell of a part to which another one, such as a stack, hands all that it gets."""
    told = str(error)
    unwanted = [n for n in asked if f"unexpected keyword argument '{n}'" in told]
    if not unwanted:
        return
    cure = "Leave sample_weight out."
    if unwanted == ["sensitive_features"]:
        waiting = _waiting(estimator, method, unwanted)
        part = f"{waiting[0]}()" if waiting else "part"
        cure = (
            "Put SensitiveColumns around those parts alone that ask for them, "
            f"SensitiveColumns({part}, 'sex'), and these inside "
            f"{type(estimator).__name__}."
        )
    msg = (
        f"{type(estimator).__name__} hands {unwanted[0]} to a part that does not take "
        f"it: {told}. {cure}"
    )
    raise ValueError(msg) from error


def _tell_changed_rows(estimator, error):
    """Tell of rows that got out of line inside: they were in line outside."""
    if not str(error).startswith("By their indexes, "):
        return
    msg = (
        f"A step inside {type(estimator).__name__} adds, drops or reorders rows, and "
        "the sensitive features do not follow. Change rows before fit, of X and y "
        "alike, and leave them as they are inside."
    )
    raise ValueError(msg) from error


def _waiting(estimator, method, names):
    """Names of the parts within that ask for some of the metadata."""
    return [
        type(part).__name__
        for part in askable_parts(estimator).values()
        if part is not estimator
        and any(requests_of(part, method).get(n, False) is not False for n in names)
    ]


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
    return bool(_taken(estimator, method, {"sensitive_features": True})[0])


def tell_unweighted(estimator, sample_weight, *, otherwise=""):
    """Warn of models within that are to be fitted without the weights.

    Parameters
    ----------
    estimator : estimator
        As in `call`.
    sample_weight : array-like or None
        Weights of the rows.
    otherwise : str, default=""
        What the weights do all the same.

    Raises
    ------
    ValueError
        The weights would do nothing at all: the request was set to False.

    Warns
    -----
    UserWarning
        A model takes no ``sample_weight`` in fit.
    """
    if sample_weight is None:
        return
    names = unweighted_models(estimator)
    if not names and not _taken(estimator, "fit", {"sample_weight": True})[0]:
        told = [requests_of(p, "fit") for p in askable_parts(estimator).values()]
        if any(one.get("sample_weight") is False for one in told):
            if otherwise:
                return  # as it was told to
            msg = (
                f"sample_weight was given, but fit of {type(estimator).__name__} does "
                "not take it: the request was set to False."
            )
            raise ValueError(msg)
        names = [type(estimator).__name__]
    if names:
        takes = "takes" if len(names) == 1 else "take"
        msg = f"{', '.join(names)} {takes} no sample_weight: fitted without it."
        warnings.warn(f"{msg} {otherwise}".strip(), UserWarning, stacklevel=3)


def _asked(estimator, method, metadata):
    """The metadata to call the method with, and whether it can hand them on."""
    asked, routes = _taken(estimator, method, metadata)
    if "sensitive_features" in metadata and "sensitive_features" not in asked:
        _check_nobody_waits(estimator, method)
    weighs = "sample_weight" in asked or method.startswith("fit")
    if "sample_weight" in metadata and not weighs:
        msg = f"{method} of {type(estimator).__name__} takes no sample_weight."
        raise ValueError(msg)
    return asked, routes


def _taken(estimator, method, metadata):
    """The metadata that the method takes, and whether it can hand them on."""
    if not metadata:
        return {}, True
    fit = method.startswith("fit")
    if isinstance(estimator, FrozenEstimator):  # hands on to what it holds
        if fit:
            return metadata, True  # and does not look at them
        estimator = estimator.estimator
    twin = _twin(estimator, open_attributes(estimator, metadata, fit=fit))
    mapping = MethodMapping().add(caller=method, callee=method)
    with config_context(enable_metadata_routing=True):
        routing, routes = _routing(twin, method, metadata)
        router = MetadataRouter(owner="SensitiveColumns")
        router.add(estimator=routing, method_mapping=mapping)
        taken = router.route_params(caller=method, params=metadata).estimator[method]
    # Some inherit a promise to hand on, and have a method that does not take any.
    known = _keywords(getattr(estimator, method, None))
    return {n: v for n, v in taken.items() if known is None or n in known}, routes


def _routing(estimator, method, metadata):
    """What the estimator requests and hands on, and whether it hands on at all."""
    try:
        return get_routing_for_object(estimator), True
    except NotImplementedError as error:  # somewhere inside, routing is not supported
        own = requests_of(estimator, method)  # what it takes, it may use on its parts
        names = [name for name in metadata if not own.get(name, False)]
        waiting = _waiting(estimator, method, names)
        if waiting:
            msg = (
                f"{waiting} ask for {names} in {type(estimator).__name__}, "
                f"which cannot hand them on: {error} Put SensitiveColumns around those "
                "that ask, one by one."
            )
            raise ValueError(msg) from error
        return request_of(estimator), False


def _keywords(method):
    """Names that a method takes, None if it takes any."""
    parameters = signature(method).parameters if callable(method) else {}
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values()):
        return None
    return set(parameters)


@contextmanager
def _set(estimator, attributes):
    """Set attributes of parts inside, and leave nothing of that behind."""
    parts = askable_parts(estimator)
    before = {
        path: {name: vars(parts[path]).get(name, NOT_THERE) for name in new}
        for path, new in attributes.items()
    }
    try:
        for path, new in attributes.items():
            vars(parts[path]).update(new)
        yield
    finally:
        fitted = askable_parts(estimator)  # a Pipeline's fit puts copies in place
        for path, old in before.items():
            for name, value in old.items():
                vars(fitted[path]).pop(name, None)
                if value is not NOT_THERE:
                    setattr(fitted[path], name, value)


def _twin(estimator, attributes):
    """The estimator, as a copy down to the parts whose attributes are set."""
    twin = copy(estimator) if attributes else estimator
    for path, new in attributes.items():
        part = twin
        for name in filter(None, path.split("__")):
            inner = copy(part.get_params()[name])
            part.set_params(**{name: inner})
            part = inner
        vars(part).update(new)
    return twin
