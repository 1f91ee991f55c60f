"""Tables of searches, for refit rules and fronts, and what is wrong with them."""

from functools import cache

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from fairlearnkit.metrics import pooled_scorers

from .data import make_columns
from .input import Input

SEARCH = ("search",)
ANY_SEARCH = ("search", "search of counts")
SCORES = [0.80, 0.78, 0.60, 0.70, 0.77]
GAPS = [0.20, 0.05, 0.0, 0.10, 0.04]


@cache
def pooled_results():
    """Columns of a search that counts, of four candidates."""
    columns = make_columns()
    codes = np.searchsorted(["a", "b", "c"], columns["groups"])
    X = np.column_stack([columns["table"], codes])
    scorers = pooled_scorers(
        "pooled",
        "demographic_parity_difference",
        groups=codes,
        classes=columns["classes"],
        columns=-1,
    )
    grid = {"C": [1e-3, 0.1, 10.0, 1e3, 1e4]}
    search = GridSearchCV(
        LogisticRegression(),
        grid,
        scoring={"accuracy": "accuracy", **scorers},
        refit=False,
        cv=2,
    )
    return search.fit(X, columns["classes"]).cv_results_


def make_results():
    """A table as ``cv_results_``, with gaps as means and as counts."""
    results = dict(pooled_results())
    results["mean_test_score"] = np.array(SCORES)
    results["mean_test_gap"] = -np.array(GAPS)
    return results


def changed(name, make):
    return lambda results: {**results, name: make(results[name])}


def every(make):
    """A function that changes each column of numbers."""

    def change(results):
        return {
            name: make(column) if _is_numeric(column) else column
            for name, column in results.items()
        }

    return change


def _is_numeric(column):
    return isinstance(column, np.ndarray) and column.dtype.kind == "f"


def without(*names):
    return lambda results: {n: c for n, c in results.items() if n not in names}


def itself(results):
    return results


def locked(column):
    column = column.copy()
    column.flags.writeable = False
    return column


def in_pooled(make):
    """A function that changes the first column of counts."""

    def change(results):
        name = next(n for n in results if n.startswith("mean_test_pooled"))
        return {**results, name: make(results[name])}

    return change


# numpy 1 makes a number of a list of one.
TAKES_LISTS = np.lib.NumpyVersion(np.__version__) < "2.0.0"
LISTS = (
    "scores of objects that are lists",
    changed("mean_test_score", lambda c: [[v] for v in c]),
    "does not hold numbers",
)

INPUTS = [
    Input(name, ANY_SEARCH, make, itself)
    for name, make in [
        ("read-only", every(locked)),
        ("lists", every(lambda column: column.tolist())),
        ("objects", every(lambda column: column.astype(object))),
        ("longdouble", every(lambda column: column.astype(np.longdouble))),
        ("masked arrays", every(np.ma.asarray)),
        (
            "frame",
            lambda r: pd.DataFrame({n: pd.Series(list(c)) for n, c in r.items()}),
        ),
        (
            "frame of a shuffled index",
            lambda r: pd.DataFrame({n: list(c) for n, c in r.items()}, [3, 1, 4, 0, 2]),
        ),
    ]
] + [
    Input(name, SEARCH if "score" in name else ANY_SEARCH, make, None, words)
    for name, make, words in [
        ("None", lambda r: None, "cv_results"),
        ("a number", lambda r: 3, "cv_results"),
        ("a list", lambda r: [1, 2], "among the scores|cv_results|no counts"),
        ("an empty dict", lambda r: {}, "among the scores|no"),
        ("without the score", without("mean_test_score"), "score"),
        ("scores of NaN", changed("mean_test_score", lambda c: c * np.nan), "NaN"),
        (
            "scores of text",
            changed("mean_test_score", lambda c: np.full(len(c), "high")),
            "does not hold numbers",
        ),
        *([] if TAKES_LISTS else [LISTS]),
        (
            "a score less",
            changed("mean_test_score", lambda c: c[:-1]),
            "one of each for every candidate",
        ),
        (
            "no candidate",
            lambda r: {n: c[:0] for n, c in r.items()},
            "candidate|no|empty|NaN",
        ),
        ("complex scores", changed("mean_test_score", lambda c: c + 1j), "numbers"),
    ]
]
