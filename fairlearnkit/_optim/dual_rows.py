"""The dual problem over rows, for wide sparse X and losses with a quadratic conjugate.

With w = P X'a / reg + Q u, P = I - QQ', t = Q'X'a / reg and u the point of the feasible
set that is nearest to t, the dual of the problem of ``problem`` is

    min_a  reg (||P X'a / reg||^2 / 2 + psi(t))
           + sum_i [R_i a_i^2 / 2 - y_i a_i + epsilon |a_i|]
    s.t.   low <= a <= high,   sum_i a_i = 0 (with an intercept),

psi(t) = t'u - ||u||^2 / 2 the support function of the feasible set, smoothed. Its
gradient in a is X w - y + R a. X P X' of texts is well conditioned, so that projected
gradients with spectral step lengths find the face of the box (Birgin, Martinez and
Raydan, SIAM J. Optim. 10, 2000; the lengths of Dai and Fletcher, Numer. Math. 100,
2005), and conjugate gradients the minimum on it (as in More and Toraldo, SIAM J. Optim.
1, 1991).
"""

import numpy as np

from fairlearnkit._optim.block_kernels import row_squares
from fairlearnkit._optim.certificate import duality_gap
from fairlearnkit._optim.line_search import root_of_slope
from fairlearnkit._optim.problem import Solution
from fairlearnkit._optim.strata import active_differences
from fairlearnkit._optim.truncated_newton import best_intercept

# Figures are of benchmarks/constants.py: 96 fits of generated texts of 6,000 x 15,000,
# half of them with rows of lognormal length, take 11,670 products with X or X' and 378
# faces. Where none is given, half or twice as much change nothing.

# Projected gradient steps before the first face; after one that was wrong, twice as
# many each time. Half of the first take 13,166 products and 446 faces, twice as many
# 12,574 and 320; of the second 12,290 and 400, 12,556 and 371; of the third 11,666 and
# 380, 11,872 and 382.
FIRST_STEPS, MORE_STEPS, MOST_STEPS = 12, 10, 40
# Relative residual of the systems on a face, and steps of conjugate gradients at most.
# Half of the first takes 12,268 products and 359 faces, twice as much 11,192 and 414;
# half of the second 12,104 and 451, twice as many 12,136 and 378.
FORCING, MOST_CG = 0.1, 12
# Share of rows on a face below which the others are left out of products, which then
# cost less. Twice as much, that is always, takes 12,122 products.
FEW_ROWS = 0.6
# A step that would better be shorter than this comes from a wrong face. One of a right
# face that leaves more than this part of the gap asks for a sharper solution. Half of
# the first takes 12,580 products and 401 faces, twice as much 11,740 and 375; of the
# second 11,874 and 376, 11,250 and 377.
WRONG_FACE, SLOW_FACE = 0.5, 0.5
# How much sharper, and at most. Half of the first takes 11,522 products, twice as much
# 12,028.
SHARPER, SHARPEST = 4.0, 100.0
# Decrease, as a part of what the slope promises, from which a whole step is taken: it
# keeps rows exactly at their limits. Half of it takes 11,714 products, twice as much
# 12,088.
ARMIJO = 0.1
# Slopes below this part of the objective are rounding: such steps are taken whole.
BLIND = 1e-13
# Faces in which the duality gap falls to this part of it, or to no less. With a quarter
# of the first the dual is given up on one-hot rows of 15 categories, 5,000 x 9,000
# (benchmarks/sparse_features.py), for the tube at C = 100, where it takes 56 faces for
# equality and 72 for a bound of .05.
PATIENCE, PROGRESS = 32, 0.7
# Directions of less curvature, in the metric, have none.
FLAT = 1e-10
# Most steps of the search for the multiplier of the sum. It ends by bisection, which
# gives all digits.
MOST_SHIFTS = 100
# Squared norms of rows below this part of the median, and of the largest, count as
# that in the metric. Half of the first takes 11,832 products and 369 faces, twice as
# much 12,572 and 384.
SHORT_ROW, SHORTEST_ROW = 1e-2, 1e-9
# How often a step on a face is halved, where its projection leads uphill. Half as many
# take 11,660 products, twice as many 11,718.
MOST_HALVINGS = 6
# Sum of the multipliers, relative to that of their sizes, that counts as 0. Twice as
# much takes 11,732 products.
BALANCED = 1e-13


def dual_over_rows(problem, *, tol, max_iter, start=None):
    """Solve a problem whose loss has ``dual_terms``.

    1. Projected gradient steps find the face, the rows strictly between their limits.
    2. Conjugate gradients on the face, projected.
    3. One projected gradient step, which may change the face, and 2 in turn; several
       where the face was wrong. The duality gap is at hand after each.

    Parameters
    ----------
    problem : Problem
        With reg > 0, and rows in memory.
    tol : float
        Relative duality gap to reach.
    max_iter : int
        Largest number of faces.
    start : ndarray of shape (n_rows,), default=None
        Multipliers to begin with.

    Returns
    -------
    solution : Solution
    """
    state = _State(problem, start)
    n_iter, n_idle, before = 0, 0, state.gap
    n_steps, sharpness = FIRST_STEPS, 1.0
    while not state.reached(tol) and n_iter < max_iter:
        n_iter += 1
        state.project(n_steps, tol)
        if state.reached(tol):
            break
        projected = state.gap
        length = state.solve_on_face(sharpness)
        state.certify()
        if length < WRONG_FACE:
            n_steps = min(MOST_STEPS, max(MORE_STEPS, 2 * n_steps))
            sharpness = 1.0
        else:
            n_steps = 1
            slow = state.gap > SLOW_FACE * projected
            sharpness = min(SHARPEST, SHARPER * sharpness) if slow else 1.0
        n_idle += 1
        if state.gap <= PROGRESS * before:
            n_idle, before = 0, state.gap
        if n_idle == PATIENCE:
            state.is_stuck = True
            break
    return state.solution(n_iter, tol)


class _State:
    """Multipliers a, with v = P X'a / reg, t = Q'X'a / reg and the scores of v at hand.

    The best point and the best dual value seen certify one another.
    """

    def __init__(self, p, start):
        self.p, self.X = p, p.rows.at(slice(None))
        self.terms = p.loss.dual_terms(p.y, p.c)
        self.XQ = self.X @ p.basis  # (n_rows, rank)
        # The metric of all steps: the inverse diagonal of X X' / reg + R.
        squares = p.rows.column(row_squares) / p.reg + self.terms.R
        floor = max(SHORT_ROW * np.median(squares), SHORTEST_ROW * squares.max())
        self.metric = 1.0 / np.maximum(squares, floor)
        self.shift, self.b, self.length, self.n_steps = 0.0, 0.0, 1.0, 0
        self.is_stuck, self.value, self.best = False, np.inf, None
        self.dual, self.alpha, self.certificate = -np.inf, None, None
        self.a = np.zeros(p.rows.shape[0])
        if start is None:
            self._set_pull(np.zeros(p.n_features), np.zeros(p.basis.shape[1]))
            self.fv = np.zeros(p.rows.shape[0])
            self.certify()
        else:
            low, high = self.terms.low, self.terms.high
            self.a = self._onto(np.clip(start, low, high), low, high)
            self.restart()

    @property
    def gap(self):
        """The best objective less the best dual value."""
        return self.value - self.dual

    def reached(self, tol):
        """Whether the relative duality gap is small enough, also computed afresh.

        If only the former, the state is computed afresh too: v, t and the scores are
        sums of steps, whose rounding stays in them.
        """
        if self.certificate is not None:
            return True
        if self.gap > tol * abs(self.value):
            return False
        gap = self.certified()
        if gap <= tol * abs(self.value):
            self.certificate = gap
            return True
        self.restart()
        return False

    def certified(self):
        """The duality gap of the best point and multipliers, computed afresh.

        The point is moved onto the feasible set, which it misses by rounding.
        """
        p, (w, b, _) = self.p, self.best
        w = p.feasible(w)
        f = p.scores(w, b)
        self.value, self.best = p.objective(w, f), (w, b, f)
        return duality_gap(p, w, f, self.alpha, self.value)

    def restart(self):
        """Forget the best values, and begin with the multipliers."""
        self.value, self.dual = np.inf, -np.inf
        self._set_pull(*self._pull(self.a))
        self.fv = self.X @ self.v
        self.certify()

    def _pull(self, a, X=None):
        """P X'a / reg and Q'X'a / reg."""
        p = self.p
        v = (self.X if X is None else X).T @ a / p.reg
        t = p.basis.T @ v
        return v - p.basis @ t, t

    def _nearest(self, t):
        """The feasible point u that is nearest to t, and the multipliers of cells."""
        p = self.p
        if not p.bounded:
            return p.goal, None
        return p.bound_program.project(np.eye(len(t)), t)

    def _set_pull(self, v, t):
        """Keep v and t, with the nearest point u and psi(t) = t'u - ||u||^2 / 2."""
        self.v, self.t = v, t
        self.u, self.lam = self._nearest(t)
        self.psi = _psi(t, self.u)

    def _gradient(self):
        """Of the smooth part of the dual."""
        return self.fv + self.XQ @ self.u - self.p.y + self.terms.R * self.a

    def certify(self):
        """Compare with the best objective and the best dual value."""
        p, terms, a, u = self.p, self.terms, self.a, self.u
        f = self.fv + self.XQ @ u
        b = _intercept(p, f) if p.fit_intercept else 0.0
        size = 0.5 * p.reg * (self.v @ self.v + u @ u)
        value = size + p.c @ p.loss.value(p.y, f + b)
        dual = p.y @ a - 0.5 * (terms.R * a) @ a - terms.epsilon * np.abs(a).sum()
        dual -= p.reg * (0.5 * (self.v @ self.v) + self.psi)
        # The sum of a is 0 up to `BALANCED` only, and its price is the intercept, which
        # is large for targets far from zero.
        dual -= b * a.sum()
        if value < self.value:
            self.value, self.best = value, (self.v + p.basis @ u, b, f + b)
        if dual > self.dual:
            self.dual, self.alpha = dual, a

    def project(self, n_steps, tol):
        """Projected gradient steps, with spectral lengths."""
        terms = self.terms
        for k in range(n_steps):
            g = self._gradient()
            scaled = self.length * self.metric
            z = self._onto(
                self.a - scaled * g, terms.low, terms.high, terms.epsilon * scaled
            )
            d = z - self.a
            if not d.any() or not self._move(d, g):
                self.length = 1.0
                break
            change = self._gradient() - g
            curved = d @ change
            if curved > 0:
                # Both spectral lengths in turn.
                short = curved / (change @ (self.metric * change))
                self.length = short if k % 2 else d @ (d / self.metric) / curved
            if k % 3 == 2:
                self.certify()
                if self.reached(tol):
                    break
        self.certify()

    def solve_on_face(self, sharpness):
        """Conjugate gradients on the face, projected; the length of the step."""
        g = self._gradient()
        low, high, slope, free = self._face(g)
        d = self._minimise_on(free, -slope, sharpness)
        for i in range(MOST_HALVINGS):
            target = self._onto(np.clip(self.a + d, low, high), low, high)
            length = self._move(target - self.a, g)
            if length:
                return length
            if i:
                d = 0.5 * d
            else:
                # What the sum lacks was shared out among all rows, of which short ones
                # take most and leave their limits. Rows of the face alone share it now.
                low, high = np.where(free, low, self.a), np.where(free, high, self.a)
        return 0.0

    def _face(self, g):
        """Limits that keep the sign of a, slopes there, and the rows that may move."""
        (_, low, high, epsilon), a = self.terms, self.a
        inside = (a > low) & (a < high)
        if epsilon:
            inside &= a != 0
        b = 0.0
        if self.p.fit_intercept:
            b = self.best[1]
            if inside.any():
                b = -(g + epsilon * np.sign(a))[inside].mean()
        sign = np.where(a != 0, np.sign(a), -np.sign(g + b))
        slope = g + epsilon * sign
        if epsilon:  # |a| has a kink at 0, which is a limit on this face
            low = np.where(sign > 0, 0.0, low)
            high = np.where(sign < 0, 0.0, high)
        up, down = (a <= low) & (slope + b < 0), (a >= high) & (slope + b > 0)
        return low, high, slope, inside | up | down

    def _minimise_on(self, free, rhs, sharpness):
        """Step of the rows that are free, to the minimum of the dual on their face."""
        few = np.count_nonzero(free) < FEW_ROWS * len(free)
        rows = np.flatnonzero(free) if few else slice(None)
        X, XQ = (self.X[rows], self.XQ[rows]) if few else (self.X, self.XQ)
        u = np.where(free, self.metric, 0.0)[rows]
        R, x = self.terms.R[rows], np.zeros(len(u))
        scale = 1.0 / self.metric[rows]
        J, total = self._jacobian(), max(u.sum(), 1e-300)

        def centred(r):
            # In the end what is left is small against its mean, the intercept, whose
            # rounding would give steps that do not sum to 0.
            return r - (u @ r) / total if self.p.fit_intercept else r

        r = centred(rhs[rows])
        d = z = u * r
        rz = r @ z
        stop = (FORCING / sharpness) ** 2 * rz
        for _ in range(int(MOST_CG * sharpness)):
            if rz <= stop:
                break
            v, t = self._pull(d, X)
            Kd = X @ v + XQ @ (J @ t) + R * d
            curved = d @ Kd
            if curved <= FLAT * (scale @ (d * d)):
                break
            step = rz / curved
            x += step * d
            r = centred(r - step * Kd)
            z = u * r
            rz, old = r @ z, rz
            d = z + (rz / old) * d
        step = np.zeros(len(free))
        step[rows] = x
        return step

    def _jacobian(self):
        """Derivative of the nearest feasible point: onto the tangent of its face."""
        p, rank = self.p, len(self.t)
        if not p.bounded:
            return np.zeros((rank, rank))
        normals = active_differences(p.cells, p.strata, self.lam)
        if not len(normals):
            return np.eye(rank)
        basis = np.linalg.qr(normals.T)[0]
        return np.eye(rank) - basis @ basis.T

    def _onto(self, a, low, high, shrink=0.0):
        """The point nearest to a, in the metric, that is feasible for the dual.

        With `shrink`, of the dual with epsilon |a|, whose proximal step moves values
        towards 0 by so much.
        """
        if not self.p.fit_intercept:
            return np.clip(_shrunk(a, shrink), low, high)
        left, right, t, u = -np.inf, np.inf, self.shift, self.metric
        reach, ends = 0.1, {}
        for _ in range(MOST_SHIFTS):
            z = np.clip(_shrunk(a - t * u, shrink), low, high)
            total = z.sum()
            if abs(total) <= BALANCED * np.abs(z).sum():
                break
            ends[total > 0] = z, total
            left, right = (t, right) if total > 0 else (left, t)
            slope = u @ ((z > low) & (z < high) & (z != 0))
            new = t + total / max(slope, abs(total) / reach)
            reach *= 4.0
            if not left < new < right:
                new = 0.5 * (left + right)
            if not left < new < right:  # the next number is the other end, or will be
                new = np.nextafter(t, np.copysign(np.inf, total))
            if not left < new < right:
                z = _balanced_between(*ends.values()) if len(ends) == 2 else z
                break
            t = new
        self.shift = t
        return z

    def _move(self, d, g):
        """Go along d: all of it if the dual falls enough, else to its minimum.

        Returns the length of the step, 0 if there is none.
        """
        p, (R, low, high, epsilon), a = self.p, self.terms, self.a
        v, t = self._pull(d)
        fv = self.X @ v
        first = g @ d + epsilon * _slope_of_size(a, d)
        blind = abs(first) <= BLIND * abs(self.value)
        if first >= 0 and not blind:
            return 0.0
        change = p.reg * (self.v @ v + 0.5 * (v @ v))
        end = self.t + t
        change += p.reg * (_psi(end, self._nearest(end)[0]) - self.psi)
        change += (R * a - p.y) @ d + 0.5 * (R * d) @ d
        change += epsilon * (np.abs(a + d).sum() - np.abs(a).sum())
        length = 1.0
        if change > ARMIJO * first and not blind:
            base = g - self.XQ @ self.u

            def slope(s):
                smooth = (
                    base + s * (fv + R * d) + self.XQ @ self._nearest(self.t + s * t)[0]
                )
                return smooth @ d + epsilon * _slope_of_size(a + s * d, d)

            length = root_of_slope(slope, first)
        self.a = np.clip(a + length * d, low, high)
        self._set_pull(self.v + length * v, self.t + length * t)
        self.fv = self.fv + length * fv
        return length

    def solution(self, n_iter, tol):
        """The best point, certified by the multipliers of the best dual value."""
        gap = self.certified() if self.certificate is None else self.certificate
        status = "stalled" if self.is_stuck else "max_iter"
        status = "optimal" if gap <= tol * abs(self.value) else status
        w, b, f = self.best
        return Solution(
            coef=w,
            intercept=b,
            n_iter=n_iter,
            objective=self.value,
            duality_gap=gap,
            status=status,
            scores=f,
            alpha=self.alpha,
        )


def _balanced_between(one, other):
    """The point of sum 0 between two points, whose sums have unlike signs.

    Where rows are short, or multipliers large, no shift that is a float gives a sum
    of 0, and a dual value without it bounds nothing.
    """
    (a, total), (b, other_total) = one, other
    return a + total / (total - other_total) * (b - a)


def _psi(t, u):
    """Support function psi(t), attained at u."""
    return t @ u - 0.5 * (u @ u)


def _intercept(p, f):
    """The best intercept for scores f: of hinges a weighted quantile of their kinks."""
    if p.loss.smooth:
        return best_intercept(p, f)
    signs, offsets, weights = p.loss.hinges(p.y, p.c)
    kinks = signs * offsets - np.resize(f, len(signs))
    order = np.argsort(kinks)
    reached = np.cumsum(weights[order]) >= weights[signs > 0].sum() * (1 - BALANCED)
    return kinks[order[int(reached.argmax())]]


def _shrunk(a, size):
    """Values moved towards 0 by `size`, and to 0 where they are smaller."""
    if np.ndim(size) == 0 and size == 0:
        return a
    return np.sign(a) * np.maximum(np.abs(a) - size, 0.0)


def _slope_of_size(a, d):
    """Derivative of ||a + s d||_1 at s = 0+."""
    return np.where(a != 0, np.sign(a) * d, np.abs(d)).sum()
