"""audit_subgroups: by loops, and with p-values that pay for the search."""

import pickle
import tracemalloc
from itertools import combinations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose
from scipy.stats import false_discovery_control, hypergeom

from fairlearnkit.metrics import audit_subgroups


def draw(n=600, seed=0, harm=0.0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], n),
            "race": rng.choice(["u", "v", "w"], n, p=[0.5, 0.3, 0.2]),
            "age": rng.integers(18, 90, n),
        }
    )
    worst = (frame["sex"] == "f") & (frame["age"] > 60)
    y_pred = (rng.uniform(size=n) < 0.5 - harm * worst).astype(int)
    return rng.integers(0, 2, n), y_pred, frame


def both_sides(found, n):
    """All subgroups: those that are reported, and the complements of some."""
    rows = []
    for row in found.subgroups:
        rows.append(row)
        if row["complement"] is not None:
            rest = n - row["count"]
            rate = (n * found.overall - row["count"] * row["rate"]) / rest
            gap = rate - found.overall
            more = {"subgroup": row["complement"], "complement": row["subgroup"]}
            rows.append(row | more | {"count": rest, "rate": rate, "gap": gap})
    return rows


def test_all_conjunctions_by_loops():
    _, y_pred, frame = draw()
    frame = frame[["sex", "race"]].assign(old=frame["age"] > 50)
    found = audit_subgroups(
        y_pred, y_pred, sensitive_features=frame, depth=3, top=None, linear=False
    )
    expected = {}
    conditions = [(c, v) for c in frame for v in frame[c].unique().tolist()]
    for size in (1, 2, 3):
        for some in combinations(conditions, size):
            if len({c for c, _ in some}) == size:
                mask = np.all([frame[c] == v for c, v in some], axis=0)
                if 10 <= mask.sum() <= 590:
                    expected[frozenset(some)] = mask
    all_rows = both_sides(found, 600)
    n_all = 2 + 3 + 2 + 6 + 4 + 6 + 12
    assert found.n_tested == len(all_rows) == len(expected) == n_all
    assert len(found.subgroups) == n_all - 2  # sex and old have two values each
    assert found.overall == y_pred.mean()
    rows = {row["subgroup"]: row for row in all_rows}
    p = []
    for some, mask in expected.items():
        names = {f"{c} = {v!r}" for c, v in some}
        row = next(r for t, r in rows.items() if set(t.split(" and ")) == names)
        assert row["count"] == mask.sum()
        assert_allclose(row["rate"], y_pred[mask].mean())
        assert_allclose(row["gap"], y_pred[mask].mean() - y_pred.mean())
        assert_allclose(row["violation"], mask.mean() * abs(row["gap"]), rtol=1e-5)
        law = hypergeom(600, y_pred.sum(), mask.sum())
        k = y_pred[mask].sum()
        p.append((min(1, 2 * min(law.cdf(k), law.sf(k - 1))), row["p_value"]))
    violations = [row["violation"] for row in found.subgroups]
    assert violations == sorted(violations, reverse=True)
    raw, adjusted = np.array(sorted(p)).T
    steps = np.minimum(1, np.maximum.accumulate(raw * np.arange(len(raw), 0, -1)))
    assert_allclose(adjusted, steps)
    assert (adjusted >= false_discovery_control(raw) - 1e-12).all()


def test_finds_a_hidden_subgroup_with_a_threshold():
    y_true, y_pred, frame = draw(2000, harm=0.4)
    found = audit_subgroups(
        y_true, y_pred, sensitive_features=frame, random_state=0, top=3
    )
    worst = found.subgroups[0]
    assert "sex = 'f'" in worst["subgroup"]
    assert "age > " in worst["subgroup"]
    assert worst["gap"] < -0.2
    assert worst["p_value"] < 1e-6
    assert len(found.subgroups) == 3
    half = found.half_space
    assert half["p_value"] == 1 / 201
    assert half["weights"]["sex = 'f'"] < 0 < half["weights"]["sex = 'm'"]
    assert half["weights"]["age"] < 0
    assert_allclose(half["violation"], half["share"] * abs(half["gap"]))
    weights = half["weights"]
    score = weights["age"] * frame["age"]
    for column in ("sex", "race"):
        score += frame[column].map(lambda v, c=column: weights[f"{c} = {v!r}"])
    above = score > half["threshold"]
    assert above.sum() == half["count"]
    assert_allclose(y_pred[above].mean(), half["rate"])


@pytest.mark.slow
@pytest.mark.parametrize("part", ["subgroups", "half_space"])
def test_false_alarms_are_as_rare_as_documented(part):
    alarms = 0
    for seed in range(100):
        y_true, y_pred, frame = draw(300, seed)
        found = audit_subgroups(
            y_true,
            y_pred,
            sensitive_features=frame,
            linear=part == "half_space",
            n_permutations=19,
            random_state=seed,
            top=None,
        )
        rows = found[part] if part == "subgroups" else [found[part]]
        alarms += min(row["p_value"] for row in rows) <= 0.05
    assert alarms <= 10
    if part == "half_space":
        assert alarms >= 1


def test_rates_that_are_about_some_rows():
    y_true, y_pred, frame = draw()
    found = audit_subgroups(
        y_true,
        y_pred,
        sensitive_features=frame[["sex"]],
        rate="true_positive_rate",
        linear=False,
    )
    women = (frame["sex"] == "f") & (y_true == 1)
    assert len(found.subgroups) == 1
    rows = both_sides(found, (y_true == 1).sum())
    row = next(r for r in rows if r["subgroup"] == "sex = 'f'")
    assert row["count"] == women.sum()
    assert_allclose(row["rate"], y_pred[women].mean())
    assert_allclose(found.overall, y_pred[y_true == 1].mean())
    named = audit_subgroups(
        np.where(y_true, "yes", "no"),
        np.where(y_pred, "yes", "no"),
        sensitive_features=frame["sex"].tolist(),
        rate="false_negative_rate",
        pos_label="yes",
        linear=False,
    )
    assert_allclose(named.overall, 1 - found.overall)


def test_missing_labels_are_a_value():
    _, y_pred, frame = draw()
    sex = frame["sex"].where(np.arange(600) % 3 > 0, None)
    found = audit_subgroups(
        y_pred, y_pred, sensitive_features={"sex": sex}, linear=True, random_state=0
    )
    counts = {row["subgroup"]: row["count"] for row in found.subgroups}
    assert counts["sex = None"] == 200
    assert "sex = None" in found.half_space["weights"]


def test_errors():
    y_true, y_pred, frame = draw()
    with pytest.raises(ValueError, match="rate='x' is not known"):
        audit_subgroups(y_true, y_pred, sensitive_features=frame, rate="x")
    with pytest.raises(ValueError, match="about 600 rows only"):
        audit_subgroups(y_true, y_pred, sensitive_features=frame, min_count=400)
    with pytest.raises(ValueError, match="holds NaN"):
        audit_subgroups(
            y_true, y_pred, sensitive_features=frame[["age"]].where(frame["age"] > 20)
        )
    with pytest.raises(ValueError, match="give pos_label"):
        audit_subgroups(
            np.arange(600) % 3, np.arange(600) % 3, sensitive_features=frame["sex"]
        )
    with pytest.raises(ValueError, match="has 599 rows but y_pred has 600"):
        audit_subgroups(y_true, y_pred, sensitive_features=frame["sex"][1:])


def test_numbers_in_lists_are_numbers():
    y_true, y_pred, frame = draw(2000, harm=0.4)
    options = {"random_state": 0, "n_permutations": 9}
    known = audit_subgroups(y_true, y_pred, sensitive_features=frame, **options)
    for form in (
        {name: frame[name].tolist() for name in frame},
        frame.to_numpy(dtype=object),
        frame.to_numpy(dtype=object).tolist(),
    ):
        found = audit_subgroups(y_true, y_pred, sensitive_features=form, **options)
        assert found.n_tested == known.n_tested
        assert found.subgroups[0]["count"] == known.subgroups[0]["count"]


def test_names_hold_thresholds_with_all_digits():
    rng = np.random.default_rng(0)
    pay = rng.integers(1_234_000, 1_235_000, 400)
    y = (pay > 1_234_500).astype(int)
    found = audit_subgroups(y, y, sensitive_features={"pay": pay}, random_state=0)
    sign, cut = found.subgroups[0]["subgroup"].removeprefix("pay ").split()
    mask = pay > float(cut) if sign == ">" else pay <= float(cut)
    assert mask.sum() == found.subgroups[0]["count"]
    with pytest.raises(ValueError, match="depth=0 must be 1"):
        audit_subgroups(y, y, sensitive_features={"pay": pay}, depth=0)
    with pytest.raises(ValueError, match="NaN or infinity"):
        audit_subgroups(y, y, sensitive_features={"pay": np.where(y, pay, np.inf)})
    double = np.column_stack([pay, pay])
    twice = pd.DataFrame(double, columns=["pay", "pay"])
    found = audit_subgroups(y, y, sensitive_features=twice, random_state=0)
    assert set(found.half_space["weights"]) == {"pay (column 0)", "pay (column 1)"}


def test_a_band_of_one_column():
    rng = np.random.default_rng(0)
    age = rng.integers(20, 80, 2000)
    y = (rng.uniform(size=2000) < 0.3 + 0.5 * ((age > 38) & (age <= 56))).astype(int)
    found = audit_subgroups(y, y, sensitive_features={"age": age}, linear=False)
    worst = found.subgroups[0]
    assert worst["subgroup"].count("age") == 2
    low, high = (
        float(next(w for w in worst["subgroup"].split(" and ") if s in w).split()[-1])
        for s in (">", "<=")
    )
    assert 36 <= low <= 40
    assert 54 <= high <= 58
    assert worst["count"] == ((age > low) & (age <= high)).sum()


def test_conjunctions_of_thresholds_by_masks():
    _, y_pred, frame = draw(300)
    found = audit_subgroups(
        y_pred, y_pred, sensitive_features=frame, depth=3, top=None, linear=False
    )
    rows = both_sides(found, 300)
    for row in rows:
        mask = np.ones(300, dtype=bool)
        for condition in row["subgroup"].split(" and "):
            column, sign, value = condition.split(" ")
            values = frame[column].to_numpy()
            if sign == "=":
                mask &= values == value.strip("'")
            else:
                mask &= (
                    values <= float(value) if sign == "<=" else values > float(value)
                )
        assert row["count"] == mask.sum()
        assert_allclose(row["rate"], y_pred[mask].mean())
    names = [row["subgroup"] for row in rows]
    assert len(set(names)) == len(names) == found.n_tested
    # 5 values and 9 thresholds, two sides: singles, pairs and triples of what differs
    assert 23 + 100 < found.n_tested <= 23 + 6 + 5 * 18 + 81 + 6 * 18 + 5 * 81


def test_identifiers_define_no_subgroup():
    rng = np.random.default_rng(0)
    sex, name = rng.choice(["f", "m"], 4000), np.arange(4000).astype(str)
    y_pred = (rng.uniform(size=4000) < 0.5 - 0.2 * (sex == "f")).astype(int)
    known = audit_subgroups(
        None, y_pred, sensitive_features={"sex": sex}, random_state=0
    )
    message = "None of the 4000 values of name has min_count=10 rows.* an identifier"
    options = {"random_state": 0, "n_permutations": 9}
    with pytest.warns(UserWarning, match=message) as caught:
        found = audit_subgroups(
            None, y_pred, sensitive_features={"name": name, "sex": sex}, **options
        )
    assert [w.filename for w in caught] == [__file__]
    assert found.subgroups == known.subgroups
    assert found.half_space["violation"] >= known.half_space["violation"] - 1e-9
    assert len(found.half_space["weights"]) == 2 + 100 + 1
    with pytest.warns(UserWarning, match="None of the 4000 values"):
        alone = audit_subgroups(None, y_pred, sensitive_features=name, **options)
    assert (alone.n_tested, alone.subgroups) == (0, [])
    assert alone.half_space["p_value"] > 0.05


@pytest.mark.slow
def test_thousands_of_labels_stay_small():
    """No table of rows and labels: 160 MB of numbers, and five of them before."""
    rng = np.random.default_rng(0)
    place, sex = np.arange(10_000) % 2000, rng.choice(["f", "m"], 10_000)
    y_pred = (rng.uniform(size=10_000) < 0.9).astype(int)
    y_pred[place == 77] = 0
    tracemalloc.start()
    found = audit_subgroups(
        None,
        y_pred,
        sensitive_features={"place": place.astype(str), "sex": sex},
        min_count=4,
        random_state=0,
        n_permutations=2,
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "place = '77'" in [row["subgroup"] for row in found.subgroups[:5]]
    assert found.n_tested > 2000
    assert peak < 62e6


def test_outcomes_that_are_all_alike():
    group, y_pred = ["a", "b"] * 50, [1] * 100
    found = audit_subgroups(None, y_pred, sensitive_features=group, pos_label=1)
    assert found.overall == 1.0
    assert {row["p_value"] for row in found.subgroups} == {1.0}
    assert {row["violation"] for row in found.subgroups} == {0.0}
    for name in ("depth", "min_count"):
        with pytest.raises(ValueError, match=f"{name}=0 must be 1 or more"):
            audit_subgroups(None, y_pred, sensitive_features=group, **{name: 0})


@pytest.mark.parametrize(
    "form",
    [
        lambda x: x,
        lambda x: x.to_numpy(),
        lambda x: x.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        lambda x: list(x.dt.date),
        lambda x: pl.Series(values=x),
        lambda x: pl.Series(values=x).cast(pl.Date),
    ],
)
def test_dates_are_cut_at_deciles(form):
    rng = np.random.default_rng(0)
    day = rng.integers(0, 365, 600)
    joined = pd.Series(pd.to_datetime("2020-01-01") + pd.to_timedelta(day, unit="D"))
    sex = rng.choice(["F", "M"], 600)
    y = ((day > 190) & (rng.uniform(size=600) < 0.8)).astype(int)
    columns = {"joined": form(joined), "sex": sex}
    options = {"n_permutations": 9, "random_state": 0, "depth": 1}
    found = audit_subgroups(y, y, sensitive_features=columns, **options)
    numbers = {"joined": day, "sex": sex}
    plain = audit_subgroups(y, y, sensitive_features=numbers, **options)
    for dated, counted in zip(found.subgroups, plain.subgroups):
        assert dated["gap"] == counted["gap"]
    name, cut = found.subgroups[0]["subgroup"], plain.subgroups[0]["subgroup"]
    side, number = cut.rsplit(" ", 1)
    when = np.datetime64("2020-01-01") + int(number.rstrip("."))
    assert name == f"{side} {when}"
    assert found.half_space["count"] == plain.half_space["count"]
    holes = joined.where(day > 3)
    with pytest.raises(ValueError, match="NaT"):
        audit_subgroups(y, y, sensitive_features={"joined": holes})


def test_a_condition_and_its_complement_are_one_finding():
    _, y_pred, frame = draw(seed=3)
    options = {"linear": False, "top": None, "depth": 1}
    found = audit_subgroups(y_pred, y_pred, sensitive_features=frame, **options)
    ages = [row for row in found.subgroups if row["subgroup"].startswith("age")]
    assert len(ages) == 9
    for row in ages:
        _, sign, cut = row["subgroup"].split()
        other = {"<=": ">", ">": "<="}[sign]
        assert row["complement"] == f"age {other} {cut}"
        assert row["count"] <= 300
    sexes = [row for row in found.subgroups if row["subgroup"].startswith("sex")]
    smaller = frame["sex"].value_counts().index[-1]
    assert [row["subgroup"] for row in sexes] == [f"sex = {smaller!r}"]
    races = [row for row in found.subgroups if row["subgroup"].startswith("race")]
    assert [row["complement"] for row in races] == [None] * 3
    top = audit_subgroups(
        y_pred, y_pred, sensitive_features=frame, linear=False, depth=1, top=4
    )
    assert top.subgroups == found.subgroups[:4]


def test_halves_of_one_size_are_one_finding():
    group = ["a", "b"] * 40
    found = audit_subgroups(
        None, [0, 1, 1, 1] * 20, sensitive_features={"g": group}, linear=False
    )
    assert [(r["subgroup"], r["complement"]) for r in found.subgroups] == [
        ("g = 'a'", "g = 'b'")
    ]


def test_the_audit_shows_as_a_table():
    y_true, y_pred, frame = draw(harm=0.4)
    found = audit_subgroups(y_true, y_pred, sensitive_features=frame, random_state=0)
    lines = str(found).splitlines()
    assert lines[0].startswith(f"selection_rate of all rows: {found.overall:.3f} (pos")
    worst = found.subgroups[0]
    assert lines[3].startswith(worst["subgroup"])
    assert f"{worst['gap']:.3f}" in lines[3]
    assert lines[-1].startswith("half-space: ")
    table = found.frame()
    assert table.columns[0] == "subgroup"
    assert table["p_value"].tolist() == [row["p_value"] for row in found.subgroups]
    assert "&#x27;f&#x27;" in found._repr_html_()
    assert found["subgroups"] is found.subgroups
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert str(again) == str(found)
    empty = audit_subgroups(
        None, [0, 1] * 20, sensitive_features=["a"] * 35 + ["b"] * 5, linear=False
    )
    assert str(empty).endswith("Conditions tested: 0.")
    assert len(empty.frame()) == 0
