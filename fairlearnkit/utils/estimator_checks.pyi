"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "check_constraint_object",
    "check_estimator",
    "parametrize_with_checks",
]

def check_constraint_object(constraint: Any, *, y: Any = ..., sensitive_features: Any = ..., expected_failed_checks: Any = ...) -> Any: ...

def check_estimator(estimator: Any, *, expected_failed_checks: Any = ...) -> Any: ...

def parametrize_with_checks(estimators: Any, *, expected_failed_checks: Callable[..., Any] | None = ...) -> Any: ...
