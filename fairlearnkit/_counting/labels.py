"""Columns of class labels: read, checked, and given one list of classes."""

import numpy as np
from sklearn.utils import check_consistent_length

from fairlearnkit._data.classes import describe_numeric_target
from fairlearnkit._data.containers import as_array
from fairlearnkit._data.groups import encode_labels
from fairlearnkit._data.messages import SCORES_HINT, format_labels


def read_labels(*, scores_hint=SCORES_HINT, **columns):
    """Class labels of any kind as integers.

    Parameters
    ----------
    scores_hint : str, default=SCORES_HINT
        What to do about numbers that are no classes, for messages.
    **columns : array-like of shape (n_samples,)
        Class labels, by the names of the arguments that hold them.

    Returns
    -------
    encoded : dict of Groups
        Distinct labels, and the position of each row's label among them.

    Raises
    ------
    ValueError
        None, more than one dimension, different lengths, missing values, or numbers
        that are no classes.
    """
    for name, column in columns.items():
        if column is None:
            msg = f"{name} is None: pass one label for each row."
            raise ValueError(msg)
        if getattr(column, "ndim", 1) != 1:
            msg = f"{name} must have one dimension, got shape {np.shape(column)}."
            raise ValueError(msg)
    check_consistent_length(*columns.values())
    encoded = {name: _encode(name, column) for name, column in columns.items()}
    if any(column.counts.sum() < len(column.codes) for column in encoded.values()):
        msg = f"{' and '.join(columns)} must not hold missing values (None, NaN or NA)."
        raise ValueError(msg)
    for name, column in encoded.items():
        numbers = describe_numeric_target(column.labels)
        if numbers is not None:
            msg = f"{name} holds {numbers} instead of class labels: {scores_hint}."
            raise ValueError(msg)
    return encoded


def _encode(name, column):
    return encode_labels(name, as_array(column))


def read_classes(y_true, y_pred, labels, pos_label, caller):
    """True and predicted labels as positions in one list of classes.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        True labels. Without them, the predictions take their place.
    y_pred : array-like of shape (n_samples,)
        Predicted labels, of the same kind.
    labels : array-like or None
        Classes that exist, whether or not they occur.
    pos_label : scalar or None
        The positive class, if it is named.
    caller : Caller
        What was called, for messages.

    Returns
    -------
    classes : list
        Distinct labels in ascending order, and the positive class if only the other one
        of two occurs.
    true_codes, predicted_codes : ndarray of shape (n_samples,)
        Positions among the classes.
    """
    true, predicted = _read_true_and_predicted(y_true, y_pred, caller.scores_hint)
    if labels is None:
        known = None if y_true is None else true.labels
        _check_no_scores(known, predicted.labels, pos_label, caller)
    return _join_classes(true, predicted, labels, pos_label)


def _read_true_and_predicted(y_true, y_pred, hint):
    """Both columns of labels, of one length and one kind."""
    if y_true is None:  # each prediction counts as true
        predicted = read_labels(y_pred=y_pred, scores_hint=hint)["y_pred"]
        return predicted, predicted
    encoded = read_labels(y_true=y_true, y_pred=y_pred, scores_hint=hint)
    true, predicted = encoded.values()
    if _is_text(true.labels) != _is_text(predicted.labels):
        msg = (
            "y_true and y_pred mix labels of two types, "
            f"{format_labels(true.labels)} and {format_labels(predicted.labels)}; pass "
            "both with the same labels."
        )
        raise ValueError(msg)
    return true, predicted


def _is_text(labels):
    return labels.dtype.kind in "OU"


def _check_no_scores(true_labels, predicted_labels, pos_label, caller):
    """Raise an error if predictions look like scores rather than classes.

    They do if

    - y_true has exactly two classes, and y_pred has others;
    - y_true is not given, or holds only one of -1, 0 and 1, y_pred holds more than two
      numbers, and none of them is named as the positive class.

    Parameters
    ----------
    true_labels : ndarray or None
        Distinct true labels.
    predicted_labels : ndarray
        Distinct predicted labels.
    pos_label : scalar or None
        The positive class, if it is named.
    caller : Caller
        What was called, for messages.
    """
    known = [] if true_labels is None else true_labels.tolist()
    others = [label for label in predicted_labels.tolist() if label not in known]
    unlike_two = len(known) == 2 and others
    could_be_binary = not known or (len(known) == 1 and known[0] in (-1, 0, 1))
    numeric = predicted_labels.dtype.kind in "iuf"
    many_numbers = len(predicted_labels) > 2 and numeric and pos_label is None
    if not (unlike_two or (could_be_binary and many_numbers)):
        return
    held = "y_pred holds"
    if known:
        number = "one class" if len(known) == 1 else "two classes"
        held = f"y_true holds {number}, {format_labels(known)}, and y_pred others,"
    msg = f"{held} {format_labels(others)}. If these are scores, {caller.scores_hint}"
    if caller.labels_hint:
        msg += f"; if they are classes, name all of them by {caller.labels_hint}"
    msg += "."
    raise ValueError(msg)


def _join_classes(true, predicted, labels, pos_label):
    """One sorted list of classes for both columns; see `read_classes`."""
    parts = [true.labels, predicted.labels]
    if labels is not None:
        parts.append(np.asarray(labels))
    mixed = len({_is_text(part) for part in parts}) > 1
    parts += _absent_positive_class(parts, pos_label)
    joined = np.concatenate(parts)
    try:
        classes, positions = np.unique(joined, return_inverse=True)
    except TypeError:  # text and numbers in one column cannot be sorted
        mixed = True
    if mixed:
        msg = (
            f"Labels mix text and numbers: {format_labels(joined)}. Pass y_true, "
            "y_pred and labels in one kind."
        )
        raise ValueError(msg)
    ends = np.cumsum([len(true.labels), len(predicted.labels)])
    of_true, of_predicted, _ = np.split(positions, ends)
    codes = _recode(of_true, true.codes), _recode(of_predicted, predicted.codes)
    return classes.tolist(), *codes


def _absent_positive_class(parts, pos_label):
    """The positive class, in a list, if all labels are of the other one."""
    present = {label for part in parts for label in part.tolist()}
    if len(present) != 1:
        return []
    # One class of {0, 1} or {-1, 1} that never occurs: scikit-learn takes 1 as well.
    (only,) = present
    if pos_label is None and only in (0, -1):
        pos_label = type(only)(1)
    if pos_label is None or isinstance(pos_label, str) != isinstance(only, str):
        return []
    return [np.array([pos_label])]


def _recode(positions, codes):
    """Positions of the rows' labels among all classes; `codes` itself if they agree."""
    agree = np.array_equal(positions, np.arange(len(positions)))
    return codes if agree else positions[codes]
