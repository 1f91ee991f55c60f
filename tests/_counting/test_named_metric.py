"""Metrics by name, and the keywords that are fixed."""

from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

from fairlearnkit import metrics
from fairlearnkit._counting.named_metric import get_metric
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.metrics import (
    bootstrap_interval,
    demographic_parity_ratio,
    equal_opportunity_difference,
    parity_scorer,
)

y_true = np.array(["no", "yes", "yes", "yes", "no", "no"] * 40)
y_pred = np.array(["no", "yes", "no", "yes", "yes", "no"] * 40)
groups = np.array(["a", "a", "a", "b", "b", "c"] * 40)[np.argsort(np.arange(240) % 7)]


@pytest.mark.parametrize("name", ["equal_opportunity_difference", "rate_ratio"])
def test_keywords_are_those_of_the_metric(name):
    options = {"pos_label": "no", "missing": "group"}
    found = get_metric(name, options)(y_true, y_pred, sensitive_features=groups)
    expected = getattr(metrics, name)(
        y_true, y_pred, sensitive_features=groups, **options
    )
    assert found == expected
    assert get_metric(name, {}) is get_metric(name) is getattr(metrics, name)


def test_keywords_come_before_those_of_a_partial():
    metric = partial(equal_opportunity_difference, pos_label="yes", missing="group")
    found = get_metric(metric, {"pos_label": "no"})
    assert found.keywords == {"pos_label": "no", "missing": "group"}


def anything(y_true, y_pred, *, sensitive_features, **options):
    return len(options)


def test_functions_of_others():
    found = get_metric(anything, {"new": 1})
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
        get_metric(demographic_parity_ratio, metric_params)


def test_functions_without_groups():
    with pytest.raises(ValueError, match="accuracy_score takes no sensitive_features"):
        get_metric(accuracy_score)


GAPS = {
    "counts": ("equal_opportunity_difference", {}),
    "scores": ("score_gap", {"constraint": "equal_opportunity"}),
}


@pytest.mark.parametrize("metric", GAPS)
@pytest.mark.parametrize("option", ["pos_label", "missing"])
@pytest.mark.parametrize("caller", ["interval", "scorer"])
def test_messages_say_how_keywords_of_the_metric_are_passed(caller, option, metric):
    """Neither has a parameter `pos_label` or `missing` of its own."""
    name, fixed = GAPS[metric]
    given = {"pos_label": "yes", "missing": "group", **fixed}
    del given[option]
    labels = groups.astype(object)
    if option == "missing":
        labels[::5] = None
    scores = y_pred if metric == "counts" else np.arange(240.0)

    def interval(metric_params):
        return bootstrap_interval(
            name,
            y_true,
            scores,
            sensitive_features=labels,
            n_resamples=2,
            metric_params=metric_params,
        )

    def scored(metric_params):
        X = np.arange(480.0).reshape(240, 2) % 7
        model = LogisticRegression().fit(X, y_true)
        response = "predict" if metric == "counts" else "decision_function"
        scorer = parity_scorer(
            name, response_method=response, metric_params=metric_params
        )
        return scorer(model, X, y_true, sensitive_features=labels)

    call = interval if caller == "interval" else scored
    with pytest.raises(ValueError, match="metric_params=") as error:
        call(given)
    assert option in str(error.value).split("metric_params=")[1]
    call({**given, option: {"pos_label": "yes", "missing": "group"}[option]})


def test_other_errors_of_a_metric_stay_as_they_are():
    def broken(y_true, y_pred, *, sensitive_features):
        msg = "of its own"
        raise ValueError(msg)

    model = SensitiveColumns(LogisticRegression(), [0])
    X = np.arange(480.0).reshape(240, 2) % 7
    with pytest.raises(ValueError, match=r"^of its own$"):
        parity_scorer(broken)(model.fit(X, y_true), X, y_true)
