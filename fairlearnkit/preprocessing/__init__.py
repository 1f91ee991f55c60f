"""Transformers that take the groups out of the features."""

from fairlearnkit.preprocessing._barycenter import BarycenterTransformer
from fairlearnkit.preprocessing._projection import ParityProjection

__all__ = ["BarycenterTransformer", "ParityProjection"]
