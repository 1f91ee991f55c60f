"""Classes of a target, and which of them is the positive one."""

import numpy as np

from fairlearnkit._data.groups import encode
from fairlearnkit._data.messages import shown

# Labels of two classes that say by themselves which is positive: 1 is.
TELLING = ({0, 1}, {-1, 1})
# More different numbers than this are a target of a regression, and no classes: a table
# of the confusions of twice as many takes four times the memory.
MOST_NUMBERS = 1000


def positive_class(classes, pos_label=None, *, name="y_true", cure="give pos_label"):
    """The class that is named, or 1 where labels say so by themselves.

    Parameters
    ----------
    classes : list
        Distinct labels, of one kind.
    pos_label : scalar, default=None
        The class that the caller named.
    name : str, default="y_true"
        What the labels are called in messages.
    cure : str, default="give pos_label"
        What the caller can do, in messages.

    Returns
    -------
    label : scalar
        As it is in `classes`; beside a single class, it may be one that does not
        occur, such as 1 beside 0.

    Raises
    ------
    ValueError
        None is named and labels do not tell it, or it is no class.
    """
    if pos_label is None and len(classes) > 2:
        msg = f"There are {len(classes)} classes, {shown(classes)}: {cure}."
        raise ValueError(msg)
    if pos_label is None:
        if not told_by_labels(classes):
            listed = ", ".join(map(repr, classes))
            msg = (
                f"{name} takes value in {{{listed}}} and pos_label is not specified: "
                f"{cure}, or make {name} take value in {{0, 1}} or {{-1, 1}}."
            )
            raise ValueError(msg)
        pos_label = 1
    if pos_label in classes:
        return classes[classes.index(pos_label)]
    if len(classes) == 1 and isinstance(pos_label, str) == isinstance(classes[0], str):
        return pos_label
    msg = f"pos_label={pos_label!r} is not a class; known: {shown(classes)}."
    raise ValueError(msg)


def told_by_labels(classes):
    """Whether labels say by themselves which class is positive.

    Parameters
    ----------
    classes : list
        Distinct labels.

    Returns
    -------
    told : bool
    """
    return any(set(classes) <= telling for telling in TELLING)


def told_as_numbers(labels):
    """Why distinct labels are numbers rather than classes, or None.

    Parameters
    ----------
    labels : ndarray of shape (n_labels,)
        Distinct labels.

    Returns
    -------
    told : str or None
        For messages.
    """
    if labels.dtype.kind not in "iuf":
        return None
    broken = labels % 1 != 0
    if broken.any():
        return f"numbers such as {labels[broken.argmax()]!s}"
    if len(labels) > MOST_NUMBERS:
        return f"{len(labels)} different numbers"
    return None


def encoded_classes(y, name):
    """Sorted classes of y, as a list, and the position of each row's.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Class labels of any kind.
    name : str
        The constraint, in messages.

    Returns
    -------
    classes : list
    codes : ndarray of shape (n_samples,), intp
        Not to be written to.
    """
    column = y if y is None or hasattr(y, "dtype") else np.array(y, dtype=object)
    shape = () if y is None else np.shape(column)
    found = encode("y", column) if len(shape) == 1 else None
    got = "none" if y is None else f"shape {shape}"
    if found is not None:
        n_missing = len(found.codes) - int(found.counts.sum())
        if n_missing:
            msg = (
                f"{name} needs the class of every row; the target is missing (None, "
                f"NaN or NA) in {n_missing} rows: remove them."
            )
            raise ValueError(msg)
        got = told_as_numbers(found.labels)
    if got is not None:
        msg = (
            f"{name} compares groups among rows of the same class and needs class "
            f"labels y; got {got}. Use 'demographic_parity' or 'decorrelation'"
            + (", or, of numbers, 'general_parity'." if found is not None else ".")
        )
        raise ValueError(msg)
    return found.labels.tolist(), found.codes
