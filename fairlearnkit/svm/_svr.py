"""Support vector regression with kernels under a parity constraint."""

from numbers import Real

from fairlearnkit._models.kernel import SVM_PARAMETERS, BaseParityKernelRegressor
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import EpsilonInsensitive
from fairlearnkit.utils._sklearn_private import Interval, _fit_context


class ParitySVR(BaseParityKernelRegressor):
    r"""Kernel support vector regression with a bound on the gap of mean predictions.

    .. math::

        \min_{w, b} \tfrac12 \|w\|^2
        + C \sum_i w_i \max(0, |y_i - f(x_i)| - \varepsilon)
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, \phi(x) \rangle + b

    with :math:`\phi` the feature map of the kernel. At ``max_gap=0`` the solution is
    the ordinary support vector regression on the projected kernel of
    :class:`ParitySVC`. Each row of M f is a difference between the mean predictions of
    two groups, among the rows that `constraint` selects. Groups are needed at fit only;
    predictions need X alone.

    Parameters
    ----------
    kernel : str or callable, default="rbf"
        "linear", "poly", "rbf", "sigmoid", "precomputed", or a function of two tables
        that returns the matrix of their kernel values. With "precomputed", X is the
        kernel matrix, of shape (n_samples, n_samples) in `fit` and (n_rows, n_samples)
        afterwards.
    degree : float, default=3
        Degree of "poly".
    gamma : {"scale", "auto"} or float, default="scale"
        Parameter of "rbf", "poly" and "sigmoid": "scale" means 1 / (n_features *
        variance of X), "auto" means 1 / n_features.
    coef0 : float, default=0.0
        Parameter of "poly" and "sigmoid".
    C : float, default=1.0
        Inverse of the regularisation strength. ``np.inf`` allows no loss at all: every
        row must be within `epsilon`; if that is impossible, there is a
        ConvergenceWarning.
    epsilon : float, default=0.1
        Half the width of the tube around y in which there is no loss, in units of y.
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "general_parity", "decorrelation", or an object of
        :mod:`fairlearnkit.constraints`.
    max_gap : float, default=0.0
        Largest difference of mean predictions, in units of y; 0 closes the gap,
        ``np.inf`` gives the model of ``sklearn.svm.SVR``.
    shrinking : bool, default=True
        Whether libsvm uses the shrinking heuristic.
    tol : float, default=1e-3
        Tolerance of libsvm. Its solution is then refined to rounding errors, if it
        identifies the rows on the margin; ``duality_gap_`` says how exact it is. Must
        be below 1.
    cache_size : float, default=200
        Size of libsvm's cache, in MB.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, make
        them a group of their own, or leave them out of the constraint (they still
        count in the loss).
    solver : {"auto", "libsvm", "interior-point", "cvxpy"}, default="auto"
        "libsvm" can be used with an equality, a bound on one contrast, or without a
        bound; "interior-point" and "cvxpy" always, on a factor of the kernel matrix.
        "auto" uses libsvm where possible, also for a bound on several contrasts that
        the model without a constraint keeps; else the "auto" of the linear models on
        that factor. It also tries the latter if libsvm misses the optimum and there are
        at most 1500 rows.
    solver_params : dict, default=None
        Options passed to cvxpy's ``solve``; only with ``solver="cvxpy"``.
    verbose : int, default=0
        0 prints nothing, 1 some ten lines about the progress, 2 more of them.
    max_iter : int, default=-1
        Largest number of iterations; -1 for no limit.

    Attributes
    ----------
    support_ : ndarray of shape (n_support,)
        Training rows with a nonzero coefficient: the support vectors, and all rows that
        the constraint compares.
    support_vectors_ : {ndarray, sparse matrix} of shape (n_support, n_features)
        These rows, which the model keeps; empty for a precomputed kernel.
    dual_coef_ : ndarray of shape (1, n_support)
        Coefficients of K(x_i, x) in the prediction.
    coef_ : ndarray of shape (1, n_features)
        Coefficients of the features; only with a linear kernel.
    intercept_ : ndarray of shape (1,)
        Intercept.
    gap_ : float
        Largest gap between groups of the training predictions, in units of y.
    duality_gap_ : float
        Upper bound on how far the objective is above the optimum; NaN for an indefinite
        kernel, whose optimum cannot be certified.
    multipliers_ : dict of str to float
        Lagrange multipliers of the constraint: by how much the objective would
        fall for each unit by which the mean prediction of a group were allowed to
        rise. One value for each group (in each stratum of the constraint), or one for
        the difference if there are two groups; 0 if the constraint does not bind.
    n_iter_ : int
        Number of iterations, in all the support vector machines that a bound needs.
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
        group, or a group has no rows in a cell of the constraint; or
        ``solver="libsvm"`` has to bound several contrasts.

    Warns
    -----
    SmallGroupWarning
        A cell of the constraint has fewer than 10 rows.
    ConvergenceWarning
        The solver stopped early, an indefinite or ill-conditioned kernel misses the
        bound, or with ``C=np.inf`` no model without loss was found.
    UserWarning
        The kernel is indefinite; with ``max_gap=0`` no direction of its feature space
        is left, so that the model is constant; or the means that the constraint
        compares already agree.

    See Also
    --------
    fairlearnkit.svm.ParityLinearSVR : Faster for a linear kernel.
    fairlearnkit.kernel_ridge.ParityKernelRidge : With the squared loss.

    Notes
    -----
    The constraint applies to the mean predictions of the training rows. It guarantees
    neither equal distributions of the predictions nor anything for new rows.

    The optimum is global, and certified by ``duality_gap_``, only if the kernel is
    positive semi-definite. Kernels such as "sigmoid" often are not: the problem is then
    not convex, and the model is a stationary point. Positive semi-definiteness is
    tested on a sample of 300 rows.

    The model stores the training rows with a nonzero coefficient. From 4,000 rows on,
    only the part of the kernel matrix near the margin is formed, if the kernel is
    "rbf", "linear" or "poly" and no bound on several contrasts binds; otherwise the
    whole matrix, 8 n^2 bytes. The time of a fit grows with the square of the number of
    rows. For many rows, use ``sklearn.kernel_approximation.Nystroem`` and
    ParityLinearSVR.

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
        verbose=0,
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
        self.verbose = verbose
        self.max_iter = max_iter

    def _objective(self):
        return Objective(EpsilonInsensitive(self.epsilon), loss_weight=self.C)

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
