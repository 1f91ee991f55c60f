"""Losses of a score f against a target y, with what the solvers need of them."""

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import expit, xlogy


class Loss(ABC):
    """A convex loss; arrays of one value a row in and out, without weights.

    A smooth loss also has ``derivative(y, f)`` and ``curvature(y, f)``, the first and
    (an element of the generalised) second derivative in f.
    """

    smooth = True

    @abstractmethod
    def value(self, y, f):
        """l(y, f)."""

    @abstractmethod
    def conjugate(self, y, v):
        """Sup over f of v f - l(y, f), for v in its domain."""

    def restricted(self, rows):
        """The loss of these rows alone."""
        return self

    def excess(self, y, v):
        """How far v is outside the domain of the conjugate, here 0 <= -y v <= 1."""
        return np.maximum(y * v, -1.0 - y * v)

    def room(self, y, v):
        """How far v can move either way within the domain of the conjugate.

        Zero where the conjugate has a kink; here for the domain 0 <= -y v <= 1.
        """
        p = np.clip(-y * v, 0.0, 1.0)
        return p * (1.0 - p)


class Logistic(Loss):
    """log(1 + exp(-y f)), y in {-1, 1}."""

    def value(self, y, f):
        """l(y, f)."""
        return np.logaddexp(0.0, -y * f)

    def derivative(self, y, f):
        """-y p, p the probability of the other class."""
        return -y * expit(-y * f)

    def curvature(self, y, f):
        """P (1 - p)."""
        p = expit(f)
        return p * (1.0 - p)

    def conjugate(self, y, v):
        """Negative entropy of p = -y v."""
        p = np.clip(-y * v, 0.0, 1.0)
        return xlogy(p, p) + xlogy(1.0 - p, 1.0 - p)


class SquaredHinge(Loss):
    """max(0, 1 - y f)^2, y in {-1, 1}."""

    def value(self, y, f):
        """l(y, f)."""
        return np.maximum(0.0, 1.0 - y * f) ** 2

    def derivative(self, y, f):
        """-2 y max(0, 1 - y f)."""
        return -2.0 * y * np.maximum(0.0, 1.0 - y * f)

    def curvature(self, y, f):
        """2 inside the margin, 0 outside."""
        return 2.0 * (y * f < 1.0)

    def conjugate(self, y, v):
        """v^2 / 4 + y v, for y v <= 0."""
        return v**2 / 4.0 + y * v

    def room(self, y, v):
        """-y v."""
        return np.maximum(0.0, -y * v)


class Squared(Loss):
    """(y - f)^2 / 2, y real."""

    def value(self, y, f):
        """l(y, f)."""
        return 0.5 * (y - f) ** 2

    def derivative(self, y, f):
        """F - y."""
        return f - y

    def curvature(self, y, f):
        """1."""
        return np.ones_like(f)

    def conjugate(self, y, v):
        """v^2 / 2 + y v."""
        return 0.5 * v**2 + y * v

    def excess(self, y, v):
        """None: every v is in the domain."""
        return np.zeros_like(v)

    def room(self, y, v):
        """1: every v is in the domain."""
        return np.ones_like(v)


class SquaredEpsilonInsensitive(Loss):
    """max(0, |y - f| - epsilon)^2, y real."""

    def __init__(self, epsilon=0.1):
        self.epsilon = epsilon

    def value(self, y, f):
        """l(y, f)."""
        return np.maximum(0.0, np.abs(y - f) - self.epsilon) ** 2

    def derivative(self, y, f):
        """2 (f - y), less epsilon towards zero."""
        return -2.0 * _shrunk(y - f, self.epsilon)

    def curvature(self, y, f):
        """2 outside the tube, 0 inside."""
        return 2.0 * (np.abs(y - f) > self.epsilon)

    def conjugate(self, y, v):
        """v^2 / 4 + y v + epsilon |v|."""
        return v**2 / 4.0 + y * v + self.epsilon * np.abs(v)

    def room(self, y, v):
        """|v|: there is a kink at 0."""
        return np.abs(v)


class Kinked(Loss):
    """A loss that is linear but for kinks: a maximum over multipliers m in an interval.

    m is -dl/df, for rows of weight 1. What the methods for such losses need is how the
    loss is smoothed around given multipliers, and its rows as hinges.
    """

    smooth = False

    @abstractmethod
    def start(self, y):
        """Multipliers to begin with."""

    @abstractmethod
    def smoothed(self, m0, sigma):
        """The loss with -(m - m0)^2 / (2 sigma) in its maximum."""

    @abstractmethod
    def hinges(self, y, c):
        """Signs s, offsets r and weights of hinges max(0, r - s f), stacked n by n."""


class Hinge(Kinked):
    """max(0, 1 - y f), y in {-1, 1}: the maximum over y m in [0, 1] of m (y - f)."""

    def value(self, y, f):
        """l(y, f)."""
        return np.maximum(0.0, 1.0 - y * f)

    def conjugate(self, y, v):
        """Y v, for -1 <= y v <= 0."""
        return y * v

    def start(self, y):
        """Half of what is allowed."""
        return 0.5 * y

    def smoothed(self, m0, sigma):
        """The smoothed hinge."""
        return ProximalHinge(m0, sigma)

    def hinges(self, y, c):
        """Itself."""
        return y, np.ones_like(y), c


class EpsilonInsensitive(Kinked):
    """max(0, |y - f| - epsilon): m (y - f) - epsilon |m| at the best |m| <= 1."""

    def __init__(self, epsilon=0.1):
        self.epsilon = epsilon

    def value(self, y, f):
        """l(y, f)."""
        return np.maximum(0.0, np.abs(y - f) - self.epsilon)

    def conjugate(self, y, v):
        """Y v + epsilon |v|, for |v| <= 1."""
        return y * v + self.epsilon * np.abs(v)

    def room(self, y, v):
        """|v| (1 - |v|): there is a kink at 0."""
        p = np.minimum(np.abs(v), 1.0)
        return p * (1.0 - p)

    def start(self, y):
        """Zero."""
        return np.zeros_like(y)

    def smoothed(self, m0, sigma):
        """The smoothed loss."""
        return ProximalEpsilonInsensitive(m0, sigma, self.epsilon)

    def hinges(self, y, c):
        """max(0, (f - y) - epsilon) and max(0, (y - f) - epsilon)."""
        one = np.ones_like(y)
        offsets = np.concatenate([-y - self.epsilon, y - self.epsilon])
        return np.concatenate([-one, one]), offsets, np.concatenate([c, c])


class Proximal(Loss):
    """A kinked loss smoothed around multipliers m0, with stiffness sigma.

    The subproblem of the method of multipliers: around the optimal multipliers it has
    the minimiser of the kinked loss. The multiplier of a row is a function of z =
    m0 + sigma (y - f), flat where the row is settled.
    """

    def __init__(self, m0, sigma):
        self.m0, self.sigma = m0, sigma

    def _z(self, y, f):
        return self.m0 + self.sigma * (y - f)

    @abstractmethod
    def multipliers(self, y, f):
        """The maximiser m."""

    @abstractmethod
    def settled(self, y, f, reach):
        """M in {-1, 0, 1} where no move of f by `reach` changes it, else NaN."""

    def derivative(self, y, f):
        """-m."""
        return -self.multipliers(y, f)

    def _penalty(self, m):
        return (m - self.m0) ** 2 / (2.0 * self.sigma)


class ProximalHinge(Proximal):
    """The hinge loss, smoothed; y = 1 or -1 makes y (y - f) = 1 - y f."""

    def restricted(self, rows):
        """The loss of these rows alone."""
        return ProximalHinge(self.m0[rows], self.sigma)

    def multipliers(self, y, f):
        """The maximiser m."""
        return y * np.clip(y * self._z(y, f), 0.0, 1.0)

    def settled(self, y, f, reach):
        """M where no move of f by `reach` changes it, else NaN."""
        p, slack = y * self._z(y, f), self.sigma * reach
        return np.select([p <= -slack, p >= 1.0 + slack], [0.0, y], np.nan)

    def value(self, y, f):
        """l(y, f)."""
        m = self.multipliers(y, f)
        return m * (y - f) - self._penalty(m)

    def curvature(self, y, f):
        """Sigma where 0 < y m < 1, else 0."""
        p = y * self._z(y, f)
        return self.sigma * ((p > 0.0) & (p < 1.0))

    def conjugate(self, y, v):
        """Y v + (m - m0)^2 / (2 sigma), m = -v."""
        return y * v + self._penalty(-v)


class ProximalEpsilonInsensitive(Proximal):
    """The epsilon-insensitive loss, smoothed."""

    def __init__(self, m0, sigma, epsilon):
        super().__init__(m0, sigma)
        self.epsilon = epsilon

    def restricted(self, rows):
        """The loss of these rows alone."""
        return ProximalEpsilonInsensitive(self.m0[rows], self.sigma, self.epsilon)

    def multipliers(self, y, f):
        """The maximiser m."""
        return np.clip(_shrunk(self._z(y, f), self.sigma * self.epsilon), -1.0, 1.0)

    def settled(self, y, f, reach):
        """M where no move of f by `reach` changes it, else NaN."""
        z, slack, tube = self._z(y, f), self.sigma * reach, self.sigma * self.epsilon
        far = np.abs(z) >= 1.0 + tube + slack
        return np.select([np.abs(z) <= tube - slack, far], [0.0, np.sign(z)], np.nan)

    def value(self, y, f):
        """l(y, f)."""
        m = self.multipliers(y, f)
        return m * (y - f) - self.epsilon * np.abs(m) - self._penalty(m)

    def curvature(self, y, f):
        """Sigma where 0 < |m| < 1, else 0."""
        size = np.abs(self._z(y, f)) - self.sigma * self.epsilon
        return self.sigma * ((size > 0.0) & (size < 1.0))

    def conjugate(self, y, v):
        """Y v + epsilon |v| + (m - m0)^2 / (2 sigma), m = -v."""
        return y * v + self.epsilon * np.abs(v) + self._penalty(-v)


def _shrunk(z, by):
    return z - np.clip(z, -by, by)


LOSSES = {
    "epsilon_insensitive": EpsilonInsensitive,
    "hinge": Hinge,
    "logistic": Logistic,
    "squared": Squared,
    "squared_epsilon_insensitive": SquaredEpsilonInsensitive,
    "squared_hinge": SquaredHinge,
}
