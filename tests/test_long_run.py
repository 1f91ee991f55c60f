"""A short run of what benchmarks/long_run.py does with thousands of fits.

Resident memory tells nothing over so few fits; what Python counts does.
"""

import socket
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

PATH = Path(__file__).parents[1] / "benchmarks/long_run.py"
N_FITS = 30
# In the suite only what needs no other process.
LEFT_OUT = ("folds in 2 processes",)

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="the counts are read from /proc"
)


def loaded():
    spec = spec_from_file_location("long_run", PATH)
    module = sys.modules["long_run"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    del sys.modules["long_run"]
    return module


SCRIPT = loaded()
FAMILIES = {k: v for k, v in SCRIPT.families().items() if k not in LEFT_OUT}


def short(family):
    """Growth over some fits, after the counts of as many as caches need to fill."""
    for number in range(N_FITS // 3):
        SCRIPT.fit_once(family, number)
    return SCRIPT.run(family, N_FITS, every=10, traced=0)


@pytest.mark.parametrize("name", FAMILIES)
def test_nothing_is_left_of_thirty_fits(name):
    if name == "a Dask table":
        pytest.importorskip("dask")
    growth = short(FAMILIES[name])
    assert growth.objects < 0.5
    assert max(growth.files, growth.threads, growth.children) <= 0


KEPT = []


def keeps_memory(X, y, group):
    KEPT.append(np.ones(10_000))


def keeps_objects(X, y, group):
    KEPT.append([[]])


def keeps_files(X, y, group):
    KEPT.append(socket.socket())


def keeps_threads(X, y, group):
    KEPT.append(Event())
    Thread(target=KEPT[-1].wait).start()


def keeps_children(X, y, group):
    KEPT.append(subprocess.Popen(["sleep", "100"]))


def let_go():
    for kept in KEPT:
        for name in ("set", "kill", "wait", "close"):
            getattr(kept, name, bool)()
    KEPT.clear()


LEAKS = {
    "traced": keeps_memory,
    "objects": keeps_objects,
    "files": keeps_files,
    "threads": keeps_threads,
    "children": keeps_children,
}


@pytest.mark.parametrize("kind", LEAKS)
def test_what_grows_is_found(kind):
    growth = SCRIPT.run(LEAKS[kind], 8, every=2, traced=6)
    let_go()
    assert not growth.flat
    assert getattr(growth, kind) >= (80_000 if kind == "traced" else 1)


def test_resident_memory_that_grows_is_found():
    growth = SCRIPT.run(keeps_memory, 40, every=2, traced=3)
    let_go()
    assert growth.rise > SCRIPT.LARGEST_RISE
    np.testing.assert_allclose(growth.slope, 80_000, rtol=0.2)


def test_the_table(capsys, monkeypatch, tmp_path):
    quick = {"one": FAMILIES["BarycenterTransformer"], "two": keeps_objects}
    monkeypatch.setattr(SCRIPT, "families", lambda: quick)
    monkeypatch.setattr(SCRIPT, "RESULTS", tmp_path / "results.txt")
    monkeypatch.setattr(SCRIPT, "EVERY", 2)
    SCRIPT.main(["--fits", "20"])
    KEPT.clear()
    text = (tmp_path / "results.txt").read_text()
    assert text in capsys.readouterr().out
    rows = [line for line in text.splitlines() if line.startswith(("one", "two"))]
    assert rows[0].endswith("flat")
    assert rows[1].endswith("GROWS")
    assert "Flat: 1 of 2 families." in text
