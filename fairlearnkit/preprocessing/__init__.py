"""Features, texts and sample weights with smaller differences between groups."""

from ._barycenter import BarycenterTransformer
from ._projection import ParityProjection
from ._reweighing import parity_sample_weight
from ._terms import TermMerge, TermSwap

__all__ = [
    "BarycenterTransformer",
    "ParityProjection",
    "TermMerge",
    "TermSwap",
    "parity_sample_weight",
]
