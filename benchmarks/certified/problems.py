"""Random problems, of every condition, with the options of a fit."""

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from scipy import sparse

from .algebra import EXTENDED


@dataclass
class Drawn:
    """One problem: data as a user passes them, and what the constraint compares."""

    X: object
    y: np.ndarray
    group: np.ndarray
    weight: np.ndarray | None
    class_weight: dict | None
    strata: list  # of masks of rows
    options: dict = field(default_factory=dict)
    traits: list = field(default_factory=list)

    @property
    def dense(self):
        """X in extended precision, exactly as it was passed."""
        X = self.X.toarray() if sparse.issparse(self.X) else self.X
        return X.astype(EXTENDED)

    @property
    def weights(self):
        """Weights of the rows."""
        w = np.ones(len(self.y)) if self.weight is None else self.weight
        return w.astype(EXTENDED)

    def means(self):
        """Weights of the mean of each cell, an array of rows for each stratum."""
        cells = []
        for stratum in self.strata:
            rows = []
            for g in np.unique(self.group):
                row = np.where(stratum & (self.group == g), self.weights, 0)
                rows.append(row / row.sum())
            cells.append(np.array(rows))
        return cells

    def contrasts(self):
        """M, a row for each pair of cells of a stratum."""
        rows = [a - b for cells in self.means() for a, b in combinations(cells, 2)]
        return np.array(rows)


def log_uniform(rng, low, high):
    """A number whose logarithm, to the base 10, is uniform."""
    return float(10.0 ** rng.uniform(low, high))


def features(rng, n, d, most_offset=6.0):
    """X with a condition number from 1 to 1e12, and what is special about it."""
    condition, traits = log_uniform(rng, 0, 12), []
    sizes = condition ** -np.linspace(0, 1, d)
    if rng.random() < 0.6:  # nearly collinear columns
        U = np.linalg.qr(rng.normal(size=(n, d)))[0] * np.sqrt(n)
        V = np.linalg.qr(rng.normal(size=(d, d)))[0]
        X = (U * sizes) @ V.T
    else:  # columns in unlike units
        X = rng.normal(size=(n, d)) * rng.permutation(sizes)
        traits.append("units")
    if rng.random() < 0.15 and d > 1:
        X[:, -1] = X[:, 0]
        traits.append("equal columns")
    if rng.random() < 0.2:
        X[n // 2 :] = X[: n - n // 2]
        traits.append("equal rows")
    X = X * log_uniform(rng, -2, 2)
    if rng.random() < 0.25:
        size = 10.0 ** rng.uniform(0, most_offset, d) * X.std(axis=0)
        X = X + size * rng.choice([-1.0, 0.0, 1.0], d)
        traits.append("offset")
    traits.append(f"condition 1e{int(np.log10(condition) // 4 * 4)}")
    return X, traits


def draw(rng, targets, kernel=False):
    """A problem with targets of a kind: classes, numbers, counts or amounts."""
    n, d = int(rng.integers(10, 61)), int(rng.integers(1, 9))
    X, traits = features(rng, n, d, 1.0 if kernel else 6.0)
    n_groups = int(rng.choice([2, 3, 4]))
    group = rng.permutation(n) % n_groups
    if rng.random() < 0.8:  # else the means of groups differ by chance only
        X = X + np.outer(group == 0, X.std(axis=0) * rng.normal(size=d))
    X, storage = _stored(rng, X, kernel)
    dense = (X.toarray() if sparse.issparse(X) else X).astype(float)
    spread = np.where(np.ptp(dense, axis=0) > 0, dense.std(axis=0), 1.0)
    score = (dense - dense.mean(axis=0)) / spread @ rng.normal(size=d) / np.sqrt(d)
    if targets == "classes" and rng.random() < 0.3:
        traits.append("separable")
    else:
        score = score + rng.normal(size=n)
    y = _targets(rng, targets, score)
    weight = rng.uniform(0.1, 3.0, n) if rng.random() < 0.4 else None
    drawn = Drawn(X, y, group, weight, None, [np.ones(n, dtype=bool)])
    drawn.traits = traits + storage
    if n_groups > 2:
        drawn.traits.append("several contrasts")
    if weight is not None:
        drawn.traits.append("weights")
    if targets == "classes":
        _classes(rng, drawn)
    return drawn


def _stored(rng, X, kernel):
    """X in one of the forms that models take, and its name."""
    form, names = rng.random(), []
    if not kernel and form < 0.2:
        return X.astype(np.float32), ["float32"]
    if form < 0.4:
        X = np.where(rng.random(X.shape) < 0.4, X, 0.0)
        if not kernel and form < 0.24:
            X, names = X.astype(np.float32), ["float32"]
        return sparse.csr_array(X), [*names, "CSR"]
    return X, []


def _targets(rng, targets, score):
    if targets == "classes":
        k = 3 if rng.random() < 0.15 else 2
        cuts = np.quantile(score, (np.arange(1, k) + rng.uniform(-0.4, 0.4)) / k)
        y = np.digitize(score, cuts)
        if len(np.unique(y)) < 2:  # equal scores
            y = np.arange(len(score)) % 2
        return np.unique(y, return_inverse=True)[1]  # no class may be without rows
    if targets == "numbers":
        return (score + rng.choice([0.0, 10.0, 1e4])) * log_uniform(rng, -3, 3)
    mean = np.exp(0.5 * score) * log_uniform(rng, -1, 3)
    if targets == "counts":
        y = rng.poisson(mean).astype(float)
        return y if y.any() else y + 1.0
    return mean * rng.gamma(2.0, 0.5, len(score)) + 1e-9


def _classes(rng, drawn):
    """Weights of classes, and a constraint within classes."""
    n_classes = len(np.unique(drawn.y))
    if n_classes > 2:
        drawn.traits.append("three classes")
    if rng.random() < 0.25:
        factors = rng.uniform(0.2, 3.0, n_classes)
        drawn.class_weight = dict(zip(np.unique(drawn.y).tolist(), factors))
        drawn.options["class_weight"] = drawn.class_weight
    by_class = [drawn.y == k for k in np.unique(drawn.y)]
    full = all(
        len(np.unique(drawn.group[s])) == drawn.group.max() + 1 for s in by_class
    )
    kind = rng.random()
    if n_classes > 2 or not full or kind < 0.6:
        return
    drawn.strata = by_class if kind < 0.8 else by_class[1:]
    name = "equalized_odds" if kind < 0.8 else "equal_opportunity"
    drawn.options["constraint"] = name
    drawn.traits.append(name)
