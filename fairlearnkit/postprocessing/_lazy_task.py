"""The fit of a decision rule to Dask collections: what is read, and what is refused."""

from dataclasses import replace
from functools import partial

import numpy as np
from sklearn.frozen import FrozenEstimator

from fairlearnkit._data.groups import Groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.label_tables import read_labels
from fairlearnkit._data.matching import sensitive_names
from fairlearnkit._data.partitions import Partitions
from fairlearnkit._data.quiet import without_warnings
from fairlearnkit._data.rows import read_weight
from fairlearnkit._models.dask_table import check_features, require_groups
from fairlearnkit._routing.gathering import check_takes_collections
from fairlearnkit.exceptions import SmallGroupWarning

from ._calibration import fit_clone
from ._compared import blocks_of
from ._decision_calibration import Calibration, class_proba
from ._decision_task import build_task, read_classes
from ._lazy_rows import MOST_ROWS, Known, all_rows, binned_rows
from ._memberships import block_memberships, group_proba


def read_lazily(estimator, X, y, sensitive_features, sample_weight, proba):
    """Calibration rows of Dask collections, and the task of these rows.

    Parameters
    ----------
    estimator : ParityThresholdClassifier
        Gets what a fit knows of the features.
    X, y, sensitive_features, sample_weight, proba : collection, or None
        As in ``fit``.

    Returns
    -------
    task : Task
        Of the calibration rows, not of all rows: without X.
    calibration : Calibration
    """
    _check_models(estimator, proba, X)
    require_groups(sensitive_features)
    given = {"X": X, "y": y, "sensitive_features": sensitive_features}
    given |= {"sample_weight": sample_weight, "proba": proba}
    data = Partitions(given)
    if getattr(X, "ndim", 0) == 2:
        check_features(estimator, X, X.shape[1])
    # 1. Labels: groups and classes, and whether the constraint can be met at all.
    names = ["sensitive_features"] if y is None else ["y", "sensitive_features"]
    labels = read_labels(data, names)
    groups = labels.groups(estimator.missing)
    check_categories(groups)
    y_table, classes = read_classes(estimator.estimator, labels.columns.get("y"))
    of_labels = {
        "classes": classes,
        "all_groups": groups,
        "names": sensitive_names(labels.columns["sensitive_features"]),
    }
    weights = labels.weights
    labelled = build_task(estimator, None, y_table, groups, weights, **of_labels)
    # 2. Calibration rows, or bins of them.
    known = _known(estimator, labelled)
    rows = _calibration_rows(estimator, data, known, labelled, labels.used)
    # 3. The task of these rows; warnings of small groups have been given.
    own = _groups_of_rows(labelled, rows)
    y_rows = None if rows.classes is None else classes[rows.classes]
    weight = read_weight(rows.weight, len(rows.proba))
    with without_warnings(SmallGroupWarning):
        task = build_task(
            estimator, None, y_rows, own, weight, sizes=rows.sizes, **of_labels
        )
    fitted = fit_clone(estimator.estimator, X, y, sensitive_features, sample_weight)
    return task, _calibration(estimator, task, rows, fitted)


def _check_models(estimator, proba, X):
    """Raise an error for models that would have to be fitted in folds."""
    if proba is None and not isinstance(estimator.estimator, FrozenEstimator):
        msg = (
            "Dask collections are not divided into folds here. Pass out-of-fold "
            "probabilities as a column, fit(..., proba=df['proba']), or a model that "
            "was fitted on other rows, FrozenEstimator(model)."
        )
        raise ValueError(msg)
    check_takes_collections(estimator.estimator, X)
    if not isinstance(estimator.group_estimator, FrozenEstimator | None):
        msg = (
            "group_estimator would have to be fitted on folds of a Dask collection. "
            "Fit it on other rows, and pass FrozenEstimator(group_estimator)."
        )
        raise ValueError(msg)


def _known(estimator, task):
    """What partitions have to know."""
    model = estimator.estimator
    infer = None
    if estimator.group_estimator is not None:
        labels = [task.groups[q].labels for q, _ in _blocks(task)[1]]
        infer = partial(_infer, estimator.group_estimator, labels)
    return Known(
        partial(_score, model, task.classes),
        task.classes,
        task.cost,
        [groups.labels for groups in task.groups],
        task.names,
        task.missing,
        infer,
    )


def _score(model, classes, X, groups):
    return class_proba(model, X, groups, classes)


def _infer(model, labels, X):
    return [group_proba(model, X, own) for own in labels]


def _calibration_rows(estimator, data, known, task, used):
    """All rows if they are few enough, else bins for thresholds by group."""
    n_rows = int(used.sum())
    if n_rows <= MOST_ROWS:
        return all_rows(data, known)
    if not estimator._by_threshold(task):
        msg = (
            f"{n_rows} rows: for more than two classes, groups that are inferred, or "
            f"columns that are compared separately, a rule is fitted to {MOST_ROWS} "
            "rows of a Dask collection at most. Fit it to a sample of the rows, such "
            "as df.sample(frac=0.1); predict takes all of them."
        )
        raise ValueError(msg)
    codes, n_groups = task.groups[0].codes, len(task.groups[0].labels)
    counts = np.bincount(codes[codes >= 0], used[codes >= 0], minlength=n_groups)
    return binned_rows(data, known, counts.astype(np.intp))


def _groups_of_rows(task, rows):
    """Groups of the calibration rows, with all labels."""
    own = []
    for groups, codes in zip(task.groups, rows.codes):
        known = codes >= 0
        sizes = None if rows.sizes is None else rows.sizes[known]
        counts = np.bincount(codes[known], sizes, minlength=len(groups.labels))
        own.append(
            Groups(
                groups.labels,
                codes,
                counts.astype(np.intp),
                sizes=rows.sizes,
                titles=groups.titles,
            )
        )
    if len(own) == 1:
        return own[0]
    known = np.logical_and.reduce([groups.codes >= 0 for groups in own])
    # Which intersections there are does not matter where columns are compared.
    intersections = np.where(known, 0, -1)
    return replace(
        task.all_groups, codes=intersections, columns=tuple(own), sizes=rows.sizes
    )


def _calibration(estimator, task, rows, fitted):
    """Calibration rows with their memberships, as `calibrate` returns them."""
    parts, blocks = _blocks(task)
    labels = [groups.labels for groups in task.groups]
    of_blocks, models = rows.of_blocks, None
    if of_blocks is None:
        of_blocks = block_memberships(blocks, rows.codes, labels)
    else:
        models = [estimator.group_estimator] * len(blocks)
    return Calibration(
        fitted,
        models,
        parts,
        blocks,
        slice(None),
        rows.proba,
        of_blocks,
        rows.uniforms,
        rows.spans,
    )


def _blocks(task):
    return blocks_of(task.compared, len(task.groups))
