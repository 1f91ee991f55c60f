"""The walk that all kernel models under a parity constraint share."""

import warnings
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import PAIRWISE_KERNEL_FUNCTIONS, pairwise_kernels
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import ScoreMixin, check_alignment
from fairlearnkit._data.containers import check_collected
from fairlearnkit._data.targets import check_target, check_weight_sum, numeric_target
from fairlearnkit._models.constraint import (
    CONSTRAINT_PARAMETERS,
    regression_contrasts,
    store_groups,
)
from fairlearnkit._models.kernels import (
    BLOCK,
    check_finite,
    check_kernel,
    check_precomputed,
    factor_of,
    rbf,
    sampled_eigenvalues,
)
from fairlearnkit._models.magnitudes import check_magnitudes
from fairlearnkit._models.messages import constant_scores as surrender
from fairlearnkit._optim.compared import largest_gap
from fairlearnkit._optim.kernel import build_kernel_problem
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit._optim.kernel_svm import solve_hard, solve_svm
from fairlearnkit.utils._sklearn_private import (
    Interval,
    StrOptions,
    _check_sample_weight,
)

# Rows from which on the kernel matrix is not formed as a whole.
MANY = 4000
SURELY_DEFINITE = ("linear", "rbf", "laplacian")
KERNEL_PARAMETERS = {
    "kernel": [StrOptions(set(PAIRWISE_KERNEL_FUNCTIONS) | {"precomputed"}), callable],
    "degree": [Interval(Real, 0, None, closed="left")],
    "coef0": [Interval(Real, None, None, closed="neither")],
    "max_gap": [Interval(Real, 0, None, closed="both")],
}
SVM_PARAMETERS = {
    **CONSTRAINT_PARAMETERS,
    **KERNEL_PARAMETERS,
    "kernel": [
        StrOptions({"linear", "poly", "rbf", "sigmoid", "precomputed"}),
        callable,
    ],
    "gamma": [StrOptions({"scale", "auto"}), Interval(Real, 0, None, closed="left")],
    "C": [Interval(Real, 0, None, closed="right")],
    "tol": [Interval(Real, 0, 1, closed="neither")],
    "shrinking": ["boolean"],
    "cache_size": [Interval(Real, 0, None, closed="neither")],
    "max_iter": [Interval(Integral, -1, None, closed="left")],
    "solver": [StrOptions({"auto", "libsvm", "interior-point", "cvxpy"})],
    "solver_params": [dict, None],
}


class BaseParityKernel(BaseEstimator):
    """A model f(x) = sum_i beta_i K(x_i, x) + b of one column at a time.

    A subclass says what the problem is: `_solve` takes the kernel problem, `_problem`
    gives its loss, the weight of the penalty and whether there is an intercept.
    """

    # Whether _solve takes KernelRows, of many rows.
    _by_rows = True

    # With routing on, fit asks for the groups without anything being set.
    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012

    def _read(self, X, y, sensitive_features, sample_weight, **checks):
        """X, y and weights checked; rows of weight zero are left out later."""
        check_alignment(
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        check_target(y)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=np.float64,
            ensure_min_samples=2,
            **checks,
        )
        if self.kernel == "precomputed":
            check_precomputed(X)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_weight_sum(weight)
        self._gamma = self.gamma
        if not (self.kernel == "precomputed" or callable(self.kernel)):
            self._gamma = factor_of(self.kernel, self.gamma, X, weight)
        # Where the origin is makes no difference to an RBF kernel, nor to a linear one
        # beside an intercept; but it does to rounding.
        free = self.kernel == "rbf" or (self.kernel == "linear" and self._problem()[2])
        near = free and not sparse.issparse(X)
        self._origin = X.mean(axis=0) if near else 0.0
        return X, y, weight

    def _fit_columns(self, X, columns, row_weight, contrasts):
        """Fit a model for each column of targets, all on one kernel matrix."""
        used = np.flatnonzero(row_weight > 0)
        if not len(used):
            msg = "sample_weight is zero for every row; give some a positive weight."
            raise ValueError(msg)
        rows = X if len(used) == len(row_weight) else X[used]
        if self.kernel == "precomputed":
            rows = rows if rows is X else rows[:, used]
        K = self._training_kernel(rows)
        indefinite = self._tell_of_kernel(K)
        many = self._by_rows and len(used) >= MANY and self.solver in ("auto", "libsvm")
        if isinstance(K, KernelRows) and (indefinite or not many):
            K = K.whole()
        loss, reg, fit_intercept = self._problem()
        solutions, gaps = [], []
        size = np.sqrt(np.abs(K.diagonal()).max())
        for y, rows_of_gap in zip(columns, contrasts):
            check_magnitudes(self, y, row_weight, loss, reg, size, kernel=True)
            problem = build_kernel_problem(
                K,
                y[used],
                row_weight[used],
                loss=loss,
                reg=reg,
                fit_intercept=fit_intercept,
                means=rows_of_gap.means[:, used],
                strata=rows_of_gap.strata,
                bound=self.max_gap,
            )
            if problem.nothing_left():
                warnings.warn(surrender(self), UserWarning, stacklevel=5)
            last = len(solutions) == len(columns) - 1
            solution = self._solve(problem, restore=not last)
            cells = rows_of_gap.means[:, used] @ solution.scores
            gaps.append(largest_gap(cells, rows_of_gap.strata))
            solutions.append(solution)
            self._tell(problem, solution, gaps[-1])
        store_groups(self, contrasts[-1])
        self._store(X, used, solutions, gaps)
        if indefinite:
            self.duality_gap_ = np.nan
        return self

    def _factor(self):
        """C, or what it grows from if it is infinite."""
        return 1.0 if np.isinf(self.C) else self.C

    def _solve_svm(self, problem, restore):
        solve = solve_hard if np.isinf(self.C) else solve_svm
        return solve(
            problem,
            restore=restore,
            solver=self.solver,
            tol=self.tol,
            max_iter=self.max_iter,
            shrinking=self.shrinking,
            cache_size=self.cache_size,
            solver_params=self.solver_params,
        )

    def _store(self, X, used, solutions, gaps):
        beta = np.array([s.beta for s in solutions])
        kept = (beta != 0).any(axis=0)
        self.support_ = used[kept].astype(np.int32)
        self.dual_coef_ = beta[:, kept]
        precomputed = self.kernel == "precomputed"
        self.support_vectors_ = np.empty((0, 0)) if precomputed else X[self.support_]
        self.intercept_ = np.array([s.intercept for s in solutions])
        if self.kernel == "linear" and np.ndim(self._origin):
            self.intercept_ -= self.coef_ @ self._origin
        self.n_iter_ = max(s.n_iter for s in solutions)
        self.gap_ = max(gaps)
        self.duality_gap_ = float(max(s.duality_gap for s in solutions))

    def _training_kernel(self, X):
        """K(X, X), as an array that may be written to, or by rows."""
        if self.kernel == "precomputed" or callable(self.kernel):
            given = self.kernel == "precomputed"
            K = np.array(X if given else self._kernel_matrix(X, X))
            check_kernel(K, self.kernel)
            return K
        if self.kernel == "rbf" and self._gamma is not None and not sparse.issparse(X):
            return KernelRows(rbf(X - self._origin, self._gamma), X.shape[0])

        def against(columns):
            Y = X[columns]
            return lambda rows: self._kernel_matrix(X[rows], Y)

        return KernelRows(against, X.shape[0])

    def _kernel_matrix(self, X, Y):
        """K(X, Y)."""
        if callable(self.kernel):
            K = self.kernel(X, Y)
            K = K.toarray() if sparse.issparse(K) else K
            K = np.asarray(K, dtype=np.float64)
            if K.shape != (X.shape[0], Y.shape[0]):
                msg = (
                    f"The kernel function returned an array of shape {K.shape}; "
                    f"expected {(X.shape[0], Y.shape[0])}, one value a pair of rows."
                )
                raise ValueError(msg)
            return K
        if np.ndim(self._origin):  # X may be sparse where fit had it dense
            X, Y = ((Z.toarray() if sparse.issparse(Z) else Z) for Z in (X, Y))
            X, Y = X - self._origin, Y - self._origin
        with np.errstate(over="ignore", invalid="ignore"):
            K = pairwise_kernels(
                X,
                Y,
                metric=self.kernel,
                filter_params=True,
                gamma=self._gamma,
                degree=self.degree,
                coef0=self.coef0,
            )
        return K.toarray() if sparse.issparse(K) else K

    def _scores(self, X):
        """Scores of new rows, by blocks, shape (n_samples, n_columns)."""
        check_is_fitted(self)
        check_collected("X", X)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        if self.kernel == "linear":
            return safe_sparse_dot(X, self.coef_.T, dense_output=True) + self.intercept_
        scores = np.empty((X.shape[0], len(self.dual_coef_)))
        step = max(1, BLOCK // max(1, len(self.support_), X.shape[1]))
        for start in range(0, X.shape[0], step):
            rows = slice(start, start + step)
            block = X[rows]
            if self.kernel == "precomputed":
                K = block[:, self.support_]
            elif len(self.support_):
                K = self._kernel_matrix(block, self.support_vectors_)
                check_finite(K, self.kernel)
            else:
                K = np.zeros((block.shape[0], 0))
            scores[rows] = safe_sparse_dot(K, self.dual_coef_.T) + self.intercept_
        return scores

    @property
    def coef_(self):
        """Coefficients of the features, with ``kernel="linear"``."""
        if self.kernel != "linear":
            msg = f"coef_ is there for a linear kernel only, not for {self.kernel!r}."
            raise AttributeError(msg)
        vectors = self.support_vectors_
        vectors = vectors - self._origin if np.ndim(self._origin) else vectors
        return safe_sparse_dot(self.dual_coef_, vectors, dense_output=True)

    def _tell(self, problem, solution, gap):
        """Warn of what a user would not expect."""
        name, finite = type(self).__name__, np.isfinite(self.max_gap)
        if solution.status == "infeasible":
            msg = (
                f"{name} found no model for C=inf, which asks every row to be on the "
                "right side of the margin: there is none, or it is out of reach. Take "
                "a finite C, or another kernel. What is returned is the model of a "
                "large C."
            )
            warnings.warn(msg, ConvergenceWarning, stacklevel=6)
            return
        rounding = 1e-6 * _spread(solution.scores) + 1e-9 * (
            np.abs(solution.scores).max() + np.abs(problem.y).max()
        )
        if finite and gap > 1.0001 * self.max_gap + rounding:
            msg = (
                f"{name} leaves a gap of {gap:.3g}, where at most max_gap="
                f"{self.max_gap:.3g} was asked for: the kernel {self.kernel!r} is "
                "indefinite or ill-conditioned. Scale the features, or take a positive "
                "definite kernel."
            )
            warnings.warn(msg, ConvergenceWarning, stacklevel=6)
        elif finite and not len(problem.B):
            msg = (
                f"{name} is the plain model: in the feature space of the kernel "
                f"{self.kernel!r} the means that the constraint compares agree already."
            )
            warnings.warn(msg, UserWarning, stacklevel=6)
        if solution.status != "optimal":
            msg = (
                f"{name} stopped with the status {solution.status!r} after "
                f"{solution.n_iter} iterations, at a duality gap of "
                f"{solution.duality_gap:.3g} for an objective of "
                f"{solution.objective:.6g}; the gap between groups is {gap:.3g}, asked "
                f"for was at most max_gap={self.max_gap:.3g}. Increase max_iter, or "
                "scale the features."
            )
            warnings.warn(msg, ConvergenceWarning, stacklevel=6)

    def _tell_of_kernel(self, K):
        """Warn of an indefinite kernel, as far as some rows can show it."""
        if self.kernel in SURELY_DEFINITE:
            return False
        size = sampled_eigenvalues(K)
        indefinite = bool(size[0] < -1e-8 * np.abs(size).max())
        if indefinite:
            msg = (
                f"The kernel {self.kernel!r} is indefinite: on {len(size)} of the rows "
                f"its eigenvalues go from {size[0]:.3g} to {size[-1]:.3g}. The problem "
                "is then not convex; the solution is one of possibly several, and "
                "duality_gap_ is NaN."
            )
            warnings.warn(msg, UserWarning, stacklevel=5)
        return indefinite

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.kernel != "precomputed"
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags


def _spread(scores):
    return float(scores.max() - scores.min())


class BaseParityKernelRegressor(ScoreMixin, RegressorMixin, BaseParityKernel):
    """One numeric target."""

    def _fit_target(self, X, y, sensitive_features, sample_weight, factor):
        X, y, weight = self._read(
            X, y, sensitive_features, sample_weight, y_numeric=True
        )
        y = numeric_target(y)
        contrasts = regression_contrasts(self, y, sensitive_features, weight)
        with np.errstate(over="ignore"):
            row_weight = factor * weight
        return self._fit_columns(X, [y], row_weight, [contrasts])

    def predict(self, X):
        """Predict the target.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or kernel values against all training rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predictions.
        """
        return self._scores(X)[:, 0]
