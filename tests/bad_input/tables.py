"""Tables of features."""

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

from .input import (
    NOT_FINITE,
    NUMERIC_FORMS,
    SINGLE,
    Input,
    as_dtype,
    itself,
    longer,
    nothing,
    one_replaced,
    ragged,
    scalar,
    scaled,
    whole,
)

SPARSE = ("csr", "csc", "coo", "bsr", "lil", "dok", "dia")
SPARSE_REFUSED = r"[Ss]parse|dense"
# Other sums, and so another point within the tolerance of a solver: a relative duality
# gap of 1e-8 is the square of a distance.
SOLVED = 3e-3
TABLE = ("table",)


def frame(X):
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])


def with_nullable(X):
    return frame(X).astype("Float64")


def with_zeros_stored(X):
    """CSR with every third entry a zero that is stored."""
    X = np.where(np.arange(X.size).reshape(X.shape) % 3, X, 0.0)
    table = sparse.csr_array(np.ones_like(X))
    table.data = X.ravel().copy()
    return table


def zeros_stored_dense(X):
    return np.where(np.arange(X.size).reshape(X.shape) % 3, X, 0.0)


def wide_indexes(X):
    table = sparse.csr_array(X)
    table.indices = table.indices.astype(np.int64)
    table.indptr = table.indptr.astype(np.int64)
    return table


def unsorted(X):
    """CSR whose columns come in falling order, an entry in two parts."""
    d = X.shape[1]
    halves = np.repeat(X[:, ::-1], 2, axis=1) / 2
    columns = np.tile(np.repeat(np.arange(d)[::-1], 2), len(X))
    starts = np.arange(len(X) + 1) * 2 * d
    return sparse.csr_array((halves.ravel(), columns, starts), shape=X.shape)


def moved(offset):
    return lambda X: X + offset * np.resize([1.0, -1.0, 0.5], X.shape[1])


def constant_column(X):
    return np.column_stack([X, np.full(len(X), 3.0)])


def all_constant(X):
    return np.full_like(X, 2.0)


def doubled_columns(X):
    return np.column_stack([X, X])


def wide(X):
    """More features than rows."""
    return np.column_stack([X, np.random.default_rng(0).normal(size=(len(X), 200))])


def unlike_scales(X):
    return X * np.geomspace(1e-12, 1e12, X.shape[1])


FORMS_OF_TABLES = [
    Input(name, TABLE, make, reference, refused=None)
    for name, make, reference in [
        *NUMERIC_FORMS,
        ("bool", lambda X: X > 0, lambda X: (X > 0).astype(float)),
        ("Fortran order", np.asfortranarray, itself),
        ("frame", frame, itself),
        ("frame of nullable numbers", with_nullable, itself),
        ("frame, names that are numbers", pd.DataFrame, itself),
    ]
] + [Input(SINGLE[0], TABLE, SINGLE[1], SINGLE[2], tol=2e-3)]

FORMS_OF_SPARSE = [
    Input(
        f"sparse {name}",
        TABLE,
        getattr(sparse, f"{name}_array"),
        itself,
        SPARSE_REFUSED,
        tol=SOLVED,
    )
    for name in SPARSE
] + [
    Input(
        "sparse csr_matrix",
        TABLE,
        sparse.csr_matrix,
        itself,
        SPARSE_REFUSED,
        tol=SOLVED,
    ),
    Input(
        "sparse, zeros stored",
        TABLE,
        with_zeros_stored,
        zeros_stored_dense,
        SPARSE_REFUSED,
        tol=SOLVED,
    ),
    Input(
        "sparse, int64 indexes", TABLE, wide_indexes, itself, SPARSE_REFUSED, tol=SOLVED
    ),
    Input(
        "sparse, unsorted with repeats",
        TABLE,
        unsorted,
        itself,
        SPARSE_REFUSED,
        tol=SOLVED,
    ),
    Input(
        "sparse, read-only",
        TABLE,
        lambda X: _locked(sparse.csr_array(X)),
        itself,
        SPARSE_REFUSED,
        tol=SOLVED,
    ),
    Input(
        "sparse, one NaN",
        TABLE,
        lambda X: sparse.csr_array(one_replaced(np.nan)(X)),
        None,
        NOT_FINITE + "|" + SPARSE_REFUSED,
        tol=SOLVED,
    ),
    Input(
        "sparse int32",
        TABLE,
        lambda X: sparse.csr_array(whole(X).astype(np.int32)),
        whole,
        SPARSE_REFUSED,
        tol=SOLVED,
    ),
    Input(
        "sparse float32",
        TABLE,
        lambda X: sparse.csr_array(X.astype(np.float32)),
        itself,
        SPARSE_REFUSED,
        tol=2e-3,
    ),
]


def _locked(table):
    for part in (table.data, table.indices, table.indptr):
        part.flags.writeable = False
    return table


POLARS = Input(
    "polars frame",
    TABLE,
    lambda X: pl.DataFrame(X, schema=["a", "b", "c"]),
    itself,
    r"a pandas DataFrame",
)
NAMED_TWICE = Input(
    "frame, a name twice",
    TABLE,
    lambda X: pd.DataFrame(X, columns=["a", "b", "a"]),
    itself,
    r"unique column names",
)
HARD_TABLES = [
    Input(name, TABLE, make, sound=True)
    for name, make in [
        ("1 feature", lambda X: X[:, :1]),
        ("a constant feature", constant_column),
        ("constant features only", all_constant),
        ("features of zeros", np.zeros_like),
        ("features twice", doubled_columns),
        ("more features than rows", wide),
        ("one row 1e8 away", one_replaced(1e8)),
        ("scale 1e-12", scaled(1e-12)),
        ("scale 1e-6", scaled(1e-6)),
        ("scale 1e6", scaled(1e6)),
        ("scale 1e12", scaled(1e12)),
        ("scales 1e-12 to 1e12", unlike_scales),
        ("offset 1e3", moved(1e3)),
        ("offset 1e6", moved(1e6)),
    ]
] + [
    Input(
        "scale 1e-300",
        TABLE,
        scaled(1e-300),
        None,
        r"scale|Scale|underflow",
        sound=True,
    ),
    Input(
        "scale 1e300",
        TABLE,
        scaled(1e300),
        None,
        r"scale|large|infinity|overflow|infs",
        sound=True,
    ),
]

BAD_TABLES = [
    Input(name, TABLE, make, None, words)
    for name, make, words in [
        ("one NaN", one_replaced(np.nan), NOT_FINITE),
        ("one infinity", one_replaced(np.inf), NOT_FINITE),
        ("None", nothing, r"Expected 2D array|None|must be a table"),
        ("complex", as_dtype(complex), r"[Cc]omplex"),
        (
            "text",
            lambda X: np.array([["a", "b", "c"]] * len(X)),
            r"convert|numeric|string|numbers",
        ),
        (
            "objects with text",
            one_replaced("text", object),
            r"convert|numeric|string|numbers",
        ),
        ("objects with None", one_replaced(None, object), r"None|NaN|missing|NoneType"),
        ("objects with a list", lambda X: one_object(X, [1, 2]), r"."),
        ("nullable with NA", lambda X: with_nullable(X).mask(X > 1), r"NA|NaN|missing"),
        ("ragged list", ragged, r"inhomogeneous|same length|array"),
        ("one dimension", lambda X: X[:, 0], r"2D array|1D|one column|dimension"),
        ("three dimensions", lambda X: X[:, :, None], r"dim|dimension"),
        ("0 features", lambda X: X[:, :0], r"0 feature|no column|no feature|0 columns"),
        ("a number", scalar, r"."),
        ("text itself", lambda X: "a table", r"."),
        (
            "frame of times",
            lambda X: frame(X).assign(x0=pd.Timestamp("2026-01-01")),
            r"date|Date|time|Time|dtype",
        ),
        ("one row more", longer, r"inconsistent|length|rows|shape"),
    ]
]


def one_object(X, value):
    X = X.astype(object)
    X[4, 0] = value
    return X


INPUTS = [
    POLARS,
    NAMED_TWICE,
    *FORMS_OF_TABLES,
    *FORMS_OF_SPARSE,
    *HARD_TABLES,
    *BAD_TABLES,
]
