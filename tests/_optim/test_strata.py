"""Gaps of cells without forming pairs, against loops over all pairs."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import linprog
from scipy.spatial.distance import pdist

from fairlearnkit._optim.strata import (
    center_strata,
    gap_polytope,
    helmert_contrasts,
    largest_distance,
    largest_gap,
    widest_pair,
)

STRATA = {
    "one": np.zeros(5, dtype=int),
    "two cells": np.zeros(2, dtype=int),
    "unlike sizes": np.repeat([0, 1, 2], [2, 4, 3]),
    "by themselves": np.full(3, -1),
    "mixed": np.array([-1, 0, 0, 0, -1, 1, 1]),
}


def pairs(values, strata):
    """Every difference that counts."""
    rows = [v for v, s in zip(values, strata) if s < 0]
    for i, j in combinations(range(len(strata)), 2):
        if strata[i] == strata[j] >= 0:
            rows.append(values[i] - values[j])
    return np.array(rows)


@pytest.fixture(params=STRATA)
def strata(request):
    return STRATA[request.param]


@pytest.fixture
def values(strata):
    values = np.random.default_rng(len(strata)).normal(size=(len(strata), 3))
    return values + np.array([0.0, 5.0, 1e6])


def test_gap_and_distance(values, strata):
    found = pairs(values, strata)
    for column in range(3):
        assert_allclose(
            largest_gap(values[:, column], strata), np.abs(found[:, column]).max()
        )
    assert_allclose(largest_gap(values, strata), np.abs(found).max())
    farthest = np.linalg.norm(found, axis=1).max()
    assert_allclose(largest_distance(values, strata), farthest, rtol=1e-9)


def test_widest_pair(values, strata):
    for column in values.T:
        a, b, gap = widest_pair(column, strata)
        assert_allclose(gap, largest_gap(column, strata))
        assert_allclose(gap, abs(column[a] - (0.0 if b is None else column[b])))
        assert (b is None) == (strata[a] < 0)


def test_multipliers_of_cells_give_what_those_of_the_polytope_give(strata):
    rng = np.random.default_rng(1)
    cells = rng.normal(size=(len(strata), 2))
    polytope = gap_polytope(cells, strata)
    multipliers = rng.normal(size=len(polytope.G))
    n_centres = polytope.G.shape[1] - 2
    for j in range(n_centres):  # those of a centre balance
        inside = np.flatnonzero(polytope.G[:, 2 + j])
        multipliers[inside] -= multipliers[inside].mean()
    of_cells = polytope.multipliers_of_cells(multipliers)
    expected = np.append(cells.T @ of_cells, np.zeros(n_centres))
    assert_allclose(polytope.G.T @ multipliers, expected, atol=1e-12)
    for stratum in np.unique(strata[strata >= 0]):
        assert_allclose(of_cells[strata == stratum].sum(), 0.0, atol=1e-12)


def test_distances_of_many_points_that_are_all_equally_far_out():
    angle = np.random.default_rng(0).uniform(0, 2.0, 60)
    points = np.column_stack([np.cos(angle), np.sin(angle)]) + 7.0
    strata = np.zeros(60, dtype=int)
    found = pairs(points, strata)
    assert_allclose(
        largest_distance(points, strata), np.linalg.norm(found, axis=1).max()
    )


def test_contrasts_are_orthonormal_and_span_all_pairs(strata):
    H = helmert_contrasts(np.eye(len(strata)), strata)
    assert_allclose(H @ H.T, np.eye(len(H)), atol=1e-14)
    every = pairs(np.eye(len(strata)), strata)
    assert np.linalg.matrix_rank(every) == len(H)
    assert_allclose(every @ H.T @ H, every, atol=1e-14)


def test_contrasts_of_values_do_not_see_an_offset(strata):
    rng = np.random.default_rng(0)
    values = rng.integers(-8, 8, size=(len(strata), 3)).astype(float)
    moved = values + np.where(strata[:, None] < 0, 0.0, 2.0**40)
    assert_allclose(
        center_strata(moved, strata), center_strata(values, strata), atol=1e-4
    )
    assert_allclose(
        helmert_contrasts(center_strata(moved, strata), strata),
        helmert_contrasts(values, strata),
        atol=1e-4,
    )


@settings(max_examples=20)
@given(name=st.sampled_from(sorted(STRATA)), seed=st.integers(0, 10**6))
def test_the_polytope_is_that_of_all_pairs(name, seed):
    strata, rng = STRATA[name], np.random.default_rng(seed)
    rows = rng.normal(size=(len(strata), 2))
    polytope = gap_polytope(rows, strata)
    G, limits = polytope.G, polytope.limits
    u = rng.normal(size=2)
    u /= np.abs(pairs(rows @ u, strata)).max()  # on its boundary
    n_centres = G.shape[1] - 2

    def holds(point):
        fixed = G[:, :2] @ point
        if not n_centres:
            return bool((np.abs(fixed) <= limits).all())
        A = np.vstack([G[:, 2:], -G[:, 2:]])
        b = np.concatenate([limits - fixed, limits + fixed])
        free = [(None, None)] * n_centres
        return linprog(np.zeros(n_centres), A, b, bounds=free).status == 0

    assert holds(0.999 * u)
    assert not holds(1.001 * u)


@pytest.mark.slow
@settings(max_examples=300)
@given(
    spread=st.sampled_from([0.0, 1.0, 3.0]),
    size=st.integers(2, 11),
    seed=st.integers(0, 10**6),
)
def test_largest_distance_is_that_of_all_pairs(spread, size, seed):
    """Of few points that lie around one another unevenly a pair was overlooked."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(size, 2)) * rng.exponential(size=2)
    points[0] += spread
    strata = np.zeros(size, dtype=np.intp)
    assert_allclose(largest_distance(points, strata), pdist(points).max())
    alone = np.append(strata, -1)
    with_one = np.vstack([points, [30.0, 40.0]])
    assert_allclose(largest_distance(with_one, alone), 50.0)
