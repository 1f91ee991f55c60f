"""Counts of cells against a loop over rows, whatever the blocks."""

import numpy as np
import pytest

from fairlearnkit.metrics import _cells, bootstrap_interval, rate_difference


@pytest.mark.parametrize("block", [1, 7, 2**15])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("control", [False, True])
@pytest.mark.parametrize("n_classes", [2, 12])
def test_cells_are_those_of_a_loop(monkeypatch, block, weighted, control, n_classes):
    monkeypatch.setattr(_cells, "BLOCK", block)
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, n_classes, (2, 500))
    true[:n_classes] = pred[:n_classes] = range(n_classes)
    group = rng.choice(["a", "b", None], size=500)
    weight = rng.integers(0, 4, 500) / 2 if weighted else None
    strata = rng.integers(0, 3, 500) if control else np.zeros(500, dtype=int)
    found = _cells.count_cells(
        true,
        pred,
        group,
        weight,
        "ignore",
        control_features=strata if control else None,
    )
    shape = (3 if control else 1, 2, n_classes, n_classes)
    rows, total = np.zeros(shape, dtype=int), np.zeros(shape)
    for i in (i for i, label in enumerate(group) if label is not None):
        w = 1.0 if weight is None else weight[i]
        cell = strata[i], int(group[i] == "b"), true[i], pred[i]
        rows[cell] += w > 0
        total[cell] += w
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.weight, total)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("aggregate", ["worst", "mean"])
def test_missing_control_features(weighted, aggregate):
    """A stratum of its own, or rows that are left out, as for groups."""
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 2, (2, 600))
    group = rng.choice(["a", "b", None], 600, p=[0.5, 0.4, 0.1])
    stratum = rng.choice(["u", "v", None], 600, p=[0.5, 0.3, 0.2])
    stratum[group == None] = "only here"  # noqa: E711
    options = {"aggregate": aggregate, "rate": "true_positive_rate"}
    weight = rng.uniform(1, 2, 600) if weighted else np.ones(600)

    def gap(rows, **more):
        return rate_difference(
            y_true[rows],
            y_pred[rows],
            sensitive_features=group[rows],
            sample_weight=weight[rows],
            **options,
            **more,
        )

    def missing(column):
        return np.array([one is None for one in column])

    known = ~missing(group) & ~missing(stratum)
    found = gap(slice(None), control_features=stratum, missing="ignore")
    assert found == pytest.approx(gap(known, control_features=stratum[known]))
    named = np.where(missing(stratum), "none", stratum)
    grouped = ~missing(group)
    found = gap(grouped, control_features=stratum[grouped], missing="group")
    assert found == pytest.approx(gap(grouped, control_features=named[grouped]))
    pair = {"s": stratum, "one": np.zeros(600)}
    assert gap(slice(None), control_features=pair, missing="ignore") == pytest.approx(
        gap(known, control_features=stratum[known])
    )
    told = bootstrap_interval(
        "rate_difference",
        y_true,
        y_pred,
        sensitive_features=group,
        sample_weight=weight if weighted else None,
        n_resamples=100,
        random_state=0,
        metric_params={**options, "control_features": stratum, "missing": "ignore"},
    )
    assert told.estimate == pytest.approx(gap(known, control_features=stratum[known]))
    assert told.low < told.high
    with pytest.raises(ValueError, match="control_features is missing"):
        gap(grouped, control_features=stratum[grouped])
    nothing = np.full(600, None)
    with pytest.raises(ValueError, match=r"control_features holds missing .* only"):
        gap(slice(None), control_features=nothing, missing="ignore")
    elsewhere = np.where(grouped, None, "u")
    with pytest.raises(ValueError, match="No row has both a sensitive and a control"):
        gap(slice(None), control_features=elsewhere, missing="ignore")
