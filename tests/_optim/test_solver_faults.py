"""Solvers that break down, end with no numbers, or take too long.

Each status of cvxpy: linear_model/test_parity_linear.py.
"""

from dataclasses import replace

import cvxpy
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fairlearnkit._optim.solver_newton import NewtonCholesky
from fairlearnkit.exceptions import InfeasibleConstraintError
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityLogisticRegressionCV,
    parity_path,
)
from fairlearnkit.svm import ParityLinearSVC, ParitySVC
from helpers import SEARCHES, make_data

X, Y, GROUP, _ = make_data(120)
USES_CVXPY = [
    ParityLogisticRegression(solver="cvxpy"),
    ParityLinearSVC(solver="cvxpy", max_gap=0.1),
    ParitySVC(solver="cvxpy", max_gap=0.1),
]


def refused(model, match, error=InfeasibleConstraintError):
    """A fit that raises, of a model that predicts as before afterwards."""
    attributes, expected = dict(vars(model)), model.predict(X)
    with pytest.raises(error, match=match):
        model.fit(2 * X, Y, sensitive_features=GROUP)
    assert all(vars(model)[name] is value for name, value in attributes.items())
    assert_array_equal(model.predict(X), expected)


@pytest.fixture(params=USES_CVXPY, ids=lambda model: type(model).__name__)
def model(request):
    return request.param.fit(X, Y, sensitive_features=GROUP)


def test_cvxpy_breaks_down(model, monkeypatch):
    def solve(problem, **options):
        raise cvxpy.SolverError("Solver 'CLARABEL' failed.")

    monkeypatch.setattr(cvxpy.Problem, "solve", solve)
    refused(model, "CLARABEL broke down: Solver 'CLARABEL' failed.*Scale the features")


@pytest.mark.parametrize("value", [np.nan, np.inf, None])
def test_cvxpy_returns_no_numbers(model, monkeypatch, value):
    solve = cvxpy.Problem.solve

    def solved(problem, **options):
        solve(problem, **options)
        variable = problem.variables()[0]
        variable.save_value(value and np.full(variable.shape, value))

    monkeypatch.setattr(cvxpy.Problem, "solve", solved)
    refused(model, "'optimal', but with values that are not finite.*Scale the features")


def test_cvxpy_takes_too_long(model):
    """The time is the user's; what there is by then is no solution."""
    model.set_params(solver_params={"time_limit": 1e-9})
    refused(model, "the status 'user_limit'.*changed in solver_params")
    model.set_params(solver_params={}).fit(X, Y, sensitive_features=GROUP)


def breaking(how):
    """Newton's method, which fails in some way."""
    solve = NewtonCholesky.solve

    def broken(self, problem, limits):
        if how == "raises":
            raise np.linalg.LinAlgError("Matrix is not positive definite")
        solution = solve(self, problem, limits)
        if how == "coefficients":
            return replace(solution, coef=np.full_like(solution.coef, np.nan))
        return replace(solution, intercept=np.inf)

    return broken


OWN = [
    ParityLogisticRegression(),
    ParityLogisticRegressionCV(**SEARCHES["ParityLogisticRegressionCV"]),
]


@pytest.mark.parametrize("how", ["raises", "coefficients", "intercept"])
@pytest.mark.parametrize("own", OWN, ids=lambda model: type(model).__name__)
def test_own_solver_fails(own, how, monkeypatch):
    own.fit(X, Y, sensitive_features=GROUP)
    monkeypatch.setattr(NewtonCholesky, "solve", breaking(how))
    error, match = InfeasibleConstraintError, "coefficients that are not finite numbers"
    if how == "raises":
        error, match = np.linalg.LinAlgError, "not positive definite"
    refused(own, match, error)
    with pytest.raises(error, match=match):
        parity_path(X, Y, sensitive_features=GROUP, gap_ratios=[1.0, 0.0])
