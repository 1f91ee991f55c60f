"""libsvm on a kernel problem, and the optimum itself from where it stops."""

import warnings

import numpy as np
from numpy.linalg import LinAlgError
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import SVC, SVR

from fairlearnkit._optim.kernel import at_share
from fairlearnkit._optim.losses import Hinge

# Polishing: what counts as an end of an interval, as a part of it, and as on the
# margin, for targets of spread 1; the relative duality gap of an optimum; what is added
# to the diagonal, as a part of that before the constraint; and, of either way, rounds
# and rows at most, and the sum of the third powers of the numbers of rows.
EDGE, POLISHED, JITTER = 1e-8, 1e-9, 1e-13
BOLD, MOST_FREE, MOST_WORK, TOO_FAR = 60, 3000, 1e11, 0.1
CAREFUL, FEW_FREE = 500, 300
# Rows of K that are changed at a time.
BLOCK = 64


class Libsvm:
    """Plain support vector machines on K - s T T', s changed in place."""

    def __init__(self, p, *, tol, max_iter, shrinking=True, cache_size=200):
        common = {
            "kernel": "precomputed",
            "C": 1.0,
            "tol": tol,
            "max_iter": max_iter,
            "shrinking": shrinking,
            "cache_size": cache_size,
        }
        hinge = isinstance(p.loss, Hinge)
        self.model = SVC(**common) if hinge else SVR(epsilon=p.loss.epsilon, **common)
        self.p, self.s, self.hinge = p, 0.0, hinge
        self.epsilon = 0.0 if hinge else p.loss.epsilon
        self.jitter = JITTER * np.abs(p.K.diagonal()).max()

    def move(self, s):
        """K to K - s T T', in its place."""
        p = self.p
        if s != self.s and len(p.B):
            change = (self.s - s) * p.T * p.sign
            for start in range(0, len(p.K), BLOCK):
                rows = slice(start, start + BLOCK)
                p.K[rows] += change[rows] @ p.T.T
        self.s = s

    def at(self, s):
        """The solution for one s."""
        p = self.p
        self.move(s)
        v, b, n_iter, status = self.plain()
        v, b, Kv, _ = self.polished(v, b)
        Kv = Kv + s * p.T @ (p.sign * (p.T.T @ v))
        return at_share(p, s, v, b, Kv, n_iter=n_iter, status=status)

    def plain(self):
        """Multipliers and intercept as libsvm leaves them, iterations and status."""
        p, model = self.p, self.model
        with warnings.catch_warnings(), config_context(assume_finite=True):
            warnings.simplefilter("ignore", ConvergenceWarning)  # told by the status
            model.fit(p.K, p.y, sample_weight=p.c)
        v = np.zeros(len(p.y))
        v[model.support_] = model.dual_coef_[0]
        v = np.clip(v, -p.c, p.c)
        status = "max_iter" if model.fit_status_ else "optimal"
        return v, float(model.intercept_[0]), int(np.max(model.n_iter_)), status

    def polished(self, v, b):
        """The optimum itself, where libsvm is near enough to tell who is on the margin.

        The scores of those rows are known, so that their multipliers and b follow from
        a linear system, to rounding instead of to libsvm's tolerance.

        Returns multipliers, intercept, K v, and whether this is the optimum.
        """
        best = v, b, self.p.K @ v
        gap, size = self._gap(*best)
        for climb in (self._bold, self._careful):
            try:
                new = climb(*best)
            except LinAlgError:
                continue
            if new is not None and self._gap(*new)[0] < gap:
                best = new
                gap, size = self._gap(*best)
            if gap <= POLISHED * size:
                break
        return *best, gap <= POLISHED * size

    def _bold(self, v, b, Kv):
        """All rows that are on a wrong side change it, until none is; None if never."""
        p, v, free = self.p, v.copy(), self._free(v)
        side = p.y if self.hinge else np.where(v != 0, np.sign(v), 1.0)
        work = 0.0
        for _ in range(BOLD):
            n_free = np.count_nonzero(free)
            work += float(n_free) ** 3
            if not 0 < n_free <= MOST_FREE or work > MOST_WORK:
                return None
            rows = np.flatnonzero(free)
            goal, b = self._on_margin(v, Kv, free, p.y - side * self.epsilon)
            share, room, end = self._room(v, rows, goal, side)
            new = goal
            if share < 1.0:
                far = share < TOO_FAR
                if far:
                    new = v[rows] + share * (goal - v[rows])
                ends = room <= (share / TOO_FAR if far else 1.0)
                new = np.where(ends, end, new)
                free[rows[ends]] = False
            Kv = Kv + (new - v[rows]) @ p.K[rows]
            v[rows] = new
            if share < 1.0:
                continue
            if not self.hinge:
                side = np.where(v == 0, np.sign(p.y - Kv - b), side)
            lacks = side * (p.y - Kv - b) - self.epsilon
            joins = ~free & np.where(v == 0, lacks > EDGE, lacks < -EDGE)
            if not joins.any():
                return v, b, Kv
            free |= joins
        return None

    def _careful(self, v, b, Kv):
        """One row changes sides at a time, and none leaves its interval on the way.

        For kernels of so few dimensions that the system is singular: multipliers move
        along a direction in which no score changes, until one comes to an end.
        """
        p, v, Kv, free = self.p, v.copy(), Kv.copy(), self._free(v)
        low = np.where(p.y > 0, 0.0, -p.c) if self.hinge else -p.c
        high = np.where(p.y > 0, p.c, 0.0) if self.hinge else p.c
        side = np.sign(v)
        for _ in range(CAREFUL):
            if np.count_nonzero(free) > FEW_FREE:
                break
            if free.any():
                rows = np.flatnonzero(free)
                wanted = p.y - side * self.epsilon
                goal, b = self._on_margin(v, Kv, free, wanted)
                share, room, end = self._room(v, rows, goal, side)
                blocked = room <= share
                new = np.where(blocked, end, v[rows] + share * (goal - v[rows]))
                Kv += (new - v[rows]) @ p.K[rows]
                v[rows] = new
                free[rows[blocked]] = False
                if share < 1.0:
                    continue
            # The intercept has to be above these, for v to rise no further, and below.
            rest = p.y - Kv
            above = np.where(
                v < high, rest - np.where(v < 0, -1, 1) * self.epsilon, -np.inf
            )
            below = np.where(
                v > low, rest - np.where(v > 0, 1, -1) * self.epsilon, np.inf
            )
            up, down = int(above.argmax()), int(below.argmin())
            if not free.any():
                b = 0.5 * float(above[up] + below[down])
            if max(above[up] - b, b - below[down]) <= EDGE:
                break
            joins = []
            if not free.any() or above[up] - b >= b - below[down]:
                side[up] = -1.0 if v[up] < 0 else 1.0
                joins.append(up)
            if not free.any() or not joins:
                side[down] = 1.0 if v[down] > 0 else -1.0
                joins.append(down)
            free[joins] = True
        return v, b, Kv

    def _room(self, v, rows, goal, side):
        """The share of a step that every multiplier has room for; of each; its end."""
        step = goal - v[rows]
        end = np.where(step * side[rows] > 0, side[rows] * self.p.c[rows], 0.0)
        room = np.full(len(rows), np.inf)
        room = np.divide(end - v[rows], step, out=room, where=step != 0)
        return min(1.0, max(0.0, room.min())), room, end

    def _free(self, v):
        """Rows whose multiplier is inside its interval."""
        c = self.p.c
        return (np.abs(v) > EDGE * c) & (np.abs(v) < (1.0 - EDGE) * c)

    def _on_margin(self, v, Kv, free, wanted):
        """Multipliers of the free rows, and b, that put their scores where wanted."""
        rows = np.flatnonzero(free)
        inner = self.p.K[np.ix_(rows, rows)]
        system = np.ones((len(rows) + 1, len(rows) + 1))
        system[:-1, :-1] = inner
        system[-1, -1] = 0.0
        # Rows given twice leave the shares of each open: the jitter divides evenly.
        system[np.arange(len(rows)), np.arange(len(rows))] += self.jitter
        fixed = Kv[rows] - inner @ v[rows]
        rhs = np.append(wanted[rows] - fixed, v[rows].sum() - v.sum())
        # numpy's: scipy may bring a BLAS of its own, whose threads wait in the way.
        found = np.linalg.solve(system, rhs)
        return found[:-1], float(found[-1])

    def _gap(self, v, b, Kv):
        """The duality gap, and the objective."""
        p = self.p
        norm, loss = v @ Kv, p.c @ p.loss.value(p.y, Kv + b)
        gap = norm + loss + p.c @ p.loss.conjugate(p.y, -v / p.c)
        return gap, 0.5 * norm + loss
