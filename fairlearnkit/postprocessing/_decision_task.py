"""What a decision rule is fitted to: the arguments of fit, and calibration rows."""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.frozen import FrozenEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from fairlearnkit._data.groups import read_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.messages import format_labels
from fairlearnkit._data.rows import read_weight, take_rows
from fairlearnkit._optim.decisions import DecisionProblem, Rates
from fairlearnkit._routing.call import call, warn_unweighted
from fairlearnkit.constraints import check_constraint
from fairlearnkit.utils._sklearn_private import (
    _check_sample_weight,
    _num_samples,
)

from ._calibration import fit_clone, out_of_fold, read_calibration_data, read_folds
from ._compared import blocks_of, check_strata, partitions, read_compared, true_rates
from ._costs import cost_matrix, costs_of
from ._memberships import block_memberships, infer_groups, part_cells
from ._rules import Part, named_positions
from ._ties import TIES_SEED, row_numbers


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
        """True rates of calibration rows."""
        if isinstance(rows, slice):
            return self.truth
        n_samples = _num_samples(self.X)
        used = np.ones(n_samples) if self.weight is None else self.weight
        if np.array_equal(np.sort(rows), np.flatnonzero(used > 0)):
            parts = [(k, means[:, rows]) for k, means in self.truth.parts]
            return Rates(tuple(parts), self.truth.strata)
        for groups in self.groups:
            lost = np.setdiff1d(np.arange(len(groups.labels)), groups.codes[rows])
            if len(lost):
                label = groups.labels.tolist()[lost[0]]
                msg = (
                    f"No test fold holds a row of the group {label!r}: choose a cv "
                    "whose test folds hold all groups."
                )
                raise ValueError(msg)
        data = self.y, self.sensitive_features, self.weight
        some = [None if values is None else take_rows(values, rows) for values in data]
        return true_rates(self.compared, *some, self.missing)[0]

    @property
    def class_codes(self):
        """Position of the class of each row."""
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


@dataclass(frozen=True, eq=False)
class Calibration:
    """Fitted models, and what models not fitted on the calibration rows say of them.

    Parameters
    ----------
    estimator : estimator
        Fitted on all rows.
    group_estimators : list of estimator or None
        Of each block, fitted on all of its rows.
    parts, blocks : list
        See ``blocks_of``.
    rows : ndarray of int of shape (n_rows,) or slice
        Positions of the calibration rows of positive weight; ``slice(None)`` for all
        rows in their order. A row occurs as often as it is in a test fold.
    proba : ndarray of shape (n_rows, n_classes)
        P(y | x).
    of_blocks : list of {ndarray, CSR} of shape (n_rows, n_groups)
        P(S | x, y in the classes of the block); sparse where groups are known.
    uniforms : ndarray of shape (n_rows,)
        A number between 0 and 1 for each row, computed from the row alone.
    """

    estimator: object
    group_estimators: object
    parts: list
    blocks: list
    rows: np.ndarray
    proba: np.ndarray
    of_blocks: list
    uniforms: np.ndarray

    def sorted_by_content(self, task):
        """The same rows, in an order that does not depend on that of the rows of X.

        Sums over rows are then the same to the last digit, and the rules as well.
        """
        keys = [*self.proba.T, *(groups.codes[self.rows] for groups in task.groups)]
        if task.y is not None:
            keys.append(task.class_codes[self.rows])
        if task.weight is not None:
            keys.append(task.weight[self.rows])
        order = np.lexsort([*keys, self.uniforms])
        return replace(
            self,
            rows=order if isinstance(self.rows, slice) else self.rows[order],
            proba=self.proba[order],
            of_blocks=[cells[order] for cells in self.of_blocks],
            uniforms=self.uniforms[order],
        )


def calibrate(estimator, task):
    """Fit the inner models of a ParityThresholdClassifier, in and out of fold."""
    inner, group_estimator = estimator.estimator, estimator.group_estimator
    n_jobs, frozen = estimator.n_jobs, isinstance(inner, FrozenEstimator)
    parts, blocks = blocks_of(task.compared, len(task.groups))
    rows = np.arange(_num_samples(task.X))
    learns_groups = not isinstance(group_estimator, FrozenEstimator | None)
    folds = [(rows, rows)]  # frozen models are asked about all rows
    whole = frozen and not learns_groups
    if not whole:
        folds = read_task_folds(estimator.cv, task, blocks if learns_groups else ())
        rows = np.concatenate([test for _, test in folds])
    effect = "Costs and rates are weighted."
    warn_unweighted(inner, task.sample_weight, remaining_effect=effect)
    data = task.X, task.y, task.sensitive_features, task.sample_weight

    def score(model, X, groups):
        return class_proba(model, X, groups, task.classes)

    proba = out_of_fold(inner, score, folds, *data, n_jobs=n_jobs)
    models = None
    if whole and task.weight is None:
        rows = slice(None)
    if group_estimator is None:
        codes = [groups.codes[rows] for groups in task.groups]
        labels = [groups.labels for groups in task.groups]
        of_blocks = block_memberships(blocks, codes, labels)
    else:
        models, of_blocks = infer_groups(
            group_estimator, blocks, task, folds, n_jobs=n_jobs
        )
    if task.weight is not None:
        used = task.weight[rows] > 0
        rows, proba = rows[used], proba[used]
        of_blocks = [cells[used] for cells in of_blocks]
    fitted = fit_clone(inner, *data)
    uniforms = row_numbers(task.X, TIES_SEED)[rows]
    return Calibration(fitted, models, parts, blocks, rows, proba, of_blocks, uniforms)


def read_task_folds(cv, task, blocks):
    """Folds, which are stratified by class and group if only their number is given.

    Raises
    ------
    ValueError
        If the training rows of a fold lack a group of one of the blocks, which are
        those whose groups are to be learnt.
    """
    labels = task.y
    if cv is None or isinstance(cv, Integral):
        labels = _class_and_group(task, 5 if cv is None else cv)
    folds = read_folds(cv, task.X, labels, classifier=True)
    for number, (train, _) in enumerate(folds):
        for q, members in blocks:
            groups = task.groups[q]
            inside = train if members.all() else train[members[task.class_codes[train]]]
            missing = np.setdiff1d(np.arange(len(groups.labels)), groups.codes[inside])
            if len(missing):
                label = groups.labels.tolist()[missing[0]]
                classes = format_labels(task.classes[members])
                msg = (
                    f"The training rows of fold {number} hold no row of the group "
                    f"{label!r} with a class among {classes}, so that group_estimator "
                    "cannot learn it. Merge small groups, or choose a cv whose "
                    "training rows hold all of them."
                )
                raise ValueError(msg)
    return folds


def _class_and_group(task, n_folds):
    """A label for each class and group; where too few rows have one, for each class.

    Rows in the order of their groups would otherwise leave whole groups out of folds.
    """
    n_groups = len(task.all_groups.labels)
    classes = (
        np.zeros(_num_samples(task.X), int) if task.y is None else task.class_codes
    )
    cells = classes * (n_groups + 1) + task.all_groups.codes + 1
    few = np.bincount(cells)[cells] < n_folds
    return np.where(few, -1 - classes, cells)


def class_proba(model, X, groups, classes):
    """Class probabilities in the order of `classes`; 0 for a class a fold lacks."""
    if not hasattr(model, "predict_proba"):
        msg = (
            f"{type(model).__name__} has no predict_proba; ParityThresholdClassifier "
            "needs probabilities. For a classifier with a decision function, use "
            "CalibratedClassifierCV(estimator, ensemble=False)."
        )
        raise AttributeError(msg)
    found = call(model, "predict_proba", X, sensitive_features=groups)
    proba = found
    if not np.array_equal(model.classes_, classes):
        proba = np.zeros((len(found), len(classes)))
        proba[:, np.searchsorted(classes, model.classes_)] = found
    if not np.isfinite(proba).all():
        msg = f"{type(model).__name__} predicted probabilities of NaN or infinity."
        raise ValueError(msg)
    return proba


def build_decision_problem(task, calibration, truth):
    """The program of the calibration rows.

    Returns
    -------
    problem : DecisionProblem
    parts : list of Part
        What of it is needed to decide new rows.
    """
    rows, n_rows = calibration.rows, len(calibration.proba)
    if task.weight is None:  # without memory of its own
        weight = np.broadcast_to(1.0 / n_rows, n_rows)
    else:
        weight = task.weight[rows] / task.weight[rows].sum()
    normalised, parts, cells_of_parts = {}, [], []
    for compared, contrasts, blocks in zip(
        task.compared, task.contrasts, calibration.parts
    ):
        key = tuple(blocks)  # parts of the same blocks share an array
        if key not in normalised:
            normalised[key] = _normalised_cells(calibration, blocks, weight)
        cells, shares = normalised[key]
        cells_of_parts.append((compared.decision, cells))
        names = named_positions(contrasts)
        parts.append(Part(compared.decision, blocks, shares, names))
    problem = DecisionProblem(
        costs_of(calibration.proba, task.cost),
        weight,
        tuple(cells_of_parts),
        truth.strata,
        calibration.uniforms,
    )
    return problem, parts


def _normalised_cells(calibration, blocks, weight):
    """m_ci / pi_c of the cells of blocks, and pi_c."""
    cells = part_cells(
        blocks, calibration.blocks, calibration.proba, calibration.of_blocks
    )
    shares = np.maximum(cells.T @ weight, np.finfo(np.float64).tiny)
    # In place: nobody else needs the memberships any more.
    if sparse.issparse(cells):
        cells.data /= shares[cells.indices]
    else:
        cells /= shares
    return cells, shares
