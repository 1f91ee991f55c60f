"""A meta-estimator that finds the sensitive features among the columns of X."""

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
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.columns import (
    as_table,
    as_table_or_lazy,
    column_names,
    drop_columns,
    find_columns,
    reorder_columns,
    take_columns,
)
from fairlearnkit._data.containers import any_lazy, is_lazy
from fairlearnkit._data.lazy_rows import lazy_score, stand_in
from fairlearnkit._data.sensitive_columns import column_kinds
from fairlearnkit._routing.call import call, takes_groups, warn_unweighted
from fairlearnkit._routing.gathering import check_takes_collections
from fairlearnkit._routing.requests import parts_requesting_groups
from fairlearnkit.utils._sklearn_private import (
    DocumentedMixin,
    HasMethods,
    _check_feature_names_in,
    _fit_context,
)

from ._delegation import DelegatedMethods, available_if_inner_has
from ._lazy import call_lazily, has_usual_score, kinds_of


def _last_step(estimator):
    """The last step of a Pipeline, or of nested ones; any other estimator itself."""
    while isinstance(estimator, Pipeline):
        estimator = estimator[-1]
    return estimator


class SensitiveColumns(
    DelegatedMethods, MetaEstimatorMixin, DocumentedMixin, BaseEstimator
):
    r"""Pass columns of X to the inner estimator as its sensitive features.

    With S the sensitive columns of :math:`X = [X_S \mid X_{\bar S}]`, each method m of
    the inner estimator is called as

    .. math:: m(X_{\bar S}, y, \text{sensitive\_features} = X_S)

    if it, or a step of it, takes sensitive features, at fit and afterwards. From the
    outside this is an estimator of (X, y) alone, so that searches, cross-validation,
    calibration and ensembles work as with any other estimator, without further
    configuration. Groups are needed at fit, as columns of X, and the same columns are
    expected at predict.

    Parameters
    ----------
    estimator : estimator
        A model, a transformer or a Pipeline, of this library or not. Parts that do not
        ask for sensitive features get none.
    columns : str, int, list of str, of int or of bool, or callable
        Names, positions or a mask of columns of X; or a function of X that returns one
        label, or one row of labels, for each row. The labels of a row must not depend
        on other rows.
    drop : bool, default=True
        Whether to drop these columns before X is passed to the inner estimator. With a
        callable, nothing is dropped.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator. It takes X without the dropped columns.
    positions_ : ndarray of shape (n_columns,) or None
        Positions of the columns in X; None for a callable.
    column_kinds_ : list of list of str
        Types of values of each sensitive column in fit: "numbers", "text", "booleans"
        or "times".
    classes_ : ndarray of shape (n_classes,)
        Class labels, if the inner estimator is a classifier.
    n_features_in_ : int
        Number of features, including the sensitive columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X had string column names.

    Raises
    ------
    ValueError
        If a column does not exist, occurs twice, or holds other types of values than in
        fit; if X has other columns than in fit; if a sampler inside is followed by a
        part that takes groups or weights; if a part asks for groups inside an
        estimator that does not pass them on; if `score` is given a sample_weight that
        nothing takes.

    Warns
    -----
    UserWarning
        If a model that takes no sample_weight is fitted without it.

    See Also
    --------
    fairlearnkit.metrics.parity_scorer : A scorer that finds the same groups.

    Notes
    -----
    At predict, columns with names may come in another order, but none may be missing,
    renamed, added or repeated. Numbers must stay numbers and text must stay text; the
    dtype and the container may change. If the sensitive column must not be collected at
    predict, and the inner estimator needs groups at fit only, predict with
    ``estimator_``, which takes X without this column.

    An integer is a position, even if a frame has integers as names; such names are not
    compared with those of fit. Tools that pass on some columns of X only, or add
    columns, change positions: use names with them.

    Groups are passed to the parts whose methods have a parameter
    ``sensitive_features``, by the rules of metadata routing: not through ``**kwargs``,
    and not into another SensitiveColumns, which has its own columns. It is an error if
    a part asks for groups in a method in which the meta-estimator around it passes
    nothing on. `sample_weight` is passed to every part that takes it, and to the
    scorers of searches inside, unless its request was set to False. Other metadata are
    not passed on.

    Steps that add, drop or reorder rows, such as the samplers of imbalanced-learn, must
    be outside: ``imblearn.pipeline.make_pipeline(sampler, SensitiveColumns(model,
    "sex"))``. They are recognised by their method ``fit_resample``. Other steps that
    change rows are detected only if the number of rows or the index of a frame changes.

    X may be a Dask array or DataFrame, with y and `sample_weight` of the same
    partitions, if the inner estimator can be fitted to Dask collections or is a
    FrozenEstimator; other estimators of scikit-learn, and its Pipelines and searches,
    are refused. Predictions and transformed features are lazy. A function as `columns`
    gets the collection, and returns one.

    This class guarantees nothing about gaps. Only the inner estimator may bound them.

    References
    ----------
    Scikit-learn issue 27977: searches and cross-validation pass X alone to predict,
    which is why groups are columns of X here. SLEP006: Metadata routing.

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

    _passes_on_metadata = True  # to its parts by itself; see `all_parts`

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
            Weights, passed to every part that takes them.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        self._fit("fit", X, y, sample_weight)
        return self

    @available_if_inner_has("fit_transform", "transform")
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
            Weights, passed to every part that takes them.

        Returns
        -------
        X_new : array-like of shape (n_samples, n_features_out)
            The transformed X.
        """
        own = getattr(type(self.estimator), "fit_transform", None)
        # That of the mixin would call transform without the groups.
        if own in (None, TransformerMixin.fit_transform):
            return self.fit(X, y, sample_weight=sample_weight).transform(X)
        return self._fit("fit_transform", X, y, sample_weight)

    @available_if_inner_has("inverse_transform")
    def inverse_transform(self, X):
        """Undo the transform of the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_out)
            Transformed features. If the estimator takes sensitive features here, they
            are found by name or, if nothing was dropped, as in `fit`.

        Returns
        -------
        X_old : array-like of shape (n_samples, n_features)
            The features as the estimator was fitted on them, without dropped columns.

        Raises
        ------
        ValueError
            If the estimator takes sensitive features and X does not hold them.
        """
        check_is_fitted(self)
        groups = None
        if takes_groups(self.estimator_, "inverse_transform"):
            X, groups = self._split_transformed(as_table(X))
        return call(self.estimator_, "inverse_transform", X, sensitive_features=groups)

    @available_if_inner_has("score")
    def score(self, X, y=None, *, sample_weight=None):
        """Score of the fitted estimator, by its own method.

        If its ``score`` takes no groups although its ``predict`` does, as in
        scikit-learn's mixins, this is the accuracy or R^2 of :meth:`predict`.

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
            Accuracy, R^2, or whatever the estimator's ``score`` returns.
        """
        check_alignment(X=X, y=y, sample_weight=sample_weight)
        if any_lazy(X, y, sample_weight) and has_usual_score(self.estimator_):
            y_pred, classifier = self.predict(X), is_classifier(self)
            return lazy_score(y, y_pred, sample_weight, classifier=classifier)
        if self._score_forgets_groups():
            y_pred, metric = self.predict(X), accuracy_score
            if not is_classifier(self):
                metric = r2_score
            return metric(y, y_pred, sample_weight=sample_weight)
        return self._call("score", X, y, sample_weight=sample_weight)

    def sensitive_features_of(self, X):
        """The sensitive features of X, as they are passed to the inner estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns. After `fit`, all columns must be those
            of `fit`.

        Returns
        -------
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            One-dimensional for a single name or position.
        """
        if not self.__sklearn_is_fitted__():
            return take_columns(as_table_or_lazy(X), self.columns)
        return self._groups(self._checked(X))

    @available_if_inner_has("get_feature_names_out")
    def get_feature_names_out(self, input_features=None):
        """Names of the transformed features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features of X, including the sensitive columns; None takes
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

    @available_if_inner_has("set_output")
    def set_output(self, *, transform=None):
        """Set the container in which the inner estimator returns transformed data.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            As in scikit-learn; None changes nothing.

        Returns
        -------
        self : object
            This estimator.
        """
        # The one for the next fit, and the fitted one.
        self.estimator.set_output(transform=transform)
        if self.__sklearn_is_fitted__():
            self.estimator_.set_output(transform=transform)
        return self

    @property
    def classes_(self):
        """Class labels of the fitted classifier."""
        return self.estimator_.classes_

    def _fit(self, method, X, y, sample_weight):
        """Fit a clone of the estimator to X without the dropped columns."""
        check_alignment(X=X, y=y, sample_weight=sample_weight)
        check_takes_collections(self.estimator, X, y)
        X = as_table_or_lazy(X)
        # 1. Find the columns, and remember their positions and types of values.
        is_function = callable(self.columns)
        self.positions_ = None if is_function else find_columns(X, self.columns)
        validate_data(self, stand_in(X), skip_check_array=True)
        groups = take_columns(X, self.columns, self.positions_)
        self.column_kinds_ = kinds_of(groups)
        # 2. Fail or warn before a fit that may take long.
        self._check_nested()
        warn_unweighted(self.estimator, sample_weight)
        # 3. Fit a clone. `estimator_` is set last: it marks this estimator as fitted.
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
        """Raise an error if a SensitiveColumns inside makes these groups useless."""
        last = _last_step(self.estimator)
        if not isinstance(last, SensitiveColumns):
            return
        inner = parts_requesting_groups(last.estimator)
        if inner and not parts_requesting_groups(self.estimator):
            msg = (
                f"No part gets columns={self.columns!r} as its groups: {inner[0]} gets "
                f"those of the SensitiveColumns inside, {last.columns!r}. Name all of "
                "the columns in one SensitiveColumns around the model."
            )
            raise ValueError(msg)

    def _call(self, method, X, *args, **metadata):
        """Call a method of the fitted estimator on new rows."""
        check_is_fitted(self)
        X = self._checked(X)
        groups = self._groups(X)
        if is_lazy(X) and method != "score":
            return call_lazily(self, method, self._rest(X), groups)
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
        X = as_table_or_lazy(X)
        named = hasattr(self, "feature_names_in_")
        if named and column_names(X) is not None:
            X = reorder_columns(X, self.feature_names_in_.tolist())
        elif not callable(self.columns):
            find_columns(X, self.columns)  # an error if names are sought in an array
        validate_data(self, stand_in(X), reset=False, skip_check_array=True)
        return X

    def _groups(self, X):
        """Sensitive features of checked X, of the types of values seen in fit."""
        groups = take_columns(X, self.columns, self.positions_)
        if not is_lazy(X):  # else it is checked where the method is called
            self._check_kinds(groups)
        return groups

    def _check_kinds(self, groups):
        """Raise an error for values of other types than in fit."""
        # The text "1" and the number 1 are different labels: without this check, rows
        # would count as those of an unseen group.
        kinds = column_kinds(groups)
        for j, (new, old) in enumerate(zip(kinds, self.column_kinds_)):
            if set(new) - set(old):
                msg = (
                    f"{self._column_name(j)} held {' and '.join(old)} in fit and holds "
                    f"{' and '.join(new)} now: convert the column as it was then."
                )
                raise ValueError(msg)

    def _column_name(self, j):
        """The j-th sensitive column, for messages."""
        if self.positions_ is None:
            return f"Column {j} of what {self.columns!r} returned"
        position = self.positions_[j]
        if hasattr(self, "feature_names_in_"):
            return f"The sensitive column {self.feature_names_in_[position]!r}"
        return f"The sensitive column at position {position}"

    def _score_forgets_groups(self):
        """Whether the last step takes groups in predict and its score passes none."""
        check_is_fitted(self)
        last = _last_step(self.estimator_)
        return (
            (is_classifier(self) or is_regressor(self))
            and takes_groups(last, "predict")
            and not takes_groups(last, "score")
        )

    def _drops(self):
        """Whether there are columns to drop."""
        return self.drop and self.positions_ is not None

    def _rest(self, X):
        """X without the columns to drop, as it is passed to the inner estimator."""
        return drop_columns(X, self.positions_) if self._drops() else X

    def _split_transformed(self, X):
        """Transformed X without the groups, and the groups, if X still holds them."""
        # By name, or by position if nothing was dropped and no column was added.
        names = column_names(X)
        by_name = all(isinstance(c, str) for c in np.atleast_1d(self.columns))
        if by_name and names is not None:
            groups = take_columns(X, self.columns)
            positions = find_columns(X, self.columns)
            return (drop_columns(X, positions) if self.drop else X), groups
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
