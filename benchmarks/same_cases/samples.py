"""Samples with fixed seeds, put together from options that the cases name."""

from collections import namedtuple
from functools import cache

import numpy as np
import pandas as pd
from scipy import sparse

from fairlearnkit.datasets import make_biased_classification, make_biased_regression

Sample = namedtuple("Sample", "X y groups weight X_new groups_new")
# The options of `sample`; what else a case names is a parameter of the estimator.
OPTIONS = ("target", "groups", "weight", "storage", "shape")

# Rows and features. "blocks" has more elements than the solvers read at a time.
SHAPES = {
    "small": (200, 9),
    "short": (90, 5),
    "wide": (40, 90),
    "very wide": (40, 502),
    "blocks": (6000, 100),
    "many rows": (4100, 4),
    "tall": (1500, 4),
}
N_NEW = 40
N_GROUPS = {"three": 3, "five": 5, "sixty": 60}


def _dense_to_csr(X):
    return sparse.csr_array(np.where(np.abs(X) > 0.6, X, 0.0))


def _with_nan(X):
    holes = np.random.default_rng(3).uniform(size=X.shape) < 0.05
    return np.where(holes, np.nan, X)


STORAGES = {
    "dense": np.asarray,
    "CSR": _dense_to_csr,
    "float32": lambda X: X.astype(np.float32),
    "float32 CSR": lambda X: _dense_to_csr(X).astype(np.float32),
    "far from 0": lambda X: X + 1e3,
    "Fortran": np.asfortranarray,
    "frame": lambda X: pd.DataFrame(X).add_prefix("x"),
    "positive": np.abs,
    "rounded": lambda X: np.round(X, 1),
    "with NaN": _with_nan,
}

WEIGHTS = {
    "none": lambda rng, n: None,
    "random": lambda rng, n: rng.exponential(size=n),
    "zeros": lambda rng, n: rng.integers(0, 4, n).astype(float),
}


def _some_missing(group):
    known = np.random.default_rng(4).uniform(size=len(group)) < 0.8
    return np.where(known, group, None)


def _columns(group):
    second = np.random.default_rng(5).integers(0, 2, len(group))
    return pd.DataFrame({"origin": group, "member": np.array(["no", "yes"])[second]})


def _ages(group):
    rng = np.random.default_rng(6)
    noise = rng.normal(size=(len(group), 2))
    return noise * [12.0, 1.0] + np.outer(group == "a", [8.0, 1.0]) + [40.0, 0.0]


# From the labels of make_biased_* to what is passed as sensitive_features.
GROUPS = {
    "two": np.asarray,
    "three": np.asarray,
    "five": np.asarray,
    "sixty": np.asarray,
    "list": np.ndarray.tolist,
    "codes": lambda group: np.unique(group, return_inverse=True)[1],
    "columns": _columns,
    "missing": _some_missing,
    "age": lambda group: _ages(group)[:, 0],
    "ages": _ages,
}


def _three_classes(X, y):
    return y + (X[:, 0] > 0.3)


TARGETS = {
    "0 and 1": lambda X, y: y,
    "text": lambda X, y: np.array(["no", "yes"])[y],
    "three classes": _three_classes,
    "three texts": lambda X, y: np.array(["p", "q", "r"])[_three_classes(X, y)],
    "numbers": lambda X, y: y,
    "rounded numbers": lambda X, y: np.round(y),
}


def _make(target, n_groups, shape, n_samples, seed):
    options = {"n_groups": n_groups, "random_state": seed}
    if target.endswith("numbers"):
        return make_biased_regression(n_samples, shape[1], disparity=1, **options)
    return make_biased_classification(n_samples, shape[1], disparity=0.5, **options)


@cache
def sample(
    target="0 and 1", groups="two", weight="none", storage="dense", shape="small"
):
    """Rows to fit, and fewer new rows of the same groups.

    Parameters
    ----------
    target, groups, weight, storage, shape : str
        Keys of `TARGETS`, `GROUPS`, `WEIGHTS`, `STORAGES` and `SHAPES`.

    Returns
    -------
    sample : Sample
    """
    size = SHAPES[shape]
    n_groups = N_GROUPS.get(groups, 2)
    X, y, group = _make(target, n_groups, size, size[0], 0)
    X_new, _, new = _make(target, n_groups, size, max(N_NEW, n_groups), 1)
    rng = np.random.default_rng(2)
    return Sample(
        X=STORAGES[storage](X),
        y=TARGETS[target](X, y),
        groups=GROUPS[groups](group),
        weight=WEIGHTS[weight](rng, len(y)),
        X_new=STORAGES[storage](X_new),
        groups_new=GROUPS[groups](new),
    )


@cache
def decisions(groups="two", target="0 and 1", weight="none"):
    """True labels, predicted ones, scores, groups, weights and strata of some rows."""
    rng = np.random.default_rng(7)
    n_groups = N_GROUPS.get(groups, 2)
    n_samples = max(500, 60 * n_groups)
    _, y, group = _make(target, n_groups, SHAPES["small"], n_samples, 8)
    score = y + rng.normal(size=n_samples) + 0.5 * (group == "a")
    flipped = rng.uniform(size=n_samples) < 0.2 + 0.2 * (group == "a")
    X = rng.normal(size=(n_samples, 1))
    return {
        "y_true": TARGETS[target](X, y),
        "y_pred": TARGETS[target](X, np.where(flipped, 1 - y, y)),
        "y_score": score,
        "sensitive_features": GROUPS[groups](group),
        "sample_weight": WEIGHTS[weight](rng, n_samples),
        "control_features": rng.integers(0, 3, n_samples),
    }
