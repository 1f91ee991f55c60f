"""Score and gap of all candidates of a search."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fairlearnkit._counting.pooled import read_pooled
from fairlearnkit._data.messages import check_option
from fairlearnkit._data.search_results import score_column
from fairlearnkit._optim.decision_path import front
from fairlearnkit.model_selection import pareto_front

from ._drawing import COLORS, get_axes, to_frame
from ._parameters import (
    describe_candidates,
    find_part,
    find_search,
    only_score,
    params_of,
)
from ._placing import label_points


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
    params : list of dict, default=None
        Parameters of the candidates, to label their points by.
    score_name, gap_name : str, default="score" and "gap"
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

    A label that would cover a point, another label or an edge of the axes is left out,
    first in the middle of the front, so that not every point may have one. ``frame``
    holds all parameters.

    References
    ----------
    Miettinen: Nonlinear Multiobjective Optimization. Springer 1999, definition 2.2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearnkit.inspection import TradeoffDisplay
    >>> results = {
    ...     "params": [{"max_gap": np.inf}, {"max_gap": 0.1}, {"max_gap": 0.0}],
    ...     "mean_test_accuracy": [0.80, 0.78, 0.60],
    ...     "mean_test_gap": [-0.20, -0.05, -0.06],
    ... }
    >>> display = TradeoffDisplay.from_cv_results(results, "accuracy", "gap")
    >>> display.frame()["on_front"].tolist()
    [True, True, False]
    >>> [text.get_text() for text in display.ax_.texts]
    ['0.1', 'inf']
    """

    def __init__(
        self,
        *,
        score,
        gap,
        front,
        chosen=None,
        params=None,
        score_name="score",
        gap_name="gap",
        spread=None,
    ):
        self.score = score
        self.gap = gap
        self.front = front
        self.chosen = chosen
        self.params = params
        self.score_name = score_name
        self.gap_name = gap_name
        self.spread = spread

    @classmethod
    def from_cv_results(
        cls, search, score=None, gap="gap", *, chosen="auto", labels="front", ax=None
    ):
        """Draw the candidates of a search and their Pareto front.

        Parameters
        ----------
        search : estimator, dict or dataframe
            A fitted search, such as a GridSearchCV or a
            :class:`~fairlearnkit.linear_model.ParityLogisticRegressionCV`, also inside
            of SensitiveColumns or as the last step of a Pipeline. Or its
            ``cv_results_``, or another table with a row for each candidate, whose
            columns are called ``mean_test_<name>`` or ``<name>``.
        score : str, default=None
            Name of the score, greater for better candidates. None takes the only one
            besides the gap.
        gap : str, default="gap"
            Name of the negated gap, as `parity_scorer` returns it, or of the counts of
            `pooled_scorers`.
        chosen : int, "auto" or None, default="auto"
            Position of the candidate to mark. "auto" takes ``best_index_`` of a fitted
            search, and none of a table; None marks none.
        labels : {"front", "chosen", "all"} or None, default="front"
            As in `plot`.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : TradeoffDisplay
            The drawn display.
        """
        fitted = find_search(search)
        table = search if fitted is None else fitted.cv_results_
        if score is None:
            score = only_score(table, gap)
        best = pareto_front(table, score, gap)
        scores = score_column(table, score)
        pooled = read_pooled(table, gap)
        # Pooled gaps are one number for all folds, without a spread.
        spread = tuple(score_column(table, name, "std") for name in (score, gap))
        if isinstance(chosen, str):
            check_option("chosen", chosen, ("auto",))
            chosen = getattr(fitted, "best_index_", None)
        return cls(
            score=scores,
            gap=-score_column(table, gap) if pooled is None else pooled.gaps(),
            front=best,
            # Negative positions count from the end.
            chosen=None if chosen is None else range(len(scores))[chosen],
            params=params_of(table),
            score_name=score,
            gap_name=gap,
            spread=None if any(column is None for column in spread) else spread,
        ).plot(ax=ax, labels=labels)

    @classmethod
    def from_decision_rule(cls, estimator, *, ax=None):
        """Draw the rules of a fitted decision rule for all bounds, without a refit.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`~fairlearnkit.postprocessing.ParityThresholdClassifier`, or
            another estimator with an attribute ``tradeoff_``, a dict with the arrays
            "cost" and "gap", and with ``cost_`` and ``gap_``, those of its own rule;
            also inside of SensitiveColumns or as the last step of a Pipeline.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : TradeoffDisplay
            The drawn display. Its score is the negated cost.
        """
        rule = find_part(estimator, "tradeoff_")
        if rule is None:
            check_is_fitted(estimator)
            msg = f"{type(estimator).__name__} holds no rule with tradeoff_."
            raise ValueError(msg)
        cost, gap = (np.asarray(rule.tradeoff_[name]) for name in ("cost", "gap"))
        own = np.hypot(cost - rule.cost_, gap - rule.gap_)  # 0 for its own rule
        return cls(
            score=-cost,
            gap=gap,
            front=front(gap, cost),
            chosen=int(own.argmin()),
            score_name="negated expected cost",
            gap_name="gap of rates",
        ).plot(ax=ax)

    def plot(self, ax=None, *, labels="front"):
        """Draw the candidates, the front and the chosen candidate.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.
        labels : {"front", "chosen", "all"} or None, default="front"
            Which points get their parameters as labels, as far as there is room: those
            on the front and the chosen one, the chosen one alone, all, or none.

        Returns
        -------
        display : TradeoffDisplay
            This display, with ``ax_`` and ``figure_``.
        """
        check_option("labels", labels, ("front", "chosen", "all", None))
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
        self.ax_.set(xlabel=self.gap_name, ylabel=self.score_name)
        self.ax_.legend(title=self._draw_labels(labels))
        return self

    def _draw_labels(self, which):
        """Label points by their parameters; returns what the labels show."""
        order = self._labelled(which)
        if not self.params or not order:
            return None
        names, values = describe_candidates(self.params)
        points = np.column_stack([self.gap, self.score]).astype(np.float64)
        # Twice matplotlib's own, for labels of points at the edges.
        self.ax_.margins(0.1)
        label_points(self.ax_, points, values, order, line=self.front, fontsize="small")
        return f"labels: {names}"

    def _labelled(self, which):
        """Points to label, in the order in which they get a place."""
        chosen = [] if self.chosen is None else [self.chosen]
        # Every point of the front, the ends first, then one in the middle, and so on:
        # the point at i comes with the largest power of two that divides i.
        ends, middle = [*self.front[:1], *self.front[-1:]], range(1, len(self.front))
        finer = [self.front[i] for i in sorted(middle, key=lambda i: -(i & -i))]
        rows = {
            None: [],
            "chosen": chosen,
            "front": [*chosen, *ends, *finer],
            "all": [*chosen, *ends, *finer, *range(len(self.score))],
        }
        return [int(i) for i in dict.fromkeys(rows[which])]

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
            Columns score, gap, on_front and chosen, and params if they are known.
        """
        positions = np.arange(len(self.score))
        columns = {
            "score": self.score,
            "gap": self.gap,
            "on_front": np.isin(positions, self.front),
            "chosen": positions == self.chosen,
        }
        return to_frame(columns | ({"params": self.params} if self.params else {}))
