"""Representations that carry no group and transfer to new tasks (extra ``torch``)."""

from fairlearnkit.representation._encoder import ParityEncoder

__all__ = ["ParityEncoder"]
