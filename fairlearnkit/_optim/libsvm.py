"""Support vector machines on a kernel matrix K - s T T', which is changed in place."""

import numpy as np
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import SVC, SVR

from fairlearnkit._data.quiet import without_warnings
from fairlearnkit._optim.active_set import JITTER, ActiveSet
from fairlearnkit._optim.kernel_problem import certify

# Rows of K that are changed at a time: their product with T stays in the cache. Half or
# twice as many take the same time at 6000 rows; 1024 take twice as long.
CHANGED_ROWS = 64


class DeflatedMachine:
    """Support vector machines without a constraint on K - s T diag(sign) T'.

    s = 0 is the problem without a constraint, s = 1 that with an equality; those
    between are solutions for some bound, see ``deflation``. From one s to the next K is
    changed in its place, so that no second matrix is needed.

    Parameters
    ----------
    p : KernelProblem
        With a loss of libsvm, reg = 1, an intercept, and K as an array.
    options : KernelOptions
        When libsvm stops.
    """

    def __init__(self, p, options):
        self.p, self.options, self.s = p, options, 0.0
        jitter = JITTER * np.abs(p.K.diagonal()).max()
        self.active_set = ActiveSet(p, jitter)

    def deflate(self, s):
        """Change K to K - s T diag(sign) T', in its place."""
        p = self.p
        if s != self.s and p.rank:
            change = (self.s - s) * p.T * p.sign  # (n_samples, rank)
            for start in range(0, len(p.K), CHANGED_ROWS):
                rows = slice(start, start + CHANGED_ROWS)
                p.K[rows] += change[rows] @ p.T.T
        self.s = s

    def solution(self, s):
        """The solution of the problem with the constraint that s stands for."""
        p = self.p
        self.deflate(s)
        v, b, n_iter, status = self.run()
        v, b, Kv, _ = self.active_set.refine(v, b)
        Kv = Kv + s * p.T @ (p.sign * (p.T.T @ v))  # K v without the deflation
        return deflated_solution(p, s, v, b, Kv, n_iter=n_iter, status=status)

    def run(self):
        """Run libsvm on K as it is; returns v, b, number of iterations, and status."""
        return run_libsvm(self.p, self.options)


def deflated_solution(p, s, v, b, Kv, *, n_iter, status):
    """The solution with the multipliers of the problem on K - s T diag(sign) T'.

    Its scores are f = K v - s T q + b with q = T'v, so that u = (1 - s) q, and the
    multipliers of u are s q.
    """
    u = (1.0 - s) * (p.T.T @ v)
    return certify(p, v, u, b, Kv=Kv, n_iter=n_iter, status=status)


def run_libsvm(p, options):
    """Solve the problem on K without a constraint by libsvm, to its tolerance.

    Sequential minimal optimisation with second-order working sets (Chang and Lin,
    "LIBSVM: A library for support vector machines", 2011; Fan, Chen and Lin, "Working
    set selection using second order information for training SVM", 2005).

    Parameters
    ----------
    p : KernelProblem
        With a loss of libsvm, reg = 1 and K as an array.
    options : KernelOptions
        ``tol``, ``max_iter``, ``shrinking`` and ``cache_size``.

    Returns
    -------
    v : ndarray of shape (n_samples,)
        Multipliers.
    b : float
        Intercept.
    n_iter : int
        Iterations.
    status : {"optimal", "max_iter"}
    """
    machine = SVC() if p.loss.libsvm == "C-SVC" else SVR(epsilon=p.loss.epsilon)
    machine.set_params(
        kernel="precomputed",
        C=1.0,
        tol=options.tol,
        max_iter=options.max_iter,
        shrinking=options.shrinking,
        cache_size=options.cache_size,
    )
    # Without a seed, which only probabilities use, scikit-learn draws one from numpy's
    # global random numbers.
    machine.random_state = 0
    # The status has what is not warned of.
    with without_warnings(ConvergenceWarning), config_context(assume_finite=True):
        machine.fit(p.K, p.y, sample_weight=p.c)
    v = np.zeros(len(p.y))
    v[machine.support_] = machine.dual_coef_[0]
    v = np.clip(v, -p.c, p.c)
    status = "max_iter" if machine.fit_status_ else "optimal"
    return v, float(machine.intercept_[0]), int(np.max(machine.n_iter_)), status
