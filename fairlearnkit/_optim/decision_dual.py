r"""The dual of the decision program, smoothed, by Newton's method.

Maximise over multipliers nu that sum to zero in each stratum

.. math:: \sum_i w_i \, \text{softmin}_\beta(z_i) - \nu^T b
          - \frac{\text{bound}}{2} \sum_j \sqrt{\nu_j^2 + \omega^2},
          \qquad \text{softmin}_\beta(z) = -\beta \log \sum_k e^{-z_k / \beta}

while the temperature beta is lowered. At beta = 0 and omega = 0 this is the dual of
bounding rates less offsets b: as sum nu = 0, half the sum of \|nu\| is that of the
positive parts, the support function of {v : max v - min v <= 1}. The gradient is the
vector of rates of the rule that decides by softmax, less b and the bound's share.
"""

import numpy as np
from scipy.linalg import lstsq
from scipy.special import expit, softmax

from fairlearnkit._optim.strata import helmert_contrasts

# Temperatures, relative to the spread of the costs. At 1e-6 the rule of lowest shifted
# cost and the softmax differ in a few rows of a million; the last ones are below the
# jitter of tied rows (`decisions.JITTER`), so that ties are split as the bound asks.
TEMPERATURES = 10.0 ** np.array([*np.arange(-1.0, -6.1, -0.5), -7, -8, -9, -10])
# Of the smoothed |nu|: its share of the value is below this times beta.
KINK = 1e-3
# Newton decrement relative to beta at which a stage ends; the next one starts from it.
# At 1e-1 values were off by up to 3 % in 60 small problems, at 1e-6 no closer than now.
DECREMENT = 1e-3
MAX_STEPS = 30
# A step is halved until the slope at its end has at most this share of the slope at its
# start, with either sign: slopes lose no digits where values differ by rounding only.
SLOPE = 0.9
SHORTEST = 1e-8
# No step moves a cost by more than this times beta: where hardly any row is between two
# classes, the quadratic model says nothing about what lies further away. With 100 there
# are half as many evaluations again.
FARTHEST = 10.0
# Steps that move a cost by more than this times the spread of the costs belong to a
# dual without an optimum.
UNBOUNDED = 1e6
# Eigenvalues of the Hessian below this, relative to the largest, are zero: adding the
# same to the multipliers of all classes in a cell changes no decision.
SINGULAR = 1e-10
# A Hessian below this is zero: every row is decided. It is next to 2e-308, below which
# numbers lose their digits, and products of matrices may warn of invalid values; with
# the square of it, they would.
DECIDED = 1e-300


def maximise_dual(problem, bound, offsets=None, start=None, temperatures=TEMPERATURES):
    """Multipliers of the decision program at a bound.

    Parameters
    ----------
    problem : DecisionProblem
    bound : float
        Largest difference of rates less offsets, finite.
    offsets : ndarray of shape (n_rates,), default=None
        b, of which only differences within strata matter.
    start : ndarray of shape (n_rates,), default=None
        Multipliers to start from.
    temperatures : ndarray
        Relative to the spread of the costs.

    Returns
    -------
    multipliers : ndarray of shape (n_rates,)
        Their sum in each stratum is zero.
    """
    basis = helmert_contrasts(np.eye(len(problem.strata)), problem.strata)  # (r, n)
    offsets = np.zeros(len(problem.strata)) if offsets is None else offsets
    u = np.zeros(len(basis)) if start is None else basis @ start
    spread = np.ptp(problem.costs)
    for temperature in spread * temperatures if spread else ():
        u = _maximise(problem, bound, offsets, basis, u, temperature)
    return basis.T @ u


def _maximise(problem, bound, offsets, basis, u, temperature):
    """Newton's method with backtracking (Boyd, Vandenberghe 2004, algorithm 9.5)."""
    kink = KINK * temperature / bound if bound else 0.0

    def derivatives(u):
        nu = basis.T @ u
        gradient, hessian = _derivatives(problem, nu, temperature)
        if bound:
            root = np.sqrt(nu**2 + kink**2)
            gradient = gradient - 0.5 * bound * nu / root
            hessian = hessian - np.diag(0.5 * bound * kink**2 / root**3)
        return basis @ (gradient - offsets), basis @ hessian @ basis.T

    gradient, hessian = derivatives(u)
    for _ in range(MAX_STEPS):
        step = lstsq(-hessian, gradient, cond=SINGULAR)[0]
        slope = float(gradient @ step)
        if not slope > DECREMENT * temperature:
            break
        longest = np.abs(problem.shifts(basis.T @ step)).max()
        if not longest < UNBOUNDED * np.ptp(problem.costs):
            break  # with offsets, there may be no rule within the bound
        t = min(1.0, FARTHEST * temperature / longest)
        new = derivatives(u + t * step)
        while new[0] @ step < -SLOPE * slope and t > SHORTEST:
            t *= 0.5
            new = derivatives(u + t * step)
        u, (gradient, hessian) = u + t * step, new
    return u


def _derivatives(problem, multipliers, temperature):
    r"""Rates of the softmax rule, shape (J,), and Hessian of its value, shape (J, J).

    .. math:: H_{jl} = -\frac{1}{\beta} \sum_i w_i m_{ji} m_{li}
              (p_{ij} 1[k_j = k_l] - p_{ij} p_{il})

    with m divided by pi, and p_ij the share of class k_j.
    """
    shares = _shares(problem.shifted(multipliers), temperature)
    weighted = problem.weight[:, None] * shares
    gradient = np.empty(len(multipliers))
    hessian = np.empty((len(multipliers), len(multipliers)))
    parts = [(*part, own) for part, own in zip(problem.parts, problem.slices)]
    for a, (k, cells, own) in enumerate(parts):
        gradient[own] = cells.T @ weighted[:, k]
        for other, other_cells, theirs in parts[: a + 1]:
            curvature = weighted[:, k] * ((k == other) - shares[:, other])  # (n,)
            hessian[own, theirs] = cells.T @ (curvature[:, None] * other_cells)
            hessian[theirs, own] = hessian[own, theirs].T
    hessian /= -temperature
    hessian[np.abs(hessian) < DECIDED] = 0.0
    return gradient, hessian


def _shares(z, temperature):
    """Softmax of -z / temperature, of shape (n_samples, n_classes)."""
    if z.shape[1] == 2:  # half the work
        second = expit((z[:, 0] - z[:, 1]) / temperature)
        return np.column_stack([1.0 - second, second])
    return softmax(-z / temperature, axis=1)
