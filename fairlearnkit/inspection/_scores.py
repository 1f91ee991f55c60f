"""Distributions of scores in the groups, before and after."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from fairlearnkit._data.counts import group_shares
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import SCORE_METRIC
from fairlearnkit._data.rows import read_weight
from fairlearnkit._data.scores import read_scores
from fairlearnkit._transport.distributions import distributions_by_group

from ._drawing import (
    add_legend,
    get_axes,
    group_names,
    styles,
    to_frame,
)
from ._responses import check_drawable, groups_of, messages_of_estimator, scores_of

# How curves from before a repair look, and what the legend calls them.
BEFORE, PALE = {"linewidth": 1.0, "alpha": 0.45}, "before (pale and thin)"


class ScoreDistributionDisplay:
    r"""Distribution functions of scores by group, before and after a repair.

    .. math:: F_g(t) = \frac{\sum_{i \in g} w_i [f_i \le t]}{\sum_{i \in g} w_i}

    The largest vertical distance between the curves of two groups is their
    Kolmogorov-Smirnov distance; the area between them is their Wasserstein-1 distance.

    Parameters
    ----------
    groups : array-like of shape (n_groups,)
        Group labels.
    after : list of tuple of ndarray
        Distinct scores of each group in ascending order, and the share of its rows up
        to each.
    before : list of tuple of ndarray, default=None
        The same before a repair.
    score_name : str, default="score"
        What the scores are, for the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the drawing.
    figure_ : matplotlib Figure
        The figure that holds the axes.

    See Also
    --------
    fairlearnkit.metrics.ks_gap : The largest vertical distance.
    fairlearnkit.metrics.strong_demographic_disparity : The largest area.

    Notes
    -----
    Exact: there is no smoothing, and there are no bins. Curves from before the repair
    are pale and thin.

    References
    ----------
    Chzhen, Denis, Hebiri, Oneto, Pontil: Fair Regression with Wasserstein Barycenters.
    NeurIPS 2020.

    Examples
    --------
    >>> from fairlearnkit.inspection import ScoreDistributionDisplay
    >>> group, scores = ["a"] * 20 + ["b"] * 20, [*range(20), *range(5, 25)]
    >>> display = ScoreDistributionDisplay.from_predictions(
    ...     None, scores, sensitive_features=group
    ... )
    >>> display.ax_.get_ylabel()
    'share of the group at or below'
    """

    def __init__(self, *, groups, after, before=None, score_name="score"):
        self.groups = groups
        self.after = after
        self.before = before
        self.score_name = score_name

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        *,
        sensitive_features,
        sample_weight=None,
        before=None,
        score_name="score",
        missing="error",
        ax=None,
    ):
        """Draw the distributions of given scores.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,) or None
            Ignored, since distributions of scores do not depend on the target; it is
            here so that all Displays are called alike.
        y_score : array-like of shape (n_samples,)
            Scores or predictions.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        before : array-like of shape (n_samples,), default=None
            Scores of the same rows before a repair.
        score_name : str, default="score"
            What the scores are, for the axis.
        missing : {"error", "group", "ignore"}, default="error"
            What to do with missing sensitive features.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : ScoreDistributionDisplay
            The drawn display.
        """
        check_drawable(
            y_true=y_true,
            y_score=y_score,
            sensitive_features=sensitive_features,
            before=before,
            sample_weight=sample_weight,
        )
        after = _read_scores("y_score", y_score, y_true)
        groups = find_groups(
            sensitive_features, SCORE_METRIC, n_samples=len(after), missing=missing
        )
        weight = read_weight(sample_weight, len(after))
        group_shares(groups, weight)  # raises an error for a group without weight
        if before is not None:
            before = _read_scores("before", before, after)
            before = _distributions(before, groups, weight)
        after = _distributions(after, groups, weight)
        return cls(
            groups=groups.labels, after=after, before=before, score_name=score_name
        ).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        sensitive_features=None,
        sample_weight=None,
        before=None,
        score_name="score",
        response_method="auto",
        pos_label=None,
        missing="error",
        ax=None,
    ):
        """Draw the distributions of the scores of an estimator.

        Parameters
        ----------
        estimator : classifier or regressor
            A fitted model: its decision function, probabilities or predictions.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,), default=None
            Ignored, as `y_true` in `from_predictions`.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels; None takes those that a SensitiveColumns finds in X.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        before : array-like of shape (n_samples,), default=None
            Scores of the same rows before a repair.
        score_name : str, default="score"
            What the scores are, for the axis.
        response_method : str, default="auto"
            "decision_function", "predict_proba" or "predict"; "auto" takes the first of
            these that the estimator has.
        pos_label : scalar, default=None
            The class whose score is shown. None takes 1 if labels are {0, 1}, {-1, 1}
            or booleans; of other labels it has to be named.
        missing : {"error", "group", "ignore"}, default="error"
            What to do with missing sensitive features.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : ScoreDistributionDisplay
            The drawn display.
        """
        check_drawable(
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
            before=before,
        )
        groups = groups_of(estimator, X, sensitive_features)
        scores = scores_of(estimator, X, groups, pos_label, response_method)
        with messages_of_estimator():
            return cls.from_predictions(
                y,
                scores,
                sensitive_features=groups,
                sample_weight=sample_weight,
                before=before,
                score_name=score_name,
                missing=missing,
                ax=ax,
            )

    def plot(self, ax=None):
        """Draw the distribution function of each group.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : ScoreDistributionDisplay
            This display, with ``ax_`` and ``figure_``.
        """
        names = group_names(self.groups)
        self.ax_, self.figure_ = get_axes(ax, [*names, PALE])
        if self.before is not None:
            self._draw(self.before, [None] * len(names), **BEFORE)
        self._draw(self.after, names, linewidth=2.0)
        if self.before is not None:  # one entry for all, after those of the groups
            self.ax_.plot([], [], color="black", label=PALE, **BEFORE)
        self.ax_.set(xlabel=self.score_name, ylabel="share of the group at or below")
        self.ax_.set_ylim(-0.02, 1.02)  # shows lines at 0 and 1 in full
        add_legend(self.ax_)
        return self

    def _draw(self, distributions, names, **look):
        """One step function for each group."""
        for name, (values, shares), style in zip(names, distributions, styles(names)):
            style.pop("marker")  # there are as many points as distinct scores
            # The step at the lowest score starts from 0.
            x, y = np.append(values[:1], values), np.append(0.0, shares)
            self.ax_.plot(x, y, label=name, drawstyle="steps-post", **style, **look)

    def frame(self):
        """Table with one row for each distinct score of each group.

        Returns
        -------
        frame : DataFrame
            Columns when ("before" or "after"), group, score and share.
        """
        columns = {"when": [], "group": [], "score": [], "share": []}
        for when, parts in (("before", self.before or []), ("after", self.after)):
            for label, (values, shares) in zip(self.groups, parts):
                columns["when"] += [when] * len(values)
                columns["group"] += [label] * len(values)
                columns["score"] += values.tolist()
                columns["share"] += shares.tolist()
        return to_frame(columns)


def _read_scores(name, scores, other):
    """A column of finite numbers, as long as another one."""
    scores = read_scores(scores, dtype=np.float64, name=name)
    check_consistent_length(scores, other)
    return scores


def _distributions(scores, groups, weight):
    """Ordered scores of each group, and the share of its rows up to each."""
    n_groups = len(groups.labels)
    distributions = distributions_by_group(scores, groups.codes, n_groups, weight)
    return [(each.values, each.cdf) for each in distributions]
