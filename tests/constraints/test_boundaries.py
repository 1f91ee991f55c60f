"""Numbers at which constraints change what they do, and messages word by word."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from fairlearnkit._data.alignment import AlignmentError
from fairlearnkit.constraints import (
    Contrasts,
    Decorrelation,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GeneralParity,
    check_constraint,
    group_contrasts,
    read_groups,
)
from fairlearnkit.exceptions import SmallGroupWarning

GROUPS = read_groups(["a"] * 10 + ["b"] * 10)


@pytest.mark.parametrize(("off", "refused"), [(1.9e-9, False), (2.1e-9, True)])
def test_rows_sum_to_zero_relative_to_their_values(off, refused):
    """The sum of absolute values is 2: 1e-9 of it may remain, of either sign."""
    for scale in (1e-5, 1e5):
        for rows in ([[1, -1 + off]], [[1 - off, -1]]):
            if not refused:
                assert Contrasts.from_rows(np.multiply(scale, rows)).names == ("row 0",)
                continue
            with pytest.raises(
                ValueError, match="finite and sum to zero; got 1 of 1 ro"
            ):
                Contrasts.from_rows(np.multiply(scale, rows))


def test_explicit_rows():
    message = (
        r"^Contrast rows must be finite and sum to zero; got 0 of 1 rows with another "
        r"sum\. Subtract from each mean the mean that it is compared with\.$"
    )
    with pytest.raises(ValueError, match=message):
        Contrasts.from_rows([1.0, np.nan, -1.0])
    one = Contrasts.from_rows([1, -1], groups=GROUPS)
    assert one.means.dtype == np.float64
    assert one.groups is GROUPS
    two = Contrasts.from_rows([[1, -1], [2, -2]], names=["x", "y"])
    assert two.names == two.cells == ("x", "y")
    assert two.suffixes == ()
    assert_array_equal(two.toarray(), [[1, -1], [2, -2]])
    assert two.gap([[1.0, 0.0], [0.0, 3.0]]) == 6.0
    assert Contrasts.from_rows([0, 0]).gap([1.0, 5.0]) == 0.0
    assert Contrasts(np.eye(1), np.array([-1]), ("x",)).groups is None


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_stacked_contrasts_keep_cells_apart():
    """A cell outside all strata between two sets of strata stays outside."""
    first = group_contrasts(GROUPS, np.tile([0, 1], 10), stratum_names=[" A", " B"])
    alone = Contrasts.from_rows(np.r_[1.0, -1.0, np.zeros(18)][None], names=["own"])
    stacked = Contrasts.stack([first, alone, group_contrasts(GROUPS)], GROUPS)
    assert stacked.strata.tolist() == [0, 0, 1, 1, -1, 2, 2]
    assert stacked.names == ("own", "a - b A", "a - b B", "a - b")
    assert stacked.suffixes == (" A", " B", "")
    assert stacked.groups is GROUPS
    assert stacked.means.format == "csc"
    f = np.arange(20.0) ** 2
    parts = [alone.gaps(f), first.gaps(f), group_contrasts(GROUPS).gaps(f)]
    assert_allclose(stacked.gaps(f), np.concatenate(parts), rtol=1e-12)
    assert_allclose(stacked.gap(f), np.abs(np.concatenate(parts)).max(), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_gaps_keep_the_digits_of_scores_far_from_zero():
    """Weights of means, such as 1 / 3, sum to 1 but for rounding."""
    contrasts = group_contrasts(read_groups(["a", "b", "c"] * 3))
    f = np.array([[0.0, 7.0, 2.0, 4.0, 1.0, 9.0, 5.0, 4.0, 4.0]]).T * [1.0, -2.0]
    far = f + np.array([1e14, 1e9])
    assert contrasts.gap(far) == pytest.approx(4.0, rel=1e-14)
    expected = [[-1.0, 2.0], [-2.0, 4.0], [-1.0, 2.0]]
    assert_allclose(contrasts.gaps(far), expected, rtol=1e-14)


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_rows_that_no_stratum_holds():
    strata = np.r_[np.zeros(10, int), np.full(4, -1), np.zeros(6, int)]
    groups = read_groups(["a", "b"] * 10)
    contrasts = group_contrasts(groups, strata, sample_weight=np.arange(1.0, 21.0))
    assert_array_equal(contrasts.means.toarray()[:, 10:14], 0)
    assert_allclose(contrasts.means.sum(axis=1), 1.0)
    assert contrasts.means.indptr.dtype == contrasts.means.indices.dtype == np.int32
    assert contrasts.cells == ("a", "b")
    assert contrasts.suffixes == ("",)
    assert contrasts.groups is groups
    # Strata without names are numbered by the largest index.
    two = group_contrasts(groups, np.r_[np.zeros(10, np.int8), np.ones(10, np.int8)])
    assert two.strata.tolist() == [0, 0, 1, 1]
    assert two.suffixes == ("", "")


@pytest.mark.parametrize(
    ("strata", "message"),
    [
        (
            np.ones(20, bool),
            r"^strata must be one integer for each of 20 rows \(-1 for those that do "
            r"not count\); got bool of shape \(20,\)\. For a mask, use "
            r"np\.where\(mask, 0, -1\)\.$",
        ),
        (
            np.arange(20) % 2 + 1,
            r"^strata holds the indices 0 to 2, with the names \[' A', ' B'\]; give "
            r"one name for each index from 0, and -1 to rows that do not count\.$",
        ),
        (np.arange(20) % 2 - 2, "the indices -2 to 0, with"),
        (np.zeros((20, 1), int), r"got int64 of shape \(20, 1\)"),
    ],
)
def test_strata_that_do_not_fit(strata, message):
    with pytest.raises(ValueError, match=message):
        group_contrasts(GROUPS, strata, stratum_names=[" A", " B"])


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
def test_unsigned_strata_pass():
    strata = np.tile(np.array([0, 1], dtype=np.uint8), 10)
    contrasts = group_contrasts(GROUPS, strata, stratum_names=[" A", ""])
    assert contrasts.names == ("a - b A", "a - b")
    assert contrasts.means.nnz == 20


def test_columns_compared_separately_are_named():
    table = {"x": ["a", "b"] * 20, "z": ["a", "a", "b", "b"] * 10}
    contrasts = DemographicParity(columns="separately").contrasts(None, table)
    assert contrasts.names == ("a - b in x", "a - b in z")
    assert contrasts.groups.titles == ("x", "z") or contrasts.groups.titles == [
        "x",
        "z",
    ]
    table["z"] = ["a"] * 40
    message = (
        r"^A column of sensitive_features holds one group only; with "
        r"columns='separately' each needs at least two\. Remove the column\.$"
    )
    with pytest.raises(ValueError, match=message):
        DemographicParity(columns="separately").contrasts(None, table)
    # One column by itself is compared, whatever `columns` is.
    one = DemographicParity(columns="separately").contrasts(None, table["x"])
    assert one.names == ("a - b",)


def test_missing_groups_reach_every_constraint():
    group = np.array(["a", "b", None] * 20, dtype=object)
    y, age = np.arange(60) % 2, np.where(group == "a", 1.0, np.arange(60.0))
    f = np.arange(60.0) ** 2
    for constraint in (DemographicParity(), EqualizedOdds()):
        assert len(constraint.contrasts(y, group, missing="group").cells) % 3 == 0
        known = np.array([g is not None for g in group])
        assert_allclose(
            constraint.gap(f, y, group, missing="ignore"),
            constraint.gap(f[known], y[known], group[known]),
        )
        with pytest.raises(ValueError, match=r"missing .* in 20 rows"):
            constraint.gap(f, y, group)
    age[3] = np.nan
    weight = np.arange(60.0)
    known = np.arange(60) != 3
    assert_allclose(
        Decorrelation().gap(f, None, age, weight, missing="ignore"),
        Decorrelation().gap(f[known], None, age[known], weight[known]),
    )
    with pytest.raises(ValueError, match="missing"):
        Decorrelation().gap(f, None, age)


def test_gap_checks_the_rows_of_all_arguments():
    for scores in (np.ones(19), np.ones((19, 20))):
        with pytest.raises(ValueError, match=r"^scores has 19 rows but the constraint"):
            DemographicParity().gap(scores, None, ["a", "b"] * 10)
    with pytest.raises(ValueError, match=r"for 20: pass one score for each of these"):
        group_contrasts(GROUPS).gaps(np.ones((21, 2)))


@pytest.mark.parametrize("constraint", [DemographicParity(), Decorrelation()])
def test_contrasts_check_the_rows_of_all_arguments(constraint):
    index = np.arange(20)
    y = pd.Series(index % 2, index)
    group = pd.Series(np.repeat([0.0, 1.0], 10), index)
    weight = pd.Series(np.ones(20), index)
    constraint.contrasts(y, group, weight)
    for rows in (
        (y[::-1], group, None),
        (y, group[::-1], None),
        (None, group, weight[::-1]),
    ):
        with pytest.raises(AlignmentError):
            constraint.contrasts(*rows)
    with pytest.raises(ValueError, match="has 20 rows but X has 19"):
        constraint.contrasts(y.to_numpy()[:19], group.to_numpy())


def test_weights_count_the_rows_where_there_is_no_y():
    with pytest.raises(ValueError, match=r"^sensitive_features has 20 rows .* 19"):
        DemographicParity().contrasts(None, ["a", "b"] * 10, np.ones(19))


@pytest.mark.parametrize("known", ["y", "sensitive_features", "sample_weight"])
def test_a_gap_compares_the_scores_with_every_argument(known):
    columns = {"y": np.arange(20) % 2, "sensitive_features": np.repeat([0, 1], 10)}
    columns["sample_weight"] = np.ones(20)
    columns[known] = pd.Series(columns[known])
    scores = pd.Series(np.arange(20.0))
    assert DemographicParity().gap(scores, **columns) == 10.0
    with pytest.raises(AlignmentError, match=f"{known} has other rows than scores"):
        DemographicParity().gap(scores[::-1], **columns)


def test_entries_that_stand_for_several_rows():
    groups = replace(read_groups(["a", "b"]), sizes=np.array([10, 9]))
    with pytest.warns(SmallGroupWarning, match="a: 10, b: 9"):
        group_contrasts(groups)


def test_decorrelation_word_by_word():
    with pytest.raises(ValueError, match=r"^Sample weights must contain at least one"):
        Decorrelation().contrasts(None, [1.0, 2.0], [0.0, 0.0])
    message = r"^decorrelation has no row of known sensitive_features and weight > 0\.$"
    with pytest.raises(ValueError, match=message):
        Decorrelation().contrasts(None, [1.0, np.nan], [0.0, 1.0], missing="ignore")
    table = {"age": [1.0, 2.0, 4.0], "income": [5.0, 5.0, 6.0]}
    contrasts = Decorrelation().contrasts(None, table)
    assert contrasts.names == (
        "sensitive_features['age']",
        "sensitive_features['income']",
    )
    assert contrasts.strata.tolist() == [-1, -1]
    assert_allclose(contrasts.toarray().sum(axis=1), 0.0, atol=1e-15)


def test_bins_have_names_of_six_digits():
    y = np.repeat([0.123456789, 1.0, 2e9], 20)
    names = GeneralParity(n_bins=3).contrasts(y, ["a", "b"] * 30).names
    assert names == (
        "a - b with y <= 0.123457",
        "a - b with 0.123457 < y <= 1",
        "a - b with y > 1",
    )


@pytest.mark.parametrize(
    ("y", "got"),
    [
        (np.ones((20, 2)), r"shape \(20, 2\)"),
        ([np.inf] * 20, "NaN or infinity"),
        (["x"] * 20, r"values such as \['x'\]"),
        ([{}] * 20, r"values such as \[\{\}\]"),
        (np.arange(20).astype("M8[D]"), r"values such as \[datetime.*\(1970, 1, 1\)\]"),
        (None, "none"),
    ],
)
def test_general_parity_says_what_it_got(y, got):
    message = (
        "^general_parity compares groups among rows of similar y and needs one column "
        rf"of finite numbers; got {got}\. For classes use 'equalized_odds'\.$"
    )
    with pytest.raises(ValueError, match=message):
        GeneralParity().contrasts(y, ["a", "b"] * 10)


def test_bins_of_few_rows_and_of_weight_zero():
    """Edges are where the cumulative weight reaches k / n_bins; none at the maximum."""
    y, group = np.repeat([1.0, 2.0, 3.0, 4.0], 20), ["a", "b"] * 40
    for n_bins, ends in ((1, []), (2, [2]), (4, [1, 2, 3]), (100, [1, 2, 3])):
        strata, names = GeneralParity(n_bins=n_bins).strata(y, len(y))
        assert names[-1] == (f" with y > {ends[-1]}" if ends else "")
        assert len(names) == len(ends) + 1
        assert_array_equal(strata, np.searchsorted(ends, y))
    weight = np.repeat([1.0, 1.0, 0.0, 0.0], 20)  # the maximum that counts is 2
    assert GeneralParity(n_bins=4).contrasts(y, group, weight).names == (
        "a - b with y <= 1",
        "a - b with y > 1",
    )
    weight = weight[::-1]  # the lowest values count for nothing
    assert GeneralParity(n_bins=2)._strata(y, 80, weight)[1] == [
        " with y <= 3",
        " with y > 3",
    ]
    with pytest.raises(ValueError, match=r"^Sample weights must contain at least one"):
        GeneralParity().contrasts(y, group, np.zeros(80))
    assert GeneralParity().n_bins == 4
    assert GeneralParity().strata([5.0], 1)[1] == [""]


def test_bins_beside_a_row_of_most_of_the_weight():
    y, group, weight = np.repeat([1.0, 2.0, 3.0, 4.0], 20), ["a", "b"] * 40, np.ones(80)
    weight[30] = 128.0  # of 207; those up to 1, 2 and 3 have 20, 167 and 187
    assert GeneralParity().contrasts(y, group, weight).names == (
        "a - b with y <= 2",
        "a - b with y > 2",
    )


def test_names_of_constraints_word_by_word():
    with pytest.raises(ValueError, match="is the class") as caught:
        check_constraint(EqualizedOdds)
    assert str(caught.value) == (
        "constraint is the class EqualizedOdds; pass an object, with ()."
    )
    with pytest.raises(ValueError, match="is not known") as caught:
        check_constraint("fair")
    assert str(caught.value) == (
        "constraint='fair' is not known; use one of ['decorrelation', "
        "'demographic_parity', 'equal_opportunity', 'equalized_odds', "
        "'general_parity'] or an object with a method contrasts(y, sensitive_features, "
        "sample_weight, *, missing)."
    )
    with pytest.raises(ValueError, match="is not known"):
        check_constraint(type("Own", (), {"contrasts": 3})())


def test_a_copy_for_another_positive_class():
    constraint = EqualOpportunity(columns="separately")
    copy = constraint.with_pos_label("no")
    assert copy == EqualOpportunity(columns="separately", pos_label="no")
    assert constraint.pos_label is None


def test_what_compares_within_classes():
    compares = {
        name: check_constraint(name).compares_within_classes
        for name in ("demographic_parity", "general_parity", "decorrelation")
    }
    assert not any(compares.values())
    assert EqualOpportunity().compares_within_classes
    assert EqualizedOdds().compares_within_classes


def test_the_positive_class_is_absent():
    with pytest.raises(ValueError, match="finds no row") as caught:
        EqualOpportunity().contrasts([0] * 40, [0, 1] * 20)
    assert str(caught.value) == (
        "equal_opportunity finds no row of the positive class 1; known classes: [0]."
    )
    contrasts = EqualOpportunity().contrasts(np.arange(40) // 2 % 2, ["a", "b"] * 20)
    assert sparse.issparse(contrasts.means)
    assert contrasts.means.nnz == 20
