"""Scores of two classes with the same distribution in every group."""

from numbers import Real

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from fairlearnkit._data.classes import has_conventional_labels, positive_class
from fairlearnkit._data.messages import format_labels
from fairlearnkit._routing.call import call
from fairlearnkit._transport.distributions import ROUNDING
from fairlearnkit.utils._sklearn_private import Interval

from ._base import BaseBarycenter

# At this threshold both classes are treated alike.
EVEN = 0.5


class BarycenterClassifier(ClassifierMixin, BaseBarycenter):
    r"""Move the probabilities of any classifier to their Wasserstein barycenter.

    With f(x) the probability of the positive class, :math:`F_s` and :math:`Q_s` its
    distribution and quantile functions in group s, and :math:`p_s` the weights of the
    groups, the score of a row x of group s is

    .. math:: g(x) = (1 - \text{strength}) \, f(x) + \text{strength}
              \sum_{s'} p_{s'} Q_{s'}(F_s(f(x)))

    so that at full strength scores have one distribution in all groups, and the rates
    of selection agree at every threshold. Distributions are learnt from scores of rows
    that the model was not fitted on. Groups are needed at fit and at predict.

    Parameters
    ----------
    estimator : estimator
        A classifier with ``predict_proba``, a Pipeline of one, ours or not. A
        :class:`~sklearn.frozen.FrozenEstimator` is not fitted: all rows calibrate,
        they should be none of its training rows, and ``y`` may be None.
    cv : int, cross-validation generator or iterable, default=5
        Folds for the out-of-fold scores that calibrate; an integer is that of
        :class:`~sklearn.model_selection.StratifiedKFold`. The estimator is then fitted
        on all rows.
    strength : float, default=1.0
        Share of the way, between 0 (the inner model) and 1.
    threshold : float, default=0.5
        `predict` gives the positive class where its score is above this.
    pos_label : scalar, default=None
        The positive class. None takes 1 where labels are {0, 1}, {-1, 1} or booleans;
        of other labels it has to be named, unless `threshold` is 0.5, which favours
        neither class.
    algorithm : {"transport", "split-rank"}, default="transport"
        As in :class:`BarycenterRegressor`.
    jitter : float, default=0.0
        Of "split-rank": half-width of uniform noise on the scores; 0 breaks ties at
        random. Scores are clipped to 0 ... 1 afterwards.
    sequential : array-like of shape (n_columns,), default=None
        None compares the intersections of all sensitive columns. A strength for each
        sensitive column, times `strength`, moves scores for one column after the
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
        The fitted classifier, without maps.
    classes_ : ndarray of shape (2,)
        Class labels.
    pos_label_ : scalar or None
        The class that is selected above the threshold; None where it was not named
        and did not have to be.
    maps_, pooled_maps_, groups_, group_counts_, group_weights_ : list or ndarray
        As in :class:`BarycenterRegressor`.
    sensitive_feature_names_in_ : list of str or None
        As in :class:`BarycenterRegressor`.
    unfairness_ : ndarray of shape (2,) or (n_columns, 2)
        U of the calibration scores before and after: the mean squared W2 distance of
        the groups to their barycenter.
    gap_ : float
        Largest Kolmogorov-Smirnov distance between two groups of the calibration
        scores after the map: the largest difference of selection rates, over all
        thresholds.
    atom_bound_, ks_bound_ : float
        As in :class:`BarycenterRegressor`.
    rounding_ : float
        Scores whose relative difference is less are equal but for rounding, and count
        as one.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names, where X had string column names.

    Raises
    ------
    ValueError
        No sensitive features, another length, one group, missing or unseen groups,
        other sensitive columns at predict than in fit, other than two classes, a
        positive class that has to be named, "split-rank" together with `sequential`.
    AttributeError
        The estimator has no ``predict_proba``.

    Warns
    -----
    SmallGroupWarning
        Fewer than 10 calibration rows in a group.
    UserWarning
        The estimator takes no sample_weight and is fitted without.

    See Also
    --------
    BarycenterRegressor : The same for regression, with more about the maps.

    Notes
    -----
    What is exact on the calibration scores, and what is not guaranteed on new ones, is
    as in :class:`BarycenterRegressor`. Moved scores are no calibrated probabilities
    where the classes are not equally frequent in the groups: they rank within a group.
    Equal selection rates say nothing of errors. Where scores are heavily tied, as those
    of a small tree, a threshold may fall on an atom: see `atom_bound_`.

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

    def predict_proba(self, X, *, sensitive_features=None):
        """Moved scores of both classes.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels of the rows. Required. Several columns are matched by name.

        Returns
        -------
        proba : ndarray of shape (n_samples, 2)
            Of sum 1, in the order of ``classes_``.
        """
        scores = np.clip(self._moved(X, sensitive_features), 0.0, 1.0)
        both = np.column_stack([1.0 - scores, scores])
        return both if self._place(self.classes_) else both[:, ::-1]

    def predict(self, X, *, sensitive_features=None):
        """The positive class where its score is above the threshold.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels of the rows. Required. Several columns are matched by name.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X, sensitive_features=sensitive_features)
        if self.pos_label_ is None and self.threshold != EVEN:
            cure = "give pos_label, and fit again"
            positive_class(self.classes_.tolist(), name="y", pos_label_hint=cure)
        place = self._place(self.classes_)
        selected = proba[:, place] > self.threshold
        return self.classes_[np.where(selected, place, 1 - place)]

    def score(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Accuracy of the predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        y : array-like of shape (n_samples,)
            Class labels.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels of the rows. Required. Several columns are matched by name.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            Share of correct predictions.
        """
        y_pred = self._scored(X, y, sensitive_features, sample_weight)
        return accuracy_score(y, y_pred, sample_weight=sample_weight)

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
        self._positive(np.unique(y))  # which may have to be named, before it is slow
        return y

    def _calibration(self, X, y, groups, weight):
        found = super()._calibration(X, y, groups, weight)
        self.pos_label_ = self._positive(self.classes_)
        return found

    def _positive(self, classes):
        """The positive class; None where it need not be named and is not."""
        classes = classes.tolist()
        unnamed = self.pos_label is None and not has_conventional_labels(classes)
        if unnamed and self.threshold == EVEN:
            return None
        return positive_class(classes, self.pos_label, name="y")

    def _place(self, classes):
        """Position of the class whose scores are moved, the last if none is named."""
        fitted = hasattr(self, "pos_label_")
        label = self.pos_label_ if fitted else self._positive(classes)
        return 1 if label is None else classes.tolist().index(label)

    def _rounding_of(self, scores):
        return ROUNDING

    def _tolerance(self, scores):
        return self.rounding_ * scores

    def _scores_of(self, model, X, groups):
        if len(model.classes_) != 2:
            msg = (
                "BarycenterClassifier moves the scores of two classes, got "
                f"{len(model.classes_)} classes: {format_labels(model.classes_)}."
            )
            raise ValueError(msg)
        if not hasattr(model, "predict_proba"):
            msg = (
                f"{type(model).__name__} has no predict_proba, whose probabilities "
                "BarycenterClassifier moves. For a classifier with a decision function "
                "take CalibratedClassifierCV(estimator)."
            )
            raise AttributeError(msg)
        proba = call(model, "predict_proba", X, sensitive_features=groups)
        return proba[:, self._place(model.classes_)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = not self._is_frozen()
        tags.classifier_tags.multi_class = False
        return tags
