"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "Constraint",
    "Contrasts",
    "Decorrelation",
    "DemographicParity",
    "EqualOpportunity",
    "EqualizedOdds",
    "GeneralParity",
    "Groups",
    "ParityConstraint",
    "check_constraint",
    "group_contrasts",
    "read_groups",
]

class Constraint:
    def contrasts(
        self,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Literal["error", "group", "ignore"] = ...,
    ) -> Any: ...
    def gap(
        self,
        scores: Any,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Literal["error", "group", "ignore"] = ...,
    ) -> float: ...

class Contrasts:
    means: Any
    strata: Any
    cells: Any
    suffixes: Any
    groups: Any
    def __init__(
        self,
        means: Any,
        strata: Any,
        cells: Any,
        suffixes: Any = ...,
        groups: Any = ...,
    ) -> None: ...
    @classmethod
    def from_rows(cls, rows: Any, *, names: Any = ..., groups: Any = ...) -> Any: ...
    def gap(self, scores: Any) -> float: ...
    def gaps(self, scores: Any) -> NDArray[Any]: ...
    @classmethod
    def stack(cls, parts: Any, groups: Any = ...) -> Any: ...
    def toarray(self) -> NDArray[Any]: ...

class Decorrelation:
    def __init__(self) -> None: ...
    def contrasts(
        self,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Any = ...,
    ) -> None: ...
    def gap(
        self,
        scores: Any,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Literal["error", "group", "ignore"] = ...,
    ) -> float: ...

class DemographicParity:
    columns: Literal["intersection", "separately"]
    def __init__(
        self, columns: Literal["intersection", "separately"] = ...
    ) -> None: ...
    def contrasts(
        self,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Any = ...,
    ) -> None: ...
    def gap(
        self,
        scores: Any,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Literal["error", "group", "ignore"] = ...,
    ) -> float: ...
    def strata(self, y: Any, n_samples: Any) -> None: ...

class EqualOpportunity:
    columns: Literal["intersection", "separately"]
    pos_label: Any
    def __init__(
        self, columns: Literal["intersection", "separately"] = ..., pos_label: Any = ...
    ) -> None: ...
    def contrasts(
        self,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Any = ...,
    ) -> None: ...
    def gap(
        self,
        scores: Any,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Literal["error", "group", "ignore"] = ...,
    ) -> float: ...
    def strata(self, y: Any, n_samples: Any) -> None: ...
    def with_pos_label(self, pos_label: Any) -> Any: ...

class EqualizedOdds:
    columns: Literal["intersection", "separately"]
    def __init__(
        self, columns: Literal["intersection", "separately"] = ...
    ) -> None: ...
    def contrasts(
        self,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Any = ...,
    ) -> None: ...
    def gap(
        self,
        scores: Any,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Literal["error", "group", "ignore"] = ...,
    ) -> float: ...
    def strata(self, y: Any, n_samples: Any) -> None: ...

class GeneralParity:
    columns: Literal["intersection", "separately"]
    n_bins: _Int
    def __init__(
        self, columns: Literal["intersection", "separately"] = ..., n_bins: _Int = ...
    ) -> None: ...
    def contrasts(
        self,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Any = ...,
    ) -> None: ...
    def gap(
        self,
        scores: Any,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Literal["error", "group", "ignore"] = ...,
    ) -> float: ...
    def strata(self, y: Any, n_samples: Any) -> None: ...

class Groups:
    labels: Any
    codes: Any
    counts: Any
    columns: Any
    sizes: Any
    titles: Any
    def __init__(
        self,
        labels: Any,
        codes: Any,
        counts: Any,
        columns: Any = ...,
        sizes: Any = ...,
        titles: Any = ...,
    ) -> None: ...

class ParityConstraint:
    columns: Literal["intersection", "separately"]
    def __init__(
        self, columns: Literal["intersection", "separately"] = ...
    ) -> None: ...
    def contrasts(
        self,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Any = ...,
    ) -> None: ...
    def gap(
        self,
        scores: Any,
        y: Any,
        sensitive_features: Any,
        sample_weight: Any = ...,
        *,
        missing: Literal["error", "group", "ignore"] = ...,
    ) -> float: ...
    def strata(self, y: Any, n_samples: _Int) -> tuple[NDArray[Any], list[str]]: ...

def check_constraint(constraint: Any) -> Any: ...
def group_contrasts(
    groups: Any,
    strata: Any = ...,
    *,
    sample_weight: Any = ...,
    stratum_names: Any = ...,
) -> Any: ...
def read_groups(
    sensitive_features: Any,
    *,
    n_samples: _Int | None = ...,
    missing: Literal["error", "group", "ignore"] = ...,
) -> Any: ...
