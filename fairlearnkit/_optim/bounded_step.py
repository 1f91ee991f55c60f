"""A small dense quadratic program: the part of a Newton step that the bound touches."""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, lstsq

from fairlearnkit._optim.compared import bounds, largest_gap


def bounded_step(K, target, rows, strata, bound, *, max_iter=60):
    """Minimise (u - target)' K (u - target) / 2 subject to gap(rows @ u) <= bound.

    Mehrotra's predictor-corrector method from u = 0, which is strictly inside; any
    number of rows, dependent ones too.

    Parameters
    ----------
    K : ndarray of shape (rank, rank)
        Symmetric positive definite.
    target : ndarray of shape (rank,)
        The minimiser without the bound.
    rows : ndarray of shape (n_cells, rank)
        Values of the cells for each unit of u.
    strata : ndarray of shape (n_cells,), intp
        Which cells are compared; see ``compared``.
    bound : float
        Greater than 0.

    Returns
    -------
    u : ndarray of shape (rank,)
        The minimiser.
    nu : ndarray of shape (rank,)
        rows' lambda of multipliers lambda, which is K (target - u) but for rounding.
    lam_norm : float
        The norm of lambda, as in ``duality_gap``.
    """
    if largest_gap(rows @ target, strata) <= bound:
        return target, np.zeros(len(target)), 0.0
    rank = len(target)
    if rank == 1:  # two groups: an interval
        widest = largest_gap(rows, strata)
        u = np.clip(target, -bound / widest, bound / widest)
        nu = K @ (target - u)
        return u, nu, float(np.abs(nu[0]) / widest)
    half, limits = bounds(rows, strata)
    half = half / (bound * limits)[:, None]
    G = np.vstack([half, -half])  # scaled: G x <= 1, x = u and the centres of strata
    # The centres have no cost of their own.
    free = half.shape[1] - rank
    K, target = np.pad(K, (0, free)), np.pad(target, (0, free))
    pull = K @ target
    u, s = np.zeros_like(target), np.ones(len(G))
    lam = np.full(len(G), max(np.abs(target @ pull) / len(G), 1e-300))
    for _ in range(max_iter):
        dual_residual = K @ u - pull + G.T @ lam
        mu = s @ lam / len(s)
        # The cost, and bound ||lambda||, are known to so many digits.
        if mu * len(s) <= 1e-15 * min(abs(target @ pull), lam.sum()):
            break
        try:
            factor = cho_factor(K + (G.T * (lam / s)) @ G)
        except LinAlgError:  # as near to the boundary as rounding lets it
            break
        du, ds, dlam = _direction(factor, G, s, lam, dual_residual, s * lam)
        step = _longest(s, ds, lam, dlam)
        ahead = (s + step * ds) @ (lam + step * dlam) / len(s)
        centre = (ahead / mu) ** 3 * mu
        rhs = s * lam + ds * dlam - centre
        du, ds, dlam = _direction(factor, G, s, lam, dual_residual, rhs)
        step = min(1.0, 0.995 * _longest(s, ds, lam, dlam))
        u, s, lam = u + step * du, s + step * ds, lam + step * dlam
    u, lam = _polished(K, pull, G, u, lam, lam > s)
    return u[:rank], G[:, :rank].T @ lam, lam.sum() / bound


def inverse(S):
    """Inverse of a matrix that is symmetric and positive definite but for rounding.

    Where rounding made it singular, on the directions that it still has.
    """
    S = 0.5 * (S + S.T)
    try:
        K = np.linalg.inv(S)
    except LinAlgError:
        K = np.linalg.pinv(S, hermitian=True)
    return 0.5 * (K + K.T)


def _polished(K, pull, G, u, lam, active):
    """The optimum to rounding, if these rows are those that hold it, or (u, lam).

    The systems of the iteration lose digits towards its end; that of the rows at their
    limit, K u + G'lam = pull and G u = 1, does not.
    """
    held, size = G[active], len(u)
    system = np.zeros((size + len(held),) * 2)
    system[:size, :size], system[size:, :size] = K, held
    system[:size, size:] = held.T
    found = lstsq(system, np.append(pull, np.ones(len(held))))[0]
    new = np.zeros_like(lam)
    new[active] = found[size:]
    worst = (G @ found[:size]).max()
    if new.min() < 0 or worst > 1.0 + 1e-9:
        return u, lam
    return found[:size] / max(1.0, worst), new


def _direction(factor, G, s, lam, dual_residual, complementarity):
    """Solves K du + G' dlam = -residual, ds = -G du, s dlam + lam ds = -products."""
    du = cho_solve(factor, G.T @ (complementarity / s) - dual_residual)
    ds = -(G @ du)
    dlam = (-complementarity - lam * ds) / s
    return du, ds, dlam


def _longest(s, ds, lam, dlam):
    """Longest step up to 1 that keeps s and lam from turning negative."""
    x, dx = np.concatenate([s, lam]), np.concatenate([ds, dlam])
    falling = dx < 0
    return min(1.0, (-x[falling] / dx[falling]).min(initial=np.inf))
