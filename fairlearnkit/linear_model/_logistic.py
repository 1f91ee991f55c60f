"""Logistic regression under a parity constraint."""

from numbers import Real

import numpy as np

from fairlearnkit._models.linear import BaseParityClassifier, BaseParityLinear
from fairlearnkit._models.objective import Objective
from fairlearnkit._optim import SOLVERS
from fairlearnkit._optim.losses import Logistic
from fairlearnkit.utils._sklearn_private import Interval, StrOptions, _fit_context


class ParityLogisticRegression(BaseParityClassifier):
    r"""Logistic regression whose mean scores agree between groups, exactly.

    .. math::

        \min_{w, b} \tfrac12 \|w\|^2 + C \sum_i w_i \log(1 + e^{-y_i f(x_i)})
        \quad \text{subject to} \quad |M f| \le \text{max\_gap},
        \qquad f(x) = \langle w, x \rangle + b

    Each row of M f is a difference between the mean scores of two groups, among the
    rows that `constraint` looks at. Groups are needed at fit only: predictions take X
    alone.

    Parameters
    ----------
    constraint : str or object, default="demographic_parity"
        "demographic_parity", "equal_opportunity", "equalized_odds", "decorrelation",
        or an object of :mod:`fairlearnkit.constraints`.
    pos_label : scalar, default=None
        The positive class of "equal_opportunity", and of objects that have one; scores
        are of ``classes_[1]`` all the same. None takes 1 where labels are {0, 1}, {-1,
        1} or booleans; of other labels it has to be named. Of more than two classes
        each is the positive one in turn, and none is named.
    max_gap : float, default=0.0
        Largest difference of mean scores, in log-odds; 0 closes the gap, ``np.inf``
        gives scikit-learn's model.
    C : float, default=1.0
        Inverse of the regularisation strength; ``np.inf`` for no penalty, where
        classes that a hyperplane separates leave no optimum (ConvergenceWarning).
    tol : float, default=1e-4
        Iterations end when the duality gap is at most tol**2 times the objective
        (1e-10 times at the least, as rounding allows). Below 1.
    fit_intercept : bool, default=True
        Whether to add an intercept; it is not penalised.
    class_weight : dict or "balanced", default=None
        Factors of C by class; they weigh the loss and not the constraint.
    missing : {"error", "group", "ignore"}, default="error"
        Rows with a missing sensitive feature: refused, a group of their own, or left
        out of the constraint only.
    solver : str, default="auto"
        "newton-cholesky", "newton-cg" (forms no square matrix of the features) or
        "cvxpy"; "auto" takes the second for more than 3000 features, or 500 if sparse.
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
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    gap_ : float
        Largest gap between groups of the training scores, in log-odds.
    duality_gap_ : float
        The objective of the returned coefficients is at most this far above the optimum
        (largest over classes). With ``C=np.inf`` the objective is the loss alone, and
        NaN says that no bound is known.
    n_iter_ : int
        Newton steps (largest over classes).
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
    InfeasibleConstraintError
        `convex_constraints` leave no model, or cvxpy's solver broke down.
    ValueError
        No sensitive features, another length, one group, a group without rows in a
        cell of the constraint, one class, or a positive class that has to be named.

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
    fairlearnkit.svm.ParityLinearSVC : The same with hinge losses.

    Notes
    -----
    The constraint is on mean scores of the training rows. It does not promise equal
    rates of positive decisions, nor anything about new rows; measure both with
    :mod:`fairlearnkit.metrics` on held-out data.

    More than two classes are fitted one-vs-rest, with the constraint on each class's
    score; scikit-learn's own model is multinomial there.

    References
    ----------
    Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
    Fairness Constraints. NeurIPS 2018. Zafar, Valera, Gomez
    Rodriguez, Gummadi: Fairness Constraints. AISTATS 2017.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.linear_model import ParityLogisticRegression
    >>> X, y, group = make_biased_classification(random_state=0)
    >>> model = ParityLogisticRegression(constraint="equal_opportunity", max_gap=0.1)
    >>> model.fit(X, y, sensitive_features=group).gap_.__round__(6)
    0.1
    >>> model.predict_proba(X).shape
    (1000, 2)
    """

    _keeps_float32 = True

    _parameter_constraints: dict = {  # noqa: RUF012
        **BaseParityLinear._parameter_constraints,
        "C": [Interval(Real, 0, None, closed="right")],
        "solver": [StrOptions(set(SOLVERS) - {"interior-point"})],
        "pos_label": "no_validation",
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        *,
        constraint="demographic_parity",
        pos_label=None,
        max_gap=0.0,
        C=1.0,
        tol=1e-4,
        fit_intercept=True,
        class_weight=None,
        missing="error",
        solver="auto",
        solver_params=None,
        convex_constraints=None,
        max_iter=100,
    ):
        self.constraint = constraint
        self.pos_label = pos_label
        self.max_gap = max_gap
        self.C = C
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.missing = missing
        self.solver = solver
        self.solver_params = solver_params
        self.convex_constraints = convex_constraints
        self.max_iter = max_iter

    def _objective(self):
        if np.isinf(self.C):
            return Objective(Logistic(), 0.0, 1.0, self.fit_intercept)
        return Objective(Logistic(), 1.0, self.C, self.fit_intercept)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
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
        return self._fit(X, y, sensitive_features, sample_weight)

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; normalised over the one-vs-rest models.
        """
        return self._predict_proba_lr(X)

    def predict_log_proba(self, X):
        """Logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        return np.log(self.predict_proba(X))
