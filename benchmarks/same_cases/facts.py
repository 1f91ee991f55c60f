"""Data sets, errors, and the public names with their parameters."""

import inspect
from functools import partial

import numpy as np
from sklearn.linear_model import LogisticRegression

from fairlearnkit import datasets, metrics
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.constraints import Contrasts, read_groups
from fairlearnkit.kernel_ridge import ParityKernelRidge
from fairlearnkit.linear_model import ParityLogisticRegression, ParityRidge
from fairlearnkit.model_selection import HighestScore
from fairlearnkit.postprocessing import BarycenterClassifier
from fairlearnkit.preprocessing import BarycenterTransformer, ParityProjection
from fairlearnkit.svm import ParityLinearSVC, ParitySVC
from fairlearnkit.utils import discovery
from same_cases.record import STRICT, Case, axis, grid
from same_cases.samples import sample

LOADERS = "communities_crime", "compas", "german_credit", "law_school"


def loaded(name, **options):
    """A bundled table, without its description."""
    bunch = getattr(datasets, f"load_{name}")(**options)
    return {key: value for key, value in bunch.items() if key != "DESCR"}


def made(name, **options):
    """Generated rows."""
    return getattr(datasets, f"make_biased_{name}")(random_state=3, **options)


def dataset():
    """Loaders and generators."""
    frames = axis("as_frame", [True, False])
    yield from grid(loaded, axis("name", LOADERS), frames)
    adult = {
        "all": {},
        "test": {"subset": "test", "as_frame": False},
        "train, with NaN": {"subset": "train", "dropna": False},
    }
    yield from grid(loaded, axis("name", ["adult"]), adult)
    common = {
        "default": {},
        "small": {"n_samples": 50, "n_features": 3},
        "shares": {"n_groups": 3, "group_shares": [0.6, 0.3, 0.1]},
        "30 groups": {"n_groups": 30, "feature_share": 0.3},
        "no disparity": {"disparity": 0.0},
    }
    yield from grid(made, axis("name", ["classification", "regression"]), common)
    noise = {"base_rate": 0.3, "label_noise": 0.2, "disparity": 0.1}
    yield from grid(made, axis("name", ["classification"]), {"noise": noise})
    yield from grid(made, axis("name", ["regression"]), {"noise": {"noise": 2.0}})


def signatures():
    """Parameters of all public classes and functions, and of public methods."""
    parameters = {}
    for name, public in discovery.all_public():
        parameters[name] = _parameters(public)
        for method, value in inspect.getmembers(public, inspect.isroutine):
            if inspect.isclass(public) and not method.startswith("_"):
                parameters[f"{name}.{method}"] = _parameters(value)
    return parameters


def _parameters(function):
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # of a class of C, such as an exception
        return {}
    return {p.name: f"{p.kind.description}, {p.default!r}" for p in parameters}


def names():
    """What can be imported, and how it is called."""
    yield Case("signatures", signatures, STRICT)


def _fit(model, **changed):
    s = sample()
    data = {"X": s.X, "y": s.y, "sensitive_features": s.groups} | changed
    return model.fit(**data)


S = sample()
ONE_GROUP = {"sensitive_features": ["a"] * len(S.y)}
SOME_MISSING = {"sensitive_features": [None, *S.groups[1:]]}
LOGISTIC, SVC = ParityLogisticRegression, ParitySVC
GAP = partial(metrics.demographic_parity_difference, S.y, S.y)
# Messages may change, the kind of the error may not.
WRONG = {
    "no groups": partial(_fit, LOGISTIC(), sensitive_features=None),
    "fewer groups": partial(_fit, LOGISTIC(), sensitive_features=S.groups[1:]),
    "fewer targets": partial(_fit, ParityRidge(), y=S.y[1:]),
    "one group": partial(_fit, ParityLinearSVC(), **ONE_GROUP),
    "missing groups": partial(_fit, SVC(), **SOME_MISSING),
    "one class": partial(_fit, SVC(), y=np.zeros(len(S.y))),
    "NaN in X": partial(_fit, LOGISTIC(), X=np.full_like(S.X, np.nan)),
    "negative weights": partial(_fit, LOGISTIC(), sample_weight=-np.ones(len(S.y))),
    "no weight": partial(_fit, SVC(), sample_weight=np.zeros(len(S.y))),
    "unknown constraint": partial(_fit, LOGISTIC(constraint="fair")),
    "a class of constraints": partial(_fit, LOGISTIC(constraint=dict)),
    "unknown solver": partial(_fit, ParityRidge(solver="lbfgs")),
    "negative max_gap": partial(_fit, LOGISTIC(max_gap=-1.0)),
    "solver of kinks": partial(_fit, LOGISTIC(solver="interior-point")),
    "parameters without cvxpy": partial(_fit, LOGISTIC(solver_params={"a": 1})),
    "classes of numbers": partial(
        _fit, ParityRidge(constraint="equalized_odds"), y=S.X[:, 0]
    ),
    "class not named": partial(
        _fit, LOGISTIC(constraint="equal_opportunity"), y=np.where(S.y, "yes", "no")
    ),
    "unknown class": partial(_fit, LOGISTIC(pos_label=7)),
    "several bounds by libsvm": partial(
        _fit,
        SVC(solver="libsvm", max_gap=0.1),
        sensitive_features=S.X[:, 0].round() % 3,
    ),
    "precomputed, not square": partial(_fit, SVC(kernel="precomputed")),
    "unknown kernel": partial(_fit, ParityKernelRidge(kernel="rbf2")),
    "infeasible": partial(
        _fit,
        LOGISTIC(
            solver="cvxpy",
            convex_constraints=lambda coef, b: [coef[0] >= 1, coef[0] <= -1],
        ),
    ),
    "not fitted": partial(LOGISTIC().predict, S.X),
    "projection without groups": partial(
        _fit, ParityProjection(), sensitive_features=None
    ),
    "repair, no groups later": lambda: _fit(BarycenterTransformer()).transform(S.X),
    "repair, unseen group": lambda: _fit(BarycenterTransformer()).transform(
        S.X, sensitive_features=["zz"] * len(S.X)
    ),
    "barycenter of three classes": partial(
        _fit, BarycenterClassifier(LogisticRegression()), y=np.arange(len(S.y)) % 3
    ),
    "no such column": lambda: SensitiveColumns(LOGISTIC(), "sex").fit(S.X, S.y),
    "metric, no groups": partial(GAP, sensitive_features=None),
    "metric, fewer groups": partial(GAP, sensitive_features=S.groups[1:]),
    "metric, one group": partial(GAP, **ONE_GROUP),
    "metric, unknown aggregate": partial(
        GAP, sensitive_features=S.groups, aggregate="median"
    ),
    "metric of scores": partial(
        metrics.equal_opportunity_difference,
        S.y,
        S.X[:, 0],
        sensitive_features=S.groups,
    ),
    "unknown metric": partial(metrics.parity_scorer, "gap"),
    "unknown rate": partial(
        metrics.rate_difference, S.y, S.y, rate="speed", sensitive_features=S.groups
    ),
    "no resamples": partial(
        metrics.bootstrap_interval,
        "ks_gap",
        S.y,
        S.y,
        sensitive_features=S.groups,
        n_resamples=0,
    ),
    "no candidate": partial(
        HighestScore("s", "g", 0.0, otherwise="error"), {"s": [1.0], "g": [-1.0]}
    ),
    "rows of another sum": partial(Contrasts.from_rows, [[1.0, 1.0]]),
    "nothing to read": partial(read_groups, None),
    "disparity too large": partial(made, "classification", disparity=2.0),
    "unknown subset": partial(datasets.load_adult, subset="some"),
}


def errors():
    """Wrong calls: which kind of exception they raise."""
    yield from (Case(name, call, STRICT) for name, call in WRONG.items())
