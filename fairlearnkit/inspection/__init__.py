"""Pictures of groups side by side: rates, scores, ROC curves, trade-offs."""

from fairlearnkit.inspection._group_rates import GroupRatesDisplay
from fairlearnkit.inspection._roc import RocByGroupDisplay
from fairlearnkit.inspection._scores import ScoreDistributionDisplay
from fairlearnkit.inspection._sensitivity import prediction_sensitivity
from fairlearnkit.inspection._tradeoff import TradeoffDisplay

__all__ = [
    "GroupRatesDisplay",
    "RocByGroupDisplay",
    "ScoreDistributionDisplay",
    "TradeoffDisplay",
    "prediction_sensitivity",
]
