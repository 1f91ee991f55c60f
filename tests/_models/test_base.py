"""Linear and kernel models: the same steps of a fit, with the same contracts."""

from inspect import signature

import numpy as np
import pytest

from fairlearnkit._models.base import BaseParityModel
from fairlearnkit._models.kernel import BaseParityKernel
from fairlearnkit._models.linear import BaseParityLinear
from fairlearnkit.datasets import make_biased_classification, make_biased_regression
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.svm import ParitySVC

STEPS = [
    "_read",
    "_fit_columns",
    "_solve_columns",
    "_build_problem",
    "_solve",
    "_store",
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("base", [BaseParityLinear, BaseParityKernel])
def test_a_step_has_one_signature(base, step):
    expected = signature(getattr(BaseParityModel, step))
    assert signature(getattr(base, step)) == expected


@pytest.mark.parametrize(
    "kind", [ParityRidge, ParityKernelRidge, ParityLogisticRegression, ParitySVC]
)
def test_fit_columns_sets_the_diagnostics_and_returns_the_model(kind, monkeypatch):
    """What a subclass overrides around it can rely on."""
    returned = []
    own = BaseParityModel._fit_columns

    def spied(self, X, columns, weight, contrasts):
        assert all(np.shape(y) == (300,) for y in columns)
        assert len(columns) == len(contrasts)
        returned.append(own(self, X, columns, weight, contrasts))
        return returned[-1]

    monkeypatch.setattr(BaseParityModel, "_fit_columns", spied)
    is_regressor = kind in (ParityRidge, ParityKernelRidge)
    make = make_biased_regression if is_regressor else make_biased_classification
    X, y, group = make(300, random_state=0)
    model = kind().fit(X, y, sensitive_features=group)
    (fitted,) = returned  # the copy that a fit works on
    assert type(fitted) is kind
    for name in ("gap_", "duality_gap_", "n_iter_", "multipliers_"):
        assert getattr(fitted, name) == getattr(model, name)
