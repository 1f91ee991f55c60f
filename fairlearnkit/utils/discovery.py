"""Lists of the public modules, classes, functions and estimators of the library.

A module is public when no part of its path starts with an underscore; an object is
public when such a module lists it in ``__all__``.
"""

import inspect
from importlib import import_module
from pkgutil import walk_packages

from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    TransformerMixin,
)

__all__ = ["all_estimators", "all_functions", "all_public", "public_modules"]

_KINDS = {
    "classifier": ClassifierMixin,
    "meta": MetaEstimatorMixin,
    "regressor": RegressorMixin,
    "transformer": TransformerMixin,
}


def public_modules():
    """Import every public module of the library.

    Returns
    -------
    modules : list of module
        The package itself and all public modules inside it, sorted by name.

    Examples
    --------
    >>> from fairlearnkit.utils.discovery import public_modules
    >>> [m.__name__ for m in public_modules()][:2]
    ['fairlearnkit', 'fairlearnkit.compose']
    """
    root = import_module("fairlearnkit")
    names = [info.name for info in walk_packages(root.__path__, "fairlearnkit.")]
    public = [name for name in names if "._" not in name]
    return [root, *(import_module(name) for name in sorted(public))]


def all_public():
    """List the public classes and functions.

    Returns
    -------
    objects : list of tuples (name, object)
        Sorted by the full name, such as ``"fairlearnkit.metrics.score_gap"``.

    Examples
    --------
    >>> from fairlearnkit.utils.discovery import all_public
    >>> "fairlearnkit.linear_model.ParityRidge" in dict(all_public())
    True
    """
    objects = {
        f"{module.__name__}.{name}": getattr(module, name)
        for module in public_modules()
        for name in getattr(module, "__all__", ())
    }
    return [
        (name, value)
        for name, value in sorted(objects.items())
        if inspect.isclass(value) or inspect.isroutine(value)
    ]


def all_estimators(type_filter=None):
    """List the public estimators.

    Parameters
    ----------
    type_filter : {"classifier", "meta", "regressor", "transformer"}, default=None
        Kind of estimators to list; None lists all.

    Returns
    -------
    estimators : list of tuples (name, class)
        Sorted by the name of the class, without abstract classes.

    Raises
    ------
    ValueError
        If `type_filter` is not known.

    Examples
    --------
    >>> from fairlearnkit.utils.discovery import all_estimators
    >>> "ParityRidge" in dict(all_estimators(type_filter="regressor"))
    True
    """
    if type_filter is not None and type_filter not in _KINDS:
        msg = f"type_filter={type_filter!r} is not known; use one of {sorted(_KINDS)}."
        raise ValueError(msg)
    wanted = _KINDS.get(type_filter, BaseEstimator)
    classes = {value for _, value in all_public() if inspect.isclass(value)}
    return sorted(
        (
            (value.__name__, value)
            for value in classes
            if issubclass(value, BaseEstimator)
            and issubclass(value, wanted)
            and not inspect.isabstract(value)
        ),
        key=lambda pair: pair[0],
    )


def all_functions():
    """List the public functions.

    Returns
    -------
    functions : list of tuples (name, function)
        Sorted by the full name.

    Examples
    --------
    >>> from fairlearnkit.utils.discovery import all_functions
    >>> "fairlearnkit.metrics.score_gap" in dict(all_functions())
    True
    """
    return [(name, value) for name, value in all_public() if inspect.isroutine(value)]
