"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "load_adult",
    "load_communities_crime",
    "load_compas",
    "load_german_credit",
    "load_law_school",
    "make_biased_biographies",
    "make_biased_claims",
    "make_biased_classification",
    "make_biased_regression",
]

def load_adult(*, subset: Literal["all", "train", "test"] = ..., dropna: bool | np.bool_ = ..., return_X_y: bool | np.bool_ = ..., as_frame: Any = ...) -> tuple[Any, Any]: ...

def load_communities_crime(*, return_X_y: bool | np.bool_ = ..., as_frame: Any = ...) -> tuple[Any, Any]: ...

def load_compas(*, return_X_y: bool | np.bool_ = ..., as_frame: Any = ...) -> tuple[Any, Any]: ...

def load_german_credit(*, return_X_y: bool | np.bool_ = ..., as_frame: Any = ...) -> tuple[Any, Any]: ...

def load_law_school(*, return_X_y: bool | np.bool_ = ..., as_frame: Any = ...) -> tuple[Any, Any]: ...

def make_biased_biographies(n_samples: _Int = ..., *, association: Any = ..., random_state: Any = ...) -> Any: ...

def make_biased_claims(n_samples: _Int = ..., *, n_groups: _Int = ..., group_shares: Any = ..., disparity: _Float = ..., unequal_spread: _Float = ..., base_frequency: _Float = ..., random_state: Any = ...) -> Any: ...

def make_biased_classification(n_samples: _Int = ..., n_features: _Int = ..., *, n_groups: _Int = ..., group_shares: Any = ..., disparity: _Float = ..., base_rate: _Float = ..., feature_share: Any = ..., label_noise: Any = ..., random_state: Any = ...) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]: ...

def make_biased_regression(n_samples: _Int = ..., n_features: _Int = ..., *, n_groups: _Int = ..., group_shares: Any = ..., disparity: _Float = ..., feature_share: Any = ..., noise: _Float = ..., random_state: Any = ...) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]: ...
