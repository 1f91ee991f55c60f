"""The gap that a search bounds, of predictions of rows that were left out."""

from dataclasses import dataclass
from inspect import signature

import numpy as np
from sklearn.base import is_classifier

from fairlearnkit._counting.metric import is_gap_of_rates
from fairlearnkit._counting.named_metric import (
    ROW_ARGUMENTS,
    function_name,
    get_metric,
    unwrap,
)
from fairlearnkit._data.containers import is_lazy
from fairlearnkit._data.quiet import without_warnings
from fairlearnkit.constraints import check_constraint
from fairlearnkit.utils._sklearn_private import _BaseScorer

# Keywords of metrics that hold a value for each row.
OF_ROWS = (*ROW_ARGUMENTS, "control_features")


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
    is_ours : bool
        Whether it is a function of this library.
    """

    function: object
    response: str
    classes: np.ndarray | None
    options: dict
    takes_weight: bool
    is_ours: bool

    @property
    def name(self):
        """Name of the metric."""
        return function_name(self.function)

    def check(self, y, sensitive_features, weight):
        """Raise now what the library's metric would raise after all fits.

        Such as for a positive class that has to be named.
        """
        if not self.is_ours:
            return
        predicted = np.unique(y, return_inverse=True)[1]
        with without_warnings():
            self(y, sensitive_features, weight, predicted)

    def predict(self, model, X):
        """What is compared: scores, numbers, or positions in ``classes``."""
        predicted = getattr(model, self.response)(X)
        if self.classes is None or is_lazy(predicted):
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
        if self.classes is not None and not is_lazy(predicted):
            predicted = self.classes[predicted]
        value = float(self.function(y, predicted, **options))
        is_ratio = self.is_ours and self.name.endswith("ratio")
        gap = 1 - value if is_ratio else value
        if gap < 0:
            msg = (
                f"metric={self.name} is {value:.4g}, and max_gap bounds a gap of at "
                "least 0: return its absolute value."
            )
            raise ValueError(msg)
        return gap


def read_bounded_gap(estimator, defaults, model, y):
    """The gap that the parameters of a search name.

    Parameters
    ----------
    estimator : estimator
        With `metric`, `constraint` and `missing`.
    defaults : dict of str to str
        Metric by the name of the constraint.
    model : estimator
        One of its models, which has read the target.
    y : ndarray of shape (n_samples,)
        Target.

    Returns
    -------
    gap : BoundedGap

    Raises
    ------
    ValueError
        The metric is not known or has to be named, is a scorer, or cannot be used.
    """
    metric = _metric_of(estimator, defaults)
    _check_metric(metric)
    function = get_metric(metric)
    inner, known = unwrap(function), signature(function).parameters
    is_ours = inner.__module__.startswith("fairlearnkit.")
    response, classes, options = "predict", None, {}
    if is_classifier(estimator):
        classes = np.unique(y)
    if classes is not None and "y_score" in signature(inner).parameters:
        if len(classes) > 2:
            msg = (
                f"metric={function_name(function)} compares one score of each row, and "
                f"{len(classes)} classes have a score each: use a gap of decisions, "
                "such as 'demographic_parity_difference'."
            )
            raise ValueError(msg)
        response, classes = "decision_function", None
    if is_ours:
        options = {
            "missing": estimator.missing,
            "pos_label": _pos_label(estimator, model),
        }
        if is_gap_of_rates(inner):
            options["labels"] = classes
    fixed = getattr(function, "keywords", {})
    options = {k: v for k, v in options.items() if k in known and k not in fixed}
    takes_weight = "sample_weight" in known
    return BoundedGap(function, response, classes, options, takes_weight, is_ours)


def _pos_label(estimator, model):
    """The positive class that was named, or that of the constraint."""
    named = getattr(estimator, "pos_label", None)
    return getattr(model, "pos_label_", None) if named is None else named


def _check_metric(metric):
    """Refuse scorers, and keywords that hold a value for each row."""
    if isinstance(metric, _BaseScorer):
        msg = (
            f"metric={metric!r} is a scorer: pass the metric itself, by its name or as "
            "a function (y_true, y_pred, *, sensitive_features)."
        )
        raise ValueError(msg)
    of_rows = [key for key in OF_ROWS if key in getattr(metric, "keywords", {})]
    if of_rows:
        msg = (
            f"The metric has {of_rows} fixed, one value for each row, but it is called "
            "with held-out rows in the order of the folds. Leave them out; weights of "
            "rows come from fit."
        )
        raise ValueError(msg)


def _metric_of(estimator, defaults):
    if estimator.metric is not None:
        return estimator.metric
    constraint = check_constraint(estimator.constraint)
    for name, metric in defaults.items():
        is_named = type(constraint) is type(check_constraint(name))
        if is_named and constraint.columns == "intersection":
            return metric
    msg = (
        f"With constraint={estimator.constraint!r}, metric has to name the gap that "
        f"max_gap bounds; metric=None does so for {list(defaults)} only. Pass the name "
        "of a gap of fairlearnkit.metrics, or a function (y_true, y_pred, *, "
        "sensitive_features) that returns a number of at least 0."
    )
    raise ValueError(msg)
