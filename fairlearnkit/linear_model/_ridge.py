"""Ridge regression under a parity constraint."""

from numbers import Real

from fairlearnkit._models.linear import BaseParityLinear, BaseParityRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim import SOLVERS
from fairlearnkit._optim.losses import Squared
from fairlearnkit.utils._sklearn_private import Interval, StrOptions, _fit_context


class ParityRidge(BaseParityRegressor):
    r"""Ridge regression whose mean predictions agree between groups, exactly.

    .. math::

        \min_{w, b} \sum_i w_i (y_i - f(x_i))^2 + \alpha \|w\|^2
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, x \rangle + b

    Each row of M f is a difference between the mean predictions of two groups, or with
    ``constraint="decorrelation"`` the covariance with a numeric column. Groups are
    needed at fit only: predictions take X alone.

    Parameters
    ----------
    alpha : float, default=1.0
        Regularisation strength; 0 for least squares, of whose solutions the shortest is
        taken where there are several, as in scikit-learn.
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "general_parity", "decorrelation", or an object of
        :mod:`fairlearnkit.constraints`; those that need class labels are refused.
    max_gap : float, default=0.0
        Largest difference of mean predictions, in units of y; 0 closes the gap,
        ``np.inf`` gives scikit-learn's model.
    fit_intercept : bool, default=True
        Whether to add an intercept; it is not penalised.
    tol : float, default=1e-4
        Iterations end when the duality gap is at most tol**2 times the objective
        (1e-10 times at the least, as rounding allows). Below 1.
    missing : {"error", "group", "ignore"}, default="error"
        Rows with a missing sensitive feature: refused, a group of their own, or left
        out of the constraint only.
    solver : str, default="auto"
        "newton-cholesky" (one step), "newton-cg" (forms no square matrix of the
        features) or "cvxpy"; "auto" takes the second for more than 3000 features, or
        500 if sparse.
    solver_params : dict, default=None
        Options for cvxpy's ``solve``, with ``solver="cvxpy"``; ``{"solver": "SCS"}``
        names another solver than Clarabel.
    convex_constraints : callable, default=None
        With ``solver="cvxpy"``: a function from cvxpy's variables (coef, intercept), of
        shapes (n_features,) and (), to a list of cvxpy constraints that the model has
        to keep beside parity, to the solver's tolerance, such as ``[coef[0] >= 0]``.
        ``duality_gap_`` is then NaN.
    max_iter : int, default=100
        Largest number of Newton steps.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients.
    intercept_ : float
        Intercept.
    gap_ : float
        Largest gap between groups of the training predictions, in units of y.
    duality_gap_ : float
        Half the objective above is at most this far from its optimum, for the returned
        coefficients. NaN, no bound is known, for ``alpha=0`` with
        ``solver="newton-cg"``, which "auto" takes for sparse X of more than 10^8
        elements when dense.
    n_iter_ : int
        Newton steps.
    groups_ : ndarray or None
        Group labels, None for numeric sensitive columns.
    group_counts_ : ndarray or None
        Rows of each group.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names, where X had string column names.

    Raises
    ------
    InfeasibleConstraintError
        `convex_constraints` leave no model, or cvxpy's solver broke down.
    ValueError
        No sensitive features, another length, one group, or a constraint that needs
        class labels.

    Warns
    -----
    SmallGroupWarning
        Fewer than 10 rows in a cell of the constraint.
    ConvergenceWarning
        The solver did not reach `tol`.
    UserWarning
        ``max_gap=0`` leaves no direction of X, or float32 cannot hold the gap.

    See Also
    --------
    fairlearnkit.preprocessing.ParityProjection : The same constraint for any model.

    Notes
    -----
    The constraint is on mean predictions of the training rows: it does not promise
    equal distributions of the predictions, nor anything about new rows.

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
        "solver": [StrOptions(set(SOLVERS) - {"interior-point"})],
    }

    def __init__(
        self,
        alpha=1.0,
        *,
        constraint="demographic_parity",
        max_gap=0.0,
        fit_intercept=True,
        tol=1e-4,
        missing="error",
        solver="auto",
        solver_params=None,
        convex_constraints=None,
        max_iter=100,
    ):
        self.alpha = alpha
        self.constraint = constraint
        self.max_gap = max_gap
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.convex_constraints = convex_constraints
        self.max_iter = max_iter

    def _objective(self):
        return Objective(Squared(), self.alpha, 1.0, self.fit_intercept)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Target.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, or numeric columns for "decorrelation". Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss and in the constraint; weight 2 is a row twice.

        Returns
        -------
        self : object
            The fitted model.
        """
        return self._fit(X, y, sensitive_features, sample_weight)
