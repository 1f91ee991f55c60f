"""Counts of cells against a loop over rows; what is no class; which is positive."""

from functools import partial
from inspect import signature
from numbers import Number

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import accuracy_score

from fairlearnkit import metrics
from fairlearnkit._counting import confusion as counting
from fairlearnkit._counting.rates import RATES
from fairlearnkit.inspection import GroupRatesDisplay
from fairlearnkit.metrics import bootstrap_interval, rate_difference
from fairlearnkit.utils.discovery import all_functions


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.mark.parametrize("block", [1, 7, 2**15])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("control", [False, True])
@pytest.mark.parametrize("n_classes", [2, 12])
def test_cells_are_those_of_a_loop(monkeypatch, block, weighted, control, n_classes):
    monkeypatch.setattr(counting, "ROWS_AT_A_TIME", block)
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, n_classes, (2, 500))
    true[:n_classes] = pred[:n_classes] = range(n_classes)
    group = rng.choice(["a", "b", None], size=500)
    weight = rng.integers(0, 4, 500) / 2 if weighted else None
    strata = rng.integers(0, 3, 500) if control else np.zeros(500, dtype=int)
    found = counting.read_confusion(
        true,
        pred,
        group,
        sample_weight=weight,
        missing="ignore",
        control_features=strata if control else None,
    )
    shape = (3 if control else 1, 2, n_classes, n_classes)
    rows, total = np.zeros(shape, dtype=int), np.zeros(shape)
    for i in (i for i, label in enumerate(group) if label is not None):
        w = 1.0 if weight is None else weight[i]
        cell = strata[i], int(group[i] == "b"), true[i], pred[i]
        rows[cell] += w > 0
        total[cell] += w
    np.testing.assert_array_equal(found.counts, rows)
    np.testing.assert_array_equal(found.weights, total)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("aggregate", ["worst", "mean"])
def test_missing_control_features(weighted, aggregate):
    """A stratum of its own, or rows that are left out, as for groups."""
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 2, (2, 600))
    group = rng.choice(["a", "b", None], 600, p=[0.5, 0.4, 0.1])
    stratum = rng.choice(["u", "v", None], 600, p=[0.5, 0.3, 0.2])
    stratum[group == None] = "only here"  # noqa: E711
    options = {"aggregate": aggregate, "rate": "true_positive_rate"}
    weight = rng.uniform(1, 2, 600) if weighted else np.ones(600)

    def gap(rows, **more):
        return rate_difference(
            y_true[rows],
            y_pred[rows],
            sensitive_features=group[rows],
            sample_weight=weight[rows],
            **options,
            **more,
        )

    def missing(column):
        return np.array([one is None for one in column])

    known = ~missing(group) & ~missing(stratum)
    found = gap(slice(None), control_features=stratum, missing="ignore")
    assert found == pytest.approx(gap(known, control_features=stratum[known]))
    named = np.where(missing(stratum), "none", stratum)
    grouped = ~missing(group)
    found = gap(grouped, control_features=stratum[grouped], missing="group")
    assert found == pytest.approx(gap(grouped, control_features=named[grouped]))
    pair = {"s": stratum, "one": np.zeros(600)}
    assert gap(slice(None), control_features=pair, missing="ignore") == pytest.approx(
        gap(known, control_features=stratum[known])
    )
    interval = bootstrap_interval(
        "rate_difference",
        y_true,
        y_pred,
        sensitive_features=group,
        sample_weight=weight if weighted else None,
        n_resamples=100,
        random_state=0,
        metric_params={**options, "control_features": stratum, "missing": "ignore"},
    )
    assert interval.estimate == pytest.approx(
        gap(known, control_features=stratum[known])
    )
    assert interval.low < interval.high
    with pytest.raises(ValueError, match="control_features is missing"):
        gap(grouped, control_features=stratum[grouped])
    nothing = np.full(600, None)
    with pytest.raises(ValueError, match=r"control_features holds missing .* only"):
        gap(slice(None), control_features=nothing, missing="ignore")
    elsewhere = np.where(grouped, None, "u")
    with pytest.raises(ValueError, match="No row has both a sensitive and a control"):
        gap(slice(None), control_features=elsewhere, missing="ignore")


@pytest.mark.parametrize("n_rows", [1, 3, 5])
def test_control_features_of_another_length(n_rows):
    y, options = [0, 1, 0, 1], {"sensitive_features": ["a", "a", "b", "b"]}
    options["control_features"] = ["s"] * n_rows
    message = f"^control_features has {n_rows} rows but y_pred has 4"
    for metric in (rate_difference, partial(metrics.group_metric, accuracy_score)):
        with pytest.raises(ValueError, match=message):
            metric(y, y, **options)


def doors(group):
    """Whatever reads y_true and y_pred as classes, by a name."""
    X = group.reshape(-1, 1)
    options = {"sensitive_features": group}
    found = {
        name: partial(metric, **options)
        for name, metric in all_metrics()
        if name != "score_gap"
    }
    found["bootstrap_interval"] = lambda y_true, y_pred: metrics.bootstrap_interval(
        "demographic_parity_difference", y_true, y_pred, **options, n_resamples=9
    )
    found["weighted"] = lambda y_true, y_pred: metrics.bootstrap_interval(
        "equalized_odds_difference",
        y_true,
        y_pred,
        **options,
        sample_weight=np.ones(len(group)),
        n_resamples=9,
    )
    found["display"] = lambda y_true, y_pred: GroupRatesDisplay.from_predictions(
        y_true, y_pred, **options
    )
    scorer = metrics.parity_scorer("demographic_parity_difference")

    class Fixed(RegressorMixin, BaseEstimator):
        def predict(self, X):
            return self.y_pred

    def score(y_true, y_pred):
        model = Fixed()
        model.y_pred = y_pred
        return scorer(model, X, y_true, **options)

    return found | {"scorer": score}


def all_metrics():
    return [
        (name.rpartition(".")[2], metric)
        for name, metric in all_functions()
        if name.startswith("fairlearnkit.metrics.")
        and "pos_label" in signature(metric).parameters
    ]


DOORS = list(doors(np.zeros(0)))
INTERVALS = ("bootstrap_interval", "weighted")


def drawn(n=400):
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    y_true = rng.integers(0, 2, n)
    score = np.round(4 * y_true + 2 * (group == "b") + 2 * rng.normal(size=n) + 2)
    return y_true, np.clip(score, 1, 10).astype(int), group


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "scale",
    [
        lambda score: score,
        lambda score: score.astype(float),
        lambda score: 300 + 50 * score,
        lambda score: pd.Series(score, dtype="Int64"),
        lambda score: pl.Series(score),
        lambda score: score.tolist(),
        lambda score: np.minimum(score, 2),
        lambda score: score - 1,
    ],
)
def test_scores_are_not_taken_for_classes(door, scale):
    y_true, score, group = drawn()
    read = doors(group)[door]
    message = r"two classes, \[0, 1\], and y_pred others, \[.*\]\. If .* threshold them"
    for y in (y_true, y_true == 1, pd.Series(y_true), y_true.astype(float)):
        message = message if np.asarray(y).dtype.kind != "b" else "If .*threshold them"
        with pytest.raises(ValueError, match=message) as caught:
            read(y, scale(score))
        by_params = door in (*INTERVALS, "scorer")
        takes = door not in ("audit_subgroups", "display", *INTERVALS)
        assert ("labels=[...]" in str(caught.value)) == takes
        assert ("metric_params={" in str(caught.value)) == by_params


@pytest.mark.parametrize("door", DOORS)
def test_missing_scores_raise(door):
    y_true, score, group = drawn()
    for missing in (np.where(score > 9, np.nan, score), [None, *score[1:]]):
        with pytest.raises(ValueError, match="must not hold missing values"):
            doors(group)[door](y_true, missing)


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("dtype", [int, float, np.uint16, object])
def test_a_regression_target_is_refused_at_once(door, dtype):
    rng = np.random.default_rng(0)
    income = rng.integers(0, 60_000, (2, 5000)).astype(dtype)
    read = doors(rng.choice(["a", "b"], 5000))[door]
    advice = r"holds \d+ different numbers instead of class labels: threshold them"
    with pytest.raises(ValueError, match=f"y_true {advice}"):
        read(*income)
    with pytest.raises(ValueError, match=f"y_pred {advice}"):
        read(income[0] % 2, income[1])


def test_more_classes_and_fewer_predicted_ones_are_fine():
    y_true, score, group = drawn()
    options = {"sensitive_features": group}
    decile, grade = np.minimum(score, 6), np.minimum(score // 4, 2)
    for metric, among in (
        (metrics.demographic_parity_difference, lambda k: group == group),
        (metrics.equal_opportunity_difference, lambda k: decile // 3 == k),
    ):
        by_hand = []
        for k in range(3):
            rates = [(grade == k)[among(k) & (group == g)].mean() for g in "abc"]
            by_hand.append(max(rates) - min(rates))
        found = metric(decile // 3, grade, **options)
        np.testing.assert_allclose(found, max(by_hand))
        assert metric(y_true, 0 * y_true, **options) == 0
        assert metric(0 * y_true + 1, y_true, **options) > 0
    with pytest.raises(ValueError, match="y_pred others"):
        metrics.demographic_parity_difference(y_true, grade, **options)
    found = metrics.demographic_parity_difference(
        y_true, grade, **options, labels=[0, 1, 2]
    )
    expected = metrics.demographic_parity_difference(
        None, grade, **options, labels=[0, 1, 2]
    )
    np.testing.assert_allclose(found, expected)
    text = np.array(["low", "middle", "high"])[grade]
    named = metrics.demographic_parity_difference(None, text, **options)
    np.testing.assert_allclose(found, named)


@pytest.mark.parametrize("y_true", [None, 0, 1])
def test_many_numbers_beside_no_two_classes_are_scores(y_true):
    _, score, group = drawn()
    y_true = None if y_true is None else np.full(len(score), y_true)
    options = {"sensitive_features": group}
    held = "y_pred holds" if y_true is None else "holds one class.*y_pred others,"
    with pytest.raises(ValueError, match=rf"{held} \[.*threshold them"):
        metrics.demographic_parity_difference(y_true, score, **options)
    if y_true is None:  # one number that is named is a class
        found = metrics.rate_difference(None, score, pos_label=score[0], **options)
        rates = [(score == score[0])[group == g].mean() for g in "abc"]
        np.testing.assert_allclose(found, max(rates) - min(rates))


def numbers(found):
    """All numbers of a result, whatever it is."""
    if isinstance(found, dict):
        parts = [v for k, v in sorted(found.items()) if k not in ("pos_label", "among")]
        return [x for part in parts for x in numbers(part)]
    if isinstance(found, list | tuple | np.ndarray):
        return [x for part in found for x in numbers(part)]
    return [found] if isinstance(found, Number) else []


CASES = [
    (name, metric, options)
    for name, metric in all_metrics()
    for options in (
        [{"rate": rate} for rate in RATES]
        if "rate" in signature(metric).parameters
        else [{"rates": [rate]} for rate in RATES]
        if "rates" in signature(metric).parameters
        else [
            {"constraint": one}
            for one in ("demographic_parity", "equal_opportunity", "equalized_odds")
        ]
        if "constraint" in signature(metric).parameters
        else [{}]
    )
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metric", "options"),
    [case[1:] for case in CASES],
    ids=[f"{name}-{'-'.join(map(str, more.values()))}" for name, _, more in CASES],
)
@pytest.mark.parametrize("aggregate", ["worst", "mean", "to_overall"])
def test_the_class_is_asked_for_where_swapping_both_matters(metric, options, aggregate):
    y_true, score, group = drawn()
    y_pred = 1 * (score > 4)
    more = {"n_resamples": 0, "linear": False, "output_dict": True}
    more["aggregate"] = aggregate
    known = signature(metric).parameters
    options = options | {"sensitive_features": group}
    options |= {key: value for key, value in more.items() if key in known}
    scores = "y_score" in known
    expected = numbers(metric(y_true, score if scores else y_pred, **options))
    swapped = metric(1 - y_true, score if scores else 1 - y_pred, **options)
    same = np.allclose(expected, numbers(swapped), equal_nan=True)
    for positive, other in (("approved", "denied"), ("denied", "approved")):
        text = [np.where(y == 1, positive, other) for y in (y_true, y_pred)]
        data = (text[0], score if scores else text[1])
        found = metric(*data, **options, pos_label=positive)
        np.testing.assert_allclose(numbers(found), expected, rtol=1e-12)
        if same:
            np.testing.assert_allclose(numbers(metric(*data, **options)), expected)
        else:
            with pytest.raises(ValueError, match=r"y_true takes value in \{'approved'"):
                metric(*data, **options)


def test_both_kinds_are_among_the_cases():
    names = {name for name, _, _ in CASES}
    assert names >= {"rate_ratio", "parity_report", "audit_subgroups", "score_gap"}
    assert len(CASES) > 40
