"""Forks of a process that has imported other libraries, but not this one.

Importing numpy, scikit-learn, pandas, pytest and so on takes most of the time of a
short run of tests.
"""

import importlib
import os
import resource
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from math import ceil
from pathlib import Path
from time import monotonic, sleep

import pytest

from .areas import ROOT

# What tests and library import, as far as it survives a fork: polars starts threads.
LIBRARIES = (
    "numpy.testing",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.sparse.linalg",
    "scipy.stats",
    "sklearn.base",
    "sklearn.calibration",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.kernel_ridge",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
    "sklearn.tree",
    "pandas",
    "matplotlib.pyplot",
    "dask.array",
    "dask.dataframe",
    "distributed",
    "hypothesis.extra.numpy",
    "threadpoolctl",
)
# Those of pytest; a module that cannot be imported interrupts it.
EXIT_OK, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_ERROR, EXIT_NOTHING = 0, 1, 2, 3, 5
MEMORY = 6 * 2**30  # of bytes beyond what the process had: a change can ask for a lot
SLACK = 5.0  # seconds beyond three times what the tests take
# A fork that waits uses no processor time; others may use the processor meanwhile.
PATIENCE = 10


class ChangedLoader(SourceFileLoader):
    """Loads a module from other text than that of its file."""

    def __init__(self, name, path, code):
        super().__init__(name, path)
        self.code = code

    def get_code(self, fullname):
        """The other text, compiled; called by the machinery of imports."""
        return compile(self.code, self.path, "exec", dont_inherit=True)


class ChangedFinder:
    """Finds one module, ahead of all other finders."""

    def __init__(self, path, code):
        self.path = str(ROOT / path)
        self.name = path.removesuffix(".py").replace("/", ".")
        self.code = code

    def find_spec(self, name, path=None, target=None):
        """The module if it is this one; called by the machinery of imports."""
        if name != self.name:
            return None
        loader = ChangedLoader(name, self.path, self.code)
        return spec_from_file_location(name, self.path, loader=loader)


def import_libraries():
    """Import what does not change, once; a library that is missing is not imported."""
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except ImportError:
            print(f"{name} is missing: tests that need it are left out or fail")
    assert "fairlearnkit" not in sys.modules


@dataclass
class Run:
    """A fork, while it runs."""

    pid: int
    deadline: float
    task: object


def start(task, function, *, seconds=None, output=os.devnull):
    """Call a function in a fork, whose result is the exit status.

    ``seconds`` is how long it takes if nothing is wrong, None if it may take any time.
    """
    limit = None if seconds is None else 3.0 * seconds + SLACK
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = EXIT_ERROR
        try:
            confine(limit, output)
            code = int(function())
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    wait = float("inf") if limit is None else PATIENCE * limit + 60.0
    return Run(pid, monotonic() + wait, task)


def confine(limit, output):
    """Bounds of time and memory for this process, its own group and its output."""
    os.setsid()
    out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(out, 1)
    os.dup2(out, 2)
    if limit is None:
        return
    whole = ceil(limit)
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 5))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    used = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def run_pytest(files, plugin, options=(), finder=None):
    """Exit status of pytest, in this process."""
    if finder is not None:
        sys.meta_path.insert(0, finder)
    # Plugins of pytest are among the libraries that are imported before.
    known = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    options = ["-q", "-p", "no:cacheprovider", "--tb=line", *known, *options]
    return pytest.main([*options, *files], plugins=[plugin()])


def finish(runs):
    """Wait until a run has ended; return it with its outcome.

    The outcome is pytest's exit status, or "timeout".
    """
    while True:
        for run in runs:
            pid, status = os.waitpid(run.pid, os.WNOHANG)
            if pid:
                _end_group(run.pid)
                code = os.waitstatus_to_exitcode(status)
                over = code in (-signal.SIGXCPU, -signal.SIGKILL)
                return run, "timeout" if over else code
            if monotonic() > run.deadline:
                _end_group(run.pid)
                os.waitpid(run.pid, 0)
                return run, "timeout"
        sleep(0.01)


def _end_group(pid):
    """End what the tests of a fork have started and left."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
