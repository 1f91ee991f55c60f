"""Distances between distributions on the line."""

from itertools import combinations

import numpy as np

from fairlearnkit._transport.distributions import (
    MANY_DISTRIBUTIONS,
    SAME_LEVEL,
    atom_ranges,
    barycenter_quantiles,
    common_pieces,
    mixture,
    offsets,
    quantiles_on_pieces,
    run_ends,
)

# Margin for rounding in the triangle inequality, relative to the distances in it: 64
# units in the last place. A larger one cannot make the result wrong; it leaves a few
# more pairs to be computed.
BOUND_MARGIN = 64 * np.finfo(np.float64).eps


def unfairness(distributions, weights):
    r"""Mean squared Wasserstein-2 distance of the distributions to their barycenter.

    .. math:: U = \sum_s p_s W_2^2(\nu_s, \bar\nu)
                = \sum_s p_s \int_0^1 (Q_s(u) - \bar Q(u))^2 du

    (Chzhen, Schreuder, Annals of Statistics 2022, section 2.)

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        One for each group.
    weights : ndarray of shape (n_distributions,)
        p, of sum 1.

    Returns
    -------
    U : float
        In squared units of the values; infinite where a square overflows.
    """
    widths, ends = common_pieces(distributions)
    mean, total = barycenter_quantiles(distributions, ends, weights), 0.0
    if len(distributions) >= MANY_DISTRIBUTIONS:
        return _unfairness_by_prefix_sums(distributions, ends, weights, widths, mean)
    with np.errstate(over="ignore"):
        for distribution, end, p in zip(distributions, ends, weights):
            difference = quantiles_on_pieces(distribution, end) - mean
            total += p * (widths @ difference**2)
    return float(total)


def _unfairness_by_prefix_sums(distributions, ends, weights, widths, mean):
    r"""The same in time proportional to the number of atoms.

    Over the interval of an atom v, of length l, with m the mean of the barycenter's
    quantile function there,

    .. math:: \int (v - \bar Q)^2 = \int (\bar Q - m)^2 + l \, (v - m)^2

    1. Centre everything, so that the squares are no larger than they have to be.
    2. Sums of widths, of Q and of Q^2 up to each piece; their differences are the
       integrals over each atom, and give l, m and the first term, which is clipped at 0
       against rounding.
    3. Weigh the integrals of all atoms by p of their distribution.
    """
    start, end, sizes = atom_ranges(ends)
    centre = float(widths @ mean)
    deviation = (mean - centre).astype(np.longdouble)
    values = np.concatenate([each.values for each in distributions]) - centre

    def integral(integrand):
        before = np.append(0.0, np.cumsum(integrand, dtype=np.longdouble))
        return before[end] - before[start]

    with np.errstate(over="ignore", invalid="ignore"):
        length, average = integral(widths), integral(widths * deviation)
        average = np.divide(average, length, out=average, where=length > 0)
        squares = integral(widths * deviation**2) - length * average**2
        squares = squares.clip(min=0.0)
        squares += length * (values - average) ** 2
        return float(np.repeat(weights, sizes) @ squares)


def wasserstein(a, b, order=1):
    r"""Wasserstein distance of two distributions.

    .. math:: W_p(a, b) = \Bigl(\int_0^1 |Q_a(u) - Q_b(u)|^p du\Bigr)^{1/p}

    Parameters
    ----------
    a, b : EmpiricalDistribution
        The distributions.
    order : int, default=1
        p.

    Returns
    -------
    distance : float
        In units of the values.
    """
    widths, (ends_a, ends_b) = common_pieces([a, b])
    difference = quantiles_on_pieces(a, ends_a) - quantiles_on_pieces(b, ends_b)
    return float((widths @ np.abs(difference) ** order) ** (1.0 / order))


def kolmogorov_smirnov(distributions):
    r"""Largest Kolmogorov-Smirnov distance between any two distributions.

    .. math:: \max_{a, b} \sup_t |F_a(t) - F_b(t)|
              = \sup_t \, (\max_a F_a(t) - \min_b F_b(t))

    so that no pairs have to be compared. Distribution functions do not decrease, hence:

    1. Sort all atoms; each has F of its own distribution just before it and at it.
    2. The highest F at t is the running maximum of the values at atoms up to t.
    3. The lowest F at t is the least value before an atom beyond t, a running minimum
       from the right.

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        At least two.

    Returns
    -------
    distance : float
        Between 0 and 1.
    """
    return kolmogorov_smirnov_pair(distributions)[0]


def kolmogorov_smirnov_pair(distributions):
    """As `kolmogorov_smirnov`, and the two distributions that are so far apart.

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        At least two.

    Returns
    -------
    distance : float
        Between 0 and 1.
    lower, higher : int
        Positions of the distribution of the lower values, whose F is the highest at
        some t, and of that of the higher values. Of equal distances, those of the
        smallest t.
    """
    owner = np.repeat(
        np.arange(len(distributions)), [len(each.values) for each in distributions]
    )
    points = np.concatenate([each.values for each in distributions])
    at = np.concatenate([each.cdf for each in distributions])
    before = np.concatenate([np.append(0.0, each.cdf[:-1]) for each in distributions])
    return widest_of_atoms(points, at, before, owner)


def widest_of_atoms(points, at, before, owner, inside=None):
    """As `kolmogorov_smirnov_pair`, of the atoms of all distributions.

    Parameters
    ----------
    points : ndarray of shape (n_atoms,)
        Their values, those of each distribution in increasing order.
    at, before : ndarray of shape (n_atoms,)
        Distribution function of its own distribution at each atom and just before it.
    owner : ndarray of shape (n_atoms,), int
        Position of the distribution.
    inside : ndarray of shape (n_atoms,), bool, default=None
        Atoms at which the distance is looked for; None for all.

    Returns
    -------
    distance : float
        Minus infinity if it is looked for at no atom.
    lower, higher : int
    """
    if inside is not None and not inside.any():
        return -np.inf, 0, 0
    order = np.argsort(points, kind="stable")  # sorted runs are merged in linear time
    last = run_ends(points[order])
    if inside is not None:
        last &= inside[order]
    at, before, owner = at[order], np.append(before[order], 1.0), owner[order]
    highest = np.maximum.accumulate(at)
    lowest = np.minimum.accumulate(before[::-1])[::-1]
    gaps = np.where(last, highest - lowest[1:], -np.inf)
    t = int(gaps.argmax())
    lower = int(owner[at[: t + 1].argmax()])
    # Beyond the last atom every F is 1, and so is the distance 0 there.
    higher = int(np.append(owner, lower)[t + 1 + before[t + 1 :].argmin()])
    return float(gaps[t]), lower, higher


def largest_wasserstein(distributions):
    r"""Largest Wasserstein-1 distance between any two distributions.

    With c the mixture of all, :math:`W_1(a, b) \le W_1(a, c) + W_1(c, b)`: pairs whose
    bound is no larger than the largest distance so far are not computed.

    1. Distance of every distribution from the mixture, in decreasing order.
    2. For the i-th of them, the distances from those before it whose bound is larger
       than the largest distance so far, all at once.
    3. Stop where even the bound with the first one is no larger.
    4. Compute the distance of the best pair exactly as `wasserstein` does.

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        At least two.

    Returns
    -------
    distance : float
        In units of the values.
    """
    if len(distributions) < MANY_DISTRIBUTIONS:
        return max(wasserstein(a, b) for a, b in combinations(distributions, 2))
    n = len(distributions)
    radius = _wasserstein_from(
        mixture(distributions, np.full(n, 1.0 / n)), distributions
    )
    order = np.argsort(-radius)
    radius = radius[order] * (1.0 + BOUND_MARGIN)
    distributions = [distributions[i] for i in order]
    largest, pair = -1.0, (0, 1)
    for i in range(1, n):
        if radius[i] + radius[0] <= largest:
            break
        candidates = np.flatnonzero(radius[:i] + radius[i] > largest)
        others = [distributions[k] for k in candidates]
        distances = _wasserstein_from(distributions[i], others)
        if distances.max() > largest:
            largest, pair = distances.max(), (i, candidates[distances.argmax()])
    return wasserstein(*(distributions[k] for k in pair))


def _wasserstein_from(reference, distributions):
    r"""Wasserstein-1 distance of each distribution from a reference, shape (n,).

    .. math:: W_1(r, d) = \int |F_r(t) - F_d(t)| dt

    in time linear in all atoms but for the searches:

    1. The integral :math:`A(t) = \int_{-\infty}^t F_r` is piecewise linear, with kinks
       at the atoms of r.
    2. Between two neighbouring atoms of d, F_d is a constant c, and F_r - c changes
       its sign at most once, at the quantile of r at c (clipped to the interval). Both
       parts of the integral are differences of A.
    3. Before the first atom of d, F_d is 0: A at that atom.
    4. From the last atom of d on, F_d is 1: the rest of 1 - F_r.
    """
    values = np.concatenate([each.values for each in distributions])
    cdf = np.concatenate([each.cdf for each in distributions])
    first = np.append(0, offsets(distributions))
    last = np.append(first[1:], len(values)) - 1
    area = _area_under(reference)
    left, right, c = values[:-1], values[1:], cdf[:-1]
    quantile = np.searchsorted(reference.cdf, c).clip(max=len(reference.values) - 1)
    crossing = reference.values[quantile]
    crossing = crossing.clip(np.minimum(left, right), np.maximum(left, right))
    to_left, to_crossing, to_right = area(left), area(crossing), area(right)
    inner = c * (crossing - left) - (to_crossing - to_left)
    inner = inner + (to_right - to_crossing) - c * (right - crossing)
    inner[last[:-1]] = 0.0  # from the end of one distribution to the start of the next
    top = reference.values[-1]
    head = area(values[first])
    tail = (top - values[last]).clip(min=0.0)
    tail -= area(np.maximum(top, values[last])) - area(values[last])
    return head + tail + np.add.reduceat(np.append(inner, 0.0), first)


def _area_under(distribution):
    """The function t -> integral of F from minus infinity to t."""
    values, steps = distribution.values, np.append(0.0, distribution.cdf)
    areas = np.cumsum(np.diff(values) * distribution.cdf[:-1])
    areas = np.append(0.0, areas)  # up to each atom

    def area(t):
        k = np.searchsorted(values, t, side="right")
        at = (k - 1).clip(min=0)
        return np.where(k > 0, areas[at] + steps[k] * (t - values[at]), 0.0)

    return area


class GroupDistributions:
    """Distributions of the groups, and what is computed of them, all in memory.

    ``RangedDistributions`` of `ranges` has the same methods, of Dask collections.

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        One for each group.
    """

    def __init__(self, distributions):
        self._distributions = distributions
        self.lowest = np.array([each.values[0] for each in distributions])

    def widest_pair(self, compared=None):
        """As `kolmogorov_smirnov_pair`, among some of the groups or all."""
        every = range(len(self._distributions))
        kept = every if compared is None else compared
        return kolmogorov_smirnov_pair([self._distributions[g] for g in kept])

    def unfairness(self, weights):
        """As `unfairness`."""
        return unfairness(self._distributions, weights)

    def largest_wasserstein(self):
        """As `largest_wasserstein`."""
        return largest_wasserstein(self._distributions)

    def quantiles(self, shares):
        """Least values up to which groups have some shares, (n_groups, n_shares)."""
        return np.array([_quantiles_at(each, shares) for each in self._distributions])


def _quantiles_at(distribution, shares):
    # A share that is an atom's cdf but for rounding, as 0.1 + 0.2 and 0.3, is taken as
    # equal to it: cdf values are rounded to 1e-16 or so.
    positions = np.searchsorted(distribution.cdf, shares - SAME_LEVEL)
    return distribution.values[positions.clip(max=len(distribution.values) - 1)]
