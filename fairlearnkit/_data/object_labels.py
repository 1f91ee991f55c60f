"""Distinct labels among Python objects: strings, or a mixture of types."""

from operator import itemgetter

import numpy as np

from fairlearnkit._data.codes import first_rows, unique_codes
from fairlearnkit._data.missing import is_missing

# Entries of the table of addresses. Two objects that share an entry send the column to
# the hash table, which takes 3 to 5 times as long; with 2**16 entries that is rare for
# up to about 1,000 labels. Twice as many serve some more labels, and take up to 10 %
# longer to read.
ADDRESS_TABLE_SIZE = 2**16
# Rows looked at in advance: whether rows share objects, and which labels there are. The
# same number is hashed at a time. Between 512 and 65,536 it makes little difference.
ROWS_READ = 4096
# Shorter columns are not worth the question of whether their rows share objects.
MIN_SHARED_ROWS = 8
# One byte for each label, and one for missing values.
MAX_BYTE_CODES = 255


def match_objects(array):
    """Codes of rows that hold the same object, and one row of each code.

    Columns of a table mostly share a few objects, and reading the addresses of all
    rows costs much less than hashing each of them.

    Parameters
    ----------
    array : ndarray of shape (n_samples,)
        Of any dtype.

    Returns
    -------
    matched : tuple of (first, codes) or None
        The first row of each object, and the position in it for each row, as
        `match_text` returns them. None where rows are no objects, hardly share any, or
        where two objects fall on one entry of the table.
    """
    if array.dtype != object or not array.size:
        return None
    array = np.ascontiguousarray(array)
    address = np.ndarray(array.shape, dtype=np.intp, buffer=array)
    some = address[:ROWS_READ]
    if len(some) > MIN_SHARED_ROWS and len(np.unique(some)) == len(some):
        return None
    # CPython aligns objects to 16 bytes: the last 4 bits tell nothing.
    present, codes, _ = unique_codes((address >> 4) % ADDRESS_TABLE_SIZE)
    first = first_rows(codes, len(present))
    return (first, codes) if (address[first][codes] == address).all() else None


def hash_labels(name, values):
    """Sorted labels of scalar objects, and the code of each row.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    values : ndarray of shape (n_samples,)
        Strings or a mixture of types, which need not be comparable.

    Returns
    -------
    labels : list
        Of labels that are equal, such as 1 and True, the first.
    codes : ndarray of shape (n_samples,), intp
        Position of each row's label in `labels`; -1 where missing.

    Raises
    ------
    ValueError
        A value that cannot be hashed, such as a list.
    """
    values = values.astype(object, copy=False)
    try:
        return _hash_few_labels(values) or _hash_all_labels(values)
    except TypeError as error:
        msg = f"{name} holds labels that are no scalars ({error})."
        raise ValueError(msg) from error


def _hash_few_labels(values):
    """As `_hash_all_labels`, if the first rows hold all labels, at most 255.

    Each label maps to a character, and a block of rows is looked up and joined into a
    string by two calls into C, ``itemgetter`` and ``str.join``, without a Python loop
    over rows. The characters are the codes, encoded as Latin-1.
    """
    table, labels = _label_table(values[:ROWS_READ])
    if not labels or len(labels) > MAX_BYTE_CODES:
        return None
    characters = {value: chr(code % 256) for value, code in table.items()}
    blocks = (
        values[start : start + ROWS_READ].tolist()
        for start in range(0, len(values), ROWS_READ)
    )
    try:
        text = "".join(["".join(itemgetter(*block)(characters)) for block in blocks])
    except KeyError:  # a label that the first rows do not hold
        return None
    codes = np.frombuffer(text.encode("latin-1"), np.uint8).astype(np.intp)
    if len(labels) < len(table):  # some are missing: -1 % 256
        codes[codes == 255] = -1
    return labels, codes


def _hash_all_labels(values):
    """Sorted labels and the code of each row, by a dict of all values."""
    values = values.tolist()
    table, labels = _label_table(values)
    return labels, np.fromiter(map(table.__getitem__, values), np.intp, len(values))


def _label_table(values):
    """A dict from each distinct value to its code, and the labels in order."""
    table = dict.fromkeys(values, -1)
    known = [value for value in table if not is_missing(value)]
    labels, codes = sort_labels(known, np.arange(len(known)))
    table.update(zip(known, codes.tolist()))
    return table, labels


def sort_labels(labels, codes):
    """Labels in order, and the codes that go with them.

    Parameters
    ----------
    labels : list
        Distinct labels. Those that cannot be compared are sorted by the name of their
        type and then by their text.
    codes : ndarray of shape (n_samples,), intp
        Positions in `labels`, -1 where missing.

    Returns
    -------
    labels : list
    codes : ndarray of shape (n_samples,), intp
    """
    try:
        order = sorted(range(len(labels)), key=labels.__getitem__)
    except (TypeError, ValueError):
        key = [(type(label).__name__, str(label)) for label in labels]
        order = sorted(range(len(labels)), key=key.__getitem__)
    rank = np.empty(len(labels) + 1, dtype=np.intp)
    rank[order] = np.arange(len(labels))
    rank[-1] = -1  # read by the code -1
    return [labels[i] for i in order], rank[codes]
