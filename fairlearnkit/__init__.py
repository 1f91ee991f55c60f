"""Scikit-learn estimators that treat groups alike.

Sub-packages are imported when they are first accessed.
"""

from importlib import import_module

__version__ = "0.1.0.dev0"

_SUBPACKAGES = (
    "compose",
    "constraints",
    "datasets",
    "exceptions",
    "inspection",
    "kernel_ridge",
    "linear_model",
    "metrics",
    "model_selection",
    "postprocessing",
    "preprocessing",
    "representation",
    "svm",
    "utils",
)

__all__ = sorted(["__version__", "show_versions", *_SUBPACKAGES])


def __dir__():
    return list(__all__)


def __getattr__(name):
    if name in _SUBPACKAGES:
        return import_module(f"fairlearnkit.{name}")
    if name == "show_versions":
        return import_module("fairlearnkit._versions").show_versions
    msg = f"module 'fairlearnkit' has no attribute {name!r}"
    raise AttributeError(msg)
