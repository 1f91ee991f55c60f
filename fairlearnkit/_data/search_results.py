"""Columns of the results of a search, such as ``cv_results_``."""

import numpy as np

from fairlearnkit._data.missing import is_missing


def score_column(cv_results, name, kind="mean"):
    """Test scores of the candidates, by the name of a scorer or of a column.

    Parameters
    ----------
    cv_results : dict or dataframe
        Table with a row for each candidate.
    name : str
        Name of a scorer or of a column.
    kind : {"mean", "std"}, default="mean"
        Mean or standard deviation over the folds.

    Returns
    -------
    column : ndarray of shape (n_candidates,) or None
        NaN where a score is missing. None if there is no column of standard deviations.

    Raises
    ------
    ValueError
        If there is no such scorer or column, or it does not hold numbers.
    """
    keys = column_keys(cv_results)
    for key in [f"{kind}_test_{name}", *([name] if kind == "mean" else [])]:
        if key in keys:
            return as_floats(key, cv_results[key])
    if kind == "std":
        return None
    texts = [str(key) for key in keys]
    known = [key.removeprefix("mean_test_") for key in texts if "mean_test_" in key]
    msg = (
        f"{name!r} is not among the scores of the search, {known or texts}. "
        "Name it there: scoring={'accuracy': 'accuracy', 'gap': parity_scorer(...)}."
    )
    raise ValueError(msg)


def as_floats(name, column):
    """A column in float64; NaN for None, NA and masked entries."""
    column = np.ma.asarray(column).astype(object).filled(np.nan)
    try:
        values = [np.nan if is_missing(value) else float(value) for value in column]
    except (TypeError, ValueError) as error:
        msg = f"The column {name!r} of cv_results does not hold numbers ({error})."
        raise ValueError(msg) from error
    return np.array(values)


def column_keys(table):
    """Names of the columns of a dict or a frame."""
    try:
        return list(getattr(table, "columns", table))
    except TypeError as error:
        msg = (
            f"cv_results is of type {type(table).__name__}: pass the results of a "
            "fitted search, search.cv_results_, or a table with a column for each "
            "score."
        )
        raise ValueError(msg) from error
