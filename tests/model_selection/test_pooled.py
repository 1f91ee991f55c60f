"""Pooled gaps: the metric of the out-of-fold decisions, from counts in cv_results_."""

import datetime
import re
import warnings
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_predict,
)

from fairlearnkit import metrics
from fairlearnkit._counting.count_names import (
    Gap,
    label_text,
    name_of_rows,
    name_of_weight,
    parse_name,
    prefix_of,
)
from fairlearnkit._counting.fold_counts import FoldCounter
from fairlearnkit._counting.gaps import RateComparison
from fairlearnkit._counting.metric import is_gap_of_rates
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.inspection import TradeoffDisplay
from fairlearnkit.metrics import demographic_parity_difference, pooled_scorers
from fairlearnkit.model_selection import (
    HighestScore,
    LowestGap,
    pareto_front,
    pooled_gaps,
)

METRICS = [name for name in metrics.__all__ if is_gap_of_rates(getattr(metrics, name))]
FOLDS = KFold(4)
GRID = {"C": [1e-3, 1e-2, 1.0]}


def make_rows(n=240, n_classes=2, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["u", "v", "w"])
    X["sex"] = np.sort(rng.choice([0, 1, 2], n))  # sorted: a fold may lack a group
    X["old"] = rng.choice([0, 1], n)
    score = X["u"] + 0.7 * (X["sex"] == 1) + rng.normal(size=n)
    y = np.digitize(score, np.linspace(-0.5, 1, n_classes - 1))
    return X, y


def search(X, y, pooled, model=None, grid=GRID, make=GridSearchCV, **options):
    return make(
        LogisticRegression() if model is None else model,
        grid,
        scoring={"accuracy": "accuracy", **pooled},
        refit=False,
        cv=FOLDS,
        **options,
    )


def out_of_fold(model, X, y, params):
    return cross_val_predict(clone(model).set_params(**params), X, y, cv=FOLDS)


def expected_gaps(fitted, metric, X, y, **options):
    function = getattr(metrics, metric)
    values = np.array(
        [
            function(y, out_of_fold(fitted.estimator, X, y, params), **options)
            for params in fitted.cv_results_["params"]
        ]
    )
    return 1 - values if metric.endswith("ratio") else values


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_the_metric_of_all_out_of_fold_decisions(metric):
    X, y = make_rows()
    pooled = pooled_scorers("gap", metric, groups=X["sex"], classes=y, columns="sex")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = search(X, y, pooled).fit(X, y)
    gaps = pooled_gaps(fitted.cv_results_, "gap")
    expected = expected_gaps(fitted, metric, X, y, sensitive_features=X["sex"])
    assert gaps.tolist() == expected.tolist()
    assert len(np.unique(gaps)) > 1
    # Some fold lacks a group, and all counts are numbers.
    counts = [fitted.cv_results_[f"split0_test_{key}"] for key in pooled]
    assert min(map(np.min, counts)) == 0
    assert all(np.isfinite(count).all() for count in counts)


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["positive_predictive_value", "accuracy"])
@pytest.mark.parametrize("aggregate", ["worst", "mean", "to_overall"])
def test_keywords_of_the_metric(rate, aggregate):
    X, y = make_rows()
    labels = np.where(y == 1, "yes, it's", "no")
    params = {"rate": rate, "aggregate": aggregate, "pos_label": "yes, it's"}
    pooled = pooled_scorers(
        "gap",
        "rate_difference",
        groups=X["sex"],
        classes=labels,
        columns="sex",
        metric_params=params,
    )
    fitted = search(X, labels, pooled).fit(X, labels)
    expected = expected_gaps(
        fitted, "rate_difference", X, labels, sensitive_features=X["sex"], **params
    )
    assert pooled_gaps(fitted.cv_results_, "gap").tolist() == expected.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "n_jobs"),
    [(GridSearchCV, None), (GridSearchCV, 2), (RandomizedSearchCV, None)],
)
def test_intersections_of_odd_labels_and_three_classes(make, n_jobs):
    X, y = make_rows(600, n_classes=3)
    X["sex"] = X["sex"].map({0: "a (b), c=1", 1: "q\"'\n: ", 2: "é"})
    # The model gets numbers, the scorers text beside them.
    model = SensitiveColumns(LogisticRegression(), ["sex", "old"])
    pooled = pooled_scorers(
        "gap", "equalized_odds_difference", groups=X[["sex", "old"]], classes=y
    )
    options = {"n_jobs": n_jobs}
    if make is RandomizedSearchCV:
        options |= {"n_iter": 2, "random_state": 0}
    grid = {f"estimator__{key}": values for key, values in GRID.items()}
    fitted = search(X, y, pooled, model, grid, make, **options).fit(X, y)
    expected = expected_gaps(
        fitted,
        "equalized_odds_difference",
        X,
        y,
        sensitive_features=X[["sex", "old"]],
    )
    gaps = pooled_gaps(fitted.cv_results_, "gap")
    assert gaps.tolist() == expected.tolist()
    frame = pd.DataFrame(fitted.cv_results_)
    stored = pd.read_csv(StringIO(frame.to_csv()))
    for table in (frame, stored):
        assert pooled_gaps(table, "gap").tolist() == gaps.tolist()


@pytest.mark.parametrize("weighted", [False, True])
def test_routed_groups_and_weights(weighted):
    X, y = make_rows()
    group, X = X["sex"], X[["u", "v", "w"]]
    weight = np.random.default_rng(1).integers(0, 3, len(y)).astype(float)
    metadata = {"sensitive_features": group}
    if weighted:
        metadata["sample_weight"] = weight
    with config_context(enable_metadata_routing=True):
        pooled = pooled_scorers(
            "gap", "demographic_parity_difference", groups=group, classes=y
        )
        for scorer in pooled.values():
            scorer.set_score_request(sample_weight=weighted)
        model = LogisticRegression().set_fit_request(sample_weight=False)
        fitted = GridSearchCV(model, GRID, scoring=pooled, refit=False, cv=FOLDS).fit(
            X, y, **metadata
        )
    expected = expected_gaps(fitted, "demographic_parity_difference", X, y, **metadata)
    gaps = pooled_gaps(fitted.cv_results_, "gap")
    np.testing.assert_allclose(gaps, expected, rtol=0, atol=1e-14)
    rows = fitted.cv_results_["split0_test_gap: rows(group=0, true=0)"]
    used = (weight > 0) | (not weighted)
    in_split = (np.arange(len(y)) < len(y) // 4) & (group == 0) & (y == 0) & used
    assert (rows == in_split.sum()).all()


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["group", "ignore", "error"])
def test_missing_groups(missing):
    X, y = make_rows()
    group = X["sex"].map({0: "a", 1: "b", 2: "c"})
    group[::5] = None
    X = X.assign(sex=group)
    params = {"missing": missing, "aggregate": "mean"}
    options = {"groups": group, "classes": y, "columns": "sex", "metric_params": params}
    if missing == "error":
        with pytest.raises(ValueError, match=r"groups is missing .*metric_params"):
            pooled_scorers("gap", "equal_opportunity_difference", **options)
        return
    pooled = pooled_scorers("gap", "equal_opportunity_difference", **options)
    model = SensitiveColumns(LogisticRegression(), "sex")
    grid = {f"estimator__{key}": values for key, values in GRID.items()}
    fitted = search(X, y, pooled, model, grid).fit(X, y)
    expected = expected_gaps(
        fitted,
        "equal_opportunity_difference",
        X,
        y,
        sensitive_features=group,
        **params,
    )
    assert pooled_gaps(fitted.cv_results_, "gap").tolist() == expected.tolist()


class CountsCalls(ClassifierMixin, BaseEstimator):
    """Decides the positive class for a share of the rows; counts its predictions."""

    calls = 0

    def __init__(self, share=0.5):
        self.share = share

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        type(self).calls += 1
        return self.classes_[(np.arange(len(X)) < self.share * len(X)).astype(int)]


def test_predicts_once_for_all_scorers():
    X, y = make_rows()
    pooled = {
        **pooled_scorers(
            "gap", "equal_opportunity_difference", groups=X["sex"], classes=y, columns=3
        ),
        **pooled_scorers(
            "age", "equal_opportunity_difference", groups=[0, 1], classes=y, columns=4
        ),
    }
    CountsCalls.calls = 0
    fitted = search(X, y, pooled, CountsCalls(), {"share": [0.2, 0.5]}).fit(X, y)
    assert CountsCalls.calls == 2 * FOLDS.n_splits
    for name, column in (("gap", "sex"), ("age", "old")):
        expected = expected_gaps(
            fitted, "equal_opportunity_difference", X, y, sensitive_features=X[column]
        )
        assert pooled_gaps(fitted.cv_results_, name).tolist() == expected.tolist()
    (key, scorer), *_ = pooled.items()
    model = CountsCalls().fit(X, y)
    cell = (X["sex"] == 0) & (y == 0) & (model.predict(X) == 0)
    assert key.endswith("group=0, true=0, decision=0)")
    assert scorer(model, X, y) == cell.sum()
    assert key in repr(clone(scorer))


def test_counts_once_for_the_scorers_of_a_set(monkeypatch):
    """Sets that differ in the column or in the groups do not share their counts."""
    X, y = make_rows()
    X["half"] = np.arange(len(X)) % 2
    columns = {"old": [0, 1], "half": [0, 1], "sex": [0, 1, 2]}
    pooled = {}
    for column, groups in columns.items():
        for name, more in ((column, []), (f"{column} more", [7])):
            pooled |= pooled_scorers(
                name,
                "demographic_parity_difference",
                groups=groups + more,
                classes=y,
                columns=column,
            )
    calls, count = [], FoldCounter.count
    monkeypatch.setattr(
        FoldCounter, "count", lambda *args: calls.append(1) or count(*args)
    )
    fitted = search(X, y, pooled, grid={"C": [1.0]}).fit(X, y)
    assert len(calls) == 6 * FOLDS.n_splits
    for column in columns:
        expected = expected_gaps(
            fitted, "demographic_parity_difference", X, y, sensitive_features=X[column]
        )
        for name in (column, f"{column} more"):
            assert pooled_gaps(fitted.cv_results_, name).tolist() == expected.tolist()


def test_a_missing_group_that_comes_later():
    X, y = make_rows()
    model = LogisticRegression().fit(X, y)
    scorers = pooled_scorers(
        "gap", "demographic_parity_difference", groups=[0, 1, 2], classes=y
    )
    group = X["sex"].astype(float)
    group[3] = np.nan
    with pytest.raises(ValueError, match=r"missing .* in 1 rows.*metric_params"):
        next(iter(scorers.values()))(model, X, y, sensitive_features=group)


def counts_table(*tables, name="gap", rate="selection_rate, of=1"):
    """A table of candidates whose only split has counts[group][true][decision]."""
    columns = {}
    for g, t, d in np.ndindex(*np.shape(tables[0])):
        cell = f"group='{'abc'[g]}', true={t}"
        key = f"split0_test_{name}: difference({rate}, {cell}, decision={d})"
        columns[key] = [table[g][t][d] for table in tables]
        columns[f"split0_test_{name}: rows({cell})"] = [
            sum(table[g][t]) for table in tables
        ]
    columns["params"] = [{"C": i} for i in range(len(tables))]
    return columns


def selecting(*rates, n=100):
    """Counts of groups of n rows, half of each class, selected at these rates."""
    return [[[n / 2 * (1 - rate), n / 2 * rate] for _ in range(2)] for rate in rates]


TABLE = counts_table(selecting(0.5, 0.3), selecting(0.5, 0.45), selecting(0.0, 0.0))
TABLE |= {"mean_test_accuracy": [0.8, 0.7, 0.6]}


def test_rules_take_the_pooled_gap():
    gaps = pooled_gaps(TABLE, "gap")
    np.testing.assert_allclose(gaps, [0.2, 0.05, 0.0], atol=1e-15)
    assert HighestScore("accuracy", "gap", 0.05)(TABLE) == 1
    assert LowestGap("accuracy", "gap", min_score_ratio=0.8)(TABLE) == 1
    assert pareto_front(TABLE, "accuracy", "gap").tolist() == [2, 1, 0]
    display = TradeoffDisplay.from_cv_results(TABLE, "accuracy", "gap")
    np.testing.assert_array_equal(display.frame()["gap"], gaps)
    # Counts win over a gap of the folds of the same name.
    both = TABLE | {"mean_test_gap": [0.0, -0.9, -0.9]}
    assert HighestScore("accuracy", "gap", 0.05)(both) == 1


@pytest.mark.parametrize("otherwise", ["lowest_gap", "error"])
def test_no_candidate_has_a_pooled_gap_in_the_bound(otherwise):
    table = {key: values[:2] for key, values in TABLE.items()}
    rule = HighestScore("accuracy", "gap", 0.01, otherwise=otherwise)
    message = (
        r"No candidate has a pooled gap of at most max_gap=0\.01\. The lowest are "
        r"0\.05 \(between 'b' \(0\.45 of 100 rows\) and 'a' \(0\.5 of 100 rows\)\), at "
        r"accuracy 0\.7, with \{'C': 1\}; 0\.2"
    )
    if otherwise == "error":
        with pytest.raises(ValueError, match=message):
            rule(table)
    else:
        with pytest.warns(UserWarning, match=message):
            assert rule(table) == 1


RULES = [
    HighestScore("accuracy", "gap", 0.0),
    LowestGap("accuracy", "gap", min_score_ratio=0.0),
]


@pytest.mark.parametrize("rule", RULES)
def test_a_constant_choice_is_told(rule):
    message = r"decides 0 for 100\.0 % of the rows; 50\.0 % of all rows are"
    with pytest.warns(UserWarning, match=message) as caught:
        assert rule(TABLE) == 2
    assert len(caught) == 1
    nearly = TABLE | counts_table(*[selecting(0.04, 0.04)] * 3)
    with pytest.warns(UserWarning, match=r"decides 0 for 96\.0 %"):
        rule(nearly)
    cautious = TABLE | counts_table(*[selecting(0.06, 0.06)] * 3)
    rule(cautious)  # without a warning, which is an error in these tests


def test_rare_classes_make_no_constant_model():
    # 2 % of the rows are positive, and 1 % are selected.
    one = [[980.0, 0.0], [10.0, 10.0]]
    table = TABLE | counts_table(*[[one, one]] * 3)
    assert HighestScore("accuracy", "gap", 0.0)(table) == 0


def test_min_score():
    assert HighestScore("accuracy", "gap", 0.05, min_score=0.7)(TABLE) == 1
    rule = LowestGap("accuracy", "gap", min_score_ratio=0.0, min_score=0.65)
    assert rule(TABLE) == 1
    message = r"of at most max_gap=0\.05 and accuracy of at least min_score=0\.75\. The"
    with pytest.warns(UserWarning, match=message):
        assert HighestScore("accuracy", "gap", 0.05, min_score=0.75)(TABLE) == 0
    message = r"accuracy of at least min_score=0\.9\. The highest is 0\.8\."
    for rule in (
        HighestScore("accuracy", "gap", 0.05, min_score=0.9),
        LowestGap("accuracy", "gap", min_score=0.9),
    ):
        with pytest.warns(UserWarning, match=f"{message} .* taken"):
            assert rule(TABLE) == 0
    rule = HighestScore("accuracy", "gap", 0.05, "error", min_score=0.9)
    with pytest.raises(ValueError, match=message):
        rule(TABLE)
    for rule in RULES:
        with pytest.raises(ValueError, match="min_score='high' must be a number"):
            type(rule)("accuracy", "gap", 0.5, min_score="high")(TABLE)


def test_min_score_without_counts():
    results = {"accuracy": [0.5, 0.8, 0.7], "gap": [0.0, -0.3, -0.1]}
    assert LowestGap("accuracy", "gap", 0.0)(results) == 0
    assert LowestGap("accuracy", "gap", 0.0, min_score=0.6)(results) == 2


def test_small_groups_are_named_and_left_out():
    counts = [[*large, [[3.0, 0.0], [2.0, 0.0]]] for large in [selecting(0.5, 0.4)] * 3]
    table = TABLE | counts_table(*counts)
    message = (
        r"gap of the chosen candidate, 0\.5, is between 'c' \(0 of 5 rows\) and 'a' "
        r"\(0\.5 of 100 rows\).*min_group_size"
    )
    with pytest.warns(SmallGroupWarning, match=message):
        HighestScore("accuracy", "gap", 1.0)(table)
    rate = "selection_rate, of=1, min_group_size=6"
    table = TABLE | counts_table(*counts, name="large", rate=rate)
    message = "min_group_size=6 leaves 1 of 3 groups out of the comparison: 'c': 5"
    with pytest.warns(SmallGroupWarning, match=message) as caught:
        HighestScore("accuracy", "large", 1.0)(table)
    assert len(caught) == 1
    with pytest.warns(SmallGroupWarning, match=message) as caught:
        gaps = pooled_gaps(table, "large")
    assert caught[0].filename == __file__
    np.testing.assert_allclose(gaps, 0.1)
    with pytest.warns(SmallGroupWarning, match=message):
        pareto_front(table, "accuracy", "large")


def test_min_group_size_is_about_all_folds():
    X, y = make_rows()
    X.loc[:14, "sex"] = 3  # all in the first fold of 60
    size = {"min_group_size": 16}
    pooled = pooled_scorers(
        "gap",
        "demographic_parity_difference",
        groups=X["sex"],
        classes=y,
        columns="sex",
        metric_params=size,
    )
    fitted = search(X, y, pooled).fit(X, y)
    with pytest.warns(SmallGroupWarning, match="1 of 4 groups .*: 3: 15"):
        gaps = pooled_gaps(fitted.cv_results_, "gap")
    kept = X["sex"] < 3
    for gap, params in zip(gaps, fitted.cv_results_["params"]):
        y_pred = out_of_fold(fitted.estimator, X, y, params)
        assert gap == demographic_parity_difference(
            y[kept], y_pred[kept], sensitive_features=X["sex"][kept]
        )


def test_a_group_that_never_comes_is_no_group():
    X, y = make_rows()
    pooled = pooled_scorers(
        "gap",
        "demographic_parity_difference",
        groups=[0, 1, 2, 3],
        classes=y,
        columns="sex",
        metric_params={"min_group_size": 5},
    )
    fitted = search(X, y, pooled).fit(X, y)
    expected = expected_gaps(
        fitted, "demographic_parity_difference", X, y, sensitive_features=X["sex"]
    )
    assert pooled_gaps(fitted.cv_results_, "gap").tolist() == expected.tolist()


class Fails(CountsCalls):
    def fit(self, X, y):
        if self.share == 0.2:
            raise ValueError
        return super().fit(X, y)


def test_candidates_that_fail_have_no_gap():
    X, y = make_rows()
    pooled = pooled_scorers(
        "gap", "demographic_parity_difference", groups=X["sex"], classes=y, columns=3
    )
    with pytest.warns(Warning, match=r"fits failed|non-finite"):
        fitted = search(X, y, pooled, Fails(), {"share": [0.2, 0.5]}).fit(X, y)
    gaps = pooled_gaps(fitted.cv_results_, "gap")
    assert np.isnan(gaps).tolist() == [True, False]
    assert HighestScore("accuracy", "gap", 1.0)(fitted.cv_results_) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": None}, r"groups=None: pooled_scorers .*groups=X\['sex'\]"),
        ({"groups": "sex"}, r"groups='sex': pooled_scorers"),
        ({"groups": ["f", "f"]}, r"groups holds \['f'\]; .* at least two"),
        ({"classes": None}, r"classes=None: .*classes=y"),
        ({"classes": [1, 1]}, r"classes holds \[1\]; "),
        ({"metric": "ks_gap"}, r"ks_gap is no gap of rates.*parity_scorer\('ks_gap'\)"),
        ({"metric": "gap"}, "metric='gap' is not known"),
        ({"metric_params": {"labels": [0, 1]}}, "holds 'labels': pass classes=y"),
        ({"metric_params": {"control_features": [0]}}, "holds 'control_features'"),
        ({"metric_params": {"min_group_size": 0.5}}, "min_group_size=0.5 must be"),
        ({"metric_params": {"aggregate": "sum"}}, "aggregate='sum' is not known"),
        ({"metric_params": {"pos_label": 2}}, "pos_label=2 is not a class"),
        (
            {"metric": "demographic_parity_ratio", "classes": ["no", "yes"]},
            r"classes takes value in \{'no', 'yes'\}.*metric_params",
        ),
        ({"name": ""}, "name='' must be"),
    ],
)
def test_arguments(options, message):
    known = {"name": "gap", "metric": "demographic_parity_difference"}
    known |= {"groups": ["f", "m"], "classes": [0, 1]}
    with pytest.raises(ValueError, match=message):
        pooled_scorers(**(known | options))


def test_labels_that_were_not_named():
    X, y = make_rows()
    model = LogisticRegression().fit(X, y)
    options = {"columns": "sex"}
    scorer = next(
        iter(
            pooled_scorers(
                "gap",
                "demographic_parity_difference",
                groups=[0, 1],
                classes=y,
                **options,
            ).values()
        )
    )
    message = r"sensitive_features holds \[2\], and groups of pooled_scorers only \[0"
    with pytest.raises(ValueError, match=message):
        scorer(model, X, y)
    scorer = next(
        iter(
            pooled_scorers(
                "gap",
                "demographic_parity_difference",
                groups=X["sex"],
                classes=[0, 5],
                **options,
            ).values()
        )
    )
    with pytest.raises(ValueError, match=r"y_true holds \[1\], and classes of"):
        scorer(model, X, y)


def test_tables_without_counts():
    with pytest.raises(
        ValueError, match=r"no counts of 'gap': .*pooled_scorers\('gap'"
    ):
        pooled_gaps({"mean_test_gap": [-0.1]}, "gap")
    columns = {key.replace("split0", "mean"): v for key, v in TABLE.items()}
    with pytest.raises(ValueError, match=r"'gap' is not among .*\['gap', 'accuracy'\]"):
        LowestGap("accuracy", "gap")(columns)
    two = TABLE | counts_table(*[selecting(0.5, 0.4)] * 3, rate="accuracy")
    with pytest.raises(ValueError, match="counts of 'gap' belong to 2 metrics"):
        pooled_gaps(two, "gap")
    with pytest.raises(ValueError, match=re.escape("'spread' is not the name")):
        pooled_gaps(TABLE | {"split0_test_gap: spread": [0.0] * 3}, "gap")


labels = st.one_of(st.text(max_size=4), st.integers(), st.booleans(), st.dates())
many_labels = st.lists(
    st.one_of(labels, st.tuples(labels, labels)), min_size=4, max_size=4, unique_by=str
)


class Level:
    def __repr__(self):
        return "<level 1>"


def test_labels_that_python_cannot_read():
    assert label_text(Level()) == "'<level 1>'"


@given(many_labels, st.text(min_size=1, max_size=5))
def test_names_bring_back_what_they_say(labels, name):
    """Labels of any type are told apart after the way through a table of text."""
    texts = [label_text(label) for label in labels]
    rates = ("true_positive_rate", "false_positive_rate")
    gap = Gap(RateComparison(rates, True, "mean"), texts[3], 7)
    key = name_of_weight(name, gap, *texts[:3])
    parsed = parse_name(key.removeprefix(prefix_of(name)))
    again = parse_name(name_of_rows(name, *texts[:2]).removeprefix(prefix_of(name)))
    assert parsed.gap[0] == gap[0]
    assert parsed.gap.min_group_size == 7
    assert again.gap is None
    assert again[1:3] == parsed[1:3]
    found = [*parsed[1:], parsed.gap.of]
    assert len(set(found)) == 4
    assert [eval(text, {"datetime": datetime}) for text in found] == labels
