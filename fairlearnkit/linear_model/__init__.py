"""Linear models under a parity constraint."""

from ._gamma import ParityGammaRegressor
from ._logistic import ParityLogisticRegression
from ._logistic_cv import ParityLogisticRegressionCV
from ._path import parity_path
from ._poisson import ParityPoissonRegressor
from ._ridge import ParityRidge
from ._ridge_cv import ParityRidgeCV

__all__ = [
    "ParityGammaRegressor",
    "ParityLogisticRegression",
    "ParityLogisticRegressionCV",
    "ParityPoissonRegressor",
    "ParityRidge",
    "ParityRidgeCV",
    "parity_path",
]
