"""Targets in a unit in which tolerances and first guesses of solvers make sense."""

from dataclasses import replace

import numpy as np

# The spread of targets that weights are divided by, at least: the squares of the
# weights must not overflow. They are 1e280 then, so that there is room for weights of
# up to 1e14; with twice as much, for weights of twice that.
SMALLEST_SPREAD = 1e-140
# What of a solution is in the unit of the targets, and in its square. (Weights of rows
# are divided by the unit, so that multipliers keep the one that they have.)
IN_UNITS = ("coef", "intercept", "multipliers")
COLUMNS_IN_UNITS = ("scores", "alpha")
IN_UNITS_OF_KERNELS = ("beta", "v", "u", "Kv")
IN_SQUARED_UNITS = ("objective", "duality_gap")


def standardized(solver, problem):
    """The problem with standardised targets where that is possible, and the way back.

    Targets stay in the user's unit where the loss has no scaled form, where there is no
    penalty, and for a solver with options, which are in that unit: constraints on w.
    Those of the squared loss are centred only, so that no digits of scores are lost.
    Those of a log link are divided by their mean, if an intercept makes up for it.

    Parameters
    ----------
    solver : Solver
        One that takes the problem.
    problem : Problem
        The problem.

    Returns
    -------
    problem : Problem
    back : callable
        From its solution to that of `problem`.
    """
    loss = problem.loss
    if loss.link is not None:
        moved = problem.fit_intercept and not solver.takes_options
        return with_mean_one(problem) if moved else (problem, lambda solution: solution)
    scalable = problem.reg > 0 and (loss.quadratic or loss.scaled(1.0) is not None)
    if solver.takes_options or not scalable:
        return problem, lambda solution: solution
    return standardized_targets(problem)


def with_mean_one(problem):
    """The same problem with targets whose mean is 1, and the way back.

    Scores begin around 0 then, and losses curve there as the squared loss does, which
    the certificate without a penalty takes for granted (``unpenalised``). Neither the
    objective nor the multipliers of the loss change.

    Parameters
    ----------
    problem : Problem
        With a `LogLinkLoss` and an intercept.

    Returns
    -------
    problem : Problem
    back : callable
        From its solution to that of `problem`.
    """
    p, offset = problem, problem.score_of_mean()
    mean = np.exp(offset)
    moved = p.with_targets(
        p.rows.column(_standardized, center=0.0, scale=mean),
        p.rows.column(_multiplied, factor=mean**p.loss.degree),
        loss=p.loss,
        unit=1.0,
    )

    def back(solution):
        scores = solution.scores
        if scores is not None:
            scores = p.rows.column(_moved, scores, scale=1.0, offset=offset)
        intercept = solution.intercept + offset
        return replace(solution, intercept=intercept, scores=scores)

    return moved, back


def standardized_targets(problem):
    """The same problem with targets around 0 of spread 1, and the way back.

    The spread is that of the middle half, which outliers do not reach; where that is
    one value, such as no claim, the median distance of the others from it. Without an
    intercept, which makes up for what is subtracted, it is the median size.

    Parameters
    ----------
    problem : Problem or KernelProblem
        With a loss that has a scaled form (``Loss.scaled``), or the squared one, for
        which the scale is 1.

    Returns
    -------
    problem : Problem or KernelProblem
    back : callable
        From its solution to that of `problem`.
    """
    p = problem
    center, scale = _center_and_spread(p)
    scaled = p.loss.scaled(scale)
    if scaled is None:
        scaled, scale = p.loss, 1.0
    smaller = p.with_targets(
        p.rows.column(_standardized, center=center, scale=scale),
        p.rows.column(_weights, scale=scale),
        loss=scaled,
        unit=scale,
    )

    def back(solution):
        names = (*IN_UNITS, *IN_UNITS_OF_KERNELS, *IN_SQUARED_UNITS)
        own = {name: getattr(solution, name, None) for name in names}
        own = {
            # One factor at a time: of a float scale**2 would be an OverflowError.
            name: value * scale * (scale if name in IN_SQUARED_UNITS else 1.0)
            for name, value in own.items()
            if value is not None
        }
        own["intercept"] += center
        for name in COLUMNS_IN_UNITS:
            column, offset = getattr(solution, name, None), center * (name == "scores")
            if column is not None:
                own[name] = p.rows.column(_moved, column, scale=scale, offset=offset)
        return replace(solution, **own)

    return smaller, back


def _center_and_spread(p):
    low, center, high = p.rows.quantiles(_targets, [0.25, 0.5, 0.75])
    center = float(center) if p.fit_intercept else 0.0
    spread = float(high - low) if p.fit_intercept else 0.0
    if not spread:
        distances = p.rows.quantiles(lambda block: _distances(block, center), [0.5])
        spread = float(np.nan_to_num(distances[0], nan=1.0))
    return center, max(spread, SMALLEST_SPREAD)


def _targets(block):
    return block.y


def _distances(block, center):
    """Distances from the center, NaN for targets at it."""
    return np.where(block.y == center, np.nan, np.abs(block.y - center))


def _standardized(block, center, scale):
    return (block.y - center) / scale


def _moved(block, column, scale, offset):
    return column * scale + offset


def _weights(block, scale):
    return block.c / scale


def _multiplied(block, factor):
    return block.c * factor
