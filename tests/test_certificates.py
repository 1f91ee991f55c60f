"""Certificates of optimality against the solver of ``benchmarks/certificates.py``.

Five problems of each family; the script takes thousands of them.
"""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs/certificates_results.txt"
FAMILIES = [
    "logistic",
    "hinge",
    "squared hinge",
    "squared",
    "tube",
    "squared tube",
    "Poisson",
    "Gamma",
    "kernel SVC",
    "kernel SVR",
    "kernel ridge",
    "decision rules",
    "projection, gap",
    "projection, X",
]


@pytest.fixture(scope="module")
def script():
    """The script, imported as it imports its own modules, and forgotten afterwards."""
    before, folder = set(sys.modules), str(ROOT / "benchmarks")
    sys.path.insert(0, folder)
    yield importlib.import_module("certificates")
    sys.path.remove(folder)
    for name in set(sys.modules) - before:
        if folder in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("family", FAMILIES)
def test_certificates_are_not_below_the_excess(script, family):
    verdicts = [script.verdict(family, i) for i in range(5)]
    certified = [v for v in verdicts if not (v.warned or np.isnan(v.certificate))]
    assert len(certified) >= 3
    for v in certified:
        assert v.shortfall <= 1, v
        # The referee knows the optimum far better than any tolerance of a fit.
        assert v.referee <= 1e-13 * v.objective, v


@pytest.mark.parametrize(
    ("family", "i"),
    [
        # Multipliers that did not sum to zero.
        ("tube", 92),
        ("squared tube", 10),
        ("squared hinge", 1553),
        ("kernel SVR", 643),
        # Multipliers that were not those of the point.
        ("kernel ridge", 350),
        ("kernel ridge", 993),
        # Sums of steps with the rounding of all of them.
        ("hinge", 1726),
        ("squared hinge", 532),
        # Points that missed their goal.
        ("hinge", 886),
        ("hinge", 1935),
        ("squared hinge", 1534),
        ("tube", 235),
        # (1 - q) log(1 - q) of a probability near 1, under a large weight.
        ("logistic", 1926),
        # A factor of the kernel that lacks its end.
        ("kernel SVC", 1545),
        # A direction of the constraint that was left out as rounding.
        ("kernel ridge", 1700),
    ],
)
def test_problems_whose_certificates_were_too_small(script, family, i):
    assert script.verdict(family, i).shortfall <= 1


def test_where_there_is_no_optimum_a_fit_warns(script):
    """Separable rows without a penalty: a step of 1e154 led to NaN."""
    found = script.verdict("logistic", 342)
    assert found.warned
    assert np.isnan(found.certificate)


def test_a_certificate_that_is_too_small_is_found(script):
    """Half of one that is tight."""
    found = script.verdict("squared hinge", 13)
    assert found.shortfall <= 1
    assert replace(found, certificate=0.5 * found.certificate).shortfall > 1


def test_every_family_is_tried(script):
    assert list(script.AUDITS) == FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_stored_results(family):
    text = RESULTS.read_text("utf-8").split("The same problems")[0]
    rows = {line[:19].strip(): line[19:].split() for line in text.splitlines()}
    problems, _, _, _, wrong, _, _, ratio, _ = rows[family]
    assert int(problems.replace(",", "")) >= 2_000
    assert int(wrong) == 0
    assert float(ratio) < 1
