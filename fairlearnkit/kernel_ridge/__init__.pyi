"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
import sklearn.base

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "ParityKernelRidge",
]

class ParityKernelRidge(sklearn.base.RegressorMixin, sklearn.base.BaseEstimator):
    alpha: _Float
    kernel: str | Callable[..., Any]
    gamma: _Float | None
    degree: _Float
    coef0: _Float
    constraint: Any
    max_gap: _Float
    missing: Literal["error", "group", "ignore"]
    solver: Literal["auto", "cvxpy"]
    solver_params: Any
    verbose: _Int
    support_: NDArray[Any]
    support_vectors_: Any
    dual_coef_: NDArray[Any]
    coef_: NDArray[Any]
    intercept_: NDArray[Any]
    gap_: float
    duality_gap_: float
    multipliers_: Any
    n_iter_: int
    groups_: NDArray[Any] | None
    group_counts_: NDArray[Any] | None
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, alpha: _Float = ..., *, kernel: str | Callable[..., Any] = ..., gamma: _Float | None = ..., degree: _Float = ..., coef0: _Float = ..., constraint: Any = ..., max_gap: _Float = ..., missing: Literal["error", "group", "ignore"] = ..., solver: Literal["auto", "cvxpy"] = ..., solver_params: Any = ..., verbose: _Int = ...) -> None: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
