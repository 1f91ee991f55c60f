"""Where the target lies, and in what unit, changes the model by just that."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from fairlearnkit.svm import ParityLinearSVR
from helpers import make_data

SOLVERS = ["auto", "newton-cholesky", "newton-cg", "interior-point"]


@cache
def in_its_own_unit(max_gap, **options):
    """The data, and the model that others are compared with."""
    X, _, group, y = make_data(150, 6)
    model = ParityLinearSVR(C=0.5, epsilon=0.1, max_gap=max_gap, **options)
    return X, group, y, model.fit(X, y, sensitive_features=group)


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("max_gap", [0.0, 0.2, np.inf])
@pytest.mark.parametrize("unit", [1e-5, 300.0, 1e6])
def test_unit_and_origin_of_the_target(unit, max_gap, solver):
    options = {"solver": solver, "tol": 1e-10}
    X, group, y, first = in_its_own_unit(max_gap, **options)
    model = ParityLinearSVR(
        C=0.5 * unit, epsilon=0.1 * unit, max_gap=max_gap * unit, **options
    )
    model.fit(X, unit * (y + 100.0), sensitive_features=group)
    assert_allclose(model.predict(X) / unit - 100.0, first.predict(X), atol=1e-3)
    assert_allclose(model.gap_ / unit, first.gap_, atol=1e-6)
    assert abs(model.duality_gap_) <= 1e-8 * unit**2


@pytest.mark.parametrize("solver", SOLVERS)
def test_unit_of_the_target_without_an_intercept(solver):
    X, _, group, y = make_data(150, 6)
    X = np.column_stack([X, np.ones(len(X))])
    options = {"solver": solver, "tol": 1e-10, "fit_intercept": False}
    first = ParityLinearSVR(C=0.5, epsilon=0.1, **options)
    first.fit(X, y + 3.0, sensitive_features=group)
    model = ParityLinearSVR(C=5e3, epsilon=1e3, **options)
    model.fit(X, 1e4 * (y + 3.0), sensitive_features=group)
    assert_allclose(model.predict(X) / 1e4, first.predict(X), atol=1e-3)


def test_prices_on_sparse_text():
    rng = np.random.default_rng(0)
    X = sparse.random(200, 800, 0.02, format="csr", random_state=0)
    y = 20_000.0 + 10_000.0 * (X @ rng.normal(size=800))
    model = ParityLinearSVR(C=10.0).fit(X, y, sensitive_features=np.arange(200) % 2)
    assert model.duality_gap_ <= 1e-8 * 10.0 * np.abs(y - np.median(y)).sum()


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_features_so_large_that_a_newton_system_is_singular(seed):
    rng = np.random.default_rng(seed)
    center = [30.0, 30.0, -30.0, 0.0, 30.0, 0.0, -30.0, -1.0]
    X, group = 1e4 * (rng.normal(size=(60, 8)) + center), np.arange(60) % 4
    y = rng.normal(size=60)
    model = ParityLinearSVR(C=1e5, fit_intercept=False, tol=1e-6)
    model.fit(X, y, sensitive_features=group)  # by another method, in the end
    assert model.duality_gap_ <= 1e-6 * 1e5 * np.abs(y).sum()
    assert model.gap_ <= 1e-9 * np.ptp(model.predict(X))
