"""The public checks: all estimators pass them, and each of them can fail."""

import re
from copy import deepcopy
from inspect import getdoc, getmembers, isfunction
from unittest import SkipTest

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB

from fairlearnkit.compose import CounterfactualEnsemble, SensitiveColumns
from fairlearnkit.constraints import EqualOpportunity
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityLogisticRegressionCV,
    ParityRidge,
    ParityRidgeCV,
)
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.preprocessing import BarycenterTransformer, ParityProjection
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.utils._checks import fitted, groups, invariances, kinds, routing, run
from fairlearnkit.utils.discovery import all_estimators
from fairlearnkit.utils.estimator_checks import (
    check_estimator,
    parametrize_with_checks,
)
from helpers import SEARCHES, stretched

ARGUMENTS = {
    ParityLogisticRegressionCV: SEARCHES["ParityLogisticRegressionCV"],
    ParityRidgeCV: SEARCHES["ParityRidgeCV"],
    BarycenterClassifier: {"estimator": LogisticRegression(), "cv": 2},
    BarycenterRegressor: {"estimator": Ridge(), "cv": 2},
    CounterfactualEnsemble: {"estimator": LogisticRegression(), "swap": stretched},
    ParityThresholdClassifier: {"estimator": GaussianNB(), "cv": 2},
    ParityEncoder: {"hidden_layer_sizes": 3, "n_components": 2, "max_iter": 2},
    SensitiveColumns: {
        "estimator": ParityRidge(max_gap=0.1),
        "columns": routing.groups_from_rows,
    },
}
ESTIMATORS = [cls(**ARGUMENTS.get(cls, {})) for _, cls in all_estimators()] + [
    ParityRidge(constraint="general_parity"),
    ParityLogisticRegression(constraint=EqualOpportunity(), max_gap=0.1),
    ParityKernelRidge(kernel="rbf", constraint="general_parity", max_gap=0.1),
    ParityProjection(method="elimination"),
    BarycenterTransformer(unseen="pooled", missing="ignore", strength=0.5),
    BarycenterRegressor(ParityRidge(), cv=2),
    CounterfactualEnsemble(ParityRidge(), stretched, method="augment"),
    CounterfactualEnsemble(ParityLogisticRegression(), stretched, method="distill"),
    ParityThresholdClassifier(
        GaussianNB(), group_estimator=GaussianNB(), max_gap=0.05, cv=2
    ),
]
# Batches and weights at the start of the training are drawn by row and by group.
DRAWN = "rows and groups fall into batches by their position"
# Rates move by whole rows.
A_ROW = "a bound counts as met within the share of a row, which is that of its weight"
EXPECTED = {
    ParityThresholdClassifier: {"check_weights_are_repetitions": A_ROW},
    CounterfactualEnsemble: {"check_fitted_attributes": "they are those of estimator_"},
    ParityEncoder: {
        "check_permuted_rows": DRAWN,
        "check_relabelled_groups": DRAWN,
        "check_weights_are_repetitions": DRAWN,
    },
}
PAIRS = [(e, check) for e in ESTIMATORS for check in kinds.checks_of(e)]


def label(value):
    return value.__name__ if isfunction(value) else type(value).__name__


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), PAIRS, ids=label)
def test_every_estimator_keeps_the_contract(estimator, check, request):
    reason = EXPECTED.get(type(estimator), {}).get(check.__name__)
    if reason:
        request.applymarker(pytest.mark.xfail(reason=reason))
    run.quietly(check, estimator)


@pytest.mark.slow
@pytest.mark.parametrize(
    "estimator",
    [
        ParityRidge(),
        ParityLogisticRegression(),
        ParityProjection(),
        BarycenterTransformer(),
    ],
    ids=label,
)
def test_one_call_runs_all_checks(estimator):
    """The common checks of scikit-learn inside SensitiveColumns, too, are run here."""
    results = check_estimator(estimator)
    assert len([*routing.sklearn_checks(estimator)]) >= 46  # as in test_common.py
    assert len(results) == len(kinds.checks_of(estimator)) + len(
        [*routing.sklearn_checks(estimator)]
    )
    statuses = [status for _, status in results]
    assert {s for s in statuses if s != "passed"} <= {
        "skipped: SCIPY_ARRAY_API is not set: not checking array_api input"
    }
    assert {"check_missing_groups", "check_n_features_in"} <= {n for n, _ in results}


# Toys, each of which breaks one thing.


def broken(base, **methods):
    return type("Toy", (base,), {"__module__": __name__, **methods})


def fit_with(change):
    """A fit of ParityRidge or BarycenterTransformer, of other arguments than given."""

    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        X, y, groups, weight = change(self, X, y, sensitive_features, sample_weight)
        return base_of(self).fit(
            self, X, y, sensitive_features=groups, sample_weight=weight
        )

    return fit


def base_of(model):
    return type(model).__mro__[1]


def with_groups(change):
    """A subclass of ParityRidge that makes other groups of what it gets."""
    return broken(
        ParityRidge, fit=fit_with(lambda self, X, y, g, w: (X, y, change(X, g), w))
    )


def with_rows(change):
    """A subclass of ParityRidge that makes other X, y and weights of what it gets."""

    def changed(self, X, y, g, w):
        weight = np.ones(len(y)) if w is None else w
        X, y, weight = change(X, y, weight)
        return X, y, g, weight

    return broken(ParityRidge, fit=fit_with(changed))


def with_gap(change):
    """A subclass of ParityRidge that solves for another bound."""

    def fit(self, X, y, *, sensitive_features=None, sample_weight=None):
        metadata = {
            "sensitive_features": sensitive_features,
            "sample_weight": sample_weight,
        }
        other = ParityRidge(**self.get_params()).set_params(max_gap=change(self))
        vars(self).update(
            {k: v for k, v in vars(other.fit(X, y, **metadata)).items() if k[-1] == "_"}
        )
        return self

    return broken(ParityRidge, fit=fit)


def with_prediction(change):
    """A subclass of ParityRidge that changes its predictions."""

    def predict(self, X):
        return change(self, ParityRidge.predict(self, X))

    return broken(ParityRidge, predict=predict)


def with_transform(change, unknown=0.0):
    """A subclass of BarycenterTransformer that asks for other groups."""

    def transform(self, X, *, sensitive_features=None):
        groups = change(self, X, sensitive_features)
        Z = BarycenterTransformer.transform(self, X, sensitive_features=groups)
        return Z + np.where(np.equal(groups, None), unknown, 0.0)[:, None]

    return broken(BarycenterTransformer, transform=transform)


def fit_positional(self, X, y, sensitive_features=None, sample_weight=None):
    metadata = {
        "sensitive_features": sensitive_features,
        "sample_weight": sample_weight,
    }
    return ParityRidge.fit(self, X, y, **metadata)


def halves(X, groups):
    return np.arange(len(X)) % 2 if groups is None else groups


def resized(X, groups):
    return groups if groups is None else np.resize(np.asarray(groups), len(X))


def plain_if_alone(X, groups):
    alone = groups is not None and len(set(np.asarray(groups).tolist())) == 1
    return np.arange(len(X)) % 2 if alone else groups


def without_missing(X, groups):
    if groups is not None and groups.dtype.kind == "O":
        return np.where(groups == None, "a", groups)  # noqa: E711
    return groups


def first_column(X, groups):
    return next(iter(groups.values())) if isinstance(groups, dict) else groups


def numbers_as_one(X, groups):
    numeric = getattr(groups, "dtype", np.dtype(object)).kind == "f"
    return np.where(groups > 1, 1.0, groups) if numeric else groups


def by_first_label(self, X, y, groups, weight):
    first = np.asarray(groups) == sorted(set(groups))[0]
    return X, y + first, groups, weight


def unfitted_groups(self, X, y, *, sensitive_features=None, sample_weight=None):
    fit_positional(self, X, y, sensitive_features, sample_weight)
    del self.group_counts_
    return self


def in_place(X, y, weight):
    X -= X.mean(axis=0)
    return X, y, weight


def known_only(self, X, groups):
    labels = np.asarray(groups)
    return np.where(np.isin(labels, self.groups_), labels, self.groups_[0])


def groups_anyway(self, X, y, groups, weight):
    self.missing = "group" if self.missing == "ignore" else self.missing
    return X, y, groups, weight


class KeepsAFunction(ParityRidge):
    fit = fit_positional

    def _fit(self, *args):
        super()._fit(*args)
        self.link_ = lambda f: f
        return self


class ClonesItsFit(ParityRidge):
    def __sklearn_clone__(self):
        return deepcopy(self)


def fills_group(self, X, y, groups, weight):
    if self.missing == "group":
        groups = without_missing(X, groups)
    return X, y, groups, weight


def reports_nothing(self, X, y, *, sensitive_features=None, sample_weight=None):
    fit_positional(self, X, y, sensitive_features, sample_weight)
    self.gap_ = 0.0
    return self


rng = np.random.default_rng(0)
UNREQUESTED = broken(
    ParityRidge, _ParityRidge__metadata_request__fit={"sensitive_features": None}
)
TOYS = [
    (
        "check_groups_are_a_keyword",
        broken(ParityRidge, fit=fit_positional),
        "fit: sensitive_features should be keyword-only",
    ),
    (
        "check_groups_are_required",
        with_groups(halves),
        "without sensitive_features should raise ValueError, and raised nothing",
    ),
    (
        "check_groups_of_another_length",
        with_groups(resized),
        "fit to 180 rows with 179 sensitive_features should raise ValueError",
    ),
    (
        "check_one_group_is_refused",
        with_groups(plain_if_alone),
        "fit to one group only should raise ValueError",
    ),
    (
        "check_missing_groups",
        with_groups(without_missing),
        "fit with None among sensitive_features should raise ValueError",
    ),
    (
        "check_missing_ignored",
        broken(ParityRidge, fit=fit_with(groups_anyway)),
        'missing="ignore" should leave groups_ a, b and c; got .*None',
    ),
    (
        "check_missing_ignored",
        with_transform(lambda self, X, g: g, np.nan),
        'missing="ignore": transform is not finite for a row without a group',
    ),
    (
        "check_missing_as_a_group",
        broken(ParityRidge, fit=fit_with(fills_group)),
        'missing="group" should be the model of one more label: predict differs',
    ),
    (
        "check_groups_out_of_line",
        with_groups(lambda X, g: np.asarray(g)),
        "sensitive_features in another order should raise ValueError",
    ),
    (
        "check_forms_of_groups",
        with_groups(lambda X, g: g.astype(str)),
        "'list' object has no attribute 'astype'",
    ),
    (
        "check_several_columns",
        with_groups(first_column),
        "Two sensitive columns should be the model of their intersections: predict",
    ),
    (
        "check_relabelled_groups",
        broken(ParityRidge, fit=fit_with(by_first_label)),
        "With the groups renamed by .*: predict differs by up to 0.2",
    ),
    (
        "check_fitted_attributes",
        broken(ParityRidge, fit=unfitted_groups),
        "After fit there should be group_counts_",
    ),
    (
        "check_requests",
        UNREQUESTED,
        "fit takes sensitive_features and does not request them",
    ),
    ("check_inside_a_pipeline", UNREQUESTED, "not explicitly set as requested"),
    (
        "check_inside_sensitive_columns",
        with_groups(numbers_as_one),
        "Inside SensitiveColumns: predict differs",
    ),
    (
        "check_groups_are_required_later",
        with_transform(lambda self, X, g: np.full(len(X), "a") if g is None else g),
        "transform without sensitive_features should raise ValueError",
    ),
    (
        "check_groups_are_required_later",
        with_transform(lambda self, X, g: resized(X, g)),
        "transform with one of the sensitive_features too few should raise ValueError",
    ),
    (
        "check_unseen_group",
        with_transform(known_only),
        "transform of a group that was not seen in fit should raise ValueError",
    ),
    (
        "check_predictions_are_deterministic",
        with_prediction(lambda self, f: f + rng.normal(size=f.shape)),
        "A second call of the same model: predict differs",
    ),
    (
        "check_batches",
        with_prediction(lambda self, f: f - f.mean()),
        "In batches of 1: predict differs",
    ),
    (
        "check_fits_are_repeatable",
        with_rows(lambda X, y, w: (X, y + rng.normal(size=len(y)), w)),
        "A second fit to the same rows: predict differs",
    ),
    (
        "check_permuted_rows",
        with_rows(lambda X, y, w: (X, y + np.arange(len(y)), w)),
        "Fitted to the same rows in another order: predict differs",
    ),
    (
        "check_weights_are_repetitions",
        with_rows(lambda X, y, w: (X, y, np.sqrt(w))),
        "should be rows given once, twice and three times: predict differs",
    ),
    (
        "check_weight_zero_is_absent",
        with_rows(lambda X, y, w: (X, y, np.maximum(w, 0.1))),
        "Rows of weight 0 should count as absent: predict differs",
    ),
    (
        "check_reported_gap",
        broken(ParityRidge, fit=reports_nothing),
        "gap_ is 0, and the scores have a gap of 0.8",
    ),
    (
        "check_gap_is_closed",
        with_gap(lambda self: max(self.max_gap, 0.1)),
        "max_gap=0 leaves a gap of 0.1, not 0",
    ),
    (
        "check_bound_is_kept",
        with_gap(lambda self: self.max_gap if np.isinf(self.max_gap) else 0.0),
        r"max_gap=0.4.*, half the gap without a bound, ends at \d\S*e-1\d",
    ),
    (
        "check_no_bound_is_the_plain_model",
        with_gap(lambda self: min(self.max_gap, 0.1)),
        "With max_gap=inf, and other groups: predict differs",
    ),
    ("check_pickle_and_clone", KeepsAFunction, "(Can't|Can't get local|cannot) pickle"),
    ("check_pickle_and_clone", ClonesItsFit, r"A clone should not have \['coef_'"),
    (
        "check_input_is_not_written_to",
        with_rows(in_place),
        "X was changed in place; it belongs to the caller",
    ),
]


@pytest.mark.parametrize(("name", "toy", "message"), TOYS)
def test_every_check_can_fail(name, toy, message):
    (check,) = (c for c in kinds.checks_of(toy()) if c.__name__ == name)
    status = run.status_of(toy(), check)
    assert status.startswith("failed: ")
    assert re.search(message, status)
    assert run.status_of(base_of(toy())(), check) == "passed"


def test_no_check_is_forgotten():
    modules = (fitted, groups, invariances, routing)
    written = {
        name
        for module in modules
        for name, value in getmembers(module, isfunction)
        if name.startswith("check_") and value.__module__ == module.__name__
    }
    assert written == {check.__name__ for _, check in PAIRS}
    assert written == {name for name, _, _ in TOYS}


def test_checks_follow_the_kind():
    names = {
        type(e).__name__: [c.__name__ for c in kinds.checks_of(e)] for e in ESTIMATORS
    }
    assert len(names["ParityRidge"]) == len(names["ParitySVC"]) == 27
    assert "check_gap_is_closed" in names["ParityRidge"]
    assert "check_unseen_group" not in names["ParityRidge"]
    assert "check_unseen_group" in names["BarycenterTransformer"]
    assert "check_gap_is_closed" not in names["BarycenterTransformer"]
    assert "check_groups_are_required" not in names["SensitiveColumns"]
    assert "check_weights_are_repetitions" in names["SensitiveColumns"]


# The calls around them.


class Open(ParityRidge):
    """Leaves a gap, and reports none."""

    def _fit(self, *args):
        super()._fit(*args)
        self.coef_ = self.coef_ + 0.1 * (self.max_gap == 0)
        return self


@pytest.mark.slow
def test_failures_are_listed_together():
    with pytest.raises(AssertionError) as error:
        check_estimator(Open())
    first, *lines = str(error.value).splitlines()
    assert re.fullmatch(r"2 of \d\d checks failed for Open\(\):", first)
    assert lines[1::2] == [
        f"  {getdoc(fitted.check_reported_gap)}",
        f"  {getdoc(fitted.check_gap_is_closed)}",
    ]
    reported, closed = lines[::2]
    start, end = reported.split(", and ")
    assert re.fullmatch(
        r"- check_reported_gap failed: AssertionError: gap_ is (\S+e-1[5-9]|0)", start
    )
    assert end == "the scores have a gap of 0.237382."
    assert closed == (
        "- check_gap_is_closed failed: AssertionError: max_gap=0 leaves a gap of "
        "0.237, not 0."
    )


@pytest.mark.slow
def test_failures_that_are_expected():
    reasons = dict.fromkeys(("check_reported_gap", "check_gap_is_closed"), "a toy")
    results = dict(check_estimator(Open(), expected_failed_checks=reasons))
    assert results["check_gap_is_closed"] == "expected to fail: a toy"
    assert results["check_bound_is_kept"] == "passed"
    with pytest.raises(AssertionError, match="passed, but was expected to fail"):
        check_estimator(
            Open(), expected_failed_checks={**reasons, "check_batches": "a toy"}
        )
    with pytest.raises(ValueError, match=r"names \['check_batch'\], which are not"):
        check_estimator(Open(), expected_failed_checks={"check_batch": "a slip"})


def test_what_cannot_be_checked_is_skipped():
    def check(estimator):
        raise SkipTest("no table")

    assert run.status_of(ParityRidge(), check) == "skipped: no table"


def test_one_test_for_each_check():
    mark = parametrize_with_checks(
        [ParityRidge(), Open()],
        expected_failed_checks=lambda e: (
            {"check_gap_is_closed": "a toy"} if isinstance(e, Open) else {}
        ),
    ).mark
    names, cases = mark.args
    assert names == ("estimator", "check")
    by_id = {case.id: case for case in cases}
    assert len(cases) >= 2 * 80
    # scikit-learn runs some of its checks twice; each of ours is there once.
    ours = [case.id for case in cases if "SensitiveColumns" not in repr(case.values)]
    assert len(ours) == len(set(ours)) >= 2 * 20
    assert [m.kwargs["reason"] for m in by_id["Open-check_gap_is_closed"].marks] == [
        "a toy"
    ]
    # A check that passes against the expectation fails, as in `check_estimator`.
    assert all(m.kwargs["strict"] for m in by_id["Open-check_gap_is_closed"].marks)
    assert not by_id["ParityRidge-check_gap_is_closed"].marks
    estimator, check = by_id["Open-check_reported_gap"].values
    with pytest.raises(AssertionError, match="gap_ is"):
        check(estimator)


def test_classes_are_refused():
    with pytest.raises(TypeError, match=r"ParityRidge is a class; pass an instance"):
        check_estimator(ParityRidge)
