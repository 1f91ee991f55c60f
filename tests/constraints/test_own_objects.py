"""Constraint objects of users, which may have any attributes of their own."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier

from fairlearnkit.constraints import (
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
)
from fairlearnkit.datasets import make_biased_classification
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.metrics import score_gap
from fairlearnkit.svm import ParitySVR
from fairlearnkit.utils.discovery import all_estimators
from helpers import SEARCHES, raised

CONSTRAINED = [
    cls(**SEARCHES.get(name, {}))
    for name, cls in all_estimators()
    if "constraint" in getattr(cls, "_parameter_constraints", {})
    and "estimator" not in cls._parameter_constraints
]
X, Y, GROUP = make_biased_classification(300, random_state=0)


class Parity:
    """Demographic parity, by an object that is not a Constraint of the library."""

    __slots__ = ()

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        return DemographicParity().contrasts(
            y, sensitive_features, sample_weight, missing=missing
        )


class WithAttributes(Parity):
    """Attributes that are parameters of constraints or estimators of the library."""

    def __init__(self):
        self.pos_label = "the label on the box"
        self.columns = np.arange(3)
        self.groups = self.strata = self.gap = self.cells = self.max_gap = None


class WithOpenAttribute(Parity):
    """An attribute that looks as if it were to be filled."""

    pos_label = None


class WithProperty(Parity):
    """An attribute that cannot be set."""

    @property
    def pos_label(self):
        return None


class WithSlots(Parity):
    """No dict of attributes."""

    __slots__ = ("columns", "pos_label")

    def __init__(self):
        self.columns, self.pos_label = 3, "unrelated"


OWN = [Parity, WithAttributes, WithOpenAttribute, WithProperty, WithSlots]


def learned(model):
    """Scores of a model, or what a transformer makes of X."""
    for method in ("decision_function", "predict", "transform"):
        if hasattr(model, method):
            return getattr(model, method)(X)
    raise AssertionError


def test_estimators_with_a_constraint_are_found():
    names = {type(model).__name__ for model in CONSTRAINED}
    assert names >= {"ParityLogisticRegression", "ParityRidge", "ParityProjection"}


@cache  # for all kinds of objects
def fitted(model, n_classes, own=DemographicParity):
    """The model with a constraint that is an object of a class."""
    y = Y + (n_classes == 3) * (X[:, 0] > 0)
    y = np.array(["a", "b", "c"])[y] if is_classifier(model) else raised(model, y)
    model = clone(model).set_params(constraint=own())
    return model.fit(X, y, sensitive_features=GROUP)


@pytest.mark.slow
@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("model", CONSTRAINED, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_attributes_of_an_object_are_its_own(own, model, n_classes):
    plain, model = fitted(model, n_classes), fitted(model, n_classes, own)
    assert_array_equal(learned(model), learned(plain))
    assert getattr(model, "pos_label_", None) is None


@pytest.mark.parametrize("own", OWN)
def test_score_gap_by_an_object(own):
    scores, y = X[:, 0], np.array(["no", "yes"])[Y]
    options = {"sensitive_features": GROUP, "pos_label": "yes"}
    found = score_gap(y, scores, constraint=own(), **options)
    assert found == score_gap(y, scores, **options)


class OwnOpportunity(Parity):
    """Depends on a positive class, and says so by `with_pos_label`."""

    def __init__(self, pos_label=None):
        self.pos_label = pos_label

    def with_pos_label(self, pos_label):
        return OwnOpportunity(pos_label)

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        rows = np.where(y == self.pos_label, sensitive_features, None)
        return super().contrasts(None, rows, sample_weight, missing="ignore")


WITH_POS_LABEL = [m for m in CONSTRAINED if "pos_label" in m.get_params()]


@pytest.mark.parametrize("model", WITH_POS_LABEL, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("named", [{"constraint"}, {"model"}, {"constraint", "model"}])
def test_an_object_that_declares_a_positive_class(model, named):
    y = np.array(["no", "yes"])[Y]
    label = "no" if "constraint" in named else None
    own = OwnOpportunity(label)
    model = clone(model).set_params(pos_label="no" if "model" in named else None)
    found = clone(model).set_params(constraint=own).fit(X, y, sensitive_features=GROUP)
    theirs = model.set_params(constraint=EqualOpportunity(pos_label=label))
    theirs.fit(X, y, sensitive_features=GROUP)
    np.testing.assert_allclose(learned(found), learned(theirs), atol=1e-10)
    assert found.pos_label_ == theirs.pos_label_ == "no"
    assert own.pos_label is label
    with pytest.raises(ValueError, match="is not the positive class of the constr"):
        found.set_params(constraint=OwnOpportunity("yes"), pos_label="no").fit(
            X, y, sensitive_features=GROUP
        )


class WithinClasses(Parity):
    """Compares groups within the classes of y, and says so."""

    compares_within_classes = True

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        return EqualizedOdds().contrasts(
            y, sensitive_features, sample_weight, missing=missing
        )


@pytest.mark.parametrize("model", [ParityRidge(), ParitySVR()])
def test_an_object_that_compares_within_classes_is_refused_for_numbers(model):
    model.set_params(constraint=WithinClasses())
    model.fit(X, Y, sensitive_features=GROUP)
    assert model.gap_ == pytest.approx(0.0, abs=1e-8)
    with pytest.raises(ValueError, match="predicts numbers, here of more than two"):
        model.fit(X, Y + (X[:, 0] > 0), sensitive_features=GROUP)


def test_a_copy_for_a_positive_class_keeps_a_subclass_and_its_attributes():
    class Dated(EqualOpportunity):
        def __init__(self, year):
            super().__init__(columns="separately")
            object.__setattr__(self, "year", year)

    dated = Dated(2026)
    copy = dated.with_pos_label("yes")
    assert type(copy) is Dated
    assert (copy.year, copy.columns, copy.pos_label) == (2026, "separately", "yes")
    assert dated.pos_label is None
