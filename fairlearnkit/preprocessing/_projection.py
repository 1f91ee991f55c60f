"""Projection away from the directions that separate groups."""

import warnings
from numbers import Real

import numpy as np
from scipy.linalg import qr, solve
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import check_collected
from fairlearnkit._data.targets import check_target, check_weight_sum
from fairlearnkit._models.constraint import (
    CONSTRAINT_PARAMETERS,
    read_contrasts,
    store_groups,
    with_positive_class,
)
from fairlearnkit._optim.compared import centred, largest_distance
from fairlearnkit._optim.problem import cell_means, find_shift, row_space
from fairlearnkit._optim.rows import make_rows
from fairlearnkit.utils._sklearn_private import (
    Interval,
    StrOptions,
    _check_feature_names_in,
    _check_sample_weight,
    _fit_context,
    all_or_nothing,
)


class ParityProjection(TransformerMixin, BaseEstimator):
    r"""Remove from X the directions along which the constrained means of groups differ.

    With M the rows of the constraint and Q an orthonormal basis of the row space of
    M X, the transformed data are

    .. math:: X (I - \text{strength} \; Q Q^\top)

    so that at full strength no linear score of them has a gap: M X' w = 0 for all w.
    An l2-regularised linear model on them is the exact constrained model: with
    ``LogisticRegression`` it is
    :class:`~fairlearnkit.linear_model.ParityLogisticRegression` at ``max_gap=0``.
    Groups are needed at fit only.

    Parameters
    ----------
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "equal_opportunity", "equalized_odds", "decorrelation",
        or an object of :mod:`fairlearnkit.constraints`.
    pos_label : scalar, default=None
        The positive class of "equal_opportunity", and of objects that have one. None
        takes 1 where labels are {0, 1}, {-1, 1} or booleans; of other labels it has to
        be named.
    method : {"orthogonal", "elimination"}, default="orthogonal"
        "elimination" is the papers' variant: it solves the constraint for one pivot
        feature a direction, the one of largest weight, subtracts its share from the
        others and drops it. The others stay readable, but a penalty then weighs them
        differently from "orthogonal".
    strength : float, default=1.0
        Between 0 (X unchanged) and 1 (no gap left). Below 1 no feature is dropped.
    missing : {"error", "group", "ignore"}, default="error"
        Rows with a missing sensitive feature: refused, a group of their own, or left
        out of the constraint.

    Attributes
    ----------
    directions_ : ndarray of shape (n_directions, n_features)
        Orthonormal rows Q'.
    pivots_ : ndarray of shape (n_directions,) or None
        Pivot features of "elimination".
    gap_ : float
        Largest gap that a linear score with coefficients of unit norm has on the
        transformed training data (before dropping pivots).
    groups_ : ndarray or None
        Group labels, None for numeric sensitive columns.
    group_counts_ : ndarray or None
        Rows of each group.
    pos_label_ : scalar or None
        The positive class of the constraint; None where it has none.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names, where X had string column names.

    Raises
    ------
    ValueError
        No sensitive features, another length, one group, a group without rows in a
        cell of the constraint, or a positive class that has to be named.

    Warns
    -----
    SmallGroupWarning
        Fewer than 10 rows in a cell of the constraint.
    UserWarning
        The means agree already and X is returned unchanged.

    Notes
    -----
    Dense X only, since the result is dense: the linear models apply the same
    projection to sparse X without forming it. Only means are equalised; a model that
    is not linear can still tell the groups apart.

    References
    ----------
    Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
    Fairness Constraints. NeurIPS 2018.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.preprocessing import ParityProjection
    >>> X, y, group = make_biased_classification(random_state=0)
    >>> Z = ParityProjection().fit_transform(X, sensitive_features=group)
    >>> means = [Z[group == g].mean(axis=0) for g in sorted(set(group))]
    >>> bool(abs(means[0] - means[1]).max() < 1e-12)
    True
    """

    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        **CONSTRAINT_PARAMETERS,
        "pos_label": "no_validation",
        "method": [StrOptions({"orthogonal", "elimination"})],
        "strength": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        *,
        constraint="demographic_parity",
        pos_label=None,
        method="orthogonal",
        strength=1.0,
        missing="error",
    ):
        self.constraint = constraint
        self.pos_label = pos_label
        self.method = method
        self.strength = strength
        self.missing = missing

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Find the directions to remove.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,), default=None
            Class labels, for constraints that look at them.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, or numeric columns for "decorrelation". Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the means.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        check_alignment(
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        X = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        check_target(y)
        if y is not None:
            y = column_or_1d(y)
            check_consistent_length(X, y)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_weight_sum(weight)
        constraint, self.pos_label_ = with_positive_class(
            self.constraint, y, self.pos_label
        )
        contrasts = read_contrasts(
            self, len(X), y, sensitive_features, weight, constraint
        )
        shift, noise = find_shift(X)
        rows = make_rows(X, weight, weight, shift if shift.any() else None)
        directions = cell_means(rows, contrasts.means)
        Q, _ = row_space(directions, contrasts.strata, noise)
        store_groups(self, contrasts)
        self.directions_ = Q.T
        self.gap_ = _gap_left(directions, contrasts.strata, Q, self.strength)
        self.pivots_ = None
        if self.method == "elimination":
            self.pivots_ = _pivots(self.directions_)
        if len(self.directions_) == X.shape[1] and self.strength == 1:
            msg = (
                "ParityProjection removes everything: there are as many independent "
                "constraints as features. Compare fewer groups, add features, or take "
                "a strength below 1."
            )
            warnings.warn(msg, UserWarning, stacklevel=4)
        if not len(self.directions_):
            msg = (
                "ParityProjection found nothing to remove: the means that the "
                "constraint compares agree already, and transform returns X unchanged."
            )
            warnings.warn(msg, UserWarning, stacklevel=4)
        return self

    def transform(self, X):
        """Remove the directions from X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
            As many features as X has, less the pivots for "elimination" at full
            strength. float32 stays float32.
        """
        check_is_fitted(self)
        check_collected("X", X)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        rows = self.directions_.astype(X.dtype)
        if self.method == "elimination":
            shares = solve(rows[:, self.pivots_], rows) if len(rows) else rows
            X_new = X - self.strength * (X[:, self.pivots_] @ shares)
            return X_new[:, self._kept()]
        return X - self.strength * ((X @ rows.T) @ rows)

    @all_or_nothing
    def fit_transform(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Fit to the data, then transform them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,), default=None
            Class labels, for constraints that look at them.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, or numeric columns for "decorrelation". Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the means.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
            The transformed features.
        """
        return self.fit(
            X, y, sensitive_features=sensitive_features, sample_weight=sample_weight
        ).transform(X)

    def get_feature_names_out(self, input_features=None):
        """Names of the transformed features: those of X, less dropped pivots.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features of X; None takes those seen in fit.

        Returns
        -------
        names : ndarray of str
            One for each column of `transform`.
        """
        check_is_fitted(self)
        return _check_feature_names_in(self, input_features)[self._kept()]

    def _kept(self):
        kept = np.ones(self.n_features_in_, dtype=bool)
        if self.method == "elimination" and self.strength == 1:
            kept[self.pivots_] = False
        return kept

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _pivots(directions):
    """Features to solve the constraint for; of one direction, argmax |u_j|."""
    if not len(directions):  # which older LAPACK wrappers do not take
        return np.zeros(0, dtype=np.intp)
    order = qr(directions, mode="r", pivoting=True)[1]
    return np.sort(order[: len(directions)])


def _gap_left(directions, strata, Q, strength):
    """Largest distance of the cells' means once a share of what Q spans is removed."""
    rest = centred(directions, strata)
    rest -= strength * (rest @ Q) @ Q.T
    # By a power of two near 1, for squares that neither overflow nor vanish.
    _, power = np.frexp(np.abs(rest).max(initial=0.0))
    return float(np.ldexp(largest_distance(np.ldexp(rest, -power), strata), power))
