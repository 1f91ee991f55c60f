"""Ridge regression under a bound on a gap of predictions, by cross-validation."""

from fairlearnkit.utils._sklearn_private import _fit_context

from ._ridge import ParityRidge
from ._search import SEARCH_PARAMETERS, PathSearchMixin, shared_constraints

# Parameters of the models that keep their meaning.
SHARED = ("constraint", "fit_intercept", "tol", "missing", "solver", "max_iter")


class ParityRidgeCV(PathSearchMixin, ParityRidge):
    r"""Ridge regression with a bound on a gap of predictions, by cross-validation.

    .. math::

        \max_{\alpha, r} \; \text{score}(\alpha, r) \quad \text{subject to} \quad
        \text{metric}(y, f_{\alpha, r}, \text{groups}) \le \text{max\_gap}

    The candidates are the points of :func:`parity_path`: for each alpha, models whose
    gap of mean predictions is r times what it is without a constraint, from r = 1 to
    below zero. The score of a candidate is its mean over folds. Its gap is computed
    from the out-of-fold predictions for all rows together. Groups are needed at fit
    only; predictions need X alone.

    Parameters
    ----------
    alphas : array-like of float, default=(0.1, 1.0, 10.0)
        Regularisation strengths.
    max_gap : float, default=0.1
        Largest gap, in units of `metric`. ``np.inf`` gives the model without a
        constraint, with the best alpha.
    metric : str or callable, default=None
        Name of a gap of scores of :mod:`fairlearnkit.metrics`, or a function ``(y_true,
        y_pred, *, sensitive_features)``. None takes "ks_gap" for
        "demographic_parity", the largest difference between the distribution functions
        of two groups, from 0 to 1; other constraints need a name. To pass
        keywords to a metric, use :func:`functools.partial`.
    constraint : str or object, default="demographic_parity"
        What the models are constrained by, as in :class:`ParityRidge`.
    gap_ratios : "auto" or array-like of float, default="auto"
        Ratios r, as in :func:`parity_path`; "auto" means 20, from 1 down to -0.9. Not
        used with ``max_gap=np.inf``.
    cv : int, splitter or iterable, default=None
        Folds. None means 5. If a number is given, folds are stratified by group.
        With Dask collections, a number of folds, each of which tests whole partitions,
        or a Dask column with the number of the fold of each row.
    scoring : str or callable, default=None
        What is maximised. None means the coefficient of determination.
    fit_intercept : bool, default=True
        Whether to add an intercept; it is not penalised.
    tol : float, default=1e-8
        As in :class:`ParityRidge`.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing, in the constraint and
        in `metric`: raise an error, make them a group of their own, or leave them out
        (they still count in the loss and in the score).
    solver : str, default="auto"
        As in :class:`ParityRidge`.
    max_iter : int, default=100
        Largest number of Newton steps of each fit.
    n_jobs : int, default=None
        Number of folds to fit in parallel.
    verbose : int, default=0
        0 prints nothing, 1 a line for each fold, or for some ten of many, and one for
        the fit to all rows, 2 a line for every fold.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients.
    intercept_ : float
        Intercept.
    alpha_ : float
        The chosen alpha.
    gap_ratio_ : float
        The chosen ratio r.
    gap_ : float
        `metric` of the chosen candidate on held-out rows (not the gap in mean scores,
        as in the single model). It is optimistic, because the best of many candidates
        was chosen: measure the gap on other rows.
    cv_results_ : dict
        As in a search of scikit-learn: "params", "param_alpha", "param_gap_ratio",
        "split0_test_score" and so on, "mean_test_score", "std_test_score" and
        "rank_test_score"; and "gap", that of the held-out rows of all folds together,
        negated like the scores of gaps elsewhere.
    best_index_ : int
        Position of the chosen candidate in ``cv_results_``.
    path_ : Bunch
        The path of the chosen alpha on all rows, as :func:`parity_path` returns it; its
        ``gaps`` are those of mean predictions.
    duality_gap_ : float
        Upper bound on how far half of the objective is above its minimum.
    multipliers_ : dict of str to float
        As in :class:`ParityRidge`.
    n_iter_ : int
        Largest number of Newton steps at any point of ``path_``.
    groups_ : ndarray or None
        Group labels; None if the sensitive columns are numeric.
    group_counts_ : ndarray or None
        Number of rows in each group.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Feature names; only set if X has string column names.

    Raises
    ------
    ValueError
        The metric is not known or has to be named, a fold lacks a group, no candidate
        has both a score and a gap, or what :class:`ParityRidge` raises.

    Warns
    -----
    UserWarning
        No candidate is within the bound; the one with the lowest gap is used.
    SmallGroupWarning
        A cell of the constraint has fewer than 10 rows.
    ConvergenceWarning
        The solver stopped before reaching `tol`.

    See Also
    --------
    ParityRidge : A single model, under a bound on mean predictions.
    parity_path : The candidates.
    fairlearnkit.postprocessing.BarycenterRegressor : Equal distributions, around any
        regressor.
    fairlearnkit.inspection.TradeoffDisplay : Plots the candidates.

    Notes
    -----
    Nothing is guaranteed for new rows. A linear model can shift the predictions of the
    groups, but has little influence on the shapes of their distributions. If these
    differ, it may be that no candidate is within a small bound on "ks_gap".

    To plot the candidates, use ``TradeoffDisplay.from_cv_results(model)``.

    References
    ----------
    Oneto, Donini, Pontil: General Fair Empirical Risk Minimization. 2019, for the
    constraint. Stone: Cross-Validatory Choice and Assessment of Statistical
    Predictions. Journal of the Royal Statistical Society B 36, 1974, for the choice.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_regression
    >>> from fairlearnkit.linear_model import ParityRidgeCV
    >>> X, y, group = make_biased_regression(random_state=0)
    >>> model = ParityRidgeCV(max_gap=0.1).fit(X, y, sensitive_features=group)
    >>> model.gap_ <= 0.1
    True
    """

    _model_class = ParityRidge
    _penalty = "alpha"
    _metrics = {"demographic_parity": "ks_gap"}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        **shared_constraints(ParityRidge, SHARED),
        **SEARCH_PARAMETERS,
        "alphas": ["array-like"],
    }

    def __init__(
        self,
        alphas=(0.1, 1.0, 10.0),
        *,
        max_gap=0.1,
        metric=None,
        constraint="demographic_parity",
        gap_ratios="auto",
        cv=None,
        scoring=None,
        fit_intercept=True,
        tol=1e-8,
        missing="error",
        solver="auto",
        max_iter=100,
        n_jobs=None,
        verbose=0,
    ):
        self.alphas = alphas
        self.max_gap = max_gap
        self.metric = metric
        self.constraint = constraint
        self.gap_ratios = gap_ratios
        self.cv = cv
        self.scoring = scoring
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.missing = missing
        self.solver = solver
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Choose alpha and the gap ratio, and fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.
        y : array-like of shape (n_samples,)
            Target.
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
        return self._search(self.alphas, X, y, sensitive_features, sample_weight)
