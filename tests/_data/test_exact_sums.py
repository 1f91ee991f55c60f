"""Sums without rounding: equal in every order, and correctly rounded."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairlearnkit._data.exact_sums import ExactSums, add_parts, exact_parts, rounded

numbers = st.lists(
    st.floats(-1e300, 1e300, allow_nan=False, allow_subnormal=False),
    min_size=1,
    max_size=40,
)


def fractions(cell, values, n_cells):
    """Sums by cell as Python's fractions."""
    sums = [Fraction(0)] * n_cells
    for k, value in zip(cell.tolist(), values.tolist()):
        sums[k] += Fraction(value)
    return sums


@given(numbers, st.integers(1, 3), st.integers(0, 2**32 - 1))
@example([6.696928794914171e299, 6.617444900424222e-24], 3, 0)
def test_sums_are_those_of_fractions_rounded_once(values, n_cells, seed):
    values = np.array(values)
    cell = np.random.default_rng(seed).integers(n_cells, size=len(values))
    found = rounded(exact_parts(cell, values, n_cells))
    expected = [float(each) for each in fractions(cell, values, n_cells)]
    assert found.tolist() == expected


def test_order_and_blocks_make_no_difference():
    rng = np.random.default_rng(0)
    values, cell = rng.exponential(size=5000) ** 4, rng.integers(7, size=5000)
    whole = rounded(exact_parts(cell, values, 7))
    assert (whole != np.bincount(cell, values)).any()  # which rounds each addition
    order = rng.permutation(5000)
    assert (rounded(exact_parts(cell[order], values[order], 7)) == whole).all()
    sums = ExactSums(values.max(), 5000, 7)
    for block in np.array_split(order, 13):
        sums.add(cell[block], values[block])
    assert (rounded(sums.parts()) == whole).all()


def test_sums_of_sums_are_exact_too():
    rng = np.random.default_rng(1)
    values = rng.normal(size=3000) * 10.0 ** rng.integers(-9, 9, 3000)
    cell, coarse = rng.integers(12, size=3000), np.arange(12) % 5
    merged = add_parts(coarse, exact_parts(cell, values, 12), 5)
    assert (rounded(merged) == rounded(exact_parts(coarse[cell], values, 5))).all()


def test_no_numbers_and_numbers_too_large_for_a_sum():
    empty = np.empty(0, dtype=np.intp)
    assert rounded(exact_parts(empty, np.empty(0), 3)).tolist() == [0.0] * 3
    huge = np.full(4, 1e308)
    cell = np.array([0, 0, 1, 1])
    parts = exact_parts(cell, huge, 2)
    assert rounded(parts).tolist() == [np.inf, np.inf]
    assert rounded(add_parts(np.zeros(2, np.intp), parts, 1)).tolist() == [np.inf]


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_small_numbers_are_not_lost_beside_large_ones(scale):
    values = np.array([1.0, 1e-30, -1.0]) * scale
    found = rounded(exact_parts(np.zeros(3, np.intp), values, 1))
    assert found[0] == float(Fraction(values[1]))
