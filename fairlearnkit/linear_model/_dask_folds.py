"""Folds of Dask collections: whole partitions, or rows by a column of numbers."""

from functools import partial
from numbers import Integral

import numpy as np

from fairlearnkit._data.containers import is_lazy
from fairlearnkit._data.partitions import (
    Partitions,
    compute,
    joined,
    run_each,
    take_partitions,
    take_where,
)

MOST_FOLDS = 100


def folds_of_partitions(cv, rows):
    """Training and test rows of each fold, as functions that take them.

    Parameters
    ----------
    cv : int, Dask Series or array of shape (n_samples,), or None
        Number of folds, of which each tests every cv-th partition; or a column with
        the number of the fold that tests a row.
    rows : tuple
        X, y, sensitive features and weights.

    Returns
    -------
    folds : list of tuple of callable
        From a collection to its training rows, and to its test rows.
    """
    if cv is None or isinstance(cv, Integral):
        return _folds_of_whole_partitions(5 if cv is None else cv, rows)
    if not is_lazy(cv):
        msg = (
            f"cv={cv!r} takes rows by position, which Dask collections do not know. "
            "Pass a number of folds, each of which tests whole partitions, or a Dask "
            "column with the number of the fold of each row."
        )
        raise ValueError(msg)
    parts = Partitions({"X": rows[0], "cv": cv}).each("folds", _distinct)
    found = compute(run_each("folds", _as_set, [(part,) for part in parts]))
    numbers = sorted(set().union(*found))
    if not 2 <= len(numbers) <= MOST_FOLDS:
        msg = (
            f"cv has {len(numbers)} different values; pass the number of the fold of "
            f"each row, 2 to {MOST_FOLDS} of them."
        )
        raise ValueError(msg)
    return [
        (partial(take_where, mask=cv != k), partial(take_where, mask=cv == k))
        for k in numbers
    ]


def _folds_of_whole_partitions(n_folds, rows):
    n_parts = len(Partitions({"X": rows[0]}).parts)
    if not 2 <= n_folds <= n_parts:
        msg = (
            f"cv={n_folds} needs 2 to n_partitions={n_parts} folds: each tests whole "
            "partitions. Repartition the collections, or pass a Dask column with the "
            "number of the fold of each row."
        )
        raise ValueError(msg)
    numbers = np.arange(n_parts) % n_folds
    return [
        tuple(
            partial(take_partitions, positions=np.flatnonzero(part).tolist())
            for part in (numbers != k, numbers == k)
        )
        for k in range(n_folds)
    ]


def check_scoring_of_partitions(scoring):
    """Refuse scorers of scikit-learn, which gather collections."""
    is_own = callable(scoring) and not hasattr(scoring, "_score_func")
    if scoring is None or is_own:
        return
    msg = (
        f"scoring={scoring!r} would gather Dask collections. Pass scoring=None, for "
        "the accuracy or R^2, or a function (estimator, X, y) that takes collections."
    )
    raise ValueError(msg)


def joined_tests(rows, folds, predictions):
    """y, sensitive features and weights of all tests, and predictions by candidate.

    Parameters
    ----------
    rows : tuple
        X, y, sensitive features and weights.
    folds : list of tuple of callable
        What `folds_of_partitions` returns.
    predictions : list of list of collection
        By fold and candidate.

    Returns
    -------
    tested : tuple
    predictions : list of collection
    """
    tested = tuple(
        None if values is None else joined([test(values) for _, test in folds])
        for values in rows[1:]
    )
    return tested, [joined(list(of_folds)) for of_folds in zip(*predictions)]


def _distinct(part):
    return np.unique(np.asarray(part["cv"]))[: MOST_FOLDS + 1]


def _as_set(values):
    return set(values.tolist())
