"""From where libsvm stops to the optimum itself: active-set steps on its dual problem.

With K the kernel matrix that libsvm has seen, and y, c and epsilon of the loss, it is

    minimise  v'K v / 2 - y'v + epsilon sum_i |v_i|,   sum_i v_i = 0,  v_i in I_i,

I_i between 0 and y_i c_i for classes y_i = -1 or 1, and [-c_i, c_i] for numbers. A row
is free if v_i is inside I_i and not 0. Then its score f = K v + b is known, y_i -
epsilon sign(v_i). So the multipliers of the free rows F, given those of the others, and
b follow from a linear system, to rounding instead of to libsvm's tolerance:

    [ K_FF  1 ] [ v_F ]   [ y_F - epsilon sign(v_F) - K_FN v_N ]
    [ 1'    0 ] [  b  ] = [ -1'v_N                             ]

Which rows are free is found by two methods, the first fast and the second safe.
"""

import numpy as np
from numpy.linalg import LinAlgError

# Measured: 216 problems of 200 to 500 rows and 1 to 5 features (linear, poly and rbf
# kernels; C of 0.05, 1 and 50), and 10,000 rows of Adult.
#
# What counts as an end of an interval, as a part of its length, and as on the margin,
# in the unit of scores. libsvm puts multipliers at their ends exactly, and the linear
# systems leave 1e-10; half or twice as much changes no solution.
EDGE = 1e-8
# The relative duality gap of an optimum: what rounding leaves for kernels of condition
# 1e6. Half or twice as much changes no solution.
REFINED_GAP = 1e-9
# What is added to the diagonal of K_FF, as a part of the largest element of that of K:
# enough to make the system regular for rows that are given twice. Scores of free rows
# are off by this times their multiplier, and so the duality gap that is left: 7e-11 in
# the median, 1e-10 with twice as much.
JITTER = 1e-13
# Of block steps: the most of them. Of those that end, 95 % have taken 18 or fewer, and
# some 59; half or twice as many change no solution here, and cost the same.
BLOCK_STEPS = 60
# The most free rows: a system of 72 MB, solved in 0.6 s. And the sum of (free rows)^3
# up to which block steps go on: 2 s of such systems, which twice as much doubles.
MOST_FREE, MOST_WORK = 3000, 1e11
# Share of a block step below which it is damped. A whole step that is cut off at the
# ends of many intervals undoes what it should keep. Half or twice as much gives the
# same solutions in the same time.
SHORT_STEP = 0.1
# Of single-row steps: the most of them, and the most free rows, together 1 s. They have
# taken up to 187; with half as many, 1 in 100 of the problems stays inexact.
SINGLE_STEPS, FEW_FREE = 500, 300


class ActiveSet:
    """Active-set steps for a problem that libsvm has solved to its tolerance.

    Parameters
    ----------
    p : KernelProblem
        With reg = 1 and an intercept. K is the matrix that libsvm has seen.
    jitter : float
        Added to the diagonal of linear systems; `JITTER` times that of K before any
        of it was subtracted.
    """

    def __init__(self, p, jitter):
        self.p, self.jitter = p, jitter
        self.classes = p.loss.targets == "classes"
        self.epsilon = p.loss.epsilon
        self.low = np.where(p.y > 0, 0.0, -p.c) if self.classes else -p.c
        self.high = np.where(p.y > 0, p.c, 0.0) if self.classes else p.c

    def refine(self, v, b):
        """The optimum, where libsvm is near enough to it.

        1. Block steps (`block_steps`), kept if they lower the duality gap.
        2. If that is not the optimum yet, single-row steps (`single_steps`) from there.

        Parameters
        ----------
        v : ndarray of shape (n_samples,)
            Multipliers of libsvm.
        b : float
            Its intercept.

        Returns
        -------
        v, b, Kv
            Multipliers, intercept, and K v.
        exact : bool
            Whether the relative duality gap is `REFINED_GAP` or less.
        """
        best = self._balanced(v, b, self.p.K @ v)
        gap, objective = self.duality_gap(*best)
        for steps in (self.block_steps, self.single_steps):
            try:
                new = steps(*best)
            except LinAlgError:
                continue
            if new is None:
                continue
            new = self._balanced(*new)
            if self.duality_gap(*new)[0] < gap:
                best = new
                gap, objective = self.duality_gap(*best)
            if gap <= REFINED_GAP * objective:
                break
        return *best, gap <= REFINED_GAP * objective

    def block_steps(self, v, b, Kv):
        """Active-set steps in which any number of rows become free, or stop being so.

        1. Solve the system of the free rows.
        2. If that keeps all of them in their intervals, go to 4.
        3. Else move as far as `_cut_step` says, rows at an end are not free any more,
           and go to 1.
        4. Rows that are not free and on the wrong side of the margin become free: with
           multiplier 0 and a loss, or at c and without. If there is none, stop.

        As in block principal pivoting (Portugal, Judice and Vicente, "A comparison of
        block pivoting and interior-point algorithms for linear least squares problems
        with nonnegative variables", 1994), with the damping of step 3; as there,
        nothing promises that it ends.

        Returns
        -------
        (v, b, Kv), or None if it has not ended within `BLOCK_STEPS`.
        """
        p, v, free = self.p, v.copy(), self.free_rows(v)
        side = p.y if self.classes else np.where(v != 0, np.sign(v), 1.0)
        work = 0.0
        for _ in range(BLOCK_STEPS):
            rows = np.flatnonzero(free)
            work += float(len(rows)) ** 3
            if not 0 < len(rows) <= MOST_FREE or work > MOST_WORK:
                return None
            goal, b = self._solve_free(v, Kv, rows, p.y - side * self.epsilon)
            new, at_end = self._cut_step(v, rows, goal, side)
            free[rows[at_end]] = False
            Kv = Kv + (new - v[rows]) @ p.K[rows]
            v[rows] = new
            if at_end.any():
                continue
            if not self.classes:  # rows with v = 0 may get either sign
                side = np.where(v == 0, np.sign(p.y - Kv - b), side)
            loss = side * (p.y - Kv - b) - self.epsilon
            joins = ~free & np.where(v == 0, loss > EDGE, loss < -EDGE)
            if not joins.any():
                return v, b, Kv
            free |= joins
        return None

    def single_steps(self, v, b, Kv):
        """Active-set steps in which no multiplier leaves its interval on the way.

        1. Solve the system of the free rows, and move towards the solution until the
           first of them comes to an end of its interval; if one does, it is not free
           any more, and 1 is repeated.
        2. Of the rows whose v may rise, b has to be above y - K v -+ epsilon, and below
           of those whose v may fall. If it is, stop.
        3. The row that violates this the most becomes free; both the highest and the
           lowest one where none is free, as sum_i v_i = 0 moves no row by itself.

        The primal active-set method for convex quadratic programs (Nocedal and Wright,
        Numerical Optimization, 2006, algorithm 16.3), for support vector machines as in
        Scheinberg, "An efficient implementation of an active set method for SVMs",
        2006; step 2 compares the thresholds of Keerthi et al., "Improvements to Platt's
        SMO algorithm for SVM classifier design", 2001. Where the system is singular, as
        for kernels of few dimensions, multipliers move along a direction in which no
        score changes.

        Returns
        -------
        v, b, Kv
            Where it stopped, at the latest after `SINGLE_STEPS`.
        """
        p, v, Kv, free = self.p, v.copy(), Kv.copy(), self.free_rows(v)
        side = np.sign(v)
        for _ in range(SINGLE_STEPS):
            if np.count_nonzero(free) > FEW_FREE:
                break
            if free.any():
                rows = np.flatnonzero(free)
                goal, b = self._solve_free(v, Kv, rows, p.y - side * self.epsilon)
                step, ratios, ends = self._ratio_test(v, rows, goal, side)
                blocked = ratios <= step
                new = np.where(blocked, ends, v[rows] + step * (goal - v[rows]))
                Kv += (new - v[rows]) @ p.K[rows]
                v[rows] = new
                free[rows[blocked]] = False
                if step < 1.0:
                    continue
            b, joins = self._most_violating(v, b, Kv, free)
            if not joins:
                break
            for row, sign in joins.items():
                side[row], free[row] = sign, True
        return v, b, Kv

    def _balanced(self, v, b, Kv):
        """The same with multipliers of sum zero, which a lower bound needs.

        Systems of rows that are almost equal leave a sum of 1e-11 of the multipliers.
        It is taken from a free row, so that the others stay at 0 or at an end.
        """
        room = np.where(self.free_rows(v), np.minimum(v - self.low, self.high - v), 0.0)
        row, excess, v = np.argmax(room), v.sum(), v.copy()
        if room[row] <= abs(excess):
            return v, b, Kv
        v[row] -= excess
        return v, b, Kv - excess * self.p.K[:, row]

    def free_rows(self, v):
        """Mask of the rows whose multiplier is inside its interval and not 0."""
        c = self.p.c
        return (np.abs(v) > EDGE * c) & (np.abs(v) < (1.0 - EDGE) * c)

    def duality_gap(self, v, b, Kv):
        """The duality gap of the problem on K itself, and its objective."""
        p = self.p
        norm, loss = v @ Kv, p.c @ p.loss.value(p.y, Kv + b)
        gap = norm + loss + p.c @ p.loss.conjugate(p.y, -v / p.c)
        return gap, 0.5 * norm + loss

    def _solve_free(self, v, Kv, rows, wanted):
        """Multipliers of the free rows, and b, that give them the wanted scores."""
        K_FF = self.p.K[np.ix_(rows, rows)]
        system = np.ones((len(rows) + 1, len(rows) + 1))
        system[:-1, :-1] = K_FF
        system[-1, -1] = 0.0
        # Rows that are given twice may share a multiplier in any way: evenly.
        system[np.arange(len(rows)), np.arange(len(rows))] += self.jitter
        others = Kv[rows] - K_FF @ v[rows]  # K_FN v_N, (n_free,)
        rhs = np.append(wanted[rows] - others, v[rows].sum() - v.sum())
        # numpy's: scipy may bring a BLAS of its own, whose threads wait in the way.
        solved = np.linalg.solve(system, rhs)  # (n_free + 1,)
        return solved[:-1], float(solved[-1])

    def _ratio_test(self, v, rows, goal, side):
        """How far rows may move from v to the goal before one leaves its interval.

        Returns
        -------
        step : float
            Share of the way that all of them may go, at most 1.
        ratios : ndarray of shape (n_free,)
            Share of the way after which each comes to an end; inf for one that rests.
        ends : ndarray of shape (n_free,)
            That end: 0, or side c. The kink at 0 counts as one.
        """
        move = goal - v[rows]
        ends = np.where(move * side[rows] > 0, side[rows] * self.p.c[rows], 0.0)
        ratios = np.full(len(rows), np.inf)
        ratios = np.divide(ends - v[rows], move, out=ratios, where=move != 0)
        return min(1.0, max(0.0, ratios.min())), ratios, ends

    def _cut_step(self, v, rows, goal, side):
        """Multipliers after a block step, and which of them have come to an end.

        All that leave their intervals on the way to the goal are put at their ends.
        Where one does so soon, the step is shorter: the way up to that row, and at
        their ends those that would get there in `1 / SHORT_STEP` times that.
        """
        step, ratios, ends = self._ratio_test(v, rows, goal, side)
        if step == 1.0:
            return goal, np.zeros(len(rows), dtype=bool)
        new, reach = goal, 1.0
        if step < SHORT_STEP:
            new, reach = v[rows] + step * (goal - v[rows]), step / SHORT_STEP
        at_end = ratios <= reach
        return np.where(at_end, ends, new), at_end

    def _most_violating(self, v, b, Kv, free):
        """The rows that violate optimality the most, and the sign each may get.

        Returns
        -------
        b : float
            The intercept: between both where no row is free to tell it.
        joins : dict
            From row to sign; empty at the optimum.
        """
        rest, eps = self.p.y - Kv, self.epsilon
        # What b has to be at least where v may rise, and at most where it may fall.
        least = np.where(v < self.high, rest - np.where(v < 0, -eps, eps), -np.inf)
        most = np.where(v > self.low, rest - np.where(v > 0, eps, -eps), np.inf)
        up, down = int(least.argmax()), int(most.argmin())
        if not free.any():
            b = 0.5 * float(least[up] + most[down])
        too_low, too_high = least[up] - b, b - most[down]
        if max(too_low, too_high) <= EDGE:
            return b, {}
        joins = {}
        if not free.any() or too_low >= too_high:
            joins[up] = -1.0 if v[up] < 0 else 1.0
        if not free.any() or not joins:
            joins[down] = 1.0 if v[down] > 0 else -1.0
        return b, joins
