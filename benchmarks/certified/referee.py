"""The optimum, or a point that is nearly as good, without any code of the library.

    minimise  1/2 x'Px + q'x + sum_i c_i loss(y_i, f_i),  f = Z x + f0,
    subject to  -bound <= G x <= bound

by an interior point method in extended precision. Every iterate is strictly inside the
constraint, so that its objective is an upper bound of the optimum whatever else went
wrong: a fit whose objective is above it by more than its certificate has a wrong one.
"""

from dataclasses import dataclass

import numpy as np

from .algebra import EXTENDED, solve_positive

# The referee stops at this relative gap of its own, ten units in the last place.
OWN_GAP = 1e-18
MAX_STEPS = 150
# Changes of the barrier below this part of it are rounding of losses of targets that
# are far from zero; the best point is kept anyway.
BLIND = 1e-15
# Share of the way to the boundary that a step may take.
INSIDE = 0.99


class Logistic:
    """log(1 + exp(-y f))."""

    def terms(self, y, f):
        """Value, derivative and curvature."""
        q = 1 / (1 + np.exp(np.minimum(y * f, 11000)))
        return np.logaddexp(EXTENDED(0), -y * f), -y * q, q * (1 - q)


class Squared:
    """Half the square of y - f."""

    def terms(self, y, f):
        """Value, derivative and curvature."""
        return (y - f) ** 2 / 2, f - y, np.ones_like(f)


class SquaredHinge:
    """max(0, 1 - y f)^2."""

    def terms(self, y, f):
        """Value, derivative and curvature."""
        t = np.maximum(1 - y * f, 0)
        return t**2, -2 * y * t, EXTENDED(2) * (t > 0)


@dataclass
class SquaredTube:
    """max(0, |y - f| - epsilon)^2."""

    epsilon: float

    def terms(self, y, f):
        """Value, derivative and curvature."""
        t = np.maximum(np.abs(y - f) - EXTENDED(self.epsilon), 0)
        return t**2, -2 * np.sign(y - f) * t, EXTENDED(2) * (t > 0)


class Poisson:
    """exp(f) - y f + y log y - y."""

    def terms(self, y, f):
        """Value, derivative and curvature."""
        mean = np.exp(np.minimum(f, 11000))
        constant = y * np.log(np.where(y > 0, y, 1)) - y
        return mean - y * f + constant, mean - y, mean


class Gamma:
    """y exp(-f) + f - log y - 1."""

    def terms(self, y, f):
        """Value, derivative and curvature."""
        ratio = y * np.exp(np.minimum(-f, 11000))
        return ratio + f - np.log(y) - 1, 1 - ratio, ratio


class Hinges:
    """A loss that is a sum of hinges max(0, r - s f), one or two for each row."""

    def terms(self, y, f):
        """Value, the derivative and no curvature."""
        value = derivative = EXTENDED(0)
        for r, s in self.kinks(y):
            t = r - s * f
            value = value + np.maximum(t, 0)
            derivative = derivative - s * (t > 0)
        return value, derivative, np.zeros_like(f)


class Hinge(Hinges):
    """max(0, 1 - y f)."""

    def kinks(self, y):
        """Pairs r, s."""
        return [(np.ones_like(y), y)]


@dataclass
class Tube(Hinges):
    """max(0, |y - f| - epsilon)."""

    epsilon: float

    def kinks(self, y):
        """Pairs r, s."""
        e, one = EXTENDED(self.epsilon), np.ones_like(y)
        return [(y - e, one), (-y - e, -one)]


@dataclass
class Program:
    """The data of the problem, all of them in extended precision."""

    Z: np.ndarray
    f0: np.ndarray
    P: np.ndarray
    q: np.ndarray
    y: np.ndarray
    c: np.ndarray
    loss: object
    G: np.ndarray
    bound: float
    constant: float = 0.0

    def value(self, x):
        """The objective."""
        loss = self.c @ self.loss.terms(self.y, self.Z @ x + self.f0)[0]
        return x @ (self.P @ x) / 2 + self.q @ x + self.constant + loss


class InteriorPoint:
    """Primal-dual steps; each is a direction of descent of the barrier function.

    A hinge of weight c is c xi with xi >= 0 and xi >= t = r - s f, whose multipliers
    are c - m and m. See Boyd and Vandenberghe, Convex Optimization, 2004, section 11.7.
    """

    def __init__(self, program, x):
        self.p, self.x = program, x
        self.r = self.s = self.xi = self.m = self.weight = np.zeros(0, dtype=EXTENDED)
        self.rows, n = np.zeros(0, dtype=int), len(program.y)
        if isinstance(program.loss, Hinges):
            kinks = program.loss.kinks(program.y)
            self.r, self.s = (np.concatenate(part) for part in zip(*kinks))
            self.rows = np.tile(np.arange(n), len(kinks))
            self.weight = program.c[self.rows]
            self.m = self.weight / 2
            t = self.kinks_at(x)
            self.xi = np.maximum(t, 0) + np.abs(t).mean() + EXTENDED(0.1)
        slack = np.concatenate(self.slacks(x))
        start = (self.m * self.xi).mean() if len(self.m) else EXTENDED(1)
        self.multipliers = np.maximum(start, EXTENDED(1e-6)) / slack

    def kinks_at(self, x):
        """The t = r - s f of each hinge."""
        return self.r - self.s * (self.p.Z @ x + self.p.f0)[self.rows]

    def slacks(self, x):
        """What is left of the bound, above and below."""
        g = self.p.G @ x
        return self.p.bound - g, self.p.bound + g

    def barrier(self, x, xi, tau):
        """What a step has to lower."""
        p = self.p
        inside = [*self.slacks(x), xi, xi - self.kinks_at(x)]
        if any((part <= 0).any() for part in inside):
            return np.inf
        logs = sum(np.log(part).sum() for part in inside)
        if len(self.m):
            smooth = x @ (p.P @ x) / 2 + p.q @ x + p.constant + self.weight @ xi
        else:
            smooth = p.value(x)
        return smooth - tau * logs

    def complementarity(self):
        """Products of slacks and multipliers, which all are tau on the central path."""
        gap = self.xi - self.kinks_at(self.x)
        slack = np.concatenate(self.slacks(self.x))
        products = (self.weight - self.m) * self.xi, self.m * gap
        return np.concatenate([*products, self.multipliers * slack])

    def direction(self, tau):
        """Steps of x, xi, m and the multipliers, and the slope of the barrier."""
        p, x, xi, m, c = self.p, self.x, self.xi, self.m, self.weight
        _, derivative, curvature = p.loss.terms(p.y, p.Z @ x + p.f0)
        hinged = len(m) > 0
        if hinged:
            derivative = np.zeros_like(p.c)
        gap, (above, below) = xi - self.kinks_at(x), self.slacks(x)
        upper, lower = np.split(self.multipliers, 2)
        rho1, rho2 = tau - (c - m) * xi, tau - m * gap
        den = m * xi / (c - m) + gap
        dm0 = (rho2 - m * rho1 / (c - m)) / den  # what m would move by at df = 0
        pull = -self.s * (m + dm0)
        curved, force = p.c * curvature, p.c * derivative
        np.add.at(curved, self.rows, m / den)
        np.add.at(force, self.rows, pull)
        push = p.G.T @ (tau / above - tau / below)
        gradient = p.P @ x + p.q + p.Z.T @ force + push
        H = p.P + (p.Z.T * curved) @ p.Z
        H = H + (p.G.T * (upper / above + lower / below)) @ p.G
        dx = -solve_positive(H, gradient)
        df, dg = (p.Z @ dx)[self.rows], p.G @ dx
        dm = dm0 - m * self.s * df / den
        dxi = (rho1 + xi * dm) / (c - m)
        dupper = (tau - upper * above + upper * dg) / above
        dlower = (tau - lower * below - lower * dg) / below
        return dx, dxi, dm, np.concatenate([dupper, dlower]), gradient @ dx

    def longest(self, step):
        """The longest step, up to 1, that leaves everything inside."""
        dx, dxi, dm, dl, _ = step
        dt = -self.s * (self.p.Z @ dx)[self.rows]
        dg = self.p.G @ dx
        gap = self.xi - self.kinks_at(self.x)
        values = [self.xi, gap, self.m, self.weight - self.m, *self.slacks(self.x)]
        values = np.concatenate([*values, self.multipliers])
        moves = np.concatenate([dxi, dxi - dt, dm, -dm, -dg, dg, dl])
        falls = moves < 0
        reach = (values[falls] / -moves[falls]).min(initial=np.inf)
        return min(EXTENDED(1), EXTENDED(INSIDE) * reach)

    def step(self, tau):
        """Take a step; returns its length and how far the objective may still fall."""
        step = self.direction(tau)
        dx, dxi, dm, dl, slope = step
        t = self.longest(step)
        before = self.barrier(self.x, self.xi, tau)
        noise = EXTENDED(BLIND) * abs(before)
        for _ in range(60):
            after = self.barrier(self.x + t * dx, self.xi + t * dxi, tau)
            if after <= before + EXTENDED(1e-4) * t * min(slope, 0) + noise:
                break
            t = t / 2
        else:
            return EXTENDED(0), abs(slope)
        self.x, self.xi = self.x + t * dx, self.xi + t * dxi
        self.m, self.multipliers = self.m + t * dm, self.multipliers + t * dl
        return t, abs(slope)


def referee(program, x):
    """The best point that was found, its objective, and how far that may be off.

    Parameters
    ----------
    program : Program
    x : ndarray of shape (n_variables,)
        Strictly inside the constraint.

    Returns
    -------
    x : ndarray
    value : longdouble
        An upper bound of the optimum.
    gap : longdouble
        An estimate of what it is above the optimum.
    """
    solver = InteriorPoint(program, x)
    best, t, gap = (program.value(x), x), EXTENDED(1), EXTENDED(np.inf)
    for _ in range(MAX_STEPS):
        products = solver.complementarity()
        share = 0.1 if t > 0.9 else 0.3 if t > 0.5 else 0.8
        tau = EXTENDED(share) * (products.mean() if len(products) else 0)
        t, slope = solver.step(tau)
        value = program.value(solver.x)
        if value < best[0]:
            best = value, solver.x
        left = abs(solver.complementarity()).sum() + slope
        gap = min(gap, left + max(value - best[0], 0))
        if left <= OWN_GAP * abs(best[0]) or t == 0:
            break
    return best[1], best[0], gap
