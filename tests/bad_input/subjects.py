"""Every public object as something to call with columns: found, not listed.

A subject takes arguments of known kinds, such as a table of features or the groups. An
object is understood by the names of its parameters, so that a new one is a subject
without a line here. `EXEMPT` are those that take no data, with the reason of each.
"""

import inspect
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import matplotlib as mpl
import numpy as np
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.utils import get_tags

from fairlearnkit.compose import CounterfactualEnsemble, SensitiveColumns
from fairlearnkit.constraints import Constraint, read_groups
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.utils.discovery import all_estimators, all_public
from helpers import SEARCHES

from .data import make_columns
from .searches import make_results

mpl.use("Agg")

METHODS = ("transform", "predict_proba", "decision_function", "predict")
# Parameters that hold one value for each row, and the kind of it.
KINDS = {
    "X": "table",
    "Z": "table",
    "y": "classes",
    "y_true": "classes",
    "y_pred": "decisions",
    "y_score": "scores",
    "sensitive_features": "groups",
    "sample_weight": "weight",
    "cv_results": "search",
    "search": "search",
}
# Other parameters without a default, and small values for some that have one.
OPTIONS = {
    "n_resamples": 20,
    "n_permutations": 5,
    "n_models": 8,
    "cv": 2,
    "random_state": 0,
    "stratify": True,  # of so few rows, a group may be missing from a resample
    "protected": 0,
}
SMALL = {
    **{name: {**given, "cv": 3} for name, given in SEARCHES.items()},
    "ParityEncoder": {
        "hidden_layer_sizes": (3,),
        "n_components": 2,
        "max_iter": 2,
    },
}
# What takes no data, with the reason.
RESULT = "an answer of a function, which is a subject"
MADE = "made by read_groups and group_contrasts, which are subjects"
CHECKS = "takes an estimator or a constraint, and brings its own data"
NO_ARGUMENT = "takes no data"
PARAMETERS = "takes parameters only: parameters.py"
EXEMPT = {
    "constraints.Constraint": "abstract",
    "constraints.ParityConstraint": "abstract",
    "constraints.Contrasts": MADE,
    "constraints.Groups": MADE,
    "constraints.check_constraint": "takes a name or an object",
    "datasets.*": PARAMETERS,
    "exceptions.*": "an error or a warning",
    "inspection.MembershipInference": RESULT,
    "inspection.membership_scores": "takes signals of models: test_bad_input.py",
    "metrics.CounterfactualDifference": RESULT,
    "metrics.GroupPredictability": RESULT,
    "metrics.ParityReport": RESULT,
    "metrics.SubgroupAudit": RESULT,
    "utils.discovery.*": NO_ARGUMENT,
    "utils.estimator_checks.*": CHECKS,
    "show_versions": NO_ARGUMENT,
}


@dataclass(frozen=True, eq=False)
class Subject:
    """Something to call with arguments of known kinds.

    Parameters
    ----------
    name : str
        Path below the package.
    kinds : dict of str to str
        Kind of each argument.
    call : callable
        From keywords to answers: anything that `flatten` reads.
    family : str
        What it is, for expectations.
    model : estimator
        The estimator that is fitted, None for functions.
    """

    name: str
    kinds: dict = field(default_factory=dict)
    call: Any = None
    family: str = ""
    model: Any = None

    def columns(self):
        """Fresh values of all arguments."""
        results = make_results()
        columns = {"search": results, "search of counts": results, **make_columns()}
        return {name: columns[kind].copy() for name, kind in self.kinds.items()}


def mirrored(X):
    """Another version of rows: their features in the opposite order."""
    if isinstance(X, list):
        return [row[::-1] for row in X]
    if sparse.issparse(X):
        return type(X)(sparse.csr_array(X)[:, ::-1])
    if hasattr(X, "columns"):  # a polars frame cannot be indexed by steps
        names = list(X.columns)
        if hasattr(X, "iloc"):
            return X.iloc[:, ::-1].set_axis(names, axis=1)
        return X.select(names[::-1]).rename(dict(zip(names[::-1], names)))
    return np.asarray(X)[..., ::-1]


def inner_of(cls):
    """A model for a meta-estimator to stand around, of the kind that it needs."""
    if cls is SensitiveColumns:
        return ParityRidge()
    if cls is CounterfactualEnsemble:  # refuses groups that its model does not take
        return ParityLogisticRegression()
    if "Regressor" in cls.__name__:
        return Ridge()
    return LogisticRegression()


def small(cls):
    """An instance of an estimator, with what it requires and with little work."""
    given = {"estimator": inner_of(cls), "swap": mirrored, "columns": None, **OPTIONS}
    known = inspect.signature(cls).parameters
    chosen = {name: value for name, value in given.items() if name in known}
    for name, parameter in known.items():  # those left have a default that fits
        if name in ("estimator", "swap") and parameter.default is not parameter.empty:
            chosen.pop(name, None)
    return cls(**{**chosen, **SMALL.get(cls.__name__, {})})


def estimator_subject(cls):
    """Fit an estimator, and predict the rows that it was fitted to."""
    model = small(cls)
    fit = inspect.signature(model.fit).parameters
    kinds = {name: KINDS[name] for name in fit if name in KINDS}
    if cls is SensitiveColumns:
        kinds["sensitive_features"] = "groups"
    kind = target_of(model)
    if cls.__module__.endswith("_terms"):
        kinds["X"] = "texts"
    if kind is None:
        kinds.pop("y", None)
    elif "y" in kinds:
        kinds["y"] = kind
    family = ""
    family = "classifier" if is_classifier(model) else family
    family = "regressor" if is_regressor(model) else family or "transformer"
    name = f"{cls.__module__.split('.')[1]}.{cls.__name__}"
    return Subject(name, kinds, partial(fit_and_answer, model), family, model)


def target_of(model):
    """The kind of target of an estimator, None if it has no use for one."""
    tags = get_tags(model)
    if is_regressor(model):
        return "positive" if tags.target_tags.positive_only else "numbers"
    if is_classifier(model) or hasattr(model, "task"):
        return "classes"
    return "numbers" if tags.target_tags.required else None


def fit_and_answer(model, *, sensitive_features=None, **data):
    """Answers of a clone that is fitted to the data, for the same rows."""
    model = clone(model)
    groups = {"sensitive_features": sensitive_features}
    if isinstance(model, SensitiveColumns):
        model.set_params(columns=lambda X: sensitive_features, drop=False)
        groups = {}
    elif "sensitive_features" not in inspect.signature(model.fit).parameters:
        groups = {}
    model.fit(**data, **groups)
    return {"model": model, **answers_of(model, data["X"], sensitive_features)}


def answers_of(model, X, groups):
    """What a fitted model says of rows, by every method that it has."""
    found = {}
    for name in METHODS:
        method = getattr(model, name, None)
        classifies = is_classifier(model) or hasattr(model, "task")
        if method is None or (name == "predict" and found and classifies):
            continue  # classes change where a score hardly does
        takes = "sensitive_features" in inspect.signature(method).parameters
        needs = takes and needs_groups(model, name)
        found[name] = method(X, **({"sensitive_features": groups} if needs else {}))
    if hasattr(model, "gap_"):
        found["gap_"] = model.gap_
    if hasattr(model, "group_counts_"):  # in the order of the names
        found["group_counts_"] = np.sort(model.group_counts_)
    return found


def needs_groups(model, name):
    """Whether a method of this instance asks for the groups."""
    if isinstance(model, SensitiveColumns):
        return False
    requests = getattr(model.get_metadata_routing(), name, None)
    return requests is None or requests.requests.get("sensitive_features") is not False


@cache
def fitted_classifier():
    columns = make_columns()
    return LogisticRegression().fit(columns["table"], columns["classes"])


def filled(function, name):
    """A function with all parameters set but those that hold rows, and their kinds."""
    parameters = inspect.signature(function).parameters
    kinds = {p: KINDS[p] for p in parameters if p in KINDS}
    given = {p: value for p, value in OPTIONS.items() if p in parameters}
    if (
        parameters.get("estimator")
        and parameters["estimator"].default is inspect._empty
    ):
        given["estimator"] = fitted_classifier()
    if "swap" in parameters:
        given["swap"] = mirrored
    if "metric" in parameters:
        by_name = name.endswith("bootstrap_interval")
        given["metric"] = "demographic_parity_difference" if by_name else accuracy_score
    if "groups" in parameters and parameters["groups"].default is inspect._empty:
        given["groups"] = read_groups(make_columns()["groups"])
    for p in ("score", "gap"):
        if "cv_results" in parameters or "search" in parameters:
            given[p] = p
    if name.endswith("pooled_gaps"):
        given, kinds = {"gap": "pooled"}, {"cv_results": "search of counts"}
    missing = [
        p
        for p, parameter in parameters.items()
        if parameter.default is parameter.empty and p not in kinds and p not in given
    ]
    return kinds, given, missing


def function_subject(name, function, family="function"):
    """Call a function with rows; None if it takes none, or others than are known."""
    kinds, given, missing = filled(function, name)
    if "estimator" in given and "y" in kinds:
        optional = inspect.signature(function).parameters["y"].default is None
        kinds["y"] = "unused" if optional else "known classes"
    if missing or not kinds:
        return None
    if "y_score" in kinds and "y_true" in kinds and _does_without(function, given):
        kinds["y_true"] = "unused"
    return Subject(name, kinds, partial(function, **given), family)


def _does_without(function, given):
    """Whether a function of scores takes None as y_true, which it has no use for."""
    columns = make_columns()
    scores, groups = columns["scores"], columns["groups"]
    import matplotlib.pyplot as plt

    try:
        function(None, scores, sensitive_features=groups, **given)
    except ValueError:
        return False
    plt.close("all")
    return True


def display_subjects(name, cls):
    """The ways of making a Display from rows."""
    for method in ("from_estimator", "from_predictions", "from_cv_results"):
        function = getattr(cls, method, None)
        if function is not None:
            subject = function_subject(f"{name}.{method}", function, "display")
            if subject is not None:
                yield replace(subject, call=partial(_drawn, subject.call))


def _drawn(call, **data):
    """The numbers of a Display, whose figure is closed."""
    import matplotlib.pyplot as plt

    before = set(plt.get_fignums())
    try:
        display = call(**data)
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)
    return display.frame()


def constraint_subject(name, cls):
    """Rows of a constraint for a target, groups and weights."""
    kinds = {"y": "classes", "sensitive_features": "groups", "sample_weight": "weight"}
    if cls.__name__ == "GeneralParity":
        kinds["y"] = "numbers"
    if cls.__name__ in ("DemographicParity", "Decorrelation"):
        del kinds["y"]
    if cls.__name__ == "Decorrelation":
        kinds["sensitive_features"] = "ages"
    return Subject(name, kinds, partial(_contrasts, cls), "constraint")


def _contrasts(cls, y=None, **data):
    contrasts = cls().contrasts(y, **data)
    # Of 1,000 groups, there are half a million pairs of cells.
    return {"means": contrasts.means, "strata": contrasts.strata}


def rule_subject(name, cls, gap):
    """A refit rule that reads gaps as means, or as counts."""
    bound = {"max_gap": 0.1} if "max_gap" in inspect.signature(cls).parameters else {}
    rule = cls("score", gap, **bound)

    def choose(cv_results):
        return {"index": rule(cv_results)}

    return Subject(f"{name} ({gap})", {"cv_results": "search"}, choose, "rule")


def scorer_subjects():
    """A scorer of decisions and one of scores, from every factory of scorers."""
    from fairlearnkit.metrics import parity_scorer, pooled_scorers

    columns = make_columns()
    kinds = {name: KINDS[name] for name in ("X", "sensitive_features", "sample_weight")}
    kinds["y_true"] = "known classes"
    by_rate = parity_scorer("equalized_odds_difference")
    by_score = parity_scorer("ks_gap", response_method="predict_proba")
    yield "metrics.parity_scorer", kinds, partial(_score, {"rate": by_rate})
    unused = {**kinds, "y_true": "unused"}
    yield "metrics.parity_scorer (scores)", unused, partial(_score, {"ks": by_score})
    pooled = pooled_scorers(
        "gap",
        "demographic_parity_difference",
        groups=columns["groups"],
        classes=columns["classes"],
    )
    known = {**kinds, "sensitive_features": "known groups"}
    yield "metrics.pooled_scorers", known, partial(_score, pooled)


def _score(scorers, X, y_true, **metadata):
    model = fitted_classifier()
    return {name: s(model, X, y_true, **metadata) for name, s in scorers.items()}


@cache
def all_subjects():
    """Every subject there is, by name."""
    found = [estimator_subject(cls) for _, cls in all_estimators()]
    estimators = {cls for _, cls in all_estimators()}
    for path, value in all_public():
        name = path.removeprefix("fairlearnkit.")
        if value in estimators:
            continue
        if inspect.isclass(value) and name.endswith("Display"):
            found += display_subjects(name, value)
        elif inspect.isclass(value) and hasattr(value, "min_score"):
            found += [rule_subject(name, value, gap) for gap in ("gap", "pooled")]
        elif inspect.isclass(value) and issubclass(value, Constraint):
            if not inspect.isabstract(value):
                found.append(constraint_subject(name, value))
        elif inspect.isroutine(value):
            subject = function_subject(name, value)
            found += [subject] if subject else []
    found += [Subject(n, k, c, "scorer") for n, k, c in scorer_subjects()]
    return {subject.name: subject for subject in found}
