"""Data that tests share: groups that differ in features and in base rates."""

from string import ascii_letters

import numpy as np
from scipy import sparse
from sklearn.utils import get_tags

from fairlearnkit._optim import build_problem
from fairlearnkit._optim.losses import LOSSES
from fairlearnkit.constraints import check_constraint

# Arguments of searches whose only candidate has equal mean scores, by name.
_SEARCH = {"gap_ratios": [0.0], "max_gap": 1.0, "cv": 2}
SEARCHES = {
    "ParityLogisticRegressionCV": {
        "Cs": [1.0],
        "metric": "demographic_parity_difference",
        **_SEARCH,
    },
    "ParityRidgeCV": {"alphas": [1.0], "metric": "ks_gap", **_SEARCH},
}
GROUPS = np.array(list(ascii_letters))
CLASSES = np.array(["no", "yes", "zebra", "zoo"])


def make_data(
    n=400, n_features=5, n_groups=3, *, n_classes=2, curved=False, offset=1.0, seed=0
):
    """Features whose means differ between groups, and a target with noise.

    Parameters
    ----------
    n, n_features, n_groups, n_classes : int
        Sizes: at most 52 groups and four classes, each about as large as the others.
    curved : bool
        The target is no linear function of the features, and has less noise.
    offset : float
        Of all features; their standard deviation is about 1.
    seed : int
        Of all numbers.

    Returns
    -------
    X : ndarray of shape (n, n_features)
    y, group : ndarray of shape (n,)
        Labels, of CLASSES and GROUPS in their order.
    f : ndarray of shape (n,)
        The numeric target, which is cut into the classes.
    """
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.arange(n) % n_groups)
    X = rng.normal(size=(n, n_features)) + offset
    X += np.outer(group, rng.normal(size=n_features) / np.sqrt(n_features))
    if curved:
        f = np.sin(2 * X[:, 0]) + X[:, 1] + 0.3 * rng.normal(size=n)
    else:
        f = X @ rng.normal(size=n_features) + rng.normal(size=n)
    y = np.digitize(f, np.quantile(f, np.linspace(0, 1, n_classes + 1)[1:-1]))
    return X, CLASSES[y], GROUPS[group], f


def make_curved(n=240, n_groups=3, **options):
    """Data of three features around 0, for kernels."""
    return make_data(n, 3, n_groups, curved=True, offset=0.0, **options)


def raised(model, y):
    """Targets moved up to 1 and more, for a model whose tags ask for positive ones."""
    if get_tags(model).target_tags.positive_only:
        return y + (1 - y.min())
    return y


def stretched(X):
    """Another version of each row: all numbers a little larger. Anything else stays."""
    if isinstance(X, list):
        return np.multiply(1.001, X).tolist()
    numbers = sparse.issparse(X) or hasattr(X, "columns") or X.dtype.kind in "iuf"
    return X * 1.001 if numbers else X


def make_weight(n, seed=0):
    """Weights between 0.2 and 3."""
    return np.random.default_rng(seed).uniform(0.2, 3.0, n)


def signs(y):
    """1.0 for the second of two classes and -1.0 for the first, as losses take them."""
    return np.where(y == CLASSES[1], 1.0, -1.0)


def codes(group):
    """0, 1, 2 and so on in place of the names of groups."""
    return np.searchsorted(np.unique(group), group)


def random_sparse_problem(loss, seed):
    """Sparse X with more or fewer features than rows, and a constraint of any kind."""
    rng = np.random.default_rng(seed)
    n, d = rng.integers(30, 90), rng.integers(5, 150)
    X = rng.normal(size=(n, d)) * (rng.uniform(size=(n, d)) < rng.uniform(0.05, 0.4))
    X[rng.integers(0, n)] = 0.0
    group = np.arange(n) % rng.integers(2, 7)
    c = rng.uniform(0.2, 3.0, size=n) * (rng.uniform(size=n) < 0.9)
    f = X @ rng.normal(size=d) + group * rng.normal() + rng.normal(size=n)
    targets = LOSSES[loss].targets
    y = np.where(f > np.median(f), 1.0, -1.0) if targets == "classes" else f
    contrasts = check_constraint("demographic_parity").contrasts(None, group)
    problem = build_problem(
        sparse.csr_array(X),
        y,
        c,
        loss=LOSSES[loss](),
        reg=float(10.0 ** rng.uniform(-2, 1)),
        fit_intercept=bool(seed % 3),
        means=contrasts.means,
        strata=contrasts.strata,
        bound=[0.0, 0.1, 0.5][seed % 3 - 1],
    )
    if problem.bound == 0 and seed % 2:
        problem = problem.with_goal(0.3 * rng.normal(size=len(problem.goal)))
    return problem
