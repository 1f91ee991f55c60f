"""Targets in units in which tolerances and first guesses of solvers make sense."""

from dataclasses import replace

import numpy as np

from fairlearnkit._optim.losses import EpsilonInsensitive

# The spread of targets that weights are divided by, at least: the squares of the
# weights must not overflow.
SMALLEST = 1e-140
LENGTHS = ("coef", "beta", "intercept", "scores", "alpha", "v", "u", "Kv")
SQUARES = ("objective", "duality_gap")


def near_one(p):
    """The same problem with targets around 0 of spread 1, and the way back.

    The spread is that of the middle half, which outliers do not reach; where that is
    one value, such as no claim, the median distance of the others from it. Without an
    intercept, which makes up for what is subtracted, it is the median size.

    Parameters
    ----------
    p : Problem or KernelProblem
        With the epsilon-insensitive loss.

    Returns
    -------
    problem : Problem or KernelProblem
    back : callable
        From its solution to that of `p`.
    """
    low, center, high = np.quantile(p.y, [0.25, 0.5, 0.75])
    center = float(center) if p.fit_intercept else 0.0
    others = np.abs(p.y[p.y != center] - center)
    scale = float(high - low) if p.fit_intercept else 0.0
    scale = scale or (float(np.median(others)) if len(others) else 1.0)
    scale = max(scale, SMALLEST)
    smaller = replace(
        p,
        y=(p.y - center) / scale,
        c=p.c / scale,
        loss=EpsilonInsensitive(p.loss.epsilon / scale),
        bound=p.bound / scale,
    )

    def back(found):
        own = {name: getattr(found, name, None) for name in LENGTHS + SQUARES}
        own = {name: value for name, value in own.items() if value is not None}
        found = replace(
            found,
            **{k: v * scale * (1.0 if k in LENGTHS else scale) for k, v in own.items()},
        )
        moved = {"intercept": found.intercept + center}
        if found.scores is not None:
            moved["scores"] = found.scores + center
        return replace(found, **moved)

    return smaller, back
