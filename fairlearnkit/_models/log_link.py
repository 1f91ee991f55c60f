"""Base class of the regressors whose expected target is exp(<w, x> + b)."""

import warnings
from abc import abstractmethod
from numbers import Real

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import check_consistent_length, column_or_1d

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.lazy_rows import by_partition
from fairlearnkit._data.partitions import sums_of_partitions
from fairlearnkit._data.targets import check_target, numeric_target
from fairlearnkit._models.linear import (
    BaseParityLinear,
    BaseParityRegressor,
    as_rows,
    scores_of,
)
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim import solver_names
from fairlearnkit._optim.rows import make_rows
from fairlearnkit.utils._sklearn_private import (
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
)


class BaseParityLogLink(BaseParityRegressor):
    """A generalised linear model with a log link; a subclass gives the deviance.

    The score f = <w, x> + b, on which the constraint is, is the log of the expectation.
    """

    _keeps_float32 = True

    _parameter_constraints: dict = {  # noqa: RUF012
        **BaseParityLinear._parameter_constraints,
        "alpha": [Interval(Real, 0, None, closed="left")],
        "solver": [StrOptions(solver_names("smooth"))],
    }

    # What to do about targets that the loss does not take.
    _cure: str

    def __init__(
        self,
        *,
        alpha=1.0,
        constraint="demographic_parity",
        max_gap=0.0,
        gap_ratio=None,
        fit_intercept=True,
        tol=1e-8,
        missing="error",
        solver="auto",
        solver_params=None,
        convex_constraints=None,
        max_iter=100,
        verbose=0,
    ):
        self.alpha = alpha
        self.constraint = constraint
        self.max_gap = max_gap
        self.gap_ratio = gap_ratio
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.convex_constraints = convex_constraints
        self.max_iter = max_iter
        self.verbose = verbose

    @property
    @abstractmethod
    def _loss(self):
        """The loss, a `LogLinkLoss`."""

    def _objective(self):
        return Objective(
            self._loss,
            self.alpha,
            fit_intercept=self.fit_intercept,
            averaged=True,
        )

    def _columns(self, X, y, sensitive_features, sample_weight):
        """What `_fit_columns` takes."""
        data = super()._columns(X, y, sensitive_features, sample_weight)
        X, (target,), weight, _ = data
        rows = as_rows(X, target, weight)
        self._check_range(rows)
        n_events, n_unweighted = rows.sums(_events)
        if self.fit_intercept and not n_events:
            msg = (
                f"{type(self).__name__} has no best intercept: y is 0 in every row"
                f"{' with a positive weight' if n_unweighted else ''}, whose expected "
                "value exp(f) is positive. Add rows with events, or pass "
                "fit_intercept=False."
            )
            raise ValueError(msg)
        return data

    def _check_range(self, rows):
        """Refuse targets without a deviance."""
        n_outside = rows.sums(_count_outside, loss=self._loss)
        if n_outside:
            smallest = -rows.largest(_smallest_outside, loss=self._loss)
            msg = (
                "Some value(s) of y are out of the valid range of "
                f"{type(self).__name__}: {n_outside} of {rows.shape[0]} are, the "
                f"smallest is {smallest:.6g}. {self._cure}"
            )
            raise ValueError(msg)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.
        y : array-like of shape (n_samples,)
            Target.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, or numeric columns for "decorrelation". Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss and in the constraint, such as the exposure of each row;
            weight 2 counts as two rows.

        Returns
        -------
        self : object
            The fitted model.
        """
        return self._fit(X, y, sensitive_features, sample_weight)

    def linear_predictor(self, X):
        """Compute the log of the predictions, which the constraint is about.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.

        Returns
        -------
        f : ndarray of shape (n_samples,)
            Scores <w, x> + b.
        """
        return super().predict(X)

    @by_partition(scores_of)
    def predict(self, X):
        """Predict the expected target, the exponential of the linear predictor.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predictions, all positive.
        """
        return np.exp(self.linear_predictor(X))

    def score(self, X, y, sample_weight=None):
        """D^2, the share of the deviance that the model explains.

        As in scikit-learn, 1 less the deviance of the predictions over that of the mean
        of `y`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            At most 1; NaN, with an UndefinedMetricWarning, if all `y` are the same.
        """
        data = {"X": X, "y": y, "sample_weight": sample_weight}
        if any_lazy(*data.values()):
            return self._score_of_partitions(data)
        check_alignment(**data)
        f = np.asarray(self.linear_predictor(X), dtype=np.float64)
        check_target(y)
        y = numeric_target(column_or_1d(y))
        check_consistent_length(f, y)
        weight = _check_sample_weight(sample_weight, f, ensure_non_negative=True)
        self._check_range(make_rows(np.empty((len(y), 0)), y, weight))
        mean = np.average(y, weights=weight)
        if not np.ptp(y[weight > 0]):
            msg = f"D^2 is not defined: y is {mean:.6g} in every row, without deviance."
            warnings.warn(msg, UndefinedMetricWarning, stacklevel=2)
            return float("nan")
        null = weight @ self._loss.value(y, np.full(len(y), np.log(mean)))
        return float(1.0 - weight @ self._loss.value(y, f) / null)

    def _score_of_partitions(self, data):
        total, target = sums_of_partitions("d2", data, _target_of_part)
        sums = sums_of_partitions("d2", data, _losses_of_part, self, target / total)
        return float(1.0 - sums[0] / sums[1])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags


def _events(block):
    """Rows with a weight whose target is not 0, and rows without a weight."""
    return np.count_nonzero(block.y[block.c > 0]), np.count_nonzero(block.c == 0)


def _count_outside(block, loss):
    return np.count_nonzero(~loss.takes(block.y))


def _smallest_outside(block, loss):
    """The negative of the smallest target without a deviance."""
    return -block.y[~loss.takes(block.y)].min(initial=np.inf)


def _read_part(part):
    y = numeric_target(column_or_1d(part["y"]))
    weight = part.get("sample_weight")
    return y, _check_sample_weight(weight, y, ensure_non_negative=True)


def _target_of_part(part):
    """Sums of weights and of targets, of a partition."""
    if not part["X"].shape[0]:
        return None
    y, weight = _read_part(part)
    return np.array([weight.sum(), weight @ y])


def _losses_of_part(part, model, mean):
    """Losses of the model and of the mean, of a partition."""
    if not part["X"].shape[0]:
        return None
    y, weight = _read_part(part)
    model._check_range(make_rows(np.empty((len(y), 0)), y, weight))
    f = np.asarray(model.linear_predictor(part["X"]), dtype=np.float64)
    scores = f, np.full(len(y), np.log(mean))
    return np.array([weight @ model._loss.value(y, score) for score in scores])
