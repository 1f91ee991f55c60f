"""Counts of private reports: what a row can change, and what noise makes of it."""

import itertools
import warnings
from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.exceptions import UndefinedMetricWarning

from fairlearnkit._counting import noisy_counts
from fairlearnkit._counting.discrete_laplace import LARGEST_EPSILON
from fairlearnkit._counting.noisy_counts import add_noise, check_noise, count_declared
from fairlearnkit._counting.noisy_group_rates import (
    noisy_rates_by_group,
    warn_of_small_noisy_groups,
    warn_of_undefined_noisy_rates,
)
from fairlearnkit._data.messages import CLASS_METRIC
from fairlearnkit.exceptions import SmallGroupWarning
from strategies import examples

GROUPS, LABELS = ["a", "b", 3], [0, 1, "no"]
# Declared labels, others, missing values, and what is no label at all.
ANY_LABEL = st.sampled_from(
    ["a", "b", 3, 0, 1, "no", "x", 2.5, -1, True, None, float("nan"), pd.NA, (1,), [1]]
)
ROWS = st.lists(st.tuples(ANY_LABEL, ANY_LABEL, ANY_LABEL), max_size=12)


def cells_of(rows, *, missing="error", with_truth=True):
    """Exact counts; rows are (group, true class, prediction)."""
    group, true, predicted = ([row[k] for row in rows] for k in range(3))
    column = np.empty(len(rows), dtype=object)
    column[:] = group
    exact = count_declared(
        as_objects(true) if with_truth else None,
        as_objects(predicted),
        column,
        (),
        groups=GROUPS,
        labels=LABELS,
        missing=missing,
        caller=CLASS_METRIC,
    )
    return exact.counts[0]


def as_objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def position(label, labels):
    """Position of a label in a list by == alone, -1 where it is not in it."""
    for k, known in enumerate(labels):
        is_text = isinstance(label, str), isinstance(known, str)
        if label is not pd.NA and is_text[0] == is_text[1] and label == known:
            return k
    return -1


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["error", "group", "ignore"])
@examples(30)
@given(rows=ROWS)
def test_dropping_any_row_changes_one_cell_by_one_or_nothing(missing, rows):
    """The sensitivity, whatever labels the rows have, and without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        full = cells_of(rows, missing=missing)
        for k, (group, true, predicted) in enumerate(rows):
            change = full - cells_of(rows[:k] + rows[k + 1 :], missing=missing)
            where = position(true, LABELS), position(predicted, LABELS)
            is_missing = group is None or group is pd.NA or group != group
            g = position(group, GROUPS)
            if is_missing:
                g = len(GROUPS) if missing == "group" else -1
            if min(*where, g) < 0:
                assert not change.any()
            else:
                assert change[g, where[0], where[1]] == 1
                assert np.abs(change).sum() == 1
    assert full.sum() <= len(rows)


@given(rows=ROWS)
def test_without_true_classes_rows_are_on_the_diagonal(rows):
    counts = cells_of(rows, with_truth=False)
    assert not counts[:, ~np.eye(3, dtype=bool)].any()
    for g, label in itertools.product(range(3), range(3)):
        known = [
            position(row[0], GROUPS) == g and position(row[2], LABELS) == label
            for row in rows
        ]
        assert counts[g, label, label] == sum(known)


def test_counts_in_the_declared_order():
    rows = [("b", 1, 0)] * 3 + [("a", "no", "no")] * 2 + [(3, 0, 1)]
    counts = cells_of(rows)
    assert counts[1, 1, 0] == 3
    assert counts[0, 2, 2] == 2
    assert counts[2, 0, 1] == 1
    assert counts.sum() == 6


@pytest.mark.parametrize("with_truth", [True, False])
def test_noise_in_every_cell_that_a_row_can_be_in(with_truth, monkeypatch):
    """Each cell gets a draw of its own; impossible cells stay 0."""
    asked = []

    def draw(epsilon, size):
        asked.append((epsilon, size))
        return np.arange(1, size + 1) * 1000

    monkeypatch.setattr(noisy_counts, "draw_discrete_laplace", draw)
    exact = exact_counts([0, 1, 0], [0, 1, 1], ["a", "b", "b"], with_truth)
    noisy = add_noise(exact, 0.25, with_truth)
    n_cells = 2 * (4 if with_truth else 2)
    assert asked == [(Fraction(1, 4), n_cells)]
    added = (noisy.counts - exact.counts).ravel()
    assert sorted(added[added > 0]) == [*range(1000, 1000 * n_cells + 1, 1000)]
    if not with_truth:
        assert not noisy.counts[0][:, ~np.eye(2, dtype=bool)].any()
    assert noisy.counts is noisy.weights
    assert (noisy.codes, noisy.epsilon) == ((), 0.25)
    assert exact.counts.sum() == 3  # as it was


def noisy_of(counts):
    """Counts without noise, of groups with rows of class 0 only."""
    exact = exact_counts([], [], [])
    table = np.zeros((1, 2, 2, 2), dtype=np.int64)
    table[0, :, 0, 0] = counts
    return add_noise(replace(exact, counts=table), LARGEST_EPSILON, True)


def test_warnings_of_few_rows_and_of_none():
    warn_of_small_noisy_groups(noisy_of([10, 40]), stacklevel=2)
    with pytest.warns(SmallGroupWarning) as caught:
        warn_of_small_noisy_groups(noisy_of([9, 40]), stacklevel=2)
    assert str(caught[0].message) == (
        "Fewer than 10 rows in a group, by the counts with noise: a: 9, b: 40. Its "
        "rates are uncertain."
    )
    assert caught[0].filename == __file__
    rates = noisy_rates_by_group(noisy_of([-1, 40]), 1, ("accuracy", "selection_rate"))
    with pytest.warns(UndefinedMetricWarning) as caught:
        warn_of_undefined_noisy_rates(rates, stacklevel=2)
    assert str(caught[0].message) == (
        "With the noise, the count of the rows in the denominator is 0 or less in some "
        "group for accuracy, selection_rate, which is NaN there."
    )
    assert caught[0].filename == __file__
    taken = noisy_of([9, 40]).take([1])
    assert taken.groups.tolist() == ["b"]
    assert taken.counts.tolist() == taken.weights.tolist() == [[[[40, 0], [0, 0]]]]
    assert taken.epsilon == LARGEST_EPSILON


def exact_counts(true, predicted, group, with_truth=True):
    return count_declared(
        true if with_truth else None,
        predicted,
        group,
        (),
        groups=["a", "b"],
        labels=[0, 1],
        missing="error",
        caller=CLASS_METRIC,
    )


@pytest.mark.slow
@given(
    rows=st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=5),
    data=st.data(),
)
def test_neighbouring_tables_give_any_output_with_nearly_the_same_probability(
    rows, data
):
    """By the law P(k) ~ q^|k|, in fractions: the ratio is at most 1 / q = exp(epsilon).

    The law itself is that of the sampler: see `test_exact_law_of_the_noise`.
    """
    q = Fraction(3, 5)

    def probability(output, counts):
        law = (q ** abs(int(o) - int(c)) for o, c in zip(output, counts))
        return prod(law, start=Fraction(1))

    def table(part):
        group = ["abx"[row[0]] for row in part]
        true, predicted = ([row[k] for row in part] for k in (1, 2))
        return exact_counts(true, predicted, group).counts.ravel()

    k = data.draw(st.integers(0, len(rows) - 1))
    first, second = table(rows), table(rows[:k] + rows[k + 1 :])
    worst = Fraction(0)
    for _ in range(20):
        output = data.draw(st.lists(st.integers(-3, 6), min_size=8, max_size=8))
        pair = probability(output, first), probability(output, second)
        worst = max(worst, pair[0] / pair[1], pair[1] / pair[0])
    assert worst == (1 / q if max(rows[k]) < 2 else 1)


@pytest.mark.parametrize("epsilon", [0, -1, 1e-7, 1e4, np.inf, np.nan, "1", True, [1]])
def test_wrong_epsilon(epsilon):
    with pytest.raises(ValueError, match="must be a number from 1e-06 to 1000"):
        check_noise(epsilon, ["a", "b"], None)


def test_arguments_that_exclude_each_other():
    for epsilon in (1, 0.5, np.float32(2), Fraction(1, 3)):
        check_noise(epsilon, ["a", "b"], None)
    check_noise(None, None, [1.0])
    with pytest.raises(ValueError, match="sample_weight and epsilon exclude"):
        check_noise(1, ["a", "b"], [1.0])
    with pytest.raises(ValueError, match="Leave out groups, or pass epsilon"):
        check_noise(None, ["a", "b"], None)


def test_errors_about_arguments_as_a_whole():
    """What no single row decides is still an error."""
    options = {"groups": GROUPS, "labels": LABELS, "missing": "error"}

    def count(true, predicted, group, rates=(), **changed):
        keywords = options | {"caller": CLASS_METRIC} | changed
        return count_declared(true, predicted, group, rates, **keywords)

    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        count([0, 1], [0], ["a", "b"])
    with pytest.raises(ValueError, match="sensitive_features has 3 rows but y_pred"):
        count([0, 1], [0, 1], ["a", "b", "a"])
    with pytest.raises(ValueError, match="y_pred is None"):
        count([0, 1], None, ["a", "b"])
    with pytest.raises(ValueError, match="one dimension"):
        count(np.eye(2), [0, 1], ["a", "b"])
    with pytest.raises(ValueError, match="sensitive_features is required"):
        count([0, 1], [0, 1], None)
    with pytest.raises(ValueError, match="missing='other' is not known"):
        count([0, 1], [0, 1], ["a", "b"], missing="other")
    with pytest.raises(ValueError, match="True labels are needed for accuracy"):
        count(None, [0, 1], ["a", "b"], ["accuracy"])
    shuffled = pd.Series(["a", "b"], index=[1, 0])
    with pytest.raises(ValueError, match="other rows than y_pred"):
        count(None, pd.Series([0, 1]), shuffled)
    assert_array_equal(count([], [], []).counts, np.zeros((1, 3, 3, 3)))


@pytest.mark.parametrize("form", [list, np.array, pd.Series, pl.Series])
def test_columns_of_any_form(form):
    rows = form(["yes", "no", "yes", "yes"]), form(["no", "no", "yes", "no"])
    exact = count_declared(
        *rows,
        form(["a", "a", "b", "a"]),
        (),
        groups=["a", "b"],
        labels=["no", "yes"],
        missing="error",
        caller=CLASS_METRIC,
    )
    assert exact.counts[0].tolist() == [[[1, 0], [2, 0]], [[0, 0], [0, 1]]]
