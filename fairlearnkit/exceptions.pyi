"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "InfeasibleConstraintError",
    "SmallGroupWarning",
]

class InfeasibleConstraintError(ValueError):
    ...

class SmallGroupWarning(UserWarning):
    ...
