"""Groups reach the model in every scikit-learn tool, with routing off and on.

Each tool runs on SensitiveColumns and on an estimator that splits the columns by hand;
both have to give the very same numbers. Two folds show that as well as more would.
"""

import pickle
from concurrent.futures import ThreadPoolExecutor
from inspect import signature

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context, get_config
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import demographic_parity_difference, parity_scorer
from fairlearnkit.model_selection import HighestScore, LowestGap
from fairlearnkit.utils.discovery import all_estimators


class GroupThreshold(ClassifierMixin, BaseEstimator):
    """Needs groups at predict: logistic regression, centred in each group."""

    __metadata_request__fit = {"sensitive_features": True}
    __metadata_request__predict = {"sensitive_features": True}
    __metadata_request__predict_proba = {"sensitive_features": True}
    __metadata_request__decision_function = {"sensitive_features": True}
    __metadata_request__score = {"sensitive_features": True}

    def __init__(self, strength=1.0):
        self.strength = strength

    def fit(self, X, y, *, sensitive_features, sample_weight=None):
        self.model_ = LogisticRegression().fit(X, y, sample_weight=sample_weight)
        self.classes_ = self.model_.classes_
        f, groups = self.model_.decision_function(X), np.asarray(sensitive_features)
        self.offsets_ = {
            g: np.average(
                f[groups == g],
                weights=None if sample_weight is None else sample_weight[groups == g],
            )
            for g in np.unique(groups).tolist()
        }
        return self

    def decision_function(self, X, *, sensitive_features):
        offsets = [self.offsets_[g] for g in np.asarray(sensitive_features).tolist()]
        return self.model_.decision_function(X) - self.strength * np.array(offsets)

    def predict(self, X, *, sensitive_features):
        f = self.decision_function(X, sensitive_features=sensitive_features)
        return self.classes_[(f > 0).astype(int)]

    def predict_proba(self, X, *, sensitive_features):
        f = self.decision_function(X, sensitive_features=sensitive_features)
        p = 1 / (1 + np.exp(-f))
        return np.column_stack([1 - p, p])

    def score(self, X, y, sample_weight=None, *, sensitive_features):
        y_pred = self.predict(X, sensitive_features=sensitive_features)
        return accuracy_score(y, y_pred, sample_weight=sample_weight)


class ByHand(ClassifierMixin, BaseEstimator):
    """The last column holds the groups; every call says what goes where."""

    def __init__(self, needs="fit", max_gap=0.0):
        self.needs = needs
        self.max_gap = max_gap

    def _split(self, X):
        if hasattr(X, "iloc"):
            return X.iloc[:, :-1], X.iloc[:, -1]
        return X[:, :-1], X[:, -1]

    def fit(self, X, y, sample_weight=None):
        X, groups = self._split(X)
        self.scaler_ = StandardScaler().fit(X, sample_weight=sample_weight)
        model = (
            ParityLogisticRegression(max_gap=self.max_gap)
            if self.needs == "fit"
            else GroupThreshold(strength=1.0 - self.max_gap)
        )
        self.model_ = model.fit(
            self.scaler_.transform(X),
            y,
            sensitive_features=groups,
            sample_weight=sample_weight,
        )
        self.classes_ = self.model_.classes_
        return self

    def _call(self, method, X):
        X, groups = self._split(X)
        later = {} if self.needs == "fit" else {"sensitive_features": groups}
        return getattr(self.model_, method)(self.scaler_.transform(X), **later)

    def predict(self, X):
        return self._call("predict", X)

    def predict_proba(self, X):
        return self._call("predict_proba", X)

    def decision_function(self, X):
        return self._call("decision_function", X)


def ours(needs, columns="sex", **parameters):
    model = ParityLogisticRegression() if needs == "fit" else GroupThreshold()
    pipe = make_pipeline(StandardScaler(), model)
    return SensitiveColumns(pipe, columns)


PARAMETER = {
    "fit": "estimator__paritylogisticregression__max_gap",
    "predict": "estimator__groupthreshold__strength",
}
VALUES = {"fit": [0.0, 0.5], "predict": [1.0, 0.5]}


def make_frame(n=300, n_classes=2, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m", "x"], n, p=[0.4, 0.4, 0.2])
    X = rng.normal(size=(n, 4)) + np.outer(sex == "m", [1.0, 0.5, 0.0, 0.0])
    f = X @ [1.0, -1.0, 0.5, 0.2] + 0.7 * rng.normal(size=n)
    y = np.digitize(f, np.quantile(f, np.linspace(0, 1, n_classes + 1)[1:-1]))
    frame = pd.DataFrame(X, columns=["age", "income", "debt", "years"])
    return frame.assign(sex=sex), np.array(["no", "yes", "zoo"])[y]


@pytest.fixture(params=[False, True], ids=["routing off", "routing on"])
def _routing(request):
    with config_context(enable_metadata_routing=request.param):
        yield


both = pytest.mark.parametrize("needs", ["fit", "predict"])
each_way = pytest.mark.usefixtures("_routing")


@both
@each_way
def test_the_estimator_itself(needs):
    X, y = make_frame()
    model, hand = ours(needs).fit(X, y), ByHand(needs).fit(X, y)
    for method in ("predict", "predict_proba", "decision_function"):
        assert_array_equal(getattr(model, method)(X), getattr(hand, method)(X))
    assert model.score(X, y) == hand.score(X, y)
    assert model.classes_.tolist() == ["no", "yes"]


TOOLS = {
    "CalibratedClassifierCV": lambda m: CalibratedClassifierCV(m, cv=2),
    "CalibratedClassifierCV, frozen": lambda m: CalibratedClassifierCV(
        FrozenEstimator(m)
    ),
    "TunedThresholdClassifierCV": lambda m: TunedThresholdClassifierCV(
        m, thresholds=9, cv=2
    ),
    "VotingClassifier": lambda m: VotingClassifier(
        [("a", m), ("b", clone(m))], voting="soft"
    ),
    "StackingClassifier": lambda m: StackingClassifier([("a", m)], cv=2),
    "OneVsRestClassifier": lambda m: OneVsRestClassifier(m),
    "GridSearchCV": lambda m: GridSearchCV(m, {}, cv=2),
}


@pytest.mark.slow
@both
@each_way
@pytest.mark.parametrize("tool", TOOLS)
def test_meta_estimators(tool, needs):
    X, y = make_frame()
    new, _ = make_frame(seed=1)
    pair = []
    for model in (ours(needs), ByHand(needs)):
        model = model.fit(X, y) if "frozen" in tool else model
        pair.append(TOOLS[tool](model).fit(X, y))
    for method in ("predict", "predict_proba"):
        assert_array_equal(*(getattr(fitted, method)(new) for fitted in pair))
    copy = pickle.loads(pickle.dumps(pair[0]))
    assert_array_equal(copy.predict_proba(new), pair[0].predict_proba(new))
    if needs == "predict":  # the groups of new rows matter, row by row
        others = new.assign(sex=new["sex"].map({"f": "m", "m": "f", "x": "x"}))
        changed = (pair[0].predict_proba(others) != pair[0].predict_proba(new)).any(1)
        assert_array_equal(changed, (new["sex"] != "x").to_numpy())


@both
@each_way
def test_one_vs_rest_of_three_classes(needs):
    X, y = make_frame(n_classes=3)
    pair = [OneVsRestClassifier(m).fit(X, y) for m in (ours(needs), ByHand(needs))]
    assert_array_equal(*(m.predict_proba(X) for m in pair))
    assert set(pair[0].predict(X)) == {"no", "yes", "zoo"}


@both
@each_way
def test_bagging_takes_positions(needs):
    """It makes an array of the frame, so that names are lost, and says so."""
    X, y = make_frame()
    pair = [
        BaggingClassifier(m, n_estimators=3, random_state=0).fit(X.to_numpy(), y)
        for m in (ours(needs, columns=-1), ByHand(needs))
    ]
    assert_array_equal(*(m.predict_proba(X.to_numpy()) for m in pair))
    with pytest.raises(ValueError, match=r"\['sex'\] are names.*BaggingClassifier"):
        BaggingClassifier(ours(needs), n_estimators=2).fit(X, y)


def two_processes_of_some(needs):
    """Both numbers of processes with both needs, and with routing off and on."""
    return 1 + (get_config()["enable_metadata_routing"] == (needs == "fit"))


def by_hand_cv(needs, value, X, y, folds):
    """Accuracy and negated gap in each fold, in a loop of one's own."""
    rows = []
    max_gap = value if needs == "fit" else 1.0 - value
    for train, test in folds:
        model = ByHand(needs, max_gap).fit(X.iloc[train], y[train])
        y_pred = model.predict(X.iloc[test])
        gap = demographic_parity_difference(
            y[test], y_pred, sensitive_features=X["sex"].iloc[test]
        )
        rows.append((accuracy_score(y[test], y_pred), -gap))
    return np.array(rows).T


SCORING = {
    "accuracy": "accuracy",
    "gap": parity_scorer("demographic_parity_difference"),
}


@pytest.mark.slow
@both
@each_way
def test_grid_search_scores_the_model_that_is_deployed(needs):
    X, y = make_frame()
    n_jobs = two_processes_of_some(needs)
    folds = list(StratifiedKFold(2).split(X, y))
    search = GridSearchCV(
        ours(needs),
        {PARAMETER[needs]: VALUES[needs]},
        scoring=SCORING,
        refit=HighestScore("accuracy", "gap", max_gap=1.0),
        cv=folds,
        n_jobs=n_jobs,
        error_score="raise",
    ).fit(X, y)
    for i, value in enumerate(VALUES[needs]):
        accuracy, gap = by_hand_cv(needs, value, X, y, folds)
        for k in range(2):
            assert search.cv_results_[f"split{k}_test_accuracy"][i] == accuracy[k]
            assert search.cv_results_[f"split{k}_test_gap"][i] == gap[k]
    best = VALUES[needs][search.best_index_]
    hand = ByHand(needs, best if needs == "fit" else 1.0 - best).fit(X, y)
    new, _ = make_frame(seed=1)
    assert_array_equal(search.predict(new), hand.predict(new))
    assert_array_equal(search.predict_proba(new), hand.predict_proba(new))
    copy = pickle.loads(pickle.dumps(search))
    assert_array_equal(copy.predict(new), hand.predict(new))
    again = clone(search).fit(X, y)
    assert again.best_index_ == search.best_index_


@pytest.mark.slow
@both
@each_way
@pytest.mark.parametrize("scoring", [None, "accuracy", "gap"])
def test_single_scores(needs, scoring):
    X, y = make_frame()
    folds = list(StratifiedKFold(2).split(X, y))
    used = SCORING["gap"] if scoring == "gap" else scoring
    search = GridSearchCV(
        ours(needs), {PARAMETER[needs]: VALUES[needs]}, scoring=used, cv=folds
    ).fit(X, y)
    which = int(scoring == "gap")
    for i, value in enumerate(VALUES[needs]):
        expected = by_hand_cv(needs, value, X, y, folds)[which]
        found = [search.cv_results_[f"split{k}_test_score"][i] for k in range(2)]
        assert_array_equal(found, expected)
    hand = search.best_estimator_.predict(X)
    expected = (
        -demographic_parity_difference(y, hand, sensitive_features=X["sex"])
        if which
        else accuracy_score(y, hand)
    )
    assert search.score(X, y) == expected


@pytest.mark.slow
@both
@each_way
def test_halving_search(needs):
    X, y = make_frame(600)
    search = HalvingGridSearchCV(
        ours(needs),
        {PARAMETER[needs]: VALUES[needs]},
        cv=2,
        scoring="accuracy",
        factor=2,
        min_resources=300,
        random_state=0,
        error_score="raise",
    ).fit(X, y)
    assert set(search.cv_results_["iter"]) == {0, 1}
    last = search.cv_results_["iter"] == 1
    assert np.isfinite(search.cv_results_["mean_test_score"][last]).all()
    assert search.score(X, y) == accuracy_score(y, search.predict(X))
    assert search.predict_proba(X).shape == (600, 2)


def two_scores(estimator, X, y):
    """For searches that take one scorer: it may return two numbers."""
    gap = parity_scorer("demographic_parity_difference")(estimator, X, y)
    return {"accuracy": estimator.score(X, y), "gap": gap, "score": gap}


@pytest.mark.slow
@each_way
def test_refit_rules_read_the_last_round_of_a_halving_search():
    X, y = make_frame(1200)
    search = HalvingGridSearchCV(
        ours("fit"),
        {PARAMETER["fit"]: [0.0, 0.3, 1.0, np.inf]},
        cv=2,
        scoring=two_scores,
        refit="gap",
        factor=2,
        min_resources=300,
        random_state=0,
    ).fit(X, y)
    results = search.cv_results_
    index = LowestGap("accuracy", "gap", min_score_ratio=0.0)(results)
    rows = np.flatnonzero(results["iter"] == results["iter"].max())
    assert rows[0] > 0
    assert index == rows[np.argmax(results["mean_test_gap"][rows])]


@pytest.mark.slow
@both
@each_way
def test_cross_validation(needs):
    X, y = make_frame()
    n_jobs = two_processes_of_some(needs)
    folds = list(StratifiedKFold(2).split(X, y))
    found = cross_validate(
        ours(needs),
        X,
        y,
        cv=folds,
        scoring=SCORING,
        n_jobs=n_jobs,
        error_score="raise",
        params={},  # scikit-learn 1.6 does not take its own default with routing on
    )
    accuracy, gap = by_hand_cv(needs, VALUES[needs][0], X, y, folds)
    assert_array_equal(found["test_accuracy"], accuracy)
    assert_array_equal(found["test_gap"], gap)
    for method in ("predict", "predict_proba", "decision_function"):
        options = {"cv": folds, "method": method, "n_jobs": n_jobs, "params": {}}
        assert_array_equal(
            cross_val_predict(ours(needs), X, y, **options),
            cross_val_predict(ByHand(needs), X, y, **options),
        )


@pytest.mark.slow
@both
@each_way
def test_nested_cross_validation_finds_the_groups(needs):
    X, y = make_frame()
    folds = list(StratifiedKFold(2).split(X, y))
    own, other = ours(needs), ByHand(needs)
    for model, hand in (
        (
            GridSearchCV(own, {PARAMETER[needs]: VALUES[needs]}, cv=2),
            GridSearchCV(other, {"max_gap": [0.0, 0.5]}, cv=2),
        ),
        [CalibratedClassifierCV(pair, cv=2) for pair in (own, other)],
    ):
        options = {"cv": folds, "error_score": "raise", "params": {}}
        found = cross_validate(model, X, y, scoring=SCORING, **options)
        for k, (train, test) in enumerate(folds):
            y_pred = clone(hand).fit(X.iloc[train], y[train]).predict(X.iloc[test])
            assert found["test_accuracy"][k] == accuracy_score(y[test], y_pred)
            gap = demographic_parity_difference(
                y[test], y_pred, sensitive_features=X["sex"].iloc[test]
            )
            assert found["test_gap"][k] == -gap


def test_routing_is_on_for_the_call_only():
    """Even while other threads are inside."""
    X, y = make_frame()
    model = ours("predict").fit(X, y)
    expected = model.predict(X)

    def work(_):
        before = get_config()["enable_metadata_routing"]
        found = model.predict(X)
        return before, found, get_config()["enable_metadata_routing"]

    with ThreadPoolExecutor(8) as pool:
        for before, found, after in pool.map(work, range(64)):
            assert (before, after) == (False, False)
            assert_array_equal(found, expected)
    assert not get_config()["enable_metadata_routing"]
    with pytest.raises(ValueError, match="sensitive_features is required"):
        SensitiveColumns(Refuses(), "sex").fit(X, y)
    assert not get_config()["enable_metadata_routing"]


class Refuses(ParityLogisticRegression):
    """Opted out by its class."""

    __metadata_request__fit = {"sensitive_features": False}


# With routing on outside, and no SensitiveColumns.
METHODS = ("fit", "predict", "predict_proba", "decision_function", "transform", "score")


def inner_of(cls):
    """What the constructor requires, which takes groups where that matters."""
    if "swap" in signature(cls).parameters:
        return GroupThreshold(), np.negative
    return (LogisticRegression(),) if "estimator" in signature(cls).parameters else ()


@pytest.mark.parametrize("cls", [cls for _, cls in all_estimators()])
def test_every_estimator_requests_its_groups_by_class(cls):
    for method in METHODS:
        function = getattr(cls, method, None)
        if function and "sensitive_features" in signature(function).parameters:
            instance = cls(*inner_of(cls))
            with config_context(enable_metadata_routing=True):
                routing = instance.get_metadata_routing()
                assert routing.consumes(method, ["sensitive_features"]), method
            assert "_metadata_request" not in vars(instance)


def test_nothing_to_set_with_routing_on():
    X, y = make_frame()
    numbers, sex = X.drop(columns="sex").to_numpy(), X["sex"]
    folds = list(StratifiedKFold(2).split(numbers, y))
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            make_pipeline(StandardScaler(), ParityLogisticRegression()),
            {"paritylogisticregression__max_gap": [0.0, 0.5]},
            scoring=SCORING,
            refit=LowestGap("accuracy", "gap"),
            cv=folds,
            error_score="raise",
        ).fit(numbers, y, sensitive_features=sex)
        for i, value in enumerate([0.0, 0.5]):
            expected = by_hand_cv("fit", value, X, y, folds)[1]
            found = [search.cv_results_[f"split{k}_test_gap"][i] for k in range(2)]
            assert_array_equal(found, expected)


def test_opting_out_of_the_request():
    X, y = make_frame()
    numbers, sex = X.drop(columns="sex").to_numpy(), X["sex"]
    with config_context(enable_metadata_routing=True):
        model = ParityLogisticRegression().set_fit_request(sensitive_features=False)
        with pytest.raises(TypeError, match="sensitive_features"):
            make_pipeline(model).fit(numbers, y, sensitive_features=sex)
    with pytest.raises(ValueError, match="sensitive_features is required"):
        SensitiveColumns(model, "sex").fit(X, y)


def test_an_ordinary_model_stands_in_a_grid_with_ours():
    X, y = make_frame(2000)
    scores = {
        "accuracy": "accuracy",
        "gap": parity_scorer("score_gap", response_method="decision_function"),
    }
    grid = [
        {"estimator": [LogisticRegression()]},
        {"estimator": [ParityLogisticRegression()], "estimator__max_gap": [0.0, 0.2]},
    ]
    search = GridSearchCV(
        SensitiveColumns(LogisticRegression(), "sex"),
        grid,
        scoring=scores,
        refit=LowestGap("accuracy", "gap", min_score_ratio=0.5),
        cv=2,
        error_score="raise",
    )
    gaps = -search.fit(X, y).cv_results_["mean_test_gap"]
    assert max(gaps[1:]) < 0.5 * gaps[0]
    assert search.best_index_ > 0
