"""Whether a process that fits models for a long time keeps anything of them.

    PYTHONPATH=tests python benchmarks/long_run.py                  # 2,000 fits of each
    PYTHONPATH=tests python benchmarks/long_run.py ParitySVC --fits 500

Every public estimator is fitted that often in one process, each time to other rows, and
predicts. Beside the estimators with the settings of tests/all_models.py there are a fit
with three classes, one by cvxpy, one with folds in two other processes, and one to a
Dask table; and calls of joblib and Dask without a fit. What is measured of each:

memory
    The slope of the resident memory over the fits after the first tenth, in bytes a
    fit, by least squares; and the rise from the mean of the second quarter to that of
    the last, in kB. An allocator takes memory from the system in pieces of 128 kB and
    more: a rise below 1,000 kB cannot be told from that.
blocks
    Blocks of memory that Python has allocated, a fit, over the second half.
traced
    Bytes that ``tracemalloc`` counts, a fit, over the last 60 of 90 further fits. A few
    hundred are caches of CPython and numpy of a limited size, whose entries are
    replaced one by one: the new one counts, and the old one was there before.
objects
    Those that the garbage collector tracks, a fit.
files, threads, children
    Open files, threads and processes at the end, less those after the first tenth.

Linux only: the numbers are read from /proc. The table is stored in
docs/long_run_results.txt, unless families are named.
"""

import argparse
import gc
import os
import platform
import sys
import tracemalloc
import warnings
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from time import perf_counter

import numpy as np
import sklearn
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from all_models import ESTIMATORS, answers, data, fitted
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.postprocessing import ParityThresholdClassifier

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "long_run_results.txt"
# Fits after which all counts are read; reading them takes a tenth of a second, as the
# garbage collector runs. Half as many change no figure but that time.
EVERY = 100
TRACED = 90
LARGEST_RISE, LARGEST_TRACED, MOST_BLOCKS = 1e6, 1000.0, 5.0  # bytes; the rest a fit


@dataclass(frozen=True)
class Counts:
    """What a process has at one moment."""

    memory: int
    blocks: int
    objects: int
    files: int
    threads: int
    children: int


@dataclass(frozen=True)
class Growth:
    """What a family adds: by fit, or in all."""

    slope: float
    error: float
    rise: float
    blocks: float
    traced: float
    objects: float
    files: int
    threads: int
    children: int
    seconds: float

    @property
    def flat(self):
        """Whether nothing is left behind that can be told from noise."""
        left = self.files, self.threads, self.children
        return (
            self.rise < LARGEST_RISE
            and self.blocks < MOST_BLOCKS
            and self.traced < LARGEST_TRACED
            and self.objects < 0.5
            and max(left) <= 0
        )


def read_counts():
    """Count, after the garbage collector has run."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    task = Path("/proc/self/task")
    children = (task / str(os.getpid()) / "children").read_text().split()
    return Counts(
        memory=pages * os.sysconf("SC_PAGE_SIZE"),
        blocks=sys.getallocatedblocks(),
        objects=len(gc.get_objects()),
        files=len(os.listdir("/proc/self/fd")),
        threads=len(list(task.iterdir())),
        children=len(children),
    )


def fit_once(family, number):
    """Fit to the rows of a number and predict; the result is dropped."""
    X, y, group = data(number)
    family(X, y, group)


def run(family, n_fits, *, every=None, traced=TRACED):
    """Fit a family many times.

    Parameters
    ----------
    family : callable
        Fits to ``(X, y, group)`` and predicts.
    n_fits : int
        Number of fits.
    every : int, default=EVERY
        Fits between two counts.
    traced : int, default=TRACED
        Further fits that are traced; 0 for none.

    Returns
    -------
    growth : Growth
    """
    every, at, counts, started = every or EVERY, [], [], perf_counter()
    for number in range(n_fits):
        fit_once(family, number)
        if (number + 1) % every == 0 and number + 1 >= n_fits / 10:
            at.append(number + 1)
            counts.append(read_counts())
    seconds = perf_counter() - started
    table = np.array([astuple(count) for count in counts], dtype=float)
    first, middle, last = counts[0], counts[len(counts) // 2], counts[-1]
    slope, error = slope_of(np.array(at), table[:, 0])
    second, _, end = np.array_split(table[len(table) // 4 :, 0], 3)
    return Growth(
        slope=slope,
        error=error,
        rise=end.mean() - second.mean(),
        blocks=(last.blocks - middle.blocks) / (at[-1] - at[len(at) // 2]),
        traced=traced_growth(family, traced),
        objects=(last.objects - first.objects) / (at[-1] - at[0]),
        files=last.files - first.files,
        threads=last.threads - first.threads,
        children=last.children - first.children,
        seconds=seconds,
    )


def slope_of(x, y):
    """Slope of a line by least squares, and its standard error."""
    centered = x - x.mean()
    slope = centered @ y / (centered @ centered)
    rest = y - y.mean() - slope * centered
    return slope, np.sqrt(rest @ rest / max(1, len(x) - 2) / (centered @ centered))


def traced_growth(family, n_fits):
    """Bytes a fit that Python has not freed, after the first third of the fits."""
    if not n_fits:
        return 0.0
    tracemalloc.start()
    sizes = []
    for number in range(n_fits):
        fit_once(family, number)
        if number + 1 in (n_fits // 3, n_fits):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return (sizes[1] - sizes[0]) / (n_fits - n_fits // 3)


def families():
    """Every public estimator by its name, and some of their forms."""
    found = {}
    for model in ESTIMATORS:
        name = type(model).__name__
        found[f"{name} (2)" if name in found else name] = of_model(model)
    more = {
        "by cvxpy": ParityLogisticRegression(solver="cvxpy", max_gap=0.1),
        "folds in 2 processes": ParityThresholdClassifier(
            LogisticRegression(), cv=2, n_jobs=2
        ),
    }
    found |= {name: of_model(model) for name, model in more.items()}
    found |= {"three classes": three_classes, "a Dask table": dask_table}
    alone = {"joblib alone, 2 processes": joblib_alone, "Dask alone": dask_alone}
    return found | alone


def of_model(model):
    """A family of clones of a model."""

    def family(X, y, group):
        answers(fitted(clone(model), X, y, group), X, group)

    return family


def three_classes(X, y, group):
    """One-vs-rest models."""
    model = ParityLogisticRegression(max_gap=0.1)
    fitted(model, X, y + (X[:, 1] > 0.3), group).predict_proba(X)


def joblib_alone(X, y, group):
    """What joblib keeps of a call, without this library."""
    Parallel(n_jobs=2)(delayed(np.sum)(part) for part in np.array_split(X, 2))


def dask_alone(X, y, group):
    """What Dask keeps of three sums, without this library."""
    from dask import array

    for part in (X, y, group == group[0]):
        lazy = array.from_array(part, chunks=(30, *part.shape[1:]))
        lazy.astype(float).sum().compute()


def dask_table(X, y, group):
    """In threads of this process."""
    from dask import array

    lazy = [array.from_array(part, chunks=(30, *part.shape[1:])) for part in (X, y)]
    model = ParityLogisticRegression(max_gap=0.1)
    model.fit(*lazy, sensitive_features=array.from_array(group, chunks=30))
    model.predict(lazy[0]).compute()


def table_of(results, n_fits):
    """The table as text."""
    versions = f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}"
    names = [field.name for field in fields(Growth)]
    head = ["slope", "+-", "rise", *names[3:-1], "seconds"]
    units = ["B/fit", "B/fit", "kB", "/fit", "B/fit", "/fit", "", "", "", "s/fit"]
    lines = [
        f"{n_fits:,} fits of each family in one process ({versions}, numpy "
        f"{np.__version__}).",
        "What the columns are: benchmarks/long_run.py. Flat: a rise of less than 1,000 "
        "kB, fewer",
        "than 5 blocks, 1,000 traced bytes and 0.5 objects a fit, and no file, thread "
        "or process.",
        "",
        f"{'':<28}" + "".join(f"{name:>9}" for name in head),
        f"{'':<28}" + "".join(f"{unit:>9}" for unit in units),
    ]
    for name, g in results.items():
        numbers = [f"{g.slope:.0f}", f"{g.error:.0f}", f"{g.rise / 1e3:.0f}"]
        numbers += [f"{g.blocks:.2f}", f"{g.traced:.0f}", f"{g.objects:.3f}"]
        numbers += [f"{n:+d}" for n in (g.files, g.threads, g.children)]
        numbers += [f"{g.seconds / n_fits:.4f}"]
        cells = "".join(f"{number:>9}" for number in numbers)
        lines.append(f"{name:<28}{cells}  {'flat' if g.flat else 'GROWS'}")
    flat = sum(g.flat for g in results.values())
    lines += ["", f"Flat: {flat} of {len(results)} families."]
    return "\n".join(lines) + "\n"


def main(arguments=None):
    """Run the families that are named, or all, and store the table of all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    known = families()
    parser.add_argument("families", nargs="*", choices=[[], *known], metavar="family")
    parser.add_argument("--fits", type=int, default=2000)
    options = parser.parse_args(arguments)
    results = {}
    for name in options.families or known:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results[name] = run(known[name], options.fits)
        text = table_of(results, options.fits)
        print(text.splitlines()[-3], flush=True)
        if not options.families:  # what there is by then
            RESULTS.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
