"""The pictures of the benchmark page show what the stored results say."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def modules():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS / "extensions"))
        yield [importlib.import_module(n) for n in ("results", "benchmark_pictures")]


def stored(name):
    return (DOCS / f"{name}_results.txt").read_text("utf-8")


def test_ratios_by_hand(modules):
    text = (
        "                       ratio   at most\n"
        "A(max_gap=0) / B       0.612       0.7  met\n"
        "  the same / (lbfgs)  6.2e-09  1e-06  MISSED\n"
        "  relative gap 7.9e-15\n"
    )
    rows = modules[0].ratios(text)
    assert rows == [
        ("A(max_gap=0) / B", 0.612, 0.7),
        ("  the same / (lbfgs)", 6.2e-09, 1e-06),
    ]


@pytest.mark.parametrize("name", ["benchmark", "text", "decision_speed"])
def test_no_row_with_a_limit_is_lost(modules, name):
    text = stored(name)
    lines = [x for x in text.splitlines() if x.endswith(("  met", "  MISSED"))]
    rows = modules[0].ratios(text)
    assert len(rows) == len(lines) > 0
    for (label, ratio, limit), line in zip(rows, lines):
        assert line.startswith(label)
        assert (ratio <= limit) == line.endswith("  met")


def test_decisions(modules):
    blocks = modules[0].decisions(stored("decisions"))
    assert len(blocks) == stored("decisions").count(" splits\n")
    first = blocks["Adult by sex,\ndemographic parity"]
    assert first[0][:2] == ("no bound", "logistic regression")
    methods = {(bound, method) for bound, method, *_ in first}
    assert ("at most 0.05", "ThresholdOptimizer") in methods
    for rows in blocks.values():
        assert all(0 <= gap < 0.5 < accuracy < 1 for *_, gap, accuracy, _ in rows)


def test_tables_by_size(modules):
    counts, seconds = modules[0].by_groups(stored("groups"))
    assert counts == [10, 100, 1000, 10_000]
    assert {len(row) for row in seconds.values()} == {4}
    sizes = modules[0].by_size(stored("text"))
    assert set(sizes) == {"logistic", "squared hinge", "hinge"}
    assert all(len(rows) >= 3 for rows in sizes.values())
    kernels = modules[0].kernels(stored("scaling"))
    assert len(kernels) == len(stored("scaling").splitlines()) - 1
    assert {row[2] for row in kernels} == {None, 100, 300, 1000}


def test_every_picture_is_drawn_and_shown(modules):
    names = [name for name, _ in modules[1].pictures(DOCS)]
    page = (DOCS / "benchmarks.rst").read_text("utf-8")
    assert page.count("_pictures/") == len(names) == len(set(names))
    for name in names:
        assert f"_pictures/{name}.svg" in page
