"""Decisions whose rates differ between groups by no more than a bound."""

import warnings
from copy import copy, deepcopy
from numbers import Integral, Real

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
)
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.classes import has_conventional_labels, positive_class
from fairlearnkit._data.columns import as_table
from fairlearnkit._data.containers import as_frame
from fairlearnkit._data.matching import match_columns, match_groups, sensitive_names
from fairlearnkit._data.messages import SCORE, required_message
from fairlearnkit._models.constraint import CONSTRAINT_PARAMETERS, named_multipliers
from fairlearnkit._routing.call import takes_groups
from fairlearnkit.utils._sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    _fit_context,
    _num_samples,
    _safe_indexing,
)

from ._costs import costs_of, margins, plain_threshold
from ._decision_rules import (
    choose,
    confidence_bound,
    multiplier_rules,
    row_numbers,
    split_near_ties,
    threshold_margins,
    threshold_rules,
)
from ._decision_task import (
    build_decision_problem,
    calibrate,
    class_proba,
    part_cells,
    read_task,
)
from ._memberships import group_proba, one_hot


class ParityThresholdClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    r"""Decide so that rates differ between groups by no more than a bound.

    TODO
    """

    # SensitiveColumns and routing pass no metadata to the parts of such an estimator.
    _passes_on_metadata = True

    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__predict = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__predict_proba = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__decision_function = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__score = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        **CONSTRAINT_PARAMETERS,
        "estimator": [HasMethods("fit")],
        "constraint": [
            StrOptions({"demographic_parity", "equal_opportunity", "equalized_odds"}),
            HasMethods("contrasts"),
        ],
        "max_gap": [Interval(Real, 0, None, closed="both")],
        "group_estimator": [HasMethods("fit"), None],
        "cost": [dict, "array-like", None],
        "pos_label": [Real, str, "boolean", None],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "cv": ["cv_object"],
        "unseen": [StrOptions({"error", "pooled"})],
        "n_jobs": [Integral, None],
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
    def fit(self, X, y=None, *, sensitive_features=None, sample_weight=None):
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

        Returns
        -------
        self : object
            The fitted estimator.
        """
        task = read_task(self, X, y, sensitive_features, sample_weight)
        self.pos_label_ = self._positive_class(task.classes.tolist())
        self.sensitive_feature_names_in_ = sensitive_names(task.sensitive_features)
        self.groups_ = task.all_groups.labels
        self.group_counts_ = task.all_groups.counts
        calibration = calibrate(self, task)
        truth = task.truth_of(calibration.rows)
        problem, self._cell_shares = build_decision_problem(task, calibration, truth)
        self._store_program(task, calibration, truth, problem)
        if self._by_threshold:
            rules = threshold_rules(
                problem,
                truth,
                calibration.proba[:, 1],
                task.groups[0].codes[calibration.rows],
                self.max_gap,
            )
        else:
            rules = multiplier_rules(problem, truth, self.max_gap)
        self._rules = rules
        self._use_rule()
        return self

    def _positive_class(self, classes):
        """The positive class; None if it is not given and does not have to be."""
        conventional = len(classes) == 2 and has_conventional_labels(classes)
        if self.pos_label is None and not conventional:
            return None
        return positive_class(classes, self.pos_label, name="y")

    def _store_program(self, task, calibration, truth, problem):
        """Set the fitted models, and what is needed to apply a rule to new rows."""
        self.estimator_ = calibration.estimator
        self.group_estimators_ = calibration.group_estimators
        self._parts, self._blocks = calibration.parts, calibration.blocks
        self._labels = [groups.labels for groups in task.groups]
        self._cost, self._spread = task.cost, float(np.ptp(problem.costs))
        self._strata, self._row_share = truth.strata, truth.row_share
        self._decisions = [k for k, _ in truth.parts]
        # The position of each named multiplier among the rates of its part.
        self._names = [
            named_multipliers(contrasts, np.arange(len(contrasts.cells)))
            for contrasts in task.contrasts
        ]
        two_classes, one_grouping = len(task.classes) == 2, len(task.groups) == 1
        known = self.group_estimator is None
        self._by_threshold = known and two_classes and one_grouping
        proven = self._by_threshold and task.weight is None
        proven = proven and isinstance(self.estimator, FrozenEstimator)
        counts = np.diff(truth.parts[0][1].tocsr().indptr) if proven else None
        self._cell_counts = counts

    def _use_rule(self):
        """Choose the rule for `max_gap`, and set the attributes that describe it."""
        rules = self._rules
        plain = len(rules["gap"]) - 1
        bound = self.max_gap + self._row_share
        index, met = choose(rules, bound)
        if not met:
            msg = (
                f"No rule has a gap of at most max_gap={self.max_gap} on the rows for "
                f"calibration; the lowest one is {rules['gap'][0]:.3g}, and was "
                "chosen. Use more rows, larger groups, or a better group_estimator."
            )
            warnings.warn(msg, UserWarning, stacklevel=3)
        self._rule = None if index == plain else index
        self.gap_ = float(rules["gap"][index])
        self.cost_ = float(rules["cost"][index])
        self.duality_gap_ = float(rules["duality_gap"][index])
        self.gap_bound_ = np.nan
        if self._cell_counts is not None:
            self.gap_bound_ = confidence_bound(
                rules["rates"][index], self._strata, self._cell_counts, self.confidence
            )
        self.tradeoff_ = {
            name: rules[name].copy() for name in ("gap", "cost", "duality_gap")
        }
        if self._by_threshold:
            self.thresholds_ = self._named_thresholds(rules["rule"][index])
        else:
            self.multipliers_ = self._named_multipliers(rules["rule"][index])

    def _named_thresholds(self, rule):
        """Thresholds on the probability of the positive class, by group."""
        first = self.pos_label_ is not None and self.pos_label_ == self.classes_[0]
        named = {}
        for label, cuts, shares in zip(self.groups_.tolist(), *rule):
            if not len(cuts):
                cuts, shares = np.array([plain_threshold(self._cost)]), np.ones(1)
            cuts = 1.0 - cuts if first else cuts
            pairs = list(zip(cuts.tolist(), shares.tolist()))
            named[label] = pairs[0][0] if len(pairs) == 1 else pairs
        return named

    def _named_multipliers(self, multipliers):
        """Multipliers by cell; for several classes a dict of them for each class."""
        ends = np.cumsum([len(shares) for shares in self._cell_shares])[:-1]
        parts = [
            {name: float(nu[int(j)]) for name, j in names.items()}
            for names, nu in zip(self._names, np.split(multipliers, ends))
        ]
        labels = self.classes_[self._decisions].tolist()
        return parts[0] if len(self.classes_) == 2 else dict(zip(labels, parts))

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
        twin._use_rule()
        return twin

    def predict_proba(self, X, *, sensitive_features=None):
        """Probabilities of the classes by the inner estimator, without the rule.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimator takes.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, for an inner estimator that takes them.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        X = self._check_rows(X, sensitive_features)
        groups = sensitive_features
        if not takes_groups(self.estimator_, "predict_proba"):
            groups = None
        return class_proba(self.estimator_, X, groups, self.classes_)

    def decision_function(self, X, *, sensitive_features=None):
        """Shifted scores: by how much a row is above its threshold.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimators take.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required unless `group_estimator` is given. Several columns
            are matched by name.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Two classes: the probability of ``classes_[1]`` less the threshold of the
            row; it is decided if this is positive. More classes: the negated shifted
            cost of each class; the largest one is decided.
        """
        check_is_fitted(self)
        codes = self._match(X, sensitive_features)
        proba = self.predict_proba(X, sensitive_features=sensitive_features)
        return self._margins(X, proba, codes)

    def predict(self, X, *, sensitive_features=None):
        """Decide a class for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Whatever the inner estimators take.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required unless `group_estimator` is given. Several columns
            are matched by name.

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
            Group labels. Required unless `group_estimator` is given.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            Share of correct decisions.
        """
        check_alignment(
            X=X, y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        check_is_fitted(self)
        if sensitive_features is None and self._needs_groups():
            raise ValueError(required_message(SCORE))
        y_pred = self.predict(X, sensitive_features=sensitive_features)
        return accuracy_score(y, y_pred, sample_weight=sample_weight)

    @property
    def classes_(self):
        """Class labels."""
        return self.estimator_.classes_

    def _match(self, X, sensitive_features):
        """Codes of new rows in each partition; None where groups are inferred."""
        check_alignment(X=X, sensitive_features=sensitive_features)
        if self.group_estimator is not None:
            if sensitive_features is not None and not self._needs_groups():
                msg = (
                    "sensitive_features was given, but with group_estimator decisions "
                    "depend on X alone: leave it out."
                )
                raise ValueError(msg)
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

    def _check_rows(self, X, sensitive_features):
        """X, checked to have the columns of fit."""
        check_is_fitted(self)
        check_alignment(X=X, sensitive_features=sensitive_features)
        X = as_frame(X)
        if hasattr(self, "n_features_in_"):  # not set for lists of texts
            as_table(X)  # raises an error that tells how to reshape a single row
        validate_data(self, X, skip_check_array=True, reset=False)
        return X

    def _margins(self, X, proba, codes):
        """Values of `decision_function`."""
        costs = costs_of(proba, self._cost)
        if self._rule is None:
            return margins(costs, self._cost)
        rule = self._rules["rule"][self._rule]

        def numbers(rows, seed):
            return row_numbers(_safe_indexing(X, rows), seed)

        if self._by_threshold:
            plain = margins(costs, self._cost)
            return threshold_margins(proba[:, 1], codes[0], *rule, plain, numbers)
        of_blocks = self._block_memberships(X, codes)
        shifted = costs.copy()
        ends = np.cumsum([len(shares) for shares in self._cell_shares])[:-1]
        for k, part, shares, nu in zip(
            self._decisions, self._parts, self._cell_shares, np.split(rule, ends)
        ):
            cells = part_cells(part, self._blocks, proba, of_blocks)
            shifted[:, k] += cells @ (nu / shares)
        split_near_ties(shifted, self._spread, numbers)
        return margins(shifted, self._cost)

    def _block_memberships(self, X, codes):
        """Memberships of new rows in the groups of each block."""
        if codes is None:
            return [
                group_proba(model, X, self._labels[q])
                for model, (q, _) in zip(self.group_estimators_, self._blocks)
            ]
        known = [one_hot(c, len(labels)) for c, labels in zip(codes, self._labels)]
        return [known[q] for q, _ in self._blocks]

    def _needs_groups(self):
        """Whether groups are needed at predict."""
        if self.group_estimator is None:
            return True
        model = getattr(self, "estimator_", self.estimator)
        return takes_groups(model, "predict_proba")

    def _get_metadata_request(self):
        """Groups are requested at predict only where they are needed."""
        request = super()._get_metadata_request()
        if not hasattr(self, "_metadata_request") and not self._needs_groups():
            for method in ("predict", "predict_proba", "decision_function", "score"):
                getattr(request, method).add_request(
                    param="sensitive_features", alias=False
                )
        return request

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        tags.non_deterministic = inner.non_deterministic
        tags.target_tags.required = not isinstance(self.estimator, FrozenEstimator)
        return tags
