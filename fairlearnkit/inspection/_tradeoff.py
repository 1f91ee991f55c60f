"""A score against a gap, for all candidates of a search."""

import numpy as np

from fairlearnkit._data.search_results import score_column
from fairlearnkit.model_selection import pareto_front

from ._drawing import COLORS, axes, frame_of


class TradeoffDisplay:
    r"""Candidates by score and gap, with the front that no other candidate beats.

    .. math:: \{ i : \text{no } j \text{ with score}_j \ge \text{score}_i, \,
              \text{gap}_j \le \text{gap}_i, \text{ one of them strictly} \}

    Parameters
    ----------
    score, gap : array-like of shape (n_candidates,)
        Score, greater for better ones, and gap, not negated.
    front : array-like of int
        Positions of the front, in the order of their gaps.
    chosen : int, default=None
        Position of the candidate to mark.
    names : tuple of str, default=("score", "gap")
        What both are, for the axes.
    spread : tuple of ndarray, default=None
        Standard deviations over folds of score and gap.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were drawn on.
    figure_ : matplotlib Figure
        Their figure.

    See Also
    --------
    fairlearnkit.model_selection.pareto_front : The front alone.
    fairlearnkit.model_selection.LowestGap : A rule that chooses.

    Notes
    -----
    Means over folds are estimates: points that lie closer than their bars are not told
    apart, and the best of many candidates looks better than it is.

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
    >>> shown = TradeoffDisplay.from_cv_results(results, "accuracy", "gap", chosen=1)
    >>> shown.frame()["on_front"].tolist()
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
        """Find the front and draw.

        Parameters
        ----------
        cv_results : dict or dataframe
            ``cv_results_`` of a search, or another table with a row for each
            candidate; columns ``mean_test_<name>``, or of the names themselves.
        score : str
            Name of the score, greater for better candidates.
        gap : str
            Name of the negated gap, as `parity_scorer` gives it.
        chosen : int, default=None
            Position of the candidate to mark, such as ``search.best_index_``.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes some.

        Returns
        -------
        display : TradeoffDisplay
            The drawn display.
        """
        front = pareto_front(cv_results, score, gap)
        values = [score_column(cv_results, name) for name in (score, gap)]
        spread = [score_column(cv_results, name, "std") for name in (score, gap)]
        spread = None if any(one is None for one in spread) else tuple(spread)
        if chosen is not None:
            chosen = range(len(values[0]))[chosen]
        found = {"score": values[0], "gap": -values[1], "spread": spread}
        shown = cls(**found, front=front, chosen=chosen, names=(score, gap))
        return shown.plot(ax=ax)

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes some.

        Returns
        -------
        display : TradeoffDisplay
            This display, with ``ax_`` and ``figure_``.
        """
        self.ax_, self.figure_ = axes(ax)
        if self.spread is not None:
            error, gap_error = self.spread
            self.ax_.errorbar(
                self.gap,
                self.score,
                yerr=error,
                xerr=gap_error,
                fmt="none",
                ecolor="0.85",
                zorder=0,
            )
        self.ax_.plot(self.gap, self.score, "o", color="0.55", label="candidates")
        self.ax_.plot(
            np.asarray(self.gap)[self.front],
            np.asarray(self.score)[self.front],
            "s-",
            color=COLORS[1],
            label="not beaten in both",
        )
        if self.chosen is not None:
            self.ax_.plot(
                [self.gap[self.chosen]],
                [self.score[self.chosen]],
                "*",
                color=COLORS[6],
                markeredgecolor="black",
                markersize=16,
                label="chosen",
            )
        self.ax_.set(xlabel=self.names[1], ylabel=self.names[0])
        self.ax_.legend()
        return self

    def frame(self):
        """The numbers, one row for each candidate.

        Returns
        -------
        frame : DataFrame
            Columns score, gap, on_front and chosen.
        """
        places = np.arange(len(self.score))
        return frame_of(
            {
                "score": self.score,
                "gap": self.gap,
                "on_front": np.isin(places, self.front),
                "chosen": places == self.chosen,
            }
        )
