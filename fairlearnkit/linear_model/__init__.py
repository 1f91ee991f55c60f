"""Linear models under a parity constraint."""

from ._logistic import ParityLogisticRegression
from ._logistic_cv import ParityLogisticRegressionCV
from ._path import parity_path
from ._ridge import ParityRidge

__all__ = [
    "ParityLogisticRegression",
    "ParityLogisticRegressionCV",
    "ParityRidge",
    "parity_path",
]
