"""Counts of (stratum, group, true class, predicted class): all that rates need."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_consistent_length

from fairlearnkit._counting.gaps import CLASS_FREE, RATES, check_truth
from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.classes import describe_numeric_target, positive_class
from fairlearnkit._data.codes import unique_codes
from fairlearnkit._data.groups import encode_labels, find_groups, read_strata
from fairlearnkit._data.messages import CLASS_METRIC, format_labels
from fairlearnkit.utils._sklearn_private import _check_sample_weight

# Rows that are counted at a time, if there are not more cells.
BLOCK = 2**15
THRESHOLD = (
    "threshold them, or use a metric of scores such as score_gap or ks_gap of "
    "fairlearnkit.metrics"
)


@dataclass(frozen=True, eq=False)
class Cells:
    """Weights and row counts of each cell.

    ``weight`` and ``rows`` have the shape (n_strata, n_groups, n_classes, n_classes):
    the last two are the true and the predicted class. Without control features there
    is one stratum. ``codes`` are the positions of the rows along these axes, -1 for a
    row without a group or stratum, and ``sample_weight`` their weights or None.
    """

    weight: np.ndarray
    rows: np.ndarray
    groups: np.ndarray
    classes: list
    strata: np.ndarray
    codes: tuple
    sample_weight: np.ndarray | None


def count_cells(
    y_true,
    y_pred,
    sensitive_features,
    sample_weight=None,
    missing="error",
    *,
    labels=None,
    control_features=None,
    pos_label=None,
    caller=CLASS_METRIC,
):
    """Count every combination of group, true class and predicted class once.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Class labels of any kind; None, where no rate looks at them, counts y_pred
        beside itself.
    y_pred : array-like of shape (n_samples,)
        Class labels of any kind.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        See ``read_groups``.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights; a row of weight zero counts as absent.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features.
    labels : array-like, default=None
        Classes that there are, whether or not they occur.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Strata within which groups are compared.
    pos_label : scalar, default=None
        A class that there is, beside a single one that occurs.
    caller : Caller, default=CLASS_METRIC
        What was called, for messages.

    Returns
    -------
    cells : Cells
    """
    check_alignment(
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        control_features=control_features,
    )
    true, pred = _read_classes(y_true, y_pred)
    if labels is None:
        known = None if y_true is None else true.labels
        _check_predicted(known, pred.labels, pos_label, caller)
    n_samples = len(true.codes)
    groups = find_groups(
        sensitive_features, caller, n_samples=n_samples, missing=missing
    )
    classes, *codes = _joined(true, pred, labels, pos_label)
    stratum, strata, known = _strata(control_features, groups, caller, missing)
    parts = [*([] if control_features is None else [stratum]), groups.codes, *codes]
    shape = (len(strata), len(groups.labels), len(classes), len(classes))
    weight = None
    if sample_weight is not None:
        weight = _check_sample_weight(
            sample_weight, true.codes, dtype=np.float64, ensure_non_negative=True
        )
    rows, total = _count(parts, shape, weight, known)
    codes = (stratum, groups.codes, *codes)
    labels = (groups.labels, classes, strata)
    return Cells(total, rows, *labels, codes, weight)


def _strata(control_features, groups, caller, missing):
    """Codes and labels of strata, and the rows that have one and a group, or None.

    None stands for all rows.
    """
    n_samples = len(groups.codes)
    if control_features is None:
        known = None if groups.counts.sum() == n_samples else groups.codes >= 0
        return np.broadcast_to(np.intp(0), n_samples), np.array([None]), known
    strata = read_strata(control_features, caller, n_samples=n_samples, missing=missing)
    known = (groups.codes >= 0) & (strata.codes >= 0)
    if not known.any():
        msg = "No row has both a sensitive and a control feature; others are left out."
        raise ValueError(msg)
    present, codes, _ = unique_codes(strata.codes[known])
    places = np.full(len(known), -1, dtype=np.intp)
    places[known] = codes
    return places, strata.labels[present], known


def _count(parts, shape, weight, known):
    """Rows and weights of each cell, by blocks of rows that stay in cache."""
    size = int(np.prod(shape))
    rows = np.zeros(size, dtype=np.intp)
    total = rows if weight is None else np.zeros(size)
    step = max(BLOCK, size)
    for start in range(0, len(parts[0]), step):
        block = slice(start, start + step)
        cell = parts[0][block]
        for codes, extent in zip(parts[1:], shape[-len(parts) + 1 :]):
            cell = cell * extent + codes[block]
        if known is not None:
            cell = cell[known[block]]
        if weight is None:
            rows += np.bincount(cell, minlength=size)
            continue
        w = weight[block] if known is None else weight[block][known[block]]
        rows += np.bincount(cell[w > 0], minlength=size)
        total += np.bincount(cell, weights=w, minlength=size)
    return rows.reshape(shape), total.reshape(shape)


def _placed(places, codes):
    """Codes among all classes."""
    same = np.array_equal(places, np.arange(len(places)))
    return codes if same else places[codes]


def _read_classes(y_true, y_pred):
    """Both, encoded, once they are labels of one kind and length.

    Without y_true, cells are those of the predictions beside themselves.
    """
    given = {"y_true": y_true, "y_pred": y_pred}
    if y_true is None:
        del given["y_true"]
    found = read_labels(**given)
    pred = found["y_pred"]
    true = found.get("y_true", pred)
    if (true.labels.dtype.kind in "OU") != (pred.labels.dtype.kind in "OU"):
        msg = (
            "y_true and y_pred mix labels of two types, "
            f"{format_labels(true.labels)} and {format_labels(pred.labels)}; give both "
            "in the same labels."
        )
        raise ValueError(msg)
    return true, pred


def read_labels(**given):
    """Columns of class labels, encoded, by the names of the arguments.

    Parameters
    ----------
    **given : array-like of shape (n_samples,)
        Class labels of any kind.

    Returns
    -------
    found : dict of Groups
        Their labels and codes.
    """
    for name, y in given.items():
        if y is None:
            msg = f"{name} is None: pass one label for each row."
            raise ValueError(msg)
        if getattr(y, "ndim", 1) != 1:
            msg = f"{name} must have one dimension, got shape {np.shape(y)}."
            raise ValueError(msg)
    check_consistent_length(*given.values())
    found = {
        name: encode_labels(
            name, y if hasattr(y, "dtype") else np.array(y, dtype=object)
        )
        for name, y in given.items()
    }
    if any(one.counts.sum() < len(one.codes) for one in found.values()):
        msg = f"{' and '.join(given)} must not hold missing values (None, NaN or NA)."
        raise ValueError(msg)
    for name, one in found.items():
        told = describe_numeric_target(one.labels)
        if told is not None:
            msg = f"{name} holds {told} instead of class labels: {THRESHOLD}."
            raise ValueError(msg)
    return found


def _check_predicted(true, pred, pos_label, caller):
    """Refuse scores where classes are expected, as far as labels tell them apart.

    Predictions of other labels than the two that y_true holds; and, where it holds
    none, or only one of {-1, 0, 1}, more than two numbers of which none is named.
    """
    known = [] if true is None else true.tolist()
    others = [label for label in pred.tolist() if label not in known]
    two = len(known) == 2 and others
    few = not known or (len(known) == 1 and known[0] in (-1, 0, 1))
    many = len(pred) > 2 and pred.dtype.kind in "iuf" and pos_label is None
    if not (two or (few and many)):
        return
    held = {0: "", 1: "one class", 2: "two classes"}[len(known)]
    held = (
        f"y_true holds {held}, {format_labels(known)}, and y_pred others,"
        if known
        else ""
    )
    more = f"; if they are classes, name all of them by {caller.labels_hint}"
    msg = (
        f"{held or 'y_pred holds'} {format_labels(others)}. If these are scores, "
        f"{THRESHOLD}{more if caller.labels_hint else ''}."
    )
    raise ValueError(msg)


def _joined(true, pred, labels, pos_label):
    """All classes in order, and the codes of both columns among them."""
    given = [] if labels is None else [np.asarray(labels)]
    texts = {part.dtype.kind in "OU" for part in (true.labels, *given)}
    given += _beside(true.labels, pred.labels, *given, pos_label=pos_label)
    both = np.concatenate([true.labels, pred.labels, *given])
    try:
        classes, place = np.unique(both, return_inverse=True)
    except TypeError:
        texts.add(None)
    if len(texts) > 1:
        msg = (
            f"Labels mix text and numbers: {format_labels(both)}. Give all of y_true, "
            "y_pred and labels in one kind."
        )
        raise ValueError(msg)
    ends = np.cumsum([len(true.labels), len(pred.labels)])
    places = np.split(place, ends)
    codes = [_placed(*pair) for pair in zip(places, (true.codes, pred.codes))]
    return classes.tolist(), *codes


def _beside(*parts, pos_label):
    """The positive class, where another one is the only one that occurs."""
    present = {label for part in parts for label in part.tolist()}
    if len(present) != 1:
        return []
    (only,) = present
    if pos_label is None and only in (0, -1):
        pos_label = type(only)(1)
    if pos_label is None or isinstance(pos_label, str) != isinstance(only, str):
        return []
    return [np.array([pos_label])]


def read_cells(
    y_true,
    y_pred,
    sensitive_features,
    sample_weight=None,
    pos_label=None,
    labels=None,
    control_features=None,
    missing="error",
    asked=tuple(RATES),
    *,
    single=False,
    caller=CLASS_METRIC,
):
    """Cells, and which classes are positive in turn, once they suit what is asked.

    Parameters
    ----------
    y_true, y_pred, sensitive_features, sample_weight, labels : array-like
        As in `count_cells`.
    pos_label : scalar or None
        The positive class. None takes 1 of {0, 1}, of {-1, 1} and of booleans, any of
        two classes for what is the same for both, and each of more than two in turn.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        As in `count_cells`.
    missing : {"error", "group", "ignore"}, default="error"
        As in `count_cells`.
    asked : Gap or tuple of str
        What is taken of the cells: a gap, or rates themselves.
    single : bool, default=False
        Whether only one class can be positive.
    caller : Caller, default=CLASS_METRIC
        What was called, for messages.

    Returns
    -------
    cells : Cells
    places : list of int
        One class, any of them, for what is the same for all.
    """
    rates = getattr(asked, "rates", asked)
    check_truth(y_true, rates)
    cells = count_cells(
        y_true,
        y_pred,
        sensitive_features,
        sample_weight,
        missing,
        labels=labels,
        control_features=control_features,
        pos_label=pos_label,
        caller=caller,
    )
    n_classes = len(cells.classes)
    if pos_label is None and set(rates) <= set(CLASS_FREE):
        return cells, [0]
    if pos_label is None and n_classes > 2 and not single:
        return cells, list(range(n_classes))
    if pos_label is None and n_classes <= 2 and getattr(asked, "two_sided", False):
        return cells, [n_classes - 1]
    name = "y_pred" if y_true is None else "y_true"
    cure = caller.pos_label_hint
    label = positive_class(cells.classes, pos_label, name=name, pos_label_hint=cure)
    return cells, [cells.classes.index(label)]
