"""Targets of several tasks, mixed and with gaps: y in, one Task for each column out."""

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from fairlearnkit._data.groups import label_array
from fairlearnkit._data.labels import factorize

KINDS = ("auto", "classification", "regression")
# Squares of larger targets are no numbers any more.
TOO_LARGE = 1e150


@dataclass(frozen=True, eq=False)
class Task:
    """One column of y.

    ``values`` are float64: codes of the classes, or targets of mean 0 and variance 1,
    that is (y - center) / scale; 0 where ``observed`` is False, as it is in rows
    without weight. ``classes`` is None of a regression task.
    """

    name: str
    values: np.ndarray
    observed: np.ndarray
    classes: np.ndarray | None
    center: float = 0.0
    scale: float = 1.0

    def of(self, rows):
        """The same task of some rows."""
        return replace(self, values=self.values[rows], observed=self.observed[rows])

    @property
    def n_outputs(self):
        """Columns of scores: one for a regression task and for two classes."""
        several = self.classes is not None and len(self.classes) > 2
        return len(self.classes) if several else 1

    @property
    def kind(self):
        """What the loss is: "regression", "binary" or "multiclass"."""
        if self.classes is None:
            return "regression"
        return "multiclass" if self.n_outputs > 1 else "binary"


def read_tasks(y, task, n_samples, weight):
    """The tasks of a target of one or several columns.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_tasks)
        Targets; NaN, None or NA where a task is not observed.
    task : str or sequence of str
        "auto", "classification" or "regression", of all columns or of each.
    n_samples : int
        The number of rows that X has.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.

    Returns
    -------
    tasks : list of Task
        One for each column.
    single : bool
        Whether y has one dimension.

    Raises
    ------
    ValueError
        Another length, infinite values, a task without rows or with one class, text
        where numbers are needed.
    """
    columns, single = _columns(y)
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
            f"task={task!r} does not fit: pass one of {list(KINDS)}, or one for each "
            f"column of y, of which there are {len(columns)}."
        )
        raise ValueError(msg)
    tasks = [
        _read(name, values, kind, weight)
        for (name, values), kind in zip(columns, kinds)
    ]
    return tasks, single


def moments(values, share):
    """Mean and standard deviation of columns, whose squares may overflow or vanish.

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
    apart = values - center
    _, power = np.frexp(np.abs(apart).max(axis=0))
    return center, np.ldexp(np.sqrt(share @ np.ldexp(apart, -power) ** 2), power)


def _columns(y):
    """Name and values of each column."""
    if y is None:
        msg = (
            "ParityEncoder requires y to be passed, but the target y is None: pass the "
            "targets of the tasks."
        )
        raise ValueError(msg)
    if hasattr(y, "columns"):  # a pandas or polars DataFrame
        by_place = hasattr(y, "iloc")
        return [
            (f"y[{name!r}]", y.iloc[:, j] if by_place else y[name])
            for j, name in enumerate(y.columns)
        ], False
    if isinstance(y, np.ma.MaskedArray):
        y = np.where(np.ma.getmaskarray(y), None, y.data.astype(object))
    if not hasattr(y, "dtype"):  # np.asarray would write NaN beside text as "nan"
        y = np.array(y, dtype=object)
    if np.iscomplexobj(y):
        msg = "Complex data not supported: y holds complex numbers."
        raise ValueError(msg)
    if getattr(y, "ndim", 1) == 1:
        return [("y", y)], True
    if y.ndim != 2 or not y.shape[1]:
        msg = (
            f"y has the shape {y.shape}; pass (n_samples,) or (n_samples, n_tasks), "
            "with at least one task."
        )
        raise ValueError(msg)
    return [(f"y[:, {j}]", y[:, j]) for j in range(y.shape[1])], False


def _read(name, values, kind, weight):
    labels, codes, _ = factorize(name, values)
    observed = (codes >= 0) & (weight > 0)
    if not observed.any():
        msg = (
            f"{name} is not observed in any row of positive weight: leave the task out."
        )
        raise ValueError(msg)
    present = np.bincount(codes[observed], minlength=len(labels)) > 0
    labels = [label for label, there in zip(labels, present) if there]
    codes = np.where(observed, (np.cumsum(present) - 1)[codes], 0)
    numbers = all(isinstance(label, Real) for label in labels)
    if numbers and max(abs(float(label)) for label in labels) > TOO_LARGE:
        msg = (
            f"Input y contains infinity or a value too large for dtype('float64') (in "
            f"{name})."
        )
        raise ValueError(msg)
    if kind == "auto":
        whole = not numbers or all(float(label).is_integer() for label in labels)
        kind = "classification" if whole else "regression"
    if len(labels) < 2:
        thing = "class" if kind == "classification" else "value"
        msg = (
            f"{name} holds one {thing} only, {labels}: there is nothing to learn. "
            "Leave the task out."
        )
        raise ValueError(msg)
    if kind == "classification":
        return Task(name, codes.astype(np.float64), observed, label_array(labels))
    if not numbers:
        msg = (
            f"{name} holds {labels[0]!r}, and a regression task needs numbers; for "
            "labels choose task='classification'."
        )
        raise ValueError(msg)
    known = np.array(labels, dtype=np.float64)[codes]
    share = np.where(observed, weight, 0.0)
    center, scale = map(float, moments(known, share / share.sum()))
    known = np.where(observed, (known - center) / scale, 0.0)
    return Task(name, known, observed, None, center, scale)
