"""Groups of few rows: left out of a comparison, with a warning that names them."""

import warnings
from dataclasses import replace
from numbers import Integral

import numpy as np

from fairlearnkit._data.counts import counts_table
from fairlearnkit.exceptions import SmallGroupWarning


def check_min_group_size(min_group_size):
    """Raise an error unless it is an integer of at least 0."""
    is_count = isinstance(min_group_size, Integral)
    if not is_count or isinstance(min_group_size, bool) or min_group_size < 0:
        msg = (
            f"min_group_size={min_group_size!r} must be an integer of at least 0, the "
            "number of rows of the smallest group that is compared."
        )
        raise ValueError(msg)


def find_large_groups(labels, n_rows, min_group_size):
    """Groups of at least `min_group_size` rows.

    Parameters
    ----------
    labels : sequence of length n_groups
        Labels of the groups.
    n_rows : ndarray of shape (n_groups,), int
        Number of rows of each.
    min_group_size : int
        Number of rows of the smallest group that is compared.

    Returns
    -------
    is_large : ndarray of shape (n_groups,), bool

    Raises
    ------
    ValueError
        Fewer than two groups are that large.
    """
    is_large = n_rows >= min_group_size
    if is_large.sum() < 2:
        msg = (
            f"min_group_size={min_group_size} leaves "
            f"{'one group' if is_large.any() else 'no group'} to compare: "
            f"{counts_table(labels, n_rows)}. Choose a smaller number, or merge groups."
        )
        raise ValueError(msg)
    return is_large


def warn_of_left_out(labels, n_rows, min_group_size, stacklevel):
    """Warn of the groups that `min_group_size` leaves out, if there are any.

    Parameters
    ----------
    labels, n_rows, min_group_size : sequence, ndarray, int
        As in `find_large_groups`.
    stacklevel : int
        As in `warnings.warn`; 2 is the caller of this function.
    """
    small = np.flatnonzero(n_rows < min_group_size)
    if len(small):
        table = counts_table([labels[g] for g in small], n_rows[small])
        msg = (
            f"min_group_size={min_group_size} leaves {len(small)} of {len(n_rows)} "
            f"groups out of the comparison: {table}."
        )
        warnings.warn(msg, SmallGroupWarning, stacklevel=stacklevel)


def leave_out_small_groups(confusion, min_group_size, stacklevel=3):
    """Confusion matrices without the groups of few rows.

    Parameters
    ----------
    confusion : ConfusionCounts
        Confusion matrices of all groups.
    min_group_size : int
        Number of rows, in all strata together, of the smallest group that is kept.
    stacklevel : int, default=3
        As in `warnings.warn`; 2 is the caller of this function.

    Returns
    -------
    confusion : ConfusionCounts
        The rows of a small group belong to no group, as missing values with
        ``missing="ignore"``. Strata that hold no other rows are left out.

    Raises
    ------
    ValueError
        `min_group_size` is not an integer of at least 0, or leaves fewer than two.

    Warns
    -----
    SmallGroupWarning
        Some groups are left out.
    """
    check_min_group_size(min_group_size)
    if not min_group_size:
        return confusion
    n_rows = confusion.counts.sum(axis=(0, 2, 3))
    is_large = find_large_groups(confusion.groups, n_rows, min_group_size)
    if is_large.all():
        return confusion
    warn_of_left_out(confusion.groups, n_rows, min_group_size, stacklevel + 1)
    counts, weights = confusion.counts[:, is_large], confusion.weights[:, is_large]
    has_rows = counts.sum(axis=(1, 2, 3)) > 0
    stratum, group, *classes = confusion.codes
    return replace(
        confusion,
        weights=weights[has_rows],
        counts=counts[has_rows],
        groups=confusion.groups[is_large],
        strata=confusion.strata[has_rows],
        codes=(_renumber(stratum, has_rows), _renumber(group, is_large), *classes),
    )


def _renumber(codes, kept):
    """Positions among those that are kept, -1 for the others and for -1."""
    positions = np.where(kept, np.cumsum(kept) - 1, -1)
    return np.append(positions, -1)[codes]
