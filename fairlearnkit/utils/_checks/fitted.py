"""Checks of fitted attributes, bounds on the gap, copies and inputs."""

import pickle
from copy import deepcopy

import numpy as np
from sklearn.base import clone, is_classifier

from fairlearnkit.constraints import check_constraint

from .tools import (
    MIN_STD,
    assert_same,
    call_method,
    fit,
    fit_and_score,
    make_rows,
    outputs,
    repeatable,
    require,
    with_parameters,
)

# Largest violation of a bound, in standard deviations of the scores. The models of this
# library reach 1e-13; ten times `SOLVER_TOLERANCE` and more is left for solvers that
# satisfy the constraint in the limit only. An open gap is of order 1.
GAP_TOLERANCE = 1e-6


def check_fitted_attributes(estimator):
    """``groups_`` holds the sorted labels, ``group_counts_`` the numbers of rows.

    There are no fitted attributes before fit, on which ``check_is_fitted`` relies.
    """
    rows, model = make_rows(estimator), clone(estimator)
    early = [name for name in vars(model) if name[-1:] == "_" and name[0] != "_"]
    require(not early, f"Before fit there should be no {early}.")
    fit(model, rows)
    labels, counts = np.unique(rows.groups, return_counts=True)
    desired = {"groups_": labels.tolist(), "group_counts_": counts.tolist()}
    for name, expected in desired.items():
        require(hasattr(model, name), f"After fit there should be {name}.")
        actual = np.asarray(getattr(model, name)).tolist()
        require(actual == expected, f"{name} should be {expected}; got {actual}.")


def check_reported_gap(estimator):
    """``gap_`` is the gap of the training scores that the constraint measures."""
    rows = make_rows(estimator)
    for max_gap in (np.inf, 0.0):
        model = fit(with_parameters(estimator, max_gap=max_gap), rows)
        require(hasattr(model, "gap_"), "After fit there should be gap_.")
        reported, measured = model.gap_, measured_gap(model, rows)
        require(
            abs(reported - measured) <= GAP_TOLERANCE * spread(model, rows),
            f"gap_ is {reported:.6g}, and the scores have a gap of {measured:.6g}.",
        )


def check_gap_is_closed(estimator):
    """``max_gap=0`` leaves no gap between the training scores."""
    rows = make_rows(estimator)
    model = fit(with_parameters(repeatable(estimator), max_gap=0.0), rows)
    gap, limit = measured_gap(model, rows), GAP_TOLERANCE * spread(model, rows)
    require(gap <= limit, f"max_gap=0 leaves a gap of {gap:.3g}, not 0.")


def check_bound_is_kept(estimator):
    """A binding ``max_gap`` is attained and not exceeded."""
    rows = make_rows(estimator)
    plain = fit(with_parameters(repeatable(estimator), max_gap=np.inf), rows)
    bound = measured_gap(plain, rows) / 2
    model = fit(with_parameters(repeatable(estimator), max_gap=bound), rows)
    gap = measured_gap(model, rows)
    require(
        abs(gap - bound) <= GAP_TOLERANCE * spread(model, rows),
        f"max_gap={bound:.6g}, half the gap without a bound, ends at {gap:.6g}.",
    )


def check_no_bound_is_the_plain_model(estimator):
    """With ``max_gap=np.inf`` the model does not depend on the groups."""
    rows = make_rows(estimator)
    plain = with_parameters(estimator, max_gap=np.inf)
    other = np.random.default_rng(1).permutation(rows.groups)
    assert_same(
        fit_and_score(plain, rows, rows, sensitive_features=other),
        fit_and_score(plain, rows, rows),
        "With max_gap=inf, and other groups",
    )


def check_pickle_and_clone(estimator):
    """A pickled model predicts the same; a clone is unfitted and fits the same."""
    rows = make_rows(estimator)
    model = fit(clone(estimator), rows)
    loaded = pickle.loads(pickle.dumps(model))
    assert_same(outputs(loaded, rows), outputs(model, rows), "After pickling", 0.0)
    left = {name for name in vars(clone(model)) if name.endswith("_")}
    require(not left, f"A clone should not have {sorted(left)}.")
    assert_same(
        fit_and_score(clone(model), rows, rows),
        fit_and_score(estimator, rows, rows),
        "A clone of the fitted model, fitted again",
    )


def check_input_is_not_written_to(estimator):
    """Neither fit nor prediction changes X, y, groups or weights in place."""
    rows = make_rows(estimator)
    weight = np.ones(len(rows.y))
    given = {"X": rows.X, "y": rows.y, "groups": rows.groups, "weight": weight}
    before = deepcopy(given)
    model = fit(clone(estimator), rows, sample_weight=weight)
    outputs(model, rows)
    for name, value in given.items():
        same = np.array_equal(value, before[name])
        require(same, f"{name} was changed in place; it belongs to the caller.")


def measured_gap(model, rows):
    """Gap of the training scores by the model's constraint, else ``gap_``."""
    if not hasattr(model, "constraint"):
        return model.gap_
    constraint = check_constraint(model.constraint)
    return constraint.gap(training_scores(model, rows), rows.y, rows.groups)


def training_scores(model, rows):
    """Decision function of a classifier, predictions of a regressor.

    A model with a link has a method ``linear_predictor``, whose values are its scores.
    """
    method = "decision_function" if is_classifier(model) else "predict"
    if hasattr(model, "linear_predictor"):
        method = "linear_predictor"
    return call_method(model, method, rows)


def spread(model, rows):
    """Standard deviation of the training scores."""
    return max(np.std(training_scores(model, rows)), MIN_STD)


FITTED = (check_pickle_and_clone, check_input_is_not_written_to)
NO_BOUND = (check_no_bound_is_the_plain_model,)
# Of the scores that a model is fitted to, not of rows held out by `cv`.
TRAINING_BOUNDS = (check_reported_gap, check_gap_is_closed, check_bound_is_kept)
