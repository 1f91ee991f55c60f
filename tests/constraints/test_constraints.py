"""Single cases of each constraint, and messages; laws are in tests/properties."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

from fairlearnkit.constraints import (
    Contrasts,
    Decorrelation,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GeneralParity,
    ParityConstraint,
    check_constraint,
)
from fairlearnkit.exceptions import SmallGroupWarning


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    n = 300
    return {
        "f": rng.normal(size=n),
        "y": rng.integers(0, 2, n),
        "group": rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2]),
        "other": rng.integers(0, 2, n),
        "w": rng.uniform(0.1, 3.0, n),
    }


def by_hand(f, masks, group, w):
    """Signed differences of weighted means, every pair of groups in every mask."""
    gaps = []
    for mask in masks:
        labels = sorted(set(group))
        means = [
            np.average(f[mask & (group == g)], weights=w[mask & (group == g)])
            for g in labels
        ]
        gaps += [
            means[i] - means[j]
            for i in range(len(labels))
            for j in range(i + 1, len(labels))
        ]
    return gaps


def test_how_columns_are_compared_must_be_known(data):
    two = {"group": data["group"], "other": data["other"]}
    with pytest.raises(ValueError, match="columns='sideways' is not known"):
        DemographicParity(columns="sideways").contrasts(None, two)


def test_decorrelation_is_the_scaled_covariance_of_each_column(data):
    s = np.column_stack([data["w"] * 1000 + 5, data["other"] - 3.0])
    gaps = Decorrelation().contrasts(None, s, data["w"]).gaps(data["f"])
    for column, gap in zip(s.T, gaps):
        covariance = np.cov(data["f"], column, aweights=data["w"], ddof=0)
        assert_allclose(gap, covariance[0, 1] / np.sqrt(covariance[1, 1]), atol=1e-12)


def test_decorrelation_ignores_rows_with_missing_values(data):
    s = data["w"].copy()
    s[::7] = np.nan
    known = ~np.isnan(s)
    gaps = Decorrelation().contrasts(None, s, missing="ignore").gaps(data["f"])
    expected = Decorrelation().contrasts(None, s[known]).gaps(data["f"][known])
    assert_allclose(gaps, expected, atol=1e-14)


def test_ignored_rows_leave_the_means_alone(data):
    group = data["group"].astype(object)
    group[::5] = None
    known = np.array([g is not None for g in group])
    gaps = EqualizedOdds().contrasts(data["y"], group, missing="ignore")
    expected = EqualizedOdds().contrasts(data["y"][known], group[known])
    assert_allclose(gaps.gaps(data["f"]), expected.gaps(data["f"][known]), atol=1e-14)


def test_memory_does_not_grow_with_the_number_of_pairs():
    group = np.arange(20_000) % 100
    contrasts = DemographicParity().contrasts(None, group)
    assert contrasts.strata.shape == (100,)
    assert contrasts.means.nnz == 20_000


def test_an_empty_cell_is_an_error_with_the_counts():
    y, group = [1] * 20 + [0] * 20, ["a"] * 20 + ["b"] * 20
    with pytest.raises(ValueError, match=r"no row.*\['b'\].*a: 20, b: 0"):
        EqualOpportunity().contrasts(y, group)


def test_a_group_of_weight_zero_is_empty():
    weight = np.r_[np.ones(20), np.zeros(20)]
    with pytest.raises(ValueError, match=r"no row.*a: 20, b: 0"):
        DemographicParity().contrasts(None, ["a"] * 20 + ["b"] * 20, weight)


def test_a_small_cell_is_a_warning_with_the_counts():
    y, group = [1] * 10 + [0] * 10 + [1] * 9 + [0] * 30, ["a"] * 20 + ["b"] * 39
    with pytest.warns(SmallGroupWarning, match="with y = 1: a: 10, b: 9"):
        EqualOpportunity().contrasts(y, group)
    DemographicParity().contrasts(y, group)  # 20 and 39 rows: no warning


@pytest.mark.parametrize("y", [None, np.linspace(0, 1, 40)])
@pytest.mark.parametrize("name", ["equal_opportunity", "equalized_odds"])
def test_constraints_on_classes_need_class_labels(name, y):
    with pytest.raises(ValueError, match=f"{name} .*class labels.*decorrelation"):
        check_constraint(name).contrasts(y, ["a", "b"] * 20)


def test_equal_opportunity_names_its_positive_class():
    y, group = np.array(["no", "yes"] * 40), np.repeat(["a", "b"], 40)
    for label in ("no", "yes"):
        names = EqualOpportunity(pos_label=label).contrasts(y, group).names
        assert names == (f"a - b with y = {label}",)
    with pytest.raises(ValueError, match=r"pos_label='maybe'.*\['no', 'yes'\]"):
        EqualOpportunity(pos_label="maybe").contrasts(y, group)
    with pytest.raises(ValueError, match=r"3 classes, \[0, 1, 2\]: name the positive"):
        EqualOpportunity().contrasts(np.arange(80) % 3, group)


@pytest.mark.parametrize(
    "y", [["no", "yes"] * 40, [1, 2] * 40, ["0", "1"] * 40, [0.0, 5.0] * 40, ["a"] * 80]
)
def test_labels_that_do_not_say_which_is_positive(y):
    group = np.repeat(["a", "b"], 40)
    message = r"y takes value in \{.*\} and pos_label is not .* EqualOpportunity\("
    with pytest.raises(ValueError, match=message):
        EqualOpportunity().contrasts(y, group)
    gap = EqualizedOdds().contrasts(y, group).gap(np.arange(80))
    assert gap == pytest.approx(40, rel=1e-15)


@pytest.mark.parametrize(
    "labels", [(0, 1), (-1, 1), (False, True), (0.0, 1.0), (-1.0, 1.0), (1, 1)]
)
@pytest.mark.parametrize("dtype", [None, object])
def test_labels_that_say_which_is_positive(labels, dtype):
    y = np.array(labels * 40, dtype=dtype)
    group = np.repeat(["a", "b"], 40)
    (name,) = EqualOpportunity().contrasts(y, group).names
    assert name == f"a - b with y = {labels[1]}"


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("name", ["equal_opportunity", "equalized_odds"])
def test_missing_classes_raise(name, missing):
    y = [missing, *["no", "yes"] * 20, missing]
    for column in (y, np.array(y, dtype=object), pd.Series(y)):
        with pytest.raises(ValueError, match=f"{name} needs the .* missing .* 2 rows"):
            check_constraint(name).contrasts(column, ["a", "b"] * 21)


@pytest.mark.parametrize("name", ["equal_opportunity", "equalized_odds"])
def test_a_regression_target_is_no_classes(name):
    y = np.tile(np.arange(1500), 4)
    group = np.repeat(["a", "b"], 3000)
    for column in (y, y.astype(float), y.astype(object)):
        with pytest.raises(ValueError, match=f"{name} .*got 1500 different numbers"):
            check_constraint(name).contrasts(column, group)


@pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning")
@pytest.mark.parametrize("n_bins", [1, 3, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_general_parity_compares_within_quantile_bins(data, n_bins, weighted):
    y, w = data["f"] ** 3, data["w"] if weighted else np.ones(300)
    scores = np.cos(y)
    contrasts = GeneralParity(n_bins=n_bins).contrasts(
        y, data["group"], w if weighted else None
    )
    order = np.argsort(y)
    before = (np.cumsum(w[order]) - w[order]) / w.sum()
    bins = np.empty(300, dtype=int)
    bins[order] = np.floor(before * n_bins + 1e-9)
    masks = [bins == k for k in range(n_bins)]
    expected = by_hand(scores, masks, data["group"], w)
    assert_allclose(contrasts.gaps(scores), expected, atol=1e-12)
    assert len(contrasts.names) == 3 * n_bins


def test_quantile_bins_of_ties_and_of_weights():
    y, group = np.repeat([0.0, 1.0, 2.0], 40), np.tile(["a", "b"], 60)
    names = GeneralParity(n_bins=8).contrasts(y, group).names
    assert names == ("a - b with y <= 0", "a - b with 0 < y <= 1", "a - b with y > 1")
    assert GeneralParity().contrasts(np.ones(40), group[:40]).names == ("a - b",)
    rng = np.random.default_rng(0)
    y, weight = rng.normal(size=120), rng.integers(0, 4, 120).astype(float)
    rows = np.repeat(np.arange(120), weight.astype(int))
    once = GeneralParity(n_bins=3).contrasts(y, group, weight)
    twice = GeneralParity(n_bins=3).contrasts(y[rows], group[rows])
    assert once.names == twice.names
    assert_allclose(once.gaps(y**2), twice.gaps(y[rows] ** 2), rtol=1e-12)


def test_general_parity_needs_numbers():
    group = ["a", "b"] * 20
    with pytest.raises(
        ValueError, match=r"finite numbers; got values such as \['no'\]"
    ):
        GeneralParity().contrasts(["no", "yes"] * 20, group)
    with pytest.raises(ValueError, match="finite numbers; got none"):
        GeneralParity().contrasts(None, group)
    for n_bins in (0, 2.5):
        with pytest.raises(ValueError, match=f"n_bins={n_bins} must be an integer"):
            GeneralParity(n_bins=n_bins).contrasts(np.arange(40.0), group)
    apart = GeneralParity(columns="separately", n_bins=2).contrasts(
        np.arange(80.0), {"x": ["a", "b"] * 40, "z": ["c", "c", "d", "d"] * 20}
    )
    assert len(apart.names) == 4


def test_one_value_has_no_correlation():
    with pytest.raises(ValueError, match="one value only"):
        Decorrelation().contrasts(None, np.full(20, 1.7))


def test_names_and_objects():
    assert check_constraint("equalized_odds") == EqualizedOdds()
    assert check_constraint("general_parity") == GeneralParity()
    own = EqualOpportunity(pos_label=3)
    assert check_constraint(own) is own
    assert clone(own, safe=False) == own
    with pytest.raises(ValueError, match=r"'fair' is not known; use one of \['decorr"):
        check_constraint("fair")
    with pytest.raises(ValueError, match="an object with a method contrasts"):
        check_constraint(3)


@dataclass(frozen=True)
class BandParity(ParityConstraint):
    """A third party's constraint: parity within bands of a numeric y."""

    edge: float = 0.0

    def strata(self, y, n_samples):
        return np.digitize(y, [self.edge]), [" below", " above"]


def test_a_constraint_of_ones_own(data):
    target = data["w"]
    contrasts = BandParity(edge=1.5).contrasts(target, data["group"])
    masks = [target < 1.5, target >= 1.5]
    expected = by_hand(data["f"], masks, data["group"], np.ones(300))
    assert_allclose(contrasts.gaps(data["f"]), expected, atol=1e-14)
    assert contrasts.names[0] == "a - b below"


def test_explicit_rows_must_sum_to_zero():
    rows = Contrasts.from_rows([[1, -1, 0], [0, 2, -2]], names=["x", "y"])
    assert_allclose(rows.gaps([3.0, 1.0, 0.0]), [2.0, 2.0])
    with pytest.raises(ValueError, match="sum to zero; got 1 of 2"):
        Contrasts.from_rows([[1, -1, 0], [0, 2, -1]])
    with pytest.raises(ValueError, match="finite"):
        Contrasts.from_rows([[np.nan, -1, 0]])


def test_degenerate_columns_are_refused():
    with pytest.raises(ValueError, match="A column of sensitive_features holds one"):
        DemographicParity(columns="separately").contrasts(
            None, {"a": [0, 1] * 20, "b": [0] * 40}
        )
    with pytest.raises(ValueError, match="one value only"):
        Decorrelation().contrasts(None, np.full(40, 1_000_000.1))
    small = Decorrelation().contrasts(None, 1e-13 * np.arange(40.0))
    assert_allclose(small.gap(np.arange(40.0)), np.arange(40.0).std())
    both = np.outer(np.arange(40.0), [1e-13, 1e13])  # each in its own unit
    assert_allclose(
        Decorrelation().contrasts(None, both).gaps(np.arange(40.0)),
        np.arange(40.0).std(),
    )
    with pytest.raises(ValueError, match="no row of known"):
        Decorrelation().contrasts(None, np.full(40, np.nan), missing="ignore")
    with pytest.raises(ValueError, match=r"Negative values .* `sample_weight`"):
        DemographicParity().contrasts(None, [0, 1] * 20, -np.ones(40))
    with pytest.raises(ValueError, match=r"no row of the positive class 1; .*\[0\]"):
        EqualOpportunity().contrasts([0] * 40, [0, 1] * 20)


@dataclass(frozen=True)
class OwnStrata(ParityConstraint):
    """Returns whatever it was given."""

    found: tuple = ()

    def strata(self, y, n_samples):
        return self.found


@pytest.mark.parametrize(
    "found",
    [
        (np.ones(40, dtype=bool), ["x"]),
        (np.ones(40), ["x"]),
        (np.arange(40) % 2, ["x"]),
        (np.arange(40) % 2 - 2, ["x"]),
        (np.zeros(39, dtype=int), ["x"]),
    ],
)
def test_strata_that_do_not_fit_are_refused(found):
    with pytest.raises(ValueError, match=r"strata (must be one integer|holds the ind)"):
        OwnStrata(found=found).contrasts(None, [0, 1] * 20)


def test_many_small_groups_warn_once_and_name_the_remedy():
    with pytest.warns(SmallGroupWarning, match="66 of 66 groups have fewer") as caught:
        DemographicParity().contrasts(None, np.arange(132) % 66)
    message = str(caught[0].message)
    assert "constraint='decorrelation'" in message
    assert "(66 groups)" in message
    assert len(message) < 500
