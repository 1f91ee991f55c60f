"""Rules for ``refit=``: from the table of a search to one of its candidates."""

import warnings
from dataclasses import dataclass
from numbers import Real

import numpy as np

from fairlearnkit._data.search_results import column_keys

from ._candidates import first_by, read_candidates

# Candidates that a message names if none qualifies: enough to see how far the bound is
# away. Doubled, the message is twice as long.
MOST_NAMED = 3
# A mean of gaps may exceed the bound by rounding, of the order of 1e-16. Doubling it
# makes no difference to gaps of rates, whose steps are far larger.
ROUNDING = 1e-12


@dataclass(frozen=True)
class LowestGap:
    r"""Rule that chooses the lowest gap among candidates with a nearly best score.

    .. math:: \arg\min_i \, \text{gap}_i \quad \text{subject to} \quad
              \text{score}_i \ge \text{min\_score\_ratio} \cdot \max_j \text{score}_j

    Pass it as ``refit=`` to a search with several scorers. This is the two-step rule of
    the FERM papers.

    Parameters
    ----------
    score : str
        Name of the score in ``scoring``, greater for better candidates.
    gap : str
        Name of the negated gap in ``scoring``, as
        :func:`~fairlearnkit.metrics.parity_scorer` returns it.
    min_score_ratio : float, default=0.9
        Fraction of the best score that a candidate has to reach. If the best score is
        negative, as for "neg_mean_squared_error", it is multiplied by
        ``2 - min_score_ratio`` instead: with 0.9, errors may be 10 % larger.

    See Also
    --------
    HighestScore : Choose the highest score under a bound on the gap.

    Notes
    -----
    Of equal gaps, the higher score wins, then the earlier candidate. Candidates with a
    NaN in one of the two are skipped, and so are those of earlier rounds of a halving
    search. ``HalvingGridSearchCV`` itself ignores a function that is passed as
    ``refit``: call the rule on its ``cv_results_``. A search with several scorers and a
    function as ``refit`` has no ``score``: call a scorer on the search.

    If classes are unbalanced, a constant classifier, whose gap is 0, can reach 0.9 of
    the best accuracy: use balanced accuracy, or a ratio closer to 1.

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
            Table whose columns are called ``mean_test_<name>`` or ``<name>``.

        Returns
        -------
        index : int

        Raises
        ------
        ValueError
            `min_score_ratio` is not a number between 0 and 1, the table lacks one of
            the columns, or no candidate has values of both.
        """
        if not (_is_number(self.min_score_ratio) and 0 <= self.min_score_ratio <= 1):
            msg = (
                f"min_score_ratio={self.min_score_ratio!r} is not a fraction of the "
                "best score: give a number between 0 and 1."
            )
            raise ValueError(msg)
        scores, gaps, eligible = read_candidates(cv_results, self.score, self.gap)
        best = scores[eligible].max()
        ratio = self.min_score_ratio if best > 0 else 2 - self.min_score_ratio
        return first_by(eligible[scores[eligible] >= ratio * best], gaps, -scores)


@dataclass(frozen=True)
class HighestScore:
    r"""Rule that chooses the highest score among candidates with a small gap.

    .. math:: \arg\max_i \, \text{score}_i \quad \text{subject to} \quad
              \text{gap}_i \le \text{max\_gap}

    Pass it as ``refit=`` to a search with several scorers.

    Parameters
    ----------
    score : str
        Name of the score in ``scoring``, greater for better candidates.
    gap : str
        Name of the negated gap in ``scoring``, as
        :func:`~fairlearnkit.metrics.parity_scorer` returns it.
    max_gap : float
        Largest mean gap over the folds, in units of the metric.
    otherwise : {"lowest_gap", "error"}, default="lowest_gap"
        What to do if no candidate qualifies: warn and choose the one with the lowest
        gap, or raise an error, in which case all fits of the search are lost.

    See Also
    --------
    LowestGap : Choose the lowest gap among candidates with good scores.

    Notes
    -----
    Of equal scores, the lower gap wins, then the earlier candidate. NaN, halving
    searches and ``score`` of a search are treated as described in :class:`LowestGap`.

    The bound holds for the mean over the folds. The gap of the refitted model on new
    rows is a different number, and choosing the best candidate makes the mean
    optimistic: measure the gap on rows that the search has not seen.

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
            Table whose columns are called ``mean_test_<name>`` or ``<name>``.

        Returns
        -------
        index : int

        Raises
        ------
        ValueError
            No candidate qualifies and `otherwise` is "error", `max_gap` is not a number
            of at least 0, the table lacks one of the columns, or no candidate has
            values of both.

        Warns
        -----
        UserWarning
            No candidate qualifies. The message names the closest ones.
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
        scores, gaps, eligible = read_candidates(cv_results, self.score, self.gap)
        within = eligible[gaps[eligible] <= self.max_gap + ROUNDING]
        if len(within):
            return first_by(within, -scores, gaps)
        by_gap = eligible[np.lexsort((-scores[eligible], gaps[eligible]))]
        return self._choose_lowest_gap(cv_results, scores, gaps, by_gap)

    def _choose_lowest_gap(self, cv_results, scores, gaps, by_gap):
        """Choose the lowest gap, with a warning, or raise an error."""
        closest = by_gap[:MOST_NAMED].tolist()
        named = "; ".join(
            f"{gaps[i]:.4g}, at {self.score} {scores[i]:.4g}"
            + _with_params(cv_results, i)
            for i in closest
        )
        text = (
            f"No candidate has a mean {self.gap} of at most max_gap={self.max_gap}. "
            f"{'The lowest are' if len(closest) > 1 else 'The only one is'} {named}."
        )
        if self.otherwise == "error":
            msg = (
                f"{text} Allow a larger gap, search where it is smaller, or take the "
                "lowest with otherwise='lowest_gap'."
            )
            raise ValueError(msg)
        msg = f"{text} The lowest is taken; otherwise='error' raises an error instead."
        warnings.warn(msg, UserWarning, stacklevel=3)
        return closest[0]


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _with_params(cv_results, row):
    if "params" not in column_keys(cv_results):
        return ""
    return f", with {list(cv_results['params'])[row]}"
