"""Method of multipliers for the hinge loss: a few smooth problems, solved by Newton.

Each round solves the problem with `ProximalHinge`, the hinge smoothed around the last
multipliers p, and reads off new multipliers. Smoothed rows are those with 0 < p < 1:
at the end about as many as there are features, which makes late Newton steps cheap.
"""

from dataclasses import replace

import numpy as np

from fairlearnkit._optim.losses import ProximalHinge
from fairlearnkit._optim.newton import newton
from fairlearnkit._optim.problem import duality_gap

STIFFNESS, GROWTH, STIFFEST = 2.0, 3.0, 1e5
ROUNDS, PATIENCE = 60, 6


def multipliers(problem, *, tol, max_iter, hessian):
    """Solve a problem with the hinge loss.

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
    weights, start, best, inner_tol = np.full(len(p.y), 0.5), None, None, 1e-2
    last_gap, idle, f, move = 0.0, 0, np.zeros(len(p.y)), np.inf
    for _ in range(ROUNDS):
        smooth = replace(p, loss=ProximalHinge(weights, sigma))
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
        weights = smooth.loss.multipliers(p.y, f)
        value = p.objective(found.coef, f)
        alpha = p.y * p.c * weights
        gap = duality_gap(p, found.coef, f, alpha, found.nu, found.lam_norm)
        better = best is None or gap < best.duality_gap
        if better:
            best = replace(found, objective=value, duality_gap=gap)
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
    """The problem without rows that keep p = 0, or p = 1, if no score moves by `reach`.

    Rows with p = 0 drop out. Those with p = 1 have a linear loss: one row at the mean
    of each class stands for them. The certificate, on all rows, tells if that was
    wrong, and the next reach is longer.
    """
    loss, y, c = smooth.loss, smooth.y, smooth.c
    p = loss.p0 + loss.sigma * (1.0 - y * f)
    slack = loss.sigma * reach
    near = np.flatnonzero((p > -slack) & (p < 1.0 + slack))
    if len(near) > 0.3 * len(y):
        return smooth
    above = np.where(p >= 1.0 + slack, c, 0.0)
    means, signs, totals = [], [], []
    for sign in (-1.0, 1.0):
        share = np.where(y == sign, above, 0.0)
        if share.any():
            signs.append(sign)
            totals.append(share.sum())
            means.append(smooth.design.rmatvec(share) / totals[-1])
    return replace(
        smooth,
        design=smooth.design.selected(near, np.array(means)),
        y=np.append(y[near], signs),
        c=np.append(c[near], totals),
        loss=ProximalHinge(np.append(loss.p0[near], np.ones(len(signs))), loss.sigma),
    )
