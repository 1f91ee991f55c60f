"""Distributions of scores in the groups, before and after."""

import numpy as np
from sklearn.utils.validation import check_array, check_consistent_length, column_or_1d

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.counts import group_shares
from fairlearnkit._data.groups import find_groups
from fairlearnkit._data.messages import SCORING
from fairlearnkit._data.rows import read_weight
from fairlearnkit._transport.distributions import distributions_by_group

from ._drawing import (
    axes,
    frame_of,
    groups_of,
    legend,
    scores_of,
    styles,
    told_of_estimator,
)


class ScoreDistributionDisplay:
    r"""Distribution functions of scores by group, before and after a repair.

    .. math:: F_g(t) = \frac{\sum_{i \in g} w_i [f_i \le t]}{\sum_{i \in g} w_i}

    The largest vertical distance between two groups is their Kolmogorov-Smirnov
    distance; the area between them is their W1.

    Parameters
    ----------
    groups : array-like of shape (n_groups,)
        Group labels.
    after : list of tuple of ndarray
        For each group its ordered scores and the share of rows up to each.
    before : list of tuple of ndarray, default=None
        The same before the repair.
    name : str, default="score"
        What the scores are, for the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were drawn on.
    figure_ : matplotlib Figure
        Their figure.

    See Also
    --------
    fairlearnkit.metrics.ks_gap : The largest vertical distance.
    fairlearnkit.metrics.strong_demographic_disparity : The largest area.

    Notes
    -----
    Exact: no smoothing and no bins. Groups that are pale and thin are those before.

    References
    ----------
    Chzhen, Denis, Hebiri, Oneto, Pontil: Fair Regression with Wasserstein Barycenters.
    NeurIPS 2020.

    Examples
    --------
    >>> from fairlearnkit.inspection import ScoreDistributionDisplay
    >>> group, scores = ["a"] * 20 + ["b"] * 20, [*range(20), *range(5, 25)]
    >>> shown = ScoreDistributionDisplay.from_predictions(
    ...     scores, sensitive_features=group
    ... )
    >>> shown.ax_.get_ylabel()
    'share of the group at or below'
    """

    def __init__(self, *, groups, after, before=None, name="score"):
        self.groups = groups
        self.after = after
        self.before = before
        self.name = name

    @classmethod
    def from_predictions(
        cls,
        y_score,
        *,
        sensitive_features,
        before=None,
        sample_weight=None,
        name="score",
        missing="error",
        ax=None,
    ):
        """Sort and draw.

        Parameters
        ----------
        y_score : array-like of shape (n_samples,)
            Scores or predictions.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels.
        before : array-like of shape (n_samples,), default=None
            Scores of the same rows before a repair.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        name : str, default="score"
            What the scores are, for the axis.
        missing : {"error", "group", "ignore"}, default="error"
            What to do with missing sensitive features.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes some.

        Returns
        -------
        display : ScoreDistributionDisplay
            The drawn display.
        """
        check_alignment(
            y_score=y_score,
            sensitive_features=sensitive_features,
            before=before,
            sample_weight=sample_weight,
        )
        found = {}
        for key, scores in (("after", y_score), ("before", before)):
            if scores is None:
                continue
            scores = check_array(scores, ensure_2d=False, input_name=key)
            scores = column_or_1d(scores).astype(np.float64)
            check_consistent_length(y_score, scores, sample_weight)
            groups = find_groups(
                sensitive_features, SCORING, n_samples=len(scores), missing=missing
            )
            weight = read_weight(sample_weight, len(scores))
            group_shares(groups, weight)  # refuses a group without weight
            distributions = distributions_by_group(
                scores, groups.codes, len(groups.labels), weight
            )
            found[key] = [(each.values, each.cdf) for each in distributions]
        return cls(groups=groups.labels, name=name, **found).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls, estimator, X, *, sensitive_features=None, pos_label=None, **options
    ):
        """Score, sort and draw.

        Parameters
        ----------
        estimator : classifier or regressor
            A fitted model: its decision function, probabilities or predictions.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels; None takes those that a SensitiveColumns finds in X.
        pos_label : scalar, default=None
            The class whose score is shown. None takes 1 where labels are {0, 1}, {-1,
            1} or booleans; other labels have to be named.
        **options : dict
            As for `from_predictions`.

        Returns
        -------
        display : ScoreDistributionDisplay
            The drawn display.
        """
        check_alignment(X=X, sensitive_features=sensitive_features)
        groups = groups_of(estimator, X, sensitive_features)
        scores = scores_of(estimator, X, groups, pos_label)
        with told_of_estimator():
            return cls.from_predictions(scores, sensitive_features=groups, **options)

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes some.

        Returns
        -------
        display : ScoreDistributionDisplay
            This display, with ``ax_`` and ``figure_``.
        """
        self.ax_, self.figure_ = axes(ax)
        curves = [(self.after, "", {"linewidth": 2.0})]
        if self.before is not None:
            pale = {"linewidth": 1.0, "alpha": 0.45}
            curves = [(self.before, ", before", pale), (self.after, ", after", {})]
        for laws, when, more in curves:
            looks = styles(self.groups)
            for label, (values, shares), look in zip(self.groups, laws, looks):
                look.pop("marker")
                x, y = np.append(values[:1], values), np.append(0.0, shares)
                more = {"drawstyle": "steps-post", **more}
                self.ax_.plot(x, y, label=f"{label}{when}", **look, **more)
        self.ax_.set(xlabel=self.name, ylabel="share of the group at or below")
        self.ax_.set_ylim(-0.02, 1.02)
        legend(self.ax_, len(self.groups) * len(curves))
        return self

    def frame(self):
        """The numbers, one row for each distinct score of each group.

        Returns
        -------
        frame : DataFrame
            Columns when ("before" or "after"), group, score and share.
        """
        columns = {"when": [], "group": [], "score": [], "share": []}
        for when, laws in (("before", self.before or []), ("after", self.after)):
            for label, (values, shares) in zip(self.groups, laws):
                columns["when"] += [when] * len(values)
                columns["group"] += [label] * len(values)
                columns["score"] += values.tolist()
                columns["share"] += shares.tolist()
        return frame_of(columns)
