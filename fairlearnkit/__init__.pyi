"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]

__all__ = [
    "__version__",
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
    "show_versions",
    "svm",
    "utils",
]

__version__: str

from fairlearnkit import compose as compose

from fairlearnkit import constraints as constraints

from fairlearnkit import datasets as datasets

from fairlearnkit import exceptions as exceptions

from fairlearnkit import inspection as inspection

from fairlearnkit import kernel_ridge as kernel_ridge

from fairlearnkit import linear_model as linear_model

from fairlearnkit import metrics as metrics

from fairlearnkit import model_selection as model_selection

from fairlearnkit import postprocessing as postprocessing

from fairlearnkit import preprocessing as preprocessing

from fairlearnkit import representation as representation

def show_versions() -> None: ...

from fairlearnkit import svm as svm

from fairlearnkit import utils as utils
