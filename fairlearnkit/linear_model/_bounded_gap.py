"""The gap that a search bounds, of predictions of rows that were left out."""

from dataclasses import dataclass
from inspect import signature

import numpy as np
from sklearn.base import is_classifier

from fairlearnkit._counting.metric import is_gap_of_rates
from fairlearnkit._counting.named_metric import function_name, get_metric, unwrap
from fairlearnkit.constraints import check_constraint


@dataclass(frozen=True, eq=False)
class BoundedGap:
    """A metric with the keywords that a search passes to it.

    Parameters
    ----------
    function : callable
        ``(y_true, y_pred, *, sensitive_features)``.
    response : {"predict", "decision_function"}
        What it compares.
    classes : ndarray of shape (n_classes,) or None
        Labels; None if it compares scores or numbers.
    options : dict
        Keywords of every call.
    takes_weight : bool
        Whether it takes ``sample_weight``.
    """

    function: object
    response: str
    classes: np.ndarray | None
    options: dict
    takes_weight: bool

    @property
    def name(self):
        """Name of the metric."""
        return function_name(self.function)

    def predict(self, model, X):
        """What is compared: scores, numbers, or positions in ``classes``."""
        predicted = getattr(model, self.response)(X)
        if self.classes is None:
            return predicted
        small = np.min_scalar_type(len(self.classes))
        return np.searchsorted(self.classes, predicted).astype(small)

    def __call__(self, y, sensitive_features, weight, predicted):
        """The gap; of a ratio, 1 - ratio.

        Parameters
        ----------
        y : ndarray of shape (n_rows,)
            Targets.
        sensitive_features : array-like
            Groups.
        weight : ndarray of shape (n_rows,) or None
            Weights.
        predicted : ndarray of shape (n_rows,)
            What ``predict`` returns.

        Raises
        ------
        ValueError
            The metric is negative.
        """
        options = {"sensitive_features": sensitive_features, **self.options}
        if weight is not None and self.takes_weight:
            options["sample_weight"] = weight
        if self.classes is not None:
            predicted = self.classes[predicted]
        value = float(self.function(y, predicted, **options))
        gap = 1 - value if self.name.endswith("ratio") else value
        if gap < 0:
            msg = (
                f"metric={self.name} is {value:.4g}, and max_gap bounds a gap of at "
                "least 0: return its absolute value."
            )
            raise ValueError(msg)
        return gap


def read_bounded_gap(estimator, defaults, y, pos_label):
    """The gap that the parameters of a search name.

    Parameters
    ----------
    estimator : estimator
        With `metric`, `constraint` and `missing`.
    defaults : dict of str to str
        Metric by the name of the constraint.
    y : ndarray of shape (n_samples,)
        Target.
    pos_label : scalar or None
        Positive class of the constraint.

    Returns
    -------
    gap : BoundedGap

    Raises
    ------
    ValueError
        The metric is not known, or has to be named.
    """
    function = get_metric(_metric_of(estimator, defaults))
    inner, known = unwrap(function), signature(function).parameters
    response, classes, options = "predict", None, {}
    if is_classifier(estimator):
        classes = np.unique(y)
    if classes is not None and "y_score" in signature(inner).parameters:
        response, classes = "decision_function", None
    if inner.__module__.startswith("fairlearnkit."):
        options = {"missing": estimator.missing, "pos_label": pos_label}
        if is_gap_of_rates(inner):
            options["labels"] = classes
    fixed = getattr(function, "keywords", {})
    options = {k: v for k, v in options.items() if k in known and k not in fixed}
    return BoundedGap(function, response, classes, options, "sample_weight" in known)


def _metric_of(estimator, defaults):
    if estimator.metric is not None:
        return estimator.metric
    constraint = check_constraint(estimator.constraint)
    by_column = getattr(constraint, "columns", "intersection") == "separately"
    for name, metric in defaults.items():
        if type(constraint) is type(check_constraint(name)) and not by_column:
            return metric
    msg = (
        f"With constraint={estimator.constraint!r}, the gap that max_gap bounds has to "
        f"be named: metric={next(iter(defaults.values()))!r}, another one of "
        "fairlearnkit.metrics, or a function (y_true, y_pred, *, sensitive_features). "
        f"metric=None is known for {list(defaults)} only."
    )
    raise ValueError(msg)
