"""How far a point can be from the optimum: the duality gap, and the multipliers.

The dual of the problem of ``problem``, with X'alpha - A'lambda = reg w at the optimum,
is

    max  -sum_i c_i loss*(y_i, -alpha_i / c_i) - ||X'alpha - A'lambda||^2 / (2 reg)
         - bound ||lambda|| - nu'goal    s.t.  sum_i alpha_i = 0 (with an intercept),

A (n_cells, n_features) the means of X in the cells, less the mean of their stratum, and
A'lambda = Q nu with nu the multipliers of Q'w = goal (0 for a bound).
||lambda|| is dual to the largest gap: the sum of |lambda_c| of cells by themselves, and
half that sum in a stratum, where the lambda_c sum to zero (Boyd and Vandenberghe,
Convex Optimization, 2004, section 5.1.6, for the conjugate form of the dual).
"""

import numpy as np
from scipy.linalg import qr, solve_triangular

from fairlearnkit._optim.bound_program import dual_norm
from fairlearnkit._optim.rows import largest_of, pull, sums_of

# A dual point further outside the domain of the conjugate than this, relative to its
# largest element, certifies nothing; what is nearer is rounding of the projections. At
# an optimum of the logistic loss the points are inside by .002 of it and more, so that
# half or twice as much decides nothing there.
OUTSIDE = 1e-12


def duality_gap(problem, w, f, alpha, objective=None):
    """Objective minus a dual value, from multipliers alpha of any origin.

    Parameters
    ----------
    problem : Problem
        The problem.
    w : ndarray of shape (n_features,)
        The point.
    f, alpha : column
        Its scores X w + b, and -c_i times a (sub)derivative of the loss.
    objective : float, default=None
        The objective there, if it is known.

    Returns
    -------
    gap : float
        Never negative beyond rounding. NaN if there is none: without a penalty the
        multipliers have to balance exactly, and the loss may not allow that.
    """
    p, rows = problem, problem.rows
    if p.reg == 0 and not p.whitened:
        return np.nan
    alpha = _balanced(p, alpha)
    pulled, conjugate = rows.together(
        sums_of(pull, alpha), sums_of(_conjugate, alpha, loss=p.loss)
    )
    v, cost, _ = balance(p, w, pulled)
    dual = -v @ v / (2.0 * p.reg) if p.reg > 0 else 0.0
    if p.reg == 0:
        alpha = _moved_by(p, alpha, v)
        (excess, size), conjugate = rows.together(
            largest_of(_excess, alpha, loss=p.loss),
            sums_of(_conjugate, alpha, loss=p.loss),
        )
        if excess > OUTSIDE * size:
            return np.nan
    dual -= conjugate
    if objective is None:
        objective = p.objective(w, f)
    return objective - dual + cost


def gap_of_gradient(problem, w, pull):
    """The duality gap of alpha = -g, if these sum to zero, from pull = X'g.

    g are the derivatives of a smooth loss at w, so that the conjugates need not be
    computed. Without a penalty it is an estimate, among coefficients no longer than w.

    Parameters
    ----------
    problem : Problem
        The problem.
    w : ndarray of shape (n_features,)
        A feasible point.
    pull : ndarray of shape (n_features,)
        X'g.

    Returns
    -------
    gap : float
    """
    p, gradient = problem, problem.reg * w + pull
    # An equality balances any part of the gradient in the span of Q (and Q'w = goal), a
    # bound what the best lambda gives.
    residual, slack = gradient - p.basis @ (p.basis.T @ gradient), 0.0
    if p.bounded:
        v, cost, _ = balance(p, w, -pull)
        residual, slack = p.reg * w - v, cost - (-pull - v) @ w
    if p.reg == 0 and not p.whitened:
        return np.linalg.norm(residual) * np.linalg.norm(w) + slack
    with np.errstate(over="ignore"):  # far from the optimum it may be infinite
        return (residual @ residual) / (2.0 * (p.reg or 1.0)) + slack


def balance(problem, w, pull):
    """What X'alpha lacks to reg w + A'lambda, at the lambda with the largest dual.

    For X'alpha given, that is at A'lambda = reg Q (t - u), where u is the point of the
    feasible set that is nearest to t = Q'X'alpha / reg: of an equality u = goal.

    Parameters
    ----------
    problem : Problem
        The problem.
    w : ndarray of shape (n_features,)
        The point.
    pull : ndarray of shape (n_features,)
        X'alpha.

    Returns
    -------
    v : ndarray of shape (n_features,)
        X'alpha - A'lambda.
    cost : float
        What the constraint takes off the dual: bound ||lambda||, or nu'goal.
    multipliers : ndarray of shape (n_cells,) or None
        lambda; None for an equality, where any balances (`multipliers_of`).
    """
    p, Q = problem, problem.basis
    if not p.bounded:
        nu = Q.T @ pull - p.reg * p.goal
        return pull - Q @ nu, nu @ p.goal, None
    # Without a penalty moving alpha has a price, which is that of a penalty around w.
    reg = p.reg or 1.0
    t = Q.T @ (pull / reg if p.reg else pull + w)  # (rank,)
    _, lam = p.bound_program.project(reg * np.eye(len(t)), t)
    v = pull - Q @ (p.cells.T @ lam)
    return v, p.bound * dual_norm(lam, p.strata), lam


def multipliers_of(problem, w, alpha):
    """Lagrange multipliers lambda of the cells, for a solution.

    Of an equality those with A'lambda = Q nu that are shortest; they are the only ones
    where cells of a stratum have independent means.

    Parameters
    ----------
    problem : Problem
        The problem.
    w : ndarray of shape (n_features,)
        The solution.
    alpha : column
        Its multipliers of the loss.

    Returns
    -------
    multipliers : ndarray of shape (n_cells,)
        In the unit of the objective per unit of score. Zero where nothing binds.
    """
    if not problem.basis.shape[1]:
        return np.zeros(len(problem.strata))
    pull = problem.rows.rmatvec(_balanced(problem, alpha))
    return multipliers_at(problem, w, pull)


def multipliers_at(problem, w, pull):
    """As `multipliers_of`, from pull = X'alpha, for a constraint that is not void."""
    v, _, lam = balance(problem, w, pull)
    if lam is None:
        return shortest_multipliers(problem.cells, problem.basis.T @ (pull - v))
    return lam


def shortest_multipliers(cells, nu):
    """The lambda of least norm with cells'lambda = nu, for an equality Q'w = goal.

    Parameters
    ----------
    cells : ndarray of shape (n_cells, rank)
        As in `Problem`.
    nu : ndarray of shape (rank,)
        Multipliers of Q'w.

    Returns
    -------
    multipliers : ndarray of shape (n_cells,)
    """
    V, R = qr(cells, mode="economic")  # (n_cells, rank), (rank, rank)
    return V @ solve_triangular(R, nu, trans=1)


def _balanced(problem, alpha):
    """Multipliers that sum to zero, if there is an intercept.

    1. Where the dual objective is flat (`Loss.dual_slack`) there is room to move them
       at little cost to the certificate.
    2. Where there is too little, the heavier sign is scaled down.
    """
    p, rows = problem, problem.rows
    if not p.fit_intercept:
        return alpha
    (excess, slack), (up, down) = rows.together(
        sums_of(_excess_and_slack, alpha, loss=p.loss), sums_of(_by_sign, alpha)
    )
    if abs(excess) <= slack:
        share = excess / max(slack, 1e-300)
        return rows.column(_less_slack, alpha, loss=p.loss, share=share)
    shrink_up = down / up if up > down else 1.0
    shrink_down = up / down if down > up else 1.0
    return rows.column(_scaled_by_sign, alpha, up=shrink_up, down=shrink_down)


def _moved_by(problem, alpha, v):
    """Multipliers with X'alpha less v, for X whitened: X'diag(c)X = I, X'c = 0."""
    rows = problem.rows
    for _ in range(2):  # the second is for what rounding left of the first
        step = rows.column(_weighted_scores, w=v)
        alpha = rows.column(_difference, alpha, step)
        v = v - rows.rmatvec(step)
    return alpha


def _slack(block, alpha, loss):
    return block.c * loss.dual_slack(block.y, -alpha / block.c)


def _excess_and_slack(block, alpha, loss):
    return alpha.sum(), _slack(block, alpha, loss).sum()


def _less_slack(block, alpha, loss, share):
    return alpha - share * _slack(block, alpha, loss)


def _by_sign(block, alpha):
    return alpha[alpha > 0].sum(), -alpha[alpha < 0].sum()


def _scaled_by_sign(block, alpha, up, down):
    return np.where(alpha > 0, up, down) * alpha


def _conjugate(block, alpha, loss):
    return block.c @ loss.conjugate(block.y, -alpha / block.c)


def _excess(block, alpha, loss):
    v = -alpha / block.c
    return loss.domain_excess(block.y, v).max(), np.abs(v).max()


def _weighted_scores(block, w):
    return block.c * block.matvec(w)


def _difference(block, a, b):
    return a - b
