"""Every form in which sensitive features come, and every message about them."""

from datetime import timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fairlearnkit._data import object_labels
from fairlearnkit._data.groups import read_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.matching import match_columns, match_groups, sensitive_names
from fairlearnkit._data.rows import take_rows
from fairlearnkit._data.sensitive_columns import read_numeric_columns
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.preprocessing import BarycenterTransformer

LETTERS = ["b", "a", "b", "c", "a"]
CODES = [1, 0, 1, 2, 0]


@pytest.mark.parametrize(
    "form",
    [
        list,
        tuple,
        np.array,
        lambda x: np.array(x, dtype=object),
        pd.Series,
        lambda x: pd.Series(x, index=[9, 9, 3, 1, 0]),
        lambda x: pd.Series(x, dtype="category"),
        lambda x: pd.Series(x, dtype="string"),
        pd.Categorical,
        lambda x: pd.DataFrame({"g": x}),
        pl.Series,
        lambda x: pl.Series(x, dtype=pl.Categorical),
        lambda x: pl.DataFrame({"g": x}),
        lambda x: {"g": x},
        lambda x: np.array(x)[:, None],
    ],
)
def test_every_form_gives_the_same_groups(form):
    groups = read_groups(form(LETTERS))
    assert groups.labels.tolist() == ["a", "b", "c"]
    assert groups.codes.tolist() == CODES
    assert groups.counts.tolist() == [2, 2, 1]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([3, -1, 3, 7, -1], [-1, 3, 7]),
        (np.array([3, 0, 3, 200, 0], dtype=np.uint8), [0, 3, 200]),
        ([10**12, -(10**12), 10**12, 2 * 10**12, -(10**12)], None),
        ([0.5, -0.5, 0.5, 1e9, -0.5], [-0.5, 0.5, 1e9]),
        (pl.Series([2, 1, 2, 3, 1]), [1, 2, 3]),
        (pd.Series([2, 1, 2, 3, 1], dtype="Int64"), [1, 2, 3]),
    ],
)
def test_numbers(values, labels):
    groups = read_groups(values)
    assert groups.codes.tolist() == CODES
    if labels is not None:
        assert groups.labels.tolist() == labels


def test_booleans():
    groups = read_groups([True, False, True])
    assert groups.labels.tolist() == [False, True]
    assert groups.codes.tolist() == [1, 0, 1]


def test_labels_of_mixed_types_are_taken():
    groups = read_groups(["b", 1, "b", (1, 2)])
    assert groups.counts.sum() == 4
    assert set(groups.labels) == {"b", 1, (1, 2)}


def test_categories_without_rows_are_no_groups():
    values = pd.Categorical(["a", "c", "a"], categories=["a", "b", "c"])
    groups = read_groups(values)
    assert groups.labels.tolist() == ["a", "c"]
    assert groups.counts.tolist() == [2, 1]


CATEGORIES = ["unused", "c", "b", "a", "also unused"]


@pytest.mark.parametrize("values", [["a", "c", "a", "b"], ["a", "c", None, "b"]])
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    "form",
    [
        pd.Series,
        pd.Series.array.fget,
        lambda x: pd.DataFrame({"x": x}),
        lambda x: {"x": x},
    ],
    ids=["Series", "Categorical", "frame", "dict"],
)
def test_unused_categories_of_any_container_are_no_groups(values, ordered, form):
    dtype = pd.CategoricalDtype(CATEGORIES, ordered=ordered)
    groups = read_groups(form(pd.Series(values, dtype=dtype)), missing="group")
    missing = [None] * (None in values)
    assert groups.labels.tolist() == ["a", "b", "c", *missing]
    assert groups.labels[groups.codes].tolist() == values
    assert groups.counts.tolist() == [values.count(x) for x in groups.labels]
    assert groups.counts.min() > 0


@pytest.mark.parametrize(
    "form",
    [
        lambda a, b: pd.DataFrame({"x": a, "y": b}),
        lambda a, b: pl.DataFrame({"x": a, "y": b}),
        lambda a, b: {"x": a, "y": b},
        lambda a, b: np.array([a, b], dtype=object).T,
        lambda a, b: [list(row) for row in zip(a, b)],
        lambda a, b: pd.DataFrame(list(zip(a, b)), columns=["x", "x"]),
    ],
)
def test_several_columns_give_intersections(form):
    groups = read_groups(form(["m", "f", "m", "f"], [1, 1, 2, 1]))
    assert groups.labels.tolist() == [("f", 1), ("m", 1), ("m", 2)]
    assert groups.codes.tolist() == [1, 0, 2, 0]
    assert groups.counts.tolist() == [2, 1, 1]
    assert [c.labels.tolist() for c in groups.columns] == [["f", "m"], [1, 2]]


MISSING = [
    ["a", None, "b", "a"],
    ["a", np.nan, "b", "a"],
    np.array(["a", None, "b", "a"], dtype=object),
    pd.Series(["a", None, "b", "a"]),
    pd.Series(["a", pd.NA, "b", "a"], dtype="string"),
    pd.Series(["a", None, "b", "a"], dtype="category"),
    pl.Series(["a", None, "b", "a"]),
]


@pytest.mark.parametrize("values", MISSING)
def test_missing(values):
    with pytest.raises(ValueError, match=r"missing.* in 1 rows.*missing=\"group\""):
        read_groups(values)
    grouped = read_groups(values, missing="group")
    assert grouped.labels.tolist() == ["a", "b", None]
    assert grouped.codes.tolist() == [0, 2, 1, 0]
    ignored = read_groups(values, missing="ignore")
    assert ignored.labels.tolist() == ["a", "b"]
    assert ignored.codes.tolist() == [0, -1, 1, 0]
    assert ignored.counts.tolist() == [2, 1]


def test_missing_numbers():
    groups = read_groups([1.0, np.nan, 2.0], missing="group")
    assert groups.labels.tolist() == [1.0, 2.0, None]
    assert groups.codes.tolist() == [0, 2, 1]


def test_missing_in_one_of_two_columns():
    frame = pd.DataFrame({"x": ["a", None, "b"], "y": [1, 1, 2]})
    with pytest.raises(ValueError, match=r"sensitive_features\['x'\] is missing"):
        read_groups(frame)
    assert read_groups(frame, missing="ignore").codes.tolist() == [0, -1, 1]
    labels = read_groups(frame, missing="group").labels.tolist()
    assert labels == [("a", 1), ("b", 2), (None, 1)]


def test_the_error_for_none_names_both_ways_of_passing():
    with pytest.raises(ValueError, match="required and was not given") as caught:
        read_groups(None)
    text = str(caught.value)
    assert "est.fit(X, y, sensitive_features=" in text
    assert "enable_metadata_routing=True" in text
    # The guide's advice comes first.
    assert text.index("SensitiveColumns(est, 'sex')") < text.index("routing")
    with pytest.raises(ValueError, match=r"est\.predict\(X, sensitive_features="):
        match_groups(None, np.array(["a", "b"]))


def test_wrong_length():
    with pytest.raises(ValueError, match="has 5 rows but X has 4"):
        read_groups(LETTERS, n_samples=4)
    with pytest.raises(ValueError, match="has 2 rows but"):
        read_groups({"x": [1, 2], "y": [1, 2, 3]})


@pytest.mark.parametrize("values", [["a"] * 4, [1, 1], [[1, "x"], [1, "x"]]])
def test_one_group(values):
    with pytest.raises(ValueError, match=r"one group only, .*at least two"):
        read_groups(values)


def test_no_rows():
    with pytest.raises(ValueError, match="holds no group; a comparison needs"):
        read_groups([])


def test_too_many_dimensions_and_odd_labels():
    with pytest.raises(ValueError, match="3 dimensions"):
        read_groups(np.zeros((2, 2, 2)))
    with pytest.raises(ValueError, match="sensitive_features is of type set; pass one"):
        read_groups({"a", "b"})
    with pytest.raises(ValueError, match="no scalars"):
        read_groups(np.array([{1}, {2}], dtype=object))
    with pytest.raises(ValueError, match="no column"):
        read_groups({})
    with pytest.raises(ValueError, match="no scalars"):
        read_groups([[1, 2], [1]])


def test_the_input_is_not_written_to():
    values = np.array([1.0, np.nan, 2.0])
    read_groups(values, missing="group")
    np.testing.assert_array_equal(values, [1.0, np.nan, 2.0])


def test_match_groups_at_predict():
    labels = read_groups(LETTERS).labels
    assert match_groups(["c", "a"], labels).tolist() == [2, 0]
    with pytest.raises(ValueError, match=r"not seen in fit: \['z'\]") as caught:
        match_groups(["c", "z"], labels)
    assert "Known groups: ['a', 'b', 'c']" in str(caught.value)
    assert match_groups(["c", "z"], labels, unseen="pooled").tolist() == [2, -1]


def test_match_intersections_and_missing():
    known = read_groups([["a", 1], ["b", None]], missing="group")
    assert known.labels.tolist() == [("a", 1), ("b", None)]
    new = [["b", None], ["a", 1]]
    for missing, codes in (("group", [1, 0]), ("ignore", [-1, 0])):
        found = match_groups(new, known.labels, missing=missing)
        assert found.tolist() == codes
    with pytest.raises(ValueError, match=r"sensitive_features\[:, 1\] is missing"):
        match_groups(new, known.labels, unseen="pooled")


def test_match_columns_one_by_one():
    known = read_groups({"sex": ["f", "m", "f"], "race": ["u", "v", "v"]}).columns
    labels = [column.labels for column in known]
    new = {"sex": ["m", "f", "f"], "race": ["v", "u", "w"]}
    with pytest.raises(ValueError, match=r"\['race'\] holds groups .*\['w'\]"):
        match_columns(new, labels)
    found = match_columns(new, labels, unseen="pooled")
    assert [codes.tolist() for codes in found] == [[1, 0, 0], [1, 0, -1]]
    with pytest.raises(ValueError, match="has 1 columns and had 2 in fit"):
        match_columns(["m", "f", "f"], labels)


def test_match_columns_with_missing_values():
    both = {"sex": ["f", "m", None], "race": ["u", "v", "v"]}
    labels = [column.labels for column in read_groups(both, missing="group").columns]
    new = {"sex": [None, "f"], "race": ["v", "u"]}
    for missing, codes in (("group", [[2, 0], [1, 0]]), ("ignore", [[-1, 0], [1, 0]])):
        found = match_columns(new, labels, missing=missing)
        assert [column.tolist() for column in found] == codes
    with pytest.raises(ValueError, match=r"\['sex'\] is missing .* in 1 rows"):
        match_columns(new, labels)


FLAGS = {"female": [0, 0, 1, 1], "disabled": [0, 1, 0, 1]}
SWAPPED = {"disabled": FLAGS["disabled"], "female": FLAGS["female"]}


@pytest.mark.parametrize("form", [dict, pd.DataFrame, pl.DataFrame])
def test_columns_are_matched_by_name(form):
    known = read_groups(form(FLAGS))
    assert known.labels.tolist() == [(0, 0), (0, 1), (1, 0), (1, 1)]
    names = sensitive_names(form(FLAGS))
    assert names == ["female", "disabled"]
    found = match_groups(form(SWAPPED), known.labels, names=names)
    assert found.tolist() == [0, 1, 2, 3]
    apart = [column.labels for column in known.columns]
    found = match_columns(form(SWAPPED), apart, names=names)
    assert [codes.tolist() for codes in found] == list(FLAGS.values())


def test_columns_without_names_are_matched_by_position():
    labels, names = read_groups(FLAGS).labels, list(FLAGS)
    table = np.column_stack(list(SWAPPED.values()))
    for new in (table, table.tolist(), pd.DataFrame(table)):
        assert sensitive_names(new) is None
        assert match_groups(new, labels, names=names).tolist() == [0, 2, 1, 3]
    # Those of fit had no names.
    assert match_groups(SWAPPED, labels, names=None).tolist() == [0, 2, 1, 3]


def test_columns_of_other_names_are_refused():
    labels, names = read_groups(FLAGS).labels, list(FLAGS)
    other = {"female": FLAGS["female"], "old": FLAGS["disabled"]}
    had = r"\['female', 'old'\] and had \['female', 'disabled'\] in fit"
    with pytest.raises(ValueError, match=had):
        match_groups(other, labels, names=names)
    twice = pd.DataFrame(np.column_stack([FLAGS["female"]] * 2), columns=["female"] * 2)
    with pytest.raises(ValueError, match="each under its name"):
        match_groups(twice, labels, names=names)
    with pytest.raises(ValueError, match=r"1 columns and had 2 in fit, \['female',"):
        match_groups(FLAGS["female"], labels, names=names)
    same = match_groups(twice, labels, names=["female", "female"])
    assert same.tolist() == [0, 0, 3, 3]


def test_a_single_column_is_matched_whatever_it_is_called():
    labels = read_groups({"sex": LETTERS}).labels
    for new in ({"gender": LETTERS}, pd.Series(LETTERS, name="other"), LETTERS):
        assert match_groups(new, labels, names=["sex"]).tolist() == CODES


@pytest.mark.parametrize(("n_columns", "n_levels"), [(70, 2), (8, 1000), (3, 2)])
@pytest.mark.parametrize("missing", ["ignore", "group"])
def test_intersections_of_many_columns(n_columns, n_levels, missing):
    """Their product is beyond any integer, and the rows hold few of them."""
    rng = np.random.default_rng(0)
    some = rng.integers(0, n_levels, (40, n_columns))
    table = some[rng.integers(0, 40, 500)].astype(float)
    table[:7, 1] = np.nan
    groups = read_groups(table, missing=missing)
    filled = np.where(np.isnan(table), n_levels, table)[7 * (missing == "ignore") :]
    labels, codes, counts = np.unique(
        filled, axis=0, return_inverse=True, return_counts=True
    )
    known = [[None if x == n_levels else x for x in row] for row in labels.tolist()]
    assert groups.labels.tolist() == [*map(tuple, known)]
    assert groups.counts.tolist() == counts.tolist()
    assert groups.codes[-len(filled) :].tolist() == codes.ravel().tolist()
    assert (groups.codes == -1).sum() == 500 - len(filled)


@pytest.mark.parametrize(
    "form",
    [
        list,
        np.array,
        pd.Series,
        pd.Categorical,
        lambda x: pd.Series(x, index=[9, 9, 3, 1, 0]),
        pl.Series,
        lambda x: pl.DataFrame({"g": x}),
        lambda x: {"g": x},
        lambda x: [[label, 1] for label in x],
    ],
)
def test_take_rows_of_any_form(form):
    some = take_rows(form(LETTERS), np.array([3, 1, 0]))
    assert read_groups(some).codes.tolist() == [2, 0, 1]


def test_many_groups_are_not_all_printed():
    labels = np.arange(50)
    with pytest.raises(ValueError, match=r"\.\.\. \(50 in all\)"):
        match_groups([99], labels)


@pytest.mark.parametrize(
    "values",
    [
        {"age": [20, 30, 40], "rate": [0.5, 0.25, 0.125]},
        pd.DataFrame({"age": [20, 30, 40], "rate": [0.5, 0.25, 0.125]}),
        pl.DataFrame({"age": [20, 30, 40], "rate": [0.5, 0.25, 0.125]}),
    ],
)
def test_numeric_columns(values):
    names, numbers, known = read_numeric_columns(values)
    assert names == ["sensitive_features['age']", "sensitive_features['rate']"]
    np.testing.assert_array_equal(numbers, [[20, 0.5], [30, 0.25], [40, 0.125]])
    assert known.all()


def test_dates_are_numbers():
    days = pd.Series(pd.to_datetime(["2020-03-01", "2020-02-01", "2021-02-01"]))
    zone = days.dt.tz_localize("UTC")
    seconds = pd.Series(pd.to_datetime(["2020-03-01 12:00"])).repeat(3)
    for form in (days, days.to_numpy(), list(days), list(days.dt.date), zone):
        _, numbers, known = read_numeric_columns(form)
        np.testing.assert_array_equal(numbers[:, 0], [29, 0, 366])
        assert known.all()
    for form in (pl.Series(values=days), pl.Series(values=days).cast(pl.Date)):
        np.testing.assert_array_equal(read_numeric_columns(form)[1][:, 0], [29, 0, 366])
    _, numbers, known = read_numeric_columns(
        days.where([True, True, False]), missing="ignore"
    )
    assert known.tolist() == [True, True, False]
    np.testing.assert_array_equal(numbers[:2, 0], [29, 0])
    np.testing.assert_array_equal(read_numeric_columns(seconds)[1], np.zeros((3, 1)))
    with pytest.raises(ValueError, match=r"missing .* in 3 rows"):
        read_numeric_columns(np.full(3, "NaT", dtype="M8[D]"))


def test_numeric_columns_that_are_not():
    with pytest.raises(ValueError, match="must be numeric"):
        read_numeric_columns(["a", "b"])
    with pytest.raises(ValueError, match="infinite"):
        read_numeric_columns([1.0, np.inf])
    with pytest.raises(ValueError, match=r"missing .* in 1 rows"):
        read_numeric_columns([1.0, None, 3.0])
    with pytest.raises(ValueError, match="makes no sense for numeric"):
        read_numeric_columns([1.0, None], missing="group")
    for values in ([1.0, None, 3.0], pd.Series([1, pd.NA, 3], dtype="Int64")):
        _, numbers, known = read_numeric_columns(values, missing="ignore")
        assert known.tolist() == [True, False, True]
        assert numbers[known].ravel().tolist() == [1.0, 3.0]


def test_labels_keep_every_digit_and_character():
    large = [2**63, 2**63 + 1, 1]
    assert read_groups(large).labels.tolist() == [1, 2**63, 2**63 + 1]
    unsigned = np.array([2**63, 2**63 + 1, 2**63], dtype=np.uint64)
    assert read_groups(unsigned).labels.tolist() == [2**63, 2**63 + 1]
    assert match_groups(unsigned, read_groups(unsigned).labels).tolist() == [0, 1, 0]
    assert len(read_groups(["a", "a\0"]).labels) == 2


def test_masked_arrays_and_dates():
    masked = np.ma.array(["a", "b", "c"], mask=[False, False, True])
    assert read_groups(masked, missing="ignore").codes.tolist() == [0, 1, -1]
    days = np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[ns]")
    labels = read_groups(days).labels
    assert match_groups(days.astype("datetime64[D]"), labels).tolist() == [0, 1]
    waits = np.array([5, 90, "NaT", 5], dtype="timedelta64[s]")
    waited = read_groups(waits.astype("timedelta64[ns]"), missing="ignore")
    assert waited.labels.tolist() == [timedelta(seconds=5), timedelta(seconds=90)]
    assert waited.codes.tolist() == [0, 1, -1, 0]


def test_unknown_options():
    for read in (read_groups, read_numeric_columns):
        with pytest.raises(ValueError, match="missing='skip' is not known; use one of"):
            read([1, 2], missing="skip")
    with pytest.raises(ValueError, match="unseen='skip' is not known"):
        match_groups([1], np.array([1, 2]), unseen="skip")


def test_whole_floats_keep_their_type_and_order():
    groups = read_groups(np.array([2.0, -1.0, 0.0, 2.0, -0.0]))
    assert groups.labels.tolist() == [-1.0, 0.0, 2.0]
    assert groups.labels.dtype == np.float64
    assert groups.codes.tolist() == [2, 0, 1, 2, 1]
    for values, labels in (
        ([0.5, 1.0, 0.5], [0.5, 1.0]),
        ([1e300, 1.0, np.inf], [1.0, 1e300, np.inf]),
    ):
        assert read_groups(np.array(values)).labels.tolist() == labels
    missing = read_groups(np.array([1.0, np.nan, 0.0]), missing="group")
    assert missing.codes.tolist() == [1, 2, 0]


@pytest.mark.parametrize("n_labels", [3, 400])
def test_intersections_by_table_and_by_sort_agree(n_labels):
    """400 x 400 combinations of 300 rows are too many for a table."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, n_labels, (2, 300))
    a[0], b[0] = n_labels - 1, n_labels - 1
    groups = read_groups(np.column_stack([a, b]))
    pairs = list(zip(a.tolist(), b.tolist()))
    assert groups.labels.tolist() == sorted(set(pairs))
    assert [groups.labels[code] for code in groups.codes] == pairs
    assert groups.counts.tolist() == [pairs.count(p) for p in groups.labels.tolist()]


WORDS = ["a", "ab", "ba", "", "aé", "female", "femala", "non-binary 日本", "b" * 40]
PAIRS = [f"{a}{b}{c}" for a in "xyz" for b in "01" * 9 for c in WORDS]


@pytest.mark.parametrize("form", ["U", "swapped", "S", "column", "shared", "apart"])
@pytest.mark.parametrize("words", [WORDS, PAIRS, [f"{i:06d}" for i in range(3000)]])
def test_text_is_read_without_mistaking_a_label(form, words):
    if form == "S":
        words = [word.encode() for word in words]
    words = list(dict.fromkeys(words))
    rows = np.random.default_rng(0).integers(len(words), size=20_000)
    shared = np.array(words, dtype=object)[rows]
    values = {
        "S": lambda: shared.astype("S"),
        "U": lambda: shared.astype("U"),
        "swapped": lambda: shared.astype(">U60"),
        "column": lambda: np.column_stack([shared, shared]).astype("U")[:, 1],
        "shared": lambda: shared,
        "apart": lambda: shared.astype("U").astype(object),  # each row its own object
    }[form]()
    groups = read_groups(values)
    assert groups.labels.tolist() == sorted({words[i] for i in rows})
    np.testing.assert_array_equal(groups.labels[groups.codes], shared)
    assert type(groups.labels.tolist()[0]) is type(words[0])


def test_objects_at_addresses_that_collide(monkeypatch):
    monkeypatch.setattr(object_labels, "ADDRESS_TABLE_SIZE", 2)
    values = np.array(["a", 2, None, "c", 1.5, "a", None], dtype=object)
    groups = read_groups(values, missing="group")
    assert set(groups.labels.tolist()) == set(values.tolist())
    assert groups.labels[groups.codes].tolist() == values.tolist()


def test_of_equal_labels_the_first_is_taken():
    for values in ([1, True, "a", 1.0], [True, 1, "a"], [1.0, "a", 1]):
        labels = read_groups(np.array(values, dtype=object)).labels.tolist()
        assert type(next(v for v in labels if v == 1)) is type(values[0])


def test_half_precision_and_tuples_beside_numbers():
    groups = read_groups(np.array([0.5, 1.5, 0.5], dtype=np.float16))
    assert groups.codes.tolist() == [0, 1, 0]
    mixed = np.empty(3, dtype=object)
    mixed[:] = [np.int64(1), (1, 2), np.int64(1)]
    assert read_groups(mixed).counts.tolist() == [2, 1]


@pytest.mark.parametrize("n_labels", [3, 300])
def test_labels_that_the_first_rows_lack(n_labels):
    words = np.array([f"w{i:03d}" for i in range(n_labels)])
    values = np.concatenate([words[:2][np.arange(6000) % 2], words]).astype(object)
    values[-1] = None
    groups = read_groups(values, missing="group")
    assert groups.labels.tolist() == [*words[:-1], None]
    assert groups.labels[groups.codes].tolist() == values.tolist()


@pytest.mark.parametrize("n_labels", [2, 6, 7, 254, 255, 256])
@pytest.mark.parametrize("kind", ["ints", "small", "bools", "floats", "objects"])
@pytest.mark.parametrize("missing", ["ignore", "group"])
def test_counts_are_those_of_the_codes(n_labels, kind, missing):
    rng = np.random.default_rng(0)
    rows = np.append(np.arange(n_labels), rng.integers(n_labels, size=5000))
    values = {
        "ints": lambda: 3 * rows - 7,
        "small": lambda: rows.astype(np.uint16),
        "bools": lambda: rows % 2 > 0,
        "floats": lambda: np.where(np.arange(len(rows)) % 9, rows / 2, np.nan),
        "objects": lambda: np.where(np.arange(len(rows)) % 9, rows.astype("U"), None),
    }[kind]()
    if kind in ("floats", "objects"):
        values[:n_labels] = rows[:n_labels].astype(values.dtype.type)
    if kind == "objects":  # each row an object of its own
        values = np.array([v if v is None else f"{int(v):03d}" for v in values], object)
    groups = read_groups(values, missing=missing)
    expected = np.bincount(groups.codes[groups.codes >= 0])
    np.testing.assert_array_equal(groups.counts, expected)
    named = [label is not None for label in groups.labels.tolist()]
    holes = len(values) - groups.counts[named].sum()
    assert holes == sum(v is None or v != v for v in values.tolist())


def test_the_callers_codes_are_not_written_to():
    codes = np.array([0, 1, 1, 0, 2])
    groups = read_groups(codes)
    assert not groups.codes.flags.writeable
    assert codes.flags.writeable


# Numbers between the codes of groups.


def oversampled(codes, n_invented, seed=0):
    """Rows of codes, and rows between two of them, as SMOTE makes them."""
    rng = np.random.default_rng(seed)
    known = rng.choice(codes, 200)
    low, high = rng.choice(known, (2, n_invented))
    return np.concatenate([known, low + rng.uniform(size=n_invented) * (high - low)])


@pytest.mark.parametrize("codes", [[0.0, 1.0], [0.0, 1.0, 2.0, 5.0]])
@pytest.mark.parametrize("n_invented", [5, 100])
@pytest.mark.parametrize("two", [False, True])
def test_numbers_between_codes_are_no_groups(codes, n_invented, two):
    values = oversampled(codes, n_invented)
    columns = {"age": np.arange(len(values)) % 2, "sex": values} if two else values
    message = r"\[0\.0, 1\.0.*numbers between them, such as \d\.\d+, as oversampling.*"
    with pytest.raises(ValueError, match=message + r"SMOTENC or RandomOverSampler.*"):
        check_categories(read_groups(columns))
    X = np.random.default_rng(1).normal(size=(len(values), 4))
    for model in (ParityRidge(), BarycenterTransformer()):
        with pytest.raises(ValueError, match=message):
            model.fit(X, X[:, 0], sensitive_features=columns)
    ParityRidge(constraint="decorrelation").fit(X, X[:, 0], sensitive_features=columns)


GROUPS_IN_NUMBERS = {
    "halves": np.repeat([0.0, 0.5, 1.0], 40),
    "two decimals, many rows each": np.repeat([0.0, 0.25, 0.37, 1.0], 20),
    "ages, a row each": np.linspace(20.0, 60.0, 81),
    "outside of the codes": np.r_[np.repeat([0.0, 1.0], 40), -0.3, 1.7],
    "one code": np.r_[np.repeat([1.0], 40), np.linspace(1.1, 1.9, 20)],
    "text": np.r_[np.repeat(["0.0", "1.0"], 40), ["0.37"]],
    "integers": np.r_[np.repeat([0, 2], 40), [1]],
}


@pytest.mark.parametrize("case", GROUPS_IN_NUMBERS)
def test_numbers_that_are_groups_pass(case):
    check_categories(read_groups(GROUPS_IN_NUMBERS[case]))
