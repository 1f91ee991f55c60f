"""Empirical distributions of weighted samples on the line.

A law is a weighted sample without its order: values v_1 <= ... <= v_m and cumulated
shares P_1 < ... < P_m = 1. Its quantile function is v_j on (P_{j-1}, P_j]. Where the
shares of all laws are merged, every quantile function is constant on each piece, and
integrals are sums of widths times values, with no difference of large sums in them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fairlearnkit._data.rows import split_rows

# Cumulated shares that are as near as this are equal, but for rounding; so are scores
# of a model, relative to their size: BLAS sums a row differently in another batch.
SAME, ROUNDING = 1e-14, 64 * np.finfo(np.float64).eps
# Laws from which on quantile functions are summed by their jumps, in time in proportion
# to the atoms, instead of one by one, which is exact in the last digit.
MANY = 50


@dataclass(frozen=True, eq=False)
class Law:
    """Ordered values and their cumulated shares, the last of which is 1."""

    values: np.ndarray
    shares: np.ndarray

    def largest_atom(self):
        """Largest share of a single value."""
        later = self.shares[1:] - self.shares[:-1]
        return float(later.max(initial=self.shares[0]))


def make_law(values, weight=None):
    """Law of a weighted sample, equal values put together.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite, in any order.
    weight : ndarray of shape (n,), default=None
        Weights, not negative; a row of weight zero counts as absent, and so does a
        value whose share is rounding.

    Returns
    -------
    law : Law

    Examples
    --------
    >>> from fairlearnkit._transport.distributions import make_law
    >>> law = make_law([3.0, 1.0, 3.0, 2.0])
    >>> law.values.tolist(), law.shares.tolist()
    ([1.0, 2.0, 3.0], [0.25, 0.5, 1.0])
    """
    values = np.asarray(values, dtype=np.float64)
    if weight is None:
        values = np.sort(values)
        last = run_ends(values)
        return Law(values[last], (np.flatnonzero(last) + 1.0) / len(values))
    values, weight = values[weight > 0], weight[weight > 0]
    order = np.argsort(values)
    values, total = values[order], np.cumsum(weight[order], dtype=np.longdouble)
    last = run_ends(values)
    values, shares = values[last], (total[last] / total[-1]).astype(np.float64)
    atoms = np.diff(shares, prepend=0.0) > SAME
    values, shares = values[atoms], shares[atoms]
    shares[-1] = 1.0
    return Law(values, shares)


def make_laws(values, codes, n_groups, weight=None):
    """Law of the values in each group, as `make_law`, by one sort of them all.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite, in any order.
    codes : ndarray of shape (n,)
        Group of each value; -1 for none.
    n_groups : int
        How many groups there are, each with a value of positive weight.
    weight : ndarray of shape (n,), default=None
        Weights, not negative.

    Returns
    -------
    laws : list of Law
    """
    used = codes >= 0 if weight is None else (codes >= 0) & (weight > 0)
    if not used.all():
        values, codes = values[used], codes[used]
        weight = None if weight is None else weight[used]
    order = np.lexsort((values, codes))
    values, codes = np.asarray(values, dtype=np.float64)[order], codes[order]
    first = np.searchsorted(codes, np.arange(n_groups + 1))
    last = run_ends(values) | run_ends(codes)
    if weight is None:
        shares = np.arange(1.0, len(values) + 1.0) - first[codes]
        shares /= np.diff(first)[codes]
    else:
        parts = pairwise(first)
        totals = [np.cumsum(weight[order[a:b]], dtype=np.longdouble) for a, b in parts]
        shares = np.concatenate([t / t[-1] for t in totals]).astype(np.float64)
    values, codes, shares = values[last], codes[last], shares[last]
    start = np.append(True, codes[1:] != codes[:-1])
    atoms = shares - np.where(start, 0.0, np.roll(shares, 1)) > SAME
    values, codes, shares = values[atoms], codes[atoms], shares[atoms]
    shares[run_ends(codes)] = 1.0
    ends = np.searchsorted(codes, np.arange(n_groups), side="right").tolist()
    return [Law(values[a:b], shares[a:b]) for a, b in pairwise([0, *ends])]


def run_ends(ordered):
    """Where runs of equal values end."""
    return np.append(ordered[1:] != ordered[:-1], True)


def pooled_law(laws, weights):
    """The mixture of some laws.

    Parameters
    ----------
    laws : list of Law
        One for each group.
    weights : ndarray of shape (n_laws,)
        Their shares in the mixture.

    Returns
    -------
    law : Law
    """
    values = np.concatenate([law.values for law in laws])
    masses = [p * np.diff(law.shares, prepend=0.0) for law, p in zip(laws, weights)]
    return make_law(values, np.concatenate(masses))


def common_pieces(laws):
    """Widths of the pieces that merge all shares, and where the atoms of each law end.

    Returns the widths, and for each law the number of pieces up to each of its atoms.
    """
    shares = np.concatenate([law.shares for law in laws])
    merged = np.sort(shares, kind="stable")  # runs in order: merged in linear time
    merged = merged[np.append(np.diff(merged) > SAME, True)]
    ends = np.searchsorted(merged, shares) + 1
    return np.diff(merged, prepend=0.0), split_at(ends, borders(laws))


def borders(laws):
    """Where each law but the first begins, when all are put in one row."""
    return np.cumsum([len(law.values) for law in laws])[:-1]


def split_at(row, borders):
    """As np.split, which takes ten times as long for a thousand parts."""
    borders = [0, *borders.tolist(), len(row)]
    return [row[start:end] for start, end in pairwise(borders)]


def quantiles_at(law, ends):
    """Quantile function of a law on each piece."""
    return np.repeat(law.values, np.diff(ends, prepend=0))


def mean_quantiles(laws, ends, weights):
    """Quantile function of the barycenter on each piece."""
    if len(laws) >= MANY:
        return _mean_by_jumps(laws, ends, weights)
    mean = np.zeros(ends[0][-1])
    for law, end, p in zip(laws, ends, weights):
        if p > 0:
            mean += p * quantiles_at(law, end)
    return mean


def index_ranges(ends):
    """First and last piece of each atom of all laws in one row, and atoms of each."""
    sizes = [len(end) for end in ends]
    end = np.concatenate(ends)
    start = np.append(0, end[:-1])
    start[np.append(0, np.cumsum(sizes)[:-1])] = 0
    return start, end, sizes


def laws_by_group(values, codes, n_groups, weight=None):
    """Law of the values in each group.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Finite.
    codes : ndarray of shape (n_samples,)
        Group of each row; -1 for none.
    n_groups : int
        How many groups there are.
    weight : ndarray of shape (n_samples,), default=None
        Weights.

    Returns
    -------
    laws : list of Law
    """
    if n_groups >= MANY:
        return make_laws(values, codes, n_groups, weight)
    return [
        make_law(values[rows], None if weight is None else weight[rows])
        for rows in split_rows(codes, n_groups)[:-1]
    ]


def _mean_by_jumps(laws, ends, weights):
    """The same, from what the weighted quantile functions rise by where atoms end."""
    sizes = np.array([len(law.values) for law in laws])
    levels = np.repeat(weights, sizes) * np.concatenate([law.values for law in laws])
    first = np.append(0, borders(laws))
    jumps = np.delete(np.diff(levels), first[1:] - 1)
    places = np.delete(np.concatenate(ends), np.append(first[1:] - 1, len(levels) - 1))
    # Without any jump, each law a single atom, numpy counts in integers.
    rises = np.bincount(places, jumps, minlength=ends[0][-1]).astype(np.float64)
    rises[0] += levels[first].sum()
    mean = np.cumsum(rises, dtype=np.longdouble).astype(np.float64)
    return mean[: ends[0][-1]]
