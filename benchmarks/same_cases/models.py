"""Linear models, support vector machines and kernel models.

Numbers are compared at `STRICT` where the solution is determined that well: all smooth
losses, where the same rows in another order changed scores by 1e-9 at most.
Those of losses with kinks are compared at `KINKED_LOSS`, and their objective at
`STRICT`: solvers stop at a duality gap of 1e-10 of the objective, which leaves
sqrt(2e-10 objective) to the coefficients, more than `KINKED_LOSS`; rows in another
order changed scores by up to 2e-6. The squared loss outside of a tube is one of them:
its curvature jumps, and Newton's method need not end in an exact step.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import rbf_kernel

from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR, ParitySVC, ParitySVR
from same_cases import options as o
from same_cases.record import STRICT, axis, grid, responses
from same_cases.samples import OPTIONS, sample

KINKED_LOSS = 1e-5
# Coefficients in float32 have 7 digits.
IN_FLOAT32 = 1e-5
# Clarabel takes the logistic loss as exponential cones, where the same rows in another
# order changed scores by up to 3e-5; those of SCS stayed within that.
EXPONENTIAL_CONE = 1e-4


def hinge(y, f, _):
    """Loss of a support vector machine."""
    return np.maximum(0.0, 1.0 - y * f)


def tube(y, f, epsilon):
    """Loss of a support vector regression."""
    return np.maximum(0.0, np.abs(y - f) - epsilon)


def squared_tube(y, f, epsilon):
    """Square of the same."""
    return tube(y, f, epsilon) ** 2


# The duality gap is then at most 1e-10 of the objective, the least that is allowed.
TIGHT = {"tol": 1e-10}
LOGISTIC = {"logistic": {"cls": ParityLogisticRegression, **TIGHT}}
RIDGE = {"ridge": {"cls": ParityRidge, "alpha": 0.5, **TIGHT}}
SQUARED_HINGE = {"squared hinge": {"cls": ParityLinearSVC, **TIGHT}}
# With kinks; `fit` computes the objective by `loss_of`.
HINGE = {"hinge": {"cls": ParityLinearSVC, "loss": "hinge", "loss_of": hinge, **TIGHT}}
TUBE = {"tube": {"cls": ParityLinearSVR, "loss_of": tube, **TIGHT}}
SQUARED_TUBE = {
    "squared tube": {
        "cls": ParityLinearSVR,
        "loss": "squared_epsilon_insensitive",
        "epsilon": 0.2,
        "loss_of": squared_tube,
        **TIGHT,
    }
}
EPSILON = axis("epsilon", [0.0, 0.2])
# With kernels.
SVC = {"SVC": {"cls": ParitySVC, "loss_of": hinge, "tol": 1e-6}}
SVR = {"SVR": {"cls": ParitySVR, "loss_of": tube, "tol": 1e-6}}
KERNEL_RIDGE = {"kernel ridge": {"cls": ParityKernelRidge}}
KERNELS = {
    "rbf": {"kernel": "rbf", "gamma": 0.2},
    "linear": {"kernel": "linear"},
    "poly": {"kernel": "poly", "degree": 2, "gamma": 0.1, "coef0": 1.0},
}
RBF = o.part(KERNELS, "rbf")


def fit(cls, *, loss_of=None, prepare=None, **options):
    """A fitted model, and its responses to the rows of the fit and to new ones."""
    s = sample(**{name: options.pop(name) for name in OPTIONS if name in options})
    s = prepare(s) if prepare else s
    model = cls(**options)
    model.fit(s.X, s.y, sensitive_features=s.groups, sample_weight=s.weight)
    return attributes_and_responses(model, s, loss_of)


def attributes_and_responses(model, s, loss_of=None):
    """Attributes of a fitted model, and its responses to old and to new rows."""
    return {
        "model": model,
        "multiples of rows": on_all_rows(model, len(s.y)),
        "old rows": responses(model, s.X),
        "new rows": responses(model, s.X_new),
        "strictly": {"objective": objective(model, s, loss_of) if loss_of else None},
    }


def on_all_rows(model, n_samples):
    """Coefficients of all training rows in a kernel model, zeros among them."""
    if not hasattr(model, "dual_coef_"):
        return None
    beta = np.zeros((len(model.dual_coef_), n_samples))
    beta[:, model.support_] = model.dual_coef_
    return beta


def objective(model, s, loss_of):
    """Half the squared norm, and C times the weighted losses, by column of targets."""
    f = getattr(model, "decision_function", model.predict)(s.X).reshape(len(s.y), -1)
    Y, weight = _columns_and_weights(model, s)
    beta = on_all_rows(model, len(s.y))
    if beta is None:
        norm = np.sum(np.atleast_2d(model.coef_) ** 2, axis=1)
    else:
        norm = np.diag(beta @ (f - model.intercept_))
    loss = loss_of(Y, f, getattr(model, "epsilon", None))
    return 0.5 * norm + model.C * (weight @ loss)


def _columns_and_weights(model, s):
    """Targets of shape (n_samples, n_columns), and the weights of the losses."""
    weight = np.ones(len(s.y)) if s.weight is None else s.weight
    if not hasattr(model, "classes_"):
        return s.y[:, None], weight
    inside = s.y[:, None] == model.classes_
    if model.class_weight == "balanced":
        totals = weight @ inside
        weight = weight * (inside @ (totals.sum() / (len(totals) * totals)))
    return np.where(inside[:, 1:] if inside.shape[1] == 2 else inside, 1, -1), weight


def fit_quietly(**options):
    """Without the ConvergenceWarning that a status at the limit gives or does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return fit(**options)


def with_kernel_matrix(s):
    """The sample with the values of a kernel instead of features."""
    K, K_new = (rbf_kernel(X, s.X, gamma=0.2) for X in (s.X, s.X_new))
    return s._replace(X=K, X_new=K_new)


def quadratic(X, Y):
    """A kernel of the user."""
    return (1.0 + 0.1 * X @ Y.T) ** 2


def not_negative(coef, intercept):
    """A user's convex constraint."""
    return [coef[0] >= 0]


COMMON = o.MAX_GAP, o.WEIGHT, o.STORAGE, o.INTERCEPT
CLASSES = o.FOR_CLASSES, *COMMON, o.CLASS_WEIGHT, o.CLASSES
TWO_CLASSES = o.FOR_CLASSES, *COMMON, o.CLASS_WEIGHT, o.TWO_OF_ANY_KIND
NUMBERS = o.FOR_NUMBERS, *COMMON, o.NUMBERS
FEW = o.FEW, o.CLOSED | o.BOUNDED
BY_CVXPY = o.CLARABEL, o.FEW, o.MAX_GAP, o.WEIGHT
FURTHER_CONSTRAINTS = {
    "coef[0] >= 0": {**o.CLARABEL["cvxpy"], "convex_constraints": not_negative}
}
BY_SCS = {"SCS": {"solver": "cvxpy", "solver_params": {"solver": "SCS"}}}
SHORT = {"90 rows": {"shape": "short"}}
KERNEL_SOLVERS = axis("solver", ["auto", "interior-point"])
ANY_KERNEL = {
    "sigmoid": {"kernel": "sigmoid", "gamma": 0.05, "coef0": 0.1},
    "user's": {"kernel": quadratic},
    "precomputed": {"kernel": "precomputed", "prepare": with_kernel_matrix},
}
OF_SVM = ANY_KERNEL | {
    "gamma=scale": {},
    "gamma=auto": {"gamma": "auto"},
    "by libsvm": {"solver": "libsvm", "gamma": 0.2},
    "no shrinking": {"shrinking": False, "gamma": 0.2},
    "small cache": {"cache_size": 1, "gamma": 0.2},
    "C=inf": {"C": np.inf, "gamma": 5.0},
}
OF_RIDGE = ANY_KERNEL | {
    "laplacian": {"kernel": "laplacian", "gamma": 0.1},
    "chi2": {"kernel": "chi2", "gamma": 0.1, "storage": "positive"},
    "small penalty": {"kernel": "rbf", "alpha": 1e-3},
}
MANY_ROWS = {"4100 rows": {"shape": "many rows", "C": 0.1}}


def linear():
    """Logistic and ridge regression."""
    yield from grid(fit, LOGISTIC, o.SMOOTH, *CLASSES, at_least=180)
    yield from grid(fit, RIDGE, o.SMOOTH, *NUMBERS, at_least=120)
    yield from grid(fit, LOGISTIC, o.ONE_BY_ONE | o.STOPPED)
    yield from _odd_rows(LOGISTIC, o.TWO_CLASSES)
    yield from _odd_rows(RIDGE, o.NUMBERS)
    yield from _unpenalised()
    yield from grid(fit, RIDGE, *BY_CVXPY, o.NUMBERS, at_least=8)
    yield from grid(fit, RIDGE, FURTHER_CONSTRAINTS, o.NUMBERS)
    cone = {"tolerance": EXPONENTIAL_CONE}
    yield from grid(fit_quietly, LOGISTIC, *BY_CVXPY, at_least=8, **cone)
    yield from grid(fit_quietly, LOGISTIC, BY_SCS, **cone)


def _odd_rows(models, target, tolerance=STRICT):
    """Wide, long, in float32, far from zero, in other containers."""
    rows, flat = (*FEW, target), {"tolerance": tolerance}
    yield from grid(fit, models, o.SHAPES, o.STORAGE, *rows, at_least=10, **flat)
    yield from grid(fit, models, o.ODD_STORAGE, *rows, at_least=8, **flat)
    yield from grid(fit, models, o.FLOAT32, *rows, at_least=6, tolerance=IN_FLOAT32)


def _unpenalised():
    """C=inf, and least squares."""
    logistic = {"C=inf": {"cls": ParityLogisticRegression, "C": np.inf, **TIGHT}}
    least_squares = {"alpha=0": {"cls": ParityRidge, "alpha": 0.0, **TIGHT}}
    common = o.SMOOTH, o.FEW, o.MAX_GAP, o.STORAGE
    shapes = {"200 rows": {}, **o.part(o.SHAPES, "wide")}
    yield from grid(fit, logistic, *common, at_least=10)
    yield from grid(fit, least_squares, *common, shapes, o.NUMBERS, at_least=20)


def linear_svm():
    """Linear support vector machines."""
    flat = {"tolerance": KINKED_LOSS}
    yield from grid(fit, SQUARED_HINGE, o.SMOOTH, *CLASSES, at_least=120)
    yield from grid(fit, HINGE, o.KINKED, *TWO_CLASSES, at_least=80, **flat)
    yield from grid(fit, SQUARED_TUBE, o.SMOOTH, *NUMBERS, at_least=80, **flat)
    yield from grid(fit, TUBE, EPSILON, o.KINKED, *NUMBERS, at_least=90, **flat)
    for models, tolerance in ((SQUARED_HINGE, STRICT), (HINGE, KINKED_LOSS)):
        yield from grid(fit, models, o.ONE_BY_ONE, tolerance=tolerance)
        yield from grid(fit, models, *BY_CVXPY, at_least=8, tolerance=tolerance)
        yield from _odd_rows(models, o.TWO_CLASSES, tolerance)
    for models in (SQUARED_TUBE, TUBE):
        yield from grid(fit, models, *BY_CVXPY, o.NUMBERS, at_least=8, **flat)
        yield from _odd_rows(models, o.NUMBERS, KINKED_LOSS)


def kernel():
    """Kernel ridge regression, and support vector machines with kernels."""
    ridge, flat = (KERNEL_RIDGE, SHORT), {"tolerance": KINKED_LOSS}
    rest = o.MAX_GAP, o.WEIGHT, o.STORAGE
    numbers, solvers = (*rest, o.NUMBERS), (SHORT, KERNELS, KERNEL_SOLVERS)
    classes = o.FOR_FEW_ROWS, *rest, o.CLASS_WEIGHT, o.TWO_OF_ANY_KIND
    yield from grid(fit, *ridge, KERNELS, o.FOR_NUMBERS, *numbers, at_least=100)
    yield from grid(fit, *ridge, OF_RIDGE, *FEW, o.NUMBERS)
    yield from grid(fit, *ridge, RBF, *BY_CVXPY, o.NUMBERS, at_least=8)
    yield from grid(fit, SVC, *solvers, *classes, at_least=80, **flat)
    yield from grid(
        fit, SVR, EPSILON, *solvers, o.FOR_NUMBERS, *numbers, at_least=80, **flat
    )
    three = o.ONE_CONTRAST, o.CLOSED | o.BOUNDED, o.CLASS_WEIGHT, o.THREE_CLASSES
    yield from grid(fit, SVC, *solvers, *three, at_least=8, **flat)
    for models, target in ((SVC, o.TWO_CLASSES), (SVR, o.NUMBERS)):
        few = o.ONE_CONTRAST, o.CLOSED | o.BOUNDED, target
        yield from grid(fit, models, SHORT, OF_SVM, *few, **flat)
        yield from grid(fit, models, MANY_ROWS, RBF, *few, **flat)
        yield from grid(fit, models, SHORT, RBF, *BY_CVXPY, target, at_least=8, **flat)
