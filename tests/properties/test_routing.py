"""SensitiveColumns gives what passing the arrays by hand gives."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityPoissonRegressor,
    ParityRidge,
)
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.preprocessing import BarycenterTransformer, ParityProjection
from fairlearnkit.svm import ParityLinearSVC, ParitySVR
from strategies import examples, seeds

pytestmark = [
    pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning"),
    # With two columns dropped, there may be as many contrasts as features.
    pytest.mark.filterwarnings("ignore:ParityProjection removes everything"),
    pytest.mark.filterwarnings("ignore:.* predicts the same for every row:UserWarning"),
    pytest.mark.filterwarnings("ignore:The cheapest rule with:UserWarning"),
]

# The estimator, its method, and whether the method takes the groups.
INNER = {
    "linear model": (ParityRidge(max_gap=0.1), "predict", False),
    "projection": (ParityProjection(), "transform", False),
    "transformer": (BarycenterTransformer(strength=0.7), "transform", True),
    "barycenter": (BarycenterRegressor(LinearRegression(), cv=2), "predict", True),
    "classes": (ParityLogisticRegression(max_gap=0.1), "predict_proba", False),
    "margins": (ParityLinearSVC(max_gap=0.1), "decision_function", False),
    "counts": (ParityPoissonRegressor(max_gap=0.1), "predict", False),
    "kernel": (ParityKernelRidge(kernel="rbf", max_gap=0.1), "predict", False),
    "tube": (ParitySVR(max_gap=0.1), "predict", False),
    "rule": (
        ParityThresholdClassifier(LogisticRegression(), cv=2, max_gap=0.2),
        "predict",
        True,
    ),
    "probabilities": (
        BarycenterClassifier(LogisticRegression(), cv=2),
        "predict_proba",
        True,
    ),
}
# What y is made into: classes, or counts.
TARGETS = {
    "classes": lambda y: (y > np.median(y)).astype(int),
    "counts": lambda y: np.floor(np.abs(y)),
}
TARGETS |= dict.fromkeys(["margins", "rule", "probabilities"], TARGETS["classes"])
kinds = st.sampled_from(list(INNER))
twenty = examples(20)  # each fits two or more models


@st.composite
def tables(draw):
    """A table with numbers in all columns, a target, weights, and new rows.

    Returns the position of the column that holds the groups, too.
    """
    rng = np.random.default_rng(draw(seeds))
    n, n_columns = draw(st.integers(20, 60)), draw(st.integers(4, 5))
    position, n_groups = draw(st.integers(0, n_columns - 1)), draw(st.integers(2, 3))
    table = rng.normal(size=(n + 10, n_columns))
    group = rng.permutation(np.arange(n) % n_groups)
    table[:, position] = np.append(group, rng.integers(0, n_groups, 10))
    y = table.sum(axis=1)[:n] + rng.normal(size=n)
    names = rng.permutation(list("abcde"))[:n_columns]
    frame = pd.DataFrame(table, columns=names)
    weight = draw(st.sampled_from([None, rng.integers(1, 4, n)]))
    return frame[:n], y, weight, frame[n:], position


def fit_and_apply(model, method, rows, new, groups=None, new_groups=None):
    """Fit a clone and apply the method; groups are passed where they are given."""
    X, y, weight = rows
    fit_options = {} if groups is None else {"sensitive_features": groups}
    options = {} if new_groups is None else {"sensitive_features": new_groups}
    fitted = clone(model).fit(X, y, sample_weight=weight, **fit_options)
    return getattr(fitted, method)(new, **options)


def of_kind(kind, rows):
    """The rows with a target that the inner estimator takes."""
    X, y, weight, new, position = rows
    return X, TARGETS.get(kind, np.asarray)(y), weight, new, position


def choices(frame, position):
    """Ways to name one column, each with the groups that it gives for any rows."""
    name = frame.columns[position]
    yield name, frame[name]
    yield [name], frame[[name]]
    yield position, frame[name]
    yield position - frame.shape[1], frame[name]
    yield np.arange(frame.shape[1]) == position, frame[[name]]


@twenty
@given(kind=kinds, rows=tables(), drop=st.booleans(), choice=st.integers(0, 4))
def test_a_column_is_passed_as_by_hand(kind, rows, drop, choice):
    X, y, weight, new, position = of_kind(kind, rows)
    inner, method, takes_groups = INNER[kind]
    columns, groups = list(choices(X, position))[choice]
    new_groups = list(choices(new, position))[choice][1] if takes_groups else None
    rest, new_rest = (
        each.drop(columns=X.columns[position]) if drop else each for each in (X, new)
    )
    model = SensitiveColumns(inner, columns, drop=drop)
    found = fit_and_apply(model, method, (X, y, weight), new)
    by_hand = (rest, y, weight), new_rest, groups, new_groups
    assert_array_equal(found, fit_and_apply(inner, method, *by_hand))


@twenty
@given(kind=kinds, rows=tables(), drop=st.booleans())
def test_a_function_of_the_rows_is_passed_as_by_hand(kind, rows, drop):
    """Nothing is dropped, whatever `drop` is."""
    X, y, weight, new, position = of_kind(kind, rows)
    inner, method, takes_groups = INNER[kind]

    def columns(X):
        return np.where(X.iloc[:, position] == 0, "first", "other")

    model = SensitiveColumns(inner, columns, drop=drop)
    found = fit_and_apply(model, method, (X, y, weight), new)
    new_groups = columns(new) if takes_groups else None
    by_hand = (X, y, weight), new, columns(X), new_groups
    assert_array_equal(found, fit_and_apply(inner, method, *by_hand))


@twenty
@given(kind=kinds, rows=tables(), drop=st.booleans(), seed=seeds)
def test_arrays_and_columns_in_another_order_change_nothing(kind, rows, drop, seed):
    X, y, weight, new, position = of_kind(kind, rows)
    inner, method, _ = INNER[kind]
    named = SensitiveColumns(inner, X.columns[position], drop=drop)
    expected = fit_and_apply(named, method, (X, y, weight), new)
    plain = SensitiveColumns(inner, position, drop=drop)
    arrays = (X.to_numpy(), y, weight), new.to_numpy()
    # BLAS sums in an order that depends on the layout in memory.
    tolerance = {"rtol": 1e-10, "atol": 1e-12}
    assert_allclose(fit_and_apply(plain, method, *arrays), expected, **tolerance)
    order = np.random.default_rng(seed).permutation(X.columns)
    found = fit_and_apply(named, method, (X, y, weight), new[order])
    assert_allclose(found, expected, **tolerance)


@twenty
@given(kind=kinds, rows=tables(), drop=st.booleans(), seed=seeds)
def test_two_columns_are_passed_as_by_hand(kind, rows, drop, seed):
    X, y, weight, new, position = of_kind(kind, rows)
    inner, method, takes_groups = INNER[kind]
    rng, other = np.random.default_rng(seed), (position + 1) % X.shape[1]
    names = [X.columns[position], X.columns[other]]
    X, new = X.copy(), new.copy()
    X[names[1]] = np.resize([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], len(X))
    X[names[0]] = np.resize([0.0, 1.0, 2.0], len(X))
    order = rng.permutation(len(X))
    X[names] = X[names].to_numpy()[order]
    new[names] = X[names].to_numpy()[: len(new)]
    model = SensitiveColumns(inner, names, drop=drop)
    found = fit_and_apply(model, method, (X, y, weight), new)
    rest, new_rest = (each.drop(columns=names) if drop else each for each in (X, new))
    by_hand = (
        (rest, y, weight),
        new_rest,
        X[names],
        new[names] if takes_groups else None,
    )
    assert_array_equal(found, fit_and_apply(inner, method, *by_hand))
