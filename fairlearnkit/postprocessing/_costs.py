"""Costs of decisions."""

from collections.abc import Mapping

import numpy as np

from fairlearnkit._data.messages import format_labels


def cost_matrix(cost, classes):
    """Cost of deciding k where the class is j, of shape (n_classes, n_classes).

    Parameters
    ----------
    cost : dict, array-like of shape (n_classes,) or (n_classes, n_classes), or None
        Cost of not deciding a class where it is the true one, by label or in the order
        of the classes; or the matrix itself. None costs 1 for each wrong decision.
    classes : ndarray of shape (n_classes,)
        Sorted labels.

    Raises
    ------
    ValueError
        If it has another shape or other labels, is not finite, or, of two classes,
        makes wrong decisions cheaper than right ones.
    """
    n_classes = len(classes)
    if cost is None:
        return 1.0 - np.eye(n_classes)
    try:
        values = np.asarray(_by_class(cost, classes.tolist()), dtype=np.float64)
    except (TypeError, ValueError):
        if isinstance(cost, Mapping) or hasattr(cost, "to_dict"):
            raise
        values = np.full(1, np.nan)
    if values.shape == (n_classes,):
        values = values[:, None] * (1.0 - np.eye(n_classes))
    if values.shape != (n_classes, n_classes) or not np.isfinite(values).all():
        msg = (
            f"cost must be finite, one number for each of {n_classes} classes or a "
            f"matrix of shape ({n_classes}, {n_classes}) with the cost of deciding "
            f"column k where row j is the class; got {cost!r}."
        )
        raise ValueError(msg)
    if n_classes == 2 and not sum(_excess(values)) > 0:
        msg = (
            f"cost={cost!r} makes wrong decisions no more expensive than right ones; "
            "row j, column k holds the cost of deciding k where j is the class."
        )
        raise ValueError(msg)
    return values


def _by_class(cost, classes):
    """Values of a dict, a Series or a DataFrame in the order of the classes."""
    if getattr(cost, "ndim", 0) == 2 and hasattr(cost, "reindex"):
        rows = {label: cost.loc[label].to_dict() for label in cost.index}
        return [_by_class(row, classes) for row in _by_class(rows, classes)]
    cost = cost.to_dict() if hasattr(cost, "reindex") else cost
    if not isinstance(cost, Mapping):
        return cost
    if set(cost) != set(classes):
        msg = (
            f"cost={cost!r} must have one number for each class; known classes: "
            f"{format_labels(classes)}."
        )
        raise ValueError(msg)
    return [cost[label] for label in classes]


def costs_of(proba, cost):
    """Expected cost of deciding each class, of shape (n_samples, n_classes)."""
    if np.array_equal(cost, [[0.0, 1.0], [1.0, 0.0]]):
        return proba[:, ::-1]  # without memory of its own
    return proba @ cost


def _excess(cost):
    """What a wrong decision costs more than a right one, for both of two classes."""
    return cost[0, 1] - cost[0, 0], cost[1, 0] - cost[1, 1]


def plain_threshold(cost):
    """Probability of the second class above which it is the cheaper decision."""
    first, second = _excess(cost)
    return float(first / (first + second))


def margins(costs, cost):
    """Two classes: probability less the threshold of the row; more: negated costs.

    Parameters
    ----------
    costs : ndarray of shape (n_samples, n_classes)
        Shifted costs of the decisions.
    cost : ndarray of shape (n_classes, n_classes)
        As `cost_matrix` returns it.
    """
    if costs.shape[1] > 2:
        return -costs
    return (costs[:, 0] - costs[:, 1]) / sum(_excess(cost))
