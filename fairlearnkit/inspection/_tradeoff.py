"""Score and gap of all candidates of a search."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fairlearnkit._counting.pooled import read_pooled
from fairlearnkit._data.search_results import score_column
from fairlearnkit._optim.decision_path import front
from fairlearnkit.model_selection import pareto_front

from ._drawing import COLORS, get_axes, to_frame


class TradeoffDisplay:
    r"""Candidates of a search by score and gap, with their Pareto front.

    .. math:: \{ i : \text{no } j \text{ with score}_j \ge \text{score}_i, \,
              \text{gap}_j \le \text{gap}_i, \text{ one of them strictly} \}

    Parameters
    ----------
    score, gap : array-like of shape (n_candidates,)
        Score, greater for better candidates, and gap, not negated.
    front : array-like of int
        Positions of the candidates that no other beats in both, in ascending order of
        their gaps.
    chosen : int, default=None
        Position of the candidate to mark.
    names : tuple of str, default=("score", "gap")
        Names of both, for the axes.
    spread : tuple of ndarray, default=None
        Standard deviations over folds of score and gap.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the drawing.
    figure_ : matplotlib Figure
        The figure that holds the axes.

    See Also
    --------
    fairlearnkit.model_selection.pareto_front : The front alone.
    fairlearnkit.model_selection.LowestGap : A rule that chooses a candidate.

    Notes
    -----
    Means over folds are estimates: points closer than their error bars cannot be
    distinguished, and the best of many candidates looks better than it is.

    References
    ----------
    Miettinen: Nonlinear Multiobjective Optimization. Springer 1999, definition 2.2.1.

    Examples
    --------
    >>> from fairlearnkit.inspection import TradeoffDisplay
    >>> results = {
    ...     "mean_test_accuracy": [0.80, 0.78, 0.60, 0.70],
    ...     "mean_test_gap": [-0.20, -0.05, 0.0, -0.10],
    ... }
    >>> display = TradeoffDisplay.from_cv_results(results, "accuracy", "gap", chosen=1)
    >>> display.frame()["on_front"].tolist()
    [True, True, True, False]
    """

    def __init__(
        self, *, score, gap, front, chosen=None, names=("score", "gap"), spread=None
    ):
        self.score = score
        self.gap = gap
        self.front = front
        self.chosen = chosen
        self.names = names
        self.spread = spread

    @classmethod
    def from_cv_results(cls, cv_results, score, gap, *, chosen=None, ax=None):
        """Draw the candidates of a search and their Pareto front.

        Parameters
        ----------
        cv_results : dict or dataframe
            ``cv_results_`` of a search, or another table with a row for each
            candidate, whose columns are called ``mean_test_<name>`` or ``<name>``.
        score : str
            Name of the score, greater for better candidates.
        gap : str
            Name of the negated gap, as `parity_scorer` returns it, or of the counts of
            `pooled_scorers`.
        chosen : int, default=None
            Position of the candidate to mark, such as ``search.best_index_``.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : TradeoffDisplay
            The drawn display.
        """
        best = pareto_front(cv_results, score, gap)
        scores = score_column(cv_results, score)
        pooled = read_pooled(cv_results, gap)
        gaps = -score_column(cv_results, gap) if pooled is None else pooled.gaps()
        # Pooled gaps are one number for all folds, without a spread.
        spread = tuple(score_column(cv_results, name, "std") for name in (score, gap))
        if any(column is None for column in spread):
            spread = None
        if chosen is not None:
            chosen = range(len(scores))[chosen]  # counts from the end if negative
        return cls(
            score=scores,
            gap=gaps,
            front=best,
            chosen=chosen,
            names=(score, gap),
            spread=spread,
        ).plot(ax=ax)

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Draw the rules of a fitted decision rule for all bounds, without a refit.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`~fairlearnkit.postprocessing.ParityThresholdClassifier`, or
            another estimator with an attribute ``tradeoff_``, a dict with the arrays
            "cost" and "gap", and with ``cost_`` and ``gap_``, those of its own rule.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : TradeoffDisplay
            The drawn display. Its score is the negated cost.
        """
        check_is_fitted(estimator, "tradeoff_")
        cost, gap = (np.asarray(estimator.tradeoff_[name]) for name in ("cost", "gap"))
        own = np.hypot(cost - estimator.cost_, gap - estimator.gap_)  # 0 for its rule
        return cls(
            score=-cost,
            gap=gap,
            front=front(gap, cost),
            chosen=int(own.argmin()),
            names=("negated expected cost", "gap of rates"),
        ).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the candidates, the front and the chosen candidate.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : TradeoffDisplay
            This display, with ``ax_`` and ``figure_``.
        """
        self.ax_, self.figure_ = get_axes(ax)
        score, gap = np.asarray(self.score), np.asarray(self.gap)
        if self.spread is not None:
            self._draw_spread()
        self.ax_.plot(gap, score, "o", color="0.55", label="candidates")
        self.ax_.plot(
            gap[self.front],
            score[self.front],
            "s-",  # joined in the order of the front, by ascending gap
            color=COLORS[1],
            label="not beaten in both",
        )
        if self.chosen is not None:
            self._draw_chosen()  # last, on top of the others
        self.ax_.set(xlabel=self.names[1], ylabel=self.names[0])
        self.ax_.legend()
        return self

    def _draw_spread(self):
        score_error, gap_error = self.spread
        self.ax_.errorbar(
            self.gap,
            self.score,
            yerr=score_error,
            xerr=gap_error,
            fmt="none",
            ecolor="0.85",
            zorder=0,  # behind the candidates
        )

    def _draw_chosen(self):
        self.ax_.plot(
            [self.gap[self.chosen]],
            [self.score[self.chosen]],
            "*",
            color=COLORS[6],
            markeredgecolor="black",
            markersize=16,
            label="chosen",
        )

    def frame(self):
        """Table with one row for each candidate.

        Returns
        -------
        frame : DataFrame
            Columns score, gap, on_front and chosen.
        """
        positions = np.arange(len(self.score))
        return to_frame(
            {
                "score": self.score,
                "gap": self.gap,
                "on_front": np.isin(positions, self.front),
                "chosen": positions == self.chosen,
            }
        )
