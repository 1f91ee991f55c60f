"""Rows out of line: the indexes of what is handed to one call, compared.

Rows are matched by position, as everywhere in scikit-learn, and a column in another
order would go unnoticed. Only an index can tell.
"""

from fairlearnkit._data.containers import check_collected

WHOLE = "iu"  # letters of numpy's dtype.kind of integers


def check_alignment(**arguments):
    """Refuse arguments of one call whose indexes say that their rows differ.

    Equal indexes pass. A default index says nothing beside one that is no reordering
    of it. All else is an error.

    Parameters
    ----------
    **arguments : dict
        Each under the name that it has in the caller, in the caller's order: frames,
        Series, and dicts of them. What has no index is passed over, and so are pairs
        of different lengths, which are another check's matter.

    Raises
    ------
    ValueError
        Two indexes hold their rows in different orders, or different rows; a polars
        LazyFrame, which holds none.
    """
    for name, value in arguments.items():
        check_collected(name, value)
    known = []
    for name, value in _indexed(arguments):
        index = value.index
        if any(index is other or index.equals(other) for _, other in known):
            continue
        for first, other in known:
            if len(other) == len(index) and not _says_nothing(other, index):
                raise ValueError(_message(first, name, other, index))
        known.append((name, index))


def with_one_index(*arguments):
    """Arguments that `check_alignment` let pass, all with the first index among them.

    Slices of them then agree as well, whichever rows are taken.

    Parameters
    ----------
    *arguments : array-like, dict of array-like, or None
        Those of another length stay as they are, to be refused elsewhere.

    Returns
    -------
    arguments : list
        Copies, without their data, of those that had another index.
    """
    found = [value for _, value in _indexed(dict(enumerate(arguments)))]
    if not found:
        return list(arguments)
    return [_with_index(value, found[0].index) for value in arguments]


class ScoreMixin:
    """The score of scikit-learn's mixins, of rows that are in line."""

    def score(self, X, y, sample_weight=None):
        """Score of the predictions: accuracy of a classifier, R^2 of a regressor.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            At most 1.
        """
        check_alignment(X=X, y=y, sample_weight=sample_weight)
        return super().score(X, y, sample_weight=sample_weight)


def _indexed(arguments):
    """Name and value of all that has a pandas index, dicts looked into."""
    for name, value in arguments.items():
        if isinstance(value, dict):
            inner = {f"{name}[{key!r}]": one for key, one in value.items()}
            yield from _indexed(inner)
        elif hasattr(getattr(value, "index", None), "equals"):
            yield name, value


def _with_index(value, index):
    if isinstance(value, dict):
        return {key: _with_index(one, index) for key, one in value.items()}
    own = getattr(value, "index", None)
    if not hasattr(own, "equals") or len(own) != len(index) or own.equals(index):
        return value
    return value.set_axis(index)


def _says_nothing(a, b):
    """Whether one of two unequal indexes only counts rows, and the other does not."""
    return _counts(a, b) or _counts(b, a)


def _counts(index, other):
    """Whether an index counts rows and knows nothing of the labels of another.

    A default one does, if the other is no reordering of it: then either may be meant.
    So does a fold that was cut from one, integers with gaps, beside labels that are no
    integers. Beside integers a fold cannot be told from other rows of one table.
    """
    if _kind(index) not in WHOLE or not _increases(index):
        return False
    default = index[-1] == len(index) - 1
    return (default or _kind(other) not in WHOLE) and not _reorders(other, index)


def _kind(index):
    return getattr(index.dtype, "kind", "O")


def _increases(index):
    return bool(index.is_monotonic_increasing and index.is_unique and index[0] >= 0)


def _reorders(other, index):
    several = getattr(other, "nlevels", 1) > 1  # a MultiIndex has tuples for labels
    return not several and other.is_unique and bool(other.isin(index).all())


def _message(first, second, index, other):
    """What was found, and both cures; the first needs labels that name one row."""
    found = (
        f"By their indexes, {second} has other rows than {first}, or the same in "
        "another order, and rows are matched by position"
    )
    if index.is_unique and other.is_unique:
        return (
            f"{found}: pass {second}.loc[{first}.index], or, if the rows are in the "
            f"same order already, {second}.to_numpy()."
        )
    return (
        f"{found}. Labels occur more than once and cannot tell which rows belong "
        "together: bring both into one order, before labels are repeated, and pass "
        f"{second}.to_numpy()."
    )
