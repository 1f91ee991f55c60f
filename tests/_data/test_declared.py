"""Declared labels, and the rows that have one of them."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from fairlearnkit._data.containers import Column, named_columns
from fairlearnkit._data.declared import declared_columns, match_declared
from fairlearnkit._data.messages import CLASS_METRIC


def matched(values, labels, *, n_columns=1, has_missing=False):
    """Labels and codes."""
    declared = declared_columns("groups", labels, n_columns, has_missing)
    columns = named_columns(values, CLASS_METRIC)
    return declared.labels, match_declared(columns, declared).tolist()


@pytest.mark.parametrize(
    "container",
    [list, np.array, pd.Series, pl.Series, lambda v: pd.Series(v, dtype="category")],
)
def test_rows_by_label_in_the_declared_order(container):
    labels, codes = matched(container(["b", "a", "x", "b"]), ["c", "b", "a"])
    assert labels == ["c", "b", "a"]
    assert codes == [1, 2, -1, 1]


def test_numbers_booleans_and_dates():
    assert matched([1.0, True, 2, "1", 0.5], [2, 1]) == ([2, 1], [1, 1, 0, -1, -1])
    assert matched(np.array([True, False]), np.array([0, 1])) == ([0, 1], [1, 0])
    days = np.array(["2026-01-02", "2026-01-01", "2026-01-03"], dtype="M8[D]")
    assert matched(days, [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2)])[1] == [
        1,
        0,
        -1,
    ]


def test_missing_values_have_a_group_only_where_it_is_declared():
    values = ["a", None, float("nan"), pd.NA, "b"]
    assert matched(values, ["a", "b"]) == (["a", "b"], [0, -1, -1, -1, 1])
    found = matched(values, ["a", "b"], has_missing=True)
    assert found == (["a", "b", None], [0, 2, 2, 2, 1])
    named = matched(values, ["a", None, "b"], has_missing=True)
    assert named == (["a", None, "b"], [0, 1, 1, 1, 2])


def test_combinations_of_columns():
    sex, age = ["f", "m", "f", "m", "x", "f", None], [1, 1, 2, 2, 1, 9, 1]
    declared = [("m", 2), ("f", 1), ("f", 2)]
    labels, codes = matched({"sex": sex, "age": age}, declared, n_columns=2)
    assert labels == declared
    assert codes == [1, -1, 2, 0, -1, -1, -1]
    with_missing = [("f", 1), (None, 1)]
    both = {"sex": sex, "age": age}
    found = matched(both, with_missing, n_columns=2, has_missing=True)
    assert found == (with_missing, [0, -1, -1, -1, -1, -1, 1])


def test_many_columns_do_not_overflow():
    rng = np.random.default_rng(0)
    table = rng.integers(0, 1000, (50, 30))
    declared = [tuple(row) for row in table[::2].tolist()]
    _, codes = matched(table, declared, n_columns=30)
    assert codes[::2] == list(range(25))
    assert set(codes[1::2]) == {-1}


@pytest.mark.parametrize("odd", [[1], {}, object(), np.array([1, 2]), 1j, "", b"a"])
def test_no_label_of_a_row_is_an_error(odd):
    values = np.empty(3, dtype=object)
    values[:] = ["a", odd, "b"]
    declared = declared_columns("groups", ["a", "b"], 1, False)
    codes = match_declared([Column("g", None, values)], declared)
    assert codes.tolist() == [0, -1, 1]


def test_no_rows():
    for empty in (
        [],
        np.array([]),
        np.array([], dtype=str),
        pd.Series([], dtype=object),
    ):
        assert matched(empty, ["a", "b"]) == (["a", "b"], [])


def test_the_codes_are_positions():
    rng = np.random.default_rng(1)
    values, labels = rng.integers(0, 50, 5000), rng.permutation(40)
    _, codes = matched(values, labels)
    assert_array_equal(
        np.where(values < 40, np.argsort(labels)[values % 40], -1), codes
    )


@pytest.mark.parametrize(
    ("labels", "n_columns", "message"),
    [
        (None, 1, "groups has to be declared"),
        ("ab", 1, "groups='ab' must be a list of labels"),
        (3, 1, "groups=3 must be a list"),
        (["a"], 1, "at least two labels"),
        ([], 1, "at least two labels"),
        (["a", "b", "a"], 1, "groups holds 'a' twice"),
        ([1, True], 1, "groups holds 1 twice"),
        (["a", None], 1, 'leave it out or choose missing="group"'),
        (["a", ["b"]], 1, "no scalars"),
        (["a", "b"], 2, "tuples of 2 labels.*itertools.product"),
        ([("a", 1), ("a",)], 2, "tuples of 2 labels"),
        ([("a", 1), ("b", 1), ("a", 1)], 2, r"groups holds \('a', 1\) twice"),
    ],
)
def test_declarations_that_are_errors(labels, n_columns, message):
    with pytest.raises(ValueError, match=message):
        declared_columns("groups", labels, n_columns, False)


def test_classes_have_no_missing_values():
    message = r"labels=\[0, None\] holds a missing value: leave it out\.$"
    with pytest.raises(ValueError, match=message):
        declared_columns("labels", [0, None], 1, False)
