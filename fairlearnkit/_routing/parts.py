"""The parts of an estimator: steps of a Pipeline, inner estimators, and so on."""

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

# Attributes in which meta-estimators hold the estimators that get X unchanged, those
# that are fitted first.
INNER_ATTRIBUTES = (
    "best_estimator_",
    "calibrated_classifiers_",
    "estimators_",
    "estimator_",
    "regressor_",
    "estimator",
)


def all_parts(estimator, *, fit=False):
    """An estimator and the objects inside it, by their paths as parameters.

    Left out is what lies inside of an estimator that passes on its metadata by itself
    (``_passes_on_metadata``), such as SensitiveColumns, and, in fit, what lies inside
    of a FrozenEstimator, which is shared and not fitted.

    Parameters
    ----------
    estimator : estimator
        A model, a transformer, a Pipeline or another meta-estimator.
    fit : bool, default=False
        Whether it is about to be fitted.

    Returns
    -------
    parts : dict of str to object
        The estimator itself has the path "".
    """
    parts = {"": estimator, **estimator.get_params(deep=True)}
    closed = tuple(
        f"{path}__" if path else ""
        for path, part in parts.items()
        if getattr(part, "_passes_on_metadata", False)
        or (fit and isinstance(part, FrozenEstimator))
    )
    return {
        path: part
        for path, part in parts.items()
        if not path or not path.startswith(closed)
    }


def consumers(estimator, *, fit=False):
    """Those of `all_parts` that are estimators and may have requests.

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


def is_within(path, outer):
    """Whether a part lies inside of another one, by their paths."""
    return path != outer and path.startswith(f"{outer}__" if outer else "")


def unweighted_models(estimator):
    """Class names of the inner models that take no sample_weight in fit.

    Parameters
    ----------
    estimator : estimator
        As in `all_parts`.

    Returns
    -------
    names : list of str
        Of the innermost models only. Models inside of an estimator that takes weights
        are left out: what becomes of the weights there is up to that estimator.
    """
    parts = consumers(estimator, fit=True)
    inside = {path: [p for p in parts if is_within(p, path)] for path in parts}
    weighted = {path for path, part in parts.items() if _takes_weight(part)}
    served = {p for path in weighted for p in inside[path]}
    return [
        type(part).__name__
        for path, part in parts.items()
        if hasattr(part, "predict") and not isinstance(part, FrozenEstimator)
        if not (inside[path] or path in served or path in weighted)
    ]


def _takes_weight(part):
    """Whether the fit of a part has a parameter ``sample_weight``."""
    return has_fit_parameter(part, "sample_weight")


def find_sensitive_columns(estimator):
    """The SensitiveColumns that an estimator is, or that it passes X to, or None.

    Parameters
    ----------
    estimator : estimator
        Fitted or not.

    Returns
    -------
    estimator : SensitiveColumns or None
    """
    if hasattr(estimator, "sensitive_features_of"):
        return estimator
    if isinstance(estimator, Pipeline) and _last_step_gets_X(estimator):
        return find_sensitive_columns(estimator.steps[-1][1])
    for inner in _inner_estimators(estimator):
        columns = find_sensitive_columns(inner)
        if columns is not None:
            return columns
    return None


def _inner_estimators(estimator):
    """Yield the estimators to which a meta-estimator passes X unchanged."""
    for name in INNER_ATTRIBUTES:
        inner = getattr(estimator, name, None)
        if isinstance(inner, np.ndarray):  # of boosted trees, for instance
            inner = list(np.ravel(inner))
        for part in inner if isinstance(inner, list) else [inner]:
            if part is not None:
                yield part


def _last_step_gets_X(pipeline):
    """Whether no step before the last one transforms X; samplers act in fit only."""
    before = [step for _, step in pipeline.steps[:-1]]
    return all(
        step is None or step == "passthrough" or hasattr(step, "fit_resample")
        for step in before
    )
