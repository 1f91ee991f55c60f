"""Support vector machines of many rows, of which only those near the margin are solved.

The multiplier of a row far from the margin is known: c on its wrong side, 0 on the
right one. Rows with 0 can be left out, and those with c, of one sign, be replaced by
one: sum_i c_i loss(y_i, f_i) is C_G loss(y_G, f_G) as long as all of them have a loss,
with C_G the sum of their weights, and the feature vector and target of G their weighted
means. What is left is a support vector machine again, on the rows of a working set and
two aggregated ones:

1. A first guess of the scores is the mean of machines on parts of the rows.
2. Loose rounds: the working set are the rows nearest to the margin; solve the reduced
   problem coarsely.
3. Rounds: the working set are the free rows and some that are near them. Solve the
   reduced problem, to rounding where active-set steps allow. If an aggregated row lacks
   its full multiplier, its rows join the working set. Otherwise rows outside whose
   multiplier and side of the margin disagree join; if there is none, all rows satisfy
   the optimality conditions, and this is the optimum.

Steps 2 and 3 are the decomposition of Joachims ("Making large-scale SVM learning
practical", 1999) with large working sets, in which the rows outside are not only kept
fixed but removed, as by the screening of Ogawa, Suzuki and Takeuchi ("Safe screening of
non-support vectors in pathwise SVM computation", 2013). Their rule is safe by a bound
on the solution, as are those of Ndiaye, Fercoq, Gramfort and Salmon ("Gap safe
screening rules for sparsity enforcing penalties", 2017); here rows are removed on a
guess, which is checked afterwards. Step 1 is one level of Hsieh, Si and Dhillon ("A
divide-and-conquer solver for kernel support vector machines", 2014), with parts that
are drawn at random.
"""

from dataclasses import dataclass, replace

import numpy as np

from fairlearnkit._optim.active_set import EDGE
from fairlearnkit._optim.libsvm import DeflatedMachine, deflated_solution

# Measured, in iterations of libsvm: 6,000 to 10,000 rows of Adult, with classes at C =
# 1 and 10, numbers, and a bound. None of the constants changes the optimum.
#
# The first guess: the fewest parts, and the most rows of a part (a matrix of 128 MB).
# With twice as many parts there are up to 22 % more iterations, with half as many
# between 16 % fewer and 15 % more.
PARTS, ROWS_OF_PART = 4, 4000
# libsvm's tolerance while the working set is a guess: with twice as much 8 to 11 %
# fewer iterations, with half 6 to 11 % more. And its iterations for each row, for parts
# on which it would not end; they have not been reached.
LOOSE_TOL, LOOSE_STEPS = 1e-2, 10
# Share of the rows in the first working set: with half as much 11 to 31 % more
# iterations, with twice as much between 16 % fewer and 9 % more, on four times the
# elements of K.
FIRST_SHARE = 0.3
# Rows with a loss count as nearer to the margin by this factor: a first guess has too
# few of them. With half as much between 6 % fewer and 18 % more iterations, with twice
# as much up to 23 % more.
LOSS_FACTOR = 4.0
# Rows of a working set for each free one: with half as many between 3 % fewer and 21 %
# more iterations, with twice as many 3 to 6 % more. And the fewest rows, for problems
# with few free ones.
ROWS_PER_FREE, FEWEST = 1.6, 100
# The most rounds; 230 problems have taken two in the median and seven at most, so that
# half as many would not be reached either.
ROUNDS = 40
# Share of the working set up to which missing rows are worth a warm start, active-set
# steps from the last solution instead of libsvm, which cost (free rows)^3 each: with
# half as much up to 28 % more iterations, with twice as much no fewer.
WARM_SHARE = 0.02


@dataclass
class _Round:
    """What a round has found out: whether its solution is feasible, and exact."""

    n_iter: int
    status: str
    exact: bool
    # Of both signs: whether the aggregated row lacks its full multiplier.
    lacking: np.ndarray


class WorkingSetMachine:
    """As ``DeflatedMachine``, with K as ``KernelRows``, which stays as it is.

    The state is v, kept as its positive and its negative part, since the rows of each
    sign are aggregated by themselves, the products of K with both, and b. Each solution
    starts from the last one.

    Parameters
    ----------
    p : KernelProblem
        With a loss of libsvm, reg = 1, an intercept, and K as KernelRows.
    options : KernelOptions
        When libsvm stops.
    """

    def __init__(self, p, options):
        self.p, self.options = p, options
        self.classes = p.loss.targets == "classes"
        self.parts = self.products = self.feasible = None  # (n_samples, 2)
        self.b = 0.0

    @property
    def v(self):
        """Multipliers of the rows, (n_samples,)."""
        return self.parts.sum(axis=1)

    def solution(self, s):
        """The solution of the problem with the constraint that s stands for."""
        n_iter = self._initialise(s) if self.parts is None else 0
        self._keep()
        rounds = iter(range(ROUNDS))  # of both methods together
        working, more = self._loose_rounds(s, rounds)
        status, n_iter = "max_iter", n_iter + more
        if working is not None:
            status, more = self._rounds(s, working, rounds)
            n_iter += more
        self.parts, self.products, self.b = self.feasible
        Kv = self.products.sum(axis=1)
        return deflated_solution(
            self.p, s, self.v, self.b, Kv, n_iter=n_iter, status=status
        )

    def _initialise(self, s):
        """Step 1: the mean of machines on parts of the rows; it is feasible for all.

        Parts are drawn at random, with the targets spread evenly over them. A part
        stands for all rows, so that its weights are larger by the number of parts.
        """
        p, n_samples = self.p, len(self.p.y)
        n_parts = max(PARTS, -(-n_samples // ROWS_OF_PART))
        order = np.random.default_rng(0).permutation(n_samples)
        order = order[np.argsort(p.y[order], kind="stable")]
        v, intercepts, n_iter = np.zeros(n_samples), [], 0
        for part in range(n_parts):
            rows = order[part::n_parts]
            if np.ptp(p.y[rows]) == 0:
                continue
            K, c = p.K.block(rows, rows), n_parts * p.c[rows]
            small = replace(p, K=K, y=p.y[rows], c=c, T=p.T[rows])
            machine = self._machine(small, loose=True)
            machine.deflate(s)
            v_part, b, more, _ = machine.run()
            v[rows] = np.clip(v_part / n_parts, -p.c[rows], p.c[rows])
            intercepts.append(b)
            n_iter += more
        self.b = float(np.mean(intercepts)) if intercepts else 0.0
        self.parts = _by_sign(v)
        self.products = p.K @ self.parts
        return n_iter

    def _loose_rounds(self, s, rounds):
        """Step 2: the first working set that the rounds start from, and iterations.

        The working set is None where the rounds are over before.
        """
        p, n_iter = self.p, 0
        loss, side = self._loss_argument(s)
        at_c = np.where(loss > 0, side * p.c, 0.0)
        distance = np.where(loss > 0, loss / LOSS_FACTOR, -loss)
        working = self._nearest(distance, FIRST_SHARE * len(distance))
        for number in rounds:
            self._fix_others(working, at_c)
            done = self._solve_reduced(s, working, loose=True)
            self._report(number, working)
            n_iter += done.n_iter
            if done.lacking.any():  # too many rows were thought to have a loss
                working = working | (self.parts[:, done.lacking] != 0).any(axis=1)
                continue
            self._keep()
            loss, _ = self._loss_argument(s)
            missing = self._missing(working, loss, exact=False)
            free = (np.abs(self.v) > EDGE * p.c) & (np.abs(self.v) < (1 - EDGE) * p.c)
            n_working = ROWS_PER_FREE * np.count_nonzero(free)
            working = free | self._nearest(np.abs(loss), n_working)
            return working | missing, n_iter
        return None, n_iter

    def _rounds(self, s, working, rounds):
        """Step 3: the working set grows until no row is missing; status, iterations."""
        p, warm, n_iter = self.p, False, 0
        for number in rounds:
            v = self.v  # rows outside have 0 or c already, up to rounding
            at_end = np.where(np.abs(v) > 0.5 * p.c, np.sign(v) * p.c, 0.0)
            self._fix_others(working, at_end)
            done = self._solve_reduced(s, working, warm=warm)
            self._report(number, working)
            n_iter += done.n_iter
            if not done.lacking.any():
                self._keep()
            if done.status != "optimal":
                break
            if done.lacking.any():
                working = working | (self.parts[:, done.lacking] != 0).any(axis=1)
                continue
            loss, _ = self._loss_argument(s)
            missing = self._missing(working, loss, done.exact)
            n_missing = np.count_nonzero(missing)
            if not n_missing:
                return "optimal", n_iter
            warm = done.exact and n_missing <= WARM_SHARE * np.count_nonzero(working)
            working = working | missing
        return "max_iter", n_iter

    def _report(self, number, working):
        rows = int(np.count_nonzero(working))
        self.options.progress("working set", number + 1, rows=rows)

    def _keep(self):
        """Keep the state, which is feasible, to return to if this is the last one."""
        self.feasible = self.parts.copy(), self.products.copy(), self.b

    def _loss_argument(self, s):
        """What has a loss where it is above 0, and the sign of the multiplier then.

        Returns
        -------
        loss : ndarray of shape (n_samples,)
            1 - y f for classes, |y - f| - epsilon for numbers.
        side : ndarray of shape (n_samples,)
            -1 or 1.
        """
        p, v = self.p, self.v
        scores = self.products.sum(axis=1) - s * p.T @ (p.sign * (p.T.T @ v)) + self.b
        if self.classes:
            return p.y * (p.y - scores), p.y
        side = np.sign(np.where(v == 0, p.y - scores, v))
        return side * (p.y - scores) - p.loss.epsilon, side

    def _missing(self, working, loss, exact):
        """Mask of the rows outside that violate their optimality conditions.

        With v = 0 a row must have no loss, otherwise it must have one. Where scores are
        those of libsvm, rows within its tolerance may be on either side, and all count.
        """
        tolerance = EDGE if exact else -2.0 * self.options.tol
        return ~working & (np.where(self.v == 0, loss, -loss) > tolerance)

    def _solve_reduced(self, s, working, *, loose=False, warm=False):
        """Solve the reduced problem, and set the state if that is feasible.

        Parameters
        ----------
        s : float
            The deflation of K.
        working : ndarray of bool, shape (n_samples,)
            The working set.
        loose : bool, default=False
            Whether the working set is a guess, for which libsvm alone will do.
        warm : bool, default=False
            Whether to try active-set steps from the state first.

        Returns
        -------
        done : _Round
        """
        small, rows, total, kept = self._reduced_problem(working)
        machine = self._machine(small, loose)
        machine.deflate(s)
        n_iter, status, exact = 0, "optimal", False
        if warm:
            v = np.append(self.parts[rows].sum(axis=1), total)
            v, b, _, exact = machine.active_set.refine(v, self.b)
        if not exact:
            v, b, n_iter, status = machine.run()
            if not loose:
                v, b, _, exact = machine.active_set.refine(v, b)
        lacking = np.zeros(2, dtype=bool)
        lacking[kept] = np.abs(v[len(rows) :]) < (1.0 - EDGE) * np.abs(total)
        if not lacking.any():
            self._set(rows, v[: len(rows)])
            self.b = b
        return _Round(n_iter, status, exact, lacking)

    def _machine(self, small, loose):
        """libsvm, which does not take long over what is a guess only."""
        options = replace(self.options, restore=False)
        if loose:
            most = LOOSE_STEPS * len(small.y)
            if options.max_iter != -1:
                most = min(most, options.max_iter)
            options = replace(options, tol=max(LOOSE_TOL, options.tol), max_iter=most)
        return DeflatedMachine(small, options)

    def _nearest(self, distance, n_rows):
        """Mask of about n_rows rows with the smallest distances, some of each class."""
        n_samples = len(distance)
        n_rows = int(np.clip(n_rows, min(FEWEST, n_samples), n_samples))
        near = distance <= np.partition(distance, n_rows - 1)[n_rows - 1]
        for side in (-1, 1) if self.classes else ():
            rows = np.flatnonzero(self.p.y == side)
            some = rows[np.argsort(distance[rows], kind="stable")[: FEWEST // 2]]
            near[some] = True
        return near

    def _reduced_problem(self, working):
        """The problem of the rows of the working set and of the aggregated ones.

        With G the others of one sign, C_G = sum_G v_i and p_i = v_i / C_G, the feature
        vector of their row is sum_G p_i Phi_i; its kernel values follow from K v.

        Returns
        -------
        small : KernelProblem
        rows : ndarray of intp
            Positions of the working set; the aggregated rows are below them.
        total : ndarray of shape (n_aggregated,)
            C_G of each sign that has rows outside.
        kept : ndarray of intp
            Which signs these are: 0 for the positive one, 1 for the negative one.
        """
        p, rows = self.p, np.flatnonzero(working)
        outside = np.where(working[:, None], 0.0, self.parts)
        total = outside.sum(axis=0)
        kept = np.flatnonzero(total)
        total, share = total[kept], outside[:, kept] / total[kept]  # (n_samples, n_agg)
        n, inside = len(rows), self.parts[rows]
        K = np.empty((n + len(kept), n + len(kept)))
        K_WW = p.K.block(rows, rows, out=K[:n, :n])
        K_WG = (self.products[rows] - K_WW @ inside)[:, kept]  # K[W, G] v_G, (n, n_agg)
        K[:n, n:] = K_WG / total
        K[n:, :n] = K[:n, n:].T
        K_GG = outside[:, kept].T @ self.products[:, kept] - K_WG.T @ inside[:, kept]
        K[n:, n:] = K_GG / np.outer(total, total)
        y = np.sign(total) if self.classes else share.T @ p.y
        small = replace(
            p,
            K=K,
            y=np.append(p.y[rows], y),
            c=np.append(p.c[rows], np.abs(total)),
            T=np.concatenate([p.T[rows], share.T @ p.T]),
        )
        return small, rows, total, kept

    def _fix_others(self, working, v):
        """Set the multipliers outside the working set to values that are known."""
        others = np.flatnonzero(~working)
        self._set(others, v[others])

    def _set(self, rows, v):
        """New multipliers of some rows; K is formed for those that change only."""
        change = _by_sign(v) - self.parts[rows]
        self.parts[rows] = _by_sign(v)
        moved = change.any(axis=1)
        self.products += self.p.K.product(rows[moved], change[moved])


def _by_sign(v):
    """Positive and negative part of v, as columns."""
    return np.column_stack([np.maximum(v, 0.0), np.minimum(v, 0.0)])
