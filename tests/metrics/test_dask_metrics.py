"""Metrics of Dask collections: those of the same rows in memory."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from inspect import isfunction, signature
from itertools import product
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, max_error

from fairlearnkit import metrics
from fairlearnkit._counting import noisy_counts
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.metrics import parity_scorer, pooled_scorers

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")

pytestmark = [
    pytest.mark.filterwarnings("ignore::fairlearnkit.exceptions.SmallGroupWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
]

# All functions of groups; those that make something else of their arguments have none.
FUNCTIONS = {
    name: getattr(metrics, name)
    for name in metrics.__all__
    if isfunction(getattr(metrics, name))
    and "sensitive_features" in signature(getattr(metrics, name)).parameters
}
# Further arguments of some: their metrics, and what is computed of Dask collections.
OPTIONS = {
    "audit_subgroups": {"linear": False, "min_count": 3},
    "bootstrap_interval": {
        "metric": "equalized_odds_difference",
        "n_resamples": 20,
        "random_state": 0,
    },
    "group_metric": {"metric": [accuracy_score, confusion_matrix]},
    "parity_report": {"n_resamples": 20, "output_dict": True},
}
# That of a model, which needs all rows.
IN_MEMORY_ONLY = {"group_predictability"}
# Sums of rounded products: equal up to the order in which they are added.
SUMS = {"score_gap", "strong_demographic_disparity", "wasserstein_unfairness"}
ROUNDING = {"rtol": 1e-12, "atol": 1e-14}


@pytest.fixture(autouse=True)
def synchronous():
    with dask.config.set(scheduler="synchronous"):
        yield


def make_table(n=400):
    """Rows sorted by group and class, so that partitions lack some of both."""
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b", "c", None], size=n, p=[0.5, 0.3, 0.17, 0.03])
    table = pd.DataFrame(
        {
            "race": group,
            "y": rng.integers(0, 2, n),
            "decision": rng.integers(0, 2, n),
            "score": np.round(rng.normal(size=n) + (group == "b"), 2),
            "weight": rng.exponential(size=n) * (rng.random(n) > 0.1),
            "year": rng.integers(2020, 2022, n),
            "age": rng.integers(20, 70, n),
        }
    )
    return table.sort_values(["race", "y"]).reset_index(drop=True)


TABLE = make_table()


def in_chunks(*chunks):
    def cut(table):
        arrays = {name: table[name].to_numpy() for name in table}
        return {name: da.from_array(v, chunks=(chunks,)) for name, v in arrays.items()}

    return cut


def in_frame(table):
    frame = dd.from_pandas(table, npartitions=4).persist()
    return {name: frame[name] for name in table}


def of_unknown_sizes(table):
    table = table.astype({"race": object})
    with dask.config.set({"dataframe.convert-string": False}):
        frame = dd.from_pandas(table, npartitions=4).persist()
    return {name: frame[name].values for name in table}


def with_empty_partitions(table):
    frame = dd.from_pandas(table, npartitions=13)
    frame = frame[(frame.race != "b") | (frame.y > 2)]
    return {name: frame[name] for name in table}


@cache
def lazy_columns(cut):
    """Columns of the table, which all tests share."""
    return CUTS[cut](TABLE)


CUTS = {
    "ragged chunks": in_chunks(1, 150, 0, 220, 29),
    "frame": in_frame,
    "unknown sizes": of_unknown_sizes,
}


def call(name, columns, **options):
    """A metric of columns, which come from memory or from Dask."""
    function = FUNCTIONS[name]
    options = {
        key: columns[value] if isinstance(value, str) and value in columns else value
        for key, value in {**OPTIONS.get(name, {}), **options}.items()
    }
    data = {"y_true": columns["y"], "sensitive_features": columns["race"]}
    scores = "y_score" in signature(function).parameters
    data |= {
        "y_score" if scores else "y_pred": columns["score" if scores else "decision"]
    }
    return function(**data, **options)


def assert_same(a, b, **tolerance):
    """Equal in all digits, or up to rounding of numbers."""
    if isinstance(a, dict):
        assert list(a) == list(b)
        for key, value in a.items():
            assert_same(value, b[key], **tolerance)
    elif isinstance(a, list):
        assert len(a) == len(b)
        for one, other in zip(a, b):
            assert_same(one, other, **tolerance)
    elif tolerance and np.asarray(a).dtype.kind == "f":
        assert_allclose(b, a, **tolerance)
    else:
        np.testing.assert_array_equal(b, a, strict=isinstance(a, np.ndarray))


def takes(name, *keys):
    return all(key in signature(FUNCTIONS[name]).parameters for key in keys)


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        *product(sorted({*FUNCTIONS} - IN_MEMORY_ONLY), ["ragged chunks", "frame"]),
        *product(["group_rates", "ks_gap", "score_gap"], ["unknown sizes"]),
    ],
)
def test_every_metric_is_that_of_memory(name, cut):
    assert len(FUNCTIONS) > 14
    options = {"missing": "group"} if takes(name, "missing") else {}
    if name == "bootstrap_interval":
        options = {"metric_params": {"missing": "group"}}
    if takes(name, "sample_weight"):
        options |= {"sample_weight": "weight"}
    # Arrays have no names, which some results tell.
    rows = TABLE if cut == "frame" else {key: TABLE[key].to_numpy() for key in TABLE}
    expected = call(name, rows, **options)
    found = call(name, lazy_columns(cut), **options)
    rounds = name in {*SUMS, "group_metric"}  # metrics of scikit-learn add weights
    assert_same(expected, found, **(ROUNDING if rounds else {}))


@pytest.mark.parametrize("name", sorted({*FUNCTIONS} - IN_MEMORY_ONLY))
def test_a_group_in_no_partition_and_partitions_without_rows(name):
    kept = TABLE[(TABLE.race != "b") & TABLE.race.notna()].reset_index(drop=True)
    columns = with_empty_partitions(TABLE[TABLE.race.notna()].reset_index(drop=True))
    assert 0 in columns["y"].map_partitions(len).compute().tolist()
    expected, found = call(name, kept), call(name, columns)
    assert_same(expected, found, **(ROUNDING if name in SUMS else {}))


def test_weights_are_added_without_rounding():
    """Of all sizes, and in another order than in memory, where sums of them round."""
    weight = np.random.default_rng(0).exponential(size=400) ** 6
    table = TABLE.assign(weight=weight, race=TABLE.race.fillna("d"))
    options = {"sample_weight": "weight"}
    expected = call("group_rates", table, **options)
    shuffled = table.sample(frac=1.0, random_state=0).reset_index(drop=True)
    for rows in (shuffled, in_chunks(100, 200, 100)(shuffled), in_frame(shuffled)):
        assert_same(expected, call("group_rates", rows, **options))


@pytest.mark.parametrize("name", ["bootstrap_interval", "parity_report"])
def test_resamples_of_weights_that_repeat(name):
    table = TABLE.assign(weight=TABLE.weight.round(), race=TABLE.race.fillna("d"))
    options = {"sample_weight": "weight"}
    options |= {"stratify": True} if name == "bootstrap_interval" else {}
    expected = call(name, table, **options)
    assert_same(expected, call(name, in_frame(table), **options))


def test_too_many_labels_and_weights_to_count(monkeypatch):
    monkeypatch.setattr("fairlearnkit._data.label_tables.MOST_DISTINCT", 60)
    known = TABLE.assign(race=TABLE.race.fillna("d"))
    columns, options = in_frame(known), {"sample_weight": "weight"}
    for name in ("equalized_odds_difference", "group_rates"):
        assert_same(call(name, known, **options), call(name, columns, **options))
    for name in ("bootstrap_interval", "parity_report"):
        with pytest.raises(ValueError, match="Round them"):
            call(name, columns, **options)
    columns["race"] = columns["weight"]
    message = "y_true and y_pred and sensitive_features have .* Cut numbers into groups"
    with pytest.raises(ValueError, match=message):
        call("group_rates", columns)


def with_options(name):
    """Options of a metric beyond its defaults, in turn."""
    yield {"control_features": "year", "missing": "ignore"}
    if takes(name, "aggregate"):
        yield {"aggregate": "mean", "control_features": "year", "missing": "group"}
        yield {"min_group_size": 20, "missing": "group", "labels": [0, 1, 2]}


@pytest.mark.parametrize(
    "name", sorted(name for name in FUNCTIONS if takes(name, "control_features"))
)
def test_strata_missing_values_and_small_groups(name):
    for options in with_options(name):
        expected = call(name, TABLE, **options)
        assert_same(expected, call(name, lazy_columns("frame"), **options))


def test_several_columns_their_names_and_a_dict_of_them():
    known = TABLE[TABLE.race.notna()].reset_index(drop=True)
    frame = dd.from_pandas(known, npartitions=3)
    for columns in (["race", "year"], ["race"]):
        options = {"n_resamples": 0, "output_dict": True}
        rows = known.y, known.decision
        expected = metrics.parity_report(
            *rows, sensitive_features=known[columns], **options
        )
        rows = frame.y, frame.decision
        for features in (frame[columns], {name: frame[name] for name in columns}):
            found = metrics.parity_report(*rows, sensitive_features=features, **options)
            assert_same(expected, found)
    assert found["n_rows"] == len(known)


@pytest.mark.parametrize("weight", [None, "weight"])
def test_report_of_numbers(weight):
    options = {"target": "numbers", "n_resamples": 0, "missing": "ignore"}
    options |= {} if weight is None else {"sample_weight": weight}
    table = TABLE.assign(decision=TABLE.score, y=TABLE.score.round() + 0.25 * TABLE.y)
    expected = call("parity_report", table, **options)
    found = call("parity_report", in_frame(table), **options)
    assert_same(expected, found, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "constraint", ["equal_opportunity", "equalized_odds", "general_parity"]
)
def test_score_gap_within_classes(constraint):
    options = {"constraint": constraint, "missing": "ignore", "sample_weight": "weight"}
    expected = call("score_gap", TABLE, **options)
    assert_same(
        expected, call("score_gap", lazy_columns("frame"), **options), **ROUNDING
    )


def test_score_gap_with_numeric_columns_and_a_numeric_target():
    table = TABLE.assign(race=TABLE.age, y=TABLE.score)  # a target that is not read
    for constraint in ("decorrelation", "demographic_parity"):
        options = {"constraint": constraint}
        expected = call("score_gap", table, **options)
        found = call("score_gap", in_frame(table), **options)
        assert_same(expected, found, **ROUNDING)


def test_audit_of_numeric_columns():
    known = TABLE.assign(race=TABLE.race.fillna("d"))
    for table in (known, known[:97]):
        frame = dd.from_pandas(table, npartitions=3)
        columns, options = ["race", "age", "year"], {"linear": False, "min_count": 3}
        expected, found = (
            metrics.audit_subgroups(
                rows.y,
                rows.decision,
                sensitive_features=rows[columns],
                rate="false_positive_rate",
                top=None,
                **options,
            )
            for rows in (table, frame)
        )
        assert len(expected.subgroups) > 20
        assert_same(expected, found)


def test_scorers_predict_lazily():
    X = TABLE[["score", "age"]].assign(sex=np.arange(400) % 2)
    model = LogisticRegression().fit(X, TABLE.y)
    wrapped = SensitiveColumns(LogisticRegression(), "sex").fit(X, TABLE.y)
    lazy = dd.from_pandas(X.assign(y=TABLE.y), npartitions=4)
    gap = "demographic_parity_difference"
    for estimator, scorer in (
        (model, parity_scorer(gap, columns="sex")),
        (model, parity_scorer("ks_gap", response_method="predict_proba", columns=-1)),
        (wrapped, parity_scorer(gap)),
        *(
            (model, each)
            for each in pooled_scorers(
                "gap", gap, groups=lazy.sex, classes=lazy.y, columns="sex"
            ).values()
        ),
    ):
        expected = scorer(estimator, X, TABLE.y)
        assert scorer(estimator, lazy[list(X)], lazy.y) == expected
    groups = {"sensitive_features": X.sex}
    expected = parity_scorer(gap)(model, X, TABLE.y, **groups)
    groups = {"sensitive_features": lazy.sex}
    assert parity_scorer(gap)(model, lazy[list(X)], lazy.y, **groups) == expected
    array, bare = lazy[list(X)].to_dask_array(), LogisticRegression()
    bare.fit(X.to_numpy(), TABLE.y)
    scorer = parity_scorer(gap, columns=2)
    assert scorer(bare, array, lazy.y) == scorer(bare, X.to_numpy(), TABLE.y)


@pytest.mark.parametrize("cut", sorted(CUTS))
@pytest.mark.parametrize("name", ["group_rates", "parity_report"])
def test_private_counts_are_those_of_memory(name, cut, monkeypatch):
    """The noise is added to the counts of all partitions together, and once."""
    draws = []

    def draw(epsilon, size):
        draws.append(size)
        return np.arange(size)

    monkeypatch.setattr(noisy_counts, "draw_discrete_laplace", draw)
    options = {"groups": ["c", "a", "x"], "labels": [0, 1], "epsilon": 1}
    options |= {"missing": "group"}
    rows = TABLE if cut == "frame" else {key: TABLE[key].to_numpy() for key in TABLE}
    expected = call(name, rows, **options)
    found = call(name, lazy_columns(cut), **options)
    assert_same(expected, found)
    assert draws == [16, 16]  # 4 groups with None, true and predicted classes
    counts = found["counts"] if name == "group_rates" else found["groups"]["c"]["count"]
    assert np.ravel(counts)[0] == (TABLE.race == "c").sum() + 0 + 1 + 2 + 3
    both = {"r": lazy_columns(cut)["race"], "y": lazy_columns(cut)["year"]}
    options |= {"groups": [("a", 2020), ("c", 2021)], "missing": "ignore"}
    columns = {**lazy_columns(cut), "race": both}
    found = call(name, columns, **options)
    counts = (
        [row["count"] for row in found["groups"].values()]
        if name != ("group_rates")
        else found["counts"].tolist()
    )
    c = ((TABLE.race == "c") & (TABLE.year == 2021)).sum()
    assert counts[1] == c + 4 + 5 + 6 + 7


def test_errors_of_private_counts_of_collections():
    columns = lazy_columns("frame")
    options = {"groups": ["a", "b"], "labels": [0, 1], "epsilon": 1}
    for wrong, message in (
        ({"groups": None}, "groups has to be declared"),
        ({"sample_weight": "weight"}, "sample_weight and epsilon exclude"),
    ):
        with pytest.raises(ValueError, match=message):
            call("group_rates", columns, **{**options, **wrong})
    with pytest.raises(ValueError, match="in memory"):
        call("group_rates", {**columns, "race": TABLE["race"]}, **options)
    with pytest.raises(ValueError, match="y_pred is None"):
        call("group_rates", {**columns, "decision": None}, **options)


CURES = [
    (
        "group_predictability",
        {"Z": "score", "sensitive_features": "race"},
        "pass a sample of a Dask collection",
    ),
    ("audit_subgroups", {"linear": True}, "linear=False"),
    ("bootstrap_interval", {"metric": "ks_gap"}, "take a gap of rates"),
    ("group_metric", {"metric": max_error}, "max_error takes no sample_weight"),
    ("parity_report", {"target": "numbers"}, "n_resamples=0"),
]


@pytest.mark.parametrize(("name", "options", "cure"), CURES)
def test_what_needs_rows_says_what_to_use(name, options, cure):
    columns = lazy_columns("frame")
    if name in IN_MEMORY_ONLY:
        arguments = {key: columns[value] for key, value in options.items()}
        compute = partial(FUNCTIONS[name], **arguments)
    else:
        compute = partial(call, name, columns, **options)
    with pytest.raises(ValueError, match=cure):
        compute()


def test_a_constraint_that_is_not_of_groups_is_refused():
    class Own:
        def contrasts(self, y, sensitive_features, sample_weight, *, missing):
            raise AssertionError

    with pytest.raises(ValueError, match="derive it from ParityConstraint"):
        call("score_gap", lazy_columns("frame"), constraint=Own())


@pytest.mark.parametrize("name", sorted({*FUNCTIONS} - IN_MEMORY_ONLY))
def test_rows_in_memory_beside_lazy_ones_are_refused(name):
    columns = lazy_columns("frame")
    with pytest.raises(ValueError, match="is a Dask collection, and sensitive_feat"):
        call(name, {**columns, "race": TABLE.race})
    key = "score" if takes(name, "y_score") else "decision"
    with pytest.raises(ValueError, match="is a Dask collection, and y_"):
        call(name, {**columns, key: TABLE[key]})


def test_partitions_out_of_line_are_refused():
    columns = lazy_columns("frame")
    for other, message in (
        (columns["race"].repartition(npartitions=2), "has 2 partitions"),
        (
            in_frame(TABLE[::-1].reset_index())["race"][1:],
            "Dask arguments are matched",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            call("group_rates", {**columns, "race": other})


def test_labels_are_checked_where_they_are():
    columns = lazy_columns("frame")
    for changes, options, message in (
        ({"decision": columns["score"]}, {}, "instead of class labels"),
        ({"race": columns["year"] * 0}, {}, "one group only"),
        ({"y": columns["score"].where(columns["score"] > 0)}, {}, "missing values"),
        ({}, {}, r"missing value \(None, NaN or NA\) in|missing"),
        ({"weight": -columns["weight"]}, {"sample_weight": "weight"}, "Negative"),
        ({"weight": None}, {"sample_weight": None}, "missing"),
    ):
        with pytest.raises(ValueError, match=message):
            call("group_rates", {**columns, **changes}, **options)
    with pytest.raises(ValueError, match="All partitions are empty"):
        call("group_rates", {k: v[columns["y"] > 5] for k, v in columns.items()})


def rows_of(result):
    """Rows of the largest array, Series or frame within the result of a task."""
    if isinstance(result, dict):
        return max(map(rows_of, result.values()), default=0)
    if isinstance(result, list | tuple):
        return max(map(rows_of, result), default=0)
    shape = getattr(result, "shape", ())
    return max(shape, default=0) if isinstance(shape, tuple) else 0


@pytest.mark.parametrize("name", sorted({*FUNCTIONS} - IN_MEMORY_ONLY))
def test_no_task_holds_all_rows(name, monkeypatch):
    monkeypatch.setattr("fairlearnkit._transport.ranges.ROWS_IN_RANGE", 1600)
    monkeypatch.setattr("fairlearnkit._transport.ranges.SAMPLE_SIZE", 500)
    rng, n, most, largest = np.random.default_rng(0), 8000, 2500, []

    class Watch(dask.callbacks.Callback):
        def _posttask(self, key, result, dsk, state, worker_id):
            largest.append(rows_of(result))
            assert largest[-1] <= most, key

    y = da.from_array(rng.integers(0, 2, n), chunks=800).persist()
    score = da.from_array(rng.normal(size=n), chunks=800).persist()
    columns = {"y": y, "decision": 1 - y, "race": y * (score > 0), "score": score}
    with Watch():
        call(name, columns)
    assert len(largest) > 20
    assert max(largest) <= most < n
    with pytest.raises(AssertionError), Watch():
        y.rechunk(-1).persist()


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_local_schedulers(scheduler):
    options = {"sample_weight": "weight", "missing": "group"}
    workers = 1 if scheduler == "processes" else 2  # a process takes seconds to start
    settings = {"scheduler": scheduler, "num_workers": workers}
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        # Dask would start new processes for each pass.
        settings |= {"pool": pool} if scheduler == "processes" else {}
        with dask.config.set(settings):
            found = call("ks_gap", lazy_columns("frame"), **options)
    assert found == call("ks_gap", TABLE, **options)


def test_distributed_scheduler():
    distributed = pytest.importorskip("distributed")
    options = {"sample_weight": "weight", "missing": "group"}
    with (
        dask.config.set(scheduler=None),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster),
    ):
        columns = lazy_columns("frame")
        for name in ("parity_report", "ks_gap"):
            assert_same(call(name, TABLE, **options), call(name, columns, **options))


def test_the_library_loads_no_dask():
    code = (
        "import sys, fairlearnkit.linear_model, fairlearnkit.postprocessing\n"
        "import fairlearnkit.preprocessing, fairlearnkit.metrics as m\n"
        "group = [0, 0, 1, 1] * 20\n"
        "m.ks_gap(None, [*range(80)], sensitive_features=group)\n"
        "m.group_rates([0, 1] * 40, [1, 0] * 40, sensitive_features=group)\n"
        "assert not {'dask', 'distributed'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
