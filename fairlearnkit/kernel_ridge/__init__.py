"""Kernel ridge regression under a parity constraint."""

from fairlearnkit.kernel_ridge._kernel_ridge import ParityKernelRidge

__all__ = ["ParityKernelRidge"]
