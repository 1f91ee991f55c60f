"""Primal-dual interior point for losses with kinks: O(n d^2) an iteration.

The loss is a sum of hinges max(0, r - s f), one a row for the hinge loss and two for
the epsilon-insensitive one. Margins t = s (X w + b) - r + xi >= 0 with multipliers a,
slacks xi >= 0 with multipliers m = c - a, and for a bound s = bound limits -+ G x >= 0
with multipliers lam, G = [G_u, G_z] the polytope of ``compared``, x = (Q'w, z) with the
centres z of strata. Eliminating all but (w, b, z) leaves

    [ reg I + X'DX + Q G_u' E G_u Q'   X'd   Q G_u' E G_z ] [dw]
    [ d'X                              1'd   0            ] [db]
    [ G_z' E G_u Q'                    0     G_z' E G_z   ] [dz]

with D = diag(d), d = 1 / (t/a + xi/m) summed over the hinges of a row, and E =
diag(lam / s); for an equality the system is projected onto Q'w = 0. Mehrotra's
predictor-corrector: one factorisation and two solves an iteration.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from fairlearnkit._optim.problem import Solution, duality_gap


def interior_point(problem, *, tol, max_iter):
    """Solve a problem with the hinge or the epsilon-insensitive loss.

    Parameters
    ----------
    problem : Problem
        The problem; every c_i > 0.
    tol : float
        Relative duality gap to reach.
    max_iter : int
        Largest number of iterations.

    Returns
    -------
    solution : Solution
    """
    p = problem
    state, status, n_iter = _State(p), "max_iter", 0
    # At w = 0 the objective is the whole gap: zero multipliers have the dual value 0.
    value = p.objective(state.w, state.f)
    found = Solution(
        state.w.copy(),
        0.0,
        0,
        value,
        value,
        status,
        alpha=np.zeros(len(p.y)),
    )
    while n_iter < max_iter:
        n_iter += 1
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                state.step()
        except (LinAlgError, ValueError):  # singular, or infinite: no digit is left
            status = "stalled"
            break
        value = p.objective(state.w, state.f)
        alpha = state.fold(state.sign * state.a)
        gap = duality_gap(p, state.w, state.f, alpha)
        if gap < found.duality_gap:
            found = Solution(
                coef=state.w.copy(),
                intercept=state.b,
                n_iter=n_iter,
                objective=value,
                duality_gap=gap,
                status=status,
                alpha=alpha,
            )
        if gap <= tol * abs(value):
            status = "optimal"
            break
    return replace(found, n_iter=n_iter, status=status)


class _State:
    """The iterate and one step of the method."""

    def __init__(self, p):
        self.p = p
        n_samples, n_features = p.design.shape
        self.w, self.b = np.zeros(n_features), 0.0
        self.f = np.zeros(n_samples)
        self.sign, offset, c = p.loss.hinges(p.y, p.c)
        self.hinges = len(self.sign) // n_samples
        self.xi = np.maximum(offset, 0.0) + 1.0
        self.t = self.xi - offset
        self.a = 0.5 * c
        self.m = c - self.a
        rank, bounded = p.basis.shape[1], p.bounded()
        G, limits = p.polytope() if bounded else (np.zeros((0, rank)), np.zeros(0))
        self.G = np.vstack([G, -G])
        self.z = np.zeros(G.shape[1] - rank)
        self.s = p.bound * np.tile(limits, 2) if bounded else np.zeros(0)
        self.lam = np.full(len(self.s), p.c.mean() / p.bound if bounded else 0.0)
        fixed = p.basis[:, : 0 if bounded else None]  # directions that equality closes
        self.fixed = np.vstack([fixed, np.zeros((1 + len(self.z), fixed.shape[1]))])
        # G x as a product with (w, b, z).
        self.R = np.hstack([self.G[:, :rank] @ p.basis.T, np.zeros((len(self.G), 1))])
        self.R = np.hstack([self.R, self.G[:, rank:]])

    def fold(self, v):
        """Sums over the hinges of each row."""
        return v.reshape(self.hinges, -1).sum(axis=0)

    def spread(self, f):
        """The value of a row for each of its hinges."""
        return np.tile(f, self.hinges)

    def step(self):
        self.d = 1.0 / (self.t / self.a + self.xi / self.m)
        self._factor()
        residual = self._dual_residual()
        products = np.concatenate(
            [self.t * self.a, self.xi * self.m, self.s * self.lam]
        )
        count = len(products)
        mu = products.sum() / count
        moves = self._direction(residual, products)
        length = self._longest(moves)
        ahead = self._complementarity(moves, length) / count
        centre = mu * (ahead / mu) ** 3
        dt, dxi, da, ds, dlam = moves[4:]
        second = np.concatenate([dt * da, -dxi * da, ds * dlam])
        moves = self._direction(residual, products + second - centre)
        length = min(1.0, 0.995 * self._longest(moves))
        self._move(moves, length)

    def _factor(self):
        p, d = self.p, len(self.w)
        H = (self.R.T * (self.lam / self.s)) @ self.R
        square, Xd = p.design.gram(self.fold(self.d))
        H[:d, :d] += square
        H[np.arange(d), np.arange(d)] += p.reg
        if p.fit_intercept:
            H[d, :d] = H[:d, d] = Xd
            H[d, d] = self.d.sum()
        else:
            H[d, d] = 1.0
        Q = self.fixed
        if Q.shape[1]:  # P H P with P = I - QQ', made definite along Q
            H -= Q @ (Q.T @ H)
            H -= (H @ Q) @ Q.T
            H += np.trace(H) / len(H) * (Q @ Q.T)
        self.factor = cho_factor(H)

    def _solve(self, rhs):
        Q = self.fixed
        x = cho_solve(self.factor, rhs - Q @ (Q.T @ rhs))
        return x - Q @ (Q.T @ x)

    def _dual_residual(self):
        p = self.p
        ya = self.fold(self.sign * self.a)
        residual = self.R.T @ self.lam
        residual[: len(self.w)] += p.reg * self.w - p.design.rmatvec(ya)
        residual[len(self.w)] = -ya.sum() if p.fit_intercept else 0.0
        return residual

    def _direction(self, residual, products):
        """Newton direction that takes the complementarity products to zero."""
        p, n = self.p, len(self.t)
        r1, r2, r3 = -products[:n], -products[n : 2 * n], -products[2 * n :]
        pull = self.d * (r1 / self.a - r2 / self.m)
        force = self.fold(self.sign * pull)
        d = len(self.w)
        rhs = -residual - self.R.T @ (r3 / self.s)
        rhs[:d] += p.design.rmatvec(force)
        rhs[d] = rhs[d] + force.sum() if p.fit_intercept else 0.0
        move = self._solve(rhs)
        dw, db, dz = move[:d], move[d], move[d + 1 :]
        df = p.scores(dw, db)
        dmargin = self.sign * self.spread(df)
        da = pull - self.d * dmargin
        dxi = (r2 + self.xi * da) / self.m
        dt = dmargin + dxi
        ds = -self.R @ move
        dlam = (r3 - self.lam * ds) / self.s
        return dw, db, dz, df, dt, dxi, da, ds, dlam

    def _pairs(self, moves):
        dt, dxi, da, ds, dlam = moves[4:]
        return (
            (self.t, dt),
            (self.xi, dxi),
            (self.a, da),
            (self.m, -da),
            (self.s, ds),
            (self.lam, dlam),
        )

    def _longest(self, moves):
        longest = 1.0
        for x, dx in self._pairs(moves):
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(dx < 0, -x / dx, np.inf)
            longest = min(longest, ratio.min(initial=np.inf))
        return longest

    def _complementarity(self, moves, length):
        (t, dt), (xi, dxi), (a, da), (m, dm), (s, ds), (lam, dlam) = self._pairs(moves)
        return (
            (t + length * dt) @ (a + length * da)
            + (xi + length * dxi) @ (m + length * dm)
            + (s + length * ds) @ (lam + length * dlam)
        )

    def _move(self, moves, length):
        dw, db, dz, df, dt, dxi, da, ds, dlam = moves
        self.z += length * dz
        self.w += length * dw
        self.b += length * db
        self.f += length * df
        self.t += length * dt
        self.xi += length * dxi
        self.a += length * da
        self.m -= length * da
        self.s += length * ds
        self.lam += length * dlam
