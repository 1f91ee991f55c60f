r"""Empirical distributions of weighted samples on the line.

A weighted sample has distinct values v_1 < ... < v_m, its atoms. Its distribution
function takes the values P_1 < ... < P_m = 1 there, and its quantile function is the
step function

    Q(u) = v_j  for  P_{j-1} < u <= P_j,  with P_0 = 0.

The values P of several distributions together cut (0, 1] into pieces on which all of
their quantile functions are constant. An integral over u is then a sum of widths times
values, one term a piece, in which nothing cancels.

References
----------
Peyré, Cuturi: Computational Optimal Transport. Foundations and Trends in Machine
Learning 2019. Section 2.6 has transport on the line in terms of quantile functions.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fairlearnkit._data.rows import split_rows

# Two values of distribution functions that differ by less are equal. Each is a quotient
# of sums in extended precision, rounded to float64, so that values that ought to be
# equal differ by a few units in the last place, some 1e-16. Doubled, atoms of mass up
# to 2e-14 would be dropped; equal rows have such masses beyond 5e13 of them.
SAME_LEVEL = 1e-14
# Relative difference below which two scores of a model are tied. BLAS sums the products
# of a row in an order that depends on the batch, which changes the last few bits.
# Doubled, scores that differ by 3e-14 of their size would be tied, too.
TIE_RTOL = 64 * np.finfo(np.float64).eps
# Number of distributions from which on averages over atoms are differences of prefix
# sums: time in proportion to the number of atoms. Below it, every distribution is
# evaluated on every piece, which is exact to the last digit. The two take about as long
# for 50 distributions of 1000 atoms; doubled, 99 of these would take about three times
# as long as with prefix sums.
MANY_DISTRIBUTIONS = 50


@dataclass(frozen=True, eq=False)
class EmpiricalDistribution:
    """Atoms in increasing order, and the distribution function at each of them.

    Attributes
    ----------
    values : ndarray of shape (m,)
        v_1 < ... < v_m.
    cdf : ndarray of shape (m,)
        P_1 < ... < P_m = 1.
    """

    values: np.ndarray
    cdf: np.ndarray

    def largest_atom(self):
        """Largest mass of an atom, max_j P_j - P_{j-1}."""
        later = self.cdf[1:] - self.cdf[:-1]
        return float(later.max(initial=self.cdf[0]))


def make_distribution(values, weight=None):
    """Empirical distribution of a weighted sample.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite, in any order.
    weight : ndarray of shape (n,), default=None
        Nonnegative weights. Rows of weight zero are left out, and so are atoms whose
        mass is below `SAME_LEVEL`.

    Returns
    -------
    distribution : EmpiricalDistribution

    Examples
    --------
    >>> from fairlearnkit._transport.distributions import make_distribution
    >>> distribution = make_distribution([3.0, 1.0, 3.0, 2.0])
    >>> distribution.values.tolist(), distribution.cdf.tolist()
    ([1.0, 2.0, 3.0], [0.25, 0.5, 1.0])
    """
    values = np.asarray(values, dtype=np.float64)
    if weight is None:
        values = np.sort(values)
        last = run_ends(values)
        cdf = (np.flatnonzero(last) + 1.0) / len(values)
        return EmpiricalDistribution(values[last], cdf)
    values, weight = values[weight > 0], weight[weight > 0]
    order = np.argsort(values)
    values, total = values[order], np.cumsum(weight[order], dtype=np.longdouble)
    last = run_ends(values)
    values, cdf = values[last], (total[last] / total[-1]).astype(np.float64)
    atoms = np.diff(cdf, prepend=0.0) > SAME_LEVEL
    values, cdf = values[atoms], cdf[atoms]
    cdf[-1] = 1.0
    return EmpiricalDistribution(values, cdf)


def make_distributions(values, codes, n_groups, weight=None):
    """Empirical distribution of each group, by a single sort of all values.

    Gives what `make_distribution` gives for each group, bit for bit.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite, in any order.
    codes : ndarray of shape (n,)
        Group of each value; -1 for none.
    n_groups : int
        Number of groups, each with at least one value of positive weight.
    weight : ndarray of shape (n,), default=None
        Nonnegative weights.

    Returns
    -------
    distributions : list of EmpiricalDistribution
    """
    used = codes >= 0 if weight is None else (codes >= 0) & (weight > 0)
    if not used.all():
        values, codes = values[used], codes[used]
        weight = None if weight is None else weight[used]
    # 1. Sort by group, and by value within each group.
    order = np.lexsort((values, codes))
    values, codes = np.asarray(values, dtype=np.float64)[order], codes[order]
    # 2. Distribution function of each value's own group, at the value.
    cdf = _cdf_within_groups(codes, n_groups, None if weight is None else weight[order])
    # 3. One atom for equal values of a group.
    last = run_ends(values) | run_ends(codes)
    values, codes, cdf = values[last], codes[last], cdf[last]
    # 4. Drop atoms whose mass is rounding.
    start = np.append(True, codes[1:] != codes[:-1])
    atoms = cdf - np.where(start, 0.0, np.roll(cdf, 1)) > SAME_LEVEL
    values, codes, cdf = values[atoms], codes[atoms], cdf[atoms]
    cdf[run_ends(codes)] = 1.0
    ends = np.searchsorted(codes, np.arange(n_groups), side="right").tolist()
    return [
        EmpiricalDistribution(values[a:b], cdf[a:b]) for a, b in pairwise([0, *ends])
    ]


def _cdf_within_groups(codes, n_groups, weight):
    """Cumulated share of the rows of each group, rows sorted by group and value."""
    first = np.searchsorted(codes, np.arange(n_groups + 1))
    if weight is None:
        counts = np.arange(1.0, len(codes) + 1.0) - first[codes]
        return counts / np.diff(first)[codes]
    parts = pairwise(first)
    totals = [np.cumsum(weight[a:b], dtype=np.longdouble) for a, b in parts]
    return np.concatenate([t / t[-1] for t in totals]).astype(np.float64)


def distributions_by_group(values, codes, n_groups, weight=None):
    """Empirical distribution of the values in each group.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Finite.
    codes : ndarray of shape (n_samples,)
        Group of each row; -1 for none.
    n_groups : int
        Number of groups, each with at least one row of positive weight.
    weight : ndarray of shape (n_samples,), default=None
        Nonnegative weights.

    Returns
    -------
    distributions : list of EmpiricalDistribution
    """
    if n_groups >= MANY_DISTRIBUTIONS:
        return make_distributions(values, codes, n_groups, weight)
    return [
        make_distribution(values[rows], None if weight is None else weight[rows])
        for rows in split_rows(codes, n_groups)[:-1]
    ]


def with_values(distribution, values):
    """Distribution of the images of the atoms under a nondecreasing map.

    Parameters
    ----------
    distribution : EmpiricalDistribution
        Of m atoms.
    values : ndarray of shape (m,)
        Their images, in nondecreasing order. Atoms with equal images become one.

    Returns
    -------
    distribution : EmpiricalDistribution

    Examples
    --------
    >>> from fairlearnkit._transport.distributions import make_distribution, with_values
    >>> distribution = make_distribution([1.0, 2.0, 3.0, 3.0])
    >>> moved = with_values(distribution, np.array([5, 5, 6]))
    >>> moved.values.tolist(), moved.cdf.tolist()
    ([5, 6], [0.5, 1.0])
    """
    last = run_ends(values)
    return EmpiricalDistribution(values[last], distribution.cdf[last])


def mixture(distributions, weights):
    """Mixture of several distributions, the distribution of all rows together.

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        One for each group.
    weights : ndarray of shape (n_distributions,)
        Their shares in the mixture.

    Returns
    -------
    distribution : EmpiricalDistribution
    """
    values = np.concatenate([each.values for each in distributions])
    masses = [p * np.diff(d.cdf, prepend=0.0) for d, p in zip(distributions, weights)]
    return make_distribution(values, np.concatenate(masses))


def common_pieces(distributions):
    """Pieces of (0, 1] on which every quantile function is constant.

    Parameters
    ----------
    distributions : list of EmpiricalDistribution
        Of m_1, m_2, ... atoms.

    Returns
    -------
    widths : ndarray of shape (n_pieces,)
        Their sum is 1.
    ends : list of ndarray of int
        For each distribution, of shape (m_s,): the number of pieces up to the end of
        each of its atoms. The last one is n_pieces.
    """
    levels = np.concatenate([each.cdf for each in distributions])
    merged = np.sort(levels, kind="stable")  # sorted runs are merged in linear time
    merged = merged[np.append(np.diff(merged) > SAME_LEVEL, True)]
    ends = np.searchsorted(merged, levels) + 1
    return np.diff(merged, prepend=0.0), split_at(ends, offsets(distributions))


def quantiles_on_pieces(distribution, ends):
    """Quantile function of one distribution on each piece, of shape (n_pieces,).

    Parameters
    ----------
    distribution : EmpiricalDistribution
        Of m atoms.
    ends : ndarray of int of shape (m,)
        Its entry in what `common_pieces` returns.
    """
    return np.repeat(distribution.values, np.diff(ends, prepend=0))


def barycenter_quantiles(distributions, ends, weights):
    r"""Quantile function of the barycenter on each piece, of shape (n_pieces,).

    .. math:: \bar Q(u) = \sum_s p_s Q_s(u)

    is that of the distribution with the least weighted mean of squared Wasserstein
    distances to all of them (Agueh, Carlier: Barycenters in the Wasserstein Space. SIAM
    Journal on Mathematical Analysis 2011).
    """
    if len(distributions) >= MANY_DISTRIBUTIONS:
        return _barycenter_quantiles_by_jumps(distributions, ends, weights)
    mean = np.zeros(ends[0][-1])
    for distribution, end, p in zip(distributions, ends, weights):
        if p > 0:
            mean += p * quantiles_on_pieces(distribution, end)
    return mean


def _barycenter_quantiles_by_jumps(distributions, ends, weights):
    """The same in time proportional to the number of atoms.

    1. Where an atom of a distribution ends, Q_s jumps to the next one's value, and the
       barycenter's quantile function by p_s times that.
    2. Add the jumps up by piece; the first piece starts at sum_s p_s v_{s, 1}.
    3. Sum over the pieces, in extended precision since jumps may be many.
    """
    sizes = np.array([len(each.values) for each in distributions])
    levels = np.concatenate([each.values for each in distributions])
    levels = np.repeat(weights, sizes) * levels
    first = np.append(0, offsets(distributions))
    # The step from one distribution to the next is not a jump.
    jumps = np.delete(np.diff(levels), first[1:] - 1)
    pieces = np.delete(np.concatenate(ends), np.append(first[1:] - 1, len(levels) - 1))
    # Without any jump (one atom in each distribution) numpy counts in integers.
    rises = np.bincount(pieces, jumps, minlength=ends[0][-1]).astype(np.float64)
    rises[0] += levels[first].sum()
    mean = np.cumsum(rises, dtype=np.longdouble).astype(np.float64)
    return mean[: ends[0][-1]]


def atom_ranges(ends):
    """Pieces of every atom, all distributions one after the other.

    Parameters
    ----------
    ends : list of ndarray of int
        From `common_pieces`.

    Returns
    -------
    start, end : ndarray of int of shape (n_atoms,)
        Atom k covers the pieces start[k], ..., end[k] - 1. None if both are equal: the
        mass of the atom is rounding.
    sizes : list of int
        Number of atoms of each distribution.
    """
    sizes = [len(end) for end in ends]
    end = np.concatenate(ends)
    start = np.append(0, end[:-1])
    start[np.append(0, np.cumsum(sizes)[:-1])] = 0
    return start, end, sizes


def run_ends(ordered):
    """Mask of the last element of each run of equal values."""
    return np.append(ordered[1:] != ordered[:-1], True)


def offsets(distributions):
    """Position of the first atom of each but the first, atoms of all in one row."""
    return np.cumsum([len(each.values) for each in distributions])[:-1]


def split_at(row, offsets):
    """As `np.split`, which takes ten times as long for a thousand parts."""
    bounds = [0, *offsets.tolist(), len(row)]
    return [row[start:end] for start, end in pairwise(bounds)]
