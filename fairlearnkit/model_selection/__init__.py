"""Choose among the candidates of a search by a score and a gap."""

from fairlearnkit.model_selection._refit import HighestScore, LowestGap, pareto_front

__all__ = ["HighestScore", "LowestGap", "pareto_front"]
