"""Support vector regression with kernels under a parity constraint."""

from numbers import Real

from fairlearnkit._models.kernel import SVM_PARAMETERS, BaseParityKernelRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import EpsilonInsensitive
from fairlearnkit.utils._sklearn_private import Interval, _fit_context


class ParitySVR(BaseParityKernelRegressor):
    r"""Support vector regression with a kernel and equal mean predictions, exactly.

    .. math::

        \min_{w, b} \tfrac12 \|w\|^2
        + C \sum_i w_i \max(0, |y_i - f(x_i)| - \varepsilon)
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, \phi(x) \rangle + b

    with :math:`\phi` the feature map of the kernel. At ``max_gap=0`` the solution is
    the ordinary machine on the projected kernel of :class:`ParitySVC`. Each row of M f
    is a difference between the mean predictions of two groups, among the rows that
    `constraint` looks at. Groups are needed at fit only: predictions take X alone.

    Parameters
    ----------
    kernel : str or callable, default="rbf"
        "linear", "poly", "rbf", "sigmoid" or "precomputed", or a function of two tables
        that returns the matrix of its values.
        With "precomputed", X is the kernel matrix, (n_samples, n_samples) in `fit` and
        (n_rows, n_samples) afterwards.
    degree : float, default=3
        Of "poly".
    gamma : {"scale", "auto"} or float, default="scale"
        Of "rbf", "poly" and "sigmoid": "scale" is 1 / (n_features * variance of X),
        "auto" is 1 / n_features.
    coef0 : float, default=0.0
        Of "poly" and "sigmoid".
    C : float, default=1.0
        Inverse of the regularisation strength. ``np.inf`` allows no loss at all: all
        rows within `epsilon`, which may be impossible (ConvergenceWarning).
    epsilon : float, default=0.1
        Half the width of the tube without loss, in units of y.
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "general_parity", "decorrelation", or an object of
        :mod:`fairlearnkit.constraints`.
    max_gap : float, default=0.0
        Largest difference of mean predictions, in units of y; 0 closes the gap,
        ``np.inf`` gives scikit-learn's model.
    shrinking : bool, default=True
        Whether libsvm shrinks.
    tol : float, default=1e-3
        Tolerance of libsvm. Its solution is then made exact where it tells the rows on
        the margin; ``duality_gap_`` says how exact. Below 1.
    cache_size : float, default=200
        Cache of libsvm, in MB.
    missing : {"error", "group", "ignore"}, default="error"
        Rows with a missing sensitive feature: refused, a group of their own, or left
        out of the constraint only.
    solver : {"auto", "libsvm", "interior-point", "cvxpy"}, default="auto"
        "libsvm" for an equality, a bound on one contrast, or none; "interior-point" and
        "cvxpy" for any, on a factor of the kernel matrix. "auto" takes the first where
        it can; where not, and, for at most 1500 rows, where libsvm is not near the
        optimum, what "auto" of the linear machines takes, on that factor.
    solver_params : dict, default=None
        Options for cvxpy's ``solve``, with ``solver="cvxpy"``.
    max_iter : int, default=-1
        Largest number of iterations, -1 for any.

    Attributes
    ----------
    support_ : ndarray of shape (n_support,)
        Training rows with a coefficient: the support vectors, and all rows that the
        constraint looks at.
    support_vectors_ : {ndarray, sparse matrix} of shape (n_support, n_features)
        These rows; empty for a precomputed kernel.
    dual_coef_ : ndarray of shape (1, n_support)
        Coefficients of K(x_i, x) in the prediction.
    coef_ : ndarray of shape (1, n_features)
        Coefficients of the features, with a linear kernel.
    intercept_ : ndarray of shape (1,)
        Intercept.
    gap_ : float
        Largest gap between groups of the training predictions, in units of y.
    duality_gap_ : float
        The objective is at most this far above the optimum.
    n_iter_ : int
        Iterations, of all machines that a bound needed.
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
        cell of the constraint; ``solver="libsvm"`` with a bound on several
        contrasts.

    Warns
    -----
    SmallGroupWarning
        Fewer than 10 rows in a cell of the constraint.
    ConvergenceWarning
        The solver stopped early, an indefinite kernel leaves a gap, or no model is
        without loss for ``C=np.inf``.
    UserWarning
        The kernel is indefinite, or the constraint is void in its feature space.

    See Also
    --------
    fairlearnkit.svm.ParityLinearSVR : Faster for a linear kernel.
    fairlearnkit.kernel_ridge.ParityKernelRidge : The same with the squared loss.

    Notes
    -----
    The constraint is on mean predictions of the training rows: it does not promise
    equal distributions of the predictions, nor anything about new rows.

    From 4,000 rows on, only the part of the kernel matrix near the margin is formed, if
    the kernel is "rbf", "linear" or "poly" and no bound on several contrasts is asked
    for; else the whole, 8 n^2 bytes. Time grows with the square of the rows: for very
    many take ``sklearn.kernel_approximation.Nystroem`` and ParityLinearSVR. The model
    keeps the training rows that have a coefficient.

    References
    ----------
    Oneto, Donini, Pontil: General Fair Empirical Risk Minimization. 2019.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_regression
    >>> from fairlearnkit.svm import ParitySVR
    >>> X, y, group = make_biased_regression(300, random_state=0)
    >>> model = ParitySVR(max_gap=0.25).fit(X, y, sensitive_features=group)
    >>> round(model.gap_, 6)
    0.25
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        **SVM_PARAMETERS,
        "epsilon": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        kernel="rbf",
        degree=3,
        gamma="scale",
        coef0=0.0,
        C=1.0,
        epsilon=0.1,
        constraint="demographic_parity",
        max_gap=0.0,
        shrinking=True,
        tol=1e-3,
        cache_size=200,
        missing="error",
        solver="auto",
        solver_params=None,
        max_iter=-1,
    ):
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0
        self.C = C
        self.epsilon = epsilon
        self.constraint = constraint
        self.max_gap = max_gap
        self.shrinking = shrinking
        self.tol = tol
        self.cache_size = cache_size
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.max_iter = max_iter

    def _objective(self):
        return Objective(EpsilonInsensitive(self.epsilon), loss_weight=self.C)

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
