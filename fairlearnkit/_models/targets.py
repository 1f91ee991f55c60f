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
from fairlearnkit.constraints import check_constraint


def class_codes(estimator, y):
    """Set ``classes_``, and return the position of each row's class in it.

    Parameters
    ----------
    estimator : estimator
        Gets the attribute; named in messages.
    y : ndarray of shape (n_samples,)
        Class labels.

    Returns
    -------
    codes : ndarray of shape (n_samples,), intp

    Raises
    ------
    ValueError
        A single class, or a numeric target rather than classes.
    """
    check_classification_targets(y)
    estimator.classes_, codes = np.unique(y, return_inverse=True)
    numbers = describe_numeric_target(estimator.classes_)
    if numbers is not None:
        msg = (
            f"y holds {numbers}; {type(estimator).__name__} fits one model for each "
            "class. For a numeric target use a regressor, such as ParityRidge; for "
            "that many classes, convert them to text with y.astype(str)."
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
    """Factor of each row from ``class_weight``.

    "balanced" gives every class the same total weight; rows count by their sample
    weights.

    Parameters
    ----------
    estimator : estimator
        With ``class_weight`` and ``classes_``.
    y : ndarray of shape (n_samples,)
        Class labels.
    codes : ndarray of shape (n_samples,), intp
        Their positions in ``classes_``.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.

    Returns
    -------
    factors : ndarray of shape (n_samples,)
    """
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
    """The constraint and its positive class; None for three classes and more."""
    classes, named = estimator.classes_, estimator.pos_label
    if len(classes) == 2:
        if named is not None:  # an error if it is no class, even where it is not used
            positive_class(classes.tolist(), named)
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
    """Targets in {-1, 1} and contrasts of each model that is fitted.

    Parameters
    ----------
    estimator : estimator
        Gets the attribute ``pos_label_``.
    y : ndarray of shape (n_samples,)
        Class labels.
    codes : ndarray of shape (n_samples,), intp
        Their positions in ``classes_``.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Groups.
    weight : ndarray of shape (n_samples,)
        Weights in the constraint.

    Returns
    -------
    columns : list of ndarray of shape (n_samples,)
        One for two classes; one for each of more, one-vs-rest.
    contrasts : list of Contrasts
        The constraint of each column.
    """
    two = len(estimator.classes_) == 2
    constraint, estimator.pos_label_ = _constraint_of_classes(estimator)
    columns, contrasts = [], []
    for positive in [1] if two else range(len(estimator.classes_)):
        inside = codes == positive
        columns.append(np.where(inside, 1.0, -1.0))
        data = len(y), y if two else inside, sensitive_features, weight
        label = None if two else estimator.classes_.tolist()[positive]
        with _named_class(label):
            contrasts.append(read_contrasts(estimator, *data, constraint))
    return columns, contrasts


@contextmanager
def _named_class(label):
    """Add the class to messages of one-vs-rest, where y is only True and False."""
    try:
        yield
    except ValueError as error:
        about = any(f"y = {value}" in str(error) for value in (True, False))
        if label is None or not about:
            raise
        msg = f"One-vs-rest, where y = True is the class {label!r}: {error}"
        raise ValueError(msg) from error
