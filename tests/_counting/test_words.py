"""Counts and gaps by hand at their boundaries, and messages word by word."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit._counting.confusion import count_cells, read_confusion
from fairlearnkit._counting.constant import describe_constant
from fairlearnkit._counting.count_names import (
    Gap,
    label_text,
    name_of_rows,
    name_of_weight,
    parse_name,
)
from fairlearnkit._counting.fold_counts import FoldCounter, read_known_groups
from fairlearnkit._counting.gaps import RateComparison, measure_gap
from fairlearnkit._counting.group_rates import check_rates, rates_by_group
from fairlearnkit._counting.kinds import kinds_of_rows, weights_and_squares
from fairlearnkit._counting.labels import read_classes, read_labels
from fairlearnkit._counting.named_metric import get_metric
from fairlearnkit._counting.pairs import widest_pair
from fairlearnkit._counting.pooled import read_pooled
from fairlearnkit._counting.rates import (
    RATES,
    check_truth,
    divide,
    rates_without_truth,
)
from fairlearnkit._counting.small_groups import (
    check_min_group_size,
    leave_out_small_groups,
    warn_of_left_out,
)
from fairlearnkit._counting.wilson import wilson_ends
from fairlearnkit._data.messages import CLASS_METRIC, CLASS_REPORT
from fairlearnkit.exceptions import SmallGroupWarning

# One stratum, two groups: (true, predicted) cells of 20 and of 40 rows.
TABLE = np.array([[[[6, 4], [2, 8]], [[15, 5], [12, 8]]]])
BY_HAND = {
    "selection_rate": (12 / 20, 13 / 40),
    "true_positive_rate": (0.8, 0.4),
    "false_negative_rate": (0.2, 0.6),
    "false_positive_rate": (0.4, 0.25),
    "true_negative_rate": (0.6, 0.75),
    "positive_predictive_value": (8 / 12, 8 / 13),
    "negative_predictive_value": (6 / 8, 15 / 27),
    "accuracy": (14 / 20, 23 / 40),
    "error_rate": (6 / 20, 17 / 40),
}


def rows_of(table):
    """y_true, y_pred and groups with these counts."""
    cells = [index for index, n in np.ndenumerate(table) for _ in range(n)]
    _, group, y_true, y_pred = np.array(cells).T
    return y_true, y_pred, np.array(["a", "b", "c"])[group]


def confusion_of(table, rates=(), **options):
    return read_confusion(*rows_of(table), rates, **options)


@pytest.mark.parametrize("rate", RATES)
def test_every_rate_by_hand(rate):
    assert set(BY_HAND) == set(RATES)
    a, b = BY_HAND[rate]
    assert_allclose(RateComparison((rate,)).gap(TABLE, [1]), abs(a - b))
    ratio = RateComparison((rate,), ratio=True).gap(TABLE, [1])
    assert_allclose(ratio, min(a, b) / max(a, b))
    mean = RateComparison((rate,), aggregate="mean").gap(TABLE, [1])
    assert_allclose(mean, abs(a - b))
    confusion = confusion_of(TABLE)
    assert_array_equal(confusion.counts, TABLE)
    assert_array_equal(confusion.weights, TABLE)
    if rate != "negative_predictive_value":  # of 8 rows in group a
        found = measure_gap(RateComparison((rate,)), confusion, [1])
        assert_allclose(found, abs(a - b))
    rates = rates_by_group(confusion, 1, [rate])
    assert_allclose(rates.by_group[rate], [a, b])
    assert (rates.pos_label is None) == (rate in ("accuracy", "error_rate"))
    assert rates.counts.tolist() == [20, 40]


def test_rates_to_all_rows():
    overall = RateComparison(("selection_rate",), aggregate="to_overall")
    assert_allclose(overall.gap(TABLE, [1]), 12 / 20 - 25 / 60)
    ratio = RateComparison(("selection_rate",), True, "to_overall")
    assert_allclose(ratio.gap(TABLE, [1]), (25 / 60) / (12 / 20))
    rates = rates_by_group(confusion_of(TABLE), 1, ["selection_rate", "accuracy"])
    assert_allclose(rates.overall["selection_rate"], 25 / 60)
    assert rates.among["accuracy"].tolist() == [20, 40]
    assert rates.pos_label == 1
    assert rates.groups.tolist() == ["a", "b"]


def test_the_worst_of_rates_classes_and_strata():
    odds = RateComparison(("true_positive_rate", "false_positive_rate"))
    assert_allclose(odds.gap(TABLE, [1]), 0.4)
    ratio = RateComparison(("true_positive_rate", "false_positive_rate"), True)
    assert_allclose(ratio.gap(TABLE, [1]), 0.5)
    assert_allclose(odds.gap(TABLE, [0, 1]), 0.4)
    strata = np.concatenate([TABLE, TABLE[:, ::-1] * [[[[1, 1], [1, 3]]]]])
    tpr = RateComparison(("true_positive_rate",))
    assert_allclose(tpr.gap(strata[:1], [1]), 0.4)
    second = 24 / 26 - 24 / 36
    assert_allclose(tpr.gap(strata[1:], [1]), second)
    mean = RateComparison(("true_positive_rate",), aggregate="mean")
    sizes = strata.sum(axis=(1, 2, 3))
    assert_allclose(mean.gap(strata, [1]), np.average([0.4, second], weights=sizes))


def test_ratios_of_zeros():
    ratio = RateComparison(("selection_rate",), ratio=True)
    none = np.array([[[[5, 0], [5, 0]], [[6, 0], [6, 0]]]])
    assert np.isnan(ratio.gap(none, [1]))
    both = np.concatenate([none, TABLE])  # a stratum of zeros says nothing
    assert_allclose(ratio.gap(both, [1]), (13 / 40) / (12 / 20))
    mean = RateComparison(("selection_rate",), True, "mean")
    assert_allclose(mean.gap(both, [1]), (13 / 40) / (12 / 20))
    assert np.isnan(mean.gap(none, [1]))
    with pytest.warns(UndefinedMetricWarning) as caught:
        assert np.isnan(measure_gap(ratio, confusion_of(none, labels=[0, 1]), [1]))
    assert str(caught[0].message) == (
        "The ratio is NaN: rates are not defined, or 0 in every group."
    )


@pytest.mark.parametrize(
    ("rates", "ratio", "symmetric"),
    [
        (("selection_rate",), False, True),
        (("selection_rate",), True, False),
        (("accuracy",), True, True),
        (("true_positive_rate",), False, False),
        (("true_positive_rate", "false_positive_rate"), False, True),
        (("true_positive_rate", "true_negative_rate"), False, True),
        (("true_positive_rate", "selection_rate"), False, False),
        (("true_positive_rate", "negative_predictive_value"), False, False),
        (("positive_predictive_value", "negative_predictive_value"), False, True),
    ],
)
def test_whether_either_class_will_do(rates, ratio, symmetric):
    assert RateComparison(rates, ratio).is_symmetric == symmetric


def test_comparisons_that_are_not_known():
    with pytest.raises(ValueError, match=r"^rate='recall' is not known; use one of \["):
        RateComparison(("recall",))
    message = (
        r"^aggregate='best' is not known; use one of "
        r"\['worst', 'mean', 'to_overall'\]\.$"
    )
    with pytest.raises(ValueError, match=message):
        RateComparison(("accuracy",), aggregate="best")
    assert RateComparison(("accuracy",)) == RateComparison(
        ("accuracy",), False, "worst"
    )


def test_few_rows_in_a_denominator():
    confusion = confusion_of(TABLE)
    few = confusion_of(np.array([[[[9, 1], [3, 6]], [[15, 5], [12, 8]]]]))
    with pytest.warns(SmallGroupWarning) as caught:
        measure_gap(RateComparison(("true_positive_rate",)), few, [1])
    assert str(caught[0].message) == (
        "Fewer than 10 rows with y_true == 1 in a group: a: 9, b: 20. Its rate is "
        "noisy."
    )
    measure_gap(RateComparison(("true_positive_rate",)), confusion, [1])  # of 10 rows
    none = confusion_of(np.array([[[[9, 1], [0, 0]], [[15, 5], [12, 8]]]]))
    with pytest.warns(UndefinedMetricWarning) as caught:
        gap = measure_gap(RateComparison(("false_negative_rate",)), none, [1])
    assert np.isnan(gap)
    assert len(caught) == 1
    assert str(caught[0].message) == (
        "A group has no rows with y_true == 1, so its false_negative_rate is NaN: "
        "a: 0, b: 20."
    )
    y_true, y_pred, group = rows_of(TABLE)
    stratum = np.where((group == "a") & (np.arange(60) % 20 >= 12), "s", "t")
    strata = read_confusion(
        y_true, y_pred, np.tile(["a", "b"], 30), control_features=stratum
    )
    with pytest.warns(SmallGroupWarning, match="b: 4, in the stratum s. Its ra"):
        measure_gap(RateComparison(("selection_rate",)), strata, [1])


def test_rates_that_are_asked_for():
    assert rates_without_truth() == ("selection_rate",)
    assert check_rates(None, None, ("accuracy",)) == ("selection_rate",)
    assert check_rates(None, [1], ("accuracy",)) == ("accuracy",)
    assert check_rates(["accuracy"], [1], ()) == ["accuracy"]
    for rates in ("accuracy", [], ["recall"]):
        message = r"must be a sequence of names among \['selection_rate', 'true_pos"
        with pytest.raises(ValueError, match=message):
            check_rates(rates, [1], ())
    check_truth(None, ["selection_rate"])
    message = (
        r"^True labels are needed for accuracy, error_rate, and y_true is None\. "
        r"Without them only selection_rate is known\.$"
    )
    with pytest.raises(ValueError, match=message):
        check_truth(None, ["accuracy", "selection_rate", "error_rate"])


def test_cells_with_weights_and_rows_of_no_group():
    codes = (
        np.array([0, 0, 1, -1, 0]),
        np.array([0, 1, 1, 0, -1]),
        np.array([0, 1, 2, 0, 0]),
        np.array([2, 1, 0, 0, 0]),
    )
    weight = np.array([0.5, 0.0, 3.0, 7.0, 7.0])
    counts, weights = count_cells(codes, (2, 2, 3, 3), weight)
    expected = np.zeros((2, 2, 3, 3))
    expected[0, 0, 0, 2], expected[1, 1, 2, 0] = 0.5, 3.0
    assert_array_equal(weights, expected)
    assert_array_equal(counts, expected > 0)
    counts, same = count_cells(codes, (2, 2, 3, 3), None)
    assert counts is same
    assert counts[0, 1, 1, 1] == counts[0, 0, 0, 2] == counts[1, 1, 2, 0] == 1
    assert counts.sum() == 3


@pytest.mark.parametrize("n_rows", [2**15 - 1, 2**15, 2**15 + 1, 2**16 + 1])
def test_blocks_of_rows_are_counted_once(n_rows):
    codes = (np.zeros(n_rows, int), np.arange(n_rows) % 2, *np.zeros((2, n_rows), int))
    for weight in (None, np.full(n_rows, 0.5)):
        counts, weights = count_cells(codes, (1, 2, 1, 1), weight)
        assert counts.ravel().tolist() == [(n_rows + 1) // 2, n_rows // 2]
        assert_array_equal(weights, counts * (1.0 if weight is None else 0.5))


def test_columns_of_labels():
    with pytest.raises(ValueError, match=r"^y_pred is None: pass one label for each"):
        read_labels(y_true=[1], y_pred=None)
    message = r"^y_true must have one dimension, got shape \(2, 1\)\.$"
    with pytest.raises(ValueError, match=message):
        read_labels(y_true=np.ones((2, 1)))
    message = r"^y_true and y_pred must not hold missing values \(None, NaN or NA\)\.$"
    with pytest.raises(ValueError, match=message):
        read_labels(y_true=["a", None], y_pred=["a", "b"])
    with pytest.raises(ValueError, match=r"^y holds .*instead of class labels: ha\.$"):
        read_labels(scores_hint="ha", y=[0.5, 0.25])
    caller = replace(CLASS_METRIC, scores_hint="ha")
    for y_true in (None, [0, 1]):
        with pytest.raises(ValueError, match=r"^y_pred holds .*class labels: ha\.$"):
            classes_of(y_true, [0.5, 0.25], caller=caller)


def classes_of(y_true, y_pred, labels=None, pos_label=None, caller=CLASS_METRIC):
    return read_classes(y_true, y_pred, labels, pos_label, caller)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "labels", "pos_label", "expected"),
    [
        ([2, 1], [3, 3], None, 9, [1, 2, 3]),
        ([0, 1], [1, 1], [5], None, [0, 1, 5]),
        ([0, 0], [0, 0], None, None, [0, 1]),
        ([-1, -1], [-1, -1], None, None, [-1, 1]),
        ([1, 1], [1, 1], None, None, [1]),
        ([2, 2], [2, 2], None, None, [2]),
        ([2, 2], [2, 2], None, 3, [2, 3]),
        (["a", "a"], ["a", "a"], None, "b", ["a", "b"]),
        (["a", "a"], ["a", "a"], None, 1, ["a"]),
        (["a", "b"], ["a", "a"], None, "c", ["a", "b"]),
        (None, ["b", "a"], None, None, ["a", "b"]),
    ],
)
def test_one_list_of_classes(y_true, y_pred, labels, pos_label, expected):
    if y_true is not None and len({*y_true}) == 2 and {*y_pred} - {*y_true}:
        with pytest.raises(ValueError, match="y_true holds two classes"):
            classes_of(y_true, y_pred, labels, pos_label)
        labels = [1]
    classes, true, predicted = classes_of(y_true, y_pred, labels, pos_label)
    assert classes == expected
    assert [classes[i] for i in true] == list(y_true or y_pred)
    assert [classes[i] for i in predicted] == list(y_pred)


def test_labels_of_two_kinds():
    message = (
        r"^y_true and y_pred mix labels of two types, \['1', 'a'\] and \[1, 2\]; pass "
        r"both with the same labels\.$"
    )
    with pytest.raises(ValueError, match=message):
        classes_of(["a", "1"], [1, 2])
    message = (
        r"^Labels mix text and numbers: \[.*\]\. Pass y_true, y_pred and labels in one "
        r"kind\.$"
    )
    with pytest.raises(ValueError, match=message):
        classes_of(["a", "b"], ["a", "b"], labels=[1, 2])


def test_predictions_that_look_like_scores():
    tail = r"; if they are classes, name all of them by labels=\[\.\.\.\]\.$"
    start = r"^y_true holds {}, and y_pred others, {}\. If these are scores, threshold"
    cases = [
        ([0, 1, 1], [0, 2, 1], r"two classes, \[0, 1\]", r"\[2\]"),
        ([1, 1, 1], [7, 8, 9], r"one class, \[1\]", r"\[7, 8, 9\]"),
        ([-1] * 3, [7, 8, 9], r"one class, \[-1\]", r"\[7, 8, 9\]"),
    ]
    for y_true, y_pred, held, others in cases:
        with pytest.raises(ValueError, match=start.format(held, others) + ".*" + tail):
            classes_of(y_true, y_pred)
    with pytest.raises(ValueError, match=r"^y_pred holds \[7, 8, 9\]\. .*metrics\.$"):
        classes_of(None, [7, 8, 9], caller=CLASS_REPORT)
    assert classes_of(None, [7, 8, 9], pos_label=8)[0] == [7, 8, 9]
    assert classes_of(None, [7, 8])[0] == [7, 8]
    assert classes_of([2, 2, 2], [7, 8, 9])[0] == [2, 7, 8, 9]
    assert classes_of([0, 1, 2], [7, 8, 9])[0] == [0, 1, 2, 7, 8, 9]


@pytest.mark.parametrize("size", [-1, 2.0, True, "3"])
def test_smallest_groups_are_counts(size):
    message = (
        f"^min_group_size={size!r} must be an integer of at least 0, the number of "
        r"rows of the smallest group that is compared\.$"
    )
    with pytest.raises(ValueError, match=message):
        check_min_group_size(size)
    check_min_group_size(np.int64(0))


def test_groups_of_few_rows_are_left_out():
    table = np.concatenate([TABLE, TABLE[:, :1] // 2], axis=1)  # c has 10 rows
    confusion = confusion_of(table)
    assert leave_out_small_groups(confusion, 0) is confusion
    assert leave_out_small_groups(confusion, 10) is confusion
    with pytest.warns(SmallGroupWarning) as caught:
        kept = leave_out_small_groups(confusion, 11)
    assert str(caught[0].message) == (
        "min_group_size=11 leaves 1 of 3 groups out of the comparison: c: 10."
    )
    assert kept.groups.tolist() == ["a", "b"]
    assert_array_equal(kept.counts, TABLE)
    assert np.bincount(kept.codes[1] + 1).tolist() == [10, 20, 40]
    for size, left in ((21, "one group"), (41, "no group")):
        message = (
            f"^min_group_size={size} leaves {left} to compare: a: 20, b: 40, c: 10. "
            "Choose a smaller number, or merge groups.$"
        )
        with pytest.raises(ValueError, match=message):
            leave_out_small_groups(confusion, size)
    warn_of_left_out(["a"], np.array([3]), 3, 2)  # none is: no warning


def test_wilson_by_hand():
    z = 1.959963984540054
    z2 = z**2
    low, high = wilson_ends(np.array([0.0, 0.5, 1.0]), np.array([10, 10, 10]), z)
    assert_allclose(low[0], 0.0, atol=1e-15)
    assert_allclose(high[0], z2 / 10 / (1 + z2 / 10))
    assert_allclose([low[1], high[1]], [0.2365931, 0.7634069], atol=1e-7)
    assert_allclose(high, 1 - low[::-1])
    assert np.isnan(wilson_ends(np.array([np.nan]), np.array([0]), z)).all()


def test_decisions_that_hardly_vary():
    classes, true = ["no", "yes"], np.array([0.75, 0.25])
    # A tenth of the share of the other classes, 0.025.
    assert describe_constant(classes, true, np.array([0.9749, 0.0251])) is None
    assert describe_constant(classes, true, np.array([0.97, 0.03])) is None
    assert describe_constant(classes, true, np.array([0.9751, 0.0249])) == (
        "decides no for 97.5 % of the rows; 75.0 % of all rows are of this class. A "
        "model that decides the same for everyone has no gap."
    )
    assert describe_constant(classes, true, np.array([0.0, 1.0])).startswith(
        "decides yes for 100.0 % of the rows; 25.0 % of all"
    )
    # Where all rows are of one class, nothing is wrong with deciding so.
    assert (
        describe_constant(classes, np.array([1.0, 0.0]), np.array([1.0, 0.0])) is None
    )


NAMES = {
    "difference(selection_rate, of=1, group='a', true=0, decision=1)": Gap(
        RateComparison(("selection_rate",)), "1", 0
    ),
    "ratio(true_positive_rate, false_positive_rate, aggregate='mean', "
    "min_group_size=5, group='a', true=0, decision=1)": Gap(
        RateComparison(("true_positive_rate", "false_positive_rate"), True, "mean"),
        None,
        5,
    ),
}


@pytest.mark.parametrize("text", NAMES)
def test_names_of_counts(text):
    gap = NAMES[text]
    assert name_of_weight("gap", gap, "'a'", "0", "1") == f"gap: {text}"
    assert parse_name(text) == (gap, "'a'", "0", "1")
    assert name_of_rows("gap", "'a'", "0") == "gap: rows(group='a', true=0)"
    assert parse_name("rows(group='a', true=0)") == (None, "'a'", "0", None)


@pytest.mark.parametrize(
    "text", ["", "rows(true=0)", "sum(accuracy, group=1, true=0, decision=1)", "a.b()"]
)
def test_other_texts_are_no_names_of_counts(text):
    with pytest.raises(ValueError, match="is not the name of a count, as") as caught:
        parse_name(text)
    assert str(caught.value) == (
        f"{text!r} is not the name of a count, as pooled_scorers writes it."
    )


def test_labels_as_text():
    assert label_text("it's") == '"it\'s"'
    assert label_text(1) == "1"
    assert label_text(object).startswith("\"<class 'object'>\"")


def test_weights_of_which_only_sums_are_known():
    confusion = confusion_of(TABLE)
    of_table = replace(confusion, sizes=np.ones(60, dtype=np.intp))
    assert weights_and_squares(of_table)[0] is confusion.counts
    for read in (weights_and_squares, kinds_of_rows):
        with pytest.raises(ValueError, match="too many different values") as caught:
            read(replace(of_table, weights=0.5 * TABLE))
        assert str(caught.value) == (
            "sample_weight of Dask collections has too many different values for "
            "intervals, which need to know them. Round them, for instance "
            "sample_weight.round(2), leave intervals out, or pass a sample that is in "
            "memory."
        )


def test_quotients_without_a_warning():
    quotients = divide(np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 4.0]))
    assert_array_equal(quotients, [np.nan, np.inf, 0.25])


def test_the_widest_pair():
    pair = widest_pair(RateComparison(("selection_rate",)), TABLE, [1])
    assert pair == (1, 0, "selection_rate", 1, 0)
    rates = ("false_positive_rate", "true_positive_rate")
    both = np.concatenate([TABLE[:, ::-1], TABLE])
    pair = widest_pair(RateComparison(rates), both, [1])
    assert pair == (0, 1, "true_positive_rate", 1, 0)
    ratio = RateComparison(("selection_rate",), ratio=True)
    none = np.array([[[[5, 0], [5, 0]], [[6, 0], [6, 0]]]])
    assert widest_pair(ratio, none, [1]) is None
    assert widest_pair(ratio, np.concatenate([none, TABLE]), [1])[-1] == 1
    no_rows = TABLE * [[[[0, 0], [0, 0]]], [[[1, 1], [1, 1]]]]
    assert widest_pair(RateComparison(("selection_rate",)), no_rows[:1], [1]) is None
    mean = RateComparison(("selection_rate",), aggregate="mean")
    assert widest_pair(mean, TABLE, [1]) is None


def pooled_table():
    """Two splits, each with half of the rows; the second of two candidates failed."""
    results, gap = {}, next(iter(NAMES.values()))
    for split in (0, 1):
        for (_, g, true, decision), n in np.ndenumerate(TABLE):
            cell = f"'{'ab'[g]}'", str(true)
            name = name_of_weight("gap", gap, *cell, str(decision))
            results[f"split{split}_test_{name}"] = [n / 2, np.nan]
            n_rows = TABLE[0, g, true].sum() / 2
            name = name_of_rows("gap", *cell)
            results[f"split{split}_test_{name}"] = [n_rows, np.nan]
    return results


def test_counts_of_all_splits():
    pooled = read_pooled({**pooled_table(), "mean_test_gap: x": [9, 9]}, "gap")
    assert (pooled.groups, pooled.classes) == (["'a'", "'b'"], ["0", "1"])
    assert_array_equal(pooled.weights[0], TABLE[0])
    assert_array_equal(pooled.rows[0], TABLE[0].sum(axis=2))
    assert pooled.positives == [1]
    assert pooled.group_sizes.tolist() == [20, 40]
    assert pooled.compared.tolist() == [0, 1]
    assert_allclose(pooled.gaps(), [12 / 20 - 13 / 40, np.nan])
    assert pooled.describe_pair(0) == (
        "between 'b' (0.325 of 40 rows) and 'a' (0.6 of 20 rows)",
        20,
    )
    assert pooled.describe_pair(1) == ("", 0)
    true, decided = pooled.class_shares(0)
    assert_allclose(true, [30 / 60, 30 / 60])
    assert_allclose(decided, [35 / 60, 25 / 60])
    assert read_pooled({}, "gap") is None
    assert read_pooled(pooled_table(), "other") is None


def test_counts_of_two_metrics_of_one_name():
    results = pooled_table()
    other = name_of_weight("gap", list(NAMES.values())[1], "'a'", "0", "1")
    results[f"split0_test_{other}"] = [1, 1]
    with pytest.raises(ValueError, match="belong to 2 metrics") as caught:
        read_pooled(results, "gap")
    assert str(caught.value) == (
        "The counts of 'gap' belong to 2 metrics: give each call of pooled_scorers a "
        "name of its own, and keep all of its scorers."
    )


def test_counts_of_a_fold():
    counter = FoldCounter(["a", "b"], [0, 1], "error")
    y_true, y_pred, group = rows_of(TABLE)
    weights, rows = counter.count(y_true, y_pred, group, None)
    assert_array_equal(weights, TABLE[0])
    assert_array_equal(rows, TABLE[0].sum(axis=2))
    weight = np.where(group == "a", 0.5, 0.0)
    weights, rows = counter.count(y_true, y_pred, group, weight)
    assert_array_equal(weights, TABLE[0] * [[[0.5]], [[0.0]]])
    assert_array_equal(rows, TABLE[0].sum(axis=2) * [[1], [0]])
    assert counter.shape == (2, 2, 2)
    assert counter.key == (("a", "b"), (0, 1), "error")
    empty = counter.empty_confusion()
    assert (empty.counts.shape, empty.counts.sum()) == ((1, 2, 2, 2), 0)
    assert empty.target == "classes"
    message = (
        r"^sensitive_features holds \['c'\], and groups of pooled_scorers only "
        r"\['a', 'b'\]: pass all of them there\.$"
    )
    with pytest.raises(ValueError, match=message):
        counter.count([0, 1], [0, 1], ["a", "c"], None)
    with pytest.raises(ValueError, match=r"^y_true holds \[2\], and classes of pooled"):
        counter.count([0, 2], [0, 1], ["a", "b"], None)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        counter.count([0, 1], [0, 1], ["a", "b"], [1, -1])
    ignoring = FoldCounter(["a", "b"], [0, 1], "ignore")
    weights, _ = ignoring.count([0, 1, 1], [0, 1, 1], ["a", "b", None], None)
    assert weights.sum() == 2


def test_groups_that_are_known():
    assert read_known_groups(["b", "a", "b"], "error") == ["a", "b"]
    assert len(read_known_groups(["b", None], "group")) == 2
    assert read_known_groups(["b", None, "a"], "ignore") == ["a", "b"]
    with pytest.raises(ValueError, match=r"^groups is missing .* metric_params="):
        read_known_groups(["b", None], "error")
    with pytest.raises(ValueError, match=r"^missing=.drop. is not known"):
        read_known_groups(["b"], "drop")


def test_metrics_by_name():
    with pytest.raises(ValueError, match=r"metric='gap' is not known; use one of") as e:
        get_metric("gap")
    assert "'group_rates'" not in str(e.value)
    assert str(e.value).endswith(
        "] or a function (y_true, y_pred, *, sensitive_features)."
    )
    message = (
        r"^max takes no sensitive_features, so it does not compare groups; pass a "
        r"function \(y_true, y_pred, \*, sensitive_features\)\.$"
    )
    with pytest.raises(ValueError, match=message):
        get_metric(max)
    message = (
        r"^metric_params=3 must be a dict of keywords of equalized_odds_ratio, such as "
        r"\{'missing': 'group'\}\.$"
    )
    with pytest.raises(ValueError, match=message):
        get_metric("equalized_odds_ratio", 3)
    message = (
        r"^metric_params holds \['y_true'\]: pass them where the rows are passed, "
        r"beside y_true and y_pred\.$"
    )
    with pytest.raises(ValueError, match=message):
        get_metric("equalized_odds_ratio", {"y_true": 1})
    message = r"^metric_params holds \['x'\], which equalized_odds_ratio does not"
    with pytest.raises(ValueError, match=message):
        get_metric("equalized_odds_ratio", {"x": 1, "missing": "group"})
