"""The ends of a sample, moved to values that belong to several rows."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fairlearnkit._transport.winsorising import (
    LEAST_ROWS,
    kept_ends,
    merge_outermost,
    outermost,
    winsorise_by_group,
)


@pytest.mark.parametrize("n", [5, 6, 8, 9, 10, 11, 40])
def test_ends_by_sorting(n):
    """Ties included, and merged from places with as little as one value each."""
    values = np.random.default_rng(n).integers(0, 12, n).astype(float)
    ordered, middle = np.sort(values), np.median(values)
    expected = (ordered[4], ordered[-5]) if n > 8 else (middle, middle)
    assert kept_ends(*outermost(values), n) == expected
    found = outermost(values[:1])
    for part in np.split(values[1:], [1, 3]):
        found = merge_outermost(found, outermost(part)) if len(part) else found
    assert kept_ends(*found, n) == expected


def test_each_end_belongs_to_five_rows():
    rng = np.random.default_rng(0)
    values, codes = rng.normal(size=300), rng.permutation(np.arange(300) % 7 - 1)
    codes[codes == 5] = np.where(np.arange((codes == 5).sum()) < 5, 5, 0)
    moved = winsorise_by_group(values, codes, 6)
    assert_array_equal(moved[codes == -1], values[codes == -1])
    for group in range(6):
        own, before = moved[codes == group], values[codes == group]
        for end in (own.min(), own.max()):
            assert (own == end).sum() >= LEAST_ROWS
        inside = (before >= own.min()) & (before <= own.max())
        assert_array_equal(own[inside], before[inside])


def test_the_median_of_large_numbers():
    values = np.array([1.0, 1.7e308, 1.7e308, 1.7e308, 1.7e308, 1.0])
    assert kept_ends(*outermost(values), 6) == (1.7e308, 1.7e308)
