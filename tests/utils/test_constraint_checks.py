"""The public checks of constraints: ours pass them, and each of them can fail."""

import re
from dataclasses import dataclass
from inspect import getmembers, isabstract, isclass, isfunction

import numpy as np
import pandas as pd
import pytest

from fairlearnkit.constraints import (
    Constraint,
    Contrasts,
    Decorrelation,
    DemographicParity,
    EqualOpportunity,
    GeneralParity,
    group_contrasts,
    read_groups,
)
from fairlearnkit.utils._checks import constraints, run
from fairlearnkit.utils.discovery import all_public
from fairlearnkit.utils.estimator_checks import check_constraint_object

SAMPLE = constraints.make_sample()
rng = np.random.default_rng(0)
NUMBERS = rng.normal(size=len(SAMPLE.y))
TEXT = np.where(SAMPLE.y == 1, "paid", "late")
OTHER = rng.choice(["x", "y"], len(SAMPLE.y))
NO_TEXT = {
    ("check_relabelled_groups", "skipped: sensitive_features has no column of strings")
}
CONSTRAINTS = [
    value
    for _, value in all_public()
    if isclass(value) and issubclass(value, Constraint) and not isabstract(value)
]
CASES = [
    *((cls(), {}) for cls in CONSTRAINTS if cls is not Decorrelation),
    (GeneralParity(n_bins=3), {"y": NUMBERS}),
    (EqualOpportunity(pos_label="paid"), {"y": TEXT}),
    (
        DemographicParity("separately"),
        {"sensitive_features": pd.DataFrame({"g": SAMPLE.groups, "o": OTHER})},
    ),
    (
        DemographicParity(),
        {"sensitive_features": np.column_stack([SAMPLE.groups, OTHER])},
    ),
]


@pytest.mark.parametrize(
    ("constraint", "data"), CASES, ids=lambda value: str(value)[:9]
)
def test_constraints_pass(constraint, data):
    results = check_constraint_object(constraint, **data)
    assert results == [(check.__name__, "passed") for check in constraints.CHECKS]


@pytest.mark.parametrize("ages", [NUMBERS, {"age": NUMBERS, "size": NUMBERS**2}])
def test_numbers_are_not_relabelled(ages):
    results = check_constraint_object(Decorrelation(), sensitive_features=ages)
    assert {pair for pair in results if pair[1] != "passed"} == NO_TEXT
    assert len(results) == len(constraints.CHECKS)


# Toys, each of which breaks one thing.


class Toy(DemographicParity):
    """Changes what comes in, and what comes out."""

    def before(self, y, groups, weight):
        return y, groups, weight

    def after(self, matrix, y, groups, weight):
        return matrix

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        given = self.before(y, sensitive_features, sample_weight)
        contrasts = super().contrasts(*given, missing=missing)
        return Contrasts.from_rows(self.after(contrasts.toarray(), *given))


class ReturnsAnArray(Toy):
    def contrasts(self, *args, **options):
        return super().contrasts(*args, **options).toarray()


class AddsARowOfZeros(Toy):
    def after(self, matrix, *_):
        return np.vstack([matrix, 0 * matrix[0]])


class MeansAlone(Toy):
    def contrasts(self, *args, **options):
        means = super().contrasts(*args, **options).toarray().clip(0)
        return Contrasts(means, np.full(len(means), -1), ("x",) * len(means))


class LooksAtPlaces(Toy):
    def before(self, y, groups, weight):
        return y, groups, 1.0 + np.arange(len(y)) % 2


class ForgetsWeights(Toy):
    def before(self, y, groups, weight):
        return y, groups, None


class NeverAbsent(Toy):
    def before(self, y, groups, weight):
        return y, groups, None if weight is None else np.maximum(weight, 0.1)


class Sums(Toy):
    def after(self, matrix, y, groups, weight):
        return matrix * (len(y) if weight is None else weight.sum())


class FirstLabelCounts(Toy):
    def after(self, matrix, y, groups, weight):
        first = np.asarray(groups) == min(groups)
        return matrix[abs(matrix[:, first]).sum(axis=1) > 0]


class FillsMissing(Toy):
    def before(self, y, groups, weight):
        filled = [g if isinstance(g, str) else "a" for g in groups]
        return y, filled, weight


@dataclass(frozen=True)
class FillsOneByPolicy(DemographicParity):
    policy: str = "ignore"

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        if missing == self.policy:
            sensitive_features = FillsMissing().before(y, sensitive_features, None)[1]
        return super().contrasts(y, sensitive_features, sample_weight, missing=missing)


class DropsEmptyCells(Constraint):
    """Groups with a row of y = 1 are compared, and nothing is said of the others."""

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        groups = read_groups(sensitive_features, n_samples=len(y), missing=missing)
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        inside = (y == 1) & (weight > 0) & (groups.codes >= 0)
        kept = groups.labels[np.unique(groups.codes[inside])]
        labels = np.append(groups.labels, None)[groups.codes]
        means = [inside * weight * (labels == label) for label in kept]
        means = [mean / mean.sum() for mean in means]
        return Contrasts.from_rows(
            [a - b for i, a in enumerate(means) for b in means[i + 1 :]]
        )


class DividesByZero(DropsEmptyCells):
    """The means of a cell without rows are NaN."""

    def contrasts(self, y, sensitive_features, *args, **options):
        contrasts = super().contrasts(y, sensitive_features, *args, **options)
        lost = len(set(sensitive_features)) > len(set(sensitive_features[y == 1]))
        means = contrasts.means * (np.nan if lost else 1.0)
        return Contrasts(means, contrasts.strata, contrasts.cells)


class RaisesKeyError(Toy):
    def before(self, y, groups, weight):
        if groups is None:
            raise KeyError("a")
        return y, groups, weight


class Resizes(Toy):
    def before(self, y, groups, weight):
        return y, groups if groups is None else np.resize(groups, len(y)), weight


class OneGroupIsAll(Toy):
    def contrasts(self, y, sensitive_features, *args, **options):
        if len(set(np.ravel(sensitive_features).tolist())) == 1:
            alone = np.ndim(sensitive_features) == 1
            sensitive_features = np.arange(len(y)) % 2 if alone else None
        return super().contrasts(y, sensitive_features, *args, **options)


class KeepsAFunction(Toy):
    def __init__(self):
        object.__setattr__(self, "link", lambda f: f)


class HalfWithWeights(Toy):
    """A model passes weights, of 1 if nothing else."""

    def after(self, matrix, y, groups, weight):
        return matrix if weight is None else matrix / 2


class IgnoresItsClasses(DemographicParity):
    compares_within_classes = True


class NamesItsClasses(DemographicParity):
    compares_within_classes = "approved"


TOYS = [
    ("check_contrasts", ReturnsAnArray(), "return Contrasts; got ndarray"),
    ("check_contrasts", AddsARowOfZeros(), "no zero row"),
    ("check_rows_sum_to_zero", MeansAlone(), "Row . of M sums to 1; subtract"),
    ("check_permuted_rows", LooksAtPlaces(), "samples in another order, M differs by"),
    ("check_weights_are_repetitions", ForgetsWeights(), "instead of copies, M differs"),
    (
        "check_weight_zero_is_absent",
        NeverAbsent(),
        "instead of removing them, M differs by",
    ),
    ("check_unit_of_weights", Sums(), "three times as large, M differs by"),
    ("check_relabelled_groups", FirstLabelCounts(), "renamed, the gaps M f differs"),
    ("check_missing", FillsMissing(), "a missing label should raise ValueError"),
    ("check_missing", FillsOneByPolicy(), '"ignore" should leave samples'),
    (
        "check_missing",
        FillsOneByPolicy(policy="group"),
        '"group" instead of a label, M should have shape',
    ),
    ("check_empty_cell", DropsEmptyCells(), r"only \('row 0',\) are compared, of"),
    (
        "check_empty_cell",
        DividesByZero(),
        "should raise ValueError; M has a zero row or NaN",
    ),
    ("check_errors", RaisesKeyError(), "without groups should raise ValueError, and"),
    (
        "check_errors",
        Resizes(),
        "fewer labels than samples should raise ValueError, and",
    ),
    ("check_errors", OneGroupIsAll(), "of one group only should raise ValueError"),
    (
        "check_compares_within_classes",
        IgnoresItsClasses(),
        "compares_within_classes M should depend on y",
    ),
    (
        "check_compares_within_classes",
        NamesItsClasses(),
        "should be True or False; got 'approved'",
    ),
    ("check_copies", KeepsAFunction(), "pickle"),
    (
        "check_inside_a_model",
        HalfWithWeights(),
        r"ParityRidge\(max_gap=.*\) has a gap of",
    ),
]


@pytest.mark.parametrize(("name", "toy", "message"), TOYS)
def test_every_check_can_fail(name, toy, message):
    check = getattr(constraints, name)
    status = run.status_of(toy, lambda toy: check(toy, SAMPLE))
    assert status.startswith("failed: ")
    assert re.search(message, status)


def test_toys_pass_otherwise():
    check_constraint_object(Toy())
    for policy in ("ignore", "group"):
        expected = {"check_missing": policy}
        check_constraint_object(
            FillsOneByPolicy(policy=policy), expected_failed_checks=expected
        )
    check_constraint_object(
        DropsEmptyCells(), expected_failed_checks={"check_empty_cell": "a toy"}
    )


def test_constraints_are_found():
    assert {DemographicParity, EqualOpportunity, GeneralParity} <= set(CONSTRAINTS)


def test_no_check_is_forgotten():
    written = {
        name
        for name, value in getmembers(constraints, isfunction)
        if name.startswith("check_")
    }
    assert written == {check.__name__ for check in constraints.CHECKS}
    assert written == {name for name, _, _ in TOYS}


def test_failures_are_listed():
    with pytest.raises(AssertionError, match="2 of 13 checks failed for") as error:
        check_constraint_object(ForgetsWeights())
    assert "- check_weights_are_repetitions failed: " in str(error.value)
    assert "- check_weight_zero_is_absent failed: " in str(error.value)


def test_classes_are_refused():
    with pytest.raises(TypeError, match="DemographicParity is a class"):
        check_constraint_object(DemographicParity)


def test_group_contrasts_are_a_constraint():
    """The two public functions make a constraint that passes."""

    class ByHand(Constraint):
        def contrasts(
            self, y, sensitive_features, sample_weight=None, *, missing="error"
        ):
            groups = read_groups(sensitive_features, n_samples=len(y), missing=missing)
            return group_contrasts(groups, sample_weight=sample_weight)

    reason = "a class of a function cannot be pickled"
    check_constraint_object(ByHand(), expected_failed_checks={"check_copies": reason})
