"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
import sklearn.base

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "ParityGammaRegressor",
    "ParityLogisticRegression",
    "ParityLogisticRegressionCV",
    "ParityPoissonRegressor",
    "ParityRidge",
    "ParityRidgeCV",
    "parity_path",
]

class ParityGammaRegressor(sklearn.base.RegressorMixin, sklearn.base.BaseEstimator):
    alpha: _Float
    constraint: Any
    max_gap: _Float
    gap_ratio: _Float | None
    fit_intercept: bool | np.bool_
    tol: _Float
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
    def __init__(self, *, alpha: _Float = ..., constraint: Any = ..., max_gap: _Float = ..., gap_ratio: _Float | None = ..., fit_intercept: bool | np.bool_ = ..., tol: _Float = ..., missing: Literal["error", "group", "ignore"] = ..., solver: str = ..., solver_params: Any = ..., convex_constraints: Callable[..., Any] | None = ..., max_iter: _Int = ..., verbose: _Int = ...) -> None: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def linear_predictor(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
    def to_sklearn(self) -> Any: ...

class ParityLogisticRegression(sklearn.base.ClassifierMixin, sklearn.base.BaseEstimator):
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
    def __init__(self, *, constraint: Any = ..., pos_label: Any = ..., max_gap: _Float = ..., gap_ratio: _Float | None = ..., C: _Float = ..., tol: _Float = ..., fit_intercept: bool | np.bool_ = ..., class_weight: Any = ..., missing: Literal["error", "group", "ignore"] = ..., solver: str = ..., solver_params: Any = ..., convex_constraints: Callable[..., Any] | None = ..., max_iter: _Int = ..., verbose: _Int = ...) -> None: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
    def to_sklearn(self) -> Any: ...

class ParityLogisticRegressionCV(ParityLogisticRegression):
    max_gap: _Float
    metric: str | Callable[..., Any] | None
    constraint: Any
    pos_label: Any
    Cs: Any
    gap_ratios: Any
    cv: Any
    scoring: str | Callable[..., Any] | None
    tol: _Float
    fit_intercept: bool | np.bool_
    class_weight: Any
    missing: Literal["error", "group", "ignore"]
    solver: str
    max_iter: _Int
    n_jobs: _Int | None
    verbose: _Int
    classes_: NDArray[Any]
    coef_: NDArray[Any]
    intercept_: NDArray[Any]
    C_: float
    gap_ratio_: float
    gap_: float
    cv_results_: Any
    best_index_: int
    path_: Any
    duality_gap_: float
    multipliers_: Any
    n_iter_: int
    groups_: NDArray[Any] | None
    group_counts_: NDArray[Any] | None
    pos_label_: Any
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, *, max_gap: _Float = ..., metric: str | Callable[..., Any] | None = ..., constraint: Any = ..., pos_label: Any = ..., Cs: Any = ..., gap_ratios: Any = ..., cv: Any = ..., scoring: str | Callable[..., Any] | None = ..., tol: _Float = ..., fit_intercept: bool | np.bool_ = ..., class_weight: Any = ..., missing: Literal["error", "group", "ignore"] = ..., solver: str = ..., max_iter: _Int = ..., n_jobs: _Int | None = ..., verbose: _Int = ...) -> None: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
    def to_sklearn(self) -> Any: ...

class ParityPoissonRegressor(sklearn.base.RegressorMixin, sklearn.base.BaseEstimator):
    alpha: _Float
    constraint: Any
    max_gap: _Float
    gap_ratio: _Float | None
    fit_intercept: bool | np.bool_
    tol: _Float
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
    def __init__(self, *, alpha: _Float = ..., constraint: Any = ..., max_gap: _Float = ..., gap_ratio: _Float | None = ..., fit_intercept: bool | np.bool_ = ..., tol: _Float = ..., missing: Literal["error", "group", "ignore"] = ..., solver: str = ..., solver_params: Any = ..., convex_constraints: Callable[..., Any] | None = ..., max_iter: _Int = ..., verbose: _Int = ...) -> None: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def linear_predictor(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
    def to_sklearn(self) -> Any: ...

class ParityRidge(sklearn.base.RegressorMixin, sklearn.base.BaseEstimator):
    alpha: _Float
    constraint: Any
    max_gap: _Float
    gap_ratio: _Float | None
    fit_intercept: bool | np.bool_
    tol: _Float
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
    def __init__(self, alpha: _Float = ..., *, constraint: Any = ..., max_gap: _Float = ..., gap_ratio: _Float | None = ..., fit_intercept: bool | np.bool_ = ..., tol: _Float = ..., missing: Literal["error", "group", "ignore"] = ..., solver: str = ..., solver_params: Any = ..., convex_constraints: Callable[..., Any] | None = ..., max_iter: _Int = ..., verbose: _Int = ...) -> None: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
    def to_sklearn(self) -> Any: ...

class ParityRidgeCV(ParityRidge):
    alphas: Any
    max_gap: _Float
    metric: str | Callable[..., Any] | None
    constraint: Any
    gap_ratios: Any
    cv: Any
    scoring: str | Callable[..., Any] | None
    fit_intercept: bool | np.bool_
    tol: _Float
    missing: Literal["error", "group", "ignore"]
    solver: str
    max_iter: _Int
    n_jobs: _Int | None
    verbose: _Int
    coef_: NDArray[Any]
    intercept_: float
    alpha_: float
    gap_ratio_: float
    gap_: float
    cv_results_: Any
    best_index_: int
    path_: Any
    duality_gap_: float
    multipliers_: Any
    n_iter_: int
    groups_: NDArray[Any] | None
    group_counts_: NDArray[Any] | None
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, alphas: Any = ..., *, max_gap: _Float = ..., metric: str | Callable[..., Any] | None = ..., constraint: Any = ..., gap_ratios: Any = ..., cv: Any = ..., scoring: str | Callable[..., Any] | None = ..., fit_intercept: bool | np.bool_ = ..., tol: _Float = ..., missing: Literal["error", "group", "ignore"] = ..., solver: str = ..., max_iter: _Int = ..., n_jobs: _Int | None = ..., verbose: _Int = ...) -> None: ...
    def fit(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ...) -> Self: ...
    def to_sklearn(self) -> Any: ...

def parity_path(X: Any, y: Any, *, sensitive_features: Any, constraint: Any = ..., gap_ratios: Any = ..., estimator: Any = ..., sample_weight: Any = ...) -> Any: ...
