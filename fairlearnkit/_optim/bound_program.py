"""A small dense quadratic program: the part of a Newton step that the bound touches."""

from functools import cached_property

import numpy as np
from scipy.linalg import LinAlgError
from scipy.linalg.lapack import dpotrf, dpotrs

from fairlearnkit._optim.strata import (
    balanced_strata,
    gap_polytope,
    largest_gap,
    widest_pair,
)

# Figures are of benchmarks/constants.py: 48 fits of texts take 224 steps of Mehrotra's
# method, of six contrasts all; half or twice of most constants change none.

# Complementarity, relative to the first, at which the iteration stops: at its last
# digits, from where the system of the active rows leads to the optimum.
LAST_DIGIT = 1e-15
# The same at which the active rows are first tried: with half of it 232 steps, with
# twice as much 222.
TRY_ACTIVE = 1e-2
# Share of the way to the boundary that a step takes, as is usual with Mehrotra's
# method; with half of it 556 steps.
TO_BOUNDARY = 0.995
# Steps at most.
MOST_STEPS = 60
# What the system of the active rows may be off by, relative to its right-hand side.
SOLVED = 1e-9


class BoundProgram:
    """Points nearest to others subject to gap(cells @ u) <= bound.

    Keeps which constraints held the last one, where the next, of a similar metric and
    target, is likely to be: its system is tried before anything else.

    Parameters
    ----------
    cells : ndarray of shape (n_cells, rank)
        Values of the cells for each unit of u; dependent rows are allowed.
    strata : ndarray of shape (n_cells,), intp
        Which cells are compared; see ``strata``.
    bound : float
        Greater than 0.
    """

    def __init__(self, cells, strata, bound):
        self.cells, self.strata, self.bound = cells, strata, bound
        self._active = None

    @cached_property
    def _polytope(self):
        return gap_polytope(self.cells, self.strata)

    @cached_property
    def _limits(self):
        """G and a unit of u: G x <= 1 with u = unit x, and elements of size 1 in G."""
        half = self._polytope.G / self._polytope.limits[:, None]
        largest = np.abs(half).max()
        return np.vstack([half, -half]) / largest, self.bound / largest

    def project(self, K, target):
        """Minimise (u - target)' K (u - target) / 2 subject to the bound.

        1. If the target keeps the bound, it is the solution.
        2. Of rank 1, such as two groups, the feasible set is an interval.
        3. Else the system of the constraints that held the last solution is solved. If
           they hold this one as well, that is all.
        4. Else Mehrotra's predictor-corrector method from u = 0, which is strictly
           inside (Nocedal and Wright, Numerical Optimization, 2006, algorithm 16.4), on
           G x <= 1 with x = u and the free centres of strata (``strata.gap_polytope``).
        5. The system of the constraints that seem to hold the optimum is solved, to
           rounding: now and then on the way, which ends there if it is the optimum.

        Parameters
        ----------
        K : ndarray of shape (rank, rank)
            Symmetric positive definite.
        target : ndarray of shape (rank,)
            The minimiser without the bound.

        Returns
        -------
        u : ndarray of shape (rank,)
            The minimiser.
        multipliers : ndarray of shape (n_cells,)
            lambda with cells'lambda = K (target - u), and the sum 0 in each stratum.
        """
        cells, strata = self.cells, self.strata
        if largest_gap(cells @ target, strata) <= self.bound:
            return target, np.zeros(len(cells))
        if len(target) == 1:
            return _project_on_interval(K, target, cells, strata, self.bound)
        G, unit = self._limits
        # In units in which the elements of K and of G are of one size.
        size, rank = np.abs(K).max(), len(target)
        padded, pull = np.zeros((G.shape[1],) * 2), np.zeros(G.shape[1])
        padded[:rank, :rank], pull[:rank] = K / size, K @ (target / unit) / size
        x, lam = _nearest(padded, pull, G, self._active)
        self._active, lam = lam > 0, size * unit**2 * lam
        # At most one of both signs binds; the scale goes back into the multipliers.
        half, polytope = len(lam) // 2, self._polytope
        lam = (lam[:half] - lam[half:]) / (self.bound * polytope.limits)
        multipliers = balanced_strata(polytope.multipliers_of_cells(lam), strata)
        return unit * x[:rank], multipliers


def project_on_bound(K, target, cells, strata, bound):
    """One projection by a program of its own: see `BoundProgram`."""
    return BoundProgram(cells, strata, bound).project(K, target)


def dual_norm(multipliers, strata):
    """The norm dual to the largest gap, sup of lambda'v over gap(v) <= 1.

    Of multipliers that sum to zero in each stratum.
    """
    alone = strata < 0
    size = np.abs(multipliers)
    return float(size[alone].sum() + 0.5 * size[~alone].sum())


def symmetric_inverse(S):
    """Inverse of a matrix that is symmetric and positive definite but for rounding.

    Where rounding made it singular, on the directions that it still has.
    """
    S = 0.5 * (S + S.T)
    try:
        K = np.linalg.inv(S)
    except LinAlgError:
        K = np.linalg.pinv(S, hermitian=True)
    return 0.5 * (K + K.T)


def contrast_multipliers(nu, cells, strata):
    """Multipliers lambda of the cells with cells'lambda = nu, for a bound of rank 1.

    The two cells that are furthest apart hold the bound, or one that is compared with
    zero: of all lambda these have the smallest dual norm.

    Parameters
    ----------
    nu : float
        Multiplier of u.
    cells : ndarray of shape (n_cells, 1)
        Values of the cells for each unit of u.
    strata : ndarray of shape (n_cells,), intp
        Which cells are compared; see ``strata``.

    Returns
    -------
    multipliers : ndarray of shape (n_cells,)
    """
    a, b, _ = widest_pair(cells[:, 0], strata)
    difference = np.zeros(len(cells))
    difference[a] = 1.0
    if b is not None:
        difference[b] = -1.0
    return difference * (nu / (difference @ cells[:, 0]))


def _project_on_interval(K, target, cells, strata, bound):
    """|u| <= bound / widest, with the gap of each unit of u."""
    widest = largest_gap(cells, strata)
    u = np.clip(target, -bound / widest, bound / widest)
    nu = (K @ (target - u))[0]
    return u, contrast_multipliers(nu, cells, strata)


def _nearest(K, pull, G, guess):
    """Minimise x'K x / 2 - pull'x subject to G x <= 1: x, and the multipliers."""
    found = None if guess is None else _at_active(K, pull, G, guess)
    return _interior_point(K, pull, G) if found is None else found


def _interior_point(K, pull, G):
    """Mehrotra's method for G x <= 1; returns x and the multipliers of the rows of G.

    Slacks s = 1 - G x stay positive with lam, and s lam tends to zero.
    """
    n_rows = len(G)
    x, slacks = np.zeros(len(pull)), np.ones((2, n_rows))
    s, lam = slacks  # views: a step moves both at once
    # Even multipliers of the size at which they balance the pull.
    lam[:] = np.linalg.norm(pull) / np.linalg.norm(G)
    first, attempt = s @ lam, TRY_ACTIVE
    for _ in range(MOST_STEPS):
        dual_residual = K @ x - pull + lam @ G
        total = s @ lam
        if total <= attempt * first:
            attempt *= TRY_ACTIVE
            found = _at_active(K, pull, G, lam > s * lam.max())
            if found is not None:
                return found
        if total <= LAST_DIGIT * min(first, lam.sum()):
            break
        # LAPACK itself: checks of a system this small take longer than its solution.
        factor, failed = dpotrf(K + (G.T * (lam / s)) @ G)
        if failed:  # as near to the boundary as rounding lets it
            break
        # Predictor: straight towards s lam = 0; how far it gets says how to centre.
        dx, move = _direction(factor, G, s, lam, dual_residual, s * lam)
        ahead = slacks + _longest(slacks, move) * move
        centre = (ahead[0] @ ahead[1] / total) ** 3 * (total / n_rows)
        # Corrector, with the products of the first step that Newton's method neglects.
        products = s * lam + move[0] * move[1] - centre
        dx, move = _direction(factor, G, s, lam, dual_residual, products)
        step = min(1.0, TO_BOUNDARY * _longest(slacks, move))
        x += step * dx
        slacks += step * move
    return _at_active(K, pull, G, lam > s) or (x, lam)


def _at_active(K, pull, G, active):
    """The optimum to rounding, if these rows of G are those at their limit.

    The systems of the iteration lose digits towards its end; that of the active rows,
    K x + G'lam = pull and G x = 1, does not. Returns None where it is no optimum, else
    x and the multipliers.
    """
    held, size = G[active], len(pull)
    system = np.zeros((size + len(held),) * 2)
    system[:size, :size], system[size:, :size] = K, held
    system[:size, size:] = held.T
    goal = np.append(pull, np.ones(len(held)))
    at_limit = np.linalg.lstsq(system, goal, rcond=None)[0]  # (x, lam)
    # Once more for what is left: G x = 1 beside a pull that is huge.
    rest = goal - system @ at_limit
    at_limit += np.linalg.lstsq(system, rest, rcond=None)[0]
    new = np.zeros(len(G))
    new[active] = at_limit[size:]
    worst = (G @ at_limit[:size]).max()
    if new.min() < 0 or worst > 1.0 + SOLVED:
        return None
    rest = np.abs(goal - system @ at_limit)  # where rows depend, there may be no x
    if (
        rest[size:].max(initial=0.0) > SOLVED
        or rest.max() > SOLVED * np.abs(goal).max()
    ):
        return None
    return at_limit[:size] / max(1.0, worst), new


def _direction(factor, G, s, lam, dual_residual, products):
    """Solves K dx + G' dlam = -residual, ds = -G dx, s dlam + lam ds = -products."""
    dx = dpotrs(factor, (products / s) @ G - dual_residual)[0]
    move = np.empty((2, len(s)))  # (ds, dlam)
    np.negative(G @ dx, out=move[0])
    np.divide(-products - lam * move[0], s, out=move[1])
    return dx, move


def _longest(values, move):
    """Longest step up to 1 that keeps values, all positive, from turning negative."""
    return 1.0 / max(1.0, (-move / values).max())
