"""Half deviances: values, derivatives, conjugates, and what they promise to solvers."""

import cvxpy as cp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize_scalar
from sklearn.metrics import mean_gamma_deviance, mean_poisson_deviance

from fairlearnkit._optim.log_losses import HalfGamma, HalfPoisson

POISSON, GAMMA = HalfPoisson(), HalfGamma()
both = pytest.mark.parametrize("loss", [POISSON, GAMMA], ids=["Poisson", "Gamma"])


def targets(loss, n=60):
    """Targets between 1e-3 and 1e3; of counts, some are 0."""
    y = 10.0 ** np.random.default_rng(0).uniform(-3, 3, n)
    if loss is POISSON:
        y[::5] = 0.0
    return y


def scores(n=60):
    return np.random.default_rng(1).uniform(-8, 8, n)


@pytest.mark.parametrize(
    ("loss", "deviance"),
    [(POISSON, mean_poisson_deviance), (GAMMA, mean_gamma_deviance)],
)
def test_it_is_half_of_scikit_learns_deviance(loss, deviance):
    y, f = targets(loss), scores()
    expected = [deviance(y[[i]], np.exp(f[[i]])) / 2 for i in range(len(y))]
    assert_allclose(loss.value(y, f), expected, rtol=1e-9)
    stated = loss.cvxpy_expression(cp, y, cp.Constant(f)).value
    assert_allclose(stated, expected, rtol=1e-9, atol=1e-9)


@both
def test_derivatives(loss):
    y, f, h = targets(loss), scores(), 1e-5
    slope = (loss.value(y, f + h) - loss.value(y, f - h)) / (2 * h)
    assert_allclose(loss.derivative(y, f), slope, rtol=1e-5, atol=1e-5)
    bend = (loss.derivative(y, f + h) - loss.derivative(y, f - h)) / (2 * h)
    assert_allclose(loss.curvature(y, f), bend, rtol=1e-5, atol=1e-5)
    assert (loss.curvature(y, f) > 0).all()


@both
def test_the_conjugate_is_the_supremum(loss):
    y = targets(loss)
    v = loss.derivative(y, scores())
    for yi, vi in zip(y[:, None], v[:, None]):
        found = minimize_scalar(
            lambda f, yi=yi, vi=vi: (loss.value(yi, f) - vi * f).item(),
            bounds=(-20, 20),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert_allclose(loss.conjugate(yi, vi).item(), -found.fun, rtol=1e-7, atol=1e-7)


@both
def test_fenchel(loss):
    """l(f) + l*(v) >= v f, with equality at the derivative."""
    y, f = targets(loss), scores()
    v = loss.derivative(y, f)
    total = loss.value(y, f) + loss.conjugate(y, v)
    assert_allclose(total, v * f, rtol=1e-9, atol=1e-9)
    for shift in (-2.0, -1e-3, 1e-3, 2.0):
        assert (loss.value(y, f + shift) + loss.conjugate(y, v) > v * (f + shift)).all()


@both
def test_the_domain_of_the_conjugate(loss):
    """It ends where the expectation, or y over it, is 0, and the value is finite."""
    y = targets(loss)
    end = -y if loss is POISSON else np.ones_like(y)
    inside = -1.0 if loss is GAMMA else 1.0
    assert_array_equal(loss.domain_excess(y, end), 0.0)
    assert_array_equal(loss.dual_slack(y, end), 0.0)
    assert np.isfinite(loss.conjugate(y, end)).all()
    assert (loss.domain_excess(y, end + inside) < 0).all()
    assert (loss.dual_slack(y, end + inside) > 0).all()
    assert (loss.domain_excess(y, end - inside) > 0).all()
    # Moves by the slack, either way, do not leave the domain.
    v = loss.derivative(y, scores())
    for share in (-1.0, 1.0):
        moved = v - share * loss.dual_slack(y, v)
        assert (loss.domain_excess(y, moved) <= 1e-12 * np.maximum(y, 1)).all()


@both
def test_large_targets_cost_no_digits(loss):
    """Of a residual of 1e-5, by numbers of 80 bits."""
    y = 10.0 ** np.arange(1, 13)
    f = np.log(y) + 1e-5
    d = np.longdouble(f) - np.log(np.longdouble(y))
    ratio = np.exp(d)
    exact = y * (ratio - 1 - d) if loss is POISSON else 1 / ratio - 1 + d
    # Up to four units in the last place of log y, which numpy allows itself, squared.
    unit = np.spacing(np.log(y[-1])) / 1e-5
    assert_allclose(loss.value(y, f), exact.astype(float), rtol=2 * 4 * unit)
    v = loss.derivative(y, f)
    total = loss.value(y, f) + loss.conjugate(y, v) - v * f
    assert (np.abs(total) <= 1e-13 * np.abs(v * f) + 1e-15 * y**loss.degree).all()


@both
def test_the_best_shift_of_all_scores(loss):
    y, f, c = targets(loss), scores() / 4, np.linspace(0.5, 2.0, 60)
    over, under = loss.intercept_terms(y, f)
    shift = np.log((c @ over) / (c @ under))
    slope = c @ loss.derivative(y, f + shift)
    assert abs(slope) <= 1e-10 * (c @ np.abs(loss.derivative(y, f)))


@both
def test_another_unit(loss):
    y, f, t = targets(loss), scores(), 1e4
    there = loss.value(t * y, f + np.log(t))
    assert_allclose(there, t**loss.degree * loss.value(y, f), rtol=1e-9)


@both
@pytest.mark.parametrize("f", [-1e6, -800.0, 800.0, 1e6])
def test_scores_of_a_step_that_is_too_long(loss, f):
    y = targets(loss)
    f = np.full(len(y), f)
    for values in (loss.value(y, f), loss.derivative(y, f), loss.curvature(y, f)):
        assert np.isfinite(values).all()
    # It is still convex: the slope along the tangent stays what it is.
    further = loss.value(y, f + 1.0) - loss.value(y, f)
    assert_allclose(further, loss.derivative(y, f), rtol=1e-6, atol=1e-6)


def test_which_targets_they_take():
    y = np.array([-1.0, 0.0, 1.0])
    assert_array_equal(POISSON.takes(y), [False, True, True])
    assert_array_equal(GAMMA.takes(y), [False, False, True])
