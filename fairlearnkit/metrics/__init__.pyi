"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
import sklearn.utils

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "CounterfactualDifference",
    "GroupPredictability",
    "ParityReport",
    "SubgroupAudit",
    "audit_subgroups",
    "bootstrap_interval",
    "counterfactual_difference",
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "group_metric",
    "group_predictability",
    "group_rates",
    "ks_gap",
    "parity_report",
    "parity_scorer",
    "pooled_scorers",
    "rate_difference",
    "rate_ratio",
    "score_gap",
    "strong_demographic_disparity",
    "wasserstein_unfairness",
]

class CounterfactualDifference(sklearn.utils.Bunch):
    def frame(self) -> Any: ...

class GroupPredictability(sklearn.utils.Bunch):
    def frame(self) -> Any: ...

class ParityReport:
    numbers: Any
    def __init__(self, numbers: Any) -> None: ...
    def frame(self) -> Any: ...
    def to_html(self, path: Any = ...) -> str | None: ...
    def to_json(self, path: Any = ...) -> str | None: ...
    def to_markdown(self, path: Any = ...) -> str | None: ...

class SubgroupAudit(sklearn.utils.Bunch):
    rate_name: str
    overall: float
    pos_label: Any
    n_tested: int
    subgroups: Any
    half_space: Any
    def frame(self) -> Any: ...

def audit_subgroups(y_true: Any, y_pred: Any, *, sensitive_features: Any, rate: str = ..., depth: _Int = ..., min_count: _Int = ..., top: _Int = ..., linear: bool | np.bool_ = ..., n_permutations: _Int = ..., pos_label: Any = ..., random_state: Any = ..., verbose: _Int = ...) -> Any: ...

def bootstrap_interval(metric: str | Callable[..., Any], y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., n_resamples: _Int = ..., confidence_level: _Float = ..., stratify: bool | np.bool_ = ..., random_state: Any = ..., metric_params: Any = ..., verbose: _Int = ...) -> Any: ...

def counterfactual_difference(estimator: Any, X: Any, swap: Callable[..., Any], *, by_term: bool | np.bool_ = ..., sample_weight: Any = ...) -> Any: ...

def demographic_parity_difference(y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., pos_label: Any = ..., labels: Any = ..., aggregate: Any = ..., control_features: Any = ..., missing: Any = ..., min_group_size: Any = ...) -> float: ...

def demographic_parity_ratio(y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., pos_label: Any = ..., labels: Any = ..., aggregate: Any = ..., control_features: Any = ..., missing: Any = ..., min_group_size: Any = ...) -> float: ...

def equal_opportunity_difference(y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., pos_label: Any = ..., labels: Any = ..., aggregate: Any = ..., control_features: Any = ..., missing: Any = ..., min_group_size: Any = ...) -> float: ...

def equal_opportunity_ratio(y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., pos_label: Any = ..., labels: Any = ..., aggregate: Any = ..., control_features: Any = ..., missing: Any = ..., min_group_size: Any = ...) -> float: ...

def equalized_odds_difference(y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., pos_label: Any = ..., labels: Any = ..., aggregate: Any = ..., control_features: Any = ..., missing: Any = ..., min_group_size: Any = ...) -> float: ...

def equalized_odds_ratio(y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., pos_label: Any = ..., labels: Any = ..., aggregate: Any = ..., control_features: Any = ..., missing: Any = ..., min_group_size: Any = ...) -> float: ...

def group_metric(metric: Any, y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., control_features: Any = ..., missing: Literal["error", "group", "ignore"] = ...) -> Any: ...

def group_predictability(Z: Any, sensitive_features: Any, *, estimator: Any = ..., cv: Any = ..., sample_weight: Any = ..., confidence_level: _Float = ..., missing: Literal["error", "group", "ignore"] = ...) -> Any: ...

def group_rates(y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., pos_label: Any = ..., labels: Any = ..., missing: Literal["error", "group", "ignore"] = ..., groups: Any = ..., epsilon: _Float | None = ..., confidence_level: _Float = ...) -> Any: ...

def ks_gap(y_true: Any, y_score: Any, *, sensitive_features: Any, sample_weight: Any = ..., missing: Literal["error", "group", "ignore"] = ...) -> float: ...

def parity_report(y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = ..., target: Literal["classes", "numbers"] = ..., pos_label: Any = ..., labels: Any = ..., rates: Any = ..., reference: Any = ..., n_resamples: _Int = ..., confidence_level: _Float = ..., random_state: Any = ..., missing: Literal["error", "group", "ignore"] = ..., min_group_size: _Int = ..., title: str | None = ..., model: str | None = ..., data: str | None = ..., date: Any = ..., output_dict: bool | np.bool_ = ..., groups: Any = ..., epsilon: _Float | None = ...) -> Any: ...

def parity_scorer(metric: str | Callable[..., Any], *, response_method: Any = ..., columns: Any = ..., greater_is_better: bool | np.bool_ | None = ..., metric_params: Any = ...) -> Any: ...

def pooled_scorers(name: str, metric: str | Callable[..., Any], *, groups: Any = ..., classes: Any = ..., columns: Any = ..., metric_params: Any = ...) -> Any: ...

def rate_difference(y_true: Any, y_pred: Any, *, rate: str = ..., sensitive_features: Any, sample_weight: Any = ..., pos_label: Any = ..., labels: Any = ..., aggregate: Literal["worst", "mean", "to_overall"] = ..., control_features: Any = ..., missing: Literal["error", "group", "ignore"] = ..., min_group_size: _Int = ...) -> float: ...

def rate_ratio(y_true: Any, y_pred: Any, *, rate: Any = ..., sensitive_features: Any, sample_weight: Any = ..., pos_label: Any = ..., labels: Any = ..., aggregate: Any = ..., control_features: Any = ..., missing: Any = ..., min_group_size: Any = ...) -> float: ...

def score_gap(y_true: Any, y_score: Any, *, sensitive_features: Any, constraint: Any = ..., pos_label: Any = ..., sample_weight: Any = ..., missing: Literal["error", "group", "ignore"] = ...) -> float: ...

def strong_demographic_disparity(y_true: Any, y_score: Any, *, sensitive_features: Any, sample_weight: Any = ..., missing: Literal["error", "group", "ignore"] = ...) -> float: ...

def wasserstein_unfairness(y_true: Any, y_score: Any, *, sensitive_features: Any, sample_weight: Any = ..., missing: Literal["error", "group", "ignore"] = ...) -> float: ...
