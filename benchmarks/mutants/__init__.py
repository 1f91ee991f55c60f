"""Parts of benchmarks/mutation.py: areas, mutants, and tests that run in a fork."""

import os

# Before numpy is imported: mutants share the processor. Pictures need no window.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.setdefault("MPLBACKEND", "Agg")
