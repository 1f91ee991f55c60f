"""Parts within an estimator: what each of them asks for, and gets."""

import warnings
from contextlib import nullcontext
from inspect import signature

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    TransformerMixin,
    clone,
)
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import RFECV, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    MultiTaskLasso,
    Ridge,
    RidgeCV,
)
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import all_estimators
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from fairlearnkit._routing.call import call, takes_groups
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.metrics import parity_scorer, score_gap
from fairlearnkit.postprocessing import BarycenterClassifier, BarycenterRegressor
from fairlearnkit.preprocessing import BarycenterTransformer, ParityProjection

METHODS = ("fit", "predict", "predict_proba", "decision_function", "transform", "score")


@pytest.fixture
def data():
    """Three groups, the second one with more of everything."""
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m", "x"], 360, p=[0.5, 0.3, 0.2])
    X = pd.DataFrame(rng.normal(size=(360, 3)), columns=["a", "b", "c"])
    X["a"] += 1.5 * (sex == "m")
    f = X["a"] - X["b"] + rng.normal(size=360)
    return X.assign(sex=sex), (f > 0.3).astype(int), rng.integers(1, 6, 360) * 1.0


# Whoever cannot be asked requests nothing.


REQUIRED = {
    "estimator": LogisticRegression(),
    "estimators": [("one", LogisticRegression()), ("two", LogisticRegression())],
    "transformers": [("one", StandardScaler(), [0])],
    "transformer_list": [("one", StandardScaler())],
    "steps": [("one", StandardScaler()), ("two", LogisticRegression())],
    "param_grid": {"C": [1.0]},
    "param_distributions": {"C": [1.0]},
    "dictionary": np.eye(2),
    "base_estimator": LogisticRegression(),
}


def build(cls):
    parameters = signature(cls).parameters.values()
    named = [p.name for p in parameters if p.default is p.empty and p.name in REQUIRED]
    return cls(**{name: REQUIRED[name] for name in named})


def hands_on(part):
    """Whether scikit-learn routes anything through it."""
    with config_context(enable_metadata_routing=True):
        try:
            part.get_metadata_routing()
        except NotImplementedError:
            return False
        except ValueError:  # it cannot tell
            return True
    return True


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(("name", "cls"), all_estimators())
def test_no_estimator_of_scikit_learn_fails_to_be_asked(name, cls):
    part = build(cls)
    for method in METHODS:
        frozen = cls is FrozenEstimator and method == "fit"  # takes and forgets all
        assert takes_groups(part, method) == frozen
    pipe = make_pipeline(part, ParityLogisticRegression())
    refusal = "" if hands_on(part) else "which cannot pass them on"
    with nullcontext() if not refusal else pytest.raises(ValueError, match=refusal):
        assert takes_groups(pipe, "fit")
    assert "_metadata_request" not in vars(part)


@pytest.mark.slow
def test_parts_that_cannot_be_asked_fit_as_by_themselves(data):
    X, y, _ = data
    numbers, sex = X[["a", "b", "c"]], X["sex"]
    selector = RFECV(LogisticRegression(), cv=3)
    for part in (selector, make_pipeline(StandardScaler(), selector)):
        inner = make_pipeline(part, LogisticRegression())
        model = BarycenterClassifier(inner, cv=3).fit(
            numbers, y, sensitive_features=sex
        )
        expected = clone(inner).fit(numbers, y).predict_proba(numbers)
        assert_array_equal(model.estimator_.predict_proba(numbers), expected)
    by_hand = ParityLogisticRegression(max_gap=0.2)
    model = SensitiveColumns(make_pipeline(selector, clone(by_hand)), "sex")
    some = selector.fit(numbers, y).transform(numbers)
    by_hand.fit(some, y, sensitive_features=sex)
    assert_array_equal(model.fit(X, y).predict(X), by_hand.predict(some))
    both = np.column_stack([X["a"], X["b"]])
    lasso = make_pipeline(BarycenterTransformer(), MultiTaskLasso(alpha=0.01))
    model = SensitiveColumns(lasso, "sex").fit(X, both)
    moved = BarycenterTransformer().fit_transform(numbers, sensitive_features=sex)
    expected = MultiTaskLasso(alpha=0.01).fit(moved, both).predict(moved)
    assert_allclose(model.predict(X), expected)
    envelope = SensitiveColumns(EllipticEnvelope(random_state=0), "sex").fit(X)
    expected = EllipticEnvelope(random_state=0).fit(numbers).predict(numbers)
    assert_array_equal(envelope.predict(X), expected)


# Weights reach the scorers inside.


def request(part, *methods):
    """With a request for weights, as scikit-learn has users set it."""
    for method in methods:
        getattr(part, f"set_{method}_request")(sample_weight=True)
    return part


def search(scoring, model, **options):
    grid = {"C": [1e-4, 1e-2, 1.0]}
    return GridSearchCV(model, grid, scoring=scoring, cv=3, **options)


def logistic_cv(scoring):
    model = LogisticRegressionCV(Cs=[1e-4, 1e-2, 1.0], cv=3, scoring=scoring)
    if "use_legacy_attributes" in model.get_params():  # from scikit-learn 1.8 on
        model.set_params(use_legacy_attributes=False, l1_ratios=(0.0,))
    return model


def found_by(model):
    """What a tool found by its scores."""
    for name in ("cv_results_", "scores_", "best_score_"):
        found = getattr(model, name, None)
        if isinstance(found, dict):
            return np.concatenate([v for v in map(numbers_of, found.items()) if len(v)])
        if found is not None:
            return np.ravel(found)
    raise AssertionError


def numbers_of(item):
    name, values = item
    if "time" in str(name) or "param" in str(name):
        return []
    return np.ravel(values).astype(float)


SCORERS = {name: get_scorer(name) for name in ("accuracy", "roc_auc")}
TOOLS = {
    "search": (
        lambda s, m: search(s["roc_auc"], m),
        lambda: search("roc_auc", LogisticRegression()),
    ),
    "search of two": (
        lambda s, m: search(s, m, refit="roc_auc"),
        lambda: search(["accuracy", "roc_auc"], LogisticRegression(), refit="roc_auc"),
    ),
    "search by a dict": (
        lambda s, m: search(s, m, refit="accuracy"),
        lambda: search(SCORERS, LogisticRegression(), refit="accuracy"),
    ),
    "logistic": (
        lambda s, m: request(logistic_cv(s["accuracy"]), "fit"),
        lambda: logistic_cv(None),
    ),
    "logistic by name": (
        lambda s, m: request(logistic_cv(s["roc_auc"]), "fit"),
        lambda: logistic_cv("roc_auc"),
    ),
    "ridge": (
        lambda s, m: request(RidgeCV([1.0, 1e3], scoring=s["loss"]), "fit"),
        lambda: RidgeCV([1.0, 1e3], scoring="neg_mean_absolute_error"),
    ),
    "threshold": (
        lambda s, m: TunedThresholdClassifierCV(
            m, scoring=s["accuracy"], cv=3, thresholds=20
        ),
        lambda: TunedThresholdClassifierCV(
            LogisticRegression(), scoring="accuracy", cv=3, thresholds=20
        ),
    ),
    "elimination": (
        lambda s, m: RFECV(m, scoring=s["accuracy"], cv=3),
        lambda: RFECV(LogisticRegression(), cv=3),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_weights_reach_the_scorers_inside(data, tool):
    X, y, weight = data
    numbers = X[["a", "b", "c"]]
    routed, plain = TOOLS[tool]
    with config_context(enable_metadata_routing=True):
        names = ["accuracy", "roc_auc"]
        scorers = {n: request(get_scorer(n), "score") for n in names}
        if tool == "ridge":
            scorers["loss"] = request(get_scorer("neg_mean_absolute_error"), "score")
        by_hand = routed(scorers, request(LogisticRegression(), "fit", "score"))
        by_hand.fit(numbers, y, sample_weight=weight)
    inner = plain()
    scoring = inner.scoring
    model = SensitiveColumns(inner, "sex").fit(X, y, sample_weight=weight)
    expected = found_by(by_hand)
    assert_allclose(found_by(model.estimator_), expected, rtol=1e-12)
    without = found_by(SensitiveColumns(plain(), "sex").fit(X, y).estimator_)
    assert np.abs(without - expected).max() > 1e-3
    # The same score later, and nothing is left behind.
    if tool.startswith("search"):
        with config_context(enable_metadata_routing=True):
            expected = by_hand.score(numbers, y, sample_weight=weight)
        assert model.score(X, y, sample_weight=weight) == expected
    assert inner.scoring is scoring
    assert "_metadata_request" not in vars(inner)
    after = model.estimator_.scoring
    assert after == scoring or set(after) == set(scoring)
    assert not any("_metadata_request" in vars(s) for s in SCORERS.values())


@pytest.mark.slow
def test_weights_reach_a_search_in_a_pipeline_and_a_barycenter(data):
    X, y, weight = data
    numbers, sex = X[["a", "b", "c"]], X["sex"]
    steps = SequentialFeatureSelector(
        LogisticRegression(), n_features_to_select=1, scoring="roc_auc", cv=3
    )
    inner = make_pipeline(steps, search("roc_auc", LogisticRegression()))
    with config_context(enable_metadata_routing=True):
        auc = request(get_scorer("roc_auc"), "score")
        asks = request(LogisticRegression(), "fit", "score")
        steps = SequentialFeatureSelector(
            asks, n_features_to_select=1, scoring=auc, cv=3
        )
        by_hand = make_pipeline(steps, search(auc, asks))
        by_hand.fit(numbers, y, sample_weight=weight)
    model = BarycenterClassifier(inner, cv=3)
    model.fit(numbers, y, sensitive_features=sex, sample_weight=weight)
    expected = by_hand.predict_proba(numbers)
    assert_array_equal(model.estimator_.predict_proba(numbers), expected)
    assert model.estimator_[0].scoring == model.estimator_[1].scoring == "roc_auc"


def test_a_parity_scorer_inside_gets_groups_and_weights(data):
    X, y, weight = data
    gap = parity_scorer("demographic_parity_difference")
    inner = search({"gap": gap}, ParityLogisticRegression(), refit="gap")
    model = SensitiveColumns(inner, "sex").fit(X, y, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        asks = request(ParityLogisticRegression(), "fit", "score")
        weighted = request(clone(gap), "score")
        by_hand = search({"gap": weighted}, asks, refit="gap").fit(
            X[["a", "b", "c"]], y, sensitive_features=X["sex"], sample_weight=weight
        )
    assert_allclose(found_by(model.estimator_), found_by(by_hand), rtol=1e-12)
    assert "_metadata_request" not in vars(gap)


# Models that take no weights.


def knn():
    return KNeighborsClassifier(7)


@pytest.mark.parametrize(
    "inner", [knn(), make_pipeline(StandardScaler(), knn())], ids=["alone", "behind"]
)
def test_a_model_without_weights_is_fitted_without(data, inner):
    X, y, weight = data
    with pytest.warns(UserWarning, match="^KNeighborsClassifier takes no"):
        model = SensitiveColumns(inner, "sex").fit(X, y, sample_weight=weight)
    by_hand = clone(inner)
    names = {"standardscaler__sample_weight": weight} if hasattr(inner, "steps") else {}
    by_hand.fit(X[["a", "b", "c"]], y, **names)
    assert_array_equal(model.predict(X), by_hand.predict(X[["a", "b", "c"]]))


def test_distributions_are_weighted_where_the_model_is_not(data):
    X, y, weight = data
    numbers, sex = X[["a", "b", "c"]].to_numpy(), X["sex"].to_numpy()
    for inner in (knn(), make_pipeline(StandardScaler(), knn())):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = BarycenterClassifier(inner, cv=3).fit(
                numbers, y, sensitive_features=sex, sample_weight=weight
            )
        assert [str(w.message) for w in caught] == [
            "KNeighborsClassifier takes no sample_weight: fitted without it. The "
            "distributions are weighted."
        ]
    model = BarycenterRegressor(Silent(), cv=3)
    with pytest.warns(UserWarning, match="^Silent takes no sample_weight"):
        model.fit(numbers, y, sensitive_features=sex, sample_weight=weight)
    scores = cross_val_predict(Silent(), numbers, y, cv=3)[:, None]
    maps = BarycenterTransformer()
    maps.fit(scores, sensitive_features=sex, sample_weight=weight)
    new = Silent().fit(numbers, y).predict(numbers)[:, None]
    expected = maps.transform(new, sensitive_features=sex)[:, 0]
    found = model.predict(numbers, sensitive_features=sex)
    assert_allclose(found, expected, rtol=1e-9)
    plain = BarycenterRegressor(Silent(), cv=3).fit(numbers, y, sensitive_features=sex)
    assert np.abs(found - plain.predict(numbers, sensitive_features=sex)).max() > 1e-3


class Silent(RegressorMixin, BaseEstimator):
    """A regression without weights."""

    def fit(self, X, y):
        self.model_ = Ridge().fit(X, y)
        return self

    def predict(self, X):
        return self.model_.predict(X)


def test_other_models_give_no_warning(data):
    X, y, weight = data
    for inner in (
        FrozenEstimator(knn().fit(X[["a", "b", "c"]], y)),
        BaggingClassifier(LogisticRegression(), n_estimators=2, random_state=0),
        make_pipeline(StandardScaler(), GridSearchCV(ParityLogisticRegression(), {})),
        VotingClassifier([("one", LogisticRegression())]),
    ):
        SensitiveColumns(inner, "sex").fit(X, y, sample_weight=weight)


# Steps that change rows.


class Upside(BaseEstimator):
    """A sampler: as many rows as before, in another order."""

    def fit_resample(self, X, y):
        return X.iloc[::-1], y[::-1]

    def fit(self, X, y):
        return self


class Behind(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A model behind a sampler, as in imbalanced-learn's pipelines."""

    def __init__(self, sampler, model):
        self.sampler = sampler
        self.model = model

    def fit(self, X, y, **params):
        X, y = self.sampler.fit_resample(X, y)
        routed = process_routing(self, "fit", **params).model.fit if params else {}
        self.model_ = clone(self.model).fit(X, y, **routed)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)

    def decision_function(self, X):
        return self.model_.decision_function(X)

    def get_metadata_routing(self):
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(model=self.model, method_mapping=mapping)


def behind(model):
    return Behind(Upside(), model)


class DropsRows(TransformerMixin, BaseEstimator):
    """A step that drops rows in a pipeline that asks for it, as in feature-engine."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X

    def transform_x_y(self, X, y):
        return X.iloc[1:], y[1:]


class RowPipeline(Pipeline):
    """A pipeline that calls it."""

    def transform_x_y(self, X, y):
        raise NotImplementedError


parity = ParityLogisticRegression()
NEEDS_LINE = {
    "model": behind(parity),
    "pipeline": behind(make_pipeline(StandardScaler(), parity)),
    "step": make_pipeline(StandardScaler(), behind(parity)),
    "vote": VotingClassifier([("a", LogisticRegression()), ("b", behind(parity))]),
    "search": behind(search(parity_scorer("score_gap"), LogisticRegression())),
    "projection": behind(make_pipeline(ParityProjection(), LogisticRegression())),
    "barycenter": behind(BarycenterClassifier(LogisticRegression())),
}


@pytest.mark.parametrize("case", NEEDS_LINE)
def test_samplers_beside_a_part_that_takes_groups(data, case):
    X, y, _ = data
    message = (
        r"^Upside changes the rows, and the sensitive features, which "
        r".* takes, would not follow.*imblearn.pipeline.make_pipeline\(Upside\(\), "
        r"SensitiveColumns\(model, 'sex'\)\)"
    )
    with pytest.raises(ValueError, match=message):
        SensitiveColumns(NEEDS_LINE[case], "sex").fit(X, y)
    rest = X.drop(columns="sex")
    with pytest.raises(ValueError, match=message):
        BarycenterClassifier(NEEDS_LINE[case], cv=2).fit(
            rest, y, sensitive_features=X["sex"]
        )


def test_a_pipeline_whose_steps_may_drop_rows(data):
    """That of feature-engine; in one of scikit-learn the step drops none."""
    X, y, _ = data
    steps = [("drop", DropsRows()), ("model", ParityLogisticRegression())]
    message = (
        r"^DropsRows changes the rows, and the sensitive features.*Let DropsRows work "
        r".*feature_engine.pipeline.make_pipeline\(DropsRows\(\), SensitiveColumns"
    )
    with pytest.raises(ValueError, match=message):
        SensitiveColumns(RowPipeline(steps), "sex").fit(X, y)
    model = SensitiveColumns(Pipeline(steps), "sex").fit(X, y)
    assert model.estimator_["model"].group_counts_.sum() == len(X)
    plain = RowPipeline([("drop", DropsRows()), ("model", LogisticRegression())])
    assert SensitiveColumns(plain, "sex").fit(X, y).score(X, y) > 0.5


def test_the_layout_that_the_message_names(data):
    X, y, _ = data
    model = behind(SensitiveColumns(ParityLogisticRegression(), "sex")).fit(X, y)
    gap = score_gap(y, model.decision_function(X), sensitive_features=X["sex"])
    assert gap < 1e-6
    inside = BarycenterClassifier(model, cv=2).fit(X, y, sensitive_features=X["sex"])
    assert inside.gap_ < 0.1


def test_samplers_that_nobody_s_groups_pass(data):
    """Groups are taken before the rows change, or by nobody: rows stay in line."""
    X, y, weight = data
    numbers = X[["a", "b", "c"]]
    plain = behind(LogisticRegression())
    expected = LogisticRegression().fit(numbers[::-1], y[::-1]).predict_proba(numbers)
    model = SensitiveColumns(plain, "sex").fit(X, y)
    assert_allclose(model.predict_proba(X), expected)
    around = SensitiveColumns(BarycenterClassifier(plain, cv=3), "sex").fit(X, y)
    assert_allclose(around.estimator_.estimator_.predict_proba(numbers), expected)
    vote = VotingClassifier([("a", plain), ("b", ParityLogisticRegression())])
    SensitiveColumns(vote, "sex").fit(X, y)
    fitted = behind(ParityLogisticRegression())
    fitted.model_ = clone(fitted.model).fit(numbers, y, sensitive_features=X["sex"])
    fitted.classes_ = fitted.model_.classes_
    model = SensitiveColumns(FrozenEstimator(fitted), "sex").fit(X, y)
    assert_array_equal(model.predict(X), fitted.predict(numbers))
    with pytest.raises(ValueError, match="Upside changes the rows, and sample_weight"):
        SensitiveColumns(plain, "sex").fit(X, y, sample_weight=weight)


def shuffled(X):
    return X.sample(frac=1.0, random_state=0)


def test_other_steps_that_change_rows_are_found_by_the_index_of_a_frame(data):
    X, y, _ = data
    step = FunctionTransformer(shuffled)
    inner = make_pipeline(step, ParityLogisticRegression())
    message = "^A step inside Pipeline adds, drops or reorders rows.*do not follow"
    with pytest.raises(ValueError, match=message):
        SensitiveColumns(inner, "sex").fit(X, y)
    with pytest.raises(ValueError, match=message):
        BarycenterClassifier(inner, cv=2).fit(
            X[["a", "b", "c"]], y, sensitive_features=X["sex"]
        )


# Ensembles that hand on too much, or too little.


def test_a_stack_with_a_plain_final_estimator(data):
    X, y, _ = data
    inner = [("one", ParityLogisticRegression())]
    stack = StackingClassifier(inner, LogisticRegression(), cv=3)
    message = (
        r"^StackingClassifier passes sensitive_features to a part that does not take it"
        r".*SensitiveColumns\(ParityLogisticRegression\(\), 'sex'\), and these inside"
    )
    with pytest.raises(ValueError, match=message):
        SensitiveColumns(stack, "sex").fit(X, y)
    inner = [("one", SensitiveColumns(ParityLogisticRegression(), "sex"))]
    model = StackingClassifier(inner, LogisticRegression(), cv=3).fit(X, y)
    gap = score_gap(
        y, model.estimators_[0].decision_function(X), sensitive_features=X["sex"]
    )
    assert gap < 1e-6


class Balanced(BaggingClassifier):
    """Inherits that it hands metadata on, and has a fit that takes none."""

    def fit(self, X, y):
        return super().fit(X, y)


def test_an_ensemble_whose_fit_takes_less_than_it_says(data):
    X, y, weight = data
    numbers = X[["a", "b", "c"]]
    message = (
        r"^ParityLogisticRegression asks for sensitive features in fit, but Balanced, "
        r"around it, does not pass them on.*Put SensitiveColumns around Parity"
    )
    with pytest.raises(ValueError, match=message):
        SensitiveColumns(Balanced(ParityLogisticRegression()), "sex").fit(X, y)
    plain = Balanced(LogisticRegression(), n_estimators=2, random_state=0)
    with pytest.warns(UserWarning, match="^Balanced takes no sample_weight"):
        model = SensitiveColumns(plain, "sex").fit(X, y, sample_weight=weight)
    expected = clone(plain).fit(numbers, y).predict_proba(numbers)
    assert_allclose(model.predict_proba(X), expected)


# One in another.


def test_sensitive_columns_around_one_that_serves_the_model(data):
    X, y, _ = data
    table = X.assign(race=np.where(X["c"] > 0, "u", "v"))
    inner = SensitiveColumns(ParityLogisticRegression(), "race")
    for outer in (inner, make_pipeline(StandardScaler(), inner)):
        message = (
            r"No part gets columns='sex' as its groups: ParityLogisticRegression gets "
            r"those of the SensitiveColumns inside, 'race'\. Name all"
        )
        with pytest.raises(ValueError, match=message):
            SensitiveColumns(outer, "sex").fit(table, y)
    # Both are served: the projection by race, the model by sex.
    projected = SensitiveColumns(ParityProjection(), "race")
    model = ParityLogisticRegression(max_gap=0.5)
    both = make_pipeline(projected, model)
    found = SensitiveColumns(both, "sex").fit(table, y)
    rest = table.drop(columns="sex")
    hand = projected.fit(rest).transform(rest)
    expected = clone(model).fit(hand, y, sensitive_features=table["sex"])
    assert np.ptp(expected.predict_proba(hand)[:, 0]) > 0.1
    assert_allclose(found.predict_proba(table), expected.predict_proba(hand))
    # Nobody asks inside: the outer columns are dropped, and scored by.
    plain = SensitiveColumns(LogisticRegression(), "race")
    found = SensitiveColumns(plain, "sex").fit(table, y)
    numbers = table[["a", "b", "c"]]
    expected = LogisticRegression().fit(numbers, y).predict_proba(numbers)
    assert_array_equal(found.predict_proba(table), expected)


def test_a_barycenter_of_a_model_that_finds_its_own_columns(data):
    X, y, _ = data
    model = SensitiveColumns(ParityLogisticRegression(), "sex")
    found = BarycenterClassifier(model, cv=3).fit(X, y, sensitive_features=X["sex"])
    hand = ParityLogisticRegression()
    hand.fit(X[["a", "b", "c"]], y, sensitive_features=X["sex"])
    expected = hand.predict_proba(X[["a", "b", "c"]])
    assert_array_equal(found.estimator_.predict_proba(X), expected)


def test_call_passes_what_is_there(data):
    X, y, weight = data
    numbers = X[["a", "b", "c"]]
    found = call(ParityRidge(), "fit", numbers, y, sensitive_features=X["sex"])
    expected = ParityRidge().fit(numbers, y, sensitive_features=X["sex"])
    assert_array_equal(found.coef_, expected.coef_)
    with pytest.raises(ValueError, match="predict of ParityRidge takes no sample_wei"):
        call(found, "predict", numbers, sample_weight=weight)
