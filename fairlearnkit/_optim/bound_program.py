"""A small dense quadratic program: the part of a Newton step that the bound touches."""

import numpy as np
from scipy.linalg import LinAlgError, lstsq
from scipy.linalg.lapack import dpotrf, dpotrs

from fairlearnkit._optim.strata import (
    balanced_strata,
    gap_polytope,
    largest_gap,
    widest_pair,
)

# Complementarity relative to the objective at which the iteration stops: at its last
# digits, from where the refinement of the active set reaches the optimum. So half or
# twice as much leaves the coefficients of 80 models of Adult as they are, to all
# digits.
LAST_DIGIT = 1e-15
# The same at which the active rows are first tried. In fits of texts with six
# contrasts that saves 14 of 18 iterations, in 2,000 random programs a fifth. Half or
# twice as much changes their number by 2 %.
TRY_ACTIVE = 1e-4
# Share of the way to the boundary that a step takes, as is usual with Mehrotra's
# method. Between .99 and .9995 nothing changes, .9 costs two iterations of 15.
TO_BOUNDARY = 0.995


def project_on_bound(K, target, cells, strata, bound, *, max_iter=60):
    """Minimise (u - target)' K (u - target) / 2 subject to gap(cells @ u) <= bound.

    1. If the target keeps the bound, it is the solution.
    2. Of rank 1, such as two groups, the feasible set is an interval.
    3. Else Mehrotra's predictor-corrector method from u = 0, which is strictly inside
       (Nocedal and Wright, Numerical Optimization, 2006, algorithm 16.4), on
       G x <= 1 with x = u and the free centres of strata (``strata.gap_polytope``).
    4. The system of the constraints that seem to hold the optimum is solved, to
       rounding: now and then on the way, which ends there if it is the optimum.

    Parameters
    ----------
    K : ndarray of shape (rank, rank)
        Symmetric positive definite.
    target : ndarray of shape (rank,)
        The minimiser without the bound.
    cells : ndarray of shape (n_cells, rank)
        Values of the cells for each unit of u; dependent rows are allowed.
    strata : ndarray of shape (n_cells,), intp
        Which cells are compared; see ``strata``.
    bound : float
        Greater than 0.

    Returns
    -------
    u : ndarray of shape (rank,)
        The minimiser.
    multipliers : ndarray of shape (n_cells,)
        lambda with cells'lambda = K (target - u), and the sum 0 in each stratum.
    """
    if largest_gap(cells @ target, strata) <= bound:
        return target, np.zeros(len(cells))
    if len(target) == 1:
        return _project_on_interval(K, target, cells, strata, bound)
    polytope = gap_polytope(cells, strata)
    # Scaled to limits of 1, and both signs: -1 <= half x <= 1.
    half = polytope.G / (bound * polytope.limits)[:, None]
    u, lam = _interior_point(K, target, np.vstack([half, -half]), max_iter)
    # At most one of both sides binds; the scale goes back into the multipliers.
    lam = (lam[: len(half)] - lam[len(half) :]) / (bound * polytope.limits)
    return u, balanced_strata(polytope.multipliers_of_cells(lam), strata)


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


def _interior_point(K, target, G, max_iter):
    """Mehrotra's method for G x <= 1; returns u and the multipliers of the rows of G.

    Slacks s = 1 - G x stay positive with lam, and s lam tends to zero.
    """
    rank, size = len(target), G.shape[1]  # the centres have no cost of their own
    K_u, target_u = K, target
    K, target = np.zeros((size, size)), np.zeros(size)
    K[:rank, :rank], target[:rank] = K_u, target_u
    pull, n_rows = K @ target, len(G)
    cost = abs(target @ pull)
    x, slacks = np.zeros(size), np.ones((2, n_rows))
    s, lam = slacks  # views: a step moves both at once
    # Products s lam of the size of the objective, shared out evenly.
    lam[:] = max(cost / n_rows, 1e-300)
    attempt = TRY_ACTIVE
    for _ in range(max_iter):
        dual_residual = K @ x - pull + lam @ G
        total = s @ lam
        if total <= attempt * cost:
            attempt *= TRY_ACTIVE
            found = _at_active(K, pull, G, lam > s * lam.max())
            if found is not None:
                return found[0][:rank], found[1]
        if total <= LAST_DIGIT * min(cost, lam.sum()):
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
    x, lam = _at_active(K, pull, G, lam > s) or (x, lam)
    return x[:rank], lam


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
    at_limit = lstsq(system, goal)[0]  # (x, lam)
    # Once more for what is left: G x = 1 beside a pull that is huge.
    at_limit += lstsq(system, goal - system @ at_limit)[0]
    new = np.zeros(len(G))
    new[active] = at_limit[size:]
    worst = (G @ at_limit[:size]).max()
    if new.min() < 0 or worst > 1.0 + 1e-9:
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
