"""How often intervals of gaps hold the gap of the population, and how wide they are.

    OMP_NUM_THREADS=1 python benchmarks/intervals.py     # docs/interval_results.txt
    python benchmarks/intervals.py rates weights         # these sections only

Nominal are 95 %. Sections:

- "rates": 2,000 samples of 2 or 5 groups of equal size. One group has the rate
  "rate" + "gap", the others have "rate". "percentile" is the percentile bootstrap (500
  resamples of 1,000 samples), "any metric" what `bootstrap_interval` does for metrics
  whose rows it draws, and the rest the intervals of gaps of rates: coverage, share of
  intervals above and below the truth, mean width; and the coverage of the ratio.
- "weights": the same with weights from an exponential distribution, which have nothing
  to do with the outcome, or are twice as large for it.
- "metrics": demographic parity within two strata, equalized odds, and other aggregates,
  of 1,000 samples, by `comparison_interval`.
- "numbers": differences of mean predictions in reports, and Kolmogorov-Smirnov
  distances, of gamma distributed predictions of two groups, of which one has more.
  1,000 samples and 200 resamples.

Each section replaces its own part of the file.
"""

import sys
from pathlib import Path

import numpy as np

from fairlearnkit._counting.comparison_intervals import comparison_interval
from fairlearnkit._counting.gap_intervals import largest_difference, smallest_ratio
from fairlearnkit._counting.gaps import RateComparison
from fairlearnkit._counting.sampled_rates import rates_of_sums
from fairlearnkit._data.groups import read_groups
from fairlearnkit.metrics._report_gaps import Measure, interval
from fairlearnkit.metrics._resample_scores import SortedRows, resampled_sums

FILE = Path(__file__).parents[1] / "docs" / "interval_results.txt"
LEVEL, TOLERANCE = 0.95, 1e-12
N_SAMPLES, N_RESAMPLES = 2000, 500
SIZES, RATES, GAPS, GROUPS = (
    (100, 500, 5000),
    (0.005, 0.02, 0.3),
    (0, 0.02, 0.1),
    (2, 5),
)
ORIGINAL = (2, 500, 0.005, 0.015)  # rates of .005 and .02


def rates_of_groups(n_groups, rate, gap):
    """One group has more."""
    p = np.full(n_groups, rate, dtype=float)
    p[-1] += gap
    return p


def shares(ends, truth):
    """Shares of intervals that hold, are above and are below; mean width, as text."""
    low, high = map(np.asarray, ends)
    above, below = low > truth + TOLERANCE, high < truth - TOLERANCE
    return [1 - np.mean(above | below), above.mean(), below.mean(), (high - low).mean()]


def resampled_ends(counts, n, rng):
    """Percentile intervals of the largest difference, and those of drawn rows.

    The formulas of `percentile_interval`, for all samples at once.
    """
    drawn = rng.binomial(n, counts / n, size=(N_RESAMPLES, *counts.shape)) / n
    tail = 0.5 * (1 - LEVEL)
    low, high = np.quantile(np.ptp(drawn, axis=-1), [tail, 1 - tail], axis=0)
    reflected = np.maximum(0.0, 2.0 * np.ptp(counts, axis=-1) / n - high)
    return (low, high), (np.minimum(low, reflected), high)


def rates():
    """Two and five groups, by size, rate and gap."""
    rng = np.random.default_rng(0)
    heads = f"{'groups':>6} {'rows':>5} {'rate':>6} {'gap':>6} {'percentile':>11} "
    heads += f"{'any metric':>11} {'holds':>7} {'above':>6} {'below':>6} {'width':>6} "
    lines = [heads + f"{'ratio':>6}"]
    cells = [(k, n, r, g) for k in GROUPS for n in SIZES for r in RATES for g in GAPS]
    for n_groups, n, rate, gap in [ORIGINAL, *cells]:
        p = rates_of_groups(n_groups, rate, gap)
        counts = rng.binomial(n, p, size=(N_SAMPLES, n_groups))
        n_rows = np.full(counts.shape, float(n))
        found = rates_of_sums(counts, n_rows, counts, n_rows)
        old, by_rows = resampled_ends(counts[:1000], n, rng)
        numbers = [
            shares(old, gap)[0],
            shares(by_rows, gap)[0],
            *shares(largest_difference(found, LEVEL), gap),
            shares(smallest_ratio(found, LEVEL), p.min() / p.max())[0],
        ]
        text = "{:>11.3f} {:>11.3f} {:>7.3f} {:>6.3f} {:>6.3f} {:>6.3f} {:>6.3f}"
        start = f"{n_groups:>6} {n:>5} {rate:>6g} {gap:>6g} "
        keep(lines, start + text.format(*numbers))
    return lines


def keep(lines, line):
    """Keep a line, and show it."""
    lines.append(line)
    print(line, flush=True)


def weights():
    """Rates with weights, with and without a relation to the outcome."""
    rng = np.random.default_rng(1)
    head = f"{'weights':<18} {'groups':>6} {'rows':>5} {'rate':>6} {'gap':>6} "
    lines = [head + f"{'holds':>7} {'above':>6} {'below':>6} {'width':>6} {'ratio':>6}"]
    cells = [
        (k, n, r, g) for k in GROUPS for n in (100, 500) for r in RATES for g in GAPS
    ]
    for name, factor in (("exponential", 1.0), ("twice for outcome", 2.0)):
        for n_groups, n, rate, gap in cells:
            p = rates_of_groups(n_groups, rate, gap)
            truth = factor * p / (factor * p + 1 - p)
            table = [_weighted_sums(p, n, factor, rng) for _ in range(N_SAMPLES)]
            found = rates_of_sums(*np.moveaxis(table, 1, 0))
            numbers = [
                *shares(largest_difference(found, LEVEL), np.ptp(truth)),
                shares(smallest_ratio(found, LEVEL), truth.min() / truth.max())[0],
            ]
            text = "{:>7.3f} {:>6.3f} {:>6.3f} {:>6.3f} {:>6.3f}".format(*numbers)
            start = f"{name:<18} {n_groups:>6} {n:>5} {rate:>6g} {gap:>6g} "
            keep(lines, start + text)
    return lines


def _weighted_sums(p, n, factor, rng):
    """Weights, and squared weights, of the selected rows and of all."""
    selected = rng.random((len(p), n)) < p[:, None]
    weight = rng.exponential(size=selected.shape) * np.where(selected, factor, 1.0)
    squares = weight**2
    columns = [weight * selected, weight, squares * selected, squares]
    return [column.sum(axis=1) for column in columns]


def metrics():
    """Metrics with strata, two rates and other aggregates."""
    rng = np.random.default_rng(2)
    odds = ("true_positive_rate", "false_positive_rate")
    cases = {
        "equalized odds": RateComparison(odds),
        "its ratio": RateComparison(odds, ratio=True),
        "parity, 2 strata": RateComparison(("selection_rate",)),
        "to all rows": RateComparison(("selection_rate",), aggregate="to_overall"),
        "its ratio to all": RateComparison(
            ("selection_rate",), ratio=True, aggregate="to_overall"
        ),
        "mean over pairs": RateComparison(("selection_rate",), aggregate="mean"),
    }
    head = f"{'metric':<18} {'groups':>6} {'rows':>5} {'gap':>6} "
    lines = [head + f"{'holds':>7} {'above':>6} {'below':>6} {'width':>6}"]
    for name, comparison in cases.items():
        for n_groups in GROUPS:
            for gap in (0, 0.1):
                # Shares of (stratum, group, true class, decision).
                p = rates_of_groups(n_groups, 0.3, gap)
                cells = np.stack([1 - p, p], axis=-1)[None, :, None, :] / (4 * n_groups)
                cells = np.broadcast_to(cells, (2, n_groups, 2, 2))
                if "strata" not in name:
                    cells = cells.sum(axis=0, keepdims=True)
                n, truth = 500 * n_groups, float(comparison.gap(cells, [1]))
                ends = [
                    comparison_interval(comparison, counts, counts, [1], LEVEL)
                    for counts in rng.multinomial(n, cells.ravel(), size=1000).reshape(
                        1000, *cells.shape
                    )
                ]
                numbers = shares(np.transpose(ends), truth)
                text = "{:>7.3f} {:>6.3f} {:>6.3f} {:>6.3f}".format(*numbers)
                start = f"{name:<18} {n_groups:>6} {500:>5} {gap:>6g} "
                keep(lines, start + text)
    return lines


def numbers():
    """Means of predictions and distances between their distributions."""
    head = f"{'number':<18} {'groups':>6} {'rows':>5} {'gap':>6} "
    lines = [head + f"{'holds':>7} {'above':>6} {'below':>6} {'width':>6}"]
    for more in (0.0, 0.5):
        for line in numbers_of(2, more):
            keep(lines, line)
    return lines


def numbers_of(n_groups, more, n=100):
    """Lines of one population, in which the last group has predictions of more."""
    rng = np.random.default_rng([3, n_groups, int(10 * more)])
    group = np.repeat(np.arange(n_groups), n)
    groups, shift = read_groups(group), more * (group == n_groups - 1)
    large = rng.gamma(2.0, size=(2, 200_000))
    true_ks = _distance(large[0], large[1] + more) if more else 0.0
    found = {"mean prediction": [], "KS distance": []}
    for seed in range(1000):
        f = rng.gamma(2.0, size=len(group)) + shift
        rows = SortedRows.read(None, f, groups, None)
        sums, largest, _ = resampled_sums(rows, None, 200, seed)
        values, draws = (s[..., 1] / s[..., 0] for s in (rows.sums(rows.weight), sums))
        measure = Measure(values, draws, np.full(n_groups, n))
        gap = measure.gap("difference", LEVEL)
        found["mean prediction"].append((gap["low"], gap["high"]))
        distance = rows.distances(rows.weight)[0]
        gap = interval(distance, largest, LEVEL, is_gap=True)
        found["KS distance"].append((gap["low"], gap["high"]))
    for (name, ends), truth in zip(found.items(), (more, true_ks)):
        text = "{:>7.3f} {:>6.3f} {:>6.3f} {:>6.3f}"
        start = f"{name:<18} {n_groups:>6} {n:>5} {more:>6g} "
        yield start + text.format(*shares(np.transpose(ends), truth))


def _distance(a, b):
    """Kolmogorov-Smirnov distance of two samples."""
    at = np.concatenate([a, b])
    shares = [np.searchsorted(np.sort(s), at, side="right") / len(s) for s in (a, b)]
    return float(np.abs(shares[0] - shares[1]).max())


SECTIONS = {
    "rates": rates,
    "weights": weights,
    "metrics": metrics,
    "numbers": numbers,
}


def stored():
    """Sections of the file, by their names."""
    if not FILE.exists():
        return {}
    parts = FILE.read_text().split("[section ")[1:]
    return {part.split("]")[0]: part.split("]\n")[1].rstrip() for part in parts}


def main():
    """The sections that were named, or all."""
    names = sys.argv[1:] or list(SECTIONS)
    for name in names:
        found = stored() | {name: "\n".join(SECTIONS[name]())}
        text = [f"[section {key}]\n{found[key]}\n" for key in SECTIONS if key in found]
        FILE.write_text("\n".join(text))


if __name__ == "__main__":
    main()
