"""Estimators around any other: groups from columns of X, and both versions of a row."""

from ._counterfactual import CounterfactualEnsemble
from ._sensitive_columns import SensitiveColumns

__all__ = ["CounterfactualEnsemble", "SensitiveColumns"]
