"""Numbers of rows by group, and warnings and errors where there are too few."""

import warnings
from collections.abc import Mapping

import numpy as np

from fairlearnkit._data.messages import format_labels
from fairlearnkit.exceptions import SmallGroupWarning

# A mean of fewer rows raises a SmallGroupWarning: the standard error of a rate of 1/2
# among 10 rows is .16, and .11 among 20.
SMALL_CELL = 10
# With more groups than this, numeric labels probably are a quantity, such as an age,
# and the warning says so. At 40, a column of decades or grades is never mistaken, and
# a quantity with 30 values goes unnoticed.
MAX_NUMERIC_GROUPS = 20

# Strata that a warning lists: with as many as a default GeneralParity has, it is four
# lines long.
MOST_STRATA = 4


def counts_table(labels, counts, limit=10):
    """Counts by group as text, the smallest ones where there are many groups."""
    order = (
        np.argsort(counts, kind="stable") if len(counts) > limit else range(len(counts))
    )
    entries = [f"{labels[i]!s}: {counts[i]}" for i in order[:limit]]
    more = f", ... ({len(counts)} groups)" if len(counts) > limit else ""
    return ", ".join(entries) + more


def check_counts(counts, labels, stratum_names):
    """Raise an error for cells without rows, and warn of cells with few.

    Parameters
    ----------
    counts : ndarray of shape (n_strata, n_groups)
        Rows of each cell.
    labels : ndarray of shape (n_groups,)
        Labels of the groups.
    stratum_names : sequence of str of length n_strata
        As in `group_contrasts`.
    """
    small = []
    for name, row in zip(stratum_names, counts):
        table = counts_table(labels, row)
        where = f" among rows{name}" if name else ""
        if not row.all():
            empty = [str(label) for label, n in zip(labels, row) if n == 0]
            msg = (
                f"sensitive_features leaves no row{where} for the groups {empty}; the "
                f"constraint compares means and needs some. Counts: {table}. Merge or "
                "remove these groups, or choose another constraint."
            )
            raise ValueError(msg)
        if row.min() < SMALL_CELL:
            n_small = (row < SMALL_CELL).sum()
            small.append(
                f"{n_small} of {len(row)} groups have fewer than {SMALL_CELL} rows"
                f"{where}: {table}"
            )
    if small:  # one warning for all strata
        more = len(small) - MOST_STRATA
        rest = f"; so it is in {more} more strata" if more > 0 else ""
        msg = (
            f"{'; '.join(small[:MOST_STRATA])}{rest}. The means of so few rows say "
            f"little about a group; merge some.{_quantity_hint(labels)}"
        )
        warnings.warn(msg, SmallGroupWarning, stacklevel=2)


def _quantity_hint(labels):
    """What to do if the labels are a numeric quantity, empty if they hardly are."""
    if labels.dtype.kind not in "iuf" or len(labels) <= MAX_NUMERIC_GROUPS:
        return ""
    return (
        f" Each of the {len(labels)} numbers became a group: for a numeric column use "
        "constraint='decorrelation', or cut it into groups."
    )


def group_shares(groups, weight, given=None):
    """Weights p of the groups in the barycenter, of sum 1.

    Parameters
    ----------
    groups : Groups
        Groups of all rows.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    given : dict, default=None
        Weight of each label; None takes the shares of the rows.

    Returns
    -------
    shares : ndarray of shape (n_groups,)

    Raises
    ------
    ValueError
        If `given` has other labels, negative weights or zeros only, or if a group has
        no row of positive weight.

    Warns
    -----
    SmallGroupWarning
        If a group has fewer than 10 rows.
    """
    _check_group_sizes(groups, weight)
    if given is not None:
        return _given_shares(groups.labels.tolist(), given)
    known = groups.codes >= 0
    mass = groups.sizes if weight is None else weight
    used = None if mass is None else mass[known]
    total = np.bincount(groups.codes[known], used, minlength=len(groups.labels))
    return total / total.sum()


def _check_group_sizes(groups, weight):
    """Raise an error for groups without rows, and warn of groups with few."""
    counts = count_every_group(groups, weight)
    if counts.min() >= SMALL_CELL:
        return
    msg = (
        f"Fewer than {SMALL_CELL} rows in a group: "
        f"{counts_table(groups.labels, counts)}. Its distribution is estimated poorly."
    )
    warnings.warn(msg, SmallGroupWarning, stacklevel=6)


def _given_shares(labels, given):
    """Weights that a user gave by label, of sum 1."""
    if not isinstance(given, Mapping) or set(given) != set(labels):
        msg = (
            f"group_weights={given!r} must be a dict with one weight for each group. "
            f"Known groups: {format_labels(labels)}."
        )
        raise ValueError(msg)
    shares = np.array([given[label] for label in labels], dtype=np.float64)
    if not (np.isfinite(shares).all() and shares.min() >= 0 and shares.max() > 0):
        msg = f"group_weights={given!r} must not be negative, nor all of them zero."
        raise ValueError(msg)
    shares /= shares.max()  # first, so that the sum cannot overflow
    return shares / shares.sum()


def count_rows(groups, weight):
    """Number of rows of positive weight of each group, of shape (n_groups,)."""
    known = groups.codes >= 0
    if weight is not None:
        known &= weight > 0
    sizes = None if groups.sizes is None else groups.sizes[known]
    counts = np.bincount(groups.codes[known], sizes, minlength=len(groups.labels))
    return counts.astype(np.intp)


def count_every_group(groups, weight):
    """The same, with an error if a group has no row of positive weight."""
    counts = count_rows(groups, weight)
    if counts.min() == 0:
        table = counts_table(groups.labels, counts)
        msg = (
            f"sensitive_features has groups without a row of positive weight: {table}. "
            "Remove these groups, or merge them."
        )
        raise ValueError(msg)
    return counts
