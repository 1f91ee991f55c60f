"""Decisions for a million rows whose probabilities are given: time and memory.

    python benchmarks/decision_speed.py    # writes docs/decision_speed_results.txt

Two classes, three groups. ParityThresholdClassifier is fitted around a FrozenEstimator
whose probabilities are columns of X, with known groups and with memberships that are
further columns; the whole path of bounds is found either way. fairlearn's
ThresholdOptimizer gets the same probabilities, in an environment of its own. Seconds
are CPU seconds, medians of several fits, each in a fresh process; memory is by how much
the peak of that process exceeds its size before the fit, relative to the probabilities
that are given: of two classes, and for inferred groups of three groups as well.

    python benchmarks/decision_speed.py --profile known      # where the time goes
    python benchmarks/decision_speed.py --profile inferred
"""

import argparse
import cProfile
import json
import pstats
import statistics
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from time import process_time

import numpy as np
import sklearn
from environment import environment
from peak import peak_bytes, size_bytes
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from fairlearnkit.postprocessing import ParityThresholdClassifier

HERE = Path(__file__).parent
MAX_GAP = 0.05
# Largest time relative to ThresholdOptimizer's; largest memory relative to the
# probabilities that are given.
TIME_BUDGETS = {"known": 0.1, "inferred": 3.0}
MEMORY_BUDGET = 6.0


class Given(ClassifierMixin, BaseEstimator):
    """Probabilities that are columns of X."""

    def __init__(self, first, classes_):
        self.first = first
        self.classes_ = classes_

    def fit(self, X, y=None):
        """Do nothing."""
        return self

    def predict_proba(self, X):
        """Some columns of X."""
        return X[:, self.first : self.first + len(self.classes_)]


def sample(n_rows):
    """P(y | x) and P(S | x) of three groups, with y and S drawn from them."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n_rows, 3))
    members = softmax(x @ np.array([[1.0, 0, -1], [0, 0.5, 0], [0.3, 0, 0]]), axis=1)
    p = expit(x @ [1.0, 0.5, 1.0] - 0.5)
    y = (rng.uniform(size=n_rows) < p).astype(np.intp)
    above = rng.uniform(size=(n_rows, 1)) > np.cumsum(members, axis=1)[:, :2]
    return np.column_stack([1 - p, p]), members, y, above.sum(axis=1)


def task(kind, constraint, n_rows):
    """The estimator and its input; X holds the probabilities that are given."""
    proba, members, y, group = sample(n_rows)
    model = ParityThresholdClassifier(
        FrozenEstimator(Given(0, np.arange(2))), constraint=constraint, max_gap=MAX_GAP
    )
    if kind == "inferred":
        proba = np.column_stack([proba, members])
        model.set_params(group_estimator=FrozenEstimator(Given(2, np.arange(3))))
    return model, (proba, y, group)


def fit_once(kind, constraint, n_rows):
    """What one fit in this process takes, as JSON."""
    warnings.simplefilter("ignore")
    few = task(kind, constraint, 1000)  # what is imported at the first fit
    few[0].fit(*few[1][:2], sensitive_features=few[1][2])
    model, (X, y, group) = task(kind, constraint, n_rows)
    before, start = size_bytes(), process_time()
    model.fit(X, y, sensitive_features=group)
    seconds = process_time() - start
    found = {
        "seconds": seconds,
        "memory": (peak_bytes() - before) / X.nbytes,
        "gap": model.gap_,
        "duality_gap": model.duality_gap_,
    }
    print(json.dumps(found))


def in_fresh_process(*arguments):
    """The same, from a fresh process."""
    command = [sys.executable, __file__, "--worker", *map(str, arguments)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


def profile(kind, constraint, n_rows):
    """Print the functions that take most of one fit."""
    warnings.simplefilter("ignore")
    model, (X, y, group) = task(kind, constraint, n_rows)
    profiler = cProfile.Profile(process_time)
    profiler.runcall(model.fit, X, y, sensitive_features=group)
    for order in ("cumulative", "tottime"):
        pstats.Stats(profiler).sort_stats(order).print_stats(40)


def theirs(python, constraint, n_rows, repeats):
    """Seconds of ThresholdOptimizer by its `tol`, and its version."""
    proba, _, y, group = sample(n_rows)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        settings = {
            "constraint": constraint,
            "optimizer": [MAX_GAP, 0.0],
            "repeats": repeats,
        }
        (folder / "settings.json").write_text(json.dumps(settings))
        np.savez(folder / "data.npz", proba=proba, y=y, group=group)
        worker = [python, HERE / "decisions_worker.py", folder, "million"]
        subprocess.run(worker, check=True)
        return json.loads((folder / "seconds.json").read_text())


def row(name, ratio, budget):
    """One line of the table."""
    verdict = "met" if ratio <= budget else "MISSED"
    return f"{name:<62} {ratio:8.3g} {budget:8.3g}  {verdict}"


def compare(python, constraint, options):
    """Lines of the table for a constraint."""
    seconds = theirs(python, constraint, options.rows, options.repeats)
    version = seconds.pop("version")
    base = seconds[f"ThresholdOptimizer {MAX_GAP}"]
    lines = [
        f"{constraint}: fairlearn {version} ThresholdOptimizer {base:.2f} s "
        f"(tol={MAX_GAP}), {seconds['ThresholdOptimizer 0.0']:.2f} s (tol=None)"
    ]
    for kind, budget in TIME_BUDGETS.items():
        found = [
            in_fresh_process(kind, constraint, options.rows)
            for _ in range(options.repeats)
        ]
        median = {key: statistics.median(f[key] for f in found) for key in found[0]}
        lines += [
            row(f"  {kind} groups: time / ThresholdOptimizer(tol={MAX_GAP})",
                median["seconds"] / base, budget),
            row("    peak memory / probabilities", median["memory"], MEMORY_BUDGET),
            f"    {median['seconds']:.2f} s, gap_ {median['gap']:.4f}, duality_gap_ "
            f"{median['duality_gap']:.1e}",
        ]  # fmt: skip
    return lines


def main():
    """The table, or one fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--constraints", nargs="+", default=["demographic_parity"])
    parser.add_argument("--python", help="one that has fairlearn")
    parser.add_argument("--profile", choices=TIME_BUDGETS)
    parser.add_argument("--worker", nargs=3)
    options = parser.parse_args()
    if options.worker:
        kind, constraint, n_rows = options.worker
        fit_once(kind, constraint, int(n_rows))
        return
    if options.profile:
        profile(options.profile, options.constraints[0], options.rows)
        return
    lines = [
        f"{options.rows:,} rows, 3 groups, max_gap={MAX_GAP}, medians of "
        f"{options.repeats}",
        f"{'':<62} {'ratio':>8} {'at most':>8}",
    ]
    print("\n".join(lines), flush=True)
    scikit_learn = f"scikit-learn=={sklearn.__version__}"
    with environment("fairlearn", scikit_learn, python=options.python) as python:
        for constraint in options.constraints:
            some = compare(python, constraint, options)
            print("\n".join(some), flush=True)
            lines += some
    path = HERE.parent / "docs" / "decision_speed_results.txt"
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n")


if __name__ == "__main__":
    main()
