"""Features and sample weights with smaller differences between groups."""

from ._barycenter import BarycenterTransformer
from ._projection import ParityProjection
from ._reweighing import parity_sample_weight

__all__ = ["BarycenterTransformer", "ParityProjection", "parity_sample_weight"]
