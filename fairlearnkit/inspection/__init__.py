"""Plots of groups side by side, sensitivity of predictions, membership inference."""

from ._group_rates import GroupRatesDisplay
from ._membership import membership_inference
from ._membership_object import MembershipInference
from ._membership_scores import membership_scores
from ._roc import RocByGroupDisplay
from ._scores import ScoreDistributionDisplay
from ._sensitivity import prediction_sensitivity
from ._tradeoff import TradeoffDisplay

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
