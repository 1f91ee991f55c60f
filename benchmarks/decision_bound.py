"""Whether the true gap of new rows is within `gap_bound_` as often as promised.

    python benchmarks/decision_bound.py    # writes docs/decision_bound_results.txt

The probabilities of each group have a beta distribution, and so have those of its rows
of either class: the rates of any threshold are known exactly. Each draw is a new sample
for calibration, with equally many rows in all cells; ParityThresholdClassifier around a
FrozenEstimator chooses its thresholds on it, at confidence 0.95, for one bound after
the other (`with_max_gap`, exact for the bounds that are used here). The share of draws
whose true gap is at most `gap_bound_` should be at least 0.95.
"""

import argparse
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from scipy.stats import beta, binom
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from fairlearnkit.postprocessing import ParityThresholdClassifier

HERE = Path(__file__).parent
CONFIDENCE = 0.95
SIZES = (40, 130, 400, 1300, 4000)
# Of the beta distribution of each group: means .57, .40 and .50.
SHAPES = ((2.0, 1.5), (1.2, 1.8), (4.0, 4.0))
# Classes of the rows that are compared; None holds all.
STRATA = {
    "demographic_parity": (None,),
    "equal_opportunity": (1,),
    "equalized_odds": (0, 1),
}
MAX_GAPS = (0.05, np.inf, 0.0)  # the first one is that of the fit


class Given(ClassifierMixin, BaseEstimator):
    """Probabilities of the second class that are X."""

    classes_ = np.array([0, 1])

    def fit(self, X, y=None):
        """Do nothing."""
        return self

    def predict_proba(self, X):
        """Both columns."""
        return np.column_stack([1 - X[:, 0], X[:, 0]])


def distribution(group, y):
    """Of the probabilities of a group, among all rows (None) or those of a class.

    The density of a class is that of the group times p or 1 - p.
    """
    a, b = SHAPES[group]
    return beta(a + (y == 1), b + (y == 0))


def sample(n_groups, constraint, n_rows, rng):
    """Probabilities, classes and groups, with n_rows in each cell."""
    X, y, group = [], [], []
    strata = STRATA[constraint]
    if strata == (1,):  # others are not compared, and as many
        strata = (0, 1)
    for g, stratum in product(range(n_groups), strata):
        p = distribution(g, stratum).rvs(n_rows, random_state=rng)
        drawn = rng.uniform(size=n_rows) < p if stratum is None else stratum
        X.append(p)
        y.append(np.full(n_rows, drawn) if stratum is not None else drawn)
        group.append(np.full(n_rows, g))
    return np.concatenate(X)[:, None], np.concatenate(y).astype(int), np.concatenate(
        group
    )  # fmt: skip


def true_gap(model, n_groups, constraint):
    """Largest difference of rates on the population, or of their expectations."""
    gaps = []
    for stratum in STRATA[constraint]:
        rates = []
        for g in range(n_groups):
            cuts = model.thresholds_[g]
            cuts = cuts if isinstance(cuts, list) else [(cuts, 1.0)]
            sf = distribution(g, stratum).sf
            rates.append(sum(share * sf(cut) for cut, share in cuts))
        gaps.append(np.ptp(rates))
    return max(gaps)


def simulate(n_groups, constraint, n_rows, n_draws):
    """For each bound the share of draws within, and means of the gaps and the bound."""
    rng = np.random.default_rng([n_groups, n_rows])
    model = ParityThresholdClassifier(
        FrozenEstimator(Given()),
        constraint=constraint,
        max_gap=MAX_GAPS[0],
        confidence=CONFIDENCE,
    )
    found = []
    for _ in range(n_draws):
        X, y, group = sample(n_groups, constraint, n_rows, rng)
        model.fit(X, y, sensitive_features=group)
        for max_gap in MAX_GAPS:
            rule = model.with_max_gap(max_gap)
            true = true_gap(rule, n_groups, constraint)
            found.append([true <= rule.gap_bound_, rule.gap_, true, rule.gap_bound_])
    return np.reshape(found, (n_draws, len(MAX_GAPS), -1)).mean(axis=0)


def main():
    """All cases, and the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=500)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of small cells, and of bounds that no rule meets
    heads = ("rows", "max_gap", "coverage", "gap_", "true gap", "gap_bound_")
    lines = [
        f"{options.draws} draws, confidence {CONFIDENCE}",
        f"{'':<32}" + "".join(f"{head:>11}" for head in heads),
    ]
    print("\n".join(lines), flush=True)
    worst = 1.0
    for constraint, n_groups, n_rows in product(STRATA, (2, 3), SIZES):
        found = simulate(n_groups, constraint, n_rows, options.draws)
        worst = min(worst, found[:, 0].min())
        for max_gap, row in zip(MAX_GAPS, found):
            lines.append(
                f"{constraint}, {n_groups} groups".ljust(32)
                + f"{n_rows:>11,}{max_gap:>11g}"
                + "".join(f"{value:>11.4f}" for value in row)
            )
            print(lines[-1], flush=True)
    # Where coverage is nominal, it is below this in one of a thousand simulations.
    limit = binom(options.draws, CONFIDENCE).ppf(0.001) / options.draws
    met = "met" if worst >= limit else "MISSED"
    lines.append(
        f"lowest coverage {worst:.4f}, nominal {CONFIDENCE}, "
        f"at least {limit:.4f}: {met}"
    )
    print(lines[-1])
    text = "\n".join(line.rstrip() for line in lines)
    (HERE.parent / "docs" / "decision_bound_results.txt").write_text(text + "\n")


if __name__ == "__main__":
    main()
