"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
import sklearn.base

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "BarycenterClassifier",
    "BarycenterRegressor",
    "ParityThresholdClassifier",
]

class BarycenterClassifier(sklearn.base.ClassifierMixin, sklearn.base.MetaEstimatorMixin, sklearn.base.BaseEstimator):
    estimator: Any
    cv: Any
    strength: _Float
    threshold: _Float
    pos_label: Any
    algorithm: Literal["transport", "split-rank"]
    jitter: _Float
    sequential: Any
    group_weights: Any
    unseen: Literal["error", "pooled"]
    missing: Literal["error", "group", "ignore"]
    random_state: Any
    n_jobs: _Int | None
    estimator_: Any
    classes_: NDArray[Any]
    pos_label_: Any
    maps_: Any
    pooled_maps_: Any
    groups_: Any
    group_counts_: Any
    group_weights_: Any
    sensitive_feature_names_in_: list[str] | None
    unfairness_: NDArray[Any]
    gap_: float
    atom_bound_: float
    ks_bound_: float
    rank_error_: float
    rounding_: float
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, estimator: Any, *, cv: Any = ..., strength: _Float = ..., threshold: _Float = ..., pos_label: Any = ..., algorithm: Literal["transport", "split-rank"] = ..., jitter: _Float = ..., sequential: Any = ..., group_weights: Any = ..., unseen: Literal["error", "pooled"] = ..., missing: Literal["error", "group", "ignore"] = ..., random_state: Any = ..., n_jobs: _Int | None = ...) -> None: ...
    def fit(self, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any, *, sensitive_features: Any = ...) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, *, sensitive_features: Any = ...) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_predict_proba_request(self, *, sensitive_features: Any = ...) -> Self: ...
    def set_predict_request(self, *, sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def with_strength(self, strength: _Float) -> Any: ...

class BarycenterRegressor(sklearn.base.RegressorMixin, sklearn.base.MetaEstimatorMixin, sklearn.base.BaseEstimator):
    estimator: Any
    cv: Any
    strength: _Float
    algorithm: Literal["transport", "split-rank"]
    jitter: _Float
    sequential: Any
    group_weights: Any
    unseen: Literal["error", "pooled"]
    missing: Literal["error", "group", "ignore"]
    random_state: Any
    n_jobs: _Int | None
    estimator_: Any
    maps_: Any
    pooled_maps_: Any
    groups_: NDArray[Any]
    group_counts_: NDArray[Any]
    group_weights_: NDArray[Any]
    sensitive_feature_names_in_: list[str] | None
    unfairness_: NDArray[Any]
    gap_: float
    atom_bound_: float
    ks_bound_: float
    rank_error_: float
    rounding_: float
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, estimator: Any, *, cv: Any = ..., strength: _Float = ..., algorithm: Literal["transport", "split-rank"] = ..., jitter: _Float = ..., sequential: Any = ..., group_weights: Any = ..., unseen: Literal["error", "pooled"] = ..., missing: Literal["error", "group", "ignore"] = ..., random_state: Any = ..., n_jobs: _Int | None = ...) -> None: ...
    def fit(self, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def predict(self, X: Any, *, sensitive_features: Any = ...) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> float: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_predict_request(self, *, sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def with_strength(self, strength: _Float) -> Any: ...

class ParityThresholdClassifier(sklearn.base.ClassifierMixin, sklearn.base.MetaEstimatorMixin, sklearn.base.BaseEstimator):
    estimator: Any
    constraint: Any
    max_gap: _Float
    group_estimator: Any
    cost: Any
    pos_label: Any
    confidence: _Float
    cv: Any
    missing: Literal["error", "group", "ignore"]
    unseen: Literal["error", "pooled"]
    n_jobs: _Int | None
    estimator_: Any
    group_estimators_: Any
    classes_: NDArray[Any]
    pos_label_: Any
    thresholds_: Any
    multipliers_: Any
    gap_: float
    gap_bound_: float
    cost_: float
    duality_gap_: float
    tradeoff_: Any
    groups_: NDArray[Any]
    group_counts_: NDArray[Any]
    sensitive_feature_names_in_: list[str] | None
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, estimator: Any, *, constraint: Any = ..., max_gap: _Float = ..., group_estimator: Any = ..., cost: Any = ..., pos_label: Any = ..., confidence: _Float = ..., cv: Any = ..., missing: Literal["error", "group", "ignore"] = ..., unseen: Literal["error", "pooled"] = ..., n_jobs: _Int | None = ...) -> None: ...
    def decision_function(self, X: Any, *, sensitive_features: Any = ...) -> NDArray[Any]: ...
    def fit(self, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ..., proba: Any = ...) -> Self: ...
    def predict(self, X: Any, *, sensitive_features: Any = ...) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, *, sensitive_features: Any = ...) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ...) -> float: ...
    def set_decision_function_request(self, *, sensitive_features: Any = ...) -> Self: ...
    def set_fit_request(self, *, proba: Any = ..., sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_predict_proba_request(self, *, sensitive_features: Any = ...) -> Self: ...
    def set_predict_request(self, *, sensitive_features: Any = ...) -> Self: ...
    def set_score_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def with_max_gap(self, max_gap: _Float) -> Any: ...
