"""Distributions of values in many places: exact up to a limit, else by a sketch.

Each place makes a `Summary` of its values, and summaries are merged in any order. One
holds the distinct values and their masses as long as these are few enough, and else a
KLL sketch of the library datasketches, whose size does not depend on the number of
values.

References
----------
Karnin, Lang, Liberty: Optimal Quantile Approximation in Streams. FOCS 2016.
"""

from dataclasses import dataclass

import numpy as np

from fairlearnkit._transport.distributions import (
    SAME_LEVEL,
    EmpiricalDistribution,
    make_distribution,
    run_ends,
    with_values,
)
from fairlearnkit._transport.winsorising import (
    kept_ends,
    merge_outermost,
    outermost,
)

# Distinct values and their masses that are merged exactly, of all summaries together:
# 64 MB. A worker that merges sixteen of these holds 1 GB. Twice as many would double
# that, and halve the error of sketches that still fit.
MOST_BYTES = 2**26
BYTES_PER_VALUE = 16
# Parameter k of a sketch: one of k holds about 2.6 k values. The largest that the
# library takes has a rank error of 5e-5, the smallest here of 0.013.
LARGEST_K, SMALLEST_K = 65_535, 200
# Equal points that are given to a sketch at once: 8 MB.
POINTS = 2**20


@dataclass(frozen=True)
class Limit:
    """How much a summary may hold.

    Parameters
    ----------
    most : int
        Distinct values.
    unit : float
        Mass of each point of a sketch, which knows of no weights: the mean weight.
    """

    most: int
    unit: float = 1.0

    @property
    def k(self):
        """The parameter of a sketch of about the same size."""
        return int(np.clip(self.most // 3, SMALLEST_K, LARGEST_K))


def shared_limit(counts, n_columns):
    """Distinct values that a summary of one group and column may hold.

    Each column gets the same share of `MOST_BYTES`. Groups that have fewer rows than
    others leave theirs to them.

    Parameters
    ----------
    counts : ndarray of shape (n_groups,)
        Rows of each group.
    n_columns : int
        Number of columns.

    Returns
    -------
    most : int

    Examples
    --------
    >>> from fairlearnkit._transport.summaries import shared_limit
    >>> shared_limit([1_000_000, 10_000_000], 1), shared_limit([10, 20], 1)
    (3194304, 20)
    """
    left = MOST_BYTES // BYTES_PER_VALUE // n_columns
    ordered = np.sort(np.asarray(counts))
    for position, count in enumerate(ordered.tolist()):
        share = left // (len(ordered) - position)
        if count > share:
            return max(share, 3 * SMALLEST_K)
        left -= count
    return int(ordered[-1])


@dataclass(frozen=True, eq=False)
class Summary:
    """Values of one group in some places.

    Parameters
    ----------
    values, masses : ndarray of shape (n_distinct,)
        In increasing order; masses are integers where they are numbers of rows. Empty
        if there is a sketch.
    limit : Limit
        What it may hold.
    n_values : int
        Number of values, equal ones counted.
    ends : tuple of ndarray
        The smallest and the largest of them, from `outermost`.
    sketch : bytes, default=None
        A serialised sketch.
    cuts : int, default=0
        How often masses were rounded to whole units.
    """

    values: np.ndarray
    masses: np.ndarray
    limit: Limit
    n_values: int
    ends: tuple
    sketch: bytes | None = None
    cuts: int = 0

    def merge(self, other):
        """The values of both; of the limit of this one."""
        n_values = self.n_values + other.n_values
        ends = merge_outermost(self.ends, other.ends)
        if self.sketch is None and other.sketch is None:
            values = np.concatenate([self.values, other.values])
            masses = np.concatenate([self.masses, other.masses])
            return _within(values, masses, self.limit, n_values, ends)
        one, two = self._sketched(), other._sketched()
        merged = _read(one.sketch)
        merged.merge(_read(two.sketch))
        return one._with(merged, n_values, ends, one.cuts + two.cuts)

    def distribution(self, *, winsorised=False):
        """The distribution of the values.

        Parameters
        ----------
        winsorised : bool, default=False
            Whether to move its ends inwards, see `kept_ends`.

        Returns
        -------
        distribution : EmpiricalDistribution
        error : float
            Largest error of the distribution function: 0 where it is exact; that of a
            sketch holds with a probability of 0.99.
        """
        found, error = self._distribution()
        if winsorised:
            low, high = kept_ends(*self.ends, self.n_values)
            found = with_values(found, found.values.clip(low, high))
        return found, error

    def _distribution(self):
        """The distribution with its ends, and its error."""
        if self.sketch is None:
            return _exact_distribution(self.values, self.masses), 0.0
        sketch = _read(self.sketch)
        levels = np.linspace(0.0, 1.0, sketch.num_retained + 1)
        quantiles = sketch.get_quantiles(levels, inclusive=True)
        ends = [sketch.get_min_value(), sketch.get_max_value()]
        values = np.unique(np.append(quantiles, ends))
        # Its items could be read as well, but after a merge they have no weights.
        cdf = np.array(sketch.get_cdf(values, inclusive=True)[:-1])
        cdf = cdf.clip(1.0 / sketch.n, 1.0)  # the smallest value is a row, the first
        rises = np.append(True, np.diff(cdf) > SAME_LEVEL)
        rounded = self.cuts / sketch.n if self.limit.unit != 1 else 0.0
        error = sketch.normalized_rank_error(False) + levels[1] + rounded
        return EmpiricalDistribution(*_ended(values, cdf, rises)), float(error)

    def _sketched(self):
        """The same, with a sketch."""
        if self.sketch is not None:
            return self
        sketch = _new_sketch(self.limit.k)
        for points in _points(self.values, self.masses, self.limit.unit):
            sketch.update(points)
        return self._with(sketch, self.n_values, self.ends, 1)

    def _with(self, sketch, n_values, ends, cuts):
        """A summary of the same limit that holds a sketch."""
        none = np.zeros(0)
        values = none, none, self.limit, n_values, ends
        return Summary(*values, sketch.serialize(), cuts)


def summarise(values, masses, limit):
    """Summary of the values in one place.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite, in any order.
    masses : ndarray of shape (n,), or None
        Positive weights; None counts rows.
    limit : Limit

    Returns
    -------
    summary : Summary
    """
    if masses is None:
        masses = np.ones(len(values), dtype=np.int64)
    return _within(values, masses, limit, len(values), outermost(values))


def merge_summaries(one, other):
    """Two nested lists of summaries, merged entry by entry; None has no values."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, Summary):
        return one.merge(other)
    return [merge_summaries(*pair) for pair in zip(one, other)]


def _within(values, masses, limit, n_values, ends):
    """Summary of at least one value, equal ones merged."""
    order = np.argsort(values, kind="stable")
    values, masses = values[order], masses[order]
    last = run_ends(values)
    starts = np.flatnonzero(np.append(True, last[:-1]))
    masses = np.add.reduceat(masses, starts)
    summary = Summary(values[last], masses, limit, n_values, ends)
    return summary if len(masses) <= limit.most else summary._sketched()


def _exact_distribution(values, masses):
    """Distribution of distinct values in increasing order."""
    if masses.dtype.kind != "i":
        return make_distribution(values, masses)
    total = np.cumsum(masses)
    return EmpiricalDistribution(values, total / total[-1])


def _points(values, masses, unit):
    """Yield points of mass `unit` that stand for the values.

    A point is at each level (t + 1/2) unit of the cumulated masses, so that the mass up
    to any value is off by half a unit at most, and so is the whole.
    """
    ends = np.cumsum(masses, dtype=np.float64) / unit
    n_points = round(float(ends[-1]))
    for first in range(0, n_points, POINTS):
        levels = np.arange(first, min(first + POINTS, n_points)) + 0.5
        positions = np.searchsorted(ends, levels).clip(max=len(values) - 1)
        yield values[positions]


def _ended(values, cdf, kept):
    """Values and distribution function where it rises, and the largest value."""
    largest = values[-1]
    values, cdf = values[kept], cdf[kept]
    values[-1], cdf[-1] = largest, 1.0
    return values, cdf


def _new_sketch(k):
    try:
        from datasketches import kll_doubles_sketch
    except ImportError as error:
        msg = (
            "A column has more distinct values than are merged exactly, and quantile "
            "sketches need datasketches: pip install datasketches, or round the column."
        )
        raise ImportError(msg) from error
    return kll_doubles_sketch(k)


def _read(serialised):
    return type(_new_sketch(SMALLEST_K)).deserialize(serialised)
