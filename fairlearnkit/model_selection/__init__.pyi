"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "HighestScore",
    "LowestGap",
    "pareto_front",
    "pooled_gaps",
]

class HighestScore:
    score: str
    gap: str
    max_gap: _Float
    otherwise: Literal["lowest_gap", "error"]
    min_score: _Float | None
    def __init__(self, score: str, gap: str, max_gap: _Float, otherwise: Literal["lowest_gap", "error"] = ..., min_score: _Float | None = ...) -> None: ...

class LowestGap:
    score: str
    gap: str
    min_score_ratio: _Float
    min_score: _Float | None
    def __init__(self, score: str, gap: str, min_score_ratio: _Float = ..., min_score: _Float | None = ...) -> None: ...

def pareto_front(cv_results: Any, score: str, gap: str) -> NDArray[Any]: ...

def pooled_gaps(cv_results: Any, gap: str) -> NDArray[Any]: ...
