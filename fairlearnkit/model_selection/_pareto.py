"""The Pareto front of the candidates of a search."""

import numpy as np

from ._candidates import read_candidates


def pareto_front(cv_results, score, gap):
    """Find the candidates that no other candidate beats in score and gap.

    One candidate beats another if it is no worse in both and better in one.

    Parameters
    ----------
    cv_results : dict or dataframe
        ``cv_results_`` of a search, or another table with a row for each candidate,
        whose columns are called ``mean_test_<name>`` or ``<name>``.
    score : str
        Name of the score, greater for better candidates.
    gap : str
        Name of the negated gap, or of the counts of
        :func:`~fairlearnkit.metrics.pooled_scorers`, which are added over the folds.

    Returns
    -------
    indices : ndarray of shape (n_candidates_on_the_front,), intp
        Positions of the candidates, from the lowest gap and score to the highest. Of
        equal candidates, all are included.

    Raises
    ------
    ValueError
        A name is not a column, the gap is not negated, or all values are NaN.

    Notes
    -----
    The front of cross-validated means is itself an estimate: points closer than the
    spread over the folds cannot be distinguished.

    A front may hold models that need the groups at predict beside others that do not.
    Barycenters need them, and so does a ParityThresholdClassifier without a
    ``group_estimator``. Linear and kernel models, ParityProjection, ParityEncoder,
    sample weights, and a ParityThresholdClassifier with a ``group_estimator`` need them
    in fit only. Choose before looking at the front if groups may not be used.

    Examples
    --------
    >>> from fairlearnkit.model_selection import pareto_front
    >>> cv_results = {
    ...     "mean_test_accuracy": [0.80, 0.78, 0.60, 0.70],
    ...     "mean_test_gap": [-0.20, -0.05, 0.0, -0.10],
    ... }
    >>> pareto_front(cv_results, "accuracy", "gap").tolist()
    [2, 1, 0]
    """
    scores, gaps, eligible, _ = read_candidates(cv_results, score, gap)
    # By ascending gap, and of equal gaps by descending score: a candidate is beaten by
    # one before it, unless its score is the best so far ...
    order = eligible[np.lexsort((-scores[eligible], gaps[eligible]))]
    scores, gaps = scores[order], gaps[order]
    best = np.maximum.accumulate(scores)
    # ... and was not reached at a lower gap.
    first = np.searchsorted(best, best)
    return order[(scores == best) & (gaps == gaps[first])]
