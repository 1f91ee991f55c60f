"""Sensitive features."""

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

from .input import (
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
    read_only,
    shorter,
    strided,
)

GROUPS = ("groups",)
# Of which some were named before, which others cannot be.
ANY_GROUPS = (*GROUPS, "known groups")


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
REQUIRED = "sensitive_features is required|needs sensitive_features|finds no groups"
GROUPS_WRONG = [
    Input(name, GROUPS if name == "one group" else ANY_GROUPS, make, None, words)
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
        (
            "None",
            nothing,
            REQUIRED,
        ),
        ("text itself", lambda s: "sex", "sensitive_features"),
        ("a number", lambda s: 1, "sensitive_features"),
        ("a set", lambda s: {"a", "b"}, "sensitive_features"),
        ("a generator", lambda s: (v for v in s), "sensitive_features"),
        (
            "sparse",
            lambda s: sparse.csr_array(numbered(s)[:, None]),
            "sensitive_features",
        ),
        ("one row less", shorter, "rows|shape"),
        ("one row more", longer, "rows|shape"),
        ("no row", empty, "rows|shape"),
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

INPUTS = [*GROUP_FORMS, *GROUPS_WRONG, *GROUPS_HARD]
