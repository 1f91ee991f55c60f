"""Sensitive features as columns of X, for every scikit-learn tool."""

from fairlearnkit.compose._sensitive_columns import SensitiveColumns

__all__ = ["SensitiveColumns"]
