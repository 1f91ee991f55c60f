"""Pictures, by what is drawn in them, not by pixels."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binomtest, norm
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, LinearSVC

from fairlearnkit._counting.wilson import wilson_ends
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.inspection import (
    GroupRatesDisplay,
    RocByGroupDisplay,
    ScoreDistributionDisplay,
    TradeoffDisplay,
)
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.metrics import group_rates, ks_gap, parity_scorer
from fairlearnkit.model_selection import pareto_front
from fairlearnkit.postprocessing import BarycenterClassifier


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("abc"))
    X["sex"] = rng.choice(["f", "m", "x"], 400, p=[0.4, 0.4, 0.2])
    f = X["a"] + (X["sex"] == "m") + rng.normal(size=400)
    return X, np.where(f > 0.4, "yes", "no")


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_rates_and_their_intervals(data):
    X, y = data
    y_pred = np.where(X["a"] > 0, "yes", "no")
    options = {"sensitive_features": X["sex"], "pos_label": "yes"}
    plotted = GroupRatesDisplay.from_predictions(y, y_pred, **options)
    known = group_rates(y, y_pred, **options)
    frame = plotted.frame()
    assert frame.columns.tolist() == ["rate", "group", "count", "value", "low", "high"]
    for _, row in frame.iterrows():
        g = known.groups.tolist().index(row["group"])
        assert row["value"] == known.by_group[row["rate"]][g]
        assert row["count"] == known.counts[g]
    women = frame[(frame["rate"] == "selection_rate") & (frame["group"] == "f")].iloc[0]
    hits = ((X["sex"] == "f") & (y_pred == "yes")).sum()
    wilson = binomtest(hits, women["count"]).proportion_ci(method="wilson")
    assert_allclose([women["low"], women["high"]], wilson)
    marks = [c for c in plotted.ax_.containers if c.lines]
    assert len(marks) == 3
    assert_array_equal(
        marks[0].lines[0].get_xdata(),
        [known.by_group[name][0] for name in plotted.rates],
    )
    assert len({m.lines[0].get_marker() for m in marks}) == 3  # in grey, too
    assert len({m.lines[0].get_color() for m in marks}) == 3
    ticks = [text.get_text() for text in plotted.ax_.get_yticklabels()]
    assert ticks == ["selection rate", "true positive rate", "false positive rate"]
    assert plotted.ax_.get_xlabel() == "rate (positive class: yes)"
    assert f"f (n = {known.counts[0]})" in labels(plotted.ax_)
    assert plotted.figure_ is plotted.ax_.figure


def test_rates_from_an_estimator_and_on_given_axes(data):
    X, y = data
    model = SensitiveColumns(ParityLogisticRegression(), "sex").fit(X, y)
    _, ax = plt.subplots()
    plotted = GroupRatesDisplay.from_estimator(
        model, X, y, rates=["accuracy"], pos_label="no", ax=ax
    )
    assert plotted.ax_ is ax
    assert plotted.pos_label is None  # accuracy looks at none
    assert ax.get_xlabel() == "rate"
    assert_allclose(plotted.overall["accuracy"], model.score(X, y))
    plain = LogisticRegression().fit(X[["a", "b"]], y)
    with pytest.raises(ValueError, match="LogisticRegression finds no groups in X"):
        GroupRatesDisplay.from_estimator(plain, X[["a", "b"]], y)
    options = {"sensitive_features": X["sex"], "pos_label": "yes"}
    given = GroupRatesDisplay.from_estimator(
        plain, X[["a", "b"]], y, **options, confidence_level=0.5
    )
    wide = GroupRatesDisplay.from_estimator(plain, X[["a", "b"]], y, **options)
    narrower = given.frame()["low"] > wide.frame()["low"]
    assert narrower.all()
    with pytest.raises(ValueError, match="must be a sequence of names among"):
        GroupRatesDisplay.from_predictions(
            y, y, sensitive_features=X["sex"], rates=["recall"]
        )
    with pytest.warns(SmallGroupWarning, match="a: 4"):
        GroupRatesDisplay.from_predictions(
            y[:40],
            y[:40],
            sensitive_features=["a"] * 4 + ["b"] * 36,
            rates=["accuracy"],
        )


def test_distributions_before_and_after(data):
    X, y = data
    inner = LogisticRegression()
    model = SensitiveColumns(BarycenterClassifier(inner), "sex").fit(X, y)
    f = model.estimator_.estimator_.predict_proba(X[["a", "b", "c"]])[:, 1]
    plotted = ScoreDistributionDisplay.from_estimator(
        model, X, before=f, score_name="P(yes)", pos_label="yes"
    )
    assert plotted.ax_.get_xlabel() == "P(yes)"
    assert labels(plotted.ax_) == [*"fmx", "before (pale and thin)"]
    lines = plotted.ax_.get_lines()[:6]
    assert [line.get_drawstyle() for line in lines] == ["steps-post"] * 6
    assert len({line.get_linestyle() for line in lines[3:]}) == 3
    values, shares = plotted.after[0]
    g = model.predict_proba(X)[:, 1]
    women = np.sort(np.unique(g[X["sex"] == "f"]))
    assert_array_equal(values, women)
    assert_array_equal(lines[3].get_xdata()[1:], values)
    assert_array_equal(lines[3].get_ydata()[1:], shares)
    frame = plotted.frame()
    assert set(frame["when"]) == {"before", "after"}
    t = 0.5
    for when, scores in (("before", f), ("after", g)):
        part = frame[(frame["when"] == when) & (frame["group"] == "m")]
        share = part.loc[part["score"] <= t, "share"].max()
        assert_allclose(share, np.mean(scores[X["sex"] == "m"] <= t))
    alone = ScoreDistributionDisplay.from_predictions(
        y, X["a"], sensitive_features=X["sex"], sample_weight=np.arange(400)
    )
    assert labels(alone.ax_) == ["f", "m", "x"]
    assert alone.before is None
    assert ks_gap(None, g, sensitive_features=X["sex"]) < 0.2


def test_scores_of_all_kinds(data):
    X, y = data
    numbers, sex = X[["a", "b", "c"]], X["sex"]
    for model, method in (
        (LinearSVC(), "decision_function"),
        (LogisticRegression(), "decision_function"),
        (GaussianNB(), "predict_proba"),
        (LinearRegression(), "predict"),
    ):
        model.fit(numbers, 1 * (y == "yes"))
        plotted = ScoreDistributionDisplay.from_estimator(
            model, numbers, sensitive_features=sex
        )
        scores = getattr(model, method)(numbers)
        scores = scores[:, 1] if method == "predict_proba" else scores
        for label, (values, _) in zip("fmx", plotted.after):
            assert_array_equal(values, np.unique(scores[sex == label]))
    three = LogisticRegression().fit(numbers, np.arange(400) % 3)
    with pytest.raises(ValueError, match=r"3 classes, .*: give pos_label"):
        ScoreDistributionDisplay.from_estimator(three, numbers, sensitive_features=sex)


def test_roc_curves(data):
    X, y = data
    f = X["a"].to_numpy()
    plotted = RocByGroupDisplay.from_predictions(
        y, f, sensitive_features=X["sex"], threshold=0.3, pos_label="yes"
    )
    assert plotted.ax_.get_xlabel() == "false positive rate (positive class: yes)"
    frame = plotted.frame()
    for g, label in enumerate(["f", "m", "x"]):
        rows = (X["sex"] == label).to_numpy()
        assert_allclose(plotted.auc[g], roc_auc_score(y[rows] == "yes", f[rows]))
        part = frame[frame["group"] == label]
        assert_array_equal(part["true_positive_rate"], plotted.curves[g][1])
        above = f[rows] > 0.3
        rates = [above[y[rows] == c].mean() for c in ("no", "yes")]
        mark = plotted.ax_.get_lines()[2 + 2 * g]
        assert_allclose([mark.get_xdata()[0], mark.get_ydata()[0]], rates)
    assert labels(plotted.ax_)[0] == f"f (AUC {plotted.auc[0]:.3f})"
    assert plotted.ax_.get_legend().get_title().get_text() == "marks: threshold 0.3"
    model = SensitiveColumns(ParityLogisticRegression(), "sex").fit(X, y)
    fitted = RocByGroupDisplay.from_estimator(model, X, y, pos_label="yes")
    assert fitted.threshold is None
    flipped = RocByGroupDisplay.from_predictions(
        y, -f, sensitive_features=X["sex"], pos_label="no"
    )
    assert_allclose(flipped.auc, plotted.auc)
    constant = np.where(X["sex"] == "f", "no", y)
    with pytest.raises(ValueError, match="group 'f' has one class only"):
        RocByGroupDisplay.from_predictions(
            constant, f, sensitive_features=X["sex"], pos_label="yes"
        )
    with pytest.raises(ValueError, match=r"pos_label='z' is not a class"):
        RocByGroupDisplay.from_predictions(
            y, f, sensitive_features=X["sex"], pos_label="z"
        )


def test_tradeoff_of_a_search(data):
    X, y = data
    search = GridSearchCV(
        SensitiveColumns(ParityLogisticRegression(), "sex"),
        {"estimator__max_gap": [0.0, 0.3, 1.0]},
        scoring={
            "accuracy": "accuracy",
            "gap": parity_scorer("demographic_parity_difference"),
        },
        refit="accuracy",
        cv=3,
    ).fit(X, y)
    results = search.cv_results_
    rates = GroupRatesDisplay.from_estimator(  # around SensitiveColumns
        search, X, y, pos_label="yes"
    )
    assert_allclose(rates.counts.sum(), 400)
    plotted = TradeoffDisplay.from_cv_results(
        results, "accuracy", "gap", chosen=search.best_index_
    )
    frame = plotted.frame()
    assert_allclose(frame["score"], results["mean_test_accuracy"])
    assert_allclose(frame["gap"], -results["mean_test_gap"])
    front = pareto_front(results, "accuracy", "gap")
    assert set(np.flatnonzero(frame["on_front"])) == set(front)
    assert np.flatnonzero(frame["chosen"]).tolist() == [search.best_index_]
    assert plotted.ax_.get_xlabel() == "gap"
    assert plotted.ax_.get_ylabel() == "accuracy"
    assert labels(plotted.ax_) == ["candidates", "not beaten in both", "chosen"]
    line = plotted.ax_.get_lines()[-2]
    assert_allclose(line.get_xdata(), -results["mean_test_gap"][front])
    star = plotted.ax_.get_lines()[-1]
    assert star.get_ydata()[0] == results["mean_test_accuracy"][search.best_index_]
    assert_allclose(plotted.spread[0], results["std_test_accuracy"])
    bare = TradeoffDisplay.from_cv_results(
        pd.DataFrame({"r2": [0.5, 0.4], "gap": [-0.1, -0.2]}), "r2", "gap"
    )
    assert bare.spread is None
    assert bare.frame()["on_front"].tolist() == [True, False]


def test_plot_again_changes_no_number(data):
    X, y = data
    plotted = GroupRatesDisplay.from_predictions(
        y, y, sensitive_features=X["sex"], pos_label="yes"
    )
    before, first = plotted.frame(), plotted.ax_
    assert plotted.plot() is plotted
    assert plotted.ax_ is not first
    pd.testing.assert_frame_equal(plotted.frame(), before)


def test_the_score_of_the_class_that_is_named(data):
    X, y = data
    numbers, sex = X[["a", "b", "c"]], X["sex"]
    groups = {"sensitive_features": sex}
    for model in (LogisticRegression().fit(numbers, y), LinearSVC().fit(numbers, y)):
        pair = [
            RocByGroupDisplay.from_estimator(
                model, numbers, y, **groups, pos_label=label
            ).auc
            for label in ("no", "yes")
        ]
        assert_allclose(*pair)
        assert pair[0].min() > 0.6
        first = ScoreDistributionDisplay.from_estimator(
            model, numbers, **groups, pos_label="no"
        )
        scores = -model.decision_function(numbers)
        assert_array_equal(first.after[0][0], np.sort(scores[sex == "f"]))
        with pytest.raises(ValueError, match=r"pos_label='z' is not a class; known"):
            ScoreDistributionDisplay.from_estimator(
                model, numbers, **groups, pos_label="z"
            )
    pairs = SVC(decision_function_shape="ovo").fit(numbers, np.arange(400) % 4)
    with pytest.raises(ValueError, match="has 6 columns for 4 classes"):
        ScoreDistributionDisplay.from_estimator(pairs, numbers, **groups, pos_label=1)


@pytest.mark.slow
def test_many_groups_leave_room_for_the_axes():
    rng = np.random.default_rng(0)
    y, group = rng.integers(0, 2, 3000), rng.integers(0, 30, 3000)
    plotted = GroupRatesDisplay.from_predictions(y, y, sensitive_features=group)
    plotted.figure_.canvas.draw()
    box = plotted.ax_.get_position()
    assert box.height > 0.6
    legend = plotted.ax_.get_legend().get_window_extent()
    assert legend.x0 >= plotted.ax_.get_window_extent().x1 - 1


def test_weights_of_displays(data):
    X, y = data
    weight = np.where(X["sex"] == "f", 0.0, 1.0)
    with pytest.raises(ValueError, match="without a row of positive weight: f: 0"):
        ScoreDistributionDisplay.from_predictions(
            None, X["a"], sensitive_features=X["sex"], sample_weight=weight
        )
    with pytest.raises(ValueError, match="group 'f' has one class only"):
        RocByGroupDisplay.from_predictions(
            y == "yes", X["a"], sensitive_features=X["sex"], sample_weight=weight
        )


def test_tradeoff_of_trials_that_failed():
    table = pl.DataFrame({"r2": [0.5, None, 0.7], "gap": [-0.1, -0.2, None]})
    plotted = TradeoffDisplay.from_cv_results(table, "r2", "gap")
    assert_array_equal(plotted.score, [0.5, np.nan, 0.7])
    assert_array_equal(plotted.front, [0])
    assert plotted.spread is None


def test_pictures_ask_for_the_positive_class(data):
    X, y = data
    numbers, groups = X[["a", "b", "c"]], {"sensitive_features": X["sex"]}
    model = LogisticRegression().fit(numbers, y)
    missing = np.where(np.arange(400) > 0, y, None)
    with pytest.raises(ValueError, match="y_true must not hold missing values"):
        RocByGroupDisplay.from_predictions(missing, X["a"], **groups, pos_label="yes")
    for draw in (
        lambda **more: GroupRatesDisplay.from_predictions(y, y, **groups, **more),
        lambda **more: GroupRatesDisplay.from_estimator(
            model, numbers, y, **groups, **more
        ),
        lambda **more: RocByGroupDisplay.from_predictions(y, X["a"], **groups, **more),
        lambda **more: RocByGroupDisplay.from_estimator(
            model, numbers, y, **groups, **more
        ),
    ):
        with pytest.raises(ValueError, match=r"\{'no', 'yes'\} and pos_label is not"):
            draw()
        assert draw(pos_label="no").pos_label == "no"
    with pytest.raises(ValueError, match=r"\{'no', 'yes'\} and pos_label is not"):
        ScoreDistributionDisplay.from_estimator(model, numbers, **groups)


def test_tradeoff_counts_from_the_end_and_mixes_names():
    table = pd.DataFrame({"mean_test_r2": [0.5, 0.4], "gap": [-0.1, -0.2]})
    plotted = TradeoffDisplay.from_cv_results(table, "r2", "gap", chosen=-1)
    assert plotted.frame()["chosen"].tolist() == [False, True]


@pytest.mark.parametrize(
    "display", [GroupRatesDisplay, RocByGroupDisplay, ScoreDistributionDisplay]
)
def test_pictures_of_an_estimator_speak_of_X_and_y(data, display):
    X, y = data
    numbers, sex = X[["a", "b", "c"]].to_numpy(), X["sex"].to_numpy()
    model = LogisticRegression().fit(numbers, y)
    draw = partial(display.from_estimator, model, numbers)
    messages = []
    if display is not ScoreDistributionDisplay:
        for wrong in (np.where(sex == "f", None, y), np.arange(400) / 7, numbers):
            with pytest.raises(ValueError, match=r"^y ") as error:
                draw(wrong, sensitive_features=sex, pos_label="yes")
            messages.append(str(error.value))
        with pytest.raises(ValueError, match=r"\{'no', 'yes'\} .*, or make y take"):
            draw(y, sensitive_features=sex)
        draw = partial(draw, y)
    with pytest.raises(ValueError, match="has 399 rows but X has 400") as error:
        draw(sensitive_features=sex[1:], pos_label="yes")
    assert not [m for m in [*messages, str(error.value)] if "y_" in m]


def test_rates_of_an_estimator_speak_of_its_predictions(data):
    X, y = data
    numbers, sex = X[["a", "b", "c"]], X["sex"]
    model = LogisticRegression().fit(numbers, y)
    other = np.where(y == "yes", "ja", "nein")
    with pytest.raises(ValueError, match=r"^y holds two .* and the predictions others"):
        GroupRatesDisplay.from_estimator(
            model, numbers, other, sensitive_features=sex, pos_label="ja"
        )


@pytest.mark.slow
@pytest.mark.parametrize("draw", ["rates", "roc", "scores"])
@pytest.mark.parametrize("n_groups", [3, 30])
def test_a_legend_of_long_labels_is_beside_the_axes(draw, n_groups):
    rng = np.random.default_rng(0)
    y, group = rng.integers(0, 2, 3000), rng.integers(0, n_groups, 3000)
    long = np.array([f"People of the region number {g}, all countries" for g in group])
    make = {
        "rates": lambda **rows: GroupRatesDisplay.from_predictions(y, y, **rows),
        "roc": lambda **rows: RocByGroupDisplay.from_predictions(y, y, **rows),
        "scores": lambda **rows: ScoreDistributionDisplay.from_predictions(
            y, rng.normal(size=3000), before=y, **rows
        ),
    }[draw]
    plotted = make(sensitive_features=long)
    plotted.figure_.canvas.draw()
    axes, legend = plotted.ax_.get_window_extent(), plotted.ax_.get_legend()
    box, figure = legend.get_window_extent(), plotted.figure_.bbox
    assert box.x0 >= axes.x1  # covers nothing, and is not cut off
    assert box.x1 <= figure.x1
    assert box.y0 >= figure.y0
    assert min(axes.width, axes.height) > 300  # as without a legend, 480 pixels high
    lines = [line for text in labels(plotted.ax_) for line in text.split("\n")]
    assert max(map(len, lines)) <= 32
    short = make(sensitive_features=np.char.mod("g%d", rng.integers(0, 2, 3000)))
    assert_array_equal(short.figure_.get_size_inches(), [6.4, 4.8])


def test_an_intersection_is_named_by_its_labels(data):
    X, y = data
    columns = X[["sex"]].assign(old=np.arange(400) % 2 == 0)
    options = {"sensitive_features": columns, "pos_label": "yes"}
    plotted = GroupRatesDisplay.from_predictions(
        None, y, rates=["selection_rate"], **options
    )
    assert labels(plotted.ax_)[1].startswith("f, False (n = ")
    assert plotted.frame()["group"][0] == ("f", False)


def test_marks_of_many_groups_have_room():
    rng = np.random.default_rng(0)
    y, group = rng.integers(0, 2, 3000), rng.integers(0, 30, 3000)
    plotted = GroupRatesDisplay.from_predictions(y, y, sensitive_features=group)
    plotted.figure_.canvas.draw()
    marks = np.sort([c.lines[0].get_ydata()[0] for c in plotted.ax_.containers])
    pixels = plotted.ax_.transData.transform(np.c_[0 * marks, marks])[:, 1]
    # A mark is 6 points high, 8 pixels; neighbours do not hide one another.
    assert np.abs(np.diff(pixels)).min() > 6


def test_the_method_that_gives_the_scores(data):
    X, y = data
    numbers, rows = X[["a", "b", "c"]], {"sensitive_features": X["sex"]}
    model = LogisticRegression().fit(numbers, y)
    options = {**rows, "pos_label": "yes", "response_method": "predict_proba"}
    plotted = ScoreDistributionDisplay.from_estimator(model, numbers, y, **options)
    proba = model.predict_proba(numbers)[:, 1]
    assert_array_equal(plotted.after[0][0], np.unique(proba[X["sex"] == "f"]))
    roc = RocByGroupDisplay.from_estimator(model, numbers, y, **options)
    thresholds = roc.frame()["threshold"]
    assert thresholds[np.isfinite(thresholds)].between(0, 1).all()
    with pytest.raises(ValueError, match="response_method='proba' is not known"):
        RocByGroupDisplay.from_estimator(
            model, numbers, y, **(options | {"response_method": "proba"})
        )
    number = LinearRegression().fit(numbers, X["a"])
    with pytest.raises(ValueError, match=r"none of the methods \['predict_proba'\]"):
        ScoreDistributionDisplay.from_estimator(
            number, numbers, **rows, response_method="predict_proba"
        )


def test_one_warning_for_all_small_denominators():
    y = np.array([1, 0] * 20 + [0, 1, 1])
    groups = ["a"] * 40 + ["b"] + ["c"] * 2
    with pytest.warns(UndefinedMetricWarning) as caught:
        GroupRatesDisplay.from_predictions(y, y, sensitive_features=groups)
    (warning,) = caught
    text = str(warning.message)
    assert "Fewer than 10 rows in a group: a: 40, b: 1, c: 2" in text
    assert "no rows with y_true == 1, so its true_positive_rate is NaN" in text
    assert "no rows with y_true != 1, so its false_positive_rate is NaN" in text
    assert warning.filename == __file__


def test_weights_widen_the_intervals_of_rates(data):
    X, y = data
    weight = np.random.default_rng(1).exponential(size=len(y))
    y_pred = np.where(X["a"] > 0, "yes", "no")
    options = {"sensitive_features": X["sex"], "pos_label": "yes"}
    draw = partial(GroupRatesDisplay.from_predictions, y, y_pred, **options)
    frame = draw(sample_weight=weight).frame().set_index(["rate", "group"])
    for group in "fmx":
        rows = (X["sex"] == group).to_numpy() & (y == "yes")
        w, hit = weight[rows], y_pred[rows] == "yes"
        p = np.average(hit, weights=w)
        variance = np.sum(w**2 * (hit - p) ** 2) / w.sum() ** 2
        n = min(p * (1 - p) / variance, w.sum() ** 2 / np.sum(w**2))
        assert n < 0.8 * rows.sum()
        found = frame.loc[("true_positive_rate", group), ["low", "high"]]
        assert_allclose(found.astype(float), wilson_ends(p, n, norm.ppf(0.975)))
    # All weights alike are none; a weight of 2 is no second row.
    doubled = draw(sample_weight=np.full(len(y), 2.0)).frame()
    assert_allclose(doubled[["low", "high"]], draw().frame()[["low", "high"]])


@pytest.mark.parametrize("cls", [RocByGroupDisplay, ScoreDistributionDisplay])
@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.ma.masked_array(np.arange(40.0), np.arange(40) == 4), "NaN"),
        (np.full(40, "high"), "y_score holds text such as 'high'"),
        (np.full(40, np.datetime64("2026-01-01")), "y_score holds times"),
    ],
)
def test_scores_that_are_no_numbers(cls, scores, message):
    with pytest.raises(ValueError, match=message):
        cls.from_predictions([0, 1] * 20, scores, sensitive_features=["a", "b"] * 20)
