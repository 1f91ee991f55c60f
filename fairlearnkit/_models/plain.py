"""Fitted models of scikit-learn that predict what a constrained model predicts."""

import numpy as np

from fairlearnkit._data.quiet import without_warnings

# Of a target with as many classes as rows, scikit-learn warns that it may be numeric;
# up to half of the rows is fine. More rows change nothing.
ROWS_PER_CLASS = 2


def fitted_like(model, source):
    """Give a model of scikit-learn the coefficients of another one.

    It is fitted before, to a few rows of one feature: this sets whatever predictions of
    the installed version need besides the coefficients, such as classes or a link
    function, without naming it here.

    Parameters
    ----------
    model : estimator
        A linear model of scikit-learn, or a OneVsRestClassifier around one.
    source : estimator
        A fitted linear model, with a row of coefficients for each part of `model`.

    Returns
    -------
    model : estimator
    """
    y = np.repeat(getattr(source, "classes_", [1.0]), ROWS_PER_CLASS)
    with without_warnings():  # what these rows give is replaced
        model.fit(np.ones((len(y), 1)), y)
    if hasattr(model, "estimators_"):
        rows = zip(model.estimators_, source.coef_, source.intercept_)
        for part, coef, intercept in rows:
            _replace(part, coef, intercept, source)
    else:
        _replace(model, source.coef_, source.intercept_, source)
    _replace_features(model, source)
    return model


def _replace(model, coef, intercept, source):
    """Set the coefficients, in the shapes that the class of the model gives them."""
    model.coef_ = np.array(coef).reshape(*model.coef_.shape[:-1], -1)
    if not model.fit_intercept:
        intercept = np.zeros_like(model.intercept_)
    # In the dtype of the coefficients, so that predictions of float32 stay in float32.
    intercept = np.array(intercept, model.coef_.dtype)
    model.intercept_ = intercept.reshape(np.shape(model.intercept_))[()]
    if model.n_iter_ is not None:
        model.n_iter_ = np.full(np.shape(model.n_iter_), source.n_iter_)[()]
    _replace_features(model, source)


def _replace_features(model, source):
    """Set the number of features, and their names if they have any."""
    model.n_features_in_ = source.n_features_in_
    if hasattr(source, "feature_names_in_"):
        model.feature_names_in_ = source.feature_names_in_.copy()
