"""Feature repair: every column with the same distribution in every group."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.counts import counts_table
from fairlearnkit._data.matching import sensitive_names
from fairlearnkit._data.messages import TRANSFORM
from fairlearnkit._data.rows import read_weight
from fairlearnkit._models.barycenter import (
    BARYCENTER_PARAMETERS,
    match_stages,
    needs_pooled,
    read_stages,
    stage_strengths,
    store_stages,
)
from fairlearnkit._transport.distributions import laws_by_group
from fairlearnkit._transport.maps import transport, transport_maps
from fairlearnkit.utils._sklearn_private import (
    Interval,
    _fit_context,
    all_or_nothing,
)


class BarycenterTransformer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Move every column to the barycenter of its distributions in the groups.

    With :math:`F_s` and :math:`Q_s` the distribution and quantile functions of a column
    in group s, and :math:`p_s` the weights of the groups, a value x of group s becomes

    .. math:: (1 - \text{strength}) \, x + \text{strength} \, T_s(x), \quad
              T_s = \sum_{s'} p_{s'} Q_{s'} \circ F_s

    so that at full strength the column has one distribution in all groups, the closest
    to those that it had (in mean squared distance). Groups are needed at fit and at
    transform.

    Parameters
    ----------
    strength : float, default=1.0
        Share of the way, between 0 (X unchanged) and 1.
    sequential : array-like of shape (n_columns,), default=None
        None compares the intersections of all sensitive columns. A strength for each
        sensitive column, times `strength`, moves the values for one column after the
        other, in their order.
    group_weights : dict or list of dict, default=None
        Weights p, one for each group label, in any unit; None takes the shares of the
        rows. With `sequential`, a list with one dict, or None, for each column.
    unseen : {"error", "pooled"}, default="error"
        Rows of a group that was not seen in fit: refused, or moved by the map of all
        groups together.
    missing : {"error", "group", "ignore"}, default="error"
        Rows with a missing sensitive feature: refused, a group of their own, or left
        out of the distributions and moved by the map of all groups together.
    n_quantiles : int, default=None
        Keep at most this many knots of each map, at even quantile levels, instead of
        one for each distinct value.

    Attributes
    ----------
    maps_ : list of list of list of tuple
        ``maps_[j][k][g]`` are the knots of column j, and where they go, in stage k for
        group g; there is one stage, or one for each column of `sequential`.
    pooled_maps_ : list of list of tuple or None
        The same for all groups together, None where they are not needed.
    groups_ : ndarray of shape (n_groups,), or list of ndarray
        Group labels; with `sequential` those of each sensitive column.
    group_counts_ : ndarray of shape (n_groups,), or list of ndarray
        Rows of each group, of positive weight.
    group_weights_ : ndarray of shape (n_groups,), or list of ndarray
        p, of sum 1.
    sensitive_feature_names_in_ : list of str or None
        Names of the sensitive columns, None where they had none. Several columns are
        matched by these names afterwards, by position where either side has none.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names, where X had string column names.

    Raises
    ------
    ValueError
        No sensitive features, another length, one group, missing or unseen groups, at
        transform other columns than in fit; a group without values in a column,
        infinite values in X.

    Warns
    -----
    SmallGroupWarning
        Fewer than 10 rows in a group.

    See Also
    --------
    fairlearnkit.postprocessing.BarycenterRegressor : The same for predictions.

    Notes
    -----
    Exact for the weighted sample that was fitted: a value that occurs many times is
    spread over its quantile interval and averaged. The weighted mean of a column
    without NaN is kept, the order within a group too, and distributions that agree
    already stay as they are. Between the values seen in fit a map is linear, beyond
    them constant. Each row is moved by its own values and group alone.

    NaN stays NaN and does not count. Each column is moved by itself: several columns
    together, or a model of them, can still tell the groups apart. With `n_quantiles`
    all this holds approximately. Knots are values of the training rows: with
    ``n_quantiles`` few of them are kept.

    References
    ----------
    Feldman, Friedler, Moeller, Scheidegger, Venkatasubramanian: Certifying and
    Removing Disparate Impact. KDD 2015. Chzhen, Denis, Hebiri, Oneto, Pontil: Fair
    Regression with Wasserstein Barycenters. NeurIPS 2020. Hu, Ratz, Charpentier: A
    Sequentially Fair Mechanism for Multiple Sensitive Attributes. AAAI 2024.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.preprocessing import BarycenterTransformer
    >>> X, y, group = make_biased_classification(random_state=0)
    >>> Z = BarycenterTransformer().fit_transform(X, sensitive_features=group)
    >>> medians = [np.median(Z[group == g], axis=0) for g in sorted(set(group))]
    >>> bool(abs(medians[0] - medians[1]).max() < 0.01)
    True
    """

    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__transform = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        **BARYCENTER_PARAMETERS,
        "n_quantiles": [Interval(Integral, 2, None, closed="left"), None],
    }

    def __init__(
        self,
        strength=1.0,
        *,
        sequential=None,
        group_weights=None,
        unseen="error",
        missing="error",
        n_quantiles=None,
    ):
        self.strength = strength
        self.sequential = sequential
        self.group_weights = group_weights
        self.unseen = unseen
        self.missing = missing
        self.n_quantiles = n_quantiles

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Find the maps of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features; NaN is no value.
        y : array-like of shape (n_samples,), default=None
            Not looked at.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the distributions and in p.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        check_alignment(
            X=X, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        X = self._checked(X, reset=True)
        weight = read_weight(sample_weight, len(X))
        stages = read_stages(self, sensitive_features, len(X))
        self.sensitive_feature_names_in_ = sensitive_names(sensitive_features)
        shares = store_stages(self, stages, weight)
        self.maps_, self.pooled_maps_ = [], []
        for j in range(X.shape[1]):
            maps, pooled_maps = self._fit_column(j, X[:, j], stages, shares, weight)
            self.maps_.append(maps)
            self.pooled_maps_.append(pooled_maps)
        return self

    def _fit_column(self, j, x, stages, shares, weight):
        """Maps of one column, stage by stage."""
        known = ~np.isnan(x)
        if weight is not None:
            known &= weight > 0
        maps, pooled_maps = [], []
        if not known.any():
            return maps, pooled_maps
        x, w = x[known].astype(np.float64), None if weight is None else weight[known]
        strengths = stage_strengths(self)
        for k, (stage, p) in enumerate(zip(stages, shares)):
            codes = stage.codes[known]
            counts = np.bincount(codes[codes >= 0], minlength=len(stage.labels))
            if counts.min() == 0:
                msg = (
                    f"Column {self._name(j)} has no values in a group: "
                    f"{counts_table(stage.labels, counts)}. Fill it, or leave it out."
                )
                raise ValueError(msg)
            laws = laws_by_group(x, codes, len(stage.labels), w)
            options = {"pooled": needs_pooled(self), "n_quantiles": self.n_quantiles}
            found, pooled_map = transport_maps(laws, p, **options)
            maps.append(found)
            pooled_maps.append(pooled_map)
            if k + 1 < len(stages):
                x = transport(x, codes, found, pooled_map, strengths[k])
        return maps, pooled_maps

    def transform(self, X, *, sensitive_features=None):
        """Move each row by the maps of its group.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels of the rows. Required. Several columns are matched by name.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features)
            The moved features. NaN stays NaN, float32 stays float32.
        """
        check_is_fitted(self)
        check_alignment(X=X, sensitive_features=sensitive_features)
        X = self._checked(X, reset=False)
        stages = match_stages(self, sensitive_features, len(X), TRANSFORM)
        X_new = X.copy()
        for j, (maps, pooled_maps) in enumerate(zip(self.maps_, self.pooled_maps_)):
            known = ~np.isnan(X[:, j])
            x = X[known, j].astype(np.float64)
            steps = zip(stages, maps, pooled_maps, stage_strengths(self))
            for codes, found, pooled_map, strength in steps:
                x = transport(x, codes[known], found, pooled_map, strength)
            X_new[known, j] = x
        return X_new

    @all_or_nothing
    def fit_transform(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Fit to the data, then transform them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features; NaN is no value.
        y : array-like of shape (n_samples,), default=None
            Not looked at.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the distributions and in p.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features)
            The moved features.
        """
        return self.fit(
            X, y, sensitive_features=sensitive_features, sample_weight=sample_weight
        ).transform(X, sensitive_features=sensitive_features)

    def _checked(self, X, *, reset):
        return validate_data(
            self,
            X,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
            reset=reset,
        )

    def _name(self, j):
        return (
            repr(self.feature_names_in_[j]) if hasattr(self, "feature_names_in_") else j
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
