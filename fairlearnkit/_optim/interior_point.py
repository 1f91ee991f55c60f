"""Primal-dual interior point for piecewise linear losses: O(n d^2) an iteration.

The loss is a sum of hinges max(0, r - s f), one a row for the hinge loss and two for
the epsilon-insensitive one. Margins t = s (X w + b) - r + xi >= 0 with multipliers a,
slacks xi >= 0 with multipliers m = c - a, and for a bound s = bound limits -+ G x >= 0
with multipliers lam, G = [G_u, G_z] the polytope of ``strata``, x = (Q'w, z) with the
centres z of strata. Eliminating all but (w, b, z) leaves

    [ reg I + X'DX + Q G_u' E G_u Q'   X'd   Q G_u' E G_z ] [dw]
    [ d'X                              1'd   0            ] [db]
    [ G_z' E G_u Q'                    0     G_z' E G_z   ] [dz]

with D = diag(d), d = 1 / (t/a + xi/m) summed over the hinges of a row, and E =
diag(lam / s); for an equality the system is projected onto Q'w = 0. Mehrotra's
predictor-corrector (Nocedal and Wright, Numerical Optimization, 2006, algorithm 16.4;
Ferris and Munson, SIAM J. Optim. 13, 2002, for support vector machines): one
factorisation and two solves an iteration. Its state has a value for each hinge, so that
rows have to be in memory.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from fairlearnkit._optim.bound_program import TO_BOUNDARY
from fairlearnkit._optim.certificate import duality_gap
from fairlearnkit._optim.problem import Solution


def interior_point(problem, *, tol, max_iter):
    """Solve a problem with a piecewise linear loss.

    Parameters
    ----------
    problem : Problem
        The problem; every c_i > 0, rows in memory.
    tol : float
        Relative duality gap to reach.
    max_iter : int
        Largest number of iterations.

    Returns
    -------
    solution : Solution
    """
    state, status, n_iter = _State(problem), "max_iter", 0
    best = state.solution(n_iter, status)
    while n_iter < max_iter:
        n_iter += 1
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                state.step()
        except (LinAlgError, ValueError):  # singular, or infinite: no digit is left
            status = "stalled"
            break
        new = state.solution(n_iter, status)
        if new.duality_gap < best.duality_gap:
            best = new
        if new.duality_gap <= tol * abs(new.objective):
            status = "optimal"
            break
    return replace(best, n_iter=n_iter, status=status)


@dataclass
class _Move:
    """A direction: changes of the variables of `_State`, by their names there."""

    w: np.ndarray
    b: float
    z: np.ndarray
    f: np.ndarray
    t: np.ndarray
    xi: np.ndarray
    a: np.ndarray
    m: np.ndarray
    s: np.ndarray
    lam: np.ndarray


class _State:
    """The iterate and one step of the method.

    Names are those of the module's docstring; t, xi, a and m have a value for each
    hinge, s and lam one for each side of a row of G.
    """

    # Pairs of a variable that stays positive and its multiplier.
    PAIRS = (("t", "a"), ("xi", "m"), ("s", "lam"))

    def __init__(self, p):
        self.p = p
        self.w, self.b, self.f = p.start()
        self.sign, offset, c = p.loss.hinges(p.y, p.c)
        self.n_hinges = len(self.sign) // len(self.f)
        # Strictly inside: margins t and slacks xi are at least 1, and multipliers are
        # in the middle of [0, c].
        loss = offset - self.sign * self.by_hinge(self.f)
        self.xi = np.maximum(loss, 0.0) + 1.0
        self.t = self.xi - loss
        self.a = 0.5 * c
        self.m = c - self.a
        # Zero multipliers have the dual value 0 (reg ||goal||^2 / 2 for an equality),
        # whatever a is.
        self.alpha = p.rows.zeros()
        self._start_bound()

    def _start_bound(self):
        """s, lam and z, and the matrices of the bound and of the equality."""
        p, rank = self.p, self.p.basis.shape[1]
        half, limits = np.zeros((0, rank)), np.zeros(0)
        if p.bounded:
            polytope = p.polytope()
            half, limits = polytope.G, polytope.limits
        G = np.vstack([half, -half])
        self.z = np.zeros(G.shape[1] - rank)
        scale = p.bound if p.bounded else 0.0
        self.s = scale * np.tile(limits, 2)
        # Multipliers of the bound start at the size of a row's, in the same unit.
        mean_weight = p.rows.total(p.c) / len(p.c)
        self.lam = np.full(len(self.s), mean_weight / scale if p.bounded else 0.0)
        # Directions that an equality closes, and G x as a product with (w, b, z).
        closed = p.basis[:, : 0 if p.bounded else None]
        self.closed = np.vstack([closed, np.zeros((1 + len(self.z), closed.shape[1]))])
        of_intercept = np.zeros((len(G), 1))
        self.R = np.hstack([G[:, :rank] @ p.basis.T, of_intercept, G[:, rank:]])

    def by_row(self, v):
        """Sums over the hinges of each row."""
        return v.reshape(self.n_hinges, -1).sum(axis=0)

    def by_hinge(self, f):
        """The value of a row for each of its hinges."""
        return np.tile(f, self.n_hinges)

    def solution(self, n_iter, status):
        """The point, certified."""
        p = self.p
        return Solution(
            coef=self.w.copy(),
            intercept=self.b,
            n_iter=n_iter,
            objective=p.objective(self.w, self.f),
            duality_gap=duality_gap(p, self.w, self.f, self.alpha),
            status=status,
            scores=self.f.copy(),
            alpha=self.alpha,
        )

    def step(self):
        """One iteration of Mehrotra's method.

        1. Predictor: the direction to zero products of all pairs.
        2. How far it gets says how much to centre.
        3. Corrector: the same system, with the products that step 1 neglects.
        """
        self.d = 1.0 / (self.t / self.a + self.xi / self.m)
        self._factorize()
        residual, products = self._dual_residual(), self._products()
        count = sum(map(len, products))
        mu = sum(map(np.sum, products)) / count
        move = self._direction(residual, products)
        ahead = self._complementarity(move, self._longest(move)) / count
        centre = mu * (ahead / mu) ** 3  # Mehrotra's choice
        second = [
            product + getattr(move, x) * getattr(move, multiplier) - centre
            for product, (x, multiplier) in zip(products, self.PAIRS)
        ]
        move = self._direction(residual, second)
        self._go(move, min(1.0, TO_BOUNDARY * self._longest(move)))

    def _products(self):
        return [getattr(self, x) * getattr(self, y) for x, y in self.PAIRS]

    def _factorize(self):
        """Cholesky factor of the system in (w, b, z)."""
        p, d = self.p, len(self.w)
        H = (self.R.T * (self.lam / self.s)) @ self.R  # R'ER, of all (w, b, z)
        square, Xd = p.rows.gram(self.by_row(self.d))  # X'DX, X'd
        H[:d, :d] += square
        H[np.arange(d), np.arange(d)] += p.reg
        if p.fit_intercept:
            H[d, :d] = H[:d, d] = Xd
            H[d, d] = self.d.sum()
        else:
            H[d, d] = 1.0  # b stays 0
        Q = self.closed
        if Q.shape[1]:  # P H P with P = I - QQ', made definite along Q
            H -= Q @ (Q.T @ H)
            H -= (H @ Q) @ Q.T
            H += np.trace(H) / len(H) * (Q @ Q.T)
        self.factor = cho_factor(H)

    def _solve(self, rhs):
        Q = self.closed
        x = cho_solve(self.factor, rhs - Q @ (Q.T @ rhs))
        return x - Q @ (Q.T @ x)

    def _dual_residual(self):
        """Gradient of the Lagrangian in (w, b, z)."""
        p, d = self.p, len(self.w)
        alpha = self.by_row(self.sign * self.a)
        residual = self.R.T @ self.lam
        residual[:d] += p.reg * self.w - p.rows.rmatvec(alpha)
        residual[d] = -alpha.sum() if p.fit_intercept else 0.0
        return residual

    def _direction(self, residual, products):
        """Newton direction that takes the complementarity products to zero."""
        p, d = self.p, len(self.w)
        r_t, r_xi, r_s = (-product for product in products)
        # What a hinge's own pairs ask of its multiplier, before scores move.
        pull = self.d * (r_t / self.a - r_xi / self.m)
        force = self.by_row(self.sign * pull)
        rhs = -residual - self.R.T @ (r_s / self.s)
        rhs[:d] += p.rows.rmatvec(force)
        rhs[d] = rhs[d] + force.sum() if p.fit_intercept else 0.0
        x = self._solve(rhs)  # (dw, db, dz)
        # Back substitution, from the scores to the pairs of each hinge and bound.
        df = p.scores(x[:d], x[d])
        dmargin = self.sign * self.by_hinge(df)
        da = pull - self.d * dmargin
        dxi = (r_xi + self.xi * da) / self.m
        ds = -self.R @ x
        dlam = (r_s - self.lam * ds) / self.s
        primal = {"w": x[:d], "b": x[d], "z": x[d + 1 :], "f": df, "t": dmargin + dxi}
        return _Move(**primal, xi=dxi, a=da, m=-da, s=ds, lam=dlam)

    def _longest(self, move):
        """Longest step up to 1 that keeps all pairs positive."""
        longest = 1.0
        for name in (name for pair in self.PAIRS for name in pair):
            x, dx = getattr(self, name), getattr(move, name)
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(dx < 0, -x / dx, np.inf)
            longest = min(longest, ratio.min(initial=np.inf))
        return longest

    def _complementarity(self, move, length):
        """Sum of the products of all pairs after a step of this length."""

        def after(name):
            return getattr(self, name) + length * getattr(move, name)

        return sum(after(x) @ after(multiplier) for x, multiplier in self.PAIRS)

    def _go(self, move, length):
        for name, change in vars(move).items():
            setattr(self, name, getattr(self, name) + length * change)
        self.alpha = self.by_row(self.sign * self.a)
