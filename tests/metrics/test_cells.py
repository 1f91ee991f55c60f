"""Counts of cells against a loop over rows, whatever the blocks."""

import numpy as np
import pytest

from fairlearnkit.metrics import _cells


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
