"""What is computed of the partitions of Dask collections, and what stays in them."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("dask")

import dask
import dask.array as da
import dask.dataframe as dd

from dask_pickled import pickled
from fairlearnkit._data.partitions import (
    Partitions,
    by_rows,
    sums_of_partitions,
    take_partitions,
)

TABLE = pd.DataFrame(
    {
        "n": np.arange(9) % 4,
        "x": np.arange(9.0),
        "kind": pd.Categorical(np.arange(9) % 3),
    }
)


@pytest.fixture(autouse=True)
def _pickled():
    with dask.config.set(scheduler=pickled):
        yield


@pytest.fixture
def table():
    """Three partitions, the second of which has no rows."""
    frame = dd.from_pandas(TABLE, npartitions=3)
    return frame[(frame["x"] < 3) | (frame["x"] > 5)]


def known(X):
    return X[["x", "kind"]]


def test_rows_keep_their_names_types_and_divisions(table):
    found = by_rows("known", known, table, known(TABLE[:0]))
    assert found.divisions == table.divisions == (0, 3, 6, 8)
    pd.testing.assert_frame_equal(found.compute(), known(TABLE.drop([3, 4, 5])))
    pd.testing.assert_frame_equal(found.partitions[1].compute(), known(TABLE[:0]))


def sums_of_part(part, power):
    return np.array([(part["x"] ** power).sum(), len(part["w"])])


def test_sums_over_partitions(table):
    data = {"x": table["x"], "w": table["n"], "y": None}
    found = sums_of_partitions("sums", data, sums_of_part, 2)
    assert_array_equal(found, [0 + 1 + 4 + 36 + 49 + 64, 6])


def test_some_partitions_of_a_dict(table):
    found = take_partitions({"a": table["x"], "b": None}, [0, 2])
    assert found["a"].npartitions == 2
    assert found["a"].compute().tolist() == [0, 1, 2, 6, 7, 8]
    assert found["b"] is None


def test_columns_of_a_dict_with_other_partitions():
    columns = {"a": da.ones(4, chunks=2), "b": dd.from_pandas(TABLE, 1)["x"]}
    with pytest.raises(ValueError, match=r"^Columns of a dict have \[2, 1\] partiti"):
        Partitions({"sensitive_features": columns})
