"""Tools for extending and testing the library."""

__all__ = []
