"""The arguments of fit of a decision rule, checked before any model is fitted."""

from dataclasses import dataclass

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.groups import Groups, read_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.matching import sensitive_names
from fairlearnkit._data.messages import format_labels
from fairlearnkit._data.rows import check_weight, read_weight, take_rows
from fairlearnkit._optim.decisions import Rates
from fairlearnkit.constraints import check_constraint
from fairlearnkit.utils._sklearn_private import _num_samples

from ._calibration import read_calibration_data
from ._compared import check_strata, partitions, read_compared, true_rates
from ._costs import cost_matrix


@dataclass(frozen=True, eq=False)
class Task:
    """The arguments of fit, checked, and what the constraint makes of them.

    Parameters
    ----------
    X, y, sensitive_features : array-like
        In containers that can be split by position; y may be None.
    weight : ndarray of shape (n_samples,) or None
        Weights, scaled so that their sum cannot overflow.
    missing : str
        The parameter of the estimator.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    cost : ndarray of shape (n_classes, n_classes)
        See ``cost_matrix``.
    compared : list of Compared
        The rates of each constrained class.
    all_groups : Groups
        Of the intersections.
    groups : list of Groups
        Of each column that is compared by itself, or of the intersections.
    contrasts : list of Contrasts
        By true labels and groups, of all rows, as `compared`.
    truth : Rates
        The same.
    names : list of str or None
        Of the sensitive columns.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights as given, for the inner estimators, whose penalty depends on their unit.
    proba : ndarray of shape (n_samples, n_classes), default=None
        Given out-of-fold probabilities.
    sizes : ndarray of shape (n_samples,), default=None
        Number of rows that each one stands for; None for one each.
    """

    X: object
    y: object
    sensitive_features: object
    weight: object
    missing: str
    classes: np.ndarray
    cost: np.ndarray
    compared: list
    all_groups: object
    groups: list
    contrasts: list
    truth: Rates
    names: list | None
    sample_weight: object = None
    proba: object = None
    sizes: object = None

    def truth_of(self, rows):
        """Rates of calibration rows by true labels and groups.

        Those of all rows, where each row of positive weight is a calibration row once.
        Otherwise they are computed anew: a cv may leave rows out, or repeat them.

        Parameters
        ----------
        rows : ndarray of int, or slice(None)
            Positions of the calibration rows.

        Raises
        ------
        ValueError
            If no calibration row is of some group.
        """
        if isinstance(rows, slice):
            return self.truth
        n_samples = len(self.groups[0].codes)
        weight = np.ones(n_samples) if self.weight is None else self.weight
        if np.array_equal(np.sort(rows), np.flatnonzero(weight > 0)):
            parts = [(k, means[:, rows]) for k, means in self.truth.parts]
            return Rates(tuple(parts), self.truth.strata)
        for groups in self.groups:
            absent = np.setdiff1d(np.arange(len(groups.labels)), groups.codes[rows])
            if len(absent):
                label = groups.labels.tolist()[absent[0]]
                msg = (
                    f"No test fold holds a row of the group {label!r}: choose a cv "
                    "whose test folds hold all groups."
                )
                raise ValueError(msg)
        data = self.y, self.sensitive_features, self.weight
        taken = [None if v is None else take_rows(v, rows) for v in data]
        return true_rates(self.compared, *taken, self.missing)[0]

    def cell_counts(self):
        """Rows of each cell of the first rates, of shape (n_cells,)."""
        means = self.truth.parts[0][1].tocsr()
        if self.sizes is None:
            return np.diff(means.indptr)
        return ((means != 0) @ self.sizes).astype(np.intp)

    @property
    def class_codes(self):
        """Position of the class of each row; None without y."""
        return None if self.y is None else np.searchsorted(self.classes, self.y)


def read_task(estimator, X, y, sensitive_features, sample_weight, proba=None):
    """Check the arguments of fit; raises and warns before any model is fitted."""
    check_alignment(X=X, proba=proba)
    names = sensitive_names(sensitive_features)
    X, y, sensitive_features = read_calibration_data(
        estimator, X, y, sensitive_features, sample_weight
    )
    n_samples, missing = _num_samples(X), estimator.missing
    weight = read_weight(sample_weight, n_samples)
    groups = read_groups(sensitive_features, n_samples=n_samples, missing=missing)
    check_categories(groups)
    y, classes = read_classes(estimator.estimator, y)
    sample_weight = check_weight(sample_weight, n_samples)
    return build_task(
        estimator,
        X,
        y,
        sensitive_features,
        weight,
        classes=classes,
        all_groups=groups,
        names=names,
        sample_weight=sample_weight,
        proba=None if proba is None else read_proba(proba, classes, n_samples),
    )


def build_task(estimator, X, y, sensitive_features, weight, **known):
    """What the constraint makes of checked arguments.

    Parameters
    ----------
    estimator : ParityThresholdClassifier
    X, y, sensitive_features, weight
        As in `Task`.
    **known : dict
        Other attributes of the task: `classes` and `all_groups`, at least.
    """
    constraint, missing = check_constraint(estimator.constraint), estimator.missing
    classes = known["classes"]
    compared = read_compared(constraint, classes, estimator.pos_label)
    if y is not None:
        check_strata(compared, y, classes)
    truth, contrasts = true_rates(compared, y, sensitive_features, weight, missing)
    own = sensitive_features if isinstance(sensitive_features, Groups) else None
    return Task(
        X=X,
        y=y,
        sensitive_features=sensitive_features,
        weight=weight,
        missing=missing,
        cost=cost_matrix(estimator.cost, classes),
        compared=compared,
        groups=partitions(constraint, own or known["all_groups"]),
        contrasts=contrasts,
        truth=truth,
        **known,
    )


def read_proba(proba, classes, n_samples=None):
    """Given probabilities as float64 of shape (n_samples, n_classes), checked.

    Parameters
    ----------
    proba : array-like of shape (n_samples,) or (n_samples, n_classes)
        Of the last of two classes, or of all classes.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    n_samples : int, default=None
        Number of rows of X; None accepts any.

    Raises
    ------
    ValueError
        If it has another shape, or holds anything else than numbers between 0 and 1.
    """
    proba = np.asarray(proba, dtype=np.float64)
    if not ((proba >= 0) & (proba <= 1)).all():
        msg = (
            f"proba holds values from {proba.min():.3g} to {proba.max():.3g}; "
            "probabilities are numbers between 0 and 1."
        )
        raise ValueError(msg)
    if proba.ndim == 2 and proba.shape[1] == 1:
        proba = proba[:, 0]
    if proba.ndim == 1 and len(classes) == 2:
        proba = np.column_stack([1.0 - proba, proba])
    if proba.ndim != 2 or proba.shape[1] != len(classes):
        msg = (
            f"proba has the shape {proba.shape}; pass one column for each of "
            f"{len(classes)} classes, in the order {format_labels(classes)}, or, for "
            "two classes, the probability of the second one."
        )
        raise ValueError(msg)
    if n_samples is not None and len(proba) != n_samples:
        msg = f"proba has {len(proba)} rows but X has {n_samples}."
        raise ValueError(msg)
    return proba


def read_classes(estimator, y):
    """Class labels, or None if they are not given, and the sorted classes."""
    frozen = isinstance(estimator, FrozenEstimator)
    known = np.asarray(estimator.classes_) if frozen else None
    if y is None:
        if not frozen:
            msg = "y is required unless the estimator is a FrozenEstimator."
            raise ValueError(msg)
        return None, known
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    classes = np.unique(y)
    if frozen and not np.isin(classes, known).all():
        msg = (
            f"y has the classes {format_labels(classes)}, and the frozen estimator "
            f"knows {format_labels(known)}."
        )
        raise ValueError(msg)
    classes = known if frozen else classes
    if len(classes) < 2:
        msg = f"y has a single class, {format_labels(classes)}; two are needed."
        raise ValueError(msg)
    return y, classes
