"""Each promise of the reliability page names a test that exists."""

import csv
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
