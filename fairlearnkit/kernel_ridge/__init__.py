"""Kernel ridge regression under a parity constraint."""

from ._kernel_ridge import ParityKernelRidge

__all__ = ["ParityKernelRidge"]
