"""Classes of a target, and which of them is the positive one."""

import numpy as np

from fairlearnkit._data.containers import as_array
from fairlearnkit._data.groups import encode_labels
from fairlearnkit._data.messages import format_labels

# Labels among which 1 is the positive class by convention, as in sklearn.metrics.
CONVENTIONAL_LABELS = ({0, 1}, {-1, 1})
# A numeric target of more distinct values is one of a regression. A table of true
# against predicted classes takes 8 MB a group for so many, and 32 MB for twice as many.
MAX_NUMERIC_CLASSES = 1000


def positive_class(
    classes, pos_label=None, *, name="y_true", pos_label_hint="give pos_label"
):
    """The positive class: `pos_label`, or 1 among conventional labels.

    Parameters
    ----------
    classes : list
        Distinct labels, of one type.
    pos_label : scalar, default=None
        The class that the user named.
    name : str, default="y_true"
        Name of the target, for messages.
    pos_label_hint : str, default="give pos_label"
        How to name the positive class, for messages.

    Returns
    -------
    label : scalar
        The item of `classes`. With a single class, it may be a label that does not
        occur, such as 1 where all rows are 0.

    Raises
    ------
    ValueError
        If `pos_label` is None and needed, or is not a class.
    """
    if pos_label is None and len(classes) > 2:
        listed = format_labels(classes)
        msg = f"There are {len(classes)} classes, {listed}: {pos_label_hint}."
        raise ValueError(msg)
    if pos_label is None and not has_conventional_labels(classes):
        listed = ", ".join(map(repr, classes))
        msg = (
            f"{name} takes value in {{{listed}}} and pos_label is not specified: "
            f"{pos_label_hint}, or make {name} take value in {{0, 1}} or {{-1, 1}}."
        )
        raise ValueError(msg)
    label = 1 if pos_label is None else pos_label
    if label in classes:
        return classes[classes.index(label)]
    if len(classes) == 1 and isinstance(label, str) == isinstance(classes[0], str):
        return label
    msg = f"pos_label={label!r} is not a class; known: {format_labels(classes)}."
    raise ValueError(msg)


def has_conventional_labels(classes):
    """Whether 1 is the positive class by convention: {0, 1}, {-1, 1} or booleans.

    Parameters
    ----------
    classes : list
        Distinct labels.

    Returns
    -------
    conventional : bool
    """
    return any(set(classes) <= labels for labels in CONVENTIONAL_LABELS)


def describe_numeric_target(labels):
    """Why distinct labels look like a numeric target, None if they may be classes.

    Parameters
    ----------
    labels : ndarray of shape (n_labels,)
        Distinct labels.

    Returns
    -------
    description : str or None
        For messages, as in "got numbers such as 0.5".
    """
    if labels.dtype.kind not in "iuf":
        return None
    fractional = (labels != np.round(labels)) | np.isinf(labels)
    if fractional.any():
        return f"numbers such as {labels[fractional.argmax()]!s}"
    if len(labels) > MAX_NUMERIC_CLASSES:
        return f"{len(labels)} different numbers"
    return None


def encode_classes(y, name, advice=None, sizes=None):
    """Sorted classes of y, and the code of each row.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Class labels of any type.
    name : str
        Name of the constraint that compares groups within classes, for messages.
    advice : str, default=None
        What to do about a target without class labels; None is that of a constraint.
    sizes : ndarray of shape (n_samples,), default=None
        How many rows each entry of y stands for, for messages; None is one.

    Returns
    -------
    classes : list
    codes : ndarray of shape (n_samples,), intp
        Positions in `classes`. Not to be written to.

    Raises
    ------
    ValueError
        If y is None, has missing values or not one dimension, or is numeric.
    """
    column = y if y is None else as_array(y)
    shape = () if y is None else np.shape(column)
    if len(shape) != 1:
        got = "none" if y is None else f"shape {shape}"
        raise ValueError(_no_classes(name, got, advice))
    encoded = encode_labels("y", column)
    n_missing = len(encoded.codes) - int(encoded.counts.sum())
    if n_missing:
        n_missing = n_missing if sizes is None else sizes[encoded.codes < 0].sum()
        msg = (
            f"{name} needs the class of every row; the target is missing (None, NaN or "
            f"NA) in {n_missing} rows: remove them."
        )
        raise ValueError(msg)
    numeric = describe_numeric_target(encoded.labels)
    if numeric is not None:
        more = ", or, for numbers, 'general_parity'"
        raise ValueError(_no_classes(name, numeric, advice, more))
    return encoded.labels.tolist(), encoded.codes


def _no_classes(name, got, advice, more=""):
    """Error message for a target that holds no class labels."""
    if advice is not None:
        return f"{name} needs class labels y; got {got}. {advice}"
    return (
        f"{name} compares groups among rows of the same class and needs class labels "
        f"y; got {got}. Use 'demographic_parity' or 'decorrelation'{more}."
    )
