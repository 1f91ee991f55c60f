"""Changes of decisions and scores with the other version of each row."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from fairlearnkit.compose import CounterfactualEnsemble, SensitiveColumns
from fairlearnkit.datasets import make_biased_biographies
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import CounterfactualDifference, counterfactual_difference
from fairlearnkit.preprocessing import TermMerge, TermSwap

X = np.array([[0.1], [0.4], [0.7], [0.9]])
# The third row is not changed.
OTHER = np.array([[0.6], [0.2], [0.7], [0.8]])


def swapped(_):
    return OTHER


class Given(ClassifierMixin, BaseEstimator):
    """The first columns are the probabilities of all classes but the first."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - X.sum(axis=1), X])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Returns(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.is_fitted_ = True
        return self

    def predict(self, X):
        return 2.0 * X[:, 0]


class Decides(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[(X[:, 0] > 0.5).astype(int)]


def test_two_classes_by_hand():
    model = Given().fit(X, ["no", "yes"])
    found = counterfactual_difference(model, X, swapped)
    assert (found.changed_share, found.n_changed) == (0.75, 3)
    # 0.1 to 0.6 flips; 0.4 to 0.2 and 0.9 to 0.8 do not.
    assert_allclose(found.flip_rate, 1 / 3)
    assert_allclose(found.mean_absolute_change, (0.5 + 0.2 + 0.1) / 3)
    assert list(found.mean_change) == ["no", "yes"]
    assert_allclose(found.mean_change["yes"], (0.5 - 0.2 - 0.1) / 3)
    assert_allclose(found.mean_change["no"], -found.mean_change["yes"])
    assert found.by_term is None


def test_weights_by_hand():
    model = Given().fit(X, [0, 1])
    found = counterfactual_difference(model, X, swapped, sample_weight=[1, 2, 3, 0])
    assert_allclose(found.changed_share, 3 / 6)
    assert found.n_changed == 2
    assert_allclose(found.flip_rate, 1 / 3)
    assert_allclose(found.mean_absolute_change, (0.5 + 2 * 0.2) / 3)
    assert_allclose(found.mean_change[1], (0.5 - 2 * 0.2) / 3)
    repeated = np.repeat(np.arange(4), [1, 2, 3, 0])
    again = counterfactual_difference(model, X[repeated], lambda _: OTHER[repeated])
    assert_allclose(found.mean_absolute_change, again.mean_absolute_change)
    assert_allclose(found.flip_rate, again.flip_rate)


def test_three_classes_by_hand():
    rows = np.array([[0.2, 0.1], [0.5, 0.3]])
    other = np.array([[0.1, 0.6], [0.5, 0.3]])
    model = Given().fit(rows, ["a", "b", "c"])
    found = counterfactual_difference(model, rows, lambda _: other)
    assert (found.n_changed, found.flip_rate) == (1, 1.0)
    # From (0.7, 0.2, 0.1) to (0.3, 0.1, 0.6).
    assert_allclose(found.mean_absolute_change, 0.5)
    assert_allclose([*found.mean_change.values()], [-0.4, -0.1, 0.5])


def test_a_regressor_by_hand():
    found = counterfactual_difference(Returns().fit(X, None), X, swapped)
    assert np.isnan(found.flip_rate)
    assert_allclose(found.mean_absolute_change, 2 * 0.8 / 3)
    assert_allclose(found.mean_change, 2 * 0.2 / 3)
    assert "flip rate" not in repr(found)
    assert found.frame().columns.tolist() == ["changed", "rows", "|change|", "change"]


def test_scores_and_bare_decisions():
    y = [0, 0, 1, 1]
    model = LinearSVC().fit(X, y)
    found = counterfactual_difference(model, X, swapped)
    change = model.decision_function(OTHER) - model.decision_function(X)
    assert_allclose(found.mean_absolute_change, abs(change[[0, 1, 3]]).mean())
    assert_allclose(found.mean_change[1], change[[0, 1, 3]].mean())
    assert list(found.mean_change) == [1]
    found = counterfactual_difference(Decides().fit(X, y), X, swapped)
    assert_allclose(found.flip_rate, 1 / 3)
    assert np.isnan(found.mean_absolute_change)
    assert found.mean_change == {}


TEXTS = ["he is quick", "she is slow", "she is she", "they rest"]


@pytest.fixture(scope="module")
def counts():
    model = make_pipeline(CountVectorizer(), LogisticRegression())
    return model.fit(TEXTS, [1, 0, 0, 1])


def test_by_term_by_hand(counts):
    found = counterfactual_difference(counts, TEXTS, TermSwap(), by_term=True)
    assert list(found.by_term) == ["he", "she"]
    names = counts[0].get_feature_names_out()
    weight = dict(zip(names, counts[1].coef_[0]))
    step = weight["she"] - weight["he"]
    assert step < 0
    f = counts.decision_function(TEXTS)
    moved = {"he": [f[0] + step], "she": [f[1] - step, f[2] - 2 * step]}
    for term, rows in (("he", [0]), ("she", [1, 2])):
        change = 1 / (1 + np.exp(-np.array(moved[term]))) - 1 / (1 + np.exp(-f[rows]))
        assert_allclose(found.by_term[term].mean_change[1], change.mean())
        assert found.by_term[term].n_changed == len(rows)
        assert found.by_term[term].changed_share == len(rows) / 4
    assert found.by_term["he"].mean_change[1] < 0 < found.by_term["she"].mean_change[1]
    assert found.n_changed == 3


def test_by_term_needs_a_swap_of_single_terms(counts):
    with pytest.raises(ValueError, match="no method by_term"):
        counterfactual_difference(counts, TEXTS, str.upper, by_term=True)

    class Own:
        def __call__(self, X):
            return [text.replace("quick", "slow") for text in X]

        def by_term(self, X):
            yield "speed", self(X)

    found = counterfactual_difference(counts, TEXTS, Own(), by_term=True)
    assert found.by_term["speed"].flip_rate == found.flip_rate


def test_table(counts):
    found = counterfactual_difference(counts, TEXTS, TermSwap(), by_term=True)
    frame = found.frame()
    assert frame.index.tolist() == ["all terms", "he", "she"]
    assert frame.columns.tolist() == [
        "changed",
        "rows",
        "flip rate",
        "|change|",
        "change: 0",
        "change: 1",
    ]
    assert frame.loc["she", "rows"] == 2
    lines = repr(found).splitlines()
    assert len(lines) == 4
    assert lines[1].split()[:3] == ["all", "terms", "0.750"]
    assert found._repr_html_() == f"<pre>{lines[0]}" + repr(found)[len(lines[0]) :] + (
        "</pre>"
    )
    assert isinstance(found, CounterfactualDifference)


def test_a_swap_that_changes_nothing(counts):
    with pytest.warns(UserWarning, match="swap changes no row of X"):
        found = counterfactual_difference(counts, ["they rest"], TermSwap())
    assert (found.changed_share, found.n_changed) == (0.0, 0)
    assert np.isnan(found.flip_rate)
    assert np.isnan(found.mean_change[1])
    assert "nan" in repr(found)


@pytest.mark.parametrize(
    "form",
    [list, tuple, np.array, pd.Series, lambda X: pd.Series(X, index=[4, 2, 7, 1])],
)
def test_containers(counts, form):
    expected = counterfactual_difference(counts, TEXTS, TermSwap())
    found = counterfactual_difference(counts, form(TEXTS), TermSwap())
    assert found == expected


def test_frames_and_sensitive_columns():
    data = make_biased_biographies(400, random_state=0)
    text = make_pipeline(
        TermMerge(columns="text"),
        Column("text"),
        TfidfVectorizer(),
        ParityLogisticRegression(pos_label="surgeon"),
    )
    model = SensitiveColumns(text, "sex").fit(data.data, data.target)
    found = counterfactual_difference(model, data.data, TermSwap(columns="text"))
    assert (found.changed_share, found.flip_rate) == (1.0, 0.0)
    assert found.mean_absolute_change == 0.0


class Column(BaseEstimator):
    def __init__(self, name):
        self.name = name

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X[self.name]

    def __sklearn_is_fitted__(self):
        return True


def test_weights_out_of_line(counts):
    texts = pd.Series(TEXTS, index=[4, 2, 7, 1])
    weight = pd.Series(1.0, index=[1, 2, 4, 7])
    with pytest.raises(ValueError, match=r"sample_weight\.loc\[X\.index\]"):
        counterfactual_difference(counts, texts, TermSwap(), sample_weight=weight)
    with pytest.raises(NotFittedError):
        counterfactual_difference(LogisticRegression(), X, swapped)
    with pytest.raises(ValueError, match="swap returned 3 rows for 4"):
        counterfactual_difference(counts, TEXTS, lambda X: X[:3])


def test_ensembles_are_what_the_metric_says():
    data = make_biased_biographies(500, random_state=0)
    plain = make_pipeline(TfidfVectorizer(), Ridge())
    rating = (data.target == "surgeon").astype(float)
    model = CounterfactualEnsemble(plain, TermSwap()).fit(data.data["text"], rating)
    found = counterfactual_difference(model, data.data["text"], TermSwap())
    assert found.mean_absolute_change == 0.0
    plain.fit(data.data["text"], rating)
    found = counterfactual_difference(plain, data.data["text"], TermSwap())
    own, other = map(plain.predict, (data.data["text"], data.counterfactual))
    assert_allclose(found.mean_absolute_change, abs(other - own).mean())
    assert_array_equal(found.changed_share, 1.0)
