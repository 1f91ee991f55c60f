"""Laws of contrasts, on samples of few rows with ties, zero weights and small cells."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from fairlearnkit.constraints import (
    Decorrelation,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GeneralParity,
)
from strategies import examples

pytestmark = pytest.mark.filterwarnings(
    "ignore::fairlearnkit.exceptions.SmallGroupWarning"
)
thirty = examples(30)

# Each constraint with the values of y that form its strata; None takes all rows.
STRATA = [
    (DemographicParity(), [None]),
    (GeneralParity(n_bins=1), [None]),
    (EqualOpportunity(), [1]),
    (EqualOpportunity(pos_label=0), [0]),
    (EqualizedOdds(), [0, 1]),
]
CONSTRAINTS = [constraint for constraint, _ in STRATA]
by_strata = pytest.mark.parametrize(("constraint", "strata"), STRATA)
by_constraint = pytest.mark.parametrize("constraint", CONSTRAINTS)


@st.composite
def samples(draw):
    """Scores, y, group and weight, with a row of weight 1 or more in each cell."""
    n_groups = draw(st.integers(2, 4))
    cells = [(y, g, 1) for y in (0, 1) for g in range(n_groups)]
    row = st.tuples(st.integers(0, 1), st.integers(0, n_groups - 1), st.integers(0, 3))
    y, group, weight = np.array(cells + draw(st.lists(row, max_size=20))).T
    f = draw(st.lists(st.integers(-40, 40), min_size=len(y), max_size=len(y)))
    return np.array(f) / 8, y, np.array(list("abcd"))[group], weight


def by_hand(f, y, group, weight, strata):
    """Signed differences of weighted means, every pair of groups in every stratum."""
    gaps = []
    for stratum in strata:
        inside = np.full(len(y), True) if stratum is None else y == stratum
        rows = [inside & (group == g) for g in np.unique(group)]
        means = [np.average(f[r], weights=weight[r]) for r in rows]
        gaps += [a - b for a, b in combinations(means, 2)]
    return np.array(gaps)


def cells_of(contrasts, rename=str):
    """The mean of each cell as a dense row, by its stratum and its name."""
    means = np.asarray(contrasts.means.todense())
    return {
        (stratum, rename(cell)): row
        for stratum, cell, row in zip(contrasts.strata, contrasts.cells, means)
    }


@by_strata
@pytest.mark.parametrize("weighted", [False, True])
@thirty
@given(sample=samples())
def test_rows_are_differences_of_means(constraint, strata, weighted, sample):
    f, y, group, weight = sample
    contrasts = constraint.contrasts(y, group, weight if weighted else None)
    expected = by_hand(*sample[:3], weight if weighted else np.ones(len(y)), strata)
    M = contrasts.toarray()
    assert_allclose(M.sum(axis=1), 0, atol=1e-14)
    assert_allclose(M @ f, expected, atol=1e-13)
    assert_allclose(contrasts.gaps(f), expected, atol=1e-13)
    assert_allclose(contrasts.gap(f), np.abs(expected).max(), atol=1e-13)
    assert len(contrasts.names) == len(expected) == len(set(contrasts.names))


@by_constraint
@thirty
@given(sample=samples(), factors=st.tuples(*[st.integers(-9, 9)] * 3))
def test_gaps_are_linear_in_the_scores(constraint, sample, factors):
    f, y, group, weight = sample
    a, b, c = factors
    contrasts = constraint.contrasts(y, group, weight)
    squares = f**2
    both = np.column_stack([f, squares, a * f + b * squares + c])
    gaps = contrasts.gaps(both)
    assert_allclose(gaps[:, 2], a * gaps[:, 0] + b * gaps[:, 1], atol=1e-11)
    each = [contrasts.gap(column) for column in both.T]
    assert_allclose(contrasts.gap(both), max(each), atol=1e-12)


@by_constraint
@thirty
@given(sample=samples(), labels=st.permutations("abcd"))
def test_other_labels_permute_the_cells(constraint, sample, labels):
    f, y, group, weight = sample
    renaming = dict(zip("abcd", labels))
    renamed = np.array([renaming[g] for g in group])
    before = constraint.contrasts(y, group, weight)
    after = constraint.contrasts(y, renamed, weight)
    expected, found = cells_of(before, renaming.get), cells_of(after)
    assert expected.keys() == found.keys()
    for cell, row in expected.items():
        assert_allclose(found[cell], row, atol=1e-15)
    assert_allclose(after.gap(f), before.gap(f), atol=1e-13)


@by_constraint
@thirty
@given(sample=samples(), random=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(constraint, sample, random):
    f, y, group, weight = sample
    order = np.array(random.sample(range(len(f)), len(f)))
    M = constraint.contrasts(y, group, weight).toarray()
    permuted = constraint.contrasts(y[order], group[order], weight[order])
    assert_allclose(permuted.toarray(), M[:, order], atol=1e-15)


@pytest.mark.parametrize("constraint", [*CONSTRAINTS, Decorrelation()])
@thirty
@given(sample=samples())
def test_a_weight_is_a_number_of_rows_and_zero_is_none(constraint, sample):
    f, y, group, weight = sample
    if constraint == Decorrelation():
        group = np.where(group == "a", y - 0.5, 3.0)
    rows = np.repeat(np.arange(len(f)), weight)
    weighted = constraint.contrasts(y, group, weight)
    repeated = constraint.contrasts(y[rows], group[rows])
    assert weighted.names == repeated.names
    assert_allclose(weighted.gaps(f), repeated.gaps(f[rows]), atol=1e-12)
    assert_allclose(weighted.toarray()[:, weight == 0], 0)


@pytest.mark.parametrize("kind", [DemographicParity, EqualizedOdds])
@thirty
@given(sample=samples(), data=st.data())
def test_several_columns_are_intersections_or_one_after_the_other(kind, sample, data):
    f, y, group, weight = (np.concatenate([part, part]) for part in sample)
    drawn = data.draw(st.lists(st.booleans(), min_size=len(f), max_size=len(f)))
    other = np.where(drawn, "z", "x")
    n_cells, half = 2 * len(np.unique(group)), len(f) // 2
    other[:n_cells], other[half : half + n_cells] = "x", "z"  # no cell is empty
    two = {"group": group, "other": other}
    names = np.char.add(np.char.add(group, "/"), other)
    together = kind().contrasts(y, two, weight)
    assert_allclose(
        np.sort(np.abs(together.gaps(f))),
        np.sort(np.abs(kind().contrasts(y, names, weight).gaps(f))),
        atol=1e-13,
    )
    separate = kind(columns="separately").contrasts(y, two, weight)
    parts = [kind().contrasts(y, column, weight).gaps(f) for column in two.values()]
    assert_allclose(separate.gaps(f), np.concatenate(parts), atol=1e-13)
