"""scikit-learn's common checks, all of them, on every estimator.

The checks pass X and y alone, so each estimator runs through a subclass that derives
its groups row by row from X. SensitiveColumns around one of each kind is checked where
the public checks are, in utils/test_estimator_checks.py.
"""

import warnings
from functools import partial, wraps
from inspect import signature
from unittest import SkipTest

import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.metaestimators import available_if

from fairlearnkit.compose import CounterfactualEnsemble, SensitiveColumns
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.utils._checks.routing import groups_from_rows
from fairlearnkit.utils.discovery import all_estimators
from helpers import SEARCHES, stretched


def with_groups_from_rows(cls):
    """A subclass that a check can call without groups, wherever it takes them."""
    body = {"__module__": __name__, "__doc__": "With groups from X."}
    for name in METHODS:
        method = getattr(cls, name, None)
        if method and "sensitive_features" in signature(method).parameters:
            body[name] = available_if(partial(_has, cls, name))(_supplied(method))
    return type(cls.__name__, (cls,), body)


def _has(cls, name, self):
    """Whether the method is available; an AttributeError that says why not."""
    getattr(super(SUBCLASSES[cls.__name__], self), name)
    return True


def _supplied(method):
    """The method, with groups derived from X where none are given."""

    @wraps(method)
    def supplied(self, X, *args, sensitive_features=None, **more):
        if sensitive_features is None:
            table = X.tocsr() if sparse.issparse(X) else X
            sensitive_features = groups_from_rows(table)
        return method(self, X, *args, sensitive_features=sensitive_features, **more)

    return supplied


def lenient(model):
    """Classifiers get a bound instead of an equality.

    An equality takes a direction from the two features of check_classifiers_train,
    however small the difference of the groups, and with it the accuracy asked for.
    """
    bounded = is_classifier(model) and "max_gap" in model.get_params()
    return model.set_params(max_gap=0.5) if bounded else model


METHODS = (
    "fit",
    "fit_transform",
    "transform",
    "predict",
    "predict_proba",
    "decision_function",
    "score",
)
INNER = {
    BarycenterRegressor: (Ridge(),),
    BarycenterClassifier: (LogisticRegression(),),
    CounterfactualEnsemble: (LogisticRegression(), stretched),
    ParityThresholdClassifier: (GaussianNB(),),
}
# What is checked needs no good fit.
FEW = {
    **{name: {**given, "gap_ratios": [1.0, 0.0]} for name, given in SEARCHES.items()},
    "ParityEncoder": {"max_iter": 2},
    "BarycenterClassifier": {"cv": 2},
    "BarycenterRegressor": {"cv": 2},
    "ParityThresholdClassifier": {"cv": 2},
}
BARE = [cls for name, cls in all_estimators() if cls is not SensitiveColumns]
SUBCLASSES = {cls.__name__: with_groups_from_rows(cls) for cls in BARE}
# Refuses groups that the model inside takes no more than those here.
SUBCLASSES["CounterfactualEnsemble"] = CounterfactualEnsemble
globals().update(SUBCLASSES)  # so that pickle finds them


def made(cls):
    model = SUBCLASSES[cls.__name__](*INNER.get(cls, ()))
    return lenient(model).set_params(**FEW.get(cls.__name__, {}))


ESTIMATORS = {cls.__name__: made(cls) for cls in BARE} | {
    f"CounterfactualEnsemble {method} {type(model).__name__}": SUBCLASSES[
        "CounterfactualEnsemble"
    ](model, stretched, method=method)
    for method, model in [
        ("average", Ridge()),
        ("average", RidgeClassifier()),
        ("augment", LogisticRegression()),
        ("augment", Ridge()),
        ("distill", LogisticRegression()),
        ("distill", Ridge()),
    ]
}

# How many checks there are at least, and why scikit-learn may skip one: a check that
# does not run cannot fail.
AT_LEAST = {"classifier": 55, "regressor": 50, "transformer": 46, "stateless": 44}
SKIPPED = "SCIPY_ARRAY_API is not set"
CHECKS = [
    (name, getattr(check, "func", check).__name__, check)
    for name, estimator in ESTIMATORS.items()
    for _, check in estimator_checks_generator(estimator)
]

# Why a check cannot pass. Weights are compared with repeated rows elsewhere: in
# representation/test_encoder.py and postprocessing/test_barycenter_models.py.
WEIGHTS = "check_sample_weight_equivalence"
EXPECTED = {
    ("ParityLogisticRegressionCV", "check_class_weight_balanced_linear"): (
        "of its 5 rows, no fold leaves two groups for training and a third of them"
    ),
    ("ParityEncoder", f"{WEIGHTS}_on_dense_data"): (
        "trained in float32, in batches that rows fall into whatever they weigh, with "
        "an MMD that is unbiased: weights are repetitions on average only"
    ),
}
if tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 7):
    EXPECTED["BarycenterClassifier", WEIGHTS] = (
        "of two classes only, scikit-learn 1.6 makes y binary by its first element, "
        "which is another one in the weighted and in the repeated rows"
    )


def reasons(name, id):
    """Why a check of an estimator cannot pass."""
    return [why for (n, part), why in EXPECTED.items() if n == name and part in id]


@pytest.mark.parametrize(
    ("name", "check"),
    [
        pytest.param(
            name,
            check,
            id=f"{name}-{id}",
            marks=[pytest.mark.xfail(reason=reason) for reason in reasons(name, id)],
        )
        for name, id, check in CHECKS
    ],
)
def test_check(name, check):
    with warnings.catch_warnings():
        # The checks fit on a few rows, and on columns of y, on purpose.
        warnings.simplefilter("ignore")
        try:
            check(ESTIMATORS[name])
        except SkipTest as skipped:
            if SKIPPED in str(skipped):
                raise
            pytest.fail(f"skipped: {skipped}")


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows_reach_the_inner_classifier(form):
    """The checks above are passed by a clear refusal, too, as that of GaussianNB."""
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(60, 3)), np.arange(60) % 2
    y, weight = X[:, 0] + group > 0.5, rng.uniform(0.5, 2.0, 60)
    dense, found = (
        ParityThresholdClassifier(LogisticRegression(tol=1e-9), cv=2)
        .fit(rows, y, sensitive_features=group, sample_weight=weight)
        .predict_proba(rows, sensitive_features=group)
        for rows in (X, form(X))
    )
    np.testing.assert_allclose(found, dense, atol=1e-6)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_there_are_all_checks(name):
    tags = ESTIMATORS[name].__sklearn_tags__()
    kind = tags.estimator_type or ("transformer" if tags.requires_fit else "stateless")
    assert [n for n, *_ in CHECKS].count(name) >= AT_LEAST[kind]


def test_each_reason_is_that_of_a_check():
    used = {reason for name, id, _ in CHECKS for reason in reasons(name, id)}
    assert used == set(EXPECTED.values())


@pytest.mark.parametrize("tol", [1, 1.0, 10.0, np.inf])
@pytest.mark.parametrize("cls", [cls for cls in BARE if hasattr(made(cls), "tol")])
def test_tolerance_at_which_any_model_passes_is_refused(cls, tol):
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    with pytest.raises(InvalidParameterError, match=r"'tol' parameter .* in the range"):
        made(cls).set_params(tol=tol).fit(X, y)
