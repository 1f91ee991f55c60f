"""SensitiveColumns, scorers, rules of a search, and constraints by themselves."""

from functools import partial

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit import constraints
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.metrics import parity_scorer
from fairlearnkit.model_selection import HighestScore, LowestGap, pareto_front
from fairlearnkit.postprocessing import BarycenterClassifier, BarycenterRegressor
from fairlearnkit.preprocessing import BarycenterTransformer, ParityProjection
from fairlearnkit.svm import ParityLinearSVC, ParitySVC
from same_cases import options as o
from same_cases.record import axis, grid, responses
from same_cases.samples import sample


def _frame(X, groups):
    """Features as columns of a frame, and the groups as one, or more, more."""
    groups = pd.DataFrame(groups).set_axis(
        ["group", "second"][: np.ndim(groups)], axis=1
    )
    return pd.concat([pd.DataFrame(X).add_prefix("x"), groups], axis=1)


def _array(X, groups):
    """Features, and the codes of the groups in the last column."""
    return np.column_stack([X, np.unique(groups, return_inverse=True)[1]])


def _last_is_large(X):
    return X[:, -1] > 0


CONTAINERS = {
    "by name": {"container": _frame, "columns": "group"},
    "by names": {"container": _frame, "columns": ["group"]},
    "by position": {"container": _array, "columns": -1},
    "by mask": {"container": _array, "columns": [False] * 9 + [True]},
    "not dropped": {"container": _array, "columns": [9], "drop": False},
    "callable": {"container": _array, "columns": _last_is_large},
}
LOGISTIC = ParityLogisticRegression(max_gap=0.1)
INSIDE = {
    "ours": LOGISTIC,
    "plain": LogisticRegression(),
    "SVM": ParityLinearSVC(),
    "kernel SVM": ParitySVC(constraint="equal_opportunity"),
    "ours in a pipeline": make_pipeline(StandardScaler(), LOGISTIC),
    "projection": ParityProjection(method="elimination"),
    "projection before": make_pipeline(ParityProjection(), LogisticRegression()),
    "repair": BarycenterTransformer(),
    "repair before": make_pipeline(BarycenterTransformer(), LogisticRegression()),
    "barycenter": BarycenterClassifier(LogisticRegression(), cv=3),
    "search": GridSearchCV(LOGISTIC, {"C": [0.01, 1.0]}, cv=3),
}
INSIDE_OF_NUMBERS = {
    "ours": ParityRidge(),
    "plain": LinearRegression(),
    "barycenter": BarycenterRegressor(ParityRidge(), cv=3),
}


NO_NAMES = ("get_feature_names_out",)


def wrapped(estimator, container, columns, target="0 and 1", weight="none", **options):
    """SensitiveColumns around an estimator."""
    s = sample(target, weight=weight)
    X, X_new = container(s.X, s.groups), container(s.X_new, s.groups_new)
    model = SensitiveColumns(estimator, columns, **options)
    model.fit(X, s.y, sample_weight=s.weight)
    inner = {} if hasattr(estimator, "cv") else {"inner": model.estimator_}
    if hasattr(model, "score"):
        inner["score"] = model.score(X, s.y, sample_weight=s.weight)
    return inner | {
        "positions": model.positions_,
        "kinds": model.column_kinds_,
        "groups": np.asarray(model.sensitive_features_of(X_new)),
        "new rows": responses(model, X_new, skip=NO_NAMES * hasattr(model, "predict")),
    }


def estimators(table):
    """Estimators as an axis."""
    return {name: {"estimator": estimator} for name, estimator in table.items()}


def compose():
    """SensitiveColumns, inside of which and around which there are others."""
    yield from grid(wrapped, estimators(INSIDE), CONTAINERS, o.WEIGHT, at_least=30)
    numbers = estimators(INSIDE_OF_NUMBERS), CONTAINERS, o.WEIGHT, o.NUMBERS
    yield from grid(wrapped, *numbers, at_least=30)
    yield from grid(calibrated, {"calibrated": {}})


def calibrated():
    """A tool of scikit-learn around SensitiveColumns."""
    s = sample()
    model = CalibratedClassifierCV(SensitiveColumns(LOGISTIC, "group"), cv=3)
    model.fit(_frame(s.X, s.groups), s.y)
    return model.predict_proba(_frame(s.X_new, s.groups_new))


GAPS = {
    "parity": {"metric": "demographic_parity_difference"},
    "parity ratio": {"metric": "demographic_parity_ratio"},
    "opportunity": {"metric": "equal_opportunity_difference"},
    "odds": {"metric": "equalized_odds_difference"},
    "rate": {"metric": "rate_difference", "metric_params": {"rate": "accuracy"}},
    "scores": {"metric": "score_gap", "response_method": "decision_function"},
    "KS": {"metric": "ks_gap", "response_method": "predict_proba"},
    "W1": {
        "metric": "strong_demographic_disparity",
        "response_method": ("decision_function", "predict"),
    },
    "U": {"metric": "wasserstein_unfairness", "response_method": "predict_log_proba"},
}
WHERE = {
    "from the estimator": {},
    "from columns": {"columns": "group"},
    "passed": {"passed": True},
}


def scored(metric, passed=False, weight="none", **options):
    """A scorer, of one model and over folds."""
    s = sample(weight=weight, shape="tall")
    X, scorer = _frame(s.X, s.groups), parity_scorer(metric, **options)
    model = SensitiveColumns(ParityLogisticRegression(max_gap=0.3), "group")
    values = {}
    if not passed:
        folds = StratifiedKFold(3)
        values = {"folds": cross_validate(model, X, s.y, scoring=scorer, cv=folds)}
        values["folds"] = values["folds"]["test_score"]
    groups = {"sensitive_features": s.groups} if passed else {}
    weights = {} if s.weight is None else {"sample_weight": s.weight}
    values["alone"] = scorer(model.fit(X, s.y), X, s.y, **groups, **weights)
    return values


def scorers():
    """parity_scorer."""
    sign = axis("greater_is_better", [None, True])
    yield from grid(scored, GAPS, WHERE, o.WEIGHT, sign, at_least=30)


RULES = {
    "lowest gap": LowestGap("score", "gap"),
    "lowest gap of nearly best": LowestGap("score", "gap", min_score_ratio=0.99),
    "highest score": HighestScore("score", "gap", max_gap=0.2),
    "highest score, none is near": HighestScore("score", "gap", max_gap=0.0),
    "front": partial(pareto_front, score="score", gap="gap"),
}
TABLES = {
    "scores": {"sign": 1.0},
    "errors": {"sign": -1.0},
    "with NaN": {"sign": 1.0, "lost": 4},
    "with ties": {"sign": 1.0, "digits": 1},
}


def chosen(rule, sign, seed, lost=0, digits=6):
    """What a rule makes of a table."""
    rng = np.random.default_rng(seed)
    score, gap = rng.uniform(size=(2, 25)).round(digits)
    score[:lost], gap[lost : 2 * lost] = np.nan, np.nan
    return rule({"mean_test_score": sign * score, "mean_test_gap": -gap})


def searched(rule):
    """A search with a rule."""
    s = sample(shape="tall")
    X = _frame(s.X, s.groups)
    gap = parity_scorer("demographic_parity_difference")
    search = GridSearchCV(
        SensitiveColumns(ParityLogisticRegression(), "group"),
        {"estimator__max_gap": [0.0, 0.3, 1.0], "estimator__C": [0.01, 1.0]},
        scoring={"score": "accuracy", "gap": gap},
        refit=rule,
        cv=3,
    ).fit(X, s.y)
    table = search.cv_results_
    return {
        "best": search.best_index_,
        "table": {name: table[name] for name in table if "_test_" in name},
        "predictions": search.predict(_frame(s.X_new, s.groups_new)),
    }


def refit():
    """LowestGap, HighestScore and pareto_front."""
    rules = {name: {"rule": rule} for name, rule in RULES.items()}
    yield from grid(chosen, rules, TABLES, axis("seed", range(5)))
    yield from grid(
        searched, {name: rules[name] for name in rules if "front" not in name}
    )


def _as_arrays(groups):
    """Groups as arrays."""
    if groups is None:
        return None
    columns = [_as_arrays(column) for column in groups.columns]
    arrays = {name: getattr(groups, name) for name in ("labels", "codes", "counts")}
    return arrays | {"columns": columns}


def contrasts(constraint, missing="error", **options):
    """Contrast rows of a constraint, and its gaps of some scores."""
    s = sample(**options)
    constraint = constraints.check_constraint(constraint)
    data = s.y, s.groups, s.weight
    M = constraint.contrasts(*data, missing=missing)
    return {
        "M": M.toarray(),
        "names": list(M.names),
        "gaps": M.gaps(s.X),
        "gap": constraint.gap(s.X[:, 0], *data, missing=missing),
        "means": M.means @ s.X[:, 0],
        "strata": M.strata,
        "cells": list(M.cells),
        "groups": _as_arrays(M.groups),
    }


FORMS = {
    "list": list,
    "objects": partial(np.array, dtype=object),
    "series": pd.Series,
    "categories": partial(pd.Categorical, categories=["c", "b", "a", "unused"]),
    "texts": partial(pd.Series, dtype="string"),
    "frame": lambda letters: pd.DataFrame(
        {"g": letters, "h": np.arange(len(letters)) % 2}
    ),
    "dict": lambda letters: {"g": letters, "h": ["x", "y"] * (len(letters) // 2)},
    "numbers": lambda letters: [ord(letter) for letter in letters],
    "floats": lambda letters: [ord(letter) / 7 for letter in letters],
    "booleans": lambda letters: [letter == "a" for letter in letters],
    "dates": lambda letters: np.array(
        [f"2020-01-0{ord(x) - 96}" for x in letters], "M8[D]"
    ),
    "None": lambda letters: [None if x == "c" else x for x in letters],
    "NaN": lambda letters: [np.nan if x == "c" else 1.5 * ord(x) for x in letters],
}


def read(form, missing):
    """Groups of some form, and their contrasts."""
    letters = list("bacabbacabbacabcc" * 4)
    groups = constraints.read_groups(form(letters), missing=missing)
    strata = np.arange(len(letters)) % 3 - 1
    weight = np.arange(len(letters)) % 5 * 1.0
    M = constraints.group_contrasts(
        groups, strata, sample_weight=weight, stratum_names=[" even", " odd"]
    )
    return {"groups": _as_arrays(groups), "M": M.toarray(), "names": list(M.names)}


def constraint():
    """Contrast rows of every constraint, and groups of every form."""
    yield from grid(contrasts, o.FOR_CLASSES, o.WEIGHT)
    yield from grid(contrasts, o.FOR_NUMBERS, o.WEIGHT, o.NUMBERS)
    forms = {name: {"form": form} for name, form in FORMS.items()}
    yield from grid(read, forms, axis("missing", ["group", "ignore"]))
