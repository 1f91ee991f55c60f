"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
import sklearn.base

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "BarycenterTransformer",
    "ParityProjection",
    "TermMerge",
    "TermSwap",
    "parity_sample_weight",
]

class BarycenterTransformer(sklearn.base.OneToOneFeatureMixin, sklearn.base.TransformerMixin, sklearn.base.BaseEstimator):
    strength: _Float
    sequential: Any
    group_weights: Any
    unseen: Literal["error", "pooled"]
    missing: Literal["error", "group", "ignore"]
    n_quantiles: _Int | None
    maps_: Any
    pooled_maps_: Any
    groups_: NDArray[Any]
    group_counts_: NDArray[Any]
    group_weights_: NDArray[Any]
    rank_error_: NDArray[Any]
    sensitive_feature_names_in_: list[str] | None
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, strength: _Float = ..., *, sequential: Any = ..., group_weights: Any = ..., unseen: Literal["error", "pooled"] = ..., missing: Literal["error", "group", "ignore"] = ..., n_quantiles: _Int | None = ...) -> None: ...
    def fit(self, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def fit_transform(self, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ...) -> NDArray[Any]: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def set_transform_request(self, *, sensitive_features: Any = ...) -> Self: ...
    def transform(self, X: Any, *, sensitive_features: Any = ...) -> NDArray[Any]: ...
    def with_strength(self, strength: _Float) -> Any: ...

class ParityProjection(sklearn.base.TransformerMixin, sklearn.base.BaseEstimator):
    constraint: Any
    pos_label: Any
    method: Literal["orthogonal", "elimination"]
    strength: _Float
    missing: Literal["error", "group", "ignore"]
    directions_: NDArray[Any]
    pivots_: NDArray[Any]
    gap_: float
    groups_: NDArray[Any] | None
    group_counts_: NDArray[Any] | None
    pos_label_: Any
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, *, constraint: Any = ..., pos_label: Any = ..., method: Literal["orthogonal", "elimination"] = ..., strength: _Float = ..., missing: Literal["error", "group", "ignore"] = ...) -> None: ...
    def fit(self, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ...) -> Self: ...
    def fit_transform(self, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ...) -> NDArray[Any]: ...
    def get_feature_names_out(self, input_features: Any = ...) -> Any: ...
    def set_fit_request(self, *, sample_weight: Any = ..., sensitive_features: Any = ...) -> Self: ...
    def transform(self, X: Any) -> NDArray[Any]: ...

class TermMerge(sklearn.base.TransformerMixin, sklearn.base.BaseEstimator):
    pairs: Any
    columns: Any
    pairs_: Any
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, pairs: Any = ..., *, columns: Any = ...) -> None: ...
    def fit(self, X: Any, y: None = ...) -> Self: ...
    def fit_transform(self, X: Any, y: None = ...) -> Any: ...
    def get_feature_names_out(self, input_features: Any = ...) -> Any: ...
    def transform(self, X: Any) -> Any: ...

class TermSwap(sklearn.base.TransformerMixin, sklearn.base.BaseEstimator):
    pairs: Any
    columns: Any
    pairs_: Any
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, pairs: Any = ..., *, columns: Any = ...) -> None: ...
    def by_term(self, X: Any) -> Any: ...
    def fit(self, X: Any, y: None = ...) -> Self: ...
    def fit_transform(self, X: Any, y: None = ...) -> Any: ...
    def get_feature_names_out(self, input_features: Any = ...) -> Any: ...
    def transform(self, X: Any) -> Any: ...

def parity_sample_weight(y: Any, sensitive_features: Any, *, sample_weight: Any = ..., missing: Literal["error", "group", "ignore"] = ...) -> Any: ...
