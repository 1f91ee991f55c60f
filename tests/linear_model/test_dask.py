"""Linear models on Dask collections against the same models in memory."""

import sys
import time

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone

from fairlearnkit._data import partitions
from fairlearnkit.constraints import DemographicParity, GeneralParity
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.linear_model import (
    ParityGammaRegressor,
    ParityLogisticRegression,
    ParityPoissonRegressor,
    ParityRidge,
    parity_path,
)
from fairlearnkit.preprocessing import ParityProjection
from fairlearnkit.svm import ParityLinearSVC, ParityLinearSVR

dask = pytest.importorskip("dask")
array = pytest.importorskip("dask.array")
dataframe = pytest.importorskip("dask.dataframe")

FEATURES = ["u", "v", "w", "x"]
N = 600


@pytest.fixture(autouse=True)
def one_thread():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture(scope="module")
def frame():
    """Groups of unlike means, a column far from zero, weights among which are zeros."""
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b", "c"], N, p=[0.5, 0.3, 0.2])
    X = rng.normal(size=(N, 4)) + 0.4 * (group == "a")[:, None]
    X[:, 0] += 1000
    score = X[:, 1] - X[:, 2] + rng.normal(size=N)
    return pd.DataFrame(X, columns=FEATURES).assign(
        answer=np.where(score > 0.3, "yes", "no"),
        kind=np.digitize(score, [-0.5, 0.8]),
        number=score,
        count=rng.poisson(np.exp(0.3 * X[:, 1])).astype(float),
        group=group,
        other=rng.choice(["p", "q"], N),
        age=rng.normal(40, 9, N).round(),
        weight=rng.integers(0, 4, N).astype(float),
    )


CUTS = {
    "one": [],
    "unlike": [7, 300, 310],
    "with an empty one": [100, 100, 450],
}


def divided(frame, cuts):
    """A Dask DataFrame of these rows, which does not know the lengths of its parts."""
    parts = np.split(np.arange(len(frame)), cuts)
    delayed = [dask.delayed(frame.iloc[rows]) for rows in parts]
    return dataframe.from_delayed(delayed, meta=frame.iloc[:0], verify_meta=False)


def both_fits(model, frame, cuts, target, groups="group", weight=None):
    """The model fitted in memory and on partitions."""
    lazy, fitted = divided(frame, cuts), []
    for data in (frame, lazy):
        more = {} if weight is None else {"sample_weight": data[weight]}
        own = clone(model).set_params(tol=1e-10)
        own.fit(data[FEATURES], data[target], sensitive_features=data[groups], **more)
        fitted.append(own)
    return fitted


def assert_same(found, expected):
    """The same model but for the order of sums."""
    assert_allclose(found.coef_, expected.coef_, atol=1e-5)
    assert_allclose(found.intercept_, expected.intercept_, atol=1e-2)
    assert_allclose(found.gap_, expected.gap_, atol=1e-5)
    assert_allclose(found.duality_gap_, expected.duality_gap_, rtol=0.1, atol=1e-4)
    assert_array_equal(found.group_counts_, expected.group_counts_)
    assert_array_equal(found.feature_names_in_, FEATURES)
    first = expected.multipliers_
    one = first if not isinstance(next(iter(first.values())), dict) else {}
    assert list(found.multipliers_) == list(first)
    for name, value in one.items():
        assert_allclose(found.multipliers_[name], value, rtol=1e-3, atol=1e-3)


MODELS = {
    "logistic": (ParityLogisticRegression(), "answer"),
    "bound": (ParityLogisticRegression(max_gap=0.1), "answer"),
    "ratio": (ParityLogisticRegression(gap_ratio=0.5), "answer"),
    "newton-cg": (ParityLogisticRegression(solver="newton-cg"), "answer"),
    "no penalty": (ParityLogisticRegression(C=np.inf), "answer"),
    "three classes": (ParityLogisticRegression(class_weight="balanced"), "kind"),
    "odds": (
        ParityLogisticRegression(
            constraint="equalized_odds", max_gap=0.1, class_weight={"yes": 2}
        ),
        "answer",
    ),
    "opportunity": (
        ParityLogisticRegression(constraint="equal_opportunity", pos_label="yes"),
        "answer",
    ),
    "squared hinge": (ParityLinearSVC(loss="squared_hinge"), "answer"),
    "hinge": (ParityLinearSVC(loss="hinge", max_gap=0.1), "answer"),
    "no intercept": (ParityRidge(fit_intercept=False), "number"),
    "ridge": (ParityRidge(max_gap=0.05), "number"),
    "least squares": (ParityRidge(alpha=0), "number"),
    "bins": (ParityRidge(constraint=GeneralParity(n_bins=2), max_gap=0.05), "number"),
    "svr": (ParityLinearSVR(epsilon=0.3), "number"),
    "poisson": (ParityPoissonRegressor(max_gap=0.01), "count"),
}


@pytest.mark.parametrize("name", MODELS)
def test_same_as_in_memory(name, frame):
    model, target = MODELS[name]
    expected, found = both_fits(model, frame, CUTS["unlike"], target, weight="weight")
    assert_same(found, expected)


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("weight", [None, "weight"])
def test_any_partitions(frame, cuts, weight):
    model = ParityLogisticRegression(max_gap=0.1)
    expected, found = both_fits(model, frame, CUTS[cuts], "answer", weight=weight)
    assert_same(found, expected)


@pytest.mark.parametrize("where", ["group", "answer"])
def test_groups_and_classes_that_live_in_one_partition(frame, where):
    ordered = frame.sort_values(where, kind="stable")
    assert ordered[where].iloc[:60].nunique() == 1
    model = ParityLogisticRegression(constraint="equalized_odds", max_gap=0.1)
    assert_same(*reversed(both_fits(model, ordered, [60, 120], "answer")))


@pytest.mark.parametrize(
    ("constraint", "groups", "missing"),
    [
        (DemographicParity(columns="separately"), ["group", "other"], "error"),
        ("equalized_odds", ["group", "other"], "error"),
        ("demographic_parity", "some", "group"),
        ("demographic_parity", "some", "ignore"),
        ("decorrelation", ["age", "number"], "error"),
        ("decorrelation", "years", "ignore"),
    ],
)
def test_sensitive_columns_of_any_kind(frame, constraint, groups, missing):
    some = frame["group"].where(frame.index % 7 > 0)
    frame = frame.assign(some=some, years=frame["age"].where(frame.index % 5 > 0))
    model = ParityLogisticRegression(
        constraint=constraint, missing=missing, max_gap=0.02
    )
    fits = both_fits(model, frame, CUTS["unlike"], "answer", groups, weight="weight")
    assert_same(*reversed(fits))


@pytest.mark.parametrize("kind", ["numpy", "float32", "csr", "unknown", "dict"])
def test_arrays(frame, kind):
    X, y = frame[FEATURES].to_numpy(copy=True), frame["kind"].to_numpy() > 0
    X[:, 0] -= 1000
    group = np.array(frame["group"].tolist())
    chunks = (250, 50, 300)
    lazy = [
        array.from_array(values, chunks=(chunks, *values.shape[1:]))
        for values in (X, y, group)
    ]
    groups_in_memory, groups = group, lazy[2]
    if kind == "float32":
        X, lazy[0] = X.astype(np.float32), lazy[0].astype(np.float32)
    elif kind == "csr":
        X = sparse.csr_array(np.where(np.abs(X) > 0.7, X, 0))
        lazy[0] = array.where(abs(lazy[0]) > 0.7, lazy[0], 0).map_blocks(
            sparse.csr_array
        )
    elif kind == "unknown":
        lazy = [values[array.ones(N, chunks=(chunks,), dtype=bool)] for values in lazy]
        groups = lazy[2]
    elif kind == "dict":
        groups_in_memory, groups = {"g": group}, {"g": lazy[2].rechunk(100)}
    expected = ParityLogisticRegression(max_gap=0.2, tol=1e-10)
    expected.fit(X, y, sensitive_features=groups_in_memory)
    found = clone(expected)
    found.fit(lazy[0], lazy[1], sensitive_features=groups)
    assert_allclose(found.coef_, expected.coef_, atol=1e-5)
    assert found.coef_.dtype == expected.coef_.dtype
    assert found.n_features_in_ == 4


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "predict_log_proba", "decision_function"]
)
@pytest.mark.parametrize("target", ["answer", "kind"])
def test_predictions_are_lazy_and_keep_partitions_and_index(frame, method, target):
    frame = frame.set_axis(np.arange(N) * 10 + 3)
    model = ParityLogisticRegression()
    model.fit(frame[FEATURES], frame[target], sensitive_features=frame["group"])
    lazy = divided(frame, CUTS["with an empty one"])
    found = getattr(model, method)(lazy[FEATURES])
    assert found.npartitions == lazy.npartitions
    values = found.compute()
    expected = getattr(model, method)(frame[FEATURES])
    assert_array_equal(values.index, frame.index)
    assert_equal_scores(values.to_numpy(), expected)
    if expected.ndim == 2:
        assert list(found.columns) == model.classes_.tolist()
    model = ParityLogisticRegression()
    model.fit(
        frame[FEATURES].to_numpy(), frame[target], sensitive_features=frame["group"]
    )
    X = array.from_array(frame[FEATURES].to_numpy(), chunks=(250, 4))
    found = getattr(model, method)(X)
    assert found.chunks[0] == X.chunks[0]
    assert found.dtype == expected.dtype or expected.dtype.kind in "UO"
    assert_equal_scores(found.compute(), expected)


def test_predictions_are_those_of_the_model_when_it_was_asked(frame):
    """A fit in between does not change what is computed later."""
    lazy, model = divided(frame, CUTS["unlike"]), ParityRidge()
    model.fit(frame[FEATURES], frame["number"], sensitive_features=frame["group"])
    expected, found = model.predict(frame[FEATURES]), model.predict(lazy[FEATURES])
    model.fit(frame[FEATURES], -frame["number"], sensitive_features=frame["group"])
    assert_equal_scores(found.compute().to_numpy(), expected)


def test_sparse_columns_far_from_zero(frame):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 3)) * (rng.uniform(size=(N, 3)) < 0.5)
    X[:, 0] = 1e6 + rng.normal(size=N)
    y, group = frame["answer"].to_numpy(object), frame["group"].to_numpy(object)
    lazy = [array.from_array(v, chunks=(200, *v.shape[1:])) for v in (X, y, group)]
    lazy[0] = lazy[0].map_blocks(sparse.csr_array)
    expected = ParityLogisticRegression(max_gap=0.05, tol=1e-10)
    expected.fit(sparse.csr_array(X), y, sensitive_features=group)
    found = clone(expected).fit(lazy[0], lazy[1], sensitive_features=lazy[2])
    assert_allclose(found.coef_, expected.coef_, atol=1e-6)
    assert_allclose(found.gap_, expected.gap_, atol=1e-6)


@pytest.mark.parametrize(
    ("model", "n_features", "C"),
    [
        (ParityLinearSVC(loss="hinge", tol=1e-10), 410, 0.01),  # conjugate gradients
        (ParityLinearSVC(loss="hinge", tol=1e-10), 410, 1.0),  # square matrices
        (ParityLinearSVR(tol=1e-10), 60, 0.001),  # in memory the dual
    ],
)
def test_kinks_of_many_sparse_columns(frame, model, n_features, C):
    rng = np.random.default_rng(0)
    X = (rng.uniform(size=(N, n_features)) < 0.02).astype(float)
    y = X[:, :20].sum(axis=1) + rng.normal(size=N)
    y = y > np.median(y) if hasattr(model, "class_weight") else y
    values = (X, y, frame["group"].to_numpy(object))
    lazy = [array.from_array(v, chunks=(200, *v.shape[1:])) for v in values]
    lazy[0] = lazy[0].map_blocks(sparse.csr_array)
    expected = clone(model).set_params(C=C)
    expected.fit(sparse.csr_array(X), y, sensitive_features=values[2])
    found = clone(expected).fit(lazy[0], lazy[1], sensitive_features=lazy[2])
    assert_allclose(found.coef_, expected.coef_, atol=1e-4)


def assert_equal_scores(found, expected):
    """Equal classes; equal scores but for the rounding of products of other blocks."""
    if expected.dtype.kind == "f":
        assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    else:
        assert_array_equal(found, expected)


def test_other_predictions(frame):
    lazy = divided(frame, CUTS["unlike"])
    for model, target, methods in [
        (ParityRidge(), "number", ["predict"]),
        (ParityLinearSVC(), "answer", ["predict", "decision_function"]),
        (ParityPoissonRegressor(), "count", ["predict", "linear_predictor"]),
    ]:
        model.fit(frame[FEATURES], frame[target], sensitive_features=frame["group"])
        for method in methods:
            found = getattr(model, method)(lazy[FEATURES]).compute()
            expected = getattr(model, method)(frame[FEATURES])
            assert_equal_scores(found.to_numpy(), expected)


@pytest.mark.parametrize("method", ["orthogonal", "elimination"])
def test_projection(frame, method):
    lazy, data = divided(frame, CUTS["unlike"]), (frame["answer"], frame["group"])
    expected = ParityProjection(
        constraint="equal_opportunity", pos_label="yes", method=method
    )
    expected.fit(frame[FEATURES], data[0], sensitive_features=data[1])
    found = clone(expected)
    found.fit(lazy[FEATURES], lazy["answer"], sensitive_features=lazy["group"])
    assert_allclose(found.directions_, expected.directions_, atol=1e-9)
    assert_allclose(found.gap_, expected.gap_, atol=1e-9)
    moved = found.transform(lazy[FEATURES])
    assert list(moved.columns) == expected.get_feature_names_out().tolist()
    assert_allclose(moved.compute(), expected.transform(frame[FEATURES]), rtol=1e-9)
    without = ParityProjection().fit(lazy[FEATURES], sensitive_features=lazy["group"])
    assert len(without.directions_) == 2


def test_path(frame):
    lazy = divided(frame, CUTS["unlike"])
    for model, target, ratios in [
        (ParityLogisticRegression(tol=1e-10), "answer", [1, 0.5, 0, -0.5]),
        (ParityLinearSVR(epsilon=0.5, tol=1e-10), "number", [0.5]),
    ]:
        paths = [
            parity_path(
                data[FEATURES],
                data[target],
                sensitive_features=data["group"],
                gap_ratios=ratios,
                estimator=model,
            )
            for data in (frame, lazy)
        ]
        assert_allclose(paths[1].coefs, paths[0].coefs, atol=1e-5)
        assert_allclose(paths[1].gaps, paths[0].gaps, atol=1e-5)


def test_columns_made_of_many_scores_are_kept(frame, monkeypatch):
    """Multipliers of many rounds are computed once, not replayed in every pass."""
    from fairlearnkit._optim import dask_rows

    monkeypatch.setattr(dask_rows, "MOST_REPLAYED", 2)
    kept = []
    keep = dask_rows.keep
    monkeypatch.setattr(dask_rows, "keep", lambda tasks: kept.append(1) or keep(tasks))
    expected, found = both_fits(ParityLinearSVR(), frame, CUTS["unlike"], "number")
    assert kept
    assert_same(found, expected)


@pytest.mark.parametrize(
    "model", [ParityLogisticRegression(), ParityLinearSVC(loss="hinge")]
)
def test_many_rows_are_neither_selected_nor_sampled_whole(frame, monkeypatch, model):
    from fairlearnkit._optim import dask_rows, solver_newton

    monkeypatch.setattr(dask_rows, "MOST_ELEMENTS", 60 * 12)
    monkeypatch.setattr(solver_newton, "MANY_ELEMENTS", 10)
    largest, compute = [], partitions.compute

    def watched(tasks):
        results = compute(tasks)
        largest.append(max(map(rows_of, results)))
        return results

    def rows_of(value):
        if isinstance(value, list | tuple):
            return max(map(rows_of, value), default=0)
        if isinstance(value, dict):
            return max(map(rows_of, value.values()), default=0)
        return np.shape(value)[0] if np.ndim(value) else 0

    for module in ("_optim.dask_rows", "_models.dask_table"):
        monkeypatch.setattr(sys.modules[f"fairlearnkit.{module}"], "compute", watched)
    for kind in (array.Array, dataframe.DataFrame, dataframe.Series):
        monkeypatch.setattr(kind, "compute", pytest.fail)
        monkeypatch.setattr(kind, "__array__", pytest.fail)
    expected, found = both_fits(model, frame, CUTS["unlike"], "answer")
    assert_same(found, expected)
    assert max(largest) <= 70 < N


def test_counts_in_messages_are_those_of_rows(frame):
    few = frame["group"].where((frame["group"] != "c") | (frame.index < 20), "a")
    frame = frame.assign(group=few)
    lazy, messages = divided(frame, CUTS["unlike"]), []
    for data in (frame, lazy):
        with pytest.warns(SmallGroupWarning) as caught:
            ParityRidge().fit(
                data[FEATURES], data["number"], sensitive_features=data["group"]
            )
        messages.append(str(caught[0].message))
    assert messages[0] == messages[1]
    gone, messages = frame["group"].where(frame.index % 9 > 0), []
    frame = frame.assign(group=gone)
    for data in (frame, divided(frame, CUTS["unlike"])):
        with pytest.raises(ValueError, match=r"missing .* in 67 rows") as error:
            ParityRidge().fit(
                data[FEATURES], data["number"], sensitive_features=data["group"]
            )
        messages.append(str(error.value))
    assert messages[0] == messages[1]


def test_errors_name_the_cure(frame):
    lazy = divided(frame, CUTS["unlike"])
    X, y, group = lazy[FEATURES], lazy["number"], lazy["group"]
    model = ParityRidge()
    with pytest.raises(ValueError, match=r"y is a Series in memory.*Else pass y as a"):
        model.fit(X, frame["number"], sensitive_features=group)
    with pytest.raises(
        ValueError, match=r"y has 2 partitions, and X has 4.*repartition"
    ):
        model.fit(X, y.repartition(npartitions=2), sensitive_features=group)
    message = r"In partition 1, .*\(X: 293, y: 0, sens.*take all of them from one coll"
    with pytest.raises(ValueError, match=message):
        model.fit(X, divided(frame, [7, 7, 310])["number"], sensitive_features=group)
    shuffled = frame.sample(frac=1, random_state=0)
    moved = divided(shuffled, CUTS["unlike"])["number"]
    with pytest.raises(
        ValueError, match=r"In partition 1: By their indexes, y has other"
    ):
        model.fit(X, moved, sensitive_features=group)
    with pytest.raises(ValueError, match="sensitive_features is required"):
        model.fit(X, y)
    with pytest.raises(ValueError, match="requires y to be passed, but it is None"):
        model.fit(X, None, sensitive_features=group)
    broken = divided(frame.assign(u=frame["u"].where(frame.index != 400)), [100])
    with pytest.raises(ValueError, match="In partition 1: Input X contains NaN"):
        model.fit(
            broken[FEATURES], broken["number"], sensitive_features=broken["group"]
        )
    with pytest.raises(ValueError, match=r"needs rows in memory.*'newton-cholesky'"):
        ParityRidge(solver="cvxpy").fit(X, y, sensitive_features=group)
    with pytest.raises(ValueError, match="one group only"):
        model.fit(
            X,
            y,
            sensitive_features=lazy["group"].map(lambda _: "a", meta=("g", "object")),
        )


def test_numbers_are_no_groups(frame, monkeypatch):
    from fairlearnkit._models import dask_table

    monkeypatch.setattr(dask_table, "MOST_IN_PARTITION", 20)
    lazy = divided(frame, [300])
    message = "In partition 0: sensitive_features have 300 different rows.*pandas.cut"
    with pytest.raises(ValueError, match=message):
        ParityRidge().fit(lazy[FEATURES], lazy["number"], sensitive_features=lazy["u"])


def test_gamma_targets_out_of_range(frame):
    lazy = divided(frame, CUTS["unlike"])
    with pytest.raises(
        ValueError, match=r"out of the valid range.* of 600 are, the small"
    ):
        ParityGammaRegressor().fit(
            lazy[FEATURES], lazy["number"], sensitive_features=lazy["group"]
        )


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit=0
    )
    with cluster, distributed.Client(cluster) as client:
        yield client


def slow(frame):
    time.sleep(0.02)
    return frame


def test_workers_of_which_one_is_killed(frame, client):
    """The same answer, while Dask replaces the worker."""
    rows = np.split(np.arange(N), CUTS["unlike"])
    delayed = [dask.delayed(slow)(frame.iloc[some]) for some in rows]
    lazy = dataframe.from_delayed(delayed, meta=frame.iloc[:0], verify_meta=False)
    expected = ParityLogisticRegression(max_gap=0.1, tol=1e-10)
    expected.fit(frame[FEATURES], frame["answer"], sensitive_features=frame["group"])
    passes, compute = [], partitions.compute

    def killing(tasks):
        passes.append(1)
        if len(passes) == 4:
            address = next(iter(client.scheduler_info(n_workers=-1)["workers"]))
            process = client.run(lambda: __import__("os").getpid(), workers=[address])
            __import__("os").kill(process[address], 9)
        return compute(tasks)

    # By its name: a Client in the configuration would keep Dask from new workers.
    scheduler = dask.config.set(scheduler="dask.distributed")
    with scheduler, pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairlearnkit._optim.dask_rows.compute", killing)
        found = clone(expected)
        found.fit(lazy[FEATURES], lazy["answer"], sensitive_features=lazy["group"])
        assert len(passes) > 5
        assert_same(found, expected)
        predicted = found.predict(lazy[FEATURES]).compute()
    assert_array_equal(predicted, expected.predict(frame[FEATURES]))
