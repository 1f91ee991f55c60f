"""Support vector machines under a parity constraint, linear and with kernels."""

from ._linear_svc import ParityLinearSVC
from ._linear_svr import ParityLinearSVR
from ._svc import ParitySVC
from ._svr import ParitySVR

__all__ = ["ParityLinearSVC", "ParityLinearSVR", "ParitySVC", "ParitySVR"]
