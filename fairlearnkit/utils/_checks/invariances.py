"""Checks that changes of rows, labels and weights leave predictions as they are."""

from dataclasses import replace

import numpy as np
from sklearn.base import clone

from .tools import (
    assert_same,
    fit,
    fit_and_score,
    make_rows,
    outputs,
)

# Relative rounding error of sums whose terms are added in another order, with a margin
# of 1e4 for long products; 1e-9 of a score changes no decision.
ROUNDING = 1e-9


def check_predictions_are_deterministic(estimator):
    """Two calls with the same rows return exactly the same.

    With a random decision a person could ask again until the result is favourable.
    """
    rows = make_rows(estimator)
    model = fit(clone(estimator), rows)
    first, second = outputs(model, rows), outputs(model, rows)
    assert_same(second, first, "A second call of the same model", 0.0)


def check_batches(estimator):
    """The prediction for a row does not depend on the other rows of the batch.

    It would if a correction were computed from the batch, such as its mean. A batch of
    a single row, which has a single group, is accepted.
    """
    rows = make_rows(estimator)
    model = fit(clone(estimator), rows)
    whole = outputs(model, rows)
    for size in (1, 20):
        batches = np.split(np.arange(20), 20 // size)
        parts = [outputs(model, rows.take(index)) for index in batches]
        actual = {name: np.concatenate([p[name] for p in parts]) for name in whole}
        desired = {name: output[:20] for name, output in whole.items()}
        assert_same(actual, desired, f"In batches of {size}", ROUNDING)


def check_fits_are_repeatable(estimator):
    """Two fits with the same ``random_state`` agree."""
    rows = make_rows(estimator)
    first, second = (fit_and_score(estimator, rows, rows) for _ in range(2))
    assert_same(second, first, "A second fit to the same rows", ROUNDING)


def check_relabelled_groups(estimator):
    """The names of the groups, and their order, do not change the model.

    If they do, the first or the largest label may be used as a reference.
    """
    rows = make_rows(estimator)
    desired = fit_and_score(estimator, rows, rows)
    for names in ({"a": "z", "b": "y", "c": "x"}, {"a": 2, "b": 30, "c": 1}):
        groups = np.array([names[label] for label in rows.groups.tolist()])
        given = replace(rows, groups=groups)
        actual = fit_and_score(estimator, given, given)
        assert_same(actual, desired, f"With the groups renamed by {names}")


def check_permuted_rows(estimator):
    """The order of the training rows does not change the model."""
    rows = make_rows(estimator)
    order = np.random.default_rng(1).permutation(len(rows.y))
    assert_same(
        fit_and_score(estimator, rows.take(order), rows),
        fit_and_score(estimator, rows, rows),
        "Fitted to the same rows in another order",
    )


def check_weights_are_repetitions(estimator):
    """A row of weight 2 counts as two copies, in the loss and in the constraint."""
    rows = make_rows(estimator)
    weight = np.random.default_rng(2).integers(1, 4, len(rows.y))
    assert_same(
        fit_and_score(estimator, replace(rows, weight=weight.astype(float)), rows),
        fit_and_score(
            estimator, rows.take(np.repeat(np.arange(len(weight)), weight)), rows
        ),
        "Weights of 1, 2 and 3 should be rows given once, twice and three times",
    )


def check_weight_zero_is_absent(estimator):
    """A row of weight 0 counts as absent.

    This holds for the loss and for the means and distributions of the groups.
    """
    rows = make_rows(estimator)
    weight = (np.arange(len(rows.y)) % 4 > 0).astype(float)
    assert_same(
        fit_and_score(estimator, replace(rows, weight=weight), rows),
        fit_and_score(estimator, rows.take(weight > 0), rows),
        "Rows of weight 0 should count as absent",
    )


INVARIANCES = (
    check_predictions_are_deterministic,
    check_batches,
    check_fits_are_repeatable,
    check_permuted_rows,
)
WEIGHTS = (check_weights_are_repetitions, check_weight_zero_is_absent)
