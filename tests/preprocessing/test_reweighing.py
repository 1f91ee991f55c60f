"""parity_sample_weight: independence in exact arithmetic, and what it refuses."""

from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.preprocessing import parity_sample_weight

# Rows of each class (columns) in each group (rows), none of them below 10.
COUNTS = np.array([[40, 10, 25], [11, 70, 30], [13, 12, 90], [20, 20, 10]])


def make(counts=COUNTS, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(counts.size), counts.ravel())
    group, y = np.divmod(rng.permutation(codes), counts.shape[1])
    return np.array(["no", "maybe", "yes"])[y], np.array(["u", "v", "w", "x"])[group]


def table(y, group, weight):
    """Weight of each class in each group."""
    columns = [
        [weight[(group == s) & (y == k)].sum() for k in sorted(set(y.tolist()))]
        for s in sorted(set(group.tolist()), key=str)
    ]
    return np.array(columns)


def check_independence(y, group, weight, before):
    joint, given = table(y, group, weight), table(y, group, before)
    product = np.outer(given.sum(axis=1), given.sum(axis=0)) / given.sum()
    assert_allclose(joint, product, rtol=1e-12)


def test_formula_in_exact_arithmetic():
    y, group = make()
    weight = parity_sample_weight(y, group)
    n = len(y)
    for i in range(n):
        s, k = group == group[i], y == y[i]
        shares = [Fraction(int(rows.sum()), n) for rows in (s, k, s & k)]
        assert_allclose(weight[i], float(shares[0] * shares[1] / shares[2]), rtol=1e-14)
    check_independence(y, group, weight, np.ones(n))
    assert_allclose(weight.sum(), n, rtol=1e-13)
    assert abs(np.ptp(weight)) > 1


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(2, 4),
    st.integers(2, 5),
    st.sampled_from([1e-300, 1.0, 1e300]),
)
def test_independence_with_weights(seed, n_classes, n_groups, unit):
    rng = np.random.default_rng(seed)
    counts = rng.integers(10, 40, (n_groups, n_classes))
    codes = rng.permutation(np.repeat(np.arange(counts.size), counts.ravel()))
    group, y = np.divmod(codes, n_classes)
    own = unit * rng.uniform(0.1, 3.0, len(y))
    weight = parity_sample_weight(y, group, sample_weight=own)
    check_independence(y, group, weight / unit, own / unit)
    ratio = weight / own
    for cell in range(counts.size):
        assert np.ptp(ratio[codes == cell]) <= 1e-14 * ratio[codes == cell].max()
    order = rng.permutation(len(y))
    moved = parity_sample_weight(y[order], group[order], sample_weight=own[order])
    assert_allclose(moved, weight[order], rtol=1e-12)
    renamed = parity_sample_weight(-y, group * 7 - 3, sample_weight=own)
    assert_allclose(renamed, weight, rtol=1e-12)


def test_weights_are_repeats_and_zero_is_absence():
    y, group = make(4 * COUNTS)
    times = np.random.default_rng(0).integers(0, 4, len(y))
    rows = np.repeat(np.arange(len(y)), times)
    weight = parity_sample_weight(y, group, sample_weight=times)
    repeated = parity_sample_weight(y[rows], group[rows])
    assert (weight[times == 0] == 0).all()
    assert_allclose(weight[rows] / times[rows], repeated, rtol=1e-12)
    few = np.where((group == "v") & (y == "no"), np.arange(len(y)) % 9 == 0, 1)
    with pytest.warns(SmallGroupWarning, match=r"\('v', 'no'\): [1-9]\. T"):
        parity_sample_weight(y, group, sample_weight=few)


def test_independent_targets_keep_their_weights():
    y, group = make(np.outer([2, 1, 3, 1], [10, 20, 30]))
    assert_allclose(parity_sample_weight(y, group), 1.0, rtol=1e-14)
    single = parity_sample_weight(["yes"] * len(y), group)
    assert_allclose(single, 1.0, rtol=1e-14)


def test_intersections_and_containers():
    y, group = make()
    first, second = np.isin(group, ["u", "v"]), np.isin(group, ["u", "w"])
    expected = parity_sample_weight(y, group)
    both = pd.DataFrame({"a": first, "b": second})
    assert_array_equal(parity_sample_weight(y, both), expected)
    assert_array_equal(parity_sample_weight(y.tolist(), group.tolist()), expected)
    frame = pl.DataFrame({"y": y, "group": group})
    assert_array_equal(parity_sample_weight(frame["y"], frame["group"]), expected)
    index = np.arange(len(y)) + 5
    column = pd.Series(y, index=index, dtype="category")
    groups = pd.Series(group, index=index).astype("category")
    ones = pd.Series(np.ones(len(y)), index=index)
    weight = parity_sample_weight(column, groups, sample_weight=ones)
    assert_array_equal(weight, expected)
    assert weight.dtype == np.float64


def test_missing_groups():
    y, group = make(4 * COUNTS)
    known = np.arange(len(y)) % 5 > 0
    holes = np.where(known, group, None)
    own = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    with pytest.raises(ValueError, match=r"missing \(None, NaN or NA\) in 281 rows"):
        parity_sample_weight(y, holes)
    alone = parity_sample_weight(y[known], group[known], sample_weight=own[known])
    ignored = parity_sample_weight(y, holes, sample_weight=own, missing="ignore")
    assert_array_equal(ignored[~known], own[~known])
    assert_allclose(ignored[known], alone, rtol=1e-13)
    grouped = parity_sample_weight(y, holes, sample_weight=own, missing="group")
    named = np.where(known, group, "z")
    check_independence(y, named, grouped, own)


def test_a_class_that_a_group_lacks():
    counts = COUNTS.copy()
    counts[1, 2] = 0
    y, group = make(counts)
    message = (
        r"\('v', 'yes'\): 0\. Their weights are poorly known\. Without any row, "
        r"\[\('v', 'yes'\)\], no weights can make y independent"
    )
    with pytest.warns(SmallGroupWarning, match=message) as caught:
        weight = parity_sample_weight(y, group)
    assert caught[0].filename == __file__
    joint = table(y, group, weight)
    shares = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    order = np.argsort(["no", "maybe", "yes"])
    shares[1, 2] = 0
    assert_allclose(joint, shares[:, order], rtol=1e-12)
    counts[1, 2] = 9
    with pytest.warns(SmallGroupWarning, match=r"\('v', 'yes'\): 9\. T.* known\.$"):
        parity_sample_weight(*make(counts))


def test_classes_without_weight_are_not_warned_of():
    y, group = make()
    weight = parity_sample_weight(y, group, sample_weight=(y != "yes").astype(float))
    kept = y != "yes"
    assert (weight[~kept] == 0).all()
    assert_allclose(weight[kept], parity_sample_weight(y[kept], group[kept]))


def test_rows_out_of_order_are_refused():
    y, group = map(pd.Series, make())
    for arguments in (
        {"y": y, "sensitive_features": group[::-1]},
        {"y": y, "sensitive_features": {"a": group[::-1]}},
        {
            "y": y,
            "sensitive_features": group.to_numpy(),
            "sample_weight": pd.Series(np.ones(len(y)))[::-1],
        },
    ):
        with pytest.raises(ValueError, match="or the same in another order"):
            parity_sample_weight(**arguments)


def test_errors():
    y, group = make()
    n = len(y)
    with pytest.raises(ValueError, match=r"required.*sensitive_features=df\['sex'\]"):
        parity_sample_weight(y, None)
    with pytest.raises(ValueError, match=f"has 3 rows but y has {n}"):
        parity_sample_weight(y, group[:3])
    with pytest.raises(ValueError, match="one group only"):
        parity_sample_weight(y, ["a"] * n)
    with pytest.raises(ValueError, match="missing='drop' is not known"):
        parity_sample_weight(y, group, missing="drop")
    numbers = np.random.default_rng(0).normal(size=n)
    for target, got in ((None, "none"), (np.ones((n, 2)), "shape"), (numbers, "num")):
        message = f"needs class labels y; got {got}.*Cut a numeric target into classes"
        with pytest.raises(ValueError, match=message):
            parity_sample_weight(target, group)
    with pytest.raises(ValueError, match=r"target is missing .* in 1 rows"):
        parity_sample_weight([None, *y[1:]], group)
    with pytest.raises(ValueError, match="egative"):
        parity_sample_weight(y, group, sample_weight=-np.ones(n))
    with pytest.raises(ValueError, match=r"zero in all rows of a group.*u: 0, v: 111"):
        parity_sample_weight(y, group, sample_weight=(group != "u").astype(float))
    with pytest.raises(ValueError, match="whose sum is more than float64 holds"):
        parity_sample_weight(y, group, sample_weight=np.full(n, 1e308))
    between = np.append(np.repeat([0.0, 1.0], n // 2), np.zeros(n % 2))
    between[::40] = np.linspace(0.1, 0.9, len(between[::40]))
    with pytest.raises(ValueError, match="numbers between them"):
        parity_sample_weight(y, between)


def test_in_a_pipeline_and_a_search():
    y, group = make()
    X = np.random.default_rng(0).normal(size=(len(y), 3)) + (group == "v")[:, None]
    weight = parity_sample_weight(y, group)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    pipeline.fit(X, y, logisticregression__sample_weight=weight)
    scaled = StandardScaler().fit_transform(X)
    alone = LogisticRegression().fit(scaled, y, sample_weight=weight)
    assert_array_equal(pipeline[-1].coef_, alone.coef_)
    grid = {"logisticregression__C": [0.1, 1.0]}
    search = GridSearchCV(pipeline, grid, error_score="raise")
    search.fit(X, y, logisticregression__sample_weight=weight)
    best = LogisticRegression(C=search.best_params_["logisticregression__C"])
    best.fit(scaled, y, sample_weight=weight)
    assert_array_equal(search.best_estimator_[-1].coef_, best.coef_)
