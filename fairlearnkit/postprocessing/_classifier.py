"""Scores of two classes with the same distribution in all groups."""

from numbers import Real

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from fairlearnkit._data.classes import has_conventional_labels, positive_class
from fairlearnkit._data.lazy_rows import lazily
from fairlearnkit._data.messages import format_labels
from fairlearnkit._routing.call import call
from fairlearnkit._transport.distributions import TIE_RTOL
from fairlearnkit.utils._sklearn_private import Interval

from ._base import BaseBarycenter
from ._calibration import check_has_proba

# The threshold at which it does not matter which of two classes is the positive one:
# p > t and 1 - p <= 1 - t select the same rows, and t = 1 - t holds for 1/2 only.
SYMMETRIC_THRESHOLD = 0.5


class BarycenterClassifier(ClassifierMixin, BaseBarycenter):
    r"""Move the probabilities of any classifier to their Wasserstein barycenter.

    Let f(x) be the probability of the positive class, :math:`F_s` and :math:`Q_s` its
    distribution and quantile functions in group s, and :math:`p_s` the weights of the
    groups. The score of a row x of group s is

    .. math:: g(x) = (1 - \text{strength}) \, f(x) + \text{strength}
              \sum_{s'} p_{s'} Q_{s'}(F_s(f(x)))

    At full strength, scores have the same distribution in all groups, so that selection
    rates agree at every threshold. The distributions are estimated from scores of rows
    that the classifier was not fitted on. Groups are needed at fit and at predict.

    Parameters
    ----------
    estimator : estimator
        Any classifier with ``predict_proba``, or a Pipeline that ends in one. A
        :class:`~sklearn.frozen.FrozenEstimator` is not fitted: all rows are used for
        calibration, so none of them should be in its training data. ``y`` may then be
        None.
    cv : int, cross-validation generator or iterable, default=5
        Folds for the out-of-fold scores that the maps are fitted to; an integer is the
        number of folds of :class:`~sklearn.model_selection.StratifiedKFold`. The
        estimator is then fitted on all rows.
    strength : float, default=1.0
        Between 0 (the probabilities of the classifier) and 1 (the barycenter).
    threshold : float, default=0.5
        `predict` returns the positive class if its score is above this.
    pos_label : scalar, default=None
        The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans. For
        other labels it has to be given unless `threshold` is 0.5, which treats both
        classes alike.
    algorithm : {"transport", "split-rank"}, default="transport"
        See :class:`BarycenterRegressor`.
    jitter : float, default=0.0
        For "split-rank": half-width of the uniform noise that is added to scores. With
        0, ties are broken at random. Scores are clipped to [0, 1] afterwards.
    sequential : array-like of shape (n_columns,), default=None
        With None, the intersections of all sensitive columns are compared. Otherwise,
        one strength for each sensitive column, which is multiplied by `strength`;
        scores are moved for one column after the other, in their order.
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
        The fitted classifier, without maps.
    classes_ : ndarray of shape (2,)
        Class labels.
    pos_label_ : scalar or None
        The class that is selected above the threshold; None if it was neither given nor
        needed.
    maps_, pooled_maps_, groups_, group_counts_, group_weights_ : list or ndarray
        See :class:`BarycenterRegressor`.
    sensitive_feature_names_in_ : list of str or None
        See :class:`BarycenterRegressor`.
    unfairness_ : ndarray of shape (2,) or (n_columns, 2)
        U of the calibration scores before and after the maps: the mean squared
        Wasserstein-2 distance of the groups to their barycenter.
    gap_ : float
        Largest Kolmogorov-Smirnov distance between two groups of the calibration
        scores, after the maps: the largest difference of selection rates over all
        thresholds.
    atom_bound_, ks_bound_ : float
        See :class:`BarycenterRegressor`.
    rank_error_ : float
        Largest error of the distribution functions of the groups, with a probability of
        0.99 for each: 0 in memory, and for Dask collections up to 4,194,304 distinct
        scores; with more of them, that of quantile sketches, as in
        :class:`~fairlearnkit.preprocessing.BarycenterTransformer`. `gap_` may be off by
        twice as much, and `atom_bound_` includes that.
    rounding_ : float
        Scores whose relative difference is less than this are treated as tied.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If sensitive features are not given, have another length than X, hold a single
        group, missing values or unseen groups, or other columns at predict than in fit;
        if there are not exactly two classes, or the positive class has to be given; for
        "split-rank", together with `sequential`.
    AttributeError
        If the estimator has no ``predict_proba``.

    Warns
    -----
    SmallGroupWarning
        If a group has fewer than 10 calibration rows.
    UserWarning
        If `sample_weight` is given and the estimator does not take it; it is then
        fitted without.

    See Also
    --------
    BarycenterRegressor : The same for regression, with more about the maps.

    Notes
    -----
    See :class:`BarycenterRegressor` for what holds on the calibration scores, what is
    not guaranteed for new rows, and which data the fitted model keeps (the scores of
    the calibration rows, by group, and their shares). If the classes are not equally
    frequent in all groups, the new scores are not calibrated probabilities. They only
    rank rows within a group. Equal selection rates imply nothing about errors. If many
    scores are tied, as with a small tree, many rows may have a score equal to the
    threshold; see `atom_bound_`.

    Dask arrays, DataFrames and Series are taken with "transport" and a FrozenEstimator;
    predictions of them are lazy. See `rank_error_` for what is exact.

    References
    ----------
    Jiang, Pacchiano, Stepleton, Jiang, Chiappa: Wasserstein Fair Classification. UAI
    2019. Chzhen, Denis, Hebiri, Oneto, Pontil: Fair Regression with Wasserstein
    Barycenters. NeurIPS 2020.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.metrics import demographic_parity_difference
    >>> from fairlearnkit.postprocessing import BarycenterClassifier
    >>> X, y, group = make_biased_classification(random_state=0)
    >>> model = BarycenterClassifier(LogisticRegression(), threshold=0.7)
    >>> y_pred = model.fit(X, y, sensitive_features=group).predict(
    ...     X, sensitive_features=group
    ... )
    >>> demographic_parity_difference(y, y_pred, sensitive_features=group) < 0.02
    True
    """

    __metadata_request__predict_proba = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        **BaseBarycenter._parameter_constraints,
        "threshold": [Interval(Real, 0, 1, closed="both")],
        "pos_label": "no_validation",
    }

    def __init__(
        self,
        estimator,
        *,
        cv=5,
        strength=1.0,
        threshold=0.5,
        pos_label=None,
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
        self.threshold = threshold
        self.pos_label = pos_label
        self.algorithm = algorithm
        self.jitter = jitter
        self.sequential = sequential
        self.group_weights = group_weights
        self.unseen = unseen
        self.missing = missing
        self.random_state = random_state
        self.n_jobs = n_jobs

    @lazily
    def predict_proba(self, X, *, sensitive_features=None):
        """Probabilities of both classes after the maps.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required. Several columns are matched by name.

        Returns
        -------
        proba : ndarray of shape (n_samples, 2)
            Rows of sum 1; columns in the order of ``classes_``.
        """
        # Jitter may leave [0, 1]; averages of probabilities do not.
        scores = np.clip(self._transported_scores(X, sensitive_features), 0.0, 1.0)
        proba = np.column_stack([1.0 - scores, scores])
        return proba if self._scored_class(self.classes_) else proba[:, ::-1]

    @lazily
    def predict(self, X, *, sensitive_features=None):
        """Predict the positive class where its score is above the threshold.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required. Several columns are matched by name.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X, sensitive_features=sensitive_features)
        if self.pos_label_ is None and self.threshold != SYMMETRIC_THRESHOLD:
            hint = "give pos_label, and fit again"
            positive_class(self.classes_.tolist(), name="y", pos_label_hint=hint)
        positive = self._scored_class(self.classes_)
        selected = proba[:, positive] > self.threshold
        return self.classes_[np.where(selected, positive, 1 - positive)]

    def score(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Accuracy of the predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        y : array-like of shape (n_samples,)
            Class labels.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required. Several columns are matched by name.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            Share of correct predictions.
        """
        data = X, y, sensitive_features, sample_weight
        return self._score(accuracy_score, *data)

    @property
    def classes_(self):
        """Class labels of the fitted classifier."""
        return self.estimator_.classes_

    def _read_target(self, y):
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if type_of_target(y) != "binary":
            msg = (
                "Only binary classification is supported. The type of the target is "
                f"{type_of_target(y)}, with the classes {format_labels(np.unique(y))}."
            )
            raise ValueError(msg)
        self._positive_class(np.unique(y))  # raises before any model is fitted
        return y

    def _calibrate(self, X, y, groups, weight):
        calibration = super()._calibrate(X, y, groups, weight)
        self._know_classes()
        return calibration

    def _know_classes(self):
        # Known only now: the classes of a FrozenEstimator are those of its own fit.
        self.pos_label_ = self._positive_class(self.classes_)

    def _positive_class(self, classes):
        """The positive class; None if it is not given and does not have to be."""
        classes = classes.tolist()
        unnamed = self.pos_label is None and not has_conventional_labels(classes)
        if unnamed and self.threshold == SYMMETRIC_THRESHOLD:
            return None
        return positive_class(classes, self.pos_label, name="y")

    def _scored_class(self, classes):
        """Index of the class whose probability is the score; the last by default."""
        fitted = hasattr(self, "pos_label_")
        label = self.pos_label_ if fitted else self._positive_class(classes)
        return 1 if label is None else classes.tolist().index(label)

    def _rounding_level(self, scores):
        # Relative, unlike that of predictions: small probabilities, as those of a rare
        # class, can differ by little.
        return TIE_RTOL

    def _tie_tolerance(self, scores):
        return self.rounding_ * scores

    def _model_scores(self, model, X, groups):
        if len(model.classes_) != 2:
            msg = (
                "BarycenterClassifier supports two classes, got "
                f"{len(model.classes_)} classes: {format_labels(model.classes_)}."
            )
            raise ValueError(msg)
        advice = "CalibratedClassifierCV(estimator)"
        check_has_proba(model, "BarycenterClassifier", advice)
        proba = call(model, "predict_proba", X, sensitive_features=groups)
        return proba[:, self._scored_class(model.classes_)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = not self._is_frozen()
        tags.classifier_tags.multi_class = False
        return tags
