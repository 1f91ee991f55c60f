"""Projections, barycenters of features and of predictions, representations."""

from importlib.util import find_spec

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.postprocessing import BarycenterClassifier, BarycenterRegressor
from fairlearnkit.preprocessing import BarycenterTransformer, ParityProjection
from fairlearnkit.representation import ParityEncoder
from same_cases import options as o
from same_cases.record import axis, grid, responses
from same_cases.samples import OPTIONS, sample


def fit(cls, *, prepare=None, frozen=False, groups_later=True, skip=(), **options):
    """A fitted estimator, and its responses, to which groups are passed or not."""
    s = sample(**{name: options.pop(name) for name in OPTIONS if name in options})
    s = prepare(s) if prepare else s
    if frozen:
        inner = clone(options["estimator"]).fit(s.X[::3], s.y[::3])
        options["estimator"] = FrozenEstimator(inner)
    model, data = cls(**options), (s.X, s.y)
    groups = {"sensitive_features": s.groups}
    later = groups, {"sensitive_features": s.groups_new}
    later = later if groups_later else ({}, {})
    values = {}
    if hasattr(model, "fit_transform"):
        options = groups | {"sample_weight": s.weight}
        values["fit_transform"] = clone(model).fit_transform(*data, **options)
    model.fit(*data, **groups, sample_weight=s.weight)
    if hasattr(model, "score"):
        values["score"] = model.score(*data, **later[0], sample_weight=s.weight)
    return values | {
        "model": model,
        "old rows": responses(model, s.X, skip=skip, **later[0]),
        "new rows": responses(model, s.X_new, skip=skip, **later[1]),
    }


def with_unseen(s):
    """Some of the new rows are of a group that was not there in fit."""
    unseen = np.arange(len(s.groups_new)) % 5 == 0
    return s._replace(groups_new=np.where(unseen, "zz", s.groups_new))


WITHOUT_GROUPS = {"groups_later": False}
STRENGTH = axis("strength", [1.0, 0.6, 0.0])
FLOATS = {n: {"storage": n} for n in ("dense", "float32", "far from 0", "frame")}


def projection():
    """ParityProjection."""
    cls = {"projection": {"cls": ParityProjection, **WITHOUT_GROUPS}}
    method = axis("method", ["orthogonal", "elimination"])
    axes = method, STRENGTH, o.FOR_CLASSES, o.WEIGHT, FLOATS
    yield from grid(fit, cls, *axes, at_least=150)
    everything = {"everything removed": o.of("equalized_odds", "five", shape="short")}
    yield from grid(fit, cls, everything, method, STRENGTH)


GROUPS = {
    "2 groups": {},
    "3 groups": {"groups": "three"},
    "60 groups": {"groups": "sixty", "shape": "tall"},
    "intersections": {"groups": "columns"},
    "in turn": {"groups": "columns", "sequential": [1.0, 0.5]},
    "in turn, by given weights": {
        "groups": "columns",
        "sequential": [1.0, 1.0],
        "group_weights": [{"a": 1.0, "b": 3.0}, None],
    },
    "missing is a group": {"groups": "missing", "missing": "group"},
    "missing ignored": {"groups": "missing", "missing": "ignore"},
    "unseen": {"unseen": "pooled", "prepare": with_unseen},
    "given weights": {"group_weights": {"a": 1.0, "b": 3.0}},
}
AT_ONCE = {name: GROUPS[name] for name in GROUPS if "turn" not in name}


def barycenters():
    """BarycenterTransformer."""
    cls = {"barycenter": {"cls": BarycenterTransformer}}
    names = "dense", "float32", "frame", "rounded", "with NaN"
    storage = {name: {"storage": name} for name in names}
    knots = axis("n_quantiles", [None, 12])
    yield from grid(fit, cls, STRENGTH, GROUPS, o.WEIGHT, storage, knots, at_least=100)


OURS = {"max_gap": np.inf, "missing": "ignore"}
REGRESSORS = {
    "linear": {"estimator": LinearRegression()},
    "ours": {"estimator": ParityRidge(**OURS)},
    "pipeline": {"estimator": make_pipeline(StandardScaler(), Ridge())},
    "ours in a pipeline": {
        "estimator": make_pipeline(StandardScaler(), ParityRidge(**OURS))
    },
    "tree": {"estimator": DecisionTreeRegressor(max_depth=3, random_state=0)},
    "frozen": {"estimator": LinearRegression(), "frozen": True},
}
CLASSIFIERS = {
    "logistic": {"estimator": LogisticRegression()},
    "ours": {"estimator": ParityLogisticRegression(**OURS)},
    "pipeline": {"estimator": make_pipeline(StandardScaler(), LogisticRegression())},
    "tree": {"estimator": DecisionTreeClassifier(max_depth=3, random_state=0)},
    "frozen": {"estimator": LogisticRegression(), "frozen": True},
}
FOLDS = {
    "2 folds": {"cv": 2},
    "shuffled": {"cv": KFold(3, shuffle=True, random_state=0)},
}
SPLIT_RANK = {
    f"split-rank, jitter={jitter}": {
        "algorithm": "split-rank",
        "random_state": 0,
        "jitter": jitter,
    }
    for jitter in (0.0, 0.05)
}
TWO_CLASSES = {
    "0 and 1": {},
    "threshold 0.7": {"threshold": 0.7},
    "text": {"target": "text", "pos_label": "yes", "threshold": 0.4},
    "text, the other class": {"target": "text", "pos_label": "no"},
    "text, no class named": {"target": "text"},
}


def postprocessing():
    """BarycenterRegressor and BarycenterClassifier."""
    for cls, inner, target, sizes in (
        (BarycenterRegressor, REGRESSORS, o.NUMBERS, (30, 30)),
        (BarycenterClassifier, CLASSIFIERS, TWO_CLASSES, (40, 40)),
    ):
        models = {cls.__name__: {"cls": cls}}
        rest = o.WEIGHT, STRENGTH, FOLDS, target
        yield from grid(fit, models, inner, GROUPS, *rest, at_least=sizes[0])
        yield from grid(
            fit, models, SPLIT_RANK, inner, AT_ONCE, *rest, at_least=sizes[1]
        )


def _layers(n_features):
    """A user's encoder, with weights that do not depend on anything."""
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(n_features, 4), torch.nn.Tanh())


def _two_tasks(s):
    return s._replace(y=np.column_stack([s.y, s.X[:, 0] + s.X[:, 1]]))


def new_heads(**options):
    """An encoder with other heads."""
    s = sample("three classes")
    model = ParityEncoder(**options)
    model.fit(s.X, s.y, sensitive_features=s.groups)
    model.fit_heads(s.X, s.X[:, 2], task="regression")
    return {"model": model, "new rows": model.predict(s.X_new)}


SMALL = {
    "n_components": 3,
    "hidden_layer_sizes": (8,),
    "max_iter": 3,
    "random_state": 0,
}


def encoder():
    """ParityEncoder, where PyTorch is installed."""
    if find_spec("torch") is None:
        return
    cls = {"encoder": {"cls": ParityEncoder, **WITHOUT_GROUPS, **SMALL}}
    divergence = axis("divergence", ["mmd", "sinkhorn", "mean"])
    several = {
        "2 groups": {},
        "5 groups": {"groups": "five"},
        "missing ignored": {"groups": "missing", "missing": "ignore"},
    }
    mixed = ["classification", "regression"]
    no_classes = {"skip": ("predict_proba",)}
    targets = {
        "two classes": {},
        "three texts": {"target": "three texts"},
        "numbers": {"target": "numbers", "task": "regression", **no_classes},
        "two tasks": {"prepare": _two_tasks, "task": mixed, **no_classes},
    }
    storage = o.part(FLOATS, "dense", "float32")
    axes = divergence, several, targets, o.WEIGHT, storage
    yield from grid(fit, cls, *axes, at_least=25)
    more = {
        "early stopping": {"early_stopping": True, "max_iter": 12},
        "given bandwidths": {"bandwidth": [0.5, 2.0]},
        "small blur": {"divergence": "sinkhorn", "blur": 0.3},
        "no penalty": {"penalty": 0.0},
        "linear": {"hidden_layer_sizes": ()},
        "batches": {"batch_size": 50},
        "module": {"module": _layers(9)},
    }
    yield from grid(fit, cls, more)
    yield from grid(new_heads, {"new heads": SMALL})
