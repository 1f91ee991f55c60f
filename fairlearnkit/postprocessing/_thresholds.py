"""Decisions whose rates differ between groups by no more than a bound."""

import warnings
from copy import copy
from numbers import Real

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.classes import has_conventional_labels, positive_class
from fairlearnkit._data.containers import any_lazy
from fairlearnkit._data.groups import MISSING_POLICIES
from fairlearnkit._data.lazy_rows import lazily
from fairlearnkit._data.matching import (
    UNSEEN_POLICIES,
    match_columns,
    match_groups,
)
from fairlearnkit._routing.call import takes_groups
from fairlearnkit.utils._sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    _fit_context,
    _num_samples,
)

from ._decision_calibration import build_decision_problem, calibrate, class_proba
from ._decision_rules import confidence_bound, multiplier_rules, threshold_rules
from ._decision_task import read_task
from ._lazy_task import read_lazily
from ._meta import BasePostprocessor
from ._rules import MultiplierRules, NewRows, ThresholdRules

# Methods that need groups unless a group_estimator is given.
PREDICTIONS = ("predict", "predict_proba", "decision_function", "score")


class ParityThresholdClassifier(ClassifierMixin, BasePostprocessor):
    r"""Decision rule with a bound on the difference of rates between groups.

    The rule works around any classifier with ``predict_proba``, for any number of
    groups and classes. Let :math:`p_j(x)` be the probability of class j, and
    :math:`r_k(x) = \sum_j p_j(x) \, \text{cost}(j, k)` the expected cost of deciding k.
    The rule d is the one with the lowest expected cost subject to

    .. math:: |P(d(X) = k \mid S = a, Y \in A) - P(d(X) = k \mid S = b, Y \in A)|
              \le \text{max\_gap}

    for all groups a, b. The constraint determines the sets A of classes and the classes
    k:

    - "demographic_parity": all rows; two classes: the share decided positive; more: the
      share decided k for each k;
    - "equal_opportunity": two classes: the share decided positive among Y = positive;
      more: the share decided k among Y = k, for each k;
    - "equalized_odds": two classes: the share decided positive within each class.

    With known groups and two classes, the rule has a threshold for each group; with
    "equalized_odds" a group may have several, one of which is picked for a row by a
    number computed from the row. Otherwise it decides

    .. math:: \arg\min_k \; r_k(x) + \sum_{j : k_j = k} \nu_j \, m_j(x) / \pi_j,

    where :math:`\nu_j` is the multiplier of rate j, :math:`m_j(x)` is the probability
    P(S = s, Y in A | x) of its cell (the rows of which the rate is taken), and
    :math:`\pi_j` is the mean of :math:`m_j`. The rule is deterministic, and the
    decision for a row does not depend on other rows.

    Groups are needed at fit, and at predict unless `group_estimator` is given.

    Parameters
    ----------
    estimator : estimator
        Any classifier with ``predict_proba``, or a Pipeline or a search that ends in
        one. A :class:`~sklearn.frozen.FrozenEstimator` is not fitted: all rows are used
        for calibration, so none of them should be in its training data.
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "equal_opportunity" or "equalized_odds", see above; or an
        object of :mod:`fairlearnkit.constraints` whose strata depend on the class
        alone, such as ``DemographicParity(columns="separately")``.
    max_gap : float, default=0.0
        Largest difference of two rates that are compared, between 0 and 1. Since whole
        rows are decided, rates cannot be matched more closely than to half a row: the
        bound counts as met if the difference exceeds it by at most half of the largest
        share of a row in the one cell plus half of that in the other. Expected rates of
        several thresholds have no such allowance. With ``np.inf``, the rule is the
        decision of the inner classifier under the cost.
    group_estimator : estimator, default=None
        A classifier of the groups from X, which makes groups unnecessary at predict. A
        clone is fitted for each sensitive column that is compared by itself and each
        set A of classes (on the rows of these classes). It may be a model of the same
        kind as `estimator`. A FrozenEstimator, whose classes must be the group labels
        of one column, is used as an estimate of P(S | X, Y in A) for every set A. With
        None, groups are needed at predict.
    cost : dict or array-like, default=None
        Cost of not deciding a class where it is the true one, as a dict by label or an
        array of shape (n_classes,) in the order of the classes; or a matrix of shape
        (n_classes, n_classes) whose row j, column k holds the cost of deciding k where
        the class is j. With None each wrong decision costs 1.
    pos_label : scalar, default=None
        The positive class. None takes 1 if labels are {0, 1}, {-1, 1} or booleans. For
        other labels "equal_opportunity" needs it, with two classes. With more classes,
        "equal_opportunity" then compares rates of this class only.
    confidence : float, default=0.95
        Probability with which ``gap_bound_`` holds.
    cv : int, cross-validation generator or iterable, default=5
        Folds for the out-of-fold probabilities by which the rule is chosen; an integer
        is the number of folds of :class:`~sklearn.model_selection.StratifiedKFold`,
        stratified by class and group. Both estimators are then fitted on all rows.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, treat
        them as a group of their own, or leave them out of the constraint and decide
        about them at the lowest expected cost, without a shift.
    unseen : {"error", "pooled"}, default="error"
        What to do at predict with rows of a group that was not seen in fit: raise an
        error, or decide about them at the lowest expected cost, without a shift.
    n_jobs : int, default=None
        Number of folds that are fitted in parallel.

    Attributes
    ----------
    estimator_ : estimator
        The fitted classifier, without the rule.
    group_estimators_ : list of estimator or None
        The fitted classifiers of the groups.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    pos_label_ : scalar or None
        The positive class; None if it was not given and not needed.
    thresholds_ : dict of float
        Known groups, intersections, two classes: the threshold of each group, on the
        probability of ``pos_label_``, or of ``classes_[1]`` where that is None. With
        "equalized_odds" a list of pairs (threshold, share of the rows that pick it) for
        a group that has several.
    multipliers_ : dict of float
        Otherwise: the multiplier :math:`\nu_j` of each cell, in cost per unit of the
        rate, or a single one for the difference of two cells; for more than two
        classes, a dict for each class. NaN if the same class is decided for every row.
    gap_ : float
        Largest difference of two rates on the rows by which the rule was chosen, with
        their true labels and groups; with several thresholds, the difference of
        expected rates. The gap on new rows is larger on average.
    gap_bound_ : float
        Bound on the gap for new rows from the same population, which holds with
        probability `confidence`. NaN unless the estimator is a FrozenEstimator, groups
        are known, there are two classes and no weights, and intersections are compared.
    cost_ : float
        Expected cost of a decision, by the probabilities of the rows by which the rule
        was chosen.
    duality_gap_ : float
        Among the rules whose rates by the estimated probabilities are as close, none is
        cheaper than ``cost_`` by more than this.
    tradeoff_ : dict of ndarray of shape (n_rules,)
        "bound", "cost", "gap" and "duality_gap" of the rules for other bounds, in
        ascending order of "bound", the smallest `max_gap` that a rule meets; see
        `with_max_gap` and :meth:`TradeoffDisplay.from_decision_rule
        <fairlearnkit.inspection.TradeoffDisplay.from_decision_rule>`.
    groups_ : ndarray of shape (n_groups,)
        Group labels.
    group_counts_ : ndarray of shape (n_groups,)
        Rows of each group.
    sensitive_feature_names_in_ : list of str or None
        Names of the sensitive columns, if they had any.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If `max_gap` is finite and above 1; if sensitive features are not given, have
        another length than X, hold a single group, missing values or unseen groups; if
        a group has no row in a cell; if the constraint has no strata of y, or is
        equalized odds with more than two classes; if the positive class has to be
        given; if the cost has a wrong shape; if groups are inferred and one is missing
        from the training rows of a fold.
    AttributeError
        If an estimator has no ``predict_proba``.

    Warns
    -----
    SmallGroupWarning
        If a group has fewer than 10 rows in a cell.
    UserWarning
        If, with several multipliers, the cheapest rule within the bound decides the
        same class for every row; or if sample weights are given and the estimator takes
        none.

    See Also
    --------
    BarycenterClassifier : Scores with the same distribution in all groups, so that
        rates agree at every threshold.
    fairlearnkit.linear_model.ParityLogisticRegression : Bounds mean scores.

    Notes
    -----
    The bound holds for the rows by which the rule was chosen. It is not guaranteed for
    new rows: their gap varies and is larger on average. ``gap_bound_`` bounds it with a
    FrozenEstimator. After out-of-fold calibration there is no such bound, since the
    models that predict are not those that the probabilities came from.

    The cost is an expected cost by the probabilities of the inner classifier, which
    should be calibrated. Whether a rule meets the bound is determined from true labels
    and groups.

    Thresholds by group treat people differently because of their group, which some laws
    forbid. With a `group_estimator` decisions depend on X alone, but still on what X
    says about the group. This is not legal advice.

    `predict_proba` is that of the inner classifier and does not depend on the rule:
    calibration, soft voting and stacking around this estimator discard its decisions.

    With known groups and one set A, the rule is a global optimum among thresholds. With
    several multipliers, the candidates are optima of a convex program along a path of
    bounds, and points on the lines between them; a better rule may exist, and
    ``duality_gap_`` bounds by how much.

    Equal rows share a decision, so their largest share in a cell limits which bounds
    can be met.

    Fit and predict take Dask arrays, DataFrames and Series, with the same partitions in
    all arguments; decisions are lazy. Nothing is fitted in folds of them: pass
    out-of-fold probabilities as `proba`, or a FrozenEstimator. Up to 2,097,152 rows,
    probabilities, classes and groups come to memory, and the rule is that of a fit in
    memory. With more rows, known groups and two classes, thresholds are looked for
    among up to 32,768 quantiles of the probabilities of each group (262,144 of all
    groups), by sketches of the library datasketches, which are random. Their rates and
    costs, and with them ``gap_`` and ``cost_``, are exact. The bound then counts as met
    if the difference exceeds it by at most half of the largest share of the rows
    between two of them, in place of half a row.

    References
    ----------
    Hardt, Price, Srebro: Equality of Opportunity in Supervised Learning. NeurIPS 2016,
    section 4. Chzhen, Denis, Hebiri, Oneto, Pontil: Leveraging Labeled and Unlabeled
    Data for Consistent Fair Binary Classification. NeurIPS 2019, proposition 2.1.
    Denis, Elie, Hebiri, Hu: Fairness guarantee in multi-class classification. JMLR
    2024, theorem 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.metrics import demographic_parity_difference
    >>> from fairlearnkit.postprocessing import ParityThresholdClassifier
    >>> X, y, group = make_biased_classification(2000, random_state=0)
    >>> clf = ParityThresholdClassifier(LogisticRegression(), max_gap=0.05)
    >>> clf = clf.fit(X, y, sensitive_features=group)
    >>> y_pred = clf.predict(X, sensitive_features=group)
    >>> gap = demographic_parity_difference(y, y_pred, sensitive_features=group)
    >>> bool(gap < 0.06)
    True
    >>> clf.with_max_gap(np.inf).gap_ > 0.05
    True
    """

    __metadata_request__predict_proba = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__decision_function = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        **BasePostprocessor._parameter_constraints,
        "constraint": [
            StrOptions({"demographic_parity", "equal_opportunity", "equalized_odds"}),
            HasMethods("contrasts"),
        ],
        "max_gap": [Interval(Real, 0, None, closed="both")],
        "group_estimator": [HasMethods("fit"), None],
        "cost": [dict, "array-like", None],
        "pos_label": [Real, str, "boolean", None],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "missing": [StrOptions(set(MISSING_POLICIES))],
        "unseen": [StrOptions(set(UNSEEN_POLICIES))],
    }

    def __init__(
        self,
        estimator,
        *,
        constraint="demographic_parity",
        max_gap=0.0,
        group_estimator=None,
        cost=None,
        pos_label=None,
        confidence=0.95,
        cv=5,
        missing="error",
        unseen="error",
        n_jobs=None,
    ):
        self.estimator = estimator
        self.constraint = constraint
        self.max_gap = max_gap
        self.group_estimator = group_estimator
        self.cost = cost
        self.pos_label = pos_label
        self.confidence = confidence
        self.cv = cv
        self.missing = missing
        self.unseen = unseen
        self.n_jobs = n_jobs

    # The inner estimators check their own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self, X, y=None, *, sensitive_features=None, sample_weight=None, proba=None
    ):
        """Fit the rule on out-of-fold probabilities, and the estimator on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimators take.
        y : array-like of shape (n_samples,), default=None
            Class labels. Not needed with a FrozenEstimator and a constraint that does
            not depend on y, such as "demographic_parity".
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required. The inner estimator gets them, too, if it requests
            them.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, for the inner estimators, the costs and the rates.
        proba : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
            Probabilities of the rows by models that were not fitted on them, such as
            those of ``cross_val_predict``, in the order of the classes; for two
            classes, that of the second is enough. The rule is then fitted to them, and
            `estimator`, which is not fitted in folds, gives those of new rows.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        self._check_max_gap()
        data = X, y, sensitive_features, sample_weight, proba
        if any_lazy(*data):
            task, calibration = read_lazily(self, *data)
        else:
            task, calibration = read_task(self, *data), None
        self.pos_label_ = self._positive_class(task.classes.tolist())
        self.sensitive_feature_names_in_ = task.names
        self.groups_ = task.all_groups.labels
        self.group_counts_ = task.all_groups.counts
        calibration = calibration or calibrate(self, task)
        if not self._by_threshold(task):
            calibration = calibration.sorted_by_content(task)
        of_estimator = proba is None and self._is_frozen()
        bounded = of_estimator and sample_weight is None
        self._fit_rules(task, calibration, bounded)
        self.estimator_ = calibration.estimator
        self.group_estimators_ = calibration.group_estimators
        self._use_rule(stacklevel=5)  # fit is wrapped twice
        return self

    def _check_max_gap(self):
        """Raise an error for bounds that the parameter constraints cannot exclude."""
        if 1 < self.max_gap < np.inf:
            msg = (
                f"max_gap={self.max_gap} is a difference of rates, between 0 and 1; "
                "np.inf is no bound."
            )
            raise ValueError(msg)

    def _positive_class(self, classes):
        """The positive class; None if it is not given and does not have to be."""
        conventional = len(classes) == 2 and has_conventional_labels(classes)
        if self.pos_label is None and not conventional:
            return None
        return positive_class(classes, self.pos_label, name="y")

    def _by_threshold(self, task):
        """Whether rules are thresholds: known groups, one partition, two classes."""
        known = self.group_estimator is None
        return known and len(task.classes) == 2 and len(task.groups) == 1

    def _fit_rules(self, task, calibration, bounded):
        """Fit the rules for all bounds, and keep what decides new rows by them.

        `bounded` tells whether thresholds have a bound on the gap of new rows.
        """
        truth = task.truth_of(calibration.rows)
        problem, parts = build_decision_problem(task, calibration, truth)
        self._labels = [groups.labels for groups in task.groups]
        self._cell_counts = None
        if not self._by_threshold(task):
            spread = float(np.ptp(problem.costs))
            self._front = multiplier_rules(problem, truth, self.max_gap)
            self._rules = MultiplierRules(task.cost, spread, calibration.blocks, parts)
            return
        codes = task.groups[0].codes[calibration.rows]
        proba = calibration.proba[:, 1]
        self._front = threshold_rules(
            problem, truth, proba, codes, self.max_gap, calibration.spans
        )
        self._rules = ThresholdRules(task.cost)
        if bounded:
            self._cell_counts = task.cell_counts()

    def _use_rule(self, stacklevel=3):
        """Choose the rule for `max_gap`, and set the attributes that depend on it."""
        front = self._front
        index = front.cheapest(self.max_gap)
        self._rule = front.rules[index]
        if isinstance(self._rule, int):
            msg = (
                f"The cheapest rule with max_gap={self.max_gap} decides "
                f"{self.classes_.tolist()[self._rule]!r} for every row; the inner "
                f"model alone has a gap of {front.gap[-1]:.3g}. Use a larger max_gap, "
                "more rows, or a better group_estimator."
            )
            warnings.warn(msg, UserWarning, stacklevel=stacklevel)
        self.gap_ = float(front.gap[index])
        self.cost_ = float(front.cost[index])
        self.duality_gap_ = float(front.duality_gap[index])
        self.gap_bound_ = np.nan
        if self._cell_counts is not None:
            self.gap_bound_ = confidence_bound(
                front.rates[index], front.strata, self._cell_counts, self.confidence
            )
        self.tradeoff_ = {
            name: getattr(front, name).copy()
            for name in ("bound", "cost", "gap", "duality_gap")
        }

    def with_max_gap(self, max_gap):
        """Return a fitted copy for another bound, without fitting a model again.

        Parameters
        ----------
        max_gap : float
            The new bound.

        Returns
        -------
        classifier : ParityThresholdClassifier
            It shares the inner models with this one. Its rule is the cheapest of those
            in ``tradeoff_`` that meet the bound.
        """
        check_is_fitted(self)
        twin = copy(self).set_params(max_gap=max_gap)
        twin._validate_params()
        twin._check_max_gap()
        twin._use_rule()
        return twin

    @lazily
    def predict_proba(self, X, *, sensitive_features=None):
        """Probabilities of the classes by the inner estimator, without the rule.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required unless `group_estimator` is given, although only an
            inner estimator that takes them uses them.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        check_is_fitted(self)
        self._match(X, sensitive_features)
        return self._inner_proba(X, sensitive_features)

    def _inner_proba(self, X, sensitive_features):
        """Probabilities of rows whose groups were matched."""
        X = self._check_new_rows(X)
        asks = takes_groups(self.estimator_, "predict_proba")
        groups = sensitive_features if asks else None
        return class_proba(self.estimator_, X, groups, self.classes_)

    @lazily
    def decision_function(self, X, *, sensitive_features=None):
        """Shifted scores: by how much a row is above its threshold.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimators take.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required unless `group_estimator` is given, and not used then.
            Several columns are matched by name.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Two classes: the probability of ``classes_[1]`` less the threshold of the
            row; it is decided if this is positive. More classes: the negated shifted
            cost of each class; the largest one is decided.
        """
        check_is_fitted(self)
        codes = self._match(X, sensitive_features)
        proba = self._inner_proba(X, sensitive_features)
        groups = self._labels, codes, self.group_estimators_
        return self._rules.margins(self._rule, NewRows(X, proba, *groups))

    @lazily
    def predict(self, X, *, sensitive_features=None):
        """Decide a class for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimators take.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required unless `group_estimator` is given, and not used then.
            Several columns are matched by name.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        scores = self.decision_function(X, sensitive_features=sensitive_features)
        if scores.ndim == 1:
            return self.classes_[(scores > 0).astype(np.intp)]
        return self.classes_[scores.argmax(axis=1)]

    def score(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Accuracy of the decisions.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimators take.
        y : array-like of shape (n_samples,)
            Class labels.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required unless `group_estimator` is given, and not used then.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            Share of correct decisions.
        """
        data = X, y, sensitive_features, sample_weight
        return self._score(accuracy_score, *data)

    @property
    def classes_(self):
        """Class labels."""
        return self.estimator_.classes_

    # Properties: not every group label is a key that skops can store.
    @property
    def thresholds_(self):
        """Threshold of each group."""
        rules, labels = self._rules_of(ThresholdRules, "thresholds_"), self.groups_
        first = self.pos_label_ is not None and self.pos_label_ == self.classes_[0]
        return rules.named(self._rule, labels.tolist(), of_first=first)

    @property
    def multipliers_(self):
        """Multipliers of the cells."""
        rules = self._rules_of(MultiplierRules, "multipliers_")
        return rules.named(self._rule, self.classes_)

    def _rules_of(self, kind, name):
        """The fitted rules, if they are those that an attribute describes."""
        rules = getattr(self, "_rules", None)
        if isinstance(rules, kind):
            return rules
        msg = (
            f"{type(self).__name__} has no attribute {name!r} before fit, and after it "
            "either thresholds_ (known groups, intersections, two classes) or "
            "multipliers_."
        )
        raise AttributeError(msg)

    def _match(self, X, sensitive_features):
        """Codes of new rows in each partition; None where groups are inferred."""
        check_alignment(X=X, sensitive_features=sensitive_features)
        if self.group_estimators_ is not None:
            return None
        options = {
            "names": self.sensitive_feature_names_in_,
            "n_samples": _num_samples(X),
            "unseen": self.unseen,
            "missing": self.missing,
        }
        if len(self._labels) > 1:
            return match_columns(sensitive_features, self._labels, **options)
        return [match_groups(sensitive_features, self._labels[0], **options)]

    def _needs_groups(self):
        """Whether groups are needed at predict, for the rule or the inner model."""
        if getattr(self, "group_estimators_", self.group_estimator) is None:
            return True
        model = getattr(self, "estimator_", self.estimator)
        return takes_groups(model, "predict_proba")

    def _get_metadata_request(self):
        """Groups are requested at predict where they are needed."""
        request = super()._get_metadata_request()
        declines = not hasattr(self, "_metadata_request") and not self._needs_groups()
        for method in PREDICTIONS if declines else ():
            getattr(request, method).add_request(
                param="sensitive_features", alias=False
            )
        return request

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = not self._is_frozen()
        return tags
