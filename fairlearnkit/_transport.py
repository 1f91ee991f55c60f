"""One-dimensional optimal transport of weighted samples: laws, distances, maps.

A law is a weighted sample without its order: values v_1 <= ... <= v_m and cumulated
shares P_1 < ... < P_m = 1. Its quantile function is v_j on (P_{j-1}, P_j]. Where the
shares of all laws are merged, every quantile function is constant on each piece, and
integrals are sums of widths times values, with no difference of large sums in them.
"""

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

# Cumulated shares that are as near as this are equal, but for rounding; so are scores
# of a model, relative to their size: BLAS sums a row differently in another batch.
SAME, ROUNDING = 1e-14, 64 * np.finfo(np.float64).eps
# Laws from which on quantile functions are summed by their jumps, in time in proportion
# to the atoms, instead of one by one, which is exact in the last digit.
MANY = 50
# More quantile levels than there can be shares that are told apart.
MOST_LEVELS = 10**15


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
    >>> from fairlearnkit._transport import make_law
    >>> law = make_law([3.0, 1.0, 3.0, 2.0])
    >>> law.values.tolist(), law.shares.tolist()
    ([1.0, 2.0, 3.0], [0.25, 0.5, 1.0])
    """
    values = np.asarray(values, dtype=np.float64)
    if weight is None:
        values = np.sort(values)
        last = _ends(values)
        return Law(values[last], (np.flatnonzero(last) + 1.0) / len(values))
    values, weight = values[weight > 0], weight[weight > 0]
    order = np.argsort(values)
    values, total = values[order], np.cumsum(weight[order], dtype=np.longdouble)
    last = _ends(values)
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
    last = _ends(values) | _ends(codes)
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
    shares[_ends(codes)] = 1.0
    ends = np.searchsorted(codes, np.arange(n_groups), side="right").tolist()
    return [Law(values[a:b], shares[a:b]) for a, b in pairwise([0, *ends])]


def _ends(ordered):
    """Where runs of equal values end."""
    return np.append(ordered[1:] != ordered[:-1], True)


def _pieces(laws):
    """Widths of the pieces that merge all shares, and where the atoms of each law end.

    Returns the widths, and for each law the number of pieces up to each of its atoms.
    """
    shares = np.concatenate([law.shares for law in laws])
    merged = np.sort(shares, kind="stable")  # runs in order: merged in linear time
    merged = merged[np.append(np.diff(merged) > SAME, True)]
    ends = np.searchsorted(merged, shares) + 1
    return np.diff(merged, prepend=0.0), _split(ends, _borders(laws))


def _borders(laws):
    """Where each law but the first begins, when all are put in one row."""
    return np.cumsum([len(law.values) for law in laws])[:-1]


def _split(row, borders):
    """As np.split, which takes ten times as long for a thousand parts."""
    borders = [0, *borders.tolist(), len(row)]
    return [row[start:end] for start, end in pairwise(borders)]


def _quantiles(law, ends):
    """Quantile function of a law on each piece."""
    return np.repeat(law.values, np.diff(ends, prepend=0))


def _mean_quantiles(laws, ends, weights):
    """Quantile function of the barycenter on each piece."""
    if len(laws) >= MANY:
        return _mean_by_jumps(laws, ends, weights)
    mean = np.zeros(ends[0][-1])
    for law, end, p in zip(laws, ends, weights):
        if p > 0:
            mean += p * _quantiles(law, end)
    return mean


def _mean_by_jumps(laws, ends, weights):
    """The same, from what the weighted quantile functions rise by where atoms end."""
    sizes = np.array([len(law.values) for law in laws])
    levels = np.repeat(weights, sizes) * np.concatenate([law.values for law in laws])
    first = np.append(0, _borders(laws))
    jumps = np.delete(np.diff(levels), first[1:] - 1)
    places = np.delete(np.concatenate(ends), np.append(first[1:] - 1, len(levels) - 1))
    # Without any jump, each law a single atom, numpy counts in integers.
    rises = np.bincount(places, jumps, minlength=ends[0][-1]).astype(np.float64)
    rises[0] += levels[first].sum()
    mean = np.cumsum(rises, dtype=np.longdouble).astype(np.float64)
    return mean[: ends[0][-1]]


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
    widths, ends = _pieces(laws)
    masses = widths * _mean_quantiles(laws, ends, weights)
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
    start, end, sizes = _intervals(ends)
    wide = start < end
    averages = below[end] - below[start]
    averages[wide] /= (reached[end] - reached[start])[wide]
    averages = averages.astype(np.float64)
    if not wide.all():  # others take the next one's, the last of a law the one before
        law, full = np.repeat(np.arange(len(ends)), sizes), np.flatnonzero(wide)
        place = (np.cumsum(wide) - wide).clip(max=len(full) - 1)
        place -= law[full[place]] != law
        averages = averages[full[place]]
    parts = _split(averages, np.cumsum(sizes)[:-1])
    return [np.maximum.accumulate(part) for part in parts]


def _intervals(ends):
    """First and last piece of each atom of all laws in one row, and atoms of each."""
    sizes = [len(end) for end in ends]
    end = np.concatenate(ends)
    start = np.append(0, end[:-1])
    start[np.append(0, np.cumsum(sizes)[:-1])] = 0
    return start, end, sizes


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
    last = _ends(moved)
    return Law(moved[last], law.shares[last])


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


def apply_map(x, knots, moved, strength=1.0):
    """A map that is linear between its knots and constant beyond them, or part of it.

    Parameters
    ----------
    x : ndarray of shape (n,)
        Values.
    knots, moved : ndarray of shape (m,)
        Where the knots are, and where they go.
    strength : float, default=1.0
        Share of the way to go.

    Returns
    -------
    y : ndarray of shape (n,)
        ``(1 - strength) * x + strength * map(x)``; each from its x alone.
    """
    if strength == 0:
        return x.copy()
    order = np.argsort(x)  # knots are then found by walking, not by searching
    y = np.empty(len(x))
    with np.errstate(over="ignore"):
        slopes = (moved[1:] - moved[:-1]) / (knots[1:] - knots[:-1])
        steep = np.isinf(slopes).any()
    y[order] = (_by_shares if steep else np.interp)(x[order], knots, moved)
    return y if strength == 1 else (1.0 - strength) * x + strength * y


def _by_shares(x, knots, moved):
    """As np.interp, for knots that nearly touch: a share of the way needs no slope."""
    x = x.clip(knots[0], knots[-1])
    right = np.searchsorted(knots, x, side="right").clip(1, len(knots) - 1)
    start = knots[right - 1]
    share = (x - start) / (knots[right] - start)
    return (1.0 - share) * moved[right - 1] + share * moved[right]


def merge_rounding(values, tolerance):
    """Values that differ by rounding only, made equal.

    Parameters
    ----------
    values : ndarray of shape (n,)
        In any order.
    tolerance : float or ndarray of shape (n,)
        Largest difference of neighbours. Runs longer than eight times that, which are
        no rounding, stay as they are.

    Returns
    -------
    merged : ndarray of shape (n,)
        Each value, or the least of its run.
    """
    order = np.argsort(values)
    ordered = values[order]
    tolerance = np.broadcast_to(tolerance, values.shape)[order]
    first = np.append(True, np.diff(ordered) > tolerance[1:])
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(values)) - 1
    long = ordered[ends] - ordered[starts] > 8.0 * tolerance[ends]
    run = np.cumsum(first) - 1
    merged = np.empty(len(values))
    merged[order] = np.where(long[run], ordered, ordered[starts][run])
    return merged


def thinned(knots, moved, shares, n_quantiles):
    """As many knots as asked for, at even quantile levels, both ends among them.

    Parameters
    ----------
    knots, moved : ndarray of shape (m,)
        A map.
    shares : ndarray of shape (m,)
        Cumulated shares of the knots.
    n_quantiles : int
        How many to keep at most.

    Returns
    -------
    knots, moved : ndarray
    """
    # A knot is kept where a level ends in its interval: as many as there are below it.
    steps = min(n_quantiles - 1, MOST_LEVELS)
    reached = np.floor(steps * (shares + SAME))
    kept = np.append(True, np.diff(reached) > 0)
    kept[-1] = True
    return knots[kept], moved[kept]


def unfairness(laws, weights):
    r"""Mean squared W2 distance of the laws to their barycenter.

    .. math:: U = \sum_s p_s \int_0^1 (Q_s(u) - \bar Q(u))^2 du

    Parameters
    ----------
    laws : list of Law
        One for each group.
    weights : ndarray of shape (n_laws,)
        p, of sum 1.

    Returns
    -------
    U : float
        In squared units of the values.
    """
    widths, ends = _pieces(laws)
    mean, total = _mean_quantiles(laws, ends, weights), 0.0
    if len(laws) >= MANY:
        return _unfairness_by_sums(laws, ends, weights, widths, mean)
    with np.errstate(over="ignore"):  # a square that is too large is infinite
        for law, end, p in zip(laws, ends, weights):
            total += p * (widths @ (_quantiles(law, end) - mean) ** 2)
    return float(total)


def _unfairness_by_sums(laws, ends, weights, widths, mean):
    """The same, from sums of the barycenter and of its square up to each atom's end.

    On the interval of an atom the mean square is that to the barycenter's mean there,
    and the variance of the barycenter.
    """
    start, end, sizes = _intervals(ends)
    centre = float(widths @ mean)
    apart = (mean - centre).astype(np.longdouble)
    values = np.concatenate([law.values for law in laws]) - centre

    def within(part):
        below = np.append(0.0, np.cumsum(part, dtype=np.longdouble))
        return below[end] - below[start]

    with np.errstate(over="ignore", invalid="ignore"):
        length, inside = within(widths), within(widths * apart)
        inside = np.divide(inside, length, out=inside, where=length > 0)
        squares = (within(widths * apart**2) - length * inside**2).clip(min=0.0)
        squares += length * (values - inside) ** 2
        return float(np.repeat(weights, sizes) @ squares)


def wasserstein(a, b, order=1):
    """Wasserstein distance of two laws.

    Parameters
    ----------
    a, b : Law
        The laws.
    order : int, default=1
        p of W_p.

    Returns
    -------
    distance : float
        In units of the values.
    """
    widths, (to_a, to_b) = _pieces([a, b])
    apart = np.abs(_quantiles(a, to_a) - _quantiles(b, to_b))
    return float((widths @ apart**order) ** (1.0 / order))


def kolmogorov_smirnov(laws):
    r"""Largest difference of the distribution functions of any two laws.

    .. math:: \max_{a, b} \sup_t |F_a(t) - F_b(t)|
              = \sup_t \, (\max_a F_a(t) - \min_b F_b(t))

    Parameters
    ----------
    laws : list of Law
        At least two.

    Returns
    -------
    distance : float
        Between 0 and 1.
    """
    points = np.concatenate([law.values for law in laws])
    after = np.concatenate([law.shares for law in laws])
    before = np.concatenate([np.append(0.0, law.shares[:-1]) for law in laws])
    order = np.argsort(points, kind="stable")  # runs in order: merged in linear time
    last = _ends(points[order])
    # No F falls: the highest is the largest that was reached so far, the lowest the
    # least from which one will rise. So no point is compared with every law.
    highest = np.maximum.accumulate(after[order])
    lowest = np.minimum.accumulate(np.append(before[order], 1.0)[::-1])[::-1]
    return float((highest - lowest[1:])[last].max())


def largest_wasserstein(laws):
    """Largest Wasserstein-1 distance between any two laws.

    Two laws are no further apart than their distances from a third one together, here
    the mixture of all: pairs that cannot be the largest are left out, and one law is
    compared with all others that are left at a time.

    Parameters
    ----------
    laws : list of Law
        At least two.

    Returns
    -------
    distance : float
        In units of the values.
    """
    if len(laws) < MANY:
        return max(wasserstein(a, b) for a, b in combinations(laws, 2))
    centre = pooled_law(laws, np.full(len(laws), 1.0 / len(laws)))
    radius = _distances_from(centre, laws)
    order = np.argsort(-radius)
    radius, laws = radius[order] * (1.0 + ROUNDING), [laws[i] for i in order]
    found, best = -1.0, (0, 1)
    for i in range(1, len(laws)):
        if radius[i] + radius[0] <= found:
            break
        near = np.flatnonzero(radius[:i] + radius[i] > found)
        apart = _distances_from(laws[i], [laws[k] for k in near])
        if apart.max() > found:
            found, best = apart.max(), (i, near[apart.argmax()])
    return wasserstein(*(laws[k] for k in best))


def _distances_from(one, laws):
    """Wasserstein-1 distance of each of some laws from one, in linear time.

    Between two atoms of another law its F is a constant c. There F - c of the one
    changes sign once, at its quantile of c: both parts are differences of its integral.
    """
    values = np.concatenate([law.values for law in laws])
    shares = np.concatenate([law.shares for law in laws])
    first = np.append(0, _borders(laws))
    ends = np.append(first[1:], len(values)) - 1
    steps = np.append(0.0, one.shares)
    rises = np.append(0.0, np.cumsum(np.diff(one.values) * one.shares[:-1]))

    def area(t):
        """The integral of F of the one, up to t."""
        k = np.searchsorted(one.values, t, side="right")
        at = (k - 1).clip(min=0)
        return np.where(k > 0, rises[at] + steps[k] * (t - one.values[at]), 0.0)

    left, right = values[:-1], values[1:]
    c = shares[:-1]
    turn = one.values[np.searchsorted(one.shares, c).clip(max=len(one.values) - 1)]
    turn = turn.clip(np.minimum(left, right), np.maximum(left, right))
    below, at, above = area(left), area(turn), area(right)
    inner = c * (turn - left) - (at - below) + (above - at) - c * (right - turn)
    inner[ends[:-1]] = 0.0  # from the end of one law to the start of the next
    top = one.values[-1]
    ahead = area(values[first])
    behind = (top - values[ends]).clip(min=0.0)
    behind -= area(np.maximum(top, values[ends])) - area(values[ends])
    return ahead + behind + np.add.reduceat(np.append(inner, 0.0), first)
