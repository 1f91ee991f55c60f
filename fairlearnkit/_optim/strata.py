"""Cells that are compared: within a stratum with one another, alone with zero.

Values v of cells have the gap max |v_c - v_d| over two cells of a stratum, and |v_c|
for a cell by itself (stratum -1). A stratum of G cells has G (G - 1) / 2 pairs; nothing
here forms them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


def split_strata(strata):
    """Positions of the cells of each stratum, and of those by themselves."""
    # A stable sort, so that cells of a stratum stay in their order.
    order = np.argsort(strata, kind="stable")
    in_order = strata[order]
    ends = np.flatnonzero(in_order[1:] != in_order[:-1]) + 1
    ends = [0, *ends.tolist(), len(order)]
    parts = [order[a:b] for a, b in pairwise(ends) if a < b]
    alone = np.flatnonzero(strata < 0)
    return [part for part in parts if strata[part[0]] >= 0], alone


def largest_gap(values, strata):
    """Largest gap of values of shape (n_cells,) or (n_cells, n_outputs)."""
    together, alone = split_strata(strata)
    gaps = [np.ptp(values[part], axis=0).max() for part in together]
    return float(max([*gaps, np.abs(values[alone]).max(initial=0.0)]))


def widest_pair(values, strata):
    """The two cells with the largest gap, and the gap; None for a cell by itself.

    Parameters
    ----------
    values : ndarray of shape (n_cells,)
        One value a cell.
    strata : ndarray of shape (n_cells,), intp
        Stratum of each cell, -1 for one by itself.

    Returns
    -------
    a, b : int or None
        Positions: of a stratum its largest and its smallest value.
    gap : float
    """
    together, alone = split_strata(strata)
    pairs = [(abs(values[a]), a, None) for a in alone]
    for part in together:
        a, b = part[values[part].argmax()], part[values[part].argmin()]
        pairs.append((values[a] - values[b], a, b))
    gap, a, b = max(pairs, key=lambda pair: pair[0])
    return a, b, float(gap)


def largest_distance(values, strata):
    """Largest norm of a difference of two cells of a stratum, or of a cell alone."""
    together, alone = split_strata(strata)
    largest = np.linalg.norm(values[alone], axis=1).max(initial=0.0)
    for part in together:
        points = values[part] - values[part].mean(axis=0)
        radius = np.linalg.norm(points, axis=1)
        order = np.argsort(-radius)
        points, radius = points[order], radius[order]
        for i in range(1, len(points)):
            # Two points are no further apart than the sum of their radii, the first of
            # which is the largest.
            if radius[0] + radius[i] <= largest:
                break
            near = points[:i][radius[:i] + radius[i] > largest]
            apart = np.linalg.norm(near - points[i], axis=1)
            largest = max(largest, apart.max(initial=0.0))
    return float(largest)


def center_strata(values, strata):
    """Values less the mean of their stratum, which leaves every gap as it is."""
    values = np.array(values, dtype=np.float64)
    for part in split_strata(strata)[0]:
        # Twice: the second mean is that of what rounding left of a large offset.
        for _ in range(2):
            values[part] -= values[part].mean(axis=0)
    return values


def balanced_strata(multipliers, strata):
    """Multipliers that sum to zero in each stratum, if they do so but for rounding.

    The heavier sign is scaled down, so that zeros and signs stay.
    """
    multipliers = multipliers.copy()
    for part in split_strata(strata)[0]:
        own = multipliers[part]
        up, down = own[own > 0].sum(), -own[own < 0].sum()
        own[own > 0] *= min(1.0, down / max(up, 1e-300))
        own[own < 0] *= min(1.0, up / max(down, 1e-300))
        multipliers[part] = own
    return multipliers


def active_differences(cells, strata, multipliers):
    """Normals of the face of the polytope that has these multipliers of the cells."""
    together, alone = split_strata(strata)
    normals = [cells[c] for c in alone if multipliers[c]]
    for part in together:
        top = part[multipliers[part] > 0]
        bottom = part[multipliers[part] < 0]
        if len(top) and len(bottom):
            normals += [cells[c] - cells[bottom[0]] for c in top]
            normals += [cells[c] - cells[top[0]] for c in bottom[1:]]
    return np.reshape(normals, (-1, cells.shape[1]))


def helmert_contrasts(values, strata):
    """All gaps in as few rows as there can be: R @ values, R orthonormal.

    Of a stratum of G cells the G - 1 contrasts of Helmert, row k the mean of the first
    k cells less the next one, scaled; so that no rank has to be decided. Values may be
    an array or a sparse one.
    """
    together, alone = split_strata(strata)
    parts = [values[alone], *(_helmert(values[part]) for part in together)]
    return np.concatenate(parts)


def _helmert(values):
    k = np.arange(1.0, len(values)).reshape(-1, *[1] * (values.ndim - 1))
    sums = np.cumsum(values[:-1], axis=0)
    return (sums - k * values[1:]) / np.sqrt(k * (k + 1.0))


@dataclass(frozen=True, eq=False)
class Polytope:
    """All u with gap(cells @ u) <= 1, as |G x| <= limits with x = (u, centres).

    Parameters
    ----------
    G : ndarray of shape (n_rows, rank + n_centres)
        A row for each cell by itself, for the difference of each stratum of two cells,
        and for each other cell, less the centre of its stratum.
    limits : ndarray of shape (n_rows,)
        1, and 1/2 for a distance from a centre.
    first, second : ndarray of shape (n_rows,), intp
        The cell of each row, and the one that is subtracted, or -1.
    n_cells : int
        Number of cells.
    """

    G: np.ndarray
    limits: np.ndarray
    first: np.ndarray
    second: np.ndarray
    n_cells: int

    def multipliers_of_cells(self, multipliers):
        """Multipliers of the rows of G as those of the cells."""
        of_cells = np.zeros(self.n_cells)
        of_cells[self.first] = multipliers
        pairs = self.second >= 0
        of_cells[self.second[pairs]] = -multipliers[pairs]
        return of_cells


def gap_polytope(cells, strata):
    """The polytope of all u with gap(cells @ u) <= 1.

    A stratum of more than two cells has a free centre, from which no cell is further
    than 1/2; two cells are one difference.

    Parameters
    ----------
    cells : ndarray of shape (n_cells, rank)
        Values of the cells for each unit of u.
    strata : ndarray of shape (n_cells,), intp
        Stratum of each cell, -1 for one by itself.

    Returns
    -------
    polytope : Polytope
    """
    together, alone = split_strata(strata)
    pairs = np.array([part for part in together if len(part) == 2], dtype=np.intp)
    pairs = pairs.reshape(-1, 2)
    many = [part for part in together if len(part) > 2]
    inside = np.concatenate([*many, np.zeros(0, dtype=np.intp)])
    first = np.concatenate([alone, pairs[:, 0], inside])
    second = np.full(len(first), -1)
    second[len(alone) : len(alone) + len(pairs)] = pairs[:, 1]
    rank, n_single = cells.shape[1], len(alone) + len(pairs)
    G = np.zeros((len(first), rank + len(many)))
    G[:, :rank] = cells[first]
    G[len(alone) : n_single, :rank] -= cells[pairs[:, 1]]
    centre = np.repeat(np.arange(len(many)), [len(part) for part in many])
    G[n_single + np.arange(len(centre)), rank + centre] = -1.0
    limits = np.ones(len(G))  # of differences; half of it from a centre
    limits[n_single:] = 0.5
    return Polytope(G, limits, first, second, len(cells))
