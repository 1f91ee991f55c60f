"""Other libraries around and inside of ours: what works, by running it.

    python benchmarks/interoperation.py              # docs/interoperation_results.txt
    python benchmarks/interoperation.py SHAP skrub   # some of them

A line tells what was asserted. Libraries that are not installed are named and left out.
To install all of them, into an environment of their own:

    python -m pip install ".[examples]" skops mlflow shap skrub feature-engine \
        category_encoders dask-ml

The rows are the first 3000 of Adult's training rows. Nothing is sent anywhere.
"""

import os
import sys
import tempfile
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import load_adult
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import parity_scorer

CHECKS = {}
GRID = {"estimator__paritylogisticregression__C": [0.1, 1.0]}


def check(library, package):
    """Register a function that raises an error unless its docstring holds."""

    def register(function):
        CHECKS.setdefault((library, package), []).append(function)
        return function

    return register


def rows():
    """All columns of the table, and its numbers with the column sex."""
    adult = load_adult(subset="train")
    X, y = adult.data[:3000], adult.target[:3000]
    return X, X[[*X.select_dtypes("number"), "sex"]], y


def refusal(function, *arguments):
    """The message of the ValueError that a call has to end in."""
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    raise AssertionError("It was not refused.")


def make_model(*steps):
    """A model with the steps before it, and with sex as its groups."""
    return SensitiveColumns(
        make_pipeline(*(steps or [StandardScaler()]), ParityLogisticRegression()), "sex"
    )


def runs_of(mlflow, fit):
    """The number of runs that autologging records during a fit."""
    before = len(mlflow.search_runs())
    fit()
    return len(mlflow.search_runs()) - before


@check("MLflow", "mlflow")
def autolog_bare(mlflow):
    """Autolog: nothing for a bare model, nor in SensitiveColumns."""
    _, X, y = rows()
    bare, numbers, groups = ParityLogisticRegression(), X.drop(columns="sex"), X["sex"]
    assert runs_of(mlflow, lambda: bare.fit(numbers, y, sensitive_features=groups)) == 0
    assert runs_of(mlflow, lambda: SensitiveColumns(bare, "sex").fit(X, y)) == 0


@check("MLflow", "mlflow")
def autolog_inside(mlflow):
    """Autolog: of SensitiveColumns, the Pipeline inside."""
    _, X, y = rows()
    assert runs_of(mlflow, lambda: make_model().fit(X, y)) == 1
    last = mlflow.search_runs(order_by=["start_time DESC"]).iloc[0]
    assert last["tags.estimator_name"] == "Pipeline"


@check("MLflow", "mlflow")
def autolog_wrapped(mlflow):
    """Autolog: one run for a Pipeline around it, 3 for 2 in a grid."""
    _, X, y = rows()
    pipeline, search = make_pipeline(make_model()), GridSearchCV(make_model(), GRID)
    assert runs_of(mlflow, lambda: pipeline.fit(X, y)) == 1
    assert runs_of(mlflow, lambda: search.fit(X, y)) == 3


@check("MLflow", "mlflow")
def log_model(mlflow):
    """A model logged with skops: two types of ours have to be trusted."""
    _, X, y = rows()
    model = make_model().fit(X, y)
    kinds = [SensitiveColumns, ParityLogisticRegression]
    names = [f"{kind.__module__}.{kind.__name__}" for kind in kinds]
    assert_logged(mlflow, model, X, model.predict(X), skops_trusted_types=names)


@check("MLflow", "mlflow")
def log_plain(mlflow):
    """A pipeline with to_sklearn logged with skops: none has to be."""
    _, X, y = rows()
    model = make_model().fit(X, y)
    steps = model.estimator_.steps
    plain = Pipeline([*steps[:-1], ("model", steps[-1][1].to_sklearn())])
    assert_logged(mlflow, plain, X.drop(columns="sex"), model.predict(X))


def assert_logged(mlflow, model, X, expected, **options):
    """Log a model with skops and load it: it has to predict what is expected."""
    with mlflow.start_run():
        # No requirements: to infer them takes MLflow 20 s for each model.
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            serialization_format="skops",
            pip_requirements=[],
            **options,
        )
    loaded = mlflow.sklearn.load_model(info.model_uri)
    assert (loaded.predict(X) == expected).all()


@check("SHAP", "shap")
def linear_explainer(shap):
    """LinearExplainer: values add up to decision_function."""
    _, X, y = rows()
    *head, (_, last) = make_model().fit(X, y).estimator_.steps
    Z = Pipeline(head).transform(X.drop(columns="sex"))
    for model in (last, last.to_sklearn()):
        values = shap.LinearExplainer(model, Z)(Z[:100])
        total = values.values.sum(axis=1) + values.base_values
        np.testing.assert_allclose(total, model.decision_function(Z[:100]))


@check("SHAP", "shap")
def any_explainer(shap):
    """Explainer of any model, as a function of X with the groups in it."""
    _, X, y = rows()
    model = make_model().fit(X, y)
    coded = X.assign(sex=(X["sex"] == "Male").astype(float))

    def probability(A):
        sex = np.where(A[:, -1] > 0.5, "Male", "Female")
        frame = coded.iloc[: len(A), :0].reset_index(drop=True)
        names = X.columns[:-1]
        frame = frame.assign(**dict(zip(names, A[:, :-1].T)), sex=sex)
        return model.predict_proba(frame)[:, 1]

    values = shap.PermutationExplainer(probability, coded[:50].to_numpy())
    found = values(coded[:3].to_numpy(), silent=True)
    assert found.values.shape == (3, X.shape[1])
    assert not found.values[:, -1].any()  # predictions do not look at the groups


@check("skrub", "skrub")
def skrub_pipelines(skrub):
    """Its tabular_pipeline and TableVectorizer inside SensitiveColumns."""
    X, _, y = rows()
    tabular = skrub.tabular_pipeline(ParityLogisticRegression())
    for model in (
        SensitiveColumns(tabular, "sex"),
        make_model(skrub.TableVectorizer(), StandardScaler()),
    ):
        assert cross_val_score(model, X, y, cv=3).min() > 0.8


@check("skrub", "skrub")
def skrub_data_ops(skrub):
    """Data ops: skb.apply(SensitiveColumns(...)), cross_validate."""
    X, _, y = rows()
    data = skrub.var("data", X.assign(income=y))
    features = data.drop(columns="income").skb.mark_as_X()
    model = make_model(skrub.TableVectorizer(), StandardScaler())
    fitted = features.skb.apply(model, y=data["income"].skb.mark_as_y())
    assert fitted.skb.cross_validate(cv=3)["test_score"].min() > 0.8


@check("feature-engine", "feature-engine")
def engine_encoders(feature_engine):
    """Encoders inside SensitiveColumns."""
    from feature_engine.encoding import OneHotEncoder, RareLabelEncoder

    X, _, y = rows()
    model = make_model(RareLabelEncoder(), OneHotEncoder(), StandardScaler())
    assert cross_val_score(model, X, y, cv=3).min() > 0.75


@check("feature-engine", "feature-engine")
def engine_rows(feature_engine):
    """Steps that drop rows: its Pipeline outside."""
    from feature_engine.imputation import DropMissingData
    from feature_engine.pipeline import make_pipeline as engine_pipeline

    _, X, y = rows()
    X = X.assign(age=X["age"].where(np.arange(len(X)) >= 5))
    model = engine_pipeline(DropMissingData(), make_model()).fit(X, y)
    assert model[-1].estimator_[-1].group_counts_.sum() == len(X) - 5
    inside = engine_pipeline(DropMissingData(), ParityLogisticRegression())
    message = refusal(SensitiveColumns(inside, "sex").fit, X, y)
    assert "DropMissingData changes the rows" in message


@check("category_encoders", "category_encoders")
def category_encoders_inside(encoders):
    """Encoders inside SensitiveColumns."""
    X, _, y = rows()
    y = (y == ">50K").astype(int)
    for encoder in (
        encoders.TargetEncoder(),
        encoders.OneHotEncoder(),
        encoders.CatBoostEncoder(),
        encoders.LeaveOneOutEncoder(),
    ):
        model = make_model(encoder, StandardScaler()).fit(X, y)
        assert model.score(X, y) > 0.75


@check("dask-ml", "dask-ml")
def dask_predictions(dask_ml):
    """ParallelPostFit: predictions of a Dask frame in blocks."""
    from dask import dataframe
    from dask_ml.wrappers import ParallelPostFit

    _, X, y = rows()
    model = make_model().fit(X, y)
    blocks = dataframe.from_pandas(X.astype({"sex": str}), npartitions=3)
    found = ParallelPostFit(model).predict_proba(blocks).compute()
    np.testing.assert_allclose(found, model.predict_proba(X))


@check("dask-ml", "dask-ml")
def dask_search(dask_ml):
    """GridSearchCV, with a parity_scorer."""
    from dask_ml.model_selection import GridSearchCV as Search

    _, X, y = rows()
    gap = parity_scorer(
        "demographic_parity_difference", metric_params={"pos_label": ">50K"}
    )
    search = Search(make_model(), GRID, cv=3, scoring=gap).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@check("dask-ml", "dask-ml")
def dask_frames(dask_ml):
    """A Dask frame in fit is refused with what to call."""
    from dask import dataframe

    _, X, y = rows()
    blocks = dataframe.from_pandas(X, npartitions=3)
    assert "X.compute()" in refusal(make_model().fit, blocks, y)


def set_up(library, folder):
    """The imported module, with MLflow writing to a folder and nowhere else."""
    name = {"feature-engine": "feature_engine", "dask-ml": "dask_ml"}.get(library)
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
    if str(Path(__file__).parent) in sys.path:  # its sparse.py is not the package
        sys.path.remove(str(Path(__file__).parent))
    module = __import__(name or library)
    if library == "mlflow":
        module.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        module.create_experiment("checks", artifact_location=folder)
        module.set_experiment("checks")
        module.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
    return module


def run(function, module):
    """Print whether a check holds, and return it."""
    try:
        function(module)
        result = "ok"
    except Exception as error:
        lines = str(error).splitlines() or [""]
        result = f"FAILED: {type(error).__name__}: {lines[0]}"
    print(f"  {function.__doc__:<72} {result}")
    return result == "ok"


def main(wanted):
    """Run the checks of the libraries that are named, or all of them."""
    for name in ("fairlearnkit", "scikit-learn", "numpy", "pandas"):
        print(f"{name} {version(name)}", end="  ")
    print()
    failed = 0
    for (library, package), checks in CHECKS.items():
        if wanted and library not in wanted:
            continue
        try:
            print(f"\n{library} {version(package)}")
        except PackageNotFoundError:
            print(f"\n{library} is not installed: python -m pip install {package}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            module = set_up(package, folder)
            failed += sum([not run(function, module) for function in checks])
    return failed > 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main(sys.argv[1:]))
