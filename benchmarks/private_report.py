"""How often the intervals of a private report hold the truth, and how wide they are.

    python benchmarks/private_report.py          # writes docs/private_results.txt

The population has the shares of Adult: the cells of group, outcome and decision of a
logistic regression. Samples of it get noise, and 95 % intervals are compared with the
rates, the largest difference and the smallest ratio of the population. "Noise ignored"
takes the noisy counts for counts of rows. 2,000 samples each, by the sampler and the
formulas of the report itself.
"""

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit._counting.discrete_laplace import (
    LARGEST_EPSILON,
    draw_discrete_laplace,
    rational_epsilon,
)
from fairlearnkit._counting.gap_intervals import largest_difference, smallest_ratio
from fairlearnkit._counting.newcombe import quantile_for
from fairlearnkit._counting.noisy_rates import noisy_rates
from fairlearnkit._counting.rates import divide, rate_counts
from fairlearnkit.datasets import load_adult

HERE = Path(__file__).parent
N_RUNS, LEVEL = 2000, 0.95
SIZES, EPSILONS = (1000, 5000, 45_222), (0.1, 0.3, 1.0, 3.0, None)
GROUPINGS, RATES = ("sex", "race"), ("selection_rate", "true_positive_rate")
HEADER = (
    f"{'groups':<10} {'rate':<19} {'rows':>6} {'epsilon':>7} {'rates':>6} "
    f"{'differ.':>8} {'ratio':>6} {'width':>6} {'rates*':>7} {'differ.*':>8}"
)


def population(column):
    """Shares of the cells (group, outcome, decision)."""
    adult = load_adult()
    X = adult.data.select_dtypes("number")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, adult.target)
    decisions, classes = model.predict(X), np.unique(adult.target)
    groups = adult.data[column].astype(str)
    codes = [np.unique(v, return_inverse=True)[1] for v in (groups, adult.target)]
    shape = (groups.nunique(), 2, 2)
    flat = np.ravel_multi_index((*codes, np.searchsorted(classes, decisions)), shape)
    return np.bincount(flat, minlength=np.prod(shape)).reshape(shape) / len(flat)


def samples(shares, n_rows, epsilon, rng):
    """Counts of the cells with noise, of shape (n_runs, n_groups, 2, 2)."""
    counts = rng.multinomial(n_rows, shares.ravel(), size=N_RUNS)
    if epsilon is not None:
        noise = draw_discrete_laplace(rational_epsilon(epsilon), counts.size)
        counts = counts + noise.reshape(counts.shape)
    return counts.reshape(N_RUNS, *shares.shape)


def holds(ends, truth):
    """Whether intervals hold the truth, but for the last digits."""
    low, high = ends
    return (low <= truth + 1e-12) & (truth <= high + 1e-12)


def coverage(counts, rate, epsilon, truth):
    """Shares of the intervals that hold: rates, difference, ratio; width of the second.

    Intervals of a rate are counted over all groups and samples.
    """
    rates = noisy_rates(counts, rate, 1, True, epsilon)
    low, high = largest_difference(rates, LEVEL)
    found = [
        holds(rates.intervals(quantile_for(LEVEL)), truth),
        holds((low, high), truth.max() - truth.min()),
        holds(smallest_ratio(rates, LEVEL), truth.min() / truth.max()),
        high - low,
    ]
    return [float(np.mean(values)) for values in found]


def main():
    """All cases, and the table."""
    rng = np.random.default_rng(0)
    lines = [HEADER]
    for column in GROUPINGS:
        shares = population(column)
        for rate in RATES:
            truth = divide(*rate_counts(shares, rate, 1))
            for n_rows in SIZES:
                for epsilon in EPSILONS:
                    counts = samples(shares, n_rows, epsilon, rng)
                    without = LARGEST_EPSILON  # whose noise is 0
                    told = epsilon or without
                    single, differ, ratio, width = coverage(counts, rate, told, truth)
                    ignored, differ_ignored, *_ = coverage(counts, rate, without, truth)
                    name = f"{column}, {len(truth)}"
                    text = "none" if epsilon is None else f"{epsilon:g}"
                    lines.append(
                        f"{name:<10} {rate:<19} {n_rows:>6} {text:>7} {single:>6.3f} "
                        f"{differ:>8.3f} {ratio:>6.3f} {width:>6.3f} {ignored:>7.3f} "
                        f"{differ_ignored:>8.3f}"
                    )
                    print(lines[-1], flush=True)
    lines.append("* noise ignored")
    (HERE.parent / "docs" / "private_results.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
