"""A short run of what ``benchmarks/long_run.py`` does with thousands of fits.

Resident memory tells nothing over so few fits; what Python counts does. One model of
each kind of solver; the script takes every estimator.
"""

import importlib
import socket
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

PATH = Path(__file__).parents[1] / "benchmarks"
FAMILIES = [
    "ParityLogisticRegression",
    "ParitySVC",
    "ParityKernelRidge",
    "ParityProjection",
    "BarycenterRegressor",
    "ParityThresholdClassifier",
]

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="the counts are read from /proc"
)


@pytest.fixture(scope="module")
def script():
    sys.path.insert(0, str(PATH))
    yield importlib.import_module("long_run")
    sys.path.remove(str(PATH))
    del sys.modules["long_run"]


@pytest.mark.parametrize("name", FAMILIES)
def test_nothing_is_left_of_fifteen_fits(script, name):
    family = script.families()[name]
    for number in range(10):  # caches fill
        script.fit_once(family, number)
    growth = script.run(family, 15, every=5, traced=0)
    assert growth.objects < 0.5
    assert max(growth.files, growth.threads, growth.children) <= 0


KEPT = []


def keeps_objects(X, y, group):
    # More than what earlier tests of the process leave to be collected meanwhile.
    KEPT.append([[] for _ in range(100)])


def keeps_files(X, y, group):
    KEPT.append(socket.socket())


def keeps_threads(X, y, group):
    KEPT.append(Event())
    Thread(target=KEPT[-1].wait, daemon=True).start()


LEAKS = {"objects": keeps_objects, "files": keeps_files, "threads": keeps_threads}


@pytest.mark.parametrize("kind", LEAKS)
def test_what_grows_is_found(script, kind):
    growth = script.run(LEAKS[kind], 6, every=2, traced=0)
    for kept in KEPT:
        for name in ("set", "close"):
            getattr(kept, name, bool)()
    KEPT.clear()
    assert not growth.flat
    assert getattr(growth, kind) >= 1
