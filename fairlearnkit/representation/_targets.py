"""Targets of several tasks, mixed and with missing values: a Task for each column."""

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
from scipy import sparse

from fairlearnkit._data.groups import label_array
from fairlearnkit._data.labels import factorize

KINDS = ("auto", "classification", "regression")
# Largest absolute value of a target of a regression: its square, summed over many rows,
# has to be finite in float64 (at most 1.8e308). Doubled, it still is.
MAX_TARGET = 1e150


@dataclass(frozen=True, eq=False)
class Task:
    """One column of y.

    Attributes
    ----------
    name : str
        How messages refer to the column.
    values : ndarray of shape (n_samples,)
        Codes of the classes, or (y - center) / scale, of mean 0 and variance 1; in
        float64. 0 where the task is not observed.
    observed : ndarray of bool of shape (n_samples,)
        False for missing targets and rows without weight.
    classes : ndarray or None
        Labels, None for a regression.
    center, scale : float
        Mean and standard deviation of the targets of a regression.
    """

    name: str
    values: np.ndarray
    observed: np.ndarray
    classes: np.ndarray | None
    center: float = 0.0
    scale: float = 1.0

    def take(self, rows):
        """The same task for some of the rows."""
        return replace(self, values=self.values[rows], observed=self.observed[rows])

    @property
    def n_outputs(self):
        """Number of scores: 1 for a regression or two classes, else one per class."""
        several = self.classes is not None and len(self.classes) > 2
        return len(self.classes) if several else 1

    @property
    def kind(self):
        """Kind of the loss: "regression", "binary" or "multiclass"."""
        if self.classes is None:
            return "regression"
        return "multiclass" if self.n_outputs > 1 else "binary"


def read_tasks(y, task, n_samples, weight):
    """Read the tasks of a target with one or several columns.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_tasks)
        Targets; NaN, None or NA where a task is not observed.
    task : str or sequence of str
        "auto", "classification" or "regression", for all columns or for each.
    n_samples : int
        Number of rows of X.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.

    Returns
    -------
    tasks : list of Task
        One for each column.
    is_1d : bool
        Whether y has one dimension.

    Raises
    ------
    TypeError
        y is sparse.
    ValueError
        The length differs from n_samples; targets are infinite or, for a regression,
        not numbers; a task is not observed or has a single class.
    """
    columns, is_1d = _named_columns(y)
    for name, values in columns:
        if len(values) != n_samples:
            msg = (
                f"{name} has {len(values)} rows but X has {n_samples}: pass one target "
                "for each row of X (NaN where it is not known)."
            )
            raise ValueError(msg)
    kinds = [task] * len(columns) if isinstance(task, str) else list(task)
    if len(kinds) != len(columns) or any(kind not in KINDS for kind in kinds):
        msg = (
            f"task={task!r} is not valid: pass one of {list(KINDS)}, or a list with "
            f"one of them for each column of y, {len(columns)} in all."
        )
        raise ValueError(msg)
    tasks = [
        _read_task(name, values, kind, weight)
        for (name, values), kind in zip(columns, kinds)
    ]
    return tasks, is_1d


def check_observed(tasks, rows):
    """Refuse tasks that are only observed in rows that are held out.

    Parameters
    ----------
    tasks : list of Task
        The tasks.
    rows : ndarray of int
        Rows to learn from.

    Raises
    ------
    ValueError
        A task is observed in none of these rows.
    """
    for task in tasks:
        if not task.observed[rows].any():
            msg = (
                f"{task.name} is observed in {task.observed.sum()} rows, and "
                "early_stopping=True holds out all of them: set early_stopping=False, "
                "or leave the task out."
            )
            raise ValueError(msg)


def moments(values, share):
    """Mean and standard deviation of columns, whose squares may overflow or vanish.

    Deviations are scaled by a power of two, which is exact, before they are squared.

    Parameters
    ----------
    values : ndarray of shape (n_samples, ...)
        Finite.
    share : ndarray of shape (n_samples,)
        Weights, of sum 1.

    Returns
    -------
    center, scale : ndarray of shape (...)
    """
    center = share @ values
    deviations = values - center
    _, power = np.frexp(np.abs(deviations).max(axis=0))
    variance = share @ np.ldexp(deviations, -power) ** 2
    return center, np.ldexp(np.sqrt(variance), power)


def _named_columns(y):
    """Name and values of each column of y, and whether y has one dimension."""
    if y is None:
        msg = (
            "ParityEncoder requires y to be passed, but the target y is None: pass the "
            "targets of the tasks."
        )
        raise ValueError(msg)
    if hasattr(y, "columns"):  # a pandas or polars DataFrame
        return _frame_columns(y), False
    if sparse.issparse(y):
        msg = "y is sparse; pass an array, y.toarray(), or a DataFrame."
        raise TypeError(msg)
    y = _as_array(y)
    if getattr(y, "ndim", 1) == 1:  # Series of polars have none
        return [("y", y)], True
    if y.ndim != 2 or not y.shape[1]:
        msg = (
            f"y has the shape {y.shape}; pass (n_samples,) or (n_samples, n_tasks), "
            "with at least one task."
        )
        raise ValueError(msg)
    return [(f"y[:, {j}]", y[:, j]) for j in range(y.shape[1])], False


def _frame_columns(frame):
    """By position in pandas, where names may occur twice, and by name in polars."""
    pandas = hasattr(frame, "iloc")
    return [
        (f"y[{name!r}]", frame.iloc[:, j] if pandas else frame[name])
        for j, name in enumerate(frame.columns)
    ]


def _as_array(y):
    """Convert y to an array unless it has a dtype; masked entries become None."""
    if isinstance(y, np.ma.MaskedArray):
        y = np.where(np.ma.getmaskarray(y), None, y.data.astype(object))
    if not hasattr(y, "dtype"):  # np.asarray would make text of NaN in a list
        y = np.array(y, dtype=object)
    if np.iscomplexobj(y):
        msg = "Complex data not supported: y holds complex numbers."
        raise ValueError(msg)
    return y


def _read_task(name, values, kind, weight):
    """Task of one column."""
    labels, codes, observed = _observed_labels(name, values, weight)
    numeric = all(isinstance(label, Real) for label in labels)
    if numeric and max(abs(float(label)) for label in labels) > MAX_TARGET:
        msg = (
            f"Input y contains infinity or a value too large for dtype('float64') (in "
            f"{name})."
        )
        raise ValueError(msg)
    if kind == "auto":
        whole = not numeric or all(float(label).is_integer() for label in labels)
        kind = "classification" if whole else "regression"
    if len(labels) < 2:
        noun = "class" if kind == "classification" else "value"
        msg = (
            f"{name} has only one {noun}, {labels}: there is nothing to learn. Leave "
            "the task out."
        )
        raise ValueError(msg)
    if kind == "classification":
        return Task(name, codes.astype(np.float64), observed, label_array(labels))
    if not numeric:
        msg = (
            f"{name} holds {labels[0]!r}, and a regression needs numbers; for labels "
            "use task='classification'."
        )
        raise ValueError(msg)
    return _regression_task(
        name, np.array(labels, dtype=np.float64)[codes], observed, weight
    )


def _observed_labels(name, values, weight):
    """Labels that are observed, the code of each row (or 0), and the observed rows."""
    labels, codes, _ = factorize(name, values)
    observed = (codes >= 0) & (weight > 0)
    if not observed.any():
        msg = (
            f"{name} is not observed in any row of positive weight: leave the task out."
        )
        raise ValueError(msg)
    present = np.bincount(codes[observed], minlength=len(labels)) > 0
    labels = [label for label, there in zip(labels, present) if there]
    return labels, np.where(observed, (np.cumsum(present) - 1)[codes], 0), observed


def _regression_task(name, y, observed, weight):
    """Task with targets scaled to weighted mean 0 and variance 1."""
    share = np.where(observed, weight, 0.0)
    center, scale = map(float, moments(y, share / share.sum()))
    values = np.where(observed, (y - center) / scale, 0.0)
    return Task(name, values, observed, None, center, scale)
