"""Transformers that take the groups out of the features."""

from ._barycenter import BarycenterTransformer
from ._projection import ParityProjection

__all__ = ["BarycenterTransformer", "ParityProjection"]
