"""Rules for ``refit=``: from the table of a search to one of its candidates."""

import warnings
from dataclasses import dataclass
from numbers import Real

import numpy as np

from fairlearnkit._data.search_results import as_floats, column_keys, score_column

# How many candidates are named where none qualifies.
NEAREST = 3


@dataclass(frozen=True)
class LowestGap:
    r"""The lowest gap among the candidates whose score is close to the best.

    .. math:: \arg\min_i \, \text{gap}_i \quad \text{subject to} \quad
              \text{score}_i \ge \text{min\_score\_ratio} \cdot \max_j \text{score}_j

    The two-step rule of the FERM papers. For ``refit=`` of a search with several
    scorers.

    Parameters
    ----------
    score : str
        Name of the score in ``scoring``, greater for better candidates.
    gap : str
        Name of the negated gap in ``scoring``, as
        :func:`~fairlearnkit.metrics.parity_scorer` makes it.
    min_score_ratio : float, default=0.9
        Part of the best score that has to be reached. A best score below 0, such as
        that of "neg_mean_squared_error", is multiplied by ``2 - min_score_ratio``:
        at 0.9 errors may be 10 % larger.

    See Also
    --------
    HighestScore : The best score under a bound on the gap.

    Notes
    -----
    Of equal gaps the higher score wins, then the earlier candidate. Candidates with NaN
    in one of the two are left out, and so are those of earlier rounds of a halving
    search. ``HalvingGridSearchCV`` itself ignores a function given as ``refit``: call
    the rule on its ``cv_results_``. A search with a function as ``refit`` and several
    scorers has no ``score``: call a scorer on the search.

    On unbalanced classes a constant classifier has a gap of 0 and can be within 0.9 of
    the best accuracy: take balanced accuracy, or a ratio nearer to 1.

    References
    ----------
    Donini, Oneto, Ben-David, Shawe-Taylor, Pontil: Empirical Risk Minimization under
    Fairness Constraints. NeurIPS 2018, section 5.

    Examples
    --------
    >>> from fairlearnkit.model_selection import LowestGap
    >>> cv_results = {
    ...     "mean_test_accuracy": [0.80, 0.78, 0.60],
    ...     "mean_test_gap": [-0.20, -0.05, 0.0],
    ... }
    >>> LowestGap("accuracy", "gap")(cv_results)
    1
    """

    score: str
    gap: str
    min_score_ratio: float = 0.9

    def __call__(self, cv_results):
        """Position of the chosen candidate.

        Parameters
        ----------
        cv_results : dict or dataframe
            Columns ``mean_test_<name>``, or of the names themselves.

        Returns
        -------
        index : int

        Raises
        ------
        ValueError
            `min_score_ratio` is no number from 0 to 1; a table without these columns,
            or no candidate that has both.
        """
        if not (_is_number(self.min_score_ratio) and 0 <= self.min_score_ratio <= 1):
            msg = (
                f"min_score_ratio={self.min_score_ratio!r} is no part of the best "
                "score: give a number between 0 and 1."
            )
            raise ValueError(msg)
        scores, gaps, rows = _candidates(cv_results, self.score, self.gap)
        best = scores[rows].max()
        ratio = self.min_score_ratio if best > 0 else 2 - self.min_score_ratio
        return _first(rows[scores[rows] >= ratio * best], gaps, -scores)


@dataclass(frozen=True)
class HighestScore:
    r"""The highest score among the candidates whose gap is small enough.

    .. math:: \arg\max_i \, \text{score}_i \quad \text{subject to} \quad
              \text{gap}_i \le \text{max\_gap}

    For ``refit=`` of a search with several scorers.

    Parameters
    ----------
    score : str
        Name of the score in ``scoring``, greater for better candidates.
    gap : str
        Name of the negated gap in ``scoring``, as
        :func:`~fairlearnkit.metrics.parity_scorer` makes it.
    max_gap : float
        Largest mean gap over the folds, in the unit of the metric.
    otherwise : {"lowest_gap", "error"}, default="lowest_gap"
        What to do where no candidate qualifies: warn and take the one of the lowest
        gap, or raise an error, with which a search loses all its fits.

    See Also
    --------
    LowestGap : The lowest gap among good scores.

    Notes
    -----
    Of equal scores the lower gap wins, then the earlier candidate. Candidates with NaN
    in one of the two are left out, and so are those of earlier rounds of a halving
    search. ``HalvingGridSearchCV`` itself ignores a function given as ``refit``: call
    the rule on its ``cv_results_``. A search with a function as ``refit`` and several
    scorers has no ``score``: call a scorer on the search.

    The bound holds for the mean over the folds. The gap of the refitted model on new
    rows is another number, and the choice of the best makes this one optimistic:
    measure it on rows that the search has not seen.

    Examples
    --------
    >>> from fairlearnkit.model_selection import HighestScore
    >>> cv_results = {
    ...     "mean_test_accuracy": [0.80, 0.78, 0.60],
    ...     "mean_test_gap": [-0.20, -0.05, 0.0],
    ... }
    >>> HighestScore("accuracy", "gap", max_gap=0.05)(cv_results)
    1
    """

    score: str
    gap: str
    max_gap: float
    otherwise: str = "lowest_gap"

    def __call__(self, cv_results):
        """Position of the chosen candidate.

        Parameters
        ----------
        cv_results : dict or dataframe
            Columns ``mean_test_<name>``, or of the names themselves.

        Returns
        -------
        index : int

        Raises
        ------
        ValueError
            No candidate qualifies, with ``otherwise="error"``; `max_gap` is no number
            of at least 0; a table without these columns, or no candidate that has
            both.

        Warns
        -----
        UserWarning
            No candidate qualifies; the nearest ones are named.
        """
        if self.otherwise not in ("error", "lowest_gap"):
            msg = (
                f"otherwise={self.otherwise!r} is not known; use 'error' or "
                "'lowest_gap'."
            )
            raise ValueError(msg)
        if not (_is_number(self.max_gap) and self.max_gap >= 0):
            msg = f"max_gap={self.max_gap!r} must be a number of at least 0."
            raise ValueError(msg)
        scores, gaps, rows = _candidates(cv_results, self.score, self.gap)
        within = rows[gaps[rows] <= self.max_gap + 1e-12]  # a mean is rounded
        if len(within):
            return _first(within, -scores, gaps)
        return self._nearest(cv_results, scores, gaps, rows)

    def _nearest(self, cv_results, scores, gaps, rows):
        """The lowest gap, with a warning, or an error; both name what is nearest."""
        nearest = rows[np.lexsort((-scores[rows], gaps[rows]))[:NEAREST]].tolist()
        named = "; ".join(
            f"{gaps[i]:.4g}, at {self.score} {scores[i]:.4g}"
            + _parameters(cv_results, i)
            for i in nearest
        )
        told = (
            f"No candidate has a mean {self.gap} of at most max_gap={self.max_gap}. "
            f"{'The lowest are' if len(nearest) > 1 else 'The only one is'} {named}."
        )
        if self.otherwise == "error":
            msg = (
                f"{told} Allow a larger gap, search where it is smaller, or take the "
                "lowest with otherwise='lowest_gap'."
            )
            raise ValueError(msg)
        msg = f"{told} The lowest is taken; otherwise='error' refuses it."
        warnings.warn(msg, UserWarning, stacklevel=3)
        return nearest[0]


def pareto_front(cv_results, score, gap):
    """Candidates that no other beats in score and gap at once.

    Parameters
    ----------
    cv_results : dict or dataframe
        ``cv_results_`` of a search, or another table with a row for each candidate;
        columns ``mean_test_<name>``, or of the names themselves.
    score : str
        Name of the score, greater for better candidates.
    gap : str
        Name of the negated gap.

    Returns
    -------
    indices : ndarray of shape (n_candidates_on_the_front,), intp
        Positions of the candidates, from the lowest gap and score to the highest.
        Equal candidates are all there.

    Raises
    ------
    ValueError
        A name that is not a column, a gap that is not negated, or nothing but NaN.

    Notes
    -----
    A front of cross-validated means is itself an estimate: points that lie closer
    together than the spread over the folds are not told apart.

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
    scores, gaps, rows = _candidates(cv_results, score, gap)
    order = rows[np.lexsort((-scores[rows], gaps[rows]))]
    scores, gaps = scores[order], gaps[order]
    best = np.maximum.accumulate(scores)
    first = np.searchsorted(best, best)  # the lowest gap at which it was reached
    return order[(scores == best) & (gaps == gaps[first])]


def _candidates(cv_results, score, gap):
    """Scores and gaps of all candidates, and the rows that can be chosen."""
    scores, negated = score_column(cv_results, score), score_column(cv_results, gap)
    usable = np.isfinite(scores) & np.isfinite(negated)
    if "iter" in column_keys(cv_results):  # of a halving search: at first, few rows
        rounds = np.asarray(cv_results["iter"])
        usable &= rounds == rounds.max()
    if not usable.any():
        told = "; ".join(_where_nan(cv_results, name) for name in (score, gap))
        msg = (
            f"No candidate has a value of both {score} and {gap}: {told}. Where a "
            "scorer failed, the search has warned of it ('Scoring failed'), and "
            "error_score='raise' stops at the first failure and shows its cause. (A "
            "fold without rows of a group has no gap: stratify the folds by class and "
            "group.)"
        )
        raise ValueError(msg)
    if negated[usable].max() > 0:
        msg = (
            f"{gap} has positive values, such as {negated[usable].max():.4g}, and is "
            "no negated gap. Make its scorer with parity_scorer or with "
            "make_scorer(..., greater_is_better=False); for a ratio, of 1 - ratio."
        )
        raise ValueError(msg)
    return scores, -negated, np.flatnonzero(usable)


def _where_nan(cv_results, name):
    """How often a mean is not finite, and the splits to blame in all of them."""
    lost = ~np.isfinite(score_column(cv_results, name))
    folds, ending = {}, f"_test_{name}"
    for key in map(str, column_keys(cv_results)):
        if key.startswith("split") and key.endswith(ending):
            failed = not np.isfinite(as_floats(key, cv_results[key])).any()
            folds[key.removesuffix(ending)] = failed
    told = f"{name} is NaN in {lost.sum()} of {len(lost)} candidates"
    if lost.all() and any(folds.values()) and not all(folds.values()):
        blamed = ", ".join(fold for fold, failed in folds.items() if failed)
        return f"{told}, in all of them in {blamed} of {len(folds)} splits"
    return told


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _first(rows, *keys):
    """The row that is least by the first key, then by the next."""
    return int(rows[np.lexsort([key[rows] for key in reversed(keys)])[0]])


def _parameters(cv_results, row):
    if "params" not in column_keys(cv_results):
        return ""
    return f", with {list(cv_results['params'])[row]}"
