"""`parity_sample_weight` of Dask collections: that of the same rows in memory."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.preprocessing import parity_sample_weight

dask = pytest.importorskip("dask")
array = pytest.importorskip("dask.array")
dataframe = pytest.importorskip("dask.dataframe")

N = 120


@pytest.fixture(autouse=True)
def one_thread():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture(scope="module")
def table():
    """Rows by group, so that most partitions have one; some weights are zero."""
    rng = np.random.default_rng(0)
    group = np.sort(rng.choice(["a", "b", "c"], N))
    rows = {
        "group": group,
        "other": rng.choice([1, 2], N),
        "y": rng.choice(["no", "yes"], N),
        "weight": rng.integers(0, 3, N) * 0.7,
    }
    return pd.DataFrame(rows, index=pd.date_range("2026", periods=N))


CUTS = {"single rows": range(1, N), "empty ones": [0, 9, 9, 90, N], "one": []}


def divided(table, cuts):
    parts = np.split(np.arange(len(table)), cuts)
    delayed = [dask.delayed(table.iloc[rows]) for rows in parts]
    return dataframe.from_delayed(delayed, meta=table.iloc[:0], verify_meta=False)


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("weight", [None, "weight"])
@pytest.mark.parametrize("groups", ["group", ["group", "other"]])
def test_as_in_memory(table, cuts, weight, groups):
    def found(data):
        own = None if weight is None else data[weight]
        return parity_sample_weight(data["y"], data[groups], sample_weight=own)

    with pytest.warns(SmallGroupWarning) if groups != "group" else _silent():
        expected, lazy = found(table), found(divided(table, cuts))
    assert lazy.npartitions == len(cuts) + 1
    result = lazy.compute()
    assert result.index.equals(table.index)
    assert_allclose(result, expected, rtol=1e-13)


def _silent():
    return dask.config.set({})


@pytest.mark.parametrize("missing", ["group", "ignore"])
def test_arrays_of_rows_some_of_which_have_no_group(table, missing):
    group = np.array(table["group"], dtype=object)
    group[::4] = None
    columns = [table["y"].to_numpy(dtype=object), group]
    expected = parity_sample_weight(*columns, missing=missing)
    chunks = [array.from_array(column, chunks=50) for column in columns]
    lazy = parity_sample_weight(*chunks, missing=missing)
    assert isinstance(lazy, array.Array)
    assert_allclose(lazy.compute(), expected, rtol=1e-13)
    assert len(np.unique(expected[::4])) == (2 if missing == "group" else 1)


def test_errors(table):
    lazy = divided(table, [60])
    y, group = lazy["y"], lazy["group"]
    with pytest.raises(ValueError, match="sensitive_features is required"):
        parity_sample_weight(y, None)
    with pytest.raises(ValueError, match=r"Dask collection.*in\s+memory"):
        parity_sample_weight(y, table["group"])
    with pytest.raises(ValueError, match="Dask collection"):
        parity_sample_weight(table["y"], group)
    with pytest.raises(ValueError, match="has 3 partitions, and y has 2"):
        parity_sample_weight(y, divided(table, [60, 70])["group"])
    with pytest.raises(ValueError, match="one group only"):
        parity_sample_weight(y, y.map(lambda _: "a", meta=("y", object)))
    heavy = (group != "a").astype(float)
    with pytest.raises(ValueError, match="zero in all rows of a group"):
        parity_sample_weight(y, group, sample_weight=heavy)
    with pytest.raises(ValueError, match=r"In partition 0: .*[Nn]egative"):
        parity_sample_weight(y, group, sample_weight=lazy["weight"] - 1)


def test_missing_classes_are_counted_in_rows(table):
    """In a table of distinct rows, each stands for many."""
    gone = table.assign(y=table["y"].astype(object).where(np.arange(N) % 3 > 0))
    for data in (gone, divided(gone, [40, 80])):
        with pytest.raises(ValueError, match=r"missing .* in 40 rows"):
            parity_sample_weight(data["y"], data["group"])
