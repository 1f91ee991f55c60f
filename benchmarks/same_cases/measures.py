"""Metrics, reports, audits, intervals and what the displays are drawn from."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score
from sklearn.tree import DecisionTreeClassifier

from fairlearnkit import inspection, metrics
from fairlearnkit.constraints import EqualOpportunity, GeneralParity
from same_cases import options as o
from same_cases.record import axis, grid
from same_cases.samples import decisions, sample

GAPS = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
)
RATES = (
    "selection_rate",
    "true_positive_rate",
    "false_negative_rate",
    "false_positive_rate",
    "true_negative_rate",
    "positive_predictive_value",
    "negative_predictive_value",
    "accuracy",
    "error_rate",
)
DISTANCES = "ks_gap", "strong_demographic_disparity", "wasserstein_unfairness"
SOME_GROUPS = {
    "2 groups": {"groups": "two"},
    "5 groups": {"groups": "five"},
    "60 groups": {"groups": "sixty"},
    "codes": {"groups": "codes"},
    "intersections": {"groups": "columns"},
    "missing is a group": {"groups": "missing", "missing": "group"},
    "missing ignored": {"groups": "missing", "missing": "ignore"},
}
TARGETS = {
    "0 and 1": {"target": "0 and 1"},
    "text": {"target": "text", "pos_label": "yes"},
    "all labels": {"target": "0 and 1", "labels": [0, 1]},
}
THREE = {"three classes": {"target": "three classes"}}
TWO_TARGETS = {name: TARGETS[name] for name in ("0 and 1", "text")}
CONTROL = {"": {}, "controlled": {"with_control": True}}


def call(
    function, *, data="y_pred", without_truth=False, with_control=False, **options
):
    """A metric of some rows.

    Parameters
    ----------
    function : callable
        What takes (y_true, y_pred).
    data : {"y_pred", "y_score"}, default="y_pred"
        What is passed in the place of y_pred.
    without_truth : bool, default=False
        Whether y_true is None.
    with_control : bool, default=False
        Whether there are control features.
    **options : dict
        Options of `decisions`, and of the metric.
    """
    names = "groups", "target", "weight"
    rows = decisions(**{name: options.pop(name) for name in names if name in options})
    if with_control:
        options["control_features"] = rows["control_features"]
    if rows["sample_weight"] is not None:
        options["sample_weight"] = rows["sample_weight"]
    y_true = None if without_truth else rows["y_true"]
    groups = rows["sensitive_features"]
    return function(y_true, rows[data], sensitive_features=groups, **options)


def functions(*names):
    """Functions of fairlearnkit.metrics, as an axis."""
    return {name: {"function": getattr(metrics, name)} for name in names}


def of_decisions():
    """Gaps of rates, and rates by group."""
    aggregate = axis("aggregate", ["worst", "mean", "to_overall"])
    gaps = functions(*GAPS, "rate_difference")
    common = SOME_GROUPS, o.WEIGHT, CONTROL
    yield from grid(call, gaps, aggregate, TARGETS | THREE, *common, at_least=300)
    rates = functions("rate_difference", "rate_ratio"), axis("rate", RATES)
    yield from grid(call, *rates, aggregate, TARGETS, *common, at_least=300)
    without = functions("demographic_parity_difference"), {"": {"without_truth": True}}
    yield from grid(call, *without, SOME_GROUPS)
    yield from grid(call, functions("group_rates"), TARGETS, SOME_GROUPS, o.WEIGHT)


CONSTRAINTS = {
    "parity": {},
    "opportunity": {"constraint": EqualOpportunity()},
    "odds": {"constraint": "equalized_odds"},
    "general parity": {"constraint": GeneralParity(n_bins=2)},
}


def of_scores():
    """Distances between distributions of scores, and gaps of mean scores."""
    scores = {"": {"data": "y_score"}}
    yield from grid(call, functions(*DISTANCES), scores, SOME_GROUPS, o.WEIGHT)
    gap = functions("score_gap"), scores, CONSTRAINTS
    yield from grid(call, *gap, SOME_GROUPS, o.WEIGHT)
    ages = {
        name: {"groups": name, "constraint": "decorrelation"}
        for name in ("age", "ages")
    }
    yield from grid(call, functions("score_gap"), scores, ages, o.WEIGHT)


def by_group(metric, **options):
    """A metric of scikit-learn in each group."""
    return call(partial(metrics.group_metric, metric), **options)


def predictability(groups, weight, **options):
    """How well groups can be told from features."""
    s = sample(groups=groups, weight=weight)
    return metrics.group_predictability(
        s.X, s.groups, sample_weight=s.weight, cv=3, **options
    )


def by_any_metric():
    """group_metric and group_predictability."""
    several = {
        "accuracy": {"metric": accuracy_score},
        "in a list": {"metric": [accuracy_score, precision_score]},
        "by name": {"metric": {"a": accuracy_score, "p": precision_score}},
        "table": {"metric": partial(confusion_matrix, labels=[0, 1])},
    }
    few = {name: SOME_GROUPS[name] for name in SOME_GROUPS if "60" not in name}
    yield from grid(by_group, several, few, o.WEIGHT, CONTROL)
    estimators = {
        "default": {},
        "logistic": {"estimator": LogisticRegression()},
        "tree": {"estimator": DecisionTreeClassifier(max_depth=3, random_state=0)},
    }
    groups = {f"{name} groups": {"groups": name} for name in ("two", "three")}
    yield from grid(predictability, estimators, groups, o.WEIGHT, at_least=9)


def metric():
    """All metrics."""
    yield from of_decisions()
    yield from of_scores()
    yield from by_any_metric()


def reported(**options):
    """The numbers of a report and its table, not its words."""
    report = call(metrics.parity_report, **options)
    return {"numbers": report.numbers, "frame": report.frame()}


def report():
    """parity_report."""
    rates = {
        "default": {},
        "all": {"rates": RATES},
        "no truth": {"without_truth": True},
    }
    resamples = axis("n_resamples", [0, 50])
    yield from grid(
        reported, TARGETS, SOME_GROUPS, o.WEIGHT, rates, resamples, at_least=60
    )


def bootstrap():
    """bootstrap_interval."""
    counting = {name: {"metric": name} for name in GAPS}
    others = {name: {"metric": name, "data": "y_score"} for name in DISTANCES}
    stratify = axis("stratify", [False, True])
    common = {"50": {"n_resamples": 50, "random_state": 0}}
    level = axis("confidence_level", [0.95, 0.8])
    groups = {
        name: SOME_GROUPS[name] for name in ("2 groups", "5 groups", "intersections")
    }
    axes = stratify, common, level, groups, o.WEIGHT
    yield from grid(interval, counting, *axes, at_least=35)
    yield from grid(interval, others, *axes, at_least=35)
    yield from grid(interval, {"user's": {"metric": users_gap}}, stratify, common)
    params = {"text": {"target": "text", "metric_params": {"pos_label": "yes"}}}
    yield from grid(interval, counting, params, *axes, at_least=10)


def interval(metric, **options):
    """An interval of a metric."""
    return call(partial(metrics.bootstrap_interval, metric), **options)


def users_gap(y_true, y_pred, *, sensitive_features, sample_weight=None):
    """A user's metric: difference of the largest scores."""
    rows = pd.Series(np.asarray(y_pred)).groupby(list(map(str, sensitive_features)))
    return float(np.ptp(rows.max()))


def audited(columns, target="0 and 1", **options):
    """An audit of some columns."""
    rows = decisions(target=target)
    return metrics.audit_subgroups(
        rows["y_true"], rows["y_pred"], sensitive_features=columns(rows), **options
    )


def audit():
    """audit_subgroups."""
    columns = {"several": {"columns": _several}, "one": {"columns": _one}}
    rates = axis("rate", ["selection_rate", "true_positive_rate", "error_rate"])
    depth = axis("depth", [1, 2, 3])
    top = axis("top", [3, None])
    linear = {
        "half-space": {"n_permutations": 20, "random_state": 0},
        "no half-space": {"linear": False},
    }
    yield from grid(
        audited, columns, rates, depth, top, linear, TWO_TARGETS, at_least=30
    )


def _one(rows):
    return rows["sensitive_features"]


def _several(rows):
    rng = np.random.default_rng(9)
    group = rows["sensitive_features"]
    days = rng.integers(0, 900, len(group)).astype("timedelta64[D]")
    return {
        "origin": group,
        "age": rng.normal(40, 12, len(group)),
        "member": rng.integers(0, 2, len(group)).astype(bool),
        "since": np.datetime64("2020-01-01") + days,
    }


def displayed(display, **options):
    """The table behind a display, which is drawn, too."""
    return _table(call(getattr(inspection, display).from_predictions, **options))


def _table(shown):
    """The numbers of a display, and of what it draws only whether it does."""
    plt.close(shown.figure_)
    return shown.frame()


def scores_displayed(groups, weight, before):
    """The table behind a display of scores."""
    rows = decisions(groups, weight=weight)
    named = {name: rows[name] for name in ("sensitive_features", "sample_weight")}
    shown = inspection.ScoreDistributionDisplay.from_predictions(
        None, rows["y_score"], before=rows["y_score"] ** 3 if before else None, **named
    )
    return _table(shown)


def of_an_estimator(display, **options):
    """The table behind a display of a fitted model."""
    s = sample("text")
    model = LogisticRegression().fit(s.X, s.y)
    y = {} if display == "ScoreDistributionDisplay" else {"y": s.y}
    shown = getattr(inspection, display).from_estimator(
        model, s.X, **y, sensitive_features=s.groups, pos_label="yes", **options
    )
    return _table(shown)


def tradeoff(chosen):
    """The table behind a display of candidates."""
    rng = np.random.default_rng(10)
    results = {f"mean_test_{name}": -rng.uniform(size=30) for name in ("s", "g")}
    results |= {f"std_test_{name}": rng.uniform(size=30) for name in ("s", "g")}
    shown = inspection.TradeoffDisplay.from_cv_results(results, "s", "g", chosen=chosen)
    return _table(shown)


def sensitive(model, storage="dense", **options):
    """How far scores move with some features."""
    s = sample(storage=storage, target="three classes")
    weight = np.arange(1.0, len(s.y) + 1.0)
    fitted = model.fit(s.X, s.y)
    return inspection.prediction_sensitivity(
        fitted, s.X, sample_weight=weight, **options
    )


def inspected():
    """Displays and prediction_sensitivity."""
    displays = {
        "rates": {"display": "GroupRatesDisplay"},
        "ROC": {"display": "RocByGroupDisplay", "data": "y_score"},
    }
    groups = {name: SOME_GROUPS[name] for name in SOME_GROUPS if "60" not in name}
    yield from grid(displayed, displays, TWO_TARGETS, groups, o.WEIGHT)
    two = {"2 groups": {"groups": "two"}, "5 groups": {"groups": "five"}}
    before = axis("before", [False, True])
    yield from grid(scores_displayed, two, o.WEIGHT, before)
    names = "GroupRatesDisplay", "RocByGroupDisplay", "ScoreDistributionDisplay"
    yield from grid(of_an_estimator, axis("display", names))
    yield from grid(tradeoff, axis("chosen", [None, 4]))
    models = {
        "logistic": {"model": LogisticRegression()},
        "ridge": {"model": Ridge()},
        "tree": {"model": DecisionTreeClassifier(random_state=0), "step": 0.5},
    }
    protected = axis("protected", [0, [1, 2]])
    yield from grid(sensitive, models, protected)
