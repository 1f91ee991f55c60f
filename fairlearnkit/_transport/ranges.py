"""Distributions of the groups of Dask collections, in ranges of values and of levels.

No task holds more than about one range of all values:

1. Ranges of about as many rows each are found in a sample of the values.
2. Each partition sends its atoms, the distinct values of each group with their masses,
   to the tasks of their ranges, which add up those of equal values.
3. With the masses of all ranges before it, a range knows the distribution functions at
   its atoms, and with them their largest difference (Kolmogorov, Smirnov).
4. Wasserstein distances compare quantile functions at the same levels: atoms are sent
   once more, to the tasks of ranges of levels. The integral over all levels is the sum
   over these.
"""

from itertools import combinations, pairwise
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from fairlearnkit._data.partitions import compute, keep, run_each
from fairlearnkit._transport.distances import unfairness, wasserstein, widest_of_atoms
from fairlearnkit._transport.distributions import (
    MANY_DISTRIBUTIONS,
    SAME_LEVEL,
    EmpiricalDistribution,
    run_ends,
)

# Rows of a range, about: 50 MB of atoms. Doubled, so is the memory of a task; halved,
# four times as many pieces travel between tasks.
ROWS_IN_RANGE = 2**21
# Values of all partitions that ranges are found in. Doubled, ranges are of more equal
# sizes, which now differ by some 2 %.
SAMPLE_SIZE = 2**17


class Atoms(NamedTuple):
    """Distinct values of groups, sorted by group and value.

    Parameters
    ----------
    codes : ndarray of shape (n_atoms,), int32
        Their groups.
    values : ndarray of shape (n_atoms,)
        Their values.
    mass : ndarray of shape (n_atoms,)
        Numbers of rows, or sums of weights in extended precision. Of levels, the
        distribution function of the group at each atom.
    """

    codes: np.ndarray
    values: np.ndarray
    mass: np.ndarray


class RangedDistributions:
    """Distributions of groups, of which tasks hold a range each.

    Parameters
    ----------
    tasks : list of Delayed
        Of each partition, the codes of its rows, their values and their weights, the
        last None without weights; or None. Codes are those of `group_of`.
    group_of : list of ndarray
        The group of each code of a partition, -1 for none.
    samples : list of ndarray
        Some values of each partition.
    n_rows, n_groups : int
        Numbers of rows and of groups, each of which has a row of positive weight.
    """

    def __init__(self, tasks, group_of, samples, n_rows, n_groups):
        cuts = _cuts(samples, n_rows)
        self.n_groups, self.n_ranges = n_groups, len(cuts) + 1
        parts = [(task,) for task in tasks]
        own = [(groups,) for groups in group_of]
        pieces = run_each("distances-pieces", _pieces, parts, cuts, own=own)
        merging = _exchanged("distances-range", _merge_atoms, pieces, self.n_ranges)
        self.atoms = keep(merging)
        found = compute(self._each("distances-sums", _totals, self.atoms, n_groups))
        totals, first, last = (np.array(each) for each in zip(*found))
        up_to = np.cumsum(totals, axis=0)
        self.total = up_to[-1]
        self.before = np.concatenate([np.zeros_like(up_to[:1]), up_to[:-1]])
        # The last value of each group before a range, and the first one after it.
        self.last = _running(last)
        self.first = _running(first[::-1])[::-1]
        self.lowest = np.fmin.reduce(first, axis=0)
        own = [(offset, self.total) for offset in self.before]
        # Not kept: they take as much memory as the atoms, and hardly any time.
        self.levels = self._each("distances-levels", _levels, self.atoms, own=own)

    def _each(self, label, kernel, tasks, *shared, own=None):
        return run_each(label, kernel, [(task,) for task in tasks], *shared, own=own)

    def widest_pair(self, compared=None):
        """What ``kolmogorov_smirnov_pair`` returns for these distributions.

        Parameters
        ----------
        compared : ndarray of int, default=None
            Positions of the groups among which it is looked for; None for all.

        Returns
        -------
        distance : float
        lower, higher : int
            Positions among those that are compared.
        """
        kept = np.arange(self.n_groups) if compared is None else compared
        own = [
            (before[kept], last[kept], first[kept])
            for before, last, first in zip(
                self.before / self.total, self.last, self.first
            )
        ]
        label = "distances-widest"
        found = compute(self._each(label, _widest, self.levels, kept, own=own))
        return max(found, key=itemgetter(0))  # of equal ones, the first

    def distances_to_rest(self):
        """Kolmogorov-Smirnov distance of each group to all others together."""
        own = [(offset, self.total) for offset in self.before]
        tasks = self._each("distances-rest", _above, self.atoms, own=own)
        share = (self.total / self.total.sum()).astype(np.float64)
        return np.max(compute(tasks), axis=0) / (1.0 - share)

    def quantiles(self, shares):
        """Least values up to which groups have some shares, (n_groups, n_shares)."""
        own = [(before,) for before in self.before / self.total]
        tasks = self._each(
            "distances-quantiles", _quantiles, self.levels, shares, own=own
        )
        return np.fmax.reduce(compute(tasks), axis=0)

    def _on_levels(self, label, kernel, *shared):
        """Sum of a function of the distributions in each range of levels."""
        starts = np.arange(self.n_ranges) / self.n_ranges
        own = [(before,) for before in self.before / self.total]
        bounds = np.append(starts, 1.0)
        cut = self._each(
            f"{label}-pieces", _pieces_of_levels, self.levels, bounds, own=own
        )
        own = [(start,) for start in starts]
        sent = _exchanged(
            label, _apply, cut, self.n_ranges, kernel, self.n_groups, *shared, own=own
        )
        return np.sum(compute(sent), axis=0)

    def unfairness(self, weights):
        """What ``unfairness`` of `distances` returns for these distributions."""
        return float(self._on_levels("distances-unfairness", unfairness, weights))

    def largest_wasserstein(self):
        """What ``largest_wasserstein`` returns for these distributions.

        Of many groups, the distances from the first one bound all others, by the
        triangle inequality; pairs that can be the worst are computed in a second pass.
        """
        groups = range(self.n_groups)
        if self.n_groups < MANY_DISTRIBUTIONS:
            return float(self._wasserstein(list(combinations(groups, 2))).max())
        radius = np.append(0.0, self._wasserstein([(0, g) for g in groups[1:]]))
        a, b = np.triu_indices(self.n_groups - 1, 1)
        can_be = radius[a + 1] + radius[b + 1] > radius.max()
        pairs = np.column_stack([a[can_be], b[can_be]]) + 1
        others = self._wasserstein(pairs.tolist()) if len(pairs) else radius
        return float(max(radius.max(), others.max()))

    def _wasserstein(self, pairs):
        return self._on_levels("distances-wasserstein", _distances_of, pairs)


def _cuts(samples, n_rows):
    """The largest value of each range but the last."""
    n_ranges = -(-n_rows // ROWS_IN_RANGE)
    shares = np.arange(1, n_ranges) / n_ranges
    if not len(shares):
        return np.empty(0)
    values = np.concatenate(samples)
    return np.unique(np.quantile(values, shares, method="inverted_cdf"))


def sample_of(values, n_partitions):
    """Some values of a partition, evenly spaced among its rows."""
    n = max(1, SAMPLE_SIZE // n_partitions)
    return values[np.linspace(0, len(values) - 1, min(n, len(values))).astype(np.intp)]


def _exchanged(label, kernel, pieces, n_ranges, *shared, own=None):
    """Tasks of ranges, each of which gets its piece of what other tasks return."""
    parts = [(task, k) for k in range(n_ranges) for task in pieces]
    taken = run_each(f"{label}-piece", _piece, parts)
    n = len(pieces)
    mine = [(taken[k * n : (k + 1) * n],) for k in range(n_ranges)]
    return run_each(label, kernel, mine, *shared, own=own)


def _piece(pieces, k):
    return None if pieces is None else pieces[k]


def _pieces(rows, cuts, group_of):
    """Atoms of a partition, range by range."""
    if rows is None:
        return None
    codes, values, weight = rows
    codes = group_of.astype(np.int32)[codes]
    used = codes >= 0 if weight is None else (codes >= 0) & (weight > 0)
    mass = np.ones(len(codes), np.intp) if weight is None else weight
    mass = mass.astype(np.longdouble) if weight is not None else mass
    atoms = _added(Atoms(codes[used], values[used], mass[used]))
    return _split(atoms, np.searchsorted(cuts, atoms.values), len(cuts) + 1)


def _split(atoms, part, n_parts):
    """Atoms of each part, in the order that they had."""
    order = np.argsort(part, kind="stable")
    ends = np.cumsum(np.bincount(part, minlength=n_parts))[:-1]
    return [Atoms(*each) for each in zip(*(np.split(a[order], ends) for a in atoms))]


def _added(atoms):
    """Atoms sorted by group and value, with the masses of equal ones added."""
    order = np.lexsort((atoms.values, atoms.codes))
    codes, values, mass = (each[order] for each in atoms)
    if not len(codes):
        return Atoms(codes, values, mass)
    last = run_ends(values) | run_ends(codes)
    first = np.flatnonzero(np.append(True, last[:-1]))
    return Atoms(codes[last], values[last], np.add.reduceat(mass, first))


def _joined(pieces):
    known = [piece for piece in pieces if piece is not None]
    return Atoms(*(np.concatenate(each) for each in zip(*known)))


def _merge_atoms(pieces):
    return _added(_joined(pieces))


def _first_of(codes, n_groups):
    """Positions of the first atom of each group and, last, their number."""
    return np.searchsorted(codes, np.arange(n_groups + 1))


def _totals(atoms, n_groups):
    """Mass of each group, and its first and last value, NaN without any."""
    total = np.zeros(n_groups, atoms.mass.dtype)
    np.add.at(total, atoms.codes, atoms.mass)
    first, last = np.full((2, n_groups), np.nan)
    first[atoms.codes[::-1]] = atoms.values[::-1]  # the last assignment stays
    last[atoms.codes] = atoms.values
    return total, first, last


def _running(values):
    """The last value that is no NaN in the rows before each row, NaN without any."""
    found = np.full_like(values, np.nan)
    for k, before in enumerate(values[:-1], 1):
        found[k] = np.where(np.isnan(before), found[k - 1], before)
    return found


def _up_to(atoms, before):
    """Mass of the group up to each atom."""
    first = _first_of(atoms.codes, len(before))
    parts = [
        offset + np.cumsum(atoms.mass[a:b])
        for offset, (a, b) in zip(before, pairwise(first))
    ]
    return np.concatenate(parts)


def _levels(atoms, before, total):
    """Distribution functions at the atoms; those whose mass is rounding are dropped."""
    cdf = (_up_to(atoms, before) / total[atoms.codes]).astype(np.float64)
    kept = cdf - _before(cdf, atoms.codes, before / total) > SAME_LEVEL
    return Atoms(*(each[kept] for each in (atoms.codes, atoms.values, cdf)))


def _before(cdf, codes, start):
    """Distribution functions just before the atoms of a range."""
    is_first = np.append(True, codes[1:] != codes[:-1])[: len(codes)]
    return np.where(is_first, start[codes], np.roll(cdf, 1)).astype(np.float64)


def _widest(levels, kept, start, last, first):
    """Largest distance at an atom of a range, and the two groups.

    The distribution functions at the start of the range stand at the last atom before
    it, and those at its end before the first atom after it.
    """
    number = np.full(max(kept.max(), levels.codes.max(initial=0)) + 1, -1)
    number[kept] = np.arange(len(kept))
    used = number[levels.codes] >= 0
    codes, values, cdf = (
        number[levels.codes][used],
        levels.values[used],
        levels.mass[used],
    )
    before = _before(cdf, codes, start)
    end = np.array(start, dtype=np.float64)
    end[codes] = cdf
    left, right = np.flatnonzero(~np.isnan(last)), np.flatnonzero(~np.isnan(first))
    owner = np.concatenate([left, codes, right])
    points = np.concatenate([last[left], values, first[right]])
    at = np.concatenate([start[left], cdf, np.zeros(len(right))]).astype(np.float64)
    before = np.concatenate([np.ones(len(left)), before, end[right]])
    inside = np.repeat([False, True, False], [len(left), len(codes), len(right)])
    return widest_of_atoms(points, at, before, owner, inside)


def _above(atoms, before, total):
    """Largest difference of each group's distribution function from that of all."""
    largest, mass = np.full(len(total), -np.inf), total.sum()
    if not len(atoms.codes):
        return largest
    at = (_up_to(atoms, before) / total[atoms.codes]).astype(np.float64)
    just_before = at - (atoms.mass / total[atoms.codes]).astype(np.float64)
    order = np.argsort(atoms.values, kind="stable")
    last = run_ends(atoms.values[order])
    cumulated = before.sum() + np.append(0, np.cumsum(atoms.mass[order]))
    in_order = (cumulated / mass).astype(np.float64)
    ends = np.flatnonzero(last) + 1
    run = (np.cumsum(last) - last)[np.argsort(order)]
    end, start = in_order[ends][run], in_order[np.append(0, ends[:-1])][run]
    np.maximum.at(largest, atoms.codes, np.maximum(at - end, start - just_before))
    return largest


def _quantiles(levels, shares, start):
    """Values at the shares that a range holds, NaN at the others."""
    found = np.full((len(start), len(shares)), np.nan)
    first = _first_of(levels.codes, len(start))
    for g, (a, b) in enumerate(pairwise(first)):
        # A share that is an atom's level but for rounding is taken as equal to it.
        asked = shares - SAME_LEVEL
        position = np.searchsorted(levels.mass[a:b], asked)
        here = (position < b - a) & (asked > start[g])
        found[g, here] = levels.values[a:b][position[here]]
    return found


def _pieces_of_levels(levels, bounds, start):
    """Atoms of each range of levels, with the level up to which they reach in it."""
    low = _before(levels.mass, levels.codes, start)
    pieces = []
    for a, b in pairwise(bounds):
        held = (levels.mass > a) & (low < b)
        codes, values, cdf = (each[held] for each in levels)
        pieces.append(Atoms(codes, values, np.minimum(cdf, b)))
    return pieces


def _apply(pieces, kernel, n_groups, *others):
    """A function of the distributions in a range of levels, which starts at 0."""
    *shared, start = others
    atoms = _joined(pieces)
    order = np.argsort(atoms.codes, kind="stable")
    codes, values, cdf = (each[order] for each in atoms)
    parts = pairwise(_first_of(codes, n_groups))
    distributions = [
        EmpiricalDistribution(values[a:b], cdf[a:b] - start) for a, b in parts
    ]
    return kernel(distributions, *shared)


def _distances_of(distributions, pairs):
    return np.array([wasserstein(distributions[a], distributions[b]) for a, b in pairs])
