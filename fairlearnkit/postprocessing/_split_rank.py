"""Ranks in one half of the calibration scores, quantiles of the other.

Algorithm 1 of Chzhen et al. (NeurIPS 2020), with one difference: what breaks ties is
not drawn anew at each prediction, but computed from the row, so that two predictions
of one row agree.
"""

import hashlib
from itertools import combinations
from numbers import Number

import numpy as np
from scipy import sparse

from fairlearnkit._data.columns import as_table
from fairlearnkit._data.groups import encode_labels
from fairlearnkit.utils._sklearn_private import _safe_indexing


def rank_maps(scores, shares, jitter, rng):
    """For each group: ranked scores B, their tie-breakers, and the value of each rank.

    Parameters
    ----------
    scores : list of ndarray
        Calibration scores of each group, at least two in each.
    shares : ndarray of shape (n_groups,)
        Weights p of the groups.
    jitter : float
        Half-width of the noise on each score.
    rng : RandomState
        Splits the scores and draws the noise.

    Returns
    -------
    maps : list of tuple of ndarray
        B in order, of shape (m,), their tie-breakers, and a table of shape (m + 1,).
    pooled_map : tuple of ndarray
        The same for all groups together.
    """
    halves = [_split(values, jitter, rng) for values in scores]
    quantiles = [np.sort(first) for first, _, _ in halves]
    ranked = [half[1:] for half in halves]
    together = tuple(np.concatenate(parts) for parts in zip(*ranked))
    maps = []
    for values, ties in [*ranked, together]:
        order, m = np.lexsort((ties, values)), len(values)
        k = np.arange(m + 1)
        table = np.zeros(m + 1)
        for p, A in zip(shares, quantiles):
            table += p * A[np.clip(-(-len(A) * k // m), 1, len(A)) - 1]
        maps.append((values[order], ties[order], table))
    return maps[:-1], maps[-1]


def _split(values, jitter, rng):
    """Half for quantiles; the other, which gets the odd one, for ranks, with ties."""
    values = rng.permutation(values)
    ties = rng.uniform(size=len(values))
    values = values + jitter * (2.0 * ties - 1.0)
    half = len(values) // 2
    return values[:half], values[half:], ties[half:]


def move_by_rank(x, ties, ranked, ranked_ties, table, tolerance=0.0, jitter=0.0):
    """Value at the rank of each score among the ranked ones.

    Parameters
    ----------
    x, ties : ndarray of shape (n,)
        Scores, and what breaks ties between them and the ranked ones.
    ranked, ranked_ties, table : ndarray
        A map of `rank_maps`.
    tolerance : float or ndarray of shape (n,), default=0.0
        Scores as near as this are equal.
    jitter : float, default=0.0
        As in `rank_maps`.

    Returns
    -------
    moved : ndarray of shape (n,)
    """
    x = x + jitter * (2.0 * ties - 1.0)
    left = np.searchsorted(ranked, x - tolerance, side="left")
    tied = left < np.searchsorted(ranked, x + tolerance, side="right")
    # Runs of equal scores are numbered, and within a run the tie-breakers are in order.
    run = np.cumsum(np.append(False, ranked[1:] != ranked[:-1])).astype(np.float64)
    rank = left
    rank[tied] = np.searchsorted(run + ranked_ties, run[left[tied]] + ties[tied])
    return table[rank]


def ks_bound(sizes):
    r"""Bound on the KS distance between groups, for any data and any base model.

    .. math:: \max_{s, s'} \begin{cases} 0 & m_s = m_{s'} \\
              1 / (\min(m_s, m_{s'}) + 1) & \text{otherwise} \end{cases}

    with m the number of ranked scores: the rank of a new score of group s is uniform on
    0 ... m_s.

    Parameters
    ----------
    sizes : list of int
        Ranked scores of each group.

    Returns
    -------
    bound : float
    """
    pairs = combinations(sizes, 2)
    return max(0.0 if a == b else 1.0 / (min(a, b) + 1) for a, b in pairs)


def row_uniforms(X, seed):
    """A number between 0 and 1 for each row, from the row and the seed alone.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Rows, of numbers or labels.
    seed : int
        Other seeds give other numbers.

    Returns
    -------
    uniforms : ndarray of shape (n_samples,)
        Independent for different rows, as far as a hash goes; equal for equal ones.
    """
    X = as_table(X)
    total = np.zeros(X.shape[0], dtype=np.uint64)
    if sparse.issparse(X):
        X = X.tocsr(copy=True)
        X.sum_duplicates()
        rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        np.add.at(total, rows, _placed(_number_bits(X.data), X.indices))
    else:
        for j in range(X.shape[1]):
            total += _placed(_bits(_safe_indexing(X, j, axis=1), j), j)
    mixed = _mix(total ^ _mix(np.full(1, seed, dtype=np.uint64)))
    return ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def _placed(bits, column):
    """Bits of a cell and of its place; nothing for a zero, as sparse rows hold none."""
    place = _mix(np.atleast_1d(column).astype(np.uint64))
    return np.where(bits == 0, np.uint64(0), _mix(bits ^ place))


def _bits(values, j):
    """Bits of each value of a column."""
    array = np.asarray(values)
    if array.dtype.kind in "buif":
        return _number_bits(array)
    found = encode_labels(f"column {j} of X", values)
    table = [*map(_label_bits, found.labels.tolist()), _label_bits(np.nan)]
    return np.array(table, dtype=np.uint64)[found.codes]


def _number_bits(values):
    values = values.astype(np.float64) + 0.0  # one zero
    values[np.isnan(values)] = np.nan  # and one NaN
    return values.view(np.uint64)


def _label_bits(label):
    if isinstance(label, Number):
        return int(_number_bits(np.full(1, label))[0])
    text = f"{type(label).__name__}:{label}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def _mix(bits):
    """Bits that depend on all bits (the finaliser of SplitMix64)."""
    z = bits + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
