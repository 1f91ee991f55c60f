"""Sample weights."""

import numpy as np
import pandas as pd
import polars as pl

from .data import make_columns
from .input import (
    NUMERIC_FORMS,
    SINGLE,
    Input,
    as_column,
    as_dtype,
    empty,
    itself,
    one_replaced,
    ragged,
    scaled,
    shorter,
    stacked,
)

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
        ("complex", as_dtype(complex), r"[Cc]omplex"),
        ("text", lambda w: np.full(len(w), "a"), r"convert|numeric|string|weight"),
        ("objects with None", one_replaced(None, object), r"NaN|None|missing"),
        ("two columns", stacked, r"1D|1-D|shape|dimension|weight"),
        ("one column of a table", as_column, r"1D|1-D|shape|dimension|weight"),
        ("ragged", ragged, r"."),
        (
            "one row less",
            shorter,
            r"sample_weight|shape|length|inconsistent|rows but X has",
        ),
        ("no row", empty, r"sample_weight|shape|length|inconsistent|rows but X has"),
        ("text itself", lambda w: "balanced", r"weight|convert|string"),
    ]
]

# Right where there are no groups to compare.
WEIGHT_OF_ONE = [
    Input(name, WEIGHT, make, None, r"weight|group|row|class|one value", sound=True)
    for name, make in [
        ("one row holds all", lambda w: np.eye(len(w))[3]),
        (
            "one group holds all",
            lambda w: np.where(make_columns()["groups"] == "a", w, 0.0),
        ),
    ]
]
WEIGHT_OVERFLOW = Input(
    "sum overflows",
    WEIGHT,
    lambda w: np.full_like(w, 1e308),
    lambda w: np.ones_like(w),
    r"sample_weight|weight",
)
INPUTS = [*WEIGHT_OF_ONE, WEIGHT_OVERFLOW, *WEIGHT_FORMS, *WEIGHT_SCALES, *WEIGHT_WRONG]
