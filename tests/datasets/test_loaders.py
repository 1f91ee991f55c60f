import functools
import hashlib
import inspect
import re
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder

from fairlearnkit import datasets
from fairlearnkit.datasets import (
    _base,
    load_adult,
    load_communities_crime,
    load_compas,
    load_german_credit,
    load_law_school,
)

# loader: rows, features, categorical features, sensitive names, target, extras
TABLES = {
    load_adult: (45222, 14, 8, {"sex", "race", "age"}, "income", ()),
    load_compas: (
        *(6172, 8, 3),
        *({"sex", "race", "age"}, "two_year_recid", ("decile_score",)),
    ),
    load_german_credit: (
        *(1000, 20, 13),
        *({"sex", "foreign_worker", "age"}, "credit_risk", ()),
    ),
    load_communities_crime: (
        *(1993, 99, 0),
        {"racepctblack", "racePctWhite", "racePctAsian", "racePctHisp"},
        *("ViolentCrimesPerPop", ("state",)),
    ),
    load_law_school: (21791, 4, 2, {"sex", "race"}, "ZFYA", ("first_pf",)),
}
KEYS = {
    *("data", "target", "frame", "feature_names", "categorical_names"),
    *("sensitive_names", "target_names", "DESCR"),
}
every_table = pytest.mark.parametrize(
    ("load", "expected"), TABLES.items(), ids=lambda v: getattr(v, "__name__", "")
)
every_loader = pytest.mark.parametrize("load", TABLES)


read_once = functools.cache(_base.read_columns)


@pytest.fixture(autouse=True)
def _each_file_is_read_once(monkeypatch):
    """Loaders get copies: what takes their time is unpacking and parsing a file."""

    def read_columns(name):
        return {key: values.copy() for key, values in read_once(name).items()}

    monkeypatch.setattr(_base, "read_columns", read_columns)


@functools.cache
def loaded(load, **options):
    """Load once for all tests that only read."""
    return load(**options)


def assert_same_frame(actual, desired):
    """As pandas.testing does, which takes seconds to compare categories one by one."""
    assert actual.equals(desired)
    assert list(actual) == list(desired)
    assert actual.dtypes.equals(desired.dtypes)
    assert type(actual.index) is type(desired.index)
    for name in actual.select_dtypes("category"):
        categories = (frame[name].cat.categories for frame in (actual, desired))
        assert [*next(categories)] == [*next(categories)]


def blocked(monkeypatch):
    """Make `import pandas` fail, as where it is not installed."""
    monkeypatch.setitem(sys.modules, "pandas", None)


def test_every_loader_is_in_this_file():
    public = {n for n in datasets.__all__ if n.startswith("load_")}
    assert public == {load.__name__ for load in TABLES}


@every_table
def test_frame_sizes_and_names(load, expected):
    rows, n_features, n_categorical, sensitive, target, extras = expected
    bunch = loaded(load)
    assert set(bunch) == KEYS | set(extras)
    assert isinstance(bunch.data, pd.DataFrame)
    assert bunch.data.shape == (rows, n_features)
    assert list(bunch.data) == bunch.feature_names
    assert set(bunch.sensitive_names) == sensitive
    assert sensitive <= set(bunch.feature_names)
    assert len(bunch.categorical_names) == n_categorical
    assert bunch.target.name == target
    assert list(bunch.frame) == [*bunch.feature_names, target]
    assert bunch.frame.index.equals(pd.RangeIndex(rows))
    for extra in extras:
        assert extra not in bunch.frame
        assert len(bunch[extra]) == rows


@every_loader
def test_frame_dtypes(load):
    bunch = loaded(load)
    kinds = bunch.data.dtypes.astype(str)
    assert set(kinds[bunch.categorical_names]) <= {"category"}
    numeric = bunch.data.columns.difference(bunch.categorical_names)
    assert set(kinds[numeric]) <= {"int64", "float64"}
    assert not bunch.frame.isna().any(axis=None)


@every_loader
def test_arrays_hold_what_the_frame_holds(load):
    frames, arrays = load(as_frame=True), loaded(load, as_frame=False)
    assert arrays.frame is None
    assert isinstance(arrays.data, np.ndarray)
    mixed = bool(arrays.categorical_names)
    assert arrays.data.dtype == (object if mixed else np.float64)
    np.testing.assert_array_equal(arrays.data, frames.data.to_numpy())
    same = ("feature_names", "categorical_names", "sensitive_names", "target_names")
    assert all(arrays[key] == frames[key] for key in (*same, "DESCR"))
    for key in set(arrays) - KEYS | {"target"}:
        assert isinstance(arrays[key], np.ndarray)
        np.testing.assert_array_equal(arrays[key], frames[key].to_numpy())


@every_loader
def test_return_X_y(load):
    X, y = load(return_X_y=True)
    bunch = loaded(load)
    assert_same_frame(X, bunch.data)
    assert y.name == bunch.target.name
    assert_same_frame(y.to_frame(), bunch.target.to_frame())
    X, y = load(return_X_y=True, as_frame=False)
    assert isinstance(X, np.ndarray)
    assert X.shape == bunch.data.shape
    np.testing.assert_array_equal(y, bunch.target.to_numpy())


@every_loader
def test_without_pandas(load, monkeypatch):
    """Never an array in silence, whose columns cannot be taken by name."""
    blocked(monkeypatch)
    for options in ({}, {"as_frame": True}, {"return_X_y": True}):
        with pytest.raises(
            ImportError, match=r"fairlearnkit\[examples\].*as_frame=False"
        ):
            load(**options)
    for as_frame in (False, "auto"):
        bunch = load(as_frame=as_frame)
        assert bunch.frame is None
        assert isinstance(bunch.data, np.ndarray)
        assert bunch.data.shape[1] == len(bunch.feature_names)


@every_loader
@pytest.mark.parametrize("as_frame", ["pandas", None, 2])
def test_bad_as_frame(load, as_frame):
    with pytest.raises(ValueError, match=f"as_frame must be.*got {as_frame!r}"):
        load(as_frame=as_frame)


@pytest.mark.slow
@every_loader
def test_two_calls_share_nothing(load, monkeypatch):
    monkeypatch.undo()  # copies would hide it
    first, second = load(as_frame=False), load(as_frame=False)
    first.data[0, 0] = 99
    first.feature_names.append("more")
    first.sensitive_names.append("more")
    assert second.data[0, 0] != 99
    assert "more" not in second.feature_names + second.sensitive_names


@every_loader
def test_loaders_agree_on_their_arguments(load):
    parameters = inspect.signature(load).parameters
    assert {p.kind for p in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert parameters["return_X_y"].default is False
    assert parameters["as_frame"].default is True


@every_table
def test_descr_answers_what_a_reviewer_asks(load, expected):
    text = loaded(load, as_frame=False).DESCR
    for heading in ("**Source.**", "**Licence.**", "**Collected.**", "**Task.**"):
        assert heading in text
    assert "What was dropped or changed\n---" in text
    assert "Known harms and critique\n---" in text
    assert f"{expected[0]:,} rows" in text
    for name in (*expected[3], *expected[5]):
        assert f"``{name}``" in text


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (load_adult, ["Retiring Adult", "CC BY 4.0", "10.24432/C5XW20"]),
        (load_compas, ["Barenstein", "COMPASlicated", "date of birth", "36.2 %"]),
        (load_german_credit, ["Grömping", "CC BY 4.0", "South German Credit"]),
        (load_communities_crime, ["Redmond", "CC BY 4.0", "LEMAS", "PctIlleg"]),
        (load_law_school, ["Wightman", "Kusner", "None stated"]),
    ],
)
def test_descr_names_source_and_critique(load, words):
    text = loaded(load, as_frame=False).DESCR
    assert [word for word in words if word not in text] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("subset", "complete", "all_rows"),
    [("all", 45222, 48842), ("train", 30162, 32561), ("test", 15060, 16281)],
)
def test_adult_published_counts(subset, complete, all_rows):
    assert len(loaded(load_adult, subset=subset).data) == complete
    bunch = loaded(load_adult, subset=subset, dropna=False)
    assert len(bunch.data) == all_rows
    missing = bunch.data.isna()
    assert set(missing.columns[missing.any()]) == {
        *("workclass", "occupation", "native-country"),
    }
    assert (~missing.any(axis=1)).sum() == complete


def test_adult_class_balance_of_its_own_documentation():
    # adult.names: 23.93 %, and 24.78 % without unknowns
    everyone = loaded(load_adult, subset="all", dropna=False)
    assert round((everyone.target == ">50K").mean(), 4) == 0.2393
    complete = loaded(load_adult)
    assert round((complete.target == ">50K").mean(), 4) == 0.2478
    assert complete.target_names == ["<=50K", ">50K"]


def test_adult_splits_make_up_the_whole():
    both = [loaded(load_adult, subset=part).frame for part in ("train", "test")]
    whole = pd.concat(both, ignore_index=True)
    assert_same_frame(whole, loaded(load_adult, subset="all").frame)


def test_adult_first_rows_of_train_and_test():
    train = load_adult(subset="train", as_frame=False)
    assert train.data[0, [0, 1, 2, 9, 13]].tolist() == [
        *(39, "State-gov", 77516, "Male", "United-States"),
    ]
    test = load_adult(subset="test", as_frame=False)
    assert test.data[0, :4].tolist() == [25, "Private", 226802, "11th"]
    assert set(test.target) == {"<=50K", ">50K"}


def test_adult_one_hot_width():
    adult = loaded(load_adult, subset="train")
    encoder = OneHotEncoder().fit(adult.data[adult.categorical_names])
    assert len(encoder.get_feature_names_out()) == 98
    assert pd.get_dummies(adult.data).shape == (30162, 104)


def test_adult_missing_value_in_arrays_is_nan():
    adult = load_adult(dropna=False, as_frame=False)
    column = adult.data[:, adult.feature_names.index("occupation")]
    assert sum(value != value for value in column) == 2809
    assert "" not in set(adult.data[:, 1])


@pytest.mark.parametrize("subset", ["training", None, 0])
def test_adult_bad_subset(subset):
    with pytest.raises(ValueError, match=f"'train'.*got {subset!r}"):
        load_adult(subset=subset)


def test_compas_published_counts():
    compas = load_compas()
    assert compas.target.sum() == 2809
    assert compas.data["race"].value_counts().to_dict() == {
        "African-American": 3175,
        "Caucasian": 2103,
        "Hispanic": 509,
        "Other": 343,
        "Asian": 31,
        "Native American": 11,
    }
    assert compas.data["sex"].value_counts().to_dict() == {"Male": 4997, "Female": 1175}
    # ProPublica's notebook: 3421 low, 1607 medium, 1144 high scores
    scores = pd.cut(compas.decile_score, [0, 4, 7, 10]).value_counts(sort=False)
    assert scores.tolist() == [3421, 1607, 1144]


def test_compas_identifies_nobody():
    compas = load_compas()
    assert set(compas.frame) == {
        *("sex", "age", "race", "juv_fel_count", "juv_misd_count"),
        *("juv_other_count", "priors_count", "c_charge_degree", "two_year_recid"),
    }
    strings = set().union(
        *(compas.data[c].cat.categories for c in compas.data[["sex"]])
    )
    assert strings == {"Female", "Male"}
    texts = compas.frame.astype(str).stack().unique()
    assert not [t for t in texts if re.search(r"\d{4}|\d-\d", t)]  # no date, no case


def test_german_credit_published_counts():
    german = load_german_credit()
    assert german.target.value_counts().to_dict() == {"good": 700, "bad": 300}
    assert german.target_names == ["bad", "good"]
    counts = {n: german.data[n].value_counts().to_dict() for n in german.data}
    assert counts["sex"] == {"male": 690, "female": 310}
    assert counts["foreign_worker"] == {"yes": 963, "no": 37}
    assert counts["checking_status"]["no account"] == 394
    assert counts["purpose"]["radio or television"] == 280
    assert german.data["credit_amount"].iloc[0] == 1169


def test_german_credit_is_decoded():
    german = load_german_credit()
    texts = german.data[german.categorical_names].astype(str).stack().unique()
    assert not [text for text in texts if re.fullmatch(r"A\d+", text)]


def test_communities_crime_values():
    crime = load_communities_crime()
    assert crime.data.min(axis=None) == 0
    assert crime.data.max(axis=None) == 1
    assert round(crime.target.mean(), 3) == 0.238
    by_state = crime.state.value_counts()
    assert len(by_state) == 46
    assert by_state[[6, 34, 48]].tolist() == [278, 211, 156]
    left_out = {"communityname", "fold", ">0.06black", "high_crime", "state"}
    assert left_out.isdisjoint(crime.data)


def test_law_school_values():
    law = load_law_school()
    assert law.feature_names == ["LSAT", "UGPA", "race", "sex"]
    assert law.data["sex"].value_counts().to_dict() == {"male": 12254, "female": 9537}
    means = law.target.groupby(law.data["race"], observed=True).mean().round(2)
    assert means[["White", "Black", "Puertorican"]].tolist() == [0.21, -0.83, -0.63]
    assert law.first_pf.sum() == 19360


@pytest.mark.parametrize(
    ("known", "sex"),
    [
        ({"LSAT": 39, "UGPA": 3.1, "ZFYA": -0.98}, "female"),
        ({"LSAT": 37, "UGPA": 3.4, "ZFYA": -1.26}, "female"),
        ({"LSAT": 37, "UGPA": 2.7, "ZFYA": -0.12}, "male"),
        ({"LSAT": 41, "UGPA": 2.3, "ZFYA": -0.35}, "male"),
    ],
)
def test_law_school_sex_of_rows_published_with_words(known, sex):
    # White students in the split files of Kusner et al. (2017)
    frame = load_law_school().frame
    rows = frame[(frame[list(known)] == pd.Series(known)).all(axis=1)]
    assert rows[rows["race"] == "White"]["sex"].tolist() == [sex]


def test_bundled_files_match_their_checksums():
    folder = files("fairlearnkit.datasets").joinpath("data")
    lines = folder.joinpath("SHA256SUMS").read_text().splitlines()
    noted = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert found == noted
    assert len(found) == len(TABLES)


def test_bundled_files_stay_small():
    folder = files("fairlearnkit.datasets").joinpath("data")
    assert sum(len(path.read_bytes()) for path in folder.iterdir()) < 1_600_000


WATCHED = """
import sys
asked = []
watched = {"socket.connect", "socket.getaddrinfo", "pickle.find_class"}
sys.addaudithook(lambda event, args: event in watched and asked.append((event, args)))
"""
IMPORTED_AND_LOADED = """
from fairlearnkit import datasets
from fairlearnkit.utils.discovery import all_public

all_public()
for name in datasets.__all__:
    if name.startswith("load_"):
        getattr(datasets, name)()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "found"),
    [
        (IMPORTED_AND_LOADED, []),
        ("import socket; socket.getaddrinfo('localhost', 80)", ["socket.getaddrinfo"]),
        ("import pickle; pickle.loads(pickle.dumps(len))", ["pickle.find_class"]),
    ],
)
def test_imports_and_loaders_ask_no_network_and_open_no_pickle(code, found):
    code = f"{WATCHED}{code}\nprint([event for event, _ in asked])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == str(found)
