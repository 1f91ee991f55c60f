"""Feature repair: each column with the same distribution in all groups."""

from functools import partial
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.counts import counts_table
from fairlearnkit._data.matching import sensitive_names
from fairlearnkit._data.messages import TRANSFORM
from fairlearnkit._data.rows import read_weight
from fairlearnkit._models.barycenter import (
    BARYCENTER_PARAMETERS,
    copy_with_strength,
    grouping_strengths,
    match_groupings,
    needs_pooled_map,
    read_groupings,
    store_groupings,
)
from fairlearnkit._transport.distributions import distributions_by_group
from fairlearnkit._transport.maps import transport_by_group, transport_maps
from fairlearnkit._transport.winsorising import LEAST_ROWS, winsorise_by_group
from fairlearnkit.utils._sklearn_private import (
    DocumentedMixin,
    Interval,
    _fit_context,
    all_or_nothing,
)

from ._dask_barycenter import fit_lazy_maps, read_lazy_rows, transform_lazily


class BarycenterTransformer(
    OneToOneFeatureMixin, TransformerMixin, DocumentedMixin, BaseEstimator
):
    r"""Move each column to the barycenter of its distributions in the groups.

    Let :math:`F_s` and :math:`Q_s` be the distribution and quantile functions of a
    column in group s, and :math:`p_s` the weights of the groups. A value x of group s
    becomes

    .. math:: (1 - \text{strength}) \, x + \text{strength} \, T_s(x), \quad
              T_s = \sum_{s'} p_{s'} Q_{s'} \circ F_s

    At full strength, the column has the same distribution in all groups: of all such
    distributions, the closest to the original ones in mean squared distance. Groups are
    needed at fit and at transform.

    Parameters
    ----------
    strength : float, default=1.0
        Between 0 (X unchanged) and 1 (the barycenter).
    sequential : array-like of shape (n_columns,), default=None
        With None, the intersections of all sensitive columns are compared. Otherwise,
        one strength for each sensitive column, which is multiplied by `strength`;
        values are moved for one column after the other, in their order.
    group_weights : dict or list of dict, default=None
        Weight p of each group label, in any unit; None takes the shares of the rows.
        With `sequential`, a list with one dict, or None, for each column.
    unseen : {"error", "pooled"}, default="error"
        What to do with rows of a group that was not seen in fit: raise an error, or
        move them by the map of all groups together.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, treat
        them as a group of their own, or leave them out of the distributions and move
        them by the map of all groups together.
    n_quantiles : int, default=None
        Largest number of knots of each map, at evenly spaced quantile levels; None
        keeps a knot for each distinct value. Maps are interpolated linearly between
        knots. This is coarse in the tails, where knots are far apart and where the four
        smallest and the four largest values of each group are moved inwards first (see
        Notes).

    Attributes
    ----------
    maps_ : list of list of list of tuple
        ``maps_[j][k][g]`` are the knots and their images for column j of X and group g
        of the k-th sensitive column; without `sequential`, k is 0 and groups are
        intersections of the columns.
    pooled_maps_ : list of list of tuple or None
        The maps of all groups together, None where they are not needed.
    groups_ : ndarray of shape (n_groups,), or list of ndarray
        Group labels; with `sequential`, those of each sensitive column.
    group_counts_ : ndarray of shape (n_groups,), or list of ndarray
        Number of rows with positive weight in each group.
    group_weights_ : ndarray of shape (n_groups,), or list of ndarray
        p, of sum 1.
    rank_error_ : ndarray of shape (`n_features_in_`,)
        Largest error of the distribution functions of each column: 0 where the maps are
        exact, as they always are in memory. For Dask collections see the Notes.
    sensitive_feature_names_in_ : list of str or None
        Names of the sensitive columns, None if they had none. Several columns are
        matched by these names after fit, by position if either side has no names.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If sensitive features are not given, have another length than X, hold a single
        group, missing values or unseen groups, or other columns at transform than in
        fit; if a column has no values in a group, or fewer than five with
        `n_quantiles`; if X has infinite values.

    Warns
    -----
    SmallGroupWarning
        If a group has fewer than 10 rows.

    See Also
    --------
    fairlearnkit.postprocessing.BarycenterRegressor : The same for predictions.

    Notes
    -----
    The maps are exact for the weighted sample in fit. A value that occurs several times
    covers an interval of quantile levels, and is mapped to the mean of the barycenter
    over it. The weighted mean of a column without NaN and the order within each group
    are kept; distributions that already agree are left as they are. Between the values
    seen in fit, a map is interpolated linearly; beyond them, it is constant. The result
    for a row depends only on its own values and group.

    NaN stays NaN and is ignored in fit. Columns are moved separately, so several of
    them together, or a model of them, can still reveal the group.

    Dask arrays and DataFrames are transformed lazily, and keep their partitions. A fit
    to them reads the rows once for the groups and once for each grouping. The distinct
    values of each group and column are merged across partitions, and the maps are those
    of a fit in memory, as long as 64 MB hold all of them: 4,194,304 values, divided
    evenly among the columns. A column with more gets quantile sketches (KLL, of the
    library datasketches), which are random. Its distribution functions then have an
    error of at most ``rank_error_``, with a probability of 0.99 for each group, so that
    the transformed column of two groups may differ by as much in each of them. The
    smaller the share of a column and group, the larger the error: 5e-5 for a single
    column of two groups, 2.4e-4 for 50 columns.

    The fitted transformer keeps training data. Without `n_quantiles`, `maps_` holds
    every distinct value of each column, sorted and separately for each group, the
    smallest and the largest included. With `n_quantiles` it holds at most that many. No
    extreme value is among them: before the maps are fitted, the four smallest values of
    a group become its fifth smallest, and the four largest its fifth largest
    (winsorising), so that at least five rows have the smallest value that is kept, and
    at least five the largest. A group of five to eight rows keeps its median only. The
    values in between are those of single rows. Rows are counted whatever they weigh.
    The properties above then hold approximately. The error is largest in the tails:
    below the second knot and above the last but one, a map is a straight line up to the
    last value, however many rows lie there, and beyond it, the map is constant.

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
        """Fit the maps of each column.

        Parameters
        ----------
        X : {array-like, Dask array or DataFrame} of shape (n_samples, n_features)
            Features. NaN is ignored.
        y : array-like of shape (n_samples,), default=None
            Ignored.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the distributions and in p.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        data = X, sensitive_features, sample_weight
        lazy = any_lazy(*data)
        read = partial(read_lazy_rows, self) if lazy else self._read
        X, sensitive_features, groupings, weight = read(*data)
        self.sensitive_feature_names_in_ = sensitive_names(sensitive_features)
        shares = store_groupings(self, groupings, weight)
        fit_maps = partial(fit_lazy_maps, self) if lazy else self._fit_maps
        fit_maps(X, groupings, shares, weight)
        return self

    def _read(self, X, sensitive_features, sample_weight):
        """X, groups and weights of rows in memory, checked."""
        check_alignment(
            X=X, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        X = self._validated(X, reset=True)
        weight = read_weight(sample_weight, len(X))
        groupings = read_groupings(self, sensitive_features, len(X))
        return X, sensitive_features, groupings, weight

    def _fit_maps(self, X, groupings, shares, weight):
        """Fit the maps of all columns."""
        self.maps_, self.pooled_maps_ = [], []
        for j in range(X.shape[1]):
            maps, pooled_maps = self._fit_column(j, X[:, j], groupings, shares, weight)
            self.maps_.append(maps)
            self.pooled_maps_.append(pooled_maps)
        self.rank_error_ = np.zeros(X.shape[1])

    def _fit_column(self, j, x, groupings, shares, weight):
        """Maps of column j for each grouping, and those of all groups together.

        1. Leave out NaN and rows without weight.
        2. Fit the maps of the groups of one grouping (Chzhen et al. 2020).
        3. Move the values by these maps before the next grouping is fitted, so that the
           maps of all sensitive columns can be applied one after the other (Hu, Ratz,
           Charpentier 2024).

        Parameters
        ----------
        j : int
            Position of the column.
        x : ndarray of shape (n_samples,)
            Its values.
        groupings : list of Groups
            Groups of all rows: one grouping by the intersections, or, with
            `sequential`, one for each sensitive column.
        shares : list of ndarray
            Weights p of the groups of each grouping.
        weight : ndarray of shape (n_samples,) or None
            Weights of the rows.

        Returns
        -------
        maps, pooled_maps : list
            Empty for a column without values.
        """
        # Step 1.
        known = ~np.isnan(x)
        if weight is not None:
            known &= weight > 0
        maps, pooled_maps = [], []
        if not known.any():
            return maps, pooled_maps
        x, w = x[known].astype(np.float64), None if weight is None else weight[known]
        options = {"pooled": needs_pooled_map(self), "n_quantiles": self.n_quantiles}
        for groups, p, strength in zip(groupings, shares, grouping_strengths(self)):
            codes, n_groups = groups.codes[known], len(groups.labels)
            counts = np.bincount(codes[codes >= 0], minlength=n_groups)
            self._check_values_in_groups(j, counts, groups.labels)
            # Step 2.
            kept = x
            if self.n_quantiles is not None:
                kept = winsorise_by_group(x, codes, n_groups)
            distributions = distributions_by_group(kept, codes, n_groups, w)
            group_maps, pooled_map = transport_maps(distributions, p, **options)
            maps.append(group_maps)
            pooled_maps.append(pooled_map)
            # Step 3, which is not needed after the last grouping.
            if groups is not groupings[-1]:
                x = transport_by_group(x, codes, group_maps, pooled_map, strength)
        return maps, pooled_maps

    def _check_values_in_groups(self, j, counts, labels):
        """Refuse a column that has only NaN, or too few values, in a group."""
        column, table = self._feature_name(j), counts_table(labels, counts)
        if counts.min() == 0:
            msg = (
                f"Column {column} has no values in a group: {table}. Impute it, or "
                "leave it out."
            )
            raise ValueError(msg)
        if self.n_quantiles is not None and counts.min() < LEAST_ROWS:
            msg = (
                f"Column {column} has fewer than {LEAST_ROWS} values in a group: "
                f"{table}. With n_quantiles={self.n_quantiles}, the smallest and the "
                f"largest value that are kept belong to at least {LEAST_ROWS} rows. "
                "Merge the group with another one, or set n_quantiles=None, which "
                "keeps all values."
            )
            raise ValueError(msg)

    def transform(self, X, *, sensitive_features=None):
        """Move each row by the maps of its group.

        Parameters
        ----------
        X : {array-like, Dask array or DataFrame} of shape (n_samples, n_features)
            Features.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required. Several columns are matched by name.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features), or Dask collection
            The moved features. NaN stays NaN, and float32 stays float32.
        """
        check_is_fitted(self)
        if any_lazy(X, sensitive_features):
            return transform_lazily(self, X, sensitive_features)
        check_alignment(X=X, sensitive_features=sensitive_features)
        X = self._validated(X, reset=False)
        groupings = match_groupings(self, sensitive_features, len(X), TRANSFORM)
        strengths = grouping_strengths(self)
        X_new = X.copy()
        for j, (maps, pooled_maps) in enumerate(zip(self.maps_, self.pooled_maps_)):
            known = ~np.isnan(X[:, j])
            # The maps are in float64; the result is cast to the dtype of X at the end.
            x = X[known, j].astype(np.float64)
            steps = zip(groupings, maps, pooled_maps, strengths)
            for codes, group_maps, pooled_map, strength in steps:
                x = transport_by_group(
                    x, codes[known], group_maps, pooled_map, strength
                )
            X_new[known, j] = x
        return X_new

    @all_or_nothing
    def fit_transform(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Fit to the data, then transform it.

        Parameters
        ----------
        X : {array-like, Dask array or DataFrame} of shape (n_samples, n_features)
            Features. NaN is ignored.
        y : array-like of shape (n_samples,), default=None
            Ignored.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the distributions and in p.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features), or Dask collection
            The moved features.
        """
        return self.fit(
            X, y, sensitive_features=sensitive_features, sample_weight=sample_weight
        ).transform(X, sensitive_features=sensitive_features)

    def with_strength(self, strength):
        """Return a fitted copy at another strength, without fitting again.

        Parameters
        ----------
        strength : float
            Between 0 and 1, as the parameter.

        Returns
        -------
        transformer : BarycenterTransformer
            It shares the maps with this one.

        Raises
        ------
        ValueError
            With `sequential`, where the maps of a sensitive column are fitted to what
            those before it return.
        """
        check_is_fitted(self)
        return copy_with_strength(self, strength)

    def _validated(self, X, *, reset):
        return validate_data(
            self,
            X,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
            reset=reset,
        )

    def _feature_name(self, j):
        names = getattr(self, "feature_names_in_", None)
        return j if names is None else repr(names[j])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
