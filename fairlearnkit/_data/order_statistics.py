"""Quantiles of a column of numbers in partitions: exact, and without a sort.

Floats in their order are integers of 64 bits. The quantile is found from the highest
bits on, 16 of them in each of four passes: a histogram of the next bits, of the rows
whose higher bits are known to be those of the quantile.
"""

import numpy as np

from fairlearnkit._data.partitions import compute, merged, run_each

BITS = 16


def weighted_quantiles(parts, shares):
    """The smallest values whose share of the weight, up to them, reaches `shares`.

    Parameters
    ----------
    parts : list of Delayed
        Of each partition (values, weight), or None; weights may be None.
    shares : ndarray of shape (n_quantiles,)
        Between 0 and 1, of the weight of all rows.

    Returns
    -------
    quantiles : ndarray of shape (n_quantiles,)
    """
    prefixes = np.zeros(len(shares), dtype=np.uint64)
    below, wanted = np.zeros(len(shares)), None
    for shift in range(64 - BITS, -1, -BITS):
        tasks = run_each(
            "quantiles", _histograms, [(p,) for p in parts], prefixes, shift
        )
        counts = compute([merged("quantiles", tasks, np.add)])[0]
        if wanted is None:
            wanted = shares * counts[0].sum()
        sums = np.cumsum(counts, axis=1)
        enough = (below[:, None] + sums >= wanted[:, None]) & (sums > 0)
        # The last bin where rounding leaves the sum below what is wanted.
        last = counts.shape[1] - 1 - np.argmax(counts[:, ::-1] > 0, axis=1)
        bins = np.where(enough.any(axis=1), np.argmax(enough, axis=1), last)
        at = np.arange(len(bins))
        below += sums[at, bins] - counts[at, bins]
        prefixes = (prefixes << np.uint64(BITS)) | bins.astype(np.uint64)
    return _from_keys(prefixes)


def _histograms(part, prefixes, shift):
    """Weights by the next bits, of the rows with each prefix; None without rows."""
    if part is None:
        return None
    keys = _as_keys(part[0])
    counts = np.zeros((len(prefixes), 2**BITS))
    bits = (keys >> np.uint64(shift)) & np.uint64(2**BITS - 1)
    for i, prefix in enumerate(prefixes):
        inside = slice(None)
        if shift + BITS < 64:
            inside = keys >> np.uint64(shift + BITS) == prefix
        weight = None if part[1] is None else part[1][inside]
        own = bits[inside].astype(np.intp)
        counts[i] = np.bincount(own, weight, minlength=2**BITS)
    return counts


def _as_keys(values):
    """Unsigned integers in the order of the values."""
    bits = (np.asarray(values, dtype=np.float64) + 0.0).view(np.uint64)
    top = np.uint64(1 << 63)
    return np.where(bits & top, ~bits, bits | top)


def _from_keys(keys):
    """What `_as_keys` has made keys of."""
    top = np.uint64(1 << 63)
    return np.where(keys & top, keys ^ top, ~keys).view(np.float64)
