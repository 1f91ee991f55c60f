"""Confusion matrices with noise, in which no single row shows.

All that a private report says follows from these counts. Adding or removing a row, with
its group, its true and its predicted class, changes one cell by 1 or none at all, so
that noise with the probabilities exp(-epsilon abs(k)) in each cell bounds the ratio of
the probabilities of any report by exp(epsilon).

For this, groups and classes must not come from the rows, and nothing that a row holds
may raise an error or a warning: a row whose group or class is not declared is left out.
"""

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
from sklearn.utils import check_consistent_length

from fairlearnkit._counting.confusion import ConfusionCounts, count_cells
from fairlearnkit._counting.discrete_laplace import (
    LARGEST_EPSILON,
    SMALLEST_EPSILON,
    draw_discrete_laplace,
    rational_epsilon,
)
from fairlearnkit._counting.noisy_rates import noisy_cells
from fairlearnkit._counting.rates import check_truth
from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import Column, any_lazy, named_columns
from fairlearnkit._data.declared import declared_columns, match_declared
from fairlearnkit._data.groups import (
    MISSING_POLICIES,
    checked_columns,
    label_array,
)
from fairlearnkit._data.label_tables import lazy_first
from fairlearnkit._data.messages import check_option
from fairlearnkit._data.partitions import Partitions, compute, merged, without_rows


@dataclass(frozen=True, eq=False)
class NoisyCounts(ConfusionCounts):
    """Confusion matrices of the groups, each cell with noise of its own.

    Its `counts` and `weights` are one array of integers, which may be negative; it
    holds no codes of rows.

    Parameters
    ----------
    epsilon : float, default=1.0
        Parameter of the noise.
    has_truth : bool, default=True
        Whether there are true classes. Without them only the diagonal holds counts.
    """

    epsilon: float = 1.0
    has_truth: bool = True

    def take(self, kept):
        """The confusion matrices of some of the groups."""
        counts = self.counts[:, kept]
        return replace(self, counts=counts, weights=counts, groups=self.groups[kept])


def count_declared(
    y_true, y_pred, sensitive_features, rates, *, groups, labels, missing, caller
):
    """Count the rows of the declared groups and classes, without noise.

    What is returned holds no trace of other rows.

    Parameters
    ----------
    y_true, y_pred, sensitive_features : array-like
        As in `read_confusion`.
    rates : sequence of str
        Rates that are to be computed, which may need `y_true`.
    groups, labels : sequence
        All groups, and all classes.
    missing : {"error", "group", "ignore"}
        "group" declares a group of missing values. Otherwise rows of missing values are
        left out; an error would reveal them.
    caller : Caller
        What was called, for messages.

    Returns
    -------
    counts : ConfusionCounts
    """
    check_option("missing", missing, MISSING_POLICIES)
    check_truth(y_true, rates)
    rows = {} if y_true is None else {"y_true": y_true}
    rows |= {"y_pred": y_pred, "sensitive_features": sensitive_features}
    is_lazy = any_lazy(*rows.values())
    if is_lazy:
        _check_given("y_pred", y_pred)
        n_columns = len(named_columns(without_rows(sensitive_features), caller))
    else:
        check_alignment(**rows)
        n_columns = len(_read_columns(rows, caller)[1])
    groups = declared_columns("groups", groups, n_columns, missing == "group")
    classes = declared_columns("labels", labels, 1, False)
    count = _count_partitions if is_lazy else _count_rows
    counts = count(rows, groups, classes, caller)
    return ConfusionCounts(
        weights=counts,
        counts=counts,
        groups=label_array(groups.labels),
        strata=np.array([None]),
        classes=classes.labels,
        codes=(),
        sample_weight=None,
        target="labels",
    )


def add_noise(exact, epsilon, has_truth):
    """Counts with independent noise in each cell that a row can be in.

    Parameters
    ----------
    exact : ConfusionCounts
        What `count_declared` returns.
    epsilon : float
        Bound on what a row can change.
    has_truth : bool
        Whether there are true classes.

    Returns
    -------
    noisy : NoisyCounts
    """
    holds_rows = noisy_cells(len(exact.classes), has_truth)
    counts = exact.counts.astype(np.int64)
    n_cells = len(exact.groups) * int(holds_rows.sum())
    draws = draw_discrete_laplace(rational_epsilon(epsilon), n_cells)
    counts[..., holds_rows] += draws.reshape(1, len(exact.groups), -1)
    return NoisyCounts(
        weights=counts,
        counts=counts,
        groups=exact.groups,
        strata=exact.strata,
        classes=exact.classes,
        codes=(),
        sample_weight=None,
        target=exact.target,
        epsilon=float(epsilon),
        has_truth=has_truth,
    )


def check_noise(epsilon, groups, sample_weight):
    """Raise an error for arguments that do not go with noise, or not without.

    Parameters
    ----------
    epsilon : float or None
        Bound on what a row can change; None for no noise.
    groups : sequence or None
        Declared groups.
    sample_weight : array-like or None
        Weights.

    Raises
    ------
    ValueError
        Groups without epsilon; an epsilon that is no number in the range of the noise;
        weights beside it.
    """
    if epsilon is None:
        if groups is not None:
            msg = (
                "groups declares the groups of a private report, and epsilon is None, "
                "so that the groups are those in sensitive_features. Leave out groups, "
                "or pass epsilon."
            )
            raise ValueError(msg)
        return
    is_number = isinstance(epsilon, Real) and not isinstance(epsilon, bool)
    if not is_number or not SMALLEST_EPSILON <= epsilon <= LARGEST_EPSILON:
        msg = (
            f"epsilon={epsilon!r} must be a number from {SMALLEST_EPSILON:g} to "
            f"{LARGEST_EPSILON:g}: the smaller, the more noise. Usual are 0.1 to 10; "
            "None adds no noise."
        )
        raise ValueError(msg)
    if sample_weight is not None:
        msg = (
            "sample_weight and epsilon exclude each other: the noise hides a row that "
            "counts as 1, not one of any weight. Leave out one of the two."
        )
        raise ValueError(msg)


def _count_partitions(rows, groups, classes, caller):
    """The same as `_count_rows` of Dask collections: counts of partitions add up."""
    data = Partitions(lazy_first(rows))
    tasks = data.each("private-counts", _count_rows, groups, classes, caller)
    (counts,) = compute([merged("private-counts", tasks, np.add)])
    return counts


def _count_rows(rows, groups, classes, caller):
    """Rows of each cell; those without a declared group or class count nowhere.

    Parameters
    ----------
    rows : dict of array-like
        "y_true", if it is known, "y_pred" and "sensitive_features".
    groups, classes : Declared
        What is declared.
    caller : Caller
        What was called, for messages.

    Returns
    -------
    counts : ndarray of shape (1, n_groups, n_classes, n_classes), int
    """
    targets, columns = _read_columns(rows, caller)
    group = match_declared(columns, groups)
    codes = [match_declared([target], classes) for target in targets]
    true, predicted = codes[0], codes[-1]
    is_known = np.minimum(true, predicted) >= 0
    stratum = np.zeros(len(group), dtype=np.intp)
    n_classes = len(classes.labels)
    shape = (1, len(groups.labels), n_classes, n_classes)
    places = stratum, np.where(is_known, group, -1), true, predicted
    return count_cells(places, shape, None)[0]


def _read_columns(rows, caller):
    """Columns of classes, and sensitive columns, of which only shapes are checked."""
    names = [name for name in ("y_true", "y_pred") if name in rows]
    targets = [_target(name, rows[name]) for name in names]
    check_consistent_length(*(target.values for target in targets))
    n_samples = len(targets[0].values)
    return targets, checked_columns(rows["sensitive_features"], n_samples, caller)


def _target(name, values):
    """A column of class labels, of which only the shape is checked."""
    _check_given(name, values)
    # As objects: a list of text with a NaN would become text, NaN included.
    array = values if hasattr(values, "dtype") else np.array(values, dtype=object)
    if getattr(array, "ndim", 1) != 1:
        msg = f"{name} must have one dimension, got shape {np.shape(array)}."
        raise ValueError(msg)
    return Column(name, None, array)


def _check_given(name, values):
    if values is None:
        msg = f"{name} is None: pass one label for each row."
        raise ValueError(msg)
