"""Methods of fitted estimators on Dask collections, one value or row for each row."""

from copy import copy
from functools import wraps
from inspect import signature

import numpy as np
from sklearn import get_config
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from fairlearnkit._data.containers import any_lazy, is_lazy
from fairlearnkit._data.messages import PREDICT, required_message
from fairlearnkit._data.partitions import (
    Partitions,
    as_collection,
    compute,
    in_container,
    merged,
)
from fairlearnkit.utils._sklearn_private import _num_samples


def map_rows(method, estimator, arguments, dtype, columns):
    """What a method of a fitted estimator returns, as a lazy collection.

    Parameters
    ----------
    method : callable
        ``method(estimator, **arguments)`` in memory. Its name is that of the tasks.
    estimator : estimator
        A fitted one.
    arguments : dict of str to collection
        X, and others with the same partitions; None is left out.
    dtype : dtype
        Of what it returns.
    columns : list or None
        Names of its columns; None for one dimension.

    Returns
    -------
    collection : dask Array, Series or DataFrame
        An array if X is one.
    """
    fitted = copy(estimator)  # what is lazy must not change if it is fitted anew
    tasks = Partitions(arguments).each(
        method.__name__, _values, method, fitted, dtype, columns
    )
    return as_collection(tasks, arguments["X"], dtype, columns)


def by_partition(output):
    """Let a method of a fitted estimator take Dask collections, and return one.

    Parameters
    ----------
    output : callable
        From the estimator and X to the dtype of what the method returns, and the names
        of its columns, or None for one dimension.

    Returns
    -------
    decorator : callable
        For methods whose first argument is X, and whose other arguments have one entry
        a row or are None.
    """

    def decorate(method):
        @wraps(method)
        def wrapper(self, X, *args, **kwargs):
            if not any_lazy(X, *args, *kwargs.values()):
                return method(self, X, *args, **kwargs)
            bound = signature(method).bind(self, X, *args, **kwargs).arguments
            arguments = {k: v for k, v in bound.items() if k != "self"}
            dtype, columns = output(self, X)
            return map_rows(wrapper, self, arguments, dtype, columns)

        return wrapper

    return decorate


def lazily(method):
    """Let a method that predicts take Dask collections, and return one.

    Parameters
    ----------
    method : callable
        ``method(self, X, *, sensitive_features=None)`` of an estimator with
        ``_needs_groups``.

    Returns
    -------
    method : callable
    """

    @wraps(method)
    def wrapper(self, X, *, sensitive_features=None):
        if not any_lazy(X, sensitive_features):
            return method(self, X, sensitive_features=sensitive_features)
        check_is_fitted(self)
        if sensitive_features is None and self._needs_groups():
            raise ValueError(required_message(PREDICT))
        arguments = {"X": X, "sensitive_features": sensitive_features}
        output = prediction_output(self, method.__name__)
        return map_rows(wrapper, self, arguments, *output)

    return wrapper


def prediction_output(estimator, method):
    """Dtype and columns of what a method of a fitted estimator predicts.

    Parameters
    ----------
    estimator : estimator
        A fitted one; of classes if it is a classifier.
    method : str
        "predict", "predict_proba", "decision_function"...

    Returns
    -------
    dtype : dtype
    columns : list or None
        The classes; None for one value a row.
    """
    if not is_classifier(estimator):
        return np.dtype(np.float64), None
    classes = estimator.classes_
    if method == "predict":
        return classes.dtype, None
    one = method == "decision_function" and len(classes) == 2
    return np.dtype(np.float64), None if one else classes.tolist()


def lazy_score(y, y_pred, sample_weight, *, classifier):
    """Accuracy or R^2 of predictions, from sums over the partitions.

    Parameters
    ----------
    y, y_pred, sample_weight : collection, or None for the weights
        With the same partitions.
    classifier : bool
        Whether to count right classes, instead of squared errors.

    Returns
    -------
    score : float
        As scikit-learn's ``accuracy_score`` or ``r2_score``.
    """
    arguments = {"y": y, "y_pred": y_pred, "sample_weight": sample_weight}
    tasks = Partitions(arguments).each("score", _moments, classifier)
    total = compute([merged("score", tasks, _pooled)])[0]
    if total is None:
        msg = "Found y with 0 samples; at least 1 is needed."
        raise ValueError(msg)
    mass, _, squares, errors = total
    if classifier:
        return float((mass - errors) / mass)
    return float(1.0 - errors / squares) if squares > 0 else float(errors == 0)


def check_default_output(estimator):
    """Raise an error if scikit-learn would put what transform returns into a frame.

    It would gather a Dask collection for that.
    """
    own = getattr(estimator, "_sklearn_output_config", {}).get("transform")
    chosen = own or get_config()["transform_output"]
    if chosen != "default":
        msg = (
            f"The output of transform is set to {chosen!r}, for which scikit-learn "
            "would gather the rows of a Dask collection. Use set_output(transform="
            "'default'): a Dask DataFrame then gives a Dask DataFrame."
        )
        raise ValueError(msg)


def refuse_lazy(cure, **arguments):
    """Raise an error for Dask collections where all rows have to be in memory.

    Parameters
    ----------
    cure : str
        What to do instead, in sentences.
    **arguments : dict
        Arguments of the caller by name.

    Raises
    ------
    ValueError
        If one of them is a Dask collection.
    """
    for name, value in arguments.items():
        if is_lazy(value):
            held = type(value).__name__
            kind = "a dict of Dask collections" if held == "dict" else f"a Dask {held}"
            msg = f"{name} is {kind}, whose rows are not in memory. {cure}"
            raise ValueError(msg)


def check_table(X):
    """Raise an error for X of one dimension."""
    if getattr(X, "ndim", 2) != 2:
        msg = (
            f"X must be a table with rows and columns, got {X.ndim} dimension(s). Pass "
            "df[['name']] for a single column of a DataFrame, X.reshape(-1, 1) for an "
            "array."
        )
        raise ValueError(msg)


def stand_in(X):
    """For a Dask collection, something in memory with its columns; else X itself."""
    if not is_lazy(X):
        return X
    return X._meta if hasattr(X, "divisions") else np.empty((1, X.shape[1]))


def float_dtype(X):
    """The dtype of X as features: float32 stays, all else becomes float64."""
    dtypes = [X.dtype] if hasattr(X, "dtype") else list(X.dtypes)
    single = all(dtype == np.float32 for dtype in dtypes)
    return np.dtype(np.float32 if single else np.float64)


def _values(part, method, estimator, dtype, columns):
    """A method of an estimator in memory, in the container of X."""
    X = part["X"]
    shape = (_num_samples(X), *([len(columns)] if columns is not None else []))
    if not shape[0]:
        return in_container(np.zeros(shape, dtype), X, columns)
    values = np.asarray(method(estimator, **part))
    if values.shape != shape:
        msg = (
            f"{method.__name__} of {type(estimator).__name__} returned values of shape "
            f"{values.shape} for a partition where {shape} was expected. Call it by "
            "X.map_partitions or X.map_blocks, which can be told what it returns."
        )
        raise ValueError(msg)
    return in_container(values, X, columns)


def _moments(part, classifier):
    """Mass, mean, squared deviations from it, and errors of one partition."""
    y, y_pred = np.asarray(part["y"]).ravel(), np.asarray(part["y_pred"]).ravel()
    if not len(y):
        return None
    weight = np.asarray(part.get("sample_weight", np.ones(len(y))), dtype=np.float64)
    if classifier:
        return weight.sum(), 0.0, 0.0, weight @ (y != y_pred)
    mass, y = weight.sum(), y.astype(np.float64)
    mean = weight @ y / mass if mass else 0.0
    return mass, mean, weight @ (y - mean) ** 2, weight @ (y - y_pred) ** 2


def _pooled(one, other):
    """Moments of two sets of rows together (Chan, Golub, LeVeque 1979)."""
    mass = one[0] + other[0]
    step = other[1] - one[1]
    share = other[0] / mass if mass else 0.0
    squares = one[2] + other[2] + step**2 * one[0] * share
    return mass, one[1] + step * share, squares, one[3] + other[3]
