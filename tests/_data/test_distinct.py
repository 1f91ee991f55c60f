"""Distinct rows of columns of any container and type."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from fairlearnkit._data import distinct as module
from fairlearnkit._data.distinct import distinct_rows

N = 200
RNG = np.random.default_rng(0)
TEXT = RNG.choice(["a", "b", None], N)
NUMBERS = RNG.integers(0, 3, N).astype(float)
NUMBERS[::17] = np.nan
FRAME = pd.DataFrame({"text": TEXT, "kind": pd.Categorical(RNG.choice(["x", "y"], N))})


@pytest.mark.parametrize(
    "arguments",
    [
        {"groups": TEXT},
        {"groups": FRAME, "y": NUMBERS},
        {"groups": {"a": FRAME["text"], "b": NUMBERS}},
        {"groups": np.column_stack([NUMBERS, NUMBERS[::-1]])},
    ],
    ids=["array", "frame", "dict", "two columns"],
)
@pytest.mark.parametrize("most", [2**62, 4])
def test_each_row_is_that_of_its_code(arguments, most, monkeypatch):
    monkeypatch.setattr(module, "MAX_COMBINATIONS", most)
    found = distinct_rows(arguments)

    def as_rows(table):
        columns = []
        for values in table.values():
            parts = values.values() if isinstance(values, dict) else [values]
            columns += [pd.DataFrame(np.asarray(part)) for part in parts]
        return pd.concat(columns, axis=1).astype(object).fillna("missing").to_numpy()

    rows, table = as_rows(arguments), as_rows(found.table)
    assert_array_equal(table[found.codes], rows)
    assert len({tuple(row) for row in table}) == len(table) == len(found.sizes)
    assert_array_equal(np.bincount(found.codes), found.sizes)
    assert found.codes.dtype == np.uint8


def test_rows_that_differ_in_the_last_of_many_columns():
    """Their codes are integers that float64 does not hold."""
    pairs = np.repeat(np.arange(100), 2)
    table = np.column_stack([*[pairs] * 8, np.arange(200)])
    assert len(distinct_rows({"groups": table}, 200).sizes) == 200


def test_no_argument_gives_one_kind():
    found = distinct_rows({}, 5)
    assert_array_equal(found.codes, np.zeros(5))
    assert found.sizes.tolist() == [5]


@pytest.mark.parametrize("kind", ["m8[ns]", "M8[ns]"])
def test_times_that_differ_by_nanoseconds(kind):
    """Python's own times, of microseconds, would be one label."""
    values = np.array([2, 1, "NaT", 2], dtype=kind)
    found = distinct_rows({"y": values})
    assert_array_equal(found.table["y"][found.codes], values)
    assert len(found.sizes) == 3
