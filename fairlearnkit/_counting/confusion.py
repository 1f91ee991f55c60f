"""Confusion matrices by stratum and group: all that rates need to know of the rows."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from fairlearnkit._counting.labels import read_classes, read_labels
from fairlearnkit._counting.rates import check_truth, need_no_positive_class
from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.classes import positive_class
from fairlearnkit._data.codes import unique_codes
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.exact_sums import ExactSums, add_parts, rounded
from fairlearnkit._data.groups import find_groups, read_strata
from fairlearnkit._data.label_tables import LabelTable, tabulate
from fairlearnkit._data.messages import CLASS_METRIC
from fairlearnkit._data.targets import check_weight_sum
from fairlearnkit.utils._sklearn_private import _check_sample_weight

# Rows that are counted at a time: 256 kB of positions, which stay in the level-2 cache.
ROWS_AT_A_TIME = 2**15
# Arguments with one entry for each row.
ROWS = ("y_true", "y_pred", "sensitive_features", "sample_weight", "control_features")


@dataclass(frozen=True, eq=False)
class ConfusionCounts:
    """Confusion matrices of the groups in each stratum.

    Parameters
    ----------
    weights : ndarray of shape (n_strata, n_groups, n_classes, n_classes)
        Sum of the sample weights in each cell. The last two axes are the true and the
        predicted class. Without control features there is one stratum.
    counts : ndarray of shape (n_strata, n_groups, n_classes, n_classes), int
        Rows of positive weight in each cell.
    groups, strata : ndarray
        Labels of the groups and of the strata.
    classes : list
        Class labels.
    codes : tuple of ndarray of shape (n_samples,)
        Positions of the rows along the four axes, -1 for a row without a stratum or a
        group.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    target : str
        Name of the argument that the classes come from, for messages.
    sizes : ndarray of shape (n_samples,), intp, default=None
        How many rows each entry of `codes` stands for; None for one each.
    """

    weights: np.ndarray
    counts: np.ndarray
    groups: np.ndarray
    strata: np.ndarray
    classes: list
    codes: tuple
    sample_weight: np.ndarray | None
    target: str = "y_true"
    sizes: np.ndarray | None = None

    @property
    def n_rows(self):
        """Number of all rows, also of those without a stratum or a group."""
        return len(self.codes[0]) if self.sizes is None else int(self.sizes.sum())


def read_confusion(
    y_true,
    y_pred,
    sensitive_features,
    rates=(),
    *,
    sample_weight=None,
    labels=None,
    control_features=None,
    missing="error",
    pos_label=None,
    caller=CLASS_METRIC,
):
    """Read labels and groups, and count their combinations.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or None
        Class labels of any kind. None, allowed if no rate needs them, counts each
        prediction as true.
    y_pred : array-like of shape (n_samples,)
        Class labels of any kind.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        See ``read_groups``.
    rates : sequence of str, default=()
        Rates that are to be computed, which may need `y_true`.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights; a row of weight zero counts as absent.
    labels : array-like, default=None
        Classes that exist, whether or not they occur.
    control_features : array-like of shape (n_samples[, n_columns]), default=None
        Strata within which groups are compared.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with missing sensitive or control features.
    pos_label : scalar, default=None
        A class that exists, even if another one is the only one that occurs.
    caller : Caller, default=CLASS_METRIC
        What was called, for messages.

    Returns
    -------
    confusion : ConfusionCounts
    """
    check_truth(y_true, rates)
    rows = y_true, y_pred, sensitive_features, sample_weight, control_features
    rows, table = read_rows(dict(zip(ROWS, rows)), caller)
    columns = [rows.get(name) for name in ("y_true", "y_pred")]
    classes, true, predicted = read_classes(*columns, labels, pos_label, caller)
    sizes = None if table is None else table.sizes
    groups = find_groups(
        rows.get("sensitive_features"),
        caller,
        n_samples=len(true),
        missing=missing,
        sizes=sizes,
    )
    control = rows.get("control_features")
    strata, stratum = _read_strata(control, groups, missing, caller)
    weight = _read_weight(rows.get("sample_weight"), true)
    codes = (stratum, groups.codes, true, predicted)
    shape = (len(strata), len(groups.labels), len(classes), len(classes))
    counts, weights = count_cells(codes, shape, weight if table is None else table)
    # Without y_true, the classes are those of y_pred, and messages say so.
    target = "y_pred" if y_true is None else "y_true"
    found = weights, counts, groups.labels, strata, classes, codes, weight
    return ConfusionCounts(*found, target, sizes)


def read_rows(arguments, caller=CLASS_METRIC):
    """Columns of labels in memory: as they are, or the table of Dask collections.

    Parameters
    ----------
    arguments : dict of str to array-like or None
        Those of a metric of classes, by their names.
    caller : Caller, default=CLASS_METRIC
        What was called, for messages.

    Returns
    -------
    rows : dict of str to array-like
        The columns.
    table : LabelTable or None
        What each of their rows stands for; None for one row each.

    Raises
    ------
    ValueError
        If rows are out of line, or labels are none.
    """
    if not any_lazy(*arguments.values()):
        check_alignment(**arguments)
        return arguments, None
    check = partial(_check_labels, caller.scores_hint)
    table = tabulate(arguments, check)
    return table.columns, table


def _read_weight(sample_weight, rows):
    if sample_weight is None:
        return None
    options = {"dtype": np.float64, "ensure_non_negative": True}
    weight = _check_sample_weight(sample_weight, rows, **options)
    check_weight_sum(weight)
    return weight


def _check_labels(scores_hint, y_true=None, y_pred=None, **others):
    """Raise the errors of `read_labels` for columns that are given."""
    columns = {"y_true": y_true, "y_pred": y_pred}
    given = {name: c for name, c in columns.items() if c is not None}
    read_labels(scores_hint=scores_hint, **given)


def _read_strata(control_features, groups, missing, caller):
    """Labels of the strata, and the stratum of each row, -1 if it has none or no group.

    Strata without any row of a group are left out.
    """
    n_samples = len(groups.codes)
    if control_features is None:
        # One stratum without a name; the broadcast zeros take no memory.
        return np.array([None]), np.broadcast_to(np.intp(0), n_samples)
    strata = read_strata(
        control_features,
        caller,
        n_samples=n_samples,
        missing=missing,
        sizes=groups.sizes,
    )
    known = (groups.codes >= 0) & (strata.codes >= 0)
    if not known.any():
        msg = "No row has both a sensitive and a control feature; others are left out."
        raise ValueError(msg)
    present, known_codes, _ = unique_codes(strata.codes[known])
    codes = np.full(n_samples, -1, dtype=np.intp)
    codes[known] = known_codes
    return strata.labels[present], codes


def count_cells(codes, shape, weight):
    """Rows and weights of each cell, in blocks of rows that stay in cache.

    Parameters
    ----------
    codes : tuple of ndarray of shape (n_samples,)
        Position of each row along the axes of `shape`.
    shape : tuple of int
        Shape of the table of cells, (n_strata, n_groups, n_classes, n_classes).
    weight : ndarray of shape (n_samples,), LabelTable or None
        Weights of the rows, or what each of them stands for.

    Returns
    -------
    counts, weights : ndarray of shape `shape`
        The same array if there are no weights. Weights are added without rounding, so
        that their order makes no difference.
    """
    if isinstance(weight, LabelTable):
        return _count_table(codes, shape, weight)
    size = int(np.prod(shape))
    counts = np.zeros(size, dtype=np.intp)
    if weight is not None:
        weights = ExactSums(weight.max(initial=0.0), len(weight), size)
    # Each bincount writes `size` numbers, which blocks of fewer rows do not pay for.
    step = max(ROWS_AT_A_TIME, size)
    for start in range(0, len(codes[0]), step):
        block = slice(start, start + step)
        cell, known = _flat_positions([part[block] for part in codes], shape)
        if weight is None:
            counts += np.bincount(cell, minlength=size)
            continue
        block_weight = weight[block][known]
        counts += np.bincount(cell[block_weight > 0], minlength=size)
        weights.add(cell, block_weight)
    counts = counts.reshape(shape)
    if weight is None:
        return counts, counts
    return counts, rounded(weights.parts()).reshape(shape)


def _count_table(codes, shape, table):
    """The same for rows that stand for several each."""
    size = int(np.prod(shape))
    cell, known = _flat_positions(codes, shape)
    counts = np.bincount(cell, table.used[known], minlength=size)
    counts = counts.astype(np.intp).reshape(shape)
    if table.parts is None:
        return counts, counts
    weights = rounded(add_parts(cell, table.parts[:, known], size))
    return counts, weights.reshape(shape)


def _flat_positions(codes, shape):
    """Positions in the flattened table of the rows that have a stratum and a group.

    Returns the positions, and these rows as a mask or, if all have both, a slice.
    """
    stratum, group, true, predicted = codes
    n_strata, n_groups, n_classes, _ = shape
    # As np.ravel_multi_index, without its passes over the rows to check the positions.
    cell = group if n_strata == 1 else stratum * n_groups + group
    cell = (cell * n_classes + true) * n_classes + predicted
    known = (stratum >= 0) & (group >= 0)
    if known.all():
        return cell, slice(None)
    return cell[known], known


def positive_classes(confusion, comparison, pos_label=None, caller=CLASS_METRIC):
    """Positions of the classes that a metric takes as positive, one after the other.

    Parameters
    ----------
    confusion : ConfusionCounts
        Confusion matrices.
    comparison : RateComparison
        What the metric compares.
    pos_label : scalar, default=None
        The positive class. None takes each of more than two classes; either of two if
        it makes no difference; else 1 of {0, 1}, of {-1, 1} and of booleans.
    caller : Caller, default=CLASS_METRIC
        What was called, for messages.

    Returns
    -------
    positives : list of int
    """
    n_classes = len(confusion.classes)
    if pos_label is None and not need_no_positive_class(comparison.rates):
        # The worst of all classes counts, or either of two will do.
        if n_classes > 2:
            return list(range(n_classes))
        if comparison.is_symmetric:
            return [n_classes - 1]
    return [one_positive_class(confusion, comparison.rates, pos_label, caller)]


def one_positive_class(confusion, rates, pos_label=None, caller=CLASS_METRIC):
    """Position of the positive class.

    Parameters
    ----------
    confusion : ConfusionCounts
        Confusion matrices.
    rates : sequence of str
        Names of the rates that are to be computed.
    pos_label : scalar, default=None
        The positive class. None takes 1 of {0, 1}, of {-1, 1} and of booleans, and any
        class if no rate depends on it.
    caller : Caller, default=CLASS_METRIC
        What was called, for messages.

    Returns
    -------
    positive : int
    """
    if pos_label is None and need_no_positive_class(rates):
        return 0
    classes = confusion.classes
    label = positive_class(
        classes, pos_label, name=confusion.target, pos_label_hint=caller.pos_label_hint
    )
    return classes.index(label)
