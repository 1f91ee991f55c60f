"""Counts of what the test suite holds, for docs/reliability.rst.

    python benchmarks/reliability.py [--coverage coverage.json]

Collects the tests without running them, and writes docs/reliability_tests.csv. With
what a run has executed (``pytest --cov --cov-report=json``), it writes
docs/reliability_coverage.csv too. From these tables and pyproject.toml it draws the
badges of README, docs/images/badge_*.svg.
"""

import argparse
import csv
import json
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

# What is counted, and the beginnings of the tests' names; the first that fits counts.
KINDS = {
    "scikit-learn's common checks": ("tests/test_common.py::test_check",),
    "Routing, cloning and public names of every estimator": (
        "tests/test_public_api.py",
        "tests/test_routing.py",
        "tests/test_common.py",
        "tests/utils/",
    ),
    "Bad input": ("tests/test_bad_input.py",),
    "Properties on random problems": ("tests/properties/",),
    "Faults, interruptions, threads and processes": (
        "tests/test_dask_faults.py",
        "tests/test_failed_fit.py",
        "tests/test_long_run.py",
        "tests/test_memory.py",
        "tests/test_missing_libraries.py",
        "tests/test_processes.py",
        "tests/test_threads.py",
    ),
    "Saved models, types and versions": (
        "tests/test_persistence.py",
        "tests/test_stubs.py",
        "tests/test_versions.py",
    ),
    "Optima, bounds and certificates": (
        "tests/_optim/",
        "tests/_models/",
        "tests/linear_model/",
        "tests/svm/",
        "tests/test_optimum.py",
        "tests/test_offsets.py",
        "tests/test_sizes.py",
    ),
    "Groups, labels and alignment of rows": ("tests/_data/", "tests/_routing"),
    "Constraints": ("tests/constraints/", "tests/test_own_constraint.py"),
    "Decisions, barycenters and transformers": (
        "tests/_transport/",
        "tests/postprocessing/",
        "tests/preprocessing/",
        "tests/representation/",
    ),
    "Metrics, reports and choices": (
        "tests/_counting/",
        "tests/metrics/",
        "tests/model_selection/",
        "tests/inspection/",
        "tests/test_command_line.py",
    ),
    "SensitiveColumns and counterfactuals": ("tests/compose/",),
    "Data": ("tests/datasets/",),
    "Examples and stored results": (
        "tests/docs/",
        "tests/test_examples.py",
        "tests/test_papers.py",
        "tests/test_peer_table.py",
        "tests/test_side_by_side.py",
    ),
    "Code of the guide and of README": ("docs/", "README.md"),
    "Examples of docstrings": ("fairlearnkit/",),
    "House rules and others": ("tests/",),
}


def collected():
    """Names of all tests."""
    options = ["--collect-only", "-q", "-m", "slow or not slow"]
    command = [sys.executable, "-m", "pytest", *options]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stdout[-2000:])
    return [line for line in run.stdout.splitlines() if "::" in line]


def kind(test):
    """What a test is counted as."""
    return next(name for name, starts in KINDS.items() if test.startswith(starts))


def write(name, rows):
    """A table of the docs."""
    with open(DOCS / name, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def covered(path):
    """Shares of lines and branches that a run has executed."""
    totals = json.loads(Path(path).read_text("utf-8"))["totals"]
    for what, done, of in [
        ("Lines", "covered_lines", "num_statements"),
        ("Branches", "covered_branches", "num_branches"),
    ]:
        share = 100 * totals[done] / totals[of]
        yield what, f"{totals[of]:,}", f"{share:.1f} %"


BADGE = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" \
role="img" aria-label="{label}: {value}">
<rect width="{width}" height="20" rx="3" fill="#555"/>
<path d="M{split} 0h{rest}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{split}z" fill="#2a6f97"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="6" y="14" textLength="{label_length}">{label}</text>
<text x="{value_start}" y="14" textLength="{value_length}">{value}</text>
</g>
</svg>
"""
CHARACTER = 7  # pixels


def badge(label, value):
    """The two words of a badge as SVG."""
    split = 12 + CHARACTER * len(label)
    width = split + 12 + CHARACTER * len(value)
    return BADGE.format(
        label=label,
        value=value,
        width=width,
        split=split,
        rest=width - split - 3,
        label_length=CHARACTER * len(label),
        value_start=split + 6,
        value_length=CHARACTER * len(value),
    )


def badges():
    """File and text of each badge, of the tables in the docs and of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    tables = {}
    for name in ("tests", "coverage"):
        text = (DOCS / f"reliability_{name}.csv").read_text("utf-8").splitlines()
        tables[name] = {row[0]: row[-1] for row in csv.reader(text)}
    values = {
        "python": project["requires-python"].replace(">=", "") + " or later",
        "license": project["license"],
        "tests": tables["tests"]["All"],
        "coverage": tables["coverage"]["Lines"],
    }
    for label, value in values.items():
        yield DOCS / "images" / f"badge_{label}.svg", badge(label, value)


def main():
    """Write the tables and the badges."""
    known = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    known.add_argument("--coverage", help="coverage.json of a run")
    options = known.parse_args()
    counts = Counter(map(kind, collected()))
    rows = [(name, f"{counts[name]:,}") for name in KINDS if counts[name]]
    total = f"{counts.total():,}"
    write("reliability_tests.csv", [("Tests", "Number"), *rows, ("All", total)])
    if options.coverage:
        head = ("Of the package", "Number", "Executed by the tests")
        write("reliability_coverage.csv", [head, *covered(options.coverage)])
    for path, text in badges():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
