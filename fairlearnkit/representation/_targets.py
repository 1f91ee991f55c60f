"""Targets of several tasks, mixed and with gaps: y in, one Task for each column out."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.multiclass import type_of_target

from fairlearnkit._labels import is_missing

KINDS = ("auto", "classification", "regression")


@dataclass(frozen=True, eq=False)
class Task:
    """One column of y.

    ``values`` are float64: codes of the classes, or targets of mean 0 and variance 1,
    that is (y - center) / scale; 0 where ``observed`` is False. ``classes`` is None of
    a regression task.
    """

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


def _columns(y):
    """Name and values of each column."""
    if y is None:
        msg = (
            "ParityEncoder requires y to be passed, but the target y is None: the "
            "representation is learned on the tasks in y."
        )
        raise ValueError(msg)
    if hasattr(y, "columns"):  # a pandas or polars DataFrame
        take = y.iloc.__getitem__ if hasattr(y, "iloc") else None
        return [
            (f"y[{name!r}]", np.asarray(take((slice(None), j)) if take else y[name]))
            for j, name in enumerate(y.columns)
        ], False
    if not hasattr(y, "dtype"):  # np.asarray would write NaN beside text as "nan"
        y = np.array(y, dtype=object)
    y = np.asarray(y)
    if y.ndim == 1:
        return [("y", y)], True
    if y.ndim != 2 or not y.shape[1]:
        msg = (
            f"y has the shape {y.shape}; pass (n_samples,) or (n_samples, n_tasks), "
            "with at least one task."
        )
        raise ValueError(msg)
    return [(f"y[:, {j}]", y[:, j]) for j in range(y.shape[1])], False


def _read(name, values, kind, weight):
    observed = _observed(values)
    rows = observed & (weight > 0)
    if not rows.any():
        msg = (
            f"{name} is not observed in any row of positive weight: leave the task out."
        )
        raise ValueError(msg)
    known = _as_numbers(values[observed])
    if known.dtype.kind == "f" and np.isinf(known).any():
        msg = (
            f"Input y contains infinity or a value too large for {known.dtype!r} (in "
            f"{name})."
        )
        raise ValueError(msg)
    if kind == "auto":
        kind = "regression"
        if type_of_target(known) in ("binary", "multiclass"):
            kind = "classification"
    if kind == "regression":
        return _regression(name, known, observed, weight)
    classes, codes = np.unique(known, return_inverse=True)
    if len(classes) < 2:
        msg = (
            f"{name} holds one class only, {classes.tolist()}: there is nothing to "
            "learn. Leave the task out."
        )
        raise ValueError(msg)
    return Task(_spread_out(codes, observed), observed, classes)


def _regression(name, known, observed, weight):
    if known.dtype.kind not in "buif":
        msg = (
            f"{name} holds {known.tolist()[0]!r}, and a regression task needs numbers; "
            "for labels choose task='classification'."
        )
        raise ValueError(msg)
    known, share = known.astype(np.float64), weight[observed] / weight[observed].sum()
    center = float(share @ known)
    scale = float(np.sqrt(share @ (known - center) ** 2)) or 1.0
    values = _spread_out((known - center) / scale, observed)
    return Task(values, observed, None, center, scale)


def _observed(values):
    if values.dtype.kind == "f":
        return ~np.isnan(values)
    if values.dtype.kind in "buiUS":
        return np.ones(len(values), dtype=bool)
    return np.array([not is_missing(value) for value in values], dtype=bool)


def _as_numbers(known):
    """Objects as numbers, where all are; as text or labels of one kind otherwise."""
    if known.dtype != object:
        return known
    plain = np.array(known.tolist())
    mixed = plain.dtype.kind in "US" and not all(isinstance(v, str) for v in known)
    return known.astype(str) if mixed else plain


def _spread_out(known, observed):
    values = np.zeros(len(observed))
    values[observed] = known
    return values
