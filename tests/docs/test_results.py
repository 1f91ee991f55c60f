"""The pictures and tables of the pages show what the stored results say."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def modules():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS / "extensions"))
        names = ("results", "benchmark_pictures", "benchmark_tables")
        yield [importlib.import_module(name) for name in names]


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


def test_tables_by_hand(modules):
    text = (
        "German, equal_opportunity, column left out, 2 splits\n"
        "                      gap    s.e.  accuracy  none  seconds\n"
        "CV 0.05           -0.0012  0.0130    0.7453     0      0.8\n"
        "  CV 0.05: size of the mean gap           0.0012   0.0130   0.0700  met\n"
    )
    block = ("German", "equal_opportunity", "column left out")
    assert modules[0].choice(text) == {block: {"CV 0.05": ("-0.0012", "0.7453")}}
    text = (
        "  known groups: time / ThresholdOptimizer(tol=0.05)    0.0661    0.1  met\n"
        "    peak memory / probabilities                          4.43      6  met\n"
        "    1.72 s, gap_ 0.0500, duality_gap_ 1.1e-06\n"
    )
    assert modules[0].speed(text) == [("known groups", "0.0661", "4.43", "1.72")]


def test_every_table_is_whole_and_shown_once(modules):
    pages = "".join(p.read_text("utf-8") for p in DOCS.glob("user_guide/*.rst"))
    for name, rows in modules[2].tables(DOCS):
        header, *rows = rows
        assert {len(row) for row in rows} == {len(header)}, name
        assert pages.count(f"_tables/{name}.csv") == 1, name


def test_tables_lose_no_block(modules):
    results, _, written = modules
    tables = {name: list(rows) for name, rows in written.tables(DOCS)}
    n_blocks = stored("choice").count(" splits\n")
    assert len(tables["choice_with"]) - 1 == len(tables["choice_without"]) - 1
    assert len(tables["choice_with"]) - 1 == n_blocks / 2
    names = ("decisions_demographic", "decisions_equal")
    n_blocks = stored("decisions").count(" splits\n")
    assert sum(len(tables[name]) - 1 for name in names) == 2 * n_blocks
    assert [row[0] for row in tables["decision_speed"][1:]] == ["known", "inferred"]
    # A header and two lines of text around the rows.
    assert len(results.bounds(stored("decision_bound"))) == 90
    assert len(tables["decision_bound"]) - 1 == 15
    assert len(tables["kernels"]) == len(stored("scaling").splitlines())


def test_numbers_of_tables_are_stored(modules):
    """Every number of a table is one of a stored file."""
    files = "".join(p.read_text("utf-8") for p in DOCS.glob("*_results.txt"))
    known = set(re.findall(r"[-+]?[\d.,]*\d", files))
    for name, (_, *rows) in modules[2].tables(DOCS):
        cells = " ".join(cell for row in rows for cell in row)
        assert set(re.findall(r"[-+]?[\d.,]*\d", cells)) <= known, name
