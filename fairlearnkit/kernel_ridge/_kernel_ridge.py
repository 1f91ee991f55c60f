"""Kernel ridge regression under a parity constraint."""

from numbers import Real

from fairlearnkit._models.constraint import CONSTRAINT_PARAMETERS
from fairlearnkit._models.kernel import KERNEL_PARAMETERS, BaseParityKernelRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import Squared
from fairlearnkit.utils._sklearn_private import Interval, StrOptions, _fit_context


class ParityKernelRidge(BaseParityKernelRegressor):
    r"""Kernel ridge regression with a bound on the gap of mean predictions.

    .. math::

        \min_{w} \sum_i w_i (y_i - f(x_i))^2 + \alpha \|w\|^2
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, \phi(x) \rangle

    with :math:`\phi` the feature map of the kernel. Each row of M f is a difference
    between the mean predictions of two groups, among the rows that `constraint`
    selects. Any number of contrasts can be bounded. Groups are needed at fit only;
    predictions need X alone.

    Parameters
    ----------
    alpha : float, default=1.0
        Weight of the penalty, greater than 0.
    kernel : str or callable, default="linear"
        Name of a kernel of ``sklearn.metrics.pairwise``, "precomputed", or a function
        of two tables that returns the matrix of their kernel values. With
        "precomputed", X is the kernel matrix, of shape (n_samples, n_samples) in `fit`
        and (n_rows, n_samples) afterwards.
    gamma : float, default=None
        Parameter of "rbf", "laplacian", "poly", "sigmoid" and "chi2"; None means the
        default of the kernel.
    degree : float, default=3
        Parameter of "poly".
    coef0 : float, default=1
        Parameter of "poly" and "sigmoid".
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "general_parity", "decorrelation", or an object of
        :mod:`fairlearnkit.constraints`.
    max_gap : float, default=0.0
        Largest difference of mean predictions, in units of y; 0 closes the gap,
        ``np.inf`` gives the model of ``sklearn.kernel_ridge.KernelRidge``.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, make
        them a group of their own, or leave them out of the constraint (they still
        count in the loss).
    solver : {"auto", "cvxpy"}, default="auto"
        "auto" solves a system of linear equations; "cvxpy" works on a factor of the
        kernel matrix.
    solver_params : dict, default=None
        Options passed to cvxpy's ``solve``; only with ``solver="cvxpy"``.
    verbose : int, default=0
        0 prints nothing, 1 some ten lines about the progress, 2 more of them.

    Attributes
    ----------
    support_ : ndarray of shape (n_support,)
        Training rows with a nonzero coefficient: all rows of positive weight.
    support_vectors_ : {ndarray, sparse matrix} of shape (n_support, n_features)
        These rows, which the model keeps; empty for a precomputed kernel.
    dual_coef_ : ndarray of shape (1, n_support)
        Coefficients of K(x_i, x) in the prediction.
    coef_ : ndarray of shape (1, n_features)
        Coefficients of the features; only with a linear kernel.
    intercept_ : ndarray of shape (1,)
        Zero: there is no intercept, as in scikit-learn's model.
    gap_ : float
        Largest gap between groups of the training predictions, in units of y.
    duality_gap_ : float
        Upper bound on how far half the objective is above its optimum; NaN for an
        indefinite kernel, whose optimum cannot be certified.
    multipliers_ : dict of str to float
        Lagrange multipliers of the constraint: by how much half the objective
        would fall for each unit by which the mean prediction of a group were allowed to
        rise. One value for each group (in each stratum of the constraint), or one for
        the difference if there are two groups; 0 if the constraint does not bind.
    n_iter_ : int
        1.
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
        The sensitive features are not given or have the wrong length, there is only one
        group, or a group has no rows in a cell of the constraint.

    Warns
    -----
    SmallGroupWarning
        A cell of the constraint has fewer than 10 rows.
    ConvergenceWarning
        An indefinite or ill-conditioned kernel misses the bound or the optimum.
    UserWarning
        The kernel is indefinite; with ``max_gap=0`` no direction of its feature space
        is left, so that the model is constant; or the means that the constraint
        compares already agree.

    See Also
    --------
    fairlearnkit.linear_model.ParityRidge : Faster, with an intercept.
    fairlearnkit.svm.ParitySVR : With the epsilon-insensitive loss.

    Notes
    -----
    The constraint applies to the mean predictions of the training rows. It guarantees
    neither equal distributions of the predictions nor anything for new rows.

    The optimum is global, and certified by ``duality_gap_``, only if the kernel is
    positive semi-definite. Kernels such as "sigmoid" often are not: the problem is then
    not convex, and the model is a stationary point. Positive semi-definiteness is
    tested on a sample of 300 rows.

    The model stores every training row of positive weight, and `fit` holds their kernel
    matrix in memory, 8 n^2 bytes. For more than some ten thousand rows, use
    ``sklearn.kernel_approximation.Nystroem`` and ParityRidge.

    References
    ----------
    Oneto, Donini, Pontil: General Fair Empirical Risk Minimization. 2019.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_regression
    >>> from fairlearnkit.kernel_ridge import ParityKernelRidge
    >>> X, y, group = make_biased_regression(300, random_state=0)
    >>> model = ParityKernelRidge(kernel="rbf", max_gap=0.25)
    >>> round(model.fit(X, y, sensitive_features=group).gap_, 6)
    0.25
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        **CONSTRAINT_PARAMETERS,
        **KERNEL_PARAMETERS,
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "gamma": [Interval(Real, 0, None, closed="left"), None],
        "solver": [StrOptions({"auto", "cvxpy"})],
        "solver_params": [dict, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        alpha=1.0,
        *,
        kernel="linear",
        gamma=None,
        degree=3,
        coef0=1,
        constraint="demographic_parity",
        max_gap=0.0,
        missing="error",
        solver="auto",
        solver_params=None,
        verbose=0,
    ):
        self.alpha = alpha
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.constraint = constraint
        self.max_gap = max_gap
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.verbose = verbose

    def _objective(self):
        return Objective(Squared(), penalty=self.alpha, fit_intercept=False)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features; the kernel matrix with ``kernel="precomputed"``.
        y : array-like of shape (n_samples,)
            Target.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels, or numeric columns for "decorrelation". Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the loss and in the constraint; a weight of 2 counts
            a row twice.

        Returns
        -------
        self : object
            The fitted model.
        """
        return self._fit(X, y, sensitive_features, sample_weight)
