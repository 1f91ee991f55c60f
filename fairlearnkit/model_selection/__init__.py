"""Choose among the candidates of a search by a score and a gap."""

from ._refit import HighestScore, LowestGap, pareto_front

__all__ = ["HighestScore", "LowestGap", "pareto_front"]
