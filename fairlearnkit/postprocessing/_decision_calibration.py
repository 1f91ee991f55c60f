"""What decision rules are fitted to: calibration rows, and their program."""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.frozen import FrozenEstimator

from fairlearnkit._data.folds import (
    check_groups_of_fold,
    read_folds,
    stratified_folds,
)
from fairlearnkit._data.messages import format_labels
from fairlearnkit._optim.decisions import DecisionProblem
from fairlearnkit._routing.call import call, warn_unweighted
from fairlearnkit.utils._sklearn_private import _num_samples

from ._calibration import check_has_proba, fit_clone, out_of_fold
from ._compared import blocks_of
from ._costs import costs_of
from ._memberships import block_memberships, infer_groups, part_cells
from ._rules import Part, named_positions
from ._ties import TIES_SEED, row_numbers


@dataclass(frozen=True, eq=False)
class Calibration:
    """Fitted models, and predictions for rows by models not fitted on them.

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
    spans : ndarray of shape (2, n_rows), default=None
        Lowest and highest score of rows that each one stands for; None for one each.
    """

    estimator: object
    group_estimators: object
    parts: list
    blocks: list
    rows: np.ndarray
    proba: np.ndarray
    of_blocks: list
    uniforms: np.ndarray
    spans: np.ndarray | None = None

    def sorted_by_content(self, task):
        """The same rows in an order that does not depend on the order of the rows of X.

        Sums over rows, and with them the multipliers, are then the same to the last
        digit for rows in any order with the same probabilities and memberships. Rows
        are sorted by their number, and those of one number, which have the same X, by
        weight, class, groups and probabilities.
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
    """Fit the inner models of a ParityThresholdClassifier, in and out of fold.

    1. Divide the rows into folds; if nothing is fitted, ask about all rows at once.
    2. Out of fold: probabilities of the classes, and memberships in the groups unless
       these are known.
    3. Leave out rows without weight.
    4. Fit the models on all rows.
    """
    inner, group_estimator = estimator.estimator, estimator.group_estimator
    n_jobs = estimator.n_jobs
    parts, blocks = blocks_of(task.compared, len(task.groups))
    learns_groups = not isinstance(group_estimator, FrozenEstimator | None)
    given = task.proba is not None or isinstance(inner, FrozenEstimator)
    if learns_groups or not given:
        folds = read_task_folds(estimator.cv, task, blocks if learns_groups else ())
        rows = np.concatenate([test for _, test in folds])
    else:
        everyone = np.arange(_num_samples(task.X))
        folds = [(everyone, everyone)]
        rows = slice(None) if task.weight is None else everyone
    effect = "Costs and rates are weighted."
    for model in (inner, group_estimator) if learns_groups else (inner,):
        warn_unweighted(model, task.sample_weight, remaining_effect=effect)
    data = task.X, task.y, task.sensitive_features, task.sample_weight

    def score(model, X, groups):
        return class_proba(model, X, groups, task.classes)

    if task.proba is None:
        proba = out_of_fold(inner, score, folds, *data, n_jobs=n_jobs)
    else:
        proba = task.proba[rows]
    if group_estimator is None:
        models, labels = None, [groups.labels for groups in task.groups]
        codes = [groups.codes[rows] for groups in task.groups]
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
    class_codes = task.class_codes
    if cv is None or isinstance(cv, Integral):
        folds = stratified_folds(5 if cv is None else cv, class_codes, task.all_groups)
    else:
        folds = read_folds(cv, task.X, task.y, classifier=True)
    for number, (train, _) in enumerate(folds):
        for q, members in blocks:
            groups = task.groups[q]
            inside = train if members.all() else train[members[class_codes[train]]]
            classes = format_labels(task.classes[members])
            among = "" if members.all() else f" with a class among {classes}"
            consequence = ", so that group_estimator cannot learn it"
            check_groups_of_fold(groups, inside, number, among + consequence)
    return folds


def class_proba(model, X, groups, classes):
    """Class probabilities in the order of `classes`.

    They are 0 for a class that the model does not know: the training rows of a fold may
    lack one.
    """
    advice = "CalibratedClassifierCV(estimator, ensemble=False)"
    check_has_proba(model, "ParityThresholdClassifier", advice)
    proba = call(model, "predict_proba", X, sensitive_features=groups)
    # Sums of a million costs need more digits than the float32 of some models.
    proba = np.asarray(proba, dtype=np.float64)
    if not np.array_equal(model.classes_, classes):
        of_model, proba = proba, np.zeros((len(proba), len(classes)))
        proba[:, np.searchsorted(classes, model.classes_)] = of_model
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
