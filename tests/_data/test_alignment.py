"""Rows out of line are refused at every door, and rows in line pass."""

import inspect
import re
from functools import partial
from operator import neg

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import KFold, ShuffleSplit, cross_val_score
from sklearn.naive_bayes import GaussianNB

from fairlearnkit._data.alignment import check_alignment, with_common_index
from fairlearnkit.compose import CounterfactualEnsemble, SensitiveColumns
from fairlearnkit.constraints import Decorrelation, ParityConstraint
from fairlearnkit.inspection import prediction_sensitivity
from fairlearnkit.linear_model import (
    ParityLogisticRegression,
    ParityLogisticRegressionCV,
    ParityRidge,
    ParityRidgeCV,
)
from fairlearnkit.metrics import (
    bootstrap_interval,
    demographic_parity_difference,
    group_metric,
    parity_scorer,
)
from fairlearnkit.postprocessing import (
    BarycenterClassifier,
    BarycenterRegressor,
    ParityThresholdClassifier,
)
from fairlearnkit.representation import ParityEncoder
from fairlearnkit.utils.discovery import all_functions, all_public
from helpers import SEARCHES, raised

REFUSED = r"other rows than .* another order.*\.loc\[.*\.index\].*\.to_numpy\(\)"
N = 240


def make_table():
    """Shuffled: of the men 80 % are of class 1, of the women 10 %."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(N, 2)), columns=["a", "b"])
    table["sex"] = rng.choice(["F", "M"], N)
    rate = np.where(table.sex == "M", 0.8, 0.1)
    table["y"] = (rng.uniform(size=N) < rate).astype(int)
    table["score"] = table.y + rng.normal(size=N)
    return table.sample(frac=1, random_state=1)


PUBLIC = dict(all_public())
TABLE = make_table()
X, Y, SEX = TABLE[["a", "b"]], TABLE.y, TABLE.sex
MODEL = LogisticRegression().fit(X, Y)
# What every parameter that a public function may require stands for here.
VALUES = {
    "X": X,
    "Z": X,
    "y": Y,
    "y_true": Y,
    "y_pred": Y,
    "y_score": TABLE.score,
    "scores": TABLE.score,
    "estimator": MODEL,
    "labels": None,
}
ROWS = {"X", "Z", "y", "y_true", "y_pred", "y_score", "scores"}
METRICS = {
    "bootstrap_interval": "demographic_parity_difference",
    "group_metric": accuracy_score,
}
INNER = {
    BarycenterRegressor: (Ridge(),),
    BarycenterClassifier: (LogisticRegression(),),
    CounterfactualEnsemble: (
        BarycenterClassifier(LogisticRegression(), cv=2),
        neg,
    ),
    ParityThresholdClassifier: (GaussianNB(),),
}
FEW = {
    ParityEncoder: {"max_iter": 1},
    BarycenterRegressor: {"cv": 2},
    BarycenterClassifier: {"cv": 2},
    ParityThresholdClassifier: {"cv": 2},
    ParityLogisticRegressionCV: SEARCHES["ParityLogisticRegressionCV"],
    ParityRidgeCV: SEARCHES["ParityRidgeCV"],
}


def takes_groups(function):
    names = set(inspect.signature(function).parameters)
    return "sensitive_features" in names and bool(names & ROWS)


def called(function, groups, **more):
    """A call with all that the signature requires."""
    parameters = inspect.signature(function).parameters.values()
    required = {
        p.name: VALUES[p.name]
        for p in parameters
        if p.name in VALUES and (p.default is p.empty or p.name in ROWS)
    }
    return function(**{**required, **more, "sensitive_features": groups})


def of_functions():
    for name, function in all_functions():
        # What checks a constraint hands it data of its own, out of line on purpose.
        if takes_groups(function) and "estimator_checks" not in name:
            short = name.rpartition(".")[2]
            more = {"metric": METRICS[short]} if short in METRICS else {}
            yield name, partial(called, function, **more)


def of_estimators():
    for name, cls in PUBLIC.items():
        if not (inspect.isclass(cls) and issubclass(cls, BaseEstimator)):
            continue
        for method in ("fit", "fit_transform", "transform", "predict"):
            if method_takes_groups(cls, method):
                yield f"{name}.{method}", partial(on_estimator, cls, method)
        for method in ("predict_proba", "score"):
            if method_takes_groups(cls, method):
                yield f"{name}.{method}", partial(on_estimator, cls, method)


def method_takes_groups(cls, method):
    return hasattr(cls, method) and takes_groups(getattr(cls, method))


def on_estimator(cls, method, groups):
    model = cls(*INNER.get(cls, ()), **FEW.get(cls, {}))
    y = {"y": raised(model, Y)}
    if method.startswith("fit"):
        return called(getattr(model, method), groups, **y)
    called(model.fit, SEX, **y)
    return called(getattr(model, method), groups)


def of_others():
    """Class methods of Displays, and methods of constraints."""
    for name, cls in PUBLIC.items():
        if not inspect.isclass(cls) or inspect.isabstract(cls):
            continue
        for method in ("from_predictions", "from_estimator"):
            if hasattr(cls, method) and takes_groups(getattr(cls, method)):
                yield f"{name}.{method}", partial(called, getattr(cls, method))
        for method in ("contrasts", "gap"):
            if issubclass(cls, ParityConstraint):
                yield f"{name}.{method}", partial(called, getattr(cls(), method))


DOORS = {**dict(of_functions()), **dict(of_estimators()), **dict(of_others())}


def test_doors_are_found():
    for name in (
        "metrics.demographic_parity_difference",
        "metrics.parity_report",
        "metrics.audit_subgroups",
        "metrics.group_predictability",
        "linear_model.ParityRidge.fit",
        "postprocessing.BarycenterClassifier.predict_proba",
        "inspection.RocByGroupDisplay.from_estimator",
        "constraints.EqualizedOdds.gap",
    ):
        assert f"fairlearnkit.{name}" in DOORS
    assert len(DOORS) >= 50


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("name", DOORS)
def test_every_door_refuses_shuffled_groups(name):
    door, unlike = DOORS[name], SEX.sort_index()
    for groups in (unlike, {"sex": unlike}, unlike.to_frame()):
        with pytest.raises(ValueError, match=REFUSED):
            door(groups)
    for groups in (SEX, {"sex": SEX}, SEX.to_frame(), SEX.to_numpy()):
        door(groups)


def parameters_of(name):
    """What a user may pass at a door: to the function, or to its class before."""
    owner, _, method = name.rpartition(".")
    if name.endswith("parity_path"):  # which takes others from an estimator
        of_estimator = inspect.signature(ParityLogisticRegression).parameters
        return set(inspect.signature(PUBLIC[name]).parameters) | set(of_estimator)
    if name in PUBLIC:
        return set(inspect.signature(PUBLIC[name]).parameters)
    if owner.endswith("CounterfactualEnsemble"):  # errors are those of its estimator
        return {*INNER[PUBLIC[owner]][0].get_params(), "sensitive_features"}
    names = set(inspect.signature(getattr(PUBLIC[owner], method)).parameters)
    if "options" in names:  # of from_predictions
        names |= set(inspect.signature(PUBLIC[owner].from_predictions).parameters)
    return names | set(inspect.signature(PUBLIC[owner]).parameters)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("name", DOORS)
def test_messages_speak_of_what_each_door_has(name):
    groups = [None, *SEX.iloc[1:]]
    if not name.endswith("audit_subgroups"):  # to which a missing value is a label
        with pytest.raises(ValueError, match=r"is missing \(None.* in 1 rows") as error:
            DOORS[name](groups)
        message = set(re.findall(r"(\w+)=", str(error.value)))
        assert message
        assert message <= parameters_of(name)
    with pytest.raises(ValueError, match=rf"has {N - 1} rows but (\w+) has") as error:
        DOORS[name](groups[:-1])
    rows = re.search(r"but (\w+) has", str(error.value))[1]
    assert rows in parameters_of(name) | {"X"}
    if not issubclass(type_of(name), BaseEstimator | ParityConstraint):
        assert rows in parameters_of(name) or name.endswith(".from_estimator")


def type_of(name):
    owner = PUBLIC.get(name.rpartition(".")[0])
    return owner if inspect.isclass(owner) else type(None)


@pytest.mark.parametrize("name", DOORS)
def test_no_groups_at_all(name):
    with pytest.raises(ValueError, match="sensitive_features") as error:
        DOORS[name](None)
    message, method = str(error.value), name.rpartition(".")[2]
    if issubclass(type_of(name), BaseEstimator):
        called = {"fit_transform": "fit", "predict_proba": "predict"}.get(
            method, method
        )
        assert f"est.{called}(X" in message
        assert message.index("SensitiveColumns") < message.index("outing")
        if called in ("predict", "transform"):
            assert f"required in {called} and was not given" in message
            assert "est.fit" not in message
            assert f"pass X alone to {called}: leave the column in X" in message
    elif not issubclass(type_of(name), ParityConstraint):
        assert "est." not in message
        assert "routing" not in message


def test_the_right_number():
    by_label = demographic_parity_difference(Y, Y, sensitive_features=SEX)
    rates = TABLE.groupby("sex").y.mean()
    assert by_label == rates["M"] - rates["F"]
    assert rates["M"] - rates["F"] > 0.6
    with pytest.raises(ValueError, match=r"sensitive_features\.loc\[y_true\.index\]"):
        demographic_parity_difference(Y, Y, sensitive_features=SEX.sort_index())
    cured = SEX.sort_index().loc[Y.index]
    assert by_label == demographic_parity_difference(Y, Y, sensitive_features=cured)


def test_all_arguments_are_compared_with_one_another():
    other = Y.sort_index()
    fit = partial(ParityRidge(max_gap=np.inf).fit, sensitive_features=SEX)
    with pytest.raises(ValueError, match=r"pass y\.loc\[X\.index\]"):
        fit(X, other)
    with pytest.raises(ValueError, match=r"sensitive_features\.loc\[y\.index\]"):
        fit(X.to_numpy(), other)
    with pytest.raises(ValueError, match=r"sample_weight\.loc\[X\.index\]"):
        fit(X, Y, sample_weight=other + 1.0)
    with pytest.raises(ValueError, match=r"y\.loc\[X\.index\]"):
        fit(X, Y).score(X, other)
    with pytest.raises(ValueError, match=r"sample_weight\.loc\[X\.index\]"):
        fit(X, Y).score(X, Y, sample_weight=other + 1.0)
    with pytest.raises(ValueError, match=r"control_features\.loc\[y_true\.index\]"):
        demographic_parity_difference(
            Y, Y, sensitive_features=SEX, control_features=TABLE.a.sort_index() > 0
        )
    with pytest.raises(ValueError, match=r"y\.loc\[X\.index\]"):
        SensitiveColumns(ParityRidge(), "sex").fit(TABLE[["a", "b", "sex"]], other)
    with pytest.raises(ValueError, match=r"y_true\.loc\[X\.index\]"):
        parity_scorer("score_gap", columns="sex")(
            SensitiveColumns(ParityRidge(), "sex").fit(TABLE[["a", "b", "sex"]], Y),
            TABLE[["a", "b", "sex"]],
            other,
        )
    with pytest.raises(ValueError, match=r"sample_weight\.loc\[X\.index\]"):
        prediction_sensitivity(MODEL, X, 0, sample_weight=other + 1.0)
    with pytest.raises(ValueError, match=r"sensitive_features\.loc\[scores\.index\]"):
        Decorrelation().gap(TABLE.score, None, TABLE.a.sort_index())
    with pytest.raises(ValueError, match=r"sensitive_features\.loc\[y\.index\]"):
        Decorrelation().contrasts(Y, TABLE.a.sort_index())
    # Each says nothing of a default index, and they still contradict one another.
    named = Y.set_axis([f"p{i}" for i in range(N)])
    with pytest.raises(ValueError, match=r"groups\.loc\[y\.index\]"):
        check_alignment(
            X=X.reset_index(), y=named, groups=named.sample(frac=1, random_state=0)
        )


@pytest.mark.parametrize(
    "index",
    [
        range(5, 5 + N),
        [f"p{i}" for i in range(N)],
        np.random.default_rng(0).permutation(2 * N)[:N],
        pd.MultiIndex.from_product([range(N // 2), list("ab")]),
        np.arange(N) // 2,
    ],
    ids=["shifted", "text", "subset", "multi", "doubled"],
)
def test_a_default_index_counts_as_none_beside_another(index):
    y, plain = Y.to_numpy(), SEX.reset_index(drop=True)
    right = ParityRidge().fit(X.to_numpy(), y, sensitive_features=SEX)
    found = ParityRidge().fit(X.set_axis(index), y, sensitive_features=plain)
    # Frames may lie in memory by columns, and BLAS then sums in another order.
    np.testing.assert_allclose(found.coef_, right.coef_, rtol=1e-12)
    found = ParityRidge().fit(
        X.reset_index(drop=True), y, sensitive_features=plain.set_axis(index)
    )
    np.testing.assert_allclose(found.coef_, right.coef_, rtol=1e-12)
    with pytest.raises(ValueError, match="another order"):
        ParityRidge().fit(X, Y, sensitive_features=plain)


def named(*labels):
    return pd.Series(range(len(labels)), index=labels)


# Neither is a permutation of the other.
UNEQUAL = {
    "one label differs": (named("a", "b", "c"), named("a", "b", "d")),
    "one occurs twice": (named("a", "b", "c"), named("a", "a", "c")),
    "no label in common": (named("a", "b", "c"), named("x", "y", "z")),
    "two folds": (named(1, 4, 6), named(2, 4, 7)),
    "shuffled": (named(7, 5, 9), named("a", "b", "c")),
    "below 0": (named(-1, 0, 1), named("a", "b", "c")),
    "labels twice, as numbers": (named(1, 1, 4), named("a", "b", "c")),
    "floats": (named(0.0, 1.0, 2.5), named("a", "b", "c")),
    "levels": (
        named(("a", 1), ("a", 2), ("b", 1)),
        named(("a", 1), ("a", 2), ("c", 1)),
    ),
}


@pytest.mark.parametrize("case", UNEQUAL)
def test_other_rows_are_refused_though_no_permutation(case):
    for first, second in (UNEQUAL[case], UNEQUAL[case][::-1]):
        with pytest.raises(ValueError, match="By their indexes, groups has other rows"):
            check_alignment(X=first, groups=second)
        check_alignment(X=first, groups=second.iloc[:2])  # checked elsewhere
        check_alignment(X=first, groups=second.to_numpy())


COUNTING = {
    "a default index beside labels": (named(0, 1, 2), named("a", "b", "c")),
    "a default index beside other integers": (named(0, 1, 2), named(5, 1, 9)),
    "a default index beside doubled ones": (named(0, 1, 2), named(0, 1, 1)),
    "a fold of a default index beside labels": (named(1, 4, 6), named("a", "b", "c")),
    "a default index beside levels": (named(0, 1, 2), UNEQUAL["levels"][0]),
}


@pytest.mark.parametrize("case", COUNTING)
def test_an_index_that_only_counts_says_nothing_of_another(case):
    for first, second in (COUNTING[case], COUNTING[case][::-1]):
        check_alignment(X=first, groups=second)


def test_what_has_no_index_or_another_length_is_passed_over():
    check_alignment(X=X, y=None, g=SEX.tolist(), h=pl.Series(SEX.to_numpy()))
    check_alignment(
        X=X, y=Y.sort_index().head(7), g=pl.DataFrame({"sex": SEX.tolist()})
    )
    check_alignment(X=X, g=pd.Categorical(SEX), h={"a": [1, 2], "b": SEX})


def test_doubled_labels():
    doubled = TABLE.iloc[np.r_[:9, :9]]
    check_alignment(X=doubled, y=doubled.y, g={"sex": doubled.sex.copy()})
    other = doubled.iloc[::-1]
    with pytest.raises(ValueError, match=r"Labels occur more than once") as error:
        check_alignment(X=doubled, groups=other.sex)
    assert ".loc" not in str(error.value)  # which would multiply rows
    assert "groups.to_numpy()" in str(error.value)


@pytest.mark.parametrize("cv", [KFold(4), KFold(4, shuffle=True, random_state=0)])
def test_folds_of_a_default_index_pass_beside_names(cv):
    table = TABLE.set_axis([f"p{i}" for i in range(N)])
    y = Y.reset_index(drop=True)
    model = SensitiveColumns(ParityLogisticRegression(), "sex")
    scores = cross_val_score(
        model, table[["a", "b", "sex"]], y, cv=cv, error_score="raise"
    )
    assert len(scores) == 4


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (slice(0, 10), slice(10, 20)),  # the first block starts at 0, and is a default
        (slice(10, 20), slice(20, 30)),
        (slice(5, 15), slice(7, 17)),
        ([3, 1, 4, 15], [9, 2, 6, 5]),  # two halves of a split
        ([1, 3, 5, 7], [2, 4, 6, 9]),
    ],
)
def test_other_rows_of_one_table_are_refused(first, second):
    table = TABLE.sort_index()
    left, other = table.iloc[first], table.iloc[second]
    if left.index[0] == 0:
        check_alignment(y=left.y, groups=other.sex)  # looks like no index at all
        return
    for a, b in ((left, other), (other, left)):
        with pytest.raises(ValueError, match="has other rows than"):
            check_alignment(y=a.y, groups=b.sex)


def test_folds_of_shuffled_rows_are_refused():
    y = Y.sort_index()
    model = SensitiveColumns(ParityLogisticRegression(), "sex")
    with pytest.raises(ValueError, match=REFUSED):
        cross_val_score(model, TABLE[["a", "b", "sex"]], y, error_score="raise")


@pytest.mark.parametrize("cv", [3, ShuffleSplit(2, random_state=0)])
def test_own_folds_do_not_compare_again(cv):
    """The index of X is a subset, that of y and the groups a default one."""
    index = np.random.default_rng(0).permutation(2 * N)[:N]
    groups, y = SEX.reset_index(drop=True), Y.reset_index(drop=True)
    inner = SensitiveColumns(LogisticRegression(), [0])
    model = BarycenterClassifier(inner, cv=cv)
    frame = model.fit(X.set_axis(index), y, sensitive_features={"sex": groups})
    plain = BarycenterClassifier(inner, cv=cv).fit(
        X.to_numpy(), y.to_numpy(), sensitive_features=groups.to_numpy()
    )
    np.testing.assert_array_equal(frame.unfairness_, plain.unfairness_)
    assert is_classifier(model)


def test_resamples_do_not_compare_again():
    groups = SEX.set_axis([f"p{i}" for i in range(N)])
    y = Y.reset_index(drop=True)

    def gap(y_true, y_pred, *, sensitive_features):
        return demographic_parity_difference(
            y_true, y_pred, sensitive_features=sensitive_features
        )

    options = {"n_resamples": 20, "random_state": 0}
    found = bootstrap_interval(gap, y, y, sensitive_features=groups, **options)
    plain = bootstrap_interval(
        gap, y.to_numpy(), y.to_numpy(), sensitive_features=SEX.to_numpy(), **options
    )
    assert found == plain
    assert found.n_undefined == 0
    both = group_metric(accuracy_score, y, Y.to_numpy(), sensitive_features=groups)
    assert both.overall == 1.0


def test_frozen_models_and_one_index():
    frozen = BarycenterClassifier(FrozenEstimator(MODEL))
    with pytest.raises(ValueError, match=REFUSED):
        frozen.fit(X, sensitive_features=SEX.sort_index())
    given = [X.to_numpy(), None, {"sex": SEX}, Y.reset_index(drop=True)]
    same = with_common_index(*given)
    assert same[0] is given[0]
    assert same[1] is None
    assert same[3].index.equals(SEX.index)
    np.testing.assert_array_equal(same[3], Y)
    assert with_common_index([1], None) == [[1], None]
    with pytest.raises(ValueError, match="has 7 rows but X has"):
        frozen.fit(X, sensitive_features=SEX.reset_index(drop=True).head(7))
