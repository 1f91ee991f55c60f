"""Distances between distributions on the line."""

from itertools import combinations

import numpy as np

from fairlearnkit._transport.distributions import (
    MANY,
    ROUNDING,
    borders,
    common_pieces,
    index_ranges,
    mean_quantiles,
    pooled_law,
    quantiles_at,
    run_ends,
)


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
    widths, ends = common_pieces(laws)
    mean, total = mean_quantiles(laws, ends, weights), 0.0
    if len(laws) >= MANY:
        return _unfairness_by_sums(laws, ends, weights, widths, mean)
    with np.errstate(over="ignore"):  # a square that is too large is infinite
        for law, end, p in zip(laws, ends, weights):
            total += p * (widths @ (quantiles_at(law, end) - mean) ** 2)
    return float(total)


def _unfairness_by_sums(laws, ends, weights, widths, mean):
    """The same, from sums of the barycenter and of its square up to each atom's end.

    On the interval of an atom the mean square is that to the barycenter's mean there,
    and the variance of the barycenter.
    """
    start, end, sizes = index_ranges(ends)
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
    widths, (to_a, to_b) = common_pieces([a, b])
    apart = np.abs(quantiles_at(a, to_a) - quantiles_at(b, to_b))
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
    last = run_ends(points[order])
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
    first = np.append(0, borders(laws))
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
