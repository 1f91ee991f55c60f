"""Summaries that hold a sketch: what is told of their errors."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlearnkit._transport.summaries import Limit, summarise

pytest.importorskip("datasketches")


def weighted(seed, unit):
    rng = np.random.default_rng(seed)
    return summarise(rng.normal(size=4_000), rng.uniform(1, 3, 4_000), Limit(300, unit))


def test_the_error_of_a_sketch_holds_the_rounding_of_weights_once_a_place():
    """Masses of each place are rounded to whole units, if these are not rows."""
    one, other = weighted(0, 2.0), weighted(1, 2.0)
    for summary, n_places in ((one, 1), (one.merge(other), 2)):
        n_points = round(summary.n_values)  # of mass 2, the mean weight
        of_rows = replace(summary, limit=Limit(300, 1.0))
        rounding = summary.distribution()[1] - of_rows.distribution()[1]
        assert_allclose(rounding, n_places / n_points, rtol=0.02)


def test_rows_are_not_rounded():
    summary = summarise(np.random.default_rng(0).normal(size=4_000), None, Limit(300))
    assert summary.cuts == 1
    assert summary.distribution()[1] == replace(summary, cuts=0).distribution()[1]
