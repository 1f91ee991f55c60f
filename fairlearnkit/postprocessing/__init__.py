"""Predictions with the same distribution in every group, around any model."""

from fairlearnkit.postprocessing._classifier import BarycenterClassifier
from fairlearnkit.postprocessing._regressor import BarycenterRegressor

__all__ = ["BarycenterClassifier", "BarycenterRegressor"]
