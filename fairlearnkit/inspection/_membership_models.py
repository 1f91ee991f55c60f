"""Models fitted on random halves of the rows, and how well they predict every row."""

from functools import partial

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.frozen import FrozenEstimator

from fairlearnkit._data.groups import encode_labels
from fairlearnkit._data.messages import check_option
from fairlearnkit._data.parallel import call_each
from fairlearnkit._data.rows import take_rows
from fairlearnkit._data.targets import numeric_target
from fairlearnkit._routing.call import call
from fairlearnkit.utils._sklearn_private import _safe_indexing

from ._responses import get_response

# Methods of classifiers, in the order in which "auto" tries them: probabilities are on
# one scale in all models, where decision functions may not be.
CLASS_METHODS = ("predict_proba", "decision_function", "predict")
# Added to probabilities before the logarithm. Forests of 100 trees do not resolve less;
# with .003 or .03, AUCs on Adult change by .005 or less, and with 1e-6 that of a forest
# falls from .88 to .78, since its probabilities of 0 and 1 outweigh all others.
SMOOTHING = 0.01


def check_can_be_fitted(estimator):
    """Raise an error for what is no classifier or regressor, or is not fitted anew."""
    name = type(estimator).__name__
    if isinstance(estimator, FrozenEstimator):
        msg = (
            f"{name} is not fitted anew, and membership inference fits the model on "
            "random halves of the rows: pass the estimator inside, "
            f"{type(estimator.estimator).__name__}."
        )
        raise ValueError(msg)
    if not (is_classifier(estimator) or is_regressor(estimator)):
        msg = f"{name} is neither a classifier nor a regressor: pass one of these."
        raise ValueError(msg)


def response_methods(estimator, response_method):
    """Names of the methods to try."""
    methods = CLASS_METHODS if is_classifier(estimator) else ("predict",)
    check_option("response_method", response_method, ("auto", *methods))
    return methods if response_method == "auto" else (response_method,)


def signals(estimator, data, member, methods, progress, n_jobs=None):
    """How well each of the models predicts each row.

    Parameters
    ----------
    estimator : estimator
        A clone is fitted for each model.
    data : tuple
        X, y, sensitive features and weights of all rows.
    member : ndarray of shape (n_samples, n_models), bool
        Rows that each model is trained on.
    methods : tuple of str
        Methods to try for predictions.
    progress : Progress
        Where models are reported.
    n_jobs : int, default=None
        Models that are fitted in parallel.

    Returns
    -------
    signal : ndarray of shape (n_samples, n_models)
        Greater for better predictions.
    """
    y = data[1]
    if is_classifier(estimator):
        read = ClassSignal(*_encoded(y))
    else:
        read = ErrorSignal(numeric_target(np.asarray(y)))
    told = partial(progress, "model", total=member.shape[1])
    given = (
        (estimator, data, inside, methods, read, told, number)
        for number, inside in enumerate(member.T, start=1)
    )
    columns = call_each(_signal, given, n_jobs)
    return np.column_stack(columns)


def _signal(estimator, data, inside, methods, read, progress, number):
    """Signals of all rows in one model."""
    X, y, groups, weight = data
    rows = np.flatnonzero(inside)
    try:
        model = call(
            clone(estimator),
            "fit",
            _safe_indexing(X, rows),
            _safe_indexing(y, rows),
            sensitive_features=None if groups is None else take_rows(groups, rows),
            sample_weight=None if weight is None else weight[rows],
        )
    except ValueError as error:
        error.add_note(
            f"Raised in the fit of model {number}, on a random half of {len(rows)} of "
            f"{len(inside)} rows. A class or group of few rows may be missing from a "
            "half: merge it with another, or leave its rows out."
        )
        raise
    response, method = get_response(model, X, groups, methods)
    signal = read(model, np.asarray(response), method)
    if not np.isfinite(signal).all():
        msg = f"{method} of {type(estimator).__name__} gives no finite numbers."
        raise ValueError(msg)
    progress(number, rows=len(rows))
    return signal


def _encoded(y):
    """Classes, and the code of each row."""
    encoded = encode_labels("y", y)
    return encoded.labels.tolist(), encoded.codes


class ErrorSignal:
    """Minus the absolute error of predicted numbers.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Target.
    """

    def __init__(self, y):
        self.y = y

    def __call__(self, model, response, method):
        """Signal of each row; `model` and `method` are not needed."""
        return -np.abs(self.y - response.reshape(self.y.shape))


class ClassSignal:
    """How sure a classifier is of the true class of each row.

    Parameters
    ----------
    labels : list
        Classes.
    codes : ndarray of shape (n_samples,)
        Positions of the true classes.
    """

    def __init__(self, labels, codes):
        self.labels = labels
        self.codes = codes

    def __call__(self, model, response, method):
        """Log-odds of probabilities, margin of scores, or whether a label is right."""
        if method == "predict":
            truth = np.array(self.labels, dtype=object)[self.codes]
            return (response.astype(object) == truth).astype(np.float64)
        table = self._table(model, response)
        # A class that the half does not hold has no probability, and the least score.
        classes = {label: j for j, label in enumerate(model.classes_.tolist())}
        column = np.array([classes.get(label, -1) for label in self.labels])[self.codes]
        rows = np.arange(len(column))
        own = table[rows, column]
        if method == "predict_proba":
            own = np.where(column < 0, 0.0, own)
            others = np.maximum(table.sum(axis=1) - own, 0.0)
            return np.log(own + SMOOTHING) - np.log(others + SMOOTHING)
        own = np.where(column < 0, table.min(axis=1), own)
        table[rows[column >= 0], column[column >= 0]] = -np.inf
        return own - table.max(axis=1)

    @staticmethod
    def _table(model, response):
        """Scores of all classes, of shape (n_samples, n_classes), as a copy."""
        if response.ndim == 1:  # of the second class, as opposed to the first
            return np.column_stack([-0.5 * response, 0.5 * response])
        if response.shape[1] != len(model.classes_):
            msg = (
                f"The scores of {type(model).__name__} have {response.shape[1]} "
                f"columns for {len(model.classes_)} classes: choose one for each, such "
                "as decision_function_shape='ovr', or response_method='predict'."
            )
            raise ValueError(msg)
        return np.array(response, dtype=np.float64)
