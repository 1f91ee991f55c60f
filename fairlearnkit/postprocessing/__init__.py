"""Predictions and decisions with a bound on what differs between groups."""

from ._classifier import BarycenterClassifier
from ._regressor import BarycenterRegressor
from ._thresholds import ParityThresholdClassifier

__all__ = ["BarycenterClassifier", "BarycenterRegressor", "ParityThresholdClassifier"]
