"""Linear systems with the Hessian of the objective in (w, b)."""

from contextlib import suppress

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

from fairlearnkit._optim.block_kernels import curved_pull, total_and_count
from fairlearnkit._optim.rows import gram, sums_of

# Share of rows with curvature above which a Hessian is expensive enough to be reused.
# Half or twice of it change the time of a fit by less than a fifth.
MANY_CURVED = 0.2
# Steps that a Hessian learns from, at most. With half or twice as many,
# benchmarks/constants.py counts the same products, and 3 % more Hessians.
PAIRS = 8
# A change of the gradient that is next to orthogonal to the step is rounding. Half or
# twice of it change no step there.
LEAST_COSINE = 1e-8


class DenseHessian:
    """Cholesky factor of the Hessian; for at most a few thousand features.

    Parameters
    ----------
    p : Problem
        The problem.
    h : column
        c_i times the curvature of the loss.
    flat : float
        Stands for the curvature of the intercept where there is none: with the size of
        its derivative, the step goes by one unit of margin.

    Attributes
    ----------
    keeps : bool
        Whether it was expensive enough to be used for another step.
    """

    def __init__(self, p, h, flat):
        d = p.n_features
        H = np.zeros((d + 1, d + 1))
        (H[:-1, :-1], Xh), (total, n_curved) = p.rows.together(
            sums_of(gram, h), sums_of(total_and_count, h)
        )
        # With few curved rows a Hessian is cheap, and changes a lot between steps.
        self.keeps = n_curved > MANY_CURVED * p.rows.shape[0]
        H[np.arange(d), np.arange(d)] += p.reg
        if p.fit_intercept:
            H[-1, :-1] = H[:-1, -1] = Xh
            H[-1, -1] = total
        if H[-1, -1] <= 0:
            H[-1, -1] = flat
        self.H, self.factor, self.pairs = H, None, []
        with suppress(LinAlgError):  # where H is singular, `solve` takes eigenvectors
            self.factor = cho_factor(H, check_finite=False)

    def learn(self, step, change):
        """Make H times a step the change of the gradient along it, by BFGS.

        Parameters
        ----------
        step, change : ndarray of shape (n_features + 1,)
            Left out where rounding is all there is to the change.
        """
        curve = step @ change
        if curve > LEAST_COSINE * np.linalg.norm(step) * np.linalg.norm(change):
            self.pairs = [*self.pairs[1 - PAIRS :], (step, change, curve)]

    def solve(self, rhs):
        """H^-1 rhs, for rhs of shape (n_features + 1, n_columns).

        By the two loops of limited-memory BFGS, from the factor of H (Nocedal and
        Wright, Numerical Optimization, 2006, algorithm 7.4).
        """
        x, shares = rhs, []
        for step, change, curve in reversed(self.pairs):
            shares.append(step @ x / curve)  # (n_columns,)
            x = x - np.outer(change, shares[-1])
        x = self._solve_factored(x)
        for (step, change, curve), share in zip(self.pairs, reversed(shares)):
            x = x + np.outer(step, share - change @ x / curve)
        return x

    def _solve_factored(self, rhs):
        """`solve` without what was learned; by the pseudoinverse of a singular H."""
        if self.factor is not None:
            return cho_solve(self.factor, rhs, check_finite=False)
        # Scaled, so that no unit of a feature decides which eigenvalues are rounding.
        scale = 1.0 / np.sqrt(np.maximum(np.diag(self.H), 1e-300))
        size, vectors = eigh(scale[:, None] * self.H * scale)
        kept = size > len(size) * np.finfo(np.float64).eps * size[-1]
        vectors = scale[:, None] * vectors[:, kept]
        return vectors @ ((vectors.T @ rhs) / size[kept, None])


class CgHessian:
    """Conjugate gradients, preconditioned by the diagonal; for reg = 0, many features.

    Parameters and attributes as of `DenseHessian`. Nothing is factored, so that none is
    kept.
    """

    keeps = False
    # Relative residual of the systems: as far as rounding lets it.
    residual = 1e-12
    # A direction whose curvature is at most this part of that of the diagonal is one
    # that no row of X has, such as that of all levels of a category and the intercept;
    # a step along it would be noise. With half as much, or twice, no test changes.
    flat = 1e-14

    def __init__(self, p, h, flat):
        self.p, self.h = p, h
        diagonal = p.reg + p.rows.column_squares(h)
        diagonal[diagonal == 0] = 1.0  # a column of zeros without a penalty
        total, n_curved = p.rows.sums(total_and_count, h)
        # Without an intercept, or curvature for it, `flat` stands in the corner of H.
        self.last = None if p.fit_intercept and n_curved else flat
        self.diagonal = np.append(diagonal, self.last or total)

    def product(self, v):
        """H v, by one pass over the rows."""
        p, w, b = self.p, v[:-1], v[-1]
        intercept = b if self.last is None else 0.0
        pull, total = p.rows.sums(curved_pull, self.h, w=w, b=intercept)
        last = total if self.last is None else self.last * b
        return np.append(p.reg * w + pull, last)

    def solve(self, rhs):
        """H^-1 rhs, for rhs of shape (n_features + 1, n_columns)."""
        return np.column_stack([self._solve_column(column) for column in rhs.T])

    def _solve_column(self, rhs):
        """Preconditioned conjugate gradients (Nocedal and Wright, algorithm 5.3)."""
        x, r = np.zeros_like(rhs), rhs.copy()
        z = r / self.diagonal
        d, rz = z.copy(), r @ z
        stop = self.residual**2 * rz  # in the norm of the preconditioner
        for _ in range(10 * len(rhs)):
            if rz <= stop:
                break
            Hd = self.product(d)
            curve = d @ Hd
            if curve <= self.flat * (d @ (self.diagonal * d)):
                break
            step = rz / curve
            x += step * d
            r -= step * Hd
            z = r / self.diagonal
            rz, old = r @ z, rz
            d = z + (rz / old) * d
        return x
