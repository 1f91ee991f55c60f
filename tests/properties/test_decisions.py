"""Laws of decision rules, around given probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from fairlearnkit.postprocessing import ParityThresholdClassifier
from strategies import examples, seeds

pytestmark = [
    pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning"),
    pytest.mark.filterwarnings("ignore:The cheapest rule with:UserWarning"),
]

five = examples(5)


class Columns(ClassifierMixin, BaseEstimator):
    """Probabilities that are columns of X."""

    def __init__(self, first=0, last=2):
        self.first = first
        self.last = last

    def fit(self, X, y=None):
        self.classes_ = np.arange(self.last - self.first)
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X):
        return np.asarray(X)[:, self.first : self.last]


TWO, TWO_OR_THREE = st.just(2), st.integers(2, 3)


@st.composite
def tasks(draw, n_classes=TWO_OR_THREE):
    """X of probabilities and memberships and a key of each row, y and groups."""
    rng = np.random.default_rng(draw(seeds))
    n, k, g = draw(st.integers(40, 90)), draw(n_classes), draw(st.integers(2, 3))
    levels = draw(st.sampled_from([0.2, 0.0]))  # ties, or none
    member = rng.dirichlet(np.full(g, 0.3), n)
    z = rng.normal(size=(n, k)) + np.outer(member @ np.arange(g), np.arange(k))
    proba = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    if levels:
        proba = np.round(proba / levels) + 0.05
        proba /= proba.sum(axis=1, keepdims=True)
    y = (proba.cumsum(axis=1)[:, :-1] < rng.uniform(size=(n, 1))).sum(axis=1)
    group = (member.cumsum(axis=1)[:, :-1] < rng.uniform(size=(n, 1))).sum(axis=1)
    y[: k * g], group[: k * g] = np.divmod(np.arange(k * g), g)  # no empty cell
    X = np.column_stack([proba, member, np.arange(n)])
    return X, y, group, k


def rule(X, k, known, **options):
    inner = FrozenEstimator(Columns(0, k).fit(X))
    groups = FrozenEstimator(Columns(k, X.shape[1] - 1).fit(X))
    options |= {} if known else {"group_estimator": groups}
    return ParityThresholdClassifier(inner, **options)


def decisions(model, X, group):
    known = model.group_estimator is None
    return model.predict(X, **({"sensitive_features": group} if known else {}))


kinds = pytest.mark.parametrize("known", [True, False], ids=["known", "inferred"])
constraints = st.sampled_from(["demographic_parity", "equal_opportunity"])
bounds = st.sampled_from([0.0, 0.05, 0.2])


@kinds
@five
@given(task=tasks(), constraint=constraints, max_gap=bounds, data=st.data())
def test_a_row_is_decided_alike_alone_and_in_any_batch(
    known, task, constraint, max_gap, data
):
    X, y, group, k = task
    model = rule(X, k, known, constraint=constraint, max_gap=max_gap)
    model.fit(X, y, sensitive_features=group)
    everyone = decisions(model, X, group)
    rows = data.draw(st.lists(st.integers(0, len(y) - 1), min_size=1, max_size=8))
    assert_array_equal(decisions(model, X[rows], group[rows]), everyone[rows])
    assert_array_equal(
        decisions(model, X[rows[:1]], group[rows[:1]]), everyone[rows[:1]]
    )


@kinds
@five
@given(task=tasks(), constraint=constraints, max_gap=bounds)
def test_the_order_of_rows_does_not_matter(known, task, constraint, max_gap):
    X, y, group, k = task
    order = np.random.default_rng(0).permutation(len(y))
    first = rule(X, k, known, constraint=constraint, max_gap=max_gap)
    first.fit(X, y, sensitive_features=group)
    other = rule(X, k, known, constraint=constraint, max_gap=max_gap)
    other.fit(X[order], y[order], sensitive_features=group[order])
    assert_allclose(other.gap_, first.gap_, atol=1e-9)
    assert_array_equal(decisions(other, X, group), decisions(first, X, group))


@five
@given(task=tasks(), constraint=constraints, max_gap=bounds)
def test_names_of_groups_do_not_matter(task, constraint, max_gap):
    X, y, group, k = task
    names = np.array(["u", "v", "w"])[group]
    first = rule(X, k, True, constraint=constraint, max_gap=max_gap)
    first.fit(X, y, sensitive_features=group)
    other = rule(X, k, True, constraint=constraint, max_gap=max_gap)
    other.fit(X, y, sensitive_features=names)
    assert_array_equal(decisions(other, X, names), decisions(first, X, group))


@five
@given(task=tasks(TWO), constraint=constraints, max_gap=bounds)
def test_weights_are_repetitions_on_the_whole_path(task, constraint, max_gap):
    """The bound itself counts as met within the share of a row, or of its weight."""
    X, y, group, k = task
    weight = np.arange(len(y)) % 3
    weight[: 2 * 3] = 1
    rows = np.repeat(np.arange(len(y)), weight)
    weighted = rule(X, k, True, constraint=constraint, max_gap=np.inf)
    weighted.fit(X, y, sensitive_features=group, sample_weight=weight)
    repeated = rule(X, k, True, constraint=constraint, max_gap=np.inf)
    repeated.fit(X[rows], y[rows], sensitive_features=group[rows])
    assert_allclose(weighted.gap_, repeated.gap_, atol=1e-12)
    assert_allclose(weighted.cost_, repeated.cost_, atol=1e-12)
    # At most the share of the heaviest row lies between the rules for a bound.
    inside = (y == 1) if constraint == "equal_opportunity" else np.full(len(y), True)
    weights = [weight[inside & (group == g)] for g in np.unique(group)]
    share = max(cell.max() / cell.sum() for cell in weights)
    for bound in (max_gap, 0.5 * weighted.gap_):
        wide, narrow = weighted.with_max_gap(bound), repeated.with_max_gap(bound)
        most = bound + share + 1e-12  # shares of rows are rounded
        assert wide.gap_ <= most
        assert narrow.gap_ <= most


@kinds
@five
@given(task=tasks(), constraint=constraints)
def test_no_bound_is_the_decision_of_the_inner_model_under_the_cost(
    known, task, constraint
):
    X, y, group, k = task
    cost = np.arange(1.0, k + 1.0)
    model = rule(X, k, known, constraint=constraint, max_gap=np.inf, cost=cost)
    model.fit(X, y, sensitive_features=group)
    expected = X[:, :k] @ (cost[:, None] * (1 - np.eye(k)))
    assert_array_equal(decisions(model, X, group), expected.argmin(axis=1))


@kinds
@five
@given(task=tasks(), constraint=constraints)
def test_the_cost_does_not_fall_as_the_bound_does(known, task, constraint):
    X, y, group, k = task
    costs = []
    for max_gap in (np.inf, 0.1, 0.0):
        model = rule(X, k, known, constraint=constraint, max_gap=max_gap)
        costs.append(model.fit(X, y, sensitive_features=group).cost_)
        assert model.duality_gap_ >= 0.0
    assert (np.diff(costs) >= -1e-9).all()


def cells(constraint, y, group):
    """Rows whose rates are compared, of two classes, for each stratum."""
    of_class = {"equal_opportunity": [1], "equalized_odds": [0, 1]}
    strata = [y == label for label in of_class.get(constraint, [])]
    for rows in strata or [np.full(len(y), True)]:
        yield [rows & (group == g) for g in np.unique(group)]


def gap_of(constraint, decided, y, group, weight=None):
    """The largest difference of rates, and what whole rows may add to the bound."""
    weight, gaps, halves = np.ones(len(y)) if weight is None else weight, [], []
    for rows in cells(constraint, y, group):
        rates = [np.average(decided[r], weights=weight[r]) for r in rows]
        shares = np.sort([weight[r].max() / weight[r].sum() for r in rows])
        gaps.append(np.ptp(rates))
        halves.append(shares[-2:].sum() / 2)
    return max(gaps), max(halves)


@five
@given(
    task=tasks(TWO),
    constraint=constraints,
    max_gap=bounds,
    seed=seeds,
    weighted=st.booleans(),
)
def test_the_bound_is_kept_on_the_rows_of_calibration(
    task, constraint, max_gap, seed, weighted
):
    """Also with ties: rows of one score are divided by a number of each row."""
    X, y, group, k = task
    weight = np.random.default_rng(seed).integers(1, 4, len(y)) if weighted else None
    model = rule(X, k, True, constraint=constraint, max_gap=max_gap)
    model.fit(X, y, sensitive_features=group, sample_weight=weight)
    gap, half = gap_of(constraint, decisions(model, X, group), y, group, weight)
    assert_allclose(model.gap_, gap, atol=1e-12)
    assert gap <= max_gap + half + 1e-12


@kinds
@five
@given(task=tasks(), max_gap=bounds)
def test_the_bound_is_kept_for_each_class(known, task, max_gap):
    """The gap is that of the decisions, with true labels and groups."""
    X, y, group, k = task
    model = rule(X, k, known, max_gap=max_gap)
    model.fit(X, y, sensitive_features=group)
    d, whole = decisions(model, X, group), "demographic_parity"
    gaps = [gap_of(whole, d == each, y, group) for each in range(k)]
    assert_allclose(model.gap_, max(gap for gap, _ in gaps), atol=1e-12)
    assert model.gap_ <= max_gap + gaps[0][1] + 1e-12


@kinds
@five
@given(task=tasks(), constraint=constraints, max_gap=bounds)
def test_two_fits_and_two_predictions_agree(known, task, constraint, max_gap):
    X, y, group, k = task
    found = []
    for _ in range(2):
        model = rule(X, k, known, constraint=constraint, max_gap=max_gap)
        model.fit(X, y, sensitive_features=group)
        found += [decisions(model, X, group), decisions(model, X, group)]
    for again in found[1:]:
        assert_array_equal(again, found[0])


@kinds
@five
@given(
    task=tasks(),
    constraint=constraints,
    pair=st.lists(st.floats(0, 1), min_size=2, max_size=2),
)
def test_with_max_gap_is_monotone_and_is_a_fit(known, task, constraint, pair):
    """A wider bound never costs more, and every point of the trade-off is in order."""
    X, y, group, k = task
    narrow, wide = sorted(pair)
    model = rule(X, k, known, constraint=constraint, max_gap=narrow)
    model.fit(X, y, sensitive_features=group)
    wider = model.with_max_gap(wide)
    assert wider.cost_ <= model.cost_ + 1e-12
    line = model.tradeoff_
    assert (np.diff(line["bound"]) >= 0).all()
    assert (np.diff(line["cost"]) <= 1e-12).all()
    assert (line["gap"] >= line["bound"] - 1e-12).all()
    if known and k == 2:
        again = rule(X, k, known, constraint=constraint, max_gap=wide)
        again.fit(X, y, sensitive_features=group)
        assert_array_equal(decisions(again, X, group), decisions(wider, X, group))


@five
@given(task=tasks(TWO), constraint=constraints, max_gap=bounds)
def test_no_pair_of_thresholds_within_the_bound_is_cheaper(task, constraint, max_gap):
    """By trying all of them, on few rows of two groups."""
    X, y, group, k = task
    rows = np.flatnonzero(group < 2)[:24]
    X, y, group = X[rows], y[rows], group[rows]
    X = np.column_stack([X[:, :2], np.eye(2)[group], np.arange(len(y))])
    model = rule(X, k, True, constraint=constraint, max_gap=max_gap)
    model.fit(X, y, sensitive_features=group)
    p = X[:, 1]
    best = np.inf
    for low in np.append(p[group == 0], 2.0):
        for high in np.append(p[group == 1], 2.0):
            decided = p >= np.where(group == 0, low, high)
            if gap_of(constraint, decided, y, group)[0] <= max_gap:
                best = min(best, np.where(decided, 1 - p, p).mean())
    assert model.cost_ <= best + 1e-9


@five
@given(task=tasks(TWO), max_gap=bounds)
def test_equalized_odds_keep_the_bound_with_expected_rates(task, max_gap):
    """Of thresholds that are picked by a number of the row: see `thresholds_`."""
    X, y, group, k = task
    model = rule(X, k, True, constraint="equalized_odds", max_gap=max_gap)
    model.fit(X, y, sensitive_features=group)
    p, rates = X[:, 1], np.zeros(len(y))
    for g, found in model.thresholds_.items():
        pairs = found if isinstance(found, list) else [(found, 1.0)]
        assert_allclose(sum(share for _, share in pairs), 1.0, rtol=1e-12)
        above = [share * (p > threshold) for threshold, share in pairs]
        rates[group.astype(str) == str(g)] = sum(above)[group.astype(str) == str(g)]
    gap, half = gap_of("equalized_odds", rates, y, group)
    assert model.gap_ <= max_gap + half + 1e-12
    if len(np.unique(p)) == len(p):
        assert_allclose(model.gap_, gap, atol=1e-9)
