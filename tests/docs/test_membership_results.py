"""What the page on membership inference says about its stored tables."""

import re
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parents[2] / "docs"
SECTIONS = ("models", "neighbour", "remedies", "parity", "parity_svc", "coverage")


@pytest.fixture(scope="module")
def sections():
    text = (DOCS / "membership_results.txt").read_text("utf-8")
    found = dict(part.split("]\n", 1) for part in text.split("[section ")[1:])
    assert tuple(found) == SECTIONS
    return found


def rows(section, pattern=r"(\S.*?)\s{2,}([-+\d.].*)"):
    """Numbers of the lines of a table, by their labels."""
    lines = [re.fullmatch(pattern, line.strip()) for line in section.splitlines()]
    return {
        m[1]: [float(n) for n in re.findall(r"[-+]?\d+\.\d+|\d+", m[2])]
        for m in lines
        if m
    }


def test_the_page_shows_every_section(sections):
    page = (DOCS / "user_guide/membership.rst").read_text("utf-8")
    assert page.count("literalinclude:: ../membership_results.txt") == len(sections)
    assert all(f"start-after: [section {name}]" in page for name in sections)


def test_the_order_of_the_models(sections):
    first, _ = sections["models"].split("\n\n", 1)
    table = rows(first)
    areas = [
        table[name][2] for name in ("logistic", "SVC, C = 10", "boosting", "forest")
    ]
    assert areas == sorted(areas)
    assert all(row[0] < row[2] for row in table.values())  # the loss alone finds less
    # Men overall, women within the class of high incomes.
    assert all(row[4] < row[5] for row in table.values())
    high = [line for line in sections["models"].splitlines() if " >50K " in line]
    assert len(high) == 3
    for line in high:
        women, men = map(float, line.split(">50K")[1].split()[:2])
        assert women > men


def test_fewer_classes_hide_more(sections):
    table = rows(sections["neighbour"])
    two, ten, hundred, number = table.values()
    assert two[0] > ten[0] > hundred[0]  # right by chance
    assert two[2] < ten[2] < 0.95 < hundred[2]
    assert number[1] == 1
    assert number[2] > 0.95


def test_remedies_help(sections):
    table = rows(sections["remedies"])
    forest, *leaves = (v for k, v in table.items() if k == "forest" or "of 5" in k)
    assert leaves[0][0] < forest[0]
    assert leaves[0][-1] > forest[-1]  # accuracy


def test_changes_in_standard_errors(sections):
    of_logistic = rows(sections["parity"], r"(\w+_\w+)\s+(.*)")
    changes = sections["parity"].count("_parity") + sections["parity"].count("_odds")
    assert changes == 4
    assert of_logistic
    for line in (sections["parity"] + sections["parity_svc"]).splitlines():
        numbers = re.findall(r"([-+]\d\.\d+) \((\d\.\d+)\)", line)
        if numbers:
            (change, error), _ = numbers
            assert abs(float(change)) < 2.6 * float(error)


def test_coverage(sections):
    auc, rate = sections["coverage"].split("\n\n", 1)
    for table in (auc, rate):
        shares = np.array([row[1:5] for row in rows(table).values() if len(row) > 4])
        assert shares.shape == (4, 4)
        assert shares[:, 1:].min() > 0.92  # of groups and differences
        assert shares[:, 0].min() >= 0.89
