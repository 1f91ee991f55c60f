"""Wasserstein barycenters of distributions on the line."""

import numpy as np

from fairlearnkit._transport.distributions import (
    MANY_DISTRIBUTIONS,
    atom_ranges,
    barycenter_quantiles,
    common_pieces,
    split_at,
)


def barycenter_maps(distributions, weights):
    r"""Images of the atoms of each distribution in their barycenter.

    .. math:: T_s(v_j) = \frac{1}{P_j - P_{j-1}} \int_{P_{j-1}}^{P_j} \bar Q(u) du,
              \quad \bar Q = \sum_{s'} p_{s'} Q_{s'}

    The optimal plan spreads an atom over an interval of levels of the barycenter. A map
    can send it to a single point only, and the mean over the interval is the nearest in
    mean square (the barycentric projection of the plan).

    1. Cut (0, 1] into pieces on which all quantile functions are constant.
    2. Sum the quantile functions on each piece, which gives that of the barycenter.
    3. Average it over the pieces of each atom.
    4. Take the running maximum: exact averages increase, rounded ones may not.

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        One for each group.
    weights : ndarray of shape (n_distributions,)
        p, of sum 1. A distribution of weight zero is mapped and does not take part in
        the barycenter.

    Returns
    -------
    images : list of ndarray
        For each distribution, T at its atoms, in nondecreasing order.
    """
    widths, ends = common_pieces(distributions)
    masses = widths * barycenter_quantiles(distributions, ends, weights)
    if len(distributions) >= MANY_DISTRIBUTIONS:
        return _averages_by_prefix_sums(widths, masses, ends)
    images = []
    for end in ends:
        starts = np.append(0, end[:-1])
        nonempty = starts < end
        averages = np.add.reduceat(masses, starts[nonempty])
        averages /= np.add.reduceat(widths, starts[nonempty])
        if not nonempty.all():  # an atom without a piece takes the next one's average
            source = np.cumsum(nonempty) - nonempty
            averages = averages[source.clip(max=len(averages) - 1)]
        images.append(np.maximum.accumulate(averages))
    return images


def _averages_by_prefix_sums(widths, masses, ends):
    """Steps 3 and 4 of `barycenter_maps` for the atoms of all distributions at once.

    The average over an atom is a difference of sums up to its end and up to its start,
    in extended precision since such differences cancel.
    """
    mass_before = np.append(0.0, np.cumsum(masses, dtype=np.longdouble))
    width_before = np.append(0.0, np.cumsum(widths, dtype=np.longdouble))
    start, end, sizes = atom_ranges(ends)
    nonempty = start < end
    averages = mass_before[end] - mass_before[start]
    averages[nonempty] /= (width_before[end] - width_before[start])[nonempty]
    averages = averages.astype(np.float64)
    if not nonempty.all():
        averages = averages[_nearest_nonempty(nonempty, sizes)]
    parts = split_at(averages, np.cumsum(sizes)[:-1])
    return [np.maximum.accumulate(part) for part in parts]


def _nearest_nonempty(nonempty, sizes):
    """For each atom, the next one of its distribution that has a piece, or the last.

    Parameters
    ----------
    nonempty : ndarray of bool of shape (n_atoms,)
        Which atoms have a piece of their own; at least one of each distribution.
    sizes : list of int
        Number of atoms of each distribution.

    Returns
    -------
    positions : ndarray of int of shape (n_atoms,)
    """
    owner, positions = np.repeat(np.arange(len(sizes)), sizes), np.flatnonzero(nonempty)
    source = (np.cumsum(nonempty) - nonempty).clip(max=len(positions) - 1)
    source -= owner[positions[source]] != owner  # the next one is another's: step back
    return positions[source]
