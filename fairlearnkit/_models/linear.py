"""The walk that all linear models under a parity constraint share."""

import warnings
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
)
from fairlearnkit._models.magnitudes import check_magnitudes, varies_by_rounding
from fairlearnkit._models.messages import surrender
from fairlearnkit._models.targets import (
    binary_columns,
    class_codes,
    class_factors,
)
from fairlearnkit._optim import SOLVERS, solve
from fairlearnkit._optim.design import Design
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit.utils._sklearn_private import (
    Interval,
    LinearClassifierMixin,
    StrOptions,
    _check_sample_weight,
)


class BaseParityLinear(BaseEstimator):
    """A linear model w, b of one target column at a time, with |M f| <= max_gap.

    A subclass says what the problem is: `_problem` gives the loss, the weight of the
    penalty and the factor of the loss.
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

    def _solve(self, X, y, row_weight, contrasts):
        """One target column: the solution and the gap of its training scores."""
        loss, reg, factor = self._problem()
        with np.errstate(over="ignore"):
            c = factor * row_weight
        named = LOSSES[loss]() if isinstance(loss, str) else loss
        check_magnitudes(self, y, c, named, reg, max_abs(X))
        solution = solve(
            X,
            y,
            c,
            loss=loss,
            reg=reg,
            fit_intercept=self.fit_intercept,
            means=contrasts.means,
            strata=contrasts.strata,
            bound=self.max_gap,
            solver=self.solver,
            tol=self.tol,
            max_iter=self.max_iter,
            solver_params=self.solver_params,
            convex_constraints=self.convex_constraints,
            dtype=X.dtype if self._keeps_float32 else np.float64,
        )
        scores = Design(X).matvec(solution.coef)
        gap = contrasts.gap(scores)
        nothing_left = solution.rank == X.shape[1] or varies_by_rounding(
            scores, X, solution.coef
        )
        if self.max_gap == 0 and nothing_left:
            warnings.warn(surrender(self), UserWarning, stacklevel=6)
        if X.dtype == np.float32 and gap > 1.0001 * self.max_gap + 1e-4:
            msg = (
                f"In float32 the coefficients leave a gap of {gap:.3g}, where at most "
                f"max_gap={self.max_gap:.3g} was asked for. Scale the features, or "
                "pass X in float64."
            )
            warnings.warn(msg, UserWarning, stacklevel=6)
        if solution.status != "optimal":
            warnings.warn(
                self._complaint(solution, gap), ConvergenceWarning, stacklevel=6
            )
        return solution, gap

    def _complaint(self, solution, gap):
        if np.isnan(solution.duality_gap):
            return (
                f"{type(self).__name__} stopped with the status {solution.status!r} "
                f"after {solution.n_iter} iterations, at an objective of "
                f"{solution.objective:.6g}; the gap between groups is {gap:.3g}, asked "
                f"for was at most max_gap={self.max_gap:.3g}. Without a penalty there "
                "may be no optimum, such as for classes that a hyperplane separates, "
                "or it may be out of reach: add a penalty, scale the features, or "
                "increase max_iter."
            )
        return (
            f"{type(self).__name__} stopped with the status {solution.status!r} after "
            f"{solution.n_iter} iterations, at a duality gap of "
            f"{solution.duality_gap:.3g} for an objective of {solution.objective:.6g}; "
            f"the gap between groups is {gap:.3g}, asked for was at most "
            f"max_gap={self.max_gap:.3g}. Increase max_iter or tol, or scale the "
            "features."
        )

    def _store(self, solutions, gaps):
        """Fitted attributes that do not depend on the kind of target."""
        self.n_iter_ = max(s.n_iter for s in solutions)
        self.gap_ = max(gaps)
        self.duality_gap_ = max(s.duality_gap for s in solutions)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class BaseParityClassifier(ScoreMixin, LinearClassifierMixin, BaseParityLinear):
    """One model for two classes, one-vs-rest for more."""

    def _fit(self, X, y, sensitive_features, sample_weight):
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
        )
        codes = class_codes(self, y)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_weight_sum(weight)
        row_weight = weight * class_factors(self, y, codes, weight)
        columns, contrasts = binary_columns(self, y, codes, sensitive_features, weight)
        solutions, gaps = [], []
        for column, rows in zip(columns, contrasts):
            solution, gap = self._solve(X, column, row_weight, rows)
            solutions.append(solution)
            gaps.append(gap)
        store_groups(self, contrasts[-1])
        self._store(solutions, gaps)
        self.coef_ = np.array([s.coef for s in solutions])
        self.intercept_ = np.array([s.intercept for s in solutions], self.coef_.dtype)
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
            y_numeric=True,
            ensure_min_samples=2,
        )
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_weight_sum(weight)
        y = numeric_target(y)
        contrasts = regression_contrasts(self, y, sensitive_features, weight)
        solution, gap = self._solve(X, y, weight, contrasts)
        store_groups(self, contrasts)
        self._store([solution], [gap])
        self.coef_ = solution.coef
        self.intercept_ = float(solution.intercept)
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
