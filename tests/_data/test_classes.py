"""Which class is positive: named, told by the labels, or an error; never a guess."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import roc_curve

from fairlearnkit._data.classes import encode_classes, positive_class
from fairlearnkit.constraints import (
    DemographicParity,
    EqualOpportunity,
)
from fairlearnkit.datasets import make_biased_classification
from fairlearnkit.preprocessing import ParityProjection
from fairlearnkit.utils.discovery import all_estimators
from helpers import SEARCHES

CONSTRAINED = [
    cls(**SEARCHES.get(name, {}))
    for name, cls in all_estimators()
    if {"constraint", "pos_label"} <= set(cls._parameter_constraints)
    and "estimator" not in cls._parameter_constraints
]
CLASSIFIERS = [model for model in CONSTRAINED if hasattr(model, "class_weight")]
NEEDS_TO_KNOW = ["equal_opportunity", EqualOpportunity(columns="separately")]
DOES_NOT = ["demographic_parity", "equalized_odds", DemographicParity()]


@pytest.fixture
def data():
    X, y, group = make_biased_classification(400, random_state=0)
    return X, y, group


def responses(model, X):
    """Scores of a classifier, and what a transformer makes of X."""
    if hasattr(model, "decision_function"):
        return model.decision_function(X)
    return model.transform(X)


def gaps(f, y, group):
    """Differences of mean scores between neighbouring groups, in each class."""
    means = [[f[(y == k) & (group == g)].mean() for g in set(group)] for k in (0, 1)]
    return [max(abs(a - b) for a, b in pairwise(row)) for row in means]


def test_every_classifier_with_a_constraint_is_tried():
    names = {type(model).__name__ for model in CLASSIFIERS}
    assert names >= {"ParityLogisticRegression", "ParityLinearSVC", "ParitySVC"}
    assert ParityProjection in map(type, CONSTRAINED)
    classifiers = {
        name
        for name, cls in all_estimators()
        if "constraint" in getattr(cls, "_parameter_constraints", {})
        and "class_weight" in cls._parameter_constraints
    }
    assert names == classifiers


@pytest.mark.slow
@pytest.mark.parametrize("model", CONSTRAINED)
@pytest.mark.parametrize("constraint", NEEDS_TO_KNOW)
@pytest.mark.parametrize("positive", ["approved", "denied"])
def test_names_of_classes_change_nothing(data, model, constraint, positive):
    """By the alphabet, "approved" is the first class and "denied" the second one."""
    X, y, group = data
    negative = ({"approved", "denied"} - {positive}).pop()
    text = np.where(y == 1, positive, negative)
    model = clone(model).set_params(constraint=constraint)
    expected = clone(model).fit(X, y, sensitive_features=group)
    assert expected.pos_label_ == 1
    for more in (
        {"pos_label": positive},
        {"constraint": EqualOpportunity(pos_label=positive)},
        {
            "constraint": EqualOpportunity(pos_label=positive),
            "pos_label": positive,
        },
    ):
        found = clone(model).set_params(**more).fit(X, text, sensitive_features=group)
        sign = -1 if hasattr(model, "class_weight") and positive == "approved" else 1
        assert_allclose(responses(found, X), sign * responses(expected, X), atol=1e-5)
        assert found.pos_label_ == positive
        assert_allclose(found.gap_, expected.gap_, atol=1e-8)
    for labels in (text, y + 1, y.astype(str)):
        with pytest.raises(ValueError, match=r"y takes value in \{.*pos_label is not"):
            clone(model).fit(X, labels, sensitive_features=group)


@pytest.mark.parametrize("model", CLASSIFIERS)
@pytest.mark.parametrize("positive", [0, 1])
def test_the_gap_that_closes_is_that_of_the_named_class(data, model, positive):
    X, y, group = data
    text = np.array(["denied", "approved"])[y]
    model = clone(model).set_params(
        constraint="equal_opportunity", pos_label=["denied", "approved"][positive]
    )
    found = gaps(responses(model.fit(X, text, sensitive_features=group), X), y, group)
    assert found[positive] < 1e-6 < 1e-3 < found[1 - positive]


@pytest.mark.parametrize("model", CONSTRAINED)
@pytest.mark.parametrize("constraint", DOES_NOT)
def test_constraints_that_look_at_no_positive_class(data, model, constraint):
    X, y, group = data
    text = np.where(y == 1, "approved", "denied")
    model = clone(model).set_params(constraint=constraint)
    expected = clone(model).fit(X, text, sensitive_features=group)
    found = clone(model).set_params(pos_label="approved")
    found.fit(X, text, sensitive_features=group)
    assert_array_equal(responses(found, X), responses(expected, X))
    assert found.pos_label_ is expected.pos_label_ is None


@pytest.mark.parametrize("model", CONSTRAINED)
def test_two_different_positive_classes(data, model):
    X, y, group = data
    model = clone(model).set_params(constraint=EqualOpportunity(pos_label=0))
    model.set_params(pos_label=1)
    with pytest.raises(ValueError, match=r"pos_label=1 is not .* of the constr"):
        model.fit(X, y, sensitive_features=group)
    assert model.constraint.pos_label == 0
    model.set_params(constraint="equal_opportunity", pos_label="yes")
    with pytest.raises(ValueError, match=r"pos_label='yes' is not a class; .*\[0, 1\]"):
        model.fit(X, y, sensitive_features=group)


@pytest.mark.parametrize("model", CLASSIFIERS)
@pytest.mark.parametrize("constraint", ["equal_opportunity", "demographic_parity"])
def test_more_than_two_classes_have_no_positive_one(data, model, constraint):
    X, y, group = data
    y = np.array(["a", "b", "c"])[y + (X[:, 0] > 0)]
    model = clone(model).set_params(constraint=constraint, max_gap=0.5)
    assert clone(model).fit(X, y, sensitive_features=group).pos_label_ is None
    with pytest.raises(ValueError, match=r"3 classes one-vs-rest.*pos_label='a'"):
        model.set_params(pos_label="a").fit(X, y, sensitive_features=group)
    if constraint == "demographic_parity":
        with pytest.raises(ValueError, match=r"pos_label='z' is not a class"):
            model.set_params(pos_label="z").fit(X, y == "a", sensitive_features=group)


@pytest.mark.parametrize("model", CLASSIFIERS)
@pytest.mark.parametrize("constraint", ["equal_opportunity", "equalized_odds"])
def test_a_regression_target_is_refused_at_once(model, constraint):
    rng = np.random.default_rng(0)
    X, income = rng.normal(size=(3000, 2)), np.arange(3000) % 1500
    group = rng.choice(["a", "b"], 3000)
    model = clone(model).set_params(constraint=constraint)
    with pytest.raises(ValueError, match=r"1500 different numbers; .*ParityRidge"):
        model.fit(X, income, sensitive_features=group)


def test_a_numeric_target_is_told_what_to_use():
    X, income = np.ones((300, 2)), np.arange(300) / 7
    model = ParityProjection(constraint="equal_opportunity")
    known = r"numbers such as 0\.14.*'decorrelation', or, for numbers, 'general_p"
    with pytest.raises(ValueError, match=known):
        model.fit(X, income, sensitive_features=np.arange(300) % 2)


def test_a_projection_for_one_of_three_classes(data):
    X, y, group = data
    y = np.array(["a", "b", "c"])[y + (X[:, 0] > 0)]
    model = ParityProjection(constraint="equal_opportunity")
    with pytest.raises(ValueError, match=r"3 classes, \['a', 'b', 'c'\]: give pos_l"):
        model.fit(X, y, sensitive_features=group)
    model.set_params(pos_label="b")
    Z = model.fit(X, y, sensitive_features=group).transform(X)
    means = [Z[(y == "b") & (group == g)].mean(axis=0) for g in ("a", "b")]
    assert_allclose(means[0], means[1], atol=1e-12)
    assert model.pos_label_ == "b"


def test_the_class_of_labels():
    assert positive_class([0, 1]) == positive_class([-1, 1]) == positive_class([1]) == 1
    assert positive_class([False, True]) is True
    assert positive_class([0]) == positive_class([-1]) == 1  # does not occur
    assert positive_class(["no"], "yes") == "yes"
    assert positive_class(["no", "yes"], "no") == "no"
    assert positive_class([0.0, 1.0], True) == 1.0
    for classes, pos_label in (([0, 1], 2), (["no"], 1), ([0], "yes"), ([0, 1], "1")):
        with pytest.raises(ValueError, match="is not a class; known: "):
            positive_class(classes, pos_label)
    for classes in ([1, 2], ["0", "1"], [-1, 0], [2], ["no"]):
        with pytest.raises(ValueError, match="pos_label is not specified: give"):
            positive_class(classes)
    with pytest.raises(ValueError, match=r"^y takes value in \{1, 2\} and pos_label"):
        positive_class([1, 2], name="y")


def test_classes_in_a_list_keep_their_type():
    """numpy would make text of all of them, and a class "nan" of what is missing."""
    classes, codes = encode_classes(["a", 1, "a"], "EqualizedOdds")
    assert classes == [1, "a"]
    assert codes.tolist() == [1, 0, 1]
    with pytest.raises(ValueError, match=r"target is missing .* in 1 rows"):
        encode_classes(["a", float("nan"), "b"], "EqualizedOdds")


def test_where_scikit_learn_asks_too():
    """ROC curves of the same labels: an error of theirs is one of ours."""
    for classes in ([0, 1], [-1, 1], [True, False], [1, 2], ["no", "yes"], [0, 5]):
        y = np.array(sorted(classes) * 2)
        try:
            roc_curve(y, range(4))
        except ValueError:
            with pytest.raises(ValueError, match="takes value in"):
                positive_class(y[:2].tolist())
        else:
            assert positive_class(y[:2].tolist()) == 1
