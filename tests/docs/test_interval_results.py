"""What the page on measuring says about the stored tables of intervals."""

from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SECTIONS = ("rates", "weights", "metrics", "numbers")
# A title of several words in the header, and its name here.
TITLES = {"any metric": "any"}
# Columns from the last one; the first of a line may hold blanks.
WIDTHS = {"rates": 11, "weights": 10, "metrics": 8, "numbers": 8}


@pytest.fixture(scope="module")
def sections():
    text = (DOCS / "interval_results.txt").read_text("utf-8")
    found = dict(part.split("]\n", 1) for part in text.split("[section ")[1:])
    assert tuple(found) == SECTIONS
    return {name: table(part, WIDTHS[name]) for name, part in found.items()}


def table(section, n_columns):
    """Rows as dicts; all but the first column of a table of names are numbers."""
    for title, name in TITLES.items():
        section = section.replace(title, name)
    header, *lines = section.strip().splitlines()
    names, found = header.split(), []
    assert len(names) == n_columns
    for line in lines:
        values = line.rsplit(maxsplit=n_columns - 1)
        found.append(dict(zip(names, map(number, values))))
    return found


def number(text):
    try:
        return float(text)
    except ValueError:
        return text.strip()


def only(rows, **wanted):
    found = [r for r in rows if all(r[key] == value for key, value in wanted.items())]
    assert found
    return found


def ends(rows, column="holds"):
    values = [row[column] for row in rows]
    return min(values), max(values)


def test_the_page_shows_every_section():
    page = (DOCS / "user_guide/measure.rst").read_text("utf-8")
    assert page.count("literalinclude:: ../interval_results.txt") == len(SECTIONS)
    assert all(f"start-after: [section {name}]" in page for name in SECTIONS)


def test_rates(sections):
    rows = sections["rates"]
    assert len(rows) == 55
    low, high = ends(only(rows, groups=2))
    assert (round(low, 2), high) == (0.93, 1)
    low, high = ends(only(rows, groups=5))
    assert (round(low, 2), high) == (0.98, 1)
    assert ends(only(rows, groups=5, gap=0, rate=0.3), "percentile") == (0, 0)
    low, high = ends(only(rows, groups=5, gap=0.1, rate=0.3), "percentile")
    assert (round(low, 2), round(high, 2)) == (0.75, 0.81)
    for row in rows:  # the shares of one line, each of which is rounded
        assert abs(row["holds"] + row["above"] + row["below"] - 1) < 0.0016
    # Any metric: about as often as they should among two groups, not among five.
    assert ends(only(rows, groups=2), "any")[0] > 0.93
    assert ends(only(rows, groups=5, gap=0, rate=0.3), "any")[1] < 0.9


def test_weights(sections):
    rows = sections["weights"]
    assert len(rows) == 72
    for name, expected in (("exponential", 0.95), ("twice for outcome", 0.92)):
        low, high = ends(only(rows, weights=name))
        assert (round(low, 2), high) == (expected, 1)
    least = min(rows, key=lambda row: row["holds"])
    assert least["rows"] * least["rate"] == 10


def test_other_metrics(sections):
    assert len(sections["metrics"]) == 24
    assert ends(sections["metrics"])[0] > 0.93


def test_numbers(sections):
    rows = sections["numbers"]
    low, high = ends(only(rows, number="mean prediction"))
    assert low > 0.92
    assert high < 0.97
    (distance,) = only(rows, number="KS distance", gap=0)
    assert round(distance["above"], 2) == 0.24  # "a quarter"
