"""Contrasts of groups within strata of rows."""

import numpy as np
from scipy import sparse

from fairlearnkit._data.counts import check_counts
from fairlearnkit._data.rows import read_weight

from ._contrasts import Contrasts


def group_contrasts(groups, strata=None, *, sample_weight=None, stratum_names=None):
    r"""Differences of weighted mean scores between every two groups of a stratum.

    .. math:: (M f)_{ab} = \frac{1}{W_a} \sum_{i \in a} w_i f_i
              - \frac{1}{W_b} \sum_{i \in b} w_i f_i

    Parameters
    ----------
    groups : Groups
        Groups of the rows, from ``read_groups``.
    strata : ndarray of shape (n_samples,), default=None
        Stratum of each row, an integer from 0; groups are compared within each stratum.
        Rows with -1 are left out. None puts all rows in one stratum.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights :math:`w_i`; rows of weight zero count as absent.
    stratum_names : sequence of str, default=None
        Name of each stratum, as in ``" with y = 1"``, for the names of the contrasts
        and for messages.

    Returns
    -------
    contrasts : Contrasts

    Raises
    ------
    ValueError
        If a group has no row in a stratum, if weights are negative or not finite, or
        `strata` and `stratum_names` do not fit.

    Warns
    -----
    SmallGroupWarning
        If a group has fewer than 10 rows in a stratum.

    Examples
    --------
    >>> from fairlearnkit.constraints import group_contrasts, read_groups
    >>> groups = read_groups(["a"] * 10 + ["b"] * 10)
    >>> round(group_contrasts(groups).gap([1.0] * 10 + [0.25] * 10), 6)
    0.75
    """
    n_samples, n_groups = len(groups.codes), len(groups.labels)
    strata = np.zeros(n_samples, dtype=np.intp) if strata is None else strata
    strata = _check_strata(strata, n_samples, stratum_names)
    names = stratum_names or [""] * (int(strata.max(initial=0)) + 1)
    weight = read_weight(sample_weight, n_samples)
    weight = np.ones(n_samples) if weight is None else weight
    used = (strata >= 0) & (groups.codes >= 0) & (weight > 0)
    # Cells are numbered stratum by stratum, and within a stratum by group.
    cell = (strata * n_groups + groups.codes)[used]
    n_cells = len(names) * n_groups
    sizes = None if groups.sizes is None else groups.sizes[used]
    counts = np.bincount(cell, sizes, minlength=n_cells).astype(np.intp)
    counts = counts.reshape(-1, n_groups)
    check_counts(counts, groups.labels, names)
    total = np.bincount(cell, weights=weight[used], minlength=n_cells)
    # Column i has the entry w_i / W_a in the row of its cell a, or none if it is not
    # used: a CSC matrix of n_used numbers, however many cells there are.
    integer = np.int32 if n_samples < 2**31 and n_cells < 2**31 else np.int64
    indptr = np.append(0, np.cumsum(used)).astype(integer)
    means = sparse.csc_array(
        (weight[used] / total[cell], cell.astype(integer), indptr),
        shape=(n_cells, n_samples),
    )
    return Contrasts(
        means,
        np.repeat(np.arange(len(names)), n_groups),
        tuple([str(label) for label in groups.labels] * len(names)),
        tuple(names),
        groups,
    )


def _check_strata(strata, n_samples, names):
    """Strata as intp, checked to be from -1 to the number of names less 1.

    Other integers would address the cells of another stratum without an error.
    """
    strata = np.asarray(strata)
    if strata.shape != (n_samples,) or strata.dtype.kind not in "iu":
        msg = (
            f"strata must be one integer for each of {n_samples} rows (-1 for those "
            f"that do not count); got {strata.dtype} of shape {strata.shape}. For a "
            "mask, use np.where(mask, 0, -1)."
        )
        raise ValueError(msg)
    low, high = int(strata.min(initial=0)), int(strata.max(initial=0))
    if low < -1 or (names is not None and high >= len(names)):
        msg = (
            f"strata holds the indices {low} to {high}, with the names {list(names)}; "
            "give one name for each index from 0, and -1 to rows that do not count."
        )
        raise ValueError(msg)
    return strata.astype(np.intp)
