"""Distinct labels of a column of any type, and the code of each row."""

import numpy as np

from fairlearnkit._data.codes import count_codes, encode_integers, table_range
from fairlearnkit._data.object_labels import hash_labels, match_objects, sort_labels
from fairlearnkit._data.text_labels import match_text

# Floats below it in size fit into intp on every platform, 32-bit ones included.
MAX_WHOLE_FLOAT = 2**31


def factorize(name, values):
    """Sorted labels of a column, the code of each row, and rows of each label.

    As pandas.factorize with ``sort=True``, for columns of any container. The way
    depends on the type of the values, from the cheapest on: the codes of a pandas
    categorical as they are; a table for integers of a small range; a sort for other
    numbers and for times; text by characters; objects by their addresses, or by a hash
    table.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    values : array-like of shape (n_samples,)
        Numbers, strings, booleans, categories or a mixture.

    Returns
    -------
    labels : list
        Those of a pandas categorical may have no row.
    codes : ndarray of shape (n_samples,), intp
        Position of each row's label in `labels`, -1 where missing. Not to be written
        to: it may be `values` itself.
    counts : ndarray of shape (n_labels,), intp
        Number of rows of each label.

    Raises
    ------
    ValueError
        Values that are no scalars.
    """
    labels, codes, counts = _factorize(name, values)
    if counts is None:
        counts = count_codes(codes, len(labels))
    return labels, codes, counts


def _factorize(name, values):
    """As `factorize`; the counts are None where they would cost a pass over rows."""
    encoded = _read_categories(values)
    if encoded is not None:
        return *encoded, None
    array = np.asarray(values)
    if array.dtype.kind in "buifmM":
        return _factorize_numbers(array)
    return *_factorize_objects(name, array), None


def _read_categories(values):
    """Labels and codes of a pandas Series of categories, None for anything else."""
    categories = getattr(getattr(values, "dtype", None), "categories", None)
    # A polars Series has `cat` as well, without codes.
    if categories is None or not hasattr(getattr(values, "cat", None), "codes"):
        return None
    codes = np.array(values.cat.codes, dtype=np.intp)
    return sort_labels(np.asarray(categories).tolist(), codes)


def _factorize_numbers(array):
    """Booleans, integers, floats, dates or durations."""
    whole = _as_integers(array)
    if whole is not None:
        labels, codes, counts = _factorize_numbers(whole)
        return [float(label) for label in labels], codes, counts
    bounds = table_range(array) if array.dtype.kind in "bui" else None
    if bounds is not None:
        return encode_integers(array, *bounds)
    known = array == array
    labels, inverse = np.unique(array[known], return_inverse=True)
    codes = np.full(array.shape, -1, dtype=np.intp)
    codes[known] = inverse
    return _as_list(labels), codes, None


def _as_list(labels):
    """Distinct numbers, dates or durations as Python's, or as NumPy's if finer."""
    if labels.dtype.kind not in "mM":
        return labels.tolist()
    # tolist makes integers of times in nanoseconds, and Python has microseconds only.
    times = labels.astype(f"{labels.dtype.kind}8[us]")
    return times.tolist() if len(np.unique(times)) == len(labels) else list(labels)


def _as_integers(array):
    """Floats such as 0.0 and 1.0 as integers, None where one is not whole or NaN."""
    if array.dtype.kind != "f" or not array.size:
        return None
    if not float(np.abs(array).max()) < MAX_WHOLE_FLOAT:  # nor if it is NaN
        return None
    whole = array.astype(np.intp)
    return whole if (whole == array).all() else None


def _factorize_objects(name, array):
    """Text or Python objects: rows are matched first, then one of each is hashed."""
    if array.dtype.kind in "US" and array.size:
        matched = match_text(array)
    else:
        matched = match_objects(array)
    if matched is None:
        return hash_labels(name, array)
    first, codes = matched
    order = np.argsort(first)  # of labels that are equal, the first has to stay
    labels, label_codes = hash_labels(name, array[first[order]])
    return labels, label_codes[np.argsort(order)][codes]
