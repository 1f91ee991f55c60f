"""Targets of several tasks in every form, and every message about them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fairlearnkit.representation import ParityEncoder
from fairlearnkit.representation._targets import read_tasks

ONES = np.ones(4)
NAN = float("nan")


def test_one_column_of_classes():
    (task,), single = read_tasks(["b", "a", None, "b"], "auto", 4, ONES)
    assert single
    assert task.classes.tolist() == ["a", "b"]
    assert task.values.tolist() == [1, 0, 0, 1]
    assert task.observed.tolist() == [True, True, False, True]
    assert (task.kind, task.n_outputs) == ("binary", 1)


def test_a_regression_is_scaled_by_weighted_rows():
    (task,), _ = read_tasks([1.5, 3.5, NAN, 100.5], "auto", 4, np.array([3, 1, 1, 0]))
    assert task.classes is None
    assert task.center == pytest.approx(2.0)
    assert task.scale == pytest.approx(np.sqrt(0.75))
    restored = task.values[:2] * task.scale + task.center
    np.testing.assert_allclose(restored, [1.5, 3.5])
    assert task.kind == "regression"


@pytest.mark.parametrize(
    "form",
    [
        lambda rows: rows,
        lambda rows: np.array(rows, dtype=object),
        lambda rows: pd.DataFrame(rows, columns=list("pqrs")),
        lambda rows: pl.DataFrame(rows, schema=list("pqrs"), orient="row"),
    ],
)
def test_mixed_columns(form):
    rows = [
        ["x", 0, 0.5, 2],
        ["y", 1, None, 0],
        ["x", None, 2.25, 1],
        [None, 1, 1.75, 1],
    ]
    tasks, single = read_tasks(form(rows), "auto", 4, ONES)
    assert not single
    assert [task.kind for task in tasks] == [
        "binary",
        "binary",
        "regression",
        "multiclass",
    ]
    assert [task.n_outputs for task in tasks] == [1, 1, 1, 3]
    assert tasks[1].classes.tolist() == [0, 1]
    assert [task.observed.tolist().index(False) for task in tasks[:3]] == [3, 2, 1]
    assert tasks[3].values.tolist() == [2, 0, 1, 1]


def test_kinds_may_be_passed():
    y = np.array([[1, 1], [2, 2], [3, 3], [2, 1]])
    tasks, _ = read_tasks(y, ["regression", "classification"], 4, ONES)
    assert [task.kind for task in tasks] == ["regression", "multiclass"]


@pytest.mark.parametrize(
    ("y", "task", "message"),
    [
        (None, "auto", r"requires y to be passed, but the target y is None"),
        ([1, 0, 1], "auto", r"y has 3 rows but X has 4"),
        ([1, 1, NAN, 1], "auto", r"y has only one class, \[1\]"),
        ([[1, NAN], [0, NAN]] * 2, "auto", r"y\[:, 1\] is not observed in any row"),
        ([1, 0, np.inf, 1], "auto", r"Input y contains infinity"),
        (["a", "b", "a", "b"], "regression", r"y holds 'a', and a regression"),
        ([1, 0, 1, 0], "ranking", r"task='ranking' is not valid"),
        ([1, 0, 1, 0], ["auto", "auto"], r"each column of y, 1 in all"),
        (np.zeros((4, 2, 2)), "auto", r"shape \(4, 2, 2\)"),
        (np.zeros((4, 0)), "auto", r"at least one task"),
    ],
)
def test_messages(y, task, message):
    with pytest.raises(ValueError, match=message):
        read_tasks(y, task, 4, ONES)


def test_values_that_are_equal_or_hidden():
    (task,), _ = read_tasks([1, "1", "a", 1], "auto", 4, ONES)
    assert task.classes.tolist() == [1, "1", "a"]
    hidden = np.ma.masked_array([7, 0, 1, 0], mask=[True, False, False, False])
    (task,), _ = read_tasks(hidden, "auto", 4, ONES)
    assert task.classes.tolist() == [0, 1]
    assert task.observed.tolist() == [False, True, True, True]
    with pytest.raises(ValueError, match="has only one value"):
        read_tasks([2.5, 2.5, NAN, 2.5], "auto", 4, ONES)
    with pytest.raises(ValueError, match="too large"):
        read_tasks([2.5e200, 1.5, NAN, 2.5], "auto", 4, ONES)


def test_dates_beside_numbers():
    frame = pd.DataFrame(
        {"day": pd.to_datetime(["2020-01-01", "2020-01-02"] * 2), "x": [0.5, 1.5, 2, 3]}
    )
    tasks, _ = read_tasks(frame, "auto", 4, ONES)
    assert [task.kind for task in tasks] == ["binary", "regression"]


def test_rows_without_weight_are_no_observations():
    with pytest.raises(ValueError, match="positive weight"):
        read_tasks([1, NAN, NAN, NAN], "auto", 4, np.array([0.0, 1, 1, 1]))


def test_without_pytorch_the_error_names_the_command(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    encoder = ParityEncoder()
    with pytest.raises(ImportError, match=r"pip install torch==2.13.0"):
        encoder.fit([[0.0], [1.0]], [0, 1], sensitive_features=[0, 1])
