"""Support vector machines under a parity constraint, linear and with kernels."""

from fairlearnkit.svm._linear_svc import ParityLinearSVC
from fairlearnkit.svm._linear_svr import ParityLinearSVR
from fairlearnkit.svm._svc import ParitySVC
from fairlearnkit.svm._svr import ParitySVR

__all__ = ["ParityLinearSVC", "ParityLinearSVR", "ParitySVC", "ParitySVR"]
