"""Cells that are compared: within a stratum with one another, alone with zero.

Values v of cells have the gap max |v_c - v_d| over two cells of a stratum, and |v_c|
for a cell by itself (stratum -1). A stratum of G cells has G (G - 1) / 2 pairs; nothing
here forms them.
"""

import numpy as np


def strata_of(strata):
    """Positions of the cells of each stratum, and of those by themselves."""
    order = np.argsort(strata, kind="stable")
    ends = np.flatnonzero(np.diff(strata[order])) + 1
    parts = [part for part in np.split(order, ends) if len(part)]
    alone = np.flatnonzero(strata < 0)
    return [part for part in parts if strata[part[0]] >= 0], alone


def largest_gap(values, strata):
    """Largest gap of values of shape (n_cells,) or (n_cells, n_outputs)."""
    together, alone = strata_of(strata)
    gaps = [np.ptp(values[part], axis=0).max() for part in together]
    return float(max([*gaps, np.abs(values[alone]).max(initial=0.0)]))


def largest_distance(values, strata):
    """Largest norm of a difference of two cells of a stratum, or of a cell alone."""
    together, alone = strata_of(strata)
    found = np.linalg.norm(values[alone], axis=1).max(initial=0.0)
    for part in together:
        points = values[part] - values[part].mean(axis=0)
        radius = np.linalg.norm(points, axis=1)
        order = np.argsort(-radius)
        points, radius = points[order], radius[order]
        for i in range(1, len(points)):
            # Two points are no further apart than the sum of their radii, the first of
            # which is the largest.
            if radius[0] + radius[i] <= found:
                break
            near = points[:i][radius[:i] + radius[i] > found]
            apart = np.linalg.norm(near - points[i], axis=1)
            found = max(found, apart.max(initial=0.0))
    return float(found)


def centred(values, strata):
    """Values less the mean of their stratum, which leaves every gap as it is."""
    values = np.array(values, dtype=np.float64)
    for part in strata_of(strata)[0]:
        # Twice: the second mean is that of what rounding left of a large offset.
        for _ in range(2):
            values[part] -= values[part].mean(axis=0)
    return values


def contrasted(values, strata):
    """All gaps in as few rows as there can be: R @ values, R orthonormal.

    Of a stratum of G cells the G - 1 contrasts of Helmert, row k the mean of the first
    k cells less the next one, scaled; so that no rank has to be decided. Values may be
    an array or a sparse one.
    """
    together, alone = strata_of(strata)
    parts = [values[alone], *(_helmert(values[part]) for part in together)]
    return np.concatenate(parts)


def _helmert(values):
    k = np.arange(1.0, len(values)).reshape(-1, *[1] * (values.ndim - 1))
    sums = np.cumsum(values[:-1], axis=0)
    return (sums - k * values[1:]) / np.sqrt(k * (k + 1.0))


def bounds(rows, strata):
    """The polytope of all u with gap(rows @ u) <= 1, as |[rows, centres] x| <= limits.

    A stratum of more than two cells has a free centre z, from which no cell is further
    than 1/2; x holds u and these centres. Two cells are one difference.

    Parameters
    ----------
    rows : ndarray of shape (n_cells, rank)
        Values of the cells for each unit of u.
    strata : ndarray of shape (n_cells,), intp
        Stratum of each cell, -1 for one by itself.

    Returns
    -------
    G : ndarray of shape (n_rows, rank + n_centres)
        For two cells their difference, for others the row and -1 for its centre.
    limits : ndarray of shape (n_rows,)
        1 or 1/2.
    """
    together, alone = strata_of(strata)
    pairs = [part for part in together if len(part) == 2]
    many = [part for part in together if len(part) > 2]
    single = [rows[alone], *(rows[a : a + 1] - rows[b : b + 1] for a, b in pairs)]
    lone = np.concatenate(single)
    sizes = [len(part) for part in many]
    centre = np.repeat(np.arange(len(many)), sizes)
    G = np.zeros((len(lone) + len(centre), rows.shape[1] + len(many)))
    G[: len(lone), : rows.shape[1]] = lone
    if many:
        G[len(lone) :, : rows.shape[1]] = rows[np.concatenate(many)]
        G[len(lone) + np.arange(len(centre)), rows.shape[1] + centre] = -1.0
    limits = np.ones(len(G))
    limits[len(lone) :] = 0.5
    return G, limits
