"""Linear heads: what scores say of each task, and heads of tasks that come later."""

import numpy as np
from scipy.special import softmax
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge

# On components of variance 1; by whether the task has classes.
HEADS = {True: LogisticRegression(max_iter=1000), False: Ridge(alpha=1.0)}


def decide(scores, task):
    """Predictions of one task.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_outputs)
        Of its head.
    task : Task
        With its classes, or center and scale.

    Returns
    -------
    y : ndarray of shape (n_samples,)
    """
    if task.classes is None:
        return task.center + task.scale * scores[:, 0]
    if len(task.classes) == 2:
        return task.classes[(scores[:, 0] > 0).astype(int)]
    return task.classes[scores.argmax(axis=1)]


def side_by_side(columns):
    """Predictions of several tasks as one array.

    Parameters
    ----------
    columns : list of ndarray of shape (n_samples,)
        One for each task.

    Returns
    -------
    y : ndarray of shape (n_samples, n_tasks)
        Of dtype object, where numbers and others are mixed.
    """
    numbers = [column.dtype.kind in "buif" for column in columns]
    if not all(numbers) and len({column.dtype.kind for column in columns}) > 1:
        columns = [column.astype(object) for column in columns]
    return np.column_stack(columns)


def probabilities(scores):
    """Probabilities of the classes of one task.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_outputs)
        One column for two classes, one for each class of more.

    Returns
    -------
    probabilities : ndarray of shape (n_samples, n_classes)
    """
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    return softmax(scores, axis=1)


def linear_heads(Z, tasks, weight):
    """Heads for a representation that is given, by logistic and ridge regression.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_components)
        Representation; its components are scaled to variance 1 for the penalty.
    tasks : list of Task
        The tasks.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.

    Returns
    -------
    coef : ndarray of shape (n_components, n_outputs)
        Weights of all heads.
    intercept : ndarray of shape (n_outputs,)
        Their biases.
    """
    center, scale = Z.mean(axis=0), Z.std(axis=0)
    scale[scale == 0] = 1.0
    coefs, intercepts = [], []
    for task in tasks:
        rows = task.observed
        model = clone(HEADS[task.classes is not None]).fit(
            (Z[rows] - center) / scale, task.values[rows], sample_weight=weight[rows]
        )
        coef = np.atleast_2d(model.coef_) / scale
        coefs.append(coef.T)
        intercepts.append(model.intercept_ - coef @ center)
    return np.hstack(coefs), np.concatenate(intercepts)
