"""Linear models on Dask: against memory, and on tables larger than the workers' memory.

    python benchmarks/scaling_out.py memory     # 5,000,000 x 50, and in memory
    python benchmarks/scaling_out.py parquet    # 2 * 10^6 to 10^8 rows from Parquet

Both start two worker processes of one thread. The second writes its tables first, below
--folder (10^8 rows take 8 GB), and limits each worker to 2 GB. Passes are what Dask
computes for a fit: each reads all rows once.
"""

import argparse
import os
import resource
import shutil
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import dask
import numpy as np
import pyarrow as pa
from dask import array, delayed
from distributed import Client, LocalCluster, wait
from pyarrow import parquet

from fairlearnkit._data import partitions
from fairlearnkit._models import dask_columns
from fairlearnkit._optim import dask_rows
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.metrics import parity_report, score_gap
from fairlearnkit.svm import ParityLinearSVC

ROWS_A_FILE = 200_000
N_FEATURES = 20
MODELS = {
    "ParityLogisticRegression": ParityLogisticRegression,
    "ParityRidge": ParityRidge,
    'ParityLinearSVC(loss="squared_hinge")': partial(
        ParityLinearSVC, loss="squared_hinge"
    ),
}
BOUND = {
    "ParityLogisticRegression(max_gap=0.05)": partial(
        ParityLogisticRegression, max_gap=0.05
    )
}
HINGE = {'ParityLinearSVC(loss="hinge")': partial(ParityLinearSVC, loss="hinge")}
# Rows of the tables from Parquet, and what is fitted to them; the slowest comes last.
TABLES = [
    (2_000_000, MODELS),
    (20_000_000, MODELS),
    (100_000_000, MODELS),
    (20_000_000, HINGE),
]


def block(n, d, seed, dtype=np.float64):
    """Features whose means differ between three groups, a class and the group."""
    rng = np.random.default_rng(seed)
    group = rng.choice(3, n, p=[0.5, 0.3, 0.2]).astype(np.int8)
    X = rng.standard_normal((n, d), dtype=np.float32).astype(dtype)
    X[:, :3] += 0.4 * group[:, None]
    w = np.random.default_rng(0).normal(size=d) / np.sqrt(d)
    y = (X @ w + 0.3 * group + rng.logistic(size=n) > 0.5).astype(np.int8)
    return X, y, group


class Passes:
    """Counts the computations that go over all rows."""

    def __init__(self):
        self.n, self.compute = 0, partitions.compute
        for module in (partitions, dask_columns, dask_rows):
            module.compute = self

    def __call__(self, tasks):
        """Compute tasks."""
        self.n += 1
        return self.compute(tasks)


def peaks(client):
    """Peak memory of each worker in GB, since it was started."""

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6

    return list(client.run(peak).values())


def timed(function, *args, **kwargs):
    """Seconds of a call, and what it returns."""
    start = time.perf_counter()
    result = function(*args, **kwargs)
    return time.perf_counter() - start, result


def beside_memory(options):
    """The same algorithm on 20 blocks of two workers, and in memory."""
    n, d, parts = options.rows or 5_000_000, 50, 20
    sizes = [n // parts] * parts
    local = [block(m, d, i) for i, m in enumerate(sizes)]
    here = [np.concatenate(values) for values in zip(*local)]
    del local
    with cluster(memory_limit=0) as client:
        blocks = [delayed(block, nout=3)(m, d, i) for i, m in enumerate(sizes)]
        there = client.persist(as_arrays(blocks, sizes, d, np.float64))
        wait(there)
        print(f"{n:,} x {d} in {parts} blocks, two workers of one thread")
        passes = Passes()
        for name, model in {**MODELS, **BOUND}.items():
            seconds, fitted = {"Dask": [], "memory": []}, {}
            for _ in range(options.repeats):
                passes.n = 0
                for where, (X, y, group) in {"Dask": there, "memory": here}.items():
                    fit = model().fit
                    t, fitted[where] = timed(fit, X, y, sensitive_features=group)
                    seconds[where].append(t)
            a, b = median(seconds["Dask"]), median(seconds["memory"])
            coefs = [np.ravel(fitted[where].coef_) for where in seconds]
            print(
                f"  {name:<40} {a:7.2f} s on Dask, {b:7.2f} s in memory, ratio "
                f"{a / b:5.2f}; {passes.n} passes; coefficients within "
                f"{np.abs(coefs[0] - coefs[1]).max():.1e}",
                flush=True,
            )


def as_arrays(blocks, sizes, d, dtype):
    """Dask arrays of blocks of rows."""
    columns = []
    for k, (shape, kind) in enumerate([((d,), dtype), ((), np.int8), ((), np.int8)]):
        parts = [
            array.from_delayed(b[k], (m, *shape), kind) for b, m in zip(blocks, sizes)
        ]
        columns.append(array.concatenate(parts))
    return columns


def write(folder, first, last):
    """Parquet files of rows in float32."""
    for i in range(first, last):
        path = folder / f"part-{i:05d}.parquet"
        if path.exists():
            continue
        X, y, group = block(ROWS_A_FILE, N_FEATURES, i, np.float32)
        columns = {f"x{j}": X[:, j] for j in range(N_FEATURES)}
        table = pa.table({**columns, "y": y, "group": group})
        parquet.write_table(table, path, compression="lz4", use_dictionary=False)


def read(path):
    """One file: the features, one column after another, the class and the group."""
    table = parquet.read_table(path, use_threads=False)
    X = np.empty((table.num_rows, N_FEATURES), dtype=np.float32, order="F")
    for j in range(N_FEATURES):
        X[:, j] = table[f"x{j}"].to_numpy()
    return X, table["y"].to_numpy(), table["group"].to_numpy()


def from_parquet(options):
    """Fits on tables of growing length; memory must not grow."""
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    tables = [(n, models) for n, models in TABLES if n <= (options.rows or n)]
    passes, seconds = Passes(), {}
    for n, models in tables:
        write(folder, 0, n // ROWS_A_FILE)
        for name, model in models.items():
            with cluster(memory_limit="2GB") as client:
                found = measured(name, model(), from_files(folder, n), passes, client)
            seconds |= {(n, what): t for what, t in found.items()}
    for name in dict.fromkeys(name for _, name in seconds):
        ns = [n for n, what in seconds if what == name]
        if len(ns) > 1:
            logs = np.log(ns), np.log([seconds[n, name] for n in ns])
            print(f"  {name}: seconds ~ n^{np.polyfit(*logs, 1)[0]:.2f}")
    if not options.keep:
        shutil.rmtree(folder)


def from_files(folder, n):
    """Dask arrays of the first n rows, read in every pass."""
    paths = [folder / f"part-{i:05d}.parquet" for i in range(n // ROWS_A_FILE)]
    blocks = [delayed(read, nout=3)(path) for path in paths]
    return as_arrays(blocks, [ROWS_A_FILE] * len(paths), N_FEATURES, np.float32)


def measured(name, model, data, passes, client):
    """Seconds of a fit and, of the first model, of a report and a gap; printed.

    The last two are medians of three runs: a single one of half a second is noise.
    """
    X, y, group = data
    passes.n, seconds = 0, {}
    seconds[name], model = timed(model.fit, X, y, sensitive_features=group)
    text = f"{passes.n} passes, gap {model.gap_:.2g}, {model.n_iter_} iterations"
    say(len(X), name, seconds[name], text, client)
    if name == "ParityLogisticRegression":
        on = {"sensitive_features": group}
        predicted, scores = model.predict(X), model.decision_function(X)
        for metric, values in [(parity_report, predicted), (score_gap, scores)]:
            runs = [timed(metric, y, values, **on)[0] for _ in range(3)]
            seconds[metric.__name__] = median(runs)
            say(len(X), metric.__name__, median(runs), "", client)
    return seconds


def say(n, name, seconds, text, client):
    """A line of the result."""
    peak = f"peak of a worker {max(peaks(client)):.2f} GB"
    print(f"  {n:>11,} {name:<40} {seconds:8.1f} s, {peak}  {text}", flush=True)


# By default, Dask lets a worker give memory back after each block, and a third of its
# time is spent on getting it again.
KEEP_MEMORY = {
    f"distributed.nanny.pre-spawn-environ.MALLOC_{what}_THRESHOLD_": 2**30
    for what in ("TRIM", "MMAP")
}


@contextmanager
def cluster(**limits):
    """A client of two single-thread workers, which end with it."""
    given = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        dask.config.set(KEEP_MEMORY),
        LocalCluster(**given, **limits) as local,
        Client(local) as client,
    ):
        yield client


def main():
    """Measure what the command line asks for."""
    known = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    known.add_argument("what", choices=["memory", "parquet"])
    known.add_argument("--rows", type=int, help="rows at most")
    known.add_argument("--repeats", type=int, default=3)
    known.add_argument("--folder", default="/tmp/fairlearnkit-scaling")
    known.add_argument("--keep", action="store_true", help="keep the Parquet files")
    options = known.parse_args()
    {"memory": beside_memory, "parquet": from_parquet}[options.what](options)


if __name__ == "__main__":
    main()
