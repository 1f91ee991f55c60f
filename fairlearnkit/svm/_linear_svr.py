"""Linear support vector regression under a parity constraint."""

from numbers import Real

from fairlearnkit._models.linear import BaseParityLinear, BaseParityRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit.utils._sklearn_private import Interval, StrOptions, _fit_context


class ParityLinearSVR(BaseParityRegressor):
    r"""Linear support vector regression with equal mean predictions, exactly.

    .. math::

        \min_{w, b} \tfrac12 \|w\|^2 + C \sum_i w_i \, \ell(y_i - f(x_i))
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, x \rangle + b

    with :math:`\ell(r) = \max(0, |r| - \varepsilon)` or its square. Each row of M f is
    a difference between the mean predictions of two groups, among the rows that
    `constraint` looks at. Groups are needed at fit only: predictions take X alone.

    Parameters
    ----------
    epsilon : float, default=0.0
        Half the width of the tube without loss, in units of y.
    loss : str, default="epsilon_insensitive"
        "epsilon_insensitive" or "squared_epsilon_insensitive".
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "general_parity", "decorrelation", or an object of
        :mod:`fairlearnkit.constraints`.
    max_gap : float, default=0.0
        Largest difference of mean predictions, in units of y; 0 closes the gap,
        ``np.inf`` leaves the plain model.
    C : float, default=1.0
        Inverse of the regularisation strength.
    tol : float, default=1e-4
        Iterations end when the duality gap is at most tol**2 times the objective
        (1e-10 times at the least, as rounding allows). Below 1.
    fit_intercept : bool, default=True
        Whether to add an intercept; it is not penalised.
    missing : {"error", "group", "ignore"}, default="error"
        Rows with a missing sensitive feature: refused, a group of their own, or left
        out of the constraint only.
    solver : str, default="auto"
        "newton-cholesky", "newton-cg" (forms no square matrix of the features),
        "interior-point" (epsilon_insensitive) or "cvxpy"; "auto" takes the second for
        more than 3000 features, and for fewer where X is sparse, else the first, and
        where that stalls on the epsilon-insensitive loss the third.
    solver_params : dict, default=None
        Options for cvxpy's ``solve``, with ``solver="cvxpy"``; ``{"solver": "SCS"}``
        names another solver than Clarabel.
    convex_constraints : callable, default=None
        With ``solver="cvxpy"``: a function from cvxpy's variables (coef, intercept), of
        shapes (n_features,) and (), to a list of cvxpy constraints that the model has
        to keep beside parity, to the solver's tolerance, such as ``[coef[0] >= 0]``.
        ``duality_gap_`` is then NaN.
    max_iter : int, default=1000
        Largest number of Newton or interior point steps.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients.
    intercept_ : float
        Intercept.
    gap_ : float
        Largest gap between groups of the training predictions, in units of y.
    duality_gap_ : float
        The objective is at most this far above the optimum.
    n_iter_ : int
        Newton or interior point steps.
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
        No sensitive features, another length, one group, a group without rows in a
        cell of the constraint.

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
    fairlearnkit.svm.ParitySVR : The same with kernels.
    fairlearnkit.linear_model.ParityRidge : The same with the squared loss.

    Notes
    -----
    The constraint is on mean predictions of the training rows: it does not promise
    equal distributions of the predictions, nor anything about new rows.

    ``sklearn.svm.LinearSVR`` penalises the intercept and this class does not: with
    ``max_gap=np.inf`` it gives the coefficients of ``SVR(kernel="linear")``; those of
    LinearSVR are met with ``fit_intercept=False``.

    References
    ----------
    Oneto, Donini, Pontil: General Fair Empirical Risk Minimization. 2019.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_regression
    >>> from fairlearnkit.svm import ParityLinearSVR
    >>> X, y, group = make_biased_regression(random_state=0)
    >>> model = ParityLinearSVR(epsilon=0.1, max_gap=0.25)
    >>> round(model.fit(X, y, sensitive_features=group).gap_, 6)
    0.25
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        **BaseParityLinear._parameter_constraints,
        "loss": [StrOptions({"epsilon_insensitive", "squared_epsilon_insensitive"})],
        "epsilon": [Interval(Real, 0, None, closed="left")],
        "C": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        *,
        epsilon=0.0,
        loss="epsilon_insensitive",
        constraint="demographic_parity",
        max_gap=0.0,
        C=1.0,
        tol=1e-4,
        fit_intercept=True,
        missing="error",
        solver="auto",
        solver_params=None,
        convex_constraints=None,
        max_iter=1000,
    ):
        self.epsilon = epsilon
        self.loss = loss
        self.constraint = constraint
        self.max_gap = max_gap
        self.C = C
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.convex_constraints = convex_constraints
        self.max_iter = max_iter

    def _objective(self):
        loss = LOSSES[self.loss](self.epsilon)
        return Objective(loss, 1.0, self.C, self.fit_intercept)

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
