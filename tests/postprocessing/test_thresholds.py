"""ParityThresholdClassifier: decisions whose rates keep a bound."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import skops.io
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.constraints import (
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GeneralParity,
)
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.inspection import TradeoffDisplay
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import (
    demographic_parity_difference,
    equal_opportunity_difference,
    equalized_odds_difference,
)
from fairlearnkit.postprocessing import ParityThresholdClassifier
from helpers import make_data

METRICS = {
    "demographic_parity": demographic_parity_difference,
    "equal_opportunity": equal_opportunity_difference,
    "equalized_odds": equalized_odds_difference,
}
LOGISTIC = LogisticRegression()


class Given(LogisticRegression):
    """Probabilities that are the first columns of X."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        self.classes_ = np.arange(self.n_outputs(X))
        return self

    def n_outputs(self, X):
        return X.shape[1]

    def predict_proba(self, X):
        return np.asarray(X)[:, : len(self.classes_)]


class GivenTwo(Given):
    def n_outputs(self, X):
        return 2


class GivenGroups(Given):
    """Memberships that are the columns after the first two."""

    def n_outputs(self, X):
        return X.shape[1] - 2

    def predict_proba(self, X):
        return np.asarray(X)[:, 2:]


def draw(n=3000, n_groups=3, n_classes=2, seed=0):
    """X of P(y | x) and P(S | x, y) = P(S | x), and y and groups drawn from them."""
    rng = np.random.default_rng(seed)
    member = rng.dirichlet(np.full(n_groups, 0.2), n)
    z = rng.normal(size=(n, n_classes)) * 1.2
    z[:, -1] += 0.9 * member @ np.arange(n_groups)
    proba = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y, group = (
        (shares.cumsum(axis=1)[:, :-1] < rng.uniform(size=(n, 1))).sum(axis=1)
        for shares in (proba, member)
    )
    return np.column_stack([proba, member]), y, group


def frozen(model, X):
    return FrozenEstimator(model.fit(X))


def around_given(X, **options):
    return ParityThresholdClassifier(frozen(GivenTwo(), X), **options)


@pytest.fixture(scope="module")
def given():
    return draw(1500)


@pytest.fixture(scope="module")
def many():
    """For what holds on average only."""
    return draw()


@pytest.mark.slow
@pytest.mark.parametrize("constraint", list(METRICS))
@pytest.mark.parametrize("max_gap", [0.0, 0.03, 0.1])
def test_known_groups_meet_the_bound_on_the_rows_for_calibration(
    given, constraint, max_gap
):
    X, y, group = given
    model = around_given(X, constraint=constraint, max_gap=max_gap)
    model.fit(X, y, sensitive_features=group)
    decided = model.predict(X, sensitive_features=group)
    gap = METRICS[constraint](y, decided, sensitive_features=group)
    share = 1 / min(np.bincount(group[y == 0]).min(), np.bincount(group[y == 1]).min())
    assert model.gap_ <= max_gap + share
    if constraint != "equalized_odds":  # whose rates are those that are expected
        assert_allclose(gap, model.gap_, atol=1e-12)
    assert gap <= max_gap + 0.03
    plain = np.mean((X[:, 1] > 0.5) != y)
    assert model.cost_ < plain + 0.1
    # The program trusts the probabilities; the rule is chosen by true labels.
    assert model.duality_gap_ < 0.02
    assert set(model.thresholds_) == {0, 1, 2}


@pytest.mark.parametrize("constraint", list(METRICS))
def test_inferred_groups_meet_the_bound(many, constraint):
    X, y, group = many
    groups = frozen(GivenGroups(), X)
    model = around_given(X, constraint=constraint, max_gap=0.03, group_estimator=groups)
    model.fit(X, y, sensitive_features=group)
    decided = model.predict(X)
    gap = METRICS[constraint](y, decided, sensitive_features=group)
    assert_allclose(gap, model.gap_, atol=1e-12)
    assert gap < 0.035
    assert accuracy_score(y, decided) > accuracy_score(y, X[:, 1] > 0.5) - 0.05
    assert model.group_estimators_[0] is groups


def test_thresholds_are_what_the_rule_applies(given):
    X, y, group = given
    model = around_given(X, max_gap=0.05).fit(X, y, sensitive_features=group)
    cuts = np.array([model.thresholds_[g] for g in group])
    decided = model.predict(X, sensitive_features=group)
    assert_array_equal(decided, X[:, 1] > cuts)
    scores = model.decision_function(X, sensitive_features=group)
    assert_allclose(scores, X[:, 1] - cuts, atol=1e-7)
    rates = np.array([decided[group == g].mean() for g in range(3)])
    assert np.ptp(rates) == pytest.approx(0.05, abs=1 / np.bincount(group).min())


def test_multipliers_are_what_the_rule_applies(given):
    X, y, group = given
    model = around_given(X, max_gap=0.02, group_estimator=frozen(GivenGroups(), X))
    model.fit(X, y, sensitive_features=group)
    nu = np.array([model.multipliers_[name] for name in "012"])
    assert_allclose(nu.sum(), 0.0, atol=1e-9)
    member = X[:, 2:]
    shift = member @ (nu / member.mean(axis=0))
    excess = (1 - X[:, 1]) - X[:, 1] + shift  # cost of the second class less the first
    clear = np.abs(excess) > 1e-7
    assert_array_equal(model.predict(X)[clear], (excess < 0)[clear])


def test_the_price_of_the_bound(given):
    """d cost / d bound is the sum of the positive multipliers."""
    X, y, group = given
    models = [
        around_given(X, max_gap=bound, group_estimator=frozen(GivenGroups(), X)).fit(
            X, y, sensitive_features=group
        )
        for bound in (0.04, 0.06)
    ]
    slope = (models[0].cost_ - models[1].cost_) / (models[1].gap_ - models[0].gap_)
    prices = [sum(max(v, 0.0) for v in m.multipliers_.values()) for m in models]
    assert slope == pytest.approx(np.mean(prices), rel=0.15)  # rates are of a sample


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [3, 4])
@pytest.mark.parametrize("constraint", ["demographic_parity", "equal_opportunity"])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.filterwarnings("ignore:The cheapest rule with:UserWarning")  # of 500 rows
def test_more_than_two_classes(n_classes, constraint, known):
    X, y, group = draw(n=500, n_groups=2, n_classes=n_classes)
    proba, _ = np.split(X, [n_classes], axis=1)
    options = {"constraint": constraint, "max_gap": 0.02}
    if not known:
        options["group_estimator"] = LogisticRegression()
    model = ParityThresholdClassifier(frozen(Given(), proba), **options)
    if not known:  # the models of groups see the class probabilities only
        proba = proba.copy()
    model.fit(proba, y, sensitive_features=group)
    metadata = {"sensitive_features": group} if known else {}
    decided = model.predict(proba, **metadata)
    gaps, fewest = [], len(y)
    for k in range(n_classes):
        rows = np.full(len(y), True) if constraint[0] == "d" else y == k
        fewest = min(fewest, *(np.sum(rows & (group == g)) for g in (0, 1)))
        rates = [np.mean(decided[rows & (group == g)] == k) for g in (0, 1)]
        gaps.append(abs(rates[0] - rates[1]))
    if known:
        assert_allclose(max(gaps), model.gap_, atol=1e-12)
        assert model.gap_ <= 0.02 + 1 / fewest
    assert list(model.multipliers_) == list(range(n_classes))
    assert model.decision_function(proba, **metadata).shape == (500, n_classes)
    words = (
        r"two classes only.*share decided k among rows with y = k, for each class k\.$"
    )
    with pytest.raises(ValueError, match=words):
        clone(model).set_params(constraint="equalized_odds").fit(
            proba, y, sensitive_features=group
        )


def test_no_bound_is_the_own_decision_of_the_inner_model():
    X, y, group, _ = make_data(400, n_classes=3)
    for inner in (LOGISTIC, RandomForestClassifier(12, max_depth=3, random_state=0)):
        model = ParityThresholdClassifier(inner, max_gap=np.inf)
        model.fit(X, y, sensitive_features=group)
        expected = clone(inner).fit(X, y)
        assert_array_equal(
            model.predict(X, sensitive_features=group), expected.predict(X)
        )
        assert_allclose(
            model.predict_proba(X, sensitive_features=group), expected.predict_proba(X)
        )
        assert model.gap_ > 0.02
        assert model.duality_gap_ == 0.0


def test_cost_moves_the_plain_rule_and_prices_the_bound(given):
    X, y, group = given
    plain = around_given(X, max_gap=np.inf, cost={0: 1.0, 1: 4.0})
    plain.fit(X, y, sensitive_features=group)
    assert plain.thresholds_ == {0: 0.2, 1: 0.2, 2: 0.2}
    assert_array_equal(plain.predict(X, sensitive_features=group), X[:, 1] > 0.2)
    matrix = pd.DataFrame([[0.0, 4.0], [1.0, 0.0]], index=[1, 0], columns=[1, 0])
    for cost in (
        [1.0, 4.0],
        [[0.0, 1.0], [4.0, 0.0]],
        [[1.0, 2.0], [5.0, 1.0]],
        pd.Series([4.0, 1.0], index=[1, 0]),
        matrix,
    ):
        same = clone(plain).set_params(cost=cost).fit(X, y, sensitive_features=group)
        assert same.thresholds_ == pytest.approx(plain.thresholds_)
    bounded = clone(plain).set_params(max_gap=0.01)
    bounded.fit(X, y, sensitive_features=group)
    assert bounded.cost_ > plain.cost_
    decided = bounded.predict(X, sensitive_features=group)
    expected = np.mean(np.where(decided, 1 - X[:, 1], 4 * X[:, 1]))
    assert_allclose(bounded.cost_, expected, rtol=1e-12)


@pytest.mark.slow
def test_weights_count_in_costs_and_rates(many):
    X, y, group = many
    weight = np.random.default_rng(0).integers(0, 4, len(y))
    rows = np.repeat(np.arange(len(y)), weight)
    cells = [weight[group == g] for g in np.unique(group)]
    heaviest = max(cell.max() / cell.sum() for cell in cells)
    for options in ({}, {"group_estimator": frozen(GivenGroups(), X)}):
        weighted = around_given(X, max_gap=0.02, **options)
        weighted.fit(X, y, sensitive_features=group, sample_weight=weight)
        repeated = around_given(X, max_gap=0.02, **options)
        repeated.fit(X[rows], y[rows], sensitive_features=group[rows])
        assert 0.015 < weighted.gap_ <= 0.02 + heaviest
        assert 0.015 < repeated.gap_ <= 0.02 + heaviest / 3
        assert weighted.cost_ == pytest.approx(repeated.cost_, abs=3e-3)
    half = around_given(X, max_gap=0.02)
    half.fit(X, y, sensitive_features=group, sample_weight=weight / 2)
    known = around_given(X, max_gap=0.02)
    known.fit(X, y, sensitive_features=group, sample_weight=weight)
    assert half.thresholds_ == known.thresholds_


@pytest.mark.slow
def test_the_cost_falls_as_the_bound_grows(given):
    X, y, group = given
    for options in ({}, {"group_estimator": frozen(GivenGroups(), X)}):
        costs = [
            around_given(X, max_gap=e, **options)
            .fit(X, y, sensitive_features=group)
            .cost_
            for e in (0.0, 0.03, 0.1, np.inf)
        ]
        assert (np.diff(costs) <= 1e-9).all()


def test_with_max_gap_needs_no_refit(given):
    X, y, group = given
    for options in ({}, {"group_estimator": frozen(GivenGroups(), X)}):
        model = around_given(X, max_gap=0.0, **options)
        model.fit(X, y, sensitive_features=group)
        assert (np.diff(model.tradeoff_["bound"]) > 0).all()
        assert (model.tradeoff_["bound"] <= model.tradeoff_["gap"]).all()
        assert (np.diff(model.tradeoff_["cost"]) < 0).all()
        before = pickle.dumps(model)
        other = model.with_max_gap(0.05)
        assert pickle.dumps(model) == before
        assert other.estimator_ is model.estimator_
        assert other.max_gap == 0.05
        assert 0.01 < other.gap_ <= 0.05 + 1e-3
        fresh = clone(other).fit(X, y, sensitive_features=group)
        assert fresh.cost_ <= other.cost_ + 1e-12
        assert other.cost_ < fresh.cost_ + 2e-3
        plain = model.with_max_gap(np.inf)
        assert plain.gap_ == model.tradeoff_["gap"][-1]
        for wrong in (-1.0, 5.0):
            with pytest.raises(ValueError, match="max_gap"):
                model.with_max_gap(wrong)


def test_a_small_group_loosens_the_bound_for_itself_only():
    """Of 5 rows each is a fifth of a rate; two large groups keep to the bound."""
    rng = np.random.default_rng(0)
    group = np.repeat(["a", "b", "small"], [600, 500, 5])
    proba = 1 / (1 + np.exp(-rng.normal(0.8 * (group == "a"), 1.0)))
    X = np.column_stack([1 - proba, proba])
    y = (rng.uniform(size=len(proba)) < proba) * 1
    model = ParityThresholdClassifier(frozen(Given(), X), max_gap=0.02)
    with pytest.warns(SmallGroupWarning, match="small"):
        model.fit(X, y, sensitive_features=group)
    decided = model.predict(X, sensitive_features=group)
    rates = {label: decided[group == label].mean() for label in np.unique(group)}
    assert abs(rates["a"] - rates["b"]) <= 0.02 + 0.5 / 500 + 0.5 / 600 + 1e-12
    for label in "ab":
        assert abs(rates[label] - rates["small"]) <= 0.02 + 0.1 + 0.5 / 500


@pytest.mark.parametrize("max_gap", [0.05, 0.0])
def test_expected_rates_of_mixtures_keep_the_bound_itself(max_gap):
    """Heavy rows do not matter: the shares of several thresholds are free."""
    X, y, group = draw(n=300, n_groups=3)
    weight = np.random.default_rng(0).integers(1, 20, 300)
    model = around_given(X, constraint="equalized_odds", max_gap=max_gap)
    model.fit(X, y, sensitive_features=group, sample_weight=weight)
    assert 0.5 * max_gap <= model.gap_ <= max_gap + 1e-8
    assert_allclose(model.tradeoff_["bound"], model.tradeoff_["gap"], atol=1e-8)


def test_the_tradeoff_is_drawn_without_a_refit(given):
    X, y, group = given
    model = around_given(X, max_gap=0.05).fit(X, y, sensitive_features=group)
    plt = pytest.importorskip("matplotlib.pyplot")
    display = TradeoffDisplay.from_decision_rule(model)
    frame = display.frame()
    assert frame["gap"][display.chosen] == model.gap_
    assert frame["score"][display.chosen] == -model.cost_
    assert display.ax_.get_xlabel() == "gap of rates"
    plt.close(display.figure_)


def test_separate_columns_are_compared_by_themselves(given):
    X, y, group = given
    other = (np.arange(len(y)) * 7 % 3 == 0) & (y == 1) | (np.arange(len(y)) % 2 == 0)
    table = pd.DataFrame({"race": group, "sex": np.where(other, "f", "m")})
    constraint = DemographicParity(columns="separately")
    for options in ({}, {"group_estimator": LogisticRegression()}):
        model = around_given(X, constraint=constraint, max_gap=0.03, **options)
        model.fit(X, y, sensitive_features=table)
        metadata = {} if options else {"sensitive_features": table[["sex", "race"]]}
        decided = model.predict(X, **metadata)
        for column in table:
            gap = demographic_parity_difference(
                y, decided, sensitive_features=table[column]
            )
            # Known groups: those rows. Inferred: by models that are fitted anew.
            row = 1 / table[column].value_counts().min()
            assert gap <= (0.06 if options else 0.03 + row)
        assert model.gap_ <= 0.03 + 1 / min(
            table[c].value_counts().min() for c in table
        )
        assert "f - m in sex" in model.multipliers_


def test_intersections_and_labels_of_any_kind(given):
    X, y, group = given
    y = np.where(y == 1, "accept", "deny")  # the positive class comes first
    table = pd.DataFrame({"race": group, "old": np.arange(len(y)) % 2 == 0})
    classifier = ParityThresholdClassifier(
        LOGISTIC, constraint="equal_opportunity", pos_label="accept", max_gap=0.02
    )
    classifier.fit(X, y, sensitive_features=table)
    assert classifier.pos_label_ == "accept"
    assert (0, True) in classifier.thresholds_
    proba = classifier.predict_proba(X, sensitive_features=table)
    cuts = [
        classifier.thresholds_[key] for key in table.itertuples(index=False, name=None)
    ]
    decided = classifier.predict(X, sensitive_features=table)
    assert_array_equal(decided == "accept", proba[:, 0] > cuts)
    with pytest.raises(ValueError, match="pos_label"):
        clone(classifier).set_params(pos_label=None).fit(X, y, sensitive_features=table)


def test_constraint_objects(given):
    X, y, group = given
    by_name = around_given(X, constraint="equal_opportunity", max_gap=0.02)
    by_name.fit(X, y, sensitive_features=group)
    by_object = around_given(X, constraint=EqualOpportunity(), max_gap=0.02)
    by_object.fit(X, y, sensitive_features=group)
    assert by_object.thresholds_ == by_name.thresholds_
    negative = around_given(X, constraint=EqualOpportunity(pos_label=0), max_gap=0.02)
    negative.fit(X, y, sensitive_features=group)
    decided = negative.predict(X, sensitive_features=group)
    rates = [decided[(y == 0) & (group == g)].mean() for g in range(3)]
    assert np.ptp(rates) <= 0.02 + 1 / np.bincount(group[y == 0]).min()


def test_equalized_odds_mixes_as_few_thresholds_as_it_can(given):
    X, y, group = given
    model = around_given(X, constraint=EqualizedOdds(), max_gap=0.0)
    model.fit(X, y, sensitive_features=group)
    mixed = [pairs for pairs in model.thresholds_.values() if isinstance(pairs, list)]
    assert mixed
    assert max(map(len, mixed)) <= 3
    for pairs in mixed:
        assert_allclose(sum(share for _, share in pairs), 1.0)
    assert model.gap_ < 1e-9
    # Rows of one probability pick their thresholds by their own numbers.
    first = model.predict(X, sensitive_features=group)
    assert_array_equal(first, model.predict(X, sensitive_features=group))


def test_a_row_alone_and_in_a_batch_are_decided_alike(many):
    X, y, group = many
    rounded = np.round(X, 1)
    for options in (
        {},
        {"constraint": "equalized_odds"},
        {"group_estimator": frozen(GivenGroups(), X)},
    ):
        model = around_given(X, max_gap=0.01, **options)
        model.fit(rounded, y, sensitive_features=group)
        known = "group_estimator" not in options
        everyone = {"sensitive_features": group} if known else {}
        decided = model.predict(rounded, **everyone)
        for i in range(0, 400, 9):
            alone = {"sensitive_features": group[[i]]} if known else {}
            assert model.predict(rounded[[i]], **alone) == decided[i]


def test_ties_are_split_to_meet_the_bound():
    """Probabilities of five levels: thresholds alone leave gaps of many rows."""
    X, y, group = draw(n=4000, n_groups=2)
    levels = np.round(4 * X[:, 1]) / 4
    X = np.column_stack([1 - levels, levels, np.arange(len(y))])
    model = around_given(X, max_gap=0.01).fit(X, y, sensitive_features=group)
    assert model.gap_ < 0.011
    decided = model.predict(X, sensitive_features=group)
    tied = [
        len(np.unique(decided[(levels == level) & (group == g)]))
        for level in np.unique(levels)
        for g in (0, 1)
    ]
    assert 1 <= sum(n == 2 for n in tied) <= 2  # one level a group is split
    same = around_given(X[:, :2], max_gap=0.01)  # identical rows share a decision
    same.fit(X[:, :2], y, sensitive_features=group)
    decided = same.predict(X[:, :2], sensitive_features=group)
    for level in np.unique(levels):
        for g in (0, 1):
            assert np.ptp(decided[(levels == level) & (group == g)]) == 0


def test_out_of_fold_probabilities_choose_and_all_rows_fit():
    X, y, group, _ = make_data(400, n_groups=2)
    folds = StratifiedKFold(4)
    model = ParityThresholdClassifier(LOGISTIC, max_gap=0.02, cv=folds, pos_label="yes")
    model.fit(X, y, sensitive_features=group)
    proba = cross_val_predict(LOGISTIC, X, y, cv=folds, method="predict_proba")
    X2 = np.column_stack([proba, X])
    same = around_given(X2, max_gap=0.02)
    same.fit(X2, np.searchsorted(["no", "yes"], y), sensitive_features=group)
    assert model.gap_ == pytest.approx(same.gap_)
    assert list(model.thresholds_.values()) == pytest.approx(
        list(same.thresholds_.values())
    )
    assert_allclose(model.estimator_.coef_, LogisticRegression().fit(X, y).coef_)
    assert np.isnan(model.gap_bound_)


def test_gap_bound_is_its_formula(given):
    X, y, group = given
    model = around_given(X, constraint="equal_opportunity", max_gap=0.05)
    model.fit(X, y, sensitive_features=group)
    counts = np.bincount(group[y == 1])
    epsilon = np.sqrt(np.log(2 * 3 / 0.05) / (2 * counts))
    decided = model.predict(X, sensitive_features=group)
    rates = np.array([decided[(y == 1) & (group == g)].mean() for g in range(3)])
    expected = max(
        abs(rates[a] - rates[b]) + epsilon[a] + epsilon[b]
        for a in range(3)
        for b in range(3)
        if a != b
    )
    assert_allclose(model.gap_bound_, expected, rtol=1e-12)
    surer = clone(model).set_params(confidence=0.999)
    assert surer.fit(X, y, sensitive_features=group).gap_bound_ > model.gap_bound_
    weighted = clone(model)
    weighted.fit(X, y, sensitive_features=group, sample_weight=np.ones(len(y)))
    assert np.isnan(weighted.gap_bound_)


@pytest.mark.slow
def test_gap_bound_covers_the_gap_of_the_population():
    """More draws and larger cells: benchmarks/decision_bound.py."""
    population, y, group = draw(n=10_000, n_groups=2, seed=1)
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(60):
        rows = np.concatenate(
            [rng.choice(np.flatnonzero(group == g), 40) for g in (0, 1)]
        )
        model = around_given(population, max_gap=0.02)
        model.fit(population[rows], y[rows], sensitive_features=group[rows])
        decided = model.predict(population, sensitive_features=group)
        gap = abs(decided[group == 0].mean() - decided[group == 1].mean())
        held += gap <= model.gap_bound_
    assert held >= 57


@pytest.mark.slow
@pytest.mark.parametrize(
    "inner",
    [
        LogisticRegression(),
        HistGradientBoostingClassifier(max_iter=10, random_state=0),
        RandomForestClassifier(8, max_depth=4, random_state=0),
        CalibratedClassifierCV(SVC(), ensemble=False, cv=3),
        make_pipeline(
            make_column_transformer(
                (OneHotEncoder(), ["home"]), remainder=StandardScaler()
            ),
            LogisticRegression(),
        ),
        GridSearchCV(
            make_pipeline(
                make_column_transformer((OneHotEncoder(), ["home"])),
                LogisticRegression(),
            ),
            {"logisticregression__C": [0.1, 1.0]},
            cv=3,
        ),
        "lightgbm",
        "xgboost",
    ],
    ids=lambda inner: inner if isinstance(inner, str) else type(inner).__name__,
)
@pytest.mark.parametrize("known", [True, False])
def test_around_any_classifier(inner, known):
    if isinstance(inner, str):
        module = pytest.importorskip(inner)
        silent = {"lightgbm": ("LGBMClassifier", -1), "xgboost": ("XGBClassifier", 0)}
        name, verbosity = silent[inner]
        options = {"n_estimators": 10, "verbosity": verbosity, "n_jobs": 1}
        inner = getattr(module, name)(**options)
    X, y, group, _ = make_data(600, n_groups=2)
    y = (y == "yes").astype(int)
    frame = pd.DataFrame(X, columns=list("vwxyz"))
    if hasattr(inner, "steps") or hasattr(inner, "cv_results_") or "Grid" in str(inner):
        frame["home"] = np.where(X[:, 0] > 1, "own", "rent")
    model = ParityThresholdClassifier(
        inner, max_gap=0.05, cv=3, group_estimator=None if known else clone(inner)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of models without names
        model.fit(frame, y, sensitive_features=group)
    metadata = {"sensitive_features": group} if known else {}
    decided = model.predict(frame, **metadata)
    assert set(decided) <= {0, 1}
    if known:
        assert model.gap_ < 0.055
    assert model.score(frame, y, **metadata) == np.mean(decided == y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(frame, **metadata), decided)


@pytest.mark.slow
def test_in_searches_pipelines_and_sensitive_columns():
    X, y, group, _ = make_data(300, n_groups=2)
    frame = pd.DataFrame(X, columns=list("vwxyz")).assign(sex=group)
    rule = ParityThresholdClassifier(LOGISTIC, max_gap=0.05, pos_label="yes", cv=3)
    model = make_pipeline(SensitiveColumns(rule, "sex"))
    direct = clone(rule).fit(X, y, sensitive_features=group)
    expected = direct.predict(X, sensitive_features=group)
    assert_array_equal(model.fit(frame, y).predict(frame), expected)
    assert len(cross_val_score(model, frame, y, cv=3, error_score="raise")) == 3
    search = GridSearchCV(
        SensitiveColumns(rule, "sex"), {"estimator__estimator__C": [0.01, 1.0]}, cv=3
    ).fit(frame, y)
    assert search.predict(frame).shape == (300,)
    unaware = clone(rule).set_params(group_estimator=LOGISTIC)
    wrapped = SensitiveColumns(unaware, "sex").fit(frame, y)
    direct = clone(unaware).fit(X, y, sensitive_features=group)
    assert_array_equal(wrapped.predict(frame), direct.predict(X))


def test_requests_follow_the_parameters():
    known = ParityThresholdClassifier(LOGISTIC)
    unaware = ParityThresholdClassifier(LOGISTIC, group_estimator=LOGISTIC)
    within = ParityThresholdClassifier(known, group_estimator=LOGISTIC)
    for model, wanted in ((known, True), (unaware, False), (within, True)):
        requests = model.get_metadata_routing()
        assert requests.fit.requests["sensitive_features"] is True
        for method in ("predict", "predict_proba", "decision_function", "score"):
            asked = getattr(requests, method).requests["sensitive_features"]
            assert asked is wanted
    with config_context(enable_metadata_routing=True):
        unaware.set_predict_request(sensitive_features=True)
    own = unaware.get_metadata_routing()
    assert own.predict.requests["sensitive_features"] is True


def test_inner_models_get_groups_and_weights_if_they_ask():
    X, y, group, _ = make_data(300, n_groups=2)
    inner = ParityLogisticRegression(max_gap=0.1)
    model = ParityThresholdClassifier(inner, max_gap=0.02, pos_label="yes", cv=3)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, 300)
    model.fit(X, y, sensitive_features=group, sample_weight=weight)
    expected = clone(inner).fit(X, y, sensitive_features=group, sample_weight=weight)
    assert_allclose(model.estimator_.coef_, expected.coef_, rtol=1e-10)


def test_missing_and_unseen_groups(given):
    X, y, group = given
    table = pd.Series(np.where(group == 2, None, np.array(list("abc"))[group]))
    with pytest.raises(ValueError, match="missing"):
        around_given(X).fit(X, y, sensitive_features=table)
    third = around_given(X, missing="group").fit(X, y, sensitive_features=table)
    assert list(third.thresholds_) == ["a", "b", None]
    left_out = around_given(X, missing="ignore", unseen="pooled")
    left_out.fit(X, y, sensitive_features=table)
    decided = left_out.predict(X, sensitive_features=table)
    plain = X[:, 1] > 0.5
    assert_array_equal(decided[group == 2], plain[group == 2])
    assert np.any(decided != plain)
    shares = np.where(decided, X[:, 0], X[:, 1])  # of being wrong
    assert left_out.cost_ == pytest.approx(shares.mean())
    assert_array_equal(
        left_out.predict(X, sensitive_features=np.full(len(y), "new")), plain
    )
    third.set_params(unseen="error")
    with pytest.raises(ValueError, match="new"):
        third.predict(X[:1], sensitive_features=["new"])


def test_rows_in_the_order_of_their_groups():
    """Folds by class alone would leave a group out of the training rows."""
    X, y, group, _ = make_data(450)
    order = np.argsort(group, kind="stable")
    X, y, group = X[order], y[order], group[order]
    model = ParityThresholdClassifier(
        LOGISTIC, max_gap=0.05, group_estimator=LOGISTIC, pos_label="yes"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y, sensitive_features=group)
    constant = min(np.mean(y == "yes"), np.mean(y == "no"))
    assert model.cost_ < constant
    assert model.score(X, y) > 1 - constant
    with pytest.raises(ValueError, match="fold 0 hold no row of the group 'a'"):
        clone(model).set_params(cv=KFold(3)).fit(X, y, sensitive_features=group)
    folds = [(np.arange(450), np.flatnonzero(group != "c"))]
    with pytest.raises(ValueError, match="No test fold holds a row of the group 'c'"):
        clone(model).set_params(cv=folds, group_estimator=None).fit(
            X, y, sensitive_features=group
        )


def test_no_rule_is_dearer_than_one_class_for_all():
    """Memberships that tell nothing: what closes the gap decides everybody alike."""
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1], 300)
    proba = np.clip(0.3 + 0.3 * group + 0.1 * rng.normal(size=600), 0.01, 0.99)
    y = (rng.uniform(size=600) < proba).astype(int)
    member = np.column_stack([proba, 1 - proba])
    X = np.column_stack([1 - proba, proba, 0 * member + 0.5])
    model = around_given(X, group_estimator=frozen(GivenGroups(), X))
    with pytest.warns(UserWarning, match="for every row; the inner model alone"):
        model.fit(X, y, sensitive_features=group)
    assert model.gap_ == 0.0
    assert model.cost_ == pytest.approx(min(proba.mean(), 1 - proba.mean()), rel=1e-14)
    assert len(np.unique(model.predict(X))) == 1
    assert np.isnan([*model.multipliers_.values()]).all()
    assert model.with_max_gap(np.inf).gap_ > 0.3


def test_texts_and_dicts_as_rows():
    words = np.array(["red", "blue", "green", "gold"])
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 4, (2, 200))
    y = (first + rng.integers(0, 2, 200) > 2).astype(int)
    group = second % 2
    texts = [f"{a} {b}" for a, b in zip(words[first], words[second])]
    dicts = [{"a": a, "b": b} for a, b in zip(words[first], words[second])]
    rules = []
    for X, vectorizer in (
        (texts, TfidfVectorizer()),
        (np.array(texts, dtype=object), TfidfVectorizer()),
        (pd.Series(texts), TfidfVectorizer()),
        (dicts, DictVectorizer()),
    ):
        inner = make_pipeline(vectorizer, LogisticRegression())
        model = ParityThresholdClassifier(inner, max_gap=0.02, cv=2)
        model.fit(X, y, sensitive_features=group)
        rules.append(model.predict(X, sensitive_features=group))
    assert_array_equal(rules[0], rules[1])
    assert_array_equal(rules[0], rules[2])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"constraint": "general_parity"}, "'constraint' parameter"),
        ({"constraint": GeneralParity(n_bins=2)}, "general_parity|function of"),
        ({"cost": [1.0]}, "cost must be finite"),
        ({"cost": ["1", "x"]}, "cost must be finite"),
        ({"cost": [[0.0, 1.0], [1.0]]}, "cost must be finite"),
        ({"cost": {"no": 1.0}}, "known classes"),
        ({"max_gap": 5}, "between 0 and 1"),
        (
            {"cost": [[1.0, 0.0], [0.0, 1.0]]},
            "no more expensive than right ones; row j, column k holds the cost of "
            "deciding k where j is the class\\.$",
        ),
        ({"max_gap": -0.1}, "'max_gap' parameter"),
        ({"confidence": 1.0}, "'confidence' parameter"),
        ({"cv": iter(())}, "no folds"),
        ({"pos_label": "maybe"}, "maybe"),
    ],
)
def test_messages_of_parameters(change, match):
    X, y, group, _ = make_data(100, n_groups=2)
    model = ParityThresholdClassifier(LOGISTIC).set_params(**change)
    with pytest.raises(ValueError, match=match):
        model.fit(X, y, sensitive_features=group)


def test_messages_of_data(given):
    X, y, group = given
    model = around_given(X)
    with pytest.raises(ValueError, match="sensitive_features"):
        model.fit(X, y)
    with pytest.raises(ValueError, match="y has the classes"):
        model.fit(X, y + 5, sensitive_features=group)
    with pytest.raises(ValueError, match="requires y"):
        ParityThresholdClassifier(LOGISTIC).fit(X, None, sensitive_features=group)
    with pytest.raises(AttributeError, match="CalibratedClassifierCV"):
        ParityThresholdClassifier(SVC()).fit(X, y, sensitive_features=group)
    with pytest.raises(ValueError, match="no row"):
        around_given(X, constraint="equalized_odds").fit(
            X, np.where(group == 0, 0, y), sensitive_features=group
        )
    with pytest.warns(SmallGroupWarning):
        model.fit(X, y, sensitive_features=np.where(np.arange(len(y)) < 3, 9, group))
    model.fit(X, None, sensitive_features=group)  # frozen: labels are not needed
    with pytest.raises(ValueError, match="sensitive_features"):
        model.predict(X)
    unaware = around_given(X, group_estimator=frozen(GivenGroups(), X))
    unaware.fit(X, y, sensitive_features=group)
    expected = unaware.predict(X)
    assert_array_equal(unaware.predict(X, sensitive_features=1 - group // 2), expected)


@pytest.mark.slow
@pytest.mark.parametrize("constraint", ["demographic_parity", "equalized_odds"])
def test_groups_of_any_label_are_saved_by_skops(given, constraint):
    """Intersections are tuples and missing labels None: no keys of JSON."""
    X, y, group = given
    table = pd.DataFrame({"race": group, "old": np.arange(len(y)) % 2 == 0})
    unknown = pd.Series(np.where(group == 2, None, np.array(list("abc"))[group]))
    for groups in (table, unknown):
        model = around_given(X, constraint=constraint, missing="group", max_gap=0.02)
        model.fit(X, y, sensitive_features=groups)
        blob = skops.io.dumps(model)
        types = skops.io.get_untrusted_types(data=blob)
        again = skops.io.loads(blob, trusted=types)
        assert again.thresholds_ == model.thresholds_
        assert_array_equal(
            again.predict(X, sensitive_features=groups),
            model.predict(X, sensitive_features=groups),
        )
        assert again.with_max_gap(0.1).gap_ == model.with_max_gap(0.1).gap_


def test_a_rule_is_described_by_thresholds_or_multipliers(given):
    X, y, group = given
    model = around_given(X, max_gap=0.05)
    for name in ("thresholds_", "multipliers_"):
        with pytest.raises(AttributeError, match=name):
            getattr(model, name)
    model.fit(X, y, sensitive_features=group)
    assert hasattr(model, "thresholds_")
    with pytest.raises(AttributeError, match="multipliers_"):
        model.multipliers_  # noqa: B018
    model.set_params(group_estimator=frozen(GivenGroups(), X))
    model.fit(X, y, sensitive_features=group)
    assert hasattr(model, "multipliers_")
    with pytest.raises(AttributeError, match="thresholds_"):
        model.thresholds_  # noqa: B018


def test_no_training_rows_are_kept(given):
    X, y, group = given
    for options in ({}, {"group_estimator": LogisticRegression()}):
        sizes = []
        for times in (1, 4):
            model = ParityThresholdClassifier(LOGISTIC, max_gap=0.02, **options)
            rows = np.tile(np.arange(len(y)), times)
            model.fit(X[rows], y[rows], sensitive_features=group[rows])
            sizes.append(len(pickle.dumps(model)))
        assert max(sizes) < 60_000


def test_a_group_estimator_without_weights_warns():
    X, y, group = draw(n=300)
    weight = np.linspace(1.0, 2.0, 300)
    model = around_given(X, max_gap=0.1, group_estimator=KNeighborsClassifier())
    with pytest.warns(UserWarning, match="KNeighborsClassifier"):
        model.fit(X, y, sensitive_features=group, sample_weight=weight)


def test_a_group_of_fewer_rows_than_folds_spoils_no_stratum():
    X, y, _ = draw(n=300)
    group = np.where(np.arange(300) < 3, "few", np.where(X[:, 2] > 0.5, "a", "b"))
    model = ParityThresholdClassifier(LOGISTIC, max_gap=0.1, cv=5)
    with warnings.catch_warnings():  # not of "the least populated class in y"
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", SmallGroupWarning)
        model.fit(X, y, sensitive_features=group)
    assert list(model.group_counts_) == [*np.unique(group, return_counts=True)[1]]


def test_probabilities_in_single_precision_are_summed_in_double(many):
    """Of float32 sums, the cost of many rows would be wrong in the seventh digit."""
    X, y, group = many
    X = X.astype(np.float32)
    single = around_given(X, max_gap=0.05).fit(X, y, sensitive_features=group)
    X = X.astype(np.float64)  # the same numbers
    double = around_given(X, max_gap=0.05).fit(X, y, sensitive_features=group)
    assert_allclose(single.cost_, double.cost_, rtol=1e-12)
    assert single.thresholds_ == double.thresholds_
    assert (
        single.predict_proba(
            X[:2].astype(np.float32), sensitive_features=group[:2]
        ).dtype
        == float
    )


def test_the_certificate_of_thresholds_is_tight():
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(3000, 3)), np.arange(3000) % 3
    X[group == 0] += 0.7
    y = (X.sum(axis=1) + rng.normal(size=3000) > 0).astype(int)
    inner = FrozenEstimator(LogisticRegression().fit(X, y))
    model = ParityThresholdClassifier(inner, max_gap=0.03)
    assert model.fit(X, y, sensitive_features=group).duality_gap_ < 1 / 3000
