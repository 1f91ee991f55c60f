"""Kernel ridge regression under a parity constraint."""

from numbers import Real

from fairlearnkit._models.constraint import CONSTRAINT_PARAMETERS
from fairlearnkit._models.kernel import KERNEL_PARAMETERS, BaseParityKernelRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import Squared
from fairlearnkit.utils._sklearn_private import Interval, StrOptions, _fit_context


class ParityKernelRidge(BaseParityKernelRegressor):
    r"""Kernel ridge regression with equal mean predictions, in closed form.

    .. math::

        \min_{w} \sum_i w_i (y_i - f(x_i))^2 + \alpha \|w\|^2
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, \phi(x) \rangle

    with :math:`\phi` the feature map of the kernel. Each row of M f is a difference
    between the mean predictions of two groups, among the rows that `constraint` looks
    at. Any number of contrasts may be bounded. Groups are needed at fit only:
    predictions take X alone.

    Parameters
    ----------
    alpha : float, default=1.0
        Weight of the penalty, greater than 0.
    kernel : str or callable, default="linear"
        Name of a kernel of ``sklearn.metrics.pairwise``, or a function of two tables
        that returns the matrix of its values. With "precomputed", X is the kernel
        matrix, (n_samples, n_samples) in `fit` and (n_rows, n_samples) afterwards.
    gamma : float, default=None
        Of "rbf", "laplacian", "poly", "sigmoid" and "chi2"; None is the default of the
        kernel.
    degree : float, default=3
        Of "poly".
    coef0 : float, default=1
        Of "poly" and "sigmoid".
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "general_parity", "decorrelation", or an object of
        :mod:`fairlearnkit.constraints`.
    max_gap : float, default=0.0
        Largest difference of mean predictions, in units of y; 0 closes the gap,
        ``np.inf`` gives scikit-learn's model.
    missing : {"error", "group", "ignore"}, default="error"
        Rows with a missing sensitive feature: refused, a group of their own, or left
        out of the constraint only.
    solver : {"auto", "cvxpy"}, default="auto"
        A system of linear equations, or cvxpy on a factor of the kernel matrix.
    solver_params : dict, default=None
        Options for cvxpy's ``solve``, with ``solver="cvxpy"``.

    Attributes
    ----------
    support_ : ndarray of shape (n_support,)
        Training rows with a coefficient: all of weight above zero.
    support_vectors_ : {ndarray, sparse matrix} of shape (n_support, n_features)
        These rows; empty for a precomputed kernel.
    dual_coef_ : ndarray of shape (1, n_support)
        Coefficients of K(x_i, x) in the prediction.
    coef_ : ndarray of shape (1, n_features)
        Coefficients of the features, with a linear kernel.
    intercept_ : ndarray of shape (1,)
        Zero: there is no intercept, as in scikit-learn's model.
    gap_ : float
        Largest gap between groups of the training predictions, in units of y.
    duality_gap_ : float
        The objective is at most this far above the optimum.
    n_iter_ : int
        1.
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
    ValueError
        No sensitive features, another length, one group, a group without rows in a
        cell of the constraint.

    Warns
    -----
    SmallGroupWarning
        Fewer than 10 rows in a cell of the constraint.
    ConvergenceWarning
        An indefinite kernel leaves a gap.
    UserWarning
        The kernel is indefinite, or the constraint is void in its feature space.

    See Also
    --------
    fairlearnkit.linear_model.ParityRidge : Faster, with an intercept.
    fairlearnkit.svm.ParitySVR : The same with the epsilon-insensitive loss.

    Notes
    -----
    The constraint is on mean predictions of the training rows: it does not promise
    equal distributions of the predictions, nor anything about new rows.

    The kernel matrix of the training rows is held in memory. For more than some ten
    thousand rows take ``sklearn.kernel_approximation.Nystroem`` and ParityRidge.
    The model keeps the training rows that have a coefficient.

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

    def _objective(self):
        return Objective(Squared(), penalty=self.alpha, fit_intercept=False)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or the kernel matrix.
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
        return self._fit_target(X, y, sensitive_features, sample_weight)
