"""Regression with the same distribution of predictions in all groups."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from fairlearnkit._data.lazy_rows import lazily
from fairlearnkit._data.targets import numeric_target
from fairlearnkit._routing.call import call
from fairlearnkit._transport.distributions import TIE_RTOL

from ._base import BaseBarycenter


class BarycenterRegressor(RegressorMixin, BaseBarycenter):
    r"""Move the predictions of any regressor to their Wasserstein barycenter.

    Let f be the predictions of the regressor, :math:`F_s` and :math:`Q_s` their
    distribution and quantile functions in group s, and :math:`p_s` the weights of the
    groups. The prediction for a row x of group s is

    .. math:: (1 - \text{strength}) \, f(x) + \text{strength}
              \sum_{s'} p_{s'} Q_{s'}(F_s(f(x)))

    At full strength, predictions have the same distribution in all groups. Among all
    predictors with this property it is the closest to f in mean squared distance. The
    distributions are estimated from predictions for rows that the regressor was not
    fitted on. Groups are needed at fit and at predict.

    Parameters
    ----------
    estimator : estimator
        Any regressor, or a Pipeline that ends in one. A
        :class:`~sklearn.frozen.FrozenEstimator` is not fitted: all rows are used for
        calibration, so none of them should be in its training data. ``y`` may then be
        None.
    cv : int, cross-validation generator or iterable, default=5
        Folds for the out-of-fold predictions that the maps are fitted to; an integer is
        the number of folds of :class:`~sklearn.model_selection.KFold`. The estimator is
        then fitted on all rows. Pass a list for splitters that need more than X and y,
        ``list(GroupKFold().split(X, y, ids))``.
    strength : float, default=1.0
        Between 0 (the predictions of the regressor) and 1 (the barycenter).
    algorithm : {"transport", "split-rank"}, default="transport"
        "transport" maps to the exact barycenter of the calibration predictions.
        "split-rank" ranks a prediction among a random half of them and returns the mean
        quantile of the other half at that rank: this is noisier, but the distance of
        the groups has a bound for any data and model, `ks_bound_`.
    jitter : float, default=0.0
        For "split-rank": half-width of the uniform noise that is added to predictions,
        in units of y. With 0, ties are broken at random, the limit of little noise.
    sequential : array-like of shape (n_columns,), default=None
        With None, the intersections of all sensitive columns are compared. Otherwise,
        one strength for each sensitive column, which is multiplied by `strength`;
        predictions are moved for one column after the other, in their order.
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
    random_state : int, RandomState instance or None, default=None
        For "split-rank": the random halves and the noise. Predictions are deterministic
        after fit, since the noise of a row is computed from the row.
    n_jobs : int, default=None
        Number of folds that are fitted in parallel.

    Attributes
    ----------
    estimator_ : estimator
        The fitted regressor, without maps.
    maps_ : list of list of tuple
        ``maps_[k][g]`` is the map of group g of the k-th sensitive column; without
        `sequential`, k is 0 and groups are intersections of the columns. For
        "transport": predictions and their images. For "split-rank": the ranked
        predictions, their tie-breakers, and the prediction for each rank.
    pooled_maps_ : list of tuple or None
        The maps of all groups together, None where they are not needed.
    groups_ : ndarray of shape (n_groups,), or list of ndarray
        Group labels; with `sequential`, those of each sensitive column.
    group_counts_ : ndarray of shape (n_groups,), or list of ndarray
        Number of calibration rows in each group.
    group_weights_ : ndarray of shape (n_groups,), or list of ndarray
        p, of sum 1.
    sensitive_feature_names_in_ : list of str or None
        Names of the sensitive columns, None if they had none. Several columns are
        matched by these names after fit, by position if either side has no names.
    unfairness_ : ndarray of shape (2,) or (n_columns, 2)
        U of the calibration predictions before and after the maps: the mean squared
        Wasserstein-2 distance of the groups to their barycenter, in squared units of y.
    gap_ : float
        Largest Kolmogorov-Smirnov distance between two groups of the calibration
        predictions, after the maps.
    atom_bound_ : float
        Bound on `gap_` for "transport" at full strength, without `sequential`: for each
        group, take the largest share of its rows with the same prediction; the bound is
        the sum of the two largest of these. NaN with "split-rank" or `sequential`.
    ks_bound_ : float
        Bound on the Kolmogorov-Smirnov distance between groups of new predictions, for
        any data and model. Probabilities are over new rows and calibration rows alike;
        for a single fitted model, the distance can be larger. It holds for "split-rank"
        at full strength around a FrozenEstimator, and is NaN otherwise: a model that is
        fitted again after calibration has no such bound.
    rank_error_ : float
        Largest error of the distribution functions of the groups, with a probability of
        0.99 for each: 0 in memory, and for Dask collections up to 4,194,304 distinct
        scores; with more of them, that of quantile sketches, as in
        :class:`~fairlearnkit.preprocessing.BarycenterTransformer`. `gap_` may be off by
        twice as much, and `atom_bound_` includes that.
    rounding_ : float
        Predictions that differ by less than this are treated as tied.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If sensitive features are not given, have another length than X, hold a single
        group, missing values or unseen groups, or other columns at predict than in fit;
        if the estimator predicts several numbers for a row or numbers that are not
        finite; for "split-rank", together with `sequential` or if a group has fewer
        than two calibration rows.

    Warns
    -----
    SmallGroupWarning
        If a group has fewer than 10 calibration rows.
    UserWarning
        If `sample_weight` is given and the estimator does not take it; it is then
        fitted without.

    See Also
    --------
    BarycenterClassifier : The same for the probabilities of two classes.
    fairlearnkit.preprocessing.BarycenterTransformer : The same for features.
    fairlearnkit.metrics.ks_gap : How far the distributions of the groups are apart.

    Notes
    -----
    "transport" has these properties on the calibration predictions: it keeps their
    weighted mean and the order within each group, and leaves groups with equal
    distributions as they are. Between the predictions seen in calibration, a map is
    interpolated linearly; beyond them, it is constant. A deterministic map cannot break
    ties, hence `atom_bound_`. How well the distributions of new rows agree depends on
    the size of the calibration sample, and nothing is guaranteed about it.

    `ks_bound_` is about the probability over calibration rows and new rows that differ
    in X; equal rows get equal predictions. "split-rank" uses `sample_weight` for the
    inner model and for p only. It does not guarantee the order of two rows of a group
    with equal predictions.

    A prediction depends on the row, its group and the fitted maps, not on other rows.
    Equal distributions imply nothing about errors. If f is the regression function,
    parity increases the mean squared error by at least U(f). Using the group for
    predictions may be forbidden by law or policy.

    The fitted model keeps data of individual rows. With "transport", `maps_` holds
    every distinct calibration prediction, sorted and separately for each group, and
    the model stores the share of the rows, or of their weight, up to each of them,
    from which :meth:`with_strength` computes its diagnostics. With "split-rank",
    `maps_` holds the predictions of one random half of the rows of each group, and
    means of quantiles of the other half. Rows of X are kept only if `estimator_` keeps
    them, as nearest neighbors do.

    Dask arrays, DataFrames and Series are taken with "transport" and a FrozenEstimator;
    predictions of them are lazy. See `rank_error_` for what is exact.

    References
    ----------
    Chzhen, Denis, Hebiri, Oneto, Pontil: Fair Regression with Wasserstein Barycenters.
    NeurIPS 2020, with Algorithm 1 for "split-rank". Chzhen, Schreuder: A Minimax
    Framework for Quantifying Risk-Fairness Trade-off in Regression. Annals of
    Statistics 2022. Hu, Ratz, Charpentier: A Sequentially Fair Mechanism for Multiple
    Sensitive Attributes. AAAI 2024.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from fairlearnkit.datasets import make_biased_regression
    >>> from fairlearnkit.metrics import ks_gap
    >>> from fairlearnkit.postprocessing import BarycenterRegressor
    >>> X, y, group = make_biased_regression(random_state=0)
    >>> model = BarycenterRegressor(Ridge()).fit(X, y, sensitive_features=group)
    >>> f = Ridge().fit(X, y).predict(X)
    >>> g = model.predict(X, sensitive_features=group)
    >>> gaps = [ks_gap(y, z, sensitive_features=group) for z in (f, g)]
    >>> bool(gaps[1] < 0.1 * gaps[0])
    True
    """

    def __init__(
        self,
        estimator,
        *,
        cv=5,
        strength=1.0,
        algorithm="transport",
        jitter=0.0,
        sequential=None,
        group_weights=None,
        unseen="error",
        missing="error",
        random_state=None,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.cv = cv
        self.strength = strength
        self.algorithm = algorithm
        self.jitter = jitter
        self.sequential = sequential
        self.group_weights = group_weights
        self.unseen = unseen
        self.missing = missing
        self.random_state = random_state
        self.n_jobs = n_jobs

    @lazily
    def predict(self, X, *, sensitive_features=None):
        """Predict by the fitted regressor and the map of each row's group.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required. Several columns are matched by name.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predictions.
        """
        return self._transported_scores(X, sensitive_features)

    def score(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Coefficient of determination, R^2, of the predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        y : array-like of shape (n_samples,)
            Target.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required. Several columns are matched by name.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            At most 1; 0 for the mean of y, and negative for worse predictions.
        """
        data = X, y, sensitive_features, sample_weight
        return self._score(r2_score, *data)

    def _read_target(self, y):
        y = column_or_1d(y, warn=True)
        return numeric_target(y) if y.dtype.kind in "OmM" else y

    def _rounding_level(self, scores):
        # Absolute: predictions near 0 are sums of terms that cancel, and their rounding
        # errors are as large as those of the largest predictions.
        return TIE_RTOL * float(np.abs(scores).max())

    def _tie_tolerance(self, scores):
        return self.rounding_

    def _model_scores(self, model, X, groups):
        return call(model, "predict", X, sensitive_features=groups)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = not self._is_frozen()
        return tags
