"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
import sklearn.utils

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "GroupRatesDisplay",
    "MembershipInference",
    "RocByGroupDisplay",
    "ScoreDistributionDisplay",
    "TradeoffDisplay",
    "membership_inference",
    "membership_scores",
    "prediction_sensitivity",
]

class GroupRatesDisplay:
    groups: Any
    counts: Any
    rates: Any
    low: Any
    high: Any
    overall: Any
    pos_label: Any
    ax_: Any
    figure_: Any
    def __init__(self, *, groups: Any, counts: Any, rates: Any, low: Any, high: Any, overall: Any, pos_label: Any = ...) -> None: ...
    def frame(self) -> Any: ...
    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ..., rates: Any = ..., confidence_level: _Float = ..., pos_label: Any = ..., missing: Literal["error", "group", "ignore"] = ..., ax: Any = ...) -> Any: ...
    @classmethod
    def from_predictions(cls, y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., rates: Any = ..., confidence_level: _Float = ..., pos_label: Any = ..., missing: Literal["error", "group", "ignore"] = ..., ax: Any = ...) -> Any: ...
    def plot(self, ax: Any = ...) -> Any: ...

class MembershipInference(sklearn.utils.Bunch):
    groups: NDArray[Any]
    strata: NDArray[Any]
    counts: NDArray[Any]
    member: NDArray[Any]
    signal: NDArray[Any]
    score: NDArray[Any]
    calibrated_score: NDArray[Any]
    auc: Any
    tpr_at_1_percent_fpr: Any
    confidence_level: float
    def frame(self) -> Any: ...

class RocByGroupDisplay:
    groups: Any
    curves: Any
    auc: Any
    threshold: _Float | None
    pos_label: Any
    ax_: Any
    figure_: Any
    def __init__(self, *, groups: Any, curves: Any, auc: Any, threshold: _Float | None = ..., pos_label: Any = ...) -> None: ...
    def frame(self) -> Any: ...
    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ..., threshold: _Float | None = ..., response_method: str = ..., pos_label: Any = ..., missing: Literal["error", "group", "ignore"] = ..., ax: Any = ...) -> Any: ...
    @classmethod
    def from_predictions(cls, y_true: Any, y_score: Any, *, sensitive_features: Any, sample_weight: Any = ..., threshold: _Float | None = ..., pos_label: Any = ..., missing: Literal["error", "group", "ignore"] = ..., ax: Any = ...) -> Any: ...
    def plot(self, ax: Any = ...) -> Any: ...

class ScoreDistributionDisplay:
    groups: Any
    after: Any
    before: Any
    score_name: str
    ax_: Any
    figure_: Any
    def __init__(self, *, groups: Any, after: Any, before: Any = ..., score_name: str = ...) -> None: ...
    def frame(self) -> Any: ...
    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any = ..., *, sensitive_features: Any = ..., sample_weight: Any = ..., before: Any = ..., score_name: str = ..., response_method: str = ..., pos_label: Any = ..., missing: Literal["error", "group", "ignore"] = ..., ax: Any = ...) -> Any: ...
    @classmethod
    def from_predictions(cls, y_true: Any, y_score: Any, *, sensitive_features: Any, sample_weight: Any = ..., before: Any = ..., score_name: str = ..., missing: Literal["error", "group", "ignore"] = ..., ax: Any = ...) -> Any: ...
    def plot(self, ax: Any = ...) -> Any: ...

class TradeoffDisplay:
    score: Any
    gap: Any
    front: Any
    chosen: _Int | None
    params: Any
    score_name: str
    gap_name: str
    spread: Any
    ax_: Any
    figure_: Any
    def __init__(self, *, score: Any, gap: Any, front: Any, chosen: _Int | None = ..., params: Any = ..., score_name: str = ..., gap_name: str = ..., spread: Any = ...) -> None: ...
    def frame(self) -> Any: ...
    @classmethod
    def from_cv_results(cls, search: Any, score: str | None = ..., gap: str = ..., *, chosen: Any = ..., labels: Literal["front", "chosen", "all"] | None = ..., ax: Any = ...) -> Any: ...
    @classmethod
    def from_decision_rule(cls, estimator: Any, *, ax: Any = ...) -> Any: ...
    def plot(self, ax: Any = ..., *, labels: Literal["front", "chosen", "all"] | None = ...) -> Any: ...

def membership_inference(estimator: Any, X: Any, y: Any, *, sensitive_features: Any = ..., sample_weight: Any = ..., n_models: _Int = ..., control_features: Any = ..., response_method: str = ..., confidence_level: _Float = ..., missing: Literal["error", "group", "ignore"] = ..., n_jobs: _Int | None = ..., random_state: Any = ..., verbose: _Int = ...) -> Any: ...

def membership_scores(signal: Any, member: Any) -> Any: ...

def prediction_sensitivity(estimator: Any, X: Any, protected: Any, *, class_weight: Any = ..., response_method: str = ..., step: _Float | None = ..., sample_weight: Any = ...) -> Any: ...
