"""Representations that carry no group and transfer to new tasks (extra ``torch``)."""

from ._encoder import ParityEncoder

__all__ = ["ParityEncoder"]
