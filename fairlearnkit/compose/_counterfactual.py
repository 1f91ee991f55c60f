"""A model that decides about both versions of each row, or learns from both."""

import warnings
from copy import deepcopy

import numpy as np
from scipy import sparse
from sklearn.base import (
    BaseEstimator,
    MetaEstimatorMixin,
    clone,
    is_classifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import get_tags, indexable
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from fairlearnkit._data.alignment import check_alignment, with_common_index
from fairlearnkit._data.columns import as_table
from fairlearnkit._data.containers import as_frame
from fairlearnkit._data.counterfactual import (
    changed_rows,
    conform,
    other_version,
    repeat_rows,
    stack_rows,
)
from fairlearnkit._data.groups import checked_columns
from fairlearnkit._data.messages import SCORE, Caller, required_message
from fairlearnkit._data.rows import check_weight, take_rows
from fairlearnkit._data.targets import check_target
from fairlearnkit._routing.call import (
    call,
    takes_groups,
    takes_weights,
    warn_unweighted,
)
from fairlearnkit.utils._sklearn_private import (
    DocumentedMixin,
    HasMethods,
    StrOptions,
    _fit_context,
    _num_samples,
)

from ._delegation import available_if_inner_has

METHODS = ("predict", "predict_proba", "decision_function")
# Below this share of restored rows, "average" is far from symmetric. Any bound is a
# convention; TermSwap restores all generated biographies, and nearly all other texts.
ROUND_TRIP = 0.95


class CounterfactualEnsemble(MetaEstimatorMixin, DocumentedMixin, BaseEstimator):
    r"""Any model, made to depend less on what a swap changes in a row.

    Let s(x) be the other version of a row x, such as a text with the words of the other
    sex, and f a model. The methods are

    .. math::
        \text{average:} \quad & g(x) = \tfrac12 \big( f(x) + f(s(x)) \big) \\
        \text{augment:} \quad & g \text{ is fitted to } (x_i, y_i) \text{ and }
            (s(x_i), y_i), \text{ with half the weight each} \\
        \text{distill:} \quad & g \text{ is fitted to } x_i \text{ and } s(x_i),
            \text{ with } \tfrac12 \big( f(x_i) + f(s(x_i)) \big)
            \text{ as the target of both}

    If s(s(x)) = x, "average" gives both versions exactly the same probabilities, or
    the same score. Groups are needed at fit if the estimator needs them, and at predict
    likewise; the swap itself uses none.

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor, or a Pipeline that ends in one. It gets X as it is,
        and for texts it starts with a vectoriser. With "average", a
        :class:`~sklearn.frozen.FrozenEstimator` is not fitted again.
    swap : callable
        A function from X to the other version of each row, in the same order, such as
        :class:`~fairlearnkit.preprocessing.TermSwap`. It gets X in the container that
        was passed to `fit` or `predict`.
    method : {"average", "augment", "distill"}, default="average"
        "average" calls the model twice for each row to predict. "augment" and "distill"
        fit a model that needs no swap at predict. "distill" fits the estimator twice,
        the second time to both versions of each row, with the probabilities that
        "average" predicts for them in place of the labels (its predictions for
        regression).

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    changed_share_ : float
        Share of the rows in fit that the swap changes.
    round_trip_ : float
        Share of these rows that a second swap restores exactly; NaN if there are none.
    classes_ : ndarray of shape (n_classes,)
        Class labels, if the estimator is a classifier.
    n_features_in_ : int
        Number of features. Only defined if X has columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X had string column names.

    Raises
    ------
    TypeError
        If the swap returns another container, such as an array for a DataFrame.
    ValueError
        If `sensitive_features` is given and the estimator takes none; if the swap
        returns another number of rows, or other columns; with "augment" and
        "distill", if the estimator splits the rows by its own `cv`, or is frozen; with
        "distill", if a classifier takes no `sample_weight`.
    AttributeError
        With "distill", if a classifier has no ``predict_proba``.

    Warns
    -----
    UserWarning
        If the swap changes no row, or if `round_trip_` is below 0.95; if
        `sample_weight` is given and the estimator takes none.

    See Also
    --------
    fairlearnkit.preprocessing.TermMerge : Exact, and at the price of one model.
    fairlearnkit.metrics.counterfactual_difference : What is left of the effect.

    Notes
    -----
    `sensitive_features` and `sample_weight` go to the estimator, and to those of its
    parts that ask for them. With "augment", the copy s(x) has the label, the sensitive
    features and half the weight of the original x, so a constraint compares the same
    groups as before. An estimator that takes no weights counts each row twice.

    Both versions of a row have to be on the same side of every split. A search or
    cross-validation around this class ensures that, because copies are made within fit.
    An estimator with a parameter `cv` inside is refused with "augment" and "distill".
    Splits that an estimator makes by another parameter, such as early stopping, are not
    found: turn them off.

    "augment" lets the model see the errors of the swap: if these occur only in texts of
    one group, the model can learn from them who is meant. "distill" takes the
    probabilities for the rows that the first model was fitted on. An estimator that
    reproduces its training labels passes on what these labels depend on: regularise it.

    For classes, "average" predicts the class with the largest mean probability, or, if
    the estimator has no ``predict_proba``, by the mean of ``decision_function``.
    Nothing is guaranteed about gaps between groups: what is not swapped, such as a
    hobby, still counts.

    References
    ----------
    Garg, Perot, Limtiaco, Taly, Chi, Beutel: Counterfactual Fairness in Text
    Classification through Robustness. AIES 2019, for augmentation. Gupta, Dhamala,
    Kumar, Verma, Pruksachatkun, Krishna, Gupta, Chang, Ver Steeg, Galstyan: Mitigating
    Gender Bias in Distilled Language Models via Counterfactual Role Reversal. Findings
    of ACL 2022, for distillation.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from fairlearnkit.compose import CounterfactualEnsemble
    >>> from fairlearnkit.datasets import make_biased_biographies
    >>> from fairlearnkit.preprocessing import TermSwap
    >>> texts = make_biased_biographies(500, random_state=0)
    >>> plain = make_pipeline(TfidfVectorizer(), LogisticRegression())
    >>> model = CounterfactualEnsemble(plain, TermSwap())
    >>> model.fit(texts.data["text"], texts.target).round_trip_
    1.0
    >>> model.predict(["He performs operations.", "She performs operations."])
    array(['surgeon', 'surgeon'], dtype=object)
    """

    _passes_on_metadata = True  # to its parts by itself; see `all_parts`

    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__predict = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__predict_proba = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__decision_function = {"sensitive_features": True}  # noqa: RUF012
    __metadata_request__score = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        "estimator": [HasMethods("fit")],
        "swap": [callable],
        "method": [StrOptions({"average", "augment", "distill"})],
    }

    def __init__(self, estimator, swap, *, method="average"):
        self.estimator = estimator
        self.swap = swap
        self.method = method

    # The inner estimator checks its own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Fit the estimator, by the method, to X and what the swap makes of it.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Whatever the estimator and the swap take: a list or Series of texts, a
            DataFrame, an array, a sparse matrix.
        y : array-like of shape (n_samples,), default=None
            Target. Not needed with a FrozenEstimator.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, for an estimator that takes them; refused for any other.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        check_alignment(
            X=X, y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        check_target(y)
        X = as_frame(X)
        if sparse.issparse(X) and X.format not in ("csr", "csc"):
            X = X.tocsr()  # whose rows can be taken
        validate_data(self, X, y, skip_check_array=True)
        X, y = indexable(X, y)
        self._check_rows(X, y, sensitive_features)
        X, y, sensitive_features = with_common_index(X, y, sensitive_features)
        self._check_method()
        warn_unweighted(self.estimator, sample_weight)
        sample_weight = check_weight(sample_weight, _num_samples(X))
        other = self._compare_versions(X)
        fit = {"augment": self._augment, "distill": self._distill}
        data = X, y, sensitive_features, sample_weight
        self.estimator_ = fit.get(self.method, self._fit_plain)(*data, other=other)
        return self

    @available_if_inner_has("predict")
    def predict(self, X, *, sensitive_features=None):
        """Predict, by "average" from both versions of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Rows, as in `fit`.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, for an estimator that needs them at predict.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Class labels or numbers.
        """
        X = self._new_rows(X, sensitive_features)
        if self.method != "average" or not is_classifier(self):
            return self._response("predict", X, sensitive_features)
        scored = [m for m in METHODS[1:] if hasattr(self.estimator_, m)]
        if not scored:
            name = type(self.estimator_).__name__
            msg = (
                f"{name} has neither predict_proba nor decision_function, and "
                '"average" needs one of them: choose method="augment".'
            )
            raise AttributeError(msg)
        scores = self._response(scored[0], X, sensitive_features)
        if scores.ndim == 1:
            return self.classes_[(scores > 0).astype(int)]
        return self.classes_[np.argmax(scores, axis=1)]

    @available_if_inner_has("predict_proba")
    def predict_proba(self, X, *, sensitive_features=None):
        """Predict the probability of each class, by "average" the mean of two.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Rows, as in `fit`.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, for an estimator that needs them at predict.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        X = self._new_rows(X, sensitive_features)
        return self._response("predict_proba", X, sensitive_features)

    @available_if_inner_has("decision_function")
    def decision_function(self, X, *, sensitive_features=None):
        """Compute the scores of the rows, by "average" the mean of two.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Rows, as in `fit`.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, for an estimator that needs them at predict.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            In the units of the estimator. With "average", their signs may differ from
            `predict`, which follows `predict_proba` where there is one.
        """
        X = self._new_rows(X, sensitive_features)
        return self._response("decision_function", X, sensitive_features)

    @available_if_inner_has("predict")
    def score(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Accuracy of a classifier, R^2 of a regressor.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Rows, as in `fit`.
        y : array-like of shape (n_samples,)
            Target.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, for an estimator that needs them at predict.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            At most 1.
        """
        check_alignment(
            X=X, y=y, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        check_is_fitted(self)
        if sensitive_features is None and takes_groups(self.estimator_, "predict"):
            raise ValueError(required_message(SCORE))
        metric = accuracy_score if is_classifier(self) else r2_score
        y_pred = self.predict(X, sensitive_features=sensitive_features)
        return metric(y, y_pred, sample_weight=sample_weight)

    @property
    def classes_(self):
        """Class labels of the fitted classifier."""
        return self.estimator_.classes_

    def _check_rows(self, X, y, groups):
        """Refuse groups of another length, and several labels for a row."""
        if groups is not None:
            checked_columns(groups, _num_samples(X), Caller())
            self._check_groups_are_used()
        if is_classifier(self) and y is not None and np.ndim(y) == 2:
            column_or_1d(y)

    def _check_groups_are_used(self):
        """Refuse groups that the estimator would not see."""
        if not takes_groups(self.estimator, "fit"):
            name = type(self.estimator).__name__
            msg = (
                f"sensitive_features was given, but fit of {name} does not take it, "
                "and the swap needs none: leave it out, or choose an estimator that "
                "compares groups, such as ParityLogisticRegression."
            )
            raise ValueError(msg)

    def _compare_versions(self, X):
        """The other version of X, and how far the swap undoes itself."""
        other = other_version(self.swap, X)
        changed = changed_rows(X, other)
        self.changed_share_ = float(changed.mean())
        self.round_trip_ = np.nan
        if not changed.any():
            msg = "swap changes no row of X: the model is the estimator itself."
            warnings.warn(msg, UserWarning, stacklevel=4)
            return other
        again = conform(self.swap(other), X)
        restored = ~changed_rows(X, again)[changed]
        self.round_trip_ = float(restored.mean())
        if self.round_trip_ < ROUND_TRIP:
            msg = (
                f"Two swaps restore {self.round_trip_:.1%} of the rows that one "
                f"changes, less than {ROUND_TRIP:.0%}: both versions of a row need not "
                "get the same prediction. Look at swap(swap(X)), or use "
                "preprocessing.TermMerge, which needs no swap back."
            )
            warnings.warn(msg, UserWarning, stacklevel=4)
        return other

    def _check_method(self):
        """Refuse what cannot be fitted to several copies of a row."""
        if self.method == "average":
            return
        name = type(self.estimator).__name__
        if self.method == "distill" and is_classifier(self):
            if not hasattr(self.estimator, "predict_proba"):
                msg = (
                    f'{name} has no predict_proba, and method="distill" passes '
                    'probabilities on: use "average" or "augment".'
                )
                raise AttributeError(msg)
            if not takes_weights(self.estimator):
                msg = (
                    f'{name} takes no sample_weight, and method="distill" passes '
                    'probabilities on as weights: use "average" or "augment".'
                )
                raise ValueError(msg)
        if isinstance(self.estimator, FrozenEstimator):
            msg = (
                f"method={self.method!r} fits the estimator, which is frozen: use "
                '"average".'
            )
            raise ValueError(msg)
        self._check_no_folds()

    def _check_no_folds(self):
        """Refuse an estimator by which the copies of a row could be in two folds."""
        parts = self.estimator.get_params()
        for path in parts:
            if path == "cv" or path.endswith("__cv"):
                part = parts.get(path.rpartition("__")[0], self.estimator)
                name = type(part).__name__
                msg = (
                    f"{name} splits the rows by its own cv, and method="
                    f"{self.method!r} repeats rows, so that a copy could be on the "
                    "other side of a split. Put CounterfactualEnsemble inside, "
                    f'{name}(CounterfactualEnsemble(model, swap)), or use "average".'
                )
                raise ValueError(msg)

    def _fit_plain(self, X, y, groups, weight, *, other=None):
        """A fitted clone of the estimator."""
        if isinstance(self.estimator, FrozenEstimator):
            return self.estimator
        return call(
            clone(self.estimator),
            "fit",
            X,
            y,
            sensitive_features=groups,
            sample_weight=weight,
        )

    def _augment(self, X, y, groups, weight, *, other):
        """A clone, fitted to both versions of each row with half the weight each."""
        rows = np.tile(np.arange(_num_samples(X)), 2)
        return self._fit_plain(
            stack_rows(X, other),
            *(None if v is None else take_rows(v, rows) for v in (y, groups)),
            self._half(weight, len(rows) // 2),
        )

    def _half(self, weight, n_samples):
        """Half the weight for both versions of each row; None if none are taken."""
        if not takes_weights(self.estimator):
            return None
        return np.tile(np.full(n_samples, 0.5) if weight is None else 0.5 * weight, 2)

    def _distill(self, X, y, groups, weight, *, other):
        """A clone, fitted to what the average of a first one says of both versions."""
        teacher = self._fit_plain(X, y, groups, weight)
        if not is_classifier(self):
            target = _mean_response(teacher, "predict", X, other, groups)
            return self._augment(X, target, groups, weight, other=other)
        proba = _mean_response(teacher, "predict_proba", X, other, groups)
        n_samples, n_classes = proba.shape
        # A row with the probabilities p is K rows of one class each, with weights p.
        weight = self._half(weight, n_samples)[:, None] * np.tile(proba, (2, 1))
        rows = np.tile(np.arange(n_samples), 2 * n_classes)
        return self._fit_plain(
            repeat_rows(stack_rows(X, other), n_classes),
            np.repeat(teacher.classes_, 2 * n_samples),
            None if groups is None else take_rows(groups, rows),
            weight.T.ravel(),
        )

    def _new_rows(self, X, sensitive_features):
        """X with the columns of fit."""
        check_is_fitted(self)
        check_alignment(X=X, sensitive_features=sensitive_features)
        (X,) = indexable(as_frame(X))  # an array of whatever has __array__
        if hasattr(self, "n_features_in_"):  # not set for lists of texts
            as_table(X)  # raises an error that says how to reshape a single row
        validate_data(self, X, skip_check_array=True, reset=False)
        return X

    def _response(self, method, X, groups):
        """What a method of the fitted model returns, by "average" the mean of two."""
        if self.method != "average":
            return call(self.estimator_, method, X, sensitive_features=groups)
        other = other_version(self.swap, X)
        return _mean_response(self.estimator_, method, X, other, groups)

    def _get_metadata_request(self):
        """Groups are requested where the estimator takes them."""
        request = super()._get_metadata_request()
        if hasattr(self, "_metadata_request"):
            return request
        inner = getattr(self, "estimator_", self.estimator)
        for method in ("fit", *METHODS, "score"):
            asked = "predict" if method == "score" else method
            if not takes_groups(inner, asked):
                getattr(request, method).add_request(
                    param="sensitive_features", alias=False
                )
        return request

    def __sklearn_is_fitted__(self):
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self):
        tags = deepcopy(get_tags(self.estimator))
        tags.requires_fit = True
        tags.array_api_support = False  # means and copies are formed by numpy
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = False
        tags.target_tags.required = not isinstance(self.estimator, FrozenEstimator)
        return tags


def _mean_response(model, method, X, other, groups):
    """Mean of what a method returns for both versions of each row."""
    both = (
        np.asarray(call(model, method, rows, sensitive_features=groups))
        for rows in (X, other)
    )
    return 0.5 * sum(both)
