"""A metric by its name or as a function, with keywords of it that are fixed."""

from functools import partial
from importlib import import_module
from inspect import Parameter, signature

# Functions that take groups and return a table, or more than a number.
NO_SCORE = {
    "audit_subgroups",
    "bootstrap_interval",
    "group_metric",
    "group_predictability",
    "group_rates",
    "parity_report",
}
# What the caller passes by itself, for each call anew.
PASSED = ("y_true", "y_pred", "y_score", "sensitive_features", "sample_weight")
# Keywords of which messages of our metrics speak.
OPTIONS = ("missing", "pos_label", "labels")


def find_metric(metric, metric_params=None):
    """The metric behind a name, or a callable that takes groups.

    Parameters
    ----------
    metric : str or callable
        Name of a function of :mod:`fairlearnkit.metrics`, or a function
        ``(y_true, y_pred, *, sensitive_features)``.
    metric_params : dict, default=None
        Keywords of it to fix.

    Returns
    -------
    function : callable
        The metric itself, or a `functools.partial` of it.

    Raises
    ------
    ValueError
        An unknown name, a function that takes no ``sensitive_features``, or keywords
        that it does not take.
    """
    function = _named(metric)
    return function if metric_params is None else _fixed(function, metric_params)


def _named(metric):
    if not callable(metric):
        metrics = import_module("fairlearnkit.metrics")
        known = [
            name
            for name in metrics.__all__
            if name not in NO_SCORE and takes(getattr(metrics, name))
        ]
        if metric not in known:
            msg = (
                f"metric={metric!r} is not known; use one of {known} or a function "
                "(y_true, y_pred, *, sensitive_features)."
            )
            raise ValueError(msg)
        return getattr(metrics, metric)
    if not takes(metric):
        msg = (
            f"{name_of(metric)} takes no sensitive_features, so that it compares no "
            "groups; pass a function (y_true, y_pred, *, sensitive_features)."
        )
        raise ValueError(msg)
    return metric


def _fixed(function, metric_params):
    """The function with some keywords fixed, all of which it takes."""
    if not isinstance(metric_params, dict):
        msg = (
            f"metric_params={metric_params!r} must be a dict of keywords of "
            f"{name_of(function)}, such as {{'missing': 'group'}}."
        )
        raise ValueError(msg)
    passed = [name for name in metric_params if name in PASSED]
    if passed:
        msg = (
            f"metric_params holds {passed}: pass them where the rows are passed, "
            "beside y_true and y_pred."
        )
        raise ValueError(msg)
    unknown = [name for name in metric_params if not takes(function, name)]
    if unknown:
        msg = (
            f"metric_params holds {unknown}, which {name_of(function)} does not take; "
            f"it takes {_keywords(function)}."
        )
        raise ValueError(msg)
    return partial(function, **metric_params) if metric_params else function


def call_metric(function, y_true, y_pred, **options):
    """Call a metric for those who take its keywords as `metric_params`.

    Parameters
    ----------
    function : callable
        As `find_metric` returns it.
    y_true, y_pred : array-like of shape (n_samples,)
        Its first two arguments.
    **options : dict
        Its keywords.

    Returns
    -------
    value : object
        What it returns.

    Raises
    ------
    ValueError
        That of the metric; where it speaks of a keyword, with the way to pass it.
    """
    try:
        return function(y_true, y_pred, **options)
    except ValueError as error:
        told = str(error)
        named = [n for n in OPTIONS if f"{n}=" in told or f"give {n}" in told]
        if not named:
            raise
        msg = (
            f"{told} Keywords of {name_of(function)} are passed as metric_params="
            f"{{{named[0]!r}: ...}}."
        )
        raise ValueError(msg) from error


def _keywords(function):
    """Names of the keywords that can be fixed, all after the target and the scores."""
    known = list(signature(function).parameters.values())[2:]
    named = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in known if p.kind in named]
    return [name for name in names if name not in PASSED]


def takes(function, parameter="sensitive_features"):
    """Whether a function has a parameter, by name or among ``**kwargs``.

    Parameters
    ----------
    function : callable
        Any.
    parameter : str, default="sensitive_features"
        Name of the parameter.

    Returns
    -------
    takes : bool
        False where the signature cannot be read.
    """
    try:
        parameters = signature(function).parameters.values()
    except ValueError:  # some of those written in C
        return False
    return any(
        p.name == parameter or p.kind is Parameter.VAR_KEYWORD for p in parameters
    )


def unwrapped(function):
    """The function within `functools.partial`.

    Parameters
    ----------
    function : callable
        A function, or partials around it.

    Returns
    -------
    function : callable
    """
    while isinstance(function, partial):
        function = function.func
    return function


def name_of(function):
    """What to call a function in messages.

    Parameters
    ----------
    function : callable
        A function, or partials around it.

    Returns
    -------
    name : str
    """
    function = unwrapped(function)
    return getattr(function, "__name__", type(function).__name__)
