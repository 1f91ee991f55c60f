"""A metric by its name or as a function, with some of its keywords fixed."""

from functools import partial
from importlib import import_module
from inspect import Parameter, signature

from fairlearnkit._data.messages import Caller

# How messages name the arguments of functions that take `metric_params`.
CALLER = Caller(
    data="y_pred",
    method="",
    missing_hint='or choose metric_params={"missing": "group"} (a group of its own) or '
    '{"missing": "ignore"} (the rows count in no group)',
    pos_label_hint='give metric_params={"pos_label": ...}',
    labels_hint='metric_params={"labels": [...]}',
)
# Public functions of groups that return a table instead of a number, and therefore
# cannot be chosen as a metric by their names.
TABLES = {
    "audit_subgroups",
    "bootstrap_interval",
    "group_metric",
    "group_predictability",
    "group_rates",
    "parity_report",
}
# Arguments that `bootstrap_interval` and scorers pass themselves, anew for each call.
ROW_ARGUMENTS = ("y_true", "y_pred", "y_score", "sensitive_features", "sample_weight")
# Keywords that error messages of our metrics suggest, as in "missing=..." or "give
# labels"; `call_metric` adds how to pass them.
CURES = ("missing", "pos_label", "labels")


def get_metric(metric, metric_params=None):
    """The metric of a name, or a callable that takes groups.

    Parameters
    ----------
    metric : str or callable
        Name of a function of :mod:`fairlearnkit.metrics`, or a function
        ``(y_true, y_pred, *, sensitive_features)``.
    metric_params : dict, default=None
        Keywords of the function to fix.

    Returns
    -------
    metric : callable
        The function itself, or a `functools.partial` of it.

    Raises
    ------
    ValueError
        The name is unknown, or the function does not take ``sensitive_features`` or
        some of the keywords.
    """
    function = metric if callable(metric) else _metric_by_name(metric)
    if not accepts(function, "sensitive_features"):
        msg = (
            f"{function_name(function)} takes no sensitive_features, so it does not "
            "compare groups; pass a function (y_true, y_pred, *, sensitive_features)."
        )
        raise ValueError(msg)
    return function if metric_params is None else _fix(function, metric_params)


def _metric_by_name(name):
    # Imported by name when it is called, because the package imports this module.
    metrics = import_module("fairlearnkit.metrics")
    known = [
        key
        for key in metrics.__all__
        if key not in TABLES and accepts(getattr(metrics, key), "sensitive_features")
    ]
    if name not in known:
        msg = (
            f"metric={name!r} is not known; use one of {known} or a function "
            "(y_true, y_pred, *, sensitive_features)."
        )
        raise ValueError(msg)
    return getattr(metrics, name)


def _fix(function, metric_params):
    """The function with keywords fixed, after a check that it takes them."""
    name = function_name(function)
    if not isinstance(metric_params, dict):
        msg = (
            f"metric_params={metric_params!r} must be a dict of keywords of "
            f"{name}, such as {{'missing': 'group'}}."
        )
        raise ValueError(msg)
    of_rows = [key for key in metric_params if key in ROW_ARGUMENTS]
    if of_rows:
        msg = (
            f"metric_params holds {of_rows}: pass them where the rows are passed, "
            "beside y_true and y_pred."
        )
        raise ValueError(msg)
    unknown = [key for key in metric_params if not accepts(function, key)]
    if unknown:
        msg = (
            f"metric_params holds {unknown}, which {name} does not take; "
            f"it takes {_keywords(function)}."
        )
        raise ValueError(msg)
    return partial(function, **metric_params) if metric_params else function


def call_metric(function, y_true, y_pred, **options):
    """Call a metric on behalf of a caller that takes its keywords as `metric_params`.

    Parameters
    ----------
    function : callable
        What `get_metric` returns.
    y_true, y_pred : array-like of shape (n_samples,)
        Its first two arguments.
    **options : dict
        Its keywords.

    Returns
    -------
    value : object
        What the metric returns.

    Raises
    ------
    ValueError
        The metric's own error. If its message suggests a keyword, the message adds that
        this keyword is passed as `metric_params`.
    """
    try:
        return function(y_true, y_pred, **options)
    except ValueError as error:
        text = str(error)
        named = [key for key in CURES if f"{key}=" in text or f"give {key}" in text]
        if not named:
            raise
        msg = (
            f"{text} Keywords of {function_name(function)} are passed as metric_params="
            f"{{{named[0]!r}: ...}}."
        )
        raise ValueError(msg) from error


def _keywords(function):
    """Names of the keywords that can be fixed: those after y_true and y_pred."""
    parameters = list(signature(function).parameters.values())[2:]
    kinds = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in kinds]
    return [name for name in names if name not in ROW_ARGUMENTS]


def accepts(function, name):
    """Whether a function has an argument of that name, or takes any keyword.

    Parameters
    ----------
    function : callable
        Any function.
    name : str
        Name of the argument.

    Returns
    -------
    accepts : bool
        False if the signature cannot be read, as of some functions written in C.
    """
    try:
        parameters = signature(function).parameters.values()
    except ValueError:
        return False
    return any(p.name == name or p.kind is Parameter.VAR_KEYWORD for p in parameters)


def unwrap(function):
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


def function_name(function):
    """Name of a function, or of that within partials, for messages.

    Parameters
    ----------
    function : callable
        A function, or partials around it.

    Returns
    -------
    name : str
    """
    function = unwrap(function)
    return getattr(function, "__name__", type(function).__name__)
