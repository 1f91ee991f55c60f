"""Folds of cross-validation: of any cv, or stratified by class and group."""

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, check_cv

from fairlearnkit.utils._sklearn_private import _num_samples


def read_folds(cv, X, y, *, classifier):
    """Positions of the training and test rows of each fold.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        As in scikit-learn.
    X, y : array-like
        Rows, and what folds are stratified by if `classifier` is true.
    classifier : bool
        Whether y holds labels.

    Returns
    -------
    folds : list of tuple of ndarray
        At least one.
    """
    positions = np.arange(_num_samples(X))
    folds = check_cv(cv, y, classifier=classifier).split(X, y)
    folds = [(positions[train], positions[test]) for train, test in folds]
    if not folds:
        msg = (
            f"cv={cv!r} gives no folds. A generator of folds can be used once only: "
            "pass a list."
        )
        raise ValueError(msg)
    return folds


def check_groups_of_fold(groups, rows, number, more=""):
    """Raise an error if the training rows of a fold lack a group.

    Parameters
    ----------
    groups : Groups
        Of all rows.
    rows : ndarray of int
        Positions of the training rows that have to hold all groups.
    number : int
        Of the fold.
    more : str, default=""
        What follows the label in the message.
    """
    missing = np.setdiff1d(np.arange(len(groups.labels)), groups.codes[rows])
    if len(missing):
        label = groups.labels.tolist()[missing[0]]
        msg = (
            f"The training rows of fold {number} hold no row of the group {label!r}"
            f"{more}. Merge small groups, or choose a cv whose training rows "
            "hold all of them."
        )
        raise ValueError(msg)


def stratified_folds(n_folds, classes, groups):
    """Folds that hold classes and groups in about the same shares.

    scikit-learn's, stratified by cells of class and group; by class alone, a fold could
    lack a whole group if rows are in the order of their groups. If a cell has fewer
    rows than there are folds, rows are dealt out cell by cell, so that the rows of such
    a cell, and of its group, are in different folds.

    Parameters
    ----------
    n_folds : int
        Number of folds.
    classes : ndarray of shape (n_samples,), int, or None
        Codes of the classes; None stratifies by group alone.
    groups : Groups
        Of the rows.

    Returns
    -------
    folds : list of tuple of ndarray
    """
    cells = groups.codes + 1  # 0 for rows of no group
    if classes is not None:
        cells = cells * (classes.max() + 1) + classes  # the cells of a group in a row
    if np.unique(cells, return_counts=True)[1].min() >= n_folds:
        return list(StratifiedKFold(n_folds).split(cells, cells))
    KFold(n_folds).get_n_splits()  # an error for fewer than two
    if n_folds > len(cells):
        msg = f"cv={n_folds} folds need as many rows; there are {len(cells)}."
        raise ValueError(msg)
    fold = np.empty(len(cells), dtype=np.intp)
    fold[np.argsort(cells, kind="stable")] = np.arange(len(cells)) % n_folds
    numbers = range(n_folds)
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in numbers]
