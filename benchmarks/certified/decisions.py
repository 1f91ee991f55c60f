"""Decision rules: their certificate against a linear program over all rules.

For each row a mixture of decisions, whose rates by the estimated probabilities are as
close as those of the fitted rule. scipy's HiGHS solves the program, and what its
tolerance leaves outside the bound is mixed with the rule that decides one class for
all, which has no gap: the cost of a feasible rule is an upper bound of the optimum.
"""

import warnings
from itertools import combinations

import numpy as np
from scipy.optimize import linprog
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from fairlearnkit.postprocessing import ParityThresholdClassifier

from .algebra import EXTENDED
from .models import UNIT_ROUNDING, Verdict


class Given(ClassifierMixin, BaseEstimator):
    """Probabilities that are columns of X."""

    def __init__(self, first=0, last=2):
        self.first = first
        self.last = last

    def fit(self, X, y=None):
        """Nothing to learn."""
        self.classes_ = np.arange(self.last - self.first)
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X):
        """The columns."""
        return np.asarray(X)[:, self.first : self.last]


def draw(rng):
    """Probabilities of classes and of groups, and y and groups drawn from them."""
    n, k, g = (
        int(rng.integers(20, 91)),
        int(rng.integers(2, 4)),
        int(rng.integers(2, 4)),
    )
    member = rng.dirichlet(np.full(g, 0.3), n)
    z = rng.normal(size=(n, k)) * rng.choice([0.3, 1.0, 3.0])
    z += np.outer(member @ np.arange(g), np.arange(k))
    proba = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    ties = rng.random() < 0.3
    if ties:
        proba = np.round(proba * 5) + 0.05
        proba /= proba.sum(axis=1, keepdims=True)
    y, group = (
        (shares.cumsum(axis=1)[:, :-1] < rng.uniform(size=(n, 1))).sum(axis=1)
        for shares in (proba, member)
    )
    y[: k * g], group[: k * g] = np.divmod(np.arange(k * g), g)  # no empty cell
    return np.column_stack([proba, member, np.arange(n)]), y, group, k, g, ties


def options_of(rng, X, k, g):
    """Parameters of the rule."""
    known = bool(rng.random() < 0.5)
    constraints = ["demographic_parity", "equal_opportunity"]
    if k == 2 and not known:
        constraints.append("equalized_odds")
    options = {
        "constraint": str(rng.choice(constraints)),
        "max_gap": float(rng.choice([0.0, 0.02, 0.1, 0.3])),
        "pos_label": 1,
    }
    if rng.random() < 0.4:
        cost = rng.uniform(0.2, 3.0, (k, k))
        np.fill_diagonal(cost, 0.0)
        options["cost"] = cost
    if not known:
        groups = Given(k, k + g).fit(X)
        options["group_estimator"] = FrozenEstimator(groups)
    return options, known


def audit_decisions(rng):
    """Draw a problem, fit a rule, and compare it with all rules."""
    X, y, group, k, g, ties = draw(rng)
    options, known = options_of(rng, X, k, g)
    weight = rng.uniform(0.1, 3.0, len(y)) if rng.random() < 0.4 else None
    inner = FrozenEstimator(Given(0, k).fit(X))
    model = ParityThresholdClassifier(inner, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y, sensitive_features=group, sample_weight=weight)
    decided = model.predict(X, **({"sensitive_features": group} if known else {}))
    w = np.ones(len(y)) if weight is None else weight
    w = w / w.sum()
    proba = X[:, :k]
    costs = proba @ options.get("cost", 1.0 - np.eye(k))
    member = np.eye(g)[group] if known else X[:, k : k + g]
    rows = contrasts(options["constraint"], member, proba, w, k)
    found = np.eye(k)[decided]
    best = cheapest(w, costs, rows, found)
    objective = float(((w[:, None] * costs) * found).sum(dtype=EXTENDED))
    traits = [options["constraint"], "known groups" if known else "inferred groups"]
    traits += [f"{k} classes"] + ["ties"] * ties + ["weights"] * (weight is not None)
    unit = float(UNIT_ROUNDING) * len(y)
    prices = sum(abs(v) for v in _numbers(model.multipliers_ if not known else {}))
    return Verdict(
        certificate=model.duality_gap_,
        excess=max(objective, model.cost_) - best,
        rounding=unit * (costs.max() + np.nan_to_num(prices)),
        objective=objective,
        referee=0.0,
        warned=False,
        traits=traits,
    )


def contrasts(constraint, member, proba, w, k):
    """Rows of the differences of rates, each (n_samples, n_classes)."""
    classes = [1] if k == 2 or constraint == "equal_opportunity" else range(k)
    strata = {
        "demographic_parity": [np.ones(len(w))],
        "equal_opportunity": [proba[:, 1]],
        "equalized_odds": list(proba.T),
    }[constraint]
    rows = []
    for stratum in strata:
        cells = member * (stratum * w)[:, None]
        cells = cells / cells.sum(axis=0)
        for label in classes:
            for a, b in combinations(cells.T, 2):
                row = np.zeros((len(w), k))
                row[:, label] = a - b
                rows.append(row)
    return np.array(rows)


def cheapest(w, costs, rows, found):
    """Cost of a rule that is as fair as the one that was found, and nearly optimal."""
    n, k = costs.shape
    bound = gap_of(rows, found)
    M = rows.reshape(len(rows), -1)
    result = linprog(
        (w[:, None] * costs).ravel(),
        A_ub=np.vstack([M, -M]),
        b_ub=np.full(2 * len(M), bound),
        A_eq=np.kron(np.eye(n), np.ones(k)),
        b_eq=np.ones(n),
        bounds=(0, 1),
    )
    constant = np.zeros((n, k))
    constant[:, (w @ costs).argmin()] = 1.0
    if result.x is None:
        return float((w[:, None] * costs * found).sum())
    rule = np.clip(result.x.reshape(n, k), 0, 1)
    rule = rule / rule.sum(axis=1, keepdims=True)
    gap = gap_of(rows, rule)
    share = 1.0 if gap <= bound else bound / gap
    rule = share * rule + (1 - share) * constant
    return float((w[:, None] * costs * rule).sum(dtype=EXTENDED))


def gap_of(rows, rule):
    """Largest difference of rates."""
    return float(abs((rows * rule).sum(axis=(1, 2), dtype=EXTENDED)).max())


def _numbers(multipliers):
    for value in multipliers.values():
        if isinstance(value, dict):
            yield from _numbers(value)
        else:
            yield value
