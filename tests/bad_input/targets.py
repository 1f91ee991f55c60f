"""Columns of class labels and of numbers: targets, decisions, scores, ages."""

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

from .input import (
    NOT_FINITE,
    NUMERIC_FORMS,
    SINGLE,
    Input,
    as_column,
    as_dtype,
    empty,
    itself,
    longer,
    nothing,
    of_objects,
    one_label,
    one_replaced,
    ragged,
    read_only,
    scalar,
    scaled,
    shorter,
    stacked,
    strided,
)

# A fitted model has classes of its own, which cannot be renamed.
KNOWN = ("known classes",)
LABELS = ("classes", "decisions")
ALL_LABELS = (*LABELS, *KNOWN)
RENAMED = (
    *("complex", "-1 and 1", "text", "objects of text", "category of text", "3 and 7"),
)
NUMBERS = ("numbers", "positive", "scores")
NUMBERS_AND_AGES = (*NUMBERS, "ages")
POS_LABEL = r"pos_label"
# scikit-learn refuses columns of objects that are no text as classes.
UNKNOWN = r"Unknown label type"
CLASS_FORMS = [
    Input(
        name,
        LABELS if name in RENAMED else ALL_LABELS,
        make,
        itself,
        refused,
        partners=True,
        renamed=True,
    )
    for name, make, refused in [
        ("read-only", read_only, None),
        ("not contiguous", strided, None),
        ("bool", as_dtype(bool), None),
        ("int8", as_dtype(np.int8), None),
        ("uint64", as_dtype(np.uint64), None),
        ("float64", as_dtype(float), None),
        ("float16", as_dtype(np.float16), None),
        ("longdouble", as_dtype(np.longdouble), None),
        ("complex", as_dtype(complex), r"[Cc]omplex"),
        ("-1 and 1", lambda y: 2 * y - 1, None),
        ("objects", of_objects, UNKNOWN),
        ("objects of bool", lambda y: y.astype(bool).astype(object), UNKNOWN),
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


def masked(column):
    """A column of which numpy would show what is behind the mask."""
    return np.ma.masked_array(column, np.arange(len(column)) == 4)


CLASS_WRONG = [
    Input(name, ALL_LABELS, make, None, words)
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
        ("masked array", masked, r"NaN|missing"),
        (
            "numbers with fractions",
            lambda y: y + np.linspace(0, 1, len(y)),
            r"continuous|numbers such as|classes|scores",
        ),
        ("objects that are lists", lambda y: one_label(y, [1, 2]), r"."),
        (
            "two columns",
            stacked,
            r"1d array|shape|dimension|1-D|column|multi|one label",
        ),
        ("ragged", ragged, r"."),
        ("one row less", shorter, r"inconsistent|length|rows|shape"),
        ("one row more", longer, r"inconsistent|length|rows|shape"),
        ("no row", empty, r"inconsistent|length|rows|0 sample|empty|shape"),
        ("a number", scalar, r"."),
        ("sparse", lambda y: sparse.csr_array(y[:, None]), r"."),
    ]
]


# Three classes, where classes need no order.
MIXED = Input(
    "mixed types",
    LABELS,
    one_replaced("a", object),
    None,
    r"type|mix|label|class|string|leaves no row",
    sound=True,
)
# Metrics that compare predictions only take None as y_true.
NO_TARGET = r"None|required|got none"
NO_LABELS = [
    Input(
        "None",
        (kind,),
        nothing,
        None,
        r"None|required|got none",
        sound=kind == "classes",
    )
    for kind in LABELS
]
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
        ("masked array", masked, NOT_FINITE),
        ("complex", as_dtype(complex), r"[Cc]omplex|finite numbers"),
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
        ("one row less", shorter, r"inconsistent|length|rows|shape"),
        ("no row", empty, r"inconsistent|length|rows|0 sample|empty|shape"),
        ("a number", scalar, r"."),
    ]
]

INPUTS = [
    *(*CLASS_FORMS, *CLASS_WRONG, *ONE_CLASS, *NO_LABELS, MIXED),
    *(*NUMBER_FORMS, *NUMBER_HARD, *NUMBER_WRONG),
]
