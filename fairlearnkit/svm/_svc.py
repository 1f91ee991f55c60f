"""Support vector classification with kernels under a parity constraint."""

from fairlearnkit._models.kernel import SVM_PARAMETERS, BaseParityKernelClassifier
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import Hinge
from fairlearnkit.utils._sklearn_private import StrOptions, _fit_context


class ParitySVC(BaseParityKernelClassifier):
    r"""Support vector machine with a kernel and equal mean scores, exactly.

    .. math::

        \min_{w, b} \tfrac12 \|w\|^2 + C \sum_i w_i \max(0, 1 - y_i f(x_i))
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, \phi(x) \rangle + b

    with :math:`\phi` the feature map of the kernel K. With
    :math:`t_k(x) = \sum_i M_{ki} K(x_i, x)` and :math:`G = M K M^\top`, the solution at
    ``max_gap=0`` is the ordinary machine on the projected kernel

    .. math:: \tilde K(x, z) = K(x, z) - t(x)^\top G^+ t(z) .

    Each row of M f is a difference between the mean scores of two groups, among the
    rows that `constraint` looks at. Groups are needed at fit only: predictions take X
    alone.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength. ``np.inf`` allows no loss at all: a
        hard margin, which the classes may not have (ConvergenceWarning).
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
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "equal_opportunity", "equalized_odds", "decorrelation",
        or an object of :mod:`fairlearnkit.constraints`.
    pos_label : scalar, default=None
        The positive class of "equal_opportunity", and of objects that have one; scores
        are of ``classes_[1]`` all the same. None takes 1 where labels are {0, 1}, {-1,
        1} or booleans; of other labels it has to be named. Of more than two classes
        each is the positive one in turn, and none is named.
    max_gap : float, default=0.0
        Largest difference of mean scores, in units of the decision function (the
        margin is at 1); 0 closes the gap, ``np.inf`` gives scikit-learn's model.
    shrinking : bool, default=True
        Whether libsvm shrinks.
    tol : float, default=1e-3
        Tolerance of libsvm. Its solution is then made exact where it tells the rows on
        the margin; ``duality_gap_`` says how exact. Below 1.
    cache_size : float, default=200
        Cache of libsvm, in MB.
    class_weight : dict or "balanced", default=None
        Factors of C by class; they weigh the loss and not the constraint.
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
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    support_ : ndarray of shape (n_support,)
        Training rows with a coefficient: the support vectors, and all rows that the
        constraint looks at.
    support_vectors_ : {ndarray, sparse matrix} of shape (n_support, n_features)
        These rows; empty for a precomputed kernel.
    dual_coef_ : ndarray of shape (1, n_support) or (n_classes, n_support)
        Coefficients of K(x_i, x) in the decision function.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients of the features, with a linear kernel.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    gap_ : float
        Largest gap between groups of the training scores.
    duality_gap_ : float
        The objective is at most this far above the optimum (largest over classes).
    n_iter_ : int
        Iterations (largest over classes), of all machines that a bound needed.
    groups_ : ndarray or None
        Group labels, None for numeric sensitive columns.
    group_counts_ : ndarray or None
        Rows of each group.
    pos_label_ : scalar or None
        The positive class of the constraint; None where it has none, or more than two
        classes.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names, where X had string column names.

    Raises
    ------
    ValueError
        No sensitive features, another length, one group, a group without rows in a
        cell of the constraint, one class, a positive class that has to be named;
        ``solver="libsvm"`` with a bound on several contrasts.

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
    fairlearnkit.svm.ParityLinearSVC : Faster for a linear kernel.

    Notes
    -----
    The constraint is on mean scores of the training rows. It does not promise equal
    rates of positive decisions, nor anything about new rows; measure both with
    :mod:`fairlearnkit.metrics` on held-out data.

    From 4,000 rows on, only the part of the kernel matrix near the margin is formed, if
    the kernel is "rbf", "linear" or "poly" and no bound on several contrasts is asked
    for; else the whole, 8 n^2 bytes. Time grows with the square of the rows: for very
    many take ``sklearn.kernel_approximation.Nystroem`` and ParityLinearSVC. The model
    keeps the training rows that have a coefficient.

    More than two classes are fitted one-vs-rest, with the constraint on each class's
    score. That a class's mean score is the same in every group does not make the class
    with the highest score equally frequent.

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
        self.max_iter = max_iter

    def _objective(self):
        return Objective(Hinge(), loss_weight=self.C)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or the kernel matrix.
        y : array-like of shape (n_samples,)
            Class labels of any kind.
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
