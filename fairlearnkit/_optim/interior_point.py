"""Primal-dual interior point for losses with kinks: O(n d^2) an iteration.

The loss is a sum of hinges max(0, r - s f), one a row for the hinge loss and two for
the epsilon-insensitive one. Margins t = s (X w + b) - r + xi >= 0 with multipliers a,
slacks xi >= 0 with multipliers m = c - a, and for a bound s = bound -+ rows Q'w >= 0
with multipliers lam. Eliminating all but (w, b) leaves

    [ reg I + X'DX + Q rows' E rows Q'   X'd ] [dw]
    [ d'X                                1'd ] [db]

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
    found = Solution(state.w.copy(), 0.0, 0, value, value, status)
    while n_iter < max_iter:
        n_iter += 1
        try:
            state.step()
        except LinAlgError:  # the last digits are gone; the best point so far stands
            status = "stalled"
            break
        up, down = np.split(state.lam, 2)
        nu = p.rows.T @ (up - down) if len(up) else np.zeros(p.basis.shape[1])
        value, lam_norm = p.objective(state.w, state.f), state.lam.sum()
        alpha = state.fold(state.sign * state.a)
        gap = duality_gap(p, state.w, state.f, alpha, nu, lam_norm)
        if gap < found.duality_gap:
            found = Solution(
                coef=state.w.copy(),
                intercept=state.b,
                n_iter=n_iter,
                objective=value,
                duality_gap=gap,
                status=status,
                nu=nu,
                lam_norm=lam_norm,
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
        k = len(p.rows) if p.bounded() else 0
        self.G = np.vstack([p.rows, -p.rows]) if k else np.zeros((0, p.basis.shape[1]))
        self.s = np.full(2 * k, p.bound if k else 0.0)
        self.lam = np.full(2 * k, p.c.mean() / p.bound if k else 0.0)
        fixed = p.basis[:, : 0 if k else None]  # directions that equality closes
        self.fixed = np.vstack([fixed, np.zeros((1, fixed.shape[1]))])

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
        _, _, _, dt, dxi, da, ds, dlam = moves
        second = np.concatenate([dt * da, -dxi * da, ds * dlam])
        moves = self._direction(residual, products + second - centre)
        length = min(1.0, 0.995 * self._longest(moves))
        self._move(moves, length)

    def _factor(self):
        p, n_features = self.p, len(self.w)
        H = np.zeros((n_features + 1, n_features + 1))
        H[:-1, :-1], Xd = p.design.gram(self.fold(self.d))
        H[np.arange(n_features), np.arange(n_features)] += p.reg
        if len(self.G):
            QG = p.basis @ self.G.T
            H[:-1, :-1] += (QG * (self.lam / self.s)) @ QG.T
        if p.fit_intercept:
            H[-1, :-1] = H[:-1, -1] = Xd
            H[-1, -1] = self.d.sum()
        else:
            H[-1, -1] = 1.0
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
        top = p.reg * self.w - p.design.rmatvec(ya) + p.basis @ (self.G.T @ self.lam)
        return np.append(top, -ya.sum() if p.fit_intercept else 0.0)

    def _direction(self, residual, products):
        """Newton direction that takes the complementarity products to zero."""
        p, n = self.p, len(self.t)
        r1, r2, r3 = -products[:n], -products[n : 2 * n], -products[2 * n :]
        pull = self.d * (r1 / self.a - r2 / self.m)
        force = self.fold(self.sign * pull)
        rhs = np.append(p.design.rmatvec(force), force.sum()) - residual
        if not p.fit_intercept:
            rhs[-1] = 0.0
        if len(self.G):
            rhs[:-1] -= p.basis @ (self.G.T @ (r3 / self.s))
        move = self._solve(rhs)
        dw, db = move[:-1], move[-1]
        df = p.scores(dw, db)
        dmargin = self.sign * self.spread(df)
        da = pull - self.d * dmargin
        dxi = (r2 + self.xi * da) / self.m
        dt = dmargin + dxi
        ds = -self.G @ (p.basis.T @ dw)
        dlam = (r3 - self.lam * ds) / self.s
        return dw, db, df, dt, dxi, da, ds, dlam

    def _pairs(self, moves):
        _, _, _, dt, dxi, da, ds, dlam = moves
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
        dw, db, df, dt, dxi, da, ds, dlam = moves
        self.w += length * dw
        self.b += length * db
        self.f += length * df
        self.t += length * dt
        self.xi += length * dxi
        self.a += length * da
        self.m -= length * da
        self.s += length * ds
        self.lam += length * dlam
