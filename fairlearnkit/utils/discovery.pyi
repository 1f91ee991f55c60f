"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "all_estimators",
    "all_functions",
    "all_public",
    "public_modules",
]

def all_estimators(type_filter: Literal["classifier", "meta", "regressor", "transformer"] | None = ...) -> Any: ...

def all_functions() -> Any: ...

def all_public() -> Any: ...

def public_modules() -> Any: ...
