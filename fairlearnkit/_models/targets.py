"""Class labels as columns of -1 and 1, one model each."""

from contextlib import contextmanager

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from fairlearnkit._data.classes import describe_numeric_target, positive_class
from fairlearnkit._models.constraint import (
    own_pos_label,
    read_contrasts,
    with_positive_class,
)
from fairlearnkit.constraints import (
    check_constraint,
)


def class_codes(estimator, y):
    """Set ``classes_``; the position of each row's class in it."""
    check_classification_targets(y)
    estimator.classes_, codes = np.unique(y, return_inverse=True)
    told = describe_numeric_target(estimator.classes_)
    if told is not None:
        msg = (
            f"y holds {told}, and {type(estimator).__name__} fits one model for each "
            "class. For a numeric target take a regressor, such as ParityRidge; for "
            "so many classes make them text, y.astype(str)."
        )
        raise ValueError(msg)
    if len(estimator.classes_) < 2:
        msg = (
            f"{type(estimator).__name__} needs samples of at least 2 classes, but the "
            f"data contains only one class: {estimator.classes_.tolist()[0]!r}."
        )
        raise ValueError(msg)
    return codes


def class_factors(estimator, y, codes, weight):
    """Factor of each row; "balanced" counts rows by their sample weights."""
    if isinstance(estimator.class_weight, str):
        totals = np.bincount(codes, weights=weight)
        factors = totals.sum() / (len(totals) * np.maximum(totals, 1e-300))
    else:
        factors = compute_class_weight(
            estimator.class_weight, classes=estimator.classes_, y=y
        )
    totals = np.bincount(codes, weights=weight * factors[codes])
    if not (np.isfinite(totals).all() and (totals > 0).all()):
        table = dict(zip(estimator.classes_.tolist(), totals.tolist()))
        msg = (
            "sample_weight and class_weight must leave every class a positive, "
            f"finite weight; got {table} by class."
        )
        raise ValueError(msg)
    return factors[codes]


def _constraint_of_classes(estimator):
    """The constraint and its positive class, of two classes; None of more."""
    classes, named = estimator.classes_, estimator.pos_label
    if len(classes) == 2:
        if named is not None:
            positive_class(classes.tolist(), named)  # a slip of the pen is told
        return with_positive_class(estimator.constraint, classes, named)
    constraint = check_constraint(estimator.constraint)
    own = own_pos_label(constraint)
    if named is not None or own is not None:
        msg = (
            f"{type(estimator).__name__} fits {len(classes)} classes one-vs-rest, each "
            "of them the positive class in turn; leave pos_label=None, got "
            f"pos_label={own if named is None else named!r}."
        )
        raise ValueError(msg)
    return constraint, None


def binary_columns(estimator, y, codes, sensitive_features, weight):
    """One column of {-1, 1} for two classes, one-vs-rest for more, and contrasts."""
    two = len(estimator.classes_) == 2
    constraint, estimator.pos_label_ = _constraint_of_classes(estimator)
    columns, contrasts = [], []
    for positive in [1] if two else range(len(estimator.classes_)):
        inside = codes == positive
        columns.append(np.where(inside, 1.0, -1.0))
        data = len(y), y if two else inside, sensitive_features, weight
        label = None if two else estimator.classes_.tolist()[positive]
        with _told_of_class(label):
            contrasts.append(read_contrasts(estimator, *data, constraint))
    return columns, contrasts


@contextmanager
def _told_of_class(label):
    """Messages of one-vs-rest about y, which is True and False, with the class."""
    try:
        yield
    except ValueError as error:
        about = any(f"y = {value}" in str(error) for value in (True, False))
        if label is None or not about:
            raise
        msg = f"One-vs-rest, where y = True is the class {label!r}: {error}"
        raise ValueError(msg) from error
