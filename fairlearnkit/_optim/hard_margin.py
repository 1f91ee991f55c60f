"""Kernel problems in which no row may have a loss: C = inf, a hard margin."""

from dataclasses import replace

import numpy as np

from fairlearnkit._optim.kernel import solve_kernel

# Factors of the loss that are tried, divided by the mean of the kernel's diagonal. The
# first one that is large enough gives the optimum. Larger steps between them save a
# machine, and make the problem worse conditioned than it has to be.
FACTORS = 10.0 ** np.arange(2, 11, 2)
# Iterations of libsvm for each row: where there is no model without loss it may have no
# end. Twice as many take twice as long to say so.
HARD_MARGIN_STEPS_PER_ROW = 200
# What counts as no loss, as a part of the largest target: libsvm's tolerance, after the
# refinement. Twice as much changes none of 16 models.
NO_LOSS = 1e-6
# The part that the sum of losses has to fall to from one factor to the next, a hundred
# times as large. Where some loss is inevitable it stays as it is. With half of this the
# same 16 models are fitted.
FALLING = 0.9


def solve_hard_margin(problem, *, max_iter=-1, restore=True, **options):
    """Solve a kernel problem with a piecewise linear loss that must be 0 in every row.

    1. Solve with a weight of the loss. An optimum without loss is that of any larger
       weight, too: the penalty of the loss is exact (Nocedal and Wright, Numerical
       Optimization, 2006, theorem 17.3).
    2. If it has none, stop.
    3. If the sum of losses has not fallen since the last weight, there is no model
       without loss, or it is out of reach; else go to 1 with a larger weight.

    Parameters
    ----------
    problem : KernelProblem
        The problem; only the proportions of `c` matter.
    max_iter : int, default=-1
        As in `solve_kernel`; -1 for a limit in proportion to the rows.
    restore : bool, default=True
        Ignored: the matrix is needed for the next weight.
    **options : dict
        As in `solve_kernel`.

    Returns
    -------
    solution : KernelSolution
        With the status "infeasible", and that of a large weight, where none has no
        loss.
    """
    p = problem
    unit = p.c / np.mean(p.c * np.abs(p.K.diagonal()))
    steps = max_iter if max_iter != -1 else HARD_MARGIN_STEPS_PER_ROW * len(unit)
    last = np.inf
    for factor in FACTORS:
        weighted = replace(p, c=factor * unit)
        solution = solve_kernel(weighted, max_iter=steps, **options)
        losses = p.loss.value(p.y, solution.scores)
        none = losses.max() <= NO_LOSS * np.abs(p.y).max()
        if solution.status == "optimal" and none:
            return solution
        if unit @ losses > FALLING * last:
            break
        last = unit @ losses
    return replace(solution, status="infeasible", duality_gap=np.nan)
