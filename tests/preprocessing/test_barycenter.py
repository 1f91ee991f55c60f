"""BarycenterTransformer: the properties of the map, column by column."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from fairlearnkit._transport.distances import kolmogorov_smirnov
from fairlearnkit._transport.distributions import distributions_by_group
from fairlearnkit._transport.maps import transport_maps
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.preprocessing import BarycenterTransformer


def make(n=400, seed=0):
    rng = np.random.default_rng(seed)
    group = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    X = rng.normal(size=(n, 2)) * (1 + group[:, None]) + np.outer(group, [1.0, -2.0])
    return X, np.array(["u", "v", "w"])[group], rng.integers(0, 3, n) + 0.5


def fitted(X, group, weight=None, **parameters):
    model = BarycenterTransformer(**parameters)
    return model.fit(X, sensitive_features=group, sample_weight=weight)


def moved(X, group, weight=None, **parameters):
    model = fitted(X, group, weight, **parameters)
    return model.transform(X, sensitive_features=group)


def ks(x, group, weight=None):
    labels, codes = np.unique(group, return_inverse=True)
    distributions = distributions_by_group(x, codes, len(labels), weight)
    return kolmogorov_smirnov(distributions), distributions


@pytest.mark.parametrize("weighted", [False, True])
def test_class_and_functions_agree(weighted):
    X, group, weight = make()
    weight = weight if weighted else None
    Z = moved(X, group, weight)
    labels, codes = np.unique(group, return_inverse=True)
    p = np.bincount(codes, weight) / (np.sum(weight) if weighted else len(X))
    for j in range(2):
        distributions = distributions_by_group(X[:, j], codes, len(labels), weight)
        maps, pooled = transport_maps(distributions, p)
        assert pooled is None
        for g, (knots, values) in enumerate(maps):
            rows = codes == g
            expected = np.interp(X[rows, j], knots, values)
            assert_allclose(Z[rows, j], expected, rtol=1e-13, atol=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0, 1, 9]), st.booleans())
def test_promises(seed, decimals, weighted):
    """Mean, order and KS bound, with ties and without, for unequal groups."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(10, 120, rng.integers(2, 5))
    group = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=len(group)) * (1 + group) + rng.normal(size=len(sizes))[group]
    x = x.round(decimals)
    weight = rng.uniform(0.1, 3.0, len(x)) if weighted else None
    z = moved(x[:, None], group, weight)[:, 0]
    assert_allclose(
        np.average(z, weights=weight), np.average(x, weights=weight), atol=1e-10
    )
    before = ks(x, group, weight)[1]
    atoms = sorted(each.largest_atom() for each in before)
    assert ks(z, group, weight)[0] <= atoms[-1] + atoms[-2] + 1e-12
    if decimals == 9 and not weighted:
        small = sorted(sizes)[:2]
        assert ks(z, group)[0] <= 1 / small[0] + 1 / small[1] + 1e-12
    for g in range(len(sizes)):
        order = np.argsort(x[group == g])
        assert (np.diff(z[group == g][order]) >= 0).all()


def test_row_by_row_bit_for_bit():
    X, group, _ = make()
    new, kind, _ = make(150, seed=1)
    model = fitted(X, group, strength=0.7)
    together = model.transform(new, sensitive_features=kind)
    alone = [
        model.transform(new[[i]], sensitive_features=kind[[i]])[0] for i in range(150)
    ]
    assert_array_equal(together, alone)
    assert_array_equal(together, model.transform(new, sensitive_features=kind))


def test_many_groups_beside_a_tiny_and_a_huge_one():
    rng = np.random.default_rng(0)
    sizes = [11, 20_000, *[40] * 30]
    group = np.repeat(np.arange(32), sizes)
    x = rng.normal(size=len(group)) + group % 5
    z = moved(x[:, None], group)[:, 0]
    assert ks(x, group)[0] > 0.9
    assert ks(z, group)[0] <= 1 / 11 + 1 / 40
    assert_allclose(z.mean(), x.mean(), atol=1e-10)


def test_missing_values_of_x_pass_through():
    X, group, weight = make()
    holes = np.random.default_rng(0).uniform(size=X.shape) < 0.2
    X[holes] = np.nan
    Z = moved(X, group, weight)
    assert_array_equal(np.isnan(Z), holes)
    known = ~holes[:, 1]
    model = fitted(X, group, weight)
    options = {"group_weights": dict(zip(model.groups_, model.group_weights_))}
    alone = moved(X[known, 1:], group[known], weight[known], **options)
    assert_allclose(Z[known, 1], alone[:, 0], rtol=1e-13, atol=1e-14)
    X[:, 0] = np.nan
    assert np.isnan(moved(X, group)[:, 0]).all()
    X[group == "w", 1] = np.nan
    with pytest.raises(ValueError, match=r"Column 1 has no values in a group.*w: 0"):
        fitted(X, group)
    frame = pd.DataFrame(X, columns=["age", "pay"])
    with pytest.raises(ValueError, match=r"Column 'pay' has no values"):
        fitted(frame, group)
    X[0, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        fitted(X, group)


def test_unseen_groups():
    X, group, _ = make()
    model = fitted(X, group)
    with pytest.raises(ValueError, match=r"not seen in fit: \['z'\].*Known groups"):
        model.transform(X[:2], sensitive_features=["u", "z"])
    pooled = fitted(X, group, unseen="pooled")
    Z = pooled.transform(X, sensitive_features=["z"] * len(X))
    # The same order; rows beyond the last knot are tied.
    assert_array_equal(Z[X[:, 0].argsort(), 0], np.sort(Z[:, 0]))
    assert len(np.unique(Z[:, 0])) >= len(Z) - 2
    inside = pooled.transform(X, sensitive_features=group)
    # The pool of all rows moves to the barycenter, so that it has its distribution.
    for q in (0.1, 0.5, 0.9):
        apart = np.quantile(Z[:, 0], q) - np.quantile(inside[:, 0], q)
        assert abs(apart) < 0.05
    assert_allclose(Z.mean(axis=0), X.mean(axis=0), atol=1e-10)
    without = model.transform(X, sensitive_features=group)
    assert_allclose(inside, without, rtol=1e-14, atol=1e-14)


def test_missing_groups():
    X, group, _ = make()
    holes = np.arange(len(X)) % 10 == 0
    some = np.where(holes, None, group)
    with pytest.raises(ValueError, match=r"missing .* in 40 rows"):
        fitted(X, some)
    model = fitted(X, some, missing="group")
    assert model.groups_.tolist() == ["u", "v", "w", None]
    assert model.group_counts_.sum() == len(X)
    ignored = fitted(X, some, missing="ignore")
    assert ignored.group_counts_.sum() == 360
    Z = ignored.transform(X, sensitive_features=some)
    known = moved(X[~holes], group[~holes])
    assert_allclose(Z[~holes], known, rtol=1e-14)
    assert np.isfinite(Z).all()
    with pytest.raises(ValueError, match="not seen in fit"):
        ignored.transform(X[:1], sensitive_features=["z"])
    with pytest.raises(ValueError, match="is missing"):
        fitted(X, group).transform(X[:2], sensitive_features=["u", None])


def test_group_weights():
    X, group, _ = make()
    x, labels = X[:, :1], np.unique(group).tolist()
    only = {label: float(label == "v") for label in labels}
    z = moved(x, group, group_weights=only)
    part = x[group == "v"]
    assert_allclose(z[group == "v"], part, rtol=1e-14)  # all go where v is
    assert_allclose(np.median(z[group == "u"]), np.median(part), atol=0.05)
    equal = fitted(x, group, group_weights=dict.fromkeys(labels, 5))
    assert_allclose(equal.group_weights_, 1 / 3)
    for wrong, message in (
        ({"u": 1.0}, r"one weight for each group. Known groups: \['u'"),
        (dict.fromkeys(labels, 0.0), "nor all of them zero"),
        (dict.fromkeys(labels, -1.0), "must not be negative"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted(x, group, group_weights=wrong)


def test_huge_weights():
    X, group, weight = make()
    Z = moved(X, group, weight)
    assert_allclose(moved(X, group, weight / weight.max() * 1.7e308), Z, rtol=1e-12)
    assert_allclose(moved(X, group, weight * 1e-300), Z, rtol=1e-12)
    shares = dict.fromkeys(["u", "v", "w"], 1.7e308)
    assert_allclose(fitted(X, group, group_weights=shares).group_weights_, 1 / 3)


def test_several_columns_as_intersections_and_in_turn():
    rng = np.random.default_rng(0)
    sex, race = rng.choice(["f", "m"], 2000), rng.choice(["a", "b", "c"], 2000)
    x = rng.normal(size=2000) + 2 * (sex == "m") + 1.5 * (race == "b")
    both = pd.DataFrame({"sex": sex, "race": race})
    cells = (both["sex"] + both["race"]).to_numpy()
    z = moved(x[:, None], both)[:, 0]
    assert_allclose(z, moved(x[:, None], cells)[:, 0], rtol=1e-14)
    model = fitted(x[:, None], both, sequential=[1.0, 1.0])
    assert [g.tolist() for g in model.groups_] == [["f", "m"], ["a", "b", "c"]]
    in_turn = model.transform(x[:, None], sensitive_features=both)
    by_hand = moved(moved(x[:, None], sex), race)
    assert_allclose(in_turn, by_hand, rtol=1e-14)
    partly = moved(x[:, None], both, sequential=[0.5, 1.0], strength=0.8)
    step = moved(x[:, None], sex, strength=0.4)
    assert_allclose(partly, moved(step, race, strength=0.8), rtol=1e-13)
    sequential = moved(x[:, None], sex, sequential=[1.0])
    assert_allclose(sequential, moved(x[:, None], sex), rtol=1e-14)
    weights = [None, {"a": 1, "b": 1, "c": 1}]
    model = fitted(x[:, None], both, sequential=[1, 1], group_weights=weights)
    assert_allclose(model.group_weights_[1], 1 / 3)


def test_sequential_errors():
    X, group, _ = make()
    both = np.column_stack([group, group[::-1]])
    for steps, message in (
        ([1.0], "one strength for each sensitive column; there are 2"),
        ([1.0, 1.5], "must be between 0 and 1"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted(X, both, sequential=steps)
    with pytest.raises(ValueError, match=r"Column 1 of .* has a single group"):
        fitted(X, np.column_stack([group, ["k"] * len(X)]), sequential=[1, 1])
    with pytest.raises(ValueError, match="a list of one dict or None for each of 2"):
        fitted(X, both, sequential=[1, 1], group_weights={"u": 1.0})
    with pytest.raises(ValueError, match="must be a dict with one weight"):
        fitted(X, group, group_weights=[{"u": 1.0}])
    model = fitted(X, both, sequential=[1, 1])
    with pytest.raises(ValueError, match="has 1 columns and had 2 in fit"):
        model.transform(X, sensitive_features=group)


def test_compact_maps():
    X, group, _ = make(5000)
    exact, compact = fitted(X, group), fitted(X, group, n_quantiles=50)
    sizes = {len(knots) for maps in compact.maps_ for knots, _ in maps[0]}
    assert sizes == {50}
    Z, C = (m.transform(X, sensitive_features=group) for m in (exact, compact))
    between = inwards(X, group) == X
    assert between.sum() == 2 * (5000 - 3 * 8)
    assert 0 < np.abs(Z - C)[between].max() < 0.6
    assert np.abs(Z - C).mean() < 0.02
    for (knots, values), (all_knots, all_values) in zip(
        compact.maps_[0][0], exact.maps_[0][0]
    ):
        # Without the knots at the ends, which are those of values moved inwards.
        assert_array_equal(values[1:-1], np.interp(knots, all_knots, all_values)[1:-1])


def test_maps_hold_values_of_the_training_rows():
    """As the documentation says: all of them, or some and never an extreme one."""
    X, group, weight = make()
    exact = fitted(X, group, weight)
    compact = fitted(X, group, weight, n_quantiles=20)
    for j in range(2):
        for g, label in enumerate(exact.groups_):
            own = np.sort(X[group == label, j])
            assert_array_equal(exact.maps_[j][0][g][0], own)
            knots = compact.maps_[j][0][g][0]
            assert len(knots) <= 20
            assert np.isin(knots, own).all()
            assert (knots[0], knots[-1]) == (own[4], own[-5])


def inwards(X, group):
    """The four smallest and largest values of each group made equal to the fifth."""
    X = X.copy()
    for label in np.unique(group):
        own = np.sort(X[group == label], axis=0)
        middle = np.median(own, axis=0)
        low, high = (own[4], own[-5]) if len(own) > 8 else (middle, middle)
        X[group == label] = X[group == label].clip(low, high)
    return X


@pytest.mark.parametrize("weighted", [False, True])
def test_compact_maps_are_those_of_values_moved_inwards(weighted):
    """However far out an extreme value is, the fitted maps are the same."""
    X, group, weight = make()
    group = np.array(["five", "eight", "nine", "ten"]).repeat([5, 8, 9, 10]).tolist()
    group = np.array(group + ["many"] * (len(X) - 32))
    weight = weight if weighted else None
    with pytest.warns(SmallGroupWarning):
        compact = fitted(X, group, weight, n_quantiles=10**9, unseen="pooled")
    with pytest.warns(SmallGroupWarning):
        exact = fitted(inwards(X, group), group, weight, unseen="pooled")
    rows = X, np.where(group == "ten", "unseen", group)
    found, expected = (
        m.transform(rows[0], sensitive_features=rows[1]) for m in (compact, exact)
    )
    assert_allclose(found, expected, atol=1e-12)
    sizes = {
        g: len(knots) for g, (knots, _) in zip(compact.groups_, compact.maps_[0][0])
    }
    assert sizes == {
        "five": 1,
        "eight": 1,
        "nine": 1,
        "ten": 2,
        "many": len(X) - 32 - 8,
    }
    far = np.where(X.max(axis=0) == X, 1e9, X)
    with pytest.warns(SmallGroupWarning):
        moved_out = fitted(far, group, weight, n_quantiles=10**9, unseen="pooled")
    for name in ("maps_", "pooled_maps_"):
        assert pickle.dumps(getattr(moved_out, name)) == pickle.dumps(
            getattr(compact, name)
        )


def test_compact_maps_need_five_values_in_each_group():
    X, group, _ = make()
    X[np.flatnonzero(group == "u")[4:], 1] = np.nan
    assert fitted(X, group).maps_
    with pytest.raises(
        ValueError, match="Column 1 has fewer than 5 values in a group: u: 4, "
    ):
        fitted(X, group, n_quantiles=20)


@pytest.mark.parametrize("n_quantiles", [10, 50])
def test_compact_maps_are_coarsest_in_the_tails(n_quantiles):
    rng = np.random.default_rng(0)
    group = np.repeat(["a", "b"], 4000)
    x = rng.normal(size=8000) * np.repeat([1.0, 2.0], 4000)
    exact, compact = (
        moved(x[:, None], group, n_quantiles=n)[:, 0] for n in (None, n_quantiles)
    )
    rank = np.concatenate([x[group == g].argsort().argsort() for g in "ab"]) / 4000
    tails = np.abs(rank - 0.5) > 0.5 - 1 / n_quantiles
    error = np.abs(compact - exact)
    assert error[tails].max() > 5 * error[~tails].max() > 0
    assert error[tails].mean() > 5 * error[~tails].mean()


def test_containers_and_dtypes():
    X, group, _ = make()
    Z = moved(X, group)
    frame = pd.DataFrame(X, columns=["age", "pay"], index=np.arange(len(X)) + 7)
    model = fitted(frame, pd.Series(group, index=frame.index))
    model.set_output(transform="pandas")
    out = model.transform(frame, sensitive_features=group)
    assert_array_equal(out.to_numpy(), Z)
    assert (out.index == frame.index).all()
    assert model.get_feature_names_out().tolist() == ["age", "pay"]
    other = pl.DataFrame({"age": X[:, 0], "pay": X[:, 1]})
    model = fitted(other, pl.Series(group)).set_output(transform="polars")
    assert_array_equal(model.transform(other, sensitive_features=group).to_numpy(), Z)
    single = moved(X.astype(np.float32), group)
    assert single.dtype == np.float32
    assert_allclose(single, Z, atol=1e-5)
    with pytest.raises(ValueError, match="another order"):
        fitted(frame, pd.Series(group, index=frame.index).sample(frac=1))


def test_persistence():
    X, group, _ = make()
    model = fitted(X, group, unseen="pooled", strength=0.4)
    Z = model.transform(X, sensitive_features=group)
    blob = skops.io.dumps(model)
    for copy in (
        pickle.loads(pickle.dumps(model)),
        skops.io.loads(blob, trusted=skops.io.get_untrusted_types(data=blob)),
    ):
        assert_array_equal(copy.transform(X, sensitive_features=group), Z)
    untrusted = skops.io.get_untrusted_types(data=blob)
    assert untrusted == ["fairlearnkit.preprocessing._barycenter.BarycenterTransformer"]
    assert not hasattr(clone(model), "maps_")


def test_small_groups_warn():
    X, _, _ = make()
    group = np.array(["a"] * 9 + ["b"] * 391)
    with pytest.warns(SmallGroupWarning, match="a: 9, b: 391"):
        fitted(X, group)


def test_x_is_not_written_into():
    X, group, _ = make()
    before = X.copy()
    moved(X, group, sequential=[1.0])
    assert_array_equal(X, before)


def test_a_thousand_groups():
    """Each column has one distribution, as far as groups of unlike sizes allow."""
    rng = np.random.default_rng(0)
    group = np.append(np.repeat(np.arange(1000), 12), rng.integers(0, 40, 8000))
    X = rng.normal(size=(20_000, 1)) + 3.0 * rng.normal(size=1000)[group][:, None]
    Z = moved(X, group)
    before, _ = ks(X[:, 0], group)
    after, distributions = ks(Z[:, 0], group)
    atoms = sorted(each.largest_atom() for each in distributions)
    assert before == 1.0
    assert after <= atoms[-1] + atoms[-2] + 1e-12
    assert_allclose(Z.mean(), X.mean(), atol=1e-12)


@pytest.mark.parametrize("n_quantiles", [None, 20])
@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
def test_with_strength_is_a_fit_at_that_strength(strength, n_quantiles):
    X, group, weight = make()
    X[::9, 0] = np.nan
    model = fitted(X, group, weight, strength=0.7, n_quantiles=n_quantiles)
    before = model.transform(X, sensitive_features=group)
    copy = model.with_strength(strength)
    expected = moved(X, group, weight, strength=strength, n_quantiles=n_quantiles)
    assert_array_equal(copy.transform(X, sensitive_features=group), expected)
    assert copy.maps_ is model.maps_
    assert model.strength == 0.7
    assert_array_equal(model.transform(X, sensitive_features=group), before)


def test_with_strength_refuses_maps_that_depend_on_it():
    X, group, _ = make()
    both = np.column_stack([group, X[:, 0] > 0])
    model = fitted(X, both, sequential=[1.0, 0.5])
    with pytest.raises(ValueError, match="maps of a column are fitted to what those"):
        model.with_strength(0.5)
    with pytest.raises(ValueError, match=r"'strength' parameter .* in the range \[0"):
        fitted(X, group).with_strength(-0.1)
    with pytest.raises(NotFittedError):
        BarycenterTransformer().with_strength(0.5)
