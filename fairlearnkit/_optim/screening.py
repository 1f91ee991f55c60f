"""Support vector machines of many rows, by the rows near the margin.

Rows far from the margin have multipliers that are known: c on the wrong side of it, 0
on the right one. The latter are left out; the former are replaced by their mean in the
feature space, one row for each sign, with the sum of their weights. What is left is a
support vector machine again. Its optimum is that of all rows if the two means have
their full multipliers and every row that was left out or replaced turns out to lie
where it was thought to; rows that do not are near the margin in the next round. The
first guess is the mean of machines on parts of the rows. K is formed by blocks.
"""

from dataclasses import replace

import numpy as np

from fairlearnkit._optim.kernel import at_share
from fairlearnkit._optim.libsvm import EDGE, Libsvm
from fairlearnkit._optim.losses import Hinge

# The first guess: parts at least, rows of each at most, libsvm's tolerance, and its
# iterations for each row at most.
PARTS, MOST_OF_A_PART, LOOSE, HASTE = 4, 4000, 1e-2, 10
# Share of the rows near the margin at first; on its wrong side, where the guess is
# less sure, rows count as nearer by a factor. Then, rows for each one on the margin.
NEAR, WRONG_SIDE, SPARE, AT_LEAST = 0.3, 4.0, 1.6, 100
# Rounds; and the share of rows that were wrong up to which the last round is the start.
ROUNDS, FEW_WRONG = 40, 0.02


class Screened:
    """As ``Libsvm``, with K as ``KernelRows``, which stays as it is.

    The positive and the negative part of the multipliers are kept apart, with the
    products of K and each.
    """

    def __init__(self, p, *, tol, max_iter, **options):
        self.p, self.tol = p, tol
        self.max_iter, self.options = max_iter, options
        self.hinge = isinstance(p.loss, Hinge)
        self.parts = self.products = None
        self.b = 0.0

    def at(self, s):
        """The solution for one s, from the last one."""
        p = self.p
        n_iter = 0 if self.parts is not None else self._guess(s)
        lack, side = self._lack(s)
        far = np.where(lack > 0, lack / WRONG_SIDE, -lack)
        near, settled, status = self._nearest(far, NEAR * len(far)), False, "max_iter"
        warm = False
        feasible = self._state()
        for _ in range(ROUNDS):
            if settled:  # others have 0 or c already, up to rounding
                v = self.parts.sum(axis=1)
                fixed = np.where(np.abs(v) > 0.5 * p.c, np.sign(v) * p.c, 0.0)
            else:
                fixed = np.where(lack > 0, side * p.c, 0.0)
            self._set(np.flatnonzero(~near), fixed[~near])
            more, ended, exact, short = self._round(s, near, settled, warm)
            n_iter += more
            if not short.any():
                feasible = self._state()
            if settled and ended != "optimal":
                break
            if short.any():  # too many rows were thought to have c
                near = near | (self.parts[:, short] != 0).any(axis=1)
                continue
            lack, side = self._lack(s)
            v = self.parts.sum(axis=1)
            # At libsvm's tolerance rows near it may be on either side, and all count.
            edge = EDGE if exact else -2.0 * self.tol
            wrong = ~near & (np.where(v == 0, lack, -lack) > edge)
            if settled and not wrong.any():
                status = "optimal"
                break
            if not settled:
                free = (np.abs(v) > EDGE * p.c) & (np.abs(v) < (1.0 - EDGE) * p.c)
                n_near = SPARE * np.count_nonzero(free)
                near = free | self._nearest(np.abs(lack), n_near)
            n_wrong, n_near = np.count_nonzero(wrong), np.count_nonzero(near)
            warm = settled and exact and n_wrong <= FEW_WRONG * n_near
            near, settled = near | wrong, True
        self.parts, self.products, self.b = feasible
        v, Kv = self.parts.sum(axis=1), self.products.sum(axis=1)
        return at_share(p, s, v, self.b, Kv, n_iter=n_iter, status=status)

    def _state(self):
        return self.parts.copy(), self.products.copy(), self.b

    def _guess(self, s):
        """The mean of machines on parts of the rows; it is feasible for all rows."""
        p, n = self.p, len(self.p.y)
        n_parts = max(PARTS, -(-n // MOST_OF_A_PART))
        order = np.random.default_rng(0).permutation(n)
        order = order[np.argsort(p.y[order], kind="stable")]
        v, b, n_iter = np.zeros(n), [], 0
        for part in range(n_parts):
            rows = order[part::n_parts]
            if np.ptp(p.y[rows]) == 0:
                continue
            K, c = p.K.block(rows, rows), n_parts * p.c[rows]
            small = replace(p, K=K, y=p.y[rows], c=c, T=p.T[rows])
            machine = self._machine(small, settled=False)
            machine.move(s)
            found, intercept, more, _ = machine.plain()
            v[rows] = np.clip(found / n_parts, -p.c[rows], p.c[rows])
            b.append(intercept)
            n_iter += more
        self.b = float(np.mean(b)) if b else 0.0
        self.parts = _parts(v)
        self.products = p.K @ self.parts
        return n_iter

    def _lack(self, s):
        """What the scores lack to the margin, on the side of the multiplier."""
        p, v = self.p, self.parts.sum(axis=1)
        scores = self.products.sum(axis=1) - s * p.T @ (p.sign * (p.T.T @ v)) + self.b
        if self.hinge:
            return p.y * (p.y - scores), p.y
        side = np.sign(np.where(v == 0, p.y - scores, v))
        return side * (p.y - scores) - p.loss.epsilon, side

    def _round(self, s, near, settled, warm):
        """Solve for the rows near the margin, by small changes if `warm`.

        Returns iterations, status, whether the optimum is exact, and which of the two
        means lack their full multiplier; if one does, nothing is changed.
        """
        small, rows, total, kept = self._reduced(near)
        machine = self._machine(small, settled)
        machine.move(s)
        n_iter, status, exact = 0, "optimal", False
        if warm:
            v = np.append(self.parts[rows].sum(axis=1), total)
            v, b, _, exact = machine.polished(v, self.b)
        if not exact:
            v, b, n_iter, status = machine.plain()
            if settled:
                v, b, _, exact = machine.polished(v, b)
        short = np.zeros(2, dtype=bool)
        short[kept] = np.abs(v[len(rows) :]) < (1.0 - EDGE) * np.abs(total)
        if not short.any():
            self._set(rows, v[: len(rows)])
            self.b = b
        return n_iter, status, exact, short

    def _machine(self, small, settled):
        """libsvm, which does not take long over what is a guess only."""
        if settled:
            return Libsvm(small, tol=self.tol, max_iter=self.max_iter, **self.options)
        most = HASTE * len(small.y)
        if self.max_iter != -1:
            most = min(most, self.max_iter)
        tol = max(LOOSE, self.tol)
        return Libsvm(small, tol=tol, max_iter=most, **self.options)

    def _nearest(self, far, n_rows):
        """About n_rows rows with the smallest values, some of each class."""
        n_rows = int(np.clip(n_rows, min(AT_LEAST, len(far)), len(far)))
        near = far <= np.partition(far, n_rows - 1)[n_rows - 1]
        for side in (-1, 1) if self.hinge else ():
            rows = np.flatnonzero(self.p.y == side)
            some = rows[np.argsort(far[rows], kind="stable")[: AT_LEAST // 2]]
            near[some] = True
        return near

    def _reduced(self, near):
        """The problem of the rows near the margin and of the means of others."""
        p, rows = self.p, np.flatnonzero(near)
        fixed = np.where(near[:, None], 0.0, self.parts)
        total = fixed.sum(axis=0)
        kept = np.flatnonzero(total)
        total, share = total[kept], fixed[:, kept] / total[kept]
        n, mine = len(rows), self.parts[rows]
        K = np.empty((n + len(kept), n + len(kept)))
        inner = p.K.block(rows, rows, out=K[:n, :n])
        outer = (self.products[rows] - inner @ mine)[:, kept]
        K[:n, n:] = outer / total
        K[n:, :n] = K[:n, n:].T
        square = fixed[:, kept].T @ self.products[:, kept] - outer.T @ mine[:, kept]
        K[n:, n:] = square / np.outer(total, total)
        y = np.sign(total) if self.hinge else share.T @ p.y
        small = replace(
            p,
            K=K,
            y=np.append(p.y[rows], y),
            c=np.append(p.c[rows], np.abs(total)),
            T=np.concatenate([p.T[rows], share.T @ p.T]),
        )
        return small, rows, total, kept

    def _set(self, rows, v):
        """New multipliers of some rows."""
        change = _parts(v) - self.parts[rows]
        self.parts[rows] = _parts(v)
        moved = change.any(axis=1)
        self.products += self.p.K.product(rows[moved], change[moved])


def _parts(v):
    """Positive and negative part, as columns."""
    return np.column_stack([np.maximum(v, 0.0), np.minimum(v, 0.0)])
