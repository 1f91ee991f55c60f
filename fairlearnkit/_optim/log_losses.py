"""Losses of a log link: half deviances of a target y from its expectation exp(f).

Both are those of scikit-learn's PoissonRegressor and GammaRegressor. A deviance is 0 at
f = log y and positive elsewhere, so that a duality gap relative to it has a meaning,
which it has not for a log-likelihood less some constant. They are written in

    phi(d) = exp(d) - 1 - d,    psi(u) = (1 + u) log(1 + u) - u,

each the conjugate of the other, so that large targets cost no digits.
"""

from abc import abstractmethod

import numpy as np
from scipy.special import xlog1py, xlogy

from fairlearnkit._optim.losses import SmoothLoss

# Exponentials end here and go on along the tangent, which keeps what a long first step
# computes finite: e^350 is 1e152, more than `check_magnitudes` allows a target to be,
# and its square is a float. With half as much, targets above 1e76 would be wrong.
LARGEST_EXPONENT = 350.0


class LogLinkLoss(SmoothLoss):
    """A half deviance of y from exp(f).

    Attributes
    ----------
    degree : {0, 1}
        In another unit of y it is l(t y, f + log t) = t**degree l(y, f).
    """

    targets = "numbers"
    link = staticmethod(np.log)
    degree: int

    @abstractmethod
    def takes(self, y):
        """Which targets have a deviance, of shape (n_samples,)."""

    @abstractmethod
    def intercept_terms(self, y, f):
        """Two columns; the sum of the first is exp(t) times that of the second.

        Here t is what all scores have to move by, together, for the loss to be least,
        and sums are weighted.
        """


class HalfPoisson(LogLinkLoss):
    """exp(f) - y f + y log y - y, y >= 0."""

    degree = 1

    def value(self, y, f):
        """Product y phi(f - log y); exp(f) where y = 0."""
        d = f - _log(y)
        # Far from y nothing cancels; and there exp(d) may overflow.
        near = y * _phi(np.clip(d, -1.0, 1.0))
        is_near = (np.abs(d) < 1.0) & (y > 0)
        return np.where(is_near, near, _exp_value(f) - y - y * d)

    def derivative(self, y, f):
        """The residual exp(f) - y."""
        return _exp(f) - y

    def curvature(self, y, f):
        """The expectation exp(f)."""
        return _exp(f)

    def conjugate(self, y, v):
        """Sum y psi(v / y) + v log y; v log v - v where y = 0."""
        u = np.maximum(v / np.where(y > 0, y, 1.0), -1.0)
        zero = np.maximum(v, 0.0)
        return np.where(y > 0, y * _psi(u) + v * _log(y), xlogy(zero, zero) - zero)

    def domain_excess(self, y, v):
        """How far the expectation y + v is below 0."""
        return -(y + v)

    def dual_slack(self, y, v):
        """The expectation y + v, one over the curvature of the conjugate."""
        return np.maximum(y + v, 0.0)

    def intercept_terms(self, y, f):
        """y, and exp(f)."""
        return y, _exp(f)

    def cvxpy_expression(self, cp, y, f):
        """exp(f) - y f + y log y - y."""
        return cp.exp(f) - cp.multiply(y, f) + (xlogy(y, y) - y)

    def takes(self, y):
        """Targets that are not negative."""
        return y >= 0


class HalfGamma(LogLinkLoss):
    """y exp(-f) + f - log y - 1, y > 0."""

    degree = 0

    def value(self, y, f):
        """phi(log y - f)."""
        d = np.log(y) - f
        return np.where(np.abs(d) < 1.0, _phi(np.clip(d, -1, 1)), _exp_value(d) - 1 - d)

    def derivative(self, y, f):
        """1 less the ratio y exp(-f)."""
        return 1.0 - _exp(np.log(y) - f)

    def curvature(self, y, f):
        """The ratio y exp(-f)."""
        return _exp(np.log(y) - f)

    def conjugate(self, y, v):
        """psi(-v) + v log y."""
        return _psi(np.maximum(-v, -1.0)) + v * np.log(y)

    def domain_excess(self, y, v):
        """How far the ratio 1 - v is below 0."""
        return v - 1.0

    def dual_slack(self, y, v):
        """The ratio 1 - v, one over the curvature of the conjugate."""
        return np.maximum(1.0 - v, 0.0)

    def intercept_terms(self, y, f):
        """The ratio y exp(-f), and 1."""
        return _exp(np.log(y) - f), np.ones_like(y)

    def cvxpy_expression(self, cp, y, f):
        """Sum y exp(-f) + f - log y - 1."""
        d = np.log(y) - f
        return cp.exp(d) - d - 1

    def takes(self, y):
        """Targets that are positive."""
        return y > 0


def _exp(x):
    """The derivative of `_exp_value`."""
    return np.exp(np.minimum(x, LARGEST_EXPONENT))


def _exp_value(x):
    """exp(x), along its tangent from LARGEST_EXPONENT on."""
    return _exp(x) * (1.0 + np.maximum(x - LARGEST_EXPONENT, 0.0))


def _phi(d):
    return np.expm1(d) - d


def _psi(u):
    return xlog1py(1.0 + u, u) - u


def _log(y):
    """The log of y, and 0 for y = 0."""
    return np.log(np.where(y > 0, y, 1.0))
