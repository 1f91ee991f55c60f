"""Quantiles of columns in partitions against a sort of all values."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

dask = pytest.importorskip("dask")

from fairlearnkit._data.order_statistics import weighted_quantiles  # noqa: E402

SHARES = np.array([0.0, 0.25, 0.5, 0.9, 1.0])


def same(value):
    return value


def in_parts(values, weight, cuts):
    """Delayed pairs of values and weights, one of them None, as of no rows."""
    parts = zip(
        np.split(values, cuts), np.split(weight, cuts) if weight is not None else ()
    )
    pairs = (
        list(parts)
        if weight is not None
        else [(part, None) for part in np.split(values, cuts)]
    )
    return [dask.delayed(same, pure=False)(pair) for pair in [*pairs, None]]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_as_after_a_sort(seed, weighted):
    rng = np.random.default_rng(seed)
    n, scale = 300, 10.0 ** rng.integers(-200, 200)
    values = np.round(rng.normal(size=n), 1 + seed) * scale  # ties, and a signed zero
    values[:2] = 0.0, -0.0
    weight = rng.integers(0, 4, n).astype(float) if weighted else None
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(np.ones(n) if weight is None else weight[order])
    expected = values[order][np.searchsorted(sums / sums[-1], SHARES)]
    if weighted:  # rows without a weight are no quantiles
        known = weight > 0
        expected[0] = values[known].min()
        values, weight = values[known], weight[known]
    with dask.config.set(scheduler="sync"):
        found = weighted_quantiles(in_parts(values, weight, [50, 120]), SHARES)
    assert_array_equal(found, expected)


@pytest.mark.parametrize("seed", range(4))
def test_the_largest_value_though_sums_are_rounded(seed):
    """The weights in another order may add up to more than they do in this one."""
    rng = np.random.default_rng(seed)
    values, weight = rng.normal(size=(2, 1000))
    with dask.config.set(scheduler="sync"):
        found = weighted_quantiles(in_parts(values, weight**2, [400]), SHARES[[0, 4]])
    assert_array_equal(found, [values.min(), values.max()])


def test_a_single_quantile():
    with dask.config.set(scheduler="sync"):
        found = weighted_quantiles(in_parts(np.arange(5.0), None, [2]), SHARES[[2]])
    assert_array_equal(found, [2.0])


def test_one_row_and_infinities():
    with dask.config.set(scheduler="sync"):
        one = weighted_quantiles(in_parts(np.array([3.5]), None, []), SHARES)
        ends = np.array([np.inf, -np.inf, 0.0])
        found = weighted_quantiles(in_parts(ends, None, [1]), np.array([0.1, 0.5, 1.0]))
    assert_array_equal(one, 3.5)
    assert_array_equal(found, [-np.inf, 0.0, np.inf])
