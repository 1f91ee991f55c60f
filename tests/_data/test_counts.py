"""Warnings of few rows, and what they advise."""

import numpy as np
import pytest

from fairlearnkit._data.counts import check_counts, counts_table, group_shares
from fairlearnkit._data.groups import read_groups
from fairlearnkit.exceptions import SmallGroupWarning


@pytest.mark.parametrize(
    ("labels", "hinted"),
    [
        (np.arange(20), False),
        (np.arange(21), True),
        (np.arange(21) / 2, True),
        (np.arange(20) / 2, False),
        (np.arange(21).astype(str), False),
    ],
)
def test_more_than_20_numbers_are_taken_for_a_quantity(labels, hinted):
    counts = np.full((1, len(labels)), 3)
    with pytest.warns(SmallGroupWarning, match="fewer than 10 rows") as caught:
        check_counts(counts, labels, [""])
    (warning,) = caught
    hint = f"Each of the {len(labels)} numbers became a group: for a numeric column use"
    assert (hint in str(warning.message)) == hinted
    assert ("constraint='decorrelation'" in str(warning.message)) == hinted


def test_counts_of_many_groups_start_with_the_smallest():
    labels, counts = np.arange(12), np.r_[np.arange(12)[::-1]]
    assert counts_table(labels[:10], counts[:10]).startswith("0: 11, 1: 10, 2: 9")
    table = counts_table(labels, counts)
    assert table.startswith("11: 0, 10: 1, 9: 2")
    assert table.endswith(", 2: 9, ... (12 groups)")


@pytest.mark.parametrize("n_rows", [9, 10])
def test_barycenters_of_few_rows_warn(n_rows):
    groups = read_groups(["a"] * 30 + ["b"] * n_rows)
    if n_rows == 10:
        assert group_shares(groups, None).tolist() == [0.75, 0.25]
        return
    with pytest.warns(SmallGroupWarning, match="Fewer than 10 rows.*a: 30, b: 9"):
        group_shares(groups, None)
