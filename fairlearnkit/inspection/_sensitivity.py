"""How far predictions move with protected features: accumulated sensitivity."""

import warnings

import numpy as np
from scipy.sparse import issparse
from scipy.special import expit, softmax
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.columns import as_table, find_columns
from fairlearnkit.utils._sklearn_private import _check_sample_weight, _safe_indexing

METHODS = ("predict_proba", "decision_function", "predict")
# Steps in standard deviations, how far slopes over both may differ, what is constant.
STEP, WIDE, JUMPS, FLAT = 1e-5, 0.5, 10.0, 1e-12


def prediction_sensitivity(
    estimator,
    X,
    protected,
    *,
    class_weight=None,
    response_method="auto",
    step=None,
    sample_weight=None,
):
    r"""Accumulated prediction sensitivity: how far scores move with protected features.

    .. math:: s(x) = w^\top |J(x)| \, v, \quad
              J_{kj}(x) = \frac{\partial f_k(x)}{\partial x_j}

    with f the scores of the classes, w weights of classes and v weights of features.

    Parameters
    ----------
    estimator : estimator
        A fitted model. It gets X alone.
    X : array-like or DataFrame of shape (n_samples, n_features)
        Rows, dense; the columns that are moved must be numbers. NaN is not moved.
    protected : str, int, list, ndarray or estimator
        Names, positions or a mask of protected columns, of weight 1 each; an array of
        floats, one weight for each column; or a fitted model of the protected status
        from X, the size of whose gradient at each row, divided by its sum, is v.
    class_weight : array-like of shape (n_classes,), default=None
        Weights w; None is the mean over classes, or 1 for a single score.
    response_method : str, default="auto"
        "predict_proba", "decision_function" or "predict"; "auto" takes the first that
        the estimator has.
    step : float, default=None
        Step of the central differences, in standard deviations of each column. None
        takes 1e-5, for smooth models. Trees are flat between their splits and jump
        there: take a step that matters, such as 0.5, and read the result as a mean
        slope.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in the mean.

    Returns
    -------
    found : :class:`~sklearn.utils.Bunch`
        With these keys:

        by_row : ndarray of shape (n_samples,)
            Sensitivity of each row, in units of the score by unit of the feature.
        mean : float
            Their mean.
        method : {"analytic", "differences"}
            How gradients were found.

    Raises
    ------
    ValueError
        Columns that are not there or no numbers, weights of another length, an unknown
        method, no number of the model at a row.

    Warns
    -----
    UserWarning
        Slopes over tiny and over large steps differ by more than a factor of 10.

    Notes
    -----
    Gradients of linear models, and of logistic models of linear scores, are exact;
    those of all others are central differences, 2 predictions for each column of
    weight. 0 says that scores do not move with these columns; columns that stand in for
    them may still move the scores. A model of the protected status as `protected` is
    there for that.

    This is our reading of the paper: it leaves open how w and v are chosen and scaled.
    Columns in other units give other numbers: standardise X to compare.

    References
    ----------
    Krishna, Gupta, Verma, Dhamala, Pruksachatkun, Chang: Measuring Fairness of Text
    Classifiers via Prediction Sensitivity. ACL 2022.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from fairlearnkit.inspection import prediction_sensitivity
    >>> X = [[0.0, 1.0], [1.0, 0.0], [2.0, 3.0]]
    >>> model = LinearRegression().fit(X, [-3.0, 1.0, -7.0])  # x_0 - 3 x_1
    >>> found = prediction_sensitivity(model, X, 1)
    >>> round(found.mean, 6), found.method
    (3.0, 'analytic')
    """
    check_is_fitted(estimator)
    check_alignment(X=X, sample_weight=sample_weight)
    X = _checked(X, step)
    method = _method(estimator, response_method)
    v = np.broadcast_to(_feature_weights(protected, X, step), X.shape)
    columns = np.flatnonzero(v.any(axis=0))
    J, how = _jacobian(estimator, X, columns, method, step)
    w = _class_weights(class_weight, J.shape[1])
    by_row = np.einsum("k,nkj,nj->n", w, np.abs(J), v[:, columns])
    weight = _check_sample_weight(sample_weight, by_row)
    mean = float(np.average(by_row, weights=weight))
    return Bunch(by_row=by_row, mean=mean, method=how)


def _method(estimator, name):
    known = [one for one in METHODS if hasattr(estimator, one)]
    if name == "auto" and known:
        return known[0]
    if name not in known:
        msg = (
            f"response_method={name!r} is not known of {type(estimator).__name__}; use "
            f"one of {['auto', *known]}."
        )
        raise ValueError(msg)
    return name


def _feature_weights(protected, X, step):
    """v, for all rows or for each."""
    if hasattr(protected, "predict"):
        every = np.arange(X.shape[1])
        method = _method(protected, "auto")
        moved = np.array([_is_numeric(X, j) for j in every])
        J, _ = _jacobian(protected, X, every[moved], method, step)
        size = np.zeros(X.shape)
        size[:, moved] = np.abs(J).mean(axis=1)
        total = size.sum(axis=1, keepdims=True)
        return np.divide(size, total, out=np.zeros_like(size), where=total > 0)
    weights = np.asarray(protected)
    if weights.dtype.kind == "f":
        if weights.shape != (X.shape[1],) or not (weights >= 0).all():
            msg = (
                f"protected has {weights.size} weights of shape {weights.shape}: give "
                f"one, not negative, for each of the {X.shape[1]} columns of X."
            )
            raise ValueError(msg)
        return weights
    v = np.zeros(X.shape[1])
    v[find_columns(X, protected)] = 1.0
    return v


def _class_weights(class_weight, n_scores):
    if class_weight is None:
        return np.full(n_scores, 1.0 / n_scores)
    w = np.asarray(class_weight, dtype=np.float64)
    if w.shape != (n_scores,):
        msg = f"class_weight has shape {w.shape}, but there are {n_scores} scores."
        raise ValueError(msg)
    return w


def _jacobian(estimator, X, columns, method, step):
    """Derivatives of shape (n_samples, n_scores, n_columns), and how they came."""
    exact = _linear(estimator, X, method)
    if exact is not None:
        return exact[:, :, columns], "analytic"
    J = _differences(estimator, X, columns, method, STEP if step is None else step)
    if step is None and J.size:
        wide = np.abs(_differences(estimator, X, columns, method, WIDE)).mean()
        near = np.abs(J).mean()
        if not wide / JUMPS <= near <= wide * JUMPS:
            msg = (
                f"Slopes of {type(estimator).__name__} over tiny steps ({near:.2g}) "
                f"and over half a standard deviation ({wide:.2g}) differ: its scores "
                "jump, as trees' do. Give a step that matters, such as step=0.5."
            )
            warnings.warn(msg, UserWarning, stacklevel=4)
    return J, "differences"


def _differences(estimator, X, columns, method, step):
    """Central differences."""
    parts = []
    for j in columns:
        h = step * _spread(X, j)
        ahead = _scores(estimator, _moved(X, j, h), method)
        back = _scores(estimator, _moved(X, j, -h), method)
        parts.append((ahead - back) / (2.0 * h))
    if not parts:
        return np.zeros((*_scores(estimator, X, method).shape, 0))
    return np.stack(parts, axis=2)


def _linear(estimator, X, method):
    """Exact derivatives of a model that is linear, or logistic of linear scores."""
    if not (hasattr(estimator, "coef_") and hasattr(estimator, "intercept_")):
        return None
    coef = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    if coef.shape[1] != X.shape[1]:
        return None
    linear = np.asarray(X, dtype=np.float64) @ coef.T + estimator.intercept_
    scores = _scores(estimator, X, method)
    if scores.shape == linear.shape and np.allclose(scores, linear):
        return np.broadcast_to(coef, (len(scores), *coef.shape))
    if method == "predict_proba":
        if len(coef) == 1 and np.allclose(scores[:, 1], expit(linear[:, 0])):
            slope = (scores[:, 0] * scores[:, 1])[:, None] * coef
            return np.stack([-slope, slope], axis=1)
        if len(coef) == scores.shape[1] and np.allclose(scores, softmax(linear, 1)):
            return scores[:, :, None] * (coef - (scores @ coef)[:, None, :])
    return None


def _scores(estimator, X, method):
    """Scores as a table, finite."""
    scores = np.asarray(getattr(estimator, method)(X))
    if scores.dtype.kind not in "buif" or not np.isfinite(scores).all():
        msg = f"{method} of {type(estimator).__name__} gives no finite numbers."
        raise ValueError(msg)
    scores = scores.astype(np.float64)
    return scores[:, None] if scores.ndim == 1 else scores


def _checked(X, step):
    """An array or a pandas frame."""
    if step is not None and not step > 0:
        msg = f"step={step!r} must be positive."
        raise ValueError(msg)
    X = as_table(X)
    if issparse(X) or (hasattr(X, "columns") and not hasattr(X, "iloc")):
        msg = f"X is a {type(X).__name__}; pass a dense array or a pandas DataFrame."
        raise ValueError(msg)
    return X


def _column(X, j):
    values = np.asarray(_safe_indexing(X, int(j), axis=1))
    return values.astype(np.float64)


def _is_numeric(X, j):
    try:
        _column(X, j)
    except (TypeError, ValueError):
        return False
    return True


def _spread(X, j):
    """Standard deviation of a column, 1 for a constant one."""
    try:
        column = _column(X, j)
    except (TypeError, ValueError) as error:
        msg = f"Column {j} of X is no numbers ({error}): protect numeric columns."
        raise ValueError(msg) from error
    spread = float(np.nanstd(column)) if not np.isnan(column).all() else 0.0
    return spread if spread > FLAT * np.nanmax(np.abs(column), initial=0.0) else 1.0


def _moved(X, j, by):
    """X with one column moved, in float64."""
    moved = X.copy()
    column = _column(X, j) + by
    if hasattr(X, "iloc"):
        moved.isetitem(int(j), column)
        return moved
    if moved.dtype.kind != "O":
        moved = moved.astype(np.float64)
    moved[:, j] = column
    return moved
