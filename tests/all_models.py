"""Every estimator with small settings, and what tests do with any of them.

A module of its own, so that another process can import what the models refer to.
"""

from inspect import signature

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from fairlearnkit.compose import CounterfactualEnsemble, SensitiveColumns
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityLogisticRegressionCV,
    ParityRidgeCV,
)
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.preprocessing import BarycenterTransformer
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.utils.discovery import all_estimators
from helpers import SEARCHES, raised

METHODS = ("predict", "predict_proba", "decision_function", "transform")


def large_first(X):
    """Two groups, from the first column."""
    return (X[:, 0] > np.median(X[:, 0])).astype(int)


def odd_second(X):
    """Two groups, from the second column."""
    return np.floor(9 * X[:, 1]) % 2


TWO_FOLDS = {"cv": 2, "random_state": 0}
SMALL_ENCODER = {"hidden_layer_sizes": (3,), "n_components": 2, "max_iter": 2}
ARGUMENTS = {
    ParityLogisticRegressionCV: SEARCHES["ParityLogisticRegressionCV"],
    ParityRidgeCV: SEARCHES["ParityRidgeCV"],
    BarycenterClassifier: {"estimator": GaussianNB(), **TWO_FOLDS},
    BarycenterRegressor: {"estimator": Ridge(), **TWO_FOLDS},
    CounterfactualEnsemble: {
        "estimator": ParityLogisticRegression(),
        "swap": np.negative,
        "method": "distill",
    },
    ParityThresholdClassifier: {"estimator": GaussianNB(), "cv": 2},
    ParityEncoder: {**SMALL_ENCODER, "random_state": 0},
    SensitiveColumns: {
        "estimator": make_pipeline(StandardScaler(), ParityLogisticRegression()),
        "columns": large_first,
    },
}
# Transformers that learn nothing answer before and after fit alike.
ESTIMATORS = [
    model
    for _, cls in all_estimators()
    for model in [cls(**ARGUMENTS.get(cls, {}))]
    if get_tags(model).requires_fit
] + [
    BarycenterClassifier(
        GaussianNB(), algorithm="split-rank", unseen="pooled", **TWO_FOLDS
    ),
    SensitiveColumns(BarycenterTransformer(unseen="pooled"), odd_second),
]


def data(seed, shift=0.0, labels=(0, 1)):
    """Rows, classes and two groups."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, 3)) + shift
    group = np.arange(60) % 2
    y = X[:, 0] - shift + group + rng.normal(size=60) > 0.5
    return X, np.array(labels)[y.astype(int)], group


def fitted(model, X, y, group):
    """The model, with groups passed to `fit` where it takes them."""
    wrapped = isinstance(model, SensitiveColumns)
    y = raised(model, y)
    return model.fit(X, y, **({} if wrapped else {"sensitive_features": group}))


def answers(model, X, group):
    """What the model says of rows, by every method that it has."""
    found = {}
    for name in METHODS:
        if hasattr(model, name):
            asks = "sensitive_features" in signature(getattr(model, name)).parameters
            metadata = {"sensitive_features": group} if asks else {}
            found[name] = getattr(model, name)(X, **metadata)
    return found
