"""Metrics by name, and the keywords that are fixed."""

from functools import partial

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from fairlearnkit import metrics
from fairlearnkit.metrics import demographic_parity_ratio, equal_opportunity_difference
from fairlearnkit.metrics._metric import find_metric

y_true = np.array(["no", "yes", "yes", "yes", "no", "no"] * 40)
y_pred = np.array(["no", "yes", "no", "yes", "yes", "no"] * 40)
groups = np.array(["a", "a", "a", "b", "b", "c"] * 40)[np.argsort(np.arange(240) % 7)]


@pytest.mark.parametrize("name", ["equal_opportunity_difference", "rate_ratio"])
def test_keywords_are_those_of_the_metric(name):
    options = {"pos_label": "no", "missing": "group"}
    found = find_metric(name, options)(y_true, y_pred, sensitive_features=groups)
    expected = getattr(metrics, name)(
        y_true, y_pred, sensitive_features=groups, **options
    )
    assert found == expected
    assert find_metric(name, {}) is find_metric(name) is getattr(metrics, name)


def test_keywords_come_before_those_of_a_partial():
    metric = partial(equal_opportunity_difference, pos_label="yes", missing="group")
    found = find_metric(metric, {"pos_label": "no"})
    assert found.keywords == {"pos_label": "no", "missing": "group"}


def anything(y_true, y_pred, *, sensitive_features, **options):
    return len(options)


def test_functions_of_others():
    found = find_metric(anything, {"new": 1})
    assert found(y_true, y_pred, sensitive_features=groups) == 1


WRONG = {
    "unknown": (
        {"postive_label": 1},
        r"holds \['postive_label'\], which demographic_parity_ratio does not take; "
        r"it takes \[.*'labels'.*\]",
    ),
    "rows": ({"sample_weight": [1.0]}, r"holds \['sample_weight'\]: pass them where"),
    "groups": ({"sensitive_features": groups}, r"\['sensitive_features'\]: pass them"),
    "no dict": (["missing"], r"must be a dict of keywords of demographic_parity_ratio"),
    "false": (False, r"metric_params=False must be a dict"),
}


@pytest.mark.parametrize("case", WRONG)
def test_keywords_that_do_not_fit(case):
    metric_params, message = WRONG[case]
    with pytest.raises(ValueError, match=message):
        find_metric(demographic_parity_ratio, metric_params)


def test_functions_without_groups():
    with pytest.raises(ValueError, match="accuracy_score takes no sensitive_features"):
        find_metric(accuracy_score)
