"""An estimator that finds its sensitive features among the columns of X."""

from copy import deepcopy
from numbers import Integral

import numpy as np
from sklearn.base import (
    BaseEstimator,
    MetaEstimatorMixin,
    TransformerMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.metrics import accuracy_score, r2_score
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.columns import (
    as_table,
    column_names,
    drop_columns,
    find_columns,
    reorder_columns,
    take_columns,
)
from fairlearnkit._data.sensitive_columns import column_kinds
from fairlearnkit._routing.call import asks_for_groups, call, tell_unweighted
from fairlearnkit._routing.parts import wanting_groups
from fairlearnkit.utils._sklearn_private import (
    HasMethods,
    _check_feature_names_in,
    _fit_context,
)


def _has(*methods):
    """Available where the inner estimator has one of the methods."""

    def check(self):
        inner = getattr(self, "estimator_", self.estimator)
        if not any(hasattr(inner, method) for method in methods):
            getattr(inner, methods[0])  # whose AttributeError tells more
        return True

    return available_if(check)


def _last_step(estimator):
    while isinstance(estimator, Pipeline):
        estimator = estimator[-1]
    return estimator


class SensitiveColumns(MetaEstimatorMixin, BaseEstimator):
    r"""Take the sensitive features out of X and hand them to the estimator within.

    With S the sensitive columns of :math:`X = [X_S \mid X_{\bar S}]`, each method m of
    the inner estimator is called as

    .. math:: m(X_{\bar S}, y, \text{sensitive\_features} = X_S)

    wherever it, or a step of it, asks for sensitive features, in fit and afterwards. To
    the outside this is an estimator of (X, y) alone, so that searches,
    cross-validation, calibration and ensembles work as with any other; nothing has to
    be configured. Groups are needed at fit, as columns of X, and the same columns are
    expected at predict.

    Parameters
    ----------
    estimator : estimator
        A model, a transformer or a Pipeline, ours or not. Parts that do not ask for
        sensitive features get none.
    columns : str, int, list of str, of int or of bool, or callable
        Names, positions or a mask of columns of X; or a function that maps X to one
        label, or one row of labels, for each of its rows, and looks at each row by
        itself.
    drop : bool, default=True
        Whether the inner estimator sees X without these columns. A callable names no
        columns, and nothing is dropped.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator. It takes X without the columns, as dropped.
    positions_ : ndarray of shape (n_columns,) or None
        Positions of the columns in X; None for a callable.
    column_kinds_ : list of list of str
        What each sensitive column held in fit: "numbers", "text", "booleans", "times".
    classes_ : ndarray of shape (n_classes,)
        Class labels, of a classifier.
    n_features_in_ : int
        Number of features, the sensitive columns among them.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names, where X had string column names.

    Raises
    ------
    ValueError
        A column that is not there, there twice, or holds another kind of values than in
        fit; X with other columns than in fit; a sampler inside with a part behind it
        that takes groups or weights; a part that asks for groups in an estimator that
        does not hand them on; a sample_weight in `score` that nothing takes.

    Warns
    -----
    UserWarning
        A model that takes no sample_weight is fitted without.

    See Also
    --------
    fairlearnkit.metrics.parity_scorer : A scorer that finds the same groups.

    Notes
    -----
    At predict, columns with names may come in another order; none may be missing,
    renamed, added or doubled. Numbers stay numbers and text stays text, but the number
    of bytes or the container may change. Where the sensitive column must not be
    collected at predict, and the inner estimator needs groups at fit only,
    ``estimator_`` predicts from X without it.

    An integer is a position, also where a frame has integers for names; such names are
    not compared. A tool that passes some columns of X on, or adds some, moves
    positions: use names there.

    Groups go to the parts whose methods name ``sensitive_features``, by the rules of
    metadata routing: not into ``**kwargs``, and not into another SensitiveColumns,
    which has columns of its own. A part that asks for them at predict, inside of a
    meta-estimator that hands nothing on there, is an error. `sample_weight` goes to
    every part that takes it, and to the scorers of searches inside, unless the request
    was set to False. Other metadata are not passed on.

    A step that adds, drops or reorders rows, such as the samplers of imbalanced-learn,
    stands outside: ``imblearn.pipeline.make_pipeline(sampler, SensitiveColumns(model,
    "sex"))``. It is found by its method ``fit_resample``; other steps that change rows
    are found by their number or by the index of a frame alone.

    Nothing is guaranteed about gaps: that is the inner estimator's matter.

    References
    ----------
    Why groups have to travel inside X: scikit-learn issue 27977 (searches and
    cross-validation pass X alone to predict); SLEP006, Metadata routing.

    Examples
    --------
    >>> from sklearn.model_selection import cross_val_score
    >>> from fairlearnkit.compose import SensitiveColumns
    >>> from fairlearnkit.datasets import load_compas
    >>> from fairlearnkit.linear_model import ParityLogisticRegression
    >>> compas = load_compas()
    >>> X = compas.data[["age", "priors_count", "sex"]]
    >>> model = SensitiveColumns(ParityLogisticRegression(), "sex")
    >>> model.fit(X, compas.target).estimator_.groups_.tolist()
    ['Female', 'Male']
    >>> cross_val_score(model, X, compas.target, scoring="accuracy").shape
    (5,)
    """

    _serves_its_parts = True  # others hand them no metadata

    _parameter_constraints: dict = {  # noqa: RUF012
        "estimator": [HasMethods("fit")],
        "columns": [str, Integral, "array-like", callable],
        "drop": ["boolean"],
    }

    def __init__(self, estimator, columns, *, drop=True):
        self.estimator = estimator
        self.columns = columns
        self.drop = drop

    # The inner estimator checks its own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, *, sample_weight=None):
        """Fit a copy of the estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.
        y : array-like of shape (n_samples,), default=None
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, for every part that takes them.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        self._fit("fit", X, y, sample_weight)
        return self

    @_has("fit_transform", "transform")
    @_fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X, y=None, *, sample_weight=None):
        """Fit a copy of the estimator and transform X.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.
        y : array-like of shape (n_samples,), default=None
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, for every part that takes them.

        Returns
        -------
        X_new : array-like of shape (n_samples, n_features_out)
            What the estimator makes of X.
        """
        own = getattr(type(self.estimator), "fit_transform", None)
        if own in (None, TransformerMixin.fit_transform):  # which forgets the groups
            return self.fit(X, y, sample_weight=sample_weight).transform(X)
        return self._fit("fit_transform", X, y, sample_weight)

    @_has("predict")
    def predict(self, X):
        """Predict with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        y_pred : array-like of shape (n_samples,)
            Predictions.
        """
        return self._call("predict", X)

    @_has("predict_proba")
    def predict_proba(self, X):
        """Probability of each class by the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        proba : array-like of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        return self._call("predict_proba", X)

    @_has("predict_log_proba")
    def predict_log_proba(self, X):
        """Logarithm of the probability of each class by the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        log_proba : array-like of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        return self._call("predict_log_proba", X)

    @_has("decision_function")
    def decision_function(self, X):
        """Scores by the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        scores : array-like of shape (n_samples,) or (n_samples, n_classes)
            Scores.
        """
        return self._call("decision_function", X)

    @_has("transform")
    def transform(self, X):
        """Transform X with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        X_new : array-like of shape (n_samples, n_features_out)
            What the estimator makes of X.
        """
        return self._call("transform", X)

    @_has("inverse_transform")
    def inverse_transform(self, X):
        """Undo the transform of the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_out)
            Transformed features. If the estimator asks for sensitive features here,
            they are looked for by name, or, where nothing was dropped, as in `fit`.

        Returns
        -------
        X_old : array-like of shape (n_samples, n_features)
            The features that the estimator was fitted on; dropped columns do not come
            back.

        Raises
        ------
        ValueError
            The estimator asks for sensitive features, and X does not hold them.
        """
        check_is_fitted(self)
        groups = None
        if asks_for_groups(self.estimator_, "inverse_transform"):
            X, groups = self._split_transformed(as_table(X))
        return call(self.estimator_, "inverse_transform", X, sensitive_features=groups)

    @_has("score")
    def score(self, X, y=None, *, sample_weight=None):
        """Score of the fitted estimator, by its own rule.

        Where its ``score`` takes no groups although its ``predict`` asks for them, as
        that of scikit-learn's mixins, accuracy or R^2 of :meth:`predict`.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.
        y : array-like of shape (n_samples,), default=None
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            Accuracy, R^2 or what else the estimator's ``score`` tells.
        """
        check_alignment(X=X, y=y, sample_weight=sample_weight)
        if self._score_forgets_groups():
            y_pred, metric = self.predict(X), accuracy_score
            if not is_classifier(self):
                metric = r2_score
            return metric(y, y_pred, sample_weight=sample_weight)
        return self._call("score", X, y, sample_weight=sample_weight)

    def sensitive_features_of(self, X):
        """The sensitive features of some rows, as the inner estimator gets them.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns. Before `fit` any columns will do,
            afterwards they must be those of `fit`.

        Returns
        -------
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            One-dimensional for a single name or position.
        """
        if not self.__sklearn_is_fitted__():
            return take_columns(as_table(X), self.columns)
        return self._groups(self._checked(X))

    @_has("get_feature_names_out")
    def get_feature_names_out(self, input_features=None):
        """Names of the transformed features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features of X, the sensitive columns among them; None takes
            those seen in fit.

        Returns
        -------
        names : ndarray of str
            One for each column of `transform`.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        if self._drops():
            names = np.delete(names, self.positions_)
        return self.estimator_.get_feature_names_out(names)

    @_has("set_output")
    def set_output(self, *, transform=None):
        """Choose the container of transformed data, on the inner estimator.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            As in scikit-learn; None leaves it as it is.

        Returns
        -------
        self : object
            This estimator.
        """
        self.estimator.set_output(transform=transform)
        if self.__sklearn_is_fitted__():
            self.estimator_.set_output(transform=transform)
        return self

    @property
    def classes_(self):
        """Class labels of the fitted classifier."""
        return self.estimator_.classes_

    def _fit(self, method, X, y, sample_weight):
        """Fit a copy of the estimator to the rest of X."""
        check_alignment(X=X, y=y, sample_weight=sample_weight)
        X = as_table(X)
        by_rows = callable(self.columns)
        self.positions_ = None if by_rows else find_columns(X, self.columns)
        validate_data(self, X, skip_check_array=True)
        groups = take_columns(X, self.columns, self.positions_)
        self.column_kinds_ = column_kinds(groups)
        self._check_nested()
        tell_unweighted(self.estimator, sample_weight)
        estimator = clone(self.estimator)
        result = call(
            estimator,
            method,
            self._rest(X),
            y,
            sensitive_features=groups,
            sample_weight=sample_weight,
        )
        self.estimator_ = estimator
        return result

    def _check_nested(self):
        """Refuse groups for nobody: the model within takes them from other columns."""
        last = _last_step(self.estimator)
        if not isinstance(last, SensitiveColumns) or wanting_groups(self.estimator):
            return
        served = wanting_groups(last.estimator)
        if served:
            msg = (
                f"columns={self.columns!r} would be the groups of nobody: {served[0]} "
                f"gets those of the SensitiveColumns inside, {last.columns!r}. Name "
                "all of the columns in one SensitiveColumns around the model."
            )
            raise ValueError(msg)

    def _call(self, method, X, *args, **metadata):
        """Call a method of the fitted estimator on new rows."""
        check_is_fitted(self)
        X = self._checked(X)
        groups = self._groups(X)
        return call(
            self.estimator_,
            method,
            self._rest(X),
            *args,
            sensitive_features=groups,
            **metadata,
        )

    def _checked(self, X):
        """X with the columns of fit, in their order."""
        X = as_table(X)
        named = hasattr(self, "feature_names_in_")
        if named and column_names(X) is not None:
            X = reorder_columns(X, self.feature_names_in_.tolist())
        elif not callable(self.columns):
            find_columns(X, self.columns)  # names need a frame
        validate_data(self, X, reset=False, skip_check_array=True)
        return X

    def _groups(self, X):
        """Sensitive features of checked rows, of the kinds of fit."""
        groups = take_columns(X, self.columns, self.positions_)
        kinds = column_kinds(groups)
        for j, (new, old) in enumerate(zip(kinds, self.column_kinds_)):
            if set(new) - set(old):
                msg = (
                    f"{self._column_name(j)} held {' and '.join(old)} in fit and holds "
                    f"{' and '.join(new)} now: convert the column as it was then."
                )
                raise ValueError(msg)
        return groups

    def _column_name(self, j):
        """What to call the j-th sensitive column in a message."""
        if self.positions_ is None:
            return f"Column {j} of what {self.columns!r} returned"
        place = self.positions_[j]
        if hasattr(self, "feature_names_in_"):
            return f"The sensitive column {self.feature_names_in_[place]!r}"
        return f"The sensitive column at position {place}"

    def _score_forgets_groups(self):
        """Whether the last step scores by predictions without the groups."""
        check_is_fitted(self)
        last = _last_step(self.estimator_)
        return (
            (is_classifier(self) or is_regressor(self))
            and asks_for_groups(last, "predict")
            and not asks_for_groups(last, "score")
        )

    def _drops(self):
        return self.drop and self.positions_ is not None

    def _rest(self, X):
        return drop_columns(X, self.positions_) if self._drops() else X

    def _split_transformed(self, X):
        """Transformed rows and their groups, if they are still there."""
        names = column_names(X)
        by_name = all(isinstance(c, str) for c in np.atleast_1d(self.columns))
        if by_name and names is not None:
            groups = take_columns(X, self.columns)
            places = find_columns(X, self.columns)
            return (drop_columns(X, places) if self.drop else X), groups
        if not self._drops() and X.shape[1] == self.n_features_in_:
            return X, take_columns(X, self.columns, self.positions_)
        msg = (
            f"inverse_transform of {type(self.estimator_).__name__} asks for sensitive "
            f"features, and columns={self.columns!r} cannot be found in transformed X: "
            "use a DataFrame that holds them by name, or drop=False."
        )
        raise ValueError(msg)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self):
        tags = deepcopy(get_tags(self.estimator))
        tags.requires_fit = True  # the columns have to be found
        return tags
