"""What the `from_estimator` of Displays shares: groups and predictions of a model."""

import re
from contextlib import contextmanager

import numpy as np

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.classes import positive_class
from fairlearnkit._data.groups import check_sensitive_features
from fairlearnkit._data.lazy_rows import refuse_lazy
from fairlearnkit._data.messages import Caller, check_option
from fairlearnkit._routing.call import call
from fairlearnkit._routing.parts import find_sensitive_columns
from fairlearnkit.utils._sklearn_private import _num_samples

# What the arguments of `from_predictions` are in `from_estimator`.
NAMES = {"y_true": "y", "y_pred": "the predictions", "y_score": "the scores"}
# Methods that give scores, in the order in which "auto" tries them: decision functions
# have no ties where probabilities round to 0 and 1.
SCORE_METHODS = ("decision_function", "predict_proba", "predict")


def check_drawable(**arguments):
    """Raise an error for rows that are out of line, or not in memory.

    Parameters
    ----------
    **arguments : dict
        As in `check_alignment`.
    """
    refuse_lazy(
        "A Display draws rows in memory: pass a sample of them, or .compute() of the "
        "columns that it takes.",
        **arguments,
    )
    check_alignment(**arguments)


def groups_of(estimator, X, sensitive_features):
    """The groups of the rows of X: those given, or those that the estimator finds."""
    if sensitive_features is not None:
        check_sensitive_features(sensitive_features, _num_samples(X), Caller(method=""))
        return sensitive_features
    inner = find_sensitive_columns(estimator)
    if inner is None:
        msg = (
            f"{type(estimator).__name__} finds no groups in X: pass "
            "sensitive_features=, or wrap it in SensitiveColumns."
        )
        raise ValueError(msg)
    return inner.sensitive_features_of(X)


@contextmanager
def messages_of_estimator():
    """Let error messages name the arguments of `from_estimator`."""
    try:
        yield
    except ValueError as error:
        text = str(error)
        # Whole words only: a name such as `my_y_true` stays as it is.
        text = re.sub(r"\by_(true|pred|score)\b", lambda name: NAMES[name[0]], text)
        raise ValueError(text) from error


def get_response(estimator, X, groups, methods):
    """Call the first of several methods that the estimator has.

    Parameters
    ----------
    estimator : estimator
        A fitted model.
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features.
    groups : array-like
        Sensitive features, for an estimator that requests them.
    methods : tuple of str
        Names of methods.

    Returns
    -------
    response : ndarray
    method : str
        The method that was called.
    """
    for method in methods:
        if not hasattr(estimator, method):
            continue
        if find_sensitive_columns(estimator) is not None:  # it takes the groups from X
            return getattr(estimator, method)(X), method
        return call(estimator, method, X, sensitive_features=groups), method
    msg = f"{type(estimator).__name__} has none of the methods {list(methods)}."
    raise ValueError(msg)


def scores_of(estimator, X, groups, pos_label=None, response_method="auto"):
    """One score for each row: the decision function, a probability or a prediction.

    Parameters
    ----------
    estimator : classifier or regressor
        A fitted model.
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features.
    groups : array-like
        Sensitive features, for an estimator that requests them.
    pos_label : scalar, default=None
        Class whose score is meant. Regressors have none.
    response_method : str, default="auto"
        Method to call; "auto" takes the first of decision_function, predict_proba and
        predict that there is.

    Returns
    -------
    scores : ndarray of shape (n_samples,)
        Greater for the positive class.
    """
    check_option("response_method", response_method, ("auto", *SCORE_METHODS))
    methods = (response_method,)
    if response_method == "auto":
        is_regressor = not hasattr(estimator, "classes_")
        methods = ("predict",) if is_regressor else SCORE_METHODS
    scores, method = get_response(estimator, X, groups, methods)
    classes = np.asarray(getattr(estimator, "classes_", [])).tolist()
    positive = None
    if classes or pos_label is not None:
        positive = classes.index(positive_class(classes, pos_label, name="y"))
    # A single column holds the scores of the second of two classes.
    if getattr(scores, "ndim", 1) == 1:
        return -scores if positive == 0 else scores
    # One column for each pair of classes, as SVC with decision_function_shape="ovo".
    if scores.shape[1] != len(classes):
        msg = (
            f"{method} of {type(estimator).__name__} has {scores.shape[1]} columns for "
            f"{len(classes)} classes: take scores of one class, such as ovr or "
            "predict_proba, and from_predictions."
        )
        raise ValueError(msg)
    return scores[:, positive]
