"""Distinct labels of a column and the code of each row, without a sort of the rows."""

import numpy as np

# Rows of text that are compared at a time: small enough to stay in cache.
BLOCK = 8192
# Places of the table of addresses; two objects that share one are told apart slowly.
N_PLACES = 2**16
# Rows by which to see whether rows share objects at all, and which labels there are.
SOME = 4096


def distinct(name, values):
    """Sorted labels of a column, and codes with -1 where missing.

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
        Position in `labels`.
    """
    categories = getattr(getattr(values, "dtype", None), "categories", None)
    if hasattr(values, "cat") and categories is not None:  # pandas: already encoded
        labels = np.asarray(categories).tolist()
        if hasattr(values.cat, "codes"):
            return _sorted(labels, np.array(values.cat.codes, dtype=np.intp))
    array = np.asarray(values)
    if array.dtype.kind == "f" and array.size and float(np.abs(array).max()) < 2**31:
        whole = array.astype(np.intp)  # codes such as 0.0 and 1.0; NaN is no number < x
        if (whole == array).all():
            labels, codes = distinct(name, whole)
            return [float(label) for label in labels], codes
    if array.dtype.kind in "bui" and array.size:
        low, high = int(array.min()), int(array.max())
        if high - low <= 2 * array.size + 256:
            return _small_range(array, low, high)
    if array.dtype.kind == "M":  # in nanoseconds, labels would come out as integers
        array = array.astype("datetime64[us]")
    if array.dtype.kind in "buifM":
        known = array == array
        labels, inverse = np.unique(array[known], return_inverse=True)
        codes = np.full(array.shape, -1, dtype=np.intp)
        codes[known] = inverse
        return labels.tolist(), codes
    same = _by_characters(array) if array.dtype.kind in "US" else _by_address(array)
    if same is None:
        return _hashed(name, array.tolist())
    first, codes = same
    order = np.argsort(first)  # of labels that are equal, such as 1 and True, the first
    labels, places = _hashed(name, array[first[order]].tolist())
    return labels, places[np.argsort(order)][codes]


def distinct_codes(codes):
    """As np.unique with its inverse, by look-up wherever a table is small enough.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), intp
        Not negative.

    Returns
    -------
    present : ndarray of shape (n_distinct,), intp
        Sorted.
    inverse : ndarray of shape (n_samples,), intp
        Positions in `present`.
    """
    if codes.size and codes.max() <= 2 * codes.size + 256:
        present, inverse = _small_range(codes, int(codes.min()), int(codes.max()))
        return np.array(present, dtype=np.intp), inverse
    return np.unique(codes, return_inverse=True)


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
        present, codes = distinct_codes(codes * (letter.max() + 1) + letter)
        first = _representatives(codes, len(present))
        place = _first_difference(letters, letters[first], codes)
    return first, codes


def _representatives(codes, n_codes):
    """The first row of each code."""
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
    present, codes = distinct_codes((address >> 4) % N_PLACES)
    first = _representatives(codes, len(present))
    return (first, codes) if (address[first][codes] == address).all() else None


def _small_range(array, low, high):
    """Booleans and integers: a table look-up instead of a sort."""
    boolean = array.dtype.kind == "b"
    if array.dtype.itemsize < np.dtype(np.intp).itemsize:  # whose range may overflow
        array = array.astype(np.intp)
    shifted = array if boolean else array - array.min()
    shifted = shifted.astype(np.intp, copy=False)
    present = np.bincount(shifted, minlength=high - low + 1) > 0
    first = 0 if boolean else low
    labels = [first + place for place in np.flatnonzero(present).tolist()]
    labels = np.array(labels, dtype=bool if boolean else array.dtype).tolist()
    if present.all():
        return labels, shifted
    return labels, (np.cumsum(present) - 1)[shifted]


def _hashed(name, values):
    """Strings and mixed objects, without comparing them to one another."""
    try:
        found = _few_hashed(values) or _all_hashed(values)
    except TypeError as error:
        msg = f"{name} holds labels that are no scalars ({error})."
        raise ValueError(msg) from error
    distinct, codes = found
    known = [not is_missing(value) for value in distinct]
    table = np.where(known, np.cumsum(known) - 1, -1)
    labels = [value for value, there in zip(distinct, known) if there]
    labels, places = _sorted(labels, table)
    return labels, places[codes]


def _few_hashed(values):
    """Labels and codes, if no more than 256 labels are in the first rows, and all."""
    distinct = list(dict.fromkeys(values[:SOME]))
    if not values or len(distinct) > 256:
        return None
    table = dict(zip(distinct, range(256)))
    try:
        return distinct, np.frombuffer(bytes(map(table.__getitem__, values)), np.uint8)
    except KeyError:
        return None


def _all_hashed(values):
    distinct = list(set(values))
    table = dict(zip(distinct, range(len(distinct))))
    codes = np.fromiter(map(table.__getitem__, values), np.intp, len(values))
    return distinct, codes


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
