"""Distinct labels of a column and the code of each row, without a sort of the rows."""

from operator import itemgetter

import numpy as np

# Rows of text that are compared at a time: small enough to stay in cache.
BLOCK = 8192
# Places of the table of addresses; two objects that share one are told apart slowly.
N_PLACES = 2**16
# Rows by which to see whether rows share objects at all, and which labels there are.
SOME = 4096
# Codes that are counted one by one: faster than np.bincount.
FEW = 6


def distinct(name, values):
    """Sorted labels of a column, codes with -1 where missing, and rows of each label.

    Parameters
    ----------
    name : str
        What the column is called in messages.
    values : array-like of shape (n_samples,)
        Numbers, strings, booleans, categories or a mixture.

    Returns
    -------
    labels : list
        Some may not occur, where the column is of categories.
    codes : ndarray of shape (n_samples,), intp
        Position in `labels`. Not to be written to: it may be `values` itself.
    counts : ndarray of shape (n_labels,), intp
        Number of rows of each label.
    """
    labels, codes, counts = _distinct(name, values)
    return labels, codes, _counted(codes, len(labels)) if counts is None else counts


def _distinct(name, values):
    """As `distinct`; the counts are None where they do not come for free."""
    categories = getattr(getattr(values, "dtype", None), "categories", None)
    if hasattr(values, "cat") and categories is not None:  # pandas: already encoded
        labels = np.asarray(categories).tolist()
        if hasattr(values.cat, "codes"):
            return *_sorted(labels, np.array(values.cat.codes, dtype=np.intp)), None
    array = np.asarray(values)
    if array.dtype.kind == "f" and array.size and float(np.abs(array).max()) < 2**31:
        whole = array.astype(np.intp)  # codes such as 0.0 and 1.0; NaN is no number < x
        if (whole == array).all():
            labels, codes, counts = _distinct(name, whole)
            return [float(label) for label in labels], codes, counts
    if array.dtype.kind in "bui" and array.size:
        low, high = int(array.min()), int(array.max())
        if high - low <= 2 * array.size + 256:
            return _small_range(array, low, high)
    if array.dtype.kind in "mM":  # in nanoseconds, labels would come out as integers
        array = array.astype(f"{array.dtype.kind}8[us]")
    if array.dtype.kind in "buifmM":
        known = array == array
        labels, inverse = np.unique(array[known], return_inverse=True)
        codes = np.full(array.shape, -1, dtype=np.intp)
        codes[known] = inverse
        return labels.tolist(), codes, None
    same = _by_characters(array) if array.dtype.kind in "US" else _by_address(array)
    if same is None:
        return *_hashed(name, array), None
    first, codes = same
    order = np.argsort(first)  # of labels that are equal, such as 1 and True, the first
    labels, places = _hashed(name, array[first[order]])
    return labels, places[np.argsort(order)][codes], None


def distinct_codes(codes):
    """As np.unique with inverse and counts, by look-up where a table is small enough.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), intp
        Not negative.

    Returns
    -------
    present : ndarray of shape (n_distinct,), intp
        Sorted.
    inverse : ndarray of shape (n_samples,), intp
        Positions in `present`. Not to be written to.
    counts : ndarray of shape (n_distinct,), intp
        How often each occurs.
    """
    if codes.size and codes.max() <= 2 * codes.size + 256:
        low, high = int(codes.min()), int(codes.max())
        present, inverse, counts = _small_range(codes, low, high)
        return np.array(present, dtype=np.intp), inverse, counts
    return np.unique(codes, return_inverse=True, return_counts=True)


def is_missing(value):
    """Whether a label is None, NaN, NaT or NA.

    Parameters
    ----------
    value : object
        One label.

    Returns
    -------
    missing : bool
    """
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA has no truth value
        return True


def _by_characters(text):
    """Rows of equal text: a representative of each, and the codes of all rows.

    Rows are told apart by one character, then compared as a whole with their
    representatives; where they differ, that character tells them apart next.
    """
    if not text.size:
        return None
    text = np.ascontiguousarray(text, dtype=text.dtype.newbyteorder("="))
    letters = text.view(np.uint32 if text.dtype.kind == "U" else np.uint8)
    letters = letters.reshape(len(text), -1)
    codes, place = np.zeros(len(text), dtype=np.intp), 0
    while place is not None:
        letter = letters[:, place].astype(np.intp)
        present, codes, _ = distinct_codes(codes * (letter.max() + 1) + letter)
        first = representatives(codes, len(present))
        place = _first_difference(letters, letters[first], codes)
    return first, codes


def representatives(codes, n_codes):
    """The first row of each code.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), intp
        Each of 0 ... n_codes - 1 at least once.
    n_codes : int
        How many there are.

    Returns
    -------
    rows : ndarray of shape (n_codes,), intp
    """
    first = np.zeros(n_codes, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _first_difference(rows, known, codes):
    """A column in which some row is not as its representative, or None."""
    whole = np.dtype((np.void, rows.shape[1] * rows.itemsize))  # one item a row
    known = known.view(whole).ravel()
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        expected = known[codes[start : start + BLOCK]].view(rows.dtype)
        differs = expected.reshape(block.shape) != block
        if differs.any():
            return int(differs.any(axis=0).argmax())
    return None


def _by_address(array):
    """Rows that hold the same object, as `_by_characters`; None where many do not.

    Columns of a table mostly share a few objects, and one look at their addresses
    costs much less than a hash of each.
    """
    array = np.ascontiguousarray(array)
    if array.dtype != object or not array.size:
        return None
    address = np.ndarray(array.shape, dtype=np.intp, buffer=array)
    some = address[:SOME]
    if len(some) > 8 and len(np.unique(some)) == len(some):
        return None
    present, codes, _ = distinct_codes((address >> 4) % N_PLACES)
    first = representatives(codes, len(present))
    return (first, codes) if (address[first][codes] == address).all() else None


def _small_range(array, low, high):
    """Booleans and integers: a table look-up instead of a sort."""
    kind = bool if array.dtype.kind == "b" else array.dtype
    first = 0 if kind is bool else low
    if array.dtype.itemsize < np.dtype(np.intp).itemsize:  # whose range may overflow
        array = array.astype(np.intp)
    codes = (array - array.dtype.type(first) if first else array).astype(
        np.intp, copy=False
    )
    codes = codes.view()
    codes.flags.writeable = False  # it may be the caller's array
    counts = _counted(codes, high - first + 1)
    present = counts > 0
    labels = [first + place for place in np.flatnonzero(present).tolist()]
    labels = np.array(labels, dtype=kind).tolist()
    if not present.all():
        codes = (np.cumsum(present) - 1)[codes]
    return labels, codes, counts[present]


def _counted(codes, n_codes):
    """How often each code occurs, -1 aside."""
    if n_codes <= FEW:
        counts = [np.count_nonzero(codes == code) for code in range(n_codes)]
        return np.array(counts, dtype=np.intp)
    if codes.min(initial=0) < 0:
        codes = codes[codes >= 0]
    return np.bincount(codes, minlength=n_codes)


def _hashed(name, values):
    """Strings and mixed objects, without comparing them to one another."""
    values = values.astype(object, copy=False)
    try:
        return _few_hashed(values) or _all_hashed(values)
    except TypeError as error:
        msg = f"{name} holds labels that are no scalars ({error})."
        raise ValueError(msg) from error


def _few_hashed(values):
    """Labels and codes, if at most 255 labels are in the first rows, and no others.

    A code is a character while rows are looked up: no faster road is known.
    """
    table, labels = _ranked(values[:SOME])
    if not labels or len(labels) > 255:
        return None
    letters = {value: chr(code % 256) for value, code in table.items()}
    blocks = (values[i : i + SOME].tolist() for i in range(0, len(values), SOME))
    try:
        text = "".join(["".join(itemgetter(*block)(letters)) for block in blocks])
    except KeyError:
        return None
    codes = np.frombuffer(text.encode("latin-1"), np.uint8).astype(np.intp)
    if len(labels) < len(table):
        codes[codes == 255] = -1
    return labels, codes


def _all_hashed(values):
    values = values.tolist()
    table, labels = _ranked(values)
    return labels, np.fromiter(map(table.__getitem__, values), np.intp, len(values))


def _ranked(values):
    """A dict of the distinct values and their codes, and the labels in order."""
    table = dict.fromkeys(values, -1)
    known = [value for value in table if not is_missing(value)]
    labels, codes = _sorted(known, np.arange(len(known)))
    table.update(zip(known, codes.tolist()))
    return table, labels


def _sorted(labels, codes):
    """The same encoding with its labels in order."""
    try:
        order = sorted(range(len(labels)), key=labels.__getitem__)
    except (TypeError, ValueError):
        key = [(type(label).__name__, str(label)) for label in labels]
        order = sorted(range(len(labels)), key=key.__getitem__)
    rank = np.empty(len(labels) + 1, dtype=np.intp)
    rank[order] = np.arange(len(labels))
    rank[-1] = -1  # codes of -1 read the last place
    return [labels[i] for i in order], rank[codes]
