"""Base classes of the linear models under a parity constraint."""

import warnings
from abc import ABC, abstractmethod
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import ScoreMixin, check_alignment
from fairlearnkit._data.containers import check_collected
from fairlearnkit._data.targets import (
    check_target,
    check_weight_sum,
    max_abs,
    numeric_target,
)
from fairlearnkit._models.constraint import (
    CONSTRAINT_PARAMETERS,
    regression_contrasts,
    store_groups,
    store_multipliers,
)
from fairlearnkit._models.magnitudes import check_magnitudes, varies_by_rounding
from fairlearnkit._models.messages import (
    FLOAT32_ROUNDING,
    TOLERATED,
    constant_scores,
    not_converged,
)
from fairlearnkit._models.targets import (
    binary_columns,
    class_codes,
    class_factors,
)
from fairlearnkit._optim import SOLVERS, build_problem, solve
from fairlearnkit.utils._sklearn_private import (
    Interval,
    LinearClassifierMixin,
    StrOptions,
    _check_sample_weight,
)


class BaseParityLinear(BaseEstimator, ABC):
    """A linear model w, b of one target column at a time, with |M f| <= max_gap.

    A subclass says what is minimised: `_objective` returns an `Objective`.
    """

    _keeps_float32 = False

    # With routing on, fit asks for the groups without anything being set.
    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        **CONSTRAINT_PARAMETERS,
        "max_gap": [Interval(Real, 0, None, closed="both")],
        "tol": [Interval(Real, 0, 1, closed="left")],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "solver": [StrOptions(set(SOLVERS))],
        "solver_params": [dict, None],
        "convex_constraints": [callable, None],
    }

    @abstractmethod
    def _objective(self):
        """What is minimised, as an `Objective`."""

    def _read(self, X, y, sensitive_features, sample_weight, **checks):
        """X, y and weights, checked; `checks` are passed on to `validate_data`."""
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
            dtype=[np.float64, np.float32],
            ensure_min_samples=2,
            **checks,
        )
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_weight_sum(weight)
        return X, y, weight

    def _fit_columns(self, X, columns, row_weight, contrasts):
        """One model a target column, and all fitted attributes but the coefficients.

        Parameters
        ----------
        X : {ndarray, CSR} of shape (n_samples, n_features)
            Features.
        columns : list of ndarray of shape (n_samples,)
            Targets.
        row_weight : ndarray of shape (n_samples,)
            Weights in the loss.
        contrasts : list of Contrasts
            One for each column.

        Returns
        -------
        coef : ndarray of shape (n_columns, n_features)
        intercept : ndarray of shape (n_columns,)
        """
        solutions, gaps = [], []
        for y, rows in zip(columns, contrasts):
            solution = self._solve(X, y, row_weight, rows)
            gaps.append(self._diagnose(X, rows, solution))
            solutions.append(solution)
        store_groups(self, contrasts[-1])
        store_multipliers(self, contrasts, [s.multipliers for s in solutions])
        self.n_iter_ = max(s.n_iter for s in solutions)
        self.gap_ = max(gaps)
        self.duality_gap_ = max(s.duality_gap for s in solutions)
        coef = np.array([s.coef for s in solutions])
        return coef, np.array([s.intercept for s in solutions], coef.dtype)

    def _solve(self, X, y, row_weight, contrasts):
        """The solution for one target column."""
        objective = self._objective()
        with np.errstate(over="ignore"):
            c = objective.loss_weight * row_weight
        size = max_abs(X)
        check_magnitudes(self, y, c, objective.loss, objective.penalty, size)
        problem = build_problem(
            X,
            y,
            c,
            loss=objective.loss,
            reg=objective.penalty,
            fit_intercept=objective.fit_intercept,
            means=contrasts.means,
            strata=contrasts.strata,
            bound=self.max_gap,
        )
        return solve(
            problem,
            solver=self.solver,
            tol=self.tol,
            max_iter=self.max_iter,
            solver_params=self.solver_params,
            convex_constraints=self.convex_constraints,
            dtype=X.dtype if self._keeps_float32 else np.float64,
        )

    def _diagnose(self, X, contrasts, solution):
        """Gap of the training scores; warns if the model is not what was asked for."""
        scores = safe_sparse_dot(X, solution.coef.astype(np.float64))
        gap = contrasts.gap(scores)
        no_direction_left = solution.rank == X.shape[1] or varies_by_rounding(
            scores, X, solution.coef
        )
        if self.max_gap == 0 and no_direction_left:
            warnings.warn(constant_scores(self), UserWarning, stacklevel=7)
        if X.dtype == np.float32 and gap > TOLERATED * self.max_gap + FLOAT32_ROUNDING:
            msg = (
                f"In float32 the coefficients leave a gap of {gap:.3g}, where at most "
                f"max_gap={self.max_gap:.3g} was asked for. Scale the features, or "
                "pass X in float64."
            )
            warnings.warn(msg, UserWarning, stacklevel=7)
        if solution.status != "optimal":
            msg = not_converged(self, solution, gap)
            warnings.warn(msg, ConvergenceWarning, stacklevel=7)
        return gap

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class BaseParityClassifier(ScoreMixin, LinearClassifierMixin, BaseParityLinear):
    """One model for two classes, one-vs-rest for more."""

    def _fit(self, X, y, sensitive_features, sample_weight):
        X, y, weight = self._read(X, y, sensitive_features, sample_weight)
        codes = class_codes(self, y)
        row_weight = weight * class_factors(self, y, codes, weight)
        columns, contrasts = binary_columns(self, y, codes, sensitive_features, weight)
        fitted = self._fit_columns(X, columns, row_weight, contrasts)
        self.coef_, self.intercept_ = fitted
        return self

    def decision_function(self, X):
        """Scores of the rows: signed distances to the hyperplane, not scaled.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Of two classes those of ``classes_[1]``, which is predicted above 0.
        """
        check_collected("X", X)
        return super().decision_function(X)


class BaseParityRegressor(ScoreMixin, RegressorMixin, BaseParityLinear):
    """One numeric target."""

    def _fit(self, X, y, sensitive_features, sample_weight):
        data = X, y, sensitive_features, sample_weight
        X, y, weight = self._read(*data, y_numeric=True)
        y = numeric_target(y)
        contrasts = regression_contrasts(self, y, sensitive_features, weight)
        coef, intercept = self._fit_columns(X, [y], weight, [contrasts])
        self.coef_, self.intercept_ = coef[0], float(intercept[0])
        return self

    def predict(self, X):
        """Predict the target.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predictions.
        """
        check_is_fitted(self)
        check_collected("X", X)
        X = validate_data(
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False
        )
        return safe_sparse_dot(X, self.coef_) + self.intercept_
