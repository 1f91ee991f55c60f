"""Losses of a score f against a target y.

A loss is one class that says everything a solver may want to know: its value, its
convex conjugate (for duality gaps), its derivatives or its kinks, its statement for
cvxpy, and which targets it takes. Solvers ask for these capabilities, never for a type,
so that a new loss is one subclass of `SmoothLoss` or `PiecewiseLinearLoss`. Both are
`CertifiedLoss`: the problem of an estimator ends with a duality gap. The `SmoothedLoss`
of a subproblem does not, and has no conjugate.

All methods work row by row, on arrays with one value a row, and leave weights to the
caller. v stands for the argument of the conjugate

    l*(y, v) = sup_f  v f - l(y, f),

which is the derivative of l in f at the point where the supremum is attained.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

# exp(700) is a float, and 1 / (1 + exp(700)) is 1e-304.
LARGEST_EXPONENT = 700.0
# The smallest positive float of full precision, and the largest one below 1.
SMALLEST, LARGEST_BELOW_1 = np.finfo(np.float64).tiny, 1.0 - np.finfo(np.float64).epsneg


class DualTerms(NamedTuple):
    """What a loss adds to the dual, where that is quadratic in a = -c v.

    c_i l*(y_i, -a_i / c_i) = R_i a_i^2 / 2 - y_i a_i + epsilon |a_i| for
    low_i <= a_i <= high_i, and infinite elsewhere.

    Parameters
    ----------
    R, low, high : ndarray of shape (n_samples,)
    epsilon : float, default=0.0
    """

    R: np.ndarray
    low: np.ndarray
    high: np.ndarray
    epsilon: float = 0.0


class Loss(ABC):
    """A convex loss l(y, f).

    Attributes
    ----------
    smooth : bool
        Whether Newton's method applies: the loss has a continuous derivative.
    targets : {"classes", "numbers"}
        "classes" for y in {-1, 1}, "numbers" for real y.
    link : callable or None
        From an expected target to its score; None where they are the same, or y holds
        classes. A `LogLinkLoss` has one.
    """

    smooth: bool
    targets: str
    link = None

    @abstractmethod
    def value(self, y, f):
        """The loss l(y, f), of shape (n_samples,)."""


class CertifiedLoss(Loss):
    """A loss of an estimator: its conjugate gives the duality gap.

    Attributes
    ----------
    quadratic : bool
        Whether l is (y - f)^2 / 2, whose optimum is that of linear equations.
    libsvm : {"C-SVC", "epsilon-SVR", None}
        The formulation of libsvm that has this loss; None where there is none.
    epsilon : float
        Half the width of the tube around y in which there is no loss; 0.0 with "C-SVC".
        To be given where `libsvm` is not None: libsvm gets it, and the active-set steps
        and working sets around it use it.
    has_cvxpy_expression : bool
        Whether cvxpy can state it: by hinges, or by ``cvxpy_expression``.
    dual_terms : callable or None
        ``dual_terms(y, c)``, the `DualTerms` of targets y and weights c. None where the
        conjugate is not of their form.
    """

    quadratic = False
    libsvm = None
    has_cvxpy_expression = True
    dual_terms = None
    epsilon: float

    @abstractmethod
    def conjugate(self, y, v):
        """The conjugate l*(y, v), for v in the domain of l*."""

    @abstractmethod
    def domain_excess(self, y, v):
        """How far v is outside the domain of l*, the interval where l* is finite.

        Zero or negative inside. A dual point certifies nothing if this is positive
        beyond rounding.
        """

    @abstractmethod
    def dual_slack(self, y, v):
        """How far v can move either way at little cost to l*.

        Multipliers that must sum to zero are moved in proportion to it. It has to
        vanish at the ends of the domain, and at kinks of l*, where any move costs.
        """

    def scaled(self, scale):
        """The loss l' with l'(y / scale, f / scale) = l(y, f) / scale.

        None, the default, for a loss whose targets solvers leave in their own unit.
        """
        return None


class SmoothLoss(CertifiedLoss):
    """A convex loss with a continuous derivative."""

    smooth = True

    @abstractmethod
    def derivative(self, y, f):
        """The derivative dl/df, of shape (n_samples,)."""

    @abstractmethod
    def curvature(self, y, f):
        """The second derivative in f, or where it jumps one between both sides."""

    @property
    def has_cvxpy_expression(self):
        """Whether the class defines ``cvxpy_expression``."""
        return type(self).cvxpy_expression is not SmoothLoss.cvxpy_expression

    def cvxpy_expression(self, cp, y, f):
        """The loss l(y, f) as a cvxpy expression of shape (n_samples,).

        The one method that a smooth loss may lack; ``solver="cvxpy"`` then refuses it.

        Parameters
        ----------
        cp : module
            cvxpy itself, which is imported in one place only.
        y : ndarray of shape (n_samples,)
            Targets.
        f : cvxpy.Expression of shape (n_samples,)
            Scores.
        """
        msg = f"{type(self).__name__} has no cvxpy_expression; add one to the loss."
        raise NotImplementedError(msg)


class PiecewiseLinearLoss(CertifiedLoss):
    """A loss that is linear between kinks, in terms of multipliers m = -dl/df.

    l(y, f) is the maximum over m, in an interval, of a function that is linear in f.
    The augmented Lagrangian method needs the loss smoothed around given multipliers,
    the interior point method and cvxpy need it as a sum of hinges.
    """

    smooth = False

    @abstractmethod
    def initial_multipliers(self, y):
        """Multipliers m inside their interval, to begin with."""

    @abstractmethod
    def smoothed(self, sigma):
        """The loss with -(m - m0)^2 / (2 sigma) added to what is maximised.

        A `SmoothedLoss`, whose targets hold y and m0.
        """

    @abstractmethod
    def hinges(self, y, c):
        """Sum of hinges, c_i l(y_i, f_i) = sum_k c_k max(0, r_k - s_k f_i).

        Parameters
        ----------
        y, c : ndarray of shape (n_samples,)
            Targets and weights.

        Returns
        -------
        signs, offsets, weights : ndarray of shape (n_hinges * n_samples,)
            s, r and c of the first hinge of all rows, then of the second, and so on.
        """


class Logistic(SmoothLoss):
    """log(1 + exp(-y f)), y in {-1, 1}."""

    targets = "classes"

    def value(self, y, f):
        """log(1 + exp(-y f)), without overflow."""
        z = -y * f
        return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))

    def derivative(self, y, f):
        """-y q, with q = 1 / (1 + exp(y f)) the probability of the other class."""
        return -y / (1.0 + np.exp(np.minimum(y * f, LARGEST_EXPONENT)))

    def curvature(self, y, f):
        """Product q (1 - q), the same for both classes."""
        odds = np.exp(-np.abs(f))
        return odds / (1.0 + odds) ** 2

    def conjugate(self, y, v):
        """Sum q log q + (1 - q) log(1 - q), with q = -y v in [0, 1]."""
        q = np.clip(-y * v, 0.0, 1.0)
        rest = 1.0 - q
        # Where one of them is 0, so is its product with the log of anything finite.
        some, most = np.maximum(q, SMALLEST), np.minimum(q, LARGEST_BELOW_1)
        return q * np.log(some) + rest * np.log1p(-most)

    def domain_excess(self, y, v):
        """Distance of q = -y v from [0, 1]."""
        return np.maximum(y * v, -1.0 - y * v)

    def dual_slack(self, y, v):
        """Product q (1 - q), with q = -y v."""
        q = np.clip(-y * v, 0.0, 1.0)
        return q * (1.0 - q)

    def cvxpy_expression(self, cp, y, f):
        """log(1 + exp(-y f))."""
        return cp.logistic(-cp.multiply(y, f))


class SquaredHinge(SmoothLoss):
    """max(0, 1 - y f)^2, y in {-1, 1}."""

    targets = "classes"

    def value(self, y, f):
        """max(0, 1 - y f)^2."""
        return np.maximum(0.0, 1.0 - y * f) ** 2

    def derivative(self, y, f):
        """-2 y max(0, 1 - y f)."""
        return -2.0 * y * np.maximum(0.0, 1.0 - y * f)

    def curvature(self, y, f):
        """2 inside the margin, y f < 1, and 0 outside."""
        return 2.0 * (y * f < 1.0)

    def conjugate(self, y, v):
        """The sum v^2 / 4 + y v, for y v <= 0."""
        return v**2 / 4.0 + y * v

    def domain_excess(self, y, v):
        """The product y v, for the domain y v <= 0."""
        return y * v

    def dual_terms(self, y, c):
        """R = 1 / (2 c), and a of the sign of y."""
        low, high = np.where(y > 0, 0.0, -np.inf), np.where(y > 0, np.inf, 0.0)
        return DualTerms(0.5 / c, low, high)

    def dual_slack(self, y, v):
        """-y v, the distance from the one end of the domain."""
        return np.maximum(0.0, -y * v)

    def cvxpy_expression(self, cp, y, f):
        """max(0, 1 - y f)^2."""
        return cp.square(cp.pos(1 - cp.multiply(y, f)))


class Squared(SmoothLoss):
    """(y - f)^2 / 2, y real."""

    targets = "numbers"
    quadratic = True

    def value(self, y, f):
        """(y - f)^2 / 2."""
        return 0.5 * (y - f) ** 2

    def derivative(self, y, f):
        """The residual f - y."""
        return f - y

    def curvature(self, y, f):
        """The constant 1."""
        return np.ones_like(f)

    def conjugate(self, y, v):
        """The sum v^2 / 2 + y v, for all v."""
        return 0.5 * v**2 + y * v

    def domain_excess(self, y, v):
        """Zero: the conjugate is finite everywhere."""
        return np.zeros_like(v)

    def dual_terms(self, y, c):
        """R = 1 / c, and no limits."""
        endless = np.full(len(y), np.inf)
        return DualTerms(1.0 / c, -endless, endless)

    def dual_slack(self, y, v):
        """The constant 1: no end and no kink to keep away from."""
        return np.ones_like(v)

    def cvxpy_expression(self, cp, y, f):
        """(y - f)^2 / 2."""
        return 0.5 * cp.square(y - f)


class SquaredEpsilonInsensitive(SmoothLoss):
    """max(0, |y - f| - epsilon)^2, y real.

    Parameters
    ----------
    epsilon : float, default=0.1
        Half the width of the tube around y in which there is no loss.
    """

    targets = "numbers"

    def __init__(self, epsilon=0.1):
        self.epsilon = epsilon

    def value(self, y, f):
        """max(0, |y - f| - epsilon)^2."""
        return np.maximum(0.0, np.abs(y - f) - self.epsilon) ** 2

    def derivative(self, y, f):
        """-2 times y - f, shrunk towards zero by epsilon."""
        return -2.0 * soft_threshold(y - f, self.epsilon)

    def curvature(self, y, f):
        """2 outside the tube, and 0 inside."""
        return 2.0 * (np.abs(y - f) > self.epsilon)

    def conjugate(self, y, v):
        """The sum v^2 / 4 + y v + epsilon |v|, for all v."""
        return v**2 / 4.0 + y * v + self.epsilon * np.abs(v)

    def domain_excess(self, y, v):
        """Zero: the conjugate is finite everywhere."""
        return np.zeros_like(v)

    def dual_terms(self, y, c):
        """R = 1 / (2 c), no limits, and the price epsilon |a|."""
        endless = np.full(len(y), np.inf)
        return DualTerms(0.5 / c, -endless, endless, self.epsilon)

    def dual_slack(self, y, v):
        """|v|, the distance from the kink of the conjugate at 0."""
        return np.abs(v)

    def cvxpy_expression(self, cp, y, f):
        """max(0, |y - f| - epsilon)^2."""
        return cp.square(cp.pos(cp.abs(y - f) - self.epsilon))


class Hinge(PiecewiseLinearLoss):
    """max(0, 1 - y f), y in {-1, 1}: the maximum of m (y - f) over y m in [0, 1]."""

    targets = "classes"
    libsvm = "C-SVC"
    epsilon = 0.0  # no tube around the margin

    def value(self, y, f):
        """max(0, 1 - y f)."""
        return np.maximum(0.0, 1.0 - y * f)

    def conjugate(self, y, v):
        """Product y v, for -1 <= y v <= 0."""
        return y * v

    def domain_excess(self, y, v):
        """Distance of -y v from [0, 1]."""
        return np.maximum(y * v, -1.0 - y * v)

    def dual_terms(self, y, c):
        """0 <= y a <= c."""
        return DualTerms(
            np.zeros(len(y)), np.minimum(0.0, y * c), np.maximum(0.0, y * c)
        )

    def dual_slack(self, y, v):
        """Product q (1 - q), with q = -y v: zero at both ends of the domain."""
        q = np.clip(-y * v, 0.0, 1.0)
        return q * (1.0 - q)

    def initial_multipliers(self, y):
        """Half of y, the middle of the interval between 0 and y."""
        return 0.5 * y

    def smoothed(self, sigma):
        """The hinge with a quadratic piece of width 1 / sigma."""
        return SmoothedHinge(sigma)

    def hinges(self, y, c):
        """One hinge a row, s = y and r = 1."""
        return y, np.ones_like(y), c


class EpsilonInsensitive(PiecewiseLinearLoss):
    """max(0, |y - f| - epsilon): the maximum of m (y - f) - epsilon |m| over |m| <= 1.

    Parameters
    ----------
    epsilon : float, default=0.1
        Half the width of the tube around y in which there is no loss.
    """

    targets = "numbers"
    libsvm = "epsilon-SVR"

    def __init__(self, epsilon=0.1):
        self.epsilon = epsilon

    def value(self, y, f):
        """max(0, |y - f| - epsilon)."""
        return np.maximum(0.0, np.abs(y - f) - self.epsilon)

    def conjugate(self, y, v):
        """Sum y v + epsilon |v|, for |v| <= 1."""
        return y * v + self.epsilon * np.abs(v)

    def domain_excess(self, y, v):
        """|v| - 1."""
        return np.abs(v) - 1.0

    def dual_terms(self, y, c):
        """|a| <= c, with the price epsilon |a|."""
        return DualTerms(np.zeros(len(y)), -c, c, self.epsilon)

    def dual_slack(self, y, v):
        """|v| (1 - |v|): zero at the ends of the domain and at the kink at 0."""
        p = np.minimum(np.abs(v), 1.0)
        return p * (1.0 - p)

    def scaled(self, scale):
        """The same loss with the tube in the new unit."""
        return EpsilonInsensitive(self.epsilon / scale)

    def initial_multipliers(self, y):
        """Zero, the middle of [-1, 1]."""
        return np.zeros_like(y)

    def smoothed(self, sigma):
        """The loss with quadratic pieces, 1 / sigma wide, at the ends of the tube."""
        return SmoothedEpsilonInsensitive(sigma, self.epsilon)

    def hinges(self, y, c):
        """max(0, (f - y) - epsilon) + max(0, (y - f) - epsilon)."""
        ones = np.ones_like(y)
        offsets = np.concatenate([-y - self.epsilon, y - self.epsilon])
        return np.concatenate([-ones, ones]), offsets, np.concatenate([c, c])


class SmoothedLoss(Loss):
    """A piecewise linear loss, smoothed around multipliers m0 with stiffness sigma.

    The loss of a subproblem of the augmented Lagrangian method (Bertsekas, Constrained
    Optimization and Lagrange Multiplier Methods, 1982, section 5.1). The maximiser m is
    a function of z = m0 + sigma (y - f), cut off at the ends of its interval: the row
    is saturated there. At the optimal m0 its minimiser is that of the loss itself.

    Targets have the shape (n_samples, 2): y, and m0. Subproblems are not certified: the
    certificate is that of the loss itself.

    Parameters
    ----------
    sigma : float
        Larger is closer to the loss itself, and worse conditioned.
    """

    smooth = True

    def __init__(self, sigma):
        self.sigma = sigma

    def _z(self, y, f):
        return y[:, 1] + self.sigma * (y[:, 0] - f)

    def _penalty(self, y, m):
        return (m - y[:, 1]) ** 2 / (2.0 * self.sigma)

    @abstractmethod
    def multipliers(self, y, f):
        """The maximiser m."""

    @abstractmethod
    def saturated(self, y, f, reach):
        """The m in {-1, 0, 1} that no move of f by `reach` changes; else NaN."""

    @abstractmethod
    def curvature(self, y, f):
        """The second derivative in f, or where it jumps one between both sides."""

    def derivative(self, y, f):
        """-m (the envelope theorem)."""
        return -self.multipliers(y, f)


class SmoothedHinge(SmoothedLoss):
    """The hinge loss, smoothed; y = 1 or -1 makes y (y - f) = 1 - y f."""

    targets = "classes"

    def multipliers(self, y, f):
        """The product y z, cut off at 0 and 1, times y."""
        t = y[:, 0]
        return t * np.clip(t * self._z(y, f), 0.0, 1.0)

    def saturated(self, y, f, reach):
        """0 or y where y z is beyond [0, 1] by more than sigma reach."""
        t, margin = y[:, 0], self.sigma * reach
        p = t * self._z(y, f)
        return np.select([p <= -margin, p >= 1.0 + margin], [0.0, t], np.nan)

    def value(self, y, f):
        """The maximum m (y - f) - (m - m0)^2 / (2 sigma)."""
        m = self.multipliers(y, f)
        return m * (y[:, 0] - f) - self._penalty(y, m)

    def curvature(self, y, f):
        """Stiffness sigma where 0 < y m < 1, else 0."""
        p = y[:, 0] * self._z(y, f)
        return self.sigma * ((p > 0.0) & (p < 1.0))


class SmoothedEpsilonInsensitive(SmoothedLoss):
    """The epsilon-insensitive loss, smoothed."""

    targets = "numbers"

    def __init__(self, sigma, epsilon):
        super().__init__(sigma)
        self.epsilon = epsilon

    def multipliers(self, y, f):
        """The shrunk z (by sigma epsilon), cut off at -1 and 1."""
        z = soft_threshold(self._z(y, f), self.sigma * self.epsilon)
        return np.clip(z, -1.0, 1.0)

    def saturated(self, y, f, reach):
        """0 within the tube, -1 or 1 beyond its quadratic edge, by sigma reach."""
        z, margin, tube = self._z(y, f), self.sigma * reach, self.sigma * self.epsilon
        far = np.abs(z) >= 1.0 + tube + margin
        return np.select([np.abs(z) <= tube - margin, far], [0.0, np.sign(z)], np.nan)

    def value(self, y, f):
        """The maximum m (y - f) - epsilon |m| - (m - m0)^2 / (2 sigma)."""
        m = self.multipliers(y, f)
        return m * (y[:, 0] - f) - self.epsilon * np.abs(m) - self._penalty(y, m)

    def curvature(self, y, f):
        """Stiffness sigma where 0 < |m| < 1, else 0."""
        size = np.abs(self._z(y, f)) - self.sigma * self.epsilon
        return self.sigma * ((size > 0.0) & (size < 1.0))


def soft_threshold(z, width):
    """Values z moved towards zero by `width`, and no further than zero."""
    return z - np.clip(z, -width, width)


# Names of losses in the parameter `loss` of estimators.
LOSSES = {
    "epsilon_insensitive": EpsilonInsensitive,
    "hinge": Hinge,
    "logistic": Logistic,
    "squared": Squared,
    "squared_epsilon_insensitive": SquaredEpsilonInsensitive,
    "squared_hinge": SquaredHinge,
}
