"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
import sklearn.base

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "ParityLinearSVC",
    "ParityLinearSVR",
    "ParitySVC",
    "ParitySVR",
]

class ParityLinearSVC(sklearn.base.ClassifierMixin, sklearn.base.BaseEstimator):
    loss: Literal["squared_hinge", "hinge"]
    constraint: Any
    pos_label: Any
    max_gap: _Float
    gap_ratio: _Float | None
    C: _Float
    tol: _Float
    fit_intercept: bool | np.bool_
    class_weight: Any
    missing: Literal["error", "group", "ignore"]
    solver: str
    solver_params: Any
    convex_constraints: Callable[..., Any] | None
    max_iter: _Int
    verbose: _Int
    classes_: NDArray[Any]
    coef_: NDArray[Any]
    intercept_: NDArray[Any]
    gap_: float
    duality_gap_: float
    multipliers_: Any
    n_iter_: int
    groups_: NDArray[Any] | None
    group_counts_: NDArray[Any] | None
    pos_label_: Any
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, loss: Literal["squared_hinge", "hinge"] = ..., *, constraint: Any = ..., pos_label: Any = ..., max_gap: _Float = ..., gap_ratio: _Float | None = ..., C: _Float = ..., tol: _Float = ..., fit_intercept: bool | np.bool_ = ..., class_weight: Any = ..., missing: Literal["error", "group", "ignore"] = ..., solver: str = ..., solver_params: Any = ..., convex_constraints: Callable[..., Any] | None = ..., max_iter: _Int = ..., verbose: _Int = ...) -> None: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
    def to_sklearn(self) -> Any: ...

class ParityLinearSVR(sklearn.base.RegressorMixin, sklearn.base.BaseEstimator):
    epsilon: _Float
    loss: str
    constraint: Any
    max_gap: _Float
    gap_ratio: _Float | None
    C: _Float
    tol: _Float
    fit_intercept: bool | np.bool_
    missing: Literal["error", "group", "ignore"]
    solver: str
    solver_params: Any
    convex_constraints: Callable[..., Any] | None
    max_iter: _Int
    verbose: _Int
    coef_: NDArray[Any]
    intercept_: float
    gap_: float
    duality_gap_: float
    multipliers_: Any
    n_iter_: int
    groups_: NDArray[Any] | None
    group_counts_: NDArray[Any] | None
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, *, epsilon: _Float = ..., loss: str = ..., constraint: Any = ..., max_gap: _Float = ..., gap_ratio: _Float | None = ..., C: _Float = ..., tol: _Float = ..., fit_intercept: bool | np.bool_ = ..., missing: Literal["error", "group", "ignore"] = ..., solver: str = ..., solver_params: Any = ..., convex_constraints: Callable[..., Any] | None = ..., max_iter: _Int = ..., verbose: _Int = ...) -> None: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
    def to_sklearn(self) -> Any: ...

class ParitySVC(sklearn.base.ClassifierMixin, sklearn.base.BaseEstimator):
    C: _Float
    kernel: str | Callable[..., Any]
    degree: _Float
    gamma: Literal["scale", "auto"] | _Float
    coef0: _Float
    constraint: Any
    pos_label: Any
    max_gap: _Float
    shrinking: bool | np.bool_
    tol: _Float
    cache_size: _Float
    class_weight: Any
    missing: Literal["error", "group", "ignore"]
    solver: Literal["auto", "libsvm", "interior-point", "cvxpy"]
    solver_params: Any
    verbose: _Int
    max_iter: _Int
    classes_: NDArray[Any]
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
    pos_label_: Any
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, *, C: _Float = ..., kernel: str | Callable[..., Any] = ..., degree: _Float = ..., gamma: Literal["scale", "auto"] | _Float = ..., coef0: _Float = ..., constraint: Any = ..., pos_label: Any = ..., max_gap: _Float = ..., shrinking: bool | np.bool_ = ..., tol: _Float = ..., cache_size: _Float = ..., class_weight: Any = ..., missing: Literal["error", "group", "ignore"] = ..., solver: Literal["auto", "libsvm", "interior-point", "cvxpy"] = ..., solver_params: Any = ..., verbose: _Int = ..., max_iter: _Int = ...) -> None: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...

class ParitySVR(sklearn.base.RegressorMixin, sklearn.base.BaseEstimator):
    kernel: str | Callable[..., Any]
    degree: _Float
    gamma: Literal["scale", "auto"] | _Float
    coef0: _Float
    C: _Float
    epsilon: _Float
    constraint: Any
    max_gap: _Float
    shrinking: bool | np.bool_
    tol: _Float
    cache_size: _Float
    missing: Literal["error", "group", "ignore"]
    solver: Literal["auto", "libsvm", "interior-point", "cvxpy"]
    solver_params: Any
    verbose: _Int
    max_iter: _Int
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
    def __init__(self, *, kernel: str | Callable[..., Any] = ..., degree: _Float = ..., gamma: Literal["scale", "auto"] | _Float = ..., coef0: _Float = ..., C: _Float = ..., epsilon: _Float = ..., constraint: Any = ..., max_gap: _Float = ..., shrinking: bool | np.bool_ = ..., tol: _Float = ..., cache_size: _Float = ..., missing: Literal["error", "group", "ignore"] = ..., solver: Literal["auto", "libsvm", "interior-point", "cvxpy"] = ..., solver_params: Any = ..., verbose: _Int = ..., max_iter: _Int = ...) -> None: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
