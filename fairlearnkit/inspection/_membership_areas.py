"""AUC and true positive rate of membership scores, and how uncertain they are.

All entries (row, model) of a group form one ROC curve. Two things vary: which rows
there are, and which halves of them the models were trained on. Each row meets each
model, so neither can be ignored. With u_i the influence of row i on a statistic, and
d_ib what it contributes to the change when the models of block b are left out, the
variance is

    V = sum_i u_i^2 + max(0, (B - 1) / B * [sum_b (sum_i d_ib)^2 - sum_ib d_ib^2])

where d is centred over b. The first term is that of independent rows (DeLong et al.
1988). The second is the jackknife over models, less the part that rows contribute
independently of one another, which the first term holds already: inclusion and
exclusion for two crossed factors (Cameron, Gelbach, Miller, J. Bus. Econ. Stat. 2011).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student
from sklearn.utils import Bunch

# At most so many blocks of models are left out in turn, for 31 degrees of freedom. With
# twice as many, intervals are shorter by 2 %, and take twice as long.
MOST_BLOCKS = 32
# How many scores of the other side stand for all of them in influences, which differ by
# 1 / 8,000 at most. So few stay in the cache of a core: with all, it takes five times
# as long.
QUANTILES = 4096
# False positive rate at which the true positive rate is taken.
FALSE_POSITIVES = 0.01


class Part(NamedTuple):
    """A statistic of some rows, and the parts of its variance.

    Parameters
    ----------
    value : float
        The statistic; NaN where it is not defined.
    n_rows : int
        Number of rows.
    of_rows : float
        sum_i u_i^2.
    of_cells : float
        sum_ib d_ib^2.
    of_blocks : ndarray of shape (n_blocks,)
        sum_i d_ib.
    """

    value: float
    n_rows: int
    of_rows: float
    of_cells: float
    of_blocks: np.ndarray


def model_blocks(n_models):
    """Positions of the models of each block, at most `MOST_BLOCKS` of them."""
    return np.array_split(np.arange(n_models), min(n_models, MOST_BLOCKS))


class Auc:
    r"""P(score of a member > score of a non-member), ties counted half.

    Parameters
    ----------
    score : ndarray of shape (n_rows, n_models)
        Membership scores.
    member : ndarray of shape (n_rows, n_models), bool
        Membership; both values occur.
    """

    def __init__(self, score, member):
        self.others = np.sort(score[~member]), np.sort(score[member])
        self.value = float(self._shares(score, member)[member].mean())
        self.others = tuple(map(_thinned, self.others))

    def deviations(self, score, member):
        """How far each entry of its side of the pair is above the AUC."""
        return self._shares(score, member) - self.value

    def _shares(self, score, member):
        """Share of the other side that is on the right side of each entry."""
        outside, inside = self.others
        share = np.empty(score.shape)
        share[member] = _mid_ranks(outside, score[member])
        share[~member] = 1.0 - _mid_ranks(inside, score[~member])
        return share


class TruePositiveRate:
    r"""Share of members above the threshold that 1 % of non-members exceed.

    Parameters
    ----------
    score : ndarray of shape (n_rows, n_models)
        Membership scores.
    member : ndarray of shape (n_rows, n_models), bool
        Membership; both values occur.
    """

    def __init__(self, score, member):
        sides = np.sort(score[~member]), np.sort(score[member])
        n = len(sides[0])
        # 1. A new score exceeds the j-th largest of n with probability j / (n + 1) if
        # all come from one distribution. So the value is 1 % on average where there is
        # nothing to find. There is no such threshold below 99 non-members.
        position = FALSE_POSITIVES * (n + 1)
        self.value = _rate_at(position, *sides)
        if np.isnan(self.value):
            return
        # 2. The slope of the curve, over half to one and a half times the rate: in a
        # narrower window there are few non-members, and a wider one would bend.
        ends = [_rate_at(max(f * position, 1.0), *sides) for f in (0.5, 1.5)]
        self.slope = (ends[1] - ends[0]) / (1.5 - max(0.5, 1.0 / position))
        self.slope /= FALSE_POSITIVES
        # 3. Scores at the threshold are above it in part, to make it 1 %.
        self.threshold = sides[0][-int(position)]
        first, last = _above(sides[0], self.threshold)
        self.part = np.clip((FALSE_POSITIVES * n - first) / (last - first), 0.0, 1.0)

    def deviations(self, score, member):
        """First-order influence of each entry, times the number of its side."""
        above = 1.0 * (score > self.threshold)
        above[score == self.threshold] = self.part
        # Non-members above the threshold move it up, along the curve.
        moved = self.slope * (FALSE_POSITIVES - above)
        return np.where(member, above - self.value, moved)


def _thinned(ordered):
    """At most `QUANTILES` of sorted numbers: the middles of as many equal parts."""
    n = len(ordered)
    if n <= QUANTILES:
        return ordered
    middles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return ordered[(n * middles).astype(np.intp)]


def _mid_ranks(ordered, values):
    """Share of sorted numbers below each value, plus half of those equal to it."""
    below = np.searchsorted(ordered, values, side="left")
    return 0.5 * (below + np.searchsorted(ordered, values, side="right")) / len(ordered)


def _above(ordered, value):
    """Numbers of sorted numbers above a value, and at or above it."""
    ends = [np.searchsorted(ordered, value, side=side) for side in ("right", "left")]
    return [len(ordered) - int(end) for end in ends]


def _rate_at(position, outside, inside):
    """Share of members above the j-th largest non-member, linear in j between integers.

    Parameters
    ----------
    position : float
        j, counted from 1.
    outside, inside : ndarray
        Sorted scores of non-members and members.

    Returns
    -------
    rate : float
        NaN if j is less than 1. Ties are broken at random, and this is the mean.
    """
    if position < 1:
        return np.nan
    places = np.array([int(position), min(int(position) + 1, len(outside))])
    rates = []
    for j in places:
        score = outside[-j]
        (first, last), (above, up_to) = _above(outside, score), _above(inside, score)
        # In random order, of b members tied with a non-members, b r / (a + 1) come
        # before the r-th non-member on average.
        tied = (up_to - above) * (j - first) / (last - first + 1)
        rates.append((above + tied) / len(inside))
    return float(rates[0] + (position - places[0]) * (rates[1] - rates[0]))


class Measurement:
    """A statistic of some rows, and how it changes when models are left out.

    Parameters
    ----------
    statistic : class
        `Auc` or `TruePositiveRate`.
    score : ndarray of shape (n_rows, n_models)
        Membership scores.
    member : ndarray of shape (n_rows, n_models), bool
        Membership.
    """

    def __init__(self, statistic, score, member):
        self.n_rows = len(score)
        has_both = bool(member.any()) and not member.all()  # False without rows
        self.found = statistic(score, member) if has_both else None
        self.value = self.found.value if has_both else np.nan
        self.is_defined = not np.isnan(self.value)
        if self.is_defined:
            self.of_rows = np.sum(_by_row(self.found, score, member) ** 2)
        self.totals, self.squares, self.of_blocks = 0.0, 0.0, []

    def leave_out(self, score, member):
        """Add the scores and membership without the models of a block."""
        if not self.is_defined:
            self.of_blocks.append(np.nan)
            return
        moved = _by_row(self.found, score, member)  # d_ib of all rows i
        self.totals += moved
        self.squares += np.sum(moved**2)
        self.of_blocks.append(moved.sum())

    def part(self):
        """The parts of the variance, centred over blocks."""
        if not self.is_defined:
            return Part(np.nan, self.n_rows, np.nan, np.nan, np.array(self.of_blocks))
        blocks = np.array(self.of_blocks)
        of_cells = self.squares - np.sum(self.totals**2) / len(blocks)
        parts = self.of_rows, of_cells, blocks - blocks.mean()
        return Part(self.value, self.n_rows, *parts)


def _by_row(statistic, score, member):
    """Sum of the influences of the entries of each row."""
    weight = np.where(member, 1.0 / max(member.sum(), 1), 1.0 / max((~member).sum(), 1))
    return np.sum(statistic.deviations(score, member) * weight, axis=1)


def estimate(parts, weights, tail):
    """A mean of statistics of disjoint rows, with its interval.

    Parameters
    ----------
    parts : list of Part, or what `stacked` returns
        Statistics.
    weights : array-like of shape (n_parts,)
        Their weights, of sum 1; parts of weight 0 may be NaN.
    tail : float
        Probability above the interval, and below it.

    Returns
    -------
    numbers : tuple of float
        Estimate, lower and upper end, and standard error.
    """
    weights, parts = _used(weights, stacked(parts))
    if not len(weights):
        return (np.nan,) * 4
    value = weights @ parts.value
    variance, freedom = _variance(weights, parts)
    error = np.sqrt(variance)
    reach = student.ppf(1.0 - tail, freedom) * error if variance > 0 else error
    n_rows = parts.n_rows.sum()
    return value, *_ends(value, reach, n_rows, tail), error


def difference(parts, first, second, tail):
    """Difference of two means of statistics, with its interval.

    Newcombe's interval (Stat. Med. 1998), with the correlation that both means have
    from their models. It is made of the intervals of both, and skewed where they are: a
    symmetric one is too short where a rate of 0 was found among few rows.

    Parameters
    ----------
    parts : list of Part
        Statistics.
    first, second : ndarray of shape (n_parts,)
        Weights of both means, as in `estimate`.
    tail : float
        As in `estimate`.

    Returns
    -------
    numbers : tuple of float
        As of `estimate`.
    """
    a, low_a, high_a, error_a = estimate(parts, first, tail)
    b, low_b, high_b, error_b = estimate(parts, second, tail)
    if np.isnan(a) or np.isnan(b):
        return (np.nan,) * 4
    variance, _ = _variance(*_used(np.subtract(first, second), stacked(parts)))
    # V = V_a + V_b - 2 r sqrt(V_a V_b)
    product = error_a * error_b
    shared = 0.5 * (error_a**2 + error_b**2 - variance)
    r = np.clip(shared / product, -1.0, 1.0) if product > 0 else 0.0
    down, up = (
        np.sqrt(max(s**2 + t**2 - 2.0 * r * s * t, 0.0))
        for s, t in ((a - low_a, high_b - b), (high_a - a, b - low_b))
    )
    return a - b, max(a - b - down, -1.0), min(a - b + up, 1.0), np.sqrt(variance)


def stacked(parts):
    """Several parts as one, whose fields are arrays; itself if it is one already."""
    return parts if isinstance(parts, Part) else Part(*map(np.array, zip(*parts)))


def _used(weights, parts):
    """Weights that are not 0, and their parts."""
    weights = np.asarray(weights)
    used = np.flatnonzero(weights)
    return weights[used], Part(*(field[used] for field in parts))


def _variance(weights, parts):
    """V of the module's docstring, and its degrees of freedom.

    Those are Welch's and Satterthwaite's, of sums of squares over rows and over blocks.
    """
    # A single row says nothing about how far rows differ.
    others = np.where(parts.n_rows > 1, parts.n_rows - 1.0, np.nan)
    rows = weights**2 * parts.of_rows * parts.n_rows / others
    blocks = weights @ parts.of_blocks
    cells = weights**2 @ parts.of_cells
    more = len(blocks) - 1
    # NaN stays NaN: nothing is known of a group without members.
    of_models = np.maximum(more / len(blocks) * (np.sum(blocks**2) - cells), 0.0)
    variance = rows.sum() + of_models
    if not variance > 0:
        return variance, np.nan
    spread = np.sum(rows**2 / others)
    return variance, variance**2 / (spread + of_models**2 / more)


def _ends(value, reach, n_rows, tail):
    """Ends of the interval of a number between 0 and 1, which they are, too."""
    if 0.0 < value < 1.0:
        # On the scale of log-odds, by the delta method: small rates are skewed.
        width = reach / (value * (1.0 - value))
        return tuple(expit(logit(value) + width * np.array([-1.0, 1.0])))
    # None or all of the rows: Clopper and Pearson's interval of independent rows.
    reach = max(reach, 1.0 - tail ** (1.0 / n_rows)) if n_rows else np.nan
    return max(value - reach, 0.0), min(value + reach, 1.0)


def as_arrays(numbers):
    """Estimates as a Bunch of arrays.

    Parameters
    ----------
    numbers : array-like of shape (..., 4)
        What `estimate` or `difference` returns.

    Returns
    -------
    estimates : Bunch
    """
    columns = np.moveaxis(np.asarray(numbers, dtype=np.float64), -1, 0)
    return Bunch(**dict(zip(("estimate", "low", "high", "standard_error"), columns)))
