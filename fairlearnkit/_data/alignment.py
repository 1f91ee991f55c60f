"""Whether the rows of all arguments of one call are in the same order.

Rows are matched by position, as everywhere in scikit-learn, so that a column in another
order would silently change the result. Only the indexes of frames and Series can reveal
it.
"""

from fairlearnkit._data.containers import check_collected, is_lazy

INTEGER_KINDS = "iu"  # numpy's dtype.kind of integers


class AlignmentError(ValueError):
    """Rows of two arguments are in different orders, or different rows."""


def check_alignment(**arguments):
    """Raise an error for arguments whose indexes show that their rows differ.

    Equal indexes pass. So does an index that only counts rows, such as the default one,
    together with an index that is not a permutation of it: neither says anything about
    the order of the other. All other pairs of different indexes are an error, because
    either the rows are in another order or it cannot be ruled out.

    Parameters
    ----------
    **arguments : dict
        Arguments of the caller by name, in the caller's order: frames, Series, and
        dicts of them. Values without an index are ignored, and so are pairs of
        different lengths, which are checked elsewhere.

    Raises
    ------
    ValueError
        If two indexes hold the same rows in different orders, or different rows; if an
        argument is a polars LazyFrame.
    """
    for name, value in arguments.items():
        check_collected(name, value)
    known = []
    for name, value in _indexed(arguments):
        index = value.index
        if any(index is other or index.equals(other) for _, other in known):
            continue
        for first, other in known:
            if len(other) == len(index) and not _are_unrelated(other, index):
                raise AlignmentError(_message(first, name, other, index))
        known.append((name, index))


def with_common_index(*arguments):
    """Arguments that passed `check_alignment`, with the first index among them.

    Subsets of their rows then pass as well, whichever rows are taken. With their own
    indexes they would not: half of a default index is not a default index.

    Parameters
    ----------
    *arguments : array-like, dict of array-like, or None
        Values without an index and those of another length are returned as they are.

    Returns
    -------
    arguments : list
        Those that had another index are shallow copies.
    """
    indexed = [value for _, value in _indexed(dict(enumerate(arguments)))]
    if not indexed:
        return list(arguments)
    return [_with_index(value, indexed[0].index) for value in arguments]


def _indexed(arguments):
    """Yield the name and value of each argument, or entry of one, with an index."""
    for name, value in arguments.items():
        if isinstance(value, dict):
            entries = {f"{name}[{key!r}]": entry for key, entry in value.items()}
            yield from _indexed(entries)
        elif is_lazy(value):  # indexes are compared partition by partition
            continue
        elif hasattr(getattr(value, "index", None), "equals"):
            yield name, value


def _with_index(value, index):
    """A frame, Series or dict of them with another index of the same length."""
    if isinstance(value, dict):
        return {key: _with_index(entry, index) for key, entry in value.items()}
    own = getattr(value, "index", None)
    if not hasattr(own, "equals") or len(own) != len(index) or own.equals(index):
        return value
    return value.set_axis(index)


def _are_unrelated(a, b):
    """Whether one of two unequal indexes only counts rows, and the other does not."""
    return _is_positional(a, b) or _is_positional(b, a)


def _is_positional(index, other):
    """Whether an index only counts rows, and knows nothing of the labels of another.

    A default index 0, 1, ..., n - 1 does so, unless the other one is a permutation of
    it: then it may be meant as labels. An increasing index with gaps, as that of a fold
    cut from a default one, does so if the other labels are not integers. If they are,
    a fold cannot be distinguished from other rows of the same table.
    """
    if _kind(index) not in INTEGER_KINDS or not _is_increasing(index):
        return False
    default = index[-1] == len(index) - 1
    unlike = default or _kind(other) not in INTEGER_KINDS
    return unlike and not _is_permutation(other, index)


def _kind(index):
    """The ``dtype.kind`` of the labels of an index, "O" if it has none."""
    return getattr(index.dtype, "kind", "O")


def _is_increasing(index):
    """Whether labels increase from one row to the next, from 0 or more on."""
    return bool(index.is_monotonic_increasing and index.is_unique and index[0] >= 0)


def _is_permutation(other, index):
    """Whether an index of the same length has the labels of `index`, each once."""
    several = getattr(other, "nlevels", 1) > 1  # labels of a MultiIndex are tuples
    return not several and other.is_unique and bool(other.isin(index).all())


def _message(first, second, index, other):
    """Error message with both cures; ``.loc`` is one only if labels are unique."""
    problem = (
        f"By their indexes, {second} has other rows than {first}, or the same in "
        "another order, and rows are matched by position"
    )
    if index.is_unique and other.is_unique:
        return (
            f"{problem}: pass {second}.loc[{first}.index], or, if the rows are in the "
            f"same order already, {second}.to_numpy()."
        )
    return (
        f"{problem}. Labels occur more than once and cannot tell which rows belong "
        "together: bring both into one order, before labels are repeated, and pass "
        f"{second}.to_numpy()."
    )
