"""The reliability page and README name tests and numbers that exist."""

import csv
import re
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def test_every_promise_has_its_test():
    with open(ROOT / "docs/_reliability_laws.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 80
    assert len({row["promise"] for row in rows}) == len(rows)
    for row in rows:
        path, name = row["test"].split("::")
        assert f"\ndef {name}(" in (ROOT / path).read_text("utf-8"), row
    files = {row["test"].split("::")[0] for row in rows}
    found = (ROOT / "tests/properties").glob("test_*.py")
    assert files == {f"tests/properties/{path.name}" for path in found}


def test_badges_of_readme_say_what_the_tables_say(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    badges = dict(import_module("reliability").badges())
    shown = re.findall(r"\]\((docs/images/badge_.*?\.svg)\)", README.read_text("utf-8"))
    assert [ROOT / path for path in shown] == list(badges)
    for path, text in badges.items():
        assert path.read_text("utf-8") == text
