"""Logistic regression under a bound on a gap of decisions, by cross-validation."""

from numbers import Integral

import numpy as np

from fairlearnkit.utils._sklearn_private import Interval, _fit_context

from ._logistic import ParityLogisticRegression
from ._search import SEARCH_PARAMETERS, PathSearchMixin, shared_constraints

# Parameters of the models that keep their meaning.
SHARED = (
    "constraint",
    "pos_label",
    "tol",
    "fit_intercept",
    "class_weight",
    "missing",
    "solver",
    "max_iter",
)


class ParityLogisticRegressionCV(PathSearchMixin, ParityLogisticRegression):
    r"""Logistic regression with a bound on the gap of decisions, by cross-validation.

    .. math::

        \max_{C, r} \; \text{score}(C, r) \quad \text{subject to} \quad
        \text{metric}(y, \hat y_{C, r}, \text{groups}) \le \text{max\_gap}

    The candidates are the points of :func:`parity_path`: for each C, models whose gap
    of mean scores is r times what it is without a constraint, from r = 1 to below zero.
    The score of a candidate is its mean over folds. Its gap is computed from the
    out-of-fold decisions for all rows together; the mean of the gaps of the folds would
    overestimate it. Groups are needed at fit only; predictions need X alone.

    Parameters
    ----------
    max_gap : float, default=0.05
        Largest gap, in units of `metric`: by default a difference of rates.
        ``np.inf`` gives the model without a constraint, with the best C.
    metric : str or callable, default=None
        Name of a gap of :mod:`fairlearnkit.metrics`, or a function ``(y_true, y_pred,
        *, sensitive_features)``. Of the ratios of this library the gap is 1 - ratio:
        the four-fifths rule is ``max_gap=0.2``. Metrics of scores, such as "ks_gap",
        are computed from ``decision_function``. None means
        "demographic_parity_difference", "equal_opportunity_difference" or
        "equalized_odds_difference", as `constraint` says; other constraints need a
        name. To pass keywords to a metric, use :func:`functools.partial`.
    constraint : str or object, default="demographic_parity"
        What the models are constrained by, as in :class:`ParityLogisticRegression`.
    pos_label : scalar, default=None
        Positive class, as in :class:`ParityLogisticRegression`, and that of `metric`.
    Cs : int or array-like of float, default=10
        Inverses of the regularisation strength; an int means that many values between
        1e-4 and 1e4, evenly spaced on a logarithmic scale.
    gap_ratios : "auto" or array-like of float, default="auto"
        Ratios r, as in :func:`parity_path`; "auto" means 20, from 1 down to -0.9. Not
        used with ``max_gap=np.inf``.
    cv : int, splitter or iterable, default=None
        Folds. None means 5. If a number is given, folds are stratified by class and
        group. With Dask collections, a number of folds, each of which tests whole
        partitions, or a Dask column with the number of the fold of each row.
    scoring : str or callable, default=None
        What is maximised. None means accuracy, which can reward a model that decides
        the same for everyone; "balanced_accuracy" does not.
    tol : float, default=1e-8
        As in :class:`ParityLogisticRegression`.
    fit_intercept : bool, default=True
        Whether to add an intercept; it is not penalised.
    class_weight : dict or "balanced", default=None
        Factors of C by class. They apply to the loss, not to the constraint.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing, in the constraint and
        in `metric`: raise an error, make them a group of their own, or leave them out
        (they still count in the loss and in the score).
    solver : str, default="auto"
        As in :class:`ParityLogisticRegression`.
    max_iter : int, default=100
        Largest number of Newton steps of each fit.
    n_jobs : int, default=None
        Number of folds to fit in parallel.
    verbose : int, default=0
        0 prints nothing, 1 a line for each fold, or for some ten of many, and one for
        the fit to all rows, 2 a line for every fold.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    C_ : float
        The chosen C.
    gap_ratio_ : float
        The chosen ratio r.
    gap_ : float
        `metric` of the chosen candidate on held-out rows (not the gap in mean scores,
        as in the single model). It is optimistic, because the best of many candidates
        was chosen: measure the gap on other rows.
    cv_results_ : dict
        As in a search of scikit-learn: "params", "param_C", "param_gap_ratio",
        "split0_test_score" and so on, "mean_test_score", "std_test_score" and
        "rank_test_score"; and "gap", that of the held-out rows of all folds together,
        negated like the scores of gaps elsewhere.
    best_index_ : int
        Position of the chosen candidate in ``cv_results_``.
    path_ : Bunch
        The path of the chosen C on all rows, as :func:`parity_path` returns it; its
        ``gaps`` are those of mean scores.
    duality_gap_ : float
        Upper bound on how far the objective at the returned coefficients is above the
        optimum (largest over classes).
    multipliers_ : dict of str to float
        As in :class:`ParityLogisticRegression`.
    n_iter_ : int
        Largest number of Newton steps at any point of ``path_``.
    groups_ : ndarray or None
        Group labels; None if the sensitive columns are numeric.
    group_counts_ : ndarray or None
        Number of rows in each group.
    pos_label_ : scalar or None
        Positive class of the constraint.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Feature names; only set if X has string column names.

    Raises
    ------
    ValueError
        The metric is not known or has to be named, a group, or its rows that the
        constraint compares, is missing from the training rows of a fold, no candidate
        has both a score and a gap, or what :class:`ParityLogisticRegression` raises.

    Warns
    -----
    UserWarning
        No candidate is within the bound (the one with the lowest gap is used), or the
        chosen model makes the same decision for nearly everyone.
    SmallGroupWarning
        A cell of the constraint has fewer than 10 rows.
    ConvergenceWarning
        The solver stopped before reaching `tol`.

    See Also
    --------
    ParityLogisticRegression : A single model, under a bound on mean scores.
    parity_path : The candidates.
    fairlearnkit.postprocessing.ParityThresholdClassifier : Decision rules under the
        same bound, around any classifier.
    fairlearnkit.inspection.TradeoffDisplay : Plots the candidates.

    Notes
    -----
    Nothing is guaranteed for new rows. The gap that is bounded is an estimate, and its
    error depends on the size of the smallest group.

    To plot the candidates, use ``TradeoffDisplay.from_cv_results(model)``.

    References
    ----------
    Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
    Fairness Constraints. NeurIPS 2018, for the constraint, equation 13. Stone:
    Cross-Validatory Choice and Assessment of Statistical Predictions. Journal of the
    Royal Statistical Society B 36, 1974, for the choice.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.linear_model import ParityLogisticRegressionCV
    >>> X, y, group = make_biased_classification(random_state=0)
    >>> model = ParityLogisticRegressionCV(max_gap=0.05, Cs=[0.1, 1.0])
    >>> model = model.fit(X, y, sensitive_features=group)
    >>> model.gap_ <= 0.05
    True
    >>> model.predict_proba(X).shape
    (1000, 2)
    """

    _model_class = ParityLogisticRegression
    _penalty = "C"
    _metrics = {  # noqa: RUF012
        "demographic_parity": "demographic_parity_difference",
        "equal_opportunity": "equal_opportunity_difference",
        "equalized_odds": "equalized_odds_difference",
    }

    _parameter_constraints: dict = {  # noqa: RUF012
        **shared_constraints(ParityLogisticRegression, SHARED),
        **SEARCH_PARAMETERS,
        "Cs": [Interval(Integral, 1, None, closed="left"), "array-like"],
    }

    def __init__(
        self,
        *,
        max_gap=0.05,
        metric=None,
        constraint="demographic_parity",
        pos_label=None,
        Cs=10,
        gap_ratios="auto",
        cv=None,
        scoring=None,
        tol=1e-8,
        fit_intercept=True,
        class_weight=None,
        missing="error",
        solver="auto",
        max_iter=100,
        n_jobs=None,
        verbose=0,
    ):
        self.max_gap = max_gap
        self.metric = metric
        self.constraint = constraint
        self.pos_label = pos_label
        self.Cs = Cs
        self.gap_ratios = gap_ratios
        self.cv = cv
        self.scoring = scoring
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.missing = missing
        self.solver = solver
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Choose C and the gap ratio, and fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.
        y : array-like of shape (n_samples,)
            Class labels of any kind.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, or numeric columns for "decorrelation". Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss, the constraint and `metric`, and in the score if its
            scorer takes them; weight 2 counts as two rows.

        Returns
        -------
        self : object
            The fitted model.
        """
        Cs = np.logspace(-4, 4, self.Cs) if isinstance(self.Cs, Integral) else self.Cs
        return self._search(Cs, X, y, sensitive_features, sample_weight)
