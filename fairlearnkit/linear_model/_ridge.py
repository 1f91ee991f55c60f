"""Ridge regression under a parity constraint."""

from numbers import Real

from sklearn.linear_model import Ridge

from fairlearnkit._models.linear import BaseParityLinear, BaseParityRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim import solver_names
from fairlearnkit._optim.losses import Squared
from fairlearnkit.utils._sklearn_private import Interval, StrOptions, _fit_context


class ParityRidge(BaseParityRegressor):
    r"""Ridge regression with a bound on the gap of mean predictions between groups.

    .. math::

        \min_{w, b} \sum_i w_i (y_i - f(x_i))^2 + \alpha \|w\|^2
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, x \rangle + b

    Each row of M f is a difference between the mean predictions of two groups, or with
    ``constraint="decorrelation"`` the covariance with a numeric column. Groups are
    needed at fit only; predictions need X alone.

    Parameters
    ----------
    alpha : float, default=1.0
        Regularisation strength. 0 gives least squares; if that has several solutions,
        the one with the smallest norm is returned, as in scikit-learn.
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "general_parity", "decorrelation", or an object of
        :mod:`fairlearnkit.constraints`; those that need class labels are refused.
    max_gap : float, default=0.0
        Largest difference of mean predictions, in units of y; 0 closes the gap,
        ``np.inf`` gives scikit-learn's model.
    gap_ratio : float, default=None
        A constraint without a unit, in place of `max_gap`, which must then be 0: every
        difference becomes this fraction of what it is without a constraint, M f =
        gap_ratio M f_plain. 1 gives the plain model, 0.5 halves the gap, 0 closes it,
        and -0.3 reverses its sign. It is always feasible. Two models are fitted: the
        plain one, and from there the constrained one.
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
        "newton-cholesky" (a single step), "newton-cg" (forms no n_features by
        n_features matrix) or "cvxpy". "auto" uses "newton-cg" for more than 3000
        features (50 if X is sparse), else "newton-cholesky".
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
        Coefficients.
    intercept_ : float
        Intercept.
    gap_ : float
        Largest gap between groups of the training predictions, in units of y.
    duality_gap_ : float
        Upper bound on how far half of the objective above, at the returned
        coefficients, is from its optimum. NaN (no bound is known) for ``alpha=0`` with
        ``solver="newton-cg"``, which "auto" uses for sparse X that would have more than
        1e8 elements as a dense array.
    multipliers_ : dict of str to float
        Lagrange multipliers of the constraint: by how much half of the objective
        would fall for each unit by which the mean prediction of a group were allowed to
        rise. One value for each group (in each stratum of the constraint), or one for
        the difference if there are two groups; 0 if the constraint does not bind.
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
        Both `max_gap` and `gap_ratio` are given, the sensitive features are not given
        or have the wrong length, there is only one group, or the constraint needs class
        labels.

    Warns
    -----
    SmallGroupWarning
        A cell of the constraint has fewer than 10 rows.
    ConvergenceWarning
        The solver stopped before reaching `tol`.
    UserWarning
        With a gap of 0 no direction of X is left, so that the model is constant, or
        float32 cannot represent the requested gap.

    See Also
    --------
    fairlearnkit.preprocessing.ParityProjection : Changes the features so that any
        linear model meets the constraint.

    Notes
    -----
    The constraint applies to the mean predictions of the training rows. It guarantees
    neither equal distributions of the predictions nor anything for new rows.

    References
    ----------
    Oneto, Donini, Pontil: General Fair Empirical Risk Minimization. 2019. Zafar,
    Valera, Gomez Rodriguez, Gummadi: Fairness Constraints. AISTATS 2017.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_regression
    >>> from fairlearnkit.linear_model import ParityRidge
    >>> X, y, group = make_biased_regression(random_state=0)
    >>> model = ParityRidge(max_gap=0.25).fit(X, y, sensitive_features=group)
    >>> round(model.gap_, 6)
    0.25
    """

    _keeps_float32 = True

    _parameter_constraints: dict = {  # noqa: RUF012
        **BaseParityLinear._parameter_constraints,
        "alpha": [Interval(Real, 0, None, closed="left")],
        "solver": [StrOptions(solver_names("smooth"))],
    }

    def __init__(
        self,
        alpha=1.0,
        *,
        constraint="demographic_parity",
        max_gap=0.0,
        gap_ratio=None,
        fit_intercept=True,
        tol=1e-8,
        missing="error",
        solver="auto",
        solver_params=None,
        convex_constraints=None,
        max_iter=100,
        verbose=0,
    ):
        self.alpha = alpha
        self.constraint = constraint
        self.max_gap = max_gap
        self.gap_ratio = gap_ratio
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.convex_constraints = convex_constraints
        self.max_iter = max_iter
        self.verbose = verbose

    def _objective(self):
        return Objective(Squared(), self.alpha, 1.0, self.fit_intercept)

    def _plain_model(self):
        return Ridge(self.alpha, fit_intercept=self.fit_intercept)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.
        y : array-like of shape (n_samples,)
            Target.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, or numeric columns for "decorrelation". Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss and in the constraint; weight 2 counts as two rows.

        Returns
        -------
        self : object
            The fitted model.
        """
        return self._fit(X, y, sensitive_features, sample_weight)
