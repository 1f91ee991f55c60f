"""Linear models under a parity constraint."""

from ._logistic import ParityLogisticRegression
from ._path import parity_path
from ._ridge import ParityRidge

__all__ = ["ParityLogisticRegression", "ParityRidge", "parity_path"]
