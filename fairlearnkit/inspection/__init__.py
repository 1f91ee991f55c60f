"""Plots of groups side by side, and the sensitivity of predictions."""

from ._group_rates import GroupRatesDisplay
from ._roc import RocByGroupDisplay
from ._scores import ScoreDistributionDisplay
from ._sensitivity import prediction_sensitivity
from ._tradeoff import TradeoffDisplay

__all__ = [
    "GroupRatesDisplay",
    "RocByGroupDisplay",
    "ScoreDistributionDisplay",
    "TradeoffDisplay",
    "prediction_sensitivity",
]
