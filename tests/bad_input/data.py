"""The rows that inputs are made of: numbers that a float16 holds without rounding."""

import numpy as np

# Groups of unlike sizes, each of them with 10 rows and more of both classes.
COUNTS = {"a": 36, "b": 30, "c": 24}
SHARES = {"a": 0.35, "b": 0.5, "c": 0.55}
N_FEATURES = 3
WORDS = ("he", "she", "works", "sings", "his", "her", "teacher", "chief", "reads")


def make_columns():
    """One value for each kind of argument, for the same 90 rows of three groups.

    All numbers are multiples of 1/8, of at most 10 digits in binary.
    """
    rng = np.random.default_rng(1)
    groups = rng.permutation(np.repeat([*COUNTS], [*COUNTS.values()]))
    codes = np.searchsorted([*COUNTS], groups)
    X = rng.normal(size=(len(groups), N_FEATURES))
    X += np.array([[0.0, 0.5, -0.5], [1.0, 0.0, 0.0], [0.5, -0.5, 1.0]])[codes]
    numbers = X @ [1.0, -0.5, 1.0] + rng.normal(size=len(groups))
    score = numbers + 0.5 * rng.normal(size=len(groups))
    return {
        "table": _eighths(X),
        "texts": [" ".join(rng.choice(WORDS, 6)) for _ in groups],
        "classes": _largest(numbers, groups),
        "known classes": _largest(numbers, groups),
        "unused": _largest(numbers, groups),
        "decisions": _largest(score, groups),
        "numbers": _eighths(numbers),
        "positive": _eighths(numbers - numbers.min() + 1),
        "scores": _eighths(score),
        "groups": groups,
        "known groups": groups,
        "ages": codes * 4.0 + _eighths(rng.uniform(1, 5, len(groups))),
        "weight": _eighths(rng.uniform(0.25, 3.0, len(groups))),
    }


def _eighths(x):
    return np.round(8 * x) / 8


def _largest(x, groups):
    """1 for a share of each group, those of largest x, and 0 for all others."""
    chosen = np.zeros(len(x), dtype=np.int64)
    for group, share in SHARES.items():
        rows = np.flatnonzero(groups == group)
        chosen[rows[np.argsort(-x[rows])][: round(share * len(rows))]] = 1
    return chosen
