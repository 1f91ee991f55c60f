"""Support vector machines on a kernel problem: libsvm, polished, and a search on s.

The problems are those of :mod:`fairlearnkit._optim.kernel`: libsvm solves plain ones on
K - s T T', with a matrix that is changed in place (``Libsvm``), or, of many rows, with
the part of it near the margin (``Screened``).
"""

from dataclasses import replace

import numpy as np

from fairlearnkit._optim.kernel import (
    certified,
    exact_factor,
    judged,
    multiplier_size,
    on_factor,
)
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit._optim.libsvm import Libsvm
from fairlearnkit._optim.losses import EpsilonInsensitive
from fairlearnkit._optim.screening import Screened
from fairlearnkit._optim.targets import near_one

# Search on s: solutions at most, and the smallest interval.
EVALUATIONS, FINE = 40, 1e-12
# Where no loss is allowed: factors that are tried, times the mean of the kernel's
# diagonal; iterations of libsvm for each row, which has no end where there is no
# optimum; and what counts as no loss, as a part of the largest target.
HARDER, HARD_STEPS, NO_LOSS = 10.0 ** np.arange(2, 11, 2), 200, 1e-6
# Where the factor of K is a second road: rows at most, iterations of libsvm for each
# row before it, and the relative duality gap that libsvm has to reach.
MOST_FACTORED, PATIENCE, EXACT, FALLBACK_STEPS = 1500, 2000, 1e-6, 500


def solve_svm(p, *, solver="auto", tol=1e-3, max_iter=-1, restore=True, **options):
    """Support vector machine under the constraint.

    Parameters
    ----------
    p : KernelProblem
        With the hinge or the epsilon-insensitive loss, and reg = 1.
    solver : {"auto", "libsvm", "interior-point", "cvxpy"}, default="auto"
        "libsvm" for no bound, an equality, or a bound on one contrast;
        "interior-point" and "cvxpy" for any, on a factor of K. "auto" takes the
        first where it can; where not, and, for at most 1500 rows, where that is not
        near the optimum, the "auto" of linear machines, on a factor of K.
    tol : float, default=1e-3
        Tolerance of libsvm; the others reach a relative duality gap of tol**2.
    max_iter : int, default=-1
        Largest number of iterations, -1 for any.
    restore : bool, default=True
        Whether K is needed afterwards; otherwise it may be left changed.
    **options : dict
        ``shrinking`` and ``cache_size`` of libsvm, ``solver_params`` of cvxpy.

    Returns
    -------
    solution : KernelSolution

    Raises
    ------
    ValueError
        ``solver="libsvm"`` for a bound on several contrasts.
    """
    several = p.bounded() and len(p.B) > 1
    if solver == "libsvm" and several:
        msg = (
            f"solver='libsvm' bounds one contrast, and there are {len(p.B)}: use "
            "'interior-point', or max_gap=0."
        )
        raise ValueError(msg)
    params = options.pop("solver_params", None)
    if params and solver != "cvxpy":
        msg = f"solver_params={params!r} needs solver='cvxpy', got {solver!r}."
        raise ValueError(msg)
    steps = 1000 if max_iter == -1 else max_iter
    if solver in ("interior-point", "cvxpy") or several:
        if isinstance(p.K, KernelRows):
            p = replace(p, K=p.K.whole())
        return on_factor(p, exact_factor(p.K), solver, tol, steps, params)
    if isinstance(p.loss, EpsilonInsensitive):
        p, back = near_one(p)
        return back(_by_libsvm(p, solver, tol, max_iter, steps, restore, options))
    return _by_libsvm(p, solver, tol, max_iter, steps, restore, options)


def solve_hard(p, *, max_iter=-1, restore=True, **options):
    """Solve a kernel problem with a loss of kinks that has to be 0 in every row.

    An optimum without loss is that of any larger factor of the loss. If there is no
    model without loss, the loss does not fall any more as the factor rises.

    Parameters
    ----------
    p : KernelProblem
        The problem; of `c` the proportions count.
    max_iter : int, default=-1
        As in `solve_svm`; -1 for a limit in proportion to the rows.
    restore : bool, default=True
        Not looked at: the matrix is needed for the next factor.
    **options : dict
        As in `solve_svm`.

    Returns
    -------
    solution : KernelSolution
        Of the status "infeasible", that of a large factor, where none is without loss.
    """
    unit = p.c / np.mean(p.c * np.abs(p.K.diagonal()))
    steps = max_iter if max_iter != -1 else HARD_STEPS * len(unit)
    last = np.inf
    for factor in HARDER:
        found = solve_svm(replace(p, c=factor * unit), max_iter=steps, **options)
        lost = p.loss.value(p.y, found.scores)
        if found.status == "optimal" and lost.max() <= NO_LOSS * np.abs(p.y).max():
            return found
        if unit @ lost > 0.9 * last:
            break
        last = unit @ lost
    return replace(found, status="infeasible", duality_gap=np.nan)


def _by_libsvm(p, solver, tol, max_iter, steps, restore, options):
    """By libsvm, and, where that is allowed and does not get there, on a factor."""
    whole = not isinstance(p.K, KernelRows)
    small = whole and solver == "auto" and len(p.y) <= MOST_FACTORED
    patient = small and max_iter == -1
    if patient:  # libsvm may need millions, and cannot be stopped
        max_iter = PATIENCE * len(p.y)
    kind = Libsvm if whole else Screened
    machine = kind(p, tol=tol, max_iter=max_iter, **options)
    try:
        if p.bounded():
            found = _search(p, machine, tol)
        else:
            found = machine.at(1.0 if len(p.B) else 0.0)
    finally:
        if whole and (restore or small):
            machine.move(0.0)
    far = found.duality_gap > EXACT * abs(found.objective)
    F = exact_factor(p.K) if small and far else None
    if F is not None:
        other = on_factor(p, F, "auto", tol, min(steps, FALLBACK_STEPS))
        found = other if other.objective < found.objective else found
    elif patient and not far:  # the limit was not the user's, and did no harm
        found = replace(found, status="optimal")
    return judged(p, found, tol)


def _search(p, machine, tol):
    """The bound on one contrast: the s at which |u| is as large as allowed.

    |u| falls from s = 0 to 0 at s = 1. Between two s the solution is taken that mixes
    theirs so that |u| is right: it is feasible, and its certificate says when to stop.
    """
    limit = p.bound / p.widest()
    low = machine.at(0.0)
    if np.abs(low.u[0]) <= limit:
        return low
    high, s_low, s_high, turn = machine.at(1.0), 0.0, 1.0, 0
    n_iter, best, dual = low.n_iter + high.n_iter, None, -np.inf
    for _ in range(EVALUATIONS):
        dual = max(dual, *(x.objective - x.duality_gap for x in (low, high)))
        mixed = _mixed(p, low, high, limit)
        if best is None or mixed.objective < best.objective:
            best = mixed
        gap = best.objective - dual
        own = min(_own_gap(p, low, s_low), _own_gap(p, high, s_high))
        if gap <= max(tol**2 * abs(best.objective), 2.0 * own) or s_high - s_low < FINE:
            break
        s = _guess(p, (s_low, low), (s_high, high), limit, turn)
        new = machine.at(s)
        n_iter += new.n_iter
        if np.abs(new.u[0]) > limit:
            low, s_low, turn = new, s, max(turn, 0) + 1
        else:
            high, s_high, turn = new, s, min(turn, 0) - 1
    status = "max_iter" if "max_iter" in (low.status, high.status) else "optimal"
    return replace(
        best, duality_gap=best.objective - dual, n_iter=n_iter, status=status
    )


def _guess(p, low, high, limit, turn):
    """Where |u| = limit if 1 / q is linear in s, as it is for the squared loss.

    The middle, if an end has not moved for three turns.
    """
    (a, x), (b, z) = low, high
    if abs(turn) >= 3:
        return 0.5 * (a + b)
    ra, rb = (1.0 / max(np.abs(p.T[:, 0] @ end.v), 1e-300) for end in (x, z))
    slope = (rb - ra) / (b - a)
    s = (1.0 - limit * (ra - slope * a)) / (1.0 + limit * slope)
    margin = 1e-3 * (b - a)
    return float(np.clip(s, a + margin, b - margin))


def _mixed(p, low, high, limit):
    """The mixture of two solutions whose contrast is at the limit."""
    goal = np.sign(low.u) * limit
    share = float(((goal - high.u) / (low.u - high.u))[0])
    v = share * low.v + (1.0 - share) * high.v
    b = share * low.intercept + (1.0 - share) * high.intercept
    Kv = share * low.Kv + (1.0 - share) * high.Kv
    return certified(p, v, goal, b, Kv=Kv)


def _own_gap(p, x, s):
    """How far libsvm stopped from the optimum of its own problem at s."""
    q = p.T.T @ x.v
    bought = p.sign @ (x.u * (q - x.u)) - p.bound * multiplier_size(p, s * q)
    return max(0.0, x.duality_gap + float(bought))
