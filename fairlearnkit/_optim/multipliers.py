"""Method of multipliers for losses with kinks: a few smooth problems, by Newton.

Each round solves the problem with the loss smoothed around the last multipliers m, and
reads off new multipliers. Curved rows are those whose m is between its kinks: at the
end about as many as there are features, which makes late Newton steps cheap.
"""

from dataclasses import replace

import numpy as np

from fairlearnkit._optim.newton import newton
from fairlearnkit._optim.problem import duality_gap

STIFFNESS, GROWTH, STIFFEST = 2.0, 3.0, 1e5
ROUNDS, PATIENCE = 60, 6


def multipliers(problem, *, tol, max_iter, hessian):
    """Solve a problem with the hinge or the epsilon-insensitive loss.

    Parameters
    ----------
    problem : Problem
        The problem.
    tol : float
        Relative duality gap to reach.
    max_iter : int
        Largest number of Newton steps, in all rounds together.
    hessian : {DenseHessian, CgHessian}
        How linear systems with the Hessian are solved.

    Returns
    -------
    solution : Solution
        The best point seen.
    """
    p, sigma, n_iter, status = problem, STIFFNESS, 0, "stalled"
    shares, start, best, inner_tol = p.loss.start(p.y), None, None, 1e-2
    last_gap, idle, f, move = 0.0, 0, np.zeros(len(p.y)), np.inf
    for _ in range(ROUNDS):
        smooth = replace(p, loss=p.loss.smoothed(shares, sigma))
        small = smooth if best is None else _without_settled(smooth, f, 2.0 * move)
        if small is not smooth:
            start = *start[:2], small.scores(*start[:2])
        found = newton(
            small,
            tol=inner_tol,
            max_iter=max_iter - n_iter,
            hessian=hessian,
            start=start,
            certify=False,
        )
        n_iter += found.n_iter
        old, f = f, p.scores(found.coef, found.intercept)
        move = np.abs(f - old).max()
        start = found.coef, found.intercept, f
        shares = smooth.loss.multipliers(p.y, f)
        value = p.objective(found.coef, f)
        alpha = p.c * shares
        gap = duality_gap(p, found.coef, f, alpha)
        better = best is None or gap < best.duality_gap
        if better:
            best = replace(found, objective=value, duality_gap=gap, alpha=alpha)
        if gap <= tol * abs(value):
            status = "optimal"
            break
        if n_iter >= max_iter:
            status = "max_iter"
            break
        idle = 0 if better else idle + 1
        if idle == PATIENCE:
            break
        if idle and hessian.sharper:
            hessian = hessian.sharper
        if gap > 0.1 * last_gap:  # stiffer only if slow: rounding grows with it
            sigma = min(STIFFEST, GROWTH * sigma)
        last_gap = gap
        inner_tol = max(1e-14, min(1e-2, 0.01 * gap / abs(value)))
    return replace(best, n_iter=n_iter, status=status)


def _without_settled(smooth, f, reach):
    """The problem without rows that keep their m, if no score moves by `reach`.

    Rows with m = 0 drop out. Those with m = 1 or -1 have a linear loss: one row at the
    mean of each sign stands for them. The certificate, on all rows, tells if that was
    wrong, and the next reach is longer.
    """
    settled = smooth.loss.settled(smooth.y, f, reach)
    near = np.flatnonzero(np.isnan(settled))
    if len(near) > 0.3 * len(f):
        return smooth
    means, targets, totals, signs = [], [], [], []
    for sign in (-1.0, 1.0):
        share = np.where(settled == sign, smooth.c, 0.0)
        if share.any():
            signs.append(sign)
            totals.append(share.sum())
            means.append(smooth.design.rmatvec(share) / totals[-1])
            targets.append(share @ smooth.y / totals[-1])
    loss = smooth.loss.restricted(near)
    loss.m0 = np.append(loss.m0, signs)
    return replace(
        smooth,
        design=smooth.design.selected(near, np.array(means)),
        y=np.append(smooth.y[near], targets),
        c=np.append(smooth.c[near], totals),
        loss=loss,
    )
