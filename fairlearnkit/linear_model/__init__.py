"""Linear models under a parity constraint."""

from ._logistic import ParityLogisticRegression
from ._logistic_cv import ParityLogisticRegressionCV
from ._path import parity_path
from ._ridge import ParityRidge
from ._ridge_cv import ParityRidgeCV

__all__ = [
    "ParityLogisticRegression",
    "ParityLogisticRegressionCV",
    "ParityRidge",
    "ParityRidgeCV",
    "parity_path",
]
