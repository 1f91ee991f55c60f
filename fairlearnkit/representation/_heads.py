"""Linear heads: predictions from their scores, and heads for new tasks."""

import numpy as np
from scipy.special import softmax
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge

# Models for heads of new tasks. scikit-learn's defaults, on features of variance 1, but
# for more iterations: doubled once more, they are hardly ever needed.
CLASSIFICATION_HEAD = LogisticRegression(max_iter=1000)
REGRESSION_HEAD = Ridge(alpha=1.0)


def split_scores(scores, tasks):
    """Scores of each task, from the scores of all heads.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_outputs)
        Columns of the tasks one after the other.
    tasks : list of Task
        The tasks.

    Returns
    -------
    parts : list of ndarray of shape (n_samples, task.n_outputs)
    """
    widths = [task.n_outputs for task in tasks]
    return np.split(scores, np.cumsum(widths)[:-1], axis=1)


def predict_task(scores, task):
    """Predictions of one task.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, task.n_outputs)
        Scores of its head.
    task : Task
        The task, which holds the classes, or the center and scale of the targets.

    Returns
    -------
    y : ndarray of shape (n_samples,)
    """
    if task.classes is None:
        return task.center + task.scale * scores[:, 0]
    if len(task.classes) == 2:
        return task.classes[(scores[:, 0] > 0).astype(int)]
    return task.classes[scores.argmax(axis=1)]


def stack_predictions(columns):
    """Predictions of several tasks as one array.

    Parameters
    ----------
    columns : list of ndarray of shape (n_samples,)
        One for each task.

    Returns
    -------
    y : ndarray of shape (n_samples, n_tasks)
        Of dtype object if numbers and other labels are mixed.
    """
    numeric = [column.dtype.kind in "buif" for column in columns]
    if not all(numeric) and len({column.dtype.kind for column in columns}) > 1:
        columns = [column.astype(object) for column in columns]
    return np.column_stack(columns)


def probabilities(scores):
    """Probabilities of the classes of one task, softmax(scores).

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_outputs)
        One column for two classes (the score of the first one is 0), and one for each
        class otherwise.

    Returns
    -------
    probabilities : ndarray of shape (n_samples, n_classes)
    """
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    return softmax(scores, axis=1)


def fit_linear_heads(Z, tasks, weight):
    """Fit heads on fixed features, by logistic and ridge regression.

    Features are scaled to variance 1, so that the penalty treats them alike; the heads
    that are returned take the features as they are.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_components)
        Features.
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
        head = REGRESSION_HEAD if task.classes is None else CLASSIFICATION_HEAD
        model = clone(head).fit(
            (Z[rows] - center) / scale, task.values[rows], sample_weight=weight[rows]
        )
        coef = np.atleast_2d(model.coef_) / scale
        coefs.append(coef.T)
        intercepts.append(model.intercept_ - coef @ center)
    return np.hstack(coefs), np.concatenate(intercepts)
