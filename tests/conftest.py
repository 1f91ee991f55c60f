"""Settings of all tests: one thread, repeatable examples, which tests run where."""

import os
from importlib.util import find_spec

import pytest
import sklearn
from hypothesis import settings

# Tests run in as many processes as there are cores, whose threads would wait for one
# another. The libraries that read this are imported later.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

# The same examples in every run; fits take longer than the deadline of 0.2 s at times.
settings.register_profile("repeatable", derandomize=True, deadline=None)
# Other examples in every run, and twenty times as many: hundreds for each test.
settings.register_profile("deep", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

# Tests whose error, where PyTorch is missing, is caught or wrapped on its way to them.
NEED_TORCH = (
    "fairlearnkit/representation/_encoder.py",
    "docs/user_guide/representations.rst",
    "test_check[ParityEncoder-",
    "test_every_estimator_keeps_the_contract[ParityEncoder-",
    "test_example_runs[plot_transfer",
)


# Pages that print digits of boosted trees and of searches with weights, which depend on
# the version of scikit-learn.
WITH_DIGITS = (
    "docs/user_guide/bounded_decisions.rst",
    "docs/user_guide/decisions.rst",
)
OLD = "the printed digits are those of scikit-learn 1.9"

MISSING = "PyTorch (extra 'torch') is missing"

# Tests that call the same lines many times, with other data or other estimators, and
# examples: they run without counting what they execute, which can double the time.
REPEAT = (
    "docs/",
    "README.md",
    "examples",
    "tests/properties/",
    "tests/test_bad_input.py",
    "tests/test_common.py",
    "tests/test_failed_fit.py",
    "tests/test_offsets.py",
    "tests/test_optimum.py",
    "tests/test_papers.py",
    "tests/test_persistence.py",
    "tests/test_processes.py",
    "tests/test_threads.py",
    "tests/utils/test_estimator_checks.py::test_every_estimator",
    "test_every_door_refuses_shuffled_groups",
    "test_solve_where_columns_are_opaque",
    "test_optimum_equals_that_of_cvxpy",
    "test_every_solver_finds_the_optimum",
    "test_the_dual_has_the_value_of_the_linear_program",
)

# Files whose tests are all marked as slow. In other files single tests are: those that
# take about a second or more, their cases together.
SLOW = (
    "tests/properties/",
    "/test_dask",
    "tests/test_bad_input.py",
    "tests/test_certificates.py",
    "tests/test_failed_fit.py",
    "tests/test_long_run.py",
    "tests/test_memory.py",
    "tests/test_missing_libraries.py",
    "tests/test_offsets.py",
    "tests/test_optimum.py",
    "tests/test_papers.py",
    "tests/test_processes.py",
    "tests/test_threads.py",
)

# The page that runs other libraries, and their modules.
OTHERS = ("lightgbm", "xgboost", "imblearn", "optuna", "skl2onnx", "onnxruntime")
OTHERS_PAGE = "docs/user_guide/interoperation.rst"

# The page that runs Dask.
DASK_PAGE = "docs/user_guide/larger_than_memory.rst"


def pytest_collection_modifyitems(config, items):
    for item in items:
        if any(part in item.nodeid for part in SLOW):
            item.add_marker(pytest.mark.slow)
    # Paths and -m are what someone asks for; without them the run is to be short.
    if config.args == config.getini("testpaths") and not config.option.markexpr:
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
    if tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 9):
        for item in items:
            if any(page in item.nodeid for page in WITH_DIGITS):
                item.add_marker(pytest.mark.skip(reason=OLD))
    absent = [name for name in OTHERS if not find_spec(name)]
    for item in items:
        if any(part in item.nodeid for part in REPEAT):
            item.add_marker(pytest.mark.no_cover)
        if absent and OTHERS_PAGE in item.nodeid:
            reason = f"extra 'interoperation' is missing: {', '.join(absent)}"
            item.add_marker(pytest.mark.skip(reason=reason))
        if DASK_PAGE in item.nodeid and not find_spec("dask"):
            item.add_marker(pytest.mark.skip(reason="extra 'dask' is missing"))
    if find_spec("torch"):
        return
    missing = pytest.mark.skip(reason=MISSING)
    for item in items:
        if any(part in item.nodeid for part in NEED_TORCH):
            item.add_marker(missing)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    """Every other test, whatever made an encoder in it."""
    try:
        return (yield)
    except ImportError as error:
        if find_spec("torch") or "needs PyTorch" not in str(error):
            raise
        pytest.skip(MISSING)
