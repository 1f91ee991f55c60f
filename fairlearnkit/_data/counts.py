"""Rows of each group, and what is said where there are few."""

import warnings
from collections.abc import Mapping

import numpy as np

from fairlearnkit._data.messages import shown
from fairlearnkit.exceptions import SmallGroupWarning

SMALL_CELL = 10


def counts_table(labels, counts, limit=10):
    """Counts by group for messages, smallest first where there are many groups."""
    order = (
        np.argsort(counts, kind="stable") if len(counts) > limit else range(len(counts))
    )
    shown = [f"{labels[i]!s}: {counts[i]}" for i in order[:limit]]
    more = f", ... ({len(counts)} groups)" if len(counts) > limit else ""
    return ", ".join(shown) + more


def check_counts(counts, labels, stratum_names):
    """Every cell needs rows, and should have enough for a mean."""
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
            msg = (
                f"{(row < SMALL_CELL).sum()} of {len(row)} groups have fewer than "
                f"{SMALL_CELL} rows{where}: {table}. The means of so few rows say "
                f"little about a group; merge some.{_number_hint(labels)}"
            )
            warnings.warn(msg, SmallGroupWarning, stacklevel=2)


def _number_hint(labels):
    if labels.dtype.kind not in "iuf" or len(labels) <= 20:
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
        The groups of all rows.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    given : dict, default=None
        Weight of each label; None for the shares of the rows.

    Returns
    -------
    shares : ndarray of shape (n_groups,)

    Raises
    ------
    ValueError
        Other labels, negative weights, or all of them zero; a group whose rows all
        weigh nothing.

    Warns
    -----
    SmallGroupWarning
        A group of fewer than 10 rows.
    """
    labels, rows = groups.labels.tolist(), counted_rows(groups, weight)
    if rows.min() < SMALL_CELL:
        table = counts_table(groups.labels, rows)
        if rows.min() == 0:
            msg = (
                f"sensitive_features has groups without a row of positive weight: "
                f"{table}. Remove these groups, or merge them."
            )
            raise ValueError(msg)
        msg = (
            f"Fewer than {SMALL_CELL} rows in a group: {table}. Its distribution is "
            "known badly."
        )
        warnings.warn(msg, SmallGroupWarning, stacklevel=5)
    if given is None:
        known = groups.codes >= 0
        used = None if weight is None else weight[known]
        total = np.bincount(groups.codes[known], used, minlength=len(labels))
        return total / total.sum()
    if not isinstance(given, Mapping) or set(given) != set(labels):
        msg = (
            f"group_weights={given!r} must be a dict with one weight for each group. "
            f"Known groups: {shown(labels)}."
        )
        raise ValueError(msg)
    shares = np.array([given[label] for label in labels], dtype=np.float64)
    if not (np.isfinite(shares).all() and shares.min() >= 0 and shares.max() > 0):
        msg = f"group_weights={given!r} must not be negative, nor all of them zero."
        raise ValueError(msg)
    shares /= shares.max()  # whose sum cannot overflow
    return shares / shares.sum()


def counted_rows(groups, weight):
    """Rows of positive weight of each group."""
    known = groups.codes >= 0
    if weight is not None:
        known &= weight > 0
    return np.bincount(groups.codes[known], minlength=len(groups.labels))
