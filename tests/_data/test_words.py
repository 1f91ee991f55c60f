"""Messages word by word, and the numbers at which they change."""

import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from fairlearnkit._data.counts import check_counts, counts_table, group_shares
from fairlearnkit._data.folds import check_groups_of_fold, read_folds, stratified_folds
from fairlearnkit._data.groups import read_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.messages import (
    CLASS_METRIC,
    CLASS_REPORT,
    FIT,
    MISSING_HINT,
    PARITY_REPORT,
    PREDICT,
    SCORE,
    SCORE_METRIC,
    SCORES_HINT,
    TRANSFORM,
    Caller,
    check_confidence_level,
    check_option,
    format_labels,
    length_message,
    missing_message,
    required_message,
)
from fairlearnkit._data.pandas_door import load_pandas
from fairlearnkit._data.rows import (
    check_weight,
    read_weight,
    split_rows,
    take_groups,
    take_rows,
)
from fairlearnkit._data.search_results import as_floats, column_keys, score_column
from fairlearnkit._data.sensitive_columns import check_varying
from fairlearnkit._data.targets import check_weight_sum, max_abs, numeric_target
from fairlearnkit._data.text_table import aligned
from fairlearnkit.exceptions import SmallGroupWarning

ROUTED = (
    "sensitive_features is required and was not given. Pass it, "
    "est.{method}({data}, sensitive_features=df['sex']). Inside a Pipeline or a "
    "search, leave the column in X and replace est by SensitiveColumns(est, 'sex'); or "
    "enable metadata routing, sklearn.set_config(enable_metadata_routing=True), and "
    "pass it to the outer {method}: the request is set already."
)
NEW_ROWS = (
    "sensitive_features is required in {method} and was not given: this estimator "
    "needs the group of each row there, not in fit only. Pass it, est.{method}(X, "
    "sensitive_features=df['sex']). Searches, cross-validation and scorers pass X "
    "alone to {method}: leave the column in X and replace est by SensitiveColumns(est, "
    "'sex'), which also works in a Pipeline. Metadata routing, "
    "sklearn.set_config(enable_metadata_routing=True), reaches the {method} of a "
    "Pipeline, and none of those."
)


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (FIT, ROUTED.format(method="fit", data="X, y")),
        (SCORE, ROUTED.format(method="score", data="X, y")),
        (
            Caller(method="fit_transform"),
            ROUTED.format(method="fit_transform", data="X"),
        ),
        (PREDICT, NEW_ROWS.format(method="predict")),
        (TRANSFORM, NEW_ROWS.format(method="transform")),
        (
            Caller("y_pred", "", argument="race"),
            "race is required and was not given. Pass the group of each row, "
            "race=df['sex'].",
        ),
    ],
)
def test_sensitive_features_that_were_not_given(caller, expected):
    assert required_message(caller) == expected


def test_what_callers_say():
    assert MISSING_HINT == (
        'or choose missing="group" (a group of its own) or missing="ignore" (the rows '
        "count in no group)"
    )
    assert SCORES_HINT == (
        "threshold them, or use a metric of scores such as score_gap or ks_gap of "
        "fairlearnkit.metrics"
    )
    assert (
        Caller()
        == FIT
        == Caller(
            data="X",
            method="fit",
            missing_hint=MISSING_HINT,
            argument="sensitive_features",
            pos_label_hint="give pos_label",
            labels_hint="",
            scores_hint=SCORES_HINT,
        )
    )
    assert [x.data for x in (CLASS_METRIC, CLASS_REPORT, PARITY_REPORT)] == [
        "y_pred"
    ] * 3
    assert Caller(data="y_score", method="") == SCORE_METRIC
    assert Caller(data="y_pred", method="") == CLASS_REPORT
    assert CLASS_METRIC.labels_hint == PARITY_REPORT.labels_hint == "labels=[...]"
    assert PARITY_REPORT.scores_hint == (
        'threshold them, or pass target="numbers" to report them as numbers'
    )
    assert {x.method for x in (CLASS_METRIC, PARITY_REPORT, SCORE_METRIC)} == {""}


def test_messages_about_labels():
    assert length_message("sex", 3, 4, FIT) == (
        "sex has 3 rows but X has 4: pass one label for each row of X, in the same "
        "order."
    )
    assert missing_message("sex", 2, "or shrug") == (
        "sex is missing (None, NaN or NA) in 2 rows. Fill them, or shrug."
    )
    assert missing_message("sex", 2, "") == (
        "sex is missing (None, NaN or NA) in 2 rows. Fill them, or leave these rows "
        "out."
    )


def test_labels_are_listed_up_to_ten():
    assert format_labels(np.array(["a", "b"])) == "['a', 'b']"
    assert format_labels([]) == "[]"
    assert format_labels(range(10)) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
    assert format_labels(range(11)) == (
        "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... (11 in all)]"
    )
    assert format_labels("abc", limit=2) == "['a', 'b', ... (3 in all)]"


def test_options():
    check_option("how", "b", ("a", "b"))
    with pytest.raises(
        ValueError, match=r"^how='c' is not known; use one of \['a'\]\.$"
    ):
        check_option("how", "c", ("a",))
    for level in (1e-9, 1 - 1e-9):
        check_confidence_level(level)
    for level in (0, 1):
        message = rf"^confidence_level={level} must lie between 0 and 1\.$"
        with pytest.raises(ValueError, match=message):
            check_confidence_level(level)


def test_a_table_of_text():
    assert aligned([["", "n", "rate"], ["women", "10", ".5"], ["b", "7", ""]]) == (
        "        n  rate\nwomen  10    .5\nb       7"
    )


def test_counts_word_by_word():
    labels = np.array(["a", "b"])
    assert counts_table(labels, [10, 2]) == "a: 10, b: 2"
    assert counts_table("abc", [3, 1, 2], limit=2) == "b: 1, c: 2, ... (3 groups)"
    with pytest.raises(ValueError, match="no row") as caught:
        check_counts(np.array([[10, 10], [0, 10]]), labels, ["", " with y = 1"])
    assert str(caught.value) == (
        "sensitive_features leaves no row among rows with y = 1 for the groups ['a']; "
        "the constraint compares means and needs some. Counts: a: 0, b: 10. Merge or "
        "remove these groups, or choose another constraint."
    )
    check_counts(np.array([[10, 10]]), labels, [""])
    with pytest.warns(SmallGroupWarning) as caught:
        check_counts(np.array([[9, 10]]), labels, [""])
    assert str(caught[0].message) == (
        "1 of 2 groups have fewer than 10 rows: a: 9, b: 10. The means of so few rows "
        "say little about a group; merge some."
    )
    with pytest.warns(
        SmallGroupWarning, match=r"; merge some\. Each of the 21 .* or cut"
    ):
        check_counts(np.full((1, 21), 9), np.arange(21), [""])


def test_columns_of_one_value():
    names, scale = ["age", "income", "n"], np.array([1.01, 1.0, 0.0])
    with pytest.raises(ValueError, match="one value only") as caught:
        check_varying(names, scale, np.full(3, 1e12))
    assert str(caught.value) == (
        "['income', 'n'] holds one value only; a correlation needs at least two. "
        "Remove the column."
    )
    check_varying(names[:1], scale[:1], np.full(1, 1e12))


def test_without_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="needs pandas") as caught:
        load_pandas("frame()")
    assert str(caught.value) == (
        "frame() needs pandas, which is not installed: "
        'python -m pip install "fairlearnkit[examples]".'
    )


def test_shares_of_groups():
    groups = read_groups(["a"] * 30 + ["b"] * 10 + [None] * 5, missing="ignore")
    assert group_shares(groups, None).tolist() == [0.75, 0.25]
    weight = np.r_[np.full(30, 1.0), np.full(10, 3.0), np.full(5, 100.0)]
    assert group_shares(groups, weight).tolist() == [0.5, 0.5]
    assert group_shares(groups, None, {"a": 1e308, "b": 1e308}).tolist() == [0.5, 0.5]
    assert group_shares(groups, None, {"b": 0, "a": 2}).tolist() == [1.0, 0.0]
    for given in ({"a": 1}, {"a": 1, "b": 1, "c": 1}, [1, 1]):
        with pytest.raises(
            ValueError, match=r"a dict with one weight .*\['a', 'b'\]\.$"
        ):
            group_shares(groups, None, given)
    for given in ({"a": 1, "b": -1}, {"a": 0, "b": 0}, {"a": 1, "b": np.inf}):
        with pytest.raises(ValueError, match="not be negative, nor all of them zero"):
            group_shares(groups, None, given)
    with pytest.raises(ValueError, match=r"positive weight: a: 30, b: 0\. Remove"):
        group_shares(groups, weight * (groups.codes == 0))
    with pytest.warns(SmallGroupWarning, match="a: 30, b: 9. Its distribution is esti"):
        group_shares(groups, np.r_[np.ones(39), np.zeros(6)])


def test_folds_of_any_cv():
    X, y = np.arange(6.0), np.repeat([0, 1], 3)
    folds = read_folds(3, X, y, classifier=True)
    assert [y[test].tolist() for _, test in folds] == [[0, 1]] * 3
    folds = read_folds(3, X, y, classifier=False)
    assert [test.tolist() for _, test in folds] == [[0, 1], [2, 3], [4, 5]]
    mask = np.array([True] * 4 + [False] * 2)
    ((train, test),) = read_folds([(mask, ~mask)], X, y, classifier=False)
    assert (train.tolist(), test.tolist()) == ([0, 1, 2, 3], [4, 5])
    with pytest.raises(
        ValueError, match=r"cv=.* gives no folds\. A generator .* a list"
    ):
        read_folds([], X, y, classifier=False)


def test_a_fold_without_a_group():
    groups = read_groups(["a", "b", "c", "b"])
    check_groups_of_fold(groups, np.array([0, 2, 3]), 1)
    with pytest.raises(ValueError, match="fold 2 hold no row") as caught:
        check_groups_of_fold(groups, np.array([0, 1]), 2, " of class 1")
    assert str(caught.value) == (
        "The training rows of fold 2 hold no row of the group 'c' of class 1. Merge "
        "small groups, or choose a cv whose training rows hold all of them."
    )


@pytest.mark.parametrize("n_small", [3, 2])
def test_folds_stratified_by_class_and_group(n_small):
    """With as many rows as folds, and with fewer, each fold has its share."""
    group = np.repeat(["a", "b", "c"], [9, 9, n_small])
    classes = np.r_[np.arange(18) // 3 % 2, np.zeros(n_small, int)]
    groups = read_groups(group)
    folds = stratified_folds(3, classes, groups)
    assert_array_equal(
        np.sort(np.concatenate([t for _, t in folds])), np.arange(len(group))
    )
    cells = list(zip(group, classes))
    for train, test in folds:
        assert not set(train) & set(test)
        assert len(train) + len(test) == len(group)
        for cell in set(cells):
            inside = sum(cells[i] == cell for i in test)
            assert abs(inside - cells.count(cell) / 3) < 1
    by_group = stratified_folds(3, None, groups)
    assert [(group[t] == "a").sum() for _, t in by_group] == [3] * 3


def test_more_folds_than_rows():
    groups = read_groups(["a", "b", "c"])
    assert [test.tolist() for _, test in stratified_folds(3, None, groups)] == [
        [0],
        [1],
        [2],
    ]
    with pytest.raises(
        ValueError, match=r"^cv=4 folds need as many rows; there are 3\.$"
    ):
        stratified_folds(4, None, groups)
    with pytest.raises(ValueError, match="Integral type"):
        stratified_folds(2.5, None, groups)


def test_columns_of_a_search():
    results = {
        "mean_test_gap": np.ma.masked_array([0.5, 9.0], [False, True]),
        "std_test_gap": [0.1, None],
        "other": [1, pd.NA],
        "mean_test_counts: a": [0, 0],
        "mean_test_counts: b": [0, 0],
        "text": ["x", "y"],
    }
    assert_array_equal(score_column(results, "gap"), [0.5, np.nan])
    assert_array_equal(score_column(results, "gap", "std"), [0.1, np.nan])
    assert_array_equal(score_column(results, "other"), [1.0, np.nan])
    assert score_column(results, "other", "std") is None
    with pytest.raises(ValueError, match="is not among") as caught:
        score_column(results, "loss")
    assert str(caught.value) == (
        "'loss' is not among the scores of the search, ['gap', 'counts']. Name it "
        "there: scoring={'accuracy': 'accuracy', 'gap': parity_scorer(...)}."
    )
    with pytest.raises(ValueError, match=r"the search, \['x', '3'\]\. Name"):
        score_column({"x": [1], 3: [1]}, "loss")
    with pytest.raises(
        ValueError, match=r"^The column 'text' .* not hold numbers \(could"
    ):
        as_floats("text", results["text"])
    with pytest.raises(
        ValueError, match=r"^cv_results is of type int: pass .* each score\.$"
    ):
        column_keys(3)


def test_columns_of_a_frame():
    frame = pd.DataFrame({"mean_test_a": [0.25, None]})
    assert column_keys(frame) == ["mean_test_a"]
    assert_array_equal(score_column(frame, "a"), [0.25, np.nan])


def test_weights_are_scaled_by_a_power_of_two():
    assert read_weight(None, 3) is None
    assert read_weight([1.0, 2.0, 0.0], 3).tolist() == [0.25, 0.5, 0.0]
    assert read_weight([1.5e308] * 3, 3).sum() < 3
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(2,\), expected"):
        read_weight([1.0, 2.0], 3)
    with pytest.raises(ValueError, match=r"[Nn]egative values"):
        read_weight([1.0, -2.0], 2)


def test_rows_by_group():
    first, second, none, without = split_rows(np.array([1, -1, 0, 1, 0]), 3)
    assert [x.tolist() for x in (first, second, none, without)] == [
        [2, 4],
        [0, 3],
        [],
        [1],
    ]
    # Codes of more groups than int16 holds.
    codes = np.array([40_000, 0, -1])
    rows = split_rows(codes, 40_001)
    assert (rows[0].tolist(), rows[-2].tolist(), rows[-1].tolist()) == ([1], [0], [2])
    codes = np.array([32_767, 0])
    assert split_rows(codes, 32_768)[32_767].tolist() == [0]
    some = take_groups(read_groups(["a", "b", None, "b"], missing="ignore"), [1, 2, 3])
    assert some.codes.tolist() == [1, -1, 1]
    assert some.counts.tolist() == [0, 2]


def test_rows_of_any_container():
    rows = np.array([2, 0])
    assert take_rows({"a": [1, 2, 3], "b": ["x", "y", "z"]}, rows) == {
        "a": [3, 1],
        "b": ["z", "x"],
    }
    assert list(take_rows(pd.Categorical(["x", "y", "z"]), rows)) == ["z", "x"]
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=[5, 6, 7])
    assert take_rows(frame, rows)["a"].tolist() == [3, 1]


def test_magnitudes():
    assert max_abs(np.array([[-3.0, 2.0]])) == 3.0
    assert max_abs(np.array([-2, 3], dtype=np.int8)) == 3.0
    assert max_abs(np.array([-128], dtype=np.int8)) == 128.0
    assert max_abs(sparse.csr_array([[0.0, -4.0], [1.0, 0.0]])) == 4.0
    assert max_abs(np.zeros((0, 2))) == max_abs(sparse.csr_array((2, 2))) == 0.0
    check_weight_sum(np.full(10, 1e307))
    with pytest.raises(
        ValueError, match=r"values up to 1e\+308, whose sum is more than"
    ):
        check_weight_sum(np.full(2, 1e308))
    assert numeric_target(np.array([1, 2])).dtype == np.float64
    with pytest.raises(ValueError, match="Input y contains infinity"):
        numeric_target(np.array([np.inf]))


def table_of(counts):
    return np.repeat(list(counts), list(counts.values()))


@pytest.mark.parametrize(
    ("counts", "refused"),
    [
        ({0.0: 10, 1.0: 10, 0.37: 1}, True),
        ({0.0: 10, 1.0: 9, 0.37: 1}, False),  # too few rows for codes
        ({0.0: 10, 1.0: 10, 0.37: 2}, False),  # half a rating, say
        ({0.0: 10, 1.0: 10, 0.37: 2, 0.5: 1, 0.6: 1}, True),  # 4 / 3 rows each
        ({0.0: 10, 1.0: 10, -0.5: 1, 1.5: 1}, False),  # outside of the codes
        ({0.0: 30, 0.5: 1}, False),  # one code
    ],
)
def test_numbers_between_codes(counts, refused):
    groups = read_groups(table_of(counts))
    if not refused:
        check_categories(groups)
        return
    with pytest.raises(ValueError, match="between them") as caught:
        check_categories(groups)
    assert str(caught.value) == (
        "sensitive_features holds the groups [0.0, 1.0] and numbers between them, such "
        "as 0.37, as oversampling by interpolation produces them. Use a sampler for "
        "categories, such as imbalanced-learn's SMOTENC or RandomOverSampler. "
        'Constraints on numeric columns, "decorrelation", take them as they are; if '
        "they are groups, pass text."
    )


def test_weights_of_too_few_digits():
    with pytest.raises(ValueError, match="does not hold all digits"):
        check_weight(np.array([5e-324, 0.0]), 2)
    assert check_weight(np.array([3e-308, 5e-324]), 2).min() > 0
