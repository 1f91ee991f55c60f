"""Every page can be reached, and the gallery has an order."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BUILT = ("auto_examples", "generated", "_build", "_templates")
TREE = re.compile(r"^\.\. toctree::\n((?:   .*\n|\n)+)", re.M)


def listed(page):
    """Pages in the tables of contents of a page."""
    for body in TREE.findall(page.read_text("utf-8") + "\n"):
        for line in body.splitlines():
            if line.strip() and not line.strip().startswith(":"):
                yield (page.parent / f"{line.strip()}.rst").resolve()


def test_every_page_is_in_one_table_of_contents():
    pages = [p for p in DOCS.rglob("*.rst") if not set(BUILT) & set(p.parts)]
    found = [target for page in pages for target in listed(page)]
    found = [p for p in found if not set(BUILT) & set(p.parts)]
    missing = {p.resolve() for p in pages} - {DOCS.resolve() / "index.rst"} - set(found)
    assert {p.name for p in missing} <= {"sg_execution_times.rst"}
    assert len(found) == len(set(found))
    assert all(path.exists() for path in found)


def test_a_bound_on_decisions_is_two_clicks_away():
    """A card of the landing page leads to the worked example."""
    cards = re.findall(
        r"grid-item-card:: (.*)\n\s+:link: (\w+)", (DOCS / "index.rst").read_text()
    )
    assert ("Rates of decisions at most 0.05 apart", "bounded_decisions") in cards
    labels = "".join(p.read_text("utf-8") for p in DOCS.rglob("*.rst"))
    assert [name for _, name in cards if f".. _{name}:" not in labels] == []


def test_order_of_the_gallery(monkeypatch):
    pytest.importorskip("matplotlib", reason="installed by the extra 'examples'")
    monkeypatch.syspath_prepend(str(DOCS / "extensions"))
    gallery = importlib.import_module("gallery")
    folders = sorted(p.name for p in (ROOT / "examples").iterdir() if p.is_dir())
    ordered = sorted([*folders, "unknown"], key=gallery.section_order)
    assert ordered[:2] == ["quickstart", "inspection"]
    assert ordered.index("unknown") > ordered.index("methods")
    names = sorted(p.name for p in (ROOT / "examples").rglob("*.py"))
    assert set(gallery.FILES) <= set(names)
    assert sorted(names, key=gallery.file_order)[: len(gallery.FILES)] == [
        *gallery.FILES
    ]
