"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
import sklearn.base

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "ParityEncoder",
]

class ParityEncoder(sklearn.base.ClassNamePrefixFeaturesOutMixin, sklearn.base.TransformerMixin, sklearn.base.BaseEstimator):
    hidden_layer_sizes: Any
    n_components: _Int
    divergence: Literal["mmd", "sinkhorn", "mean"]
    penalty: _Float
    bandwidth: Any
    blur: _Float
    task: Any
    module: Any
    batch_size: Any
    max_iter: _Int
    learning_rate: _Float
    early_stopping: bool | np.bool_
    validation_fraction: _Float
    device: str
    missing: Literal["error", "group", "ignore"]
    random_state: Any
    verbose: _Int
    coefs_: Any
    intercepts_: Any
    module_: Any
    head_coef_: NDArray[Any]
    head_intercept_: NDArray[Any]
    classes_: Any
    loss_curve_: Any
    gap_curve_: Any
    validation_curve_: Any
    gap_: float
    n_components_: int
    n_iter_: int
    groups_: NDArray[Any]
    group_counts_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, hidden_layer_sizes: Any = ..., n_components: _Int = ..., *, divergence: Literal["mmd", "sinkhorn", "mean"] = ..., penalty: _Float = ..., bandwidth: Any = ..., blur: _Float = ..., task: Any = ..., module: Any = ..., batch_size: Any = ..., max_iter: _Int = ..., learning_rate: _Float = ..., early_stopping: bool | np.bool_ = ..., validation_fraction: _Float = ..., device: str = ..., missing: Literal["error", "group", "ignore"] = ..., random_state: Any = ..., verbose: _Int = ...) -> None: ...
    def fit(self, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def fit_heads(self, X: Any, y: Any, *, task: Any = ..., sample_weight: Any = ...) -> Self: ...
    def fit_transform(self, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ...) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def transform(self, X: Any) -> NDArray[Any]: ...
