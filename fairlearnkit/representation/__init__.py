"""Features learned with a penalty on differences between groups (extra ``torch``)."""

from ._encoder import ParityEncoder

__all__ = ["ParityEncoder"]
