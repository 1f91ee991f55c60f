"""Tables that are not in memory are refused in words, and those of Arrow are read."""

from inspect import signature

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression, Ridge

from fairlearnkit._data.columns import as_table
from fairlearnkit._data.containers import check_in_memory, named_columns
from fairlearnkit._data.groups import read_groups
from fairlearnkit._data.messages import FIT
from fairlearnkit._data.rows import take_rows
from fairlearnkit.compose import CounterfactualEnsemble, SensitiveColumns
from fairlearnkit.inspection import GroupRatesDisplay
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.metrics import (
    demographic_parity_difference,
    group_rates,
    parity_scorer,
)
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.utils.discovery import all_estimators
from helpers import SEARCHES

RNG = np.random.default_rng(0)
N = 200
FRAME = pd.DataFrame(RNG.normal(size=(N, 2)), columns=["a", "b"])
FRAME["sex"] = RNG.choice(["F", "M"], N)
FRAME["old"] = RNG.integers(0, 2, N)
X, SEX = FRAME[["a", "b"]], FRAME["sex"]
Y = (FRAME.a + (SEX == "M") + RNG.normal(size=N) > 0).astype(int).to_numpy()
LAZY = pl.DataFrame(FRAME.to_dict("list")).lazy()
LAZY_X = LAZY.select("a", "b")
INNER = {
    BarycenterRegressor: Ridge(),
    BarycenterClassifier: LogisticRegression(),
    ParityThresholdClassifier: LogisticRegression(),
}
METHODS = ("predict", "transform", "decision_function", "score")


def made(cls):
    if cls is SensitiveColumns:
        return SensitiveColumns(ParityRidge(), "sex")
    if cls is CounterfactualEnsemble:
        return CounterfactualEnsemble(ParityRidge(), np.negative)
    return cls(INNER[cls]) if cls in INNER else cls(**SEARCHES.get(cls.__name__, {}))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("cls", [cls for _, cls in all_estimators()])
def test_estimators_say_what_to_call_for_a_LazyFrame(cls):
    model, takes = made(cls), cls is not SensitiveColumns
    named = "sensitive_features" in signature(model.fit).parameters
    groups = {"sensitive_features": SEX} if named else {}
    lazy, eager = (LAZY_X, X) if takes else (LAZY, FRAME)
    y = Y if is_classifier(model) else Y + 0.5
    with pytest.raises(ValueError, match=r"X is a LazyFrame.*pass X\.collect\(\)"):
        model.fit(lazy, y, **groups)
    model.fit(eager, y, **groups)
    later = groups if cls in INNER or "Transformer" in cls.__name__ else {}
    tried = [name for name in METHODS if hasattr(model, name)]
    assert tried
    for name in tried:
        more = (y,) if name == "score" else ()
        with pytest.raises(ValueError, match=r"X is a LazyFrame.*pass X\.collect\(\)"):
            getattr(model, name)(lazy, *more, **later)


def test_others_say_what_to_call_for_a_LazyFrame():
    model = LogisticRegression().fit(X, Y)
    scorer = parity_scorer("demographic_parity_difference", columns="sex")
    with pytest.raises(ValueError, match=r"X\.collect\(\)"):
        scorer(model, LAZY, Y)
    with pytest.raises(ValueError, match=r"X\.collect\(\)"):
        GroupRatesDisplay.from_estimator(model, LAZY_X, Y, sensitive_features=SEX)
    groups = LAZY.select("sex")
    with pytest.raises(ValueError, match=r"sensitive_features\.collect\(\)"):
        demographic_parity_difference(Y, Y, sensitive_features=groups)
    with pytest.raises(ValueError, match=r"features\['g'\]\.collect\(\)"):
        read_groups({"g": groups})


class Distributed:
    """What a Dask collection shows of itself."""

    def __dask_graph__(self):
        return {}


def test_dask_is_refused_in_words():
    with pytest.raises(ValueError, match=r"Dask .*sensitive_features\.compute\(\)"):
        read_groups(Distributed())
    with pytest.raises(ValueError, match=r"pass X\.compute\(\)"):
        as_table(Distributed())
    check_in_memory("X", LAZY.collect())


def test_dask_itself():
    dd = pytest.importorskip("dask.dataframe")
    table = dd.from_pandas(FRAME, npartitions=2)
    for groups in (table["sex"], table[["sex", "old"]], {"sex": table["sex"]}):
        with pytest.raises(ValueError, match=r"Dask collection, and X is a .* in mem"):
            ParityRidge().fit(X, Y, sensitive_features=groups)
    with pytest.raises(ValueError, match=r"Dask collection, and y is a .* in memory"):
        SensitiveColumns(ParityRidge(), "sex").fit(table, Y)
    with pytest.raises(ValueError, match=r"^y is a LazyFrame.*pass y\.collect\(\)"):
        ParityRidge().fit(table[["a", "b"]], LAZY, sensitive_features=table["sex"])


def test_names_of_columns():
    """A name that is no text is none, as it may be a position."""
    for column in (SEX, pl.Series("sex", SEX.to_list()), SEX.to_frame()):
        assert read_groups(column).titles == ("sex",)
    for column in (SEX.rename(3), SEX.to_numpy(), SEX.rename(3).to_frame()):
        assert read_groups(column).titles == ("column 0",)


def test_arrow_arrays_and_tables_as_groups():
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    want = group_rates(Y, Y, sensitive_features=FRAME[["sex", "old"]])
    for some in (table, table.to_batches()[0]):
        groups = some.select(["sex", "old"])
        found = group_rates(Y, Y, sensitive_features=groups)
        assert found.groups.tolist() == want.groups.tolist()
        np.testing.assert_array_equal(
            found.by_group["selection_rate"], want.by_group["selection_rate"]
        )
        names = [column.name for column in named_columns(groups, FIT)]
        assert names == ["sex", "old"]
    codes = read_groups(SEX).codes
    text = pa.array(SEX.to_list())
    for groups in (text, text.dictionary_encode(), table["sex"], {"g": table["sex"]}):
        np.testing.assert_array_equal(read_groups(groups).codes, codes)
        rows = np.array([5, 3, 5, 8, 4, 0])
        np.testing.assert_array_equal(
            read_groups(take_rows(groups, rows)).codes, codes[rows]
        )
    holes = pa.array([1, None, 2])
    assert read_groups(holes, missing="ignore").codes.tolist() == [0, -1, 1]
    twice = pa.table([text, text], names=["sex", "sex"])
    with pytest.raises(ValueError, match="has a column twice"):
        read_groups(twice)


def test_arrow_tables_as_X():
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    model = SensitiveColumns(ParityRidge(), "sex")
    numbers = FRAME[["a", "b", "sex"]]
    right = model.fit(numbers, Y).predict(numbers)
    some = table.select(["a", "b", "sex"])
    for X_arrow in (some, some.to_batches()[0]):
        # Products of columns that lie otherwise in memory are rounded otherwise.
        found = model.fit(X_arrow, Y).predict(X_arrow)
        np.testing.assert_allclose(found, right, rtol=1e-14)
        scorer = parity_scorer("score_gap", columns="sex")
        gaps = scorer(model, X_arrow, Y), scorer(model, numbers, Y)
        np.testing.assert_allclose(*gaps, atol=1e-14)
        inner = BarycenterClassifier(LogisticRegression())
        both = X_arrow.select(["a", "b"])
        inner.fit(both, Y, sensitive_features=X_arrow.select(["sex"]))
        found = inner.predict_proba(both, sensitive_features=SEX)
        inner.fit(X, Y, sensitive_features=SEX)
        expected = inner.predict_proba(X, sensitive_features=SEX)
        np.testing.assert_allclose(found, expected, rtol=1e-14)
