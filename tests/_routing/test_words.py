"""Messages word by word, and the small functions that find the parts they name."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, StackingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFECV, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, Ridge
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit._data.alignment import AlignmentError
from fairlearnkit._routing.call import takes_groups, takes_weights, warn_unweighted
from fairlearnkit._routing.errors import (
    check_groups_reach_parts,
    check_no_resampling,
    explain,
    requesting_parts,
    unroutable_message,
)
from fairlearnkit._routing.gathering import check_takes_collections
from fairlearnkit._routing.parts import (
    all_parts,
    consumers,
    find_sensitive_columns,
    is_within,
    unweighted_models,
)
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.postprocessing import BarycenterClassifier

PARITY = ParityLogisticRegression()


class DropsRows(BaseEstimator):
    """A step that imbalanced-learn's pipelines let change rows."""

    def fit(self, X, y=None):
        return self

    def fit_resample(self, X, y):
        return X[1:], y[1:]


class TransformsBoth(BaseEstimator):
    """A step that feature-engine's pipelines let change rows."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X

    def transform_x_y(self, X, y):
        return X[1:], y[1:]


class FitsOnly:
    """A model that knows nothing of scikit-learn's requests."""

    def fit(self, X, y=None):
        return self


class PipelineOfBoth(Pipeline):
    """As that of feature-engine, which knows the method."""

    def transform_x_y(self, X, y):
        return X, y


def message_of(function, *args):
    with pytest.raises(ValueError, match=r".") as caught:
        function(*args)
    return str(caught.value)


def test_a_sampler_before_a_part_that_takes_groups():
    model = Pipeline([("drop", DropsRows()), ("model", PARITY)])
    assert message_of(check_no_resampling, model, ["sensitive_features"]) == (
        "DropsRows changes the rows, and the sensitive features, which "
        "ParityLogisticRegression takes, would not follow. Let DropsRows work on rows "
        "that hold them, and put SensitiveColumns around the model behind it: "
        "imblearn.pipeline.make_pipeline(DropsRows(), SensitiveColumns(model, 'sex'))."
    )
    assert message_of(check_no_resampling, model, ["other", "sample_weight"]) == (
        "DropsRows changes the rows, and sample_weight, which ParityLogisticRegression "
        "takes, would not follow. Leave sample_weight out, or resample before."
    )
    check_no_resampling(model, [])
    check_no_resampling(make_pipeline(DropsRows(), KNeighborsClassifier()), ["a"])
    check_no_resampling(DropsRows(), ["sensitive_features"])


def test_a_step_for_both_counts_in_a_pipeline_that_knows_it():
    steps = [("both", TransformsBoth()), ("model", PARITY)]
    check_no_resampling(Pipeline(steps), ["sensitive_features"])
    message = message_of(
        check_no_resampling, PipelineOfBoth(steps), ["sensitive_features"]
    )
    assert "feature_engine.pipeline.make_pipeline(TransformsBoth()" in message


def test_a_part_that_would_go_without_groups():
    search = GridSearchCV(PARITY, {"max_gap": [0.0]})
    barycenter = BarycenterClassifier(LogisticRegression())
    check_groups_reach_parts(PARITY, "predict")
    check_groups_reach_parts(search, "predict")
    outer = Pipeline([("model", barycenter)])
    assert message_of(check_groups_reach_parts, outer, "predict") == (
        "BarycenterClassifier asks for sensitive features in predict, but Pipeline, "
        "around it, does not pass them on there. Put SensitiveColumns around "
        "BarycenterClassifier itself, inside Pipeline."
    )
    assert requesting_parts(outer, "predict", ["x", "sensitive_features"]) == [
        "BarycenterClassifier"
    ]
    assert requesting_parts(barycenter, "predict", ["sensitive_features"]) == []
    assert unroutable_message(outer, ["A"], ["w"], "no.") == (
        "['A'] ask for ['w'] in Pipeline, which cannot pass them on: no. Put "
        "SensitiveColumns around those that ask, one by one."
    )


def test_errors_that_are_explained():
    stack = StackingClassifier([("parity", PARITY), ("knn", KNeighborsClassifier())])
    metadata = {"sensitive_features": 1, "sample_weight": 2}
    assert str(explain(stack, "fit", metadata, AlignmentError("x"))) == (
        "A step inside StackingClassifier adds, drops or reorders rows, and the "
        "sensitive features do not follow. Change rows before fit, of X and y alike, "
        "and leave them as they are inside."
    )
    words = "fit() got an unexpected keyword argument '{}'"
    groups = words.format("sensitive_features")
    assert str(explain(stack, "fit", metadata, TypeError(groups))) == (
        f"StackingClassifier passes sensitive_features to a part that does not take "
        f"it: {groups}. Put SensitiveColumns around those parts alone that ask for "
        f"them, SensitiveColumns(ParityLogisticRegression(), 'sex'), and these inside "
        "StackingClassifier."
    )
    plain = StackingClassifier([("knn", KNeighborsClassifier())])
    found = str(explain(plain, "fit", metadata, TypeError(groups)))
    assert "ask for them, SensitiveColumns(part, 'sex'), and" in found
    weight = words.format("sample_weight")
    assert str(explain(stack, "fit", metadata, TypeError(weight))) == (
        "StackingClassifier passes sample_weight to a part that does not take it: "
        f"{weight}. Leave sample_weight out."
    )
    assert explain(stack, "fit", metadata, ValueError(groups)) is None
    assert explain(stack, "fit", {"sample_weight": 2}, TypeError(groups)) is None
    assert explain(stack, "fit", metadata, NotFittedError("x")) is None


@pytest.mark.parametrize(
    ("estimator", "cure"),
    [
        (
            make_pipeline(StandardScaler(), Ridge()),
            "Fit the steps before the model on a sample in memory (or take those of "
            "dask_ml.preprocessing), transform X by them partition by partition, "
            "X.map_partitions(step.transform) or X.map_blocks(step.transform), and fit "
            "the model alone. A Pipeline that is fitted already can be wrapped, "
            "FrozenEstimator(pipeline).",
        ),
        (
            GridSearchCV(Ridge(), {}),
            "Search on a sample in memory, or use parity_path or a *CV class of "
            "fairlearnkit.linear_model, which divide the partitions into folds.",
        ),
        (RandomizedSearchCV(Ridge(), {}), "Search on a sample in memory, or use par"),
        (
            Ridge(),
            "Fit it on a sample in memory and wrap it, FrozenEstimator(fitted), whose "
            "methods are then called partition by partition; or take an estimator that "
            "is fitted to Dask collections, such as those of "
            "fairlearnkit.linear_model.",
        ),
    ],
)
def test_what_would_gather_a_collection(estimator, cure):
    dask_array = pytest.importorskip("dask.array")
    lazy = dask_array.zeros((4, 1))
    message = message_of(check_takes_collections, estimator, np.zeros(4), lazy)
    assert message.startswith(
        f"fit of {type(estimator).__name__} would gather all rows of the Dask "
        f"collection in memory. {cure}"
    )
    assert "  " not in message
    check_takes_collections(estimator, np.zeros((4, 1)))
    check_takes_collections(FrozenEstimator(estimator), lazy)
    check_takes_collections(PARITY, lazy)


@pytest.mark.parametrize(
    ("module", "refused"),
    [
        *[(f"{name}.sub", True) for name in ("imblearn", "lightgbm", "xgboost")],
        ("catboost", True),
        ("xgboost.dask", False),
        ("mylib.sklearn", False),
    ],
)
def test_libraries_that_work_in_memory(module, refused):
    dask_array = pytest.importorskip("dask.array")
    kind = type("Model", (BaseEstimator,), {"__module__": module})
    if not refused:
        check_takes_collections(kind(), dask_array.zeros(4))
        return
    with pytest.raises(ValueError, match="fit of Model would gather all rows"):
        check_takes_collections(kind(), dask_array.zeros(4))


def test_parts_by_path():
    inner = make_pipeline(StandardScaler(), SensitiveColumns(PARITY, "sex"))
    search = GridSearchCV(inner, {"x": [1]})
    paths = all_parts(search)
    assert paths[""] is search
    assert paths["estimator__sensitivecolumns"] is inner[-1]
    assert "estimator__standardscaler__with_mean" in paths
    assert not any(path.startswith("estimator__sensitivecolumns__") for path in paths)
    assert set(consumers(search)) == {
        "",
        "estimator",
        "estimator__standardscaler",
        "estimator__sensitivecolumns",
    }
    # Scorers do not fit, and duck-typed models have no requests.
    search = GridSearchCV(FitsOnly(), {}, scoring=get_scorer("r2"))
    assert {"estimator", "scoring"} < set(all_parts(search))
    assert set(consumers(search)) == {""}
    frozen = make_pipeline(FrozenEstimator(PARITY))
    assert "frozenestimator__estimator" in consumers(frozen)
    assert "frozenestimator__estimator" not in consumers(frozen, fit=True)
    assert set(all_parts(inner[-1])) == {""}
    for path, outer, inside in (
        ("a__b", "a", True),
        ("a", "a", False),
        ("ab", "a", False),
        ("a", "", True),
        ("", "", False),
    ):
        assert is_within(path, outer) == inside


def test_models_without_weights():
    knn = KNeighborsClassifier()
    assert unweighted_models(knn) == ["KNeighborsClassifier"]
    assert unweighted_models(make_pipeline(StandardScaler(), knn)) == [
        "KNeighborsClassifier"
    ]
    assert unweighted_models(make_pipeline(StandardScaler(), Ridge())) == []
    assert unweighted_models(make_pipeline(FrozenEstimator(knn))) == []
    two = StackingClassifier([("a", knn), ("b", Ridge())], final_estimator=knn)
    # A stack takes weights itself, and what becomes of them is up to it.
    assert unweighted_models(two) in ([], ["KNeighborsClassifier"] * 2)


def test_warnings_of_models_without_weights():
    knn, weight = KNeighborsClassifier(), np.ones(3)
    warn_unweighted(knn, None)
    warn_unweighted(Ridge(), weight)
    with pytest.warns(UserWarning, match="takes no") as caught:
        warn_unweighted(knn, weight)
    assert str(caught[0].message) == (
        "KNeighborsClassifier takes no sample_weight: fitted without it."
    )
    with pytest.warns(UserWarning, match="takes no") as caught:
        warn_unweighted(knn, weight, remaining_effect="They count rows.")
    assert str(caught[0].message) == (
        "KNeighborsClassifier takes no sample_weight: fitted without it. They count "
        "rows."
    )
    select = SequentialFeatureSelector(knn)
    two = make_pipeline(select, LinearDiscriminantAnalysis())
    with pytest.warns(UserWarning, match="take no") as caught:
        warn_unweighted(two, weight)
    assert str(caught[0].message) == (
        "LinearDiscriminantAnalysis, KNeighborsClassifier take no sample_weight: "
        "fitted without it."
    )
    with pytest.warns(UserWarning, match="^StandardScaler2 takes no sample_weight"):
        warn_unweighted(type("StandardScaler2", (DropsRows,), {})(), weight)


def test_weights_that_were_declined():
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        declined = Ridge().set_fit_request(sample_weight=False)
    pipeline = make_pipeline(StandardScaler(), declined)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline[0].set_fit_request(sample_weight=False)
    assert message_of(warn_unweighted, pipeline, np.ones(3)) == (
        "sample_weight was given, but fit of Pipeline does not take it: the request "
        "was set to False."
    )
    warn_unweighted(pipeline, np.ones(3), remaining_effect="They count rows.")


def test_what_a_method_takes():
    assert takes_groups(PARITY, "fit")
    assert not takes_groups(PARITY, "predict")
    assert not takes_groups(Ridge(), "fit")
    assert takes_groups(make_pipeline(StandardScaler(), PARITY), "fit")
    assert takes_weights(Ridge())
    assert not takes_weights(KNeighborsClassifier())
    assert takes_weights(FrozenEstimator(KNeighborsClassifier()))
    assert not takes_groups(FrozenEstimator(Ridge()), "predict")


def test_the_sensitive_columns_inside():
    columns = SensitiveColumns(PARITY, "sex")
    assert find_sensitive_columns(columns) is columns
    assert find_sensitive_columns(PARITY) is None
    assert find_sensitive_columns(GridSearchCV(columns, {})) is columns
    passes = [("p", "passthrough"), ("n", None), ("d", DropsRows()), ("m", columns)]
    assert find_sensitive_columns(Pipeline(passes)) is columns
    assert find_sensitive_columns(Pipeline([("m", columns)])) is columns
    scaler = ("s", StandardScaler())
    for before in ([scaler], [("p", "passthrough"), scaler]):
        assert find_sensitive_columns(Pipeline([*before, ("m", columns)])) is None
    X, y = np.arange(20.0)[:, None], np.arange(20) % 2
    boosted = GradientBoostingClassifier(n_estimators=1).fit(X, y)
    assert find_sensitive_columns(boosted) is None
    boosted.estimators_ = np.array([[PARITY], [columns]], dtype=object)
    assert find_sensitive_columns(boosted) is columns


def test_scorers_by_default():
    from fairlearnkit._routing.requests import _read_scoring

    accuracy, r2 = (_read_scoring(GridSearchCV(Ridge(), {}, scoring=s)) for s in SCORES)
    assert (accuracy._score_func.__name__, r2._score_func.__name__) == (
        "accuracy_score",
        "r2_score",
    )
    found = _read_scoring(LogisticRegressionCV(scoring=None))
    assert found._score_func.__name__ == "accuracy_score"
    assert _read_scoring(RFECV(Ridge()))._score_func.__name__ == "r2_score"
    several = GridSearchCV(Ridge(), {}, scoring=["r2", "accuracy"])
    assert list(_read_scoring(several)) == ["r2", "accuracy"]
    named = GridSearchCV(Ridge(), {}, scoring={"a": "r2", "b": max, "c": "unknown"})
    found = _read_scoring(named)
    assert found["a"]._score_func.__name__ == "r2_score"
    assert (found["b"], found["c"]) == (max, "unknown")
    assert _read_scoring(Ridge()) is None


SCORES = ("accuracy", "r2")
