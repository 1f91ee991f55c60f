"""The pages "coming from ..." quote code that runs, and results that it gave."""

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks/side_by_side"
PAGES = sorted(
    p for p in (ROOT / "docs/coming_from").glob("*.rst") if p.stem != "index"
)
QUOTE = re.compile(r"literalinclude:: \.\./\.\./(\S+)\n   :pyobject: (\w+)")


@pytest.fixture
def side(monkeypatch):
    """The module with fairlearn's code, imported as its script imports the others."""
    pytest.importorskip("fairlearn", reason="installed by the extra 'dev' only")
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module("fairlearn_side")
    for name in ("common", "fairlearn_side"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_quoted_functions_exist(page):
    quotes = QUOTE.findall(page.read_text("utf-8"))
    assert len(quotes) >= 2
    for path, function in quotes:
        assert f"\ndef {function}(" in (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_results_name_their_versions(page):
    results = page.with_name(f"{page.stem}_results.txt").read_text("utf-8")
    assert re.match(r"fairlearnkit \S+, [\w-]+ \d", results)


def test_there_are_four_pages():
    assert [p.stem for p in PAGES] == ["aif360", "equipy", "fairlearn", "scikit_lego"]


def test_conventions_of_fairlearn_are_as_told(side):
    """The larger difference against the mean, and 0 for a rate that is not defined."""
    told = (ROOT / "docs/coming_from/fairlearn_results.txt").read_text("utf-8")
    for line in side.conventions():
        assert line in told


@pytest.mark.slow
def test_what_correlation_remover_keeps(side):
    """It keeps the means of columns; both make those of groups equal."""
    X, _, sex = side.table("train", 3000)
    theirs, own = np.asarray(side.correlation_remover(X, sex)), side.projection(X, sex)
    own, women = np.asarray(own), np.asarray(sex == "Female")
    assert_allclose(theirs.mean(axis=0), X.mean(axis=0), atol=1e-9)
    assert np.abs(own.mean(axis=0) - X.mean(axis=0).to_numpy()).max() > 1e-4
    for Z in (theirs, own):
        assert_allclose(Z[women].mean(axis=0), Z[~women].mean(axis=0), atol=1e-9)


@pytest.mark.slow
def test_two_runs_of_our_rule_agree(side):
    X, y, sex = side.table("train", 2000)
    first, second = (side.threshold_classifier(X, y, sex, X, sex) for _ in range(2))
    assert (first == second).all()
    assert 0 < first.mean() < 1
