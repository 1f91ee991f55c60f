"""P(S | X): how much a row belongs to each group, known or inferred.

Inferred memberships come from a classifier of groups. Where the constraint compares
rows of some classes of y, the classifier is fitted on rows of these classes alone, so
that it gives P(S | X, y in these classes).
"""

import numpy as np
from scipy import sparse
from sklearn.frozen import FrozenEstimator

from fairlearnkit._data.messages import format_labels
from fairlearnkit._routing.call import call
from fairlearnkit.utils._sklearn_private import _num_samples

from ._calibration import check_has_proba, fit_clone, out_of_fold, take_data


def one_hot(codes, n_groups):
    """Memberships of known groups, CSR of shape (n_samples, n_groups).

    Rows with the code -1 are in none.
    """
    known = codes >= 0
    starts = np.append(0, np.cumsum(known)).astype(np.int32)
    columns = codes[known].astype(np.int32)
    entries = np.ones(len(columns)), columns, starts
    return sparse.csr_array(entries, shape=(len(codes), n_groups))


def in_stratum(of_groups, proba, members):
    """P(S, y in members | x) from P(S | x, y in members), shape (n_samples, n_groups).

    Parameters
    ----------
    of_groups : {ndarray, CSR} of shape (n_samples, n_groups)
        P(S | x, y in members).
    proba : ndarray of shape (n_samples, n_classes)
        P(y | x).
    members : ndarray of bool of shape (n_classes,)
        Classes of the stratum.
    """
    if members.all():
        return of_groups
    share = proba[:, members].sum(axis=1)[:, None]
    if sparse.issparse(of_groups):
        return of_groups.multiply(share).tocsr()
    return of_groups * share


def part_cells(part, blocks, proba, of_blocks):
    """Memberships m in the cells of a part, of shape (n_samples, n_cells).

    Parameters
    ----------
    part : list of int
        Positions of its blocks.
    blocks : list of tuple
        See ``blocks_of``.
    proba : ndarray of shape (n_samples, n_classes)
        P(y | x).
    of_blocks : list of {ndarray, CSR} of shape (n_samples, n_groups)
        Memberships in the groups of each block. All of them are sparse or none is.
    """
    cells = [in_stratum(of_blocks[b], proba, blocks[b][1]) for b in part]
    if len(cells) == 1:
        return cells[0]
    if sparse.issparse(cells[0]):
        return sparse.hstack(cells, format="csr")
    return np.concatenate(cells, axis=1)


def block_memberships(blocks, codes, labels, models=None, X=None):
    """Memberships of rows in the groups of each block, known or by fitted models.

    Parameters
    ----------
    blocks : list of tuple
        See ``blocks_of``.
    codes : list of ndarray of shape (n_samples,), or None
        Groups in each partition; not used with models.
    labels : list of ndarray
        Group labels of each partition.
    models : list of estimator, default=None
        Classifiers of the groups of each block.
    X : array-like of shape (n_samples, n_features), default=None
        For the models.

    Returns
    -------
    of_blocks : list of {ndarray, CSR} of shape (n_samples, n_groups)
    """
    if models is not None:
        of_block = zip(models, blocks)
        return [group_proba(model, X, labels[q]) for model, (q, _) in of_block]
    known = [one_hot(some, len(named)) for some, named in zip(codes, labels)]
    return [known[q] for q, _ in blocks]


def infer_groups(estimator, blocks, task, folds, *, n_jobs=None):
    """Models of the groups of each block, and their out-of-fold memberships.

    Parameters
    ----------
    estimator : estimator
        A classifier of groups. A FrozenEstimator is not fitted.
    blocks : list of tuple
        See ``blocks_of``.
    task : Task
        Its rows, groups, weights and classes.
    folds : list of tuple of ndarray
        Positions of the training and test rows of each fold.
    n_jobs : int, default=None
        Folds that are fitted in parallel.

    Returns
    -------
    models : list of estimator
        Fitted on all rows of each block.
    of_blocks : list of ndarray of shape (n_test_rows, n_groups)
    """
    models, of_blocks = [], []
    for q, members in blocks:
        labels, target = task.groups[q].labels, task.groups[q].codes
        if not members.all():
            target = np.where(members[task.class_codes], target, -1)

        def score(model, X, _groups, labels=labels):
            return group_proba(model, X, labels)

        within = [(train[target[train] >= 0], test) for train, test in folds]
        data = task.X, target, None, task.sample_weight
        of_blocks.append(out_of_fold(estimator, score, within, *data, n_jobs=n_jobs))
        known = np.flatnonzero(target >= 0)
        models.append(fit_clone(estimator, *take_data(data, known)))
    return models, of_blocks


def group_proba(model, X, labels):
    """P(S | X) by a classifier of groups, of shape (n_samples, n_groups).

    Classes of a fitted model are positions in `labels`, those of a FrozenEstimator
    labels. A group without a row in a training fold has probability 0.
    """
    advice = "CalibratedClassifierCV(group_estimator)"
    check_has_proba(model, "group_estimator", advice)
    known = (
        labels.tolist() if isinstance(model, FrozenEstimator) else [*range(len(labels))]
    )
    classes = model.classes_.tolist()
    if not set(classes) <= set(known):
        msg = (
            f"group_estimator knows the classes {format_labels(classes)}, and the "
            f"groups are {format_labels(known)}: fit it on the labels of "
            "sensitive_features."
        )
        raise ValueError(msg)
    proba = np.zeros((_num_samples(X), len(labels)))
    columns = [known.index(label) for label in classes]
    proba[:, columns] = call(model, "predict_proba", X)
    return proba
