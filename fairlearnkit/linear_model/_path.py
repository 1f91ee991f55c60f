"""The path of a linear model: from no constraint to equality, and past it."""

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Bunch

from fairlearnkit._models.linear import BaseParityLinear
from fairlearnkit._models.messages import asked_gap, not_converged, warn_together

from ._logistic import ParityLogisticRegression

# Ratios that are solved for by default: 20, with equality among them. With twice as
# many, paths on Adult take 1.1 times as many Newton steps (logistic), or 1.4 times as
# many (squared hinge).
AUTO_RATIOS = tuple(i / 10 for i in range(10, -10, -1))


def parity_path(
    X,
    y,
    *,
    sensitive_features,
    constraint="demographic_parity",
    gap_ratios="auto",
    estimator=None,
    sample_weight=None,
):
    r"""Fit a linear model for each of several gap ratios.

    .. math::

        \min_{w, b} \tfrac{\text{reg}}{2} \|w\|^2 + C \sum_i w_i \, \ell(y_i, f(x_i))
        \quad \text{subject to} \quad M f = r \, M f_\text{plain}

    One model is fitted for each gap ratio r. The scores f_plain are those of the model
    without a constraint: r = 1 gives this model, r = 0 closes every difference between
    groups, and with r < 0 the differences have the opposite sign. Each fit starts from
    the previous ones. A path therefore costs much less than separate fits with
    `gap_ratio`, and gives the same models.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Features, in memory or as a Dask Array or DataFrame.
    y : array-like of shape (n_samples,)
        Class labels, or numbers for a regressor.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
        Group labels, or numeric columns for "decorrelation".
    constraint : str or object, default="demographic_parity"
        As in :class:`ParityLogisticRegression`; it replaces that of `estimator`.
    gap_ratios : "auto" or array-like of shape (n_points,), default="auto"
        The ratios, in any order. "auto" means 20, from 1 down to -0.9.
    estimator : estimator, default=None
        Model whose loss, penalty and other parameters are taken:
        :class:`ParityLogisticRegression` (the default), :class:`ParityRidge`,
        :class:`ParityPoissonRegressor`, :class:`ParityGammaRegressor`,
        :class:`~fairlearnkit.svm.ParityLinearSVC` or
        :class:`~fairlearnkit.svm.ParityLinearSVR`. Its `missing` determines how missing
        groups are treated. The estimator is not changed, and its `max_gap` and
        `gap_ratio` are not used.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights in the loss and in the constraint; weight 2 counts as two rows.

    Returns
    -------
    path : Bunch
        Dictionary-like object, with the following attributes.

        gap_ratios : ndarray of shape (n_points,)
            In the order in which they were given.
        coefs : ndarray of shape (n_features, n_points)
            Coefficients; (n_classes, n_features, n_points) for more than two classes,
            which are fitted one-vs-rest.
        intercepts : ndarray of shape (n_points,) or (n_classes, n_points)
            Intercepts.
        gaps : ndarray of shape (n_points,)
            Largest gap between groups of the training scores.
        duality_gaps : ndarray of shape (n_points,)
            Upper bounds on how far each objective is above its optimum (largest over
            classes).
        n_iters : ndarray of shape (n_points,)
            Iterations of the solver (largest over classes); for the plain model, from
            a cold start.

    Raises
    ------
    ValueError
        `gap_ratios` is empty or not finite, `estimator` is not a linear model of this
        library, or what ``estimator.fit`` raises.

    Warns
    -----
    ConvergenceWarning
        The solver stopped before it reached the tolerance of `estimator` at some
        points.

    See Also
    --------
    ParityLogisticRegression : Fits a single point, with `gap_ratio`.

    Notes
    -----
    The gaps are those of mean scores of the training rows. Rates of decisions usually
    agree at another ratio, often a negative one. Choose the ratio by the decisions on
    rows that the path was not fitted on.

    The solvers "cvxpy" and "interior-point" cannot be warm-started: each of their fits
    starts from scratch.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.linear_model import parity_path
    >>> X, y, group = make_biased_classification(random_state=0)
    >>> path = parity_path(X, y, sensitive_features=group, gap_ratios=[1, 0.5, 0, -0.5])
    >>> (path.gaps / path.gaps[0]).round(6).tolist()
    [1.0, 0.5, 0.0, 0.5]
    >>> path.coefs.shape
    (10, 4)
    """
    if sensitive_features is None:
        msg = (
            "parity_path needs sensitive_features, one label for each row of X: "
            "parity_path(X, y, sensitive_features=df['sex'])."
        )
        raise ValueError(msg)
    model = _model(estimator, constraint)
    asked = read_ratios(gap_ratios)
    data = model._columns(X, y, sensitive_features, sample_weight)
    paths, gaps = solve_points(model, asked, data)
    warn_together(unconverged(model, asked, paths, gaps), stacklevel=2)
    return as_path(asked, paths, gaps)


def as_path(ratios, paths, gaps):
    """The points of a path, as `parity_path` returns them.

    Parameters
    ----------
    ratios : list of float
        Of the points.
    paths, gaps
        What `solve_points` returns.

    Returns
    -------
    path : Bunch
    """
    coefs = np.array([[s.coef for s in path] for path in paths]).transpose(0, 2, 1)
    intercepts = np.array([[s.intercept for s in path] for path in paths])
    is_single = len(paths) == 1
    return Bunch(
        gap_ratios=np.array(ratios),
        coefs=coefs[0] if is_single else coefs,
        intercepts=intercepts[0] if is_single else intercepts,
        gaps=gaps,
        duality_gaps=_largest(paths, "duality_gap"),
        n_iters=_largest(paths, "n_iter"),
    )


def solve_points(model, ratios, data):
    """Solve for several gap ratios.

    Parameters
    ----------
    model : BaseParityLinear
        With a `gap_ratio`, whose value does not matter.
    ratios : list of float
        In any order, perhaps repeated.
    data : tuple
        What its ``_columns`` returns.

    Returns
    -------
    paths : list of list of Solution
        For each column of targets, one for each ratio.
    gaps : ndarray of shape (n_ratios,)
        Largest gaps of the training scores.
    """
    distinct = np.unique(ratios).tolist()
    paths, gaps = [], []
    for problem in model._problems(*data):
        path = dict(zip(distinct, model._solve_ratios(problem, distinct)))
        paths.append([path[ratio] for ratio in ratios])
        gaps.append([problem.gap(problem.basis.T @ s.coef) for s in paths[-1]])
    return paths, np.max(gaps, axis=0)


def _model(estimator, constraint):
    """The estimator's copy that stands for the path."""
    model = ParityLogisticRegression() if estimator is None else clone(estimator)
    has_ratio = "gap_ratio" in model.get_params(deep=False)
    if not (isinstance(model, BaseParityLinear) and has_ratio):
        msg = (
            "parity_path takes a linear model under a parity constraint, with a "
            f"gap_ratio, got {model!r}: ParityLogisticRegression, ParityRidge, "
            "ParityPoissonRegressor, ParityGammaRegressor, ParityLinearSVC or "
            "ParityLinearSVR."
        )
        raise ValueError(msg)
    model.set_params(constraint=constraint, max_gap=0.0, gap_ratio=0.0)
    model._validate_params()
    return model


def read_ratios(gap_ratios):
    """Gap ratios as a list of floats.

    Parameters
    ----------
    gap_ratios : "auto" or array-like of shape (n_points,)
        As in `parity_path`.

    Returns
    -------
    ratios : list of float
    """
    if isinstance(gap_ratios, str) and gap_ratios == "auto":
        return list(AUTO_RATIOS)
    try:
        ratios = np.asarray(gap_ratios, dtype=np.float64)
    except (TypeError, ValueError):
        ratios = np.full(1, np.nan)
    if ratios.ndim != 1 or not len(ratios) or not np.isfinite(ratios).all():
        msg = (
            f"gap_ratios={gap_ratios!r} must be 'auto' or a list of finite numbers, "
            "such as [1, 0.5, 0, -0.5]."
        )
        raise ValueError(msg)
    return ratios.tolist()


def unconverged(model, ratios, paths, gaps):
    """A warning of the worst of the points that have not converged.

    Parameters
    ----------
    model : BaseParityLinear
        Named in the message.
    ratios : list of float
        Of the points.
    paths, gaps
        What `solve_points` returns.

    Returns
    -------
    messages : list of (category, str)
        Empty if all have.
    """
    missed = [
        (solution.duality_gap, ratio, solution, gap)
        for path in paths
        for ratio, solution, gap in zip(ratios, path, gaps)
        if solution.status != "optimal"
    ]
    if not missed:
        return []
    _, ratio, solution, gap = max(missed, key=lambda item: item[0])
    model.set_params(gap_ratio=ratio)
    text = not_converged(model, solution, gap, asked_gap(model, solution.bound))
    names = sorted({item[1] for item in missed}, reverse=True)
    msg = f"At gap ratios {names} the solver did not reach its tolerance. {text}"
    return [(ConvergenceWarning, msg)]


def _largest(paths, name):
    return np.max([[getattr(s, name) for s in path] for path in paths], axis=0)
