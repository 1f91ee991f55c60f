r"""Fair regression by ranks: Algorithm 1 of Chzhen et al. (NeurIPS 2020).

For each group s with calibration scores S_s:

1. Split S_s at random into halves A_s and B_s.
2. A new score x of group s has the rank k = #{b in B_s : b < x}; ties are broken at
   random.
3. Its prediction is the weighted mean of the quantiles of all groups at that rank,

   .. math:: g(x) = \sum_{s'} p_{s'} A_{s'}[\lceil |A_{s'}| \, k / |B_s| \rceil].

Whatever the distribution of the scores, k is uniform on 0, ..., |B_s|. Therefore the
distance of the groups has a bound that holds for any data and model (`ks_bound`).

One thing differs from the paper: tie-breakers are not drawn anew at each prediction but
computed from the row (`row_uniforms`), so that two predictions for a row agree.
"""

import hashlib
from itertools import combinations
from numbers import Number

import numpy as np
from scipy import sparse

from fairlearnkit._data.columns import as_table
from fairlearnkit._data.groups import encode_labels
from fairlearnkit.utils._sklearn_private import _safe_indexing

# Of SplitMix64: an odd number near 2^64 / golden ratio, and the two multipliers of its
# finaliser (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA
# 2014, variant 13 of Stafford). Other values would give other, perhaps worse, numbers.
GAMMA = np.uint64(0x9E3779B97F4A7C15)
MULTIPLIERS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def rank_maps(scores, shares, jitter, rng):
    """Fit the map of each group.

    Parameters
    ----------
    scores : list of ndarray
        Calibration scores of each group, at least two in each.
    shares : ndarray of shape (n_groups,)
        Weights p of the groups.
    jitter : float
        Half-width of the uniform noise that is added to each score.
    rng : RandomState
        Splits the scores and draws tie-breakers.

    Returns
    -------
    maps : list of tuple of ndarray
        For each group the sorted scores B of shape (m,), their tie-breakers of shape
        (m,), and the prediction of each rank, of shape (m + 1,).
    pooled_map : tuple of ndarray
        The same for all groups together.
    """
    # Step 1 of the module docstring; steps 2 and 3 are tabulated for every rank.
    halves = [_split_halves(values, jitter, rng) for values in scores]
    quantiles = [np.sort(A) for A, _, _ in halves]
    ranked = [(B, ties) for _, B, ties in halves]
    pooled = tuple(np.concatenate(parts) for parts in zip(*ranked))
    maps = []
    for B, ties in [*ranked, pooled]:
        order = np.lexsort((ties, B))  # by score, then by tie-breaker
        table = _mean_quantiles(quantiles, shares, len(B))
        maps.append((B[order], ties[order], table))
    return maps[:-1], maps[-1]


def _split_halves(values, jitter, rng):
    """A, B with one more score if the number is odd, and the tie-breakers of B."""
    values = rng.permutation(values)
    ties = rng.uniform(size=len(values))
    values = values + jitter * (2.0 * ties - 1.0)
    half = len(values) // 2
    return values[:half], values[half:], ties[half:]


def _mean_quantiles(quantiles, shares, m):
    """sum_s p_s A_s[ceil(|A_s| k / m)] for the ranks k = 0, ..., m, shape (m + 1,).

    Indexes count from 1, as in the paper, and rank 0 takes the smallest score.
    """
    k = np.arange(m + 1)
    table = np.zeros(m + 1)
    for p, A in zip(shares, quantiles):
        index = -(-len(A) * k // m)  # ceil in integers
        table += p * A[np.clip(index, 1, len(A)) - 1]
    return table


def apply_rank_map(x, ties, B, B_ties, table, tolerance=0.0, jitter=0.0):
    """Prediction at the rank of each score.

    Scores and tie-breakers are compared as pairs, first by score.

    Parameters
    ----------
    x, ties : ndarray of shape (n,)
        Scores and their tie-breakers.
    B, B_ties, table : ndarray
        A map of `rank_maps`.
    tolerance : float or ndarray of shape (n,), default=0.0
        Scores that differ by no more are tied.
    jitter : float, default=0.0
        As in `rank_maps`.

    Returns
    -------
    predictions : ndarray of shape (n,)
    """
    x = x + jitter * (2.0 * ties - 1.0)
    # 1. Scores of B below x, where ties do not matter.
    left = np.searchsorted(B, x - tolerance, side="left")
    tied = left < np.searchsorted(B, x + tolerance, side="right")
    # 2. Number the runs of equal scores. Tie-breakers are between 0 and 1 and sorted
    #    within a run, so that run + tie-breaker is sorted: one search ranks the pairs.
    run = np.cumsum(np.append(False, B[1:] != B[:-1])).astype(np.float64)
    rank = left
    rank[tied] = np.searchsorted(run + B_ties, run[left[tied]] + ties[tied])
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
    """A number between 0 and 1 for each row, computed from the row and the seed alone.

    1. Hash every cell from its value and its column; zeros have the hash 0, so that the
       zeros of sparse rows need not be visited.
    2. Add the hashes of a row, modulo 2^64: the order of the columns does not matter,
       which their positions in step 1 make up for.
    3. Combine with the seed, hash again, and take the upper 53 bits, the precision of
       float64.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Rows of numbers or labels.
    seed : int
        Different seeds give different numbers.

    Returns
    -------
    uniforms : ndarray of shape (n_samples,)
        Equal for equal rows; independent for different ones, as far as a hash can be.
    """
    X = as_table(X)
    total = np.zeros(X.shape[0], dtype=np.uint64)
    if sparse.issparse(X):
        X = X.tocsr(copy=True)
        X.sum_duplicates()  # a cell stored in two parts would have another hash
        rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        np.add.at(total, rows, _cell_hashes(_number_bits(X.data), X.indices))
    else:
        for j in range(X.shape[1]):
            column = _safe_indexing(X, j, axis=1)
            total += _cell_hashes(_column_bits(column, j), j)
    mixed = _splitmix64(total ^ _splitmix64(np.full(1, seed, dtype=np.uint64)))
    return ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def _cell_hashes(bits, columns):
    """Hashes of cells from the bits of their values and their columns; 0 for a zero."""
    column_hashes = _splitmix64(np.atleast_1d(columns).astype(np.uint64))
    return np.where(bits == 0, np.uint64(0), _splitmix64(bits ^ column_hashes))


def _column_bits(values, j):
    """64 bits for each value of column j: those of a number, or a hash of a label."""
    array = np.asarray(values)
    if array.dtype.kind in "buif":
        return _number_bits(array)
    encoded = encode_labels(f"column {j} of X", values)
    # Missing labels have the code -1, which is the last entry.
    table = [*map(_label_bits, encoded.labels.tolist()), _label_bits(np.nan)]
    return np.array(table, dtype=np.uint64)[encoded.codes]


def _number_bits(values):
    """Bits of numbers as float64, the same for 0.0 and -0.0 and for every NaN."""
    values = values.astype(np.float64) + 0.0
    values[np.isnan(values)] = np.nan
    return values.view(np.uint64)


def _label_bits(label):
    """Bits of a label that agree between processes, unlike Python's own hash."""
    if isinstance(label, Number):
        return int(_number_bits(np.full(1, label))[0])
    text = f"{type(label).__name__}:{label}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def _splitmix64(bits):
    """One output of SplitMix64 for each state: every bit depends on all bits."""
    z = bits + GAMMA
    z = (z ^ (z >> np.uint64(30))) * MULTIPLIERS[0]
    z = (z ^ (z >> np.uint64(27))) * MULTIPLIERS[1]
    return z ^ (z >> np.uint64(31))
