"""Any metric by group: arrays, several at once, strata; against loops over groups."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    roc_curve,
)

from fairlearnkit.metrics import group_metric, rate_difference


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    group = rng.choice(["u", "v", "w"], 300, p=[0.5, 0.3, 0.2])
    stratum = rng.choice(["x", "y"], 300, p=[0.3, 0.7])
    y_true, y_pred = rng.integers(0, 3, (2, 300))
    return y_true, y_pred, group, stratum, rng.uniform(1, 2, 300)


@pytest.mark.parametrize("weighted", [False, True])
def test_arrays_entry_by_entry(data, weighted):
    y_true, y_pred, group, _, weight = data
    metric = partial(confusion_matrix, labels=[0, 1, 2])
    found = group_metric(
        metric,
        y_true,
        y_pred,
        sensitive_features=group,
        sample_weight=weight if weighted else None,
    )

    def loop(rows):
        w = weight[rows] if weighted else None
        return confusion_matrix(y_true[rows], y_pred[rows], sample_weight=w)

    known = np.array([loop(group == label) for label in "uvw"])
    assert found.by_group.shape == (3, 3, 3)
    assert_allclose(found.by_group, known)
    assert_allclose(found.overall, loop(slice(None)))
    assert_allclose(found.difference, known.max(axis=0) - known.min(axis=0))
    assert_allclose(found.ratio, known.min(axis=0) / known.max(axis=0))
    assert found.counts.tolist() == [(group == label).sum() for label in "uvw"]
    by_class = group_metric(
        partial(f1_score, average=None), y_true, y_pred, sensitive_features=group
    )
    u = group == "u"
    assert_allclose(by_class.by_group[0], f1_score(y_true[u], y_pred[u], average=None))


def test_several_metrics_at_once(data):
    y_true, y_pred, group, stratum, _ = data
    functions = {"accuracy": accuracy_score, "table": confusion_matrix}
    options = {"sensitive_features": group}
    for more in ({}, {"control_features": stratum}):
        both = group_metric(functions, y_true, y_pred, **options, **more)
        for name, function in functions.items():
            one = group_metric(function, y_true, y_pred, **options, **more)
            for key in ("by_group", "overall", "difference", "ratio"):
                assert_array_equal(both[key][name], one[key])
            for key in set(both) - {"by_group", "overall", "difference", "ratio"}:
                assert_array_equal(both[key], one[key])
    listed = group_metric(list(functions.values()), y_true, y_pred, **options)
    assert list(listed.by_group) == ["accuracy_score", "confusion_matrix"]
    single = group_metric([accuracy_score], y_true, y_pred, **options)
    assert list(single.overall) == ["accuracy_score"]


def test_strata_stand_by_themselves(data):
    y_true, y_pred, group, stratum, _ = data
    found = group_metric(
        accuracy_score,
        y_true,
        pd.Series(y_pred),
        sensitive_features=group,
        control_features={"stratum": stratum, "one": ["k"] * 300},
    )
    assert found.strata.tolist() == [("x", "k"), ("y", "k")]
    for s, label in enumerate("xy"):
        rows = stratum == label
        alone = group_metric(
            accuracy_score, y_true[rows], y_pred[rows], sensitive_features=group[rows]
        )
        for key in set(found) - {"strata", "groups"}:
            assert_array_equal(found[key][s], alone[key])
    worst = rate_difference(
        y_true,
        y_pred,
        rate="accuracy",
        sensitive_features=group,
        control_features=stratum,
    )
    assert_allclose(found.difference.max(), worst)


def test_empty_cells_are_nan_and_warn(data):
    y_true, y_pred, group, stratum, _ = data
    stratum = np.where(group == "w", "x", stratum)
    with pytest.warns(
        UndefinedMetricWarning, match="'w', of the stratum 'y'"
    ) as caught:
        found = group_metric(
            confusion_matrix,
            y_true,
            y_pred,
            sensitive_features=group,
            control_features=stratum,
        )
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert found.counts[1].tolist()[2] == 0
    assert np.isnan(found.by_group[1, 2]).all()
    assert np.isfinite(found.by_group[:, :2]).all()
    assert np.isnan(found.difference[1]).all()
    assert np.isfinite(found.difference[0]).all()


@pytest.mark.parametrize("missing", ["group", "ignore"])
def test_missing_groups_and_strata(data, missing):
    y_true, y_pred, group, stratum, _ = data
    group = np.where(np.arange(300) % 7 == 0, None, group)
    stratum = np.where(np.arange(300) % 5 == 0, None, stratum)
    options = {"sensitive_features": group, "control_features": stratum}
    metric = mean_absolute_error
    found = group_metric(metric, y_true, y_pred, **options, missing=missing)
    labels = ["u", "v", "w", None][: len(found.groups)]
    assert found.groups.tolist() == labels
    assert len(found.strata) == (3 if missing == "group" else 2)
    rows = (group == "v") & (stratum == "y")
    assert_allclose(found.by_group[1, 1], np.abs(y_true - y_pred)[rows].mean())
    assert found.counts.sum() == (300 if missing == "group" else 206)
    with pytest.raises(ValueError, match="sensitive_features is missing"):
        group_metric(metric, y_true, y_pred, **options)


def test_a_metric_of_predictions_alone(data):
    _, y_pred, group, _, _ = data
    found = group_metric(
        lambda _, p: np.quantile(p, [0.1, 0.9]), None, y_pred, sensitive_features=group
    )
    assert_allclose(found.by_group[2], np.quantile(y_pred[group == "w"], [0.1, 0.9]))


def test_what_cannot_be_compared(data):
    y_true, y_pred, group, _, _ = data

    def call(metric, y_true=y_true, **options):
        return group_metric(metric, y_true, y_pred, sensitive_features=group, **options)

    one_class = np.where(group == "u", y_pred, 1)
    with pytest.raises(ValueError, match=r"\(2, 2\), \(3, 3\).* labels=\[0, 1\]"):
        group_metric(
            confusion_matrix,
            np.minimum(one_class, y_true),
            one_class,
            sensitive_features=group,
        )
    with pytest.raises(ValueError, match="classification_report returns str and not a"):
        call(classification_report)
    with pytest.raises(ValueError, match="returns dict and not a number"):
        call(lambda y, p: {"a": 1})
    with pytest.raises(ValueError, match=r"metric\['a'\] must be a func.*got 'accur"):
        call({"a": "accuracy"})
    with pytest.raises(ValueError, match=r"^metric must be a func.*got 'accuracy'"):
        call("accuracy")
    message = (
        r"^The metrics have the names \['accuracy_score', 'accuracy_score'\]: pass at "
        r"least one, and name each by another key, metric=\{'name': function\}\.$"
    )
    with pytest.raises(ValueError, match=message):
        call([accuracy_score, accuracy_score])
    with pytest.raises(ValueError, match="at least one"):
        call([])
    with pytest.raises(ValueError, match="multiclass format is not supp") as raised:
        call(roc_curve)
    assert raised.value.__notes__ == ["Raised by roc_curve for the group 'u'."]
