"""The table of bad input: what is made of a column, and what has to come of it.

Each input is one of three: another form of the same values, whose answer has to be
that of plain float64 arrays; values that have an answer, which an oracle checks; or
something without an answer, which is an error that says so.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

from .data import make_columns

SPARSE = ("csr", "csc", "coo", "bsr", "lil", "dok", "dia")
SPARSE_REFUSED = r"[Ss]parse"
NOT_FINITE = r"NaN|infinit|missing|not finite|nan"


@dataclass(frozen=True, eq=False)
class Input:
    """What is made of one argument, and what has to come of it.

    Parameters
    ----------
    name : str
        What it is, for the table.
    kinds : tuple of str
        Kinds of arguments that it is made of.
    make : callable
        From a column to the input.
    same_as : callable, default=None
        From a column to one whose answer this input must have. None if it need not.
    refused : str, default=None
        Pattern of the message of an error. None if it must not be refused.
    sound : bool, default=False
        Whether an answer may be any that the oracles accept.
    partners : bool, default=False
        Whether it is made of y_true and y_pred alike.
    tol : float, default=1e-6
        Largest difference of an answer, in standard deviations.
    whole : bool, default=False
        Whether `make` takes a dict of all arguments, and the name of one.
    renamed : bool, default=False
        Whether labels have other names, and so another order: text in answers is not
        compared, and numbers by group are in any order.
    """

    name: str
    kinds: tuple
    make: Any
    same_as: Any = None
    refused: str | None = None
    sound: bool = False
    partners: bool = False
    tol: float = 1e-6
    whole: bool = False
    renamed: bool = False


def itself(column):
    """The column as it is."""
    return column


TABLE = ("table",)
LABELS = ("classes", "decisions")
NUMBERS = ("numbers", "positive", "scores")
NUMBERS_AND_AGES = (*NUMBERS, "ages")


# What is made of any column of numbers.


def whole(column):
    """The same as whole numbers, in float64."""
    return np.round(8 * column)


def read_only(column):
    column = np.array(column)
    column.flags.writeable = False
    return column


def strided(column):
    """Every second entry of a larger array, backwards."""
    larger = np.repeat(column, 2, axis=0)[::-1]
    return larger[1::2][::-1] if len(larger) else larger


def one_replaced(value, dtype=None, row=4):
    """A function that puts a value into one row, in its first column."""

    def make(column):
        column = np.array(column, dtype=dtype or np.asarray(column).dtype)
        column[(row, 0) if column.ndim == 2 else row] = value
        return column

    return make


def as_dtype(dtype, of=itself):
    return lambda column: of(column).astype(dtype)


def of_objects(column):
    return column.astype(object)


def with_units(column):
    """Numbers as text."""
    return column.astype(str)


def ragged(column):
    rows = column.tolist()
    rows[3] = rows[3] + [0.0] if isinstance(rows[3], list) else [rows[3], 0.0]
    return rows


def stacked(column):
    """Two columns of the same values."""
    return np.column_stack([column, column])


def as_column(column):
    return np.asarray(column)[:, None]


def longer(column):
    return np.concatenate([column, column[:1]])


def shorter(column):
    return column[:-1]


def empty(column):
    return column[:0]


def nothing(column):
    return None


def scalar(column):
    return np.asarray(column).flat[0]


NUMERIC_FORMS = [
    ("read-only", read_only, itself),
    ("not contiguous", strided, itself),
    ("int64", as_dtype(np.int64, whole), whole),
    ("int8", as_dtype(np.int8, whole), whole),
    ("float16", as_dtype(np.float16), itself),
    ("longdouble", as_dtype(np.longdouble), itself),
    ("big-endian", as_dtype(">f8"), itself),
    ("objects", of_objects, itself),
    ("list", lambda column: column.tolist(), itself),
]
# Single precision is kept where scikit-learn keeps it: answers have 7 digits.
SINGLE = ("float32", as_dtype(np.float32), itself)

# Tables of features.


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


def scaled(factor):
    return lambda X: X * factor


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
        (
            "frame, a name twice",
            lambda X: pd.DataFrame(X, columns=["a", "b", "a"]),
            itself,
        ),
        ("frame, names that are numbers", pd.DataFrame, itself),
        ("polars frame", lambda X: pl.DataFrame(X, schema=["a", "b", "c"]), itself),
    ]
] + [Input(SINGLE[0], TABLE, SINGLE[1], SINGLE[2], tol=2e-3)]

FORMS_OF_SPARSE = [
    Input(
        f"sparse {name}",
        TABLE,
        getattr(sparse, f"{name}_array"),
        itself,
        SPARSE_REFUSED,
    )
    for name in SPARSE
] + [
    Input("sparse csr_matrix", TABLE, sparse.csr_matrix, itself, SPARSE_REFUSED),
    Input(
        "sparse, zeros stored",
        TABLE,
        with_zeros_stored,
        zeros_stored_dense,
        SPARSE_REFUSED,
    ),
    Input("sparse, int64 indexes", TABLE, wide_indexes, itself, SPARSE_REFUSED),
    Input("sparse, unsorted with repeats", TABLE, unsorted, itself, SPARSE_REFUSED),
    Input(
        "sparse, read-only",
        TABLE,
        lambda X: _locked(sparse.csr_array(X)),
        itself,
        SPARSE_REFUSED,
    ),
    Input(
        "sparse, one NaN",
        TABLE,
        lambda X: sparse.csr_array(one_replaced(np.nan)(X)),
        None,
        NOT_FINITE + "|" + SPARSE_REFUSED,
    ),
    Input(
        "sparse int32",
        TABLE,
        lambda X: sparse.csr_array(whole(X).astype(np.int32)),
        whole,
        SPARSE_REFUSED,
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
        r"scale|magnitude|size|small",
        sound=True,
    ),
    Input(
        "scale 1e300",
        TABLE,
        scaled(1e300),
        None,
        r"scale|magnitude|large|infinity|overflow",
        sound=True,
    ),
]

BAD_TABLES = [
    Input(name, TABLE, make, None, words)
    for name, make, words in [
        ("one NaN", one_replaced(np.nan), NOT_FINITE),
        ("one infinity", one_replaced(np.inf), NOT_FINITE),
        ("None", nothing, r"Expected 2D array|None"),
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
        ("0 features", lambda X: X[:, :0], r"0 feature|no column|no feature"),
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


# Columns of labels.
POS_LABEL = r"pos_label"
CLASS_FORMS = [
    Input(name, LABELS, make, itself, refused, partners=True, renamed=True)
    for name, make, refused in [
        ("read-only", read_only, None),
        ("not contiguous", strided, None),
        ("bool", as_dtype(bool), None),
        ("int8", as_dtype(np.int8), None),
        ("uint64", as_dtype(np.uint64), None),
        ("float64", as_dtype(float), None),
        ("float16", as_dtype(np.float16), None),
        ("longdouble", as_dtype(np.longdouble), None),
        ("-1 and 1", lambda y: 2 * y - 1, None),
        ("objects", of_objects, None),
        ("objects of bool", lambda y: y.astype(bool).astype(object), None),
        ("list", lambda y: y.tolist(), None),
        ("Series", pd.Series, None),
        ("category", lambda y: pd.Series(y).astype("category"), None),
        ("nullable Int64", lambda y: pd.Series(y).astype("Int64"), None),
        ("polars Series", pl.Series, None),
        ("text", lambda y: np.where(y, "yes", "no"), POS_LABEL),
        (
            "objects of text",
            lambda y: np.where(y, "yes", "no").astype(object),
            POS_LABEL,
        ),
        (
            "category of text",
            lambda y: pd.Series(np.where(y, "yes", "no"), dtype="category"),
            POS_LABEL,
        ),
        ("3 and 7", lambda y: 3 + 4 * y, POS_LABEL),
        (
            "one column of a table",
            as_column,
            r"1d array|shape|dimension|1-D|column|one label",
        ),
    ]
]
CLASS_WRONG = [
    Input(name, LABELS, make, None, words)
    for name, make, words in [
        (
            "float with NaN",
            lambda y: one_replaced(np.nan)(y.astype(float)),
            r"NaN|missing",
        ),
        ("objects with None", one_replaced(None, object), r"NaN|missing|None"),
        ("objects with NA", one_replaced(pd.NA, object), r"NaN|missing|NA"),
        (
            "text with None",
            lambda y: one_replaced(None, object)(np.where(y, "b", "a")),
            r"NaN|missing|None",
        ),
        (
            "infinity",
            lambda y: one_replaced(np.inf)(y.astype(float)),
            r"infinity|inf|NaN",
        ),
        ("complex", as_dtype(complex), r"[Cc]omplex|label"),
        (
            "numbers with fractions",
            lambda y: y + np.linspace(0, 1, len(y)),
            r"continuous|numbers such as|classes|scores",
        ),
        (
            "mixed types",
            one_replaced("a", object),
            r"type|mix|label|class|string|pos_label",
        ),
        ("objects that are lists", lambda y: one_label(y, [1, 2]), r"."),
        (
            "two columns",
            stacked,
            r"1d array|shape|dimension|1-D|column|multi|one label",
        ),
        ("ragged", ragged, r"."),
        ("None", nothing, r"None|required|NoneType|y"),
        ("one row less", shorter, r"inconsistent|length|rows"),
        ("one row more", longer, r"inconsistent|length|rows"),
        ("no row", empty, r"inconsistent|length|rows|0 sample|empty"),
        ("a number", scalar, r"."),
        ("sparse", lambda y: sparse.csr_array(y[:, None]), r"."),
    ]
]


def one_label(y, value):
    y = y.astype(object)
    y[4] = value
    return y


ONE_CLASS = [
    Input("one class", ("classes",), np.zeros_like, None, r"class|y_true", sound=True),
    Input("one decision", ("decisions",), np.zeros_like, sound=True),
]

# Columns of numbers.
NUMBER_FORMS = (
    [
        Input(name, NUMBERS_AND_AGES, make, reference)
        for name, make, reference in [
            *NUMERIC_FORMS,
            ("Series", pd.Series, itself),
            ("nullable Float64", lambda y: pd.Series(y).astype("Float64"), itself),
            ("polars Series", pl.Series, itself),
        ]
    ]
    + [Input(SINGLE[0], NUMBERS_AND_AGES, SINGLE[1], SINGLE[2], tol=2e-3)]
    + [
        Input(
            "one column of a table",
            NUMBERS,
            as_column,
            itself,
            r"1d array|shape|dimension|1-D|column",
        ),
    ]
)
NUMBER_HARD = [
    Input(
        "constant",
        NUMBERS_AND_AGES,
        lambda y: np.full_like(y, 2.0),
        None,
        r"constant|one value|distinct|all equal",
        sound=True,
    ),
    Input("scale 1e-12", NUMBERS_AND_AGES, scaled(1e-12), sound=True),
    Input("scale 1e12", NUMBERS_AND_AGES, scaled(1e12), sound=True),
    Input(
        "scale 1e300",
        NUMBERS_AND_AGES,
        scaled(1e300),
        None,
        r"scale|magnitude|large|infinity|overflow",
        sound=True,
    ),
    Input("offset 1e9", NUMBERS_AND_AGES, lambda y: y + 1e9, sound=True),
]
# Numeric groups may be times, and several columns.
OF_TARGETS = ("times", "two columns")
NUMBER_WRONG = [
    Input(name, NUMBERS if name in OF_TARGETS else NUMBERS_AND_AGES, make, None, words)
    for name, make, words in [
        ("one NaN", one_replaced(np.nan), NOT_FINITE),
        ("one infinity", one_replaced(np.inf), NOT_FINITE),
        ("objects with None", one_replaced(None, object), r"NaN|missing|None"),
        ("objects with NA", one_replaced(pd.NA, object), r"NaN|missing|NA"),
        ("complex", as_dtype(complex), r"[Cc]omplex"),
        (
            "text",
            lambda y: np.where(y > 1, "yes", "no"),
            r"convert|numeric|string|numbers|label|text",
        ),
        (
            "objects with text",
            one_replaced("text", object),
            r"convert|numeric|string|numbers",
        ),
        (
            "times",
            lambda y: pd.Series(pd.Timestamp("2026-01-01"), range(len(y))),
            r"date|Date|time|numeric|dtype",
        ),
        ("two columns", stacked, r"1d array|shape|dimension|1-D|column|multi"),
        ("ragged", ragged, r"."),
        ("None", nothing, r"None|required|NoneType|y"),
        ("one row less", shorter, r"inconsistent|length|rows"),
        ("no row", empty, r"inconsistent|length|rows|0 sample|empty"),
        ("a number", scalar, r"."),
    ]
]

# Groups.
GROUPS = ("groups",)


def named(*names):
    """A function that gives the groups a, b and c other names, as objects."""

    def make(groups):
        renamed = np.empty(len(groups), dtype=object)
        renamed[:] = [names["abc".index(label)] for label in groups]
        return renamed

    return make


def numbered(groups):
    return np.searchsorted(["a", "b", "c"], groups)


GROUP_FORMS = [
    Input(name, GROUPS, make, itself, renamed=True)
    for name, make in [
        ("read-only", read_only),
        ("not contiguous", strided),
        ("list", lambda s: s.tolist()),
        ("tuple", lambda s: tuple(s.tolist())),
        ("objects", of_objects),
        ("bytes", as_dtype("S")),
        ("int64", numbered),
        ("int8, negative", lambda s: (numbered(s) * 100 - 100).astype(np.int8)),
        (
            "uint64 above 2^63",
            lambda s: numbered(s).astype(np.uint64) + np.uint64(2**63),
        ),
        ("float16", lambda s: numbered(s).astype(np.float16) / 2),
        ("longdouble", lambda s: numbered(s).astype(np.longdouble)),
        ("float 1e300", lambda s: numbered(s) * 1e300),
        ("infinities", lambda s: np.array([-np.inf, 0.0, np.inf])[numbered(s)]),
        ("complex", lambda s: numbered(s) * 1j),
        ("one column of a table", as_column),
        ("Series", pd.Series),
        ("category", lambda s: pd.Series(s, dtype="category")),
        (
            "category with one unused",
            lambda s: pd.Series(pd.Categorical(s, ["z", "c", "b", "a"])),
        ),
        ("nullable Int64", lambda s: pd.Series(numbered(s)).astype("Int64")),
        ("pandas string", lambda s: pd.Series(s, dtype="string")),
        ("polars Series", pl.Series),
        ("polars category", lambda s: pl.Series(s, dtype=pl.Categorical)),
        ("frame", lambda s: pd.DataFrame({"sex": s})),
        ("dict", lambda s: {"sex": s}),
        ("dates", lambda s: np.datetime64("2026-01-01") + numbered(s)),
        (
            "times in time zones",
            lambda s: pd.Series(
                pd.Timestamp("2026-01-01", tz="CET") + pd.to_timedelta(numbered(s), "D")
            ),
        ),
        ("durations", lambda s: numbered(s).astype("timedelta64[D]")),
        ("periods", lambda s: pd.Series(pd.Period("2026-01", "M") + numbered(s))),
        ("tuples", named(("a", 1), ("b", 1), ("c", 2))),
        ("mixed types", named("a", 1, 2.5)),
        ("mixed types that do not compare", named("a", b"a", (1,))),
        ("names '', ' ' and 'None'", named("", " ", "None")),
        ("names 0, '0' and 0.5", named(0, "0", 0.5)),
        ("names False, 'False' and 2", named(False, "False", 2)),
        ("names with a line break and a percent sign", named("a\nb", "%s", "{}")),
        ("long names", named("a" * 5000, "b" * 5000, "c")),
        ("two columns", lambda s: np.column_stack([s == "a", s == "b"])),
    ]
] + [
    Input(
        "two columns of unlike types",
        GROUPS,
        lambda s: pd.DataFrame({"n": numbered(s), "s": s}),
        itself,
        renamed=True,
    ),
    Input(
        "0 and False are one",
        GROUPS,
        named(0, False, "c"),
        lambda s: np.where(s == "c", "c", "a"),
        renamed=True,
    ),
]
MISSING_GROUP = r"missing \(None, NaN or NA\)"
GROUPS_WRONG = [
    Input(name, GROUPS, make, None, words)
    for name, make, words in [
        (f"{name} in one row", one_replaced(value, object), MISSING_GROUP)
        for name, value in [
            ("None", None),
            ("NaN", np.nan),
            ("NA", pd.NA),
            ("NaT", pd.NaT),
            ("numpy NaT", np.datetime64("NaT")),
        ]
    ]
    + [
        ("a group named None", named("a", "b", None), MISSING_GROUP),
        ("a group named NaN", named("a", "b", float("nan")), MISSING_GROUP),
        (
            "float NaN",
            lambda s: one_replaced(np.nan)(numbered(s).astype(float)),
            MISSING_GROUP,
        ),
        (
            "dates with NaT",
            lambda s: one_replaced(np.datetime64("NaT"))(
                np.datetime64("2026-01-01") + numbered(s)
            ),
            MISSING_GROUP,
        ),
        (
            "nullable with NA",
            lambda s: pd.Series(numbered(s)).astype("Int64").mask(s == "a"),
            MISSING_GROUP,
        ),
        (
            "category with NaN",
            lambda s: pd.Series(s, dtype="category").mask(s == "a"),
            MISSING_GROUP,
        ),
        ("polars null", lambda s: pl.Series([None, *s[1:].tolist()]), MISSING_GROUP),
        ("masked array", lambda s: np.ma.masked_array(s, s == "a"), MISSING_GROUP),
        ("only None", lambda s: np.full(len(s), None), MISSING_GROUP),
        ("one group", lambda s: np.full(len(s), "a"), "one group"),
        ("labels that are lists", lambda s: one_label(s, ["a"]), "no scalars"),
        ("labels that are dicts", named({}, {}, {}), "no scalars"),
        (
            "ragged",
            lambda s: [["a", "b"], *([v] for v in s[1:].tolist())],
            "sensitive_features",
        ),
        ("three dimensions", lambda s: s[:, None, None], "3 dimensions"),
        ("no column", lambda s: np.empty((len(s), 0)), "no column"),
        ("empty dict", lambda s: {}, "no column"),
        ("None", nothing, "sensitive_features is required"),
        ("text itself", lambda s: "sex", "sensitive_features"),
        ("a number", lambda s: 1, "sensitive_features"),
        ("a set", lambda s: {"a", "b"}, "sensitive_features"),
        ("a generator", lambda s: (v for v in s), "sensitive_features"),
        (
            "sparse",
            lambda s: sparse.csr_array(numbered(s)[:, None]),
            "sensitive_features",
        ),
        ("one row less", shorter, "rows"),
        ("one row more", longer, "rows"),
        ("no row", empty, "rows"),
    ]
]
GROUPS_HARD = [
    Input(
        "each row a group",
        GROUPS,
        lambda s: np.arange(len(s)),
        None,
        r"group|row|fewer|class",
        sound=True,
    ),
    Input(
        "a group of one row",
        GROUPS,
        one_replaced("z"),
        None,
        r"group|rows|fewer",
        sound=True,
    ),
]

# Weights.
WEIGHT = ("weight",)
WEIGHT_FORMS = [
    Input(name, WEIGHT, make, reference)
    for name, make, reference in [
        *NUMERIC_FORMS,
        SINGLE,
        ("bool", lambda w: w > 1, lambda w: (w > 1).astype(float)),
        ("Series", pd.Series, itself),
        ("nullable Float64", lambda w: pd.Series(w).astype("Float64"), itself),
        ("polars Series", pl.Series, itself),
        ("one number for all", lambda w: 2.0, lambda w: np.full_like(w, 2.0)),
        (
            "zeros are rows that are absent",
            lambda w: np.where(np.arange(len(w)) % 9, w, 0.0),
            lambda w: np.where(np.arange(len(w)) % 9, w, 1e-15),
        ),
    ]
]
WEIGHT_SCALES = [
    Input(
        "scale 1e-300",
        WEIGHT,
        scaled(1e-300),
        None,
        r"sample_weight|weight",
        sound=True,
    ),
    Input(
        "scale 5e-324",
        WEIGHT,
        scaled(5e-324),
        None,
        r"sample_weight|weight",
        sound=True,
    ),
    Input("scale 1e12", WEIGHT, scaled(1e12), sound=True),
    Input(
        "scale 1e300", WEIGHT, scaled(1e300), None, r"sample_weight|weight", sound=True
    ),
    Input("one of 1e12", WEIGHT, one_replaced(1e12), sound=True, tol=1e-4),
]
WEIGHT_WRONG = [
    Input(name, WEIGHT, make, None, words)
    for name, make, words in [
        ("all zero", np.zeros_like, r"weight"),
        ("one negative", one_replaced(-1.0), r"[Nn]egative"),
        ("one NaN", one_replaced(np.nan), r"NaN"),
        ("one infinity", one_replaced(np.inf), r"inf"),
        ("one row holds all", lambda w: np.eye(len(w))[3], r"weight|group|row|class"),
        (
            "one group holds all",
            lambda w: np.where(make_columns()["groups"] == "a", w, 0.0),
            r"weight|group|row",
        ),
        ("complex", as_dtype(complex), r"[Cc]omplex"),
        ("text", lambda w: np.full(len(w), "a"), r"convert|numeric|string|weight"),
        ("objects with None", one_replaced(None, object), r"NaN|None|missing"),
        ("two columns", stacked, r"1D|1-D|shape|dimension|weight"),
        ("one column of a table", as_column, r"1D|1-D|shape|dimension|weight"),
        ("ragged", ragged, r"."),
        ("sum overflows", lambda w: np.full_like(w, 1e308), r"sample_weight|weight"),
        ("one row less", shorter, r"sample_weight|shape|length|inconsistent"),
        ("no row", empty, r"sample_weight|shape|length|inconsistent"),
        ("text itself", lambda w: "balanced", r"weight|convert|string"),
    ]
]

INPUTS = [
    *FORMS_OF_TABLES,
    *FORMS_OF_SPARSE,
    *HARD_TABLES,
    *BAD_TABLES,
    *CLASS_FORMS,
    *CLASS_WRONG,
    *ONE_CLASS,
    *NUMBER_FORMS,
    *NUMBER_HARD,
    *NUMBER_WRONG,
    *GROUP_FORMS,
    *GROUPS_WRONG,
    *GROUPS_HARD,
    *WEIGHT_FORMS,
    *WEIGHT_SCALES,
    *WEIGHT_WRONG,
]
