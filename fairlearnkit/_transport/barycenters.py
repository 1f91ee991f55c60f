"""Wasserstein barycenters of distributions on the line."""

import numpy as np

from fairlearnkit._transport.distributions import (
    MANY,
    Law,
    common_pieces,
    index_ranges,
    mean_quantiles,
    run_ends,
    split_at,
)


def barycenter_maps(laws, weights):
    r"""Where each atom of each law goes in their barycenter.

    .. math:: T_s(v_j) = \frac{1}{P_j - P_{j-1}} \int_{P_{j-1}}^{P_j} \bar Q(u) du,
              \quad \bar Q = \sum_{s'} p_{s'} Q_{s'}

    Parameters
    ----------
    laws : list of Law
        One for each group.
    weights : ndarray of shape (n_laws,)
        p, of sum 1; of a law with weight zero only the map is asked for.

    Returns
    -------
    moved : list of ndarray
        For each law, T at its values, not decreasing.
    """
    widths, ends = common_pieces(laws)
    masses = widths * mean_quantiles(laws, ends, weights)
    if len(laws) >= MANY:
        return _averages_by_sums(widths, masses, ends)
    moved = []
    for end in ends:
        starts = np.append(0, end[:-1])
        wide = starts < end  # others have no piece, and take the next one's
        averages = np.add.reduceat(masses, starts[wide])
        averages /= np.add.reduceat(widths, starts[wide])
        if not wide.all():
            averages = averages[(np.cumsum(wide) - wide).clip(max=len(averages) - 1)]
        moved.append(np.maximum.accumulate(averages))
    return moved


def _averages_by_sums(widths, masses, ends):
    """Averages over the intervals of all atoms, from sums up to each of their ends."""
    below = np.append(0.0, np.cumsum(masses, dtype=np.longdouble))
    reached = np.append(0.0, np.cumsum(widths, dtype=np.longdouble))
    start, end, sizes = index_ranges(ends)
    wide = start < end
    averages = below[end] - below[start]
    averages[wide] /= (reached[end] - reached[start])[wide]
    averages = averages.astype(np.float64)
    if not wide.all():  # others take the next one's, the last of a law the one before
        law, full = np.repeat(np.arange(len(ends)), sizes), np.flatnonzero(wide)
        place = (np.cumsum(wide) - wide).clip(max=len(full) - 1)
        place -= law[full[place]] != law
        averages = averages[full[place]]
    parts = split_at(averages, np.cumsum(sizes)[:-1])
    return [np.maximum.accumulate(part) for part in parts]


def pushed(law, moved):
    """The law of the values once they are moved, in their order.

    Parameters
    ----------
    law : Law
        A law.
    moved : ndarray of shape (m,)
        Where its values go, not decreasing.

    Returns
    -------
    law : Law
    """
    last = run_ends(moved)
    return Law(moved[last], law.shares[last])
