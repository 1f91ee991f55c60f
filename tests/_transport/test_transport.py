"""Transport maps and distances against exact arithmetic with fractions, in loops."""

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ks_2samp, wasserstein_distance

from fairlearnkit._transport import barycenters, distances, distributions
from fairlearnkit._transport.barycenters import barycenter_maps, pushed
from fairlearnkit._transport.distances import (
    kolmogorov_smirnov,
    largest_wasserstein,
    unfairness,
    wasserstein,
)
from fairlearnkit._transport.distributions import (
    MANY,
    Law,
    make_law,
    make_laws,
    pooled_law,
)
from fairlearnkit._transport.maps import apply_map, merge_rounding, thinned


def atoms(values, weight):
    """Distinct values and exact shares."""
    total = {}
    for value, w in zip(values, weight):
        if w:
            total[value] = total.get(value, Fraction(0)) + Fraction(w)
    mass = sum(total.values())
    return [(Fraction(v), total[v] / mass) for v in sorted(total)]


def quantile(law, u):
    """Q(u), the least value whose cumulated share reaches u."""
    reached = Fraction(0)
    for value, share in law:
        reached += share
        if reached >= u:
            return value
    raise AssertionError


def breaks(laws):
    points = {Fraction(0)}
    for law in laws:
        reached = Fraction(0)
        for _, share in law:
            reached += share
            points.add(reached)
    return sorted(points)


def exact_maps(laws, p):
    """T of each atom: the mean of the barycenter's quantiles over its interval."""
    points, maps = breaks(laws), []
    for law in laws:
        moved, start = [], Fraction(0)
        for _, share in law:
            inside = [t for t in points if start <= t <= start + share]
            area = sum(
                (b - a) * sum(w * quantile(q, b) for w, q in zip(p, laws))
                for a, b in pairwise(inside)
            )
            moved.append(area / share)
            start += share
        maps.append(moved)
    return maps


def exact_unfairness(laws, p):
    points = breaks(laws)
    total = Fraction(0)
    for a, b in pairwise(points):
        values = [quantile(law, b) for law in laws]
        mean = sum(w * v for w, v in zip(p, values))
        total += (b - a) * sum(w * (v - mean) ** 2 for w, v in zip(p, values))
    return total


def exact_ks(a, b):
    points = {v for v, _ in a} | {v for v, _ in b}

    def below(law, t):
        return sum(share for v, share in law if v <= t)

    return max(abs(below(a, t) - below(b, t)) for t in points)


samples = st.lists(
    st.lists(
        st.tuples(st.integers(-6, 6), st.integers(0, 3)), min_size=1, max_size=9
    ).filter(lambda rows: any(w for _, w in rows)),
    min_size=2,
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(samples, st.data())
def test_exact_for_weighted_samples_with_ties(rows, data):
    p = data.draw(
        st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows)).filter(any)
    )
    p = [Fraction(w, sum(p)) for w in p]
    values = [[v for v, _ in group] for group in rows]
    weights = [[w for _, w in group] for group in rows]
    exact = [atoms(v, w) for v, w in zip(values, weights)]
    laws = [make_law(v, np.array(w)) for v, w in zip(map(np.array, values), weights)]
    for law, known in zip(laws, exact):
        assert_array_equal(law.values, [float(v) for v, _ in known])
        assert law.shares[-1] == 1
    found = barycenter_maps(laws, np.array(p, dtype=float))
    for moved, known in zip(found, exact_maps(exact, p)):
        assert_allclose(moved, np.array(known, dtype=float), rtol=0, atol=1e-13)
        assert (np.diff(moved) >= 0).all()
    U = float(exact_unfairness(exact, p))
    assert_allclose(unfairness(laws, np.array(p, dtype=float)), U, rtol=0, atol=1e-12)
    for i, j in combinations(range(len(laws)), 2):
        ks = kolmogorov_smirnov([laws[i], laws[j]])
        assert_allclose(ks, float(exact_ks(exact[i], exact[j])), atol=1e-15)
        w = [np.array(one, dtype=float) for one in (weights[i], weights[j])]
        expected = wasserstein_distance(values[i], values[j], *w)
        assert_allclose(wasserstein(laws[i], laws[j]), expected, atol=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_distances_of_large_samples(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=1500), np.round(rng.gumbel(size=700), 1)
    x, y = make_law(a), make_law(b)
    assert_allclose(kolmogorov_smirnov([x, y]), ks_2samp(a, b).statistic, atol=1e-14)
    assert_allclose(wasserstein(x, y), wasserstein_distance(a, b), rtol=1e-12)
    c = rng.normal(size=1500)
    by_hand = np.sqrt(np.mean((np.sort(a) - np.sort(c)) ** 2))
    assert_allclose(wasserstein(x, make_law(c), order=2), by_hand, rtol=1e-12)
    half = np.array([0.5, 0.5])
    assert_allclose(unfairness([x, make_law(c)], half), by_hand**2 / 4, rtol=1e-12)
    three = [x, make_law(c), y]
    by_pairs = [wasserstein(i, j) for i in three for j in three]
    assert largest_wasserstein(three) == max(by_pairs)


@pytest.mark.parametrize("n", [10, 1000, 300_000])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_equal_laws_stay_to_rounding(n, offset):
    """Also where the shares are those of other sums, and the sample is large."""
    rng = np.random.default_rng(0)
    values = rng.standard_cauchy(n) + offset
    twice = np.tile(values, 2)
    weight = rng.integers(1, 4, n) * 0.1
    laws = [make_law(values), make_law(twice), make_law(twice[::-1])]
    for law, moved in zip(laws, barycenter_maps(laws, np.array([0.2, 0.3, 0.5]))):
        assert_allclose(moved, law.values, rtol=4e-16, atol=1e-15 * offset)
    laws = [make_law(values, weight), make_law(twice, np.tile(weight, 2) * 3.7)]
    for law, moved in zip(laws, barycenter_maps(laws, np.array([0.4, 0.6]))):
        order = np.argsort(np.abs(law.values))[: int(0.99 * n)]
        assert_allclose(
            moved[order], law.values[order], rtol=0, atol=1e-9 * (1 + offset)
        )


def test_weight_two_is_the_row_twice():
    rng = np.random.default_rng(1)
    values, weight = rng.normal(size=200).round(1), rng.integers(0, 4, 200)
    once, repeated = make_law(values, weight), make_law(np.repeat(values, weight))
    assert_array_equal(once.values, repeated.values)
    assert_allclose(once.shares, repeated.shares, rtol=3e-16)


def test_weights_below_rounding_are_no_atoms():
    law = make_law(np.array([3.0, 1.0, 2.0, 4.0]), np.array([1e-30, 1.0, 1.0, 1e-30]))
    assert law.values.tolist() == [1.0, 2.0]
    other = make_law(np.array([5.0, 6.0, 9.0]))
    for moved in barycenter_maps([law, other], np.array([0.5, 0.5])):
        assert np.isfinite(moved).all()


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("tiny", [1e-323, 1e-30, 5e-15])
def test_tiny_atoms_take_nothing_from_their_neighbours(place, tiny):
    weight = np.ones(3)
    weight[place] = tiny
    law, other = make_law(np.arange(3.0), weight), make_law(np.array([10.0, 20.0]))
    kept = [i for i in range(3) if i != place]
    assert law.values.tolist() == kept
    maps = barycenter_maps([law, other], np.array([0.5, 0.5]))
    assert_allclose(maps[0], [5 + kept[0] / 2, 10 + kept[1] / 2])
    assert_allclose(np.average(maps[0]), np.average(maps[1]))


def test_atoms_without_a_piece_of_their_own():
    """Shares of three laws may chain to one where rounding is."""
    step = 0.8e-14
    shares = [[0.5 + k * step for k in range(j, 6, 2)] for j in (0, 1)]
    laws = [Law(np.arange(len(one) + 1.0), np.array([*one, 1.0])) for one in shares]
    for moved in barycenter_maps(laws, np.array([0.5, 0.5])):
        assert_allclose(moved, [0.0, 3.0, 3.0, 3.0])


def test_merge_rounding():
    eps = np.finfo(float).eps
    values = np.array([1.0, 5.0, 1.0 + eps, 2.0, 1.0 + 3 * eps, 5.0 - 4 * eps])
    merged = merge_rounding(values, 10 * eps)
    assert merged.tolist() == [1.0, 5.0 - 4 * eps, 1.0, 2.0, 1.0, 5.0 - 4 * eps]
    chain = 1.0 + np.arange(100) * 4 * eps  # too long to be rounding
    assert_array_equal(merge_rounding(chain, 10 * eps), chain)
    relative = merge_rounding(np.array([1e-300, 1.5e-300, 1.0]), 10 * eps * values[:3])
    assert relative[0] == relative[1]
    tiny = np.array([1e-300, 1.5e-300, 1.0])
    assert_array_equal(merge_rounding(tiny, 10 * eps * tiny), tiny)


def test_knots_that_nearly_touch():
    """A slope between them would overflow."""
    knots, moved = np.array([0.0, 1e-310, 0.2]), np.array([0.1, 0.25, 0.5])
    x = np.array([0.0, 5e-311, 1e-310, 0.1, 5e-324])
    assert_allclose(apply_map(x, knots, moved), [0.1, 0.175, 0.25, 0.375, 0.1])
    assert_array_equal(apply_map(x, knots, moved, 0.0), x)


def test_pooled_law_is_the_mixture():
    a, b = np.array([1.0, 2.0]), np.array([2.0, 3.0, 4.0, 5.0])
    pooled = pooled_law([make_law(a), make_law(b)], np.array([0.25, 0.75]))
    assert pooled.values.tolist() == [1, 2, 3, 4, 5]
    assert_allclose(np.diff(pooled.shares, prepend=0), [2 / 16, 5 / 16, *3 * [3 / 16]])
    assert pooled.largest_atom() == 5 / 16


def test_a_map_is_linear_between_knots_and_constant_beyond():
    knots, moved = np.array([0.0, 1.0, 3.0]), np.array([10.0, 20.0, 30.0])
    x = np.array([2.0, -5.0, 0.0, 3.0, 9.0, 0.5, 1.0])
    expected = [25.0, 10.0, 10.0, 30.0, 30.0, 15.0, 20.0]
    assert apply_map(x, knots, moved).tolist() == expected
    assert apply_map(x, knots, moved, 0.0).tolist() == x.tolist()
    partly = apply_map(x, knots, moved, 0.25)
    assert_allclose(partly, 0.75 * x + 0.25 * np.array(expected))


@pytest.mark.parametrize("n_knots", [1, 2, 50, 5000])
def test_a_value_is_moved_by_itself_bit_for_bit(n_knots):
    """numpy computes the slopes in two ways, by the number of values."""
    rng = np.random.default_rng(0)
    knots = np.sort(rng.normal(size=n_knots))
    moved = np.sort(rng.normal(size=n_knots)) * 1e3
    x = np.concatenate([rng.normal(size=700), knots])
    together = apply_map(x, knots, moved, 0.7)
    one_by_one = [apply_map(x[i : i + 1], knots, moved, 0.7)[0] for i in range(len(x))]
    assert_array_equal(together, one_by_one)


def test_pushed_law_puts_equal_values_together():
    law = make_law(np.arange(4.0))
    after = pushed(law, np.array([1.0, 1.0, 2.0, 2.0]))
    assert (after.values.tolist(), after.shares.tolist()) == ([1, 2], [0.5, 1.0])


def test_thinned_maps_keep_the_ends():
    law = make_law(np.arange(1000.0))
    knots, moved = thinned(law.values, law.values**2, law.shares, 5)
    assert knots.tolist() == [0, 249, 499, 749, 999]
    assert_array_equal(moved, knots**2)
    few = thinned(law.values[:3], law.values[:3], make_law(np.arange(3.0)).shares, 100)
    assert few[0].tolist() == [0, 1, 2]


def many_laws(seed, n_groups=60):
    """Laws of unlike sizes with ties and an offset, and how they were made."""
    rng = np.random.default_rng(seed)
    n = 40 * n_groups
    codes = np.append(np.arange(n_groups), np.floor(n_groups * rng.random(n) ** 2))
    codes = codes.astype(int)
    values = rng.normal(size=len(codes)) + rng.normal(size=n_groups)[codes]
    weight = None
    if seed % 2:
        values = np.round(values, 1)
        weight = rng.integers(0, 4, len(codes)).astype(float)
        weight[:n_groups] = 1.0
    return values, codes, weight


@pytest.mark.parametrize("seed", range(6))
def test_many_laws_at_once_are_those_of_each_group(seed):
    values, codes, weight = many_laws(seed)
    codes[-5:] = -1
    found = make_laws(values, codes, 60, weight)
    for group, law in enumerate(found):
        rows = codes == group
        one = make_law(values[rows], None if weight is None else weight[rows])
        assert_array_equal(law.values, one.values)
        assert_array_equal(law.shares, one.shares)


@pytest.mark.parametrize("seed", range(6))
def test_many_laws_give_what_few_give(monkeypatch, seed):
    laws = make_laws(*many_laws(seed)[:2], 60, many_laws(seed)[2])
    p = np.random.default_rng(seed).dirichlet(np.ones(60))
    p[3] = 0.0
    p /= p.sum()
    many = barycenter_maps(laws, p), unfairness(laws, p), largest_wasserstein(laws)
    for module in (barycenters, distances, distributions):
        monkeypatch.setattr(module, "MANY", 10**9)
    one_by_one = barycenter_maps(laws, p), unfairness(laws, p)
    for found, expected in zip(many[0], one_by_one[0]):
        assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
        assert (np.diff(found) >= 0).all()
    assert_allclose(many[1], one_by_one[1], rtol=1e-12)
    assert many[2] == max(wasserstein(a, b) for a, b in combinations(laws, 2))


@pytest.mark.parametrize("seed", range(6))
def test_kolmogorov_smirnov_is_that_of_all_pairs(seed):
    values, codes, weight = many_laws(seed)
    laws = make_laws(values, codes, 60, weight)
    points = np.unique(values)
    reached = [
        np.append(0.0, law.shares)[np.searchsorted(law.values, points, side="right")]
        for law in laws
    ]
    assert kolmogorov_smirnov(laws) == np.ptp(reached, axis=0).max()
    assert kolmogorov_smirnov(laws[:3]) == np.ptp(reached[:3], axis=0).max()


def test_many_equal_laws_have_no_distance():
    law = make_law(np.random.default_rng(0).normal(size=30))
    laws, p = [law] * 80, np.full(80, 1 / 80)
    assert kolmogorov_smirnov(laws) == largest_wasserstein(laws) == 0.0
    assert 0.0 <= unfairness(laws, p) < 1e-18
    for moved in barycenter_maps(laws, p):
        assert_allclose(moved, law.values, atol=1e-15)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.integers(-4, 4), min_size=1, max_size=6), min_size=2, max_size=5
    )
)
def test_distances_from_one_law(samples):
    laws = [make_law(np.array(sample, dtype=float)) for sample in samples]
    found = distances._distances_from(laws[0], laws)
    expected = [wasserstein(laws[0], law) for law in laws]
    assert_allclose(found, expected, atol=1e-14)


@pytest.mark.parametrize("n_quantiles", [10**9, 10**400])
def test_more_quantiles_than_values_keep_all(n_quantiles):
    law = make_law(np.random.default_rng(0).normal(size=1000))
    knots, moved = thinned(law.values, law.values**2, law.shares, n_quantiles)
    assert_array_equal(knots, law.values)
    assert_array_equal(moved, law.values**2)


@pytest.mark.parametrize("n_laws", [2, MANY, 3 * MANY])
def test_laws_of_a_single_atom_each(n_laws):
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=n_laws), rng.dirichlet(np.ones(n_laws))
    laws = make_laws(values, np.arange(n_laws), n_laws)
    mean = weights @ values
    assert_allclose(np.concatenate(barycenter_maps(laws, weights)), mean, atol=1e-12)
    expected = weights @ (values - mean) ** 2
    assert_allclose(unfairness(laws, weights), expected, rtol=1e-12)
