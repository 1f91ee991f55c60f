"""Counts of Dask collections: those of the same rows in memory."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.metrics import max_error

from fairlearnkit._counting.confusion import read_confusion
from fairlearnkit._counting.fold_counts import FoldCounter
from fairlearnkit._counting.noisy_counts import count_declared
from fairlearnkit._data.messages import CLASS_METRIC
from fairlearnkit.metrics import group_metric

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")


@pytest.fixture(autouse=True)
def synchronous():
    with dask.config.set(scheduler="synchronous"):
        yield


RNG = np.random.default_rng(0)
# The last cell, group "b" with the true class and decision 1, holds no row.
Y_TRUE, Y_PRED = RNG.integers(0, 2, (2, 90))
GROUP = np.where(Y_TRUE * Y_PRED, "a", RNG.choice(["a", "b"], 90))
WEIGHT = RNG.integers(0, 3, 90) / 2


def lazy(*columns):
    return [da.from_array(column, chunks=40) for column in columns]


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_cells(weight, missing):
    group = GROUP.astype(object)
    group[: 9 * missing] = None
    columns = lazy(Y_TRUE, Y_PRED, group)
    options = {"missing": "ignore", "sample_weight": weight}
    expected = read_confusion(Y_TRUE, Y_PRED, group, **options)
    if weight is not None:
        (options["sample_weight"],) = lazy(weight)
    found = read_confusion(*columns, **options)
    assert expected.counts[0, 1, 1, 1] == 0
    assert_array_equal(found.counts, expected.counts)
    assert_array_equal(found.weights, expected.weights)
    assert found.counts.dtype == np.intp
    assert found.n_rows == 90


def test_scores_are_not_taken_for_classes():
    caller = replace(CLASS_METRIC, scores_hint="cut them")
    columns = lazy(Y_TRUE, Y_PRED / 4, GROUP)
    message = r"y_pred holds .* instead of class labels: cut them\.$"
    with pytest.raises(ValueError, match=message):
        read_confusion(*columns, caller=caller)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_a_fold(weight):
    counter = FoldCounter(["a", "b"], [0, 1], "error")
    expected = counter.count(Y_TRUE, Y_PRED, GROUP, weight)
    lazy_weight = None if weight is None else lazy(weight)[0]
    found = counter.count(*lazy(Y_TRUE, Y_PRED, GROUP), lazy_weight)
    for one, other in zip(found, expected):
        assert_array_equal(one, other)


def test_declared_groups():
    options = {"groups": ["b", "a"], "labels": [0, 1], "missing": "error"}
    exact, found = (
        count_declared(*columns, (), **options, caller=CLASS_METRIC)
        for columns in ((Y_TRUE, Y_PRED, GROUP), lazy(Y_TRUE, Y_PRED, GROUP))
    )
    assert exact.counts.sum() == 90
    assert_array_equal(found.counts, exact.counts)


def test_metrics_without_weights():
    y_true, y_pred, group = lazy(Y_TRUE, Y_PRED, GROUP)
    with pytest.raises(ValueError, match="takes no sample_weight") as caught:
        group_metric(max_error, y_true, y_pred, sensitive_features=group)
    assert str(caught.value) == (
        "max_error takes no sample_weight. Of Dask collections, metrics get the "
        "distinct rows, with the number of times that each occurs as sample_weight: "
        "pass a function that takes it, use group_rates, or pass a sample of the rows "
        "that is in memory."
    )
