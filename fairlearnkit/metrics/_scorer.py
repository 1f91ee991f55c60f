"""Scorers for ``scoring=`` that find the groups by themselves."""

from copy import deepcopy
from functools import partial
from inspect import signature

from sklearn.base import is_classifier, is_regressor
from sklearn.utils.metadata_routing import MetadataRequest

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.columns import as_table, take_columns
from fairlearnkit._routing.parts import find_sensitive_columns
from fairlearnkit.utils._sklearn_private import (
    _BaseScorer,
    _cached_call,
    _IdentityClassifier,
    _IdentityRegressor,
)

from ._metric import (
    call_metric,
    find_metric,
    name_of,
    takes,
    unwrapped,
)

RESPONSES = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def parity_scorer(
    metric,
    *,
    response_method="predict",
    columns=None,
    greater_is_better=None,
    metric_params=None,
):
    r"""Make a scorer of a metric that compares groups.

    .. math:: \text{scorer}(\text{estimator}, X, y) = \pm \,
              \text{metric}(y, \hat y(X), \text{sensitive\_features})

    A scorer is greater for better models, so gaps are negated. It goes wherever
    scikit-learn takes ``scoring=``, alone or among others.

    Parameters
    ----------
    metric : str or callable
        Name of a function of :mod:`fairlearnkit.metrics`, or a function
        ``(y_true, y_pred, *, sensitive_features)``, ours or not.
    response_method : str or tuple of str, default="predict"
        What `metric` looks at: "predict", "predict_proba", "predict_log_proba",
        "decision_function", or several, of which the first that the estimator has is
        taken. Of two classes, probabilities are those of the metric's ``pos_label``,
        or of the last one.
    columns : str, int, list or callable, default=None
        Columns of X that hold the groups, as in
        :class:`~fairlearnkit.compose.SensitiveColumns`.
    greater_is_better : bool, default=None
        Whether a greater value of `metric` is better, and is not negated. None is True
        for metrics whose name ends in "ratio" and False for all others.
    metric_params : dict, default=None
        Further keywords of `metric`, such as ``{"pos_label": "yes", "missing":
        "group"}``.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y_true, *, sensitive_features=None,
        sample_weight=None)``, which returns a float.

    Raises
    ------
    ValueError
        An unknown name or response method, a function that takes no
        ``sensitive_features``, or `metric_params` that it does not take. When the
        scorer is called: no groups are to be found, or a metric of scores
        gets the classes of a classifier.

    See Also
    --------
    fairlearnkit.model_selection.LowestGap : Choose a candidate by two scorers.

    Notes
    -----
    Where the groups come from: with `columns`, from these columns of X and from nowhere
    else. Otherwise from metadata, if ``sensitive_features`` was routed to the scorer
    (its request is set already) or passed to it; else from the estimator, if it is a
    SensitiveColumns, or a search, calibration or ensemble around one, or a Pipeline
    that ends in one after samplers only.

    A fold with rows of one group only, or of a group without the rows that a rate is
    about, has no gap: the score is NaN, with a warning. A group that is absent while
    two others are there is not compared. Stratify the folds by class and group. Rates
    look at all ``classes_`` of the estimator.

    Metrics of scores need the scores of a classifier: its classes are no scores, and
    ``response_method="predict"`` is an error.

    The gap is that of the scored rows: of few rows it is noisy, and biased upwards.

    TunedThresholdClassifierCV, and RidgeCV with ``cv=None``, hand on no X: they need
    routed groups, and with `columns` there is an error that says what works.
    Selectors of features (RFECV, SequentialFeatureSelector) hand on some columns of X,
    among which a position means another one, without a word: route the groups there.
    ``permutation_importance`` shuffles the column of the groups like any other: what it
    tells of that one is about shuffled groups.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_validate
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.metrics import parity_scorer
    >>> X, y, group = make_biased_classification(random_state=0)
    >>> X = np.column_stack([X, group == "b"])
    >>> gap = parity_scorer("demographic_parity_difference", columns=-1)
    >>> scoring = {"accuracy": "accuracy", "gap": gap}
    >>> found = cross_validate(LogisticRegression(), X, y, scoring=scoring)
    >>> bool((found["test_gap"] <= 0).all())
    True
    """
    function = find_metric(metric, metric_params)
    responses = (
        (response_method,)
        if isinstance(response_method, str)
        else (tuple(response_method))
    )
    if not responses or set(responses) - set(RESPONSES):
        msg = (
            f"response_method={response_method!r} is not known; use one of "
            f"{list(RESPONSES)}, or several of them."
        )
        raise ValueError(msg)
    if greater_is_better is None:
        greater_is_better = name_of(function).endswith("ratio")
    return _ParityScorer(
        function,
        1 if greater_is_better else -1,
        responses[0] if len(responses) == 1 else responses,
        columns,
    )


class _WithGroups:
    """The metric, for tools that take it out of the scorer and call it without X.

    Its signature hides ``labels``, for which LogisticRegressionCV would take it out:
    the scorer fills them by itself.
    """

    def __init__(self, metric, told):
        self.metric = metric
        self.told = told

    def __call__(
        self,
        y_true,
        y_pred,
        *,
        sensitive_features=None,
        sample_weight=None,
        pos_label=None,
    ):
        if sensitive_features is None:
            msg = (
                f"{self.told} gets labels and no X here, as from "
                "TunedThresholdClassifierCV, so that neither columns= nor a "
                "SensitiveColumns can tell it the groups. Search for the threshold, "
                "GridSearchCV(FixedThresholdClassifier(model), {'threshold': [0.4, "
                "0.5, 0.6]}, scoring=...), which hands X on; or turn routing on, "
                "sklearn.set_config(enable_metadata_routing=True), and pass "
                "sensitive_features to fit, to a scorer without columns=."
            )
            raise ValueError(msg)
        given = {"sample_weight": sample_weight, "pos_label": pos_label}
        more = {name: value for name, value in given.items() if value is not None}
        more["sensitive_features"] = sensitive_features
        return call_metric(self.metric, y_true, y_pred, **more)


class _ParityScorer(_BaseScorer):
    """What `parity_scorer` returns."""

    def __init__(self, metric, sign, response_method, columns):
        super().__init__(None, sign, {}, response_method)
        self._metric = metric
        self._columns = columns
        self._score_func = _WithGroups(metric, repr(self))
        if takes(metric, "pos_label"):  # thresholds are tuned for this class
            named = signature(metric).parameters.get("pos_label")
            self._kwargs = {"pos_label": named.default if named else None}

    def _accept_sample_weight(self):
        return takes(self._metric, "sample_weight")

    def __call__(
        self, estimator, X, y_true=None, *, sensitive_features=None, sample_weight=None
    ):
        return self._score(
            partial(_cached_call, None),
            estimator,
            X,
            y_true,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )

    def _score(
        self,
        method_caller,
        estimator,
        X,
        y_true=None,
        *,
        sensitive_features=None,
        sample_weight=None,
    ):
        check_alignment(
            X=X,
            y_true=y_true,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        groups = self._groups(estimator, X, sensitive_features)
        self._check_response(estimator)
        pos_label = None if is_regressor(estimator) else self._get_pos_label()
        if self._response_method != "predict":  # the cache does not look at pos_label
            method_caller = partial(_cached_call, None)
        y_pred = method_caller(estimator, self._response_method, X, pos_label=pos_label)
        more = {} if sample_weight is None else {"sample_weight": sample_weight}
        classes = getattr(estimator, "classes_", None)
        if classes is not None and self._response_method == "predict":
            more |= self._labels(classes)
        more["sensitive_features"] = groups
        value = call_metric(self._metric, y_true, y_pred, **more)
        return self._sign * value

    def _check_response(self, estimator):
        """Classes are no scores: their gap would be that of decisions."""
        function = unwrapped(self._metric)
        ours = function.__module__.startswith("fairlearnkit.metrics.")
        if not ours or "y_score" not in signature(function).parameters:
            return
        if self._response_method == "predict" and is_classifier(estimator):
            msg = (
                f"{function.__name__} compares scores, and predict of "
                f"{type(estimator).__name__} gives classes: "
                f"parity_scorer({function.__name__!r}, response_method="
                "'decision_function') or 'predict_proba' gives scores. For decisions "
                "take a metric of rates, such as 'demographic_parity_difference'."
            )
            raise ValueError(msg)

    def _labels(self, classes):
        """All classes, of which a fold may lack some, for our metrics of rates."""
        function = self._metric
        fixed = "labels" in getattr(function, "keywords", {})
        ours = unwrapped(function).__module__ == "fairlearnkit.metrics._rates"
        return {"labels": classes} if ours and not fixed else {}

    def _groups(self, estimator, X, sensitive_features):
        leave_one_out = isinstance(estimator, _IdentityClassifier | _IdentityRegressor)
        if leave_one_out and sensitive_features is None:
            msg = (
                f"{self!r} gets predictions and no X from RidgeCV and "
                "RidgeClassifierCV while cv=None: pass them cv=5, or another number "
                "of folds."
            )
            raise ValueError(msg)
        if self._columns is not None:
            if sensitive_features is not None:
                msg = (
                    f"{self!r} takes the groups from X, and sensitive_features was "
                    "passed as well: leave one of them out."
                )
                raise ValueError(msg)
            return take_columns(as_table(X), self._columns)
        if sensitive_features is not None:
            return sensitive_features
        found = find_sensitive_columns(estimator)
        if found is None:
            msg = (
                f"{self!r} finds no groups: {type(estimator).__name__} is no "
                "SensitiveColumns, and no sensitive_features reached the scorer. Name "
                "their columns in X, parity_scorer(..., columns='sex'), wrap the "
                "estimator, SensitiveColumns(estimator, 'sex'), or turn routing on and "
                "pass sensitive_features to the search."
            )
            raise ValueError(msg)
        return found.sensitive_features_of(X)

    def set_score_request(self, **kwargs):
        """Set metadata requests; those that are not named stay as they are."""
        before = self._get_metadata_request().score.requests
        super().set_score_request(**kwargs)
        for name, alias in before.items():
            if name not in kwargs:
                self._metadata_request.score.add_request(param=name, alias=alias)
        return self

    def _get_metadata_request(self):
        """Groups are requested unless they come from columns of X."""
        if hasattr(self, "_metadata_request"):
            return super()._get_metadata_request()
        request = MetadataRequest(owner="parity_scorer")
        request.score.add_request(
            param="sensitive_features", alias=self._columns is None
        )
        if self._accept_sample_weight():
            request.score.add_request(param="sample_weight", alias=None)
        return request

    def __repr__(self):
        told = [name_of(self._metric), f"response_method={self._response_method!r}"]
        if self._columns is not None:
            told.append(f"columns={self._columns!r}")
        if self._sign > 0:
            told.append("greater_is_better=True")
        if getattr(self._metric, "keywords", None):
            told.append(f"metric_params={self._metric.keywords!r}")
        return f"parity_scorer({', '.join(told)})"

    def __sklearn_clone__(self):
        return deepcopy(self)
