"""Transport maps and distances against exact arithmetic with fractions, in loops."""

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import wasserstein_distance

from fairlearnkit._transport.barycenters import _nearest_nonempty, barycenter_maps
from fairlearnkit._transport.distances import (
    kolmogorov_smirnov,
    largest_wasserstein,
    unfairness,
    wasserstein,
)
from fairlearnkit._transport.distributions import (
    MANY_DISTRIBUTIONS,
    EmpiricalDistribution,
    make_distribution,
    make_distributions,
    mixture,
    with_values,
)
from fairlearnkit._transport.maps import apply_map, merge_near_ties, thin_map


def atoms(values, weight):
    """Distinct values and exact shares."""
    total = {}
    for value, w in zip(values, weight):
        if w:
            total[value] = total.get(value, Fraction(0)) + Fraction(w)
    mass = sum(total.values())
    return [(Fraction(v), total[v] / mass) for v in sorted(total)]


def quantile(distribution, u):
    """Q(u), the least value whose cumulated share reaches u."""
    reached = Fraction(0)
    for value, share in distribution:
        reached += share
        if reached >= u:
            return value
    raise AssertionError


def breaks(distributions):
    points = {Fraction(0)}
    for distribution in distributions:
        reached = Fraction(0)
        for _, share in distribution:
            reached += share
            points.add(reached)
    return sorted(points)


def exact_maps(distributions, p):
    """T of each atom: the mean of the barycenter's quantiles over its interval."""
    points, maps = breaks(distributions), []
    for distribution in distributions:
        moved, start = [], Fraction(0)
        for _, share in distribution:
            inside = [t for t in points if start <= t <= start + share]
            area = sum(
                (b - a) * sum(w * quantile(q, b) for w, q in zip(p, distributions))
                for a, b in pairwise(inside)
            )
            moved.append(area / share)
            start += share
        maps.append(moved)
    return maps


def exact_unfairness(distributions, p):
    points = breaks(distributions)
    total = Fraction(0)
    for a, b in pairwise(points):
        values = [quantile(distribution, b) for distribution in distributions]
        mean = sum(w * v for w, v in zip(p, values))
        total += (b - a) * sum(w * (v - mean) ** 2 for w, v in zip(p, values))
    return total


def exact_ks(a, b):
    points = {v for v, _ in a} | {v for v, _ in b}

    def below(distribution, t):
        return sum(share for v, share in distribution if v <= t)

    return max(abs(below(a, t) - below(b, t)) for t in points)


samples = st.lists(
    st.lists(
        st.tuples(st.integers(-6, 6), st.integers(0, 3)), min_size=1, max_size=9
    ).filter(lambda rows: any(w for _, w in rows)),
    min_size=2,
    max_size=4,
)


@pytest.mark.slow
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
    distributions = [
        make_distribution(v, np.array(w))
        for v, w in zip(map(np.array, values), weights)
    ]
    for distribution, known in zip(distributions, exact):
        assert_array_equal(distribution.values, [float(v) for v, _ in known])
        assert distribution.cdf[-1] == 1
    found = barycenter_maps(distributions, np.array(p, dtype=float))
    for moved, known in zip(found, exact_maps(exact, p)):
        assert_allclose(moved, np.array(known, dtype=float), rtol=0, atol=1e-13)
        assert (np.diff(moved) >= 0).all()
    U = float(exact_unfairness(exact, p))
    assert_allclose(
        unfairness(distributions, np.array(p, dtype=float)), U, rtol=0, atol=1e-12
    )
    for i, j in combinations(range(len(distributions)), 2):
        ks = kolmogorov_smirnov([distributions[i], distributions[j]])
        assert_allclose(ks, float(exact_ks(exact[i], exact[j])), atol=1e-15)
        w = [np.array(one, dtype=float) for one in (weights[i], weights[j])]
        expected = wasserstein_distance(values[i], values[j], *w)
        assert_allclose(
            wasserstein(distributions[i], distributions[j]), expected, atol=1e-13
        )


@pytest.mark.parametrize("n", [10, 1000, 300_000])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_equal_distributions_stay_to_rounding(n, offset):
    """Also where the shares are those of other sums, and the sample is large."""
    rng = np.random.default_rng(0)
    values = rng.standard_cauchy(n) + offset
    twice = np.tile(values, 2)
    weight = rng.integers(1, 4, n) * 0.1
    distributions = [
        make_distribution(values),
        make_distribution(twice),
        make_distribution(twice[::-1]),
    ]
    for distribution, moved in zip(
        distributions, barycenter_maps(distributions, np.array([0.2, 0.3, 0.5]))
    ):
        assert_allclose(moved, distribution.values, rtol=4e-16, atol=1e-15 * offset)
    distributions = [
        make_distribution(values, weight),
        make_distribution(twice, np.tile(weight, 2) * 3.7),
    ]
    for distribution, moved in zip(
        distributions, barycenter_maps(distributions, np.array([0.4, 0.6]))
    ):
        order = np.argsort(np.abs(distribution.values))[: int(0.99 * n)]
        assert_allclose(
            moved[order], distribution.values[order], rtol=0, atol=1e-9 * (1 + offset)
        )


def test_weights_below_rounding_are_no_atoms():
    distribution = make_distribution(
        np.array([3.0, 1.0, 2.0, 4.0]), np.array([1e-30, 1.0, 1.0, 1e-30])
    )
    assert distribution.values.tolist() == [1.0, 2.0]
    other = make_distribution(np.array([5.0, 6.0, 9.0]))
    for moved in barycenter_maps([distribution, other], np.array([0.5, 0.5])):
        assert np.isfinite(moved).all()


def test_weights_below_rounding_are_no_atoms_of_any_group():
    values, weight = np.tile([3.0, 1.0, 2.0, 4.0], 3), np.tile([1e-30, 1, 1, 1e-30], 3)
    for distribution in make_distributions(values, np.repeat([0, 1, 2], 4), 3, weight):
        assert distribution.values.tolist() == [1.0, 2.0]
        assert distribution.cdf.tolist() == [0.5, 1.0]


def test_values_of_float32_are_computed_with_in_float64():
    n = MANY_DISTRIBUTIONS
    values = np.random.default_rng(0).normal(size=10 * n).astype(np.float32)
    found, expected = (
        unfairness(
            make_distributions(each, np.arange(10 * n) % n, n), np.full(n, 1 / n)
        )
        for each in (values, values.astype(np.float64))
    )
    assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("tiny", [1e-323, 1e-30, 5e-15])
def test_tiny_atoms_take_nothing_from_their_neighbours(place, tiny):
    weight = np.ones(3)
    weight[place] = tiny
    distribution, other = (
        make_distribution(np.arange(3.0), weight),
        make_distribution(np.array([10.0, 20.0])),
    )
    kept = [i for i in range(3) if i != place]
    assert distribution.values.tolist() == kept
    maps = barycenter_maps([distribution, other], np.array([0.5, 0.5]))
    assert_allclose(maps[0], [5 + kept[0] / 2, 10 + kept[1] / 2])
    assert_allclose(np.average(maps[0]), np.average(maps[1]))


@pytest.mark.parametrize("copies", [1, MANY_DISTRIBUTIONS])
def test_atoms_without_a_piece_of_their_own(copies):
    """Shares of three distributions may chain to one where rounding is."""
    step = 0.8e-14
    shares = [[0.5 + k * step for k in range(j, 6, 2)] for j in (0, 1)]
    distributions = [
        EmpiricalDistribution(np.arange(len(one) + 1.0), np.array([*one, 1.0]))
        for one in shares
    ]
    p = np.full(2 * copies, 0.5 / copies)
    for moved in barycenter_maps(distributions * copies, p):
        assert_allclose(moved, [0.0, 3.0, 3.0, 3.0], atol=1e-13)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=6).filter(any), min_size=1)
)
def test_the_nearest_atom_that_has_a_piece(distributions):
    expected, start = [], 0
    for nonempty in distributions:
        known = np.flatnonzero(nonempty)
        for position in range(len(nonempty)):
            later = known[known >= position]
            expected.append(start + (later[0] if len(later) else known[-1]))
        start += len(nonempty)
    sizes = [len(nonempty) for nonempty in distributions]
    found = _nearest_nonempty(np.concatenate(distributions), sizes)
    assert found.tolist() == expected


def test_merge_near_ties():
    eps = np.finfo(float).eps
    values = np.array([1.0, 5.0, 1.0 + eps, 2.0, 1.0 + 3 * eps, 5.0 - 4 * eps])
    merged = merge_near_ties(values, 10 * eps)
    assert merged.tolist() == [1.0, 5.0 - 4 * eps, 1.0, 2.0, 1.0, 5.0 - 4 * eps]
    chain = 1.0 + np.arange(100) * 4 * eps  # too long to be rounding
    assert_array_equal(merge_near_ties(chain, 10 * eps), chain)
    relative = merge_near_ties(np.array([1e-300, 1.5e-300, 1.0]), 10 * eps * values[:3])
    assert relative[0] == relative[1]
    tiny = np.array([1e-300, 1.5e-300, 1.0])
    assert_array_equal(merge_near_ties(tiny, 10 * eps * tiny), tiny)


def test_knots_that_nearly_touch():
    """A slope between them would overflow."""
    knots, moved = np.array([0.0, 1e-310, 0.2]), np.array([0.1, 0.25, 0.5])
    x = np.array([0.0, 5e-311, 1e-310, 0.1, 5e-324, 0.2, 7.0])
    expected = [0.1, 0.175, 0.25, 0.375, 0.1, 0.5, 0.5]
    assert_allclose(apply_map(x, knots, moved), expected)
    assert_array_equal(apply_map(x, knots, moved, 0.0), x)


def test_pooled_distribution_is_the_mixture():
    a, b = np.array([1.0, 2.0]), np.array([2.0, 3.0, 4.0, 5.0])
    pooled = mixture(
        [make_distribution(a), make_distribution(b)], np.array([0.25, 0.75])
    )
    assert pooled.values.tolist() == [1, 2, 3, 4, 5]
    assert_allclose(np.diff(pooled.cdf, prepend=0), [2 / 16, 5 / 16, *3 * [3 / 16]])
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


def test_thinned_maps_keep_the_ends():
    distribution = make_distribution(np.arange(1000.0))
    knots, moved = thin_map(
        distribution.values, distribution.values**2, distribution.cdf, 5
    )
    assert knots.tolist() == [0, 249, 499, 749, 999]
    assert_array_equal(moved, knots**2)
    few = thin_map(
        distribution.values[:3],
        distribution.values[:3],
        make_distribution(np.arange(3.0)).cdf,
        100,
    )
    assert few[0].tolist() == [0, 1, 2]


def test_many_equal_distributions_have_no_distance():
    distribution = make_distribution(np.random.default_rng(0).normal(size=30))
    distributions, p = [distribution] * 80, np.full(80, 1 / 80)
    assert (
        kolmogorov_smirnov(distributions) == largest_wasserstein(distributions) == 0.0
    )
    assert 0.0 <= unfairness(distributions, p) < 1e-18
    for moved in barycenter_maps(distributions, p):
        assert_allclose(moved, distribution.values, atol=1e-15)


@pytest.mark.parametrize("n_quantiles", [10**9, 10**400])
def test_more_quantiles_than_values_keep_all(n_quantiles):
    distribution = make_distribution(np.random.default_rng(0).normal(size=1000))
    knots, moved = thin_map(
        distribution.values, distribution.values**2, distribution.cdf, n_quantiles
    )
    assert_array_equal(knots, distribution.values)
    assert_array_equal(moved, distribution.values**2)


@pytest.mark.parametrize(
    "n_distributions", [2, MANY_DISTRIBUTIONS, 3 * MANY_DISTRIBUTIONS]
)
def test_distributions_of_a_single_atom_each(n_distributions):
    rng = np.random.default_rng(0)
    values, weights = (
        rng.normal(size=n_distributions),
        rng.dirichlet(np.ones(n_distributions)),
    )
    distributions = make_distributions(
        values, np.arange(n_distributions), n_distributions
    )
    mean = weights @ values
    assert_allclose(
        np.concatenate(barycenter_maps(distributions, weights)), mean, atol=1e-12
    )
    expected = weights @ (values - mean) ** 2
    assert_allclose(unfairness(distributions, weights), expected, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=1, max_size=30), st.booleans())
def test_images_of_atoms_under_a_monotone_map(values, weighted):
    """A map of integers to floor(v / 3), so that atoms meet, for rows and for atoms."""
    values = np.array(values, dtype=np.float64)
    weight = values % 4 + 1 if weighted else None
    distribution = make_distribution(values, weight)
    found = with_values(distribution, distribution.values // 3)
    expected = make_distribution(values // 3, weight)
    assert_array_equal(found.values, expected.values)
    assert_allclose(found.cdf, expected.cdf, rtol=1e-15)
