"""Models of both versions of each row."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    Ridge,
)
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from fairlearnkit.compose import CounterfactualEnsemble, SensitiveColumns
from fairlearnkit.datasets import load_adult, make_biased_biographies
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.metrics import (
    counterfactual_difference,
    demographic_parity_difference,
)
from fairlearnkit.postprocessing import BarycenterRegressor
from fairlearnkit.preprocessing import TermMerge, TermSwap

ALL = ["average", "augment", "distill"]
TRAIN = make_biased_biographies(800, random_state=0)
TEST = make_biased_biographies(800, random_state=1)
TEXT, SEX, Y = TRAIN.data["text"], TRAIN.data["sex"], TRAIN.target


def words(model=None):
    return make_pipeline(TfidfVectorizer(), model or LogisticRegression())


def flip(X):
    """The last column with the other sign, in any container."""
    if hasattr(X, "iloc"):
        return X.assign(**{X.columns[-1]: -X.iloc[:, -1]})
    X = X.copy()
    X[:, -1] = -X[:, -1]
    return X


def numbers(n=200, n_classes=2, seed=0):
    """The last column says most about the classes, and about the groups as well."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 2
    X = np.column_stack([rng.normal(size=(n, 2)), 2 * group - 1])
    f = X @ [1.0, 0.5, 0.7] + 0.5 * rng.normal(size=n)
    labels = np.array(["a", "b", "c"])[:n_classes]
    edges = np.quantile(f, np.linspace(0, 1, n_classes + 1)[1:-1])
    return X, labels[np.digitize(f, edges)], group, f


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted to."""

    __metadata_request__fit = {"sensitive_features": True}

    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        self.X_, self.y_ = X, np.asarray(y)
        self.groups_, self.weight_ = sensitive_features, sample_weight
        self.model_ = LogisticRegression().fit(X, y, sample_weight=sample_weight)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


# What is computed.


@pytest.mark.parametrize("n_classes", [2, 3])
def test_average_by_hand(n_classes):
    X, y, *_ = numbers(n_classes=n_classes)
    plain = LogisticRegression().fit(X, y)
    model = CounterfactualEnsemble(LogisticRegression(), flip).fit(X, y)
    proba = (plain.predict_proba(X) + plain.predict_proba(flip(X))) / 2
    assert_array_equal(model.predict_proba(X), proba)
    assert_array_equal(model.predict(X), plain.classes_[proba.argmax(axis=1)])
    f = (plain.decision_function(X) + plain.decision_function(flip(X))) / 2
    assert_array_equal(model.decision_function(X), f)
    assert model.classes_.tolist() == ["a", "b", "c"][:n_classes]
    assert model.score(X, y) == (model.predict(X) == y).mean()
    weight = np.arange(len(y))
    right = model.predict(X) == y
    assert_allclose(
        model.score(X, y, sample_weight=weight), np.average(right, weights=weight)
    )
    assert (model.changed_share_, model.round_trip_) == (1.0, 1.0)


def test_average_of_a_regressor_and_of_decision_functions():
    X, y, _, f = numbers()
    model = CounterfactualEnsemble(Ridge(), flip).fit(X, f)
    plain = Ridge().fit(X, f)
    mean = (plain.predict(X) + plain.predict(flip(X))) / 2
    assert_array_equal(model.predict(X), mean)
    assert (
        model.score(X, f) == 1 - ((f - mean) ** 2).sum() / ((f - f.mean()) ** 2).sum()
    )
    assert not hasattr(model, "predict_proba")
    model = CounterfactualEnsemble(LinearSVC(), flip).fit(X, y)
    scores = model.decision_function(X)
    assert_array_equal(model.predict(X), np.where(scores > 0, "b", "a"))
    assert not hasattr(model, "predict_proba")
    three = CounterfactualEnsemble(LinearSVC(), flip).fit(*numbers(n_classes=3)[:2])
    scores = three.decision_function(X)
    assert_array_equal(three.predict(X), three.classes_[scores.argmax(axis=1)])


@pytest.mark.slow
def test_average_is_exactly_symmetric():
    swap = TermSwap()
    for inner in (LogisticRegression(), DecisionTreeClassifier(random_state=0)):
        model = CounterfactualEnsemble(words(inner), swap).fit(TEXT, Y)
        assert model.round_trip_ == 1.0
        own, other = (
            model.predict_proba(t) for t in (TEST.data["text"], TEST.counterfactual)
        )
        assert_array_equal(own, other)
        assert_array_equal(
            model.predict(TEST.data["text"]), model.predict(TEST.counterfactual)
        )
    X, _, _, f = numbers()
    model = CounterfactualEnsemble(Ridge(), flip).fit(X, f)
    assert_array_equal(model.predict(X), model.predict(flip(X)))


def test_augment_is_a_fit_to_both_versions():
    X, y, group, f = numbers()
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    both, twice = np.vstack([X, flip(X)]), np.tile(y, 2)
    hand = LogisticRegression().fit(both, twice, np.tile(weight / 2, 2))
    model = CounterfactualEnsemble(LogisticRegression(), flip, method="augment")
    model.fit(X, y, sample_weight=weight)
    assert_array_equal(model.predict_proba(X), hand.predict_proba(X))
    assert_array_equal(model.decision_function(X), hand.decision_function(X))
    hand = Ridge().fit(both, np.tile(f, 2), np.full(2 * len(f), 0.5))
    model = CounterfactualEnsemble(Ridge(), flip, method="augment").fit(X, f)
    assert_array_equal(model.predict(X), hand.predict(X))
    # Without weights, each row counts twice.
    model = CounterfactualEnsemble(KNeighborsClassifier(3), flip, method="augment")
    hand = KNeighborsClassifier(3).fit(both, twice)
    assert_array_equal(model.fit(X, y).predict(X), hand.predict(X))
    assert group.sum() > 0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_distill_is_a_fit_to_mean_probabilities(n_classes):
    X, y, *_ = numbers(n_classes=n_classes)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    teacher = LogisticRegression(tol=1e-10).fit(X, y, weight)
    proba = (teacher.predict_proba(X) + teacher.predict_proba(flip(X))) / 2
    hand = LogisticRegression(tol=1e-10).fit(
        np.vstack([X, flip(X)] * n_classes),
        np.repeat(teacher.classes_, 2 * len(y)),
        np.concatenate([np.tile(weight * p, 2) / 2 for p in proba.T]),
    )
    student = LogisticRegression(tol=1e-10)
    model = CounterfactualEnsemble(student, flip, method="distill")
    model.fit(X, y, sample_weight=weight)
    assert_allclose(model.predict_proba(X), hand.predict_proba(X), atol=1e-12)
    # Both versions have the same target, so the last column has no effect.
    assert_allclose(model.estimator_.coef_[:, -1], 0.0, atol=1e-5)


def test_distill_of_a_regressor():
    X, _, _, f = numbers()
    teacher = LinearRegression().fit(X, f)
    mean = (teacher.predict(X) + teacher.predict(flip(X))) / 2
    model = CounterfactualEnsemble(LinearRegression(), flip, method="distill")
    assert_allclose(model.fit(X, f).predict(X), mean, atol=1e-12)
    assert_allclose(model.estimator_.coef_[-1], 0.0, atol=1e-12)


@pytest.mark.slow
def test_the_order_of_the_methods_on_biographies():
    """The table of the user guide, from one draw of 800."""
    flips = {}
    for name, model in {
        "plain": words(),
        "merge": make_pipeline(TermMerge(), words()),
        **{m: CounterfactualEnsemble(words(), TermSwap(), method=m) for m in ALL},
    }.items():
        model.fit(TEXT, Y)
        flips[name] = counterfactual_difference(
            model, TEST.data["text"], lambda X: TEST.counterfactual
        ).flip_rate
    assert flips["plain"] > 0.5
    assert flips["average"] == flips["merge"] == 0.0
    assert flips["augment"] < 0.02
    assert flips["distill"] < 0.02


def test_swapping_the_sensitive_column_of_a_table_is_dropping_it():
    """Of a linear model's scores: both versions of a row have the same mean."""
    X, _, _, f = numbers()
    with_column = CounterfactualEnsemble(LinearRegression(), flip, method="distill")
    with_column.fit(X, f)
    table = X.copy()
    table[:, -1] = 0.0  # the mean of both values
    scores = LinearRegression().fit(X, f).predict(table)
    assert_allclose(with_column.predict(X), scores, atol=1e-12)


# Rows, weights and groups.


def test_copies_have_labels_groups_and_half_the_weight_of_the_originals():
    X, y, group, _ = numbers(40)
    weight = np.arange(1.0, 41.0)
    names = np.array(["f", "m"])[group]
    model = CounterfactualEnsemble(Recorder(), flip, method="augment")
    model.fit(X, y, sensitive_features=names, sample_weight=weight)
    inner = model.estimator_
    assert_array_equal(inner.X_, np.vstack([X, flip(X)]))
    assert_array_equal(inner.y_, np.tile(y, 2))
    assert_array_equal(inner.groups_, np.tile(names, 2))
    assert_array_equal(inner.weight_, np.tile(weight / 2, 2))
    model.set_params(method="distill")
    inner = model.fit(X, y, sensitive_features=names, sample_weight=weight).estimator_
    assert_array_equal(inner.groups_, np.tile(names, 4))
    assert_array_equal(inner.X_, np.vstack([X, flip(X)] * 2))
    assert_array_equal(inner.y_, np.repeat(["a", "b"], 80))
    # All versions of a row together have its weight.
    assert_allclose(inner.weight_.reshape(4, 40).sum(axis=0), weight)


@pytest.mark.slow
@pytest.mark.parametrize("method", ALL)
def test_a_constraint_compares_the_groups_of_the_originals(method):
    model = CounterfactualEnsemble(
        words(ParityLogisticRegression(pos_label="surgeon")), TermSwap(), method=method
    )
    model.fit(TEXT, Y, sensitive_features=SEX)
    inner = model.estimator_[-1]
    assert inner.groups_.tolist() == ["female", "male"]
    times = {"average": 1, "augment": 2, "distill": 4}[method]
    _, counts = np.unique(SEX, return_counts=True)
    assert inner.group_counts_.tolist() == (times * counts).tolist()
    if method == "augment":
        both = [TEXT.tolist(), TermSwap()(TEXT.tolist())]
        f = [model.estimator_.decision_function(texts) for texts in both]
        means = [
            np.mean([g[sex == SEX].mean() for g in f]) for sex in ("male", "female")
        ]
        assert abs(means[0] - means[1]) < 1e-6


def test_groups_of_any_container_and_of_another_length():
    X, y, group, _ = numbers()
    frame = pd.DataFrame(X, columns=list("abc"), index=np.arange(200)[::-1] + 7)
    forms = [
        group,
        group.tolist(),
        {"sex": group},
        pd.Series(group, index=frame.index),
        pl.Series(group),
    ]
    found = [
        CounterfactualEnsemble(ParityLogisticRegression(), flip, method="augment")
        .fit(frame, pd.Series(y, index=frame.index), sensitive_features=groups)
        .predict_proba(frame)
        for groups in forms
    ]
    for proba in found[1:]:
        assert_array_equal(proba, found[0])
    model = CounterfactualEnsemble(ParityLogisticRegression(), flip, method="augment")
    with pytest.raises(
        ValueError, match="sensitive_features has 199 rows but X has 200"
    ):
        model.fit(X, y, sensitive_features=group[1:])
    with pytest.raises(ValueError, match=r"sensitive_features\.loc\[X\.index\]"):
        model.fit(frame, y, sensitive_features=forms[3][::-1])
    with pytest.raises(ValueError, match="sensitive_features is required"):
        model.fit(X, y)


def test_groups_at_predict():
    X, _, group, f = numbers()
    fitted = BarycenterRegressor(Ridge(), cv=2).fit(X, f, sensitive_features=group)
    model = CounterfactualEnsemble(BarycenterRegressor(Ridge(), cv=2), flip)
    model.fit(X, f, sensitive_features=group)
    both = [fitted.predict(Z, sensitive_features=group) for Z in (X, flip(X))]
    found = model.predict(X, sensitive_features=group)
    assert_array_equal(found, (both[0] + both[1]) / 2)
    assert model.score(X, f, sensitive_features=group) < 1
    with pytest.raises(ValueError, match="sensitive_features is required in predict"):
        model.predict(X)
    with pytest.raises(ValueError, match="score"):
        model.score(X, f)


@pytest.mark.parametrize("method", ALL)
def test_weights_are_repetitions(method):
    X, y, *_ = numbers(60)
    weight = np.arange(60) % 3
    inner = LogisticRegression(tol=1e-10)
    model = CounterfactualEnsemble(inner, flip, method=method)
    weighted = clone(model).fit(X, y, sample_weight=weight).predict_proba(X)
    repeated = np.repeat(np.arange(60), weight)
    found = clone(model).fit(X[repeated], y[repeated]).predict_proba(X)
    assert_allclose(found, weighted, atol=1e-4)


def test_weights_that_the_estimator_does_not_take():
    X, y, *_ = numbers()
    model = CounterfactualEnsemble(KNeighborsClassifier(), flip, method="augment")
    with pytest.warns(UserWarning, match="KNeighborsClassifier takes no sample_weight"):
        model.fit(X, y, sample_weight=np.ones(200))


# Folds.


class Remembers(LogisticRegression):
    """Notes the training rows of every fit, by their first column."""

    seen: list = []

    def fit(self, X, y, sample_weight=None):
        Remembers.seen.append(np.unique(X[:, 0]))
        return super().fit(X, y, sample_weight=sample_weight)


@pytest.mark.parametrize("method", ["augment", "distill"])
def test_copies_of_a_row_are_never_on_both_sides_of_a_fold(method):
    X, y, *_ = numbers(60)
    X[:, 0] = np.arange(60)  # kept by the swap
    Remembers.seen.clear()
    model = CounterfactualEnsemble(Remembers(), flip, method=method)
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    search = GridSearchCV(model, {"estimator__C": [1, 2]}, cv=folds, refit=False)
    search.fit(X, y)
    assert len(Remembers.seen) == 3 * 2 * (1 if method == "augment" else 2)
    for rows in Remembers.seen:
        held_out = set(range(60)) - set(rows.astype(int))
        assert held_out in [set(test) for _, test in folds]


@pytest.mark.parametrize("method", ["augment", "distill"])
@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (LogisticRegressionCV(), "LogisticRegressionCV"),
        (GridSearchCV(LogisticRegression(), {"C": [1, 2]}), "GridSearchCV"),
        (
            make_pipeline(StandardScaler(), LogisticRegressionCV()),
            "LogisticRegressionCV",
        ),
    ],
)
def test_an_estimator_with_folds_of_its_own(estimator, name, method):
    X, y, *_ = numbers()
    model = CounterfactualEnsemble(estimator, flip, method=method)
    with pytest.raises(ValueError, match=rf"{name} splits.*inside, {name}\(Counter"):
        model.fit(X, y)


# Swaps.


@pytest.mark.parametrize("method", ALL)
def test_swaps_that_do_not_undo_themselves(method):
    X, y, *_ = numbers()
    model = CounterfactualEnsemble(LogisticRegression(), abs, method=method)
    with pytest.warns(UserWarning, match=r"Two swaps restore 0\.0% of the rows"):
        model.fit(X, y)
    assert 0 < model.changed_share_ < 1
    texts = ["she slept", "he left"] * 50
    rare = [*texts[:-6], *["he gave him books"] * 6]
    model = CounterfactualEnsemble(words(), TermSwap(), method=method)
    with pytest.warns(UserWarning, match=r"restore 94\.0% of the rows.*TermMerge"):
        model.fit(rare, [0, 1] * 50)
    assert model.fit([*texts[:-5], *rare[-5:]], [0, 1] * 50).round_trip_ == 0.95


def test_a_swap_that_changes_nothing():
    model = CounterfactualEnsemble(words(), TermSwap([("no", "yes")]))
    with pytest.warns(UserWarning, match="swap changes no row of X"):
        model.fit(TEXT, Y)
    assert model.changed_share_ == 0
    assert np.isnan(model.round_trip_)
    plain = words().fit(TEXT, Y)
    assert_array_equal(model.predict_proba(TEXT), plain.predict_proba(TEXT))


FRAME = pd.DataFrame({"a": [1.0, np.nan], "b": [0, 1]})


@pytest.mark.parametrize(
    ("X", "swap", "error", "message"),
    [
        (FRAME, lambda X: X[:1], ValueError, "swap returned 1 rows for 2"),
        (FRAME, lambda X: None, TypeError, "swap returned None; it has to return"),
        (
            FRAME,
            lambda X: X.to_numpy(),
            TypeError,
            "returned a ndarray for a DataFrame",
        ),
        (FRAME, lambda X: X[["b", "a"]], ValueError, r"the columns \['b', 'a'\] for"),
        (FRAME.to_numpy(), lambda X: X[:, :1], ValueError, r"the shape \(2, 1\) for X"),
        (
            sparse.eye(2).tocsr(),
            lambda X: X.toarray(),
            TypeError,
            "a ndarray for a csr_matrix",
        ),
    ],
)
def test_what_a_swap_must_return(X, swap, error, message):
    with pytest.raises(error, match=message):
        CounterfactualEnsemble(GaussianNB(), swap).fit(X, [0, 1])


def as_list(X):
    return [text[::-1] for text in X]


TEXTS = ["she left", "he ran"] * 10


@pytest.mark.slow
@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize(
    "form",
    [
        list,
        tuple,
        np.array,
        lambda X: np.array(X, dtype=object),
        lambda X: pd.Series(X, index=np.arange(20) + 3),
        lambda X: pd.Series(X, dtype="category"),
        lambda X: pl.Series("text", X),
    ],
)
def test_texts_in_any_container_and_a_swap_that_returns_a_list(form, method):
    y = [0, 1] * 10
    expected = CounterfactualEnsemble(words(), as_list, method=method).fit(TEXTS, y)
    model = CounterfactualEnsemble(words(), as_list, method=method).fit(form(TEXTS), y)
    assert (model.changed_share_, model.round_trip_) == (1.0, 1.0)
    found = model.predict_proba(form(TEXTS))
    assert_allclose(found, expected.predict_proba(TEXTS), atol=1e-12)
    assert not hasattr(model, "n_features_in_")


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize(
    "form",
    [
        pd.DataFrame,
        sparse.csr_array,
        sparse.csc_matrix,
        sparse.coo_array,
        lambda X: pl.DataFrame(X, schema=["a", "b", "c"]),
    ],
)
def test_tables_in_any_container(form, method):
    X, y, *_ = numbers()
    expected = CounterfactualEnsemble(LogisticRegression(), np.negative, method=method)
    expected.fit(X, y)
    model = CounterfactualEnsemble(
        LogisticRegression(), lambda X: -1.0 * X, method=method
    )
    if isinstance(form(X), pl.DataFrame):
        model.set_params(swap=lambda X: X.select(-pl.all()))
    model.fit(form(X), y)
    assert model.round_trip_ == 1.0
    assert_allclose(model.predict_proba(form(X)), expected.predict_proba(X), atol=1e-4)
    assert model.n_features_in_ == 3


# Estimators that do not fit a method.


def test_frozen_estimators():
    X, y, *_ = numbers()
    fitted = LogisticRegression().fit(X, y)
    model = CounterfactualEnsemble(FrozenEstimator(fitted), flip).fit(X)
    proba = (fitted.predict_proba(X) + fitted.predict_proba(flip(X))) / 2
    assert_array_equal(model.predict_proba(X), proba)
    for method in ("augment", "distill"):
        with pytest.raises(ValueError, match=f"method='{method}' fits the estimator"):
            clone(model).set_params(method=method).fit(X, y)


def test_methods_that_the_estimator_lacks():
    X, y, *_ = numbers()
    model = CounterfactualEnsemble(Perceptron(), flip, method="distill")
    with pytest.raises(AttributeError, match='no predict_proba, and method="distill"'):
        model.fit(X, y)
    model = CounterfactualEnsemble(KNeighborsClassifier(), flip, method="distill")
    with pytest.raises(ValueError, match="KNeighborsClassifier takes no sample_weight"):
        model.fit(X, y)
    with pytest.raises(ValueError, match="y should be a 1d array"):
        CounterfactualEnsemble(GaussianNB(), flip).fit(X, np.eye(2)[[0, 1] * 100])

    class Decides(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            return self.classes_[np.zeros(len(X), dtype=int)]

    model = CounterfactualEnsemble(Decides(), flip).fit(X, y)
    with pytest.raises(AttributeError, match="neither predict_proba nor decision"):
        model.predict(X)
    model = CounterfactualEnsemble(Decides(), flip, method="augment").fit(X, y)
    assert set(model.predict(X)) == {"a"}
    with pytest.raises(ValueError, match="'method' parameter"):
        CounterfactualEnsemble(SVC(), flip, method="mean").fit(X, y)


# In the tools of scikit-learn.


@pytest.mark.slow
@pytest.mark.parametrize("method", ALL)
def test_inside_sensitive_columns_and_a_search(method):
    frame, y = TRAIN.data[:300], Y[:300]
    text = make_pipeline(
        make_column_transformer((TfidfVectorizer(), "text")),
        ParityLogisticRegression(pos_label="surgeon"),
    )
    model = SensitiveColumns(
        CounterfactualEnsemble(text, TermSwap(), method=method), "sex"
    )
    hand = CounterfactualEnsemble(text, TermSwap(), method=method)
    hand.fit(frame[["text"]], y, sensitive_features=frame["sex"])
    new = TEST.data
    model.fit(frame, y)
    assert_array_equal(model.predict_proba(new), hand.predict_proba(new[["text"]]))
    assert model.score(new, TEST.target) == hand.score(new[["text"]], TEST.target)
    grid = {"estimator__estimator__paritylogisticregression__C": [0.01, 10.0]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(frame, y)
    assert len(set(search.cv_results_["mean_test_score"])) == 2
    copy = pickle.loads(pickle.dumps(search))
    assert_array_equal(copy.predict(new), search.predict(new))


@pytest.mark.slow
def test_search_over_swap_and_method():
    grid = {"method": ALL, "swap__pairs": ["english-gender", [("he", "she")]]}
    model = CounterfactualEnsemble(words(), TermSwap())
    search = GridSearchCV(model, grid, cv=2, error_score="raise")
    search.fit(TEXT[:300], Y[:300])
    assert len(set(search.cv_results_["mean_test_score"])) > 3
    out = cross_val_predict(model, TEXT[:300], Y[:300], cv=2, method="predict_proba")
    assert out.shape == (300, 2)


def test_routing():
    X, y, group, _ = numbers()
    model = CounterfactualEnsemble(ParityLogisticRegression(), flip, method="augment")
    expected = clone(model).fit(X, y, sensitive_features=group).predict_proba(X)
    with config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(StandardScaler(with_mean=False, with_std=False), model)
        pipeline.fit(X, y, sensitive_features=group)
        assert_array_equal(pipeline.predict_proba(X), expected)
        routing = model.get_metadata_routing()
        assert routing.consumes("fit", ["sensitive_features"])
        assert not routing.consumes("predict", ["sensitive_features"])
        plain = CounterfactualEnsemble(LogisticRegression(), flip)
        assert not plain.get_metadata_routing().consumes("fit", ["sensitive_features"])
    with config_context(enable_metadata_routing=True):
        explicit = model.set_fit_request(sensitive_features=False)
        routing = explicit.get_metadata_routing()
        assert not routing.consumes("fit", ["sensitive_features"])


def test_columns_of_new_rows():
    X, _, group, f = numbers()
    frame = pd.DataFrame(X, columns=list("abc"))
    model = CounterfactualEnsemble(ParityRidge(), flip)
    model.fit(frame, f, sensitive_features=group)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"a": "z"}))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["a", "b"]])
    model.fit(X, f, sensitive_features=group)
    with pytest.raises(ValueError, match="X has 2 features"):
        model.predict(X[:, :2])
    with pytest.raises(ValueError, match="Reshape your data"):
        model.predict(X[0])


def test_adult_without_sex_and_with_both_versions_of_it():
    """The paragraph of the user guide on tables."""
    adult = load_adult()
    X = adult.data.select_dtypes("number").assign(
        male=(adult.data["sex"] == "Male").astype(float)
    )[:4000]
    y = adult.target[:4000]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    both = CounterfactualEnsemble(model, lambda X: X.assign(male=1.0 - X["male"])).fit(
        X, y
    )
    without = clone(model).fit(X.drop(columns="male"), y)
    decided, other = both.predict(X), without.predict(X.drop(columns="male"))
    accuracy = [(y == y_pred).mean() for y_pred in (decided, other)]
    gaps = [
        demographic_parity_difference(
            y, y_pred, sensitive_features=X["male"], pos_label=">50K"
        )
        for y_pred in (decided, other)
    ]
    assert abs(accuracy[0] - accuracy[1]) < 0.005
    assert abs(gaps[0] - gaps[1]) < 0.02
    plain = clone(model).fit(X, y).predict(X)
    gap = demographic_parity_difference(
        y, plain, sensitive_features=X["male"], pos_label=">50K"
    )
    assert gap > gaps[0] + 0.05


def test_groups_that_the_estimator_does_not_take_are_refused():
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2
    model = CounterfactualEnsemble(LogisticRegression(), lambda X: X[:, ::-1])
    message = "fit of LogisticRegression does not take it.*leave it out"
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, sensitive_features=["a", "b"] * 20)
    assert not hasattr(model, "estimator_")
