"""Base classes of the linear models under a parity constraint."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.containers import check_collected
from fairlearnkit._data.lazy_rows import by_partition, float_dtype
from fairlearnkit._data.progress import Progress
from fairlearnkit._models.base import (
    BaseParityModel,
    ParityClassifierMixin,
    ParityRegressorMixin,
)
from fairlearnkit._models.constraint import CONSTRAINT_PARAMETERS
from fairlearnkit._models.magnitudes import check_magnitudes, varies_by_rounding
from fairlearnkit._models.messages import (
    FLOAT32_ROUNDING,
    TOLERATED,
    asked_gap,
    constant_scores,
    not_converged,
    warn_together,
)
from fairlearnkit._models.plain import fitted_like
from fairlearnkit._optim import problem_of_rows, solve, solve_ratios, solver_names
from fairlearnkit._optim.rows import Rows, largest_of, make_rows, sums_of
from fairlearnkit._optim.strata import largest_gap
from fairlearnkit.utils._sklearn_private import (
    Interval,
    LinearClassifierMixin,
    StrOptions,
)

# Frames between a warning of a diagnosis and the call of `fit`, the decorators of `fit`
# included.
STACKLEVEL = 8


def as_rows(X, y, weight):
    """Rows of features that are in memory; others are rows already.

    Parameters
    ----------
    X : {ndarray, CSR array, Rows} of shape (n_samples, n_features)
        Features.
    y, weight : column
        Targets and weights.

    Returns
    -------
    rows : Rows
    """
    if isinstance(X, Rows):
        return X.with_targets(y, weight)
    return make_rows(X, y, weight)


def scores_by_class(estimator, X):
    """Dtype and columns of one score a row, or of one a row and class."""
    two = len(estimator.classes_) == 2
    return scores_of(estimator, X)[0], None if two else estimator.classes_


def probabilities_by_class(estimator, X):
    """Dtype and columns of one probability a row and class."""
    return scores_of(estimator, X)[0], estimator.classes_


def predicted_classes(estimator, X):
    """Dtype of class labels, and no columns."""
    return estimator.classes_.dtype, None


def scores_of(estimator, X):
    """Dtype of scores, and no columns."""
    return np.result_type(float_dtype(X), estimator.coef_.dtype), None


def leaves_no_direction(rows, solution, ends=None):
    """Whether an equality makes a solution predict the same for every row.

    Parameters
    ----------
    rows : Rows
        Rows of the fit.
    solution : Solution
        What was found.
    ends : ndarray of shape (2,), default=None
        The largest score and the negative of the smallest, where they are known.

    Returns
    -------
    is_constant : bool
    """
    if solution.bound != 0:
        return False
    if solution.rank and solution.status == "optimal" and not solution.coef.any():
        return True
    if solution.rank == rows.shape[1]:
        return True
    coef = solution.coef.astype(np.float64)
    if ends is None:
        ends = rows.largest(_ends, rows.matvec(coef))
    return varies_by_rounding(ends.sum(), rows.ranges(), coef)


def _ends(block, scores):
    """The largest score, and the negative of the smallest."""
    return np.array([scores.max(), -scores.min()])


def _sums_by_cell(block, weights, scores):
    return weights.T @ scores


def _weights_in_loss(block, weight, objective, total):
    return objective.row_weights(weight, total)


def _has_plain_model(estimator):
    """Whether scikit-learn has a class with the predictions of this one."""
    return estimator._plain_model is not None


class BaseParityLinear(BaseParityModel):
    """A linear model w, b of one target column at a time.

    With |M f| <= max_gap, or M f = gap_ratio M f_plain. A subclass says what is
    minimised: `_objective` returns an `Objective`. If scikit-learn has a model of the
    same form, the method `_plain_model` returns one with the same parameters, not
    fitted, and `to_sklearn` does the rest.
    """

    _plain_model = None

    gap_ratio, verbose = None, 0  # of classes without these parameters

    _keeps_float32 = False

    _dtypes = (np.float64, np.float32)

    _parameter_constraints: dict = {  # noqa: RUF012
        **CONSTRAINT_PARAMETERS,
        "max_gap": [Interval(Real, 0, None, closed="both")],
        "gap_ratio": [Interval(Real, None, None, closed="neither"), None],
        "tol": [Interval(Real, 0, 1, closed="left")],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "solver": [StrOptions(solver_names())],
        "solver_params": [dict, None],
        "convex_constraints": [callable, None],
        "verbose": ["verbose"],
    }

    def _solve_columns(self, X, columns, weight, contrasts):
        dtype = X.dtype if self._keeps_float32 else np.float64
        rows = as_rows(X, columns[0], weight)
        solutions, gaps = [], []
        problems = self._problems(rows, columns, weight, contrasts)
        for problem, column_contrasts in zip(problems, contrasts):
            solution = self._solve(problem, dtype=dtype)
            gaps.append(self._diagnose(rows, X.dtype, column_contrasts, solution))
            solutions.append(solution)
        return solutions, gaps

    def _problems(self, X, columns, weight, contrasts):
        """The problem of each column of targets, built when it is its turn.

        X is what `_fit_columns` takes, or rows of it.
        """
        if self.gap_ratio is not None and self.max_gap != 0:
            msg = (
                f"max_gap={self.max_gap!r} and gap_ratio={self.gap_ratio!r} are two "
                "constraints on the same gap. Pass one of them: max_gap for a bound in "
                "units of scores, gap_ratio for a part of the gap without constraint."
            )
            raise ValueError(msg)
        objective, rows = self._objective(), as_rows(X, columns[0], weight)
        total = rows.total(weight) if objective.averaged else None
        options = {"objective": objective, "total": total}
        with np.errstate(over="ignore"):
            c = rows.column(_weights_in_loss, weight, **options)
        size = np.abs(rows.ranges()).max(initial=0.0)
        for y, column_contrasts in zip(columns, contrasts):
            own = rows.with_targets(y, c)
            check_magnitudes(self, own, objective.loss, objective.penalty, size)
            yield self._build_problem(own, y, c, objective, column_contrasts)

    def _build_problem(self, X, y, c, objective, contrasts):
        return problem_of_rows(
            as_rows(X, y, c),
            loss=objective.loss,
            reg=objective.penalty,
            fit_intercept=objective.fit_intercept,
            means=contrasts.means,
            strata=contrasts.strata,
            bound=self.max_gap,
        )

    def _solve(self, problem, **options):
        if self.gap_ratio is None:
            return solve(problem, **self._solver_options(), **options)
        return self._solve_ratios(problem, [float(self.gap_ratio)], **options)[0]

    def _solve_ratios(self, problem, ratios, **options):
        """Solutions for several ratios of the gap, a list."""
        return solve_ratios(problem, ratios, **self._solver_options(), **options)

    def _solver_options(self):
        return {
            "solver": self.solver,
            "tol": self.tol,
            "max_iter": self.max_iter,
            "solver_params": self.solver_params,
            "convex_constraints": self.convex_constraints,
            "progress": Progress(type(self).__name__, self.verbose),
        }

    def _store(self, X, weight, solutions):
        self.coef_ = np.array([s.coef for s in solutions])
        self.intercept_ = np.array([s.intercept for s in solutions], self.coef_.dtype)

    def _diagnose(self, rows, dtype, contrasts, solution):
        """Gap of the training scores; warns if the model is not what was asked for."""
        scores = rows.matvec(solution.coef.astype(np.float64))
        weights = rows.weights_of_cells(contrasts.means)
        means, ends = rows.together(
            sums_of(_sums_by_cell, weights, scores), largest_of(_ends, scores)
        )
        gap = largest_gap(means, contrasts.strata)
        messages = []
        if leaves_no_direction(rows, solution, ends):
            messages.append((UserWarning, constant_scores(self)))
        allowed = TOLERATED * solution.bound + FLOAT32_ROUNDING
        if dtype == np.float32 and gap > allowed:
            msg = (
                f"In float32 the coefficients leave a gap of {gap:.3g}, where "
                f"{asked_gap(self, solution.bound)}. Scale the features, or "
                "pass X in float64."
            )
            messages.append((UserWarning, msg))
        if solution.status != "optimal":
            asked = asked_gap(self, solution.bound)
            msg = not_converged(self, solution, gap, asked)
            messages.append((ConvergenceWarning, msg))
        warn_together(messages, STACKLEVEL)
        return gap

    @available_if(_has_plain_model)
    def to_sklearn(self):
        """The fitted model as one of scikit-learn, with the same predictions.

        For tools that know scikit-learn's classes only, such as converters to ONNX.
        The result knows nothing of the constraint: to fit it again gives a model
        without one.

        Returns
        -------
        model : estimator
            Fitted, with copies of the coefficients and with the parameters that both
            classes have in common (the penalty, `fit_intercept`, the loss,
            `class_weight`). A logistic regression of more than two classes becomes a
            OneVsRestClassifier, which is told no `class_weight`: it would weigh each
            class against all others together.

        Raises
        ------
        NotFittedError
            The model is not fitted.
        """
        check_is_fitted(self)
        return fitted_like(self._plain_model(), self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class BaseParityClassifier(
    ParityClassifierMixin, LinearClassifierMixin, BaseParityLinear
):
    """One model for two classes, one-vs-rest for more."""

    @by_partition(predicted_classes)
    def predict(self, X):
        """Predict the class of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        return super().predict(X)

    @by_partition(scores_by_class)
    def decision_function(self, X):
        """Scores of the rows: signed distances to the hyperplane, not scaled.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Of two classes those of ``classes_[1]``, which is predicted above 0.
        """
        check_collected("X", X)
        return super().decision_function(X)


class BaseParityRegressor(ParityRegressorMixin, RegressorMixin, BaseParityLinear):
    """One numeric target."""

    def _store(self, X, weight, solutions):
        super()._store(X, weight, solutions)
        self.coef_, self.intercept_ = self.coef_[0], float(self.intercept_[0])

    @by_partition(scores_of)
    def predict(self, X):
        """Predict the target.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.

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
