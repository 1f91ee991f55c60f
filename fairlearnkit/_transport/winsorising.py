"""The ends of a sample moved inwards, to values that belong to several rows."""

import numpy as np

from fairlearnkit._data.rows import split_rows

# The smallest and the largest value that is kept belong to at least as many rows. Few
# rules of disclosure control ask for less than 3 or more than 10. Doubled, ends move
# further inwards, and a group needs 10 rows.
LEAST_ROWS = 5


def outermost(values):
    """The smallest and the largest values, `LEAST_ROWS` of each where there are enough.

    Parameters
    ----------
    values : ndarray of shape (n,)
        In any order, at least one.

    Returns
    -------
    lowest, highest : ndarray
        In increasing order, equal values repeated.
    """
    k = min(LEAST_ROWS, len(values))
    parted = np.partition(values, [k - 1, len(values) - k])
    return np.sort(parted[:k]), np.sort(parted[-k:])


def merge_outermost(one, other):
    """What `outermost` returns for the values of both."""
    lowest, highest = map(np.concatenate, zip(one, other))
    return outermost(lowest)[0], outermost(highest)[1]


def kept_ends(lowest, highest, n_values):
    """The values to which those further out are moved.

    They are the fifth smallest and the fifth largest, for `LEAST_ROWS` of 5, or the
    median of all if there are fewer than 9 values.

    Parameters
    ----------
    lowest, highest : ndarray
        From `outermost`.
    n_values : int
        Number of values, at least `LEAST_ROWS`.

    Returns
    -------
    low, high : float
        The values below `high` and those above `low` are at least `LEAST_ROWS`, these
        two included.

    Examples
    --------
    >>> from fairlearnkit._transport.winsorising import kept_ends, outermost
    >>> values = np.arange(20.0) ** 2
    >>> tuple(map(float, kept_ends(*outermost(values), 20)))
    (16.0, 225.0)
    >>> tuple(map(float, kept_ends(*outermost(values[:6]), 6)))
    (6.5, 6.5)
    """
    if n_values >= 2 * LEAST_ROWS - 1:
        return lowest[-1], highest[0]
    # Halves first: the sum of two numbers can overflow.
    median = 0.5 * lowest[(n_values - 1) // 2] + 0.5 * lowest[n_values // 2]
    return median, median


def winsorise_by_group(values, codes, n_groups):
    """Move the ends of each group inwards, as in `kept_ends`.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Finite.
    codes : ndarray of shape (n_samples,)
        Group of each row; -1 for none, whose values stay.
    n_groups : int
        Number of groups, each with at least `LEAST_ROWS` rows.

    Returns
    -------
    values : ndarray of shape (n_samples,)
    """
    moved = values.copy()
    for rows in split_rows(codes, n_groups)[:-1]:
        own = values[rows]
        moved[rows] = own.clip(*kept_ends(*outermost(own), len(own)))
    return moved
