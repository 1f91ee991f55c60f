"""Which rows are held out, fall into a batch, or are measured; group by group."""

import numpy as np

# Rows of each group in every batch, for the divergence, if the group has so many;
# fewer, down to 2, with so many groups that a batch could not hold them. The unbiased
# MMD needs two, and its noise falls with their number. Doubled, rows of small groups
# are drawn twice as often, and batches with many small groups grow.
MIN_GROUP_ROWS = 16


def split_validation(groups, weight, fraction, seed):
    """Split the rows of positive weight, group by group.

    Parameters
    ----------
    groups : Groups
        Groups of all rows.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.
    fraction : float
        Share of the rows of each group to hold out, at least one.
    seed : int
        Seed of the permutations.

    Returns
    -------
    kept, held_out : ndarray of int
        Positions of the rows.

    Raises
    ------
    ValueError
        A group has too few rows to hold one out and keep another.
    """
    used = np.flatnonzero(weight > 0)
    rng = np.random.RandomState(seed)
    held_out = []
    for g in np.unique(groups.codes[used]):
        rows = rng.permutation(used[groups.codes[used] == g])
        size = round(fraction * len(rows))
        if g >= 0:
            size = max(1, size)
            _check_group_is_split(groups.labels, g, size, len(rows))
        held_out.append(rows[:size])
    held_out = np.concatenate(held_out)
    return np.setdiff1d(used, held_out), held_out


def _check_group_is_split(labels, g, size, n_rows):
    if size >= n_rows:
        msg = (
            "early_stopping=True holds out rows of every group, and "
            f"{labels.tolist()[g]!r} has {n_rows}: merge groups, or set "
            "early_stopping=False."
        )
        raise ValueError(msg)


def rows_per_group(batch_size, n_groups):
    """Rows of each group that a batch should have at least, see `MIN_GROUP_ROWS`."""
    return min(MIN_GROUP_ROWS, max(2, batch_size // n_groups))


def stratified_batches(rows, n_batches, min_group_rows, rng):
    """Batches of one epoch, each with the groups in their overall shares.

    1. Spread the shuffled rows of each group evenly over [0, 1), with a random offset;
       rows of no group lie anywhere.
    2. Cut the rows, in this order, into batches of equal size.
    3. If a batch has fewer rows of a group than asked for, draw others of the group.

    Parameters
    ----------
    rows : TensorRows
        All rows.
    n_batches : int
        Number of batches.
    min_group_rows : int
        Rows of each group that are needed for the divergence.
    rng : RandomState
        Shuffles and draws.

    Yields
    ------
    batch : ndarray of int
        Positions of the rows; each row is in one batch.
    with_extra : ndarray of int
        The batch, followed by the rows of step 3.
    """
    sort_keys = rng.uniform(size=len(rows.codes))
    for members in rows.members:
        shuffled = rng.permutation(members)
        sort_keys[shuffled] = (np.arange(len(members)) + rng.uniform()) / len(members)
    for batch in np.array_split(np.argsort(sort_keys, kind="stable"), n_batches):
        extra, codes = [batch], rows.codes[batch]
        present = np.bincount(codes[codes >= 0], minlength=len(rows.members))
        outside = np.ones(len(rows.codes), dtype=bool)
        outside[batch] = False
        for members, n_present in zip(rows.members, present):
            lacking = min(min_group_rows, len(members)) - n_present
            if lacking > 0:
                others = members[outside[members]]
                extra.append(rng.choice(others, lacking, replace=False))
        yield batch, np.concatenate(extra)


def stratified_sample(rows, size, seed):
    """Positions of a sample with the same share of each group.

    Parameters
    ----------
    rows : TensorRows
        All rows.
    size : int
        Size of the sample, approximately: at least MIN_GROUP_ROWS rows of each group,
        if it has them, are in it.
    seed : int
        Seed of the permutations.

    Returns
    -------
    sample : ndarray of int
    """
    rng = np.random.RandomState(seed)
    share = min(1.0, size / len(rows.X))
    return np.concatenate(
        [
            rng.permutation(members)[: max(MIN_GROUP_ROWS, round(share * len(members)))]
            for members in rows.members
        ]
    )
