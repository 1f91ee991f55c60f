"""Sample weights that make the target independent of the groups."""

import warnings

import numpy as np

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.classes import encode_classes
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.counts import SMALL_CELL, counts_table
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.messages import Caller, format_labels, required_message
from fairlearnkit._data.targets import check_weight_sum
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.utils._sklearn_private import _check_sample_weight

from ._dask_weights import LazyWeights

CALLER = Caller("y", "")


def parity_sample_weight(y, sensitive_features, *, sample_weight=None, missing="error"):
    r"""Sample weights that make the target independent of the groups.

    Let P be shares of the rows, or of their weight. The weight of row i is

    .. math:: w_i = \frac{P(S = s_i) \, P(Y = y_i)}{P(S = s_i, Y = y_i)}

    times its `sample_weight`. In the weighted data each class has the same share in all
    groups. The shares of the groups, those of the classes and the sum of the weights
    stay as they are. Groups are needed for training only.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Class labels; two or more classes.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels. Several columns give their intersections.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights that the rows have already. With None all rows weigh 1.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, treat
        them as a group of their own, or leave their weights unchanged and do not count
        them in the shares.

    Returns
    -------
    weight : ndarray or Dask collection of shape (n_samples,)
        For ``fit(X, y, sample_weight=weight)`` of any model that takes weights.

    Raises
    ------
    ValueError
        If lengths differ, or pandas indexes show other rows or another order; if y is
        missing in a row, or holds numbers that are not classes; if sensitive features
        are not given, are missing in a row, or hold a single group; if `sample_weight`
        is negative, or zero in all rows of a group.

    Warns
    -----
    SmallGroupWarning
        If a class has fewer than 10 rows of positive weight in a group. With none, no
        weights can make y independent of the groups: the share of the class stays zero
        in that group, and the other rows are weighted as the formula says.

    See Also
    --------
    ParityProjection : Remove differences of means from the features.
    fairlearnkit.linear_model.ParityLogisticRegression : A bound on the gap of scores.

    Notes
    -----
    y is exactly independent of the groups in the weighted training data, but nothing is
    guaranteed about the predictions of a model. The features can still distinguish the
    groups, so gaps usually shrink without vanishing. Measure them, and use an estimator
    with a bound where one is required. If the features determine the class, weights
    have little effect, whatever the gap. Errors are not equalized.

    Compute the weights from the training rows, and evaluate without them.

    Dask arrays and Series with the same partitions are read in one pass, and give a
    lazy collection of weights, with the partitions and the index of y.

    References
    ----------
    Kamiran, Calders: Data Preprocessing Techniques for Classification without
    Discrimination. Knowledge and Information Systems 2012, where it is called
    reweighing.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.preprocessing import parity_sample_weight
    >>> X, y, group = make_biased_classification(random_state=0)
    >>> weight = parity_sample_weight(y, group)
    >>> for g in ("a", "b"):
    ...     before = np.mean(y[group == g])
    ...     after = np.average(y[group == g], weights=weight[group == g])
    ...     print(f"{g}: {before:.3f} before, {after:.3f} weighted")
    a: 0.650 before, 0.478 weighted
    b: 0.306 before, 0.478 weighted
    """
    data = y, sensitive_features, sample_weight
    if any_lazy(*data):
        rows = _read_lazily(*data)
        classes, y_codes = _read_classes(rows.table.columns["y"], rows.table.sizes)
        groups = rows.table.groups(missing, CALLER)
        numbers = rows.table.used, rows.table.weights
        return rows.times(_factors(groups, y_codes, classes, *numbers))
    check_alignment(
        y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
    )
    classes, y_codes = _read_classes(y)
    n_samples = len(y_codes)
    groups = find_groups(
        sensitive_features, CALLER, n_samples=n_samples, missing=missing
    )
    given = _check_sample_weight(
        sample_weight, y_codes, dtype=np.float64, ensure_non_negative=True
    )
    return given * _factors(groups, y_codes, classes, given > 0, given)


def _read_lazily(y, sensitive_features, sample_weight):
    if y is None:
        _read_classes(y)  # raises an error
    if sensitive_features is None:
        raise ValueError(required_message(CALLER))
    return LazyWeights(y, sensitive_features, sample_weight)


def _read_classes(y, sizes=None):
    advice = "Cut a numeric target into classes."
    return encode_classes(y, "parity_sample_weight", advice, sizes)


def _factors(groups, class_codes, classes, used, weight):
    """What the weight of each entry is multiplied by.

    Parameters
    ----------
    groups : Groups
    class_codes : ndarray of shape (n_entries,), intp
    classes : list
    used : ndarray of shape (n_entries,)
        Number of rows of positive weight.
    weight : ndarray of shape (n_entries,)
        Sum of their weights.
    """
    check_categories(groups)
    check_weight_sum(weight)
    _check_cells(groups, class_codes, classes, used)
    shape = len(groups.labels), len(classes)
    scaled = np.ldexp(weight, -np.frexp(weight.max())[1])  # whose products are finite
    return independence_factors(groups.codes, class_codes, shape, scaled)


def independence_factors(group_codes, class_codes, shape, weight):
    """P(s) P(y) / P(s, y) for each row, by weighted shares.

    Parameters
    ----------
    group_codes, class_codes : ndarray of shape (n_samples,)
        Group s and class y of each row; group -1 for none.
    shape : tuple of int
        Number of groups, and of classes.
    weight : ndarray of shape (n_samples,)
        Nonnegative; positive in a row of each group.

    Returns
    -------
    factors : ndarray of shape (n_samples,)
        1 for rows of no group, and in cells without weight.
    """
    known = group_codes >= 0
    cells = np.ravel_multi_index((group_codes[known], class_codes[known]), shape)
    joint = np.bincount(cells, weight[known], minlength=np.prod(shape)).reshape(shape)
    shares = joint.sum(axis=1, keepdims=True) / joint.sum()
    expected = shares * joint.sum(axis=0)
    ratio = np.divide(expected, joint, out=np.ones(shape), where=joint > 0)
    factors = np.ones(len(group_codes))
    factors[known] = ratio.ravel()[cells]
    return factors


def _check_cells(groups, class_codes, classes, used):
    """Raise an error for groups without weight, warn of cells with few or no rows.

    A cell is a class in a group. Classes without weight in any group do not count.
    """
    known = groups.codes >= 0
    shape = len(groups.labels), len(classes)
    cells = np.ravel_multi_index((groups.codes[known], class_codes[known]), shape)
    counts = np.bincount(cells, used[known], minlength=np.prod(shape))
    counts = counts.astype(np.intp).reshape(shape)
    labels = groups.labels.tolist()
    if not counts.any(axis=1).all():
        table = counts_table(labels, counts.sum(axis=1))
        msg = f"sample_weight is zero in all rows of a group. Counts: {table}."
        raise ValueError(msg)
    small = (counts < SMALL_CELL) & counts.any(axis=0)
    if not small.any():
        return
    pairs = {
        (labels[s], classes[k]): counts[s, k] for s, k in np.argwhere(small).tolist()
    }
    msg = (
        f"Fewer than {SMALL_CELL} rows of a class in a group, by (group, class): "
        f"{counts_table([*pairs], [*pairs.values()])}. Their weights are poorly known."
    )
    empty = [pair for pair, count in pairs.items() if count == 0]
    if empty:
        msg += (
            f" Without any row, {format_labels(empty)}, no weights can make y "
            "independent of the groups: merge groups or classes."
        )
    warnings.warn(msg, SmallGroupWarning, stacklevel=4)
