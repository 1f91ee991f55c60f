"""Rows of numpy text (dtypes U and S) that are equal, without sorting or hashing."""

import numpy as np

from fairlearnkit._data.codes import first_rows, unique_codes

# Rows compared at a time, so that a block and its copy stay in the processor's cache:
# 8,192 labels of ten characters take 0.3 MB. Twice as many are as fast; 65,536 take
# twice as long.
ROWS_COMPARED = 8192


def match_text(text):
    """Codes of rows of equal text, and one row of each code.

    Partition refinement (Paige and Tarjan, 1987), by one position in the text at a
    time:

    1. All rows start in one class.
    2. Split each class by the character at one position.
    3. Compare each row as a whole with the first row of its class. If all are equal,
       the classes are the distinct labels.
    4. Otherwise go to 2 with a position at which a row differs from the first of its
       class. Each round splits a class, so there are fewer rounds than labels; labels
       that differ in their first character need one.

    Parameters
    ----------
    text : ndarray of shape (n_samples,), of dtype U or S
        At least one row.

    Returns
    -------
    first : ndarray of shape (n_labels,), intp
        The first row of each label.
    codes : ndarray of shape (n_samples,), intp
        Position of each row's label in `first`.
    """
    text = np.ascontiguousarray(text, dtype=text.dtype.newbyteorder("="))
    characters = text.view(np.uint32 if text.dtype.kind == "U" else np.uint8)
    characters = characters.reshape(len(text), -1)  # (n_samples, length)
    codes, position = np.zeros(len(text), dtype=np.intp), 0
    while position is not None:
        character = characters[:, position].astype(np.intp)
        pairs = codes * (character.max() + 1) + character
        present, codes, _ = unique_codes(pairs)
        first = first_rows(codes, len(present))
        position = _differing_position(characters, characters[first], codes)
    return first, codes


def _differing_position(characters, known, codes):
    """A position at which some row differs from ``known[codes]``, or None."""
    # One item for each row, so that indexing copies a row at a time.
    whole = np.dtype((np.void, characters.shape[1] * characters.itemsize))
    known = known.view(whole).ravel()
    for start in range(0, len(characters), ROWS_COMPARED):
        block = characters[start : start + ROWS_COMPARED]
        expected = known[codes[start : start + ROWS_COMPARED]].view(characters.dtype)
        differs = expected.reshape(block.shape) != block
        if differs.any():
            return int(differs.any(axis=0).argmax())
    return None
