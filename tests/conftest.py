"""What needs PyTorch is told as skipped where it is missing."""

from importlib.util import find_spec

import pytest

# Beside tests/representation, which says so itself.
NEED_TORCH = (
    "fairlearnkit/representation/_encoder.py",
    "docs/user_guide/representations.rst",
    "refuses_shuffled_groups[fairlearnkit.representation",
    "test_check[ParityEncoder",
    "test_every_check_was_run[ParityEncoder",
    "test_example_runs[plot_transfer",
)


def pytest_collection_modifyitems(items):
    if find_spec("torch"):
        return
    missing = pytest.mark.skip(reason="PyTorch (extra 'torch') is missing")
    for item in items:
        if any(part in item.nodeid for part in NEED_TORCH):
            item.add_marker(missing)
