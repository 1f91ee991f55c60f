"""P(S | X): how much a row belongs to each group, known or inferred.

Inferred memberships come from a classifier of groups. Where the constraint compares
rows of some classes of y, the classifier is fitted on rows of these classes alone, so
that it gives P(S | X, y in these classes).
"""

import numpy as np
from sklearn.frozen import FrozenEstimator

from fairlearnkit._data.messages import format_labels
from fairlearnkit._routing.call import call
from fairlearnkit.utils._sklearn_private import _num_samples, _safe_indexing

from ._calibration import fit_clone, out_of_fold


def one_hot(codes, n_groups):
    """Memberships of known groups, of shape (n_samples, n_groups); -1 is in none."""
    return (codes[:, None] == np.arange(n_groups)).astype(np.float64)


def in_stratum(of_groups, proba, members):
    """P(S, y in members | x) from P(S | x, y in members), shape (n_samples, n_groups).

    Parameters
    ----------
    of_groups : ndarray of shape (n_samples, n_groups)
        P(S | x, y in members).
    proba : ndarray of shape (n_samples, n_classes)
        P(y | x).
    members : ndarray of bool of shape (n_classes,)
        Classes of the stratum.
    """
    if members.all():
        return of_groups
    return of_groups * proba[:, members].sum(axis=1)[:, None]


def infer_groups(estimator, blocks, partitions, classes_of_rows, data, folds, n_jobs):
    """Out-of-fold memberships of each block, and models fitted on all rows.

    Parameters
    ----------
    estimator : estimator
        A classifier of groups. A FrozenEstimator is not fitted.
    blocks : list of tuple
        Without repetition.
    partitions : list of Groups
        The groups of each sensitive column, or their intersections.
    classes_of_rows : ndarray of shape (n_samples,) or None
        Position of the class of each row; None if all blocks hold all classes.
    data : tuple
        X and the weights of all rows, or None.
    folds : list of tuple of ndarray
    n_jobs : int or None

    Returns
    -------
    models : list of estimator
    out : list of ndarray of shape (n_test_rows, n_groups)
        One for each block, as the models.
    """
    X, weight = data
    models, out = [], []
    for q, members in blocks:
        labels = partitions[q].labels

        def score(model, X, _groups, labels=labels):
            return group_proba(model, X, labels)

        target = partitions[q].codes
        if not members.all():
            target = np.where(members[classes_of_rows], target, -1)
        known = np.flatnonzero(target >= 0)
        within = [(train[target[train] >= 0], test) for train, test in folds]
        out.append(
            out_of_fold(
                estimator, score, within, X, target, None, weight, n_jobs=n_jobs
            )
        )
        of_known = _safe_indexing(X, known), target[known]
        own = None if weight is None else weight[known]
        models.append(fit_clone(estimator, *of_known, None, own))
    return models, out


def group_proba(model, X, labels):
    """P(S | X) by a classifier of groups, of shape (n_samples, n_groups).

    Classes of a fitted model are positions in `labels`, those of a FrozenEstimator
    labels. A group without a row in a training fold has probability 0.
    """
    if not hasattr(model, "predict_proba"):
        msg = (
            f"{type(model).__name__} has no predict_proba; group_estimator needs "
            "probabilities. For a classifier with a decision function, use "
            "CalibratedClassifierCV(group_estimator)."
        )
        raise AttributeError(msg)
    known = (
        labels.tolist() if isinstance(model, FrozenEstimator) else [*range(len(labels))]
    )
    classes = model.classes_.tolist()
    if not set(classes) <= set(known):
        msg = (
            f"group_estimator knows the classes {format_labels(classes)}, but the groups "
            f"are {format_labels(known)}: fit it on the labels of sensitive_features."
        )
        raise ValueError(msg)
    proba = np.zeros((_num_samples(X), len(labels)))
    proba[:, [known.index(label) for label in classes]] = call(
        model, "predict_proba", X
    )
    return proba
