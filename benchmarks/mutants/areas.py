"""Which code is changed, and which tests have to notice: the areas of the run.

The tests of an area are those in its own folders. A module whose callers are what tests
it, such as the reading of Dask collections, names their files as well.
"""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Area:
    """Files of code and of tests, as patterns relative to the root."""

    name: str
    sources: tuple
    tests: tuple

    def source_files(self):
        """Paths of all modules, as text, without empty packages."""
        return [
            path for path in matches(self.sources) if Path(path).name != "__init__.py"
        ]

    def test_files(self):
        """Paths of all files of tests, and of the modules for their doctests."""
        return [*matches(self.tests), *self.source_files()]


def matches(patterns):
    """Files that match a pattern, in order and once each; no pattern may match none."""
    found = []
    for pattern in patterns:
        paths = sorted(str(p.relative_to(ROOT)) for p in ROOT.glob(pattern))
        if not paths:
            raise ValueError(f"No file matches {pattern!r}.")
        found += [path for path in paths if path not in found]
    return found


AREAS = (
    Area(
        "data",
        ("fairlearnkit/_data/*.py",),
        (
            # All but those of whole models at extremes of magnitude.
            "tests/_data/test_[!n]*.py",
            # Swaps, columns of X, and what is read in partitions.
            "tests/compose/test_*.py",
            "tests/preprocessing/test_terms.py",
            "tests/postprocessing/test_dask_rules.py",
            "tests/metrics/test_dask_metrics.py",
        ),
    ),
    Area(
        "constraints",
        ("fairlearnkit/constraints/*.py",),
        (
            "tests/constraints/test_[!o]*.py",
            "tests/properties/test_constraints.py",
            "tests/test_own_constraint.py",
        ),
    ),
    Area(
        "transport",
        ("fairlearnkit/_transport/*.py",),
        (
            "tests/_transport/test_*.py",
            "tests/properties/test_transport.py",
            # Maps of rows by group, and summaries of partitions.
            "tests/preprocessing/test_*barycenter.py",
            "tests/postprocessing/test_dask_barycenters.py",
        ),
    ),
    Area(
        "counting",
        (
            "fairlearnkit/_counting/*.py",
            "fairlearnkit/metrics/_rates.py",
            "fairlearnkit/metrics/_group_metric.py",
            "fairlearnkit/metrics/_resample_counts.py",
            "fairlearnkit/metrics/_conjunctions.py",
        ),
        (
            "tests/_counting/test_*.py",
            "tests/metrics/test_[!dp]*.py",
            "tests/metrics/test_private_report.py",
            "tests/properties/test_metrics.py",
            # Counts by fold are made for pooled gaps.
            "tests/model_selection/test_pooled.py",
        ),
    ),
    Area(
        "routing",
        ("fairlearnkit/_routing/*.py",),
        ("tests/_routing/test_*.py", "tests/properties/test_routing.py"),
    ),
    Area(
        "decisions",
        (
            "fairlearnkit/_optim/decision*.py",
            "fairlearnkit/postprocessing/_compared.py",
            "fairlearnkit/postprocessing/_costs.py",
            "fairlearnkit/postprocessing/_decision_rules.py",
        ),
        (
            "tests/_optim/test_decisions.py",
            "tests/postprocessing/test_thresholds.py",
            "tests/properties/test_decisions.py",
            "tests/postprocessing/test_given_proba.py",
            "tests/postprocessing/test_with_strength.py",
        ),
    ),
)
