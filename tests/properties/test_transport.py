"""Laws of distributions, distances, barycenters and maps, for samples of all kinds."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ks_2samp, wasserstein_distance

from fairlearnkit._transport import distances
from fairlearnkit._transport.barycenters import barycenter_maps
from fairlearnkit._transport.distances import (
    kolmogorov_smirnov,
    largest_wasserstein,
    unfairness,
    wasserstein,
)
from fairlearnkit._transport.distributions import (
    distributions_by_group,
    make_distribution,
    make_distributions,
)
from fairlearnkit._transport.maps import apply_map, thin_map, transport_maps
from strategies import examples, seeds

thirty = examples(30)

# Eighths have many ties and exact sums; any other numbers have neither.
numbers = st.one_of(
    st.integers(-40, 40).map(lambda k: k / 8), st.floats(-100, 100, width=32)
)
samples = st.lists(numbers, min_size=1, max_size=12).map(np.array)
orders = st.sampled_from([1, 2, 3])


@st.composite
def weighted_samples(draw):
    """Values and integer weights, some of them zero."""
    values = draw(samples)
    n = len(values)
    weight = st.lists(st.integers(0, 4), min_size=n, max_size=n)
    return values, np.array(draw(weight.filter(any)))


@st.composite
def weighted_groups(draw, min_size=2, max_size=4):
    """Distributions of some groups, and their weights in the barycenter."""
    parts = draw(st.lists(weighted_samples(), min_size=min_size, max_size=max_size))
    distributions = [make_distribution(*part) for part in parts]
    n = len(parts)
    p = draw(st.lists(st.integers(0, 4), min_size=n, max_size=n).filter(any))
    return distributions, np.array(p) / sum(p)


@st.composite
def many_groups(draw):
    """Values, codes and weights of 60 groups, a tenth of the rows in none of them."""
    rng = np.random.default_rng(draw(seeds))
    codes = np.append(np.arange(60), np.floor(60 * rng.random(900) ** 2)).astype(int)
    values = rng.normal(size=960) + rng.normal(size=60)[codes]
    values = values.round(draw(st.sampled_from([0, 1, 12])))
    weight = None
    if draw(st.booleans()):
        weight = np.append(np.ones(60), rng.integers(0, 4, 900))
    codes[60:][rng.random(900) < 0.1] = -1
    return values, codes, weight


# Distributions


@thirty
@given(weighted_samples())
def test_a_distribution_function_increases_to_one(sample):
    distribution = make_distribution(*sample)
    assert (np.diff(distribution.values) > 0).all()
    assert (np.diff(distribution.cdf, prepend=0.0) > 0).all()
    assert distribution.cdf[-1] == 1
    values, weight = sample
    assert_array_equal(distribution.values, np.unique(values[weight > 0]))
    shares = [weight[values <= v].sum() / weight.sum() for v in distribution.values]
    assert_allclose(distribution.cdf, shares, rtol=1e-15)


@thirty
@given(weighted_samples(), st.randoms(use_true_random=False))
def test_weights_are_repetitions(sample, random):
    values, weight = sample
    rows = np.repeat(values, weight)
    random.shuffle(rows)
    once, repeated = make_distribution(values, weight), make_distribution(rows)
    assert_array_equal(once.values, repeated.values)
    assert_allclose(once.cdf, repeated.cdf, rtol=3e-16)


@thirty
@given(many_groups())
def test_distributions_of_all_groups_are_those_of_each(rows):
    values, codes, weight = rows
    by_group = distributions_by_group(values, codes, 60, weight)
    for group, found in enumerate(make_distributions(values, codes, 60, weight)):
        inside = codes == group
        part = None if weight is None else weight[inside]
        expected = make_distribution(values[inside], part)
        for each in (found, by_group[group]):
            assert_array_equal(each.values, expected.values)
            assert_array_equal(each.cdf, expected.cdf)


# Distances


@thirty
@given(weighted_groups(3, 3), orders)
def test_wasserstein_is_a_metric(groups, order):
    (a, b, c), _ = groups
    assert wasserstein(a, a, order) == 0
    assert_allclose(wasserstein(a, b, order), wasserstein(b, a, order), rtol=1e-13)
    detour = wasserstein(a, c, order) + wasserstein(c, b, order)
    assert wasserstein(a, b, order) <= detour * (1 + 1e-12)
    same = np.array_equal(a.values, b.values) and np.array_equal(a.cdf, b.cdf)
    assert (wasserstein(a, b, 1) == 0) == same


@thirty
@given(weighted_samples(), weighted_samples(), numbers, numbers, orders)
def test_wasserstein_of_shifted_and_scaled_values(a, b, shift, scale, order):
    x, y = make_distribution(*a), make_distribution(*b)
    shifted = make_distribution(a[0] + shift, a[1])
    far = wasserstein(x, shifted, order)
    assert_allclose(far, abs(shift), rtol=1e-12, atol=1e-12)
    scaled = [make_distribution(scale * v, w) for v, w in (a, b)]
    expected = abs(scale) * wasserstein(x, y, order)
    assert_allclose(wasserstein(*scaled, order), expected, rtol=1e-9, atol=1e-9)


@thirty
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=12))
def test_distances_of_samples_of_equal_size_pair_sorted_values(pairs):
    a, b = np.array(pairs).T
    x, y = make_distribution(a), make_distribution(b)
    difference = np.abs(np.sort(a) - np.sort(b))
    for order in (1, 2, 3):
        expected = np.mean(difference**order) ** (1 / order)
        assert_allclose(wasserstein(x, y, order), expected, rtol=1e-11, atol=1e-14)
    half = np.array([0.5, 0.5])
    expected = np.mean(difference**2) / 4
    assert_allclose(unfairness([x, y], half), expected, rtol=1e-11, atol=1e-14)


@pytest.mark.filterwarnings("ignore:ks_2samp. Exact calc:RuntimeWarning")  # its p-value
@thirty
@given(st.lists(samples, min_size=2, max_size=5))
def test_distances_are_those_of_scipy(parts):
    distributions = [make_distribution(part) for part in parts]
    for (a, b), pair in zip(combinations(parts, 2), combinations(distributions, 2)):
        ks = ks_2samp(a, b).statistic
        assert_allclose(kolmogorov_smirnov(pair), ks, atol=1e-14)
        expected = wasserstein_distance(a, b)
        assert_allclose(wasserstein(*pair), expected, rtol=1e-12, atol=1e-13)
    by_pairs = [wasserstein(*pair) for pair in combinations(distributions, 2)]
    assert largest_wasserstein(distributions) == max(by_pairs)
    found = distances._wasserstein_from(distributions[0], distributions)
    expected = [wasserstein(distributions[0], each) for each in distributions]
    assert_allclose(found, expected, atol=1e-12)


@thirty
@given(many_groups())
def test_kolmogorov_smirnov_is_that_of_all_pairs(rows):
    distributions = make_distributions(*rows[:2], 60, rows[2])
    points = np.unique(rows[0])
    reached = [
        np.append(0.0, each.cdf)[np.searchsorted(each.values, points, side="right")]
        for each in distributions
    ]
    assert kolmogorov_smirnov(distributions) == np.ptp(reached, axis=0).max()
    assert kolmogorov_smirnov(distributions[:3]) == np.ptp(reached[:3], axis=0).max()


# Barycenters and maps


@thirty
@given(weighted_samples(), st.integers(2, 4))
def test_the_barycenter_of_equal_distributions_is_the_same(sample, n):
    values, weight = sample
    distributions = [make_distribution(values, k * weight) for k in range(1, n + 1)]
    p = np.arange(1.0, n + 1) / np.arange(1.0, n + 1).sum()
    for moved in barycenter_maps(distributions, p):
        assert_allclose(moved, distributions[0].values, rtol=1e-13, atol=1e-13)
    assert_allclose(unfairness(distributions, p), 0.0, atol=1e-24)


@thirty
@given(weighted_groups(1))
def test_maps_are_monotone_and_keep_the_mean_of_the_barycenter(groups):
    distributions, p = groups
    means = [each.values @ np.diff(each.cdf, prepend=0.0) for each in distributions]
    low = p @ [each.values[0] for each in distributions]
    high = p @ [each.values[-1] for each in distributions]
    for each, moved in zip(distributions, barycenter_maps(distributions, p)):
        assert (np.diff(moved) >= 0).all()
        mean = moved @ np.diff(each.cdf, prepend=0.0)
        assert_allclose(mean, p @ means, rtol=0, atol=1e-11)
        assert low - 1e-11 <= moved[0]
        assert moved[-1] <= high + 1e-11


@thirty
@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=12))
def test_samples_of_equal_size_are_moved_to_the_same_values(rows):
    """Up to ties: a map takes an atom to one point, the mean of several."""
    columns = np.array(rows).T
    p = np.array([0.2, 0.3, 0.5])
    maps, _ = transport_maps([make_distribution(x) for x in columns], p)
    barycenter = p @ np.sort(columns, axis=1)
    for x, (knots, images) in zip(columns, maps):
        x = np.sort(x)
        expected = [barycenter[x == v].mean() for v in x]
        assert_allclose(apply_map(x, knots, images), expected, rtol=0, atol=1e-11)


@thirty
@given(weighted_groups(), samples, st.floats(0, 1))
def test_strength_goes_from_the_identity_to_the_full_map(groups, x, strength):
    for knots, images in transport_maps(*groups)[0]:
        full = apply_map(x, knots, images)
        assert_array_equal(apply_map(x, knots, images, 0.0), x)
        partly = apply_map(x, knots, images, strength)
        assert_allclose(partly, (1 - strength) * x + strength * full, atol=1e-12)
        assert (np.diff(apply_map(np.sort(x), knots, images)) >= -1e-12).all()
        assert images[0] - 1e-12 <= full.min()
        assert full.max() <= images[-1] + 1e-12


@thirty
@given(weighted_samples(), st.integers(2, 9))
def test_thinned_maps_keep_both_ends_and_no_more_knots_than_asked_for(sample, n):
    distribution = make_distribution(*sample)
    images = 2 * distribution.values + 1
    knots, kept = thin_map(distribution.values, images, distribution.cdf, n)
    assert len(knots) <= n
    assert set(knots) >= {distribution.values[0], distribution.values[-1]}
    assert_array_equal(kept, 2 * knots + 1)


@examples(6)
@given(many_groups(), seeds)
def test_many_distributions_give_what_few_give(rows, seed):
    distributions = make_distributions(*rows[:2], 60, rows[2])
    p = np.random.default_rng(seed).dirichlet(np.ones(60))
    p[3] = 0.0
    p /= p.sum()
    fast = barycenter_maps(distributions, p), unfairness(distributions, p)
    largest = largest_wasserstein(distributions)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("barycenters", "distances", "distributions"):
            name = f"fairlearnkit._transport.{module}.MANY_DISTRIBUTIONS"
            patch.setattr(name, 10**9)
        slow = barycenter_maps(distributions, p), unfairness(distributions, p)
    for found, expected in zip(fast[0], slow[0]):
        assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
        assert (np.diff(found) >= 0).all()
    assert_allclose(fast[1], slow[1], rtol=1e-12)
    assert largest == max(wasserstein(a, b) for a, b in combinations(distributions, 2))
