"""Forms of texts, and what is none."""

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

from .input import Input, itself, read_only, strided

TEXTS = ("texts",)


def first_replaced(value):
    return lambda texts: [value, *texts[1:]]


def array_with(value):
    """An array of objects whose first one is something else than text."""
    return lambda texts: np.array([value, *texts[1:]], dtype=object)


FORMS = [
    Input(name, TEXTS, make, itself)
    for name, make in [
        ("array", np.array),
        ("read-only", read_only),
        ("not contiguous", strided),
        ("objects", lambda texts: np.array(texts, dtype=object)),
        ("tuple", tuple),
        ("Series", pd.Series),
        ("pandas string", lambda texts: pd.Series(texts, dtype="string")),
        ("category", lambda texts: pd.Series(texts, dtype="category")),
        ("polars Series", pl.Series),
    ]
]
KEPT = [
    Input(f"{name} among texts", TEXTS, make, sound=True)
    for name, make in [
        ("None", first_replaced(None)),
        ("NA", array_with(pd.NA)),
        ("empty text", first_replaced("")),
        ("a surrogate", first_replaced("he \ud800 she")),
        ("a null character", first_replaced("he\0she")),
        ("a million characters", first_replaced("she " * 250_000)),
        ("no row", lambda texts: []),
    ]
]
WRONG = [
    Input(name, TEXTS, make, None, words)
    for name, make, words in [
        ("None", lambda texts: None, "text"),
        ("a number", lambda texts: 3, "text"),
        ("text itself", lambda texts: "he is", "single one"),
        ("numbers", lambda texts: list(range(len(texts))), "numbers"),
        ("sparse", lambda texts: sparse.csr_array((4, 3)), "sparse"),
        ("three dimensions", lambda texts: np.array(texts)[:, None, None], "dim"),
    ]
]
INPUTS = [*FORMS, *KEPT, *WRONG]
