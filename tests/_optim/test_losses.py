"""The logistic loss where exponentials overflow or leave no digits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, log_expit, xlog1py, xlogy

from fairlearnkit._optim.losses import Logistic

LOSS = Logistic()
SCORES = np.concatenate([np.linspace(-1e3, 1e3, 4001), np.geomspace(1e-300, 1e308, 99)])


@pytest.mark.parametrize("y", [-1.0, 1.0])
@pytest.mark.parametrize("f", [SCORES, -SCORES], ids=["up", "down"])
def test_values_and_derivatives_without_overflow(y, f):
    with np.errstate(all="raise", under="ignore"):
        value, slope, curve = (
            LOSS.value(y, f),
            LOSS.derivative(y, f),
            LOSS.curvature(y, f),
        )
    assert_allclose(value, -log_expit(y * f), rtol=1e-15)
    assert_allclose(slope, -y * expit(-y * f), rtol=1e-15, atol=1e-303)
    assert_allclose(curve, expit(f) * expit(-f), rtol=1e-15, atol=1e-307)


@pytest.mark.parametrize("y", [-1.0, 1.0])
def test_the_conjugate_at_the_ends_of_its_domain(y):
    q = np.concatenate([[0.0, 1.0, 1e-320, 1e-300, 1 - 1e-16], np.linspace(0, 1, 99)])
    with np.errstate(all="raise", under="ignore"):
        found = LOSS.conjugate(y, -y * q)
    assert_allclose(found, xlogy(q, q) + xlog1py(1 - q, -q), rtol=1e-15, atol=1e-306)
    outside = LOSS.conjugate(y, -y * np.array([-0.5, 1.5]))
    np.testing.assert_array_equal(outside, 0.0)
