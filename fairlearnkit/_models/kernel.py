"""The walk that all kernel models under a parity constraint share."""

import warnings
from dataclasses import replace
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import ClassifierMixin, RegressorMixin, is_classifier
from sklearn.metrics.pairwise import PAIRWISE_KERNEL_FUNCTIONS
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.containers import check_collected
from fairlearnkit._data.lazy_rows import refuse_lazy
from fairlearnkit._data.progress import Progress
from fairlearnkit._data.rows import with_single_entries
from fairlearnkit._models.base import (
    BaseParityModel,
    ParityClassifierMixin,
    ParityRegressorMixin,
)
from fairlearnkit._models.constraint import CONSTRAINT_PARAMETERS
from fairlearnkit._models.kernel_diagnostics import (
    indefinite_message,
    problem_warnings,
    solution_warnings,
)
from fairlearnkit._models.kernels import (
    CHECKED_ELEMENTS,
    KernelFunction,
    check_finite,
    check_precomputed,
    gamma_value,
    negative_eigenvalues,
)
from fairlearnkit._models.magnitudes import check_magnitudes
from fairlearnkit._models.messages import warn_together
from fairlearnkit._optim.hard_margin import solve_hard_margin
from fairlearnkit._optim.kernel import solve_kernel, takes_rows
from fairlearnkit._optim.kernel_problem import build_kernel_problem
from fairlearnkit._optim.kernel_rows import KernelRows
from fairlearnkit._optim.rows import make_rows
from fairlearnkit._optim.strata import largest_gap
from fairlearnkit.utils._sklearn_private import (
    Interval,
    StrOptions,
)

# Frames between a warning about a solution and the call of `fit`, the decorators of
# `fit` included.
STACKLEVEL = 8

# Rows from which on the kernel matrix is not formed as a whole, where the solver allows
# it: 128 MB. With twice as many, fits of up to 8000 rows take longer than they have to,
# and four times the memory.
FEWEST_BY_ROWS = 4000
# Parameters of estimators that are passed on to the solver, where there are any.
SOLVER_PARAMETERS = {
    "cache_size",
    "max_iter",
    "shrinking",
    "solver",
    "solver_params",
    "tol",
}
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
    "verbose": ["verbose"],
}


class BaseParityKernel(BaseParityModel):
    """A model f(x) = sum_i beta_i K(x_i, x) + b of one column of targets at a time.

    A subclass defines `_objective`, the `Objective` that is minimised subject to
    |M f| <= max_gap, and the parameters `kernel`, `gamma`, `degree`, `coef0`,
    `constraint`, `max_gap`, `missing` and `solver`; those of `SOLVER_PARAMETERS` that
    it has are passed on to the solver. An infinite weight of the loss, such as C=inf,
    allows no loss at all.
    """

    verbose = 0  # of classes without this parameter

    def _refuse_lazy(self, X, y, sensitive_features, sample_weight):
        """Raise an error for Dask collections, and name what to use for them."""
        cure = (
            f"{type(self).__name__} needs the kernel of all pairs of rows. Use "
            "features that approximate the kernel, and a linear model of them: fit "
            "scikit-learn's Nystroem on a sample in memory, and pass "
            "X.map_partitions(nystroem.transform), or X.map_blocks of an array, to "
            f"{self._linear_class()}."
        )
        data = {"X": X, "y": y, "sensitive_features": sensitive_features}
        refuse_lazy(cure, **data, sample_weight=sample_weight)

    def _linear_class(self):
        """Name of the class for features that approximate the kernel."""
        if is_classifier(self):
            return "ParityLinearSVC"
        return "ParityLinearSVR" if hasattr(self, "epsilon") else "ParityRidge"

    def _fit_columns(self, X, columns, weight, contrasts):
        """With an error that says what to do where memory does not suffice."""
        try:
            return super()._fit_columns(X, columns, weight, contrasts)
        except MemoryError as error:
            n, gigabytes = X.shape[0], 8e-9 * X.shape[0] ** 2
            msg = (
                f"{type(self).__name__} ran out of memory ({error}). The kernel matrix "
                f"of {n} rows takes {gigabytes:.3g} GB, and a fit may need several of "
                "them. Fit it to fewer rows, or fit "
                f"{self._linear_class()} to features that approximate the kernel, such "
                "as those of sklearn.kernel_approximation.Nystroem."
            )
            raise MemoryError(msg) from error

    def _read(self, X, y, sensitive_features, sample_weight, **checks):
        """X, y and weights, checked; sets the parameters of the kernel."""
        data = X, y, sensitive_features, sample_weight
        X, y, weight = super()._read(*data, **checks)
        if self.kernel == "precomputed":
            check_precomputed(X)
        self._gamma = self.gamma
        if not (self.kernel == "precomputed" or callable(self.kernel)):
            self._gamma = gamma_value(self.kernel, self.gamma, X, weight)
        # An RBF kernel does not depend on the origin, nor does a linear one if there is
        # an intercept; but rounding does.
        linear = self.kernel == "linear" and self._objective().fit_intercept
        movable = self.kernel == "rbf" or linear
        moved = movable and not sparse.issparse(X)
        self._origin = X.mean(axis=0) if moved else 0.0
        return X, y, weight

    def _solve_columns(self, X, columns, weight, contrasts):
        """All columns on one kernel matrix, of the rows with a weight."""
        objective = self._objective()
        c = self._loss_weights(weight)
        used = np.flatnonzero(c > 0)
        if not len(used):
            msg = "sample_weight is zero for every row; give some a positive weight."
            raise ValueError(msg)
        progress = Progress(type(self).__name__, self.verbose)
        K, eigenvalues = self._training_kernel(X, used, objective)
        progress("kernel", rows=len(used))
        if eigenvalues is not None:  # before an error that it may explain
            msg = indefinite_message(self.kernel, eigenvalues)
            warnings.warn(msg, UserWarning, stacklevel=STACKLEVEL)
        length = np.sqrt(np.abs(K.diagonal()).max())  # of the longest row
        solutions, gaps, messages = [], [], []
        for y, column_contrasts in zip(columns, contrasts):
            rows = make_rows(np.empty((len(y), 0)), y, c)
            size = objective.loss, objective.penalty, length
            check_magnitudes(self, rows, *size, kernel=True)
            problem = self._build_problem(K, y, c, objective, column_contrasts)
            messages += problem_warnings(self, problem)  # before K may be left changed
            # One-vs-rest models share K, which libsvm's solver changes in place.
            last = len(solutions) == len(columns) - 1
            solution = self._solve(problem, restore=not last, progress=progress)
            gap = largest_gap(problem.means @ solution.scores, problem.strata)
            messages += solution_warnings(self, problem, solution, gap)
            if eigenvalues is not None:  # the certificate is that of a convex problem
                solution = replace(solution, duality_gap=np.nan)
            solutions.append(solution)
            gaps.append(gap)
            values = {"gap": gap, "objective": solution.objective}
            progress("model", len(gaps), len(columns), **values)
        warn_together(messages, STACKLEVEL)
        return solutions, gaps

    def _build_problem(self, X, y, c, objective, contrasts):
        used = np.flatnonzero(c > 0)
        return build_kernel_problem(
            X,
            y[used],
            c[used],
            loss=objective.loss,
            reg=objective.penalty,
            fit_intercept=objective.fit_intercept,
            means=contrasts.means[:, used],
            strata=contrasts.strata,
            bound=self.max_gap,
        )

    def _solve(self, problem, **options):
        hard = np.isinf(self._objective().loss_weight)
        solve = solve_hard_margin if hard else solve_kernel
        given = self.get_params(deep=False)
        options |= {name: given[name] for name in SOLVER_PARAMETERS & given.keys()}
        return solve(problem, **options)

    def _loss_weights(self, weight):
        """Weights of the rows in the loss; of a hard margin their proportions."""
        objective = self._objective()
        if np.isinf(objective.loss_weight):
            return weight
        with np.errstate(over="ignore"):  # `check_magnitudes` refuses what overflows
            return objective.loss_weight * weight

    def _training_kernel(self, X, used, objective):
        """K of the rows with a weight, and its eigenvalues if some are negative.

        `KernelRows` only for many rows, a solver that takes them, and a kernel that is
        positive semi-definite.
        """
        rows = X if len(used) == X.shape[0] else X[used]
        if self.kernel == "precomputed":
            rows = rows if rows is X else rows[:, used]
        K = self._kernel_function().training_matrix(rows)
        eigenvalues = negative_eigenvalues(K, self.kernel)
        by_rows = len(used) >= FEWEST_BY_ROWS and takes_rows(
            objective.loss, fit_intercept=objective.fit_intercept, solver=self.solver
        )
        if isinstance(K, KernelRows) and (eigenvalues is not None or not by_rows):
            K = K.whole()
        return K, eigenvalues

    def _kernel_function(self):
        return KernelFunction(
            self.kernel, self._gamma, self.degree, self.coef0, self._origin
        )

    def _store(self, X, weight, solutions):
        """Only rows with a coefficient are kept."""
        # beta is zero for rows without a multiplier that the constraint does not look
        # at; predictions do not need them.
        beta = np.array([s.beta for s in solutions])  # (n_columns, n_used)
        kept = (beta != 0).any(axis=0)
        used = np.flatnonzero(self._loss_weights(weight) > 0)
        self.support_ = used[kept].astype(np.int32)
        self.dual_coef_ = beta[:, kept]
        precomputed = self.kernel == "precomputed"
        self.support_vectors_ = np.empty((0, 0)) if precomputed else X[self.support_]
        self.intercept_ = np.array([s.intercept for s in solutions])
        # coef_ is for X itself: w'(x - origin) + b = w'x + (b - w'origin).
        if self.kernel == "linear" and np.ndim(self._origin):
            self.intercept_ -= self.coef_ @ self._origin

    def _scores(self, X):
        """Scores of new rows, by blocks, shape (n_samples, n_columns)."""
        check_is_fitted(self)
        check_collected("X", X)
        refuse_lazy(
            "Call the method partition by partition: X.map_partitions(model.predict), "
            "or X.map_blocks(model.predict, drop_axis=1) of an array.",
            X=X,
        )
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        X = with_single_entries(X)
        if self.kernel == "linear":
            return safe_sparse_dot(X, self.coef_.T, dense_output=True) + self.intercept_
        # The kernel of all rows at once would need memory that grows with X.
        scores = np.empty((X.shape[0], len(self.dual_coef_)))
        kernel = self._kernel_function()
        step = max(1, CHECKED_ELEMENTS // max(1, len(self.support_), X.shape[1]))
        for start in range(0, X.shape[0], step):
            rows = slice(start, start + step)
            block = X[rows]
            if self.kernel == "precomputed":
                K = block[:, self.support_]
            elif len(self.support_):
                K = kernel.matrix(block, self.support_vectors_)
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.kernel != "precomputed"
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags


class BaseParityKernelClassifier(
    ParityClassifierMixin, ClassifierMixin, BaseParityKernel
):
    """One model for two classes, one-vs-rest for more."""

    def _columns(self, X, y, sensitive_features, sample_weight):
        self._refuse_lazy(X, y, sensitive_features, sample_weight)
        return super()._columns(X, y, sensitive_features, sample_weight)

    def decision_function(self, X):
        """Scores of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or kernel values against all training rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes those of ``classes_[1]``; for more those of each class,
            one-vs-rest.
        """
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict(self, X):
        """Predict the class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or kernel values against all training rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        scores = self._scores(X)
        if scores.shape[1] == 1:
            return self.classes_[(scores[:, 0] > 0).astype(int)]
        return self.classes_[scores.argmax(axis=1)]


class BaseParityKernelRegressor(ParityRegressorMixin, RegressorMixin, BaseParityKernel):
    """One numeric target."""

    def _columns(self, X, y, sensitive_features, sample_weight):
        self._refuse_lazy(X, y, sensitive_features, sample_weight)
        return super()._columns(X, y, sensitive_features, sample_weight)

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
