"""How far predictions move with protected features: accumulated sensitivity."""

import warnings

import numpy as np
from scipy.special import expit, softmax
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.columns import find_columns
from fairlearnkit._data.rows import read_weight

from ._columns_of_x import is_numeric, move_column, read_table, spread_of_column

# In the order in which "auto" tries them.
RESPONSE_METHODS = ("predict_proba", "decision_function", "predict")
# Steps of the differences, in standard deviations of the column. Central differences
# have an error of the order of h^2 from the curvature and eps / h from rounding, which
# balance near eps^(1/3) = 6e-6; doubling the step changes neither much.
SMALL_STEP = 1e-5
# Slopes over this step show whether those over the small one mean anything: trees are
# flat between their splits, and smooth models are about as steep over both.
WIDE_STEP = 0.5
# How far both may differ. Measured ratios are 0.9 to 3 for kernels, neural networks and
# Gaussian processes, and 0, or 800 and more, for trees (4 to 8 for some columns of a
# forest of 300, which pass). Half or twice the bound would separate them as well.
LARGEST_RATIO = 10.0


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

    with f the scores of the classes, w weights of the classes and v weights of the
    features.

    Parameters
    ----------
    estimator : estimator
        A fitted model, which gets X alone.
    X : array-like or DataFrame of shape (n_samples, n_features)
        Rows, dense. The columns that are moved must be numeric; NaN is not moved.
    protected : str, int, list, ndarray or estimator
        Names, positions or a mask of protected columns, which have weight 1 each; an
        array of floats, one weight for each column; or a fitted model of the protected
        status from X. In that case v is the size of the model's gradient at each row,
        divided by its sum.
    class_weight : array-like of shape (n_classes,), default=None
        Weights w. None takes the mean over the classes, or 1 for a single score.
    response_method : str, default="auto"
        "predict_proba", "decision_function" or "predict"; "auto" takes the first that
        the estimator has.
    step : float, default=None
        Step of the central differences, in standard deviations of each column. None
        takes 1e-5, which suits smooth models. Trees are flat between their splits and
        jump at them: take a step that matters, such as 0.5, and read the result as a
        mean slope.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows in the mean.

    Returns
    -------
    result : :class:`~sklearn.utils.Bunch`
        With these keys:

        by_row : ndarray of shape (n_samples,)
            Sensitivity of each row, in units of the score per unit of the feature.
        mean : float
            Mean over the rows.
        method : {"analytic", "differences"}
            How gradients were computed.

    Raises
    ------
    ValueError
        Columns do not exist or are not numeric, weights have another length, the method
        is unknown, or a prediction is not finite.

    Warns
    -----
    UserWarning
        Slopes over tiny and over large steps differ by more than a factor of 10.

    Notes
    -----
    Gradients of linear models, and of logistic models of linear scores, are exact.
    Those of all others are central differences, with 2 predictions for each column of
    positive weight. 0 means that scores do not move with these columns; other columns
    that stand in for them may still move the scores. For these, pass a model of the
    protected status as `protected`.

    This is our reading of the paper, which leaves open how w and v are chosen and
    scaled. The numbers depend on the units of the columns: standardise X to compare.

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
    >>> result = prediction_sensitivity(model, X, 1)
    >>> round(result.mean, 6), result.method
    (3.0, 'analytic')
    """
    check_is_fitted(estimator)
    check_alignment(X=X, sample_weight=sample_weight)
    if step is not None and not step > 0:
        msg = f"step={step!r} must be positive."
        raise ValueError(msg)
    X = read_table(X)
    method = _get_method(estimator, response_method)
    v = np.broadcast_to(_feature_weights(protected, X, step), X.shape)
    # Only columns of positive weight are moved, each at the cost of two predictions.
    columns = np.flatnonzero(v.any(axis=0))
    # (n_samples, n_scores, n_columns)
    J, how = _jacobian(estimator, X, columns, method, step)
    w = _class_weights(class_weight, J.shape[1])  # (n_scores,)
    # s = w' |J| v for each row.
    by_row = np.einsum("k,nkj,nj->n", w, np.abs(J), v[:, columns])
    weight = read_weight(sample_weight, len(by_row))
    mean = float(np.average(by_row, weights=weight))
    return Bunch(by_row=by_row, mean=mean, method=how)


def _get_method(estimator, name):
    known = [method for method in RESPONSE_METHODS if hasattr(estimator, method)]
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
    """Weights v, of shape (n_features,), or (n_samples, n_features) from a model."""
    if hasattr(protected, "predict"):
        return _gradient_sizes(protected, X, step)
    weights = np.asarray(protected)
    # Floats are weights; integers, booleans and text name columns.
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


def _gradient_sizes(model, X, step):
    """Absolute gradients of a model in the numeric columns, of sum 1 in each row."""
    numeric = np.flatnonzero([is_numeric(X, j) for j in range(X.shape[1])])
    J, _ = _jacobian(model, X, numeric, _get_method(model, "auto"), step)
    sizes = np.zeros(X.shape)
    sizes[:, numeric] = np.abs(J).mean(axis=1)  # over the scores
    total = sizes.sum(axis=1, keepdims=True)
    # A row where the model is flat gets the weight 0 for every column.
    return np.divide(sizes, total, out=np.zeros_like(sizes), where=total > 0)


def _class_weights(class_weight, n_scores):
    if class_weight is None:
        return np.full(n_scores, 1.0 / n_scores)
    w = np.asarray(class_weight, dtype=np.float64)
    if w.shape != (n_scores,):
        msg = f"class_weight has shape {w.shape}, but there are {n_scores} scores."
        raise ValueError(msg)
    return w


def _jacobian(estimator, X, columns, method, step):
    """Derivatives of the scores with respect to some columns.

    Parameters
    ----------
    estimator : estimator
        A fitted model.
    X : ndarray or DataFrame of shape (n_samples, n_features)
        Rows.
    columns : ndarray of int
        Positions of the columns.
    method : str
        Method that gives the scores.
    step : float or None
        Step of the differences; None checks the small one against a wide one.

    Returns
    -------
    J : ndarray of shape (n_samples, n_scores, n_columns)
    how : {"analytic", "differences"}
    """
    exact = _exact_jacobian(estimator, X, method)
    if exact is not None:
        return exact[:, :, columns], "analytic"
    if step is not None:
        return _differences(estimator, X, columns, method, step), "differences"
    J = _differences(estimator, X, columns, method, SMALL_STEP)
    if J.size:
        # Means over all entries: a single row may be flat at one of the two steps.
        near = np.abs(J).mean()
        wide = np.abs(_differences(estimator, X, columns, method, WIDE_STEP)).mean()
        if not wide / LARGEST_RATIO <= near <= wide * LARGEST_RATIO:
            msg = (
                f"Slopes of {type(estimator).__name__} over tiny steps ({near:.2g}) "
                f"and over half a standard deviation ({wide:.2g}) differ: its scores "
                "jump, as those of trees do. Give a step that matters, such as "
                "step=0.5."
            )
            warnings.warn(msg, UserWarning, stacklevel=4)
    return J, "differences"


def _differences(estimator, X, columns, method, step):
    """Central differences (f(x + h e_j) - f(x - h e_j)) / 2h, with h in spreads."""
    parts = []  # of shape (n_samples, n_scores)
    for j in columns:
        h = step * spread_of_column(X, j)
        ahead = _scores(estimator, move_column(X, j, h), method)
        back = _scores(estimator, move_column(X, j, -h), method)
        parts.append((ahead - back) / (2.0 * h))
    if not parts:
        return np.zeros((*_scores(estimator, X, method).shape, 0))
    return np.stack(parts, axis=2)


def _exact_jacobian(estimator, X, method):
    """Derivatives of a model that is linear, or logistic of linear scores, or None.

    Whether it is one is seen from its predictions: with linear scores z = B x + b,

    - f = z has the derivatives B;
    - p = expit(z) of two classes has -p (1 - p) B and p (1 - p) B;
    - p = softmax(z) has p_k (B_k - sum_l p_l B_l).
    """
    if not (hasattr(estimator, "coef_") and hasattr(estimator, "intercept_")):
        return None
    # B of shape (n_scores, n_features), with one row for two classes.
    coef = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    if coef.shape[1] != X.shape[1]:
        return None
    linear = np.asarray(X, dtype=np.float64) @ coef.T + estimator.intercept_
    scores = _scores(estimator, X, method)
    # Equal but for rounding, since the model may sum in another order or in float32.
    if scores.shape == linear.shape and np.allclose(scores, linear):
        return np.broadcast_to(coef, (len(scores), *coef.shape))
    if method != "predict_proba":
        return None
    if len(coef) == 1 and np.allclose(scores[:, 1], expit(linear[:, 0])):
        slope = (scores[:, 0] * scores[:, 1])[:, None] * coef  # (n_samples, n_features)
        return np.stack([-slope, slope], axis=1)
    if len(coef) == scores.shape[1] and np.allclose(scores, softmax(linear, axis=1)):
        # (n_samples, n_scores, n_features)
        return scores[:, :, None] * (coef - (scores @ coef)[:, None, :])
    return None


def _scores(estimator, X, method):
    """Finite scores, of shape (n_samples, n_scores)."""
    scores = np.asarray(getattr(estimator, method)(X))
    if scores.dtype.kind not in "buif" or not np.isfinite(scores).all():
        msg = f"{method} of {type(estimator).__name__} gives no finite numbers."
        raise ValueError(msg)
    scores = scores.astype(np.float64)
    return scores[:, None] if scores.ndim == 1 else scores
