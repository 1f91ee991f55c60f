"""SensitiveColumns: which columns, what becomes of them, and what it looks like."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    TransformerMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import AdaBoostRegressor, VotingClassifier, VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from fairlearnkit._routing.call import call
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.preprocessing import ParityProjection


class Recorder(TransformerMixin, ClassifierMixin, BaseEstimator):
    """Remembers what each method was called with."""

    __metadata_request__fit = {"sensitive_features": True}
    __metadata_request__predict = {"sensitive_features": True}
    __metadata_request__predict_proba = {"sensitive_features": True}
    __metadata_request__predict_log_proba = {"sensitive_features": True}
    __metadata_request__decision_function = {"sensitive_features": True}
    __metadata_request__transform = {"sensitive_features": True}
    __metadata_request__inverse_transform = {"sensitive_features": True}
    __metadata_request__score = {"sensitive_features": True}

    def fit(self, X, y=None, *, sensitive_features=None):
        self.fit_, self.seen_ = (X, y, sensitive_features), {}
        self.classes_ = np.array([0, 1])
        return self

    def fit_transform(self, X, y=None, *, sensitive_features=None):
        self.fit(X, y, sensitive_features=sensitive_features)
        self.seen_["fit_transform"] = X, sensitive_features
        return X

    def _see(self, method, X, sensitive_features):
        self.seen_[method] = X, sensitive_features
        return X

    def predict(self, X, *, sensitive_features=None):
        return self._see("predict", X, sensitive_features)

    def predict_proba(self, X, *, sensitive_features=None):
        return self._see("predict_proba", X, sensitive_features)

    def predict_log_proba(self, X, *, sensitive_features=None):
        return self._see("predict_log_proba", X, sensitive_features)

    def decision_function(self, X, *, sensitive_features=None):
        return self._see("decision_function", X, sensitive_features)

    def transform(self, X, *, sensitive_features=None):
        return self._see("transform", X, sensitive_features)

    def inverse_transform(self, X, *, sensitive_features=None):
        return self._see("inverse_transform", X, sensitive_features)

    def score(self, X, y=None, *, sensitive_features=None):
        self._see("score", X, sensitive_features)
        return 0.5


def make_frame(n=120, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 60, n),
            "sex": rng.choice(["f", "m"], n),
            "income": rng.normal(size=n),
            "region": rng.choice(["n", "s", "w"], n),
        }
    )
    f = frame["income"] + (frame["sex"] == "m") + rng.normal(size=n)
    return frame, np.where(f > 0.5, "yes", "no")


def encoded(model):
    """A pipeline that takes any columns of the frame."""
    texts = make_column_selector(dtype_exclude="number")
    encode = make_column_transformer(
        (OneHotEncoder(sparse_output=False, handle_unknown="ignore"), texts),
        remainder=StandardScaler(),
    )
    return make_pipeline(encode, model)


LATER = ("predict", "predict_proba", "predict_log_proba", "decision_function")


@pytest.mark.parametrize("drop", [True, False])
def test_every_method_gets_its_groups(drop):
    X, _ = make_frame()
    y = np.arange(len(X)) % 2
    rest = X.drop(columns="sex") if drop else X
    model = SensitiveColumns(Recorder(), "sex", drop=drop).fit(X, y)
    seen_X, seen_y, groups = model.estimator_.fit_
    pd.testing.assert_frame_equal(seen_X, rest)
    pd.testing.assert_series_equal(groups, X["sex"])
    assert seen_y is y
    new, _ = make_frame(50, seed=1)
    rest = new.drop(columns="sex") if drop else new
    for method in (*LATER, "transform"):
        getattr(model, method)(new)
        seen_X, groups = model.estimator_.seen_[method]
        pd.testing.assert_frame_equal(seen_X, rest)
        pd.testing.assert_series_equal(groups, new["sex"])
    assert model.score(new, y[:50]) == 0.5
    pd.testing.assert_series_equal(model.estimator_.seen_["score"][1], new["sex"])
    model.fit_transform(X, y)
    pd.testing.assert_series_equal(model.estimator_.seen_["fit_transform"][1], X["sex"])


CHOICES = {
    "name": ("sex", ["sex"]),
    "list of a name": (["sex"], ["sex"]),
    "names, in an order of their own": (["region", "sex"], ["region", "sex"]),
    "index": (pd.Index(["sex", "region"]), ["sex", "region"]),
    "position": (1, ["sex"]),
    "numpy position": (np.int64(1), ["sex"]),
    "negative position": (-1, ["region"]),
    "positions": ([3, 1], ["region", "sex"]),
    "array of positions": (np.array([1]), ["sex"]),
    "mask": ([False, True, False, True], ["sex", "region"]),
    "array mask": (np.array([False, True, False, False]), ["sex"]),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("container", ["pandas", "polars", "numpy"])
def test_columns_of_every_kind_in_every_container(choice, container):
    columns, expected = CHOICES[choice]
    X, _ = make_frame()
    by_name = isinstance(np.atleast_1d(columns)[0], str)
    table = {
        "pandas": X,
        "polars": pl.DataFrame(X.to_dict("list")),
        "numpy": X.to_numpy(),
    }[container]
    model = SensitiveColumns(Recorder(), columns)
    if container == "numpy" and by_name:
        with pytest.raises(ValueError, match=r"are names, but X, a ndarray, has no"):
            model.fit(table)
        return
    seen_X, _, groups = model.fit(table).estimator_.fit_
    assert_array_equal(np.asarray(seen_X), X.drop(columns=expected).to_numpy())
    assert_array_equal(np.asarray(groups).reshape(len(X), -1), X[expected].to_numpy())
    assert type(seen_X) is type(table)
    single = np.ndim(columns) == 0
    assert (np.ndim(groups) == 1) == single
    assert_array_equal(model.positions_, [X.columns.get_loc(c) for c in expected])
    assert_array_equal(
        np.asarray(model.sensitive_features_of(table)), np.asarray(groups)
    )
    assert_array_equal(
        np.asarray(clone(model).sensitive_features_of(table)), np.asarray(groups)
    )


def by_age(X):
    return np.where(X["age"] < 40, "young", "old")


def test_a_function_of_the_rows():
    X, _ = make_frame()
    model = SensitiveColumns(Recorder(), by_age).fit(X)
    seen_X, _, groups = model.estimator_.fit_
    assert seen_X is X
    assert_array_equal(groups, by_age(X))
    assert model.positions_ is None
    with pytest.raises(ValueError, match=r"returned 3 rows for the 120 rows of X"):
        SensitiveColumns(Recorder(), lambda X: ["a", "b", "c"]).fit(X)
    with pytest.raises(ValueError, match=r"returned None for the 120 rows"):
        SensitiveColumns(Recorder(), lambda X: None).fit(X)
    with pytest.raises(ValueError, match=r"columns\(X\) has other rows than X"):
        SensitiveColumns(Recorder(), lambda X: X["sex"].sort_values()).fit(X)
    with pytest.raises(ValueError, match=r"returned 1 rows"):  # it selects columns
        SensitiveColumns(Recorder(), make_column_selector("sex")).fit(X)


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
def test_sparse(make):
    dense = np.random.default_rng(0).integers(0, 3, (60, 4)).astype(float)
    X = make(dense)
    model = SensitiveColumns(Recorder(), 2).fit(X)
    seen_X, _, groups = model.estimator_.fit_
    assert sparse.issparse(seen_X)
    assert_array_equal(seen_X.toarray(), np.delete(dense, 2, axis=1))
    assert_array_equal(groups, dense[:, 2])
    two = SensitiveColumns(Recorder(), [0, 2]).fit(X).estimator_.fit_[2]
    assert_array_equal(two, dense[:, [0, 2]])


def test_lists_keep_numbers_beside_text():
    rows = [[1.5, "f"], [2.5, "m"], [0.5, "f"]]
    seen_X, _, groups = SensitiveColumns(Recorder(), 1).fit(rows).estimator_.fit_
    assert seen_X.tolist() == [[1.5], [2.5], [0.5]]
    assert groups.tolist() == ["f", "m", "f"]
    numbers = SensitiveColumns(Recorder(), 0).fit([[1, 2.0], [0, 3.0]])
    assert numbers.estimator_.fit_[0].dtype == np.float64


BAD = {
    "no such name": ("gender", r"X has no columns named 'gender'; .*'age', 'sex'"),
    "no such position": (4, r"names the position 4, but X has 4 columns"),
    "twice": (["sex", "sex"], "names a column twice"),
    "twice by position": ([1, -3], "names a column twice"),
    "none": ([], "names no column"),
    "empty mask": ([False] * 4, "names no column"),
    "short mask": ([True, False], r"mask of length 2, but X has 4 columns"),
    "mixed": (["sex", 1], "mixes kinds"),
    "all": ([0, 1, 2, 3], "nothing is left to learn from"),
}


@pytest.mark.parametrize("case", BAD)
def test_columns_that_do_not_fit(case):
    columns, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        SensitiveColumns(Recorder(), columns).fit(make_frame()[0])


def test_parameters_are_checked():
    X, y = make_frame()
    with pytest.raises(ValueError, match="'columns' parameter"):
        SensitiveColumns(Recorder(), None).fit(X, y)
    with pytest.raises(ValueError, match="'drop' parameter"):
        SensitiveColumns(Recorder(), "sex", drop="yes").fit(X, y)
    with pytest.raises(ValueError, match="'estimator' parameter"):
        SensitiveColumns("sex", "sex").fit(X, y)
    with pytest.raises(ValueError, match=r"Reshape your data"):
        SensitiveColumns(Recorder(), 0).fit(X["age"].to_numpy(), y)
    twice = pd.concat([X, X[["sex"]]], axis=1)
    with pytest.raises(ValueError, match=r"X has 2 columns named 'sex'"):
        SensitiveColumns(Recorder(), "sex").fit(twice, y)


# Between fit and predict.


@pytest.mark.parametrize("polars", [False, True])
@pytest.mark.parametrize("columns", ["sex", 1, ["income", "sex"], None])
def test_columns_with_names_may_come_in_another_order(polars, columns):
    X, y = make_frame()
    columns = columns or (lambda X: np.asarray(X["sex"]))
    X["income"] = np.sign(X["income"])
    model = SensitiveColumns(encoded(ParityLogisticRegression(max_gap=0.1)), columns)
    model.fit(X, y)
    expected = model.predict_proba(X)
    other = X[["income", "region", "sex", "age"]]
    other = pl.DataFrame(other.to_dict("list")) if polars else other
    assert_array_equal(model.predict_proba(other), expected)
    assert_array_equal(
        np.asarray(model.sensitive_features_of(other)),
        np.asarray(model.sensitive_features_of(X)),
    )


CHANGES = {
    "missing": (
        lambda X: X.drop(columns="sex"),
        r"missing: \['sex'\]\)\. They may come in another order; pass each of them "
        r"once, under its name\.$",
    ),
    "another one missing": (lambda X: X.drop(columns="age"), r"missing: \['age'\]"),
    "renamed": (
        lambda X: X.rename(columns={"sex": "gender"}),
        r"missing: \['sex'\]; not seen in fit: \['gender'\]",
    ),
    "added": (lambda X: X.assign(new=1), r"not seen in fit: \['new'\]"),
    "doubled": (
        lambda X: pd.concat([X, X[["sex"]]], axis=1),
        r"more than once: \['sex'\]",
    ),
    "another one doubled": (
        lambda X: pd.concat([X[["age"]], X], axis=1),
        r"more than once: \['age'\]",
    ),
    "text to numbers": (
        lambda X: X.assign(sex=(X["sex"] == "m").astype(int)),
        r"column 'sex' held text in fit and holds numbers now",
    ),
    "text to booleans": (
        lambda X: X.assign(sex=X["sex"] == "m"),
        r"column 'sex' held text in fit and holds booleans now",
    ),
    "names lost": (
        lambda X: X.to_numpy(),
        r"\['sex'\] are names, but X, a ndarray, has no column names, or not only "
        r"strings\. Pass a DataFrame with names, or select columns by position\. \(A "
        r"tool that turns frames into arrays, such as BaggingClassifier, needs "
        r"positions\.\)$",
    ),
}


@pytest.mark.parametrize(
    "method", ["predict", "transform", "score", "sensitive_features_of"]
)
@pytest.mark.parametrize("case", CHANGES)
def test_changed_columns_raise(case, method):
    change, message = CHANGES[case]
    X, _ = make_frame()
    model = SensitiveColumns(Recorder(), "sex").fit(X)
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(change(X))


def test_changed_positions_raise():
    X = np.column_stack([np.arange(40.0), np.arange(40) % 2])
    model = SensitiveColumns(Recorder(), 1).fit(X)
    with pytest.raises(ValueError, match="X has 3 features, but SensitiveColumns is"):
        model.predict(np.column_stack([X, X[:, 0]]))
    words = np.column_stack([X[:, 0].astype(object), np.where(X[:, 1], "m", "f")])
    with pytest.raises(ValueError, match="at position 1 held numbers in fit and holds"):
        model.predict(words)
    rule = SensitiveColumns(Recorder(), lambda X: X[:, 1]).fit(X)
    with pytest.raises(ValueError, match=r"Column 0 of what <function.*held numbers"):
        rule.predict(words)


SAME_KIND = {
    "category": lambda s: s.astype("category"),
    "string": lambda s: s.astype("string"),
    "object": lambda s: s.astype(object),
}


@pytest.mark.parametrize("kind", SAME_KIND)
def test_containers_of_text_are_one_kind(kind):
    X, y = make_frame()
    model = SensitiveColumns(encoded(ParityLogisticRegression()), "sex").fit(X, y)
    other = X.assign(sex=SAME_KIND[kind](X["sex"]))
    assert_array_equal(model.predict(other), model.predict(X))
    again = clone(model).fit(other, y)
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_missing_values_are_of_no_kind():
    X, y = make_frame()
    X.loc[::7, "sex"] = None
    inner = encoded(ParityLogisticRegression(missing="group"))
    model = SensitiveColumns(inner, "sex").fit(X, y)
    assert model.column_kinds_ == [["text"]]
    model.predict(X[X["sex"].isna()])
    dates = X.assign(sex=pd.Timestamp("2020-01-01"))
    with pytest.raises(ValueError, match="held text in fit and holds times now"):
        model.predict(dates)
    numbers = X.assign(sex=np.where(X["sex"].isna(), np.nan, 1.0))
    assert SensitiveColumns(Recorder(), "sex").fit(numbers).column_kinds_ == [
        ["numbers"]
    ]


def test_a_failed_fit_leaves_the_fitted_model():
    X, y = make_frame()
    model = SensitiveColumns(encoded(ParityLogisticRegression()), "sex")
    with pytest.raises(ValueError, match="one group only"):
        model.fit(X.assign(sex="f"), y)
    with pytest.raises(AttributeError):
        _ = model.classes_
    with pytest.raises(ValueError, match="not fitted"):
        model.predict(X)


# What it looks like from outside.


def test_it_is_what_is_inside():
    classifier = SensitiveColumns(encoded(ParityLogisticRegression()), "sex")
    regressor = SensitiveColumns(ParityRidge(), 0)
    projection = SensitiveColumns(ParityProjection(), 0)
    assert is_classifier(classifier)
    assert is_regressor(regressor)
    assert not hasattr(regressor, "predict_proba")
    assert not hasattr(classifier, "transform")
    assert not hasattr(classifier, "fit_transform")
    assert not hasattr(projection, "predict")
    with pytest.raises(AttributeError, match="has no attribute 'predict'") as error:
        _ = projection.predict
    assert "'ParityProjection' object" in str(error.value.__cause__)
    X, y = make_frame()
    classifier.fit(X, y)
    assert classifier.classes_.tolist() == ["no", "yes"]
    assert classifier.n_features_in_ == 4
    assert classifier.feature_names_in_.tolist() == X.columns.tolist()
    assert not hasattr(regressor, "classes_")


@pytest.mark.parametrize("container", ["default", "pandas", "polars"])
def test_containers_and_names_of_transformed_data(container):
    X, y = make_frame()
    numbers = X[["age", "sex", "income"]]
    pipe = make_pipeline(StandardScaler(), ParityProjection())
    model = SensitiveColumns(pipe, "sex").set_output(transform=container)
    expected = ["age", "income"]
    for result in (model.fit_transform(numbers, y), model.transform(numbers)):
        if container != "default":
            assert list(result.columns) == expected
        if container == "pandas":
            assert result.index.equals(X.index)
    assert model.get_feature_names_out().tolist() == expected
    assert model.get_feature_names_out(numbers.columns).tolist() == expected
    alone = SensitiveColumns(ParityProjection(), "sex").fit(numbers, y)
    alone.set_output(transform="pandas").set_output(transform="default")
    assert isinstance(alone.transform(numbers), np.ndarray)
    arrays = SensitiveColumns(ParityProjection(), 1).fit(
        np.column_stack([X["age"], X["sex"] == "m", X["income"]]).astype(float)
    )
    assert arrays.get_feature_names_out().tolist() == ["x0", "x2"]
    with pytest.raises(ValueError, match="input_features"):
        model.get_feature_names_out(["age"])


class Shifted(TransformerMixin, BaseEstimator):
    """Does something else in fit_transform, as TargetEncoder does."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def fit_transform(self, X, y=None):
        return np.asarray(X) + 1

    def transform(self, X):
        return np.asarray(X)


def test_a_transformer_with_a_fit_transform_of_its_own():
    X, _ = make_frame()
    numbers = X[["age", "sex"]]
    model = SensitiveColumns(Shifted(), "sex")
    assert_array_equal(model.fit_transform(numbers), X[["age"]] + 1)
    assert_array_equal(model.transform(numbers), X[["age"]])
    frozen = SensitiveColumns(FrozenEstimator(Shifted().fit(X)), "sex")
    assert_array_equal(frozen.fit_transform(numbers), X[["age"]])


def test_inside_a_pipeline_it_takes_the_column_out():
    X, y = make_frame()
    step = SensitiveColumns(encoded(ParityProjection()), "sex")
    pipe = make_pipeline(step, LogisticRegression(tol=1e-10, max_iter=1000)).fit(X, y)
    single = SensitiveColumns(encoded(ParityLogisticRegression(tol=1e-12)), "sex")
    assert_allclose(
        pipe.decision_function(X), single.fit(X, y).decision_function(X), atol=1e-4
    )


def test_html_shows_what_is_inside():
    X, y = make_frame()
    model = SensitiveColumns(encoded(ParityLogisticRegression()), "sex")
    for html in (model._repr_html_(), model.fit(X, y)._repr_html_()):
        assert "SensitiveColumns" in html
        assert "ParityLogisticRegression" in html
        assert "OneHotEncoder" in html


@pytest.mark.parametrize(
    ("save", "load"),
    [
        (lambda m, path: path.write_bytes(pickle.dumps(m)), None),
        (lambda m, path: joblib.dump(m, path), joblib.load),
        (lambda m, path: skops.io.dump(m, path), skops.io.load),
    ],
    ids=["pickle", "joblib", "skops"],
)
def test_saved_and_loaded(save, load, tmp_path):
    X, y = make_frame()
    inner = make_pipeline(StandardScaler(), ParityLogisticRegression())
    model = SensitiveColumns(inner, "sex")
    numbers, weight = X[["age", "sex", "income"]], np.arange(len(X)) % 3 + 1.0
    model.fit(numbers, y, sample_weight=weight)
    path = tmp_path / "model"
    save(model, path)
    if load is None:
        copy = pickle.loads(path.read_bytes())
    elif load is skops.io.load:
        ours = skops.io.get_untrusted_types(file=path)
        assert all(name.startswith("fairlearnkit.") for name in ours)
        copy = load(path, trusted=ours)
    else:
        copy = load(path)
    assert_array_equal(copy.predict_proba(numbers), model.predict_proba(numbers))


def test_nothing_of_the_training_rows_is_kept():
    X, y = make_frame(5000)
    model = SensitiveColumns(encoded(ParityLogisticRegression()), "sex").fit(X, y)
    assert len(pickle.dumps(model)) < 20_000


def test_a_failed_refit_changes_nothing():
    X, y = make_frame()
    numbers = X[["age", "sex", "income"]]
    model = SensitiveColumns(encoded(ParityLogisticRegression()), "sex")
    model.fit(numbers, y)
    before = model.predict_proba(numbers)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X[["region", "income", "sex"]], y[:5])
    assert model.feature_names_in_.tolist() == ["age", "sex", "income"]
    assert_array_equal(model.predict_proba(numbers), before)


def test_a_stateless_transformer_has_to_be_fitted():
    X, _ = make_frame()
    model = SensitiveColumns(FunctionTransformer(), "sex")
    with pytest.raises(NotFittedError):
        model.transform(X)
    assert model.fit(X).transform(X).shape == (120, 3)


@pytest.mark.parametrize("columns", [{"sex"}, {"sex": 1}, frozenset(["sex"])])
def test_columns_without_an_order(columns):
    with pytest.raises(ValueError, match="has no order"):
        SensitiveColumns(Recorder(), columns).fit(make_frame()[0])


def test_zero_dimensional_arrays_are_single_columns():
    X, _ = make_frame()
    for columns in (np.array("sex"), np.array(1)):
        groups = SensitiveColumns(Recorder(), columns).fit(X).estimator_.fit_[2]
        pd.testing.assert_series_equal(groups, X["sex"])


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA])
def test_a_new_row_may_lack_its_group(gap):
    X, y = make_frame()
    X.loc[::9, "sex"] = None
    inner = encoded(ParityLogisticRegression(missing="group"))
    model = SensitiveColumns(inner, "sex").fit(X, y)
    row = X[X["sex"].isna()][:1]
    other = row.assign(sex=[gap])
    assert_array_equal(model.predict_proba(other), model.predict_proba(row))


# Weights and metadata.


class Foreign(ClassifierMixin, BaseEstimator):
    """A model of somebody else, who set no request."""

    def fit(self, X, y, *, sensitive_features, sample_weight=None):
        self.groups_ = np.unique(sensitive_features)
        self.weight_ = sample_weight
        self.classes_ = np.unique(y)
        return self

    def predict(self, X, *, sensitive_features):
        assert set(np.unique(sensitive_features)) <= set(self.groups_)
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize(
    "inner", [Foreign(), make_pipeline(StandardScaler(), Foreign())]
)
def test_estimators_of_others_need_no_request(inner):
    X, y = make_frame()
    numbers = X[["age", "sex", "income"]]
    model = SensitiveColumns(inner, "sex").fit(numbers, y)
    with ThreadPoolExecutor(4) as pool:
        for y_pred in pool.map(model.predict, [numbers] * 20):
            assert_array_equal(y_pred, "no")
    last = model.estimator_[-1] if hasattr(inner, "steps") else model.estimator_
    assert last.groups_.tolist() == ["f", "m"]
    assert "_metadata_request" not in vars(last)


class Mixed(Foreign):
    """Scores by the mixin, which predicts without the groups."""

    def predict(self, X, *, sensitive_features=None):
        first = self.groups_[0] if sensitive_features is not None else "nobody"
        inside = np.asarray(sensitive_features) == first
        return self.classes_[np.where(inside, 1, 0) * np.ones(len(X), dtype=int)]


@pytest.mark.parametrize("inner", [Mixed(), make_pipeline(StandardScaler(), Mixed())])
def test_a_score_that_forgets_the_groups_is_not_taken(inner):
    X, y = make_frame()
    numbers, weight = X[["age", "sex", "income"]], np.arange(len(X)) % 3 + 1.0
    model = SensitiveColumns(inner, "sex").fit(numbers, y)
    y_pred = model.predict(numbers)
    assert len(set(y_pred)) == 2
    assert model.score(numbers, y) == accuracy_score(y, y_pred)
    expected = accuracy_score(y, y_pred, sample_weight=weight)
    assert model.score(numbers, y, sample_weight=weight) == expected
    scores = cross_val_score(SensitiveColumns(inner, "sex"), numbers, y, cv=3)
    same = cross_val_score(
        SensitiveColumns(inner, "sex"), numbers, y, cv=3, scoring="accuracy"
    )
    assert_array_equal(scores, same)


@pytest.mark.parametrize(
    "around",
    [
        lambda m: VotingClassifier([("a", m)]),
        lambda m: GridSearchCV(m, {}, cv=2),
        lambda m: make_pipeline(StandardScaler(), VotingClassifier([("a", m)])),
    ],
)
def test_tools_inside_that_keep_the_groups_from_predict(around):
    X, y = make_frame()
    numbers = X[["age", "sex", "income"]]
    model = SensitiveColumns(around(Mixed()), "sex")
    with config_context(enable_metadata_routing=True):  # GridSearchCV scores in fit
        granted = Mixed().set_predict_request(sensitive_features=True)
        granted.set_fit_request(sensitive_features=True)
    for inner in (Mixed(), granted):
        model = SensitiveColumns(around(inner), "sex").fit(numbers, y)
        with pytest.raises(
            ValueError, match=r"Mixed asks for .* in predict, but .*Put"
        ):
            model.predict(numbers)


def test_steps_that_cannot_route_raise():
    X, _ = make_frame()
    numbers, y = X[["age", "sex", "income"]], X["income"].to_numpy()
    boost = AdaBoostRegressor(n_estimators=2, random_state=0)
    model = SensitiveColumns(make_pipeline(ParityProjection(), boost), "sex")
    with pytest.raises(ValueError, match=r"\['ParityProjection'\] ask .*Put"):
        model.fit(numbers, y)
    plain = SensitiveColumns(make_pipeline(StandardScaler(), boost), "sex")
    plain.fit(numbers, y).predict(numbers)
    with pytest.raises(ValueError, match=r"ask for .*sample_weight"):
        plain.fit(numbers, y, sample_weight=np.ones(len(y)))


class Shifter(TransformerMixin, BaseEstimator):
    """Needs groups in transform; the mixin's fit_transform does not hand them on."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X, sensitive_features=None):
        return np.asarray(X) + (np.asarray(sensitive_features) == "m")[:, None]


def test_fit_transform_of_the_mixin_gets_the_groups():
    X, _ = make_frame()
    model = SensitiveColumns(Shifter(), "sex")
    numbers = X[["age", "sex"]]
    expected = X[["age"]].to_numpy() + (X[["sex"]] == "m").to_numpy()
    assert_array_equal(model.fit_transform(numbers), expected)
    assert_array_equal(model.transform(numbers), expected)


def test_sensitive_columns_within_another_in_threads():
    """Weights are granted without a lock that the inner ones would wait for."""
    X, y = make_frame()
    table = X[["age", "sex", "income"]].assign(race=(X["region"] == "n") * 1.0)
    union = FeatureUnion(
        [
            ("a", SensitiveColumns(ParityProjection(), "race")),
            ("b", SensitiveColumns(StandardScaler(), "race")),
        ],
        n_jobs=2,
    )
    model = SensitiveColumns(make_pipeline(union, ParityLogisticRegression()), "sex")
    with joblib.parallel_config("threading"):
        model.fit(table, y)
        weight = np.ones(len(y))
        score = model.score(table, y, sample_weight=weight)
        assert score == model.score(table, y)
        model.fit(table, y, sample_weight=weight)


@pytest.mark.slow
def test_a_shared_frozen_model_is_left_alone():
    X, y = make_frame()
    numbers = X[["age", "income"]]
    fitted = Mixed().fit(numbers, y, sensitive_features=X["sex"])
    expected = fitted.predict(numbers, sensitive_features=X["sex"])

    def work(_):
        model = SensitiveColumns(FrozenEstimator(fitted), "sex")
        return model.fit(X[["age", "sex", "income"]], y).predict(
            X[["age", "sex", "income"]]
        )

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(work, range(100)):
            assert_array_equal(found, expected)
    assert "_metadata_request" not in vars(fitted)


def repeated(weight):
    return np.repeat(np.arange(len(weight)), weight)


INNER = {
    "model": ParityLogisticRegression(max_gap=0.2),
    "pipeline": make_pipeline(StandardScaler(), ParityLogisticRegression(max_gap=0.2)),
    "pipeline with projection": make_pipeline(
        StandardScaler(), ParityProjection(), LogisticRegression(tol=1e-8)
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", INNER)
@pytest.mark.parametrize("routing", [False, True])
def test_weights_go_to_every_part_that_takes_them(kind, routing):
    X, y = make_frame()
    numbers, weight = X[["age", "sex", "income"]], np.arange(len(X)) % 3 + 1
    rows = repeated(weight)
    model = SensitiveColumns(INNER[kind], "sex")
    with config_context(enable_metadata_routing=routing):
        weighted = clone(model).fit(numbers, y, sample_weight=weight)
        score = weighted.score(numbers, y, sample_weight=weight)
    twice = clone(model).fit(numbers.iloc[rows], y[rows])
    assert_allclose(
        weighted.decision_function(numbers), twice.decision_function(numbers), atol=1e-4
    )
    plain = clone(model).fit(numbers, y)
    off = weighted.decision_function(numbers) - plain.decision_function(numbers)
    assert np.abs(off).max() > 1e-2
    assert_allclose(score, weighted.score(numbers.iloc[rows], y[rows]), rtol=1e-12)
    parts = [
        weighted.estimator_,
        *getattr(weighted.estimator_, "named_steps", {}).values(),
    ]
    assert not any("_metadata_request" in vars(part) for part in parts)


def test_a_no_stands():
    X, y = make_frame()
    numbers, weight = X[["age", "sex", "income"]], np.arange(len(X)) % 3 + 1.0
    with config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        taken = ParityLogisticRegression().set_fit_request(sample_weight=True)
    for last in (taken, ParityLogisticRegression()):
        model = SensitiveColumns(make_pipeline(scaler, last), "sex")
        model.fit(numbers, y, sample_weight=weight)
        found = model.estimator_[0].mean_
        assert_allclose(found, numbers[["age", "income"]].mean())
        kept = model.estimator_[0]._metadata_request.fit.requests
        assert kept["sample_weight"] is False
    assert model.estimator[0]._metadata_request.fit.requests["sample_weight"] is False


def test_weights_that_nothing_takes():
    X, y = make_frame()
    numbers = X[["age", "sex", "income"]]
    model = SensitiveColumns(PCA(), "sex")
    with pytest.warns(UserWarning, match=r"^PCA takes no sample_weight: fitted"):
        model.fit(numbers, y, sample_weight=np.ones(len(X)))
    with pytest.raises(ValueError, match="score of PCA takes no sample_weight"):
        model.score(numbers, y, sample_weight=np.ones(len(X)))
    with config_context(enable_metadata_routing=True):
        no = ParityLogisticRegression().set_fit_request(sample_weight=False)
    with pytest.raises(ValueError, match="fit of ParityLogisticRegression does not"):
        SensitiveColumns(no, "sex").fit(numbers, y, sample_weight=np.ones(len(X)))


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_estimators_that_route_nothing():
    X, _ = make_frame()
    numbers, y = X[["age", "sex", "income"]], X["income"].to_numpy()
    weight = np.arange(len(X)) % 3 + 1.0
    for base in (None, DecisionTreeRegressor(max_depth=1)):
        boost = AdaBoostRegressor(base, n_estimators=2, random_state=0)
        model = SensitiveColumns(boost, "sex").fit(numbers, y, sample_weight=weight)
        rest = numbers[["age", "income"]]
        hand = clone(boost).fit(rest, y, sample_weight=weight)
        assert_array_equal(model.predict(numbers), hand.predict(rest))


def test_searches_and_ensembles_inside():
    X, y = make_frame()
    inner = GridSearchCV(
        encoded(ParityLogisticRegression()),
        {"paritylogisticregression__max_gap": [0.0, 0.5]},
        cv=3,
    )
    model = SensitiveColumns(inner, "sex").fit(X, y)
    hand = encoded(
        ParityLogisticRegression(
            **{
                k.rpartition("__")[2]: v
                for k, v in model.estimator_.best_params_.items()
            }
        )
    )
    hand.fit(
        X.drop(columns="sex"), y, paritylogisticregression__sensitive_features=X["sex"]
    )
    assert_array_equal(model.predict(X), hand.predict(X.drop(columns="sex")))
    numbers = X[["age", "sex", "income"]]
    vote = VotingRegressor([("ours", ParityRidge()), ("plain", LinearRegression())])
    model = SensitiveColumns(vote, "sex").fit(numbers, X["income"])
    assert model.estimator_.named_estimators_["ours"].groups_.tolist() == ["f", "m"]


def test_a_frozen_model_gets_its_groups():
    X, _ = make_frame()
    fitted = Recorder().fit(X, sensitive_features=X["sex"])
    model = SensitiveColumns(FrozenEstimator(fitted), "sex").fit(X)
    model.predict(X)
    assert model.estimator_.estimator is fitted
    pd.testing.assert_series_equal(fitted.seen_["predict"][1], X["sex"])


def test_call_is_the_mathematics_of_the_class():
    X, y = make_frame()
    model = SensitiveColumns(encoded(ParityLogisticRegression()), "sex").fit(X, y)
    estimator = clone(model.estimator)
    call(estimator, "fit", X.drop(columns="sex"), y, sensitive_features=X["sex"])
    expected = estimator.predict_proba(X.drop(columns="sex"))
    assert_array_equal(model.predict_proba(X), expected)


# inverse_transform


def test_inverse_transform():
    X, _ = make_frame()
    numbers = X[["age", "sex", "income"]]
    model = SensitiveColumns(make_pipeline(StandardScaler(), PCA()), "sex").fit(numbers)
    back = model.inverse_transform(model.transform(numbers))
    assert_allclose(back, numbers[["age", "income"]])
    assert not hasattr(SensitiveColumns(ParityProjection(), 0), "inverse_transform")


def test_groups_of_inverse_transform():
    X, _ = make_frame()
    model = SensitiveColumns(Recorder(), "sex").fit(X)
    model.inverse_transform(X)  # a frame that still has them
    seen_X, groups = model.estimator_.seen_["inverse_transform"]
    assert list(seen_X.columns) == ["age", "income", "region"]
    pd.testing.assert_series_equal(groups, X["sex"])
    with pytest.raises(ValueError, match=r"asks for sensitive features.*drop=False"):
        model.inverse_transform(X.drop(columns="sex").to_numpy())
    kept = SensitiveColumns(Recorder(), 1, drop=False).fit(X.to_numpy())
    kept.inverse_transform(X.to_numpy())
    assert_array_equal(kept.estimator_.seen_["inverse_transform"][1], X["sex"])
    dropped = SensitiveColumns(Recorder(), 1).fit(X.to_numpy())
    with pytest.raises(ValueError, match="asks for sensitive features"):
        dropped.inverse_transform(X.to_numpy())
    with pytest.raises(ValueError, match="X has no columns named 'sex'"):
        model.inverse_transform(X.drop(columns="sex"))


def test_rows_of_the_caller_are_not_written_to():
    X = np.random.default_rng(0).normal(size=(80, 4))
    X[:, 0] = np.arange(80) % 2
    before, y = X.copy(), np.arange(80) % 3 > 0
    SensitiveColumns(ParityLogisticRegression(), 0).fit(X, y).predict(X)
    assert_array_equal(X, before)
