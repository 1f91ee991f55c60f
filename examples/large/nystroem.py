"""
An RBF kernel on ten million rows
=================================

Kernel models keep a matrix of the rows, which ends at some ten thousand of them. For
more, approximate the kernel: fit :class:`~sklearn.kernel_approximation.Nystroem` to a
sample, apply it to each partition, and fit a linear model to the result. The features
are computed anew in every pass, so that no worker holds more than one partition.

    python examples/large/nystroem.py            # 10 million rows, two workers
    python examples/large/nystroem.py 1000000    # fewer
"""

import resource
import sys
import time

import numpy as np
from dask import array, delayed
from distributed import Client
from sklearn.kernel_approximation import Nystroem

from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import score_gap

ROWS_A_BLOCK, N_FEATURES = 100_000, 5


def block(seed):
    """Features, a class inside or outside of a ring, and a group that shifts it."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, ROWS_A_BLOCK)
    X = rng.standard_normal((ROWS_A_BLOCK, N_FEATURES), dtype=np.float32)
    X[:, 0] += 0.5 * group
    radius = np.hypot(X[:, 0], X[:, 1]) + 0.3 * rng.standard_normal(ROWS_A_BLOCK)
    return X, (radius < 1.2).astype(np.int8), group.astype(np.int8)


def main(n_rows):
    """Fit, predict and measure."""
    blocks = [delayed(block, nout=3)(i) for i in range(n_rows // ROWS_A_BLOCK)]
    X, y, group = (
        array.concatenate(
            [array.from_delayed(b[k], (ROWS_A_BLOCK, *tail), kind) for b in blocks]
        )
        for k, (tail, kind) in enumerate(
            [((N_FEATURES,), np.float32), ((), np.int8), ((), np.int8)]
        )
    )
    start = time.perf_counter()
    kernel = Nystroem(gamma=0.3, n_components=100, random_state=0)
    kernel.fit(X.blocks[0].compute())
    Z = X.map_blocks(kernel.transform, dtype=np.float32, chunks=(X.chunks[0], (100,)))
    model = ParityLogisticRegression(C=0.1, max_gap=0.05)
    model.fit(Z, y, sensitive_features=group)
    fitted = time.perf_counter()
    print(f"{n_rows:,} rows: fit {fitted - start:.0f} s, {model.n_iter_} steps")
    gap = score_gap(y, model.decision_function(Z), sensitive_features=group)
    print(f"gap of mean scores {gap:.4f}, accuracy {model.score(Z, y):.3f}")
    print(f"measured in {time.perf_counter() - fitted:.0f} s")


if __name__ == "__main__":
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=":0") as client:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
        peaks = client.run(lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        print(f"peak memory of a worker {max(peaks.values()) / 1e6:.2f} GB")
