"""The arguments of fit of a decision rule, checked before any model is fitted."""

from dataclasses import dataclass

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from fairlearnkit._data.groups import read_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.messages import format_labels
from fairlearnkit._data.rows import read_weight, take_rows
from fairlearnkit._optim.decisions import Rates
from fairlearnkit.constraints import check_constraint
from fairlearnkit.utils._sklearn_private import _check_sample_weight, _num_samples

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
    sample_weight, weight : ndarray of shape (n_samples,) or None
        As given, for the inner estimators, whose penalty depends on their unit; and
        scaled so that their sum cannot overflow.
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
    """

    X: object
    y: object
    sensitive_features: object
    sample_weight: object
    weight: object
    missing: str
    classes: np.ndarray
    cost: np.ndarray
    compared: list
    all_groups: object
    groups: list
    contrasts: list
    truth: Rates

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
        n_samples = _num_samples(self.X)
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

    @property
    def class_codes(self):
        """Position of the class of each row; None without y."""
        return None if self.y is None else np.searchsorted(self.classes, self.y)


def read_task(estimator, X, y, sensitive_features, sample_weight):
    """Check the arguments of fit; raises and warns before any model is fitted."""
    X, y, sensitive_features = read_calibration_data(
        estimator, X, y, sensitive_features, sample_weight
    )
    n_samples, missing = _num_samples(X), estimator.missing
    weight = read_weight(sample_weight, n_samples)
    groups = read_groups(sensitive_features, n_samples=n_samples, missing=missing)
    check_categories(groups)
    y, classes = read_classes(estimator.estimator, y)
    constraint = check_constraint(estimator.constraint)
    compared = read_compared(constraint, classes, estimator.pos_label)
    if y is not None:
        check_strata(compared, y, classes)
    truth, contrasts = true_rates(compared, y, sensitive_features, weight, missing)
    if sample_weight is not None:
        sample_weight = _check_sample_weight(sample_weight, np.empty(n_samples))
    return Task(
        X=X,
        y=y,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        weight=weight,
        missing=missing,
        classes=classes,
        cost=cost_matrix(estimator.cost, classes),
        compared=compared,
        all_groups=groups,
        groups=partitions(constraint, groups),
        contrasts=contrasts,
        truth=truth,
    )


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
