"""Regression with the same distribution of predictions in every group."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from fairlearnkit._data.targets import numeric_target
from fairlearnkit._routing.call import call
from fairlearnkit._transport.distributions import ROUNDING

from ._base import BaseBarycenter


class BarycenterRegressor(RegressorMixin, BaseBarycenter):
    r"""Move the predictions of any regressor to their Wasserstein barycenter.

    With :math:`F_s` and :math:`Q_s` the distribution and quantile functions of the
    predictions f in group s, and :math:`p_s` the weights of the groups, the prediction
    for a row x of group s is

    .. math:: (1 - \text{strength}) \, f(x) + \text{strength}
              \sum_{s'} p_{s'} Q_{s'}(F_s(f(x)))

    so that at full strength predictions have one distribution in all groups. Among all
    such predictors this is the closest to f in mean squared distance. Distributions
    are learnt from predictions for rows that the model was not fitted on. Groups are
    needed at fit and at predict.

    Parameters
    ----------
    estimator : estimator
        A regressor, a Pipeline of one, ours or not. A
        :class:`~sklearn.frozen.FrozenEstimator` is not fitted: all rows calibrate,
        they should be none of its training rows, and ``y`` may be None.
    cv : int, cross-validation generator or iterable, default=5
        Folds for the out-of-fold predictions that calibrate; an integer is that of
        :class:`~sklearn.model_selection.KFold`. The estimator is then fitted on all
        rows. Splitters that need more than X and y go in as a list,
        ``list(GroupKFold().split(X, y, ids))``.
    strength : float, default=1.0
        Share of the way, between 0 (the inner model) and 1.
    algorithm : {"transport", "split-rank"}, default="transport"
        "transport" moves by the exact barycenter of the calibration predictions.
        "split-rank" ranks a prediction among one random half of them and takes
        quantiles of the other: noisier, but with a bound for any data and model.
    jitter : float, default=0.0
        Of "split-rank": half-width of uniform noise on the predictions, in their unit.
        0 breaks ties at random and moves nothing, the limit of small noise.
    sequential : array-like of shape (n_columns,), default=None
        None compares the intersections of all sensitive columns. A strength for each
        sensitive column, times `strength`, moves predictions for one column after the
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
    random_state : int, RandomState instance or None, default=None
        Of "split-rank": the halves, and the noise. Once fitted, predictions are
        deterministic: the noise of a row is computed from the row.
    n_jobs : int, default=None
        Folds that are fitted at the same time.

    Attributes
    ----------
    estimator_ : estimator
        The fitted regressor, without maps.
    maps_ : list of list of tuple
        ``maps_[k][g]`` is the map of group g in stage k; there is one stage, or one
        for each column of `sequential`. Of "transport": predictions, and where they
        go. Of "split-rank": ranked predictions, what breaks their ties, and the value
        for each rank.
    pooled_maps_ : list of tuple or None
        The same for all groups together, None where it is not needed.
    groups_ : ndarray of shape (n_groups,), or list of ndarray
        Group labels; with `sequential` those of each sensitive column.
    group_counts_ : ndarray of shape (n_groups,), or list of ndarray
        Calibration rows of each group.
    group_weights_ : ndarray of shape (n_groups,), or list of ndarray
        p, of sum 1.
    sensitive_feature_names_in_ : list of str or None
        Names of the sensitive columns, None where they had none. Several columns are
        matched by these names afterwards, by position where either side has none.
    unfairness_ : ndarray of shape (2,) or (n_columns, 2)
        U of the calibration predictions before and after: the mean squared W2
        distance of the groups to their barycenter, in squared units of y.
    gap_ : float
        Largest Kolmogorov-Smirnov distance between two groups of the calibration
        predictions after the map.
    atom_bound_ : float
        What `gap_` cannot exceed at full strength with "transport" and one stage: the
        two largest shares that a single prediction has in a group, added up. NaN
        otherwise.
    ks_bound_ : float
        For "split-rank" at full strength around a FrozenEstimator: what the KS distance
        between groups of new predictions cannot exceed, for any data and model. NaN
        otherwise: models that are fitted after they were calibrated have no such bound.
    rounding_ : float
        Predictions that differ by less are equal but for rounding, and count as one.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names, where X had string column names.

    Raises
    ------
    ValueError
        No sensitive features, another length, one group, missing or unseen groups;
        other sensitive columns at predict than in fit;
        predictions that are not finite, or several for each row; "split-rank" together
        with `sequential`, or with fewer than two rows in a group.

    Warns
    -----
    SmallGroupWarning
        Fewer than 10 calibration rows in a group.
    UserWarning
        The estimator takes no sample_weight and is fitted without.

    See Also
    --------
    BarycenterClassifier : The same for the probabilities of two classes.
    fairlearnkit.preprocessing.BarycenterTransformer : The same for features.
    fairlearnkit.metrics.ks_gap : How unlike the distributions are.

    Notes
    -----
    Of "transport", on the calibration predictions, exactly: their weighted mean is
    kept, so is the order within a group; groups of equal distribution stay as they
    are. Between the predictions that were seen a map is linear, beyond them constant.
    A deterministic map cannot take a tie apart, hence `atom_bound_`. New rows follow
    the same distribution as far as the sample tells, which nothing guarantees.

    `ks_bound_` is about the probability over calibration and new rows, of rows that
    differ in X: equal rows get equal predictions. "split-rank" uses `sample_weight`
    for the inner model and for p only. That two rows of one group keep their order is
    not guaranteed there between rows of equal predictions.

    A prediction depends on the row, its group and the fitted maps, not on other rows.
    Equal distributions say nothing of errors: U(f) measures what parity costs at
    least. Groups count for the prediction, which law or policy may forbid.

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

    def predict(self, X, *, sensitive_features=None):
        """Predict with the fitted regressor, and move by the map of each row's group.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels of the rows. Required. Several columns are matched by name.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predictions.
        """
        return self._moved(X, sensitive_features)

    def score(self, X, y, *, sensitive_features=None, sample_weight=None):
        """R^2 of the predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        y : array-like of shape (n_samples,)
            Target.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels of the rows. Required. Several columns are matched by name.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            At most 1.
        """
        y_pred = self._scored(X, y, sensitive_features, sample_weight)
        return r2_score(y, y_pred, sample_weight=sample_weight)

    def _read_target(self, y):
        y = column_or_1d(y, warn=True)
        return numeric_target(y) if y.dtype == object else y

    def _rounding_of(self, scores):
        return ROUNDING * float(np.abs(scores).max())

    def _tolerance(self, scores):
        return self.rounding_

    def _scores_of(self, model, X, groups):
        return call(model, "predict", X, sensitive_features=groups)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = not self._is_frozen()
        return tags
