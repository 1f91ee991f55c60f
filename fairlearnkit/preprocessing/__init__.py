"""Transformers that reduce differences between groups in the features."""

from ._barycenter import BarycenterTransformer
from ._projection import ParityProjection

__all__ = ["BarycenterTransformer", "ParityProjection"]
