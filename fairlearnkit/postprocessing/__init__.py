"""Predictions with the same distribution in all groups, around any model."""

from ._classifier import BarycenterClassifier
from ._regressor import BarycenterRegressor

__all__ = ["BarycenterClassifier", "BarycenterRegressor"]
