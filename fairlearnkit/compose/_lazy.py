"""`SensitiveColumns` on Dask collections: what is fitted to them, methods by row."""

from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from fairlearnkit._data.containers import is_lazy
from fairlearnkit._data.lazy_rows import float_dtype, map_rows, prediction_output
from fairlearnkit._data.partitions import Partitions, compute
from fairlearnkit._data.score import ScoreMixin
from fairlearnkit._data.sensitive_columns import column_kinds
from fairlearnkit._routing.call import call


def kinds_of(groups):
    """What `column_kinds` returns, of all partitions together if there are several."""
    if not is_lazy(groups):
        return column_kinds(groups)
    data = Partitions({"columns": groups})
    parts = compute(data.each("sensitive-columns", _kinds))
    known = [part for part in parts if part is not None]
    return [sorted(set().union(*column)) for column in zip(*known)]


def has_usual_score(estimator):
    """Whether the score of a fitted estimator is the accuracy or R^2 of predictions.

    Parameters
    ----------
    estimator : estimator
        The inner one.

    Returns
    -------
    usual : bool
        False for an estimator of this library that has a score of its own.

    Raises
    ------
    ValueError
        For another estimator that has one: it would gather the rows.
    """
    while isinstance(estimator, Pipeline | FrozenEstimator):
        frozen = isinstance(estimator, FrozenEstimator)
        estimator = estimator.estimator if frozen else estimator[-1]
    kind = type(estimator)
    usual = {ClassifierMixin.score, RegressorMixin.score, ScoreMixin.score}
    if kind.score in usual:
        return True
    if kind.__module__.split(".")[0] == "fairlearnkit":
        return False
    msg = (
        f"score of {kind.__name__} is no accuracy or R^2 of predictions, and would "
        "gather the rows of the Dask collection: score a sample in memory."
    )
    raise ValueError(msg)


def call_lazily(estimator, method, X, groups):
    """A method of the fitted inner estimator, partition by partition.

    Parameters
    ----------
    estimator : SensitiveColumns
        A fitted one.
    method : str
        Name of the method.
    X, groups : collection
        Features without the dropped columns, and the sensitive features.

    Returns
    -------
    result : collection
        With the partitions of X.
    """
    data = {"X": X, "sensitive_features": groups}
    return map_rows(_OfInner(method), estimator, data, *_output(estimator, method, X))


class _OfInner:
    """A method of the inner estimator, on rows in memory; its name is that of tasks."""

    def __init__(self, method):
        self.__name__ = method

    def __call__(self, estimator, X, sensitive_features):
        method = self.__name__
        estimator._check_kinds(sensitive_features)
        return call(
            estimator.estimator_, method, X, sensitive_features=sensitive_features
        )


def _output(estimator, method, X):
    """Dtype and columns of what a method returns; None for one dimension."""
    if method == "transform":
        if not hasattr(estimator, "get_feature_names_out"):
            msg = (
                f"{type(estimator.estimator_).__name__} has no get_feature_names_out, "
                "which gives the number of columns that transform returns for a Dask "
                "collection. Use X.map_partitions(model.transform) or X.map_blocks."
            )
            raise ValueError(msg)
        return float_dtype(X), estimator.get_feature_names_out().tolist()
    return prediction_output(estimator, method)


def _kinds(part):
    columns = part["columns"]
    return column_kinds(columns) if len(columns) else None
