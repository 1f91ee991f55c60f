"""Contrast rows: the matrix M of the constraint |M f| <= max_gap."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from fairlearnkit._data.counts import check_counts
from fairlearnkit._optim.compared import largest_gap, strata_of


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Rows M that turn scores f into gaps M f, kept as means of cells to compare.

    A cell is a set of rows whose mean score is compared, for instance the women
    with y = 1; a stratum holds the cells that are compared with one another. M has a
    row for each pair of cells of a stratum, but is formed on demand only: memory stays
    of order n_samples for any number of groups.

    Parameters
    ----------
    means : {ndarray, sparse array} of shape (n_cells, n_samples)
        Row c gives the weighted mean score of cell c.
    strata : ndarray of shape (n_cells,), intp
        Stratum of each cell; -1 for a row that is a contrast by itself.
    cells : tuple of str, length n_cells
        Name of each cell.
    suffixes : tuple of str
        What each stratum adds to the names of its contrasts, as in ``" with y = 1"``.
    groups : Groups or None
        The groups behind the cells.

    See Also
    --------
    ParityConstraint : Builds them from y and the sensitive features.
    """

    means: Any
    strata: np.ndarray
    cells: tuple
    suffixes: tuple = ()
    groups: Any = None

    @classmethod
    def from_rows(cls, rows, *, names=None, groups=None):
        """Contrasts of an explicit matrix M, for constraints of your own.

        Parameters
        ----------
        rows : array-like of shape (n_constraints, n_samples)
            M; every row must sum to zero, so that adding a constant to all
            scores changes no gap.
        names : sequence of str, default=None
            What each row compares.
        groups : Groups, default=None
            The groups behind the rows.

        Returns
        -------
        contrasts : Contrasts

        Raises
        ------
        ValueError
            A row that does not sum to zero, or values that are not finite.

        Examples
        --------
        >>> from fairlearnkit.constraints import Contrasts
        >>> Contrasts.from_rows([[1.0, -0.5, -0.5]]).gap([3.0, 1.0, 2.0])
        1.5
        """
        rows = np.atleast_2d(np.asarray(rows, dtype=np.float64))
        off = np.abs(rows.sum(axis=1)) > 1e-9 * np.abs(rows).sum(axis=1)
        if off.any() or not np.isfinite(rows).all():
            msg = (
                f"Contrast rows must be finite and sum to zero; got {int(off.sum())} "
                f"of {len(rows)} rows with another sum. Subtract from each mean the "
                "mean that it is compared with."
            )
            raise ValueError(msg)
        names = names or [f"row {i}" for i in range(len(rows))]
        return cls(rows, np.full(len(rows), -1), tuple(names), groups=groups)

    @classmethod
    def stack(cls, parts, groups=None):
        """All the rows of several Contrasts over the same samples.

        Parameters
        ----------
        parts : list of Contrasts
            What to put together.
        groups : Groups, default=None
            The groups behind all of them.

        Returns
        -------
        contrasts : Contrasts
        """
        starts = np.cumsum([0, *(len(p.suffixes) for p in parts)])
        strata = [
            np.where(p.strata < 0, -1, p.strata + start)
            for p, start in zip(parts, starts)
        ]
        return cls(
            sparse.vstack([sparse.csr_array(p.means) for p in parts], format="csc"),
            np.concatenate(strata),
            tuple(name for p in parts for name in p.cells),
            tuple(suffix for p in parts for suffix in p.suffixes),
            groups,
        )

    def _pairs(self):
        """The cells a and b of each row of M; a = b for a contrast by itself."""
        together, alone = strata_of(self.strata)
        pairs = [np.stack([alone, alone])]
        pairs += [part[np.stack(np.triu_indices(len(part), 1))] for part in together]
        return np.concatenate(pairs, axis=1)

    @property
    def names(self):
        """What each row of M compares."""
        return tuple(
            self.cells[a]
            if a == b
            else f"{self.cells[a]} - {self.cells[b]}{self.suffixes[self.strata[a]]}"
            for a, b in self._pairs().T
        )

    def gaps(self, scores):
        """Signed gaps M f, one for each pair of cells.

        Parameters
        ----------
        scores : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Scores f, in any unit; the gaps have the same.

        Returns
        -------
        gaps : ndarray of shape (n_constraints,) or (n_constraints, n_outputs)
        """
        return self._differences(self.means @ np.asarray(scores, dtype=np.float64))

    def _differences(self, values):
        a, b = self._pairs()
        apart = (a != b).reshape(-1, *[1] * (values.ndim - 1))
        return values[a] - apart * values[b]

    def gap(self, scores):
        """Largest absolute gap, max |M f|.

        Parameters
        ----------
        scores : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Scores f, in any unit.

        Returns
        -------
        gap : float
            In the unit of the scores.
        """
        means = self.means @ np.asarray(scores, dtype=np.float64)
        return largest_gap(means, self.strata)

    def toarray(self):
        """M itself.

        Returns
        -------
        M : ndarray of shape (n_constraints, n_samples)
        """
        means = self.means.toarray() if sparse.issparse(self.means) else self.means
        return self._differences(means)


def group_contrasts(groups, strata=None, *, sample_weight=None, stratum_names=None):
    r"""Differences of weighted mean scores between every two groups, per stratum.

    .. math:: (M f)_{ab} = \frac{1}{W_a} \sum_{i \in a} w_i f_i
              - \frac{1}{W_b} \sum_{i \in b} w_i f_i

    Parameters
    ----------
    groups : Groups
        From ``read_groups``.
    strata : ndarray of shape (n_samples,), default=None
        Integer stratum of each row; groups are compared within each stratum only,
        and rows with -1 in none. None puts all rows in one.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights :math:`w_i`; rows of weight zero count as absent.
    stratum_names : sequence of str, default=None
        For messages and for the names of the rows.

    Returns
    -------
    contrasts : Contrasts

    Raises
    ------
    ValueError
        A group without a row in a stratum.

    Warns
    -----
    SmallGroupWarning
        A cell of fewer than 10 rows.

    Examples
    --------
    >>> from fairlearnkit.constraints import group_contrasts, read_groups
    >>> groups = read_groups(["a"] * 10 + ["b"] * 10)
    >>> round(group_contrasts(groups).gap([1.0] * 10 + [0.25] * 10), 6)
    0.75
    """
    n_samples, n_groups = len(groups.codes), len(groups.labels)
    strata = np.zeros(n_samples, dtype=np.intp) if strata is None else strata
    strata = _checked_strata(strata, n_samples, stratum_names)
    weight = np.ones(n_samples) if sample_weight is None else sample_weight
    stratum_names = stratum_names or [""] * (int(strata.max(initial=0)) + 1)
    inside = (strata >= 0) & (groups.codes >= 0) & (weight > 0)
    cell = (strata * n_groups + groups.codes)[inside]
    n_cells = len(stratum_names) * n_groups
    counts = np.bincount(cell, minlength=n_cells).reshape(-1, n_groups)
    check_counts(counts, groups.labels, stratum_names)
    total = np.bincount(cell, weights=weight[inside], minlength=n_cells)
    indptr = np.append(0, np.cumsum(inside))
    means = sparse.csc_array(
        (weight[inside] / total[cell], cell, indptr), shape=(n_cells, n_samples)
    )
    labels = [str(label) for label in groups.labels]
    return Contrasts(
        means,
        np.repeat(np.arange(len(stratum_names)), n_groups),
        tuple(labels * len(stratum_names)),
        tuple(stratum_names),
        groups,
    )


def _checked_strata(strata, n_samples, names):
    """Indices from -1 to the number of names; others would address foreign cells."""
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
