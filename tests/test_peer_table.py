"""The table of peers: its probes run, and its cells are those of the stored results."""

import csv
import importlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs/peer_table_results.txt"
TABLE = ROOT / "docs/peer_table.csv"
# Whichever is quick: the others are run by the script alone.
OWN = ("ParityLogisticRegression", "BarycenterRegressor")
LINE = re.compile(r"(.{45})(.{46})(\S+)")


@pytest.fixture
def peers(monkeypatch):
    """Import of a module of the script, as it imports them itself."""
    before = set(sys.modules)
    for folder in ("benchmarks", "benchmarks/peers"):
        monkeypatch.syspath_prepend(str(ROOT / folder))
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(ROOT / "benchmarks") in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def stored():
    """{(library, method, property): verdict} of the stored results."""
    found, library = {}, None
    for line in RESULTS.read_text("utf-8").splitlines():
        head = re.match(r"([\w-]+) \d.*scikit-learn \d", line)
        if head:
            library = head[1]
        elif match := LINE.match(line):
            method, label, verdict = (part.strip() for part in match.groups())
            found[library, method, label] = verdict
    return found


def verdicts(peers, library, names, slow=()):
    """The same of methods that are probed now, without some slow probes."""
    worker, probes = peers("worker"), peers("probes").PROBES
    probes = {label: probe for label, probe in probes.items() if label not in slow}
    methods = [m for m in peers(f"of_{library}").METHODS if m.name in names]
    assert len(methods) == len(names)
    return {
        (library, method.name, label): worker.probed(method, probe)[0]
        for method in methods
        for label, probe in probes.items()
    }


def test_own_methods_do_what_is_stored(peers):
    found, told = verdicts(peers, "fairlearnkit", OWN), stored()
    assert found == {key: told[key] for key in found}
    assert set(found.values()) == {"yes", "no", "n/a"}


@pytest.mark.slow
def test_fairlearn_does_what_is_stored(peers):
    pytest.importorskip("fairlearn", reason="installed by the extra 'dev' only")
    slow = ("a row alone is predicted as in a batch", "two predict calls agree")
    found = verdicts(peers, "fairlearn", ["ThresholdOptimizer"], slow)
    told = stored()
    assert found == {key: told[key] for key in found}


def test_every_method_has_every_property(peers):
    labels = {*peers("probes").PROBES}
    told = stored()
    methods = {(library, name) for library, name, _ in told if name}
    assert {name for _, name in methods} == {*peers("peer_table").SHORT}
    for method in methods:
        assert {label for *key, label in told if tuple(key) == method} == labels


def test_page_defines_every_property(peers):
    page = (ROOT / "docs/coming_from/index.rst").read_text("utf-8")
    words = " ".join(page.split())
    for label, probe in peers("probes").PROBES.items():
        assert f"{label} {probe.__doc__.splitlines()[0]}" in words


def test_table_is_that_of_the_results(peers):
    lines = [[*key, verdict, ""] for key, verdict in stored().items()]
    with TABLE.open(encoding="utf-8", newline="") as file:
        assert [*csv.reader(file)] == peers("peer_table").table(lines)


def test_readme_has_the_same_cells():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if "| holisticai |" in line)
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [*csv.reader(file)]
    table = lines[start : start + len(rows) + 1]
    cells = [[c.strip(" ¹²³⁴⁵⁶⁷") for c in line.split("|")[1:-1]] for line in table]
    assert [cells[0], *cells[2:]] == rows


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (["yes", "yes", "n/a"], "yes"),
        (["no", "n/a", "no"], "no"),
        (["n/a", "n/a", "n/a"], "\N{EN DASH}"),
        (["no", "yes", "yes"], "TO, EG"),
    ],
)
def test_cell(peers, told, expected):
    names = ("BarycenterRegressor", "ThresholdOptimizer", "ExponentiatedGradient")
    assert peers("peer_table").cell(dict(zip(names, told))) == expected


def test_an_error_of_a_method_is_a_no(peers):
    class Broken:
        remarks, elsewhere = (), (("numbers", "Another"),)

    def numbers(method):
        raise ValueError("not these <object at 0x7f00>\nmore")

    assert peers("worker").probed(Broken, numbers) == (
        "no",
        "ValueError: not these <object>; see Another",
    )
