"""Every constrained model beside the same problem, stated for cvxpy from the raw data.

Nothing here is shared with the library: groups, cells and gaps are counted in loops.
Problems are random: columns far from zero, two to five groups, intersections, columns
compared one by one, both policies for missing values, weights of rows and of classes,
two and three classes, with and without an intercept, equality and a bound.
"""

from itertools import combinations

import cvxpy as cp
import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.metrics.pairwise import rbf_kernel

from fairlearnkit.constraints import DemographicParity, EqualizedOdds
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR, ParitySVC, ParitySVR

N, D = 240, 16
EXACT = {"tol": 1e-10, "max_iter": 2000}
# Chosen among 0 to 249, greedily, so that few problems have most pairs of options: 160
# of the 182 that occur, more than the 156 of seeds 0 to 13; for kernels 123, and 115.
SEEDS = [0, 9, 19, 37, 51, 81, 134, 149, 152]
KERNEL_SEEDS = [0, 12, 54, 78, 114, 207]

# For each estimator: its loss of score f and target y, the weight of ||w||^2 / 2 and
# the factor of the loss, from its parameters.
LOSSES = {
    "logistic": lambda m, y, f: cp.logistic(-cp.multiply(y, f)),
    "hinge": lambda m, y, f: cp.pos(1 - cp.multiply(y, f)),
    "squared_hinge": lambda m, y, f: cp.square(cp.pos(1 - cp.multiply(y, f))),
    "squared": lambda m, y, f: cp.square(y - f),
    "tube": lambda m, y, f: cp.pos(cp.abs(y - f) - m.epsilon),
    "squared_tube": lambda m, y, f: cp.square(cp.pos(cp.abs(y - f) - m.epsilon)),
}
# Half of the squared losses' objectives is what their duality gap is about.
MODELS = {
    "logistic": (ParityLogisticRegression(C=0.5, **EXACT), 1.0, 0.5),
    "hinge": (ParityLinearSVC("hinge", C=0.2, **EXACT), 1.0, 0.2),
    "squared_hinge": (ParityLinearSVC(C=0.3, **EXACT), 1.0, 0.3),
    "squared": (ParityRidge(alpha=2.0, **EXACT), 2.0, 0.5),
    "tube": (ParityLinearSVR(C=0.3, epsilon=0.2, **EXACT), 1.0, 0.3),
    "squared_tube": (
        ParityLinearSVR(
            loss="squared_epsilon_insensitive", C=0.3, epsilon=0.2, **EXACT
        ),
        1.0,
        0.3,
    ),
}
KERNELS = {
    "hinge": (ParitySVC(C=0.5, gamma=0.2), 1.0, 0.5),
    "tube": (ParitySVR(C=0.5, epsilon=0.2, gamma=0.2), 1.0, 0.5),
    "squared": (ParityKernelRidge(alpha=2.0, kernel="rbf", gamma=0.2), 2.0, 0.5),
}


def make_problem(name, seed, kernel=False):
    """Data and options of one problem, all drawn from the seed."""
    rng = np.random.default_rng(seed)
    n_groups = int(rng.choice([2, 3, 4, 5]))
    group = rng.permutation(N) % n_groups
    other = rng.permutation(N) % 2
    form = rng.choice(["one", "intersection", "separately"])
    missing = str(rng.choice(["error", "group", "ignore"]))
    X = rng.normal(size=(N, D)) + 0.5 * np.outer(group, rng.normal(size=D))
    score = X @ rng.normal(size=D) + 0.4 * other + rng.normal(size=N)
    n_classes = int(rng.choice([2, 3]))
    y = np.digitize(score, np.quantile(score, np.arange(1, n_classes) / n_classes))
    scale = rng.choice([1e-2, 1.0, 30.0], D) if not kernel else np.ones(D)
    origin = rng.choice([0.0, 5.0, 1e3, 1e5], D) * X.std(axis=0)
    options = {"missing": missing}
    if not kernel:
        options["fit_intercept"] = bool(rng.integers(2))
    if not options.get("fit_intercept", True) or name == "squared":
        origin = np.minimum(origin, 5.0)  # an offset is then a part of the problem
    X = (X + origin) * scale
    columns = [list(group), list(other)] if form != "one" else [list(group)]
    if missing != "error":
        for i in rng.choice(N, 24, replace=False):
            columns[0][i] = None
    options["constraint"] = "demographic_parity"
    if form == "separately":
        options["constraint"] = DemographicParity(columns="separately")
    target = score + 1.0
    if name in ("logistic", "hinge", "squared_hinge"):
        target = y
        odds = rng.integers(2) and n_groups < 4 and form == "one" and n_classes == 2
        if odds:
            options["constraint"] = EqualizedOdds()
        if rng.integers(2):
            options["class_weight"] = dict(
                zip(range(n_classes), rng.uniform(0.5, 2.0, n_classes))
            )
    weight = rng.uniform(0.3, 2.0, N) if rng.integers(2) else np.ones(N)
    return X, target, columns, weight, options


def cells_of(columns, y, options):
    """Groups of row positions that are compared, one list for each comparison."""
    separately = getattr(options["constraint"], "columns", None) == "separately"
    rows = list(zip(*columns))
    keys = list(zip(*[[(v,) for v in c] for c in columns])) if separately else [rows]
    if separately:
        keys = [[row[j] for row in keys] for j in range(len(columns))]
    strata = [np.ones(N, dtype=bool)]
    if isinstance(options["constraint"], EqualizedOdds):
        strata = [y == label for label in np.unique(y)]
    comparisons = []
    for key in keys:
        # A row with a missing value is in no group of an intersection, nor of a column.
        known = [None not in k or options["missing"] == "group" for k in key]
        for stratum in strata:
            cells = {}
            for i in range(N):
                if known[i] and stratum[i]:
                    cells.setdefault(key[i], []).append(i)
            comparisons.append(list(cells.values()))
    return comparisons


def contrast_rows(columns, y, weight, options):
    """M, a row for each pair of groups."""
    rows = []
    for cells in cells_of(columns, y, options):
        for a, b in combinations(cells, 2):
            row = np.zeros(N)
            row[a] = weight[a] / weight[a].sum()
            row[b] = -weight[b] / weight[b].sum()
            rows.append(row)
    return np.array(rows)


def best(model, loss, Z, y, c, reg, M, bound, intercept):
    """The optimum over scores Z w + b."""
    w, b = cp.Variable(Z.shape[1]), cp.Variable()
    f = Z @ w + (b if intercept else 0)
    goal = reg / 2 * cp.sum_squares(w) + c @ LOSSES[loss](model, y, f)
    gaps = (M @ Z) @ w
    rules = [cp.abs(gaps) <= bound] if bound else [gaps == 0]
    problem = cp.Problem(cp.Minimize(goal), rules if np.isfinite(bound) else [])
    problem.solve(solver="CLARABEL", tol_gap_rel=1e-9, tol_feas=1e-9)
    assert problem.status in ("optimal", "optimal_inaccurate")
    return problem.value


def value(model, loss, w2, f, y, c, reg):
    """The objective of a solution."""
    return reg / 2 * w2 + float(c @ LOSSES[loss](model, y, f).value)


def features(columns, missing):
    """Columns as users pass them."""
    s = np.array(columns, dtype=object).T
    return s[:, 0] if len(columns) == 1 else s


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")  # 1e-9 was asked for
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("loss", MODELS)
def test_linear_models(loss, seed):
    estimator, reg, factor = MODELS[loss]
    X, y, columns, weight, options = make_problem(loss, seed)
    plain = clone(estimator).set_params(**options, max_gap=np.inf)
    s = features(columns, options["missing"])
    plain.fit(X, y, sensitive_features=s, sample_weight=weight)
    share = float(np.random.default_rng(seed).choice([0.0, 0.4]))
    model = clone(plain).set_params(max_gap=share * plain.gap_)
    model.fit(X, y, sensitive_features=s, sample_weight=weight)
    intercept = options["fit_intercept"]
    Z = X - X.mean(axis=0) if intercept else X  # what b makes up for
    M = contrast_rows(columns, y, weight, options)
    c = factor * weight
    targets = [y]
    if is_classifier(model):
        c = c * np.array([options.get("class_weight", {}).get(k, 1.0) for k in y])
        classes = [1] if len(model.classes_) == 2 else model.classes_
        targets = [np.where(y == k, 1.0, -1.0) for k in classes]
    excess = []
    for t, w, b in zip(
        targets, np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    ):
        optimum = best(model, loss, Z, t, c, reg, M, model.max_gap, intercept)
        found = value(model, loss, w @ w, X @ w + b, t, c, reg)
        excess.append(found - optimum)
        assert abs(excess[-1]) <= 2e-6 * optimum
        gap = np.abs(M @ (X @ w)).max()
        spread = np.ptp(X @ w) + 1e-8 * np.abs(X * w).max()
        assert gap <= model.max_gap * (1 + 1e-7) + 1e-7 * spread
    assert max(excess) <= model.duality_gap_ + 1e-6 * optimum


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")  # 1e-9 was asked for
@pytest.mark.parametrize("seed", KERNEL_SEEDS)
@pytest.mark.parametrize("loss", KERNELS)
def test_kernel_models(loss, seed):
    estimator, reg, factor = KERNELS[loss]
    X, y, columns, weight, options = make_problem(loss, seed, kernel=True)
    plain = clone(estimator).set_params(**options, max_gap=np.inf)
    s = features(columns, options["missing"])
    plain.fit(X, y, sensitive_features=s, sample_weight=weight)
    share = float(np.random.default_rng(seed).choice([0.0, 0.4]))
    model = clone(plain).set_params(max_gap=share * plain.gap_)
    model.fit(X, y, sensitive_features=s, sample_weight=weight)
    K = rbf_kernel(X - X.mean(axis=0), gamma=0.2)
    F = np.linalg.cholesky(K + 1e-12 * np.eye(N))
    M = contrast_rows(columns, y, weight, options)
    c, targets = factor * weight, [y]
    if is_classifier(model):
        c = c * np.array([options.get("class_weight", {}).get(k, 1.0) for k in y])
        classes = [1] if len(model.classes_) == 2 else model.classes_
        targets = [np.where(y == k, 1.0, -1.0) for k in classes]
    intercept = loss != "squared"
    betas = np.zeros((len(targets), N))
    betas[:, model.support_] = model.dual_coef_
    shifts = np.atleast_1d(model.intercept_) if intercept else [0.0]
    for t, beta, b in zip(targets, betas, shifts, strict=True):
        optimum = best(model, loss, F, t, c, reg, M, model.max_gap, intercept)
        f = K @ beta + b
        found = value(model, loss, beta @ K @ beta, f, t, c, reg)
        assert abs(found - optimum) <= 5e-6 * optimum
        assert found - optimum <= model.duality_gap_ + 5e-6 * optimum
        assert np.abs(M @ f).max() <= model.max_gap * (1 + 1e-6) + 1e-7 * np.ptp(f)
