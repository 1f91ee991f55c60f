"""Sensitive features as columns of X, for every scikit-learn tool."""

from ._sensitive_columns import SensitiveColumns

__all__ = ["SensitiveColumns"]
