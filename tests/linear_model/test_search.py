"""ParityLogisticRegressionCV and ParityRidgeCV: what is chosen, and what is told."""

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, balanced_accuracy_score, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_predict,
)

from fairlearnkit.constraints import DemographicParity, EqualOpportunity
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.inspection import TradeoffDisplay
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityLogisticRegressionCV,
    ParityRidge,
    ParityRidgeCV,
    _search,
    parity_path,
)
from fairlearnkit.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    ks_gap,
    parity_scorer,
)
from helpers import make_data

RATIOS = [1.0, 0.4, 0.0, -0.4]
CS = [0.05, 1.0]


@pytest.fixture(scope="module")
def data():
    X, y, group, f = make_data(500, 5, 3)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, size=len(y))
    return X, y, group, f, weight


def by_hand(make, name, values, X, target, group, weight, folds, respond):
    """Predictions of all folds together, and scores by fold, by single fits."""
    rows = np.concatenate([test for _, test in folds])
    predictions, scores = [], []
    for value in values:
        for ratio in RATIOS:
            parts, of_folds = [], []
            for train, test in folds:
                model = make(gap_ratio=ratio, **{name: value})
                model.fit(
                    X[train],
                    target[train],
                    sensitive_features=group[train],
                    sample_weight=weight[train],
                )
                parts.append(respond(model, X[test]))
                of_folds.append(
                    model.score(X[test], target[test], sample_weight=weight[test])
                )
            predictions.append(np.concatenate(parts))
            scores.append(of_folds)
    return rows, predictions, np.array(scores)


def chosen(scores, gaps, max_gap):
    """The best score within the bound; of the same score, the lowest gap."""
    best = None
    for i, (score, gap) in enumerate(zip(scores, gaps)):
        if gap <= max_gap and (best is None or (score, -gap) > best[0]):
            best = (score, -gap), i
    return best[1]


@pytest.mark.slow
@pytest.mark.parametrize("constraint", ["demographic_parity", "equal_opportunity"])
def test_the_choice_is_that_of_single_fits(data, constraint):
    X, y, group, _, weight = data
    folds = [*StratifiedKFold(3).split(X, y)]
    search = ParityLogisticRegressionCV(
        max_gap=0.08,
        constraint=constraint,
        pos_label="yes",
        Cs=CS,
        gap_ratios=RATIOS,
        cv=folds,
        tol=1e-10,
    ).fit(X, y, sensitive_features=group, sample_weight=weight)
    make = partial(
        ParityLogisticRegression, constraint=constraint, pos_label="yes", tol=1e-10
    )
    rows, predictions, scores = by_hand(
        make, "C", CS, X, y, group, weight, folds, lambda model, X: model.predict(X)
    )
    metric = {
        "demographic_parity": demographic_parity_difference,
        "equal_opportunity": equal_opportunity_difference,
    }[constraint]
    gaps = np.array(
        [
            metric(
                y[rows],
                predicted,
                sensitive_features=group[rows],
                sample_weight=weight[rows],
                pos_label="yes",
            )
            for predicted in predictions
        ]
    )
    assert len(set(gaps.round(6))) > 5
    assert_allclose(search.cv_results_["gap"], -gaps, atol=1e-12)
    assert_allclose(search.cv_results_["mean_test_score"], scores.mean(axis=1))
    assert_allclose(search.cv_results_["std_test_score"], scores.std(axis=1))
    assert_allclose(search.cv_results_["split1_test_score"], scores[:, 1])
    best = chosen(scores.mean(axis=1), gaps, 0.08)
    assert search.best_index_ == best
    assert search.gap_ == gaps[best] <= 0.08 < gaps.max()
    assert search.cv_results_["params"][best] == {
        "C": search.C_,
        "gap_ratio": search.gap_ratio_,
    }
    final = make(C=search.C_, gap_ratio=search.gap_ratio_).fit(
        X, y, sensitive_features=group, sample_weight=weight
    )
    assert_allclose(search.coef_, final.coef_, rtol=1e-3, atol=1e-4)
    assert_allclose(search.intercept_, final.intercept_, rtol=1e-3, atol=1e-4)
    assert search.multipliers_.keys() == final.multipliers_.keys()
    assert_array_equal(search.groups_, final.groups_)
    assert_array_equal(search.group_counts_, final.group_counts_)
    assert search.pos_label_ == final.pos_label_


def test_the_choice_of_a_regression_is_that_of_single_fits(data):
    X, _, group, f, weight = data
    folds = [*KFold(3, shuffle=True, random_state=0).split(X)]
    alphas = [0.1, 100.0]
    search = ParityRidgeCV(alphas, max_gap=0.2, gap_ratios=RATIOS, cv=folds).fit(
        X, f, sensitive_features=group, sample_weight=weight
    )
    rows, predictions, scores = by_hand(
        ParityRidge, "alpha", alphas, X, f, group, weight, folds,
        lambda model, X: model.predict(X),
    )  # fmt: skip
    groups = {"sensitive_features": group[rows], "sample_weight": weight[rows]}
    gaps = np.array([ks_gap(f[rows], p, **groups) for p in predictions])
    assert_allclose(search.cv_results_["gap"], -gaps, atol=1e-12)
    assert_allclose(search.cv_results_["mean_test_score"], scores.mean(axis=1))
    best = chosen(scores.mean(axis=1), gaps, 0.2)
    assert search.best_index_ == best
    assert search.gap_ <= 0.2 < gaps.max()
    assert search.alpha_ == search.cv_results_["param_alpha"][best]
    final = ParityRidge(search.alpha_, gap_ratio=search.gap_ratio_).fit(
        X, f, sensitive_features=group, sample_weight=weight
    )
    assert_allclose(search.predict(X), final.predict(X), rtol=1e-6)


def test_path_of_the_chosen_penalty(data):
    X, y, group, _, _ = data
    search = ParityLogisticRegressionCV(Cs=CS, gap_ratios=RATIOS, cv=3, max_gap=0.1)
    search.fit(X, y, sensitive_features=group)
    model = ParityLogisticRegression(C=search.C_)
    path = parity_path(
        X, y, sensitive_features=group, gap_ratios=RATIOS, estimator=model
    )
    assert search.path_.keys() == path.keys()
    for name, values in path.items():
        assert_array_equal(search.path_[name], values)
    point = RATIOS.index(search.gap_ratio_)
    assert_array_equal(search.coef_[0], path.coefs[:, point])
    assert search.n_iter_ == path.n_iters.max() > 1
    assert search.duality_gap_ == path.duality_gaps[point]


def test_without_a_bound_it_is_the_model_without_a_constraint(data):
    X, y, group, f, _ = data
    folds = [*StratifiedKFold(3).split(X, y)]
    search = ParityLogisticRegressionCV(max_gap=np.inf, Cs=CS, cv=folds, tol=1e-12)
    search.fit(X, y, sensitive_features=group)
    plain = GridSearchCV(LogisticRegression(tol=1e-8), {"C": CS}, cv=folds).fit(X, y)
    assert plain.best_params_["C"] == search.C_
    assert search.gap_ratio_ == 1.0
    assert len(search.cv_results_["params"]) == len(CS)
    assert_allclose(search.coef_, plain.best_estimator_.coef_, rtol=1e-3)
    ridge = ParityRidgeCV([2.0], max_gap=np.inf).fit(X, f, sensitive_features=group)
    assert_allclose(ridge.coef_, Ridge(2.0).fit(X, f).coef_)


@pytest.mark.slow
def test_containers_and_processes_do_not_matter(data):
    X, y, group, _, _ = data
    options = {"Cs": CS, "gap_ratios": RATIOS, "cv": 3, "max_gap": 0.1}
    search = ParityLogisticRegressionCV(**options)
    expected = search.fit(X, y, sensitive_features=group).coef_
    frame = pd.DataFrame(X, columns=list("abcde"), index=np.arange(len(X)) + 7)
    series = pd.Series(y, index=frame.index), pd.Series(group, index=frame.index)
    for n_jobs in (None, 2):
        found = ParityLogisticRegressionCV(**options, n_jobs=n_jobs).fit(
            frame, series[0], sensitive_features=series[1]
        )
        assert_allclose(found.coef_, expected, rtol=1e-3, atol=1e-4)
        assert found.feature_names_in_.tolist() == list("abcde")
    found = search.fit(sparse.csr_array(X), y, sensitive_features=group)
    assert_allclose(found.coef_, expected, rtol=1e-3, atol=1e-3)


def test_metrics_of_scores_get_scores(data):
    X, y, group, _, _ = data
    folds = [*StratifiedKFold(3).split(X, y)]
    search = ParityLogisticRegressionCV(
        metric="ks_gap", max_gap=0.2, Cs=[1.0], gap_ratios=[1.0, 0.0], cv=folds
    ).fit(X, y, sensitive_features=group)
    scores = cross_val_predict(
        LogisticRegression(tol=1e-8), X, y, cv=folds, method="decision_function"
    )
    expected = ks_gap(None, scores, sensitive_features=group)
    assert_allclose(search.cv_results_["gap"][0], -expected, atol=3 / len(y))
    assert search.gap_ratio_ == 0.0


def test_ratios_functions_and_keywords_as_metrics(data):
    X, y, group, _, _ = data
    options = {"Cs": [1.0], "gap_ratios": RATIOS, "cv": 3}

    def gaps(metric, max_gap=1.0):
        search = ParityLogisticRegressionCV(metric=metric, max_gap=max_gap, **options)
        return -search.fit(X, y, sensitive_features=group).cv_results_["gap"]

    def own(y_true, y_pred, *, sensitive_features):
        assert set(y_pred) <= set(y_true) == {"no", "yes"}
        rates = [np.mean(y_pred[sensitive_features == g] == "yes") for g in "abc"]
        return max(rates) - min(rates)

    named = gaps("demographic_parity_difference")
    assert_allclose(gaps(own), named, atol=1e-12)
    assert_array_equal(gaps(demographic_parity_difference), named)
    mean = partial(demographic_parity_difference, aggregate="mean")
    assert (gaps(mean) <= named).all()
    ratio = gaps(partial(demographic_parity_ratio, pos_label="yes"))
    assert ratio[0] > 0.3

    def one_minus(y_true, y_pred, *, sensitive_features):
        groups = {"sensitive_features": sensitive_features, "pos_label": "yes"}
        return 1 - demographic_parity_ratio(y_true, y_pred, **groups)

    assert_allclose(gaps(one_minus), ratio, atol=1e-12)
    with pytest.raises(ValueError, match="takes no sensitive_features"):
        gaps(accuracy_score)


def test_a_metric_that_is_negative_is_refused(data):
    X, y, group, _, _ = data

    def signed(y_true, y_pred, *, sensitive_features):
        return -0.2

    search = ParityLogisticRegressionCV(metric=signed, Cs=[1.0], cv=3)
    with pytest.raises(ValueError, match=r"metric=signed is -0\.2.*absolute value"):
        search.fit(X, y, sensitive_features=group)


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (ParityLogisticRegressionCV(metric="unfairness"), "metric='unfairness' is not"),
        (
            ParityLogisticRegressionCV(constraint=DemographicParity("separately")),
            "has to name the gap",
        ),
        (ParityLogisticRegressionCV(Cs=[]), r"Cs=\[\] must be a list of numbers"),
        (ParityLogisticRegressionCV(Cs=["a"]), "list of numbers"),
        (ParityLogisticRegressionCV(Cs=[0.0]), "'C' parameter .* Got 0.0"),
        (ParityLogisticRegressionCV(Cs=0), "'Cs' parameter"),
        (ParityLogisticRegressionCV(max_gap=-0.1), "'max_gap' parameter"),
        (ParityLogisticRegressionCV(gap_ratios=[np.nan]), "finite numbers"),
        (ParityLogisticRegressionCV(cv=iter(())), "gives no folds"),
        (ParityLogisticRegressionCV(scoring="accurate"), "accurate"),
    ],
)
def test_parameters_that_are_refused(data, search, message):
    X, y, group, _, _ = data
    with pytest.raises(ValueError, match=message):
        search.fit(X, y, sensitive_features=group)


def test_the_metric_belongs_to_the_constraint(data):
    X, y, group, _, _ = data
    options = {"Cs": [1.0], "gap_ratios": RATIOS, "cv": 3, "max_gap": 1.0}
    gaps = {}
    for constraint in ("equal_opportunity", EqualOpportunity(pos_label="yes")):
        pos_label = "yes" if isinstance(constraint, str) else None
        search = ParityLogisticRegressionCV(
            constraint=constraint, pos_label=pos_label, **options
        ).fit(X, y, sensitive_features=group)
        gaps[str(constraint)] = search.cv_results_["gap"]
    named, by_object = gaps.values()
    assert_array_equal(named, by_object)
    search.set_params(metric="demographic_parity_difference")
    other = search.fit(X, y, sensitive_features=group).cv_results_["gap"]
    assert not np.allclose(other, named)


def test_none_within_the_bound_is_told(data):
    X, y, group, _, _ = data
    search = ParityLogisticRegressionCV(
        max_gap=0.001, Cs=[1.0], gap_ratios=[1.0, 0.5], cv=3
    )
    with pytest.warns(UserWarning, match="No candidate meets max_gap=0.001") as caught:
        search.fit(X, y, sensitive_features=group)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    gaps = -search.cv_results_["gap"]
    assert search.best_index_ == gaps.argmin()
    assert search.gap_ == gaps.min() > 0.001
    text = "The lowest demographic_parity_difference of held-out rows is"
    assert f"{text} {gaps.min():.4g}" in str(caught[0].message)


def test_rows_in_the_order_of_their_groups(data):
    X, y, group, f, _ = data
    order = np.argsort(group, kind="stable")
    X, y, group, f = X[order], y[order], group[order], f[order]
    for search, target in (
        (ParityLogisticRegressionCV(Cs=[1.0], gap_ratios=RATIOS, max_gap=0.15), y),
        (ParityRidgeCV([1.0], gap_ratios=RATIOS, max_gap=0.3), f),
    ):
        search.fit(X, target, sensitive_features=group)
        assert search.gap_ <= search.max_gap
    # scikit-learn's own folds would leave whole groups out.
    with pytest.raises(ValueError, match="of fold 0 hold no row of the group 'a'"):
        search.set_params(cv=KFold(3)).fit(X, f, sensitive_features=group)


def test_small_groups_are_told_once(data):
    X, y, group, _, _ = data
    group = group.copy()
    group[np.flatnonzero(group == "c")[7:]] = "a"
    search = ParityLogisticRegressionCV(Cs=CS, gap_ratios=[1.0, 0.0], cv=3, max_gap=0.9)
    with pytest.warns(SmallGroupWarning, match="c: 7") as caught:
        search.fit(X, y, sensitive_features=group)
    (warning,) = caught
    assert "The means of so few rows" in str(warning.message)


def test_fits_that_have_not_converged_are_told_once(data):
    X, y, group, _, _ = data
    search = ParityLogisticRegressionCV(
        Cs=[1.0, 1e4], gap_ratios=RATIOS, cv=3, max_gap=0.9, max_iter=3
    )
    with pytest.warns(ConvergenceWarning) as caught:
        search.fit(X, y, sensitive_features=group)
    texts = [str(w.message) for w in caught]
    (text,) = texts
    assert "of 24 fits, with C in" in text
    assert "At gap ratios" in text
    assert all(w.filename == __file__ for w in caught)


def test_a_nearly_constant_choice_is_told(data):
    X, y, group, _, _ = data
    rare = np.where(np.arange(len(y)) % 12 == 0, "yes", "no")
    search = ParityLogisticRegressionCV(Cs=[1e-4], cv=3)
    with pytest.warns(UserWarning, match=r"decides no for 100\.0 % of the rows"):
        search.fit(X, rare, sensitive_features=group)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search.set_params(Cs=[1.0], max_gap=0.2).fit(X, y, sensitive_features=group)


def test_missing_groups(data):
    X, y, group, _, _ = data
    group = group.astype(object)
    group[::9] = None
    options = {"Cs": [1.0], "gap_ratios": RATIOS, "cv": 3, "max_gap": 0.3}
    with pytest.raises(ValueError, match="missing"):
        ParityLogisticRegressionCV(**options).fit(X, y, sensitive_features=group)
    search = ParityLogisticRegressionCV(**options, missing="ignore")
    search.fit(X, y, sensitive_features=group)
    assert search.groups_.tolist() == ["a", "b", "c"]
    search = ParityLogisticRegressionCV(**options, missing="group")
    assert len(search.fit(X, y, sensitive_features=group).groups_) == 4


def test_more_than_two_classes():
    X, y, group, _ = make_data(600, 5, 2, n_classes=3)
    search = ParityLogisticRegressionCV(
        Cs=[1.0], gap_ratios=RATIOS, cv=3, max_gap=0.15, scoring="balanced_accuracy"
    ).fit(X, y, sensitive_features=group)
    assert search.coef_.shape == (3, 5)
    assert search.path_.coefs.shape == (3, 5, 4)
    assert search.gap_ <= 0.15 < -search.cv_results_["gap"][0]
    proba = search.predict_proba(X)
    assert proba.shape == (600, 3)
    assert_array_equal(search.classes_[proba.argmax(axis=1)], search.predict(X))


def test_scorers_of_all_kinds(data):
    X, y, group, f, weight = data
    options = {"gap_ratios": [1.0, 0.0], "cv": 3, "max_gap": 0.9}

    def unweighted(model, X, y):
        return balanced_accuracy_score(y, model.predict(X))

    groups = {"sensitive_features": group, "sample_weight": weight}
    found = [
        ParityLogisticRegressionCV(Cs=[1.0], scoring=scoring, **options)
        .fit(X, y, **groups)
        .cv_results_["mean_test_score"]
        for scoring in (unweighted, "balanced_accuracy", "roc_auc")
    ]
    assert_allclose(found[0], found[1], atol=0.05)
    assert (found[2] > found[1]).all()
    assert (found[0] != found[1]).all()
    ridge = ParityRidgeCV([1.0], scoring="neg_mean_squared_error", **options)
    ridge.fit(X, f, sensitive_features=group)
    by_r2 = ParityRidgeCV([1.0], **options).fit(X, f, sensitive_features=group)
    errors = -ridge.cv_results_["mean_test_score"]
    assert_allclose(
        1 - errors / f.var(), by_r2.cv_results_["mean_test_score"], atol=0.02
    )
    assert r2_score(f, ridge.predict(X)) > 0.3


def test_repeated_folds_count_all_predictions(data):
    X, y, group, _, _ = data
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    search = ParityLogisticRegressionCV(
        Cs=[1.0], gap_ratios=[1.0, 0.0], cv=cv, max_gap=0.9
    ).fit(X, y, sensitive_features=group)
    assert sum(key.startswith("split") for key in search.cv_results_) == 6


def test_nothing_to_choose_from(data):
    X, y, group, _, _ = data
    search = ParityLogisticRegressionCV(Cs=[1.0], cv=3, scoring=lambda *_: np.nan)
    with pytest.raises(ValueError, match="of 20 candidates 20 lack a finite"):
        search.fit(X, y, sensitive_features=group)


def test_candidates_are_drawn(data):
    X, y, group, _, _ = data
    search = ParityLogisticRegressionCV(Cs=CS, gap_ratios=RATIOS, cv=3, max_gap=0.1)
    search.fit(X, y, sensitive_features=group)
    display = TradeoffDisplay.from_cv_results(search)
    assert_array_equal(display.gap, -search.cv_results_["gap"])
    assert display.chosen == search.best_index_
    assert len(pd.DataFrame(search.cv_results_)) == len(CS) * len(RATIOS)


def test_numeric_sensitive_columns_need_a_metric(data):
    X, y, _, f, _ = data
    age = X[:, 0] + 0.1 * f
    options = {"constraint": "decorrelation", "Cs": [1.0], "cv": 3, "max_gap": 0.03}
    with pytest.raises(ValueError, match="'decorrelation', metric has to name"):
        ParityLogisticRegressionCV(**options).fit(X, y, sensitive_features=age)

    def correlation(y_true, y_pred, *, sensitive_features):
        return abs(np.corrcoef(y_pred == "yes", sensitive_features)[0, 1])

    search = ParityLogisticRegressionCV(metric=correlation, **options)
    search.fit(X, y, sensitive_features=age)
    assert search.gap_ <= 0.03 < -search.cv_results_["gap"][0]
    assert search.groups_ is None


@pytest.mark.slow
def test_a_fold_that_lacks_a_cell_is_named(data):
    X, y, group, _, _ = data
    rows = np.flatnonzero((group == "c") & (y == "yes"))[1:]  # one is left
    X, y, group = (np.delete(part, rows, axis=0) for part in (X, y, group))
    search = ParityLogisticRegressionCV(
        constraint="equal_opportunity", pos_label="yes", cv=3
    )
    message = r"training rows of fold \d are too few.*'c'"
    with (
        pytest.warns(SmallGroupWarning),
        pytest.raises(ValueError, match=message),
    ):
        search.fit(X, y, sensitive_features=group)


def test_the_named_class_is_that_of_the_metric(data):
    X, y, group, _, _ = data
    options = {"Cs": [1.0], "gap_ratios": RATIOS, "cv": 3, "max_gap": 1.0}
    found = {
        label: ParityLogisticRegressionCV(
            metric="equal_opportunity_difference", pos_label=label, **options
        )
        .fit(X, y, sensitive_features=group)
        .cv_results_["gap"]
        for label in ("yes", "no")
    }
    for label, gaps in found.items():
        search = ParityLogisticRegressionCV(
            metric=partial(equal_opportunity_difference, pos_label=label), **options
        )
        expected = search.fit(X, y, sensitive_features=group).cv_results_["gap"]
        assert_array_equal(gaps, expected)
    assert not np.allclose(found["yes"], found["no"])


def test_errors_of_metrics_come_before_the_fits(data, monkeypatch):
    X, y, group, _, _ = data

    def refuse(*_):
        msg = "a path was fitted"
        raise AssertionError(msg)

    monkeypatch.setattr(_search, "solve_points", refuse)
    three = np.where(X[:, 0] > 1, "maybe", y)
    for metric, target, message in (
        ("demographic_parity_ratio", y, "pos_label is not specified"),
        ("ks_gap", three, "3 classes have a score each"),
        (parity_scorer("demographic_parity_difference"), y, "is a scorer: pass the"),
        (partial(demographic_parity_difference, control_features=y), y, "for each row"),
    ):
        search = ParityLogisticRegressionCV(metric=metric)
        with pytest.raises(ValueError, match=message):
            search.fit(X, target, sensitive_features=group)


def test_a_function_of_the_user_may_be_called_ratio(data):
    X, y, group, _, _ = data

    def one_minus_ratio(y_true, y_pred, *, sensitive_features):
        groups = {"sensitive_features": sensitive_features, "pos_label": "yes"}
        return 1 - demographic_parity_ratio(y_true, y_pred, **groups)

    options = {"Cs": [1.0], "gap_ratios": RATIOS, "cv": 3, "max_gap": 1.0}
    gaps = [
        ParityLogisticRegressionCV(metric=metric, pos_label="yes", **options)
        .fit(X, y, sensitive_features=group)
        .cv_results_["gap"]
        for metric in (one_minus_ratio, "demographic_parity_ratio")
    ]
    assert_allclose(gaps[0], gaps[1], atol=1e-12)


def test_constant_scores_are_told(data):
    X, y, group, f, _ = data
    two = np.where(group == "c", "b", group)
    options = {"gap_ratios": [0.0], "cv": 3, "max_gap": 1.0}
    for search, target in (
        (ParityRidgeCV([1.0], **options), f),
        (ParityLogisticRegressionCV(Cs=[1.0], **options), y),
    ):
        with pytest.warns(UserWarning, match="the same for every row") as caught:
            search.fit(X[:, :1], target, sensitive_features=two)
        assert len(caught) == 1
        assert caught[0].filename == __file__


def test_rows_of_small_groups_are_in_different_folds():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    y[:18] = np.arange(18) % 2
    X = rng.normal(size=(400, 3)) + y[:, None]
    group = np.where(np.arange(400) < 18, "a", "b")
    search = ParityLogisticRegressionCV(
        Cs=[1.0], gap_ratios=[1.0, 0.0], cv=10, max_gap=1.0
    )
    search.fit(X, y, sensitive_features=group)
    assert search.group_counts_.tolist() == [18, 382]


def test_columns_that_are_compared_separately(data):
    X, y, group, _, _ = data
    sex = np.where(np.arange(len(y)) % 2, "f", "m")
    rare = (group == "c") & (sex == "m")
    keep = ~rare | (np.cumsum(rare) == 1)  # one row of this intersection is left
    X, y, group, sex = X[keep], y[keep], group[keep], sex[keep]

    def widest(y_true, y_pred, *, sensitive_features):
        return max(
            demographic_parity_difference(y_true, y_pred, sensitive_features=column)
            for column in sensitive_features.T
        )

    search = ParityLogisticRegressionCV(
        constraint=DemographicParity("separately"),
        metric=widest,
        Cs=[1.0],
        gap_ratios=RATIOS,
        cv=3,
        max_gap=0.2,
    ).fit(X, y, sensitive_features=np.column_stack([group, sex]))
    assert search.gap_ <= 0.2 < -search.cv_results_["gap"].min()
