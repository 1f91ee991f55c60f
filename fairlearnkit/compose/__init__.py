"""Estimators that find their sensitive features among the columns of X."""

from ._sensitive_columns import SensitiveColumns

__all__ = ["SensitiveColumns"]
