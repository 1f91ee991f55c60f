"""BarycenterTransformer on Dask collections: that in memory, for any partitions."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fairlearnkit._transport import summaries
from fairlearnkit.metrics import ks_gap
from fairlearnkit.preprocessing import BarycenterTransformer

pytest.importorskip("dask")

import dask
import dask.array as da
import dask.dataframe as dd

from dask_pickled import pickled

FEATURES, GROUPS = ["x", "y", "z"], ["sex", "age"]


def make_table(n=600):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3))
    X[:, 1] = X[:, 1].round(1)
    X[::17, 2] = np.nan
    table = pd.DataFrame(X, columns=FEATURES)
    table["sex"] = rng.choice(["f", "m", "x"], n)
    table["x"] += table["sex"] == "f"
    table["age"] = rng.integers(0, 2, n)
    table["w"] = rng.random(n) * (np.arange(n) % 5 > 0)
    return table


TABLE = make_table()


def unlike_partitions():
    """One partition has no rows, and one a single row."""
    parts = [TABLE[:0], TABLE[:250], TABLE[250:251], TABLE[251:]]
    return dd.from_delayed([dask.delayed(part) for part in parts], meta=TABLE[:0])


FRAMES = {
    "one": lambda: dd.from_pandas(TABLE, npartitions=1),
    "five": lambda: dd.from_pandas(TABLE, npartitions=5),
    "unlike": unlike_partitions,
}


def fitted(table, weight=None, groups=GROUPS, **options):
    weight = None if weight is None else table[weight]
    model = BarycenterTransformer(**options)
    data = table[FEATURES], table[groups]
    return model.fit(data[0], sensitive_features=data[1], sample_weight=weight)


def moved(model, table, groups=GROUPS):
    return model.transform(table[FEATURES], sensitive_features=table[groups])


@pytest.fixture(autouse=True)
def _pickled():
    with dask.config.set(scheduler=pickled):
        yield


@pytest.mark.parametrize(
    ("partitions", "weight", "options"),
    [
        ("one", None, {}),
        ("five", None, {"sequential": [1.0, 0.5], "unseen": "pooled"}),
        ("five", "w", {"sequential": [1.0, 0.5], "missing": "ignore"}),
        ("unlike", None, {"n_quantiles": 20, "strength": 0.7}),
        ("unlike", "w", {"missing": "ignore"}),
        ("five", "w", {"n_quantiles": 9, "sequential": [1.0, 0.5]}),
    ],
)
def test_maps_are_those_in_memory(partitions, options, weight):
    table = FRAMES[partitions]()
    want, model = fitted(TABLE, weight, **options), fitted(table, weight, **options)
    found = moved(model, table)
    assert isinstance(found, dd.DataFrame)
    assert found.npartitions == table.npartitions
    found = found.compute()
    assert found.columns.tolist() == FEATURES
    assert found.index.tolist() == TABLE.index.tolist()
    # Unweighted, knots and images are the same to the last bit.
    assert_allclose(found, moved(want, TABLE), rtol=0, atol=1e-13 if weight else 0)
    for name in ("group_counts_", "group_weights_"):
        for a, b in zip(getattr(model, name), getattr(want, name)):
            assert_allclose(a, b, rtol=1e-14)
    assert model.sensitive_feature_names_in_ == GROUPS
    assert_array_equal(model.feature_names_in_, FEATURES)
    assert_array_equal(model.rank_error_, np.zeros(3))


def test_arrays_of_unknown_chunks_and_float32():
    X, age = TABLE[FEATURES].to_numpy(np.float32), TABLE["age"].to_numpy()
    want = BarycenterTransformer().fit(X, sensitive_features=age)
    # Known chunks are cut alike, also where columns are in several.
    known = da.from_array(X, (100, 2)), da.from_array(age, 150)
    table = dd.from_pandas(TABLE, npartitions=3)
    unknown = (
        table[FEATURES].to_dask_array().astype(np.float32),
        table["age"].to_dask_array(),
    )
    assert np.isnan(unknown[0].chunks[0][0])
    for A, groups in (known, unknown):
        Z = (
            BarycenterTransformer()
            .fit(A, sensitive_features=groups)
            .transform(A, sensitive_features=groups)
        )
        assert isinstance(Z, da.Array)
        assert Z.dtype == np.float32
        assert_array_equal(Z.compute(), want.transform(X, sensitive_features=age))


def test_a_group_in_one_partition_only():
    ordered = TABLE.sort_values("sex", ignore_index=True)
    table = dd.from_pandas(ordered, npartitions=6, sort=False)
    want, model = fitted(ordered, groups=["sex"]), fitted(table, groups=["sex"])
    found = moved(model, table, ["sex"]).compute()
    assert_array_equal(found, moved(want, ordered, ["sex"]))


def test_threads():
    table = dd.from_pandas(TABLE, npartitions=2)
    with dask.config.set(scheduler="threads"):
        found = moved(fitted(table), table).compute()
    assert_array_equal(found, moved(fitted(TABLE), TABLE))


def many_values(n=40_000):
    rng = np.random.default_rng(1)
    group = rng.choice(["a", "b"], n, p=[0.3, 0.7])
    x = rng.normal(size=n) * np.where(group == "a", 2.0, 1.0) + (group == "a")
    weight = np.where(group == "a", 1.0, rng.random(n))
    table = pd.DataFrame({"x": x, "few": x.round(), "group": group, "w": weight})
    return table, dd.from_pandas(table, npartitions=9)


@pytest.mark.parametrize("weight", [None, "w"])
def test_sketches_keep_their_error(monkeypatch, weight):
    pytest.importorskip("datasketches")
    # 2500 distinct values of each column and group are exact, instead of a million.
    monkeypatch.setattr(summaries, "MOST_BYTES", 2500 * 16 * 2 * 2)
    table, lazy = many_values()
    X, some = table[["x", "few"]], lazy[["x", "few"]]
    w, lazy_w = (None, None) if weight is None else (table[weight], lazy[weight])
    want = BarycenterTransformer().fit(
        X, sensitive_features=table["group"], sample_weight=w
    )
    model = BarycenterTransformer().fit(
        some, sensitive_features=lazy["group"], sample_weight=lazy_w
    )
    error = model.rank_error_
    assert 1e-4 < error[0] < 1e-2
    assert error[1] == 0
    exact = want.transform(X, sensitive_features=table["group"])
    found = model.transform(some, sensitive_features=lazy["group"]).compute()
    assert_allclose(found["few"], exact[:, 1], atol=1e-12)
    gaps = [
        ks_gap(None, z, sensitive_features=table["group"], sample_weight=w)
        for z in (table["x"], found["x"])
    ]
    # The bound of the documentation, which 0.02 of the plain column is far from.
    assert gaps[1] < 2 * error[0] < 0.02 < gaps[0]
    assert found["x"].min() == pytest.approx(exact[:, 0].min(), abs=1e-12)
    assert found["x"].max() == pytest.approx(exact[:, 0].max(), abs=1e-12)


def test_without_the_library_of_sketches_the_error_names_it(monkeypatch):
    monkeypatch.setattr(summaries, "MOST_BYTES", 100)
    monkeypatch.setitem(__import__("sys").modules, "datasketches", None)
    _, lazy = many_values(3000)
    message = (
        r"^A column has more distinct values than are merged exactly, and quantile "
        r"sketches need datasketches: pip install datasketches, or round the column\.$"
    )
    with pytest.raises(ImportError, match=message):
        BarycenterTransformer().fit(lazy[["x"]], sensitive_features=lazy["group"])


def test_errors():
    table, model = FRAMES["five"](), BarycenterTransformer()
    X, sex = table[FEATURES], table["sex"]
    with pytest.raises(ValueError, match="sensitive_features is required"):
        model.fit(X)
    with pytest.raises(ValueError, match="X is a Dask collection, and sensit"):
        model.fit(X, sensitive_features=TABLE["sex"])
    with pytest.raises(ValueError, match=r"features is a Dask .* X is a DataF"):
        model.fit(TABLE[FEATURES], sensitive_features=sex)
    with pytest.raises(ValueError, match=r"1 dimension.*df\[\['name'\]\]"):
        model.fit(table["x"], sensitive_features=sex)
    empty = TABLE.assign(z=TABLE["z"].where(TABLE["sex"] != "m"))
    lazy = dd.from_pandas(empty, npartitions=3)
    with pytest.raises(ValueError, match=r"Column 'z' has no values in a group.*m: 0"):
        model.fit(lazy[FEATURES], sensitive_features=lazy["sex"])
    model.fit(X, sensitive_features=sex)
    with pytest.raises(ValueError, match="required in transform"):
        model.transform(X)
    new = model.transform(X, sensitive_features=table["age"])
    with pytest.raises(ValueError, match="groups that were not seen in fit"):
        new.compute()
    with pytest.raises(ValueError, match=r"would gather.*set_output"):
        model.set_output(transform="pandas").transform(X, sensitive_features=sex)
