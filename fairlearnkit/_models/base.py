"""What linear and kernel models under a parity constraint share: the steps of a fit."""

from abc import ABC, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.rows import with_single_entries
from fairlearnkit._data.score import ScoreMixin
from fairlearnkit._data.targets import (
    check_digits,
    check_target,
    check_weight_sum,
    numeric_target,
)
from fairlearnkit._models.constraint import (
    regression_contrasts,
    store_groups,
    store_multipliers,
)
from fairlearnkit._models.dask_columns import class_columns, number_columns
from fairlearnkit._models.targets import binary_columns, class_codes, class_factors
from fairlearnkit.utils._sklearn_private import DocumentedMixin, _check_sample_weight


class BaseParityModel(DocumentedMixin, BaseEstimator, ABC):
    """One model for each column of targets.

    A fit is `_fit` (of `ParityClassifierMixin` or `ParityRegressorMixin`), which calls

    1. `_read`, which checks X, y and the weights;
    2. `_fit_columns`, with a column of targets and contrasts for each model, which
       calls `_solve_columns`;
    3. `_finish`, which sets the attributes that all models have, and calls
    4. `_store`, which sets those that predictions need.

    `_build_problem` and `_solve` are the two steps of one column.
    """

    # With routing on, fit asks for the groups without anything being set.
    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012

    # Dtypes of X that are kept; others are converted to the first one.
    _dtypes = (np.float64,)

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
            dtype=list(self._dtypes),
            ensure_min_samples=2,
            **checks,
        )
        X = with_single_entries(X)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_weight_sum(weight)
        check_digits(weight)
        return X, y, weight

    def _fit_columns(self, X, columns, weight, contrasts):
        """Fit a model for each column of targets, and set the fitted attributes.

        Parameters
        ----------
        X : {ndarray, CSR} of shape (n_samples, n_features)
            Features, or the kernel matrix.
        columns : list of ndarray of shape (n_samples,)
            Targets of each model.
        weight : ndarray of shape (n_samples,)
            Weights of the rows in the loss.
        contrasts : list of Contrasts
            The constraint of each model.

        Returns
        -------
        self : object
        """
        solutions, gaps = self._solve_columns(X, columns, weight, contrasts)
        return self._finish(X, weight, contrasts, solutions, gaps)

    def _finish(self, X, weight, contrasts, solutions, gaps):
        """Set the fitted attributes.

        Parameters
        ----------
        X, weight, contrasts
            As in `_fit_columns`.
        solutions, gaps
            What `_solve_columns` returns.

        Returns
        -------
        self : object
        """
        store_groups(self, contrasts[-1])
        store_multipliers(self, contrasts, [s.multipliers for s in solutions])
        self.n_iter_ = max(s.n_iter for s in solutions)
        self.gap_ = max(gaps)
        # NaN if it is not known for one of the columns.
        self.duality_gap_ = float(np.max([s.duality_gap for s in solutions]))
        self._store(X, weight, solutions)
        return self

    @abstractmethod
    def _solve_columns(self, X, columns, weight, contrasts):
        """Solve for each column of targets, and warn if it is not what was asked for.

        Parameters
        ----------
        X, columns, weight, contrasts
            As in `_fit_columns`, which has to be the caller: warnings point at the call
            of ``fit``.

        Returns
        -------
        solutions : list of Solution or KernelSolution
        gaps : list of float
            Largest gap of the training scores of each.
        """

    @abstractmethod
    def _build_problem(self, X, y, c, objective, contrasts):
        """The problem of one column of targets.

        Parameters
        ----------
        X : {ndarray, CSR, KernelRows}
            Features, or the kernel matrix of the rows with c > 0.
        y, c : ndarray of shape (n_samples,)
            Targets, and weights in the objective.
        objective : Objective
            What is minimised.
        contrasts : Contrasts
            The constraint.

        Returns
        -------
        problem : Problem or KernelProblem
        """

    @abstractmethod
    def _solve(self, problem, **options):
        """The solution of a problem, by the solver that the parameters name."""

    @abstractmethod
    def _store(self, X, weight, solutions):
        """Set the attributes that predictions need.

        Parameters
        ----------
        X, weight
            As in `_fit_columns`.
        solutions : list of Solution or KernelSolution
            One for each column of targets.
        """


class ParityClassifierMixin(ScoreMixin):
    """A fit to classes: one model for two, one-vs-rest for more.

    The model has the parameters `class_weight` and `pos_label`.
    """

    def _fit(self, X, y, sensitive_features, sample_weight):
        data = self._columns(X, y, sensitive_features, sample_weight)
        return self._fit_columns(*data)

    def _columns(self, X, y, sensitive_features, sample_weight):
        """What `_fit_columns` takes."""
        if any_lazy(X, y, sensitive_features, sample_weight):
            return class_columns(self, X, y, sensitive_features, sample_weight)
        X, y, weight = self._read(X, y, sensitive_features, sample_weight)
        codes = class_codes(self, y)
        with np.errstate(over="ignore"):  # `check_magnitudes` refuses what overflows
            row_weight = weight * class_factors(self, y, codes, weight)
        columns, contrasts = binary_columns(self, y, codes, sensitive_features, weight)
        return X, columns, row_weight, contrasts


class ParityRegressorMixin(ScoreMixin):
    """A fit to one numeric target."""

    def _fit(self, X, y, sensitive_features, sample_weight):
        data = self._columns(X, y, sensitive_features, sample_weight)
        return self._fit_columns(*data)

    def _columns(self, X, y, sensitive_features, sample_weight):
        """What `_fit_columns` takes."""
        data = X, y, sensitive_features, sample_weight
        if any_lazy(*data):
            return number_columns(self, *data)
        X, y, weight = self._read(*data, y_numeric=True)
        y = numeric_target(y)
        contrasts = regression_contrasts(self, y, sensitive_features, weight)
        return X, [y], weight, [contrasts]
