"""Data for the checks, calls of any estimator, and assertions with messages."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils import get_tags

METHODS = ("predict", "predict_proba", "decision_function", "transform")
# Rows in each group: different numbers, and enough for 10 rows of each class, as fewer
# raise a SmallGroupWarning.
COUNTS = {"a": 90, "b": 54, "c": 36}
# An equality of three groups in four bins of y removes 8 directions; two remain.
N_FEATURES = 10
# Largest difference between the outputs of two fits, in standard deviations. The
# estimators of this library differ by at most 1e-9 at `SOLVER_TOLERANCE`, and a single
# row that is counted wrongly changes outputs by 1e-3: doubling it changes nothing.
FIT_TOLERANCE = 1e-6
SOLVER_TOLERANCE = 1e-8
# Smallest standard deviation to divide by: outputs can be constant up to rounding. The
# data are of order 1.
MIN_STD = 1e-3


@dataclass(frozen=True)
class Rows:
    """Training data.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Target.
    groups : array-like of shape (n_samples,)
        Sensitive features.
    weight : ndarray of shape (n_samples,), default=None
        Sample weights.
    ids : ndarray of shape (n_samples,), default=None
        Number of the original row: copies of a row share it, and stay in one fold.
    """

    X: Any
    y: Any
    groups: Any
    weight: Any = None
    ids: Any = None

    def take(self, index):
        """Select rows by position, without their weights."""
        fields = (self.X, self.y, self.groups, self.ids)
        X, y, groups, ids = (field[index] for field in fields)
        return Rows(X, y, groups, None, ids)


def make_rows(estimator):
    """Training data for an estimator, with a numeric target for a regressor.

    The target is positive if the estimator's tags ask for it.
    """
    rows = draw_rows(numeric=is_regressor(estimator))
    if get_tags(estimator).target_tags.positive_only:
        return replace(rows, y=rows.y - rows.y.min() + 1.0)
    return rows


def draw_rows(*, numeric):
    """Draw 180 rows of three groups whose features have different means.

    Parameters
    ----------
    numeric : bool
        Whether the target is numeric; otherwise it holds the classes 0 and 1.

    Returns
    -------
    rows : Rows
    """
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat([*COUNTS], [*COUNTS.values()]))
    codes = np.unique(groups, return_inverse=True)[1]
    shift = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, -1.0]])[codes]
    X = rng.normal(size=(len(groups), N_FEATURES))
    X[:, :2] += shift
    y = X[:, :3] @ [1.0, -0.5, 1.0] + 0.5 * rng.normal(size=len(groups))
    if not numeric:
        # Fixed shares of class 1 in each group, so that no cell is empty.
        for code, share in enumerate((0.3, 0.5, 0.7)):
            inside = codes == code
            y[inside] = y[inside] > np.quantile(y[inside], 1 - share)
        y = y.astype(int)
    return Rows(X, y, groups, ids=np.arange(len(groups)))


def takes(estimator, method, argument="sensitive_features"):
    """Whether the estimator has a method with a parameter of this name, and uses it.

    An instance that does not need groups at predict declines them: its request is
    False, whatever the signature of the class.
    """
    function = getattr(estimator, method, None)
    if function is None or argument not in signature(function).parameters:
        return False
    routing = getattr(estimator, "get_metadata_routing", None)
    requests = getattr(routing() if routing else None, method, None)
    return requests is None or requests.requests.get(argument) is not False


def with_parameters(estimator, **values):
    """Clone an estimator, and set those parameters that it or a nested one has."""
    known = {
        path: values[name]
        for path in estimator.get_params()
        for name in [path.rpartition("__")[2]]
        if name in values
    }
    return clone(estimator).set_params(**known)


def repeatable(estimator, ids=None):
    """Clone with a fixed seed, a small tol, and folds that keep copies together."""
    copy = with_parameters(estimator, random_state=0, tol=SOLVER_TOLERANCE)
    if ids is not None and "cv" in copy.get_params(deep=False):
        tests = [ids % 3 == k for k in range(3)]
        copy.set_params(cv=[(np.flatnonzero(~t), np.flatnonzero(t)) for t in tests])
    return copy


def fit(estimator, rows, **metadata):
    """Fit with the groups, weights and other metadata that `fit` has parameters for."""
    given = {"sensitive_features": rows.groups, "sample_weight": rows.weight}
    given |= metadata
    taken = {
        name: value
        for name, value in given.items()
        if value is not None and takes(estimator, "fit", name)
    }
    return estimator.fit(rows.X, rows.y, **taken)


def call_method(estimator, method, rows, **metadata):
    """Call a method of a fitted estimator, with the groups if it takes them."""
    if takes(estimator, method):
        metadata = {"sensitive_features": rows.groups, **metadata}
    return np.asarray(getattr(estimator, method)(rows.X, **metadata))


def outputs(estimator, rows):
    """Output of each prediction method that a fitted estimator has, by name."""
    methods = [method for method in METHODS if hasattr(estimator, method)]
    return {method: call_method(estimator, method, rows) for method in methods}


def scores(estimator, rows):
    """Outputs without class labels, which can change when a score hardly does."""
    actual = outputs(estimator, rows)
    if is_classifier(estimator) and len(actual) > 1:
        del actual["predict"]
    return actual


def fit_and_score(estimator, rows, new, **metadata):
    """Fit a clone, and return its scores for new rows."""
    model = fit(repeatable(estimator, rows.ids), rows, **metadata)
    return scores(model, new)


def assert_same(actual, desired, what, tolerance=FIT_TOLERANCE):
    """Check that two results of `outputs` or `scores` agree.

    Parameters
    ----------
    actual, desired : dict of str to ndarray
        Outputs by method.
    what : str
        What is compared, as the start of the message.
    tolerance : float, default=FIT_TOLERANCE
        Largest difference, in standard deviations of the desired outputs.

    Raises
    ------
    AssertionError
        Shapes differ, or values differ by more than the tolerance.
    """
    for method, expected in desired.items():
        got = actual[method]
        if got.shape != expected.shape:
            msg = f"{what}: {method} has shape {got.shape}, not {expected.shape}."
            raise AssertionError(msg)
        if expected.dtype.kind not in "fc":
            apart = np.mean(got != expected)
            if apart:
                msg = f"{what}: {method} differs in {apart:.0%} of the rows."
                raise AssertionError(msg)
            continue
        off = np.abs(got - expected).max() / max(np.std(expected), MIN_STD)
        if not off <= tolerance:
            msg = (
                f"{what}: {method} differs by up to {off:.2g} of its standard "
                f"deviation; at most {tolerance:.0e} was expected."
            )
            raise AssertionError(msg)


@contextmanager
def value_error(what, *words):
    """Check that a ValueError is raised and that its message contains some words.

    Parameters
    ----------
    what : str
        What is done inside, as the subject of the message.
    *words : str
        Words that the message has to contain.
    """
    try:
        yield
    except ValueError as error:
        is_missing = [word for word in words if word not in str(error)]
        if is_missing:
            msg = f"{what}: the message should name {is_missing}, and reads: {error}"
            raise AssertionError(msg) from error
        return
    except Exception as error:
        msg = f"{what} should raise ValueError, and raised {error!r}."
        raise AssertionError(msg) from error
    msg = f"{what} should raise ValueError, and raised nothing."
    raise AssertionError(msg)


def require(condition, message):
    """Raise AssertionError unless a condition holds; unlike assert, also with -O."""
    if not condition:
        raise AssertionError(message)


def name_of(check):
    """Name of a function or of a `functools.partial` of it."""
    return name_of(check.func) if hasattr(check, "func") else check.__name__
