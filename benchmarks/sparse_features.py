"""Sparse X of many shapes: "auto" against the other solvers and scikit-learn.

    OMP_NUM_THREADS=1 python benchmarks/sparse_features.py  # docs/sparse_results.txt

Generated designs over rows x features x entries in a row: "normal" entries at random
places, "one-hot" columns of categories by Zipf's law, "text" as in benchmarks/text.py.
Two groups, equality, the default tolerance. For C = .01, 1 and 100, each cell tells

- CPU seconds with solver="auto" / those of scikit-learn's model with its defaults:
  LogisticRegression (lbfgs), LinearSVC, LinearSVR, Ridge ("auto"); with * where that
  one stopped at its limit of iterations, so that it is not at its optimum;
- seconds with "auto" / those of the best of our solvers.

Solvers that need longer than "auto" are stopped there, and "auto" itself after a minute
(">"). The median of three fits. Fits of less than 50 ms are marked "short": there, much
of the time is in checks of X and of the groups.
"""

import argparse
import signal
import statistics
import warnings
from pathlib import Path
from time import process_time

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC, LinearSVR
from text import documents

from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR

DESIGNS = [
    ("normal", 3_000, 100, 10),
    ("normal", 30_000, 100, 10),
    ("normal", 2_000, 1_000, 100),
    ("normal", 20_000, 1_000, 100),
    ("normal", 20_000, 5_000, 50),
    ("normal", 100_000, 1_000, 10),
    ("one-hot", 5_000, 1_500, 15),
    ("one-hot", 5_000, 9_000, 15),
    ("text", 2_000, 20_000, 65),
    ("text", 20_000, 50_000, 65),
    ("text", 50_000, 10_000, 65),
]
PENALTIES = (0.01, 1.0, 100.0)
SOLVERS = ("newton-cholesky", "newton-cg", "dual", "interior-point")
# Square matrices of more features do not fit the memory that was at hand.
WIDEST = 10_000
SHORT = 0.05
# Seconds in which short fits are repeated, and the shortest and longest limit of a fit.
ENOUGH, TICK, LONGEST = 0.1, 0.03, 60.0


class StoppedError(Exception):
    """A fit needs longer than it may."""


def design(kind, n_rows, n_features, entries, seed=0):
    """X as CSR, targets and groups."""
    rng = np.random.default_rng(seed)
    if kind == "text":
        X, _, group = documents(2, n_rows, n_features)
    elif kind == "one-hot":
        size = n_features // entries
        share = 1.0 / np.arange(1, size + 1)
        codes = rng.choice(size, (n_rows, entries), p=share / share.sum())
        X = _rows_of(codes + size * np.arange(entries), np.ones(n_rows * entries))
        group = rng.integers(0, 2, n_rows)
    else:
        columns = rng.integers(0, n_features, (n_rows, entries))
        X = _rows_of(columns, rng.normal(size=columns.size) / entries**0.5)
        group = rng.integers(0, 2, n_rows)
    score = X @ rng.normal(size=X.shape[1])
    score = (score - score.mean()) / score.std() + 0.4 * group
    return X, score + 0.7 * rng.normal(size=n_rows), group


def _rows_of(columns, values):
    n_rows, entries = columns.shape
    ends = np.arange(0, n_rows * entries + 1, entries, dtype=np.int32)
    X = sparse.csr_array((values, columns.ravel().astype(np.int32), ends))
    X.sum_duplicates()
    return X


def models(C):
    """The plain model and ours, by loss."""
    tube = {"C": C, "epsilon": 0.1}
    return {
        "logistic": (LogisticRegression(C=C), ParityLogisticRegression(C=C)),
        "squared hinge": (LinearSVC(C=C), ParityLinearSVC(C=C)),
        "hinge": (LinearSVC(C=C, loss="hinge"), ParityLinearSVC(C=C, loss="hinge")),
        "squared": (Ridge(alpha=1 / C), ParityRidge(alpha=1 / C)),
        "epsilon-insensitive": (LinearSVR(**tube), ParityLinearSVR(**tube)),
    }


def seconds(model, X, y, limit=None, **groups):
    """CPU seconds of a fit; infinite where it needs more, or stops before the end.

    Short fits are repeated: the clock may tick in hundredths of a second.
    """
    start, spent, n_fits = process_time(), 0.0, 0
    try:
        while spent < ENOUGH:
            signal.setitimer(signal.ITIMER_VIRTUAL, limit or 0.0)
            with warnings.catch_warnings():
                if groups:  # of ours: it counts only where it reaches the optimum
                    warnings.simplefilter("error", ConvergenceWarning)
                model.fit(X, y, **groups)
            spent, n_fits = process_time() - start, n_fits + 1
    except (StoppedError, ConvergenceWarning):
        return np.inf
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
    return spent / n_fits


def takes(loss, n_features):
    """Solvers that take a loss, and so many features."""
    names = {"newton-cg"}
    if loss != "logistic":
        names.add("dual")
    if n_features <= WIDEST:
        names.add("newton-cholesky")
        if loss in {"hinge", "epsilon-insensitive"}:
            names.add("interior-point")
    return names


def cell(loss, C, X, y, group, repeats):
    """Ratios of "auto" to the plain model and to the best solver, and its seconds."""
    plain, ours = models(C)[loss]
    groups = {"sensitive_features": group}
    times = {"plain": [], "auto": []} | {name: [] for name in SOLVERS}
    for _ in range(repeats):
        times["plain"].append(seconds(plain, X, y))
        ours.set_params(solver="auto")
        times["auto"].append(seconds(ours, X, y, LONGEST, **groups))
        for name in SOLVERS:
            if name not in takes(loss, X.shape[1]):
                continue
            ours.set_params(solver=name)
            limit = max(TICK, min(LONGEST, 1.05 * times["auto"][-1]))
            times[name].append(seconds(ours, X, y, limit, **groups))
    median = {name: statistics.median(t) for name, t in times.items() if t}
    auto = min(median["auto"], LONGEST)
    best = min((median[name], name) for name in median if name != "plain")
    best = min(best, (auto, "auto"))
    n_iter, most = getattr(plain, "n_iter_", None), getattr(plain, "max_iter", None)
    stopped = most is not None and n_iter is not None and np.max(n_iter) >= most
    return auto / median["plain"], stopped, auto / best[0], best[1], auto


def main():
    """Print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--losses", nargs="+", default=list(models(1.0)))
    options = parser.parse_args()

    def stop(*_):
        raise StoppedError

    signal.signal(signal.SIGVTALRM, stop)
    warnings.simplefilter("ignore")
    head = "".join(f"C = {C:<22g}" for C in PENALTIES)
    lines = [f"{'auto / plain, auto / best of ours':<52}{head}"]
    print(lines[0])
    cells = []
    for kind, n_rows, n_features, entries in DESIGNS:
        X, number, group = design(kind, n_rows, n_features, entries)
        y = {True: (number > np.median(number)).astype(int), False: number}
        for loss in options.losses:
            is_class = loss in {"logistic", "squared hinge", "hinge"}
            line = f"{f'{kind} {n_rows} x {n_features}, {entries}: {loss}':<52}"
            for C in PENALTIES:
                found = cell(loss, C, X, y[is_class], group, options.repeats)
                to_plain, stopped, to_best, best, auto = found
                name = "" if to_best <= 1.05 else f" {best}"
                short = " short" if auto < SHORT else ""
                star = "*" if stopped else ""
                above = ">" if auto == LONGEST else ""
                text = f"{above}{to_plain:.1f}{star}, {to_best:.1f}{name}{short}"
                line += f"{text:<26}"
                cells.append(found)
            lines.append(line.rstrip())
            print(lines[-1], flush=True)
    long = [c for c in cells if c[4] >= SHORT]
    for name, some in (("all", cells), (f"those of {SHORT} s or more", long)):
        plain = sum(c[0] > 3 for c in some)
        best = sum(c[2] > 2 for c in some)
        lines.append(
            f"Of {len(some)} cells ({name}): {plain} above 3 times the plain model, "
            f"{best} above 2 times the best solver."
        )
        print(lines[-1])
    if options.losses == list(models(1.0)):
        path = Path(__file__).parents[1] / "docs" / "sparse_results.txt"
        path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
