"""Poisson regression under a parity constraint."""

from sklearn.linear_model import PoissonRegressor

from fairlearnkit._models.log_link import BaseParityLogLink
from fairlearnkit._optim.log_losses import HalfPoisson


class ParityPoissonRegressor(BaseParityLogLink):
    r"""Poisson regression whose mean linear predictors agree between groups, exactly.

    .. math::

        \min_{w, b} \frac{1}{\sum_i w_i} \sum_i w_i \, \ell(y_i, f(x_i))
        + \tfrac{\alpha}{2} \|w\|^2
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, x \rangle + b,

    where the loss is half the Poisson deviance, :math:`\ell(y, f) = e^f - y f + y \log
    y - y`, as in :class:`~sklearn.linear_model.PoissonRegressor`: for counts and
    frequencies. The prediction is :math:`e^{f(x)}`.

    The constraint is on the linear predictor f, the log of the prediction. Each row of
    M f is a difference between the means of f in two groups, which is the log of the
    ratio of the geometric means of their predictions. Groups are needed at fit only;
    predictions need X alone.

    Parameters
    ----------
    alpha : float, default=1.0
        Regularisation strength. As in scikit-learn, the penalty is added to the mean of
        the loss, not to its sum. 0 means no penalty; the
        coefficient of a category without any event then tends to minus infinity, and
        stops where the objective is within `tol`.
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "general_parity", "decorrelation", or an object of
        :mod:`fairlearnkit.constraints`; those that need class labels are refused.
    max_gap : float, default=0.0
        Largest difference of mean linear predictors, in log units: with
        ``np.log(1.05)`` the geometric means of the predictions of two groups differ by
        at most 5 %. 0 makes them equal, ``np.inf`` gives scikit-learn's model.
    gap_ratio : float, default=None
        A constraint without unit in place of `max_gap`, which must then be 0: every
        difference becomes this part of what it is without a constraint, M f = gap_ratio
        M f_plain. 1 gives the plain model, 0.5 halves the gap, 0 closes it, and -0.3
        turns it around. It is always feasible, and costs the plain fit and a second
        one that starts there.
    fit_intercept : bool, default=True
        Whether to add an intercept; it is not penalised.
    tol : float, default=1e-8
        The solver stops once the objective is known to exceed the optimum by at most
        this part of itself, the relative duality gap. Values below 1e-10 count as
        1e-10, because of rounding. Must be below 1.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, make
        them a group of their own, or leave them out of the constraint (they still
        count in the loss).
    solver : str, default="auto"
        "newton-cholesky", "newton-cg" (forms no n_features by n_features matrix) or
        "cvxpy". "auto" uses "newton-cg" for more than 3000 features (500 if X is
        sparse), else "newton-cholesky".
    solver_params : dict, default=None
        Options passed to cvxpy's ``solve``; only with ``solver="cvxpy"``. For example,
        ``{"solver": "SCS"}`` replaces the default solver, Clarabel.
    convex_constraints : callable, default=None
        Only with ``solver="cvxpy"``: a function that takes cvxpy's variables (coef,
        intercept), of shapes (n_features,) and (), and returns a list of further cvxpy
        constraints, such as ``[coef[0] >= 0]``. The model satisfies them to the
        solver's tolerance, and ``duality_gap_`` is NaN.
    max_iter : int, default=100
        Largest number of Newton steps.
    verbose : int, default=0
        1 prints a line for each step of the solver, with the relative duality gap.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients of the linear predictor.
    intercept_ : float
        Intercept of the linear predictor.
    gap_ : float
        Largest difference between groups of the mean linear predictor of the training
        rows. ``np.exp(gap_)`` is the ratio of the geometric means of the predictions.
    duality_gap_ : float
        Upper bound on how far the objective at the returned coefficients is above the
        optimum. NaN (no bound is known) for ``alpha=0`` if the solver is "newton-cg" or
        did not reach an optimum.
    multipliers_ : dict of str to float
        Lagrange multipliers of the constraint: by how much the objective would fall for
        each unit by which the mean linear predictor of a group were allowed to rise.
        One value for each group (in each stratum of the constraint), or one for the
        difference if there are two groups; 0 if the constraint does not bind.
    n_iter_ : int
        Newton steps.
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
    InfeasibleConstraintError
        No model satisfies `convex_constraints`, or cvxpy's solver failed.
    ValueError
        y has negative values or is 0 in every row, both `max_gap` and `gap_ratio` are
        given, the sensitive features are not given or have the wrong length, there is
        only one group, or the constraint needs class labels.

    Warns
    -----
    SmallGroupWarning
        A cell of the constraint has fewer than 10 rows.
    ConvergenceWarning
        The solver stopped before reaching `tol`.
    UserWarning
        With a gap of 0 no direction of X is left to score by, or float32 cannot
        represent the requested gap.

    See Also
    --------
    ParityGammaRegressor : The same for positive amounts.
    fairlearnkit.postprocessing.BarycenterRegressor : Equal distributions of
        predictions, around any regressor.

    Notes
    -----
    The constraint concerns the mean linear predictors of the training rows. It does not
    guarantee equal *arithmetic* means of the predictions, which also depend on how much
    the predictions vary within each group; nor equal distributions; nor anything about
    new rows. Compare ``predict(X)`` between groups. ``linear_predictor(X)`` returns f.

    For frequencies, pass ``y = counts / exposure`` and ``sample_weight=exposure``. This
    gives the same coefficients as a model of the counts with the offset log(exposure).
    The means in the constraint are then weighted by exposure, too.

    References
    ----------
    Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
    Fairness Constraints. NeurIPS 2018. McCullagh, Nelder: Generalized Linear Models.
    2nd edition, 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.datasets import make_biased_claims
    >>> from fairlearnkit.linear_model import ParityPoissonRegressor
    >>> claims = make_biased_claims(random_state=0)
    >>> model = ParityPoissonRegressor(alpha=0.01, max_gap=np.log(1.05)).fit(
    ...     claims.data,
    ...     claims.counts / claims.exposure,
    ...     sensitive_features=claims.group,
    ...     sample_weight=claims.exposure,
    ... )
    >>> np.exp(model.gap_).round(6).item()
    1.05
    """

    _cure = "Counts and frequencies must be at least 0."

    @property
    def _loss(self):
        return HalfPoisson()

    def _plain_model(self):
        return PoissonRegressor(alpha=self.alpha, fit_intercept=self.fit_intercept)
