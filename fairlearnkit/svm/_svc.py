"""Support vector classification with kernels under a parity constraint."""

from fairlearnkit._models.kernel import SVM_PARAMETERS, BaseParityKernelClassifier
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import Hinge
from fairlearnkit.utils._sklearn_private import StrOptions, _fit_context


class ParitySVC(BaseParityKernelClassifier):
    r"""Kernel support vector machine with a bound on the gap of mean scores.

    .. math::

        \min_{w, b} \tfrac12 \|w\|^2 + C \sum_i w_i \max(0, 1 - y_i f(x_i))
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, \phi(x) \rangle + b

    with :math:`\phi` the feature map of the kernel K. With
    :math:`t_k(x) = \sum_i M_{ki} K(x_i, x)` and :math:`G = M K M^\top`, the solution at
    ``max_gap=0`` is the ordinary support vector machine on the projected kernel

    .. math:: \tilde K(x, z) = K(x, z) - t(x)^\top G^+ t(z) .

    Each row of M f is a difference between the mean scores of two groups, among the
    rows that `constraint` selects. Groups are needed at fit only; predictions need X
    alone.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength. ``np.inf`` allows no loss at all, a hard
        margin; if the classes have none, there is a ConvergenceWarning.
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
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "equal_opportunity", "equalized_odds", "decorrelation",
        or an object of :mod:`fairlearnkit.constraints`.
    pos_label : scalar, default=None
        Positive class of "equal_opportunity", and of constraint objects that have one.
        Scores are those of ``classes_[1]`` in any case. None means 1 if the labels are
        {0, 1}, {-1, 1} or booleans; for other labels, name the class. With more than
        two classes each is the positive class in turn, and `pos_label` must be None.
    max_gap : float, default=0.0
        Largest difference of mean scores, in units of the decision function (the margin
        is at 1); 0 closes the gap, ``np.inf`` gives the model of ``sklearn.svm.SVC``.
    shrinking : bool, default=True
        Whether libsvm uses the shrinking heuristic.
    tol : float, default=1e-3
        Tolerance of libsvm. Its solution is then refined to rounding errors, if it
        identifies the rows on the margin; ``duality_gap_`` says how exact it is. Must
        be below 1.
    cache_size : float, default=200
        Size of libsvm's cache, in MB.
    class_weight : dict or "balanced", default=None
        Factors of C by class. They apply to the loss, not to the constraint.
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
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    support_ : ndarray of shape (n_support,)
        Training rows with a nonzero coefficient: the support vectors, and all rows that
        the constraint compares.
    support_vectors_ : {ndarray, sparse matrix} of shape (n_support, n_features)
        These rows, which the model keeps; empty for a precomputed kernel.
    dual_coef_ : ndarray of shape (1, n_support) or (n_classes, n_support)
        Coefficients of K(x_i, x) in the decision function.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients of the features; only with a linear kernel.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    gap_ : float
        Largest gap between groups of the training scores.
    duality_gap_ : float
        Upper bound on how far the objective is above the optimum (largest over
        classes); NaN for an indefinite kernel, whose optimum cannot be certified.
    multipliers_ : dict of str to float
        Lagrange multipliers of the constraint: by how much the objective would
        fall for each unit by which the mean score of a group were allowed to
        rise. One value for each group (in each stratum of the constraint), or one for
        the difference if there are two groups; 0 if the constraint does not bind. With
        more than two classes, a dict of such dicts by class.
    n_iter_ : int
        Number of iterations (largest over classes), in all the support vector machines
        that a bound needs.
    groups_ : ndarray or None
        Group labels; None if the sensitive columns are numeric.
    group_counts_ : ndarray or None
        Number of rows in each group.
    pos_label_ : scalar or None
        Positive class of the constraint; None if the constraint has none, or if there
        are more than two classes.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Feature names; only set if X has string column names.

    Raises
    ------
    ValueError
        The sensitive features are not given or have the wrong length, there is only one
        group or one class, a group has no rows in a cell of the constraint, or the
        positive class must be named; or ``solver="libsvm"`` has to bound several
        contrasts.

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
    fairlearnkit.svm.ParityLinearSVC : Faster for a linear kernel.

    Notes
    -----
    The constraint applies to the mean scores of the training rows. To bound the rates
    of decisions, use :class:`~fairlearnkit.postprocessing.ParityThresholdClassifier`
    around a classifier with probabilities. Nothing is guaranteed for new rows:
    measure the gap with :mod:`fairlearnkit.metrics` on held-out data.

    The optimum is global, and certified by ``duality_gap_``, only if the kernel is
    positive semi-definite. Kernels such as "sigmoid" often are not: the problem is then
    not convex, and the model is a stationary point. Positive semi-definiteness is
    tested on a sample of 300 rows.

    The model stores the training rows with a nonzero coefficient. From 4,000 rows on,
    only the part of the kernel matrix near the margin is formed, if the kernel is
    "rbf", "linear" or "poly" and no bound on several contrasts binds; otherwise the
    whole matrix, 8 n^2 bytes. The time of a fit grows with the square of the number of
    rows. For many rows, use ``sklearn.kernel_approximation.Nystroem`` and
    ParityLinearSVC.

    More than two classes are fitted one-vs-rest, with the constraint on the score of
    each class. Even if the mean score of each class agrees between groups, the class
    with the highest score need not be equally frequent in all of them.

    References
    ----------
    Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
    Fairness Constraints. NeurIPS 2018.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.svm import ParitySVC
    >>> X, y, group = make_biased_classification(400, random_state=0)
    >>> model = ParitySVC(constraint="equal_opportunity", max_gap=0.1)
    >>> round(model.fit(X, y, sensitive_features=group).gap_, 6)
    0.1
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        **SVM_PARAMETERS,
        "pos_label": "no_validation",
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        *,
        C=1.0,
        kernel="rbf",
        degree=3,
        gamma="scale",
        coef0=0.0,
        constraint="demographic_parity",
        pos_label=None,
        max_gap=0.0,
        shrinking=True,
        tol=1e-3,
        cache_size=200,
        class_weight=None,
        missing="error",
        solver="auto",
        solver_params=None,
        verbose=0,
        max_iter=-1,
    ):
        self.C = C
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0
        self.constraint = constraint
        self.pos_label = pos_label
        self.max_gap = max_gap
        self.shrinking = shrinking
        self.tol = tol
        self.cache_size = cache_size
        self.class_weight = class_weight
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.verbose = verbose
        self.max_iter = max_iter

    def _objective(self):
        return Objective(Hinge(), loss_weight=self.C)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features; the kernel matrix with ``kernel="precomputed"``.
        y : array-like of shape (n_samples,)
            Class labels of any kind.
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
