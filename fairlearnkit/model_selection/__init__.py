"""Choose among the candidates of a search by a score and a gap."""

from ._pareto import pareto_front
from ._pooled_gaps import pooled_gaps
from ._rules import HighestScore, LowestGap

__all__ = ["HighestScore", "LowestGap", "pareto_front", "pooled_gaps"]
