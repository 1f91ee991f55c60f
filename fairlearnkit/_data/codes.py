"""Integer codes: distinct values, counts and first rows, by look-up, without sorting.

Sorting n integers takes O(n log n); reading them into a table of their range takes
O(n + range), which is faster as long as the table is not much longer than the column.
"""

import numpy as np

# A table may have TABLE_FACTOR entries for each row, and TABLE_FLOOR more, so that
# short columns of small integers get one as well. At twice these numbers a table is
# still faster than a sort, and takes up to four times the memory of the codes.
TABLE_FACTOR = 2
TABLE_FLOOR = 256
# With up to so many codes, one comparison of the whole column for each code is faster
# than np.bincount. The break-even lies between 4 and 8; at 12 codes comparisons take
# three times as long.
MAX_COMPARED_CODES = 6


def unique_codes(codes):
    """As np.unique with inverse and counts, by look-up where the range is small.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), intp
        Not negative.

    Returns
    -------
    present : ndarray of shape (n_distinct,), intp
        The distinct codes, sorted.
    inverse : ndarray of shape (n_samples,), intp
        Position of each row's code in `present`. Not to be written to.
    counts : ndarray of shape (n_distinct,), intp
        Number of rows of each.
    """
    bounds = table_range(codes)
    if bounds is not None:
        present, inverse, counts = encode_integers(codes, *bounds)
        return np.array(present, dtype=np.intp), inverse, counts
    return np.unique(codes, return_inverse=True, return_counts=True)


def table_range(integers):
    """Smallest and largest value, or None where a table of them would be too long.

    Parameters
    ----------
    integers : ndarray of shape (n_samples,)
        Integers or booleans.

    Returns
    -------
    bounds : tuple of (low, high) or None
        For `encode_integers`.
    """
    if not integers.size:
        return None
    low, high = int(integers.min()), int(integers.max())
    small = high - low <= TABLE_FACTOR * integers.size + TABLE_FLOOR
    return (low, high) if small else None


def encode_integers(array, low, high):
    """Distinct values, codes and counts of integers or booleans, by a table.

    Parameters
    ----------
    array : ndarray of shape (n_samples,)
        Integers or booleans.
    low, high : int
        Smallest and largest of them, as `table_range` returns them.

    Returns
    -------
    labels : list
        The distinct values, sorted.
    codes : ndarray of shape (n_samples,), intp
        Position of each row's value in `labels`. Read-only: it may share the memory
        of `array`.
    counts : ndarray of shape (n_labels,), intp
        Number of rows of each.
    """
    kind = bool if array.dtype.kind == "b" else array.dtype
    low = 0 if kind is bool else low
    if array.dtype.itemsize < np.dtype(np.intp).itemsize:
        array = array.astype(np.intp)  # int8 holds -100 and 100, not their difference
    # In the dtype of the array: uint64 may exceed intp, its differences do not.
    offsets = array - array.dtype.type(low) if low else array
    offsets = offsets.astype(np.intp, copy=False).view()
    offsets.flags.writeable = False
    counts = count_codes(offsets, high - low + 1)
    present = counts > 0
    labels = [low + offset for offset in np.flatnonzero(present).tolist()]
    labels = np.array(labels, dtype=kind).tolist()
    codes = offsets if present.all() else (np.cumsum(present) - 1)[offsets]
    return labels, codes, counts[present]


def count_codes(codes, n_codes):
    """Number of rows of each code; rows of code -1 are left out.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), intp
        From -1 to n_codes - 1.
    n_codes : int
        Number of codes.

    Returns
    -------
    counts : ndarray of shape (n_codes,), intp
    """
    if n_codes <= MAX_COMPARED_CODES:
        counts = [np.count_nonzero(codes == code) for code in range(n_codes)]
        return np.array(counts, dtype=np.intp)
    if codes.min(initial=0) < 0:
        codes = codes[codes >= 0]
    return np.bincount(codes, minlength=n_codes)


def first_rows(codes, n_codes):
    """The first row of each code.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), intp
        Each of 0 ... n_codes - 1 at least once.
    n_codes : int
        Number of codes.

    Returns
    -------
    rows : ndarray of shape (n_codes,), intp
    """
    first = np.zeros(n_codes, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # the last assignment stays
    return first
