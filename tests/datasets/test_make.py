import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import ks_2samp
from sklearn.linear_model import LinearRegression, LogisticRegression

from fairlearnkit.datasets import make_biased_classification, make_biased_regression

MAKERS = [make_biased_classification, make_biased_regression]
both = pytest.mark.parametrize("make", MAKERS)
MANY = 100_000


def group_means(y, groups):
    return {str(g): y[groups == g].mean() for g in np.unique(groups)}


@both
def test_shapes_and_defaults(make):
    X, y, groups = make(random_state=0)
    assert X.shape == (1000, 10)
    assert y.shape == groups.shape == (1000,)
    assert dict(zip(*np.unique(groups, return_counts=True))) == {"a": 500, "b": 500}


def test_kinds_of_target():
    y = make_biased_classification(random_state=0)[1]
    assert y.dtype == np.int64
    assert set(y) == {0, 1}
    y = make_biased_regression(random_state=0)[1]
    assert y.dtype == np.float64
    assert len(set(y)) == 1000


@both
def test_seeded(make):
    first, again, other = (
        make(random_state=3),
        make(random_state=3),
        make(random_state=4),
    )
    for a, b, c in zip(first, again, other):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


@both
def test_random_state_instance_moves_on(make):
    rng = np.random.RandomState(3)
    first, second = make(random_state=rng), make(random_state=rng)
    np.testing.assert_array_equal(first[0], make(random_state=3)[0])
    assert not np.array_equal(first[0], second[0])


@pytest.mark.parametrize("disparity", [0.0, 0.2, 0.6])
@pytest.mark.parametrize("label_noise", [0.0, 0.1])
@pytest.mark.parametrize("feature_share", [0.0, 0.5, 1.0])
def test_classification_disparity(disparity, label_noise, feature_share):
    _, y, groups = make_biased_classification(
        MANY,
        n_features=3,
        disparity=disparity,
        label_noise=label_noise,
        feature_share=feature_share,
        random_state=0,
    )
    means = group_means(y, groups)
    # four standard deviations of a difference of two rates of MANY / 2 rows each
    assert abs(means["a"] - means["b"] - disparity) < 4 * np.sqrt(0.5 / MANY * 2)
    assert abs(y.mean() - 0.5) < 4 * np.sqrt(0.25 / MANY)


def test_classification_rates_of_unequal_groups():
    shares = [0.6, 0.3, 0.1]
    _, y, groups = make_biased_classification(
        MANY,
        n_groups=3,
        group_shares=shares,
        disparity=0.2,
        base_rate=0.3,
        random_state=1,
    )
    # steps 0.5, 0, -0.5 have the mean 0.25 under these shares
    expected = {"a": 0.3 + 0.2 * 0.25, "b": 0.3 - 0.2 * 0.25, "c": 0.3 - 0.2 * 0.75}
    for name, mean in group_means(y, groups).items():
        assert abs(mean - expected[name]) < 0.012
    assert abs(y.mean() - 0.3) < 0.005


@pytest.mark.parametrize("disparity", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("feature_share", [0.0, 0.5, 1.0])
def test_regression_disparity(disparity, feature_share):
    _, y, groups = make_biased_regression(
        MANY,
        n_features=3,
        disparity=disparity,
        feature_share=feature_share,
        random_state=0,
    )
    means = group_means(y, groups)
    assert abs(means["a"] - means["b"] - disparity) < 4 * np.sqrt(1.25 / MANY * 4)
    assert abs(y.mean()) < 4 * np.sqrt(1.25 / MANY)


def test_regression_law_within_groups():
    _, y, groups = make_biased_regression(
        MANY,
        n_groups=3,
        group_shares=[0.5, 0.3, 0.2],
        disparity=2.0,
        noise=0.7,
        random_state=0,
    )
    expected = {
        "a": 1 - 0.3,
        "b": -0.3,
        "c": -1 - 0.3,
    }  # steps less their mean, times 2
    for name, mean in group_means(y, groups).items():
        assert abs(mean - expected[name]) < 0.03
        assert abs(y[groups == name].var() - (1 + 0.7**2)) < 0.03


@both
def test_no_disparity_means_the_same_law(make):
    X, y, groups = make(20_000, 4, disparity=0.0, random_state=0)
    for values in (*X.T, y):
        assert ks_2samp(values[groups == "a"], values[groups == "b"]).pvalue > 1e-3


@both
def test_features_carry_the_disparity_they_are_asked_to(make):
    def gap(feature_share):
        X, _, groups = make(
            MANY, 4, disparity=0.5, feature_share=feature_share, random_state=0
        )
        return np.linalg.norm(X[groups == "a"].mean(0) - X[groups == "b"].mean(0))

    # the group means of the score: +-0.25, or the quantiles of the rates 0.75, 0.25;
    # X differs by as much again in a direction that tells nothing of y
    full = 0.5 if make is make_biased_regression else 2 * ndtri(0.7 / 0.9)
    full *= np.sqrt(2)
    assert abs(gap(1.0) - full) < 0.02
    assert abs(gap(0.5) - full / 2) < 0.02
    assert gap(0.0) < 0.02


def test_group_adds_nothing_where_features_carry_all():
    for feature_share, informative in ((1.0, False), (0.0, True)):
        X, y, groups = make_biased_regression(
            20_000, 3, disparity=1.0, feature_share=feature_share, random_state=0
        )
        with_group = np.column_stack([X, groups == "a"])
        effect = LinearRegression().fit(with_group, y).coef_[-1]
        assert abs(effect - informative) < 0.03


def test_label_noise_flips_that_share():
    X, y, _ = make_biased_classification(
        20_000, 3, disparity=0.2, label_noise=0.2, random_state=0
    )
    model = LogisticRegression().fit(X, y)
    assert abs(model.score(X, y) - 0.8) < 0.01
    X, y, _ = make_biased_classification(
        20_000, 3, disparity=0.2, label_noise=0.0, random_state=0
    )
    assert LogisticRegression(C=1e6, max_iter=1000).fit(X, y).score(X, y) > 0.998


def test_noise_is_the_standard_deviation_left():
    X, y, _ = make_biased_regression(20_000, 3, noise=0.3, random_state=0)
    rest = y - LinearRegression().fit(X, y).predict(X)
    assert abs(rest.std() - 0.3) < 0.01
    X, y, _ = make_biased_regression(100, 3, noise=0.0, random_state=0)
    np.testing.assert_allclose(LinearRegression().fit(X, y).predict(X), y, atol=1e-9)


@both
def test_group_sizes_are_the_rounded_shares(make):
    groups = make(101, n_groups=3, group_shares=[0.5, 0.3, 0.2], random_state=0)[2]
    names, counts = np.unique(groups, return_counts=True)
    assert names.tolist() == ["a", "b", "c"]
    assert counts.tolist() == [51, 30, 20]  # 50.5, 30.3, 20.2: the largest rest first


@both
def test_rows_are_mixed(make):
    groups = make(1000, random_state=0)[2]
    assert 400 < np.count_nonzero(groups[1:] != groups[:-1]) < 600


@both
def test_many_groups(make):
    _, y, groups = make(60_000, n_groups=60, disparity=0.6, random_state=0)
    names = [*"abcdefghijklmnopqrstuvwxyz"]
    names += ["a" + c for c in names] + ["ba", "bb", "bc", "bd", "be", "bf", "bg", "bh"]
    assert set(groups) == set(names)
    assert set(np.unique(groups, return_counts=True)[1]) == {1000}
    means = group_means(y, groups)
    assert abs(means["a"] - means["bh"] - 0.6) < 0.2
    order = np.corrcoef([means[name] for name in names], np.arange(60))[0, 1]
    assert order < -0.9


BAD = [
    ({"n_samples": 0}, "n_samples must be an integer of at least 1, got 0"),
    ({"n_samples": 10.0}, "n_samples must be an integer .* got 10.0"),
    ({"n_features": 0}, "n_features must be .* got 0"),
    ({"n_groups": 1}, "n_groups must be an integer of at least 2, got 1"),
    ({"disparity": -0.1}, "disparity must be a number of at least 0, got -0.1"),
    ({"disparity": np.nan}, "disparity must be .* got nan"),
    ({"disparity": np.inf}, "disparity must be .* got inf"),
    ({"disparity": "big"}, "disparity must be .* got 'big'"),
    ({"feature_share": 1.5}, "feature_share must be a number from 0 to 1, got 1.5"),
    ({"group_shares": [0.5, 0.3, 0.2]}, r"n_groups=2 groups, got shape \(3,\)"),
    ({"group_shares": [0.5, 0.6]}, "add up to 1, .* with sum 1.1"),
    ({"group_shares": [1.0, 0.0]}, "must be positive"),
    ({"group_shares": [1.5, -0.5]}, "must be positive"),
    ({"group_shares": [0.5, np.nan]}, "must be positive"),
    ({"n_samples": 3, "n_groups": 5}, r"leaves the groups \['d', 'e'\] without"),
]


@both
@pytest.mark.parametrize(("wrong", "message"), BAD)
def test_bad_parameters(make, wrong, message):
    with pytest.raises(ValueError, match=message):
        make(**wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"disparity": 0.95}, "rates from 0.025 to 0.975; .* between 0.05 and 0.95"),
        ({"disparity": 1.0, "label_noise": 0.0}, "rates from 0 to 1;.*Lower disparity"),
        ({"base_rate": 0.1, "disparity": 0.2}, "rates from 0 to 0.2"),
        ({"base_rate": 1.1}, "base_rate must be a number from 0 to 1, got 1.1"),
        ({"label_noise": 0.5, "disparity": 0.0}, "Lower disparity or label_noise"),
        ({"label_noise": -0.1}, "label_noise must be a number from 0 to 0.5, got -0.1"),
    ],
)
def test_bad_classification_parameters(wrong, message):
    with pytest.raises(ValueError, match=message):
        make_biased_classification(**wrong)


def test_bad_noise():
    with pytest.raises(
        ValueError, match="noise must be a number of at least 0, got -1"
    ):
        make_biased_regression(noise=-1)
