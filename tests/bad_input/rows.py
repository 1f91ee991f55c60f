"""Inputs of all arguments together: how many rows there are, and pandas indexes."""

import numpy as np
import pandas as pd

from .input import Input

ALL = ("all",)
ANY = (
    "table",
    "texts",
    "unused",
    "known classes",
    "classes",
    "decisions",
    "numbers",
    "positive",
    "scores",
    "groups",
    "known groups",
    "ages",
    "weight",
)
# Nothing to do about so few rows: the words of scikit-learn, of numpy and of this
# library for it.
TOO_FEW = (
    r"0 sample|1 sample|2 sample|minimum of|at least|one group|no group|empty|no row"
    r"|class|n_splits|0 rows|rows"
)


def taken(rows):
    """A function that takes some rows of all arguments."""

    def make(given, name):
        return {name: _take(value, rows) for name, value in given.items()}

    return make


def _take(value, rows):
    index = np.arange(len(value))[rows]
    if isinstance(value, list):
        return [value[i] for i in index]
    return value[index]


def thousand_groups(given, name):
    """2,070 rows in 1,000 groups."""
    many = {
        name: _take(value, np.tile(np.arange(90), 23)) for name, value in given.items()
    }
    if "sensitive_features" in many:
        many["sensitive_features"] = np.arange(2070) % 1000
    return many


def indexed(labels, own=None):
    """A function that puts all arguments into pandas objects of the same index.

    The argument of the cell may have an index of its own.
    """

    def make(given, name):
        return {
            other: _in_pandas(
                value, own if own is not None and other == name else labels
            )
            for other, value in given.items()
        }

    return make


def _in_pandas(value, labels):
    labels = labels(len(value)) if callable(labels) else labels
    if getattr(value, "ndim", 1) == 2:
        names = [f"x{j}" for j in range(value.shape[1])]
        return pd.DataFrame(value, index=labels, columns=names)
    return pd.Series(value, index=labels)


def plain(given, name):
    return given


def backwards(n):
    return np.arange(n)[::-1]


def shuffled(n):
    return np.random.default_rng(0).permutation(n)


def repeated(n):
    return np.arange(n) % 7


def repeated_backwards(n):
    return np.arange(n)[::-1] % 7


def texts(n):
    return [f"row {i}" for i in range(n)]


def texts_backwards(n):
    return texts(n)[::-1]


def other_texts(n):
    return [f"line {i}" for i in range(n)]


def pairs(n):
    return pd.MultiIndex.from_arrays([np.arange(n) // 10, np.arange(n) % 10])


def pairs_backwards(n):
    return pairs(n)[::-1]


def fold(n):
    """Rows of a larger table, in their order."""
    return np.arange(n) * 3 + 7


NUMBERS_OF_ROWS = [
    Input("no row", ALL, taken(slice(0, 0)), None, TOO_FEW, sound=True, whole=True),
    Input("1 row", ALL, taken(slice(0, 1)), None, TOO_FEW, sound=True, whole=True),
    Input("2 rows", ALL, taken(slice(0, 2)), None, TOO_FEW, sound=True, whole=True),
    Input("1,000 groups", ALL, thousand_groups, None, TOO_FEW, sound=True, whole=True),
]
SAME_INDEX = [
    Input(f"all indexed {name}", ALL, indexed(labels), plain, whole=True)
    for name, labels in [
        ("by shuffled numbers", shuffled),
        ("by text", texts),
        ("with repeated labels", repeated),
        ("by pairs", pairs),
        ("by times", lambda n: pd.date_range("2026-01-01", periods=n)),
    ]
]
OTHER_INDEX = [
    Input(
        f"its index {name}",
        ANY,
        indexed(labels, own),
        None,
        r"By their indexes",
        whole=True,
    )
    for name, labels, own in [
        ("backwards", texts, texts_backwards),
        ("shuffled, from 0", np.arange, shuffled),
        ("other labels", texts, other_texts),
        ("repeated labels, backwards", repeated, repeated_backwards),
        ("pairs backwards", pairs, pairs_backwards),
        ("another fold", fold, lambda n: np.arange(n) * 3 + 8),
    ]
]
INPUTS = [*NUMBERS_OF_ROWS, *SAME_INDEX, *OTHER_INDEX]
