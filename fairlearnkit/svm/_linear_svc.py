"""Linear support vector classification under a parity constraint."""

from numbers import Real

from sklearn.svm import LinearSVC

from fairlearnkit._models.linear import BaseParityClassifier, BaseParityLinear
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit.utils._sklearn_private import Interval, StrOptions, _fit_context


class ParityLinearSVC(BaseParityClassifier):
    r"""Linear support vector machine with a bound on the gap of mean scores.

    .. math::

        \min_{w, b} \tfrac12 \|w\|^2 + C \sum_i w_i \, \ell(y_i f(x_i))
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, x \rangle + b

    with :math:`\ell(m) = \max(0, 1 - m)` (hinge) or its square. Each row of M f is a
    difference between the mean scores of two groups, among the rows that `constraint`
    selects. Groups are needed at fit only; predictions need X alone.

    Parameters
    ----------
    loss : {"squared_hinge", "hinge"}, default="squared_hinge"
        The loss.
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "equal_opportunity", "equalized_odds", "decorrelation",
        or an object of :mod:`fairlearnkit.constraints`.
    pos_label : scalar, default=None
        Positive class of "equal_opportunity", and of constraint objects that have one.
        Scores are those of ``classes_[1]`` in any case. None means 1 if the labels are
        {0, 1}, {-1, 1} or booleans; for other labels, name the class. With more than
        two classes each is the positive class in turn, and `pos_label` must be None.
    max_gap : float, default=0.0
        Largest difference of mean scores, in units of the decision function (the
        margin is at 1); 0 closes the gap, ``np.inf`` leaves the plain SVM.
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
    class_weight : dict or "balanced", default=None
        Factors of C by class. They apply to the loss, not to the constraint.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, make
        them a group of their own, or leave them out of the constraint (they still
        count in the loss).
    solver : str, default="auto"
        "newton-cholesky", "newton-cg" (forms no n_features by n_features matrix),
        "dual" (over rows, for sparse X with many features), "interior-point" (only for
        the hinge loss) or "cvxpy". "auto" chooses by the shape of X and the penalty; if
        that solver stalls, another one goes on. See :ref:`solvers`.
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
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    gap_ : float
        Largest gap between groups of the training scores.
    duality_gap_ : float
        Upper bound on how far the objective is above the optimum (largest over
        classes).
    multipliers_ : dict of str to float
        Lagrange multipliers of the constraint: by how much the objective would
        fall for each unit by which the mean score of a group were allowed to
        rise. One value for each group (in each stratum of the constraint), or one for
        the difference if there are two groups; 0 if the constraint does not bind. With
        more than two classes, a dict of such dicts by class.
    n_iter_ : int
        Newton or interior point steps (largest over classes).
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
    InfeasibleConstraintError
        No model satisfies `convex_constraints`, or cvxpy's solver failed.
    ValueError
        Both `max_gap` and `gap_ratio` are given, the sensitive features are not given
        or have the wrong length, there is only one group or one class, a group has no
        rows in a cell of the constraint, or the positive class must be named.

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
    fairlearnkit.linear_model.ParityLogisticRegression : The logistic loss, with
        ``predict_proba``.

    Notes
    -----
    The constraint applies to the mean scores of the training rows. To bound the rates
    of decisions, use :class:`~fairlearnkit.postprocessing.ParityThresholdClassifier`
    around a classifier with probabilities. Nothing is guaranteed for new rows:
    measure the gap with :mod:`fairlearnkit.metrics` on held-out data.

    ``sklearn.svm.LinearSVC`` penalises the intercept; this class does not. With
    ``max_gap=np.inf`` and the hinge loss it gives the coefficients of
    ``SVC(kernel="linear")``, and with ``fit_intercept=False`` those of LinearSVC. More
    than two classes are fitted one-vs-rest, and `class_weight` weighs every row by its
    own class.

    References
    ----------
    Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
    Fairness Constraints. NeurIPS 2018.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.svm import ParityLinearSVC
    >>> X, y, group = make_biased_classification(random_state=0)
    >>> model = ParityLinearSVC(loss="hinge", constraint="equal_opportunity", C=0.1)
    >>> bool(model.fit(X, y, sensitive_features=group).gap_ < 1e-8)
    True
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        **BaseParityLinear._parameter_constraints,
        "loss": [StrOptions({"hinge", "squared_hinge"})],
        "C": [Interval(Real, 0, None, closed="neither")],
        "pos_label": "no_validation",
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        loss="squared_hinge",
        *,
        constraint="demographic_parity",
        pos_label=None,
        max_gap=0.0,
        gap_ratio=None,
        C=1.0,
        tol=1e-8,
        fit_intercept=True,
        class_weight=None,
        missing="error",
        solver="auto",
        solver_params=None,
        convex_constraints=None,
        max_iter=1000,
        verbose=0,
    ):
        self.loss = loss
        self.constraint = constraint
        self.pos_label = pos_label
        self.max_gap = max_gap
        self.gap_ratio = gap_ratio
        self.C = C
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.convex_constraints = convex_constraints
        self.max_iter = max_iter
        self.verbose = verbose

    def _objective(self):
        return Objective(LOSSES[self.loss](), 1.0, self.C, self.fit_intercept)

    def _plain_model(self):
        return LinearSVC(
            loss=self.loss,
            C=self.C,
            fit_intercept=self.fit_intercept,
            class_weight=self.class_weight,
        )

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, in memory or as a Dask Array or DataFrame.
        y : array-like of shape (n_samples,)
            Class labels of any kind.
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
