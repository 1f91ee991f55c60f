"""What needs PyTorch is told as skipped where it is missing; one BLAS thread a process.

Tests run in as many processes as there are cores, whose threads would wait in turns.
"""

from importlib.util import find_spec

import pytest
from threadpoolctl import threadpool_limits

threadpool_limits(1)

# Beside tests/representation, which says so itself.
NEED_TORCH = (
    "fairlearnkit/representation/_encoder.py",
    "docs/user_guide/representations.rst",
    "refuses_shuffled_groups[fairlearnkit.representation",
    "TestParityEncoder::",
    "test_example_runs[plot_transfer",
)


def pytest_collection_modifyitems(items):
    if find_spec("torch"):
        return
    missing = pytest.mark.skip(reason="PyTorch (extra 'torch') is missing")
    for item in items:
        if any(part in item.nodeid for part in NEED_TORCH):
            item.add_marker(missing)
