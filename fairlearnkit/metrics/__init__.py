"""Gaps between groups: of rates, by counting, and of scores."""

from fairlearnkit.metrics._distances import (
    ks_gap,
    strong_demographic_disparity,
    wasserstein_unfairness,
)
from fairlearnkit.metrics._rates import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalized_odds_difference,
)
from fairlearnkit.metrics._scorer import parity_scorer
from fairlearnkit.metrics._scores import score_gap

__all__ = [
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equalized_odds_difference",
    "ks_gap",
    "parity_scorer",
    "score_gap",
    "strong_demographic_disparity",
    "wasserstein_unfairness",
]
