"""Contrasts: the matrix M of the bound |M f| <= max_gap on scores f."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from fairlearnkit._optim.strata import largest_gap, split_strata

# Largest sum of a row of M that counts as zero, relative to the sum of absolute values;
# differences of means computed in float64 stay far below it. A constant c added to all
# scores moves a gap of two means by 2e-9 c at most, and by 4e-9 c at twice this value.
ZERO_SUM = 1e-9


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Differences M f of mean scores f, stored as the means of cells to compare.

    This is what constraints return, and what solvers, the attribute ``gap_`` of models,
    `score_gap`, `ParityProjection` and decision rules share. A cell is a set of rows
    whose mean score is compared, for instance the women with y = 1, and a stratum holds
    the cells that are compared with one another. M has one row for each pair of cells
    of a stratum,

    .. math:: (M f)_{ab} = m_a^T f - m_b^T f,

    and the row :math:`m_a^T` itself for a cell a outside all strata, whose mean is
    compared with zero.

    Parameters
    ----------
    means : {ndarray, sparse array} of shape (n_cells, n_samples)
        The rows :math:`m_a^T`: row a times f is the weighted mean score of cell a.
    strata : ndarray of shape (n_cells,), intp
        Stratum of each cell; -1 for a cell that is a contrast by itself.
    cells : tuple of str, length n_cells
        Name of each cell.
    suffixes : tuple of str
        For each stratum, what to append to the names of its contrasts, as in
        ``" with y = 1"``.
    groups : Groups or None
        The groups behind the cells.

    See Also
    --------
    ParityConstraint : Builds contrasts from y and the sensitive features.
    Contrasts.from_rows : Builds them from an explicit matrix M.

    Notes
    -----
    Memory: groups take a number and an index for each row of the data (and for each
    sensitive column with ``columns="separately"``), cells and strata a few numbers
    each, however many pairs of groups there are. `gap` needs no more. `gaps` and
    `names` form all pairs, G (G - 1) / 2 for a stratum of G cells, and `toarray` a row
    of length n_samples for each of them: 120 GB for 1,000 groups and 30,000 rows. An
    explicit matrix (`from_rows`, `Decorrelation`) is stored as it is.
    """

    # M itself is not stored: it has a row for each pair of cells, and `means` has one
    # for each cell.
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
            The matrix M. Every row must sum to zero, so that adding a constant to all
            scores changes no gap.
        names : sequence of str, default=None
            Name of each row; None numbers them.
        groups : Groups, default=None
            The groups behind the rows.

        Returns
        -------
        contrasts : Contrasts

        Raises
        ------
        ValueError
            If a row does not sum to zero, or a value is not finite.

        Examples
        --------
        >>> from fairlearnkit.constraints import Contrasts
        >>> Contrasts.from_rows([[1.0, -0.5, -0.5]]).gap([3.0, 1.0, 2.0])
        1.5
        """
        rows = np.atleast_2d(np.asarray(rows, dtype=np.float64))
        off = np.abs(rows.sum(axis=1)) > ZERO_SUM * np.abs(rows).sum(axis=1)
        if off.any() or not np.isfinite(rows).all():
            msg = (
                f"Contrast rows must be finite and sum to zero; got {int(off.sum())} "
                f"of {len(rows)} rows with another sum. Subtract from each mean the "
                "mean that it is compared with."
            )
            raise ValueError(msg)
        # Rows that are contrasts by themselves are cells outside all strata.
        names = names or [f"row {i}" for i in range(len(rows))]
        return cls(rows, np.full(len(rows), -1), tuple(names), groups=groups)

    @classmethod
    def stack(cls, parts, groups=None):
        """The rows of several Contrasts of the same samples, one below the other.

        Parameters
        ----------
        parts : list of Contrasts
            Contrasts of the same samples.
        groups : Groups, default=None
            The groups behind all of them.

        Returns
        -------
        contrasts : Contrasts
        """
        # Strata are numbered anew, since cells of different parts are not compared.
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
        """Cells a and b of each row of M, of shape (2, n_constraints).

        First come the cells outside all strata, with a = b, then the pairs of cells
        a < b of one stratum after the other.
        """
        together, alone = split_strata(self.strata)
        pairs = [np.stack([alone, alone])]
        pairs += [part[np.stack(np.triu_indices(len(part), 1))] for part in together]
        return np.concatenate(pairs, axis=1)

    @property
    def names(self):
        """Name of each row of M, as in ``"a - b with y = 1"``."""
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
            Scores f, in any unit.

        Returns
        -------
        gaps : ndarray of shape (n_constraints,) or (n_constraints, n_outputs)
            In the unit of the scores.

        Raises
        ------
        ValueError
            If there are more or fewer scores than rows.
        """
        return self._differences(self._cell_means(scores))

    def _cell_means(self, scores):
        """Means of centred scores, of shape (n_cells,) or (n_cells, n_outputs)."""
        scores = np.atleast_1d(np.asarray(scores, dtype=np.float64))
        n_samples = self.means.shape[1]
        if len(scores) != n_samples:
            msg = (
                f"scores has {len(scores)} rows but the constraint was computed for "
                f"{n_samples}: pass one score for each of these rows, in their order."
            )
            raise ValueError(msg)
        return self.means @ (scores - _centre(scores))

    def _differences(self, values):
        """Differences of values of shape (n_cells, ...), one for each pair of cells."""
        a, b = self._pairs()
        # (n_constraints, 1, ...): nothing is subtracted for cells outside all strata.
        paired = (a != b).reshape(-1, *[1] * (values.ndim - 1))
        return values[a] - paired * values[b]

    def gap(self, scores):
        """Largest absolute gap max |M f|, found without forming the pairs.

        Parameters
        ----------
        scores : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Scores f, in any unit.

        Returns
        -------
        gap : float
            In the unit of the scores.

        Raises
        ------
        ValueError
            If there are more or fewer scores than rows.
        """
        return largest_gap(self._cell_means(scores), self.strata)

    def toarray(self):
        """The matrix M, of one dense row for each pair of cells.

        Returns
        -------
        M : ndarray of shape (n_constraints, n_samples)
        """
        means = self.means.toarray() if sparse.issparse(self.means) else self.means
        return self._differences(means)


def _centre(scores):
    """Mean score, which no gap depends on but the rounding of means far from 0."""
    with np.errstate(over="ignore"):
        mean = scores.mean(axis=0)
    return np.where(np.isfinite(mean), mean, 0.0)
