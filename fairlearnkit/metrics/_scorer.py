"""Scorers for ``scoring=`` that find the groups themselves."""

from copy import deepcopy
from functools import partial
from inspect import signature

from sklearn.base import is_classifier, is_regressor
from sklearn.utils.metadata_routing import MetadataRequest

from fairlearnkit._counting.metric import is_gap_of_rates
from fairlearnkit._counting.named_metric import (
    accepts,
    call_metric,
    function_name,
    get_metric,
    unwrap,
)
from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.columns import as_table, take_columns
from fairlearnkit._data.containers import is_lazy
from fairlearnkit._data.partitions import by_rows, without_rows
from fairlearnkit._routing.parts import find_sensitive_columns
from fairlearnkit.utils._sklearn_private import (
    _BaseScorer,
    _cached_call,
    _IdentityClassifier,
    _IdentityRegressor,
)

from ._score_function import ScoreFunction

# Methods that scikit-learn's scorers can call.
RESPONSE_METHODS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
)


def parity_scorer(
    metric,
    *,
    response_method="predict",
    columns=None,
    greater_is_better=None,
    metric_params=None,
):
    r"""Make a scorer from a metric that compares groups.

    .. math:: \text{scorer}(\text{estimator}, X, y) = \pm \,
              \text{metric}(y, \hat y(X), \text{sensitive\_features})

    Scorers are greater for better models, so gaps are negated. The scorer can be used
    wherever scikit-learn takes ``scoring=``, alone or together with others.

    Parameters
    ----------
    metric : str or callable
        Name of a function of :mod:`fairlearnkit.metrics`, or any function
        ``(y_true, y_pred, *, sensitive_features)``.
    response_method : str or tuple of str, default="predict"
        What `metric` gets as predictions: "predict", "predict_proba",
        "predict_log_proba", "decision_function", or several, of which the first that
        the estimator has is used. For two classes, probabilities are those of the
        metric's ``pos_label``, or of the last class.
    columns : str, int, list or callable, default=None
        Columns of X that hold the groups, as in
        :class:`~fairlearnkit.compose.SensitiveColumns`.
    greater_is_better : bool, default=None
        Whether greater values of `metric` are better, so that it is not negated. None
        is True for metrics whose name ends in "ratio" and False for all others.
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
        The name or response method is unknown, the function takes no
        ``sensitive_features``, or it does not take some of `metric_params`. When the
        scorer is called: there are no groups, or a metric of scores gets the classes of
        a classifier.

    See Also
    --------
    fairlearnkit.model_selection.LowestGap : Choose a candidate by two scorers.

    Notes
    -----
    With `columns`, the groups come from these columns of X and from nowhere else.
    Otherwise they come from metadata, if ``sensitive_features`` was routed to the
    scorer (its request is set already) or passed to it; else from the estimator, if it
    is a SensitiveColumns, or a search, calibration or ensemble around one, or a
    Pipeline that ends in one and otherwise holds samplers only.

    If a fold has rows of one group only, or a group has no rows in the denominator of a
    rate, the score is NaN, with a warning. A group that is absent while two others are
    present is not compared. Stratify the folds by class and group. Gaps of rates take
    all ``classes_`` of the estimator into account.

    Metrics of scores need the scores of a classifier, not its classes:
    ``response_method="predict"`` is an error.

    The gap is that of the scored rows. If there are few, it is noisy and biased
    upwards.

    A scorer that is called with Dask collections predicts partition by partition, with
    any estimator. scikit-learn's searches do not take them.

    TunedThresholdClassifierCV, and RidgeCV with ``cv=None``, do not pass X on. They
    need routed groups; with `columns`, an error says what works instead. Selectors of
    features (RFECV, SequentialFeatureSelector) pass on only some columns of X, where a
    position can refer to another column without notice: route the groups instead.
    ``permutation_importance`` shuffles the column of the groups like any other; the
    importance of this column is about shuffled groups.

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
    >>> results = cross_validate(LogisticRegression(), X, y, scoring=scoring)
    >>> bool((results["test_gap"] <= 0).all())
    True
    """
    function = get_metric(metric, metric_params)
    is_single = isinstance(response_method, str)
    responses = (response_method,) if is_single else tuple(response_method)
    if not responses or set(responses) - set(RESPONSE_METHODS):
        msg = (
            f"response_method={response_method!r} is not known; use one of "
            f"{list(RESPONSE_METHODS)}, or several of them."
        )
        raise ValueError(msg)
    if greater_is_better is None:
        greater_is_better = function_name(function).endswith("ratio")
    return _ParityScorer(
        function,
        1 if greater_is_better else -1,
        responses[0] if len(responses) == 1 else responses,
        columns,
    )


class _ParityScorer(_BaseScorer):
    """What `parity_scorer` returns."""

    def __init__(self, metric, sign, response_method, columns):
        # `_score` calls the metric; `_score_func` is for tools that call it themselves,
        # and is set when the scorer can be named in its messages.
        super().__init__(None, sign, {}, response_method)
        self._metric = metric
        self._columns = columns
        self._score_func = ScoreFunction(metric, repr(self))
        # The base class takes the positive class from here: probabilities are those of
        # this class, and TunedThresholdClassifierCV tunes the threshold for it.
        if accepts(metric, "pos_label"):
            parameter = signature(metric).parameters.get("pos_label")
            self._kwargs = {"pos_label": parameter.default if parameter else None}

    def _accept_sample_weight(self):
        return accepts(self._metric, "sample_weight")

    def __call__(
        self, estimator, X, y_true=None, *, sensitive_features=None, sample_weight=None
    ):
        return self._score(
            partial(_cached_call, None),  # no cache, for a single scorer
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
        """Predict and call the metric; scikit-learn passes a caller with a cache."""
        check_alignment(
            X=X,
            y_true=y_true,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        # Errors about the groups come before the predictions, which may take long.
        options = {"sensitive_features": self._groups(estimator, X, sensitive_features)}
        if sample_weight is not None:
            options["sample_weight"] = sample_weight
        self._check_response(estimator)
        pos_label = None if is_regressor(estimator) else self._get_pos_label()
        if self._response_method != "predict":
            # The cache would mix up the probabilities of different positive classes.
            method_caller = partial(_cached_call, None)
        y_pred = self._predictions(method_caller, estimator, X, pos_label=pos_label)
        options |= self._labels(estimator)
        return self._sign * call_metric(self._metric, y_true, y_pred, **options)

    def _predictions(self, method_caller, estimator, X, **options):
        """What the metric gets as predictions; lazily where X is a Dask collection."""
        if not is_lazy(X):
            return method_caller(estimator, self._response_method, X, **options)
        one_partition = partial(
            _response,
            estimator=estimator,
            response_method=self._response_method,
            **options,
        )
        return by_rows("parity-scorer", one_partition, X, _one_column(X))

    def _check_response(self, estimator):
        """Raise an error if one of our metrics of scores would get classes."""
        function = unwrap(self._metric)
        is_ours = function.__module__.startswith("fairlearnkit.metrics.")
        if not is_ours or "y_score" not in signature(function).parameters:
            return
        if self._response_method == "predict" and is_classifier(estimator):
            name = function.__name__
            msg = (
                f"{name} compares scores, and predict of {type(estimator).__name__} "
                f"gives classes: parity_scorer({name!r}, response_method="
                "'decision_function') or 'predict_proba' gives scores. For decisions "
                "take a metric of rates, such as 'demographic_parity_difference'."
            )
            raise ValueError(msg)

    def _labels(self, estimator):
        """All classes of the estimator for a gap of rates: a fold may lack some."""
        classes = getattr(estimator, "classes_", None)
        if classes is None or self._response_method != "predict":
            return {}
        is_fixed = "labels" in getattr(self._metric, "keywords", {})
        if is_fixed or not is_gap_of_rates(unwrap(self._metric)):
            return {}
        return {"labels": classes}

    def _groups(self, estimator, X, sensitive_features):
        """The groups, from columns of X, from the caller, or from the estimator."""
        self._check_groups(estimator, sensitive_features)
        if self._columns is not None:
            return _lazily(partial(_take, columns=self._columns), X)
        if sensitive_features is not None:
            return sensitive_features
        inner = find_sensitive_columns(estimator)
        if inner is None:
            msg = (
                f"{self!r} finds no groups: {type(estimator).__name__} is not a "
                "SensitiveColumns, and no sensitive_features reached the scorer. Name "
                "their columns in X, parity_scorer(..., columns='sex'), wrap the "
                "estimator, SensitiveColumns(estimator, 'sex'), or turn routing on and "
                "pass sensitive_features to the search."
            )
            raise ValueError(msg)
        return _lazily(inner.sensitive_features_of, X)

    def _check_groups(self, estimator, sensitive_features):
        # RidgeCV scores leave-one-out predictions through a stand-in for the estimator.
        is_identity = isinstance(estimator, _IdentityClassifier | _IdentityRegressor)
        if is_identity and sensitive_features is None:
            msg = (
                f"{self!r} gets predictions and no X from RidgeCV and "
                "RidgeClassifierCV while cv=None: pass them cv=5, or another number "
                "of folds."
            )
            raise ValueError(msg)
        if self._columns is not None and sensitive_features is not None:
            msg = (
                f"{self!r} takes the groups from X, and sensitive_features was "
                "passed as well: leave one of them out."
            )
            raise ValueError(msg)

    def set_score_request(self, **kwargs):
        """Set metadata requests; those that are not named stay as they are."""
        # scikit-learn starts from an empty request, and would drop that of the groups.
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
        response = f"response_method={self._response_method!r}"
        arguments = [function_name(self._metric), response]
        if self._columns is not None:
            arguments.append(f"columns={self._columns!r}")
        if self._sign > 0:
            arguments.append("greater_is_better=True")
        if getattr(self._metric, "keywords", None):
            arguments.append(f"metric_params={self._metric.keywords!r}")
        return f"parity_scorer({', '.join(arguments)})"

    def __sklearn_clone__(self):
        return deepcopy(self)  # there is no constructor with parameters to clone by


def _take(X, columns):
    return take_columns(as_table(X), columns)


def _lazily(function, X):
    """A function of the rows of X, partition by partition if it is a collection."""
    if not is_lazy(X):
        return function(X)
    return by_rows("parity-scorer", function, X, function(without_rows(X)))


def _response(X, estimator, response_method, **options):
    return _cached_call(None, estimator, response_method, X, **options)


def _one_column(X):
    """A column like that of the predictions for X, without rows."""
    empty = without_rows(X)
    return empty.iloc[:, 0] if hasattr(empty, "iloc") else empty[:, 0]
