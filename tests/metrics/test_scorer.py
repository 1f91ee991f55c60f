"""parity_scorer: the metric's number, negated, on groups that it finds by itself."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import UndefinedMetricWarning, UnsetMetadataPassedError
from sklearn.feature_selection import RFECV
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    RidgeCV,
)
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit import metrics
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    parity_scorer,
    score_gap,
)

GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "equalized_odds_difference",
    "demographic_parity_ratio",
)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    n = 400
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    X["sex"] = rng.choice(["f", "m"], n, p=[0.3, 0.7])
    X["race"] = rng.choice(["u", "v", "w"], n)
    X["a"] += X["sex"] == "m"
    f = X["a"] + X["b"] * (X["race"] == "u") + rng.normal(size=n)
    return X, np.where(f > 0.5, "yes", "no")


@pytest.fixture
def model(data):
    """Predicts from a, b and c; finds sex."""
    X, y = data
    return SensitiveColumns(LogisticRegression(), "sex").fit(X.drop(columns="race"), y)


@pytest.mark.parametrize("name", GAPS)
def test_the_metric_negated_unless_it_is_a_ratio(data, model, name):
    X, y = data[0].drop(columns="race"), data[1]
    y = y == "yes"
    model = clone(model).fit(data[0].drop(columns="race"), y)
    metric = getattr(metrics, name)
    value = metric(y, model.predict(X), sensitive_features=X["sex"])
    sign = 1 if "ratio" in name else -1
    for form in (name, metric):
        assert parity_scorer(form)(model, X, y) == sign * value
        other = parity_scorer(form, greater_is_better=sign < 0)
        assert other(model, X, y) == -sign * value
    assert value > 0.01


def test_scores_of_every_response(data, model):
    X, y = data[0].drop(columns="race"), data[1]
    responses = {
        "decision_function": model.decision_function(X),
        "predict_proba": model.predict_proba(X)[:, 1],
        ("decision_function", "predict"): model.decision_function(X),
    }
    for response, scores in responses.items():
        scorer = parity_scorer("score_gap", response_method=response)
        expected = -score_gap(y, scores, sensitive_features=X["sex"])
        assert scorer(model, X, y) == expected
    first = partial(score_gap, constraint=metrics_constraint(), missing="error")
    scorer = parity_scorer(first, response_method="decision_function")
    expected = -score_gap(
        y,
        model.decision_function(X),
        sensitive_features=X["sex"],
        constraint=metrics_constraint(),
    )
    assert scorer(model, X, y) == expected


def metrics_constraint():
    from fairlearnkit.constraints import EqualOpportunity

    return EqualOpportunity(pos_label="no")


@pytest.mark.parametrize(
    "metric", ["score_gap", "ks_gap", "wasserstein_unfairness", partial(score_gap)]
)
@pytest.mark.parametrize("labels", [["no", "yes"], [0, 1]])
def test_classes_are_no_scores(data, metric, labels):
    X = data[0][["a", "b", "sex"]]
    y = np.array(labels)[(X["a"] > 0).astype(int)]
    model = SensitiveColumns(LogisticRegression(), "sex").fit(X, y)
    with pytest.raises(ValueError, match=r"gives classes: .*'decision_function'"):
        parity_scorer(metric)(model, X, y)
    plain, numbers = model.estimator_, X[["a", "b"]]
    with pytest.raises(ValueError, match="predict of LogisticRegression gives classes"):
        parity_scorer(metric)(plain, numbers, y, sensitive_features=X["sex"])


def test_a_metric_of_ones_own_may_look_at_classes(data, model):
    X, y = data[0].drop(columns="race"), data[1]

    def share(y_true, y_score, *, sensitive_features):
        return np.mean(y_score == y_true)

    assert parity_scorer(share)(model, X, y) == -np.mean(model.predict(X) == y)


def test_a_group_that_a_fold_lacks_is_not_compared():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=300), np.arange(300) % 3])
    y = (X[:, 0] > 0).astype(int)
    model = SensitiveColumns(LogisticRegression(), -1).fit(X, y)
    rows = X[:, 1] < 2
    expected = -demographic_parity_difference(
        y[rows], model.predict(X[rows]), sensitive_features=X[rows, 1]
    )
    assert parity_scorer(GAP)(model, X[rows], y[rows]) == expected


def test_regression_needs_no_classes(data):
    X, _ = data
    numbers = X[["a", "b", "sex"]]
    model = SensitiveColumns(LinearRegression(), "sex").fit(numbers, X["c"] + X["a"])
    value = score_gap(None, model.predict(numbers), sensitive_features=X["sex"])
    assert parity_scorer("score_gap")(model, numbers) == -value
    assert parity_scorer("score_gap")(model, numbers, X["c"]) == -value


def test_arguments_of_the_metric_are_fixed_by_partial(data, model):
    X, y = data[0].drop(columns="race"), data[1]
    metric = partial(equal_opportunity_difference, pos_label="no")
    expected = -metric(y, model.predict(X), sensitive_features=X["sex"])
    assert parity_scorer(metric)(model, X, y) == expected
    other = partial(equal_opportunity_difference, pos_label="yes")
    assert expected != parity_scorer(other)(model, X, y)
    for unnamed in (equal_opportunity_difference, demographic_parity_ratio):
        with pytest.raises(ValueError, match=r"y_true takes .* pos_label is not"):
            parity_scorer(unnamed)(model, X, y)
    ratio = partial(demographic_parity_ratio, pos_label="no")
    assert parity_scorer(ratio)(model, X, y) > 0


def test_metric_params_are_keywords_of_the_metric(data, model):
    X, y = data[0].drop(columns="race"), data[1]
    name, X_gap = "equal_opportunity_difference", X.copy()
    X_gap.loc[::5, "sex"] = None
    for label in ("no", "yes"):
        options = {"pos_label": label, "missing": "group"}
        expected = -equal_opportunity_difference(
            y, model.predict(X_gap), sensitive_features=X_gap["sex"], **options
        )
        scorer = parity_scorer(name, metric_params=options, columns="sex")
        assert scorer(model, X_gap, y) == expected
        assert clone(scorer)(model, X_gap, y) == expected
    with pytest.raises(ValueError, match=r"\['label'\], which equal_opportunity"):
        parity_scorer(name, metric_params={"label": "yes"})
    # Of two classes, the probability is that of the class that is named.
    for label, column in (("no", 0), ("yes", 1)):
        scorer = parity_scorer(
            mean_probability,
            response_method="predict_proba",
            metric_params={"pos_label": label},
        )
        assert scorer(model, X, y) == -model.predict_proba(X)[:, column].mean()


def test_probabilities_are_those_of_the_positive_class(data, model):
    X, y = data[0].drop(columns="race"), data[1]

    for label, column in (("no", 0), ("yes", 1)):
        scorer = parity_scorer(
            partial(mean_probability, pos_label=label), response_method="predict_proba"
        )
        assert scorer(model, X, y) == -model.predict_proba(X)[:, column].mean()


# Where the groups come from.


def test_columns_of_x_come_first(data, model):
    X, y = data
    rest = X.drop(columns="race")
    by_sex = parity_scorer("demographic_parity_difference")(model, rest, y)
    inner = SensitiveColumns(model.estimator_.__class__(), ["sex", "race"]).fit(X, y)
    for columns in ("race", 4, [False] * 4 + [True], lambda X: X["race"]):
        scorer = parity_scorer("demographic_parity_difference", columns=columns)
        expected = -demographic_parity_difference(
            y, inner.predict(X), sensitive_features=X["race"]
        )
        assert scorer(inner, X, y) == expected
        with pytest.raises(ValueError, match="sensitive_features was passed as well"):
            scorer(inner, X, y, sensitive_features=X["sex"])
    assert by_sex != expected
    ordinary = make_pipeline(StandardScaler(), LogisticRegression())
    numbers = X[["a", "b", "c"]].assign(group=(X["sex"] == "m").astype(int))
    ordinary.fit(numbers, y)
    scorer = parity_scorer("demographic_parity_difference", columns="group")
    expected = -demographic_parity_difference(
        y, ordinary.predict(numbers), sensitive_features=X["sex"]
    )
    assert scorer(ordinary, numbers, y) == expected


def test_groups_that_are_passed_come_before_those_of_the_estimator(data, model):
    X, y = data[0].drop(columns="race"), data[1]
    race = data[0]["race"]
    scorer = parity_scorer("demographic_parity_difference")
    expected = -demographic_parity_difference(
        y, model.predict(X), sensitive_features=race
    )
    assert scorer(model, X, y, sensitive_features=race) == expected
    assert scorer(model, X, y) != expected


def test_estimators_around_sensitive_columns(data):
    X, y = data[0].drop(columns="race"), data[1]
    inner = SensitiveColumns(ParityLogisticRegression(max_gap=0.5), "sex")
    around = {
        "search": GridSearchCV(inner, {"drop": [True]}, cv=2).fit(X, y),
        "calibration": CalibratedClassifierCV(inner, cv=2).fit(X, y),
        "frozen": FrozenEstimator(clone(inner).fit(X, y)),
        "vote": VotingClassifier(
            [("plain", DummyClassifier()), ("ours", inner)], voting="soft"
        ).fit(X, y),
        "two": CalibratedClassifierCV(GridSearchCV(inner, {}, cv=2), cv=2).fit(X, y),
    }
    scorer = parity_scorer("demographic_parity_difference")
    for model in around.values():
        expected = -demographic_parity_difference(
            y, model.predict(X), sensitive_features=X["sex"]
        )
        assert scorer(model, X, y) == expected


class Sampler(BaseEstimator):
    """Draws rows in fit; a Pipeline of imbalanced-learn passes it over later."""

    def fit_resample(self, X, y):
        return X, y


class Resampled(Pipeline):
    def predict(self, X):
        return self[-1].predict(X)


def test_a_pipeline_of_samplers_hands_on_the_groups(data):
    X, y = data[0].drop(columns="race"), data[1]
    last = SensitiveColumns(ParityLogisticRegression(max_gap=0.5), "sex").fit(X, y)
    scorer = parity_scorer("demographic_parity_difference")
    expected = scorer(last, X, y)
    for first in (Sampler(), "passthrough", None):
        model = Resampled([("first", first), ("last", last)])
        assert scorer(model, X, y) == scorer(FrozenEstimator(model), X, y) == expected
    scaled = make_pipeline(StandardScaler(), SensitiveColumns(LogisticRegression(), 0))
    with pytest.raises(ValueError, match="finds no groups: Pipeline is no"):
        scorer(scaled.fit(X[["a", "b"]], y), X[["a", "b"]], y)


def test_a_fitted_ensemble_knows_which_column_a_position_is(data):
    X, y = data
    numbers = X[["a", "sex", "race"]].assign(
        sex=(X["sex"] == "m") * 1.0, race=(X["race"] == "u") * 1.0
    )
    model = CalibratedClassifierCV(SensitiveColumns(LogisticRegression(), 1), cv=2)
    model.fit(numbers, y)
    scorer = parity_scorer("demographic_parity_difference")
    other = numbers[["a", "race", "sex"]]
    assert (model.predict(other) == model.predict(numbers)).all()
    assert scorer(model, other, y) == scorer(model, numbers, y)


def test_scorers_of_two_positive_classes_do_not_share_probabilities(data, model):
    X, y = data[0].drop(columns="race"), data[1]
    scorers = {
        label: parity_scorer(
            partial(mean_probability, pos_label=label),
            response_method="predict_proba",
            greater_is_better=True,
        )
        for label in ("no", "yes")
    }
    found = cross_validate(clone(model), X, y, cv=2, scoring=scorers)
    np.testing.assert_allclose(found["test_no"] + found["test_yes"], 1.0)
    assert (found["test_no"] != found["test_yes"]).all()


def mean_probability(
    y_true, y_prob, *, sensitive_features, pos_label=None, sample_weight=None
):
    return y_prob.mean()


# Tools that take the metric out of a scorer, or call it without X.


GAP = "demographic_parity_difference"


@pytest.fixture
def numbers(data):
    X, y = data
    table = X[["a", "b"]].assign(sex=(X["sex"] == "m") * 1.0)
    return table.to_numpy(), (y == "yes").astype(int), X["sex"].to_numpy()


def path_gaps(X, y, sex, Cs, folds):
    """Gaps of logistic regressions of each strength in each fold, by hand."""
    rows = []
    for train, test in folds:
        models = [LogisticRegression(C=C).fit(X[train], y[train]) for C in Cs]
        rows.append(
            [
                demographic_parity_difference(
                    y[test], m.predict(X[test]), sensitive_features=sex[test]
                )
                for m in models
            ]
        )
    return np.array(rows)


@pytest.mark.parametrize("routed", [False, True])
def test_logistic_regression_cv(numbers, routed):
    X, y, sex = numbers
    folds = list(StratifiedKFold(3).split(X, y))
    Cs = [1e-4, 1e-2, 1.0]
    scorer = parity_scorer(GAP, columns=None if routed else -1)
    model = LogisticRegressionCV(Cs=Cs, cv=folds, scoring=scorer)
    if "use_legacy_attributes" in model.get_params():  # from scikit-learn 1.8 on
        model.set_params(use_legacy_attributes=False, l1_ratios=(0.0,))
    with config_context(enable_metadata_routing=routed):
        model.fit(X, y, **({"sensitive_features": sex} if routed else {}))
    expected = path_gaps(X, y, sex, Cs, folds)
    assert np.ptp(expected) > 0.2
    scores = model.scores_[1] if isinstance(model.scores_, dict) else model.scores_
    np.testing.assert_allclose(scores.reshape(3, 3), -expected, atol=0.03)
    assert np.ravel(model.C_)[0] == Cs[int(np.argmin(expected.mean(axis=0)))]


def test_a_tuned_threshold_with_routed_groups(numbers):
    X, y, sex = numbers
    scorer = parity_scorer(GAP, metric_params={"pos_label": 1})
    with config_context(enable_metadata_routing=True):
        tuned = TunedThresholdClassifierCV(
            LogisticRegression(),
            scoring=scorer,
            thresholds=[0.3, 0.5, 0.9],
            cv=3,
            store_cv_results=True,
        ).fit(X, y, sensitive_features=sex)
    expected = np.zeros(3)
    for train, test in StratifiedKFold(3).split(X, y):
        score = LogisticRegression().fit(X[train], y[train]).predict_proba(X[test])
        for i, threshold in enumerate([0.3, 0.5, 0.9]):
            expected[i] -= demographic_parity_difference(
                y[test], score[:, 1] >= threshold, sensitive_features=sex[test]
            )
    np.testing.assert_allclose(tuned.cv_results_["scores"], expected / 3)
    assert np.ptp(expected) > 0.2


@pytest.mark.parametrize("columns", [-1, None])
def test_a_tuned_threshold_without_x_names_what_works(numbers, columns):
    X, y, sex = numbers
    model = LogisticRegression()
    if columns is None:
        model = SensitiveColumns(model, -1)
    scorer = parity_scorer(GAP, columns=columns)
    message = (
        r"parity_scorer\(demographic_parity_difference.* no X here.*columns=.*"
        r"GridSearchCV\(FixedThresholdClassifier.*routing on"
    )
    with pytest.raises(ValueError, match=message):
        TunedThresholdClassifierCV(model, scoring=scorer).fit(X, y)
    search = GridSearchCV(
        FixedThresholdClassifier(model),
        {"threshold": [0.4, 0.5, 0.9]},
        scoring=scorer,
        cv=3,
        error_score="raise",
    ).fit(X, y)
    expected = -demographic_parity_difference(
        y, search.predict(X), sensitive_features=sex
    )
    assert search.score(X, y) == expected
    assert search.best_params_ == {"threshold": 0.9}


def test_leave_one_out_of_ridge_has_no_x(numbers):
    X, y, _ = numbers
    for scorer in (parity_scorer("score_gap", columns=-1), parity_scorer("score_gap")):
        with pytest.raises(ValueError, match=r"no X from RidgeCV.*cv=5"):
            RidgeCV(scoring=scorer).fit(X, y)
    model = RidgeCV([1e-3, 1e9], scoring=parity_scorer("score_gap", columns=-1), cv=3)
    assert model.fit(X, y).alpha_ == 1e9


def test_weights_go_to_metrics_that_take_them(numbers):
    X, y, sex = numbers

    def unweighted(y_true, y_pred, *, sensitive_features):
        return demographic_parity_difference(
            y_true, y_pred, sensitive_features=sensitive_features
        )

    weight = 1.0 + y
    with config_context(enable_metadata_routing=True):
        scoring = {
            "plain": parity_scorer(unweighted, columns=-1),  # nothing to be asked
            "weighted": parity_scorer(GAP, columns=-1).set_score_request(
                sample_weight=True
            ),
        }
        model = LogisticRegression().set_fit_request(sample_weight=False)
        folds = list(StratifiedKFold(2).split(X, y))
        found = cross_validate(
            model,
            X,
            y,
            cv=folds,
            scoring=scoring,
            params={"sample_weight": weight},
            error_score="raise",
        )
    for k, (train, test) in enumerate(folds):
        y_pred = LogisticRegression().fit(X[train], y[train]).predict(X[test])
        options = {"sensitive_features": sex[test]}
        plain = demographic_parity_difference(y[test], y_pred, **options)
        assert found["test_plain"][k] == -plain
        options["sample_weight"] = weight[test]
        weighted = demographic_parity_difference(y[test], y_pred, **options)
        assert found["test_weighted"][k] == -weighted != -plain


def test_selectors_of_features_take_routed_groups(numbers):
    """They hand on some of the columns, so that positions move."""
    X, y, sex = numbers
    X = np.column_stack([np.random.default_rng(1).normal(size=len(y)), X])
    folds = list(StratifiedKFold(3).split(X, y))
    with config_context(enable_metadata_routing=True):
        selector = RFECV(LogisticRegression(), scoring=parity_scorer(GAP), cv=folds)
        selector.fit(X, y, sensitive_features=sex)
    for k, (train, test) in enumerate(folds):
        full = LogisticRegression().fit(X[train], y[train]).predict(X[test])
        expected = -demographic_parity_difference(
            y[test], full, sensitive_features=sex[test]
        )
        assert selector.cv_results_[f"split{k}_test_score"][-1] == expected


def test_curves_and_importances(numbers):
    X, y, sex = numbers
    scorer, model = parity_scorer(GAP, columns=-1), LogisticRegression()
    expected = path_gaps(X, y, sex, [1.0], StratifiedKFold(3).split(X, y))
    curve = learning_curve(model, X, y, scoring=scorer, cv=3, train_sizes=[1.0])
    assert_array_equal(curve[2], -expected.T)
    found = permutation_importance(
        model.fit(X, y), X, y, scoring={"gap": scorer}, n_repeats=3, random_state=0
    )["gap"]
    assert found.importances_mean[0] < -0.02  # the gap shrinks with noise for a


def test_no_groups_to_be_found(data):
    X, y = data
    model = LogisticRegression().fit(X[["a", "b"]], y)
    scorer = parity_scorer("demographic_parity_difference")
    message = (
        r"finds no groups: LogisticRegression is not a SensitiveColumns.*"
        r"columns='sex'.*SensitiveColumns\(estimator, 'sex'\).*turn routing on"
    )
    with pytest.raises(ValueError, match=message):
        scorer(model, X[["a", "b"]], y)
    with pytest.raises(ValueError, match=r"\['sex'\] are names, but X, a ndarray"):
        parity_scorer("score_gap", columns="sex")(model, X[["a", "b"]].to_numpy(), y)


def test_names_and_functions_that_do_not_fit():
    with pytest.raises(ValueError, match=r"'accuracy' is not known.*equalized_odds"):
        parity_scorer("accuracy")
    with pytest.raises(ValueError, match="is not known") as error:
        parity_scorer("parity_scorer")
    assert "'score_gap'" in str(error.value)
    assert "'parity_scorer'," not in str(error.value)
    with pytest.raises(ValueError, match="accuracy_score takes no sensitive_features"):
        parity_scorer(accuracy_score)
    with pytest.raises(ValueError, match="max takes no sensitive_features"):
        parity_scorer(max)
    with pytest.raises(ValueError, match=r"response_method='proba' is not known"):
        parity_scorer("score_gap", response_method="proba")
    with pytest.raises(ValueError, match=r"response_method=\(\) is not known"):
        parity_scorer("score_gap", response_method=())


# As an object.


SCORERS = [
    parity_scorer("demographic_parity_difference"),
    parity_scorer(
        partial(score_gap, missing="group"),
        response_method="decision_function",
        columns=["sex"],
    ),
]


@pytest.mark.parametrize("scorer", SCORERS)
def test_copies(data, model, scorer):
    X, y = data[0].drop(columns="race"), data[1] == "yes"
    model = clone(model).fit(X, y)
    for copy in (clone(scorer), pickle.loads(pickle.dumps(scorer))):
        assert copy is not scorer
        assert repr(copy) == repr(scorer)
        assert copy(model, X, y) == scorer(model, X, y)


def test_it_shows_what_it_does():
    assert repr(SCORERS[0]) == (
        "parity_scorer(demographic_parity_difference, response_method='predict')"
    )
    text = repr(parity_scorer("demographic_parity_ratio", columns="sex"))
    assert "columns='sex', greater_is_better=True" in text
    fixed = parity_scorer("score_gap", metric_params={"missing": "group"})
    assert repr(fixed).endswith("metric_params={'missing': 'group'})")


def test_one_prediction_serves_several_scorers(data):
    X, y = data[0].drop(columns="race"), data[1]
    calls = []

    class Counting(SensitiveColumns):
        def predict(self, X):
            calls.append(len(X))
            return super().predict(X)

    model = Counting(LogisticRegression(), "sex")
    scoring = {name: parity_scorer(name) for name in GAPS} | {"accuracy": "accuracy"}
    cross_validate(model, X, y == "yes", cv=2, scoring=scoring, error_score="raise")
    assert calls == [200, 200]


def test_requests(data):
    X, y = data
    numbers, weight = X[["a", "b", "c"]], np.arange(len(y)) % 3 + 1.0
    scorer = parity_scorer("demographic_parity_difference")
    with pytest.raises(RuntimeError, match="metadata routing is enabled"):
        scorer.set_score_request(sample_weight=True)
    with config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True)
        passed = {"sensitive_features": X["sex"], "sample_weight": weight}
        options = {"cv": 2, "params": passed, "error_score": "raise"}
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            cross_validate(model, numbers, y, scoring=scorer, **options)
        weighted = clone(scorer).set_score_request(sample_weight=True)
        found = cross_validate(
            model,
            numbers,
            y,
            scoring=weighted,
            return_indices=True,
            return_estimator=True,
            **options,
        )
        off = clone(scorer).set_score_request(sensitive_features=False)
        with pytest.raises(TypeError, match="sensitive_features"):
            cross_validate(
                LogisticRegression(),
                numbers,
                y,
                scoring=off,
                params={"sensitive_features": X["sex"]},
            )
        own = parity_scorer("demographic_parity_difference", columns="sex")
        assert own.get_metadata_routing().score.requests == {
            "sensitive_features": False,
            "sample_weight": None,
        }
    for fitted, rows, value in zip(
        found["estimator"], found["indices"]["test"], found["test_score"]
    ):
        assert value == -demographic_parity_difference(
            y[rows],
            fitted.predict(numbers.iloc[rows]),
            sensitive_features=X["sex"].iloc[rows],
            sample_weight=weight[rows],
        )
    assert "_metadata_request" not in vars(scorer)


def test_weights_when_called(data, model):
    X, y = data[0].drop(columns="race"), data[1]
    weight = np.arange(len(y)) % 3 + 1
    rows = np.repeat(np.arange(len(y)), weight)
    metric = partial(equal_opportunity_difference, pos_label="yes")
    scorer = parity_scorer(metric)
    weighted = scorer(model, X, y, sample_weight=weight)
    np.testing.assert_allclose(weighted, scorer(model, X.iloc[rows], y[rows]))
    assert weighted != scorer(model, X, y)


def test_a_fold_without_a_group_is_nan_and_warns(data):
    X, y = data[0].drop(columns="race"), data[1]
    order = np.argsort(X["sex"].to_numpy(), kind="stable")
    folds = [(np.arange(400), order[:60]), (np.arange(400), order[-350:])]
    model = SensitiveColumns(LogisticRegression(), "sex")
    with pytest.warns(UserWarning, match="one group only"):
        found = cross_validate(model, X, y, cv=folds, scoring=SCORERS[0])
    assert_array_equal(np.isnan(found["test_score"]), [True, False])


def test_all_classes_of_the_estimator_count():
    """In rows that lack one of them, too."""
    rng = np.random.default_rng(0)
    X, group = rng.normal(size=(600, 2)), rng.choice(["a", "b"], 600)
    y = np.digitize(X[:, 0] + (group == "a"), [-0.5, 0.8])
    model = LogisticRegression().fit(X, y)
    some = y < 2
    guess = model.predict(X[some])
    scorer = parity_scorer("demographic_parity_difference")
    found = scorer(model, X[some], y[some], sensitive_features=group[some])
    by_class = [
        abs(
            np.mean(guess[group[some] == "a"] == k)
            - np.mean(guess[group[some] == "b"] == k)
        )
        for k in range(3)
    ]
    assert found == pytest.approx(-max(by_class))
    fixed = parity_scorer(partial(demographic_parity_difference, labels=[0, 1, 2, 3]))
    again = fixed(model, X[some], y[some], sensitive_features=group[some])
    assert again == found
    rates = parity_scorer("equal_opportunity_difference")
    with pytest.warns(UndefinedMetricWarning, match="no rows with y_true == 2"):
        value = rates(model, X[some], y[some], sensitive_features=group[some])
    assert np.isnan(value)
