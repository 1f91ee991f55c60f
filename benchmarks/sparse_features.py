"""Sparse X of many shapes: "auto" against the other solvers and scikit-learn.

    OMP_NUM_THREADS=1 python benchmarks/sparse_features.py  # docs/sparse_results.txt
    OMP_NUM_THREADS=1 python benchmarks/sparse_features.py --losses hinge \
        --other one-hot 20000 600 15 --penalties 0.1 10  # what constants are from

Generated designs over rows x features x entries in a row: "normal" entries at random
places, "one-hot" columns of categories by Zipf's law, "text" as in benchmarks/text.py.
Two groups, equality, the default tolerance. For C = .01, 1 and 100, each cell tells

- CPU seconds with solver="auto" / those of scikit-learn's model with its defaults:
  LogisticRegression (lbfgs), LinearSVC, LinearSVR, Ridge ("auto");
- in brackets, where that one stops at an objective more than 1e-4 above its optimum:
  the ratio to its time once tol is ten times smaller and max_iter ten times larger, or
  again so, until it is within 1e-4 ("<": it was still above after that time);
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
from typing import NamedTuple

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
# A step with a square matrix of more features takes longer than a fit without.
WIDEST = 5_000
SHORT = 0.05
# Relative excess of the objective up to which a plain model counts as solved.
CLOSE = 1e-4
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


def objective(loss, model, X, y):
    """What the plain model minimises; LIBLINEAR has a penalty on the intercept, too."""
    w, b = np.ravel(model.coef_), float(np.ravel(model.intercept_)[0])
    f, sign = X @ w + b, np.where(y > 0, 1.0, -1.0)
    if loss == "squared":
        return ((y - f) ** 2).sum() + model.alpha * (w @ w)
    penalty = 0.5 * (w @ w + (loss != "logistic") * b**2)
    losses = {
        "logistic": lambda: np.logaddexp(0.0, -sign * f),
        "squared hinge": lambda: np.maximum(0.0, 1.0 - sign * f) ** 2,
        "hinge": lambda: np.maximum(0.0, 1.0 - sign * f),
        "epsilon-insensitive": lambda: np.maximum(0.0, abs(y - f) - model.epsilon),
    }
    return penalty + model.C * losses[loss]().sum()


def optimum(loss, C, X, y, group):
    """The least objective of the plain model, by ours without a bound."""
    _, model = models(C)[loss]
    model.set_params(max_gap=np.inf, tol=1e-6)
    if loss in {"logistic", "squared"}:
        return objective(loss, model.fit(X, y, sensitive_features=group), X, y)
    # A column of ones has the penalty that LIBLINEAR's intercept has.
    wide = sparse.hstack([X, np.ones((X.shape[0], 1))], format="csr")
    model.set_params(fit_intercept=False).fit(wide, y, sensitive_features=group)
    model.coef_, model.intercept_ = np.split(np.ravel(model.coef_), [-1])
    return objective(loss, model, X, y)


def solved(loss, plain, X, y, least):
    """Seconds until the plain model is solved, and whether it is in the end."""
    spent, is_solved = 0.0, False
    while spent < LONGEST / 10 and not is_solved:
        plain.set_params(tol=plain.tol / 10, max_iter=10 * (plain.max_iter or 1000))
        spent = seconds(plain, X, y)
        is_solved = objective(loss, plain, X, y) <= (1.0 + CLOSE) * least
    return spent, is_solved


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


class Cell(NamedTuple):
    """Ratios of a design, a loss and a penalty."""

    to_plain: float
    to_best: float
    best: str
    auto: float
    to_solved: float | None = None
    is_solved: bool = True

    def __str__(self):
        text = f"{'>' * (self.auto == LONGEST)}{self.to_plain:.1f}"
        if self.to_solved is not None:
            text += f" ({'<' * (not self.is_solved)}{self.to_solved:.1f})"
        text += f", {self.to_best:.1f}"
        if self.to_best > 1.05:
            text += f" {self.best}"
        return text + " short" * (self.auto < SHORT)


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
    found = Cell(auto / median["plain"], auto / best[0], best[1], auto)
    least = optimum(loss, C, X, y, group)
    if objective(loss, plain, X, y) > (1.0 + CLOSE) * least:
        spent, is_solved = solved(loss, plain, X, y, least)
        found = found._replace(to_solved=auto / spent, is_solved=is_solved)
    return found


def main():
    """Print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--losses", nargs="+", default=list(models(1.0)))
    parser.add_argument("--designs", nargs="+", type=int, default=range(len(DESIGNS)))
    names = ("KIND", "ROWS", "FEATURES", "ENTRIES")
    parser.add_argument("--other", nargs=4, metavar=names, help="a design of your own")
    parser.add_argument("--penalties", nargs="+", type=float, default=PENALTIES)
    options = parser.parse_args()

    def stop(*_):
        raise StoppedError

    signal.signal(signal.SIGVTALRM, stop)
    warnings.simplefilter("ignore")
    designs = [DESIGNS[i] for i in options.designs]
    if options.other:
        kind, *sizes = options.other
        designs = [(kind, *map(int, sizes))]
    head = "".join(f"C = {C:<28g}" for C in options.penalties)
    lines = [f"{'auto / plain, auto / best of ours':<52}{head}".rstrip()]
    print(lines[0])
    cells = []
    for kind, n_rows, n_features, entries in designs:
        X, number, group = design(kind, n_rows, n_features, entries)
        y = {True: (number > np.median(number)).astype(int), False: number}
        for loss in options.losses:
            is_class = loss in {"logistic", "squared hinge", "hinge"}
            line = f"{f'{kind} {n_rows} x {n_features}, {entries}: {loss}':<52}"
            for C in options.penalties:
                cells.append(cell(loss, C, X, y[is_class], group, options.repeats))
                line += f"{cells[-1]!s:<32}"
            lines.append(line.rstrip())
            print(lines[-1], flush=True)
    long = [c for c in cells if c.auto >= SHORT]
    for name, some in (("all", cells), (f"those of {SHORT} s or more", long)):
        plain = sum(c.to_plain > 3 for c in some)
        exact = sum((c.to_solved or c.to_plain) > 3 for c in some)
        best = sum(c.to_best > 2 for c in some)
        lines.append(
            f"Of {len(some)} cells ({name}): {plain} above 3 times the plain model "
            f"({exact} where it is solved), {best} above 2 times the best solver."
        )
        print(lines[-1])
    if len(cells) == len(DESIGNS) * len(PENALTIES) * len(models(1.0)):
        path = Path(__file__).parents[1] / "docs" / "sparse_results.txt"
        path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
