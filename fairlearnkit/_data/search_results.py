"""Columns of the table of a search, such as ``cv_results_``."""

import numpy as np

from fairlearnkit._data.missing import is_missing


def score_column(cv_results, name, statistic="mean"):
    """Means or standard deviations of a score over the folds.

    Parameters
    ----------
    cv_results : dict or dataframe
        Table with a row for each candidate.
    name : str
        Name of a scorer; the column is ``<statistic>_test_<name>``. Means may also be
        in a column of this name itself, as in the tables of other tools.
    statistic : {"mean", "std"}, default="mean"
        What to look up.

    Returns
    -------
    column : ndarray of shape (n_candidates,) or None
        NaN for missing values. None for standard deviations that the table lacks.

    Raises
    ------
    ValueError
        The table has no such means.
    """
    keys = column_keys(cv_results)
    for key in [f"{statistic}_test_{name}", *([name] if statistic == "mean" else [])]:
        if key in keys:
            return as_floats(key, cv_results[key])
    if statistic == "std":
        return None
    texts = [str(key) for key in keys]
    known = [key.removeprefix("mean_test_") for key in texts if "mean_test_" in key]
    # Of the counts of pooled_scorers, many to a gap, the name before the colon.
    known = list(dict.fromkeys(key.partition(": ")[0] for key in known))
    msg = (
        f"{name!r} is not among the scores of the search, {known or texts}. "
        "Name it there: scoring={'accuracy': 'accuracy', 'gap': parity_scorer(...)}."
    )
    raise ValueError(msg)


def as_floats(name, column):
    """A column as floats, with NaN for None, NA and masked values.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    column : array-like of shape (n_candidates,)
        Numbers.

    Returns
    -------
    values : ndarray of shape (n_candidates,)
    """
    column = np.ma.asarray(column).astype(object).filled(np.nan)
    try:
        values = [np.nan if is_missing(value) else float(value) for value in column]
    except (TypeError, ValueError) as error:
        msg = f"The column {name!r} of the search does not hold numbers ({error})."
        raise ValueError(msg) from error
    return np.array(values)


def column_keys(table):
    """Names of the columns of a dict or a frame."""
    try:
        return list(getattr(table, "columns", table))
    except TypeError as error:
        msg = (
            f"cv_results is of type {type(table).__name__}: pass the table of a fitted "
            "search, search.cv_results_, or another one with a column for each score."
        )
        raise ValueError(msg) from error
