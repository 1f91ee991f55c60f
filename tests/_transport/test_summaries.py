"""Summaries that hold a sketch: what is told of their errors."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlearnkit._transport.summaries import Limit, _read, summarise

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


def test_the_error_holds_that_of_the_sketch_and_what_its_quantiles_leave_out():
    """A distribution function is flat between the quantiles that are kept of it."""
    values = np.sort(np.random.default_rng(0).normal(size=4_000))
    summary = summarise(values, None, Limit(300))
    sketch, (found, error) = _read(summary.sketch), summary.distribution()
    at = np.searchsorted(found.values, values, side="right")
    left_out = sketch.get_cdf(values, inclusive=True)[:-1] - np.append(0, found.cdf)[at]
    assert 0 < left_out.max() <= error - sketch.normalized_rank_error(False)


def test_rows_are_not_rounded():
    summary = summarise(np.random.default_rng(0).normal(size=4_000), None, Limit(300))
    assert summary.cuts == 1
    assert summary.distribution()[1] == replace(summary, cuts=0).distribution()[1]
