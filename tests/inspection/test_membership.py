"""membership_inference: whose rows it recognises, with which models and data."""

import re
import warnings
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import load_adult
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.inspection import (
    RocByGroupDisplay,
    membership_inference,
    membership_scores,
)
from fairlearnkit.inspection._membership_areas import difference
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.metrics import group_metric
from fairlearnkit.postprocessing import ParityThresholdClassifier
from helpers import make_data

X, Y, GROUP, F = make_data(120, 3, 2)
TREE = DecisionTreeClassifier(random_state=0)
NAMES = ("auc", "tpr_at_1_percent_fpr")


def attack(model=TREE, X=X, y=Y, **options):
    defaults = {"sensitive_features": GROUP, "n_models": 8, "random_state": 0}
    return membership_inference(model, X, y, **{**defaults, **options})


def same(a, b):
    for name in ("member", "signal", "score", "calibrated_score", "counts"):
        assert_array_equal(a[name], b[name])
    for name in NAMES:
        for part in a[name]:
            assert_array_equal(a[name][part].low, b[name][part].low)


@pytest.fixture(scope="module")
def of_tree():
    return attack()


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["prior", "stratified"])
def test_a_dummy_gives_one_half_within_its_interval(strategy):
    held = 0
    for seed in range(100):
        model = DummyClassifier(strategy=strategy, random_state=seed)
        auc = attack(model, random_state=seed).auc
        held += auc.overall.low <= 0.5 <= auc.overall.high
    assert held >= 95


def test_one_nearest_neighbour_gives_itself_away():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 25, len(X))
    for model, y in ((KNeighborsClassifier(1), labels), (KNeighborsRegressor(1), F)):
        auc = attack(model, y=y, n_models=16).auc
        assert auc.overall.estimate > 0.95
        assert (auc.by_group.estimate > 0.95).all()
        assert auc.overall.low > 0.9


def test_numbers_are_those_of_the_arrays(of_tree):
    r = of_tree
    scores = membership_scores(r.signal, r.member)
    assert_array_equal(r.score, scores.likelihood_ratio)
    assert_array_equal(r.calibrated_score, scores.calibrated)
    assert r.member.shape == r.score.shape == (120, 8)
    assert r.groups.tolist() == ["a", "b"]
    assert r.counts.tolist() == [60, 60]
    overall = roc_auc_score(r.member.ravel(), r.score.ravel())
    assert_allclose(r.auc.overall.estimate, overall)
    by_group = r.auc.by_group.estimate
    assert_allclose(r.auc.difference.estimate, [1, -1] * -np.diff(by_group))
    for name in NAMES:
        for part in r[name].values():
            assert (part.low <= part.estimate).all()
            assert (part.estimate <= part.high).all()
            assert (part.standard_error > 0).all()


def test_group_metric_and_the_roc_display_take_the_arrays(of_tree):
    r = of_tree
    entries = {"sensitive_features": np.repeat(GROUP, 8)}
    flat = r.member.ravel(), r.score.ravel()
    found = group_metric(roc_auc_score, *flat, **entries)
    assert_allclose(found.by_group, r.auc.by_group.estimate)
    display = RocByGroupDisplay.from_predictions(*flat, **entries)
    assert_allclose(display.auc, r.auc.by_group.estimate)
    # A column for each model, and the mean over them.
    found = group_metric(roc_auc_score, r.member, r.score, sensitive_features=GROUP)
    expected = [
        np.mean([roc_auc_score(m, s) for m, s in zip(r.member[g].T, r.score[g].T)])
        for g in (GROUP == "a", GROUP == "b")
    ]
    assert_allclose(found.by_group, expected)


@pytest.mark.slow
def test_halves_are_independent():
    member = attack(DummyClassifier(), n_models=200).member
    number = member.sum(axis=1)  # binomial, of mean 100 and variance 50
    assert 35 < number.var() < 70
    assert abs(number.mean() - 100) < 3


class Recorder(ClassifierMixin, BaseEstimator):
    """Writes down the rows that it is fitted on."""

    seen = []

    def fit(self, X, y, sample_weight=None):
        self.seen.append((X[:, 0], y, sample_weight))
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


def test_models_are_fitted_on_the_members_with_their_weights(monkeypatch):
    monkeypatch.setattr(Recorder, "seen", [])
    weight = np.arange(120.0)
    member = attack(Recorder(), sample_weight=weight).member
    assert len(Recorder.seen) == 8
    for (rows, y, w), inside in zip(Recorder.seen, member.T):
        assert_array_equal(rows, X[inside, 0])
        assert_array_equal(y, Y[inside])
        assert_array_equal(w, weight[inside])


def test_weights_that_a_model_does_not_take():
    with pytest.warns(UserWarning, match="KNeighborsClassifier takes no sample_weight"):
        attack(KNeighborsClassifier(3), sample_weight=np.ones(120))


def test_the_signal_of_each_response_method():
    y = np.array(["no", "yes"])[(np.median(F) < F).astype(int)]
    model = LogisticRegression()
    p, margin, right = (
        attack(model, y=y, response_method=name)
        for name in ("predict_proba", "decision_function", "predict")
    )
    inside = p.member[:, 0]
    fitted = model.fit(X[inside], y[inside])
    own, other = np.sort(fitted.predict_proba(X), axis=1).T[::-1]
    sign = np.where(fitted.predict(X) == y, 1.0, -1.0)
    odds = sign * (np.log(own + 0.01) - np.log(other + 0.01))
    assert_allclose(p.signal[:, 0], odds)
    assert_allclose(margin.signal[:, 0], sign * abs(fitted.decision_function(X)))
    assert_array_equal(right.signal[:, 0], sign == 1)
    same(attack(model, y=y), p)
    same(attack(Perceptron(), y=y), attack(Perceptron(), y=y, response_method="auto"))


def test_three_classes_one_of_which_a_half_may_lack():
    y = np.digitize(F, np.quantile(F, [0.4, 0.99]))  # two rows of class 2
    proba = attack(TREE, y=y)
    lacks = ~proba.member[y == 2].any(axis=0)
    assert lacks.any()
    # No probability: log(.01) - log(1.01).
    assert_allclose(proba.signal[y == 2][:, lacks], np.log(0.01 / 1.01))
    y = np.digitize(F, np.quantile(F, [0.3, 0.7]))
    margins = attack(LogisticRegression(), y=y, response_method="decision_function")
    inside = margins.member[:, 3]
    scores = LogisticRegression().fit(X[inside], y[inside]).decision_function(X)
    own = scores[np.arange(120), y]
    scores[np.arange(120), y] = -np.inf
    assert_allclose(margins.signal[:, 3], own - scores.max(axis=1))
    with pytest.raises(ValueError, match=r"SVC have 6 columns for 4.*'ovr'"):
        attack(SVC(decision_function_shape="ovo"), y=np.digitize(F, [-1, 0.5, 2]))


def test_regressors():
    found = attack(LinearRegression(), y=F)
    inside = found.member[:, 1]
    expected = -abs(F - LinearRegression().fit(X[inside], F[inside]).predict(X))
    assert_allclose(found.signal[:, 1], expected)
    with pytest.raises(ValueError, match=r"'predict_proba' is not known; use one of"):
        attack(LinearRegression(), y=F, response_method="predict_proba")


@pytest.mark.slow
def test_models_that_take_groups():
    parity = ParityLogisticRegression()
    y = (np.median(F) < F).astype(int)
    found = attack(parity, y=y)
    inside = found.member[:, 2]
    groups = {"sensitive_features": GROUP[inside]}
    own = parity.fit(X[inside], y[inside], **groups).predict_proba(X)
    own = own[np.arange(120), y]
    odds = np.log(own + 0.01) - np.log(1.01 - own)
    assert_allclose(found.signal[:, 2], odds, rtol=1e-6)
    in_pipeline = attack(make_pipeline(StandardScaler(), parity), y=y)
    assert_allclose(in_pipeline.signal, found.signal, atol=0.3)
    assert (attack(LogisticRegression(), y=y).signal != found.signal).any()
    # Groups at predict, too.
    attack(ParityThresholdClassifier(GaussianNB(), cv=2), y=y)
    attack(ParityRidge(), y=F)


@pytest.mark.slow
def test_sensitive_columns_find_the_groups():
    y = (np.median(F) < F).astype(int)
    table = pd.DataFrame(X, columns=list("abc")).assign(sex=GROUP)
    model = SensitiveColumns(ParityLogisticRegression(), "sex")
    found = attack(model, table, y, sensitive_features=None)
    expected = attack(ParityLogisticRegression(), X, y)
    assert_allclose(found.score, expected.score, rtol=1e-6)
    assert found.groups.tolist() == ["a", "b"]
    grid = GridSearchCV(model, {"estimator__C": [0.1, 1.0]}, cv=2)
    attack(grid, table, y, sensitive_features=None)
    other = attack(model, table, y, sensitive_features=np.arange(120) % 3)
    assert_array_equal(other.score, found.score)
    assert other.groups.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"is required.*SensitiveColumns"):
        attack(sensitive_features=None)


def test_containers_of_rows():
    expected = attack()
    frame = pd.DataFrame(X, index=np.arange(120)[::-1] + 7)
    series = pd.Series(Y, index=frame.index)
    same(attack(X=frame.to_numpy(), y=series), expected)
    # Names of columns, text labels of y and of groups in other containers.
    model = make_pipeline(TREE)
    groups = pl.Series(GROUP)
    same(
        attack(model, pl.DataFrame(X), Y.tolist(), sensitive_features=groups), expected
    )
    same(attack(model, frame, series, sensitive_features=GROUP.tolist()), expected)
    two = attack(sensitive_features=pd.DataFrame({"g": GROUP, "s": Y}))
    assert two.groups.tolist()[0] == ("a", "no")
    logistic = LogisticRegression()
    a, b = attack(logistic, sparse.csr_array(X)), attack(logistic)
    assert_allclose(a.signal, b.signal, rtol=1e-3, atol=1e-3)
    shuffled = frame.sample(frac=1, random_state=0)
    with pytest.raises(ValueError, match="other rows than X"):
        attack(X=shuffled, y=series)
    with pytest.raises(ValueError, match="control_features has other rows"):
        attack(X=shuffled, y=Y, control_features=series)


def test_missing_groups():
    groups = GROUP.astype(object)
    groups[:12] = None
    with pytest.raises(ValueError, match=r"missing .* in 12 rows.*missing=\"group\""):
        attack(sensitive_features=groups)
    ignored = attack(sensitive_features=groups, missing="ignore")
    expected = attack()
    assert_array_equal(ignored.score, expected.score)  # all rows are in the models
    assert ignored.counts.sum() == 108
    of_rest = roc_auc_score(ignored.member[12:].ravel(), ignored.score[12:].ravel())
    assert_allclose(ignored.auc.overall.estimate, of_rest)
    own = attack(sensitive_features=groups, missing="group")
    assert own.groups.tolist() == ["a", "b", None]
    assert own.counts[2] == 12
    assert own.frame()["group"].tolist()[2:] == [None, "all rows"]


def test_control_features():
    r = attack(control_features=Y)
    assert_array_equal(r.score, attack().score)
    assert r.strata.tolist() == ["no", "yes"]
    assert r.counts.shape == r.auc.by_group.estimate.shape == (2, 2)
    assert r.auc.overall.low.shape == (2,)
    for s, label in enumerate(r.strata):
        for g, group in enumerate(r.groups):
            cell = (label == Y) & (group == GROUP)
            assert r.counts[s, g] == cell.sum()
            area = roc_auc_score(r.member[cell].ravel(), r.score[cell].ravel())
            assert_allclose(r.auc.by_group.estimate[s, g], area)
        cell = label == Y
        area = roc_auc_score(r.member[cell].ravel(), r.score[cell].ravel())
        assert_allclose(r.auc.overall.estimate[s], area)
    missing = np.where(np.arange(120) < 7, None, Y)
    with pytest.raises(ValueError, match="control_features is missing"):
        attack(control_features=missing)
    some = attack(control_features=missing, missing="ignore")
    assert some.counts.sum() == 113


def test_differences_of_three_groups():
    group = np.repeat(["a", "b", "c"], [60, 40, 20])
    r = attack(sensitive_features=group, n_models=12)
    a, b, c = r.auc.by_group.estimate
    expected = [a - (2 * b + c) / 3, b - (3 * a + c) / 4, c - (3 * a + 2 * b) / 5]
    assert_allclose(r.auc.difference.estimate, expected)


@pytest.mark.parametrize(("n_groups", "tail"), [(2, 0.025), (3, 0.025 / 3)])
def test_intervals_of_several_differences_hold_together(monkeypatch, n_groups, tail):
    tails = []

    def recorded(parts, first, second, tail):
        tails.append(tail)
        return difference(parts, first, second, tail)

    monkeypatch.setattr("fairlearnkit.inspection._membership.difference", recorded)
    attack(sensitive_features=np.arange(120) % n_groups)
    assert_allclose(tails, [tail] * (2 * n_groups))


def test_the_names_and_order_of_groups_and_rows_do_not_matter():
    r = attack(DummyClassifier(strategy="stratified", random_state=0), n_models=12)
    names = np.where(GROUP == "a", "z", "y")
    again = attack(
        DummyClassifier(strategy="stratified", random_state=0),
        n_models=12,
        sensitive_features=names,
    )
    for name in NAMES:
        for key, values in r[name].by_group.items():
            assert_allclose(again[name].by_group[key][::-1], values)


def test_small_groups():
    group = np.where(np.arange(120) < 3, "few", GROUP)
    with pytest.warns(SmallGroupWarning, match="Fewer than 10 rows.*few: 3"):
        r = attack(sensitive_features=group)
    assert np.isfinite(r.auc.by_group.low).all()
    few = r.groups.tolist().index("few")
    # 12 entries of non-members do not show 1 %.
    assert np.isnan(r.tpr_at_1_percent_fpr.by_group.estimate[few])
    assert np.isnan(r.tpr_at_1_percent_fpr.difference.low[few])
    assert np.isfinite(r.tpr_at_1_percent_fpr.difference.low[few - 1])
    wide = r.auc.by_group.high - r.auc.by_group.low
    assert wide[few] > 2 * np.delete(wide, few).max()
    assert "undefined" in str(r)
    labels = np.where(group == "few", "no", Y)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        r = attack(sensitive_features=group, control_features=labels)
    messages = [str(w.message) for w in caught if w.category is SmallGroupWarning]
    assert re.search(r"in the stratum 'no': .*few: 3", messages[0])
    assert re.search(r"in the stratum 'yes': .*few: 0", messages[1])
    assert np.isnan(r.auc.by_group.estimate[1, few])
    assert np.isnan(r.auc.difference.estimate[1, few])
    assert np.isfinite(r.auc.overall.estimate[1])


def test_repeatable_and_parallel(of_tree):
    same(attack(), of_tree)
    with parallel_config("threading"):
        same(attack(n_jobs=2), of_tree)
    same(attack(random_state=np.random.RandomState(0)), of_tree)
    assert (attack(random_state=1).member != of_tree.member).any()
    with pytest.raises(NotFittedError):  # the given estimator is only cloned
        TREE.predict(X)


def test_arguments_are_not_changed():
    copies = X.copy(), Y.copy(), GROUP.copy()
    attack(control_features=Y)
    for before, after in zip(copies, (X, Y, GROUP)):
        assert_array_equal(before, after)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (FrozenEstimator(TREE), {}, r"not fitted anew.*DecisionTreeClassifier"),
        (KMeans(), {}, "KMeans is neither a classifier nor a regressor"),
        (TREE, {"n_models": 7}, "n_models=7 must be an integer of at least 8"),
        (TREE, {"n_models": 8.0}, r"n_models=8\.0 must be an integer"),
        (TREE, {"n_models": True}, "n_models=True must be an integer"),
        (TREE, {"response_method": "score"}, r"'score' is not known; use one of"),
        (TREE, {"confidence_level": 95}, "confidence_level=95 must lie between"),
        (TREE, {"missing": "drop"}, "missing='drop' is not known"),
        (TREE, {"sensitive_features": GROUP[:9]}, "9 rows but X has 120"),
        (TREE, {"sensitive_features": ["a"] * 120}, "one group only, "),
        (TREE, {"control_features": Y[:9]}, "control_features has 9 rows but X"),
        (TREE, {"sample_weight": -np.ones(120)}, "Negative values in data"),
        (TREE, {"sample_weight": np.isin(GROUP, GROUP[0])}, "row of positive weight: "),
        (TREE, {"y": Y[:9]}, "inconsistent numbers of samples"),
        (TREE, {"y": np.where(np.arange(120) < 1, None, Y)}, "Input y contains NaN"),
        (TREE, {"y": np.column_stack([Y, Y])}, "y must have one dimension"),
        (Ridge(), {"y": np.where(np.arange(120) < 1, np.inf, F)}, "y contains infin"),
    ],
)
def test_errors(model, options, message):
    with pytest.raises(ValueError, match=message):
        attack(model, **options)


def test_a_half_that_lacks_a_class():
    y = np.where(np.arange(120) < 1, "yes", "no")
    with pytest.raises(ValueError, match="class") as raised:
        attack(LogisticRegression(), y=y)
    assert re.search(
        r"fit of model \d, on a random half of \d+ of 120 rows.*merge",
        "".join(raised.value.__notes__),
    )


class Infinite(Recorder):
    """Predicts numbers that are not finite."""

    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan)


def test_predictions_that_are_not_finite():
    with pytest.raises(ValueError, match="predict_proba of Infinite gives no finite"):
        attack(Infinite())


def test_tables(of_tree):
    table = of_tree.frame()
    assert table["group"].tolist() == ["a", "b", "all rows"]
    assert table["count"].tolist() == [60, 60, 120]
    assert_allclose(table["auc"][:2], of_tree.auc.by_group.estimate)
    assert_allclose(table["auc_difference_low"][:2], of_tree.auc.difference.low)
    assert_allclose(table["auc_high"][2], of_tree.auc.overall.high)
    assert_allclose(
        table["tpr_at_1_percent_fpr_se"][1],
        of_tree.tpr_at_1_percent_fpr.by_group.standard_error[1],
    )
    text = str(of_tree)
    first = of_tree.auc.by_group
    shown = f"{first.estimate[0]:.3f} [{first.low[0]:.3f}, {first.high[0]:.3f}]"
    assert shown in text
    assert "8 models, each trained on half of the rows. [ ]: 95 % interval." in text
    assert of_tree._repr_html_().startswith("<pre>")
    strata = attack(control_features=Y)
    assert strata.frame()["stratum"].tolist() == ["no"] * 3 + ["yes"] * 3
    assert strata.frame()["count"].sum() == 240
    lines = str(strata).splitlines()
    assert [line for line in lines if line in ("no", "yes")] == ["no", "yes"] * 2


def test_progress(capsys):
    attack(verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert sum("] model " in line for line in lines) == 8
    assert sum("] without a model " in line for line in lines) == 8
    quiet = partial(attack, verbose=0)
    quiet()
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_models_that_fit_closer_leak_more():
    """The order of docs/membership_results.txt, on fewer rows."""
    table = load_adult()
    rows = np.random.default_rng(0).permutation(len(table.data))[:1000]
    people, income = table.data.iloc[rows], table.target.iloc[rows].astype(str)
    numbers = people.select_dtypes("number")
    models = [
        make_pipeline(StandardScaler(), LogisticRegression()),
        HistGradientBoostingClassifier(max_iter=30, random_state=0),
        RandomForestClassifier(30, random_state=0),
    ]
    areas = [
        attack(model, numbers, income, sensitive_features=people["sex"]).auc.overall
        for model in models
    ]
    for weaker, stronger in pairwise(areas):
        assert weaker.high < stronger.low
