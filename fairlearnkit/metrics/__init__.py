"""Gaps between groups: of rates, of scores, and of any other metric."""

from ._audit import audit_subgroups
from ._bootstrap import bootstrap_interval
from ._counterfactual import counterfactual_difference
from ._counterfactual_object import CounterfactualDifference
from ._distances import (
    ks_gap,
    strong_demographic_disparity,
    wasserstein_unfairness,
)
from ._group_metric import group_metric
from ._group_predictability import GroupPredictability
from ._parity import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
)
from ._pooled_scorers import pooled_scorers
from ._predictability import group_predictability
from ._rates import group_rates, rate_difference, rate_ratio
from ._report import parity_report
from ._report_object import ParityReport
from ._scorer import parity_scorer
from ._scores import score_gap
from ._subgroup_audit import SubgroupAudit

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
