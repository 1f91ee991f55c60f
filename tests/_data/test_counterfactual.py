"""Two versions of rows compared, in any container."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from fairlearnkit._data.counterfactual import changed_rows, repeat_rows, stack_rows

A = [["x", 1.0], ["y", np.nan], [None, 2.0], ["z", 3.0], ["v", 4.0]]
# Another NaN: an object is equal to itself.
B = [["x", 1.0], ["y", float("nan")], [None, 2.0], ["w", 3.0], [None, 4.0]]
NAMES = ["text", "n"]


@pytest.mark.parametrize(
    "form",
    [
        lambda X: pd.DataFrame(X, columns=NAMES),
        lambda X: pd.DataFrame(X, columns=NAMES).convert_dtypes(),
        lambda X: pd.DataFrame(X, columns=NAMES).astype({"text": "category"}),
        lambda X: pl.DataFrame(X, schema=NAMES, orient="row"),
        lambda X: np.array(X, dtype=object),
    ],
    ids=["pandas", "nullable", "category", "polars", "objects"],
)
def test_versions_with_missing_values(form):
    X, other = form(A), form(B)
    assert changed_rows(X, other).tolist() == [False, False, False, True, True]
    assert not changed_rows(X, X).any()
    assert not changed_rows(X, form(A)).any()
    both = stack_rows(X, other)
    assert type(both) is type(X)
    assert len(both) == 10
    assert changed_rows(both, repeat_rows(X, 2)).tolist() == [False] * 8 + [True, True]


@pytest.mark.parametrize("form", [list, np.array, pd.Series, pl.Series])
def test_versions_of_texts(form):
    X, other = form(["a", "b"]), form(["a", "c"])
    assert changed_rows(X, other).tolist() == [False, True]
    assert list(stack_rows(X, other)) == ["a", "b", "a", "c"]
    assert list(repeat_rows(X, 2)) == ["a", "b", "a", "b"]


def test_versions_of_numbers_and_sparse_rows():
    X = np.array([[1.0, 0.0], [np.nan, 2.0], [0.0, 0.0]])
    other = np.array([[1.0, 0.0], [np.nan, 3.0], [0.0, 0.0]])
    assert changed_rows(X, other).tolist() == [False, True, False]
    X, other = (sparse.csr_array(np.nan_to_num(Z)) for Z in (X, other))
    assert changed_rows(X, other).tolist() == [False, True, False]
    assert_array_equal(
        stack_rows(X, other).toarray(), np.vstack([X.toarray(), other.toarray()])
    )
