"""Fits of the models, and how far each is above the optimum."""

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from fairlearnkit import kernel_ridge, linear_model, svm

from . import referee as of
from .algebra import EXTENDED, complement, pivoted_root, row_basis
from .problems import draw, log_uniform
from .referee import Hinges, Program, referee

UNIT_ROUNDING = EXTENDED(2.0**-53)
FLOAT32_ROUNDING = EXTENDED(2.0**-24)
# How far solvers let contrasts miss their goal, relative to the coefficients.
MISSED_GOAL = EXTENDED(1e-12)
# Scores of a direction, with columns of length 1, that count as rounding.
NULL_DIRECTION = 1e-12
TOLERANCES = [None, None, None, 1e-10, 1e-4, 1e-2, 1e-1]


class Family(NamedTuple):
    """A model and its problem.

    Parameters
    ----------
    estimator : estimator
    loss : callable
        The referee's loss, from the estimator.
    targets : str
        As in `draw`.
    solvers : list of str
        Those that are drawn from.
    penalty : str, default="C"
        "C" multiplies the loss; "alpha" the penalty; "mean" too, with the mean loss.
    """

    estimator: object
    loss: object
    targets: str
    solvers: list
    penalty: str = "C"


NEWTON = ["auto", "auto", "newton-cholesky", "newton-cg"]
FAMILIES = {
    "logistic": Family(
        linear_model.ParityLogisticRegression(),
        lambda m: of.Logistic(),
        "classes",
        NEWTON,
    ),
    "hinge": Family(
        svm.ParityLinearSVC("hinge"),
        lambda m: of.Hinge(),
        "classes",
        [*NEWTON, "dual", "interior-point"],
    ),
    "squared hinge": Family(
        svm.ParityLinearSVC(),
        lambda m: of.SquaredHinge(),
        "classes",
        [*NEWTON, "dual"],
    ),
    "squared": Family(
        linear_model.ParityRidge(), lambda m: of.Squared(), "numbers", NEWTON, "alpha"
    ),
    "tube": Family(
        svm.ParityLinearSVR(),
        lambda m: of.Tube(m.epsilon),
        "numbers",
        [*NEWTON, "dual", "interior-point"],
    ),
    "squared tube": Family(
        svm.ParityLinearSVR(loss="squared_epsilon_insensitive"),
        lambda m: of.SquaredTube(m.epsilon),
        "numbers",
        [*NEWTON, "dual"],
    ),
    "Poisson": Family(
        linear_model.ParityPoissonRegressor(),
        lambda m: of.Poisson(),
        "counts",
        NEWTON,
        "mean",
    ),
    "Gamma": Family(
        linear_model.ParityGammaRegressor(),
        lambda m: of.Gamma(),
        "amounts",
        NEWTON,
        "mean",
    ),
    "kernel SVC": Family(
        svm.ParitySVC(),
        lambda m: of.Hinge(),
        "classes",
        ["auto", "auto", "libsvm", "interior-point"],
    ),
    "kernel SVR": Family(
        svm.ParitySVR(),
        lambda m: of.Tube(m.epsilon),
        "numbers",
        ["auto", "auto", "libsvm", "interior-point"],
    ),
    "kernel ridge": Family(
        kernel_ridge.ParityKernelRidge(),
        lambda m: of.Squared(),
        "numbers",
        ["auto"],
        "alpha",
    ),
}


@dataclass
class Verdict:
    """What one problem showed.

    Parameters
    ----------
    certificate, excess : float
        `duality_gap_`, and how far the objective is above the referee's.
    rounding : float
        What rounding can make of the certificate, see `rounding_of`.
    objective : float
        The fitted objective.
    referee : float
        How far the referee may be from the optimum, by its own account.
    warned : bool
        Whether the fit raised a ConvergenceWarning.
    traits : list of str
        What is special about the problem.
    """

    certificate: float
    excess: float
    rounding: float
    objective: float
    referee: float
    warned: bool
    traits: list

    @property
    def shortfall(self):
        """Excess less certificate, in units of rounding; above 1 it is wrong."""
        return (self.excess - self.certificate) / max(self.rounding, 1e-300)


def penalty_options(rng, family):
    """C or alpha."""
    if family.penalty == "C":
        C = log_uniform(rng, -4, 6)
        unpenalised = "logistic" in str(family.loss(family.estimator)).lower()
        return {"C": np.inf if unpenalised and rng.random() < 0.05 else C}
    return {"alpha": 0.0 if rng.random() < 0.05 else log_uniform(rng, -6, 4)}


def fit(model, drawn):
    """Fit, and tell whether it warned that the certificate was not reached."""
    X, s = drawn.X, drawn.group
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, drawn.y, sensitive_features=s, sample_weight=drawn.weight)
    return any(issubclass(w.category, ConvergenceWarning) for w in caught)


def linear_options(rng, family, drawn):
    """Options of a linear model, but for the constraint."""
    options = {**drawn.options, **penalty_options(rng, family)}
    options["fit_intercept"] = bool(rng.random() < 0.7)
    options["solver"] = str(rng.choice(family.solvers))
    tol = TOLERANCES[rng.integers(len(TOLERANCES))]
    if tol is not None:
        options["tol"] = tol
    if rng.random() < 0.08:
        options["max_iter"] = int(rng.integers(1, 6))
    if hasattr(family.estimator, "epsilon"):
        options["epsilon"] = float(rng.choice([0.0, 0.1, 1.0])) * float(drawn.y.std())
    return options


def with_constraint(rng, plain, drawn):
    """A model with one of the constraints, given the one without, and its name."""
    kind = rng.random()
    if kind < 0.3:
        return clone(plain).set_params(max_gap=0.0), "equality"
    if kind < 0.55 and hasattr(plain, "gap_ratio"):
        ratio = float(rng.uniform(-0.5, 1.2))
        return clone(plain).set_params(max_gap=0.0, gap_ratio=ratio), "gap_ratio"
    if kind < 0.9:
        share = float(rng.choice([1e-6, 0.05, 0.3, 0.6, 0.9, 1.5]))
        bound = share * plain.gap_
        name = "bound" if bound > 0 else "equality"
        return clone(plain).set_params(max_gap=bound), name
    return plain, "no constraint"


def audit_linear(family, rng):
    """Draw a problem, fit it, and compare with the referee."""
    drawn = draw(rng, family.targets)
    model = clone(family.estimator)
    model.set_params(**linear_options(rng, family, drawn), max_gap=np.inf)
    warned = fit(model, drawn)
    model, name = with_constraint(rng, model, drawn)
    if name != "no constraint":
        warned = fit(model, drawn)
    drawn.traits += [name, f"solver={model.solver}"]
    X, M = drawn.dense, drawn.contrasts()
    coefs = np.atleast_2d(model.coef_).astype(EXTENDED)
    intercepts = np.atleast_1d(model.intercept_).astype(EXTENDED)
    verdicts = []
    for y, c, w, b in zip(*_columns(family, model, drawn), coefs, intercepts):
        reg = 1.0 if family.penalty == "C" else model.alpha
        reg = 0.0 if getattr(model, "C", 1.0) == np.inf else reg
        problem = _linear_program(X, y, c, family.loss(model), reg, model, M, w, name)
        objective = EXTENDED(reg) / 2 * (w @ w)
        objective += c @ family.loss(model).terms(y, X @ w + b)[0]
        size = abs(X) @ abs(w)
        noise = rounding_of(model, drawn, y, c, X @ w + b, size + abs(b), objective)
        noise += np.finfo(EXTENDED).eps * (c @ (1 + abs(y)))  # the audit's own
        if name == "gap_ratio":
            narrow = model.coef_.dtype == np.float32
            unit = FLOAT32_ROUNDING * sum(X.shape) if narrow else MISSED_GOAL
            noise += contrast_rounding(model, drawn, size, unit)
        verdicts.append((objective, *problem, noise))
    return _verdict(model, verdicts, warned, drawn)


def _columns(family, model, drawn):
    """Targets and weights of each column, the model's parameters included."""
    w, y = drawn.weights, drawn.y
    if drawn.class_weight:
        w = w * np.array([drawn.class_weight[k] for k in y.tolist()])
    if family.penalty == "mean":
        w = w / w.sum()
    if np.isfinite(getattr(model, "C", np.inf)):
        w = w * EXTENDED(model.C)
    if family.targets != "classes":
        return [y.astype(EXTENDED)], [w]
    classes = [model.classes_[1]] if len(model.classes_) == 2 else model.classes_
    return [np.where(y == k, EXTENDED(1), EXTENDED(-1)) for k in classes], [w] * len(
        classes
    )


def _linear_program(X, y, c, loss, reg, model, M, w, name):
    """The referee's objective and its own gap.

    Without a penalty the unit of a column does not matter, and the referee leaves out
    directions in which X is rounding: coefficients of 1e20 would make scores of it.
    """
    mean = c @ X / c.sum() if model.fit_intercept else np.zeros_like(X[0])
    Xc = X - mean
    if reg == 0:
        unit = np.sqrt((X**2).sum(axis=0))
        unit[unit == 0] = 1
        Xc, w = Xc / unit, w * unit
    A, d = M @ Xc, X.shape[1]
    w0, R, G = np.zeros_like(w), np.eye(d, dtype=EXTENDED), A[:0]
    if name in ("equality", "gap_ratio"):
        Q = row_basis(A)
        R = complement(Q)
        w0 = Q @ (Q.T @ w) if name == "gap_ratio" else w0
    elif np.isfinite(model.max_gap):
        G = A
    # The singular vectors of X make the Hessian graded, which keeps its digits.
    U = np.linalg.svd((Xc @ R).astype(float), full_matrices=False)[2].T
    full = np.linalg.qr(np.hstack([U, np.eye(len(U))]))[0] if U.size else U
    R = R @ full.astype(EXTENDED)
    if reg == 0:
        R = R[:, np.sqrt(((Xc @ R) ** 2).sum(axis=0)) > NULL_DIRECTION]
    return solve_program(Xc @ R, Xc @ w0, R, w0, y, c, loss, reg, model, G @ R)


def solve_program(F, f0, R, w0, y, c, loss, reg, model, G):
    """Value and own gap of the referee, for w = R v + w0 and scores F v + f0 (+ b)."""
    intercept = getattr(model, "fit_intercept", isinstance(loss, Hinges))
    column = np.ones((len(y), int(intercept)), dtype=EXTENDED)
    extra = column.shape[1]
    Z, reg = np.hstack([F, column]), EXTENDED(reg)
    P = np.zeros((Z.shape[1], Z.shape[1]), dtype=EXTENDED)
    P[: F.shape[1], : F.shape[1]] = reg * (R.T @ R)
    q = np.concatenate([reg * (R.T @ w0), np.zeros(extra, dtype=EXTENDED)])
    program = Program(
        Z=Z,
        f0=f0,
        P=P,
        q=q,
        y=y,
        c=c,
        loss=loss,
        G=np.hstack([G, np.zeros((len(G), extra), dtype=EXTENDED)]),
        bound=EXTENDED(model.max_gap if len(G) else 1.0),
        constant=reg / 2 * (w0 @ w0),
    )
    x = np.zeros(Z.shape[1], dtype=EXTENDED)
    if extra:
        middle = np.sort(y)[len(y) // 2]
        if isinstance(loss, of.Poisson | of.Gamma):
            middle = np.log(c @ y / c.sum())
        x[-1] = middle if len(np.unique(y)) > 2 or isinstance(loss, of.Poisson) else 0
    return referee(program, x)[1:]


def rounding_of(model, drawn, y, c, f, size, objective):
    r"""What rounding can make of objective and certificate: gamma_n times their terms.

    .. math:: (n + d) u \left( F + \sum_i |\alpha_i| (s_i + |y_i|)
              + \sum_c |\lambda_c| \max_c m_c^T s \right),

    u = 2^-53, the bound of a sum of n + d products (Higham, Accuracy and Stability of
    Numerical Algorithms, 2002, section 3.1). F is the objective, alpha the derivatives
    of the loss, lambda the multipliers of the constraint, s_i = \|x_i\|'\|w\| + \|b\|
    the size of the terms of a score and m_c's their mean in a cell. With `gap_ratio`
    the referee takes the contrasts that the fit has, which may miss those that were
    asked for: the last term is then added again, with 1e-12 for (n + d) u, and with
    (n + d) 2^-24 for coefficients in float32. Without a penalty the multipliers are
    moved until they balance exactly, by the same sums once more: all terms count twice.
    """
    loss_terms = abs(c * _slopes(model, y, f))
    numbers = abs(y) if len(np.unique(y)) > 2 else 1
    unit = UNIT_ROUNDING * sum(drawn.X.shape)
    if getattr(model, "C", 1.0) == np.inf or getattr(model, "alpha", 1.0) == 0.0:
        unit *= 2
    contrast = contrast_rounding(model, drawn, size, unit)
    return unit * (objective + loss_terms @ (size + numbers)) + contrast


def contrast_rounding(model, drawn, size, unit):
    """The last term of `rounding_of`."""
    multipliers = sum(abs(v) for v in _leaves(model.multipliers_))
    means = max((cells @ size).max() for cells in drawn.means())
    return unit * multipliers * means


def _slopes(model, y, f):
    """Derivatives of the loss; of a hinge near its kink, the larger one."""
    loss = next(
        k
        for k in FAMILIES.values()
        if type(k.estimator) is type(model)
        and (getattr(k.estimator, "loss", None) == getattr(model, "loss", None))
    ).loss(model)
    if not isinstance(loss, Hinges):
        return loss.terms(y, f)[1]
    near = 1e-6 * (1 + abs(f))
    return sum(s * (r - s * f >= -near) for r, s in loss.kinks(y))


def _leaves(multipliers):
    for value in multipliers.values():
        if isinstance(value, dict):
            yield from _leaves(value)
        else:
            yield value


def audit_kernel(family, rng):
    """As `audit_linear`, for a kernel."""
    drawn = draw(rng, family.targets, kernel=True)
    options = {**drawn.options, **penalty_options(rng, family)}
    options["solver"] = str(rng.choice(family.solvers))
    if options.get("alpha") == 0.0:
        options["alpha"] = 1e-6
    if hasattr(family.estimator, "epsilon"):
        options["epsilon"] = float(rng.choice([0.0, 0.1, 1.0])) * float(drawn.y.std())
    if hasattr(family.estimator, "tol") and rng.random() < 0.5:
        options["tol"] = float(rng.choice([1e-1, 1e-2, 1e-5]))
    # Without a limit, libsvm may go on for hours. A model that reaches it warns, and
    # has a certificate like any other.
    if hasattr(family.estimator, "max_iter"):
        options["max_iter"] = 20_000
    K, sizes, kernel = kernel_of(rng, drawn)
    model = clone(family.estimator).set_params(**options, **kernel, max_gap=np.inf)
    warned = fit(model, drawn)
    model, name = with_constraint(rng, model, drawn)
    n, M, F = len(K), drawn.contrasts(), pivoted_root(K)
    if model.get_params().get("solver") == "libsvm" and name == "bound" and len(M) > 1:
        model.set_params(solver="auto")  # libsvm takes a bound on one contrast
    if name != "no constraint":
        warned = fit(model, drawn)
    drawn.traits += [name, f"solver={model.solver}", f"kernel={model.kernel}"]
    G, R = M[:0] @ F, np.eye(F.shape[1], dtype=EXTENDED)
    if name == "equality":
        R = complement(row_basis(M @ F))
    elif np.isfinite(model.max_gap):
        G = M @ F
    betas = np.zeros((len(np.atleast_2d(model.dual_coef_)), n), dtype=EXTENDED)
    betas[:, model.support_] = model.dual_coef_
    shifts = getattr(model, "intercept_", np.zeros(len(betas)))
    reg = 1.0 if family.penalty == "C" else model.alpha
    coefs = np.asarray(model.coef_) if model.kernel == "linear" else None
    verdicts, loss = [], family.loss(model)
    zero = np.zeros(F.shape[1], dtype=EXTENDED)
    growth = _kernel_rounding(drawn, model)
    for y, c, beta, b in zip(*_columns(family, model, drawn), betas, shifts):
        data = F @ R, F @ zero, R, zero, y, c, loss, reg, model, G @ R
        size = sizes @ abs(beta)
        f, norm = K @ beta, beta @ (K @ beta)
        if model.kernel == "linear":  # what predicts, which beta is only a form of
            w = coefs[len(verdicts)].astype(EXTENDED)
            f, norm = drawn.dense @ w, w @ w
        f = f + EXTENDED(b)
        objective = EXTENDED(reg) / 2 * norm + c @ loss.terms(y, f)[0]
        noise = rounding_of(model, drawn, y, c, f, size + abs(b), objective)
        # ||w||^2 is a sum of products of the multipliers, which may cancel.
        alpha = abs(c * _slopes(model, y, f))
        norm = reg * (abs(beta) @ size) + alpha @ (sizes @ alpha) / reg
        noise += sum(drawn.X.shape) * UNIT_ROUNDING * norm
        verdicts.append((objective, *solve_program(*data), growth * noise))
    return _verdict(model, verdicts, warned, drawn)


def kernel_of(rng, drawn):
    """A kernel matrix in extended precision, and how to ask for it.

    Returns
    -------
    K : ndarray of shape (n_samples, n_samples)
    sizes : ndarray of shape (n_samples, n_samples)
        Of the terms that its elements are sums of, which rounding is relative to.
    options : dict
        Parameters of the model.
    """
    X = drawn.dense
    size = float(np.sqrt((X**2).sum(axis=1).mean()))
    name = str(rng.choice(["linear", "rbf", "poly", "precomputed"]))
    gamma = log_uniform(rng, -2, 1) / size**2
    products, sizes = X @ X.T, abs(X) @ abs(X).T
    if name == "linear":
        return products, sizes, {"kernel": name}
    if name == "poly":
        options = {"degree": 2, "coef0": 1.0, "gamma": gamma, "kernel": name}
        K, sizes = (EXTENDED(gamma) * part + 1 for part in (products, sizes))
        return K**2, sizes**2, options
    squares = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    K = np.exp(-EXTENDED(gamma) * squares)
    if name == "rbf":
        return K, K, {"kernel": name, "gamma": gamma}
    drawn.X = K.astype(float)
    return drawn.X.astype(EXTENDED), K, {"kernel": name}


def _kernel_rounding(drawn, model):
    """How much more than n + d units of rounding an element of the kernel may be off.

    exp(-gamma s) is off by gamma s times as much as s, a power of 2 by twice as much.
    """
    if model.kernel in ("linear", "precomputed"):
        return 1.0
    X = drawn.dense
    moved = X if sparse.issparse(drawn.X) else X - X.mean(axis=0)
    size = (moved**2).sum(axis=1).max()
    return 1.0 + 4.0 * model.gamma * size


def _verdict(model, columns, warned, drawn):
    """Of the columns together: `duality_gap_` is the largest of theirs."""
    objective, best, own, noise = (np.array(part) for part in zip(*columns))
    return Verdict(
        certificate=float(model.duality_gap_),
        excess=float((objective - best).max()),
        rounding=float(noise.max()),
        objective=float(objective.max()),
        referee=float(own.max()),
        warned=warned,
        traits=drawn.traits,
    )
