"""Linear support vector regression under a parity constraint."""

from numbers import Real

from sklearn.svm import LinearSVR

from fairlearnkit._models.linear import BaseParityLinear, BaseParityRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit.utils._sklearn_private import Interval, StrOptions, _fit_context


class ParityLinearSVR(BaseParityRegressor):
    r"""Linear support vector regression with a bound on the gap of mean predictions.

    .. math::

        \min_{w, b} \tfrac12 \|w\|^2 + C \sum_i w_i \, \ell(y_i - f(x_i))
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, x \rangle + b

    with :math:`\ell(r) = \max(0, |r| - \varepsilon)` or its square. Each row of M f is
    a difference between the mean predictions of two groups, among the rows that
    `constraint` selects. Groups are needed at fit only; predictions need X alone.

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
    gap_ratio : float, default=None
        A constraint without a unit, in place of `max_gap`, which must then be 0: every
        difference becomes this fraction of what it is without a constraint, M f =
        gap_ratio M f_plain. 1 gives the plain model, 0.5 halves the gap, 0 closes it,
        and -0.3 reverses its sign. It is always feasible. Two models are fitted: the
        plain one, and from there the constrained one.
    C : float, default=1.0
        Inverse of the regularisation strength.
    tol : float, default=1e-8
        The solver stops once the objective is known to exceed the optimum by at most
        this part of itself, the relative duality gap. Values below 1e-10 count as
        1e-10, because of rounding. Must be below 1.
    fit_intercept : bool, default=True
        Whether to add an intercept; it is not penalised.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, make
        them a group of their own, or leave them out of the constraint (they still
        count in the loss).
    solver : str, default="auto"
        "newton-cholesky", "newton-cg" (forms no n_features by n_features matrix),
        "dual" (over rows, for sparse X with many features), "interior-point" (only for
        "epsilon_insensitive") or "cvxpy". "auto" chooses by the shape of X and the
        penalty; if that solver stalls, another one goes on. See :ref:`solvers`.
    solver_params : dict, default=None
        Options passed to cvxpy's ``solve``; only with ``solver="cvxpy"``. For example,
        ``{"solver": "SCS"}`` replaces the default solver, Clarabel.
    convex_constraints : callable, default=None
        Only with ``solver="cvxpy"``: a function that takes cvxpy's variables (coef,
        intercept), of shapes (n_features,) and (), and returns a list of further cvxpy
        constraints, such as ``[coef[0] >= 0]``. The model satisfies them to the
        solver's tolerance, and ``duality_gap_`` is NaN.
    max_iter : int, default=1000
        Largest number of Newton or interior point steps.
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
        Upper bound on how far the objective is above the optimum.
    multipliers_ : dict of str to float
        Lagrange multipliers of the constraint: by how much the objective would
        fall for each unit by which the mean prediction of a group were allowed to
        rise. One value for each group (in each stratum of the constraint), or one for
        the difference if there are two groups; 0 if the constraint does not bind.
    n_iter_ : int
        Newton or interior point steps.
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
        or have the wrong length, there is only one group, or a group has no rows in a
        cell of the constraint.

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
    fairlearnkit.svm.ParitySVR : With kernels.
    fairlearnkit.linear_model.ParityRidge : With the squared loss.

    Notes
    -----
    The constraint applies to the mean predictions of the training rows. It guarantees
    neither equal distributions of the predictions nor anything for new rows.

    ``sklearn.svm.LinearSVR`` penalises the intercept; this class does not. With
    ``max_gap=np.inf`` it gives the coefficients of ``SVR(kernel="linear")``, and with
    ``fit_intercept=False`` those of LinearSVR.

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
        gap_ratio=None,
        C=1.0,
        tol=1e-8,
        fit_intercept=True,
        missing="error",
        solver="auto",
        solver_params=None,
        convex_constraints=None,
        max_iter=1000,
        verbose=0,
    ):
        self.epsilon = epsilon
        self.loss = loss
        self.constraint = constraint
        self.max_gap = max_gap
        self.gap_ratio = gap_ratio
        self.C = C
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.convex_constraints = convex_constraints
        self.max_iter = max_iter
        self.verbose = verbose

    def _objective(self):
        loss = LOSSES[self.loss](self.epsilon)
        return Objective(loss, 1.0, self.C, self.fit_intercept)

    def _plain_model(self):
        return LinearSVR(
            epsilon=self.epsilon,
            loss=self.loss,
            C=self.C,
            fit_intercept=self.fit_intercept,
        )

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
