"""Candidates of a search by their scores and gaps."""

from typing import NamedTuple

import numpy as np

from fairlearnkit._counting.pooled import PooledCounts, read_pooled
from fairlearnkit._data.search_results import as_floats, column_keys, score_column


class Candidates(NamedTuple):
    """Scores and gaps of all candidates, of shape (n_candidates,).

    ``eligible`` holds the positions of those that can be chosen, ``pooled`` the counts
    behind the gaps, None if the gaps are those of the table.
    """

    scores: np.ndarray
    gaps: np.ndarray
    eligible: np.ndarray
    pooled: PooledCounts | None = None


def read_gaps(cv_results, gap):
    """Gaps, not negated, and the counts behind them if the table has some.

    Parameters
    ----------
    cv_results : dict or dataframe
        Table with a row for each candidate.
    gap : str
        Name of the negated gap, or of the counts.

    Returns
    -------
    gaps : ndarray of shape (n_candidates,)
    pooled : PooledCounts or None
    """
    pooled = read_pooled(cv_results, gap)
    if pooled is None:
        return -score_column(cv_results, gap), None
    return pooled.gaps(), pooled


def read_candidates(cv_results, score, gap):
    """Scores, greater for better candidates, and gaps, not negated.

    Parameters
    ----------
    cv_results : dict or dataframe
        Table with a row for each candidate.
    score, gap : str
        Names of the score and of the negated gap, or of the counts behind it.

    Returns
    -------
    candidates : Candidates
        Eligible are those with a value of both, of the last round of a halving search.

    Raises
    ------
    ValueError
        A name is unknown, columns differ in length, no candidate is eligible, or the
        gap is not negated.
    """
    scores = score_column(cv_results, score)
    gaps, pooled = read_gaps(cv_results, gap)
    if len(scores) != len(gaps):
        msg = (
            f"{score!r} has {len(scores)} values and {gap!r} has {len(gaps)}: pass a "
            "table with one of each for every candidate."
        )
        raise ValueError(msg)
    usable = np.isfinite(scores) & np.isfinite(gaps)
    if "iter" in column_keys(cv_results):
        # Earlier rounds of a halving search used fewer rows: they do not compare.
        rounds = np.asarray(cv_results["iter"])
        usable &= rounds == rounds.max()
    if not usable.any():
        raise ValueError(_message_of_nan(cv_results, score, gap))
    if pooled is not None:
        pooled.warn_of_left_out(stacklevel=4)
    elif gaps[usable].min() < 0:
        msg = (
            f"{gap} has positive values, such as {-gaps[usable].min():.4g}, and is "
            "not a negated gap. Make its scorer with parity_scorer or with "
            "make_scorer(..., greater_is_better=False); for a ratio, of 1 - ratio."
        )
        raise ValueError(msg)
    return Candidates(scores, gaps, np.flatnonzero(usable), pooled)


def first_by(rows, *keys):
    """The row that is least by the first key, then by the next, then the earliest."""
    return int(rows[np.lexsort([key[rows] for key in reversed(keys)])[0]])


def _message_of_nan(cv_results, score, gap):
    is_nan = {
        score: ~np.isfinite(score_column(cv_results, score)),
        gap: ~np.isfinite(read_gaps(cv_results, gap)[0]),
    }
    counts = "; ".join(_count_nan(cv_results, *item) for item in is_nan.items())
    return (
        f"No candidate has a value of both {score} and {gap}: {counts}. If a scorer "
        "failed, the search has warned of it ('Scoring failed'), and "
        "error_score='raise' stops at the first failure and shows its cause. (A "
        "fold without rows of a group has no gap: stratify the folds by class and "
        "group.)"
    )


def _count_nan(cv_results, name, is_nan):
    """Number of values that are NaN, and the splits without any, in words."""
    suffix, failed = f"_test_{name}", {}
    for key in map(str, column_keys(cv_results)):
        if key.startswith("split") and key.endswith(suffix):
            values = as_floats(key, cv_results[key])
            failed[key.removesuffix(suffix)] = not np.isfinite(values).any()
    text = f"{name} is NaN in {is_nan.sum()} of {len(is_nan)} candidates"
    if is_nan.all() and any(failed.values()) and not all(failed.values()):
        splits = ", ".join(split for split, is_failed in failed.items() if is_failed)
        return f"{text}, in all of them in {splits} of {len(failed)} splits"
    return text
