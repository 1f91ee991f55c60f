"""Laws of the metrics, for groups, labels, weights and scores of all kinds."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin

from fairlearnkit.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
    group_metric,
    group_rates,
    ks_gap,
    parity_scorer,
    rate_difference,
    rate_ratio,
    score_gap,
    strong_demographic_disparity,
    wasserstein_unfairness,
)
from strategies import examples, seeds

# Groups of a few rows are what the examples consist of.
pytestmark = [
    pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
]

DIFFERENCES = [
    demographic_parity_difference,
    equal_opportunity_difference,
    equalized_odds_difference,
    rate_difference,
]
RATIOS = [
    demographic_parity_ratio,
    equal_opportunity_ratio,
    equalized_odds_ratio,
    rate_ratio,
]
OF_SCORES = [
    ks_gap,
    score_gap,
    strong_demographic_disparity,
    wasserstein_unfairness,
]
NAMES = np.array(["z", "a", "m", "b"])

twenty = examples(20)


@st.composite
def counts(draw, defined=True):
    """Rows of each group, true and predicted label: shape (n_groups, 2, 2).

    With `defined`, all groups have rows of both true labels, and the first one has
    predictions of both labels among them, so that all differences and ratios exist.
    """
    shape = (draw(st.integers(2, 4)), 2, 2)
    size = int(np.prod(shape))
    cells = draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))
    cells = np.array(cells).reshape(shape)
    if defined:
        cells[0] += 1
        cells[np.arange(len(cells)), :, draw(st.integers(0, 1))] += 1
    else:
        cells[:, 0, 0] += cells.sum(axis=(1, 2)) == 0
    return cells


@st.composite
def scored_groups(draw, n_groups=None):
    """Scores with ties, their groups and integer weights, some of them zero."""
    n_groups = n_groups or draw(st.integers(2, 4))
    sizes = draw(st.lists(st.integers(1, 9), min_size=n_groups, max_size=n_groups))
    group = np.repeat(np.arange(n_groups), sizes)
    n = len(group)
    eighths = draw(st.lists(st.integers(-40, 40), min_size=n, max_size=n))
    weight = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    weight[np.append(True, np.diff(group) > 0)] += 1
    return np.array(eighths) / 8, group, weight


def rows_of(cells):
    """Groups, true and predicted labels of the rows that have the counts."""
    return [
        np.repeat(index, cells.ravel())
        for index in np.indices(cells.shape).reshape(3, -1)
    ]


def evaluate(metric, cells, **options):
    group, y_true, y_pred = rows_of(cells)
    options = {"labels": [0, 1], **options}
    return metric(y_true, y_pred, sensitive_features=group, **options)


def rates_of(cells):
    """Selection, true positive and false positive rates, of groups in the last axis."""
    selected = cells[..., 1]
    by_label = selected / cells.sum(axis=-1)
    selection = selected.sum(axis=-1) / cells.sum(axis=(-2, -1))
    return selection, by_label[..., 1], by_label[..., 0]


# Metrics of rates


@twenty
@given(counts())
def test_differences_and_ratios_are_those_of_the_rates_by_hand(cells):
    rates = np.array(rates_of(cells))
    difference = np.ptp(rates, axis=1)
    ratio = rates.min(axis=1) / rates.max(axis=1)
    expected = {
        demographic_parity_difference: difference[0],
        equal_opportunity_difference: difference[1],
        equalized_odds_difference: difference[1:].max(),
        demographic_parity_ratio: ratio[0],
        equal_opportunity_ratio: ratio[1],
        equalized_odds_ratio: ratio[1:].min(),
    }
    for metric, value in expected.items():
        assert_allclose(evaluate(metric, cells), value, rtol=1e-13, atol=1e-15)
    names = ("selection_rate", "true_positive_rate", "false_positive_rate")
    for i, rate in enumerate(names):
        found = evaluate(rate_difference, cells, rate=rate)
        assert_allclose(found, difference[i], rtol=1e-13, atol=1e-15)
        found = evaluate(rate_ratio, cells, rate=rate)
        assert_allclose(found, ratio[i], rtol=1e-13, atol=1e-15)


@twenty
@given(counts())
def test_the_other_aggregates_by_hand(cells):
    rates = rates_of(cells)[0]
    overall = rates_of(cells.sum(axis=0))[0]
    pairs = np.array([sorted(pair) for pair in combinations(rates, 2)])
    low, high = pairs[pairs[:, 1] > 0].T  # two rates of 0 have no ratio
    against = np.sort(np.stack([rates, np.full_like(rates, overall)]), axis=0)
    expected = {
        (demographic_parity_difference, "mean"): np.mean(pairs[:, 1] - pairs[:, 0]),
        (demographic_parity_ratio, "mean"): np.mean(low / high),
        (demographic_parity_difference, "to_overall"): np.abs(rates - overall).max(),
        (demographic_parity_ratio, "to_overall"): (against[0] / against[1]).min(),
    }
    for (metric, aggregate), value in expected.items():
        found = evaluate(metric, cells, aggregate=aggregate)
        assert_allclose(found, value, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("metric", [*DIFFERENCES, *RATIOS])
@twenty
@given(counts())
def test_the_worst_pair_bounds_the_other_aggregates(metric, cells):
    worst, mean, to_overall = (
        evaluate(metric, cells, aggregate=aggregate)
        for aggregate in ("worst", "mean", "to_overall")
    )
    assert 0 <= worst <= 1
    sign = 1 if metric in DIFFERENCES else -1
    assert sign * mean <= sign * worst + 1e-14
    assert sign * to_overall <= sign * worst + 1e-14
    if len(cells) == 2:
        assert_allclose(mean, worst, rtol=1e-14)


@pytest.mark.parametrize("metric", [*DIFFERENCES, *RATIOS])
@twenty
@given(counts(defined=False), seeds)
def test_invariances_of_rates(metric, cells, seed):
    """Names of groups, order of rows, scale of weights, weight 2 = the row twice.

    Also where a rate is not defined, and the value is NaN.
    """
    rng = np.random.default_rng(seed)
    group, y_true, y_pred = rows_of(cells)
    weight = rng.integers(1, 4, len(group))
    every, order = np.arange(len(group)), rng.permutation(len(group))
    names = rng.permutation(NAMES)

    def value(rows, w=None, groups=group):
        labels = y_true[rows], y_pred[rows]
        options = {"sensitive_features": groups[rows], "sample_weight": w}
        return metric(*labels, **options, labels=[0, 1])

    expected = value(every, weight)
    for found in (
        value(np.repeat(every, weight)),
        value(order, weight[order]),
        value(every, weight * 0.37),
        value(every, weight, names[group]),
    ):
        assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@twenty
@given(counts())
def test_swapping_the_labels_swaps_the_rates(cells):
    """Of predictions: selection is 1 minus itself. Of both: TPR and FPR change."""
    predictions = cells[..., ::-1]
    for metric in (demographic_parity_difference, equalized_odds_difference):
        found = evaluate(metric, predictions)
        assert_allclose(found, evaluate(metric, cells), rtol=1e-12, atol=1e-14)
    truth = cells[:, ::-1]
    for metric in (demographic_parity_ratio, equalized_odds_ratio):
        assert evaluate(metric, truth) == evaluate(metric, cells)
    found = evaluate(equal_opportunity_difference, truth)
    assert found == evaluate(rate_difference, cells, rate="false_positive_rate")


@pytest.mark.parametrize("metric", [*DIFFERENCES, *RATIOS])
@twenty
@given(counts())
def test_groups_with_the_same_rates_are_at_parity(metric, cells):
    same = np.stack([k * cells[0] for k in range(1, len(cells) + 1)])
    expected = 0.0 if metric in DIFFERENCES else 1.0
    for aggregate in ("worst", "mean", "to_overall"):
        found = evaluate(metric, same, aggregate=aggregate)
        assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


# Metrics of scores


@pytest.mark.parametrize("metric", OF_SCORES)
@twenty
@given(scored_groups(), seeds)
def test_invariances_of_distances(metric, rows, seed):
    scores, group, weight = rows
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(len(scores)), rng.permutation(NAMES)
    every = np.arange(len(scores))

    def value(rows, w=None, groups=group):
        options = {"sensitive_features": groups[rows], "sample_weight": w}
        return metric(None, scores[rows], **options)

    expected = value(every, weight)
    for found in (
        value(np.repeat(every, weight)),
        value(order, weight[order]),
        value(every, weight * 7.3),
        value(every, weight, names[group]),
    ):
        assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@twenty
@given(scored_groups(), st.integers(-80, 80), st.integers(-16, 16))
def test_shifted_and_scaled_scores(rows, shift, scale):
    scores, group, weight = rows
    options = {"sensitive_features": group, "sample_weight": weight}
    factor = {
        score_gap: abs(scale),
        strong_demographic_disparity: abs(scale),
        wasserstein_unfairness: scale**2,
    }
    for metric, k in factor.items():
        expected = metric(None, scores, **options)
        found = metric(None, scores + shift, **options)
        assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
        found = metric(None, scale * scores, **options)
        assert_allclose(found, k * expected, rtol=1e-10, atol=1e-10)


@twenty
@given(scored_groups())
def test_ks_gap_depends_on_the_order_of_the_scores_alone(rows):
    scores, group, weight = rows
    options = {"sensitive_features": group, "sample_weight": weight}
    expected = ks_gap(None, scores, **options)
    assert 0 <= expected <= 1
    for increasing in (np.exp, np.arctan, lambda f: f**3 - 100):
        assert ks_gap(None, increasing(scores), **options) == expected
    found = ks_gap(None, -scores, **options)
    assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@twenty
@given(scored_groups())
def test_the_order_of_distances(rows):
    """Means are no further apart than distributions; those no further than the range.

    For 0/1 scores, all of them are the demographic parity difference.
    """
    scores, group, weight = rows
    options = {"sensitive_features": group, "sample_weight": weight}
    disparity = strong_demographic_disparity(None, scores, **options)
    assert score_gap(None, scores, **options) <= disparity + 1e-12
    ks = ks_gap(None, scores, **options)
    assert disparity <= np.ptp(scores) * ks + 1e-12
    selected = (scores > 0).astype(float)
    expected = demographic_parity_difference(None, selected, **options, labels=[0, 1])
    for metric in (ks_gap, strong_demographic_disparity, score_gap):
        found = metric(None, selected, **options)
        assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("metric", OF_SCORES)
@twenty
@given(scored_groups(1))
def test_groups_with_the_same_scores_have_no_distance(metric, rows):
    scores, _, weight = rows
    options = {
        "sensitive_features": np.repeat(["u", "v"], len(scores)),
        "sample_weight": np.append(weight, 3 * weight),
    }
    found = metric(None, np.tile(scores, 2), **options)
    assert_allclose(found, 0.0, atol=1e-12)


# Rates by group, missing groups, scorers


@twenty
@given(counts())
def test_rates_of_groups_by_hand_and_by_any_metric(cells):
    group, y_true, y_pred = rows_of(cells)
    found = group_rates(y_true, y_pred, sensitive_features=group, labels=[0, 1])
    names = "selection_rate", "true_positive_rate", "false_positive_rate"
    for name, expected in zip(names, rates_of(cells)):
        assert_allclose(found.by_group[name], expected, rtol=1e-13)
    given = {"sensitive_features": group}
    any_metric = group_metric(lambda y, d: np.mean(d), y_true, y_pred, **given)
    assert_allclose(any_metric.by_group, rates_of(cells)[0], rtol=1e-13)
    expected = demographic_parity_difference(y_true, y_pred, **given, labels=[0, 1])
    assert_allclose(any_metric.difference, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("metric", [*DIFFERENCES, *RATIOS, *OF_SCORES])
@examples(8)
@given(cells=counts(), seed=seeds)
def test_missing_groups_are_rows_left_out_or_a_group(metric, cells, seed):
    rng = np.random.default_rng(seed)
    group, y_true, y_pred = rows_of(cells)
    labels = NAMES[group].astype(object)
    rows = np.append(np.arange(len(group)), rng.integers(0, len(group), 6))
    y_true, y_pred, labels = y_true[rows], y_pred[rows], labels[rows]
    options = {} if metric in OF_SCORES else {"labels": [0, 1]}
    scores = (y_pred + 0.25 * y_true) if metric in OF_SCORES else y_pred
    holes = labels.copy()
    holes[-6:] = None
    ignored, as_group = (
        metric(y_true, scores, sensitive_features=holes, missing=policy, **options)
        for policy in ("ignore", "group")
    )
    known, named = y_true[:-6], np.append(labels[:-6], ["none"] * 6)
    expected = metric(known, scores[:-6], sensitive_features=labels[:-6], **options)
    # Scores are centred at the mean of all rows, which moves the last digit.
    assert_allclose(ignored, expected, rtol=1e-14 if metric in OF_SCORES else 0)
    expected = metric(y_true, scores, sensitive_features=named.astype(str), **options)
    assert_allclose(as_group, expected, rtol=1e-13, atol=1e-15)


class Given(ClassifierMixin, BaseEstimator):
    """A fitted model whose predictions are the first column of X."""

    classes_ = np.array([0, 1])

    def predict(self, X):
        return X[:, 0]

    def __sklearn_is_fitted__(self):
        return True


@pytest.mark.parametrize("metric", [*DIFFERENCES, *RATIOS])
@examples(8)
@given(cells=counts(), seed=seeds)
def test_a_scorer_is_its_metric_negated_if_smaller_is_better(metric, cells, seed):
    group, y_true, y_pred = rows_of(cells)
    weight = np.random.default_rng(seed).integers(1, 4, len(group)).astype(float)
    given = {"sensitive_features": group, "sample_weight": weight}
    expected = metric(y_true, y_pred, **given, labels=[0, 1])
    scorer = parity_scorer(metric, metric_params={"labels": [0, 1]})
    sign = 1 if metric in RATIOS else -1
    found = scorer(Given(), y_pred[:, None], y_true, **given)
    assert_allclose(found, sign * expected, rtol=1e-14)
