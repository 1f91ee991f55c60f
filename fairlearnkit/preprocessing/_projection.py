"""Projection onto the complement of the directions that separate groups."""

import warnings
from numbers import Real

import numpy as np
from scipy import sparse
from scipy.linalg import solve
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy, check_collected
from fairlearnkit._data.lazy_rows import (
    by_partition,
    check_default_output,
    float_dtype,
)
from fairlearnkit._data.targets import check_target, check_weight_sum
from fairlearnkit._models.constraint import (
    CONSTRAINT_PARAMETERS,
    read_contrasts,
    store_groups,
    with_positive_class,
)
from fairlearnkit._models.dask_columns import feature_columns
from fairlearnkit._optim.problem import cell_means, find_shift, row_space
from fairlearnkit._optim.rows import make_rows
from fairlearnkit._optim.strata import center_strata, largest_distance
from fairlearnkit.utils._sklearn_private import (
    DocumentedMixin,
    Interval,
    StrOptions,
    _check_feature_names_in,
    _check_sample_weight,
    _fit_context,
    all_or_nothing,
)

# Relative difference of two lengths that counts as rounding. Half or twice as much
# changes no pivot of 2,000 random problems.
SAME_SIZE = 1e-9


def _features_out(estimator, X):
    check_default_output(estimator)
    return float_dtype(X), estimator.get_feature_names_out()


class ParityProjection(TransformerMixin, DocumentedMixin, BaseEstimator):
    r"""Remove from X the directions along which the means of the groups differ.

    Let M be the contrast rows of the constraint and Q an orthonormal basis of the row
    space of M X. The transformed data X' are

    .. math:: X' = X (I - \text{strength} \; Q Q^\top)

    At full strength no linear score of X' has a gap: M X' w = 0 for all w. A linear
    model with an l2 penalty on X' is the exact constrained model; with
    ``LogisticRegression`` it is
    :class:`~fairlearnkit.linear_model.ParityLogisticRegression` at ``max_gap=0``.
    Groups are needed at fit only.

    Parameters
    ----------
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "equal_opportunity", "equalized_odds", "decorrelation",
        or an object of :mod:`fairlearnkit.constraints`.
    pos_label : scalar, default=None
        The positive class, for "equal_opportunity" and objects that have one. None
        takes 1 if labels are {0, 1}, {-1, 1} or booleans; for other labels it has to be
        given.
    method : {"orthogonal", "elimination"}, default="orthogonal"
        "elimination" is the variant of the paper: for each direction, it solves the
        constraint for a pivot feature with a large weight (the largest, for a single
        direction), substitutes it in the other features and drops it. The other
        features stay interpretable, but a penalty on their coefficients has another
        effect than with "orthogonal".
    strength : float, default=1.0
        Between 0 (X unchanged) and 1 (no gap left). Below 1 no feature is dropped.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, treat
        them as a group of their own, or leave them out of the constraint.

    Attributes
    ----------
    directions_ : ndarray of shape (n_directions, n_features)
        Orthonormal rows Q'.
    pivots_ : ndarray of shape (n_directions,) or None
        Pivot features of "elimination".
    gap_ : float
        Largest gap of a linear score of the transformed training data whose
        coefficients have norm 1 (before pivots are dropped).
    groups_ : ndarray or None
        Group labels, None for numeric sensitive columns.
    group_counts_ : ndarray or None
        Number of rows in each group.
    pos_label_ : scalar or None
        The positive class of the constraint; None if it has none.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had string column names.

    Raises
    ------
    TypeError
        If X is sparse.
    ValueError
        If sensitive features are not given, have another length than X, or hold a
        single group; if a group has no rows in a cell of the constraint; if the
        positive class has to be given.

    Warns
    -----
    SmallGroupWarning
        If a group has fewer than 10 rows in a cell of the constraint.
    UserWarning
        If the means already agree, so that X is returned unchanged, or if there are as
        many directions as features, so that nothing of X is left.

    Notes
    -----
    Only dense X is supported, since the result is dense: for sparse X, the linear
    models apply the same projection without forming it. Only means are equalised: a
    nonlinear model, such as a tree, can still distinguish the groups. The fitted
    projection keeps `directions_`, which are differences between group means, and no
    rows of X.

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
        """Compute the directions to remove.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.
        y : array-like of shape (n_samples,), default=None
            Class labels, for constraints that depend on them.
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
        check_dense(X)
        data = X, y, sensitive_features, sample_weight
        if any_lazy(*data):
            rows, contrasts = feature_columns(self, *data)
        else:
            rows, contrasts = self._read_inputs(*data)
        # The row space of M X is that of the differences of the means of the cells.
        # Columns far from zero are shifted, which cancels in differences: otherwise
        # rounding of their means would look like a difference. `noise` bounds what is
        # left of it, (n_features,).
        shift, noise = find_shift(*rows.ranges())
        means = cell_means(
            rows.shifted(shift), contrasts.means
        )  # (n_cells, n_features)
        Q, _ = row_space(means, contrasts.strata, noise)  # (n_features, n_directions)
        store_groups(self, contrasts)
        self.directions_ = Q.T
        self.gap_ = _remaining_gap(means, contrasts.strata, Q, self.strength)
        eliminates = self.method == "elimination"
        self.pivots_ = _pivots(self.directions_) if eliminates else None
        self._warn_of_degenerate_projections(rows.shape[1])
        return self

    def _read_inputs(self, X, y, sensitive_features, sample_weight):
        """Rows and contrasts of arguments in memory."""
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
        return make_rows(X, weight, weight), contrasts

    def _warn_of_degenerate_projections(self, n_features):
        """Warn if nothing is removed, or everything."""
        if len(self.directions_) == n_features and self.strength == 1:
            msg = (
                "ParityProjection removes everything: there are as many independent "
                "constraints as features. Compare fewer groups, add features, or "
                "choose a strength below 1."
            )
            warnings.warn(msg, UserWarning, stacklevel=5)
        if not len(self.directions_):
            msg = (
                "ParityProjection found nothing to remove: the means that the "
                "constraint compares agree already, and transform returns X unchanged."
            )
            warnings.warn(msg, UserWarning, stacklevel=5)

    @by_partition(_features_out)
    def transform(self, X):
        """Remove the directions from X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
            The features of X, for "elimination" at full strength without the pivots.
            float32 stays float32.
        """
        check_is_fitted(self)
        check_collected("X", X)
        check_dense(X)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        Qt = self.directions_.astype(X.dtype)
        if self.method == "elimination":
            # As in Donini et al. (2018), but for any number of directions.
            # Q'w = 0, solved for the pivots p: w_p = -(Q'_p)^-1 Q'_rest w_rest. In the
            # score X w, feature j then gets X_j - X_p (Q'_p)^-1 Q'_j.
            # coef: (n_directions, n_features)
            coef = solve(Qt[:, self.pivots_], Qt) if len(Qt) else Qt
            X_new = X - self.strength * (X[:, self.pivots_] @ coef)
            return X_new[:, self._kept_features()]
        # In this order Q Q', of shape (n_features, n_features), is not formed.
        return X - self.strength * ((X @ Qt.T) @ Qt)

    @all_or_nothing
    def fit_transform(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Fit to the data, then transform it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.
        y : array-like of shape (n_samples,), default=None
            Class labels, for constraints that depend on them.
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
        """Names of the transformed features: those of X without dropped pivots.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features of X; None takes the names seen in fit.

        Returns
        -------
        names : ndarray of str
            One for each column that `transform` returns.
        """
        check_is_fitted(self)
        return _check_feature_names_in(self, input_features)[self._kept_features()]

    def _kept_features(self):
        """Mask of the features that transform returns."""
        kept = np.ones(self.n_features_in_, dtype=bool)
        if self.method == "elimination" and self.strength == 1:
            kept[self.pivots_] = False
        return kept

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def check_dense(X):
    """Refuse sparse X, whose projection would be dense."""
    if not sparse.issparse(X):
        return
    size = 8e-9 * X.shape[0] * X.shape[1]
    msg = (
        f"ParityProjection needs dense X, got a sparse X of shape {X.shape}, whose "
        f"projection is dense ({size:.3g} GB). ParityLogisticRegression, "
        "ParityLinearSVC, ParityLinearSVR and ParityRidge apply the same projection to "
        "sparse X without forming it. For other models, pass X.toarray() if that fits "
        "the memory, or fewer features, such as those of TruncatedSVD."
    )
    raise TypeError(msg)


def _pivots(directions):
    """Features to solve the constraint for, as QR with column pivoting picks them.

    In turn the column of Q' that is furthest from the span of those before (Golub and
    Van Loan, Matrix Computations, 2013, section 5.4.2), so that the system for the
    pivots is well-conditioned. For a single direction u it is argmax |u_j|. Of columns
    that are as far but for rounding, such as those of equal features, the first.
    """
    rest, pivots = directions.copy(), []
    for _ in range(len(directions)):
        size = np.linalg.norm(rest, axis=0)
        pivots.append(int(np.argmax(size >= (1.0 - SAME_SIZE) * size.max())))
        unit = rest[:, pivots[-1]] / size[pivots[-1]]
        rest -= np.outer(unit, unit @ rest)
    return np.sort(np.array(pivots, dtype=np.intp))


def _remaining_gap(means, strata, Q, strength):
    """Largest distance between the means of two compared cells after the projection.

    Scaled by a power of two, which is exact, so that squares neither overflow nor
    underflow.
    """
    rest = center_strata(means, strata)  # (n_cells, n_features)
    rest -= strength * (rest @ Q) @ Q.T
    _, power = np.frexp(np.abs(rest).max(initial=0.0))
    return float(np.ldexp(largest_distance(np.ldexp(rest, -power), strata), power))
