"""Folds of cross-validation: their rows, and what they are stratified by."""

import numpy as np
from sklearn.model_selection import check_cv

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


def class_and_group(classes, groups, n_folds):
    """Labels to stratify folds by: class and group.

    Folds stratified by class alone could lack a whole group if rows are in the order of
    their groups. A cell with fewer rows than folds cannot be in each of them, and gets
    the label of the largest cell of its class.

    Parameters
    ----------
    classes : ndarray of shape (n_samples,), int, or None
        Codes of the classes; None stratifies by group alone.
    groups : Groups
        Of the rows.
    n_folds : int
        Number of folds.

    Returns
    -------
    labels : ndarray of shape (n_samples,), int
    """
    n_groups = len(groups.labels)
    if classes is None:
        classes = np.zeros(len(groups.codes), dtype=np.intp)
    cells = classes * (n_groups + 1) + groups.codes + 1
    counts = np.bincount(cells, minlength=(classes.max() + 1) * (n_groups + 1))
    largest = counts.reshape(-1, n_groups + 1).argmax(axis=1)
    of_class = classes * (n_groups + 1) + largest[classes]
    return np.where(counts[cells] < n_folds, of_class, cells)
