"""Rules for ``refit=``: from the table of a search to one of its candidates."""

import warnings
from dataclasses import dataclass
from numbers import Real

import numpy as np

from fairlearnkit._data.search_results import column_keys

from ._candidates import first_by, read_candidates
from ._choice import warn_of_choice

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
        First argument of :func:`~fairlearnkit.metrics.pooled_scorers`, whose counts are
        added over the folds; or the name of a negated gap in ``scoring``, as
        :func:`~fairlearnkit.metrics.parity_scorer` returns it, whose mean is taken.
    min_score_ratio : float, default=0.9
        Fraction of the best score that a candidate has to reach. If the best score is
        negative, as for "neg_mean_squared_error", it is multiplied by
        ``2 - min_score_ratio`` instead: with 0.9, errors may be 10 % larger.
    min_score : float, default=None
        Lowest acceptable score. If no candidate reaches it, the one with the highest
        score is chosen, with a warning.

    See Also
    --------
    HighestScore : Choose the highest score under a bound on the gap.

    Notes
    -----
    If gaps are equal, the higher score wins, then the earlier candidate. Candidates
    with NaN as score or gap are skipped, and so are those of earlier rounds of a
    halving search. ``HalvingGridSearchCV`` itself ignores a function that is passed as
    ``refit``: call the rule on its ``cv_results_``. A search with several scorers and a
    function as ``refit`` has no ``score``: call a scorer on the search.

    If classes are unbalanced, a constant classifier, whose gap is 0, can reach 0.9 of
    the best accuracy: use balanced accuracy, `min_score`, or a ratio closer to 1. With
    the counts of `pooled_scorers`, the rule warns if the chosen candidate makes the
    same decision for nearly everyone, or if its gap is that of a very small group.

    Without these counts, the gap is the mean over the folds, which is too large: each
    fold adds noise, and a gap is never negative.

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
    min_score: float | None = None

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

        Warns
        -----
        UserWarning
            No candidate reaches `min_score`, or the chosen one decides the same for
            nearly all rows.
        SmallGroupWarning
            The gap of the chosen one is that of a group of fewer than 10 rows, or
            ``min_group_size`` of the scorers leaves groups out.
        """
        _check_min_score(self.min_score)
        if not (_is_number(self.min_score_ratio) and 0 <= self.min_score_ratio <= 1):
            msg = (
                f"min_score_ratio={self.min_score_ratio!r} is not a fraction of the "
                "best score: give a number between 0 and 1."
            )
            raise ValueError(msg)
        candidates = read_candidates(cv_results, self.score, self.gap)
        scores, gaps, eligible, _ = candidates
        best = scores[eligible].max()
        ratio = self.min_score_ratio if best > 0 else 2 - self.min_score_ratio
        close = _acceptable(candidates, self.min_score)
        close = close[scores[close] >= ratio * best]
        if not len(close):
            text = _message_of_low_scores(self.score, self.min_score, best)
            warnings.warn(f"{text} It is taken.", UserWarning, stacklevel=2)
            close = eligible[scores[eligible] == best]
        chosen = first_by(close, gaps, -scores)
        warn_of_choice(candidates, chosen)
        return chosen


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
        First argument of :func:`~fairlearnkit.metrics.pooled_scorers`, whose counts are
        added over the folds; or the name of a negated gap in ``scoring``, as
        :func:`~fairlearnkit.metrics.parity_scorer` returns it, whose mean is taken.
    max_gap : float
        Largest gap of the decisions in all folds together, or mean over the folds (see
        `gap`), in units of the metric.
    otherwise : {"lowest_gap", "error"}, default="lowest_gap"
        What to do if no candidate qualifies: warn and choose the one with the lowest
        gap, or raise an error, in which case all fits of the search are lost.
    min_score : float, default=None
        Lowest acceptable score. Candidates below it do not qualify and are not chosen
        as a fallback either. If all are below, the one with the highest score is the
        fallback.

    See Also
    --------
    LowestGap : Choose the lowest gap among candidates with good scores.

    Notes
    -----
    If scores are equal, the lower gap wins, then the earlier candidate. NaN, halving
    searches and ``score`` of a search are treated as described in :class:`LowestGap`.

    The bound holds for decisions about the rows of this search. The gap of the refitted
    model on new rows is a different number, and the gap of the best of many candidates
    is optimistic: measure it on rows that the search has not seen. The mean over folds,
    on the other hand, is too large, as described in :class:`LowestGap`. With few rows,
    it may be that no candidate qualifies.

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
    min_score: float | None = None

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
            No candidate qualifies (the message names the closest ones), or the chosen
            one decides the same for nearly all rows.
        SmallGroupWarning
            The gap of the chosen one is that of a group of fewer than 10 rows, or
            ``min_group_size`` of the scorers leaves groups out.
        """
        _check_min_score(self.min_score)
        if self.otherwise not in ("error", "lowest_gap"):
            msg = (
                f"otherwise={self.otherwise!r} is not known; use 'error' or "
                "'lowest_gap'."
            )
            raise ValueError(msg)
        if not (_is_number(self.max_gap) and self.max_gap >= 0):
            msg = f"max_gap={self.max_gap!r} must be a number of at least 0."
            raise ValueError(msg)
        candidates = read_candidates(cv_results, self.score, self.gap)
        scores, gaps, eligible, _ = candidates
        acceptable = _acceptable(candidates, self.min_score)
        within = acceptable[gaps[acceptable] <= self.max_gap + ROUNDING]
        if len(within):
            chosen = first_by(within, -scores, gaps)
        elif len(acceptable):
            by_gap = acceptable[np.lexsort((-scores[acceptable], gaps[acceptable]))]
            chosen = int(by_gap[0])
            self._settle_for(
                _message_of_gaps(cv_results, self, candidates, by_gap), "lowest"
            )
        else:
            chosen = first_by(eligible, -scores, gaps)
            self._settle_for(
                _message_of_low_scores(self.score, self.min_score, scores[chosen]),
                "highest",
            )
        warn_of_choice(candidates, chosen)
        return chosen

    def _settle_for(self, text, taken):
        """Warn that the next best candidate is taken, or raise an error."""
        if self.otherwise == "error":
            msg = (
                f"{text} Allow a larger gap, search where it is smaller, or take the "
                f"{taken} with otherwise='lowest_gap'."
            )
            raise ValueError(msg)
        msg = f"{text} The {taken} is taken; otherwise='error' raises an error instead."
        warnings.warn(msg, UserWarning, stacklevel=3)


def _message_of_gaps(cv_results, rule, candidates, by_gap):
    """No gap is small enough: the smallest ones, and the groups behind them."""
    scores, gaps, _, pooled = candidates
    named = "; ".join(
        f"{gaps[i]:.4g}{_with_pair(pooled, i)}, at {rule.score} {scores[i]:.4g}"
        + _with_params(cv_results, i)
        for i in by_gap[:MOST_NAMED].tolist()
    )
    kind = "pooled" if pooled is not None else "mean"
    text = f"No candidate has a {kind} {rule.gap} of at most max_gap={rule.max_gap}"
    if rule.min_score is not None:
        text += f" and {rule.score} of at least min_score={rule.min_score}"
    if pooled is None and f"mean_test_{rule.gap}" in column_keys(cv_results):
        text += (
            " (mean of the folds' gaps, which is biased upwards; for gaps of rates "
            "pooled_scorers counts all folds together)"
        )
    lowest = "The lowest are" if len(by_gap) > 1 else "The only one is"
    return f"{text}. {lowest} {named}."


def _with_pair(pooled, row):
    pair = "" if pooled is None else pooled.describe_pair(row)[0]
    return f" ({pair})" if pair else ""


def _message_of_low_scores(name, min_score, best):
    return (
        f"No candidate has {name} of at least min_score={min_score}. The highest is "
        f"{best:.4g}."
    )


def _acceptable(candidates, min_score):
    """Positions of the eligible candidates whose score is not below the lowest one."""
    scores, _, eligible, _ = candidates
    if min_score is None:
        return eligible
    return eligible[scores[eligible] >= min_score]


def _check_min_score(min_score):
    if not (min_score is None or _is_number(min_score)):
        msg = f"min_score={min_score!r} must be a number, or None."
        raise ValueError(msg)


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _with_params(cv_results, row):
    if "params" not in column_keys(cv_results):
        return ""
    return f", with {list(cv_results['params'])[row]}"
