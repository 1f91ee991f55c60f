"""Errors for metadata that would not reach, or not fit, the parts that ask for them."""

from fairlearnkit._data.alignment import AlignmentError
from fairlearnkit._routing.parts import all_parts, consumers, is_within
from fairlearnkit._routing.requests import is_requested, requests_of, takes_in_fit

# Methods by which steps change the rows of X and y, and the library of pipelines that
# call them.
ROW_METHODS = {"fit_resample": "imblearn", "transform_x_y": "feature_engine"}


def check_no_resampling(estimator, names):
    """Raise an error if a sampler changes rows and another part gets their metadata.

    Parameters
    ----------
    estimator : estimator
        As in `all_parts`.
    names : iterable of str
        Names of the metadata.

    Raises
    ------
    ValueError
        If a step changes the rows of X and y, which the metadata would not follow.
    """
    inside = all_parts(estimator, fit=True)
    samplers = {
        path: library
        for path, part in inside.items()
        if path and (library := _row_library(part, inside[_router_of(path)]))
    }
    parts = consumers(estimator, fit=True) if samplers else {}
    for path, library in samplers.items():
        router = _router_of(path)
        for name in names:
            takers = [
                type(part).__name__
                for other, part in parts.items()
                if is_within(other, router) and not other.startswith(path)
                if takes_in_fit(part, name)
            ]
            if takers:
                step = type(inside[path]).__name__
                raise ValueError(_resampling(step, takers[-1], name, library))


def _router_of(path):
    """Path of the estimator that an estimator is a part of."""
    return path.rpartition("__")[0]


def _row_library(part, router):
    """The library whose pipelines let a part change rows; None if it changes none."""
    for method, library in ROW_METHODS.items():
        # Pipelines of feature-engine know the method, those of scikit-learn do not.
        if hasattr(part, method) and (
            method == "fit_resample" or hasattr(type(router), method)
        ):
            return library
    return None


def _resampling(sampler, taker, name, library):
    """Error message for a sampler in front of a part that takes metadata."""
    if name != "sensitive_features":
        return (
            f"{sampler} changes the rows, and {name}, which {taker} takes, would not "
            f"follow. Leave {name} out, or resample before."
        )
    return (
        f"{sampler} changes the rows, and the sensitive features, which {taker} takes, "
        f"would not follow. Let {sampler} work on rows that hold them, and put "
        f"SensitiveColumns around the model behind it: {library}.pipeline."
        f"make_pipeline({sampler}(), SensitiveColumns(model, 'sex'))."
    )


def check_groups_reach_parts(estimator, method):
    """Raise an error for an estimator that does not pass groups on to its parts.

    Parameters
    ----------
    estimator : estimator
        As in `all_parts`.
    method : str
        A method that takes no sensitive features.

    Raises
    ------
    ValueError
        If a part requests sensitive features in this method.
    """
    waiting = requesting_parts(estimator, method, ["sensitive_features"])
    if waiting:
        msg = (
            f"{waiting[0]} asks for sensitive features in {method}, but "
            f"{type(estimator).__name__}, around it, does not pass them on there. "
            f"Put SensitiveColumns around {waiting[0]} itself, inside "
            f"{type(estimator).__name__}."
        )
        raise ValueError(msg)


def requesting_parts(estimator, method, names):
    """Class names of the parts inside that request some of the metadata."""
    return [
        type(part).__name__
        for part in consumers(estimator).values()
        if part is not estimator
        and any(is_requested(requests_of(part, method), name) for name in names)
    ]


def unroutable_message(estimator, parts, names, error):
    """Error message for parts inside of an estimator that supports no routing."""
    return (
        f"{parts} ask for {names} in {type(estimator).__name__}, which cannot pass "
        f"them on: {error} Put SensitiveColumns around those that ask, one by one."
    )


def explain(estimator, method, passed, error):
    """A clearer error for one that a method raised, or None.

    Parameters
    ----------
    estimator : estimator
        The estimator whose method was called.
    method : str
        The method.
    passed : dict
        The metadata that were passed.
    error : TypeError or ValueError
        What the method raised.

    Returns
    -------
    explained : ValueError or None
    """
    if isinstance(error, AlignmentError):  # all rows were aligned before the call
        return ValueError(_changed_rows(estimator))
    unexpected = [
        name
        for name in passed
        if isinstance(error, TypeError)
        and f"unexpected keyword argument '{name}'" in str(error)
    ]
    if not unexpected:
        return None
    return ValueError(_unexpected_keyword(estimator, method, unexpected, error))


def _changed_rows(estimator):
    """Error message for a step that changes rows without being a sampler."""
    return (
        f"A step inside {type(estimator).__name__} adds, drops or reorders rows, and "
        "the sensitive features do not follow. Change rows before fit, of X and y "
        "alike, and leave them as they are inside."
    )


def _unexpected_keyword(estimator, method, names, error):
    """Error message for a router, such as a stack, that passes all on to every part."""
    cure = "Leave sample_weight out."
    if names == ["sensitive_features"]:
        waiting = requesting_parts(estimator, method, names)
        part = f"{waiting[0]}()" if waiting else "part"
        cure = (
            "Put SensitiveColumns around those parts alone that ask for them, "
            f"SensitiveColumns({part}, 'sex'), and these inside "
            f"{type(estimator).__name__}."
        )
    return (
        f"{type(estimator).__name__} passes {names[0]} to a part that does not take "
        f"it: {error}. {cure}"
    )
