"""Distributions in ranges of values and of levels: those of all rows in memory."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlearnkit._transport import ranges
from fairlearnkit._transport.distances import GroupDistributions, kolmogorov_smirnov
from fairlearnkit._transport.distributions import make_distribution, make_distributions
from fairlearnkit._transport.ranges import RangedDistributions, sample_of

dask = pytest.importorskip("dask")
SHARES = np.linspace(0.0, 1.0, 101)[1:]


@pytest.fixture(autouse=True)
def synchronous():
    with dask.config.set(scheduler="synchronous"):
        yield


def make_rows(n_groups, n=900, *, n_values=None, seed=0):
    """Groups of unlike sizes and scores; -1 is no group."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(-1, n_groups, n).clip(max=rng.integers(-1, n_groups, n) + 1)
    codes[:n_groups] = np.arange(n_groups)
    values = rng.normal(size=n) * (1 + codes % 3) + codes / n_groups
    if n_values is not None:
        values = np.round(values * n_values / 8) * 8 / n_values
    weight = rng.exponential(size=n) ** 2 * (rng.random(n) > 0.1)
    weight[:n_groups] = 1.0
    return codes, values, weight


def in_both(codes, values, weight, n_groups, sizes, monkeypatch, rows_in_range=100):
    """Distributions in memory, and in ranges of partitions of some sizes."""
    monkeypatch.setattr(ranges, "ROWS_IN_RANGE", rows_in_range)
    monkeypatch.setattr(ranges, "SAMPLE_SIZE", 300)
    parts = [
        (codes[a:b], values[a:b], None if weight is None else weight[a:b])
        for a, b in pairwise([0, *np.cumsum(sizes)])
    ]
    parts = [part if len(part[0]) else None for part in parts]
    tasks = [dask.delayed(part, pure=False, traverse=False) for part in parts]
    samples = [sample_of(part[1], len(parts)) for part in parts if part is not None]
    group_of = [np.append(np.arange(n_groups), -1)] * len(parts)
    ranged = RangedDistributions(tasks, group_of, samples, len(codes), n_groups)
    found = make_distributions(values, codes, n_groups, weight)
    return GroupDistributions(found), ranged


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("n_groups", "n_values"), [(2, None), (2, 3), (5, 40), (5, None), (60, 40)]
)
def test_ranges_are_as_memory(n_groups, weighted, n_values, monkeypatch):
    codes, values, weight = make_rows(n_groups, n_values=n_values)
    weight = weight if weighted else None
    sizes = [1, 400, 0, 499]
    memory, ranged = in_both(codes, values, weight, n_groups, sizes, monkeypatch)
    if n_values is None:
        assert ranged.n_ranges == 9
    pair, expected = ranged.widest_pair(), memory.widest_pair()
    assert pair[1:] == expected[1:]
    assert_allclose(pair[0], expected[0], rtol=1e-13)
    if not weighted:
        assert pair == expected
    shares = np.random.default_rng(1).dirichlet(np.ones(n_groups))
    assert_allclose(ranged.unfairness(shares), memory.unfairness(shares), rtol=1e-11)
    assert_allclose(
        ranged.largest_wasserstein(), memory.largest_wasserstein(), rtol=1e-11
    )
    assert (ranged.quantiles(SHARES) == memory.quantiles(SHARES)).all()
    assert (ranged.lowest == memory.lowest).all()


def test_some_of_the_groups(monkeypatch):
    codes, values, _ = make_rows(6)
    memory, ranged = in_both(codes, values, None, 6, [450, 450], monkeypatch)
    for compared in ([0, 1], [5, 2, 3], [4, 0]):
        compared = np.array(compared)
        assert ranged.widest_pair(compared) == memory.widest_pair(compared)


def distances_to_rest(codes, values, weight, n_groups):
    """Of the distributions of each group and of all other groups, made from rows."""
    weight = np.ones(len(codes)) if weight is None else weight
    for g in range(n_groups):
        sides = codes == g, (codes >= 0) & (codes != g)
        yield kolmogorov_smirnov(
            [make_distribution(values[s], weight[s]) for s in sides]
        )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_values", [None, 3])
def test_distances_of_groups_to_the_rest(weighted, n_values, monkeypatch):
    codes, values, weight = make_rows(5, n_values=n_values)
    rows = codes, values, weight if weighted else None, 5
    _, ranged = in_both(*rows, [1, 400, 0, 499], monkeypatch)
    assert_allclose(ranged.distances_to_rest(), [*distances_to_rest(*rows)], rtol=1e-11)


def test_a_partition_whose_rows_are_in_no_group(monkeypatch):
    codes, values, weight = make_rows(3)
    codes[400:], weight[200:400] = -1, 0.0
    memory, ranged = in_both(codes, values, weight, 3, [200, 200, 500], monkeypatch)
    pair, expected = ranged.widest_pair(), memory.widest_pair()
    assert pair[1:] == expected[1:]
    assert_allclose(pair[0], expected[0], rtol=1e-13)


def test_groups_apart_from_each_other(monkeypatch):
    """Each range holds one group, and distribution functions jump from 0 to 1."""
    codes = np.repeat([0, 1, 2], 300)
    values = np.random.default_rng(0).random(900) + 10.0 * codes
    memory, ranged = in_both(codes, values, None, 3, [900], monkeypatch)
    assert ranged.widest_pair() == memory.widest_pair() == (1.0, 0, 1)
    distance = memory.largest_wasserstein()
    assert_allclose(ranged.largest_wasserstein(), distance, rtol=1e-12)
    assert_allclose(distance, 20.0, atol=0.1)


def test_a_value_of_many_rows_is_one_atom(monkeypatch):
    codes, values = np.arange(900) % 2, np.r_[np.zeros(800), np.arange(100.0)]
    _, ranged = in_both(codes, values, None, 2, [450, 450], monkeypatch)
    assert max(len(atoms.codes) for atoms in dask.compute(*ranged.atoms)) <= 200
