"""Time and memory against the number of groups, each in a fresh process.

    python benchmarks/groups.py    # prints a table, writes docs/groups_results.txt

100,000 rows in 10 to 10,000 groups, and, for the budgets, 30,000 rows in 1,000 groups
against 10. Seconds are medians of 5 calls; memory is the peak that NumPy and Python
allocate in one call, which leaves out X itself.
"""

import json
import statistics
import subprocess
import sys
import tracemalloc
import warnings
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.base import clone

from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import (
    bootstrap_interval,
    demographic_parity_difference,
    ks_gap,
    score_gap,
    strong_demographic_disparity,
)
from fairlearnkit.preprocessing import BarycenterTransformer
from fairlearnkit.svm import ParityLinearSVC

HERE = Path(__file__).parent
N_FEATURES, REPEATS = 20, 5
COUNTS = (10, 100, 1_000, 10_000)
BUDGETS = {"score_gap": (2.0, 3.0), "ParityLogisticRegression, max_gap=0": (2.0, 3.0)}


def jobs(X, y, f, group):
    """What is timed, by name."""
    s = {"sensitive_features": group}
    fit = {
        f"{type(model).__name__}, max_gap={gap}": partial(
            clone(model).set_params(max_gap=gap).fit, X, y, **s
        )
        for model in (ParityLogisticRegression(), ParityLinearSVC("hinge", C=0.01))
        for gap in (0, 0.5)
    }
    return fit | {
        "BarycenterTransformer": lambda: BarycenterTransformer().fit_transform(
            f[:, None], **s
        ),
        "score_gap": lambda: score_gap(None, f, **s),
        "ks_gap": lambda: ks_gap(None, f, **s),
        "strong_demographic_disparity": lambda: strong_demographic_disparity(
            None, f, **s
        ),
        "demographic_parity_difference": lambda: demographic_parity_difference(
            y, f > 0, **s
        ),
        "  its interval, 1,000 resamples": lambda: bootstrap_interval(
            demographic_parity_difference, y, f > 0, random_state=0, **s
        ),
    }


def worker(name, n_rows, n_groups):
    """Seconds and MB of one job, as JSON."""
    warnings.simplefilter("ignore")  # groups of ten rows are small, and told so
    rng = np.random.default_rng(0)
    group = rng.permutation(n_rows) % n_groups
    X = rng.normal(size=(n_rows, N_FEATURES))
    X[:, :5] += 0.3 * rng.normal(size=(n_groups, 5))[group]
    f = X @ rng.normal(size=N_FEATURES) + rng.normal(size=n_rows)
    job = jobs(X, (f > 0).astype(int), f, group)[name]
    tracemalloc.start()
    job()
    megabytes = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        job()
        seconds.append(perf_counter() - start)
    print(json.dumps([statistics.median(seconds), megabytes]))


def measured(*args):
    """The same, from a fresh process."""
    command = [sys.executable, __file__, *map(str, args)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


def main():
    """The table."""
    lines = [f"{'100,000 rows, groups:':<38}" + "".join(f"{n:>16,}" for n in COUNTS)]
    empty = np.zeros((1, N_FEATURES))
    for name in jobs(empty, np.zeros(1), np.zeros(1), np.zeros(1)):
        cells = [measured(name, 100_000, n) for n in COUNTS]
        shown = "".join(f"{s:>8.3f} s{mb:>4.0f} MB" for s, mb in cells)
        lines.append(f"{name:<38}{shown}")
        print(lines[-1], flush=True)
    heads = "".join(f"{head:>9}" for head in ("time", "at most", "memory", "at most"))
    lines += ["", f"{'30,000 rows, 1,000 groups / 10':<38}{heads}"]
    for name, (memory, time) in BUDGETS.items():
        few, many = (measured(name, 30_000, n) for n in (10, 1_000))
        ratios = many[0] / few[0], many[1] / few[1]
        lines.append(
            f"{name:<38}{ratios[0]:>9.2f}{time:>9.1f}{ratios[1]:>9.2f}{memory:>9.1f}"
        )
        print(lines[-1], flush=True)
    text = "\n".join(line.rstrip() for line in lines)
    (HERE.parent / "docs" / "groups_results.txt").write_text(text + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        worker(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
