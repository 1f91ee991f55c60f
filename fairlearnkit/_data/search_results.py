"""Columns of the table of a search, such as ``cv_results_``."""

import numpy as np

from fairlearnkit._data.labels import is_missing


def figures(cv_results, name, kind="mean"):
    """Means by the name of a scorer, or a column by its own name.

    Parameters
    ----------
    cv_results : dict or dataframe
        Table with a row for each candidate.
    name : str
        Of a scorer, or a column.
    kind : {"mean", "std"}, default="mean"
        Which figure of the scorer.

    Returns
    -------
    column : ndarray of shape (n_candidates,) or None
        NaN where there is nothing; None for standard deviations that are not there.
    """
    keys = keys_of(cv_results)
    for key in [f"{kind}_test_{name}", *([name] if kind == "mean" else [])]:
        if key in keys:
            return _floats(key, cv_results[key])
    if kind == "std":
        return None
    texts = [str(key) for key in keys]
    known = [key.removeprefix("mean_test_") for key in texts if "mean_test_" in key]
    msg = (
        f"{name!r} is not among the scores of the search, {known or texts}. "
        "Name it there: scoring={'accuracy': 'accuracy', 'gap': parity_scorer(...)}."
    )
    raise ValueError(msg)


def _floats(name, column):
    """A column as numbers; NaN for None, NA and what is masked."""
    column = np.ma.asarray(column).astype(object).filled(np.nan)
    try:
        values = [np.nan if is_missing(value) else float(value) for value in column]
    except (TypeError, ValueError) as error:
        msg = f"The column {name!r} of the search's table is not of numbers ({error})."
        raise ValueError(msg) from error
    return np.array(values)


def keys_of(table):
    """Names of the columns of a dict or a frame."""
    try:
        return list(getattr(table, "columns", table))
    except TypeError as error:
        msg = (
            f"cv_results is of type {type(table).__name__}: pass the table of a fitted "
            "search, search.cv_results_, or another one with a column for each score."
        )
        raise ValueError(msg) from error
